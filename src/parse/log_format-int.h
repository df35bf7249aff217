/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/log_format-int.h - a compiled log format: literals and fields in turn.
 *
 * log_format.c writes the steps, log_format_read.c walks them along a line. Private to parse/.
 */
#pragma once

#include "parse/format-int.h"
#include "parse/log_format.h"

enum yg_step_kind {
	YG_STEP_LITERAL,
	YG_STEP_TEXT,
	YG_STEP_NUMBER,
	YG_STEP_REQUEST, /* "METHOD target HTTP/x" */
	YG_STEP_QUERY,	 /* with its '?' in front, or empty */
	YG_STEP_CLF,	 /* 22/Dec/2016:16:30:52 +0300 */
	YG_STEP_ISO,	 /* RFC 3339 */
	YG_STEP_EPOCH,	 /* seconds, with a fraction or not */
	YG_STEP_EPOCH_MS,
	YG_STEP_EPOCH_US,
	YG_STEP_FRACTION_MS, /* of a second */
	YG_STEP_FRACTION_US,
	YG_STEP_STRFTIME, /* text: the pattern */
};

/* Which bytes a field may hold; says where it ends when no literal follows. */
enum yg_step_bytes {
	YG_BYTES_ANY,
	YG_BYTES_DIGITS,     /* and '.' and '-' */
	YG_BYTES_HOST,	     /* letters, digits, . - : [ ] */
	YG_BYTES_PATH,	     /* all but '?', quotes and spaces */
	YG_BYTES_QUERY_MARK, /* "?" or nothing */
	YG_BYTES_LETTERS,
	YG_BYTES_SELF, /* its reader finds the end */
};

struct yg_step {
	enum yg_step_kind kind;
	enum yg_step_bytes bytes;
	uint32_t name_id;     /* of the dictionary, or 0: then text is the name */
	struct yg_bytes text; /* literal, own name or pattern; points into the format */
};

struct yg_log_format {
	struct yg_step steps[YG_LOG_FORMAT_STEPS_MAX];
	size_t count;
	uint8_t texts[2 * YG_LOG_FORMAT_BYTES_MAX];
	size_t texts_size;
};

/* Cut @record by ctx->opts.log_format. As yg_read_fn. */
yg_read_fn yg_log_format_read;
