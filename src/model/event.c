/* SPDX-License-Identifier: Apache-2.0 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "model/event.h"

#include <assert.h>

#include "base/utf8.h"

#include "base/ban.h"

#define FIELDS_FIRST 48u

static const struct {
	const char *name;
	const char *words;
	enum yg_family family;
} formats[] = {
#define X(id, name, family, words) [YG_FORMAT_##id] = {name, words, YG_FAMILY_##family},
	YG_FORMAT_MAP(X)
#undef X
};

const char *yg_format_name(enum yg_format format)
{
	assert(format < YG_FORMAT_COUNT);
	return formats[format].name;
}

const char *yg_format_words(enum yg_format format)
{
	assert(format < YG_FORMAT_COUNT);
	return formats[format].words;
}

enum yg_family yg_format_family(enum yg_format format)
{
	assert(format < YG_FORMAT_COUNT);
	return formats[format].family;
}

enum yg_format yg_format_by_name(struct yg_bytes name)
{
	for (enum yg_format f = 1; f < YG_FORMAT_COUNT; f++)
		if (yg_bytes_eq(name, yg_bytes_str(formats[f].name)))
			return f;
	return YG_FORMAT_UNKNOWN;
}

void yg_event_init(struct yg_event *event, struct yg_arena *arena, const struct yg_names *names)
{
	*event = (struct yg_event){.time_ns = YG_TIME_NONE, .arena = arena, .names = names};
}

/* A place for one more field, or NULL: with *ret_rc YG_OK it was dropped and counted. */
static struct yg_field *new_field(struct yg_event *event, int *ret_rc)
{
	*ret_rc = YG_OK;
	if (event->field_count == YG_EVENT_FIELDS_MAX) {
		event->dropped++;
		return NULL;
	}
	if (event->field_count == event->field_room) {
		uint32_t room = event->field_room ? event->field_room * 2 : FIELDS_FIRST;
		struct yg_field *fields = yg_arena_alloc(event->arena, room * sizeof(*fields));

		if (!fields) {
			*ret_rc = YG_ENOMEM;
			return NULL;
		}
		if (event->field_count > 0)
			memcpy(fields, event->fields, event->field_count * sizeof(*fields));
		event->fields = fields;
		event->field_room = room;
	}
	return &event->fields[event->field_count++];
}

int yg_event_add(struct yg_event *event, struct yg_bytes name, struct yg_bytes text,
		 enum yg_value_kind kind)
{
	int rc;
	struct yg_field *field = new_field(event, &rc);

	if (field)
		*field = (struct yg_field){.name_id = yg_names_find(event->names, name),
					   .kind = (uint8_t)kind,
					   .name = name,
					   .text = text};
	return rc;
}

int yg_event_add_id(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
		    enum yg_value_kind kind)
{
	int rc;
	struct yg_field *field = new_field(event, &rc);

	assert(name_id != YG_NAME_OTHER);
	if (field)
		*field = (struct yg_field){.name_id = name_id,
					   .kind = (uint8_t)kind,
					   .name = yg_names_text(event->names, name_id),
					   .text = text};
	return rc;
}

int yg_event_add_field(struct yg_event *event, const struct yg_field *field)
{
	int rc;
	struct yg_field *to = new_field(event, &rc);

	if (to)
		*to = *field;
	return rc;
}

int yg_event_derive(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
		    enum yg_value_kind kind)
{
	uint32_t before = event->field_count;
	int rc = yg_event_add_id(event, name_id, text, kind);

	if (event->field_count > before)
		event->fields[before].is_derived = 1;
	return rc;
}

int yg_event_add_escaped(struct yg_event *event, struct yg_bytes name, struct yg_bytes text)
{
	uint32_t before = event->field_count;
	int rc = yg_event_add(event, name, text, YG_VALUE_TEXT);

	if (event->field_count > before)
		event->fields[before].is_escaped = 1;
	return rc;
}

static bool hex4(struct yg_bytes b, size_t at, uint32_t *ret)
{
	uint32_t value = 0;

	if (b.size < 4 || at > b.size - 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		uint8_t c = b.data[at + i];
		uint8_t low = (uint8_t)(c | 0x20);

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if (low >= 'a' && low <= 'f')
			value = value << 4 | (uint32_t)(low - 'a' + 10);
		else
			return false;
	}
	*ret = value;
	return true;
}

/* \uXXXX at @at (the backslash), with its low half where it is a high surrogate. */
static size_t unescape_unicode(struct yg_bytes b, size_t at, uint8_t *to, size_t *size)
{
	uint32_t point, low;
	size_t used = 6;

	if (!hex4(b, at + 2, &point))
		return 0;
	if (point >= 0xd800 && point <= 0xdbff) {
		if (at + 8 <= b.size && b.data[at + 6] == '\\' && b.data[at + 7] == 'u' &&
		    hex4(b, at + 8, &low) && low >= 0xdc00 && low <= 0xdfff) {
			point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
			used = 12;
		} else {
			point = 0xfffd;
		}
	} else if (point >= 0xdc00 && point <= 0xdfff) {
		point = 0xfffd;
	}
	*size += yg_utf8_put(point, to + *size);
	return used;
}

