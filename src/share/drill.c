/* SPDX-License-Identifier: Apache-2.0 */
#include "share/drill.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/tr.h"

#include "base/ban.h"

static const struct {
	const char *name;
	const char *title;
	const char *todo;
} results[YG_DRILL_RESULT_COUNT] = {
#define X(code, word, title, todo) {word, title, todo},
	YG_DRILL_RESULT_MAP(X)
#undef X
};

const char *yg_drill_result_name(enum yg_drill_result result)
{
	return (uint32_t)result < YG_DRILL_RESULT_COUNT ? results[result].name : "";
}

const char *yg_drill_result_title(enum yg_drill_result result)
{
	return (uint32_t)result < YG_DRILL_RESULT_COUNT ? results[result].title : "";
}

const char *yg_drill_result_todo(enum yg_drill_result result)
{
	return (uint32_t)result < YG_DRILL_RESULT_COUNT ? results[result].todo : "";
}

bool yg_drill_result_by_name(struct yg_bytes name, enum yg_drill_result *ret)
{
	for (uint32_t i = YG_DRILL_CONFIRMED; i < YG_DRILL_RESULT_COUNT; i++)
		if (yg_bytes_eq(name, yg_bytes_str(results[i].name))) {
			*ret = (enum yg_drill_result)i;
			return true;
		}
	return false;
}

struct state {
	uint32_t child;	  /* first of those below; YG_TREE_NONE */
	uint32_t sibling; /* next of those beside it */
	uint8_t result;
	bool was_sent;
};

struct yg_drill {
	const struct yg_tree *tree;
	struct state *states;
	uint32_t *queue; /* each node stands there at most once */
	uint32_t head;	 /* next to be handed out */
	uint32_t tail;
	uint32_t over; /* nodes with a result */
	enum yg_drill_way way;
	bool is_stopped;
};

struct yg_drill *yg_drill_free(struct yg_drill *drill)
{
	if (!drill)
		return NULL;
	free(drill->states);
	free(drill->queue);
	free(drill);
	return NULL;
}

/* From the last node to the first, so that lists below a node are in the table's order. */
static void join(struct yg_drill *drill)
{
	const struct yg_tree *tree = drill->tree;

	for (uint32_t i = 0; i < tree->count; i++)
		drill->states[i].child = drill->states[i].sibling = YG_TREE_NONE;
	for (uint32_t i = tree->count; i-- > 0;) {
		uint32_t parent = tree->nodes[i].parent;

		if (parent == YG_TREE_NONE)
			continue;
		drill->states[i].sibling = drill->states[parent].child;
		drill->states[parent].child = i;
	}
	for (uint32_t stage = 0; stage < YG_TREE_STAGE_COUNT; stage++)
		for (uint32_t i = 0; i < tree->count; i++)
			if (tree->nodes[i].stage == stage &&
			    (stage == YG_TREE_MINISTRY || drill->way == YG_DRILL_AT_ONCE))
				drill->queue[drill->tail++] = i;
}

struct yg_drill *yg_drill_new(const struct yg_tree *tree, enum yg_drill_way way)
{
	struct yg_drill *drill = yg_calloc(1, sizeof(*drill));

	if (!drill)
		return NULL;
	drill->tree = tree;
	drill->way = way;
	drill->states = yg_calloc((size_t)tree->count + 1, sizeof(*drill->states));
	drill->queue = yg_calloc((size_t)tree->count + 1, sizeof(*drill->queue));
	if (!drill->states || !drill->queue)
		return yg_drill_free(drill);
	join(drill);
	return drill;
}

static void set(struct yg_drill *drill, uint32_t node, enum yg_drill_result result)
{
	assert(drill->states[node].result == YG_DRILL_WAITS);
	drill->states[node].result = (uint8_t)result;
	drill->over++;
}

/* All below @node: a tree of three stages, but walked without counting on that. */
static void cut_off(struct yg_drill *drill, uint32_t node)
{
	uint32_t at = drill->states[node].child;

	while (at != YG_TREE_NONE) {
		struct state *state = &drill->states[at];

		set(drill, at, YG_DRILL_NOT_REACHED);
		if (state->child != YG_TREE_NONE) {
			at = state->child;
			continue;
		}
		while (at != node && drill->states[at].sibling == YG_TREE_NONE)
			at = drill->tree->nodes[at].parent;
		at = at == node ? YG_TREE_NONE : drill->states[at].sibling;
	}
}

void yg_drill_done(struct yg_drill *drill, uint32_t node, enum yg_drill_result result)
{
	assert(result > YG_DRILL_WAITS && result < YG_DRILL_RESULT_COUNT);
	set(drill, node, result);
	if (drill->is_stopped || drill->way == YG_DRILL_AT_ONCE)
		return;
	if (result != YG_DRILL_CONFIRMED && drill->way == YG_DRILL_DOWN) {
		cut_off(drill, node);
		return;
	}
	for (uint32_t i = drill->states[node].child; i != YG_TREE_NONE;
	     i = drill->states[i].sibling)
		drill->queue[drill->tail++] = i;
}

uint32_t yg_drill_next(struct yg_drill *drill)
{
	while (!drill->is_stopped && drill->head < drill->tail) {
		uint32_t node = drill->queue[drill->head++];

		if (drill->tree->nodes[node].address.size > 0) {
			drill->states[node].was_sent = true;
			return node;
		}
		yg_drill_done(drill, node, YG_DRILL_NO_ADDRESS);
	}
	return YG_TREE_NONE;
}

void yg_drill_stop(struct yg_drill *drill)
{
	drill->is_stopped = true;
	for (uint32_t i = 0; i < drill->tree->count; i++)
		if (drill->states[i].result == YG_DRILL_WAITS && !drill->states[i].was_sent)
			set(drill, i, YG_DRILL_STOPPED);
}

bool yg_drill_is_over(const struct yg_drill *drill)
{
	return drill->over == drill->tree->count;
}

enum yg_drill_result yg_drill_result_of(const struct yg_drill *drill, uint32_t node)
{
	return (enum yg_drill_result)drill->states[node].result;
}

bool yg_drill_was_sent(const struct yg_drill *drill, uint32_t node)
{
	return drill->states[node].was_sent;
}
