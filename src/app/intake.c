/* SPDX-License-Identifier: Apache-2.0 */
#include "app/intake.h"

#include <assert.h>

#include "base/alloc.h"

#include "base/ban.h"

#define RECOGNISE_RECORDS 64u
#define RECOGNISE_BYTES	  65536u
#define SCRATCH_BYTES_MAX (16u << 20)
#define READ_BYTES	  (256u * 1024u)

int yg_intake_open(struct yg_intake *intake, const struct yg_input *input, size_t index,
		   const struct yg_stream_opts *opts, enum yg_format forced, int64_t now_ns,
		   struct yg_parser *parser, const char **ret_reason)
{
	struct yg_stream_opts how = opts ? *opts : (struct yg_stream_opts){.stop_fd = -1};

	*intake = (struct yg_intake){
		.input = input,
		.index = index,
		.parser = parser,
		.format = forced,
		.is_forced = forced != YG_FORMAT_UNKNOWN,
		.reference_ns = input->mtime_ns != YG_TIME_NONE ? input->mtime_ns : now_ns,
	};
	yg_buf_init(&intake->carry, YG_BATCH_TEXT_BYTES_MAX);
	yg_buf_init(&intake->head.text, YG_HEAD_BYTES_MAX);
	how.is_binary = forced == YG_FORMAT_EVTX;
	return yg_stream_open(input, &how, &intake->stream, ret_reason);
}

void yg_intake_close(struct yg_intake *intake)
{
	intake->stream = yg_stream_free(intake->stream);
	intake->filters = yg_archive_filters_free(intake->filters);
	intake->archive = yg_archive_free(intake->archive);
	intake->joining = yg_joining_free(intake->joining);
	yg_buf_done(&intake->carry);
	yg_buf_done(&intake->head.text);
}

int yg_intake_join(struct yg_intake *intake, const struct yg_parse_opts *opts)
{
	struct yg_parse_opts own = *opts;

	if (!yg_sources_join(opts->sources))
		return YG_OK;
	own.reference_ns = intake->reference_ns;
	intake->joining = yg_joining_new(&own);
	return intake->joining ? YG_OK : YG_ENOMEM;
}

/* Formats in which no line of the system log, and none that a description knows, can stand. */
static bool may_join(const struct yg_intake *intake)
{
	static const uint64_t never =
		UINT64_C(1) << YG_FORMAT_ACCESS | UINT64_C(1) << YG_FORMAT_RECORD |
		UINT64_C(1) << YG_FORMAT_WINDOWS | UINT64_C(1) << YG_FORMAT_SURICATA |
		UINT64_C(1) << YG_FORMAT_CLOUDTRAIL | UINT64_C(1) << YG_FORMAT_ZEEK |
		UINT64_C(1) << YG_FORMAT_IIS | UINT64_C(1) << YG_FORMAT_NGINX_JSON |
		UINT64_C(1) << YG_FORMAT_ECS | UINT64_C(1) << YG_FORMAT_SQUID;

	return intake->joining && !(never >> intake->format & 1);
}

/* Framing and format, from the beginning of the input that stands in @text. */
static int recognise(struct yg_intake *intake, struct yg_bytes text)
{
	struct yg_bytes records[RECOGNISE_RECORDS];
	struct yg_head head = {0};
	struct yg_framer framer;
	struct yg_arena *arena;
	size_t count = 0;
	int rc = YG_OK;

	intake->is_recognised = true;
	framer = (struct yg_framer){
		.framing = yg_frame_recognise(yg_bytes_cut(text, 0, RECOGNISE_BYTES),
					      intake->is_ended)};
	intake->framer = framer;
	if (intake->is_forced)
		return YG_OK;
	yg_buf_init(&head.text, YG_HEAD_BYTES_MAX);
	while (count < RECOGNISE_RECORDS && rc == YG_OK) {
		struct yg_frame frame;

		if (yg_frame_next(&framer, text, intake->is_ended, &frame) != YG_OK)
			break;
		if (yg_head_is(frame.record) && count > 0 && head.text.size == 0)
			break; /* what follows is another table */
		if (yg_head_is(frame.record))
			rc = yg_head_add(&head, frame.record);
		else if (!frame.is_skipped)
			records[count++] = frame.record;
		text = yg_bytes_from(text, frame.consumed);
	}
	if (rc == YG_OK)
		rc = yg_parser_set_head(intake->parser, yg_buf_bytes(&head.text));
	yg_buf_done(&head.text);
	if (rc != YG_OK || count == 0)
		return rc;
	arena = yg_arena_new(SCRATCH_BYTES_MAX);
	if (!arena)
		return YG_ENOMEM;
	intake->format = yg_parse_recognise(intake->parser, records, count, arena);
	(void)yg_arena_free(arena);
	return YG_OK;
}

