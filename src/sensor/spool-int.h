/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/spool-int.h - segments (segment.c) and what stands in them (spool.c). Inside sensor/.
 *
 *   SEGMENT  "%016llx.seg", named by the number of its first batch
 *   entry    0 "YGS1"  4 kind  8 size  12 CRC-32 of kind, size and all behind  16 number
 *            24 written, ns since 1970   32 body
 *   STATE    body: JSON {"acked":N,"drop":{…},"dropped":N,"epochs":[{"epoch":N,"base":N}],
 *            "ledger":{…},"checkpoint":{…}}; number: that of the next batch
 *   BATCH    body: u32 size of the checkpoint, checkpoint, head (wire/batch.h), packed content
 *   ACK      no body; number: acknowledged up to here (may go back)
 *   LINE     body: a line of the ledger, without LF; belongs to the entry of another kind behind
 * it: both count, or neither
 */
#pragma once

#include <pthread.h>

#include "sensor/ledger.h"
#include "sensor/spool.h"

#define YG_SPOOL_ENTRY_BYTES 32u
#define YG_SPOOL_BODY_MAX    (4u + YG_SPOOL_CHECKPOINT_MAX + YG_WIRE_BATCH_MAX)

enum yg_spool_entry_kind {
	YG_SPOOL_STATE_ENTRY = 1,
	YG_SPOOL_BATCH_ENTRY,
	YG_SPOOL_ACK_ENTRY,
	YG_SPOOL_LINE_ENTRY,
};

struct yg_segment {
	uint64_t first; /* number of its first batch, whether it has one or not */
	uint64_t size;	/* bytes */
};

struct yg_entry {
	enum yg_spool_entry_kind kind;
	uint64_t number;
	int64_t written_ns;
	uint64_t end;	      /* where the next one begins */
	struct yg_bytes body; /* in the caller's buffer */
};

struct yg_spool_epoch {
	uint64_t epoch;
	uint64_t base; /* number of the last batch before it */
};

/* What yg_spool_next() gave out last: it may be given up while it travels. */
struct yg_spool_sending {
	uint64_t number;
	uint64_t records;
	bool has_line;
	struct yg_wire_batch batch; /* a batch: digest, and that of its line */
};

/*
 * The ledger's part of a spool (spool_ledger.c). Lines come to be in `unit`; they are on the disk
 * with the entry behind them, and only then go to the ledger's files. What those may lack after a
 * power cut stands in the last segment: `mark` is where its state saw them, `replayed` what came
 * behind.
 */
struct yg_spool_ledger {
	struct yg_ledger *files; /* NULL: none is kept */
	char *folder;		 /* where they are */
	uint64_t bytes_max;	 /* 0: no bound was set */
	bool has_mark;
	struct yg_ledger_mark mark;
	struct yg_buf replayed; /* lines with LF */
	struct yg_buf unit;	/* the same */
	bool is_unit_out;	/* the last entry took them with it */
	uint64_t n;		/* of the last line, those of the unit counted */
	uint8_t hash[YG_SHA256_BYTES];
	uint64_t durable_n; /* of the last one that is surely on the disk */
	uint8_t durable_hash[YG_SHA256_BYTES];
	uint8_t enrolled[YG_SHA256_BYTES]; /* what the last such line said */
	uint8_t policy[YG_SHA256_BYTES];
	uint64_t receipted; /* number up to which the hub has countersigned */
	int64_t receipt_ns; /* when the last line of that kind was made */
	bool has_receipt;   /* one waits for its line */
	uint64_t receipt_number;
	struct yg_wire_receipt receipt;
	struct yg_wire_batch receipt_batch;
};

struct yg_spool {
	pthread_mutex_t lock;
	char *folder;
	int folder_fd; /* locked */
	uint64_t bytes_max;
	uint64_t segment_max;
	struct yg_segment *segments; /* oldest first; the last is written to */
	size_t segment_count;
	size_t segment_room;
	int fd; /* of the last */
	uint64_t bytes;
	bool is_broken; /* the last segment could not be made whole after an error */

	uint64_t last;		  /* number given out last */
	uint64_t acked;		  /* number */
	struct yg_wire_drop drop; /* first 0: none; first and last are numbers here */
	uint64_t dropped;
	struct yg_spool_epoch epochs[YG_SPOOL_EPOCHS_MAX]; /* ascending; the last is current */
	size_t epoch_count;
	struct yg_buf checkpoint;

