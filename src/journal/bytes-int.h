/* SPDX-License-Identifier: Apache-2.0 */
/* journal/bytes-int.h - little-endian numbers at a place in memory. */
#pragma once

#include <stdint.h>

static inline uint64_t yg_get_le(const uint8_t *at, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = size; i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

static inline void yg_put_le(uint8_t *at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		at[i] = (uint8_t)value;
		value >>= 8;
	}
}