/*
 * @line is a head line: remember it. False: the records before it stand below other head lines, so
 * the batch ends here.
 */
static bool take_head(struct yg_intake *intake, const struct yg_batch *batch, struct yg_bytes line,
		      int *ret_rc)
{
	if (batch->record_count > 0)
		return false;
	*ret_rc = yg_head_add(&intake->head, line);
	return *ret_rc == YG_OK;
}

static uint64_t count_lines(struct yg_bytes text)
{
	uint64_t lines = 0;
	size_t end;

	while ((end = yg_bytes_chr(text, '\n')) != SIZE_MAX) {
		lines++;
		text = yg_bytes_from(text, end + 1);
	}
	return lines;
}

static void add_record(struct yg_intake *intake, struct yg_batch *batch,
		       const struct yg_frame *frame)
{
	intake->documents++;
	batch->records[batch->record_count++] = (struct yg_batch_record){
		.at = (uint32_t)(frame->record.data - batch->text.data),
		.size = (uint32_t)frame->record.size,
		.position = intake->framer.framing == YG_FRAMING_LINES ? intake->lines + 1
								       : intake->documents,
		.is_torn = frame->is_torn,
		.is_long = frame->is_long,
	};
}

/*
 * Records from batch->text on, as many as the batch takes. *ret_at: bytes used; *ret_is_cut: head
 * lines of another table follow.
 */
static int cut_records(struct yg_intake *intake, struct yg_batch *batch, size_t *ret_at,
		       bool *ret_is_cut)
{
	struct yg_bytes text = yg_buf_bytes(&batch->text);
	size_t at = 0;
	int rc = YG_OK;

	while (batch->record_count < YG_BATCH_RECORDS_MAX && rc == YG_OK) {
		struct yg_framer before = intake->framer;
		struct yg_frame frame;
		bool is_head;

		if (yg_frame_next(&intake->framer, yg_bytes_from(text, at), intake->is_ended,
				  &frame) != YG_OK)
			break;
		is_head = yg_head_is(frame.record);
		if (is_head && !take_head(intake, batch, frame.record, &rc)) {
			intake->framer = before;
			*ret_is_cut = true;
			break;
		}
		if (!frame.is_skipped && !is_head)
			add_record(intake, batch, &frame);
		intake->lines += frame.is_line
					 ? 1
					 : count_lines(yg_bytes_cut(text, at, at + frame.consumed));
		at += frame.consumed;
	}
	*ret_at = at;
	return rc;
}

/* Cut what is in @batch->text into records; the rest goes to the carry. */
static int cut(struct yg_intake *intake, struct yg_batch *batch)
{
	size_t at = 0;
	bool is_cut = false;
	int rc = cut_records(intake, batch, &at, &is_cut);

	if (rc == YG_OK && intake->head.text.size > 0 &&
	    !yg_arena_dup(batch->arena, yg_buf_bytes(&intake->head.text), &batch->head))
		rc = YG_ENOMEM;
	if (rc != YG_OK)
		return rc;
	intake->has_whole = is_cut || batch->record_count == YG_BATCH_RECORDS_MAX;
	yg_buf_reset(&intake->carry);
	yg_buf_add(&intake->carry, yg_bytes_from(yg_buf_bytes(&batch->text), at));
	batch->is_last = intake->is_ended && intake->carry.size == 0;
	if (intake->is_ended && !batch->is_last && batch->record_count == 0 && !is_cut) {
		yg_buf_reset(&intake->carry); /* bytes that are no record at all */
		batch->is_last = true;
	}
	return yg_buf_error(&intake->carry);
}

