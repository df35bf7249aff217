/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/keep.h - where the hub puts what sensors send: the seam between listener and journal.
 *
 * accept() and drop() take bytes and say what that means; nothing is durable, and nothing may be
 * acknowledged, before sync() has returned YG_OK. So one sync serves all that came in one round.
 * After an error of sync() what is on disk is not known: the hub ends, and looks again at its next
 * start. One thread.
 * Tests: tests/unit/app/test_keep.c
 */
#pragma once

#include "wire/message.h"

enum yg_keep_result {
	YG_KEEP_NEW,	  /* taken */
	YG_KEEP_ALREADY,  /* the same bytes are there */
	YG_KEEP_CONFLICT, /* other bytes are there */
	YG_KEEP_PASSED,	  /* this place was given up by a drop record */
	YG_KEEP_GAP,	  /* something before it is missing */
	YG_KEEP_FULL,	  /* no room, for now */
};

struct yg_keep_answer {
	enum yg_keep_result result;
	struct yg_wire_next next; /* the lowest sequence that is missing; after CONFLICT and
				   * PASSED the first place of an epoch that is free */
};

struct yg_keep;

struct yg_keep_ops {
	/* @bytes: the batch as it came, whose content was checked. YG_OK (*ret is filled) or an
	 * error that ends the keep. */
	int (*accept)(struct yg_keep *keep, const char *org, const struct yg_wire_batch *batch,
		      int64_t received_ns, struct yg_bytes bytes, struct yg_keep_answer *ret);
	int (*drop)(struct yg_keep *keep, const char *org, const struct yg_wire_drop *drop,
		    int64_t received_ns, struct yg_bytes bytes, struct yg_keep_answer *ret);
	/* The lowest missing sequence of @epoch; 1 for one that is not known. */
	uint64_t (*next)(struct yg_keep *keep, const char *sensor, uint64_t epoch);
	int (*sync)(struct yg_keep *keep);
	struct yg_keep *(*free)(struct yg_keep *keep);
};

/* The first member of each implementation's own struct. */
struct yg_keep {
	const struct yg_keep_ops *ops;
};

#define YG_KEEP_STREAMS_MAX   200000u		 /* (sensor, epoch) pairs */
#define YG_KEEP_SEQUENCES_MAX UINT64_C(50000000) /* of all of them; 32 bytes of memory each */
#define YG_KEEP_FREE_BYTES    (64u << 20)	 /* of the disk that are left to others */

/*
 * One appended file; the journal of ARCHITECTURE 5.5 takes its place. Each entry, numbers in
 * little-endian order:
 *
 *   0 "YGK1"   4 kind (1 batch, 2 drop record)   8 size of the body   12 CRC-32 of all that follows
 *   16 received, ns since 1970   24 organisation, 72 bytes, zeros behind it   96 body, as it came
 *
 * The CRC-32 also covers kind and size. A torn end is cut off at opening: it was never
 * acknowledged. YG_OK; YG_EFORMAT: damaged before its end, untouched; YG_EIO, YG_EACCES, YG_ENOMEM.
 */
YG_MUST_USE int yg_keep_open_file(const char *path, struct yg_keep **ret);
