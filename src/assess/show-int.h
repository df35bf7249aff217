/* SPDX-License-Identifier: Apache-2.0 */
/* Private to assess/: pieces of what is shown, shared by show.c and show_criterion.c. */
#pragma once

#include "assess/assess-int.h"

/* The line of one criterion (docs/api.md); NULL without memory. */
json_t *yg_show_line(const struct yg_assess *assess, const struct yg_criterion_state *state,
		     enum yg_lang lang);

/* Confirmation with its state today, expert's name only as the document has it; json null when
 * there is none; NULL without memory. */
json_t *yg_show_confirmation(const struct yg_assess *assess,
			     const struct yg_criterion_state *state);

/* Rows of queries counted by check; NULL without memory. */
json_t *yg_checks_json(const uint32_t *checks);

/* The state of criterion node @index in the current result, or NULL. */
const struct yg_criterion_state *yg_show_state(const struct yg_assess *assess, uint32_t index);

static inline json_t *yg_text2_json(const struct yg_text2 *text, enum yg_lang lang)
{
	return yg_json_string(yg_text2(text, lang));
}

/* An array of texts; NULL without memory. */
json_t *yg_text_list_json(const struct yg_text_list *list);
