/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "detect/rules-int.h"

#include "base/ban.h"

#define DAY_S INT64_C(86400)

static const struct {
	const char *name;
	enum yg_correlation_type type;
	bool is_valued; /* needs condition.field */
} types[] = {
	{"event_count", YG_CORRELATION_EVENT_COUNT, false},
	{"value_count", YG_CORRELATION_VALUE_COUNT, true},
	{"temporal", YG_CORRELATION_TEMPORAL, false},
	{"temporal_ordered", YG_CORRELATION_TEMPORAL_ORDERED, false},
	{"value_sum", YG_CORRELATION_VALUE_SUM, true},
	{"value_avg", YG_CORRELATION_VALUE_AVG, true},
	{"value_percentile", YG_CORRELATION_VALUE_PERCENTILE, true},
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

static void wait_for_later(struct yg_rule *rule, const char *reason)
{
	if (rule->state == YG_RULE_INACTIVE)
		return;
	rule->state = YG_RULE_INACTIVE;
	rule->state_reason = yg_bytes_str(reason);
}

static int read_type(struct yg_load *load, const struct yg_yaml *node, struct yg_rule *rule,
		     bool *ret_is_valued)
{
	const struct yg_yaml *type = yg_yaml_get(node, "type");
	const char *names[TYPE_COUNT];
	struct yg_bytes text = yg_yaml_text(node, "type");
	const char *nearest;

	if (text.size == 0)
		return yg_load_fail(load, type ? type->line : node->line,
				    "the correlation has no 'type'");
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		names[i] = types[i].name;
		if (!yg_bytes_eq(text, yg_bytes_str(types[i].name)))
			continue;
		rule->correlation.type = types[i].type;
		*ret_is_valued = types[i].is_valued;
		if (types[i].type >= YG_CORRELATION_VALUE_SUM)
			wait_for_later(
				rule, "correlations of this type are evaluated in a later version");
		return YG_OK;
	}
	nearest = yg_nearest(text, names, TYPE_COUNT);
	return yg_load_fail(load, type->line, "there is no correlation type '%s'%s%s%s",
			    yg_load_show(load, text), nearest ? "; nearest: '" : "",
			    nearest ? nearest : "", nearest ? "'" : "");
}

static int add_ref(struct yg_load *load, const struct yg_yaml *node,
		   struct yg_correlation_refs *refs)
{
	if (node->kind != YG_YAML_SCALAR || node->text.size == 0)
		return yg_load_fail(load, node->line, "'rules' must list ids or names of rules");
	if (refs->count == YG_CORRELATION_REFS_MAX)
		return yg_load_fail(load, node->line, "a correlation may name at most %u rules",
				    YG_CORRELATION_REFS_MAX);
	return yg_arena_dup(load->rules->arena, yg_bytes_trim(node->text),
			    &refs->texts[refs->count++])
		       ? YG_OK
		       : YG_ENOMEM;
}

static int read_refs(struct yg_load *load, const struct yg_yaml *node,
		     struct yg_correlation_refs *refs)
{
	const struct yg_yaml *rules = yg_yaml_get(node, "rules");
	int rc = YG_OK;

	if (!rules || yg_yaml_is_null(rules) || (rules->kind == YG_YAML_LIST && rules->count == 0))
		return yg_load_fail(load, rules ? rules->line : node->line,
				    "the correlation names no 'rules'");
	refs->line = rules->line;
	if (rules->kind != YG_YAML_LIST)
		return add_ref(load, rules, refs);
	for (const struct yg_yaml *one = rules->first; one && rc == YG_OK; one = one->next)
		rc = add_ref(load, one, refs);
	return rc;
}

static int add_group(struct yg_load *load, const struct yg_yaml *node, struct yg_correlation *to)
{
	int rc;

	if (node->kind != YG_YAML_SCALAR || node->text.size == 0)
		return yg_load_fail(load, node->line, "'group-by' must list field names");
	if (to->group_by_count == YG_GROUP_BY_MAX)
		return yg_load_fail(load, node->line, "'group-by' may name at most %u fields",
				    YG_GROUP_BY_MAX);
	rc = yg_names_add(load->rules->names, yg_bytes_trim(node->text),
			  &to->group_by[to->group_by_count++]);
	return rc == YG_ELIMIT ? yg_load_fail(load, node->line, "too many field names") : rc;
}

static int read_groups(struct yg_load *load, const struct yg_yaml *node, struct yg_correlation *to)
{
	const struct yg_yaml *groups = yg_yaml_get(node, "group-by");
	int rc = YG_OK;

	if (!groups || yg_yaml_is_null(groups))
		return YG_OK;
	if (groups->kind != YG_YAML_LIST)
		return add_group(load, groups, to);
	for (const struct yg_yaml *one = groups->first; one && rc == YG_OK; one = one->next)
		rc = add_group(load, one, to);
	return rc;
}

