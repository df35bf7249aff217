/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes over the same walk: the first checks everything and counts the rows that stay, the
 * second fills rows of exactly that size. Cells are unquoted in place, in the arena's copy.
 */
#include "parse/csv.h"

#include "base/utf8.h"

#include "base/ban.h"

struct walk {
	uint8_t *text; /* the first pass only reads it */
	size_t size;
	size_t at;
	uint32_t line;
	uint8_t separator;
	bool is_filling;
	struct yg_bytes cells[YG_CSV_COLUMNS_MAX];
	uint32_t count; /* cells of the row at hand */
	struct yg_line_fault *fault;
};

static bool is_line_end(uint8_t c)
{
	return c == '\n' || c == '\r';
}

/* Past one line end (LF, CR or CRLF). */
static void skip_line_end(struct walk *walk)
{
	if (walk->text[walk->at] == '\r' && walk->at + 1 < walk->size &&
	    walk->text[walk->at + 1] == '\n')
		walk->at++;
	walk->at++;
	walk->line++;
}

/*
 * The separator that stands most often in the first line with text, outside of quotes; a comma
 * when there is none.
 */
static uint8_t find_separator(struct yg_bytes text)
{
	static const uint8_t separators[] = {',', '\t', ';'};
	uint32_t counts[sizeof(separators)] = {0};
	bool is_quoted = false;
	bool has_begun = false;
	size_t best = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"')
			is_quoted = !is_quoted;
		if (is_quoted)
			continue;
		if (is_line_end(text.data[i])) {
			if (has_begun)
				break;
			continue;
		}
		has_begun = true;
		for (size_t j = 0; j < sizeof(separators); j++)
			counts[j] += text.data[i] == separators[j];
	}
	for (size_t j = 1; j < sizeof(separators); j++)
		if (counts[j] > counts[best])
			best = j;
	return separators[best];
}

/* Does a line end at @walk? CRLF ends with its LF. */
static bool ends_line(const struct walk *walk)
{
	if (walk->text[walk->at] != '\r')
		return walk->text[walk->at] == '\n';
	return walk->at + 1 >= walk->size || walk->text[walk->at + 1] != '\n';
}

/* After a closing quote only blanks may stand before the separator. */
static int end_quoted(struct walk *walk)
{
	walk->at++;
	while (walk->at < walk->size && walk->text[walk->at] == ' ')
		walk->at++;
	if (walk->at < walk->size && walk->text[walk->at] != walk->separator &&
	    !is_line_end(walk->text[walk->at]))
		return yg_line_fault_set(walk->fault, YG_EFORMAT, walk->line,
					 "text after a closing quote: a quote inside a cell is "
					 "written twice");
	return YG_OK;
}

/* A cell in quotes; @walk stands after the opening one. Doubled quotes become one. */
static int read_quoted(struct walk *walk, struct yg_bytes *ret)
{
	uint32_t first_line = walk->line;
	size_t start = walk->at;
	size_t end = start;

	for (; walk->at < walk->size; walk->at++) {
		if (walk->text[walk->at] == '"') {
			if (walk->at + 1 >= walk->size || walk->text[walk->at + 1] != '"') {
				*ret = (struct yg_bytes){walk->text + start, end - start};
				return end_quoted(walk);
			}
			walk->at++;
		}
		walk->line += ends_line(walk);
		if (walk->is_filling)
			walk->text[end] = walk->text[walk->at];
		end++;
	}
	return yg_line_fault_set(walk->fault, YG_EFORMAT, first_line,
				 "the quote that opens in this line never ends");
}

static int read_cell(struct walk *walk)
{
	struct yg_bytes cell = {0};
	uint32_t line = walk->line;
	size_t start = walk->at;

	if (walk->at < walk->size && walk->text[walk->at] == '"') {
		int rc;

		walk->at++;
		rc = read_quoted(walk, &cell);
		if (rc != YG_OK)
			return rc;
	} else {
		while (walk->at < walk->size && walk->text[walk->at] != walk->separator &&
		       !is_line_end(walk->text[walk->at]))
			walk->at++;
		cell = (struct yg_bytes){walk->text + start, walk->at - start};
	}
	if (cell.size > YG_CSV_CELL_MAX)
		return yg_line_fault_set(walk->fault, YG_ELIMIT, line,
					 "a cell larger than %u bytes", YG_CSV_CELL_MAX);
	if (walk->count == YG_CSV_COLUMNS_MAX)
		return yg_line_fault_set(walk->fault, YG_ELIMIT, line, "more than %u columns",
					 YG_CSV_COLUMNS_MAX);
	walk->cells[walk->count++] = cell;
	return YG_OK;
}

