/* SPDX-License-Identifier: Apache-2.0 */
/* --explain of a correlation: its groups, and how near each came. */
#include <stdlib.h>

#include "app/explaining-int.h"
#include "app/say.h"
#include "base/alloc.h"

#include "base/ban.h"

#define FIRST_GROUPS 256u
#define TEXT_MAX     512u

static const char *const type_names[] = {
	[YG_CORRELATION_EVENT_COUNT] = "event_count",
	[YG_CORRELATION_VALUE_COUNT] = "value_count",
	[YG_CORRELATION_TEMPORAL] = "temporal",
	[YG_CORRELATION_TEMPORAL_ORDERED] = "temporal_ordered",
	[YG_CORRELATION_VALUE_SUM] = "value_sum",
	[YG_CORRELATION_VALUE_AVG] = "value_avg",
	[YG_CORRELATION_VALUE_PERCENTILE] = "value_percentile",
	[YG_CORRELATION_VALUE_MIN] = "value_min",
	[YG_CORRELATION_VALUE_MAX] = "value_max",
};

/* --- the rule in words ------------------------------------------------------------------------ */

static const char *compare_words(uint8_t compare)
{
	switch (compare) {
	case YG_PRED_LT:
		return "<";
	case YG_PRED_LTE:
		return "<=";
	case YG_PRED_GT:
		return ">";
	case YG_PRED_GTE:
		return ">=";
	case YG_CORRELATION_NEQ:
		return "!=";
	default:
		return "=";
	}
}

static int keep_text(struct yg_explaining *x, struct yg_buf *text, struct yg_bytes *ret)
{
	int rc = yg_buf_error(text);

	if (rc == YG_ELIMIT)
		rc = YG_OK; /* cut */
	if (rc == YG_OK && !yg_arena_dup(x->texts, yg_buf_bytes(text), ret))
		rc = YG_ENOMEM;
	yg_buf_done(text);
	return rc;
}

static int condition_text(struct yg_explaining *x)
{
	const struct yg_correlation *c = x->correlation;
	const struct yg_names *names = yg_engine_names(x->run->rules.engine);
	struct yg_buf text;

	yg_buf_init(&text, TEXT_MAX);
	for (uint32_t i = 0; i < c->value_field_count; i++) {
		yg_buf_add_str(&text, i > 0 ? ", " : "");
		yg_buf_add(&text, yg_names_text(names, c->value_fields[i]));
	}
	if (c->value_field_count > 0)
		yg_buf_add_byte(&text, ' ');
	if (c->terms)
		yg_buf_addf(&text, "one of %u combinations", c->term_count);
	else
		yg_buf_addf(&text, "%s %.15g", compare_words(c->compare), c->threshold);
	if (!c->terms && c->compare2 != YG_PRED_COUNT)
		yg_buf_addf(&text, ", %s %.15g", compare_words(c->compare2), c->threshold2);
	return keep_text(x, &text, &x->shown.condition);
}

static int group_by_text(struct yg_explaining *x)
{
	const struct yg_correlation *c = x->correlation;
	const struct yg_names *names = yg_engine_names(x->run->rules.engine);
	struct yg_buf text;

	yg_buf_init(&text, TEXT_MAX);
	for (uint32_t i = 0; i < c->group_by_count; i++) {
		yg_buf_add_str(&text, i > 0 ? ", " : "");
		yg_buf_add(&text, yg_names_text(names, c->group_by[i]));
	}
	return keep_text(x, &text, &x->shown.group_by);
}

int yg_groups_seen_new(struct yg_explaining *x)
{
	const struct yg_engine *engine = x->run->rules.engine;
	int rc;

	x->correlation = yg_engine_rule(engine, x->index)->correlation;
	x->refs = yg_calloc(x->correlation->ref_count + 1u, sizeof(*x->refs));
	x->slots = yg_calloc(YG_GROUPS_SEEN_MAX * 2u, sizeof(*x->slots));
	if (!x->refs || !x->slots)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < x->correlation->ref_count; i++) {
		const struct yg_engine_rule *ref = yg_engine_rule(engine, x->correlation->refs[i]);

		x->refs[i] = (struct yg_explain_ref){.info = &ref->info,
						     .is_correlation = ref->correlation != NULL};
	}
	x->shown.type = type_names[x->correlation->type];
	x->shown.timespan_ns = x->correlation->timespan_ns;
	x->shown.refs = x->refs;
	x->shown.ref_count = x->correlation->ref_count;
	rc = condition_text(x);
	return rc == YG_OK ? group_by_text(x) : rc;
}

void yg_groups_seen_done(struct yg_explaining *x)
{
	for (uint32_t i = 0; i < x->group_count; i++)
		free((void *)(uintptr_t)x->groups[i].shown.group_json.data); /* our own copies */
	free(x->groups);
	free(x->slots);
}

/* --- records ---------------------------------------------------------------------------------- */

/* Records that the named rules fit, whether they have the fields to count by or not. */
static int count_hits(struct yg_explaining *x, struct yg_event *event)
{
	struct yg_hits hits;
	int rc = yg_worker_match(x->run->again, event, &hits);

	for (uint32_t i = 0; i < x->correlation->ref_count && rc == YG_OK; i++)
		for (uint32_t h = 0; h < hits.count; h++)
			x->refs[i].hits += hits.rules[h] == x->correlation->refs[i];
	return rc;
}

