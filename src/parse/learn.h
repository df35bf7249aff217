/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/learn.h - a description made from sample lines and what a person pointed at in one of them.
 *
 * The line that was pointed at is cut into words and marks. The places of the fields become pieces;
 * a time is found by itself; of the rest, what all lines like it share stays text, what differs
 * becomes a piece that is passed over.
 *
 * Layer:  parse. Lines are untrusted. Pure.
 * Limits: YG_LEARN_LINES_MAX lines of YG_LEARN_LINE_MAX bytes, YG_LEARN_TOKENS_MAX words and marks
 *         in one; comparing two lines costs O(tokens²).
 * Tests:  tests/unit/parse/test_learn.c
 */
#pragma once

#include "base/buf.h"
#include "parse/sources.h"

#define YG_LEARN_LINES_MAX  1000u
#define YG_LEARN_LINE_MAX   (16u << 10)
#define YG_LEARN_TOKENS_MAX 1024u
#define YG_LEARN_FIELDS_MAX 32u

struct yg_learn_field {
	struct yg_bytes name, value; /* the value as it stands in the line */
};

struct yg_learn {
	const struct yg_bytes *lines;
	uint32_t line_count;
	uint32_t pointed; /* index of the line that the fields point at */
	const struct yg_learn_field *fields;
	uint32_t field_count;
	bool is_first;		    /* names of people end at the first place, not the last
				       (docs/source-description.md) */
	const struct yg_zone *zone; /* for trying times; may be NULL */
	int64_t reference_ns;
	/* of objects */
	const struct yg_names *names;
	bool has_time; /* the time of the record is found by itself */
};

/*
 * The pattern, in the words of parse/pattern.h, added to @to. YG_OK; YG_EFORMAT (a value that does
 * not stand in the line: *ret_field is its index, else UINT32_MAX) or YG_ELIMIT with *reterr;
 * YG_ENOMEM.
 */
YG_MUST_USE int yg_learn_pattern(const struct yg_learn *learn, struct yg_arena *arena,
				 struct yg_buf *to, uint32_t *ret_field, struct yg_fault *reterr);

/*
 * The same where the line that was pointed at is a JSON object: what its keys hold, as the lines
 * "path: pattern" of an "object" in a description. Whole values before parts of them are taken for
 * what was pointed at; where it is a part, yg_learn_pattern() learns from the texts of that key in
 * all objects. Values that say what kind of event it is, or how it ended, stay as they are; of keys
 * that all objects have, some must be there. YG_EMISMATCH: it is no object; else as above.
 * Cost: O(objects × keys²).
 */
YG_MUST_USE int yg_learn_object(const struct yg_learn *learn, struct yg_arena *arena,
				struct yg_buf *to, uint32_t *ret_field, struct yg_fault *reterr);

/*
 * The time that a line holds near its beginning: where, how long and in which form (static; empty:
 * one that "{:time}" reads). False: none was found.
 */
bool yg_learn_time(struct yg_bytes line, const struct yg_zone *zone, int64_t reference_ns,
		   size_t *ret_at, size_t *ret_size, struct yg_bytes *ret_format);

/* Add @text as a YAML text in single quotes. */
void yg_learn_quote(struct yg_buf *to, struct yg_bytes text);
