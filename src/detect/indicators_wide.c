/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a text an indicator may stand, 32 bytes at a time (AVX2) or 64 (AVX-512):
 * indicators_scan.c looks at these places alone. Nine of ten dots stand before "exe", "dll" or a
 * fraction: what follows a dot is compared with the beginnings of all last labels that are listed,
 * without a branch.
 *
 * Eight buckets: each byte of four tables says which of them agree with half a byte of the first or
 * second character behind a mark; what all four agree on may be meant. Where a byte can be looked
 * up among 64 at once (AVX-512 VBMI), a table for each of the two does, a third says which buckets
 * the mark itself asks for, and short texts are looked at field after field with the tables in
 * registers. What one such block costs is what its lookups and comparisons cost, all on one port of
 * the CPU: there are six.
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

/* Where the second table has byte @c. */
static unsigned place_of(unsigned c)
{
	return (c & 31) | (c >> 1 & 32);
}

/* Of the whole bytes: letters in any case, digits. */
static void fill_pair_bytes(struct yg_indicator_wide *w, unsigned bucket, unsigned first,
			    unsigned second)
{
	for (unsigned i = 0x30; i < 128; i++) {
		w->second[place_of(i)] |= (uint8_t)((unsigned)((i & 31) == first) << bucket);
		w->third[i & 63] |= (uint8_t)((unsigned)((i & 31) == second) << bucket);
	}
}

/* What the halves of a byte agree on, in @buckets. */
static void fill_agreed(struct yg_indicator_wide *w, unsigned buckets)
{
	for (unsigned i = 0; i < 128; i++) {
		w->second[place_of(i)] |= (uint8_t)(w->low1[i & 15] & w->high1[i >> 4] & buckets);
		w->third[i & 63] |= (uint8_t)(w->low2[i & 15] & w->high2[i >> 4] & buckets);
	}
}

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
	w->is_whole = w->is_wider && __builtin_cpu_supports("avx512vbmi") != 0;
#endif
	for (unsigned i = 0; i < 1024; i++)
		count += kinds->pairs[i / 64] >> i % 64 & 1;
	/* Neighbours share a bucket: they begin alike. */
	for (unsigned i = 0; i < 1024; i++)
		if (kinds->pairs[i / 64] >> i % 64 & 1) {
			fill_pair_bytes(w, at * buckets / count, i >> 5, i & 31);
			fill_pair(w, at++ * buckets / count, i >> 5, i & 31);
		}
	w->pairs = (uint8_t)((1u << buckets) - 1);
	if (has_colons)
		fill_colons(w, buckets);
	fill(w->low1, w->high1, NUMBERS, 0x03ffu, 1u << 3);
	fill(w->low2, w->high2, NUMBERS, ANY, ANY);
	fill_agreed(w, 1u << NUMBERS | w->colons);
	w->mark[0] = (uint8_t)(w->pairs | 1u << NUMBERS);
	w->mark[':' - '.'] = w->colons;
	for (const char *c = "0123456789abcdefABCDEF"; *c; c++)
		w->hex[*c & 63] = UINT8_MAX;
}

/* Is it a text of the log that has room for an indicator? */
static inline bool is_text(const struct yg_field *f)
{
	return f->kind == YG_VALUE_TEXT && !f->is_derived &&
	       (f->is_utf16 || f->text.size >= YG_INDICATOR_SHORT_MIN);
}

static void leave_fields(const struct yg_field *fields, uint32_t count,
			 struct yg_indicator_looked *ret)
{
	ret->is_left = 0;
	ret->is_marked = 0;
	ret->has_hex = 0;
	for (uint32_t i = 0; i < count; i++)
		ret->is_left |= (uint64_t)is_text(&fields[i]) << i;
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

AVX512 static inline uint64_t hex_digits(__m512i here)
{
	__m512i letters = _mm512_sub_epi8(_mm512_or_si512(here, _mm512_set1_epi8(0x20)),
					  _mm512_set1_epi8('a'));

	return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(here, _mm512_set1_epi8('0')),
				      _mm512_set1_epi8(10)) |
	       _mm512_cmplt_epu8_mask(letters, _mm512_set1_epi8(6));
}

