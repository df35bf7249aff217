/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: each value becomes a record in memory; when RUN_BYTES of them are there, they are put in
 * order by the first byte of their hashes (a slice each) and spilled as one run. indicators_merge.c
 * goes on from there.
 */
#include "detect/indicators_build-int.h"

#include <assert.h>

#include "base/alloc.h"

#include "base/ban.h"

#define RUN_BYTES    (32u << 20)
#define NAMES_MAX    (64u << 20)
#define COMMENTS_MAX UINT32_MAX
#define HEAD_BYTES                                                                                 \
	((sizeof(struct yg_iimg_head) + YG_IIMG_ALIGN - 1) / YG_IIMG_ALIGN * YG_IIMG_ALIGN)

static void on_complaint(void *arg, uint64_t line, const char *reason)
{
	struct yg_indicator_build *b = arg;
	const char *name = (const char *)b->names.data + b->name_at;
	struct yg_iimg_note *note = &b->notes[b->head.note_count];

	b->head.refused++;
	if (b->head.note_count < YG_INDICATOR_NOTES_MAX) {
		note->line = line;
		note->list = b->head.list_count - 1;
		assert(strlen(reason) < sizeof(note->reason));
		memcpy(note->reason, reason, strlen(reason) + 1);
		b->head.note_count++;
	}
	if (b->report)
		b->report(b->report_arg, name, line, reason);
}

