/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for tests: "asset,kind\nPC-1,pc\n" without quotes, cells cut at commas. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/table.h"

#define TABLE_TEXT_CELLS 32u

static inline struct yg_table_row table_text_row(struct yg_bytes text, uint32_t line,
						 struct yg_arena *arena)
{
	struct yg_bytes *cells = yg_arena_alloc(arena, TABLE_TEXT_CELLS * sizeof(*cells));
	struct yg_table_row row = {.cells = cells, .line = line};

	while (cells && row.count < TABLE_TEXT_CELLS) {
		size_t end = yg_bytes_chr(text, ',');

		cells[row.count++] = yg_bytes_cut(text, 0, end);
		if (end == SIZE_MAX)
			break;
		text = yg_bytes_from(text, end + 1);
	}
	return row;
}

/* @text lives as long as the table. */
static inline struct yg_table table_text(struct yg_bytes text, struct yg_arena *arena)
{
	struct yg_table table = {0};
	struct yg_table_row *rows;
	uint32_t line = 0;
	size_t lines = 1;

	for (size_t i = 0; i < text.size; i++)
		lines += text.data[i] == '\n';
	rows = yg_arena_alloc(arena, lines * sizeof(*rows));
	while (rows && text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n');
		struct yg_bytes one = yg_bytes_cut(text, 0, end);

		line++;
		if (line == 1)
			table.header = table_text_row(one, line, arena);
		else if (yg_bytes_trim(one).size > 0)
			rows[table.row_count++] = table_text_row(one, line, arena);
		text = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(text, end + 1);
	}
	table.rows = rows;
	return table;
}
