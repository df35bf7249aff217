/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of indicators: one compiled image (indicators_image.c) of what is looked for, one of what
 * is allowed. Images come from outside, or are made here of lists, in memory. indicators_scan.c
 * searches; indicators.md tells how and what it costs.
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "detect/indicators-int.h"
#include "detect/indicators_build.h"

#include "base/ban.h"

#define IMAGE_BYTES_MAX (UINT64_C(1) << 34)

/* One side; the first parts only while it is made here. */
struct side {
	struct yg_indicator_table table; /* without a head: empty */
	struct yg_indicator_build *build;
	struct yg_buf spilled;
	struct yg_buf image; /* kept */
};

struct yg_indicators {
	struct side sides[YG_INDICATORS_SIDES];
	bool is_finished;
};

struct yg_indicators *yg_indicators_new(void)
{
	struct yg_indicators *set = yg_calloc(1, sizeof(*set));

	for (unsigned i = 0; set && i < YG_INDICATORS_SIDES; i++) {
		yg_buf_init(&set->sides[i].spilled, IMAGE_BYTES_MAX);
		yg_buf_init(&set->sides[i].image, IMAGE_BYTES_MAX);
	}
	return set;
}

struct yg_indicators *yg_indicators_free(struct yg_indicators *set)
{
	if (!set)
		return NULL;
	for (unsigned i = 0; i < YG_INDICATORS_SIDES; i++) {
		yg_indicator_table_done(&set->sides[i].table);
		(void)yg_indicator_build_free(set->sides[i].build);
		yg_buf_done(&set->sides[i].spilled);
		yg_buf_done(&set->sides[i].image);
	}
	free(set);
	return NULL;
}

static int put(void *arg, uint64_t at, struct yg_bytes b)
{
	struct side *side = arg;
	struct yg_buf *image = &side->image;
	size_t end = (size_t)at + b.size;

	if (end > image->size) {
		size_t more = end - image->size;
		uint8_t *to = yg_buf_reserve(image, more);

		if (!to)
			return yg_buf_error(image);
		memset(to, 0, more);
		yg_buf_grew(image, more);
	}
	if (b.size > 0)
		memcpy(image->data + at, b.data, b.size);
	return YG_OK;
}

static int spill(void *arg, struct yg_bytes b)
{
	struct side *side = arg;

	yg_buf_add(&side->spilled, b);
	return yg_buf_error(&side->spilled);
}

static int unspill(void *arg, uint64_t at, uint8_t *to, size_t size)
{
	struct side *side = arg;

	assert(at <= side->spilled.size && size <= side->spilled.size - at);
	if (size > 0)
		memcpy(to, side->spilled.data + at, size);
	return YG_OK;
}

static int add_list(struct yg_indicators *set, enum yg_indicators_side which, const char *file,
		    struct yg_bytes text, yg_indicators_report_fn report, void *arg)
{
	struct side *side = &set->sides[which];
	const struct yg_indicator_store store = {put, spill, unspill, side};
	size_t used;
	int rc;

	assert(!set->is_finished && !side->table.head);
	if (!side->build)
		side->build = yg_indicator_build_new(yg_hash_secret(), &store);
	if (!side->build)
		return YG_ENOMEM;
	yg_indicator_build_report(side->build, report, arg);
	rc = yg_indicator_build_list(side->build, file);
	return rc == YG_OK ? yg_indicator_build_feed(side->build, text, true, &used) : rc;
}

int yg_indicators_add(struct yg_indicators *set, const char *file, struct yg_bytes text,
		      yg_indicators_report_fn report, void *arg)
{
	return add_list(set, YG_INDICATORS_LISTED, file, text, report, arg);
}

int yg_indicators_allow(struct yg_indicators *set, const char *file, struct yg_bytes text,
			yg_indicators_report_fn report, void *arg)
{
	return add_list(set, YG_INDICATORS_ALLOWED, file, text, report, arg);
}

