/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sheet: which cells are merged, and its XML with other cells in it.
 *
 *   <sheetData> <row r="4"> <c r="B4" s="7"/> <c r="D4" s="7" t="s"><v>3</v></c> </row> …
 *               copied ────►│ B4 is replaced  │ C4, missing, put in before D4 │ copied ──►
 *
 * The XML is read once, in its order, and so are the writes: what stands before the place of the
 * next write is copied as it is.
 */
#include "base/alloc.h"
#include "parse/book-int.h"

#include "base/ban.h"

enum { DEPTH_DATA = 2, DEPTH_ROW, DEPTH_CELL };

/* ---- merged cells ---- */

struct merges {
	struct yg_book_xml xml;
	struct yg_book_merge *at;
	uint32_t count;
	uint32_t room;
};

static bool merge_room(struct merges *m)
{
	uint32_t room = m->room ? m->room * 2 : 64;
	struct yg_book_merge *grown;

	if (m->count < m->room)
		return true;
	if (m->count >= YG_BOOK_MERGES_MAX) {
		yg_book_xml_stop(&m->xml, YG_ELIMIT, "more merged cells than may stand here");
		return false;
	}
	grown = yg_reallocarray(m->at, room, sizeof(*grown));
	if (!grown) {
		yg_book_xml_stop(&m->xml, YG_ENOMEM, "out of memory");
		return false;
	}
	m->at = grown;
	m->room = room;
	return true;
}

static void merge_start(struct yg_book_xml *xml, const char *name, const char *full,
			const char **attributes)
{
	struct merges *m = (struct merges *)xml;
	struct yg_bytes ref = yg_bytes_str(yg_book_xml_attribute(attributes, "ref"));
	size_t colon = yg_bytes_chr(ref, ':');
	struct yg_book_merge one;

	(void)full;
	if (strcmp(name, "mergeCell") != 0 || colon == SIZE_MAX)
		return;
	if (!yg_cell_read(yg_bytes_cut(ref, 0, colon), &one.from) ||
	    !yg_cell_read(yg_bytes_from(ref, colon + 1), &one.to) || one.to.row < one.from.row ||
	    one.to.column < one.from.column)
		yg_book_xml_stop(xml, YG_EFORMAT, "merged cells that no sheet has");
	else if (merge_room(m))
		m->at[m->count++] = one;
}

static int by_first(const void *a, const void *b)
{
	const struct yg_book_merge *x = a;
	const struct yg_book_merge *y = b;

	return yg_cell_compare(x->from, y->from);
}

int yg_book_merges(struct yg_bytes body, const char *part, struct yg_arena *arena,
		   struct yg_book_look *ret, struct yg_line_fault *reterr)
{
	struct merges m = {
		.xml = {.start = merge_start, .body = body, .part = part, .fault = reterr}};
	struct yg_book_merge *kept = NULL;
	int rc = yg_book_xml_run(&m.xml);

	if (rc == YG_OK && m.count > 0) {
		qsort(m.at, m.count, sizeof(*m.at), by_first);
		kept = yg_arena_alloc(arena, m.count * sizeof(*kept));
		if (kept)
			memcpy(kept, m.at, m.count * sizeof(*kept));
		else
			rc = yg_line_fault_set(reterr, YG_ENOMEM, 0, "out of memory");
	}
	ret->merges = kept;
	ret->merge_count = kept ? m.count : 0;
	free(m.at);
	return rc;
}

/* ---- cells put in ---- */

struct edit {
	struct yg_book_xml xml;
	const struct yg_book_write *writes;
	uint32_t count;
	uint32_t next; /* the write that waits */
	struct yg_buf *to;
	size_t copied;	 /* bytes of the body that are in @to, or left out */
	size_t tag_to;	 /* behind the start tag of the row or sheetData at hand */
	char prefix[32]; /* of elements: "x:", or empty */
	struct yg_cell at;
	bool is_data;	  /* inside of sheetData */
	bool is_done;	  /* it was there */
	bool is_hit;	  /* the cell at hand is replaced */
	bool is_unplaced; /* a cell of this row says no place: what comes before would move it */
};

/* What stands before @end goes over as it is. */
static void copy_to(struct edit *e, size_t end)
{
	if (end > e->copied)
		yg_buf_add(e->to, yg_bytes_cut(e->xml.body, e->copied, end));
	if (end > e->copied)
		e->copied = end;
}

