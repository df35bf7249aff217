/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/crc32.h"
#include "base/zone.h"
#include "parse/format.h"
#include "sensor/local-int.h"

#include "base/ban.h"

#define ARENA_MAX (32u << 20)

/* ---- entries ---- */

static void put32(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void put64(uint8_t *to, uint64_t value)
{
	put32(to, (uint32_t)value);
	put32(to + 4, (uint32_t)(value >> 32));
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

static uint64_t get64(const uint8_t *from)
{
	return get32(from) | (uint64_t)get32(from + 4) << 32;
}

void yg_local_entry_write(const struct yg_local_entry *entry, struct yg_buf *to)
{
	uint8_t head[YG_LOCAL_ENTRY_BYTES] = "YGL1";

	put32(head + 4, (uint32_t)entry->lines.size);
	put64(head + 8, entry->first);
	put64(head + 16, (uint64_t)entry->arrived_ns);
	put32(head + 24, entry->count);
	put32(head + 28,
	      yg_crc32(entry->lines, yg_crc32((struct yg_bytes){head, sizeof(head) - 4}, 0)));
	yg_buf_add(to, (struct yg_bytes){head, sizeof(head)});
	yg_buf_add(to, entry->lines);
}

/* As many lines as it says, the last one whole. */
static bool has_lines(struct yg_bytes lines, uint32_t count)
{
	uint32_t found = 0;

	if (lines.size > 0 && lines.data[lines.size - 1] != '\n')
		return false;
	for (size_t i = 0; i < lines.size; i++)
		found += lines.data[i] == '\n';
	return found == count;
}

bool yg_local_entry_next(struct yg_bytes *text, struct yg_local_entry *ret)
{
	const uint8_t *head = text->data;
	uint32_t size;

	if (text->size < YG_LOCAL_ENTRY_BYTES || memcmp(head, "YGL1", 4) != 0)
		return false;
	size = get32(head + 4);
	if (size > text->size - YG_LOCAL_ENTRY_BYTES)
		return false;
	*ret = (struct yg_local_entry){
		.first = get64(head + 8),
		.arrived_ns = (int64_t)get64(head + 16),
		.count = get32(head + 24),
		.lines = {head + YG_LOCAL_ENTRY_BYTES, size},
	};
	if (get32(head + 28) !=
		    yg_crc32(ret->lines,
			     yg_crc32((struct yg_bytes){head, YG_LOCAL_ENTRY_BYTES - 4}, 0)) ||
	    ret->first > UINT64_MAX / 2 || !has_lines(ret->lines, ret->count))
		return false;
	*text = yg_bytes_from(*text, YG_LOCAL_ENTRY_BYTES + size);
	return true;
}

/* ---- lines ---- */

struct yg_local_describer {
	struct yg_zone *zone;
	struct yg_names *names;
	struct yg_parser *parser;
	struct yg_arena *arena;
	struct yg_buf line; /* padded as readers want it */
	struct yg_event event;
};

struct yg_local_describer *yg_local_describer_new(void)
{
	struct yg_local_describer *d = yg_calloc(1, sizeof(*d));
	struct yg_parse_opts opts = {0};

	if (!d)
		return NULL;
	yg_buf_init(&d->line, YG_ARCHIVE_RECORD_MAX + YG_PARSE_PADDING);
	d->names = yg_names_new();
	d->arena = yg_arena_new(ARENA_MAX);
	if (yg_zone_load("UTC", &d->zone) != YG_OK || !d->names || !d->arena)
		return yg_local_describer_free(d);
	opts.zone = d->zone;
	d->parser = yg_parser_new(&opts, d->names);
	return d->parser ? d : yg_local_describer_free(d);
}

struct yg_local_describer *yg_local_describer_free(struct yg_local_describer *d)
{
	if (!d)
		return NULL;
	(void)yg_parser_free(d->parser);
	(void)yg_arena_free(d->arena);
	(void)yg_names_free(d->names);
	(void)yg_zone_free(d->zone);
	yg_buf_done(&d->line);
	free(d);
	return NULL;
}

struct yg_event *yg_local_event(struct yg_local_describer *d, struct yg_bytes line)
{
	struct yg_fault fault;
	uint8_t *padding;

	yg_arena_reset(d->arena);
	yg_buf_reset(&d->line);
	yg_buf_add(&d->line, line);
	padding = yg_buf_reserve(&d->line, YG_PARSE_PADDING);
	if (!padding || line.size == 0)
		return NULL;
	memset(padding, 0, YG_PARSE_PADDING);
	return yg_parse(d->parser, YG_FORMAT_RECORD,
			yg_bytes_cut(yg_buf_bytes(&d->line), 0, line.size - 1), d->arena, &d->event,
			&fault) == YG_OK
		       ? &d->event
		       : NULL;
}

int yg_local_describe(void *arg, struct yg_bytes line, struct yg_archive_facts *ret)
{
	const struct yg_event *event = yg_local_event(arg, line);

	*ret = (struct yg_archive_facts){.time_ns = YG_TIME_NONE,
					 .format = YG_FORMAT_UNKNOWN,
					 .is_keyless = true,
					 .is_unplaced = true};
	if (event) {
		ret->time_ns = event->time_ns;
		ret->format = event->format;
	}
	return YG_OK;
}
