/* SPDX-License-Identifier: Apache-2.0 */
/* All passes work in place: each writes no more than it has read. */
#include "parse/web_normal.h"

#include "base/utf8.h"

#include "base/ban.h"

#define COMMENT_PLAIN_MAX 64u
#define ENTITY_NAME_MAX   8u
#define VERSION_DIGITS    6u

/* Classes of bytes that need work. */
enum {
	C_UPPER = 1, /* A-Z */
	C_CODE = 2,  /* may begin an escape, or is not ASCII, or NUL */
	C_TIDY = 4,  /* '+', '*', white space other than ' ' */
	C_SLASH = 8,
	C_SPACE = 16,
	C_DOT = 32,
	C_AMP = 64,
};

#define FOUR(c) c, c, c, c
#define SIXTEEN(c) FOUR(c), FOUR(c), FOUR(c), FOUR(c)
#define CO C_CODE
#define TI C_TIDY
#define UP C_UPPER
static const uint8_t classes[256] = {
	CO, 0, 0, 0, 0, 0, 0, 0, 0, TI, TI, TI, TI, TI, 0, 0, SIXTEEN(0),
	C_SPACE, 0, 0, 0, 0, CO, C_AMP, 0, 0, 0, TI, TI, 0, 0, C_DOT, C_SLASH, /* " % & * + . / */
	SIXTEEN(0),
	0, UP, UP, UP, FOUR(UP), FOUR(UP), FOUR(UP),
	FOUR(UP), FOUR(UP), UP, UP, UP, 0, CO, 0, 0, 0, /* the backslash */
	SIXTEEN(0), SIXTEEN(0),
	SIXTEEN(CO), SIXTEEN(CO), SIXTEEN(CO), SIXTEEN(CO),
	SIXTEEN(CO), SIXTEEN(CO), SIXTEEN(CO), SIXTEEN(CO),
};

/* An '&' that parameters are separated with is none: an entity has a '#' or soon a ';'. */
static bool may_be_entity(struct yg_bytes text, size_t at)
{
	struct yg_bytes rest = yg_bytes_cut(text, at + 1, at + 2 + ENTITY_NAME_MAX);

	return rest.size > 0 && (rest.data[0] == '#' || yg_bytes_chr(rest, ';') != SIZE_MAX);
}

/* What there is to do: 0 = nothing, C_UPPER = only case, else all. */
static unsigned look(struct yg_bytes text)
{
	unsigned all = 0;
	unsigned before = 0;

	for (size_t i = 0; i < text.size; i++) {
		unsigned now = classes[text.data[i]];

		/* "//", "/." and two spaces may need work. */
		all |= now | (before & C_SPACE & now) << 8 |
		       ((before & C_SLASH) && (now & (C_SLASH | C_DOT)) ? 256u : 0u);
		if ((now & C_AMP) && may_be_entity(text, i))
			all |= C_CODE;
		before = now;
	}
	return all & ~(unsigned)(C_SLASH | C_SPACE | C_DOT | C_AMP);
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
		{0x00a0, ' '},  {0x02b9, '\''}, {0x02bc, '\''}, {0x2018, '\''}, {0x2019, '\''},
		{0x201c, '"'},  {0x201d, '"'},  {0x2024, '.'},  {0x2028, ' '},  {0x2029, ' '},
		{0x2032, '\''}, {0x2033, '"'},  {0x2039, '<'},  {0x203a, '>'},  {0x2044, '/'},
		{0x2215, '/'},  {0x2216, '\\'}, {0x3000, ' '},  {0x3002, '.'},  {0x3008, '<'},
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
		{"lt;", '<'},    {"gt;", '>'},   {"amp;", '&'},   {"quot;", '"'},   {"apos;", '\''},
		{"nbsp;", ' '},  {"sol;", '/'},  {"bsol;", '\\'}, {"colon;", ':'},  {"lpar;", '('},
		{"rpar;", ')'},  {"tab;", ' '},  {"newline;", ' '}, {"equals;", '='}, {"period;", '.'},
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

/* One round of decoding in place. Returns whether anything changed. */
static bool decode(uint8_t *data, size_t *size)
{
	struct yg_bytes b = {data, *size};
	size_t to = 0;
	size_t i = 0;

	while (i < b.size) {
		uint32_t value = 0;
		bool is_byte;
		size_t used = classes[data[i]] & (C_CODE | C_AMP) ? decode_one(b, i, &value, &is_byte) : 0;

		if (used == 0) {
			data[to++] = data[i++];
			continue;
		}
		if (!is_byte)
			to += put_point(value, data + to);
		else if (value != 0)
			data[to++] = (uint8_t)value;
		i += used;
	}
	*size = to;
	return to != b.size;
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

/* At an opening mark: the bytes to replace by a space. *ret_is_open: a closing mark follows. */
static size_t comment_size(struct yg_bytes b, size_t at, bool *ret_is_open)
{
	size_t i = at + 2;
	size_t from;

	*ret_is_open = true;
	if (i < b.size && b.data[i] == 'm')
		i++;
	if (i < b.size && b.data[i] == '!') {
		for (from = ++i; i < b.size && i - from < VERSION_DIGITS; i++)
			if (b.data[i] < '0' || b.data[i] > '9')
				break;
		return i - at;
	}
	for (i = at + 2; i < b.size && i - at - 2 <= COMMENT_PLAIN_MAX; i++) {
		uint8_t c = b.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ' '))
			break;
	}
	if (i + 1 < b.size && i - at - 2 <= COMMENT_PLAIN_MAX && b.data[i] == '*' &&
	    b.data[i + 1] == '/') {
		*ret_is_open = false;
		return i + 2 - at;
	}
	return 2;
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

	if (work == 0) {
		*ret = text;
		return YG_OK;
	}
	data = yg_arena_alloc(arena, size);
	if (!data)
		return YG_ENOMEM;
	(void)yg_fold(text, data);
	if (work & C_CODE) {
		for (unsigned i = 0; i < YG_WEB_ROUNDS_MAX && decode(data, &size); i++)
			(void)yg_fold((struct yg_bytes){data, size}, data);
	}
	if (work != C_UPPER) {
		path_end = yg_bytes_chr((struct yg_bytes){data, size}, '?');
		slashes_and_plus(data, size, path_end == SIZE_MAX ? size : path_end,
				 kind == YG_WEB_TARGET);
		size = comments_and_space(data, size);
		if (kind == YG_WEB_TARGET)
			size = shorten_path(data, size);
	}
	*ret = (struct yg_bytes){data, size};
	return YG_OK;
}
