/* SPDX-License-Identifier: Apache-2.0 */
/* Following all states of an expression side by side. */
#include "detect/nfa.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "detect/nfa-int.h"

#include "base/ban.h"

#define STRAY 0xfffdu /* a byte that belongs to no character */

struct yg_nfa_room {
	uint32_t *now;	 /* steps that take the character at hand */
	uint32_t *next;	 /* steps that will take the one after it */
	uint32_t *stack; /* of steps still to be followed */
	uint32_t *seen;	 /* per step: the round in which it was followed */
	uint32_t round;	 /* another one for each place in a text */
	uint32_t steps;
};

struct yg_nfa *yg_nfa_free(struct yg_nfa *nfa)
{
	if (!nfa)
		return NULL;
	free(nfa->steps);
	free(nfa->sets);
	free(nfa->ranges);
	free(nfa);
	return NULL;
}

uint32_t yg_nfa_size(const struct yg_nfa *nfa)
{
	return nfa->step_count;
}

struct yg_nfa_room *yg_nfa_room_new(uint32_t steps)
{
	struct yg_nfa_room *room = yg_calloc(1, sizeof(*room));

	if (!room)
		return NULL;
	room->steps = steps;
	room->now = yg_calloc(steps + 1u, sizeof(*room->now));
	room->next = yg_calloc(steps + 1u, sizeof(*room->next));
	room->seen = yg_calloc(steps + 1u, sizeof(*room->seen));
	room->stack = yg_calloc(2 * steps + 2u, sizeof(*room->stack));
	if (!room->now || !room->next || !room->seen || !room->stack)
		return yg_nfa_room_free(room);
	return room;
}

struct yg_nfa_room *yg_nfa_room_free(struct yg_nfa_room *room)
{
	if (!room)
		return NULL;
	free(room->now);
	free(room->next);
	free(room->seen);
	free(room->stack);
	free(room);
	return NULL;
}

struct run {
	const struct yg_nfa *nfa;
	struct yg_nfa_room *room;
	struct yg_bytes text;
};

