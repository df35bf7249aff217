/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assess/assess.h - posture: what a framework asks, what the firm declares, what is observed.
 *
 * Everything is kept as documents behind access/ (kinds in docs/assessment-file.md); results are
 * computed when asked, never stored. Objects of the API are json_t trees in the shapes of
 * docs/api.md: the command line prints the same ones.
 *
 * Layer:   assess. Reads no files and no clock: what it needs from other folders comes in
 *          through struct yg_assess_ports.
 * Threads: one at a time per access.
 */
#pragma once

#include <jansson.h>

#include "access/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/tr.h"
#include "model/assessment.h"
#include "model/day.h"
#include "model/framework.h"
#include "model/table.h"

#define YG_ASSESS_ID_MAX     64u
#define YG_ASSESS_REASON_MAX 4000u /* bytes of a free text */

/* One query of a framework to be run on the organisation's facts. */
struct yg_assess_query {
	uint32_t node;	   /* index in the framework */
	uint32_t evidence; /* index in the node */
	struct yg_bytes sql;
};

/* Called for each row, in any order of queries; rows of one query in their order. @error: static
 * or borrowed text when the query failed (then @row is NULL). Returns YG_OK to go on. */
typedef int (*yg_assess_row_fn)(void *arg, uint32_t query, const struct yg_check_row *row,
				const char *error);

/* A file that comes with the program. */
struct yg_assess_shipped {
	const char *name; /* "scs-2026-03-27", "contact-list.ja.md" */
	struct yg_bytes bytes;
};

/* What app/ lends from other folders. All pointers must outlive every struct yg_assess. */
struct yg_assess_ports {
	int (*read_framework)(struct yg_bytes text, struct yg_arena *arena,
			      const struct yg_library **ret, struct yg_line_fault *reterr);
	int (*read_table)(struct yg_bytes text, struct yg_arena *arena, struct yg_table *ret,
			  struct yg_line_fault *reterr);
	int (*read_official)(struct yg_bytes file, struct yg_arena *arena, struct yg_official *ret,
			     struct yg_line_fault *reterr);
	/* Bytes of a spreadsheet to UTF-8 (CP932, UTF-16, byte-order mark); *ret in @arena. */
	int (*to_utf8)(struct yg_bytes text, struct yg_arena *arena, struct yg_bytes *ret);
	/* Run queries in the sandbox on the facts of this organisation; @day is today there. NULL:
	 * no facts. YG_OK also when queries fail (each says so); errors are of the sandbox itself.
	 */
	int (*run_queries)(void *facts, struct yg_access *access, int32_t day,
			   const struct yg_assess_query *queries, uint32_t count,
			   yg_assess_row_fn fn, void *arg);
	/* A number that changes whenever the list (view) @table changes; 0: no such list was
	 * brought in. *ret_day is the day the list is of (YG_DAY_NONE: not known). A query runs
	 * when the first of its tables is there, and again when one of them has changed. */
	int (*table_change)(void *facts, struct yg_access *access, struct yg_bytes table,
			    uint64_t *ret, int32_t *ret_day);
	/* One number that changes when any list does: 0 without lists. Cheap: asked on each
	 * request. */
	int (*facts_change)(void *facts, uint64_t *ret);
	void *facts;
	const struct yg_assess_shipped *frameworks;
	size_t framework_count;
	const struct yg_assess_shipped *templates;
	size_t template_count;
	int32_t zone_s; /* of the people: days are counted there */
};

/* An assessment, opened: framework read, documents at hand. */
struct yg_assess;

struct yg_assess_new {
	struct yg_bytes framework; /* name of a shipped one or of a document "library", or a urn */
	struct yg_bytes level;	   /* ref_id; empty: the whole framework */
	struct yg_bytes organisation;
	struct yg_bytes corporate_number; /* 13 digits, or empty */
	struct yg_bytes from;		  /* id of an assessment whose answers move, or empty */
};

/*
 * Create one. *ret_id is its id. @reterr says what is wrong with the framework or the names.
 * YG_OK, YG_ENOENT (no such framework or level), YG_EINVAL, YG_EACCES, or an error of the store.
 */
YG_MUST_USE int yg_assess_create(struct yg_access *access, const struct yg_assess_ports *ports,
				 const struct yg_assess_new *wanted, char ret_id[YG_ASSESS_ID_MAX],
				 struct yg_line_fault *reterr);

/* Keep a library file (user's framework) under its urn. */
YG_MUST_USE int yg_assess_add_framework(struct yg_access *access,
					const struct yg_assess_ports *ports, struct yg_bytes text,
					struct yg_line_fault *reterr);

/* Open by id, or the newest when @id is NULL or empty. YG_ENOENT when there is none. */
YG_MUST_USE int yg_assess_open(struct yg_access *access, const struct yg_assess_ports *ports,
			       const char *id, struct yg_assess **ret);
