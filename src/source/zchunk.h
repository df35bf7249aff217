/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source/zchunk.h - a packing that dnf fetches lists in: a text in chunks, each packed by zstd with
 * one dictionary.
 *
 * Layer:   source. No state; any thread.
 * Input:   untrusted: a chunk is at most YG_ZCHUNK_CHUNK_MAX bytes, packed and unpacked. How much
 *          comes of all is for @fn to bound.
 * Source:  zchunk_format.txt of zchunk 1.2
 * Tests:   tests/unit/source/test_zchunk.c, tests/fuzz/fuzz_repodata.c
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define YG_ZCHUNK_HEADER_MAX (8u << 20) /* bytes of the index: some 25 a chunk */
#define YG_ZCHUNK_CHUNK_MAX  (32u << 20)

bool yg_zchunk_is(struct yg_bytes head);

/*
 * The text of the file @fd (borrowed), or with @fd < 0 of what is in @memory, piece by piece. Sums
 * are not looked at: who fetched it did. YG_OK; YG_EFORMAT, YG_ETRUNC, YG_ELIMIT; YG_EUNSUPPORTED:
 * streams, or another packing than zstd; YG_ENOMEM; an error of reading; what @fn returned.
 */
YG_MUST_USE int yg_zchunk_read(int fd, struct yg_bytes memory,
			       int (*fn)(void *arg, struct yg_bytes piece), void *arg);
