/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/spool.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "wire/message.h"

#include "base/ban.h"

#define NOW (INT64_C(1700000000) * YG_NS_PER_S)

static char folder[64];
static struct yg_spool *spool;
static struct yg_buf out;
static struct yg_spool_item item;

static bool reopen(uint64_t bytes_max)
{
	const char *reason;

	spool = yg_spool_free(spool);
	return yg_spool_open(folder, bytes_max, &spool, &reason) == YG_OK;
}

static bool start(uint64_t bytes_max)
{
	spool = yg_spool_free(spool);
	yg_buf_done(&out);
	yg_buf_init(&out, 8u << 20);
	(void)snprintf(folder, sizeof(folder), "%s/spool-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(folder) && reopen(bytes_max);
}

/* A batch of one record whose text says @number, padded with what does not pack. */
static int commit(uint64_t number, size_t padding)
{
	struct yg_wire_batch batch = {.first_ns = NOW + (int64_t)number,
				      .last_ns = NOW + (int64_t)number};
	char checkpoint[64];
	struct yg_buf content;
	struct yg_buf packed;
	uint8_t noise[64];
	char hex[129];
	int rc;

	yg_buf_init(&content, 1u << 20);
	yg_buf_init(&packed, 2u << 20);
	yg_buf_addf(&content, "{\"v\":1,\"n\":%llu,\"raw\":\"", (unsigned long long)number);
	for (size_t i = 0; i < padding; i += 128) {
		yg_random(noise, sizeof(noise));
		yg_hex((struct yg_bytes){noise, sizeof(noise)}, hex);
		yg_buf_add_str(&content, hex);
	}
	yg_buf_add_str(&content, "\"}\n");
	(void)snprintf(checkpoint, sizeof(checkpoint), "{\"at\":%llu}", (unsigned long long)number);
	rc = yg_wire_pack(yg_buf_bytes(&content), &batch, &packed);
	if (rc == YG_OK)
		rc = yg_spool_commit(spool, &batch, yg_buf_bytes(&packed), yg_bytes_str(checkpoint),
				     NOW);
	yg_buf_done(&content);
	yg_buf_done(&packed);
	return rc;
}

/* What is to be sent next: "B epoch/sequence n", "D epoch/first-last records" or "-". */
static const char *next(void)
{
	static char text[512];
	struct yg_wire_fault fault;
	struct yg_wire_batch batch;
	struct yg_wire_drop drop;
	struct yg_buf content;
	unsigned long long n = 0;

	(void)snprintf(text, sizeof(text), "-");
	if (yg_spool_next(spool, "s-1", NOW, &item, &out) != YG_OK)
		return "error";
	if (item.kind == YG_SPOOL_DROP &&
	    yg_wire_drop_read(yg_buf_bytes(&out), &drop, &fault) == YG_OK)
		(void)snprintf(text, sizeof(text), "D %llu/%llu-%llu %llu %s",
			       (unsigned long long)drop.epoch, (unsigned long long)drop.first,
			       (unsigned long long)drop.last, (unsigned long long)drop.records,
			       drop.reason);
	if (item.kind != YG_SPOOL_BATCH)
		return text;
	yg_buf_init(&content, YG_WIRE_CONTENT_MAX);
	if (yg_wire_batch_read(yg_buf_bytes(&out), &batch, &fault) == YG_OK &&
	    yg_wire_batch_unpack(&batch, &content, &fault) == YG_OK &&
	    strcmp(batch.sensor, "s-1") == 0) {
		yg_buf_add_byte(&content, 0);
		(void)sscanf((const char *)content.data, "{\"v\":1,\"n\":%llu", &n);
	}
	yg_buf_done(&content);
	(void)snprintf(text, sizeof(text), "B %llu/%llu n=%llu", (unsigned long long)batch.epoch,
		       (unsigned long long)batch.sequence, n);
	return text;
}

#define CHECK_NEXT(wanted)                                                                         \
	do {                                                                                       \
		const char *check_got = next();                                                    \
		if (strcmp(check_got, wanted) != 0)                                                \
			fprintf(stderr, "\"%s\" is not \"%s\"\n", check_got, wanted);              \
		CHECK(strcmp(check_got, wanted) == 0);                                             \
	} while (0)

static int ack(void)
{
	return yg_spool_ack(spool, &item);
}

static void in_order_and_remembered(void)
{
	CHECK(start(YG_SPOOL_BYTES_DEFAULT));
	CHECK_NEXT("-");
	CHECK(yg_spool_checkpoint(spool).size == 0);
	CHECK(commit(1, 0) == YG_OK && commit(2, 0) == YG_OK && commit(3, 0) == YG_OK);
	CHECK_NEXT("B 1/1 n=1");
	CHECK_NEXT("B 1/1 n=1");
	CHECK(ack() == YG_OK);
	CHECK_NEXT("B 1/2 n=2");
	CHECK(reopen(YG_SPOOL_BYTES_DEFAULT));
	CHECK_TEXT(yg_spool_checkpoint(spool), "{\"at\":3}");
	CHECK_NEXT("B 1/2 n=2");
	CHECK(ack() == YG_OK);
	CHECK_NEXT("B 1/3 n=3");
	CHECK(ack() == YG_OK);
	CHECK_NEXT("-");
	CHECK(commit(4, 0) == YG_OK);
	CHECK_NEXT("B 1/4 n=4");
	CHECK(yg_spool_state(spool).last == 4 && yg_spool_state(spool).acked == 3);
}

/* The last segment cut anywhere: all that was committed before the cut is there. */
static void torn_anywhere(void)
{
	struct stat st;
	uint64_t ends[4];
	char path[128];
	uint8_t *whole = NULL;
	size_t size = 0;

	CHECK(start(YG_SPOOL_BYTES_DEFAULT));
	(void)snprintf(path, sizeof(path), "%s/0000000000000001.seg", folder);
	for (unsigned i = 0; i < 4; i++) {
		CHECK(i == 0 || commit(i, 0) == YG_OK);
		CHECK(stat(path, &st) == 0);
		ends[i] = (uint64_t)st.st_size;
	}
	spool = yg_spool_free(spool);
	CHECK(yg_io_read_file(path, 1u << 20, &whole, &size) == YG_OK && size == ends[3]);
	for (size_t cut = 0; cut <= size; cut++) {
		unsigned kept = 0;

		/* Around the ends each byte, else some: every one of them is a few syncs. */
		if (cut % 17 != 0 && cut + 1 != ends[0] && cut != ends[0] && cut + 1 != ends[1] &&
		    cut != ends[1] && cut + 1 != ends[3] && cut != ends[3])
			continue;

		CHECK(yg_io_replace(path, (struct yg_bytes){whole, cut}, 0600) == YG_OK);
		CHECK(reopen(YG_SPOOL_BYTES_DEFAULT));
		while (kept < 3 && cut >= ends[kept + 1])
			kept++;
		CHECK(yg_spool_state(spool).last == kept);
		CHECK(commit(kept + 1, 0) == YG_OK);
		CHECK(yg_spool_state(spool).last == kept + 1);
		spool = yg_spool_free(spool);
	}
	free(whole);
}

/* A byte of it wrong, anywhere: never an entry that was not written. */
static void damaged_anywhere(void)
{
	char path[128];
	uint8_t *whole = NULL;
	size_t size = 0;

	CHECK(start(YG_SPOOL_BYTES_DEFAULT));
	(void)snprintf(path, sizeof(path), "%s/0000000000000001.seg", folder);
	CHECK(commit(1, 0) == YG_OK && commit(2, 0) == YG_OK);
	spool = yg_spool_free(spool);
	CHECK(yg_io_read_file(path, 1u << 20, &whole, &size) == YG_OK);
	for (size_t i = 0; i < size; i += i < 64 ? 1 : 7) {
		whole[i] ^= 0x5a;
		CHECK(yg_io_replace(path, (struct yg_bytes){whole, size}, 0600) == YG_OK);
		CHECK(reopen(YG_SPOOL_BYTES_DEFAULT));
		for (uint64_t n = 1; n <= yg_spool_state(spool).last; n++) {
			char wanted[64];

			(void)snprintf(wanted, sizeof(wanted), "B 1/%llu n=%llu",
				       (unsigned long long)n, (unsigned long long)n);
			CHECK_NEXT(wanted);
			CHECK(ack() == YG_OK);
		}
		whole[i] ^= 0x5a;
	}
	free(whole);
}

static size_t segments(void)
{
	char pattern[128];
	size_t count = 0;
	glob_t found;

	(void)snprintf(pattern, sizeof(pattern), "%s/*.seg", folder);
	if (glob(pattern, 0, NULL, &found) == 0) {
		count = found.gl_pathc;
		globfree(&found);
	}
	return count;
}

/* More than fits: what is dropped and what is there are exactly all. */
static void bounded(void)
{
	unsigned long long first = 0;
	unsigned long long last = 0;
	unsigned long long records = 0;
	const char *text;

	CHECK(start(YG_SPOOL_BYTES_MIN));
	CHECK(commit(1, 0) == YG_OK);
	CHECK_NEXT("B 1/1 n=1");
	CHECK(ack() == YG_OK);
	for (uint64_t n = 2; n <= 400; n++)
		CHECK(commit(n, 1000) == YG_OK);
	CHECK(yg_spool_state(spool).bytes <= YG_SPOOL_BYTES_MIN);
	CHECK(segments() > 3);
	for (unsigned round = 0; round < 2; round++) {
		text = next();
		CHECK(sscanf(text, "D 1/%llu-%llu %llu", &first, &last, &records) == 3);
		CHECK(first == 2 && records == last - 1);
		CHECK(yg_spool_state(spool).dropped == records);
		CHECK(reopen(YG_SPOOL_BYTES_MIN)); /* said again, the same */
	}
	text = next();
	CHECK(text[0] == 'D' && ack() == YG_OK);
	for (uint64_t n = last + 1; n <= 400; n++) {
		char wanted[64];

		(void)snprintf(wanted, sizeof(wanted), "B 1/%llu n=%llu", (unsigned long long)n,
			       (unsigned long long)n);
		CHECK_NEXT(wanted);
		CHECK(ack() == YG_OK);
	}
	CHECK_NEXT("-");
}

/* A batch that is dropped while it travels, and arrives after all, was not lost. */
static void dropped_in_flight(void)
{
	unsigned long long first;
	unsigned long long last;
	unsigned long long records;

	CHECK(start(YG_SPOOL_BYTES_MIN));
	CHECK(commit(1, 1000) == YG_OK);
	CHECK_NEXT("B 1/1 n=1");
	struct yg_spool_item travelling = item;
	for (uint64_t n = 2; n <= 300; n++)
		CHECK(commit(n, 1000) == YG_OK);
	CHECK(yg_spool_ack(spool, &travelling) == YG_OK);
	CHECK(sscanf(next(), "D 1/%llu-%llu %llu", &first, &last, &records) == 3);
	CHECK(first == 2 && records == last - 1);
	/* And a drop record that grows while it travels. */
	travelling = item;
	for (uint64_t n = 301; n <= 500; n++)
		CHECK(commit(n, 1000) == YG_OK);
	CHECK(yg_spool_ack(spool, &travelling) == YG_OK);
	unsigned long long before = last;
	CHECK(sscanf(next(), "D 1/%llu-%llu %llu", &first, &last, &records) == 3);
	CHECK(first == before + 1 && records == last - before);
}

static void asked_again(void)
{
	CHECK(start(YG_SPOOL_BYTES_DEFAULT));
	for (uint64_t n = 1; n <= 5; n++)
		CHECK(commit(n, 0) == YG_OK);
	for (unsigned i = 0; i < 5; i++) {
		(void)next();
		CHECK(ack() == YG_OK);
	}
	CHECK_NEXT("-");
	CHECK(yg_spool_rewind(spool, 1, 6, NOW) == YG_ENOENT);
	CHECK(yg_spool_rewind(spool, 2, 1, NOW) == YG_ENOENT);
	CHECK(yg_spool_rewind(spool, 1, 3, NOW) == YG_OK);
	CHECK_NEXT("B 1/3 n=3");
	CHECK(reopen(YG_SPOOL_BYTES_DEFAULT));
	CHECK_NEXT("B 1/3 n=3");
}

static void another_epoch(void)
{
	CHECK(start(YG_SPOOL_BYTES_DEFAULT));
	for (uint64_t n = 1; n <= 3; n++)
		CHECK(commit(n, 0) == YG_OK);
	CHECK_NEXT("B 1/1 n=1");
	CHECK(ack() == YG_OK);
	CHECK(yg_spool_new_epoch(spool, 1, NOW) == YG_EINVAL);
	CHECK(yg_spool_new_epoch(spool, 4, NOW) == YG_OK);
	CHECK_NEXT("B 4/1 n=2");
	CHECK(reopen(YG_SPOOL_BYTES_DEFAULT));
	CHECK_NEXT("B 4/1 n=2");
	CHECK(ack() == YG_OK);
	CHECK_NEXT("B 4/2 n=3");
	CHECK(ack() == YG_OK);
	CHECK(yg_spool_state(spool).epoch == 4 && yg_spool_state(spool).acked == 2);
	CHECK(yg_spool_rewind(spool, 1, 2, NOW) == YG_ENOENT);
	CHECK(yg_spool_rewind(spool, 1, 1, NOW) == YG_OK);
	CHECK_NEXT("B 1/1 n=1");
	CHECK(ack() == YG_OK);
	CHECK_NEXT("B 4/1 n=2");
}

static void given_up(void)
{
	CHECK(start(YG_SPOOL_BYTES_DEFAULT));
	for (uint64_t n = 1; n <= 3; n++)
		CHECK(commit(n, 0) == YG_OK);
	CHECK_NEXT("B 1/1 n=1");
	CHECK(yg_spool_give_up(spool, &item, "bad-record", NOW) == YG_OK);
	CHECK_NEXT("D 1/1-1 1 bad-record");
	CHECK(ack() == YG_OK);
	CHECK_NEXT("B 1/2 n=2");
}

/* Acknowledged batches stay a day, and what is older goes; asking for it gives a drop record. */
static void tidied(void)
{
	CHECK(start(YG_SPOOL_BYTES_MIN * 3));
	for (uint64_t n = 1; n <= 300; n++)
		CHECK(commit(n, 1000) == YG_OK);
	for (unsigned i = 0; i < 300; i++) {
		(void)next();
		CHECK(ack() == YG_OK);
	}
	size_t before = segments();
	CHECK(before > 2);
	int64_t now = yg_clock_system().now_ns(NULL);
	yg_spool_tidy(spool, now);
	CHECK(segments() == before);
	yg_spool_tidy(spool, now + (YG_SPOOL_KEEP_S + 60) * YG_NS_PER_S);
	CHECK(segments() == 1);
	CHECK(yg_spool_rewind(spool, 1, 1, NOW) == YG_OK);
	unsigned long long last;
	CHECK(sscanf(next(), "D 1/1-%llu 0 not-kept", &last) == 1);
	CHECK(ack() == YG_OK);
	char wanted[64];
	(void)snprintf(wanted, sizeof(wanted), "B 1/%llu n=%llu", last + 1, last + 1);
	CHECK_NEXT(wanted);
}

static int place(uint64_t number, size_t padding)
{
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, 1u << 20);
	yg_buf_addf(&text, "{\"at\":%llu,\"pad\":\"", (unsigned long long)number);
	for (size_t i = 0; i < padding; i++)
		yg_buf_add_byte(&text, 'x');
	yg_buf_add_str(&text, "\"}");
	rc = yg_spool_commit_place(spool, yg_buf_bytes(&text));
	yg_buf_done(&text);
	return rc;
}

