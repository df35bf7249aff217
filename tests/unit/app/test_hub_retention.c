/* SPDX-License-Identifier: Apache-2.0 */
/* What is too old goes, and nothing else: by organisation, kind and the journal's cursors. */
#define _GNU_SOURCE
#include "app/hub_retention.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "app/describe.h"
#include "app/hub_archive.h"
#include "archive/tree.h"
#include "archive/writer.h"
#include "base/io.h"

#include "store/facts.h"

#include "base/ban.h"

#define DAY   (INT64_C(86400) * YG_NS_PER_S)
#define START (YG_ARCHIVE_HOUR_NS * 490000) /* 2025-11-24 */
#define LINES YG_HUB_ARCHIVE_LINES

static const char *const names[] = {"archive"};
static char root[64];
static char archive_dir[96];
static char journal_dir[96];
static char facts_path[96];
static char batches_dir[96];
static int64_t now_ns;
static struct yg_control *store;
static struct yg_enrol *enrol;
static struct yg_journal *journal;
static struct yg_describer *describer;

static int64_t now(void *arg)
{
	(void)arg;
	return now_ns;
}

static void close_all(void)
{
	journal = yg_journal_free(journal);
	enrol = yg_enrol_free(enrol);
	store = yg_control_free(store);
	describer = yg_describer_free(describer);
}