static int read_timespan(struct yg_load *load, const struct yg_yaml *node,
			 struct yg_correlation *to)
{
	static const struct {
		uint8_t letter;
		int64_t seconds;
	} units[] = {{'s', 1},	       {'m', 60},	  {'h', 3600},	     {'d', DAY_S},
		     {'w', 7 * DAY_S}, {'M', 30 * DAY_S}, {'y', 365 * DAY_S}};
	const struct yg_yaml *span = yg_yaml_get(node, "timespan");
	struct yg_bytes text = yg_bytes_trim(yg_yaml_text(node, "timespan"));
	int64_t seconds = 0;
	uint64_t number;

	if (text.size == 0)
		return yg_load_fail(load, span ? span->line : node->line,
				    "the correlation has no 'timespan'");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text.data[text.size - 1] == units[i].letter)
			seconds = units[i].seconds;
	if (!seconds || !yg_bytes_u64(yg_bytes_cut(text, 0, text.size - 1), &number) || number == 0)
		return yg_load_fail(
			load, span->line,
			"the timespan '%s' is not a number with one of s m h d w M y, such as 10m",
			yg_load_show(load, text));
	if (number > (uint64_t)(100 * 365 * DAY_S / seconds))
		return yg_load_fail(load, span->line, "the timespan '%s' is longer than 100 years",
				    yg_load_show(load, text));
	to->timespan_ns = (int64_t)number * seconds * YG_NS_PER_S;
	return YG_OK;
}

static int add_bound(struct yg_load *load, const struct yg_yaml *node, uint8_t op,
		     struct yg_correlation *to)
{
	double number;

	if (node->kind != YG_YAML_SCALAR || !yg_bytes_double(yg_bytes_trim(node->text), &number))
		return yg_load_fail(load, node->line, "'%s' needs a number",
				    yg_load_show(load, node->key));
	if (to->compare == YG_PRED_COUNT) {
		to->compare = op;
		to->threshold = number;
	} else if (to->compare2 == YG_PRED_COUNT) {
		to->compare2 = op;
		to->threshold2 = number;
	} else {
		return yg_load_fail(load, node->line, "a condition may have at most two bounds");
	}
	return YG_OK;
}

static int read_bounds(struct yg_load *load, const struct yg_yaml *condition,
		       struct yg_correlation *to)
{
	static const struct {
		const char *name;
		uint8_t op;
	} ops[] = {{"lt", YG_PRED_LT},
		   {"lte", YG_PRED_LTE},
		   {"gt", YG_PRED_GT},
		   {"gte", YG_PRED_GTE},
		   {"eq", YG_PRED_EQUALS}};
	static const char *const names[] = {"lt", "lte", "gt", "gte", "eq", "field", "percentile"};
	int rc = YG_OK;

	for (const struct yg_yaml *key = condition->first; key && rc == YG_OK; key = key->next) {
		const char *nearest;
		size_t i = 0;

		while (i < 5 && !yg_bytes_eq(key->key, yg_bytes_str(ops[i].name)))
			i++;
		if (i < 5) {
			rc = add_bound(load, key, ops[i].op, to);
			continue;
		}
		if (yg_bytes_eq(key->key, YG_S("field")) ||
		    yg_bytes_eq(key->key, YG_S("percentile")))
			continue;
		nearest = yg_nearest(key->key, names, 7);
		return yg_load_fail(load, key->line, "a correlation's condition has no '%s'%s%s%s",
				    yg_load_show(load, key->key), nearest ? "; nearest: '" : "",
				    nearest ? nearest : "", nearest ? "'" : "");
	}
	return rc;
}

static int read_value_field(struct yg_load *load, const struct yg_yaml *condition,
			    struct yg_rule *rule)
{
	const struct yg_yaml *field = yg_yaml_get(condition, "field");
	struct yg_bytes percentile = yg_yaml_text(condition, "percentile");
	int rc;

	if (field && field->kind == YG_YAML_LIST) {
		wait_for_later(rule,
			       "value counts over several fields are evaluated in a later version");
		return YG_OK;
	}
	if (!field || field->kind != YG_YAML_SCALAR || field->text.size == 0)
		return yg_load_fail(load, condition->line,
				    "this type of correlation needs 'field' in its condition");
	if (percentile.size > 0 && !yg_bytes_double(percentile, &rule->correlation.percentile))
		return yg_load_fail(load, condition->line, "'percentile' needs a number");
	rc = yg_names_add(load->rules->names, yg_bytes_trim(field->text),
			  &rule->correlation.value_field);
	return rc == YG_ELIMIT ? yg_load_fail(load, field->line, "too many field names") : rc;
}

