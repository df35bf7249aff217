/* SPDX-License-Identifier: Apache-2.0 */
/* After the last file: what filters and correlations name is looked up. */
#include <assert.h>

#include "detect/rules-int.h"

#include "base/ban.h"

int yg_load_fail_ref(struct yg_load *load, uint32_t line, const char *what, struct yg_bytes text)
{
	const struct yg_rules *rules = load->rules;
	struct yg_bytes *names =
		yg_arena_alloc(load->arena, (2 * rules->rule_count + 1) * sizeof(*names));
	size_t nearest = SIZE_MAX;

	for (uint32_t i = 0; names && i < rules->rule_count; i++) {
		names[2 * i] = rules->rules[i].name;
		names[2 * i + 1] = rules->rules[i].info.id;
	}
	if (names)
		nearest = yg_nearest_of(text, names, 2 * (size_t)rules->rule_count);
	if (nearest == SIZE_MAX)
		return yg_load_fail(load, line, "the %s names the rule '%s', which was not loaded",
				    what, yg_load_show(load, text));
	return yg_load_fail(load, line,
			    "the %s names the rule '%s', which was not loaded; nearest: '%s'", what,
			    yg_load_show(load, text), yg_load_show(load, names[nearest]));
}

static void make_inactive(struct yg_rule *rule, const char *reason)
{
	if (rule->state == YG_RULE_INACTIVE)
		return;
	rule->state = YG_RULE_INACTIVE;
	rule->state_reason = yg_bytes_str(reason);
}

/*
 * How far above ordinary rules a rule stands: 1 for these, more for correlations of them, 0 while
 * that is not known. A round settles one storey, so that the order of files decides nothing.
 */
#define STOREY_UNKNOWN 0u
#define STOREY_GROUND  1u
#define STOREY_REFUSED 255u

/*
 * Turn names into indexes. A correlation waits until all that it names stands on @storey or lower;
 * *ret_is_waiting tells so.
 */
static int resolve(struct yg_load *load, const struct yg_correlation_refs *refs,
		   const uint8_t *storeys, uint8_t storey, bool *ret_is_waiting)
{
	struct yg_rules *rules = load->rules;
	struct yg_rule *rule = &rules->rules[refs->rule];

	*ret_is_waiting = false;
	for (uint32_t i = 0; i < refs->count; i++) {
		uint32_t target = yg_rules_find(rules, refs->texts[i]);

		if (target == UINT32_MAX)
			return yg_load_fail_ref(load, refs->line, "correlation", refs->texts[i]);
		if (target == refs->rule)
			return yg_load_fail(load, refs->line, "the correlation names itself");
		if (rules->rules[target].state == YG_RULE_FILTER)
			return yg_load_fail(load, refs->line,
					    "the correlation names '%s', which is a filter",
					    yg_load_show(load, refs->texts[i]));
		if (storeys[target] == STOREY_REFUSED)
			return yg_load_fail(load, refs->line,
					    "the correlation names '%s', which was refused",
					    yg_load_show(load, refs->texts[i]));
		if (storeys[target] == STOREY_UNKNOWN || storeys[target] > storey)
			*ret_is_waiting = true;
		else if (rules->rules[target].state == YG_RULE_INACTIVE)
			make_inactive(rule, "a rule it needs is inactive");
		rule->correlation.refs[i] = target;
		/* Different rules are counted; in order, and of records, one may stand twice. */
		for (uint32_t k = 0; k < i && rule->correlation.type == YG_CORRELATION_TEMPORAL;
		     k++)
			if (rule->correlation.refs[k] == target)
				return yg_load_fail(load, refs->line,
						    "the correlation names '%s' twice",
						    yg_load_show(load, refs->texts[i]));
	}
	return YG_OK;
}

