/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table: entries in chains by their key's hash, and in one list from the one heard of last to
 * the one heard of longest ago. Entry 0 is none.
 */
#include "parse/join.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "parse/cursor.h"
#include "parse/description-int.h"

#include "base/ban.h"

#define BUCKETS	  (2u * YG_JOIN_OPEN_MAX)
#define HEAD_LOOK 160u /* bytes at a record's start in which the program stands */
#define BRACKETS  3u

struct value {
	struct yg_bytes name; /* in the description */
	uint32_t at, size;    /* in the entry's text */
};

struct entry {
	uint64_t hash;
	uint32_t chain; /* the next of its bucket */
	uint32_t older, newer;
	int64_t time_ns; /* of the last line that said one */
	uint32_t key_size, text_size, value_count;
	struct value values[YG_JOIN_VALUES_MAX];
	uint8_t text[YG_JOIN_TEXT_BYTES]; /* the key, then the values */
};

struct yg_join {
	struct entry *entries; /* [1, YG_JOIN_OPEN_MAX]; made with the first key */
	uint32_t buckets[BUCKETS];
	uint32_t count;	 /* entries ever used */
	uint32_t unused; /* chain of those given back */
	uint32_t oldest, newest;
	uint64_t evicted;
	uint32_t lent_size;
	uint8_t lent[YG_JOIN_TEXT_BYTES]; /* texts of what was taken last */
};

struct yg_join *yg_join_new(void)
{
	return yg_calloc(1, sizeof(struct yg_join));
}

struct yg_join *yg_join_free(struct yg_join *join)
{
	if (!join)
		return NULL;
	free(join->entries);
	free(join);
	return NULL;
}

uint64_t yg_join_evicted(const struct yg_join *join)
{
	return join ? join->evicted : 0;
}

/* ---- may it be one? ---- */

static bool is_set(const uint64_t bits[4], uint32_t bit)
{
	return (bits[bit / 64] >> (bit % 64) & 1) != 0;
}

/* What follows "123 <38>", "<38>" or nothing, as parse/syslog.c passes over it. */
static struct yg_bytes behind_pri(struct yg_bytes head)
{
	struct yg_bytes b = head;
	size_t count = yg_count_digits(b);

	if (count > 0 && yg_bytes_starts(yg_bytes_from(b, count), YG_S(" <")))
		b = yg_bytes_from(b, count + 1);
	if (b.size == 0 || b.data[0] != '<')
		return b;
	count = yg_count_digits(yg_bytes_from(b, 1));
	return count > 0 && yg_bytes_starts(yg_bytes_from(b, count + 1), YG_S(">"))
		       ? yg_bytes_from(b, count + 2)
		       : b;
}

/* "1 2026-11-26T21:12:38Z host program …": the fourth word. Empty: there is none, or nil. */
static struct yg_bytes program_5424(struct yg_bytes b)
{
	struct yg_bytes program;

	for (unsigned i = 0; i < 3; i++)
		(void)yg_take_word(&b);
	program = yg_take_word(&b);
	return yg_bytes_eq(program, YG_S("-")) ? (struct yg_bytes){0} : program;
}

/* The word before byte @end, which is a bracket; behind a PRI without a blank, too. */
static struct yg_bytes word_before(struct yg_bytes b, size_t end)
{
	size_t at = end;

	while (at > 0 && b.data[at - 1] > ' ' && b.data[at - 1] != '[' && b.data[at - 1] != '"' &&
	       b.data[at - 1] != '>')
		at--;
	return yg_bytes_cut(b, at, end);
}

static bool may_be_message(const struct yg_sources *sources, struct yg_bytes record)
{
	struct yg_bytes head = yg_bytes_cut(record, 0, HEAD_LOOK);
	struct yg_bytes behind = behind_pri(head);
	size_t from = 0;

	if (yg_bytes_starts(behind, YG_S("1 "))) {
		struct yg_bytes program = program_5424(behind);

		if (program.size > 0) /* else it may stand as the tag of old in the message */
			return is_set(sources->join_programs, yg_program_bit(program));
	}
	for (unsigned i = 0; i < BRACKETS; i++) {
		size_t at = yg_bytes_chr(yg_bytes_from(head, from), '[');
		struct yg_bytes word;

		if (at == SIZE_MAX)
			return false;
		word = word_before(head, from + at);
		if (word.size > 0)
			return is_set(sources->join_programs, yg_program_bit(word));
		from += at + 1;
	}
	return false;
}

/* Do the words that this kind of line cannot be without stand in @record? */
static bool has_words(const struct yg_kind *kind, struct yg_bytes record)
{
	const struct yg_line_pattern *pattern = kind->line->pattern;

	if (pattern && pattern->anchor.size > 0 &&
	    yg_bytes_find(record, pattern->anchor) == SIZE_MAX)
		return false;
	for (uint32_t i = 0; i < kind->source->need_count; i++)
		if (yg_bytes_find(record, kind->source->needs[i]) == SIZE_MAX)
			return false;
	return true;
}

