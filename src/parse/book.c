/* SPDX-License-Identifier: Apache-2.0 */
/* A workbook: its sheets, what stands in them, and the same file with some cells filled. */
#include "parse/book.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "parse/book-int.h"
#include "parse/book_label-int.h"

#include "base/ban.h"

#define NAME_MAX_BYTES 400u /* of a sheet: 31 characters, says the standard's user interface */
#define TARGET_MAX     200u
#define LIST_MAX       (4u << 20) /* bytes of the list of sheets, and of its relations */

/* The labels of a sheet, by their cells: what is looked for is compared with many of them. */
struct labels {
	uint64_t *hashes;
	uint32_t *cells;
	uint32_t count;
};

struct yg_book {
	struct yg_bytes file;
	struct yg_workbook *parts;
	struct yg_arena *arena;
	struct yg_book_sheet sheets[YG_BOOK_SHEETS_MAX];
	char *relations[YG_BOOK_SHEETS_MAX];		/* "rId1", until its part is found */
	struct yg_book_look *looks[YG_BOOK_SHEETS_MAX]; /* NULL: not looked at yet */
	struct labels labels[YG_BOOK_SHEETS_MAX];	/* the same */
	uint32_t sheet_count;
};

static int no_memory(struct yg_line_fault *fault)
{
	return yg_line_fault_set(fault, YG_ENOMEM, 0, "out of memory");
}

/* ---- the list of sheets ---- */

struct listing {
	struct yg_book_xml xml;
	struct yg_book *book;
};

/* "r:id", with whatever prefix. */
static const char *relation_of(const char **attributes)
{
	for (; attributes[0]; attributes += 2) {
		const char *colon = strrchr(attributes[0], ':');

		if (colon && strcmp(colon, ":id") == 0)
			return attributes[1];
	}
	return NULL;
}

static void sheet_start(struct yg_book_xml *xml, const char *name, const char *full,
			const char **attributes)
{
	struct yg_book *book = ((struct listing *)xml)->book;
	struct yg_book_sheet *sheet = &book->sheets[book->sheet_count];
	struct yg_bytes title = yg_bytes_str(yg_book_xml_attribute(attributes, "name"));
	struct yg_bytes relation = yg_bytes_str(relation_of(attributes));
	const char *state = yg_book_xml_attribute(attributes, "state");

	(void)full;
	if (xml->depth != 3 || strcmp(name, "sheet") != 0)
		return;
	if (title.size == 0 || relation.size == 0 || title.size > NAME_MAX_BYTES ||
	    relation.size > TARGET_MAX) {
		yg_book_xml_stop(xml, YG_EFORMAT, "a sheet without a name, or with one too long");
		return;
	}
	if (book->sheet_count == YG_BOOK_SHEETS_MAX) {
		yg_book_xml_stop(xml, YG_ELIMIT, "more sheets than a workbook may have here");
		return;
	}
	book->relations[book->sheet_count] = yg_arena_str(book->arena, relation);
	sheet->is_hidden = state && strcmp(state, "visible") != 0;
	if (!book->relations[book->sheet_count] || !yg_arena_dup(book->arena, title, &sheet->name))
		yg_book_xml_stop(xml, YG_ENOMEM, "out of memory");
	else
		book->sheet_count++;
}

/* "worksheets/sheet1.xml" and "/xl/worksheets/sheet1.xml" alike. */
static const char *part_of(struct yg_book *book, const char *target)
{
	char part[TARGET_MAX + 8];

	(void)snprintf(part, sizeof(part), "%s%s", target[0] == '/' ? "" : "xl/",
		       target[0] == '/' ? target + 1 : target); /* as measured */
	return yg_arena_str(book->arena, yg_bytes_str(part));
}

static void relation_start(struct yg_book_xml *xml, const char *name, const char *full,
			   const char **attributes)
{
	struct yg_book *book = ((struct listing *)xml)->book;
	const char *id = yg_book_xml_attribute(attributes, "Id");
	const char *target = yg_book_xml_attribute(attributes, "Target");

	(void)full;
	if (strcmp(name, "Relationship") != 0 || !id || !target || strlen(target) > TARGET_MAX)
		return;
	for (uint32_t i = 0; i < book->sheet_count; i++) {
		if (book->sheets[i].part || strcmp(book->relations[i], id) != 0)
			continue;
		book->sheets[i].part = part_of(book, target);
		if (!book->sheets[i].part)
			yg_book_xml_stop(xml, YG_ENOMEM, "out of memory");
	}
}

