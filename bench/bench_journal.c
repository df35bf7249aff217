/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appends and their latency: bench_journal FOLDER [WRITERS] [SECONDS] [BODY_BYTES]
 *
 * WRITERS threads append batches and wait for each (group commit as in the hub, not urgent), one
 * consumer reads along and commits its cursor to a file. Once on the disk as it is and once with
 * 10 ms added to every sync; each for group_ms 0 and 50. By hand; not part of bench/run.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypt.h"
#include "base/disk.h"
#include "journal/consumer.h"

#define WRITERS_MAX   256u
#define LATENCIES_MAX 1000000u

static int slow_sync(void *arg, int fd)
{
	struct timespec ten_ms = {.tv_nsec = 10 * 1000000};

	(void)nanosleep(&ten_ms, NULL);
	return yg_disk_real()->sync(arg, fd);
}

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * YG_NS_PER_S + t.tv_nsec;
}

static struct {
	struct yg_journal *journal;
	int64_t end_ns;
	size_t body_size;
	int is_ending;
	uint64_t consumed;
	uint32_t *latencies_us;
	uint64_t count;
} bench;

static void *write_all(void *arg)
{
	char sensor[24];
	uint8_t *body = calloc(1, bench.body_size + 1);
	struct yg_journal_batch b = {.kind = YG_JOURNAL_BATCH, .epoch = 1};

	(void)snprintf(sensor, sizeof(sensor), "sensor-%u", *(unsigned *)arg);
	b.sensor = yg_bytes_str(sensor);
	b.body = (struct yg_bytes){body, bench.body_size};
	for (b.sequence = 1; now_ns() < bench.end_ns; b.sequence++) {
		struct yg_journal_result result;
		int64_t start = now_ns();
		uint64_t at;

		memcpy(b.digest, &b.sequence, sizeof(b.sequence));
		if (yg_journal_append(bench.journal, &b, &result) != YG_OK ||
		    yg_journal_wait(bench.journal, result.position, false) != YG_OK) {
			fprintf(stderr, "an append failed\n");
			break;
		}
		at = __atomic_fetch_add(&bench.count, 1, __ATOMIC_RELAXED);
		if (at < LATENCIES_MAX)
			bench.latencies_us[at] = (uint32_t)((now_ns() - start) / 1000);
	}
	free(body);
	return NULL;
}

static int load(void *arg, uint64_t *ret_cursor)
{
	return yg_journal_cursor_load(arg, "bench", ret_cursor);
}

static int begin(void *arg)
{
	(void)arg;
	return YG_OK;
}

static int take(void *arg, const struct yg_journal_record *record)
{
	(void)arg;
	(void)record;
	bench.consumed++;
	return YG_OK;
}

static int commit(void *arg, uint64_t cursor)
{
	return yg_journal_cursor_save(arg, "bench", cursor);
}

static void abort_it(void *arg)
{
	(void)arg;
}

static void *consume(void *arg)
{
	static const struct yg_consumer_ops ops = {load, begin, take, commit, abort_it};
	struct yg_consumer_options options = {.name = "bench", .ops = &ops, .arg = bench.journal};
	struct yg_consumer *c;
	int rc = yg_consumer_new(bench.journal, &options, &c);

	(void)arg;
	while (rc == YG_OK) {
		int is_last = __atomic_load_n(&bench.is_ending, __ATOMIC_ACQUIRE);

		rc = yg_consumer_step(c);
		if (rc == YG_EAGAIN && is_last)
			break;
		if (rc == YG_EAGAIN) {
			(void)!yg_consumer_wait(c, 50);
			rc = YG_OK;
		}
	}
	(void)yg_consumer_free(c);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void run(const char *folder, unsigned writers, unsigned seconds, uint32_t group_ms)
{
	static const char *const names[] = {"bench"};
	struct yg_journal_options options = {
		.folder = folder, .consumers = names, .consumer_count = 1, .group_ms = group_ms};
	struct yg_journal_report report;
	struct yg_journal_stats stats;
	pthread_t threads[WRITERS_MAX], consumer;
	unsigned numbers[WRITERS_MAX];
	static unsigned row;
	uint64_t n;

	if (yg_journal_open(&options, &bench.journal, &report) != YG_OK) {
		fprintf(stderr, "%s\n", report.text);
		exit(1);
	}
	bench.count = bench.consumed = 0;
	bench.is_ending = 0;
	bench.end_ns = now_ns() + (int64_t)seconds * YG_NS_PER_S;
	(void)pthread_create(&consumer, NULL, consume, NULL);
	for (unsigned i = 0; i < writers; i++) {
		numbers[i] = row * WRITERS_MAX + i; /* sequences begin at 1 in each run */
		(void)pthread_create(&threads[i], NULL, write_all, &numbers[i]);
	}
	for (unsigned i = 0; i < writers; i++)
		(void)pthread_join(threads[i], NULL);
	__atomic_store_n(&bench.is_ending, 1, __ATOMIC_RELEASE);
	(void)pthread_join(consumer, NULL);
	row++;
	yg_journal_stats(bench.journal, &stats);
	bench.journal = yg_journal_free(bench.journal);
	n = bench.count < LATENCIES_MAX ? bench.count : LATENCIES_MAX;
	qsort(bench.latencies_us, n, sizeof(*bench.latencies_us), by_size);
	printf("  group %2u ms: %8.0f appends/s, %6.1f syncs/s, latency p50 %.1f ms, p99 %.1f ms, "
	       "max %.1f ms; consumed %llu of %llu\n",
	       group_ms, (double)bench.count / seconds, (double)stats.syncs / seconds,
	       n ? bench.latencies_us[n / 2] / 1000.0 : 0,
	       n ? bench.latencies_us[n * 99 / 100] / 1000.0 : 0,
	       n ? bench.latencies_us[n - 1] / 1000.0 : 0, (unsigned long long)bench.consumed,
	       (unsigned long long)bench.count);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	struct yg_disk_ops slow = *yg_disk_real();
	unsigned writers = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 64;
	unsigned seconds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 5;

	bench.body_size = argc > 4 ? strtoul(argv[4], NULL, 10) : 4096;
	bench.latencies_us = calloc(LATENCIES_MAX, sizeof(*bench.latencies_us));
	if (argc < 2 || writers < 1 || writers > WRITERS_MAX || !bench.latencies_us) {
		fprintf(stderr, "bench_journal FOLDER [WRITERS] [SECONDS] [BODY_BYTES]\n");
		return 2;
	}
	slow.sync = slow_sync;
	printf("%u writers, bodies of %zu bytes\nas the disk is\n", writers, bench.body_size);
	run(argv[1], writers, seconds, 0);
	run(argv[1], writers, seconds, 50);
	yg_disk_use(&slow, NULL);
	printf("with 10 ms added to every sync\n");
	run(argv[1], writers, seconds, 0);
	run(argv[1], writers, seconds, 50);
	free(bench.latencies_us);
	return 0;
}
