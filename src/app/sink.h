/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/sink.h - where results go: standard output, buffered, in the form that was asked for.
 *
 * The first write error is kept; what follows is dropped. A closed pipe is no error to speak of.
 */
#pragma once

#include "app/options.h"
#include "base/buf.h"
#include "base/zone.h"
#include "model/report.h"

struct yg_counting; /* app/counting.h */

struct yg_sink {
	enum yg_output output;
	enum yg_lang lang;
	struct yg_buf buf;
	int rc;	       /* first write error, or YG_OK */
	bool is_fatal; /* level --fail-on was reached */
	bool has_fail_on;
	enum yg_level fail_on;
	enum yg_level level_min;
	struct yg_tally *keywords;     /* borrowed; NULL: findings are printed */
	const struct yg_zone *zone;    /* for times that people read; borrowed */
	struct yg_timeline *timeline;  /* borrowed */
	struct yg_report_input *input; /* the one being judged; borrowed */
	int copy_fd;		       /* gets the same bytes; -1 = none */
	uint64_t copied;	       /* bytes in it */
	size_t input_index;	       /* its number */
	struct yg_counting *counting;  /* NULL, or findings are only counted; borrowed */
};

void yg_sink_init(struct yg_sink *sink, const struct yg_options *options,
		  const struct yg_zone *zone, struct yg_timeline *timeline);
void yg_sink_done(struct yg_sink *sink);

/* For struct yg_judge_out; @arg is the sink. */
int yg_sink_finding(void *arg, const struct yg_finding *finding);
int yg_sink_update(void *arg, const struct yg_finding_update *update);

/* Write what is buffered. YG_OK or the first error (YG_EPIPE: the reader has gone). */
YG_MUST_USE int yg_sink_flush(struct yg_sink *sink);

/* What is buffered is a page: write it to @path, and say so. YG_OK or the error, said. */
YG_MUST_USE int yg_sink_page(struct yg_sink *sink, const char *path);

/* The end: stories, summary or page. YG_OK or the first error. */
YG_MUST_USE int yg_sink_report(struct yg_sink *sink, const struct yg_report *report,
			       const char *html_path);
