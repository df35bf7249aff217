/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of indicators: filled from lists, then frozen. indicators_scan.c searches in them;
 * indicators.md tells how and what it costs.
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash.h"
#include "detect/indicators-int.h"

#include "base/ban.h"

#define TEXT_MAX    UINT32_MAX /* bytes of all values and comments of a table */
#define FILES_MAX   65535u
#define FILTER_BITS 16u /* per indicator */

struct yg_indicators {
	struct yg_indicator_table listed;
	struct yg_indicator_table allowed;
	uint64_t seed;
	char **files;
	uint32_t file_count;
	bool is_finished;
};

struct yg_indicators *yg_indicators_new(void)
{
	struct yg_indicators *set = yg_calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	yg_buf_init(&set->listed.text, TEXT_MAX);
	yg_buf_init(&set->allowed.text, TEXT_MAX);
	set->seed = yg_hash_secret();
	return set;
}

static void table_done(struct yg_indicator_table *t)
{
	free(t->entries);
	free(t->slots);
	free(t->filter);
	yg_buf_done(&t->text);
}

struct yg_indicators *yg_indicators_free(struct yg_indicators *set)
{
	if (!set)
		return NULL;
	table_done(&set->listed);
	table_done(&set->allowed);
	for (uint32_t i = 0; i < set->file_count; i++)
		free(set->files[i]);
	free(set->files);
	free(set);
	return NULL;
}

/* One list being added. */
struct adding {
	struct yg_indicators *set;
	struct yg_indicator_table *table;
	const char *file;
	uint16_t file_index;
	yg_indicators_report_fn report;
	void *arg;
	struct yg_indicator_value value;
};

static void on_complaint(void *arg, uint64_t line, const char *reason)
{
	struct adding *a = arg;

	if (a->report)
		a->report(a->arg, a->file, line, reason);
}

static int grow_entries(struct yg_indicator_table *t)
{
	uint32_t room = t->room ? t->room * 2 : 64;
	struct yg_indicator_entry *entries;

	if (t->count < t->room)
		return YG_OK;
	if (t->count >= YG_INDICATORS_MAX)
		return YG_ELIMIT;
	entries = yg_reallocarray(t->entries, room, sizeof(*entries));
	if (!entries)
		return YG_ENOMEM;
	t->entries = entries;
	t->room = room;
	return YG_OK;
}

/* Keep @comment; the one before is used again when it is the same. */
static uint32_t keep_comment(struct yg_indicator_table *t, struct yg_bytes comment)
{
	struct yg_bytes last = {t->text.data ? t->text.data + t->last_comment_at : NULL,
				t->last_comment_size};

	if (comment.size == 0)
		return 0;
	if (!yg_bytes_eq(last, comment)) {
		t->last_comment_at = (uint32_t)t->text.size;
		t->last_comment_size = (uint32_t)comment.size;
		yg_buf_add(&t->text, comment);
	}
	return t->last_comment_at;
}

static int take_value(void *arg, uint64_t line, struct yg_bytes value, struct yg_bytes comment)
{
	struct adding *a = arg;
	struct yg_indicator_table *t = a->table;
	const char *reason = NULL;
	struct yg_indicator_entry entry;
	int rc;

	if (yg_indicator_read(value, &a->value, &reason) != YG_OK) {
		on_complaint(a, line, reason);
		return YG_OK;
	}
	rc = grow_entries(t);
	if (rc != YG_OK)
		return rc;
	entry = (struct yg_indicator_entry){
		.line = line > UINT32_MAX ? UINT32_MAX : (uint32_t)line,
		.value_size = (uint16_t)a->value.size,
		.comment_size = (uint16_t)comment.size,
		.file = a->file_index,
		.type = (uint8_t)a->value.type,
		.bits = a->value.bits,
	};
	entry.comment_at = keep_comment(t, comment);
	entry.value_at = (uint32_t)t->text.size;
	yg_buf_add(&t->text, (struct yg_bytes){a->value.text, a->value.size});
	rc = yg_buf_error(&t->text);
	if (rc != YG_OK)
		return rc;
	t->entries[t->count++] = entry;
	return YG_OK;
}

static int add_file(struct yg_indicators *set, const char *file, uint16_t *ret_index)
{
	char **files;

	if (set->file_count == FILES_MAX)
		return YG_ELIMIT;
	files = yg_reallocarray(set->files, set->file_count + 1, sizeof(*files));
	if (!files)
		return YG_ENOMEM;
	set->files = files;
	files[set->file_count] = yg_strndup(file, strlen(file));
	if (!files[set->file_count])
		return YG_ENOMEM;
	*ret_index = (uint16_t)set->file_count++;
	return YG_OK;
}

