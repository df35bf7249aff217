/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of the file, step by step. A step that was released is never changed: a new one is
 * added, and PRAGMA user_version says how many were done.
 */
#include <stdio.h>

#include "store/sqlite-int.h"

#include "base/ban.h"

static const char *const steps[] = {
	/* 1: all revisions, and where each document is now. `heads` keeps listings by key and the
	 * look at a document range scans that do not touch bodies. */
	"CREATE TABLE docs("
	" change INTEGER PRIMARY KEY,"
	" org TEXT NOT NULL,"
	" kind TEXT NOT NULL,"
	" key TEXT NOT NULL,"
	" revision INTEGER NOT NULL CHECK(revision > 0),"
	" time_ns INTEGER NOT NULL,"
	" actor TEXT NOT NULL,"
	" removed INTEGER NOT NULL CHECK(removed IN (0, 1)),"
	" body BLOB NOT NULL"
	") STRICT;"
	"CREATE UNIQUE INDEX docs_by_document ON docs(org, kind, key, revision);"
	"CREATE INDEX docs_by_org ON docs(org);"
	"CREATE TABLE heads("
	" org TEXT NOT NULL,"
	" kind TEXT NOT NULL,"
	" key TEXT NOT NULL,"
	" change INTEGER NOT NULL REFERENCES docs(change),"
	" revision INTEGER NOT NULL,"
	" removed INTEGER NOT NULL,"
	" PRIMARY KEY(org, kind, key)"
	") STRICT, WITHOUT ROWID;",
};
#define STEP_COUNT ((int64_t)(sizeof(steps) / sizeof(steps[0])))

int yg_sqlite_ask(sqlite3 *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*ret = sqlite3_column_int64(stmt, 0);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_CORRUPT;
	}
	rc = rc == SQLITE_OK ? YG_OK : yg_sqlite_error(db, rc);
	(void)sqlite3_finalize(stmt); /* its error is the one of the step */
	return rc;
}

static int run(sqlite3 *db, const char *sql)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? YG_OK : yg_sqlite_error(db, rc);
}

/* How many steps were done; YG_EFORMAT, YG_EMISMATCH when no further may be. */
static int version_of(sqlite3 *db, int64_t *ret)
{
	int64_t id = 0;
	int64_t tables = 0;
	int rc = yg_sqlite_ask(db, "PRAGMA application_id", &id);

	if (rc == YG_OK)
		rc = yg_sqlite_ask(db, "PRAGMA user_version", ret);
	if (rc == YG_OK)
		rc = yg_sqlite_ask(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc != YG_OK)
		return rc;
	if (id != YG_SQLITE_APPLICATION_ID && (id != 0 || tables > 0 || *ret != 0))
		return YG_EFORMAT;
	if (*ret < 0)
		return YG_EFORMAT;
	return *ret > STEP_COUNT ? YG_EMISMATCH : YG_OK;
}

/* The same in one view of the file: another process may be migrating it. */
static int look_at_version(sqlite3 *db, int64_t *ret)
{
	int rc = run(db, "BEGIN");

	if (rc == YG_OK)
		rc = version_of(db, ret);
	return rc == YG_OK ? run(db, "ROLLBACK") : rc; /* on failure the file is closed */
}

int yg_sqlite_migrate(sqlite3 *db)
{
	char pragma[96];
	int64_t version = 0;
	int rc = look_at_version(db, &version);

	if (rc != YG_OK || version == STEP_COUNT)
		return rc;
	rc = run(db, "BEGIN IMMEDIATE");
	if (rc != YG_OK)
		return rc;
	rc = version_of(db, &version); /* another process may have been first */
	for (int64_t i = version; rc == YG_OK && i < STEP_COUNT; i++)
		rc = run(db, steps[i]);
	(void)snprintf(pragma, sizeof(pragma), "PRAGMA application_id=%d; PRAGMA user_version=%d",
		       YG_SQLITE_APPLICATION_ID, (int)STEP_COUNT); /* 2 numbers fit */
	if (rc == YG_OK)
		rc = run(db, pragma);
	if (rc == YG_OK)
		rc = run(db, "COMMIT");
	if (rc != YG_OK && !sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* closing does it too */
	return rc;
}
