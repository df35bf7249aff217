/* SPDX-License-Identifier: Apache-2.0 */
/* What a group of a correlation remembers, and the windows over it. */
#include "base/alloc.h"
#include "base/hash.h"
#include "detect/correlate-int.h"

#include "base/ban.h"

void yg_groups_forget_oldest(struct yg_correlator *correlator)
{
	uint32_t index = correlator->groups.oldest;
	struct yg_group *group = yg_table_at(&correlator->groups, index);

	correlator->marks_made -= yg_marks_weight(group->room);
	if (group->room > 1)
		free(group->marks);
	yg_table_remove(&correlator->groups, index);
}

int yg_groups_find(struct yg_correlator *correlator, uint32_t correlation, uint64_t key,
		   uint32_t *ret_index)
{
	uint64_t hash = yg_group_hash(correlator, correlation, key);
	struct yg_group *group;
	int rc;

	*ret_index = yg_table_find(&correlator->groups, hash);
	if (*ret_index != YG_TABLE_NONE) {
		yg_table_touch(&correlator->groups, *ret_index);
		return YG_OK;
	}
	if (yg_table_is_full(&correlator->groups)) {
		yg_groups_forget_oldest(correlator);
		correlator->evicted++;
	}
	rc = yg_table_add(&correlator->groups, hash, ret_index);
	if (rc != YG_OK)
		return rc;
	group = yg_table_at(&correlator->groups, *ret_index);
	group->correlation = correlation;
	group->key = key;
	return YG_OK;
}

/* --- the ring of marks ------------------------------------------------------------------------ */

/* Room for @room marks; the ring is laid out anew from its start. YG_OK or YG_ENOMEM. */
static int grow(struct yg_correlator *correlator, struct yg_group *group, uint32_t room)
{
	struct yg_mark *marks = room > 1 ? yg_calloc(room, sizeof(*marks)) : NULL;

	if (room > 1 && !marks)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < group->count; i++)
		marks[i] = *yg_mark_at(group, i);
	correlator->marks_made += yg_marks_weight(room) - yg_marks_weight(group->room);
	if (group->room > 1)
		free(group->marks);
	if (marks)
		group->marks = marks;
	group->first = 0;
	group->room = room;
	return YG_OK;
}

int yg_marks_want(struct yg_correlator *correlator, uint32_t index, uint32_t need)
{
	struct yg_group *group = yg_table_at(&correlator->groups, index);
	uint32_t room = group->room ? group->room : 1;

	while (room < need)
		room = room < YG_MARKS_FIRST ? YG_MARKS_FIRST : room * 2;
	if (room == group->room)
		return YG_OK;
	while (correlator->marks_made + yg_marks_weight(room) - yg_marks_weight(group->room) >
		       YG_CORRELATION_POOL_MAX &&
	       correlator->groups.count > 1) {
		yg_groups_forget_oldest(correlator);
		correlator->evicted++;
	}
	return grow(correlator, group, room);
}

_Static_assert(YG_CORRELATION_POOL_MAX > 2 * YG_CORRELATION_MARKS_MAX, "one group always fits");

static void drop_first(struct yg_group *group)
{
	group->first = (group->first + 1) & (group->room - 1);
	group->count--;
}

static void drop_at(struct yg_group *group, uint32_t i)
{
	for (; i + 1 < group->count; i++)
		*yg_mark_at(group, i) = *yg_mark_at(group, i + 1);
	group->count--;
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
		return YG_GRANULES;
	if (rule->compare2 != YG_PRED_COUNT && rule->threshold2 > most)
		most = rule->threshold2;
	if (rule->type == YG_CORRELATION_EVENT_COUNT)
		limit = YG_GRANULES;
	if (most + 2 > limit) {
		*ret_is_coarse = rule->type == YG_CORRELATION_EVENT_COUNT;
		return limit;
	}
	return most < 1 ? 2 : (uint32_t)most + 2;
}

/* Can the event be counted with the last mark? */
static bool joins(const struct yg_step *step, const struct yg_mark *last, bool is_coarse)
{
	uint64_t granule = is_coarse ? (uint64_t)step->rule->timespan_ns / (YG_GRANULES / 2) : 0;

	return step->rule->type == YG_CORRELATION_EVENT_COUNT &&
	       yg_apart(step->time_ns, last->time_ns) <= granule;
}

