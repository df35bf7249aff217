/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/table.h - a table as a spreadsheet gives it: a header and rows of cells.
 *
 * Read by parse/csv.h. Immutable; borrowed from the arena it was read into.
 */
#pragma once

#include "base/bytes.h"

struct yg_table_row {
	const struct yg_bytes *cells; /* unquoted; borrowed from the arena */
	uint32_t count;		      /* as in the file: may differ from the header's */
	uint32_t line;		      /* where the row begins, from 1 */
};

struct yg_table {
	struct yg_table_row header; /* the first row, cells trimmed; count 0: an empty file */
	const struct yg_table_row *rows;
	uint32_t row_count; /* rows without any text are left out */
};

/* The column named @name (letter case and blanks at its ends do not count), or UINT32_MAX. */
uint32_t yg_table_column(const struct yg_table *table, const char *name);

/* The cell of @row in @column, trimmed; empty when there is none. */
struct yg_bytes yg_table_cell(const struct yg_table_row *row, uint32_t column);
