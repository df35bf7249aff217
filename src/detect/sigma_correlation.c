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
	{"value_min", YG_CORRELATION_VALUE_MIN, true},
	{"value_max", YG_CORRELATION_VALUE_MAX, true},
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

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

/* The names of fields under @node, one or a list, into @to. */
static int read_fields(struct yg_load *load, const struct yg_yaml *node, const char *key,
		       uint32_t most, uint32_t *to, uint32_t *ret_count)
{
	const struct yg_yaml *one = node->kind == YG_YAML_LIST ? node->first : node;
	int rc = YG_OK;

	*ret_count = 0;
	while (one && rc == YG_OK) {
		if (one->kind != YG_YAML_SCALAR || one->text.size == 0)
			return yg_load_fail(load, one->line, "'%s' must list field names", key);
		if (*ret_count == most)
			return yg_load_fail(load, one->line, "'%s' may name at most %u fields", key,
					    most);
		rc = yg_names_add(load->rules->names, yg_bytes_trim(one->text),
				  &to[(*ret_count)++]);
		if (rc == YG_ELIMIT)
			return yg_load_fail(load, one->line, "too many field names");
		one = node->kind == YG_YAML_LIST ? one->next : NULL;
	}
	return rc;
}

static int read_groups(struct yg_load *load, const struct yg_yaml *node, struct yg_correlation *to)
{
	const struct yg_yaml *groups = yg_yaml_get(node, "group-by");

	if (!groups || yg_yaml_is_null(groups))
		return YG_OK;
	return read_fields(load, groups, "group-by", YG_GROUP_BY_MAX, to->group_by,
			   &to->group_by_count);
}

/* One line of an alias: rule: field. */
static int read_alias(struct yg_load *load, const struct yg_yaml *node, struct yg_alias *to)
{
	int rc;

	if (node->kind != YG_YAML_SCALAR || node->text.size == 0)
		return yg_load_fail(load, node->line,
				    "an alias names one field for each rule: 'rule: field'");
	rc = yg_names_add(load->rules->names, yg_bytes_trim(node->text), &to->field);
	if (rc == YG_ELIMIT)
		return yg_load_fail(load, node->line, "too many field names");
	if (rc == YG_OK && !yg_arena_dup(load->rules->arena, yg_bytes_trim(node->key), &to->rule))
		rc = YG_ENOMEM;
	to->line = node->line;
	return rc;
}

static int read_aliases(struct yg_load *load, const struct yg_yaml *node,
			struct yg_correlation_refs *refs)
{
	const struct yg_yaml *aliases = yg_yaml_get(node, "aliases");
	struct yg_alias *list;
	int rc = YG_OK;

	if (!aliases || yg_yaml_is_null(aliases))
		return YG_OK;
	if (aliases->kind != YG_YAML_MAP)
		return yg_load_fail(load, aliases->line,
				    "'aliases' must be a map: alias: {rule: field}");
	list = yg_arena_alloc(load->rules->arena, YG_ALIASES_MAX * sizeof(*list));
	if (!list)
		return YG_ENOMEM;
	refs->aliases = list;
	for (const struct yg_yaml *alias = aliases->first; alias; alias = alias->next) {
		uint32_t name;

		if (alias->kind != YG_YAML_MAP || alias->count == 0)
			return yg_load_fail(load, alias->line,
					    "the alias '%s' must be a map of rules and fields",
					    yg_load_show(load, alias->key));
		rc = yg_names_add(load->rules->names, yg_bytes_trim(alias->key), &name);
		for (const struct yg_yaml *one = alias->first; one && rc == YG_OK;
		     one = one->next) {
			if (refs->alias_count == YG_ALIASES_MAX)
				return yg_load_fail(load, one->line, "more than %u aliases",
						    YG_ALIASES_MAX);
			list[refs->alias_count].name = name;
			rc = read_alias(load, one, &list[refs->alias_count++]);
		}
		if (rc != YG_OK)
			return rc == YG_ELIMIT
				       ? yg_load_fail(load, alias->line, "too many field names")
				       : rc;
	}
	return YG_OK;
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
	} ops[] = {{"lt", YG_PRED_LT},	 {"lte", YG_PRED_LTE},	 {"gt", YG_PRED_GT},
		   {"gte", YG_PRED_GTE}, {"eq", YG_PRED_EQUALS}, {"neq", YG_CORRELATION_NEQ}};
	static const char *const names[] = {"lt", "lte", "gt",	  "gte",
					    "eq", "neq", "field", "percentile"};
	int rc = YG_OK;

	for (const struct yg_yaml *key = condition->first; key && rc == YG_OK; key = key->next) {
		const char *nearest;
		size_t i = 0;

		while (i < 6 && !yg_bytes_eq(key->key, yg_bytes_str(ops[i].name)))
			i++;
		if (i < 6) {
			rc = add_bound(load, key, ops[i].op, to);
			continue;
		}
		if (yg_bytes_eq(key->key, YG_S("field")) ||
		    yg_bytes_eq(key->key, YG_S("percentile")))
			continue;
		nearest = yg_nearest(key->key, names, 8);
		return yg_load_fail(load, key->line, "a correlation's condition has no '%s'%s%s%s",
				    yg_load_show(load, key->key), nearest ? "; nearest: '" : "",
				    nearest ? nearest : "", nearest ? "'" : "");
	}
	return rc;
}