/* Are there sixteen hex digits in a row? */
AVX512 static inline bool has_hex_run(__m512i here)
{
	uint64_t x = hex_digits(here);

	x &= x >> 8;
	x &= x >> 4;
	x &= x >> 2;
	return (x & x >> 1) != 0;
}

/* Where in @x the first 32 ones in a row begin; 64: nowhere. */
static inline unsigned first_run(uint64_t x)
{
	x &= x >> 16;
	x &= x >> 8;
	x &= x >> 4;
	x &= x >> 2;
	x &= x >> 1;
	return x ? (unsigned)__builtin_ctzll(x) : 64;
}

/* How many ones @x begins with at its lowest bit. */
static inline unsigned ones(uint64_t x)
{
	return x == UINT64_MAX ? 64 : (unsigned)__builtin_ctzll(~x);
}

AVX512 bool yg_indicator_wide_hex(struct yg_bytes text, size_t from, size_t *ret_from,
				  size_t *ret_to)
{
	size_t run = 0; /* digits before @at, without a gap */

	for (size_t at = from; at < text.size; at += 64) {
		size_t left = text.size - at;
		uint64_t is_in = left >= 64 ? UINT64_MAX : (UINT64_C(1) << left) - 1;
		uint64_t x = is_in & hex_digits(_mm512_maskz_loadu_epi8(is_in, text.data + at));
		unsigned head = ones(x);
		unsigned first = head == 64 ? 64 : first_run(x);

		if (head < 64 && run + head >= YG_INDICATOR_HEX_MIN) {
			*ret_from = at - run;
			*ret_to = at + head;
			return true;
		}
		if (first < 64 && first + ones(x >> first) < 64) {
			*ret_from = at + first;
			*ret_to = at + first + ones(x >> first);
			return true;
		}
		run = head == 64 ? run + 64 : (size_t)__builtin_clzll(~x);
	}
	*ret_from = text.size - run;
	*ret_to = text.size;
	return run >= YG_INDICATOR_HEX_MIN;
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

#define AVX512_BYTES __attribute__((target("avx512f,avx512bw,avx512vbmi")))

struct tables { /* they stay in registers */
	__m512i second, third, hex, mark;
};

AVX512_BYTES static inline struct tables tables_of(const struct yg_indicator_wide *w)
{
	return (struct tables){
		_mm512_loadu_si512(w->second),
		_mm512_loadu_si512(w->third),
		_mm512_loadu_si512(w->hex),
		four_times(w->mark),
	};
}

/*
 * The marks in @here; @second, @third: the bytes one and two behind. A byte above 127 is taken for
 * one of ASCII: what is no mark is seen later. *@ret_numbers: dots before digits, marks only if
 * another is near.
 */
AVX512_BYTES static inline uint64_t whole_marks(const struct tables *t, __m512i here,
						__m512i second, __m512i third,
						uint64_t *ret_numbers)
{
	/* '.' is 0x70, ':' 0x7c; what is none of the 16 is above 0x7f, for which 0 is looked up. */
	__m512i mark = _mm512_adds_epu8(_mm512_sub_epi8(here, _mm512_set1_epi8('.')),
					_mm512_set1_epi8(0x70));
	__m512i place =
		_mm512_ternarylogic_epi64(_mm512_set1_epi8(32), _mm512_srli_epi16(second, 1),
					  second, 0xca); /* bit 5 is bit 6, others as are */
	__m512i left = _mm512_ternarylogic_epi64(_mm512_permutexvar_epi8(place, t->second),
						 _mm512_permutexvar_epi8(third, t->third),
						 _mm512_shuffle_epi8(t->mark, mark), 0x80);

	*ret_numbers = _mm512_movepi8_mask(left);
	return _mm512_test_epi8_mask(left, _mm512_set1_epi8(0x7f));
}

/* Of @numbers in the block at @at those two, three or four bytes behind a dot. */
AVX512_BYTES __attribute__((noinline)) static uint64_t near_dots(uint64_t numbers, __m512i here,
								 struct yg_bytes text, size_t at)
{
	uint64_t now = _mm512_cmpeq_epi8_mask(here, _mm512_set1_epi8('.'));
	uint64_t before = 0;

	for (unsigned i = 1; i <= 4 && i <= at; i++)
		before |= (uint64_t)(text.data[at - i] == '.') << (64 - i);
	return numbers &
	       (now << 2 | before >> 62 | now << 3 | before >> 61 | now << 4 | before >> 60);
}

/* Bit n: the eight bytes from 8n on are hex digits. */
AVX512_BYTES static inline uint8_t hex_eights(const struct tables *t, __m512i here)
{
	return (uint8_t)_mm512_cmpeq_epi64_mask(_mm512_permutexvar_epi8(here, t->hex),
						_mm512_set1_epi8(-1));
}

/*
 * Blocks in which the third of three eights in a row ends: a run of 32 digits holds such ones, a
 * number of sixteen does not. @eights: of the block before and @count more, and seven of any kind.
 */
static inline uint64_t hex_ends(const uint8_t *eights, unsigned count)
{
	uint64_t any = 0, hex = 0;

	for (unsigned i = 0; i < count; i += 7) { /* the last of eight is the first of the next */
		uint64_t x;

		memcpy(&x, eights + i, sizeof(x)); /* the first has the lowest bits */
		any |= x & x << 1 & x << 2;
	}
	for (unsigned i = 0; any && i < count; i++) {
		unsigned x = (unsigned)eights[i + 1] << 2 | eights[i] >> 6;

		hex |= (uint64_t)((x & x >> 1 & x >> 2) != 0) << i;
	}
	return hex;
}

static const uint8_t rotate[66] = {
	0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
	22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
	44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 0,  1};

/*
 * The last 65 bytes or fewer, of those at @at. What lies behind the text is zero and is not read;
 * of 65 the last two of the block do not see what follows them, so that any mark there counts.
 */
AVX512_BYTES __attribute__((always_inline)) static inline uint64_t
tail_marks(const struct tables *t, struct yg_bytes text, size_t at, uint8_t *ret_eights)
{
	size_t size = text.size - at;
	__m512i here = _mm512_maskz_loadu_epi8(size >= 64 ? UINT64_MAX : (UINT64_C(1) << size) - 1,
					       text.data + at);
	__m512i second = _mm512_permutexvar_epi8(_mm512_loadu_si512(rotate + 1), here);
	__m512i third = _mm512_permutexvar_epi8(_mm512_loadu_si512(rotate + 2), here);
	uint64_t numbers;
	uint64_t marks = whole_marks(t, here, second, third, &numbers);

	*ret_eights = hex_eights(t, here);
	if (numbers)
		marks |= near_dots(numbers, here, text, at);
	if (size > 64)
		marks |= UINT64_C(3) << 62 & (_mm512_cmpeq_epi8_mask(here, _mm512_set1_epi8('.')) |
					      _mm512_cmpeq_epi8_mask(here, _mm512_set1_epi8(':')));
	return marks;
}

AVX512_BYTES unsigned yg_indicator_wide_all(const struct yg_indicator_wide *w, struct yg_bytes text,
					    struct yg_indicator_marks *m,
					    uint64_t found[YG_INDICATOR_BLOCKS_MAX + 1],
					    size_t at[YG_INDICATOR_BLOCKS_MAX + 1])
{
	const struct tables t = tables_of(w);
	size_t next = m->next;
	const size_t begin = next;
	/* Of the block before and those from @begin on. */
	uint8_t eights[1 + YG_INDICATOR_BLOCKS_MAX + 7] __attribute__((uninitialized));
	unsigned blocks = 0;
	unsigned count = 0;
	uint64_t hex;

	eights[0] = m->eights;
	while (blocks < YG_INDICATOR_BLOCKS_MAX - 2 && text.size - next >= 66) {
		const uint8_t *p = text.data + next;
		__m512i here = _mm512_loadu_si512(p);
		uint64_t numbers;
		uint64_t marks = whole_marks(&t, here, _mm512_loadu_si512(p + 1),
					     _mm512_loadu_si512(p + 2), &numbers);

		eights[++blocks] = hex_eights(&t, here);
		/* Few texts have them: fractions, versions, addresses. */
		if (numbers)
			marks |= near_dots(numbers, here, text, next);
		at[count] = next;
		found[count] = marks;
		count += marks != 0;
		next += 64;
	}
	while (text.size - next < 66 && next < text.size) {
		uint64_t marks = tail_marks(&t, text, next, &eights[++blocks]);

		at[count] = next;
		found[count] = marks;
		count += marks != 0;
		next = text.size - next > 64 ? next + 64 : text.size;
	}
	m->next = next;
	m->eights = eights[blocks];
	hex = hex_ends(eights, blocks);
	if (hex) {
		if (!m->has_hex)
			m->hex_from = begin + (size_t)__builtin_ctzll(hex) * 64;
		m->hex_to = begin + (size_t)(64 - __builtin_clzll(hex)) * 64;
		m->hex_to = m->hex_to < text.size ? m->hex_to : text.size;
		m->has_hex = true;
	}
	return count;
}

AVX512_BYTES static void look_at_fields(const struct yg_indicator_wide *w,
					const struct yg_field *fields, uint32_t count,
					struct yg_indicator_looked *ret)
{
	const struct tables t = tables_of(w);
	uint64_t left = 0, marked = 0, hex = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct yg_field *f = &fields[i];
		uint8_t eights;
		uint64_t marks;
		bool has_hex;

		if (!is_text(f))
			continue;
		if (f->is_utf16 || f->text.size > YG_INDICATOR_SHORT_MAX) {
			left |= UINT64_C(1) << i;
			continue;
		}
		marks = tail_marks(&t, f->text, 0, &eights);
		has_hex = (eights & eights >> 1 & eights >> 2) != 0;
		ret->marks[i] = marks;
		left |= (uint64_t)(marks != 0 || has_hex) << i;
		marked |= UINT64_C(1) << i;
		hex |= (uint64_t)has_hex << i;
	}
	ret->is_left = left;
	ret->is_marked = left & marked;
	ret->has_hex = hex;
}

