/* SPDX-License-Identifier: Apache-2.0 */
#include "access/veil.h"

#include "base/ban.h"

#define ROUNDS	  6u
#define HALF_BITS (YG_VEIL_BITS / 2)
#define HALF_MASK ((UINT64_C(1) << HALF_BITS) - 1)

static uint64_t mix(const uint8_t key[YG_MAC_KEY_BYTES], unsigned round, uint64_t half)
{
	uint8_t text[5] = {(uint8_t)round, (uint8_t)(half >> 24), (uint8_t)(half >> 16),
			   (uint8_t)(half >> 8), (uint8_t)half};
	uint8_t mac[YG_MAC_BYTES];
	uint64_t value = 0;

	yg_mac(key, (struct yg_bytes){text, sizeof(text)}, mac);
	for (unsigned i = 0; i < 4; i++)
		value = value << 8 | mac[i];
	return value & HALF_MASK;
}

uint64_t yg_veil(const uint8_t key[YG_MAC_KEY_BYTES], uint64_t number)
{
	uint64_t left = number >> HALF_BITS;
	uint64_t right = number & HALF_MASK;

	if (number >> YG_VEIL_BITS)
		return 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t next = left ^ mix(key, round, right);

		left = right;
		right = next;
	}
	return left << HALF_BITS | right;
}

bool yg_unveil(const uint8_t key[YG_MAC_KEY_BYTES], uint64_t veiled, uint64_t *ret)
{
	uint64_t left = veiled >> HALF_BITS;
	uint64_t right = veiled & HALF_MASK;

	if (veiled >> YG_VEIL_BITS)
		return false;
	for (unsigned round = ROUNDS; round-- > 0;) {
		uint64_t before = right ^ mix(key, round, left);

		right = left;
		left = before;
	}
	*ret = left << HALF_BITS | right;
	return true;
}
