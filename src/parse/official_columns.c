/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which column of a sheet holds the ids, and which the text: docs/official.md.
 *
 * The id column is the one with the most different criterion ids, the leftmost of equals. The
 * text stands to the right of it: under a header that says so, else where the most text is.
 */
#include "base/utf8.h"
#include "parse/official-int.h"

#include "base/ban.h"

#define PARTS_LEAST 3u
#define PARTS_MOST  6u
#define DIGITS_MAX  3u	/* of a part; so that a date is no id */
#define ID_ROOM	    24u /* 6 parts of 3 digits, 5 hyphens */

struct id_cell {
	struct yg_bytes id;
	struct yg_bytes text;
	uint32_t row;
	uint32_t column;
};

/* The character at the start of @text as ASCII where a wide form of it is usual; 0: neither. */
static uint8_t plain(struct yg_bytes text, size_t *ret_size)
{
	static const char *const hyphens[] = {"‐", "‑", "‒", "–", "−", "－", "ー"};
	size_t size = yg_utf8_size(text);

	*ret_size = size ? size : 1;
	if (size == 1)
		return text.data[0];
	for (size_t i = 0; i < sizeof(hyphens) / sizeof(hyphens[0]); i++)
		if (yg_bytes_starts(text, yg_bytes_str(hyphens[i])))
			return '-';
	/* full-width digits: U+FF10 to U+FF19 */
	if (size == 3 && text.data[0] == 0xef && text.data[1] == 0xbc && text.data[2] >= 0x90 &&
	    text.data[2] <= 0x99)
		return (uint8_t)('0' + (text.data[2] - 0x90));
	return 0;
}

/* What may stand before an id. */
static struct yg_bytes skip_prefix(struct yg_bytes text)
{
	static const char *const prefixes[] = {"No.", "NO.", "no.", "№", "Ｎｏ．"};

	text = yg_bytes_trim(text);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (yg_bytes_starts(text, yg_bytes_str(prefixes[i])))
			return yg_bytes_trim(yg_bytes_from(text, strlen(prefixes[i])));
	return text;
}

/* "No. 4-4-4-2" to "4-4-4-2" in @to. Returns its size, 0 when the whole is no id. */
static size_t read_id(struct yg_bytes text, uint8_t to[ID_ROOM])
{
	size_t size = 0;
	uint32_t digits = 0;
	uint32_t parts = 1;

	text = skip_prefix(text);
	while (text.size > 0) {
		size_t step;
		uint8_t c = plain(text, &step);

		if (c == '-' && digits > 0 && parts < PARTS_MOST) {
			digits = 0;
			parts++;
		} else if (c >= '0' && c <= '9' && digits < DIGITS_MAX) {
			digits++;
		} else {
			return 0;
		}
		to[size++] = c;
		text = yg_bytes_from(text, step);
	}
	return digits > 0 && parts >= PARTS_LEAST ? size : 0;
}

static int compare_by_id(const void *a, const void *b)
{
	const struct id_cell *x = a;
	const struct id_cell *y = b;
	size_t size = x->id.size < y->id.size ? x->id.size : y->id.size;
	int order;

	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	order = memcmp(x->id.data, y->id.data, size);
	if (order != 0)
		return order;
	return (x->id.size > y->id.size) - (x->id.size < y->id.size);
}

static int compare_by_row(const void *a, const void *b)
{
	const struct id_cell *x = a;
	const struct id_cell *y = b;

	return (x->row > y->row) - (x->row < y->row);
}

static int no_memory(struct yg_line_fault *fault)
{
	return yg_line_fault_set(fault, YG_ENOMEM, 0, "out of memory");
}

/* All cells that hold an id. */
static int collect(const struct yg_sheet_cells *cells, struct yg_arena *scratch,
		   struct id_cell **ret, size_t *ret_count, struct yg_line_fault *fault)
{
	uint8_t id[ID_ROOM];
	size_t count = 0;

	for (size_t i = 0; i < cells->count; i++)
		count += read_id(cells->items[i].text, id) > 0;
	*ret = yg_arena_alloc(scratch, (count + 1) * sizeof(**ret));
	*ret_count = 0;
	if (!*ret)
		return no_memory(fault);
	for (size_t i = 0; i < cells->count; i++) {
		const struct yg_sheet_cell *cell = &cells->items[i];
		size_t size = read_id(cell->text, id);
		struct id_cell *to = &(*ret)[*ret_count];

		if (size == 0)
			continue;
		*to = (struct id_cell){.row = cell->row, .column = cell->column};
		if (!yg_arena_dup(scratch, (struct yg_bytes){id, size}, &to->id))
			return no_memory(fault);
		++*ret_count;
	}
	return YG_OK;
}

