/* SPDX-License-Identifier: Apache-2.0 */
/* A batch of queries, good and hostile: each gets its answer, none harms the next. */
#include "app/query_process.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "../store/table_text.h"

#define DAY "2026-11-25"

static char folder[] = "/tmp/yagura-process-XXXXXX";
static char path[64];

static void import(const char *table, const char *text)
{
	struct yg_arena *arena = yg_arena_new(1u << 24);
	struct yg_table rows = table_text(yg_bytes_str(text), arena);
	struct yg_inventory *inventory = NULL;
	struct yg_inventory_in in = {
		.table = yg_bytes_str(table), .rows = &rows, .day = yg_day_read(YG_S(DAY))};

	if (yg_inventory_open(path, true, &inventory) != YG_OK ||
	    yg_inventory_import(inventory, &in, NULL, NULL) != YG_OK)
		abort();
	(void)yg_inventory_free(inventory);
	(void)yg_arena_free(arena);
}

struct answers {
	struct yg_buf text[16];
	uint32_t kill_after; /* kill the child when this query has answered */
	int result;
};

/* The one process that this one has started. */
static void kill_child(void)
{
	FILE *file = fopen("/proc/thread-self/children", "r");
	int pid = 0;

	if (!file || fscanf(file, "%d", &pid) != 1 || kill(pid, SIGKILL) != 0)
		abort();
	fclose(file);
}

static int note(void *arg, uint32_t query, const struct yg_check_row *row, const char *error)
{
	struct answers *answers = arg;

	if (row)
		yg_buf_addf(&answers->text[query], "%.*s|%s|%.*s\n", YG_FMT(row->resource),
			    yg_check_name(row->check), YG_FMT(row->reason));
	else
		yg_buf_addf(&answers->text[query], "error: %s\n", error);
	if (query == answers->kill_after) {
		answers->kill_after = UINT32_MAX;
		kill_child();
	}
	return answers->result;
}

static int run_on(struct yg_query_process *process, const char *day, const char *const *sql,
		  struct answers *answers)
{
	struct yg_assess_query queries[16];
	uint32_t count = 0;

	for (; sql[count]; count++) {
		queries[count] = (struct yg_assess_query){.sql = yg_bytes_str(sql[count])};
		yg_buf_init(&answers->text[count], 32u << 20);
	}
	return yg_query_process_run(process, NULL, yg_day_read(yg_bytes_str(day)), queries, count,
				    note, answers);
}

static void done(struct answers *answers)
{
	for (size_t i = 0; i < 16; i++)
		yg_buf_done(&answers->text[i]);
}

#define ROW(from) "SELECT 'r' AS resource, 'ok' AS status, " from
#define ASSETS	  "SELECT asset AS resource, 'ok' AS status, kind AS reason FROM assets ORDER BY 1"
#define DAY_NOW	  ROW("today AS reason FROM clock")
#define SOFTWARE  ROW("count(*) AS reason FROM software")

static void test_batch(void)
{
	static const char *const sql[] = {
		ASSETS,
		ROW("name AS reason FROM sqlite_master"),
		"DELETE FROM assets",
		"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS "
		"resource, 'ok' AS status, '' AS reason FROM n",
		ROW("length(zeroblob(1000000000)) AS reason"),
		ROW("length(group_concat(a.asset || b.asset || c.asset)) AS reason FROM assets a, "
		    "assets b, assets c, assets d, assets e, assets f, assets g, assets h"),
		DAY_NOW,
		NULL,
	};
	struct yg_query_process *process = yg_query_process_new(path);
	struct answers answers = {.kill_after = UINT32_MAX};

	import("assets", "asset,kind\nA,pc\nB,server\nC,pc\nD,pc\nE,pc\nF,pc\n");
	CHECK(run_on(process, DAY, sql, &answers) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&answers.text[0]),
		   "A|ok|pc\nB|ok|server\nC|ok|pc\nD|ok|pc\nE|ok|pc\nF|ok|pc\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[1]),
		   "error: reads table sqlite_master, which is not published\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[2]), "error: tries to write a table\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[3]), "error: uses a recursive WITH\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[4]),
		   "error: calls the function zeroblob, which is not on the list\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[5]),
		   "error: makes a text or value of more than 64 KiB\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[6]), "r|ok|" DAY "\n");
	CHECK(yg_query_process_counts(process).children == 1);
	done(&answers);
	(void)yg_query_process_free(process);
}

