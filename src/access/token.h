/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/token.h - API tokens: a program that reads or writes for an organisation.
 *
 * A token has an organisation, a role there, some of that role's rights, and a last day. "analyst
 * at acme" reads as an analyst does, of acme only. Nobody hands out more than he may do himself;
 * the command line at the data folder may hand out everything. Only the digest is kept.
 * Kept under "hub.access": kinds token (ORG/ID) and token_key (digest).
 * Tests: tests/unit/access/test_token.c
 */
#pragma once

#include "access/hub.h"
#include "base/crypt.h"

#define YG_TOKEN_DAYS_MAX 3650u
#define YG_TOKEN_USED_S	  600 /* when it was used last is written down at most so often */

struct yg_token {
	char id[YG_RANDOM_ID_HEX + 1];
	char org[YG_ENROL_ID_MAX + 1];
	char name[YG_ENROL_NAME_MAX + 1]; /* what it is for; may be empty */
	enum yg_hub_role role;
	uint64_t rights;  /* bits 1 << enum yg_hub_right */
	int32_t last_day; /* in Japan; YG_DAY_NONE: until it is revoked */
	int64_t made_ns;
	int64_t used_ns; /* YG_TIME_NONE: never */
	bool is_revoked;
	char certificate[YG_SHA256_HEX + 1]; /* of a program that shows one; "": it has a secret */
	char made_by[YG_DOC_ACTOR_MAX + 1];
};

/* "read_findings,read_ledger"; False: a name that is none. */
bool yg_token_rights_read(struct yg_bytes text, uint64_t *ret);
/* Every right that @role has and a program can have: giving mandates and consent is for people. */
uint64_t yg_token_rights_of(enum yg_hub_role role);

/*
 * @by: write_tokens at the organisation. @wish: name, role, rights (0: all of the role), last_day,
 * certificate (SHA-256 of its DER, hex: then @secret is ""). YG_EDUPLICATE: this certificate is
 * somebody's already.
 * YG_OK; YG_EACCES: more than @by may do himself; YG_EINVAL: a right that the role has not, a role
 * that cannot stand there, a day in the past; YG_ELIMIT: YG_HUB_TOKENS_MAX are there.
 */
YG_MUST_USE int yg_token_new(struct yg_access *by, const struct yg_token *wish,
			     char ret_id[YG_RANDOM_ID_HEX + 1], char secret[YG_HUB_TOKEN_HEX + 1]);
/* @by: read_tokens at the organisation. Those revoked too. The callback may not write. */
typedef int (*yg_token_fn)(void *arg, const struct yg_token *token);
YG_MUST_USE int yg_token_list(struct yg_access *by, yg_token_fn fn, void *arg);
/* @by: write_tokens. At once. YG_OK (also when it was before), YG_ENOENT. */
YG_MUST_USE int yg_token_revoke(struct yg_access *by, const char *id);