/* The column with the most different ids; its cells move to the front, in order of rows, one a
 * row. *count becomes their number. */
static void choose_ids(struct id_cell *ids, size_t *count)
{
	uint32_t best = 0;
	size_t best_count = 0;
	size_t kept = 0;

	qsort(ids, *count, sizeof(*ids), compare_by_id);
	for (size_t i = 0; i < *count;) {
		uint32_t column = ids[i].column;
		size_t different = 0;

		for (; i < *count && ids[i].column == column; i++)
			different += different == 0 || !yg_bytes_eq(ids[i].id, ids[i - 1].id);
		if (different > best_count) {
			best_count = different;
			best = column;
		}
	}
	for (size_t i = 0; i < *count; i++)
		if (ids[i].column == best)
			ids[kept++] = ids[i];
	qsort(ids, kept, sizeof(*ids), compare_by_row);
	*count = 0;
	for (size_t i = 0; i < kept; i++)
		if (*count == 0 || ids[i].row != ids[*count - 1].row)
			ids[(*count)++] = ids[i];
}

static struct id_cell *find_row(struct id_cell *ids, size_t count, uint32_t row)
{
	struct id_cell key = {.row = row};

	return bsearch(&key, ids, count, sizeof(*ids), compare_by_row);
}

static bool is_text_header(struct yg_bytes text)
{
	if (yg_bytes_find(text, YG_S("評価基準")) != SIZE_MAX)
		return true;
	for (size_t i = 0; i + 4 <= text.size; i++)
		if (yg_bytes_eq_nocase(yg_bytes_cut(text, i, i + 4), YG_S("text")))
			return true;
	return false;
}

struct column {
	uint64_t bytes; /* of text in rows with an id */
	bool is_named;
};

/* The column of the text, or UINT32_MAX. */
static uint32_t choose_text(const struct yg_sheet_cells *cells, struct id_cell *ids, size_t count,
			    struct column *columns, bool *ret_is_named)
{
	uint32_t best = UINT32_MAX;

	for (size_t i = 0; i < cells->count; i++) {
		const struct yg_sheet_cell *cell = &cells->items[i];

		if (cell->column <= ids[0].column)
			continue;
		if (find_row(ids, count, cell->row))
			columns[cell->column].bytes += yg_bytes_trim(cell->text).size;
		else if (cell->row < ids[0].row && is_text_header(cell->text))
			columns[cell->column].is_named = true;
	}
	*ret_is_named = false;
	for (uint32_t i = ids[0].column + 1; i < YG_SHEET_COLUMNS_MAX; i++) {
		bool is_named = columns[i].is_named;

		if (columns[i].bytes == 0 || (*ret_is_named && !is_named))
			continue;
		if (best == UINT32_MAX || (is_named && !*ret_is_named) ||
		    columns[i].bytes > columns[best].bytes) {
			best = i;
			*ret_is_named = is_named;
		}
	}
	return best;
}

int yg_sheet_find(const struct yg_sheet_cells *cells, struct yg_arena *scratch,
		  struct yg_sheet_found *ret, struct yg_line_fault *fault)
{
	struct column *columns;
	struct id_cell *ids;
	size_t count;
	uint32_t text;
	int rc = collect(cells, scratch, &ids, &count, fault);

	*ret = (struct yg_sheet_found){0};
	if (rc != YG_OK || count == 0)
		return rc;
	choose_ids(ids, &count);
	columns = yg_arena_zalloc(scratch, YG_SHEET_COLUMNS_MAX * sizeof(*columns));
	ret->rows = yg_arena_alloc(scratch, count * sizeof(*ret->rows));
	if (!columns || !ret->rows)
		return no_memory(fault);
	text = choose_text(cells, ids, count, columns, &ret->is_named);
	for (size_t i = 0; text != UINT32_MAX && i < cells->count; i++) {
		const struct yg_sheet_cell *cell = &cells->items[i];
		struct id_cell *id = cell->column == text ? find_row(ids, count, cell->row) : NULL;

		if (id)
			id->text = cell->text;
	}
	for (size_t i = 0; text != UINT32_MAX && i < count; i++)
		ret->rows[ret->count++] = (struct yg_sheet_row){
			.id = ids[i].id, .text = ids[i].text, .line = ids[i].row};
	return YG_OK;
}
