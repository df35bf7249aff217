/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_batches-int.h"

#include <fcntl.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

#define NOW (INT64_C(1700000000) * YG_NS_PER_S)
#define DAY (INT64_C(86400) * YG_NS_PER_S)

static char folder[64];
static struct yg_hub_batches *batches;

static bool reopen(uint64_t durable)
{
	batches = yg_hub_batches_free(batches);
	return yg_hub_batches_open(folder, durable, &batches) == YG_OK;
}

static bool start(void)
{
	(void)snprintf(folder, sizeof(folder), "%s/batches-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(folder) && reopen(100);
}

static int add(uint64_t position, const char *sensor, uint64_t sequence, int64_t received_ns)
{
	struct yg_journal_record record = {.position = position};
	struct yg_wire_batch batch = {
		.epoch = 1, .sequence = sequence, .count = 3, .has_ledger = sequence % 2 == 1};

	record.batch.sensor = yg_bytes_str(sensor);
	record.batch.received_ns = received_ns;
	memset(batch.digest, (int)sequence, sizeof(batch.digest));
	memset(batch.ledger, (int)sequence + 1, sizeof(batch.ledger));
	return yg_hub_batches_add(batches, &record, &batch, NULL,
				  YG_S(",\"kinds\":{\"syslog\":1}"));
}

static struct yg_hub_batch seen[32];
static unsigned seen_count;

static int note(void *arg, const struct yg_hub_batch *batch)
{
	(void)arg;
	if (seen_count < 32)
		seen[seen_count++] = *batch;
	return YG_OK;
}

static unsigned count(const char *sensor)
{
	seen_count = 0;
	return yg_hub_batches_read(folder, sensor, note, NULL) == YG_OK ? seen_count : 999;
}

static void kept_by_day(void)
{
	struct yg_journal_record record = {.position = 9};
	struct yg_wire_drop drop = {.epoch = 1, .first = 4, .last = 6, .records = 30};

	CHECK(start());
	CHECK(add(1, "acme/s1", 1, NOW) == YG_OK && add(2, "acme/s2", 1, NOW) == YG_OK);
	CHECK(add(3, "acme/s1", 2, NOW + DAY) == YG_OK);
	CHECK(yg_hub_batches_commit(batches) == YG_OK);
	record.batch.sensor = YG_S("acme/s1");
	record.batch.received_ns = NOW + DAY;
	CHECK(yg_hub_batches_add(batches, &record, NULL, &drop, YG_S("")) == YG_OK);
	CHECK(yg_hub_batches_commit(batches) == YG_OK);
	CHECK(count("acme/s1") == 3 && count("acme/s2") == 1 && count("acme/s") == 0);
	CHECK(count("acme/s1") == 3);
	CHECK(seen[0].at == 1 && seen[0].has_line && seen[0].digest[5] == 1 &&
	      seen[0].line[5] == 2);
	CHECK(seen[1].sequence == 2 && !seen[1].has_line && seen[1].records == 3);
	CHECK(seen[2].is_drop && seen[2].sequence == 4 && seen[2].last == 6);
	batches = yg_hub_batches_free(batches);
}

static void given_again(void)
{
	CHECK(start());
	CHECK(add(1, "a/s", 1, NOW) == YG_OK && add(2, "a/s", 2, NOW) == YG_OK);
	CHECK(yg_hub_batches_commit(batches) == YG_OK);
	/* What was not committed is not there. */
	CHECK(add(3, "a/s", 3, NOW) == YG_OK);
	yg_hub_batches_abort(batches);
	CHECK(count("a/s") == 2);
	/* After a crash the journal gives the last ones again. */
	CHECK(reopen(100));
	for (uint64_t i = 1; i <= 3; i++)
		CHECK(add(i, "a/s", i, NOW) == YG_OK);
	CHECK(yg_hub_batches_commit(batches) == YG_OK);
	CHECK(count("a/s") == 3 && seen[2].at == 3);
	/* A journal that does not go so far is another one. */
	CHECK(reopen(2) && add(1, "a/s", 1, NOW) == YG_OK);
	CHECK(yg_hub_batches_commit(batches) == YG_OK && count("a/s") == 4);
	batches = yg_hub_batches_free(batches);
}

static void torn_end(void)
{
	char path[128];
	int fd;

	CHECK(start());
	CHECK(add(1, "a/s", 1, NOW) == YG_OK && add(2, "a/s", 2, NOW) == YG_OK);
	CHECK(yg_hub_batches_commit(batches) == YG_OK);
	(void)snprintf(path, sizeof(path), "%s/2023-11-14.jsonl", folder);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	CHECK(fd >= 0 && yg_io_write(fd, YG_S("{\"at\":3,\"received\":\"2023-11")) == YG_OK);
	(void)close(fd);
	CHECK(reopen(100) && add(3, "a/s", 3, NOW) == YG_OK);
	CHECK(yg_hub_batches_commit(batches) == YG_OK && count("a/s") == 3);
	/* A line in the middle that is none: nothing is read behind it, and that is said. */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && yg_io_write(fd, YG_S("x")) == YG_OK);
	(void)close(fd);
	CHECK(count("a/s") == 999);
	batches = yg_hub_batches_free(batches);
}

