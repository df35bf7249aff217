/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of patterns by Vectorscan, with expressions that work on characters.
 *
 * Vectorscan is fast with bytes, large and slow with characters, and undefined where a text is not
 * well-formed UTF-8. Nearly all expressions cannot tell two characters beyond ASCII from each
 * other: `.` and `[^a]` take them all, `\d` none. Those are compiled for bytes, and in a text that
 * is not ASCII each such character becomes the one byte 0xff before it is looked through:
 *
 *     管理者a.exe  ->  ff ff ff a . e x e        ^.{3}a fits
 *
 * A byte that belongs to no well-formed character becomes 0xff as well, so that it hides nothing.
 * The others (YG_REACH_NAMED) are compiled for characters; in their texts such a byte becomes
 * U+FFFD. Where one of these is too large for Vectorscan, the built-in matcher looks for it. That
 * one looks also, in the rare texts that hold U+017F or U+212A, for expressions that ignore case
 * and have s or k: beyond ASCII they know these two only.
 *
 * As bytes a set is a head, then for each of its parts the numbers of its patterns in the set
 * (none: they are all of them) and what its matcher made of them.
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "detect/nfa.h"
#include "detect/patterns.h"

#include "base/ban.h"

#define VERSION	   1u /* of the bytes, and of what they mean */
#define FIRST_SIZE 4096u
#define WIDE_STEPS 512u	       /* more than these can keep Vectorscan's compiler busy for minutes */
#define TEXT_MAX   (64u << 20) /* as much as a record's folded values may take (match.c) */
#define ALIKE	   0xffu
#define NONE	   UINT32_MAX
#define FOLDED	   (1u << 31) /* beside a number: not to be believed where a text holds the two */
#define ALIGNED(n) (((n) + 7) / 8 * 8)

enum part {
	NARROW, /* Vectorscan, bytes */
	WIDE,	/* Vectorscan, characters */
	REST,	/* the built-in matcher: what is too large for WIDE */
	TWO,	/* the built-in matcher, where a text holds U+017F or U+212A */
	PARTS,
};

struct head {
	uint32_t are_regexes;
	uint32_t count; /* of patterns */
	struct {
		uint32_t count; /* of numbers; 0: all patterns, if there is anything */
		uint32_t size;	/* of what its matcher made; 0: there is no such part */
	} parts[PARTS];
};

struct set {
	bool are_regexes;
	struct {
		const uint32_t *numbers; /* in the bytes of the set */
		uint32_t count;
		uint32_t index; /* among the sets of its matcher, or NONE */
	} parts[PARTS];
};

struct sets {
	void *library;
	void *builtin;
	struct set *sets;
	uint32_t count;
	uint32_t room;
	uint32_t library_count, builtin_count;
};

struct room {
	void *library;
	void *builtin;
	uint8_t *bytes; /* of a text that is not looked through as it is */
	size_t size;
};

static const struct yg_matcher_ops *ops_of(enum part part)
{
	return part == NARROW || part == WIDE ? &yg_vectorscan_ops : &yg_builtin_ops;
}

static uint64_t fingerprint(uint64_t hash)
{
	return yg_builtin_ops.fingerprint(yg_vectorscan_ops.fingerprint(hash + VERSION));
}

/* ---- making ---- */

/*
 * How many steps @regex has for the built-in matcher; 0: it does not take it. YG_OK or YG_ENOMEM.
 */
