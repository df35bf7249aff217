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
	const struct yg_narrow *narrow; /* records that count; NULL = all */
	struct yg_parse_opts parse;	/* reference_ns is set for each batch */
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

/* The group that the record completed correlation @rule for (yg_trace_group), likewise; may be "".
 */
struct yg_bytes yg_worker_group(struct yg_worker *worker, const struct yg_batch *batch,
				uint32_t record, uint32_t rule, uint32_t ref);

/* Do the work on @batch; the result, faults included, is inside it. */
void yg_worker_run(struct yg_worker *worker, struct yg_batch *batch);
