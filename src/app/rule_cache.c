/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/rule_cache.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "app/cache.h"
#include "base/buf.h"
#include "base/io.h"

#include "base/ban.h"

#define MAGIC	       "YGCACHE1"
#define IMAGE_ALIGN    64u
#define FILE_BYTES_MAX (600u << 20)
#define SUFFIX	       ".image"

struct header {
	char magic[8];
	uint8_t key[YG_DIGEST_BYTES];
	struct yg_rule_counts counts;
	uint32_t messages_size;
	uint64_t image_at;
	uint64_t image_size;
	uint8_t digest[YG_DIGEST_BYTES]; /* of the header with this part zero, and the messages */
};

static void digest(const struct header *header, struct yg_bytes messages,
		   uint8_t to[YG_DIGEST_BYTES])
{
	struct header plain = *header;

	memset(plain.digest, 0, sizeof(plain.digest));
	yg_digest_parts((struct yg_bytes[]){{(const uint8_t *)&plain, sizeof(plain)}, messages}, 2,
			to);
}

static bool check(const uint8_t key[YG_DIGEST_BYTES], struct yg_rule_cached *ret)
{
	const uint8_t *data = ret->mapping;
	uint8_t expected[YG_DIGEST_BYTES];
	struct header header;

	if (ret->mapping_size < sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	if (memcmp(header.magic, MAGIC, 8) != 0 ||
	    memcmp(header.key, key, sizeof(header.key)) != 0 ||
	    header.messages_size > ret->mapping_size - sizeof(header) ||
	    header.image_at % IMAGE_ALIGN != 0 || header.image_at > ret->mapping_size ||
	    header.image_size != ret->mapping_size - header.image_at)
		return false;
	ret->messages = (struct yg_bytes){data + sizeof(header), header.messages_size};
	digest(&header, ret->messages, expected);
	if (memcmp(expected, header.digest, sizeof(expected)) != 0)
		return false;
	ret->counts = header.counts;
	ret->image = (struct yg_bytes){data + header.image_at, header.image_size};
	return true;
}

bool yg_rule_cache_open(const uint8_t key[YG_DIGEST_BYTES], struct yg_rule_cached *ret)
{
	char name[YG_CACHE_NAME_MAX];
	struct stat st;

	yg_cache_name(key, SUFFIX, name);
	if (!yg_cache_map(name, FILE_BYTES_MAX, &ret->mapping, &ret->mapping_size, &st))
		return false;
	if (check(key, ret))
		return true;
	yg_rule_cache_close(ret);
	return false;
}

void yg_rule_cache_close(struct yg_rule_cached *cached)
{
	(void)munmap(cached->mapping, cached->mapping_size); /* our own mapping */
	cached->mapping = NULL;
}

void yg_rule_cache_store(const uint8_t key[YG_DIGEST_BYTES], const struct yg_rule_counts *counts,
			 struct yg_bytes messages, struct yg_bytes image)
{
	static const uint8_t zeros[IMAGE_ALIGN];
	struct header header = {.counts = *counts, .messages_size = (uint32_t)messages.size};
	char path[YG_CACHE_PATH_MAX];
	char name[YG_CACHE_NAME_MAX];
	struct yg_buf file;
	size_t at = sizeof(header) + messages.size;
	size_t size;
	int rc = YG_OK;

	if (!yg_cache_folder(path, true))
		return;
	/* Without this a rule set under development leaves an image each time. */
	yg_cache_trim(path, SUFFIX, YG_RULE_CACHE_FILES_MAX);
	memcpy(header.magic, MAGIC, 8);
	memcpy(header.key, key, sizeof(header.key));
	header.image_at = (at + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
	header.image_size = image.size;
	digest(&header, messages, header.digest);
	yg_buf_init(&file, FILE_BYTES_MAX);
	yg_buf_add(&file, (struct yg_bytes){(const uint8_t *)&header, sizeof(header)});
	yg_buf_add(&file, messages);
	yg_buf_add(&file, (struct yg_bytes){zeros, header.image_at - at});
	yg_buf_add(&file, image);
	yg_cache_name(key, SUFFIX, name);
	size = strlen(path);
	if (yg_buf_error(&file) == YG_OK && size + 1 + sizeof(name) <= sizeof(path)) {
		path[size] = '/';
		memcpy(path + size + 1, name, sizeof(name));
		rc = yg_io_replace(path, yg_buf_bytes(&file), 0600);
	}
	(void)rc; /* without the file the next run takes longer, that is all */
	yg_buf_done(&file);
}