static int steps_of(const struct yg_pattern *regex, uint32_t *ret)
{
	struct yg_nfa *nfa = NULL;
	const char *reason;
	int rc = yg_nfa_new(regex->text, regex->flags, &nfa, &reason);

	*ret = rc == YG_OK ? yg_nfa_size(nfa) : 0;
	(void)yg_nfa_free(nfa);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

static int reach_of(const struct yg_pattern *regex, enum yg_reach *ret)
{
	int rc = yg_nfa_reach(regex->text, regex->flags, ret);
	uint32_t steps;

	if (rc != YG_OK || *ret != YG_REACH_FOLDED)
		return rc;
	rc = steps_of(regex, &steps);
	if (rc == YG_OK && steps == 0)
		*ret = YG_REACH_NAMED; /* too large for the one that would look for the two */
	return rc;
}

static int check(const struct yg_pattern *regex, bool is_heavy, char *reason, size_t room)
{
	struct yg_pattern wide = {regex->text, regex->flags | YG_REGEX_UTF8};
	enum yg_reach reach;
	uint32_t steps = 0;
	int rc = reach_of(regex, &reach);

	if (rc == YG_OK && reach != YG_REACH_NAMED)
		return yg_vectorscan_ops.check(regex, is_heavy, reason, room);
	if (rc == YG_OK)
		rc = steps_of(&wide, &steps);
	if (rc != YG_OK)
		return rc;
	rc = yg_vectorscan_ops.check(&wide, false, reason, room);
	if (rc != YG_OK || steps > 0)
		return rc;
	/* Nobody would stand in. */
	if (!is_heavy)
		return yg_vectorscan_ops.check(&wide, true, reason, room);
	(void)snprintf(reason, room,
		       "it names characters beyond ASCII, or kinds of them (\\p), and is "
		       "too large: make it shorter, or its repeats smaller");
	return YG_EFORMAT;
}

/* The patterns of one part. */
struct list {
	struct yg_pattern *patterns;
	uint32_t *numbers;
	uint32_t count;
	char *bytes;
	size_t size;
};

struct lists {
	struct list parts[PARTS];
};

static void drop(struct lists *lists)
{
	for (int i = 0; i < PARTS; i++) {
		free(lists->parts[i].patterns);
		free(lists->parts[i].numbers);
		free(lists->parts[i].bytes);
	}
}

static bool make_room(struct lists *lists, uint32_t count)
{
	for (int i = 0; i < PARTS; i++) {
		struct list *list = &lists->parts[i];

		list->patterns = yg_calloc(count + 1u, sizeof(*list->patterns));
		list->numbers = yg_calloc(count + 2u, sizeof(*list->numbers)); /* ALIGNED() */
		if (!list->patterns || !list->numbers)
			return false;
	}
	return true;
}

static void put(struct list *list, struct yg_pattern pattern, uint32_t number)
{
	list->patterns[list->count] = pattern;
	list->numbers[list->count++] = number;
}

static int divide(struct lists *lists, const struct yg_pattern *patterns, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct yg_pattern wide = {patterns[i].text, patterns[i].flags | YG_REGEX_UTF8};
		enum yg_reach reach;
		uint32_t steps = 0;
		int rc = reach_of(&patterns[i], &reach);

		if (rc == YG_OK && reach == YG_REACH_NAMED)
			rc = steps_of(&wide, &steps);
		if (rc != YG_OK)
			return rc;
		if (reach == YG_REACH_NAMED)
			put(&lists->parts[steps > WIDE_STEPS ? REST : WIDE], wide, i);
		else
			put(&lists->parts[NARROW], patterns[i],
			    reach == YG_REACH_FOLDED ? i | FOLDED : i);
		if (reach == YG_REACH_FOLDED)
			put(&lists->parts[TWO], wide, i);
	}
	return YG_OK;
}

/* From WIDE to REST what the built-in matcher takes. */
static int move_to_rest(struct lists *lists)
{
	struct list *wide = &lists->parts[WIDE];
	uint32_t count = wide->count;

	wide->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t steps;
		int rc = steps_of(&wide->patterns[i], &steps);

		if (rc != YG_OK)
			return rc;
		put(steps > 0 ? &lists->parts[REST] : wide, wide->patterns[i], wide->numbers[i]);
	}
	return YG_OK;
}

static int compile_part(struct lists *lists, enum part part, bool are_regexes)
{
	struct list *list = &lists->parts[part];

	if (list->count == 0)
		return YG_OK;
	return ops_of(part)->compile(list->patterns, list->count, are_regexes, &list->bytes,
				     &list->size);
}

