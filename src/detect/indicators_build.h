/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/indicators_build.h - lists of indicators to a compiled image, within bounded memory.
 *
 * Layer:   detect. Opens no files: where the image and what does not fit in memory go is lent.
 * Memory:  about 100 MB at YG_INDICATORS_MAX, whatever the lists hold.
 * Tests:   tests/unit/detect/test_indicators_image.c
 *
 *   lists ─► values ─► records, by the first byte of their hashes ─► runs in the temporary place
 *         runs ─► one part of the hashes at a time: sorted, doubles dropped ─► table, filter
 */
#pragma once

#include "detect/indicators.h"

/* Places lent by the caller. All return YG_OK or an error, which ends the building. */
struct yg_indicator_store {
	/* Write into the image at @at: one piece behind the other, at last the head at 0. */
	int (*put)(void *arg, uint64_t at, struct yg_bytes b);
	/* Add to the temporary place. */
	int (*spill)(void *arg, struct yg_bytes b);
	/* Read from it. */
	int (*unspill)(void *arg, uint64_t at, uint8_t *to, size_t size);
	void *arg;
};

struct yg_indicator_build;

/* @seed: unpredictable, as what is looked up is chosen by strangers; @store is copied. */
struct yg_indicator_build *yg_indicator_build_new(uint64_t seed,
						  const struct yg_indicator_store *store);
struct yg_indicator_build *yg_indicator_build_free(struct yg_indicator_build *build);

/* Refused lines are told as they are read; the first ones are kept in the image too. */
void yg_indicator_build_report(struct yg_indicator_build *build, yg_indicators_report_fn report,
			       void *arg);

/* A list begins. YG_OK, YG_ELIMIT (too many lists) or YG_ENOMEM. */
YG_MUST_USE int yg_indicator_build_list(struct yg_indicator_build *build, const char *name);

/*
 * The next bytes of it. *@ret_used bytes were used up; the rest (at most 64 KiB) is wanted again
 * at the front of the next call. @is_last: nothing follows. YG_OK, YG_ENOMEM, YG_ELIMIT (more than
 * YG_INDICATORS_MAX, or than 4 GiB of comments, or 8 GiB of records), or what the store said.
 */
YG_MUST_USE int yg_indicator_build_feed(struct yg_indicator_build *build, struct yg_bytes text,
					bool is_last, size_t *ret_used);

/*
 * After the last list: write the rest. @key: what the image was made from. Errors as of feed;
 * YG_ELIMIT also when very many long values share their hashes' first bits, which needs the seed.
 */
YG_MUST_USE int yg_indicator_build_finish(struct yg_indicator_build *build,
					  const uint8_t key[YG_DIGEST_BYTES], uint64_t *ret_size);
