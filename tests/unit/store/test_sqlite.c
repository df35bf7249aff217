/* SPDX-License-Identifier: Apache-2.0 */
/* What only a file can suffer: other people's files, power cuts, two writers, a full disk. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/crypt.h"
#include "base/io.h"
#include "store_help.h"

static unsigned skipped;

static struct yg_control *open_db(const char *name)
{
	struct yg_control *store = NULL;
	int rc = yg_control_open_sqlite(path_of(name), true, &store);

	if (rc != YG_OK)
		fprintf(stderr, "%s: %s\n", name, yg_err_text(rc));
	return store;
}

/* SQL on the file, past the store; the first column of the first row as an integer. */
static int64_t ask(const char *name, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt = NULL;
	int64_t value = -1;

	if (sqlite3_open(path_of(name), &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return value;
}

/* Also what SQLite is not told: each head is a document's last revision. */
static bool is_whole(const char *name)
{
	return ask(name, "SELECT integrity_check='ok' FROM pragma_integrity_check") == 1 &&
	       ask(name,
		   "SELECT count(*) FROM heads AS h WHERE revision IS NOT (SELECT max(revision)"
		   " FROM docs WHERE org=h.org AND kind=h.kind AND key=h.key) OR change IS NOT"
		   " (SELECT change FROM docs WHERE org=h.org AND kind=h.kind AND key=h.key AND"
		   " revision=h.revision)") == 0 &&
	       ask(name, "SELECT count(*) FROM pragma_foreign_key_check") == 0;
}

static void run_sql(const char *name, const char *sql)
{
	sqlite3 *db;

	if (sqlite3_open(path_of(name), &db) == SQLITE_OK)
		(void)sqlite3_exec(db, sql, NULL, NULL, NULL);
	(void)sqlite3_close(db);
}

static void write_file(const char *name, struct yg_bytes bytes)
{
	if (yg_io_replace(path_of(name), bytes, 0600) != YG_OK)
		exit(1);
}

/* The digest of a file, to see that nothing in it changed. */
static const char *digest_of(const char *name)
{
	static char hex[2][YG_SHA256_HEX + 1];
	static unsigned turn;
	uint8_t *bytes = NULL;
	size_t size = 0;

	turn = !turn;
	hex[turn][0] = '\0';
	if (yg_io_read_file(path_of(name), 64u << 20, &bytes, &size) == YG_OK)
		yg_sha256_hex((struct yg_bytes){bytes, size}, hex[turn]);
	free(bytes);
	return hex[turn];
}

static bool refuses(const char *name, int code)
{
	const char *before = digest_of(name);
	struct yg_control *store = NULL;
	int rc = yg_control_open_sqlite(path_of(name), true, &store);
	bool is_same = strcmp(before, digest_of(name)) == 0;

	if (rc != code)
		fprintf(stderr, "%s: %d, not %d\n", name, rc, code);
	if (!is_same)
		fprintf(stderr, "%s: changed\n", name);
	(void)yg_control_free(store);
	return rc == code && is_same;
}

static void a_new_file_is_for_its_owner_only(void)
{
	struct yg_control *store = NULL;
	struct stat st;

	CHECK(yg_control_open_sqlite(path_of("new"), false, &store) == YG_ENOENT);
	CHECK(access(path_of("new"), F_OK) != 0);
	store = open_db("new");
	CHECK(store);
	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(stat(path_of("new"), &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(stat(path_of("new-wal"), &st) == 0 && (st.st_mode & 07777) == 0600);
	(void)yg_control_free(store);
	CHECK(access(path_of("new-wal"), F_OK) != 0);
	CHECK(yg_control_open_sqlite(path_of("new"), false, &store) == YG_OK);
	CHECK(strcmp(body_of(store, "a"), "@1=1;") == 0);
	CHECK(put(store, "a", "2", 1) == YG_OK);
	(void)yg_control_free(store);
	store = open_db("new");
	CHECK(store && strcmp(body_of(store, "a"), "@2=2;") == 0);
	(void)yg_control_free(store);
	CHECK(is_whole("new"));
	CHECK(ask("new", "PRAGMA user_version") == 5);
	CHECK(ask("new", "SELECT journal_mode='wal' FROM pragma_journal_mode") == 1);
	remove_store("new");
}

/* A queue's rows come and go: a listing must not walk over all that were there before. */
static void what_was_removed_costs_a_listing_nothing(void)
{
	struct yg_control *store = open_db("queue");
	char key[16];

	CHECK(store && yg_control_begin(store) == YG_OK);
	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(key, sizeof(key), "%03u", i);
		CHECK(put(store, key, "1", 0) == YG_OK);
		CHECK(i == 299 || put(store, key, NULL, 1) == YG_OK);
	}
	CHECK(yg_control_commit(store) == YG_OK);
	/* Where listings go (`heads`) is nothing but what is there; all revisions are still kept.
	 */
	CHECK(ask("queue", "SELECT count(*) FROM heads") == 1);
	CHECK(ask("queue", "SELECT count(*) FROM docs") == 599);
	/* What was removed goes on where it ended. */
	CHECK(put(store, "007", "3", 1) == YG_EMISMATCH && put(store, "007", NULL, 2) == YG_ENOENT);
	CHECK(put(store, "007", "3", 0) == YG_OK && put(store, "007", "4", 3) == YG_OK);
	CHECK(strcmp(body_of(store, "007"), "@4=4;") == 0);
	(void)yg_control_free(store);
	CHECK(ask("queue", "SELECT count(*) FROM heads") == 2);
	remove_store("queue");
}

static int put_holding(struct yg_control *store, unsigned key, struct yg_bytes bytes)
{
	struct yg_shared shared = yg_shared_of(bytes);
	char name[16];
	struct yg_doc_put doc;

	(void)snprintf(name, sizeof(name), "%05u", key);
	doc = put_of(name, "{}", YG_REVISION_ANY);
	doc.shared = &shared;
	return yg_control_put(store, &doc, NULL);
}

static int take_size(void *arg, struct yg_bytes bytes)
{
	*(size_t *)arg = bytes.size;
	return YG_OK;
}

static void what_many_hold_stands_once(void)
{
	static uint8_t bytes[1u << 20];
	struct yg_bytes much = {bytes, sizeof(bytes)};
	struct yg_control *store = open_db("held");
	size_t size = 0;

	memset(bytes, 'x', sizeof(bytes));
	CHECK(store && yg_control_begin(store) == YG_OK);
	for (unsigned i = 0; i < 100; i++)
		CHECK(put_holding(store, i, much) == YG_OK);
	CHECK(yg_control_commit(store) == YG_OK);
	CHECK(ask("held", "SELECT count(*) FROM shared") == 1);
	CHECK(ask("held", "SELECT page_count * 4096 FROM pragma_page_count") <
	      (int64_t)sizeof(bytes) * 3 / 2);
	/* Of a purge nothing is looked at but what goes: no table refers to documents. */
	CHECK(ask("held",
		  "SELECT count(*) FROM pragma_table_list AS t, pragma_foreign_key_list(t.name)"
		  " AS f WHERE f.\"table\"='docs'") == 0);
	/* A kill in between leaves neither bytes without a holder nor one without bytes. */
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put_holding(store, 0, YG_S("else")) == YG_OK);
	yg_control_abort(store);
	CHECK(ask("held", "SELECT count(*) FROM shared") == 1);
	for (unsigned i = 0; i < 100; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%05u", i);
		CHECK(yg_control_shared(store, ORG, KIND, yg_bytes_str(name), take_size, &size) ==
			      YG_OK &&
		      size == sizeof(bytes));
		if (i % 2 == 0)
			CHECK(put(store, name, "answered", 1) == YG_OK);
		else
			CHECK(put(store, name, NULL, 1) == YG_OK);
		CHECK(ask("held", "SELECT count(*) FROM shared") == (i < 99));
	}
	CHECK(is_whole("held"));
	store = yg_control_free(store);
	remove_store("held");
}

/* A register of form 2, with queues of messages as they were then. */
static void make_old(const char *name)
{
	static const char *const form =
		"CREATE TABLE docs(change INTEGER PRIMARY KEY, org TEXT NOT NULL, kind TEXT NOT "
		"NULL,"
		" key TEXT NOT NULL, revision INTEGER NOT NULL CHECK(revision > 0),"
		" time_ns INTEGER NOT NULL, actor TEXT NOT NULL,"
		" removed INTEGER NOT NULL CHECK(removed IN (0, 1)), body BLOB NOT NULL) STRICT;"
		"CREATE UNIQUE INDEX docs_by_document ON docs(org, kind, key, revision);"
		"CREATE INDEX docs_by_org ON docs(org);"
		"CREATE TABLE heads(org TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,"
		" change INTEGER NOT NULL REFERENCES docs(change), revision INTEGER NOT NULL,"
		" removed INTEGER NOT NULL, PRIMARY KEY(org, kind, key)) STRICT, WITHOUT ROWID;"
		"PRAGMA application_id=1497842002; PRAGMA user_version=2;"
		"CREATE TEMP TABLE big AS SELECT '{\"name\":\"a.csv\",\"text\":\"' ||"
		" replace(hex(zeroblob(50000)), '0', 'ab') || '\\n\"}' AS body;"
		/* s1: one that was answered, one that waits, a small one; then many small ones. */
		"INSERT INTO docs SELECT 1, 'hub', 'down', 's1/01', 1, 7, 'hub', 0, CAST("
		"'{\"answered\":false,\"body\":' || body || "
		"',\"kind\":\"detect\",\"number\":1,\"time\":5}'"
		" AS BLOB) FROM big;"
		"INSERT INTO docs SELECT 2, 'hub', 'down', 's1/01', 2, 8, 'hub', 0, CAST("
		"'{\"answered\":true,\"body\":' || body || ',\"detail\":\"a "
		"\\\"b\\\"\",\"kind\":\"detect\",'"
		" || '\"number\":1,\"status\":\"refused\",\"time\":5}' AS BLOB) FROM big;"
		"INSERT INTO docs SELECT 3, 'hub', 'down', 's1/02', 1, 7, 'hub', 0, CAST("
		"'{\"answered\":false,\"body\":' || body || "
		"',\"kind\":\"detect\",\"number\":2,\"time\":5}'"
		" AS BLOB) FROM big;"
		"INSERT INTO docs VALUES(4, 'hub', 'down', 's1/03', 1, 7, 'hub', 0,"
		" CAST('{\"answered\":false,\"body\":{},\"kind\":\"ping\",\"number\":3}' AS BLOB));"
		/* s2: the same one waits; and what is none of ours. */
		"INSERT INTO docs SELECT 5, 'hub', 'down', 's2/01', 1, 7, 'hub', 0, CAST("
		"'{\"answered\":false,\"body\":' || body || "
		"',\"kind\":\"detect\",\"number\":1,\"time\":6}'"
		" AS BLOB) FROM big;"
		"INSERT INTO docs VALUES(6, 'hub', 'down', 's2/02', 1, 7, 'hub', 0, "
		"randomblob(5000));"
		"INSERT INTO docs SELECT 7, 'other', 'down', 's1/01', 1, 7, 'hub', 0, CAST("
		"'{\"answered\":false,\"body\":' || body || '}' AS BLOB) FROM big;"
		"WITH RECURSIVE n(n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM n WHERE n < 3000)"
		" INSERT INTO docs SELECT n, 'hub', 'down', 's3/' || printf('%05d', n), 1, 7, "
		"'hub', 0,"
		" CAST('{}' AS BLOB) FROM n;"
		"INSERT INTO heads SELECT org, kind, key, max(change), max(revision), 0 FROM docs"
		" GROUP BY org, kind, key;";

	remove_store(name);
	run_sql(name, form);
}

static int take_digest(void *arg, struct yg_bytes bytes)
{
	yg_sha256_hex(bytes, arg);
	return YG_OK;
}

static const char *digest_held(struct yg_control *store, const char *key)
{
	static char hex[YG_SHA256_HEX + 1];

	if (yg_control_shared(store, YG_S("hub"), YG_S("down"), yg_bytes_str(key), take_digest,
			      hex) != YG_OK)
		hex[0] = '\0';
	return hex;
}

static void what_was_queued_for_each_stands_once_after_a_while(void)
{
	struct yg_control *store;
	char want[YG_SHA256_HEX + 1] = "";
	unsigned portions = 0;
	int rc = YG_OK;

	make_old("once");
	CHECK(ask("once", "SELECT count(*) FROM docs") == 2998);
	store = open_db("once");
	CHECK(store && yg_control_catch_up(store, 0) == YG_OK);
	CHECK(ask("once", "SELECT sum(length(body)) FROM docs WHERE kind='down'") > 4 * 200000);
	/* One document with a body in each, and a new beginning behind each of the first. */
	while (store && rc == YG_OK && portions < 20) {
		rc = yg_control_catch_up(store, 1);
		CHECK(rc == YG_OK || rc == YG_ENOENT);
		CHECK(is_whole("once"));
		portions++;
		if (portions % 2 == 1) {
			(void)yg_control_free(store);
			store = open_db("once");
		}
	}
	/* Four messages and what is none; 1,024 documents at most are looked at in each. */
	CHECK(rc == YG_ENOENT && portions >= 8 && portions < 12);
	CHECK(yg_control_catch_up(store, 0) == YG_ENOENT);
	CHECK(ask("once", "SELECT count(*) FROM left_over") == 0);
	CHECK(ask("once", "SELECT count(*) FROM docs") == 2998);
	CHECK(ask("once", "SELECT count(*) FROM shared") == 1);
	CHECK(ask("once", "SELECT max(length(body)) FROM docs WHERE org='hub' AND change<>6") <
	      256);
	CHECK(ask("once",
		  "SELECT body=CAST('{\"answered\":true,\"detail\":\"a \\\"b\\\"\","
		  "\"kind\":\"detect\",\"number\":1,\"sha256\":\"' || (SELECT lower(hex(digest))"
		  " FROM shared) || '\",\"size\":200028,\"status\":\"refused\",\"time\":5}'"
		  " AS BLOB) FROM docs WHERE change=2") == 1);
	CHECK(ask("once", "SELECT body=CAST('{\"answered\":false,\"kind\":\"detect\",\"number\":1,"
			  "\"sha256\":\"' || (SELECT lower(hex(digest)) FROM shared) ||"
			  " '\",\"size\":200028,\"time\":6}' AS BLOB) AND revision=1 AND time_ns=7"
			  " FROM docs WHERE change=5") == 1);
	/* The bytes are those that were sent before; who has answered holds nothing. */
	(void)snprintf(want, sizeof(want), "%s", digest_held(store, "s1/02"));
	CHECK(strlen(want) == YG_SHA256_HEX && strcmp(digest_held(store, "s2/01"), want) == 0);
	CHECK(digest_held(store, "s1/01")[0] == '\0' && digest_held(store, "s1/03")[0] == '\0');
	CHECK(ask("once",
		  "SELECT bytes=CAST((SELECT json_extract(CAST(body AS TEXT), '$.body')"
		  " FROM docs WHERE change=7) AS BLOB) AND length(bytes)=200028 FROM shared") == 1);
	CHECK(ask("once", "SELECT length(body) FROM docs WHERE change=6") == 5000);
	store = yg_control_free(store);
	/* One without queues has nothing to do. */
	remove_store("once");
	store = open_db("once");
	CHECK(store && yg_control_catch_up(store, 0) == YG_ENOENT);
	CHECK(yg_control_catch_up(store, 1) == YG_ENOENT);
	CHECK(yg_control_begin(store) == YG_OK && yg_control_catch_up(store, 1) == YG_EINVAL);
	store = yg_control_free(store);
	remove_store("once");
}

static void a_portion_lives_without_memory(void)
{
	struct yg_control *store;
	unsigned failed = 0;

	make_old("once");
	store = open_db("once");
	CHECK(store);
	for (long at = 1; store && at < 5000; at++) {
		long left;
		int rc;

		yg_fail_at = at;
		rc = yg_control_catch_up(store, 1);
		left = yg_fail_at;
		yg_fail_at = 0;
		CHECK(rc == YG_OK || is_ordered_failure(rc));
		failed += rc != YG_OK;
		if (rc == YG_OK && left > 0)
			break;
	}
	CHECK(failed > 0);
	while (store && yg_control_catch_up(store, 1u << 20) == YG_OK)
		;
	CHECK(ask("once", "SELECT count(*) FROM shared") == 1 && is_whole("once"));
	store = yg_control_free(store);
	remove_store("once");
}

static void a_transaction_that_stays_open_is_rolled_back(void)
{
	struct yg_control *store = open_db("open");

	CHECK(store && put(store, "a", "1", 0) == YG_OK);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "a", "2", 1) == YG_OK);
	(void)yg_control_free(store);
	store = open_db("open");
	CHECK(store && strcmp(body_of(store, "a"), "@1=1;") == 0);
	(void)yg_control_free(store);
	remove_store("open");
}

