/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_feeds.h - keeper, a few threads: collections of other TAXII servers, again and again.
 *
 *   feed that is due ─► question ─► (loop) ─► out ─► server
 *                       page ◄─ (loop) ◄─ out ◄─┘
 *   page ─► checked as what is sent by TAXII ─► stix.db, with how far it came ─► state of the feed
 *
 * YG_FEEDS_AT_ONCE feeds at once, the one that is due longest first, at most YG_FEEDS_PAGES pages
 * of each in a round, and for YG_FEEDS_ROUND_MS and one page (YG_POLL_LONGER times that for what
 * was added at one moment, or waits for its marking); what is left is due at once, behind the
 * others. Only waiting for pages is done at once: one at a time reads and writes. What went wrong
 * is tried again after 1, 2, 4, … minutes, at most six hours, or when a person asks. A killed
 * keeper goes on from the last page that is in the file (app/share_poll-int.h).
 *
 * Threads: start() takes some of its own until free(); run, hear, lost and metrics from the loop.
 * Tests: tests/e2e/hub_feeds.py
 */
#pragma once

#include "app/hub_config.h"
#include "app/hub_out_wire.h"
#include "base/clock.h"

#define YG_FEEDS_PAGES	  200u
#define YG_FEEDS_AT_ONCE  YG_OUT_FETCHES
#define YG_FEEDS_ROUND_MS (60 * INT64_C(1000)) /* of a feed, where others wait behind it */

struct yg_hub_feeds_opts {
	const char *db_path; /* borrowed, as all here */
	const char *collections_path;
	const struct yg_hub_config_out *config;
	struct yg_clock clock;
};

struct yg_hub_feeds;

/* YG_OK, YG_ENOMEM, YG_EAGAIN, the system's error. */
YG_MUST_USE int yg_hub_feeds_start(const struct yg_hub_feeds_opts *opts, struct yg_hub_feeds **ret);
/* Ends behind the page it is at. NULL is allowed. */
struct yg_hub_feeds *yg_hub_feeds_free(struct yg_hub_feeds *feeds);

/* Readable when there is a question for out. */
int yg_hub_feeds_fd(const struct yg_hub_feeds *feeds);
/* The question, if there is one and another end, into @pipe. */
void yg_hub_feeds_run(struct yg_hub_feeds *feeds, struct yg_msg_pipe *pipe);
/* An answer of out. YG_OK; YG_EFORMAT: it is none. */
YG_MUST_USE int yg_hub_feeds_hear(struct yg_hub_feeds *feeds, const struct yg_msg *message);
/* The other end has gone, with what it was asked. */
void yg_hub_feeds_lost(struct yg_hub_feeds *feeds);
/* Lines for Prometheus. */
void yg_hub_feeds_metrics(struct yg_hub_feeds *feeds, struct yg_buf *to);
