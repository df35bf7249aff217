/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source/input.h - from paths to streams of UTF-8 text.
 *
 * Paths given by a person become a list of inputs: folders are walked (sorted, bounded), archive
 * members become inputs of their own ("PATH!MEMBER"), the same file is read once. A stream then
 * gives the text of one input: decompressed (one level), converted to UTF-8, byte-order mark gone.
 *
 * Layer:   source. May include base/, model/, parse/.
 * Input:   untrusted: archives may lie about sizes, ratios are bounded (YG_STREAM_RATIO_MAX).
 * Threads: one thread per stream.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define YG_INPUTS_MAX	    100000u
#define YG_INPUT_DEPTH_MAX  32u	  /* folders below a given folder */
#define YG_STREAM_RATIO_MAX 1000u /* decompressed : compressed, counted after the first 16 MiB */
#define YG_STREAM_BYTES_MAX (UINT64_C(1) << 40)

enum yg_packing {
	YG_PACKING_NONE,
	YG_PACKING_GZIP,
	YG_PACKING_ZSTD,
	YG_PACKING_XZ,
	YG_PACKING_ZIP,
};

struct yg_input {
	char *name;	       /* as given, "-" for standard input, "PATH!MEMBER" */
	char *path;	       /* what to open */
	char *member;	       /* of a zip; NULL otherwise */
	uint64_t member_index; /* in the zip, from 0: names there need not be unique */
	uint64_t size_bytes;   /* on disk (the member's packed size); 0 when unknown */
	int64_t mtime_ns;      /* or YG_TIME_NONE */
};

struct yg_inputs {
	struct yg_input *items; /* in reading order */
	size_t count;
	size_t failed; /* given paths that could not be used at all */
};

/*
 * Called for what is left out or cannot be used: YG_E… and words (English, to be translated) for
 * the reason. YG_EDUPLICATE: YG_INPUTS_SAME_AS and the name of the one that is read; YG_EMISMATCH:
 * left out because it is no log, which is no failure. The caller is told once for each; reason
 * lives during the call.
 */
#define YG_INPUTS_SAME_AS "the same file as "
typedef void (*yg_inputs_report_fn)(void *arg, const char *name, int rc, const char *reason);

/*
 * Expand @paths. Files found by walking a folder that are plainly no logs (executables, images,
 * office files, databases by their first bytes, empty ones) are left out and reported; files that
 * were named themselves never are. YG_OK, YG_ENOMEM (*ret is empty) or YG_ELIMIT (YG_INPUTS_MAX
 * reached and told: *ret holds what came before).
 */
YG_MUST_USE int yg_inputs_expand(const char *const *paths, size_t count, struct yg_inputs *ret,
				 yg_inputs_report_fn report, void *arg);
void yg_inputs_done(struct yg_inputs *inputs);

struct yg_stream;

enum yg_encoding {
	YG_ENCODING_UNKNOWN,
	YG_ENCODING_UTF8, /* ASCII too */
	YG_ENCODING_UTF16LE,
	YG_ENCODING_UTF16BE,
	YG_ENCODING_CP932,
	YG_ENCODING_EUC_JP,
};
const char *yg_encoding_name(enum yg_encoding encoding);

struct yg_stream_opts {
	bool is_following; /* at the end of file wait for more, through rotation and truncation */
	int stop_fd;	   /* following: readable when to stop; -1 = none */
	bool is_binary;	   /* give out bytes as they are; Windows event files always are */
};

YG_MUST_USE int yg_stream_open(const struct yg_input *input, const struct yg_stream_opts *opts,
			       struct yg_stream **ret, const char **ret_reason);
struct yg_stream *yg_stream_free(struct yg_stream *stream);

/*
 * A Windows event file (parse/evtx.h, by its first bytes) is given out as it is, never as text, and
 * is not followed: it ends where it ends now.
 *
 * Append the next part (about @want bytes, at least 1) to @to.
 * YG_OK; YG_EEND at the end; YG_EAGAIN: following, nothing for now (called again it waits, at most
 * 200 ms, so that the caller can hand on what it has); YG_EFORMAT / YG_ELIMIT / YG_EDIGEST for a
 * damaged or lying archive, with what came before it already appended; YG_EIO; YG_ENOMEM.
 * *ret_reason: English words when it is neither YG_OK, YG_EEND nor YG_EAGAIN.
 */
YG_MUST_USE int yg_stream_read(struct yg_stream *stream, struct yg_buf *to, size_t want,
			       const char **ret_reason);

struct yg_stream_state {
	uint64_t packed_bytes; /* read from disk so far */
	uint64_t text_bytes;   /* given out so far */
	enum yg_packing packing;
	enum yg_encoding encoding;
	uint64_t replaced;	 /* byte sequences that were no character: given out as U+FFFD */
	uint64_t first_replaced; /* line of the first, 0 = none */
	uint64_t rotations;	 /* following */
	bool is_binary;		 /* nothing was decoded: a Windows event file, or told so */
};
struct yg_stream_state yg_stream_state(const struct yg_stream *stream);
