/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of the workbooks that books.py wrote, and that of the forms, are the arguments. */
#include "parse/book_map.h"

#include <stdlib.h>
#include <time.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/io.h"
#include "parse/book-int.h"
#include "parse/book_label-int.h"
#include "parse/form.h"

static const char *folder;
static const char *forms_folder;
static struct yg_arena *arena;
static struct yg_line_fault fault;
static struct yg_buf out;

static struct yg_bytes read_file(const char *where, const char *name)
{
	char path[4096];
	struct yg_bytes kept = {0};
	uint8_t *data = NULL;
	size_t size = 0;

	(void)snprintf(path, sizeof(path), "%s/%s%s", where, where == folder ? "book_" : "", name);
	if (yg_io_read_file(path, YG_BOOK_BYTES_MAX, &data, &size) != YG_OK ||
	    !yg_arena_dup(arena, (struct yg_bytes){data, size}, &kept)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(EXIT_FAILURE);
	}
	free(data);
	return kept;
}

static struct yg_book *open_book(const char *name)
{
	struct yg_book *book = NULL;

	if (yg_book_open(read_file(folder, name), arena, &book, &fault) != YG_OK)
		fprintf(stderr, "%s: %s\n", name, fault.msg);
	return book;
}

static struct yg_cell cell_of(const char *name)
{
	struct yg_cell cell = {0, 0};

	if (!yg_cell_read(yg_bytes_str(name), &cell))
		fprintf(stderr, "%s is no cell\n", name);
	return cell;
}

/* The text in a cell of a file; "" without one. */
static struct yg_bytes text_at(struct yg_bytes file, uint32_t sheet, const char *name)
{
	const struct yg_book_look *look;
	struct yg_bytes text = {0};
	struct yg_book *book;

	if (yg_book_open(file, arena, &book, &fault) != YG_OK ||
	    yg_book_look(book, sheet, &look, &fault) != YG_OK ||
	    !yg_arena_dup(arena, yg_book_text(look, cell_of(name)), &text))
		return YG_S("(cannot be read)");
	(void)yg_book_close(book);
	return text;
}

static int fill(const char *name, const struct yg_book_write *writes, uint32_t count)
{
	struct yg_book *book = NULL;
	int rc = yg_book_open(read_file(folder, name), arena, &book, &fault);

	yg_buf_done(&out);
	yg_buf_init(&out, YG_BOOK_OUT_MAX);
	if (rc == YG_OK)
		rc = yg_book_fill(book, writes, count, &out, &fault);
	(void)yg_book_close(book);
	return rc;
}

static struct yg_book_write text_to(const char *cell, const char *text)
{
	return (struct yg_book_write){.sheet = 1, .at = cell_of(cell), .text = yg_bytes_str(text)};
}

/* ---- places ---- */

static void names_of_cells(void)
{
	static const struct {
		const char *name;
		uint32_t row;
		uint32_t column;
	} cells[] = {{"A1", 1, 0},    {"Z9", 9, 25},	{"AA10", 10, 26},
		     {"ZZ2", 2, 701}, {"AAA1", 1, 702}, {"XFD1048576", 1048576, 16383}};
	static const char *const wrong[] = {"",		"A",   "1",  "A0",    "a1", "XFE1",
					    "A1048577", "A1B", "$A", "AAAA1", "A-1"};
	char name[YG_CELL_NAME_SIZE];
	struct yg_cell cell = {7, 7};

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		CHECK(yg_cell_read(yg_bytes_str(cells[i].name), &cell));
		CHECK(cell.row == cells[i].row && cell.column == cells[i].column);
		yg_cell_name(cell, name);
		CHECK_TEXT(yg_bytes_str(name), cells[i].name);
	}
	CHECK(yg_cell_read(YG_S("$C$5"), &cell) && cell.row == 5 && cell.column == 2);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(!yg_cell_read(yg_bytes_str(wrong[i]), &cell));
	CHECK(yg_cell_units(YG_S("a\xe3\x81\x82\xf0\xa0\xae\xb7")) == 4);
}