static int compile_parts(struct lists *lists)
{
	int rc = compile_part(lists, NARROW, true);

	if (rc != YG_OK)
		return rc;
	rc = compile_part(lists, WIDE, true);
	if (rc == YG_EFORMAT) {
		rc = move_to_rest(lists);
		if (rc == YG_OK)
			rc = compile_part(lists, WIDE, true);
	}
	for (enum part part = REST; rc == YG_OK && part < PARTS; part++)
		rc = compile_part(lists, part, true);
	return rc;
}

/* The bytes of all parts, one after the other. */
static int write_set(const struct lists *lists, struct head *head, char **ret, size_t *ret_size)
{
	size_t size = ALIGNED(sizeof(*head));
	char *to;

	for (int i = 0; i < PARTS; i++) {
		const struct list *list = &lists->parts[i];
		/* All of them, in order: as it is for sets of texts, and most of expressions. */
		bool is_whole =
			i == NARROW && list->count == head->count && lists->parts[TWO].count == 0;

		if (list->size > UINT32_MAX / 2)
			return YG_ELIMIT;
		head->parts[i].count = is_whole ? 0 : list->count;
		head->parts[i].size = (uint32_t)list->size;
		size += ALIGNED(head->parts[i].count * sizeof(uint32_t)) + ALIGNED(list->size);
	}
	to = *ret = yg_calloc(1, size);
	if (!to)
		return YG_ENOMEM;
	*ret_size = size;
	memcpy(to, head, sizeof(*head));
	to += ALIGNED(sizeof(*head));
	for (int i = 0; i < PARTS; i++) {
		const struct list *list = &lists->parts[i];
		size_t numbers = head->parts[i].count * sizeof(uint32_t);

		if (list->size == 0)
			continue;
		memcpy(to, list->numbers, numbers);
		memcpy(to + ALIGNED(numbers), list->bytes, list->size);
		to += ALIGNED(numbers) + ALIGNED(list->size);
	}
	return YG_OK;
}

static int compile(const struct yg_pattern *patterns, uint32_t count, bool are_regexes, char **ret,
		   size_t *ret_size)
{
	struct head head = {.are_regexes = are_regexes, .count = count};
	struct lists lists = {0};
	int rc = YG_ENOMEM;

	if (make_room(&lists, count)) {
		rc = YG_OK;
		if (are_regexes)
			rc = divide(&lists, patterns, count);
		for (uint32_t i = 0; !are_regexes && i < count; i++)
			put(&lists.parts[NARROW], patterns[i], i);
		if (rc == YG_OK)
			rc = are_regexes ? compile_parts(&lists)
					 : compile_part(&lists, NARROW, false);
	}
	if (rc == YG_OK)
		rc = write_set(&lists, &head, ret, ret_size);
	drop(&lists);
	return rc;
}

/* ---- opening ---- */

static void sets_free(void *arg)
{
	struct sets *sets = arg;

	if (!sets)
		return;
	yg_vectorscan_ops.sets_free(sets->library);
	yg_builtin_ops.sets_free(sets->builtin);
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
	sets->library = yg_vectorscan_ops.sets_new(2 * count); /* of each at most two parts */
	sets->builtin = yg_builtin_ops.sets_new(2 * count);
	if (sets->sets && sets->library && sets->builtin)
		return sets;
	sets_free(sets);
	return NULL;
}

static int add_part(struct sets *sets, struct set *set, enum part part, struct yg_bytes bytes)
{
	if (part == NARROW || part == WIDE) {
		set->parts[part].index = sets->library_count++;
		return yg_vectorscan_ops.sets_add(sets->library, bytes);
	}
	set->parts[part].index = sets->builtin_count++;
	return yg_builtin_ops.sets_add(sets->builtin, bytes);
}