static int add_list(struct yg_indicators *set, struct yg_indicator_table *table, const char *file,
		    struct yg_bytes text, struct adding *a)
{
	int rc;

	assert(!set->is_finished);
	a->set = set;
	a->table = table;
	a->file = file;
	rc = add_file(set, file, &a->file_index);
	return rc == YG_OK ? yg_indicator_list(text, take_value, on_complaint, a) : rc;
}

int yg_indicators_add(struct yg_indicators *set, const char *file, struct yg_bytes text,
		      yg_indicators_report_fn report, void *arg)
{
	struct adding a = {.report = report, .arg = arg};

	return add_list(set, &set->listed, file, text, &a);
}

int yg_indicators_allow(struct yg_indicators *set, const char *file, struct yg_bytes text,
			yg_indicators_report_fn report, void *arg)
{
	struct adding a = {.report = report, .arg = arg};

	return add_list(set, &set->allowed, file, text, &a);
}

static struct yg_bytes entry_value(const struct yg_indicator_table *t, uint32_t index)
{
	return (struct yg_bytes){t->text.data + t->entries[index].value_at,
				 t->entries[index].value_size};
}

/* The address of an ADDRESS or PREFIX entry from its text. */
static void entry_address(const struct yg_indicator_table *t, uint32_t index, uint8_t to[16])
{
	struct yg_bytes text = entry_value(t, index);
	bool is_address = yg_indicator_address(yg_bytes_cut(text, 0, yg_bytes_chr(text, '/')), to);

	assert(is_address); /* we wrote it */
}

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

static uint64_t entry_hash(const struct yg_indicator_table *t, uint64_t seed, uint32_t index)
{
	uint8_t address[16];

	switch ((enum yg_indicator_type)t->entries[index].type) {
	case YG_INDICATOR_ADDRESS:
	case YG_INDICATOR_PREFIX:
		entry_address(t, index, address);
		return yg_indicator_address_hash(seed, address, t->entries[index].bits);
	case YG_INDICATOR_DOMAIN:
		return yg_indicator_key_hash(seed, YG_KEY_DOMAIN, entry_value(t, index));
	case YG_INDICATOR_URL:
		return yg_indicator_key_hash(seed, YG_KEY_URL, entry_value(t, index));
	case YG_INDICATOR_HASH:
	default:
		return yg_indicator_key_hash(seed, YG_KEY_HASH, entry_value(t, index));
	}
}

static uint32_t power_of_two(uint64_t least)
{
	uint64_t power = 16;

	while (power < least)
		power *= 2;
	return (uint32_t)power;
}