struct yg_assess *yg_assess_free(struct yg_assess *assess);

const char *yg_assess_id(const struct yg_assess *assess);
const struct yg_library *yg_assess_library(const struct yg_assess *assess);
/* SHA-256 of the framework's file, hex. */
const char *yg_assess_framework_sha256(const struct yg_assess *assess);
/* Index of the level, or YG_NODE_NONE. */
uint32_t yg_assess_level(const struct yg_assess *assess);
/* Is official wording missing that this framework needs? */
bool yg_assess_is_practice(const struct yg_assess *assess);
int32_t yg_assess_today(const struct yg_assess *assess);
struct yg_access *yg_assess_access(const struct yg_assess *assess);

/* ---- what a criterion's state is; filled by yg_assess_evaluate ---- */

#define YG_POINTS_NONE INT32_MIN

struct yg_criterion_state {
	uint32_t node;
	enum yg_answer_state declared;
	enum yg_observed observed;
	bool is_stale;	 /* the answer rests on evidence that has expired or changed */
	bool is_settled; /* a contradiction that the firm has answered: the observation is wrong */
	int32_t points;	 /* of the answer's value; YG_POINTS_NONE */
	uint32_t evidence_live; /* attached and neither expired nor changed */
	uint32_t evidence_all;
	uint32_t checks[5]; /* rows of its queries, by enum yg_check */
	bool is_confirmed;  /* by an expert, its basis unchanged, not expired */
	bool is_returned;
	int32_t review_due; /* first day on which something here becomes stale; YG_DAY_NONE */
};

struct yg_assess_result {
	struct yg_assessment_counts counts;
	enum yg_level_state level;
	const struct yg_criterion_state *criteria; /* of the level, in order; owned by the assess */
	uint32_t count;
	int64_t points;			      /* YG_RULE_SUM: the sum */
	const struct yg_framework_band *band; /* YG_RULE_SUM; NULL: below the lowest */
};

/*
 * Evaluate: declared answers, evidence, observations, the level's rule. Cached until a document
 * or a fact changes or the day turns; only queries whose facts changed run again. @ret is valid
 * until the next call on @assess. Cost: O(criteria + evidence) plus the queries.
 */
YG_MUST_USE int yg_assess_evaluate(struct yg_assess *assess, const struct yg_assess_result **ret);

/* ---- writing ---- */

struct yg_answer_in {
	struct yg_bytes criterion; /* ref_id */
	struct yg_bytes state;	   /* "met" …, or a value of the criterion's answer set */
	struct yg_bytes value;	   /* choice id or number; empty: none */
	struct yg_bytes by;
	struct yg_bytes date; /* day; empty: today */
	struct yg_bytes reason;
	struct yg_bytes note;
	const json_t *evidence; /* array of ids; NULL: keep */
	const json_t *choices;	/* object; NULL: keep */
	uint32_t expected;	/* revision, or YG_REVISION_ANY */
};

/*
 * Set one answer. YG_OK; YG_ENOENT: no such criterion at this level; YG_EINVAL with *reterr: what
 * is wrong (a stable code before the first ':', e.g. "reason-needed: …"); YG_EMISMATCH: changed
 * meanwhile; YG_EACCES.
 */
YG_MUST_USE int yg_assess_answer(struct yg_assess *assess, const struct yg_answer_in *answer,
				 struct yg_line_fault *reterr);

/*
 * A table with id, state, by, date, reason, evidence (ids or titles separated by ;): all rows or
 * none. *ret_count answers set; *ret_made (the caller's) the ids of evidence that was made for a
 * title not there yet. @reterr names the line. Cost: O(rows + evidence).
 */
YG_MUST_USE int yg_assess_answer_table(struct yg_assess *assess, const struct yg_table *table,
				       uint32_t *ret_count, json_t **ret_made,
				       struct yg_line_fault *reterr);

/* Evidence, scope, dispute, confirmation, expert, technical, official result: @in in the shape of
 * docs/api.md, checked; *ret (may be NULL) the object as it now is. @id NULL: a new one. */
YG_MUST_USE int yg_assess_put_evidence(struct yg_assess *assess, const char *id, const json_t *in,
				       uint32_t expected, json_t **ret,
				       struct yg_line_fault *reterr);
YG_MUST_USE int yg_assess_remove_evidence(struct yg_assess *assess, const char *id,
					  uint32_t expected);
/* Say of evidence @id whether its file still has the digest that was kept. */
YG_MUST_USE int yg_assess_mark_changed(struct yg_assess *assess, const char *id, bool is_changed);
/* Keep a file's name, size, digest and (up to YG_API_BODY_MAX) its bytes with evidence @id. */
YG_MUST_USE int yg_assess_attach(struct yg_assess *assess, const char *id, struct yg_bytes name,
				 struct yg_bytes bytes, json_t **ret, struct yg_line_fault *reterr);
