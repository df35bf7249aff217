/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/table-int.h - a bounded table from 64-bit keys to fixed-size entries, with the order
 * of their last use. What is pushed out depends on that order only, never on where a key
 * happens to lie: keys are secret hashes, and the output must be the same in every run.
 *
 * Memory grows with use up to the limit given at birth. Entries move when one is added: a
 * pointer from here is good until the next yg_table_add. Indexes of entries stay.
 * Layer: detect, private. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define YG_TABLE_NONE UINT32_MAX

/* Where an entry is found; the part of its key beside it spares a look at the entries of others. */
struct yg_table_slot {
	uint32_t entry; /* index + 1; 0 = free */
	uint32_t tag;	/* the key's lower half */
};

struct yg_table {
	struct yg_table_link *links; /* of each entry: key and neighbours in order of use */
	uint8_t *entries;
	size_t entry_bytes;
	struct yg_table_slot *slots;
	uint32_t slot_mask;
	uint32_t count;
	uint32_t made; /* entries ever laid out */
	uint32_t room;
	uint32_t max;
	uint32_t free_first;
	uint32_t newest;
	uint32_t oldest;
};

/* What links one entry to its neighbours. */
struct yg_table_link {
	uint64_t key;
	uint32_t newer; /* index, or YG_TABLE_NONE */
	uint32_t older; /* likewise; of a free entry: the next free one */
};

/* In place; nothing is allocated yet. @count_max <= 2^30. */
void yg_table_init(struct yg_table *table, size_t entry_bytes, uint32_t count_max);
void yg_table_done(struct yg_table *table);

/* Entry of @key, or YG_TABLE_NONE. Does not count as use. Cost: one or two cache misses. */
uint32_t yg_table_find(const struct yg_table *table, uint64_t key);

/* Make @index the most recently used. */
void yg_table_touch(struct yg_table *table, uint32_t index);

/*
 * Add @key, which must not be there, while the table is not full; the entry is zeroed and the
 * newest. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_table_add(struct yg_table *table, uint64_t key, uint32_t *ret_index);
void yg_table_remove(struct yg_table *table, uint32_t index);

/* What it holds of the heap. */
size_t yg_table_bytes(const struct yg_table *table);

/* The key of entry @index. */
uint64_t yg_table_key(const struct yg_table *table, uint32_t index);

/* The entry used next after @index, or YG_TABLE_NONE for the newest. */
uint32_t yg_table_newer(const struct yg_table *table, uint32_t index);

static inline bool yg_table_is_full(const struct yg_table *table)
{
	return table->count == table->max;
}

static inline void *yg_table_at(const struct yg_table *table, uint32_t index)
{
	return table->entries + (size_t)index * table->entry_bytes;
}

/* Where the search for @key begins. */
static inline uint32_t yg_table_home(const struct yg_table *table, uint64_t key)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & table->slot_mask;
}

/*
 * What will be looked for soon is called from memory in three steps, each of which needs what the
 * one before called: the slot, the entry, its neighbours. None of them changes anything; a wrong
 * guess costs time only.
 */
static inline void yg_table_call_slot(const struct yg_table *table, uint64_t key)
{
	if (table->count > 0)
		__builtin_prefetch(&table->slots[yg_table_home(table, key)]);
}

/* The entry that is most likely that of @key, or YG_TABLE_NONE: nothing but slots is looked at. */
static inline uint32_t yg_table_guess(const struct yg_table *table, uint64_t key)
{
	uint32_t at = table->count > 0 ? yg_table_home(table, key) : 0;

	if (table->count == 0)
		return YG_TABLE_NONE;
	while (table->slots[at].entry && table->slots[at].tag != (uint32_t)key)
		at = (at + 1) & table->slot_mask;
	return table->slots[at].entry - 1; /* YG_TABLE_NONE where it is free */
}

static inline void yg_table_call_entry(const struct yg_table *table, uint64_t key)
{
	uint32_t index = yg_table_guess(table, key);
	const uint8_t *entry;

	if (index == YG_TABLE_NONE)
		return;
	entry = yg_table_at(table, index);
	__builtin_prefetch(&table->links[index]);
	__builtin_prefetch(entry);
	__builtin_prefetch(entry + table->entry_bytes - 1);
}

/* That entry, or NULL. */
static inline void *yg_table_call_neighbours(const struct yg_table *table, uint64_t key)
{
	uint32_t index = yg_table_guess(table, key);

	if (index == YG_TABLE_NONE)
		return NULL;
	if (table->links[index].newer != YG_TABLE_NONE)
		__builtin_prefetch(&table->links[table->links[index].newer]);
	if (table->links[index].older != YG_TABLE_NONE)
		__builtin_prefetch(&table->links[table->links[index].older]);
	return yg_table_at(table, index);
}
