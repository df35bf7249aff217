/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive/writer.h - records into the files of one organisation, hour by hour of arrival.
 *
 * A file is written under the name "HH-NNN.open" and only grows by whole frames; closing adds index
 * and seek table, syncs, and renames it to "HH-NNN.ndjson.zst": under that name it never changes.
 * A write that fails is cut off again and its records stay in memory to be tried once more. After a
 * crash the next writer of that hour cuts the file behind its last whole frame and goes on; the
 * journal's position there says which records must be given again (docs/archive.md).
 *
 * What a record holds is told by a function of the caller (its time, format and keys), because this
 * folder does not know formats; the same function serves when files are repaired.
 *
 * Layer:   archive. One thread for each writer; one writer for each organisation (held by a lock on
 *          the open file).
 * Source:  docs/archive.md
 * Tests:   tests/unit/archive/test_archive.c, tests/soak/part_archive.c
 */
#pragma once

#include "archive/filters.h"

/* What a record is, as a reader of records sees it. */
struct yg_archive_facts {
	int64_t time_ns; /* or YG_TIME_NONE */
	enum yg_format format;
	bool is_unplaced;     /* see YG_ARCHIVE_UNPLACED */
	bool is_keyless;      /* its keys are not known: its frame is read by every hunt */
	const uint64_t *keys; /* valid until the next call */
	uint32_t key_count;
};

/* @line with its line end. YG_OK or YG_ENOMEM: every line is something, if only "unknown". */
typedef int (*yg_archive_describe_fn)(void *arg, struct yg_bytes line,
				      struct yg_archive_facts *ret);

struct yg_archive_writer_opts {
	const char *dir; /* the archive's folder; made when it is missing. Borrowed */
	const char *org; /* see yg_archive_is_org. Borrowed */
	yg_archive_describe_fn describe;
	void *arg;
};

struct yg_archive_writer;

/* NULL without memory. Nothing is opened yet. */
struct yg_archive_writer *yg_archive_writer_new(const struct yg_archive_writer_opts *opts);

/* Leaves an open file as it is (what was not synced is lost). NULL is allowed. */
struct yg_archive_writer *yg_archive_writer_free(struct yg_archive_writer *writer);

/*
 * Add one record: @line is one line with its LF, at most YG_ARCHIVE_RECORD_MAX. @journal: its
 * number in the journal, ascending, or UINT64_MAX for none. A new hour of @arrived_ns closes the
 * file of the last one and begins (or goes on with) that of the new one. YG_OK; YG_ELIMIT: too
 * long; YG_EINVAL: no single line; YG_EAGAIN: another writer has the file; else the error of
 * writing, after which the same call may be made again: nothing was taken.
 */
YG_MUST_USE int yg_archive_append(struct yg_archive_writer *writer, struct yg_bytes line,
				  int64_t arrived_ns, uint64_t journal);

/*
 * All records given so far are in whole frames and on the disk, and so is the file's name, when
 * this returns YG_OK. When the sync itself fails, what came since the last good one is cut off and
 * the file is given up: begin again, and give again what is behind yg_archive_journal_end(). Meant
 * to be called seldom (frames shrink): the hub does so with its cursor.
 */
YG_MUST_USE int yg_archive_sync(struct yg_archive_writer *writer);

/* Sync, close and rename; then the filters. The writer can go on with another file. */
YG_MUST_USE int yg_archive_seal(struct yg_archive_writer *writer);

/*
 * Where the journal stands behind the last record that is on the disk, as far as this writer's
 * present file knows; 0 when it holds none. After a crash: give the records from here on again.
 */
uint64_t yg_archive_journal_end(const struct yg_archive_writer *writer);

/*
 * Open the file of the hour of @arrived_ns now, repairing it where needed: for those who need
 * yg_archive_journal_end before the first record. Returns as yg_archive_append.
 */
YG_MUST_USE int yg_archive_writer_begin(struct yg_archive_writer *writer, int64_t arrived_ns);

struct yg_archive_written {
	uint64_t files; /* closed */
	uint64_t frames;
	uint64_t records;
	uint64_t text_bytes;
	uint64_t file_bytes; /* of closed files, without filters */
	uint64_t cut_bytes;  /* behind the last whole frame of files that were not closed */
};
struct yg_archive_written yg_archive_writer_counts(const struct yg_archive_writer *writer);

/* The path of the file written to now; NULL = none. Valid until the next call. */
const char *yg_archive_writer_path(const struct yg_archive_writer *writer);

/*
 * Close the file @path that nobody closed ("….open"), or give a closed one its filters anew. A
 * damaged frame ends a file that was not closed: what stands behind the last whole frame is cut off
 * and counted. YG_OK; YG_EAGAIN: a writer has it; YG_EMISMATCH: no archive, or no whole frame;
 * YG_EDIGEST: a closed file is damaged: it is left as it is; else the error of the system.
 */
YG_MUST_USE int yg_archive_repair(const char *path, yg_archive_describe_fn describe, void *arg,
				  uint64_t *ret_cut_bytes);
