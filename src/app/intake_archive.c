/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives for hunts: frames that can hold what is looked for become batches, still packed; workers
 * unpack them. Frames that cannot are passed over without being read.
 */
#include <stdlib.h>

#include "app/hunt.h"
#include "app/intake.h"
#include "base/alloc.h"

#include "base/ban.h"

int yg_intake_open_archive(struct yg_intake *intake, const struct yg_input *input, size_t index,
			   struct yg_hunt *hunt, int64_t now_ns)
{
	struct yg_fault fault = {0};
	int rc;

	*intake = (struct yg_intake){
		.input = input,
		.index = index,
		.hunt = hunt,
		.format = YG_FORMAT_RECORD,
		.is_forced = true,
		.is_recognised = true,
		.reference_ns = input->mtime_ns != YG_TIME_NONE ? input->mtime_ns : now_ns,
	};
	yg_buf_init(&intake->carry, YG_BATCH_TEXT_BYTES_MAX);
	yg_buf_init(&intake->head.text, YG_HEAD_BYTES_MAX);
	if (input->member || strcmp(input->path, "-") == 0)
		return YG_EMISMATCH;
	rc = yg_archive_open(input->path, &intake->archive, &fault);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK)
		return YG_EMISMATCH; /* who reads plain logs says what is wrong */
	rc = yg_archive_go_on(intake->archive);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		intake->rc = rc;
		intake->reason = yg_err_text(rc);
	} else if (intake->archive->gap_count > 0) {
		intake->rc = (int)intake->archive->gaps[0].code;
		intake->reason = intake->archive->gaps[0].words;
	}
	rc = yg_archive_filters_open(intake->archive, &intake->filters, &fault);
	if (rc == YG_ENOMEM)
		return rc;
	hunt->unfiltered += rc != YG_OK && intake->archive->is_sealed;
	intake->may_count =
		yg_archive_filters_file(intake->filters, hunt->keys, hunt->key_count, hunt->may);
	intake->is_passed_over = !yg_narrow_may_file(&hunt->narrow, intake->filters);
	return YG_OK;
}

/* The next frame that is wanted, or the number of frames. */
static uint32_t next_wanted(struct yg_intake *intake)
{
	struct yg_hunt *hunt = intake->hunt;
	const struct yg_archive *archive = intake->archive;

	for (; intake->frame < archive->count; intake->frame++) {
		const struct yg_archive_frame *frame = &archive->frames[intake->frame];

		if (intake->frame >= intake->counted) {
			hunt->frames++;
			intake->counted = intake->frame + 1;
		}
		if (!intake->is_passed_over &&
		    yg_hunt_wants(hunt, frame, intake->filters, intake->may_count))
			break;
		hunt->left_out += frame->records;
		intake->documents += frame->records;
	}
	return intake->frame;
}

/* Is there room for @frame behind what the batch has? */
static bool has_room(const struct yg_batch *batch, const struct yg_archive_frame *frame,
		     uint64_t bytes, uint64_t records)
{
	return batch->frame_count < YG_BATCH_FRAMES_MAX && bytes < YG_BATCH_FRAMES_BYTES &&
	       bytes + frame->text_size + YG_PARSE_PADDING <= YG_BATCH_TEXT_BYTES_MAX &&
	       records + frame->records <= YG_BATCH_RECORDS_MAX;
}

/* Frame @index, packed, behind those that the batch has. */
static int add_frame(struct yg_intake *intake, struct yg_batch *batch, uint32_t index)
{
	const struct yg_archive_frame *frame = &intake->archive->frames[index];
	size_t from = batch->stored.size;
	int rc = yg_archive_load(intake->archive, index, &batch->stored);

	if (rc != YG_OK)
		return rc;
	batch->frames[batch->frame_count++] =
		(struct yg_batch_frame){.at = frame->at,
					.from = from,
					.size = batch->stored.size - from,
					.first_position = intake->documents + 1};
	intake->documents += frame->records;
	intake->text_bytes += frame->text_size;
	intake->hunt->frames_read++;
	intake->frame++;
	return YG_OK;
}

int yg_intake_next_archive(struct yg_intake *intake, struct yg_batch *batch)
{
	const struct yg_archive *archive = intake->archive;
	uint64_t bytes = 0, records = 0;
	int rc = YG_OK;

	batch->input = intake->index;
	batch->format = YG_FORMAT_RECORD;
	batch->is_forced = true;
	batch->reference_ns = intake->reference_ns;
	while (rc == YG_OK) {
		uint32_t index = next_wanted(intake);

		if (index == archive->count) {
			batch->is_last = true;
			break;
		}
		if (!has_room(batch, &archive->frames[index], bytes, records))
			break;
		bytes += archive->frames[index].text_size;
		records += archive->frames[index].records;
		rc = add_frame(intake, batch, index);
	}
	batch->next_frame = intake->frame;
	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	intake->rc = rc;
	intake->reason = yg_err_text(rc);
	batch->is_last = true;
	return YG_OK;
}

/* The records of the text from @at on. Whole lines, at most as many as fit: checked. */
static void cut_lines(struct yg_batch *batch, size_t at, uint64_t position)
{
	struct yg_bytes text = yg_buf_bytes(&batch->text);

	while (at < text.size && batch->record_count < YG_BATCH_RECORDS_MAX) {
		size_t size = yg_bytes_chr(yg_bytes_from(text, at), '\n');

		batch->records[batch->record_count++] = (struct yg_batch_record){
			.at = (uint32_t)at,
			.size = (uint32_t)size,
			.position = position++,
		};
		at += size + 1;
	}
}

int yg_batch_unpack(struct yg_batch *batch, struct yg_archive_unpacker *unpacker)
{
	uint8_t *padding;

	for (size_t i = 0; i < batch->frame_count; i++) {
		struct yg_batch_frame *part = &batch->frames[i];
		size_t at = batch->text.size;
		struct yg_archive_frame frame;
		int rc = yg_archive_unpack(
			unpacker, (struct yg_bytes){batch->stored.data + part->from, part->size},
			&frame, &batch->text, &part->fault);

		if (rc == YG_ENOMEM)
			return rc;
		if (rc == YG_OK)
			cut_lines(batch, at, part->first_position);
	}
	padding = yg_buf_reserve(&batch->text, YG_PARSE_PADDING);
	if (!padding)
		return YG_ENOMEM;
	memset(padding, 0, YG_PARSE_PADDING);
	return YG_OK;
}
