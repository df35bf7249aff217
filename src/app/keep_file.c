/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/keep.h"
#include "base/alloc.h"
#include "base/crc32.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/io.h"

#include "base/ban.h"

#define HEAD_BYTES 96u
#define ORG_AT	   24u
#define BUCKETS	   4096u
#define KIND_BATCH 1u
#define KIND_DROP  2u
#define READ_CHUNK (1u << 20)
#define BODY_MAX   YG_WIRE_BATCH_MAX

struct stream {
	char sensor[YG_WIRE_ID_MAX + 1];
	uint64_t epoch;
	uint64_t count; /* sequences that are settled: 1 to count */
	uint64_t room;
	uint8_t (*digests)[YG_SHA256_BYTES]; /* all zero: dropped */
	struct stream *next;
};

struct file_keep {
	struct yg_keep keep;
	int fd;
	uint64_t size; /* up to here the file is whole */
	bool is_dirty;
	bool is_broken;
	uint64_t stream_count;
	uint64_t sequences;
	struct stream *buckets[BUCKETS];
	struct yg_buf entry;
};

/* ---- what is settled ---- */

static struct stream **bucket_of(struct file_keep *file, const char *sensor, uint64_t epoch)
{
	uint64_t hash = yg_hash64(yg_bytes_str(sensor), yg_hash_secret() ^ epoch);

	return &file->buckets[hash % BUCKETS];
}

static struct stream *find(struct file_keep *file, const char *sensor, uint64_t epoch)
{
	struct stream *stream = *bucket_of(file, sensor, epoch);

	while (stream && (stream->epoch != epoch || strcmp(stream->sensor, sensor) != 0))
		stream = stream->next;
	return stream;
}

/* The stream, made when it is not there. NULL without memory. */
static struct stream *need(struct file_keep *file, const char *sensor, uint64_t epoch)
{
	struct stream **bucket = bucket_of(file, sensor, epoch);
	struct stream *stream = find(file, sensor, epoch);

	if (stream)
		return stream;
	stream = yg_calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	(void)snprintf(stream->sensor, sizeof(stream->sensor), "%s", sensor); /* same limit */
	stream->epoch = epoch;
	stream->next = *bucket;
	*bucket = stream;
	file->stream_count++;
	return stream;
}

/* Room for sequences up to @last. */
static int reserve(struct stream *stream, uint64_t last)
{
	uint64_t room = stream->room ? stream->room : 16;
	void *more;

	if (last <= stream->room)
		return YG_OK;
	while (room < last)
		room *= 2;
	more = yg_reallocarray(stream->digests, (size_t)room, YG_SHA256_BYTES);
	if (!more)
		return YG_ENOMEM;
	stream->digests = more;
	stream->room = room;
	return YG_OK;
}

/* @digest NULL: dropped. Room was reserved. */
static void settle(struct file_keep *file, struct stream *stream, uint64_t last,
		   const uint8_t *digest)
{
	static const uint8_t none[YG_SHA256_BYTES];

	while (stream->count < last) {
		memcpy(stream->digests[stream->count], digest ? digest : none, YG_SHA256_BYTES);
		stream->count++;
		file->sequences++;
	}
}

static bool is_dropped(const uint8_t digest[YG_SHA256_BYTES])
{
	for (size_t i = 0; i < YG_SHA256_BYTES; i++)
		if (digest[i])
			return false;
	return true;
}

static uint64_t free_epoch(struct file_keep *file, const char *sensor)
{
	uint64_t epoch = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct stream *s = file->buckets[i]; s; s = s->next)
			if (s->epoch > epoch && strcmp(s->sensor, sensor) == 0)
				epoch = s->epoch;
	return epoch + 1;
}

/* ---- entries ---- */

