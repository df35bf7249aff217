/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/people-int.h - a person as he is kept: what people.c (the register) and sign_in.c (what
 * he does himself) share.
 */
#pragma once

#include "access/hub-int.h"
#include "access/people.h"

struct yg_person_kept {
	struct yg_person shown;
	char hash[YG_PASSWORD_HASH_MAX]; /* "": no password */
	char link[YG_SHA256_HEX + 1];	 /* digest of the one link that is good; "": none */
	uint32_t revision;
};

struct yg_factor_kept {
	bool is_set;
	bool is_waiting;
	uint8_t secret[YG_TOTP_SECRET_BYTES];
	uint8_t waiting[YG_TOTP_SECRET_BYTES];
	int64_t used; /* the last step a code of which was taken */
	char recovery[YG_HUB_RECOVERY_CODES][YG_SHA256_HEX + 1];
	uint32_t recovery_count;
	uint32_t revision;
};

/* YG_OK, YG_ENOENT (also one who left). */
YG_MUST_USE int yg_person_load(struct yg_hub_access *hub, const char *id,
			       struct yg_person_kept *ret);
YG_MUST_USE int yg_person_save(struct yg_hub_access *hub, const char *actor,
			       const struct yg_person_kept *kept);
/* The id that belongs to @login. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_person_by_login(struct yg_hub_access *hub, struct yg_bytes login,
				   char ret_id[YG_RANDOM_ID_HEX + 1]);
/* Without a document: nothing is set, revision 0. */
YG_MUST_USE int yg_factor_load(struct yg_hub_access *hub, const char *person,
			       struct yg_factor_kept *ret);
YG_MUST_USE int yg_factor_save(struct yg_hub_access *hub, const char *actor, const char *person,
			       const struct yg_factor_kept *factor);
YG_MUST_USE int yg_person_note_seen(struct yg_hub_access *hub, const char *actor, const char *id);
