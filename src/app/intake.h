/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/intake.h - from one input to batches of whole records.
 *
 * Layer: app. One thread. The intake also decides framing and format, from the first records.
 */
#pragma once

#include "app/batch.h"
#include "app/joining.h"
#include "archive/filters.h"
#include "parse/columns.h"
#include "parse/evtx.h"
#include "parse/format.h"
#include "parse/frame.h"
#include "source/input.h"

struct yg_intake {
	const struct yg_input *input;
	size_t index;
	struct yg_stream *stream;
	struct yg_parser *parser; /* for recognising only; borrowed */
	struct yg_framer framer;
	struct yg_buf carry; /* the beginning of a record whose end is still to come */
	struct yg_head head; /* head lines passed (parse/columns.h) */
	enum yg_format format;
	bool is_forced;
	bool is_recognised; /* the question was asked */
	bool is_ended;
	bool has_whole;	    /* the carry begins with whole records */
	uint64_t lines;	    /* line ends passed */
	uint64_t documents; /* documents passed */
	bool is_evtx;	    /* a Windows event file: chunks, no text */
	struct yg_evtx_scan scan;
	uint64_t notes; /* places of it that are not as they should be */
	int64_t reference_ns;
	struct yg_joining *joining;	    /* NULL: no description joins lines */
	struct yg_archive *archive;	    /* an archive, read frame by frame; NULL: a stream */
	struct yg_archive_filters *filters; /* of it, or NULL */
	struct yg_hunt *hunt;		    /* borrowed */
	uint32_t frame;			    /* the next to look at */
	uint32_t counted;		    /* frames that were looked at */
	uint32_t may_count;		    /* of hunt->may */
	bool is_passed_over;		    /* nothing of it is wanted */
	uint64_t text_bytes;		    /* of the frames handed on */
	int rc;				    /* why reading ended early; YG_OK otherwise */
	const char *reason;
};

/*
 * @forced: YG_FORMAT_UNKNOWN to recognise. @now_ns: for years that are not written, where the file
 * has no time of its own. YG_OK, or why the input cannot be opened (*ret_reason in English).
 */
YG_MUST_USE int yg_intake_open(struct yg_intake *intake, const struct yg_input *input, size_t index,
			       const struct yg_stream_opts *opts, enum yg_format forced,
			       int64_t now_ns, struct yg_parser *parser, const char **ret_reason);
void yg_intake_close(struct yg_intake *intake);

/*
 * After opening: lines of the input that belong together are joined, by the descriptions of @opts
 * (borrowed; its reference_ns is not looked at). YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_intake_join(struct yg_intake *intake, const struct yg_parse_opts *opts);

/*
 * Fill @batch (reset by the caller) with the next records. YG_OK: it has some, or is the last.
 * YG_EAGAIN: following, and nothing came (the batch is empty). YG_ENOMEM. Faults of the input end
 * it: they are kept in intake->rc, and batch->is_last is set.
 */
YG_MUST_USE int yg_intake_next(struct yg_intake *intake, struct yg_batch *batch);

/*
 * intake_archive.c: the same for an archive, of which only frames are read that @hunt wants; they
 * are handed on packed. YG_EMISMATCH: not an archive, to be opened as above.
 */
struct yg_hunt;
YG_MUST_USE int yg_intake_open_archive(struct yg_intake *intake, const struct yg_input *input,
				       size_t index, struct yg_hunt *hunt, int64_t now_ns);
YG_MUST_USE int yg_intake_next_archive(struct yg_intake *intake, struct yg_batch *batch);

/* intake_evtx.c: the same for a Windows event file; its first bytes stand in the carry. */
void yg_intake_begin_evtx(struct yg_intake *intake);
YG_MUST_USE int yg_intake_next_evtx(struct yg_intake *intake, struct yg_batch *batch);
