/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit: what was appended goes to the disk together. */
#define _GNU_SOURCE
#include <sys/statvfs.h>

#include "base/alloc.h"
#include "journal/journal-int.h"

#include "base/ban.h"

#define SEGMENTS_MIN 16u

void yg_group_done(struct yg_group *group)
{
	while (group->first) {
		struct yg_waiting *waiting = group->first;

		group->first = waiting->next_in_group;
		free(waiting);
	}
	yg_buf_done(&group->bytes);
	group->last = NULL;
	group->count = 0;
}

int yg_journal_segment_room(struct yg_journal *journal)
{
	size_t room = journal->segment_room ? journal->segment_room * 2 : SEGMENTS_MIN;
	struct yg_segment *segments;

	if (journal->segment_count < journal->segment_room)
		return YG_OK;
	segments = yg_reallocarray(journal->segments, room, sizeof(*segments));
	if (!segments)
		return YG_ENOMEM;
	journal->segments = segments;
	journal->segment_room = room;
	return YG_OK;
}

/* ---- the one who writes, without the mutex ---- */

/* A new segment that seals the one before at its last durable byte. */
static int change_segment(struct yg_journal *j, uint64_t first)
{
	struct yg_segment_head head;
	struct yg_segment before;
	int fd = -1;
	int rc;

	(void)pthread_mutex_lock(&j->mutex);
	before = j->segments[j->segment_count - 1];
	rc = yg_journal_segment_room(j);
	(void)pthread_mutex_unlock(&j->mutex);
	if (rc == YG_OK)
		rc = yg_segment_start(j, &before, first, &fd, &head);
	if (rc != YG_OK)
		return rc;
	if (j->fd >= 0)
		(void)yg_disk_close(j->fd); /* what counts of it was synced */
	j->fd = fd;
	j->salt = head.salt;
	j->is_closed = false;
	j->is_marked = true;
	(void)pthread_mutex_lock(&j->mutex);
	j->bytes += before.end;
	j->segments[j->segment_count++] = (struct yg_segment){
		.first = first, .end = YG_SEGMENT_HEAD_BYTES, .last = before.last};
	(void)pthread_mutex_unlock(&j->mutex);
	return YG_OK;
}

/* Is there room for @size more bytes? The reserve is for those who read: they must get on. */
static int check_room(struct yg_journal *j, uint64_t size)
{
	struct statvfs fs;

	if (j->reserve_bytes == 0 || statvfs(j->folder, &fs) != 0)
		return YG_OK; /* the write will tell */
	return (uint64_t)fs.f_bavail * fs.f_frsize < j->reserve_bytes + size ? YG_ENOSPC : YG_OK;
}

/* Fill the heads of the records, which stand with room for them in the bytes of the group. */
static void fill_heads(const struct yg_journal *j, struct yg_group *group, uint64_t at,
		       uint64_t previous)
{
	for (const struct yg_waiting *w = group->first; w; w = w->next_in_group) {
		struct yg_segment_record record = {
			.kind = w->kind,
			.sensor_size = w->sensor_size,
			.body_size = w->body_size,
			.position = w->position,
			.previous = previous,
			.durable = at,
			.received_ns = w->received_ns,
			.epoch = w->epoch->epoch,
			.sequence = w->sequence,
			.sequence_last = w->sequence_last,
		};

		memcpy(record.digest, w->digest, YG_DIGEST_BYTES);
		yg_segment_record_write(&record, j->salt, at + w->at, group->bytes.data + w->at);
		previous = w->position;
	}
}

static int write_and_sync(struct yg_journal *j, struct yg_bytes bytes, uint64_t at)
{
	int rc = yg_disk_write(j->fd, bytes, at);

	if (rc != YG_OK) {
		/* Gives the room back. When it fails: the next segment says where this one ends. */
		(void)!yg_disk_truncate(j->fd, at);
		j->is_closed = true;
		return rc;
	}
	rc = yg_disk_sync(j->fd);
	if (rc != YG_OK)
		j->is_closed = true; /* what lies behind @at is never believed: base/disk.h */
	return rc;
}

static int flush(struct yg_journal *j, struct yg_group *group, uint64_t *ret_end)
{
	struct yg_segment newest;
	int rc = check_room(j, group->bytes.size);

	(void)pthread_mutex_lock(&j->mutex);
	newest = j->segments[j->segment_count - 1];
	(void)pthread_mutex_unlock(&j->mutex);
	if (rc == YG_OK && (j->fd < 0 || j->is_closed || newest.end >= j->segment_bytes)) {
		rc = change_segment(j, group->first->position);
		newest.end = YG_SEGMENT_HEAD_BYTES;
	}
	if (rc != YG_OK)
		return rc;
	fill_heads(j, group, newest.end, newest.last);
	rc = write_and_sync(j, yg_buf_bytes(&group->bytes), newest.end);
	if (rc == YG_OK) {
		j->is_marked = false;
		*ret_end = newest.end + group->bytes.size;
	}
	return rc;
}

