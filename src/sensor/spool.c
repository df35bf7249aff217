/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/spool-int.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

/* Names nobody in a head that stays here: yg_spool_next() writes another. */
#define NOBODY "none"

static struct yg_segment *last_segment(struct yg_spool *spool)
{
	return &spool->segments[spool->segment_count - 1];
}

/* The number behind the last one of segment @i. */
static uint64_t end_of(const struct yg_spool *spool, size_t i)
{
	return i + 1 < spool->segment_count ? spool->segments[i + 1].first : spool->last + 1;
}

static const struct yg_spool_epoch *current_epoch(const struct yg_spool *spool)
{
	return &spool->epochs[spool->epoch_count - 1];
}

/* ---- writing ---- */

static int append_state(struct yg_spool *spool, int64_t now_ns)
{
	struct yg_bytes body;
	struct yg_buf text;
	int rc = yg_spool_ledger_sync(spool);

	yg_buf_init(&text, YG_SPOOL_BODY_MAX);
	if (rc == YG_OK)
		rc = yg_spool_state_write(spool, &text);
	body = yg_buf_bytes(&text);
	if (rc == YG_OK)
		rc = yg_spool_segment_append(spool, YG_SPOOL_STATE_ENTRY, spool->last + 1, now_ns,
					     &body, 1);
	yg_buf_done(&text);
	return rc;
}

int yg_spool_sync_state(struct yg_spool *spool, int64_t now_ns)
{
	int rc = append_state(spool, now_ns);

	if (rc == YG_OK)
		rc = yg_spool_segment_sync(spool);
	if (rc == YG_OK)
		yg_spool_lines_done(spool, true);
	return rc;
}

/* A new last segment that begins with the state. */
static int roll(struct yg_spool *spool, int64_t now_ns)
{
	int rc = yg_spool_segment_new(spool, spool->last + 1);

	if (rc != YG_OK)
		return rc;
	rc = yg_spool_sync_state(spool, now_ns);
	if (rc != YG_OK && yg_spool_segment_remove_last(spool) != YG_OK)
		spool->is_broken = true;
	return rc;
}

/* ---- giving up the oldest ---- */

/* Add what the batch in @entry held to the drop record. */
static void count_in(struct yg_wire_drop *drop, const struct yg_wire_batch *batch)
{
	drop->records += batch->count;
	if (batch->first_ns != YG_TIME_NONE &&
	    (drop->first_ns == YG_TIME_NONE || batch->first_ns < drop->first_ns))
		drop->first_ns = batch->first_ns;
	if (batch->last_ns != YG_TIME_NONE &&
	    (drop->last_ns == YG_TIME_NONE || batch->last_ns > drop->last_ns))
		drop->last_ns = batch->last_ns;
}

/* The batch of an entry; false when it is none that can be read. */
static bool read_batch(const struct yg_entry *entry, struct yg_bytes *ret_checkpoint,
		       struct yg_wire_batch *ret)
{
	struct yg_wire_fault fault;
	struct yg_bytes body = entry->body;
	size_t size = 0;

	if (entry->kind != YG_SPOOL_BATCH_ENTRY || body.size < 4)
		return false;
	for (unsigned i = 4; i-- > 0;)
		size = size << 8 | body.data[i];
	body = yg_bytes_from(body, 4);
	if (size > body.size)
		return false;
	*ret_checkpoint = yg_bytes_cut(body, 0, size);
	return yg_wire_batch_read(yg_bytes_from(body, size), ret, &fault) == YG_OK;
}

/* What segment @i holds of numbers @first to @last, into @drop. */
static int count_segment(struct yg_spool *spool, size_t i, uint64_t first, uint64_t last,
			 struct yg_wire_drop *drop)
{
	struct yg_entry entry = {0};
	int fd;
	int rc = yg_spool_segment_open(spool, i, false, &fd);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc; /* somebody removed it: nothing to count */
	while ((rc = yg_spool_segment_read(fd, entry.end, &spool->reading, &entry)) == YG_OK) {
		struct yg_bytes checkpoint;
		struct yg_wire_batch batch;

		if (entry.number >= first && entry.number <= last &&
		    read_batch(&entry, &checkpoint, &batch))
			count_in(drop, &batch);
	}
	(void)close(fd); /* read only: nothing to lose */
	return rc == YG_EEND ? YG_OK : rc;
}

