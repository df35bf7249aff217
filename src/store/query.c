/* SPDX-License-Identifier: Apache-2.0 */
#include "store/query-int.h"

#include "base/alloc.h"
#include "base/utf8.h"

#include "base/ban.h"

#define STEPS_AT_ONCE 1000
#define BUSY_MS	      YG_INVENTORY_BUSY_MS

void yg_query_bound_memory(void)
{
	uint8_t byte;

	(void)sqlite3_hard_heap_limit64(YG_QUERY_MEMORY_MAX); /* cannot fail */
	/* The generator reads its seed from a file once: now, while files can be opened. */
	sqlite3_randomness(1, &byte);
}

/* Called every STEPS_AT_ONCE instructions. */
static int count_steps(void *arg)
{
	struct yg_query *query = arg;

	if (!query->done)
		return 0;
	return ++query->done->steps >= YG_QUERY_STEPS_MAX / STEPS_AT_ONCE;
}

/* A transaction of reading is begun and kept: the state stays as it is, and SQLite looks for no
 * journal and opens no file any more. */
static int hold(sqlite3 *db)
{
	static const char sql[] = "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA "
				  "cache_size = -16384; PRAGMA cell_size_check = ON; PRAGMA "
				  "query_only = ON; BEGIN";

	return yg_inventory_code(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int yg_query_open(const char *path, int32_t day, struct yg_query **ret)
{
	struct yg_query *query = yg_calloc(1, sizeof(*query));
	int rc;

	if (!query)
		return YG_ENOMEM;
	query->day = day;
	rc = yg_inventory_code(sqlite3_open_v2(path, &query->db,
					       SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL));
	if (rc == YG_OK)
		rc = yg_inventory_code(sqlite3_busy_timeout(query->db, BUSY_MS));
	if (rc == YG_OK)
		rc = hold(query->db);
	if (rc == YG_OK) /* the first read takes the lock */
		rc = yg_inventory_check(query->db);
	if (rc == YG_OK)
		rc = yg_query_add_functions(query);
	if (rc == YG_OK)
		rc = yg_query_guard(query);
	if (rc != YG_OK) {
		(void)yg_query_free(query);
		return rc;
	}
	sqlite3_progress_handler(query->db, STEPS_AT_ONCE, count_steps, query);
	*ret = query;
	return YG_OK;
}

struct yg_query *yg_query_free(struct yg_query *query)
{
	if (query) {
		(void)sqlite3_close(query->db); /* no statement outlives its function */
		free(query);
	}
	return NULL;
}

static int refuse(struct yg_query *query, enum yg_err code, const char *why)
{
	if (query->done->refusal[0] == 0)
		(void)snprintf(query->done->refusal, YG_QUERY_REFUSAL_MAX, "%s", why); /* cut */
	return code;
}

/* SQLite's answer as ours. Its words are kept where they say more. */
static int refuse_by_code(struct yg_query *query, int code)
{
	const char *words = sqlite3_errmsg(query->db);
	static const char no_table[] = "no such table: ";
	static const char no_write[] = "cannot modify ";

	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return refuse(query, YG_ELIMIT, "needs more than 64 MiB of memory");
	case SQLITE_TOOBIG:
		return refuse(query, YG_ELIMIT, "makes a text or value of more than 64 KiB");
	case SQLITE_INTERRUPT:
		return refuse(query, YG_ELIMIT, "needs more than 50 million steps");
	case SQLITE_AUTH:
		return refuse(query, YG_EACCES, "tries what a query must not");
	case SQLITE_ERROR:
		break;
	default:
		return refuse(query, yg_inventory_code(code), words);
	}
	if (query->done->refusal[0] != 0)
		return YG_EACCES;
	if (strncmp(words, no_table, sizeof(no_table) - 1) == 0) {
		(void)snprintf(query->done->refusal, YG_QUERY_REFUSAL_MAX,
			       "reads table %.80s, which is not published",
			       words + sizeof(no_table) - 1); /* cut */
		return YG_EACCES;
	}
	if (strncmp(words, no_write, sizeof(no_write) - 1) == 0)
		return refuse(query, YG_EACCES, "tries to write a table");
	return refuse(query, YG_EFORMAT, words);
}

/* Nothing but blanks and semicolons may follow the one statement; comments count as text. */
static bool is_blank(const char *tail, const char *end)
{
	while (tail < end && (strchr(" \t\r\n;", *tail) && *tail != 0))
		tail++;
	return tail == end;
}

static bool has_columns(sqlite3_stmt *statement)
{
	static const char *const names[] = {"resource", "status", "reason"};

	if (sqlite3_column_count(statement) != 3)
		return false;
	for (int i = 0; i < 3; i++) {
		const char *name = sqlite3_column_name(statement, i);

		if (!name || strcmp(name, names[i]) != 0)
			return false;
	}
	return true;
}

static int prepare(struct yg_query *query, struct yg_bytes sql, sqlite3_stmt **ret)
{
	const char *text = (const char *)sql.data;
	const char *tail = NULL;
	int rc;

	if (sql.size > YG_QUERY_SQL_MAX)
		return refuse(query, YG_ELIMIT, "is longer than 16384 bytes");
	if (sql.size == 0 || yg_bytes_chr(sql, 0) != SIZE_MAX || !yg_utf8_valid(sql))
		return refuse(query, YG_EFORMAT, "is no text in UTF-8");
	if (yg_query_names_own(sql))
		return refuse(query, YG_EACCES,
			      "names a table beginning with yg_, which is not published");
	rc = sqlite3_prepare_v3(query->db, text, (int)sql.size, SQLITE_PREPARE_NO_VTAB, ret, &tail);
	if (rc != SQLITE_OK)
		return refuse_by_code(query, rc);
	if (!*ret)
		return refuse(query, YG_EFORMAT, "holds no statement");
	if (!is_blank(tail, text + sql.size))
		return refuse(query, YG_EACCES, "holds more than one statement");
	if (!sqlite3_stmt_readonly(*ret))
		return refuse(query, YG_EACCES, "tries to write");
	if (sqlite3_stmt_isexplain(*ret))
		return refuse(query, YG_EACCES, "uses EXPLAIN");
	if (!has_columns(*ret))
		return refuse(query, YG_EFORMAT,
			      "does not give exactly the columns resource, status, reason");
	return YG_OK;
}

static struct yg_bytes column_text(sqlite3_stmt *statement, int column, size_t max)
{
	const uint8_t *text = sqlite3_column_text(statement, column);
	size_t size = text ? (size_t)sqlite3_column_bytes(statement, column) : 0;

	if (size > max) {
		size = max;
		while (size > 0 && (text[size] & 0xc0) == 0x80)
			size--;
	}
	return (struct yg_bytes){text, size};
}

static int give_row(struct yg_query *query, sqlite3_stmt *statement, yg_query_row_fn fn, void *arg)
{
	struct yg_check_row row = {
		.resource = column_text(statement, 0, YG_QUERY_TEXT_MAX),
		.check = yg_check_by_name(column_text(statement, 1, YG_QUERY_TEXT_MAX)),
		.reason = column_text(statement, 2, YG_QUERY_TEXT_MAX),
	};

	if (query->done->rows >= YG_QUERY_ROWS_MAX)
		return refuse(query, YG_ELIMIT, "gives more than 100000 rows");
	if (row.resource.size == 0)
		return refuse(query, YG_EFORMAT, "gives a row without a resource");
	if (!yg_utf8_valid(row.resource) || !yg_utf8_valid(row.reason))
		return refuse(query, YG_EFORMAT, "gives a text that is not UTF-8");
	query->done->rows++;
	return fn(arg, &row);
}

static int start(struct yg_query *query, struct yg_bytes sql, struct yg_query_done *done,
		 sqlite3_stmt **ret)
{
	*done = (struct yg_query_done){0};
	query->done = done;
	*ret = NULL;
	return prepare(query, sql, ret);
}

/* The refusal quotes the text of a stranger: one line of whole characters. */
static void finish(struct yg_query *query)
{
	char *refusal = query->done->refusal;
	size_t size = strlen(refusal);

	while (size > 0 && !yg_utf8_valid((struct yg_bytes){(const uint8_t *)refusal, size}))
		size--;
	refusal[size] = 0;
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)refusal[i] < 0x20 || refusal[i] == 0x7f)
			refusal[i] = ' ';
	query->done = NULL;
}

int yg_query_run(struct yg_query *query, struct yg_bytes sql, yg_query_row_fn fn, void *arg,
		 struct yg_query_done *ret)
{
	sqlite3_stmt *statement;
	int rc = start(query, sql, ret, &statement);

	while (rc == YG_OK) {
		int step = sqlite3_step(statement);

		if (step == SQLITE_DONE)
			break;
		if (step != SQLITE_ROW)
			rc = refuse_by_code(query, step);
		else
			rc = give_row(query, statement, fn, arg);
	}
	(void)sqlite3_finalize(statement); /* step has told */
	finish(query);
	return rc;
}
