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

#include "detect/trace.h"

#define YG_CORRELATION_GROUPS_MAX 65536u
#define YG_CORRELATION_MARKS_MAX  16384u  /* events kept of one group; see correlate.md */
#define YG_CORRELATION_POOL_MAX	  524288u /* events kept of all groups */
#define YG_CORRELATION_DONE_MAX	  64u	  /* correlations that one record completes */

struct yg_correlator;

/* @engine is borrowed. NULL without memory. */
struct yg_correlator *yg_correlator_new(const struct yg_engine *engine);
struct yg_correlator *yg_correlator_free(struct yg_correlator *correlator);

/* A correlation that a record completes, or goes on with. */
struct yg_completion {
	uint32_t rule; /* engine index */
	uint64_t first_position;
	uint64_t count; /* records that made it up */
	bool is_silent; /* fulfilled, but reported less than a timespan ago */
};

/*
 * Count @trace. At most @room completions, each rule once and in the order of the keys.
 * YG_OK or YG_ENOMEM. Cost: a probe for each key, and what the group keeps.
 */
YG_MUST_USE int yg_correlator_take(struct yg_correlator *correlator, const struct yg_trace *trace,
				   struct yg_completion *to, uint32_t room, uint32_t *ret_count);

uint64_t yg_correlator_evicted(const struct yg_correlator *correlator);
