/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/rules.h - rules as understood: the form between the YAML text and the compiled image.
 *
 * Every Sigma construct is reduced to predicates (one field, one comparison, one value) joined by
 * AND, OR and NOT. The reference evaluator (tests/oracle) walks this tree as it stands; the engine
 * compiles it. The meaning of each predicate is defined here and nowhere else.
 *
 * Layer:   detect. No files, no clock: texts are handed in.
 * Source:  Sigma specification 2.1.0 (rules, modifiers, appendix), docs/sigma.md for our reading.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "detect/matcher.h"
#include "model/finding.h"
#include "model/names.h"

/*
 * Meaning. "Value" is the text of one field; a field that occurs several times, or is a list,
 * satisfies a predicate when any of its values does. Unless is_cased, value and pattern are both
 * folded with yg_fold() first. A missing field satisfies none but IS_NULL, a null value none but
 * EXISTS and IS_NULL. Text may be empty: EQUALS then asks for the empty value, STARTS, ENDS and
 * CONTAINS for any value. docs/sigma.md says what counts as a number, an address and a time.
 */
enum yg_pred_op {
	YG_PRED_EQUALS,	  /* value == text */
	YG_PRED_STARTS,	  /* value begins with text */
	YG_PRED_ENDS,	  /* value ends with text */
	YG_PRED_CONTAINS, /* text occurs in value */
	YG_PRED_GLOB,  /* text is a pattern: * any run, ? one character (UTF-8), \ before * ? \ */
	YG_PRED_REGEX, /* text is a regular expression, searched anywhere; is_cased unless |i */
	YG_PRED_CIDR,  /* value is an address inside address/prefix_bits */
	YG_PRED_LT,    /* value is a number and compares so with number */
	YG_PRED_LTE,
	YG_PRED_GT,
	YG_PRED_GTE,
	YG_PRED_EXISTS,	      /* the field is there (null counts as there) */
	YG_PRED_IS_NULL,      /* the field is missing or null */
	YG_PRED_FIELD_EQUALS, /* value == value of other_field (any of them) */
	YG_PRED_FIELD_STARTS,
	YG_PRED_FIELD_ENDS,
	YG_PRED_FIELD_CONTAINS,
	YG_PRED_TIME_PART, /* the time in the field (ISO, or epoch seconds), UTC: part == number */
	YG_PRED_COUNT
};

enum yg_time_part {
	YG_PART_MINUTE,
	YG_PART_HOUR,
	YG_PART_DAY,  /* of the month */
	YG_PART_WEEK, /* ISO 8601 */
	YG_PART_MONTH,
	YG_PART_YEAR,
};

/* field_id of a keyword: any value of the log's own, or its raw text. */
#define YG_PRED_KEYWORD 0u

struct yg_pred {
	uint32_t field_id; /* of the rule set's yg_names, or YG_PRED_KEYWORD */
	uint8_t op;	   /* enum yg_pred_op */
	uint8_t is_cased;
	uint8_t is_multiline; /* REGEX: m */
	uint8_t is_dot_all;   /* REGEX: s */
	uint8_t part;	      /* TIME_PART */
	uint8_t number_op;    /* TIME_PART: YG_PRED_EQUALS, or LT…GTE when combined */
	uint8_t prefix_bits;  /* CIDR: 0..128, IPv4 counted as ::ffff:a.b.c.d */
	uint8_t address[16];  /* CIDR */
	uint32_t other_field; /* FIELD_… */
	double number;	      /* LT … GTE, TIME_PART */
	struct yg_bytes text; /* EQUALS … REGEX; folded already unless is_cased (not for REGEX) */
};

enum yg_expr_op {
	YG_EXPR_FALSE,
	YG_EXPR_TRUE,
	YG_EXPR_PRED, /* pred */
	YG_EXPR_NOT,  /* one child */
	YG_EXPR_AND,
	YG_EXPR_OR,
};

/* Node of a condition: children are exprs[kids[first .. first+count)]. */
struct yg_expr {
	uint8_t op;
	uint32_t pred;	/* PRED: index into preds */
	uint32_t first; /* NOT, AND, OR: index into kids */
	uint32_t count;
};

