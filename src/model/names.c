/* SPDX-License-Identifier: Apache-2.0 */
#include "model/names.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash.h"

#include "base/ban.h"

#define TEXT_BYTES_MAX (8u << 20)
#define STRIPPED_MAX   512u
#define FIRST_SLOTS    2048u /* power of two */

struct slot {
	uint32_t hash;
	uint32_t id; /* 0 = free */
};

struct yg_names {
	struct yg_arena *texts;
	struct yg_bytes *by_id;
	uint32_t count;
	uint32_t room;
	struct slot *slots;
	uint32_t slot_mask;
	uint64_t seed;
};

/* @name without spaces; into @to when there were some. Names too long to strip stay whole. */
static struct yg_bytes strip(struct yg_bytes name, uint8_t to[STRIPPED_MAX])
{
	size_t size = 0;

	if (yg_bytes_chr(name, ' ') == SIZE_MAX || name.size > STRIPPED_MAX)
		return name;
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] != ' ')
			to[size++] = name.data[i];
	return (struct yg_bytes){to, size};
}

static uint32_t find(const struct yg_names *names, struct yg_bytes name, uint32_t hash)
{
	for (uint32_t at = hash & names->slot_mask;; at = (at + 1) & names->slot_mask) {
		const struct slot *slot = &names->slots[at];

		if (!slot->id)
			return YG_NAME_OTHER;
		if (slot->hash == hash && yg_bytes_eq(names->by_id[slot->id], name))
			return slot->id;
	}
}

static void put(struct slot *slots, uint32_t mask, struct slot slot)
{
	uint32_t at = slot.hash & mask;

	while (slots[at].id)
		at = (at + 1) & mask;
	slots[at] = slot;
}

static int grow(struct yg_names *names)
{
	uint32_t room = names->room ? names->room * 2 : FIRST_SLOTS / 2;
	struct yg_bytes *by_id;
	struct slot *slots = yg_calloc(room * 2, sizeof(*slots));

	if (!slots)
		return YG_ENOMEM;
	by_id = yg_reallocarray(names->by_id, room, sizeof(*by_id));
	if (!by_id) {
		free(slots);
		return YG_ENOMEM;
	}
	for (uint32_t i = 0; names->slots && i <= names->slot_mask; i++)
		if (names->slots[i].id)
			put(slots, room * 2 - 1, names->slots[i]);
	free(names->slots);
	names->slots = slots;
	names->slot_mask = room * 2 - 1;
	names->by_id = by_id;
	names->room = room;
	return YG_OK;
}

int yg_names_add(struct yg_names *names, struct yg_bytes name, uint32_t *ret_id)
{
	uint8_t mem[STRIPPED_MAX];
	struct yg_bytes key = strip(name, mem);
	uint32_t hash = (uint32_t)yg_hash64(key, names->seed);
	uint32_t id = find(names, key, hash);
	int rc;

	if (id == YG_NAME_OTHER) {
		if (names->count >= YG_NAMES_MAX)
			return YG_ELIMIT;
		if (names->count == names->room) {
			rc = grow(names);
			if (rc != YG_OK)
				return rc;
		}
		if (!yg_arena_dup(names->texts, key, &names->by_id[names->count]))
			return YG_ENOMEM;
		id = names->count++;
		put(names->slots, names->slot_mask, (struct slot){hash, id});
	}
	*ret_id = id;
	return YG_OK;
}

uint32_t yg_names_find(const struct yg_names *names, struct yg_bytes name)
{
	uint8_t mem[STRIPPED_MAX];
	struct yg_bytes key = strip(name, mem);

	return find(names, key, (uint32_t)yg_hash64(key, names->seed));
}

struct yg_names *yg_names_new(void)
{
	static const char *const dictionary[] = {YG_DICTIONARY_NAMES};
	struct yg_names *names = yg_calloc(1, sizeof(*names));

	_Static_assert(sizeof(dictionary) / sizeof(dictionary[0]) == YG_F_COUNT,
		       "generated together");
	if (!names)
		return NULL;
	names->seed = yg_hash_secret();
	names->texts = yg_arena_new(TEXT_BYTES_MAX);
	if (!names->texts || grow(names) != YG_OK)
		return yg_names_free(names);
	names->by_id[0] = YG_S("");
	names->count = 1;
	for (uint32_t i = 1; i < YG_F_COUNT; i++) {
		uint32_t id;

		if (yg_names_add(names, yg_bytes_str(dictionary[i]), &id) != YG_OK)
			return yg_names_free(names);
		assert(id == i); /* the generator rejects names that are equal without spaces */
	}
	return names;
}

struct yg_names *yg_names_free(struct yg_names *names)
{
	if (!names)
		return NULL;
	(void)yg_arena_free(names->texts);
	free(names->by_id);
	free(names->slots);
	free(names);
	return NULL;
}

struct yg_bytes yg_names_text(const struct yg_names *names, uint32_t id)
{
	assert(id < names->count);
	return names->by_id[id];
}

uint32_t yg_names_count(const struct yg_names *names)
{
	return names->count;
}