/* Sums and extremes are the same when near events are put together first. */
static bool is_additive(const struct yg_correlation *rule)
{
	return rule->type >= YG_CORRELATION_VALUE_SUM &&
	       rule->type != YG_CORRELATION_VALUE_PERCENTILE;
}

static double put_together(enum yg_correlation_type type, double a, double b)
{
	switch (type) {
	case YG_CORRELATION_VALUE_MIN:
		return a < b ? a : b;
	case YG_CORRELATION_VALUE_MAX:
		return a > b ? a : b;
	default:
		return a + b;
	}
}

/* Neighbours that are near become one: the window's edge is exact to a granule. */
static void compact(struct yg_group *group, const struct yg_correlation *rule)
{
	uint64_t granule = (uint64_t)rule->timespan_ns / (YG_GRANULES / 2);
	uint32_t kept = 1;

	for (uint32_t i = 1; i < group->count; i++) {
		struct yg_mark *last = yg_mark_at(group, kept - 1);
		const struct yg_mark *mark = yg_mark_at(group, i);

		if (yg_apart(last->time_ns, mark->time_ns) <= granule) {
			last->number = put_together(rule->type, last->number, mark->number);
			last->count += mark->count;
		} else {
			*yg_mark_at(group, kept++) = *mark;
		}
	}
	group->count = kept;
}

int yg_marks_add(struct yg_correlator *correlator, uint32_t index, struct yg_step *step)
{
	struct yg_group *group = step->group;
	bool is_coarse;
	uint32_t need = marks_needed(step->rule, &is_coarse);
	bool is_set = step->rule->type == YG_CORRELATION_VALUE_COUNT ||
		      step->rule->type == YG_CORRELATION_TEMPORAL;
	struct yg_mark *mark;
	int rc;

	while (group->count > 0 && !yg_is_within(step, yg_mark_at(group, 0)->time_ns))
		drop_first(group);
	for (uint32_t i = 0; is_set && i < group->count; i++) {
		if (yg_mark_at(group, i)->value == step->value) {
			drop_at(group, i);
			break;
		}
	}
	if (group->count > 0 && joins(step, yg_mark_at(group, group->count - 1), is_coarse)) {
		yg_mark_at(group, group->count - 1)->count++;
		return YG_OK;
	}
	if (group->count >= need && is_additive(step->rule))
		compact(group, step->rule);
	if (group->count >= need)
		drop_first(group);
	rc = yg_marks_want(correlator, index, group->count + 1);
	if (rc != YG_OK)
		return rc;
	group->count++;
	mark = yg_mark_at(group, group->count - 1);
	*mark = (struct yg_mark){.time_ns = step->time_ns,
				 .position = step->position,
				 .value = step->value,
				 .count = 1};
	if (step->rule->type >= YG_CORRELATION_VALUE_SUM && !yg_is_share(step->rule))
		mark->number = step->number;
	return YG_OK;
}

/* --- windows ---------------------------------------------------------------------------------- */

/* @mark is in the window: count it. */
static void see(struct yg_step *step, const struct yg_mark *mark)
{
	if (step->total == 0 || mark->time_ns < step->first_ns ||
	    (mark->time_ns == step->first_ns && mark->position < step->first_position)) {
		step->first_ns = mark->time_ns;
		step->first_position = mark->position;
	}
	step->total += mark->count;
	if (step->rule->type == YG_CORRELATION_TEMPORAL)
		step->seen |= UINT64_C(1) << (mark->value & 63);
}

static void forget_window(struct yg_step *step)
{
	step->total = 0;
	step->seen = 0;
}

static bool is_on_side(const struct yg_step *step, const struct yg_mark *mark, bool is_after)
{
	return yg_is_within(step, mark->time_ns) &&
	       (is_after ? mark->time_ns >= step->time_ns : mark->time_ns <= step->time_ns);
}

/* Count the marks between the event and one timespan before (after) it. */
static void count_side(struct yg_step *step, bool is_after)
{
	forget_window(step);
	step->is_after = is_after;
	for (uint32_t i = 0; i < step->group->count; i++)
		if (is_on_side(step, yg_mark_at(step->group, i), is_after))
			see(step, yg_mark_at(step->group, i));
}

