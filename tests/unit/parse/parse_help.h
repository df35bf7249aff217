/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/parse/parse_help.h - one record in, its fields as text out.
 *
 * FIELDS(…) of a parse is "name=value" joined by '|', basic fields first to last; a test says
 * what it expects in one string.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/format.h"

static struct yg_names *help_names;
static struct yg_arena *help_arena;
static struct yg_parser *help_parser;
static struct yg_event help_event;
static struct yg_fault help_fault;
static char help_text[65536];

/* A copy of @record with the padding parsers may read; lives until the next call. */
static inline struct yg_bytes help_record(const void *record, size_t size)
{
	static uint8_t *mem;

	free(mem);
	mem = calloc(1, size + YG_PARSE_PADDING);
	if (!mem)
		abort();
	memcpy(mem, record, size);
	return (struct yg_bytes){mem, size};
}

static inline void help_open(const struct yg_zone *zone, const struct yg_log_format *format)
{
	struct yg_parse_opts opts = {.zone = zone, .log_format = format};

	if (!help_names)
		help_names = yg_names_new();
	if (!help_arena)
		help_arena = yg_arena_new(64u << 20);
	help_parser = yg_parser_free(help_parser);
	help_parser = yg_parser_new(&opts, help_names);
	if (!help_names || !help_arena || !help_parser)
		abort();
}

static inline void help_close(void)
{
	help_parser = yg_parser_free(help_parser);
	help_arena = yg_arena_free(help_arena);
	help_names = yg_names_free(help_names);
	(void)help_record("", 0);
}

static inline int help_parse_bytes(enum yg_format format, const void *record, size_t size)
{
	if (!help_parser)
		help_open(NULL, NULL);
	yg_arena_reset(help_arena);
	if (format == YG_FORMAT_UNKNOWN)
		return yg_parse_any(help_parser, format, help_record(record, size), help_arena,
				    &help_event, &help_fault);
	return yg_parse(help_parser, format, help_record(record, size), help_arena, &help_event,
			&help_fault);
}

static inline int help_parse(enum yg_format format, const char *record)
{
	return help_parse_bytes(format, record, strlen(record));
}

/* All basic (or all derived) fields of the last parse in one text. */
static inline const char *help_fields(bool is_derived)
{
	size_t used = 0;

	help_text[0] = '\0';
	for (uint32_t i = 0; i < help_event.field_count; i++) {
		struct yg_field *field = &help_event.fields[i];
		struct yg_bytes text = yg_event_text(&help_event, field);

		if (field->is_derived != is_derived)
			continue;
		used += (size_t)snprintf(help_text + used, sizeof(help_text) - used, "%s%.*s=%.*s",
					 used ? "|" : "", YG_FMT(field->name), YG_FMT(text));
		if (used >= sizeof(help_text))
			abort();
	}
	return help_text;
}

/* Show what differs; returns whether they are equal. */
static inline bool help_same(const char *got, const char *wanted, const char *where)
{
	if (strcmp(got, wanted) == 0)
		return true;
	fprintf(stderr, "%s\n  got    %s\n  wanted %s\n", where, got, wanted);
	return false;
}
