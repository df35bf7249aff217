/* SPDX-License-Identifier: Apache-2.0 */
/* From the journal to the archive: each line once, whatever is done in between. */
#define _GNU_SOURCE
#include "app/hub_archive.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "app/keep.h"
#include "archive/tree.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

#define HOUR  YG_ARCHIVE_HOUR_NS
#define START (HOUR * 490000) /* 2025-11-24 */

static char root[64];
static char journal_dir[96];
static char archive_dir[96];
static struct yg_keep *keep;
static struct yg_hub_archive *archive;
static int64_t now_ns;
static unsigned writers_max;

static int64_t now(void *arg)
{
	(void)arg;
	return now_ns;
}

static bool open_archive(void)
{
	struct yg_hub_archive_opts opts = {
		.dir = archive_dir,
		.name = YG_KEEP_CONSUMER,
		.journal = yg_keep_journal(keep),
		.clock = {.now_ns = now},
		.writers_max = writers_max,
	};

	return yg_hub_archive_new(&opts, &archive) == YG_OK;
}

static void close_all(void)
{
	archive = yg_hub_archive_free(archive);
	if (keep)
		keep = keep->ops->free(keep);
}

/* As after a crash: what was not committed is not there for those who look at cursors. */
static bool reopen(void)
{
	struct yg_journal_report report;

	close_all();
	return yg_keep_open_journal(journal_dir, 0, &keep, &report) == YG_OK && open_archive();
}

static bool start(void)
{
	close_all();
	(void)snprintf(root, sizeof(root), "%s/hub-archive-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(root))
		return false;
	(void)snprintf(journal_dir, sizeof(journal_dir), "%s/journal", root);
	(void)snprintf(archive_dir, sizeof(archive_dir), "%s/archive", root);
	now_ns = START;
	writers_max = 0;
	return mkdir(archive_dir, 0700) == 0 && reopen();
}

/* A batch of @org with the lines @first to @last. */
static bool send(const char *org, uint64_t sequence, unsigned first, unsigned last)
{
	struct yg_wire_batch batch = {.sensor = "s",
				      .epoch = 1,
				      .sequence = sequence,
				      .first_ns = YG_TIME_NONE,
				      .last_ns = YG_TIME_NONE};
	struct yg_keep_answer answer = {.result = YG_KEEP_GAP};
	struct yg_buf content;
	struct yg_buf packed;
	struct yg_buf bytes;
	int rc;

	yg_buf_init(&content, 1u << 20);
	yg_buf_init(&packed, 1u << 20);
	yg_buf_init(&bytes, 1u << 20);
	for (unsigned i = first; i <= last; i++)
		yg_buf_addf(&content, "{\"v\":1,\"raw\":\"line %u.\"}\n", i);
	rc = yg_wire_pack(yg_buf_bytes(&content), &batch, &packed);
	yg_wire_head_write(&batch, &bytes);
	yg_buf_add(&bytes, yg_buf_bytes(&packed));
	if (rc == YG_OK)
		rc = keep->ops->accept(keep, org, &batch, now_ns, yg_buf_bytes(&bytes), &answer);
	if (rc == YG_OK)
		rc = keep->ops->sync(keep);
	yg_buf_done(&content);
	yg_buf_done(&packed);
	yg_buf_done(&bytes);
	return rc == YG_OK && answer.result == YG_KEEP_NEW;
}

struct seen {
	unsigned times[256];
	unsigned open;
	unsigned files;
	int rc;
};

static int see_text(void *arg, const struct yg_archive_frame *frame, struct yg_bytes text)
{
	struct seen *seen = arg;

	(void)frame;
	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n') + 1;
		struct yg_bytes line = yg_bytes_from(yg_bytes_cut(text, 0, end), 19);
		uint64_t number = 0;

		if (yg_bytes_u64(yg_bytes_cut(line, 0, yg_bytes_chr(line, '.')), &number) &&
		    number < 256)
			seen->times[number]++;
		text = yg_bytes_from(text, end);
	}
	return YG_OK;
}

static int see_file(void *arg, const struct yg_archive_entry *entry)
{
	struct yg_archive_check check;
	struct seen *seen = arg;
	struct stat st;

	seen->files++;
	seen->open += entry->is_open;
	if (stat(entry->path, &st) == 0 && st.st_size == 0)
		return YG_OK;
	return yg_archive_verify(entry->path, &check, NULL, see_text, seen) == YG_OK &&
			       check.notes == 0
		       ? YG_OK
		       : YG_EDIGEST;
}

/* Is each of the lines 1 to @last of @org in the archive exactly once, and no other? */
static bool has(const char *org, unsigned last)
{
	struct seen seen = {0};

	if (yg_archive_walk(archive_dir, org, see_file, &seen) != YG_OK)
		return last == 0;
	for (unsigned i = 0; i < 256; i++)
		if (seen.times[i] != (i > 0 && i <= last))
			return false;
	return true;
}

