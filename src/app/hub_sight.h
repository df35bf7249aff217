/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_sight.h - keeper, a thread: indicators of warnings out to who got them, sightings back.
 *
 *   a warning goes out, or back ─► told ─► messages to the recipient's sensors
 *   (access/sightings.h)            └────► DATA/indicators/.warned, for the engine (hub_warned.h)
 *                                                └► hunts of the archive (hub_hunt.h)
 *   facts.db: findings that changed ─► those with a value that is told there ─► sightings
 *                                  └─► of a rule that warns by itself (access/automatic.h)
 *
 * What comes again after a crash changes nothing: messages are written down with what is known of
 * them, and a finding counts once for each warning. Hunts of the last runs are read again from
 * their folders. The place in the findings is kept with the sightings, and now and then without.
 * Threads: start() takes one of its own until free(). Tests: tests/e2e/hub_sightings.py
 */
#pragma once

#include <jansson.h>

#include "base/clock.h"
#include "base/err.h"

struct yg_hub_sight_opts {
	const char *data; /* folder; borrowed, as all here */
	const char *db_path;
	const char *facts_path;
	struct yg_clock clock;
};

struct yg_hub_sight;

/* YG_OK, YG_ENOMEM, the system's error. */
YG_MUST_USE int yg_hub_sight_start(const struct yg_hub_sight_opts *opts, struct yg_hub_sight **ret);
/* A hunt of the archive has got on (hub_hunt.h): its warnings are told so. @arg: struct
 * yg_hub_sight; @job is borrowed. Any thread. */
void yg_hub_sight_hunted(void *arg, const json_t *job);
/* Ends behind the round it is at. NULL is allowed. */
struct yg_hub_sight *yg_hub_sight_free(struct yg_hub_sight *sight);
