/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/framework.h - what an assessment asks: a framework as it stands in a library file.
 *
 * Read by parse/framework.h from CISO Assistant library YAML with our x_ keys
 * (docs/framework-format.md). All of it lives in one arena and is immutable afterwards; texts
 * are borrowed from that arena. Any thread.
 */
#pragma once

#include "base/bytes.h"
#include "base/tr.h"

#define YG_FRAMEWORK_LEVELS_MAX 32u
#define YG_FRAMEWORK_NODES_MAX	20000u
#define YG_NODE_NONE		UINT32_MAX

/* One text in the two languages; either may be empty. */
struct yg_text2 {
	struct yg_bytes ja;
	struct yg_bytes en;
};

/* The text in @lang, else the other one, else empty. */
static inline struct yg_bytes yg_text2(const struct yg_text2 *text, enum yg_lang lang)
{
	const struct yg_bytes *wanted = lang == YG_LANG_JA ? &text->ja : &text->en;

	return wanted->size ? *wanted : lang == YG_LANG_JA ? text->en : text->ja;
}

struct yg_text_list {
	const struct yg_bytes *items;
	uint32_t count;
};

/* A calendar span such as P1Y, P6M, P14D (ISO 8601 without times). All 0: no limit. */
struct yg_period {
	uint16_t years;
	uint16_t months;
	uint16_t days;
};

/* A level inside the framework (CISO Assistant: implementation group). */
struct yg_framework_level {
	struct yg_bytes ref_id; /* "star3" */
	struct yg_text2 name;
	struct yg_text2 description;
};

/* One step of a maturity scale (scores_definition). */
struct yg_framework_step {
	int32_t score;
	struct yg_text2 name;
	struct yg_text2 description;
};

/* One answer to choose, of a question or of a named answer set (x_answers). */
struct yg_framework_choice {
	struct yg_bytes id;   /* choice: its urn; answer set: its value */
	struct yg_text2 name; /* what is shown */
	bool has_points;
	int32_t points; /* add_score, or x_answers points; may be negative */
	struct yg_bytes
		gives; /* "met", "partly", "not_met", "na", "open", or empty: says nothing */
};

struct yg_framework_answers {
	struct yg_bytes ref_id; /* "yes-partly-no-na" */
	const struct yg_framework_choice *choices;
	uint32_t choice_count;
};

enum yg_question_kind {
	YG_QUESTION_ONE,  /* unique_choice, also "boolean" */
	YG_QUESTION_MANY, /* multiple_choice */
	YG_QUESTION_TEXT,
	YG_QUESTION_DATE,
	YG_QUESTION_NUMBER,
};

struct yg_framework_question {
	struct yg_bytes urn;
	enum yg_question_kind kind;
	struct yg_text2 text;
	const struct yg_framework_choice *choices;
	uint32_t choice_count;
	uint32_t depends_on; /* index of a question of the same node, or YG_NODE_NONE */
	struct yg_text_list depends_answers; /* choice urns */
	bool depends_on_all;		     /* all of them, else any */
};

enum yg_evidence_kind {
	YG_EVIDENCE_QUERY,     /* SQL on the inventory facts */
	YG_EVIDENCE_RECORD,    /* a dated document of the firm */
	YG_EVIDENCE_EXCHANGE,  /* an answer of another organisation */
	YG_EVIDENCE_IMPORT,    /* a list or result brought in with date and source */
	YG_EVIDENCE_SERVICE,   /* a service that runs */
	YG_EVIDENCE_STATEMENT, /* a signed statement of another */
};
#define YG_EVIDENCE_KIND_COUNT 6u

enum yg_evidence_strength {
	YG_STRENGTH_PROVES,
	YG_STRENGTH_SUPPORTS,
	YG_STRENGTH_REFUTES, /* can only contradict: "refutes-only" in files */
};

/* What counts as evidence of a criterion (x_evidence). */
struct yg_framework_evidence {
	struct yg_bytes id; /* unique within its node */
	enum yg_evidence_kind kind;
	enum yg_evidence_strength strength;
	struct yg_text2 name;
	struct yg_bytes sql;	    /* query only: rows (resource, status, reason) */
	struct yg_text_list tables; /* query only: the views it reads, for re-evaluation */
	struct yg_period max_age;
	uint32_t line;
};

/* Our plain words (x_help). */
struct yg_framework_help {
	struct yg_text2 asked;
	struct yg_text2 why;
	struct yg_text2 cheap;
	struct yg_text2 example;
	struct yg_text2 proof;
	struct yg_text2 looks_at;
	uint8_t effect;		       /* 1..3; 0 = not said */
	uint8_t effort;		       /* 1..3 */
	struct yg_text_list closed_by; /* tool, template:NAME, service, decision */
};

/* A column of references to another standard (x_source of a node). */
struct yg_framework_ref {
	struct yg_bytes column; /* "iso27001_2022" */
	struct yg_text_list items;
};

struct yg_framework_node {
	struct yg_bytes urn;
	struct yg_bytes ref_id; /* "4-4-4-2"; the urn's last part when the file gives none */
	struct yg_text2 name;
	struct yg_text2 description; /* official wording where the file carries it */
	struct yg_text2 annotation;
	uint32_t parent; /* index, or YG_NODE_NONE; always lower than its own */
	uint16_t depth;	 /* from 1 */
	bool is_assessable;
	uint32_t levels;			    /* bit i: belongs to level i; 0: to all */
	const struct yg_framework_answers *answers; /* NULL: the usual met, partly, not_met, na */
	const struct yg_framework_question *questions;
	uint32_t question_count;
	const struct yg_framework_evidence *evidence;
	uint32_t evidence_count;
	const struct yg_framework_help *help; /* may be NULL */
	const struct yg_framework_ref *refs;
	uint32_t ref_count;
	struct yg_text_list typical; /* reference_controls: names only */
	uint32_t line;
};

