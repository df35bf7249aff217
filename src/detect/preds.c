/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "detect/rules-int.h"

#include "base/ban.h"

#define FIRST_ROOM 1024u /* power of two */

int yg_rules_piece(struct yg_rules *rules, const struct yg_piece *piece)
{
	struct yg_rules_priv *priv = rules->priv;
	struct yg_piece kept = *piece;

	if (!rules->keeps_pieces)
		return YG_OK;
	if (rules->piece_count == priv->piece_room) {
		uint32_t room = priv->piece_room ? priv->piece_room * 2 : FIRST_ROOM;
		struct yg_piece *grown;

		if (room > YG_PIECES_MAX)
			return YG_ELIMIT;
		grown = yg_reallocarray(rules->pieces, room, sizeof(*grown));
		if (!grown)
			return YG_ENOMEM;
		rules->pieces = grown;
		priv->piece_room = room;
	}
	if (!yg_arena_dup(rules->arena, piece->text, &kept.text))
		return YG_ENOMEM;
	rules->pieces[rules->piece_count++] = kept;
	return YG_OK;
}

static uint64_t hash_pred(const struct yg_pred *pred)
{
	uint64_t number;
	uint64_t head[4];

	memcpy(&number, &pred->number, sizeof(number));
	head[0] = (uint64_t)pred->field_id << 32 | pred->other_field;
	head[1] = (uint64_t)pred->op | (uint64_t)pred->is_cased << 8 |
		  (uint64_t)pred->is_multiline << 16 | (uint64_t)pred->is_dot_all << 24 |
		  (uint64_t)pred->part << 32 | (uint64_t)pred->number_op << 40 |
		  (uint64_t)pred->prefix_bits << 48;
	head[2] = number;
	head[3] = yg_hash64((struct yg_bytes){pred->address, sizeof(pred->address)}, 1);
	return yg_hash64(pred->text,
			 yg_hash64((struct yg_bytes){(const uint8_t *)head, sizeof(head)}, 2));
}

static bool equal_preds(const struct yg_pred *a, const struct yg_pred *b)
{
	return a->field_id == b->field_id && a->op == b->op && a->is_cased == b->is_cased &&
	       a->is_multiline == b->is_multiline && a->is_dot_all == b->is_dot_all &&
	       a->part == b->part && a->number_op == b->number_op &&
	       a->prefix_bits == b->prefix_bits && a->other_field == b->other_field &&
	       memcmp(&a->number, &b->number, sizeof(a->number)) == 0 &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0 &&
	       yg_bytes_eq(a->text, b->text);
}

static uint32_t *find_slot(const struct yg_rules *rules, const struct yg_pred *pred)
{
	const struct yg_rules_priv *priv = rules->priv;
	uint32_t at = (uint32_t)hash_pred(pred) & priv->pred_slot_mask;

	while (priv->pred_slots[at] && !equal_preds(&rules->preds[priv->pred_slots[at] - 1], pred))
		at = (at + 1) & priv->pred_slot_mask;
	return &priv->pred_slots[at];
}

static int grow_preds(struct yg_rules *rules)
{
	struct yg_rules_priv *priv = rules->priv;
	uint32_t room = priv->pred_room ? priv->pred_room * 2 : FIRST_ROOM;
	struct yg_pred *preds;
	uint32_t *exprs;
	uint32_t *slots;

	if (room > YG_PREDS_MAX)
		return YG_ELIMIT;
	preds = yg_reallocarray(rules->preds, room, sizeof(*preds));
	if (!preds)
		return YG_ENOMEM;
	rules->preds = preds;
	exprs = yg_reallocarray(priv->pred_exprs, room, sizeof(*exprs));
	if (!exprs)
		return YG_ENOMEM;
	priv->pred_exprs = exprs;
	slots = yg_calloc(room * 2, sizeof(*slots));
	if (!slots)
		return YG_ENOMEM;
	free(priv->pred_slots);
	priv->pred_slots = slots;
	priv->pred_slot_mask = room * 2 - 1;
	priv->pred_room = room;
	/* In the order of making: rollback relies on later ones lying later in a chain. */
	for (uint32_t i = 0; i < rules->pred_count; i++)
		*find_slot(rules, &rules->preds[i]) = i + 1;
	return YG_OK;
}

