/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a ledger, and what the spool does with them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "sensor/ledger.h"
#include "sensor/policy.h"
#include "sensor/spool-int.h"

#include "base/ban.h"

#define NOW (INT64_C(1700000000) * YG_NS_PER_S)

static const uint8_t seed[YG_SIGN_SEED_BYTES] = {4};
static uint8_t key[YG_SIGN_PUBLIC_BYTES];
static char home[64];
static char spool_path[96];
static char ledger_path[96];
static struct yg_spool *spool;
static struct yg_spool_attached attached;
static struct yg_buf out;
static int64_t now = NOW;
static uint64_t spool_max = 1u << 30;
static uint64_t ledger_max; /* 0: none is set */

static bool reopen(void)
{
	struct yg_ledger_line line = {
		.kind = YG_LEDGER_ENROLLED, .sensor = "s", .organisation = "o"};
	const char *reason;

	spool = yg_spool_free(spool);
	yg_sign_public(seed, key);
	memcpy(line.key, key, sizeof(key));
	(void)snprintf(line.hub, sizeof(line.hub), "https://h");
	if (yg_spool_open(spool_path, spool_max, &spool, &reason) != YG_OK)
		return false;
	if (ledger_max > 0)
		yg_spool_bound_ledger(spool, ledger_max);
	return yg_spool_attach(spool, ledger_path, now, &attached) == YG_OK &&
	       yg_spool_note(spool, &line, YG_S(""), now) == YG_OK;
}

