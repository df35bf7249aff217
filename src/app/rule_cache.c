/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/rule_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"

#include "base/ban.h"

#define MAGIC	       "YGCACHE1"
#define IMAGE_ALIGN    64u
#define FILE_BYTES_MAX (600u << 20)
#define NAME_BYTES     (2 * YG_DIGEST_BYTES + sizeof(".image"))
#define PATH_BYTES_MAX 4096u

struct header {
	char magic[8];
	uint8_t key[YG_DIGEST_BYTES];
	struct yg_rule_counts counts;
	uint32_t messages_size;
	uint64_t image_at;
	uint64_t image_size;
	uint8_t digest[YG_DIGEST_BYTES]; /* of the header with this part zero, and the messages */
};

/* The folder, made if need be; false when there is none that is ours alone. */
static bool folder(char to[PATH_BYTES_MAX], bool is_made)
{
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	struct stat st;
	int size;

	if (base && base[0] == '/')
		size = snprintf(to, PATH_BYTES_MAX, "%s", base);
	else if (home && home[0] == '/')
		size = snprintf(to, PATH_BYTES_MAX, "%s/.cache", home);
	else
		return false;
	if (size < 0 || (size_t)size >= PATH_BYTES_MAX - sizeof("/yagura"))
		return false;
	if (is_made)
		(void)mkdir(to, 0700); /* usually there; what counts is checked below */
	memcpy(to + size, "/yagura", sizeof("/yagura"));
	if (is_made)
		(void)mkdir(to, 0700);
	return lstat(to, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 0077) == 0;
}

static void file_name(const uint8_t key[YG_DIGEST_BYTES], char to[NAME_BYTES])
{
	yg_hex((struct yg_bytes){key, YG_DIGEST_BYTES}, to);
	memcpy(to + 2 * YG_DIGEST_BYTES, ".image", sizeof(".image"));
}

static void digest(const struct header *header, struct yg_bytes messages,
		   uint8_t to[YG_DIGEST_BYTES])
{
	struct header plain = *header;

	memset(plain.digest, 0, sizeof(plain.digest));
	yg_digest_parts((struct yg_bytes[]){{(const uint8_t *)&plain, sizeof(plain)}, messages}, 2,
			to);
}

/* Map the file @fd when it is a plain file of ours that nobody else can write. */
static bool map(int fd, struct yg_rule_cached *ret)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 0077) != 0 || st.st_size < (off_t)sizeof(struct header) ||
	    st.st_size > (off_t)FILE_BYTES_MAX)
		return false;
	ret->mapping_size = (size_t)st.st_size;
	ret->mapping = mmap(NULL, ret->mapping_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return ret->mapping != MAP_FAILED;
}

static bool check(const uint8_t key[YG_DIGEST_BYTES], struct yg_rule_cached *ret)
{
	const uint8_t *data = ret->mapping;
	uint8_t expected[YG_DIGEST_BYTES];
	struct header header;

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
	char path[PATH_BYTES_MAX];
	char name[NAME_BYTES];
	bool is_good;
	int dir;
	int fd;

	if (!folder(path, false))
		return false;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return false;
	file_name(key, name);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	(void)close(dir); /* read only */
	if (fd < 0)
		return false;
	is_good = map(fd, ret);
	(void)close(fd); /* the mapping stays */
	if (is_good && !check(key, ret)) {
		yg_rule_cache_close(ret);
		is_good = false;
	}
	return is_good;
}

void yg_rule_cache_close(struct yg_rule_cached *cached)
{
	(void)munmap(cached->mapping, cached->mapping_size); /* our own mapping */
	cached->mapping = NULL;
}

/* Keep the cache small: without this a rule set under development leaves an image each time. */
static void remove_oldest(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, NULL);
	char full[PATH_BYTES_MAX + 300];
	char oldest[PATH_BYTES_MAX + 300] = "";
	struct timespec oldest_time = {0};
	unsigned images = 0;

	for (int i = 0; i < count; i++) {
		struct stat st;

		(void)snprintf(full, sizeof(full), "%s/%s", path, entries[i]->d_name);
		if (yg_bytes_ends(yg_bytes_str(full), YG_S(".image")) && lstat(full, &st) == 0) {
			images++;
			if (!oldest[0] || st.st_mtim.tv_sec < oldest_time.tv_sec) {
				oldest_time = st.st_mtim;
				memcpy(oldest, full, sizeof(full));
			}
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (images >= YG_RULE_CACHE_FILES_MAX)
		(void)unlink(oldest); /* another process may have been quicker */
}

void yg_rule_cache_store(const uint8_t key[YG_DIGEST_BYTES], const struct yg_rule_counts *counts,
			 struct yg_bytes messages, struct yg_bytes image)
{
	static const uint8_t zeros[IMAGE_ALIGN];
	struct header header = {.counts = *counts, .messages_size = (uint32_t)messages.size};
	char path[PATH_BYTES_MAX];
	char name[NAME_BYTES];
	struct yg_buf file;
	size_t at = sizeof(header) + messages.size;
	size_t size;
	int rc = YG_OK;

	if (!folder(path, true))
		return;
	remove_oldest(path);
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
	file_name(key, name);
	size = strlen(path);
	if (yg_buf_error(&file) == YG_OK && size + 1 + sizeof(name) <= sizeof(path)) {
		path[size] = '/';
		memcpy(path + size + 1, name, sizeof(name));
		rc = yg_io_replace(path, yg_buf_bytes(&file), 0600);
	}
	(void)rc; /* without the file the next run takes longer, that is all */
	yg_buf_done(&file);
}
