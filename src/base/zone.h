/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/zone.h - time zones: how far local time is from UTC at a given local time.
 *
 * A zone is immutable after loading and may be shared by threads.
 * Source: RFC 8536 (TZif files), POSIX TZ strings for times after the table's end.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"

struct yg_zone;

/*
 * "UTC", "Z", "+09:00", "-0530", an IANA name ("Asia/Tokyo": read from /usr/share/zoneinfo), or
 * NULL for the machine's zone (TZ, else /etc/localtime, else UTC). Names with ".." or a leading
 * "/" are refused. YG_OK, YG_ENOENT (no such zone), YG_EFORMAT or YG_ENOMEM.
 */
YG_MUST_USE int yg_zone_load(const char *name, struct yg_zone **ret);
struct yg_zone *yg_zone_free(struct yg_zone *zone);

/* Japan's, which needs no file. Static: not to be freed. */
const struct yg_zone *yg_zone_japan(void);
/* The clock's, or Japan's. Never NULL. */
const struct yg_zone *yg_zone_of(struct yg_clock clock);

/* In all that follows NULL is UTC. */

/*
 * Seconds east of UTC at local time @local_s (seconds since 1970-01-01 00:00 local). In the hour
 * that occurs twice the first (summer) reading is taken; in the one that is skipped, the offset
 * before it. Cost: O(log transitions).
 */
int32_t yg_zone_offset_local(const struct yg_zone *zone, int64_t local_s);

/* Seconds east of UTC at instant @utc_s. */
int32_t yg_zone_offset_utc(const struct yg_zone *zone, int64_t utc_s);
/* The same at @time_ns. */
int32_t yg_zone_offset_at(const struct yg_zone *zone, int64_t time_ns);

/* What to show a person: "Asia/Tokyo", "+09:00", "UTC". Never NULL. */
const char *yg_zone_name(const struct yg_zone *zone);
