/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/parse_fuzz.h - any bytes as a record of one format: read in memory of exactly their
 * size and padding, looked at, written as a record, read back. A record read back writes the same
 * bytes again, whatever the log held.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include "model/record.h"
#include "parse/format.h"

static struct yg_parser *fuzz_parser;
static struct yg_arena *fuzz_arena;

static void fuzz_open(void)
{
	static struct yg_zone *zone;
	struct yg_parse_opts opts = {.reference_ns = INT64_C(1700000000) * YG_NS_PER_S};
	struct yg_names *names;

	if (fuzz_parser)
		return;
	names = yg_names_new();
	if (!names || yg_zone_load("+09:00", &zone) != YG_OK)
		abort();
	opts.zone = zone;
	fuzz_parser = yg_parser_new(&opts, names);
	fuzz_arena = yg_arena_new(256u << 20);
	if (!fuzz_parser || !fuzz_arena)
		abort();
}

/* All that an event points to can be read; what a fault says lies inside the record. */
static void fuzz_look(struct yg_event *event)
{
	volatile uint8_t seen = 0;

	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_bytes text = yg_event_text(event, &event->fields[i]);

		for (size_t k = 0; k < text.size; k++)
			seen ^= text.data[k];
		for (size_t k = 0; k < event->fields[i].name.size; k++)
			seen ^= event->fields[i].name.data[k];
		if (event->fields[i].name.size > YG_EVENT_NAME_MAX)
			abort();
	}
	for (size_t k = 0; k < event->channel.size; k++)
		seen ^= event->channel.data[k];
	(void)seen; /* reading was what counted */
}

/* @from as a record into @to: read, then written. */
static void fuzz_again(const struct yg_buf *from, struct yg_buf *to)
{
	uint8_t *text = calloc(1, from->size + YG_PARSE_PADDING);
	struct yg_event event;
	struct yg_fault fault;

	if (!text)
		abort();
	memcpy(text, from->data, from->size);
	yg_arena_reset(fuzz_arena);
	if (yg_parse(fuzz_parser, YG_FORMAT_RECORD, (struct yg_bytes){text, from->size - 1},
		     fuzz_arena, &event, &fault) != YG_OK)
		abort();
	fuzz_look(&event);
	yg_record_write(to, &event, YG_S(""), true);
	free(text);
}

__attribute__((unused)) static void fuzz_parse(enum yg_format format, const uint8_t *data,
					       size_t size)
{
	uint8_t *text = calloc(1, size + YG_PARSE_PADDING);
	struct yg_buf first, second, third;
	struct yg_event event;
	struct yg_fault fault = {0};

	fuzz_open();
	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	yg_arena_reset(fuzz_arena);
	if (yg_parse(fuzz_parser, format, (struct yg_bytes){text, size}, fuzz_arena, &event,
		     &fault) != YG_OK) {
		if (!fault.msg || fault.pos > size)
			abort();
		free(text);
		return;
	}
	fuzz_look(&event);
	yg_buf_init(&first, 256u << 20);
	yg_buf_init(&second, 256u << 20);
	yg_buf_init(&third, 256u << 20);
	event.position = event.position ? event.position : 1;
	yg_record_write(&first, &event, YG_S("log"), true);
	if (first.size <= YG_EVENT_RECORD_MAX) {
		fuzz_again(&first, &second);
		fuzz_again(&second, &third);
		if (!yg_bytes_eq(yg_buf_bytes(&second), yg_buf_bytes(&third)))
			abort();
	}
	yg_buf_done(&first);
	yg_buf_done(&second);
	yg_buf_done(&third);
	free(text);
}
