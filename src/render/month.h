/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/month.h - the month of an organisation as one page for A4, for its president: what was
 * seen, what was told, what was done, how the sensors are, what to do next; in plain words.
 *
 * Nothing is fetched, no script, no link. All texts are made harmless (src/render/README.md).
 * Times are UTC, which the page says. An allocation that fails is left in the buffer's error.
 * Thread-safe. Tests: tests/unit/render/test_month.c, tests/e2e/hub_report.py (printed: one page)
 */
#pragma once

#include "model/month.h"

void yg_month_page(struct yg_buf *to, const struct yg_month *month, enum yg_lang lang);
