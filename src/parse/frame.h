/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/frame.h - where one record ends and the next begins.
 *
 * Layer: parse. Pure; the state is a plain struct the caller keeps.
 *
 * Lines of the Linux audit log with one number, which stand together, are one record:
 * parse/auditd.h. Such a record is given when the line that ends it, or the one behind it, is
 * there.
 *
 * Lines end with LF or CRLF; a last line without an ending is a record too, marked torn: who
 * parses it knows whether it is whole. Empty lines are skipped. The number of a line is one
 * more than the count of LF in all bytes consumed before it, skipped ones included.
 *
 * Documents are JSON values one after another, in an array, or pretty-printed; commas, white
 * space and the array's brackets between them are skipped, so is {"Records":[…]} around them, as
 * cloud services write their files. A document that is damaged (a brace
 * or a quote is missing) ends as torn where a line begins with '{' as far to the right as the
 * document itself began, if no '{' may stand there in JSON: so what follows it is not lost.
 *
 * Windows events as XML are the elements <Event>; what stands around them (a declaration, <Events>)
 * is skipped.
 *
 * Tests: tests/unit/parse/test_frame.c, tests/fuzz/fuzz_frame.c
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

enum yg_framing {
	YG_FRAMING_LINES,
	YG_FRAMING_DOCUMENTS,
	YG_FRAMING_EVENTS, /* Windows events as XML */
};

struct yg_frame {
	struct yg_bytes record; /* without its ending; inside the data given */
	size_t consumed;	/* bytes to drop from the front, the record included */
	bool is_torn;		/* the input ended, or a limit was met, inside the record */
	bool is_skipped; /* no record here: @consumed bytes were separators or an empty line */
	bool is_long;	 /* a line beyond YG_EVENT_RECORD_MAX: record holds its beginning */
	bool is_line;	 /* the bytes consumed are one line, with its LF at their end */
};

/* Kept between calls on one input. Start with all zero and the framing set. */
struct yg_framer {
	enum yg_framing framing;
	bool is_in_records; /* the array is that of {"Records":[…]}: a '}' will follow it */
	bool is_in_array;   /* an opening bracket of the outer array was passed */
	bool is_dropping;   /* inside the rest of a line or document that was too long */
	size_t scanned;	    /* bytes at the front already known to hold no end */
	/* Documents: what is known at @scanned. */
	uint32_t depth;	 /* open brackets */
	uint64_t kinds;	 /* of the innermost 64 of them, last bit = innermost: 1 = array */
	uint32_t indent; /* white space before the document on its line; 0 after other text */
	uint32_t column; /* white space so far on this line; UINT32_MAX: other text came */
	uint8_t before;	 /* the last byte that was not white space, outside strings */
	bool is_in_string;
	bool is_escaped;
	bool is_broken; /* this cannot be JSON any more */
};

/*
 * The next record at the front of @data. @is_end: no more bytes will follow.
 * YG_OK: *ret is filled, ret->consumed > 0. YG_EAGAIN: give more data (or the end is reached
 * when @is_end). Memory is never needed beyond YG_EVENT_RECORD_MAX + 1 bytes of @data: at that
 * size a record is returned as long. Cost: each byte is looked at once, whatever the calls.
 */
YG_MUST_USE int yg_frame_next(struct yg_framer *framer, struct yg_bytes data, bool is_end,
			      struct yg_frame *ret);

/*
 * Lines or documents, from the first bytes of an input (up to 64 KiB): documents when the first
 * thing is '[' opening a JSON array, or '{' whose JSON value does not end on its own line; events
 * when it is <Event> or <Events>, also behind an XML declaration.
 */
enum yg_framing yg_frame_recognise(struct yg_bytes start, bool is_end);
