/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a text an indicator may stand, 32 bytes at a time (AVX2): indicators_scan.c looks at
 * these places alone. Nine of ten dots stand before "exe", "dll" or a fraction: what follows a dot
 * is compared with the beginnings of all last labels that are listed, without a branch.
 *
 * Eight buckets: each byte of four tables says which of them agree with half a byte of the first or
 * second character behind a mark; what all four agree on may be meant.
 */
#include "detect/indicators-int.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/ban.h"

#define BLOCK	    32u
#define NUMBERS	    7u /* the bucket of digits */
#define COLONS	    3u /* buckets below it, if colons are looked for */
#define NEAR_DOTS   3u /* a part of an IPv4 address has one to three digits */
#define ANY	    0xffffu
#define LOWER_HALF  0x5555u /* even first half bytes: letters, and what shares their low bits */
#define UPPER_HALF  0xaaaau

/* Put characters into @bucket: bit n of @low, @high: that half byte. */
static void fill(uint8_t low_table[16], uint8_t high_table[16], unsigned bucket, unsigned low,
		 unsigned high)
{
	for (unsigned i = 0; i < 16; i++) {
		low_table[i] |= (uint8_t)((low >> i & 1) << bucket);
		high_table[i] |= (uint8_t)((high >> i & 1) << bucket);
	}
}

static void fill_pair(struct yg_indicator_wide *w, unsigned bucket, unsigned first, unsigned second)
{
	fill(w->low1, w->high1, bucket, 1u << (first & 15), first < 16 ? 0x50u : 0xa0u);
	fill(w->low2, w->high2, bucket, 1u << (second & 15),
	     second < 16 ? LOWER_HALF : UPPER_HALF);
}

static void fill_colons(struct yg_indicator_wide *w, unsigned from)
{
	/* hex digits and ':' (and some beside them) */
	fill(w->low1, w->high1, from, 0x07ffu, 1u << 3 | 1u << 4 | 1u << 6);
	fill(w->low2, w->high2, from, ANY, ANY);
	fill(w->low1, w->high1, from + 1, 1u << 14, 1u << 2); /* '.' */
	fill(w->low2, w->high2, from + 1, ANY, ANY);
	/* "//" and "\\/" */
	fill(w->low1, w->high1, from + 2, 1u << 15 | 1u << 12, 1u << 2 | 1u << 5);
	fill(w->low2, w->high2, from + 2, 1u << 15, 1u << 2);
	w->colons = (uint8_t)(7u << from);
}

