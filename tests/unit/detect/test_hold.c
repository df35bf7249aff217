/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of several senders, each late by what it likes within the bound: what is completed is
 * what it is when they come in the order of their times. All made-up runs come from a seed.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"

#include "../check.h"
#include "detect/outcome.h"
#include "judge_kit.h"

/* CHECK for functions that give something back. */
#define NEED(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			check_failed = 1;                                                          \
		}                                                                                  \
	} while (0)

#define RECORDS 400u
#define KINDS	8u /* correlations: 2 … 9 */
#define START	(INT64_C(1763712000) * YG_NS_PER_S)

static struct yg_engine engine;
static struct yg_trace traces[RECORDS]; /* in the order of their times */
static struct yg_trace_key keys[RECORDS][KINDS];
static struct yg_origin origins[RECORDS];
static uint32_t arrivals[RECORDS]; /* which one comes when */

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

static void make_engine(void)
{
	static const enum yg_correlation_type types[] = {
		YG_CORRELATION_EVENT_COUNT,	 YG_CORRELATION_VALUE_COUNT,
		YG_CORRELATION_TEMPORAL,	 YG_CORRELATION_TEMPORAL_ORDERED,
		YG_CORRELATION_VALUE_SUM,	 YG_CORRELATION_VALUE_AVG,
		YG_CORRELATION_VALUE_PERCENTILE, YG_CORRELATION_EVENT_COUNT,
	};
	static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};

	memset(&engine, 0, sizeof(engine));
	(void)fake_rule(&engine, ids[0], YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	(void)fake_rule(&engine, ids[1], YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	for (uint32_t i = 0; i < KINDS; i++) {
		struct yg_correlation *rule;

		(void)fake_rule(&engine, ids[2 + i], YG_LEVEL_LOW, YG_KIND_CORRELATION,
				YG_ATTACK_WEB);
		rule = fake_correlation(&engine, types[i], 10, i == 0 ? 4 : 2);
		rule->refs[1] = 1;
		rule->ref_count = 2;
		rule->percentile = 50;
	}
	engine.correlations[9].refs[0] = 2; /* a chain: on the first, and on a rule */
}

/* Times that differ; who sends it, and how late it is, is random. */
static void make_records(uint64_t seed, int64_t late_ns)
{
	int64_t time_ns = START;

	for (uint32_t i = 0; i < RECORDS; i++) {
		uint32_t group = next_random(&seed) % 4;

		time_ns += 1 + (int64_t)(next_random(&seed) % 900) * (YG_NS_PER_S / 1000);
		for (uint32_t k = 0; k < KINDS; k++)
			keys[i][k] = (struct yg_trace_key){.correlation = 2 + k,
							   .ref = next_random(&seed) % 2,
							   .group = group,
							   .value = next_random(&seed) % 4,
							   .number = next_random(&seed) % 3};
		keys[i][KINDS - 1].ref = 0; /* counts when the first completes */
		traces[i] = (struct yg_trace){.position = i + 1,
					      .time_ns = time_ns,
					      .source = YG_S("sensor:log"),
					      .actor = YG_S("192.0.2.1"),
					      .keys = keys[i],
					      .key_count = KINDS};
		origins[i] = (struct yg_origin){
			.received_ns =
				time_ns + (int64_t)(next_random(&seed) % 1001) * (late_ns / 1000),
			.number = i,
			.mark = 7};
		arrivals[i] = i;
	}
	for (uint32_t i = 1; i < RECORDS; i++)
		for (uint32_t k = i; k > 0 && origins[arrivals[k - 1]].received_ns >
						      origins[arrivals[k]].received_ns;
		     k--) {
			uint32_t kept = arrivals[k];

			arrivals[k] = arrivals[k - 1];
			arrivals[k - 1] = kept;
		}
}

/* What was completed, in the order it came. */
struct told {
	uint64_t digest;
	uint32_t count;
	uint32_t wrong; /* of another origin */
};

static void add(struct told *told, uint64_t number)
{
	told->digest = yg_hash64((struct yg_bytes){(const uint8_t *)&number, sizeof(number)},
				 told->digest);
}

static void tell(struct told *told, const struct yg_trace *trace, const struct yg_completion *list,
		 uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t value;

		memcpy(&value, &list[i].value, sizeof(value));
		add(told, trace->position);
		add(told, list[i].rule);
		add(told, list[i].is_silent);
		add(told, list[i].count);
		add(told, (uint64_t)list[i].first_ns);
		add(told, list[i].first_position);
		add(told, list[i].has_value ? value : 0);
		told->count += !list[i].is_silent;
	}
}

