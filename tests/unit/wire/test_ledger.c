/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ledger.h"

#include "../check.h"
#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define NOW   (INT64_C(1700000000) * YG_NS_PER_S)
#define LINES 12u

static const uint8_t seed[YG_SIGN_SEED_BYTES] = {9};
static struct yg_buf texts[LINES]; /* a small ledger */
static struct yg_ledger_line lines[LINES];

static bool add(unsigned i, struct yg_ledger_line *line, const char *more)
{
	line->n = i + 1;
	line->time_ns = NOW;
	if (i > 0)
		memcpy(line->prev, lines[i - 1].hash, sizeof(line->prev));
	yg_buf_init(&texts[i], YG_LEDGER_LINE_MAX);
	lines[i] = *line;
	return yg_ledger_line_write(&lines[i], yg_bytes_str(more), &texts[i]) == YG_OK;
}

static struct yg_ledger_line batch(uint64_t number, uint64_t epoch, uint64_t sequence)
{
	struct yg_ledger_line line = {.kind = YG_LEDGER_BATCH,
				      .number = number,
				      .epoch = epoch,
				      .sequence = sequence,
				      .size = 10,
				      .count = 2,
				      .first_ns = NOW,
				      .last_ns = YG_TIME_NONE};

	memset(line.digest, (int)number, sizeof(line.digest));
	memset(line.policy, 5, sizeof(line.policy));
	return line;
}

static struct yg_ledger_line receipt(unsigned of)
{
	struct yg_ledger_line line = {.kind = YG_LEDGER_RECEIPT,
				      .number = lines[of].number,
				      .epoch = lines[of].epoch,
				      .sequence = lines[of].sequence,
				      .hub_ns = NOW,
				      .is_signed = true};
	struct yg_wire_receipt given = {
		.epoch = line.epoch, .sequence = line.sequence, .time_ns = NOW};
	struct yg_wire_batch about = {.sensor = "s-1", .has_ledger = true};

	memcpy(line.digest, lines[of].digest, sizeof(line.digest));
	memcpy(line.line, lines[of].hash, sizeof(line.line));
	memcpy(about.digest, line.digest, sizeof(line.digest));
	memcpy(about.ledger, line.line, sizeof(line.line));
	yg_ledger_sign(&given, &about, seed);
	memcpy(line.signature, given.signature, sizeof(line.signature));
	return line;
}

/* enrolled, policy, 3 batches, a receipt, a drop, an epoch, 2 batches, a receipt, a spool. */
static bool make(void)
{
	struct yg_ledger_line enrolled = {.kind = YG_LEDGER_ENROLLED,
					  .sensor = "s-1",
					  .organisation = "acme",
					  .hub = "https://h\"ub:1"};
	struct yg_ledger_line policy = {.kind = YG_LEDGER_POLICY};
	struct yg_ledger_line drop = {
		.kind = YG_LEDGER_DROP, .number = 3, .last = 3, .count = 2, .reason = "spool-full"};
	struct yg_ledger_line epoch = {.kind = YG_LEDGER_EPOCH, .number = 3, .epoch = 2};
	struct yg_ledger_line spool = {.kind = YG_LEDGER_SPOOL, .number = 0};
	struct yg_ledger_line line;
	bool is = true;

	yg_sign_public(seed, enrolled.key);
	is = is && add(0, &enrolled, "") && add(1, &policy, ",\"policy\":{}");
	for (unsigned i = 2; i < 5; i++) {
		line = batch(i - 1, 1, i - 1);
		is = is && add(i, &line, ",\"formats\":{\"syslog\":2}");
	}
	line = receipt(3);
	is = is && add(5, &line, "") && add(6, &drop, "") && add(7, &epoch, "");
	line = batch(4, 2, 1);
	is = is && add(8, &line, "");
	line = batch(5, 2, 2);
	is = is && add(9, &line, "");
	line = receipt(9);
	return is && add(10, &line, "") && add(11, &spool, "");
}

static void done(void)
{
	for (unsigned i = 0; i < LINES; i++)
		yg_buf_done(&texts[i]);
}

