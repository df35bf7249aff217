/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/keep.h"

#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

static char path[96];
static struct yg_keep *keep;
static struct yg_keep_answer answer; /* of put() and drop() */
static struct yg_journal_report report;

static bool reopen(void)
{
	if (keep)
		keep = keep->ops->free(keep);
	return yg_keep_open_journal(path, 0, &keep, &report) == YG_OK;
}

static bool start(void)
{
	char folder[64];

	(void)snprintf(folder, sizeof(folder), "%s/keep-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return false;
	(void)snprintf(path, sizeof(path), "%s/journal", folder);
	return reopen();
}

/* A batch of @sensor whose content is told by @word; the result, -1 for an error. */
static int put(const char *sensor, uint64_t epoch, uint64_t sequence, const char *word)
{
	struct yg_wire_batch batch = {.epoch = epoch,
				      .sequence = sequence,
				      .first_ns = YG_TIME_NONE,
				      .last_ns = YG_TIME_NONE};
	struct yg_buf content;
	struct yg_buf packed;
	struct yg_buf bytes;
	int rc;

	yg_buf_init(&content, 4096);
	yg_buf_init(&packed, 65536);
	yg_buf_init(&bytes, 65536);
	(void)snprintf(batch.sensor, sizeof(batch.sensor), "%s", sensor);
	yg_buf_addf(&content, "{\"v\":1,\"raw\":\"%s\"}\n", word);
	rc = yg_wire_pack(yg_buf_bytes(&content), &batch, &packed);
	yg_wire_head_write(&batch, &bytes);
	yg_buf_add(&bytes, yg_buf_bytes(&packed));
	if (rc == YG_OK)
		rc = yg_buf_error(&bytes);
	if (rc == YG_OK)
		rc = keep->ops->accept(keep, "acme", &batch, 5, yg_buf_bytes(&bytes), &answer);
	yg_buf_done(&content);
	yg_buf_done(&packed);
	yg_buf_done(&bytes);
	return rc == YG_OK ? (int)answer.result : -1;
}

static int drop(uint64_t first, uint64_t last)
{
	struct yg_wire_drop what = {.sensor = "s",
				    .epoch = 1,
				    .first = first,
				    .last = last,
				    .first_ns = YG_TIME_NONE,
				    .last_ns = YG_TIME_NONE,
				    .time_ns = YG_TIME_NONE};
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, 4096);
	yg_wire_drop_write(&what, &text);
	rc = keep->ops->drop(keep, "acme", &what, 5, yg_buf_bytes(&text), &answer);
	yg_buf_done(&text);
	return rc == YG_OK ? (int)answer.result : -1;
}

static uint64_t next(const char *org, const char *sensor, uint64_t epoch)
{
	return keep->ops->next(keep, org, sensor, epoch);
}

static bool goes_on_at(uint64_t epoch, uint64_t sequence)
{
	return answer.next.epoch == epoch && answer.next.sequence == sequence;
}

static void places(void)
{
	CHECK(start());
	for (unsigned life = 0; life < 2; life++) {
		CHECK(put("s", 1, 2, "b") == (life ? YG_KEEP_ALREADY : YG_KEEP_GAP));
		CHECK(life || goes_on_at(1, 1));
		CHECK(put("s", 1, 1, "a") == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW));
		CHECK(put("s", 1, 2, "b") == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW));
		CHECK(put("s", 1, 1, "other") == YG_KEEP_CONFLICT && goes_on_at(life ? 3 : 2, 1));
		CHECK(put("s", 2, 1, "other") == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW));
		CHECK(put("t", 1, 1, "a") == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW));
		CHECK(next("acme", "s", 1) == (life ? 6 : 3) && next("acme", "s", 2) == 2);
		CHECK(next("acme", "s", 3) == 1 && next("acme", "u", 1) == 1);
		CHECK(next("rival", "s", 1) == 1);
		CHECK(drop(7, 8) == YG_KEEP_GAP && goes_on_at(1, life ? 6 : 3));
		/* A range that begins among what is here: the rest of it. */
		CHECK(drop(2, 5) == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW) && goes_on_at(1, 6));
		CHECK(put("s", 1, 2, "b") == YG_KEEP_ALREADY);
		CHECK(put("s", 1, 4, "late") == YG_KEEP_PASSED && goes_on_at(3, 1));
		CHECK(next("acme", "s", 1) == 6);
		CHECK(keep->ops->sync(keep) == YG_OK);
		CHECK(reopen());
	}
}

/* Whose a batch is, the journal says. */
static void names_both(void)
{
	struct yg_journal_reader *reader;
	struct yg_journal_record record;

	CHECK(start());
	CHECK(put("s", 1, 1, "a") == YG_KEEP_NEW && keep->ops->sync(keep) == YG_OK);
	CHECK(yg_journal_reader_new(yg_keep_journal(keep), 0, &reader) == YG_OK);
	CHECK(yg_journal_reader_next(reader, &record) == YG_OK);
	CHECK(yg_bytes_eq(record.batch.sensor, YG_S("acme/s")) && record.batch.received_ns == 5);
	(void)yg_journal_reader_free(reader);
}

