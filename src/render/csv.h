/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/csv.h - findings as CSV (RFC 4180, UTF-8 with byte-order mark, CRLF), safe to open in a
 * spreadsheet: cells that would be read as a formula are preceded by an apostrophe.
 */
#pragma once

#include "render/json.h"

void yg_csv_header(struct yg_buf *to, enum yg_lang lang);
void yg_csv_finding(struct yg_buf *to, const struct yg_finding *finding, enum yg_lang lang);
void yg_csv_update(struct yg_buf *to, const struct yg_finding_update *update, enum yg_lang lang);
