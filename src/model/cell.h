/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/cell.h - places and texts of a workbook's cells, as its XML writes them.
 *
 * Read by parse/ (book.h), written by parse/ and render/ (sheet.h). Pure, thread-safe.
 * Source: ECMA-376 part 1 (18.3, 22.9.2.19)
 * Tests:  tests/unit/parse/test_book.c, tests/unit/render/test_sheet.c
 */
#pragma once

#include "base/buf.h"

#define YG_CELL_COLUMNS_MAX 16384u
#define YG_CELL_ROWS_MAX    1048576u
#define YG_CELL_TEXT_MAX    32767u /* UTF-16 units that a spreadsheet takes in one cell */
#define YG_CELL_NAME_SIZE   12u	   /* "XFD1048576" and its NUL */

struct yg_cell {
	uint32_t row;	 /* from 1 */
	uint32_t column; /* from 0 */
};

/* "BC12", also "$BC$12". False: no cell that a sheet has; *ret untouched. */
bool yg_cell_read(struct yg_bytes name, struct yg_cell *ret);
void yg_cell_name(struct yg_cell cell, char to[YG_CELL_NAME_SIZE]);

/* Negative, 0, positive: by row, then by column. */
int yg_cell_compare(struct yg_cell a, struct yg_cell b);

/* @text as the content of <t>: escaped, what XML cannot hold as U+FFFD. */
void yg_cell_add_text(struct yg_buf *to, struct yg_bytes text);
/* UTF-16 units of @text, which is UTF-8: against YG_CELL_TEXT_MAX. */
size_t yg_cell_units(struct yg_bytes text);
