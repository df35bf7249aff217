/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/detect-int.h - one run of `yagura detect`: shared by detect.c (before and after) and
 * detect_inputs.c (reading and judging).
 */
#pragma once

#include "app/indicator_files.h"
#include "app/options.h"
#include "app/pipeline.h"
#include "app/rule_image.h"
#include "app/sink.h"
#include "base/clock.h"
#include "detect/judge.h"
#include "source/input.h"

#define YG_RUN_SAID_MAX 10u /* messages of one kind; the rest are counted */

struct yg_run {
	struct yg_options options;
	struct yg_clock clock;
	int64_t started_ns;
	struct yg_zone *zone;
	struct yg_log_format *log_format;
	struct yg_indicator_files indicator_files;
	const struct yg_indicators *indicators; /* of them; NULL = none */
	struct yg_rule_image rules;
	struct yg_inputs inputs;
	struct yg_report_input *reports; /* one for each input */
	struct yg_timeline *timeline;
	struct yg_tracer *tracer;
	struct yg_judge *judge;
	struct yg_sink sink;
	struct yg_detector detector;
	struct yg_worker *again;      /* reads single records once more */
	const struct yg_batch *batch; /* the one being judged */
	size_t readable;	      /* inputs that could be opened */
	bool is_partly;		      /* something that was named could not be used */
	int stop_fd;		      /* following: readable when to stop */
};

/* struct yg_judge_out.event: @arg is the sink inside a run. */
struct yg_bytes yg_run_event(void *arg, const struct yg_trace *trace);
struct yg_bytes yg_run_group(void *arg, const struct yg_trace *trace, uint32_t rule, uint32_t ref);

/* Read and judge all inputs. YG_OK, YG_ENOMEM or the error of the output. */
YG_MUST_USE int yg_run_inputs(struct yg_run *run, unsigned threads);

/* A whole run: what @options say, to the exit status. Frees the options. */
int yg_detect(struct yg_options *take_options);
