/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/arena.h - one batch of memory, freed at once.
 *
 * An arena grows by blocks up to the ceiling it was born with. What it hands out lives
 * until the next reset or free; nothing is freed one by one. Reset keeps the blocks, so a
 * batch loop stops allocating after its first rounds. One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct yg_arena;

/* Make an arena that may hand out up to @bytes_max bytes. Returns NULL when memory is out. */
struct yg_arena *yg_arena_new(size_t bytes_max);

/* Free @arena and all it handed out. NULL is allowed. Always returns NULL. */
struct yg_arena *yg_arena_free(struct yg_arena *arena);

/* Forget all that was handed out; the arena can be used again. */
void yg_arena_reset(struct yg_arena *arena);

/* Hand out @size bytes, aligned to 16, not cleared. NULL at the ceiling or without memory. */
void *yg_arena_alloc(struct yg_arena *arena, size_t size);

/* The same, zeroed. */
void *yg_arena_zalloc(struct yg_arena *arena, size_t size);

/* A copy of @b in the arena. False without room; *ret untouched then. */
bool yg_arena_dup(struct yg_arena *arena, struct yg_bytes b, struct yg_bytes *ret);

/* A NUL-terminated copy of @b; NULL without room. */
char *yg_arena_str(struct yg_arena *arena, struct yg_bytes b);

/* Bytes handed out since the last reset. */
size_t yg_arena_used(const struct yg_arena *arena);

#define YG_CLEANUP(fn) __attribute__((cleanup(fn)))
static inline void yg_arena_freep(struct yg_arena **arena)
{
	*arena = yg_arena_free(*arena);
}