static bool start(void)
{
	spool = yg_spool_free(spool);
	yg_buf_done(&out);
	yg_buf_init(&out, 8u << 20);
	(void)snprintf(home, sizeof(home), "%s/ledger-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(home))
		return false;
	(void)snprintf(spool_path, sizeof(spool_path), "%s/spool", home);
	(void)snprintf(ledger_path, sizeof(ledger_path), "%s/ledger", home);
	return reopen();
}

static int commit(unsigned n)
{
	struct yg_wire_batch batch = {.first_ns = NOW, .last_ns = NOW};
	struct yg_buf packed;
	char content[64];
	int rc;

	yg_buf_init(&packed, 4096);
	(void)snprintf(content, sizeof(content), "{\"v\":1,\"n\":%u}\n", n);
	rc = yg_wire_pack(yg_bytes_str(content), &batch, &packed);
	if (rc == YG_OK)
		rc = yg_spool_commit_listed(spool, &batch, yg_buf_bytes(&packed), YG_S("{}"),
					    YG_S(",\"formats\":{\"syslog\":1}"), now);
	yg_buf_done(&packed);
	return rc;
}

/* Send the next one; the hub countersigns with @with. */
static bool send(const uint8_t with[YG_SIGN_SEED_BYTES], bool *ret_is_foreign)
{
	struct yg_wire_receipt receipt = {0};
	struct yg_wire_fault fault;
	struct yg_wire_batch batch;
	struct yg_spool_item item;

	if (yg_spool_next(spool, "s", now, &item, &out) != YG_OK || item.kind != YG_SPOOL_BATCH ||
	    yg_wire_batch_read(yg_buf_bytes(&out), &batch, &fault) != YG_OK || !batch.has_ledger)
		return false;
	receipt.epoch = item.epoch;
	receipt.sequence = item.sequence;
	receipt.time_ns = now;
	yg_ledger_sign(&receipt, &batch, with);
	return yg_spool_ack_signed(spool, &item, &receipt, key, now, ret_is_foreign) == YG_OK;
}

static struct yg_ledger_verdict verdict;

/* The verdict, with what the spool knows. */
static enum yg_ledger_fault check(void)
{
	struct yg_ledger_known known = {.key = key};

	known.has_head = yg_spool_peek_ledger(spool_path, &known.n, known.hash) == YG_OK;
	if (!known.has_head || yg_ledger_check(ledger_path, &known, NULL, NULL, &verdict) != YG_OK)
		return YG_LEDGER_TWICE;
	return verdict.fault;
}

static bool edit(const char *how)
{
	char command[300];

	(void)snprintf(command, sizeof(command), "sed -i '%s' %s/0000000000000001.jsonl", how,
		       ledger_path);
	return system(command) == 0;
}

static void one_line_each(void)
{
	bool is_foreign;

	CHECK(start());
	for (unsigned i = 1; i <= 5; i++)
		CHECK(commit(i) == YG_OK);
	CHECK(check() == YG_LEDGER_WHOLE);
	CHECK(verdict.entries == 6 && verdict.batches == 5 && verdict.waiting == 5);
	CHECK(send(seed, &is_foreign) && !is_foreign);
	CHECK(send(seed, &is_foreign)); /* too soon for a line of its own */
	CHECK(check() == YG_LEDGER_WHOLE && verdict.receipts == 1 && verdict.waiting == 4);
	now += 11 * YG_NS_PER_S;
	yg_spool_settle_receipt(spool, now, false);
	CHECK(check() == YG_LEDGER_WHOLE && verdict.receipts == 2 && verdict.waiting == 3);
	CHECK(reopen() && !attached.is_damaged && !attached.is_repaired);
	CHECK(check() == YG_LEDGER_WHOLE && verdict.entries == 8);
	CHECK(commit(6) == YG_OK && check() == YG_LEDGER_WHOLE && verdict.batches == 6);
}

static void foreign_signature(void)
{
	static const uint8_t other[YG_SIGN_SEED_BYTES] = {5};
	bool is_foreign;

	CHECK(start() && commit(1) == YG_OK && send(other, &is_foreign) && is_foreign);
	/* It is acknowledged, but nobody signed for it. */
	CHECK(check() == YG_LEDGER_WHOLE && verdict.receipts == 1);
	CHECK(verdict.unsigned_receipts == 1 && yg_spool_state(spool).waiting == 0);
}

static void epochs_and_drops(void)
{
	struct yg_spool_item item;
	bool is_foreign;

	CHECK(start() && commit(1) == YG_OK && commit(2) == YG_OK && commit(3) == YG_OK);
	CHECK(send(seed, &is_foreign));
	CHECK(yg_spool_new_epoch(spool, 4, now) == YG_OK);
	CHECK(yg_spool_next(spool, "s", now, &item, &out) == YG_OK && item.epoch == 4);
	CHECK(yg_spool_give_up(spool, &item, "bad-record", now) == YG_OK);
	CHECK(yg_spool_next(spool, "s", now, &item, &out) == YG_OK && item.kind == YG_SPOOL_DROP);
	CHECK(yg_spool_ack(spool, &item) == YG_OK);
	now += 11 * YG_NS_PER_S;
	CHECK(send(seed, &is_foreign) && commit(4) == YG_OK);
	CHECK(check() == YG_LEDGER_WHOLE && verdict.drops == 1 && verdict.dropped == 1);
	CHECK(reopen() && check() == YG_LEDGER_WHOLE && verdict.receipts == 2);
}

static void end_put_right(void)
{
	CHECK(start() && commit(1) == YG_OK && commit(2) == YG_OK);
	spool = yg_spool_free(spool);
	CHECK(edit("$d") && check() == YG_LEDGER_CUT && verdict.n == 3);
	CHECK(reopen() && attached.is_repaired && !attached.is_damaged);
	CHECK(check() == YG_LEDGER_WHOLE && verdict.batches == 2);
	spool = yg_spool_free(spool);
	CHECK(edit("2s/\"records\":1/\"records\":2/"));
	/* What the last state saw on the disk is not put right in silence. */
	CHECK(reopen() && commit(3) == YG_OK);
	CHECK(check() == YG_LEDGER_CHANGED && verdict.n == 2);
}

static void damaged(void)
{
	CHECK(start() && commit(1) == YG_OK && reopen() && commit(2) == YG_OK);
	spool = yg_spool_free(spool);
	CHECK(edit("1,$d"));
	CHECK(reopen() && attached.is_damaged);
	CHECK(commit(3) == YG_OK);
	CHECK(check() == YG_LEDGER_MISSING && verdict.n == 1 && verdict.other == 2);
}

static void another_spool(void)
{
	char command[160];

	CHECK(start() && commit(1) == YG_OK && commit(2) == YG_OK);
	spool = yg_spool_free(spool);
	(void)snprintf(command, sizeof(command), "rm -r %s", spool_path);
	CHECK(system(command) == 0 && reopen() && !attached.is_damaged);
	CHECK(commit(1) == YG_OK);
	CHECK(check() == YG_LEDGER_WHOLE && verdict.batches == 3);
}

static void policies_are_noted_once(void)
{
	struct yg_ledger_line line = {.kind = YG_LEDGER_POLICY};

	CHECK(start());
	line.digest[0] = 1;
	for (int i = 0; i < 3; i++)
		CHECK(yg_spool_note(spool, &line, YG_S(",\"policy\":{}"), now) == YG_OK);
	CHECK(reopen() && yg_spool_note(spool, &line, YG_S(",\"policy\":{}"), now) == YG_OK);
	CHECK(check() == YG_LEDGER_WHOLE && verdict.entries == 2);
	line.digest[0] = 2;
	CHECK(yg_spool_note(spool, &line, YG_S(",\"policy\":{}"), now) == YG_OK);
	CHECK(check() == YG_LEDGER_WHOLE && verdict.entries == 3);
}

static void payloads(void)
{
	struct yg_wire_batch batch;
	struct yg_buf content;

	CHECK(start() && commit(1) == YG_OK && commit(2) == YG_OK);
	yg_buf_init(&content, YG_WIRE_CONTENT_MAX);
	CHECK(yg_spool_peek_batch(spool_path, 2, &batch, &content) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&content), "{\"v\":1,\"n\":2}\n");
	CHECK(yg_spool_peek_batch(spool_path, 3, &batch, &content) == YG_EEND);
	CHECK(yg_spool_peek_batch("/nonexistent", 1, &batch, &content) == YG_ENOENT);
	yg_buf_done(&content);
}

