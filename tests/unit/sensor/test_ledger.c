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

static bool reopen(void)
{
	struct yg_ledger_line line = {
		.kind = YG_LEDGER_ENROLLED, .sensor = "s", .organisation = "o"};
	const char *reason;

	spool = yg_spool_free(spool);
	yg_sign_public(seed, key);
	memcpy(line.key, key, sizeof(key));
	(void)snprintf(line.hub, sizeof(line.hub), "https://h");
	return yg_spool_open(spool_path, 1u << 30, &spool, &reason) == YG_OK &&
	       yg_spool_attach(spool, ledger_path, now, &attached) == YG_OK &&
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
	};
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_spool_free(spool);
	yg_buf_done(&out);
	return rc;
}
