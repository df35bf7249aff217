/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions as steps: each tests one predicate and says where to go on. Steps are made from the
 * end, so that a step knows its two targets: `a and b` is b, then a with b as its "true". Children
 * of AND stand so that the cheap and rarely true come first, of OR the cheap and often true. NOT
 * costs nothing: it swaps the targets. Targets lie after the step, so every run ends.
 */
#include <assert.h>

#include "base/alloc.h"
#include "detect/compile-int.h"

#include "base/ban.h"

#define DEPTH_MAX YG_RULE_EXPRS_MAX

#define LOOKUP_MIN   6u	 /* texts at the ends of a value asked for at once */
#define CONTAINS_MIN 24u /* and texts anywhere in it: a scan of its own must pay */

struct frame {
	uint32_t expr;
	uint32_t if_true, if_false;
	uint32_t left;	/* children still to do; they are done from the last to the first */
	uint32_t next;	/* entry of what was done last */
	uint32_t order; /* where the sorted children lie in sorted[] */
};

struct kid {
	float rank;
	uint32_t expr; /* or YG_IMG_NONE: a step that tests pred */
	uint32_t pred;
};

struct maker {
	struct yg_compiler *c;
	struct frame *frames;
	uint32_t frame_count, frame_room;
	struct kid *sorted;
	uint32_t sorted_count, sorted_room;
	uint32_t *alike; /* predicates that may be asked for at once */
	uint32_t alike_room;
	struct yg_img_code *steps; /* reversed: steps[0] is the last */
	uint32_t step_count, step_room;
};

static bool grow(void *array, uint32_t *room, uint32_t need, size_t element_size)
{
	void *old, *grown;
	uint32_t wanted = *room ? *room : 64;

	if (need <= *room)
		return true;
	while (wanted < need)
		wanted *= 2;
	memcpy(&old, array, sizeof(old));
	grown = yg_reallocarray(old, wanted, element_size);
	if (!grown)
		return false;
	memcpy(array, &grown, sizeof(grown));
	*room = wanted;
	return true;
}

static int compare_kids(const void *a, const void *b)
{
	const struct kid *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->expr != y->expr)
		return x->expr < y->expr ? -1 : 1;
	return x->pred < y->pred ? -1 : x->pred > y->pred;
}

static float rank_of(const struct maker *maker, uint32_t parent_op, uint32_t expr)
{
	float share = yg_witness_share(maker->c->witness, expr);
	float cost = yg_witness_cost(maker->c->witness, expr);
	float decides = parent_op == YG_EXPR_AND ? 1 - share : share;

	if (maker->c->rules->exprs[expr].op == YG_EXPR_NOT)
		return 1e6f + cost; /* rarely decides and is long */
	return cost / (decides > 0.001f ? decides : 0.001f);
}

/* The atom of a kid that is a plain predicate and says no more than its atom; else NULL. */
static const struct yg_atom *atom_of(const struct maker *maker, const struct kid *kid)
{
	const struct yg_expr *e =
		kid->expr == YG_IMG_NONE ? NULL : &maker->c->rules->exprs[kid->expr];
	const struct yg_atom *atom;

	if (!e || e->op != YG_EXPR_PRED)
		return NULL;
	atom = yg_witness_atom(maker->c->witness, e->pred);
	if (!atom->is_exact || atom->field == YG_PRED_KEYWORD || atom->kind == YG_ATOM_PRESENT ||
	    atom->kind == YG_ATOM_REGEX)
		return NULL;
	/* What the rule waits for is known by then: no second set of patterns for it. */
	if (atom->kind == YG_ATOM_CONTAINS && yg_witness_has(maker->c->witness, e->pred))
		return NULL;
	return atom;
}

