/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/sightings.h - the indicators of a warning on their way to who got it, and what they hit.
 *
 *   released ─► due ─► told: what the gate lets go to sensors of that recipient ─► its sensors
 *                        │                                             (signed, numbered messages)
 *                        └─► the hub's own lists, for that recipient's logs alone (app/hub_sight.h)
 *   a finding with one of its values ─► sighting of that warning (new, or from the archive)
 *   withdrawn, corrected, over ─► due ─► told no more ─► taken from the sensors again
 *
 * An indicator without an end counts for YG_SIGHT_VALID_DAYS. Nothing here is shown to anybody but
 * the recipient, and to who reads warnings at the hub as counts.
 *
 * Kept beside the warnings ("hub.warn"): kinds told_due (PLAN), told (ORG/WARNING), lists_due
 * (ORG), lists (ORG/SENSOR: what it was sent), sighting (WARNING/FINDING), seen (WARNING: sums),
 * look (WARNING: the archive), home (WARNING/SENSOR: its own), sight_cursor. One thread at a time
 * for each struct yg_hub_access; several processes may have one. Tests:
 * tests/unit/access/test_sightings.c, tests/e2e/hub_sightings.py
 */
#pragma once

#include "access/warnings.h"
#include "store/facts.h"

#define YG_SIGHT_VALID_DAYS 90u
#define YG_SIGHT_LISTS_MAX  500u	/* of one organisation; the newest count */
#define YG_SIGHT_PART_BYTES (48u << 10) /* of a list in one message; longer ones go as several */
#define YG_SIGHT_SHOWN_MAX  1000u	/* sightings of one warning that are kept one by one */
#define YG_SIGHT_HEX	    (2 * YG_FACT_ID_BYTES)

/* ---- beginning: in the transaction of a release, a withdrawal, a time that is over ---- */

/* The warnings of @plan are to be looked at: who has to have which indicators. */
YG_MUST_USE int yg_sight_plan_due(struct yg_hub_access *hub, const char *actor, const char *plan);
/* The sensors of @org are to be looked at: one is new. */
YG_MUST_USE int yg_sight_org_due(struct yg_hub_access *hub, const char *actor, const char *org);

/* ---- the hub itself ---- */

/*
 * The next @limit warnings that are due: told, or told no more. *ret_changed: something is told
 * that was not, or the other way round. Each call is one transaction. YG_OK; YG_ENOENT: none is
 * due.
 */
YG_MUST_USE int yg_sight_settle(struct yg_hub_access *hub, int64_t now_ns, uint32_t limit,
				bool *ret_changed);
/* The next organisation that is due: its sensors get what they lack, and lose what is told no more.
 * YG_OK, YG_ENOENT: none is. */
YG_MUST_USE int yg_sight_tell(struct yg_hub_access *hub);

/* A value that is told to @org. Texts are borrowed for the call. */
struct yg_sight_value {
	const char *org;
	const char *warning;
	struct yg_bytes value; /* as the notice has it */
	int64_t until_ns;
};
typedef int (*yg_sight_value_fn)(void *arg, const struct yg_sight_value *one);
YG_MUST_USE int yg_sight_each(struct yg_hub_access *hub, yg_sight_value_fn fn, void *arg);

/* A finding (a bundle) that holds one of the values of @warning. */
struct yg_sighting {
	const char *warning;
	uint8_t finding[YG_FACT_ID_BYTES];
	struct yg_bytes sensor;
	struct yg_bytes value; /* that was found */
	struct yg_bytes hunt;  /* empty: when it came */
	bool is_home;	       /* in the sensor's own archive: value and hunt are empty */
	int64_t first_ns;
	int64_t last_ns;
	uint64_t count;
};
/* Again with a greater count: that counts. In a transaction of the caller's, or one of its own.
 * YG_OK; YG_ENOENT: there is no such warning. */
YG_MUST_USE int yg_sight_add(struct yg_hub_access *hub, const struct yg_sighting *one);
/* How far the findings were read (yg_fact_finding.change); 0: never. */
YG_MUST_USE int yg_sight_cursor(struct yg_hub_access *hub, uint64_t *ret);
YG_MUST_USE int yg_sight_cursor_set(struct yg_hub_access *hub, uint64_t change);

/* What became of the look into the archive for @warning. */
struct yg_sight_look {
	const char *state; /* "asks", "running", "done", "none", "failed", "cancelled" */
	const char *hunt;
	int64_t from_ns; /* what was there to be looked at; YG_TIME_NONE */
	int64_t to_ns;
	uint64_t records; /* that were read: the rest cannot hold it, by the archive's filters */
};
YG_MUST_USE int yg_sight_looked(struct yg_hub_access *hub, const char *warning,
				const struct yg_sight_look *look);

/*
 * The same of the own archive of a sensor whose logs stay with the member (sensor/back.h), which
 * was given the list @list ("warning-ID.csv"): the newest counts. Kept as "home" (WARNING/SENSOR);
 * what it hit is a sighting, too.
 */
struct yg_sight_home {
	const char *org;
	const char *sensor;
	struct yg_bytes list;
	bool has_archive; /* false: nothing was looked at */
	int64_t from_ns;
	int64_t to_ns;
	int64_t first_ns; /* YG_TIME_NONE */
	int64_t last_ns;
	uint64_t records;
	uint64_t count;
	uint64_t gaps;
	uint64_t damaged;
};
/* A transaction of its own. YG_OK; YG_ENOENT: that sensor was not given such a list. */
YG_MUST_USE int yg_sight_home(struct yg_hub_access *hub, const struct yg_sight_home *home);

/* ---- showing ---- */

/*
 * As an object:
 * {"indicators","until","state","new":{…},"archive":{…},"looked_back":{…},"at_home":{…},
 * "sensors"}.
 * @is_own: sensors one by one, else how many. *ret owned; null where the warning gave none.
 */
YG_MUST_USE int yg_sight_summary(struct yg_hub_access *hub, const char *id, const json_t *warning,
				 bool is_own, json_t **ret);
/* Newest first is not kept: by finding (its minute), after @after (""). @by: read_warnings at the
 * recipient; at the hub: YG_OK and none, the counts are in the warning. YG_ENOENT. */
YG_MUST_USE int yg_sight_list(struct yg_access *by, const char *id, const char *after,
			      uint32_t limit, yg_warn_fn fn, void *arg);
