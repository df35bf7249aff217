/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of the workbooks that workbooks.py wrote is the argument. */
#include "parse/official.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"

static const char *folder;
static struct yg_arena *arena;
static struct yg_official official;
static struct yg_line_fault fault;

static int load(struct yg_bytes text)
{
	(void)yg_arena_free(arena);
	arena = yg_arena_new(512u << 20);
	memset(&fault, 0, sizeof(fault));
	return yg_official_read(text, arena, &official, &fault);
}

static uint8_t *read_book(const char *name, size_t *ret_size)
{
	char path[4096];
	uint8_t *data = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (yg_io_read_file(path, YG_OFFICIAL_BYTES_MAX, &data, ret_size) != YG_OK) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(EXIT_FAILURE);
	}
	return data;
}

static int load_book(const char *name)
{
	size_t size;
	uint8_t *data = read_book(name, &size);
	int rc = load((struct yg_bytes){data, size});

	free(data);
	return rc;
}

static bool is_fault(int rc, enum yg_err code, uint32_t line, const char *part)
{
	if (rc == (int)code && fault.code == code && fault.line == line &&
	    strstr(fault.msg, part) && official.count == 0)
		return true;
	fprintf(stderr, "%d, line %u: %s\n  wanted: %s\n", rc, fault.line, fault.msg, part);
	return false;
}

static bool refuses(const char *text, uint32_t line, const char *part)
{
	return is_fault(load(yg_bytes_str(text)), YG_EFORMAT, line, part);
}

static bool refuses_book(const char *name, enum yg_err code, const char *part)
{
	return is_fault(load_book(name), code, 0, part);
}

static bool has_row(uint32_t index, const char *id, const char *text, uint32_t line)
{
	if (index >= official.count)
		return false;
	return yg_bytes_eq(official.rows[index].id, yg_bytes_str(id)) &&
	       yg_bytes_eq(official.rows[index].text, yg_bytes_str(text)) &&
	       official.rows[index].line == line;
}

static void reads_csv(void)
{
	CHECK(load(YG_S("\xef\xbb\xbf"
			"id,text_ja\n1-1-1-1,\" 一\r\n二 \"\n1-1-1-2,\n,\n1-1-1-1,\"一\n二\"\n")) ==
	      YG_OK);
	CHECK(official.count == 1 && has_row(0, "1-1-1-1", "一\n二", 2));
	CHECK(load(YG_S("ID;note;Text\nA;b;c\n")) == YG_OK && has_row(0, "A", "c", 2));
	CHECK(load(YG_S("id,text,text_ja\nA,b,c\n")) == YG_OK && has_row(0, "A", "c", 2));
}

