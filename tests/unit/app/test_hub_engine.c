/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's side of the engine: what is believed of its answers, and what ends it. The test is
 * the engine. */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "app/hub_archive.h"
#include "app/hub_engine_ask.h"
#include "base/hash.h"

#define POSITION 7u
#define RECEIVED INT64_C(1763712000000000000)
#define LINES	 2u

static struct yg_hub_ask *ask;
static struct yg_msg_pipe engine;
static struct yg_buf body; /* a batch of two lines */
static uint64_t size;	   /* of its content */
static uint64_t id;	   /* of the request that is answered */
static unsigned distrusted;
static unsigned found, learnt, judged, ticked;
static struct yg_fact_finding last;
static char last_texts[4][80];

static int on_finding(void *arg, const struct yg_fact_finding *f)
{
	const struct yg_bytes texts[] = {f->org, f->sensor, f->rule, f->rules};

	(void)arg;
	found++;
	last = *f;
	for (size_t i = 0; i < 4; i++)
		(void)snprintf(last_texts[i], sizeof(last_texts[i]), "%.*s", YG_FMT(texts[i]));
	return YG_OK;
}

static int on_outcome(void *arg, const struct yg_hub_asked *asked, const struct yg_hub_learnt *one)
{
	(void)arg;
	(void)one;
	learnt += strcmp(asked->org, "acme") == 0;
	return YG_OK;
}

static int on_judged(void *arg, const struct yg_hub_asked *asked,
		     const struct yg_hub_judged_batch *answer)
{
	(void)arg;
	if (asked->kind == YG_HUB_TICK)
		ticked += answer->due_ns == RECEIVED;
	else
		judged += asked->position == POSITION && answer->records <= LINES;
	return YG_OK;
}

static void on_distrust(void *arg)
{
	(void)arg;
	distrusted++;
}

static bool is_ending(void *arg)
{
	(void)arg;
	return false;
}

static void make_body(void)
{
	struct yg_bytes content = YG_S("{\"v\":1,\"n\":1}\n{\"v\":1,\"n\":2}\n");
	struct yg_wire_batch batch = {.sensor = "s",
				      .epoch = 1,
				      .sequence = 1,
				      .first_ns = YG_TIME_NONE,
				      .last_ns = YG_TIME_NONE};
	struct yg_buf packed;

	yg_buf_init(&packed, 4096);
	yg_buf_init(&body, 4096);
	if (yg_wire_pack(content, &batch, &packed) == YG_OK) {
		yg_wire_head_write(&batch, &body);
		yg_buf_add(&body, yg_buf_bytes(&packed));
	}
	size = content.size;
	yg_buf_done(&packed);
}

/* Another engine, which has said BEGUN already. */
static bool begin(void)
{
	struct yg_hub_engine_set set = {.rc = YG_OK, .rule_count = 3};
	int pair[2];

	memset(set.rules, 'a', sizeof(set.rules) - 1);
	yg_msg_pipe_close(&engine);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	yg_msg_pipe_init(&engine, YG_HUB_ENGINE_BODY_MAX, YG_HUB_ENGINE_QUEUE_MAX);
	yg_msg_pipe_open(&engine, pair[1]);
	yg_hub_ask_open(ask, pair[0]);
	distrusted = found = learnt = judged = ticked = 0;
	return yg_hub_begun_put(&engine, ++id, &set) == YG_OK && yg_msg_flush(&engine) == YG_OK &&
	       yg_hub_ask_begin(ask, 1) == YG_OK && yg_hub_ask_set(ask)->rule_count == 3;
}

static bool hand_out(bool is_new)
{
	const struct yg_hub_batch batch = {.org = YG_S("acme"),
					   .sensor = YG_S("box"),
					   .position = POSITION,
					   .received_ns = RECEIVED,
					   .body = yg_buf_bytes(&body)};

	id++;
	return yg_hub_ask_judge(ask, &batch, is_new) == YG_OK;
}

static struct yg_fact_finding finding(void)
{
	return (struct yg_fact_finding){.org = YG_S("other"),
					.rule = YG_S("rule"),
					.title = YG_S("A rule"),
					.source = YG_S("log"),
					.first_ns = RECEIVED - 5,
					.last_ns = RECEIVED};
}

static bool find(uint32_t record)
{
	const struct yg_fact_finding f = finding();

	return yg_hub_found_put(&engine, id, record, &f) == YG_OK;
}

