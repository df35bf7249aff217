/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/summary.h - a run of detection told to a person: on a terminal, and as one HTML page.
 *
 * Text of logs comes out harmless (src/render/README.md). An allocation that fails, or the ceiling
 * of the buffer, is left in the buffer's error. Thread-safe.
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"
#include "model/report.h"

struct yg_terminal_opts {
	enum yg_lang lang;
	bool is_coloured;
	unsigned columns;     /* width; 0 = 80 */
	unsigned stories_max; /* stories shown in full; the rest are counted */
};

/* The whole summary: what was found and how bad, advice, the stories, what was examined. */
void yg_terminal_summary(struct yg_buf *to, const struct yg_report *report,
			 const struct yg_terminal_opts *opts);

/* One line of progress without line ending: share, records, rate, time left (-1 = not known). */
void yg_terminal_progress(struct yg_buf *to, enum yg_lang lang, double share, uint64_t records,
			  double records_per_s, double left_s);

/* A self-contained page: no script from elsewhere, no fonts, no pictures to fetch; prints on A4. */
void yg_html_report(struct yg_buf *to, const struct yg_report *report, enum yg_lang lang);
