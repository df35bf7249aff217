/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/report.h - what a run of detection looked at and found: the matter of every summary.
 * Filled by app/, read by render/. Borrowed texts, valid while the run lasts.
 */
#pragma once

#include "model/event.h"
#include "model/finding.h"
#include "model/timeline.h"

#define YG_REPORT_FORMATS_MAX 8u

struct yg_report_input {
	const char *name;
	enum yg_format format; /* the one recognised for the whole; UNKNOWN = not recognised */
	uint64_t by_format[YG_FORMAT_COUNT]; /* records parsed, by their own format */
	uint64_t records;
	uint64_t left_out; /* read, but not in the part that was asked for; no records above */
	uint64_t parsed;
	uint64_t unparsed;
	uint64_t first_unparsed;       /* position, 0 = none */
	struct yg_bytes unparsed_text; /* its beginning */
	uint64_t long_records;
	uint64_t torn_records;
	uint64_t nul_records;
	uint64_t replaced; /* broken characters */
	uint64_t first_replaced;
	uint64_t bytes; /* of text */
	uint64_t findings;
	int64_t first_ns;
	int64_t last_ns;
	uint64_t backwards;   /* records more than a minute older than one before them */
	bool is_zone_assumed; /* times without a zone */
	const char *encoding; /* NULL = UTF-8 */
	int rc;		      /* YG_OK, or why it could not be (wholly) read */
	const char *problem;  /* untranslated words for rc; NULL = none */
};

struct yg_report {
	const struct yg_report_input *inputs;
	size_t input_count;
	uint64_t records;
	uint64_t parsed;
	uint64_t unparsed;
	uint64_t bytes;
	uint64_t findings;
	uint64_t by_level[5];
	const struct yg_story *stories; /* most serious first */
	size_t story_count;		/* kept; stories_total may be more */
	uint64_t stories_total;
	bool is_hunt;	   /* then: */
	uint64_t left_out; /* records not looked at, or not in the part asked for */
	uint64_t frames;   /* of archives */
	uint64_t frames_read;
	uint64_t evicted; /* entries pushed out of bounded tables */
	bool is_idle;	  /* no rule could be used, and there were no indicators */
	uint32_t rules_loaded;
	uint32_t rules_quarantined; /* over their budget, and out of use from there on */
	uint64_t indicators_loaded;
	double seconds;
	long rss_max_kb;
	const char *zone_name; /* used where times had no zone */
	int32_t zone_s;	       /* for showing times to people */
	int64_t now_ns;	       /* when the report was made */
	const struct yg_timeline *timeline;
};
