/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/csv.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"

static struct yg_arena *arena;
static struct yg_table table;
static struct yg_line_fault fault;

static int load(struct yg_bytes text)
{
	(void)yg_arena_free(arena);
	arena = yg_arena_new(512u << 20);
	memset(&fault, 0, sizeof(fault));
	return yg_csv_read(text, arena, &table, &fault);
}

static int read_text(const char *text)
{
	return load(yg_bytes_str(text));
}

static bool refuses(const char *text, uint32_t line, const char *part)
{
	int rc = read_text(text);

	if (rc == YG_EFORMAT && fault.code == YG_EFORMAT && fault.line == line &&
	    strstr(fault.msg, part))
		return true;
	fprintf(stderr, "%d, line %u: %s\n", rc, fault.line, fault.msg);
	return false;
}

static void reads_rows(void)
{
	CHECK(read_text(" id , Name\n1,a\n2,b,c\n3\n") == YG_OK);
	CHECK(table.header.count == 2 && table.row_count == 3);
	CHECK_TEXT(table.header.cells[0], "id");
	CHECK(yg_table_column(&table, "NAME") == 1);
	CHECK(yg_table_column(&table, "nothing") == UINT32_MAX);
	CHECK(table.rows[1].count == 3 && table.rows[1].line == 3);
	CHECK_TEXT(table.rows[1].cells[2], "c");
	CHECK_TEXT(yg_table_cell(&table.rows[0], 1), "a");
	CHECK(yg_table_cell(&table.rows[2], 1).size == 0);
	CHECK(yg_table_cell(&table.rows[2], UINT32_MAX).size == 0);
}

static void tells_the_separator_from_the_header(void)
{
	CHECK(read_text("a;b;c\n1,5;2;3\n") == YG_OK && table.header.count == 3);
	CHECK_TEXT(table.rows[0].cells[0], "1,5");
	CHECK(read_text("a\tb\n1,2\t3;4\n") == YG_OK && table.header.count == 2);
	CHECK_TEXT(table.rows[0].cells[1], "3;4");
	CHECK(read_text("\"a;b;c;d\",e\n1,2\n") == YG_OK && table.header.count == 2);
	CHECK(read_text("\r\n\na;b\n1;2\n") == YG_OK && table.header.count == 2);
	CHECK(table.header.line == 3);
	CHECK(read_text("one\nx,y\n") == YG_OK && table.header.count == 1);
	CHECK(table.rows[0].count == 2);
}

static void takes_any_line_end(void)
{
	static const char *const texts[] = {"a,b\n1,2\n3,4", "a,b\r1,2\r3,4\r",
					    "a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\r\n3,4\r"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK(read_text(texts[i]) == YG_OK && table.row_count == 2);
		CHECK_TEXT(table.rows[1].cells[1], "4");
		CHECK(table.rows[1].line == 3);
	}
}

static void unquotes(void)
{
	CHECK(read_text("a,b\n\"x, \"\"y\"\"\",\"two\r\nlines\"\n\"\", \"q\"\n\"z\" ,1\n") ==
	      YG_OK);
	CHECK(table.row_count == 3);
	CHECK_TEXT(table.rows[0].cells[0], "x, \"y\"");
	CHECK_TEXT(table.rows[0].cells[1], "two\r\nlines");
	CHECK(table.rows[1].line == 4 && table.rows[1].cells[0].size == 0);
	CHECK_TEXT(table.rows[1].cells[1], " \"q\"");
	CHECK_TEXT(table.rows[2].cells[0], "z");
	CHECK(read_text("a\n5\" disk\n") == YG_OK);
	CHECK_TEXT(table.rows[0].cells[0], "5\" disk");
	CHECK(read_text("a\n\"x\"") == YG_OK);
	CHECK_TEXT(table.rows[0].cells[0], "x");
}

