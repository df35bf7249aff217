/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/sqlite-int.h - what files that speak SQLite share.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "base/err.h"

#define YG_SQLITE_BUSY_MS 5000

#define YG_SQLITE_VFS "yagura" /* the name to open files by that must survive */

/*
 * SQLite's memory comes from base/alloc.h, its durable files go to base/disk.h; before the first
 * call of the library. Thread-safe.
 */
void yg_sqlite_start(void);

/* Make YG_SQLITE_VFS known (vfs.c); yg_sqlite_start() does it too. Starts the library. */
void yg_sqlite_add_vfs(void);

/* The error for a result of SQLite; @db (may be NULL) knows the system's error behind it. */
int yg_sqlite_error(sqlite3 *db, int rc);

/* A kind of file: the number in its head, and what was done to its form, step by step. */
struct yg_sqlite_form {
	int32_t id;
	const char *const *steps; /* a step that was released is never changed */
	size_t count;
};
extern const struct yg_sqlite_form yg_sqlite_control;	 /* store/control.h */
extern const struct yg_sqlite_form yg_sqlite_facts;	 /* store/facts.h */
extern const struct yg_sqlite_form yg_sqlite_situations; /* store/situations.h */
extern const struct yg_sqlite_form yg_sqlite_stix;	 /* store/stix.h */

/*
 * Open @path as yg_control_open_sqlite says, migrated, with everything set. *ret: sqlite3_close.
 */
YG_MUST_USE int yg_sqlite_open(const char *path, bool may_create, const struct yg_sqlite_form *form,
			       sqlite3 **ret);

/*
 * Bring the file to the newest form, or leave it as it is: all steps and the version in one
 * transaction. YG_EMISMATCH: it is newer. YG_EFORMAT: it is not ours.
 */
YG_MUST_USE int yg_sqlite_migrate(sqlite3 *db, const struct yg_sqlite_form *form);

/*
 * Within a transaction on a file of yg_sqlite_control: as yg_control_catch_up(), YG_ENOENT when
 * nothing was left.
 */
YG_MUST_USE int yg_sqlite_left_over(sqlite3 *db, size_t bytes_max);

/* The first column of the first row of @sql as an integer. */
YG_MUST_USE int yg_sqlite_ask(sqlite3 *db, const char *sql, int64_t *ret);
