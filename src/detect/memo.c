/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/memo.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

_Static_assert(sizeof(struct yg_memo_entry) == 256, "four cache lines");

struct yg_memo_entry *yg_memo_new(void)
{
	return yg_calloc(YG_MEMO_PLACES, sizeof(struct yg_memo_entry));
}

struct yg_memo_entry *yg_memo_find(struct yg_memo_entry *memo, uint32_t group, uint32_t field,
				   struct yg_bytes text, uint64_t *ret_hash, bool *ret_is_known)
{
	struct yg_memo_entry *place;

	*ret_is_known = false;
	if (text.size > YG_MEMO_TEXT_MAX || field > UINT16_MAX)
		return NULL;
	*ret_hash = yg_hash64(text, (uint64_t)group << 32 | field) | 1;
	place = &memo[(*ret_hash >> 32) % YG_MEMO_PLACES];
	*ret_is_known = place->hash == *ret_hash && place->group == group &&
			place->field == field && place->text_size == text.size &&
			(text.size == 0 || memcmp(place->text, text.data, text.size) == 0);
	return place;
}

void yg_memo_keep(struct yg_memo_entry *place, uint64_t hash, uint32_t group, uint32_t field,
		  struct yg_bytes text, const uint32_t *atoms, uint32_t atom_count)
{
	assert(text.size <= YG_MEMO_TEXT_MAX);
	if (atom_count > YG_MEMO_ATOMS_MAX) {
		place->hash = 0;
		return;
	}
	place->hash = hash;
	place->group = group;
	place->field = (uint16_t)field;
	place->atom_count = (uint8_t)atom_count;
	place->text_size = (uint8_t)text.size;
	for (uint32_t i = 0; i < atom_count; i++)
		place->atoms[i] = atoms[i];
	if (text.size > 0)
		memcpy(place->text, text.data, text.size);
}