struct yg_mapping; /* detect/mapping.h */

struct yg_logsource {
	struct yg_bytes product; /* lower case; empty = any */
	struct yg_bytes category;
	struct yg_bytes service;
};

enum yg_correlation_type {
	YG_CORRELATION_NONE, /* an ordinary rule */
	YG_CORRELATION_EVENT_COUNT,
	YG_CORRELATION_VALUE_COUNT,
	YG_CORRELATION_TEMPORAL,
	YG_CORRELATION_TEMPORAL_ORDERED,
	YG_CORRELATION_VALUE_SUM,
	YG_CORRELATION_VALUE_AVG,
	YG_CORRELATION_VALUE_PERCENTILE, /* percentile 0: the share of the record's value, in % */
	YG_CORRELATION_VALUE_MIN,
	YG_CORRELATION_VALUE_MAX,
};

#define YG_GROUP_BY_MAX		 8u
#define YG_VALUE_FIELDS_MAX	 8u
#define YG_CORRELATION_REFS_MAX	 64u
#define YG_CORRELATION_DEPTH_MAX 8u /* correlations of correlations of … */
#define YG_CORRELATION_TERMS_MAX 64u
#define YG_CORRELATION_STEPS_MAX 1024u /* terms × refs of one ordered correlation */
#define YG_FILTER_REFS_MAX	 4096u

/* Bounds of a correlation compare as LT … GTE and EQUALS do, or so. */
#define YG_CORRELATION_NEQ (YG_PRED_COUNT + 1)

struct yg_correlation {
	enum yg_correlation_type type;
	uint32_t refs[YG_CORRELATION_REFS_MAX]; /* indexes of rules, in the order written */
	uint32_t ref_count;
	uint32_t group_by[YG_GROUP_BY_MAX]; /* field ids */
	uint32_t group_by_count;
	int64_t timespan_ns;
	uint32_t value_fields[YG_VALUE_FIELDS_MAX]; /* value_… types; several: value_count only */
	uint32_t value_field_count;
	/*
	 * NULL, or for each ref YG_CORRELATION_ALIAS_ROW field ids: what the names of group_by and
	 * of value_fields mean in its records; 0 = nothing, such a record does not count.
	 */
	const uint32_t *aliases;
	/*
	 * Temporal types: bits of the refs that together are enough, one term or another. None:
	 * the count of refs compares as below (ordered: all of them).
	 */
	const uint64_t *terms;
	uint32_t term_count;
	uint8_t compare; /* YG_PRED_EQUALS, LT … GTE, NEQ; several conditions: see compare2 */
	double threshold;
	uint8_t compare2; /* a second bound (gte and lte together), YG_PRED_COUNT = none */
	double threshold2;
	double percentile;
	bool is_generating; /* the referenced rules give findings of their own too */
};

/* value_percentile without a percentile: how much of the records have the same value. */
static inline bool yg_is_share(const struct yg_correlation *correlation)
{
	return correlation->type == YG_CORRELATION_VALUE_PERCENTILE &&
	       !(correlation->percentile > 0);
}

#define YG_CORRELATION_ALIAS_ROW (YG_GROUP_BY_MAX + YG_VALUE_FIELDS_MAX)

enum yg_rule_state {
	YG_RULE_ACTIVE,
	YG_RULE_INACTIVE, /* loaded and named, but waits for something (a placeholder) */
	YG_RULE_FILTER,	  /* no rule: a filter, which is part of the rules it names */
};

struct yg_rule {
	struct yg_rule_info info;
	struct yg_bytes name; /* Sigma `name`, for references; may be empty */
	struct yg_logsource logsource;
	struct yg_correlation correlation; /* type NONE: expr counts */
	uint32_t expr;			   /* root: index into exprs */
	enum yg_rule_state state;
	struct yg_bytes state_reason; /* why inactive */
	struct yg_bytes file;	      /* as given */
	uint32_t line;		      /* of the document's start */
	bool is_quiet;		      /* feeds correlations only; gives no finding of its own */
	bool is_deprecated;
};

