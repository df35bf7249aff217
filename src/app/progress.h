/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/progress.h - a line on standard error that tells how far a long run is: only on a terminal,
 * at most a few times a second, gone at the end.
 */
#pragma once

#include "app/detect-int.h"
#include "app/intake.h"

struct yg_progress {
	const struct yg_run *run;
	bool is_shown;	      /* standard error is a terminal */
	bool has_line;	      /* something stands on the line now */
	uint64_t total_bytes; /* of all inputs on disk; 0 when one is unknown */
	uint64_t past_bytes;  /* of inputs that were read to the end */
	uint64_t now_bytes;   /* of the present one */
	uint64_t records;
	int64_t shown_ns;
};

void yg_progress_init(struct yg_progress *progress, const struct yg_run *run);
void yg_progress_read(struct yg_progress *progress, const struct yg_intake *intake);
void yg_progress_done(struct yg_progress *progress, const struct yg_intake *intake);
void yg_progress_show(struct yg_progress *progress, uint64_t more_records);
void yg_progress_end(struct yg_progress *progress);
