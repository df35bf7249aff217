/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/rules-int.h - what the parts of the Sigma loader share. Private to src/detect.
 *
 * Reading order: rules.c (files, documents, counts), sigma_rule.c (metadata), sigma_detection.c
 * (selections), sigma_modifier.c (one field|modifier: value), sigma_condition.c, preds.c.
 *
 * Conventions: a function that refuses calls yg_load_fail() and returns its YG_EFORMAT; anything
 * else negative (YG_ENOMEM) ends the whole load. Texts that outlive the file are copied into
 * rules->arena, temporaries lie in load->arena, which is reset after each file.
 */
#pragma once

#include "base/buf.h"
#include "base/nearest.h"
#include "detect/patterns.h"
#include "detect/rules.h"
#include "parse/yaml.h"

#define YG_LOAD_REASON_MAX  400u /* bytes of a reason, NUL included */
#define YG_LOAD_ARENA_MAX   (512u << 20)
#define YG_RULES_ARENA_MAX  (1024u << 20)
#define YG_PREDS_MAX	    (16u << 20)
#define YG_VALUE_BYTES_MAX  65536u /* one value, after encoding */
#define YG_VALUE_FORMS_MAX  4096u  /* what one value may expand to (windash, placeholders) */
#define YG_CONDITION_MAX    16384u /* bytes of one condition */
#define YG_SELECTIONS_MAX   4096u
#define YG_PLACEHOLDERS_MAX 10000u
#define YG_TAGS_MAX	    256u
#define YG_ALIASES_MAX	    1024u /* lines of one correlation */

/* Work on one document. */
struct yg_load {
	struct yg_rules *rules;
	struct yg_arena *arena; /* of the file */
	const struct yg_rules_opts *opts;
	const char *file;
	yg_rules_report_fn report;
	void *arg;
	uint32_t values;	   /* of this rule, after expansion */
	uint32_t kid_start;	   /* rules->kid_count when the rule began */
	struct yg_bytes waits_for; /* a placeholder without value; empty = none */
	struct yg_bytes lacks; /* what the matcher cannot do with an expression; empty = nothing */
	uint32_t line;	       /* of the failure */
	char reason[YG_LOAD_REASON_MAX];
};

/* Note why the document is refused. Returns YG_EFORMAT. */
__attribute__((format(printf, 3, 4))) int yg_load_fail(struct yg_load *load, uint32_t line,
						       const char *format, ...);

/* Count and report the document at work as refused for the reason noted; @rule as inactive. */
void yg_load_refuse(struct yg_load *load);
void yg_load_report_inactive(const struct yg_load *load, const struct yg_rule *rule);

/* For "%s" in a reason: @b as readable text, cut at 80 bytes, in load->arena. Never NULL. */
const char *yg_load_show(struct yg_load *load, struct yg_bytes b);

/* ---- preds.c: predicates and condition nodes, distinct ones only ---- */

#define YG_EXPR_NEVER  0u /* exprs[0] is FALSE, exprs[1] is TRUE */
#define YG_EXPR_ALWAYS 1u

struct yg_rules_mark {
	uint32_t preds;
	uint32_t exprs;
	uint32_t kids;
};
struct yg_rules_mark yg_rules_mark(const struct yg_rules *rules);
/* Forget all predicates and nodes made after @mark (a refused rule). */
void yg_rules_rollback(struct yg_rules *rules, struct yg_rules_mark mark);

/* Node for @pred; pred->text is copied when the predicate is new. YG_OK, ENOMEM or ELIMIT. */
YG_MUST_USE int yg_rules_pred(struct yg_rules *rules, const struct yg_pred *pred,
			      uint32_t *ret_expr);

/*
 * AND or OR over @count nodes (none: TRUE resp. FALSE), simplified: nested nodes of the same kind
 * are lifted, constants and repeated children vanish. YG_OK, YG_ENOMEM, or YG_ELIMIT when the rule
 * has more than YG_RULE_EXPRS_MAX nodes (counted from load->kid_start).
 */
YG_MUST_USE int yg_rules_join(struct yg_load *load, enum yg_expr_op op, const uint32_t *children,
			      uint32_t count, uint32_t *ret_expr);
YG_MUST_USE int yg_rules_not(struct yg_rules *rules, uint32_t child, uint32_t *ret_expr);

/* Keep a piece of rule number @rule where that is asked for. YG_OK, YG_ENOMEM or YG_ELIMIT. */
YG_MUST_USE int yg_rules_piece(struct yg_rules *rules, const struct yg_piece *piece);

/* ---- the parts of a document ---- */

/* Fill @rule from the metadata of @doc: all but the detection. */
YG_MUST_USE int yg_sigma_metadata(struct yg_load *load, const struct yg_yaml *doc,
				  struct yg_rule *rule);
/* *ret_expr: what the detection section asks of an event. */
YG_MUST_USE int yg_sigma_detection(struct yg_load *load, const struct yg_yaml *detection,
				   uint32_t *ret_expr);