/* ---- one sheet's XML ---- */

#define SHEET(inside) "<worksheet><sheetData>" inside "</sheetData></worksheet>"

static int edit(const char *xml, const struct yg_book_write *writes, uint32_t count)
{
	yg_buf_done(&out);
	yg_buf_init(&out, YG_BOOK_OUT_MAX);
	return yg_book_edit(yg_bytes_str(xml), "sheet", writes, count, &out, &fault);
}

#define IS(cell, text)                                                                             \
	"<c r=\"" cell "\" t=\"inlineStr\"><is><t xml:space=\"preserve\">" text "</t></is></c>"

static void cells_are_put_where_they_belong(void)
{
	struct yg_book_write two[] = {text_to("B2", "x & <y>"), text_to("D3", "z")};

	/* Replaced, with its style; before, between, behind others; into rows that are not there.
	 */
	CHECK(edit(SHEET("<row r=\"2\"><c r=\"B2\" s=\"7\" t=\"s\"><v>3</v></c></row>"
			 "<row r=\"3\"><c r=\"C3\"/><c r=\"E3\"/></row>"),
		   two, 2) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&out),
		   SHEET("<row r=\"2\"><c r=\"B2\" s=\"7\" t=\"inlineStr\"><is><t "
			 "xml:space=\"preserve\">x &amp; &lt;y&gt;</t></is></c></row>"
			 "<row r=\"3\"><c r=\"C3\"/>" IS("D3", "z") "<c r=\"E3\"/></row>"));
	CHECK(edit(SHEET("<row r=\"2\" ht=\"9\"/><row r=\"4\"><c r=\"A4\"/></row>"), two, 2) ==
	      YG_OK);
	CHECK_TEXT(
		yg_buf_bytes(&out),
		SHEET("<row r=\"2\" ht=\"9\">" IS(
			"B2",
			"x &amp; &lt;y&gt;") "</row><row r=\"3\">" IS("D3",
								      "z") "</row><row r=\"4\"><c "
									   "r=\"A4\"/></row>"));
	CHECK(edit("<worksheet><sheetData /></worksheet>", two, 2) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&out),
		   "<worksheet><sheetData ><row r=\"2\">" IS(
			   "B2",
			   "x &amp; &lt;y&gt;") "</row><row r=\"3\">" IS("D3",
									 "z") "</row></sheetData></"
									      "worksheet>");
	CHECK(edit(SHEET("<row r=\"1\"/>"), two, 2) == YG_OK);
	CHECK_TEXT(
		yg_buf_bytes(&out),
		SHEET("<row r=\"1\"/><row r=\"2\">" IS(
			"B2", "x &amp; &lt;y&gt;") "</row><row r=\"3\">" IS("D3", "z") "</row>"));
	CHECK(edit(SHEET("<row><c/></row><row><c/><c/><c/></row>"), two, 1) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&out),
		   SHEET("<row><c/></row><row><c/>" IS("B2", "x &amp; &lt;y&gt;") "<c/></row>"));
	CHECK(edit(SHEET(""), two, 0) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&out), SHEET(""));
}

static void what_cannot_be_filled_is_refused(void)
{
	struct yg_book_write one = text_to("C2", "x");

	CHECK(edit(SHEET("<row r=\"2\"><c r=\"C2\"><f>1+1</f><v>2</v></c></row>"), &one, 1) ==
	      YG_EUNSUPPORTED);
	CHECK(strstr(fault.msg, "cell C2 holds a formula"));
	/* A cell put in before one that says no place would move it. */
	CHECK(edit(SHEET("<row r=\"2\"><c r=\"B2\"/><c r=\"D2\"/><c/></row>"), &one, 1) == YG_OK);
	CHECK(edit(SHEET("<row r=\"2\"><c/><c r=\"D2\"/><c/></row>"), &one, 1) == YG_EUNSUPPORTED);
	CHECK(edit("<worksheet/>", &one, 1) == YG_EFORMAT);
	CHECK(edit(SHEET("<row r=\"0\"/>"), &one, 1) == YG_EFORMAT);
	CHECK(edit(SHEET("<row r=\"2\"><c r=\"C3\"/></row>"), &one, 1) == YG_EFORMAT);
	CHECK(edit("\xff\xfe<\0w\0", &one, 1) == YG_EUNSUPPORTED);
}

