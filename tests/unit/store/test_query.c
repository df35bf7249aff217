/* SPDX-License-Identifier: Apache-2.0 */
/* What a query may do, and that everything else is refused by name. */
#include "store/query.h"

#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "base/buf.h"
#include "table_text.h"

#define DAY "2026-11-25"

static char folder[] = "/tmp/yagura-query-XXXXXX";
static char path[64];

static void import(struct yg_inventory *inventory, const char *table, const char *text)
{
	struct yg_arena *arena = yg_arena_new(1u << 24);
	struct yg_table rows = table_text(yg_bytes_str(text), arena);
	struct yg_inventory_in in = {.table = yg_bytes_str(table),
				     .rows = &rows,
				     .day = yg_day_read(YG_S("2026-11-20")),
				     .source = YG_S("test")};
	struct yg_line_fault fault = {0};

	if (yg_inventory_import(inventory, &in, NULL, &fault) != YG_OK) {
		fprintf(stderr, "%s line %u: %s\n", table, fault.line, fault.msg);
		abort();
	}
	(void)yg_arena_free(arena);
}

static void prepare(void)
{
	struct yg_inventory *inventory = NULL;
	struct yg_buf many;

	(void)snprintf(path, sizeof(path), "%s/f.facts", folder);
	if (!mkdtemp(folder))
		abort();
	(void)snprintf(path, sizeof(path), "%s/f.facts", folder);
	if (yg_inventory_open(path, true, &inventory) != YG_OK)
		abort();
	yg_buf_init(&many, 1u << 20);
	yg_buf_add_str(&many, "asset,kind\n");
	for (int i = 0; i < 1000; i++)
		yg_buf_addf(&many, "PC-%d,pc\n", i);
	yg_buf_add_byte(&many, 0);
	import(inventory, "assets", (const char *)many.data);
	import(inventory, "protection", "asset,active\npc-1,yes\nPC-2,no\n");
	yg_buf_done(&many);
	(void)yg_inventory_free(inventory);
}

static int add_row(void *arg, const struct yg_check_row *row)
{
	struct yg_buf *to = arg;

	yg_buf_addf(to, "%.*s|%s|%.*s\n", YG_FMT(row->resource), yg_check_name(row->check),
		    YG_FMT(row->reason));
	return YG_OK;
}

/* What @sql gives, or its refusal, as text. */
static int run(const char *sql, char *to, size_t room, struct yg_query_done *done)
{
	struct yg_query *query = NULL;
	struct yg_buf rows;
	int rc;

	yg_buf_init(&rows, 64u << 20);
	if (yg_query_open(path, yg_day_read(YG_S(DAY)), &query) != YG_OK)
		abort();
	rc = yg_query_run(query, yg_bytes_str(sql), add_row, &rows, done);
	yg_buf_add_byte(&rows, 0);
	(void)snprintf(to, room, "%s", rc == YG_OK ? (const char *)rows.data : done->refusal);
	yg_buf_done(&rows);
	(void)yg_query_free(query);
	return rc;
}

static void gives(const char *sql, const char *expected)
{
	struct yg_query_done done;
	char text[2000];
	int rc = run(sql, text, sizeof(text), &done);

	if (rc != YG_OK || strcmp(text, expected) != 0)
		fprintf(stderr, "%s\n gives %d \"%s\"\n", sql, rc, text);
	CHECK(rc == YG_OK && strcmp(text, expected) == 0);
}

static void refuses(const char *sql, int code, const char *why)
{
	struct yg_query_done done;
	char text[2000];
	int rc = run(sql, text, sizeof(text), &done);

	if (rc != code || !strstr(text, why))
		fprintf(stderr, "%s\n gives %d \"%.300s\", not %d \"%s\"\n", sql, rc, text, code,
			why);
	CHECK(rc == code && strstr(text, why));
}

#define ROW(from) "SELECT 'r' AS resource, 'ok' AS status, " from

