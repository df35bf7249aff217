/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_clues.h - keeper, a thread: indicators that came as STIX act by themselves.
 *
 *   stix.db: objects that are new ─► values, markings (parse/clue.h) ─► clues (store/clues.h)
 *   hub.db: words of people ────────────────────────────────────────► clues
 *   facts.db: findings with one of their values ─► sightings ────────► clues
 *   clues whose time has come ─► on a list of well-known values? ─► verdict (model/clue.h)
 *      └► parts that changed ─► DATA/indicators, for the engine and for hunts (hub_clue_lists.h)
 *                           └─► lists of sensors (signed, numbered messages)
 *
 * All of it is told from what is on the disk: what was begun and not ended before a crash is done
 * again and changes nothing. Threads: start() takes one of its own until free().
 * Tests: tests/e2e/hub_clues.py
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "model/clue.h"

struct yg_hub_clues_opts {
	const char *data; /* folder; borrowed, as all here */
	const char *db_path;
	const char *facts_path;
	const char *stix_path;
	struct yg_clock clock;
	struct yg_clue_rules rules;
};

struct yg_hub_clues;

/* YG_OK, YG_ENOMEM, YG_ELIMIT, the system's error. */
YG_MUST_USE int yg_hub_clues_start(const struct yg_hub_clues_opts *opts, struct yg_hub_clues **ret);
/* Ends behind the step it is at. NULL is allowed. */
struct yg_hub_clues *yg_hub_clues_free(struct yg_hub_clues *clues);