/* Join the kids from @from on that ask @field for a text; @with_contains: wherever it stands. */
static int join_field(struct maker *maker, uint32_t from, uint32_t field, bool with_contains)
{
	const struct yg_expr *exprs = maker->c->rules->exprs;
	uint32_t count = 0, kept = from;
	struct kid joined = {.rank = 1, .expr = YG_IMG_NONE};
	int rc;

	for (uint32_t i = from; i < maker->sorted_count; i++) {
		const struct kid *kid = &maker->sorted[i];
		const struct yg_atom *atom = atom_of(maker, kid);

		if (atom && atom->field == field &&
		    (with_contains || atom->kind != YG_ATOM_CONTAINS))
			maker->alike[count++] = exprs[kid->expr].pred;
		else
			maker->sorted[kept++] = *kid;
	}
	rc = yg_compile_lookup(maker->c, maker->alike, count, &joined.pred);
	if (rc != YG_OK)
		return rc;
	maker->sorted[kept++] = joined;
	maker->sorted_count = kept;
	return YG_OK;
}

/* Join the kids of an OR from @from on that ask the same field for one of many texts. */
static int join_alike(struct maker *maker, uint32_t from)
{
	uint32_t at = from;

	if (!grow(&maker->alike, &maker->alike_room, maker->sorted_count - from,
		  sizeof(*maker->alike)))
		return YG_ENOMEM;
	while (at < maker->sorted_count) {
		const struct yg_atom *atom = atom_of(maker, &maker->sorted[at]);
		uint32_t ends = 0, contains = 0;
		bool with_contains;
		int rc;

		for (uint32_t i = at; atom && i < maker->sorted_count; i++) {
			const struct yg_atom *other = atom_of(maker, &maker->sorted[i]);

			if (!other || other->field != atom->field)
				continue;
			ends += other->kind != YG_ATOM_CONTAINS;
			contains += other->kind == YG_ATOM_CONTAINS;
		}
		with_contains = contains >= CONTAINS_MIN;
		if (ends < LOOKUP_MIN && !with_contains) {
			at++;
			continue;
		}
		rc = join_field(maker, from, atom->field, with_contains);
		if (rc != YG_OK)
			return rc;
		at = from;
	}
	return YG_OK;
}

static int push(struct maker *maker, uint32_t expr, uint32_t if_true, uint32_t if_false)
{
	const struct yg_rules *rules = maker->c->rules;
	const struct yg_expr *e = &rules->exprs[expr];
	struct frame *frame;

	if (maker->frame_count == DEPTH_MAX)
		return YG_ELIMIT;
	if (!grow(&maker->frames, &maker->frame_room, maker->frame_count + 1, sizeof(*frame)))
		return YG_ENOMEM;
	frame = &maker->frames[maker->frame_count++];
	*frame = (struct frame){.expr = expr, .if_true = if_true, .if_false = if_false};
	if (e->op != YG_EXPR_AND && e->op != YG_EXPR_OR)
		return YG_OK;
	if (!grow(&maker->sorted, &maker->sorted_room, maker->sorted_count + e->count,
		  sizeof(*maker->sorted)))
		return YG_ENOMEM;
	frame->order = maker->sorted_count;
	frame->next = e->op == YG_EXPR_AND ? if_true : if_false;
	for (uint32_t i = 0; i < e->count; i++) {
		uint32_t kid = rules->kids[e->first + i];

		maker->sorted[maker->sorted_count++] =
			(struct kid){rank_of(maker, e->op, kid), kid, YG_IMG_NONE};
	}
	if (e->op == YG_EXPR_OR && e->count >= LOOKUP_MIN) {
		int rc = join_alike(maker, frame->order);

		if (rc != YG_OK)
			return rc;
	}
	frame->left = maker->sorted_count - frame->order;
	if (frame->left > 1)
		qsort(&maker->sorted[frame->order], frame->left, sizeof(*maker->sorted),
		      compare_kids);
	return YG_OK;
}

