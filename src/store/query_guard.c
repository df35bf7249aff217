/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a query may do: SELECT, READ of published views, functions on a list. Asked by SQLite for
 * each thing while it compiles the text.
 *
 * When a view is read, SQLite asks about the view's column, and then about the table behind it
 * with the name of the item in FROM as "context". That name is the view's, but a query can give
 * the same one to a WITH of its own (WITH assets AS (SELECT * FROM yg_lists) …): the context proves
 * nothing. So names of the store's own are refused already as text (yg_query_names_own), and the
 * context is only the second look.
 */
#include <stdarg.h>

#include "store/query-int.h"

#include "base/ban.h"

#define NAME_SHOWN 80

/* Sorted by use. None reads a file, the clock, a random number or the connection; none makes much
 * from little (printf, zeroblob, hex are left out, the rest is held by YG_QUERY_VALUE_MAX). */
static const char *const functions[] = {
	"count",       "sum",	       "total",	     "avg",    "min",	     "max",	"coalesce",
	"ifnull",      "nullif",       "iif",	     "like",   "abs",	     "round",	"sign",
	"length",      "lower",	       "upper",	     "trim",   "ltrim",	     "rtrim",	"substr",
	"substring",   "instr",	       "replace",    "typeof", "char",	     "unicode", "days",
	"day_add",     "group_concat", "row_number", "rank",   "dense_rank", "lag",	"lead",
	"first_value", "last_value",   "yg_today",
};

bool yg_query_names_own(struct yg_bytes sql)
{
	for (size_t at = 0; at + 3 <= sql.size; at++)
		if (yg_bytes_eq_nocase(yg_bytes_cut(sql, at, at + 3), YG_S("yg_")))
			return true;
	return false;
}

__attribute__((format(printf, 2, 3))) static int refuse(struct yg_query *query, const char *format,
							...)
{
	va_list args;

	if (!query->done || query->done->refusal[0] != 0)
		return SQLITE_DENY; /* the first reason is told */
	va_start(args, format);
	(void)vsnprintf(query->done->refusal, YG_QUERY_REFUSAL_MAX, format, args); /* cut */
	va_end(args);
	return SQLITE_DENY;
}

/* The published view that the table @name of ours stands behind, or UINT32_MAX. */
static uint32_t behind(struct yg_bytes name)
{
	return yg_bytes_starts(name, YG_S("yg_")) ? yg_inventory_table(yg_bytes_from(name, 3))
						  : UINT32_MAX;
}

static int ask_read(struct yg_query *query, const char *table, const char *column,
		    const char *context)
{
	struct yg_bytes name = yg_bytes_str(table);
	uint32_t index = yg_inventory_table(name);

	if (index == UINT32_MAX) {
		index = behind(name);
		/* Without a column (count(*)) SQLite asks when the view has been merged into what
		 * reads it: there is no context any more. */
		if (column[0] != 0 &&
		    (!context || yg_inventory_table(yg_bytes_str(context)) != index))
			index = UINT32_MAX;
	}
	if (index == UINT32_MAX)
		return refuse(query, "reads table %.*s, which is not published", NAME_SHOWN, table);
	if (query->done)
		query->done->tables |= 1u << index;
	return SQLITE_OK;
}

static int ask_function(struct yg_query *query, const char *name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (yg_bytes_eq_nocase(yg_bytes_str(name), yg_bytes_str(functions[i])))
			return SQLITE_OK;
	return refuse(query, "calls the function %.*s, which is not on the list", NAME_SHOWN, name);
}

/* What is no reading at all. */
static int refuse_action(struct yg_query *query, int action, const char *on)
{
	switch (action) {
	case SQLITE_RECURSIVE:
		return refuse(query, "uses a recursive WITH");
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
		return refuse(query, "tries to write table %.*s", NAME_SHOWN, on);
	case SQLITE_PRAGMA:
		return refuse(query, "uses PRAGMA %.*s", NAME_SHOWN, on);
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		return refuse(query, "attaches another file");
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return refuse(query, "uses a transaction");
	default:
		return refuse(query, "tries to change the database (action %d on %.*s)", action,
			      NAME_SHOWN, on);
	}
}

static int ask(void *arg, int action, const char *first, const char *second, const char *database,
	       const char *context)
{
	struct yg_query *query = arg;
	const char *one = first ? first : "";

	(void)database; /* there is one: attaching is refused */
	switch (action) {
	case SQLITE_SELECT:
		return SQLITE_OK;
	case SQLITE_READ:
		return ask_read(query, one, second ? second : "", context);
	case SQLITE_FUNCTION:
		return ask_function(query, second ? second : "");
	default:
		return refuse_action(query, action, one);
	}
}

static void set_limits(sqlite3 *db)
{
	static const struct {
		int id;
		int value;
	} limits[] = {
		{SQLITE_LIMIT_LENGTH, (int)YG_QUERY_VALUE_MAX},
		{SQLITE_LIMIT_SQL_LENGTH, (int)YG_QUERY_SQL_MAX},
		{SQLITE_LIMIT_COLUMN, 64},
		{SQLITE_LIMIT_EXPR_DEPTH, 64},
		{SQLITE_LIMIT_COMPOUND_SELECT, 16},
		{SQLITE_LIMIT_VDBE_OP, 25000},
		{SQLITE_LIMIT_FUNCTION_ARG, 16},
		{SQLITE_LIMIT_ATTACHED, 0},
		{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100},
		{SQLITE_LIMIT_VARIABLE_NUMBER, 1},
		{SQLITE_LIMIT_TRIGGER_DEPTH, 1},
		{SQLITE_LIMIT_WORKER_THREADS, 0},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		(void)sqlite3_limit(db, limits[i].id, limits[i].value); /* cannot fail */
}

int yg_query_guard(struct yg_query *query)
{
	static const struct {
		int id;
		int value;
	} switches[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
		/* "x" in double quotes is a name, never by accident a text */
		{SQLITE_DBCONFIG_DQS_DML, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (sqlite3_db_config(query->db, switches[i].id, switches[i].value, NULL) !=
		    SQLITE_OK)
			return YG_EUNSUPPORTED;
	set_limits(query->db);
	return yg_inventory_code(sqlite3_set_authorizer(query->db, ask, query));
}