/* Where reading stands, without a batch: remembered; it changes no number, and takes no room for
 * good. */
static void places_alone(void)
{
	CHECK(start(YG_SPOOL_BYTES_MIN * 3));
	CHECK(commit(1, 0) == YG_OK && place(7, 0) == YG_OK);
	CHECK(reopen(YG_SPOOL_BYTES_MIN * 3));
	CHECK_TEXT(yg_spool_checkpoint(spool), "{\"at\":7,\"pad\":\"\"}");
	CHECK(yg_spool_state(spool).last == 1);
	CHECK_NEXT("B 1/1 n=1");
	CHECK(commit(2, 0) == YG_OK);
	CHECK_TEXT(yg_spool_checkpoint(spool), "{\"at\":2}");
	CHECK(ack() == YG_OK);
	for (uint64_t n = 0; n < 2000; n++)
		CHECK(place(n, 1000) == YG_OK);
	CHECK_NEXT("B 1/2 n=2");
	CHECK(ack() == YG_OK);
	yg_spool_tidy(spool, yg_clock_system().now_ns(NULL) + (YG_SPOOL_KEEP_S + 60) * YG_NS_PER_S);
	CHECK(segments() == 1);
	CHECK(commit(3, 0) == YG_OK && reopen(YG_SPOOL_BYTES_MIN * 3));
	CHECK_NEXT("B 1/3 n=3");
}

