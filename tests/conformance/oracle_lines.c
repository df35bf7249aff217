/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle_lines RULES EVENTS [PLACEHOLDERS]: what the reference evaluator finds. RULES is one file
 * of Sigma documents, EVENTS has a JSON object a line. Prints "ID<TAB>LINE" for every ordinary
 * rule that fits a line, filters applied, without routing; a refusal as "refused<TAB>REASON".
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "oracle.h"
#include "parse/format.h"

#define BYTES_MAX (16u << 20)

static void must(bool is_fine)
{
	if (!is_fine)
		exit(2);
}

static uint8_t *files[3]; /* what was read: freed at the end, for the leak checker's sake */
static unsigned file_count;

/* The whole file, with the bytes after its end that the JSON reader wants. */
static struct yg_bytes read_file(const char *path)
{
	uint8_t *text;
	uint8_t *padded;
	size_t size;

	must(yg_io_read_file(path, BYTES_MAX, &text, &size) == YG_OK);
	padded = calloc(1, size + YG_PARSE_PADDING);
	must(padded != NULL);
	memcpy(padded, text, size);
	free(text);
	must(file_count < sizeof(files) / sizeof(files[0]));
	files[file_count++] = padded;
	return (struct yg_bytes){padded, size};
}

static void report(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	(void)arg;
	(void)file;
	(void)line;
	printf("%s\t%s\n", is_refused ? "refused" : "inactive", reason);
}

static struct yg_rules *load(const char *path, const char *placeholders)
{
	const struct yg_rules_opts opts = {.include_deprecated = false};
	struct yg_rules *rules = yg_rules_new();
	char reason[256];
	uint32_t line;

	must(rules != NULL);
	rules->matcher = oracle_matcher();
	if (placeholders)
		must(yg_rules_placeholders(rules, placeholders, read_file(placeholders), reason,
					   &line) == YG_OK);
	must(yg_rules_add(rules, path, read_file(path), &opts, report, NULL) == YG_OK);
	must(yg_rules_finish(rules, report, NULL) == YG_OK);
	return rules;
}

static void print_line(const struct yg_rules *rules, struct yg_event *event, unsigned number)
{
	for (uint32_t i = 0; i < rules->rule_count; i++)
		if (oracle_match(rules, i, event))
			printf("%.*s\t%u\n", YG_FMT(rules->rules[i].info.id), number);
}

int main(int argc, char **argv)
{
	struct yg_parse_opts opts = {.reference_ns = 0};
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct yg_rules *rules;
	struct yg_parser *parser;
	struct yg_zone *zone = NULL;
	struct yg_bytes rest;
	unsigned number = 0;

	must(argc == 3 || argc == 4);
	must(arena && yg_zone_load("UTC", &zone) == YG_OK);
	rules = load(argv[1], argc == 4 ? argv[3] : NULL);
	opts.zone = zone;
	parser = yg_parser_new(&opts, rules->names);
	must(parser != NULL);
	rest = read_file(argv[2]);
	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_event event;
		struct yg_fault fault;

		yg_arena_reset(arena);
		must(yg_parse(parser, YG_FORMAT_JSON, yg_bytes_cut(rest, 0, end), arena, &event,
			      &fault) == YG_OK);
		print_line(rules, &event, ++number);
		rest = end == SIZE_MAX ? YG_S("") : yg_bytes_from(rest, end + 1);
	}
	oracle_forget();
	(void)yg_parser_free(parser);
	(void)yg_zone_free(zone);
	(void)yg_rules_free(rules);
	(void)yg_arena_free(arena);
	while (file_count > 0)
		free(files[--file_count]);
	return 0;
}
