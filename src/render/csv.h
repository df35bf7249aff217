/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/csv.h - findings as CSV (RFC 4180, UTF-8 with byte-order mark, CRLF), safe to open in a
 * spreadsheet: cells that would be read as a formula are preceded by an apostrophe, and what
 * cannot be seen is written as an escape. Thread-safe.
 *
 * Columns: time (in the zone @zone_s seconds east of UTC, with the offset), level, title, rule id,
 * outcome, reason, source address or other actor, target, file, position, count, finding id.
 * A later change of a finding is a row with the same id and without level, rule and actor.
 */
#pragma once

#include "render/json.h"

/*
 * @text as one cell: harmless and in quotes, so that no character can end it; with an apostrophe
 * before what a spreadsheet would take for a formula.
 */
void yg_csv_quoted(struct yg_buf *to, struct yg_bytes text);

/* Byte-order mark and the names of the columns. */
void yg_csv_header(struct yg_buf *to, enum yg_lang lang);
void yg_csv_finding(struct yg_buf *to, const struct yg_finding *finding, enum yg_lang lang,
		    int32_t zone_s);
void yg_csv_update(struct yg_buf *to, const struct yg_finding_update *update, enum yg_lang lang,
		   int32_t zone_s);
