/* SPDX-License-Identifier: Apache-2.0 */
/* What only the facts file has: plans of its statements, bounded looks, files of earlier versions.
 */
#include "facts_help.h"

#include "base/io.h"
#include "store/facts_sqlite-int.h"

static struct yg_buf got;

static struct yg_facts *open_new(void)
{
	struct yg_facts *facts = NULL;

	remove_store("facts");
	return yg_facts_open_sqlite(path_of("facts"), true, &facts) == YG_OK ? facts : NULL;
}

/* Is a step of a plan a walk over a whole tree, or a sort? Rows of one place come from a search. */
static bool is_costly(const char *detail)
{
	return strncmp(detail, "SCAN", 4) == 0 || strstr(detail, "TEMP B-TREE");
}

/* Every statement there is: filters are looked at in rows, so no other text can come. */
static void no_statement_scans(void)
{
	struct yg_facts *facts = open_new();
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	unsigned searches = 0;

	CHECK(facts);
	for (unsigned i = YG_FQ_CURSOR; i < YG_FQ_COUNT_OF; i++) {
		char sql[2048];
		sqlite3_stmt *stmt = NULL;

		(void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", yg_fact_queries[i]);
		CHECK(sqlite3_prepare_v2(fs->db, sql, -1, &stmt, NULL) == SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			const char *detail = (const char *)sqlite3_column_text(stmt, 3);

			if (is_costly(detail))
				fprintf(stderr, "%s\n  %s\n", yg_fact_queries[i], detail);
			CHECK(!is_costly(detail));
			searches += strncmp(detail, "SEARCH", 6) == 0;
		}
		(void)sqlite3_finalize(stmt);
	}
	CHECK(searches > 15); /* the words are still SQLite's */
	(void)yg_facts_free(facts);
}

/* Rows that a filter leaves out are not read: what it asks for stands in the index. Nor is that
 * index written when a bundle only grows. */
static void an_index_answers_the_filters(void)
{
	struct yg_facts *facts = open_new();
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	static const char *const columns[] = {"level=", "outcome=", "actor=", "rule=", "sensor="};
	char sql[2048];
	sqlite3_stmt *stmt = NULL;

	CHECK(facts);
	(void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", yg_fact_queries[YG_FQ_LIST_ORG]);
	CHECK(sqlite3_prepare_v2(fs->db, sql, -1, &stmt, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(stmt) == SQLITE_ROW);
	CHECK(strstr((const char *)sqlite3_column_text(stmt, 3), "USING COVERING INDEX"));
	CHECK(sqlite3_step(stmt) == SQLITE_DONE);
	(void)sqlite3_finalize(stmt);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		CHECK(!strstr(yg_fact_queries[YG_FQ_TOUCH], columns[i]));
	(void)yg_facts_free(facts);
}

static int put_many(struct yg_facts *facts, uint64_t cursor, unsigned from, unsigned count)
{
	int rc = yg_facts_begin(facts, "detect", cursor);

	for (unsigned i = 0; rc == YG_OK && i < count; i++) {
		struct yg_fact_finding f =
			finding_of((from + i) % 2 ? "acme" : "beta", "r", (int)(from + i));

		f.level = YG_LEVEL_LOW;
		rc = yg_facts_add(facts, &f, NULL);
	}
	return rc == YG_OK ? yg_facts_commit(facts, cursor + 1, NULL) : rc;
}

static int count_one(void *arg, const struct yg_fact_finding *f)
{
	(void)f;
	(*(unsigned *)arg)++;
	return YG_OK;
}

/* The same whatever is asked for: at most so many rows for a page, and the last page ends it. */
static void a_filter_that_nothing_passes_costs_pages(void)
{
	struct yg_bytes orgs[] = {YG_S("acme"), YG_S("beta")};
	const struct yg_fact_filter filters[] = {
		{.is_all_orgs = true, .level_min = YG_LEVEL_HIGH, .limit = 5},
		{.is_all_orgs = true, .actor = YG_S("nobody"), .limit = 5},
		{.orgs = orgs, .org_count = 1, .outcome_min = YG_OUTCOME_ATTEMPT, .limit = 5},
		{.orgs = orgs, .org_count = 2, .actor = YG_S("nobody"), .limit = 5},
		{.orgs = orgs,
		 .org_count = 1,
		 .by_change = true,
		 .level_min = YG_LEVEL_HIGH,
		 .limit = 5},
	};
	const unsigned rows[] = {25000, 25000, 12500, 100000, 12500}; /* a merged row costs four */
	struct yg_facts *facts = open_new();

	CHECK(facts && put_many(facts, 0, 0, 25000) == YG_OK);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct yg_fact_filter filter = filters[i];
		struct yg_fact_next next = {.is_more = true};
		unsigned pages = 0, given = 0;

		for (; next.is_more && pages < 30; pages++) {
			CHECK(yg_facts_list(facts, &filter, count_one, &given) == YG_OK);
			next = yg_facts_next(facts);
			filter.has_after = true;
			memcpy(filter.after_id, next.after_id, sizeof(filter.after_id));
			filter.after_change = next.after_change;
		}
		CHECK(given == 0 && pages == rows[i] / YG_FACT_LOOK_MAX + 1);
	}
	(void)yg_facts_free(facts);
}

/* What the others do shows in no page: neither by how full it is, nor by how many there are. */
static void changes_of_others_are_not_looked_at(void)
{
	struct yg_bytes orgs[] = {YG_S("gamma"), YG_S("delta"), YG_S("none")};
	struct yg_fact_finding f = {.count = 1,
				    .org = YG_S("gamma"),
				    .sensor = YG_S("s"),
				    .rule = YG_S("r"),
				    .source = YG_S("log"),
				    .level = YG_LEVEL_LOW};
	struct yg_facts *facts = open_new();

	CHECK(facts && put_many(facts, 0, 0, 3 * YG_FACT_LOOK_MAX) == YG_OK);
	CHECK(yg_facts_begin(facts, "detect", 1) == YG_OK);
	for (size_t i = 0; i < 2; i++) {
		f.org = orgs[i];
		yg_fact_finding_id(f.org, f.sensor, f.rule, f.source, 0, f.id);
		CHECK(yg_facts_add(facts, &f, NULL) == YG_OK);
	}
	CHECK(yg_facts_commit(facts, 2, NULL) == YG_OK);
	for (size_t count = 1; count <= 3; count++) {
		const struct yg_fact_filter filter = {
			.orgs = orgs, .org_count = count, .by_change = true, .limit = 5};
		unsigned given = 0;

		CHECK(yg_facts_list(facts, &filter, count_one, &given) == YG_OK);
		CHECK(given == (count < 2 ? 1 : 2) && !yg_facts_next(facts).is_more);
	}
	(void)yg_facts_free(facts);
}

static int one(struct yg_facts *facts, uint64_t cursor, const char *org)
{
	struct yg_fact_finding f = {.count = 1,
				    .org = yg_bytes_str(org),
				    .sensor = YG_S("shared"),
				    .rule = YG_S("r"),
				    .source = YG_S("log"),
				    .level = YG_LEVEL_LOW};
	int rc = yg_facts_begin(facts, "detect", cursor);

	yg_fact_finding_id(f.org, f.sensor, f.rule, f.source, 0, f.id);
	if (rc == YG_OK)
		rc = yg_facts_add(facts, &f, NULL);
	if (rc == YG_OK)
		rc = yg_facts_count_records(facts, f.org, 0, 1, 10);
	return rc == YG_OK ? yg_facts_commit(facts, cursor + 1, NULL) : rc;
}

static int64_t ask(const char *sql)
{
	sqlite3 *db = NULL;
	int64_t n = -1;

	if (sqlite3_open(path_of("facts"), &db) != SQLITE_OK || yg_sqlite_ask(db, sql, &n) != YG_OK)
		n = -1; /* which no test wants */
	(void)sqlite3_close(db);
	return n;
}

/* Names that nobody has any more go; a writer that remembers their numbers notices. */
static void what_is_forgotten_is_nowhere(void)
{
	struct yg_facts *facts = open_new(), *other = NULL;
	const struct yg_fact_filter filter = {.is_all_orgs = true, .limit = 10};
	unsigned given = 0;
	uint32_t count = 0;

	CHECK(facts && one(facts, 0, "leaver") == YG_OK);
	CHECK(ask("SELECT count(*) FROM names WHERE text IN ('leaver', 'shared', 'log')") == 3);
	CHECK(yg_facts_open_sqlite(path_of("facts"), false, &other) == YG_OK);
	CHECK(yg_facts_expire(other, YG_S("leaver"), INT64_MAX, 10, &count) == YG_OK && count == 1);
	CHECK(yg_facts_forget(other, YG_S("leaver")) == YG_OK);
	CHECK(yg_facts_forget(other, YG_S("never")) == YG_OK);
	(void)yg_facts_free(other);
	CHECK(ask("SELECT count(*) FROM names WHERE text IN ('leaver', 'shared', 'log')") == 0);
	CHECK(ask("SELECT count(*) FROM days WHERE org<>0") == 0);
	CHECK(ask("SELECT sum(records) FROM days") == 1); /* of all */
	CHECK(one(facts, 1, "stayer") == YG_OK);
	CHECK(yg_facts_list(facts, &filter, count_one, &given) == YG_OK && given == 1);
	CHECK(ask("SELECT count(*) FROM findings JOIN names ON names.n=findings.source"
		  " WHERE text='log'") == 1);
	CHECK(yg_facts_forget(facts, YG_S("never")) == YG_OK);
	CHECK(yg_facts_list(facts, &filter, count_one, &given) == YG_OK && given == 2);
	(void)yg_facts_free(facts);
}

static void what_was_committed_is_there_again(void)
{
	struct yg_facts *facts = open_new(), *reader = NULL;
	const struct yg_fact_filter filter = {.is_all_orgs = true, .limit = 1000};
	unsigned given = 0;
	uint64_t cursor = 0;

	CHECK(facts && put_many(facts, 0, 0, 100) == YG_OK);
	/* Beside an open batch a reader sees what was committed. */
	CHECK(yg_facts_begin(facts, "detect", 1) == YG_OK);
	CHECK(yg_facts_open_sqlite(path_of("facts"), false, &reader) == YG_OK);
	CHECK(yg_facts_list(reader, &filter, count_one, &given) == YG_OK && given == 100);
	(void)yg_facts_free(facts); /* the batch is dropped */
	CHECK(yg_facts_cursor(reader, "detect", &cursor, NULL) == YG_OK && cursor == 1);
	CHECK(put_many(reader, 1, 100, 50) == YG_OK);
	given = 0;
	CHECK(yg_facts_list(reader, &filter, count_one, &given) == YG_OK && given == 150);
	(void)yg_facts_free(reader);
}

struct slow_reader {
	struct yg_facts *writer;
	uint64_t cursor;
	unsigned rows;
	unsigned busy;
};

/* Another connection writes, and wants the log of what was written put into the file and emptied:
 * it answers 1 while anybody looks at an older moment. */
static int write_meanwhile(void *arg, const struct yg_fact_finding *f)
{
	struct slow_reader *slow = arg;
	int rc = put_many(slow->writer, slow->cursor, 1000 + 2 * slow->rows, 2);

	(void)f;
	slow->cursor++;
	slow->rows++;
	slow->busy += ask("PRAGMA wal_checkpoint(TRUNCATE)") != 0;
	return rc;
}

/* The page is read whole before the first row is handed on, and stays what it was. */
static void a_page_that_is_worked_on_holds_no_moment_of_the_file(void)
{
	struct yg_bytes orgs[] = {YG_S("acme"), YG_S("beta")};
	const struct yg_fact_filter filters[] = {
		{.is_all_orgs = true, .limit = 4},
		{.is_all_orgs = true, .by_change = true, .limit = 4},
		{.orgs = orgs, .org_count = 1, .limit = 4},
		{.orgs = orgs, .org_count = 2, .limit = 4},
		{.orgs = orgs, .org_count = 2, .by_change = true, .limit = 4},
	};
	struct yg_facts *reader = NULL;
	struct slow_reader slow = {.writer = open_new(), .cursor = 1};

	CHECK(slow.writer && put_many(slow.writer, 0, 0, 20) == YG_OK);
	CHECK(yg_facts_open_sqlite(path_of("facts"), false, &reader) == YG_OK);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		slow.rows = 0;
		slow.busy = 0;
		CHECK(yg_facts_list(reader, &filters[i], write_meanwhile, &slow) == YG_OK);
		CHECK(slow.rows == 4 && slow.busy == 0);
	}
	(void)yg_facts_free(reader);
	(void)yg_facts_free(slow.writer);
}

static void other_files_stay_as_they_are(void)
{
	struct yg_control *control = NULL;
	struct yg_facts *facts = NULL;

	remove_store("facts");
	CHECK(yg_facts_open_sqlite(path_of("facts"), false, &facts) == YG_ENOENT);
	CHECK(yg_control_open_sqlite(path_of("facts"), true, &control) == YG_OK);
	control = yg_control_free(control);
	CHECK(yg_facts_open_sqlite(path_of("facts"), true, &facts) == YG_EFORMAT);
	remove_store("facts");
	CHECK(yg_facts_open_sqlite(path_of("facts"), true, &facts) == YG_OK);
	facts = yg_facts_free(facts);
	CHECK(yg_control_open_sqlite(path_of("facts"), true, &control) == YG_EFORMAT);
}

/* ---- files of the first version (tests/data/first.py made them) ---- */

static const char *data;

static bool copy(const char *name)
{
	char from[4096];
	uint8_t *bytes = NULL;
	size_t size = 0;
	bool is_done;

	(void)snprintf(from, sizeof(from), "%s/%s", data, name);
	is_done = yg_io_read_file(from, 16u << 20, &bytes, &size) == YG_OK &&
		  yg_io_write_to(path_of(name), (struct yg_bytes){bytes, size}, 0600) == YG_OK;
	free(bytes);
	return is_done;
}

static void the_first_facts_file_opens(void)
{
	struct yg_facts *facts = NULL;
	const struct yg_fact_filter filter = {.is_all_orgs = true, .limit = 10};
	uint64_t cursor = 0;

	remove_store("facts-first.db");
	CHECK(copy("facts-first.db"));
	CHECK(yg_facts_open_sqlite(path_of("facts-first.db"), false, &facts) == YG_OK);
	CHECK(yg_facts_cursor(facts, "detect", &cursor, NULL) == YG_OK && cursor == 7);
	yg_buf_reset(&got);
	CHECK(yg_facts_list(facts, &filter, tell_whole, &got) == YG_OK);
	CHECK_TEXT(
		yg_buf_bytes(&got),
		"81b05515671674b850486f7a2b575549 acme s r [Title|\xe9\xa1\x8c] 0123abcd 3 2 1 2 "
		"[let in] x 192.0.2.1 root <> 1699999980000000000 1699999980000000005 "
		"1699999980000000105 1699999980000000009 1699999980000000011 6 "
		"65536@1699999980000000000\n");
	facts = yg_facts_free(facts);
	remove_store("facts-first.db");
}

static void the_first_control_file_opens(void)
{
	struct yg_control *control = NULL;

	remove_store("hub-first.db");
	CHECK(copy("hub-first.db"));
	CHECK(yg_control_open_sqlite(path_of("hub-first.db"), false, &control) == YG_OK);
	CHECK(strcmp(body_in(control, ORG, "a"), "@2=second;") == 0);
	CHECK(strcmp(body_in(control, ORG, "b"), "none") == 0);
	/* What was removed in it goes on where it ended. */
	CHECK(put(control, "b", "again", 1) == YG_EMISMATCH);
	CHECK(put(control, "b", "again", 0) == YG_OK);
	CHECK(strncmp(body_in(control, ORG, "b"), "@3=", 3) == 0);
	control = yg_control_free(control);
	remove_store("hub-first.db");
}

static const struct check_case cases[] = {
	CASE(no_statement_scans),
	CASE(an_index_answers_the_filters),
	CASE(a_filter_that_nothing_passes_costs_pages),
	CASE(changes_of_others_are_not_looked_at),
	CASE(what_is_forgotten_is_nowhere),
	CASE(what_was_committed_is_there_again),
	CASE(a_page_that_is_worked_on_holds_no_moment_of_the_file),
	CASE(other_files_stay_as_they_are),
	CASE(the_first_facts_file_opens),
	CASE(the_first_control_file_opens),
};

int main(int argc, char **argv)
{
	int status;

	data = argc > 1 ? argv[1] : "tests/data";
	make_folder();
	yg_buf_init(&got, 1u << 20);
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	yg_buf_done(&got);
	remove_store("facts");
	(void)rmdir(folder);
	return status;
}