static bool may_be_line(const struct yg_sources *sources, struct yg_bytes record)
{
	if (!is_set(sources->join_first, record.data[0]))
		return false;
	for (uint32_t i = 0; i < sources->joining.count; i++)
		if (has_words(sources->joining.items[i], record))
			return true;
	return false;
}

bool yg_join_may(const struct yg_sources *sources, struct yg_bytes record)
{
	if (record.size > YG_SOURCE_RECORD_MAX)
		return false;
	record = yg_bytes_trim(record); /* as descriptions get it */
	if (record.size == 0)
		return false;
	return may_be_message(sources, record) || may_be_line(sources, record);
}

/* ---- the table ---- */

/* Out of the list. */
static void unlink_entry(struct yg_join *join, uint32_t number)
{
	struct entry *e = &join->entries[number];

	if (e->newer)
		join->entries[e->newer].older = e->older;
	else
		join->newest = e->older;
	if (e->older)
		join->entries[e->older].newer = e->newer;
	else
		join->oldest = e->newer;
}

/* Into the list as the newest. */
static void link_entry(struct yg_join *join, uint32_t number)
{
	struct entry *e = &join->entries[number];

	e->newer = 0;
	e->older = join->newest;
	if (join->newest)
		join->entries[join->newest].newer = number;
	else
		join->oldest = number;
	join->newest = number;
}

static void forget(struct yg_join *join, uint32_t number)
{
	struct entry *e = &join->entries[number];
	uint32_t *at = &join->buckets[e->hash % BUCKETS];

	while (*at != number)
		at = &join->entries[*at].chain;
	*at = e->chain;
	unlink_entry(join, number);
	e->chain = join->unused;
	join->unused = number;
}

static uint32_t find(const struct yg_join *join, struct yg_bytes key, uint64_t hash)
{
	uint32_t number = join->entries ? join->buckets[hash % BUCKETS] : 0;

	while (number) {
		const struct entry *e = &join->entries[number];

		if (e->hash == hash && yg_bytes_eq(key, (struct yg_bytes){e->text, e->key_size}))
			break;
		number = e->chain;
	}
	return number;
}

/* A new entry; the oldest one goes where there is no room. 0 without memory. */
static uint32_t make(struct yg_join *join, struct yg_bytes key, uint64_t hash)
{
	struct entry *e;
	uint32_t number;

	if (!join->entries)
		join->entries = yg_calloc(YG_JOIN_OPEN_MAX + 1, sizeof(*join->entries));
	if (!join->entries)
		return 0;
	if (!join->unused && join->count == YG_JOIN_OPEN_MAX) {
		join->evicted++;
		forget(join, join->oldest);
	}
	number = join->unused ? join->unused : ++join->count;
	e = &join->entries[number];
	if (join->unused)
		join->unused = e->chain;
	e->hash = hash;
	e->time_ns = YG_TIME_NONE;
	e->value_count = 0;
	e->key_size = e->text_size = (uint32_t)key.size;
	memcpy(e->text, key.data, key.size);
	e->chain = join->buckets[hash % BUCKETS];
	join->buckets[hash % BUCKETS] = number;
	link_entry(join, number);
	return number;
}

/* ---- values ---- */

static struct value *value_of(struct entry *e, struct yg_bytes name)
{
	for (uint32_t i = 0; i < e->value_count; i++)
		if (yg_bytes_eq(e->values[i].name, name))
			return &e->values[i];
	return NULL;
}

static void drop_value(struct entry *e, struct value *value)
{
	uint32_t at = value->at, size = value->size;

	memmove(e->text + at, e->text + at + size, e->text_size - at - size);
	e->text_size -= size;
	*value = e->values[--e->value_count];
	for (uint32_t i = 0; i < e->value_count; i++)
		if (e->values[i].at > at)
			e->values[i].at -= size;
}

/* What this line says of @name counts from now on, also that it says nothing. */
static void keep(struct entry *e, struct yg_bytes name, struct yg_bytes text)
{
	struct value *former = value_of(e, name);

	if (former)
		drop_value(e, former);
	if (text.size == 0 || text.size > YG_JOIN_VALUE_BYTES ||
	    e->value_count == YG_JOIN_VALUES_MAX || e->text_size + text.size > YG_JOIN_TEXT_BYTES)
		return;
	e->values[e->value_count++] = (struct value){name, e->text_size, (uint32_t)text.size};
	memcpy(e->text + e->text_size, text.data, text.size);
	e->text_size += (uint32_t)text.size;
}

