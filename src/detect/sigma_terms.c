/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions of temporal correlations over the names of their rules ("a and (b or c)"), and over
 * a number of them: both become terms, the least sets of rules that are enough.
 */
#include "detect/rules-int.h"

#include "base/ban.h"

/* Sets of one node of the condition. */
struct terms {
	uint64_t *sets;
	uint32_t count;
};

static int fail_many(struct yg_load *load, uint32_t line)
{
	return yg_load_fail(load, line, "the condition has more than %u combinations of rules",
			    YG_CORRELATION_TERMS_MAX);
}

/* Put @set among @to, which holds only sets of which none holds another. False: too many. */
static bool add_set(struct terms *to, uint64_t set)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < to->count; i++)
		if ((to->sets[i] & set) == to->sets[i])
			return true;
	for (uint32_t i = 0; i < to->count; i++)
		if ((to->sets[i] & set) != set)
			to->sets[kept++] = to->sets[i];
	to->count = kept;
	if (kept == YG_CORRELATION_TERMS_MAX)
		return false;
	to->sets[to->count++] = set;
	return true;
}

/* All of @left with all of @right. */
static bool join_sets(struct terms *to, const struct terms *left, const struct terms *right)
{
	for (uint32_t i = 0; i < left->count; i++)
		for (uint32_t k = 0; k < right->count; k++)
			if (!add_set(to, left->sets[i] | right->sets[k]))
				return false;
	return true;
}

static struct terms *new_terms(struct yg_load *load)
{
	struct terms *terms = yg_arena_zalloc(load->arena, sizeof(*terms));
	uint64_t *sets = yg_arena_alloc(load->arena, YG_CORRELATION_TERMS_MAX * sizeof(*sets));

	if (!terms || !sets)
		return NULL;
	terms->sets = sets;
	return terms;
}

/* The sets of an AND or OR whose children are known. */
static int combine(struct yg_load *load, uint32_t line, const struct yg_expr *expr,
		   struct terms *const *known, struct terms **ret)
{
	struct terms *sum = new_terms(load);

	if (!sum)
		return YG_ENOMEM;
	if (expr->op == YG_EXPR_AND)
		sum->sets[sum->count++] = 0;
	for (uint32_t i = 0; i < expr->count; i++) {
		const struct terms *child = known[load->rules->kids[expr->first + i]];
		struct terms *next = sum;
		bool fits = true;

		if (expr->op == YG_EXPR_AND) {
			next = new_terms(load);
			if (!next)
				return YG_ENOMEM;
			fits = join_sets(next, sum, child);
		}
		for (uint32_t k = 0; expr->op == YG_EXPR_OR && fits && k < child->count; k++)
			fits = add_set(next, child->sets[k]);
		if (!fits)
			return fail_many(load, line);
		sum = next;
	}
	*ret = sum;
	return YG_OK;
}

/* Where the terms of the node @root go: children are made before their parents. */
static int walk(struct yg_load *load, uint32_t line, const struct yg_selection *names,
		uint32_t name_count, uint32_t root, struct terms **ret)
{
	const struct yg_rules *rules = load->rules;
	struct terms **known = yg_arena_zalloc(load->arena, (root + 1u) * sizeof(struct terms *));
	int rc = YG_OK;

	if (!known)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < name_count; i++) {
		struct terms *one = known[names[i].expr];

		if (names[i].expr > root)
			continue;
		if (!one) {
			one = new_terms(load);
			if (!one)
				return YG_ENOMEM;
			one->sets[one->count++] = UINT64_C(1) << i;
		}
		known[names[i].expr] = one;
	}
	for (uint32_t at = names[0].expr; at <= root && rc == YG_OK; at++) {
		if (rules->exprs[at].op == YG_EXPR_NOT)
			return yg_load_fail(
				load, line,
				"a condition over rules takes 'and', 'or' and parentheses; "
				"what did not happen is known only when the timespan is over");
		if (rules->exprs[at].op == YG_EXPR_AND || rules->exprs[at].op == YG_EXPR_OR)
			rc = combine(load, line, &rules->exprs[at], known, &known[at]);
	}
	*ret = known[root];
	return rc;
}

static int keep_terms(struct yg_load *load, uint32_t line, const struct terms *terms,
		      struct yg_correlation *to)
{
	uint64_t *kept = yg_arena_alloc(load->rules->arena, terms->count * sizeof(*kept));

	if (!kept)
		return YG_ENOMEM;
	if (to->type == YG_CORRELATION_TEMPORAL_ORDERED &&
	    terms->count * to->ref_count > YG_CORRELATION_STEPS_MAX)
		return fail_many(load, line);
	memcpy(kept, terms->sets, terms->count * sizeof(*kept));
	to->terms = kept;
	to->term_count = terms->count;
	return YG_OK;
}

/*
 * The names become predicates that are nowhere else, so that the parser of ordinary conditions
 * can be used; they and their nodes are forgotten with the document.
 */
int yg_correlation_terms(struct yg_load *load, const struct yg_yaml *condition,
			 const struct yg_correlation_refs *refs, struct yg_correlation *to)
{
	struct yg_selection names[YG_CORRELATION_REFS_MAX];
	struct terms *terms = NULL;
	uint32_t root;
	int rc = YG_OK;

	for (uint32_t i = 0; i < refs->count && rc == YG_OK; i++) {
		struct yg_pred pred = {.op = YG_PRED_COUNT, .number = i};

		for (uint32_t k = 0; k < i; k++)
			if (yg_bytes_eq_nocase(refs->texts[i], refs->texts[k]))
				return yg_load_fail(load, condition->line,
						    "a condition over rules needs each rule once; "
						    "'%s' is named twice",
						    yg_load_show(load, refs->texts[i]));
		names[i].name = refs->texts[i];
		rc = yg_rules_pred(load->rules, &pred, &names[i].expr);
	}
	if (rc == YG_OK)
		rc = yg_sigma_condition(load, condition->text, condition->line, names, refs->count,
					&root);
	if (rc == YG_OK)
		rc = walk(load, condition->line, names, refs->count, root, &terms);
	return rc == YG_OK ? keep_terms(load, condition->line, terms, to) : rc;
}

/* The next larger number with as many bits. @set is not 0. */
static uint64_t next_set(uint64_t set)
{
	uint64_t low = set & -set;
	uint64_t high = set + low;

	return high == 0 ? 0 : high | ((set ^ high) / low >> 2);
}

int yg_correlation_terms_of(struct yg_load *load, uint32_t line, uint32_t count,
			    struct yg_correlation *to)
{
	struct terms *terms = new_terms(load);
	uint64_t end = to->ref_count < 64 ? UINT64_C(1) << to->ref_count : 0;
	uint64_t set = (UINT64_C(1) << count) - 1; /* count < ref_count <= 64 */

	if (!terms)
		return YG_ENOMEM;
	for (; set != 0 && (end == 0 || set < end); set = next_set(set))
		if (!add_set(terms, set))
			return fail_many(load, line);
	return keep_terms(load, line, terms, to);
}
