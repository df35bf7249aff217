/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive/reader.h - a file of an archive: its frames, one by one, in any order.
 *
 * A closed file has an index at its end; one that was never closed, or whose end is damaged, is
 * walked from header to header up to the last whole frame. Reading positions is by pread: any
 * number of threads may read frames of one open file.
 *
 * Layer:   archive.
 * Input:   untrusted bytes.
 * Source:  docs/archive.md
 * Tests:   tests/unit/archive/test_archive.c, tests/fuzz/fuzz_archive.c
 */
#pragma once

#include "archive/frame.h"

#define YG_ARCHIVE_FRAMES_MAX 65536u
#define YG_ARCHIVE_ORG_MAX    64u
#define YG_ARCHIVE_GAPS_MAX   1024u /* of one file that are named one by one */
/*
 * Behind damage a header can be met whose bytes do not hold what it says. So many times the size of
 * the file may be read for such ones; then what is left is one gap.
 */
#define YG_ARCHIVE_VAIN_FACTOR 4u

/* Bytes of a file in which frames should stand and none is whole; size 0: frames are missing here.
 */
struct yg_archive_gap {
	uint64_t at;
	uint64_t size;
	enum yg_err code;
	const char *words; /* English, static */
};

struct yg_archive {
	char *path; /* owned; for the files beside it */
	int fd;
	uint64_t size;
	bool is_sealed; /* an index was found and fits */
	struct yg_archive_frame *frames;
	uint32_t count;
	uint64_t end;			  /* behind the last whole frame */
	char org[YG_ARCHIVE_ORG_MAX + 1]; /* empty where there is no index */
	int64_t hour_ns;		  /* YG_TIME_NONE where there is no index */
	uint64_t index_sum;	     /* binds the filters to this file; 0 where there is none */
	struct yg_fault fault;	     /* why it is not sealed, pos in the file; msg NULL: is */
	struct yg_archive_gap *gaps; /* of yg_archive_go_on, in the order of the file */
	uint32_t gap_count;
	uint64_t gaps_more; /* further ones, not in the list */
};

/* Do the bytes at the front of a file look like an archive's? At least 16 are needed. */
bool yg_archive_is(struct yg_bytes head);

/*
 * Open @path. YG_OK, also for files that were not closed (ret->is_sealed is false, ret->fault says
 * where and why); YG_EMISMATCH: no archive; YG_ENOMEM; YG_ELIMIT: more frames than a file may have;
 * or the system's error. Cost: one read of the index, or a short read for each frame.
 */
YG_MUST_USE int yg_archive_open(const char *path, struct yg_archive **ret, struct yg_fault *reterr);
struct yg_archive *yg_archive_free(struct yg_archive *archive);

/*
 * For who wants all that can be read of a file that is not sealed: the frames behind the first
 * place that is damaged are added to ret->frames, each with its own number (they rise, with gaps),
 * and what was passed over becomes ret->gaps. A place counts as the beginning of a frame when
 * header, number and packed bytes hold, and where the index at the file's end can still be read,
 * when it says the same of the frame, wherever it stood. Without effect on a sealed file. YG_OK,
 * YG_ENOMEM, YG_ELIMIT, or the system's error. Cost: each byte behind the damage once, and
 * YG_ARCHIVE_VAIN_FACTOR.
 */
YG_MUST_USE int yg_archive_go_on(struct yg_archive *archive);

/*
 * Header and zstd frame number @index as they stand, added to @to (room: YG_ARCHIVE_STORED_MAX),
 * for yg_archive_unpack. YG_OK, YG_ETRUNC, YG_EIO, YG_ENOMEM.
 */
YG_MUST_USE int yg_archive_load(const struct yg_archive *archive, uint32_t index,
				struct yg_buf *to);

/* Does what was unpacked agree with what the index said of it? */
bool yg_archive_agrees(const struct yg_archive_frame *said, const struct yg_archive_frame *found);

/* What is not as it should be: @size bytes at @at of the file @path. Words: English, static. */
struct yg_archive_note {
	const char *path;
	uint64_t at;
	uint64_t size;
	int rc;
	const char *words;
};
typedef void (*yg_archive_note_fn)(void *arg, const struct yg_archive_note *note);

/*
 * Read all of @path and name everything that is wrong. @take (may be NULL) gets the text of each
 * whole frame; an error of it ends the check. YG_OK also for damaged files: *ret_notes counts what
 * was named. Behind damage the next whole frame is looked for. A file that is merely not closed is
 * no damage up to its last whole frame: that is ret_archive->is_sealed.
 */
struct yg_archive_check {
	uint64_t notes;
	uint64_t frames;
	uint64_t records;
	uint64_t text_bytes;
	uint64_t file_bytes;
	int64_t first_ns;
	int64_t last_ns;
	uint64_t journal_first;
	uint64_t journal_end;
	bool is_sealed;
	char org[YG_ARCHIVE_ORG_MAX + 1];
	int64_t hour_ns;
};
typedef int (*yg_archive_take_fn)(void *arg, const struct yg_archive_frame *frame,
				  struct yg_bytes text);
YG_MUST_USE int yg_archive_verify(const char *path, struct yg_archive_check *ret,
				  yg_archive_note_fn note, yg_archive_take_fn take, void *arg);
