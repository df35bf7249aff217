/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

#include "base/ban.h"

bool yg_cache_folder(char to[YG_CACHE_PATH_MAX], bool is_made)
{
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	struct stat st;
	int size;

	if (base && base[0] == '/')
		size = snprintf(to, YG_CACHE_PATH_MAX, "%s", base);
	else if (home && home[0] == '/')
		size = snprintf(to, YG_CACHE_PATH_MAX, "%s/.cache", home);
	else
		return false;
	if (size < 0 || (size_t)size >= YG_CACHE_PATH_MAX - sizeof("/yagura"))
		return false;
	if (is_made)
		(void)mkdir(to, 0700); /* usually there; what counts is checked below */
	memcpy(to + size, "/yagura", sizeof("/yagura"));
	if (is_made)
		(void)mkdir(to, 0700);
	return lstat(to, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 0077) == 0;
}

void yg_cache_name(const uint8_t key[YG_DIGEST_BYTES], const char *suffix,
		   char to[YG_CACHE_NAME_MAX])
{
	yg_hex((struct yg_bytes){key, YG_DIGEST_BYTES}, to);
	(void)snprintf(to + 2 * YG_DIGEST_BYTES, YG_CACHE_SUFFIX_MAX + 1, "%s", suffix); /* fits */
}

/* Map the file @fd when it is a plain file of ours that nobody else can write. */
static bool map(int fd, size_t bytes_max, void **ret, size_t *ret_size, struct stat *st)
{
	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode) || st->st_uid != geteuid() ||
	    (st->st_mode & 0077) != 0 || st->st_size <= 0 || (uint64_t)st->st_size > bytes_max)
		return false;
	*ret_size = (size_t)st->st_size;
	*ret = mmap(NULL, *ret_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return *ret != MAP_FAILED;
}

bool yg_cache_map(const char *name, size_t bytes_max, void **ret, size_t *ret_size,
		  struct stat *ret_stat)
{
	char path[YG_CACHE_PATH_MAX];
	bool is_good;
	int dir;
	int fd;

	if (!yg_cache_folder(path, false))
		return false;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return false;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	(void)close(dir); /* read only */
	if (fd < 0)
		return false;
	is_good = map(fd, bytes_max, ret, ret_size, ret_stat);
	(void)close(fd); /* the mapping stays */
	return is_good;
}

void yg_cache_trim(const char *folder, const char *suffix, unsigned most)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, NULL);
	char full[YG_CACHE_PATH_MAX + 300];
	char oldest[YG_CACHE_PATH_MAX + 300] = "";
	struct timespec oldest_time = {0};
	unsigned count_of = 0;

	for (int i = 0; i < count; i++) {
		struct stat st;

		(void)snprintf(full, sizeof(full), "%s/%s", folder, entries[i]->d_name);
		if (yg_bytes_ends(yg_bytes_str(full), yg_bytes_str(suffix)) &&
		    lstat(full, &st) == 0) {
			count_of++;
			if (!oldest[0] || st.st_mtim.tv_sec < oldest_time.tv_sec) {
				oldest_time = st.st_mtim;
				memcpy(oldest, full, sizeof(full));
			}
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (count_of >= most)
		(void)unlink(oldest); /* another process may have been quicker */
}
