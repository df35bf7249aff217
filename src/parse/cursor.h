/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/cursor.h - taking a line of text apart from its front, and keeping what was found.
 *
 * Layer: parse; private to it. Pure, thread-safe. All cost is linear in what is passed.
 */
#pragma once

#include "parse/format-int.h"

static inline void yg_skip_spaces(struct yg_bytes *b)
{
	while (b->size > 0 && b->data[0] == ' ')
		*b = yg_bytes_from(*b, 1);
}

/* @head at the front of *b is passed over; false when it does not stand there. */
static inline bool yg_skip_head(struct yg_bytes *b, struct yg_bytes head)
{
	if (!yg_bytes_starts(*b, head))
		return false;
	*b = yg_bytes_from(*b, head.size);
	return true;
}

/* What stands before @end, which is passed over; all that is left when @end is missing. */
static inline struct yg_bytes yg_take_to(struct yg_bytes *b, uint8_t end)
{
	size_t at = yg_bytes_chr(*b, end);
	struct yg_bytes ret = yg_bytes_cut(*b, 0, at);

	*b = yg_bytes_from(*b, at == SIZE_MAX ? b->size : at + 1);
	return ret;
}

/* The word at the front, and the spaces after it. */
static inline struct yg_bytes yg_take_word(struct yg_bytes *b)
{
	struct yg_bytes ret = yg_take_to(b, ' ');

	yg_skip_spaces(b);
	return ret;
}

/* The last word of *b, and the spaces before it. */
static inline struct yg_bytes yg_take_last_word(struct yg_bytes *b)
{
	size_t at = b->size;
	struct yg_bytes ret;

	while (at > 0 && b->data[at - 1] != ' ')
		at--;
	ret = yg_bytes_from(*b, at);
	while (at > 0 && b->data[at - 1] == ' ')
		at--;
	*b = yg_bytes_cut(*b, 0, at);
	return ret;
}

/* Digits at the front of @b. */
static inline size_t yg_count_digits(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && (uint8_t)(b.data[i] - '0') <= 9)
		i++;
	return i;
}

static inline bool yg_is_digits(struct yg_bytes b)
{
	return b.size > 0 && yg_count_digits(b) == b.size;
}

struct yg_put {
	const char *name; /* static */
	struct yg_bytes text;
};

/*
 * Add those of @puts that hold something: neither nothing nor "-", with which logs write nothing.
 * What looks like a number is one. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_put_all(struct yg_event *event, const struct yg_put *puts, size_t count);

/* Derive @name_id with @text, unless @text is empty or the event has such a field. */
YG_MUST_USE int yg_derive_once(struct yg_event *event, uint32_t name_id, struct yg_bytes text);

#define YG_PUT_ALL(event, puts) yg_put_all(event, puts, sizeof(puts) / sizeof((puts)[0]))

/* The text of the first field called @name; an empty run when there is none. Cost: O(fields). */
struct yg_bytes yg_field_text(struct yg_event *event, struct yg_bytes name);