/* @first to @last will never be sent. What was given up before and not told yet is one with it. */
static void add_drop(struct yg_spool *spool, uint64_t first, uint64_t last,
		     const struct yg_wire_drop *what, const char *reason, int64_t now_ns)
{
	struct yg_wire_drop *drop = &spool->drop;
	struct yg_ledger_line line = {.kind = YG_LEDGER_DROP,
				      .time_ns = now_ns,
				      .number = first,
				      .last = last,
				      .count = what->records};

	(void)snprintf(line.reason, sizeof(line.reason), "%s", reason); /* short */
	yg_spool_line_add(spool, &line, YG_S(""));
	if (drop->first == 0) {
		*drop = *what;
		drop->first = first;
		drop->last = last;
		drop->time_ns = now_ns;
		(void)snprintf(drop->reason, sizeof(drop->reason), "%s", reason); /* short */
	} else {
		struct yg_wire_batch times = {.first_ns = what->first_ns, .last_ns = what->last_ns};

		count_in(drop, &times);
		drop->records += what->records;
		drop->first = first < drop->first ? first : drop->first;
		drop->last = last > drop->last ? last : drop->last;
	}
	spool->dropped += what->records;
}

static const struct yg_wire_drop nothing = {.first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE};

static int drop_oldest(struct yg_spool *spool, int64_t now_ns)
{
	uint64_t first = spool->segments[0].first;
	uint64_t last = end_of(spool, 0) - 1;
	struct yg_wire_drop what = nothing;
	int rc = YG_OK;

	if (first <= spool->acked)
		first = spool->acked + 1;
	if (spool->drop.first > 0 && first <= spool->drop.last && spool->drop.first <= first)
		first = spool->drop.last + 1; /* that much was counted when it was given up */
	if (first <= last) {
		rc = count_segment(spool, 0, first, last, &what);
		if (rc == YG_OK) {
			add_drop(spool, first, last, &what, "spool-full", now_ns);
			rc = yg_spool_sync_state(spool, now_ns);
		}
	}
	return rc == YG_OK ? yg_spool_segment_remove_first(spool) : rc;
}

static int make_room(struct yg_spool *spool, uint64_t need, int64_t now_ns)
{
	int rc = YG_OK;

	while (rc == YG_OK && spool->bytes + need > spool->bytes_max) {
		if (spool->segment_count > 1)
			rc = drop_oldest(spool, now_ns);
		else if (last_segment(spool)->first <= spool->last)
			rc = roll(spool, now_ns);
		else
			break; /* one batch alone: it is let in */
	}
	return rc;
}

/* ---- opening ---- */

static int replay_entry(struct yg_spool *spool, const struct yg_entry *entry)
{
	struct yg_wire_batch batch;
	struct yg_bytes checkpoint;

	switch (entry->kind) {
	case YG_SPOOL_STATE_ENTRY:
		spool->last = entry->number - 1;
		return entry->number > 0 ? yg_spool_state_read(spool, entry->body) : YG_EFORMAT;
	case YG_SPOOL_ACK_ENTRY:
		spool->acked = entry->number;
		return YG_OK;
	case YG_SPOOL_BATCH_ENTRY:
		break;
	case YG_SPOOL_LINE_ENTRY:
	default:
		return yg_spool_line_replay(spool, entry->body);
	}
	if (entry->number != spool->last + 1 || !read_batch(entry, &checkpoint, &batch))
		return YG_EFORMAT;
	spool->last = entry->number;
	yg_buf_reset(&spool->checkpoint);
	yg_buf_add(&spool->checkpoint, checkpoint);
	return yg_buf_error(&spool->checkpoint);
}

/*
 * Read the last segment; what stands behind its last whole entry goes. YG_EFORMAT: it does not
 * even begin with a state.
 */
