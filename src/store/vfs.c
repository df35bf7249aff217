/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's files on base/disk.h.
 *
 * A thin layer before SQLite's own "unix" VFS. Reading, locks and the shared memory of the log
 * (which is made anew after a crash) stay with that one; making, writing, cutting, syncing and
 * removing a database, its log or its rollback journal goes through the disk, so that the tests
 * that cut the power see all of it. For this each file has a second descriptor.
 *
 * The trap in that: POSIX drops all locks that a process has on a file when it closes ANY
 * descriptor of it. So the second descriptor is shared by all connections of this process and
 * closed only behind the last of the first ones, all under one mutex.
 *
 * A sync that failed (base/disk.h): SQLite then rolls back, and writes all pages of the next
 * transaction, or of the next try at a checkpoint, anew: nothing rests on the failed one. The name
 * of a new file is written only once, so a file whose folder could not be synced takes no sync
 * any more, until all have closed it.
 *
 * Source: sqlite.org, "The OS Interface", "How To Corrupt An SQLite Database File" 2.2; fcntl(2).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "store/sqlite-int.h"

#include "base/ban.h"

#define DURABLE_KINDS (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)
#define OWN_VERSION   2 /* of the methods: shared memory, but no mapped pages */

/* What all connections of this process have of one file. */
struct written {
	struct written *next;
	dev_t device;
	ino_t inode;
	int fd;
	unsigned users;
	bool is_lost; /* the sync of its folder failed */
	char *path;
	bool is_new; /* its name may not be on the disk yet */
};

struct file {
	sqlite3_file base;
	struct written *written; /* NULL: a temporary file, which may vanish */
	sqlite3_file *inner;	 /* of the unix VFS, directly behind this */
};

static sqlite3_vfs *inner_vfs;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct written *all;

static sqlite3_file *inner_of(sqlite3_file *file)
{
	return ((struct file *)file)->inner;
}

/* What SQLite calls an error of ours; @otherwise for those that have no name there. */
static int result_of(int rc, int otherwise)
{
	switch (rc) {
	case YG_OK:
		return SQLITE_OK;
	case YG_ENOSPC:
		return SQLITE_FULL;
	case YG_ENOMEM:
		return SQLITE_NOMEM;
	default:
		return otherwise;
	}
}

/* ---- the second descriptor ---- */

/* The permissions of a log are those of its database, as the unix VFS has it. */
static unsigned mode_for(const char *path, int flags)
{
	char database[YG_DISK_PATH_MAX];
	const char *dash = strrchr(path, '-');
	struct stat st;

	if (flags & SQLITE_OPEN_MAIN_DB || !dash || (size_t)(dash - path) >= sizeof(database))
		return 0600;
	memcpy(database, path, (size_t)(dash - path));
	database[dash - path] = '\0';
	return stat(database, &st) == 0 ? (unsigned)st.st_mode & 0777 : 0600;
}

static struct written *find(const char *path)
{
	struct written *w;
	struct stat st;

	if (stat(path, &st) != 0)
		return NULL;
	for (w = all; w; w = w->next) {
		if (w->device == st.st_dev && w->inode == st.st_ino)
			return w;
	}
	return NULL;
}

/*
 * A process that was killed may have left a transaction that is whole, but only in the memory of
 * the system. SQLite reads it as committed, so a caller would act on what the next power cut takes
 * away (a cursor, behind which the journal is trimmed). What is found is synced before it is read.
 */
static int sync_what_was_left(struct written *w)
{
	int rc = yg_disk_sync(w->fd);

	if (rc == YG_OK)
		rc = yg_disk_sync_folder_of(w->path);
	w->is_new = rc != YG_OK;
	return rc;
}

/* Called with the mutex. */
static int add(const char *path, int flags, struct written **ret)
{
	struct written *w = yg_calloc(1, sizeof(*w));
	struct stat st;
	int rc = w ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK) {
		w->fd = -1;
		w->path = yg_strndup(path, strlen(path));
		rc = w->path ? YG_OK : YG_ENOMEM;
	}
	/* Whoever made the file may have been killed before its name was synced: always once. */
	if (rc == YG_OK) {
		w->is_new = true;
		rc = yg_disk_open(path, flags & SQLITE_OPEN_CREATE ? YG_DISK_CREATE : 0,
				  mode_for(path, flags), &w->fd);
	}
	if (rc == YG_OK && fstat(w->fd, &st) != 0)
		rc = yg_err_from_errno(errno);
	if (rc == YG_OK && st.st_size > 0)
		rc = sync_what_was_left(w);
	if (rc != YG_OK) {
		if (w && w->fd >= 0)
			(void)yg_disk_close(w->fd); /* nothing was written, nobody has locks */
		free(w ? w->path : NULL);
		free(w);
		return rc;
	}
	w->device = st.st_dev;
	w->inode = st.st_ino;
	w->next = all;
	all = w;
	*ret = w;
	return YG_OK;
}

