/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/explain-int.h - what explain.c (answers) and explain_lines.c (words) share. Private.
 */
#pragma once

#include "detect/explain.h"
#include "detect/patterns.h"

#define YG_EXPLAIN_NONE UINT32_MAX
#define YG_EXPLAIN_RAW	(UINT32_MAX - 1) /* the value that fits is the raw text */

/* A node of the rule's tree; children come before their parents. */
struct yg_explain_node {
	uint8_t op;	/* enum yg_expr_op */
	bool is_true;	/* of the event looked at */
	bool is_cause;	/* and it holds up the whole */
	uint32_t first; /* children: kids[first .. first+count), local numbers */
	uint32_t count;
	uint32_t test;	   /* PRED: of tests */
	uint32_t to_true;  /* least comparisons to turn for it to become true */
	uint32_t to_false; /* and false */
};

struct yg_explain_test {
	const struct yg_pred *pred;
	uint32_t set; /* REGEX: of the pattern sets */
	bool is_true;
	uint32_t fits;	/* field of the event whose value fits; _NONE, _RAW */
	uint32_t first; /* first field of the name that is not null, or _NONE */
	uint32_t count; /* fields of the name */
	bool is_there;
};

struct yg_explainer {
	const struct yg_rules *rules;
	uint32_t rule;
	struct yg_explain_node *nodes;
	uint32_t node_count;
	uint32_t *kids;
	uint32_t kid_count;
	struct yg_explain_test *tests;
	uint32_t test_count;
	uint32_t *exprs; /* of each node: number in the rules */
	uint32_t root;
	const struct yg_matcher_ops *ops;
	void *sets;
	void *room;
	char **set_bytes; /* borrowed by sets */
	uint32_t set_count;
	struct yg_arena *arena; /* folded values of the event */
	struct yg_event *event;
	struct yg_bytes *folded; /* of each field and, last, the raw text; data NULL = not yet */
	int error;
};

/* The local number of expression @expr, or YG_EXPLAIN_NONE. */
uint32_t yg_explain_node_of(const struct yg_explainer *explainer, uint32_t expr);

/* Value number @index of the event (YG_EXPLAIN_RAW: the raw text), folded unless @is_cased. */
struct yg_bytes yg_explain_value(struct yg_explainer *explainer, uint32_t index, bool is_cased);

/* Are values of @pred compared as they are? */
bool yg_explain_is_cased(const struct yg_pred *pred);
