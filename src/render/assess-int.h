/* SPDX-License-Identifier: Apache-2.0 */
/* Private to render/: words that pages and tables about an assessment share. */
#pragma once

#include "render/assess.h"

/* Names for the values in reports; the value itself where there is none. */
struct yg_bytes yg_words_state(struct yg_bytes state, enum yg_lang lang);
struct yg_bytes yg_words_observed(struct yg_bytes observed, enum yg_lang lang);
struct yg_bytes yg_words_due(struct yg_bytes status, enum yg_lang lang);
struct yg_bytes yg_words_decision(struct yg_bytes decision, enum yg_lang lang);
struct yg_bytes yg_words_how(struct yg_bytes how, enum yg_lang lang);
struct yg_bytes yg_words_validity(struct yg_bytes state, enum yg_lang lang);
/* 1 small, 2 middle, 3 large; empty for others. */
struct yg_bytes yg_words_size(int64_t size, enum yg_lang lang);

/* What would close a gap, ["tool","template:NAME",…], as one line. */
void yg_words_closed_by(struct yg_buf *to, const json_t *closed_by, enum yg_lang lang);

/* The title of a report, by its name "ciso", …; empty for others. */
const char *yg_words_report(struct yg_bytes name, enum yg_lang lang);
