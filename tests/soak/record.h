/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/soak/record.h - a disk that remembers everything done to it, and can be cut from the power.
 *
 * It stands behind base/disk.h: every operation on a file below its root is done for real (so that
 * descriptors, locks and reading work as ever) and noted. record_rebuild() then makes the folder
 * that a power cut after any number of operations leaves. What was synced is there; of the rest,
 * decided by a seed, for each file and folder apart:
 * - nothing of it, or all of it;
 * - a beginning of it, the last write torn at any byte;
 * - any part of it in any order: whole writes missing, writes torn by sectors of 512 bytes or at
 *   any byte, lengths changed without their bytes, which then are zeros or rubbish;
 * - names: a new file not there (however often its bytes were synced), a rename undone or done, a
 *   removed file back again; all or a beginning or any part of what its folder was not synced for.
 *
 * No file system promises less (POSIX fsync(2)); most promise more.
 * Threads: operations from any; the functions here from one, while nobody operates.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct record;

/* Syncs that do nothing, to see that the tests see it: what a forgotten sync would do. */
enum record_lie {
	RECORD_LIE_SEGMENT = 1,	 /* of a journal's segments */
	RECORD_LIE_REPLACE = 2,	 /* of a new file before it is renamed to its name */
	RECORD_LIE_DATABASE = 4, /* of a database, its log, its rollback journal */
	RECORD_LIE_FOLDER = 8,	 /* of folders */
	RECORD_LIE_ARCHIVE = 16, /* of the archive's files */
	RECORD_LIE_LOG = 32,	 /* of the sensor's logs before archive and detection */
};

/* What is below @root now counts as synced. What is noted is shared with processes forked later. */
struct record *record_start(const char *root, unsigned lies);
struct record *record_free(struct record *record);

/*
 * From here on all of this process goes through this disk. @kill_after: right after so many
 * operations it is killed, as by kill -9 (0: never): what it wrote and did not sync is there for
 * the next process, as in the memory of the system, and gone when the power is cut.
 */
void record_use(struct record *record, uint64_t kill_after);

/* See what other processes did. */
void record_catch_up(struct record *record);

/* How many operations were done. Any thread. */
uint64_t record_count(const struct record *record);

/* The power is cut after @count operations: into the folder @to, which is emptied. Ends the program
 * where the system does not let it. */
void record_rebuild(const struct record *record, uint64_t count, uint64_t seed, const char *to);

/* The system's disk, without the time that syncs take: to look at what a cut left. */
void disk_without_syncs(void);

/* ---- small things that the rig needs too ---- */

/* splitmix64 (Steele, Lea, Flood 2014): the next number of the row that @state is. */
uint64_t random_next(uint64_t *state);
uint64_t random_below(uint64_t *state, uint64_t bound);

/* Remove a folder with all in it; make it anew. */
void folder_remove(const char *path);
void folder_make(const char *path);

/* What the rig has to say; what the product says to its operator is another matter. */
FILE *rig_words(void);
void silence_product(void);

__attribute__((noreturn, format(printf, 1, 2))) void give_up(const char *format, ...);
