/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/outcome.h - whether an attack reached its aim, from named facts of the log.
 *
 * See detect/outcome.md for the facts and why each speaks for or against success. The judge
 * calls, for each record in order: yg_outcomes_look (what the record tells in the light of what
 * was seen before), yg_outcomes_decide and yg_outcomes_follow for each of its findings,
 * yg_outcomes_change for what it changes of earlier ones, yg_outcomes_learn last.
 *
 * Layer: detect. No clock: records carry their time. One thread. Bounded by the limits below.
 */
#pragma once

#include "detect/trace.h"
#include "model/finding.h"

#define YG_FOLLOW_REQUESTS     20u /* records of the same source that may change a finding */
#define YG_FOLLOW_NS	       (600 * YG_NS_PER_S)
#define YG_FOLLOW_LATE_NS      (60 * YG_NS_PER_S) /* a record older than this is no follow-up */
#define YG_FOLLOW_SOURCES_MAX  65536u
#define YG_FOLLOW_FINDINGS_MAX 32u     /* of one source; the oldest goes first */
#define YG_FOLLOW_POOL_MAX     131072u /* of all sources */
#define YG_PATHS_MAX	       32768u  /* paths that answered */
#define YG_MISSES_MAX	       32768u  /* paths where there was nothing */
#define YG_SIZES_KEPT	       31u     /* answers of a path that its median is taken from */
#define YG_SIZES_MIN	       5u
#define YG_SIZE_DIFFERENCE_MIN 256    /* bytes */
#define YG_PATH_WAITING_MAX    8u     /* findings that wait for a path's median; the first ones */
#define YG_WAITING_MAX	       16384u /* of all paths */
#define YG_CHANGES_MAX	       (YG_FOLLOW_FINDINGS_MAX + YG_PATH_WAITING_MAX)
#define YG_GUESSES_MIN	       3u /* refused sign-ins in a row that make a source a guesser */

struct yg_outcomes;

struct yg_outcomes *yg_outcomes_new(void);
struct yg_outcomes *yg_outcomes_free(struct yg_outcomes *outcomes);

/* What one record tells, besides its own status. Valid until the next record. */
struct yg_look {
	const struct yg_trace *trace;
	uint32_t source;   /* of the followed sources, or none */
	bool has_shell;	   /* a program answers that was placed, or that was not there before */
	bool has_page;	   /* a page opens that was refused before */
	bool has_password; /* a sign-in is accepted */
	bool is_guesser;   /* and the source had been refused several times */
	bool is_refused;   /* a sign-in is refused */
	bool has_median;   /* the path has just got enough answers to compare others with */
	bool is_back;	   /* it was taken earlier, and comes once more: yg_outcomes_look_back */
	uint32_t request;  /* then: the source's count when it was taken; 0: there was none */
};

/* The sources of traces that will be looked at soon, the nearer and the later one: fetched. */
void yg_outcomes_call(const struct yg_outcomes *outcomes, uint64_t near_hash, uint64_t later_hash);

/* Cost: one probe for the source, one for the path. */
void yg_outcomes_look(struct yg_outcomes *outcomes, const struct yg_trace *trace,
		      struct yg_look *ret);

/* Do records wait from now on, to come once more (detect/judge.h)? At first they do not. */
void yg_outcomes_wait(struct yg_outcomes *outcomes, bool is_waiting);

/*
 * A record that was looked at earlier comes once more: @look has its trace, is_back, and what it
 * told then; the source is found again, and nothing is counted. Not to be learnt.
 */
void yg_outcomes_look_back(struct yg_outcomes *outcomes, struct yg_look *look);
/* Behind yg_outcomes_learn: what has to be kept of the look for that. */
uint32_t yg_outcomes_request(const struct yg_outcomes *outcomes, const struct yg_look *look);

/* What is known at once of a finding of @rule on this record. Texts of @ret_reason: the trace's. */
enum yg_outcome yg_outcomes_decide(struct yg_outcomes *outcomes, const struct yg_look *look,
				   const struct yg_rule_info *rule, struct yg_reason *ret_reason);

/* Keep @finding in view. @finding->source and ->rule must stay valid. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_outcomes_follow(struct yg_outcomes *outcomes, struct yg_look *look,
				   const struct yg_finding *finding);

/* The behaviour that @rule found goes on in this record: its findings are followed from here. */
void yg_outcomes_goes_on(struct yg_outcomes *outcomes, const struct yg_look *look,
			 const struct yg_rule_info *rule);

/* Remember the record's answer for those that come. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_outcomes_learn(struct yg_outcomes *outcomes, struct yg_look *look);

/* A finding whose outcome changes. */
struct yg_change {
	struct yg_finding_update update; /* source and position: of the record that causes it */
	const struct yg_rule_info *rule; /* of the finding, and where it was: */
	struct yg_bytes source;
	uint64_t position;
};
/*
 * Earlier findings that this record changes, ordered by id: at most YG_CHANGES_MAX.
 * Returns how many. Texts are the trace's.
 */
uint32_t yg_outcomes_change(struct yg_outcomes *outcomes, const struct yg_look *look,
			    struct yg_change to[YG_CHANGES_MAX]);

/* Put another in the place of every rule that is referred to: @fn gives it. */
void yg_outcomes_remap(struct yg_outcomes *outcomes, yg_rule_remap_fn fn, void *arg);

/* Bytes of memory it holds; about. */
size_t yg_outcomes_bytes(const struct yg_outcomes *outcomes);

/* What stands for the rule and the source of a finding that comes back from bytes. */
struct yg_outcomes_names {
	const struct yg_rule_info *(*rule)(void *arg, struct yg_bytes id); /* NULL: none now */
	/* A copy that lasts as long as the outcomes. YG_OK or YG_ENOMEM. */
	int (*source)(void *arg, struct yg_bytes source, struct yg_bytes *ret);
	void *arg;
};

/*
 * All of it as bytes (with a digest), added to @to, and in new outcomes again; keys are hashes
 * under the tracer's seed, so they are of use with that alone (detect/correlate.h). A finding whose
 * rule is gone is not followed any more. YG_OK, YG_ELIMIT, YG_ENOMEM; restoring: YG_EDIGEST,
 * YG_EFORMAT: damaged, the outcomes are to be freed. Cost: O(state).
 */
YG_MUST_USE int yg_outcomes_save(const struct yg_outcomes *outcomes, struct yg_buf *to);
YG_MUST_USE int yg_outcomes_restore(struct yg_outcomes *outcomes, struct yg_bytes state,
				    const struct yg_outcomes_names *names);

uint64_t yg_outcomes_evicted_sources(const struct yg_outcomes *outcomes);
uint64_t yg_outcomes_evicted_paths(const struct yg_outcomes *outcomes);
