/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/spool.h - what was collected and where collecting stood, on disk, until the hub has it and
 * a day longer.
 *
 * One commit is one entry: a finished batch together with the checkpoint of all sources behind it.
 * Entries stand in segment files, one after another; the first entry of each segment is the whole
 * state, so that older segments can go. Batches are numbered for good; the identity that the hub
 * sees, (epoch, sequence), follows from the number: sequence = number - base of the epoch. A new
 * epoch begins when the hub has another batch under an identity of ours.
 *
 *   number   1 … acked | acked+1 … | … last
 *            kept a day  to be sent    being collected next
 *                          └─ when the bound is met, the oldest of these go: one drop record that
 *                             says exactly which
 *
 * A torn end (power cut) is cut off at opening: what stood there was never sent.
 *
 * With a ledger (yg_spool_attach) every batch, drop record, epoch and countersignature is a line
 * there too, committed with the entry that it tells of: after a crash both are there or neither.
 *
 * Layer:   sensor. Threads: all functions may be called from any thread; a lock inside. One
 *          process: the folder is locked.
 * Clock:   a parameter where time matters.
 * Tests:   tests/unit/sensor/test_spool.c, tests/e2e/sensor_faults.py
 */
#pragma once

#include "wire/ledger.h"

#define YG_SPOOL_BYTES_DEFAULT	(UINT64_C(1) << 30)
#define YG_SPOOL_BYTES_MIN	(UINT64_C(128) << 10)
#define YG_SPOOL_SEGMENT_MAX	(UINT64_C(16) << 20) /* bytes of a segment, and of 1/8 the bound */
#define YG_SPOOL_CHECKPOINT_MAX (1u << 20)
#define YG_SPOOL_EPOCHS_MAX	64u
#define YG_SPOOL_KEEP_S		86400 /* acknowledged batches */

struct yg_spool;

/*
 * Open, or begin, in @folder (made when it is not there). YG_OK; YG_EAGAIN: another process has it;
 * YG_EFORMAT: no segment can be read (*ret_reason says which, untouched); or a system error.
 */
YG_MUST_USE int yg_spool_open(const char *folder, uint64_t bytes_max, struct yg_spool **ret,
			      const char **ret_reason);
struct yg_spool *yg_spool_free(struct yg_spool *spool);

/* ---- the ledger (spool_ledger.c) ---- */

struct yg_spool_attached {
	bool is_damaged;  /* what the ledger held is not there any more: its chain is broken */
	bool is_repaired; /* its end was put right from the spool */
};
/*
 * Keep a ledger in @folder (made when it is not there) from here on; before anything else is done
 * with @spool. YG_OK or an error; then the spool is not to be used.
 */
YG_MUST_USE int yg_spool_attach(struct yg_spool *spool, const char *folder, int64_t now_ns,
				struct yg_spool_attached *ret);

/*
 * A line of @kind ENROLLED or POLICY, unless the last one of its kind said the same. @line: what it
 * says; @more: further members as text. YG_OK: it is on the disk.
 */
YG_MUST_USE int yg_spool_note(struct yg_spool *spool, struct yg_ledger_line *line,
			      struct yg_bytes more, int64_t now_ns);

/* As yg_spool_commit() below, with what the batch holds (yg_ledger_tally) for its line. */
YG_MUST_USE int yg_spool_commit_listed(struct yg_spool *spool, const struct yg_wire_batch *batch,
				       struct yg_bytes packed, struct yg_bytes checkpoint,
				       struct yg_bytes tally, int64_t now_ns);

/*
 * Keep the ledger's files within @bytes_max (YG_LEDGER_BYTES_MIN at least) from here on: with each
 * yg_spool_cut_ledger() that finds more, an entry says what goes, and then the oldest files go.
 */
void yg_spool_bound_ledger(struct yg_spool *spool, uint64_t bytes_max);
/*
 * YG_OK: *ret_first is the first entry that is there from now on, 0: nothing had to go. YG_EFORMAT:
 * what would go is not whole, so it stays. Or an error: it is tried again with the next call. Reads
 * the files that go; one thread at a time, others may use the spool meanwhile.
 */
YG_MUST_USE int yg_spool_cut_ledger(struct yg_spool *spool, int64_t now_ns, uint64_t *ret_first);

struct yg_spool_item;
/*
 * As yg_spool_ack(), with the hub's receipt: its countersignature, when it is by @key, gets a line;
 * one for many where they come fast (YG_SPOOL_RECEIPT_S). *ret_is_foreign: it is not by that key.
 */
