/* SPDX-License-Identifier: Apache-2.0 */
/* app/admin_ledger.h - `yagura admin ledger compare`: a member's ledger beside what the hub has. */
#pragma once

#include "base/buf.h"
#include "base/json.h"

struct yg_admin_compare {
	const char *data;   /* of the hub */
	const char *ledger; /* file or folder of the member; NULL: only the hub's side is told */
	const char *org;    /* of the sensor; with @ledger NULL: whose it is by that */
	const char *sensor; /* NULL: the one that the ledger names */
	const json_t *heartbeat; /* the last one noted, or NULL */
	bool is_json;
};

/* The sensor that the ledger names, as ORG/ID to @to (room 160). YG_OK, YG_ENOENT, or an error. */
YG_MUST_USE int yg_admin_ledger_owner(const char *ledger, char *to);

/* Exit status: 0 equal; 1 different, or not whole; 2 it cannot be told. */
int yg_admin_ledger_compare(const struct yg_admin_compare *compare);
