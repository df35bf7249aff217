/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/io.h - system calls on files, restarted after signals, with failures that tests can
 * order (see yg_fail_at in base/alloc.h). All return YG_OK or an error of base/err.h.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

/* Open for reading (close-on-exec). On success *ret_fd is owned by the caller. */
YG_MUST_USE int yg_io_open_read(const char *path, int *ret_fd);

/* Up to @room bytes; *ret_size 0 means end of file. */
YG_MUST_USE int yg_io_read(int fd, uint8_t *to, size_t room, size_t *ret_size);

/* Up to @room bytes from byte @at on; fewer only at the end of the file. */
YG_MUST_USE int yg_io_read_at(int fd, uint8_t *to, size_t room, uint64_t at, size_t *ret_size);

/* All of @b, or an error (YG_ENOSPC, YG_EPIPE, …): nothing is silently cut. */
YG_MUST_USE int yg_io_write(int fd, struct yg_bytes b);

/*
 * Write a whole file so that readers see the old or the new one, never half: yg_disk_replace() of
 * base/disk.h, which is where what must survive a power cut is written.
 */
YG_MUST_USE int yg_io_replace(const char *path, struct yg_bytes content, unsigned mode);

/*
 * The same for a place that a person names: a device or a pipe there is written as it is, never
 * replaced by a file.
 */
YG_MUST_USE int yg_io_write_to(const char *path, struct yg_bytes content, unsigned mode);

/* Read a whole regular file of at most @bytes_max bytes into heap memory (*ret owned, free()). */
YG_MUST_USE int yg_io_read_file(const char *path, size_t bytes_max, uint8_t **ret,
				size_t *ret_size);
