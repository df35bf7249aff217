/* SPDX-License-Identifier: Apache-2.0 */
/* Filters: what they ask is ANDed onto the rules they name. */
#include "detect/rules-int.h"

#include "base/ban.h"

/* What is left of the section without `rules` has the form of a detection. NULL without memory. */
static struct yg_yaml *detection_of(struct yg_load *load, const struct yg_yaml *filter,
				    const struct yg_yaml *rules)
{
	struct yg_yaml *nodes = yg_arena_alloc(load->arena, (filter->count + 1) * sizeof(*nodes));
	uint32_t count = 0;

	if (!nodes)
		return NULL;
	nodes[0] = *filter;
	for (const struct yg_yaml *node = filter->first; node; node = node->next)
		if (node != rules)
			nodes[++count] = *node;
	for (uint32_t i = 1; i <= count; i++)
		nodes[i].next = i < count ? &nodes[i + 1] : NULL;
	nodes[0].first = count ? &nodes[1] : NULL;
	nodes[0].count = count;
	return nodes;
}

static int read_refs(struct yg_load *load, const struct yg_yaml *rules, struct yg_filter_refs *refs)
{
	const struct yg_yaml *one = rules->kind == YG_YAML_LIST ? rules->first : rules;
	struct yg_bytes *texts =
		yg_arena_alloc(load->rules->arena, (rules->count + 1u) * sizeof(*texts));

	if (!texts)
		return YG_ENOMEM;
	if (rules->count > YG_FILTER_REFS_MAX)
		return yg_load_fail(load, rules->line, "a filter may name at most %u rules",
				    YG_FILTER_REFS_MAX);
	refs->line = rules->line;
	refs->texts = texts;
	refs->is_any = one->kind == YG_YAML_SCALAR && (one == rules || !one->next) &&
		       yg_bytes_eq_nocase(yg_bytes_trim(one->text), YG_S("any"));
	while (one && !refs->is_any) {
		if (one->kind != YG_YAML_SCALAR || one->text.size == 0)
			return yg_load_fail(load, one->line,
					    "'rules' must list ids or names of rules, or say any");
		if (!yg_arena_dup(load->rules->arena, yg_bytes_trim(one->text),
				  &texts[refs->count++]))
			return YG_ENOMEM;
		one = rules->kind == YG_YAML_LIST ? one->next : NULL;
	}
	return YG_OK;
}

int yg_sigma_filter(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule,
		    struct yg_filter_refs *refs)
{
	const struct yg_yaml *filter = yg_yaml_get(doc, "filter");
	const struct yg_yaml *rules = yg_yaml_get(filter, "rules");
	struct yg_yaml *detection;
	int rc;

	if (filter->kind != YG_YAML_MAP)
		return yg_load_fail(load, filter->line, "'filter' must be a map");
	if (!rules || yg_yaml_is_null(rules) || rules->kind == YG_YAML_MAP ||
	    (rules->kind == YG_YAML_LIST && rules->count == 0))
		return yg_load_fail(load, filter->line, "the filter names no 'rules'");
	rc = read_refs(load, rules, refs);
	if (rc != YG_OK)
		return rc;
	detection = detection_of(load, filter, rules);
	return detection ? yg_sigma_detection(load, detection, &rule->expr) : YG_ENOMEM;
}

/* Is each part that the filter's logsource gives the same in the rule's? */
static bool is_covered(const struct yg_logsource *filter, const struct yg_logsource *rule)
{
	return (filter->product.size == 0 || yg_bytes_eq(filter->product, rule->product)) &&
	       (filter->category.size == 0 || yg_bytes_eq(filter->category, rule->category)) &&
	       (filter->service.size == 0 || yg_bytes_eq(filter->service, rule->service));
}

static bool is_ordinary(const struct yg_rule *rule)
{
	return rule->correlation.type == YG_CORRELATION_NONE && rule->state != YG_RULE_FILTER;
}

static int lay_over(struct yg_load *load, uint32_t filter, uint32_t target)
{
	struct yg_rules *rules = load->rules;
	uint32_t both[] = {rules->rules[target].expr, rules->rules[filter].expr};
	int rc;

	if (rules->rules[target].state != YG_RULE_ACTIVE)
		return YG_OK; /* it has no condition here */
	load->kid_start = rules->kid_count;
	rc = yg_rules_join(load, YG_EXPR_AND, both, 2, &rules->rules[target].expr);
	if (rc == YG_ELIMIT)
		return yg_load_fail(load, rules->rules[filter].line,
				    "the rule and its filters together are too large");
	if (rc != YG_OK)
		return rc;
	return yg_rules_piece(rules, &(struct yg_piece){.rule = target,
							.expr = both[1],
							.filter = filter,
							.kind = YG_PIECE_FILTER,
							.text = rules->rules[filter].info.title});
}

/* What is wrong with what the filter names is found before anything is changed. */
static int check_refs(struct yg_load *load, const struct yg_filter_refs *refs)
{
	const struct yg_rules *rules = load->rules;

	for (uint32_t i = 0; i < refs->count; i++) {
		uint32_t target = yg_rules_find(rules, refs->texts[i]);

		if (target == UINT32_MAX)
			return yg_load_fail_ref(load, refs->line, "filter", refs->texts[i]);
		if (!is_ordinary(&rules->rules[target]))
			return yg_load_fail(
				load, refs->line,
				"the filter names '%s', which is a %s: filters apply to rules with "
				"a detection",
				yg_load_show(load, refs->texts[i]),
				rules->rules[target].state == YG_RULE_FILTER ? "filter"
									     : "correlation");
		if (!is_covered(&rules->rules[refs->rule].logsource,
				&rules->rules[target].logsource))
			return yg_load_fail(load, refs->line,
					    "the filter names the rule '%s', but its logsource is "
					    "another",
					    yg_load_show(load, refs->texts[i]));
	}
	return YG_OK;
}

int yg_filter_apply(struct yg_load *load, const struct yg_filter_refs *refs, uint32_t *ret_count)
{
	struct yg_rules *rules = load->rules;
	const struct yg_logsource *source = &rules->rules[refs->rule].logsource;
	int rc = check_refs(load, refs);

	*ret_count = 0;
	for (uint32_t i = 0; i < refs->count && rc == YG_OK; i++, (*ret_count)++)
		rc = lay_over(load, refs->rule, yg_rules_find(rules, refs->texts[i]));
	for (uint32_t i = 0; refs->is_any && i < rules->rule_count && rc == YG_OK; i++) {
		if (!is_ordinary(&rules->rules[i]) || i == refs->rule ||
		    !is_covered(source, &rules->rules[i].logsource))
			continue;
		rc = lay_over(load, refs->rule, i);
		(*ret_count)++;
	}
	return rc;
}