static int on_held(void *arg, const struct yg_trace *trace, const struct yg_origin *origin,
		   const struct yg_completion *list, uint32_t count)
{
	struct told *told = arg;

	told->wrong += origin->number + 1 != trace->position || origin->mark != 7 ||
		       !yg_bytes_eq(trace->source, YG_S("sensor:log")) ||
		       !yg_bytes_eq(trace->actor, YG_S("192.0.2.1"));
	tell(told, trace, list, count);
	return YG_OK;
}

/* One after the other, without waiting: by their times, or as they come. */
static struct told take_plainly(bool is_by_time)
{
	struct yg_correlator *correlator = yg_correlator_new(&engine);
	struct yg_completion done[YG_CORRELATION_DONE_MAX];
	struct told told = {0};

	NEED(correlator);
	for (uint32_t i = 0; i < RECORDS; i++) {
		const struct yg_trace *trace = &traces[is_by_time ? i : arrivals[i]];
		uint32_t count;

		NEED(yg_correlator_take(correlator, trace, done, YG_CORRELATION_DONE_MAX, &count) ==
		     YG_OK);
		tell(&told, trace, done, count);
	}
	(void)yg_correlator_free(correlator);
	return told;
}

/* As after a crash: from bytes, which come back as they were. */
static struct yg_correlator *restart(struct yg_correlator *correlator)
{
	struct yg_buf first, second;
	uint64_t seed = 0, left_out = 1;

	yg_buf_init(&first, YG_CORRELATION_STATE_MAX);
	yg_buf_init(&second, YG_CORRELATION_STATE_MAX);
	NEED(yg_correlator_save(correlator, 5, &first) == YG_OK);
	(void)yg_correlator_free(correlator);
	correlator = yg_correlator_new(&engine);
	NEED(correlator &&
	     yg_correlator_restore(correlator, yg_buf_bytes(&first), &seed, &left_out) == YG_OK);
	NEED(seed == 5 && left_out == 0);
	NEED(yg_correlator_save(correlator, 5, &second) == YG_OK);
	NEED(yg_bytes_eq(yg_buf_bytes(&first), yg_buf_bytes(&second)));
	yg_buf_done(&first);
	yg_buf_done(&second);
	return correlator;
}

/* As they come, waiting; released now and then, restarted now and then. */
static struct told take_waiting(uint64_t seed, bool may_restart)
{
	struct yg_correlator *correlator = yg_correlator_new(&engine);
	struct told told = {0};
	uint64_t released, all = 0;

	NEED(correlator);
	for (uint32_t i = 0; i < RECORDS; i++) {
		uint32_t at = arrivals[i];

		NEED(yg_correlator_hold(correlator, &traces[at], &origins[at]) == YG_OK);
		if (next_random(&seed) % 3 == 0) {
			NEED(yg_correlator_release(correlator, origins[at].received_ns, on_held,
						   &told, &released) == YG_OK);
			all += released;
		}
		if (may_restart && next_random(&seed) % 16 == 0)
			correlator = restart(correlator);
	}
	NEED(yg_correlator_due(correlator) != YG_TIME_NONE);
	NEED(yg_correlator_release(correlator, INT64_MAX, on_held, &told, &released) == YG_OK);
	NEED(all + released == RECORDS && yg_correlator_due(correlator) == YG_TIME_NONE);
	NEED(yg_correlator_hurried(correlator) == 0 && told.wrong == 0);
	(void)yg_correlator_free(correlator);
	return told;
}

static uint64_t seed_of_run(void)
{
	const char *given = getenv("YAGURA_TEST_SEED");

	return given ? strtoull(given, NULL, 10) : 20251121;
}

