/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal/journal.h - what was accepted, in order, until everyone who needs it has it.
 *
 * A batch is appended, bytes as sent (opaque here), made durable together with others by one sync
 * (group commit), and only then acknowledged. Consumers read in order from a cursor of their own;
 * what all of them have passed is removed. Who sends the same batch twice is told so; who sends
 * another one under the same name is refused, and the evidence is kept.
 *
 * Positions are numbers from 1 that ascend and are never used twice; there may be gaps between
 * them (batches whose writing failed). A cursor is the position of the last record that its owner
 * is done with, 0 at the beginning. Nothing here depends on files: another backend (NATS, Kafka)
 * can stand behind the same functions.
 *
 * Layer:   journal. May include base/, model/.
 * Input:   bodies are opaque; files of the journal are checked (docs/journal.md is their format).
 * Threads: every function on a struct yg_journal from any thread at once; a reader from one thread
 *          at a time. Appending never waits for a sync that runs.
 * Time:    through the clock of the options.
 * Tests:   tests/unit/journal/, tests/soak/, tests/fuzz/fuzz_journal_segment.c, …_state.c
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"

#define YG_JOURNAL_SENSOR_MAX	 136u	     /* bytes of a sensor's id: room for "ORG/SENSOR" */
#define YG_JOURNAL_NAME_MAX	 32u	     /* bytes of a consumer's name: a-z 0-9 - */
#define YG_JOURNAL_BODY_MAX	 (8u << 20)  /* bytes of a batch */
#define YG_JOURNAL_GROUP_MAX	 (32u << 20) /* bytes that wait for a sync */
#define YG_JOURNAL_SENSORS_MAX	 65536u	     /* sensors whose batches are known */
#define YG_JOURNAL_EPOCHS_MAX	 16u	     /* epochs of one sensor; older ones are passed over */
#define YG_JOURNAL_COMPARED	 128u /* last batches of an epoch whose digests are compared */
#define YG_JOURNAL_DROPS_MAX	 64u  /* dropped ranges of an epoch that are told apart */
#define YG_JOURNAL_REFUSED_MAX	 16u  /* batches of an epoch that are refused and kept */
#define YG_JOURNAL_CONSUMERS_MAX 16u
#define YG_JOURNAL_GROUP_MS_MAX	 50u
#define YG_JOURNAL_SEGMENT_MIN	 4096u /* bytes */
#define YG_JOURNAL_SEGMENT_MAX	 (1u << 30)
#define YG_JOURNAL_TEXT_MAX	 512u

struct yg_journal;
struct yg_journal_reader;

enum yg_journal_kind {
	YG_JOURNAL_BATCH = 1,
	YG_JOURNAL_DROP = 2, /* the sensor says: these sequences will never come */
	YG_JOURNAL_REFUSED =
		3, /* alarm: another batch under a name that is taken; not to be used */
};

struct yg_journal_batch {
	enum yg_journal_kind kind; /* BATCH or DROP where one appends */
	struct yg_bytes sensor;	   /* 1..YG_JOURNAL_SENSOR_MAX bytes */
	uint64_t epoch;		   /* from 1; newer ones are greater */
	uint64_t sequence;	   /* from 1, without gaps within an epoch */
	uint64_t sequence_last;	   /* DROP: the last of the range; BATCH: not read */
	uint8_t digest[YG_DIGEST_BYTES];
	int64_t received_ns;
	struct yg_bytes body;
};

/* A batch as it is read, with its position. Bytes live until the reader's next call. */
struct yg_journal_record {
	uint64_t position;
	struct yg_journal_batch batch;
};

/* What became of a batch. Only with NEW and AGAIN may it be acknowledged, and only when durable. */
enum yg_journal_answer {
	YG_JOURNAL_NEW,	     /* appended */
	YG_JOURNAL_AGAIN,    /* known already, same digest: acknowledge again */
	YG_JOURNAL_CONFLICT, /* known with another digest: refused; a REFUSED record is kept */
	YG_JOURNAL_GAP,	     /* an earlier one is missing: not taken, see next_sequence */
	YG_JOURNAL_PASSED,   /* it was dropped, or its epoch is too old: can never be taken */
};