/* The last labels of the names listed: most words with a dot in them end otherwise. */
static void note_top(struct yg_indicator_table *t, struct yg_bytes name)
{
	const uint8_t *dot = name.data + name.size;
	uint32_t bit;

	while (dot[-1] != '.') /* names hold one: yg_indicator_host() saw to it */
		dot--;
	bit = yg_indicator_top_bit((struct yg_bytes){dot, (size_t)(name.data + name.size - dot)});
	t->tops[bit / 64] |= UINT64_C(1) << bit % 64;
	bit = yg_indicator_pair(dot[0], dot[1]); /* last labels have two letters at least */
	t->pairs[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void note_kinds(struct yg_indicator_table *t)
{
	bool used[129] = {false};
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	for (uint32_t i = 0; i < t->count; i++) {
		uint8_t address[16];

		t->has[t->entries[i].type] = true;
		t->has_marks = t->has_marks || t->entries[i].type != YG_INDICATOR_HASH;
		if (t->entries[i].type == YG_INDICATOR_DOMAIN)
			note_top(t, entry_value(t, i));
		if (t->entries[i].type > YG_INDICATOR_PREFIX)
			continue;
		used[t->entries[i].bits] = true;
		entry_address(t, i, address);
		t->has_v6 = t->has_v6 || memcmp(address, mapped, sizeof(mapped)) != 0;
	}
	t->has_colons = t->has_v6 || t->has[YG_INDICATOR_URL];
	t->length_count = 0;
	for (unsigned bits = 129; bits-- > 0;)
		if (used[bits])
			t->lengths[t->length_count++] = (uint8_t)bits;
}

static int finish_table(struct yg_indicator_table *t, uint64_t seed)
{
	uint32_t slots = power_of_two((uint64_t)t->count + t->count / 3 + 1);
	uint32_t words = power_of_two((uint64_t)t->count * FILTER_BITS / 64 + 1);
	struct yg_indicator_entry *entries;

	t->slots = yg_calloc(slots, sizeof(*t->slots));
	t->filter = yg_calloc(words, sizeof(*t->filter));
	if (!t->slots || !t->filter)
		return YG_ENOMEM;
	t->mask = slots - 1;
	t->filter_mask = words - 1;
	for (uint32_t i = 0; i < t->count; i++) {
		uint64_t hash = entry_hash(t, seed, i);
		uint32_t at = (uint32_t)hash & t->mask;

		while (t->slots[at].entry)
			at = (at + 1) & t->mask;
		t->slots[at] = (struct yg_indicator_slot){i + 1, (uint32_t)(hash >> 32)};
		t->filter[(hash >> 20) & t->filter_mask] |= yg_indicator_filter_bits(hash);
	}
	note_kinds(t);
	if (t->count > 0) { /* give back what doubling left over; keeping it is no error */
		entries = yg_reallocarray(t->entries, t->count, sizeof(*entries));
		if (entries) {
			t->entries = entries;
			t->room = t->count;
		}
	}
	return YG_OK;
}

int yg_indicators_finish(struct yg_indicators *set)
{
	int rc = finish_table(&set->listed, set->seed);

	assert(!set->is_finished);
	set->is_finished = true;
	return rc == YG_OK ? finish_table(&set->allowed, set->seed) : rc;
}

const struct yg_indicator_table *yg_indicators_listed(const struct yg_indicators *set)
{
	return &set->listed;
}

uint32_t yg_indicators_count(const struct yg_indicators *set)
{
	return set->listed.count;
}

struct yg_indicator yg_indicators_get(const struct yg_indicators *set, uint32_t index)
{
	const struct yg_indicator_table *t = &set->listed;
	const struct yg_indicator_entry *e = &t->entries[index];

	assert(index < t->count);
	return (struct yg_indicator){
		.type = (enum yg_indicator_type)e->type,
		.value = entry_value(t, index),
		.comment = {t->text.data + e->comment_at, e->comment_size},
		.file = yg_bytes_str(set->files[e->file]),
		.line = e->line,
	};
}

/* "FileVersion: 10.0.0.1" is no address. */
static bool is_version(const struct yg_field *field)
{
	return field->name.size >= 7 &&
	       yg_bytes_eq_nocase(yg_bytes_from(field->name, field->name.size - 7),
				  YG_S("version"));
}

static void drop_versions(struct yg_indicator_scan *s, uint32_t before)
{
	uint32_t kept = before;

	for (uint32_t i = before; i < s->count; i++)
		if (s->table->entries[s->to[i].index].type > YG_INDICATOR_PREFIX)
			s->to[kept++] = s->to[i];
	s->count = kept;
}

uint32_t yg_indicators_match(const struct yg_indicators *set, struct yg_event *event,
			     struct yg_indicator_hit *to, uint32_t room)
{
	struct yg_indicator_scan s = {
		.table = &set->listed, .seed = set->seed, .to = to, .room = room};

	assert(set->is_finished);
	if (set->listed.count == 0)
		return 0;
	for (uint32_t i = 0; i < event->field_count && s.count < room; i++) {
		const struct yg_field *field = &event->fields[i];
		uint32_t before = s.count;

		if (field->is_derived || field->kind != YG_VALUE_TEXT)
			continue;
		s.field = i;
		s.text = field->is_utf16 ? yg_event_text(event, &event->fields[i]) : field->text;
		s.is_escaped = field->is_escaped;
		yg_indicator_scan_text(&s);
		if (s.count > before && is_version(field))
			drop_versions(&s, before);
	}
	return s.count;
}

bool yg_indicators_is_allowed(const struct yg_indicators *set, struct yg_bytes actor,
			      struct yg_bytes *ret_reason)
{
	const struct yg_indicator_table *t = &set->allowed;
	struct yg_indicator_hit hit;
	struct yg_indicator_scan s = {.table = t, .seed = set->seed, .to = &hit, .room = 1};

	assert(set->is_finished);
	*ret_reason = (struct yg_bytes){NULL, 0};
	if (t->count == 0)
		return false;
	yg_indicator_scan_value(&s, actor);
	if (s.count == 0)
		return false;
	ret_reason->data = t->text.data + t->entries[hit.index].comment_at;
	ret_reason->size = t->entries[hit.index].comment_size;
	return true;
}