static void one_process(void)
{
	struct yg_spool *second = NULL;
	const char *reason;

	CHECK(start(YG_SPOOL_BYTES_DEFAULT));
	CHECK(yg_spool_open(folder, YG_SPOOL_BYTES_DEFAULT, &second, &reason) == YG_EAGAIN);
	CHECK(!second);
}

/* Each call of base/ fails once: an error and nothing of the batch, or the whole batch. */
static void failing_calls(void)
{
	uint64_t last = 0;
	long n = 0;
	int rc;

	CHECK(start(YG_SPOOL_BYTES_DEFAULT));
	do {
		yg_fail_at = ++n;
		rc = commit(last + 1, 0);
		bool was_reached = yg_fail_at == 0;
		yg_fail_at = 0;
		if (rc == YG_OK)
			last++;
		CHECK(reopen(YG_SPOOL_BYTES_DEFAULT));
		CHECK(yg_spool_state(spool).last == last);
		if (!was_reached)
			break;
	} while (n < 1000);
	CHECK(n > 3 && rc == YG_OK);
	CHECK_NEXT("B 1/1 n=1");
	spool = yg_spool_free(spool);
	yg_buf_done(&out);
}

static const struct check_case cases[] = {
	CASE(in_order_and_remembered),
	CASE(torn_anywhere),
	CASE(damaged_anywhere),
	CASE(bounded),
	CASE(dropped_in_flight),
	CASE(asked_again),
	CASE(another_epoch),
	CASE(given_up),
	CASE(tidied),
	CASE(places_alone),
	CASE(one_process),
	CASE(failing_calls),
};
CHECK_MAIN(cases)