/*
 * Copy what stands before the first backslash; returns how much that was. Values of Windows have a
 * backslash every few bytes: a word at a time, without a call, is what that takes. Up to seven
 * bytes more may be written: @to has room for as much as is left of the source.
 */
static size_t copy_plain(struct yg_bytes b, uint8_t *to)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	size_t i = 0;

	while (b.size - i >= 8) {
		uint64_t eight, other;

		memcpy(&eight, b.data + i, 8);
		memcpy(to + i, &eight, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		eight = __builtin_bswap64(eight);
#endif
		other = eight ^
			ones * '\\'; /* a backslash is now zero; the lowest found is exact */
		other = (other - ones) & ~other & ones << 7;
		if (other)
			return i + (size_t)__builtin_ctzll(other) / 8;
		i += 8;
	}
	for (; i < b.size && b.data[i] != '\\'; i++)
		to[i] = b.data[i];
	return i;
}

/* What stands for the character behind a backslash; 0: itself, or \\u. */
static const uint8_t escapes[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',	['b'] = '\b',
				     ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};

#ifdef __SSE2__
#define BLOCK 32u

static uint32_t backslashes(const uint8_t *at)
{
	const __m128i slash = _mm_set1_epi8('\\');
	__m128i low = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i high = _mm_loadu_si128((const __m128i *)(const void *)(at + 16));

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(low, slash)) |
	       (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(high, slash)) << 16;
}

/*
 * Decode what can be decoded a block at a time: where its backslashes stand is known at once, so
 * that none waits for the one before. Stops at \\u, at what is no escape, and a block before the
 * end of the text; *@done: up to there. A whole block is copied from each place, into room that is
 * there: what is written is never longer than what was read.
 */
static size_t unescape_blocks(struct yg_bytes b, size_t *done, uint8_t *to, size_t size)
{
	size_t i = *done;

	while (b.size - i >= 2 * BLOCK) {
		size_t end = i + BLOCK;

		for (uint32_t mask = backslashes(b.data + i); mask;) {
			size_t at = end - BLOCK + (size_t)__builtin_ctz(mask);
			uint8_t c = escapes[b.data[at + 1]];

			memcpy(to + size, b.data + i, BLOCK);
			size += at - i;
			i = at;
			if (!c) {
				*done = i;
				return size;
			}
			to[size++] = c;
			i += 2;
			mask &= mask - 1;
			if (c == '\\' && i <= end)
				mask &= ~(uint32_t)(UINT64_C(1) << (i - 1 - (end - BLOCK)));
		}
		if (i < end) {
			memcpy(to + size, b.data + i, BLOCK);
			size += end - i;
			i = end;
		}
	}
	*done = i;
	return size;
}
#endif

/* Decode JSON escapes (RFC 8259 sec. 7); never longer than what was written. */
static size_t unescape(struct yg_bytes b, uint8_t *to)
{
	size_t size = 0;
	size_t i = 0;

	for (;;) {
		size_t used = 0;
		size_t run;
		uint8_t c;

#ifdef __SSE2__
		size = unescape_blocks(b, &i, to, size);
#endif
		run = copy_plain(yg_bytes_from(b, i), to + size);
		size += run;
		i += run;
		if (i == b.size)
			return size;
		c = i + 1 < b.size ? b.data[i + 1] : 0; /* a last backslash alone is text */
		if (escapes[c]) {
			to[size++] = escapes[c];
			used = 2;
		} else if (c == 'u') {
			used = unescape_unicode(b, i, to, &size);
		}
		if (used == 0) {
			to[size++] = b.data[i];
			used = 1;
		}
		i += used;
	}
}

static struct yg_bytes text_from_utf16(struct yg_event *event, struct yg_field *field)
{
	uint8_t *to = yg_arena_alloc(event->arena, yg_utf8_size_of_utf16le(field->text));

	if (!to)
		return field->text;
	field->text = (struct yg_bytes){to, yg_utf8_from_utf16le(field->text, to)};
	field->is_utf16 = 0;
	return field->text;
}

struct yg_bytes yg_event_text(struct yg_event *event, struct yg_field *field)
{
	uint8_t *to;

	if (field->is_utf16)
		return text_from_utf16(event, field);
	if (!field->is_escaped)
		return field->text;
	to = yg_arena_alloc(event->arena, field->text.size);
	if (!to)
		return field->text;
	field->text = (struct yg_bytes){to, unescape(field->text, to)};
	field->is_escaped = 0;
	return field->text;
}

struct yg_field *yg_event_find(struct yg_event *event, uint32_t name_id)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		if (event->fields[i].name_id == name_id)
			return &event->fields[i];
	return NULL;
}

struct yg_bytes yg_event_get(struct yg_event *event, uint32_t name_id)
{
	struct yg_field *field = yg_event_find(event, name_id);

	return field ? yg_event_text(event, field) : (struct yg_bytes){0};
}
