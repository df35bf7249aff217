/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/mandate.h - what a member lets a service provider do for it, in writing, until when.
 *
 * The member gives it, and ends it at any time and at once; the provider may give it back. What is
 * done under it carries its id in the actor's name ("person:ID by PROVIDER/MANDATE").
 * Kept under "hub.access": kinds mandate (MEMBER/ID) and mandate_of (PROVIDER/MEMBER/ID).
 * Tests: tests/unit/access/test_mandate.c
 */
#pragma once

#include "access/hub.h"

struct yg_mandate {
	char id[YG_RANDOM_ID_HEX + 1];
	char org[YG_ENROL_ID_MAX + 1]; /* the member */
	char provider[YG_ENROL_ID_MAX + 1];
	char signed_by[YG_ENROL_NAME_MAX + 1]; /* who signed it for the member */
	int32_t signed_day;
	int32_t last_day; /* in Japan */
	uint64_t rights;  /* bits 1 << enum yg_hub_right */
	int64_t given_ns;
	int64_t ended_ns; /* YG_TIME_NONE: it was not */
	char given_by[YG_DOC_ACTOR_MAX + 1];
	char ended_by[YG_DOC_ACTOR_MAX + 1];
};

/*
 * @by: write_mandates at the member. @wish: provider, signed_by, signed_day, last_day, rights.
 * YG_OK; YG_ENOENT: no such provider; YG_EINVAL: a right that no provider can have, no name, a day
 * that is none, in the wrong order or over; YG_ELIMIT: the provider holds YG_HUB_MANDATES_MAX.
 */
YG_MUST_USE int yg_mandate_give(struct yg_access *by, const struct yg_mandate *wish,
				char ret_id[YG_RANDOM_ID_HEX + 1]);
/* @by: write_mandates at the member, or read_mandates at the provider. YG_OK (also when it had
 * ended), YG_ENOENT. */
YG_MUST_USE int yg_mandate_end(struct yg_access *by, const char *org, const char *id);
/* @by: read_mandates. At an organisation: those that it gave, then those that it holds; at the hub:
 * all. Ended ones too. The callback may not write. */
typedef int (*yg_mandate_fn)(void *arg, const struct yg_mandate *mandate);
YG_MUST_USE int yg_mandate_list(struct yg_access *by, yg_mandate_fn fn, void *arg);
