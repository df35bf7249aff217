/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_hunt_set.h - what a hunt looks for: the rules and indicators of its folder DATA/hunts/ID.
 *
 * Threads: one.
 */
#pragma once

#include "app/hub_hunt_job.h"
#include "app/hub_indicators.h"
#include "app/reload.h"

#define YG_HUNT_SENSOR "archive" /* of bundles: lines of the archive name no sensor */

struct yg_hunt_set {
	char rules_dir[YG_HUNT_PATH_MAX];
	char indicators_dir[YG_HUNT_PATH_MAX];
	char warned_dir[YG_HUNT_PATH_MAX];
	const char *paths[4];
	struct yg_options options;
	struct yg_rule_set set;
	struct yg_hub_indicators *known;
};

/*
 * In place; done() in any case. @allow_dir and @warning_dir are borrowed. @is_general: without the
 * indicators that count for single organisations, and nothing is enough. YG_OK; YG_ENOENT: nothing
 * of it can be used; or an error.
 */
YG_MUST_USE int yg_hunt_set_load(struct yg_hunt_set *set, const char *hunts_dir, const char *id,
				 const char *allow_dir, const char *warning_dir, bool is_general);
void yg_hunt_set_done(struct yg_hunt_set *set);