static void test_reads(void)
{
	gives("SELECT asset AS resource, CASE active WHEN 1 THEN 'ok' ELSE 'alarm' END AS status, "
	      "asset || '!' AS reason FROM protection ORDER BY asset",
	      "pc-1|ok|pc-1!\nPC-2|alarm|PC-2!\n");
	gives("SELECT a.asset AS resource, 'ok' AS status, p.active AS reason FROM assets AS a "
	      "JOIN "
	      "protection AS p USING (asset) ORDER BY 1",
	      "PC-1|ok|1\nPC-2|ok|0\n"); /* names join whatever their letter case */
	gives("WITH bad AS (SELECT asset FROM protection WHERE active = 0) SELECT asset AS "
	      "resource, "
	      "'weird' AS status, NULL AS reason FROM bad",
	      "PC-2|unknown|\n");
	gives(ROW("count(*) AS reason FROM assets"), "r|ok|1000\n");
	gives(ROW("rows || ' ' || taken || ' ' || source AS reason FROM lists WHERE name = "
		  "'protection';"),
	      "r|ok|2 2026-11-20 test\n");
}

static void test_days(void)
{
	gives(ROW("today AS reason FROM clock"), "r|ok|" DAY "\n");
	gives(ROW("days(today) - days('2026-11-20') AS reason FROM clock"), "r|ok|5\n");
	gives(ROW("day_add('2026-01-31', 'P1M') || day_add('2026-11-25', -25) AS reason"),
	      "r|ok|2026-02-282026-10-31\n");
	gives(ROW("coalesce(days('nonsense'), days(NULL), day_add(NULL, 'P1Y'), "
		  "day_add('2026-1-1', "
		  "NULL), 'none') AS reason"),
	      "r|ok|none\n");
	refuses(ROW("day_add('2026-01-31', 'soon') AS reason"), YG_EFORMAT, "day_add");
	gives(ROW("coalesce(day_add('2026-01-31', 9223372036854775807), 'none') AS reason"),
	      "r|ok|none\n");
}

static void test_other_tables(void)
{
	refuses(ROW("sql AS reason FROM sqlite_master"), YG_EACCES, "reads table sqlite_master");
	refuses(ROW("count(*) AS reason FROM sqlite_schema"), YG_EACCES, "reads table sqlite_");
	refuses(ROW("1 AS reason FROM \"sqlite_master\""), YG_EACCES, "reads table sqlite_master");
	refuses(ROW("line AS reason FROM yg_assets"), YG_EACCES, "not published");
	refuses(ROW("line AS reason FROM \"YG_assets\""), YG_EACCES, "not published");
	refuses(ROW("line AS reason FROM [yG_assets]"), YG_EACCES, "not published");
	refuses(ROW("line AS reason FROM main.`yg_assets`"), YG_EACCES, "not published");
	refuses("WITH assets AS (SELECT * FROM yg_assets) SELECT asset AS resource, 'ok' AS "
		"status, "
		"line AS reason FROM assets",
		YG_EACCES, "not published");
	refuses("WITH assets AS (SELECT * FROM sqlite_master) SELECT name AS resource, 'ok' AS "
		"status, sql AS reason FROM assets",
		YG_EACCES, "reads table sqlite_master");
	refuses(ROW("x AS reason FROM secrets"), YG_EACCES, "reads table secrets, which is not");
	refuses(ROW("name AS reason FROM pragma_table_list"), YG_EACCES, "reads table pragma_");
	refuses(ROW("value AS reason FROM json_each('[1]')"), YG_EACCES, "json_each");
	refuses(ROW("name AS reason FROM dbstat"), YG_EACCES, "dbstat");
	refuses(ROW("sql AS reason FROM sqlite_stmt"), YG_EACCES, "sqlite_stmt");
	refuses(ROW("a AS reason FROM temp.x"), YG_EACCES, "x");
	refuses(ROW("line AS reason FROM assets"), YG_EFORMAT, "no such column");
	refuses(ROW("EXISTS (SELECT 1 FROM sqlite_master) AS reason"), YG_EACCES, "sqlite_master");
}

