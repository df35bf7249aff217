/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/inventory-int.h - the tables of the facts file as data, and what the files of the
 * inventory share.
 *
 * Table T of the list below is stored as "yg_T" (STRICT; its last column `line` is the line of the
 * file a row came from) and published as the view "T". Names that begin with yg_ are the store's
 * own: text of a query may not contain them (query_guard.c).
 */
#pragma once

#include <sqlite3.h>

#include "base/buf.h"
#include "store/inventory.h"

#define YG_INVENTORY_APPLICATION_ID 0x59474631 /* "YGF1" */
#define YG_INVENTORY_VERSION	    1
#define YG_INVENTORY_BUSY_MS	    5000
#define YG_INVENTORY_SCHEMA_MAX	    (64u << 10) /* bytes of SQL */
#define YG_INVENTORY_VIEW_CLOCK	    (YG_INVENTORY_TABLES_MAX - 2)
#define YG_INVENTORY_VIEW_LISTS	    (YG_INVENTORY_TABLES_MAX - 1)

enum yg_inventory_type {
	YG_INV_KEY, /* a name that lists are joined by: letter case and width do not count */
	YG_INV_TEXT,
	YG_INV_DAY,    /* stored as ISO text */
	YG_INV_YES_NO, /* 1, 0 */
	YG_INV_COUNT,  /* whole number 0..1000000 */
	YG_INV_CVSS,   /* 0.0..10.0 */
	YG_INV_WORD,   /* one of a list of words */
};

/* A word as it is stored, and what else it may be called: "パソコン|ノートPC". */
struct yg_inventory_word {
	const char *word;
	const char *synonyms;
};

struct yg_inventory_column {
	const char *name;
	enum yg_inventory_type type;
	bool is_required;     /* the column must be there, and no cell of it empty */
	bool is_unique;	      /* part of what may not stand twice */
	const char *synonyms; /* header names, separated by | */
	const struct yg_inventory_word *words; /* YG_INV_WORD; ends with a NULL word */
};

struct yg_inventory_def {
	const char *name;
	const char *title;
	const char *help;
	const struct yg_inventory_column *columns;
	uint32_t column_count;
};

extern const struct yg_inventory_def yg_inventory_defs[];
extern const uint32_t yg_inventory_def_count;

/* inventory_values.c */

#define YG_INVENTORY_VALUE_MAX YG_INVENTORY_TEXT_MAX

struct yg_inventory_value {
	enum { YG_INV_NOTHING, YG_INV_IS_TEXT, YG_INV_IS_INTEGER, YG_INV_IS_REAL } kind;
	int64_t integer;
	double real;
	size_t size;
	char text[YG_INVENTORY_VALUE_MAX + 1];
};

/*
 * Read @cell (untrusted) as column @column asks. YG_OK (an empty cell, "-", "不明", "unknown":
 * nothing); YG_EFORMAT or YG_ELIMIT with *ret_why: what would be right (static).
 */
int yg_inventory_value_read(const struct yg_inventory_column *column, struct yg_bytes cell,
			    struct yg_inventory_value *ret, const char **ret_why);

/* Half-width form of @from (full-width ASCII, ideographic blank), trimmed; returns the size, or
 * SIZE_MAX when @room is too small. */
size_t yg_inventory_narrow(struct yg_bytes from, char *to, size_t room);

/* Is @name, narrowed and folded, one of @names ("a|b|c")? */
bool yg_inventory_is_one_of(struct yg_bytes name, const char *names);

/* inventory_file.c */

struct yg_inventory {
	sqlite3 *db;
};

/* The error for a result code of SQLite. */
int yg_inventory_code(int sqlite_code);
/* Remember the database's words and return its error. */
int yg_inventory_fail(struct yg_inventory *inventory);
int yg_inventory_exec(struct yg_inventory *inventory, const char *sql);

/* Is @db a facts file of ours, of this version, with exactly our tables and views? */
int yg_inventory_check(sqlite3 *db);
