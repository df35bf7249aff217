/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/explaining-int.h - what explaining.c (records) and explaining_groups.c (correlations) share.
 */
#pragma once

#include "app/counting.h"
#include "app/explaining.h"
#include "detect/explain.h"
#include "render/explain.h"

#define YG_GROUPS_SEEN_MAX 65536u /* power of two; groups remembered */

/* A record in words. */
struct yg_kept {
	struct yg_buf words;
	uint32_t missing;
};

struct yg_group_seen {
	uint64_t key;
	struct yg_explain_group shown; /* group_json: owned */
};

struct yg_explaining {
	struct yg_run *run;
	const struct yg_rule *rule;
	uint32_t rule_index; /* of the rules as understood */
	uint32_t index;	     /* of the engine */
	uint32_t max;
	bool is_json;
	struct yg_explain_opts opts;
	struct yg_explain_rule shown;
	struct yg_record_kind *wanted;
	struct yg_explain_ref *refs;
	struct yg_explainer *explainer; /* NULL: a correlation */
	struct yg_router *router;
	struct yg_counting *counting; /* kinds of records */
	struct yg_arena *lines;	      /* of one record */
	struct yg_arena *texts;
	struct yg_bytes source;
	uint64_t admitted;
	uint64_t matched;
	struct yg_kept *fits;
	uint32_t fit_count;
	struct yg_kept *misses; /* nearest first */
	uint32_t miss_count;

	/* Correlations. */
	const struct yg_correlation *correlation;
	struct yg_group_seen *groups;
	uint32_t group_count;
	uint32_t group_room;
	uint32_t *slots; /* index + 1, twice YG_GROUPS_SEEN_MAX */
	uint64_t other_groups;
	int rc; /* of a look */
};

/* Adds RULE to the rules to be loaded where it is a file that is not among them. */
YG_MUST_USE int yg_explaining_options(struct yg_options *options);

YG_MUST_USE int yg_groups_seen_new(struct yg_explaining *x);
void yg_groups_seen_done(struct yg_explaining *x);
YG_MUST_USE int yg_groups_seen_batch(struct yg_explaining *x, const struct yg_batch *batch);
void yg_groups_seen_look(void *arg, const struct yg_correlation_look *look);
void yg_groups_seen_report(struct yg_explaining *x, struct yg_buf *to);
