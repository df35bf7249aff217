/* SPDX-License-Identifier: Apache-2.0 */
/* The index of one field: three hash tables and one pattern set. */
#include "base/alloc.h"
#include "detect/compile-int.h"

#include "base/ban.h"

static uint32_t hash_of(const struct yg_atom *atom)
{
	struct yg_bytes text = atom->text;
	uint64_t hash = 0;

	if (atom->kind == YG_ATOM_EQUALS)
		return (uint32_t)yg_hash64(text, YG_IMG_SEED);
	for (size_t i = 0; i < text.size; i++)
		hash = yg_img_roll(hash,
				   text.data[atom->kind == YG_ATOM_STARTS ? i : text.size - 1 - i]);
	return yg_img_mix(hash, (uint32_t)text.size);
}

int yg_compile_table(struct yg_compiler *c, const struct yg_index_entry *entries, uint32_t count,
		     enum yg_atom_kind kind, struct yg_img_table *ret)
{
	uint32_t wanted = 0, size = 4;
	struct yg_img_slot *slots;

	*ret = (struct yg_img_table){0};
	for (uint32_t i = 0; i < count; i++)
		wanted += entries[i].atom->kind == kind;
	if (wanted == 0)
		return YG_OK;
	while (size < 2 * wanted)
		size *= 2;
	slots = yg_calloc(size, sizeof(*slots));
	if (!slots)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < size; i++)
		slots[i].atom = YG_IMG_NONE;
	for (uint32_t i = 0; i < count; i++) {
		const struct yg_atom *atom = entries[i].atom;
		uint32_t hash, at;

		if (atom->kind != kind)
			continue;
		hash = hash_of(atom);
		at = hash & (size - 1);
		while (slots[at].atom != YG_IMG_NONE)
			at = (at + 1) & (size - 1);
		slots[at] = (struct yg_img_slot){hash, entries[i].local};
		if (kind != YG_ATOM_EQUALS)
			ret->lengths |= UINT64_C(1) << (atom->text.size - 1);
	}
	ret->slots.first = yg_compiler_count(c, YG_IMG_SLOTS, sizeof(*slots));
	ret->slots.count = size;
	yg_buf_add(&c->sections[YG_IMG_SLOTS],
		   (struct yg_bytes){(const uint8_t *)slots, size * sizeof(*slots)});
	free(slots);
	return YG_OK;
}

static struct yg_img_run add_list(struct yg_compiler *c, const struct yg_index_entry *entries,
				  uint32_t count, enum yg_atom_kind kind)
{
	struct yg_img_run run = {yg_compiler_count(c, YG_IMG_LISTS, sizeof(uint32_t)), 0};

	for (uint32_t i = 0; i < count; i++)
		if (entries[i].atom->kind == kind) {
			YG_COMPILER_ADD(c, LISTS, entries[i].local);
			run.count++;
		}
	return run;
}

enum set {
	SET_TEXTS,
	SET_RARE,
	SET_SPECIAL,
};

static enum set set_of(const struct yg_atom *atom)
{
	enum set set = SET_TEXTS;

	for (size_t i = 0; i < atom->text.size; i++) {
		uint8_t c = atom->text.data[i];

		if (atom->field == YG_PRED_KEYWORD &&
		    (c < 0x20 || c == '"' || c == '\\' || c == '/'))
			return SET_SPECIAL;
		if (c >= 0xf0)
			set = SET_RARE;
	}
	return set;
}

static int make_set(struct yg_compiler *c, const struct yg_index_entry *entries, uint32_t count,
		    enum set set, struct yg_img_set *ret)
{
	struct yg_bytes *texts;
	int rc = YG_OK;

	*ret = (struct yg_img_set){.db = YG_IMG_NONE};
	ret->hits.first = yg_compiler_count(c, YG_IMG_LISTS, sizeof(uint32_t));
	texts = yg_calloc(count, sizeof(*texts));
	if (!texts)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		const struct yg_atom *atom = entries[i].atom;

		if (atom->kind != YG_ATOM_CONTAINS || set_of(atom) != set)
			continue;
		texts[ret->hits.count++] = atom->text;
		YG_COMPILER_ADD(c, LISTS, entries[i].local);
	}
	if (ret->hits.count > 0)
		rc = yg_databases_add_texts(c->databases, texts, ret->hits.count, &ret->db);
	free(texts);
	return rc;
}

static int make_regexes(struct yg_compiler *c, const struct yg_index_entry *entries, uint32_t count,
			struct yg_img_set *ret)
{
	const struct yg_pred **preds = yg_calloc(count, sizeof(const void *));
	int rc = YG_OK;

	if (!preds)
		return YG_ENOMEM;
	*ret = (struct yg_img_set){.db = YG_IMG_NONE};
	ret->hits.first = yg_compiler_count(c, YG_IMG_LISTS, sizeof(uint32_t));
	for (uint32_t i = 0; i < count; i++)
		if (entries[i].atom->kind == YG_ATOM_REGEX) {
			preds[ret->hits.count++] = entries[i].pred;
			YG_COMPILER_ADD(c, LISTS, entries[i].local);
		}
	if (ret->hits.count > 0)
		rc = yg_databases_add_regexes(c->databases, preds, ret->hits.count, &ret->db);
	free(preds);
	return rc;
}

int yg_compile_index(struct yg_compiler *c, uint32_t name, const struct yg_index_entry *entries,
		     uint32_t count, struct yg_img_field *ret)
{
	int rc;

	*ret = (struct yg_img_field){.name = name};
	rc = yg_compile_table(c, entries, count, YG_ATOM_EQUALS, &ret->equals);
	if (rc == YG_OK)
		rc = yg_compile_table(c, entries, count, YG_ATOM_STARTS, &ret->starts);
	if (rc == YG_OK)
		rc = yg_compile_table(c, entries, count, YG_ATOM_ENDS, &ret->ends);
	if (rc == YG_OK)
		rc = make_set(c, entries, count, SET_TEXTS, &ret->texts);
	if (rc == YG_OK)
		rc = make_set(c, entries, count, SET_RARE, &ret->rare);
	if (rc == YG_OK)
		rc = make_set(c, entries, count, SET_SPECIAL, &ret->special);
	if (rc == YG_OK)
		rc = make_regexes(c, entries, count, &ret->regexes);
	if (rc != YG_OK)
		return rc;
	ret->present = add_list(c, entries, count, YG_ATOM_PRESENT);
	ret->is_indexed = ret->equals.slots.count || ret->starts.slots.count ||
			  ret->ends.slots.count || ret->texts.hits.count || ret->rare.hits.count ||
			  ret->special.hits.count || ret->regexes.hits.count;
	return YG_OK;
}
