/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows event files: from bytes to batches of whole chunks. In a batch each chunk stands at a
 * multiple of its full size; what a cut one lacks is zero.
 */
#include "app/intake.h"
#include "app/say.h"

#include "base/ban.h"

#define READ_BYTES	  (256u * 1024u)
#define CHUNK_RECORDS_MAX (YG_EVTX_CHUNK_BYTES / YG_EVTX_RECORD_MIN)
#define SAID_MAX	  10u /* places of one input that are named; the rest are counted */

/* What is not as it should be: named by its place, while reading goes on. */
static void say_note(void *arg, const struct yg_evtx_note *note)
{
	struct yg_intake *intake = arg;

	if (intake->notes++ < SAID_MAX)
		yg_say(N_("%s: byte %llu, %llu bytes: %s"),
		       yg_say_safe(yg_bytes_str(intake->input->name), 300),
		       (unsigned long long)note->at, (unsigned long long)note->size,
		       yg_say_tr(note->words));
}

void yg_intake_begin_evtx(struct yg_intake *intake)
{
	intake->is_evtx = true;
	intake->is_recognised = true;
	intake->format = YG_FORMAT_EVTX;
	intake->scan.note = say_note;
	intake->scan.arg = intake;
}

static void end(struct yg_intake *intake, struct yg_batch *batch)
{
	batch->is_last = true;
	if (intake->notes > SAID_MAX)
		yg_say(N_("%s: %llu further places like these"),
		       yg_say_safe(yg_bytes_str(intake->input->name), 300),
		       (unsigned long long)(intake->notes - SAID_MAX));
}

/* A place of its own for the chunk, as long as its batch is used. */
static int add_place(struct yg_batch *batch, const struct yg_evtx_part *part)
{
	uint8_t *to = yg_buf_reserve(&batch->text, YG_EVTX_CHUNK_BYTES);

	if (!to)
		return yg_buf_error(&batch->text);
	memcpy(to, part->chunk.data, part->chunk.size);
	memset(to + part->chunk.size, 0, YG_EVTX_CHUNK_BYTES - part->chunk.size);
	yg_buf_grew(&batch->text, YG_EVTX_CHUNK_BYTES);
	batch->chunks[batch->chunk_count++] =
		(struct yg_batch_chunk){part->at, (uint32_t)part->chunk.size};
	return YG_OK;
}

/* The records of a chunk; one without any costs nothing. */
static int add_chunk(struct yg_intake *intake, struct yg_batch *batch,
		     const struct yg_evtx_part *part)
{
	uint32_t base = (uint32_t)batch->chunk_count * YG_EVTX_CHUNK_BYTES;
	size_t before = batch->record_count;
	struct yg_evtx_chunk chunk;
	struct yg_evtx_record record;

	yg_evtx_chunk_begin(&chunk, part, say_note, intake);
	while (yg_evtx_chunk_next(&chunk, &record))
		batch->records[batch->record_count++] = (struct yg_batch_record){
			.at = base + record.at,
			.size = record.size,
			.position = ++intake->documents,
			.is_torn = record.is_damaged,
			.is_damaged = record.is_damaged,
		};
	return batch->record_count > before ? add_place(batch, part) : YG_OK;
}

/* More bytes behind those that wait. */
static int read_more(struct yg_intake *intake)
{
	int rc = yg_stream_read(intake->stream, &intake->carry, READ_BYTES, &intake->reason);

	if (rc == YG_OK || rc == YG_ENOMEM || rc == YG_EAGAIN)
		return rc;
	intake->is_ended = true;
	intake->rc = rc == YG_EEND ? YG_OK : rc;
	return YG_OK;
}

int yg_intake_next_evtx(struct yg_intake *intake, struct yg_batch *batch)
{
	size_t used = 0;
	int rc = YG_OK;

	batch->input = intake->index;
	batch->format = YG_FORMAT_EVTX;
	batch->is_forced = true;
	batch->reference_ns = intake->reference_ns;
	while (rc == YG_OK && !batch->is_last && batch->chunk_count < YG_BATCH_CHUNKS_MAX &&
	       batch->record_count + CHUNK_RECORDS_MAX <= YG_BATCH_RECORDS_MAX) {
		struct yg_bytes data = yg_bytes_from(yg_buf_bytes(&intake->carry), used);
		struct yg_evtx_part part;

		rc = yg_evtx_scan_next(&intake->scan, data, intake->is_ended, &part);
		if (rc == YG_EAGAIN && intake->is_ended) {
			end(intake, batch);
			rc = YG_OK;
		} else if (rc == YG_EAGAIN) {
			yg_buf_drop(&intake->carry, used);
			used = 0;
			rc = read_more(intake);
		} else {
			used += part.consumed;
			if (part.chunk.size > 0)
				rc = add_chunk(intake, batch, &part);
		}
	}
	yg_buf_drop(&intake->carry, used);
	return rc;
}
