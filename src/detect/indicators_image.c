/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled indicators: opened, with all that is small checked at once, and asked, with every number
 * of the great sections checked at each look. A damaged table can hide indicators or name wrong
 * ones; it cannot make a look leave the image or take longer than one bucket.
 */
#include <assert.h>

#include "base/alloc.h"
#include "detect/indicators_image-int.h"

#include "base/ban.h"

uint64_t yg_indicator_key_hash(uint64_t seed, enum yg_indicator_key kind, struct yg_bytes key)
{
	return yg_hash64(key, seed + kind);
}

uint64_t yg_indicator_address_hash(uint64_t seed, const uint8_t address[16], uint8_t bits)
{
	uint8_t key[17];

	memcpy(key, address, 16);
	key[16] = bits;
	return yg_indicator_key_hash(seed, YG_KEY_ADDRESS, (struct yg_bytes){key, sizeof(key)});
}

enum yg_indicator_key yg_indicator_kind(enum yg_indicator_type type)
{
	switch (type) {
	case YG_INDICATOR_DOMAIN:
		return YG_KEY_DOMAIN;
	case YG_INDICATOR_URL:
		return YG_KEY_URL;
	case YG_INDICATOR_HASH:
		return YG_KEY_HASH;
	case YG_INDICATOR_ADDRESS:
	case YG_INDICATOR_PREFIX:
	default:
		return YG_KEY_ADDRESS;
	}
}

struct opening {
	const struct yg_indicators_image *image;
	const struct yg_iimg_head *head;
	struct yg_fault *fault;
};

static int fail(const struct opening *o, enum yg_err code, const char *msg, uint64_t pos)
{
	return yg_fault_set(o->fault, code, msg, (size_t)pos);
}

static int check_head(struct opening *o)
{
	struct yg_bytes bytes = o->image->bytes;
	const struct yg_iimg_head *head = (const void *)bytes.data;
	uint8_t digest[YG_DIGEST_BYTES];

	if (bytes.size < sizeof(*head))
		return fail(o, YG_ETRUNC, "the compiled indicators are cut short", bytes.size);
	assert((uintptr_t)bytes.data % sizeof(uint64_t) == 0);
	if (memcmp(head->magic, YG_IIMG_MAGIC, sizeof(head->magic)) != 0)
		return fail(o, YG_EMISMATCH, "compiled by another version", 0);
	if (memcmp(head->key, o->image->key, sizeof(head->key)) != 0)
		return fail(o, YG_EMISMATCH, "compiled from other lists",
			    offsetof(struct yg_iimg_head, key));
	yg_iimg_digest(head, digest);
	if (memcmp(head->digest, digest, sizeof(digest)) != 0)
		return fail(o, YG_EDIGEST, "the head is damaged",
			    offsetof(struct yg_iimg_head, digest));
	if (head->size != bytes.size)
		return fail(o, YG_ETRUNC, "the compiled indicators are cut short", bytes.size);
	o->head = head;
	return YG_OK;
}

static struct yg_bytes section(const struct opening *o, enum yg_iimg_section which)
{
	const struct yg_iimg_run *run = &o->head->sections[which];

	return (struct yg_bytes){o->image->bytes.data + run->at, (size_t)run->size};
}

/* Sections lie in the image; their checksums agree. */
static int check_sections(const struct opening *o)
{
	for (unsigned i = 0; i < YG_IIMG_SECTIONS; i++) {
		const struct yg_iimg_run *run = &o->head->sections[i];
		uint64_t sum = o->head->seed;
		struct yg_bytes left;

		if (run->at % YG_IIMG_ALIGN != 0 || run->at > o->image->bytes.size ||
		    run->size > o->image->bytes.size - run->at)
			return fail(o, YG_EFORMAT, "a section lies outside", run->at);
		if (o->image->is_known && i <= YG_IIMG_TABLE)
			continue;
		for (left = section(o, i); left.size > 0;
		     left = yg_bytes_from(left, YG_IIMG_BLOCK)) {
			struct yg_bytes block = yg_bytes_cut(left, 0, YG_IIMG_BLOCK);

			sum = yg_iimg_sum(sum, block);
			if (o->image->seen)
				o->image->seen(o->image->arg,
					       (size_t)(block.data - o->image->bytes.data),
					       block.size);
		}
		if (sum != run->sum)
			return fail(o, YG_EDIGEST, "a section is damaged", run->at);
	}
	return YG_OK;
}

