/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/publish.h - warnings that go into collections of STIX objects.
 *
 *   plan approved ─► due ─► rules of collections, or a person's wish ─► gate (outlet taxii) ─► work
 *     withdrawn, corrected ─► due, and every publication of it is gone over again
 *
 * A collection has a rule (warnings at most TLP:x), or a person names a warning; nothing else
 * brings one in. What goes in was released to a sector before: the warning went to members of one,
 * under this marking or a more open one. It is the copy that the gate lets go to the collection's
 * audience without the victim's name; a collection for nobody else gets none.
 *
 * A publication belongs to the first plan and a collection, whatever follows that plan: all of them
 * are versions of the same objects. It keeps the ids of what was put, so that what a correction
 * does not name any more, and everything of a withdrawal, is revoked.
 *
 * Who puts is app/ (share/stix_notice.h makes the objects): yg_publish_next(), then
 * yg_publish_done(). What ends in between is done again, and gives the same bytes.
 *
 * Kept under "hub.warn": publish_rule (COLLECTION), publish_due (PLAN), published
 * (PLAN/COLLECTION), publish_wait (the same). One thread at a time, each with a register of its
 * own. Tests: tests/e2e/hub_publish.py
 */
#pragma once

#include "access/warnings.h"
#include "store/stix.h"

#define YG_PUBLISH_IDS_MAX 5000u /* objects of one publication */
#define YG_PUBLISH_ID_MAX  120u	 /* bytes of an object's id that is kept */

/* @by: read_warnings at the hub. {"collection","at_most","by","time"}. */
YG_MUST_USE int yg_publish_rules(struct yg_access *by, yg_warn_fn fn, void *arg);
/*
 * @by: write_warnings at the hub, a person. Warnings up to @at_most that are released from now on;
 * NONE: none any more, what is there stays. YG_OK; YG_EACCES; YG_EINVAL: no marking that a sector
 * may read; YG_EMISMATCH: the collection is the hub's, or for nobody else.
 */
YG_MUST_USE int yg_publish_rule_set(struct yg_access *by, const struct yg_collection *collection,
				    enum yg_tlp at_most);
/*
 * @by: as above. The warning or plan @id goes into @collection. YG_ENOENT: there is none;
 * YG_EMISMATCH: it was not released to a sector, was withdrawn, or the collection is none for it.
 */
YG_MUST_USE int yg_publish_wish(struct yg_access *by, const char *id,
				const struct yg_collection *collection);
/*
 * The same looked at, nothing is done; @by needs to be no person. *ret, owned: {"audience","tlp",
 * "named","refusal","copy"}: what of it would leave the gate for that collection; "copy" null: why
 * stands in "refusal".
 */
YG_MUST_USE int yg_publish_preview(struct yg_access *by, const char *id,
				   const struct yg_collection *collection, json_t **ret);
/*
 * @by: read_warnings at the hub. Of @plan ("": all), by key after @after: {"id","plan","number",
 * "collection","state","refusal","tlp","at_most","objects","time","first","by"}. state: waiting,
 * published, withdrawn, refused; objects: how many.
 */
YG_MUST_USE int yg_publish_list(struct yg_access *by, const char *plan, const char *after,
				uint32_t limit, yg_warn_fn fn, void *arg);

/* In the transaction of an approval, a withdrawal or a correction: @plan is the newest. */
YG_MUST_USE int yg_publish_plan_due(struct yg_hub_access *hub, const char *actor, const char *plan);

/* ---- the hub itself ---- */

struct yg_publish_work {
	char key[2 * YG_WARN_PLAN_HEX + YG_COLLECTION_NAME_MAX];
	struct yg_collection collection;
	char number[40];  /* of the first plan: ids are made of it */
	int64_t first_ns; /* when the first version was made; of this one where there is none */
	int64_t time_ns;  /* of this version */
	bool is_withdrawn;
	json_t *copy; /* that left the gate; NULL: nothing of it may be there (any more). Owned */
	json_t *ids;  /* what was put before; owned */
	json_t *body; /* of the publication; the reader's own */
};
void yg_publish_work_done(struct yg_publish_work *work);
/*
 * The first by its key of what waits; the collection's id stands behind the plan's in it. Then the
 * caller fills in @collection (number 0: it is gone), and the rest is filled in. YG_OK; YG_ENOENT:
 * nothing is due.
 */
YG_MUST_USE int yg_publish_next(struct yg_hub_access *hub, struct yg_publish_work *ret);
YG_MUST_USE int yg_publish_fill(struct yg_hub_access *hub, struct yg_publish_work *work);
const char *yg_publish_collection(const struct yg_publish_work *work);
/* It would fail so each time, and everything else would wait behind it: then it is given up. */
bool yg_publish_is_lasting(int rc);
/* @work is refused as "objects": nothing of it can be there, and its copy is gone. */
YG_MUST_USE int yg_publish_give_up(struct yg_publish_work *work);
/* It is in the collection, durably: @ids (taken) are all that were ever put. @versions: how many
 * came. */
YG_MUST_USE int yg_publish_done(struct yg_hub_access *hub, const struct yg_publish_work *work,
				json_t *take_ids, uint32_t versions);
