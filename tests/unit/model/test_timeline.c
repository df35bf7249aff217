/* SPDX-License-Identifier: Apache-2.0 */
#include "model/timeline.h"

#include "../check.h"

static struct yg_timeline t;

static uint64_t records(void)
{
	uint64_t all = 0;

	for (size_t i = 0; i < YG_TIMELINE_STEPS; i++)
		all += t.records[i];
	return all;
}

/* The step that holds @time_ns by what the timeline says of itself. */
static size_t step_of(int64_t time_ns)
{
	return (size_t)(((uint64_t)time_ns - (uint64_t)t.start_ns) / (uint64_t)t.step_ns);
}

static void starts_with_minutes(void)
{
	yg_timeline_init(&t);
	yg_timeline_record(&t, 90 * YG_NS_PER_S, 2);
	yg_timeline_record(&t, 119 * YG_NS_PER_S, 1);
	yg_timeline_finding(&t, 121 * YG_NS_PER_S, YG_LEVEL_HIGH);
	CHECK(t.start_ns == 60 * YG_NS_PER_S && t.step_ns == 60 * YG_NS_PER_S);
	CHECK(t.records[0] == 3);
	CHECK(t.findings[1][YG_LEVEL_HIGH] == 1);
}

static void joins_steps_and_loses_nothing(void)
{
	static const int64_t days[] = {100, 101, 99, 3000, 5, 100};

	yg_timeline_init(&t);
	for (size_t i = 0; i < 6; i++)
		yg_timeline_record(&t, days[i] * 86400 * YG_NS_PER_S, 10);
	CHECK(records() == 60);
	for (size_t i = 0; i < 6; i++) {
		size_t step = step_of(days[i] * 86400 * YG_NS_PER_S);

		CHECK(step < YG_TIMELINE_STEPS && t.records[step] >= 10);
	}
}

static void no_time_is_not_counted(void)
{
	yg_timeline_init(&t);
	yg_timeline_record(&t, YG_TIME_NONE, 1);
	yg_timeline_finding(&t, YG_TIME_NONE, YG_LEVEL_LOW);
	CHECK(t.start_ns == YG_TIME_NONE && records() == 0);
}

static void both_ends_of_time_fit(void)
{
	static const int64_t times[] = {0, INT64_MAX, INT64_MIN + 1, -1,
					INT64_MIN + 61 * YG_NS_PER_S};

	yg_timeline_init(&t);
	for (size_t i = 0; i < 5; i++) {
		yg_timeline_record(&t, times[i], 1);
		yg_timeline_finding(&t, times[i], YG_LEVEL_LOW);
	}
	CHECK(records() == 5);
	/* No step can begin before the first moment, so there the steps may be off by one. */
	for (size_t i = 0; i < 5; i++) {
		size_t step = step_of(times[i]);

		CHECK(step < YG_TIMELINE_STEPS);
		CHECK(t.records[step] > 0 || (step > 0 && t.records[step - 1] > 0) ||
		      (step + 1 < YG_TIMELINE_STEPS && t.records[step + 1] > 0));
	}
}

static const struct check_case cases[] = {
	CASE(starts_with_minutes),
	CASE(joins_steps_and_loses_nothing),
	CASE(no_time_is_not_counted),
	CASE(both_ends_of_time_fit),
};
CHECK_MAIN(cases)
