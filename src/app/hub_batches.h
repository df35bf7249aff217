/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_batches.h - what the hub remembers of each batch when the journal has forgotten it:
 * whose, which place, which content, which line of the sender's ledger. Members compare with it.
 *
 *   DATA/batches/YYYY-MM-DD.jsonl, by the day (UTC) of arrival, a line each:
 *   {"at":N,"received":TIME,"sensor":"ORG/ID","epoch":N,"sequence":N,"records":N,"sha256":HEX,
 *    "line":HEX,"kinds":{FORMAT:N,…}}               a batch; no "line" where its head named none
 *   {"at":N,"received":TIME,"sensor":"ORG/ID","epoch":N,"first":N,"last":N,"records":N}   dropped
 *
 * `at` is the place in the journal, ascending: after a crash the journal gives the last ones again,
 * and those that are there are passed over. Written by the consumer that archives, in the same
 * commit: synced before its cursor is saved. From a journal that still holds them the lines can be
 * made again. A day goes when the longest retention of all organisations is over
 * (app/hub_retention.h); DATA/batches/expired.json says before which:
 * {"v":1,"before":"YYYY-MM-DD"}.
 *
 * One thread. Tests: tests/unit/app/test_hub_batches.c, tests/e2e/sensor_ledger.py
 */
#pragma once

#include "journal/journal.h"
#include "wire/message.h"

#define YG_HUB_BATCHES_LOOK    (64u << 20) /* bytes that one look at a range reads */
#define YG_HUB_BATCHES_PENDING (8u << 20)  /* bytes of lines in one commit */

struct yg_hub_batches;

/*
 * @dir is made where it is missing; @durable: how far the journal goes (places beyond are of
 * another journal, and count for nothing). YG_OK or an error.
 */
YG_MUST_USE int yg_hub_batches_open(const char *dir, uint64_t durable, struct yg_hub_batches **ret);
struct yg_hub_batches *yg_hub_batches_free(struct yg_hub_batches *batches);

/*
 * A record of the journal, its head read into @batch (BATCH) or @drop (DROP; the other NULL).
 * @kinds: of a batch, yg_hub_batches_kinds(); or empty.
 */
YG_MUST_USE int yg_hub_batches_add(struct yg_hub_batches *batches,
				   const struct yg_journal_record *record,
				   const struct yg_wire_batch *batch,
				   const struct yg_wire_drop *drop, struct yg_bytes kinds);
/* What kinds of records @content (whole lines) has: `,"kinds":{FORMAT:N,…}` to @to. Cheap. */
#define YG_HUB_BATCHES_KINDS_MAX 8u /* told apart; all others are "other" */
void yg_hub_batches_kinds(struct yg_bytes content, struct yg_buf *to);

/* All that was added is on the disk. On error nothing of it counts, and it comes again. */
YG_MUST_USE int yg_hub_batches_commit(struct yg_hub_batches *batches);
void yg_hub_batches_abort(struct yg_hub_batches *batches);

/* One of them, as it is read. */
struct yg_hub_batch {
	uint64_t at;
	int64_t received_ns; /* YG_TIME_NONE: it says none */
	uint64_t epoch;
	uint64_t sequence; /* first of a drop record */
	uint64_t last;
	uint64_t records;
	bool is_drop;
	bool has_line;
	uint8_t digest[YG_SHA256_BYTES];
	uint8_t line[YG_SHA256_BYTES];
};
/*
 * The lines of all sensors of @org, as they stand, without their ends. As yg_hub_batches_read(),
 * YG_OK also where there is nothing.
 */
typedef int (*yg_hub_batches_line_fn)(void *arg, struct yg_bytes line);
YG_MUST_USE int yg_hub_batches_lines(const char *dir, const char *org, yg_hub_batches_line_fn fn,
				     void *arg);
/*
 * The same newest first, of one @sensor or (""), of all of @org; at most @limit, from before the
 * place @before (0: from the newest). *ret_next: where to go on (0: nothing is left), also where
 * the bound of one look was reached first.
 */
struct yg_hub_batches_back {
	const char *org;
	const char *sensor;
	uint64_t before;
	uint32_t limit;
	yg_hub_batches_line_fn fn;
	void *arg;
};
YG_MUST_USE int yg_hub_batches_back(const char *dir, const struct yg_hub_batches_back *ask,
				    uint64_t *ret_next);
/*
 * Whose they were and what they held is written over in the lines of @org, in their places, beside
 * the process that appends behind them: sensor becomes dashes, digests zeros; time and count stay,
 * so that `at` goes on ascending. Synced. *ret_count: lines that were.
 */
YG_MUST_USE int yg_hub_batches_blank(const char *dir, const char *org, uint64_t *ret_count);

/*
 * Days that ended before @since_ns go, but for the newest, which tells where to go on. Which do is
 * on the disk before the first of them goes. Beside the process that writes. YG_OK or an error: the
 * rest goes the next time.
 */
YG_MUST_USE int yg_hub_batches_expire(const char *dir, int64_t since_ns, uint64_t *ret_files);
/* Batches that arrived before *ret_ns may have been forgotten; INT64_MIN: none were. YG_OK or an
 * error of reading. */
YG_MUST_USE int yg_hub_batches_expired(const char *dir, int64_t *ret_ns);

/* All of @sensor ("ORG/ID") in @dir, in order of arrival. Not YG_OK from @fn: ends it with that.
 * YG_OK, YG_EFORMAT (a line that is none, behind which nothing is read), or an error. */
typedef int (*yg_hub_batch_fn)(void *arg, const struct yg_hub_batch *batch);
YG_MUST_USE int yg_hub_batches_read(const char *dir, const char *sensor, yg_hub_batch_fn fn,
				    void *arg);
/*
 * Those of @org that came on the day of @received_ns and stand at @first to @last of the journal,
 * ascending. The beginning is found by halving. As yg_hub_batches_read(); YG_ENOENT: nothing is
 * remembered of that day; YG_ELIMIT: more lies between than is read for one look.
 */
YG_MUST_USE int yg_hub_batches_between(const char *dir, const char *org, int64_t received_ns,
				       uint64_t first, uint64_t last, yg_hub_batch_fn fn,
				       void *arg);
