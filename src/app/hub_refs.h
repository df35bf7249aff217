/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_refs.h - the records that a finding refers to, in the archive.
 *
 *   number of a line ─► hour of its arrival ─► frame whose range holds it ─► which line of it:
 *   what is remembered of batches (hub_batches.h) counts the lines before it
 *
 * A frame's range may have gaps, since what stood between was of others: lines are counted by the
 * batches that they came in, and only believed when all of the frame comes to as many records as it
 * has. So a record is the one that is meant, or it is not given.
 * Threads: any; each call for itself. Tests: tests/e2e/hub_records.py
 */
#pragma once

#include "app/archive_search.h"
#include "store/facts.h"

struct yg_hub_refs_opts {
	const char *archive_dir; /* all is borrowed */
	const char *batches_dir;
	const char *org;
	const struct yg_fact_ref *refs;
	uint32_t ref_count;
	bool is_hunted; /* found in the archive: numbers count from the begin of their frame */
};

/*
 * @fn for each record that is there, in the order of @refs. *ret_missing: of how many it cannot be
 * said where they are, or they are gone. YG_OK, YG_ENOMEM, what @fn gave, or an error of the
 * system. Cost: for each of them one frame, and at most YG_HUB_BATCHES_LOOK bytes about batches.
 */
YG_MUST_USE int yg_hub_refs_each(const struct yg_hub_refs_opts *opts, yg_archive_found_fn fn,
				 void *arg, uint32_t *ret_missing);
