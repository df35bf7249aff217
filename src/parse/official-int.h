/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the official-wording reader share: where rows go, and the workbook's sheets.
 */
#pragma once

#include "base/buf.h"
#include "parse/official.h"
#include "parse/workbook.h"

#define YG_OFFICIAL_TEXT_MAX (256u << 10) /* bytes of one cell */

/* Rows as they are found: ids unique, texts cleaned. */
struct yg_official_rows {
	struct yg_arena *arena;
	struct yg_line_fault *fault;
	struct yg_official_text *items;
	uint32_t *slots; /* open addressing by id; number of a row + 1, 0: free */
	uint32_t room;
	uint32_t count;
};

int yg_official_rows_init(struct yg_official_rows *rows, struct yg_arena *arena,
			  struct yg_line_fault *fault);

/*
 * Add one row: ends trimmed, line ends made \n, both copied. Without text nothing is added (the
 * id counts as missing); the same id with the same text is added once, with another refused.
 */
int yg_official_rows_add(struct yg_official_rows *rows, struct yg_bytes id, struct yg_bytes text,
			 uint32_t line);

/* ---- official_workbook.c ---- */

int yg_workbook_read(struct yg_bytes file, struct yg_official_rows *rows);

struct yg_workbook;
struct yg_sheet_cells;
/* @file is borrowed until it is closed. @unpacked_max: bytes of all that is read of it; other
 * limits as for official wording. */
YG_MUST_USE int yg_workbook_open(struct yg_bytes file, uint32_t unpacked_max,
				 struct yg_workbook **ret, struct yg_line_fault *reterr);
struct yg_workbook *yg_workbook_close(struct yg_workbook *book);
/* The part @name ("xl/workbook.xml"), unpacked, to the end of @to. YG_EFORMAT also: there is none.
 */
YG_MUST_USE int yg_workbook_part(struct yg_workbook *book, const char *name, struct yg_buf *to,
				 struct yg_line_fault *reterr);
/* Cells with text of the sheet in part @name; until the next call. Texts live as long as @book. */
YG_MUST_USE int yg_workbook_cells(struct yg_workbook *book, const char *name,
				  const struct yg_sheet_cells **ret, struct yg_line_fault *reterr);

/* ---- official_sheet.c: the XML of a workbook's parts, as they are unpacked ---- */

struct yg_sheet_cell {
	uint32_t row;	 /* from 1 */
	uint32_t column; /* from 0 */
	struct yg_bytes text;
};

struct yg_sheet_strings {
	struct yg_bytes *items;
	size_t count;
	size_t room;
};

struct yg_sheet_cells {
	struct yg_sheet_cell *items;
	size_t count;
	size_t room;
};

#define YG_SHEET_COLUMNS_MAX 16384u
#define YG_SHEET_ROWS_MAX    1048576u
#define YG_SHEET_CELLS_MAX   1000000u /* with text, of one sheet; also shared strings */

struct yg_sheet_parser;

/*
 * A parser of one part: shared strings when @cells is NULL (they go to @strings), else a sheet
 * (cells with text go to @cells). Texts are kept in @scratch. @name is for messages. NULL without
 * memory.
 */
struct yg_sheet_parser *yg_sheet_parser_new(struct yg_arena *scratch, const char *name,
					    struct yg_sheet_strings *strings,
					    struct yg_sheet_cells *cells,
					    struct yg_line_fault *fault);
struct yg_sheet_parser *yg_sheet_parser_free(struct yg_sheet_parser *parser);

/* The next bytes; @is_end with the last. */
int yg_sheet_feed(struct yg_sheet_parser *parser, struct yg_bytes bytes, bool is_end);

/* ---- official_columns.c: which column holds ids, which the text ---- */

struct yg_sheet_row {
	struct yg_bytes id;
	struct yg_bytes text;
	uint32_t line;
};

/* What one sheet gives. */
struct yg_sheet_found {
	struct yg_sheet_row *rows; /* in @scratch */
	uint32_t count;
	bool is_named; /* the header names the column of the text */
};

/* Look through @cells. Nothing found is count 0, no error. Cost: O(cells × log). */
int yg_sheet_find(const struct yg_sheet_cells *cells, struct yg_arena *scratch,
		  struct yg_sheet_found *ret, struct yg_line_fault *fault);
