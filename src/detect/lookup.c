/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "One of many texts": rules list hundreds of names of programs or libraries. Asked one by one
 * they would cost more than all the rest of matching; as one predicate they cost one pass over the
 * value's ends, and one scan where texts may stand anywhere in it.
 */
#include "base/alloc.h"
#include "detect/compile-int.h"

#include "base/ban.h"

static int add_contained(struct yg_compiler *c, const struct yg_index_entry *entries,
			 uint32_t count, uint32_t *ret_db)
{
	struct yg_bytes *texts = yg_calloc(count, sizeof(*texts));
	uint32_t text_count = 0;
	int rc = YG_OK;

	if (!texts)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		if (entries[i].atom->kind == YG_ATOM_CONTAINS)
			texts[text_count++] = entries[i].atom->text;
	if (text_count > 0)
		rc = yg_databases_add_texts(c->databases, texts, text_count, ret_db);
	free(texts);
	return rc;
}

static int fill(struct yg_compiler *c, const struct yg_index_entry *entries, uint32_t count,
		struct yg_img_lookup *lookup)
{
	int rc = yg_compile_table(c, entries, count, YG_ATOM_EQUALS, &lookup->equals);

	if (rc == YG_OK)
		rc = yg_compile_table(c, entries, count, YG_ATOM_STARTS, &lookup->starts);
	if (rc == YG_OK)
		rc = yg_compile_table(c, entries, count, YG_ATOM_ENDS, &lookup->ends);
	if (rc == YG_OK)
		rc = add_contained(c, entries, count, &lookup->db);
	return rc;
}

int yg_compile_lookup(struct yg_compiler *c, const uint32_t *preds, uint32_t count, uint32_t *ret)
{
	struct yg_index_entry *entries = yg_calloc(count, sizeof(*entries));
	struct yg_img_lookup lookup = {.db = YG_IMG_NONE};
	struct yg_img_pred pred = {
		.field = c->rules->preds[preds[0]].field_id,
		.op = YG_IMG_ONE_OF,
		.db = YG_IMG_NONE,
		.lookup = yg_compiler_count(c, YG_IMG_LOOKUPS, sizeof(lookup)),
	};
	int rc;

	if (!entries)
		return YG_ENOMEM;
	lookup.members.first = yg_compiler_count(c, YG_IMG_MEMBERS, sizeof(struct yg_img_run));
	lookup.members.count = count;
	for (uint32_t i = 0; i < count; i++) {
		const struct yg_atom *atom = yg_witness_atom(c->witness, preds[i]);
		struct yg_img_run text = yg_compiler_text(c, atom->text);

		YG_COMPILER_ADD(c, MEMBERS, text);
		entries[i] = (struct yg_index_entry){.atom = atom, .local = i};
	}
	rc = fill(c, entries, count, &lookup);
	free(entries);
	if (rc != YG_OK)
		return rc;
	YG_COMPILER_ADD(c, LOOKUPS, lookup);
	YG_COMPILER_ADD(c, PREDS, pred);
	*ret = c->pred_count++;
	return YG_OK;
}
