/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share/statistics.h - how many reports (情報連絡) and provisions (情報提供) there were, by Japan's
 * fiscal year and quarter, counted from individual records.
 *
 * A record is a line of NDJSON: {"id":"…","kind":"report"|"provision","date":"2023-04-01"}; further
 * keys are left alone. A date may carry a time: then Japan's day counts. The fiscal year begins on
 * 1 April; quarter 1 is April to June. All or nothing: with one wrong line there are no numbers.
 *
 *   bytes ─► feed ─► line ─► record ─► month of its kind ─► rows
 *
 * Input: untrusted; a line at a time, whatever the size of the whole. What is kept: a count for
 * each month, and 20 bytes for each record (an id counts once in its kind).
 * Layer: share. Pure: no clock, no files. One thread at a time.
 * Source: DOMAIN 4 (yearly counts), 7 (fiscal year).
 * Tests: tests/unit/share/test_statistics.c, tests/fuzz/fuzz_statistics.c, tests/e2e/statistics.py
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define YG_STATISTICS_LINE_MAX	  (64u << 10) /* bytes */
#define YG_STATISTICS_RECORDS_MAX 2000000u
#define YG_STATISTICS_ID_MAX	  200u	/* bytes */
#define YG_STATISTICS_FAULTS_MAX  1000u /* kept; the others are counted */
#define YG_STATISTICS_VALUE_MAX	  60u	/* bytes of what is wrong, for the message */
#define YG_STATISTICS_YEAR_MIN	  1970
#define YG_STATISTICS_YEAR_MAX	  2999

enum yg_statistics_kind { YG_STATISTICS_REPORT, YG_STATISTICS_PROVISION, YG_STATISTICS_KIND_COUNT };
const char *yg_statistics_kind_name(enum yg_statistics_kind kind); /* "report" */

/* What rows are told apart by, beside the kind. */
enum yg_statistics_by {
	YG_STATISTICS_FY,      /* 2023 */
	YG_STATISTICS_QUARTER, /* 1 to 4, of the fiscal year */
	YG_STATISTICS_MONTH,   /* year × 12 + month from 0: "2023-04" for people */
	YG_STATISTICS_BY_COUNT
};
const char *yg_statistics_by_name(enum yg_statistics_by by); /* "fy" */

/* Some of those, each at most once, in the order of the columns. None: by kind alone. */
struct yg_statistics_order {
	enum yg_statistics_by by[YG_STATISTICS_BY_COUNT];
	uint32_t count;
};
/* "fy,quarter"; "kind" may stand anywhere. YG_OK; YG_EFORMAT: *ret_word is the one that is wrong,
 * or stands twice, borrowed from @text. */
YG_MUST_USE int yg_statistics_order_read(struct yg_bytes text, struct yg_statistics_order *ret,
					 struct yg_bytes *ret_word);

enum yg_statistics_wrong {
	YG_STATISTICS_NO_JSON,	 /* @number: the byte of the line, from 0 */
	YG_STATISTICS_NO_OBJECT, /* JSON, but no object */
	YG_STATISTICS_MISSING,	 /* nothing under @key, or no text */
	YG_STATISTICS_LONG_ID,	 /* more than YG_STATISTICS_ID_MAX bytes */
	YG_STATISTICS_NO_KIND,	 /* neither report nor provision */
	YG_STATISTICS_NO_DATE,	 /* no day that exists, or none of the years above */
	YG_STATISTICS_DOUBLE,	 /* this id of this kind stood in line @number */
	YG_STATISTICS_LONG_LINE, /* more than YG_STATISTICS_LINE_MAX bytes */
	YG_STATISTICS_MANY,	 /* beyond YG_STATISTICS_RECORDS_MAX: the rest was not looked at */
};
struct yg_statistics_fault {
	enum yg_statistics_wrong wrong;
	uint64_t line; /* from 1 */
	uint64_t number;
	const char *key; /* static; "" */
	char value[YG_STATISTICS_VALUE_MAX + 1];
};

struct yg_statistics;
struct yg_statistics *yg_statistics_new(void); /* NULL without memory */
struct yg_statistics *yg_statistics_free(struct yg_statistics *s);

/*
 * The next bytes of the file, cut anywhere. YG_OK (also when lines are wrong: ask at the end),
 * YG_ENOMEM; YG_ELIMIT: there are too many records, give no more. Cost: O(bytes).
 */
YG_MUST_USE int yg_statistics_feed(struct yg_statistics *s, struct yg_bytes bytes);
/* No more bytes. YG_OK, YG_EFORMAT (there are faults), YG_ENOMEM. */
YG_MUST_USE int yg_statistics_end(struct yg_statistics *s);

uint64_t yg_statistics_records(const struct yg_statistics *s);
/* How many faults there were; the first of them, by line. */
uint64_t yg_statistics_faults(const struct yg_statistics *s,
			      const struct yg_statistics_fault **ret_items, uint32_t *ret_count);

struct yg_statistics_row {
	enum yg_statistics_kind kind;
	int32_t by[YG_STATISTICS_BY_COUNT]; /* in the order asked for */
	uint64_t count;
};
/*
 * Each row to @fn: reports first, then by the columns from left to right. @with_zeros: also those
 * of periods between the first record and the last in which there was none, for both kinds; else
 * only what occurs. YG_OK, YG_ENOMEM, or what @fn gave.
 */
typedef int (*yg_statistics_row_fn)(void *arg, const struct yg_statistics_row *row);
YG_MUST_USE int yg_statistics_rows(const struct yg_statistics *s,
				   const struct yg_statistics_order *order, bool with_zeros,
				   yg_statistics_row_fn fn, void *arg);