static void add_attribute(struct yg_buf *to, const char *name, const char *value)
{
	struct yg_bytes rest = yg_bytes_str(value);

	if (!value)
		return;
	yg_buf_addf(to, " %s=\"", name);
	for (size_t i = 0; i < rest.size; i++) {
		if (rest.data[i] == '"')
			yg_buf_add_str(to, "&quot;");
		else if (rest.data[i] == '&')
			yg_buf_add_str(to, "&amp;");
		else if (rest.data[i] == '<')
			yg_buf_add_str(to, "&lt;");
		else
			yg_buf_add_byte(to, rest.data[i]);
	}
	yg_buf_add_byte(to, '"');
}

/* The cell for the write that waits, with what it keeps of the one that stands there. */
static void add_cell(struct edit *e, const char *style, const char *phonetic)
{
	const struct yg_book_write *write = &e->writes[e->next++];
	struct yg_buf *to = e->to;
	const char *p = e->prefix;
	char name[YG_CELL_NAME_SIZE];

	yg_cell_name(write->at, name);
	yg_buf_addf(to, "<%sc r=\"%s\"", p, name);
	add_attribute(to, "s", style);
	add_attribute(to, "ph", phonetic);
	if (write->is_number) {
		yg_buf_addf(to, "><%sv>", p);
		yg_cell_add_text(to, write->text);
		yg_buf_addf(to, "</%sv></%sc>", p, p);
		return;
	}
	yg_buf_addf(to, " t=\"inlineStr\"><%sis><%st xml:space=\"preserve\">", p, p);
	yg_cell_add_text(to, write->text);
	yg_buf_addf(to, "</%st></%sis></%sc>", p, p, p);
}

static bool waits(const struct edit *e)
{
	return e->next < e->count;
}

/* Cells of row @row before column @column that are not there. */
static void add_cells_before(struct edit *e, uint32_t row, uint32_t column)
{
	while (waits(e) && e->writes[e->next].at.row == row &&
	       e->writes[e->next].at.column < column)
		add_cell(e, NULL, NULL);
}

/* Rows before @row that are not there. */
static void add_rows_before(struct edit *e, uint32_t row)
{
	while (waits(e) && e->writes[e->next].at.row < row) {
		uint32_t fresh = e->writes[e->next].at.row;

		yg_buf_addf(e->to, "<%srow r=\"%u\">", e->prefix, fresh);
		add_cells_before(e, fresh, UINT32_MAX);
		yg_buf_addf(e->to, "</%srow>", e->prefix);
	}
}

/* The element at hand, which was empty ("<row r="4"/>"), is opened: its end is to be written. */
static bool open_empty(struct edit *e)
{
	if (e->tag_to < 2 || e->xml.body.data[e->tag_to - 2] != '/')
		return false;
	copy_to(e, e->tag_to - 2);
	yg_buf_add_byte(e->to, '>');
	e->copied = e->tag_to;
	return true;
}

/* ---- in the order of the XML ---- */

static void start_data(struct edit *e, const char *full)
{
	const char *colon = strrchr(full, ':');

	if (e->is_done) {
		yg_book_xml_stop(&e->xml, YG_EFORMAT, "it has two tables of cells");
		return;
	}
	if (colon && (size_t)(colon - full) + 2 > sizeof(e->prefix)) {
		yg_book_xml_stop(&e->xml, YG_ELIMIT, "a prefix longer than any workbook has");
		return;
	}
	if (colon)
		(void)snprintf(e->prefix, sizeof(e->prefix), "%.*s:", (int)(colon - full), full);
	e->is_data = e->is_done = true;
	e->tag_to = yg_book_xml_to(&e->xml);
}

static void start_row(struct edit *e, const char **attributes)
{
	const char *text = yg_book_xml_attribute(attributes, "r");
	uint64_t row = (uint64_t)e->at.row + 1;

	if ((text && !yg_bytes_u64(yg_bytes_str(text), &row)) || row <= e->at.row ||
	    row > YG_CELL_ROWS_MAX) {
		yg_book_xml_stop(&e->xml, YG_EFORMAT, "rows that do not stand in their order");
		return;
	}
	if (waits(e) && e->writes[e->next].at.row < row) {
		copy_to(e, yg_book_xml_from(&e->xml));
		add_rows_before(e, (uint32_t)row);
	}
	e->at = (struct yg_cell){(uint32_t)row, UINT32_MAX}; /* the next is in column 0 */
	e->is_unplaced = false;
	e->tag_to = yg_book_xml_to(&e->xml);
}

/* Where the cell stands. False: said. */
static bool place_cell(struct edit *e, const char **attributes)
{
	const char *text = yg_book_xml_attribute(attributes, "r");
	struct yg_cell cell = {e->at.row, e->at.column + 1};

	e->is_unplaced |= !text;
	if ((text && !yg_cell_read(yg_bytes_str(text), &cell)) || cell.row != e->at.row ||
	    cell.column >= YG_CELL_COLUMNS_MAX ||
	    (e->at.column != UINT32_MAX && cell.column <= e->at.column)) {
		yg_book_xml_stop(&e->xml, YG_EFORMAT, "cells that do not stand in their order");
		return false;
	}
	e->at = cell;
	return true;
}

