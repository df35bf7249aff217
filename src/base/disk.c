/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crypt.h"
#include "base/hash.h"

#include "base/ban.h"

#define SUFFIX_BYTES 8u

/* EDQUOT, EROFS: full or closed to us, which callers tell apart from a broken disk. */
static int error_of(int errnum)
{
	if (errnum == EDQUOT)
		return YG_ENOSPC;
	return errnum == EROFS || errnum == EPERM ? YG_EACCES : yg_err_from_errno(errnum);
}

/* Tests let calls fail (base/alloc.h); who asks errno as well is told the same. */
static bool fails_with(int errnum)
{
	if (!yg_fails_now())
		return false;
	errno = errnum;
	return true;
}

static int real_open(void *arg, const char *path, unsigned flags, unsigned mode, int *ret_fd)
{
	int how = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
	int fd;

	(void)arg;
	if (flags & YG_DISK_CREATE)
		how |= O_CREAT;
	if (flags & YG_DISK_EXCLUSIVE)
		how |= O_EXCL;
	if (fails_with(EIO))
		return YG_EIO;
	do {
		fd = open(path, how, (mode_t)mode);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return errno == EEXIST ? YG_EDUPLICATE : error_of(errno);
	*ret_fd = fd;
	return YG_OK;
}

static int real_write(void *arg, int fd, struct yg_bytes b, uint64_t at)
{
	(void)arg;
	while (b.size > 0) {
		ssize_t put;

		if (fails_with(ENOSPC))
			return YG_ENOSPC;
		put = pwrite(fd, b.data, b.size, (off_t)at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return error_of(errno);
		b = yg_bytes_from(b, (size_t)put);
		at += (uint64_t)put;
	}
	return YG_OK;
}

static int real_truncate(void *arg, int fd, uint64_t size)
{
	int rc;

	(void)arg;
	if (fails_with(EIO))
		return YG_EIO;
	do {
		rc = ftruncate(fd, (off_t)size);
	} while (rc != 0 && errno == EINTR);
	return rc == 0 ? YG_OK : error_of(errno);
}

/* The size belongs to what fdatasync() writes; times, which nobody here needs, do not. */
static int real_sync(void *arg, int fd)
{
	(void)arg;
	if (fails_with(EIO))
		return YG_EIO;
	return fdatasync(fd) == 0 ? YG_OK : error_of(errno);
}

static int real_close(void *arg, int fd)
{
	(void)arg;
	/* Linux has closed it even when it says EINTR. */
	return close(fd) == 0 || errno == EINTR ? YG_OK : error_of(errno);
}

static int real_rename(void *arg, const char *from, const char *to)
{
	(void)arg;
	if (fails_with(EIO))
		return YG_EIO;
	return rename(from, to) == 0 ? YG_OK : error_of(errno);
}

static int real_unlink(void *arg, const char *path)
{
	(void)arg;
	if (fails_with(EIO))
		return YG_EIO;
	return unlink(path) == 0 ? YG_OK : error_of(errno);
}

static int real_mkdir(void *arg, const char *path, unsigned mode)
{
	struct stat st;

	(void)arg;
	if (fails_with(EIO))
		return YG_EIO;
	if (mkdir(path, (mode_t)mode) == 0)
		return YG_OK;
	if (errno != EEXIST)
		return error_of(errno);
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? YG_OK : YG_EDUPLICATE;
}

static int real_sync_folder(void *arg, const char *path)
{
	int fd;
	int rc = YG_OK;

	(void)arg;
	if (fails_with(EIO))
		return YG_EIO;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_of(errno);
	if (fsync(fd) != 0 && errno != EINVAL) /* EINVAL: this file system has no such thing */
		rc = error_of(errno);
	(void)close(fd); /* read only: nothing to lose */
	return rc;
}

static int real_rmdir(void *arg, const char *path)
{
	(void)arg;
	if (fails_with(EIO))
		return YG_EIO;
	return rmdir(path) == 0 ? YG_OK : error_of(errno);
}

static const struct yg_disk_ops real = {
	.open = real_open,
	.write = real_write,
	.truncate = real_truncate,
	.sync = real_sync,
	.close = real_close,
	.rename = real_rename,
	.unlink = real_unlink,
	.mkdir = real_mkdir,
	.sync_folder = real_sync_folder,
	.rmdir = real_rmdir,
};

static const struct yg_disk_ops *used = &real;
static void *used_arg;

void yg_disk_use(const struct yg_disk_ops *ops, void *arg)
{
	used = ops ? ops : &real;
	used_arg = arg;
}

const struct yg_disk_ops *yg_disk_real(void)
{
	return &real;
}

int yg_disk_open(const char *path, unsigned flags, unsigned mode, int *ret_fd)
{
	return used->open(used_arg, path, flags, mode, ret_fd);
}

int yg_disk_write(int fd, struct yg_bytes b, uint64_t at)
{
	return used->write(used_arg, fd, b, at);
}

int yg_disk_truncate(int fd, uint64_t size)
{
	return used->truncate(used_arg, fd, size);
}

int yg_disk_sync(int fd)
{
	return used->sync(used_arg, fd);
}

int yg_disk_close(int fd)
{
	return used->close(used_arg, fd);
}

int yg_disk_rename(const char *from, const char *to)
{
	return used->rename(used_arg, from, to);
}

int yg_disk_unlink(const char *path)
{
	return used->unlink(used_arg, path);
}

int yg_disk_mkdir(const char *path, unsigned mode)
{
	return used->mkdir(used_arg, path, mode);
}

int yg_disk_rmdir(const char *path)
{
	return used->rmdir(used_arg, path);
}

int yg_disk_sync_folder(const char *path)
{
	return used->sync_folder(used_arg, path);
}

int yg_disk_sync_folder_of(const char *path)
{
	char folder[YG_DISK_PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t size = slash ? (size_t)(slash - path) : 0;

	if (size >= sizeof(folder))
		return YG_ELIMIT;
	if (!slash)
		return yg_disk_sync_folder(".");
	if (size == 0)
		return yg_disk_sync_folder("/");
	memcpy(folder, path, size);
	folder[size] = '\0';
	return yg_disk_sync_folder(folder);
}

/* A name beside @path that nobody else has. */
static int name_neighbour(const char *path, char to[YG_DISK_PATH_MAX])
{
	uint8_t random[SUFFIX_BYTES];
	char hex[2 * SUFFIX_BYTES + 1];
	int size;

	yg_random(random, sizeof(random));
	yg_hex((struct yg_bytes){random, sizeof(random)}, hex);
	size = snprintf(to, YG_DISK_PATH_MAX, "%s.%s", path, hex);
	return size < 0 || (size_t)size >= YG_DISK_PATH_MAX ? YG_ELIMIT : YG_OK;
}

/* A new file with @content, synced; its name is not. */
static int write_new(const char *path, struct yg_bytes content, unsigned mode)
{
	int fd = -1;
	int closed;
	int rc = yg_disk_open(path, YG_DISK_CREATE | YG_DISK_EXCLUSIVE, 0600, &fd);

	if (rc != YG_OK)
		return rc;
	if (mode != 0600 && fchmod(fd, (mode_t)mode) != 0)
		rc = error_of(errno);
	if (rc == YG_OK)
		rc = yg_disk_write(fd, content, 0);
	if (rc == YG_OK)
		rc = yg_disk_sync(fd);
	closed = yg_disk_close(fd);
	if (rc == YG_OK)
		rc = closed;
	if (rc != YG_OK)
		(void)yg_disk_unlink(path); /* the first error is the one to report */
	return rc;
}

/* A folder that may be written but not read cannot be synced; such are not our own. */
static int sync_name(const char *path)
{
	int rc = yg_disk_sync_folder_of(path);

	return rc == YG_EACCES ? YG_OK : rc;
}

int yg_disk_create(const char *path, struct yg_bytes content, unsigned mode)
{
	int rc = write_new(path, content, mode);

	if (rc != YG_OK)
		return rc;
	rc = sync_name(path);
	if (rc != YG_OK)
		(void)yg_disk_unlink(path); /* a name that may vanish is none */
	return rc;
}

int yg_disk_replace(const char *path, struct yg_bytes content, unsigned mode)
{
	char neighbour[YG_DISK_PATH_MAX];
	int rc = name_neighbour(path, neighbour);

	if (rc == YG_OK)
		rc = write_new(neighbour, content, mode);
	if (rc != YG_OK)
		return rc;
	rc = yg_disk_rename(neighbour, path);
	if (rc != YG_OK) {
		(void)yg_disk_unlink(neighbour); /* the first error is the one to report */
		return rc;
	}
	return sync_name(path);
}
