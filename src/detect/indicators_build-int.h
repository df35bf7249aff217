/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/indicators_build-int.h - compiling indicators: what reading (indicators_build.c) hands to
 * merging (indicators_merge.c). Inside detect/.
 */
#pragma once

#include "detect/indicators_build.h"
#include "detect/indicators_image-int.h"

#define YG_INDICATOR_RECENT 16384u /* a power of two */
#define YG_INDICATOR_SLICES 256u   /* one for each first byte of a hash */

/* Before each record while it is not in the image. */
struct yg_indicator_spilled {
	uint64_t hash;
	uint32_t size; /* with this */
} __attribute__((packed, aligned(4)));

struct yg_indicator_run {
	uint64_t at; /* in the temporary place */
	uint32_t slices[YG_INDICATOR_SLICES + 1];
};

/* The image, written from front to back, with the checksums of its sections. */
struct yg_indicator_out {
	const struct yg_indicator_store *store;
	uint64_t seed;
	uint64_t at;		     /* of what is in block */
	struct yg_buf block;	     /* at most YG_IIMG_BLOCK */
	struct yg_iimg_run *section; /* that is being written */
	int rc;			     /* the first error is kept */
};

void yg_indicator_out_init(struct yg_indicator_out *out, const struct yg_indicator_store *store,
			   uint64_t seed, uint64_t at);
void yg_indicator_out_done(struct yg_indicator_out *out);
void yg_indicator_out_begin(struct yg_indicator_out *out, struct yg_iimg_run *section);
void yg_indicator_out_add(struct yg_indicator_out *out, struct yg_bytes b);
void yg_indicator_out_end(struct yg_indicator_out *out);

struct yg_indicator_build {
	struct yg_indicator_store store;
	struct yg_indicator_out out;
	struct yg_iimg_head head;
	struct yg_indicator_reader *reader;
	yg_indicators_report_fn report;
	void *report_arg;
	size_t name_at; /* of the present list, in names */
	struct yg_buf names;
	struct yg_iimg_note notes[YG_INDICATOR_NOTES_MAX + 1]; /* the last one is never used */
	uint64_t comments_size;
	uint32_t comment_at; /* of the last comment, and the comment itself */
	size_t comment_size;
	uint8_t comment[YG_INDICATOR_COMMENT_MAX];
	uint64_t total; /* records taken, and their bytes */
	uint64_t total_bytes;
	size_t run_bytes;		      /* tests make it small */
	struct yg_buf pending;		      /* records of the next run */
	uint32_t recent[YG_INDICATOR_RECENT]; /* by hash: where in pending a record begins, + 1 */
	struct yg_buf sliced;		      /* the same in the order of their slices */
	struct yg_indicator_run *runs;
	size_t run_count;
	uint64_t spilled;
	struct yg_indicator_value value;
};

/* Put what is pending in the order of its slices, into build->sliced. */
YG_MUST_USE int yg_indicator_slice(struct yg_indicator_build *build, struct yg_indicator_run *ret);