static void an_empty_file_is_filled(void)
{
	struct yg_control *store = NULL;

	write_file("empty", (struct yg_bytes){0});
	CHECK(yg_control_open_sqlite(path_of("empty"), false, &store) == YG_EFORMAT);
	store = open_db("empty");
	CHECK(store && put(store, "a", "1", 0) == YG_OK);
	(void)yg_control_free(store);
	CHECK(is_whole("empty"));
	remove_store("empty");
	/* Marked as ours, but no step was done yet. */
	run_sql("empty", "PRAGMA application_id=0x59474152; VACUUM");
	store = open_db("empty");
	CHECK(store && put(store, "a", "1", 0) == YG_OK);
	(void)yg_control_free(store);
	CHECK(is_whole("empty") && ask("empty", "PRAGMA user_version") == 5);
	remove_store("empty");
}

static void names_of_files_are_no_commands(void)
{
	char before[256];
	struct yg_control *store = NULL;

	CHECK(getcwd(before, sizeof(before)) && chdir(folder) == 0);
	CHECK(yg_control_open_sqlite(":memory:", true, &store) == YG_OK);
	(void)yg_control_free(store);
	CHECK(yg_control_open_sqlite("file:x?mode=memory", true, &store) == YG_OK);
	(void)yg_control_free(store);
	CHECK(access(":memory:", F_OK) == 0 && access("file:x?mode=memory", F_OK) == 0);
	CHECK(unlink(":memory:") == 0 && unlink("file:x?mode=memory") == 0);
	CHECK(yg_control_open_sqlite("", true, &store) != YG_OK);
	CHECK(chdir(before) == 0);
}

