/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/worker.h - from a batch of records to traces: parse, match, look for indicators.
 *
 * A worker is used by one thread; what it is given (struct yg_detector) is shared and immutable.
 */
#pragma once

#include "app/batch.h"
#include "app/narrow.h"
#include "detect/engine.h"
#include "detect/indicators.h"
#include "detect/trace.h"
#include "parse/format.h"

/* What all workers share. Borrowed. */
struct yg_detector {
	const struct yg_engine *engine;
	const struct yg_indicators *indicators; /* NULL = none */
	const struct yg_tracer *tracer;
	const struct yg_narrow *narrow;	   /* records that count; NULL = all */
	struct yg_parse_opts parse;	   /* reference_ns is set for each batch */
	bool counts_kinds;		   /* fill the batch's kinds */
	bool reads_all;			   /* know no line from an earlier one (detect/repeat.h) */
	const _Atomic uint64_t *skip_from; /* NULL, or work is counted and rules left out from here
					      on (app/quarantine.h) */
	uint64_t cost_max;		   /* budget of rules (yg_scratch_meter); 0 = none */
	const struct yg_clock *profile_clock; /* NULL, or rules are measured with it */
};

struct yg_worker;

struct yg_worker *yg_worker_new(const struct yg_detector *detector);
struct yg_worker *yg_worker_free(struct yg_worker *worker);

/*
 * The fields of record number @record of @batch as JSON, by reading it once more: for the few
 * records that turn out later to matter. "{}" when it cannot be had. Valid until the next call.
 */
struct yg_bytes yg_worker_fields(struct yg_worker *worker, const struct yg_batch *batch,
				 uint32_t record);

/* The group that record number @record of @batch belongs to by @key (yg_trace_group), likewise;
 * may be "".
 */
struct yg_bytes yg_worker_group(struct yg_worker *worker, const struct yg_batch *batch,
				uint32_t record, const struct yg_trace_key *key);

/* What was measured; NULL = nothing. */
const struct yg_profile *yg_worker_profile(const struct yg_worker *worker);

/* Before yg_worker_event for records of @batch. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_worker_open(struct yg_worker *worker, const struct yg_batch *batch);

/*
 * Read record number @record of @batch once more into *ret, which lives until the next call for
 * @worker. Returns as yg_reading_event(). The position is filled; the source may be empty.
 */
YG_MUST_USE int yg_worker_event(struct yg_worker *worker, const struct yg_batch *batch,
				uint32_t record, struct yg_event *ret);

/* What the rules say of such an event (yg_engine_match with the worker's own room). */
YG_MUST_USE int yg_worker_match(struct yg_worker *worker, struct yg_event *event,
				struct yg_hits *ret);

/* Do the work on @batch; the result, faults included, is inside it. */
void yg_worker_run(struct yg_worker *worker, struct yg_batch *batch);