static bool has_text(const struct walk *walk)
{
	for (uint32_t i = 0; i < walk->count; i++)
		if (yg_bytes_trim(walk->cells[i]).size > 0)
			return true;
	return false;
}

/* The next row with text, or count 0 at the end. *ret_line is where it begins. */
static int next_row(struct walk *walk, uint32_t *ret_line)
{
	while (walk->at < walk->size) {
		*ret_line = walk->line;
		walk->count = 0;
		for (;;) {
			int rc = read_cell(walk);

			if (rc != YG_OK)
				return rc;
			if (walk->at >= walk->size || walk->text[walk->at] != walk->separator)
				break;
			walk->at++;
		}
		if (walk->at < walk->size)
			skip_line_end(walk);
		if (has_text(walk))
			return YG_OK;
	}
	walk->count = 0;
	return YG_OK;
}

static int no_memory(struct yg_line_fault *fault)
{
	return yg_line_fault_set(fault, YG_ENOMEM, 0, "out of memory");
}

static int fill_row(struct walk *walk, struct yg_arena *arena, uint32_t line,
		    struct yg_table_row *row)
{
	struct yg_bytes *cells = yg_arena_alloc(arena, walk->count * sizeof(*cells));

	if (!cells)
		return no_memory(walk->fault);
	memcpy(cells, walk->cells, walk->count * sizeof(*cells));
	*row = (struct yg_table_row){.cells = cells, .count = walk->count, .line = line};
	return YG_OK;
}

static void start(struct walk *walk, struct yg_bytes text)
{
	walk->size = text.size;
	walk->at = 0;
	walk->line = 1;
	walk->count = 0;
	walk->separator = find_separator(text);
}

/* First pass: everything is readable; how many rows there are. */
static int check(struct walk *walk, uint32_t *ret_rows)
{
	uint32_t line;

	*ret_rows = 0;
	for (;;) {
		int rc = next_row(walk, &line);

		if (rc != YG_OK || walk->count == 0)
			return rc;
		if (++*ret_rows > YG_CSV_ROWS_MAX + 1)
			return yg_line_fault_set(walk->fault, YG_ELIMIT, line, "more than %u rows",
						 YG_CSV_ROWS_MAX);
	}
}

/* Second pass. @rows: with the header. */
static int fill(struct walk *walk, struct yg_arena *arena, uint32_t rows, struct yg_table *ret)
{
	struct yg_table_row *out = yg_arena_alloc(arena, rows * sizeof(*out));

	if (!out)
		return no_memory(walk->fault);
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t line;
		int rc = next_row(walk, &line);

		for (uint32_t j = 0; i == 0 && j < walk->count; j++)
			walk->cells[j] = yg_bytes_trim(walk->cells[j]);
		if (rc == YG_OK)
			rc = fill_row(walk, arena, line, &out[i]);
		if (rc != YG_OK)
			return rc;
	}
	*ret = (struct yg_table){.header = out[0], .rows = out + 1, .row_count = rows - 1};
	return YG_OK;
}

/* The line of the first byte that is no UTF-8, or of a NUL. 0: all is text. */
static uint32_t line_of_no_text(struct yg_bytes text)
{
	uint32_t line = 1;

	if (yg_utf8_valid(text) && yg_bytes_chr(text, 0) == SIZE_MAX)
		return 0;
	while (text.size > 0) {
		size_t size = yg_utf8_size(text);

		if (size == 0 || text.data[0] == 0)
			break;
		line += text.data[0] == '\n' ||
			(text.data[0] == '\r' && (text.size < 2 || text.data[1] != '\n'));
		text = yg_bytes_from(text, size);
	}
	return line;
}

int yg_csv_read(struct yg_bytes text, struct yg_arena *arena, struct yg_table *ret,
		struct yg_line_fault *reterr)
{
	struct walk walk = {.fault = reterr};
	struct yg_bytes copy;
	uint32_t line;
	uint32_t rows;
	int rc;

	*ret = (struct yg_table){0};
	if (text.size > YG_CSV_BYTES_MAX)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0, "larger than %u bytes",
					 YG_CSV_BYTES_MAX);
	if (yg_bytes_starts(text, YG_S("\xef\xbb\xbf")))
		text = yg_bytes_from(text, 3);
	line = line_of_no_text(text);
	if (line > 0)
		return yg_line_fault_set(reterr, YG_EFORMAT, line, "not UTF-8 text");
	if (!yg_arena_dup(arena, text, &copy))
		return no_memory(reterr);
	walk.text = (uint8_t *)(uintptr_t)copy.data; /* the arena's own copy: ours to change */
	start(&walk, copy);
	rc = check(&walk, &rows);
	if (rc != YG_OK || rows == 0)
		return rc;
	start(&walk, copy);
	walk.is_filling = true;
	return fill(&walk, arena, rows, ret);
}
