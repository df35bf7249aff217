/* SPDX-License-Identifier: Apache-2.0 */
/* sensor/drop-int.h - files that were dropped before (drop_known.c), one file (drop_file.c). */
#pragma once

#include "base/crypt.h"
#include "sensor/drop.h"

/* ---- drop_known.c ---- */

struct yg_drop_known {
	char *path;
	uint8_t (*digests)[YG_SHA256_BYTES]; /* in the order of the file */
	size_t count;
};
/* What became of a file. */
struct yg_drop_result {
	const char *digest; /* hex */
	const char *name;
	uint64_t size;
	uint64_t records;
	uint64_t damaged;   /* places that could not be read */
	const char *reason; /* why it failed; NULL: it did not */
	int64_t time_ns;
};
YG_MUST_USE int yg_drop_known_open(struct yg_drop_known *known, const char *path);
void yg_drop_known_done(struct yg_drop_known *known);
bool yg_drop_known_has(const struct yg_drop_known *known, const char *digest);
/* On the disk when it returns YG_OK. */
YG_MUST_USE int yg_drop_known_add(struct yg_drop_known *known, const struct yg_drop_result *result);

/* ---- drop_file.c ---- */

struct yg_drop_file;

/*
 * The file at @path, from its beginning; the first @skip records are passed over. YG_OK, or an
 * error with *ret_reason (English words).
 */
YG_MUST_USE int yg_drop_file_open(const struct yg_drop_config *config, const char *path,
				  uint64_t skip, struct yg_drop_file **ret,
				  const char **ret_reason);
struct yg_drop_file *yg_drop_file_free(struct yg_drop_file *file);
/*
 * Records into @collect, of a piece of the file. YG_OK; YG_EEND: that was all; YG_ENOMEM; another
 * error: it cannot be read further, *ret_reason says why.
 */
YG_MUST_USE int yg_drop_file_read(struct yg_drop_file *file, int64_t now_ns,
				  struct yg_collect *collect, const char **ret_reason);
/* Records so far, those passed over included; places that could not be read. */
uint64_t yg_drop_file_records(const struct yg_drop_file *file);
uint64_t yg_drop_file_damaged(const struct yg_drop_file *file);
