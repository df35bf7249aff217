/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: a table whose cells hold no more than the text had, or a fault; the same twice. */
#include <stdint.h>
#include <stdlib.h>

#include "parse/csv.h"

static void check_row(const struct yg_table_row *row, size_t *bytes)
{
	bool has_text = false;

	if (row->count > YG_CSV_COLUMNS_MAX || row->line == 0)
		abort();
	for (uint32_t i = 0; i < row->count; i++) {
		*bytes += row->cells[i].size;
		has_text |= yg_bytes_trim(row->cells[i]).size > 0;
	}
	if (row->count > 0 && !has_text)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	struct yg_line_fault fault = {.msg = ""};
	struct yg_table table;
	size_t bytes = 0;
	uint32_t line = 0;
	int rc;

	if (!arena || size > 65536) {
		(void)yg_arena_free(arena);
		return 0;
	}
	rc = yg_csv_read((struct yg_bytes){data, size}, arena, &table, &fault);
	if (rc != YG_OK && (fault.code != (enum yg_err)rc || fault.msg[0] == 0))
		abort();
	if (rc == YG_OK && table.header.count > 0)
		check_row(&table.header, &bytes);
	for (uint32_t i = 0; i < table.row_count; i++) {
		check_row(&table.rows[i], &bytes);
		if (table.rows[i].count == 0 || table.rows[i].line <= line)
			abort();
		line = table.rows[i].line;
	}
	if (bytes > size)
		abort();
	(void)yg_arena_free(arena);
	return 0;
}
