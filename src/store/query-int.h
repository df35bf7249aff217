/* SPDX-License-Identifier: Apache-2.0 */
/* store/query-int.h - what running and guarding a query share. */
#pragma once

#include "store/inventory-int.h"
#include "store/query.h"

struct yg_query {
	sqlite3 *db;
	int32_t day;
	struct yg_query_done *done; /* of the query that runs; NULL between queries */
};

/* query_guard.c: from now on only what a query may do can be done on query->db. */
int yg_query_guard(struct yg_query *query);

/* Does the text name what is the store's own? Identifiers have no escapes in SQLite's language, so
 * a table that is read stands in the text as it is. */
bool yg_query_names_own(struct yg_bytes sql);

/* query_functions.c: days(), day_add(), and the clock's day. */
int yg_query_add_functions(struct yg_query *query);