static void test_only_what_changed(void)
{
	static const char *const sql[] = {ASSETS, SOFTWARE, DAY_NOW,
					  ROW("count(*) AS reason FROM lists"), NULL};
	struct yg_query_process *process = yg_query_process_new(path);
	struct answers answers = {.kill_after = UINT32_MAX};
	struct yg_query_process_counts counts;

	import("assets", "asset,kind\nA,pc\n");
	import("software", "asset,name\nA,x\n");
	CHECK(run_on(process, DAY, sql, &answers) == YG_OK);
	done(&answers);
	CHECK(run_on(process, DAY, sql, &answers) == YG_OK); /* nothing changed: no process */
	counts = yg_query_process_counts(process);
	CHECK(counts.run == 4 && counts.kept == 4 && counts.children == 1);
	CHECK_TEXT(yg_buf_bytes(&answers.text[1]), "r|ok|1\n");
	done(&answers);
	import("software", "asset,name\nA,x\nA,y\n");
	CHECK(run_on(process, DAY, sql, &answers) == YG_OK); /* software, and lists */
	counts = yg_query_process_counts(process);
	CHECK(counts.run == 6 && counts.kept == 6 && counts.children == 2);
	CHECK_TEXT(yg_buf_bytes(&answers.text[0]), "A|ok|pc\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[1]), "r|ok|2\n");
	done(&answers);
	CHECK(run_on(process, "2026-11-26", sql, &answers) == YG_OK); /* the day turned */
	counts = yg_query_process_counts(process);
	CHECK(counts.run == 7 && counts.kept == 9);
	CHECK_TEXT(yg_buf_bytes(&answers.text[2]), "r|ok|2026-11-26\n");
	done(&answers);
	/* Another file at the same place. */
	unlink(path);
	import("assets", "asset,kind\nZ,pc\n");
	CHECK(run_on(process, DAY, sql, &answers) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&answers.text[0]), "Z|ok|pc\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[1]), "r|ok|0\n");
	done(&answers);
	(void)yg_query_process_free(process);
}

static void test_death(void)
{
	static const char *const sql[] = {ASSETS, SOFTWARE, DAY_NOW, NULL};
	struct yg_query_process *process = yg_query_process_new(path);
	struct answers answers = {.kill_after = 0};

	import("assets", "asset,kind\nA,pc\n");
	import("software", "asset,name\nA,x\n");
	CHECK(run_on(process, DAY, sql, &answers) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&answers.text[0]), "A|ok|pc\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[1]),
		   "error: the query process was ended by its walls or by a limit\n");
	CHECK_TEXT(yg_buf_bytes(&answers.text[2]), "r|ok|" DAY "\n");
	CHECK(yg_query_process_counts(process).children == 2);
	done(&answers);
	/* What died is not kept: it runs again, and well. */
	CHECK(run_on(process, DAY, sql, &answers) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&answers.text[1]), "r|ok|1\n");
	done(&answers);
	(void)yg_query_process_free(process);
}

static void test_no_file(void)
{
	static const char *const sql[] = {ASSETS, NULL};
	char none[80];
	struct answers answers = {.kill_after = UINT32_MAX};
	struct yg_query_process *process;

	(void)snprintf(none, sizeof(none), "%s/none", folder);
	process = yg_query_process_new(none);
	CHECK(run_on(process, DAY, sql, &answers) == YG_OK);
	CHECK(answers.text[0].size == 0 && access(none, F_OK) != 0);
	done(&answers);
	(void)yg_query_process_free(process);
}

static void test_caller_stops(void)
{
	static const char *const sql[] = {ASSETS, SOFTWARE, NULL};
	struct yg_query_process *process = yg_query_process_new(path);
	struct answers answers = {.kill_after = UINT32_MAX, .result = YG_ENOSPC};

	CHECK(run_on(process, DAY, sql, &answers) == YG_ENOSPC);
	CHECK(answers.text[1].size == 0);
	done(&answers);
	(void)yg_query_process_free(process);
}

/* While a batch runs, a list cannot come in; afterwards it can: the lock was given back. */
static void test_lock_is_given_back(void)
{
	static const char *const sql[] = {ASSETS, NULL};
	struct yg_query_process *process = yg_query_process_new(path);
	struct answers answers = {.kill_after = UINT32_MAX};

	for (int i = 0; i < 20; i++) {
		import("assets", i % 2 ? "asset,kind\nA,pc\n" : "asset,kind\nB,pc\n");
		CHECK(run_on(process, DAY, sql, &answers) == YG_OK);
		CHECK_TEXT(yg_buf_bytes(&answers.text[0]), i % 2 ? "A|ok|pc\n" : "B|ok|pc\n");
		done(&answers);
	}
	CHECK(yg_query_process_counts(process).children == 20);
	(void)yg_query_process_free(process);
}

static const struct check_case cases[] = {
	CASE(test_batch),   CASE(test_only_what_changed), CASE(test_death),
	CASE(test_no_file), CASE(test_caller_stops),	  CASE(test_lock_is_given_back),
};

int main(void)
{
	int failed;

	if (!mkdtemp(folder))
		abort();
	(void)snprintf(path, sizeof(path), "%s/f.facts", folder);
	failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	unlink(path);
	rmdir(folder);
	return failed;
}
