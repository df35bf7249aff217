/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing, appending, waiting. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "journal/journal-int.h"

#include "base/ban.h"

#define SEGMENT_BYTES (64u << 20)
#define NS_PER_MS     1000000
#define LOCK_WAIT_MS  2000
#define LOCK_STEP_MS  10

/* ---- opening and closing ---- */

static int check_options(const struct yg_journal_options *options)
{
	if (!options->folder || options->consumer_count > YG_JOURNAL_CONSUMERS_MAX ||
	    options->group_ms > YG_JOURNAL_GROUP_MS_MAX ||
	    (options->segment_bytes != 0 && (options->segment_bytes < YG_JOURNAL_SEGMENT_MIN ||
					     options->segment_bytes > YG_JOURNAL_SEGMENT_MAX)))
		return YG_EINVAL;
	return YG_OK;
}

/* Waiting with a limit is by the clock that nobody sets. */
static int make_locks(struct yg_journal *j)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0)
		return YG_ENOMEM;
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* Linux has it */
	if (pthread_cond_init(&j->changed, &attr) != 0 || pthread_mutex_init(&j->mutex, NULL) != 0)
		return YG_ENOMEM; /* glibc: never */
	(void)pthread_condattr_destroy(&attr);
	return YG_OK;
}

/* A process that was killed holds it until the last of it is gone, for a moment after its other
 * files. */
static int lock_folder(const struct yg_journal *j)
{
	const struct timespec step = {.tv_nsec = LOCK_STEP_MS * NS_PER_MS};

	for (int waited = 0; flock(j->folder_fd, LOCK_EX | LOCK_NB) != 0; waited += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK)
			return yg_err_from_errno(errno);
		if (waited >= LOCK_WAIT_MS)
			return YG_EAGAIN;
		(void)nanosleep(&step, NULL); /* cut short is as good */
	}
	return YG_OK;
}

/* The folder, on the disk, ours alone. */
static int take_folder(struct yg_journal *j)
{
	char cursors[YG_DISK_PATH_MAX];
	int rc = yg_disk_mkdir(j->folder, 0700);

	if (rc == YG_OK)
		rc = yg_disk_sync_folder_of(j->folder);
	if (rc == YG_OK)
		rc = yg_journal_path(j, "cursors", cursors);
	if (rc == YG_OK)
		rc = yg_disk_mkdir(cursors, 0700);
	/* Also what a process that was killed had renamed there, and not synced. */
	if (rc == YG_OK)
		rc = yg_disk_sync_folder(j->folder);
	if (rc == YG_OK)
		rc = yg_disk_sync_folder(cursors);
	if (rc != YG_OK)
		return rc;
	j->folder_fd = open(j->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->folder_fd < 0)
		return yg_err_from_errno(errno);
	return lock_folder(j);
}

static struct yg_journal *destroy(struct yg_journal *j)
{
	if (j->fd >= 0)
		(void)yg_disk_close(j->fd); /* what counts of it was synced */
	if (j->folder_fd >= 0)
		(void)close(j->folder_fd);
	for (struct yg_waiting *w = j->group.first; w; w = w->next_in_group)
		yg_known_forget(w);
	yg_group_done(&j->group);
	yg_group_done(&j->spare);
	yg_known_done(&j->known);
	(void)pthread_mutex_destroy(&j->mutex);
	(void)pthread_cond_destroy(&j->changed);
	free(j->segments);
	free(j->folder);
	free(j);
	return NULL;
}

static int set_up(struct yg_journal *j, const struct yg_journal_options *options,
		  struct yg_journal_report *report)
{
	int rc;

	j->segment_bytes = options->segment_bytes ? options->segment_bytes : SEGMENT_BYTES;
	j->bytes_max = options->bytes_max;
	j->reserve_bytes = options->reserve_bytes;
	j->group_ms = options->group_ms;
	j->clock = options->clock.now_ns ? options->clock : yg_clock_system();
	j->synced_ns = YG_TIME_NONE;
	yg_buf_init(&j->group.bytes, YG_JOURNAL_GROUP_MAX);
	yg_buf_init(&j->spare.bytes, YG_JOURNAL_GROUP_MAX);
	j->folder = yg_strndup(options->folder, strlen(options->folder));
	rc = j->folder ? yg_journal_name_consumers(j, options) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = take_folder(j);
	return rc == YG_OK ? yg_journal_recover(j, report) : rc;
}

int yg_journal_open(const struct yg_journal_options *options, struct yg_journal **ret,
		    struct yg_journal_report *report)
{
	struct yg_journal *j;
	int rc = check_options(options);

	*report = (struct yg_journal_report){0};
	if (rc != YG_OK)
		return rc;
	j = yg_calloc(1, sizeof(*j));
	if (!j)
		return YG_ENOMEM;
	j->fd = -1;
	j->folder_fd = -1;
	rc = make_locks(j);
	if (rc == YG_OK)
		rc = set_up(j, options, report);
	if (rc != YG_OK) {
		if (report->text[0] == '\0')
			(void)snprintf(report->text, sizeof(report->text), "%s: %s",
				       options->folder, yg_err_text(rc)); /* cut on purpose */
		(void)destroy(j);
		return rc;
	}
	*ret = j;
	return YG_OK;
}

