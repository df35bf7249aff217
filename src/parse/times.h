/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/times.h - times as logs write them, beyond ISO 8601 (base/clock.h).
 *
 * Layer: parse. Pure, thread-safe.
 */
#pragma once

#include "parse/format.h"

/*
 * Understand @text as a time: ISO 8601, seconds/ms/us/ns since 1970 as a number (told apart by
 * size), "10/Oct/2000:13:55:36 -0700", "2000-10-10 13:55:36 UTC", "/Date(ms)/".
 * @zone is used where none is written. False, and nothing written, when it is no time.
 */
bool yg_times_any(struct yg_bytes text, const struct yg_zone *zone, int64_t *ret_ns,
		  bool *ret_has_zone);

/* The same for a civil time: to ns, in the zone. False when the date does not exist. */
bool yg_times_civil(const struct yg_civil *civil, const struct yg_zone *zone, int64_t *ret_ns);

/*
 * The same for a time whose year was not written: the latest year in which it is not after
 * @reference_ns and a day. @civil->year is set.
 */
bool yg_times_year(struct yg_civil *civil, const struct yg_zone *zone, int64_t reference_ns,
		   int64_t *ret_ns);

/* Set event->time_ns, time_text and has_zone from @text where it is a time yg_times_any knows. */
bool yg_times_set(struct yg_event *event, struct yg_bytes text, const struct yg_zone *zone);