/* The numbers and the bytes of @part from the front of *@rest. */
static int read_part(struct sets *sets, struct set *set, const struct head *head, enum part part,
		     struct yg_bytes *rest)
{
	uint32_t count = head->parts[part].count;
	size_t size = head->parts[part].size;
	size_t numbers = ALIGNED((size_t)count * sizeof(uint32_t));
	int rc;

	set->parts[part].index = NONE;
	if (size == 0)
		return count == 0 ? YG_OK : YG_EFORMAT;
	if (numbers > rest->size || ALIGNED(size) > rest->size - numbers)
		return YG_EFORMAT;
	set->parts[part].numbers = (const void *)rest->data;
	set->parts[part].count = count;
	rc = add_part(sets, set, part, yg_bytes_cut(*rest, numbers, numbers + size));
	*rest = yg_bytes_from(*rest, numbers + ALIGNED(size));
	return rc;
}

static int sets_add(void *arg, struct yg_bytes bytes)
{
	struct sets *sets = arg;
	struct set *set = &sets->sets[sets->count];
	struct head head;
	int rc = YG_OK;

	assert(sets->count < sets->room);
	if (bytes.size < ALIGNED(sizeof(head)) || (uintptr_t)bytes.data % sizeof(uint32_t))
		return YG_EFORMAT;
	memcpy(&head, bytes.data, sizeof(head));
	bytes = yg_bytes_from(bytes, ALIGNED(sizeof(head)));
	set->are_regexes = head.are_regexes;
	for (enum part part = NARROW; rc == YG_OK && part < PARTS; part++)
		rc = read_part(sets, set, &head, part, &bytes);
	sets->count += rc == YG_OK;
	return rc;
}

static void room_free(void *arg)
{
	struct room *room = arg;

	if (!room)
		return;
	yg_vectorscan_ops.room_free(room->library);
	yg_builtin_ops.room_free(room->builtin);
	free(room->bytes);
	free(room);
}

static void *room_new(const void *arg)
{
	const struct sets *sets = arg;
	struct room *room = yg_calloc(1, sizeof(*room));

	if (!room)
		return NULL;
	room->library = yg_vectorscan_ops.room_new(sets->library);
	room->builtin = yg_builtin_ops.room_new(sets->builtin);
	if (room->library && room->builtin)
		return room;
	room_free(room);
	return NULL;
}

/* ---- looking ---- */

static bool is_ascii(struct yg_bytes text)
{
	uint64_t word = 0, high = 0;
	size_t at = 0;

	for (; at + sizeof(word) <= text.size; at += sizeof(word)) {
		memcpy(&word, text.data + at, sizeof(word));
		high |= word;
	}
	for (; at < text.size; at++)
		high |= text.data[at];
	return (high & UINT64_C(0x8080808080808080)) == 0;
}

/* Room for @size bytes; it stays as large as the longest text so far. What was in it is lost. */
static int grow(struct room *room, size_t size)
{
	size_t wanted = room->size ? room->size : FIRST_SIZE;
	uint8_t *bytes;

	if (size <= room->size)
		return YG_OK;
	while (wanted < size)
		wanted *= 2;
	bytes = yg_malloc(wanted);
	if (!bytes)
		return YG_ENOMEM;
	free(room->bytes);
	room->bytes = bytes;
	room->size = wanted;
	return YG_OK;
}

static bool is_one_of_two(struct yg_bytes rest)
{
	return yg_bytes_starts(rest, YG_S("\xc5\xbf")) ||
	       yg_bytes_starts(rest, YG_S("\xe2\x84\xaa"));
}

/* Each character beyond ASCII and each stray byte: one byte. */
static int make_narrow(struct room *room, struct yg_bytes text, struct yg_bytes *ret)
{
	int rc = grow(room, text.size);
	size_t size = 0, at = 0;

	while (rc == YG_OK && at < text.size) {
		size_t used = 1;

		if (text.data[at] < 0x80) {
			room->bytes[size++] = text.data[at];
		} else {
			used = yg_utf8_size(yg_bytes_from(text, at));
			room->bytes[size++] = ALIKE;
		}
		at += used ? used : 1;
	}
	*ret = (struct yg_bytes){room->bytes, size};
	return rc;
}

