/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a text looks to a person, whatever bytes it is made of: encodings undone, width, case and
 * accents removed. Each character knows which bytes of the text it came from.
 */
#include <iconv.h>

#include "access/gate-int.h"
#include "base/utf8.h"

#include "base/ban.h"

#define UNKNOWN	      0xfffdu
#define LABEL_MAX     63u /* characters of one label of a domain name */
#define ESCAPED_MAX   4096u
#define FOLD_GROW_MAX 4u /* a text may grow to so many times its characters when folded */

static uint32_t point_at(struct yg_bytes text, size_t at, size_t *ret_size)
{
	size_t size = yg_utf8_size(yg_bytes_from(text, at));
	uint32_t point;

	*ret_size = size ? size : 1;
	if (size == 0)
		return UNKNOWN;
	if (size == 1)
		return text.data[at];
	point = text.data[at] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++)
		point = point << 6 | (text.data[at + i] & 0x3fu);
	return point;
}

bool yg_units_read(struct yg_arena *arena, struct yg_bytes text, struct yg_units *ret)
{
	size_t size;

	ret->count = 0;
	ret->at = yg_arena_alloc(arena, (text.size + 1) * sizeof(*ret->at));
	if (!ret->at)
		return false;
	for (size_t at = 0; at < text.size; at += size) {
		uint32_t point = point_at(text, at, &size);

		ret->at[ret->count++] =
			(struct yg_unit){point, (uint32_t)at, (uint32_t)(at + size)};
	}
	return true;
}

bool yg_units_of(struct yg_arena *arena, struct yg_bytes bytes, bool is_wide, uint32_t start,
		 uint32_t end, struct yg_units *ret)
{
	if (is_wide) {
		uint8_t *narrow = yg_arena_alloc(arena, yg_utf16_room(bytes) + 1);

		if (!narrow)
			return false;
		bytes = (struct yg_bytes){narrow, yg_utf8_from_utf16le(bytes, narrow)};
	}
	if (!yg_units_read(arena, bytes, ret))
		return false;
	for (size_t i = 0; i < ret->count; i++) {
		ret->at[i].start = start;
		ret->at[i].end = end;
	}
	return true;
}

/* ---- escapes ---- */

/* The value of @digits digits of @base at unit @at; -1 when they are not there. */
static int32_t number_at(struct yg_units units, size_t at, unsigned digits, unsigned base)
{
	int32_t value = 0;

	if (at + digits > units.count)
		return -1;
	for (unsigned i = 0; i < digits; i++) {
		uint32_t c = units.at[at + i].point;
		int digit = c < 0x80 ? yg_hex_digit((uint8_t)c) : -1;

		if (digit < 0 || digit >= (int)base)
			return -1;
		value = value * (int32_t)base + digit;
	}
	return value;
}

struct escape {
	uint32_t value;
	size_t units; /* that it is written with; 0: there is none here */
	bool is_byte; /* of a text in some encoding; else a character */
};

/* &#65; and &#x41; */
static struct escape entity_at(struct yg_units units, size_t at)
{
	bool is_hex = at + 2 < units.count && (units.at[at + 2].point | 0x20) == 'x';
	size_t i = at + (is_hex ? 3 : 2);
	uint32_t value = 0;
	size_t first = i;

	if (at + 2 >= units.count || units.at[at + 1].point != '#')
		return (struct escape){0};
	for (; i < units.count && i < first + 7; i++) {
		int32_t digit = number_at(units, i, 1, is_hex ? 16 : 10);

		if (digit < 0)
			break;
		value = value * (is_hex ? 16 : 10) + (uint32_t)digit;
	}
	if (i == first || value > 0x10ffff)
		return (struct escape){0};
	return (struct escape){value, i - at + (i < units.count && units.at[i].point == ';'),
			       false};
}

static struct escape escape_of(int32_t value, size_t size, bool is_byte)
{
	return value < 0 ? (struct escape){0} : (struct escape){(uint32_t)value, size, is_byte};
}

static struct escape backslash_at(struct yg_units units, size_t at)
{
	uint32_t next = at + 1 < units.count ? units.at[at + 1].point : 0;

	if (next == 'x' || next == 'X')
		return escape_of(number_at(units, at + 2, 2, 16), 4, true);
	if (next == 'u' || next == 'U')
		return escape_of(number_at(units, at + 2, 4, 16), 6, false);
	return escape_of(number_at(units, at + 1, 3, 8), 4, true);
}

static struct escape escape_at(struct yg_units units, size_t at, bool is_quoted)
{
	uint32_t c = units.at[at].point;