/* One `field|modifiers: value` (@node->key names it) or, with @node->key empty, a keyword. */
YG_MUST_USE int yg_sigma_item(struct yg_load *load, const struct yg_yaml *node, uint32_t *ret_expr);

struct yg_selection {
	struct yg_bytes name;
	uint32_t expr;
};
YG_MUST_USE int yg_sigma_condition(struct yg_load *load, struct yg_bytes text, uint32_t line,
				   const struct yg_selection *selections, uint32_t count,
				   uint32_t *ret_expr);

/* An alias: which field a name means in the records of one rule. */
struct yg_alias {
	uint32_t name;	      /* id of the alias */
	struct yg_bytes rule; /* name or id as written, in rules->arena */
	uint32_t field;
	uint32_t line;
};

/* What a correlation names before the last file is read. */
struct yg_correlation_refs {
	uint32_t rule; /* index of the correlation */
	uint32_t line; /* of `rules` */
	struct yg_bytes texts[YG_CORRELATION_REFS_MAX];
	uint32_t count;
	const struct yg_alias *aliases; /* in rules->arena */
	uint32_t alias_count;
};
/* Fill rule->correlation from @doc's `correlation`; @refs->texts lie in rules->arena. */
YG_MUST_USE int yg_sigma_correlation(struct yg_load *load, const struct yg_yaml *doc,
				     struct yg_rule *rule, struct yg_correlation_refs *refs);

/* A filter waits for the last file, too. */
struct yg_filter_refs {
	uint32_t rule; /* index of the filter */
	uint32_t line; /* of `rules` */
	bool is_any;
	const struct yg_bytes *texts; /* in rules->arena */
	uint32_t count;
};
/* Fill @rule->expr and @refs from a filter document. */
YG_MUST_USE int yg_sigma_filter(struct yg_load *load, const struct yg_yaml *doc,
				struct yg_rule *rule, struct yg_filter_refs *refs);

/*
 * The terms of @rule: the least sets of refs that satisfy the text @condition over the names in
 * @refs. YG_OK, YG_EFORMAT or YG_ENOMEM. For a count, all sets of @count refs.
 */
YG_MUST_USE int yg_correlation_terms(struct yg_load *load, const struct yg_yaml *condition,
				     const struct yg_correlation_refs *refs,
				     struct yg_correlation *to);
YG_MUST_USE int yg_correlation_terms_of(struct yg_load *load, uint32_t line, uint32_t count,
					struct yg_correlation *to);

/*
 * AND the filter behind @refs onto the rules it names (sigma_filter.c). YG_OK, YG_EFORMAT (why
 * is noted), or YG_ENOMEM. *ret_count: rules it was laid over.
 */
YG_MUST_USE int yg_filter_apply(struct yg_load *load, const struct yg_filter_refs *refs,
				uint32_t *ret_count);

/* Index of the rule that @text names by id or by name; UINT32_MAX when there is none. */
uint32_t yg_rules_find(const struct yg_rules *rules, struct yg_bytes text);
/* Refuse, because @what ("correlation") names @text, which is no loaded rule; with the nearest. */
int yg_load_fail_ref(struct yg_load *load, uint32_t line, const char *what, struct yg_bytes text);

/* Checks a regular expression against what the matcher can do; load->lacks may be set. */
YG_MUST_USE int yg_sigma_regex_check(struct yg_load *load, uint32_t line,
				     const struct yg_pred *pred);
/* An expression as matchers take it. */
struct yg_pattern yg_pred_pattern(const struct yg_pred *pred);

/* Values of placeholder @name (without %), or NULL. */
struct yg_placeholder {
	struct yg_bytes name;
	const struct yg_bytes *values; /* Sigma strings: * and ? are wildcards */
	uint32_t count;
};
const struct yg_placeholder *yg_rules_placeholder(const struct yg_rules *rules,
						  struct yg_bytes name);

/* ---- tables of the loader ---- */

struct yg_rules_priv {
	uint32_t *pred_slots; /* hash table: index + 1 into preds */
	uint32_t pred_slot_mask;
	uint32_t pred_room;
	uint32_t *pred_exprs; /* node of each predicate */
	uint32_t expr_room;
	uint32_t kid_room;
	uint32_t *stamps; /* of each node: last join that took it as child */
	uint32_t stamp;
	uint32_t piece_room;
	uint32_t *scratch; /* children of the join at work */
	uint32_t scratch_room;

	uint32_t rule_room;
	uint32_t *id_slots; /* hash table: index + 1 into rules, by folded id */
	uint32_t *name_slots;
	uint32_t key_slot_mask;
	struct yg_correlation_refs *refs;
	uint32_t ref_count;
	uint32_t ref_room;
	struct yg_filter_refs *filters;
	uint32_t filter_count;
	uint32_t filter_room;

	struct yg_placeholder *placeholders;
	uint32_t placeholder_count;
	struct yg_arena *file_arena;
	bool is_finished;
};
