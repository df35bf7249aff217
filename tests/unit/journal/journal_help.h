/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/journal/journal_help.h - a folder of one's own, batches in short, a disk that fails
 * when it is told to.
 */
#pragma once

#define YG_BAN_ALLOW_MALLOC
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/crypt.h"
#include "base/disk.h"
#include "base/io.h"
#include "journal/journal.h"

static char folder[200];

static inline void remove_all(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char whole[4200];

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    (size_t)snprintf(whole, sizeof(whole), "%s/%s", path, entry->d_name) >=
			    sizeof(whole))
			continue;
		if (entry->d_type == DT_DIR)
			remove_all(whole);
		else
			(void)unlink(whole);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(path);
}

/* A folder that is not there yet. */
static inline void new_folder(void)
{
	static unsigned number;
	const char *base = getenv("TMPDIR");

	if (folder[0])
		remove_all(folder);
	(void)snprintf(folder, sizeof(folder), "%s/yagura-journal-%d-%u", base ? base : "/tmp",
		       (int)getpid(), ++number);
	remove_all(folder);
}

static inline struct yg_journal *open_with(struct yg_journal_options options, int want,
					   struct yg_journal_report *report)
{
	struct yg_journal *j = NULL;
	int rc;

	options.folder = folder;
	rc = yg_journal_open(&options, &j, report);
	if (rc != want)
		fprintf(stderr, "opening: %d (%s), not %d\n", rc, report->text, want);
	return j;
}

static inline struct yg_journal *open_plain(void)
{
	struct yg_journal_report report;

	return open_with((struct yg_journal_options){.segment_bytes = 4096}, YG_OK, &report);
}

/* A batch whose body is @text; its digest too comes from @text. */
static inline struct yg_journal_batch batch_of(const char *sensor, uint64_t epoch,
					       uint64_t sequence, const char *text)
{
	struct yg_journal_batch b = {
		.kind = YG_JOURNAL_BATCH,
		.sensor = yg_bytes_str(sensor),
		.epoch = epoch,
		.sequence = sequence,
		.received_ns = 1700000000000000000,
		.body = yg_bytes_str(text),
	};

	yg_sha256(b.body, b.digest);
	return b;
}

/* Append and wait; -1: an error. */
static inline int say(struct yg_journal *j, const char *sensor, uint64_t epoch, uint64_t sequence,
		      const char *text)
{
	struct yg_journal_batch b = batch_of(sensor, epoch, sequence, text);
	struct yg_journal_result result;

	if (yg_journal_append(j, &b, &result) != YG_OK ||
	    yg_journal_wait(j, result.position, true) != YG_OK)
		return -1;
	return (int)result.answer;
}

static inline int drop(struct yg_journal *j, const char *sensor, uint64_t epoch, uint64_t first,
		       uint64_t last)
{
	struct yg_journal_batch b = batch_of(sensor, epoch, first, "");
	struct yg_journal_result result;

	b.kind = YG_JOURNAL_DROP;
	b.sequence_last = last;
	if (yg_journal_append(j, &b, &result) != YG_OK ||
	    yg_journal_wait(j, result.position, true) != YG_OK)
		return -1;
	return (int)result.answer;
}

/* Everything behind @cursor: "sensor/epoch/sequence=body " each, drops with -, refused with !. */
static inline const char *read_all(struct yg_journal *j, uint64_t cursor)
{
	static struct yg_buf text;
	struct yg_journal_reader *reader;
	struct yg_journal_record record;
	int rc = yg_journal_reader_new(j, cursor, &reader);

	yg_buf_done(&text);
	yg_buf_init(&text, 64u << 20);
	if (rc != YG_OK)
		return "no reader";
	while ((rc = yg_journal_reader_next(reader, &record)) == YG_OK) {
		const struct yg_journal_batch *b = &record.batch;

		yg_buf_addf(&text, "%s%.*s/%d/%d", b->kind == YG_JOURNAL_REFUSED ? "!" : "",
			    YG_FMT(b->sensor), (int)b->epoch, (int)b->sequence);
		if (b->kind == YG_JOURNAL_DROP)
			yg_buf_addf(&text, "-%d ", (int)b->sequence_last);
		else
			yg_buf_addf(&text, "=%.*s ", YG_FMT(b->body));
	}
	if (rc != YG_EAGAIN)
		yg_buf_addf(&text, "error %d", rc);
	yg_buf_add_byte(&text, 0);
	(void)yg_journal_reader_free(reader);
	return (const char *)text.data;
}

