/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/back.h - looking back: what the indicators of a warning hit in the sensor's own archive,
 * where no raw log leaves the house and nobody else could look.
 *
 *   list `warning-…` offered ─► taken over by local detection, from line N on ─► the archive's
 *   lines before N, of the last days ─► how many hold one of its values, first and last time ─►
 *   one record `yagura-finding` with `look` in a batch: in the ledger like all that leaves
 *
 * Nothing of a record is told, not even which value it was: the numbers alone, and no record counts
 * that the policy would not let a finding speak of.
 *
 * Bounded: one thread of the lowest priority, at work at most half of the time, memory for a frame.
 * Resumable: STATE/detect/back.json says up to which line each list was looked for. A look whose
 * batch is on the disk is done; after a crash it may be told again, with the same numbers.
 *
 * Layer:   sensor. set, read, after: the collecting thread.
 * Tests:   tests/unit/sensor/test_back.c, tests/e2e/sensor_back.py
 */
#pragma once

#include "base/clock.h"
#include "sensor/lines.h"
#include "sensor/offer.h"

#define YG_BACK_LOOKS_MAX 1024u /* lists, each with its parts; further ones are not looked for */
#define YG_BACK_PASS_MAX  32u	/* lists looked for in one reading of the archive */

struct yg_back;

struct yg_back_config {
	const struct yg_home *home;
	struct yg_sensor_policy *policy;
	const struct yg_zone *zone;
	const struct yg_names *names;
	struct yg_clock clock;
};

/*
 * Begin; all of @config outlives it. *ret NULL: the local file wants none (records leave, so the
 * hub looks itself; nothing is taken from it; `look_back: 0`). YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_back_open(const struct yg_back_config *config, struct yg_back **ret);
/* Waits for the frame that is being read. NULL is allowed. */
struct yg_back *yg_back_close(struct yg_back *back);

/* Lines of the archive from number @number on are judged, as they come, by the files whose
 * yg_watch_set_signature() is @signature. */
void yg_back_set(struct yg_back *back, uint64_t signature, uint64_t number);

/* What was looked for and not told yet, as records. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_back_read(struct yg_back *back, int64_t now_ns, struct yg_collect *collect);
/* The commit stands. */
void yg_back_after(struct yg_back *back);
