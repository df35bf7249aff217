/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/inventory_run.h - the inventory while the sensor runs: looked at by a thread of its own,
 * told when something changed, and whole once a day.
 *
 * What was told last stands in STATE/inventory.N; N is in the checkpoint. The next one is written
 * beside it before its records go into a batch, and takes its place when the batch is committed: so
 * a change is told once, whenever the sensor is killed.
 *
 * Layer: sensor. The collecting thread; a thread inside.
 * Clock: a parameter.
 */
#pragma once

#include "base/clock.h"
#include "sensor/inventory.h"
#include "wire/message.h"

#define YG_INVENTORY_EVERY_S 60u
#define YG_INVENTORY_FULL_S  (INT64_C(24) * 3600)

struct yg_inventory_run;

struct yg_inventory_config {
	const char *root;
	const char *folder; /* STATE */
	unsigned every_s;
	struct yg_clock clock;
	const struct yg_zone *zone;
	const struct yg_names *names;
	const struct yg_lines_filter *filter; /* or NULL */
	uint64_t number;		      /* from the checkpoint; 0: none */
};
/* Strings and tables outlive it. YG_OK, YG_ENOMEM or a system error. */
YG_MUST_USE int yg_inventory_run_start(const struct yg_inventory_config *config,
				       struct yg_inventory_run **ret);
struct yg_inventory_run *yg_inventory_run_stop(struct yg_inventory_run *run);

/* Records of what is new into @collect, when there is something. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_inventory_run_read(struct yg_inventory_run *run, int64_t now_ns,
				      struct yg_collect *collect);
/* The number for the checkpoint of the batch that is being committed, and that it was. */
uint64_t yg_inventory_run_number(const struct yg_inventory_run *run);
void yg_inventory_run_committed(struct yg_inventory_run *run);

void yg_inventory_run_state(struct yg_inventory_run *run, struct yg_wire_source *to);