static struct seen look(void)
{
	struct seen seen = {0};

	seen.rc = yg_archive_walk(archive_dir, NULL, see_file, &seen);
	return seen;
}

static bool drain(void)
{
	int rc;

	while ((rc = yg_hub_archive_step(archive)) == YG_OK)
		;
	return rc == YG_EAGAIN;
}

static void arrives(void)
{
	CHECK(start());
	CHECK(send("acme", 1, 1, 3) && send("rival", 1, 1, 2) && send("acme", 2, 4, 9));
	CHECK(drain() && has("acme", 9) && has("rival", 2));
	CHECK(yg_hub_archive_counts(archive).records == 11);
	now_ns += HOUR;
	CHECK(send("acme", 3, 10, 12) && drain() && has("acme", 12));
	CHECK(look().files == 3 && look().open == 2);
	CHECK(reopen() && drain() && has("acme", 12));
	CHECK(yg_hub_archive_counts(archive).batches == 0);
}

/* The cursor was not saved, the files were: everything comes again, nothing is doubled. */
static void comes_again(void)
{
	CHECK(start());
	for (unsigned round = 0; round < 6; round++) {
		/* Every other time the file of that hour is closed meanwhile. */
		CHECK(send("acme", 2 * round + 1, 8 * round + 1, 8 * round + 4));
		now_ns += HOUR;
		CHECK(send("acme", 2 * round + 2, 8 * round + 5, 8 * round + 8));
		CHECK(drain());
		if (round % 2)
			now_ns += 2 * HOUR;
		CHECK(yg_hub_archive_seal_over(archive) == YG_OK);
		CHECK(yg_journal_cursor_save(yg_keep_journal(keep), YG_KEEP_CONSUMER, 2 * round) ==
		      YG_OK);
		CHECK(reopen() && drain() && has("acme", 8 * round + 8));
		CHECK(yg_hub_archive_counts(archive).passed == 8);
	}
}

/* A frame that was torn off within a batch: its lines come again, those before it do not. */
static void torn_within_a_batch(void)
{
	char path[YG_ARCHIVE_PATH_MAX];
	struct stat st;

	CHECK(start());
	CHECK(send("acme", 1, 1, 5) && drain());
	CHECK(yg_archive_path(archive_dir, "acme", now_ns, 0, YG_ARCHIVE_OPEN, path));
	CHECK(send("acme", 2, 6, 9) && drain() && has("acme", 9) && stat(path, &st) == 0);
	close_all();
	CHECK(truncate(path, st.st_size - 7) == 0 && reopen());
	CHECK(yg_journal_cursor_save(yg_keep_journal(keep), YG_KEEP_CONSUMER, 1) == YG_OK);
	CHECK(reopen() && drain() && has("acme", 9));
	CHECK(yg_hub_archive_counts(archive).records == 4);
}

static void few_files_open(void)
{
	char org[16];

	CHECK(start());
	archive = yg_hub_archive_free(archive);
	writers_max = 3;
	CHECK(open_archive());
	for (unsigned sequence = 1; sequence <= 4; sequence++)
		for (unsigned i = 0; i < 10; i++) {
			(void)snprintf(org, sizeof(org), "org-%u", i);
			CHECK(send(org, sequence, 2 * sequence - 1, 2 * sequence));
		}
	CHECK(drain());
	for (unsigned i = 0; i < 10; i++) {
		(void)snprintf(org, sizeof(org), "org-%u", i);
		CHECK(has(org, 8));
	}
	CHECK(look().files == 10 && look().open == 10);
	now_ns += 2 * HOUR; /* also those that had to make room */
	CHECK(yg_hub_archive_seal_over(archive) == YG_OK);
	CHECK(look().files == 10 && look().open == 0);
}

/* ---- a disk that fails when it is told to ---- */

static unsigned fail_syncs;

static int failing_sync(void *arg, int fd)
{
	if (fail_syncs > 0) {
		fail_syncs--;
		return YG_EIO;
	}
	return yg_disk_real()->sync(arg, fd);
}

static void failed_syncs(void)
{
	struct yg_disk_ops ops = *yg_disk_real();
	unsigned last = 0;

	CHECK(start());
	ops.sync = failing_sync;
	yg_disk_use(&ops, NULL);
	for (unsigned n = 0; n < 4; n++) {
		CHECK(send("acme", 2 * n + 1, last + 1, last + 5));
		now_ns += n % 2 ? HOUR : 0;
		CHECK(send("acme", 2 * n + 2, last + 6, last + 9));
		last += 9;
		fail_syncs = n + 1;
		CHECK(yg_hub_archive_step(archive) == YG_EIO);
		while (fail_syncs > 0)
			CHECK(yg_hub_archive_step(archive) != YG_EAGAIN);
		CHECK(drain() && has("acme", last));
	}
	yg_disk_use(NULL, NULL);
}

