/* SPDX-License-Identifier: Apache-2.0 */
/* access/members-int.h - what others in access/ may do with the contacts of members. */
#pragma once

#include "access/members.h"

/* Empty, or one address that is safe in the head of a mail. */
bool yg_member_is_mail(const char *text);
/*
 * Whom to reach at @org, in a transaction of the caller, who has checked that the actor may. NULL:
 * as it is. It counts as not tried. YG_OK; YG_EINVAL: as yg_member_set().
 */
YG_MUST_USE int yg_member_contact_put(struct yg_hub_access *hub, const char *actor, const char *org,
				      const char *mail, const char *phone);
