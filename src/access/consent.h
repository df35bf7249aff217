/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/consent.h - participation terms of the hub, members' consent to them, and who looked at
 * a member's records.
 *
 * The hub says which version of its terms holds and at whose house the data lie (the host of
 * storage). A member whose consent is missing, withdrawn, or to another version or host sends
 * nothing. Without terms nothing is demanded.
 * Kept under "hub.access": kinds terms and consent; views under the member's own organisation, so
 * that they go with its data (kind view).
 * Tests: tests/unit/access/test_consent.c
 */
#pragma once

#include "access/hub.h"

#define YG_CONSENT_VERSION_MAX 64u
#define YG_CONSENT_HOST_MAX    200u
#define YG_VIEW_REASON_MAX     1000u /* bytes */
#define YG_VIEW_WHAT_MAX       1000u

struct yg_terms {
	char version[YG_CONSENT_VERSION_MAX + 1]; /* "": none were set */
	char host[YG_CONSENT_HOST_MAX + 1];
	int32_t from_day;
	int64_t set_ns;
};
/* @by: write_org at the hub. An empty version: nothing is demanded any more. YG_OK, YG_EINVAL. */
YG_MUST_USE int yg_terms_set(struct yg_access *by, const struct yg_terms *terms);
YG_MUST_USE int yg_terms_get(struct yg_enrol *enrol, struct yg_terms *ret);

struct yg_consent {
	char version[YG_CONSENT_VERSION_MAX + 1];
	char host[YG_CONSENT_HOST_MAX + 1];
	char signed_by[YG_ENROL_NAME_MAX + 1];
	int32_t day;
	int64_t recorded_ns;
	char recorded_by[YG_DOC_ACTOR_MAX + 1];
	bool is_withdrawn;
	bool is_current;
};
/* @by: write_consent at the member, to the terms that hold now. @version must be theirs, so that
 * nobody agrees to what was changed meanwhile. YG_OK, YG_EMISMATCH, YG_EINVAL. */
YG_MUST_USE int yg_consent_give(struct yg_access *by, const char *version, const char *signed_by,
				int32_t day);
/* @by: write_consent. Nothing is taken from this member any more. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_consent_withdraw(struct yg_access *by);
/* @by: read_consent. YG_OK, YG_ENOENT (none yet). */
YG_MUST_USE int yg_consent_get(struct yg_access *by, struct yg_consent *ret);

/*
 * May batches of @org be taken? YG_OK; YG_EACCES: no consent to what holds now; YG_ENOENT: there is
 * no such organisation, or it was closed. For the listener of sensors. Cost: three look-ups.
 */
YG_MUST_USE int yg_consent_is_current(struct yg_enrol *enrol, const char *org);

/*
 * The number of the last change of what that rests on besides the register of organisations and
 * sensors (yg_enrol_change), by whatever process: while both are the same, so is the answer.
 */
YG_MUST_USE int yg_consent_change(struct yg_enrol *enrol, uint64_t *ret);

/* ---- who opened what, when and why ---- */

struct yg_view {
	char id[YG_RANDOM_ID_HEX + 1]; /* later ones come first */
	int64_t time_ns;
	char actor[YG_DOC_ACTOR_MAX + 1]; /* with the mandate, where there is one */
	char name[YG_ENROL_NAME_MAX + 1];
	char org[YG_ENROL_ID_MAX + 1]; /* who he acts for: "hub", a provider */
	enum yg_hub_role role;
	bool is_machine;		 /* the hub itself, of nobody's doing: it has no role */
	char what[YG_VIEW_WHAT_MAX + 1]; /* "finding 3f…", "2026-11-25T00:00Z to …, host=web" */
	uint64_t records;		 /* how many at most; 0: not known beforehand */
	char reason[YG_VIEW_REASON_MAX + 1];
};

/* Its role as a word: "analyst", …; "machine". */
const char *yg_view_role_name(const struct yg_view *view);

/* False for people and programs of the member itself. */
bool yg_views_need_reason(const struct yg_access *access);
/*
 * Before raw records are given through @access (read_records at the member): write it down, for the
 * member to see. YG_OK, also where no reason is needed and none is given (nothing is written then);
 * YG_EINVAL: no reason, or too long, or not UTF-8. Only after YG_OK may records be given.
 */
YG_MUST_USE int yg_views_add(struct yg_access *access, const char *what, uint64_t records,
			     const char *reason);
/* @by: read_views at the member. Latest first, after @after ("": from the latest), at most
 * @limit. The callback may not write. */
typedef int (*yg_view_fn)(void *arg, const struct yg_view *view);
YG_MUST_USE int yg_views_list(struct yg_access *by, const char *after, uint32_t limit,
			      yg_view_fn fn, void *arg);