/* Each call of base/ fails once. */
static void failing_calls(void)
{
	unsigned last = 0;

	CHECK(start());
	for (long n = 1; n < 120 && last < 250; n++) {
		bool was_reached;

		CHECK(send("acme", (uint64_t)n, last + 1, last + 2));
		last += 2;
		yg_fail_at = n;
		(void)!yg_hub_archive_step(archive);
		was_reached = yg_fail_at == 0;
		yg_fail_at = 0;
		CHECK(drain() && has("acme", last));
		if (!was_reached)
			break;
	}
}

/* Where a file of the hour of START is. */
static const char *file_of(unsigned part, const char *ending)
{
	static char path[2][YG_ARCHIVE_PATH_MAX];
	static unsigned turn;

	turn ^= 1;
	return yg_archive_path(archive_dir, "acme", START, part, ending, path[turn]) ? path[turn]
										     : "";
}

/* The rename of a closed file did not survive a power cut: two files of the hour are open. */
static void two_open(void)
{
	struct seen seen;

	CHECK(start());
	CHECK(send("acme", 1, 1, 3) && drain());
	now_ns += 2 * HOUR;
	CHECK(yg_hub_archive_seal_over(archive) == YG_OK);
	now_ns = START + 1; /* the clock was put back */
	CHECK(send("acme", 2, 4, 9) && drain() && look().files == 2 && look().open == 1);
	close_all();
	CHECK(rename(file_of(0, YG_ARCHIVE_CLOSED), file_of(0, YG_ARCHIVE_OPEN)) == 0 && reopen());
	CHECK(look().open == 2);
	CHECK(yg_journal_cursor_save(yg_keep_journal(keep), YG_KEEP_CONSUMER, 0) == YG_OK);
	CHECK(reopen() && drain() && has("acme", 9));
	CHECK(send("acme", 3, 10, 12) && drain() && has("acme", 12));
	now_ns += 3 * HOUR;
	CHECK(yg_hub_archive_seal_over(archive) == YG_OK && has("acme", 12));
	seen = look();
	CHECK(seen.rc == YG_OK && seen.open == 0);
}

/* Killed between closing a file and making its filters: the next run makes them. */
static void filters_again(void)
{
	char path[YG_ARCHIVE_PATH_MAX + 16];

	CHECK(start());
	CHECK(send("acme", 1, 1, 3) && drain());
	now_ns += 2 * HOUR;
	CHECK(yg_hub_archive_seal_over(archive) == YG_OK);
	(void)snprintf(path, sizeof(path), "%s%s", file_of(0, YG_ARCHIVE_CLOSED),
		       YG_ARCHIVE_FILTERS);
	CHECK(unlink(path) == 0 && reopen());
	CHECK(yg_hub_archive_seal_over(archive) == YG_OK && access(path, F_OK) == 0);
	/* A damaged file is left as it is, and holds up nobody. */
	CHECK(unlink(path) == 0 && truncate(file_of(0, YG_ARCHIVE_CLOSED), 40) == 0 && reopen());
	CHECK(yg_hub_archive_seal_over(archive) == YG_OK && access(path, F_OK) != 0);
}

/* Numbers that this journal never gave count for nothing: nothing new is passed over. */
static void journal_of_before(void)
{
	char journal[128];

	CHECK(start());
	CHECK(send("acme", 1, 1, 3) && send("acme", 2, 4, 5) && drain());
	close_all();
	(void)snprintf(journal, sizeof(journal), "%s-away", journal_dir);
	CHECK(rename(journal_dir, journal) == 0 && reopen());
	CHECK(send("acme", 1, 6, 8) && drain() && has("acme", 8));
}

static void thread_ends(void)
{
	CHECK(start());
	CHECK(send("acme", 1, 1, 3) && yg_hub_archive_start(archive) == YG_OK);
	for (unsigned sequence = 2; sequence < 40; sequence++)
		CHECK(send("acme", sequence, 2 * sequence, 2 * sequence + 1));
	CHECK(reopen() && drain() && has("acme", 79));
	close_all();
}

static const struct check_case cases[] = {
	CASE(arrives),	    CASE(comes_again),	 CASE(torn_within_a_batch), CASE(few_files_open),
	CASE(failed_syncs), CASE(failing_calls), CASE(journal_of_before),   CASE(thread_ends),
	CASE(two_open),	    CASE(filters_again),
};
CHECK_MAIN(cases)
