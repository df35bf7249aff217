/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/correlate.h - Sigma correlations over the stream of records, in event time.
 *
 * See detect/correlate.md. State: one entry for each (correlation, group), bounded; the group
 * that was longest without a record is forgotten first, and counted.
 * Layer: detect. No clock. One thread.
 * Source: Sigma correlation rules specification 2.1.0.
 */
#pragma once

#include "base/buf.h"
#include "detect/trace.h"

#define YG_CORRELATION_GROUPS_MAX 65536u
#define YG_CORRELATION_MARKS_MAX  16384u  /* events kept of one group; see correlate.md */
#define YG_CORRELATION_POOL_MAX	  524288u /* events kept of all groups */
#define YG_CORRELATION_DONE_MAX	  64u	  /* correlations that one record completes */

/*
 * Records that wait (yg_correlator_hold): one that comes up to LATE_NS after it happened still
 * counts in its place. A clock may run ahead of the caller's by AHEAD_NS; what is dated later than
 * that stands where it came.
 */
#define YG_CORRELATION_LATE_NS	(YG_NS_PER_S / 10 * 4)
#define YG_CORRELATION_AHEAD_NS (YG_NS_PER_S / 10)
#define YG_CORRELATION_WAIT_NS	(YG_CORRELATION_LATE_NS + YG_CORRELATION_AHEAD_NS)
#define YG_CORRELATION_HELD_MAX                                                                    \
	(16u << 20) /* bytes of those that wait; then the earlier half goes */

#define YG_CORRELATION_STATE_VERSION 3u		 /* those before are read too */
#define YG_CORRELATION_STATE_MAX     (64u << 20) /* bytes of a kept state */

struct yg_correlator;

/* @engine is borrowed. NULL without memory. */
struct yg_correlator *yg_correlator_new(const struct yg_engine *engine);
struct yg_correlator *yg_correlator_free(struct yg_correlator *correlator);

/* A correlation that a record completes, or goes on with. */
struct yg_completion {
	uint32_t rule;		 /* engine index */
	uint32_t ref;		 /* one that the record satisfies */
	uint32_t key;		 /* of the trace's keys: by which it does */
	uint64_t first_position; /* of the earliest record that counted */
	int64_t first_ns;	 /* and its time */
	uint64_t count;		 /* records that made it up */
	double value;		 /* sum, average, percentile */
	bool has_value;
	bool is_silent; /* fulfilled, but reported less than a timespan ago */
};

/*
 * Count @trace. At most @room completions, each rule once and in the order of the keys.
 * YG_OK or YG_ENOMEM. Cost: a probe for each key, and what the group keeps.
 */
YG_MUST_USE int yg_correlator_take(struct yg_correlator *correlator, const struct yg_trace *trace,
				   struct yg_completion *to, uint32_t room, uint32_t *ret_count);

/*
 * The same for all traces of @now, which stand one after the other in the input, and as many of
 * @next, which come after them, as belong before the last of @now by their times. They count in the
 * order of their times: what one of them completes does not depend on the order they stand in
 * (records of one time keep theirs), as long as no two stand further apart than into the next run.
 *
 * @next may be empty: the input ends, or rests. Otherwise it is @now of the next call, and stays
 * until then. @emit is called once for each trace that completes something, in the order of the
 * times; a result < 0 ends it. Cost: as above, and sorting where they are not in order.
 */
typedef int (*yg_correlator_emit_fn)(void *arg, const struct yg_trace *trace,
				     const struct yg_completion *list, uint32_t count);
YG_MUST_USE int yg_correlator_take_all(struct yg_correlator *correlator, struct yg_trace_run now,
				       struct yg_trace_run next, yg_correlator_emit_fn emit,
				       void *arg);

/*
 * Between two runs: which traces of @run, which was @next, count already (one byte each, @to is
 * cleared first)? And, in a correlator that was restored there (yg_correlator_restore): announce
 * that run again with these bytes. Then yg_correlator_take_all goes on as if nothing had been in
 * between.
 */
void yg_correlator_counted(const struct yg_correlator *correlator, struct yg_trace_run run,
			   uint8_t *to);
YG_MUST_USE int yg_correlator_announce(struct yg_correlator *correlator, struct yg_trace_run run,
				       const uint8_t *counted);

