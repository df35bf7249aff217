/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/range.h - what a sensor can look back on: the range of its local archive, in heartbeats. It
 * is how the hub tells "nothing found" from "not looked back".
 *
 * Layer:   wire. May include base/, model/. Pure.
 * Input:   untrusted.
 * Source:  docs/protocol.md (Heartbeat: archive)
 * Tests:   tests/unit/wire/test_message.c, tests/fuzz/fuzz_wire_message.c
 */
#pragma once

#include "wire/batch.h"

struct json_t; /* jansson */

#define YG_WIRE_GAPS_MAX 32u
#define YG_WIRE_WHY_MAX	 32u

/* Times of arrival at the sensor. */
struct yg_wire_gap {
	int64_t from_ns;
	int64_t to_ns;
	char why[YG_WIRE_WHY_MAX + 1]; /* "stopped", "full", "error" */
};
struct yg_wire_range {
	bool is_kept; /* false: there is no local archive, the rest says nothing */
	int64_t from_ns;
	int64_t to_ns;
	uint64_t bytes;
	uint64_t bytes_max;
	struct yg_wire_gap gaps[YG_WIRE_GAPS_MAX]; /* ascending, within the range */
	uint32_t gap_count;
	char error[256 + 1]; /* what is wrong now; empty: nothing is */
};

/* The object {…}. Nothing else is added, also when is_kept is false: then null. */
void yg_wire_range_write(const struct yg_wire_range *range, struct yg_buf *to);
/* @object may be NULL or null: not kept. YG_OK or YG_EFORMAT, YG_ELIMIT with @reterr. */
YG_MUST_USE int yg_wire_range_read(const struct json_t *object, struct yg_wire_range *ret,
				   struct yg_wire_fault *reterr);

/*
 * Of the times [@from_ns, @to_ns): is all of it kept? A hunt over what is not is no "nothing
 * found".
 */
bool yg_wire_range_covers(const struct yg_wire_range *range, int64_t from_ns, int64_t to_ns);
