/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/clock.h - time: nanoseconds since 1970-01-01 UTC inside, ISO 8601 outside.
 *
 * Everything here but yg_clock_system() is pure. Code that needs "now" takes a
 * struct yg_clock, so that tests decide what time it is. Range: years 1678 to 2261.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define YG_NS_PER_S   INT64_C(1000000000)
#define YG_TIME_NONE  INT64_MIN /* "no time known" wherever a time_ns stands */
#define YG_ISO_SIZE   36u	/* room for yg_time_iso, NUL included */
#define YG_ZONE_MIN_S (-18 * 3600)
#define YG_ZONE_MAX_S (18 * 3600)

struct yg_zone; /* base/zone.h */

struct yg_clock {
	int64_t (*now_ns)(void *arg);
	void *arg;
	/* Where the people live whose days and hours are meant; borrowed. NULL: in Japan. What is
	 * kept, and what programs read, is UTC whatever stands here. */
	const struct yg_zone *zone;
};

/* The machine's clock (CLOCK_REALTIME). */
struct yg_clock yg_clock_system(void);

/* For how long something takes: nobody sets it, and it says no date (CLOCK_MONOTONIC). */
struct yg_clock yg_clock_steady(void);

struct yg_civil {
	int32_t year;
	uint8_t month; /* 1..12 */
	uint8_t day;   /* 1..31 */
	uint8_t hour;
	uint8_t minute;
	uint8_t second; /* 60 is taken as 59.999999999 */
	uint32_t ns;
};

/*
 * The calendar alone (proleptic Gregorian): days from 1970-01-01 to a date that exists, the date of
 * such a number (time of day 0), and the days of a month (1..12).
 */
int64_t yg_date_days(int64_t year, unsigned month, unsigned day);
struct yg_civil yg_date_civil(int64_t days);
unsigned yg_month_days(int64_t year, unsigned month);

/* False when a field is out of range or the day does not exist; *ret untouched then. */
bool yg_time_from_civil(const struct yg_civil *civil, int32_t zone_s, int64_t *ret_ns);

/* The civil time in a zone @zone_s seconds east of UTC. @time_ns must not be YG_TIME_NONE. */
struct yg_civil yg_time_civil(int64_t time_ns, int32_t zone_s);

/* 0 = Monday … 6 = Sunday; ISO 8601 week number 1..53. */
unsigned yg_time_weekday(int64_t time_ns, int32_t zone_s);
unsigned yg_time_iso_week(int64_t time_ns, int32_t zone_s);

/*
 * "2026-11-21T08:31:54.123456789Z": the fraction only as long as it must be (none, 3, 6 or
 * 9 digits); with @zone_s != 0 "+09:00" instead of Z. Returns the size without the NUL.
 */
size_t yg_time_iso(int64_t time_ns, int32_t zone_s, char to[YG_ISO_SIZE]);

/*
 * Read ISO 8601 / RFC 3339 as logs write it: "2026-11-21T08:31:54Z", a space or "T" or "t",
 * fraction with . or , and any number of digits, zone Z, +hh:mm, +hhmm, +hh or none.
 * @zone_s is used without a zone. *ret_has_zone tells which it was. False when @b is not
 * wholly such a time.
 */
bool yg_time_parse_iso(struct yg_bytes b, int32_t zone_s, int64_t *ret_ns, bool *ret_has_zone);
