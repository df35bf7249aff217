/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/correlate.h"

#include "base/alloc.h"
#include "base/hash.h"

#include "../check.h"
#include "fake_engine.h"

/* Rules 0 and 1 are ordinary; 2 is the correlation under test, 3 one built on it. */
struct bench {
	struct yg_engine engine;
	struct yg_correlator *correlator;
	struct yg_completion done[YG_CORRELATION_DONE_MAX];
	uint32_t done_count;
	uint64_t position;
};

static struct yg_correlation *start(struct bench *bench, enum yg_correlation_type type,
				    int64_t timespan_s, double at_least)
{
	struct yg_correlation *correlation;

	memset(bench, 0, sizeof(*bench));
	(void)fake_rule(&bench->engine, "a", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	(void)fake_rule(&bench->engine, "b", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	(void)fake_rule(&bench->engine, "c", YG_LEVEL_LOW, YG_KIND_CORRELATION, YG_ATTACK_WEB);
	correlation = fake_correlation(&bench->engine, type, timespan_s, at_least);
	correlation->refs[0] = 0;
	correlation->refs[1] = 1;
	correlation->ref_count = 2;
	bench->correlator = yg_correlator_new(&bench->engine);
	return bench->correlator ? correlation : NULL;
}

/* One record with keys; true when it completes something. */
static bool take_keys(struct bench *bench, int64_t time_ns, const struct yg_trace_key *keys,
		      uint32_t count)
{
	struct yg_trace trace = {.position = ++bench->position,
				 .time_ns = time_ns,
				 .keys = keys,
				 .key_count = count};

	if (yg_correlator_take(bench->correlator, &trace, bench->done, YG_CORRELATION_DONE_MAX,
			       &bench->done_count) != YG_OK)
		return false;
	return bench->done_count > 0 && !bench->done[0].is_silent;
}

static bool take(struct bench *bench, int64_t time_s, uint32_t ref, uint64_t group, uint64_t value)
{
	struct yg_trace_key key = {.correlation = 2, .ref = ref, .group = group, .value = value};

	return take_keys(bench, time_s * YG_NS_PER_S, &key, 1);
}

static void an_event_count_is_reached_within_the_timespan(void)
{
	struct bench bench;

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 3));
	CHECK(!take(&bench, 0, 0, 1, 0));
	CHECK(!take(&bench, 5, 1, 1, 0));
	CHECK(take(&bench, 10, 0, 1, 0)); /* the edge belongs to it */
	CHECK(bench.done[0].rule == 2);
	CHECK(bench.done[0].first_position == 1);
	CHECK(bench.done[0].count == 3);
	bench.correlator = yg_correlator_free(bench.correlator);
	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 3));
	CHECK(!take(&bench, 0, 0, 1, 0));
	CHECK(!take(&bench, 5, 0, 1, 0));
	CHECK(!take(&bench, 11, 0, 1, 0)); /* the first has left the window */
	CHECK(take(&bench, 12, 0, 1, 0));
	CHECK(bench.done[0].first_position == 2);
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void groups_are_counted_apart(void)
{
	struct bench bench;

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 2));
	CHECK(!take(&bench, 0, 0, 1, 0));
	CHECK(!take(&bench, 0, 0, 2, 0));
	CHECK(take(&bench, 0, 0, 1, 0));
	CHECK(take(&bench, 0, 0, 2, 0));
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void one_record_that_two_rules_hit_is_one_event(void)
{
	struct bench bench;
	const struct yg_trace_key keys[] = {{.correlation = 2, .ref = 0, .group = 1},
					    {.correlation = 2, .ref = 1, .group = 1}};

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 2));
	CHECK(!take_keys(&bench, 0, keys, 2));
	CHECK(take_keys(&bench, 0, keys, 2));
	CHECK(bench.done_count == 1);
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void while_it_lasts_it_is_said_once_a_timespan(void)
{
	struct bench bench;
	unsigned reports = 0;

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 3));
	for (int64_t t = 0; t <= 40; t++) {
		if (!take(&bench, t, 0, 1, 0))
			continue;
		reports++;
		CHECK(t == 2 || t == 13 || t == 24 || t == 35);
		CHECK(bench.done[0].count == (t == 2 ? 3u : 11u));
		CHECK(bench.done[0].first_position == (t == 2 ? 1u : (uint64_t)t - 9));
	}
	CHECK(reports == 4);
	CHECK(bench.done_count == 1);
	CHECK(bench.done[0].is_silent); /* it still lasts */
	CHECK(!take(&bench, 100, 0, 1, 0));
	CHECK(bench.done_count == 0); /* and now it does not */
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void time_may_run_backwards(void)
{
	struct bench bench;

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 3));
	CHECK(!take(&bench, 100, 0, 1, 0));
	CHECK(!take(&bench, 95, 0, 1, 0));
	CHECK(take(&bench, 90, 0, 1, 0));
	bench.correlator = yg_correlator_free(bench.correlator);
	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 3));
	CHECK(!take(&bench, 100, 0, 1, 0));
	CHECK(!take(&bench, 95, 0, 1, 0));
	CHECK(!take(&bench, 89, 0, 1, 0));
	/* The late one lies in the middle of the window. */
	CHECK(!take(&bench, 50, 0, 3, 0));
	CHECK(!take(&bench, 60, 0, 3, 0));
	CHECK(take(&bench, 55, 0, 3, 0));
	CHECK(bench.done[0].count == 3);
	/* Around one moment, but no window of ten seconds holds three. */
	CHECK(!take(&bench, 100, 0, 2, 0));
	CHECK(!take(&bench, 108, 0, 2, 0));
	CHECK(!take(&bench, 92, 0, 2, 0));
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void time_may_be_missing(void)
{
	struct bench bench;
	const struct yg_trace_key key = {.correlation = 2, .group = 1};

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 3));
	CHECK(!take(&bench, 100, 0, 1, 0));
	CHECK(!take_keys(&bench, YG_TIME_NONE, &key, 1));
	CHECK(take_keys(&bench, YG_TIME_NONE, &key, 1));
	CHECK(!take_keys(&bench, INT64_MAX, &key, 1));
	CHECK(!take_keys(&bench, INT64_MIN + 1, &key, 1));
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void thresholds_beyond_the_ring_are_still_reached(void)
{
	struct bench bench;
	unsigned first = 0;

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 600, 5000));
	for (unsigned i = 1; i <= 6000 && !first; i++)
		if (take(&bench, 1000 + i / 10, 0, 1, 0))
			first = i;
	/* Joining events close to each other may cost a thousandth of the window. */
	CHECK(first >= 4950 && first <= 5000);
	CHECK(bench.done[0].count == 5000);
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void values_are_counted_once(void)
{
	struct bench bench;

	CHECK(start(&bench, YG_CORRELATION_VALUE_COUNT, 10, 3));
	CHECK(!take(&bench, 0, 0, 1, 7));
	CHECK(!take(&bench, 1, 0, 1, 7));
	CHECK(!take(&bench, 2, 0, 1, 8));
	CHECK(take(&bench, 3, 0, 1, 9));
	CHECK(bench.done[0].count == 3);
	CHECK(bench.done[0].first_position == 2); /* the latest record with the value counts */
	bench.correlator = yg_correlator_free(bench.correlator);
	CHECK(start(&bench, YG_CORRELATION_VALUE_COUNT, 10, 3));
	CHECK(!take(&bench, 0, 0, 1, 7));
	CHECK(!take(&bench, 2, 0, 1, 8));
	CHECK(!take(&bench, 11, 0, 1, 9));
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void other_comparisons(void)
{
	struct bench bench;
	struct yg_correlation *rule = start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 2);

	CHECK(rule);
	rule->compare = YG_PRED_GT;
	CHECK(!take(&bench, 0, 0, 1, 0));
	CHECK(!take(&bench, 0, 0, 1, 0));
	CHECK(take(&bench, 0, 0, 1, 0));
	rule->compare = YG_PRED_EQUALS;
	CHECK(!take(&bench, 0, 0, 2, 0));
	CHECK(take(&bench, 0, 0, 2, 0));
	CHECK(!take(&bench, 0, 0, 2, 0));
	CHECK(bench.done_count == 0);
	rule->compare = YG_PRED_GTE;
	rule->compare2 = YG_PRED_LT;
	rule->threshold2 = 2;
	CHECK(!take(&bench, 0, 0, 3, 0));
	CHECK(!take(&bench, 0, 0, 3, 0));
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void together_in_any_order(void)
{
	struct bench bench;

	CHECK(start(&bench, YG_CORRELATION_TEMPORAL, 10, 2));
	CHECK(!take(&bench, 0, 1, 1, 0));
	CHECK(!take(&bench, 5, 1, 1, 0));
	CHECK(take(&bench, 15, 0, 1, 0));
	CHECK(bench.done[0].first_position == 2);
	CHECK(!take(&bench, 100, 0, 2, 0));
	CHECK(!take(&bench, 111, 1, 2, 0)); /* too late */
	CHECK(take(&bench, 112, 0, 2, 0));
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void in_order_only(void)
{
	struct bench bench;
	const struct yg_trace_key both[] = {{.correlation = 2, .ref = 0, .group = 4},
					    {.correlation = 2, .ref = 1, .group = 4}};

	CHECK(start(&bench, YG_CORRELATION_TEMPORAL_ORDERED, 10, 2));
	CHECK(!take(&bench, 0, 1, 1, 0));
	CHECK(!take(&bench, 1, 0, 1, 0));
	CHECK(take(&bench, 2, 1, 1, 0));
	CHECK(bench.done[0].first_position == 2);
	CHECK(bench.done[0].count == 2);
	CHECK(!take(&bench, 0, 0, 2, 0));
	CHECK(!take(&bench, 11, 1, 2, 0)); /* too late */
	CHECK(!take(&bench, 20, 0, 3, 0));
	CHECK(!take(&bench, 19, 1, 3, 0));     /* later in the log, earlier in time */
	CHECK(!take_keys(&bench, 0, both, 2)); /* one record is not two steps */
	CHECK(take_keys(&bench, 1, both, 2));
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void sums_averages_percentiles(void)
{
	static const struct {
		enum yg_correlation_type type;
		double threshold;
		bool want[3];
	} table[] = {
		{YG_CORRELATION_VALUE_SUM, 60, {false, false, true}},
		{YG_CORRELATION_VALUE_AVG, 20, {false, false, true}},
		{YG_CORRELATION_VALUE_PERCENTILE, 20, {false, false, true}},
	};
	static const double numbers[] = {10, 20, 30};

	for (size_t i = 0; i < 3; i++) {
		struct bench bench;
		struct yg_correlation *rule = start(&bench, table[i].type, 10, table[i].threshold);

		CHECK(rule);
		rule->percentile = 50;
		for (size_t k = 0; k < 3; k++) {
			const struct yg_trace_key key = {
				.correlation = 2, .group = 1, .number = numbers[k]};
			bool is_done = take_keys(&bench, (int64_t)k, &key, 1);

			CHECK(is_done == table[i].want[k]);
		}
		bench.correlator = yg_correlator_free(bench.correlator);
	}
}

static void chains(void)
{
	struct bench bench;
	struct yg_correlation *outer;
	/* Record with rule 0: feeds correlation 2, and 3 in case 2 is completed. */
	const struct yg_trace_key failed[] = {{.correlation = 2, .ref = 0, .group = 1},
					      {.correlation = 3, .ref = 0, .group = 1}};
	const struct yg_trace_key accepted[] = {{.correlation = 3, .ref = 1, .group = 1}};

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 2));
	(void)fake_rule(&bench.engine, "d", YG_LEVEL_LOW, YG_KIND_CORRELATION, YG_ATTACK_WEB);
	outer = fake_correlation(&bench.engine, YG_CORRELATION_TEMPORAL_ORDERED, 10, 2);
	outer->refs[0] = 2;
	outer->refs[1] = 1;
	outer->ref_count = 2;
	CHECK(!take_keys(&bench, 0, failed, 2));
	CHECK(!take_keys(&bench, 1 * YG_NS_PER_S, accepted, 1));
	CHECK(bench.done_count == 0); /* one failure is not the inner one */
	CHECK(take_keys(&bench, 2 * YG_NS_PER_S, failed, 2));
	CHECK(bench.done_count == 1);
	CHECK(bench.done[0].rule == 2);
	/* The inner one goes on, silently; the outer counts from its latest record. */
	CHECK(!take_keys(&bench, 9 * YG_NS_PER_S, failed, 2));
	CHECK(take_keys(&bench, 19 * YG_NS_PER_S, accepted, 1));
	CHECK(bench.done[0].rule == 3);
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void the_oldest_group_goes_first_and_is_counted(void)
{
	struct bench bench;

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 2));
	for (uint64_t group = 1; group <= YG_CORRELATION_GROUPS_MAX; group++)
		CHECK(!take(&bench, 0, 0, group, 0));
	CHECK(yg_correlator_evicted(bench.correlator) == 0);
	CHECK(!take(&bench, 0, 0, UINT64_MAX, 0));
	CHECK(yg_correlator_evicted(bench.correlator) == 1);
	CHECK(take(&bench, 0, 0, 2, 0));
	CHECK(!take(&bench, 0, 0, 1, 0)); /* forgotten */
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void all_marks_together_are_bounded(void)
{
	struct bench bench;

	CHECK(start(&bench, YG_CORRELATION_VALUE_COUNT, 1000000, 20000));
	for (uint64_t group = 1; group <= 40; group++)
		for (uint64_t value = 1; value <= 1100; value++)
			CHECK(!take(&bench, (int64_t)value, 0, group, value));
	CHECK(yg_correlator_evicted(bench.correlator) == 0);
	for (uint64_t group = 1; group <= 300; group++)
		for (uint64_t value = 1; value <= 1100; value++)
			CHECK(!take(&bench, (int64_t)value, 0, group, value));
	CHECK(yg_correlator_evicted(bench.correlator) == 300 - YG_CORRELATION_POOL_MAX / 2048);
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void in_order_with_terms(void)
{
	static const uint64_t terms[] = {3, 5}; /* 0 then 1, or 0 then 2 */
	struct bench bench;
	struct yg_correlation *rule = start(&bench, YG_CORRELATION_TEMPORAL_ORDERED, 10, 2);

	CHECK(rule);
	rule->ref_count = 3;
	rule->refs[2] = 1;
	rule->terms = terms;
	rule->term_count = 2;
	CHECK(!take(&bench, 0, 2, 1, 0));
	CHECK(!take(&bench, 1, 0, 1, 0));
	CHECK(take(&bench, 2, 2, 1, 0));
	CHECK(bench.done[0].first_position == 2 && bench.done[0].count == 2);
	CHECK(bench.done[0].first_ns == 1 * YG_NS_PER_S);
	CHECK(!take(&bench, 20, 1, 2, 0));
	CHECK(!take(&bench, 21, 0, 2, 0));
	CHECK(take(&bench, 22, 1, 2, 0));
	bench.correlator = yg_correlator_free(bench.correlator);
	rule = start(&bench, YG_CORRELATION_TEMPORAL, 10, 2);
	CHECK(rule);
	rule->ref_count = 3;
	rule->terms = terms;
	rule->term_count = 2;
	CHECK(!take(&bench, 0, 2, 1, 0));
	CHECK(!take(&bench, 1, 1, 1, 0)); /* two of three, but not these */
	CHECK(take(&bench, 2, 0, 1, 0));
	bench.correlator = yg_correlator_free(bench.correlator);
}

static void sums_go_on_beyond_the_ring(void)
{
	struct bench bench;
	unsigned first = 0;

	CHECK(start(&bench, YG_CORRELATION_VALUE_SUM, 600, 5000));
	for (unsigned i = 1; i <= 6000 && !first; i++) {
		const struct yg_trace_key key = {.correlation = 2, .group = 1, .number = 1};

		if (take_keys(&bench, (1000 + i / 20) * YG_NS_PER_S, &key, 1))
			first = i;
	}
	CHECK(first == 5000);
	CHECK(bench.done[0].has_value && bench.done[0].value >= 5000 &&
	      bench.done[0].value <= 5000);
	bench.correlator = yg_correlator_free(bench.correlator);
}

/* --- records out of order ------------------------------------------------------------------- */

#define AHEAD 40u

struct told {
	uint64_t digest;
	uint32_t count;
};

static int tell(void *arg, const struct yg_trace *trace, const struct yg_completion *list,
		uint32_t count)
{
	struct told *told = arg;

	for (uint32_t i = 0; i < count; i++) {
		const uint64_t parts[] = {told->digest,
					  list[i].rule,
					  (uint64_t)trace->time_ns,
					  (uint64_t)list[i].first_ns,
					  list[i].count,
					  list[i].is_silent};

		told->digest =
			yg_hash64((struct yg_bytes){(const uint8_t *)parts, sizeof(parts)}, 7);
		told->count += !list[i].is_silent;
	}
	return YG_OK;
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

/* What is completed, when and with what, must not depend on the order of the lines. */
static void lines_may_stand_in_any_order(void)
{
	static const enum yg_correlation_type types[] = {
		YG_CORRELATION_EVENT_COUNT,	 YG_CORRELATION_VALUE_COUNT,
		YG_CORRELATION_TEMPORAL,	 YG_CORRELATION_TEMPORAL_ORDERED,
		YG_CORRELATION_VALUE_SUM,	 YG_CORRELATION_VALUE_AVG,
		YG_CORRELATION_VALUE_PERCENTILE,
	};

	for (size_t type = 0; type < sizeof(types) / sizeof(types[0]); type++) {
		struct yg_trace traces[AHEAD];
		struct yg_trace_key keys[AHEAD];
		uint64_t random = type + 1;
		uint64_t want = 0;

		for (uint32_t i = 0; i < AHEAD; i++) {
			keys[i] = (struct yg_trace_key){.correlation = 2,
							.ref = next_random(&random) % 2,
							.group = next_random(&random) % 3,
							.value = next_random(&random) % 4,
							.number = next_random(&random) % 3};
			traces[i] = (struct yg_trace){.position = i + 1,
						      .time_ns = (int64_t)i * YG_NS_PER_S,
						      .keys = &keys[i],
						      .key_count = 1};
		}
		for (unsigned round = 0; round < 50; round++) {
			struct bench bench;
			struct told told = {0, 0};
			struct yg_correlation *rule = start(&bench, types[type], 10, 2);

			CHECK(rule);
			rule->percentile = 50;
			CHECK(yg_correlator_take_all(
				      bench.correlator, (struct yg_trace_run){traces, AHEAD},
				      (struct yg_trace_run){NULL, 0}, tell, &told) == YG_OK);
			CHECK(told.count > 0);
			CHECK(round == 0 || told.digest == want);
			want = told.digest;
			bench.correlator = yg_correlator_free(bench.correlator);
			for (uint32_t i = AHEAD - 1; i > 0; i--) {
				uint32_t k = next_random(&random) % (i + 1);
				struct yg_trace kept = traces[i];

				traces[i] = traces[k];
				traces[k] = kept;
			}
		}
	}
}

#define LINES 400u
#define RUN   25u

/* A run is told about when the one after it is known. */
static int take_runs(struct bench *bench, const struct yg_trace *traces, struct told *told)
{
	int rc = YG_OK;

	for (uint32_t at = 0; at < LINES && rc == YG_OK; at += RUN) {
		struct yg_trace_run now = {&traces[at], RUN};
		struct yg_trace_run next = {&traces[at + RUN], at + RUN < LINES ? RUN : 0};

		rc = yg_correlator_take_all(bench->correlator, now, next, tell, told);
	}
	return rc;
}

/* No two lines the wrong way round are a run or more apart: the ends of runs do not matter. */
static void lines_may_cross_the_end_of_a_run(void)
{
	struct yg_trace traces[LINES];
	struct yg_trace_key keys[LINES];
	uint64_t random = 11, want = 0;

	for (uint32_t i = 0; i < LINES; i++) {
		keys[i] = (struct yg_trace_key){.correlation = 2,
						.ref = next_random(&random) % 2,
						.group = next_random(&random) % 3};
		traces[i] = (struct yg_trace){.time_ns = (int64_t)i * YG_NS_PER_S,
					      .keys = &keys[i],
					      .key_count = next_random(&random) % 3 > 0};
	}
	for (unsigned round = 0; round < 50; round++) {
		struct bench bench;
		struct yg_correlation *rule = start(&bench, YG_CORRELATION_TEMPORAL_ORDERED, 4, 2);
		struct yg_trace lines[LINES];
		uint32_t places[LINES];
		struct told told = {0, 0};

		CHECK(rule);
		/* Each line is up to RUN - 1 places late; the others keep their order. */
		for (uint32_t i = 0; i < LINES; i++)
			places[i] = (i + (round ? next_random(&random) % RUN : 0)) * LINES + i;
		for (uint32_t i = 1; i < LINES; i++)
			for (uint32_t k = i; k > 0 && places[k - 1] > places[k]; k--) {
				uint32_t kept = places[k];

				places[k] = places[k - 1];
				places[k - 1] = kept;
			}
		for (uint32_t i = 0; i < LINES; i++)
			lines[i] = traces[places[i] % LINES];
		CHECK(take_runs(&bench, lines, &told) == YG_OK);
		CHECK(told.count > 0);
		CHECK(round == 0 || told.digest == want);
		want = told.digest;
		bench.correlator = yg_correlator_free(bench.correlator);
	}
}

/* --- the state as bytes --------------------------------------------------------------------- */

static void start_all(struct bench *bench)
{
	static const enum yg_correlation_type types[] = {
		YG_CORRELATION_EVENT_COUNT,	 YG_CORRELATION_VALUE_COUNT,
		YG_CORRELATION_TEMPORAL,	 YG_CORRELATION_TEMPORAL_ORDERED,
		YG_CORRELATION_VALUE_SUM,	 YG_CORRELATION_VALUE_AVG,
		YG_CORRELATION_VALUE_PERCENTILE,
	};
	static const char *const ids[] = {"c", "d", "e", "f", "g", "h", "i"};
	struct yg_correlation *correlation = start(bench, types[0], 10, 3);

	for (size_t i = 1; correlation && i < 7; i++) {
		(void)fake_rule(&bench->engine, ids[i], YG_LEVEL_LOW, YG_KIND_CORRELATION,
				YG_ATTACK_WEB);
		correlation = fake_correlation(&bench->engine, types[i], 10, 2);
		correlation->refs[1] = 1;
		correlation->ref_count = 2;
		correlation->percentile = 50;
	}
}

/* Records from @from to @to of a made-up run; what is completed goes into the digest. */
static void run_part(struct bench *bench, uint32_t from, uint32_t to, struct told *told)
{
	for (uint32_t i = from; i < to; i++) {
		uint64_t random = i + 1;
		struct yg_trace_key keys[7];
		struct yg_trace trace = {.position = i + 1,
					 .time_ns = (int64_t)i * YG_NS_PER_S,
					 .keys = keys,
					 .key_count = 7};
		uint32_t group = next_random(&random) % 5;

		for (uint32_t k = 0; k < 7; k++)
			keys[k] = (struct yg_trace_key){.correlation = 2 + k,
							.ref = next_random(&random) % 2,
							.group = group,
							.value = next_random(&random) % 4,
							.number = next_random(&random) % 3};
		CHECK(yg_correlator_take(bench->correlator, &trace, bench->done,
					 YG_CORRELATION_DONE_MAX, &bench->done_count) == YG_OK);
		(void)tell(told, &trace, bench->done, bench->done_count);
	}
}

static void a_run_cut_in_two_goes_on(void)
{
	struct told whole = {0, 0};
	struct bench bench;

	start_all(&bench);
	run_part(&bench, 0, 200, &whole);
	CHECK(whole.count > 20);
	bench.correlator = yg_correlator_free(bench.correlator);
	for (uint32_t cut = 0; cut <= 200; cut += 7) {
		struct told parts = {0, 0};
		struct yg_buf first, second;
		uint64_t seed, left_out;

		yg_buf_init(&first, YG_CORRELATION_STATE_MAX);
		yg_buf_init(&second, YG_CORRELATION_STATE_MAX);
		start_all(&bench);
		run_part(&bench, 0, cut, &parts);
		CHECK(yg_correlator_save(bench.correlator, 77, &first) == YG_OK);
		bench.correlator = yg_correlator_free(bench.correlator);
		bench.correlator = yg_correlator_new(&bench.engine);
		CHECK(bench.correlator);
		CHECK(yg_correlator_restore(bench.correlator, yg_buf_bytes(&first), &seed,
					    &left_out) == YG_OK);
		CHECK(seed == 77 && left_out == 0);
		/* What was restored is what was saved. */
		CHECK(yg_correlator_save(bench.correlator, 77, &second) == YG_OK);
		CHECK(yg_bytes_eq(yg_buf_bytes(&first), yg_buf_bytes(&second)));
		run_part(&bench, cut, 200, &parts);
		CHECK(parts.digest == whole.digest);
		bench.correlator = yg_correlator_free(bench.correlator);
		yg_buf_done(&first);
		yg_buf_done(&second);
	}
}

static int restore(struct bench *bench, struct yg_bytes state, uint64_t *left_out)
{
	uint64_t seed;

	bench->correlator = yg_correlator_free(bench->correlator);
	bench->correlator = yg_correlator_new(&bench->engine);
	if (!bench->correlator)
		return YG_ENOMEM;
	return yg_correlator_restore(bench->correlator, state, &seed, left_out);
}

static void a_changed_correlation_starts_anew(void)
{
	struct told told = {0, 0};
	struct bench bench;
	struct yg_buf state;
	uint64_t left_out;

	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	start_all(&bench);
	run_part(&bench, 0, 50, &told);
	CHECK(yg_correlator_save(bench.correlator, 1, &state) == YG_OK);
	bench.engine.correlations[2].timespan_ns++;
	CHECK(restore(&bench, yg_buf_bytes(&state), &left_out) == YG_OK);
	CHECK(left_out == 5); /* its groups */
	bench.engine.count--; /* the last correlation is gone, too */
	CHECK(restore(&bench, yg_buf_bytes(&state), &left_out) == YG_OK);
	CHECK(left_out == 10);
	bench.correlator = yg_correlator_free(bench.correlator);
	yg_buf_done(&state);
}

/* Put the right digest over what was damaged, so that the numbers themselves are looked at. */
static void sign(struct yg_buf *state)
{
	yg_digest((struct yg_bytes){state->data + 48, state->size - 48}, state->data + 16);
}

static void damaged_states_are_refused(void)
{
	struct told told = {0, 0};
	struct bench bench;
	struct yg_buf state, bad;
	uint64_t left_out, random = 5;

	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	yg_buf_init(&bad, YG_CORRELATION_STATE_MAX);
	start_all(&bench);
	run_part(&bench, 0, 50, &told);
	CHECK(yg_correlator_save(bench.correlator, 1, &state) == YG_OK);
	_Static_assert(YG_DIGEST_BYTES == 32, "the head of a state");
	for (size_t size = 0; size < state.size; size += 1 + size / 50)
		CHECK(restore(&bench, (struct yg_bytes){state.data, size}, &left_out) != YG_OK);
	state.data[8]++;
	CHECK(restore(&bench, yg_buf_bytes(&state), &left_out) == YG_EMISMATCH);
	state.data[8]--;
	state.data[60] ^= 1;
	CHECK(restore(&bench, yg_buf_bytes(&state), &left_out) == YG_EDIGEST);
	state.data[60] ^= 1;
	state.data[0] ^= 1;
	CHECK(restore(&bench, yg_buf_bytes(&state), &left_out) == YG_EFORMAT);
	state.data[0] ^= 1;
	for (unsigned i = 0; i < 3000; i++) {
		struct told after = {0, 0};
		int rc;

		yg_buf_reset(&bad);
		yg_buf_add(&bad, yg_buf_bytes(&state));
		for (unsigned k = 1 + i % 3; k > 0; k--)
			bad.data[48 + next_random(&random) % (bad.size - 48)] =
				(uint8_t)(next_random(&random) % 4 ? next_random(&random) : 0xff);
		sign(&bad);
		rc = restore(&bench, yg_buf_bytes(&bad), &left_out);
		CHECK(rc == YG_OK || rc == YG_EFORMAT);
		run_part(&bench, 50, 60, &after); /* refused or not: it works */
	}
	bench.correlator = yg_correlator_free(bench.correlator);
	yg_buf_done(&state);
	yg_buf_done(&bad);
}

static void without_memory_it_says_so(void)
{
	struct bench bench;
	struct yg_trace_key key = {.correlation = 2, .group = 1};
	struct yg_trace trace = {.position = 1, .keys = &key, .key_count = 1};
	int rc = YG_ENOMEM;

	CHECK(start(&bench, YG_CORRELATION_EVENT_COUNT, 10, 2));
	for (long n = 1; rc == YG_ENOMEM && n < 20; n++) {
		yg_fail_at = n;
		rc = yg_correlator_take(bench.correlator, &trace, bench.done, 1, &bench.done_count);
		yg_fail_at = 0;
	}
	CHECK(rc == YG_OK);
	bench.correlator = yg_correlator_free(bench.correlator);
}

static const struct check_case cases[] = {
	CASE(an_event_count_is_reached_within_the_timespan),
	CASE(groups_are_counted_apart),
	CASE(one_record_that_two_rules_hit_is_one_event),
	CASE(while_it_lasts_it_is_said_once_a_timespan),
	CASE(time_may_run_backwards),
	CASE(time_may_be_missing),
	CASE(thresholds_beyond_the_ring_are_still_reached),
	CASE(values_are_counted_once),
	CASE(other_comparisons),
	CASE(together_in_any_order),
	CASE(in_order_only),
	CASE(sums_averages_percentiles),
	CASE(chains),
	CASE(the_oldest_group_goes_first_and_is_counted),
	CASE(all_marks_together_are_bounded),
	CASE(in_order_with_terms),
	CASE(sums_go_on_beyond_the_ring),
	CASE(lines_may_stand_in_any_order),
	CASE(lines_may_cross_the_end_of_a_run),
	CASE(a_run_cut_in_two_goes_on),
	CASE(a_changed_correlation_starts_anew),
	CASE(damaged_states_are_refused),
	CASE(without_memory_it_says_so),
};

CHECK_MAIN(cases)