static void failing_disk(void)
{
	CHECK(start());
	CHECK(add(1, "a/s", 1, NOW) == YG_OK && yg_hub_batches_commit(batches) == YG_OK);
	for (long n = 1; n < 6; n++) {
		CHECK(add(2, "a/s", 2, NOW) == YG_OK);
		yg_fail_at = n;
		if (yg_hub_batches_commit(batches) == YG_OK) {
			yg_fail_at = 0;
			break;
		}
		yg_fail_at = 0;
	}
	CHECK(add(2, "a/s", 2, NOW) == YG_OK && yg_hub_batches_commit(batches) == YG_OK);
	CHECK(count("a/s") == 2);
	batches = yg_hub_batches_free(batches);
}

static unsigned between(const char *org, uint64_t first, uint64_t last)
{
	seen_count = 0;
	return yg_hub_batches_between(folder, org, NOW, first, last, note, NULL) == YG_OK
		       ? seen_count
		       : 999;
}

/* A day of 20,000 lines of two: each range is found, wherever it begins. */
static void a_range_is_found(void)
{
	unsigned wrong = 0;
	int rc = YG_OK;

	CHECK(start() && reopen(100000));
	for (uint64_t i = 1; rc == YG_OK && i <= 20000; i++) {
		rc = add(3 * i, i % 2 ? "acme/s1" : "acme-2/s", i, NOW + (int64_t)i);
		if (rc == YG_OK && i % 500 == 0)
			rc = yg_hub_batches_commit(batches);
	}
	CHECK(rc == YG_OK);
	for (uint64_t first = 1; first < 60000; first += 1777) {
		uint64_t odd = (first + 2) / 3; /* of the first at or behind it */

		odd += odd % 2 == 0;
		wrong += between("acme", first, 3 * odd + 17) != 3 || seen[0].at != 3 * odd ||
			 seen[0].received_ns != NOW + (int64_t)odd;
	}
	CHECK(wrong == 0);
	CHECK(between("acme", 3, 3) == 1 && between("acme", 4, 8) == 0);
	CHECK(between("none", 1, 60) == 0 && between("acme-2", 1, 12) == 2);
	CHECK(between("acme", 59998, UINT64_MAX) == 0 && between("acme-2", 59998, UINT64_MAX) == 1);
	CHECK(yg_hub_batches_between(folder, "acme", NOW - 9 * DAY, 1, 9, note, NULL) == YG_ENOENT);
	batches = yg_hub_batches_free(batches);
}

/* ---- newest first ---- */

static uint64_t places[64];
static unsigned place_count;

static int note_place(void *arg, struct yg_bytes line)
{
	uint64_t at;

	(void)arg;
	if (!yg_hub_batches_at(line, &at) || line.data[line.size - 1] != '}' || place_count == 64)
		return YG_EFORMAT;
	places[place_count++] = at;
	return YG_OK;
}

static uint64_t back(const char *org, const char *sensor, uint64_t before, uint32_t limit)
{
	const struct yg_hub_batches_back ask = {
		.org = org, .sensor = sensor, .before = before, .limit = limit, .fn = note_place};
	uint64_t next = 0;

	place_count = 0;
	return yg_hub_batches_back(folder, &ask, &next) == YG_OK ? next : 999999;
}

/* Over four days: two of three of s1, the others of s2 and of another organisation in turn. */
static int add_days(uint64_t last)
{
	int rc = YG_OK;

	for (uint64_t i = 1; rc == YG_OK && i <= last; i++) {
		rc = add(i,
			 i % 3	 ? "acme/s1"
			 : i % 2 ? "acme/s2"
				 : "acme-2/s1",
			 i, NOW + (int64_t)(i / 1000) * DAY);
		if (rc == YG_OK && i % 500 == 0)
			rc = yg_hub_batches_commit(batches);
	}
	return rc;
}

/* A line that is just being written is not there yet. */
static void add_half_a_line(void)
{
	char path[600];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/2023-11-17.jsonl", folder);
	fd = open(path, O_WRONLY | O_APPEND);
	CHECK(fd >= 0 && yg_io_write(fd, YG_S("{\"at\":3001,\"rec")) == YG_OK);
	(void)close(fd);
}

/* Over days and over pieces of a file each comes once, in order, whatever the page's size. */
static void newest_first(void)
{
	uint64_t before = 0, wanted = 3000;

	CHECK(start() && reopen(100000));
	CHECK(back("acme", "", 0, 5) == 0 && place_count == 0);
	CHECK(add_days(wanted) == YG_OK);
	add_half_a_line();
	do {
		before = back("acme", "", before, 7);
		for (unsigned i = 0; i < place_count; i++) {
			while (wanted % 6 == 0)
				wanted--;
			CHECK(places[i] == wanted--);
		}
		CHECK(before == 0 || place_count == 7);
	} while (before > 0 && before < 999999);
	CHECK(before == 0 && wanted == 0);
	CHECK(back("acme", "s2", 0, 3) == 2985 && place_count == 3 && places[0] == 2997);
	CHECK(back("acme-2", "", 13, 9) == 0 && place_count == 2 && places[0] == 12);
	CHECK(back("acme", "s", 0, 9) == 0 && back("acm", "", 0, 9) == 0 && place_count == 0);
	batches = yg_hub_batches_free(batches);
}

