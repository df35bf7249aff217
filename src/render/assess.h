/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/assess.h - reports about an assessment (docs/reports.md) as pages and tables.
 *
 * Trees come from assess/report.h; a key that is missing is shown as empty. All texts are made
 * harmless (src/render/README.md). An allocation that fails is left in the buffer's error.
 * Thread-safe.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "base/tr.h"

/* A self-contained page that prints on A4: nothing is fetched, no script. */
void yg_assess_page(struct yg_buf *to, const json_t *report, enum yg_lang lang);

/* The report's main table as CSV: UTF-8 with byte-order mark, CRLF, no cell a formula. */
void yg_assess_csv(struct yg_buf *to, const json_t *report, enum yg_lang lang);

/*
 * @text as a QR code, an inline SVG picture named @label (escaped here). YG_OK, YG_ELIMIT (too
 * long), YG_ENOMEM.
 */
YG_MUST_USE int yg_assess_qr(struct yg_buf *to, const char *text, const char *label);
