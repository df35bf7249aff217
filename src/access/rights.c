/* SPDX-License-Identifier: Apache-2.0 */
#include "access/rights-int.h"

#include "base/ban.h"

static const struct yg_rights table[] = {
#define JSON  false
#define BYTES true
#define ONE   false
#define ALL   true
#define RW                                                                                         \
	{                                                                                          \
		true, true                                                                         \
	}
#define R                                                                                          \
	{                                                                                          \
		true, false                                                                        \
	}
#define ___                                                                                        \
	{                                                                                          \
		false, false                                                                       \
	}
#define X(kind, form, scope, owner, respondent, expert, assessor, reader)                          \
	{#kind, form, scope, {owner, respondent, expert, assessor, reader}},
#include "access/rights.def"
#undef X
};

static const char *const roles[YG_ROLE_COUNT] = {
	[YG_ROLE_OWNER] = "owner",   [YG_ROLE_RESPONDENT] = "respondent",
	[YG_ROLE_EXPERT] = "expert", [YG_ROLE_ASSESSOR] = "assessor",
	[YG_ROLE_READER] = "reader",
};

const struct yg_rights *yg_rights_of(struct yg_bytes kind)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (yg_bytes_eq(kind, yg_bytes_str(table[i].kind)))
			return &table[i];
	}
	return NULL;
}

const char *yg_role_name(enum yg_role role)
{
	return roles[role];
}

bool yg_role_by_name(struct yg_bytes name, enum yg_role *ret)
{
	for (unsigned i = 0; i < YG_ROLE_COUNT; i++) {
		if (yg_bytes_eq(name, yg_bytes_str(roles[i]))) {
			*ret = (enum yg_role)i;
			return true;
		}
	}
	return false;
}
