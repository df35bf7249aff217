/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of patterns where Vectorscan misses what stands at the end of long texts (known.c).
 *
 * Sets of texts are looked for by Vectorscan all the same, but it is given a copy that begins and
 * ends at the edge of a block and has at least one whole block of filling at its end: what it
 * passes over is filling then. The filling is a byte that none of the texts holds, so nothing can
 * be found in it. Values shorter than a block are not affected and stay where they are.
 *
 * Expressions would see the filling ($, [^a]): the built-in matcher looks for them. As bytes a set
 * says first whose it is.
 */
#include <assert.h>

#include "base/alloc.h"
#include "detect/patterns.h"

#include "base/ban.h"

#define BLOCK	     64u
#define FILLING	     0xffu /* in no UTF-8; texts of bytes that hold it are the built-in's */
#define HEAD_SIZE    8u	   /* whose, zeros */
#define FIRST_SIZE   4096u
#define OF_BUILTIN   0u
#define OF_LIBRARY   1u
#define TEXT_MAX     (64u << 20) /* as much as a record's folded values may take (match.c) */
#define PADDED(size) (((size) + BLOCK - 1) / BLOCK * BLOCK + BLOCK)

struct place {
	uint32_t owner;
	uint32_t index; /* among those of the owner */
};

struct sets {
	void *library;
	void *builtin;
	struct place *places;
	uint32_t count;
	uint32_t room;
	uint32_t counts[2]; /* of each owner */
};

struct room {
	void *library;
	void *builtin;
	uint8_t *bytes;
	uint8_t *first; /* of bytes, at the edge of a block */
	size_t size;	/* from there */
};

static uint64_t fingerprint(uint64_t hash)
{
	return yg_builtin_ops.fingerprint(yg_vectorscan_ops.fingerprint(hash + BLOCK));
}

static bool holds_filling(const struct yg_pattern *texts, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (texts[i].text.size && memchr(texts[i].text.data, FILLING, texts[i].text.size))
			return true;
	return false;
}

static int compile(const struct yg_pattern *patterns, uint32_t count, bool are_regexes, char **ret,
		   size_t *ret_size)
{
	uint32_t owner = are_regexes || holds_filling(patterns, count) ? OF_BUILTIN : OF_LIBRARY;
	const struct yg_matcher_ops *ops =
		owner == OF_LIBRARY ? &yg_vectorscan_ops : &yg_builtin_ops;
	char *bytes = NULL, *to;
	size_t size = 0;
	int rc = ops->compile(patterns, count, are_regexes, &bytes, &size);

	if (rc != YG_OK)
		return rc;
	to = yg_calloc(1, HEAD_SIZE + size);
	if (to) {
		memcpy(to, &owner, sizeof(owner));
		memcpy(to + HEAD_SIZE, bytes, size);
		*ret = to;
		*ret_size = HEAD_SIZE + size;
	}
	free(bytes);
	return to ? YG_OK : YG_ENOMEM;
}

static void sets_free(void *arg)
{
	struct sets *sets = arg;

	if (!sets)
		return;
	yg_vectorscan_ops.sets_free(sets->library);
	yg_builtin_ops.sets_free(sets->builtin);
	free(sets->places);
	free(sets);
}

static void *sets_new(uint32_t count)
{
	struct sets *sets = yg_calloc(1, sizeof(*sets));

	if (!sets)
		return NULL;
	sets->room = count;
	sets->places = yg_calloc(count + 1u, sizeof(*sets->places));
	sets->library = yg_vectorscan_ops.sets_new(count);
	sets->builtin = yg_builtin_ops.sets_new(count);
	if (sets->places && sets->library && sets->builtin)
		return sets;
	sets_free(sets);
	return NULL;
}

static int sets_add(void *arg, struct yg_bytes bytes)
{
	struct sets *sets = arg;
	uint32_t owner;
	int rc;

	assert(sets->count < sets->room);
	if (bytes.size < HEAD_SIZE)
		return YG_EFORMAT;
	memcpy(&owner, bytes.data, sizeof(owner));
	bytes = yg_bytes_from(bytes, HEAD_SIZE);
	if (owner == OF_LIBRARY)
		rc = yg_vectorscan_ops.sets_add(sets->library, bytes);
	else if (owner == OF_BUILTIN)
		rc = yg_builtin_ops.sets_add(sets->builtin, bytes);
	else
		return YG_EFORMAT;
	if (rc == YG_OK)
		sets->places[sets->count++] = (struct place){owner, sets->counts[owner]++};
	return rc;
}

static void room_free(void *arg)
{
	struct room *room = arg;

	if (!room)
		return;
	yg_vectorscan_ops.room_free(room->library);
	yg_builtin_ops.room_free(room->builtin);
	free(room->bytes);
	free(room);
}

static void *room_new(const void *arg)
{
	const struct sets *sets = arg;
	struct room *room = yg_calloc(1, sizeof(*room));

	if (!room)
		return NULL;
	room->library = yg_vectorscan_ops.room_new(sets->library);
	room->builtin = yg_builtin_ops.room_new(sets->builtin);
	if (room->library && room->builtin)
		return room;
	room_free(room);
	return NULL;
}

/* Room for @size bytes; it stays as large as the longest text so far. What was in it is lost. */
static int grow(struct room *room, size_t size)
{
	size_t wanted = room->size ? room->size : FIRST_SIZE;
	uint8_t *bytes;

	if (size <= room->size)
		return YG_OK;
	while (wanted < size)
		wanted *= 2;
	bytes = yg_calloc(1, wanted + BLOCK - 1);
	if (!bytes)
		return YG_ENOMEM;
	free(room->bytes);
	room->bytes = bytes;
	room->first = bytes + (BLOCK - (uintptr_t)bytes % BLOCK) % BLOCK;
	room->size = wanted;
	return YG_OK;
}

static int scan(const void *arg, void *room_arg, uint32_t set, struct yg_bytes text,
		yg_pattern_fn found, void *found_arg)
{
	const struct sets *sets = arg;
	struct room *room = room_arg;
	struct place place = sets->places[set];
	size_t size = PADDED(text.size);
	int rc;

	if (place.owner == OF_BUILTIN)
		return yg_builtin_ops.scan(sets->builtin, room->builtin, place.index, text, found,
					   found_arg);
	if (text.size >= BLOCK) {
		rc = text.size > TEXT_MAX ? YG_ELIMIT : grow(room, size);
		if (rc != YG_OK)
			return rc;
		memcpy(room->first, text.data, text.size);
		memset(room->first + text.size, FILLING, size - text.size);
		text = (struct yg_bytes){room->first, size};
	}
	return yg_vectorscan_ops.scan(sets->library, room->library, place.index, text, found,
				      found_arg);
}

static int check(const struct yg_pattern *regex, bool is_heavy, char *reason, size_t room)
{
	return yg_builtin_ops.check(regex, is_heavy, reason, room);
}

const struct yg_matcher_ops yg_padded_ops = {
	.fingerprint = fingerprint,
	.check = check,
	.compile = compile,
	.sets_new = sets_new,
	.sets_add = sets_add,
	.sets_free = sets_free,
	.room_new = room_new,
	.room_free = room_free,
	.scan = scan,
};
