/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/glob.h"

#include "base/utf8.h"

#include "base/ban.h"

static bool is_special(uint8_t c)
{
	return c == '*' || c == '?' || c == '\\';
}

/* Size of the character at @at, at least 1. */
static size_t step(struct yg_bytes text, size_t at)
{
	size_t size;

	if (text.data[at] < 0x80)
		return 1;
	size = yg_utf8_size(yg_bytes_from(text, at));
	return size ? size : 1;
}

/* One plain byte of the pattern at @at: how many pattern bytes it takes. */
static size_t plain(struct yg_bytes pattern, size_t at, uint8_t *ret)
{
	if (pattern.data[at] == '\\' && at + 1 < pattern.size && is_special(pattern.data[at + 1])) {
		*ret = pattern.data[at + 1];
		return 2;
	}
	*ret = pattern.data[at];
	return 1;
}

bool yg_glob_match(struct yg_bytes pattern, struct yg_bytes text)
{
	uint64_t steps = 0;

	return yg_glob_match_counted(pattern, text, &steps);
}

bool yg_glob_match_counted(struct yg_bytes pattern, struct yg_bytes text, uint64_t *steps)
{
	size_t p = 0, t = 0;
	size_t star_p = SIZE_MAX, star_t = 0; /* after the last star; where its run ends */

	for (;; (*steps)++) {
		if (p < pattern.size && pattern.data[p] == '*') {
			star_p = ++p;
			star_t = t;
			if (p == pattern.size)
				return true;
			continue;
		}
		if (p == pattern.size && t == text.size)
			return true;
		if (p < pattern.size && t < text.size) {
			uint8_t c;
			size_t used;

			if (pattern.data[p] == '?') {
				p++;
				t += step(text, t);
				continue;
			}
			used = plain(pattern, p, &c);
			if (c == text.data[t]) {
				p += used;
				t++;
				continue;
			}
		}
		if (star_p == SIZE_MAX || star_t >= text.size)
			return false;
		star_t += step(text, star_t); /* the last star takes one character more */
		p = star_p;
		t = star_t;
	}
}

size_t yg_glob_literal(struct yg_bytes pattern, uint8_t *to, size_t room)
{
	size_t best_at = 0, best = 0, p = 0;

	while (p < pattern.size) { /* find the longest run */
		size_t start = p, size = 0;
		uint8_t c;

		while (p < pattern.size && pattern.data[p] != '*' && pattern.data[p] != '?') {
			p += plain(pattern, p, &c);
			size++;
		}
		if (size > best) {
			best = size;
			best_at = start;
		}
		p++;
	}
	if (best > room)
		best = room;
	p = best_at;
	for (size_t i = 0; i < best; i++)
		p += plain(pattern, p, &to[i]);
	return best;
}
