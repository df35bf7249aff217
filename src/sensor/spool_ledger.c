/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's part of the spool.
 *
 *   event ──► line in the unit ──► with the event's entry to the segment, synced ──► ledger's files
 *                                                                     (not synced: they can be
 *   at opening: mark of the last state + lines behind it ──► files      made good from here)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sensor/spool-int.h"

#include "base/ban.h"

void yg_spool_ledger_init(struct yg_spool *spool)
{
	yg_buf_init(&spool->ledger.replayed, 2 * YG_SPOOL_SEGMENT_MAX);
	yg_buf_init(&spool->ledger.unit, YG_LEDGER_BEHIND_MAX);
}

void yg_spool_ledger_done(struct yg_spool *spool)
{
	spool->ledger.files = yg_ledger_free(spool->ledger.files);
	free(spool->ledger.folder);
	spool->ledger.folder = NULL;
	yg_buf_done(&spool->ledger.replayed);
	yg_buf_done(&spool->ledger.unit);
}

/* ---- lines ---- */

void yg_spool_line_add(struct yg_spool *spool, struct yg_ledger_line *line, struct yg_bytes more)
{
	struct yg_spool_ledger *ledger = &spool->ledger;
	int rc;

	if (!ledger->files)
		return;
	line->n = ledger->n + 1;
	memcpy(line->prev, ledger->hash, sizeof(line->prev));
	rc = yg_ledger_line_write(line, more, &ledger->unit);
	yg_buf_add_byte(&ledger->unit, '\n');
	if (rc != YG_OK && !ledger->unit.error)
		ledger->unit.error = rc;
	ledger->n = line->n;
	memcpy(ledger->hash, line->hash, sizeof(ledger->hash));
}

/* One line of the unit to the files. False: they cannot take more; it is in the spool. */
static bool put_line(struct yg_spool_ledger *ledger, struct yg_bytes line)
{
	uint8_t hash[YG_SHA256_BYTES];

	yg_sha256(yg_bytes_cut(line, 0, line.size - 1), hash);
	return yg_ledger_put(ledger->files, line, hash) == YG_OK;
}

void yg_spool_lines_done(struct yg_spool *spool, bool is_durable)
{
	struct yg_spool_ledger *ledger = &spool->ledger;
	struct yg_bytes lines = yg_buf_bytes(&ledger->unit);

	if (!ledger->files || !ledger->is_unit_out)
		return;
	while (lines.size > 0) {
		size_t size = yg_bytes_chr(lines, '\n') + 1; /* whole lines */

		/* Those that are not taken are in the spool; no batch is committed before the next
		 * start brings them here (yg_spool_lines_ready). */
		if (!put_line(ledger, yg_bytes_cut(lines, 0, size)))
			break;
		lines = yg_bytes_from(lines, size);
	}
	yg_buf_reset(&ledger->unit);
	ledger->is_unit_out = false;
	if (is_durable) {
		ledger->durable_n = ledger->n;
		memcpy(ledger->durable_hash, ledger->hash, sizeof(ledger->durable_hash));
	}
}

int yg_spool_lines_ready(struct yg_spool *spool)
{
	return spool->ledger.files ? yg_ledger_catch_up(spool->ledger.files) : YG_OK;
}

int yg_spool_ledger_sync(struct yg_spool *spool)
{
	return spool->ledger.files ? yg_ledger_sync(spool->ledger.files) : YG_OK;
}

/* ---- opening ---- */

int yg_spool_line_replay(struct yg_spool *spool, struct yg_bytes line)
{
	yg_buf_add(&spool->ledger.unit, line);
	yg_buf_add_byte(&spool->ledger.unit, '\n');
	return yg_buf_error(&spool->ledger.unit);
}

