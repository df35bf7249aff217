/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_hunt_pass.h - one pass over the archive for what a job gathered (hub_hunt.h).
 *
 *   rules, indicators of the job ─► frames that can hold them ─► hunter: judge (hub_engine.h)
 *                                                                     │ bundles, marked
 *   facts.db, consumer "hunt-ID": bundles, judge's state, place, counts ◄┘ one transaction
 *
 * The place (organisation, hour, file, frame) is committed with what was found before it: after a
 * kill it goes on exactly there. Numbers of lines from the job's `cutoff` on were judged by the
 * live detection under the new set; they are left out.
 * Lines are read by the hunter, another process, which is not believed (hub_engine_ask.h). When it
 * ends, the pass does; a frame that ends it again and again counts as damaged.
 * Threads: one at a time.
 */
#pragma once

#include <jansson.h>
#include <stdatomic.h>

#include "app/hub_engine_ask.h"
#include "app/hub_hunt_set.h"
#include "app/hub_rules.h"
#include "store/facts.h"

#define YG_HUNT_FOUND_MAX   4096u /* findings in one commit */
#define YG_HUNT_COMMIT_MS   1000
#define YG_HUNT_FILES_MAX   (4u << 20)
#define YG_HUNT_FOUND_BYTES (64u << 20)

struct yg_hunt_pass_opts {
	const char *hunts_dir; /* all is borrowed */
	const char *archive_dir;
	const char *allow_dir;
	const char *warning_dir;
	struct yg_facts *facts;
	struct yg_hub_ask *ask; /* open; its callbacks are yg_hunt_pass_…() of this pass */
	struct yg_clock clock;
	uint64_t foreign; /* numbers of lines from here on are of another journal */
	/* The archive of @org is to be searched; noted for its member, once. YG_OK; YG_ENOENT: it
	 * was closed, and is left alone. NULL: all may. */
	int (*enter)(void *arg, const char *org);
	/* The same question later on: what was closed meanwhile is named no more. NULL: as above */
	int (*may)(void *arg, const char *org);
	/* Called before each frame: returns when nothing is more urgent. YG_OK; YG_EEND: stop. */
	int (*go_on)(void *arg);
	void *arg;
};

struct yg_hunt_pass;

/* What is to be looked for. YG_OK; YG_ENOENT: nothing of it can be used; YG_EPIPE: there is no
 * hunter; or an error. */
YG_MUST_USE int yg_hunt_pass_new(const struct yg_hunt_pass_opts *opts, json_t *job,
				 struct yg_hunt_pass **ret);
struct yg_hunt_pass *yg_hunt_pass_free(struct yg_hunt_pass *pass);

/* For the opts of the ask; @pass of the caller. */
int yg_hunt_pass_found(struct yg_hunt_pass *pass, const struct yg_fact_finding *finding);
int yg_hunt_pass_learnt(struct yg_hunt_pass *pass, const struct yg_hub_asked *asked,
			const struct yg_hub_learnt *learnt);
int yg_hunt_pass_judged(struct yg_hunt_pass *pass, const struct yg_hub_judged_batch *judged);

/* What there is to read: sets files, bytes, archive_bytes of the job. YG_OK, YG_EEND, an error. */
YG_MUST_USE int yg_hunt_pass_plan(struct yg_hunt_pass *pass);

/* Read it, from where an earlier run stopped. Keeps progress in the job (and calls @save now and
 * then). YG_OK: all was read; YG_EEND: stopped; else it may be tried again (YG_EPIPE: with another
 * hunter). */
YG_MUST_USE int yg_hunt_pass_run(struct yg_hunt_pass *pass, int (*save)(void *arg), void *arg);
