/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of the drop folder: packed or not, Windows events or text, members of a zip one after
 * the other. Which record is the how many-th depends on its bytes alone: that is how reading goes
 * on after a kill.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/tr.h"
#include "parse/evtx.h"
#include "sensor/drop-int.h"
#include "source/input.h"

#include "base/ban.h"

#define READ_BYTES  (128u * 1024u)
#define CARRY_MAX   (4u << 20)
#define ARENA_MAX   (16u << 20)
#define SNIFF_BYTES 4096u

struct yg_drop_file {
	const struct yg_drop_config *config;
	struct yg_inputs inputs;
	size_t index; /* of the input that is read */
	struct yg_stream *stream;
	struct yg_lines *reader;
	struct yg_buf carry; /* given out, not taken yet */
	bool is_begun;	     /* the first bytes of the input were looked at */
	bool is_evtx;
	bool is_ended; /* of the stream */
	const char *reason;
	int rc; /* how the stream ended, when not well */
	uint64_t lines;
	uint64_t seen; /* records of earlier inputs */
	uint64_t skip; /* of those to come */
	uint64_t damaged;
	/* Windows events */
	struct yg_evtx *evtx;
	struct yg_arena *arena;
	struct yg_evtx_scan scan;
	struct yg_evtx_part part;
	struct yg_evtx_chunk chunk;
	bool has_chunk;
	uint64_t position;
};

static void note_damage(void *arg, const struct yg_evtx_note *note)
{
	struct yg_drop_file *f = arg;

	(void)note;
	f->damaged++;
}

static int begin_input(struct yg_drop_file *f)
{
	const struct yg_input *input = &f->inputs.items[f->index];
	struct yg_stream_opts opts = {.stop_fd = -1};
	int rc;

	f->stream = yg_stream_free(f->stream);
	f->reader = yg_lines_free(f->reader);
	yg_buf_reset(&f->carry);
	f->is_begun = false;
	f->is_ended = false;
	f->has_chunk = false;
	f->rc = YG_OK;
	f->lines = 0;
	f->position = 0;
	f->scan = (struct yg_evtx_scan){.note = note_damage, .arg = f};
	f->reader = yg_lines_new(input->name, f->config->zone, f->config->names, f->config->filter);
	if (!f->reader)
		return YG_ENOMEM;
	yg_lines_skip(f->reader, f->skip);
	rc = yg_stream_open(input, &opts, &f->stream, &f->reason);
	return rc;
}

int yg_drop_file_open(const struct yg_drop_config *config, const char *path, uint64_t skip,
		      struct yg_drop_file **ret, const char **ret_reason)
{
	struct yg_drop_file *f = yg_calloc(1, sizeof(*f));
	int rc;

	*ret_reason = NULL;
	if (!f)
		return YG_ENOMEM;
	f->config = config;
	f->skip = skip;
	yg_buf_init(&f->carry, CARRY_MAX);
	f->evtx = yg_evtx_new(config->names);
	f->arena = yg_arena_new(ARENA_MAX);
	rc = f->evtx && f->arena ? yg_inputs_expand(&path, 1, &f->inputs, NULL, NULL) : YG_ENOMEM;
	if (rc == YG_OK && f->inputs.count == 0)
		rc = YG_EFORMAT;
	if (rc == YG_OK)
		rc = begin_input(f);
	if (rc != YG_OK) {
		*ret_reason = f->reason ? f->reason : yg_err_text(rc);
		(void)yg_drop_file_free(f);
		return rc;
	}
	*ret = f;
	return YG_OK;
}

struct yg_drop_file *yg_drop_file_free(struct yg_drop_file *file)
{
	if (!file)
		return NULL;
	(void)yg_stream_free(file->stream);
	(void)yg_lines_free(file->reader);
	(void)yg_evtx_free(file->evtx);
	(void)yg_arena_free(file->arena);
	yg_inputs_done(&file->inputs);
	yg_buf_done(&file->carry);
	free(file);
	return NULL;
}

uint64_t yg_drop_file_records(const struct yg_drop_file *file)
{
	return file->seen + (file->reader ? yg_lines_seen(file->reader) : 0);
}

uint64_t yg_drop_file_damaged(const struct yg_drop_file *file)
{
	return file->damaged;
}

/* More bytes behind those that wait. */
static int read_more(struct yg_drop_file *f)
{
	int rc = yg_stream_read(f->stream, &f->carry, READ_BYTES, &f->reason);

	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	f->is_ended = true;
	f->rc = rc == YG_EEND ? YG_OK : rc;
	return YG_OK;
}