/* ---- whole workbooks ---- */

static void sheets_and_merged_cells_are_seen(void)
{
	const struct yg_book_sheet *sheets;
	const struct yg_book_look *look;
	struct yg_book *book = open_book("form.xlsx");

	CHECK(book && yg_book_sheets(book, &sheets) == 3);
	CHECK_TEXT(sheets[1].name, "届出");
	CHECK(sheets[0].is_hidden && !sheets[1].is_hidden);
	CHECK_TEXT(yg_bytes_str(sheets[2].part), "xl/worksheets/sheet2.xml");
	CHECK(yg_book_sheet(book, (struct yg_bytes){0}) == 1);
	CHECK(yg_book_sheet(book, YG_S("別紙 2")) == 2);
	CHECK(yg_book_sheet(book, YG_S("別紙")) == UINT32_MAX);
	CHECK(yg_book_look(book, 1, &look, &fault) == YG_OK);
	CHECK_TEXT(yg_book_text(look, cell_of("B3")), "１．組織名（必須）");
	CHECK_TEXT(yg_book_text(look, cell_of("F13")), "暗号化の有無");
	CHECK_TEXT(yg_book_text(look, cell_of("D5")), "（例）03-0000-0000");
	CHECK(yg_book_text(look, cell_of("D3")).size == 0);
	CHECK(look->merge_count == 9);
	CHECK(yg_cell_compare(yg_book_first(look, cell_of("F6")), cell_of("D6")) == 0);
	CHECK(yg_cell_compare(yg_book_first(look, cell_of("F9")), cell_of("F9")) == 0);
	(void)yg_book_close(book);
}

static void the_rest_stays_byte_for_byte(void)
{
	static const char *const books[] = {"form.xlsx", "stored.xlsx", "streamed.xlsx",
					    "prefix.xlsx"};
	struct yg_book_write writes[] = {text_to("F6", "二行目の\n文 _x0041_ & <b> \x01"),
					 text_to("D3", "株式会社ヤマギシ"),
					 text_to("G3", "工場"),
					 text_to("D7", "120"),
					 text_to("A9", "行のないところ"),
					 {.sheet = 2, .at = cell_of("C1"), .text = YG_S("別紙")}};

	writes[3].is_number = true;
	for (size_t i = 0; i < sizeof(books) / sizeof(books[0]); i++) {
		struct yg_bytes file = read_file(folder, books[i]);
		struct yg_bytes done;

		CHECK(fill(books[i], writes, 6) == YG_OK);
		done = yg_buf_bytes(&out);
		CHECK_TEXT(text_at(done, 1, "D6"), "二行目の\n文 _x0041_ & <b> \xef\xbf\xbd");
		CHECK_TEXT(text_at(done, 1, "D3"), "株式会社ヤマギシ\n工場");
		CHECK_TEXT(text_at(done, 1, "D7"), "120");
		CHECK_TEXT(text_at(done, 1, "A9"), "行のないところ");
		CHECK_TEXT(text_at(done, 2, "C1"), "別紙");
		CHECK_TEXT(text_at(done, 0, "B1"), "別の記入欄");
		CHECK_TEXT(text_at(done, 1, "B4"), "連絡担当者");
		CHECK(i != 0 || yg_bytes_ends(done, YG_S("as it came")));
		/* Nothing to write: the same file. */
		CHECK(fill(books[i], writes, 0) == YG_OK);
		CHECK(yg_bytes_eq(yg_buf_bytes(&out), file));
	}
}