/* The segment files, oldest first; the number of them. */
static inline size_t segments(char names[][32], size_t room)
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, NULL, alphasort);
	size_t found = 0;

	for (int i = 0; i < count; i++) {
		if (strstr(list[i]->d_name, ".seg") && found < room)
			(void)snprintf(names[found++], 32, "%.31s", list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return found;
}

static inline const char *path_of(const char *name)
{
	static char path[2][300];
	static unsigned turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

/* ---- a disk that fails ---- */

static struct {
	long writes_left;    /* writes that go well; -1: all */
	size_t part;	     /* bytes of the failing write that get through */
	long syncs_left;     /* syncs of files that go well; -1: all */
	long truncates_left; /* -1: all */
	bool is_folder_bad;  /* syncs of folders fail */
	int failed_fd;	     /* whose sync failed; -1: none */
	unsigned believed;   /* syncs of that one afterwards: a fault of the journal */
	unsigned syncs;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool is_held; /* syncs wait until this is false */
	unsigned holding;
} disk = {.writes_left = -1,
	  .syncs_left = -1,
	  .truncates_left = -1,
	  .failed_fd = -1,
	  .mutex = PTHREAD_MUTEX_INITIALIZER,
	  .changed = PTHREAD_COND_INITIALIZER};

static int bad_write(void *arg, int fd, struct yg_bytes b, uint64_t at)
{
	if (disk.writes_left == 0) {
		if (disk.part < b.size)
			b.size = disk.part;
		(void)!yg_disk_real()->write(arg, fd, b, at);
		return YG_ENOSPC;
	}
	if (disk.writes_left > 0)
		disk.writes_left--;
	return yg_disk_real()->write(arg, fd, b, at);
}

static int bad_sync(void *arg, int fd)
{
	if (fd == disk.failed_fd)
		disk.believed++;
	(void)pthread_mutex_lock(&disk.mutex);
	disk.syncs++;
	disk.holding++;
	(void)pthread_cond_broadcast(&disk.changed);
	while (disk.is_held)
		(void)pthread_cond_wait(&disk.changed, &disk.mutex);
	disk.holding--;
	(void)pthread_mutex_unlock(&disk.mutex);
	if (disk.syncs_left == 0) {
		disk.failed_fd = fd;
		return YG_EIO;
	}
	if (disk.syncs_left > 0)
		disk.syncs_left--;
	return yg_disk_real()->sync(arg, fd);
}

static int bad_truncate(void *arg, int fd, uint64_t size)
{
	return disk.truncates_left == 0 ? YG_EIO : yg_disk_real()->truncate(arg, fd, size);
}

static int bad_sync_folder(void *arg, const char *path)
{
	return disk.is_folder_bad ? YG_EIO : yg_disk_real()->sync_folder(arg, path);
}

static int bad_close(void *arg, int fd)
{
	if (fd == disk.failed_fd)
		disk.failed_fd = -1;
	return yg_disk_real()->close(arg, fd);
}

static inline void use_bad_disk(void)
{
	static struct yg_disk_ops ops;

	ops = *yg_disk_real();
	ops.write = bad_write;
	ops.sync = bad_sync;
	ops.truncate = bad_truncate;
	ops.sync_folder = bad_sync_folder;
	ops.close = bad_close;
	disk.writes_left = disk.syncs_left = disk.truncates_left = -1;
	disk.part = 0;
	disk.is_folder_bad = disk.is_held = false;
	disk.failed_fd = -1;
	disk.believed = disk.syncs = 0;
	yg_disk_use(&ops, NULL);
}
