/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_archive.h - from the journal to the archive: a consumer whose output is files.
 *
 *   journal ─► batch unpacked ─► its lines, each under a number of its own ─► files of its
 *                                organisation and hour ─► all synced ─► cursor saved
 *
 * The number of a line is position * 65536 + its place in the batch. What a crash, a full disk or a
 * failed sync interrupts comes again from the journal; lines whose numbers are below the end of
 * what the files of that organisation and hour hold are passed over, so none is lost and none is
 * doubled. That end is read from the files themselves (headers and indexes only), once for each
 * hour that is written to. Numbers beyond the journal's own end are of another journal (a backup
 * was put back): they count for nothing, and that is said.
 *
 * At most writers_max files are open; the one not used for longest is synced and closed. Hours that
 * are over are sealed a minute after their last record, with what earlier runs left open.
 * Threads: new, step, seal_over, free from one thread; start() hands all of it to a thread of its
 *          own until free().
 * Tests: tests/unit/app/test_hub_archive.c, tests/soak/hub_kills.py
 */
#pragma once

#include "base/clock.h"
#include "journal/journal.h"

#define YG_HUB_ARCHIVE_WRITERS_MAX 64u
#define YG_HUB_ARCHIVE_LINES	   UINT64_C(65536) /* numbers of one batch */

struct yg_hub_archive_opts {
	const char *dir;	 /* of the archive; borrowed */
	const char *journal_dir; /* where a wish to rotate may stand; NULL: none is looked for */
	const char *batches_dir; /* what is remembered of batches (hub_batches.h); NULL: nothing */
	const char *name;	 /* of the consumer, as the journal knows it; borrowed */
	struct yg_journal *journal;
	struct yg_clock clock;
	unsigned writers_max; /* 0: YG_HUB_ARCHIVE_WRITERS_MAX */
};

/*
 * For another process: a file of this name in the journal's folder asks the thread to begin a new
 * segment, so that what the newest holds can go when all have passed it. It takes the file away.
 */
#define YG_HUB_ARCHIVE_ROTATE "rotate"

struct yg_hub_archive_counts {
	uint64_t batches;
	uint64_t records; /* appended */
	uint64_t passed;  /* that were there already */
	uint64_t drops;
	uint64_t dropped; /* records that sensors gave up */
	uint64_t refused; /* evidence of conflicts, not archived */
};

struct yg_hub_archive;

/* YG_OK, or the errors of yg_consumer_new(). */
YG_MUST_USE int yg_hub_archive_new(const struct yg_hub_archive_opts *opts,
				   struct yg_hub_archive **ret);

/* One commit: YG_OK; YG_EAGAIN: nothing for now; else nothing counts of it, and it comes again. */
YG_MUST_USE int yg_hub_archive_step(struct yg_hub_archive *archive);

/* Seal what belongs to hours that are over, also what earlier runs left. YG_OK or the first error:
 * it is tried again. */
YG_MUST_USE int yg_hub_archive_seal_over(struct yg_hub_archive *archive);

YG_MUST_USE int yg_hub_archive_start(struct yg_hub_archive *archive);

/*
 * The thread ends behind the batch it is at: what is committed is synced, the rest comes again from
 * the journal. Files stay open for the next run. NULL is allowed.
 */
struct yg_hub_archive *yg_hub_archive_free(struct yg_hub_archive *archive);

/* Without a thread that runs. */
struct yg_hub_archive_counts yg_hub_archive_counts(const struct yg_hub_archive *archive);