YG_MUST_USE int yg_spool_ack_signed(struct yg_spool *spool, const struct yg_spool_item *item,
				    const struct yg_wire_receipt *receipt,
				    const uint8_t key[YG_SIGN_PUBLIC_BYTES], int64_t now_ns,
				    bool *ret_is_foreign);
#define YG_SPOOL_RECEIPT_S 10

/* When nothing else happens: a countersignature that waits for its line gets it (@is_end: now). */
void yg_spool_settle_receipt(struct yg_spool *spool, int64_t now_ns, bool is_end);

/* The last line that is surely on the disk. False: there is no ledger, or no line. */
bool yg_spool_ledger_head(struct yg_spool *spool, uint64_t *ret_n, uint8_t ret[YG_SHA256_BYTES]);

/*
 * Read only, beside a running sensor: what the spool in @folder knows of the ledger's end (0 lines:
 * nothing). YG_OK, YG_ENOENT: there is no spool; or an error.
 */
YG_MUST_USE int yg_spool_peek_ledger(const char *folder, uint64_t *ret_n,
				     uint8_t ret[YG_SHA256_BYTES]);
/* The same for a batch: its content, unpacked and checked, to @to. YG_OK; YG_EEND: it is not kept
 * any more; or an error. */
YG_MUST_USE int yg_spool_peek_batch(const char *folder, uint64_t number, struct yg_wire_batch *ret,
				    struct yg_buf *to);

/* ---- batches ---- */

/* The checkpoint of the last commit, JSON; empty: there was none. Borrowed until the next commit.
 */
struct yg_bytes yg_spool_checkpoint(struct yg_spool *spool);

/*
 * Commit a batch (@packed, as described by @batch; sensor, epoch, sequence unused) with
 * @checkpoint. YG_OK: it is on the disk. YG_ENOSPC, YG_EIO, …: nothing of it is there, the same may
 * be tried again. When the bound is met the oldest batches are dropped first.
 */
YG_MUST_USE int yg_spool_commit(struct yg_spool *spool, const struct yg_wire_batch *batch,
				struct yg_bytes packed, struct yg_bytes checkpoint, int64_t now_ns);

/*
 * Commit @checkpoint alone: what was read since the last commit does not leave, and need not be
 * read again. YG_OK: it is on the disk. YG_ENOSPC, YG_EIO, …: the last one stands.
 */
YG_MUST_USE int yg_spool_commit_place(struct yg_spool *spool, struct yg_bytes checkpoint);

/* What is to be sent next. */
enum yg_spool_kind {
	YG_SPOOL_NOTHING,
	YG_SPOOL_BATCH,
	YG_SPOOL_DROP,
};
struct yg_spool_item {
	enum yg_spool_kind kind;
	uint64_t number;
	uint64_t epoch;
	uint64_t sequence;
};
/*
 * The bytes to send, with @sensor in them, to @to (emptied before). YG_OK (also for nothing);
 * YG_ENOMEM, YG_EIO. A batch that cannot be read any more becomes a drop record.
 */
YG_MUST_USE int yg_spool_next(struct yg_spool *spool, const char *sensor, int64_t now_ns,
			      struct yg_spool_item *ret, struct yg_buf *to);

/* The hub has @item. Not synced: when it is forgotten, it is only sent again. */
YG_MUST_USE int yg_spool_ack(struct yg_spool *spool, const struct yg_spool_item *item);

/* The hub lacks what it should have: send again from @sequence of @epoch on. What is not there any
 * more becomes a drop record. YG_OK; YG_ENOENT: no such place. */
YG_MUST_USE int yg_spool_rewind(struct yg_spool *spool, uint64_t epoch, uint64_t sequence,
				int64_t now_ns);

/* All that is not acknowledged belongs to @epoch from sequence 1 on. YG_OK; YG_EINVAL: not a new
 * one. */
YG_MUST_USE int yg_spool_new_epoch(struct yg_spool *spool, uint64_t epoch, int64_t now_ns);

/* The hub will never take @item: it becomes a drop record of its own. */
YG_MUST_USE int yg_spool_give_up(struct yg_spool *spool, const struct yg_spool_item *item,
				 const char *reason, int64_t now_ns);

/* Remove segments that were acknowledged YG_SPOOL_KEEP_S ago. */
void yg_spool_tidy(struct yg_spool *spool, int64_t now_ns);

struct yg_spool_state {
	uint64_t epoch;
	uint64_t last;	  /* sequence of the current epoch that was given out last */
	uint64_t acked;	  /* the same, acknowledged */
	uint64_t waiting; /* batches and drop records to be sent */
	uint64_t bytes;
	uint64_t bytes_max;
	uint64_t dropped; /* records, ever */
};
struct yg_spool_state yg_spool_state(struct yg_spool *spool);
