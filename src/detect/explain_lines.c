/* SPDX-License-Identifier: Apache-2.0 */
/* The words: a rule's pieces and their trees as lines, bounded. */
#include "detect/explain-int.h"

#include <arpa/inet.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "detect/rules-int.h"

#include "base/ban.h"

#define KIDS_SHOWN    40u /* parts of an ALL */
#define FITTING_SHOWN 3u  /* parts of an ANY that is true: those that hold */
#define FAILED_SHOWN  6u  /* parts of an ANY that is false */
#define DEPTH_MAX     60000u

struct lines {
	struct yg_explainer *e;
	struct yg_arena *arena;
	struct yg_explain_line *lines;
	uint32_t count;
	uint32_t left_out;
	bool has_no_room;
};

/* A node that is still to be written. */
struct task {
	uint32_t node; /* YG_EXPLAIN_NONE: a MORE line */
	uint32_t depth;
	uint32_t count; /* of that */
};

static struct yg_explain_line *add(struct lines *l, struct yg_explain_line line)
{
	if (l->count + 1 >= YG_EXPLAIN_LINES_MAX) {
		l->left_out++;
		return NULL;
	}
	l->lines[l->count] = line;
	return &l->lines[l->count++];
}

/* A copy of at most YG_EXPLAIN_TEXT_MAX bytes, cut between characters. */
static struct yg_bytes cut_copy(struct lines *l, struct yg_bytes text, bool *ret_is_cut)
{
	struct yg_bytes copy = {0};

	if (text.size > YG_EXPLAIN_TEXT_MAX) {
		*ret_is_cut = true;
		text.size = YG_EXPLAIN_TEXT_MAX;
		while (text.size > 0 && (text.data[text.size] & 0xc0) == 0x80)
			text.size--;
	}
	if (!yg_arena_dup(l->arena, text, &copy))
		l->has_no_room = true;
	return copy;
}

static const char *op_name(const struct yg_pred *pred)
{
	static const char *const names[YG_PRED_COUNT] = {
		[YG_PRED_EQUALS] = "",
		[YG_PRED_STARTS] = "startswith",
		[YG_PRED_ENDS] = "endswith",
		[YG_PRED_CONTAINS] = "contains",
		[YG_PRED_GLOB] = "like",
		[YG_PRED_REGEX] = "re",
		[YG_PRED_CIDR] = "cidr",
		[YG_PRED_LT] = "lt",
		[YG_PRED_LTE] = "lte",
		[YG_PRED_GT] = "gt",
		[YG_PRED_GTE] = "gte",
		[YG_PRED_EXISTS] = "exists",
		[YG_PRED_IS_NULL] = "null",
		[YG_PRED_FIELD_EQUALS] = "fieldref",
		[YG_PRED_FIELD_STARTS] = "fieldref|startswith",
		[YG_PRED_FIELD_ENDS] = "fieldref|endswith",
		[YG_PRED_FIELD_CONTAINS] = "fieldref|contains",
	};
	static const char *const parts[][5] = {
		[YG_PART_MINUTE] = {"minute", "minute|lt", "minute|lte", "minute|gt", "minute|gte"},
		[YG_PART_HOUR] = {"hour", "hour|lt", "hour|lte", "hour|gt", "hour|gte"},
		[YG_PART_DAY] = {"day", "day|lt", "day|lte", "day|gt", "day|gte"},
		[YG_PART_WEEK] = {"week", "week|lt", "week|lte", "week|gt", "week|gte"},
		[YG_PART_MONTH] = {"month", "month|lt", "month|lte", "month|gt", "month|gte"},
		[YG_PART_YEAR] = {"year", "year|lt", "year|lte", "year|gt", "year|gte"},
	};
	bool is_compared = pred->number_op >= YG_PRED_LT && pred->number_op <= YG_PRED_GTE;

	if (pred->op == YG_PRED_TIME_PART)
		return parts[pred->part][is_compared ? pred->number_op - YG_PRED_LT + 1 : 0];
	if (pred->op == YG_PRED_REGEX && !pred->is_cased)
		return "re|i";
	return names[pred->op];
}