static void test_writes(void)
{
	refuses("DELETE FROM assets", YG_EACCES, "tries to write");
	refuses("INSERT INTO assets(asset) VALUES('x')", YG_EACCES, "");
	refuses("UPDATE assets SET kind = 'pc'", YG_EACCES, "tries to write");
	refuses("DELETE FROM lists RETURNING name AS resource, 'ok' AS status, '' AS reason",
		YG_EACCES, "tries to write");
	refuses("CREATE TABLE x(a)", YG_EACCES, "tries to");
	refuses("CREATE TEMP TABLE x AS SELECT * FROM assets", YG_EACCES, "tries to");
	refuses("CREATE TEMP VIEW protection AS SELECT 1", YG_EACCES, "tries to");
	refuses("DROP VIEW assets", YG_EACCES, "tries to");
	refuses("ATTACH '/tmp/x' AS y", YG_EACCES, "attaches another file");
	refuses("VACUUM INTO '/tmp/x'", YG_EACCES, "");
	refuses("DETACH main", YG_EACCES, "attaches");
	refuses("PRAGMA query_only = OFF", YG_EACCES, "uses PRAGMA query_only");
	refuses("PRAGMA trusted_schema", YG_EACCES, "uses PRAGMA");
	refuses("COMMIT", YG_EACCES, "uses a transaction");
	refuses("SAVEPOINT a", YG_EACCES, "uses a transaction");
	refuses("ANALYZE", YG_EACCES, "tries to");
	refuses("REINDEX", YG_EACCES, "");
	refuses("EXPLAIN SELECT 1 AS resource, 2 AS status, 3 AS reason", YG_EACCES, "EXPLAIN");
	refuses(ROW("1 AS reason; DELETE FROM assets"), YG_EACCES, "more than one statement");
}

static void test_functions(void)
{
	refuses(ROW("load_extension('/tmp/x') AS reason"), YG_EACCES, "load_extension");
	refuses(ROW("length(zeroblob(1000000000)) AS reason"), YG_EACCES, "zeroblob");
	refuses(ROW("hex(randomblob(1000000000)) AS reason"), YG_EACCES, "function");
	refuses(ROW("printf('%1000000000d', 1) AS reason"), YG_EACCES, "printf");
	refuses(ROW("format('%1000000000d', 1) AS reason"), YG_EACCES, "format");
	refuses(ROW("date('now') AS reason"), YG_EACCES, "date");
	refuses(ROW("CURRENT_TIMESTAMP AS reason"), YG_EACCES, "current_timestamp");
	refuses(ROW("random() AS reason"), YG_EACCES, "random");
	refuses(ROW("\"RANDOM\"() AS reason"), YG_EACCES, "random");
	refuses(ROW("fts3_tokenizer('simple') AS reason"), YG_EACCES, "fts3_tokenizer");
	refuses(ROW("sqlite_compileoption_get(1) AS reason"), YG_EACCES, "compileoption");
	refuses(ROW("yg_today() AS reason"), YG_EACCES, "yg_");
	refuses(ROW("nonsense(1) AS reason"), YG_EFORMAT, "no such function");
}

static void test_recursion(void)
{
	refuses("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS "
		"resource, 'ok' AS status, '' AS reason FROM n",
		YG_EACCES, "uses a recursive WITH");
	refuses("WITH n(x) AS (VALUES(1) UNION SELECT x + 1 FROM n) SELECT max(x) AS resource, "
		"'ok' "
		"AS status, '' AS reason FROM n",
		YG_EACCES, "uses a recursive WITH");
}

static void test_cost(void)
{
	struct yg_buf deep;

	refuses(ROW("count(*) AS reason FROM assets a, assets b, assets c"), YG_ELIMIT, "steps");
	refuses("SELECT a.asset AS resource, 'ok' AS status, '' AS reason FROM assets a, assets b, "
		"assets c",
		YG_ELIMIT, "100000 rows");
	refuses("SELECT a.asset AS resource, 'ok' AS status, b.asset AS reason FROM assets a, "
		"assets "
		"b, (SELECT 1 FROM assets LIMIT 9) ORDER BY a.asset || b.asset || a.kind",
		YG_ELIMIT, "memory");
	refuses(ROW("length(group_concat(a.asset || b.asset)) AS reason FROM assets a, assets b"),
		YG_ELIMIT, "64 KiB");
	refuses(ROW("length(replace(replace(replace(replace('aaaaaaaaaaaaaaaa', 'a', "
		    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), 'a', "
		    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), "
		    "'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), 'a', "
		    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
		    ")) AS reason"),
		YG_ELIMIT, "64 KiB");
	yg_buf_init(&deep, 1u << 20);
	yg_buf_add_str(&deep, "SELECT 'r' AS resource, 'ok' AS status, ");
	for (int i = 0; i < 200; i++)
		yg_buf_add_str(&deep, "(1+");
	yg_buf_add_str(&deep, "1");
	for (int i = 0; i < 200; i++)
		yg_buf_add_str(&deep, ")");
	yg_buf_add_str(&deep, " AS reason");
	yg_buf_add_byte(&deep, 0);
	refuses((const char *)deep.data, YG_EFORMAT, "overflow");
	yg_buf_reset(&deep);
	yg_buf_add_str(&deep, "SELECT 'r' AS resource, 'ok' AS status, 1");
	for (int i = 0; i < 200; i++)
		yg_buf_add_str(&deep, "+1");
	yg_buf_add_str(&deep, " AS reason");
	yg_buf_add_byte(&deep, 0);
	refuses((const char *)deep.data, YG_EFORMAT, "depth");
	yg_buf_reset(&deep);
	for (int i = 0; i < 20000; i++)
		yg_buf_add_str(&deep, " ");
	yg_buf_add_byte(&deep, 0);
	refuses((const char *)deep.data, YG_ELIMIT, "16384");
	yg_buf_done(&deep);
	/* After all that the same process still runs a query. */
	gives(ROW("count(*) AS reason FROM assets"), "r|ok|1000\n");
}

