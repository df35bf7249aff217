/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/tar.h - one file of a tar archive, fed in pieces.
 *
 * Archives behind each other count as one, as apk puts a signature before its index.
 *
 * Layer:   parse. No state; any thread.
 * Input:   untrusted bytes of any size: nothing of them is kept but a block of YG_TAR_BLOCK bytes.
 * Source:  POSIX.1-2017, pax, "ustar Interchange Format"; sizes of 8 GiB and more are refused.
 * Tests:   tests/unit/parse/test_tar.c, tests/fuzz/fuzz_apk.c
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define YG_TAR_BLOCK	512u
#define YG_TAR_NAME_MAX 100u

struct yg_tar {
	const char *name; /* of the file that is wanted, without a folder */
	/* A piece of it. Not YG_OK ends the reading, and is what yg_tar_feed() returns. */
	int (*take)(void *arg, struct yg_bytes piece);
	void *arg;
	bool is_found; /* it was there */

	/* Inside; begin with 0. */
	uint8_t block[YG_TAR_BLOCK];
	size_t block_size;
	uint64_t file_left; /* bytes of the file at hand that are still to come */
	uint32_t fill_left; /* and what fills its last block */
	bool is_wanted;
};

/* YG_OK; YG_EFORMAT: it is no such archive, or (@is_end) it is cut off; what take() returned. */
YG_MUST_USE int yg_tar_feed(struct yg_tar *tar, struct yg_bytes piece, bool is_end);