/* An epoch that was pushed out by sixteen newer ones takes nothing, and asks for nothing. */
static void old_epochs(void)
{
	CHECK(start());
	for (uint64_t epoch = 1; epoch <= YG_JOURNAL_EPOCHS_MAX + 1; epoch++) {
		CHECK(put("s", epoch, 1, "a") == YG_KEEP_NEW);
		CHECK(keep->ops->sync(keep) == YG_OK);
	}
	CHECK(next("acme", "s", 1) == YG_WIRE_NUMBER_MAX && next("acme", "s", 2) == 2);
	CHECK(put("s", 1, 2, "b") == YG_KEEP_PASSED && goes_on_at(YG_JOURNAL_EPOCHS_MAX + 2, 1));
}

/* ---- a disk that fails when it is told to ---- */

static int sync_rc;

static int failing_sync(void *arg, int fd)
{
	return sync_rc == YG_OK ? yg_disk_real()->sync(arg, fd) : sync_rc;
}

/* A group that fails is lost alone: each waiter is told, the next group is taken. */
static void a_group_fails(void)
{
	static const int errors[] = {YG_ENOSPC, YG_EIO};
	struct yg_disk_ops ops = *yg_disk_real();

	ops.sync = failing_sync;
	CHECK(start());
	yg_disk_use(&ops, NULL);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t lost;
		uint64_t kept;

		CHECK(put("s", 1, 1 + i, "x") == YG_KEEP_NEW);
		lost = answer.position;
		CHECK(keep->ops->outcome(keep, lost) == YG_EAGAIN && keep->ops->due_ms(keep) >= 0);
		sync_rc = errors[i];
		CHECK(keep->ops->sync(keep) == errors[i]);
		CHECK(keep->ops->outcome(keep, lost) == errors[i] && keep->ops->due_ms(keep) == -1);
		sync_rc = YG_OK;
		CHECK(next("acme", "s", 1) == 1 + i);
		CHECK(put("s", 1, 1 + i, "y") == YG_KEEP_NEW);
		kept = answer.position;
		CHECK(keep->ops->sync(keep) == YG_OK && keep->ops->outcome(keep, kept) == YG_OK);
		CHECK(keep->ops->outcome(keep, lost) == errors[i]);
	}
	yg_disk_use(NULL, NULL);
	CHECK(reopen() && next("acme", "s", 1) == 3);
}

/* Wrong in the middle: not opened, not changed, and the place is named. */
static void damaged(void)
{
	char file[160];
	uint8_t *whole = NULL;
	uint8_t *after = NULL;
	size_t size = 0;
	size_t size_after = 0;

	CHECK(start());
	CHECK(put("s", 1, 1, "a") == YG_KEEP_NEW && keep->ops->sync(keep) == YG_OK);
	CHECK(put("s", 1, 2, "b") == YG_KEEP_NEW && keep->ops->sync(keep) == YG_OK);
	keep = keep->ops->free(keep);
	(void)snprintf(file, sizeof(file), "%s/%020u.seg", path, 1u);
	CHECK(yg_io_read_file(file, 1u << 20, &whole, &size) == YG_OK);
	whole[300] ^= 0x24;
	CHECK(yg_io_replace(file, (struct yg_bytes){whole, size}, 0600) == YG_OK);
	CHECK(yg_keep_open_journal(path, 0, &keep, &report) == YG_EDIGEST);
	CHECK(strcmp(report.fault_file, file + strlen(path) + 1) == 0 && report.fault_at == 128);
	CHECK(yg_io_read_file(file, 1u << 20, &after, &size_after) == YG_OK);
	CHECK(size_after == size && memcmp(after, whole, size) == 0);
	free(after);
	free(whole);
	keep = NULL;
}

/* Each call of base/ fails once: nothing is taken that is not there after a new start. */
static void failing_calls(void)
{
	uint64_t before = 0;

	CHECK(start());
	for (long n = 1; n < 200; n++) {
		int result;
		bool was_reached;
		bool is_synced;

		yg_fail_at = n;
		result = put("s", 1, before + 1, "x");
		is_synced = result == YG_KEEP_NEW && keep->ops->sync(keep) == YG_OK;
		was_reached = yg_fail_at == 0;
		yg_fail_at = 0;
		CHECK(reopen());
		CHECK(next("acme", "s", 1) >= before + 1 + is_synced);
		before = next("acme", "s", 1) - 1;
		if (!was_reached)
			break;
		CHECK(n < 199);
	}
	keep = keep->ops->free(keep);
}

static const struct check_case cases[] = {
	CASE(places),	     CASE(names_both), CASE(old_epochs),
	CASE(a_group_fails), CASE(damaged),    CASE(failing_calls),
};
CHECK_MAIN(cases)
