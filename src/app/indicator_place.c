/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/indicator_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cache.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

#define PART_SUFFIX ".part"

/* Files that a killed run left behind, where they needed names: nobody holds their lock. */
static void remove_leftovers(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		int fd;

		if (!yg_bytes_ends(yg_bytes_str(entry->d_name), yg_bytes_str(PART_SUFFIX)))
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)unlinkat(dirfd(dir), entry->d_name, 0); /* tried again next time */
		if (fd >= 0)
			(void)close(fd); /* read only */
	}
	if (dir)
		(void)closedir(dir); /* read only */
}

/* A file without a name in @folder; where that cannot be, with one that is left in @part. */
static int open_nameless(const char *folder, char part[4200])
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	part[0] = '\0';
	if (fd >= 0)
		return fd;
	(void)snprintf(part, 4200, "%s/XXXXXX%s", folder, PART_SUFFIX); /* fits */
	fd = mkostemps(part, (int)strlen(PART_SUFFIX), O_CLOEXEC);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX | LOCK_NB); /* ours alone; else it might be removed early */
	else
		part[0] = '\0';
	return fd;
}

static void init(struct yg_indicator_place *place)
{
	*place = (struct yg_indicator_place){.image_fd = -1, .spill_fd = -1};
}

int yg_indicator_place_cache(struct yg_indicator_place *place)
{
	char part[sizeof(place->part)];

	init(place);
	if (!yg_cache_folder(place->folder, true))
		return YG_EACCES;
	remove_leftovers(place->folder);
	place->image_fd = open_nameless(place->folder, place->part);
	place->spill_fd = open_nameless(place->folder, part);
	if (part[0])
		(void)unlink(part); /* only its descriptor is used */
	return place->image_fd >= 0 && place->spill_fd >= 0 ? YG_OK : yg_err_from_errno(errno);
}

int yg_indicator_place_memory(struct yg_indicator_place *place)
{
	init(place);
	place->image_fd = memfd_create("indicators", MFD_CLOEXEC);
	place->spill_fd = memfd_create("indicators", MFD_CLOEXEC);
	return place->image_fd >= 0 && place->spill_fd >= 0 ? YG_OK : YG_ENOMEM;
}

void yg_indicator_place_done(struct yg_indicator_place *place)
{
	if (place->part[0])
		(void)unlink(place->part); /* the next run tries again */
	if (place->image_fd >= 0)
		(void)close(place->image_fd); /* what counts was synced by keep */
	if (place->spill_fd >= 0)
		(void)close(place->spill_fd); /* thrown away */
	init(place);
}

static int note(struct yg_indicator_place *place, int rc)
{
	if (place->rc == YG_OK)
		place->rc = rc;
	if (place->moved)
		place->moved(place->arg);
	return rc;
}

static int put(void *arg, uint64_t at, struct yg_bytes b)
{
	struct yg_indicator_place *place = arg;
	int rc = yg_disk_write(place->image_fd, b, at);

	place->put_bytes += b.size;
	return note(place, rc);
}

static int spill(void *arg, struct yg_bytes b)
{
	struct yg_indicator_place *place = arg;
	int rc = yg_disk_write(place->spill_fd, b, place->spilled);

	place->spilled += b.size;
	return note(place, rc);
}

static int unspill(void *arg, uint64_t at, uint8_t *to, size_t size)
{
	struct yg_indicator_place *place = arg;
	int rc = YG_OK;

	while (rc == YG_OK && size > 0) {
		size_t got = 0;

		rc = yg_io_read_at(place->spill_fd, to, size, at, &got);
		if (rc == YG_OK && got == 0)
			rc = YG_EIO; /* we wrote more than that */
		to += got;
		at += got;
		size -= got;
	}
	return note(place, rc);
}

struct yg_indicator_store yg_indicator_place_store(struct yg_indicator_place *place)
{
	return (struct yg_indicator_store){put, spill, unspill, place};
}

int yg_indicator_place_keep(struct yg_indicator_place *place, const uint8_t key[YG_DIGEST_BYTES])
{
	char name[YG_CACHE_NAME_MAX];
	char path[sizeof(place->part)];
	char self[64];
	int rc;

	if (!place->folder[0])
		return YG_OK;
	rc = yg_disk_sync(place->image_fd);
	if (rc != YG_OK)
		return rc;
	yg_cache_name(key, YG_INDICATOR_CACHE_SUFFIX, name);
	(void)snprintf(path, sizeof(path), "%s/%s", place->folder, name); /* fits */
	if (place->part[0]) {
		rc = yg_disk_rename(place->part, path);
		if (rc == YG_OK)
			place->part[0] = '\0';
		return rc;
	}
	/* What stands there was no good, or another run was quicker with the same. */
	(void)unlink(path);
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", place->image_fd); /* fits */
	if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0)
		return yg_err_from_errno(errno);
	return YG_OK;
}

int yg_indicator_place_stat(const struct yg_indicator_place *place, struct stat *ret)
{
	return fstat(place->image_fd, ret) == 0 ? YG_OK : yg_err_from_errno(errno);
}

void *yg_indicator_place_map(const struct yg_indicator_place *place, size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ, MAP_SHARED, place->image_fd, 0);

	return mem == MAP_FAILED ? NULL : mem;
}
