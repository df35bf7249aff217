/* SPDX-License-Identifier: Apache-2.0 */
/* The answers: every comparison of a rule on one event, and what follows from them. */
#include "base/utf8.h"
#include "detect/explain-int.h"

#include "base/alloc.h"
#include "detect/pred-int.h"
#include "detect/rules-int.h"

#include "base/ban.h"

#define VALUES_BYTES_MAX (64u << 20) /* folded values of one record */

/* --- making ----------------------------------------------------------------------------------- */

struct yg_explainer *yg_explainer_free(struct yg_explainer *e)
{
	if (!e)
		return NULL;
	if (e->ops) {
		e->ops->room_free(e->room);
		e->ops->sets_free(e->sets);
	}
	for (uint32_t i = 0; e->set_bytes && i < e->set_count; i++)
		free(e->set_bytes[i]);
	free(e->set_bytes);
	free(e->nodes);
	free(e->kids);
	free(e->tests);
	free(e->exprs);
	free(e->folded);
	(void)yg_arena_free(e->arena);
	free(e);
	return NULL;
}

/* Mark all that the rule and its pieces are made of: bytes of @is_used, one for each expression. */
static int mark_used(const struct yg_explainer *e, uint8_t *is_used)
{
	const struct yg_rules *rules = e->rules;
	uint8_t *is_mine = yg_calloc(rules->rule_count + 1u, 1); /* the rule and its filters */

	if (!is_mine)
		return YG_ENOMEM;
	is_mine[e->rule] = 1;
	for (uint32_t i = 0; i < rules->piece_count; i++)
		if (rules->pieces[i].kind == YG_PIECE_FILTER && rules->pieces[i].rule == e->rule)
			is_mine[rules->pieces[i].filter] = 1;
	is_used[rules->rules[e->rule].expr] = 1;
	for (uint32_t i = 0; i < rules->piece_count; i++)
		is_used[rules->pieces[i].expr] |= is_mine[rules->pieces[i].rule];
	free(is_mine);
	/* Children have lower numbers than their parents: one way down is enough. */
	for (uint32_t i = rules->expr_count; i-- > 0;) {
		const struct yg_expr *expr = &rules->exprs[i];

		for (uint32_t k = 0; is_used[i] && k < expr->count; k++)
			is_used[rules->kids[expr->first + k]] = 1;
	}
	return YG_OK;
}

uint32_t yg_explain_node_of(const struct yg_explainer *e, uint32_t expr)
{
	uint32_t low = 0, high = e->node_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (e->exprs[middle] == expr)
			return middle;
		if (e->exprs[middle] < expr)
			low = middle + 1;
		else
			high = middle;
	}
	return YG_EXPLAIN_NONE;
}

static int make_room(struct yg_explainer *e, const uint8_t *is_used)
{
	uint32_t kids = 0, tests = 0;

	for (uint32_t i = 0; i < e->rules->expr_count; i++) {
		if (!is_used[i])
			continue;
		e->node_count++;
		kids += e->rules->exprs[i].count;
		tests += e->rules->exprs[i].op == YG_EXPR_PRED;
	}
	e->nodes = yg_calloc(e->node_count + 1u, sizeof(*e->nodes));
	e->exprs = yg_calloc(e->node_count + 1u, sizeof(*e->exprs));
	e->kids = yg_calloc(kids + 1u, sizeof(*e->kids));
	e->tests = yg_calloc(tests + 1u, sizeof(*e->tests));
	e->folded = yg_calloc(YG_EVENT_FIELDS_MAX + 1u, sizeof(*e->folded));
	e->set_bytes = yg_calloc(tests + 1u, sizeof(char *));
	e->arena = yg_arena_new(VALUES_BYTES_MAX);
	return e->nodes && e->exprs && e->kids && e->tests && e->folded && e->set_bytes && e->arena
		       ? YG_OK
		       : YG_ENOMEM;
}

