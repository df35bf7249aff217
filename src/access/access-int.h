/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/access-int.h - what an access is made of: access.c reads and writes with it, hub.c makes
 * those of a hub and looks at them again.
 */
#pragma once

#include "access/hub.h"

#define YG_ACCESS_NAME_MAX 200u /* bytes */

struct yg_access {
	struct yg_control *store;
	struct yg_clock clock;
	enum yg_role role;
	char *actor;
	/* An invited one: key "ASSESSMENT/ID" of the invitation, and how much of it is the
	 * assessment. NULL: not bound to an assessment. */
	char *invitation;
	size_t assessment_size;
	char org[YG_ENROL_ID_MAX + 1];
	/* At a hub (else NULL): who opened it, for what, and the mandate that alone allowed it. */
	struct yg_hub_access *hub;
	enum yg_hub_right right;
	struct yg_hub_actor who;
	enum yg_hub_role hub_role;
	char acts_for[YG_ENROL_ID_MAX + 1]; /* "hub", a provider, the organisation itself */
	char mandate[YG_RANDOM_ID_HEX + 1]; /* "": none was needed */
};

/* @person trimmed, printable, at most YG_ACCESS_NAME_MAX bytes. Returns the size. */
size_t yg_access_clean_name(struct yg_bytes person, char to[YG_ACCESS_NAME_MAX + 1]);

/* Is what was allowed when a hub's access was opened still allowed? YG_OK, YG_ENOENT, YG_EACCES. */
YG_MUST_USE int yg_hub_check(const struct yg_access *access);
