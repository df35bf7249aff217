/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_retention.h - what is older than its organisation wants it kept is deleted, when the hub
 * begins and once a day.
 *
 *   settings (access/retention.h) ─► a closed file of the archive whose kinds are all over goes
 *                                 ├► findings older than the longest of an organisation's times go
 *                                 └► what is remembered of batches (app/hub_batches.h) goes with
 * the longest time of all organisations
 *
 * A file holds what one organisation sent in one hour, of whatever kinds: it goes when the longest
 * of their times is over, never in part. Kinds are read from the file's own index; a file that is
 * damaged counts as holding all. What a consumer of the journal has not passed stays, so that the
 * archive can tell what it holds already (docs/archive.md). A clock that jumped ahead deletes
 * nothing for a day (yg_retention_pass). What went is noted in the register and said.
 *
 * Threads: run() from any one; start() takes a thread of its own, with its own way to the database,
 *          until free().
 * Tests: tests/unit/app/test_hub_retention.c, tests/e2e/retention.py
 */
#pragma once

#include "access/retention.h"
#include "journal/journal.h"

struct yg_hub_retention_opts {
	const char *archive_dir; /* borrowed, as all here */
	const char *db_path;
	const char *situations_path; /* alerts go with their findings; NULL: none */
	const char
		*facts_path; /* findings go with the last of their records; NULL: none are kept */
	const char *batches_dir; /* NULL: none are kept */
	struct yg_journal *journal;
	struct yg_clock clock;
};

struct yg_hub_retention_counts {
	uint64_t files;
	uint64_t bytes;
	uint64_t findings;
	uint64_t batch_days; /* files of batches_dir */
	uint64_t kept;	     /* files whose time is over, but the journal is not done with them */
	bool is_waiting;     /* the clock jumped: nothing was deleted */
};

/* One pass with @enrol. YG_OK, or the first error: the rest goes the next time. */
YG_MUST_USE int yg_hub_retention_run(const struct yg_hub_retention_opts *opts,
				     struct yg_enrol *enrol, struct yg_hub_retention_counts *ret);

struct yg_hub_retention;

/* A pass now, and one each day. *ret: yg_hub_retention_free(). YG_OK, YG_ENOMEM, no thread. */
YG_MUST_USE int yg_hub_retention_start(const struct yg_hub_retention_opts *opts,
				       struct yg_hub_retention **ret);
/* Ends behind the file it is at. NULL is allowed; returns NULL. */
struct yg_hub_retention *yg_hub_retention_free(struct yg_hub_retention *retention);
