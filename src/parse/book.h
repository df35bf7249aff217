/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/book.h - somebody else's workbook (.xlsx), of which some cells are filled in.
 *
 *   file ─► open ─► sheets ─► look: texts and merged cells        (where does what go?)
 *                       └───► fill: the same file, other cells    (docs/forms.md)
 *
 * Filling copies the file byte for byte: of the sheets that get something the elements of those
 * cells are replaced in their XML, and everything around them stays; all other parts of the
 * archive, shared strings, styles, pictures and macros among them, are not even unpacked. A cell
 * keeps its style; its text stands in it directly ("inlineStr"), so that nothing is computed. Of
 * merged cells the first takes the text. A cell with a formula is refused.
 *
 * Layer:   parse. Input untrusted; parts, what they unpack to, cells and depth are bounded; no
 * entity of XML that the file defines itself. Members of the archive that overlap, and archives of
 * more than 4 GiB (zip64), are refused. Source:  ECMA-376 part 1 (18.2, 18.3), PKWARE APPNOTE 6.3.
 * One thread at a time. Tests:   tests/unit/parse/test_book.c, tests/fuzz/fuzz_book.c
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/cell.h"

#define YG_BOOK_BYTES_MAX    (16u << 20) /* of a file */
#define YG_BOOK_OUT_MAX	     (96u << 20) /* of one that was filled */
#define YG_BOOK_PART_MAX     (16u << 20) /* of a sheet, unpacked */
#define YG_BOOK_UNPACKED_MAX (64u << 20) /* of all that is read of one, each time counted */
#define YG_BOOK_SHEETS_MAX   64u
#define YG_BOOK_MERGES_MAX   100000u
#define YG_BOOK_WRITES_MAX   1000u

struct yg_book;

struct yg_book_sheet {
	struct yg_bytes name; /* as people see it */
	const char *part;     /* "xl/worksheets/sheet1.xml" */
	bool is_hidden;
};

/* @file is borrowed until the book is closed; what is read lives in @arena. YG_OK, YG_EFORMAT,
 * YG_ELIMIT, YG_ENOMEM with *reterr filled. */
YG_MUST_USE int yg_book_open(struct yg_bytes file, struct yg_arena *arena, struct yg_book **ret,
			     struct yg_line_fault *reterr);
struct yg_book *yg_book_close(struct yg_book *book);

/* Its sheets in the order in which people see them; at least one. */
uint32_t yg_book_sheets(const struct yg_book *book, const struct yg_book_sheet **ret);
/* The sheet @name; empty: the first that is not hidden. UINT32_MAX: there is none. */
uint32_t yg_book_sheet(const struct yg_book *book, struct yg_bytes name);

/* A cell with text; @to is the last cell of the merged ones it is the first of, else itself. */
struct yg_book_cell {
	struct yg_cell at;
	struct yg_cell to;
	struct yg_bytes text;
};
struct yg_book_merge {
	struct yg_cell from;
	struct yg_cell to;
};
struct yg_book_look {
	const struct yg_book_cell *cells; /* by row, then column */
	uint32_t cell_count;
	const struct yg_book_merge *merges; /* by their first cell */
	uint32_t merge_count;
};
/* All of it lives in the arena of the book; the second look at a sheet costs nothing. */
YG_MUST_USE int yg_book_look(struct yg_book *book, uint32_t sheet, const struct yg_book_look **ret,
			     struct yg_line_fault *reterr);
/* The cell that takes what is written to @at: the first of merged ones, else @at. O(merges). */
struct yg_cell yg_book_first(const struct yg_book_look *look, struct yg_cell at);
/* The text in @at; empty without one. O(log cells). */
struct yg_bytes yg_book_text(const struct yg_book_look *look, struct yg_cell at);

/* @text is UTF-8. @is_number: it is a number as JSON writes one, and the cell's format shows it. */
struct yg_book_write {
	uint32_t sheet;
	struct yg_cell at;
	struct yg_bytes text;
	bool is_number;
};
/*
 * The file with @writes in it to @to, which is empty and can take YG_BOOK_OUT_MAX. Of several to
 * one cell the texts stand in it line by line. YG_OK; YG_EINVAL: a text longer than a cell takes;
 * YG_EUNSUPPORTED: a cell with a formula, a sheet that is not UTF-8, an archive with zip64; and as
 * above; *reterr says which cell. Cost: O(file + sheets that are written to).
 */
YG_MUST_USE int yg_book_fill(struct yg_book *book, const struct yg_book_write *writes,
			     uint32_t count, struct yg_buf *to, struct yg_line_fault *reterr);