static void any_order_within_the_bound_is_the_order_of_times(void)
{
	uint64_t seed = seed_of_run();
	unsigned differ = 0;

	printf("seed %llu\n", (unsigned long long)seed);
	make_engine();
	for (uint64_t run = seed; run < seed + 60; run++) {
		struct told want, plain, got;

		make_records(run, YG_CORRELATION_LATE_NS);
		want = take_plainly(true);
		plain = take_plainly(false);
		got = take_waiting(run, run % 2);
		CHECK(want.count > 50);
		CHECK(got.digest == want.digest && got.count == want.count);
		differ += plain.digest != want.digest;
	}
	CHECK(differ == 60); /* it does matter */
}

/* Far beyond the bound nothing is promised, but everything counts. */
static void what_comes_too_late_counts_all_the_same(void)
{
	struct told want, got;

	make_engine();
	make_records(3, 100 * YG_CORRELATION_LATE_NS);
	want = take_plainly(true);
	got = take_waiting(3, true);
	CHECK(got.count > want.count / 4 && got.digest != want.digest);
}

/* Clocks that run ahead: of others' records nothing is let go before its time. */
static void what_is_dated_ahead_holds_nobody_up(void)
{
	struct yg_correlator *correlator = yg_correlator_new(&engine);
	struct told told = {0};
	uint64_t released;

	make_engine();
	make_records(4, 0);
	traces[0].time_ns = START + 3600 * YG_NS_PER_S;
	for (uint32_t i = 0; i < 3; i++)
		origins[i].received_ns = START;
	traces[1].time_ns = START - YG_NS_PER_S;
	traces[2].time_ns =
		START + YG_CORRELATION_AHEAD_NS / 2; /* within what a clock may be ahead */
	for (uint32_t i = 0; i < 3; i++)
		CHECK(yg_correlator_hold(correlator, &traces[i], &origins[i]) == YG_OK);
	origins[3].received_ns = START + YG_CORRELATION_WAIT_NS / 5 * 2;
	traces[3].time_ns = origins[3].received_ns;
	CHECK(yg_correlator_hold(correlator, &traces[3], &origins[3]) == YG_OK);
	CHECK(yg_correlator_due(correlator) == START + YG_CORRELATION_WAIT_NS);
	CHECK(yg_correlator_release(correlator, START + YG_CORRELATION_WAIT_NS, on_held, &told,
				    &released) == YG_OK);
	CHECK(released == 3);
	/* The clock was set back: nothing waits for a time that may not come again. */
	CHECK(yg_correlator_release(correlator, START - 3600 * YG_NS_PER_S, on_held, &told,
				    &released) == YG_OK);
	CHECK(released == 1);
	(void)yg_correlator_free(correlator);
}

/* Over the bound of memory the earlier half goes first; nothing is lost, and it is counted. */
static void too_many_are_hurried(void)
{
	static const char text[4096];
	struct yg_correlator *correlator = yg_correlator_new(&engine);
	const uint32_t count = 3 * YG_CORRELATION_HELD_MAX / sizeof(text);
	struct told told = {0};
	uint64_t all = 0, released;

	make_engine();
	make_records(5, 0);
	for (uint32_t i = 0; i < count; i++) {
		struct yg_trace trace = traces[i % RECORDS];
		struct yg_origin origin = {
			.received_ns = START, .number = trace.position - 1, .mark = 7};

		trace.target = (struct yg_bytes){(const uint8_t *)text, sizeof(text)};
		CHECK(yg_correlator_hold(correlator, &trace, &origin) == YG_OK);
		if (i % 64 == 0) {
			CHECK(yg_correlator_release(correlator, START, on_held, &told, &released) ==
			      YG_OK);
			all += released;
			CHECK(yg_correlator_bytes(correlator) < 2 * YG_CORRELATION_HELD_MAX);
		}
	}
	CHECK(all > 0 && yg_correlator_hurried(correlator) == all);
	correlator = restart(correlator);
	CHECK(yg_correlator_hurried(correlator) == all);
	CHECK(yg_correlator_release(correlator, INT64_MAX, on_held, &told, &released) == YG_OK);
	CHECK(all + released == count);
	(void)yg_correlator_free(correlator);
}

