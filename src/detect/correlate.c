/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/correlate.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "detect/table-int.h"

#include "base/ban.h"

#define FIRST_MARKS 4u
#define GRANULES    1024u /* marks an event_count makes do with, whatever its threshold */

/* An event that counts, or several close to each other. */
struct mark {
	int64_t time_ns;
	uint64_t position;
	union {
		uint64_t value;	  /* value_count: hash; temporal: ref */
		double number;	  /* sum, avg, percentile */
		int64_t start_ns; /* temporal_ordered: of the chain that got here */
	};
	uint64_t count; /* events in this mark; temporal_ordered: 0 = step not reached */
};

struct group {
	struct mark *marks; /* ring of @room (a power of two); temporal_ordered: one for each ref */
	uint32_t first;
	uint32_t count;
	uint32_t room;
	bool was_reported;
	int64_t reported_ns;
	uint64_t since;		 /* records since then, as long as it stayed fulfilled */
	uint64_t since_position; /* the first of them */
};

struct yg_correlator {
	const struct yg_engine *engine;
	struct yg_table groups;
	uint64_t seed;
	uint64_t evicted;
	uint32_t marks_made; /* of all groups: room */
	int64_t last_ns;     /* of the last record with a time */
};

/* One key's way through the functions below. */
struct step {
	const struct yg_correlation *rule;
	struct group *group;
	uint64_t refs; /* which refs the record satisfies, as bits */
	uint64_t value;
	double number;
	uint64_t position;
	int64_t time_ns;
	uint64_t total;		 /* of the marks in the window: records */
	uint64_t first_position; /* of them */
};

struct yg_correlator *yg_correlator_new(const struct yg_engine *engine)
{
	struct yg_correlator *correlator = yg_calloc(1, sizeof(*correlator));

	if (!correlator)
		return NULL;
	correlator->engine = engine;
	correlator->seed = yg_hash_secret();
	yg_table_init(&correlator->groups, sizeof(struct group), YG_CORRELATION_GROUPS_MAX);
	return correlator;
}

static void forget_oldest(struct yg_correlator *correlator)
{
	uint32_t index = correlator->groups.oldest;
	struct group *group = yg_table_at(&correlator->groups, index);

	correlator->marks_made -= group->room;
	free(group->marks);
	yg_table_remove(&correlator->groups, index);
}

struct yg_correlator *yg_correlator_free(struct yg_correlator *correlator)
{
	if (!correlator)
		return NULL;
	while (correlator->groups.count > 0)
		forget_oldest(correlator);
	yg_table_done(&correlator->groups);
	free(correlator);
	return NULL;
}

uint64_t yg_correlator_evicted(const struct yg_correlator *correlator)
{
	return correlator->evicted;
}

/* --- the ring of marks ------------------------------------------------------------------------ */

static struct mark *mark_at(const struct group *group, uint32_t i)
{
	return &group->marks[(group->first + i) & (group->room - 1)];
}

/* Room for one more mark; the ring is laid out anew from its start. YG_OK or YG_ENOMEM. */
static int grow(struct yg_correlator *correlator, struct group *group, uint32_t room)
{
	struct mark *marks = yg_calloc(room, sizeof(*marks));

	if (!marks)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < group->count; i++)
		marks[i] = *mark_at(group, i);
	free(group->marks);
	correlator->marks_made += room - group->room;
	group->marks = marks;
	group->first = 0;
	group->room = room;
	return YG_OK;
}

/*
 * Make room so that @need marks fit, as far as all groups together may grow; groups that were
 * quiet longest make way. @index is the newest and stays.
 */
static int want(struct yg_correlator *correlator, uint32_t index, uint32_t need)
{
	struct group *group = yg_table_at(&correlator->groups, index);
	uint32_t room = group->room ? group->room : FIRST_MARKS;

	while (room < need)
		room *= 2;
	if (room == group->room)
		return YG_OK;
	while (correlator->marks_made + (room - group->room) > YG_CORRELATION_POOL_MAX &&
	       correlator->groups.count > 1) {
		forget_oldest(correlator);
		correlator->evicted++;
	}
	return grow(correlator, group, room);
}

