/* SPDX-License-Identifier: Apache-2.0 */
/* The index of one field: three hash tables and one pattern set. */
#include "base/alloc.h"
#include "detect/compile-int.h"

#include "base/ban.h"

#define PART_MIN 4u

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

/*
 * The longest part of a special text that stands in JSON as it is; empty when it is too short to be
 * rare. ASCII alone: what stands before it does not change how it is folded.
 */
static struct yg_bytes part_of(struct yg_bytes text)
{
	struct yg_bytes best = {NULL, 0};
	size_t from = 0;

	for (size_t i = 0; i <= text.size; i++) {
		uint8_t c = i < text.size ? text.data[i] : 0;

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '/')
			continue;
		if (i - from > best.size)
			best = yg_bytes_cut(text, from, i);
		from = i + 1;
	}
	return best.size >= PART_MIN ? best : (struct yg_bytes){NULL, 0};
}

/* Put the parts of all special texts behind the @count of @texts; returns how many, 0 if one has
 * none. */
static uint32_t add_parts(const struct yg_index_entry *entries, uint32_t count,
			  struct yg_bytes *texts)
{
	uint32_t parts = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct yg_atom *atom = entries[i].atom;

		if (atom->kind != YG_ATOM_CONTAINS || set_of(atom) != SET_SPECIAL)
			continue;
		texts[parts] = part_of(atom->text);
		if (texts[parts++].size == 0)
			return 0;
	}
	return parts;
}

static int make_set(struct yg_compiler *c, const struct yg_index_entry *entries, uint32_t count,
		    enum set set, struct yg_img_field *field)
{
	struct yg_img_set *ret = set == SET_TEXTS  ? &field->texts
				 : set == SET_RARE ? &field->rare
						   : &field->special;
	struct yg_bytes *texts;
	uint32_t parts = 0;
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
	if (set == SET_TEXTS)
		parts = add_parts(entries, count, texts + ret->hits.count);
	field->has_parts |= parts > 0;
	if (ret->hits.count + parts > 0)
		rc = yg_databases_add_texts(c->databases, texts, ret->hits.count + parts, &ret->db);
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
		rc = make_set(c, entries, count, SET_TEXTS, ret);
	if (rc == YG_OK)
		rc = make_set(c, entries, count, SET_RARE, ret);
	if (rc == YG_OK)
		rc = make_set(c, entries, count, SET_SPECIAL, ret);
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