static int read_list(struct yg_book *book, const char *part,
		     void (*start)(struct yg_book_xml *xml, const char *name, const char *full,
				   const char **attributes),
		     struct yg_line_fault *fault)
{
	struct listing listing = {.xml = {.start = start, .part = part, .fault = fault},
				  .book = book};
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, LIST_MAX);
	rc = yg_workbook_part(book->parts, part, &text, fault);
	listing.xml.body = yg_buf_bytes(&text);
	if (rc == YG_OK)
		rc = yg_book_xml_run(&listing.xml);
	yg_buf_done(&text);
	return rc;
}

/* Chart sheets and the like have no cells: they are left out. */
static int list_sheets(struct yg_book *book, struct yg_line_fault *fault)
{
	static const char folder[] = "xl/worksheets/";
	uint32_t kept = 0;
	int rc = read_list(book, "xl/workbook.xml", sheet_start, fault);

	if (rc == YG_OK)
		rc = read_list(book, "xl/_rels/workbook.xml.rels", relation_start, fault);
	for (uint32_t i = 0; rc == YG_OK && i < book->sheet_count; i++) {
		const char *part = book->sheets[i].part;

		if (!part || strncmp(part, folder, sizeof(folder) - 1) != 0)
			continue;
		for (uint32_t k = 0; rc == YG_OK && k < kept; k++)
			if (strcmp(book->sheets[k].part, part) == 0)
				rc = yg_line_fault_set(fault, YG_EFORMAT, 0,
						       "two sheets stand in one part, %s", part);
		book->sheets[kept++] = book->sheets[i];
	}
	book->sheet_count = kept;
	return rc == YG_OK && kept == 0
		       ? yg_line_fault_set(fault, YG_EFORMAT, 0,
					   "a workbook without sheets in xl/worksheets/")
		       : rc;
}

int yg_book_open(struct yg_bytes file, struct yg_arena *arena, struct yg_book **ret,
		 struct yg_line_fault *reterr)
{
	struct yg_book *book;
	int rc = YG_OK;

	*ret = NULL;
	if (file.size > YG_BOOK_BYTES_MAX)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0, "larger than %u MiB",
					 YG_BOOK_BYTES_MAX >> 20);
	if (!yg_workbook_is(file))
		return yg_line_fault_set(reterr, YG_EFORMAT, 0,
					 "no workbook (.xlsx): save it as .xlsx without a "
					 "password");
	book = yg_arena_zalloc(arena, sizeof(*book));
	if (!book)
		return no_memory(reterr);
	book->file = file;
	book->arena = arena;
	rc = yg_book_zip_check(file, reterr);
	if (rc == YG_OK)
		rc = yg_workbook_open(file, YG_BOOK_UNPACKED_MAX, &book->parts, reterr);
	if (rc == YG_OK)
		rc = list_sheets(book, reterr);
	if (rc == YG_OK)
		*ret = book;
	else
		(void)yg_book_close(book);
	return rc;
}

struct yg_book *yg_book_close(struct yg_book *book)
{
	if (book)
		book->parts = yg_workbook_close(book->parts);
	return NULL;
}

uint32_t yg_book_sheets(const struct yg_book *book, const struct yg_book_sheet **ret)
{
	*ret = book->sheets;
	return book->sheet_count;
}

uint32_t yg_book_sheet(const struct yg_book *book, struct yg_bytes name)
{
	for (uint32_t i = 0; i < book->sheet_count; i++)
		if (name.size > 0 ? yg_bytes_eq(book->sheets[i].name, name)
				  : !book->sheets[i].is_hidden)
			return i;
	return UINT32_MAX;
}

/* ---- looking ---- */