_Static_assert(YG_CORRELATION_POOL_MAX > 2 * YG_CORRELATION_MARKS_MAX, "one group always fits");

static void drop_first(struct group *group)
{
	group->first = (group->first + 1) & (group->room - 1);
	group->count--;
}

static void drop_at(struct group *group, uint32_t i)
{
	for (; i + 1 < group->count; i++)
		*mark_at(group, i) = *mark_at(group, i + 1);
	group->count--;
}

/* |a - b|, without overflow. */
static uint64_t apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static bool is_within(const struct step *step, int64_t time_ns)
{
	return apart(step->time_ns, time_ns) <= (uint64_t)step->rule->timespan_ns;
}

/* How many marks decide the conditions of @rule, and whether near ones must be joined for it. */
static uint32_t marks_needed(const struct yg_correlation *rule, bool *ret_is_coarse)
{
	double most = rule->threshold;
	uint32_t limit = YG_CORRELATION_MARKS_MAX;

	*ret_is_coarse = false;
	if (rule->type == YG_CORRELATION_TEMPORAL)
		return rule->ref_count;
	if (rule->type != YG_CORRELATION_EVENT_COUNT && rule->type != YG_CORRELATION_VALUE_COUNT)
		return GRANULES;
	if (rule->compare2 != YG_PRED_COUNT && rule->threshold2 > most)
		most = rule->threshold2;
	if (rule->type == YG_CORRELATION_EVENT_COUNT)
		limit = GRANULES;
	if (most + 2 > limit) {
		*ret_is_coarse = rule->type == YG_CORRELATION_EVENT_COUNT;
		return limit;
	}
	return most < 1 ? 2 : (uint32_t)most + 2;
}

/* Can the event be counted with the last mark? */
static bool joins(const struct step *step, const struct mark *last, bool is_coarse)
{
	uint64_t granule = is_coarse ? (uint64_t)step->rule->timespan_ns / (GRANULES / 2) : 0;

	return step->rule->type == YG_CORRELATION_EVENT_COUNT &&
	       apart(step->time_ns, last->time_ns) <= granule;
}

/* Put the event into the ring; what the window has left behind goes. YG_OK or YG_ENOMEM. */
static int add_mark(struct yg_correlator *correlator, uint32_t index, struct step *step)
{
	struct group *group = step->group;
	bool is_coarse;
	uint32_t need = marks_needed(step->rule, &is_coarse);
	bool is_set = step->rule->type == YG_CORRELATION_VALUE_COUNT ||
		      step->rule->type == YG_CORRELATION_TEMPORAL;
	struct mark *mark;
	int rc;

	while (group->count > 0 && !is_within(step, mark_at(group, 0)->time_ns))
		drop_first(group);
	for (uint32_t i = 0; is_set && i < group->count; i++) {
		if (mark_at(group, i)->value == step->value) {
			drop_at(group, i);
			break;
		}
	}
	if (group->count > 0 && joins(step, mark_at(group, group->count - 1), is_coarse)) {
		mark_at(group, group->count - 1)->count++;
		return YG_OK;
	}
	if (group->count >= need)
		drop_first(group);
	rc = want(correlator, index, group->count + 1);
	if (rc != YG_OK)
		return rc;
	group->count++;
	mark = mark_at(group, group->count - 1);
	*mark = (struct mark){.time_ns = step->time_ns,
			      .position = step->position,
			      .value = step->value,
			      .count = 1};
	if (!is_set && step->rule->type != YG_CORRELATION_EVENT_COUNT)
		mark->number = step->number;
	return YG_OK;
}

/* --- conditions ------------------------------------------------------------------------------- */

static bool compares(double value, uint8_t compare, double threshold)
{
	switch (compare) {
	case YG_PRED_LT:
		return value < threshold;
	case YG_PRED_LTE:
		return value <= threshold;
	case YG_PRED_GT:
		return value > threshold;
	case YG_PRED_GTE:
		return value >= threshold;
	default:
		return value >= threshold && value <= threshold;
	}
}

