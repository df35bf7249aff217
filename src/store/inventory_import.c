/* SPDX-License-Identifier: Apache-2.0 */
/* A list comes in: the header is understood, then every row is written in one transaction. */
#include <assert.h>

#include "base/alloc.h"
#include "store/inventory-int.h"

#include "base/ban.h"

#define NOT_THERE   UINT32_MAX
#define SQL_MAX	    4096u
#define SHOWN_BYTES 40 /* of a cell or a name, in a message */

struct import {
	struct yg_inventory *inventory;
	const struct yg_inventory_in *in;
	const struct yg_inventory_def *def;
	struct yg_line_fault *reterr;
	struct yg_inventory_done done;
	uint32_t filled;			      /* bit i: column i is in the file */
	uint32_t column_of[YG_INVENTORY_COLUMNS_MAX]; /* in the file, or NOT_THERE */
	struct yg_inventory_value value;	      /* large: not on the stack */
};

/* At most SHOWN_BYTES of @text for a message, ending with a whole character. */
static struct yg_bytes shown(struct yg_bytes text)
{
	size_t size = text.size;

	if (size <= SHOWN_BYTES)
		return text;
	size = SHOWN_BYTES;
	while (size > 0 && (text.data[size] & 0xc0) == 0x80)
		size--;
	return yg_bytes_cut(text, 0, size);
}

static uint32_t column_named(const struct yg_inventory_def *def, struct yg_bytes name)
{
	for (uint32_t i = 0; i < def->column_count; i++)
		if (yg_inventory_is_one_of(name, def->columns[i].name))
			return i;
	for (uint32_t i = 0; i < def->column_count; i++)
		if (yg_inventory_is_one_of(name, def->columns[i].synonyms))
			return i;
	return NOT_THERE;
}

static void note_left_out(struct import *import, struct yg_bytes name)
{
	struct yg_bytes some = shown(name);

	if (import->done.left_out++ == 0)
		(void)snprintf(import->done.first_left_out, sizeof(import->done.first_left_out),
			       "%.*s", YG_FMT(some)); /* fits: SHOWN_BYTES */
}

/* Which column of the file is which of ours. */
static int read_header(struct import *import)
{
	const struct yg_table_row *header = &import->in->rows->header;
	const struct yg_inventory_def *def = import->def;

	for (uint32_t i = 0; i < def->column_count; i++)
		import->column_of[i] = NOT_THERE;
	for (uint32_t at = 0; at < header->count; at++) {
		struct yg_bytes name = yg_bytes_trim(header->cells[at]);
		uint32_t column = name.size ? column_named(def, name) : NOT_THERE;
		struct yg_bytes some = shown(name);

		if (column == NOT_THERE) {
			if (name.size > 0)
				note_left_out(import, name);
			continue;
		}
		if (import->column_of[column] != NOT_THERE)
			return yg_line_fault_set(import->reterr, YG_EFORMAT, header->line,
						 "columns %u and %u (\"%.*s\") both mean \"%s\": "
						 "rename or remove one",
						 import->column_of[column] + 1, at + 1,
						 YG_FMT(some), def->columns[column].name);
		import->column_of[column] = at;
		import->filled |= 1u << column;
	}
	for (uint32_t i = 0; i < def->column_count; i++)
		if (def->columns[i].is_required && import->column_of[i] == NOT_THERE)
			return yg_line_fault_set(
				import->reterr, YG_EFORMAT, header->line,
				"no column \"%s\" (or %.*s): a list \"%s\" needs it",
				def->columns[i].name,
				YG_FMT(yg_bytes_cut(
					yg_bytes_str(def->columns[i].synonyms), 0,
					yg_bytes_chr(yg_bytes_str(def->columns[i].synonyms), '|'))),
				def->name);
	return YG_OK;
}

static int bind(sqlite3_stmt *statement, int at, const struct yg_inventory_value *value)
{
	switch (value->kind) {
	case YG_INV_IS_TEXT:
		return sqlite3_bind_text(statement, at, value->text, (int)value->size,
					 SQLITE_TRANSIENT);
	case YG_INV_IS_INTEGER:
		return sqlite3_bind_int64(statement, at, value->integer);
	case YG_INV_IS_REAL:
		return sqlite3_bind_double(statement, at, value->real);
	default:
		return sqlite3_bind_null(statement, at);
	}
}