static struct yg_bytes network_text(struct lines *l, const struct yg_pred *pred)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char text[INET6_ADDRSTRLEN + 8];
	bool is_v4 = pred->prefix_bits >= 96 && memcmp(pred->address, mapped, 12) == 0;
	bool is_cut;

	if (!inet_ntop(is_v4 ? AF_INET : AF_INET6, pred->address + (is_v4 ? 12 : 0), text,
		       INET6_ADDRSTRLEN))
		text[0] = '\0';
	(void)snprintf(text + strlen(text), 8, "/%u", pred->prefix_bits - (is_v4 ? 96u : 0u));
	return cut_copy(l, yg_bytes_str(text), &is_cut);
}

static struct yg_bytes wanted_text(struct lines *l, const struct yg_pred *pred, bool *ret_is_cut)
{
	char text[40];

	switch (pred->op) {
	case YG_PRED_CIDR:
		return network_text(l, pred);
	case YG_PRED_LT:
	case YG_PRED_LTE:
	case YG_PRED_GT:
	case YG_PRED_GTE:
	case YG_PRED_TIME_PART:
		(void)snprintf(text, sizeof(text), "%.15g", pred->number);
		return cut_copy(l, yg_bytes_str(text), ret_is_cut);
	case YG_PRED_FIELD_EQUALS:
	case YG_PRED_FIELD_STARTS:
	case YG_PRED_FIELD_ENDS:
	case YG_PRED_FIELD_CONTAINS:
		return yg_names_text(l->e->rules->names, pred->other_field);
	case YG_PRED_EXISTS:
	case YG_PRED_IS_NULL:
		return YG_S("");
	default:
		return cut_copy(l, pred->text, ret_is_cut);
	}
}

static void add_test(struct lines *l, const struct yg_explain_test *test, uint16_t depth)
{
	const struct yg_pred *pred = test->pred;
	bool is_keyword = pred->field_id == YG_PRED_KEYWORD;
	uint32_t shown = test->fits != YG_EXPLAIN_NONE ? test->fits
			 : is_keyword		       ? YG_EXPLAIN_NONE
						       : test->first;
	struct yg_explain_line line = {.kind = YG_EXPLAIN_TEST,
				       .is_true = test->is_true,
				       .depth = depth,
				       .count = test->count,
				       .op = op_name(pred),
				       .is_cased = pred->is_cased && pred->op != YG_PRED_REGEX};

	if (!is_keyword)
		line.field = yg_names_text(l->e->rules->names, pred->field_id);
	line.wanted = wanted_text(l, pred, &line.is_cut);
	if (shown != YG_EXPLAIN_NONE) {
		line.seen = YG_EXPLAIN_VALUE;
		line.value = cut_copy(l, yg_explain_value(l->e, shown, yg_explain_is_cased(pred)),
				      &line.is_cut);
	} else if (!is_keyword) {
		line.seen = test->is_there ? YG_EXPLAIN_NULL : YG_EXPLAIN_MISSING;
	}
	if (is_keyword && shown < YG_EXPLAIN_RAW)
		line.value_field = l->e->event->fields[shown].name;
	(void)add(l, line);
}

/* Push the parts worth showing, the first on top. */
static void push_kids(struct lines *l, struct task *stack, uint32_t *depth, struct task parent)
{
	const struct yg_explainer *e = l->e;
	const struct yg_explain_node *node = &e->nodes[parent.node];
	bool is_any = node->op == YG_EXPR_OR;
	uint32_t most = !is_any ? KIDS_SHOWN : node->is_true ? FITTING_SHOWN : FAILED_SHOWN;
	uint32_t shown = 0;
	uint32_t start = *depth;

	for (uint32_t k = 0; k < node->count && shown < most; k++) {
		uint32_t kid = e->kids[node->first + k];

		if (is_any && node->is_true && !e->nodes[kid].is_true)
			continue;
		stack[(*depth)++] = (struct task){.node = kid, .depth = parent.depth};
		shown++;
	}
	if (shown < node->count)
		stack[(*depth)++] =
			(struct task){YG_EXPLAIN_NONE, parent.depth, node->count - shown};
	for (uint32_t a = start, b = *depth; a + 1 < b; a++) {
		struct task other = stack[--b];

		stack[b] = stack[a];
		stack[a] = other;
	}
}

