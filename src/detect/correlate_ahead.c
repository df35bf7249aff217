/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that stand together are counted in the order of their times, not of the lines.
 *
 * Two runs are looked at: the one that has to be told about, and the one after it, of which only
 * counts what belongs before the other's end. The rest waits.
 */
#include <assert.h>

#include "base/alloc.h"
#include "detect/correlate-int.h"

#include "base/ban.h"

#define CALLED_KEYS 2u /* of a trace; most have no more */

/* How many records ahead the parts of a group are called from memory. */
#define CALL_SLOT	48u
#define CALL_ENTRY	32u
#define CALL_NEIGHBOURS 16u

/* A trace with keys, by the time it counts at. */
struct yg_ahead {
	int64_t time_ns;
	uint64_t order; /* in the input */
	const struct yg_trace *trace;
	uint64_t called[CALLED_KEYS]; /* keys of groups; 0 = none yet */
};

static int by_time(const void *left, const void *right)
{
	const struct yg_ahead *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int make_room(struct yg_correlator *correlator, uint32_t count)
{
	struct yg_ahead *ahead;

	if (count <= correlator->ahead_room)
		return YG_OK;
	ahead = yg_reallocarray(correlator->ahead, count, sizeof(*ahead));
	if (!ahead)
		return YG_ENOMEM;
	correlator->ahead = ahead;
	correlator->ahead_room = count;
	return YG_OK;
}

static int add_run(struct yg_correlator *correlator, struct yg_trace_run run,
		   const uint8_t *counted)
{
	int rc = make_room(correlator, correlator->ahead_count + run.count);

	for (uint32_t i = 0; i < run.count && rc == YG_OK; i++) {
		if (run.traces[i].key_count == 0)
			continue;
		if (run.traces[i].time_ns != YG_TIME_NONE)
			correlator->last_ns = run.traces[i].time_ns;
		if (counted && counted[i])
			continue;
		correlator->ahead[correlator->ahead_count++] = (struct yg_ahead){
			correlator->last_ns, ++correlator->ahead_order, &run.traces[i], {0}};
	}
	return rc;
}

static bool is_of(const struct yg_ahead *ahead, struct yg_trace_run run)
{
	return ahead->trace >= run.traces && ahead->trace < run.traces + run.count;
}

/* How many of those in order count: all up to the last one of @now. */
static uint32_t sort(struct yg_correlator *correlator, struct yg_trace_run now)
{
	struct yg_ahead *ahead = correlator->ahead;
	bool is_sorted = true;
	uint32_t due = 0;

	for (uint32_t i = 1; i < correlator->ahead_count && is_sorted; i++)
		is_sorted = by_time(&ahead[i - 1], &ahead[i]) < 0;
	if (!is_sorted)
		qsort(ahead, correlator->ahead_count, sizeof(*ahead), by_time);
	for (uint32_t i = 0; i < correlator->ahead_count; i++)
		if (is_of(&ahead[i], now))
			due = i + 1;
	return due;
}

static void call_slots(const struct yg_correlator *correlator, struct yg_ahead *ahead)
{
	const struct yg_trace *trace = ahead->trace;

	for (uint32_t i = 0; i < CALLED_KEYS && i < trace->key_count; i++) {
		ahead->called[i] =
			yg_group_hash(correlator, trace->keys[i].correlation, trace->keys[i].group);
		yg_table_call_slot(&correlator->groups, ahead->called[i]);
	}
}

static void call_neighbours(const struct yg_correlator *correlator, const struct yg_ahead *ahead)
{
	for (uint32_t i = 0; i < CALLED_KEYS && ahead->called[i]; i++) {
		struct yg_group *group =
			yg_table_call_neighbours(&correlator->groups, ahead->called[i]);

		if (!group || group->count == 0 || group->room == 1)
			continue;
		__builtin_prefetch(yg_mark_at(group, 0));
		__builtin_prefetch(yg_mark_at(group, group->count - 1));
	}
}

/* Groups lie anywhere in memory: what the records behind number @at need is called for. */
static void call_ahead(const struct yg_correlator *correlator, uint32_t at)
{
	struct yg_ahead *ahead = correlator->ahead;
	uint32_t count = correlator->ahead_count;

	if (at + CALL_SLOT < count)
		call_slots(correlator, &ahead[at + CALL_SLOT]);
	if (at + CALL_ENTRY < count)
		for (uint32_t i = 0; i < CALLED_KEYS && ahead[at + CALL_ENTRY].called[i]; i++)
			yg_table_call_entry(&correlator->groups, ahead[at + CALL_ENTRY].called[i]);
	if (at + CALL_NEIGHBOURS < count)
		call_neighbours(correlator, &ahead[at + CALL_NEIGHBOURS]);
}

int yg_correlator_take_all(struct yg_correlator *correlator, struct yg_trace_run now,
			   struct yg_trace_run next, yg_correlator_emit_fn emit, void *arg)
{
	struct yg_completion done[YG_CORRELATION_DONE_MAX];
	uint32_t due, taken = 0;
	int rc = YG_OK;

	assert(!correlator->ahead_next || correlator->ahead_next == now.traces);
	if (!correlator->ahead_next)
		rc = add_run(correlator, now, NULL);
	correlator->told_ns = correlator->last_ns;
	correlator->ahead_next = next.count > 0 ? next.traces : NULL;
	if (rc == YG_OK)
		rc = add_run(correlator, next, NULL);
	if (rc != YG_OK)
		return rc;
	due = sort(correlator, now);
	for (; taken < due && rc == YG_OK; taken++) {
		const struct yg_ahead *ahead = &correlator->ahead[taken];
		uint32_t done_count;

		call_ahead(correlator, taken);
		rc = yg_correlator_take_at(correlator, ahead->trace, ahead->time_ns, done,
					   YG_CORRELATION_DONE_MAX, &done_count);
		if (rc == YG_OK && done_count > 0)
			rc = emit(arg, ahead->trace, done, done_count);
	}
	correlator->ahead_count -= taken;
	if (correlator->ahead_count > 0)
		memmove(correlator->ahead, correlator->ahead + taken,
			correlator->ahead_count * sizeof(*correlator->ahead));
	return rc;
}

void yg_correlator_counted(const struct yg_correlator *correlator, struct yg_trace_run run,
			   uint8_t *to)
{
	for (uint32_t i = 0; i < run.count; i++)
		to[i] = run.traces[i].key_count > 0;
	for (uint32_t i = 0; i < correlator->ahead_count; i++)
		if (is_of(&correlator->ahead[i], run))
			to[correlator->ahead[i].trace - run.traces] = 0;
}

int yg_correlator_announce(struct yg_correlator *correlator, struct yg_trace_run run,
			   const uint8_t *counted)
{
	assert(!correlator->ahead_next && correlator->ahead_count == 0);
	if (run.count == 0)
		return YG_OK;
	correlator->ahead_next = run.traces;
	return add_run(correlator, run, counted);
}

size_t yg_correlator_bytes(const struct yg_correlator *correlator)
{
	return sizeof(*correlator) + yg_table_bytes(&correlator->groups) +
	       (size_t)correlator->marks_made * sizeof(struct yg_mark) +
	       correlator->ahead_room * sizeof(*correlator->ahead) + correlator->held_bytes +
	       2 * correlator->held_room * sizeof(*correlator->held);
}
