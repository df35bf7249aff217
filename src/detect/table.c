/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/table-int.h"

#include <assert.h>

#include "base/alloc.h"

#include "base/ban.h"

#define FIRST_ROOM 64u

void yg_table_init(struct yg_table *table, size_t entry_bytes, uint32_t count_max)
{
	assert(count_max > 0);
	assert(count_max <= 1u << 30);
	*table = (struct yg_table){.entry_bytes = entry_bytes,
				   .max = count_max,
				   .free_first = YG_TABLE_NONE,
				   .newest = YG_TABLE_NONE,
				   .oldest = YG_TABLE_NONE};
}

void yg_table_done(struct yg_table *table)
{
	free(table->links);
	free(table->entries);
	free(table->slots);
	yg_table_init(table, table->entry_bytes, table->max);
}

uint32_t yg_table_find(const struct yg_table *table, uint64_t key)
{
	if (table->count == 0)
		return YG_TABLE_NONE;
	for (uint32_t at = yg_table_home(table, key);; at = (at + 1) & table->slot_mask) {
		struct yg_table_slot slot = table->slots[at];

		if (!slot.entry)
			return YG_TABLE_NONE;
		if (slot.tag == (uint32_t)key && table->links[slot.entry - 1].key == key)
			return slot.entry - 1;
	}
}

size_t yg_table_bytes(const struct yg_table *table)
{
	size_t slots = table->slots ? (size_t)table->slot_mask + 1 : 0;

	return table->room * (table->entry_bytes + sizeof(*table->links)) +
	       slots * sizeof(*table->slots);
}

uint64_t yg_table_key(const struct yg_table *table, uint32_t index)
{
	return table->links[index].key;
}

uint32_t yg_table_newer(const struct yg_table *table, uint32_t index)
{
	return table->links[index].newer;
}

static void unlink_entry(struct yg_table *table, uint32_t index)
{
	struct yg_table_link *link = &table->links[index];

	if (link->newer == YG_TABLE_NONE)
		table->newest = link->older;
	else
		table->links[link->newer].older = link->older;
	if (link->older == YG_TABLE_NONE)
		table->oldest = link->newer;
	else
		table->links[link->older].newer = link->newer;
}

static void link_newest(struct yg_table *table, uint32_t index)
{
	struct yg_table_link *link = &table->links[index];

	link->newer = YG_TABLE_NONE;
	link->older = table->newest;
	if (table->newest == YG_TABLE_NONE)
		table->oldest = index;
	else
		table->links[table->newest].newer = index;
	table->newest = index;
}

void yg_table_touch(struct yg_table *table, uint32_t index)
{
	if (table->newest == index)
		return;
	unlink_entry(table, index);
	link_newest(table, index);
}

static void put_slot(struct yg_table *table, uint32_t index)
{
	uint32_t at = yg_table_home(table, table->links[index].key);

	while (table->slots[at].entry)
		at = (at + 1) & table->slot_mask;
	table->slots[at] = (struct yg_table_slot){index + 1, (uint32_t)table->links[index].key};
}

static uint32_t power_above(uint32_t n)
{
	uint32_t power = 2 * FIRST_ROOM;

	while (power < n)
		power *= 2;
	return power;
}

/* More room for entries. Called only when none is free, so that all made ones are in use. */
static int grow(struct yg_table *table)
{
	uint32_t room = table->room ? table->room * 2 : FIRST_ROOM;
	void *mem;
	uint32_t slot_count;

	if (room > table->max)
		room = table->max;
	slot_count = power_above(2 * room);
	mem = yg_reallocarray(table->links, room, sizeof(*table->links));
	if (!mem)
		return YG_ENOMEM;
	table->links = mem;
	mem = yg_reallocarray(table->entries, room, table->entry_bytes);
	if (!mem)
		return YG_ENOMEM;
	table->entries = mem;
	if (!table->slots || slot_count != table->slot_mask + 1) {
		mem = yg_calloc(slot_count, sizeof(*table->slots));
		if (!mem)
			return YG_ENOMEM;
		free(table->slots);
		table->slots = mem;
		table->slot_mask = slot_count - 1;
		for (uint32_t i = 0; i < table->made; i++)
			put_slot(table, i);
	}
	table->room = room;
	return YG_OK;
}

int yg_table_add(struct yg_table *table, uint64_t key, uint32_t *ret_index)
{
	uint32_t index = table->free_first;
	int rc;

	assert(!yg_table_is_full(table));
	if (index != YG_TABLE_NONE) {
		table->free_first = table->links[index].older;
	} else {
		if (table->made == table->room) {
			rc = grow(table);
			if (rc != YG_OK)
				return rc;
		}
		index = table->made++;
	}
	table->links[index].key = key;
	memset(yg_table_at(table, index), 0, table->entry_bytes);
	put_slot(table, index);
	link_newest(table, index);
	table->count++;
	*ret_index = index;
	return YG_OK;
}

/* Free the slot of @index and close the gap, so that no later search stops there. */
static void drop_slot(struct yg_table *table, uint32_t index)
{
	uint32_t mask = table->slot_mask;
	uint32_t gap = yg_table_home(table, table->links[index].key);

	while (table->slots[gap].entry != index + 1)
		gap = (gap + 1) & mask;
	for (uint32_t at = (gap + 1) & mask; table->slots[at].entry; at = (at + 1) & mask) {
		uint32_t wants = yg_table_home(table, table->links[table->slots[at].entry - 1].key);

		if (((at - wants) & mask) >= ((at - gap) & mask)) {
			table->slots[gap] = table->slots[at];
			gap = at;
		}
	}
	table->slots[gap] = (struct yg_table_slot){0, 0};
}

void yg_table_remove(struct yg_table *table, uint32_t index)
{
	drop_slot(table, index);
	unlink_entry(table, index);
	table->links[index].older = table->free_first;
	table->free_first = index;
	table->count--;
}
