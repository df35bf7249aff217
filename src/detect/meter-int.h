/* SPDX-License-Identifier: Apache-2.0 */
/* detect/meter-int.h - a scratch's meter, for meter.c and match.c. Private to detect/. */
#pragma once

#include <stdatomic.h>

#include "detect/meter.h"

struct yg_meter {
	const _Atomic uint64_t *skip_from; /* NULL = no rule is left out */
	uint64_t serial;
	uint64_t cost_max; /* 0 = none */
	uint64_t weight;   /* of all records since the charges were taken */
	uint64_t *costs;   /* by engine index */
	uint64_t *over;	   /* likewise: yg_charge.over */
	bool is_stopping;  /* one of them is not 0 */
	struct yg_charge *charges;
	uint32_t charge_count;
	bool is_taken; /* start anew before the next record */
	struct yg_group_load *groups;
	uint32_t group_count;

	bool is_profiling;
	bool is_timing; /* this record is measured */
	struct yg_clock clock;
	int64_t tick_ns; /* what asking the clock takes */
	struct yg_profile profile;
};

struct yg_meter *yg_meter_free(struct yg_meter *meter);

/* A record of @bytes for group number @group. */
void yg_meter_record(struct yg_meter *meter, uint32_t group, size_t bytes);

/* Rule @rule (engine index) came to @cost > YG_METER_FREE on the record. */
void yg_meter_charge(struct yg_meter *meter, uint32_t rule, uint64_t cost);

static inline bool yg_meter_skips(const struct yg_meter *meter, uint32_t rule)
{
	if (meter->over[rule])
		return true;
	return meter->skip_from &&
	       meter->serial >= atomic_load_explicit(&meter->skip_from[rule], memory_order_relaxed);
}
