/* SPDX-License-Identifier: Apache-2.0 */
/* All passes work in place: each writes no more than it has read. */
#include "parse/web_normal.h"

#include <assert.h>

#include "base/utf8.h"

#include "base/ban.h"

#define COMMENT_PLAIN_MAX 64u
#define ENTITY_NAME_MAX	  8u
#define VERSION_DIGITS	  6u

/* What a text holds that may need work. */
enum {
	HAS_UPPER = 1,
	HAS_CODE = 2,	  /* what may begin an escape, NUL, and '&' where an entity may follow */
	HAS_HIGH = 4,	  /* not ASCII */
	HAS_PLUS = 8,	  /* '+', with a '?' somewhere */
	HAS_SPACE = 16,	  /* runs of white space, or another than ' ' */
	HAS_COMMENT = 32, /* an opening mark */
	HAS_PATH = 64,	  /* "//" or "/." */
};

/* An '&' that parameters are separated with is none: an entity has a '#' or soon a ';'. */
static bool has_entity(struct yg_bytes text)
{
	for (size_t at = 0, step;; at += step + 1) {
		struct yg_bytes rest;

		step = yg_bytes_chr(yg_bytes_from(text, at), '&');
		if (step == SIZE_MAX)
			return false;
		rest = yg_bytes_cut(text, at + step + 1, at + step + 2 + ENTITY_NAME_MAX);
		if (rest.size > 0 && (rest.data[0] == '#' || yg_bytes_chr(rest, ';') != SIZE_MAX))
			return true;
	}
}

/* Sixteen bytes at once: every request is looked at, and most need nothing. */
#define WIDE 16u
typedef uint8_t wide __attribute__((vector_size(WIDE)));

struct seen {
	wide upper, rare, amp, plus, space, path, comment;
};

static inline wide load(const uint8_t *from)
{
	wide w;

	memcpy(&w, from, WIDE);
	return w;
}

static inline bool is_any(wide w)
{
	uint64_t half[2];

	memcpy(half, &w, WIDE);
	return (half[0] | half[1]) != 0;
}

/* @c: sixteen bytes, @next: those one further. */
static inline void look_at(struct seen *seen, wide c, wide next)
{
	seen->upper |= (wide)((c - 'A') < 26);
	seen->rare |= (wide)(c == '%') | (wide)(c == '\\') | (wide)(c < ' ') | (c & 0x80);
	seen->amp |= (wide)(c == '&');
	seen->plus |= (wide)(c == '+');
	seen->space |= (wide)(c == ' ') & (wide)(next == ' ');
	seen->comment |= (wide)(c == '/') & (wide)(next == '*');
	seen->path |= (wide)(c == '/') & ((wide)(next == '/') | (wide)(next == '.'));
}

/* Which of the rare bytes. */
static unsigned look_closer(struct yg_bytes text)
{
	unsigned work = 0;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (c == '%' || c == '\\' || c == 0)
			work |= HAS_CODE;
		else if (c > 0x7f)
			work |= HAS_HIGH;
		else if (c >= '\t' && c <= '\r')
			work |= HAS_SPACE;
	}
	return work;
}

/* Bits of the enum above: 0 = nothing to do. */
static unsigned look(struct yg_bytes text)
{
	static const wide nothing = {0};
	struct seen seen = {0};
	uint8_t tail[WIDE + 1];
	unsigned work;
	size_t i = 0;

	for (; text.size - i > WIDE; i += WIDE)
		look_at(&seen, load(text.data + i), load(text.data + i + 1));
	if (text.size > WIDE) { /* the rest, with some bytes seen already */
		const uint8_t *end = text.data + text.size;

		look_at(&seen, load(end - WIDE - 1), load(end - WIDE));
		look_at(&seen, load(end - WIDE), nothing);
	} else {
		memset(tail, 'x', sizeof(tail));
		if (text.size > 0)
			memcpy(tail, text.data, text.size);
		look_at(&seen, load(tail), load(tail + 1));
	}
	work = is_any(seen.upper) ? HAS_UPPER : 0;
	if (is_any(seen.rare))
		work |= look_closer(text);
	if (is_any(seen.amp) && has_entity(text))
		work |= HAS_CODE;
	if (is_any(seen.plus) && yg_bytes_chr(text, '?') != SIZE_MAX)
		work |= HAS_PLUS;
	if (is_any(seen.space))
		work |= HAS_SPACE;
	if (is_any(seen.comment))
		work |= HAS_COMMENT;
	if (is_any(seen.path))
		work |= HAS_PATH;
	return work;
}

