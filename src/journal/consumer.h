/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal/consumer.h - one that reads the journal and keeps what it makes of it.
 *
 * Its output and its cursor are committed together, so that after a crash it goes on exactly where
 * its output ends: nothing missing, nothing doubled. Detection, archive and statistics are each
 * one of these. An owner whose output cannot be in one transaction with the cursor (files) commits
 * its output first, makes it such that the same records again change nothing, and uses
 * yg_journal_cursor_load() and …_save() in `load` and `commit`.
 *
 *      begin -> take, take, take … (up to the limits, or no more for now) -> commit(cursor)
 *        any error -> abort; the same records come again
 *      commit may look ahead (yg_consumer_ahead): begin -> (those) take, … -> commit
 *
 * Threads: one per consumer; several consumers of one journal at the same time.
 */
#pragma once

#include "journal/journal.h"

struct yg_consumer;

struct yg_consumer_ops {
	/* The cursor as it was last committed; 0 at the very beginning. It must be on the disk: a
	 * process that was killed may have left one that is in the system's memory only (a file
	 * that was renamed: sync its folder first; the store sees to that by itself). */
	int (*load)(void *arg, uint64_t *ret_cursor);
	int (*begin)(void *arg);
	/* A record; bytes are borrowed for this call. Not YG_OK: abort, and yg_consumer_step gives
	 * it. */
	int (*take)(void *arg, const struct yg_journal_record *record);
	/* Everything taken since begin, and @cursor, durable in one; on error nothing of it. */
	int (*commit)(void *arg, uint64_t cursor);
	void (*abort)(void *arg);
	/* May be NULL. What of the journal may go once @cursor is committed: less than that, where
	 * the owner reads some of it again after a restart (then load() gives no more than this).
	 */
	uint64_t (*passed)(void *arg, uint64_t cursor);
};

struct yg_consumer_options {
	const char *name; /* as in the options of the journal */
	const struct yg_consumer_ops *ops;
	void *arg;
	uint32_t records_max; /* in one commit; 0: 1024 */
	uint64_t bytes_max;   /* of bodies in one commit, about; 0: 16 MiB */
};

/*
 * Load the cursor, stand behind it, say it is passed. Borrows journal, ops and arg. Errors: those
 * of load and of yg_journal_reader_new().
 */
YG_MUST_USE int yg_consumer_new(struct yg_journal *journal,
				const struct yg_consumer_options *options,
				struct yg_consumer **ret);
struct yg_consumer *yg_consumer_free(struct yg_consumer *consumer);

/*
 * One commit's worth. YG_OK: something was committed; YG_EAGAIN: there is nothing for now. On
 * another error nothing was committed, and the next call begins with the same record; where the
 * error is that of a record, yg_consumer_position() names it. Trims the journal when a commit went
 * beyond a segment (an error of that is not one of the step; yg_journal_trim() gives it again).
 */
YG_MUST_USE int yg_consumer_step(struct yg_consumer *consumer);

/*
 * From within commit(): the records behind the cursor that it was given, as many as one commit
 * takes, each to @take, so that work on them goes on while the disk is waited for. What it takes
 * (YG_OK) belongs to the next step as if its take() had: that step is never YG_EAGAIN. Any other
 * value ends it, and that record comes to take(). After an error, of this commit or the next, all
 * of it comes to take() again. Once in a commit.
 */
void yg_consumer_ahead(struct yg_consumer *consumer,
		       int (*take)(void *arg, const struct yg_journal_record *record));

/* Wait up to @timeout_ms for something to do: YG_OK or YG_EAGAIN. */
YG_MUST_USE int yg_consumer_wait(struct yg_consumer *consumer, uint32_t timeout_ms);

/* The last committed cursor; the record that was taken last, without those ahead. */
uint64_t yg_consumer_cursor(const struct yg_consumer *consumer);
uint64_t yg_consumer_position(const struct yg_consumer *consumer);

/* Where the journal is damaged, after YG_EDIGEST or YG_EFORMAT; "" otherwise. */
const char *yg_consumer_fault(const struct yg_consumer *consumer);
