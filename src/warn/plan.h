/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warn/plan.h - a member is hit: who is warned, by which rule, along which relations, and from how
 * many organisations the recipient could guess who it was.
 *
 * docs/warn.md says what every word means, and what was decided where they leave room. Pure: no
 * files, no clock, no store; the same input gives the same plan. A graph is immutable once made
 * and may be shared by threads.
 * Tests:   tests/unit/warn/test_plan.c, tests/e2e/share_plan.py (against a reference)
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/warn_rules.h"

#define YG_PLAN_NO_DEPTH UINT32_MAX

enum yg_plan_state {
	YG_PLAN_READY,		/* a person may send it */
	YG_PLAN_NEEDS_CONSENT,	/* the member that was hit is asked: too few it could be */
	YG_PLAN_NEEDS_APPROVAL, /* the member that was hit is asked: the relation says `ask` */
	YG_PLAN_STATE_COUNT
};
const char *yg_plan_state_name(enum yg_plan_state state); /* "needs-consent" */

/* What the recipient's copy holds: access/ takes out the rest. */
enum yg_plan_redaction {
	YG_PLAN_WHOLE,	    /* the victim's own */
	YG_PLAN_NAMED,	    /* what concerns the recipient, with the victim's name */
	YG_PLAN_ANONYMOUS,  /* the same without whatever says who it was */
	YG_PLAN_INDICATORS, /* attack technique alone */
	YG_PLAN_REDACTION_COUNT
};
const char *yg_plan_redaction_name(enum yg_plan_redaction redaction); /* "anonymous" */

struct yg_plan_recipient {
	uint32_t member;	/* index in the community */
	uint32_t rule;		/* index in the rules */
	uint32_t depth;		/* relations from the victim; 0: itself; or YG_PLAN_NO_DEPTH */
	uint32_t candidates;	/* 1 for the victim */
	const uint32_t *path;	/* members, victim to recipient; depth + 1, or none */
	const uint32_t *reason; /* relations between them, as indices; depth */
	enum yg_plan_state state;
	enum yg_plan_redaction redaction;
	bool is_named;
};

struct yg_plan {
	const struct yg_plan_recipient *recipients; /* by member: by id */
	uint32_t count;
};

/* Relations by supplier and by buyer. @community is borrowed as long as the graph lives. */
struct yg_plan_graph;
/* NULL without memory. Cost: O(members + relations). */
struct yg_plan_graph *yg_plan_graph_new(const struct yg_community *community);
struct yg_plan_graph *yg_plan_graph_free(struct yg_plan_graph *graph);

/*
 * The plan when member @victim (an index) is hit. *ret lives in @arena. YG_OK or YG_ENOMEM.
 * Cost: O(members + relations) for who and along what; for `candidates` each relation is visited
 * once for each depth and each 1024 members, with one operation on 1024 bits: never a search for
 * each recipient (candidates.c).
 */
YG_MUST_USE int yg_plan_make(const struct yg_plan_graph *graph, const struct yg_warn_rules *rules,
			     uint32_t victim, struct yg_arena *arena, struct yg_plan *ret);