static bool may_be_code(uint8_t c)
{
	return c == '%' || c == '\\' || c == '&' || c == 0 || c > 0x7f;
}

static inline void fold_wide(const uint8_t *from, uint8_t *to)
{
	wide c = load(from);

	c += (wide)((c - 'A') < 26) & 32;
	memcpy(to, &c, WIDE);
}

/* yg_fold for text known to be ASCII. @to may be text.data. */
static void fold_ascii(struct yg_bytes text, uint8_t *to)
{
	size_t i = 0;

	for (; text.size - i >= WIDE; i += WIDE)
		fold_wide(text.data + i, to + i);
	if (text.size >=
	    WIDE) { /* the rest, with bytes before it: folding them again is harmless */
		fold_wide(text.data + text.size - WIDE, to + text.size - WIDE);
		return;
	}
	for (; i < text.size; i++) {
		uint8_t c = text.data[i];

		to[i] = (uint8_t)(c + ((uint8_t)(c - 'A') < 26 ? 32 : 0));
	}
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* @count hex digits at @at. */
static bool hex(struct yg_bytes b, size_t at, size_t count, uint32_t *ret)
{
	uint32_t value = 0;

	if (at > b.size || b.size - at < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		int digit = hex_digit(b.data[at + i]);

		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*ret = value;
	return true;
}

/* Characters that servers and browsers take for an ASCII one. */
static uint32_t plain_point(uint32_t point)
{
	static const struct {
		uint16_t from;
		uint8_t to;
	} alike[] = {
		{0x00a0, ' '},	{0x02b9, '\''}, {0x02bc, '\''}, {0x2018, '\''}, {0x2019, '\''},
		{0x201c, '"'},	{0x201d, '"'},	{0x2024, '.'},	{0x2028, ' '},	{0x2029, ' '},
		{0x2032, '\''}, {0x2033, '"'},	{0x2039, '<'},	{0x203a, '>'},	{0x2044, '/'},
		{0x2215, '/'},	{0x2216, '\\'}, {0x3000, ' '},	{0x3002, '.'},	{0x3008, '<'},
		{0x3009, '>'},
	};

	if (point >= 0xff01 && point <= 0xff5e)
		return point - 0xfee0;
	for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++)
		if (alike[i].from == point)
			return alike[i].to;
	return point;
}

/* Writes the character; NUL is dropped, as are surrogates (halves of nothing). */
static size_t put_point(uint32_t point, uint8_t *to)
{
	uint8_t mem[4];
	size_t size;

	point = plain_point(point);
	if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	size = yg_utf8_put(point, mem);
	memcpy(to, mem, size);
	return size;
}

/* &#N; and &#xH; at @at ('&'); the semicolon may be missing. Returns bytes used, 0 = none. */
static size_t entity_number(struct yg_bytes b, size_t at, uint32_t *ret)
{
	size_t i = at + 2;
	bool is_hex = i < b.size && b.data[i] == 'x';
	uint32_t point = 0;
	size_t from;

	i += is_hex;
	for (from = i; i < b.size && i - from < 8; i++) {
		int digit = hex_digit(b.data[i]);

		if (digit < 0 || (!is_hex && digit > 9))
			break;
		point = point * (is_hex ? 16 : 10) + (uint32_t)digit;
		if (point > 0x10ffff)
			return 0;
	}
	if (i == from)
		return 0;
	*ret = point;
	return i - at + (i < b.size && b.data[i] == ';');
}

static size_t entity(struct yg_bytes b, size_t at, uint32_t *ret)
{
	static const struct {
		const char *name;
		uint8_t to;
	} named[] = {
		{"lt;", '<'},	   {"gt;", '>'},     {"amp;", '&'},    {"quot;", '"'},
		{"apos;", '\''},   {"nbsp;", ' '},   {"sol;", '/'},    {"bsol;", '\\'},
		{"colon;", ':'},   {"lpar;", '('},   {"rpar;", ')'},   {"tab;", ' '},
		{"newline;", ' '}, {"equals;", '='}, {"period;", '.'},
	};
	struct yg_bytes rest = yg_bytes_from(b, at + 1);

	if (rest.size > 0 && rest.data[0] == '#')
		return entity_number(b, at, ret);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		struct yg_bytes name = yg_bytes_str(named[i].name);

		if (yg_bytes_starts(rest, name)) {
			*ret = named[i].to;
			return name.size + 1;
		}
	}
	return 0;
}

