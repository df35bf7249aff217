/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hunt_state.h - how far a hunt is, in a file, so that it goes on after any interruption.
 *
 *   FILE       what was asked, the next batch, state of the correlations, bytes of output
 *   FILE.out   all output so far
 *
 * The output is written first, to both places; then FILE is replaced as a whole. What FILE.out has
 * beyond the bytes that FILE names was not kept and is cut off when the run goes on. Standard
 * output gets what it lacks: nothing when it is the same file as before (which is cut, too), else
 * all. So what the run that ends leaves there holds each finding once. docs/hunt.md tells it to
 * people.
 */
#pragma once

#include "base/buf.h"
#include "base/hash.h"

#define YG_HUNT_STATE_MAX (80u << 20)

enum yg_hunt_sum {
	YG_SUM_RECORDS,
	YG_SUM_PARSED,
	YG_SUM_UNPARSED,
	YG_SUM_BYTES,
	YG_SUM_FINDINGS,
	YG_SUM_LEFT_OUT,
	YG_SUM_FRAMES,
	YG_SUM_FRAMES_READ,
	YG_SUM_COUNT
};

struct yg_hunt_state {
	const char *path; /* borrowed; NULL: nothing is kept */
	char *out_path;
	int out_fd;			/* FILE.out, locked; -1 = none */
	uint8_t asked[YG_DIGEST_BYTES]; /* digest of options, rules, indicators */
	bool is_resumed;
	bool has_begun;			 /* resumed, and the first batch is judged */
	uint64_t input;			 /* number of the one to go on with */
	uint64_t batches;		 /* of it that are judged */
	uint64_t frame;			 /* of it, where it is an archive: the next to look at */
	uint8_t inputs[YG_DIGEST_BYTES]; /* digest of the inputs up to there */
	uint64_t out_size;
	bool is_fatal; /* --fail-on was reached */
	bool is_partly;
	uint64_t before[YG_SUM_COUNT]; /* counts of earlier runs */
	int64_t kept_ns;
	uint32_t since;	    /* batches since it was kept */
	struct yg_buf next; /* what is known of the batch to go on with (yg_judge_keep_next) */
};

/*
 * Open or make the files. Where there is a kept state: *ret_correlations are the bytes of the
 * correlations (owned by the caller: yg_buf_done). YG_OK; YG_EAGAIN: another process has it;
 * YG_EDIGEST, YG_EFORMAT: damaged; YG_EMISMATCH: kept for another question; or the system's error.
 */
YG_MUST_USE int yg_hunt_state_open(struct yg_hunt_state *state, const char *path,
				   struct yg_buf *ret_correlations);

/* Keep it: the output is out already. @sums: of all runs. YG_OK or the error of writing. */
YG_MUST_USE int yg_hunt_state_keep(struct yg_hunt_state *state, struct yg_bytes correlations,
				   const uint64_t sums[YG_SUM_COUNT]);

/*
 * Close. The files stay, also at the end: a process that is killed while it ends looks like one
 * that did not, and must not begin anew.
 */
void yg_hunt_state_close(struct yg_hunt_state *state);
