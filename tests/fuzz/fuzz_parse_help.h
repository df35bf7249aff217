/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_parse_help.h - feed one record to the reader of a format.
 *
 * What must hold for any bytes: the result is one of the named errors, a fault lies inside the
 * record, and every field of an event can be read to its last byte.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "parse/format.h"

struct fuzz_parse {
	struct yg_names *names;
	struct yg_arena *arena;
	struct yg_parser *parser;
};

static inline void fuzz_parse_open(struct fuzz_parse *f, const struct yg_log_format *format)
{
	struct yg_parse_opts opts = {.log_format = format};

	if (!f->names)
		f->names = yg_names_new();
	if (!f->arena)
		f->arena = yg_arena_new(64u << 20);
	f->parser = yg_parser_free(f->parser);
	f->parser = yg_parser_new(&opts, f->names);
	if (!f->names || !f->arena || !f->parser)
		abort();
}

/* The record stands alone on the heap, so that reading past it (and its padding) is seen. */
static inline uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
	uint8_t *mem = calloc(1, size + YG_PARSE_PADDING);

	if (!mem)
		abort();
	if (size > 0)
		memcpy(mem, data, size);
	return mem;
}

static inline void fuzz_check(struct yg_event *event, int rc, const struct yg_fault *fault,
			      size_t size)
{
	volatile uint8_t sum = 0;

	if (rc != YG_OK) {
		if ((rc != YG_EMISMATCH && rc != YG_EFORMAT && rc != YG_ELIMIT &&
		     rc != YG_ENOMEM) ||
		    fault->code != rc || !fault->msg || fault->pos > size)
			abort();
		return;
	}
	if (event->format == YG_FORMAT_UNKNOWN || event->format >= YG_FORMAT_COUNT)
		abort();
	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_bytes text = yg_event_text(event, &event->fields[i]);

		for (size_t j = 0; j < text.size; j++)
			sum = (uint8_t)(sum + text.data[j]);
		for (size_t j = 0; j < event->fields[i].name.size; j++)
			sum = (uint8_t)(sum + event->fields[i].name.data[j]);
	}
}

/* Parse @data as @format, and as any. */
static inline void fuzz_parse_record(struct fuzz_parse *f, enum yg_format format,
				     const uint8_t *data, size_t size)
{
	uint8_t *mem = fuzz_copy(data, size);
	struct yg_bytes record = {mem, size};
	struct yg_event event;
	struct yg_fault fault = {0};
	int rc;

	yg_arena_reset(f->arena);
	rc = yg_parse(f->parser, format, record, f->arena, &event, &fault);
	fuzz_check(&event, rc, &fault, size);
	yg_arena_reset(f->arena);
	rc = yg_parse_any(f->parser, format, record, f->arena, &event, &fault);
	fuzz_check(&event, rc, &fault, size);
	free(mem);
}
