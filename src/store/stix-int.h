/* SPDX-License-Identifier: Apache-2.0 */
/* store/stix-int.h - what the files of store/stix.h share. */
#pragma once

#include "store/sqlite-int.h"
#include "store/stix.h"

#define YG_SX_SLOTS   128u /* statements that are kept; each text is one literal */
#define YG_SX_TROUBLE 240u

struct yg_collections {
	sqlite3 *db;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} slots[YG_SX_SLOTS];
	/* The collection that is being filled, and its last time of adding. */
	int64_t filled;
	int64_t last_us;
	/* The last part of clues that was marked in this transaction (clues.c). */
	int64_t marked;
	bool has_marked;
	bool is_reading;
	char trouble[YG_SX_TROUBLE];
};

int yg_sx_fail(struct yg_collections *s, int rc);
/* As yg_sit_take and its kin: i int64, b blob and t text as struct yg_bytes. */
YG_MUST_USE int yg_sx_take(struct yg_collections *s, const char *sql, sqlite3_stmt **ret,
			   const char *format, ...);
YG_MUST_USE int yg_sx_run(struct yg_collections *s, const char *sql, const char *format, ...);
YG_MUST_USE int yg_sx_step(struct yg_collections *s, sqlite3_stmt *stmt);
struct yg_bytes yg_sx_bytes(sqlite3_stmt *stmt, int at);
/* The collection whose columns (n, id, root, alias, owner, sector, title, description, reach,
 * default_tlp, others_write, readable, writable, specs) begin at @at. */
void yg_sx_collection(sqlite3_stmt *stmt, int at, struct yg_collection *ret);