static void others_files_stay_as_they_are(void)
{
	struct yg_control *store = open_db("ours");
	uint8_t *bytes = NULL;
	size_t size = 0;

	CHECK(store && put(store, "a", "1", 0) == YG_OK);
	(void)yg_control_free(store);
	CHECK(yg_io_read_file(path_of("ours"), 1u << 20, &bytes, &size) == YG_OK && size > 4096);
	write_file("bad", YG_S("garbage"));
	CHECK(refuses("bad", YG_EFORMAT));
	for (size_t cut = 1; cut < size; cut = cut * 2 + 1) {
		write_file("bad", (struct yg_bytes){bytes, cut});
		CHECK(refuses("bad", YG_EFORMAT));
	}
	write_file("bad", (struct yg_bytes){bytes, size - 1});
	CHECK(refuses("bad", YG_EFORMAT));
	memset(bytes + 200, 0x5a, 3800); /* the head is ours, the rest of the page is not */
	write_file("bad", (struct yg_bytes){bytes, size});
	CHECK(refuses("bad", YG_EFORMAT));
	memset(bytes, 0x5a, size);
	write_file("bad", (struct yg_bytes){bytes, size});
	CHECK(refuses("bad", YG_EFORMAT));
	free(bytes);
	remove_store("bad");
	run_sql("bad", "CREATE TABLE docs(x); INSERT INTO docs VALUES(1)");
	CHECK(refuses("bad", YG_EFORMAT));
	run_sql("bad", "PRAGMA application_id=5");
	CHECK(refuses("bad", YG_EFORMAT));
	remove_store("bad");
	run_sql("ours", "PRAGMA user_version=99");
	CHECK(refuses("ours", YG_EMISMATCH));
	run_sql("ours", "PRAGMA user_version=-1");
	CHECK(refuses("ours", YG_EFORMAT));
	remove_store("ours");
	run_sql("bad", "PRAGMA encoding='UTF-16'; PRAGMA application_id=0x59474152; VACUUM;"
		       "PRAGMA user_version=1; CREATE TABLE t(x)");
	CHECK(refuses("bad", YG_EFORMAT));
	remove_store("bad");
	CHECK(yg_control_open_sqlite(folder, true, &store) == YG_EISDIR);
	CHECK(yg_control_open_sqlite("/dev/null", true, &store) == YG_EFORMAT);
	CHECK(yg_control_open_sqlite(path_of("no/such"), true, &store) == YG_ENOENT);
}

