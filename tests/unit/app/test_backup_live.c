/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups while a journal takes batches, its consumer archives them, hours are closed and segments
 * removed: whatever moment it was, what is put back begins, and holds each line once, all that were
 * acknowledged before the backup among them.
 *
 * That this can fail: without the hold of the journal, and with the cursors copied behind the
 * archive, it did.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../check.h"
#include "app/backup.h"
#include "app/hub_archive.h"
#include "app/keep.h"
#include "archive/tree.h"
#include "base/io.h"
#include "store/control.h"

#include "base/ban.h"

#define HOUR	  YG_ARCHIVE_HOUR_NS
#define START	  (HOUR * 490000)
#define ROUNDS	  6u
#define BATCH_MAX 60000u
#define OF_BATCH  3u

static char root[64];
static char data[96];
static struct yg_keep *keep;
static struct yg_hub_archive *archive;
static atomic_bool is_over;
static atomic_uint acked;
static atomic_int failed;
static _Atomic int64_t now_ns;

static int64_t now(void *arg)
{
	(void)arg;
	return now_ns;
}

static bool open_hub(const char *folder)
{
	struct yg_journal_report report;
	struct yg_hub_archive_opts opts = {.name = YG_KEEP_CONSUMER, .clock = {.now_ns = now}};
	static char dir[160]; /* as long as the archive is open */
	char path[160];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/journal", folder);
	(void)snprintf(dir, sizeof(dir), "%s/archive", folder);
	rc = yg_keep_open_journal(path, YG_JOURNAL_SEGMENT_MIN, &keep, &report);
	if (rc != YG_OK)
		return false;
	/* Of the two that hold segments back in a hub, this one is not here. */
	rc = yg_journal_passed(yg_keep_journal(keep), YG_KEEP_DETECT, 0);
	opts.dir = dir;
	opts.journal = yg_keep_journal(keep);
	if (rc == YG_OK)
		rc = yg_hub_archive_new(&opts, &archive);
	return rc == YG_OK;
}

static void close_hub(void)
{
	archive = yg_hub_archive_free(archive);
	if (keep)
		keep = keep->ops->free(keep);
}

static bool send(unsigned sequence)
{
	struct yg_wire_batch batch = {.sensor = "s",
				      .epoch = 1,
				      .sequence = sequence,
				      .first_ns = YG_TIME_NONE,
				      .last_ns = YG_TIME_NONE};
	struct yg_keep_answer answer = {.result = YG_KEEP_GAP};
	struct yg_buf content, packed, bytes;
	int rc;

	yg_buf_init(&content, 1u << 16);
	yg_buf_init(&packed, 1u << 16);
	yg_buf_init(&bytes, 1u << 16);
	for (unsigned i = 0; i < OF_BATCH; i++)
		yg_buf_addf(&content, "{\"v\":1,\"raw\":\"line %u.\"}\n",
			    (sequence - 1) * OF_BATCH + i + 1);
	rc = yg_wire_pack(yg_buf_bytes(&content), &batch, &packed);
	yg_wire_head_write(&batch, &bytes);
	yg_buf_add(&bytes, yg_buf_bytes(&packed));
	if (rc == YG_OK)
		rc = keep->ops->accept(keep, "acme", &batch, now_ns, yg_buf_bytes(&bytes), &answer);
	if (rc == YG_OK)
		rc = keep->ops->sync(keep);
	yg_buf_done(&content);
	yg_buf_done(&packed);
	yg_buf_done(&bytes);
	return rc == YG_OK && answer.result == YG_KEEP_NEW;
}

static void *send_all(void *arg)
{
	(void)arg;
	for (unsigned sequence = 1; !is_over && sequence <= BATCH_MAX; sequence++) {
		if (!send(sequence)) {
			failed = 1;
			return NULL;
		}
		acked = sequence;
		if (sequence % 50 == 0)
			now_ns += HOUR / 3;
		/* The other consumer is always up to date: segments go. */
		(void)!yg_journal_passed(yg_keep_journal(keep), YG_KEEP_DETECT, sequence);
	}
	return NULL;
}

static void *archive_all(void *arg)
{
	(void)arg;
	while (!is_over) {
		int rc = yg_hub_archive_step(archive);

		if (rc == YG_OK || rc == YG_EAGAIN)
			rc = yg_hub_archive_seal_over(archive);
		if (rc != YG_OK && rc != YG_EAGAIN)
			failed = rc;
	}
	return NULL;
}

static uint8_t times[BATCH_MAX * OF_BATCH + 1];