static bool is_fulfilled(const struct yg_correlation *rule, double value)
{
	return compares(value, rule->compare, rule->threshold) &&
	       (rule->compare2 == YG_PRED_COUNT ||
		compares(value, rule->compare2, rule->threshold2));
}

/* Count the marks between @step->time_ns and one timespan before (@is_before) or after it. */
static uint64_t count_side(const struct step *step, bool is_before, uint64_t *ret_first)
{
	const struct group *group = step->group;
	uint64_t total = 0, first = UINT64_MAX;

	for (uint32_t i = 0; i < group->count; i++) {
		const struct mark *mark = mark_at(group, i);

		if (!is_within(step, mark->time_ns) ||
		    (is_before ? mark->time_ns > step->time_ns : mark->time_ns < step->time_ns))
			continue;
		total += mark->count;
		if (mark->position < first)
			first = mark->position;
	}
	*ret_first = first;
	return total;
}

/* Marks earlier and later than the event: it came out of order. */
static bool has_both_sides(const struct step *step)
{
	bool has_earlier = false, has_later = false;

	for (uint32_t i = 0; i < step->group->count; i++) {
		int64_t time_ns = mark_at(step->group, i)->time_ns;

		if (is_within(step, time_ns)) {
			has_earlier |= time_ns < step->time_ns;
			has_later |= time_ns > step->time_ns;
		}
	}
	return has_earlier && has_later;
}