	if (is_quoted)
		return c == '=' ? escape_of(number_at(units, at + 1, 2, 16), 3, true)
				: (struct escape){0};
	if (c == '%' && at + 1 < units.count && (units.at[at + 1].point | 0x20) == 'u')
		return escape_of(number_at(units, at + 2, 4, 16), 6, false);
	if (c == '%')
		return escape_of(number_at(units, at + 1, 2, 16), 3, true);
	if (c == '\\' || c == 0xa5)
		return backslash_at(units, at);
	if (c == '&')
		return entity_at(units, at);
	return (struct escape){0};
}

static void add_unit(struct yg_units *to, uint32_t point, uint32_t start, uint32_t end)
{
	to->at[to->count++] = (struct yg_unit){point, start, end};
}

/* @bytes, read as @from, to characters that all stand for [start, end). False: they are not. */
static bool add_converted(struct yg_units *to, struct yg_bytes bytes, const char *from,
			  uint32_t start, uint32_t end)
{
	char out[ESCAPED_MAX * 3];
	char in[ESCAPED_MAX];
	char *in_at = in;
	char *out_at = out;
	size_t in_left = bytes.size;
	size_t out_left = sizeof(out);
	iconv_t way = iconv_open("UTF-8", from);
	struct yg_bytes text;
	size_t size;
	size_t rc;

	if (way == (iconv_t)-1)
		return false;
	memcpy(in, bytes.data, bytes.size);
	rc = iconv(way, &in_at, &in_left, &out_at, &out_left);
	(void)iconv_close(way); /* nothing is buffered */
	text = (struct yg_bytes){(const uint8_t *)out, sizeof(out) - out_left};
	if (rc == (size_t)-1 || in_left > 0)
		return false;
	for (size_t at = 0; at < text.size; at += size)
		add_unit(to, point_at(text, at, &size), start, end);
	return true;
}

/* A run of bytes that were written as escapes: UTF-8, else what Japanese programs write. */
static void add_bytes(struct yg_units *to, struct yg_bytes bytes, const struct yg_unit *from)
{
	uint32_t first = from[0].start;
	uint32_t last = from[bytes.size - 1].end;
	size_t size;

	if (!yg_utf8_valid(bytes) && (add_converted(to, bytes, "CP932", first, last) ||
				      add_converted(to, bytes, "EUC-JP", first, last)))
		return;
	for (size_t at = 0; at < bytes.size; at += size) {
		uint32_t point = point_at(bytes, at, &size);

		add_unit(to, point, from[at].start, from[at + size - 1].end);
	}
}

/* As many escaped bytes as stand beside each other at *at; *at behind them. */
static void decode_bytes(struct yg_units units, bool is_quoted, size_t *at, struct yg_units *to)
{
	struct yg_unit places[ESCAPED_MAX];
	uint8_t bytes[ESCAPED_MAX];
	size_t count = 0;

	while (*at < units.count && count < ESCAPED_MAX) {
		struct escape escape = escape_at(units, *at, is_quoted);

		if (escape.units == 0 || !escape.is_byte || escape.value > 0xff)
			break;
		bytes[count] = (uint8_t)escape.value;
		places[count++] = (struct yg_unit){0, units.at[*at].start,
						   units.at[*at + escape.units - 1].end};
		*at += escape.units;
	}
	/* In CP932 the second byte of a character may be a letter that needs no escape. */
	if (count && count < ESCAPED_MAX && *at < units.count && units.at[*at].point < 0x80 &&
	    units.at[*at].point >= 0x40 && !yg_utf8_valid((struct yg_bytes){bytes, count})) {
		bytes[count] = (uint8_t)units.at[*at].point;
		places[count++] = units.at[(*at)++];
	}
	if (count)
		add_bytes(to, (struct yg_bytes){bytes, count}, places);
	else
		to->at[to->count++] = units.at[(*at)++]; /* an octal number beyond a byte */
}

/* ---- punycode (RFC 3492 sec. 6.2) ---- */

static int puny_digit(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return (int)(c - '0') + 26;
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? (int)(c - 'a') : -1;
}