/* What follows a backslash: \xHH, \uXXXX, \" or \\. */
static size_t backslash(struct yg_bytes b, size_t at, uint32_t *ret, bool *ret_is_byte)
{
	uint8_t c = at + 1 < b.size ? b.data[at + 1] : 0;

	*ret_is_byte = true;
	if (c == 'x' && hex(b, at + 2, 2, ret))
		return 4;
	if (c == 'u' && hex(b, at + 2, 4, ret)) {
		*ret_is_byte = false;
		return 6;
	}
	*ret = c;
	return c == '"' || c == '\\' ? 2 : 0;
}

/* An overlong or alike character at @at: its plain form. Others: 0. */
static size_t high(struct yg_bytes b, size_t at, uint32_t *ret)
{
	struct yg_bytes rest = yg_bytes_from(b, at);
	size_t size = yg_utf8_size(rest);
	uint8_t c = rest.data[0];
	size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	uint32_t point = c & (0xffu >> (want + 1));

	if (c < 0xc0 || c > 0xf7 || rest.size < want)
		return 0;
	for (size_t i = 1; i < want; i++) {
		if ((rest.data[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (rest.data[i] & 63);
	}
	*ret = plain_point(point);
	return (size == 0 && *ret < 0x80) || *ret != point ? want : 0;
}

/* One character in code at @at: bytes used (0 = it is none) and what it stands for. */
static size_t decode_one(struct yg_bytes b, size_t at, uint32_t *ret, bool *ret_is_byte)
{
	*ret_is_byte = true;
	switch (b.data[at]) {
	case '%':
		if (hex(b, at + 1, 2, ret))
			return 3;
		*ret_is_byte = false;
		return at + 1 < b.size && b.data[at + 1] == 'u' && hex(b, at + 2, 4, ret) ? 6 : 0;
	case '\\':
		return backslash(b, at, ret, ret_is_byte);
	case '&':
		*ret_is_byte = false;
		return entity(b, at, ret);
	case '\0':
		*ret = 0;
		return 1;
	default:
		*ret_is_byte = false;
		return b.data[at] >= 0x80 ? high(b, at, ret) : 0;
	}
}

/* What a round of decoding did and left. */
struct round {
	bool is_changed;
	bool has_code; /* bytes remain that may begin an escape: another round may find one */
	bool has_high;
};

/* One round of decoding in place. */
static struct round decode(uint8_t *data, size_t *size)
{
	struct yg_bytes b = {data, *size};
	struct round round = {0};
	size_t to = 0;
	size_t i = 0;

	while (i < b.size) {
		uint32_t value = 0;
		bool is_byte = true;
		size_t from = to;
		size_t used;

		if (!may_be_code(data[i])) {
			data[to++] = data[i++];
			continue;
		}
		used = decode_one(b, i, &value, &is_byte);
		if (used == 0) {
			value = data[i];
			is_byte = true;
			used = 1;
		}
		if (!is_byte)
			to += put_point(value, data + to);
		else if (value != 0)
			data[to++] = (uint8_t)value;
		i += used;
		round.has_code = round.has_code || (to > from && may_be_code(data[from]));
		round.has_high = round.has_high || (to > from && data[from] > 0x7f);
	}
	*size = to;
	round.is_changed = to != b.size;
	return round;
}

/* Steps 1 and 2, after the first folding. */
static void decode_all(uint8_t *data, size_t *size)
{
	for (unsigned i = 0; i < YG_WEB_ROUNDS_MAX; i++) {
		struct round round = decode(data, size);

		if (!round.is_changed)
			break;
		if (round.has_high)
			(void)yg_fold((struct yg_bytes){data, *size}, data);
		else
			fold_ascii((struct yg_bytes){data, *size}, data);
		if (!round.has_code)
			break;
	}
}

static size_t path_start(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && b.data[i] >= 'a' && b.data[i] <= 'z')
		i++;
	return i > 0 && yg_bytes_starts(yg_bytes_from(b, i), YG_S("://")) ? i + 3 : 0;
}

/* Step 3. Bytes only change, none go. */
static void slashes_and_plus(uint8_t *data, size_t size, size_t path_end, bool has_path)
{
	for (size_t i = 0; i < size; i++) {
		bool is_after_dots = i >= 2 && data[i - 1] == '.' && data[i - 2] == '.';

		if (data[i] == '+' && i > path_end)
			data[i] = ' ';
		else if (data[i] == '\\' && ((has_path && i < path_end) || is_after_dots))
			data[i] = '/';
	}
}

static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ' ';
}

/* How many of the first bytes are plain words, COMMENT_PLAIN_MAX at most. */
static size_t plain_size(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && i < COMMENT_PLAIN_MAX && is_plain(b.data[i]))
		i++;
	return i;
}