/* What is listed at all, for the search (indicators_scan.c). */
static void note_kind(struct yg_indicator_kinds *kinds, const struct yg_indicator_value *v)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct yg_bytes label;
	uint32_t bit;
	size_t dot;

	kinds->types |= UINT64_C(1) << v->type;
	if (v->type <= YG_INDICATOR_PREFIX) {
		kinds->lengths[v->bits / 64] |= UINT64_C(1) << v->bits % 64;
		kinds->has_v6 |= memcmp(v->address, mapped, sizeof(mapped)) != 0;
	}
	if (v->type != YG_INDICATOR_DOMAIN)
		return;
	for (dot = v->size; v->text[dot - 1] != '.';) /* names hold one: yg_indicator_host() */
		dot--;
	label = (struct yg_bytes){v->text + dot, v->size - dot};
	bit = yg_indicator_top_bit(label);
	kinds->tops[bit / 64] |= UINT64_C(1) << bit % 64;
	bit = yg_indicator_pair(label.data[0], label.data[1]); /* two letters at least */
	kinds->pairs[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* Keep @comment; the one before is used again when it is the same: lists repeat them. */
static int keep_comment(struct yg_indicator_build *b, struct yg_bytes comment, uint32_t *ret_at)
{
	*ret_at = 0;
	if (comment.size == 0)
		return YG_OK;
	if (!yg_bytes_eq((struct yg_bytes){b->comment, b->comment_size}, comment)) {
		if (b->comments_size + comment.size > COMMENTS_MAX)
			return YG_ELIMIT;
		b->comment_at = (uint32_t)b->comments_size;
		b->comment_size = comment.size;
		memcpy(b->comment, comment.data, comment.size);
		b->comments_size += comment.size;
		yg_indicator_out_add(&b->out, comment);
	}
	*ret_at = b->comment_at;
	return b->out.rc;
}

static uint64_t value_hash(const struct yg_indicator_build *b, const struct yg_indicator_value *v)
{
	if (v->type <= YG_INDICATOR_PREFIX)
		return yg_indicator_address_hash(b->head.seed, v->address, v->bits);
	return yg_indicator_key_hash(b->head.seed, yg_indicator_kind(v->type),
				     (struct yg_bytes){v->text, v->size});
}

static int spill_run(struct yg_indicator_build *b)
{
	struct yg_indicator_run *runs = yg_reallocarray(b->runs, b->run_count + 1, sizeof(*runs));
	int rc;

	if (!runs)
		return YG_ENOMEM;
	b->runs = runs;
	rc = yg_indicator_slice(b, &runs[b->run_count]);
	if (rc == YG_OK)
		rc = b->store.spill(b->store.arg, yg_buf_bytes(&b->sliced));
	if (rc != YG_OK)
		return rc;
	runs[b->run_count++].at = b->spilled;
	b->spilled += b->sliced.size;
	yg_buf_reset(&b->pending);
	memset(b->recent, 0, sizeof(b->recent));
	return YG_OK;
}

/* The run of all that is pending, in b->sliced: each slice in the order in which it was read. */
int yg_indicator_slice(struct yg_indicator_build *b, struct yg_indicator_run *ret)
{
	struct yg_indicator_spilled one;
	uint32_t at[YG_INDICATOR_SLICES + 1] = {0};
	size_t i;

	yg_buf_reset(&b->sliced);
	if (!yg_buf_reserve(&b->sliced, b->pending.size))
		return yg_buf_error(&b->sliced);
	for (i = 0; i < b->pending.size; i += one.size) {
		memcpy(&one, b->pending.data + i, sizeof(one));
		at[(one.hash >> 56) + 1] += one.size;
	}
	for (i = 0; i < YG_INDICATOR_SLICES; i++)
		at[i + 1] += at[i];
	memcpy(ret->slices, at, sizeof(at));
	for (i = 0; i < b->pending.size; i += one.size) {
		memcpy(&one, b->pending.data + i, sizeof(one));
		memcpy(b->sliced.data + at[one.hash >> 56], b->pending.data + i, one.size);
		at[one.hash >> 56] += one.size;
	}
	yg_buf_grew(&b->sliced, b->pending.size);
	return YG_OK;
}

/*
 * The same value among the recent ones of this run: a value that a list repeats without end takes
 * no room. Merging finds the other doubles.
 */
static bool is_repeated(struct yg_indicator_build *b, uint64_t hash)
{
	uint32_t *recent = &b->recent[hash % YG_INDICATOR_RECENT];
	size_t head = sizeof(struct yg_indicator_spilled);
	struct yg_indicator_spilled one;
	struct yg_iimg_record record;
	const uint8_t *at = *recent ? b->pending.data + *recent - 1 : NULL;

	*recent = (uint32_t)b->pending.size + 1;
	if (!at)
		return false;
	memcpy(&one, at, head);
	memcpy(&record, at + head, sizeof(record));
	if (one.hash != hash || record.type != b->value.type ||
	    !yg_bytes_eq((struct yg_bytes){at + head + sizeof(record), record.value_size},
			 (struct yg_bytes){b->value.text, b->value.size}))
		return false;
	*recent = (uint32_t)(at - b->pending.data) + 1;
	b->head.duplicates++;
	return true;
}

static int take_value(void *arg, uint64_t line, struct yg_bytes value, struct yg_bytes comment)
{
	struct yg_indicator_build *b = arg;
	struct yg_indicator_value *v = &b->value;
	struct yg_iimg_record record = {.line = line > UINT32_MAX ? UINT32_MAX : (uint32_t)line};
	struct yg_indicator_spilled one;
	const char *reason = NULL;
	uint8_t *to;
	int rc;

	if (yg_indicator_read(value, v, &reason) != YG_OK) {
		on_complaint(b, line, reason);
		return YG_OK;
	}
	one.hash = value_hash(b, v);
	one.size = (uint32_t)(sizeof(one) + yg_iimg_record_size(v->size));
	rc = b->pending.size + one.size > b->run_bytes ? spill_run(b) : YG_OK;
	if (rc != YG_OK || is_repeated(b, one.hash))
		return rc;
	if (b->total == YG_INDICATORS_MAX || b->total_bytes + one.size > YG_IIMG_TABLE_MAX)
		return YG_ELIMIT;
	rc = keep_comment(b, comment, &record.comment_at);
	if (rc != YG_OK)
		return rc;
	record.comment_size = (uint16_t)comment.size;
	record.value_size = (uint16_t)v->size;
	record.list = (uint16_t)(b->head.list_count - 1);
	record.type = (uint8_t)v->type;
	record.bits = v->type <= YG_INDICATOR_PREFIX ? v->bits : 0;
	to = yg_buf_reserve(&b->pending, one.size);
	if (!to)
		return yg_buf_error(&b->pending);
	memset(to + one.size - YG_IIMG_UNIT, 0, YG_IIMG_UNIT);
	memcpy(to, &one, sizeof(one));
	memcpy(to + sizeof(one), &record, sizeof(record));
	memcpy(to + sizeof(one) + sizeof(record), v->text, v->size);
	yg_buf_grew(&b->pending, one.size);
	b->total++;
	b->total_bytes += one.size;
	note_kind(&b->head.kinds, v);
	return YG_OK;
}

struct yg_indicator_build *yg_indicator_build_new(uint64_t seed,
						  const struct yg_indicator_store *store)
{
	struct yg_indicator_build *b = yg_calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->store = *store;
	b->head.seed = seed;
	b->run_bytes = RUN_BYTES;
	yg_buf_init(&b->pending, RUN_BYTES);
	yg_buf_init(&b->sliced, RUN_BYTES);
	yg_buf_init(&b->names, NAMES_MAX);
	yg_indicator_out_init(&b->out, &b->store, seed, HEAD_BYTES);
	b->reader = yg_indicator_reader_new(take_value, on_complaint, b);
	if (!b->reader)
		return yg_indicator_build_free(b);
	yg_indicator_out_begin(&b->out, &b->head.sections[YG_IIMG_COMMENTS]);
	return b;
}

struct yg_indicator_build *yg_indicator_build_free(struct yg_indicator_build *build)
{
	if (!build)
		return NULL;
	(void)yg_indicator_reader_free(build->reader);
	yg_buf_done(&build->pending);
	yg_buf_done(&build->sliced);
	yg_buf_done(&build->names);
	yg_indicator_out_done(&build->out);
	free(build->runs);
	free(build);
	return NULL;
}

void yg_indicator_build_report(struct yg_indicator_build *build, yg_indicators_report_fn report,
			       void *arg)
{
	build->report = report;
	build->report_arg = arg;
}

int yg_indicator_build_list(struct yg_indicator_build *build, const char *name)
{
	size_t at = build->names.size;

	if (build->head.list_count == YG_IIMG_LISTS_MAX)
		return YG_ELIMIT;
	yg_buf_add(&build->names, (struct yg_bytes){(const uint8_t *)name, strlen(name) + 1});
	if (yg_buf_error(&build->names) != YG_OK)
		return yg_buf_error(&build->names);
	build->name_at = at;
	build->head.list_count++;
	yg_indicator_reader_begin(build->reader);
	return YG_OK;
}

int yg_indicator_build_feed(struct yg_indicator_build *build, struct yg_bytes text, bool is_last,
			    size_t *ret_used)
{
	assert(build->head.list_count > 0);
	return yg_indicator_reader_feed(build->reader, text, is_last, ret_used);
}