struct yg_journal_result {
	enum yg_journal_answer answer;
	bool is_compared;	/* AGAIN: the digest was compared (the last YG_JOURNAL_COMPARED) */
	uint64_t position;	/* to wait for before the answer is sent; 0: none */
	uint64_t next_sequence; /* that is expected in this epoch */
	uint64_t newest_epoch;	/* of this sensor */
};

struct yg_journal_options {
	const char *folder; /* made when missing, mode 0700; one journal at a time has it */
	const char *const *consumers; /* names of all whose cursor holds segments back */
	size_t consumer_count;	      /* up to YG_JOURNAL_CONSUMERS_MAX */
	uint64_t segment_bytes;	      /* about; 0: 64 MiB */
	uint64_t bytes_max;	      /* of all segments; 0: as long as the disk has room */
	uint64_t reserve_bytes;	      /* left free on the disk, so that consumers can go on */
	uint32_t group_ms; /* between two syncs, unless one is asked for; <= YG_JOURNAL_GROUP_MS_MAX
			    */
	struct yg_clock clock; /* now_ns NULL: the system's */
};

/* What opening found, and where what is wrong with it. Texts in English. */
struct yg_journal_report {
	uint64_t segments;
	uint64_t records;	/* that were read to know what there is */
	uint64_t first_cursor;	/* the least that a reader can begin behind */
	uint64_t last_position; /* 0: there was never a record */
	uint64_t cut_bytes;	/* of a torn end: written, but never acknowledged */
	char cut_file[64];
	uint64_t cut_at;
	char fault_file[64]; /* on failure */
	uint64_t fault_at;   /* byte in it */
	char text[YG_JOURNAL_TEXT_MAX];
};

struct yg_journal_stats {
	uint64_t appended;  /* records that became durable since opening */
	uint64_t again;	    /* batches that were there already */
	uint64_t conflicts; /* refused; kept or not */
	uint64_t unkept;    /* refused beyond YG_JOURNAL_REFUSED_MAX: counted, not kept */
	uint64_t syncs;
	uint64_t failures; /* groups that could not be written or synced */
	uint64_t bytes;	   /* of all segments */
	uint64_t segments;
	uint64_t durable;      /* the last durable position; 0: none yet */
	uint64_t passed;       /* all consumers have; 0 also until each has said so since opening */
	uint64_t first_cursor; /* the least that a reader can begin behind */
	uint64_t sensors;
	int last_error; /* of a group; YG_OK: none, or the last one went well */
};

/*
 * Open: segments after the last state are read and checked, a torn end is cut off and said in
 * *report, a new segment is begun. YG_OK; YG_EDIGEST, YG_EFORMAT: damage, where in *report
 * (nothing is changed, nothing skipped); YG_EAGAIN: another process has it; YG_EMISMATCH: made by
 * a newer version; YG_ELIMIT, YG_EINVAL, YG_ENOSPC, YG_EACCES, YG_EIO, YG_ENOMEM.
 * Cost: one read of what was appended since the last state (at most some segments).
 */
YG_MUST_USE int yg_journal_open(const struct yg_journal_options *options, struct yg_journal **ret,
				struct yg_journal_report *report);

/* Sync what waits, mark the end, close. No other call may be running. NULL is allowed. */
struct yg_journal *yg_journal_free(struct yg_journal *journal);

/*
 * Take a batch. With YG_OK see *ret; it is in memory now, and durable when ret->position is
 * (yg_journal_wait or yg_journal_sync and yg_journal_outcome). YG_EAGAIN: too much waits for a
 * sync already; YG_ENOSPC: no room (bytes_max, or the disk); YG_ELIMIT: too many sensors;
 * YG_EINVAL: outside the limits above; YG_EIO; YG_ENOMEM: nothing was taken, all else goes on, and
 * the same call may succeed later. Cost: one copy of the body.
 */
YG_MUST_USE int yg_journal_append(struct yg_journal *journal, const struct yg_journal_batch *batch,
				  struct yg_journal_result *ret);

/*
 * Return when @position is durable: together with others, at most group_ms after the sync before,
 * or at once with @is_urgent. On error the batch is not in the journal and must not be
 * acknowledged. @position 0: YG_OK.
 */
YG_MUST_USE int yg_journal_wait(struct yg_journal *journal, uint64_t position, bool is_urgent);

/* For one that must not wait per batch: sync all that was appended before, at once. On error some
 * of it may be durable even so: ask yg_journal_outcome() for each. */
YG_MUST_USE int yg_journal_sync(struct yg_journal *journal);

