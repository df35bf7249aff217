/* SPDX-License-Identifier: Apache-2.0 */
/* How a level is reached: one small function for each form of x_rules. Pure; each form has test
 * vectors (tests/unit/assess/test_rules.c). */
#include "assess/assess-int.h"

#include "base/ban.h"

int32_t yg_assess_points(const struct yg_framework *framework, const struct yg_framework_node *node,
			 struct yg_bytes value)
{
	int64_t number;

	if (value.size == 0)
		return YG_POINTS_NONE;
	if (node->answers) {
		for (uint32_t i = 0; i < node->answers->choice_count; i++) {
			const struct yg_framework_choice *choice = &node->answers->choices[i];

			if (choice->has_points && yg_bytes_eq(choice->id, value))
				return choice->points;
		}
		return YG_POINTS_NONE;
	}
	if (framework->step_count > 0 && yg_bytes_i64(value, &number) &&
	    number >= framework->score_min && number <= framework->score_max)
		return (int32_t)number;
	return YG_POINTS_NONE;
}

/* Does the declared answer count, as things stand? A stale one, or one that an observation speaks
 * against without an answer to it, does not. */
static bool counts(const struct yg_framework_rule *rule, const struct yg_criterion_state *state)
{
	if (state->is_stale || yg_is_unsettled(state))
		return false;
	if (state->declared == YG_ANSWER_NA)
		return !rule ||
		       rule->na == YG_NA_NEEDS_REASON; /* a reason was asked for on entry */
	return state->declared == YG_ANSWER_MET;
}

static bool all_met(const struct yg_framework_rule *rule, const struct yg_criterion_state *states,
		    uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!counts(rule, &states[i]))
			return false;
	return count > 0;
}

/* Criteria with points are added up and must all be answered; the others must be met. */
static bool sum_reached(const struct yg_framework_rule *rule, const struct yg_framework *framework,
			const struct yg_criterion_state *states, uint32_t count,
			struct yg_assess_result *result)
{
	bool is_complete = count > 0;

	result->points = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct yg_framework_node *node = &framework->nodes[states[i].node];

		if (states[i].points != YG_POINTS_NONE)
			result->points += states[i].points;
		else if (node->answers || framework->step_count > 0)
			is_complete = is_complete && states[i].declared == YG_ANSWER_NA;
		else
			is_complete = is_complete && counts(rule, &states[i]);
		is_complete = is_complete && !states[i].is_stale;
	}
	for (uint32_t i = 0; i < rule->band_count && !result->band; i++)
		if (result->points >= rule->bands[i].least)
			result->band = &rule->bands[i];
	return is_complete &&
	       (rule->target_milli == 0 || result->points * 1000 >= rule->target_milli);
}

/* The ancestor of @node at @depth, or the highest one. */
static uint32_t section_of(const struct yg_framework *framework, uint32_t node, uint16_t depth)
{
	while (framework->nodes[node].depth > depth &&
	       framework->nodes[node].parent != YG_NODE_NONE)
		node = framework->nodes[node].parent;
	return node;
}

struct section {
	uint32_t node;
	uint32_t count;
	uint32_t open; /* without a score */
	int64_t sum;
};

/* The next section from *at on; states of one section stand together, as nodes do. */
static struct section next_section(const struct yg_framework_rule *rule,
				   const struct yg_framework *framework,
				   const struct yg_criterion_state *states, uint32_t count,
				   uint32_t *at)
{
	uint16_t depth = rule->section_depth ? rule->section_depth : 1;
	struct section section = {.node = section_of(framework, states[*at].node, depth)};

	for (; *at < count && section_of(framework, states[*at].node, depth) == section.node;
	     (*at)++) {
		if (states[*at].declared == YG_ANSWER_NA && rule->na == YG_NA_NEEDS_REASON)
			continue; /* taken out of the mean */
		section.count++;
		if (states[*at].points == YG_POINTS_NONE || states[*at].is_stale)
			section.open++;
		else
			section.sum += states[*at].points;
	}
	return section;
}

static int64_t mean_milli(const struct section *section)
{
	return section->count ? section->sum * 1000 / section->count : 0;
}

static bool maturity_reached(const struct yg_framework_rule *rule,
			     const struct yg_framework *framework,
			     const struct yg_criterion_state *states, uint32_t count)
{
	uint32_t at = 0;

	while (at < count) {
		struct section section = next_section(rule, framework, states, count, &at);

		if (section.open > 0 ||
		    (section.count > 0 && mean_milli(&section) < rule->target_milli))
			return false;
	}
	return count > 0;
}