static void faults_say_what_and_where(void)
{
	static const struct {
		const char *book;
		int rc;
		const char *words;
	} faults[] = {
		{"norel.xlsx", YG_EFORMAT, "without sheets"},
		{"nobook.xlsx", YG_EFORMAT, "no part xl/workbook.xml"},
		{"same.xlsx", YG_EFORMAT, "two sheets stand in one part"},
		{"entities.xlsx", YG_EFORMAT, "entities of its own"},
		{"utf16.xlsx", YG_EUNSUPPORTED, "not in UTF-8"},
		{"latin.xlsx", YG_EUNSUPPORTED, "not in UTF-8"},
		{"order.xlsx", YG_EFORMAT, "in their order"},
		{"cells.xlsx", YG_EFORMAT, "in their order"},
		{"twotables.xlsx", YG_EFORMAT, "two tables"},
		{"notable.xlsx", YG_EFORMAT, "no table"},
		{"merge.xlsx", YG_EFORMAT, "merged cells"},
		{"deep.xlsx", YG_ELIMIT, "nested too deeply"},
		{"badxml.xlsx", YG_EFORMAT, "not well-formed"},
		{"bomb.xlsx", YG_ELIMIT, "unpacks to more"},
		{"cut.xlsx", YG_EFORMAT, "workbook"},
		{"count.xlsx", YG_ELIMIT, "more than 4096 parts"},
		{"overlap.xlsx", YG_EFORMAT, "is not where"},
		{"huge.xlsx", YG_EFORMAT, "parts of it overlap"},
		{"locked.xlsx", YG_EFORMAT, "password"},
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct yg_book_write write = text_to("D3", "x");
		int rc;

		memset(&fault, 0, sizeof(fault));
		rc = fill(faults[i].book, &write, 1);
		if (rc != faults[i].rc || !strstr(fault.msg, faults[i].words) ||
		    (rc != YG_OK && fault.msg[0] == '\0'))
			fprintf(stderr, "%s: %d %s\n", faults[i].book, rc, fault.msg);
		CHECK(rc == faults[i].rc && strstr(fault.msg, faults[i].words));
		CHECK(rc == YG_OK || fault.msg[0] != '\0');
		yg_arena_reset(arena);
	}
}

static void texts_that_no_cell_takes(void)
{
	static char text[YG_CELL_TEXT_MAX + 2];
	struct yg_book_write write = text_to("D3", text);
	struct yg_book_write formula = text_to("D10", "x");

	memset(text, 'a', YG_CELL_TEXT_MAX + 1);
	write.text.size = YG_CELL_TEXT_MAX;
	write.text.data = (const uint8_t *)text;
	CHECK(fill("form.xlsx", &write, 1) == YG_OK);
	write.text.size++;
	CHECK(fill("form.xlsx", &write, 1) == YG_EINVAL);
	CHECK(strstr(fault.msg, "cell D3") && strstr(fault.msg, "32767"));
	write.text = YG_S("1e");
	write.is_number = true;
	CHECK(fill("form.xlsx", &write, 1) == YG_EINVAL);
	CHECK(fill("form.xlsx", &formula, 1) == YG_EUNSUPPORTED);
	formula.sheet = 3;
	CHECK(fill("form.xlsx", &formula, 1) == YG_EINVAL);
}

/* Texts of one cell that come to more than it takes are not put together to their end. */
static void many_texts_to_one_cell(void)
{
	static char text[YG_CELL_TEXT_MAX];
	static struct yg_book_write writes[YG_BOOK_WRITES_MAX];

	memset(text, 'a', sizeof(text));
	for (uint32_t i = 0; i < YG_BOOK_WRITES_MAX; i++) {
		writes[i] = text_to("D3", "");
		writes[i].text = (struct yg_bytes){(const uint8_t *)text, sizeof(text)};
	}
	CHECK(fill("form.xlsx", writes, YG_BOOK_WRITES_MAX) == YG_EINVAL);
	CHECK(strstr(fault.msg, "cell D3: a text of 65535 characters"));
}