static bool waited(uint64_t number)
{
	struct yg_fact_finding f = finding();

	f.sensor = YG_S("other-box");
	f.received_ns = RECEIVED - 9;
	f.refs[0].number = number;
	return yg_hub_waited_put(&engine, id, &f) == YG_OK;
}

static bool done(uint64_t findings)
{
	const struct yg_hub_judged_batch answer = {
		.records = LINES, .bytes = size, .findings = findings, .held = 100};

	return yg_hub_judged_put(&engine, id, &answer) == YG_OK;
}

static bool looks(unsigned count)
{
	const struct yg_told_look one = {.list = YG_S("warning-1.csv"),
					 .from_ns = YG_TIME_NONE,
					 .to_ns = YG_TIME_NONE,
					 .first_ns = YG_TIME_NONE,
					 .last_ns = YG_TIME_NONE};
	bool is = true;

	for (unsigned i = 0; is && i < count; i++)
		is = yg_hub_looked_put(&engine, id, &one) == YG_OK;
	return is;
}

/* What the keeper makes of it. */
static int told(void)
{
	(void)yg_msg_flush(&engine);
	return yg_hub_ask_wait(ask);
}

static void what_is_known_here_is_not_taken_from_it(void)
{
	struct yg_fact_finding want = finding();
	uint8_t key[YG_FACT_ID_BYTES];
	struct yg_hub_learnt one = {.outcome = YG_OUTCOME_POSSIBLE};

	CHECK(begin() && hand_out(true) && find(1));
	CHECK(yg_hub_learnt_put(&engine, id, &one) == YG_OK && done(1));
	CHECK(told() == YG_OK && found == 1 && learnt == 1 && judged == 1 && distrusted == 0);
	CHECK(strcmp(last_texts[0], "acme") == 0 && strcmp(last_texts[1], "box") == 0);
	CHECK(strcmp(last_texts[2], "rule") == 0 && strlen(last_texts[3]) == 64);
	yg_fact_finding_id(YG_S("acme"), YG_S("box"), want.rule, want.source, RECEIVED, key);
	CHECK(memcmp(last.id, key, sizeof(key)) == 0);
	CHECK(last.minute_ns == yg_fact_minute(RECEIVED) && last.received_ns == RECEIVED);
	CHECK(last.ref_count == 1 && last.count == 1);
	CHECK(last.refs[0].number == POSITION * YG_HUB_ARCHIVE_LINES + 1);
}

/* Each of them ends the engine, once, and nothing after it is heard. */
static bool lie(unsigned which)
{
	struct yg_fact_finding f = finding();
	struct yg_hub_judged_batch answer = {.records = LINES, .bytes = size};
	const struct yg_hub_learnt one = {.outcome = YG_OUTCOME_POSSIBLE};

	switch (which) {
	case 0: /* a record that is not in the batch */
		return find(LINES);
	case 1: /* one finding more than it says */
		return find(0) && find(1) && done(1);
	case 2: /* one fewer */
		return find(0) && done(2);
	case 3: /* to another question */
		return yg_hub_found_put(&engine, id + 1, 0, &f) == YG_OK;
	case 4: /* fewer records than were handed out */
		answer.records = LINES - 1;
		return yg_hub_judged_put(&engine, id, &answer) == YG_OK;
	case 5:
		answer.bytes = size + 1;
		return yg_hub_judged_put(&engine, id, &answer) == YG_OK;
	case 6: /* the body is bad, and yet something was found in it */
		answer = (struct yg_hub_judged_batch){.rc = YG_EFORMAT};
		return find(0) && yg_hub_judged_put(&engine, id, &answer) == YG_OK;
	case 7: /* it ends before it begins */
		f.first_ns = f.last_ns + 1;
		return yg_hub_found_put(&engine, id, 0, &f) == YG_OK;
	case 8:
		f.rule = YG_S("");
		return yg_hub_found_put(&engine, id, 0, &f) == YG_OK;
	case 9:
		f.level = (enum yg_level)9;
		return yg_hub_found_put(&engine, id, 0, &f) == YG_OK;
	case 10: /* nobody asked for a state */
		return yg_hub_state_put(&engine, id, YG_S("state")) == YG_OK;
	case 11: /* twice the same word */
		return yg_hub_word_put(&engine, YG_HUB_CHANGED, 0) == YG_OK &&
		       yg_hub_word_put(&engine, YG_HUB_CHANGED, 0) == YG_OK;
	case 12:
		return yg_hub_word_put(&engine, (enum yg_hub_engine_kind)99, id) == YG_OK;
	case 13: /* more unlisted than there can be */
		answer.findings = answer.unlisted = 1;
		return yg_hub_judged_put(&engine, id, &answer) == YG_OK;
	case 14: /* what waited is of an earlier batch */
		f.sensor = YG_S("box");
		f.refs[0].number = POSITION * YG_HUB_ARCHIVE_LINES;
		return yg_hub_waited_put(&engine, id, &f) == YG_OK;
	case 15: /* of nobody */
		return yg_hub_waited_put(&engine, id, &f) == YG_OK;
	case 16: /* more looks than are taken of one batch */
		return looks(YG_HUB_ENGINE_LOOKS_MAX + 1) && done(0);
	default: /* an outcome, and then another batch's answer */
		return yg_hub_learnt_put(&engine, id, &one) == YG_OK &&
		       yg_hub_done_put(&engine, YG_HUB_SAVED, id, YG_OK, 0) == YG_OK;
	}
}