static int read_condition(struct yg_load *load, const struct yg_yaml *node, struct yg_rule *rule,
			  bool is_valued)
{
	const struct yg_yaml *condition = yg_yaml_get(node, "condition");
	struct yg_correlation *to = &rule->correlation;
	bool is_temporal =
		to->type == YG_CORRELATION_TEMPORAL || to->type == YG_CORRELATION_TEMPORAL_ORDERED;
	int rc = YG_OK;

	to->compare = YG_PRED_COUNT;
	to->compare2 = YG_PRED_COUNT;
	if (is_temporal && condition && condition->kind == YG_YAML_SCALAR) {
		wait_for_later(rule, "conditions over rule names are evaluated in a later version");
		condition = NULL;
	}
	if (condition && condition->kind != YG_YAML_MAP)
		return yg_load_fail(load, condition->line,
				    "the condition must be a map such as gte: 10");
	if (condition)
		rc = read_bounds(load, condition, to);
	if (rc == YG_OK && is_valued && condition)
		rc = read_value_field(load, condition, rule);
	if (rc != YG_OK)
		return rc;
	if (to->compare == YG_PRED_COUNT && !is_temporal)
		return yg_load_fail(load, condition ? condition->line : node->line,
				    "the correlation has no condition such as gte: 10");
	return YG_OK;
}

static int read_generate(struct yg_load *load, const struct yg_yaml *node,
			 struct yg_correlation *to)
{
	const struct yg_yaml *generate = yg_yaml_get(node, "generate");
	struct yg_bytes text = yg_yaml_text(node, "generate");

	if (!generate || yg_yaml_is_null(generate))
		return YG_OK;
	if (!yg_bytes_eq_nocase(text, YG_S("true")) && !yg_bytes_eq_nocase(text, YG_S("false")))
		return yg_load_fail(load, generate->line, "'generate' takes true or false");
	to->is_generating = yg_bytes_eq_nocase(text, YG_S("true"));
	return YG_OK;
}

int yg_sigma_correlation(struct yg_load *load, const struct yg_yaml *node, struct yg_rule *rule,
			 struct yg_correlation_refs *refs)
{
	const struct yg_yaml *aliases = yg_yaml_get(node, "aliases");
	struct yg_correlation *to = &rule->correlation;
	bool is_valued = false;
	int rc;

	if (node->kind != YG_YAML_MAP)
		return yg_load_fail(load, node->line, "'correlation' must be a map");
	rc = read_type(load, node, rule, &is_valued);
	if (rc == YG_OK)
		rc = read_refs(load, node, refs);
	if (rc == YG_OK)
		rc = read_groups(load, node, to);
	if (rc == YG_OK)
		rc = read_timespan(load, node, to);
	if (rc == YG_OK)
		rc = read_condition(load, node, rule, is_valued);
	if (rc == YG_OK)
		rc = read_generate(load, node, to);
	if (rc != YG_OK)
		return rc;
	to->ref_count = refs->count;
	if (to->compare == YG_PRED_COUNT) { /* temporal: all of the rules */
		to->compare = YG_PRED_GTE;
		to->threshold = refs->count;
	}
	if (aliases && !yg_yaml_is_null(aliases))
		wait_for_later(rule, "aliases of fields are evaluated in a later version");
	return YG_OK;
}

int yg_sigma_filter(struct yg_load *load, const struct yg_yaml *doc)
{
	const struct yg_yaml *filter = yg_yaml_get(doc, "filter");
	const struct yg_yaml *rules = yg_yaml_get(filter, "rules");
	struct yg_rules_mark mark = yg_rules_mark(load->rules);
	struct yg_yaml detection;
	struct yg_yaml *copies;
	uint32_t count = 0;
	uint32_t expr;
	int rc;

	if (filter->kind != YG_YAML_MAP)
		return yg_load_fail(load, filter->line, "'filter' must be a map");
	if (!rules || yg_yaml_is_null(rules) || rules->kind == YG_YAML_MAP)
		return yg_load_fail(load, filter->line, "the filter names no 'rules'");
	/* What is left without `rules` has the form of a detection. */
	copies = yg_arena_alloc(load->arena, (filter->count + 1) * sizeof(*copies));
	if (!copies)
		return YG_ENOMEM;
	for (const struct yg_yaml *node = filter->first; node; node = node->next)
		if (node != rules)
			copies[count++] = *node;
	for (uint32_t i = 0; i < count; i++)
		copies[i].next = i + 1 < count ? &copies[i + 1] : NULL;
	detection = *filter;
	detection.first = count ? copies : NULL;
	detection.count = count;
	rc = yg_sigma_detection(load, &detection, &expr);
	yg_rules_rollback(load->rules, mark);
	return rc;
}
