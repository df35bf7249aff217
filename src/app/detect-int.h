/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/detect-int.h - one run of `yagura detect`: shared by detect.c (before and after) and
 * detect_inputs.c (reading and judging).
 */
#pragma once

#include "app/indicator_lists.h"
#include "app/options.h"
#include "app/pipeline.h"
#include "app/quarantine.h"
#include "app/reload.h"
#include "app/rule_image.h"
#include "app/sink.h"
#include "app/source_files.h"
#include "base/clock.h"
#include "detect/judge.h"
#include "source/input.h"

struct yg_benign_run;
struct yg_counting;
struct yg_explaining;

#define YG_RUN_SAID_MAX 10u /* messages of one kind; the rest are counted */

struct yg_hunt;

struct yg_run {
	struct yg_options options;
	struct yg_clock clock;
	int64_t started_ns;
	struct yg_zone *zone;
	struct yg_log_format *log_format;
	struct yg_indicator_lists lists;
	struct yg_source_files sources;
	struct yg_rule_image rules;
	struct yg_inputs inputs;
	struct yg_report_input *reports; /* one for each input */
	struct yg_timeline *timeline;
	struct yg_tracer *tracer;
	struct yg_judge *judge;
	struct yg_sink sink;
	struct yg_detector detector;
	uint64_t joins_evicted;		  /* of lines that belong together (parse/join.h) */
	struct yg_worker *again;	  /* reads single records once more */
	const struct yg_batch *after;	  /* the one that comes next, where it is known */
	const struct yg_batch *batch;	  /* the one being judged */
	struct yg_quarantine *quarantine; /* NULL = rules have no budget */
	uint32_t rules_quarantined;	  /* of sets that were replaced */
	struct yg_profile profile;	  /* --profile */
	struct yg_clock profile_clock;
	int ask_fd;			  /* following: readable when a profile is asked for */
	struct yg_counting *counting;	  /* --count; else NULL */
	struct yg_benign_run *benign;	  /* rules benign; else NULL */
	struct yg_explaining *explaining; /* --explain; else NULL */
	size_t readable;		  /* inputs that could be opened */
	bool is_partly;			  /* something that was named could not be used */
	bool reads_all;			  /* YAGURA_REPEATS=off */
	int hup_fd;			  /* following: readable when rules shall be read again */
	struct yg_reload *reload;	  /* following; else NULL */
	int stop_fd;	      /* following, hunting with a state: readable when to stop */
	struct yg_hunt *hunt; /* app/hunt.h; NULL = plain detection */
};

/* struct yg_judge_out.event: @arg is the sink inside a run. */
struct yg_bytes yg_run_event(void *arg, const struct yg_trace *trace);
struct yg_bytes yg_run_group(void *arg, const struct yg_trace *trace,
			     const struct yg_trace_key *key);

/* Rules that were put out of use so far. */
uint32_t yg_run_quarantined(const struct yg_run *run);

/*
 * Go on with @set, which is emptied: between two batches. The pipeline's workers, the judge and
 * @parser (that recognises formats) are made anew. YG_OK; otherwise nothing has changed.
 */
YG_MUST_USE int yg_run_take_over(struct yg_run *run, struct yg_pipeline *pipeline,
				 struct yg_rule_set *set, struct yg_parser **parser);

/* Read and judge all inputs. YG_OK, YG_ENOMEM or the error of the output. */
YG_MUST_USE int yg_run_inputs(struct yg_run *run, unsigned threads);

/* A whole run: what @options say, to the exit status. Frees the options. */
int yg_detect(struct yg_options *take_options);

/* The same with what a hunt adds (app/hunt.h); @hunt may be NULL. */
int yg_detect_with(struct yg_options *take_options, struct yg_hunt *hunt);
