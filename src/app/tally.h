/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/tally.h - counting by a few words: rows of texts with counts and times, in bounded memory.
 *
 * When the table is full further rows are not taken up; how often that happened is counted and
 * shown, so that a total is never wrong in silence. Rows come out in one order for any input
 * order: by counts, then by their words. One thread.
 */
#pragma once

#include "app/options.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/zone.h"

#define YG_TALLY_ROWS_MAX    200000u
#define YG_TALLY_BYTES_MAX   (128u << 20) /* of the words of all rows */
#define YG_TALLY_WORD_MAX    256u	  /* bytes of one word; longer ones are cut */
#define YG_TALLY_COLUMNS_MAX 4u
#define YG_TALLY_COUNTS_MAX  2u
#define YG_TALLY_SHOWN	     40u /* rows on a terminal; JSON and CSV have all */

struct yg_tally_shape {
	const char *columns[YG_TALLY_COLUMNS_MAX]; /* names in JSON and CSV; NULL: no more */
	const char *heads[YG_TALLY_COLUMNS_MAX];   /* for people; msgids */
	const char *counts[YG_TALLY_COUNTS_MAX];
	const char *count_heads[YG_TALLY_COUNTS_MAX];
	bool has_times;
};

struct yg_tally;

/* @shape is borrowed. NULL without memory. */
struct yg_tally *yg_tally_new(const struct yg_tally_shape *shape);
struct yg_tally *yg_tally_free(struct yg_tally *tally);

/*
 * Count @words (one for each column, may be empty) once in count number @which. @time_ns may be
 * YG_TIME_NONE. YG_OK (also when the table is full) or YG_ENOMEM.
 */
YG_MUST_USE int yg_tally_add(struct yg_tally *tally, const struct yg_bytes *words, unsigned which,
			     int64_t time_ns);

/* Write to standard output, as @output says. @zone: for times that people read. */
YG_MUST_USE int yg_tally_print(struct yg_tally *tally, enum yg_output output,
			       const struct yg_zone *zone);
