/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/bench_detect.c - what parsing and matching cost, one thread.
 *
 * bench_detect RULES_FOLDER ROUNDS LOG...
 *
 * Prints compile and open times, the image's size, then for each round events per second of
 * parsing, of matching, and of both. Logs are read into memory first. Rounds are spread by the
 * caller; the best and the median count (docs/ARCHITECTURE.md, Budgets).
 */
#define _GNU_SOURCE /* nftw */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/io.h"
#include "detect/engine.h"
#include "parse/format.h"
#include "parse/frame.h"

#define BATCH	    256u
#define ARENA_MAX   (1u << 30)
#define LOG_MAX	    (1u << 30)
#define RECORDS_MAX 20000000u

static struct yg_rules *rules;
static struct yg_bytes *records;
static uint32_t record_count, record_room;
static int64_t rule_step = 1; /* take every nth rule file */
static int64_t rule_number;

static void report(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	(void)arg;
	fprintf(stderr, "%s:%u: %s: %s\n", file, line, is_refused ? "refused" : "inactive", reason);
}

/* Time of this thread only: other work on the machine shall not count. */
static double cpu_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double process_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int visit(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	const struct yg_rules_opts opts = {.include_deprecated = false};
	size_t length = strlen(path);
	uint8_t *text;
	size_t size;
	int rc;

	(void)info;
	(void)ftw;
	if (kind != FTW_F || length < 4 || strcmp(path + length - 4, ".yml") != 0)
		return 0;
	if (rule_number++ % rule_step != 0)
		return 0;
	rc = yg_io_read_file(path, YG_RULE_FILE_MAX, &text, &size);
	if (rc == YG_OK) {
		rc = yg_rules_add(rules, path, (struct yg_bytes){text, size}, &opts, report, NULL);
		free(text);
	}
	return rc == YG_OK ? 0 : 1;
}

static bool add_record(struct yg_bytes record)
{
	if (record_count == record_room) {
		uint32_t room = record_room ? record_room * 2 : 65536;
		struct yg_bytes *more = yg_reallocarray(records, room, sizeof(*more));

		if (!more || room > RECORDS_MAX)
			return false;
		records = more;
		record_room = room;
	}
	records[record_count++] = record;
	return true;
}

/* Records of a log; its bytes stay, with padding behind them. */
static bool read_log(const char *path)
{
	struct yg_framer framer = {0};
	struct yg_frame frame;
	struct yg_bytes rest;
	uint8_t *text, *padded;
	size_t size;

	if (yg_io_read_file(path, LOG_MAX, &text, &size) != YG_OK)
		return false;
	padded = yg_reallocarray(text, size + YG_PARSE_PADDING, 1);
	if (!padded)
		return false;
	memset(padded + size, 0, YG_PARSE_PADDING);
	rest = (struct yg_bytes){padded, size};
	framer.framing = yg_frame_recognise(yg_bytes_cut(rest, 0, 65536), size < 65536);
	while (yg_frame_next(&framer, rest, true, &frame) == YG_OK) {
		if (!frame.is_skipped && frame.record.size && !add_record(frame.record))
			return false;
		rest = yg_bytes_from(rest, frame.consumed);
	}
	return true;
}

struct bench {
	struct yg_engine *engine;
	struct yg_scratch *scratch;
	struct yg_parser *parser;
	struct yg_arena *arena;
	enum yg_format format;
	double parse_s, match_s;
	uint64_t events, hits;
};

static int run_batch(struct bench *b, uint32_t first, uint32_t count)
{
	static struct yg_event events[BATCH];
	uint32_t parsed = 0;
	double start = cpu_s(), middle;

	yg_arena_reset(b->arena);
	for (uint32_t i = 0; i < count; i++) {
		struct yg_fault fault;

		if (yg_parse_any(b->parser, b->format, records[first + i], b->arena,
				 &events[parsed], &fault) == YG_OK)
			parsed++;
	}
	middle = cpu_s();
	for (uint32_t i = 0; i < parsed; i++) {
		struct yg_hits hits;
		int rc = yg_engine_match(b->engine, b->scratch, &events[i], &hits);

		if (rc != YG_OK)
			return rc;
		b->hits += hits.count;
	}
	b->parse_s += middle - start;
	b->match_s += cpu_s() - middle;
	b->events += parsed;
	return YG_OK;
}

