/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/audit-int.h - the form of the audit log in the store (docs/audit.md): what writing and
 * verifying share.
 */
#pragma once

#include "access/hub-int.h"

#define YG_AUDIT_ENTRY	    "entry"
#define YG_AUDIT_CHECKPOINT "checkpoint"
#define YG_AUDIT_NOTHING    "0000000000000000000000000000000000000000000000000000000000000000"
#define YG_AUDIT_KEY_ROOM   24u
#define YG_AUDIT_LIST_MAX   1000u /* digests in one checkpoint */

/* Where the log ends: number and digest of the last entry. */
struct yg_audit_end {
	uint64_t number; /* 0: there is none */
	bool is_signed;	 /* a checkpoint stands behind it */
	char digest[YG_SHA256_HEX + 1];
};

/* The key of entry or checkpoint @number. */
void yg_audit_key_of(uint64_t number, char to[YG_AUDIT_KEY_ROOM]);
/* Adds "signature" over the canonical form of @checkpoint. */
YG_MUST_USE int yg_audit_sign(const struct yg_hub_access *hub, json_t *checkpoint);