static int read_percentile(struct yg_load *load, const struct yg_yaml *condition,
			   struct yg_correlation *to)
{
	const struct yg_yaml *node = yg_yaml_get(condition, "percentile");

	if (to->type != YG_CORRELATION_VALUE_PERCENTILE && node)
		return yg_load_fail(load, node->line,
				    "only value_percentile takes a 'percentile' in its condition");
	if (to->type != YG_CORRELATION_VALUE_PERCENTILE)
		return YG_OK;
	if (!node) /* the share of the record's own value is compared */
		return YG_OK;
	if (!yg_bytes_double(yg_bytes_trim(yg_yaml_text(condition, "percentile")),
			     &to->percentile) ||
	    !(to->percentile > 0 && to->percentile <= 100))
		return yg_load_fail(load, node->line,
				    "'percentile' needs a number above 0, up to 100");
	return YG_OK;
}

static int read_value_fields(struct yg_load *load, const struct yg_yaml *condition,
			     struct yg_correlation *to)
{
	const struct yg_yaml *field = yg_yaml_get(condition, "field");
	int rc;

	if (!field || yg_yaml_is_null(field) || (field->kind == YG_YAML_LIST && !field->count))
		return yg_load_fail(load, condition->line,
				    "this type of correlation needs 'field' in its condition");
	rc = read_fields(load, field, "field", YG_VALUE_FIELDS_MAX, to->value_fields,
			 &to->value_field_count);
	if (rc != YG_OK)
		return rc;
	if (to->value_field_count > 1 && to->type != YG_CORRELATION_VALUE_COUNT)
		return yg_load_fail(load, field->line, "only value_count takes several fields");
	return read_percentile(load, condition, to);
}

/*
 * In order means: so many of the rules, one after the other. A count becomes the sets of rules
 * that have it; "at most" and "not" cannot be known before the timespan is over.
 */
static int order_terms(struct yg_load *load, uint32_t line, struct yg_correlation *to)
{
	double least = to->compare == YG_PRED_GT ? to->threshold + 1 : to->threshold;

	if (to->compare == YG_PRED_COUNT) /* no condition: all */
		return YG_OK;
	if (to->compare2 != YG_PRED_COUNT ||
	    (to->compare != YG_PRED_GTE && to->compare != YG_PRED_GT &&
	     !(to->compare == YG_PRED_EQUALS && to->threshold >= to->ref_count)))
		return yg_load_fail(
			load, line,
			"temporal_ordered asks for at least so many rules: gte, gt, or eq "
			"with the number of all");
	if (!(least >= 1 && least <= to->ref_count))
		return yg_load_fail(load, line, "the correlation names %u rules", to->ref_count);
	if (least >= to->ref_count)
		return YG_OK;
	return yg_correlation_terms_of(load, line, (uint32_t)least, to);
}

static bool is_temporal(const struct yg_correlation *correlation)
{
	return correlation->type == YG_CORRELATION_TEMPORAL ||
	       correlation->type == YG_CORRELATION_TEMPORAL_ORDERED;
}

/* A condition that is a map, or none. */
static int read_comparison(struct yg_load *load, const struct yg_yaml *condition, uint32_t line,
			   bool is_valued, struct yg_correlation *to)
{
	int rc = YG_OK;

	if (condition && condition->kind != YG_YAML_MAP)
		return yg_load_fail(load, line, "the condition must be a map such as gte: 10");
	if (condition)
		rc = read_bounds(load, condition, to);
	if (rc == YG_OK && is_valued && condition)
		rc = read_value_fields(load, condition, to);
	if (rc == YG_OK && to->compare == YG_PRED_COUNT && !is_temporal(to))
		return yg_load_fail(load, line, "the correlation has no condition such as gte: 10");
	return rc;
}

static int read_condition(struct yg_load *load, const struct yg_yaml *node, bool is_valued,
			  const struct yg_correlation_refs *refs, struct yg_correlation *to)
{
	const struct yg_yaml *condition = yg_yaml_get(node, "condition");
	uint32_t line = condition ? condition->line : node->line;
	int rc;

	to->compare = YG_PRED_COUNT;
	to->compare2 = YG_PRED_COUNT;
	if (is_temporal(to) && condition && condition->kind == YG_YAML_SCALAR &&
	    !yg_yaml_is_null(condition))
		return yg_correlation_terms(load, condition, refs, to);
	rc = read_comparison(load, condition, line, is_valued, to);
	if (rc == YG_OK && to->type == YG_CORRELATION_TEMPORAL_ORDERED)
		rc = order_terms(load, line, to);
	return rc;
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

int yg_sigma_correlation(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule,
			 struct yg_correlation_refs *refs)
{
	const struct yg_yaml *node = yg_yaml_get(doc, "correlation");
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
	to->ref_count = refs->count;
	if (rc == YG_OK)
		rc = read_condition(load, node, is_valued, refs, to);
	if (rc == YG_OK)
		rc = read_aliases(load, node, refs);
	/* The specification's schema has it beside `level`, other tools inside: that counts more.
	 */
	if (rc == YG_OK)
		rc = read_generate(load, doc, to);
	if (rc == YG_OK)
		rc = read_generate(load, node, to);
	if (rc != YG_OK)
		return rc;
	if (to->compare == YG_PRED_COUNT) { /* temporal: all of the rules */
		to->compare = YG_PRED_GTE;
		to->threshold = refs->count;
	}
	return YG_OK;
}
