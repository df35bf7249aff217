/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "detect/correlate-int.h"

#include "base/ban.h"

struct yg_correlator *yg_correlator_new(const struct yg_engine *engine)
{
	struct yg_correlator *correlator = yg_calloc(1, sizeof(*correlator));

	if (!correlator)
		return NULL;
	correlator->engine = engine;
	correlator->seed = yg_hash_secret();
	yg_table_init(&correlator->groups, sizeof(struct yg_group), YG_CORRELATION_GROUPS_MAX);
	return correlator;
}

struct yg_correlator *yg_correlator_free(struct yg_correlator *correlator)
{
	if (!correlator)
		return NULL;
	while (correlator->groups.count > 0)
		yg_groups_forget_oldest(correlator);
	yg_table_done(&correlator->groups);
	free(correlator->ahead);
	yg_held_drop_all(correlator);
	free(correlator->held);
	free(correlator->held_due);
	free(correlator);
	return NULL;
}

uint32_t yg_correlator_groups(const struct yg_correlator *correlator)
{
	return correlator->groups.count;
}

uint64_t yg_correlator_evicted(const struct yg_correlator *correlator)
{
	return correlator->evicted;
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
	case YG_CORRELATION_NEQ:
		return value < threshold || value > threshold;
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

static bool has_term(const struct yg_step *step)
{
	for (uint32_t i = 0; i < step->rule->term_count; i++)
		if ((step->seen & step->rule->terms[i]) == step->rule->terms[i])
			return true;
	return false;
}

/*
 * Ordered, one term (the refs in @term, one after the other): each ref remembers the chain that
 * reached it with the latest start. From the last ref to the first, so that one record is not
 * taken for two steps.
 */
static bool take_chain(struct yg_step *step, struct yg_mark *marks, uint64_t term)
{
	uint32_t last = 63 - (uint32_t)__builtin_clzll(term);
	bool is_done = false;

	for (uint32_t i = last + 1; i-- > 0;) {
		uint64_t below = term & ((UINT64_C(1) << i) - 1);
		const struct yg_mark *before =
			below ? &marks[63 - (uint32_t)__builtin_clzll(below)] : NULL;

		if (!(term & step->refs & (UINT64_C(1) << i)))
			continue;
		if (!before) {
			marks[i] = (struct yg_mark){.time_ns = step->time_ns,
						    .position = step->position,
						    .start_ns = step->time_ns,
						    .count = 1};
		} else if (before->count > 0 && before->time_ns <= step->time_ns &&
			   yg_is_within(step, before->start_ns)) {
			marks[i] = *before;
			marks[i].time_ns = step->time_ns;
			marks[i].count = before->count + 1;
		} else {
			continue;
		}
		if (i == last) {
			step->total = marks[i].count;
			step->first_position = marks[i].position;
			step->first_ns = marks[i].start_ns;
			is_done = true;
		}
	}
	return is_done;
}

/* The marks of a group of this type: for each term a row, of a mark for each ref. */
static int take_ordered(struct yg_correlator *correlator, uint32_t index, struct yg_step *step,
			bool *ret_is_done)
{
	const struct yg_correlation *rule = step->rule;
	uint64_t all = rule->ref_count < 64 ? (UINT64_C(1) << rule->ref_count) - 1 : UINT64_MAX;
	uint32_t terms = rule->terms ? rule->term_count : 1;
	uint32_t steps = terms * rule->ref_count;
	int rc = yg_marks_want(correlator, index, steps);

	if (rc != YG_OK)
		return rc;
	step->group->count = steps; /* and first stays 0 */
	for (uint32_t i = 0; i < terms && !*ret_is_done; i++)
		*ret_is_done = take_chain(step, yg_marks_of(step->group) + i * rule->ref_count,
					  rule->terms ? rule->terms[i] : all);
	if (*ret_is_done)
		memset(yg_marks_of(step->group), 0, steps * sizeof(struct yg_mark));
	return YG_OK;
}

/* Each ref the record satisfies is a mark; of a ref the latest counts. */
static int take_temporal(struct yg_correlator *correlator, uint32_t index, struct yg_step *step,
			 bool *ret_is_done)
{
	for (uint32_t i = 0; i < step->rule->ref_count; i++) {
		int rc;

		if (!(step->refs >> i & 1))
			continue;
		step->value = i;
		rc = yg_marks_add(correlator, index, step);
		if (rc != YG_OK)
			return rc;
	}
	yg_marks_window(step);
	*ret_is_done =
		step->rule->terms ? has_term(step) : is_fulfilled(step->rule, (double)step->total);
	if (*ret_is_done)
		step->group->count = 0;
	return YG_OK;
}

/* Does the record fulfil the correlation? */
static int evaluate(struct yg_correlator *correlator, uint32_t index, struct yg_step *step,
		    bool *ret_is_done)
{
	int rc = YG_OK;

	*ret_is_done = false;
	switch (step->rule->type) {
	case YG_CORRELATION_TEMPORAL_ORDERED:
		return take_ordered(correlator, index, step, ret_is_done);
	case YG_CORRELATION_TEMPORAL:
		return take_temporal(correlator, index, step, ret_is_done);
	case YG_CORRELATION_EVENT_COUNT:
	case YG_CORRELATION_VALUE_COUNT:
		rc = yg_marks_add(correlator, index, step);
		if (rc == YG_OK) {
			yg_marks_window(step);
			*ret_is_done = is_fulfilled(step->rule, (double)step->total);
		}
		return rc;
	case YG_CORRELATION_VALUE_SUM:
	case YG_CORRELATION_VALUE_AVG:
	case YG_CORRELATION_VALUE_PERCENTILE:
	case YG_CORRELATION_VALUE_MIN:
	case YG_CORRELATION_VALUE_MAX:
		rc = yg_marks_add(correlator, index, step);
		if (rc == YG_OK) {
			yg_marks_reckon(step);
			*ret_is_done = is_fulfilled(step->rule, step->result);
		}
		return rc;
	default:
		return YG_OK;
	}
}

/* Fulfilled: say so, or keep quiet because it was said less than a timespan ago. */
static void complete(struct yg_step *step, struct yg_completion *to)
{
	struct yg_group *group = step->group;

	if (group->was_reported && yg_is_within(step, group->reported_ns)) {
		if (group->since++ == 0) {
			group->since_position = step->position;
			group->since_ns = step->time_ns;
		}
		to->is_silent = true;
		return;
	}
	to->first_position = step->first_position;
	to->first_ns = step->first_ns;
	to->count = step->total;
	to->has_value = step->rule->type >= YG_CORRELATION_VALUE_SUM;
	to->value = step->result;
	if (group->since > 0) {
		to->first_position = group->since_position;
		to->first_ns = group->since_ns;
		to->count = group->since + 1;
	}
	group->was_reported = true;
	group->reported_ns = step->time_ns;
	group->since = 0;
}

/* --- records ---------------------------------------------------------------------------------- */

/* What the record completed so far. */
struct done {
	const struct yg_trace *trace;
	const struct yg_completion *list;
	uint32_t count;
};

/* Was @rule completed, for the group that @key stands for? */
static bool is_completed(const struct done *done, uint32_t rule, const struct yg_trace_key *key,
			 bool may_be_silent)
{
	for (uint32_t i = 0; i < done->count; i++) {
		const struct yg_completion *one = &done->list[i];

		if (one->rule == rule && (may_be_silent || !one->is_silent) &&
		    (key->chain_size == 0 || done->trace->keys[one->key].group == key->below))
			return true;
	}
	return false;
}

/* The key of @rule that @key was made of; NULL: it is not kept. */
static const struct yg_trace_key *key_below(const struct yg_trace *trace, uint32_t rule,
					    const struct yg_trace_key *key)
{
	for (uint32_t i = 0; key->chain_size > 0 && i < trace->key_count; i++) {
		const struct yg_trace_key *one = &trace->keys[i];
		size_t rest = key->chain_size - 1u;

		if (one->correlation == rule && one->ref == key->chain[0] &&
		    one->group == key->below && one->chain_size >= rest &&
		    memcmp(one->chain, key->chain + 1, rest) == 0)
			return one;
	}
	return NULL;
}

/*
 * Is what @key builds on there? A ref that is a correlation counts only when that one was completed
 * on this record, for the group the key stands for, by what was completed itself, and so on down
 * the chain. For what comes together or in order it is enough that it is still fulfilled; counts
 * take each report once.
 */
static bool is_satisfied(const struct yg_correlator *correlator, const struct yg_trace_key *key,
			 const struct done *done)
{
	while (key) {
		const struct yg_correlation *at =
			yg_engine_rule(correlator->engine, key->correlation)->correlation;
		uint32_t rule = at->refs[key->ref];
		bool may_be_silent = at->type == YG_CORRELATION_TEMPORAL ||
				     at->type == YG_CORRELATION_TEMPORAL_ORDERED;

		if (!yg_engine_rule(correlator->engine, rule)->correlation)
			return true;
		if (!is_completed(done, rule, key, may_be_silent))
			return false;
		key = key_below(done->trace, rule, key);
	}
	return true;
}

/*
 * Bits of the refs that the record satisfies, over all keys of the group of key @at, the last one;
 * *ret_key: the one that speaks for the record, of the last of these refs.
 */
static uint64_t refs_of(const struct yg_correlator *correlator, const struct done *done,
			uint32_t at, uint32_t *ret_key)
{
	const struct yg_trace_key *keys = done->trace->keys;
	const struct yg_correlation *correlation =
		yg_engine_rule(correlator->engine, keys[at].correlation)->correlation;
	uint64_t refs = 0;

	for (uint32_t i = at + 1; i-- > 0 && keys[i].correlation == keys[at].correlation;) {
		if (keys[i].group != keys[at].group || keys[i].ref >= correlation->ref_count ||
		    !is_satisfied(correlator, &keys[i], done))
			continue;
		if (refs == 0)
			*ret_key = i;
		refs |= UINT64_C(1) << keys[i].ref;
	}
	return refs;
}

/* Only the last key of a group is acted on. */
static bool is_last_key(const struct yg_trace *trace, uint32_t at)
{
	const struct yg_trace_key *keys = trace->keys;

	for (uint32_t i = at + 1;
	     i < trace->key_count && keys[i].correlation == keys[at].correlation; i++)
		if (keys[i].group == keys[at].group)
			return false;
	return true;
}

void yg_correlator_watch(struct yg_correlator *correlator, uint32_t rule, yg_correlator_watch_fn fn,
			 void *arg)
{
	correlator->watch = fn;
	correlator->watch_arg = arg;
	correlator->watched = rule;
}

/* The longest way of an ordered correlation; its marks are gone once it is done. */
static void look_at_ways(const struct yg_step *step, struct yg_correlation_look *look)
{
	look->steps = look->is_done ? (uint32_t)step->total : 0;
	for (uint32_t i = 0; !look->is_done && i < step->group->count; i++) {
		const struct yg_mark *mark = &yg_marks_of(step->group)[i];

		if (mark->count <= look->steps)
			continue;
		look->steps = (uint32_t)mark->count;
		look->first_ns = mark->start_ns;
	}
}

static void tell_watch(const struct yg_correlator *correlator, const struct yg_step *step,
		       const struct yg_trace *trace, const struct yg_trace_key *key,
		       const struct yg_completion *done, bool is_done)
{
	struct yg_correlation_look look = {.trace = trace,
					   .key = key,
					   .ref = key->ref,
					   .refs = step->refs,
					   .group = key->group,
					   .time_ns = step->time_ns,
					   .total = step->total,
					   .seen = step->seen,
					   .result = step->result,
					   .first_ns = step->first_ns,
					   .is_done = is_done,
					   .is_silent = is_done && done->is_silent};

	if (step->rule->type == YG_CORRELATION_TEMPORAL_ORDERED)
		look_at_ways(step, &look);
	correlator->watch(correlator->watch_arg, &look);
}

static int take_key(struct yg_correlator *correlator, struct yg_step *step,
		    const struct yg_trace *trace, uint32_t at, struct yg_completion *to,
		    bool *ret_is_done)
{
	const struct yg_trace_key *key = &trace->keys[at];
	uint32_t index;
	int rc = yg_groups_find(correlator, key->correlation, key->group, &index);

	if (rc != YG_OK)
		return rc;
	step->group = yg_table_at(&correlator->groups, index);
	rc = evaluate(correlator, index, step, ret_is_done);
	if (rc != YG_OK)
		return rc;
	*to = (struct yg_completion){.rule = key->correlation, .ref = key->ref, .key = at};
	if (*ret_is_done)
		complete(step, to);
	else
		step->group->since = 0;
	if (correlator->watch && key->correlation == correlator->watched)
		tell_watch(correlator, step, trace, key, to, *ret_is_done);
	return YG_OK;
}

int yg_correlator_take_at(struct yg_correlator *correlator, const struct yg_trace *trace,
			  int64_t time_ns, struct yg_completion *to, uint32_t room,
			  uint32_t *ret_count)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < trace->key_count && count < room; i++) {
		struct yg_step step = {.position = trace->position, .time_ns = time_ns};
		uint32_t at = i;
		bool is_done = false;
		int rc;

		if (!is_last_key(trace, i))
			continue;
		step.rule =
			yg_engine_rule(correlator->engine, trace->keys[i].correlation)->correlation;
		assert(step.rule);
		step.refs = refs_of(correlator, &(struct done){trace, to, count}, i, &at);
		if (step.refs == 0 || step.rule->ref_count == 0)
			continue;
		step.value = trace->keys[at].value;
		step.number = trace->keys[at].number;
		rc = take_key(correlator, &step, trace, at, &to[count], &is_done);
		if (rc != YG_OK)
			return rc;
		count += is_done;
	}
	*ret_count = count;
	return YG_OK;
}

int yg_correlator_take(struct yg_correlator *correlator, const struct yg_trace *trace,
		       struct yg_completion *to, uint32_t room, uint32_t *ret_count)
{
	/* A record without a time counts as one of the moment before. */
	if (trace->time_ns != YG_TIME_NONE)
		correlator->last_ns = trace->time_ns;
	return yg_correlator_take_at(correlator, trace, correlator->last_ns, to, room, ret_count);
}
