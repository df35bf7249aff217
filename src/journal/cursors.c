/* SPDX-License-Identifier: Apache-2.0 */
/* How far everyone is, and what may go because of it. */
#define _GNU_SOURCE
#include <sys/file.h>

#include "base/alloc.h"
#include "base/io.h"
#include "journal/bytes-int.h"
#include "journal/journal-int.h"

#include "base/ban.h"

#define CURSOR_BYTES 24u /* magic, cursor, checksum of both */

static const uint8_t magic[8] = {'Y', 'G', 'J', 'C', 'U', 'R', 'S', '\n'};

/* ---- names ---- */

static bool is_name(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size <= YG_JOURNAL_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

int yg_journal_name_consumers(struct yg_journal *j, const struct yg_journal_options *options)
{
	for (size_t i = 0; i < options->consumer_count; i++) {
		if (!is_name(options->consumers[i]))
			return YG_EINVAL;
		memcpy(j->named[i].name, options->consumers[i], strlen(options->consumers[i]) + 1);
		j->named[i].cursor = YG_CURSOR_UNKNOWN;
	}
	j->named_count = options->consumer_count;
	return YG_OK;
}

int yg_journal_passed(struct yg_journal *journal, const char *name, uint64_t cursor)
{
	int rc = YG_EINVAL;

	(void)pthread_mutex_lock(&journal->mutex);
	for (size_t i = 0; i < journal->named_count; i++) {
		struct yg_journal_named *named = &journal->named[i];

		if (strcmp(named->name, name) != 0)
			continue;
		rc = cursor > journal->durable ? YG_EMISMATCH : YG_OK;
		if (rc == YG_OK)
			named->cursor = cursor;
	}
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

bool yg_journal_passed_by(struct yg_journal *journal, const char *name, uint64_t *ret_cursor)
{
	bool is_found = false;

	(void)pthread_mutex_lock(&journal->mutex);
	for (size_t i = 0; i < journal->named_count && !is_found; i++) {
		is_found = strcmp(journal->named[i].name, name) == 0;
		if (is_found)
			*ret_cursor = journal->named[i].cursor;
	}
	(void)pthread_mutex_unlock(&journal->mutex);
	return is_found;
}

/* ---- cursors as files ---- */

static int cursor_path(const struct yg_journal *journal, const char *name,
		       char to[YG_DISK_PATH_MAX])
{
	char within[YG_JOURNAL_NAME_MAX + sizeof("cursors/")];

	if (!is_name(name))
		return YG_EINVAL;
	(void)snprintf(within, sizeof(within), "cursors/%s", name); /* measured above */
	return yg_journal_path(journal, within, to);
}

int yg_journal_cursor_save(struct yg_journal *journal, const char *name, uint64_t cursor)
{
	char path[YG_DISK_PATH_MAX];
	uint8_t bytes[CURSOR_BYTES];
	int rc = cursor_path(journal, name, path);

	if (rc != YG_OK)
		return rc;
	memcpy(bytes, magic, sizeof(magic));
	yg_put_le(bytes + 8, cursor, 8);
	yg_put_le(bytes + 16, yg_hash64((struct yg_bytes){bytes, 16}, 0), 8);
	rc = yg_disk_replace(path, (struct yg_bytes){bytes, sizeof(bytes)}, 0600);
	return rc == YG_OK ? yg_journal_passed(journal, name, cursor) : rc;
}

int yg_journal_cursor_load(struct yg_journal *journal, const char *name, uint64_t *ret_cursor)
{
	char path[YG_DISK_PATH_MAX];
	int rc = cursor_path(journal, name, path);

	return rc == YG_OK ? yg_journal_cursor_read(path, ret_cursor) : rc;
}

int yg_journal_cursor_read(const char *path, uint64_t *ret_cursor)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, CURSOR_BYTES, &bytes, &size);

	if (rc == YG_ENOENT) {
		*ret_cursor = 0;
		return YG_OK;
	}
	if (rc == YG_OK && (size != CURSOR_BYTES || memcmp(bytes, magic, sizeof(magic)) != 0 ||
			    yg_get_le(bytes + 16, 8) != yg_hash64((struct yg_bytes){bytes, 16}, 0)))
		rc = YG_EDIGEST;
	if (rc == YG_OK)
		*ret_cursor = yg_get_le(bytes + 8, 8);
	free(bytes);
	return rc == YG_ELIMIT ? YG_EDIGEST : rc;
}

/* ---- state ---- */

int yg_journal_state_save(struct yg_journal *j, uint64_t trimmed)
{
	char path[YG_DISK_PATH_MAX];
	struct yg_state_head head;
	struct yg_buf bytes;
	int rc;

	yg_buf_init(&bytes, YG_KNOWN_BYTES_MAX);
	(void)pthread_mutex_lock(&j->mutex);
	/* What once was trimmed is never taken back. */
	head = (struct yg_state_head){
		.position = j->durable,
		.trimmed = trimmed > j->first_cursor ? trimmed : j->first_cursor,
	};
	yg_state_write(&j->known, &head, &bytes);
	(void)pthread_mutex_unlock(&j->mutex);
	rc = yg_buf_error(&bytes);
	if (rc == YG_OK)
		rc = yg_journal_path(j, "state", path);
	if (rc == YG_OK)
		rc = yg_disk_replace(path, yg_buf_bytes(&bytes), 0600);
	yg_buf_done(&bytes);
	if (rc == YG_OK) {
		(void)pthread_mutex_lock(&j->mutex);
		j->state_position = head.position;
		(void)pthread_mutex_unlock(&j->mutex);
	}
	return rc;
}

