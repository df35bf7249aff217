/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a text an indicator may stand, 32 bytes at a time (AVX2) or 64 (AVX-512):
 * indicators_scan.c looks at these places alone. Nine of ten dots stand before "exe", "dll" or a
 * fraction: what follows a dot is compared with the beginnings of all last labels that are listed,
 * without a branch.
 *
 * Eight buckets: each byte of four tables says which of them agree with half a byte of the first or
 * second character behind a mark; what all four agree on may be meant.
 */
#include "detect/indicators-int.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/ban.h"

#define BLOCK	   32u
#define NUMBERS	   7u /* the bucket of digits */
#define COLONS	   3u /* buckets below it, if colons are looked for */
#define ANY	   0xffffu
#define LOWER_HALF 0x5555u /* even first half bytes: letters, and what shares their low bits */
#define UPPER_HALF 0xaaaau

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
	fill(w->low2, w->high2, bucket, 1u << (second & 15), second < 16 ? LOWER_HALF : UPPER_HALF);
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
	w->is_wider = w->is_here && __builtin_cpu_supports("avx512bw") != 0;
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

struct compared {
	__m256i low1, high1, low2, high2, pairs, colons;
};

AVX2 static inline struct compared compared(const struct yg_indicator_wide *w)
{
	return (struct compared){twice(w->low1),
				 twice(w->high1),
				 twice(w->low2),
				 twice(w->high2),
				 _mm256_set1_epi8((char)w->pairs),
				 _mm256_set1_epi8((char)w->colons)};
}

AVX2 static inline uint32_t where_any(__m256i left, __m256i buckets)
{
	return ~bits(_mm256_cmpeq_epi8(_mm256_and_si256(left, buckets), _mm256_setzero_si256()));
}

AVX2 static inline __m256i is_within(__m256i x, char from, char last)
{
	__m256i at = _mm256_sub_epi8(x, _mm256_set1_epi8(from));

	return _mm256_cmpeq_epi8(_mm256_min_epu8(at, _mm256_set1_epi8(last)), at);
}

/* Is one half of @here hex digits alone? A run of 32 covers one, wherever it begins. */
AVX2 static inline bool is_hex_half(__m256i here)
{
	__m256i digit = is_within(here, '0', 9);
	__m256i letter = is_within(_mm256_or_si256(here, _mm256_set1_epi8(0x20)), 'a', 5);
	uint32_t hex = bits(_mm256_or_si256(digit, letter));

	return (hex & 0xffff) == 0xffff || hex >> 16 == 0xffff;
}

/*
 * The marks in @here; @second and @third: the bytes one and two behind. @dots: those of the block
 * before.
 */
AVX2 static inline uint32_t marks_in(const struct compared *c, __m256i here, __m256i second,
				     __m256i third, uint32_t *dots)
{
	__m256i left = _mm256_and_si256(buckets_of(second, c->low1, c->high1),
					buckets_of(third, c->low2, c->high2));
	uint32_t now = bits(_mm256_cmpeq_epi8(here, _mm256_set1_epi8('.')));
	uint32_t colons = bits(_mm256_cmpeq_epi8(here, _mm256_set1_epi8(':')));
	uint64_t all = (uint64_t)now << 32 | *dots;
	uint32_t near = (uint32_t)((all << 2 | all << 3 | all << 4) >> 32);

	*dots = now;
	return (now & (where_any(left, c->pairs) | (bits(left) & near))) |
	       (colons & where_any(left, c->colons));
}

/* Of a text of 18 to 31 bytes: its first and its last sixteen. */
AVX2 static uint32_t short_marks(const struct compared *c, struct yg_bytes text)
{
	const uint8_t *end = text.data + text.size - 16;
	__m128i tail = _mm_loadu_si128((const __m128i *)(const void *)end);
	uint32_t dots = UINT32_MAX;
	__m256i part[3];
	uint32_t marks;

	for (int i = 0; i < 3; i++) {
		part[i] = _mm256_castsi128_si256(
			_mm_loadu_si128((const __m128i *)(const void *)(text.data + i)));
		part[i] = _mm256_inserti128_si256(part[i], tail, 1);
		tail = _mm_srli_si128(tail, 1);
	}
	marks = marks_in(c, part[0], part[1], part[2], &dots);
	/* Which digits follow two halves of a number is not asked: what is no address is seen
	 * later. */
	marks |= dots & bits(_mm256_cmpgt_epi8(part[1], _mm256_set1_epi8('0' - 1))) &
		 ~bits(_mm256_cmpgt_epi8(part[1], _mm256_set1_epi8('9')));
	return (marks & 0xffff) | marks >> 16 << (text.size - 16);
}

/* The last 32 bytes of a text, but for what was looked at. */
AVX2 static uint32_t last_marks(const struct compared *c, struct yg_bytes text,
				struct yg_indicator_marks *m)
{
	__m256i here = load(text.data + text.size - BLOCK);
	__m256i upper = _mm256_permute2x128_si256(here, here, 0x81); /* its upper half, zeros */
	uint32_t dots = UINT32_MAX;				     /* not known: any */
	uint32_t marks = marks_in(c, here, _mm256_alignr_epi8(upper, here, 1),
				  _mm256_alignr_epi8(upper, here, 2), &dots);