static const struct yg_book_merge *merge_at(const struct yg_book_look *look, struct yg_cell at)
{
	uint32_t low = 0;
	uint32_t high = look->merge_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = yg_cell_compare(look->merges[middle].from, at);

		if (order == 0)
			return &look->merges[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int take_cells(struct yg_book *book, const struct yg_sheet_cells *from,
		      struct yg_book_look *to, struct yg_line_fault *fault)
{
	struct yg_book_cell *cells =
		yg_arena_alloc(book->arena, (from->count + 1) * sizeof(*cells));

	if (!cells)
		return no_memory(fault);
	for (size_t i = 0; i < from->count; i++) {
		struct yg_cell at = {from->items[i].row, from->items[i].column};
		const struct yg_book_merge *merge = merge_at(to, at);

		if (i > 0 && yg_cell_compare(cells[i - 1].at, at) >= 0)
			return yg_line_fault_set(fault, YG_EFORMAT, at.row,
						 "cells that do not stand in their order");
		cells[i] = (struct yg_book_cell){at, merge ? merge->to : at, from->items[i].text};
	}
	to->cells = cells;
	to->cell_count = (uint32_t)from->count;
	return YG_OK;
}

int yg_book_look(struct yg_book *book, uint32_t sheet, const struct yg_book_look **ret,
		 struct yg_line_fault *reterr)
{
	const struct yg_sheet_cells *cells;
	struct yg_book_look *look = book->looks[sheet];
	const char *part = book->sheets[sheet].part;
	struct yg_buf xml;
	int rc;

	*ret = look;
	if (look)
		return YG_OK;
	look = yg_arena_zalloc(book->arena, sizeof(*look));
	if (!look)
		return no_memory(reterr);
	yg_buf_init(&xml, YG_BOOK_PART_MAX);
	rc = yg_workbook_part(book->parts, part, &xml, reterr);
	if (rc == YG_OK)
		rc = yg_book_merges(yg_buf_bytes(&xml), part, book->arena, look, reterr);
	yg_buf_done(&xml);
	if (rc == YG_OK)
		rc = yg_workbook_cells(book->parts, part, &cells, reterr);
	if (rc == YG_OK)
		rc = take_cells(book, cells, look, reterr);
	if (rc == YG_OK)
		*ret = book->looks[sheet] = look;
	return rc;
}

struct yg_cell yg_book_first(const struct yg_book_look *look, struct yg_cell at)
{
	for (uint32_t i = 0; i < look->merge_count; i++) {
		const struct yg_book_merge *m = &look->merges[i];

		if (at.row >= m->from.row && at.row <= m->to.row && at.column >= m->from.column &&
		    at.column <= m->to.column)
			return m->from;
	}
	return at;
}

struct yg_bytes yg_book_text(const struct yg_book_look *look, struct yg_cell at)
{
	uint32_t low = 0;
	uint32_t high = look->cell_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = yg_cell_compare(look->cells[middle].at, at);

		if (order == 0)
			return look->cells[middle].text;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return (struct yg_bytes){0};
}

/* ---- labels ---- */

static uint64_t hash_of(const struct yg_book_label *label)
{
	return yg_hash64((struct yg_bytes){label->text, label->size}, yg_hash_secret());
}

static int take_labels(struct yg_book *book, const struct yg_book_look *look, struct labels *to)
{
	uint32_t max =
		look->cell_count < YG_BOOK_LABELS_MAX ? look->cell_count : YG_BOOK_LABELS_MAX;
	struct yg_book_label label;

	to->cells = yg_arena_alloc(book->arena, ((size_t)max + 1) * sizeof(*to->cells));
	if (to->cells) /* there are hashes only where all of it is there */
		to->hashes = yg_arena_alloc(book->arena, ((size_t)max + 1) * sizeof(*to->hashes));
	if (!to->hashes)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < look->cell_count && to->count < max; i++) {
		yg_book_label_make(look->cells[i].text, &label);
		if (label.size == 0)
			continue;
		to->hashes[to->count] = hash_of(&label);
		to->cells[to->count++] = i;
	}
	return YG_OK;
}

int yg_book_label_find(struct yg_book *book, uint32_t sheet, struct yg_bytes text,
		       const struct yg_book_cell **ret, struct yg_line_fault *reterr)
{
	struct labels *labels = &book->labels[sheet];
	const struct yg_book_look *look;
	struct yg_book_label wanted, found;
	uint64_t hash;
	int rc = yg_book_look(book, sheet, &look, reterr);

	*ret = NULL;
	if (rc == YG_OK && !labels->hashes && take_labels(book, look, labels) != YG_OK)
		rc = no_memory(reterr);
	if (rc != YG_OK)
		return rc;
	yg_book_label_make(text, &wanted);
	hash = hash_of(&wanted);
	for (uint32_t i = 0; !*ret && i < labels->count; i++) {
		if (labels->hashes[i] != hash)
			continue;
		yg_book_label_make(look->cells[labels->cells[i]].text, &found);
		if (yg_book_label_same(&wanted, &found))
			*ret = &look->cells[labels->cells[i]];
	}
	return YG_OK;
}

/* ---- filling ---- */

struct filling {
	struct yg_book *book;
	struct yg_arena *arena;
	struct yg_line_fault *fault;
	struct yg_book_write *writes; /* by sheet, row, column; each cell once */
	uint32_t count;
	struct yg_buf bodies[YG_BOOK_SHEETS_MAX];
	struct yg_book_part parts[YG_BOOK_SHEETS_MAX];
	uint32_t part_count;
};

static int by_cell(const struct yg_book_write *a, const struct yg_book_write *b)
{
	if (a->sheet != b->sheet)
		return a->sheet < b->sheet ? -1 : 1;
	return yg_cell_compare(a->at, b->at);
}

/* The writes by their cells; those to one cell stay in the order of the caller. */
static int order(struct filling *f, const struct yg_book_write *writes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct yg_book_write one = writes[i];
		const struct yg_book_look *look;
		uint32_t at = i;
		int rc;

		if (one.sheet >= f->book->sheet_count)
			return yg_line_fault_set(f->fault, YG_EINVAL, 0, "there is no such sheet");
		rc = yg_book_look(f->book, one.sheet, &look, f->fault);
		if (rc != YG_OK)
			return rc;
		one.at = yg_book_first(look, one.at);
		for (; at > 0 && by_cell(&f->writes[at - 1], &one) > 0; at--)
			f->writes[at] = f->writes[at - 1];
		f->writes[at] = one;
	}
	f->count = count;
	return YG_OK;
}