static void damage_inside_is_told(void)
{
	struct yg_control *store = open_db("hurt");
	char body[9000];
	int fd;

	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	CHECK(store);
	for (unsigned i = 0; i < 50; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "%u", i);
		CHECK(put(store, key, body, 0) == YG_OK);
	}
	(void)yg_control_free(store);
	fd = open(path_of("hurt"), O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	memset(body, 0x5a, sizeof(body));
	for (off_t at = 4096; at < 400000; at += 4096) /* all pages but the first */
		CHECK(pwrite(fd, body, 4096, at) == 4096);
	CHECK(close(fd) == 0);
	store = open_db("hurt");
	CHECK(store);
	CHECK(strcmp(body_of(store, "7"), "error") == 0);
	CHECK(strstr(yg_control_trouble(store), "malformed"));
	CHECK(put(store, "7", "y", YG_REVISION_ANY) == YG_EFORMAT);
	(void)yg_control_free(store);
	remove_store("hurt");
}

/* A file made by someone else, with our mark on it: nothing of it is believed. */
static void hostile_rows_are_refused(void)
{
	struct yg_doc_filter filter = {.kind = KIND, .limit = 9};
	struct yg_control *store = open_db("evil");
	struct yg_buf got;

	yg_buf_init(&got, 4096);
	CHECK(store && put(store, "a", "1", 0) == YG_OK && put(store, "b", "1", 0) == YG_OK);
	(void)yg_control_free(store);
	run_sql("evil", "UPDATE docs SET actor=char(10) WHERE key='a'");
	run_sql("evil", "UPDATE heads SET revision=-1 WHERE key='b'");
	run_sql("evil", "CREATE TRIGGER t AFTER INSERT ON docs BEGIN DELETE FROM docs; END");
	store = open_db("evil");
	CHECK(store);
	CHECK(strcmp(body_of(store, "a"), "error") == 0);
	CHECK(put(store, "b", "2", YG_REVISION_ANY) == YG_EFORMAT);
	CHECK(yg_control_list(store, ORG, &filter, tell, &got) == YG_EFORMAT);
	CHECK(put(store, "c", "3", 0) == YG_OK); /* and the trigger did not run */
	(void)yg_control_free(store);
	CHECK(ask("evil", "SELECT count(*) FROM docs") == 3);
	run_sql("evil", "DROP TABLE heads");
	store = open_db("evil");
	CHECK(store && strcmp(body_of(store, "c"), "error") == 0);
	CHECK(put(store, "d", "4", 0) == YG_EFORMAT);
	(void)yg_control_free(store);
	yg_buf_done(&got);
	remove_store("evil");
}

