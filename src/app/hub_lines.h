/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_lines.h - which line of its ledger each sensor's last batch had: what the hub may
 * countersign when it comes again.
 *
 * Layer:   app. The keeper's thread alone.
 * Tests:   tests/e2e/hub.py, countersigned_as_it_came
 */
#pragma once

#include "wire/batch.h"

struct yg_hub_lines;

/* NULL without memory. */
struct yg_hub_lines *yg_hub_lines_new(void);
struct yg_hub_lines *yg_hub_lines_free(struct yg_hub_lines *lines);
/*
 * May @batch be countersigned? One that is new may. One that is there already may when it is what
 * was told to be there, digest and line of the ledger alike: else who has a sensor could write its
 * ledger anew, and have the hub put its name to it.
 */
bool yg_hub_lines_hold(struct yg_hub_lines *lines, const struct yg_wire_batch *batch, bool is_new);