struct yg_journal *yg_journal_free(struct yg_journal *j)
{
	if (!j)
		return NULL;
	(void)pthread_mutex_lock(&j->mutex);
	(void)yg_group_write(j); /* who needed to know has asked */
	(void)pthread_mutex_unlock(&j->mutex);
	/* Both only spare the next opening work; it can do without. */
	(void)!yg_group_mark(j);
	if (j->durable > j->state_position)
		(void)!yg_journal_state_save(j, 0);
	return destroy(j);
}

/* ---- appending ---- */

static int check_batch(const struct yg_journal_batch *b)
{
	if (b->sensor.size == 0 || b->sensor.size > YG_JOURNAL_SENSOR_MAX || b->epoch == 0 ||
	    b->epoch == UINT64_MAX || b->sequence == 0 || b->sequence >= UINT64_MAX - 1 ||
	    (b->kind != YG_JOURNAL_BATCH && b->kind != YG_JOURNAL_DROP))
		return YG_EINVAL;
	if (b->kind == YG_JOURNAL_DROP &&
	    (b->sequence_last < b->sequence || b->sequence_last >= UINT64_MAX - 1))
		return YG_EINVAL;
	return b->body.size > YG_JOURNAL_BODY_MAX ? YG_ELIMIT : YG_OK;
}

/* The bytes of a record behind the group, its head still empty. */
static int add_bytes(struct yg_group *group, const struct yg_journal_batch *b, size_t size)
{
	size_t filled = YG_SEGMENT_RECORD_BYTES + b->sensor.size + b->body.size;
	uint8_t *to = yg_buf_reserve(&group->bytes, size);

	if (!to) {
		int rc = yg_buf_error(&group->bytes);

		group->bytes.error = YG_OK; /* what stood there stands */
		return rc == YG_ELIMIT ? YG_EAGAIN : rc;
	}
	memset(to, 0, YG_SEGMENT_RECORD_BYTES);
	memcpy(to + YG_SEGMENT_RECORD_BYTES, b->sensor.data, b->sensor.size);
	if (b->body.size > 0)
		memcpy(to + YG_SEGMENT_RECORD_BYTES + b->sensor.size, b->body.data, b->body.size);
	memset(to + filled, 0, size - filled);
	yg_buf_grew(&group->bytes, size);
	return YG_OK;
}

/* With the mutex. */
static int add(struct yg_journal *j, struct yg_known_epoch *epoch, enum yg_journal_kind kind,
	       const struct yg_journal_batch *b, uint64_t *ret_position)
{
	struct yg_group *group = &j->group;
	size_t size =
		(size_t)yg_segment_record_size((uint32_t)b->sensor.size, (uint32_t)b->body.size);
	struct yg_waiting *w;
	int rc;

	if (j->bytes_max > 0 &&
	    j->bytes + j->segments[j->segment_count - 1].end + group->bytes.size + size >
		    j->bytes_max)
		return YG_ENOSPC;
	w = yg_calloc(1, sizeof(*w));
	if (!w)
		return YG_ENOMEM;
	*w = (struct yg_waiting){
		.epoch = epoch,
		.kind = kind,
		.position = j->next_position,
		.sequence = b->sequence,
		.sequence_last = b->sequence_last,
		.received_ns = b->received_ns,
		.sensor_size = (uint32_t)b->sensor.size,
		.body_size = (uint32_t)b->body.size,
		.at = group->bytes.size,
	};
	memcpy(w->digest, b->digest, YG_DIGEST_BYTES);
	rc = add_bytes(group, b, size);
	if (rc != YG_OK) {
		free(w);
		return rc;
	}
	if (group->last)
		group->last->next_in_group = w;
	else
		group->first = w;
	group->last = w;
	group->count++;
	yg_known_hold(w);
	*ret_position = j->next_position++;
	return YG_OK;
}

/* With the mutex. */
static int take(struct yg_journal *j, const struct yg_journal_batch *b,
		struct yg_journal_result *ret)
{
	struct yg_known_epoch *epoch;
	int rc = yg_known_look(&j->known, b, ret, &epoch);

	if (rc != YG_OK)
		return rc;
	switch (ret->answer) {
	case YG_JOURNAL_NEW:
		return add(j, epoch, b->kind, b, &ret->position);
	case YG_JOURNAL_CONFLICT:
		j->stats.conflicts++;
		if (epoch)
			return add(j, epoch, YG_JOURNAL_REFUSED, b, &ret->position);
		j->stats.unkept++;
		return YG_OK;
	case YG_JOURNAL_AGAIN:
		j->stats.again++;
		return YG_OK;
	default:
		return YG_OK;
	}
}