static void without_memory_it_says_so(void)
{
	struct yg_correlator *correlator = yg_correlator_new(&engine);
	int rc = YG_ENOMEM;
	unsigned failed = 0;

	make_engine();
	make_records(6, 0);
	for (long n = 1; rc == YG_ENOMEM && n < 20; n++) {
		yg_fail_at = n;
		rc = yg_correlator_hold(correlator, &traces[0], &origins[0]);
		yg_fail_at = 0;
		failed += rc == YG_ENOMEM;
	}
	CHECK(rc == YG_OK && failed == 3);
	(void)yg_correlator_free(correlator);
}

/* --- states ----------------------------------------------------------------------------------- */

#define STATE_HEAD 48u /* correlate_state.c: magic, version, digest */

static void sign(struct yg_buf *state)
{
	yg_digest((struct yg_bytes){state->data + STATE_HEAD, state->size - STATE_HEAD},
		  state->data + 16);
}

static struct yg_correlator *some_that_wait(void)
{
	struct yg_correlator *correlator = yg_correlator_new(&engine);

	make_engine();
	make_records(7, YG_CORRELATION_LATE_NS);
	for (uint32_t i = 0; i < 20; i++)
		NEED(yg_correlator_hold(correlator, &traces[i], &origins[i]) == YG_OK);
	return correlator;
}

/* Signed anew, so that every number is looked at: refused, or one that goes on. */
static void damaged_states_are_refused(void)
{
	struct yg_correlator *correlator = some_that_wait();
	uint64_t random = seed_of_run(), seed, left_out, released;
	struct yg_buf state;
	unsigned refused = 0;

	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	CHECK(yg_correlator_save(correlator, 1, &state) == YG_OK);
	for (unsigned i = 0; i < 3000; i++) {
		size_t at = STATE_HEAD + next_random(&random) % (state.size - STATE_HEAD);
		uint8_t was = state.data[at];
		struct told told = {0};
		int rc;

		state.data[at] = (uint8_t)(next_random(&random) % 4 ? next_random(&random) : 0xff);
		sign(&state);
		(void)yg_correlator_free(correlator);
		correlator = yg_correlator_new(&engine);
		rc = yg_correlator_restore(correlator, yg_buf_bytes(&state), &seed, &left_out);
		CHECK(rc == YG_OK || rc == YG_EFORMAT);
		refused += rc != YG_OK;
		CHECK(rc == YG_OK || yg_correlator_due(correlator) == YG_TIME_NONE);
		CHECK(yg_correlator_hold(correlator, &traces[0], &origins[0]) == YG_OK);
		CHECK(yg_correlator_release(correlator, INT64_MAX, on_held, &told, &released) ==
		      YG_OK);
		state.data[at] = was;
	}
	CHECK(refused > 100);
	(void)yg_correlator_free(correlator);
	yg_buf_done(&state);
}

/* Before records waited, a state ended with its groups. */
static void states_of_the_version_before_are_read(void)
{
	struct yg_correlator *correlator = yg_correlator_new(&engine);
	struct yg_completion done[YG_CORRELATION_DONE_MAX];
	uint64_t seed, left_out;
	struct yg_buf state;
	uint32_t count;

	make_engine();
	make_records(8, 0);
	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	for (uint32_t i = 0; i < 50; i++)
		CHECK(yg_correlator_take(correlator, &traces[i], done, YG_CORRELATION_DONE_MAX,
					 &count) == YG_OK);
	CHECK(yg_correlator_save(correlator, 9, &state) == YG_OK);
	state.size -= 16; /* how many were hurried, and wait: none */
	state.data[8] = 1;
	sign(&state);
	count = yg_correlator_groups(correlator);
	(void)yg_correlator_free(correlator);
	correlator = yg_correlator_new(&engine);
	CHECK(yg_correlator_restore(correlator, yg_buf_bytes(&state), &seed, &left_out) == YG_OK);
	CHECK(seed == 9 && left_out == 0 && yg_correlator_groups(correlator) == count);
	state.data[8] = YG_CORRELATION_STATE_VERSION + 1;
	(void)yg_correlator_free(correlator);
	correlator = yg_correlator_new(&engine);
	CHECK(yg_correlator_restore(correlator, yg_buf_bytes(&state), &seed, &left_out) ==
	      YG_EMISMATCH);
	(void)yg_correlator_free(correlator);
	yg_buf_done(&state);
}

