/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/sheet.h - a table for a spreadsheet: CSV (UTF-8 with byte-order mark, CRLF, nothing that
 * would be taken for a formula) or a workbook (.xlsx, one sheet, every cell a text).
 *
 * A workbook's cells are inline texts, which no spreadsheet computes; in CSV such cells get an
 * apostrophe (render/csv.h), which parse/community.h takes away again.
 * Source: ECMA-376 part 1 (18.3), PKWARE APPNOTE 6.3 (stored members). Thread-safe on sheets of
 * one's own.
 * Tests: tests/unit/render/test_sheet.c
 */
#pragma once

#include "base/buf.h"

#define YG_SHEET_BYTES_MAX (1u << 30)

enum yg_sheet_form {
	YG_SHEET_CSV,
	YG_SHEET_WORKBOOK,
};

struct yg_sheet {
	enum yg_sheet_form form;
	struct yg_buf rows; /* what was added so far */
	uint32_t row;	    /* from 0 */
	uint32_t column;
};

/* In place; yg_sheet_done() frees. */
void yg_sheet_init(struct yg_sheet *sheet, enum yg_sheet_form form);
void yg_sheet_done(struct yg_sheet *sheet);

void yg_sheet_cell(struct yg_sheet *sheet, struct yg_bytes text);
void yg_sheet_row_end(struct yg_sheet *sheet);

/* The whole file to @to, which is empty. YG_OK, YG_ENOMEM or YG_ELIMIT. */
YG_MUST_USE int yg_sheet_end(struct yg_sheet *sheet, struct yg_buf *to);