static void copy_tree(struct yg_explainer *e, const uint8_t *is_used)
{
	const struct yg_rules *rules = e->rules;
	uint32_t count = 0;

	for (uint32_t i = 0; i < rules->expr_count; i++)
		if (is_used[i])
			e->exprs[count++] = i;
	for (uint32_t i = 0; i < e->node_count; i++) {
		const struct yg_expr *expr = &rules->exprs[e->exprs[i]];
		struct yg_explain_node *node = &e->nodes[i];

		*node = (struct yg_explain_node){.op = expr->op, .first = e->kid_count};
		if (expr->op == YG_EXPR_PRED) {
			node->test = e->test_count;
			e->tests[e->test_count++].pred = &rules->preds[expr->pred];
			continue;
		}
		node->count = expr->count;
		for (uint32_t k = 0; k < expr->count; k++)
			e->kids[e->kid_count++] =
				yg_explain_node_of(e, rules->kids[expr->first + k]);
	}
	e->root = yg_explain_node_of(e, rules->rules[e->rule].expr);
}

/* Each expression is a set of its own. */
static int compile_regexes(struct yg_explainer *e)
{
	int rc = YG_OK;

	e->ops = yg_matcher_ops(e->rules->matcher);
	e->sets = e->ops->sets_new(e->test_count + 1u);
	if (!e->sets)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < e->test_count && rc == YG_OK; i++) {
		struct yg_explain_test *test = &e->tests[i];
		struct yg_pattern pattern;
		size_t size;

		if (test->pred->op != YG_PRED_REGEX)
			continue;
		pattern = yg_pred_pattern(test->pred);
		rc = e->ops->compile(&pattern, 1, true, &e->set_bytes[e->set_count], &size);
		if (rc != YG_OK)
			break;
		test->set = e->set_count;
		rc = e->ops->sets_add(
			e->sets,
			(struct yg_bytes){(const uint8_t *)e->set_bytes[e->set_count], size});
		e->set_count++;
	}
	if (rc == YG_OK && !(e->room = e->ops->room_new(e->sets)))
		rc = YG_ENOMEM;
	return rc;
}

int yg_explainer_new(const struct yg_rules *rules, uint32_t rule, struct yg_explainer **ret)
{
	struct yg_explainer *e;
	uint8_t *is_used;
	int rc;

	*ret = NULL;
	if (rule >= rules->rule_count || rules->rules[rule].state != YG_RULE_ACTIVE ||
	    rules->rules[rule].correlation.type != YG_CORRELATION_NONE)
		return YG_EINVAL;
	e = yg_calloc(1, sizeof(*e));
	is_used = yg_calloc(rules->expr_count + 1u, 1);
	if (!e || !is_used) {
		free(is_used);
		free(e);
		return YG_ENOMEM;
	}
	e->rules = rules;
	e->rule = rule;
	rc = mark_used(e, is_used);
	if (rc == YG_OK)
		rc = make_room(e, is_used);
	if (rc == YG_OK)
		copy_tree(e, is_used);
	free(is_used);
	if (rc == YG_OK)
		rc = compile_regexes(e);
	if (rc != YG_OK)
		return (void)yg_explainer_free(e), rc;
	*ret = e;
	return YG_OK;
}

/* --- one event -------------------------------------------------------------------------------- */

struct yg_bytes yg_explain_value(struct yg_explainer *e, uint32_t index, bool is_cased)
{
	struct yg_bytes text = index == YG_EXPLAIN_RAW
				       ? e->event->raw
				       : yg_event_text(e->event, &e->event->fields[index]);
	struct yg_bytes *folded = &e->folded[index == YG_EXPLAIN_RAW ? YG_EVENT_FIELDS_MAX : index];
	uint8_t *to;

	if (is_cased || text.size == 0)
		return text;
	if (folded->data)
		return *folded;
	to = yg_arena_alloc(e->arena, text.size);
	if (!to) {
		e->error = YG_ENOMEM;
		return text;
	}
	*folded = (struct yg_bytes){to, yg_fold(text, to)};
	return *folded;
}

bool yg_explain_is_cased(const struct yg_pred *pred)
{
	switch (pred->op) {
	case YG_PRED_REGEX:
	case YG_PRED_CIDR:
	case YG_PRED_LT:
	case YG_PRED_LTE:
	case YG_PRED_GT:
	case YG_PRED_GTE:
	case YG_PRED_TIME_PART:
		return true;
	default:
		return pred->is_cased;
	}
}

