/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a rule file, after them a good rule: what is found is loaded or refused, every index
 * stays in its array, texts of predicates are folded, and the good rule loads all the same. Every
 * rule can be explained on some record, in bounded lines.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "detect/explain.h"
#include "detect/rules.h"

static const char good[] = "id: fuzz-good\ntitle: good\nlogsource: {product: x}\n"
			   "detection:\n  sel: {FuzzField: fuzz}\n  condition: sel\n";

static void count_report(void *arg, const char *file, uint32_t line, bool is_refused,
			 const char *reason)
{
	unsigned *refused = arg;

	if (!file || line == 0 || !reason[0] || strchr(reason, '\n'))
		abort();
	*refused += is_refused;
}

static void check_preds(const struct yg_rules *rules)
{
	for (uint32_t i = 0; i < rules->pred_count; i++) {
		const struct yg_pred *pred = &rules->preds[i];

		if (pred->op >= YG_PRED_COUNT || pred->field_id >= yg_names_count(rules->names) ||
		    pred->other_field >= yg_names_count(rules->names) || pred->prefix_bits > 128)
			abort();
		if (pred->op <= YG_PRED_GLOB && !pred->is_cased)
			for (size_t k = 0; k < pred->text.size; k++)
				if (pred->text.data[k] >= 'A' && pred->text.data[k] <= 'Z')
					abort();
	}
}

static void check_exprs(const struct yg_rules *rules)
{
	for (uint32_t i = 0; i < rules->expr_count; i++) {
		const struct yg_expr *expr = &rules->exprs[i];

		if (expr->op == YG_EXPR_PRED && expr->pred >= rules->pred_count)
			abort();
		if (expr->op < YG_EXPR_NOT)
			continue;
		if (expr->count == 0 || expr->first + expr->count > rules->kid_count)
			abort();
		for (uint32_t k = 0; k < expr->count; k++)
			if (rules->kids[expr->first + k] >= i) /* children come first: no cycles */
				abort();
	}
}

static void check_rules(const struct yg_rules *rules)
{
	uint32_t inactive = 0;

	for (uint32_t i = 0; i < rules->rule_count; i++) {
		const struct yg_rule *rule = &rules->rules[i];

		inactive += rule->state == YG_RULE_INACTIVE;
		if (rule->expr >= rules->expr_count || rule->info.id.size == 0 ||
		    rule->info.title.size == 0)
			abort();
		for (uint32_t k = 0; rule->correlation.type && k < rule->correlation.ref_count; k++)
			if (rule->correlation.refs[k] >= rules->rule_count)
				abort();
	}
	if (inactive != rules->inactive)
		abort();
}

#define EXPLAINED_MAX 8u /* rules of one input */

static void explain(const struct yg_rules *rules, uint32_t rule, struct yg_arena *arena)
{
	struct yg_explainer *explainer;
	struct yg_explanation said;
	struct yg_event event;
	uint32_t missing;
	bool is_match;
	int rc = yg_explainer_new(rules, rule, &explainer);

	if (rc == YG_EINVAL || rc == YG_EFORMAT || rc == YG_ENOMEM)
		return;
	yg_arena_reset(arena);
	yg_event_init(&event, arena, rules->names);
	event.raw = YG_S("fuzz x 10.0.0.1");
	for (uint32_t id = 1; id < yg_names_count(rules->names); id += id < YG_F_COUNT ? 16 : 1)
		if (yg_event_add_id(&event, id, id % 3 ? YG_S("fuzz") : YG_S("10.0.0.1"),
				    id % 7 ? YG_VALUE_TEXT : YG_VALUE_NULL) != YG_OK)
			abort();
	if (rc != YG_OK || yg_explain_event(explainer, &event, &is_match, &missing) != YG_OK ||
	    yg_explain_lines(explainer, arena, &said) != YG_OK)
		abort();
	if (said.is_match != is_match || is_match != (missing == 0) ||
	    said.line_count > YG_EXPLAIN_LINES_MAX)
		abort();
	(void)yg_explainer_free(explainer);
}

static void explain_some(const struct yg_rules *rules)
{
	struct yg_arena *arena = yg_arena_new(64u << 20);

	for (uint32_t i = 0; arena && i < rules->rule_count && i < EXPLAINED_MAX; i++)
		explain(rules, i, arena);
	(void)yg_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_rules_opts opts = {.include_deprecated = false};
	struct yg_rules *rules;
	unsigned refused = 0;
	uint32_t before;
	char reason[256];
	uint32_t line;

	if (size < 1 || size > 65536)
		return 0;
	rules = yg_rules_new();
	if (!rules)
		return 0;
	rules->keeps_pieces = true;
	opts.include_deprecated = data[0] & 1;
	opts.is_own = data[0] & 2;
	if (yg_rules_placeholders(rules, "p", YG_S("a: [x, 'y*']\nb: z\n"), reason, &line) != YG_OK)
		abort();
	if (yg_rules_add(rules, "f", (struct yg_bytes){data + 1, size - 1}, &opts, count_report,
			 &refused) != YG_OK)
		abort();
	before = rules->rule_count;
	if (yg_rules_add(rules, "g", yg_bytes_str(good), &opts, count_report, &refused) != YG_OK ||
	    (rules->rule_count != before + 1 && refused == 0))
		abort();
	if (yg_rules_finish(rules, count_report, &refused) != YG_OK || refused != rules->refused ||
	    rules->found != rules->rule_count + rules->refused)
		abort();
	check_preds(rules);
	check_exprs(rules);
	check_rules(rules);
	explain_some(rules);
	(void)yg_rules_free(rules);
	return 0;
}