enum yg_rule_kind {
	YG_RULE_ALL_MET, /* every criterion of the level met (or accepted as not applicable) */
	YG_RULE_SUM,	 /* points added up, bands by least sum */
	YG_RULE_MEAN_MATURITY,	/* mean of scores per section against a target */
	YG_RULE_LEVEL_PER_TASK, /* each task: level reached against target, the gaps listed */
	YG_RULE_NONE,
};

enum yg_na_policy {
	YG_NA_NEEDS_REASON, /* counts as met when a reason is given */
	YG_NA_REFUSED,	    /* does not count */
};

enum yg_review_kind {
	YG_REVIEW_NONE,
	YG_REVIEW_EXPERT,      /* security specialist */
	YG_REVIEW_THIRD_PARTY, /* evaluation body */
};

struct yg_framework_band {
	int32_t least; /* sum from which it holds */
	struct yg_text2 name;
};

/* How a level is reached (x_rules). */
struct yg_framework_rule {
	uint32_t level; /* index of the level, or YG_NODE_NONE for the whole framework */
	enum yg_rule_kind kind;
	enum yg_na_policy na;
	enum yg_review_kind review;
	struct yg_period valid; /* of the official result; all 0: not known */
	int32_t target_milli;	/* sum: least sum × 1000; maturity, task: target score × 1000 */
	uint16_t section_depth; /* mean-maturity: depth of the nodes that are sections */
	const struct yg_framework_band *bands; /* sum: from the highest down */
	uint32_t band_count;
	uint32_t line;
};

enum yg_wording {
	YG_WORDING_COMPLETE, /* the file carries all there is to read */
	YG_WORDING_IMPORT,   /* official wording must be brought in; practice mode until then */
};

struct yg_framework_source {
	struct yg_bytes url;	/* the publisher's page */
	struct yg_bytes file;	/* the official file's address */
	struct yg_bytes sha256; /* of the official file, lower-case hex; empty: not known */
	struct yg_bytes licence;
	struct yg_bytes date;
	struct yg_text2 note;
	enum yg_wording wording;
};

struct yg_framework {
	struct yg_bytes urn;
	struct yg_bytes ref_id; /* lower-cased it is the name for --framework */
	struct yg_text2 name;
	struct yg_text2 description;
	const struct yg_framework_level *levels;
	uint32_t level_count;
	const struct yg_framework_step *steps; /* maturity scale; ascending */
	uint32_t step_count;
	int32_t score_min;
	int32_t score_max;
	const struct yg_framework_answers *answers;
	uint32_t answers_count;
	const struct yg_framework_rule *rules;
	uint32_t rule_count;
	const struct yg_framework_node *nodes; /* in order of the file: parents before children */
	uint32_t node_count;
};

enum yg_mapping_kind {
	YG_MAPPING_EQUAL,
	YG_MAPPING_SUBSET,
	YG_MAPPING_SUPERSET,
	YG_MAPPING_INTERSECT,
	YG_MAPPING_NOT_RELATED,
};

struct yg_mapping {
	struct yg_bytes from_urn;
	struct yg_bytes to_urn;
	enum yg_mapping_kind kind;
	uint32_t line;
};

struct yg_mapping_set {
	struct yg_bytes urn;
	struct yg_text2 name;
	struct yg_bytes from_framework;
	struct yg_bytes to_framework;
	const struct yg_mapping *rows;
	uint32_t row_count;
};

/* One file. */
struct yg_library {
	struct yg_bytes urn;
	struct yg_bytes locale;
	struct yg_bytes ref_id;
	struct yg_text2 name;
	struct yg_text2 description;
	struct yg_bytes copyright;
	struct yg_bytes version;
	struct yg_bytes publication_date;
	struct yg_bytes provider;
	struct yg_bytes packager;
	struct yg_framework_source source;
	const struct yg_framework *framework; /* NULL: the file has none */
	const struct yg_mapping_set *mapping_sets;
	uint32_t mapping_set_count;
};

/* The node with @ref_id, or YG_NODE_NONE. Cost: O(nodes). */
uint32_t yg_framework_node(const struct yg_framework *framework, struct yg_bytes ref_id);

/* The level named @ref_id, or YG_NODE_NONE. */
uint32_t yg_framework_level(const struct yg_framework *framework, struct yg_bytes ref_id);
/* Is @node asked at @level (an index, or YG_NODE_NONE for all)? */
static inline bool yg_framework_asks(const struct yg_framework_node *node, uint32_t level)
{
	return level == YG_NODE_NONE || node->levels == 0 || (node->levels >> level & 1) != 0;
}

/* The rule of @level, else that of the whole framework, else NULL. */
const struct yg_framework_rule *yg_framework_rule(const struct yg_framework *framework,
						  uint32_t level);

/* Names as in files ("query"). By name: False when there is none such. */
const char *yg_evidence_kind_name(enum yg_evidence_kind kind);
bool yg_evidence_kind_by_name(struct yg_bytes name, enum yg_evidence_kind *ret);

/* "P1Y"; False when @text is no such span or larger than 100 years. */
bool yg_period_read(struct yg_bytes text, struct yg_period *ret);
static inline bool yg_period_is_none(struct yg_period p)
{
	return p.years == 0 && p.months == 0 && p.days == 0;
}
