/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of patterns without any library.
 *
 * As bytes a set is its patterns: count, are_regexes, then flags, size and text of each. What is
 * needed to look for them is made on opening, so that nothing in an image has to be trusted.
 *
 * Texts are found by their first bytes, up to four: at each place of the value, one look into a
 * hash table for each of the lengths that occur. Expressions run one after the other.
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash.h"
#include "detect/image-int.h"
#include "detect/nfa.h"
#include "detect/patterns.h"

#include "base/ban.h"

#define BUILTIN_VERSION	  2u /* of the bytes, and of what they mean */
#define COMPILED_SIZE_MAX (256u << 20)
#define WIDTH_MAX	  4u
#define FREE		  UINT32_MAX

/* Texts whose first @width bytes are @key: a chain. */
struct slot {
	uint32_t key;
	uint32_t width;
	uint32_t head; /* number of a text, or FREE */
};

struct set {
	uint32_t count;
	struct yg_nfa **nfas; /* NULL: they are texts */
	struct yg_bytes *texts;
	uint32_t *next; /* text -> the next of its chain, or FREE */
	struct slot *slots;
	uint32_t mask;
	uint32_t widths;   /* bit w - 1: some text has a key of w bytes */
	uint32_t first[8]; /* bytes that texts begin with */
};

struct sets {
	struct set *sets;
	uint32_t count;
	uint32_t room;
	uint32_t texts_max; /* of one set */
	uint32_t steps_max; /* of one expression */
};

struct room {
	struct yg_nfa_room *nfa;
	uint32_t *seen; /* per text: the last round it was found in */
	uint32_t round;
	uint32_t texts_max;
};

static uint64_t fingerprint(uint64_t hash)
{
	return yg_hash64(YG_S("built-in matcher"), hash + BUILTIN_VERSION);
}

static int check(const struct yg_pattern *regex, bool is_heavy, char *reason, size_t room)
{
	const char *words = "";
	struct yg_nfa *nfa = NULL;
	int rc = yg_nfa_new(regex->text, regex->flags, &nfa, &words);

	(void)is_heavy; /* there is no cheaper way to know */
	(void)yg_nfa_free(nfa);
	if (rc != YG_OK && rc != YG_ENOMEM)
		(void)snprintf(reason, room, "%s", words);
	return rc;
}

static void add_u32(struct yg_buf *buf, uint32_t number)
{
	yg_buf_add(buf, (struct yg_bytes){(const uint8_t *)&number, sizeof(number)});
}

static int compile(const struct yg_pattern *patterns, uint32_t count, bool are_regexes, char **ret,
		   size_t *ret_size)
{
	struct yg_buf buf;

	yg_buf_init(&buf, COMPILED_SIZE_MAX);
	add_u32(&buf, count);
	add_u32(&buf, are_regexes);
	for (uint32_t i = 0; i < count; i++) {
		add_u32(&buf, patterns[i].flags);
		add_u32(&buf, (uint32_t)patterns[i].text.size);
		yg_buf_add(&buf, patterns[i].text);
	}
	if (yg_buf_error(&buf)) {
		int rc = yg_buf_error(&buf);

		yg_buf_done(&buf);
		return rc;
	}
	*ret = (char *)buf.data;
	*ret_size = buf.size;
	return YG_OK;
}

static void drop_set(struct set *set)
{
	for (uint32_t i = 0; set->nfas && i < set->count; i++)
		(void)yg_nfa_free(set->nfas[i]);
	free(set->nfas);
	free(set->texts);
	free(set->next);
	free(set->slots);
}

static void sets_free(void *arg)
{
	struct sets *sets = arg;

	if (!sets)
		return;
	for (uint32_t i = 0; i < sets->count; i++)
		drop_set(&sets->sets[i]);
	free(sets->sets);
	free(sets);
}

static void *sets_new(uint32_t count)
{
	struct sets *sets = yg_calloc(1, sizeof(*sets));

	if (!sets)
		return NULL;
	sets->room = count;
	sets->sets = yg_calloc(count + 1u, sizeof(*sets->sets));
	if (sets->sets)
		return sets;
	free(sets);
	return NULL;
}

static uint32_t key_of(const uint8_t *text, uint32_t width)
{
	uint32_t key = 0;

	for (uint32_t i = 0; i < width; i++)
		key = key << 8 | text[i];
	return key;
}

/* The slot for @key, or the free one where it would be. */
static struct slot *slot_of(const struct set *set, uint32_t key, uint32_t width)
{
	uint32_t at = (uint32_t)(((uint64_t)key + width) * YG_IMG_HASH_STEP >> 32) & set->mask;

	while (set->slots[at].head != FREE &&
	       (set->slots[at].key != key || set->slots[at].width != width))
		at = (at + 1) & set->mask;
	return &set->slots[at];
}

static int make_table(struct set *set)
{
	uint32_t size = 4;

	while (size < 2 * set->count)
		size *= 2;
	set->slots = yg_calloc(size, sizeof(*set->slots));
	set->next = yg_calloc(set->count + 1u, sizeof(*set->next));
	if (!set->slots || !set->next)
		return YG_ENOMEM;
	set->mask = size - 1;
	for (uint32_t i = 0; i < size; i++)
		set->slots[i].head = FREE;
	for (uint32_t i = 0; i < set->count; i++) {
		struct yg_bytes text = set->texts[i];
		uint32_t width = text.size < WIDTH_MAX ? (uint32_t)text.size : WIDTH_MAX;
		uint32_t key = key_of(text.data, width);
		struct slot *slot = slot_of(set, key, width);

		set->next[i] = slot->head;
		*slot = (struct slot){key, width, i};
		set->widths |= 1u << (width - 1);
		set->first[text.data[0] / 32] |= 1u << text.data[0] % 32;
	}
	return YG_OK;
}

