/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hunt.h - what `yagura hunt` adds to a run of detection: a part of the records, frames of
 * archives that need not be read, and a state from which an interrupted run goes on.
 *
 * Reading, matching and judging are those of `yagura detect` (detect_inputs.c, worker.c). The main
 * thread alone uses all this; workers see the narrowing, which does not change.
 */
#pragma once

#include "app/detect-int.h"
#include "app/hunt_state.h"
#include "app/narrow.h"

struct yg_hunt {
	struct yg_narrow narrow;
	uint64_t formats;  /* that a rule can match; of others only frames with indicators count */
	uint64_t unplaced; /* the same for frames with records that say no channel */
	uint64_t *keys;	   /* of the indicators, ascending */
	uint64_t *also;	   /* of each: another that has to be there too, or 0 */
	uint64_t *may;	   /* those that may be in the file being read; room for all */
	uint32_t key_count;
	uint64_t left_out; /* records: in frames not read, or not in the part wanted */
	uint64_t frames;   /* of archives, looked at so far */
	uint64_t frames_read;
	uint64_t unfiltered; /* archives without usable filters */
	struct yg_hunt_state state;
	bool is_stopped; /* by a signal */
};

/* After options, zone and --tz are known, before anything is read. YG_OK or an error (said). */
YG_MUST_USE int yg_hunt_narrow(struct yg_run *run);

/* After rules, indicators, inputs and judge are there: what frames are wanted; the kept state. */
YG_MUST_USE int yg_hunt_prepare(struct yg_run *run);

/*
 * What these rules and indicators (NULL: none) can be in: fills formats, unplaced, keys; for
 * whoever asks yg_hunt_wants() alone. yg_hunt_aim_done() in any case. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_hunt_aim(struct yg_hunt *hunt, const struct yg_engine *engine,
			    const struct yg_indicators *indicators);
void yg_hunt_aim_done(struct yg_hunt *hunt);

/* The input to begin with: 0 unless an earlier run came further, or @run is no hunt. */
size_t yg_hunt_first_input(const struct yg_run *run);

/* Before the first batch is judged: what an earlier run knew of it. */
YG_MUST_USE int yg_hunt_take(struct yg_run *run, const struct yg_batch *batch);

/*
 * @batch is judged, and @after, which is next (NULL: nothing), as far as it belongs before its end.
 * From time to time this is kept. When the run was stopped, the last batch is not: what comes after
 * it is not known, so it will be judged again, and what it gave is not put out.
 */
YG_MUST_USE int yg_hunt_took(struct yg_run *run, const struct yg_batch *batch,
			     const struct yg_batch *after);

/* The run has ended with @rc; all results are out. */
void yg_hunt_done(struct yg_run *run, int rc);

/* May frame @frame of the archive hold what is looked for? */
bool yg_hunt_wants(const struct yg_hunt *hunt, const struct yg_archive_frame *frame,
		   struct yg_archive_filters *filters, uint32_t may_count);
