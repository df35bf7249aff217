/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_looks.h - keeper, the detection's thread: what sensors found in their own archives for
 * the indicators of warnings, to the warnings (access/sightings.h).
 *
 * A look is written before its batch counts as read: what comes again after a crash is the same
 * row. A connection of its own to hub.db, opened when the first look comes, again after an error.
 */
#pragma once

#include "app/hub_detect_told.h"
#include "base/clock.h"

struct yg_hub_looks;

/* @db_path outlives it. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_hub_looks_new(const char *db_path, struct yg_clock clock,
				 struct yg_hub_looks **ret);
struct yg_hub_looks *yg_hub_looks_free(struct yg_hub_looks *looks);

/* As yg_hub_detect_opts.look; @arg: struct yg_hub_looks. What nobody asked for is passed over. */
YG_MUST_USE int yg_hub_looks_take(void *arg, const char *org, const char *sensor,
				  const struct yg_told_look *look);
