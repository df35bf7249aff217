/* SPDX-License-Identifier: Apache-2.0 */
#include "model/timeline.h"

#include "base/ban.h"

#define FIRST_STEP_NS (60 * YG_NS_PER_S)

void yg_timeline_init(struct yg_timeline *timeline)
{
	*timeline = (struct yg_timeline){.start_ns = YG_TIME_NONE, .step_ns = FIRST_STEP_NS};
}

/* The start of the step that holds @time_ns; near the beginning of time, the first one there is. */
static int64_t align_down(int64_t time_ns, int64_t step_ns)
{
	int64_t rest = time_ns % step_ns;

	rest = rest < 0 ? rest + step_ns : rest;
	return time_ns < INT64_MIN + 1 + rest ? INT64_MIN + 1 : time_ns - rest;
}

/* Double the step: each new step is the sum of two old ones, aligned to the new length. */
static void coarsen(struct yg_timeline *t)
{
	int64_t step_ns = t->step_ns * 2;
	int64_t start_ns = align_down(t->start_ns, step_ns);
	size_t shift = start_ns == t->start_ns ? 0 : 1;
	struct yg_timeline old = *t;

	*t = (struct yg_timeline){.start_ns = start_ns, .step_ns = step_ns};
	for (size_t i = 0; i < YG_TIMELINE_STEPS; i++) {
		size_t to = (i + shift) / 2;

		t->records[to] += old.records[i];
		for (size_t level = 0; level < 5; level++)
			t->findings[to][level] += old.findings[i][level];
	}
}

/* Move what is there so that @start_ns (earlier, aligned) becomes the start; false: no room. */
static bool move_start(struct yg_timeline *t, int64_t start_ns)
{
	uint64_t by = ((uint64_t)t->start_ns - (uint64_t)start_ns) / (uint64_t)t->step_ns;
	struct yg_timeline old = *t;

	if (by >= YG_TIMELINE_STEPS)
		return false;
	for (size_t i = YG_TIMELINE_STEPS - by; i < YG_TIMELINE_STEPS; i++) {
		bool is_used = t->records[i] > 0;

		for (size_t level = 0; level < 5; level++)
			is_used = is_used || t->findings[i][level] > 0;
		if (is_used)
			return false;
	}
	*t = (struct yg_timeline){.start_ns = start_ns, .step_ns = old.step_ns};
	for (size_t i = 0; i + by < YG_TIMELINE_STEPS; i++) {
		t->records[i + by] = old.records[i];
		memcpy(t->findings[i + by], old.findings[i], sizeof(old.findings[i]));
	}
	return true;
}

/* The step for @time_ns, after making room for it. */
static size_t step_for(struct yg_timeline *t, int64_t time_ns)
{
	if (t->start_ns == YG_TIME_NONE)
		t->start_ns = align_down(time_ns, t->step_ns);
	for (;;) {
		if (time_ns < t->start_ns) {
			if (move_start(t, align_down(time_ns, t->step_ns)))
				return 0;
		} else {
			uint64_t at =
				((uint64_t)time_ns - (uint64_t)t->start_ns) / (uint64_t)t->step_ns;

			if (at < YG_TIMELINE_STEPS)
				return (size_t)at;
		}
		coarsen(t);
	}
}

void yg_timeline_record(struct yg_timeline *timeline, int64_t time_ns, uint64_t count)
{
	if (time_ns != YG_TIME_NONE)
		timeline->records[step_for(timeline, time_ns)] += count;
}

void yg_timeline_finding(struct yg_timeline *timeline, int64_t time_ns, enum yg_level level)
{
	if (time_ns != YG_TIME_NONE)
		timeline->findings[step_for(timeline, time_ns)][level]++;
}
