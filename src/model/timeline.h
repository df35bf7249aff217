/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/timeline.h - how many records and findings when: a histogram of fixed size.
 *
 * Starts with steps of one minute; when a time falls outside, neighbouring steps are merged
 * (step doubled, aligned) until it fits. Memory never grows. One thread.
 */
#pragma once

#include <stdint.h>

#include "model/finding.h"

#define YG_TIMELINE_STEPS 512u

struct yg_timeline {
	int64_t start_ns; /* of the first step; YG_TIME_NONE while empty */
	int64_t step_ns;
	uint64_t records[YG_TIMELINE_STEPS];
	uint64_t findings[YG_TIMELINE_STEPS][5]; /* by level */
};

void yg_timeline_init(struct yg_timeline *timeline);
void yg_timeline_record(struct yg_timeline *timeline, int64_t time_ns, uint64_t count);
void yg_timeline_finding(struct yg_timeline *timeline, int64_t time_ns, enum yg_level level);