/* The frame on top is finished and can be entered at @entry. */
static void pop(struct maker *maker, uint32_t entry)
{
	maker->frame_count--;
	if (maker->frame_count > 0)
		maker->frames[maker->frame_count - 1].next = entry;
}

static int add_step(struct maker *maker, struct yg_img_code step, uint32_t *ret)
{
	/* Nothing to find out where both ways lead to the same place. */
	if (step.if_true == step.if_false) {
		*ret = step.if_true;
		return YG_OK;
	}
	if (!grow(&maker->steps, &maker->step_room, maker->step_count + 1, sizeof(*maker->steps)))
		return YG_ENOMEM;
	*ret = maker->step_count;
	maker->steps[maker->step_count++] = step;
	return YG_OK;
}

/* One step of the work on the topmost frame. */
static int advance(struct maker *maker, uint32_t *entry)
{
	const struct yg_rules *rules = maker->c->rules;
	struct frame *top = &maker->frames[maker->frame_count - 1];
	const struct yg_expr *e = &rules->exprs[top->expr];
	int rc;

	switch ((enum yg_expr_op)e->op) {
	case YG_EXPR_FALSE:
	case YG_EXPR_TRUE:
		*entry = e->op == YG_EXPR_TRUE ? top->if_true : top->if_false;
		break;
	case YG_EXPR_PRED:
		rc = add_step(maker, (struct yg_img_code){e->pred, top->if_true, top->if_false},
			      entry);
		if (rc != YG_OK)
			return rc;
		break;
	case YG_EXPR_NOT: {
		uint32_t if_true = top->if_false, if_false = top->if_true;

		maker->frame_count--; /* replaced by its child, with the targets swapped */
		return push(maker, rules->kids[e->first], if_true, if_false);
	}
	case YG_EXPR_AND:
	case YG_EXPR_OR:
		if (top->left > 0) {
			struct kid kid = maker->sorted[top->order + --top->left];
			bool is_and = e->op == YG_EXPR_AND;
			uint32_t if_true = is_and ? top->next : top->if_true;
			uint32_t if_false = is_and ? top->if_false : top->next;

			if (kid.expr != YG_IMG_NONE)
				return push(maker, kid.expr, if_true, if_false);
			return add_step(maker, (struct yg_img_code){kid.pred, if_true, if_false},
					&top->next);
		}
		maker->sorted_count = top->order;
		*entry = top->next;
		break;
	}
	pop(maker, *entry);
	return YG_OK;
}

/* Steps in running order, with image numbers. */
static uint32_t place(uint32_t base, uint32_t count, uint32_t step)
{
	return step >= YG_IMG_FALSE ? step : base + (count - 1 - step);
}

int yg_compile_program(struct yg_compiler *c, const struct yg_rule *rule, uint32_t *ret)
{
	const uint32_t *watched;
	uint32_t watched_count;
	bool is_always;
	struct maker maker = {.c = c};
	uint32_t base = yg_compiler_count(c, YG_IMG_CODE, sizeof(struct yg_img_code));
	uint32_t entry = YG_IMG_FALSE;
	int rc = yg_witness_of(c->witness, rule, &watched, &watched_count, &is_always);

	if (rc == YG_OK) /* atom_of() asks which predicates these are */
		rc = push(&maker, rule->expr, YG_IMG_TRUE, YG_IMG_FALSE);

	while (rc == YG_OK && maker.frame_count > 0)
		rc = advance(&maker, &entry);
	for (uint32_t i = maker.step_count; rc == YG_OK && i > 0; i--) {
		struct yg_img_code step = maker.steps[i - 1];

		step.if_true = place(base, maker.step_count, step.if_true);
		step.if_false = place(base, maker.step_count, step.if_false);
		YG_COMPILER_ADD(c, CODE, step);
	}
	*ret = place(base, maker.step_count, entry);
	free(maker.frames);
	free(maker.sorted);
	free(maker.steps);
	free(maker.alike);
	return rc;
}
