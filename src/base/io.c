/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"

#include "base/ban.h"

#define READ_STEP_BYTES (256u * 1024u)

int yg_io_open_read(const char *path, int *ret_fd)
{
	int fd;

	if (yg_fails_now())
		return YG_EIO;
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return yg_err_from_errno(errno);
	*ret_fd = fd;
	return YG_OK;
}

int yg_io_read(int fd, uint8_t *to, size_t room, size_t *ret_size)
{
	ssize_t got;

	if (yg_fails_now())
		return YG_EIO;
	do {
		got = read(fd, to, room);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? YG_EAGAIN : yg_err_from_errno(errno);
	*ret_size = (size_t)got;
	return YG_OK;
}

int yg_io_read_at(int fd, uint8_t *to, size_t room, uint64_t at, size_t *ret_size)
{
	size_t size = 0;

	while (size < room) {
		ssize_t got;

		if (yg_fails_now())
			return YG_EIO;
		got = pread(fd, to + size, room - size, (off_t)(at + size));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return yg_err_from_errno(errno);
		if (got == 0)
			break;
		size += (size_t)got;
	}
	*ret_size = size;
	return YG_OK;
}

int yg_io_write(int fd, struct yg_bytes b)
{
	while (b.size > 0) {
		ssize_t put;

		if (yg_fails_now())
			return YG_ENOSPC;
		put = write(fd, b.data, b.size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return yg_err_from_errno(errno);
		b = yg_bytes_from(b, (size_t)put);
	}
	return YG_OK;
}

int yg_io_replace(const char *path, struct yg_bytes content, unsigned mode)
{
	return yg_disk_replace(path, content, mode);
}

int yg_io_write_to(const char *path, struct yg_bytes content, unsigned mode)
{
	struct stat st;
	int fd;
	int rc;

	if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
		return yg_io_replace(path, content, mode);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return yg_err_from_errno(errno);
	rc = yg_io_write(fd, content);
	if (close(fd) != 0 && rc == YG_OK)
		rc = yg_err_from_errno(errno);
	return rc;
}

/* Read from @fd until its end; grows by doubling so that a growing file is read too. */
static int read_all(int fd, size_t bytes_max, uint8_t **ret, size_t *ret_size)
{
	uint8_t *data = NULL;
	size_t size = 0;
	size_t room = 0;
	int rc;

	for (;;) {
		size_t got;

		if (room - size < 2) {
			size_t want = room ? room * 2 : READ_STEP_BYTES;
			uint8_t *more = yg_reallocarray(data, want, 1);

			if (!more) {
				rc = YG_ENOMEM;
				break;
			}
			data = more;
			room = want;
		}
		rc = yg_io_read(fd, data + size, room - size, &got);
		if (rc != YG_OK)
			break;
		if (got == 0) {
			*ret = data;
			*ret_size = size;
			return YG_OK;
		}
		size += got;
		if (size > bytes_max) {
			rc = YG_ELIMIT;
			break;
		}
	}
	free(data);
	return rc;
}

int yg_io_read_file(const char *path, size_t bytes_max, uint8_t **ret, size_t *ret_size)
{
	struct stat st;
	int fd;
	int rc = yg_io_open_read(path, &fd);

	if (rc != YG_OK)
		return rc;
	if (fstat(fd, &st) != 0)
		rc = yg_err_from_errno(errno);
	else if (S_ISDIR(st.st_mode))
		rc = YG_EISDIR;
	else if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > bytes_max)
		rc = YG_ELIMIT;
	else
		rc = read_all(fd, bytes_max, ret, ret_size);
	(void)close(fd); /* read only: nothing to lose */
	return rc;
}