static int mark_order(const void *left, const void *right)
{
	const struct mark *a = left, *b = right;

	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

/* The fullest window around the event, for records that came late: neither first nor last in it. */
static void count_around(struct step *step)
{
	struct mark sorted[GRANULES];
	uint32_t count = 0, from = 0;
	uint64_t total = 0;

	for (uint32_t i = 0; i < step->group->count && count < GRANULES; i++)
		if (is_within(step, mark_at(step->group, i)->time_ns))
			sorted[count++] = *mark_at(step->group, i);
	qsort(sorted, count, sizeof(sorted[0]), mark_order);
	for (uint32_t to = 0; to < count; to++) {
		total += sorted[to].count;
		while (apart(sorted[to].time_ns, sorted[from].time_ns) >
		       (uint64_t)step->rule->timespan_ns)
			total -= sorted[from++].count;
		if (sorted[from].time_ns > step->time_ns || sorted[to].time_ns < step->time_ns ||
		    total <= step->total)
			continue;
		step->total = total;
		step->first_position = UINT64_MAX;
		for (uint32_t i = from; i <= to; i++)
			if (sorted[i].position < step->first_position)
				step->first_position = sorted[i].position;
	}
}

/*
 * Records may come in any order: of the windows that hold the event, the fullest counts. In a
 * log in order, forwards or backwards, that is the one that ends or begins here.
 */
static uint64_t count_window(struct step *step)
{
	uint64_t first_before, first_after;
	uint64_t before = count_side(step, true, &first_before);
	uint64_t after = count_side(step, false, &first_after);
	uint64_t larger = before >= after ? before : after;

	step->total = larger;
	step->first_position = before >= after ? first_before : first_after;
	if (has_both_sides(step))
		count_around(step);
	return step->total;
}

static int number_order(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Sum, average or percentile (nearest rank) of what the ring holds within the window. */
static double reckon(struct step *step)
{
	double numbers[GRANULES];
	uint32_t count = 0;
	double sum = 0;

	(void)count_window(step);
	for (uint32_t i = 0; i < step->group->count && count < GRANULES; i++) {
		const struct mark *mark = mark_at(step->group, i);

		if (is_within(step, mark->time_ns))
			numbers[count++] = mark->number;
	}
	for (uint32_t i = 0; i < count; i++)
		sum += numbers[i];
	if (step->rule->type == YG_CORRELATION_VALUE_SUM || count == 0)
		return sum;
	if (step->rule->type == YG_CORRELATION_VALUE_AVG)
		return sum / count;
	qsort(numbers, count, sizeof(numbers[0]), number_order);
	for (uint32_t i = 0; i < count; i++)
		if ((double)(i + 1) * 100 >= step->rule->percentile * (double)count)
			return numbers[i];
	return numbers[count - 1];
}

/*
 * Ordered: each ref remembers the chain that reached it with the latest start. From the last ref
 * to the first, so that one record is not taken for two steps.
 */
static int take_ordered(struct yg_correlator *correlator, uint32_t index, struct step *step,
			bool *ret_is_done)
{
	uint32_t last = step->rule->ref_count - 1;
	struct mark *marks;
	int rc = want(correlator, index, step->rule->ref_count);

	if (rc != YG_OK)
		return rc;
	marks = step->group->marks; /* a plain array here: first and count stay 0 */
	for (uint32_t i = last + 1; i-- > 0;) {
		const struct mark *before = i > 0 ? &marks[i - 1] : NULL;

		if (!(step->refs >> i & 1))
			continue;
		if (i == 0) {
			marks[0] = (struct mark){.time_ns = step->time_ns,
						 .position = step->position,
						 .start_ns = step->time_ns,
						 .count = 1};
		} else if (before->count > 0 && before->time_ns <= step->time_ns &&
			   is_within(step, before->start_ns)) {
			marks[i] = *before;
			marks[i].time_ns = step->time_ns;
			marks[i].count = before->count + 1;
		}
		/* A single ref is complete at once. */
		if (i == last &&
		    (marks[i].time_ns == step->time_ns && marks[i].count == last + 1)) {
			step->total = marks[i].count;
			step->first_position = marks[i].position;
			*ret_is_done = true;
		}
	}
	if (*ret_is_done)
		memset(marks, 0, step->rule->ref_count * sizeof(*marks));
	return YG_OK;
}

/* Does the record fulfil the correlation? */
static int evaluate(struct yg_correlator *correlator, uint32_t index, struct step *step,
		    bool *ret_is_done)
{
	int rc = YG_OK;

	*ret_is_done = false;
	switch (step->rule->type) {
	case YG_CORRELATION_TEMPORAL_ORDERED:
		return take_ordered(correlator, index, step, ret_is_done);
	case YG_CORRELATION_TEMPORAL:
		for (uint32_t i = 0; rc == YG_OK && i < step->rule->ref_count; i++) {
			if (!(step->refs >> i & 1))
				continue;
			step->value = i;
			rc = add_mark(correlator, index, step);
		}
		*ret_is_done = rc == YG_OK && is_fulfilled(step->rule, (double)count_window(step));
		if (*ret_is_done)
			step->group->count = 0;
		return rc;
	case YG_CORRELATION_EVENT_COUNT:
	case YG_CORRELATION_VALUE_COUNT:
		rc = add_mark(correlator, index, step);
		*ret_is_done = rc == YG_OK && is_fulfilled(step->rule, (double)count_window(step));
		return rc;
	case YG_CORRELATION_VALUE_SUM:
	case YG_CORRELATION_VALUE_AVG:
	case YG_CORRELATION_VALUE_PERCENTILE:
		rc = add_mark(correlator, index, step);
		*ret_is_done = rc == YG_OK && is_fulfilled(step->rule, reckon(step));
		return rc;
	default:
		return YG_OK;
	}
}

/* Fulfilled: say so, or keep quiet because it was said less than a timespan ago. */
static void complete(struct step *step, struct yg_completion *to)
{
	struct group *group = step->group;

	if (group->was_reported && is_within(step, group->reported_ns)) {
		if (group->since++ == 0)
			group->since_position = step->position;
		to->is_silent = true;
		return;
	}
	to->first_position = step->first_position;
	to->count = step->total;
	if (group->since > 0) {
		to->first_position = group->since_position;
		to->count = group->since + 1;
	}
	group->was_reported = true;
	group->reported_ns = step->time_ns;
	group->since = 0;
}

/* --- records ---------------------------------------------------------------------------------- */

static int find_group(struct yg_correlator *correlator, const struct yg_trace_key *key,
		      uint32_t *ret_index)
{
	uint64_t parts[2] = {key->correlation, key->group};
	uint64_t hash = yg_hash64((struct yg_bytes){(const uint8_t *)parts, sizeof(parts)},
				  correlator->seed);

	*ret_index = yg_table_find(&correlator->groups, hash);
	if (*ret_index != YG_TABLE_NONE) {
		yg_table_touch(&correlator->groups, *ret_index);
		return YG_OK;
	}
	if (yg_table_is_full(&correlator->groups)) {
		forget_oldest(correlator);
		correlator->evicted++;
	}
	return yg_table_add(&correlator->groups, hash, ret_index);
}

static bool is_completed(const struct yg_completion *list, uint32_t count, uint32_t rule,
			 bool may_be_silent)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].rule == rule && (may_be_silent || !list[i].is_silent))
			return true;
	return false;
}