static bool is_task_reached(const struct yg_framework_rule *rule,
			    const struct yg_criterion_state *state)
{
	if (state->is_stale)
		return false;
	if (state->declared == YG_ANSWER_NA)
		return rule->na == YG_NA_NEEDS_REASON;
	return state->points != YG_POINTS_NONE &&
	       (int64_t)state->points * 1000 >= rule->target_milli;
}

static bool tasks_reached(const struct yg_framework_rule *rule,
			  const struct yg_criterion_state *states, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!is_task_reached(rule, &states[i]))
			return false;
	return count > 0;
}

void yg_rule_judge(const struct yg_framework *framework, uint32_t level,
		   const struct yg_criterion_state *states, uint32_t count,
		   struct yg_assess_result *result)
{
	const struct yg_framework_rule *rule = yg_framework_rule(framework, level);
	bool is_reached = false;

	result->points = 0;
	result->band = NULL;
	switch (rule ? rule->kind : YG_RULE_ALL_MET) {
	case YG_RULE_ALL_MET:
		is_reached = all_met(rule, states, count);
		break;
	case YG_RULE_SUM:
		is_reached = sum_reached(rule, framework, states, count, result);
		break;
	case YG_RULE_MEAN_MATURITY:
		is_reached = maturity_reached(rule, framework, states, count);
		break;
	case YG_RULE_LEVEL_PER_TASK:
		is_reached = tasks_reached(rule, states, count);
		break;
	case YG_RULE_NONE:
		break;
	}
	result->level = is_reached ? YG_LEVEL_REACHED : YG_LEVEL_NOT_REACHED;
}

static json_t *title_of(const struct yg_framework_node *node, enum yg_lang lang)
{
	return yg_json_string(yg_text2(&node->name, lang));
}

static json_t *sections_json(const struct yg_framework_rule *rule,
			     const struct yg_framework *framework,
			     const struct yg_criterion_state *states, uint32_t count,
			     enum yg_lang lang)
{
	json_t *sections = json_array();
	uint32_t at = 0;

	while (sections && at < count) {
		struct section section = next_section(rule, framework, states, count, &at);
		const struct yg_framework_node *node = &framework->nodes[section.node];

		/* On failure json_pack gives NULL and the append fails. */
		if (json_array_append_new(
			    sections,
			    json_pack("{s:o, s:o, s:I, s:i, s:i, s:i}", "id",
				      yg_json_string(node->ref_id), "title", title_of(node, lang),
				      "mean_milli", (json_int_t)mean_milli(&section),
				      "target_milli", (int)rule->target_milli, "criteria",
				      (int)section.count, "open", (int)section.open)) != 0) {
			json_decref(sections);
			return NULL;
		}
	}
	return json_pack("{s:o}", "sections", sections);
}

static json_t *tasks_json(const struct yg_framework_rule *rule,
			  const struct yg_framework *framework,
			  const struct yg_criterion_state *states, uint32_t count,
			  enum yg_lang lang)
{
	json_t *tasks = json_array();

	for (uint32_t i = 0; tasks && i < count; i++) {
		const struct yg_framework_node *node = &framework->nodes[states[i].node];
		bool has_points = states[i].points != YG_POINTS_NONE;
		int64_t gap =
			rule->target_milli - (has_points ? (int64_t)states[i].points * 1000 : 0);

		if (is_task_reached(rule, &states[i]))
			continue;
		if (json_array_append_new(
			    tasks,
			    json_pack("{s:o, s:o, s:o, s:i, s:I}", "id",
				      yg_json_string(node->ref_id), "title", title_of(node, lang),
				      "level",
				      has_points ? json_integer(states[i].points) : json_null(),
				      "target_milli", (int)rule->target_milli, "gap_milli",
				      (json_int_t)(gap > 0 ? gap : 0))) != 0) {
			json_decref(tasks);
			return NULL;
		}
	}
	return json_pack("{s:o}", "tasks", tasks);
}

json_t *yg_rule_detail(const struct yg_framework *framework, uint32_t level,
		       const struct yg_criterion_state *states, uint32_t count, enum yg_lang lang)
{
	const struct yg_framework_rule *rule = yg_framework_rule(framework, level);
	struct yg_assess_result result = {0};

	switch (rule ? rule->kind : YG_RULE_ALL_MET) {
	case YG_RULE_SUM:
		yg_rule_judge(framework, level, states, count, &result);
		return json_pack("{s:I, s:o}", "sum", (json_int_t)result.points, "band",
				 result.band ? yg_json_string(yg_text2(&result.band->name, lang))
					     : json_null());
	case YG_RULE_MEAN_MATURITY:
		return sections_json(rule, framework, states, count, lang);
	case YG_RULE_LEVEL_PER_TASK:
		return tasks_json(rule, framework, states, count, lang);
	default:
		return json_object();
	}
}