int yg_journal_append(struct yg_journal *journal, const struct yg_journal_batch *batch,
		      struct yg_journal_result *ret)
{
	struct yg_journal_batch b = *batch;
	int rc = check_batch(&b);

	if (rc != YG_OK)
		return rc;
	if (b.kind == YG_JOURNAL_BATCH)
		b.sequence_last = b.sequence;
	(void)pthread_mutex_lock(&journal->mutex);
	rc = take(journal, &b, ret);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

/* ---- waiting ---- */

/* With the mutex. */
static int outcome(const struct yg_journal *j, uint64_t position)
{
	if (position >= j->next_position)
		return YG_EINVAL;
	if (position <= j->lost_forgotten)
		return YG_EIO;
	for (size_t i = 0; i < j->lost_count; i++) {
		if (position >= j->lost[i].first && position <= j->lost[i].last)
			return j->lost[i].rc;
	}
	return position <= j->durable ? YG_OK : YG_EAGAIN;
}

/* With the mutex: -1 nothing waits, else milliseconds until the group is due. */
static int due_ms(const struct yg_journal *j)
{
	int64_t left_ns;

	if (!j->group.first)
		return -1;
	if (j->synced_ns == YG_TIME_NONE)
		return 0;
	left_ns = j->synced_ns + (int64_t)j->group_ms * NS_PER_MS - j->clock.now_ns(j->clock.arg);
	/* A clock that was set back does not make anybody wait longer than the step. */
	if (left_ns > (int64_t)j->group_ms * NS_PER_MS)
		return 0;
	return left_ns <= 0 ? 0 : (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
}

static void wait_ms(struct yg_journal *j, int ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* Linux has it */
	until.tv_nsec += (long)ms % 1000 * NS_PER_MS;
	until.tv_sec += ms / 1000 + until.tv_nsec / YG_NS_PER_S;
	until.tv_nsec %= YG_NS_PER_S;
	(void)pthread_cond_timedwait(&j->changed, &j->mutex, &until); /* the caller looks again */
}

/* With the mutex. */
static int wait_for(struct yg_journal *j, uint64_t position, bool is_urgent)
{
	int rc;

	while ((rc = outcome(j, position)) == YG_EAGAIN) {
		int due = is_urgent ? 0 : due_ms(j);

		if (j->is_writing)
			(void)pthread_cond_wait(&j->changed, &j->mutex);
		else if (due > 0)
			wait_ms(j, due);
		else
			(void)yg_group_write(j); /* outcome() tells */
	}
	return rc;
}

int yg_journal_wait(struct yg_journal *journal, uint64_t position, bool is_urgent)
{
	int rc;

	if (position == 0)
		return YG_OK;
	(void)pthread_mutex_lock(&journal->mutex);
	rc = wait_for(journal, position, is_urgent);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

int yg_journal_sync(struct yg_journal *journal)
{
	uint64_t newest;
	int rc = YG_OK;

	(void)pthread_mutex_lock(&journal->mutex);
	newest = journal->next_position - 1;
	if (newest > journal->durable)
		rc = wait_for(journal, newest, true);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

int yg_journal_outcome(struct yg_journal *journal, uint64_t position)
{
	int rc;

	if (position == 0)
		return YG_OK;
	(void)pthread_mutex_lock(&journal->mutex);
	rc = outcome(journal, position);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

int yg_journal_due_ms(struct yg_journal *journal)
{
	int ms;

	(void)pthread_mutex_lock(&journal->mutex);
	ms = due_ms(journal);
	(void)pthread_mutex_unlock(&journal->mutex);
	return ms;
}

void yg_journal_expected(struct yg_journal *journal, struct yg_bytes sensor, uint64_t *ret_epoch,
			 uint64_t *ret_sequence)
{
	(void)pthread_mutex_lock(&journal->mutex);
	yg_known_expected(&journal->known, sensor, ret_epoch, ret_sequence);
	(void)pthread_mutex_unlock(&journal->mutex);
}

uint64_t yg_journal_next(struct yg_journal *journal, struct yg_bytes sensor, uint64_t epoch)
{
	uint64_t next;

	(void)pthread_mutex_lock(&journal->mutex);
	next = yg_known_next(&journal->known, sensor, epoch);
	(void)pthread_mutex_unlock(&journal->mutex);
	return next;
}

void yg_journal_stats(struct yg_journal *journal, struct yg_journal_stats *ret)
{
	(void)pthread_mutex_lock(&journal->mutex);
	*ret = journal->stats;
	ret->bytes = journal->bytes + journal->segments[journal->segment_count - 1].end;
	ret->segments = journal->segment_count;
	ret->durable = journal->durable;
	ret->passed = yg_journal_least_passed(journal);
	ret->first_cursor = journal->first_cursor;
	ret->sensors = journal->known.sensor_count;
	(void)pthread_mutex_unlock(&journal->mutex);
}