/* Copied: what this line keeps itself moves the entry's texts. All of an entry's fit. */
static void take(struct yg_join *join, struct entry *e, struct yg_event *event,
		 const struct yg_source_line *line, struct yg_join_lent *ret)
{
	join->lent_size = 0;
	for (uint32_t i = 0; i < line->take_count; i++) {
		struct yg_bytes name = line->takes[i];
		const struct value *value = value_of(e, name);

		uint8_t *to = join->lent + join->lent_size;

		if (!value || value->size > YG_JOIN_TEXT_BYTES - join->lent_size ||
		    yg_field_text(event, name).size > 0)
			continue;
		memcpy(to, e->text + value->at, value->size);
		join->lent_size += value->size;
		ret->fields[ret->count++] = (struct yg_source_pair){name, {to, value->size}};
	}
}

/* ---- one line ---- */

/* Adds @part and a divider; false where there is no room. */
static bool add_part(uint8_t key[YG_JOIN_KEY_BYTES], size_t *size, struct yg_bytes part)
{
	if (part.size + 1 > YG_JOIN_KEY_BYTES - *size)
		return false;
	if (part.size > 0)
		memcpy(key + *size, part.data, part.size);
	key[*size + part.size] = 0;
	*size += part.size + 1;
	return true;
}

/* The key of @event by @source; empty where a part of it lacks or there is no room. */
static struct yg_bytes key_of(const struct yg_source *source, struct yg_event *event,
			      uint8_t key[YG_JOIN_KEY_BYTES])
{
	size_t size = 0;
	bool fits = add_part(key, &size, source->name) &&
		    add_part(key, &size, yg_event_get(event, YG_F_hostname));

	for (uint32_t i = 0; i < source->join_key_count && fits; i++) {
		struct yg_bytes part = yg_field_text(event, source->join_keys[i]);

		fits = part.size > 0 && add_part(key, &size, part);
	}
	return (struct yg_bytes){key, fits ? size : 0};
}

/* Is a line at @time_ns too late for one that was heard of at @heard_ns? */
static bool is_late(int64_t heard_ns, int64_t time_ns, uint32_t within_s)
{
	uint64_t away;

	if (heard_ns == YG_TIME_NONE || time_ns == YG_TIME_NONE)
		return false;
	away = time_ns > heard_ns ? (uint64_t)time_ns - (uint64_t)heard_ns
				  : (uint64_t)heard_ns - (uint64_t)time_ns;
	return away > within_s * (uint64_t)YG_NS_PER_S;
}

/* The entry of @key that @event may still take from; 0: none. */
static uint32_t find_open(struct yg_join *join, struct yg_bytes key, uint64_t hash,
			  const struct yg_event *event, uint32_t within_s)
{
	uint32_t number = find(join, key, hash);

	if (number && is_late(join->entries[number].time_ns, event->time_ns, within_s)) {
		forget(join, number);
		return 0;
	}
	return number;
}

/* Entry @number was heard of again, and keeps what this line says. */
static void hear(struct yg_join *join, uint32_t number, struct yg_event *event,
		 const struct yg_source_line *line)
{
	struct entry *e = &join->entries[number];

	unlink_entry(join, number);
	link_entry(join, number);
	if (event->time_ns != YG_TIME_NONE)
		e->time_ns = event->time_ns;
	for (uint32_t i = 0; i < line->keep_count; i++)
		keep(e, line->keeps[i], yg_field_text(event, line->keeps[i]));
}

int yg_join_next(struct yg_join *join, struct yg_event *event, struct yg_described_by by,
		 struct yg_join_lent *ret)
{
	const struct yg_source_line *line = by.line;
	uint8_t bytes[YG_JOIN_KEY_BYTES];
	struct yg_bytes key = {0};
	uint32_t number;
	uint64_t hash;

	ret->count = 0;
	if (by.source && by.source->join_key_count > 0)
		key = key_of(by.source, event, bytes);
	if (key.size == 0)
		return YG_OK;
	hash = yg_hash64(key, yg_hash_secret()); /* strangers choose keys */
	number = find_open(join, key, hash, event, by.source->join_within_s);
	if (number)
		take(join, &join->entries[number], event, line, ret);
	if (number && line->is_end)
		forget(join, number);
	if (line->is_end || (!number && line->keep_count == 0))
		return YG_OK;
	if (!number)
		number = make(join, key, hash);
	if (!number)
		return YG_ENOMEM;
	hear(join, number, event, line);
	return YG_OK;
}

int yg_join_lend(struct yg_event *event, const struct yg_source_pair *fields, uint32_t count)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < count && rc == YG_OK; i++)
		if (yg_field_text(event, fields[i].name).size == 0)
			rc = yg_event_add(event, fields[i].name, fields[i].text,
					  yg_bytes_is_number(fields[i].text) ? YG_VALUE_NUMBER
									     : YG_VALUE_TEXT);
	return rc;
}
