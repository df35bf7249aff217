/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/judge-int.h - what the parts of the judge share: judge.c (records in, findings out),
 * judge_wait.c (what waits for other records), judge_reload.c (another rule set). Private to these.
 */
#pragma once

#include "detect/correlate.h"
#include "detect/judge.h"
#include "detect/outcome.h"
#include "detect/story.h"
#include "detect/table-int.h"

/* A finding in the making. */
struct yg_candidate {
	const struct yg_rule_info *rule;
	struct yg_bytes matched; /* indicators */
	uint64_t first_position;
	uint64_t count;
	const struct yg_completion *done; /* correlations; NULL = another kind */
	uint32_t nth; /* of the groups that one record completes for this rule, from 0 */
};

/* What a record that is still to be taken completes. */
struct yg_known_ahead {
	const struct yg_trace *trace;
	uint64_t number; /* of the completions known ahead */
	struct yg_completion done;
};

struct yg_judge {
	const struct yg_engine *engine;
	const struct yg_indicators *indicators; /* NULL = none */
	struct yg_judge_out out;
	struct yg_outcomes *outcomes;
	struct yg_correlator *correlator;
	struct yg_stories *stories;
	struct yg_bytes source; /* the input's */
	struct yg_table names;	/* of sources that records name: struct yg_bytes */
	struct yg_arena *name_mem;
	struct yg_rule_info **old_rules; /* copies of rules that went, which stories still show */
	uint32_t old_count;
	struct yg_change changes[YG_CHANGES_MAX];
	struct yg_completion done[YG_CORRELATION_DONE_MAX];
	struct yg_candidate *candidates;
	uint32_t candidate_count;
	uint32_t candidate_room;
	struct yg_trace_run now;      /* announced; none = each counts as it is taken */
	struct yg_known_ahead *ahead; /* those of now by trace, then those of what follows */
	uint32_t ahead_count;
	uint32_t ahead_room;
	uint32_t ahead_at;     /* the first that is not taken */
	uint64_t ahead_number; /* of the last one known */
	uint64_t record;
	bool has_no_stories;
	bool is_waiting;		  /* records with keys wait for others */
	struct yg_origin origin;	  /* of the record that is taken then */
	const struct yg_origin *released; /* of the one that waited; NULL: it did not */
	struct yg_judge_counts counts;
};

/* Like memcmp, the shorter one first. */
int yg_judge_order(struct yg_bytes a, struct yg_bytes b);

/*
 * The findings of one record: its own hits and indicators, and what it completes. YG_OK, YG_ENOMEM,
 * or what an out function returned.
 */
YG_MUST_USE int yg_judge_find(struct yg_judge *judge, struct yg_look *look, struct yg_bytes source,
			      const struct yg_completion *done, uint32_t done_count);

/* What the record of @look changes of earlier findings. Likewise. */
YG_MUST_USE int yg_judge_change(struct yg_judge *judge, struct yg_look *look,
				struct yg_bytes source);

/* The record of @look waits, where it may belong between others. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_judge_hold(struct yg_judge *judge, const struct yg_look *look);
