/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source/tail.h - a file that is followed across restarts: where reading stood is a mark that can
 * be kept and found again.
 *
 * Bytes are given out as they lie in the file. While it runs, source/follow-int.h sees rotation and
 * truncation. What happened while nobody looked is made good at opening, and after a truncation:
 *
 *   the file of the mark is at the path ──────────────► go on behind the mark
 *   it has another name now (x.log.1, x.log-20261125) ─► its rest, then newer ones of its kind
 *                                                        whole, then the path from its beginning
 *   or one that we do not know (x.log.old) ────────────► its rest, then the path from its beginning
 *   cut and copied (copytruncate) ────────────────────► the rest of the copy, then from the
 * beginning not there any more, or packed ────────────────────► said (tail->is_lost), then from the
 * beginning
 *
 * A file is the one of the mark when device, inode and its first bytes agree; a copy when its first
 * bytes do. So an inode that was given to another file is not taken for the old one.
 *
 * Layer:   source. One thread a tail.
 * Tests:   tests/unit/source/test_tail.c, tests/e2e/sensor_files.py
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define YG_TAIL_HEAD_MAX     256u /* first bytes that tell one file from another */
#define YG_TAIL_SIBLINGS_MAX 512u /* files of one log that are looked at */

struct yg_tail_mark {
	uint64_t device;
	uint64_t inode;
	uint64_t offset;    /* bytes consumed */
	uint64_t lines;	    /* line feeds among them */
	uint64_t head_hash; /* of the first head_size bytes */
	uint32_t head_size; /* at most YG_TAIL_HEAD_MAX, never more than offset */
};

struct yg_tail;

/*
 * @mark NULL or with inode 0: from the beginning. @path is copied. A path that leads nowhere is no
 * error: it is looked at again in each read. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_tail_open(const char *path, const struct yg_tail_mark *mark,
			     struct yg_tail **ret);
struct yg_tail *yg_tail_free(struct yg_tail *tail);

/*
 * Append at most @want bytes to @to; never waits. YG_OK: some came. YG_EAGAIN: nothing now.
 * YG_EEND: the file ended, for it was replaced or cut: what comes next is another one, from its
 * beginning (or, after opening, one that follows on the first); the caller finishes a last line
 * that has no ending, and begins to count anew. An error of reading or memory; the next call tries
 * again. After an error nothing is lost.
 */
YG_MUST_USE int yg_tail_read(struct yg_tail *tail, struct yg_buf *to, size_t want);

/*
 * The mark for a place in the file that is being read: @offset bytes of it are consumed, with
 * @lines line feeds. 0 = its beginning. Bytes that were read but are not consumed are read again
 * from such a mark.
 */
void yg_tail_mark(struct yg_tail *tail, uint64_t offset, uint64_t lines, struct yg_tail_mark *ret);

/* Where the file being read was begun: the mark's place, or 0 of a file read from its beginning. */
uint64_t yg_tail_start(const struct yg_tail *tail, uint64_t *ret_lines);

/* The first bytes of the file being read, at most @room, to @to: for head lines. */
size_t yg_tail_peek(const struct yg_tail *tail, uint8_t *to, size_t room);

/* Readable when something may have changed; -1: look again every few hundred milliseconds. */
int yg_tail_fd(const struct yg_tail *tail);

struct yg_tail_state {
	uint64_t size;	 /* of the file being read, now */
	uint64_t offset; /* bytes given out of it */
	uint64_t rotations;
	uint64_t lost; /* times that the rest of a file was not found any more */
	bool is_there; /* the path leads to a file */
	int rc;	       /* why that file cannot be opened; YG_OK: it can */
};
struct yg_tail_state yg_tail_state(const struct yg_tail *tail);
