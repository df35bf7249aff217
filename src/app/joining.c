/* SPDX-License-Identifier: Apache-2.0 */
#include "app/joining.h"

#include <stdlib.h>

#include "app/reading.h"
#include "base/alloc.h"
#include "parse/join.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX (32u << 20)

struct yg_joining {
	struct yg_parse_opts opts;
	struct yg_join *join;
	/* Made when the first record is met that may be joined. */
	struct yg_names *names;
	struct yg_reading reading;
	struct yg_arena *arena; /* of one event */
};

struct yg_joining *yg_joining_new(const struct yg_parse_opts *opts)
{
	struct yg_joining *joining = yg_calloc(1, sizeof(*joining));

	if (!joining)
		return NULL;
	joining->opts = *opts;
	joining->join = yg_join_new();
	return joining->join ? joining : yg_joining_free(joining);
}

struct yg_joining *yg_joining_free(struct yg_joining *joining)
{
	if (!joining)
		return NULL;
	(void)yg_join_free(joining->join);
	(void)yg_parser_free(joining->reading.parser);
	(void)yg_names_free(joining->names);
	(void)yg_arena_free(joining->arena);
	free(joining);
	return NULL;
}

uint64_t yg_joining_evicted(const struct yg_joining *joining)
{
	return joining ? yg_join_evicted(joining->join) : 0;
}

static int need_parser(struct yg_joining *joining)
{
	if (!joining->names)
		joining->names = yg_names_new();
	if (!joining->arena)
		joining->arena = yg_arena_new(EVENT_ARENA_MAX);
	if (joining->names && !joining->reading.parser)
		joining->reading.parser = yg_parser_new(&joining->opts, joining->names);
	return joining->arena && joining->reading.parser ? YG_OK : YG_ENOMEM;
}

/* Record @index has @lent. */
static int add_lent(struct yg_batch *batch, uint32_t index, const struct yg_join_lent *lent)
{
	struct yg_source_pair *fields = yg_arena_alloc(batch->arena, lent->count * sizeof(*fields));

	if (!batch->lents)
		batch->lents =
			yg_arena_alloc(batch->arena, batch->record_count * sizeof(*batch->lents));
	if (!fields || !batch->lents)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < lent->count; i++) {
		fields[i].name = lent->fields[i].name; /* in the description */
		if (!yg_arena_dup(batch->arena, lent->fields[i].text, &fields[i].text))
			return YG_ENOMEM;
	}
	batch->lents[batch->lent_count++] = (struct yg_batch_lent){index, lent->count, fields};
	return YG_OK;
}

static int take_record(struct yg_joining *joining, struct yg_batch *batch, uint32_t index)
{
	struct yg_join_lent lent = {.count = 0};
	struct yg_event event;
	struct yg_fault fault;
	int rc = need_parser(joining);

	if (rc != YG_OK)
		return rc;
	rc = yg_reading_event(&joining->reading, batch, index, joining->arena, &event, &fault);
	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_OK;
	rc = yg_join_next(joining->join, &event, yg_parser_described_by(joining->reading.parser),
			  &lent);
	return rc == YG_OK && lent.count > 0 ? add_lent(batch, index, &lent) : rc;
}

int yg_joining_take(struct yg_joining *joining, struct yg_batch *batch)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < batch->record_count && rc == YG_OK; i++) {
		const struct yg_batch_record *record = &batch->records[i];

		if (yg_join_may(joining->opts.sources,
				(struct yg_bytes){batch->text.data + record->at, record->size}))
			rc = take_record(joining, batch, i);
	}
	return rc;
}
