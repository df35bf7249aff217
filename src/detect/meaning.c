/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule asks for as one number, so that a changed rule is told from an unchanged one. */
#include "base/alloc.h"
#include "base/hash.h"
#include "detect/compile-int.h"

#include "base/ban.h"

#define SEED UINT64_C(0x79672d6d65616e73)

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return yg_hash64((struct yg_bytes){(const uint8_t *)&value, sizeof(value)}, hash);
}

static uint64_t pred_meaning(const struct yg_rules *rules, const struct yg_pred *pred)
{
	const uint8_t small[] = {pred->op,   pred->is_cased,  pred->is_multiline, pred->is_dot_all,
				 pred->part, pred->number_op, pred->prefix_bits};
	uint64_t hash = yg_hash64((struct yg_bytes){small, sizeof(small)}, SEED);
	uint64_t number;

	memcpy(&number, &pred->number, sizeof(number));
	hash = mix(hash, number);
	hash = yg_hash64((struct yg_bytes){pred->address, sizeof(pred->address)}, hash);
	hash = yg_hash64(yg_names_text(rules->names, pred->field_id), hash);
	hash = yg_hash64(yg_names_text(rules->names, pred->other_field), hash);
	return yg_hash64(pred->text, hash);
}

uint64_t *yg_rules_meanings(const struct yg_rules *rules)
{
	uint64_t *meanings = yg_calloc(rules->expr_count + 1u, sizeof(*meanings));

	/* Children have lower numbers than their parents. */
	for (uint32_t i = 0; meanings && i < rules->expr_count; i++) {
		const struct yg_expr *expr = &rules->exprs[i];
		uint64_t hash = mix(SEED, expr->op);

		if (expr->op == YG_EXPR_PRED)
			hash = pred_meaning(rules, &rules->preds[expr->pred]);
		for (uint32_t k = 0; k < expr->count; k++)
			hash = mix(hash, meanings[rules->kids[expr->first + k]]);
		meanings[i] = hash;
	}
	return meanings;
}

uint64_t yg_rule_meaning(const struct yg_rule *rule, const uint64_t *meanings)
{
	uint64_t hash = mix(SEED, meanings[rule->expr]);

	hash = yg_hash64(rule->logsource.product, hash);
	hash = yg_hash64(rule->logsource.category, mix(hash, 1));
	return yg_hash64(rule->logsource.service, mix(hash, 2));
}