/* @more below what stands in @to. */
static int join(struct filling *f, struct yg_book_write *to, const struct yg_book_write *more)
{
	size_t size = to->text.size + 1 + more->text.size;
	uint8_t *text = yg_arena_alloc(f->arena, size);

	if (!text)
		return no_memory(f->fault);
	if (to->text.size > 0)
		memcpy(text, to->text.data, to->text.size);
	text[to->text.size] = '\n';
	if (more->text.size > 0)
		memcpy(text + to->text.size + 1, more->text.data, more->text.size);
	to->text = (struct yg_bytes){text, size};
	to->is_number = false;
	return YG_OK;
}

static int check_write(const struct filling *f, const struct yg_book_write *write)
{
	char name[YG_CELL_NAME_SIZE];

	yg_cell_name(write->at, name);
	if (write->is_number && !yg_bytes_is_number(write->text))
		return yg_line_fault_set(f->fault, YG_EINVAL, 0, "cell %s: not a number", name);
	if (yg_cell_units(write->text) > YG_CELL_TEXT_MAX)
		return yg_line_fault_set(f->fault, YG_EINVAL, 0,
					 "cell %s: a text of %zu characters; a cell takes %u: "
					 "shorten it",
					 name, yg_cell_units(write->text), YG_CELL_TEXT_MAX);
	return YG_OK;
}

static int merge_writes(struct filling *f)
{
	uint32_t kept = 0;
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < f->count; i++) {
		if (kept == 0 || by_cell(&f->writes[kept - 1], &f->writes[i]) != 0) {
			f->writes[kept++] = f->writes[i];
			continue;
		}
		rc = join(f, &f->writes[kept - 1], &f->writes[i]);
		if (rc == YG_OK) /* now: each further one would copy all of it */
			rc = check_write(f, &f->writes[kept - 1]);
	}
	f->count = kept;
	for (uint32_t i = 0; rc == YG_OK && i < f->count; i++)
		rc = check_write(f, &f->writes[i]);
	return rc;
}

/* The sheet of the writes from @at on; *ret_end: behind its last. */
static int fill_sheet(struct filling *f, uint32_t at, uint32_t *ret_end)
{
	uint32_t sheet = f->writes[at].sheet;
	const char *part = f->book->sheets[sheet].part;
	struct yg_buf *body = &f->bodies[f->part_count];
	struct yg_buf xml;
	uint32_t end = at;
	int rc;

	while (end < f->count && f->writes[end].sheet == sheet)
		end++;
	yg_buf_init(&xml, YG_BOOK_PART_MAX);
	yg_buf_init(body, YG_BOOK_OUT_MAX);
	f->parts[f->part_count].name = part;
	f->part_count++;
	rc = yg_workbook_part(f->book->parts, part, &xml, f->fault);
	if (rc == YG_OK)
		rc = yg_book_edit(yg_buf_bytes(&xml), part, f->writes + at, end - at, body,
				  f->fault);
	yg_buf_done(&xml);
	f->parts[f->part_count - 1].body = yg_buf_bytes(body);
	*ret_end = end;
	return rc;
}

int yg_book_fill(struct yg_book *book, const struct yg_book_write *writes, uint32_t count,
		 struct yg_buf *to, struct yg_line_fault *reterr)
{
	struct filling *f = yg_arena_zalloc(book->arena, sizeof(*f));
	uint32_t at = 0;
	int rc = count > YG_BOOK_WRITES_MAX
			 ? yg_line_fault_set(reterr, YG_ELIMIT, 0, "more than %u cells to fill",
					     YG_BOOK_WRITES_MAX)
			 : YG_OK;

	if (rc != YG_OK)
		return rc;
	if (!f)
		return no_memory(reterr);
	*f = (struct filling){.book = book, .arena = book->arena, .fault = reterr};
	f->writes = yg_arena_alloc(book->arena, ((size_t)count + 1) * sizeof(*f->writes));
	rc = f->writes ? order(f, writes, count) : no_memory(reterr);
	if (rc == YG_OK)
		rc = merge_writes(f);
	while (rc == YG_OK && at < f->count)
		rc = fill_sheet(f, at, &at);
	if (rc == YG_OK)
		rc = yg_book_zip(book->file, f->parts, f->part_count, to, reterr);
	for (uint32_t i = 0; i < f->part_count; i++)
		yg_buf_done(&f->bodies[i]);
	return rc;
}
