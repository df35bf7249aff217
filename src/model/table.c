/* SPDX-License-Identifier: Apache-2.0 */
#include "model/table.h"

#include "base/ban.h"

uint32_t yg_table_column(const struct yg_table *table, const char *name)
{
	for (uint32_t i = 0; i < table->header.count; i++)
		if (yg_bytes_eq_nocase(table->header.cells[i], yg_bytes_str(name)))
			return i;
	return UINT32_MAX;
}

struct yg_bytes yg_table_cell(const struct yg_table_row *row, uint32_t column)
{
	return column < row->count ? yg_bytes_trim(row->cells[column]) : (struct yg_bytes){0};
}
