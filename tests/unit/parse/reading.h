/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/parse/reading.h - read one record through the public door and look at its fields.
 * The record is copied into memory of exactly its size and padding, so that sanitizers see more.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "parse/format.h"

#define READING_REFERENCE_NS (INT64_C(1700000000) * YG_NS_PER_S) /* 2023-11-14 22:13:20 */

struct reading {
	struct yg_names *names;
	struct yg_zone *zone;
	struct yg_parser *parser;
	struct yg_arena *arena;
	uint8_t *text;
	struct yg_event event;
	struct yg_fault fault;
	int rc;
};

static inline void reading_as(struct reading *r, enum yg_format format, const char *text)
{
	size_t size = strlen(text);
	struct yg_bytes record;

	free(r->text);
	r->text = calloc(1, size + YG_PARSE_PADDING);
	memcpy(r->text, text, size);
	record = (struct yg_bytes){r->text, size};
	yg_arena_reset(r->arena);
	r->fault = (struct yg_fault){0};
	if (format == YG_FORMAT_UNKNOWN)
		r->rc = yg_parse_any(r->parser, format, record, r->arena, &r->event, &r->fault);
	else
		r->rc = yg_parse(r->parser, format, record, r->arena, &r->event, &r->fault);
}

static inline void reading_next(struct reading *r, const char *text)
{
	reading_as(r, YG_FORMAT_UNKNOWN, text);
}

static inline struct reading reading(const char *text)
{
	struct reading r = {0};
	struct yg_parse_opts opts = {.reference_ns = READING_REFERENCE_NS};

	if (yg_zone_load("UTC", &r.zone) != YG_OK)
		abort();
	opts.zone = r.zone;
	r.names = yg_names_new();
	r.parser = yg_parser_new(&opts, r.names);
	r.arena = yg_arena_new(64u << 20);
	if (!r.names || !r.parser || !r.arena)
		abort();
	reading_next(&r, text);
	return r;
}

static inline void reading_done(struct reading *r)
{
	(void)yg_parser_free(r->parser);
	(void)yg_names_free(r->names);
	(void)yg_zone_free(r->zone);
	(void)yg_arena_free(r->arena);
	free(r->text);
}

/* The text of the first field called @name; an empty run when there is none. */
static inline struct yg_bytes field(struct reading *r, const char *name)
{
	for (uint32_t i = 0; i < r->event.field_count; i++)
		if (yg_bytes_eq(r->event.fields[i].name, yg_bytes_str(name)))
			return yg_event_text(&r->event, &r->event.fields[i]);
	return (struct yg_bytes){0};
}
