/* SPDX-License-Identifier: Apache-2.0 */
/* One line through a compiled pattern: forward only (parse/pattern.h says how). */
#include <assert.h>

#include "parse/address.h"
#include "parse/pattern.h"
#include "parse/time_format.h"
#include "parse/times.h"

#include "base/ban.h"

#define NUMBER_BYTES_MAX 40u
#define KEY_BYTES_MAX	 128u

struct walk {
	const struct yg_line_pattern *pattern;
	struct yg_bytes line;
	size_t at;
	struct yg_pattern_match *match;
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool spend(struct yg_pattern_match *match, size_t steps)
{
	if (match->steps < steps) {
		match->steps = 0;
		return false;
	}
	match->steps -= steps;
	return true;
}

void yg_pattern_begin(struct yg_pattern_match *match)
{
	match->count = 0;
	match->dropped = 0;
	match->time_ns = YG_TIME_NONE;
	match->has_zone = false;
	match->time_text = (struct yg_bytes){0};
	match->miss_at = 0;
	match->miss_piece = 0;
}

bool yg_pattern_may_fit(const struct yg_line_pattern *pattern, struct yg_bytes line)
{
	if (line.size == 0 || !(pattern->first[line.data[0] / 8] & (1u << (line.data[0] % 8))))
		return false;
	return yg_bytes_find(line, pattern->anchor) != SIZE_MAX;
}

/* What a time piece says, before it is known whether it counts. */
struct when {
	int64_t ns;
	bool has_zone;
};

/*
 * Where @text, standing in @line at @at, ends; SIZE_MAX when it does not stand there. What was
 * looked at is taken from @steps.
 */
static size_t text_end(struct yg_bytes line, size_t at, struct yg_bytes text, uint64_t *steps)
{
	size_t from = at;

	for (size_t i = 0; i < text.size; i++) {
		bool stands =
			at < line.size && (text.data[i] == ' ' ? is_blank(line.data[at])
							       : line.data[at] == text.data[i]);

		if (!stands) {
			*steps -= at - from < *steps ? at - from : *steps;
			return SIZE_MAX;
		}
		at++;
		while (text.data[i] == ' ' && at < line.size && is_blank(line.data[at]))
			at++;
	}
	*steps -= at - from < *steps ? at - from : *steps;
	return at;
}

static size_t number_end(struct yg_bytes b)
{
	size_t i = b.size > 0 && b.data[0] == '-';
	size_t from = i;

	while (i < b.size && i < NUMBER_BYTES_MAX && is_digit(b.data[i]))
		i++;
	if (i == from)
		return 0;
	if (i + 1 < b.size && b.data[i] == '.' && is_digit(b.data[i + 1]))
		for (i++; i < b.size && i < NUMBER_BYTES_MAX && is_digit(b.data[i]);)
			i++;
	return i < b.size && is_digit(b.data[i]) ? 0 : i;
}

static size_t port_end(struct yg_bytes b)
{
	uint64_t value;
	size_t i = 0;

	while (i < b.size && i < 6 && is_digit(b.data[i]))
		i++;
	return yg_bytes_u64(yg_bytes_cut(b, 0, i), &value) && value <= UINT16_MAX ? i : 0;
}

/* Behind the closing quote; *ret: what stands between, escapes still in it. */
static size_t quoted_end(struct yg_bytes b, struct yg_bytes *ret)
{
	uint8_t quote = b.size > 0 ? b.data[0] : 0;
	size_t i = 1;

	if (quote != '"' && quote != '\'' && quote != '`')
		return 0;
	while (i < b.size && b.data[i] != quote)
		i += b.data[i] == '\\' ? 2u : 1u;
	if (i >= b.size)
		return 0;
	*ret = yg_bytes_cut(b, 1, i);
	return i + 1;
}

static size_t one_end(const struct yg_pattern_part *piece, struct yg_bytes b)
{
	for (uint8_t i = 0; i < piece->choice_count; i++)
		if (yg_bytes_starts(b, piece->choices[i]))
			return piece->choices[i].size;
	return 0;
}

/* Bytes of a piece that knows its own end, at the start of @b; 0: it does not stand there. */
static size_t own_end(const struct yg_pattern_part *piece, struct yg_bytes b,
		      const struct yg_pattern_match *match, struct yg_bytes *ret_value,
		      struct when *ret_when)
{
	size_t size = 0;