static int add_expr(struct yg_rules *rules, struct yg_expr expr, uint32_t *ret)
{
	struct yg_rules_priv *priv = rules->priv;

	if (rules->expr_count == priv->expr_room) {
		uint32_t room = priv->expr_room ? priv->expr_room * 2 : FIRST_ROOM;
		struct yg_expr *exprs;
		uint32_t *stamps;

		if (room > YG_PREDS_MAX * 4)
			return YG_ELIMIT;
		exprs = yg_reallocarray(rules->exprs, room, sizeof(*exprs));
		if (!exprs)
			return YG_ENOMEM;
		rules->exprs = exprs;
		stamps = yg_reallocarray(priv->stamps, room, sizeof(*stamps));
		if (!stamps)
			return YG_ENOMEM;
		memset(stamps + priv->expr_room, 0, (room - priv->expr_room) * sizeof(*stamps));
		priv->stamps = stamps;
		priv->expr_room = room;
	}
	rules->exprs[rules->expr_count] = expr;
	*ret = rules->expr_count++;
	return YG_OK;
}

int yg_rules_pred(struct yg_rules *rules, const struct yg_pred *pred, uint32_t *ret_expr)
{
	struct yg_rules_priv *priv = rules->priv;
	struct yg_pred copy = *pred;
	uint32_t *slot;
	uint32_t expr;
	int rc;

	if (rules->pred_count == priv->pred_room) {
		rc = grow_preds(rules);
		if (rc != YG_OK)
			return rc;
	}
	slot = find_slot(rules, pred);
	if (*slot) {
		*ret_expr = priv->pred_exprs[*slot - 1];
		return YG_OK;
	}
	if (!yg_arena_dup(rules->arena, pred->text, &copy.text))
		return YG_ENOMEM;
	rc = add_expr(rules, (struct yg_expr){.op = YG_EXPR_PRED, .pred = rules->pred_count},
		      &expr);
	if (rc != YG_OK)
		return rc;
	rules->preds[rules->pred_count] = copy;
	priv->pred_exprs[rules->pred_count] = expr;
	*slot = ++rules->pred_count;
	*ret_expr = expr;
	return YG_OK;
}

struct yg_rules_mark yg_rules_mark(const struct yg_rules *rules)
{
	return (struct yg_rules_mark){rules->pred_count, rules->expr_count, rules->kid_count};
}

void yg_rules_rollback(struct yg_rules *rules, struct yg_rules_mark mark)
{
	/* Last made first: then no chain of the table is cut in its middle. */
	while (rules->pred_count > mark.preds) {
		uint32_t *slot = find_slot(rules, &rules->preds[rules->pred_count - 1]);

		assert(*slot == rules->pred_count);
		*slot = 0;
		rules->pred_count--;
	}
	rules->expr_count = mark.exprs;
	rules->kid_count = mark.kids;
}

static int push_scratch(struct yg_rules_priv *priv, uint32_t *count, uint32_t expr)
{
	if (*count == priv->scratch_room) {
		uint32_t room = priv->scratch_room ? priv->scratch_room * 2 : FIRST_ROOM;
		uint32_t *scratch = yg_reallocarray(priv->scratch, room, sizeof(*scratch));

		if (!scratch)
			return YG_ENOMEM;
		priv->scratch = scratch;
		priv->scratch_room = room;
	}
	if (priv->stamps[expr] == priv->stamp)
		return YG_OK; /* there already */
	priv->stamps[expr] = priv->stamp;
	priv->scratch[(*count)++] = expr;
	return YG_OK;
}