static int replay_last(struct yg_spool *spool)
{
	struct yg_entry entry = {0};
	uint64_t end = 0; /* of what counts: lines count with the entry behind them */
	int rc = yg_spool_segment_open(spool, spool->segment_count - 1, true, &spool->fd);

	yg_buf_reset(&spool->ledger.unit);
	while (rc == YG_OK) {
		rc = yg_spool_segment_read(spool->fd, entry.end, &spool->reading, &entry);
		if (rc == YG_OK && end == 0 && entry.kind != YG_SPOOL_STATE_ENTRY)
			rc = YG_EFORMAT;
		if (rc == YG_OK)
			rc = replay_entry(spool, &entry);
		if (rc == YG_OK && entry.kind != YG_SPOOL_LINE_ENTRY) {
			rc = yg_spool_unit_replay(spool, entry.kind == YG_SPOOL_STATE_ENTRY);
			end = entry.end;
		}
	}
	yg_buf_reset(&spool->ledger.unit);
	if (rc != YG_EEND && rc != YG_EFORMAT)
		return rc;
	if (end == 0)
		return YG_EFORMAT;
	rc = yg_spool_segment_cut(spool, end);
	/* What a killed process wrote may be in the system's memory only: before anybody builds on
	 * it, it is on the disk. */
	return rc == YG_OK ? yg_spool_segment_sync(spool) : rc;
}

/* Numbers that were given up, and whose segment outlived that. */
static int remove_dropped(struct yg_spool *spool)
{
	int rc = YG_OK;

	while (rc == YG_OK && spool->segment_count > 1 && spool->drop.first > 0 &&
	       spool->drop.first <= spool->acked + 1 && end_of(spool, 0) - 1 <= spool->drop.last)
		rc = yg_spool_segment_remove_first(spool);
	return rc;
}

static int begin(struct yg_spool *spool)
{
	spool->epochs[0] = (struct yg_spool_epoch){1, 0};
	spool->epoch_count = 1;
	return roll(spool, 0);
}

static int load(struct yg_spool *spool)
{
	int rc = yg_spool_segments_find(spool);

	while (rc == YG_OK && spool->segment_count > 0) {
		bool is_first = spool->segment_count == 1 && spool->segments[0].first == 1;

		rc = replay_last(spool);
		if (rc == YG_OK)
			return remove_dropped(spool);
		/*
		 * A segment whose state was never written whole holds nothing that was sent, and a
		 * damaged one is better read from the logs again than believed; the state before
		 * it knows where they stood. Of the only one there is nobody to ask.
		 */
		if (rc == YG_EFORMAT && (spool->segment_count > 1 || is_first))
			rc = yg_spool_segment_remove_last(spool);
		if (spool->segment_count > 0 && spool->fd >= 0) {
			(void)yg_disk_close(spool->fd); /* nothing was written */
			spool->fd = -1;
		}
	}
	return rc == YG_OK ? begin(spool) : rc;
}

