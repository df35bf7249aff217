/* SPDX-License-Identifier: Apache-2.0 */
/* The name a person probably meant: Levenshtein distance with swaps of neighbours. */
#include "base/nearest.h"

#include "base/ban.h"

#define WORD_MAX 64u

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static uint8_t lower(uint8_t c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

unsigned yg_word_distance(struct yg_bytes a, struct yg_bytes b)
{
	unsigned rows[3][WORD_MAX + 1];

	if (a.size >= WORD_MAX || b.size >= WORD_MAX)
		return WORD_MAX;
	for (unsigned j = 0; j <= b.size; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.size; i++) {
		unsigned *now = rows[i % 3];
		const unsigned *before = rows[(i + 2) % 3];
		const unsigned *older = rows[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= b.size; j++) {
			uint8_t x = lower(a.data[i - 1]);
			uint8_t y = lower(b.data[j - 1]);

			now[j] = least(least(before[j] + 1, now[j - 1] + 1),
				       before[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b.data[j - 2]) &&
			    lower(a.data[i - 2]) == y)
				now[j] = least(now[j], older[j - 2] + 1);
		}
	}
	return rows[a.size % 3][b.size];
}

/* How far off a word of this size may be and still be meant. */
static unsigned tolerance(size_t size)
{
	return size <= 2 ? 0 : size <= 5 ? 1 : size <= 8 ? 2 : 3;
}

size_t yg_nearest_of(struct yg_bytes word, const struct yg_bytes *candidates, size_t count)
{
	unsigned best = tolerance(word.size) + 1;
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		unsigned d = yg_word_distance(word, candidates[i]);

		if (d < best) {
			best = d;
			found = i;
		}
	}
	return found;
}

const char *yg_nearest(struct yg_bytes word, const char *const *candidates, size_t count)
{
	unsigned best = tolerance(word.size) + 1;
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		unsigned d = yg_word_distance(word, yg_bytes_str(candidates[i]));

		if (d < best) {
			best = d;
			found = candidates[i];
		}
	}
	return found;
}
