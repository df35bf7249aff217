/* SPDX-License-Identifier: Apache-2.0 */
/* store/clues-int.h - what clues.c and clues_read.c share. */
#pragma once

#include "store/clues.h"
#include "store/stix-int.h"

/* The number of a statement of one row and column; resets it. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_clue_one(struct yg_collections *s, sqlite3_stmt *stmt, int64_t *ret);
void yg_clue_flags(int64_t flags, struct yg_clue_facts *to);
/* An object of "added_us, id, version, version_ns, spec, tlp, type, body". */
void yg_clue_row(sqlite3_stmt *stmt, struct yg_stix_row *ret);
