/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_situations.h - from findings to situations: a consumer of the facts store's changes.
 *
 *   facts.db ─► bundles that changed ─► noise removal ─► ties ─► situations.db, with the cursor
 *
 * Alerts, what ties them, situations and the cursor are one transaction: after a crash it goes on
 * behind what was written, and what comes again changes nothing. When steps or lists of noise
 * removal change (by whatever process), all is looked at again.
 *
 * Threads: new, step, free from one thread; start() hands all of it to a thread of its own until
 *          free(). Both files are open in it alone.
 * Tests: tests/unit/app/test_hub_situations.c, tests/e2e/hub_situations.py
 */
#pragma once

#include "base/clock.h"
#include "correlate/noise.h"
#include "store/facts.h"
#include "store/situations.h"

struct yg_hub_situations;

struct yg_hub_situations_opts {
	const char *facts_path; /* both borrowed for new() */
	const char *path;
	struct yg_facts *facts; /* instead of facts_path; borrowed */
	struct yg_clock clock;
	uint32_t batch; /* bundles of one commit; 0: as many as one page has */
};

/* YG_OK, or the errors of opening both files. */
YG_MUST_USE int yg_hub_situations_new(const struct yg_hub_situations_opts *opts,
				      struct yg_hub_situations **ret);
/* One commit: YG_OK; YG_EAGAIN: nothing for now; else nothing counts of it, and it comes again. */
YG_MUST_USE int yg_hub_situations_step(struct yg_hub_situations *h);
YG_MUST_USE int yg_hub_situations_start(struct yg_hub_situations *h);
/* The thread ends behind the commit it is at. NULL is allowed. */
struct yg_hub_situations *yg_hub_situations_free(struct yg_hub_situations *h);

/* Read a list as `yagura admin noise import` has it: JSON or CSV, told by its first character. */
YG_MUST_USE int yg_hub_noise_read(struct yg_noise_lists *lists, bool is_allowed,
				  struct yg_bytes content, struct yg_line_fault *reterr);
