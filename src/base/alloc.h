/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/alloc.h - the only door to the heap, so that tests can close it.
 *
 * Every result may be NULL and every caller must live with that. Memory from here
 * is released with free(). Thread-safe.
 */
#pragma once

#include <stddef.h>

/* @size bytes, not cleared. @size 0 gives a pointer that can be freed. */
void *yg_malloc(size_t size);

/* @count × @size bytes, zeroed; NULL also when the product does not fit a size_t. */
void *yg_calloc(size_t count, size_t size);

/* Resize to @count × @size bytes; on NULL the old block is untouched. */
void *yg_reallocarray(void *old, size_t count, size_t size);

/* A NUL-terminated copy of the @size bytes at @text. */
char *yg_strndup(const char *text, size_t size);

/*
 * Tests only. The nth fallible call from now fails once (1 = the next); 0 = none does.
 * Counted together: allocations here and the calls of base/io.h. Also settable through
 * the environment variable YAGURA_FAIL_AT in builds with the option `torture`.
 */
extern long yg_fail_at;

/* True when the call that asks is the one that shall fail. Used by base/ only. */
int yg_fails_now(void);