void yg_indicator_wide_fields(const struct yg_indicator_wide *w, const struct yg_field *fields,
			      uint32_t count, struct yg_indicator_looked *ret)
{
	if (w->is_whole)
		look_at_fields(w, fields, count, ret);
	else
		leave_fields(fields, count, ret);
}

bool yg_indicator_wide_next(const struct yg_indicator_wide *w, struct yg_bytes text,
			    struct yg_indicator_marks *m)
{
	if (m->next >= text.size)
		return false;
	return w->is_wider ? next_64(w, text, m) : next_32(w, text, m);
}
#else
bool yg_indicator_wide_hex(struct yg_bytes text, size_t from, size_t *ret_from, size_t *ret_to)
{
	(void)text;
	(void)from;
	(void)ret_from;
	(void)ret_to;
	return false;
}

unsigned yg_indicator_wide_all(const struct yg_indicator_wide *w, struct yg_bytes text,
			       struct yg_indicator_marks *m,
			       uint64_t found[YG_INDICATOR_BLOCKS_MAX + 1],
			       size_t at[YG_INDICATOR_BLOCKS_MAX + 1])
{
	(void)w;
	(void)found;
	(void)at;
	m->next = text.size;
	return 0;
}

void yg_indicator_wide_fields(const struct yg_indicator_wide *w, const struct yg_field *fields,
			      uint32_t count, struct yg_indicator_looked *ret)
{
	(void)w;
	leave_fields(fields, count, ret);
}

bool yg_indicator_wide_next(const struct yg_indicator_wide *w, struct yg_bytes text,
			    struct yg_indicator_marks *m)
{
	(void)w;
	(void)text;
	(void)m;
	return false;
}
#endif
