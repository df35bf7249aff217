/* SPDX-License-Identifier: Apache-2.0 */
/* The file itself: made, opened, and looked at before anything in it is believed. */
#define _GNU_SOURCE
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "store/inventory-int.h"
#include "store/sqlite-int.h"

#include "base/ban.h"

int yg_inventory_code(int sqlite_code)
{
	switch (sqlite_code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return YG_OK;
	case SQLITE_NOMEM:
		return YG_ENOMEM;
	case SQLITE_FULL:
		return YG_ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return YG_EAGAIN;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return YG_EACCES;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
	case SQLITE_ERROR: /* our own statements are right: a table they need is not there */
		return YG_EFORMAT;
	case SQLITE_TOOBIG:
		return YG_ELIMIT;
	default:
		return YG_EIO;
	}
}

int yg_inventory_fail(struct yg_inventory *inventory)
{
	return yg_inventory_code(sqlite3_errcode(inventory->db));
}

int yg_inventory_exec(struct yg_inventory *inventory, const char *sql)
{
	if (sqlite3_exec(inventory->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return YG_OK;
	return yg_inventory_fail(inventory);
}

static const char *column_type(enum yg_inventory_type type)
{
	switch (type) {
	case YG_INV_KEY:
		return "TEXT COLLATE NOCASE";
	case YG_INV_YES_NO:
	case YG_INV_COUNT:
		return "INTEGER";
	case YG_INV_CVSS:
		return "REAL";
	default:
		return "TEXT";
	}
}

/* The statement that makes one object: what sqlite_schema then says, byte for byte. */
static void add_table(struct yg_buf *sql, const struct yg_inventory_def *def)
{
	yg_buf_addf(sql, "CREATE TABLE yg_%s(", def->name);
	for (uint32_t i = 0; i < def->column_count; i++)
		yg_buf_addf(sql, "%s %s, ", def->columns[i].name,
			    column_type(def->columns[i].type));
	yg_buf_add_str(sql, "line INTEGER NOT NULL) STRICT");
}

static void add_view(struct yg_buf *sql, const struct yg_inventory_def *def)
{
	yg_buf_addf(sql, "CREATE VIEW %s AS SELECT ", def->name);
	for (uint32_t i = 0; i < def->column_count; i++)
		yg_buf_addf(sql, "%s%s", i > 0 ? ", " : "", def->columns[i].name);
	yg_buf_addf(sql, " FROM yg_%s", def->name);
}

/* Unique over what may not stand twice; without such columns only a help for joins. A missing
 * second part counts as a value (a machine without a product name stands once). */
static void add_index(struct yg_buf *sql, const struct yg_inventory_def *def)
{
	bool is_unique = false;
	uint32_t written = 0;

	for (uint32_t i = 0; i < def->column_count; i++)
		is_unique = is_unique || def->columns[i].is_unique;
	yg_buf_addf(sql, "CREATE %sINDEX yg_%s_key ON yg_%s(", is_unique ? "UNIQUE " : "",
		    def->name, def->name);
	for (uint32_t i = 0; i < def->column_count; i++)
		if (is_unique ? def->columns[i].is_unique
			      : def->columns[i].is_required && def->columns[i].type == YG_INV_KEY)
			yg_buf_addf(sql, def->columns[i].is_required ? "%s%s" : "%sifnull(%s, '')",
				    written++ > 0 ? ", " : "", def->columns[i].name);
	yg_buf_add_str(sql, ")");
}

static const char sql_lists[] =
	"CREATE TABLE yg_lists(name TEXT NOT NULL PRIMARY KEY, rows INTEGER NOT NULL, "
	"taken TEXT, source TEXT NOT NULL, sha256 TEXT NOT NULL, filled INTEGER NOT NULL, "
	"change INTEGER NOT NULL) STRICT, WITHOUT ROWID";
static const char sql_view_lists[] =
	"CREATE VIEW lists AS SELECT name, rows, taken, source FROM yg_lists";
/* yg_today() is a function of the connection that runs queries: the day is a parameter. */
static const char sql_view_clock[] = "CREATE VIEW clock AS SELECT yg_today() AS today";

/* Object number @index of the file into @sql; false past the last. */
static bool schema_object(uint32_t index, struct yg_buf *sql)
{
	const struct yg_inventory_def *def;

	yg_buf_reset(sql);
	if (index / 3 < yg_inventory_def_count) {
		def = &yg_inventory_defs[index / 3];
		if (index % 3 == 0)
			add_table(sql, def);
		else if (index % 3 == 1)
			add_index(sql, def);
		else
			add_view(sql, def);
	} else {
		switch (index - 3 * yg_inventory_def_count) {
		case 0:
			yg_buf_add_str(sql, sql_lists);
			break;
		case 1:
			yg_buf_add_str(sql, sql_view_lists);
			break;
		case 2:
			yg_buf_add_str(sql, sql_view_clock);
			break;
		default:
			return false;
		}
	}
	yg_buf_add_byte(sql, 0);
	return true;
}

static int number_of(sqlite3 *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW)
			*ret = sqlite3_column_int64(statement, 0);
		(void)sqlite3_finalize(statement); /* step has told */
	}
	return rc == SQLITE_ROW ? YG_OK : yg_inventory_code(rc);
}

