/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/members.h - what a community knows of a member (sector, provider, whom to reach), and who
 * supplies whom.
 *
 * A relation stands between two organisations. One of them declares it, the other confirms it by
 * saying the same; other answers make it wait for the other side again. `naming` is the supplier's
 * word alone. It is visible to its two parties and, when both agreed and both confirmed, to the
 * analysts of the hub; to nobody else, administrators included: who asks for another's is answered
 * before anything is looked up. A partner that is not at this hub is taken like one that is, so
 * nobody learns who is. In the audit log a relation has a number instead of its parties.
 *
 * Kept under "hub.access": kinds member (ORG), relation (SUPPLIER/BUYER), relation_of
 * (BUYER/SUPPLIER) and relation_seen (SUPPLIER/BUYER, those analysts see).
 * One thread at a time.
 * Tests: tests/unit/access/test_members.c, tests/e2e/relations.py (every outlet as every party)
 */
#pragma once

#include "access/hub.h"
#include "model/community.h"

#define YG_SUPPLIES_MAX	       5000u /* that one organisation has; more from the command line */
#define YG_MEMBER_PHONE_MAX    40u
#define YG_MEMBER_HOURS_MAX    200u
#define YG_MEMBER_LANGUAGE_MAX 2u

/*
 * Changes between the two are one: with @rc YG_OK all of them happen, else none, and @rc is given
 * back. The audit log has an entry for each; its checkpoints are signed when all is on the disk.
 */
YG_MUST_USE int yg_hub_together(struct yg_hub_access *hub);
YG_MUST_USE int yg_hub_together_end(struct yg_hub_access *hub, int rc);

/* ---- members ---- */

struct yg_member_profile {
	char name_ja[YG_MEMBER_TEXT_MAX + 1];
	char name_en[YG_MEMBER_TEXT_MAX + 1];
	char sector[YG_MEMBER_TEXT_MAX + 1];
	char provider[YG_MEMBER_TEXT_MAX + 1];
	char contact_mail[YG_MEMBER_MAIL_MAX + 1];
	char contact_phone[YG_MEMBER_PHONE_MAX + 1];
	char deputy_mail[YG_MEMBER_MAIL_MAX + 1];
	char deputy_phone[YG_MEMBER_PHONE_MAX + 1];
	char hours[YG_MEMBER_HOURS_MAX + 1]; /* when the contact is there, in words */
	/* Of mails: "ja", "en"; "": Japanese first, English below. */
	char language[YG_MEMBER_LANGUAGE_MAX + 1];
	int32_t verified_day; /* contacts were tried; YG_DAY_NONE: never */
	int64_t changed_ns;   /* YG_TIME_NONE: nothing is known yet */
};

/* The texts of a profile by name: for reading and writing them all. NULL after the last. */
struct yg_member_field {
	const char *name;
	size_t offset;
	size_t bytes_max;
};
const struct yg_member_field *yg_member_fields(void);

/* @by: read_members. YG_OK (an empty one when nothing is known yet). */
YG_MUST_USE int yg_member_get(struct yg_access *by, struct yg_member_profile *ret);
/*
 * @by: write_members at the organisation. All of it is replaced. YG_OK; YG_EINVAL: control
 * characters, no mail address, another language, or a day that is still to come.
 */
YG_MUST_USE int yg_member_set(struct yg_access *by, const struct yg_member_profile *profile);

/* ---- relations ---- */

struct yg_supply {
	char supplier[YG_ENROL_ID_MAX + 1];
	char buyer[YG_ENROL_ID_MAX + 1];
	uint8_t answers;	/* YG_ANSWER_… */
	enum yg_naming naming;	/* ASK until the supplier says */
	int64_t by_supplier_ns; /* when the supplier said so; YG_TIME_NONE: not yet */
	int64_t by_buyer_ns;	/* and the buyer */
	bool analysts_supplier; /* may the hub's analysts see it? */
	bool analysts_buyer;
};
/* Both sides said the same: warnings go along it. */
bool yg_supply_is_confirmed(const struct yg_supply *supply);
/* May analysts see it? */
bool yg_supply_is_seen(const struct yg_supply *supply);

/*
 * @by: write_relations at one of the two. Declares, confirms or changes: @wish has supplier, buyer,
 * answers, naming (the supplier's; YG_NAMING_COUNT, or from the buyer: as it is), and @analysts for
 * the own side. YG_OK;
 * YG_EINVAL: ids that are none, or one and the same; YG_ENOENT: neither is the own; YG_ELIMIT.
 */
YG_MUST_USE int yg_supply_say(struct yg_access *by, const struct yg_supply *wish, bool analysts);
/* Either side, at once: it is gone for both. YG_OK, YG_ENOENT (also where neither is the own). */
YG_MUST_USE int yg_supply_end(struct yg_access *by, const char *supplier, const char *buyer);

/* @by: read_relations, at one of the two. YG_OK, YG_ENOENT as above. */
YG_MUST_USE int yg_supply_get(struct yg_access *by, const char *supplier, const char *buyer,
			      struct yg_supply *ret);
/*
 * @by: read_relations. At an organisation: those where it is the buyer, then those where it is the
 * supplier, each by the other's id; at the hub: those that analysts see. @after: the place that the
 * callback got for the last one of the page before, or ""; @limit 0: all. The callback may not
 * write.
 */
#define YG_SUPPLY_PLACE (2 * YG_ENROL_ID_MAX + 4)
typedef int (*yg_supply_fn)(void *arg, const struct yg_supply *supply, const char *place);
YG_MUST_USE int yg_supply_list(struct yg_access *by, const char *after, uint32_t limit,
			       yg_supply_fn fn, void *arg);

/*
 * Every relation that both confirmed, for planning warnings inside the hub alone: what comes of it
 * may tell no person more than yg_supply_list() would.
 */
YG_MUST_USE int yg_supply_each_confirmed(struct yg_hub_access *hub, yg_supply_fn fn, void *arg);