static void put_u32(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_u32(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

/* Over kind and size, then over all behind the checksum. */
static uint32_t checksum(const uint8_t *head, struct yg_bytes body)
{
	uint32_t crc = yg_crc32((struct yg_bytes){head + 4, 8}, 0);

	crc = yg_crc32((struct yg_bytes){head + 16, HEAD_BYTES - 16}, crc);
	return yg_crc32(body, crc);
}

/* No room: what was written of the entry goes again. */
static int undo(struct file_keep *file, int rc)
{
	if (ftruncate(file->fd, (off_t)file->size) != 0 ||
	    lseek(file->fd, (off_t)file->size, SEEK_SET) < 0) {
		file->is_broken = true;
		return YG_EIO;
	}
	return rc;
}

/* YG_OK, YG_ENOSPC (nothing of it is there), or what ends the keep. */
static int append(struct file_keep *file, uint32_t kind, const char *org, int64_t received_ns,
		  struct yg_bytes body)
{
	uint8_t head[HEAD_BYTES] = "YGK1";
	struct statvfs disk;
	int rc;

	if (fstatvfs(file->fd, &disk) == 0 &&
	    (uint64_t)disk.f_bavail * disk.f_frsize < YG_KEEP_FREE_BYTES + body.size)
		return YG_ENOSPC;
	put_u32(head + 4, kind);
	put_u32(head + 8, (uint32_t)body.size);
	put_u32(head + 16, (uint32_t)((uint64_t)received_ns & UINT32_MAX));
	put_u32(head + 20, (uint32_t)((uint64_t)received_ns >> 32));
	(void)snprintf((char *)head + ORG_AT, HEAD_BYTES - ORG_AT, "%s", org); /* ids fit */
	put_u32(head + 12, checksum(head, body));
	yg_buf_reset(&file->entry);
	yg_buf_add(&file->entry, (struct yg_bytes){head, HEAD_BYTES});
	yg_buf_add(&file->entry, body);
	if (yg_buf_error(&file->entry))
		return YG_ENOSPC; /* no memory: as good a reason to wait */
	rc = yg_io_write(file->fd, yg_buf_bytes(&file->entry));
	if (rc == YG_ENOMEM || rc == YG_ENOSPC || rc == YG_EIO)
		return undo(file, rc == YG_EIO ? YG_EIO : YG_ENOSPC);
	if (rc != YG_OK)
		return rc;
	file->size += file->entry.size;
	file->is_dirty = true;
	return YG_OK;
}

/* ---- operations ---- */

static bool has_room(const struct file_keep *file, uint64_t more)
{
	return file->stream_count < YG_KEEP_STREAMS_MAX &&
	       more <= YG_KEEP_SEQUENCES_MAX - file->sequences;
}

/* What a batch of this place and digest means, before anything is written. */
static struct yg_keep_answer judge(struct file_keep *file, const struct yg_wire_batch *batch)
{
	const struct stream *stream = find(file, batch->sensor, batch->epoch);
	uint64_t count = stream ? stream->count : 0;
	struct yg_keep_answer answer = {YG_KEEP_NEW, {batch->epoch, count + 1}};

	if (batch->sequence > count + 1) {
		answer.result = YG_KEEP_GAP;
	} else if (batch->sequence <= count) {
		const uint8_t *digest = stream->digests[batch->sequence - 1];

		answer.result = is_dropped(digest) ? YG_KEEP_PASSED : YG_KEEP_CONFLICT;
		if (memcmp(digest, batch->digest, YG_SHA256_BYTES) == 0)
			answer.result = YG_KEEP_ALREADY;
		else
			answer.next = (struct yg_wire_next){free_epoch(file, batch->sensor), 1};
	} else if (!has_room(file, 1)) {
		answer.result = YG_KEEP_FULL;
	}
	return answer;
}

/* Write, and settle what it says; @rc of no room becomes an answer. */
static int take(struct file_keep *file, struct stream *stream, int rc, uint64_t last,
		const uint8_t *digest, struct yg_keep_answer *answer)
{
	if (rc == YG_ENOSPC || rc == YG_ENOMEM) {
		answer->result = YG_KEEP_FULL;
		return YG_OK;
	}
	if (rc != YG_OK)
		return rc;
	settle(file, stream, last, digest);
	answer->next.sequence = stream->count + 1;
	return YG_OK;
}

static int file_accept(struct yg_keep *keep, const char *org, const struct yg_wire_batch *batch,
		       int64_t received_ns, struct yg_bytes bytes, struct yg_keep_answer *ret)
{
	struct file_keep *file = (struct file_keep *)keep;
	struct stream *stream;
	int rc;

	if (file->is_broken)
		return YG_EIO;
	*ret = judge(file, batch);
	if (ret->result != YG_KEEP_NEW)
		return YG_OK;
	stream = need(file, batch->sensor, batch->epoch);
	rc = stream ? reserve(stream, batch->sequence) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = append(file, KIND_BATCH, org, received_ns, bytes);
	return take(file, stream, rc, batch->sequence, batch->digest, ret);
}

static int file_drop(struct yg_keep *keep, const char *org, const struct yg_wire_drop *drop,
		     int64_t received_ns, struct yg_bytes bytes, struct yg_keep_answer *ret)
{
	struct file_keep *file = (struct file_keep *)keep;
	const struct stream *known = find(file, drop->sensor, drop->epoch);
	uint64_t count = known ? known->count : 0;
	struct stream *stream;
	int rc;

	if (file->is_broken)
		return YG_EIO;
	*ret = (struct yg_keep_answer){YG_KEEP_NEW, {drop->epoch, count + 1}};
	if (drop->first > count + 1)
		ret->result = YG_KEEP_GAP;
	else if (drop->last <= count)
		ret->result = YG_KEEP_ALREADY;
	else if (!has_room(file, drop->last - count))
		ret->result = YG_KEEP_FULL;
	if (ret->result != YG_KEEP_NEW)
		return YG_OK;
	stream = need(file, drop->sensor, drop->epoch);
	rc = stream ? reserve(stream, drop->last) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = append(file, KIND_DROP, org, received_ns, bytes);
	return take(file, stream, rc, drop->last, NULL, ret);
}

static uint64_t file_next(struct yg_keep *keep, const char *sensor, uint64_t epoch)
{
	const struct stream *stream = find((struct file_keep *)keep, sensor, epoch);

	return stream ? stream->count + 1 : 1;
}

static int file_sync(struct yg_keep *keep)
{
	struct file_keep *file = (struct file_keep *)keep;
	int rc;

	if (file->is_broken)
		return YG_EIO;
	if (!file->is_dirty)
		return YG_OK;
	rc = yg_disk_sync(file->fd);
	file->is_dirty = false;
	file->is_broken = rc != YG_OK;
	return rc;
}

static struct yg_keep *file_free(struct yg_keep *keep)
{
	struct file_keep *file = (struct file_keep *)keep;

	if (!file)
		return NULL;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (file->buckets[i]) {
			struct stream *stream = file->buckets[i];

			file->buckets[i] = stream->next;
			free(stream->digests);
			free(stream);
		}
	}
	if (file->fd >= 0)
		(void)close(file->fd); /* what was acknowledged is synced */
	yg_buf_done(&file->entry);
	free(file);
	return NULL;
}

/* ---- opening ---- */

/* What an entry whose checksum agrees says. YG_EFORMAT: it makes no sense here. */
static int replay(struct file_keep *file, uint32_t kind, struct yg_bytes body)
{
	struct yg_wire_fault fault;
	struct yg_wire_batch batch;
	struct yg_wire_drop drop;
	struct stream *stream;
	int rc = kind == KIND_BATCH ? yg_wire_batch_read(body, &batch, &fault)
				    : yg_wire_drop_read(body, &drop, &fault);

	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_EFORMAT;
	stream = kind == KIND_BATCH ? need(file, batch.sensor, batch.epoch)
				    : need(file, drop.sensor, drop.epoch);
	if (!stream)
		return YG_ENOMEM;
	if (kind == KIND_BATCH && batch.sequence != stream->count + 1)
		return YG_EFORMAT;
	if (kind == KIND_DROP && (drop.first > stream->count + 1 || drop.last <= stream->count))
		return YG_EFORMAT;
	rc = reserve(stream, kind == KIND_BATCH ? batch.sequence : drop.last);
	if (rc == YG_OK)
		settle(file, stream, kind == KIND_BATCH ? batch.sequence : drop.last,
		       kind == KIND_BATCH ? batch.digest : NULL);
	return rc;
}

/* Bytes [@at, @at + @size) to @to, or less at the end of the file. */
static int read_at(int fd, uint64_t at, uint8_t *to, size_t size, size_t *ret_size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(fd, to + done, size - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return yg_err_from_errno(errno);
		if (got == 0)
			break;
		done += (size_t)got;
	}
	*ret_size = done;
	return YG_OK;
}

/* The entry at file->size: YG_OK, YG_EEND (none, or torn), or an error. */
static int replay_next(struct file_keep *file, uint8_t *body)
{
	uint8_t head[HEAD_BYTES];
	uint32_t kind;
	uint32_t size;
	size_t got = 0;
	int rc = read_at(file->fd, file->size, head, HEAD_BYTES, &got);

	if (rc != YG_OK)
		return rc;
	kind = get_u32(head + 4);
	size = get_u32(head + 8);
	if (got < HEAD_BYTES || memcmp(head, "YGK1", 4) != 0 || kind < KIND_BATCH ||
	    kind > KIND_DROP || size > BODY_MAX)
		return YG_EEND;
	rc = read_at(file->fd, file->size + HEAD_BYTES, body, size, &got);
	if (rc != YG_OK)
		return rc;
	if (got < size || checksum(head, (struct yg_bytes){body, size}) != get_u32(head + 12))
		return YG_EEND;
	rc = replay(file, kind, (struct yg_bytes){body, size});
	if (rc == YG_OK)
		file->size += HEAD_BYTES + size;
	return rc;
}

/* Is there a whole entry anywhere behind the first that is not? Then this is damage, no torn end.
 */
static bool has_more(struct file_keep *file, uint8_t *mem)
{
	uint64_t at = file->size + 1;
	size_t got = HEAD_BYTES;

	while (got >= HEAD_BYTES && read_at(file->fd, at, mem, READ_CHUNK, &got) == YG_OK) {
		for (size_t i = 0; i + HEAD_BYTES <= got; i++) {
			struct yg_bytes body;
			uint32_t size = get_u32(mem + i + 8);
			uint8_t *copy;
			size_t have = 0;
			bool is_whole;

			if (memcmp(mem + i, "YGK1", 4) != 0 || size > BODY_MAX)
				continue;
			copy = yg_malloc(size + 1u);
			body = (struct yg_bytes){copy, size};
			is_whole = copy &&
				   read_at(file->fd, at + i + HEAD_BYTES, copy, size, &have) ==
					   YG_OK &&
				   have == size && checksum(mem + i, body) == get_u32(mem + i + 12);
			free(copy);
			if (is_whole)
				return true;
		}
		at += got - HEAD_BYTES + 1;
	}
	return false;
}

static int load(struct file_keep *file)
{
	uint8_t *body = yg_malloc(BODY_MAX > READ_CHUNK ? BODY_MAX : READ_CHUNK);
	struct stat st;
	int rc = YG_OK;

	if (!body)
		return YG_ENOMEM;
	while (rc == YG_OK)
		rc = replay_next(file, body);
	if (rc == YG_EEND)
		rc = fstat(file->fd, &st) == 0 ? YG_OK : yg_err_from_errno(errno);
	if (rc == YG_OK && (uint64_t)st.st_size > file->size) {
		rc = has_more(file, body) ? YG_EFORMAT : undo(file, YG_OK);
		file->is_dirty = true;
	}
	if (rc == YG_OK && lseek(file->fd, (off_t)file->size, SEEK_SET) < 0)
		rc = yg_err_from_errno(errno);
	free(body);
	return rc;
}

int yg_keep_open_file(const char *path, struct yg_keep **ret)
{
	static const struct yg_keep_ops ops = {file_accept, file_drop, file_next, file_sync,
					       file_free};
	struct file_keep *file = yg_calloc(1, sizeof(*file));
	int rc;

	if (!file)
		return YG_ENOMEM;
	file->keep.ops = &ops;
	yg_buf_init(&file->entry, HEAD_BYTES + BODY_MAX);
	file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	rc = file->fd < 0 ? yg_err_from_errno(errno) : load(file);
	/* What was found may never have been synced; it counts as there from now on. */
	if (rc == YG_OK) {
		file->is_dirty = true;
		rc = file_sync(&file->keep);
	}
	if (rc != YG_OK) {
		(void)file_free(&file->keep);
		return rc;
	}
	*ret = &file->keep;
	return YG_OK;
}