/* YG_OK: durable; YG_EAGAIN: not yet; another: it was lost and must be sent again. Never waits. */
YG_MUST_USE int yg_journal_outcome(struct yg_journal *journal, uint64_t position);

/* Milliseconds until yg_journal_sync() is due; 0: now; -1: nothing waits. For loops that poll. */
int yg_journal_due_ms(struct yg_journal *journal);

/* The newest epoch of @sensor and the sequence expected in it (1 and 1 for one never seen). */
void yg_journal_expected(struct yg_journal *journal, struct yg_bytes sensor, uint64_t *ret_epoch,
			 uint64_t *ret_sequence);

/* The sequence expected in @epoch of @sensor: 1 in one never seen, 0 in one that has passed. */
uint64_t yg_journal_next(struct yg_journal *journal, struct yg_bytes sensor, uint64_t epoch);

void yg_journal_stats(struct yg_journal *journal, struct yg_journal_stats *ret);

/* ---- reading ---- */

/*
 * A reader behind @cursor (0: from the beginning). YG_EMISMATCH: that far back nothing is kept any
 * more, or the cursor lies ahead of the journal (then one of the two was restored from a backup).
 */
YG_MUST_USE int yg_journal_reader_new(struct yg_journal *journal, uint64_t cursor,
				      struct yg_journal_reader **ret);
struct yg_journal_reader *yg_journal_reader_free(struct yg_journal_reader *reader);

/*
 * The next durable record. YG_EAGAIN: no more for now. YG_EDIGEST, YG_EFORMAT: damage; it stays
 * there, every further call gives the same, yg_journal_reader_fault() says where.
 */
YG_MUST_USE int yg_journal_reader_next(struct yg_journal_reader *reader,
				       struct yg_journal_record *ret);

/* Wait up to @timeout_ms for a durable record: YG_OK, YG_EAGAIN (none came). */
YG_MUST_USE int yg_journal_reader_wait(struct yg_journal_reader *reader, uint32_t timeout_ms);

/* Begin again behind @cursor, as yg_journal_reader_new(). */
YG_MUST_USE int yg_journal_reader_seek(struct yg_journal_reader *reader, uint64_t cursor);

/* File, byte and what is wrong, after an error; "" before. */
const char *yg_journal_reader_fault(const struct yg_journal_reader *reader);

/* ---- cursors ---- */

/*
 * @name (one of the options) is durably done with everything up to @cursor: it has stored that
 * number together with its output, in a transaction of its own. Until each name has said so since
 * opening, nothing is removed. YG_EINVAL: not such a name; YG_EMISMATCH: ahead of the journal.
 */
YG_MUST_USE int yg_journal_passed(struct yg_journal *journal, const char *name, uint64_t cursor);

/* How far @name has said it is; false: not such a name. */
bool yg_journal_passed_by(struct yg_journal *journal, const char *name, uint64_t *ret_cursor);

/*
 * For a consumer without a store: keep the number in a file beside the segments (durable when this
 * returns), and say it is passed. A consumer that stops between its output and this sees the same
 * records again: its output must be such that this changes nothing.
 */
YG_MUST_USE int yg_journal_cursor_save(struct yg_journal *journal, const char *name,
				       uint64_t cursor);
/* 0 where none was saved. YG_EDIGEST: the file is damaged. */
YG_MUST_USE int yg_journal_cursor_load(struct yg_journal *journal, const char *name,
				       uint64_t *ret_cursor);

/*
 * Remove the segments that all have passed, after keeping what must be known of them. Appends wait
 * only while that is copied in memory. YG_OK, or why not: then they go the next time.
 */
YG_MUST_USE int yg_journal_trim(struct yg_journal *journal);

/*
 * Begin a new segment now, when the newest holds a record that is durable: what stands there can
 * then be removed as soon as all have passed it. YG_OK also where there is nothing to do; or the
 * error of the disk: all goes on in the old one.
 */
YG_MUST_USE int yg_journal_rotate(struct yg_journal *journal);

/*
 * For whoever copies the journal in @folder while another process has it: until *ret_fd is closed
 * (yg_disk_close), nothing is removed from it. Waits for a removal that runs. Released with the
 * process, however that ends. YG_OK or an error of the system.
 */
YG_MUST_USE int yg_journal_hold(const char *folder, int *ret_fd);