/* Any call that fails once: what was acknowledged is there, and the ledger is whole in the end. */
static void failing_disk(void)
{
	unsigned done = 0;

	CHECK(start());
	for (long n = 1; n < 30; n++) {
		int rc;

		yg_fail_at = n;
		rc = commit(done + 1);
		yg_fail_at = 0;
		if (rc == YG_OK)
			done++;
		if (n % 7 == 0)
			CHECK(reopen());
	}
	CHECK(reopen() && !attached.is_damaged);
	CHECK(commit(done + 1) == YG_OK);
	CHECK(check() == YG_LEDGER_WHOLE && verdict.batches == done + 1);
}

/* ---- the policy's file ---- */

static void policy_files(void)
{
	struct yg_policy *policy = yg_malloc(sizeof(*policy));
	struct yg_line_fault fault;

	CHECK(policy);
	CHECK(yg_policy_read(YG_S("version: 1\n"), policy, &fault) == YG_OK);
	CHECK(policy->raw && policy->field_count > 0 && policy->source_count == 0);
	CHECK(yg_policy_read(
		      YG_S("version: 1\nraw: no\nsources:\n- {kind: squid, leave: yes}\n"
			   "- name: '*/dhcp*'\n  secrecy: none\nfields:\n"
			   "- {field: cs-cookie, mask: keep}\nsecrecy:\n  proxy:\n    on: yes\n"
			   "    decided_by: A\n    decided_on: 2026/4/1\n    basis: consent\n"),
		      policy, &fault) == YG_OK);
	CHECK(!policy->raw && policy->source_count == 2 && policy->sources[1].has_class);
	CHECK(policy->secrecy[YG_POLICY_PROXY].is_on &&
	      strcmp(policy->secrecy[YG_POLICY_PROXY].on, "2026-04-01") == 0);
	/* What is written comes before what is built in. */
	CHECK(yg_policy_mask_of(policy, NULL, YG_S("cs-cookie"), YG_S("access")) == YG_POLICY_KEEP);
	CHECK(yg_policy_read(
		      YG_S("version: 1\nsecrecy:\n  mail:\n    on: yes\n    basis: consent\n"),
		      policy, &fault) == YG_EFORMAT);
	CHECK(fault.line == 3);
	/* Off needs no words. */
	CHECK(yg_policy_read(YG_S("version: 1\nsecrecy:\n  mail: {on: no}\n"), policy, &fault) ==
	      YG_OK);
	free(policy);
}

