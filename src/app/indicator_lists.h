/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/indicator_lists.h - from lists of indicators to a set ready to search, by way of the cache.
 *
 * Lists of YG_INDICATORS_CACHED_MIN bytes and more are compiled into a file of the cache folder,
 * named by the digest of their names and bytes, and mapped; what is compiled is the same in memory,
 * for small lists, pipes, and where the cache cannot be written. --indicators and --allow have an
 * image each, so that a new line in the small list does not cost compiling the large one.
 * The cache is hostile input: see app/cache.h and detect/indicators.h; what does not hold is
 * compiled anew. What was said about refused lines is kept in the image and said again.
 */
#pragma once

#include "app/options.h"
#include "base/hash.h"
#include "detect/indicators.h"

#define YG_INDICATORS_CACHED_MIN (UINT64_C(4) << 20)
#define YG_INDICATOR_LISTS_MAX	 4096u		     /* files of folders that are named */
#define YG_INDICATOR_FILE_MAX	 (UINT64_C(8) << 30) /* bytes of one list */

struct yg_indicator_lists {
	struct yg_indicators *set;	 /* NULL: no list was named */
	uint64_t bad;			 /* lines that are no indicator */
	uint8_t digest[YG_DIGEST_BYTES]; /* of all lists */
	struct {
		void *mem; /* a mapping, or NULL */
		size_t size;
		void *cells; /* a copy of its filter in large pages, or NULL */
		size_t cells_size;
		bool is_cached; /* found as it was compiled before */
	} images[YG_INDICATORS_SIDES];
};

/*
 * Load what @options name; a folder stands for the files in it. Refused lines, doubles and errors
 * are said; on a terminal, how far a long run of compiling is. YG_OK, YG_ENOMEM, YG_ELIMIT (said),
 * YG_EINVAL: a list cannot be read (said), or there is no room for what is compiled (said). *ret
 * may be given to done() in any case.
 */
YG_MUST_USE int yg_indicator_lists_load(const struct yg_options *options,
					struct yg_indicator_lists *ret);
void yg_indicator_lists_done(struct yg_indicator_lists *lists);