static void write_task(struct lines *l, struct task *stack, uint32_t *count, struct task task)
{
	const struct yg_explain_node *node;
	struct yg_explain_line line = {.depth = (uint16_t)task.depth};

	if (task.node == YG_EXPLAIN_NONE) {
		line.kind = YG_EXPLAIN_MORE;
		line.count = task.count;
		(void)add(l, line);
		return;
	}
	node = &l->e->nodes[task.node];
	line.is_true = node->is_true;
	line.count = node->count;
	if (node->op == YG_EXPR_PRED) {
		add_test(l, &l->e->tests[node->test], line.depth);
		return;
	}
	line.kind = node->op == YG_EXPR_NOT  ? YG_EXPLAIN_NOT
		    : node->op == YG_EXPR_OR ? YG_EXPLAIN_ANY
					     : YG_EXPLAIN_ALL;
	(void)add(l, line);
	task.depth += task.depth < DEPTH_MAX;
	push_kids(l, stack, count, task);
}

/* The tree of @node; an ALL at the top is left to the line above it. */
static int write_tree(struct lines *l, uint32_t node, uint32_t depth)
{
	/* What is pushed belongs to a line above it, and lines are bounded. */
	struct task *stack =
		yg_calloc((YG_EXPLAIN_LINES_MAX + 1u) * (KIDS_SHOWN + 1u), sizeof(*stack));
	uint32_t count = 0;

	if (!stack)
		return YG_ENOMEM;
	if (l->e->nodes[node].op == YG_EXPR_AND)
		push_kids(l, stack, &count, (struct task){node, depth, 0});
	else
		stack[count++] = (struct task){node, depth, 0};
	while (count > 0) {
		struct task task = stack[--count];

		if (l->count + 1 >= YG_EXPLAIN_LINES_MAX) {
			l->left_out++; /* not followed further */
			continue;
		}
		write_task(l, stack, &count, task);
	}
	free(stack);
	return YG_OK;
}

/* Conditions and selections of rule (or filter) number @rule. */
static int write_pieces(struct lines *l, uint32_t rule, uint16_t depth)
{
	const struct yg_rules *rules = l->e->rules;
	static const enum yg_piece_kind order[] = {YG_PIECE_CONDITION, YG_PIECE_SELECTION};
	int rc = YG_OK;

	for (uint32_t o = 0; o < 2; o++)
		for (uint32_t i = 0; i < rules->piece_count && rc == YG_OK; i++) {
			const struct yg_piece *piece = &rules->pieces[i];
			uint32_t node;

			if (piece->rule != rule || piece->kind != order[o])
				continue;
			node = yg_explain_node_of(l->e, piece->expr);
			if (node == YG_EXPLAIN_NONE)
				continue;
			(void)add(l, (struct yg_explain_line){.kind = o == 0 ? YG_EXPLAIN_CONDITION
									     : YG_EXPLAIN_SELECTION,
							      .is_true = l->e->nodes[node].is_true,
							      .depth = depth,
							      .text = piece->text});
			if (o == 1)
				rc = write_tree(l, node, depth + 1u);
		}
	return rc;
}

int yg_explain_lines(struct yg_explainer *explainer, struct yg_arena *arena,
		     struct yg_explanation *ret)
{
	const struct yg_rules *rules = explainer->rules;
	struct lines l = {.e = explainer, .arena = arena};
	int rc;

	l.lines = yg_arena_zalloc(arena, YG_EXPLAIN_LINES_MAX * sizeof(*l.lines));
	if (!l.lines)
		return YG_ENOMEM;
	rc = write_pieces(&l, explainer->rule, 0);
	for (uint32_t i = 0; i < rules->piece_count && rc == YG_OK; i++) {
		const struct yg_piece *piece = &rules->pieces[i];
		uint32_t node = yg_explain_node_of(explainer, piece->expr);

		if (piece->kind != YG_PIECE_FILTER || piece->rule != explainer->rule ||
		    node == YG_EXPLAIN_NONE)
			continue;
		(void)add(&l, (struct yg_explain_line){.kind = YG_EXPLAIN_FILTER,
						       .is_true = explainer->nodes[node].is_true,
						       .text = piece->text});
		rc = write_pieces(&l, piece->filter, 1);
	}
	if (l.left_out > 0)
		l.lines[l.count++] =
			(struct yg_explain_line){.kind = YG_EXPLAIN_MORE, .count = l.left_out};
	*ret = (struct yg_explanation){.lines = l.lines,
				       .line_count = l.count,
				       .is_match = explainer->nodes[explainer->root].is_true,
				       .missing = explainer->nodes[explainer->root].to_true};
	if (rc == YG_OK && (l.has_no_room || explainer->error))
		rc = YG_ENOMEM;
	return rc;
}
