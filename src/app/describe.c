/* SPDX-License-Identifier: Apache-2.0 */
#include "app/describe.h"

#include "base/alloc.h"
#include "base/zone.h"
#include "detect/keys.h"
#include "detect/route.h"
#include "parse/format.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX (32u << 20)

struct yg_describer {
	struct yg_zone *zone;
	struct yg_names *names;
	struct yg_router *router;
	struct yg_parser *parser;
	struct yg_arena *arena;
	struct yg_buf line; /* padded as readers want it */
	uint64_t *keys;
	uint32_t count;
	uint32_t room;
	int rc;
};

struct yg_describer *yg_describer_new(void)
{
	struct yg_describer *d = yg_calloc(1, sizeof(*d));
	struct yg_parse_opts opts = {0};

	if (!d)
		return NULL;
	yg_buf_init(&d->line, YG_ARCHIVE_RECORD_MAX + YG_PARSE_PADDING);
	d->names = yg_names_new();
	d->router = yg_router_new();
	d->arena = yg_arena_new(EVENT_ARENA_MAX);
	if (yg_zone_load("UTC", &d->zone) != YG_OK || !d->names || !d->router || !d->arena)
		return yg_describer_free(d);
	opts.zone = d->zone;
	d->parser = yg_parser_new(&opts, d->names);
	return d->parser ? d : yg_describer_free(d);
}

struct yg_describer *yg_describer_free(struct yg_describer *d)
{
	if (!d)
		return NULL;
	(void)yg_parser_free(d->parser);
	(void)yg_arena_free(d->arena);
	(void)yg_names_free(d->names);
	(void)yg_router_free(d->router);
	(void)yg_zone_free(d->zone);
	yg_buf_done(&d->line);
	free(d->keys);
	free(d);
	return NULL;
}

static void take_key(void *arg, uint64_t key)
{
	struct yg_describer *d = arg;

	if (d->count > 0 && d->keys[d->count - 1] == key)
		return; /* derived fields often repeat their origin */
	if (d->count == d->room) {
		uint32_t room = d->room ? d->room * 2 : 256;
		uint64_t *keys = yg_reallocarray(d->keys, room, sizeof(*keys));

		if (!keys) {
			d->rc = YG_ENOMEM;
			return;
		}
		d->keys = keys;
		d->room = room;
	}
	d->keys[d->count++] = key;
}

int yg_describe(void *arg, struct yg_bytes line, struct yg_archive_facts *ret)
{
	struct yg_describer *d = arg;
	struct yg_event event;
	struct yg_fault fault;
	uint8_t *padding;
	int rc;

	*ret = (struct yg_archive_facts){.time_ns = YG_TIME_NONE, .format = YG_FORMAT_UNKNOWN};
	yg_arena_reset(d->arena);
	yg_buf_reset(&d->line);
	yg_buf_add(&d->line, line);
	padding = yg_buf_reserve(&d->line, YG_PARSE_PADDING);
	if (!padding)
		return YG_ENOMEM;
	memset(padding, 0, YG_PARSE_PADDING);
	rc = yg_parse(d->parser, YG_FORMAT_RECORD,
		      yg_bytes_cut(yg_buf_bytes(&d->line), 0, line.size - 1), d->arena, &event,
		      &fault);
	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_OK;
	d->count = 0;
	d->rc = YG_OK;
	yg_keys_of_event(&event, take_key, d);
	ret->time_ns = event.time_ns;
	ret->format = event.format;
	ret->is_unplaced = event.channel.size == 0 &&
			   yg_router_reaches(d->router, event.format, false, YG_ROUTE_OPEN);
	ret->keys = d->keys;
	ret->key_count = d->count;
	return d->rc;
}