/* Each stray byte: U+FFFD. */
static int make_wide(struct room *room, struct yg_bytes text, struct yg_bytes *ret)
{
	size_t size = 0, at = 0;
	int rc;

	*ret = text;
	if (yg_utf8_valid(text))
		return YG_OK;
	rc = grow(room, 3 * text.size);
	while (rc == YG_OK && at < text.size) {
		size_t used = yg_utf8_size(yg_bytes_from(text, at));

		if (used > 0)
			memcpy(room->bytes + size, text.data + at, used);
		else
			memcpy(room->bytes + size, "\xef\xbf\xbd", 3);
		size += used ? used : 3;
		at += used ? used : 1;
	}
	*ret = (struct yg_bytes){room->bytes, size};
	return rc;
}

static bool holds_the_two(struct yg_bytes text)
{
	for (size_t at = 0; at < text.size; at++)
		if (text.data[at] >= 0x80 && is_one_of_two(yg_bytes_from(text, at)))
			return true;
	return false;
}

/* From the patterns of a part to those of the set. */
struct relay {
	bool is_ascii;		 /* the text */
	const uint32_t *numbers; /* NULL: the same */
	uint32_t count;
	bool passes_folded;
	bool is_enough;
	yg_pattern_fn found;
	void *arg;
};

static int pass_on(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		   void *arg)
{
	struct relay *relay = arg;
	uint32_t number = id;

	if (relay->count > 0) {
		if (id >= relay->count)
			return 0;
		number = relay->numbers[id];
		if (number & FOLDED && !relay->passes_folded)
			return 0;
		number &= ~FOLDED;
	}
	relay->is_enough = relay->found(number, from, to, flags, relay->arg) != 0;
	return relay->is_enough;
}

static int scan_part(const struct sets *sets, struct room *room, const struct set *set,
		     enum part part, struct yg_bytes text, struct relay *relay)
{
	bool is_library = part == NARROW || part == WIDE;
	int rc = YG_OK;

	if (set->parts[part].index == NONE || relay->is_enough)
		return YG_OK;
	if (part == NARROW && !relay->is_ascii)
		rc = make_narrow(room, text, &text);
	else if (part == WIDE && !relay->is_ascii)
		rc = make_wide(room, text, &text);
	relay->numbers = set->parts[part].numbers;
	relay->count = set->parts[part].count;
	if (rc != YG_OK)
		return rc;
	return ops_of(part)->scan(is_library ? sets->library : sets->builtin,
				  is_library ? room->library : room->builtin,
				  set->parts[part].index, text, pass_on, relay);
}

static int scan(const void *arg, void *room_arg, uint32_t index, struct yg_bytes text,
		yg_pattern_fn found, void *found_arg)
{
	const struct sets *sets = arg;
	const struct set *set = &sets->sets[index];
	bool is_plain = !set->are_regexes || is_ascii(text);
	struct relay relay = {.is_ascii = is_plain, .found = found, .arg = found_arg};
	struct room *room = room_arg;
	bool has_two;
	int rc = YG_OK;

	if (is_plain && set->parts[NARROW].index != NONE && set->parts[NARROW].count == 0)
		return yg_vectorscan_ops.scan(sets->library, room->library,
					      set->parts[NARROW].index, text, found, found_arg);
	if (text.size > TEXT_MAX)
		return YG_ELIMIT;
	has_two = !is_plain && set->parts[TWO].index != NONE && holds_the_two(text);
	relay.passes_folded = !has_two;
	for (enum part part = NARROW; rc == YG_OK && part < PARTS; part++)
		if (part != TWO || has_two)
			rc = scan_part(sets, room, set, part, text, &relay);
	return rc;
}

const struct yg_matcher_ops yg_characters_ops = {
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
