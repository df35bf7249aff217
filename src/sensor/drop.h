/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/drop.h - the drop folder: Windows event files and logs that a person puts there are read
 * once.
 *
 *   DIR/NAME ─► quiet? ─► SHA-256 ─► known? ──yes──────────────► DIR/done/NAME
 *                                      └no─► records ─► batches ─► DIR/done or DIR/failed
 *
 * What a file holds counts, not its name: the same bytes under another name are not sent again. How
 * far reading came is a number of records in the checkpoint, so a sensor that is killed reads on
 * behind the last one that was committed. What became of each file stands in STATE/drop.known, and,
 * where it failed, beside it in DIR/failed (NAME.why.txt).
 *
 * Layer:   sensor. The collecting thread.
 * Clock:   a parameter.
 * Tests:   tests/e2e/sensor_drop.py
 */
#pragma once

#include "base/clock.h"
#include "sensor/lines.h"
#include "wire/message.h"

#define YG_DROP_QUIET_S	  5 /* a file that did not change for so long is whole */
#define YG_DROP_FILES_MAX 1000u
#define YG_DROP_KNOWN_MAX 20000u	      /* digests; then the older half is forgotten */
#define YG_DROP_BYTES_MAX (UINT64_C(8) << 30) /* of one file */
#define YG_DROP_NAME_MAX  200u		      /* bytes */

#define YG_DROP_PARTIALS_MAX 8u /* files that are read in part; one, unless it was renamed */

/* A file of which @records stand in committed batches. */
struct yg_drop_partial {
	char digest[65]; /* hex of SHA-256 */
	uint64_t records;
};

struct yg_drop;

struct yg_drop_config {
	const char *folder;
	const char *state; /* STATE */
	const struct yg_zone *zone;
	const struct yg_names *names;
	const struct yg_lines_filter *filter;	/* or NULL */
	const struct yg_drop_partial *partials; /* from the checkpoint */
	size_t partial_count;
	/* Something a person should know; and texts in that person's language. */
	void (*say)(const char *format, ...) __attribute__((format(printf, 1, 2)));
	const char *(*tr)(const char *msgid);
};
/* Strings and tables outlive it; the partials are copied. YG_OK or an error. */
YG_MUST_USE int yg_drop_open(const struct yg_drop_config *config, struct yg_drop **ret);
struct yg_drop *yg_drop_free(struct yg_drop *drop);

/* YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_drop_read(struct yg_drop *drop, int64_t now_ns, struct yg_collect *collect,
			     bool *ret_more);
/* ,"drop":[{"sha256":…,"records":N}…]: files that are read in part. */
void yg_drop_checkpoint(const struct yg_drop *drop, struct yg_buf *to);
/* All records given so far are committed. */
void yg_drop_committed(struct yg_drop *drop);

void yg_drop_state(const struct yg_drop *drop, struct yg_wire_source *to);