/* ---- several processes ---- */

/* Put in a loop and say each acknowledged number on @to, until killed. */
static void put_until_killed(int to)
{
	struct yg_control *store = open_db("cut");

	for (uint32_t i = 0; store; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "%u", i);
		if (put(store, key, "kept", 0) != YG_OK || write(to, &i, sizeof(i)) != sizeof(i))
			break;
	}
	_exit(1);
}

static void what_was_acknowledged_survives_a_kill(void)
{
	for (unsigned round = 0; round < 6; round++) {
		uint32_t wanted = 1 + round * 19;
		uint32_t last = 0;
		uint32_t seen;
		struct yg_control *store;
		int ends[2];
		int status;
		pid_t child;

		CHECK(pipe2(ends, O_CLOEXEC) == 0);
		child = fork();
		CHECK(child >= 0);
		if (child == 0)
			put_until_killed(ends[1]);
		(void)close(ends[1]);
		while (last < wanted && read(ends[0], &seen, sizeof(seen)) == sizeof(seen))
			last = seen;
		CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
		CHECK(WIFSIGNALED(status));
		while (read(ends[0], &seen, sizeof(seen)) == sizeof(seen))
			last = seen;
		(void)close(ends[0]);
		CHECK(last >= wanted);
		store = open_db("cut");
		CHECK(store);
		for (uint32_t i = 0; i <= last; i++) {
			char key[16];

			(void)snprintf(key, sizeof(key), "%u", i);
			CHECK(strcmp(body_of(store, key), "@1=kept;") == 0);
		}
		CHECK(put(store, "after", "x", 0) == YG_OK);
		(void)yg_control_free(store);
		CHECK(is_whole("cut"));
		remove_store("cut");
	}
}