static void lines_come_back(void)
{
	struct yg_wire_fault fault;
	struct yg_ledger_line got;

	CHECK(make());
	for (unsigned i = 0; i < LINES; i++) {
		CHECK(yg_ledger_line_read(yg_buf_bytes(&texts[i]), &got, &fault) == YG_OK);
		CHECK(got.n == i + 1 && got.kind == lines[i].kind && got.time_ns == NOW);
		CHECK(memcmp(got.hash, lines[i].hash, sizeof(got.hash)) == 0);
		CHECK(memcmp(got.prev, lines[i].prev, sizeof(got.prev)) == 0);
		CHECK(got.number == lines[i].number && got.epoch == lines[i].epoch);
		CHECK(got.sequence == lines[i].sequence && got.count == lines[i].count);
		CHECK(memcmp(got.digest, lines[i].digest, sizeof(got.digest)) == 0);
		CHECK(memcmp(got.policy, lines[i].policy, sizeof(got.policy)) == 0);
		CHECK(memcmp(got.signature, lines[i].signature, sizeof(got.signature)) == 0);
		CHECK(strcmp(got.hub, lines[i].hub) == 0 &&
		      strcmp(got.reason, lines[i].reason) == 0);
	}
	done();
}

static void digests_are_of_the_line(void)
{
	uint8_t digest[YG_SHA256_BYTES];

	CHECK(make());
	yg_sha256(yg_buf_bytes(&texts[4]), digest);
	CHECK(memcmp(digest, lines[5].prev, sizeof(digest)) == 0);
	done();
}

static void refused_lines(void)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[1]",
		"{\"v\":1,\"n\":1,\"kind\":\"batch\",\"prev\":\"00\"}",
		"{\"v\":2,\"n\":1,\"kind\":\"spool\",\"after\":0,\"prev\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\"}",
		"{\"v\":1,\"n\":1,\"kind\":\"other\",\"after\":0,\"prev\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\"}",
		"{\"v\":1,\"n\":0,\"kind\":\"spool\",\"after\":0,\"prev\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\"}",
		"{\"v\":1,\"n\":1,\"kind\":\"spool\",\"after\":-1,\"prev\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\"}",
		"{\"v\":1,\"n\":1,\"kind\":\"drop\",\"first\":2,\"last\":1,\"records\":1,"
		"\"reason\":\"\",\"prev\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\"}",
	};
	struct yg_wire_fault fault;
	struct yg_ledger_line got;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(yg_ledger_line_read(yg_bytes_str(bad[i]), &got, &fault) == YG_EFORMAT);
}

/* Walk lines 0 to @count - 1; what came of it. */
static int walk(unsigned count, struct yg_ledger_walk *w, enum yg_ledger_fault *what,
		uint64_t *other)
{
	int rc = YG_OK;

	yg_ledger_walk_start(w, NULL);
	for (unsigned i = 0; i < count && rc == YG_OK; i++)
		rc = yg_ledger_walk_step(w, &lines[i], what, other);
	return rc;
}

static void whole_walk(void)
{
	struct yg_ledger_walk w;
	enum yg_ledger_fault what;
	uint64_t other;

	CHECK(make());
	CHECK(walk(LINES, &w, &what, &other) == YG_OK);
	CHECK(w.n == LINES && w.batches == 5 && w.records == 10 && w.receipts == 2);
	CHECK(w.drops == 1 && w.dropped == 2 && w.receipt_n == 11);
	yg_ledger_walk_done(&w);
	CHECK(walk(9, &w, &what, &other) == YG_OK);
	CHECK(w.open_count == 2 && w.receipted == 2); /* 3 and 4 wait */
	yg_ledger_walk_done(&w);
	done();
}

/* Line @at replaced, with all digests behind made anew. */
static int walk_changed(unsigned at, struct yg_ledger_line changed, enum yg_ledger_fault *what,
			uint64_t *other)
{
	struct yg_ledger_walk w;
	int rc;

	for (unsigned i = at; i < LINES; i++) {
		struct yg_ledger_line line = i == at ? changed : lines[i];

		yg_buf_done(&texts[i]);
		if (!add(i, &line, ""))
			return YG_ENOMEM;
	}
	rc = walk(LINES, &w, what, other);
	yg_ledger_walk_done(&w);
	done();
	return rc;
}

