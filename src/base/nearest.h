/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/nearest.h - the name a person probably meant, for messages about a mistyped one.
 *
 * Levenshtein distance in which a swap of two neighbours is one change; letter case does not
 * count. Pure, thread-safe. Cost: O(size of word × size of candidate) each.
 */
#pragma once

#include "base/bytes.h"

/* Changes of one character from @a to @b; 64 = far (also for words of 64 bytes and more). */
unsigned yg_word_distance(struct yg_bytes a, struct yg_bytes b);

/* The candidate nearest to @word, or NULL when none is near. */
const char *yg_nearest(struct yg_bytes word, const char *const *candidates, size_t count);

/* The same over texts; SIZE_MAX when none is near. */
size_t yg_nearest_of(struct yg_bytes word, const struct yg_bytes *candidates, size_t count);