/* The bytes attached; *ret heap memory, free(). */
YG_MUST_USE int yg_assess_attached(struct yg_assess *assess, const char *id, uint8_t **ret,
				   size_t *ret_size);
YG_MUST_USE int yg_assess_put_scope(struct yg_assess *assess, const json_t *in, uint32_t expected,
				    json_t **ret, struct yg_line_fault *reterr);
YG_MUST_USE int yg_assess_put_dispute(struct yg_assess *assess, struct yg_bytes criterion,
				      const json_t *in, uint32_t expected,
				      struct yg_line_fault *reterr);
YG_MUST_USE int yg_assess_put_confirmation(struct yg_assess *assess, struct yg_bytes criterion,
					   const json_t *in, uint32_t expected,
					   struct yg_line_fault *reterr);
YG_MUST_USE int yg_assess_put_expert(struct yg_assess *assess, const char *id, const json_t *in,
				     uint32_t expected, json_t **ret, struct yg_line_fault *reterr);
YG_MUST_USE int yg_assess_put_technical(struct yg_assess *assess, const char *id, const json_t *in,
					uint32_t expected, json_t **ret,
					struct yg_line_fault *reterr);
YG_MUST_USE int yg_assess_put_official_result(struct yg_assess *assess, const char *id,
					      const json_t *in, uint32_t expected, json_t **ret,
					      struct yg_line_fault *reterr);
/* Change level or organisation. */
YG_MUST_USE int yg_assess_put_head(struct yg_assess *assess, const json_t *in, uint32_t expected,
				   struct yg_line_fault *reterr);

/*
 * Take official wording from a publisher's file. *ret is the answer object of docs/api.md. Ids
 * missing are no error: practice mode stays on and they are named.
 */
YG_MUST_USE int yg_assess_import_official(struct yg_assess *assess, struct yg_bytes name,
					  struct yg_bytes file, json_t **ret,
					  struct yg_line_fault *reterr);

/* ---- reading: trees in the shapes of docs/api.md; *ret owned by the caller ---- */

YG_MUST_USE int yg_assess_json_head(struct yg_assess *assess, enum yg_lang lang, json_t **ret);
/* Array of lines, of the level asked. */
YG_MUST_USE int yg_assess_json_lines(struct yg_assess *assess, enum yg_lang lang, json_t **ret);
/* Array of groups. */
YG_MUST_USE int yg_assess_json_groups(struct yg_assess *assess, enum yg_lang lang, json_t **ret);
/* YG_ENOENT when there is no such criterion at this level. */
YG_MUST_USE int yg_assess_json_criterion(struct yg_assess *assess, struct yg_bytes criterion,
					 enum yg_lang lang, json_t **ret);
YG_MUST_USE int yg_assess_json_next(struct yg_assess *assess, enum yg_lang lang, uint32_t limit,
				    json_t **ret);
YG_MUST_USE int yg_assess_json_contradictions(struct yg_assess *assess, enum yg_lang lang,
					      json_t **ret);
YG_MUST_USE int yg_assess_json_scope(struct yg_assess *assess, json_t **ret);
YG_MUST_USE int yg_assess_json_history(struct yg_assess *assess, uint64_t after, uint32_t limit,
				       json_t **ret);
/* Array of all documents of a simple kind: "evidence", "expert", "technical", "official_result". */
YG_MUST_USE int yg_assess_json_items(struct yg_assess *assess, const char *kind, json_t **ret);
/* Array of heads of all assessments in the store. */
YG_MUST_USE int yg_assess_json_all(struct yg_access *access, const struct yg_assess_ports *ports,
				   enum yg_lang lang, json_t **ret);
YG_MUST_USE int yg_assess_json_frameworks(struct yg_access *access,
					  const struct yg_assess_ports *ports, enum yg_lang lang,
					  json_t **ret);

/* ---- exchange with an expert's desk (docs/assessment-file.md) ---- */

/* Canonical JSON of all documents of this assessment that @audience may have. */
YG_MUST_USE int yg_assess_export(struct yg_assess *assess, enum yg_audience audience,
				 struct yg_buf *to);
/*
 * Into an empty store: the assessment as exported. Into the store it came from: confirmations,
 * returned criteria and technical results of the expert, where their basis is still the same; the
 * others are listed. *ret: {"assessment","confirmations":N,"conflicts":[…]}.
 */
YG_MUST_USE int yg_assess_import(struct yg_access *access, const struct yg_assess_ports *ports,
				 struct yg_bytes file, json_t **ret, struct yg_line_fault *reterr);