/* A walk that begins in the midst, as a cut says how it stood there, ends as one from the front. */
static void resumed_walk(void)
{
	CHECK(make());
	for (unsigned from = 1; from < LINES; from++) {
		struct yg_ledger_line cut = {.kind = YG_LEDGER_SHORTENED, .n = LINES + 1};
		struct yg_ledger_line got;
		struct yg_ledger_walk walk;
		struct yg_wire_fault fault;
		enum yg_ledger_fault what;
		struct yg_buf text;
		uint64_t other;

		yg_ledger_walk_start(&walk, NULL);
		for (unsigned i = 0; i < from; i++)
			CHECK(yg_ledger_walk_step(&walk, &lines[i], &what, &other) == YG_OK);
		cut.first = from + 1;
		memcpy(cut.before, walk.hash, sizeof(cut.before));
		cut.number = walk.number;
		cut.epoch = walk.epoch;
		cut.base = walk.base;
		cut.receipted = walk.receipted;
		cut.batches = walk.batches;
		cut.records = walk.records;
		cut.bound = 7;
		cut.has_key = true;
		memcpy(cut.sensor, walk.sensor, sizeof(cut.sensor));
		memcpy(cut.organisation, walk.organisation, sizeof(cut.organisation));
		memcpy(cut.key, walk.entered, sizeof(cut.key));
		yg_ledger_walk_done(&walk);
		yg_buf_init(&text, YG_LEDGER_LINE_MAX);
		CHECK(yg_ledger_line_write(&cut, YG_S(",\"policy\":{}"), &text) == YG_OK);
		CHECK(yg_ledger_line_read(yg_buf_bytes(&text), &got, &fault) == YG_OK);
		CHECK(got.kind == YG_LEDGER_SHORTENED && got.first == cut.first && got.bound == 7);
		yg_ledger_walk_start(&walk, NULL);
		yg_ledger_walk_resume(&walk, &got);
		for (unsigned i = from; i < LINES; i++)
			CHECK(yg_ledger_walk_step(&walk, &lines[i], &what, &other) == YG_OK);
		CHECK(walk.n == LINES && walk.batches == 5 && walk.epoch == 0 && walk.number == 0);
		yg_ledger_walk_done(&walk);
		/* One that speaks of what comes behind it, or counts less than nothing. */
		cut.n = from;
		yg_buf_reset(&text);
		CHECK(yg_ledger_line_write(&cut, YG_S(""), &text) == YG_OK);
		CHECK(yg_ledger_line_read(yg_buf_bytes(&text), &got, &fault) == YG_EFORMAT);
		yg_buf_done(&text);
	}
	done();
}

static void said_wrongly(void)
{
	enum yg_ledger_fault what;
	struct yg_ledger_line line;
	uint64_t other;

	CHECK(make());
	line = lines[3];
	line.count = 1; /* one record less than the hub signed for */
	CHECK(walk_changed(3, line, &what, &other) == YG_EDIGEST);
	CHECK(what == YG_LEDGER_OTHER && other == 4);
	CHECK(make());
	line = lines[5];
	line.signature[3] ^= 1;
	CHECK(walk_changed(5, line, &what, &other) == YG_EDIGEST && what == YG_LEDGER_SIGNATURE);
	CHECK(make());
	line = lines[5];
	line.hub_ns += YG_NS_PER_S;
	CHECK(walk_changed(5, line, &what, &other) == YG_EDIGEST && what == YG_LEDGER_SIGNATURE);
	CHECK(make());
	line = lines[0];
	line.key[0] ^= 1;
	CHECK(walk_changed(0, line, &what, &other) == YG_EDIGEST && what == YG_LEDGER_SIGNATURE);
	CHECK(make());
	line = lines[4];
	line.number = 4;
	CHECK(walk_changed(4, line, &what, &other) == YG_EDIGEST && what == YG_LEDGER_NUMBER);
	CHECK(make());
	line = lines[4];
	line.sequence = 7;
	CHECK(walk_changed(4, line, &what, &other) == YG_EDIGEST && what == YG_LEDGER_TWICE);
	CHECK(make());
	line = lines[6];
	line.last = 9;
	CHECK(walk_changed(6, line, &what, &other) == YG_EDIGEST && what == YG_LEDGER_NUMBER);
	CHECK(make());
	line = lines[7];
	line.epoch = 1;
	CHECK(walk_changed(7, line, &what, &other) == YG_EDIGEST && what == YG_LEDGER_TWICE);
}

static void key_from_elsewhere(void)
{
	struct yg_ledger_walk w;
	enum yg_ledger_fault what;
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	uint64_t n;

	CHECK(make());
	yg_sign_public(seed, key);
	for (int wrong = 0; wrong < 2; wrong++) {
		key[0] ^= (uint8_t)wrong;
		yg_ledger_walk_start(&w, key);
		CHECK(yg_ledger_walk_is_key(&w, &n)); /* nobody is enrolled yet */
		CHECK(yg_ledger_walk_step(&w, &lines[0], &what, &n) == YG_OK);
		CHECK(yg_ledger_walk_is_key(&w, &n) == !wrong && n == 1);
		yg_ledger_walk_done(&w);
	}
	done();
}