	/* Where number `cursor_number` begins, when it is not 0. */
	size_t cursor_segment;
	uint64_t cursor_at;
	uint64_t cursor_number;
	struct yg_spool_sending sending;
	struct yg_spool_ledger ledger;
	struct yg_buf entry; /* being written */
	struct yg_buf reading;
};

/* ---- spool.c ---- */

void yg_spool_lock(struct yg_spool *spool);
/* Returns @rc. */
int yg_spool_unlock(struct yg_spool *spool, int rc);
/* With the lock held: yg_spool_ack(); the state, with the lines of the unit, synced. */
YG_MUST_USE int yg_spool_ack_locked(struct yg_spool *spool, const struct yg_spool_item *item);
/* Batch @number to spool->reading. YG_OK; YG_EEND: it cannot be read; or an error. */
YG_MUST_USE int yg_spool_find_batch(struct yg_spool *spool, uint64_t number,
				    struct yg_wire_batch *ret);
YG_MUST_USE int yg_spool_sync_state(struct yg_spool *spool, int64_t now_ns);

/* ---- segment.c ---- */

/* The segments in the folder, oldest first. YG_OK or an error. */
YG_MUST_USE int yg_spool_segments_find(struct yg_spool *spool);
/* Open segment @i for reading (or, the last one, for both). */
YG_MUST_USE int yg_spool_segment_open(const struct yg_spool *spool, size_t i, bool to_write,
				      int *ret_fd);
/* The entry at @at of @fd. YG_OK; YG_EEND: nothing there, or torn, or damaged; or an error. */
YG_MUST_USE int yg_spool_segment_read(int fd, uint64_t at, struct yg_buf *mem,
				      struct yg_entry *ret);
/* Append one entry to the last segment; what was written of it goes again when that fails. */
YG_MUST_USE int yg_spool_segment_append(struct yg_spool *spool, enum yg_spool_entry_kind kind,
					uint64_t number, int64_t now_ns,
					const struct yg_bytes *parts, size_t part_count);
YG_MUST_USE int yg_spool_segment_sync(struct yg_spool *spool);
/* A new last segment, empty, that begins with number @first. */
YG_MUST_USE int yg_spool_segment_new(struct yg_spool *spool, uint64_t first);
/* Unlink the oldest. Not the last one. */
YG_MUST_USE int yg_spool_segment_remove_first(struct yg_spool *spool);
/* Unlink the last one, which holds nothing of use, and open the one before it. */
YG_MUST_USE int yg_spool_segment_remove_last(struct yg_spool *spool);
/* Cut the last segment at @size. */
YG_MUST_USE int yg_spool_segment_cut(struct yg_spool *spool, uint64_t size);

/* ---- spool_ledger.c: with the lock held ---- */

void yg_spool_ledger_init(struct yg_spool *spool);
void yg_spool_ledger_done(struct yg_spool *spool);
/* Add a line to the unit; number and chain are filled here. What fails is known to the unit. */
void yg_spool_line_add(struct yg_spool *spool, struct yg_ledger_line *line, struct yg_bytes more);
/* The entry is on the disk (or as good as): its lines go to the files. */
void yg_spool_lines_done(struct yg_spool *spool, bool is_durable);
/* Are the files as they should be, so that more may be committed? What could not be written is
 * tried again. */
YG_MUST_USE int yg_spool_lines_ready(struct yg_spool *spool);
/* Before a state is written: the files hold on the disk what it says of them. */
YG_MUST_USE int yg_spool_ledger_sync(struct yg_spool *spool);
/* Replaying: a line; the entry behind it. */
YG_MUST_USE int yg_spool_line_replay(struct yg_spool *spool, struct yg_bytes line);
YG_MUST_USE int yg_spool_unit_replay(struct yg_spool *spool, bool is_state);
/* The countersignature that waits gets its line, when it is time. True: the unit has one more. */
bool yg_spool_receipt_due(struct yg_spool *spool, int64_t now_ns, bool is_end);

/* ---- state.c ---- */

YG_MUST_USE int yg_spool_state_write(const struct yg_spool *spool, struct yg_buf *to);
YG_MUST_USE int yg_spool_state_read(struct yg_spool *spool, struct yg_bytes text);