/*
 * Bits of the refs that the record satisfies, over all keys of the correlation of key @at; a ref
 * that is a correlation counts only when that one was completed on this record. For what comes
 * together or in order it is enough that it is still fulfilled; counts take each report once.
 */
static uint64_t refs_of(const struct yg_correlator *correlator, const struct yg_trace *trace,
			uint32_t at, const struct yg_completion *done, uint32_t done_count)
{
	uint32_t rule = trace->keys[at].correlation;
	const struct yg_correlation *correlation =
		yg_engine_rule(correlator->engine, rule)->correlation;
	bool may_be_silent = correlation->type == YG_CORRELATION_TEMPORAL ||
			     correlation->type == YG_CORRELATION_TEMPORAL_ORDERED;
	uint64_t refs = 0;

	for (uint32_t i = 0; i <= at; i++) {
		const struct yg_trace_key *key = &trace->keys[i];

		if (key->correlation != rule || key->ref >= correlation->ref_count)
			continue;
		if (yg_engine_rule(correlator->engine, correlation->refs[key->ref])->correlation &&
		    !is_completed(done, done_count, correlation->refs[key->ref], may_be_silent))
			continue;
		refs |= UINT64_C(1) << key->ref;
	}
	return refs;
}

/* Only the last key of a correlation is acted on: by then all it may build on is known. */
static bool is_last_key(const struct yg_trace *trace, uint32_t at)
{
	for (uint32_t i = at + 1; i < trace->key_count; i++)
		if (trace->keys[i].correlation == trace->keys[at].correlation)
			return false;
	return true;
}

static int take_key(struct yg_correlator *correlator, struct step *step,
		    const struct yg_trace_key *key, struct yg_completion *to, bool *ret_is_done)
{
	uint32_t index;
	int rc = find_group(correlator, key, &index);

	if (rc != YG_OK)
		return rc;
	step->group = yg_table_at(&correlator->groups, index);
	rc = evaluate(correlator, index, step, ret_is_done);
	if (rc != YG_OK)
		return rc;
	*to = (struct yg_completion){.rule = key->correlation};
	if (*ret_is_done)
		complete(step, to);
	else
		step->group->since = 0;
	return YG_OK;
}

int yg_correlator_take(struct yg_correlator *correlator, const struct yg_trace *trace,
		       struct yg_completion *to, uint32_t room, uint32_t *ret_count)
{
	uint32_t count = 0;

	/* A record without a time counts as one of the moment before. */
	if (trace->time_ns != YG_TIME_NONE)
		correlator->last_ns = trace->time_ns;
	for (uint32_t i = 0; i < trace->key_count && count < room; i++) {
		const struct yg_trace_key *key = &trace->keys[i];
		struct step step = {.position = trace->position,
				    .time_ns = correlator->last_ns,
				    .value = key->value,
				    .number = key->number};
		bool is_done = false;
		int rc;

		if (!is_last_key(trace, i))
			continue;
		step.rule = yg_engine_rule(correlator->engine, key->correlation)->correlation;
		assert(step.rule);
		step.refs = refs_of(correlator, trace, i, to, count);
		if (step.refs == 0 || step.rule->ref_count == 0)
			continue;
		rc = take_key(correlator, &step, key, &to[count], &is_done);
		if (rc != YG_OK)
			return rc;
		count += is_done;
	}
	*ret_count = count;
	return YG_OK;
}