#define TURNS 60u

/* Add one to the counter TURNS times, beginning again where the other was first. */
static int count_up(void)
{
	struct yg_control *store = open_db("two");
	unsigned done = 0;

	while (store && done < TURNS) {
		const char *body = body_of(store, "counter");
		unsigned revision = 0;
		unsigned value = 0;
		char next[16];
		int rc;

		if (strcmp(body, "none") != 0 && sscanf(body, "@%u=%u;", &revision, &value) != 2)
			return 1;
		(void)snprintf(next, sizeof(next), "%u", value + 1);
		rc = put(store, "counter", next, revision);
		if (rc != YG_OK && rc != YG_EMISMATCH)
			return 1;
		done += rc == YG_OK;
	}
	return yg_control_free(store) != NULL || done != TURNS;
}

static void two_processes_write_at_once(void)
{
	char want[32];
	struct yg_control *store;
	pid_t children[2];

	for (unsigned i = 0; i < 2; i++) { /* both also create the file */
		children[i] = fork();
		CHECK(children[i] >= 0);
		if (children[i] == 0)
			_exit(count_up());
	}
	for (unsigned i = 0; i < 2; i++) {
		int status;

		CHECK(waitpid(children[i], &status, 0) == children[i]);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	store = open_db("two");
	(void)snprintf(want, sizeof(want), "@%u=%u;", 2 * TURNS, 2 * TURNS);
	CHECK(store && strcmp(body_of(store, "counter"), want) == 0);
	(void)yg_control_free(store);
	CHECK(is_whole("two"));
	remove_store("two");
}

/* Each creates or finds the file; nobody is told that another one was first. */
static void many_create_at_once(void)
{
	for (unsigned round = 0; round < 20; round++) {
		pid_t children[4];

		for (unsigned i = 0; i < 4; i++) {
			children[i] = fork();
			CHECK(children[i] >= 0);
			if (children[i] == 0) {
				struct yg_control *store = open_db("race");

				_exit(!store || put(store, "k", "x", YG_REVISION_ANY) != YG_OK);
			}
		}
		for (unsigned i = 0; i < 4; i++) {
			int status;

			CHECK(waitpid(children[i], &status, 0) == children[i]);
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		}
		CHECK(is_whole("race") && ask("race", "SELECT count(*) FROM docs") == 4);
		remove_store("race");
	}
}

static void who_waits_too_long_is_told(void)
{
	struct yg_control *a = open_db("held");
	struct yg_control *b = open_db("held");

	CHECK(a && b && put(a, "k", "1", 0) == YG_OK);
	CHECK(yg_control_begin(a) == YG_OK);
	CHECK(put(a, "k", "2", 1) == YG_OK);
	CHECK(strcmp(body_of(b, "k"), "@1=1;") == 0); /* reading waits for nobody */
	CHECK(put(b, "k", "3", 1) == YG_EAGAIN);
	CHECK(strstr(yg_control_trouble(b), "locked"));
	CHECK(yg_control_commit(a) == YG_OK);
	CHECK(put(b, "k", "3", 1) == YG_EMISMATCH);
	CHECK(put(b, "k", "3", 2) == YG_OK);
	(void)yg_control_free(a);
	(void)yg_control_free(b);
	remove_store("held");
}

/* ---- in a mount namespace of its own: a small disk, a read-only one ---- */

static bool put_large(struct yg_control *store, unsigned number, size_t size, int *ret_rc)
{
	static uint8_t body[8u << 20];
	char key[16];
	struct yg_doc_put doc;

	(void)snprintf(key, sizeof(key), "%u", number);
	doc = put_of(key, "", 0);
	doc.body = (struct yg_bytes){body, size};
	*ret_rc = yg_control_put(store, &doc, NULL);
	return *ret_rc == YG_OK;
}

static void fill_the_disk(void)
{
	struct yg_doc_filter filter = {.by_change = true, .limit = 1000};
	struct yg_control *store;
	struct yg_control *again = NULL;
	uint64_t before;
	uint64_t after;
	unsigned number = 0;
	int rc;

	CHECK(mount("none", folder, "tmpfs", 0, "size=2m") == 0);
	store = open_db("full");
	CHECK(store);
	while (put_large(store, number, 100000, &rc))
		CHECK(++number < 100);
	CHECK(rc == YG_ENOSPC && number > 2);
	CHECK(yg_control_last_change(store, ORG, &before) == YG_OK && before == number);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "little", "1", 0) == YG_OK);
	CHECK(!put_large(store, number, 8u << 20, &rc) && rc == YG_ENOSPC);
	CHECK(put(store, "small", "1", 0) == YG_ENOSPC); /* nothing of it can be kept */
	CHECK(yg_control_commit(store) == YG_ENOSPC);
	CHECK(yg_control_last_change(store, ORG, &after) == YG_OK && after == before);
	rc = yg_control_open_sqlite(path_of("second"), true, &again);
	(void)yg_control_free(again);
	CHECK(rc == YG_ENOSPC || rc == YG_OK); /* as much as is left decides */
	(void)yg_control_free(store);
	CHECK(mount("none", folder, "tmpfs", MS_REMOUNT, "size=8m") == 0);
	store = open_db("full");
	CHECK(store && put_large(store, number, 100000, &rc));
	CHECK(yg_control_last_change(store, ORG, &after) == YG_OK && after == before + 1);
	filter.kind = YG_S("none");
	CHECK(yg_control_list(store, ORG, &filter, tell, NULL) == YG_OK);
	(void)yg_control_free(store);
	CHECK(is_whole("full"));
	CHECK(mount("none", folder, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=8m") == 0);
	CHECK(yg_control_open_sqlite(path_of("full"), true, &store) == YG_EACCES);
	CHECK(yg_control_open_sqlite(path_of("fresh"), true, &store) == YG_EACCES);
}

static void a_full_or_read_only_disk_is_told(void)
{
	int status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		if (unshare(CLONE_NEWNS) != 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
			_exit(77);
		fill_the_disk();
		_exit(check_failed);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		fprintf(stderr, "skipped: a small disk needs the right to mount\n");
		skipped++;
		return;
	}
	CHECK(WEXITSTATUS(status) == 0);
}

/*
 * Locks of POSIX go when a process closes any descriptor of the file. Were those of the first
 * handle gone with the second, another process would take itself for the last one that has the
 * file, and remove the log that the first one is writing.
 */
static void closing_one_handle_keeps_the_locks_of_another(void)
{
	struct yg_control *one, *two;
	int ready[2];
	int status = 0;
	pid_t child;
	char go;

	CHECK(pipe(ready) == 0);
	child = fork(); /* before anything is open: SQLite must not be carried over a fork */
	CHECK(child >= 0);
	if (child == 0) {
		struct yg_control *other = NULL;

		(void)close(ready[1]);
		if (read(ready[0], &go, 1) != 1)
			_exit(1);
		other = open_db("locks");
		status = other ? put(other, "b", "2", 0) : YG_EIO;
		(void)yg_control_free(other);
		_exit(status != YG_OK);
	}
	one = open_db("locks");
	two = open_db("locks");
	CHECK(one && two && put(one, "a", "1", 0) == YG_OK);
	(void)yg_control_free(two);
	CHECK(write(ready[1], "g", 1) == 1);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(access(path_of("locks-wal"), F_OK) == 0);
	CHECK(put(one, "a", "3", 1) == YG_OK);
	(void)yg_control_free(one);
	(void)close(ready[0]);
	(void)close(ready[1]);
	CHECK(access(path_of("locks-wal"), F_OK) != 0 && is_whole("locks"));
	one = open_db("locks");
	CHECK(one && strcmp(body_of(one, "a"), "@2=3;") == 0);
	CHECK(strcmp(body_of(one, "b"), "@1=2;") == 0);
	(void)yg_control_free(one);
	remove_store("locks");
}

/*
 * Power fails while the file is being made: half of it is there, and beside it the rollback journal
 * that says it was empty before. Made anew; but where nothing may be made, it is left as it is.
 */
static void a_making_that_was_cut_off_begins_again(void)
{
	static const char head[512] = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\xff\xff\xff\xff"
				      "nonc\0\0\0\0\0\0\x02\0\0\0\x10\0";
	static const char half[5000] = "SQLite for";
	struct yg_control *store = NULL;

	write_file("cut", (struct yg_bytes){(const uint8_t *)half, sizeof(half)});
	CHECK(refuses("cut", YG_EFORMAT)); /* without the journal it is anybody's file */
	write_file("cut-journal", (struct yg_bytes){(const uint8_t *)head, sizeof(head)});
	CHECK(yg_control_open_sqlite(path_of("cut"), false, &store) == YG_EFORMAT);
	store = open_db("cut");
	CHECK(store && put(store, "a", "1", 0) == YG_OK);
	(void)yg_control_free(store);
	CHECK(is_whole("cut"));
	remove_store("cut");
	/* A journal of a file that held something is none of that: the file is looked at first. */
	write_file("cut", (struct yg_bytes){(const uint8_t *)half, sizeof(half)});
	{
		char other[sizeof(head)];

		memcpy(other, head, sizeof(other));
		other[19] = 3;
		write_file("cut-journal", (struct yg_bytes){(const uint8_t *)other, sizeof(other)});
	}
	CHECK(refuses("cut", YG_EFORMAT));
	remove_store("cut");
}

static void opening_lives_without_memory(void)
{
	for (long at = 1;; at++) {
		struct yg_control *store = NULL;
		long left;
		int rc;

		yg_fail_at = at;
		rc = yg_control_open_sqlite(path_of("thin"), true, &store);
		left = yg_fail_at;
		yg_fail_at = 0;
		if (rc == YG_OK)
			CHECK(put(store, "a", "1", YG_REVISION_ANY) == YG_OK);
		(void)yg_control_free(store);
		CHECK(rc == YG_OK || is_ordered_failure(rc));
		if (left > 0)
			break;
	}
	CHECK(is_whole("thin"));
	remove_store("thin");
}

/* A store that only reads: of one moment in a view, and what it was to write is told. */
static void a_reader_sees_one_moment_and_writes_nothing(void)
{
	struct yg_control *store = open_db("read");
	struct yg_control *reader = NULL;
	struct yg_doc_put doc = put_of("a", "2", YG_REVISION_ANY);
	uint64_t change = 0;

	CHECK(yg_control_open_reader(path_of("none"), &reader) == YG_ENOENT);
	CHECK(store && put(store, "a", "1", YG_REVISION_ANY) == YG_OK);
	CHECK(yg_control_open_reader(path_of("read"), &reader) == YG_OK);
	CHECK(yg_control_begin(reader) == YG_OK);
	CHECK(strcmp(body_of(reader, "a"), "@1=1;") == 0);
	CHECK(put(store, "a", "2", YG_REVISION_ANY) == YG_OK);
	CHECK(strcmp(body_of(reader, "a"), "@1=1;") == 0); /* still */
	/* What a function does that would change something: as if there were no leave. */
	CHECK(yg_control_begin(reader) == YG_OK && !yg_control_was_refused(reader));
	CHECK(yg_control_put(reader, &doc, NULL) == YG_EACCES);
	CHECK(yg_control_purge(reader, &doc, false, NULL) == YG_EACCES);
	yg_control_abort(reader);
	CHECK(yg_control_was_refused(reader) && !yg_control_was_refused(reader));
	CHECK(yg_control_begin(reader) == YG_OK && yg_control_commit(reader) == YG_EINVAL);
	CHECK(strcmp(body_of(reader, "a"), "@1=1;") == 0);
	yg_control_abort(reader);
	CHECK(strcmp(body_of(reader, "a"), "@2=2;") == 0);
	CHECK(yg_control_put(reader, &doc, NULL) == YG_EACCES && yg_control_was_refused(reader));
	/* A view in which nothing is to be written ends well, whichever way. */
	CHECK(yg_control_begin(reader) == YG_OK && yg_control_begin(reader) == YG_OK);
	CHECK(yg_control_commit(reader) == YG_OK && yg_control_commit(reader) == YG_OK);
	CHECK(yg_control_last_change(reader, ORG, &change) == YG_OK && change == 2);
	CHECK(!yg_control_was_refused(store));
	reader = yg_control_free(reader);
	store = yg_control_free(store);
	remove_store("read");
}

static const struct check_case cases[] = {
	CASE(a_reader_sees_one_moment_and_writes_nothing),
	CASE(a_new_file_is_for_its_owner_only),
	CASE(what_was_removed_costs_a_listing_nothing),
	CASE(a_transaction_that_stays_open_is_rolled_back),
	CASE(what_many_hold_stands_once),
	CASE(what_was_queued_for_each_stands_once_after_a_while),
	CASE(a_portion_lives_without_memory),
	CASE(an_empty_file_is_filled),
	CASE(names_of_files_are_no_commands),
	CASE(others_files_stay_as_they_are),
	CASE(damage_inside_is_told),
	CASE(hostile_rows_are_refused),
	CASE(what_was_acknowledged_survives_a_kill),
	CASE(two_processes_write_at_once),
	CASE(many_create_at_once),
	CASE(who_waits_too_long_is_told),
	CASE(a_full_or_read_only_disk_is_told),
	CASE(closing_one_handle_keeps_the_locks_of_another),
	CASE(a_making_that_was_cut_off_begins_again),
	CASE(opening_lives_without_memory),
};

int main(void)
{
	size_t count = sizeof(cases) / sizeof(cases[0]);
	size_t failed = 0;

	make_folder();
	for (size_t i = 0; i < count; i++) {
		check_failed = 0;
		cases[i].run();
		if (check_failed)
			fprintf(stderr, "failed: %s\n", cases[i].name);
		failed += (size_t)check_failed;
	}
	(void)rmdir(folder);
	printf("%zu passed, %zu failed, %u skipped\n", count - failed - skipped, failed, skipped);
	return failed > 0;
}
