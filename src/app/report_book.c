/* SPDX-License-Identifier: Apache-2.0 */
#include "app/report_book.h"

#include "base/alloc.h"
#include "model/day.h"

#include "base/ban.h"

#define WORDS_MAX (1u << 20)

struct filling {
	const struct yg_report_book *ask;
	struct yg_report_book_told *told;
	struct yg_arena *arena;
	struct yg_book *book;
	struct yg_book_write *writes;
	uint32_t count;
	bool *placed; /* of the rows: they have a cell */
};

static int no_memory(struct yg_report_book_told *told)
{
	return yg_line_fault_set(&told->fault, YG_ENOMEM, 0, "out of memory");
}

/* ---- what goes into a cell ---- */

static const struct yg_filled_row *row_of(const struct filling *f, struct yg_bytes path,
					  uint32_t *ret)
{
	for (uint32_t i = 0; i < f->ask->filled->row_count; i++) {
		const struct yg_filled_row *row = &f->ask->filled->rows[i];

		if (row->kind != YG_FILLED_FIELD || !yg_bytes_eq(row->path, path))
			continue;
		*ret = i;
		return row;
	}
	return NULL;
}

/* Is @key in the value: "key", or ["key",…]? Keys hold no quotes. */
static bool is_chosen(const struct yg_filled_row *row, struct yg_bytes key)
{
	char quoted[YG_FORM_WORD_MAX + 3];
	int size = snprintf(quoted, sizeof(quoted), "\"%.*s\"", YG_FMT(key));

	return size > 0 && (size_t)size < sizeof(quoted) &&
	       yg_bytes_find(row->json, yg_bytes_str(quoted)) != SIZE_MAX;
}

/* What the workbook calls @key; else what people call it here. */
static struct yg_bytes word_for(const struct filling *f, const struct yg_book_entry *entry,
				const struct yg_form_choice *choice)
{
	for (uint32_t i = 0; i < entry->word_count; i++)
		if (yg_bytes_eq(entry->words[i].key, choice->key))
			return entry->words[i].text;
	return choice->title.in[f->ask->filled->lang];
}

/* The words of all that is chosen, line by line. */
static int words_of(struct filling *f, const struct yg_book_entry *entry,
		    const struct yg_filled_row *row, struct yg_bytes *ret)
{
	const struct yg_form_field *field = &f->ask->forms->fields[entry->field];
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, WORDS_MAX);
	for (uint32_t i = 0; i < field->choice_count; i++) {
		if (!is_chosen(row, field->choices[i].key))
			continue;
		if (text.size > 0)
			yg_buf_add_byte(&text, '\n');
		yg_buf_add(&text, word_for(f, entry, &field->choices[i]));
	}
	rc = yg_buf_error(&text);
	if (rc == YG_OK && text.size > 0 && !yg_arena_dup(f->arena, yg_buf_bytes(&text), ret))
		rc = YG_ENOMEM;
	yg_buf_done(&text);
	return rc == YG_OK ? YG_OK : no_memory(f->told);
}

/* Empty: nothing goes there. */
static int field_text(struct filling *f, const struct yg_book_entry *entry,
		      struct yg_book_write *to)
{
	const struct yg_form_field *field = &f->ask->forms->fields[entry->field];
	uint32_t at;
	const struct yg_filled_row *row = row_of(f, field->path, &at);

	if (!row)
		return YG_OK; /* another half, which does not go out */
	f->placed[at] = true;
	if (entry->is.size > 0) {
		to->text = is_chosen(row, entry->is) ? entry->write : (struct yg_bytes){0};
		return YG_OK;
	}
	if (entry->word_count > 0)
		return words_of(f, entry, row, &to->text);
	to->text = row->value;
	to->is_number = field->type == YG_FORM_COUNT && yg_bytes_is_number(row->value);
	return YG_OK;
}

static struct yg_bytes stage_text(const struct filling *f, const struct yg_book_entry *entry)
{
	const struct yg_filled *filled = f->ask->filled;
	struct yg_bytes key = yg_bytes_str(yg_form_stage_name(filled->stage));

	for (uint32_t i = 0; i < entry->word_count; i++)
		if (yg_bytes_eq(entry->words[i].key, key))
			return entry->words[i].text;
	return yg_form_stage_words(filled->form, filled->stage, filled->lang);
}

static int entry_text(struct filling *f, const struct yg_book_entry *entry,
		      struct yg_book_write *to)
{
	char text[YG_DAY_SIZE + 16] = "";

