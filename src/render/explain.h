/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/explain.h - explanations of rules (model/explain.h) for people and as JSON lines
 * (docs/tuning.md). Each function adds to a buffer. Thread-safe.
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"
#include "model/explain.h"

/* The rule that is explained. */
struct yg_explain_rule {
	const struct yg_rule_info *info;
	struct yg_bytes file;
	uint32_t line;
	struct yg_bytes product, category, service; /* empty = any */
	const struct yg_record_kind *wanted;	    /* kinds of records its logsource stands for */
	size_t wanted_count;
	bool is_open_only; /* none but records that say no channel */

	/* Correlations only. */
	const char *type; /* as Sigma calls it; NULL = an ordinary rule */
	struct yg_bytes condition;
	struct yg_bytes group_by; /* names with commas between */
	int64_t timespan_ns;
	const struct yg_explain_ref *refs;
	size_t ref_count;
};

/* A rule that a correlation names. */
struct yg_explain_ref {
	const struct yg_rule_info *info;
	uint64_t hits;	  /* records it fits; counted for ordinary rules only */
	uint64_t counted; /* of them with all fields that the correlation asks for */
	bool is_correlation;
};

struct yg_explain_sum {
	uint64_t records; /* read */
	uint64_t admitted;
	uint64_t matched;
	uint64_t groups;		    /* correlations: of all */
	uint64_t others;		    /* groups beyond what is remembered */
	const struct yg_record_kind *kinds; /* of the input, most first */
	size_t kind_count;
};

struct yg_explain_opts {
	enum yg_lang lang;
	unsigned columns;
	bool is_coloured;
	int32_t zone_s;
};

void yg_explain_rule_text(struct yg_buf *to, const struct yg_explain_rule *rule,
			  const struct yg_explain_opts *opts);
void yg_explain_record_text(struct yg_buf *to, const struct yg_explain_place *place,
			    const struct yg_explanation *said, const struct yg_explain_opts *opts);
void yg_explain_group_text(struct yg_buf *to, const struct yg_explain_rule *rule,
			   const struct yg_explain_group *group,
			   const struct yg_explain_opts *opts);
/* A heading before records or groups, translated already. */
void yg_explain_heading(struct yg_buf *to, const char *words, const struct yg_explain_opts *opts);
void yg_explain_sum_text(struct yg_buf *to, const struct yg_explain_rule *rule,
			 const struct yg_explain_sum *sum, const struct yg_explain_opts *opts);

/* The same as one JSON object a line, with "explain": "rule", "record", "group", "summary". */
void yg_explain_rule_json(struct yg_buf *to, const struct yg_explain_rule *rule, enum yg_lang lang);
void yg_explain_record_json(struct yg_buf *to, const struct yg_explain_place *place,
			    const struct yg_explanation *said);
void yg_explain_group_json(struct yg_buf *to, const struct yg_explain_rule *rule,
			   const struct yg_explain_group *group);
void yg_explain_sum_json(struct yg_buf *to, const struct yg_explain_rule *rule,
			 const struct yg_explain_sum *sum);
