/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workbook (.xlsx) through libzip, from memory only: no file is opened here or by libzip.
 *
 * Read are xl/sharedStrings.xml and all of xl/worksheets/, in the order of their names. What a
 * part unpacks to is counted as it comes and never held: only the texts of its cells are.
 */
#include <zip.h>

#include "base/alloc.h"
#include "parse/csv.h"
#include "parse/official-int.h"

#include "base/ban.h"

#define MEMBERS_MAX    4096u
#define SHEETS_MAX     64u
#define NAME_BYTES_MAX 256u
#define UNPACKED_MAX   (256u << 20) /* of all parts together */
#define SCRATCH_MAX    (256u << 20)
#define CHUNK_BYTES    (64u << 10)
#define TAIL_BYTES     (66u << 10) /* the end record, its comment (64 KiB), the zip64 locator */
#define END_BYTES      22u
#define LOCATOR_BYTES  20u
#define END64_BYTES    56u

struct yg_workbook {
	zip_t *zip;
	zip_error_t error;
	struct yg_arena *scratch;
	struct yg_line_fault *fault;
	struct yg_sheet_strings strings;
	struct yg_sheet_cells cells;
	uint64_t unpacked_bytes;
	uint64_t unpacked_max;
	bool has_strings;
	uint8_t *chunk;
	struct {
		uint64_t index;
		const char *name;
	} sheets[SHEETS_MAX];
	struct yg_sheet_found found[SHEETS_MAX];
	uint32_t sheet_count;
};

bool yg_workbook_is(struct yg_bytes file)
{
	return yg_bytes_starts(file, YG_S("PK\x03\x04"));
}

