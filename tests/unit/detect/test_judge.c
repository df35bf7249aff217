/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/judge.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "detect/correlate.h"
#include "judge_kit.h"

static void findings_are_ordered_and_bundled(void)
{
	struct yg_engine engine = {0};
	struct seen seen = {0};
	uint32_t hits[2];
	struct yg_trace trace = {.position = 7,
				 .time_ns = 100,
				 .flags = YG_TRACE_WEB | YG_TRACE_ACTOR_IP,
				 .format = YG_FORMAT_ACCESS,
				 .actor = YG_S("192.0.2.1"),
				 .actor_hash = 11,
				 .target = YG_S("/a"),
				 .path = YG_S("/a"),
				 .path_hash = 21,
				 .status = 404,
				 .size_bytes = 10,
				 .hits = hits,
				 .hit_count = 2};
	const struct yg_story *stories;
	size_t count;
	struct yg_judge *judge;

	hits[0] = fake_rule(&engine, "b", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	hits[1] = fake_rule(&engine, "a", YG_LEVEL_HIGH, YG_KIND_PATTERN, YG_ATTACK_WEB);
	judge = judge_for(&seen, &engine, NULL);
	CHECK(judge);
	CHECK(yg_judge_take(judge, &trace) == YG_OK);
	CHECK(seen.finding_count == 2);
	CHECK_TEXT(seen.findings[0].rule->id, "a");
	CHECK_TEXT(seen.findings[1].rule->id, "b");
	CHECK(memcmp(seen.findings[0].id, seen.findings[1].id, YG_ID_BYTES) != 0);
	CHECK(memcmp(seen.findings[0].story, seen.findings[1].story, YG_ID_BYTES) == 0);
	CHECK_TEXT(seen.findings[0].source, "access.log");
	CHECK_TEXT(seen.findings[0].event_json, "{}");
	CHECK(seen.findings[0].outcome == YG_OUTCOME_ATTEMPT);
	CHECK(seen.findings[0].reason.code == YG_REASON_STATUS_NOT_FOUND);
	CHECK(yg_judge_stories(judge, &stories, &count) == YG_OK);
	CHECK(count == 1);
	CHECK(stories[0].findings == 2);
	CHECK(stories[0].records == 1);
	CHECK(stories[0].level == YG_LEVEL_HIGH);
	CHECK(stories[0].rule_count == 2);
	CHECK(yg_judge_counts(judge).findings == 2);
	CHECK(yg_judge_counts(judge).by_level[YG_LEVEL_HIGH] == 1);
	(void)yg_judge_free(judge);
}

static void an_id_is_the_same_in_every_run(void)
{
	uint8_t ids[2][YG_ID_BYTES];

	for (int i = 0; i < 2; i++) {
		struct yg_engine engine = {0};
		struct seen seen = {0};
		uint32_t hit =
			fake_rule(&engine, "r", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
		struct yg_trace trace = {.position = 3,
					 .time_ns = YG_TIME_NONE,
					 .source = YG_S("other.log"),
					 .hits = &hit,
					 .hit_count = 1};
		struct yg_judge *judge = judge_for(&seen, &engine, NULL);

		CHECK(judge);
		CHECK(yg_judge_take(judge, &trace) == YG_OK);
		CHECK(seen.finding_count == 1);
		CHECK_TEXT(seen.findings[0].source, "other.log");
		memcpy(ids[i], seen.findings[0].id, YG_ID_BYTES);
		(void)yg_judge_free(judge);
	}
	CHECK(memcmp(ids[0], ids[1], YG_ID_BYTES) == 0);
}

static void indicators_become_findings(void)
{
	struct yg_engine engine = {0};
	struct yg_indicators set = {.type = YG_INDICATOR_DOMAIN};
	struct seen seen = {0};
	const struct yg_trace_indicator hits[] = {
		{0, YG_S("z.example"), YG_S("cs-host")},
		{1, YG_S("a.example"), YG_S("cs-referer")},
		{2, YG_S("z.example"), YG_S("cs-referer")},
	};
	struct yg_trace trace = {.position = 1,
				 .time_ns = 5,
				 .format = YG_FORMAT_ACCESS,
				 .flags = YG_TRACE_WEB,
				 .status = 200,
				 .size_bytes = -1,
				 .indicators = hits,
				 .indicator_count = 3};
	struct yg_judge *judge = judge_for(&seen, &engine, &set);

	CHECK(judge);
	CHECK(yg_judge_take(judge, &trace) == YG_OK);
	CHECK(seen.finding_count == 2); /* the same value twice is one finding */
	CHECK_TEXT(seen.findings[0].rule->id, "yagura-indicator-domain");
	CHECK_TEXT(seen.findings[0].matched, "a.example");
	CHECK_TEXT(seen.findings[1].matched, "z.example");
	CHECK(seen.findings[0].rule->kind == YG_KIND_INDICATOR);
	CHECK(memcmp(seen.findings[0].id, seen.findings[1].id, YG_ID_BYTES) != 0);
	(void)yg_judge_free(judge);
}

static void what_is_allowed_is_counted_only(void)
{
	struct yg_engine engine = {0};
	struct yg_indicators set = {.allowed = YG_S("192.0.2.1")};
	struct seen seen = {0};
	uint32_t hit = fake_rule(&engine, "r", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	struct yg_trace trace = {.position = 1,
				 .time_ns = 5,
				 .actor = YG_S("192.0.2.1"),
				 .actor_hash = 3,
				 .hits = &hit,
				 .hit_count = 1};
	struct yg_judge *judge = judge_for(&seen, &engine, &set);

	CHECK(judge);
	CHECK(yg_judge_take(judge, &trace) == YG_OK);
	CHECK(seen.finding_count == 0);
	CHECK(yg_judge_counts(judge).allowed == 1);
	trace.actor = YG_S("192.0.2.2");
	CHECK(yg_judge_take(judge, &trace) == YG_OK);
	CHECK(seen.finding_count == 1);
	(void)yg_judge_free(judge);
}

static void an_output_that_fails_ends_it(void)
{
	struct yg_engine engine = {0};
	struct seen seen = {.rc = YG_EPIPE};
	uint32_t hit = fake_rule(&engine, "r", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	struct yg_trace trace = {.position = 1, .hits = &hit, .hit_count = 1};
	struct yg_judge *judge = judge_for(&seen, &engine, NULL);

	CHECK(judge);
	CHECK(yg_judge_take(judge, &trace) == YG_EPIPE);
	(void)yg_judge_free(judge);
}

static struct yg_bytes some_group(void *arg, const struct yg_trace *trace,
				  const struct yg_trace_key *key)
{
	(void)arg;
	(void)trace;
	return key->correlation == 1 && key->ref == 0 ? YG_S("{\"u\":\"v\"}") : YG_S("");
}

/* Lines in the wrong order: the finding is made on the record that is last by its time. */
static void what_comes_next_is_counted_by_its_time(void)
{
	static const int64_t times[] = {3, 1, 2, 50};
	struct yg_engine engine = {0};
	struct seen seen = {0};
	struct yg_trace_key key = {.correlation = 1, .group = 1};
	struct yg_trace traces[4];
	struct yg_correlation *correlation;
	struct yg_judge *judge;

	(void)fake_rule(&engine, "a", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	(void)fake_rule(&engine, "b", YG_LEVEL_LOW, YG_KIND_CORRELATION, YG_ATTACK_WEB);
	correlation = fake_correlation(&engine, YG_CORRELATION_EVENT_COUNT, 60, 3);
	correlation->ref_count = 1;
	judge = yg_judge_new(&engine, NULL,
			     &(struct yg_judge_out){.finding = see_finding,
						    .update = see_update,
						    .group = some_group,
						    .arg = &seen});
	CHECK(judge);
	for (unsigned i = 0; i < 4; i++) {
		traces[i] = web(i + 1, times[i], 1, "/a", 200, 100);
		traces[i].keys = &key;
		traces[i].key_count = i < 3;
	}
	CHECK(yg_judge_ahead(judge, (struct yg_trace_run){traces, 4},
			     (struct yg_trace_run){NULL, 0}) == YG_OK);
	CHECK(seen.finding_count == 0);
	CHECK(yg_judge_take(judge, &traces[0]) == YG_OK);
	CHECK(seen.finding_count == 1);
	CHECK(seen.findings[0].position == 1);
	CHECK(seen.findings[0].first_position == 2);
	CHECK(seen.findings[0].first_ns == 1 * YG_NS_PER_S);
	CHECK(seen.findings[0].count == 3);
	CHECK_TEXT(seen.findings[0].group_json, "{\"u\":\"v\"}");
	for (unsigned i = 1; i < 4; i++)
		CHECK(yg_judge_take(judge, &traces[i]) == YG_OK);
	CHECK(seen.finding_count == 1);
	(void)yg_judge_free(judge);
}

#define RUNS	  60u
#define RUN_SIZES 7u

struct told {
	struct yg_buf text;
};

static int tell(void *arg, const struct yg_finding *finding)
{
	struct told *told = arg;

	yg_buf_addf(&told->text, "%llu %llu %llu %lld %.*s\n",
		    (unsigned long long)finding->position,
		    (unsigned long long)finding->first_position, (unsigned long long)finding->count,
		    (long long)finding->first_ns, YG_FMT(finding->group_json));
	return yg_buf_error(&told->text);
}

static struct yg_bytes which_group(void *arg, const struct yg_trace *trace,
				   const struct yg_trace_key *key)
{
	(void)arg;
	return key == trace->keys ? YG_S("first") : YG_S("second");
}

static struct yg_judge *judge_telling(const struct yg_engine *engine, struct told *told)
{
	return yg_judge_new(
		engine, NULL,
		&(struct yg_judge_out){.finding = tell, .group = which_group, .arg = told});
}

/* @judge, put away between two runs and taken up again. NULL when that failed. */
static struct yg_judge *put_away(struct yg_judge *judge, const struct yg_engine *engine,
				 struct told *told, struct yg_trace_run next)
{
	struct yg_judge *again = judge_telling(engine, told);
	struct yg_buf state, kept;
	uint64_t seed, left_out;
	bool is_good;

	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	yg_buf_init(&kept, 1u << 20);
	is_good = yg_correlator_save(yg_judge_correlator(judge), 1, &state) == YG_OK &&
		  yg_judge_keep_next(judge, next, &kept) == YG_OK &&
		  yg_correlator_restore(yg_judge_correlator(again), yg_buf_bytes(&state), &seed,
					&left_out) == YG_OK;
	/* What is not whole, or of other traces, is refused. */
	for (size_t cut = 1; cut < kept.size && is_good; cut++)
		is_good = yg_judge_resume_next(again, next, (struct yg_bytes){kept.data, cut}) !=
			  YG_OK;
	is_good = is_good &&
		  yg_judge_resume_next(again, (struct yg_trace_run){next.traces, next.count + 1},
				       yg_buf_bytes(&kept)) == YG_EMISMATCH &&
		  yg_judge_resume_next(again, next, yg_buf_bytes(&kept)) == YG_OK;
	yg_buf_done(&state);
	yg_buf_done(&kept);
	(void)yg_judge_free(judge);
	return is_good ? again : yg_judge_free(again);
}

/* Far out of order, run after run; a judge that is put away between all of them finds the same. */
static void what_is_known_of_the_next_run_can_be_kept(void)
{
	static struct yg_trace traces[RUNS * RUN_SIZES];
	static struct yg_trace_key keys[RUNS * RUN_SIZES][2]; /* of two groups, by one ref */
	struct yg_trace_run runs[RUNS + 1] = {{0}};
	struct yg_engine engine = {0};
	struct told told[2];
	uint64_t state = yg_hash_secret() | 1;
	uint32_t at = 0;

	(void)fake_rule(&engine, "a", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	(void)fake_rule(&engine, "b", YG_LEVEL_LOW, YG_KIND_CORRELATION, YG_ATTACK_WEB);
	fake_correlation(&engine, YG_CORRELATION_EVENT_COUNT, 6, 4)->ref_count = 1;
	printf("seed %llu\n", (unsigned long long)state);
	for (uint32_t r = 0; r < RUNS; r++) {
		runs[r] = (struct yg_trace_run){&traces[at], 1 + r % RUN_SIZES};
		for (uint32_t i = 0; i < runs[r].count; i++, at++) {
			state = state * UINT64_C(6364136223846793005) + 1;
			traces[at] =
				web(at + 1, at + (int64_t)((state >> 40) % 9), 1, "/a", 200, 100);
			keys[at][0] = (struct yg_trace_key){.correlation = 1,
							    .group = 1 + (state >> 50) % 2};
			keys[at][1] = (struct yg_trace_key){.correlation = 1,
							    .group = 3 + (state >> 51) % 2};
			traces[at].keys = keys[at];
			traces[at].key_count = (state >> 60) != 0 ? 2 : 0;
			if ((state >> 55) % 16 == 0)
				traces[at].time_ns = YG_TIME_NONE;
		}
	}
	for (unsigned way = 0; way < 2; way++) {
		struct yg_judge *judge;

		yg_buf_init(&told[way].text, 1u << 20);
		judge = judge_telling(&engine, &told[way]);
		for (uint32_t r = 0; r < RUNS; r++) {
			CHECK(judge && yg_judge_ahead(judge, runs[r], runs[r + 1]) == YG_OK);
			for (uint32_t i = 0; i < runs[r].count; i++)
				CHECK(yg_judge_take(judge, &runs[r].traces[i]) == YG_OK);
			if (way == 1 && r + 1 < RUNS)
				judge = put_away(judge, &engine, &told[way], runs[r + 1]);
		}
		(void)yg_judge_free(judge);
	}
	CHECK(told[0].text.size > 100);
	CHECK(yg_bytes_eq(yg_buf_bytes(&told[0].text), yg_buf_bytes(&told[1].text)));
	yg_buf_done(&told[0].text);
	yg_buf_done(&told[1].text);
}

/* An engine on the heap: using it after it was freed is seen by the sanitizers. */
static struct yg_engine *heap_engine(enum yg_level second_level)
{
	struct yg_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		abort();
	(void)fake_rule(engine, "rule-1", YG_LEVEL_HIGH, YG_KIND_PATTERN, YG_ATTACK_WEB);
	(void)fake_rule(engine, "rule-2", second_level, YG_KIND_PATTERN, YG_ATTACK_WEB);
	return engine;
}

static void take(struct yg_judge *judge, uint64_t position, uint32_t rule)
{
	struct yg_trace trace = web(position, (int64_t)position, 1, "/a", 404, 10);

	trace.hits = &rule;
	trace.hit_count = 1;
	CHECK(yg_judge_take(judge, &trace) == YG_OK);
}

static void another_rule_set_takes_over(void)
{
	struct seen seen = {0};
	struct yg_engine *first = heap_engine(YG_LEVEL_LOW);
	struct yg_engine *second = heap_engine(YG_LEVEL_MEDIUM);
	struct yg_judge *judge = judge_for(&seen, first, NULL);
	struct yg_judge_reload said;
	const struct yg_story *stories;
	uint64_t seed = 7;
	size_t count;

	CHECK(judge);
	take(judge, 1, 0);
	take(judge, 2, 1);
	CHECK(yg_judge_reload(judge, second, NULL, &seed, &said) == YG_OK);
	CHECK(seed == 7);
	free(first);
	take(judge, 3, 0);
	take(judge, 4, 1);
	CHECK(yg_judge_stories(judge, &stories, &count) == YG_OK);
	CHECK(count == 1);
	CHECK(stories[0].rule_count == 3);
	/* The rule that stayed the same is one line; the changed one stands there as it was, too.
	 */
	CHECK(stories[0].findings == 4);
	for (uint32_t i = 0; i < 3; i++) {
		const struct yg_rule_info *rule = stories[0].rules[i].rule;
		bool is_first = yg_bytes_eq(rule->id, YG_S("rule-1"));

		CHECK(stories[0].rules[i].count == (is_first ? 2u : 1u));
		CHECK(is_first || rule->level == YG_LEVEL_LOW || rule->level == YG_LEVEL_MEDIUM);
	}
	/* And back again: the copies that were made serve once more. */
	first = heap_engine(YG_LEVEL_LOW);
	CHECK(yg_judge_reload(judge, first, NULL, &seed, &said) == YG_OK);
	free(second);
	take(judge, 5, 1);
	CHECK(yg_judge_stories(judge, &stories, &count) == YG_OK);
	CHECK(stories[0].findings == 5);
	(void)yg_judge_free(judge);
	free(first);
}

/* Each allocation fails once: an error or the same result, never less or a crash. */
static void without_memory_it_says_so(void)
{
	static struct yg_engine engine;
	static struct seen seen;
	struct yg_correlation *correlation;
	uint32_t hits[1] = {0};
	int rc = YG_ENOMEM;

	(void)fake_rule(&engine, "a", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	(void)fake_rule(&engine, "b", YG_LEVEL_LOW, YG_KIND_BEHAVIOUR, YG_ATTACK_WEB);
	correlation = fake_correlation(&engine, YG_CORRELATION_EVENT_COUNT, 60, 2);
	correlation->ref_count = 1;
	for (long n = 1; rc == YG_ENOMEM && n < 200; n++) {
		struct yg_judge *judge;
		const struct yg_story *stories;
		size_t count = 0;

		memset(&seen, 0, sizeof(seen));
		yg_fail_at = n;
		judge = judge_for(&seen, &engine, NULL);
		rc = judge ? YG_OK : YG_ENOMEM;
		for (unsigned i = 0; rc == YG_OK && i < 9; i++) {
			struct yg_trace_key key = {.correlation = 1, .group = 1};
			struct yg_trace trace = web(i + 1, i, 1 + i % 2, "/a", 200, 100);

			trace.source = YG_S("elsewhere.log");
			trace.keys = &key;
			trace.key_count = i < 3;
			trace.hits = hits;
			trace.hit_count = i < 3;
			if (i % 2)
				rc = yg_judge_ahead(judge, (struct yg_trace_run){&trace, 1},
						    (struct yg_trace_run){NULL, 0});
			if (rc == YG_OK)
				rc = yg_judge_take(judge, &trace);
		}
		if (rc == YG_OK)
			rc = yg_judge_stories(judge, &stories, &count);
		yg_fail_at = 0;
		judge = yg_judge_free(judge);
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		CHECK(rc != YG_OK || (seen.finding_count == 4 && seen.update_total == 3));
	}
	CHECK(rc == YG_OK);
}

static const struct check_case cases[] = {
	CASE(findings_are_ordered_and_bundled),
	CASE(an_id_is_the_same_in_every_run),
	CASE(what_comes_next_is_counted_by_its_time),
	CASE(what_is_known_of_the_next_run_can_be_kept),
	CASE(indicators_become_findings),
	CASE(what_is_allowed_is_counted_only),
	CASE(an_output_that_fails_ends_it),
	CASE(another_rule_set_takes_over),
	CASE(without_memory_it_says_so),
};

CHECK_MAIN(cases)