/* "!50000" or "m!100100" after the opening mark; 0 = it is an ordinary comment. */
static size_t executable_mark(struct yg_bytes b)
{
	size_t i = b.size > 0 && b.data[0] == 'm';
	size_t from;

	if (i >= b.size || b.data[i] != '!')
		return 0;
	for (from = ++i; i < b.size && i - from < VERSION_DIGITS; i++)
		if (b.data[i] < '0' || b.data[i] > '9')
			break;
	return i;
}

/* At an opening mark: the bytes to replace by a space. *ret_is_open: a closing mark follows. */
static size_t comment_size(struct yg_bytes b, size_t at, bool *ret_is_open)
{
	struct yg_bytes inner = yg_bytes_from(b, at + 2);
	size_t size = executable_mark(inner);

	*ret_is_open = true;
	if (size > 0)
		return 2 + size;
	size = plain_size(inner);
	if (!yg_bytes_starts(yg_bytes_from(inner, size), YG_S("*/")))
		return 2;
	*ret_is_open = false;
	return 2 + size + 2;
}

static size_t last_closing_mark(struct yg_bytes b)
{
	for (size_t i = b.size; i >= 2; i--)
		if (b.data[i - 2] == '*' && b.data[i - 1] == '/')
			return i - 2;
	return 0;
}

/* Steps 4 and 5. */
static size_t comments_and_space(uint8_t *data, size_t size)
{
	struct yg_bytes b = {data, size};
	size_t last = last_closing_mark(b);
	size_t open = 0;
	size_t to = 0;
	size_t i = 0;

	while (i < size) {
		uint8_t c = data[i];
		bool is_open = false;
		size_t used = 1;

		if (c == '/' && i + 1 < size && data[i + 1] == '*' && last >= i + 2) {
			used = comment_size(b, i, &is_open);
			c = ' ';
			open += is_open;
		} else if (c == '*' && open > 0 && i + 1 < size && data[i + 1] == '/') {
			used = 2;
			c = ' ';
			open--;
		} else if (c >= '\t' && c <= '\r') {
			c = ' ';
		}
		i += used;
		if (c != ' ' || to == 0 || data[to - 1] != ' ')
			data[to++] = c;
	}
	return to;
}

/* Step 6. */
static size_t shorten_path(uint8_t *data, size_t size)
{
	struct yg_bytes b = {data, size};
	size_t end = yg_bytes_chr(b, '?');
	size_t to = path_start(b);
	size_t i = to;

	if (end == SIZE_MAX)
		end = size;
	while (i < end) {
		data[to++] = data[i++];
		if (data[to - 1] != '/')
			continue;
		for (;;) {
			if (i < end && data[i] == '/')
				i++;
			else if (i + 1 < end && data[i] == '.' && data[i + 1] == '/')
				i += 2;
			else
				break;
		}
	}
	memmove(data + to, data + i, size - i);
	return to + size - i;
}

int yg_web_normal(struct yg_bytes text, enum yg_web_kind kind, struct yg_arena *arena,
		  struct yg_bytes *ret)
{
	unsigned work = look(text);
	size_t size = text.size;
	size_t path_end;
	uint8_t *data;

	assert(text.data || text.size == 0);
	if (kind == YG_WEB_HEADER)
		work &= ~(unsigned)HAS_PATH;
	if (text.size == 0 || work == 0) {
		*ret = text;
		return YG_OK;
	}
	data = yg_arena_alloc(arena, size);
	if (!data)
		return YG_ENOMEM;
	if (work & HAS_HIGH)
		(void)yg_fold(text, data);
	else
		fold_ascii(text, data);
	if (work & (HAS_CODE | HAS_HIGH)) {
		decode_all(data, &size);
		work = look((struct yg_bytes){data, size}); /* anything may have come out */
	}
	if (work & (HAS_PLUS | HAS_CODE)) { /* a backslash may be left */
		path_end = yg_bytes_chr((struct yg_bytes){data, size}, '?');
		slashes_and_plus(data, size, path_end == SIZE_MAX ? size : path_end,
				 kind == YG_WEB_TARGET);
	}
	if (work & (HAS_PLUS | HAS_CODE | HAS_SPACE | HAS_COMMENT))
		size = comments_and_space(data, size);
	if ((work & (HAS_PATH | HAS_CODE)) && kind == YG_WEB_TARGET)
		size = shorten_path(data, size);
	*ret = (struct yg_bytes){data, size};
	return YG_OK;
}
