/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/form.h - a form that was filled, for people and programs.
 *
 * What is handed in came out of the gate (share/incident.h, yg_incident_leave) or stays with the
 * organisation; nothing is taken out here. All texts are made harmless (src/render/README.md).
 * A form that lacks mandatory fields says in the first line that it is a draft.
 * An allocation that fails is left in the buffer's error. Thread-safe.
 * Tests: tests/unit/render/test_form.c
 */
#pragma once

#include "base/buf.h"
#include "model/form.h"
#include "render/sheet.h"

/* One JSON object on one line, without its end (docs/forms.md). */
void yg_filled_json(struct yg_buf *to, const struct yg_filled *filled);

/* A table: section, field, mandatory, value. YG_OK, YG_ENOMEM, YG_ELIMIT. */
YG_MUST_USE int yg_filled_sheet(struct yg_buf *to, const struct yg_filled *filled,
				enum yg_sheet_form form);

/* A page of its own that prints on A4: nothing is fetched, no script, no link. */
void yg_filled_page(struct yg_buf *to, const struct yg_filled *filled);

/* "2026-11-27 (at the latest 2026-11-30, 3 days left)": a deadline in words. */
void yg_filled_due_words(struct yg_buf *to, const struct yg_filled_due *due, enum yg_lang lang);
