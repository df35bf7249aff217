/* SPDX-License-Identifier: Apache-2.0 */
#include "render/sheet.h"

#include "base/crc32.h"
#include "model/cell.h"
#include "render/csv.h"

#include "base/ban.h"

#define PARTS	 5u
#define DOS_DATE 0x21u /* 1980-01-01: the same input gives the same bytes */

void yg_sheet_init(struct yg_sheet *sheet, enum yg_sheet_form form)
{
	*sheet = (struct yg_sheet){.form = form};
	yg_buf_init(&sheet->rows, YG_SHEET_BYTES_MAX);
}

void yg_sheet_done(struct yg_sheet *sheet)
{
	yg_buf_done(&sheet->rows);
}

/* ---- cells ---- */

void yg_sheet_cell(struct yg_sheet *sheet, struct yg_bytes text)
{
	struct yg_buf *to = &sheet->rows;
	uint32_t column = sheet->column++;
	char name[YG_CELL_NAME_SIZE];

	if (sheet->form == YG_SHEET_CSV) {
		if (column > 0)
			yg_buf_add_byte(to, ',');
		yg_csv_quoted(to, text);
		return;
	}
	if (column == 0)
		yg_buf_addf(to, "<row r=\"%u\">", sheet->row + 1);
	if (text.size == 0)
		return;
	yg_cell_name((struct yg_cell){sheet->row + 1, column}, name);
	yg_buf_addf(to, "<c r=\"%s\" t=\"inlineStr\"><is><t xml:space=\"preserve\">", name);
	yg_cell_add_text(to, text);
	yg_buf_add_str(to, "</t></is></c>");
}

void yg_sheet_row_end(struct yg_sheet *sheet)
{
	if (sheet->form == YG_SHEET_CSV)
		yg_buf_add_str(&sheet->rows, "\r\n");
	else if (sheet->column > 0)
		yg_buf_add_str(&sheet->rows, "</row>");
	sheet->row++;
	sheet->column = 0;
}

/* ---- the zip archive around them ---- */

#define XML	 "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define OFFICE	 "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE	 "http://schemas.openxmlformats.org/package/2006/"
#define MAIN	 "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define MIME	 "application/vnd.openxmlformats-officedocument.spreadsheetml."
#define RELATION "<Relationship Id=\"rId1\" Type=\"" OFFICE

static const struct {
	const char *name;
	const char *text; /* NULL: the sheet */
} parts[PARTS] = {
	{"[Content_Types].xml", XML
	 "<Types xmlns=\"" PACKAGE "content-types\">"
	 "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-"
	 "package.relationships+xml\"/><Default Extension=\"xml\" "
	 "ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" "
	 "ContentType=\"" MIME "sheet.main+xml\"/><Override "
	 "PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" MIME "worksheet+xml\"/></Types>"},
	{"_rels/.rels", XML "<Relationships xmlns=\"" PACKAGE "relationships\">" RELATION
			    "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"},
	{"xl/workbook.xml",
	 XML "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE
	     "\"><sheets><sheet name=\"yagura\" sheetId=\"1\" r:id=\"rId1\"/></sheets>"
	     "</workbook>"},
	{"xl/_rels/workbook.xml.rels",
	 XML "<Relationships xmlns=\"" PACKAGE "relationships\">" RELATION
	     "/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"},
	{"xl/worksheets/sheet1.xml", NULL},
};

static void add_little(struct yg_buf *to, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		yg_buf_add_byte(to, (uint8_t)(value >> (8 * i)));
}

/* What local and central headers share, from "version needed" to the name's size. */
static void add_member_head(struct yg_buf *to, const char *name, struct yg_bytes body)
{
	add_little(to, 20, 2); /* version 2.0 */
	add_little(to, 0, 2);
	add_little(to, 0, 2); /* stored */
	add_little(to, 0, 2);
	add_little(to, DOS_DATE, 2);
	add_little(to, yg_crc32(body, 0), 4);
	add_little(to, (uint32_t)body.size, 4);
	add_little(to, (uint32_t)body.size, 4);
	add_little(to, (uint32_t)strlen(name), 2);
	add_little(to, 0, 2);
}

static int end_workbook(struct yg_sheet *sheet, struct yg_buf *to)
{
	struct yg_buf body;
	uint32_t places[PARTS];
	uint32_t begin;

	yg_buf_init(&body, YG_SHEET_BYTES_MAX);
	yg_buf_add_str(&body, XML "<worksheet xmlns=\"" MAIN "\"><sheetData>");
	yg_buf_add(&body, yg_buf_bytes(&sheet->rows));
	yg_buf_add_str(&body, "</sheetData></worksheet>");
	for (uint32_t i = 0; i < PARTS; i++) {
		struct yg_bytes text =
			parts[i].text ? yg_bytes_str(parts[i].text) : yg_buf_bytes(&body);

		places[i] = (uint32_t)to->size; /* the buffers hold no more than 1 GiB */
		yg_buf_add_str(to, "PK\x03\x04");
		add_member_head(to, parts[i].name, text);
		yg_buf_add_str(to, parts[i].name);
		yg_buf_add(to, text);
	}
	begin = (uint32_t)to->size;
	for (uint32_t i = 0; i < PARTS; i++) {
		struct yg_bytes text =
			parts[i].text ? yg_bytes_str(parts[i].text) : yg_buf_bytes(&body);

		yg_buf_add_str(to, "PK\x01\x02");
		add_little(to, 20, 2);
		add_member_head(to, parts[i].name, text);
		add_little(to, 0, 2); /* comment */
		add_little(to, 0, 2); /* disk */
		add_little(to, 0, 2);
		add_little(to, 0, 4);
		add_little(to, places[i], 4);
		yg_buf_add_str(to, parts[i].name);
	}
	add_little(to, 0x06054b50, 4);
	add_little(to, 0, 4); /* disks */
	add_little(to, PARTS, 2);
	add_little(to, PARTS, 2);
	add_little(to, (uint32_t)to->size - 12 - begin, 4);
	add_little(to, begin, 4);
	add_little(to, 0, 2);
	if (yg_buf_error(&body) != YG_OK)
		to->error = yg_buf_error(&body);
	yg_buf_done(&body);
	return yg_buf_error(to);
}

int yg_sheet_end(struct yg_sheet *sheet, struct yg_buf *to)
{
	if (yg_buf_error(&sheet->rows) != YG_OK)
		return yg_buf_error(&sheet->rows);
	if (sheet->form == YG_SHEET_WORKBOOK)
		return end_workbook(sheet, to);
	yg_buf_add_str(to, "\xef\xbb\xbf");
	yg_buf_add(to, yg_buf_bytes(&sheet->rows));
	return yg_buf_error(to);
}