/* Children of @children, nested ones of the same kind lifted, into priv->scratch. */
static int collect(struct yg_rules *rules, enum yg_expr_op op, const uint32_t *children,
		   uint32_t count, uint32_t *ret_count)
{
	uint32_t kept = 0;
	int rc = YG_OK;

	if (++rules->priv->stamp == 0) { /* after 2^32 joins: forget all stamps */
		memset(rules->priv->stamps, 0, rules->priv->expr_room * sizeof(uint32_t));
		rules->priv->stamp = 1;
	}
	for (uint32_t i = 0; i < count && rc == YG_OK; i++) {
		const struct yg_expr *child = &rules->exprs[children[i]];

		if (child->op != op) {
			rc = push_scratch(rules->priv, &kept, children[i]);
			continue;
		}
		for (uint32_t k = 0; k < child->count && rc == YG_OK; k++)
			rc = push_scratch(rules->priv, &kept, rules->kids[child->first + k]);
	}
	*ret_count = kept;
	return rc;
}

static int add_kids(struct yg_load *load, const uint32_t *children, uint32_t count)
{
	struct yg_rules *rules = load->rules;
	struct yg_rules_priv *priv = rules->priv;

	if (rules->kid_count - load->kid_start + count > YG_RULE_EXPRS_MAX)
		return YG_ELIMIT;
	if (rules->kid_count + count > priv->kid_room) {
		uint32_t room = priv->kid_room ? priv->kid_room : FIRST_ROOM;
		uint32_t *kids;

		while (room < rules->kid_count + count)
			room *= 2; /* ends: kid_count is bounded by 2^30 below */
		if (room > 1u << 30)
			return YG_ELIMIT;
		kids = yg_reallocarray(rules->kids, room, sizeof(*kids));
		if (!kids)
			return YG_ENOMEM;
		rules->kids = kids;
		priv->kid_room = room;
	}
	memcpy(rules->kids + rules->kid_count, children, count * sizeof(*children));
	rules->kid_count += count;
	return YG_OK;
}

int yg_rules_join(struct yg_load *load, enum yg_expr_op op, const uint32_t *children,
		  uint32_t count, uint32_t *ret_expr)
{
	struct yg_rules *rules = load->rules;
	uint32_t neutral = op == YG_EXPR_AND ? YG_EXPR_ALWAYS : YG_EXPR_NEVER;
	uint32_t final = op == YG_EXPR_AND ? YG_EXPR_NEVER : YG_EXPR_ALWAYS;
	uint32_t *found = NULL;
	uint32_t kept = 0;
	uint32_t out = 0;
	int rc = collect(rules, op, children, count, &kept);

	if (rc != YG_OK)
		return rc;
	found = rules->priv->scratch;
	for (uint32_t i = 0; i < kept; i++) {
		if (found[i] == final) {
			*ret_expr = final;
			return YG_OK;
		}
		if (found[i] != neutral)
			found[out++] = found[i];
	}
	if (out <= 1) {
		*ret_expr = out ? found[0] : neutral;
		return YG_OK;
	}
	rc = add_kids(load, found, out);
	if (rc != YG_OK)
		return rc;
	return add_expr(
		rules,
		(struct yg_expr){.op = (uint8_t)op, .first = rules->kid_count - out, .count = out},
		ret_expr);
}

int yg_rules_not(struct yg_rules *rules, uint32_t child, uint32_t *ret_expr)
{
	struct yg_load load = {.rules = rules, .kid_start = rules->kid_count};
	const struct yg_expr *expr = &rules->exprs[child];
	int rc;

	if (child <= YG_EXPR_ALWAYS) {
		*ret_expr = child == YG_EXPR_NEVER ? YG_EXPR_ALWAYS : YG_EXPR_NEVER;
		return YG_OK;
	}
	if (expr->op == YG_EXPR_NOT) {
		*ret_expr = rules->kids[expr->first];
		return YG_OK;
	}
	rc = add_kids(&load, &child, 1);
	if (rc != YG_OK)
		return rc;
	return add_expr(
		rules,
		(struct yg_expr){.op = YG_EXPR_NOT, .first = rules->kid_count - 1, .count = 1},
		ret_expr);
}
