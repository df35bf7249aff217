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
	if (!intake->archive->is_sealed && intake->archive->end < intake->archive->size) {
		intake->rc = (int)intake->archive->fault.code;
		intake->reason = intake->archive->fault.msg;
	}
	rc = yg_archive_filters_open(intake->archive, &intake->filters, &fault);
	if (rc == YG_ENOMEM)
		return rc;
	hunt->unfiltered += rc != YG_OK && intake->archive->is_sealed;
	intake->may_count = yg_archive_filters_file(intake->filters, hunt->keys, hunt->key_count,
						    hunt->may);
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

		hunt->frames++;
		if (!intake->is_passed_over &&
		    yg_hunt_wants(hunt, frame, intake->filters, intake->may_count))
			break;
		hunt->left_out += frame->records;
		intake->documents += frame->records;
	}
	return intake->frame;
}

int yg_intake_next_archive(struct yg_intake *intake, struct yg_batch *batch)
{
	const struct yg_archive *archive = intake->archive;
	uint32_t index = next_wanted(intake);
	int rc;

	batch->input = intake->index;
	batch->format = YG_FORMAT_RECORD;
	batch->is_forced = true;
	batch->reference_ns = intake->reference_ns;
	batch->next_frame = index;
	if (index == archive->count) {
		batch->is_last = true;
		return YG_OK;
	}
	rc = yg_archive_load(archive, index, &batch->stored);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		intake->rc = rc;
		intake->reason = yg_err_text(rc);
		batch->is_last = true;
		return YG_OK;
	}
	batch->is_stored = true;
	batch->stored_at = archive->frames[index].at;
	batch->first_position = intake->documents + 1;
	intake->documents += archive->frames[index].records;
	intake->text_bytes += archive->frames[index].text_size;
	intake->hunt->frames_read++;
	intake->frame++;
	batch->next_frame = intake->frame;
	return YG_OK;
}

static void cut_lines(struct yg_batch *batch)
{
	struct yg_bytes text = yg_buf_bytes(&batch->text);
	size_t at = 0;

	while (at < text.size) { /* whole lines, at most as many as a frame may hold: checked */
		size_t size = yg_bytes_chr(yg_bytes_from(text, at), '\n');

		batch->records[batch->record_count] = (struct yg_batch_record){
			.at = (uint32_t)at,
			.size = (uint32_t)size,
			.position = batch->first_position + batch->record_count,
		};
		batch->record_count++;
		at += size + 1;
	}
}

int yg_batch_unpack(struct yg_batch *batch, struct yg_archive_unpacker *unpacker)
{
	struct yg_archive_frame frame;
	uint8_t *padding;
	int rc = yg_archive_unpack(unpacker, yg_buf_bytes(&batch->stored), &frame, &batch->text,
				   &batch->fault);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK)
		return YG_OK; /* the fault says it; the neighbours are read */
	cut_lines(batch);
	padding = yg_buf_reserve(&batch->text, YG_PARSE_PADDING);
	if (!padding)
		return YG_ENOMEM;
	memset(padding, 0, YG_PARSE_PADDING);
	return YG_OK;
}
