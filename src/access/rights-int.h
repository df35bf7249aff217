/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/rights-int.h - the table of rights.def, looked up.
 */
#pragma once

#include "access/access.h"

struct yg_rights {
	const char *kind;
	bool is_bytes;	/* no JSON */
	bool is_of_all; /* belongs to no single assessment */
	struct {
		bool may_read;
		bool may_write;
	} by_role[YG_ROLE_COUNT];
};

/* NULL: there is no such kind. */
const struct yg_rights *yg_rights_of(struct yg_bytes kind);
