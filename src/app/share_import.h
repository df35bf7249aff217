/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/share_import.h - a file of STIX into a collection, all of it or nothing.
 *
 *   file ─► read, checked, (of a hub) judged ─chunks, in order─► one transaction ─► commit
 *           this thread                        4 at most         a thread of its own
 *
 * What comes into the hub's collections acts: where the hub looked at all that was in this one
 * before, its indicators are judged here, by what the hub judged the others by, in the same
 * transaction. Else the hub does it later (hub_clues.h). Both come out the same.
 *
 * Memory: the file, 384 MiB at most for the store, and what is kept of objects whose marking is
 * defined behind them. Tests: tests/e2e/stix.py, hub_many_clues.py
 */
#pragma once

#include "app/share_store.h"

/*
 * @place is opened here. YG_OK; YG_EFORMAT, YG_EMISMATCH: something is wrong with what is in it,
 * YG_EINVAL, another error: all of it was said, and nothing was stored.
 */
YG_MUST_USE int yg_share_import(struct yg_share_place *place, const char *file);