/* Marks later than the event: it came out of order. *ret_has_earlier: and earlier ones. */
static bool has_later(const struct yg_step *step, bool *ret_has_earlier)
{
	bool is_late = false;

	*ret_has_earlier = false;
	for (uint32_t i = 0; i < step->group->count; i++) {
		int64_t time_ns = yg_mark_at(step->group, i)->time_ns;

		if (yg_is_within(step, time_ns)) {
			*ret_has_earlier |= time_ns < step->time_ns;
			is_late |= time_ns > step->time_ns;
		}
	}
	return is_late;
}

static int mark_order(const void *left, const void *right)
{
	const struct yg_mark *a = left, *b = right;

	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

/* The fullest window around an event that is neither first nor last in it. */
static void count_around(struct yg_step *step)
{
	struct yg_mark sorted[YG_GRANULES];
	uint32_t count = 0, from = 0;
	uint64_t total = 0;

	for (uint32_t i = 0; i < step->group->count && count < YG_GRANULES; i++)
		if (yg_is_within(step, yg_mark_at(step->group, i)->time_ns))
			sorted[count++] = *yg_mark_at(step->group, i);
	qsort(sorted, count, sizeof(sorted[0]), mark_order);
	for (uint32_t to = 0; to < count; to++) {
		total += sorted[to].count;
		while (yg_apart(sorted[to].time_ns, sorted[from].time_ns) >
		       (uint64_t)step->rule->timespan_ns)
			total -= sorted[from++].count;
		if (sorted[from].time_ns > step->time_ns || sorted[to].time_ns < step->time_ns ||
		    total <= step->total)
			continue;
		forget_window(step);
		for (uint32_t i = from; i <= to; i++)
			see(step, &sorted[i]);
	}
}

/*
 * Records may come in any order. In a log in order, forwards or backwards, the fullest window is
 * the one that ends or begins here.
 */
void yg_marks_window(struct yg_step *step)
{
	bool has_earlier;
	uint64_t before;

	count_side(step, false);
	if (!has_later(step, &has_earlier))
		return;
	before = step->total;
	count_side(step, true);
	if (before >= step->total)
		count_side(step, false);
	if (has_earlier)
		count_around(step);
}

static int number_order(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* The value that so many percent of the values are not above. */
static double percentile(const struct yg_step *step)
{
	double numbers[YG_GRANULES];
	uint32_t count = 0;

	for (uint32_t i = 0; i < step->group->count && count < YG_GRANULES; i++) {
		const struct yg_mark *mark = yg_mark_at(step->group, i);

		if (is_on_side(step, mark, step->is_after))
			numbers[count++] = mark->number;
	}
	if (count == 0)
		return 0;
	qsort(numbers, count, sizeof(numbers[0]), number_order);
	for (uint32_t i = 0; i < count; i++)
		if ((double)(i + 1) * 100 >= step->rule->percentile * (double)count)
			return numbers[i];
	return numbers[count - 1];
}

/* How many percent of the records have the value of this one. */
static double share(const struct yg_step *step)
{
	uint64_t same = 0;

	for (uint32_t i = 0; i < step->group->count; i++) {
		const struct yg_mark *mark = yg_mark_at(step->group, i);

		same += is_on_side(step, mark, step->is_after) && mark->value == step->value;
	}
	return step->total > 0 ? 100.0 * (double)same / (double)step->total : 0;
}

void yg_marks_reckon(struct yg_step *step)
{
	enum yg_correlation_type type = step->rule->type;
	bool has_earlier;
	bool is_first = true;
	double result = 0;

	/* Records in order: the window ends here. One that came late counts with what was before.
	 */
	count_side(step, has_later(step, &has_earlier) && !has_earlier);
	if (type == YG_CORRELATION_VALUE_PERCENTILE) {
		step->result = yg_is_share(step->rule) ? share(step) : percentile(step);
		return;
	}
	for (uint32_t i = 0; i < step->group->count; i++) {
		const struct yg_mark *mark = yg_mark_at(step->group, i);

		if (!is_on_side(step, mark, step->is_after))
			continue;
		result = is_first ? mark->number : put_together(type, result, mark->number);
		is_first = false;
	}
	if (type == YG_CORRELATION_VALUE_AVG && step->total > 0)
		result /= (double)step->total;
	step->result = result;
}