/* The objects stand in sqlite_schema in the order they were made. */
static int check_objects(sqlite3 *db, struct yg_buf *sql)
{
	sqlite3_stmt *statement = NULL;
	uint32_t index = 0;
	int rc = sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_schema ORDER BY rowid", -1,
				    &statement, NULL);

	if (rc != SQLITE_OK)
		return yg_inventory_code(rc);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *found = (const char *)sqlite3_column_text(statement, 0);

		if (!schema_object(index++, sql) || yg_buf_error(sql) != YG_OK || !found ||
		    strcmp(found, (const char *)sql->data) != 0)
			break;
	}
	(void)sqlite3_finalize(statement); /* step has told */
	if (rc == SQLITE_ROW)
		return YG_EFORMAT;
	if (rc != SQLITE_DONE)
		return yg_inventory_code(rc);
	return schema_object(index, sql) ? YG_EFORMAT : YG_OK;
}

int yg_inventory_check(sqlite3 *db)
{
	struct yg_buf sql;
	int64_t id = 0;
	int64_t version = 0;
	int rc = number_of(db, "PRAGMA application_id", &id);

	if (rc == YG_OK)
		rc = number_of(db, "PRAGMA user_version", &version);
	if (rc != YG_OK)
		return rc;
	if (id != YG_INVENTORY_APPLICATION_ID)
		return YG_EFORMAT;
	if (version != YG_INVENTORY_VERSION)
		return version > YG_INVENTORY_VERSION ? YG_EMISMATCH : YG_EFORMAT;
	yg_buf_init(&sql, YG_INVENTORY_SCHEMA_MAX);
	rc = check_objects(db, &sql);
	yg_buf_done(&sql);
	return rc;
}

static int make_objects(struct yg_inventory *inventory)
{
	struct yg_buf sql;
	char pragmas[96];
	int rc = YG_OK;

	yg_buf_init(&sql, YG_INVENTORY_SCHEMA_MAX);
	for (uint32_t i = 0; rc == YG_OK && schema_object(i, &sql); i++) {
		rc = yg_buf_error(&sql);
		if (rc == YG_OK)
			rc = yg_inventory_exec(inventory, (const char *)sql.data);
	}
	yg_buf_done(&sql);
	(void)snprintf(pragmas, sizeof(pragmas), /* fits */
		       "PRAGMA application_id = %d; PRAGMA user_version = %d",
		       YG_INVENTORY_APPLICATION_ID, YG_INVENTORY_VERSION);
	return rc == YG_OK ? yg_inventory_exec(inventory, pragmas) : rc;
}

/* An empty database becomes ours; two who make it at once: the second finds it made. */
static int make_if_empty(struct yg_inventory *inventory)
{
	int64_t objects = 1;
	int rc = yg_inventory_exec(inventory, "BEGIN IMMEDIATE");

	if (rc != YG_OK)
		return rc;
	rc = number_of(inventory->db,
		       "SELECT (SELECT count(*) FROM sqlite_schema) + (SELECT application_id FROM "
		       "pragma_application_id) + (SELECT user_version FROM pragma_user_version)",
		       &objects);
	if (rc == YG_OK && objects == 0)
		rc = make_objects(inventory);
	if (rc == YG_OK)
		rc = yg_inventory_exec(inventory, "COMMIT");
	if (rc != YG_OK)
		(void)sqlite3_exec(inventory->db, "ROLLBACK", NULL, NULL, NULL); /* told above */
	return rc;
}

static int set_up(struct yg_inventory *inventory)
{
	sqlite3 *db = inventory->db;

	(void)sqlite3_extended_result_codes(db, 1);
	(void)sqlite3_busy_timeout(db, YG_INVENTORY_BUSY_MS);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* One file without helpers beside it: whoever reads holds a plain lock (query.h). */
	return yg_inventory_exec(inventory, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = "
					    "FULL; PRAGMA cell_size_check = ON");
}

/* Facts tell where a firm is weak: the file is its owner's alone. */
static int make_file(const char *path)
{
	int fd = -1;
	int rc = yg_disk_open(path, YG_DISK_CREATE | YG_DISK_EXCLUSIVE, 0600, &fd);

	if (rc != YG_OK)
		return rc == YG_EDUPLICATE ? YG_OK : rc;
	rc = yg_disk_close(fd);
	return rc == YG_OK ? yg_disk_sync_folder_of(path) : rc;
}

int yg_inventory_open(const char *path, bool may_create, struct yg_inventory **ret)
{
	struct yg_inventory *inventory;
	int rc = YG_OK;

	if (may_create)
		rc = make_file(path);
	else if (access(path, F_OK) != 0)
		rc = yg_err_from_errno(errno);
	if (rc != YG_OK)
		return rc;
	inventory = yg_calloc(1, sizeof(*inventory));
	if (!inventory)
		return YG_ENOMEM;
	yg_sqlite_add_vfs();
	rc = yg_inventory_code(
		sqlite3_open_v2(path, &inventory->db, SQLITE_OPEN_READWRITE, YG_SQLITE_VFS));
	if (rc == YG_OK)
		rc = set_up(inventory);
	if (rc == YG_OK && may_create)
		rc = make_if_empty(inventory);
	if (rc == YG_OK)
		rc = yg_inventory_check(inventory->db);
	if (rc != YG_OK) {
		(void)yg_inventory_free(inventory);
		return rc;
	}
	*ret = inventory;
	return YG_OK;
}

struct yg_inventory *yg_inventory_free(struct yg_inventory *inventory)
{
	if (inventory) {
		(void)sqlite3_close(inventory->db); /* no statement outlives its function */
		free(inventory);
	}
	return NULL;
}