/* ---- with the mutex ---- */

static void settle(struct yg_journal *j, struct yg_group *group, uint64_t end)
{
	struct yg_segment *newest = &j->segments[j->segment_count - 1];

	for (struct yg_waiting *w = group->first; w; w = w->next_in_group)
		yg_known_settle(w);
	newest->end = end;
	newest->last = group->last->position;
	j->durable = newest->last;
	j->stats.appended += group->count;
}

/* Everything that waits is lost: sequences have no gaps, so none behind the first can stay. */
static void lose(struct yg_journal *j, struct yg_group *group, int rc)
{
	struct yg_journal_lost *newest = j->lost_count ? &j->lost[j->lost_count - 1] : NULL;
	uint64_t first = group->first->position;

	for (struct yg_waiting *w = group->first; w; w = w->next_in_group)
		yg_known_forget(w);
	for (struct yg_waiting *w = j->group.first; w; w = w->next_in_group)
		yg_known_forget(w);
	j->stats.failures++;
	if (newest && newest->last + 1 == first && newest->rc == rc) {
		newest->last = j->next_position - 1;
		return;
	}
	if (j->lost_count == YG_JOURNAL_LOST_MAX) {
		j->lost_forgotten = j->lost[0].last;
		memmove(j->lost, j->lost + 1, --j->lost_count * sizeof(j->lost[0]));
	}
	j->lost[j->lost_count++] =
		(struct yg_journal_lost){.first = first, .last = j->next_position - 1, .rc = rc};
}

/* Empty, but with its memory. */
static void empty(struct yg_group *group)
{
	struct yg_buf bytes = group->bytes;

	group->bytes = (struct yg_buf){0};
	yg_group_done(group);
	yg_buf_reset(&bytes);
	group->bytes = bytes;
}

int yg_group_write(struct yg_journal *j)
{
	struct yg_group group = j->group;
	uint64_t end = 0;
	int rc;

	if (!group.first)
		return YG_OK;
	j->group = j->spare;
	j->spare = (struct yg_group){0};
	j->is_writing = true;
	j->synced_ns = j->clock.now_ns(j->clock.arg);
	j->stats.syncs++;
	(void)pthread_mutex_unlock(&j->mutex);
	rc = flush(j, &group, &end);
	(void)pthread_mutex_lock(&j->mutex);
	if (rc == YG_OK) {
		settle(j, &group, end);
	} else {
		lose(j, &group, rc);
		empty(&j->group);
	}
	j->stats.last_error = rc;
	empty(&group);
	j->spare = group;
	j->is_writing = false;
	(void)pthread_cond_broadcast(&j->changed);
	return rc;
}

int yg_journal_rotate(struct yg_journal *journal)
{
	struct yg_journal *j = journal;
	const struct yg_segment *newest;
	uint64_t first;
	int rc = YG_OK;

	(void)pthread_mutex_lock(&j->mutex);
	while (j->is_writing)
		(void)pthread_cond_wait(&j->changed, &j->mutex);
	newest = &j->segments[j->segment_count - 1];
	if (newest->last >= newest->first) {
		first = j->group.first ? j->group.first->position : j->next_position;
		j->is_writing = true;
		(void)pthread_mutex_unlock(&j->mutex);
		rc = change_segment(j, first);
		(void)pthread_mutex_lock(&j->mutex);
		j->is_writing = false;
		(void)pthread_cond_broadcast(&j->changed);
	}
	(void)pthread_mutex_unlock(&j->mutex);
	return rc;
}

int yg_group_mark(struct yg_journal *j)
{
	struct yg_segment *newest = &j->segments[j->segment_count - 1];
	uint8_t mark[YG_SEGMENT_RECORD_BYTES];
	struct yg_segment_record record = {
		.kind = YG_SEGMENT_MARK,
		.position = newest->last,
		.previous = newest->last,
		.durable = newest->end,
	};
	int rc;

	if (j->fd < 0 || j->is_closed || j->is_marked)
		return YG_OK;
	yg_segment_record_write(&record, j->salt, newest->end, mark);
	rc = write_and_sync(j, (struct yg_bytes){mark, sizeof(mark)}, newest->end);
	if (rc == YG_OK) {
		newest->end += sizeof(mark);
		j->is_marked = true;
	}
	return rc;
}