int yg_groups_seen_batch(struct yg_explaining *x, const struct yg_batch *batch)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < batch->record_count && rc == YG_OK; i++) {
		struct yg_event event;
		int read = yg_worker_event(x->run->again, batch, i, &event);

		if (read == YG_ENOMEM)
			return read;
		if (read == YG_OK)
			rc = count_hits(x, &event);
	}
	for (size_t t = 0; t < batch->trace_count; t++)
		for (uint32_t k = 0; k < batch->traces[t].key_count; k++) {
			const struct yg_trace_key *key = &batch->traces[t].keys[k];

			if (key->correlation == x->index && key->ref < x->correlation->ref_count)
				x->refs[key->ref].counted++;
		}
	return rc == YG_OK ? x->rc : rc;
}

static int grow(struct yg_explaining *x)
{
	uint32_t room = x->group_room ? x->group_room * 2 : FIRST_GROUPS;
	struct yg_group_seen *grown = yg_reallocarray(x->groups, room, sizeof(*grown));

	if (!grown)
		return YG_ENOMEM;
	x->groups = grown;
	x->group_room = room;
	return YG_OK;
}

/* The trace is one of the batch being judged, or of the one that comes next. */
static struct yg_bytes group_json(const struct yg_explaining *x,
				  const struct yg_correlation_look *look)
{
	const struct yg_batch *after = x->run->after;
	bool is_after = after && look->trace >= after->traces &&
			look->trace < after->traces + after->trace_count;

	return yg_worker_group(x->run->again, is_after ? after : x->run->batch, look->trace->record,
			       look->key);
}

/* The group of @look; NULL when there are too many (counted), or without memory (x->rc). */
static struct yg_explain_group *group_of(struct yg_explaining *x,
					 const struct yg_correlation_look *look)
{
	uint32_t mask = YG_GROUPS_SEEN_MAX * 2 - 1;
	uint32_t at = (uint32_t)(look->group >> 16) & mask;
	struct yg_group_seen *seen;
	struct yg_bytes json;

	while (x->slots[at] && x->groups[x->slots[at] - 1].key != look->group)
		at = (at + 1) & mask;
	if (x->slots[at])
		return &x->groups[x->slots[at] - 1].shown;
	if (x->group_count == YG_GROUPS_SEEN_MAX) {
		x->other_groups++;
		return NULL;
	}
	if (x->group_count == x->group_room && (x->rc = grow(x)) != YG_OK)
		return NULL;
	json = group_json(x, look);
	seen = &x->groups[x->group_count];
	*seen = (struct yg_group_seen){.key = look->group};
	seen->shown = (struct yg_explain_group){
		.missing = -1, .best_ns = YG_TIME_NONE, .first_ns = YG_TIME_NONE};
	seen->shown.group_json.data =
		(const uint8_t *)yg_strndup((const char *)json.data, json.size);
	if (!seen->shown.group_json.data) {
		x->rc = YG_ENOMEM;
		return NULL;
	}
	seen->shown.group_json.size = json.size;
	x->slots[at] = ++x->group_count;
	return &seen->shown;
}

void yg_groups_seen_look(void *arg, const struct yg_correlation_look *look)
{
	struct yg_explaining *x = arg;
	struct yg_explain_group *group = group_of(x, look);
	double best, missing;

	if (!group)
		return;
	group->records++;
	group->completions += look->is_done && !look->is_silent;
	group->refs_met |= look->refs;
	yg_explain_distance(x->correlation, look, &best, &missing);
	if (group->missing >= 0 && missing >= group->missing)
		return;
	group->best = best;
	group->missing = missing;
	group->best_position = look->trace->position;
	group->best_ns = look->trace->time_ns == YG_TIME_NONE ? YG_TIME_NONE : look->time_ns;
	group->first_ns = look->trace->time_ns == YG_TIME_NONE ? YG_TIME_NONE : look->first_ns;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Fulfilled ones first, then the nearest; of equals in the order of their first records. */
static int order(const void *left, const void *right)
{
	const struct yg_group_seen *a = left, *b = right;

	if (a->shown.missing < b->shown.missing)
		return -1;
	if (a->shown.missing > b->shown.missing)
		return 1;
	if (a->shown.best_position != b->shown.best_position)
		return a->shown.best_position < b->shown.best_position ? -1 : 1;
	return strcmp((const char *)a->shown.group_json.data,
		      (const char *)b->shown.group_json.data);
}

void yg_groups_seen_report(struct yg_explaining *x, struct yg_buf *to)
{
	uint32_t done = 0, shown = 0;

	if (x->group_count > 1)
		qsort(x->groups, x->group_count, sizeof(*x->groups), order);
	while (done < x->group_count && !(x->groups[done].shown.missing > 0))
		done++;
	for (uint32_t i = 0; i < x->group_count; i++) {
		bool is_first = i == 0 || i == done;

		shown = is_first ? 0 : shown;
		if (shown++ >= x->max)
			continue;
		if (x->is_json) {
			yg_explain_group_json(to, &x->shown, &x->groups[i].shown);
			continue;
		}
		if (is_first)
			yg_explain_heading(
				to,
				yg_say_tr(i < done ? N_("Groups that fulfil it")
						   : N_("Groups that do not (nearest first)")),
				&x->opts);
		yg_explain_group_text(to, &x->shown, &x->groups[i].shown, &x->opts);
	}
}
