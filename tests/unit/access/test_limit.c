/* SPDX-License-Identifier: Apache-2.0 */
#include "access/limit.h"

#include "../check.h"
#include "base/clock.h"

#include "base/ban.h"

#define FREE 5u

static const int64_t start_ns = INT64_C(1700000000) * YG_NS_PER_S;

static void waiting(void)
{
	struct yg_throttle *throttle = yg_throttle_new(FREE);
	struct yg_bytes key = YG_S("login");
	int64_t now = start_ns;
	int64_t expected = YG_THROTTLE_FIRST_S;

	CHECK(throttle);
	for (unsigned i = 0; i < FREE; i++) {
		CHECK(yg_throttle_wait_s(throttle, key, now) == 0);
		yg_throttle_failed(throttle, key, now);
	}
	for (unsigned i = 0; i < 20; i++) {
		CHECK(yg_throttle_wait_s(throttle, key, now) == expected);
		CHECK(yg_throttle_wait_s(throttle, key, now + (expected - 1) * YG_NS_PER_S) == 1);
		/* A clock that is set back makes nobody wait longer. */
		CHECK(yg_throttle_wait_s(throttle, key, now - 5000 * YG_NS_PER_S) == expected);
		now += expected * YG_NS_PER_S;
		CHECK(yg_throttle_wait_s(throttle, key, now) == 0);
		yg_throttle_failed(throttle, key, now);
		expected = expected * 2 > YG_THROTTLE_MAX_S ? YG_THROTTLE_MAX_S : expected * 2;
	}
	CHECK(yg_throttle_wait_s(throttle, YG_S("another"), now) == 0);
	now += (YG_THROTTLE_FORGET_S + 1) * YG_NS_PER_S;
	yg_throttle_failed(throttle, key, now); /* the first one again */
	CHECK(yg_throttle_wait_s(throttle, key, now) == 0);
	for (unsigned i = 0; i < FREE; i++)
		yg_throttle_failed(throttle, key, now);
	yg_throttle_forgive(throttle, key);
	yg_throttle_forgive(throttle, key);
	CHECK(yg_throttle_wait_s(throttle, key, now) == 0);
	for (unsigned i = 0; i < FREE; i++)
		yg_throttle_failed(throttle, key, now);
	CHECK(yg_throttle_wait_s(throttle, key, now) > 0);
	yg_throttle_succeeded(throttle, key);
	CHECK(yg_throttle_wait_s(throttle, key, now) == 0);
	(void)yg_throttle_free(throttle);
}

/* A hundred thousand names take no more room, and the one that is tried goes on waiting. */
static void bounds(void)
{
	struct yg_throttle *throttle = yg_throttle_new(FREE);
	char name[32];

	CHECK(throttle);
	for (unsigned i = 0; i < 100000; i++) {
		(void)snprintf(name, sizeof(name), "name%u", i);
		yg_throttle_failed(throttle, yg_bytes_str(name), start_ns + i);
		yg_throttle_failed(throttle, YG_S("victim"), start_ns + i);
	}
	CHECK(yg_throttle_wait_s(throttle, YG_S("victim"), start_ns + 100000) == YG_THROTTLE_MAX_S);
	(void)yg_throttle_free(throttle);
}

static void rates(void)
{
	struct yg_rate *rate = yg_rate_new(10, 4);
	struct yg_bytes key = YG_S("session");
	int64_t now = start_ns;
	unsigned given = 0;

	CHECK(rate);
	for (unsigned i = 0; i < 10; i++)
		CHECK(yg_rate_take(rate, key, now) == 0);
	CHECK(yg_rate_take(rate, key, now) == 250);
	CHECK(yg_rate_take(rate, YG_S("other"), now) == 0);
	CHECK(yg_rate_take(rate, key, now + 249 * INT64_C(1000000)) == 1);
	CHECK(yg_rate_take(rate, key, now + 250 * INT64_C(1000000)) == 0);
	/* Asked every millisecond for 100 s: four a second, whatever the rounding. */
	now += YG_NS_PER_S;
	for (unsigned i = 0; i < 100000; i++)
		given += yg_rate_take(rate, key, now + i * INT64_C(1000000)) == 0;
	CHECK(given >= 400 && given <= 404);
	/* A year later it is full, and not fuller; set back it still works. */
	now += INT64_C(31536000) * YG_NS_PER_S;
	for (unsigned i = 0; i < 10; i++)
		CHECK(yg_rate_take(rate, key, now) == 0);
	CHECK(yg_rate_take(rate, key, now) > 0);
	now -= 5000 * YG_NS_PER_S;
	CHECK(yg_rate_take(rate, key, now) > 0);
	CHECK(yg_rate_take(rate, key, now + YG_NS_PER_S) == 0);
	(void)yg_rate_free(rate);
}

static void addresses(void)
{
	char to[YG_LIMIT_ADDRESS_MAX];

	CHECK_TEXT(yg_limit_address(YG_S("192.0.2.7"), to), "192.0.2.7");
	CHECK_TEXT(yg_limit_address(YG_S("::ffff:192.0.2.7"), to), "192.0.2.7");
	CHECK_TEXT(yg_limit_address(YG_S("2001:db8:1:2:3:4:5:6"), to), "2001:db8:1:2::");
	CHECK_TEXT(yg_limit_address(YG_S("2001:db8:1:2:ffff::1"), to), "2001:db8:1:2::");
	CHECK_TEXT(yg_limit_address(YG_S(""), to), "");
}

static const struct check_case cases[] = {CASE(waiting), CASE(bounds), CASE(rates),
					  CASE(addresses)};
CHECK_MAIN(cases)
