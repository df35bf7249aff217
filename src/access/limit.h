/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/limit.h - how often somebody may try: waiting times after failures, and rates.
 *
 * In memory and bounded: a table has YG_LIMIT_KEYS places, a key has YG_LIMIT_WAYS of them to
 * stand in, and the one that was quiet longest goes. Keys are hashed with the secret of the
 * process, so nobody can aim at another's place. Time is a parameter. One thread at a time.
 * Source: NIST SP 800-63B sec. 5.2.2 (throttling); token bucket: ITU-T I.371 annex A.
 * Tests: tests/unit/access/test_limit.c
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define YG_LIMIT_KEYS	     4096u
#define YG_LIMIT_WAYS	     8u
#define YG_THROTTLE_FIRST_S  2 /* then 2, 4, 8 … seconds */
#define YG_THROTTLE_MAX_S    900
#define YG_THROTTLE_FORGET_S 86400 /* after so long without a failure nothing is remembered */

struct yg_throttle;
/* @free_count: failures before there is any waiting. NULL without memory. */
struct yg_throttle *yg_throttle_new(uint32_t free_count);
struct yg_throttle *yg_throttle_free(struct yg_throttle *throttle);
/* Seconds that @key has to wait at @now_ns; 0: it may try. */
int64_t yg_throttle_wait_s(const struct yg_throttle *throttle, struct yg_bytes key, int64_t now_ns);
void yg_throttle_failed(struct yg_throttle *throttle, struct yg_bytes key, int64_t now_ns);
/* One failure less: it was counted beforehand, so that many at once gain nothing. */
void yg_throttle_forgive(struct yg_throttle *throttle, struct yg_bytes key);
void yg_throttle_succeeded(struct yg_throttle *throttle, struct yg_bytes key);

/* @burst at once, then @per_s a second. */
struct yg_rate;
struct yg_rate *yg_rate_new(uint32_t burst, uint32_t per_s); /* both > 0; NULL without memory */
struct yg_rate *yg_rate_free(struct yg_rate *rate);
/* Takes one. 0: it may; else the milliseconds until it may (nothing was taken). */
int64_t yg_rate_take(struct yg_rate *rate, struct yg_bytes key, int64_t now_ns);

/*
 * An address as a key: IPv6 is cut to its /64, because one household has that many; what is no
 * address stays as it is, cut. Returns the bytes at @to.
 */
#define YG_LIMIT_ADDRESS_MAX 64u
struct yg_bytes yg_limit_address(struct yg_bytes address, char to[YG_LIMIT_ADDRESS_MAX]);
