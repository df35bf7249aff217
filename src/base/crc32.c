/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32.h"

#include <threads.h>

#include "base/ban.h"

#define POLYNOMIAL 0xedb88320u
#define SLICES	   16u /* bytes taken at once: one table for each */

static uint32_t tables[SLICES][256];
static once_flag made = ONCE_FLAG_INIT;

static void make_tables(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t sum = i;

		for (unsigned bit = 0; bit < 8; bit++)
			sum = sum & 1 ? sum >> 1 ^ POLYNOMIAL : sum >> 1;
		tables[0][i] = sum;
	}
	for (uint32_t k = 1; k < SLICES; k++)
		for (uint32_t i = 0; i < 256; i++)
			tables[k][i] = tables[k - 1][i] >> 8 ^ tables[0][tables[k - 1][i] & 0xff];
}

uint32_t yg_crc32(struct yg_bytes b, uint32_t before)
{
	uint32_t sum = ~before;
	size_t i = 0;

	call_once(&made, make_tables);
	for (; i + SLICES <= b.size; i += SLICES) {
		const uint8_t *at = b.data + i;
		uint32_t next = 0;

		sum ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
		       (uint32_t)at[3] << 24;
		for (unsigned k = 0; k < 4; k++)
			next ^= tables[SLICES - 1 - k][sum >> 8 * k & 0xff];
		for (unsigned k = 4; k < SLICES; k++)
			next ^= tables[SLICES - 1 - k][at[k]];
		sum = next;
	}
	for (; i < b.size; i++)
		sum = sum >> 8 ^ tables[0][(sum ^ b.data[i]) & 0xff];
	return ~sum;
}