static uint32_t puny_adapt(uint32_t delta, uint32_t points, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / 700 : delta / 2;
	delta += delta / points;
	for (; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

/* One delta from @label at *at. False: broken. */
static bool puny_delta(struct yg_units label, size_t *at, uint32_t bias, uint32_t *i)
{
	uint32_t weight = 1;

	for (uint32_t k = 36;; k += 36) {
		int digit = *at < label.count ? puny_digit(label.at[(*at)++].point) : -1;
		uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;

		if (digit < 0 || (uint32_t)digit > (UINT32_MAX - *i) / weight)
			return false;
		*i += (uint32_t)digit * weight;
		if ((uint32_t)digit < t)
			return true;
		if (weight > UINT32_MAX / (36 - t))
			return false;
		weight *= 36 - t;
	}
}

/* @label without "xn--" to @out; returns how many, 0: it is none. */
static size_t puny_decode(struct yg_units label, uint32_t out[LABEL_MAX])
{
	uint32_t n = 128;
	uint32_t i = 0;
	uint32_t bias = 72;
	size_t count = 0;
	size_t at = 0;

	for (size_t b = label.count; b > 0; b--) {
		if (label.at[b - 1].point != '-')
			continue;
		for (; count < b - 1; count++)
			out[count] = label.at[count].point;
		at = b;
		break;
	}
	while (at < label.count) {
		uint32_t old = i;

		if (count >= LABEL_MAX || !puny_delta(label, &at, bias, &i))
			return 0;
		bias = puny_adapt(i - old, (uint32_t)count + 1, old == 0);
		if (i / (count + 1) > 0x10ffff - n)
			return 0;
		n += i / (uint32_t)(count + 1);
		i %= (uint32_t)(count + 1);
		memmove(out + i + 1, out + i, (count - i) * sizeof(*out));
		out[i++] = n;
		count++;
	}
	return count;
}

static bool is_label(uint32_t c)
{
	return c == '-' || puny_digit(c) >= 0;
}

/* A label "xn--…" at *at: its characters, and *at behind it. False: there is none. */
static bool decode_label(struct yg_units units, size_t *at, struct yg_units *to)
{
	uint32_t out[LABEL_MAX];
	size_t end = *at + 4;
	size_t count;

	if (end >= units.count || (units.at[*at].point | 0x20) != 'x' ||
	    (units.at[*at + 1].point | 0x20) != 'n' || units.at[*at + 2].point != '-' ||
	    units.at[*at + 3].point != '-')
		return false;
	while (end < units.count && end - *at - 4 < LABEL_MAX && is_label(units.at[end].point))
		end++;
	count = puny_decode((struct yg_units){units.at + *at + 4, end - *at - 4}, out);
	if (count == 0)
		return false;
	for (size_t i = 0; i < count; i++)
		add_unit(to, out[i], units.at[*at].start, units.at[end - 1].end);
	*at = end;
	return true;
}

bool yg_units_decode(struct yg_arena *arena, struct yg_units units, bool is_quoted,
		     struct yg_units *ret, bool *ret_is_changed)
{
	/* A byte that is written as an escape may be half a character, never more than one. */
	struct yg_units to = {yg_arena_alloc(arena, (units.count + 1) * sizeof(*to.at)), 0};

	*ret_is_changed = false;
	if (!to.at)
		return false;
	for (size_t at = 0; at < units.count;) {
		struct escape escape = escape_at(units, at, is_quoted);

		if (escape.units && escape.is_byte) {
			decode_bytes(units, is_quoted, &at, &to);
		} else if (escape.units) {
			add_unit(&to, escape.value, units.at[at].start,
				 units.at[at + escape.units - 1].end);
			at += escape.units;
		} else if (is_quoted || !decode_label(units, &at, &to)) {
			to.at[to.count++] = units.at[at++];
			continue;
		}
		*ret_is_changed = true;
	}
	*ret = to;
	return true;
}

/* ---- folding ---- */

static const struct yg_look_row *row_of(uint32_t point)
{
	size_t low = 0;
	size_t high = yg_look_row_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (yg_look_rows[middle].point == point)
			return &yg_look_rows[middle];
		if (yg_look_rows[middle].point < point)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool yg_look_counts(uint32_t point)
{
	size_t low = 0;
	size_t high = yg_look_skip_count;

	if (point < 0x80)
		return yg_point_is_alnum(point | (point >= 'A' && point <= 'Z' ? 0x20u : 0u));
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (point < yg_look_skip[middle].first)
			high = middle;
		else if (point > yg_look_skip[middle].last)
			low = middle + 1;
		else
			return false;
	}
	return true;
}

static bool fold_unit(struct yg_unit unit, size_t room, struct yg_units *to)
{
	const struct yg_look_row *row = unit.point < 0x80 ? NULL : row_of(unit.point);
	uint32_t point = unit.point;

	if (row) {
		if (to->count + row->count > room)
			return false;
		for (unsigned i = 0; i < row->count; i++)
			add_unit(to, yg_look_data[row->at + i], unit.start, unit.end);
		return true;
	}
	if (to->count >= room)
		return false;
	if (point >= 'A' && point <= 'Z')
		point |= 0x20;
	else if (point == 0xa5 || point == 0x20a9)
		point = '\\'; /* as Japanese and Korean fonts show it */
	add_unit(to, point, unit.start, unit.end);
	return true;
}

bool yg_units_fold(struct yg_arena *arena, struct yg_units units, struct yg_units *ret)
{
	size_t room = units.count * FOLD_GROW_MAX + 32;
	struct yg_units to = {yg_arena_alloc(arena, room * sizeof(*to.at)), 0};

	if (!to.at)
		return false;
	for (size_t i = 0; i < units.count; i++)
		if (!fold_unit(units.at[i], room, &to))
			return false;
	*ret = to;
	return true;
}