int yg_indicators_open(struct yg_indicators *set, enum yg_indicators_side side,
		       const struct yg_indicators_image *image, struct yg_fault *reterr)
{
	assert(!set->is_finished && !set->sides[side].build && !set->sides[side].table.head);
	return yg_indicator_table_open(&set->sides[side].table, image, reterr);
}

struct yg_bytes yg_indicators_cells(const struct yg_indicators *set, enum yg_indicators_side side)
{
	return yg_indicator_table_cells(&set->sides[side].table);
}

void yg_indicators_move_cells(struct yg_indicators *set, enum yg_indicators_side side,
			      const uint8_t *copy)
{
	assert(!set->is_finished);
	set->sides[side].table.cells = copy;
}

static int finish_side(struct side *side)
{
	static const uint8_t key[YG_DIGEST_BYTES]; /* in memory only: it cannot be another's */
	struct yg_indicators_image image = {.key = key};
	struct yg_fault fault;
	uint64_t size;
	int rc;

	if (!side->build)
		return YG_OK;
	rc = yg_indicator_build_finish(side->build, key, &size);
	side->build = yg_indicator_build_free(side->build);
	yg_buf_done(&side->spilled);
	if (rc != YG_OK)
		return rc;
	image.bytes = yg_buf_bytes(&side->image);
	return yg_indicator_table_open(&side->table, &image, &fault);
}

int yg_indicators_finish(struct yg_indicators *set)
{
	int rc = YG_OK;

	assert(!set->is_finished);
	for (unsigned i = 0; i < YG_INDICATORS_SIDES && rc == YG_OK; i++)
		rc = finish_side(&set->sides[i]);
	set->is_finished = true;
	return rc;
}

const struct yg_indicator_table *yg_indicators_listed(const struct yg_indicators *set)
{
	return &set->sides[YG_INDICATORS_LISTED].table;
}

uint32_t yg_indicators_count(const struct yg_indicators *set)
{
	return (uint32_t)yg_indicators_listed(set)->count; /* at most YG_INDICATORS_MAX */
}

struct yg_indicators_facts yg_indicators_facts(const struct yg_indicators *set,
					       enum yg_indicators_side side)
{
	return yg_indicator_table_facts(&set->sides[side].table);
}

struct yg_indicators_note yg_indicators_note(const struct yg_indicators *set,
					     enum yg_indicators_side side, uint32_t index)
{
	return yg_indicator_table_note(&set->sides[side].table, index);
}

struct yg_indicator yg_indicators_get(const struct yg_indicators *set, uint32_t index)
{
	return yg_indicator_table_get(yg_indicators_listed(set), index);
}

uint32_t yg_indicators_first(const struct yg_indicators *set)
{
	return yg_indicators_next(set, YG_INDICATOR_NONE);
}

uint32_t yg_indicators_next(const struct yg_indicators *set, uint32_t index)
{
	return yg_indicator_table_next(yg_indicators_listed(set), index);
}

struct yg_indicator_memo *yg_indicator_memo_new(void)
{
	return yg_calloc(1, sizeof(struct yg_indicator_memo));
}

/* Fields @from to @from + YG_INDICATOR_FIELDS_MAX. */
static void match_fields(struct yg_indicator_scan *s, struct yg_event *event, uint32_t from)
{
	struct yg_indicator_looked looked __attribute__((uninitialized));
	uint32_t count = event->field_count - from;

	if (count > YG_INDICATOR_FIELDS_MAX)
		count = YG_INDICATOR_FIELDS_MAX;
	yg_indicator_wide_fields(&s->table->wide, event->fields + from, count, &looked);
	for (uint64_t left = looked.is_left; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		struct yg_field *field = &event->fields[from + i];

		s->field = from + i;
		s->text = field->is_utf16 ? yg_event_text(event, field) : field->text;
		s->is_escaped = field->is_escaped;
		s->name = field->name;
		if (looked.is_marked >> i & 1)
			yg_indicator_scan_marked(s, looked.marks[i],
						 (looked.has_hex >> i & 1) != 0);
		else
			yg_indicator_scan_text(s);
	}
}

