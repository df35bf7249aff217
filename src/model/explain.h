/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/explain.h - why a rule fits a record or not: made by detect/explain.c, read by render/.
 *
 * An explanation is a list of lines in the order of reading; depth says what belongs to what.
 * Texts are borrowed from the rules and from the arena that the explanation was made in.
 */
#pragma once

#include "base/bytes.h"
#include "model/finding.h"

#define YG_EXPLAIN_LINES_MAX 512u  /* of one record; the rest is counted */
#define YG_EXPLAIN_TEXT_MAX  1024u /* bytes of a value or of what was wanted */
#define YG_EXPLAIN_FAR	     UINT32_MAX

enum yg_explain_kind {
	YG_EXPLAIN_CONDITION, /* text: as written */
	YG_EXPLAIN_SELECTION, /* text: its name */
	YG_EXPLAIN_FILTER,    /* text: the filter's title */
	YG_EXPLAIN_ALL,	      /* what follows one step deeper must all hold */
	YG_EXPLAIN_ANY,	      /* one of it is enough */
	YG_EXPLAIN_NOT,	      /* it must not hold */
	YG_EXPLAIN_TEST,      /* one comparison */
	YG_EXPLAIN_MORE,      /* @count further lines are left out; is_true means nothing */
};

enum yg_explain_seen {
	YG_EXPLAIN_MISSING, /* the record has no such field */
	YG_EXPLAIN_NULL,
	YG_EXPLAIN_VALUE,
};

struct yg_explain_line {
	enum yg_explain_kind kind;
	bool is_true;
	uint16_t depth;
	uint32_t count; /* ALL, ANY: parts; MORE: lines; TEST: values the field has */
	struct yg_bytes text;

	/* TEST only. */
	struct yg_bytes field;	/* empty: a keyword, looked for in all values and the raw text */
	const char *op;		/* the Sigma modifier: "contains", "re", …; "" = equals */
	struct yg_bytes wanted; /* as compared: folded unless cased */
	struct yg_bytes value;	/* as compared: the one that fits, else the first */
	struct yg_bytes value_field; /* keywords: where it was found; empty = the raw text */
	enum yg_explain_seen seen;
	bool is_cased;
	bool is_cut; /* value or wanted is longer than shown */
};

struct yg_explanation {
	const struct yg_explain_line *lines;
	uint32_t line_count;
	bool is_match;
	uint32_t missing; /* least comparisons that would have to come out otherwise for a match */
};

/* The record that was looked at. */
struct yg_explain_place {
	struct yg_bytes source;
	uint64_t position;
	int64_t time_ns;
};

/* A kind of record: what routing looks at. */
struct yg_record_kind {
	const char *format; /* name */
	struct yg_bytes channel;
	uint32_t event_code; /* 0 = none, or any */
	uint64_t records;
};

/* A correlation's group, and how near it came. */
struct yg_explain_group {
	struct yg_bytes group_json;
	uint64_t records;     /* that counted */
	uint64_t completions; /* findings */
	double best;	/* nearest to the condition: count, value, refs in the window, steps */
	double missing; /* from there to the condition; 0 = it was fulfilled */
	uint64_t best_position;
	int64_t best_ns;
	int64_t first_ns;  /* of the window that was nearest; YG_TIME_NONE = unknown */
	uint64_t refs_met; /* bits of the correlation's rules that counted in this group */
};
