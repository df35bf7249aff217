/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/kinds.h - how many records there are of which kind: format, channel, event id.
 *
 * Bounded: kinds beyond the limit are counted as "others". Counting in the order of the input makes
 * the result the same for any number of workers.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/event.h"
#include "model/explain.h"

#define YG_KINDS_MAX	   4096u
#define YG_KIND_NAME_MAX   256u /* bytes of a channel that are kept */
#define YG_KINDS_BATCH_MAX 512u /* of one batch */

struct yg_kinds {
	struct yg_arena *arena; /* channel names */
	struct yg_record_kind *items;
	uint32_t count;
	uint32_t max;
	uint32_t *slots; /* index + 1 */
	uint32_t slot_mask;
	uint64_t others; /* records of further kinds */
};

/* In place; @max is a power of two. YG_OK or YG_ENOMEM; done() may follow in any case. */
YG_MUST_USE int yg_kinds_init(struct yg_kinds *kinds, uint32_t max);
void yg_kinds_done(struct yg_kinds *kinds);
void yg_kinds_reset(struct yg_kinds *kinds);

/* Count @kind->records of it. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_kinds_add(struct yg_kinds *kinds, const struct yg_record_kind *kind);

/* What routing looks at in @event. */
struct yg_record_kind yg_kind_of(const struct yg_event *event);

/* Most records first, then by name; the order of adding is lost. */
void yg_kinds_sort(struct yg_kinds *kinds);
