/* SPDX-License-Identifier: Apache-2.0 */
/* sensor/watch-int.h - parts of watch.c: bundles (watch_finding.c), state and log (watch_state.c).
 */
#pragma once

#include "detect/judge.h"
#include "parse/format.h"
#include "sensor/watch.h"

#define YG_WATCH_TOKEN_BYTES 25u /* "~" and 24 hex digits */
#define YG_WATCH_HELD	     INT64_MIN

/* A finding whose outcome may still change, and the bundle that told of it. */
struct yg_watch_kept {
	uint8_t finding[YG_ID_BYTES];
	char bundle[YG_WATCH_TOKEN_BYTES];
	int64_t minute_ns; /* YG_WATCH_HELD: the policy kept it back */
};

/* Findings that leave as one record. Texts are in the commit's arena. */
struct yg_watch_bundle {
	char token[YG_WATCH_TOKEN_BYTES];
	bool is_update; /* only outcome and reason, of a bundle that was told before */
	const struct yg_rule_info *rule;
	struct yg_bytes source;
	struct yg_bytes actor;
	struct yg_bytes target;
	struct yg_bytes matched;
	struct yg_bytes reason;
	enum yg_outcome outcome;
	uint64_t position;
	uint64_t count;
	int64_t minute_ns;
	int64_t first_ns;
	int64_t last_ns;
};

struct yg_watch_place {
	uint32_t at; /* of its line in lines */
	uint32_t size;
};

struct yg_watch {
	struct yg_watch_config config;
	struct yg_watch_set *set;
	struct yg_watch_loader *loader;
	struct yg_tracer *tracer;
	struct yg_judge *judge;
	struct yg_scratch *scratch;
	struct yg_indicator_memo *memo;
	struct yg_parser *parser;
	struct yg_lines *writer; /* of records of findings */
	struct yg_arena *event_arena;
	char folder[YG_HOME_PATH_MAX];

	/* What was taken since the last commit and is wanted by a detector. */
	struct yg_buf lines;
	struct yg_arena *arena;
	struct yg_trace *traces;
	struct yg_watch_place *places;
	uint32_t count;
	uint32_t room;
	bool is_last_kept; /* the last record taken is among them */
	int64_t urgent_ns; /* when the first came that may be a finding; YG_TIME_NONE: none */
	int rc;

	/* The commit that is open. */
	bool is_judged;
	bool is_silent; /* judged again, without output */
	bool is_broken; /* the judge is ahead of what can be committed */
	int64_t arrived_ns;
	uint32_t at; /* the trace that is being judged */
	struct yg_watch_bundle *bundles;
	uint32_t bundle_count;
	uint32_t coarse_count;
	uint32_t update_count;
	uint32_t *slots; /* by token; 0: empty, else index + 1 */
	struct yg_buf words;

	struct yg_watch_kept *kept; /* a ring */
	uint32_t kept_count;	    /* ever */

	uint64_t number; /* of the last commit that was logged */
	int log_fd;
	uint64_t log_size;
	size_t entry_size; /* of the open commit */
	struct yg_buf entry;
	struct yg_buf state;
	struct yg_watch_counts counts;
};

/* ---- watch.c ---- */

/* Keep the line (without LF) when a detector wants it. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_watch_keep_line(struct yg_watch *w, struct yg_bytes line, bool *ret_is_kept);
/* Judge what is kept, then forget it. */
YG_MUST_USE int yg_watch_judge(struct yg_watch *w);
void yg_watch_forget(struct yg_watch *w);
/* The record of number @index of those kept, read again. */
YG_MUST_USE int yg_watch_event(struct yg_watch *w, uint32_t index, struct yg_event *ret);

/* ---- watch_finding.c ---- */

YG_MUST_USE int yg_watch_on_finding(void *arg, const struct yg_finding *finding);
YG_MUST_USE int yg_watch_on_update(void *arg, const struct yg_finding_update *update);
/* The bundles as records. */
YG_MUST_USE int yg_watch_write(struct yg_watch *w, int64_t now_ns, struct yg_collect *collect);
void yg_watch_keep(struct yg_watch *w, const struct yg_watch_kept *kept);

/* ---- watch_state.c ---- */

YG_MUST_USE int yg_watch_log_open(struct yg_watch *w);
/* What is kept, on the disk under the next number. */
YG_MUST_USE int yg_watch_log_add(struct yg_watch *w);
/* The state behind the last commit, and an empty log. An error: the former state and the log stand.
 */
YG_MUST_USE int yg_watch_save(struct yg_watch *w);
/* State and log, up to the number of the checkpoint. */
YG_MUST_USE int yg_watch_load(struct yg_watch *w);
/* To w->state, and back into a new judge. */
YG_MUST_USE int yg_watch_state_write(struct yg_watch *w);
YG_MUST_USE int yg_watch_state_read(struct yg_watch *w, struct yg_bytes state);