/* Called with the mutex, behind the closing of the unix VFS's own descriptor. */
static int leave(struct written *w)
{
	struct written **at = &all;
	int rc;

	if (--w->users > 0)
		return YG_OK;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	rc = yg_disk_close(w->fd);
	free(w->path);
	free(w);
	return rc;
}

/* ---- methods of a file ---- */

static int file_close(sqlite3_file *file)
{
	struct file *f = (struct file *)file;
	int rc;

	(void)pthread_mutex_lock(&mutex);
	rc = f->inner->pMethods ? f->inner->pMethods->xClose(f->inner) : SQLITE_OK;
	if (f->written && leave(f->written) != YG_OK && rc == SQLITE_OK)
		rc = SQLITE_IOERR_CLOSE;
	(void)pthread_mutex_unlock(&mutex);
	return rc;
}

static int file_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
	return inner_of(file)->pMethods->xRead(inner_of(file), to, size, at);
}

static int file_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 at)
{
	struct file *f = (struct file *)file;

	if (!f->written)
		return f->inner->pMethods->xWrite(f->inner, from, size, at);
	return result_of(
		yg_disk_write(f->written->fd, (struct yg_bytes){from, (size_t)size}, (uint64_t)at),
		SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct file *f = (struct file *)file;

	if (!f->written)
		return f->inner->pMethods->xTruncate(f->inner, size);
	return result_of(yg_disk_truncate(f->written->fd, (uint64_t)size), SQLITE_IOERR_TRUNCATE);
}

/* The bytes and, once, the name. */
static int file_sync(sqlite3_file *file, int flags)
{
	struct file *f = (struct file *)file;
	struct written *w = f->written;
	int rc;

	if (!w)
		return f->inner->pMethods->xSync(f->inner, flags);
	if (__atomic_load_n(&w->is_lost, __ATOMIC_RELAXED))
		return SQLITE_IOERR_DIR_FSYNC;
	rc = yg_disk_sync(w->fd);
	if (rc != YG_OK || !__atomic_load_n(&w->is_new, __ATOMIC_RELAXED))
		return result_of(rc, SQLITE_IOERR_FSYNC);
	rc = yg_disk_sync_folder_of(w->path);
	__atomic_store_n(rc == YG_OK ? &w->is_new : &w->is_lost, rc != YG_OK, __ATOMIC_RELAXED);
	return result_of(rc, SQLITE_IOERR_DIR_FSYNC);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	return inner_of(file)->pMethods->xFileSize(inner_of(file), ret);
}

static int file_lock(sqlite3_file *file, int lock)
{
	return inner_of(file)->pMethods->xLock(inner_of(file), lock);
}

static int file_unlock(sqlite3_file *file, int lock)
{
	return inner_of(file)->pMethods->xUnlock(inner_of(file), lock);
}

static int file_is_locked(sqlite3_file *file, int *ret)
{
	return inner_of(file)->pMethods->xCheckReservedLock(inner_of(file), ret);
}

/* What would change the file behind our back is not done: both are hints. */
static int file_control(sqlite3_file *file, int op, void *arg)
{
	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_OK;
	return inner_of(file)->pMethods->xFileControl(inner_of(file), op, arg);
}

static int file_sector(sqlite3_file *file)
{
	return inner_of(file)->pMethods->xSectorSize(inner_of(file));
}

static int file_kind(sqlite3_file *file)
{
	return inner_of(file)->pMethods->xDeviceCharacteristics(inner_of(file));
}

static int file_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
	return inner_of(file)->pMethods->xShmMap(inner_of(file), region, size, extend, ret);
}

static int file_shared_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return inner_of(file)->pMethods->xShmLock(inner_of(file), offset, count, flags);
}