static int bind_cell(struct import *import, sqlite3_stmt *statement, const struct yg_table_row *row,
		     uint32_t column)
{
	const struct yg_inventory_column *def = &import->def->columns[column];
	struct yg_bytes cell = yg_table_cell(row, import->column_of[column]);
	struct yg_bytes some = shown(cell);
	const char *why = "";
	int rc = yg_inventory_value_read(def, cell, &import->value, &why);

	if (rc != YG_OK)
		return yg_line_fault_set(import->reterr, rc, row->line,
					 "column \"%s\": \"%.*s\" is not %s", def->name,
					 YG_FMT(some), why);
	if (def->is_required && import->value.kind == YG_INV_NOTHING)
		return yg_line_fault_set(import->reterr, YG_EFORMAT, row->line,
					 "column \"%s\" is empty: each line needs it", def->name);
	rc = bind(statement, (int)column + 1, &import->value);
	return rc == SQLITE_OK ? YG_OK : yg_inventory_code(rc);
}

static void append(char *sql, size_t *used, const char *text)
{
	int size = snprintf(sql + *used, SQL_MAX - *used, "%s", text);

	*used += size > 0 ? (size_t)size : 0;
	assert(*used < SQL_MAX); /* our own names: known when the program is built */
}

/* The line on which what @row says stands already. */
static int tell_duplicate(struct import *import, const struct yg_table_row *row)
{
	const struct yg_inventory_def *def = import->def;
	sqlite3_stmt *statement = NULL;
	char sql[SQL_MAX];
	size_t used = 0;
	uint32_t first = 0;
	struct yg_bytes key = {0};
	int rc;

	append(sql, &used, "SELECT line FROM yg_");
	append(sql, &used, def->name);
	append(sql, &used, " WHERE 1");
	for (uint32_t i = 0; i < def->column_count; i++) {
		if (!def->columns[i].is_unique)
			continue;
		append(sql, &used, " AND ifnull(");
		append(sql, &used, def->columns[i].name);
		append(sql, &used, ", '') = ifnull(?, '') COLLATE NOCASE");
		if (key.size == 0)
			key = shown(yg_table_cell(row, import->column_of[i]));
	}
	rc = sqlite3_prepare_v2(import->inventory->db, sql, -1, &statement, NULL);
	for (uint32_t i = 0, at = 1; rc == SQLITE_OK && i < def->column_count; i++) {
		const char *why;

		if (!def->columns[i].is_unique)
			continue;
		rc = yg_inventory_value_read(&def->columns[i],
					     yg_table_cell(row, import->column_of[i]),
					     &import->value, &why) == YG_OK
			     ? bind(statement, (int)at++, &import->value)
			     : SQLITE_ERROR;
	}
	if (rc == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		first = (uint32_t)sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement); /* only a help for the message */
	return yg_line_fault_set(import->reterr, YG_EDUPLICATE, row->line,
				 "\"%.*s\" stands twice: also on line %u; keep one of them",
				 YG_FMT(key), first);
}

static int insert_row(struct import *import, sqlite3_stmt *insert, const struct yg_table_row *row)
{
	uint32_t count = import->def->column_count;
	int rc = YG_OK;

	(void)sqlite3_reset(insert); /* the former step has told */
	for (uint32_t i = 0; rc == YG_OK && i < count; i++)
		rc = bind_cell(import, insert, row, i);
	if (rc != YG_OK)
		return rc;
	rc = sqlite3_bind_int64(insert, (int)count + 1, row->line);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(insert);
	if (rc == SQLITE_DONE)
		return YG_OK;
	if ((rc & 0xff) == SQLITE_CONSTRAINT) {
		(void)sqlite3_reset(insert); /* told by step */
		return tell_duplicate(import, row);
	}
	return yg_inventory_fail(import->inventory);
}

