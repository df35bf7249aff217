/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/when.h - times as web servers write them.
 *
 * Layer: parse. Pure, thread-safe. RFC 3339 is read by yg_time_parse_iso (base/clock.h).
 */
#pragma once

#include "base/clock.h"
#include "base/zone.h"

struct yg_when {
	struct yg_civil civil;
	int32_t zone_s;
	bool has_zone;
};

/* 1..12 for three letters of an English month in any case, or 0. @text: 3 readable bytes. */
unsigned yg_when_month(const uint8_t *text);

/* Exactly @count digits at @text; false when one is none. */
bool yg_when_digits(const uint8_t *text, unsigned count, uint32_t *ret);

/*
 * "22/Dec/2016:16:30:52 +0300", seconds with an optional fraction, the zone may be missing.
 * False when @text is not wholly such a time.
 */
bool yg_when_clf(struct yg_bytes text, struct yg_when *ret);

/*
 * A fraction of a second (".25", ",250000123"; digits beyond nanoseconds are dropped) at the
 * start of @text: its size, 0 when there is none.
 */
size_t yg_when_fraction(struct yg_bytes text, uint32_t *ret_ns);

/* "+0300", "-05:30", "Z". */
bool yg_when_zone(struct yg_bytes text, int32_t *ret_s);

/* The instant; @zone (may be NULL: UTC) is used when none was written. False: no such time. */
bool yg_when_instant(const struct yg_when *when, const struct yg_zone *zone, int64_t *ret_ns);