static void lies_end_it(void)
{
	for (unsigned which = 0; which < 18; which++) {
		int rc;

		CHECK(begin() && hand_out(true) && lie(which));
		rc = told();
		if (rc != YG_EPIPE || distrusted != 1 || judged > 0)
			fprintf(stderr, "lie %u: %s, %u, %u\n", which, yg_err_text(rc), distrusted,
				judged);
		CHECK(rc == YG_EPIPE && distrusted == 1 && judged == 0);
		CHECK(!yg_hub_ask_is_open(ask));
	}
	/* A batch whose findings are written is looked at in silence. */
	CHECK(begin() && hand_out(false) && find(0));
	CHECK(told() == YG_EPIPE && distrusted == 1 && found == 0);
	CHECK(begin() && hand_out(false) && waited(5));
	CHECK(told() == YG_EPIPE && distrusted == 1 && found == 0);
}

/* Each is written by itself: a batch has room for so many, and those are heard. */
static void looks_of_a_batch_are_bounded(void)
{
	CHECK(begin() && hand_out(true) && looks(YG_HUB_ENGINE_LOOKS_MAX) && done(0));
	CHECK(told() == YG_OK && judged == 1 && distrusted == 0);
}

/* A line before the batch at hand, of another sensor of the same organisation. */
static void what_waited_is_of_an_earlier_line(void)
{
	uint8_t key[YG_FACT_ID_BYTES];

	CHECK(begin() && hand_out(true) && find(0) && waited(5) && done(2));
	CHECK(told() == YG_OK && found == 2 && judged == 1 && distrusted == 0);
	CHECK(strcmp(last_texts[0], "acme") == 0 && strcmp(last_texts[1], "other-box") == 0);
	CHECK(last.refs[0].number == 5 && last.received_ns == RECEIVED - 9 && last.ref_count == 1);
	yg_fact_finding_id(YG_S("acme"), YG_S("other-box"), YG_S("rule"), YG_S("log"), RECEIVED,
			   key);
	CHECK(memcmp(last.id, key, sizeof(key)) == 0);
}

static void time_goes_on_without_a_batch(void)
{
	const struct yg_hub_judged_batch answer = {.records = 3, .findings = 1, .due_ns = RECEIVED};
	const uint64_t first = (POSITION + 1) * YG_HUB_ARCHIVE_LINES;

	CHECK(begin());
	id++;
	CHECK(waited(first - 1) && yg_hub_judged_put(&engine, id, &answer) == YG_OK);
	CHECK(yg_msg_flush(&engine) == YG_OK);
	CHECK(yg_hub_ask_tick(ask, YG_S("acme"), POSITION, RECEIVED) == YG_OK);
	CHECK(found == 1 && ticked == 1 && distrusted == 0);
	/* Not of a batch that was not handed out, nor of none. */
	id++;
	CHECK(waited(first) && yg_msg_flush(&engine) == YG_OK);
	CHECK(yg_hub_ask_tick(ask, YG_S("acme"), POSITION, RECEIVED) == YG_EPIPE);
	CHECK(distrusted == 1 && begin());
	id++;
	CHECK(find(0) && yg_msg_flush(&engine) == YG_OK);
	CHECK(yg_hub_ask_tick(ask, YG_S("acme"), POSITION, RECEIVED) == YG_EPIPE);
	CHECK(distrusted == 1 && found == 0);
}