/* The field that @name means in the records of ref @ref: the alias's, or @name itself. */
static uint32_t field_of(const struct yg_rules *rules, const struct yg_correlation_refs *refs,
			 uint32_t ref, uint32_t name)
{
	const struct yg_correlation *correlation = &rules->rules[refs->rule].correlation;
	bool is_alias = false;

	for (uint32_t i = 0; i < refs->alias_count; i++) {
		if (refs->aliases[i].name != name)
			continue;
		is_alias = true;
		if (yg_rules_find(rules, refs->aliases[i].rule) == correlation->refs[ref])
			return refs->aliases[i].field;
	}
	return is_alias ? 0 : name;
}

/* An alias is of use when it is asked for, and of a rule that is named. */
static int check_alias(struct yg_load *load, const struct yg_correlation *correlation,
		       const struct yg_alias *alias)
{
	uint32_t target = yg_rules_find(load->rules, alias->rule);
	bool is_used = false;
	bool is_named = false;

	for (uint32_t i = 0; i < correlation->group_by_count; i++)
		is_used |= correlation->group_by[i] == alias->name;
	for (uint32_t i = 0; i < correlation->value_field_count; i++)
		is_used |= correlation->value_fields[i] == alias->name;
	for (uint32_t i = 0; i < correlation->ref_count; i++)
		is_named |= correlation->refs[i] == target;
	if (target == UINT32_MAX)
		return yg_load_fail_ref(load, alias->line, "alias", alias->rule);
	if (!is_named)
		return yg_load_fail(
			load, alias->line,
			"the alias names '%s', which is not among the correlation's rules",
			yg_load_show(load, alias->rule));
	if (!is_used)
		return yg_load_fail(
			load, alias->line, "neither 'group-by' nor 'field' asks for the alias '%s'",
			yg_load_show(load, yg_names_text(load->rules->names, alias->name)));
	return YG_OK;
}

/* Lay out what the names of @refs's correlation mean for each of its rules. */
static int set_aliases(struct yg_load *load, const struct yg_correlation_refs *refs)
{
	struct yg_rules *rules = load->rules;
	struct yg_correlation *correlation = &rules->rules[refs->rule].correlation;
	uint32_t *rows;

	if (refs->alias_count == 0)
		return YG_OK;
	for (uint32_t i = 0; i < refs->alias_count; i++) {
		int rc = check_alias(load, correlation, &refs->aliases[i]);

		if (rc != YG_OK)
			return rc;
	}
	rows = yg_arena_zalloc(rules->arena, (size_t)correlation->ref_count *
						     YG_CORRELATION_ALIAS_ROW * sizeof(*rows));
	if (!rows)
		return YG_ENOMEM;
	correlation->aliases = rows;
	for (uint32_t ref = 0; ref < correlation->ref_count; ref++) {
		uint32_t *row = rows + ref * YG_CORRELATION_ALIAS_ROW;

		for (uint32_t i = 0; i < correlation->group_by_count; i++)
			row[i] = field_of(rules, refs, ref, correlation->group_by[i]);
		for (uint32_t i = 0; i < correlation->value_field_count; i++)
			row[YG_GROUP_BY_MAX + i] =
				field_of(rules, refs, ref, correlation->value_fields[i]);
	}
	return YG_OK;
}

/* One look at the correlation behind @refs: does it stand right above @storey? */
static int settle(struct yg_load *load, const struct yg_correlation_refs *refs, uint8_t *storeys,
		  uint8_t storey)
{
	struct yg_rules *rules = load->rules;
	struct yg_rule *rule = &rules->rules[refs->rule];
	bool is_waiting;
	int rc;

	if (storeys[refs->rule] != STOREY_UNKNOWN)
		return YG_OK;
	load->file = (const char *)rule->file.data;
	rc = resolve(load, refs, storeys, storey, &is_waiting);
	if (rc == YG_OK && is_waiting && storey == YG_CORRELATION_DEPTH_MAX)
		rc = yg_load_fail(
			load, refs->line,
			"the correlation is part of a circle, or of a chain of more than %u",
			YG_CORRELATION_DEPTH_MAX);
	if (rc == YG_OK && !is_waiting)
		rc = set_aliases(load, refs);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		yg_load_refuse(load);
		storeys[refs->rule] = STOREY_REFUSED;
	} else if (!is_waiting) {
		storeys[refs->rule] = (uint8_t)(storey + 1);
		if (rule->state == YG_RULE_INACTIVE) {
			rules->inactive++;
			yg_load_report_inactive(load, rule);
		}
	}
	yg_arena_reset(load->arena);
	return YG_OK;
}