static void refuses_csv_that_does_not_fit(void)
{
	CHECK(refuses("", 0, "must name the columns 'id' and 'text_ja'"));
	CHECK(refuses("id,wording\na,b\n", 1, "must name the columns"));
	CHECK(refuses("\nid,text\n", 0, "no row with an id and a text"));
	CHECK(refuses("id,text\na,b\n,c\n", 3, "a text without an id"));
	CHECK(refuses("id,text\na,b\na,c\n", 3,
		      "'a' stands twice with different texts; first in "
		      "line 2"));
	CHECK(refuses("id,text\na,\"b\n", 2, "never ends"));
	CHECK(refuses("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "save it as .xlsx"));
}

static void reads_yaml(void)
{
	CHECK(load(YG_S("# from somewhere\n---\nurn: u\nobjects:\n  framework:\n"
			"    requirement_nodes:\n"
			"    - {urn: a, ref_id: '1', assessable: false, description: heading}\n"
			"    - {urn: b, ref_id: 1-1-1-1, assessable: true, description: ' one '}\n"
			"    - {urn: c, assessable: true, description: no id}\n"
			"    - {urn: d, ref_id: 1-1-1-2, assessable: true}\n")) == YG_OK);
	CHECK(official.count == 1 && has_row(0, "1-1-1-1", "one", 8));
}

static void refuses_yaml_that_does_not_fit(void)
{
	CHECK(refuses("urn: u\n", 1, "requirement_nodes is missing"));
	CHECK(refuses("urn: u\nobjects: {framework: {requirement_nodes: [1]}}\n", 0,
		      "no row with"));
	CHECK(refuses("urn: u\na: [\n", 3, "not valid YAML"));
	CHECK(refuses("urn: u\nobjects: {framework: {requirement_nodes: [\n"
		      "  {ref_id: a, assessable: true, description: b},\n"
		      "  {ref_id: a, assessable: true, description: c}]}}\n",
		      4, "stands twice"));
}

static bool is_shared_book(void)
{
	return official.count == 2 && has_row(0, "1-1-1-1", "台帳 がある。", 4) &&
	       has_row(1, "1-1-1-2", "年に一度\n見直す。_x", 5);
}

static void reads_workbooks(void)
{
	CHECK(load_book("shared.xlsx") == YG_OK && is_shared_book());
	CHECK(load_book("stored.xlsx") == YG_OK && is_shared_book());
	CHECK(load_book("inline.xlsx") == YG_OK && official.count == 2);
	CHECK(has_row(0, "2-1-1", "a & b", 2) && has_row(1, "2-1-2", "14", 3));
	CHECK(load_book("prefix.xlsx") == YG_OK && official.count == 2);
	CHECK(has_row(0, "3-1-1-1", "the longer one", 2) && has_row(1, "3-1-1-2", "another", 3));
}

static void refuses_damaged_workbooks(void)
{
	CHECK(refuses_book("torn.xlsx", YG_EFORMAT, "damaged or cut off"));
	CHECK(refuses_book("crc.xlsx", YG_EFORMAT, "damaged or cut off"));
	CHECK(refuses_book("badxml.xlsx", YG_EFORMAT,
			   "xl/worksheets/sheet1.xml: not well-formed XML in its line 3"));
	CHECK(refuses_book("badindex.xlsx", YG_EFORMAT, "shared string that does not exist"));
	CHECK(refuses_book("badplace.xlsx", YG_EFORMAT, "a column that no sheet has"));
	CHECK(refuses_book("badrow.xlsx", YG_EFORMAT, "a row with a number that no sheet has"));
	CHECK(refuses_book("nosheets.xlsx", YG_EFORMAT, "no workbook"));
	CHECK(refuses_book("noids.xlsx", YG_EFORMAT, "no sheet has a column of criterion ids"));
	CHECK(refuses_book("notext.xlsx", YG_EFORMAT, "no sheet has a column of criterion ids"));
	CHECK(is_fault(load_book("twice.xlsx"), YG_EFORMAT, 3,
		       "'1-1-1-1' stands twice with different texts; first in line 2"));
}

static void refuses_hostile_workbooks(void)
{
	CHECK(refuses_book("bomb.xlsx", YG_ELIMIT, "unpacks to more than"));
	CHECK(refuses_book("entities.xlsx", YG_EFORMAT, "defines entities of its own"));
	CHECK(refuses_book("external.xlsx", YG_EFORMAT, "defines entities of its own"));
	CHECK(refuses_book("deep.xlsx", YG_ELIMIT, "nested too deeply"));
	CHECK(refuses_book("longtag.xlsx", YG_ELIMIT, "a tag longer than"));
	CHECK(refuses_book("bigcell.xlsx", YG_ELIMIT, "more text than a cell"));
	CHECK(refuses_book("claim.xlsx", YG_ELIMIT, "more than 4096 parts"));
	CHECK(refuses_book("manysheets.xlsx", YG_ELIMIT, "more than 64 sheets"));
}

/* Cut at every byte and with each byte changed: never a crash, and a refusal says why. */
static void survives_every_cut_and_change(void)
{
	size_t size;
	uint8_t *data = read_book("shared.xlsx", &size);
	size_t accepted = 0;

	for (size_t i = 0; i < size; i++) {
		int rc = load((struct yg_bytes){data, i});

		CHECK(rc != YG_OK && fault.msg[0] != 0 && official.count == 0);
	}
	for (size_t i = 0; i < size; i++) {
		data[i] ^= 0x41;
		if (load((struct yg_bytes){data, size}) == YG_OK)
			accepted++; /* a byte that means nothing, such as a date */
		else
			CHECK(fault.msg[0] != 0 && official.count == 0);
		data[i] ^= 0x41;
	}
	CHECK(accepted < size);
	free(data);
}

static void has_limits(void)
{
	struct yg_buf text;

	yg_buf_init(&text, 64u << 20);
	yg_buf_add_str(&text, "id,text\n");
	for (unsigned i = 0; i < YG_OFFICIAL_ROWS_MAX; i++)
		yg_buf_addf(&text, "%u,x\n", i);
	CHECK(load(yg_buf_bytes(&text)) == YG_OK && official.count == YG_OFFICIAL_ROWS_MAX);
	CHECK(has_row(YG_OFFICIAL_ROWS_MAX - 1, "19999", "x", YG_OFFICIAL_ROWS_MAX + 1));
	yg_buf_add_str(&text, "more,x\n");
	CHECK(is_fault(load(yg_buf_bytes(&text)), YG_ELIMIT, YG_OFFICIAL_ROWS_MAX + 2,
		       "more than 20000 rows"));
	while (text.size <= YG_OFFICIAL_BYTES_MAX)
		yg_buf_add_str(&text, "the same and the same and the same and the same, again\n");
	CHECK(is_fault(load(yg_buf_bytes(&text)), YG_ELIMIT, 0, "larger than"));
	yg_buf_done(&text);
}

static void lives_without_memory(void)
{
	size_t size;
	uint8_t *data = read_book("shared.xlsx", &size);
	int rc = YG_ENOMEM;
	long n = 0;

	while (rc == YG_ENOMEM && n < 2000) {
		struct yg_arena *small;

		yg_fail_at = ++n;
		small = yg_arena_new(4u << 20);
		if (small)
			rc = yg_official_read((struct yg_bytes){data, size}, small, &official,
					      &fault);
		yg_fail_at = 0;
		(void)yg_arena_free(small);
	}
	CHECK(rc == YG_OK && n > 20);
	free(data);
}

static const struct check_case cases[] = {
	CASE(reads_csv),
	CASE(refuses_csv_that_does_not_fit),
	CASE(reads_yaml),
	CASE(refuses_yaml_that_does_not_fit),
	CASE(reads_workbooks),
	CASE(refuses_damaged_workbooks),
	CASE(refuses_hostile_workbooks),
	CASE(survives_every_cut_and_change),
	CASE(has_limits),
	CASE(lives_without_memory),
};

int main(int argc, char **argv)
{
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: test_official FOLDER\n");
		return EXIT_FAILURE;
	}
	folder = argv[1];
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)yg_arena_free(arena);
	return rc;
}
