/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_hunt.h - automatic hunts of the hub: what is new among rules and indicators is looked for
 * in the archive (docs/hub-hunts.md).
 *
 *   detection took a changed set over ─► what is new (hub_hunt_new.h) ─gathered up to 10 s─► job
 *        DATA/hunts/ID/job.json: waiting ─► asks (over the bound) ─► running ─► done
 *                                                    └ a person's yes   └ one pass
 * (hub_hunt_pass.h)
 *
 * One job at a time, in a thread of the lowest priority that pauses while the live detection has
 * work; what stands in the archive is read by a process of its own, the hunter. What was there at
 * the first start of a hub is not new. Threads: start() takes one of its own until free();
 * changed() from any other. Tests: tests/unit/app/test_hub_hunt.c, tests/e2e/hub_hunts.py
 */
#pragma once

#include <jansson.h>

#include "app/hub_detect.h"
#include "app/hub_rules.h"

#define YG_HUB_HUNT_DAYS   30u	  /* looked back, by the hour of arrival */
#define YG_HUB_HUNT_ASK_MB 10240u /* of packed archive to be read; beyond, a person is asked */

struct yg_hub_hunts_opts {
	const char *data; /* folder; borrowed, as all here */
	const char *facts_path;
	const char *db_path; /* the register: what is done is noted there */
	const char *archive_dir;
	const char *archiver; /* the consumer that archives, as the journal knows it */
	struct yg_hub_rules *rules;
	struct yg_journal *journal;
	struct yg_hub_detect *detect;
	struct yg_clock clock;
	uint32_t days;		     /* 0: YG_HUB_HUNT_DAYS */
	uint32_t ask_mb;	     /* 0: YG_HUB_HUNT_ASK_MB */
	void (*distrust)(void *arg); /* of the hunter, from the thread */
	void *arg;
	/* The state of a job is another, and on the disk; @job is borrowed. NULL: nobody asks. Not
	 * written into the register here: whoever waits for that lock would wait for a thread that
	 * is last of all. */
	void (*told)(void *arg, const json_t *job);
	void *told_arg;
};

struct yg_hub_hunts;

/* YG_OK, YG_ENOMEM, the system's error; YG_EFORMAT: DATA/hunts/known is damaged. */
YG_MUST_USE int yg_hub_hunts_start(const struct yg_hub_hunts_opts *opts, struct yg_hub_hunts **ret);
/* Another hunter (hub_engine.h), its end of a stream. Any thread. */
void yg_hub_hunts_link(struct yg_hub_hunts *hunts, int take_fd);
/* Ends behind the frame it is at; the job goes on at the next start. NULL is allowed. */
struct yg_hub_hunts *yg_hub_hunts_free(struct yg_hub_hunts *hunts);
