/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/format.h - from the bytes of one record to an event, for every format we read.
 *
 * Layer:   parse. May include base/, model/ (src/LAYERS).
 * Input:   untrusted bytes, one record (parse/frame.h cuts them), UTF-8 already (source/ converts),
 *          at most YG_EVENT_RECORD_MAX.
 * State:   a parser holds buffers only, nothing of earlier records: the same record gives the
 *          same event in any thread and any order. No clock, no files.
 * Tests:   tests/unit/parse/, tests/fuzz/fuzz_parse_*.c
 */
#pragma once

#include "base/err.h"
#include "base/zone.h"
#include "model/event.h"
#include "parse/log_format.h"

struct yg_sources;

struct yg_parse_opts {
	const struct yg_zone *zone; /* for times without a zone; borrowed */
	int64_t reference_ns; /* times without a year: the latest year not after this + 1 day */
	const struct yg_log_format *log_format; /* from --log-format, or NULL; borrowed */
	const struct yg_sources *sources; /* descriptions (parse/sources.h), or NULL; borrowed */
};

/* Which kind of line of which description read a record; NULL: none did. */
struct yg_source;
struct yg_source_line;
struct yg_described_by {
	const struct yg_source *source;
	const struct yg_source_line *line;
};

struct yg_parser;

/* One per thread and input. @opts is copied, what it points to is borrowed. NULL = no memory. */
struct yg_parser *yg_parser_new(const struct yg_parse_opts *opts, const struct yg_names *names);
struct yg_parser *yg_parser_free(struct yg_parser *parser);

/*
 * The head lines that hold for the records to come (parse/columns.h), all in one text; empty: none.
 * Copied. Giving the same again costs a comparison. YG_OK or YG_ENOMEM. Events parsed before are
 * no longer valid.
 */
YG_MUST_USE int yg_parser_set_head(struct yg_parser *parser, struct yg_bytes head);

/*
 * Parse one record as @format (not YG_FORMAT_UNKNOWN).
 *
 * @record   borrowed until @arena is reset; YG_PARSE_PADDING readable bytes must follow it
 * @arena    owns what the event needs besides the record
 * @ret      filled on success: fields, format (may be a more exact one than asked: a syslog
 *           line that carries a FortiGate message becomes YG_FORMAT_FORTIGATE), time, channel,
 *           event_code, raw = @record. position and source are left to the caller, except for
 *           YG_FORMAT_RECORD, which has them written inside.
 * @reterr   filled on failure; pos lies inside @record
 *
 * Returns YG_OK, YG_EMISMATCH (not this format at all), YG_EFORMAT (this format, but damaged),
 * YG_ELIMIT or YG_ENOMEM. Cost: O(record.size). YG_EFORMAT with ret->format YG_FORMAT_UNKNOWN: a
 * record that was kept although no reader understood it (docs/archive.md); source, position and raw
 * are filled as far as they are there.
 */
YG_MUST_USE int yg_parse(struct yg_parser *parser, enum yg_format format, struct yg_bytes record,
			 struct yg_arena *arena, struct yg_event *ret, struct yg_fault *reterr);

/* The description that read the record parsed last, for who joins lines (parse/join.h). */
struct yg_described_by yg_parser_described_by(const struct yg_parser *parser);

#define YG_PARSE_PADDING 64u /* what the JSON reader reads past the end, never using it */

/*
 * Parse one record without knowing its format: @first is tried, then all others in a fixed
 * order. Returns as yg_parse. When none takes it: YG_EFORMAT with the fault of the first that
 * knew its own but found it damaged, else YG_EMISMATCH with that of @first.
 */
YG_MUST_USE int yg_parse_any(struct yg_parser *parser, enum yg_format first, struct yg_bytes record,
			     struct yg_arena *arena, struct yg_event *ret, struct yg_fault *reterr);

/*
 * Which format the records at the start of an input have: the one that parses most of the
 * @count records (>= 1, at most 64 are looked at); ties go to the more specific format.
 * YG_FORMAT_UNKNOWN when none parses any of them. @arena is scratch and is reset.
 */
enum yg_format yg_parse_recognise(struct yg_parser *parser, const struct yg_bytes *records,
				  size_t count, struct yg_arena *arena);
