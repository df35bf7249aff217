/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal/journal-int.h - the journal in files: what its parts share.
 *
 *   append ─► group (memory) ─► write, sync (one caller leads, others wait) ─► durable ─► readers
 *                                  └─ any failure: all that waits is lost to its callers, and
 *                                     writing goes on in a new segment, which seals the old one
 */
#pragma once

#include <pthread.h>

#include "base/disk.h"
#include "journal/known-int.h"
#include "journal/segment-int.h"

#define YG_JOURNAL_LOST_MAX 64u /* ranges of positions whose writing failed */
#define YG_SEGMENT_NAME_MAX 32u
#define YG_CURSOR_UNKNOWN   UINT64_MAX

struct yg_segment {
	uint64_t first;
	uint64_t end;  /* bytes that are durable, or sealed */
	uint64_t last; /* the last position in it or, when it is empty, before it */
};

struct yg_group {
	struct yg_buf bytes;
	struct yg_waiting *first;
	struct yg_waiting *last;
	uint64_t count;
};

struct yg_journal_lost {
	uint64_t first;
	uint64_t last;
	int rc;
};

struct yg_journal_named {
	char name[YG_JOURNAL_NAME_MAX + 1];
	uint64_t cursor; /* YG_CURSOR_UNKNOWN: has not said yet */
};

struct yg_journal {
	char *folder;
	int folder_fd; /* holds the lock */
	uint64_t segment_bytes;
	uint64_t bytes_max;
	uint64_t reserve_bytes;
	uint32_t group_ms;
	struct yg_clock clock;

	/* Set by the one who writes (is_writing), or before there are others. */
	int fd;		/* of the newest segment; -1: none */
	uint64_t salt;	/* of the newest segment */
	bool is_closed; /* the newest segment takes no more: the next group begins a new one */
	bool is_marked; /* nothing was written to it since its last mark */

	pthread_mutex_t mutex;
	pthread_cond_t changed;
	/* Under the mutex. */
	bool is_writing;
	bool is_trimming;
	struct yg_segment *segments;
	size_t segment_count;
	size_t segment_room;
	struct yg_known known;
	struct yg_group group; /* collects */
	struct yg_group spare; /* empty, keeps its memory */
	uint64_t next_position;
	uint64_t durable;
	uint64_t first_cursor; /* the last position before the segments that are here */
	uint64_t bytes;	       /* of all segments but the newest */
	struct yg_journal_lost lost[YG_JOURNAL_LOST_MAX];
	size_t lost_count;
	uint64_t lost_forgotten; /* positions up to here may be lost without a range that says so */
	int64_t synced_ns;	 /* when the last sync began; YG_TIME_NONE: never */
	uint64_t state_position; /* of the state file */
	struct yg_journal_named named[YG_JOURNAL_CONSUMERS_MAX];
	size_t named_count;
	struct yg_journal_stats stats;
};

/* ---- segment_file.c ---- */

/* "FOLDER/NAME": YG_OK or YG_ELIMIT. */
YG_MUST_USE int yg_journal_path(const struct yg_journal *journal, const char *name,
				char to[YG_DISK_PATH_MAX]);
void yg_segment_name(uint64_t first, char to[YG_SEGMENT_NAME_MAX]);
bool yg_segment_name_read(const char *name, uint64_t *ret_first);

/* Open for reading, read and check the head. *ret_fd is the caller's. */
YG_MUST_USE int yg_segment_open(const struct yg_journal *journal, uint64_t first, int *ret_fd,
				struct yg_segment_head *ret, struct yg_fault *reterr);

/* A window of bytes of a segment that is read in order. */
struct yg_window {
	int fd;
	struct yg_buf bytes; /* of @start.. of the file */
	uint64_t start;
};

/* @size bytes at @at (before byte @end of the file); fewer when the file ends earlier. */
YG_MUST_USE int yg_window_at(struct yg_window *window, uint64_t at, size_t size, uint64_t end,
			     struct yg_bytes *ret);

/*
 * The record at @at, whole, before @end. *ret_size: its bytes, when its head could be read. Marks
 * come with position 0. Errors as in segment-int.h; YG_EIO, YG_ENOMEM.
 */
YG_MUST_USE int yg_window_record(struct yg_window *window, uint64_t salt, uint64_t at, uint64_t end,
				 struct yg_segment_record *ret_head, struct yg_journal_record *ret,
				 struct yg_fault *reterr);

/*
 * Begin a segment behind @before (NULL: there is none), for positions from @first: written,
 * synced and named before this returns. *ret_fd is the caller's.
 */
YG_MUST_USE int yg_segment_start(const struct yg_journal *journal, const struct yg_segment *before,
				 uint64_t first, int *ret_fd, struct yg_segment_head *ret);

/* ---- recover.c ---- */

/* Find out what there is, begin a segment. Errors and *report as yg_journal_open(). */
YG_MUST_USE int yg_journal_recover(struct yg_journal *journal, struct yg_journal_report *report);

/* ---- group.c ---- */

/* Room in memory for one more segment. With the mutex, or before there are others. */
YG_MUST_USE int yg_journal_segment_room(struct yg_journal *journal);

void yg_group_done(struct yg_group *group);

/* With the mutex, while nobody writes; gives the mutex away meanwhile. Its error is also kept for
 * all whose records were lost. */
int yg_group_write(struct yg_journal *journal);

/* A mark behind the last record: the disk had it all. Nobody else may be there. */
YG_MUST_USE int yg_group_mark(struct yg_journal *journal);

/* ---- cursors.c ---- */

/* What yg_journal_cursor_save() wrote at @path; 0: it is not there. */
YG_MUST_USE int yg_journal_cursor_read(const char *path, uint64_t *ret_cursor);

YG_MUST_USE int yg_journal_name_consumers(struct yg_journal *journal,
					  const struct yg_journal_options *options);

/* Write the state of everything durable. */
YG_MUST_USE int yg_journal_state_save(struct yg_journal *journal, uint64_t trimmed);

/* ---- reader.c, for consumer.c ---- */

/* Seeking back to where the reader stands now will cost nothing. */
void yg_journal_reader_keep(struct yg_journal_reader *reader, uint64_t cursor);

/* With the mutex: the position that all consumers have passed; 0 until each has said so. */
uint64_t yg_journal_least_passed(const struct yg_journal *journal);
