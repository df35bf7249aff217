/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said about an expression once its steps are there. */
#include "base/alloc.h"
#include "detect/nfa-int.h"

#include "base/ban.h"

struct walk {
	const struct yg_nfa *nfa;
	uint8_t *seen;
	uint32_t *stack; /* a step is pushed at most twice */
	uint32_t depth;
};

static void go(struct walk *w, uint32_t step)
{
	w->stack[w->depth++] = step;
}

/*
 * From the steps on the stack, go on without taking a character; @stop_at: the condition that is
 * not passed. Seen steps are marked.
 */
static void walk(struct walk *w, uint8_t stop_at)
{
	while (w->depth > 0) {
		uint32_t here = w->stack[--w->depth];
		const struct yg_nfa_step *step = &w->nfa->steps[here];

		if (w->seen[here])
			continue;
		w->seen[here] = 1;
		if (step->op == YG_NFA_MATCH || step->op == YG_NFA_SET || step->op == stop_at)
			continue;
		if (step->op == YG_NFA_SPLIT || step->op == YG_NFA_JUMP)
			go(w, (uint32_t)((int32_t)here + step->jump));
		if (step->op != YG_NFA_JUMP)
			go(w, here + 1);
	}
}

static bool sees(const struct walk *w, uint8_t op, uint8_t or_op)
{
	for (uint32_t i = 0; i < w->nfa->step_count; i++)
		if (w->seen[i] && (w->nfa->steps[i].op == op || w->nfa->steps[i].op == or_op))
			return true;
	return false;
}

/* Bytes a match can begin with. */
static void find_first(struct walk *w, struct yg_nfa *nfa)
{
	memset(w->seen, 0, nfa->step_count);
	go(w, 0);
	walk(w, YG_NFA_BEGIN);
	nfa->is_anchored = !sees(w, YG_NFA_SET, YG_NFA_MATCH);
	memset(w->seen, 0, nfa->step_count);
	go(w, 0);
	walk(w, YG_NFA_MATCH);
	nfa->can_be_empty = sees(w, YG_NFA_MATCH, YG_NFA_MATCH);
	for (uint32_t i = 0; i < nfa->step_count; i++) {
		const struct yg_nfa_set *set;
		bool is_beyond = false;

		if (!w->seen[i] || nfa->steps[i].op != YG_NFA_SET)
			continue;
		set = &nfa->sets[nfa->steps[i].set];
		for (uint32_t k = 0; k < 8; k++) {
			if (k < 4)
				nfa->first[k] |= set->low[k];
			else
				is_beyond |= set->low[k] != 0;
		}
		if (is_beyond || set->range_count > 0) /* whichever byte such a one begins with */
			for (uint32_t k = 4; k < 8; k++)
				nfa->first[k] = UINT32_MAX;
	}
}

/* ^ that a match would have to come to by taking characters, or $ that it would have to leave so.
 */
static const char *find_embedded(struct walk *w)
{
	const struct yg_nfa *nfa = w->nfa;

	memset(w->seen, 0, nfa->step_count);
	for (uint32_t i = 0; i < nfa->step_count; i++)
		if (nfa->steps[i].op == YG_NFA_SET) {
			go(w, i + 1);
			walk(w, YG_NFA_MATCH);
		}
	if (sees(w, YG_NFA_BEGIN, YG_NFA_LINE_BEGIN))
		return "^ can only stand at the beginning";
	memset(w->seen, 0, nfa->step_count);
	for (uint32_t i = 0; i < nfa->step_count; i++)
		if (nfa->steps[i].op >= YG_NFA_END && nfa->steps[i].op <= YG_NFA_TEXT_END) {
			go(w, i + 1);
			walk(w, YG_NFA_MATCH);
		}
	if (sees(w, YG_NFA_SET, YG_NFA_SET))
		return "$ can only stand at the end";
	return NULL;
}

int yg_nfa_examine(struct yg_nfa *nfa, const char **ret_reason)
{
	struct walk w = {.nfa = nfa,
			 .seen = yg_calloc(nfa->step_count, sizeof(*w.seen)),
			 .stack = yg_calloc(2 * nfa->step_count + 2u, sizeof(*w.stack))};
	int rc = YG_ENOMEM;

	if (w.seen && w.stack) {
		const char *reason = find_embedded(&w);

		find_first(&w, nfa);
		rc = reason ? YG_EFORMAT : YG_OK;
		*ret_reason = reason;
	}
	free(w.seen);
	free(w.stack);
	return rc;
}