/* ---- the bound ---- */

#define BOUND (UINT64_C(64) << 10)

static glob_t found;

static size_t count_files(void)
{
	char pattern[128];

	(void)snprintf(pattern, sizeof(pattern), "%s/*.jsonl", ledger_path);
	globfree(&found);
	return glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
}

static bool run_on(size_t i, const char *command)
{
	char line[400];

	(void)snprintf(line, sizeof(line), "f=%s; d=%s; %s", found.gl_pathv[i], home, command);
	return system(line) == 0;
}

/* Batches that the hub has, until the ledger is longer than its bound by some files. */
static bool live(unsigned from, unsigned count)
{
	bool is_foreign;

	for (unsigned i = from; i < from + count; i++) {
		now += 11 * YG_NS_PER_S;
		if (commit(i) != YG_OK || !send(seed, &is_foreign))
			return false;
		yg_spool_settle_receipt(spool, now, false);
	}
	return true;
}

static bool start_bounded(void)
{
	bool is;

	spool_max = YG_SPOOL_BYTES_MIN;
	ledger_max = BOUND;
	is = start() && live(1, 150) && count_files() > 10;
	spool_max = 1u << 30;
	return is;
}

/* All that is to be cut; files that went. */
static size_t cut_all(int *ret_rc)
{
	size_t before = count_files();
	uint64_t first = 1;

	while ((*ret_rc = yg_spool_cut_ledger(spool, now, &first)) == YG_OK && first > 0)
		;
	return before - count_files();
}

static void cut_by_its_bound(void)
{
	struct yg_ledger_known nothing = {.key = key};
	struct yg_ledger_line cut;
	uint64_t begins;
	int rc;

	CHECK(start_bounded() && check() == YG_LEDGER_WHOLE && verdict.begins == 1);
	CHECK(verdict.cut.n == 0 && verdict.batches == 150);
	CHECK(cut_all(&rc) > 2 && rc == YG_OK);
	CHECK(check() == YG_LEDGER_WHOLE && verdict.begins > 1);
	/* What went is in its sums, and its key still holds. */
	CHECK(verdict.batches == 150 && verdict.records == 150 && verdict.waiting == 0);
	CHECK(verdict.cut.bound == BOUND && verdict.cut.batches > 20 && verdict.cut.has_key);
	CHECK(verdict.cut.first == verdict.begins && verdict.cut.batches < 150);
	CHECK(yg_ledger_find_cut(ledger_path, &begins, &cut, NULL) == YG_OK);
	CHECK(begins == verdict.begins && cut.n == verdict.cut.n);
	/* It goes on, also behind a new start, and is cut again. */
	ledger_max = BOUND;
	CHECK(reopen() && !attached.is_damaged && live(151, 60));
	CHECK(check() == YG_LEDGER_WHOLE && verdict.batches == 210 && verdict.begins == begins);
	CHECK(cut_all(&rc) > 0 && rc == YG_OK && check() == YG_LEDGER_WHOLE);
	CHECK(verdict.begins > begins && verdict.batches == 210);
	/* Another key is still seen. */
	nothing.key = seed;
	CHECK(yg_ledger_check(ledger_path, &nothing, NULL, NULL, &verdict) == YG_OK);
	CHECK(verdict.fault == YG_LEDGER_KEY || verdict.fault == YG_LEDGER_SIGNATURE);
	ledger_max = 0;
}