/* Text logs hold no NUL; pictures, programs and databases do. */
static int begin_reading(struct yg_drop_file *f)
{
	struct yg_bytes head = yg_bytes_cut(yg_buf_bytes(&f->carry), 0, SNIFF_BYTES);

	f->is_begun = true;
	f->is_evtx = yg_evtx_fits(head);
	if (f->is_evtx || yg_bytes_chr(head, 0) == SIZE_MAX)
		return YG_OK;
	f->reason = N_("this is no log: it holds bytes that are no text");
	return YG_EMISMATCH;
}

/* ---- Windows events ---- */

/* Records of the chunk that is open, until @collect is full. */
static int take_chunk(struct yg_drop_file *f, int64_t now_ns, struct yg_collect *collect)
{
	struct yg_evtx_record record;

	while (!yg_collect_is_full(collect)) {
		struct yg_event event;
		struct yg_fault fault;
		int rc;

		if (!yg_evtx_chunk_next(&f->chunk, &record)) {
			f->has_chunk = false;
			yg_buf_drop(&f->carry, f->part.consumed);
			return YG_OK;
		}
		f->position++;
		yg_arena_reset(f->arena);
		rc = record.is_damaged ? YG_EFORMAT
				       : yg_evtx_read(f->evtx, record.at, f->arena, &event, &fault);
		if (rc == YG_EFORMAT || rc == YG_ELIMIT) {
			f->damaged++;
			continue;
		}
		if (rc != YG_OK)
			return rc;
		event.position = f->position;
		rc = yg_lines_put(f->reader, &event, now_ns, collect);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

/* *ret_more: bytes are needed. */
static int take_evtx(struct yg_drop_file *f, int64_t now_ns, struct yg_collect *collect,
		     bool *ret_more)
{
	int rc = YG_OK;

	while (rc == YG_OK && !yg_collect_is_full(collect)) {
		if (!f->has_chunk) {
			rc = yg_evtx_scan_next(&f->scan, yg_buf_bytes(&f->carry), f->is_ended,
					       &f->part);
			if (rc == YG_EAGAIN) {
				*ret_more = true;
				return YG_OK;
			}
			if (rc != YG_OK)
				return rc;
			if (f->part.chunk.size == 0) {
				yg_buf_drop(&f->carry, f->part.consumed);
				continue;
			}
			yg_evtx_chunk_begin(&f->chunk, &f->part, note_damage, f);
			yg_evtx_open(f->evtx, f->part.chunk);
			f->has_chunk = true;
		}
		rc = take_chunk(f, now_ns, collect);
	}
	return rc;
}

/* ---- text ---- */

static int take_text(struct yg_drop_file *f, int64_t now_ns, struct yg_collect *collect,
		     bool *ret_more)
{
	uint8_t *padding = yg_buf_reserve(&f->carry, YG_LINES_PADDING);
	struct yg_lines_text text = {
		.is_end = f->is_ended, .lines_before = f->lines, .now_ns = now_ns};
	uint64_t lines = 0;
	size_t size = 0;
	int rc;

	if (!padding)
		return yg_buf_error(&f->carry);
	memset(padding, 0, YG_LINES_PADDING);
	text.text = yg_buf_bytes(&f->carry);
	rc = yg_lines_take(f->reader, &text, collect, &size, &lines);
	yg_buf_drop(&f->carry, size);
	f->lines += lines;
	*ret_more = !yg_collect_is_full(collect);
	return rc;
}

/* ---- together ---- */

/* This input is read: the next one, or YG_EEND; where it ended badly, why. */
static int end_input(struct yg_drop_file *f, const char **ret_reason)
{
	uint64_t seen = yg_lines_seen(f->reader);
	int rc = f->rc;

	if (rc != YG_OK) {
		*ret_reason = f->reason && f->reason[0] ? f->reason : yg_err_text(rc);
		return rc;
	}
	if (f->index + 1 == f->inputs.count)
		return YG_EEND;
	f->seen += seen;
	f->skip -= seen < f->skip ? seen : f->skip;
	f->index++;
	rc = begin_input(f);
	if (rc != YG_OK)
		*ret_reason = f->reason ? f->reason : yg_err_text(rc);
	return rc;
}

int yg_drop_file_read(struct yg_drop_file *f, int64_t now_ns, struct yg_collect *collect,
		      const char **ret_reason)
{
	bool needs_more = false;
	int rc = YG_OK;

	if (!f->is_begun && !f->is_ended && f->carry.size < SNIFF_BYTES)
		return read_more(f);
	if (!f->is_begun)
		rc = begin_reading(f);
	if (rc == YG_OK)
		rc = f->is_evtx ? take_evtx(f, now_ns, collect, &needs_more)
				: take_text(f, now_ns, collect, &needs_more);
	if (rc == YG_OK && needs_more && f->is_ended)
		return end_input(f, ret_reason);
	if (rc == YG_OK && needs_more)
		rc = read_more(f);
	if (rc == YG_EMISMATCH || rc == YG_ELIMIT)
		*ret_reason = f->reason ? f->reason : yg_err_text(rc);
	return rc;
}