/* Read until the batch has its size, the input ends, or nothing comes for now. */
static int fill(struct yg_intake *intake, struct yg_batch *batch)
{
	/* At least one read: what was carried over may be the start of a long record. */
	size_t want =
		batch->text.size < YG_BATCH_TEXT_BYTES ? YG_BATCH_TEXT_BYTES : batch->text.size + 1;

	while (!intake->is_ended && batch->text.size < want) {
		/* To the byte, however a pipe delivers: where a batch ends may decide what is
		 * found. */
		size_t left = batch->text.size < YG_BATCH_TEXT_BYTES ? want - batch->text.size
								     : READ_BYTES;
		int rc = yg_stream_read(intake->stream, &batch->text,
					left < READ_BYTES ? left : READ_BYTES, &intake->reason);

		if (rc == YG_ENOMEM || rc == YG_EAGAIN)
			return rc;
		if (rc != YG_OK) {
			intake->is_ended = true;
			intake->rc = rc == YG_EEND ? YG_OK : rc;
		}
	}
	return YG_OK;
}

/* What was read is no text: it waits in the carry for those who know chunks. */
static int turn_to_evtx(struct yg_intake *intake, struct yg_batch *batch)
{
	int rc;

	yg_intake_begin_evtx(intake);
	yg_buf_add(&intake->carry, yg_buf_bytes(&batch->text));
	yg_buf_reset(&batch->text);
	rc = yg_buf_error(&intake->carry);
	return rc == YG_OK ? yg_intake_next_evtx(intake, batch) : rc;
}

/* The records of the text that was read. */
static int take_text(struct yg_intake *intake, struct yg_batch *batch)
{
	uint8_t *padding;
	int rc = YG_OK;

	if (!intake->is_recognised)
		rc = recognise(intake, yg_buf_bytes(&batch->text));
	if (rc != YG_OK)
		return rc;
	padding = yg_buf_reserve(&batch->text, YG_PARSE_PADDING);
	if (!padding)
		return yg_buf_error(&batch->text);
	memset(padding, 0, YG_PARSE_PADDING);
	rc = cut(intake, batch);
	batch->format = intake->format;
	return rc == YG_OK && may_join(intake) ? yg_joining_take(intake->joining, batch) : rc;
}

/* One round: read, recognise, cut. *ret_waits: following, and nothing came. */
static int next_round(struct yg_intake *intake, struct yg_batch *batch, bool *ret_waits)
{
	int rc;

	yg_buf_reset(&batch->text);
	yg_buf_add(&batch->text, yg_buf_bytes(&intake->carry));
	yg_buf_reset(&intake->carry);
	rc = yg_buf_error(&batch->text);
	/* Whole records that did not fit the last batch come first. */
	if (rc == YG_OK && !intake->has_whole)
		rc = fill(intake, batch);
	*ret_waits = rc == YG_EAGAIN;
	if (rc == YG_ENOMEM || (rc == YG_EAGAIN && batch->text.size == 0))
		return rc;
	if (!intake->is_recognised && yg_stream_state(intake->stream).is_binary)
		return turn_to_evtx(intake, batch);
	return take_text(intake, batch);
}

int yg_intake_next(struct yg_intake *intake, struct yg_batch *batch)
{
	bool is_waiting = false;
	int rc = YG_OK;

	if (intake->archive)
		return yg_intake_next_archive(intake, batch);
	assert(intake->stream);
	if (intake->is_evtx)
		return yg_intake_next_evtx(intake, batch);
	batch->input = intake->index;
	batch->is_forced = intake->is_forced;
	batch->reference_ns = intake->reference_ns;
	while (rc == YG_OK && batch->record_count == 0 && !batch->is_last && !is_waiting)
		rc = next_round(intake, batch, &is_waiting);
	batch->format = intake->format;
	if (rc == YG_OK && batch->record_count == 0 && !batch->is_last) {
		/* The start of a record waits in the carry: the next input must not get it. */
		yg_buf_reset(&batch->text);
		return YG_EAGAIN;
	}
	return rc;
}