static bool start(void)
{
	struct yg_journal_report report;
	struct yg_journal_options options = {.folder = journal_dir,
					     .consumers = names,
					     .consumer_count = 1,
					     .clock = {.now_ns = now}};

	close_all();
	(void)snprintf(root, sizeof(root), "%s/hub-retention-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(root))
		return false;
	(void)snprintf(journal_dir, sizeof(journal_dir), "%s/journal", root);
	(void)snprintf(archive_dir, sizeof(archive_dir), "%s/archive", root);
	(void)snprintf(facts_path, sizeof(facts_path), "%s/facts.db", root);
	(void)snprintf(batches_dir, sizeof(batches_dir), "%s/batches", root);
	now_ns = START;
	store = yg_control_new_ram();
	describer = yg_describer_new();
	return store && describer && mkdir(archive_dir, 0700) == 0 &&
	       yg_enrol_new(store, (struct yg_clock){.now_ns = now}, "test", &enrol) == YG_OK &&
	       yg_enrol_add_org(enrol, "acme", NULL) == YG_OK &&
	       yg_enrol_add_org(enrol, "rival", NULL) == YG_OK &&
	       yg_journal_open(&options, &journal, &report) == YG_OK &&
	       yg_journal_passed(journal, names[0], 0) == YG_OK;
}

/* A closed file of @org, @days before START, with a record of each of the formats. */
static bool put_file(const char *org, int days, const char *const formats[], uint64_t number)
{
	struct yg_archive_writer_opts opts = {archive_dir, org, yg_describe, describer};
	struct yg_archive_writer *w = yg_archive_writer_new(&opts);
	int rc = w ? YG_OK : YG_ENOMEM;

	for (unsigned i = 0; rc == YG_OK && formats[i]; i++) {
		char line[200];

		(void)snprintf(line, sizeof(line),
			       "{\"v\":1,\"format\":\"%s\",\"position\":1,\"raw\":\"x\","
			       "\"fields\":{\"user\":\"bob\"}}\n",
			       formats[i]);
		rc = yg_archive_append(w, yg_bytes_str(line), START - days * DAY,
				       number == 0 ? UINT64_MAX : number + i);
	}
	if (rc == YG_OK)
		rc = yg_archive_seal(w);
	(void)yg_archive_writer_free(w);
	return rc == YG_OK;
}

static const char *const web[] = {"access", NULL};
static const char *const firewall[] = {"fortigate", NULL};
static const char *const mixed[] = {"access", "fortigate", NULL};
static const char *const unknown[] = {"unknown", NULL};

static int count_one(void *arg, const struct yg_archive_entry *entry)
{
	(void)entry;
	++*(unsigned *)arg;
	return YG_OK;
}

static unsigned files(const char *org)
{
	unsigned count = 0;
	int rc = yg_archive_walk(archive_dir, org, count_one, &count);

	return rc == YG_OK || rc == YG_ENOENT ? count : 999;
}

static struct yg_hub_retention_counts run(void)
{
	struct yg_hub_retention_opts opts = {.archive_dir = archive_dir,
					     .facts_path = facts_path,
					     .batches_dir = batches_dir,
					     .journal = journal,
					     .clock = {.now_ns = now}};
	struct yg_hub_retention_counts counts = {0};

	if (yg_hub_retention_run(&opts, enrol, &counts) != YG_OK)
		counts.files = UINT64_MAX;
	return counts;
}

static void set(const char *org, enum yg_retention_kind kind, uint32_t months)
{
	struct yg_retention retention;

	CHECK(yg_retention_set(enrol, org, kind, months, &retention) == YG_OK);
}

static void a_year(void)
{
	struct yg_retention_done done;
	int64_t when;

	CHECK(start());
	CHECK(put_file("acme", 0, web, 0) && put_file("acme", 364, web, 0));
	CHECK(put_file("acme", 367, web, 0) && put_file("acme", 800, firewall, 0));
	CHECK(put_file("stray", 800, firewall, 0)); /* an organisation that nobody knows */
	CHECK(run().files == 3 && files("acme") == 2 && files("stray") == 0);
	CHECK(yg_retention_noted(enrol, "acme", &done, &when) == YG_OK && when == START);
	CHECK(done.files == 2 && done.records == 2 && done.bytes > 0);
	CHECK(done.oldest_ns == START - 800 * DAY && done.newest_ns == START - 367 * DAY);
	CHECK(run().files == 0);
	now_ns += 3 * DAY;
	CHECK(run().files == 1 && files("acme") == 1);
	close_all();
}

static bool put_day(const char *name)
{
	char path[160];
	FILE *file;
	bool is;

	(void)snprintf(path, sizeof(path), "%s/%s.jsonl", batches_dir, name);
	(void)mkdir(batches_dir, 0700); /* may be there */
	file = fopen(path, "w");
	is = file && fputs("{}\n", file) >= 0;
	return file && fclose(file) == 0 && is;
}

static bool has_day(const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s.jsonl", batches_dir, name);
	return access(path, F_OK) == 0;
}

/* What is remembered of batches stays as long as anybody keeps anything. START: 2025-11-24. */
static void batches_of_all(void)
{
	CHECK(start() && put_day("2024-11-20") && put_day("2024-12-20") && put_day("2020-01-01"));
	CHECK(put_day("2025-11-24"));
	set("rival", YG_RETENTION_AUTHENTICATION, 24);
	CHECK(run().batch_days == 1 && !has_day("2020-01-01") && has_day("2024-11-20"));
	set("rival", YG_RETENTION_AUTHENTICATION, 12);
	CHECK(run().batch_days == 1 && !has_day("2024-11-20") && has_day("2024-12-20"));
	/* The newest stays: it tells where to go on. */
	now_ns += 20 * DAY;
	CHECK(run().batch_days == 0);
	close_all();
}

/* Longer for one kind: what holds it stays whole; another organisation is not touched. */
static void by_kind(void)
{
	CHECK(start());
	set("acme", YG_RETENTION_ALL, 2);
	set("acme", YG_RETENTION_FIREWALL, 6);
	for (int days = 10; days <= 250; days += 120) { /* 10, 130, 250 */
		CHECK(put_file("acme", days, web, 0) && put_file("acme", days + 1, mixed, 0));
		CHECK(put_file("acme", days + 2, firewall, 0));
		CHECK(put_file("acme", days + 3, unknown, 0));
		CHECK(put_file("rival", days, web, 0));
	}
	/* Of 130 days web and unknown go, of 250 all. */
	CHECK(run().files == 6 && files("acme") == 6 && files("rival") == 3);
	set("acme", YG_RETENTION_OTHER, 1);
	CHECK(run().files == 0 && files("acme") == 6);
	close_all();
}

/* A damaged file may hold anything: it stays as long as anything does. */
static void damaged(void)
{
	char path[YG_ARCHIVE_PATH_MAX];

	CHECK(start());
	set("acme", YG_RETENTION_ALL, 2);
	set("acme", YG_RETENTION_PROXY, 9);
	CHECK(put_file("acme", 100, web, 0) && put_file("acme", 300, web, 0));
	CHECK(yg_archive_path(archive_dir, "acme", START - 100 * DAY, 0, YG_ARCHIVE_CLOSED, path));
	CHECK(truncate(path, 50) == 0);
	CHECK(run().files == 1 && files("acme") == 1 && access(path, F_OK) == 0);
	now_ns += 25 * DAY;
	CHECK(run().files == 0);
	now_ns += 30 * DAY;
	now_ns += 30 * DAY;
	CHECK(run().is_waiting); /* two months without a run */
	now_ns += DAY;
	CHECK(run().files == 0 && files("acme") == 1);
	for (unsigned i = 0; i < 5; i++, now_ns += 25 * DAY)
		CHECK(!run().is_waiting);
	CHECK(files("acme") == 0);
	close_all();
}

static bool append(uint64_t sequence, uint64_t *ret_position)
{
	struct yg_journal_batch batch = {.kind = YG_JOURNAL_BATCH,
					 .sensor = YG_S("acme/s"),
					 .epoch = 1,
					 .sequence = sequence,
					 .digest = {(uint8_t)sequence},
					 .body = YG_S("x")};
	struct yg_journal_result result;

	if (yg_journal_append(journal, &batch, &result) != YG_OK)
		return false;
	*ret_position = result.position;
	return yg_journal_sync(journal) == YG_OK;
}

/* What a consumer has not passed stays; what this journal never had does not count. */
static void still_needed(void)
{
	uint64_t first = 0, second = 0;

	CHECK(start());
	CHECK(append(1, &first) && append(2, &second) && second > first);
	CHECK(put_file("acme", 500, web, first * LINES));
	CHECK(put_file("acme", 501, web, second * LINES));
	CHECK(put_file("acme", 502, web, 1000 * LINES));
	CHECK(run().files == 1 && files("acme") == 2);
	CHECK(run().kept == 2);
	CHECK(yg_journal_passed(journal, names[0], first) == YG_OK);
	CHECK(run().files == 1 && files("acme") == 1);
	CHECK(yg_journal_passed(journal, names[0], second) == YG_OK);
	CHECK(run().files == 1 && files("acme") == 0);
	close_all();
}

static int put_finding(struct yg_facts *facts, const char *org, int64_t days)
{
	struct yg_fact_finding f = {.org = yg_bytes_str(org),
				    .sensor = YG_S("s"),
				    .rule = YG_S("r"),
				    .count = 1,
				    .minute_ns = yg_fact_minute(START - days * DAY),
				    .received_ns = START - days * DAY};

	yg_fact_finding_id(f.org, f.sensor, f.rule, f.source, f.minute_ns, f.id);
	return yg_facts_add(facts, &f, NULL);
}

static int add_one(void *arg, const struct yg_fact_finding *f)
{
	(void)f;
	(*(unsigned *)arg)++;
	return YG_OK;
}

static unsigned findings(struct yg_facts *facts, const char *name)
{
	const struct yg_bytes org = yg_bytes_str(name);
	const struct yg_fact_filter filter = {.orgs = &org, .org_count = 1, .limit = 1000};
	unsigned count = 0;

	return yg_facts_list(facts, &filter, add_one, &count) == YG_OK ? count : 999;
}

/* They go with the last of the records that could be theirs. */
static void findings_too(void)
{
	struct yg_facts *facts = NULL;

	CHECK(start());
	CHECK(run().findings == 0); /* none were ever kept */
	set("rival", YG_RETENTION_ALL, 3);
	set("rival", YG_RETENTION_WEB, 24);
	CHECK(yg_facts_open_sqlite(facts_path, true, &facts) == YG_OK);
	CHECK(yg_facts_begin(facts, "detect", 0) == YG_OK);
	CHECK(put_finding(facts, "acme", 1) == YG_OK && put_finding(facts, "acme", 400) == YG_OK);
	CHECK(put_finding(facts, "rival", 400) == YG_OK);
	CHECK(put_finding(facts, "rival", 800) == YG_OK);
	CHECK(yg_facts_commit(facts, 1, NULL) == YG_OK);
	CHECK(run().findings == 2 && findings(facts, "acme") == 1 && findings(facts, "rival") == 1);
	CHECK(run().findings == 0);
	facts = yg_facts_free(facts);
	close_all();
}

static const struct check_case cases[] = {
	CASE(a_year),  CASE(batches_of_all), CASE(findings_too),
	CASE(by_kind), CASE(damaged),	     CASE(still_needed),
};
CHECK_MAIN(cases)
