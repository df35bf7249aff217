/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/judge.h - findings, outcomes and stories, from traces in the order of the input.
 *
 * The judge is the sequential end of detection: it emits the findings of a record at once with
 * what is known, follows their sources for a while (outcome, detect/outcome.h), counts for
 * correlations and behaviours (detect/correlate.h), and bundles stories (detect/story.h). All its
 * tables have named limits; what was pushed out is counted. Results depend on the order of the
 * traces only. One thread.
 *
 * Layer: detect. No files, no clock (records carry their time).
 */
#pragma once

#include "detect/correlate.h"
#include "detect/trace.h"
#include "model/finding.h"

struct yg_judge;

/* All pointers handed to these are valid during the call only. A result < 0 ends the run. */
struct yg_judge_out {
	int (*finding)(void *arg, const struct yg_finding *finding);
	int (*update)(void *arg, const struct yg_finding_update *update);
	/*
	 * The fields of @trace's record as JSON, for a trace without event_json: asked only when
	 * such a record completes a correlation. Valid until the next call. NULL = {} is shown.
	 */
	struct yg_bytes (*event)(void *arg, const struct yg_trace *trace);
	/*
	 * The group that @trace's record completed a correlation for, by @key
	 * (yg_trace_group). Valid until the next call. NULL = no group is given.
	 */
	struct yg_bytes (*group)(void *arg, const struct yg_trace *trace,
				 const struct yg_trace_key *key);
	void *arg;
};

struct yg_judge_counts {
	uint64_t findings;
	uint64_t updates;
	uint64_t stories;	  /* made; evicted ones included */
	uint64_t evicted_sources; /* outcome: sources no longer followed */
	uint64_t evicted_paths;	  /* outcome: size medians forgotten */
	uint64_t evicted_groups;  /* correlation: groups forgotten */
	uint64_t evicted_stories; /* stories given to nobody: the least weighty, see story.h */
	uint64_t allowed;	  /* not emitted: actor or matched value is on an allow list */
	uint64_t by_level[5];
};

struct yg_judge *yg_judge_new(const struct yg_engine *engine,
			      const struct yg_indicators *indicators,
			      const struct yg_judge_out *out);
struct yg_judge *yg_judge_free(struct yg_judge *judge);

/*
 * Make no stories from now on, for those who keep none: counts of stories stay 0. Before the first
 * record.
 */
void yg_judge_without_stories(struct yg_judge *judge);

/* Bytes of memory it holds; about, stories left out. */
size_t yg_judge_bytes(const struct yg_judge *judge);

/* A new input begins: @source as given, borrowed until yg_judge_free. Following goes on. */
void yg_judge_source(struct yg_judge *judge, struct yg_bytes source);

/*
 * What comes next: the traces of @now will be taken one after the other, then those of @next, if
 * there are any yet. Correlations then count them in the order of their times
 * (yg_correlator_take_all); without this call each counts as it is taken. @now is what was @next in
 * the call before, unless that was empty; both must stay until they have been taken. YG_OK or
 * YG_ENOMEM.
 */
YG_MUST_USE int yg_judge_ahead(struct yg_judge *judge, struct yg_trace_run now,
			       struct yg_trace_run next);

/*
 * Between two runs, all of @now being taken: what is known of @next, as bytes added to @to, to be
 * kept beside the state of the correlations; and the same in a new judge, for the same traces,
 * before yg_judge_ahead announces them as @now. YG_OK, YG_ENOMEM, YG_ELIMIT; YG_EMISMATCH: @kept is
 * of other traces; YG_EFORMAT: it is none.
 */
YG_MUST_USE int yg_judge_keep_next(const struct yg_judge *judge, struct yg_trace_run next,
				   struct yg_buf *to);
YG_MUST_USE int yg_judge_resume_next(struct yg_judge *judge, struct yg_trace_run now,
				     struct yg_bytes kept);

/*
 * For records of several senders, each a little late (detect/correlate.h: yg_correlator_hold): from
 * here on those that are taken come from @origin (number, received_ns, mark; the rest is the
 * judge's), and what they complete is found when they are due, in the order of their times. All
 * else is found at once. With them wait records that tell of success, so that the outcome of what
 * is found then is learnt too. NULL: none waits. Not together with yg_judge_ahead().
 */
void yg_judge_wait(struct yg_judge *judge, const struct yg_origin *origin);

/*
 * What is due at @now_ns goes out; *ret_count: how many records waited for it. The traces are
 * copies: out.event and out.group are not asked, group_json is empty. YG_OK; YG_ENOMEM, or what an
 * out function returned: the judge is to be freed.
 */
YG_MUST_USE int yg_judge_release(struct yg_judge *judge, int64_t now_ns, uint64_t *ret_count);

/* During an out function: where the record came from that waited; NULL: it is the one taken. */
const struct yg_origin *yg_judge_origin(const struct yg_judge *judge);

/* The state of the correlations, to be kept and restored (detect/correlate.h). */
struct yg_correlator *yg_judge_correlator(struct yg_judge *judge);

/*
 * What outcomes rest on (detect/outcome.h: yg_outcomes_save), to be kept beside the state of the
 * correlations; and the same in a new judge. Stories are not in it: a story goes on with what
 * comes. YG_OK, YG_ELIMIT, YG_ENOMEM; YG_EDIGEST, YG_EFORMAT: damaged, outcomes are as new.
 */
YG_MUST_USE int yg_judge_save_outcomes(const struct yg_judge *judge, struct yg_buf *to);
YG_MUST_USE int yg_judge_restore_outcomes(struct yg_judge *judge, struct yg_bytes state);

/*
 * Take the next record. Findings go out ordered by rule id, then the updates that this record
 * caused, ordered by the finding's id. YG_OK, YG_ENOMEM, or what an out function returned.
 */
YG_MUST_USE int yg_judge_take(struct yg_judge *judge, const struct yg_trace *trace);

struct yg_judge_reload {
	uint64_t groups_kept; /* of correlations that are the same in both sets */
	uint64_t groups_dropped;
};

#define YG_JUDGE_OLD_RULES_MAX 4096u /* rules that went while findings of theirs are remembered */

/*
 * Go on with another rule set, between two records (all announced traces have been taken).
 * *seed: of the present tracer, and on return for the new one (yg_tracer_reseed). Sources, stories
 * and paths stay; groups of correlations that are no longer there, or ask for something else (or
 * whose rules do), are dropped. After it the former engine and indicators may be freed. YG_OK, or
 * YG_ENOMEM or YG_ELIMIT: nothing has changed then.
 */
YG_MUST_USE int yg_judge_reload(struct yg_judge *judge, const struct yg_engine *engine,
				const struct yg_indicators *indicators, uint64_t *seed,
				struct yg_judge_reload *ret);

/* What has been counted so far. */
struct yg_judge_counts yg_judge_counts(const struct yg_judge *judge);

/*
 * All stories kept, most serious first (level, outcome, findings, first time, id). The array and
 * what it points to live until the next yg_judge_take or _free. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_judge_stories(struct yg_judge *judge, const struct yg_story **ret,
				 size_t *ret_count);
