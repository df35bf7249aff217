/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/csv.h - tables as spreadsheets write them: comma, semicolon or tab; quotes; any line end.
 *
 * Layer:   parse. Input untrusted, UTF-8 (source/encoding.h turns CP932 and others into it; a
 *          byte-order mark is skipped here).
 * Refused: a quote that never ends, text after a closing quote, bytes that are no UTF-8 text, more
 *          than the limits below; lines are named. Rows of any width are taken.
 * Source:  RFC 4180; the separator is told from the first line.
 * Tests:   tests/unit/parse/test_csv.c, tests/fuzz/fuzz_csv.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/table.h"

#define YG_CSV_BYTES_MAX   (64u << 20)
#define YG_CSV_COLUMNS_MAX 256u
#define YG_CSV_ROWS_MAX	   2000000u
#define YG_CSV_CELL_MAX	   (1u << 20)

/* Cost: O(text). YG_OK, YG_EFORMAT, YG_ELIMIT, YG_ENOMEM with *reterr filled. */
YG_MUST_USE int yg_csv_read(struct yg_bytes text, struct yg_arena *arena, struct yg_table *ret,
			    struct yg_line_fault *reterr);
