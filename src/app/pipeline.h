/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/pipeline.h - many batches at once, judged in the order of the input.
 *
 * The calling thread reads and judges; workers parse and match. With one thread everything
 * happens in the caller. The result does not depend on the number of threads.
 *
 *            +--------- free <----------+
 *            v                          |
 *   intake -> pending (ordered) ------> done? -> judge
 *                |                       ^
 *                +-> work queue -> workers
 */
#pragma once

#include "app/batch.h"
#include "app/options.h"
#include "app/worker.h"

#define YG_PIPELINE_PER_THREAD	2u /* batches on their way */
#define YG_PIPELINE_EXTRA	2u
#define YG_PIPELINE_BATCHES_MAX (YG_THREADS_MAX * YG_PIPELINE_PER_THREAD + YG_PIPELINE_EXTRA)

struct yg_pipeline;

/* Where batches come from and go to; both are called by the thread that runs the pipeline. */
struct yg_pipeline_ends {
	/* Fill the (reset) batch. YG_OK; YG_EEND: no more; YG_EAGAIN: nothing for now; or an error.
	 */
	int (*next)(void *arg, struct yg_batch *batch);
	/*
	 * Take the batch, in order; @after is the one that will be taken next, understood by its
	 * worker already, or NULL where the input ends or rests. YG_OK or an error, which ends the
	 * run.
	 */
	int (*take)(void *arg, struct yg_batch *batch, struct yg_batch *after);
	void *arg;
};

/* @threads >= 1. NULL without memory. */
struct yg_pipeline *yg_pipeline_new(const struct yg_detector *detector, unsigned threads);
struct yg_pipeline *yg_pipeline_free(struct yg_pipeline *pipeline);

/*
 * Make the workers anew, because the detector they were made for is another now. Only while no
 * batch is on its way. @profile: NULL, or what the former ones measured is added to it. YG_OK, or
 * YG_ENOMEM: the former ones stay, and @detector must be as before.
 */
YG_MUST_USE int yg_pipeline_retool(struct yg_pipeline *pipeline, const struct yg_detector *detector,
				   struct yg_profile *profile);

/* Is no batch on its way? For next(), which may return YG_EAGAIN to have all of them taken. */
bool yg_pipeline_is_idle(const struct yg_pipeline *pipeline);

/* Add what the workers measured to @to. */
void yg_pipeline_profile(const struct yg_pipeline *pipeline, struct yg_profile *to);

/* Run until next() ends or an error. Returns YG_OK or that error. */
YG_MUST_USE int yg_pipeline_run(struct yg_pipeline *pipeline, const struct yg_pipeline_ends *ends);
