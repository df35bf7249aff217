/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/pattern.h - lines taken apart by a pattern that a person wrote
 * (docs/source-description.md).
 *
 *   {time:time %Y-%m-%d %T} [{:word}] login of {user:text} from {src_ip:address}{? port
 * {src_port:port}?}
 *
 * Nothing is ever tried twice: a piece of open length ends at the first place (with `last`: the
 * last place) where the text behind it stands and the piece after that text fits, and there it
 * stays. So a line costs at most O(pieces × line), and no pattern can cost more; the caller gives a
 * budget of steps as well.
 *
 * Layer:  parse. Patterns and lines are untrusted. A compiled pattern is immutable: any thread.
 * Tests:  tests/unit/parse/test_pattern.c, tests/fuzz/fuzz_description.c
 */
#pragma once

#include "parse/format.h"

#define YG_PATTERN_BYTES_MAX   4096u /* of a pattern as written */
#define YG_PATTERN_PIECES_MAX  96u
#define YG_PATTERN_CHOICES_MAX 16u  /* of one {…:one a|b} */
#define YG_PATTERN_NAME_MAX    64u  /* bytes of a field's name */
#define YG_PATTERN_STOPS_MAX   8u   /* texts that may follow a piece of open length */
#define YG_PATTERN_VALUES_MAX  256u /* of one line; further ones are dropped and counted */

enum yg_pattern_part_kind {
	YG_PART_LITERAL,
	YG_PART_OPTIONAL, /* what follows, up to @skip_to, may be missing */
	YG_PART_ADDRESS,
	YG_PART_PORT,
	YG_PART_NUMBER,
	YG_PART_QUOTED,
	YG_PART_ONE,
	YG_PART_TIME_FORMAT,
	/* from here on: pieces of open length */
	YG_PART_TIME,
	YG_PART_WORD,
	YG_PART_TEXT,
	YG_PART_PAIRS,
	YG_PART_REST,
};

struct yg_pattern_part {
	enum yg_pattern_part_kind kind;
	bool is_last;
	bool may_end; /* open length: nothing has to follow */
	uint16_t skip_to;
	uint8_t choice_count, stop_count;
	struct yg_bytes name;		/* of the field; empty: passed over */
	struct yg_bytes text;		/* literal with blanks made one; time format; separator */
	const struct yg_bytes *choices; /* the longest first */
	uint16_t stops[YG_PATTERN_STOPS_MAX]; /* pieces that may follow */
	size_t at;			      /* where it stands in the pattern as written */
};

struct yg_line_pattern {
	const struct yg_pattern_part *pieces;
	uint32_t count;
	struct yg_bytes text;	/* as written */
	struct yg_bytes anchor; /* bytes that every line of this pattern holds; may be empty */
	uint8_t first[32];	/* bytes, as bits, that a line may begin with; all: nothing known */
};

/*
 * Compile @text into @arena, which owns all of *ret (@text is copied). YG_OK, YG_EFORMAT or
 * YG_ELIMIT with *reterr (pos lies in @text), YG_ENOMEM.
 */
YG_MUST_USE int yg_pattern_compile(struct yg_bytes text, struct yg_arena *arena,
				   const struct yg_line_pattern **ret, struct yg_fault *reterr);

/* The same for a value under a key, where a text alone says what has to stand there. */
YG_MUST_USE int yg_pattern_compile_value(struct yg_bytes text, struct yg_arena *arena,
					 const struct yg_line_pattern **ret,
					 struct yg_fault *reterr);

struct yg_pattern_value {
	struct yg_bytes name;
	struct yg_bytes text;
	bool is_pair; /* from {:pairs}: the name is the log's own */
};

struct yg_pattern_match {
	/* set by the caller */
	const struct yg_zone *zone;
	int64_t reference_ns;
	struct yg_arena *arena; /* for texts that lose their escapes */
	uint64_t steps;		/* bytes that may still be looked at */

	/* the result */
	struct yg_pattern_value values[YG_PATTERN_VALUES_MAX];
	uint32_t count;
	uint32_t dropped;
	int64_t time_ns; /* YG_TIME_NONE without one */
	bool has_zone;
	struct yg_bytes time_text;

	/* where it failed */
	size_t miss_at;	     /* byte of the line */
	uint32_t miss_piece; /* == count of the pattern: the line goes on where it should end */
};

/*
 * Read the whole of @line (blanks at its ends do not count). Adds to @match, whose result fields
 * the caller has cleared by yg_pattern_begin(). YG_OK; YG_EMISMATCH with where it failed; YG_ELIMIT
 * when the steps are used up; YG_ENOMEM.
 */
YG_MUST_USE int yg_pattern_match(const struct yg_line_pattern *pattern, struct yg_bytes line,
				 struct yg_pattern_match *match);
void yg_pattern_begin(struct yg_pattern_match *match);

/* Where @pattern cannot fit because of the first byte or the anchor: a look before matching. */
bool yg_pattern_may_fit(const struct yg_line_pattern *pattern, struct yg_bytes line);

/* What was expected where a match failed, for people (English, static) and, for a text, the text.
 */
const char *yg_pattern_expected(const struct yg_line_pattern *pattern, uint32_t piece,
				struct yg_bytes *ret_text);