static void start_cell(struct edit *e, const char **attributes)
{
	const struct yg_book_write *write;

	if (!place_cell(e, attributes) || !waits(e))
		return;
	write = &e->writes[e->next];
	if (write->at.row != e->at.row || write->at.column > e->at.column)
		return;
	copy_to(e, yg_book_xml_from(&e->xml));
	if (e->is_unplaced && write->at.column < e->at.column) {
		yg_book_xml_stop(&e->xml, YG_EUNSUPPORTED,
				 "its cells do not say where they stand: save the workbook once "
				 "more with a spreadsheet program");
		return;
	}
	add_cells_before(e, e->at.row, e->at.column);
	e->is_hit = waits(e) && yg_cell_compare(e->writes[e->next].at, e->at) == 0;
	if (e->is_hit)
		add_cell(e, yg_book_xml_attribute(attributes, "s"),
			 yg_book_xml_attribute(attributes, "ph"));
}

static void refuse_formula(struct edit *e)
{
	char name[YG_CELL_NAME_SIZE];
	char why[80];

	yg_cell_name(e->at, name);
	(void)snprintf(why, sizeof(why), "cell %s holds a formula: choose another one", name);
	yg_book_xml_stop(&e->xml, YG_EUNSUPPORTED, why);
}

static void edit_start(struct yg_book_xml *xml, const char *name, const char *full,
		       const char **attributes)
{
	struct edit *e = (struct edit *)xml;

	if (xml->depth == DEPTH_DATA && strcmp(name, "sheetData") == 0)
		start_data(e, full);
	else if (!e->is_data)
		return;
	else if (xml->depth == DEPTH_ROW && strcmp(name, "row") == 0)
		start_row(e, attributes);
	else if (xml->depth == DEPTH_CELL && strcmp(name, "c") == 0)
		start_cell(e, attributes);
	else if (xml->depth > DEPTH_CELL && e->is_hit && strcmp(name, "f") == 0)
		refuse_formula(e);
}

static void end_row(struct edit *e)
{
	bool is_empty;

	if (!waits(e) || e->writes[e->next].at.row != e->at.row)
		return;
	is_empty = open_empty(e);
	if (!is_empty)
		copy_to(e, yg_book_xml_from(&e->xml));
	add_cells_before(e, e->at.row, UINT32_MAX);
	if (is_empty)
		yg_buf_addf(e->to, "</%srow>", e->prefix);
}

static void end_data(struct edit *e)
{
	bool is_empty;

	e->is_data = false;
	if (!waits(e))
		return;
	is_empty = e->at.row == 0 && open_empty(e);
	if (!is_empty)
		copy_to(e, yg_book_xml_from(&e->xml));
	add_rows_before(e, UINT32_MAX);
	if (is_empty)
		yg_buf_addf(e->to, "</%ssheetData>", e->prefix);
}

static void edit_end(struct yg_book_xml *xml, const char *name)
{
	struct edit *e = (struct edit *)xml;

	if (!e->is_data)
		return;
	if (xml->depth == DEPTH_CELL && strcmp(name, "c") == 0 && e->is_hit) {
		e->copied = yg_book_xml_to(xml);
		e->is_hit = false;
	} else if (xml->depth == DEPTH_ROW && strcmp(name, "row") == 0) {
		end_row(e);
	} else if (xml->depth == DEPTH_DATA && strcmp(name, "sheetData") == 0) {
		end_data(e);
	}
}

int yg_book_edit(struct yg_bytes body, const char *part, const struct yg_book_write *writes,
		 uint32_t count, struct yg_buf *to, struct yg_line_fault *reterr)
{
	struct edit e = {.xml = {.start = edit_start,
				 .end = edit_end,
				 .body = body,
				 .part = part,
				 .fault = reterr},
			 .writes = writes,
			 .count = count,
			 .to = to};
	int rc = yg_book_xml_run(&e.xml);

	if (rc != YG_OK)
		return rc;
	if (!e.is_done)
		return yg_line_fault_set(reterr, YG_EFORMAT, 0, "%s: it has no table of cells",
					 part);
	copy_to(&e, body.size);
	return yg_buf_error(to) == YG_OK
		       ? YG_OK
		       : yg_line_fault_set(reterr, yg_buf_error(to), 0,
					   "%s grew beyond what may be written", part);
}