static int on_match(unsigned int id, unsigned long long from, unsigned long long to,
		    unsigned int flags, void *arg)
{
	bool *is_found = arg;

	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	*is_found = true;
	return 1;
}

static bool regex_fits(struct yg_explainer *e, const struct yg_explain_test *test,
		       struct yg_bytes text)
{
	bool is_found = false;
	int rc;

	rc = e->ops->scan(e->sets, e->room, test->set, text, on_match, &is_found);
	if (rc != YG_OK)
		e->error = rc;
	return is_found;
}

/* Against every value of the other field. */
static bool field_fits(struct yg_explainer *e, const struct yg_pred *pred, struct yg_bytes text)
{
	for (uint32_t i = 0; i < e->event->field_count; i++)
		if (e->event->fields[i].name_id == pred->other_field &&
		    e->event->fields[i].kind != YG_VALUE_NULL &&
		    yg_pred_text(pred->op, text, yg_explain_value(e, i, pred->is_cased)))
			return true;
	return false;
}

static bool value_fits(struct yg_explainer *e, const struct yg_explain_test *test, uint32_t index)
{
	const struct yg_pred *pred = test->pred;
	struct yg_bytes text = yg_explain_value(e, index, yg_explain_is_cased(pred));
	double number;

	switch (pred->op) {
	case YG_PRED_REGEX:
		return regex_fits(e, test, text);
	case YG_PRED_CIDR:
		return yg_pred_in_network(pred->address, pred->prefix_bits, text);
	case YG_PRED_LT:
	case YG_PRED_LTE:
	case YG_PRED_GT:
	case YG_PRED_GTE:
		return yg_bytes_double(text, &number) &&
		       yg_pred_compares(pred->op, number, pred->number);
	case YG_PRED_TIME_PART:
		return yg_pred_time_part(pred->part, pred->number_op, pred->number, text);
	case YG_PRED_FIELD_EQUALS:
	case YG_PRED_FIELD_STARTS:
	case YG_PRED_FIELD_ENDS:
	case YG_PRED_FIELD_CONTAINS:
		return field_fits(e, pred, text);
	default:
		return yg_pred_text(pred->op, text, pred->text);
	}
}

static bool is_looked_at(const struct yg_field *field, const struct yg_pred *pred)
{
	return pred->field_id == YG_PRED_KEYWORD ? !field->is_derived
						 : field->name_id == pred->field_id;
}

/* All values of the field; true when one is null. */
static bool look_at_values(struct yg_explainer *e, struct yg_explain_test *test, bool is_plain)
{
	const struct yg_pred *pred = test->pred;
	bool is_null = false;

	test->fits = test->first = YG_EXPLAIN_NONE;
	test->count = 0;
	for (uint32_t i = 0; i < e->event->field_count; i++) {
		const struct yg_field *field = &e->event->fields[i];

		if (!is_looked_at(field, pred))
			continue;
		test->count++;
		is_null |= field->kind == YG_VALUE_NULL;
		if (field->kind == YG_VALUE_NULL)
			continue;
		if (test->first == YG_EXPLAIN_NONE)
			test->first = i;
		if (is_plain && test->fits == YG_EXPLAIN_NONE && value_fits(e, test, i))
			test->fits = i;
	}
	return is_null;
}

static void run_test(struct yg_explainer *e, struct yg_explain_test *test)
{
	const struct yg_pred *pred = test->pred;
	bool is_plain = pred->op != YG_PRED_EXISTS && pred->op != YG_PRED_IS_NULL;
	bool is_null = look_at_values(e, test, is_plain);

	test->is_there = test->count > 0;
	if (is_plain && test->fits == YG_EXPLAIN_NONE && pred->field_id == YG_PRED_KEYWORD &&
	    e->event->raw.size > 0 && value_fits(e, test, YG_EXPLAIN_RAW))
		test->fits = YG_EXPLAIN_RAW;
	if (pred->op == YG_PRED_EXISTS)
		test->is_true = test->is_there;
	else if (pred->op == YG_PRED_IS_NULL)
		test->is_true = !test->is_there || is_null;
	else
		test->is_true = test->fits != YG_EXPLAIN_NONE;
}