static int open_folder(struct yg_spool *spool, const char *folder)
{
	int rc = yg_disk_mkdir(folder, 0700);

	if (rc == YG_OK)
		rc = yg_disk_sync_folder_of(folder);
	if (rc != YG_OK)
		return rc;
	spool->folder = yg_strndup(folder, strlen(folder));
	if (!spool->folder)
		return YG_ENOMEM;
	spool->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->folder_fd < 0)
		return yg_err_from_errno(errno);
	if (flock(spool->folder_fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? YG_EAGAIN : yg_err_from_errno(errno);
	return YG_OK;
}

static bool place_path(const struct yg_spool *spool, char to[YG_DISK_PATH_MAX])
{
	int size = snprintf(to, YG_DISK_PATH_MAX, "%s/place", spool->folder);

	return size > 0 && (unsigned)size < YG_DISK_PATH_MAX;
}

/* A checkpoint that is newer than that of the last batch. */
static int load_place(struct yg_spool *spool)
{
	char path[YG_DISK_PATH_MAX];
	uint8_t *bytes = NULL;
	struct yg_bytes text;
	uint64_t after;
	size_t size = 0;
	size_t end;
	int rc = place_path(spool, path)
			 ? yg_io_read_file(path, YG_SPOOL_CHECKPOINT_MAX + 32, &bytes, &size)
			 : YG_ELIMIT;

	text = (struct yg_bytes){bytes, size};
	end = yg_bytes_chr(text, '\n');
	if (rc == YG_OK && end != SIZE_MAX && yg_bytes_u64(yg_bytes_cut(text, 0, end), &after) &&
	    after == spool->last) {
		yg_buf_reset(&spool->checkpoint);
		yg_buf_add(&spool->checkpoint, yg_bytes_from(text, end + 1));
		rc = yg_buf_error(&spool->checkpoint);
	}
	free(bytes);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_spool_open(const char *folder, uint64_t bytes_max, struct yg_spool **ret,
		  const char **ret_reason)
{
	struct yg_spool *spool = yg_calloc(1, sizeof(*spool));
	int rc;

	*ret_reason = NULL;
	if (!spool)
		return YG_ENOMEM;
	spool->folder_fd = -1;
	spool->fd = -1;
	if (pthread_mutex_init(&spool->lock, NULL) != 0) {
		free(spool);
		return YG_ENOMEM;
	}
	spool->bytes_max = bytes_max < YG_SPOOL_BYTES_MIN ? YG_SPOOL_BYTES_MIN : bytes_max;
	spool->segment_max = spool->bytes_max / 8 < YG_SPOOL_SEGMENT_MAX ? spool->bytes_max / 8
									 : YG_SPOOL_SEGMENT_MAX;
	yg_buf_init(&spool->checkpoint, YG_SPOOL_CHECKPOINT_MAX);
	yg_buf_init(&spool->entry, YG_SPOOL_ENTRY_BYTES + YG_SPOOL_BODY_MAX);
	yg_buf_init(&spool->reading, YG_SPOOL_BODY_MAX + 1);
	yg_spool_ledger_init(spool);
	rc = open_folder(spool, folder);
	if (rc == YG_OK)
		rc = load(spool);
	if (rc == YG_OK)
		rc = load_place(spool);
	if (rc != YG_OK) {
		*ret_reason = rc == YG_EFORMAT ? "its only segment is damaged at the beginning"
					       : yg_err_text(rc);
		(void)yg_spool_free(spool);
		return rc;
	}
	*ret = spool;
	return YG_OK;
}

struct yg_spool *yg_spool_free(struct yg_spool *spool)
{
	if (!spool)
		return NULL;
	yg_spool_ledger_done(spool);
	if (spool->fd >= 0)
		(void)yg_disk_close(spool->fd); /* what counts was synced */
	if (spool->folder_fd >= 0)
		(void)close(spool->folder_fd); /* the lock goes with it */
	yg_buf_done(&spool->checkpoint);
	yg_buf_done(&spool->entry);
	yg_buf_done(&spool->reading);
	free(spool->segments);
	free(spool->folder);
	(void)pthread_mutex_destroy(&spool->lock); /* nobody holds it */
	free(spool);
	return NULL;
}

/* Cannot fail: the locks are ours, of the plain kind, and not held twice. */
void yg_spool_lock(struct yg_spool *spool)
{
	(void)pthread_mutex_lock(&spool->lock);
}

int yg_spool_unlock(struct yg_spool *spool, int rc)
{
	(void)pthread_mutex_unlock(&spool->lock);
	return rc;
}

/* ---- commit ---- */

struct yg_bytes yg_spool_checkpoint(struct yg_spool *spool)
{
	return yg_buf_bytes(&spool->checkpoint);
}

/* The entry of the batch, synced, or nothing of it. */
static int write_batch(struct yg_spool *spool, const struct yg_bytes parts[4], int64_t now_ns)
{
	uint64_t before = last_segment(spool)->size;
	int rc = yg_spool_segment_append(spool, YG_SPOOL_BATCH_ENTRY, spool->last + 1, now_ns,
					 parts, 4);

	/* Batches that the hub has give way before anything else does. */
	while (rc == YG_ENOSPC && spool->segment_count > 1 &&
	       end_of(spool, 0) - 1 <= spool->acked) {
		rc = yg_spool_segment_remove_first(spool);
		if (rc == YG_OK)
			rc = yg_spool_segment_append(spool, YG_SPOOL_BATCH_ENTRY, spool->last + 1,
						     now_ns, parts, 4);
	}
	if (rc != YG_OK)
		return rc;
	rc = yg_spool_segment_sync(spool);
	if (rc != YG_OK)
		(void)!yg_spool_segment_cut(spool, before); /* else it is broken, and known to be */
	return rc;
}

/* Its line, as part of the entry that is written next. */
static void add_line(struct yg_spool *spool, const struct yg_wire_batch *batch,
		     struct yg_bytes tally, int64_t now_ns)
{
	const struct yg_spool_epoch *epoch = current_epoch(spool);
	struct yg_ledger_line line = {
		.kind = YG_LEDGER_BATCH,
		.time_ns = now_ns,
		.number = spool->last + 1,
		.epoch = epoch->epoch,
		.sequence = spool->last + 1 - epoch->base,
		.size = batch->size,
		.count = batch->count,
		.first_ns = batch->first_ns,
		.last_ns = batch->last_ns,
	};

	memcpy(line.digest, batch->digest, sizeof(line.digest));
	memcpy(line.policy, spool->ledger.policy, sizeof(line.policy));
	yg_spool_line_add(spool, &line, tally);
}

/* The entry and its line, or nothing of them. */
static int write_listed(struct yg_spool *spool, const struct yg_wire_batch *batch,
			const struct yg_bytes parts[4], struct yg_bytes tally, int64_t now_ns)
{
	struct yg_spool_ledger *ledger = &spool->ledger;
	uint8_t before[YG_SHA256_BYTES];
	size_t size = ledger->unit.size;
	uint64_t n = ledger->n;
	int rc;

	memcpy(before, ledger->hash, sizeof(before));
	add_line(spool, batch, tally, now_ns);
	rc = write_batch(spool, parts, now_ns);
	if (rc == YG_OK) {
		yg_spool_lines_done(spool, true);
		return YG_OK;
	}
	ledger->unit.size = size; /* what waited before goes with another entry */
	ledger->unit.error = YG_OK;
	ledger->n = n;
	memcpy(ledger->hash, before, sizeof(before));
	return rc;
}

static int commit(struct yg_spool *spool, const struct yg_wire_batch *batch, struct yg_bytes packed,
		  struct yg_bytes checkpoint, struct yg_bytes tally, int64_t now_ns)
{
	struct yg_wire_batch named = *batch;
	uint8_t size[4];
	struct yg_buf head;
	uint64_t need = YG_SPOOL_ENTRY_BYTES + checkpoint.size + YG_WIRE_HEAD_MAX + packed.size;
	int rc = yg_spool_lines_ready(spool);

	if (rc == YG_OK)
		rc = make_room(spool, need, now_ns);
	if (rc == YG_OK && last_segment(spool)->size >= spool->segment_max &&
	    last_segment(spool)->first <= spool->last)
		rc = roll(spool, now_ns);
	if (rc != YG_OK)
		return rc;
	(void)snprintf(named.sensor, sizeof(named.sensor), NOBODY); /* short */
	named.epoch = 1;
	named.sequence = spool->last + 1;
	for (unsigned i = 0; i < 4; i++)
		size[i] = (uint8_t)(checkpoint.size >> (8 * i));
	yg_buf_init(&head, YG_WIRE_HEAD_MAX);
	yg_wire_head_write(&named, &head);
	rc = yg_buf_error(&head);
	if (rc == YG_OK)
		rc = write_listed(
			spool, batch,
			(struct yg_bytes[4]){
				{size, sizeof(size)}, checkpoint, yg_buf_bytes(&head), packed},
			tally, now_ns);
	yg_buf_done(&head);
	return rc;
}

int yg_spool_commit_listed(struct yg_spool *spool, const struct yg_wire_batch *batch,
			   struct yg_bytes packed, struct yg_bytes checkpoint,
			   struct yg_bytes tally, int64_t now_ns)
{
	int rc;

	if (checkpoint.size > YG_SPOOL_CHECKPOINT_MAX || packed.size > YG_WIRE_PACKED_MAX)
		return YG_ELIMIT;
	yg_spool_lock(spool);
	rc = commit(spool, batch, packed, checkpoint, tally, now_ns);
	if (rc == YG_OK) {
		spool->last++;
		yg_buf_reset(&spool->checkpoint);
		yg_buf_add(&spool->checkpoint, checkpoint); /* its room is that of the limit */
	}
	return yg_spool_unlock(spool, rc);
}

int yg_spool_commit(struct yg_spool *spool, const struct yg_wire_batch *batch,
		    struct yg_bytes packed, struct yg_bytes checkpoint, int64_t now_ns)
{
	return yg_spool_commit_listed(spool, batch, packed, checkpoint, YG_S(""), now_ns);
}

/*
 * Beside the segments: FOLDER/place, "N" LF and the checkpoint. It counts as long as batch N is the
 * last one; each later batch brings a newer checkpoint with it.
 */
int yg_spool_commit_place(struct yg_spool *spool, struct yg_bytes checkpoint)
{
	char path[YG_DISK_PATH_MAX];
	struct yg_buf text;
	int rc;

	if (checkpoint.size > YG_SPOOL_CHECKPOINT_MAX)
		return YG_ELIMIT;
	yg_buf_init(&text, YG_SPOOL_CHECKPOINT_MAX + 32);
	yg_spool_lock(spool);
	yg_buf_addf(&text, "%llu\n", (unsigned long long)spool->last);
	yg_buf_add(&text, checkpoint);
	rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = place_path(spool, path) ? yg_disk_replace(path, yg_buf_bytes(&text), 0600)
					     : YG_ELIMIT;
	if (rc == YG_OK) {
		yg_buf_reset(&spool->checkpoint);
		yg_buf_add(&spool->checkpoint, checkpoint); /* its room is that of the limit */
	}
	yg_buf_done(&text);
	return yg_spool_unlock(spool, rc);
}

/* ---- sending ---- */

static const struct yg_spool_epoch *epoch_of(const struct yg_spool *spool, uint64_t number)
{
	for (size_t i = spool->epoch_count; i-- > 0;)
		if (spool->epochs[i].base < number)
			return &spool->epochs[i];
	return &spool->epochs[0];
}

/*
 * From where @entry ends to batch @number. The line right before it, if there is one, is its own:
 * *ret_line is the digest of that.
 */
static int seek_batch(struct yg_spool *spool, int fd, uint64_t number, struct yg_entry *entry,
		      uint8_t ret_line[YG_SHA256_BYTES], bool *ret_has_line)
{
	*ret_has_line = false;
	for (;;) {
		int rc = yg_spool_segment_read(fd, entry->end, &spool->reading, entry);

		if (rc != YG_OK || (entry->kind == YG_SPOOL_BATCH_ENTRY && entry->number == number))
			return rc;
		*ret_has_line = entry->kind == YG_SPOOL_LINE_ENTRY;
		if (*ret_has_line)
			yg_sha256(entry->body, ret_line);
	}
}

int yg_spool_find_batch(struct yg_spool *spool, uint64_t number, struct yg_wire_batch *ret)
{
	struct yg_bytes checkpoint;
	struct yg_entry entry = {0};
	size_t i = spool->segment_count - 1;
	uint8_t line[YG_SHA256_BYTES] = {0};
	bool has_line;
	int fd;
	int rc;

	while (i > 0 && spool->segments[i].first > number)
		i--;
	if (spool->cursor_number == number && spool->cursor_segment == i)
		entry.end = spool->cursor_at;
	rc = yg_spool_segment_open(spool, i, false, &fd);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EEND : rc;
	rc = seek_batch(spool, fd, number, &entry, line, &has_line);
	(void)close(fd); /* read only: nothing to lose */
	if (rc == YG_OK && !read_batch(&entry, &checkpoint, ret))
		rc = YG_EEND;
	if (rc != YG_OK)
		return rc;
	ret->has_ledger = has_line;
	memcpy(ret->ledger, line, sizeof(line));
	spool->cursor_segment = i;
	spool->cursor_at = entry.end;
	spool->cursor_number = number + 1;
	return YG_OK;
}

/* Batch @number and what stands behind it in its segment are lost. */
static int give_up_damaged(struct yg_spool *spool, uint64_t number, int64_t now_ns)
{
	size_t i = spool->segment_count - 1;
	uint64_t last;

	while (i > 0 && spool->segments[i].first > number)
		i--;
	last = end_of(spool, i) - 1;
	add_drop(spool, number, last < number ? number : last, &nothing, "spool-damaged", now_ns);
	return yg_spool_sync_state(spool, now_ns);
}

/* Of the drop record what belongs to one epoch: nearly always all of it. */
static int next_drop(struct yg_spool *spool, const char *sensor, struct yg_spool_item *ret,
		     struct yg_buf *to)
{
	const struct yg_spool_epoch *epoch = epoch_of(spool, spool->acked + 1);
	struct yg_wire_drop drop = spool->drop;
	uint64_t last = drop.last;

	if (epoch != current_epoch(spool) && last > epoch[1].base) {
		last = epoch[1].base;
		drop.records = 0; /* told with the rest */
	}
	(void)snprintf(drop.sensor, sizeof(drop.sensor), "%s", sensor); /* an id */
	drop.epoch = epoch->epoch;
	drop.first = spool->acked + 1 - epoch->base;
	drop.last = last - epoch->base;
	yg_wire_drop_write(&drop, to);
	*ret = (struct yg_spool_item){YG_SPOOL_DROP, last, drop.epoch, drop.last};
	spool->sending = (struct yg_spool_sending){.number = last, .records = drop.records};
	return yg_buf_error(to);
}

static int next_batch(struct yg_spool *spool, const char *sensor, struct yg_spool_item *ret,
		      struct yg_buf *to)
{
	uint64_t number = spool->acked + 1;
	const struct yg_spool_epoch *epoch = epoch_of(spool, number);
	struct yg_wire_batch batch;
	int rc = yg_spool_find_batch(spool, number, &batch);

	if (rc != YG_OK)
		return rc;
	(void)snprintf(batch.sensor, sizeof(batch.sensor), "%s", sensor); /* an id */
	batch.epoch = epoch->epoch;
	batch.sequence = number - epoch->base;
	yg_wire_head_write(&batch, to);
	yg_buf_add(to, batch.packed);
	*ret = (struct yg_spool_item){YG_SPOOL_BATCH, number, batch.epoch, batch.sequence};
	spool->sending = (struct yg_spool_sending){number, batch.count, batch.has_ledger, batch};
	return yg_buf_error(to);
}

static bool is_drop_due(const struct yg_spool *spool)
{
	return spool->drop.first > 0 && spool->drop.first <= spool->acked + 1 &&
	       spool->drop.last > spool->acked;
}

int yg_spool_next(struct yg_spool *spool, const char *sensor, int64_t now_ns,
		  struct yg_spool_item *ret, struct yg_buf *to)
{
	int rc = YG_OK;

	yg_buf_reset(to);
	*ret = (struct yg_spool_item){.kind = YG_SPOOL_NOTHING};
	yg_spool_lock(spool);
	if (!is_drop_due(spool) && spool->acked < spool->last) {
		rc = next_batch(spool, sensor, ret, to);
		if (rc == YG_EEND)
			rc = give_up_damaged(spool, spool->acked + 1, now_ns);
	}
	if (rc == YG_OK && ret->kind == YG_SPOOL_NOTHING && is_drop_due(spool))
		rc = next_drop(spool, sensor, ret, to);
	return yg_spool_unlock(spool, rc);
}

/* What was given up while @item travelled, and is there after all, is not given up. */
static void correct_drop(struct yg_spool *spool, const struct yg_spool_item *item)
{
	struct yg_wire_drop *drop = &spool->drop;
	bool is_counted =
		item->kind == YG_SPOOL_BATCH && drop->first > 0 && drop->first <= item->number;

	if (is_counted && spool->sending.number == item->number &&
	    drop->records >= spool->sending.records) {
		drop->records -= spool->sending.records;
		spool->dropped -= spool->sending.records;
	}
	if (item->kind == YG_SPOOL_DROP && drop->records >= spool->sending.records)
		drop->records -= spool->sending.records;
	if (drop->last <= item->number)
		*drop = (struct yg_wire_drop){0};
	else if (drop->first > 0 && drop->first <= item->number)
		drop->first = item->number + 1;
}

int yg_spool_ack_locked(struct yg_spool *spool, const struct yg_spool_item *item)
{
	bool had_drop;
	int rc;

	if (item->kind == YG_SPOOL_NOTHING || item->number <= spool->acked ||
	    item->number > spool->last)
		return YG_OK;
	had_drop = spool->drop.first > 0 && spool->drop.first <= item->number;
	correct_drop(spool, item);
	spool->acked = item->number;
	/* A full disk is no harm: what is forgotten is sent again. */
	rc = had_drop
		     ? append_state(spool, 0)
		     : yg_spool_segment_append(spool, YG_SPOOL_ACK_ENTRY, spool->acked, 0, NULL, 0);
	if (rc == YG_OK)
		yg_spool_lines_done(spool, false);
	return rc == YG_ENOSPC ? YG_OK : rc;
}

int yg_spool_ack(struct yg_spool *spool, const struct yg_spool_item *item)
{
	yg_spool_lock(spool);
	return yg_spool_unlock(spool, yg_spool_ack_locked(spool, item));
}

static int rewind_to(struct yg_spool *spool, uint64_t number, int64_t now_ns)
{
	uint64_t oldest = spool->segments[0].first;
	bool is_partly = number < oldest;
	int rc;

	if (number > spool->acked)
		return YG_OK; /* it is sent anyhow */
	if (is_partly)
		add_drop(spool, number, oldest - 1, &nothing, "not-kept", now_ns);
	spool->acked = number - 1;
	spool->cursor_number = 0;
	if (is_partly)
		return yg_spool_sync_state(spool, now_ns);
	rc = yg_spool_segment_append(spool, YG_SPOOL_ACK_ENTRY, spool->acked, now_ns, NULL, 0);
	if (rc == YG_OK)
		yg_spool_lines_done(spool, false);
	return rc;
}

int yg_spool_rewind(struct yg_spool *spool, uint64_t epoch, uint64_t sequence, int64_t now_ns)
{
	int rc = YG_ENOENT;

	yg_spool_lock(spool);
	for (size_t i = 0; i < spool->epoch_count && sequence > 0; i++) {
		uint64_t end = i + 1 < spool->epoch_count ? spool->epochs[i + 1].base : spool->last;

		if (spool->epochs[i].epoch != epoch || sequence > end - spool->epochs[i].base)
			continue;
		rc = rewind_to(spool, spool->epochs[i].base + sequence, now_ns);
	}
	return yg_spool_unlock(spool, rc);
}

int yg_spool_new_epoch(struct yg_spool *spool, uint64_t epoch, int64_t now_ns)
{
	struct yg_ledger_line line = {.kind = YG_LEDGER_EPOCH, .time_ns = now_ns};
	int rc = YG_EINVAL;

	yg_spool_lock(spool);
	if (epoch > current_epoch(spool)->epoch && epoch <= YG_WIRE_NUMBER_MAX) {
		if (spool->epoch_count == YG_SPOOL_EPOCHS_MAX) {
			memmove(spool->epochs, spool->epochs + 1,
				(YG_SPOOL_EPOCHS_MAX - 1) * sizeof(spool->epochs[0]));
			spool->epoch_count--;
		}
		spool->epochs[spool->epoch_count++] = (struct yg_spool_epoch){epoch, spool->acked};
		line.epoch = epoch;
		line.number = spool->acked;
		yg_spool_line_add(spool, &line, YG_S(""));
		rc = yg_spool_sync_state(spool, now_ns);
	}
	return yg_spool_unlock(spool, rc);
}

int yg_spool_give_up(struct yg_spool *spool, const struct yg_spool_item *item, const char *reason,
		     int64_t now_ns)
{
	struct yg_wire_drop what = nothing;
	int rc = YG_OK;

	yg_spool_lock(spool);
	if (item->kind == YG_SPOOL_BATCH && item->number == spool->acked + 1 &&
	    !is_drop_due(spool)) {
		if (spool->sending.number == item->number)
			what.records = spool->sending.records;
		add_drop(spool, item->number, item->number, &what, reason, now_ns);
		rc = yg_spool_sync_state(spool, now_ns);
	}
	return yg_spool_unlock(spool, rc);
}

/* ---- the rest ---- */

static bool is_old(const struct yg_spool *spool, size_t i, int64_t now_ns)
{
	struct stat st;
	bool is = false;
	int fd;

	if (yg_spool_segment_open(spool, i, false, &fd) != YG_OK)
		return false;
	if (fstat(fd, &st) == 0)
		is = now_ns / YG_NS_PER_S - (int64_t)st.st_mtim.tv_sec > YG_SPOOL_KEEP_S;
	(void)close(fd); /* read only: nothing to lose */
	return is;
}

void yg_spool_tidy(struct yg_spool *spool, int64_t now_ns)
{
	yg_spool_lock(spool);
	while (spool->segment_count > 1 && end_of(spool, 0) - 1 <= spool->acked &&
	       is_old(spool, 0, now_ns) && yg_spool_segment_remove_first(spool) == YG_OK)
		;
	(void)yg_spool_unlock(spool, YG_OK);
}

struct yg_spool_state yg_spool_state(struct yg_spool *spool)
{
	const struct yg_spool_epoch *epoch;
	struct yg_spool_state state;

	yg_spool_lock(spool);
	epoch = current_epoch(spool);
	state = (struct yg_spool_state){
		.epoch = epoch->epoch,
		.last = spool->last - epoch->base,
		.acked = spool->acked > epoch->base ? spool->acked - epoch->base : 0,
		.waiting = spool->last - spool->acked,
		.bytes = spool->bytes,
		.bytes_max = spool->bytes_max,
		.dropped = spool->dropped,
	};
	(void)yg_spool_unlock(spool, YG_OK);
	return state;
}
