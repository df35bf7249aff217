/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/day.h - calendar days, as records and evidence carry them: "2026-11-25".
 *
 * A day is the number of days since 1970-01-01 in the proleptic Gregorian calendar. Pure.
 */
#pragma once

#include "base/bytes.h"
#include "base/zone.h"
#include "model/framework.h"

#define YG_DAY_NONE INT32_MIN
#define YG_DAY_SIZE 11u /* "2026-11-25" and NUL */

/* YYYY-MM-DD, also with / or . and without leading zeros (2026/4/1). YG_DAY_NONE when no day. */
int32_t yg_day_read(struct yg_bytes text);

/* ISO form. @day between years 1 and 9999. */
void yg_day_write(int32_t day, char to[YG_DAY_SIZE]);

/* The day of instant @time_ns where clocks are @zone_s east of UTC. */
int32_t yg_day_of_time(int64_t time_ns, int32_t zone_s);

/* The day of instant @time_ns in @zone (NULL: UTC), as in the two that follow. */
int32_t yg_day_in(const struct yg_zone *zone, int64_t time_ns);
/*
 * The instant at which @day begins there: midnight, or where clocks skip it the first moment of the
 * day. @day within the years of the clock (1678 to 2261), else YG_TIME_NONE.
 */
int64_t yg_day_start_ns(const struct yg_zone *zone, int32_t day);
/*
 * Counters that are to be summed up to days of UTC as well as to days of a zone stand for the parts
 * into which both cut time: the instant at which the part of @time_ns began, which is its midnight
 * in UTC or its midnight there, whichever came later.
 */
int64_t yg_day_part_ns(const struct yg_zone *zone, int64_t time_ns);

/* @day plus @period; the last day of a shorter month (31 January + P1M = 28 or 29 February). */
int32_t yg_day_add(int32_t day, struct yg_period period);