static void file_barrier(sqlite3_file *file)
{
	inner_of(file)->pMethods->xShmBarrier(inner_of(file));
}

static int file_unmap(sqlite3_file *file, int remove)
{
	return inner_of(file)->pMethods->xShmUnmap(inner_of(file), remove);
}

/* ---- methods of the VFS ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
		    int *ret_flags)
{
	static const sqlite3_io_methods methods = {
		.iVersion = OWN_VERSION,
		.xClose = file_close,
		.xRead = file_read,
		.xWrite = file_write,
		.xTruncate = file_truncate,
		.xSync = file_sync,
		.xFileSize = file_size,
		.xLock = file_lock,
		.xUnlock = file_unlock,
		.xCheckReservedLock = file_is_locked,
		.xFileControl = file_control,
		.xSectorSize = file_sector,
		.xDeviceCharacteristics = file_kind,
		.xShmMap = file_map,
		.xShmLock = file_shared_lock,
		.xShmBarrier = file_barrier,
		.xShmUnmap = file_unmap,
	};
	struct file *f = (struct file *)file;
	int rc = SQLITE_OK;

	(void)vfs;
	memset(f, 0, sizeof(*f));
	f->inner = (sqlite3_file *)(f + 1);
	f->inner->pMethods = NULL;
	(void)pthread_mutex_lock(&mutex);
	if (path && flags & DURABLE_KINDS && flags & SQLITE_OPEN_READWRITE) {
		f->written = find(path);
		if (!f->written)
			rc = result_of(add(path, flags, &f->written), SQLITE_CANTOPEN);
		if (rc == SQLITE_OK)
			f->written->users++;
	}
	if (rc == SQLITE_OK)
		rc = inner_vfs->xOpen(inner_vfs, path, f->inner, flags, ret_flags);
	if (rc != SQLITE_OK) {
		if (f->inner->pMethods) /* some need closing even so */
			(void)f->inner->pMethods->xClose(f->inner);
		if (f->written)
			(void)leave(f->written); /* the first error is the one to report */
	} else {
		f->base.pMethods = &methods;
	}
	(void)pthread_mutex_unlock(&mutex);
	return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
	int rc = yg_disk_unlink(path);

	(void)vfs;
	if (rc == YG_ENOENT)
		return SQLITE_IOERR_DELETE_NOENT;
	if (rc == YG_OK && sync_folder)
		rc = yg_disk_sync_folder_of(path);
	return result_of(rc, SQLITE_IOERR_DELETE);
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
	(void)vfs;
	return inner_vfs->xAccess(inner_vfs, path, flags, ret);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int room, char *to)
{
	(void)vfs;
	return inner_vfs->xFullPathname(inner_vfs, path, room, to);
}

static int vfs_random(sqlite3_vfs *vfs, int size, char *to)
{
	(void)vfs;
	return inner_vfs->xRandomness(inner_vfs, size, to);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return inner_vfs->xSleep(inner_vfs, microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *ret)
{
	(void)vfs;
	return inner_vfs->xCurrentTime(inner_vfs, ret);
}

static int vfs_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
	(void)vfs;
	return inner_vfs->xCurrentTimeInt64(inner_vfs, ret);
}

static int vfs_last_error(sqlite3_vfs *vfs, int room, char *to)
{
	(void)vfs;
	return inner_vfs->xGetLastError(inner_vfs, room, to);
}

static sqlite3_vfs own = {
	.iVersion = 2,
	.zName = YG_SQLITE_VFS,
	.xOpen = vfs_open,
	.xDelete = vfs_delete,
	.xAccess = vfs_access,
	.xFullPathname = vfs_full_path,
	.xRandomness = vfs_random,
	.xSleep = vfs_sleep,
	.xCurrentTime = vfs_time,
	.xGetLastError = vfs_last_error,
	.xCurrentTimeInt64 = vfs_time_ms,
};

static void add_once(void)
{
	inner_vfs = sqlite3_vfs_find("unix");
	if (!inner_vfs)
		return; /* opening by our name fails then */
	own.szOsFile = (int)sizeof(struct file) + inner_vfs->szOsFile;
	own.mxPathname = inner_vfs->mxPathname;
	(void)sqlite3_vfs_register(&own, 0); /* the same: opening by our name fails */
}

void yg_sqlite_add_vfs(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, add_once); /* cannot fail with a static control */
}
