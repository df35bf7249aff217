/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/narrow.h - a part of the records: of a time, with values in fields (--from, --to, --field).
 *
 * A value is the whole text of a field, case aside. Several values of one field: any of them;
 * several fields: all. Records without a time are not in any span. Immutable after reading the
 * options: any number of threads.
 */
#pragma once

#include "app/options.h"
#include "archive/filters.h"
#include "base/zone.h"

#define YG_NARROW_FIELDS_MAX 64u
#define YG_NARROW_KEYS_MAX   256u

struct yg_narrow_field {
	struct yg_bytes name; /* borrowed from the options */
	struct yg_bytes value;
	uint32_t group;	 /* values of one name */
	uint32_t key_at; /* in keys */
	uint32_t key_count;
};

struct yg_narrow {
	bool has_time;
	int64_t from_ns; /* [from, to) */
	int64_t to_ns;
	struct yg_narrow_field fields[YG_NARROW_FIELDS_MAX];
	uint32_t field_count;
	uint32_t group_count;
	uint64_t keys[YG_NARROW_KEYS_MAX];
	uint32_t key_count;
};

/* YG_OK, or YG_EINVAL for wrong options (said). */
YG_MUST_USE int yg_narrow_read(const struct yg_options *options, const struct yg_zone *zone,
			       struct yg_narrow *ret);

/* All records. */
void yg_narrow_init(struct yg_narrow *ret);

/* One more value of one field; both borrowed. YG_OK, YG_ELIMIT: YG_NARROW_FIELDS_MAX are there. */
YG_MUST_USE int yg_narrow_add(struct yg_narrow *narrow, struct yg_bytes name,
			      struct yg_bytes value);

/*
 * "2026-11-21", "2026-11-21T08:00", … in @zone unless it has its own; said when it is none. A day
 * stands for its first moment, with @is_end for the first one after it.
 */
YG_MUST_USE int yg_narrow_time(const char *option, const char *text, bool is_end,
			       const struct yg_zone *zone, int64_t *ret_ns);

bool yg_narrow_is_all(const struct yg_narrow *narrow);

/* Is @event among them? Decodes fields that are looked at. */
bool yg_narrow_takes(const struct yg_narrow *narrow, struct yg_event *event);

/* May a frame hold such records? @filters: of its file, or NULL. */
bool yg_narrow_may_file(const struct yg_narrow *narrow, struct yg_archive_filters *filters);
bool yg_narrow_may_frame(const struct yg_narrow *narrow, const struct yg_archive_frame *frame,
			 struct yg_archive_filters *filters);
