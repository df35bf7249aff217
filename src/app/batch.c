/* SPDX-License-Identifier: Apache-2.0 */
#include "app/batch.h"

#include "base/alloc.h"

#include "base/ban.h"

struct yg_batch *yg_batch_new(void)
{
	struct yg_batch *batch = yg_calloc(1, sizeof(*batch));

	if (!batch)
		return NULL;
	yg_buf_init(&batch->text, YG_BATCH_TEXT_BYTES_MAX);
	yg_buf_init(&batch->stored, YG_BATCH_FRAMES_MAX * YG_ARCHIVE_STORED_MAX);
	batch->arena = yg_arena_new(YG_BATCH_ARENA_MAX);
	batch->records = yg_calloc(YG_BATCH_RECORDS_MAX, sizeof(*batch->records));
	if (!batch->arena || !batch->records)
		return yg_batch_free(batch);
	yg_batch_reset(batch);
	return batch;
}

struct yg_batch *yg_batch_free(struct yg_batch *batch)
{
	if (!batch)
		return NULL;
	yg_buf_done(&batch->text);
	yg_buf_done(&batch->stored);
	(void)yg_arena_free(batch->arena);
	free(batch->records);
	free(batch);
	return NULL;
}

void yg_batch_reset(struct yg_batch *batch)
{
	yg_buf_reset(&batch->text);
	yg_arena_reset(batch->arena);
	batch->record_count = 0;
	batch->lents = NULL;
	batch->lent_count = 0;
	batch->head = (struct yg_bytes){0};
	batch->chunk_count = 0;
	batch->frame_count = 0;
	yg_buf_reset(&batch->stored);
	batch->next_frame = 0;
	batch->traces = NULL;
	batch->trace_count = 0;
	batch->minutes = NULL;
	batch->minute_count = 0;
	batch->kinds = NULL;
	batch->kind_count = 0;
	batch->other_kinds = 0;
	batch->charges = NULL;
	batch->charge_count = 0;
	batch->loads = NULL;
	batch->is_filtered = false;
	batch->counts = (struct yg_report_input){.first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE};
	batch->rc = YG_OK;
	batch->is_last = false;
	batch->is_done = false;
	batch->next = NULL;
}
