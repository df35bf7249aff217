/* SPDX-License-Identifier: Apache-2.0 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"

#include "base/ban.h"

#define ASCII_UNITS UINT64_C(0xff80ff80ff80ff80) /* set in what is not four ASCII units */

static uint32_t unit_at(struct yg_bytes b, size_t at)
{
	return (uint32_t)b.data[at] | (uint32_t)b.data[at + 1] << 8;
}

/* The character at @at; *ret_used: bytes it takes. */
static uint32_t point_at(struct yg_bytes b, size_t at, size_t *ret_used)
{
	uint32_t unit = unit_at(b, at);
	uint32_t low;

	*ret_used = 2;
	if (unit < 0xd800 || unit > 0xdfff)
		return unit;
	if (unit > 0xdbff || at + 4 > b.size)
		return 0xfffd;
	low = unit_at(b, at + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*ret_used = 4;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* How many units at @at are ASCII, in steps of eight: the rest is looked at one by one. */
static size_t ascii_units(struct yg_bytes b, size_t at, uint8_t *to)
{
	size_t start = at;

	while (at + 16 <= b.size) {
		uint64_t words[2];

		memcpy(words, b.data + at, sizeof(words));
		if ((words[0] | words[1]) & ASCII_UNITS)
			break;
		for (size_t i = 0; to && i < 8; i++)
			*to++ = b.data[at + 2 * i];
		at += 16;
	}
	return (at - start) / 2;
}

size_t yg_utf8_from_utf16le(struct yg_bytes b, uint8_t *to)
{
	size_t size = 0;
	size_t at = 0;

	while (at + 2 <= b.size) {
		size_t units = ascii_units(b, at, to + size);
		size_t used;

		size += units;
		at += 2 * units;
		/* Then eight as they come, before the next look for ASCII. */
		for (unsigned i = 0; i < 8 && at + 2 <= b.size; i++, at += used) {
			if (!b.data[at + 1] && b.data[at] < 0x80) {
				to[size++] = b.data[at];
				used = 2;
			} else {
				size += yg_utf8_put(point_at(b, at, &used), to + size);
			}
		}
	}
	return size;
}

size_t yg_utf8_size_of_utf16le(struct yg_bytes b)
{
	size_t size = 0;
	size_t at = 0;

	while (at + 2 <= b.size) {
		size_t units = ascii_units(b, at, NULL);
		size_t used;

		size += units;
		at += 2 * units;
		for (unsigned i = 0; i < 8 && at + 2 <= b.size; i++, at += used) {
			uint32_t point = point_at(b, at, &used);

			size += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
		}
	}
	return size;
}

static bool is_tail(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

size_t yg_utf8_size(struct yg_bytes b)
{
	uint8_t c = b.size ? b.data[0] : 0;
	size_t size;

	if (b.size == 0)
		return 0;
	if (c < 0x80)
		return 1;
	size = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || b.size < size)
		return 0;
	for (size_t i = 1; i < size; i++)
		if (!is_tail(b.data[i]))
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((c == 0xe0 && b.data[1] < 0xa0) || (c == 0xed && b.data[1] > 0x9f) ||
	    (c == 0xf0 && b.data[1] < 0x90) || (c == 0xf4 && b.data[1] > 0x8f))
		return 0;
	return size;
}

bool yg_utf8_valid(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size) {
		uint64_t eight;
		size_t step;

		if (b.size - i >= 8) {
			memcpy(&eight, b.data + i, 8);
			if (!(eight & 0x8080808080808080u)) {
				i += 8;
				continue;
			}
		}
		step = yg_utf8_size(yg_bytes_from(b, i));
		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

/* C1 (c2 80 to c2 9f), U+2028 to U+202E (e2 80 a8 to ae), U+2066 to U+2069 (e2 81 a6 to a9). */
static bool is_turning(const uint8_t *c, size_t left)
{
	if (c[0] == 0xc2)
		return left > 1 && c[1] < 0xa0;
	return c[0] == 0xe2 && left > 2 &&
	       ((c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
		(c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

bool yg_utf8_is_line(struct yg_bytes b)
{
	for (size_t i = 0; i < b.size; i++)
		if (b.data[i] < ' ' || b.data[i] == 0x7f || is_turning(b.data + i, b.size - i))
			return false;
	return yg_utf8_valid(b);
}

size_t yg_utf8_put(uint32_t point, uint8_t to[4])
{
	if (point < 0x80) {
		to[0] = (uint8_t)point;
		return 1;
	}
	if (point < 0x800) {
		to[0] = (uint8_t)(0xc0 | point >> 6);
		to[1] = (uint8_t)(0x80 | (point & 63));
		return 2;
	}
	if (point < 0x10000) {
		to[0] = (uint8_t)(0xe0 | point >> 12);
		to[1] = (uint8_t)(0x80 | (point >> 6 & 63));
		to[2] = (uint8_t)(0x80 | (point & 63));
		return 3;
	}
	to[0] = (uint8_t)(0xf0 | point >> 18);
	to[1] = (uint8_t)(0x80 | (point >> 12 & 63));
	to[2] = (uint8_t)(0x80 | (point >> 6 & 63));
	to[3] = (uint8_t)(0x80 | (point & 63));
	return 4;
}

/* How a capital becomes small. */
enum {
	FOLD_EVEN = 1024, /* capitals are the even ones, each before its small letter */
	FOLD_ODD,	  /* the odd ones */
};

/*
 * Simple case folding of the scripts that have two-byte letters, ascending; the last one holds all
 * the rest. Left out: U+0130, U+0131, U+0149, U+017F, whose folds change length or are locale
 * questions.
 */
static const struct fold {
	uint32_t first;
	uint32_t last;
	int step; /* added, or one of the above */
} folds[] = {
	{0xc0, 0xd6, 32},	   {0xd8, 0xde, 32},	      {0x100, 0x12f, FOLD_EVEN},
	{0x132, 0x137, FOLD_EVEN}, {0x139, 0x148, FOLD_ODD},  {0x14a, 0x177, FOLD_EVEN},
	{0x178, 0x178, -121},	   {0x179, 0x17e, FOLD_ODD},  {0x386, 0x386, 38},
	{0x388, 0x38a, 37},	   {0x38c, 0x38c, 64},	      {0x38e, 0x38f, 63},
	{0x391, 0x3a1, 32},	   {0x3a3, 0x3ab, 32},	      {0x400, 0x40f, 80},
	{0x410, 0x42f, 32},	   {0x460, 0x481, FOLD_EVEN}, {0x48a, 0x4bf, FOLD_EVEN},
	{0x4d0, 0x52f, FOLD_EVEN}, {0x531, 0x556, 48},	      {UINT32_MAX, UINT32_MAX, 0},
};

static uint32_t fold_two(uint32_t p)
{
	const struct fold *fold = folds;

	while (p > fold->last)
		fold++;
	if (p < fold->first)
		return p;
	switch (fold->step) {
	case FOLD_EVEN:
		return p | 1;
	case FOLD_ODD:
		return p + (p & 1);
	default:
		return p + (uint32_t)fold->step;
	}
}

/* The letter or the beginning of one at @i, which is no ASCII; returns the bytes that are done. */
static size_t fold_wide(uint8_t *to, size_t i, size_t size)
{
	uint8_t c = to[i];

	if (c >= 0xc3 && c < 0xd6 && is_tail(to[i + 1])) {
		uint32_t p = fold_two((uint32_t)(c & 31) << 6 | (to[i + 1] & 63));

		(void)yg_utf8_put(p, to + i); /* always two bytes here */
		return 2;
	}
	if (c == 0xef && to[i + 1] == 0xbc && i + 2 < size && to[i + 2] >= 0xa1 &&
	    to[i + 2] <= 0xba) { /* full-width A–Z: U+FF21..3A -> U+FF41..5A */
		uint8_t low = (uint8_t)(to[i + 2] + 0x20);

		to[i + 1] = low > 0xbf ? 0xbd : 0xbc;
		to[i + 2] = low > 0xbf ? (uint8_t)(low - 0x40) : low;
		return 3;
	}
	return 1;
}

/* Where the next byte that is no ASCII stands, or @size: such letters are few in long texts. */
static size_t next_wide(const uint8_t *b, size_t i, size_t size)
{
#ifdef __SSE2__
	for (; size - i >= 16; i += 16) {
		unsigned high = (unsigned)_mm_movemask_epi8(
			_mm_loadu_si128((const __m128i *)(const void *)(b + i)));

		if (high)
			return i + (size_t)__builtin_ctz(high);
	}
#endif
	while (i < size && b[i] < 0x80)
		i++;
	return i;
}

size_t yg_fold(struct yg_bytes b, uint8_t *to)
{
	uint8_t seen = 0;

	for (size_t i = 0; i < b.size; i++) {
		uint8_t c = b.data[i];

		seen |= c;
		to[i] = (uint8_t)(c + ((uint8_t)(c - 'A') < 26 ? 32 : 0));
	}
	if (seen < 0x80)
		return b.size; /* ASCII only, as most texts are */
	for (size_t i = next_wide(to, 0, b.size); i + 1 < b.size;) {
		i += fold_wide(to, i, b.size);
		/* Where such letters are many, one follows the other. */
		if (i < b.size && to[i] < 0x80)
			i = next_wide(to, i, b.size);
	}
	return b.size;
}
