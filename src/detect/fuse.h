/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/fuse.h - a binary fuse filter with 8 bits a key: "surely not" or "probably there".
 *
 * Layer:   detect. Pure; building needs memory, asking none; thread-safe.
 * Source:  Graf, Lemire: Binary Fuse Filters, ACM JEA 27 (2022), doi:10.1145/3510449, sec. 3.
 * Tests:   tests/unit/detect/test_indicators_image.c
 *
 * A key that was put in always passes; another one in 256 does.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

#define YG_FUSE_SEGMENT_MAX (1u << 18)
#define YG_FUSE_KEYS_MAX    (1u << 26)

/* Where a filter stands in an array of cells, as it is written into files. */
struct yg_fuse {
	uint32_t seed;
	uint32_t first;	  /* its first cell */
	uint32_t starts;  /* cells where the first of the three may stand: a multiple of segment */
	uint32_t segment; /* cells; a power of two */
};

/* All cells: starts and the two segments behind. */
static inline uint64_t yg_fuse_cells(const struct yg_fuse *fuse)
{
	return (uint64_t)fuse->starts + 2 * (uint64_t)fuse->segment;
}

/* Can this be asked without leaving an array of @cell_count cells? */
bool yg_fuse_is_sound(const struct yg_fuse *fuse, uint64_t cell_count);

/* Three cells of the array, and what their sum (exclusive or) must be. */
static inline uint8_t yg_fuse_places(const struct yg_fuse *fuse, uint64_t hash, uint32_t to[3])
{
	uint32_t mask = fuse->segment - 1;

	hash += fuse->seed *
		UINT64_C(0x9e3779b97f4a7c15); /* mixed as in MurmurHash3's last steps */
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xc4ceb9fe1a85ec53);
	hash ^= hash >> 33;
	to[0] = (uint32_t)((hash >> 32) * fuse->starts >> 32);
	to[1] = (to[0] + fuse->segment) ^ ((uint32_t)(hash >> 18) & mask);
	to[2] = (to[0] + 2 * fuse->segment) ^ ((uint32_t)hash & mask);
	for (unsigned i = 0; i < 3; i++)
		to[i] += fuse->first;
	return (uint8_t)(hash ^ hash >> 32);
}

/*
 * A filter over @count different hashes; its cells are added to @cells (bytes, behind what is
 * there). YG_OK, YG_ENOMEM, or YG_ELIMIT: more than YG_FUSE_KEYS_MAX, or it could not be built,
 * which different hashes do not cause. Cost: O(count).
 */
YG_MUST_USE int yg_fuse_build(const uint64_t *hashes, uint32_t count, struct yg_buf *cells,
			      struct yg_fuse *ret);