static int apply_filters(struct yg_load *load, uint8_t *storeys)
{
	struct yg_rules *rules = load->rules;

	for (uint32_t i = 0; i < rules->priv->filter_count; i++) {
		const struct yg_filter_refs *refs = &rules->priv->filters[i];
		struct yg_rule *rule = &rules->rules[refs->rule];
		uint32_t count;
		int rc;

		load->file = (const char *)rule->file.data;
		rc = yg_filter_apply(load, refs, &count);
		if (rc == YG_ENOMEM)
			return rc;
		if (rc != YG_OK) {
			yg_load_refuse(load);
			storeys[refs->rule] = STOREY_REFUSED;
		} else if (count == 0) {
			make_inactive(rule, "no rule has its logsource");
			rules->inactive++;
			yg_load_report_inactive(load, rule);
		} else {
			rules->filters++;
		}
		yg_arena_reset(load->arena);
	}
	return YG_OK;
}

/* Rules that only feed correlations give no findings of their own. */
static void set_quiet(struct yg_rules *rules)
{
	const uint8_t fed = 1;
	const uint8_t generated = 2;
	uint8_t *marks = yg_arena_zalloc(rules->arena, rules->rule_count + 1u);

	for (uint32_t i = 0; marks && i < rules->rule_count; i++) {
		const struct yg_rule *rule = &rules->rules[i];

		/* An inactive correlation takes nothing away from the rules it names. */
		if (rule->correlation.type == YG_CORRELATION_NONE || rule->state != YG_RULE_ACTIVE)
			continue;
		for (uint32_t k = 0; k < rule->correlation.ref_count; k++)
			marks[rule->correlation.refs[k]] |=
				rule->correlation.is_generating ? generated : fed;
	}
	for (uint32_t i = 0; marks && i < rules->rule_count; i++)
		if (marks[i] == fed)
			rules->rules[i].is_quiet = true;
}

/* Refused correlations leave the array; what others refer to moves with it. */
static void remove_refused(struct yg_rules *rules, const uint8_t *storeys, uint32_t *moved)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < rules->rule_count; i++) {
		moved[i] = count;
		if (storeys[i] != STOREY_REFUSED)
			rules->rules[count++] = rules->rules[i];
	}
	rules->rule_count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct yg_correlation *correlation = &rules->rules[i].correlation;

		for (uint32_t k = 0; correlation->type && k < correlation->ref_count; k++)
			correlation->refs[k] = moved[correlation->refs[k]];
	}
}

int yg_rules_finish(struct yg_rules *rules, yg_rules_report_fn report, void *arg)
{
	struct yg_load load = {
		.rules = rules,
		.arena = rules->priv->file_arena,
		.report = report,
		.arg = arg,
	};
	uint32_t *moved = yg_arena_alloc(rules->arena, (rules->rule_count + 1u) * sizeof(*moved));
	uint8_t *storeys = yg_arena_alloc(rules->arena, rules->rule_count + 1u);
	int rc;

	assert(!rules->priv->is_finished);
	rules->priv->is_finished = true;
	if (!moved || !storeys)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < rules->rule_count; i++)
		storeys[i] = (uint8_t)(rules->rules[i].correlation.type ? STOREY_UNKNOWN
									: STOREY_GROUND);
	rc = apply_filters(&load, storeys);
	for (uint8_t storey = STOREY_GROUND; storey <= YG_CORRELATION_DEPTH_MAX; storey++)
		for (uint32_t i = 0; i < rules->priv->ref_count && rc == YG_OK; i++)
			rc = settle(&load, &rules->priv->refs[i], storeys, storey);
	if (rc != YG_OK)
		return rc;
	remove_refused(rules, storeys, moved);
	set_quiet(rules);
	return YG_OK;
}