/* ---- labels ---- */

static bool alike(const char *a, const char *b)
{
	struct yg_book_label x, y;

	yg_book_label_make(yg_bytes_str(a), &x);
	yg_book_label_make(yg_bytes_str(b), &y);
	return x.size > 0 && yg_book_label_same(&x, &y);
}

static void labels_that_say_the_same(void)
{
	CHECK(alike("１．組織名（必須）", "組織名"));
	CHECK(alike("【組織名】", " 組 織\n名 "));
	CHECK(alike("③ Ｍａｉｌ　Address：", "mail address"));
	CHECK(alike("(2) 電話 [任意]", "電話"));
	CHECK(!alike("電話番号", "電話"));
	CHECK(!alike("※", "※"));
	CHECK(!alike("123", "123"));
	CHECK(alike("必須", "必須"));
}

static struct yg_forms *load_forms(void)
{
	struct yg_forms *forms = yg_arena_zalloc(arena, sizeof(*forms));

	if (!forms ||
	    yg_form_fields_read(read_file(forms_folder, "record.yaml"), arena, forms, &fault) !=
		    YG_OK ||
	    yg_form_read(read_file(forms_folder, "ransomware.yaml"), arena, forms, &fault) !=
		    YG_OK) {
		fprintf(stderr, "forms: %s\n", fault.msg);
		exit(EXIT_FAILURE);
	}
	return forms;
}

static const struct yg_book_proposal *proposed(const struct yg_forms *forms, const char *path,
					       const struct yg_book_proposal *all, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (yg_bytes_eq(forms->fields[all[i].field].path, yg_bytes_str(path)))
			return &all[i];
	fprintf(stderr, "%s is not there\n", path);
	exit(EXIT_FAILURE);
}

static void labels_are_found(void)
{
	static const struct {
		const char *path;
		enum yg_book_match match;
		const char *cell;
	} wanted[] = {{"reporter.organisation", YG_BOOK_EXACT, "D3"},
		      {"reporter.person", YG_BOOK_PART, "D4"},
		      {"reporter.phone", YG_BOOK_PART, "C5"},
		      {"damage.summary", YG_BOOK_PART, "D6"},
		      {"event.detected", YG_BOOK_BLOCKED, NULL},
		      {"attack.entry", YG_BOOK_NONE, NULL}};
	const struct yg_forms *forms = load_forms();
	struct yg_book *book = open_book("form.xlsx");
	const struct yg_book_proposal *all;
	uint32_t count;

	CHECK(book);
	CHECK(yg_book_propose(book, forms, forms->forms[0], arena, &all, &count, &fault) == YG_OK);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const struct yg_book_proposal *one = proposed(forms, wanted[i].path, all, count);
		char name[YG_CELL_NAME_SIZE];

		yg_cell_name(one->cell, name);
		if (one->match != wanted[i].match)
			fprintf(stderr, "%s: %d %s\n", wanted[i].path, (int)one->match, name);
		CHECK(one->match == wanted[i].match);
		if (wanted[i].cell)
			CHECK_TEXT(yg_bytes_str(name), wanted[i].cell);
	}
	(void)yg_book_close(book);
}

/* ---- maps ---- */

#define MAP(cells) "format: yagura-workbook-map/1\nform: ransomware\ncells:\n" cells