/* What later lines of these kinds are held against. */
static int learn(struct yg_spool_ledger *ledger, struct yg_bytes text)
{
	struct yg_ledger_line line;
	struct yg_wire_fault fault;
	int rc = yg_ledger_line_read(text, &line, &fault);

	if (rc != YG_OK)
		return rc;
	if (line.kind == YG_LEDGER_POLICY)
		memcpy(ledger->policy, line.digest, sizeof(ledger->policy));
	if (line.kind == YG_LEDGER_RECEIPT)
		ledger->receipted = line.number;
	return YG_OK;
}

int yg_spool_unit_replay(struct yg_spool *spool, bool is_state)
{
	struct yg_spool_ledger *ledger = &spool->ledger;
	struct yg_bytes lines = yg_buf_bytes(&ledger->unit);
	int rc = YG_OK;

	if (is_state)
		yg_buf_reset(&ledger->replayed); /* its mark is behind them */
	yg_buf_add(&ledger->replayed, lines);
	while (rc == YG_OK && !is_state && lines.size > 0) {
		size_t end = yg_bytes_chr(lines, '\n');

		rc = learn(ledger, yg_bytes_cut(lines, 0, end));
		lines = yg_bytes_from(lines, end + 1);
	}
	yg_buf_reset(&ledger->unit);
	return rc == YG_OK ? yg_buf_error(&ledger->replayed) : rc;
}

int yg_spool_attach(struct yg_spool *spool, const char *folder, int64_t now_ns,
		    struct yg_spool_attached *ret)
{
	struct yg_spool_ledger *ledger = &spool->ledger;
	struct yg_ledger_line line = {.kind = YG_LEDGER_SPOOL, .time_ns = now_ns};
	struct yg_ledger_found found = {0};
	struct yg_ledger_mark mark;
	int rc;

	*ret = (struct yg_spool_attached){0};
	yg_spool_lock(spool);
	ledger->folder = yg_strndup(folder, strlen(folder));
	rc = ledger->folder ? yg_ledger_open(folder, &ledger->files) : YG_ENOMEM;
	if (rc == YG_OK && ledger->bytes_max > 0)
		yg_ledger_bound(ledger->files, ledger->bytes_max);
	/* As far as the state goes, both speak of the same last batch. */
	found.number = ledger->has_mark ? spool->last : 0;
	if (rc == YG_OK)
		rc = yg_ledger_settle(ledger->files, ledger->has_mark ? &ledger->mark : NULL,
				      yg_buf_bytes(&ledger->replayed), &found);
	yg_buf_done(&ledger->replayed);
	if (rc == YG_OK) {
		mark = yg_ledger_mark(ledger->files);
		ledger->n = mark.n;
		memcpy(ledger->hash, mark.hash, sizeof(ledger->hash));
		/* A countersignature may have got there that the spool forgot. */
		if (found.receipted > ledger->receipted)
			ledger->receipted = found.receipted;
		ret->is_damaged = found.is_damaged;
		ret->is_repaired = found.is_repaired;
		/* Numbers go on from where the spool is, not from where the ledger was. */
		if (found.number != spool->last) {
			line.number = spool->last;
			yg_spool_line_add(spool, &line, YG_S(""));
			if (ledger->receipted > spool->last)
				ledger->receipted = spool->last;
		}
		rc = yg_spool_sync_state(spool, now_ns);
	}
	return yg_spool_unlock(spool, rc);
}

/* ---- the bound ---- */

void yg_spool_bound_ledger(struct yg_spool *spool, uint64_t bytes_max)
{
	yg_spool_lock(spool);
	spool->ledger.bytes_max = bytes_max;
	if (spool->ledger.files)
		yg_ledger_bound(spool->ledger.files, bytes_max);
	(void)yg_spool_unlock(spool, YG_OK);
}

/* The entry is on the disk before a file goes. */
static int say_cut(struct yg_spool *spool, struct yg_ledger_line *line, struct yg_bytes more,
		   int64_t now_ns)
{
	int rc;

	line->time_ns = now_ns;
	yg_spool_lock(spool);
	yg_spool_line_add(spool, line, more);
	rc = yg_spool_sync_state(spool, now_ns);
	return yg_spool_unlock(spool, rc);
}

