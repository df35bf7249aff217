/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/bytes.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/ban.h"

#define NUMBER_BYTES_MAX 64u
#define FIND_SHORT_MAX	 1024u /* above, the worst case counts: memmem() is linear */

#ifdef __SSE2__
/*
 * Sixteen places at a time: where the needle's first and last byte stand at their distance, look
 * closer. memmem() prepares a table for each call, which costs more than it saves on short texts.
 */
static size_t find_short(struct yg_bytes hay, struct yg_bytes needle)
{
	const __m128i first = _mm_set1_epi8((char)needle.data[0]);
	const __m128i last = _mm_set1_epi8((char)needle.data[needle.size - 1]);
	size_t places = hay.size - needle.size + 1;
	size_t i = 0;

	for (; i + 16 <= places; i += 16) {
		const uint8_t *at = hay.data + i;
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(at + needle.size - 1));
		unsigned mask = (unsigned)_mm_movemask_epi8(
			_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));

		for (; mask; mask &= mask - 1) {
			size_t place = (size_t)__builtin_ctz(mask);

			if (memcmp(at + place, needle.data, needle.size) == 0)
				return i + place;
		}
	}
	for (; i < places; i++)
		if (hay.data[i] == needle.data[0] &&
		    memcmp(hay.data + i, needle.data, needle.size) == 0)
			return i;
	return SIZE_MAX;
}
#endif

size_t yg_bytes_find(struct yg_bytes hay, struct yg_bytes needle)
{
	const uint8_t *at;

	if (needle.size == 0)
		return 0;
	if (hay.size < needle.size)
		return SIZE_MAX;
#ifdef __SSE2__
	if (hay.size <= FIND_SHORT_MAX)
		return find_short(hay, needle);
#endif
	at = memmem(hay.data, hay.size, needle.data, needle.size);
	return at ? (size_t)(at - hay.data) : SIZE_MAX;
}

size_t yg_bytes_chr(struct yg_bytes hay, uint8_t c)
{
	const uint8_t *at = hay.size ? memchr(hay.data, c, hay.size) : NULL;

	return at ? (size_t)(at - hay.data) : SIZE_MAX;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool yg_bytes_eq_nocase(struct yg_bytes a, struct yg_bytes b)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++)
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	return true;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct yg_bytes yg_bytes_trim(struct yg_bytes b)
{
	while (b.size > 0 && is_space(b.data[0])) {
		b.data++;
		b.size--;
	}
	while (b.size > 0 && is_space(b.data[b.size - 1]))
		b.size--;
	return b;
}

bool yg_bytes_u64(struct yg_bytes b, uint64_t *ret)
{
	uint64_t value = 0;

	if (b.size == 0)
		return false;
	for (size_t i = 0; i < b.size; i++) {
		uint8_t digit = (uint8_t)(b.data[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*ret = value;
	return true;
}

bool yg_bytes_i64(struct yg_bytes b, int64_t *ret)
{
	bool is_negative = b.size > 0 && b.data[0] == '-';
	uint64_t value;

	if (!yg_bytes_u64(yg_bytes_from(b, is_negative), &value) ||
	    value > (uint64_t)INT64_MAX + is_negative)
		return false;
	*ret = is_negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

/* Decimal digits from *i on, which moves behind them; how many there were. */
static size_t skip_digits(struct yg_bytes b, size_t *i)
{
	size_t from = *i;

	while (*i < b.size && b.data[*i] >= '0' && b.data[*i] <= '9')
		++*i;
	return *i - from;
}

bool yg_bytes_is_number(struct yg_bytes b)
{
	size_t i = b.size > 0 && b.data[0] == '-';
	bool has_zero = i < b.size && b.data[i] == '0';
	size_t whole = skip_digits(b, &i);

	if (whole == 0 || (has_zero && whole > 1))
		return false;
	if (i < b.size && b.data[i] == '.') {
		i++;
		if (skip_digits(b, &i) == 0)
			return false;
	}
	if (i < b.size && (b.data[i] | 0x20) == 'e') {
		i++;
		if (i < b.size && (b.data[i] == '+' || b.data[i] == '-'))
			i++;
		if (skip_digits(b, &i) == 0)
			return false;
	}
	return i == b.size;
}

bool yg_bytes_double(struct yg_bytes b, double *ret)
{
	static locale_t plain; /* strtod must not follow the user's decimal comma */
	char text[NUMBER_BYTES_MAX];
	char *end;
	double value;
	locale_t use = __atomic_load_n(&plain, __ATOMIC_ACQUIRE);

	if (b.size == 0 || b.size >= sizeof(text))
		return false;
	for (size_t i = 0; i < b.size; i++) {
		uint8_t c = b.data[i];

		/* Keeps out what strtod would also take: "inf", "nan", spaces, "0x1p3". */
		if (!((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' ||
		      c == 'E' ||
		      (i > 0 &&
		       ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == 'x' || c == 'X'))))
			return false;
		text[i] = (char)c;
	}
	text[b.size] = '\0';
	if (!use) {
		use = newlocale(LC_ALL_MASK, "C", (locale_t)0);
		if (!use)
			return false;
		__atomic_store_n(&plain, use, __ATOMIC_RELEASE);
	}
	errno = 0;
	value = strtod_l(text, &end, use);
	if (end != text + b.size || !isfinite(value))
		return false;
	*ret = value;
	return true;
}
