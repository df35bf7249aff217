/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_engine.h - the process that looks at what sensors send: it unpacks, parses and judges.
 *
 *   DATA/rules, indicators, allow ─► set ─► judges (hub_detect_judge.h)
 *   keeper ─batches, states─► engine ─findings, outcomes, states, counts─► keeper
 *          (hub_engine_wire.h)
 *
 * It has no journal, no store, no network, and of the data folder only those three to read. What it
 * holds can be lost at any time: the keeper makes it anew of what it committed. Requests are done
 * one after the other, and the answer to one is written before the next is begun, so that the
 * keeper knows at which of them an engine ended.
 *
 * Rules and indicators that change are read and compiled beside the running set (hub_rules.h); the
 * keeper says when they take over.
 * Threads: one, and that of hub_rules.h.
 * Tests: tests/unit/app/test_hub_engine.c, test_hub_detect.c, tests/e2e/hub_processes.py
 */
#pragma once

#include "app/hub_rules.h"

/*
 * The hunter is the same for the archive: it is given lines of it, looks for what a hunt's folder
 * below DATA/hunts holds, and reads nothing but these folders and `allow`.
 */
struct yg_hub_engine;

/* @rules is borrowed until free. NULL without memory. */
struct yg_hub_engine *yg_hub_engine_new(struct yg_hub_rules *rules);
struct yg_hub_engine *yg_hub_engine_free(struct yg_hub_engine *engine);

/* From now on it is a hunter: @dir is DATA/hunts, borrowed; of @rules it needs no set then. */
void yg_hub_engine_hunts(struct yg_hub_engine *engine, const char *dir);

/* Another keeper; judges of the one before go when it says BEGIN. */
void yg_hub_engine_open(struct yg_hub_engine *engine, int take_fd);

/*
 * Serve until there is no parent any more: YG_EEND. Without one (@control -1: tests) until the
 * keeper's end closes: YG_EPIPE. Another error: it cannot go on; YG_EFORMAT: no keeper of ours.
 */
YG_MUST_USE int yg_hub_engine_run(struct yg_hub_engine *engine, int control);