/* In version 2 the keys of records that wait did not say by which chain they came: 16 bytes each.
 */
static void keys_without_chains_are_read(void)
{
	struct yg_correlator *correlator = yg_correlator_new(&engine);
	const struct yg_trace *one = &traces[0];
	uint64_t seed, left_out;
	struct yg_buf state;
	size_t at;

	make_engine();
	make_records(8, 0);
	CHECK(one->key_count > 0);
	CHECK(yg_correlator_hold(correlator, one, &origins[0]) == YG_OK);
	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	CHECK(yg_correlator_save(correlator, 9, &state) == YG_OK);
	at = state.size - 5 * 8 - one->source.size - one->actor.size - one->target.size -
	     one->path.size - one->event_json.size;
	for (uint32_t i = 0; i < one->key_count; i++, at -= 5 * 8) {
		at -= 16;
		memmove(state.data + at, state.data + at + 16, state.size - at - 16);
		state.size -= 16;
	}
	state.data[8] = 2;
	sign(&state);
	(void)yg_correlator_free(correlator);
	correlator = yg_correlator_new(&engine);
	CHECK(yg_correlator_restore(correlator, yg_buf_bytes(&state), &seed, &left_out) == YG_OK);
	CHECK(left_out == 0 && yg_correlator_due(correlator) != YG_TIME_NONE);
	(void)yg_correlator_free(correlator);
	yg_buf_done(&state);
}

/* What waits for a rule that went is left out; the rest goes on. */
static void a_rule_that_went_is_waited_for_no_more(void)
{
	struct yg_correlator *correlator = some_that_wait();
	struct told told = {0};
	uint64_t seed, left_out, released;
	struct yg_buf state;

	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	CHECK(yg_correlator_save(correlator, 1, &state) == YG_OK);
	(void)yg_correlator_free(correlator);
	engine.correlations[3].timespan_ns++;
	correlator = yg_correlator_new(&engine);
	CHECK(yg_correlator_restore(correlator, yg_buf_bytes(&state), &seed, &left_out) == YG_OK);
	CHECK(left_out == 20);
	CHECK(yg_correlator_release(correlator, INT64_MAX, on_held, &told, &released) == YG_OK);
	CHECK(released == 20 && told.count > 0);
	(void)yg_correlator_free(correlator);
	yg_buf_done(&state);
}

/* --- the judge -------------------------------------------------------------------------------- */

/* Four refused sign-ins, and the accepted one right behind them, before anything is due. */
static void what_follows_while_it_waits_is_learnt(void)
{
	static struct seen seen;
	struct yg_judge *judge;
	struct yg_origin origin = {.received_ns = START, .number = 77, .mark = 0};
	struct yg_trace_key key = {.correlation = 2, .group = 1};
	uint64_t released;

	make_engine();
	seen = (struct seen){0};
	judge = judge_for(&seen, &engine, NULL);
	CHECK(judge);
	for (unsigned i = 0; i < 4; i++) {
		struct yg_trace trace = sign_in(i + 1, 1763712000 + i / 2, 1, false);

		trace.keys = &key;
		trace.key_count = 1;
		yg_judge_wait(judge, &origin);
		CHECK(yg_judge_take(judge, &trace) == YG_OK);
	}
	{
		struct yg_trace trace = sign_in(5, 1763712002, 1, true);

		CHECK(yg_judge_take(judge, &trace) == YG_OK);
	}
	CHECK(seen.finding_count == 0);
	CHECK(yg_judge_release(judge, START + YG_CORRELATION_WAIT_NS - 1, &released) == YG_OK);
	CHECK(released == 0 && seen.finding_count == 0);
	CHECK(yg_judge_release(judge, START + YG_CORRELATION_WAIT_NS, &released) == YG_OK);
	CHECK(released == 5 && seen.finding_count == 1 && seen.update_count == 1);
	CHECK(seen.findings[0].position == 4 && seen.findings[0].count == 4);
	CHECK(seen.findings[0].outcome == YG_OUTCOME_ATTEMPT);
	CHECK(seen.updates[0].outcome == YG_OUTCOME_POSSIBLE);
	CHECK(memcmp(seen.updates[0].id, seen.findings[0].id, YG_ID_BYTES) == 0);
	CHECK(yg_judge_origin(judge) == NULL);
	(void)yg_judge_free(judge);
}

