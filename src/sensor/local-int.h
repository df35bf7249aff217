/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/local-int.h - the log before the archive (local_log.c), and what a line is (local_line.c).
 * Inside sensor/.
 *
 *   STATE/archive.log  entries: 0 "YGL1"  4 size of the lines  8 number of the first  16 arrived
 *                      24 lines  28 CRC-32 of the 28 bytes before and the lines  32 lines
 */
#pragma once

#include "archive/tree.h"
#include "archive/writer.h"
#include "sensor/local.h"

#define YG_LOCAL_ENTRY_BYTES 32u

struct yg_local_entry {
	uint64_t first;
	uint32_t count;
	int64_t arrived_ns;
	struct yg_bytes lines;
};
/* The entry at the front of *@text, which is passed. False: none, or torn. Pure; hostile bytes. */
bool yg_local_entry_next(struct yg_bytes *text, struct yg_local_entry *ret);
void yg_local_entry_write(const struct yg_local_entry *entry, struct yg_buf *to);

/* ---- lines ---- */

struct yg_local_describer;
/* NULL without memory. */
struct yg_local_describer *yg_local_describer_new(void);
struct yg_local_describer *yg_local_describer_free(struct yg_local_describer *describer);
/* A yg_archive_describe_fn: time and format; keys are not known here. */
int yg_local_describe(void *arg, struct yg_bytes line, struct yg_archive_facts *ret);
/* The event of a line (with its LF); it lives until the next call. NULL: no reader knows it. */
struct yg_event *yg_local_event(struct yg_local_describer *describer, struct yg_bytes line);

/* STATE/NAME. False when it is too long. */
bool yg_local_path(const char *state, const char *name, char to[YG_ARCHIVE_PATH_MAX]);

/* ---- local_bounds.c ---- */

/* Bytes of the archive, and the beginning of its oldest hour (YG_TIME_NONE: it is empty). */
YG_MUST_USE int yg_local_measure(const char *dir, const char *org, uint64_t *ret_bytes,
				 int64_t *ret_oldest_ns);
/* Remove what is older than @before_ns, then the oldest closed files until @bytes_max is kept.
 * *ret_gone: files removed. */
YG_MUST_USE int yg_local_shorten(const char *dir, const char *org, int64_t before_ns,
				 uint64_t bytes_max, uint64_t *ret_gone);
/* Close files of hours before @hour_ns that a crash left open. */
YG_MUST_USE int yg_local_repair(const char *dir, const char *org, int64_t hour_ns,
				struct yg_local_describer *describer);
/* The number behind the last line that files of the hour of @arrived_ns hold. */
YG_MUST_USE int yg_local_end(const char *dir, const char *org, int64_t arrived_ns,
			     uint64_t *ret_end);
/* How many bytes less than the reserve are free; 0: enough. */
uint64_t yg_local_lacking(const char *dir);