static int prepare_insert(struct import *import, sqlite3_stmt **ret)
{
	char sql[SQL_MAX];
	size_t used = 0;

	append(sql, &used, "INSERT INTO yg_");
	append(sql, &used, import->def->name);
	append(sql, &used, " VALUES(?");
	for (uint32_t i = 0; i < import->def->column_count; i++)
		append(sql, &used, ",?");
	append(sql, &used, ")");
	return sqlite3_prepare_v2(import->inventory->db, sql, -1, ret, NULL) == SQLITE_OK
		       ? YG_OK
		       : yg_inventory_fail(import->inventory);
}

static int insert_rows(struct import *import)
{
	const struct yg_table *rows = import->in->rows;
	sqlite3_stmt *insert = NULL;
	int rc = prepare_insert(import, &insert);

	for (uint32_t i = 0; rc == YG_OK && i < rows->row_count; i++)
		rc = insert_row(import, insert, &rows->rows[i]);
	(void)sqlite3_finalize(insert); /* step has told */
	import->done.rows = rows->row_count;
	return rc;
}

/* Write the line of the list: its change number is one more than any before. */
static int note_list(struct import *import)
{
	const struct yg_inventory_in *in = import->in;
	sqlite3_stmt *statement = NULL;
	char taken[YG_DAY_SIZE];
	int rc = sqlite3_prepare_v2(
		import->inventory->db,
		"INSERT OR REPLACE INTO yg_lists VALUES(?, ?, ?, ?, ?, ?, "
		"(SELECT coalesce(max(change), 0) + 1 FROM yg_lists)) RETURNING change",
		-1, &statement, NULL);

	yg_day_write(in->day, taken);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(statement, 1, import->def->name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(statement, 2, import->done.rows);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(statement, 3, taken, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(statement, 4,
				       in->source.size ? (const char *)in->source.data : "",
				       (int)in->source.size, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(statement, 5, in->sha256 ? in->sha256 : "", -1,
				       SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(statement, 6, import->filled);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		import->done.change = (uint64_t)sqlite3_column_int64(statement, 0);
		rc = sqlite3_step(statement);
	}
	(void)sqlite3_finalize(statement); /* step has told */
	return rc == SQLITE_DONE ? YG_OK : yg_inventory_fail(import->inventory);
}

static int delete_rows(struct yg_inventory *inventory, const struct yg_inventory_def *def)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "DELETE FROM yg_%s", def->name); /* fits: our names */
	return yg_inventory_exec(inventory, sql);
}

static bool is_digest(const char *text)
{
	return strlen(text) == YG_INVENTORY_DIGEST_HEX &&
	       strspn(text, "0123456789abcdef") == YG_INVENTORY_DIGEST_HEX;
}

static int check_request(const struct yg_inventory_in *in, uint32_t table,
			 struct yg_line_fault *reterr)
{
	struct yg_bytes some = shown(in->table);

	if (table >= yg_inventory_def_count)
		return yg_line_fault_set(
			reterr, YG_ENOENT, 0,
			"there is no list \"%.*s\"; \"assets\", \"software\" and the "
			"others stand in docs/inventory.md",
			YG_FMT(some));
	if (in->day == YG_DAY_NONE || in->day < 0)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "say of which day the list is, such as 2026-11-25");
	if (in->source.size > YG_INVENTORY_SOURCE_MAX || yg_bytes_chr(in->source, 0) != SIZE_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "where the list comes from: at most %u bytes of text",
					 YG_INVENTORY_SOURCE_MAX);
	if (in->sha256 && !is_digest(in->sha256))
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "the digest is not 64 lower-case hex digits");
	if (in->rows->header.count == 0)
		return yg_line_fault_set(reterr, YG_EFORMAT, 0,
					 "the list is empty: its first line names the columns");
	if (in->rows->row_count > YG_INVENTORY_ROWS_MAX)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0,
					 "%u lines; at most %u can be brought in",
					 in->rows->row_count, YG_INVENTORY_ROWS_MAX);
	return YG_OK;
}