static void kinds(void)
{
	struct yg_buf text;

	yg_buf_init(&text, 4096);
	yg_hub_batches_kinds(YG_S("{\"v\":1,\"format\":\"syslog\",\"x\":1}\n"
				  "{\"v\":1,\"format\":\"apache-access\"}\nno record\n"
				  "{\"v\":1,\"format\":\"syslog\"}\n"),
			     &text);
	CHECK_TEXT(yg_buf_bytes(&text),
		   ",\"kinds\":{\"other\":1,\"syslog\":2,\"apache-access\":1}");
	yg_buf_reset(&text);
	yg_hub_batches_kinds(YG_S(""), &text);
	CHECK_TEXT(yg_buf_bytes(&text), ",\"kinds\":{}");
	yg_buf_done(&text);
}

/* What a sensor calls its records does not make a line that cannot be read again. */
static void kinds_of_bad_names(void)
{
	static const char nul[] = "{\"v\":1,\"format\":\"a\0b\",\"x\":1}\n";
	struct yg_journal_record record = {.position = 2};
	struct yg_wire_batch batch = {.epoch = 1, .sequence = 2, .count = 8};
	struct yg_buf content, text;

	yg_buf_init(&content, 4096);
	yg_buf_init(&text, 4096);
	yg_buf_add(&content, (struct yg_bytes){(const uint8_t *)nul, sizeof(nul) - 1});
	for (char last = 'a'; last < 'h'; last++) {
		yg_buf_add_str(&content, "{\"v\":1,\"format\":\"");
		for (unsigned i = 0; i < 38; i++)
			yg_buf_add_byte(&content, 1);
		yg_buf_addf(&content, "%c\"}\n", last);
	}
	yg_hub_batches_kinds(yg_buf_bytes(&content), &text);
	CHECK_TEXT(yg_buf_bytes(&text), ",\"kinds\":{\"other\":8}");
	CHECK(start());
	CHECK(add(1, "acme/s1", 1, NOW) == YG_OK);
	record.batch.sensor = YG_S("beta/s1");
	record.batch.received_ns = NOW;
	CHECK(yg_hub_batches_add(batches, &record, &batch, NULL, yg_buf_bytes(&text)) == YG_OK);
	CHECK(add(3, "acme/s1", 3, NOW) == YG_OK);
	CHECK(yg_hub_batches_commit(batches) == YG_OK && reopen(100));
	CHECK(count("acme/s1") == 2 && count("beta/s1") == 1);
	batches = yg_hub_batches_free(batches);
	yg_buf_done(&content);
	yg_buf_done(&text);
}

/* Days that are over go, the newest never; before which is on the disk, and only goes up. */
static void expired(void)
{
	int64_t before;
	uint64_t files;

	CHECK(start());
	CHECK(yg_hub_batches_expired(folder, &before) == YG_OK && before == INT64_MIN);
	CHECK(yg_hub_batches_expire(folder, NOW, &files) == YG_OK && files == 0);
	for (unsigned i = 0; i < 4; i++) {
		CHECK(add(i + 1, "a/s", i + 1, NOW + (int64_t)i * DAY) == YG_OK);
		CHECK(yg_hub_batches_commit(batches) == YG_OK);
	}
	/* Of the second day one nanosecond is wanted. */
	CHECK(yg_hub_batches_expire(folder, (NOW / DAY + 2) * DAY - 1, &files) == YG_OK);
	CHECK(files == 1 && count("a/s") == 3 && seen[0].at == 2);
	CHECK(yg_hub_batches_expired(folder, &before) == YG_OK);
	CHECK(before == (NOW / DAY + 1) * DAY);
	CHECK(yg_hub_batches_expire(folder, NOW + 400 * DAY, &files) == YG_OK && files == 2);
	CHECK(count("a/s") == 1 && seen[0].at == 4);
	CHECK(yg_hub_batches_expired(folder, &before) == YG_OK);
	CHECK(before == (NOW / DAY + 3) * DAY);
	CHECK(yg_hub_batches_expire(folder, NOW, &files) == YG_OK && files == 0);
	CHECK(yg_hub_batches_expired(folder, &before) == YG_OK);
	CHECK(before == (NOW / DAY + 3) * DAY);
	/* It goes on where it was. */
	CHECK(reopen(100) && add(4, "a/s", 4, NOW + 3 * DAY) == YG_OK);
	CHECK(add(5, "a/s", 5, NOW + 5 * DAY) == YG_OK);
	CHECK(yg_hub_batches_commit(batches) == YG_OK && count("a/s") == 2);
	batches = yg_hub_batches_free(batches);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(kept_by_day),  CASE(given_again),	      CASE(torn_end),
		CASE(failing_disk), CASE(a_range_is_found),   CASE(newest_first),
		CASE(kinds),	    CASE(kinds_of_bad_names), CASE(expired),
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