void yg_indicator_scan_event(struct yg_indicator_scan *s, struct yg_event *event)
{
	for (uint32_t i = 0; i < event->field_count; i += YG_INDICATOR_FIELDS_MAX)
		match_fields(s, event, i);
}

uint32_t yg_indicators_match(const struct yg_indicators *set, struct yg_event *event,
			     struct yg_indicator_memo *memo, struct yg_indicator_hit *to,
			     uint32_t room)
{
	YG_INDICATOR_SCAN(s);

	assert(set->is_finished);
	if (yg_indicators_listed(set)->count == 0)
		return 0;
	yg_indicator_scan_init(&s, yg_indicators_listed(set), to, room);
	s.memo = memo;
	yg_indicator_scan_event(&s, event);
	yg_indicator_scan_end(&s);
	return s.count;
}

__attribute__((noinline)) static bool is_clean(const struct yg_indicators *set,
					       struct yg_bytes address)
{
	struct yg_indicator_hit hit;
	YG_INDICATOR_SCAN(s);

	yg_indicator_scan_init(&s, yg_indicators_listed(set), &hit, 1);
	s.text = address;
	yg_indicator_scan_text(&s);
	yg_indicator_scan_end(&s);
	return s.count == 0;
}

/*
 * The eight places of a key, one line of cache: those that were kept last. Of 20,000 clients in
 * lines of two one in fifteen shared its line with two others and was searched for again and again.
 */
static const uint64_t *places_of(const struct yg_indicator_memo *memo, uint64_t key)
{
	const uint64_t *first = memo->keys;

	_Static_assert(YG_INDICATOR_MEMO_KEYS == YG_INDICATOR_MEMO_WAYS << 13,
		       "eight for each that 13 bits name");
	first += (64 - (uintptr_t)first % 64) % 64 / sizeof(*first);
	return &first[(key * UINT64_C(0x9e3779b97f4a7c15) >> 51) * YG_INDICATOR_MEMO_WAYS];
}

void yg_indicators_call_clean(const struct yg_indicator_memo *memo, uint64_t key)
{
	__builtin_prefetch(places_of(memo, key));
}

bool yg_indicators_is_clean(const struct yg_indicators *set, struct yg_bytes address, uint64_t key,
			    struct yg_indicator_memo *memo)
{
	const uint64_t *places = places_of(memo, key);
	uint64_t *to = &memo->keys[places - memo->keys];
	bool is_kept = false;

	assert(set->is_finished);
	for (unsigned i = 0; i < YG_INDICATOR_MEMO_WAYS; i++) /* all: it is one comparison */
		is_kept |= places[i] == key;
	if (key != 0 && is_kept)
		return true;
	if (!is_clean(set, address))
		return false;
	if (key != 0) {
		memmove(to + 1, to, (YG_INDICATOR_MEMO_WAYS - 1) * sizeof(*to));
		to[0] = key;
	}
	return true;
}

bool yg_indicators_is_allowed(const struct yg_indicators *set, struct yg_bytes actor,
			      struct yg_bytes *ret_reason)
{
	const struct yg_indicator_table *t = &set->sides[YG_INDICATORS_ALLOWED].table;
	struct yg_indicator_hit hit;
	YG_INDICATOR_SCAN(s);

	assert(set->is_finished);
	*ret_reason = (struct yg_bytes){NULL, 0};
	if (t->count == 0)
		return false;
	yg_indicator_scan_init(&s, t, &hit, 1);
	yg_indicator_scan_value(&s, actor);
	yg_indicator_scan_end(&s);
	if (s.count == 0)
		return false;
	*ret_reason = yg_indicator_table_get(t, hit.index).comment;
	return true;
}
