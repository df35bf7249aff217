/* SPDX-License-Identifier: Apache-2.0 */
#include "access/veil.h"

#include "../check.h"

#include "base/ban.h"

static const uint8_t key[YG_MAC_KEY_BYTES] = {1, 2, 3};
static const uint8_t other[YG_MAC_KEY_BYTES] = {1, 2, 4};

static void there_and_back(void)
{
	static const uint64_t edges[] = {0, 1, (UINT64_C(1) << 26) - 1, UINT64_C(1) << 26,
					 (UINT64_C(1) << YG_VEIL_BITS) - 1};
	uint64_t back = 0;

	for (uint64_t i = 0; i < 1000; i++)
		CHECK(yg_unveil(key, yg_veil(key, i), &back) && back == i);
	for (unsigned i = 0; i < 5; i++)
		CHECK(yg_veil(key, edges[i]) >> YG_VEIL_BITS == 0 &&
		      yg_unveil(key, yg_veil(key, edges[i]), &back) && back == edges[i]);
	CHECK(yg_veil(key, UINT64_C(1) << YG_VEIL_BITS) == 0);
	CHECK(!yg_unveil(key, UINT64_C(1) << YG_VEIL_BITS, &back));
	CHECK(!yg_unveil(key, UINT64_MAX, &back));
}

/* Neighbours go up as often as down, and lie far from each other. */
static void no_order(void)
{
	unsigned up = 0;
	unsigned near = 0;

	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t a = yg_veil(key, i);
		uint64_t b = yg_veil(key, i + 1);

		up += a < b;
		near += (a < b ? b - a : a - b) < UINT64_C(1) << 32;
		CHECK(a != yg_veil(other, i));
	}
	CHECK(up > 400 && up < 600);
	CHECK(near == 0);
}

static const struct check_case cases[] = {
	CASE(there_and_back),
	CASE(no_order),
};
CHECK_MAIN(cases)
