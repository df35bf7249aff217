/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/local.h - the sensor's own archive: everything that was read, as it was, before any policy
 * masked or held it back. In the form of docs/archive.md below STATE/archive, so `yagura hunt`,
 * `yagura archive` and `yagura-sensor search` read it.
 *
 *   tap ─► lines of this batch ─► STATE/archive.log (synced) ─► commit of the spool ─► archive
 *                                  what a crash leaves between is made good from here
 *
 * Lines are numbered for good; the number behind the last committed one is in the checkpoint. After
 * a crash, entries of the log below it go into the archive unless it has them, entries beyond it
 * were never committed and come again from the sources. So each line stands there once.
 *
 * Nothing here ever holds up collecting: when the disk is full or broken, what cannot be kept is a
 * gap, which is said and stands in the range that the hub is told. The bounds: age and bytes,
 * oldest whole files first, and a reserve of free space that is left to the spool.
 *
 * Layer:   sensor. The collecting thread.
 * Clock:   a parameter.
 * Tests:   tests/unit/sensor/test_local.c, tests/e2e/sensor_archive.py
 */
#pragma once

#include "sensor/lines.h"
#include "wire/range.h"

#define YG_LOCAL_BYTES_DEFAULT (UINT64_C(10) << 30)
#define YG_LOCAL_BYTES_MIN     (UINT64_C(1) << 20)
#define YG_LOCAL_DAYS_DEFAULT  366u
#define YG_LOCAL_LOG_MAX       (8u << 20)		    /* bytes of STATE/archive.log */
#define YG_LOCAL_SYNC_NS       (INT64_C(60) * YG_NS_PER_S)  /* lines wait in the log for so long */
#define YG_LOCAL_STOPPED_NS    (INT64_C(180) * YG_NS_PER_S) /* longer: a gap */
#define YG_LOCAL_RETRY_NS      (INT64_C(10) * YG_NS_PER_S)
#define YG_LOCAL_RESERVE       (UINT64_C(256) << 20) /* free bytes, or 1/20 of the file system */

struct yg_local;

struct yg_local_config {
	const char *state; /* STATE */
	const char *org;
	uint64_t bytes_max;
	unsigned days;
	int64_t now_ns;
	uint64_t number; /* from the checkpoint; 0: none */
	void (*say)(const char *format, ...) __attribute__((format(printf, 1, 2)));
	const char *(*tr)(const char *msgid);
};
/* Strings outlive it. YG_OK or YG_ENOMEM: what cannot be opened is tried again. */
YG_MUST_USE int yg_local_open(const struct yg_local_config *config, struct yg_local **ret);
/* Syncs what there is. */
struct yg_local *yg_local_close(struct yg_local *local, int64_t now_ns);

/* A record that was read, and that it comes again. */
void yg_local_take(struct yg_local *local, struct yg_event *event, struct yg_bytes source);
void yg_local_undo(struct yg_local *local);

/* Around a commit: once before (again when the commit failed: nothing is doubled), once after. */
void yg_local_before(struct yg_local *local, int64_t now_ns);
uint64_t yg_local_number(const struct yg_local *local);
void yg_local_after(struct yg_local *local, int64_t now_ns);

/* Now and then. */
void yg_local_tick(struct yg_local *local, int64_t now_ns);

void yg_local_range(const struct yg_local *local, struct yg_wire_range *ret);
/* The same as it stood on the disk of @state last. YG_OK or an error. Any thread. */
YG_MUST_USE int yg_local_range_read(const char *state, struct yg_wire_range *ret);
