/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine and the reference evaluator give the same hits for public rules on real records:
 * engine_shared STEP SHARED [LOG]... compares every STEPth record of the regression twins, of the
 * Windows samples and of further logs (JSON; folders are walked). Skipped where the rules are not
 * there.
 */
#define _GNU_SOURCE /* nftw */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/io.h"
#include "detect/route.h"
#include "detect/witness.h"
#include "one_engine.h"
#include "oracle.h"
#include "parse/format.h"
#include "parse/frame.h"

#define ARENA_MAX (64u << 20)
#define LOG_MAX	  (1u << 30)

static struct yg_rules *rules;
static struct one_engine one;
static struct yg_parser *parser;
static struct yg_router *router;
static struct yg_witness *witness;
static struct yg_arena *arena;
static uint32_t *rule_of; /* engine index -> rule */
static uint64_t step, record_number, compared, hit_count, failed;

static void report(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	(void)arg;
	(void)is_refused;
	fprintf(stderr, "%s:%u: %s\n", file, line, reason);
}

static int load(const char *path, const struct stat *info, int kind, struct FTW *ftw)
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
	rc = yg_io_read_file(path, YG_RULE_FILE_MAX, &text, &size);
	if (rc == YG_OK) {
		rc = yg_rules_add(rules, path, (struct yg_bytes){text, size}, &opts, report, NULL);
		free(text);
	}
	return rc == YG_OK ? 0 : 1;
}

static bool is_expected(const struct yg_rule *rule, uint32_t number, struct yg_event *event)
{
	uint32_t route = yg_router_route(router, event);
	bool applies;

	if (rule->correlation.type != YG_CORRELATION_NONE)
		return false;
	if (route == YG_ROUTE_OPEN)
		applies = !yg_router_knows(router, &rule->logsource) ||
			  yg_witness_needs_field(witness, rule);
	else
		applies = yg_router_applies(router, route, &rule->logsource);
	return applies && oracle_match(rules, number, event);
}

static void compare(struct yg_event *event, const char *path, uint64_t position)
{
	struct yg_hits hits;
	uint32_t at = 0;

	if (yg_engine_match(one.engine, one.scratch, event, &hits) != YG_OK) {
		fprintf(stderr, "%s: record %llu: match failed\n", path,
			(unsigned long long)position);
		failed++;
		return;
	}
	for (uint32_t i = 0; i < yg_engine_rule_count(one.engine); i++) {
		bool is_hit = at < hits.count && hits.rules[at] == i;

		at += is_hit;
		if (is_hit == is_expected(&rules->rules[rule_of[i]], rule_of[i], event))
			continue;
		fprintf(stderr, "%s: record %llu: %.*s \"%.*s\": engine says %d\n", path,
			(unsigned long long)position,
			YG_FMT(yg_engine_rule(one.engine, i)->info.id),
			YG_FMT(yg_engine_rule(one.engine, i)->info.title), is_hit);
		failed++;
	}
	compared++;
	hit_count += hits.count;
}

static int read_log(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	struct yg_framer framer = {0};
	struct yg_frame frame;
	uint8_t *text, *padded;
	struct yg_bytes rest;
	uint64_t position = 0;
	size_t length = strlen(path), size;

	(void)info;
	(void)ftw;
	if (kind != FTW_F || length < 5 || strcmp(path + length - 5, ".json") != 0)
		return 0;
	if (yg_io_read_file(path, LOG_MAX, &text, &size) != YG_OK)
		return 1;
	padded = yg_reallocarray(text, size + YG_PARSE_PADDING, 1);
	if (!padded)
		return 1;
	memset(padded + size, 0, YG_PARSE_PADDING);
	rest = (struct yg_bytes){padded, size};
	framer.framing = yg_frame_recognise(yg_bytes_cut(rest, 0, 65536), size < 65536);
	while (yg_frame_next(&framer, rest, true, &frame) == YG_OK) {
		struct yg_event event;
		struct yg_fault fault;

		rest = yg_bytes_from(rest, frame.consumed);
		if (frame.is_skipped)
			continue;
		position++;
		if (record_number++ % step != 0)
			continue;
		yg_arena_reset(arena);
		if (yg_parse_any(parser, YG_FORMAT_WINDOWS, frame.record, arena, &event, &fault) ==
		    YG_OK)
			compare(&event, path, position);
	}
	free(padded);
	return 0;
}

static bool prepare(void)
{
	static const struct yg_parse_opts opts;

	if (yg_rules_finish(rules, report, NULL) != YG_OK || !one_engine_open(rules, &one))
		return false;
	rule_of = one_engine_numbers(&one, rules);
	parser = yg_parser_new(&opts, yg_engine_names(one.engine));
	router = yg_router_new();
	witness = yg_witness_new(rules);
	arena = yg_arena_new(ARENA_MAX);
	return rule_of && parser && router && witness && arena;
}

int main(int argc, char **argv)
{
	static const char *const logs[] = {"sigma-regression", "windows-json"};
	const char *shared = getenv("YAGURA_SHARED");
	char path[4096];

	if (argc < 3)
		return 2;
	shared = shared ? shared : argv[2];
	step = strtoull(argv[1], NULL, 10);
	rules = yg_rules_new();
	if (!rules || step == 0)
		return 2;
	rules->matcher = oracle_matcher();
	(void)snprintf(path, sizeof(path), "%s/sigma-rules", shared);
	if (nftw(path, load, 16, FTW_PHYS) != 0) {
		fprintf(stderr,
			"skipped: no public rules at %s (YAGURA_SHARED names the folder above)\n",
			path);
		printf("0 passed, 0 failed, 1 skipped\n");
		return 77;
	}
	if (!prepare()) {
		fprintf(stderr, "the rules cannot be compiled\n");
		return 1;
	}
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", shared, logs[i]);
		if (nftw(path, read_log, 16, FTW_PHYS) != 0)
			failed++;
	}
	for (int i = 3; i < argc; i++)
		if (nftw(argv[i], read_log, 16, FTW_PHYS) != 0)
			failed++;
	fprintf(stderr, "%llu records compared, %llu hits\n", (unsigned long long)compared,
		(unsigned long long)hit_count);
	printf("%d passed, %d failed, 0 skipped\n", failed == 0 && compared > 0,
	       failed != 0 || compared == 0);
	return failed != 0 || compared == 0;
}
