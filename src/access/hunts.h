/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/hunts.h - hunts of the hub (docs/hub-hunts.md), as people see them and as they are written
 * down.
 *
 * A hunt is of the hub: it looks for what is new there in the archive of each member in turn. So a
 * member sees those that looked at its own archive, with its own numbers, and no other member's,
 * nor a sum over all. What a hunt does stands in the audit log (hunt.ask, hunt.begin, hunt.confirm,
 * hunt.refuse, hunt.end), and that an archive was searched stands in its member's list of views
 * (consent.h), before a line of it is read. Both are written once, however often a hunt that was
 * killed goes on.
 *
 * Documents: kind hunt_deed of the register (key ID/ACTION), kind hunt under the member's own
 * organisation (key ID), which goes with its data.
 * One thread at a time for each struct yg_hub_access.
 * Tests: tests/unit/access/test_hunts.c, tests/e2e/hub_hunts.py
 */
#pragma once

#include <jansson.h>

#include "access/consent.h"

#define YG_HUNT_SHOWN_RULES 1000u /* ids of rules in one object */

/* Who said yes or no to a hunt that asks. An empty actor: nobody, it went by itself. */
struct yg_hunt_who {
	char actor[YG_DOC_ACTOR_MAX + 1];
	char name[YG_ENROL_NAME_MAX + 1];
	enum yg_hub_role role;
	char reason[YG_VIEW_REASON_MAX + 1]; /* "": none was given */
};
/* The caller of @access. @reason NULL: none. YG_OK; YG_EINVAL: too long, or no text. */
YG_MUST_USE int yg_hunt_who_of(const struct yg_access *access, const char *reason,
			       struct yg_hunt_who *ret);

/*
 * An entry of the audit log that hunt @id did @action ("hunt.begin"), once for each of them:
 * YG_OK also when it stands there. @actor "": the hub's machine.
 */
YG_MUST_USE int yg_hunt_note(struct yg_hub_access *hub, const char *id, const char *action,
			     const char *actor, const char *detail);

/*
 * The archive of @org is searched from now on by hunt @id, for @what ("2 rules, 3 indicators"): its
 * member sees it. Once for each hunt and organisation. YG_OK; YG_ENOENT: there is no such
 * organisation, or it was closed: its archive is left alone.
 */
YG_MUST_USE int yg_hunt_note_search(struct yg_hub_access *hub, const char *id, const char *org,
				    const char *what, const struct yg_hunt_who *who);

/* May it be searched at all? As above, and nothing is written. */
YG_MUST_USE int yg_hunt_may_search(struct yg_hub_access *hub, const char *org);

/*
 * The document of a hunt (docs/hub-hunts.md) as an object of the API, by what @reach holds. With
 * all organisations: those it looked at and its "total"; else the own ones, and "total" is null.
 * *ret owned. YG_OK; YG_ENOENT: nothing of it is reached; YG_ENOMEM.
 */
YG_MUST_USE int yg_hunt_json(const json_t *job, const struct yg_hub_reach *reach, json_t **ret);