/*
 * Records that come from several senders, each a little late: they wait until whatever may belong
 * before them has come, and then count in the order of their times (those of one time in the order
 * they came). What is completed does not depend on the order they came in, as long as none comes
 * more than LATE_NS after it happened by the caller's clock, which is that of @received_ns and of
 * yg_correlator_release. One that comes later counts as yg_correlator_take has it.
 */
struct yg_origin {
	int64_t received_ns;
	uint64_t number; /* this and the rest are the caller's, and given back */
	uint32_t mark;	 /* at most the size of the trace's source */
	uint32_t look;
	uint32_t request;
};

/*
 * @trace waits; what it points to is copied, hits and indicators are not kept. It may be one
 * without keys. YG_OK or YG_ENOMEM. Cost: O(its texts and keys).
 */
YG_MUST_USE int yg_correlator_hold(struct yg_correlator *correlator, const struct yg_trace *trace,
				   const struct yg_origin *origin);

/*
 * Count all that is due at @now_ns. @emit is called for those that complete something or have
 * origin->look; a result < 0 ends it: the correlator is to be freed then. *ret_count: how many
 * counted. YG_OK, YG_ENOMEM, or @emit's. Cost: O(those that wait), and sorting those that are due.
 */
typedef int (*yg_correlator_held_fn)(void *arg, const struct yg_trace *trace,
				     const struct yg_origin *origin,
				     const struct yg_completion *list, uint32_t count);
YG_MUST_USE int yg_correlator_release(struct yg_correlator *correlator, int64_t now_ns,
				      yg_correlator_held_fn emit, void *arg, uint64_t *ret_count);

/* When the next of them is due; YG_TIME_NONE: none waits. */
int64_t yg_correlator_due(const struct yg_correlator *correlator);

/* How many counted before they were due, because too many waited. */
uint64_t yg_correlator_hurried(const struct yg_correlator *correlator);

/* What one record made of one group: for explaining. */
struct yg_correlation_look {
	const struct yg_trace *trace;
	const struct yg_trace_key *key; /* by which it came to the group */
	uint32_t ref;			/* one that the record satisfies */
	uint64_t refs;			/* all of them, as bits */
	uint64_t group;			/* hash of the group-by values */
	int64_t time_ns;
	uint64_t total;	  /* counts: of the fullest window that holds the record; refs in it */
	uint64_t seen;	  /* temporal: these refs, as bits */
	double result;	  /* value types: what was compared */
	uint32_t steps;	  /* ordered: the longest way so far */
	int64_t first_ns; /* where that window or way begins */
	bool is_done;
	bool is_silent; /* done, but reported less than a timespan ago */
};
typedef void (*yg_correlator_watch_fn)(void *arg, const struct yg_correlation_look *look);

/* Call @fn for every record that counts for correlation @rule (engine index). */
void yg_correlator_watch(struct yg_correlator *correlator, uint32_t rule, yg_correlator_watch_fn fn,
			 void *arg);

/* Groups that are remembered. */
uint32_t yg_correlator_groups(const struct yg_correlator *correlator);

/* Bytes of memory it holds; about. */
size_t yg_correlator_bytes(const struct yg_correlator *correlator);

uint64_t yg_correlator_evicted(const struct yg_correlator *correlator);

/*
 * The state as bytes (checksummed, with version), added to @to, which the caller initialised with
 * at least YG_CORRELATION_STATE_MAX. @seed is that of the tracer (yg_tracer_seed). YG_OK,
 * YG_ELIMIT or YG_ENOMEM. The bytes hold values only of records that wait, but the secret of all
 * hashes: whoever has it can guess values. Cost: O(state).
 */
YG_MUST_USE int yg_correlator_save(const struct yg_correlator *correlator, uint64_t seed,
				   struct yg_buf *to);

/*
 * Go on from such bytes; @correlator is new. *ret_seed is for yg_tracer_reseed. What belongs to a
 * correlation that the engine does not have, or has in another form, is left out and counted.
 * YG_OK; YG_EMISMATCH: another version; YG_EDIGEST, YG_EFORMAT: damaged (then @correlator is as
 * new); YG_ENOMEM.
 */
YG_MUST_USE int yg_correlator_restore(struct yg_correlator *correlator, struct yg_bytes state,
				      uint64_t *ret_seed, uint64_t *ret_left_out);
