/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/indicator_place.h - where indicators are compiled to: a file of the cache folder, or memory.
 *
 * Files have no name while they are written (O_TMPFILE): whatever ends the program, nothing is
 * left. Where a file system cannot do that, the image has a name that ends in ".part" and is
 * locked; the next one to compile removes what is not locked any more.
 */
#pragma once

#include "detect/indicators_build.h"

#define YG_INDICATOR_CACHE_SUFFIX    ".iocs"
#define YG_INDICATOR_CACHE_FILES_MAX 4u /* the oldest are removed beyond this */
#define YG_INDICATOR_CACHE_BYTES_MAX (UINT64_C(16) << 30)

struct yg_indicator_place {
	int image_fd;
	int spill_fd;
	uint64_t put_bytes;	  /* into the image so far */
	uint64_t spilled;	  /* bytes in the temporary file */
	int rc;			  /* the first error of the place itself */
	char folder[4096];	  /* empty: memory */
	char part[4200];	  /* the image's name while it has one, else empty */
	void (*moved)(void *arg); /* something was written; may be NULL */
	void *arg;
};

/* In the cache folder; an error when there is none or it cannot be written. */
YG_MUST_USE int yg_indicator_place_cache(struct yg_indicator_place *place);
YG_MUST_USE int yg_indicator_place_memory(struct yg_indicator_place *place);
/* Removes what was not kept. */
void yg_indicator_place_done(struct yg_indicator_place *place);

/* What the builder is lent; valid as long as @place. */
struct yg_indicator_store yg_indicator_place_store(struct yg_indicator_place *place);

/* Give the finished image its name in the cache, durably. Without effect in memory. */
YG_MUST_USE int yg_indicator_place_keep(struct yg_indicator_place *place,
					const uint8_t key[YG_DIGEST_BYTES]);

/* What the file system says of the image now. */
struct stat;
YG_MUST_USE int yg_indicator_place_stat(const struct yg_indicator_place *place, struct stat *ret);

/* Map the finished image of @size bytes; stays after done. NULL when it cannot be. */
void *yg_indicator_place_map(const struct yg_indicator_place *place, size_t size);