static int run(struct bench *b, int rounds)
{
	double best_parse = 1e9, best_match = 1e9, candidates = 0;

	for (int r = 0; r < rounds; r++) {
		uint64_t before = yg_scratch_candidates(b->scratch);

		b->events = b->hits = 0;
		b->parse_s = b->match_s = 0;
		for (uint32_t i = 0; i < record_count; i += BATCH) {
			uint32_t count = record_count - i < BATCH ? record_count - i : BATCH;
			int rc = run_batch(b, i, count);

			if (rc != YG_OK)
				return rc;
		}
		if (b->events == 0)
			return YG_EFORMAT;
		candidates =
			(double)(yg_scratch_candidates(b->scratch) - before) / (double)b->events;
		best_parse = b->parse_s < best_parse ? b->parse_s : best_parse;
		best_match = b->match_s < best_match ? b->match_s : best_match;
	}
	printf("%u records, %llu hits, %.2f candidates an event; best of %d, events/s of one "
	       "thread: parse %.0f, match %.0f, both %.0f\n",
	       record_count, (unsigned long long)b->hits, candidates, rounds,
	       (double)b->events / best_parse, (double)b->events / best_match,
	       (double)b->events / (best_parse + best_match));
	return YG_OK;
}

static int make_engine(struct bench *b, const char *folder)
{
	static const uint8_t key[YG_DIGEST_BYTES] = "bench";
	struct yg_fault fault;
	struct yg_buf image;
	void *aligned;
	double t0 = now_s(), t1, t2, t3, cpu;
	int rc;

	rules = yg_rules_new();
	if (!rules || nftw(folder, visit, 16, FTW_PHYS) != 0)
		return YG_EIO;
	rc = yg_rules_finish(rules, report, NULL);
	t1 = now_s();
	cpu = process_s();
	yg_buf_init(&image, YG_IMAGE_BYTES_MAX);
	if (rc == YG_OK)
		rc = yg_image_compile(rules, key, &image, &fault);
	t2 = now_s();
	cpu = process_s() - cpu;
	if (rc != YG_OK || posix_memalign(&aligned, 64, image.size) != 0)
		return rc != YG_OK ? rc : YG_ENOMEM;
	memcpy(aligned, image.data, image.size);
	t3 = now_s();
	rc = yg_engine_open((struct yg_bytes){aligned, image.size}, key, &b->engine, &fault);
	printf("%u rules: load %.3f s, compile %.3f s (%.3f s of CPU), image %zu bytes, open %.3f "
	       "s: %s\n",
	       rules->rule_count, t1 - t0, t2 - t1, cpu, image.size, now_s() - t3, yg_err_text(rc));
	return rc;
}

int main(int argc, char **argv)
{
	struct yg_parse_opts opts = {0};
	struct bench b = {.format = YG_FORMAT_WINDOWS};
	const char *step = getenv("BENCH_RULE_STEP");

	if (argc < 4) {
		fprintf(stderr, "usage: %s RULES_FOLDER ROUNDS LOG...\n", argv[0]);
		return 2;
	}
	if (step)
		(void)yg_bytes_i64(yg_bytes_str(step), &rule_step);
	if (rule_step < 1)
		rule_step = 1;
	if (make_engine(&b, argv[1]) != YG_OK)
		return 1;
	for (int i = 3; i < argc; i++)
		if (!read_log(argv[i]))
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
	b.arena = yg_arena_new(ARENA_MAX);
	b.scratch = yg_scratch_new(b.engine);
	b.parser = yg_parser_new(&opts, yg_engine_names(b.engine));
	if (!b.arena || !b.scratch || !b.parser)
		return 1;
	b.format = yg_parse_recognise(b.parser, records, record_count < 64 ? record_count : 64,
				      b.arena);
	return run(&b, (int)strtol(argv[2], NULL, 10)) == YG_OK ? 0 : 1;
}
