/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/benign.h - the report of `yagura rules benign` (docs/tuning.md). Thread-safe.
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"
#include "model/benign.h"

#define YG_BENIGN_ROWS_MAX 2000u /* rules in the page's table; further ones are counted */

void yg_benign_text(struct yg_buf *to, const struct yg_benign *report, enum yg_lang lang,
		    unsigned columns, bool is_coloured);
/* One JSON object and LF. */
void yg_benign_json(struct yg_buf *to, const struct yg_benign *report, enum yg_lang lang);

/*
 * A self-contained page as of yg_html_report (render/summary.h): no text of logs or rules can
 * become markup. Needs report->run.
 */
void yg_benign_html(struct yg_buf *to, const struct yg_benign *report, enum yg_lang lang);

/* The suggested filter as a Sigma document; nothing where there is none. */
void yg_benign_filter(struct yg_buf *to, const struct yg_benign_rule *rule);