static uint32_t add_up(uint32_t a, uint32_t b)
{
	return a > YG_EXPLAIN_FAR - 1 - b ? YG_EXPLAIN_FAR - 1 : a + b;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* AND and OR are each other's mirror image. */
static void join_node(const struct yg_explainer *e, struct yg_explain_node *node)
{
	bool is_and = node->op == YG_EXPR_AND;
	uint32_t all = 0, one = YG_EXPLAIN_FAR - 1;

	for (uint32_t k = 0; k < node->count; k++) {
		const struct yg_explain_node *kid = &e->nodes[e->kids[node->first + k]];

		all = add_up(all, is_and ? kid->to_true : kid->to_false);
		one = lesser(one, is_and ? kid->to_false : kid->to_true);
	}
	node->to_true = is_and ? all : one;
	node->to_false = is_and ? one : all;
	node->is_true = node->to_true == 0;
}

static void settle_node(const struct yg_explainer *e, struct yg_explain_node *node)
{
	const struct yg_explain_node *kid;

	switch ((enum yg_expr_op)node->op) {
	case YG_EXPR_FALSE:
	case YG_EXPR_TRUE:
		node->is_true = node->op == YG_EXPR_TRUE;
		node->to_true = node->is_true ? 0 : YG_EXPLAIN_FAR - 1;
		node->to_false = node->is_true ? YG_EXPLAIN_FAR - 1 : 0;
		break;
	case YG_EXPR_PRED:
		node->is_true = e->tests[node->test].is_true;
		node->to_true = !node->is_true;
		node->to_false = node->is_true;
		break;
	case YG_EXPR_NOT:
		kid = &e->nodes[e->kids[node->first]];
		node->is_true = !kid->is_true;
		node->to_true = kid->to_false;
		node->to_false = kid->to_true;
		break;
	case YG_EXPR_AND:
	case YG_EXPR_OR:
		join_node(e, node);
		break;
	}
}

int yg_explain_event(struct yg_explainer *e, struct yg_event *event, bool *ret_is_match,
		     uint32_t *ret_missing)
{
	e->event = event;
	e->error = YG_OK;
	yg_arena_reset(e->arena);
	memset(e->folded, 0, event->field_count * sizeof(*e->folded));
	e->folded[YG_EVENT_FIELDS_MAX] = (struct yg_bytes){0};
	for (uint32_t i = 0; i < e->test_count; i++)
		run_test(e, &e->tests[i]);
	for (uint32_t i = 0; i < e->node_count; i++)
		settle_node(e, &e->nodes[i]);
	*ret_is_match = e->nodes[e->root].is_true;
	*ret_missing = e->nodes[e->root].to_true;
	return e->error;
}

/* --- causes ----------------------------------------------------------------------------------- */

/* From the top down: what is true and holds the whole up. */
static void mark_causes(struct yg_explainer *e)
{
	for (uint32_t i = 0; i < e->node_count; i++)
		e->nodes[i].is_cause = i == e->root && e->nodes[i].is_true;
	for (uint32_t i = e->node_count; i-- > 0;) {
		const struct yg_explain_node *node = &e->nodes[i];

		if (!node->is_cause || node->op == YG_EXPR_NOT)
			continue;
		for (uint32_t k = 0; k < node->count; k++)
			e->nodes[e->kids[node->first + k]].is_cause |=
				e->nodes[e->kids[node->first + k]].is_true;
	}
}

void yg_explain_causes(struct yg_explainer *e,
		       void (*fn)(void *arg, struct yg_bytes field, struct yg_bytes value),
		       void *arg)
{
	mark_causes(e);
	for (uint32_t i = 0; i < e->node_count; i++) {
		const struct yg_explain_node *node = &e->nodes[i];
		const struct yg_explain_test *test = &e->tests[node->test];

		if (node->op != YG_EXPR_PRED || !node->is_cause || test->fits >= YG_EXPLAIN_RAW)
			continue;
		fn(arg, e->event->fields[test->fits].name,
		   yg_event_text(e->event, &e->event->fields[test->fits]));
	}
}
