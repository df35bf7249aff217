/* SPDX-License-Identifier: Apache-2.0 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/json_check.h"

#include "base/ban.h"

/* Where the reading is, and what stands around it: bit n says that level n is an object. */
struct scan {
	const uint8_t *at;
	const uint8_t *end;
	uint64_t objects;
	unsigned depth;
};

enum step {
	MORE, /* a value has to follow */
	DONE, /* the outermost value is over */
	BAD,
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* The next byte that is no white space, 0 at the end; it is not passed. */
static uint8_t peek(struct scan *s)
{
	while (s->at < s->end &&
	       (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
	return s->at < s->end ? *s->at : 0;
}

/* The same, passed. */
static uint8_t next(struct scan *s)
{
	uint8_t c = peek(s);

	s->at += s->at < s->end;
	return c;
}

/* Behind the backslash. */
static bool take_escape(struct scan *s)
{
	uint8_t c = s->at < s->end ? *s->at++ : 0;

	if (c != 'u')
		return c != 0 && strchr("\"\\/bfnrt", c) != NULL;
	for (unsigned i = 0; i < 4; i++)
		if (s->at == s->end || !is_hex(*s->at++))
			return false;
	return true;
}

/* Past bytes of a text that mean nothing, sixteen at a time. */
static void skip_plain(struct scan *s)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i escape = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(0x1f);

	while (s->end - s->at >= 16) {
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)s->at);
		__m128i odd = _mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(b, quote), _mm_cmpeq_epi8(b, escape)),
			_mm_cmpeq_epi8(_mm_min_epu8(b, control), b));

		if (_mm_movemask_epi8(odd) != 0)
			return;
		s->at += 16;
	}
#else
	(void)s; /* byte by byte */
#endif
}

/* Behind the quote that opens it. */
static bool take_text(struct scan *s)
{
	skip_plain(s);
	while (s->at < s->end) {
		uint8_t c = *s->at++;

		if (c == '"')
			return true;
		if (c < 0x20)
			return false;
		if (c != '\\')
			continue;
		if (!take_escape(s))
			return false;
		skip_plain(s);
	}
	return false;
}

static bool take_digits(struct scan *s)
{
	const uint8_t *from = s->at;

	while (s->at < s->end && is_digit(*s->at))
		s->at++;
	return s->at > from;
}

static bool take_if(struct scan *s, uint8_t c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static bool take_number(struct scan *s)
{
	(void)take_if(s, '-'); /* may be there */
	if (!take_if(s, '0') && !take_digits(s))
		return false;
	if (take_if(s, '.') && !take_digits(s))
		return false;
	if (!take_if(s, 'e') && !take_if(s, 'E'))
		return true;
	if (!take_if(s, '+'))
		(void)take_if(s, '-'); /* one of them, or none */
	return take_digits(s);
}

static bool take_word(struct scan *s, struct yg_bytes word)
{
	size_t left = (size_t)(s->end - s->at);

	if (left < word.size || memcmp(s->at, word.data, word.size) != 0)
		return false;
	s->at += word.size;
	return true;
}

static bool is_in_object(const struct scan *s)
{
	return s->objects >> (s->depth - 1) & 1;
}

static bool take_key(struct scan *s)
{
	return next(s) == '"' && take_text(s) && next(s) == ':';
}

static enum step after_value(struct scan *s)
{
	while (s->depth > 0) {
		bool is_object = is_in_object(s);
		uint8_t c = next(s);

		if (c == ',')
			return !is_object || take_key(s) ? MORE : BAD;
		if (c != (is_object ? '}' : ']'))
			return BAD;
		s->depth--;
	}
	return DONE;
}

static enum step take_opening(struct scan *s, bool is_object)
{
	uint64_t bit;

	if (s->depth == YG_JSON_CHECK_DEPTH_MAX)
		return BAD;
	bit = UINT64_C(1) << s->depth;
	s->objects = is_object ? s->objects | bit : s->objects & ~bit;
	s->depth++;
	if (peek(s) == (is_object ? '}' : ']'))
		return after_value(s);
	return !is_object || take_key(s) ? MORE : BAD;
}

static enum step take_value(struct scan *s)
{
	uint8_t c = peek(s);
	bool is_good;

	if (c == '{' || c == '[') {
		s->at++;
		return take_opening(s, c == '{');
	}
	if (c == '"') {
		s->at++;
		is_good = take_text(s);
	} else if (c == 't' || c == 'f' || c == 'n') {
		is_good = take_word(s, YG_S("true")) || take_word(s, YG_S("false")) ||
			  take_word(s, YG_S("null"));
	} else {
		is_good = take_number(s);
	}
	return is_good ? after_value(s) : BAD;
}

bool yg_json_is_object(struct yg_bytes text)
{
	struct scan s = {.at = text.data, .end = text.data + text.size};
	enum step step = peek(&s) == '{' ? MORE : BAD;

	while (step == MORE)
		step = take_value(&s);
	return step == DONE && peek(&s) == 0 && s.at == s.end;
}
