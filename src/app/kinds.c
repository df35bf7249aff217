/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kinds.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define SEED UINT64_C(0x79672d6b696e6473)

int yg_kinds_init(struct yg_kinds *kinds, uint32_t max)
{
	assert(max > 0 && (max & (max - 1)) == 0);
	*kinds = (struct yg_kinds){.max = max, .slot_mask = max * 2 - 1};
	kinds->arena = yg_arena_new((size_t)max * (YG_KIND_NAME_MAX + 16) + 4096);
	kinds->items = yg_calloc(max, sizeof(*kinds->items));
	kinds->slots = yg_calloc((size_t)max * 2, sizeof(*kinds->slots));
	return kinds->arena && kinds->items && kinds->slots ? YG_OK : YG_ENOMEM;
}

void yg_kinds_done(struct yg_kinds *kinds)
{
	(void)yg_arena_free(kinds->arena);
	free(kinds->items);
	free(kinds->slots);
	*kinds = (struct yg_kinds){0};
}

void yg_kinds_reset(struct yg_kinds *kinds)
{
	yg_arena_reset(kinds->arena);
	memset(kinds->slots, 0, ((size_t)kinds->slot_mask + 1) * sizeof(*kinds->slots));
	kinds->count = 0;
	kinds->others = 0;
}

struct yg_record_kind yg_kind_of(const struct yg_event *event)
{
	return (struct yg_record_kind){.format = yg_format_name(event->format),
				       .channel = yg_bytes_cut(event->channel, 0, YG_KIND_NAME_MAX),
				       .event_code = event->event_code,
				       .records = 1};
}

/* Names of formats are static: equal ones are one. */
static bool is_same(const struct yg_record_kind *a, const struct yg_record_kind *b)
{
	return a->format == b->format && a->event_code == b->event_code &&
	       yg_bytes_eq(a->channel, b->channel);
}

int yg_kinds_add(struct yg_kinds *kinds, const struct yg_record_kind *kind)
{
	uint64_t hash = yg_hash64(kind->channel, SEED + kind->event_code) ^
			yg_hash64(yg_bytes_str(kind->format), SEED);
	uint32_t at = (uint32_t)hash & kinds->slot_mask;
	struct yg_record_kind *to;

	while (kinds->slots[at] && !is_same(&kinds->items[kinds->slots[at] - 1], kind))
		at = (at + 1) & kinds->slot_mask;
	if (kinds->slots[at]) {
		kinds->items[kinds->slots[at] - 1].records += kind->records;
		return YG_OK;
	}
	if (kinds->count == kinds->max) {
		kinds->others += kind->records;
		return YG_OK;
	}
	to = &kinds->items[kinds->count];
	*to = *kind;
	if (!yg_arena_dup(kinds->arena, kind->channel, &to->channel))
		return YG_ENOMEM;
	kinds->slots[at] = ++kinds->count;
	return YG_OK;
}

static int order(const void *left, const void *right)
{
	const struct yg_record_kind *a = left, *b = right;
	size_t size = a->channel.size < b->channel.size ? a->channel.size : b->channel.size;
	int by_name = strcmp(a->format, b->format);

	if (a->records != b->records)
		return a->records > b->records ? -1 : 1;
	if (by_name == 0 && size > 0)
		by_name = memcmp(a->channel.data, b->channel.data, size);
	if (by_name == 0)
		by_name = (a->channel.size > b->channel.size) - (a->channel.size < b->channel.size);
	return by_name ? by_name
		       : (a->event_code > b->event_code) - (a->event_code < b->event_code);
}

void yg_kinds_sort(struct yg_kinds *kinds)
{
	qsort(kinds->items, kinds->count, sizeof(*kinds->items), order);
	memset(kinds->slots, 0, ((size_t)kinds->slot_mask + 1) * sizeof(*kinds->slots));
	kinds->max = kinds->count; /* nothing can be added any more */
}