static int open_filters(const struct opening *o, struct yg_indicator_table *t)
{
	struct yg_bytes filters = section(o, YG_IIMG_FILTERS);
	uint64_t cells = o->head->sections[YG_IIMG_CELLS].size;
	uint64_t at = o->head->sections[YG_IIMG_FILTERS].at;

	if (t->part_bits > YG_IIMG_PART_BITS ||
	    filters.size != sizeof(struct yg_fuse) << t->part_bits || cells > UINT32_MAX)
		return fail(o, YG_EFORMAT, "the number of filters is wrong", at);
	t->filters = (const void *)filters.data;
	t->cells = section(o, YG_IIMG_CELLS).data;
	for (uint32_t i = 0; i < 1u << t->part_bits; i++)
		if (!yg_fuse_is_sound(&t->filters[i], cells))
			return fail(o, YG_EFORMAT, "a filter lies outside",
				    at + i * sizeof(struct yg_fuse));
	return YG_OK;
}

static int open_buckets(const struct opening *o, struct yg_indicator_table *t)
{
	struct yg_bytes buckets = section(o, YG_IIMG_BUCKETS);
	uint64_t at = o->head->sections[YG_IIMG_BUCKETS].at;
	uint32_t last = 0;

	t->records = section(o, YG_IIMG_TABLE);
	if (t->bucket_bits < t->part_bits || t->bucket_bits > YG_IIMG_BUCKET_BITS ||
	    buckets.size != (((size_t)1 << t->bucket_bits) + 1) * sizeof(uint32_t) ||
	    t->records.size > YG_IIMG_TABLE_MAX)
		return fail(o, YG_EFORMAT, "the number of buckets is wrong", at);
	t->buckets = (const void *)buckets.data;
	for (size_t i = 0; i <= (size_t)1 << t->bucket_bits; i++) {
		uint32_t unit = t->buckets[i];

		if (unit < last || (i > 0 && unit - last > YG_IIMG_BUCKET_MAX / YG_IIMG_UNIT) ||
		    (i == 0 && unit != 0))
			return fail(o, YG_EFORMAT, "a bucket is wrong", at + i * sizeof(uint32_t));
		last = unit;
	}
	if ((uint64_t)last * YG_IIMG_UNIT != t->records.size)
		return fail(o, YG_EFORMAT, "the buckets do not end with the table", at);
	return YG_OK;
}

static int open_lists(const struct opening *o, struct yg_indicator_table *t)
{
	struct yg_bytes names = section(o, YG_IIMG_LISTS);
	uint64_t at = o->head->sections[YG_IIMG_LISTS].at;

	if (o->head->list_count > YG_IIMG_LISTS_MAX)
		return fail(o, YG_EFORMAT, "too many lists", at);
	t->lists = yg_calloc(o->head->list_count, sizeof(*t->lists));
	if (!t->lists)
		return YG_ENOMEM;
	for (; t->list_count < o->head->list_count; t->list_count++) {
		size_t end = yg_bytes_chr(names, '\0');

		if (end == SIZE_MAX)
			return fail(o, YG_EFORMAT, "a list has no name", at);
		t->lists[t->list_count] = yg_bytes_cut(names, 0, end);
		names = yg_bytes_from(names, end + 1);
	}
	return YG_OK;
}

static int open_notes(const struct opening *o, struct yg_indicator_table *t)
{
	struct yg_bytes notes = section(o, YG_IIMG_NOTES);
	uint64_t at = o->head->sections[YG_IIMG_NOTES].at;

	if (o->head->note_count > YG_INDICATOR_NOTES_MAX ||
	    notes.size != o->head->note_count * sizeof(*t->notes))
		return fail(o, YG_EFORMAT, "the number of notes is wrong", at);
	t->notes = (const void *)notes.data;
	for (uint32_t i = 0; i < o->head->note_count; i++)
		if (t->notes[i].list >= t->list_count ||
		    !memchr(t->notes[i].reason, '\0', sizeof(t->notes[i].reason)))
			return fail(o, YG_EFORMAT, "a note is wrong", at + i * sizeof(*t->notes));
	return YG_OK;
}

static void open_kinds(struct yg_indicator_table *t)
{
	const struct yg_indicator_kinds *kinds = t->kinds;

	for (unsigned i = 0; i <= YG_INDICATOR_HASH; i++) {
		t->has[i] = (kinds->types >> i & 1) != 0;
		t->has_marks = t->has_marks || (t->has[i] && i != YG_INDICATOR_HASH);
	}
	t->has_v6 = kinds->has_v6 != 0;
	t->has_colons = t->has_v6 || t->has[YG_INDICATOR_URL];
	for (unsigned bits = 129; bits-- > 0;)
		if (kinds->lengths[bits / 64] >> bits % 64 & 1)
			t->lengths[t->length_count++] = (uint8_t)bits;
	yg_indicator_wide_init(&t->wide, kinds, t->has_colons);
}

