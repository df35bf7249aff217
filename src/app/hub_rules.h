/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_rules.h - what the hub looks for: the own pack, DATA/rules, DATA/indicators, DATA/allow.
 *
 * The folders are watched (app/reload.h): what changes is read and compiled beside the running set,
 * and takes over between two batches, or is refused in words (file:line), and the former set stays.
 * Threads: one; compiling has a thread of its own inside.
 */
#pragma once

#include "app/hub_indicators.h"
#include "app/reload.h"
#include "app/source_files.h"
#include "base/zone.h"

#define YG_HUB_RULES_PATH_MAX 4096u

struct yg_hub_rules {
	struct yg_options options; /* the paths below */
	char rules_dir[YG_HUB_RULES_PATH_MAX];
	char indicators_dir[YG_HUB_RULES_PATH_MAX];
	char warned_dir[YG_HUB_RULES_PATH_MAX]; /* of indicators for single organisations */
	char allow_dir[YG_HUB_RULES_PATH_MAX];
	char warning_dir[YG_HUB_RULES_PATH_MAX]; /* lists of well-known values */
	const char *paths[4];
	struct yg_rule_set set;		 /* the running one */
	struct yg_hub_indicators *known; /* of its indicators */
	struct yg_hub_indicators
		*loaded;		 /* of the set in hand: the loading thread's until look() */
	struct yg_hub_indicators *ready; /* of the set that look() gave */
	struct yg_source_files sources;
	struct yg_zone *zone;
	struct yg_reload *reload;
};

/*
 * Make the folders below @data where they are not there, and load what is in them. What is wrong in
 * a file is said; the rest counts. With @without_pack only what is in the folders. YG_OK, or an
 * error that was said.
 */
YG_MUST_USE int yg_hub_rules_open(struct yg_hub_rules *rules, const char *data, bool without_pack,
				  struct yg_clock clock);
/* The same without rules and indicators: paths, time zone, descriptions of sources. */
YG_MUST_USE int yg_hub_rules_open_reading(struct yg_hub_rules *rules, const char *data,
					  bool without_pack);
void yg_hub_rules_done(struct yg_hub_rules *rules);

/* Is there a changed set? Cheap; called often. True: *ret, owned by the caller until …take(). */
bool yg_hub_rules_look(struct yg_hub_rules *rules, struct yg_rule_set *ret);
/*
 * From now on @set is the running one; the former is freed, so nothing may use it any more. YG_OK,
 * or YG_ENOMEM: the former stays.
 */
YG_MUST_USE int yg_hub_rules_take(struct yg_hub_rules *rules, struct yg_rule_set *set);