static void judged(void)
{
	struct yg_ledger_break where = {.n = 4, .hash = lines[3].hash};
	struct yg_ledger_line bad;
	uint64_t n, other;

	CHECK(make());
	CHECK(yg_ledger_judge(&where, &n, &other) == YG_LEDGER_CHANGED && n == 5);
	/* Line 5 was changed: 6 stands on another. */
	bad = lines[5];
	where = (struct yg_ledger_break){
		.n = 5, .hash = lines[0].hash, .bad = &bad, .after = &lines[6]};
	CHECK(yg_ledger_judge(&where, &n, &other) == YG_LEDGER_CHANGED && n == 5);
	/* Line 6 was: what is behind it was made for another 6. */
	where.after = &lines[8];
	CHECK(yg_ledger_judge(&where, &n, &other) == YG_LEDGER_CHANGED && n == 6);
	/* The last two: who is right is known from elsewhere. */
	where.after = NULL;
	CHECK(yg_ledger_judge(&where, &n, &other) == YG_LEDGER_CHANGED && n == 6);
	where.head = bad.hash;
	CHECK(yg_ledger_judge(&where, &n, &other) == YG_LEDGER_CHANGED && n == 5);
	where = (struct yg_ledger_break){.n = 4, .hash = lines[3].hash, .bad = &lines[6]};
	CHECK(yg_ledger_judge(&where, &n, &other) == YG_LEDGER_MISSING && n == 5 && other == 6);
	where.comes_later = true;
	CHECK(yg_ledger_judge(&where, &n, &other) == YG_LEDGER_MOVED && n == 5 && other == 7);
	where.bad = &lines[2];
	CHECK(yg_ledger_judge(&where, &n, &other) == YG_LEDGER_DOUBLED && n == 3);
	bad = lines[4];
	bad.n = 9;
	where = (struct yg_ledger_break){.n = 4, .hash = lines[3].hash, .bad = &bad};
	CHECK(yg_ledger_judge(&where, &n, &other) == YG_LEDGER_CHANGED && n == 5);
	done();
}

static void tallies(void)
{
	struct yg_buf to;

	yg_buf_init(&to, 65536);
	CHECK(yg_ledger_tally(YG_S("{\"v\":1,\"format\":\"syslog\",\"source\":\"a\\\"b\",\"x\":1}\n"
				   "{\"v\":1,\"format\":\"dns\",\"source\":\"c\",\"x\":1}\n"
				   "{\"v\":1,\"format\":\"syslog\",\"source\":\"c\",\"x\":1}\n"
				   "{\"v\":1,\"x\":1}\n"),
			      &to) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&to), ",\"formats\":{\"syslog\":2,\"dns\":1,\"?\":1},"
				      "\"sources\":{\"a\\\"b\":1,\"c\":2,\"?\":1}");
	yg_buf_reset(&to);
	{
		struct yg_buf many;

		yg_buf_init(&many, 1u << 20);
		for (unsigned i = 0; i < 200; i++)
			yg_buf_addf(&many, "{\"v\":1,\"format\":\"json\",\"source\":\"%u\"}\n", i);
		CHECK(yg_ledger_tally(yg_buf_bytes(&many), &to) == YG_OK);
		CHECK(yg_bytes_find(yg_buf_bytes(&to), YG_S("\"…\":136}")) != SIZE_MAX);
		CHECK(to.size < YG_LEDGER_TALLY_MAX);
		yg_buf_done(&many);
	}
	yg_buf_done(&to);
}

static void without_memory(void)
{
	struct yg_ledger_walk w;
	enum yg_ledger_fault what;
	struct yg_wire_fault fault;
	struct yg_ledger_line got;
	uint64_t other;
	int rc = YG_ENOMEM;

	CHECK(make());
	for (long n = 1; rc == YG_ENOMEM; n++) {
		yg_fail_at = n;
		rc = yg_ledger_line_read(yg_buf_bytes(&texts[5]), &got, &fault);
		yg_fail_at = 0;
	}
	CHECK(rc == YG_OK);
	rc = YG_ENOMEM;
	for (long n = 1; rc == YG_ENOMEM; n++) {
		yg_fail_at = n;
		rc = walk(LINES, &w, &what, &other);
		yg_fail_at = 0;
		yg_ledger_walk_done(&w);
	}
	CHECK(rc == YG_OK);
	done();
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(lines_come_back),
		CASE(digests_are_of_the_line),
		CASE(refused_lines),
		CASE(whole_walk),
		CASE(resumed_walk),
		CASE(said_wrongly),
		CASE(key_from_elsewhere),
		CASE(judged),
		CASE(tallies),
		CASE(without_memory),
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
