/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints "FILE<TAB>N<TAB>RULE ID" for every rule of a folder that the reference evaluator finds in
 * the JSON files of another, read by the real parsers, without routing. sigma_eval.py compares the
 * lines with its own.
 */
#define _GNU_SOURCE /* nftw */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "oracle.h"
#include "parse/format.h"
#include "parse/frame.h"

static struct yg_rules *rules;
static struct yg_parser *parser;
static struct yg_arena *arena;
static size_t folder_size;

static void report(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	(void)arg;
	if (is_refused) {
		fprintf(stderr, "%s:%u: refused: %s\n", file, line, reason);
		exit(2);
	}
}

static bool ends_with(const char *path, const char *tail)
{
	return yg_bytes_ends(yg_bytes_str(path), yg_bytes_str(tail));
}

/* The whole file, with the bytes after its end that the JSON reader wants. */
static struct yg_bytes read_padded(const char *path)
{
	uint8_t *text;
	size_t size;

	if (yg_io_read_file(path, YG_RULE_FILE_MAX, &text, &size) != YG_OK)
		exit(2);
	text = realloc(text, size + YG_PARSE_PADDING);
	if (!text)
		exit(2);
	memset(text + size, 0, YG_PARSE_PADDING);
	return (struct yg_bytes){text, size};
}

static int visit_rule(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	const struct yg_rules_opts opts = {.include_deprecated = false};
	struct yg_bytes text;

	(void)info;
	(void)ftw;
	if (kind != FTW_F || !ends_with(path, ".yml"))
		return 0;
	text = read_padded(path);
	if (yg_rules_add(rules, path, text, &opts, report, NULL) != YG_OK)
		exit(2);
	free((void *)(uintptr_t)text.data);
	return 0;
}

static void print_matches(const char *path, struct yg_bytes record, unsigned number)
{
	struct yg_event event;
	struct yg_fault fault;

	yg_arena_reset(arena);
	if (yg_parse(parser, YG_FORMAT_WINDOWS, record, arena, &event, &fault) != YG_OK) {
		printf("%s\t%u\tnot parsed: %s\n", path + folder_size, number, fault.msg);
		return;
	}
	for (uint32_t i = 0; i < rules->rule_count; i++)
		if (oracle_match(rules, i, &event))
			printf("%s\t%u\t%.*s\n", path + folder_size, number,
			       YG_FMT(rules->rules[i].info.id));
}

static int visit_twin(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	struct yg_framer framer = {.framing = YG_FRAMING_DOCUMENTS};
	struct yg_bytes text;
	struct yg_bytes rest;
	struct yg_frame frame;
	unsigned number = 0;

	(void)info;
	(void)ftw;
	if (kind != FTW_F || !ends_with(path, ".json"))
		return 0;
	text = read_padded(path);
	rest = yg_bytes_starts(text, YG_S("\xef\xbb\xbf")) ? yg_bytes_from(text, 3) : text;
	while (yg_frame_next(&framer, rest, true, &frame) == YG_OK) {
		if (!frame.is_skipped)
			print_matches(path, frame.record, ++number);
		rest = yg_bytes_from(rest, frame.consumed);
	}
	free((void *)(uintptr_t)text.data);
	return 0;
}

int main(int argc, char **argv)
{
	struct yg_parse_opts opts = {.reference_ns = 0};
	struct yg_zone *zone;

	if (argc != 3 || yg_zone_load("UTC", &zone) != YG_OK)
		return 2;
	rules = yg_rules_new();
	arena = yg_arena_new(64u << 20);
	if (!rules || !arena || nftw(argv[1], visit_rule, 16, FTW_PHYS) != 0 ||
	    yg_rules_finish(rules, report, NULL) != YG_OK)
		return 2;
	opts.zone = zone;
	parser = yg_parser_new(&opts, rules->names);
	folder_size = strlen(argv[2]) + 1;
	if (!parser || nftw(argv[2], visit_twin, 16, FTW_PHYS) != 0)
		return 2;
	(void)yg_parser_free(parser);
	(void)yg_zone_free(zone);
	oracle_forget();
	(void)yg_arena_free(arena);
	(void)yg_rules_free(rules);
	return 0;
}
