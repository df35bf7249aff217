/* SPDX-License-Identifier: Apache-2.0 */
/* What render/sheet.h writes, read back; and workbooks that are damaged. */
#include "parse/workbook.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "render/sheet.h"

static struct yg_arena *arena;
static struct yg_table table;
static struct yg_line_fault fault;
static struct yg_buf file;

static int read_file(struct yg_bytes bytes)
{
	(void)yg_arena_free(arena);
	arena = yg_arena_new(64u << 20);
	fault = (struct yg_line_fault){.msg = ""};
	return yg_workbook_table(bytes, arena, &table, &fault);
}

static void make(const char *const cells[][3], uint32_t rows)
{
	struct yg_sheet sheet;

	yg_sheet_init(&sheet, YG_SHEET_WORKBOOK);
	for (uint32_t i = 0; i < rows; i++) {
		for (uint32_t j = 0; j < 3; j++)
			yg_sheet_cell(&sheet, yg_bytes_str(cells[i][j]));
		yg_sheet_row_end(&sheet);
	}
	yg_buf_done(&file);
	yg_buf_init(&file, 1u << 20);
	if (yg_sheet_end(&sheet, &file) != YG_OK)
		abort();
	yg_sheet_done(&sheet);
}

static void gives_back_what_was_written(void)
{
	static const char *const cells[][3] = {{"id", "名前", "note"},
					       {"=1+1", "", " & <b> \"q\" "},
					       {"", "", ""},
					       {"_x0041_", "a_x", "\xf0\x9f\x8f\xaf"}};

	make(cells, 4);
	CHECK(yg_workbook_is(yg_buf_bytes(&file)));
	CHECK(read_file(yg_buf_bytes(&file)) == YG_OK);
	CHECK(table.header.count == 3 && table.row_count == 2);
	CHECK_TEXT(table.rows[0].cells[0], "=1+1");
	CHECK(table.rows[0].cells[1].size == 0);
	CHECK_TEXT(table.rows[0].cells[2], " & <b> \"q\" ");
	CHECK(table.rows[0].line == 2 && table.rows[1].line == 4);
	CHECK_TEXT(table.rows[1].cells[0], "_x0041_");
	CHECK_TEXT(table.rows[1].cells[1], "a_x");
	CHECK_TEXT(table.rows[1].cells[2], "\xf0\x9f\x8f\xaf");
}

static void says_what_is_damaged(void)
{
	static const char *const cells[][3] = {{"id", "b", "c"}, {"1", "2", "3"}};
	struct yg_bytes whole;

	make(cells, 2);
	whole = yg_buf_bytes(&file);
	for (size_t size = 0; size < whole.size; size += 7)
		CHECK(read_file(yg_bytes_cut(whole, 0, size)) == YG_EFORMAT && fault.msg[0]);
	CHECK(read_file(whole) == YG_OK);
	for (size_t i = 0; i < whole.size; i += 11) { /* any byte: an answer, no crash */
		file.data[i] ^= 0x55;
		(void)read_file(whole);
		file.data[i] ^= 0x55;
	}
}

static void survives_failing_memory(void)
{
	static const char *const cells[][3] = {{"id", "b", "c"}, {"1", "2", "3"}};
	bool has_failed = false;

	make(cells, 2);
	for (long i = 1; i < 200; i++) {
		int rc;

		(void)yg_arena_free(arena);
		arena = yg_arena_new(64u << 20);
		yg_fail_at = i;
		rc = yg_workbook_table(yg_buf_bytes(&file), arena, &table, &fault);
		yg_fail_at = 0;
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		has_failed |= rc == YG_ENOMEM;
	}
	CHECK(has_failed);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(gives_back_what_was_written),
		CASE(says_what_is_damaged),
		CASE(survives_failing_memory),
	};
	int status = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_arena_free(arena);
	yg_buf_done(&file);
	return status;
}