static uint64_t little(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

/*
 * How many members any end record claims. libzip makes a table of that size before it looks at
 * them, so the greatest claim decides (an archive can hold several such records).
 */
static uint64_t claimed_members(struct yg_bytes file)
{
	uint64_t most = 0;

	for (size_t i = file.size > TAIL_BYTES ? file.size - TAIL_BYTES : 0;
	     i + LOCATOR_BYTES <= file.size; i++) {
		const uint8_t *at = file.data + i;
		uint64_t claim = 0;

		if (memcmp(at, "PK\x05\x06", 4) == 0 && i + END_BYTES <= file.size) {
			claim = little(at + 10, 2);
			if (claim == 0xffff)
				claim = 0; /* "see the zip64 record" */
		} else if (memcmp(at, "PK\x06\x07", 4) == 0) {
			uint64_t end64 = little(at + 8, 8);

			if (end64 < file.size && file.size - end64 >= END64_BYTES)
				claim = little(file.data + end64 + 32, 8);
		}
		if (claim > most)
			most = claim;
	}
	return most;
}

static int no_memory(struct yg_workbook *book)
{
	return yg_line_fault_set(book->fault, YG_ENOMEM, 0, "out of memory");
}

/* zip_error_strerror may allocate; what it says is part of @book->error. */
static int fail_zip(struct yg_workbook *book, zip_error_t *error, const char *name)
{
	if (zip_error_code_zip(error) == ZIP_ER_MEMORY)
		return no_memory(book);
	if (zip_error_code_zip(error) == ZIP_ER_NOPASSWD)
		return yg_line_fault_set(book->fault, YG_EFORMAT, 0,
					 "the workbook has a password: save it without one");
	return yg_line_fault_set(book->fault, YG_EFORMAT, 0,
				 "the workbook is damaged or cut off (%s): %s", name,
				 zip_error_strerror(error));
}

static int open_book(struct yg_workbook *book, struct yg_bytes file)
{
	zip_source_t *source;

	if (claimed_members(file) > MEMBERS_MAX)
		return yg_line_fault_set(book->fault, YG_ELIMIT, 0,
					 "the workbook holds more than %u parts", MEMBERS_MAX);
	source = zip_source_buffer_create(file.data, file.size, 0, &book->error);
	if (!source)
		return fail_zip(book, &book->error, "zip archive");
	book->zip = zip_open_from_source(source, ZIP_RDONLY, &book->error);
	if (book->zip)
		return YG_OK;
	zip_source_free(source);
	return fail_zip(book, &book->error, "zip archive");
}

/* One part, unpacked piece by piece into @parser. */
static int feed_part(struct yg_workbook *book, zip_file_t *member, const char *name,
		     struct yg_sheet_parser *parser)
{
	uint64_t bytes = 0;

	for (;;) {
		zip_int64_t got = zip_fread(member, book->chunk, CHUNK_BYTES);
		int rc;

		if (got < 0)
			return fail_zip(book, zip_file_get_error(member), name);
		bytes += (uint64_t)got;
		book->unpacked_bytes += (uint64_t)got;
		if (bytes > YG_OFFICIAL_SHEET_MAX || book->unpacked_bytes > book->unpacked_max)
			return yg_line_fault_set(
				book->fault, YG_ELIMIT, 0, "%s unpacks to more than %u bytes", name,
				bytes > YG_OFFICIAL_SHEET_MAX ? YG_OFFICIAL_SHEET_MAX
							      : (unsigned)book->unpacked_max);
		rc = yg_sheet_feed(parser, (struct yg_bytes){book->chunk, (size_t)got}, got == 0);
		if (rc != YG_OK || got == 0)
			return rc;
	}
}

static int read_part(struct yg_workbook *book, uint64_t index, const char *name,
		     struct yg_sheet_cells *cells)
{
	struct yg_sheet_parser *parser =
		yg_sheet_parser_new(book->scratch, name, &book->strings, cells, book->fault);
	zip_file_t *member = NULL;
	int rc;

	if (!parser)
		return no_memory(book);
	member = zip_fopen_index(book->zip, index, 0);
	if (member)
		rc = feed_part(book, member, name, parser);
	else
		rc = fail_zip(book, zip_get_error(book->zip), name);
	if (member)
		(void)zip_fclose(member); /* read only: nothing to lose */
	(void)yg_sheet_parser_free(parser);
	return rc;
}

/* A name as messages can show it, in the scratch arena. */
static const char *keep_name(struct yg_workbook *book, const char *name)
{
	struct yg_bytes text = yg_bytes_cut(yg_bytes_str(name), 0, NAME_BYTES_MAX);
	size_t size = 0;

	while (size < text.size && text.data[size] >= ' ' && text.data[size] < 0x7f)
		size++;
	return yg_arena_str(book->scratch, yg_bytes_cut(text, 0, size < 60 ? size : 60));
}

static bool is_sheet(struct yg_bytes name)
{
	static const char folder[] = "xl/worksheets/";
	struct yg_bytes rest = yg_bytes_from(name, sizeof(folder) - 1);

	return yg_bytes_eq_nocase(yg_bytes_cut(name, 0, sizeof(folder) - 1),
				  yg_bytes_str(folder)) &&
	       rest.size > 4 && yg_bytes_chr(rest, '/') == SIZE_MAX &&
	       yg_bytes_eq_nocase(yg_bytes_from(rest, rest.size - 4), YG_S(".xml"));
}

/* "sheet2.xml" before "sheet10.xml". */
static bool comes_before(const char *a, const char *b)
{
	size_t x = strlen(a);
	size_t y = strlen(b);

	return x != y ? x < y : strcmp(a, b) < 0;
}

static int list_sheets(struct yg_workbook *book)
{
	zip_int64_t count = zip_get_num_entries(book->zip, 0);

	for (zip_int64_t i = 0; i < count && i < (zip_int64_t)MEMBERS_MAX; i++) {
		const char *name = zip_get_name(book->zip, (zip_uint64_t)i, 0);
		uint32_t at = book->sheet_count;

		if (!name || !is_sheet(yg_bytes_str(name)))
			continue;
		if (at == SHEETS_MAX)
			return yg_line_fault_set(book->fault, YG_ELIMIT, 0,
						 "the workbook has more than %u sheets",
						 SHEETS_MAX);
		name = keep_name(book, name);
		if (!name)
			return no_memory(book);
		for (; at > 0 && comes_before(name, book->sheets[at - 1].name); at--)
			book->sheets[at] = book->sheets[at - 1];
		book->sheets[at].index = (uint64_t)i;
		book->sheets[at].name = name;
		book->sheet_count++;
	}
	if (book->sheet_count == 0)
		return yg_line_fault_set(book->fault, YG_EFORMAT, 0,
					 "a zip archive, but no workbook: it has no sheets in "
					 "xl/worksheets/");
	return YG_OK;
}

static int read_sheets(struct yg_workbook *book)
{
	zip_int64_t strings = zip_name_locate(book->zip, "xl/sharedStrings.xml", ZIP_FL_NOCASE);
	int rc = list_sheets(book);

	if (rc == YG_OK && strings >= 0)
		rc = read_part(book, (uint64_t)strings, "xl/sharedStrings.xml", NULL);
	for (uint32_t i = 0; rc == YG_OK && i < book->sheet_count; i++) {
		book->cells.count = 0;
		rc = read_part(book, book->sheets[i].index, book->sheets[i].name, &book->cells);
		if (rc == YG_OK)
			rc = yg_sheet_find(&book->cells, book->scratch, &book->found[i],
					   book->fault);
	}
	return rc;
}

/* Sheets whose header names the text go before those where it was guessed: these are left out. */
static int take_rows(struct yg_workbook *book, struct yg_official_rows *rows)
{
	bool is_named = false;
	bool has_ids = false;
	int rc = YG_OK;

	for (uint32_t i = 0; i < book->sheet_count; i++) {
		is_named |= book->found[i].count > 0 && book->found[i].is_named;
		has_ids |= book->found[i].count > 0;
	}
	if (!has_ids)
		return yg_line_fault_set(book->fault, YG_EFORMAT, 0,
					 "no sheet has a column of criterion ids such as 4-4-4-2 "
					 "with text to the right of it");
	for (uint32_t i = 0; i < book->sheet_count; i++) {
		const struct yg_sheet_found *found = &book->found[i];

		for (uint32_t j = 0; rc == YG_OK && found->is_named == is_named && j < found->count;
		     j++)
			rc = yg_official_rows_add(rows, found->rows[j].id, found->rows[j].text,
						  found->rows[j].line);
	}
	return rc;
}

/* NULL without memory. The scratch arena may still be missing: open_book() is not to be called. */
static struct yg_workbook *workbook_new(struct yg_line_fault *fault)
{
	struct yg_workbook *book = yg_calloc(1, sizeof(*book));

	if (!book)
		return NULL;
	book->fault = fault;
	book->unpacked_max = UNPACKED_MAX;
	zip_error_init(&book->error);
	book->scratch = yg_arena_new(SCRATCH_MAX);
	book->chunk = yg_malloc(CHUNK_BYTES);
	return book;
}

static void workbook_free(struct yg_workbook *book)
{
	if (book->zip)
		zip_discard(book->zip);
	zip_error_fini(&book->error);
	free(book->strings.items);
	free(book->cells.items);
	free(book->chunk);
	(void)yg_arena_free(book->scratch);
	free(book);
}

int yg_workbook_read(struct yg_bytes file, struct yg_official_rows *rows)
{
	struct yg_workbook *book = workbook_new(rows->fault);
	int rc;

	if (!book)
		return yg_line_fault_set(rows->fault, YG_ENOMEM, 0, "out of memory");
	if (book->scratch && book->chunk)
		rc = open_book(book, file);
	else
		rc = no_memory(book);
	if (rc == YG_OK)
		rc = read_sheets(book);
	if (rc == YG_OK)
		rc = take_rows(book, rows);
	workbook_free(book);
	return rc;
}

/* ---- a sheet as a table ---- */

static int read_first_sheet(struct yg_workbook *book)
{
	zip_int64_t strings = zip_name_locate(book->zip, "xl/sharedStrings.xml", ZIP_FL_NOCASE);
	int rc = list_sheets(book);

	if (rc == YG_OK && strings >= 0)
		rc = read_part(book, (uint64_t)strings, "xl/sharedStrings.xml", NULL);
	if (rc == YG_OK)
		rc = read_part(book, book->sheets[0].index, book->sheets[0].name, &book->cells);
	return rc;
}

/* Cells stand in order, none twice, none beyond what a table holds. *ret_rows: with something. */
static int count_rows(struct yg_workbook *book, uint32_t *ret_rows)
{
	const struct yg_sheet_cell *before = NULL;

	*ret_rows = 0;
	for (size_t i = 0; i < book->cells.count; i++) {
		const struct yg_sheet_cell *cell = &book->cells.items[i];

		if (before && (cell->row < before->row ||
			       (cell->row == before->row && cell->column <= before->column)))
			return yg_line_fault_set(book->fault, YG_EFORMAT, cell->row,
						 "cells that do not stand in their order");
		if (cell->column >= YG_CSV_COLUMNS_MAX)
			return yg_line_fault_set(book->fault, YG_ELIMIT, cell->row,
						 "more than %u columns", YG_CSV_COLUMNS_MAX);
		*ret_rows += !before || before->row != cell->row;
		before = cell;
	}
	return YG_OK;
}

/* The row that begins with cell *@at, which is moved behind it. */
static int fill_row(struct yg_workbook *book, struct yg_arena *arena, size_t *at,
		    struct yg_table_row *ret)
{
	const struct yg_sheet_cell *cells = book->cells.items + *at;
	struct yg_bytes *out;
	uint32_t width;
	size_t count = 1;

	while (*at + count < book->cells.count && cells[count].row == cells[0].row)
		count++;
	width = cells[count - 1].column + 1;
	out = yg_arena_zalloc(arena, width * sizeof(*out));
	if (!out)
		return no_memory(book);
	for (size_t i = 0; i < count; i++)
		if (!yg_arena_dup(arena, cells[i].text, &out[cells[i].column]))
			return no_memory(book);
	*ret = (struct yg_table_row){.cells = out, .count = width, .line = cells[0].row};
	*at += count;
	return YG_OK;
}

static int fill_table(struct yg_workbook *book, struct yg_arena *arena, struct yg_table *ret)
{
	struct yg_table_row *rows;
	uint32_t count;
	size_t at = 0;
	int rc = count_rows(book, &count);

	if (rc != YG_OK || count == 0)
		return rc;
	rows = yg_arena_alloc(arena, count * sizeof(*rows));
	if (!rows)
		return no_memory(book);
	for (uint32_t i = 0; rc == YG_OK && i < count; i++)
		rc = fill_row(book, arena, &at, &rows[i]);
	if (rc == YG_OK)
		*ret = (struct yg_table){
			.header = rows[0], .rows = rows + 1, .row_count = count - 1};
	return rc;
}

int yg_workbook_table(struct yg_bytes file, struct yg_arena *arena, struct yg_table *ret,
		      struct yg_line_fault *reterr)
{
	struct yg_workbook *book = workbook_new(reterr);
	int rc;

	*ret = (struct yg_table){0};
	if (!book)
		return yg_line_fault_set(reterr, YG_ENOMEM, 0, "out of memory");
	if (book->scratch && book->chunk)
		rc = open_book(book, file);
	else
		rc = no_memory(book);
	if (rc == YG_OK)
		rc = read_first_sheet(book);
	if (rc == YG_OK)
		rc = fill_table(book, arena, ret);
	workbook_free(book);
	return rc;
}

/* ---- parts, for who changes some of them (book.c) ---- */

int yg_workbook_open(struct yg_bytes file, uint32_t unpacked_max, struct yg_workbook **ret,
		     struct yg_line_fault *reterr)
{
	struct yg_workbook *book = workbook_new(reterr);
	int rc;

	*ret = NULL;
	if (!book)
		return yg_line_fault_set(reterr, YG_ENOMEM, 0, "out of memory");
	book->unpacked_max = unpacked_max;
	rc = book->scratch && book->chunk ? open_book(book, file) : no_memory(book);
	if (rc == YG_OK)
		*ret = book;
	else
		workbook_free(book);
	return rc;
}

struct yg_workbook *yg_workbook_close(struct yg_workbook *book)
{
	if (book)
		workbook_free(book);
	return NULL;
}

/* The part's number; false: said. */
static bool find_part(struct yg_workbook *book, const char *name, uint64_t *ret)
{
	zip_int64_t index = zip_name_locate(book->zip, name, 0);

	*ret = index < 0 ? 0 : (uint64_t)index;
	if (index < 0)
		(void)yg_line_fault_set(book->fault, YG_EFORMAT, 0, "the workbook has no part %s",
					name);
	return index >= 0;
}

static int unpack(struct yg_workbook *book, zip_file_t *member, const char *name, struct yg_buf *to)
{
	for (;;) {
		zip_int64_t got = zip_fread(member, book->chunk, CHUNK_BYTES);

		if (got < 0)
			return fail_zip(book, zip_file_get_error(member), name);
		book->unpacked_bytes += (uint64_t)got;
		yg_buf_add(to, (struct yg_bytes){book->chunk, (size_t)got});
		if (book->unpacked_bytes > book->unpacked_max || yg_buf_error(to) == YG_ELIMIT)
			return yg_line_fault_set(book->fault, YG_ELIMIT, 0,
						 "%s unpacks to more than may be read here", name);
		if (yg_buf_error(to) != YG_OK)
			return no_memory(book);
		if (got == 0)
			return YG_OK;
	}
}

int yg_workbook_part(struct yg_workbook *book, const char *name, struct yg_buf *to,
		     struct yg_line_fault *reterr)
{
	zip_file_t *member;
	uint64_t index;
	int rc;

	book->fault = reterr;
	if (!find_part(book, name, &index))
		return YG_EFORMAT;
	member = zip_fopen_index(book->zip, index, 0);
	if (!member)
		return fail_zip(book, zip_get_error(book->zip), name);
	rc = unpack(book, member, name, to);
	(void)zip_fclose(member); /* read only: nothing to lose */
	return rc;
}

int yg_workbook_cells(struct yg_workbook *book, const char *name, const struct yg_sheet_cells **ret,
		      struct yg_line_fault *reterr)
{
	zip_int64_t strings = zip_name_locate(book->zip, "xl/sharedStrings.xml", ZIP_FL_NOCASE);
	uint64_t index;
	int rc = YG_OK;

	book->fault = reterr;
	if (!find_part(book, name, &index))
		return YG_EFORMAT;
	if (strings >= 0 && !book->has_strings)
		rc = read_part(book, (uint64_t)strings, "xl/sharedStrings.xml", NULL);
	book->has_strings = true;
	book->cells.count = 0;
	if (rc == YG_OK)
		rc = read_part(book, index, name, &book->cells);
	*ret = &book->cells;
	return rc;
}
