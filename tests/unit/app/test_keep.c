/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/keep.h"

#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

static char path[96];
static struct yg_keep *keep;

static bool reopen(void)
{
	if (keep)
		keep = keep->ops->free(keep);
	return yg_keep_open_file(path, &keep) == YG_OK;
}

static bool start(void)
{
	char folder[64];

	(void)snprintf(folder, sizeof(folder), "%s/keep-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return false;
	(void)snprintf(path, sizeof(path), "%s/kept", folder);
	return reopen();
}

/* A batch of @sensor whose content is told by @word; the result, -1 for an error. */
static int put(const char *sensor, uint64_t epoch, uint64_t sequence, const char *word)
{
	struct yg_wire_batch batch = {.epoch = epoch,
				      .sequence = sequence,
				      .first_ns = YG_TIME_NONE,
				      .last_ns = YG_TIME_NONE};
	struct yg_keep_answer answer;
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
	struct yg_keep_answer answer;
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, 4096);
	yg_wire_drop_write(&what, &text);
	rc = keep->ops->drop(keep, "acme", &what, 5, yg_buf_bytes(&text), &answer);
	yg_buf_done(&text);
	return rc == YG_OK ? (int)answer.result : -1;
}

static void places(void)
{
	CHECK(start());
	for (unsigned life = 0; life < 2; life++) {
		CHECK(put("s", 1, 2, "b") == (life ? YG_KEEP_ALREADY : YG_KEEP_GAP));
		CHECK(put("s", 1, 1, "a") == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW));
		CHECK(put("s", 1, 2, "b") == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW));
		CHECK(put("s", 1, 1, "other") == YG_KEEP_CONFLICT);
		CHECK(put("s", 2, 1, "other") == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW));
		CHECK(put("t", 1, 1, "a") == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW));
		CHECK(keep->ops->next(keep, "s", 1) == (life ? 6 : 3));
		CHECK(keep->ops->next(keep, "u", 1) == 1);
		CHECK(drop(7, 8) == YG_KEEP_GAP);
		CHECK(drop(3, 5) == (life ? YG_KEEP_ALREADY : YG_KEEP_NEW));
		CHECK(put("s", 1, 4, "late") == YG_KEEP_PASSED);
		CHECK(keep->ops->next(keep, "s", 1) == 6);
		CHECK(keep->ops->sync(keep) == YG_OK);
		CHECK(reopen());
	}
}

/* Cut anywhere, the last time nowhere: what stands whole before the cut is there, and it goes on.
 */
static void torn_anywhere(void)
{
	uint8_t *whole = NULL;
	size_t size = 0;
	uint64_t before = 0;

	CHECK(start());
	CHECK(put("s", 1, 1, "a") == YG_KEEP_NEW && put("s", 1, 2, "b") == YG_KEEP_NEW);
	CHECK(keep->ops->sync(keep) == YG_OK);
	CHECK(yg_io_read_file(path, 1u << 20, &whole, &size) == YG_OK);
	for (size_t cut = size % 3; cut <= size; cut += 3) {
		uint64_t next;

		CHECK(yg_io_replace(path, (struct yg_bytes){whole, cut}, 0600) == YG_OK);
		CHECK(reopen());
		next = keep->ops->next(keep, "s", 1);
		CHECK(next >= before && next <= 3);
		before = next;
		CHECK(next == (cut == size ? 3 : cut >= size / 2 ? 2 : 1));
		CHECK(put("s", 1, next, "new") == YG_KEEP_NEW);
	}
	free(whole);
}

/* Wrong in the middle: not opened, not changed. */
static void damaged(void)
{
	uint8_t *whole = NULL;
	uint8_t *after = NULL;
	size_t size = 0;
	size_t size_after = 0;

	CHECK(start());
	CHECK(put("s", 1, 1, "a") == YG_KEEP_NEW && put("s", 1, 2, "b") == YG_KEEP_NEW);
	CHECK(keep->ops->sync(keep) == YG_OK);
	keep = keep->ops->free(keep);
	CHECK(yg_io_read_file(path, 1u << 20, &whole, &size) == YG_OK);
	for (size_t i = 0; i < size / 2; i++) {
		whole[i] ^= 0x24;
		CHECK(yg_io_replace(path, (struct yg_bytes){whole, size}, 0600) == YG_OK);
		CHECK(yg_keep_open_file(path, &keep) == YG_EFORMAT);
		CHECK(yg_io_read_file(path, 1u << 20, &after, &size_after) == YG_OK);
		CHECK(size_after == size && memcmp(after, whole, size) == 0);
		free(after);
		whole[i] ^= 0x24;
	}
	free(whole);
}

/* Each call of base/ fails once: nothing is taken that is not there after a new start. */
static void failing_calls(void)
{
	uint64_t last = 0;

	CHECK(start());
	for (long n = 1; n < 200; n++) {
		int result;
		bool was_reached;
		bool is_synced;

		yg_fail_at = n;
		result = put("s", 1, last + 1, "x");
		is_synced = result == YG_KEEP_NEW && keep->ops->sync(keep) == YG_OK;
		was_reached = yg_fail_at == 0;
		yg_fail_at = 0;
		CHECK(reopen());
		CHECK(keep->ops->next(keep, "s", 1) >= last + 1 + is_synced);
		last = keep->ops->next(keep, "s", 1) - 1;
		if (!was_reached)
			break;
		CHECK(n < 199);
	}
	keep = keep->ops->free(keep);
}

static const struct check_case cases[] = {
	CASE(places),
	CASE(torn_anywhere),
	CASE(damaged),
	CASE(failing_calls),
};
CHECK_MAIN(cases)