int yg_spool_cut_ledger(struct yg_spool *spool, int64_t now_ns, uint64_t *ret_first)
{
	const struct yg_spool_ledger *ledger = &spool->ledger; /* set before any thread began */
	struct yg_ledger_line line;
	struct yg_buf more;
	uint64_t files = 0;
	int rc;

	*ret_first = 0;
	if (!ledger->files || ledger->bytes_max == 0)
		return YG_OK;
	yg_buf_init(&more, YG_LEDGER_LINE_MAX);
	rc = yg_ledger_cut_find(ledger->folder, ledger->bytes_max, &line, &more);
	if (rc == YG_OK && line.n == 0)
		rc = say_cut(spool, &line, yg_buf_bytes(&more), now_ns);
	if (rc == YG_OK)
		rc = yg_ledger_cut_remove(ledger->folder, line.first, &files);
	if (files > 0)
		*ret_first = line.first;
	yg_buf_done(&more);
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- who sends, and what may leave ---- */

static int note(struct yg_spool *spool, struct yg_ledger_line *line, struct yg_bytes more,
		int64_t now_ns)
{
	struct yg_spool_ledger *ledger = &spool->ledger;
	bool is_policy = line->kind == YG_LEDGER_POLICY;
	uint8_t *known = is_policy ? ledger->policy : ledger->enrolled;
	uint8_t before[YG_SHA256_BYTES];
	uint8_t digest[YG_SHA256_BYTES];
	struct yg_buf text;
	int rc;

	/* Of an enrolment the digest of all that it says; a policy's is in it. */
	yg_buf_init(&text, YG_LEDGER_LINE_MAX);
	yg_buf_addf(&text, "%s/%s %s ", line->organisation, line->sensor, line->hub);
	yg_base64_add(&text, (struct yg_bytes){line->key, sizeof(line->key)});
	yg_sha256(yg_buf_bytes(&text), digest);
	rc = yg_buf_error(&text);
	yg_buf_done(&text);
	if (is_policy)
		memcpy(digest, line->digest, sizeof(digest));
	if (rc != YG_OK || memcmp(known, digest, sizeof(digest)) == 0)
		return rc;
	line->time_ns = now_ns;
	memcpy(before, known, sizeof(before));
	memcpy(known, digest, sizeof(digest));
	yg_spool_line_add(spool, line, more);
	rc = yg_spool_sync_state(spool, now_ns);
	if (rc != YG_OK)
		memcpy(known, before, sizeof(before)); /* said again by the next one who tries */
	return rc;
}

int yg_spool_note(struct yg_spool *spool, struct yg_ledger_line *line, struct yg_bytes more,
		  int64_t now_ns)
{
	int rc = YG_OK;

	yg_spool_lock(spool);
	if (spool->ledger.files)
		rc = note(spool, line, more, now_ns);
	return yg_spool_unlock(spool, rc);
}

/* ---- countersignatures ---- */

bool yg_spool_receipt_due(struct yg_spool *spool, int64_t now_ns, bool is_end)
{
	struct yg_spool_ledger *ledger = &spool->ledger;
	const struct yg_wire_receipt *receipt = &ledger->receipt;
	struct yg_ledger_line line = {
		.kind = YG_LEDGER_RECEIPT,
		.time_ns = now_ns,
		.number = ledger->receipt_number,
		.epoch = receipt->epoch,
		.sequence = receipt->sequence,
		.hub_ns = receipt->time_ns,
		.is_already = receipt->is_already,
		.is_signed = receipt->is_signed,
	};

	if (!ledger->files || !ledger->has_receipt ||
	    (!is_end && ledger->receipt_ns != 0 && now_ns >= ledger->receipt_ns &&
	     now_ns - ledger->receipt_ns < YG_SPOOL_RECEIPT_S * YG_NS_PER_S))
		return false;
	memcpy(line.digest, ledger->receipt_batch.digest, sizeof(line.digest));
	memcpy(line.line, ledger->receipt_batch.ledger, sizeof(line.line));
	memcpy(line.signature, receipt->signature, sizeof(line.signature));
	yg_spool_line_add(spool, &line, YG_S(""));
	ledger->has_receipt = false;
	ledger->receipt_ns = now_ns;
	ledger->receipted = line.number;
	return true;
}

int yg_spool_ack_signed(struct yg_spool *spool, const struct yg_spool_item *item,
			const struct yg_wire_receipt *receipt,
			const uint8_t key[YG_SIGN_PUBLIC_BYTES], int64_t now_ns,
			bool *ret_is_foreign)
{
	struct yg_spool_ledger *ledger = &spool->ledger;
	const struct yg_spool_sending *sending = &spool->sending;
	bool is_right;
	int rc;

	*ret_is_foreign = false;
	yg_spool_lock(spool);
	is_right = item->kind == YG_SPOOL_BATCH && sending->number == item->number &&
		   sending->has_line && item->number > ledger->receipted &&
		   item->number > spool->acked;
	/* One that is signed and waits says more than one that is not: the next signed one covers
	 * this batch too. */
	is_right &= receipt->is_signed || !ledger->has_receipt || !ledger->receipt.is_signed;
	if (is_right) {
		/* Another one that still waits is covered by this one. */
		ledger->receipt_batch = sending->batch;
		ledger->receipt_batch.packed = (struct yg_bytes){0};
		ledger->receipt = *receipt;
		ledger->receipt_number = item->number;
		ledger->has_receipt = true;
		*ret_is_foreign = receipt->is_signed &&
				  !yg_ledger_is_signed(receipt, &ledger->receipt_batch, key);
		ledger->receipt.is_signed &= !*ret_is_foreign;
		(void)yg_spool_receipt_due(spool, now_ns, false); /* else it waits */
	}
	rc = yg_spool_ack_locked(spool, item);
	return yg_spool_unlock(spool, rc);
}

void yg_spool_settle_receipt(struct yg_spool *spool, int64_t now_ns, bool is_end)
{
	yg_spool_lock(spool);
	if (yg_spool_receipt_due(spool, now_ns, is_end) &&
	    yg_spool_segment_append(spool, YG_SPOOL_ACK_ENTRY, spool->acked, now_ns, NULL, 0) ==
		    YG_OK)
		yg_spool_lines_done(spool, false); /* else it goes with the next entry */
	(void)yg_spool_unlock(spool, YG_OK);
}

bool yg_spool_ledger_head(struct yg_spool *spool, uint64_t *ret_n, uint8_t ret[YG_SHA256_BYTES])
{
	yg_spool_lock(spool);
	*ret_n = spool->ledger.files ? spool->ledger.durable_n : 0;
	memcpy(ret, spool->ledger.durable_hash, YG_SHA256_BYTES);
	(void)yg_spool_unlock(spool, YG_OK);
	return *ret_n > 0;
}

/* ---- beside a running sensor ---- */

/* A spool that is only looked at: no lock, nothing written. */
static int look_open(const char *folder, struct yg_spool **ret)
{
	struct yg_spool *spool = yg_calloc(1, sizeof(*spool));
	int rc;

	if (!spool)
		return YG_ENOMEM;
	spool->fd = -1;
	spool->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	yg_buf_init(&spool->checkpoint, YG_SPOOL_CHECKPOINT_MAX);
	yg_buf_init(&spool->reading, YG_SPOOL_BODY_MAX + 1);
	yg_spool_ledger_init(spool);
	rc = spool->folder_fd < 0 ? yg_err_from_errno(errno) : yg_spool_segments_find(spool);
	*ret = spool;
	return rc;
}

static void look_close(struct yg_spool *spool)
{
	if (!spool)
		return;
	if (spool->folder_fd >= 0)
		(void)close(spool->folder_fd); /* read only: nothing to lose */
	yg_spool_ledger_done(spool);
	yg_buf_done(&spool->checkpoint);
	yg_buf_done(&spool->reading);
	free(spool->segments);
	free(spool);
}

static int look_at_entry(struct yg_spool *spool, const struct yg_entry *entry)
{
	int rc = YG_OK;

	if (entry->kind == YG_SPOOL_LINE_ENTRY)
		return yg_spool_line_replay(spool, entry->body);
	if (entry->kind == YG_SPOOL_STATE_ENTRY)
		rc = yg_spool_state_read(spool, entry->body);
	return rc == YG_OK ? yg_spool_unit_replay(spool, entry->kind == YG_SPOOL_STATE_ENTRY) : rc;
}

/* The last of the lines that the last segment holds, or else its mark. */
static int look_at_lines(const struct yg_spool_ledger *ledger, uint64_t *ret_n,
			 uint8_t ret[YG_SHA256_BYTES])
{
	struct yg_bytes lines = yg_buf_bytes(&ledger->replayed);
	struct yg_ledger_line line;
	struct yg_wire_fault fault;
	const uint8_t *before;
	int rc;

	*ret_n = ledger->has_mark ? ledger->mark.n : 0;
	memcpy(ret, ledger->mark.hash, YG_SHA256_BYTES);
	if (lines.size == 0)
		return YG_OK;
	lines.size--; /* the last LF */
	before = memrchr(lines.data, '\n', lines.size);
	rc = yg_ledger_line_read(
		yg_bytes_from(lines, before ? (size_t)(before - lines.data) + 1 : 0), &line,
		&fault);
	if (rc == YG_OK) {
		*ret_n = line.n;
		memcpy(ret, line.hash, YG_SHA256_BYTES);
	}
	return rc;
}

static int look_at_segment(struct yg_spool *spool, size_t i)
{
	struct yg_entry entry = {0};
	int fd;
	int rc = yg_spool_segment_open(spool, i, false, &fd);

	if (rc != YG_OK)
		return rc;
	while (rc == YG_OK) {
		rc = yg_spool_segment_read(fd, entry.end, &spool->reading, &entry);
		if (rc == YG_OK)
			rc = look_at_entry(spool, &entry);
	}
	(void)close(fd); /* read only: nothing to lose */
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_spool_peek_ledger(const char *folder, uint64_t *ret_n, uint8_t ret[YG_SHA256_BYTES])
{
	struct yg_spool *spool = NULL;
	int rc = look_open(folder, &spool);
	size_t i;

	*ret_n = 0;
	if (rc == YG_OK && spool->segment_count == 0)
		rc = YG_ENOENT;
	/* The last one may have been torn before its state was whole. */
	i = rc == YG_OK ? spool->segment_count : 0;
	while (rc == YG_OK && i > 0 && !spool->ledger.has_mark)
		rc = look_at_segment(spool, --i);
	if (rc == YG_OK)
		rc = look_at_lines(&spool->ledger, ret_n, ret);
	look_close(spool);
	return rc;
}

int yg_spool_peek_batch(const char *folder, uint64_t number, struct yg_wire_batch *ret,
			struct yg_buf *to)
{
	struct yg_wire_fault fault;
	struct yg_spool *spool = NULL;
	int rc = look_open(folder, &spool);

	if (rc == YG_OK && spool->segment_count == 0)
		rc = YG_EEND;
	if (rc == YG_OK)
		rc = yg_spool_find_batch(spool, number, ret);
	if (rc == YG_OK)
		rc = yg_wire_batch_unpack(ret, to, &fault);
	ret->packed = (struct yg_bytes){0}; /* what it borrowed goes */
	look_close(spool);
	return rc;
}
