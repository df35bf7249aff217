/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/sources.h - descriptions of sources: logs of devices read without code
 * (docs/source-description.md).
 *
 * A set of descriptions is filled once and is immutable then: any number of threads and parsers
 * share it (struct yg_parse_opts). Descriptions are tried in the order in which they were added,
 * and the lines of one in the order of the file; the first that reads a record wins.
 *
 * Layer:  parse. Description files and lines are untrusted.
 * Limits: below, and those of parse/pattern.h. A record costs at most YG_SOURCES_STEPS_MAX steps
 *         however many descriptions there are, whatever they say.
 * Tests:  tests/unit/parse/test_described.c, tests/fuzz/fuzz_description.c
 */
#pragma once

#include "parse/pattern.h"

#define YG_SOURCES_MAX		  512u
#define YG_SOURCE_LINES_MAX	  64u	       /* of one description */
#define YG_SOURCES_LINES_MAX	  4096u	       /* of all */
#define YG_SOURCE_BYTES_MAX	  (256u << 10) /* of a description file */
#define YG_SOURCE_RECORD_MAX	  (64u << 10)  /* longer records are not tried */
#define YG_SOURCES_STEPS_MAX	  (8u << 20)   /* bytes looked at for one record */
#define YG_SOURCE_COLUMNS_MAX	  128u
#define YG_SOURCE_MEMBERS_MAX	  128u /* keys of one kind of object */
#define YG_SOURCE_SETS_MAX	  32u
#define YG_SOURCE_KEYS_MAX	  128u
#define YG_SOURCE_WORDS_MAX	  128u /* of one table of values */
#define YG_SOURCE_PROGRAMS_MAX	  32u
#define YG_SOURCE_JOIN_KEYS_MAX	  4u
#define YG_SOURCE_JOIN_FIELDS_MAX 8u	 /* that one kind of line keeps or takes */
#define YG_SOURCE_JOIN_WITHIN_MAX 86400u /* seconds */

struct yg_source_pair {
	struct yg_bytes name, text;
};

/* Values written anew: field @from, or @to where it differs, gets @words' text. */
struct yg_source_values {
	struct yg_bytes from, to;
	const struct yg_source_pair *words; /* name: as the log has it */
	uint32_t word_count;
	struct yg_bytes otherwise; /* empty: as the log has it, or nothing where @to is another */
};

/* What becomes of the pair called @name: the value is read by @pattern. */
struct yg_source_key {
	struct yg_bytes name;
	const struct yg_line_pattern *pattern;
};

/* What a JSON object has to hold under @path: a value that @pattern reads. */
struct yg_source_member {
	struct yg_bytes path; /* the keys from the outermost on, divided by dots */
	const struct yg_line_pattern *pattern;
	bool is_optional; /* need not be there, or may be something else */
};

/* One kind of line: a pattern, cells divided by @separator, or an object. */
struct yg_source_line {
	struct yg_bytes name;
	uint32_t at_line; /* of the file */
	const struct yg_line_pattern *pattern;
	uint8_t separator;			    /* of cells; 0: @pattern counts */
	const struct yg_line_pattern *const *cells; /* NULL among them: passed over */
	uint32_t cell_count;
	const struct yg_source_member *members; /* of an object; NULL: it is none */
	uint32_t member_count;
	const struct yg_source_pair *sets;
	uint32_t set_count;
	/* Of a source that joins (parse/join.h): names of fields. */
	const struct yg_bytes *keeps; /* for later lines of the same key */
	uint32_t keep_count;
	const struct yg_bytes *takes; /* from earlier ones */
	uint32_t take_count;
	bool is_end; /* nothing of this key follows */
};

struct yg_source {
	struct yg_bytes file; /* where it came from */
	struct yg_bytes name, title, title_ja, kind;
	bool in_lines, in_syslog; /* whole lines; messages of the system log */
	const struct yg_bytes *programs;
	uint32_t program_count; /* 0: any */
	const struct yg_bytes *needs;
	uint32_t need_count;
	const struct yg_bytes *empties; /* texts that mean nothing */
	uint32_t empty_count;
	const struct yg_source_pair *sets;
	uint32_t set_count;
	const struct yg_source_line *lines;
	uint32_t line_count;
	const struct yg_source_key *keys;
	uint32_t key_count;
	const struct yg_source_values *values;
	uint32_t value_count;
	const struct yg_bytes *join_keys; /* fields that say which lines are one try */
	uint32_t join_key_count;	  /* 0: each line stands for itself */
	uint32_t join_within_s;
	const struct yg_source *next; /* as they are tried */
};

struct yg_sources;

/* NULL without memory. */
struct yg_sources *yg_sources_new(void);
struct yg_sources *yg_sources_free(struct yg_sources *sources);

/*
 * Add the descriptions of @text (YAML, one or more documents), all or none. @file is for messages.
 * YG_OK; YG_EFORMAT, YG_ELIMIT or YG_EDUPLICATE (a name that is there already) with *reterr;
 * YG_ENOMEM. All is copied.
 */
YG_MUST_USE int yg_sources_add(struct yg_sources *sources, struct yg_bytes file,
			       struct yg_bytes text, struct yg_line_fault *reterr);

/* The first; the others by ->next. NULL when there is none. */
const struct yg_source *yg_sources_first(const struct yg_sources *sources);
uint32_t yg_sources_count(const struct yg_sources *sources);

/* Does some description join lines? */
bool yg_sources_join(const struct yg_sources *sources);

/* Does @source know JSON objects? They may stand in a line of the system log, too. */
bool yg_source_has_objects(const struct yg_source *source);

/* ---- for people who write one ---- */

struct yg_source_miss {
	const struct yg_source_line
		*line;	      /* the kind of line that came furthest; NULL: none tried */
	size_t at;	      /* byte of the record */
	const char *expected; /* English; msgid */
	struct yg_bytes text; /* the text that was expected, or empty */
};

/*
 * Read @record (framing "line") by @source alone. Fills @ret as yg_parse does. YG_OK;
 * YG_EMISMATCH with *ret_miss; YG_ELIMIT; YG_ENOMEM. *ret_line: the kind of line that it is.
 */
YG_MUST_USE int yg_source_try(const struct yg_source *source, const struct yg_parse_opts *opts,
			      struct yg_bytes record, struct yg_event *ret,
			      const struct yg_source_line **ret_line,
			      struct yg_source_miss *ret_miss);