struct reader {
	struct yg_bytes rest;
	bool is_short;
};

static uint32_t read_u32(struct reader *r)
{
	uint32_t number = 0;

	if (r->rest.size < sizeof(number)) {
		r->is_short = true;
		return 0;
	}
	memcpy(&number, r->rest.data, sizeof(number));
	r->rest = yg_bytes_from(r->rest, sizeof(number));
	return number;
}

static int read_pattern(struct sets *sets, struct set *set, struct reader *r, uint32_t index)
{
	uint32_t flags = read_u32(r);
	uint32_t size = read_u32(r);
	const char *words;
	int rc;

	if (r->is_short || size > r->rest.size || (size == 0 && !set->nfas))
		return YG_EFORMAT;
	set->texts[index] = yg_bytes_cut(r->rest, 0, size);
	r->rest = yg_bytes_from(r->rest, size);
	if (!set->nfas)
		return YG_OK;
	rc = yg_nfa_new(set->texts[index], flags, &set->nfas[index], &words);
	if (rc == YG_OK && yg_nfa_size(set->nfas[index]) > sets->steps_max)
		sets->steps_max = yg_nfa_size(set->nfas[index]);
	return rc == YG_OK || rc == YG_ENOMEM ? rc : YG_EFORMAT;
}

static int sets_add(void *arg, struct yg_bytes bytes)
{
	struct sets *sets = arg;
	struct set *set = &sets->sets[sets->count];
	struct reader reader = {.rest = bytes};
	uint32_t are_regexes;
	int rc = YG_OK;

	assert(sets->count < sets->room);
	sets->count++;
	set->count = read_u32(&reader);
	are_regexes = read_u32(&reader);
	if (reader.is_short || set->count > bytes.size / 8) {
		set->count = 0;
		return YG_EFORMAT;
	}
	set->texts = yg_calloc(set->count + 1u, sizeof(*set->texts));
	if (are_regexes)
		set->nfas = yg_calloc(set->count + 1u, sizeof(void *));
	if (!set->texts || (are_regexes && !set->nfas))
		return YG_ENOMEM;
	for (uint32_t i = 0; i < set->count && rc == YG_OK; i++)
		rc = read_pattern(sets, set, &reader, i);
	if (rc == YG_OK && !set->nfas)
		rc = make_table(set);
	if (set->count > sets->texts_max)
		sets->texts_max = set->count;
	return rc;
}

static void room_free(void *arg)
{
	struct room *room = arg;

	if (!room)
		return;
	(void)yg_nfa_room_free(room->nfa);
	free(room->seen);
	free(room);
}

static void *room_new(const void *arg)
{
	const struct sets *sets = arg;
	struct room *room = yg_calloc(1, sizeof(*room));

	if (!room)
		return NULL;
	room->texts_max = sets->texts_max;
	room->seen = yg_calloc(sets->texts_max + 1u, sizeof(*room->seen));
	room->nfa = yg_nfa_room_new(sets->steps_max);
	if (room->seen && room->nfa)
		return room;
	room_free(room);
	return NULL;
}

/* All texts that stand at the start of @rest and were not seen before. True: it is enough. */
static bool report_here(const struct set *set, struct room *room, struct yg_bytes rest,
			yg_pattern_fn found, void *arg)
{
	for (uint32_t width = 1; width <= WIDTH_MAX && width <= rest.size; width++) {
		uint32_t i;

		if (!(set->widths >> (width - 1) & 1))
			continue;
		i = slot_of(set, key_of(rest.data, width), width)->head;
		for (; i != FREE; i = set->next[i]) {
			if (room->seen[i] == room->round || !yg_bytes_starts(rest, set->texts[i]))
				continue;
			room->seen[i] = room->round;
			if (found(i, 0, 0, 0, arg) != 0)
				return true;
		}
	}
	return false;
}

static int scan(const void *arg, void *room_arg, uint32_t index, struct yg_bytes text,
		yg_pattern_fn found, void *found_arg)
{
	const struct set *set = &((const struct sets *)arg)->sets[index];
	struct room *room = room_arg;

	if (set->nfas) {
		for (uint32_t i = 0; i < set->count; i++)
			if (yg_nfa_find(set->nfas[i], room->nfa, text) &&
			    found(i, 0, 0, 0, found_arg) != 0)
				break;
		return YG_OK;
	}
	if (++room->round == 0) {
		memset(room->seen, 0, room->texts_max * sizeof(*room->seen));
		room->round = 1;
	}
	for (size_t at = 0; at < text.size; at++) {
		uint8_t c = text.data[at];

		if (set->first[c / 32] >> c % 32 & 1 &&
		    report_here(set, room, yg_bytes_from(text, at), found, found_arg))
			break;
	}
	return YG_OK;
}

const struct yg_matcher_ops yg_builtin_ops = {
	.fingerprint = fingerprint,
	.check = check,
	.compile = compile,
	.sets_new = sets_new,
	.sets_add = sets_add,
	.sets_free = sets_free,
	.room_new = room_new,
	.room_free = room_free,
	.scan = scan,
};