static void states_come_whole_or_not(void)
{
	struct yg_buf state;
	int result = YG_EIO;

	yg_buf_init(&state, YG_HUB_STATE_MAX);
	CHECK(begin());
	id++;
	CHECK(yg_hub_state_put(&engine, id, YG_S("one ")) == YG_OK);
	CHECK(yg_hub_state_put(&engine, id, YG_S("two")) == YG_OK);
	CHECK(yg_hub_done_put(&engine, YG_HUB_SAVED, id, YG_OK, 7) == YG_OK);
	CHECK(yg_msg_flush(&engine) == YG_OK);
	CHECK(yg_hub_ask_save(ask, YG_S("acme"), &state, &result) == YG_OK && result == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&state), "one two");
	id++;
	CHECK(yg_hub_state_put(&engine, id, YG_S("one ")) == YG_OK);
	CHECK(yg_hub_done_put(&engine, YG_HUB_SAVED, id, YG_OK, 7) == YG_OK);
	CHECK(yg_msg_flush(&engine) == YG_OK);
	CHECK(yg_hub_ask_save(ask, YG_S("acme"), &state, &result) == YG_EPIPE && distrusted == 1);
	yg_buf_done(&state);
}

/* The one that was not answered is blamed, and no other. */
static void who_ends_it_is_known(void)
{
	for (unsigned i = 0; i < YG_HUB_ENGINE_TRIES_MAX; i++) {
		CHECK(!yg_hub_ask_is_poison(ask, YG_HUB_JUDGE, YG_S("acme"), POSITION));
		CHECK(begin() && hand_out(true));
		yg_msg_pipe_close(&engine);
		CHECK(yg_hub_ask_wait(ask) == YG_EPIPE && distrusted == 0);
	}
	CHECK(yg_hub_ask_is_poison(ask, YG_HUB_JUDGE, YG_S("acme"), POSITION));
	CHECK(!yg_hub_ask_is_poison(ask, YG_HUB_JUDGE, YG_S("acme"), POSITION + 1));
	CHECK(!yg_hub_ask_is_poison(ask, YG_HUB_RESTORE, YG_S("acme"), POSITION));
	/* Once it is answered, also in the last moment before an end, it is free of it. */
	CHECK(begin() && hand_out(true) && done(0) && yg_msg_flush(&engine) == YG_OK);
	yg_msg_pipe_close(&engine);
	CHECK(yg_hub_ask_wait(ask) == YG_OK && judged == 1);
	CHECK(!yg_hub_ask_is_poison(ask, YG_HUB_JUDGE, YG_S("acme"), POSITION));
}

static void what_is_no_batch_is_not_handed_out(void)
{
	const struct yg_hub_batch batch = {.org = YG_S("acme"),
					   .sensor = YG_S("box"),
					   .position = POSITION,
					   .body = YG_S("no batch")};

	CHECK(begin());
	CHECK(yg_hub_ask_is_of_body(yg_hub_ask_judge(ask, &batch, true)));
	CHECK(yg_hub_ask_wait(ask) == YG_OK && distrusted == 0);
}

static const struct check_case cases[] = {
	CASE(what_is_known_here_is_not_taken_from_it),
	CASE(lies_end_it),
	CASE(looks_of_a_batch_are_bounded),
	CASE(what_waited_is_of_an_earlier_line),
	CASE(time_goes_on_without_a_batch),
	CASE(states_come_whole_or_not),
	CASE(who_ends_it_is_known),
	CASE(what_is_no_batch_is_not_handed_out),
};

int main(void)
{
	const struct yg_hub_ask_opts opts = {.finding = on_finding,
					     .outcome = on_outcome,
					     .judged = on_judged,
					     .distrust = on_distrust,
					     .is_ending = is_ending};
	int status;

	engine.fd = -1;
	make_body();
	ask = yg_hub_ask_new(&opts);
	status = ask && body.size > 0 ? check_main(cases, sizeof(cases) / sizeof(cases[0])) : 1;
	(void)yg_hub_ask_free(ask);
	yg_msg_pipe_close(&engine);
	yg_buf_done(&body);
	return status;
}
