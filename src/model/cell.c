/* SPDX-License-Identifier: Apache-2.0 */
#include "model/cell.h"

#include <stdio.h>

#include "base/utf8.h"

#include "base/ban.h"

#define LETTERS 26u

bool yg_cell_read(struct yg_bytes name, struct yg_cell *ret)
{
	uint32_t column = 0;
	uint64_t row;
	size_t at = name.size > 0 && name.data[0] == '$' ? 1 : 0;
	size_t first = at;

	for (; at < name.size && name.data[at] >= 'A' && name.data[at] <= 'Z'; at++) {
		column = column * LETTERS + (uint32_t)(name.data[at] - 'A') + 1;
		if (column > YG_CELL_COLUMNS_MAX)
			return false;
	}
	if (at == first)
		return false;
	if (at < name.size && name.data[at] == '$')
		at++;
	if (!yg_bytes_u64(yg_bytes_from(name, at), &row) || row == 0 || row > YG_CELL_ROWS_MAX)
		return false;
	*ret = (struct yg_cell){(uint32_t)row, column - 1};
	return true;
}

void yg_cell_name(struct yg_cell cell, char to[YG_CELL_NAME_SIZE])
{
	char letters[8];
	uint32_t column = cell.column;
	uint32_t count = 0;
	uint32_t at = 0;

	do {
		letters[count++] = (char)('A' + column % LETTERS);
		column = column / LETTERS;
	} while (column-- > 0 && count < 3);
	while (count > 0)
		to[at++] = letters[--count];
	(void)snprintf(to + at, YG_CELL_NAME_SIZE - at, "%u", cell.row); /* seven digits */
}

int yg_cell_compare(struct yg_cell a, struct yg_cell b)
{
	if (a.row != b.row)
		return a.row < b.row ? -1 : 1;
	return a.column == b.column ? 0 : a.column < b.column ? -1 : 1;
}

/*
 * XML has no control characters, and "_x0041_" in a cell means "A" (22.9.2.19): its underscore is
 * written as such an escape itself.
 */
void yg_cell_add_text(struct yg_buf *to, struct yg_bytes text)
{
	while (text.size > 0) {
		size_t size = yg_utf8_size(text);
		uint8_t c = text.data[0];

		if (size == 0 || (c < ' ' && c != '\t' && c != '\n'))
			yg_buf_add_str(to, "\xef\xbf\xbd");
		else if (c == '&')
			yg_buf_add_str(to, "&amp;");
		else if (c == '<')
			yg_buf_add_str(to, "&lt;");
		else if (c == '>')
			yg_buf_add_str(to, "&gt;");
		else if (yg_bytes_starts(text, YG_S("_x")))
			yg_buf_add_str(to, "_x005F_");
		else if (yg_bytes_starts(text, YG_S("\xef\xbf\xbe")) ||
			 yg_bytes_starts(text, YG_S("\xef\xbf\xbf")))
			yg_buf_add_str(to, "\xef\xbf\xbd"); /* no characters of XML */
		else
			yg_buf_add(to, yg_bytes_cut(text, 0, size));
		text = yg_bytes_from(text, size > 0 ? size : 1);
	}
}

size_t yg_cell_units(struct yg_bytes text)
{
	size_t units = 0;

	for (size_t i = 0; i < text.size; i++)
		units += (text.data[i] & 0xc0) == 0x80 ? 0u : text.data[i] >= 0xf0 ? 2u : 1u;
	return units;
}