void yg_indicator_wide_init(struct yg_indicator_wide *w, const struct yg_indicator_kinds *kinds,
			    bool has_colons)
{
	unsigned buckets = has_colons ? NUMBERS - COLONS : NUMBERS;
	unsigned count = 0, at = 0;

	*w = (struct yg_indicator_wide){0};
#if defined(__x86_64__)
	__builtin_cpu_init();
	w->is_here = __builtin_cpu_supports("avx2") != 0;
#endif
	for (unsigned i = 0; i < 1024; i++)
		count += kinds->pairs[i / 64] >> i % 64 & 1;
	/* Neighbours share a bucket: they begin alike. */
	for (unsigned i = 0; i < 1024; i++)
		if (kinds->pairs[i / 64] >> i % 64 & 1)
			fill_pair(w, at++ * buckets / count, i >> 5, i & 31);
	w->pairs = (uint8_t)((1u << buckets) - 1);
	if (has_colons)
		fill_colons(w, buckets);
	fill(w->low1, w->high1, NUMBERS, 0x03ffu, 1u << 3);
	fill(w->low2, w->high2, NUMBERS, ANY, ANY);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load(const uint8_t *at)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

AVX2 static inline __m256i twice(const uint8_t table[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

AVX2 static inline __m256i buckets_of(__m256i bytes, __m256i low, __m256i high)
{
	const __m256i half = _mm256_set1_epi8(15);

	return _mm256_and_si256(
		_mm256_shuffle_epi8(low, _mm256_and_si256(bytes, half)),
		_mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half)));
}

AVX2 static inline uint32_t bits(__m256i x)
{
	return (uint32_t)_mm256_movemask_epi8(x);
}

/* Bytes of which one of the buckets in @mask is left. */
AVX2 static inline uint32_t any_of(__m256i left, uint8_t mask)
{
	return ~bits(_mm256_cmpeq_epi8(_mm256_and_si256(left, _mm256_set1_epi8((char)mask)),
				       _mm256_setzero_si256()));
}

AVX2 static inline __m256i is_within(__m256i x, char from, char count)
{
	__m256i at = _mm256_sub_epi8(x, _mm256_set1_epi8(from));

	return _mm256_cmpeq_epi8(
		_mm256_min_epu8(at, _mm256_set1_epi8((char)(count - 1))), at);
}

/* The marks in the 32 bytes at @p, behind which two more can be read. */
AVX2 static inline uint32_t marks_in(const struct yg_indicator_wide *w, const uint8_t *p,
				     struct yg_indicator_marks *m)
{
	__m256i here = load(p);
	__m256i left = _mm256_and_si256(buckets_of(load(p + 1), twice(w->low1), twice(w->high1)),
					buckets_of(load(p + 2), twice(w->low2), twice(w->high2)));
	__m256i digit = is_within(here, '0', 10);
	__m256i letter = is_within(_mm256_or_si256(here, _mm256_set1_epi8(0x20)), 'a', 6);
	uint32_t dots = bits(_mm256_cmpeq_epi8(here, _mm256_set1_epi8('.')));
	uint32_t digits = bits(digit);
	uint32_t hex = bits(_mm256_or_si256(digit, letter));
	uint64_t all = (uint64_t)dots << 32 | m->dots;
	uint64_t near = all << 2 | all << 3 | all << 4;
	uint32_t number = bits(left) & (digits << 1 | m->digits >> 31) & (uint32_t)(near >> 32);
	uint32_t marks = dots & (any_of(left, w->pairs) | number);

	if (w->colons)
		marks |= bits(_mm256_cmpeq_epi8(here, _mm256_set1_epi8(':'))) &
			 any_of(left, w->colons);
	m->has_hex |= (hex & 0xffff) == 0xffff || hex >> 16 == 0xffff;
	m->dots = dots;
	m->digits = digits;
	return marks;
}

/* The rest of the text, of which @m->next is the front: less than a block and two bytes. */
AVX2 static uint32_t last_marks(const struct yg_indicator_wide *w, struct yg_bytes text,
				struct yg_indicator_marks *m)
{
	uint8_t room[2 * BLOCK] = {0};
	size_t from = text.size > BLOCK ? text.size - BLOCK : 0;
	uint32_t marks;

	memcpy(room, text.data + from, text.size - from);
	if (from > 0) /* what stood before is not known for this place: anything may have */
		m->dots = m->digits = UINT32_MAX;
	marks = marks_in(w, room, m);
	m->at = from;
	if (m->next > from) /* but what was told already */
		marks &= UINT32_MAX << (m->next - from);
	m->next = text.size;
	return marks;
}

AVX2 bool yg_indicator_wide_next(const struct yg_indicator_wide *w, struct yg_bytes text,
				 struct yg_indicator_marks *m)
{
	while (text.size - m->next >= BLOCK + 2) {
		m->at = m->next;
		m->marks = marks_in(w, text.data + m->at, m);
		m->next += BLOCK;
		if (m->marks)
			return true;
	}
	/* One byte more than a block is left: its first byte first. */
	if (text.size - m->next > BLOCK) {
		uint8_t room[2 * BLOCK] = {0};

		memcpy(room, text.data + m->next, text.size - m->next);
		m->at = m->next;
		m->marks = marks_in(w, room, m);
		m->next += BLOCK;
		if (m->marks)
			return true;
	}
	if (m->next == text.size)
		return false;
	m->marks = last_marks(w, text, m);
	return m->marks != 0;
}
#else
bool yg_indicator_wide_next(const struct yg_indicator_wide *w, struct yg_bytes text,
			    struct yg_indicator_marks *m)
{
	(void)w;
	(void)text;
	(void)m;
	return false;
}
#endif