static int see_text(void *arg, const struct yg_archive_frame *frame, struct yg_bytes text)
{
	(void)arg;
	(void)frame;
	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n') + 1;
		struct yg_bytes line = yg_bytes_from(yg_bytes_cut(text, 0, end), 19);
		uint64_t number = 0;

		if (yg_bytes_u64(yg_bytes_cut(line, 0, yg_bytes_chr(line, '.')), &number) &&
		    number < sizeof(times) && times[number] < UINT8_MAX)
			times[number]++;
		text = yg_bytes_from(text, end);
	}
	return YG_OK;
}

static int see_file(void *arg, const struct yg_archive_entry *entry)
{
	struct yg_archive_check check;
	struct stat st;

	if (stat(entry->path, &st) == 0 && st.st_size == 0)
		return YG_OK;
	return yg_archive_verify(entry->path, &check, NULL, see_text, arg);
}

/* In @folder, where a hub runs again: the lines 1 to N each once, N at least @least. */
static bool is_whole(const char *folder, unsigned least)
{
	unsigned last = sizeof(times) - 1;
	char dir[160];
	int rc;

	memset(times, 0, sizeof(times));
	while ((rc = yg_hub_archive_step(archive)) == YG_OK)
		;
	(void)snprintf(dir, sizeof(dir), "%s/archive", folder);
	if (rc != YG_EAGAIN || yg_archive_walk(dir, NULL, see_file, NULL) != YG_OK)
		return false;
	while (last > 0 && times[last] == 0)
		last--;
	for (unsigned i = 1; i <= last; i++)
		if (times[i] != 1) {
			fprintf(stderr, "line %u of %u stands there %u times\n", i, last, times[i]);
			return false;
		}
	if (last < least)
		fprintf(stderr, "%u lines of %u that were acknowledged\n", last, least);
	return last >= least;
}

static bool start(void)
{
	struct yg_control *store = NULL;
	char path[160];
	int rc;

	(void)snprintf(root, sizeof(root), "%s/backup-live-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(root))
		return false;
	now_ns = START;
	(void)snprintf(data, sizeof(data), "%s/data", root);
	(void)snprintf(path, sizeof(path), "%s/hub.db", data);
	if (mkdir(data, 0700) != 0)
		return false;
	rc = yg_control_open_sqlite(path, true, &store);
	(void)yg_control_free(store);
	(void)snprintf(path, sizeof(path), "%s/archive", data);
	return rc == YG_OK && mkdir(path, 0700) == 0 && open_hub(data);
}

static void live(void)
{
	unsigned known[ROUNDS];
	uint64_t removed = 0;
	struct yg_journal_stats stats;
	struct yg_backup_report report;
	pthread_t threads[2];
	char to[160], back[160], base[160] = "";

	CHECK(start());
	CHECK(pthread_create(&threads[0], NULL, send_all, NULL) == 0);
	CHECK(pthread_create(&threads[1], NULL, archive_all, NULL) == 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		int rc;

		while (acked < (round + 1) * 150 && !failed)
			(void)sched_yield();
		known[round] = acked * OF_BATCH;
		(void)snprintf(to, sizeof(to), "%s/to%u", root, round);
		rc = yg_backup_make(data, to, base[0] ? base : NULL,
				    (struct yg_clock){.now_ns = now}, &report);
		if (rc != YG_OK)
			fprintf(stderr, "backup: %s: %s\n", report.path, yg_err_text(rc));
		failed = rc != YG_OK ? rc : failed;
		memcpy(base, to, sizeof(base));
	}
	is_over = true;
	(void)pthread_join(threads[0], NULL);
	(void)pthread_join(threads[1], NULL);
	CHECK(failed == 0);
	yg_journal_stats(yg_keep_journal(keep), &stats);
	removed = stats.durable - stats.segments; /* at least: a segment holds one and more */
	CHECK(is_whole(data, acked * OF_BATCH) && removed > 0);
	close_hub();
	for (unsigned round = 0; round < ROUNDS; round++) {
		(void)snprintf(to, sizeof(to), "%s/to%u", root, round);
		(void)snprintf(back, sizeof(back), "%s/back%u", root, round);
		CHECK(yg_backup_verify(to, &report) == YG_OK);
		CHECK(yg_backup_restore(to, back, &report) == YG_OK);
		CHECK(open_hub(back) && is_whole(back, known[round]));
		close_hub();
	}
}

static const struct check_case cases[] = {CASE(live)};
CHECK_MAIN(cases)