static void test_shape(void)
{
	struct yg_query_done done;
	char text[2000];

	refuses("SELECT 1 AS resource, 'ok' AS status", YG_EFORMAT, "columns resource, status");
	refuses("SELECT 1 AS status, 'ok' AS resource, '' AS reason", YG_EFORMAT, "columns");
	refuses("SELECT 1 AS resource, 2 AS status, 3 AS reason, 4 AS more", YG_EFORMAT, "columns");
	refuses("SELECT NULL AS resource, 'ok' AS status, '' AS reason", YG_EFORMAT,
		"without a resource");
	refuses(ROW("CAST(x'ff' AS TEXT) AS reason"), YG_EFORMAT, "UTF-8");
	refuses("", YG_EFORMAT, "no text");
	refuses("-- nothing", YG_EFORMAT, "no statement");
	refuses("SELEC 1", YG_EFORMAT, "syntax error");
	CHECK(run(ROW("replace('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'x', "
		      "'ああああああああああ') AS reason"),
		  text, sizeof(text), &done) == YG_OK);
	CHECK(strlen(text) == strlen("r|ok|\n") + 300); /* cut between characters */
}

static void test_tables_read(void)
{
	struct yg_query_done done;
	struct yg_query_done again;
	char text[2000];

	CHECK(run(ROW("count(*) AS reason FROM assets LEFT JOIN protection USING (asset), clock"),
		  text, sizeof(text), &done) == YG_OK);
	CHECK(done.tables == (1u << yg_inventory_table(YG_S("assets")) |
			      1u << yg_inventory_table(YG_S("protection")) |
			      1u << yg_inventory_table(YG_S("clock"))));
	CHECK(run(ROW("count(*) AS reason FROM assets a, assets b"), text, sizeof(text), &done) ==
	      YG_OK);
	CHECK(run(ROW("count(*) AS reason FROM assets a, assets b"), text, sizeof(text), &again) ==
	      YG_OK);
	CHECK(done.steps == again.steps && done.steps > 1000); /* in thousands: deterministic */
}

static void test_tampered(void)
{
	struct yg_query *query = NULL;
	struct yg_inventory *inventory = NULL;
	char other[80];
	FILE *file;

	(void)snprintf(other, sizeof(other), "%s/none", folder);
	CHECK(yg_query_open(other, 0, &query) != YG_OK);
	file = fopen(other, "w");
	CHECK(file);
	fputs("SQLite format 3 it is not, whatever it says of itself", file);
	fclose(file);
	CHECK(yg_query_open(other, 0, &query) == YG_EFORMAT);
	CHECK(yg_inventory_open(other, false, &inventory) == YG_EFORMAT);
	unlink(other);
}

static const struct check_case cases[] = {
	CASE(test_reads),	CASE(test_days),      CASE(test_other_tables), CASE(test_writes),
	CASE(test_functions),	CASE(test_recursion), CASE(test_cost),	       CASE(test_shape),
	CASE(test_tables_read), CASE(test_tampered),
};

int main(void)
{
	int failed;

	yg_query_bound_memory();
	prepare();
	failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	unlink(path);
	rmdir(folder);
	return failed;
}
