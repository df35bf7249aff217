/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_catch_up.h - what a newer version left to be done in hub.db (yg_control_catch_up), while
 * the hub works.
 *
 * Portion by portion, YG_HUB_CATCH_UP_BYTES each, with a pause behind each of them that is as long
 * as it took and no shorter than YG_HUB_CATCH_UP_PAUSE_MS: others who write wait for one portion at
 * most. A hub that is stopped goes on from there when it begins again.
 *
 * Threads: start and free from the owner; it works on one of its own, with its own way to the
 *          database, and ends when nothing is left.
 * Tests: tests/e2e/hub_once.py, tests/unit/store/test_sqlite.c (portions)
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"

#define YG_HUB_CATCH_UP_BYTES	 (4u << 20)
#define YG_HUB_CATCH_UP_PAUSE_MS 20

struct yg_hub_catch_up;

/* YG_OK and *ret NULL: nothing is left to be done. Else YG_ENOMEM, no thread, the store's errors.
 */
YG_MUST_USE int yg_hub_catch_up_start(const char *db_path, struct yg_clock clock,
				      struct yg_hub_catch_up **ret);
/* Ends behind the portion it is at. NULL is allowed; returns NULL. */
struct yg_hub_catch_up *yg_hub_catch_up_free(struct yg_hub_catch_up *work);