static void maps_are_read(void)
{
	const struct yg_forms *forms = load_forms();
	struct yg_book *book = open_book("form.xlsx");
	struct yg_book_map map;
	struct yg_cell cell;
	uint32_t sheet;

	CHECK(yg_book_map_read(
		      YG_S(MAP("  - {field: damage.summary, label: 被害の概要, place: right}\n"
			       "  - {field: reporter.phone, sheet: 別紙 2, label: 連絡担当者, "
			       "place: below}\n"
			       "  - {field: damage.service_state, is: stopped, cell: G8}\n"
			       "  - {field: damage.service_state, cell: D8, values: {stopped: "
			       "停止, none: なし}}\n"
			       "  - {what: stage, cell: B1, values: {first: 新規}}\n"
			       "  - {what: today, cell: G1}\n")),
		      forms, arena, &map, &fault) == YG_OK);
	CHECK(map.count == 6 && map.form == forms->forms[0]);
	CHECK(yg_book_map_place(book, &map.entries[0], &sheet, &cell, &fault) == YG_OK);
	CHECK(sheet == 1 && yg_cell_compare(cell, cell_of("D6")) == 0);
	CHECK(yg_book_map_place(book, &map.entries[1], &sheet, &cell, &fault) == YG_OK);
	CHECK(sheet == 2 && yg_cell_compare(cell, cell_of("A2")) == 0);
	CHECK_TEXT(map.entries[2].write, "☑");
	CHECK(map.entries[3].word_count == 2 && map.entries[4].what == YG_BOOK_STAGE);
	(void)yg_book_close(book);
}

static void wrong_maps_say_their_line(void)
{
	static const struct {
		const char *text;
		uint32_t line;
		const char *words;
	} faults[] = {
		{"format: yagura-form/1\n", 1, "format"},
		{"format: yagura-workbook-map/1\nform: none\ncells: []\n", 1, "no such form"},
		{"format: yagura-workbook-map/1\nform: ransomware\n", 1, "cells"},
		{MAP("  - {field: damage.none, cell: C5}\n"), 4, "no such field: damage.none"},
		{MAP("  - {field: event.causes, cell: C5}\n"), 4, "form does not have the field"},
		{MAP("  - {field: damage.summary}\n"), 4, "a cell (C5), or the label"},
		{MAP("  - {field: damage.summary, cell: C5, label: x}\n"), 4, "a cell (C5)"},
		{MAP("  - {field: damage.summary, cell: C0}\n"), 4, "no cell that a sheet has"},
		{MAP("  - {field: damage.summary, label: x, place: left}\n"), 4, "right or below"},
		{MAP("  - {field: damage.summary, what: stage, cell: C1}\n"), 4, "a field, or"},
		{MAP("  - {what: name, cell: C1}\n"), 4, "stage, today"},
		{MAP("  - {field: damage.summary, is: stopped, cell: C1}\n"), 4, "no such choice"},
		{MAP("  - {field: damage.service_state, cell: C1, values: {on: x}}\n"), 4,
		 "no such choice: on"},
		{MAP("  - {field: damage.summary, cell: C1, write: x}\n"), 4, "goes with is"},
		{MAP("  - {field: damage.summary, colour: red, cell: C1}\n"), 4, "no such key"},
		{MAP("  - C5\n"), 4, "keys and values"},
		{"a: &b\n", 1, ""},
		{"", 1, "one map"},
	};
	const struct yg_forms *forms = load_forms();
	struct yg_book_map map;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		int rc = yg_book_map_read(yg_bytes_str(faults[i].text), forms, arena, &map, &fault);

		if (rc == YG_OK || fault.line != faults[i].line ||
		    !strstr(fault.msg, faults[i].words))
			fprintf(stderr, "%zu: %d line %u: %s\n", i, rc, fault.line, fault.msg);
		CHECK(rc != YG_OK && fault.line == faults[i].line);
		CHECK(strstr(fault.msg, faults[i].words) && map.count == 0);
	}
}