static int write_list(struct import *import)
{
	struct yg_inventory *inventory = import->inventory;
	int rc = yg_inventory_exec(inventory, "BEGIN IMMEDIATE");

	if (rc != YG_OK)
		return rc;
	rc = delete_rows(inventory, import->def);
	if (rc == YG_OK)
		rc = insert_rows(import);
	if (rc == YG_OK)
		rc = note_list(import);
	if (rc == YG_OK)
		rc = yg_inventory_exec(inventory, "COMMIT");
	if (rc != YG_OK)
		(void)sqlite3_exec(inventory->db, "ROLLBACK", NULL, NULL, NULL); /* told above */
	return rc;
}

int yg_inventory_import(struct yg_inventory *inventory, const struct yg_inventory_in *in,
			struct yg_inventory_done *ret, struct yg_line_fault *reterr)
{
	struct yg_line_fault unseen;
	struct yg_line_fault *fault = reterr ? reterr : &unseen;
	struct import *import;
	uint32_t table = yg_inventory_table(in->table);
	int rc = check_request(in, table, fault);

	if (rc != YG_OK)
		return rc;
	import = yg_calloc(1, sizeof(*import));
	if (!import)
		return yg_line_fault_set(fault, YG_ENOMEM, 0, "out of memory");
	*import = (struct import){.inventory = inventory, .in = in, .reterr = fault};
	import->def = &yg_inventory_defs[table];
	fault->code = YG_OK;
	rc = read_header(import);
	if (rc == YG_OK)
		rc = write_list(import);
	if (rc == YG_OK && ret)
		*ret = import->done;
	if (rc != YG_OK && fault->code == YG_OK)
		(void)yg_line_fault_set(fault, rc, 0, "the facts file: %s", yg_err_text(rc));
	free(import);
	return rc;
}

static int forget(struct yg_inventory *inventory, const struct yg_inventory_def *def)
{
	char sql[192];
	int rc = delete_rows(inventory, def);

	/* Its line stays with a new change number: what rested on the list runs again. */
	(void)snprintf(sql, sizeof(sql), /* fits: our names */
		       "UPDATE yg_lists SET rows = 0, taken = NULL, source = '', sha256 = '', "
		       "filled = 0, change = (SELECT max(change) + 1 FROM yg_lists) WHERE name = "
		       "'%s'",
		       def->name);
	return rc == YG_OK ? yg_inventory_exec(inventory, sql) : rc;
}

int yg_inventory_forget(struct yg_inventory *inventory, struct yg_bytes name)
{
	uint32_t table = yg_inventory_table(name);
	int rc;

	if (table >= yg_inventory_def_count)
		return YG_ENOENT;
	rc = yg_inventory_exec(inventory, "BEGIN IMMEDIATE");
	if (rc != YG_OK)
		return rc;
	rc = forget(inventory, &yg_inventory_defs[table]);
	if (rc == YG_OK)
		rc = yg_inventory_exec(inventory, "COMMIT");
	if (rc != YG_OK)
		(void)sqlite3_exec(inventory->db, "ROLLBACK", NULL, NULL, NULL); /* told above */
	return rc;
}

uint32_t yg_inventory_guess(const struct yg_table *rows)
{
	uint32_t best = NOT_THERE;
	uint32_t best_fit = 0;

	for (uint32_t table = 0; table < yg_inventory_def_count; table++) {
		const struct yg_inventory_def *def = &yg_inventory_defs[table];
		uint32_t known = 0;
		uint32_t fit;

		for (uint32_t at = 0; at < rows->header.count && at < YG_INVENTORY_COLUMNS_MAX;
		     at++) {
			uint32_t column = column_named(def, yg_bytes_trim(rows->header.cells[at]));

			known |= column == NOT_THERE ? 0 : 1u << column;
		}
		for (uint32_t i = 0; i < def->column_count; i++)
			if (def->columns[i].is_required && (known >> i & 1) == 0)
				known = 0;
		fit = (uint32_t)__builtin_popcount(known);
		if (fit > best_fit)
			best = table;
		else if (fit == best_fit)
			best = NOT_THERE; /* none stands out */
		best_fit = fit > best_fit ? fit : best_fit;
	}
	return best_fit > 0 ? best : NOT_THERE;
}
