/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/drill.h - the result of a receipt drill (docs/drill.md) for people: at a terminal, and as
 * a page that prints on A4.
 *
 * @result is the tree that `yagura share drill --json` prints; a key that is missing is shown as
 * empty. All texts are made harmless (src/render/README.md). An allocation that fails is left in
 * the buffer's error. Thread-safe.
 * Tests: tests/unit/render/test_drill.c
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "base/tr.h"

#define YG_DRILL_LINES_MAX 200u	 /* contacts to correct at a terminal; further ones are counted */
#define YG_DRILL_ROWS_MAX  5000u /* the same on the page */

/* What the words of the tree mean: texts that are not translated yet; "" for what is unknown. */
struct yg_drill_words {
	const char *(*stage)(struct yg_bytes word);
	const char *(*result)(struct yg_bytes word);
	const char *(*todo)(struct yg_bytes word);
};

void yg_drill_text(struct yg_buf *to, const json_t *result, const struct yg_drill_words *words,
		   enum yg_lang lang);
/* Nothing is fetched, no script, no link. */
void yg_drill_page(struct yg_buf *to, const json_t *result, const struct yg_drill_words *words,
		   enum yg_lang lang);
