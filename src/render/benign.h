/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/benign.h - the report of `yagura rules benign` (docs/tuning.md). Thread-safe.
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"
#include "model/benign.h"

void yg_benign_text(struct yg_buf *to, const struct yg_benign *report, enum yg_lang lang,
		    unsigned columns, bool is_coloured);
/* One JSON object and LF. */
void yg_benign_json(struct yg_buf *to, const struct yg_benign *report, enum yg_lang lang);

/* The suggested filter as a Sigma document; nothing where there is none. */
void yg_benign_filter(struct yg_buf *to, const struct yg_benign_rule *rule);
