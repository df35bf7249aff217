/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of an rpm database that is an SQLite file: table Packages, a header a row.
 *
 * It is opened so that nothing is written beside it, which the sensor's account may not do anyway:
 * where nothing waits in the write-ahead log, as a file that does not change; whether it did is
 * looked at afterwards. Else as it is, which works where the log's index is there, as while rpm
 * runs.
 */
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "sensor/rpm.h"

#include "base/ban.h"

#define PATH_ROOM 4096u
#define URI_ROOM  (3 * PATH_ROOM + 64)
#define STEPS_MAX 50000 /* calls of enough(), each after OPS: seconds at most */
#define OPS	  1000

static int code_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return YG_OK;
	case SQLITE_NOMEM:
		return YG_ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return YG_EAGAIN;
	case SQLITE_TOOBIG:
	case SQLITE_INTERRUPT:
		return YG_ELIMIT;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return YG_EACCES;
	case SQLITE_IOERR:
		return YG_EIO;
	default:
		return YG_EFORMAT;
	}
}

/* What tells one state of the file from another. */
struct state {
	struct stat file;
	struct stat log;
	bool has_log; /* with something in it */
};

static int look(const char *path, struct state *ret)
{
	char log[PATH_ROOM + 8];

	*ret = (struct state){0};
	(void)snprintf(log, sizeof(log), "%s-wal", path); /* measured by the caller */
	if (stat(path, &ret->file) != 0)
		return yg_err_from_errno(errno);
	ret->has_log = stat(log, &ret->log) == 0 && ret->log.st_size > 0;
	return YG_OK;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_same(const struct state *a, const struct state *b)
{
	return a->has_log == b->has_log && is_same_file(&a->file, &b->file) &&
	       (!a->has_log || is_same_file(&a->log, &b->log));
}

/* The path with what means something in an URI written as its number. */
static void make_uri(const char *path, bool is_fixed, char to[URI_ROOM])
{
	size_t at = (size_t)snprintf(to, URI_ROOM, "file:");

	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c == '%' || c == '?' || c == '#')
			at += (size_t)snprintf(to + at, URI_ROOM - at, "%%%02x", c);
		else
			to[at++] = (char)c;
	}
	(void)snprintf(to + at, URI_ROOM - at, is_fixed ? "?mode=ro&immutable=1" : "?mode=ro");
}

static int enough(void *arg)
{
	unsigned *steps = arg;

	return ++*steps > STEPS_MAX;
}

/* A database of others may hold anything: no triggers, views or functions of its schema run. */
static int harden(sqlite3 *db, unsigned *steps)
{
	static const int switches[][2] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
	};
	int code = SQLITE_OK;

	for (size_t i = 0; code == SQLITE_OK && i < sizeof(switches) / sizeof(switches[0]); i++)
		code = sqlite3_db_config(db, switches[i][0], switches[i][1], NULL);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, (int)YG_RPM_HEADER_MAX); /* the one before */
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_progress_handler(db, OPS, enough, steps);
	(void)sqlite3_busy_timeout(db, 1000);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db,
				    "PRAGMA query_only=1; PRAGMA mmap_size=0; "
				    "PRAGMA cell_size_check=1; PRAGMA cache_size=-512;",
				    NULL, NULL, NULL);
	return code;
}

/* Row @id, without SQLite making a copy of it first. */
static int take_row(sqlite3 *db, sqlite3_blob **blob, int64_t id, struct yg_buf *mem,
		    struct yg_rpm_found *found)
{
	int code = *blob ? sqlite3_blob_reopen(*blob, id)
			 : sqlite3_blob_open(db, "main", "Packages", "blob", id, 0, blob);
	uint8_t *to;
	int size;

	if (code != SQLITE_OK) {
		/* One that was aborted stays so. */
		(void)sqlite3_blob_close(*blob); /* read only */
		*blob = NULL;
		found->bad++;
		return (code & 0xff) == SQLITE_NOMEM ? YG_ENOMEM : YG_OK;
	}
	size = sqlite3_blob_bytes(*blob);
	if (size < 0 || (unsigned)size > YG_RPM_HEADER_MAX) {
		found->bad++;
		return YG_OK;
	}
	yg_buf_reset(mem);
	to = yg_buf_reserve(mem, size ? (size_t)size : 1);
	if (!to)
		return yg_buf_error(mem);
	code = sqlite3_blob_read(*blob, to, size, 0);
	if (code != SQLITE_OK) {
		found->bad++;
		return code_of(code);
	}
	yg_buf_grew(mem, (size_t)size);
	return yg_rpm_take(found, yg_buf_bytes(mem));
}

static int read_rows(sqlite3 *db, struct yg_rpm_found *found)
{
	sqlite3_stmt *rows = NULL;
	sqlite3_blob *blob = NULL;
	struct yg_buf mem;
	uint64_t left = 2ull * YG_RPM_PACKAGES_MAX;
	int code =
		sqlite3_prepare_v2(db, "SELECT hnum FROM Packages ORDER BY hnum", -1, &rows, NULL);
	int rc = code_of(code);

	yg_buf_init(&mem, YG_RPM_HEADER_MAX + 1);
	while (rc == YG_OK && left-- > 0 && (code = sqlite3_step(rows)) == SQLITE_ROW)
		rc = take_row(db, &blob, sqlite3_column_int64(rows, 0), &mem, found);
	if (rc == YG_OK)
		rc = code_of(code);
	(void)sqlite3_blob_close(blob); /* read only */
	(void)sqlite3_finalize(rows);	/* what it says was seen */
	yg_buf_done(&mem);
	return rc;
}

int yg_rpm_read_sqlite(const char *path, struct yg_rpm_found *found)
{
	char uri[URI_ROOM];
	struct state before;
	struct state after;
	unsigned steps = 0;
	sqlite3 *db = NULL;
	int rc;

	if (strlen(path) >= PATH_ROOM)
		return YG_ELIMIT;
	rc = look(path, &before);
	if (rc != YG_OK)
		return rc;
	if ((uint64_t)before.file.st_size > YG_RPM_FILE_MAX || !S_ISREG(before.file.st_mode))
		return YG_ELIMIT;
	make_uri(path, !before.has_log, uri);
	rc = code_of(sqlite3_open_v2(uri, &db,
				     SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
					     SQLITE_OPEN_EXRESCODE,
				     NULL));
	if (rc == YG_OK)
		rc = code_of(harden(db, &steps));
	if (rc == YG_OK)
		rc = read_rows(db, found);
	(void)sqlite3_close(db); /* read only */
	/* What was read while somebody wrote may be of two times. */
	if (look(path, &after) != YG_OK || (!before.has_log && !is_same(&before, &after)))
		return YG_EAGAIN;
	return rc;
}
