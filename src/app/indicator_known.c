/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/indicator_known.h"

#include <stdio.h>
#include <sys/mman.h>

#include "app/cache.h"
#include "base/clock.h"
#include "base/io.h"

#include "base/ban.h"

#define SUFFIX	  ".known"
#define FILES_MAX 8u
#define LATELY_NS (2 * YG_NS_PER_S)

/* What is in the file. */
struct kept {
	char magic[8];
	uint8_t name[YG_DIGEST_BYTES];
	uint8_t key[YG_DIGEST_BYTES];
	struct yg_indicator_stamp image;
	uint8_t digest[YG_DIGEST_BYTES]; /* of all before */
};

static const char magic[8] = "YGKNOWN1";

struct yg_indicator_stamp yg_indicator_stamp(const struct stat *st)
{
	return (struct yg_indicator_stamp){
		.device = (uint64_t)st->st_dev,
		.inode = (uint64_t)st->st_ino,
		.size = (uint64_t)st->st_size,
		.modified_ns = st->st_mtim.tv_sec * YG_NS_PER_S + st->st_mtim.tv_nsec,
		.changed_ns = st->st_ctim.tv_sec * YG_NS_PER_S + st->st_ctim.tv_nsec,
	};
}

void yg_indicator_known_look(struct yg_indicator_known *known, const char *const *paths,
			     size_t count, int64_t now_ns)
{
	struct stat st;

	*known = (struct yg_indicator_known){.is_settled = true};
	yg_digest(YG_S("known " YG_VERSION), known->name);
	for (size_t i = 0; i < count; i++) {
		struct yg_indicator_stamp stamp = {0};

		if (stat(paths[i], &st) == 0)
			stamp = yg_indicator_stamp(&st);
		known->is_settled = known->is_settled && stamp.changed_ns != 0 &&
				    stamp.changed_ns < now_ns - LATELY_NS;
		yg_digest_parts((struct yg_bytes[]){{known->name, sizeof(known->name)},
						    yg_bytes_str(paths[i]),
						    {(const uint8_t *)&stamp, sizeof(stamp)}},
				3, known->name);
	}
}

bool yg_indicator_known_find(struct yg_indicator_known *known)
{
	char name[YG_CACHE_NAME_MAX];
	uint8_t digest[YG_DIGEST_BYTES];
	struct kept kept = {0};
	struct stat st;
	void *mem;
	size_t size;

	yg_cache_name(known->name, SUFFIX, name);
	if (!known->is_settled || !yg_cache_map(name, sizeof(kept), &mem, &size, &st))
		return false;
	if (size == sizeof(kept))
		memcpy(&kept, mem, sizeof(kept));
	(void)munmap(mem, size); /* our own mapping */
	yg_digest((struct yg_bytes){(const uint8_t *)&kept, offsetof(struct kept, digest)}, digest);
	if (memcmp(kept.magic, magic, sizeof(magic)) != 0 ||
	    memcmp(kept.digest, digest, sizeof(digest)) != 0 ||
	    memcmp(kept.name, known->name, sizeof(kept.name)) != 0)
		return false;
	memcpy(known->key, kept.key, sizeof(known->key));
	known->image = kept.image;
	return true;
}

void yg_indicator_known_keep(const struct yg_indicator_known *known)
{
	struct kept kept = {.image = known->image};
	char folder[YG_CACHE_PATH_MAX];
	char path[YG_CACHE_PATH_MAX + YG_CACHE_NAME_MAX + 1];
	char name[YG_CACHE_NAME_MAX];
	int rc;

	if (!known->is_settled || !yg_cache_folder(folder, true))
		return;
	yg_cache_trim(folder, SUFFIX, FILES_MAX);
	memcpy(kept.magic, magic, sizeof(magic));
	memcpy(kept.name, known->name, sizeof(kept.name));
	memcpy(kept.key, known->key, sizeof(kept.key));
	yg_digest((struct yg_bytes){(const uint8_t *)&kept, offsetof(struct kept, digest)},
		  kept.digest);
	yg_cache_name(known->name, SUFFIX, name);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name); /* fits */
	rc = yg_io_replace(path, (struct yg_bytes){(const uint8_t *)&kept, sizeof(kept)}, 0600);
	(void)rc; /* without it the next run takes longer, that is all */
}