	switch (piece->kind) {
	case YG_PART_ADDRESS:
		return yg_address_at(b, ret_value);
	case YG_PART_QUOTED:
		return quoted_end(b, ret_value);
	case YG_PART_PORT:
		size = port_end(b);
		break;
	case YG_PART_NUMBER:
		size = number_end(b);
		break;
	case YG_PART_ONE:
		size = one_end(piece, b);
		break;
	case YG_PART_TIME_FORMAT:
		size = yg_time_format_read(piece->text, b, match->zone, match->reference_ns,
					   &ret_when->ns, &ret_when->has_zone);
		break;
	default: /* others have no end of their own */
		break;
	}
	*ret_value = yg_bytes_cut(b, 0, size);
	return size;
}

/* Does what stands behind a stop fit, as far as that can be seen at once? */
static bool fits_behind(const struct walk *w, uint32_t stop, size_t at)
{
	const struct yg_pattern_part *next;
	struct yg_bytes value;
	struct when when;

	if (stop + 1 >= w->pattern->count)
		return true;
	next = &w->pattern->pieces[stop + 1];
	if (next->kind != YG_PART_ADDRESS && next->kind != YG_PART_PORT &&
	    next->kind != YG_PART_NUMBER && next->kind != YG_PART_ONE &&
	    next->kind != YG_PART_TIME_FORMAT)
		return true;
	return own_end(next, yg_bytes_from(w->line, at), w->match, &value, &when) > 0;
}

/* Does stop @k stand at @at? */
static bool stands(const struct walk *w, uint32_t k, size_t at)
{
	const struct yg_pattern_part *stop = &w->pattern->pieces[k];
	size_t end = SIZE_MAX;

	if (stop->kind == YG_PART_LITERAL) {
		end = text_end(w->line, at, stop->text, &w->match->steps);
	} else {
		size_t size = one_end(stop, yg_bytes_from(w->line, at));

		end = size > 0 ? at + size : SIZE_MAX;
	}
	return end != SIZE_MAX && fits_behind(w, k, end);
}

/* May stop @k begin with the byte at @at? Where blanks stand in a row only the first of them. */
static bool may_begin(const struct walk *w, uint32_t k, size_t at, size_t from)
{
	const struct yg_pattern_part *stop = &w->pattern->pieces[k];
	uint8_t byte = w->line.data[at];

	if (stop->kind == YG_PART_LITERAL) {
		if (stop->text.data[0] != ' ')
			return byte == stop->text.data[0];
		return is_blank(byte) && (at == from || !is_blank(w->line.data[at - 1]));
	}
	for (uint8_t i = 0; i < stop->choice_count; i++)
		if (stop->choices[i].data[0] == byte)
			return true;
	return false;
}

/*
 * Where piece @i, which begins at w->at, ends: at the first (last) place from @from to @to where
 * one of its stops stands. *ret SIZE_MAX: nowhere. False: the steps are used up.
 */
static bool find_end(struct walk *w, const struct yg_pattern_part *piece, size_t from, size_t to,
		     size_t *ret)
{
	*ret = SIZE_MAX;
	for (size_t at = from; at <= to && at < w->line.size; at++) {
		for (uint8_t s = 0; s < piece->stop_count; s++) {
			uint32_t k = piece->stops[s];

			if (!may_begin(w, k, at, from))
				continue;
			if (!spend(w->match, 16))
				return false;
			if (!stands(w, k, at) || w->match->steps == 0)
				continue;
			*ret = at;
			if (!piece->is_last)
				return spend(w->match, at - from);
		}
	}
	return spend(w->match, to - from);
}

static int add_value(struct walk *w, struct yg_bytes name, struct yg_bytes text, bool is_pair)
{
	struct yg_pattern_match *m = w->match;

	if (name.size == 0)
		return YG_OK;
	if (m->count == YG_PATTERN_VALUES_MAX) {
		m->dropped++;
		return YG_OK;
	}
	m->values[m->count++] = (struct yg_pattern_value){name, text, is_pair};
	return YG_OK;
}

/* Without the backslash before quotes and backslashes. */
static int plain(struct walk *w, struct yg_bytes *text)
{
	uint8_t *to;
	size_t size = 0;

	if (yg_bytes_chr(*text, '\\') == SIZE_MAX)
		return YG_OK;
	to = yg_arena_alloc(w->match->arena, text->size);
	if (!to)
		return YG_ENOMEM;
	for (size_t i = 0; i < text->size; i++) {
		uint8_t next = i + 1 < text->size ? text->data[i + 1] : 0;

		if (text->data[i] == '\\' && (next == '"' || next == '\'' || next == '\\'))
			i++;
		to[size++] = text->data[i];
	}
	*text = (struct yg_bytes){to, size};
	return YG_OK;
}

static bool is_key(struct yg_bytes key)
{
	for (size_t i = 0; i < key.size; i++)
		if (key.data[i] <= ' ' || key.data[i] == '"' || key.data[i] == '\'' ||
		    key.data[i] == 0x7f)
			return false;
	return key.size > 0 && key.size <= KEY_BYTES_MAX;
}

/* "a=b, c="d e", …" divided by @separator and blanks. *ret_found: how many there were. */
static int read_pairs(struct walk *w, struct yg_bytes b, uint8_t separator, uint32_t *ret_found)
{
	const uint8_t *next = NULL; /* the next '=' */
	size_t equals;

	*ret_found = 0;
	while (b.size > 0) {
		size_t divider = yg_bytes_chr(b, separator);
		struct yg_bytes key, value;
		size_t end;
		int rc;

		/* looked for once for each '=', however many words stand before it */
		if (!next || next < b.data) {
			equals = yg_bytes_chr(b, '=');
			if (equals == SIZE_MAX)
				return YG_OK;
			next = b.data + equals;
		}
		equals = (size_t)(next - b.data);
		if (divider < equals) { /* words that are no pair */
			b = yg_bytes_from(b, divider + 1);
			continue;
		}
		key = yg_bytes_trim(yg_bytes_cut(b, 0, equals));
		b = yg_bytes_from(b, equals + 1);
		end = quoted_end(b, &value);
		if (end == 0) {
			end = yg_bytes_chr(b, separator);
			value = yg_bytes_trim(yg_bytes_cut(b, 0, end));
			end = end == SIZE_MAX ? b.size : end;
		}
		b = yg_bytes_from(b, end);
		while (b.size > 0 && (b.data[0] == separator || is_blank(b.data[0])))
			b = yg_bytes_from(b, 1);
		if (!is_key(key))
			continue;
		++*ret_found;
		rc = plain(w, &value);
		if (rc == YG_OK)
			rc = add_value(w, key, value, true);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

static int miss(struct walk *w, uint32_t piece)
{
	w->match->miss_at = w->at;
	w->match->miss_piece = piece;
	return YG_EMISMATCH;
}

/* A time in any of the forms the program knows. */
static bool take_time(struct walk *w, struct yg_bytes text)
{
	struct yg_pattern_match *m = w->match;

	if (!yg_times_any(yg_bytes_trim(text), m->zone, &m->time_ns, &m->has_zone))
		return false;
	m->time_text = yg_bytes_trim(text);
	return true;
}

/* Where open piece @i, which begins at w->at, ends. YG_OK, YG_EMISMATCH or YG_ELIMIT. */
static int open_end(struct walk *w, uint32_t i, size_t *ret)
{
	const struct yg_pattern_part *piece = &w->pattern->pieces[i];
	size_t from = w->at;
	size_t to = w->line.size;

	*ret = to;
	if (piece->kind == YG_PART_REST)
		return YG_OK;
	if (piece->kind == YG_PART_WORD) {
		for (to = from; to < w->line.size && !is_blank(w->line.data[to]);)
			to++;
		if (to == from)
			return miss(w, i);
		from++; /* a word has at least one byte */
	}
	*ret = SIZE_MAX;
	if (piece->stop_count > 0 && !find_end(w, piece, from, to, ret))
		return YG_ELIMIT;
	if (*ret == SIZE_MAX && !piece->may_end)
		return miss(w, i);
	*ret = *ret == SIZE_MAX ? to : *ret;
	return YG_OK;
}

static int take_pairs(struct walk *w, uint32_t i, struct yg_bytes text)
{
	struct yg_bytes separator = w->pattern->pieces[i].text;
	uint32_t found = 0;
	int rc;

	if (!spend(w->match, 2 * text.size))
		return YG_ELIMIT;
	rc = read_pairs(w, text, separator.size > 0 ? separator.data[0] : ' ', &found);
	return rc == YG_OK && found == 0 ? miss(w, i) : rc;
}

static int take_open(struct walk *w, uint32_t i)
{
	const struct yg_pattern_part *piece = &w->pattern->pieces[i];
	struct yg_bytes text;
	size_t end;
	int rc = open_end(w, i, &end);

	if (rc != YG_OK)
		return rc;
	text = yg_bytes_cut(w->line, w->at, end);
	if (piece->kind == YG_PART_PAIRS)
		rc = take_pairs(w, i, text);
	else if (piece->kind == YG_PART_TIME)
		rc = take_time(w, text) ? YG_OK : miss(w, i);
	else
		rc = add_value(w, piece->name, yg_bytes_trim(text), false);
	if (rc == YG_OK)
		w->at = end;
	return rc;
}

static int take_own(struct walk *w, uint32_t i)
{
	const struct yg_pattern_part *piece = &w->pattern->pieces[i];
	struct yg_bytes value = {0};
	struct when when = {YG_TIME_NONE, false};
	size_t size = own_end(piece, yg_bytes_from(w->line, w->at), w->match, &value, &when);
	int rc = YG_OK;

	if (size == 0)
		return miss(w, i);
	if (piece->kind == YG_PART_QUOTED)
		rc = plain(w, &value);
	w->at += size;
	if (piece->kind == YG_PART_TIME_FORMAT) {
		w->match->time_ns = when.ns;
		w->match->has_zone = when.has_zone;
		w->match->time_text = value;
	}
	if (rc != YG_OK || piece->kind == YG_PART_TIME_FORMAT)
		return rc;
	return add_value(w, piece->name, value, false);
}

/* One piece; *ret_next: the one after it. */
static int take(struct walk *w, uint32_t i, uint32_t *ret_next)
{
	const struct yg_pattern_part *piece = &w->pattern->pieces[i];
	size_t end;

	*ret_next = i + 1;
	if (!spend(w->match, 16 + piece->text.size))
		return YG_ELIMIT;
	switch (piece->kind) {
	case YG_PART_OPTIONAL:
		/* its text stands there, and what is behind the text fits */
		if (!stands(w, i + 1, w->at))
			*ret_next = piece->skip_to;
		return YG_OK;
	case YG_PART_LITERAL:
		end = text_end(w->line, w->at, piece->text, &w->match->steps);
		if (end == SIZE_MAX)
			return miss(w, i);
		w->at = end;
		return YG_OK;
	case YG_PART_TIME:
	case YG_PART_WORD:
	case YG_PART_TEXT:
	case YG_PART_PAIRS:
	case YG_PART_REST:
		return take_open(w, i);
	default:
		return take_own(w, i);
	}
}

int yg_pattern_match(const struct yg_line_pattern *pattern, struct yg_bytes line,
		     struct yg_pattern_match *match)
{
	struct walk w = {.pattern = pattern, .line = yg_bytes_trim(line), .match = match};
	size_t before = (size_t)(w.line.data - line.data);
	uint32_t i = 0;
	int rc = YG_OK;

	assert(match->arena);
	while (i < pattern->count && rc == YG_OK)
		rc = take(&w, i, &i);
	if (rc == YG_OK && w.at < w.line.size)
		rc = miss(&w, pattern->count);
	if (rc == YG_EMISMATCH)
		match->miss_at += before;
	return rc;
}