int yg_indicator_table_open(struct yg_indicator_table *table,
			    const struct yg_indicators_image *image, struct yg_fault *reterr)
{
	struct opening o = {.image = image, .fault = reterr};
	int rc = check_head(&o);

	*table = (struct yg_indicator_table){0};
	if (rc == YG_OK)
		rc = check_sections(&o);
	if (rc != YG_OK)
		return rc;
	table->head = o.head;
	table->kinds = &o.head->kinds;
	table->seed = o.head->seed;
	table->count = o.head->count;
	table->part_bits = o.head->part_bits;
	table->bucket_bits = o.head->bucket_bits;
	table->comments = section(&o, YG_IIMG_COMMENTS);
	if (table->count > YG_INDICATORS_MAX)
		rc = fail(&o, YG_EFORMAT, "too many indicators", 0);
	if (rc == YG_OK)
		rc = open_filters(&o, table);
	if (rc == YG_OK)
		rc = open_buckets(&o, table);
	if (rc == YG_OK)
		rc = open_lists(&o, table);
	if (rc == YG_OK)
		rc = open_notes(&o, table);
	open_kinds(table);
	if (rc != YG_OK)
		yg_indicator_table_done(table);
	return rc;
}

void yg_indicator_table_done(struct yg_indicator_table *table)
{
	free(table->lists);
	*table = (struct yg_indicator_table){0};
}

/* The record at @at of @records with its value; false when it does not lie in them. */
static bool read_record(struct yg_bytes records, uint64_t at, struct yg_iimg_record *ret,
			struct yg_bytes *ret_value)
{
	if (at > records.size || records.size - at < sizeof(*ret))
		return false;
	memcpy(ret, records.data + at, sizeof(*ret));
	if (ret->type > YG_INDICATOR_HASH ||
	    yg_iimg_record_size(ret->value_size) > records.size - at)
		return false;
	*ret_value = (struct yg_bytes){records.data + at + sizeof(*ret), ret->value_size};
	return true;
}

uint32_t yg_indicator_table_find(const struct yg_indicator_table *table, uint64_t hash,
				 enum yg_indicator_key kind, struct yg_bytes value)
{
	uint32_t bucket = yg_indicator_top(hash, table->bucket_bits);
	uint64_t end = (uint64_t)table->buckets[bucket + 1] * YG_IIMG_UNIT;
	struct yg_bytes records = {table->records.data, end};
	struct yg_iimg_record record;
	struct yg_bytes other;

	for (uint64_t at = (uint64_t)table->buckets[bucket] * YG_IIMG_UNIT;
	     read_record(records, at, &record, &other);
	     at += yg_iimg_record_size(record.value_size))
		if (yg_bytes_eq(other, value) &&
		    yg_indicator_kind((enum yg_indicator_type)record.type) == kind)
			return (uint32_t)(at / YG_IIMG_UNIT);
	return YG_INDICATOR_NONE;
}

struct yg_indicator yg_indicator_table_get(const struct yg_indicator_table *table, uint32_t index)
{
	struct yg_indicator one = {.type = YG_INDICATOR_ADDRESS};
	struct yg_iimg_record record;
	struct yg_bytes value;

	if (!read_record(table->records, (uint64_t)index * YG_IIMG_UNIT, &record, &value))
		return one;
	one.type = (enum yg_indicator_type)record.type;
	one.value = value;
	one.line = record.line;
	if (record.list < table->list_count)
		one.file = table->lists[record.list];
	if (record.comment_at <= table->comments.size &&
	    record.comment_size <= table->comments.size - record.comment_at)
		one.comment = yg_bytes_cut(table->comments, record.comment_at,
					   (size_t)record.comment_at + record.comment_size);
	return one;
}

uint32_t yg_indicator_table_next(const struct yg_indicator_table *table, uint32_t index)
{
	struct yg_iimg_record record;
	struct yg_bytes value;
	uint64_t at = (uint64_t)index * YG_IIMG_UNIT;

	if (index == YG_INDICATOR_NONE)
		at = 0;
	else if (read_record(table->records, at, &record, &value))
		at += yg_iimg_record_size(value.size);
	else
		return YG_INDICATOR_NONE;
	return read_record(table->records, at, &record, &value) ? (uint32_t)(at / YG_IIMG_UNIT)
								: YG_INDICATOR_NONE;
}

struct yg_bytes yg_indicator_table_cells(const struct yg_indicator_table *table)
{
	if (!table->head)
		return (struct yg_bytes){NULL, 0};
	return (struct yg_bytes){table->cells, (size_t)table->head->sections[YG_IIMG_CELLS].size};
}

struct yg_indicators_facts yg_indicator_table_facts(const struct yg_indicator_table *table)
{
	const struct yg_iimg_head *head = table->head;

	if (!head)
		return (struct yg_indicators_facts){0};
	return (struct yg_indicators_facts){head->count, head->duplicates, head->refused,
					    head->note_count};
}

struct yg_indicators_note yg_indicator_table_note(const struct yg_indicator_table *table,
						  uint32_t index)
{
	const struct yg_iimg_note *note = &table->notes[index];

	assert(table->head && index < table->head->note_count);
	return (struct yg_indicators_note){table->lists[note->list], note->line, note->reason};
}