	switch (entry->what) {
	case YG_BOOK_FIELD:
		return field_text(f, entry, to);
	case YG_BOOK_STAGE:
		to->text = stage_text(f, entry);
		return YG_OK;
	case YG_BOOK_RECORD:
		to->text = f->ask->filled->record;
		return YG_OK;
	case YG_BOOK_TODAY:
		yg_day_write(f->ask->filled->today, text);
		break;
	default:
		(void)snprintf(text, sizeof(text), "%u", f->ask->filled->version); /* fits */
		to->is_number = true;
		break;
	}
	return yg_arena_dup(f->arena, yg_bytes_str(text), &to->text) ? YG_OK : no_memory(f->told);
}

/* ---- where ---- */

static int fill_mapped(struct filling *f, const struct yg_book_map *map)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < map->count; i++) {
		struct yg_book_write *write = &f->writes[f->count];

		*write = (struct yg_book_write){0};
		rc = entry_text(f, &map->entries[i], write);
		if (rc == YG_OK)
			rc = yg_book_map_place(f->book, &map->entries[i], &write->sheet, &write->at,
					       &f->told->fault);
		f->told->is_of_map = rc != YG_OK;
		f->count += rc == YG_OK && write->text.size > 0;
	}
	return rc;
}

/* Without a map: the labels that say the same. */
static int fill_proposed(struct filling *f)
{
	const struct yg_book_proposal *found;
	uint32_t count;
	int rc = yg_book_propose(f->book, f->ask->forms, f->ask->filled->form, f->arena, &found,
				 &count, &f->told->fault);

	for (uint32_t i = 0; rc == YG_OK && i < count; i++) {
		struct yg_book_entry entry = {.what = YG_BOOK_FIELD, .field = found[i].field};
		struct yg_book_write *write = &f->writes[f->count];

		if (found[i].match != YG_BOOK_EXACT)
			continue;
		*write = (struct yg_book_write){.sheet = found[i].sheet, .at = found[i].cell};
		rc = field_text(f, &entry, write);
		f->count += rc == YG_OK && write->text.size > 0;
	}
	return rc;
}

static void note_left(struct filling *f)
{
	const struct yg_filled *filled = f->ask->filled;

	for (uint32_t i = 0; i < filled->row_count; i++)
		if (filled->rows[i].kind == YG_FILLED_FIELD && filled->rows[i].value.size > 0 &&
		    !f->placed[i] && f->told->left_count < YG_REPORT_LEFT_MAX)
			f->told->left[f->told->left_count++] =
				yg_form_field_find(f->ask->forms, filled->rows[i].path);
}

static int read_map(const struct yg_report_book *ask, const struct yg_form *form,
		    struct yg_arena *arena, struct yg_book_map *ret,
		    struct yg_report_book_told *told)
{
	int rc = yg_book_map_read(ask->map, ask->forms, arena, ret, &told->fault);

	told->is_of_map = rc != YG_OK;
	if (rc == YG_OK && ret->form != form) {
		told->is_of_map = true;
		rc = yg_line_fault_set(&told->fault, YG_EMISMATCH, 0, "the map is of the form %.*s",
				       YG_FMT(ret->form->id));
	}
	return rc;
}

static int fill(struct filling *f, struct yg_buf *to)
{
	const struct yg_report_book *ask = f->ask;
	struct yg_book_map map = {0};
	int rc = ask->map.size > 0 ? read_map(ask, ask->filled->form, f->arena, &map, f->told)
				   : YG_OK;

	f->placed = yg_arena_zalloc(f->arena, (size_t)ask->filled->row_count + 1);
	f->writes = yg_arena_alloc(f->arena, ((size_t)map.count + YG_FORM_ITEMS_MAX + 1) *
						     sizeof(*f->writes));
	if (rc == YG_OK && (!f->placed || !f->writes))
		rc = no_memory(f->told);
	if (rc == YG_OK)
		rc = yg_book_open(ask->file, f->arena, &f->book, &f->told->fault);
	if (rc == YG_OK)
		rc = ask->map.size > 0 ? fill_mapped(f, &map) : fill_proposed(f);
	if (rc == YG_OK)
		rc = yg_book_fill(f->book, f->writes, f->count, to, &f->told->fault);
	f->told->cells = f->count;
	if (rc == YG_OK)
		note_left(f);
	f->book = yg_book_close(f->book);
	return rc;
}

int yg_report_book_fill(const struct yg_report_book *book, struct yg_buf *to,
			struct yg_report_book_told *told)
{
	struct filling f = {.ask = book, .told = told, .arena = yg_arena_new(YG_REPORT_BOOK_ARENA)};
	int rc;

	*told = (struct yg_report_book_told){0};
	rc = f.arena ? fill(&f, to) : no_memory(told);
	(void)yg_arena_free(f.arena);
	return rc;
}