static void leaves_out_the_empty(void)
{
	CHECK(read_text("\xef\xbb\xbf"
			"a,b\n,\n \n1,2\n\n\"\",\" \"\n") == YG_OK);
	CHECK_TEXT(table.header.cells[0], "a");
	CHECK(table.row_count == 1 && table.rows[0].line == 4);
	CHECK(read_text("") == YG_OK && table.header.count == 0 && table.row_count == 0);
	CHECK(read_text("\n,,\n") == YG_OK && table.header.count == 0);
	CHECK(read_text("a") == YG_OK && table.header.count == 1 && table.row_count == 0);
}

static void names_the_line_of_a_fault(void)
{
	CHECK(refuses("a,b\n1,\"two\n3,4\n", 2, "never ends"));
	CHECK(refuses("a\n\"x\n\ny\"z\n", 4, "after a closing quote"));
	CHECK(refuses("a\nb\n\x82\xa0\n", 3, "not UTF-8"));
	CHECK(refuses("a\r\nb\r\xff\n", 3, "not UTF-8"));
	CHECK(load((struct yg_bytes){(const uint8_t *)"a\nb\0c\n", 6}) == YG_EFORMAT);
	CHECK(fault.line == 2);
}

static void has_limits(void)
{
	struct yg_buf text;

	yg_buf_init(&text, 128u << 20);
	for (unsigned i = 0; i < YG_CSV_COLUMNS_MAX - 1; i++)
		yg_buf_add_byte(&text, ',');
	yg_buf_add_byte(&text, 'x');
	CHECK(load(yg_buf_bytes(&text)) == YG_OK && table.header.count == YG_CSV_COLUMNS_MAX);
	yg_buf_add_byte(&text, ',');
	CHECK(load(yg_buf_bytes(&text)) == YG_ELIMIT && fault.line == 1);
	yg_buf_reset(&text);
	for (unsigned i = 0; i < YG_CSV_CELL_MAX; i++)
		yg_buf_add_byte(&text, 'x');
	CHECK(load(yg_buf_bytes(&text)) == YG_OK);
	yg_buf_add_byte(&text, 'x');
	CHECK(load(yg_buf_bytes(&text)) == YG_ELIMIT);
	yg_buf_reset(&text);
	for (unsigned i = 0; i < YG_CSV_ROWS_MAX + 1; i++)
		yg_buf_add_str(&text, "x\n");
	CHECK(load(yg_buf_bytes(&text)) == YG_OK && table.row_count == YG_CSV_ROWS_MAX);
	yg_buf_add_str(&text, "x\n");
	CHECK(load(yg_buf_bytes(&text)) == YG_ELIMIT && fault.line == YG_CSV_ROWS_MAX + 2);
	while (text.size <= YG_CSV_BYTES_MAX)
		yg_buf_add_str(&text,
			       "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
	CHECK(load(yg_buf_bytes(&text)) == YG_ELIMIT && fault.line == 0);
	yg_buf_done(&text);
}

static void lives_without_memory(void)
{
	int rc = YG_ENOMEM;
	long n = 0;

	while (rc == YG_ENOMEM && n < 100) {
		struct yg_arena *small;

		yg_fail_at = ++n;
		small = yg_arena_new(1u << 20);
		if (small)
			rc = yg_csv_read(YG_S("a,b\n1,\"2\"\n"), small, &table, &fault);
		yg_fail_at = 0;
		(void)yg_arena_free(small);
	}
	CHECK(rc == YG_OK && n > 1);
	rc = YG_ENOMEM;
	for (size_t size = 1; rc == YG_ENOMEM && size < 4096; size += 8) {
		struct yg_arena *small = yg_arena_new(size);

		CHECK(small != NULL);
		rc = yg_csv_read(YG_S("a,b\n1,\"2\"\n"), small, &table, &fault);
		CHECK(rc == YG_OK || (fault.code == YG_ENOMEM && table.row_count == 0));
		(void)yg_arena_free(small);
	}
	CHECK(rc == YG_OK);
}

static const struct check_case cases[] = {
	CASE(reads_rows),	    CASE(tells_the_separator_from_the_header),
	CASE(takes_any_line_end),   CASE(unquotes),
	CASE(leaves_out_the_empty), CASE(names_the_line_of_a_fault),
	CASE(has_limits),	    CASE(lives_without_memory),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_arena_free(arena);
	return rc;
}