	m->has_hex |= is_hex_half(here);
	m->at = text.size - BLOCK;
	if (m->next > m->at)
		marks &= UINT32_MAX << (m->next - m->at);
	m->next = text.size;
	return marks;
}

AVX2 static bool next_32(const struct yg_indicator_wide *w, struct yg_bytes text,
			 struct yg_indicator_marks *m)
{
	const struct compared c = compared(w);
	uint32_t marks = 0, dots = (uint32_t)m->dots;
	size_t at = m->next;

	if (text.size < BLOCK) {
		m->at = 0;
		m->next = text.size;
		m->marks = short_marks(&c, text);
		return m->marks != 0;
	}
	for (; text.size - at >= BLOCK + 2 && !marks; at += BLOCK) {
		__m256i here = load(text.data + at);

		marks = marks_in(&c, here, load(text.data + at + 1), load(text.data + at + 2),
				 &dots);
		m->has_hex |= is_hex_half(here);
	}
	m->at = at - BLOCK;
	m->next = at;
	m->dots = dots;
	/* 33 bytes are left: the first of them now, the others as the last. */
	if (!marks && text.size - at == BLOCK + 1) {
		m->at = at;
		m->next = ++at;
		marks = text.data[at - 1] == '.' || text.data[at - 1] == ':';
	}
	m->marks = marks ? marks : at < text.size ? last_marks(&c, text, m) : 0;
	return m->marks != 0;
}

#define AVX512 __attribute__((target("avx512f,avx512bw")))

AVX512 static inline __m512i four_times(const uint8_t table[16])
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)table));
}

AVX512 static inline __m512i buckets_of_64(__m512i bytes, __m512i low, __m512i high)
{
	const __m512i half = _mm512_set1_epi8(15);

	return _mm512_and_si512(
		_mm512_shuffle_epi8(low, _mm512_and_si512(bytes, half)),
		_mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), half)));
}

/* Are there sixteen hex digits in a row? */
AVX512 static inline bool has_hex_run(__m512i here)
{
	__m512i letters = _mm512_sub_epi8(_mm512_or_si512(here, _mm512_set1_epi8(0x20)),
					  _mm512_set1_epi8('a'));
	uint64_t x = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(here, _mm512_set1_epi8('0')),
					    _mm512_set1_epi8(10)) |
		     _mm512_cmplt_epu8_mask(letters, _mm512_set1_epi8(6));

	x &= x >> 8;
	x &= x >> 4;
	x &= x >> 2;
	return (x & x >> 1) != 0;
}

/* The same 64 bytes at a time; what lies behind the text is zero and is not read. */
AVX512 static bool next_64(const struct yg_indicator_wide *w, struct yg_bytes text,
			   struct yg_indicator_marks *m)
{
	const __m512i low1 = four_times(w->low1), high1 = four_times(w->high1);
	const __m512i low2 = four_times(w->low2), high2 = four_times(w->high2);
	const __m512i pairs = _mm512_set1_epi8((char)w->pairs);
	size_t at = m->next;
	uint64_t dots = m->dots, marks = 0;
	bool has_hex = m->has_hex;

	for (; at < text.size && !marks; at += 64) {
		const uint8_t *p = text.data + at;
		size_t left = text.size - at;
		uint64_t is_in = left >= 64 ? UINT64_MAX : (UINT64_C(1) << left) - 1;
		__m512i here = _mm512_maskz_loadu_epi8(is_in, p);
		__m512i second, third;
		uint64_t now, near;

		is_in = left > 64 ? UINT64_MAX : is_in >> 1;
		second = _mm512_maskz_loadu_epi8(is_in, p + 1);
		is_in = left > 65 ? UINT64_MAX : left == 65 ? UINT64_MAX >> 1 : is_in >> 1;
		third = _mm512_maskz_loadu_epi8(is_in, p + 2);
		second = _mm512_and_si512(buckets_of_64(second, low1, high1),
					  buckets_of_64(third, low2, high2));
		now = _mm512_cmpeq_epi8_mask(here, _mm512_set1_epi8('.'));
		near = (now << 2 | dots >> 62) | (now << 3 | dots >> 61) | (now << 4 | dots >> 60);
		marks = now & (_mm512_test_epi8_mask(second, pairs) |
			       (_mm512_movepi8_mask(second) & near));
		if (w->colons)
			marks |= _mm512_cmpeq_epi8_mask(here, _mm512_set1_epi8(':')) &
				 _mm512_test_epi8_mask(second, _mm512_set1_epi8((char)w->colons));
		has_hex |= has_hex_run(here);
		dots = now;
	}
	*m = (struct yg_indicator_marks){
		.next = at, .at = at - 64, .marks = marks, .dots = dots, .has_hex = has_hex};
	return marks != 0;
}

bool yg_indicator_wide_next(const struct yg_indicator_wide *w, struct yg_bytes text,
			    struct yg_indicator_marks *m)
{
	if (m->next >= text.size)
		return false;
	return w->is_wider ? next_64(w, text, m) : next_32(w, text, m);
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
