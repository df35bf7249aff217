/* SPDX-License-Identifier: Apache-2.0 */
#include "app/reading.h"

#include "parse/join.h"

#include "base/ban.h"

void yg_reading_done(struct yg_reading *reading)
{
	reading->evtx = yg_evtx_free(reading->evtx);
	reading->chunk = NULL;
}

uint64_t yg_reading_byte(const struct yg_batch *batch, uint32_t index)
{
	uint32_t at = batch->records[index].at;

	return batch->chunks[at / YG_EVTX_CHUNK_BYTES].at + at % YG_EVTX_CHUNK_BYTES;
}

static int read_evtx(struct yg_reading *reading, const struct yg_batch *batch,
		     const struct yg_batch_record *record, struct yg_arena *arena,
		     struct yg_event *ret, struct yg_fault *reterr)
{
	uint32_t number = record->at / YG_EVTX_CHUNK_BYTES;
	const uint8_t *chunk = batch->text.data + (size_t)number * YG_EVTX_CHUNK_BYTES;

	if (record->is_damaged)
		return yg_fault_set(reterr, YG_EFORMAT, "no readable record", record->at);
	if (!reading->evtx)
		reading->evtx = yg_evtx_new(reading->names);
	if (!reading->evtx)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	if (chunk != reading->chunk)
		yg_evtx_open(reading->evtx, (struct yg_bytes){chunk, batch->chunks[number].size});
	reading->chunk = chunk;
	return yg_evtx_read(reading->evtx, record->at % YG_EVTX_CHUNK_BYTES, arena, ret, reterr);
}

/* What @event has from earlier lines. */
static int lend(const struct yg_batch *batch, uint32_t index, struct yg_event *event)
{
	uint32_t from = 0, to = batch->lent_count;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (batch->lents[middle].record < index)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == batch->lent_count || batch->lents[from].record != index)
		return YG_OK;
	return yg_join_lend(event, batch->lents[from].fields, batch->lents[from].count);
}

static int read_text(struct yg_reading *reading, const struct yg_batch *batch, struct yg_bytes text,
		     struct yg_arena *arena, struct yg_event *ret, struct yg_fault *reterr)
{
	if (batch->is_forced)
		return yg_parse(reading->parser, batch->format, text, arena, ret, reterr);
	return yg_parse_any(reading->parser, batch->format ? batch->format : YG_FORMAT_ACCESS, text,
			    arena, ret, reterr);
}

int yg_reading_event(struct yg_reading *reading, const struct yg_batch *batch, uint32_t index,
		     struct yg_arena *arena, struct yg_event *ret, struct yg_fault *reterr)
{
	const struct yg_batch_record *record = &batch->records[index];
	struct yg_bytes text = {batch->text.data + record->at, record->size};
	int rc;

	yg_arena_reset(arena);
	if (batch->chunk_count > 0)
		return read_evtx(reading, batch, record, arena, ret, reterr);
	rc = read_text(reading, batch, text, arena, ret, reterr);
	if (rc == YG_OK && batch->lent_count > 0)
		rc = lend(batch, index, ret);
	return rc;
}