/*
 * A part of a rule as it was written, kept for explaining only (detect/explain.h): the condition
 * that the engine gets is simplified and knows no names any more.
 */
enum yg_piece_kind {
	YG_PIECE_SELECTION,
	YG_PIECE_CONDITION, /* one for each of a list of conditions */
	YG_PIECE_FILTER,    /* expr is that of rule number @filter, laid over this rule */
};

struct yg_piece {
	uint32_t rule; /* index */
	uint32_t expr;
	uint32_t filter;
	enum yg_piece_kind kind;
	struct yg_bytes text; /* name of the selection, text of the condition */
};

struct yg_rules {
	struct yg_arena *arena; /* owns all texts */
	struct yg_names *names; /* owned */
	struct yg_pred *preds;	/* distinct: equal predicates have one index */
	uint32_t pred_count;
	struct yg_expr *exprs;
	uint32_t expr_count;
	uint32_t *kids;
	uint32_t kid_count;
	struct yg_rule *rules;
	uint32_t rule_count;
	uint32_t found;	  /* documents that are rules, correlations or filters */
	uint32_t filters; /* of them filters in use */
	uint32_t inactive;
	uint32_t refused;
	enum yg_matcher matcher; /* who will match; that of this CPU unless set before adding */
	const struct yg_mapping
		*mapping;	 /* borrowed; NULL = the router alone; set before compiling */
	bool keeps_pieces;	 /* set before adding: fill pieces */
	struct yg_piece *pieces; /* of all rules, in the order of reading; then of filters */
	uint32_t piece_count;
	struct yg_rules_priv *priv; /* tables of the loader */
};

#define YG_RULES_MAX	   1000000u
#define YG_RULE_FILE_MAX   (16u << 20) /* bytes of one file */
#define YG_RULE_VALUES_MAX 100000u     /* values of one rule */
#define YG_PIECES_MAX	   (8u << 20)
#define YG_RULE_EXPRS_MAX  400000u /* condition nodes of one rule after expansion */

struct yg_rules *yg_rules_new(void);
struct yg_rules *yg_rules_free(struct yg_rules *rules);

struct yg_rules_opts {
	bool include_deprecated; /* status deprecated and unsupported */
	bool is_own;		 /* the compiled-in pack: x_ keys allowed, kind behaviour */
};

/* Called for each refused (and each inactive) rule: file, line, reason in English. */
typedef void (*yg_rules_report_fn)(void *arg, const char *file, uint32_t line, bool is_refused,
				   const char *reason);

/*
 * Placeholder values: a YAML map name -> scalar or list, used by |expand for %name%. To be given
 * before the rules. YG_OK, YG_EFORMAT, YG_ELIMIT or YG_ENOMEM.
 */
YG_MUST_USE int yg_rules_placeholders(struct yg_rules *rules, const char *file,
				      struct yg_bytes text, char reason[256], uint32_t *ret_line);

/*
 * Add all documents of one file. Refused documents are reported and counted, the others loaded;
 * the result is an error only for YG_ENOMEM. Cost: O(text).
 */
YG_MUST_USE int yg_rules_add(struct yg_rules *rules, const char *file, struct yg_bytes text,
			     const struct yg_rules_opts *opts, yg_rules_report_fn report,
			     void *arg);

/*
 * After the last file: filters and correlations find the rules they name; unknown names are
 * refused now, with the nearest that exists.
 */
YG_MUST_USE int yg_rules_finish(struct yg_rules *rules, yg_rules_report_fn report, void *arg);

/*
 * The rule that people mean by @text: its id or title (any case), its name, or its file (the path
 * as given, or the end of it). UINT32_MAX when there is none, or when a file holds several; then
 * *ret_near is the one whose id, title or file is nearest, or the file's first (UINT32_MAX: none).
 */
uint32_t yg_rules_meant(const struct yg_rules *rules, struct yg_bytes text, uint32_t *ret_near);
