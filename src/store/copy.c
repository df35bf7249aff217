/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "store/copy.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "store/sqlite-int.h"

#include "base/ban.h"

#define TRIES	    600u /* of 100 ms: a writer may have it for long */
#define SCRUB_TRIES 20u	 /* of 100 ms and the time a statement waits */

static int open_one(const char *path, int flags, sqlite3 **ret)
{
	int code;

	yg_sqlite_start();
	code = sqlite3_open_v2(path, ret, flags | SQLITE_OPEN_EXRESCODE, YG_SQLITE_VFS);
	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(*ret, YG_SQLITE_BUSY_MS);
	return code == SQLITE_OK ? YG_OK : yg_sqlite_error(*ret, code);
}

/* In one step: what it was at one moment. Writers go on meanwhile (WAL). */
static int copy_pages(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int code = SQLITE_BUSY;
	int end;

	if (!backup)
		return yg_sqlite_error(to, sqlite3_extended_errcode(to));
	for (unsigned i = 0; i < TRIES && (code == SQLITE_BUSY || code == SQLITE_LOCKED); i++) {
		if (i > 0)
			(void)sqlite3_sleep(100);
		code = sqlite3_backup_step(backup, -1) & 0xff;
	}
	end = sqlite3_backup_finish(backup);
	if (code == SQLITE_DONE)
		code = end;
	return code == SQLITE_OK ? YG_OK : yg_sqlite_error(to, code);
}

int yg_store_copy(const char *from, const char *to)
{
	sqlite3 *source = NULL;
	sqlite3 *target = NULL;
	int code;
	int rc;

	if (access(from, F_OK) != 0)
		return YG_ENOENT;
	if (access(to, F_OK) == 0)
		return YG_EDUPLICATE;
	rc = open_one(from, SQLITE_OPEN_READWRITE, &source);
	if (rc == YG_OK)
		rc = open_one(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &target);
	if (rc == YG_OK)
		rc = copy_pages(source, target);
	if (rc == YG_OK) {
		/* A file alone: it can be read where nothing can be written. */
		code = sqlite3_exec(target, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
		rc = code == SQLITE_OK ? YG_OK : yg_sqlite_error(target, code);
	}
	(void)sqlite3_close(target); /* what counts was synced */
	(void)sqlite3_close(source);
	if (rc != YG_OK)
		(void)yg_disk_unlink(to); /* the first error is the one to report */
	return rc == YG_OK ? yg_disk_sync_folder_of(to) : rc;
}

/* A row of PRAGMA wal_checkpoint: was somebody in the way? */
static int take_busy(void *arg, int count, char **values, char **names)
{
	(void)names;
	*(bool *)arg = count < 1 || !values[0] || strcmp(values[0], "0") != 0;
	return 0;
}

static int scrub(sqlite3 *db)
{
	bool is_busy = true;
	int code = sqlite3_exec(db, "PRAGMA secure_delete=ON; VACUUM", NULL, NULL, NULL);

	for (unsigned i = 0; i < SCRUB_TRIES && code == SQLITE_OK && is_busy; i++) {
		if (i > 0)
			(void)sqlite3_sleep(100);
		code = sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", take_busy, &is_busy,
				    NULL);
		if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
			code = SQLITE_OK; /* as if it had said so */
	}
	if (code != SQLITE_OK)
		return yg_sqlite_error(db, code);
	return is_busy ? YG_EAGAIN : YG_OK;
}

int yg_store_scrub(const char *path)
{
	sqlite3 *db = NULL;
	int rc;

	if (access(path, F_OK) != 0)
		return YG_ENOENT;
	rc = open_one(path, SQLITE_OPEN_READWRITE, &db);
	if (rc == YG_OK)
		rc = scrub(db);
	(void)sqlite3_close(db); /* what counts was synced */
	return rc;
}

static int take_answer(void *arg, int count, char **values, char **names)
{
	bool *is_good = arg;

	(void)names;
	*is_good = count == 1 && values[0] && strcmp(values[0], "ok") == 0;
	return 0;
}

int yg_store_check(const char *path)
{
	sqlite3 *db = NULL;
	bool is_good = false;
	struct stat st;
	int code = SQLITE_OK;
	int rc;

	if (stat(path, &st) != 0)
		return yg_err_from_errno(errno);
	if (st.st_size == 0)
		return YG_EDIGEST; /* to SQLite an empty file is an empty database */
	rc = open_one(path, SQLITE_OPEN_READONLY, &db);
	if (rc == YG_OK)
		code = sqlite3_exec(db, "PRAGMA integrity_check(1)", take_answer, &is_good, NULL);
	if (rc == YG_OK && code != SQLITE_OK)
		rc = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? YG_EDIGEST
								     : yg_sqlite_error(db, code);
	(void)sqlite3_close(db); /* it was read */
	return rc == YG_OK && !is_good ? YG_EDIGEST : rc;
}