/* ---- removing ---- */

uint64_t yg_journal_least_passed(const struct yg_journal *j)
{
	uint64_t least = j->named_count > 0 ? UINT64_MAX : 0;

	for (size_t i = 0; i < j->named_count; i++) {
		if (j->named[i].cursor == YG_CURSOR_UNKNOWN)
			return 0;
		if (j->named[i].cursor < least)
			least = j->named[i].cursor;
	}
	return least;
}

/* With the mutex: how many segments from the front everyone has passed; never the newest. */
static size_t count_passed(const struct yg_journal *j)
{
	uint64_t least = yg_journal_least_passed(j);
	size_t count = 0;

	while (least > 0 && count + 1 < j->segment_count && j->segments[count].last <= least)
		count++;
	return count;
}

/* Files go when the state that makes them needless is on the disk. */
static int remove_files(struct yg_journal *j, const uint64_t *firsts, size_t count)
{
	char name[YG_SEGMENT_NAME_MAX];
	char path[YG_DISK_PATH_MAX];
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < count; i++) {
		yg_segment_name(firsts[i], name);
		rc = yg_journal_path(j, name, path);
		if (rc == YG_OK)
			rc = yg_disk_unlink(path); /* should it stay, opening removes it */
	}
	return rc == YG_OK ? yg_disk_sync_folder(j->folder) : rc;
}

/* With the mutex: the first @count segments leave the list; their names to @firsts. */
static void unlist(struct yg_journal *j, size_t count, uint64_t *firsts)
{
	for (size_t i = 0; i < count; i++) {
		firsts[i] = j->segments[i].first;
		j->bytes -= j->segments[i].end;
		j->first_cursor = j->segments[i].last;
	}
	j->segment_count -= count;
	memmove(j->segments, j->segments + count, j->segment_count * sizeof(*j->segments));
}

static int open_hold(const char *folder, int how, int *ret_fd)
{
	char path[YG_DISK_PATH_MAX];
	int size = snprintf(path, sizeof(path), "%s/hold", folder);
	int rc = size > 0 && (size_t)size < sizeof(path)
			 ? yg_disk_open(path, YG_DISK_CREATE, 0600, ret_fd)
			 : YG_ELIMIT;

	if (rc != YG_OK)
		return rc;
	while (flock(*ret_fd, how) != 0) {
		if (errno == EINTR)
			continue;
		rc = errno == EWOULDBLOCK ? YG_EAGAIN : yg_err_from_errno(errno);
		(void)yg_disk_close(*ret_fd); /* nothing was written */
		*ret_fd = -1;
		break;
	}
	return rc;
}

int yg_journal_hold(const char *folder, int *ret_fd)
{
	return open_hold(folder, LOCK_SH, ret_fd);
}

/* Called by one thread at a time (is_trimming); @is_held: somebody copies, nothing goes. */
static int trim(struct yg_journal *j, bool is_held)
{
	uint64_t *firsts = NULL;
	uint64_t trimmed = 0;
	size_t count;
	bool is_old;
	int rc = YG_OK;

	(void)pthread_mutex_lock(&j->mutex);
	count = is_held ? 0 : count_passed(j);
	if (count > 0)
		trimmed = j->segments[count - 1].last;
	/* Without anything to remove: so that opening has little to read. */
	is_old = j->segment_count > 1 && j->segments[j->segment_count - 2].last > j->state_position;
	(void)pthread_mutex_unlock(&j->mutex);
	if (count == 0 && !is_old)
		return YG_OK;
	if (count > 0) {
		firsts = yg_calloc(count, sizeof(*firsts));
		if (!firsts)
			return YG_ENOMEM;
	}
	rc = yg_journal_state_save(j, trimmed);
	if (rc == YG_OK && count > 0) {
		(void)pthread_mutex_lock(&j->mutex);
		unlist(j, count, firsts); /* only this function takes from the front */
		(void)pthread_mutex_unlock(&j->mutex);
		rc = remove_files(j, firsts, count);
	}
	free(firsts);
	return rc;
}

int yg_journal_trim(struct yg_journal *journal)
{
	bool is_other;
	int hold_fd = -1;
	int rc;

	(void)pthread_mutex_lock(&journal->mutex);
	is_other = journal->is_trimming;
	journal->is_trimming = true;
	(void)pthread_mutex_unlock(&journal->mutex);
	if (is_other)
		return YG_OK; /* what is left, the next one finds */
	rc = open_hold(journal->folder, LOCK_EX | LOCK_NB, &hold_fd);
	if (rc == YG_OK || rc == YG_EAGAIN)
		rc = trim(journal, rc == YG_EAGAIN);
	if (hold_fd >= 0)
		(void)yg_disk_close(hold_fd); /* nothing was written; the lock goes with it */
	(void)pthread_mutex_lock(&journal->mutex);
	journal->is_trimming = false;
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}