static void a_label_that_is_not_there(void)
{
	const struct yg_forms *forms = load_forms();
	struct yg_book *book = open_book("form.xlsx");
	struct yg_book_map map;
	struct yg_cell cell;
	uint32_t sheet;

	CHECK(yg_book_map_read(YG_S(MAP("  - {field: damage.summary, label: ない}\n"
					"  - {field: damage.summary, sheet: ない, cell: A1}\n")),
			       forms, arena, &map, &fault) == YG_OK);
	CHECK(yg_book_map_place(book, &map.entries[0], &sheet, &cell, &fault) == YG_EFORMAT);
	CHECK(fault.line == 4 && strstr(fault.msg, "no label ない"));
	CHECK(yg_book_map_place(book, &map.entries[1], &sheet, &cell, &fault) == YG_EFORMAT);
	CHECK(fault.line == 5 && strstr(fault.msg, "no sheet ない"));
	(void)yg_book_close(book);
}

/* As many entries as a map can have, in a sheet with as many labels as are looked at: what a label
 * costs does not depend on the cells that are none, nor on how long labels are. */
static void many_labels_in_a_large_sheet(void)
{
	struct yg_book *book = open_book("large.xlsx");
	struct yg_book_entry entry = {.label = YG_S("届出の番号")};
	struct yg_cell cell;
	uint32_t sheet, wrong = 0;
	clock_t began = clock();

	CHECK(book);
	for (uint32_t i = 0; i < YG_BOOK_WRITES_MAX; i++)
		wrong += yg_book_map_place(book, &entry, &sheet, &cell, &fault) != YG_OK ||
			 yg_cell_compare(cell, cell_of("B20000")) != 0;
	CHECK(wrong == 0);
	CHECK((clock() - began) / CLOCKS_PER_SEC < 5);
	entry.label = YG_S("限りの外");
	CHECK(yg_book_map_place(book, &entry, &sheet, &cell, &fault) == YG_EFORMAT);
	(void)yg_book_close(book);
}

/* Each allocation in turn fails: an error, nothing lost or leaked. */
static void memory_may_run_out(void)
{
	struct yg_book_write writes[] = {text_to("D3", "x"), text_to("D3", "y")};
	struct yg_bytes file = read_file(folder, "form.xlsx");
	int rc = YG_ENOMEM;
	long at = 0;

	for (at = 1; at < 2000 && rc != YG_OK; at++) {
		struct yg_arena *own = yg_arena_new(64u << 20);
		struct yg_book *book = NULL;

		CHECK(own);
		yg_buf_done(&out);
		yg_buf_init(&out, YG_BOOK_OUT_MAX);
		yg_fail_at = at;
		rc = yg_book_open(file, own, &book, &fault);
		if (rc == YG_OK)
			rc = yg_book_fill(book, writes, 2, &out, &fault);
		yg_fail_at = 0;
		(void)yg_book_close(book);
		(void)yg_arena_free(own);
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
	}
	CHECK(rc == YG_OK && at > 10);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {CASE(names_of_cells),
						  CASE(cells_are_put_where_they_belong),
						  CASE(what_cannot_be_filled_is_refused),
						  CASE(sheets_and_merged_cells_are_seen),
						  CASE(the_rest_stays_byte_for_byte),
						  CASE(faults_say_what_and_where),
						  CASE(texts_that_no_cell_takes),
						  CASE(many_texts_to_one_cell),
						  CASE(labels_that_say_the_same),
						  CASE(labels_are_found),
						  CASE(maps_are_read),
						  CASE(wrong_maps_say_their_line),
						  CASE(a_label_that_is_not_there),
						  CASE(many_labels_in_a_large_sheet),
						  CASE(memory_may_run_out)};
	int failed;

	if (argc != 3)
		return 2;
	folder = argv[1];
	forms_folder = argv[2];
	arena = yg_arena_new(1024u << 20);
	yg_buf_init(&out, YG_BOOK_OUT_MAX);
	failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	yg_buf_done(&out);
	(void)yg_arena_free(arena);
	return failed;
}
