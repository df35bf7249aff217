/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/disk.h - the one way to write what must survive a crash or a power cut.
 *
 * Journal, database (store/vfs.c) and files that are replaced whole (yg_disk_replace) change the
 * disk through the operations below and through nothing else, so that a test can stand in their
 * place, note every one, and rebuild what a power cut would have left (tests/soak/record.h).
 * Reading needs no such door: descriptors from here are real ones, read with pread(2).
 *
 * What a caller may believe, and nothing more:
 * - bytes and size of a file are on the disk when yg_disk_sync() of it has returned YG_OK;
 * - a name (made, renamed, removed) is on the disk when yg_disk_sync_folder() of its folder has;
 * - before that, any part of it may be there or not, in any order, torn anywhere;
 * - after a sync that FAILED, nothing written since the last good one may be believed, and a
 *   second sync that succeeds means nothing: Linux marks pages clean that it could not write and
 *   reports the error once. Write to another file instead.
 *
 * Threads: any, also on one descriptor. All return YG_OK or an error of base/err.h.
 * Source: fsync(2), rename(2); "PostgreSQL's fsync() surprise", LWN 2018.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define YG_DISK_PATH_MAX 4096u /* bytes, NUL included */

enum yg_disk_flags {
	YG_DISK_CREATE = 1,    /* make it where it is missing; the mode is less the umask */
	YG_DISK_EXCLUSIVE = 2, /* with CREATE: it must not be there yet */
};

struct yg_disk_ops {
	int (*open)(void *arg, const char *path, unsigned flags, unsigned mode, int *ret_fd);
	int (*write)(void *arg, int fd, struct yg_bytes b, uint64_t at);
	int (*truncate)(void *arg, int fd, uint64_t size);
	int (*sync)(void *arg, int fd);
	int (*close)(void *arg, int fd);
	int (*rename)(void *arg, const char *from, const char *to);
	int (*unlink)(void *arg, const char *path);
	int (*mkdir)(void *arg, const char *path, unsigned mode);
	int (*sync_folder)(void *arg, const char *path);
	int (*rmdir)(void *arg, const char *path);
};

/*
 * Tests only, before any other thread runs: put @ops (NULL: the real ones again) in the place of
 * the system's. Borrowed for as long as they are in use.
 */
void yg_disk_use(const struct yg_disk_ops *ops, void *arg);

/* The system's own operations, for one that stands before them. @arg is not used. */
const struct yg_disk_ops *yg_disk_real(void);

/* For reading and writing, close-on-exec, never a symbolic link. *ret_fd: yg_disk_close(). */
YG_MUST_USE int yg_disk_open(const char *path, unsigned flags, unsigned mode, int *ret_fd);

/* All of @b at byte @at, or an error: then any part of it may have been written. */
YG_MUST_USE int yg_disk_write(int fd, struct yg_bytes b, uint64_t at);
YG_MUST_USE int yg_disk_truncate(int fd, uint64_t size);
YG_MUST_USE int yg_disk_sync(int fd);
int yg_disk_close(int fd);

/* Both names in one file system; a file @to is replaced. Not on the disk before its folders are. */
YG_MUST_USE int yg_disk_rename(const char *from, const char *to);
int yg_disk_unlink(const char *path);

/* A folder of mode @mode; one that is there already is as good. */
YG_MUST_USE int yg_disk_mkdir(const char *path, unsigned mode);

/* An empty folder goes; one that holds something stays, with an error. */
int yg_disk_rmdir(const char *path);
YG_MUST_USE int yg_disk_sync_folder(const char *path);

/* The folder that @path (shorter than YG_DISK_PATH_MAX) stands in, synced. */
YG_MUST_USE int yg_disk_sync_folder_of(const char *path);

/*
 * Write a whole file so that readers, and the disk after a power cut, have the old or the new one,
 * never half: a neighbour, sync, rename, sync of the folder. On failure the neighbour is removed
 * (YG_ELIMIT: the path is too long) and the old one stands; but when the last sync is what failed,
 * either may.
 */
YG_MUST_USE int yg_disk_replace(const char *path, struct yg_bytes content, unsigned mode);

/*
 * A new file, or none: YG_EDUPLICATE when there is one of that name, which is not touched. On the
 * disk with its name when this returns YG_OK; on failure it is removed.
 */
YG_MUST_USE int yg_disk_create(const char *path, struct yg_bytes content, unsigned mode);