static void take_refused(struct yg_judge *judge, unsigned from, unsigned count)
{
	const struct yg_origin origin = {.received_ns = START, .number = 77, .mark = 0};
	const struct yg_trace_key key = {.correlation = 2, .group = 1};

	for (unsigned i = from; i < from + count; i++) {
		struct yg_trace trace = sign_in(i, 1763712000 + i / 8, 1, false);

		trace.keys = &key;
		trace.key_count = 1;
		yg_judge_wait(judge, &origin);
		CHECK(yg_judge_take(judge, &trace) == YG_OK);
	}
}

/*
 * What goes on for longer than a finding is followed by itself: the first half counts, and the
 * second is still waiting, which carries the finding on, when the sign-in is accepted.
 */
static void what_waits_carries_a_finding_on(void)
{
	static struct seen seen;
	struct yg_judge *judge;
	struct yg_trace accepted = sign_in(42, 1763712006, 1, true);
	uint64_t released;

	make_engine();
	seen = (struct seen){0};
	judge = judge_for(&seen, &engine, NULL);
	CHECK(judge);
	take_refused(judge, 1, YG_FOLLOW_REQUESTS);
	CHECK(yg_judge_release(judge, START + YG_CORRELATION_WAIT_NS, &released) == YG_OK);
	CHECK(released == YG_FOLLOW_REQUESTS && seen.finding_count == 1);
	take_refused(judge, 1 + YG_FOLLOW_REQUESTS, YG_FOLLOW_REQUESTS + 1);
	CHECK(yg_judge_take(judge, &accepted) == YG_OK);
	CHECK(yg_judge_release(judge, START + 2 * YG_CORRELATION_WAIT_NS, &released) == YG_OK);
	CHECK(seen.finding_count == 1 && seen.update_count == 1);
	CHECK(seen.updates[0].outcome == YG_OUTCOME_POSSIBLE);
	CHECK(memcmp(seen.updates[0].id, seen.findings[0].id, YG_ID_BYTES) == 0);
	(void)yg_judge_free(judge);
}

/* Nothing carries it on: as many records behind it as without waiting, and it is let go of. */
static void what_waits_does_not_bring_back_what_is_over(void)
{
	static struct seen seen;
	struct yg_judge *judge;
	struct yg_trace accepted = sign_in(42, 1763712006, 1, true);
	const struct yg_origin origin = {.received_ns = START, .number = 77, .mark = 0};
	uint64_t released;

	make_engine();
	seen = (struct seen){0};
	judge = judge_for(&seen, &engine, NULL);
	CHECK(judge);
	take_refused(judge, 1, 4);
	CHECK(yg_judge_release(judge, START + YG_CORRELATION_WAIT_NS, &released) == YG_OK);
	CHECK(seen.finding_count == 1);
	for (unsigned i = 5; i < 6 + YG_FOLLOW_REQUESTS; i++) {
		struct yg_trace other = web(i, 1763712001, 1, "/", 200, 100);

		yg_judge_wait(judge, &origin);
		CHECK(yg_judge_take(judge, &other) == YG_OK);
	}
	CHECK(yg_judge_take(judge, &accepted) == YG_OK);
	CHECK(yg_judge_release(judge, START + 2 * YG_CORRELATION_WAIT_NS, &released) == YG_OK);
	CHECK(seen.finding_count == 1 && seen.update_count == 0);
	(void)yg_judge_free(judge);
}

static const struct check_case cases[] = {
	CASE(any_order_within_the_bound_is_the_order_of_times),
	CASE(what_comes_too_late_counts_all_the_same),
	CASE(what_is_dated_ahead_holds_nobody_up),
	CASE(too_many_are_hurried),
	CASE(without_memory_it_says_so),
	CASE(damaged_states_are_refused),
	CASE(states_of_the_version_before_are_read),
	CASE(keys_without_chains_are_read),
	CASE(a_rule_that_went_is_waited_for_no_more),
	CASE(what_follows_while_it_waits_is_learnt),
	CASE(what_waits_carries_a_finding_on),
	CASE(what_waits_does_not_bring_back_what_is_over),
};

CHECK_MAIN(cases)