/* Killed between the entry and any of the files: what is still there is no fault, and goes then. */
static void cut_in_the_midst(void)
{
	int rc;

	CHECK(start_bounded() && run_on(0, "cp -r $d/ledger $d/whole"));
	CHECK(cut_all(&rc) > 2 && rc == YG_OK && check() == YG_LEDGER_WHOLE);
	/* One of the files that went is there again. */
	CHECK(run_on(
		0,
		"p=$(ls $d/whole | sed -n \"/$(basename $f)/{x;p};h\"); cp $d/whole/$p $d/ledger"));
	CHECK(check() == YG_LEDGER_WHOLE && verdict.begins < verdict.cut.first);
	CHECK(verdict.batches == 150);
	/* All of them are. */
	CHECK(run_on(0, "for w in $d/whole/*; do "
			"[ -e $d/ledger/$(basename $w) ] || cp $w $d/ledger; done"));
	CHECK(check() == YG_LEDGER_WHOLE && verdict.begins == 1 && verdict.batches == 150);
	CHECK(cut_all(&rc) > 2 && rc == YG_OK && check() == YG_LEDGER_WHOLE);
	CHECK(verdict.begins > 1);
	ledger_max = 0;
}

/* What no setting let go is missing, as ever. */
static void cut_by_somebody(void)
{
	uint64_t begins;
	int rc;

	CHECK(start_bounded() && count_files() > 10);
	/* The front, without an entry that says so. */
	CHECK(run_on(0, "rm $f") && check() == YG_LEDGER_MISSING && verdict.n == 1);
	CHECK(start_bounded() && cut_all(&rc) > 2 && check() == YG_LEDGER_WHOLE);
	begins = verdict.begins;
	/* More than the entry says. */
	CHECK(run_on(0, "rm $f") && check() == YG_LEDGER_MISSING);
	CHECK(verdict.n == 1 && verdict.other >= begins);
	/* An entry that says more than it did. */
	CHECK(start_bounded() && cut_all(&rc) > 2 && count_files() > 0);
	CHECK(run_on(0, "sed -i 's/\"kind\":\"cut\",\"first\":[0-9]*/"
			"\"kind\":\"cut\",\"first\":99/' $d/ledger/*.jsonl"));
	CHECK(check() != YG_LEDGER_WHOLE);
	/* Another digest of what went. */
	CHECK(start_bounded() && cut_all(&rc) > 2);
	CHECK(run_on(0, "sed -i 's/\"before\":\"..../\"before\":\"0000/' $d/ledger/*.jsonl"));
	CHECK(check() == YG_LEDGER_CHANGED);
	ledger_max = 0;
}

/* What is not whole is evidence: nothing of it goes. */
static void not_whole_is_not_cut(void)
{
	size_t files;
	int rc;

	CHECK(start_bounded() && (files = count_files()) > 10);
	CHECK(run_on(1, "sed -i '0,/\"records\":1/s//\"records\":2/' $f"));
	CHECK(check() == YG_LEDGER_CHANGED);
	CHECK(cut_all(&rc) == 0 && rc == YG_EFORMAT && count_files() == files);
	ledger_max = 0;
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(one_line_each),
		CASE(foreign_signature),
		CASE(epochs_and_drops),
		CASE(end_put_right),
		CASE(damaged),
		CASE(another_spool),
		CASE(policies_are_noted_once),
		CASE(payloads),
		CASE(failing_disk),
		CASE(policy_files),
		CASE(cut_by_its_bound),
		CASE(cut_in_the_midst),
		CASE(cut_by_somebody),
		CASE(not_whole_is_not_cut),
	};
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_spool_free(spool);
	yg_buf_done(&out);
	return rc;
}
