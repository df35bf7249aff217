/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_hunt_new.h - what of the rules and indicators of a hub was not there before.
 *
 *   DATA/rules, DATA/indicators ─► entries (a document, a line) ─► their hashes ─► never seen: new
 *
 * An entry is a document of a rule file or a line of a list, as it is written: one that came again
 * unchanged is not new, one that says something else is. Hashes are kept for good in DATA/hunts/
 * known, 8 bytes each, so that a hub that is started again knows what came while it was down.
 *
 * Also the gathering of several changes into one hunt, with the time as a parameter.
 * Threads: one. Tests: tests/unit/app/test_hub_hunt.c, tests/e2e/hub_hunts.py
 */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "base/err.h"

#define YG_HUNT_KNOWN_MAX (32u << 20) /* entries; beyond, nothing is new any more (said) */

#define YG_HUNT_QUIET_MS  2000	/* without a further change a hunt begins */
#define YG_HUNT_GATHER_MS 10000 /* after the first change it begins in any case */

/* When what was gathered is to be hunted for. Zero: nothing is waiting. Times: any clock, ms. */
struct yg_hunt_gather {
	int64_t first_ms;
	int64_t last_ms;
	bool is_waiting;
};
/* Something new came at @now_ms. */
void yg_hunt_gather_note(struct yg_hunt_gather *gather, int64_t now_ms);
/* Is it time? True once: then it is empty again. */
bool yg_hunt_gather_due(struct yg_hunt_gather *gather, int64_t now_ms);

struct yg_hunt_known;

/* *ret_is_new: there is no such file yet. YG_OK; YG_EFORMAT: damaged; YG_ENOMEM, the system's. */
YG_MUST_USE int yg_hunt_known_open(const char *path, struct yg_hunt_known **ret, bool *ret_is_new);
/* On the disk when it returns. */
YG_MUST_USE int yg_hunt_known_save(const struct yg_hunt_known *known);
struct yg_hunt_known *yg_hunt_known_free(struct yg_hunt_known *known);

struct yg_hunt_new {
	uint64_t indicators; /* entries */
	uint64_t rules;
	json_t *rule_ids; /* array of ids, of titles where a rule has none; owned, NULL allowed */
	/*
	 * Indicators that count for single organisations (hub_warned.h), beside those above:
	 * {ORGANISATION:{"indicators":N,"warnings":[ID…]}}; owned, NULL allowed.
	 */
	json_t *warned;
};

/*
 * Look at both folders; entries that are not known become known: of those for one organisation the
 * value, the organisation and the warning together. With @to (a folder that has "rules",
 * "indicators" and "indicators/.warned" in it; NULL: only learn) the new ones are written there,
 * rules with the file they stand in. *ret is added to. YG_OK, YG_ENOMEM, YG_ELIMIT, the system's
 * error. Cost: both folders are read.
 */
YG_MUST_USE int yg_hunt_look(struct yg_hunt_known *known, const char *rules_dir,
			     const char *indicators_dir, const char *to, struct yg_hunt_new *ret);
