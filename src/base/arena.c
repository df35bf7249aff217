/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <assert.h>

#include "base/alloc.h"

#include "base/ban.h"

#define ALIGN_BYTES	16u
#define BLOCK_BYTES_MIN (64u * 1024u)

/*
 * Under the address sanitizer, memory that was not asked for, or was given back, must not be
 * touched, and what was asked for begins with bytes that nobody takes for an empty value.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define UNSET_BYTE 0xA5

static void hide(uint8_t *mem, size_t size)
{
	ASAN_POISON_MEMORY_REGION(mem, size);
}

static void show(uint8_t *mem, size_t size)
{
	ASAN_UNPOISON_MEMORY_REGION(mem, size);
	memset(mem, UNSET_BYTE, size);
}
#else
static void hide(uint8_t *mem, size_t size)
{
	(void)mem;
	(void)size;
}

static void show(uint8_t *mem, size_t size)
{
	(void)mem;
	(void)size;
}
#endif

struct block {
	struct block *next;
	size_t size;
	_Alignas(ALIGN_BYTES) uint8_t mem[];
};

struct yg_arena {
	struct block *first;
	struct block *now; /* the block that is being filled */
	size_t at;	   /* next free byte of it */
	size_t used;
	size_t max;
};

struct yg_arena *yg_arena_new(size_t bytes_max)
{
	struct yg_arena *arena;

	assert(bytes_max > 0);
	arena = yg_calloc(1, sizeof(*arena));
	if (arena)
		arena->max = bytes_max;
	return arena;
}

struct yg_arena *yg_arena_free(struct yg_arena *arena)
{
	struct block *next;

	if (!arena)
		return NULL;
	for (struct block *block = arena->first; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
	return NULL;
}

void yg_arena_reset(struct yg_arena *arena)
{
	assert(arena);
	for (struct block *block = arena->first; block; block = block->next) {
		hide(block->mem, block->size);
		if (block == arena->now)
			break;
	}
	arena->now = arena->first;
	arena->at = 0;
	arena->used = 0;
}

/* Go on to a block with room for @size bytes: the next one kept from before, or a new one. */
static bool next_block(struct yg_arena *arena, size_t size)
{
	struct block *block = arena->now ? arena->now->next : arena->first;
	size_t want = size > BLOCK_BYTES_MIN ? size : BLOCK_BYTES_MIN;

	if (!block || block->size < size) {
		if (want > SIZE_MAX - sizeof(*block))
			return false;
		block = yg_malloc(sizeof(*block) + want);
		if (!block)
			return false;
		block->size = want;
		hide(block->mem, want);
		if (arena->now) {
			block->next = arena->now->next;
			arena->now->next = block;
		} else {
			block->next = arena->first;
			arena->first = block;
		}
	}
	arena->now = block;
	arena->at = 0;
	return true;
}

void *yg_arena_alloc(struct yg_arena *arena, size_t size)
{
	size_t need;
	uint8_t *mem;

	assert(arena);
	assert(arena->used <= arena->max);
	if (size > arena->max - arena->used)
		return NULL;
	need = (size + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
	if (need > arena->max - arena->used)
		need = size;
	if (!arena->now || need > arena->now->size - arena->at) {
		if (!next_block(arena, need))
			return NULL;
	}
	mem = arena->now->mem + arena->at;
	arena->at += need;
	arena->used += need;
	/* The last piece below the ceiling may be unrounded: keep the next one aligned. */
	arena->at = (arena->at + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
	if (arena->at > arena->now->size)
		arena->at = arena->now->size;
	show(mem, size);
	return mem;
}

void *yg_arena_zalloc(struct yg_arena *arena, size_t size)
{
	void *mem = yg_arena_alloc(arena, size);

	return mem ? memset(mem, 0, size) : NULL;
}

bool yg_arena_dup(struct yg_arena *arena, struct yg_bytes b, struct yg_bytes *ret)
{
	uint8_t *mem = yg_arena_alloc(arena, b.size);

	if (!mem)
		return false;
	if (b.size > 0)
		memcpy(mem, b.data, b.size);
	*ret = (struct yg_bytes){mem, b.size};
	return true;
}

char *yg_arena_str(struct yg_arena *arena, struct yg_bytes b)
{
	char *mem = b.size < SIZE_MAX ? yg_arena_alloc(arena, b.size + 1) : NULL;

	if (!mem)
		return NULL;
	if (b.size > 0)
		memcpy(mem, b.data, b.size);
	mem[b.size] = '\0';
	return mem;
}

size_t yg_arena_used(const struct yg_arena *arena)
{
	return arena->used;
}