static bool is_word_at(struct yg_bytes text, size_t at)
{
	uint8_t c = at < text.size ? text.data[at] : 0;

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Is the condition @op true between the bytes before and at @at? */
static bool holds(uint8_t op, struct yg_bytes text, size_t at)
{
	bool is_word;

	switch (op) {
	case YG_NFA_BEGIN:
		return at == 0;
	case YG_NFA_LINE_BEGIN: /* the end of a text begins no line */
		return at == 0 || (at < text.size && text.data[at - 1] == '\n');
	case YG_NFA_END:
		return at == text.size || (at + 1 == text.size && text.data[at] == '\n');
	case YG_NFA_LINE_END:
		return at == text.size || text.data[at] == '\n';
	case YG_NFA_TEXT_END:
		return at == text.size;
	default:
		is_word = at > 0 && is_word_at(text, at - 1);
		return (is_word != is_word_at(text, at)) == (op == YG_NFA_WORD);
	}
}

/*
 * Note in @list all steps that take a character and are reached from @step at the place @at without
 * taking one. True when the end of the expression is among them. A step is pushed at most twice:
 * by the one before it and by a jump; what jumps is followed once a round.
 */
static bool follow(struct run *r, uint32_t step, size_t at, uint32_t *list, uint32_t *count)
{
	struct yg_nfa_room *room = r->room;
	uint32_t depth = 1;

	room->stack[0] = step;
	while (depth > 0) {
		const struct yg_nfa_step *s;
		uint32_t here = room->stack[--depth];

		if (room->seen[here] == room->round)
			continue;
		room->seen[here] = room->round;
		s = &r->nfa->steps[here];
		switch (s->op) {
		case YG_NFA_MATCH:
			return true;
		case YG_NFA_SET:
			list[(*count)++] = here;
			break;
		case YG_NFA_SPLIT:
			room->stack[depth++] = (uint32_t)((int32_t)here + s->jump);
			room->stack[depth++] = here + 1;
			break;
		case YG_NFA_JUMP:
			room->stack[depth++] = (uint32_t)((int32_t)here + s->jump);
			break;
		default:
			if (holds(s->op, r->text, at))
				room->stack[depth++] = here + 1;
			break;
		}
	}
	return false;
}

static bool is_in(const struct yg_nfa *nfa, uint16_t set, uint32_t c)
{
	const struct yg_nfa_set *s = &nfa->sets[set];

	if (c < 256)
		return yg_nfa_bit(s->low, c);
	for (uint32_t i = 0; i < s->range_count; i++) {
		const struct yg_nfa_range *range = &nfa->ranges[s->range_first + i];

		if (c <= range->last)
			return c >= range->first;
	}
	return false;
}

/* The character at @at; *ret_size: its bytes. */
static uint32_t character(const struct run *r, size_t at, size_t *ret_size)
{
	const uint8_t *from = r->text.data + at;
	size_t size = *from >= 0x80 ? yg_utf8_size(yg_bytes_from(r->text, at)) : 1;
	uint32_t c = from[0];

	*ret_size = size > 0 ? size : 1;
	if (size == 0)
		return STRAY;
	if (size == 1)
		return c;
	c &= 0x7fu >> size;
	for (size_t i = 1; i < size; i++)
		c = c << 6 | (from[i] & 0x3fu);
	return c;
}

/* The first place from @at on where a match can begin; the end of the text when there is none. */
static size_t next_start(const struct run *r, size_t at)
{
	size_t size;

	while (at < r->text.size && !yg_nfa_bit(r->nfa->first, r->text.data[at])) {
		size = 1;
		if (r->text.data[at] >= 0x80)
			(void)character(r, at, &size);
		at += size;
	}
	return at;
}

/* Begin a match at @at, if one can begin there. True when it already fits. */
static bool begin(struct run *r, size_t at, uint32_t *list, uint32_t *count)
{
	const struct yg_nfa *nfa = r->nfa;

	if (nfa->is_anchored && at > 0)
		return false;
	if (!nfa->can_be_empty && (at >= r->text.size || !yg_nfa_bit(nfa->first, r->text.data[at])))
		return false;
	return follow(r, 0, at, list, count);
}

/* Take the character at @at. True when the expression fits after it; *ret_size: its bytes. */
static bool take(struct run *r, size_t at, uint32_t *count, size_t *ret_size)
{
	struct yg_nfa_room *room = r->room;
	uint32_t *list = room->now;
	uint32_t c = character(r, at, ret_size);
	uint32_t next_count = 0;

	room->round++;
	for (uint32_t i = 0; i < *count; i++)
		if (is_in(r->nfa, r->nfa->steps[list[i]].set, c) &&
		    follow(r, list[i] + 1, at + *ret_size, room->next, &next_count))
			return true;
	room->now = room->next;
	room->next = list;
	*count = next_count;
	return false;
}

bool yg_nfa_find(const struct yg_nfa *nfa, struct yg_nfa_room *room, struct yg_bytes text)
{
	struct run r = {nfa, room, text};
	uint32_t count = 0;
	size_t size;

	assert(nfa->step_count <= room->steps);
	assert(text.size < UINT32_MAX / 8); /* rounds of one text do not run out */
	if (room->round > UINT32_MAX / 2) {
		memset(room->seen, 0, room->steps * sizeof(*room->seen));
		room->round = 0;
	}
	room->round++;
	for (size_t at = 0;; at += size) {
		if (count == 0 && nfa->is_anchored && at > 0)
			return false;
		if (count == 0 && !nfa->can_be_empty) {
			at = next_start(&r, at);
			room->round++; /* another place: conditions are asked again */
		}
		if (begin(&r, at, room->now, &count))
			return true;
		if (at >= text.size)
			return false;
		if (take(&r, at, &count, &size))
			return true;
	}
}
