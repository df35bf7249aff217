/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_beats.h - the last heartbeats of sensors, read from their files once as long as these
 * stay what they are: a list of sensors is asked for far more often than one of them is heard.
 *
 * A file is known again by its inode, size and time of change (they are replaced, never written
 * into). At most YG_HUB_BEATS_MAX are kept; two sensors that share a place take turns.
 * Threads: one. Tests: tests/unit/app/test_hub_beats.c
 */
#pragma once

#include "access/api.h"

#define YG_HUB_BEATS_MAX      4096u
#define YG_HUB_BEAT_BYTES_MAX (1u << 20) /* of a file; a larger one is none */

struct yg_hub_beats;

/* NULL without memory. */
struct yg_hub_beats *yg_hub_beats_new(void);
/* NULL is allowed; always returns NULL. */
struct yg_hub_beats *yg_hub_beats_free(struct yg_hub_beats *beats);

/*
 * @data: the same in every call. What stands in @data/heartbeats/SENSOR.json: its text, borrowed
 * until the next call. False: there is none, or it cannot be read.
 */
bool yg_hub_beats_get(struct yg_hub_beats *beats, const char *data, const char *sensor,
		      struct yg_hub_heartbeat *ret);
