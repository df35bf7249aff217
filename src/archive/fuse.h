/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive/fuse.h - binary fuse filters: is a 64-bit key in a set? "No" is certain.
 *
 * A filter costs about 9 bits a key with fingerprints of 8 bits (one "maybe" too many in 256) and
 * about 18 with 16 (one in 65,536): less than a Bloom filter of the same error (11.5 and 23), and
 * three places are looked at instead of six or more.
 *
 * Layer:   archive. Pure; thread-safe.
 * Input:   untrusted: yg_fuse_open checks every size.
 * Source:  Graf, Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", ACM JEA 27
 *          (2022), doi:10.1145/3510449.
 * Tests:   tests/unit/archive/test_fuse.c, tests/fuzz/fuzz_archive.c
 */
#pragma once

#include "base/buf.h"

#define YG_FUSE_KEYS_MAX (1u << 26)
#define YG_FUSE_HEAD	 24u

/*
 * Add the filter of @keys (ascending, each once; count <= YG_FUSE_KEYS_MAX) to @to. @bits: 8 or 16.
 * No keys: an empty filter, which has nothing in it. YG_OK, YG_ENOMEM, YG_ELIMIT; YG_EUNSUPPORTED:
 * no filter was found for these keys (never seen; 100 seeds are tried).
 */
YG_MUST_USE int yg_fuse_write(const uint64_t *keys, uint32_t count, unsigned bits,
			      struct yg_buf *to);

struct yg_fuse {
	uint64_t seed;
	uint32_t segment;	/* size of a segment, a power of two */
	uint32_t segments_size; /* where a key's first place can be: below this */
	uint32_t size;		/* fingerprints */
	uint8_t bits;
	const uint8_t *prints; /* borrowed */
};

/* @b is borrowed. YG_OK or YG_EFORMAT. */
YG_MUST_USE int yg_fuse_open(struct yg_bytes b, struct yg_fuse *ret);

/* False: not in the set. True: in it, or (rarely) not. */
bool yg_fuse_has(const struct yg_fuse *fuse, uint64_t key);