int yg_report_book_check(struct yg_bytes file, struct yg_bytes map, const struct yg_forms *forms,
			 const struct yg_form *form, struct yg_report_book_told *told)
{
	struct yg_report_book ask = {.file = file, .map = map, .forms = forms};
	struct yg_arena *arena = yg_arena_new(YG_REPORT_BOOK_ARENA);
	struct yg_book *book = NULL;
	struct yg_book_map read = {0};
	struct yg_cell cell;
	uint32_t sheet;
	int rc;

	*told = (struct yg_report_book_told){0};
	rc = arena ? YG_OK : no_memory(told);
	if (rc == YG_OK && map.size > 0)
		rc = read_map(&ask, form, arena, &read, told);
	if (rc == YG_OK)
		rc = yg_book_open(file, arena, &book, &told->fault);
	for (uint32_t i = 0; rc == YG_OK && i < read.count; i++) {
		rc = yg_book_map_place(book, &read.entries[i], &sheet, &cell, &told->fault);
		told->is_of_map = rc != YG_OK;
	}
	(void)yg_book_close(book);
	(void)yg_arena_free(arena);
	return rc;
}

/* ---- a map ---- */

static void add_found(struct yg_buf *to, const struct yg_form_field *field,
		      const struct yg_book_proposal *one, struct yg_bytes sheet)
{
	char cell[YG_CELL_NAME_SIZE], label[YG_CELL_NAME_SIZE];

	yg_cell_name(one->cell, cell);
	yg_cell_name(one->label, label);
	yg_buf_addf(to, "  - {field: %.*s, sheet: ", YG_FMT(field->path));
	yg_buf_add_json(to, sheet);
	yg_buf_addf(to, ", cell: %s} # %s, %s: ", cell,
		    one->match == YG_BOOK_EXACT ? "same" : "LIKE", label);
	yg_buf_add_json(to, one->text);
	if (one->others > 0)
		yg_buf_addf(to, ", and %u more like it", one->others);
	yg_buf_add_byte(to, '\n');
}

static void add_missing(struct yg_buf *to, const struct yg_form_field *field,
			const struct yg_book_proposal *one, struct yg_bytes sheet)
{
	char label[YG_CELL_NAME_SIZE];

	yg_buf_addf(to, "  # not found: {field: %.*s, sheet: , cell: } # ", YG_FMT(field->path));
	yg_buf_add_json(to, field->title.in[YG_LANG_JA]);
	if (one->match == YG_BOOK_BLOCKED) {
		yg_cell_name(one->label, label);
		yg_buf_addf(to, ", beside %s of ", label);
		yg_buf_add_json(to, sheet);
		yg_buf_add_str(to, " nothing is empty");
	}
	yg_buf_add_byte(to, '\n');
}

static int propose(struct yg_book *book, struct yg_arena *arena, const struct yg_forms *forms,
		   const struct yg_form *form, struct yg_buf *to, struct yg_report_book_told *told,
		   uint32_t *ret_all)
{
	const struct yg_book_sheet *sheets;
	const struct yg_book_proposal *found;
	int rc = yg_book_propose(book, forms, form, arena, &found, ret_all, &told->fault);

	if (rc != YG_OK)
		return rc;
	(void)yg_book_sheets(book, &sheets);
	yg_buf_addf(to,
		    "# A proposal: look at each line, above all those with LIKE, and fill in what "
		    "was not found.\nformat: yagura-workbook-map/1\nform: %.*s\ncells:\n",
		    YG_FMT(form->id));
	for (uint32_t i = 0; i < *ret_all; i++) {
		const struct yg_form_field *field = &forms->fields[found[i].field];
		struct yg_bytes sheet = sheets[found[i].sheet].name;

		if (found[i].match >= YG_BOOK_PART) {
			add_found(to, field, &found[i], sheet);
			told->cells++;
			continue;
		}
		add_missing(to, field, &found[i], sheet);
		if (told->left_count < YG_REPORT_LEFT_MAX)
			told->left[told->left_count++] = found[i].field;
	}
	if (told->cells == 0)
		yg_buf_add_str(to, "  []\n");
	return yg_buf_error(to) == YG_OK ? YG_OK : no_memory(told);
}

int yg_report_book_map(struct yg_bytes file, const struct yg_forms *forms,
		       const struct yg_form *form, struct yg_buf *to,
		       struct yg_report_book_told *told, uint32_t *ret_all)
{
	struct yg_arena *arena = yg_arena_new(YG_REPORT_BOOK_ARENA);
	struct yg_book *book = NULL;
	int rc;

	*told = (struct yg_report_book_told){0};
	*ret_all = 0;
	rc = arena ? yg_book_open(file, arena, &book, &told->fault) : no_memory(told);
	if (rc == YG_OK)
		rc = propose(book, arena, forms, form, to, told, ret_all);
	(void)yg_book_close(book);
	(void)yg_arena_free(arena);
	return rc;
}
