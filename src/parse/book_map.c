/* SPDX-License-Identifier: Apache-2.0 */
/* A map from fields to cells, read. */
#include "parse/book_map.h"

#include "parse/book_label-int.h"
#include "parse/yaml.h"

#include "base/ban.h"

#define FORMAT	 "yagura-workbook-map/1"
#define TEXT_MAX 400u /* bytes of sheets, labels and words */

struct reader {
	const struct yg_forms *forms;
	const struct yg_form *form;
	struct yg_arena *arena;
	struct yg_line_fault *fault;
	struct yg_book_entry *entries;
	uint32_t count;
};

static int refuse(struct reader *r, uint32_t line, const char *what, struct yg_bytes name)
{
	return yg_line_fault_set(r->fault, YG_EFORMAT, line, "%s: %.*s", what,
				 YG_FMT(yg_bytes_cut(name, 0, 80)));
}

static int no_memory(struct reader *r)
{
	return yg_line_fault_set(r->fault, YG_ENOMEM, 0, "out of memory");
}

static int check_keys(struct reader *r, const struct yg_yaml *map, const char *const *known,
		      size_t count)
{
	if (map->kind != YG_YAML_MAP)
		return yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
					 "keys and values belong here");
	for (const struct yg_yaml *one = map->first; one; one = one->next) {
		size_t i = 0;

		while (i < count && !yg_bytes_eq(one->key, yg_bytes_str(known[i])))
			i++;
		if (i == count)
			return refuse(r, one->line, "there is no such key", one->key);
	}
	return YG_OK;
}

/* A text under @key, copied; empty when there is none. */
static int take_text(struct reader *r, const struct yg_yaml *map, const char *key,
		     struct yg_bytes *ret)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);

	*ret = (struct yg_bytes){0};
	if (!node)
		return YG_OK;
	if (node->kind != YG_YAML_SCALAR || node->text.size == 0)
		return refuse(r, node->line, "a text belongs here", yg_bytes_str(key));
	if (node->text.size > TEXT_MAX)
		return yg_line_fault_set(r->fault, YG_ELIMIT, node->line,
					 "%s: %zu bytes; at most %u may stand here", key,
					 node->text.size, TEXT_MAX);
	return yg_arena_dup(r->arena, node->text, ret) ? YG_OK : no_memory(r);
}

/* ---- what ---- */

static bool is_of_form(const struct yg_form *form, uint32_t field)
{
	for (uint32_t i = 0; i < form->item_count; i++)
		if (form->items[i].field == field)
			return true;
	return false;
}

static int take_what(struct reader *r, const struct yg_yaml *map, struct yg_book_entry *to)
{
	static const char *const words[] = {"stage", "today", "version", "record"};
	struct yg_bytes field = yg_yaml_text(map, "field");
	struct yg_bytes what = yg_yaml_text(map, "what");
	unsigned i = 0;

	if ((field.size > 0) == (what.size > 0))
		return yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
					 "an entry has a field, or a what: stage, today, version "
					 "or record");
	if (what.size > 0) {
		while (i < 4 && !yg_bytes_eq(what, yg_bytes_str(words[i])))
			i++;
		to->what = (enum yg_book_what)(YG_BOOK_STAGE + i);
		return i < 4 ? YG_OK
			     : refuse(r, map->line, "stage, today, version or record, not", what);
	}
	to->what = YG_BOOK_FIELD;
	to->field = yg_form_field_find(r->forms, field);
	if (to->field == YG_FORM_NONE)
		return refuse(r, map->line, "the record has no such field", field);
	return is_of_form(r->form, to->field)
		       ? YG_OK
		       : refuse(r, map->line, "the form does not have the field", field);
}

/* ---- words for choices ---- */

static bool has_key(const struct reader *r, const struct yg_book_entry *entry, struct yg_bytes key)
{
	enum yg_form_stage stage;

	if (entry->what == YG_BOOK_STAGE)
		return yg_form_stage_by_name(key, &stage);
	return entry->what == YG_BOOK_FIELD &&
	       yg_form_choice_find(&r->forms->fields[entry->field], key) != NULL;
}

static int take_words(struct reader *r, const struct yg_yaml *map, struct yg_book_entry *to)
{
	const struct yg_yaml *values = yg_yaml_get(map, "values");
	struct yg_book_word *words;

	if (!values)
		return YG_OK;
	if (values->kind != YG_YAML_MAP || values->count > YG_BOOK_WORDS_MAX)
		return refuse(r, values->line, "keys of choices and their words belong here",
			      YG_S("values"));
	words = yg_arena_alloc(r->arena, ((size_t)values->count + 1) * sizeof(*words));
	if (!words)
		return no_memory(r);
	for (const struct yg_yaml *one = values->first; one; one = one->next) {
		struct yg_book_word *word = &words[to->word_count];

		if (!has_key(r, to, one->key))
			return refuse(r, one->line, "there is no such choice", one->key);
		if (one->kind != YG_YAML_SCALAR || one->text.size > TEXT_MAX)
			return refuse(r, one->line, "a text belongs here", one->key);
		if (!yg_arena_dup(r->arena, one->key, &word->key) ||
		    !yg_arena_dup(r->arena, one->text, &word->text))
			return no_memory(r);
		to->word_count++;
	}
	to->words = words;
	return YG_OK;
}

static int take_choice(struct reader *r, const struct yg_yaml *map, struct yg_book_entry *to)
{
	int rc = take_text(r, map, "is", &to->is);

	if (rc == YG_OK)
		rc = take_text(r, map, "write", &to->write);
	if (rc == YG_OK)
		rc = take_words(r, map, to);
	if (rc != YG_OK)
		return rc;
	if (to->is.size == 0 && to->write.size > 0)
		return refuse(r, map->line, "write goes with is", to->write);
	if (to->is.size > 0 && !has_key(r, to, to->is))
		return refuse(r, map->line, "there is no such choice", to->is);
	if (to->is.size > 0 && to->word_count > 0)
		return refuse(r, map->line, "either is, or values", to->is);
	if (to->is.size > 0 && to->write.size == 0)
		to->write = YG_S("☑");
	return YG_OK;
}

/* ---- where ---- */

static int take_where(struct reader *r, const struct yg_yaml *map, struct yg_book_entry *to)
{
	struct yg_bytes cell = yg_yaml_text(map, "cell");
	struct yg_bytes place = yg_yaml_text(map, "place");
	int rc = take_text(r, map, "sheet", &to->sheet);

	if (rc == YG_OK)
		rc = take_text(r, map, "label", &to->label);
	if (rc != YG_OK)
		return rc;
	if ((cell.size > 0) == (to->label.size > 0))
		return yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
					 "an entry has a cell (C5), or the label of one");
	if (cell.size > 0 && !yg_cell_read(cell, &to->cell))
		return refuse(r, map->line, "no cell that a sheet has", cell);
	to->is_below = yg_bytes_eq(place, YG_S("below"));
	if (place.size > 0 && !to->is_below && !yg_bytes_eq(place, YG_S("right")))
		return refuse(r, map->line, "place is right or below, not", place);
	return YG_OK;
}

static int take_entry(struct reader *r, const struct yg_yaml *map)
{
	static const char *const known[] = {"field", "what", "sheet", "cell",  "label",
					    "place", "is",   "write", "values"};
	struct yg_book_entry *to = &r->entries[r->count];
	int rc = check_keys(r, map, known, sizeof(known) / sizeof(known[0]));

	*to = (struct yg_book_entry){.line = map->line, .field = YG_FORM_NONE};
	if (rc == YG_OK)
		rc = take_what(r, map, to);
	if (rc == YG_OK)
		rc = take_where(r, map, to);
	if (rc == YG_OK)
		rc = take_choice(r, map, to);
	r->count++;
	return rc;
}

static int take_map(struct reader *r, const struct yg_yaml *map)
{
	static const char *const known[] = {"format", "form", "cells"};
	const struct yg_yaml *cells;
	int rc = check_keys(r, map, known, 3);

	if (rc != YG_OK)
		return rc;
	cells = yg_yaml_get(map, "cells");
	if (!yg_bytes_eq(yg_yaml_text(map, "format"), YG_S(FORMAT)))
		return yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
					 "format: " FORMAT " is missing");
	r->form = yg_form_find(r->forms, yg_yaml_text(map, "form"));
	if (!r->form)
		return refuse(r, map->line, "form: there is no such form",
			      yg_yaml_text(map, "form"));
	if (!cells || cells->kind != YG_YAML_LIST)
		return yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
					 "cells: a list is missing");
	if (cells->count > YG_BOOK_WRITES_MAX)
		return yg_line_fault_set(r->fault, YG_ELIMIT, cells->line, "more than %u cells",
					 YG_BOOK_WRITES_MAX);
	r->entries = yg_arena_alloc(r->arena, ((size_t)cells->count + 1) * sizeof(*r->entries));
	if (!r->entries)
		return no_memory(r);
	for (const struct yg_yaml *one = cells->first; rc == YG_OK && one; one = one->next)
		rc = take_entry(r, one);
	return rc;
}

int yg_book_map_read(struct yg_bytes text, const struct yg_forms *forms, struct yg_arena *arena,
		     struct yg_book_map *ret, struct yg_line_fault *reterr)
{
	struct reader r = {.forms = forms, .arena = arena, .fault = reterr};
	struct yg_yaml_fault fault;
	const struct yg_yaml *docs;
	int rc;

	*ret = (struct yg_book_map){0};
	if (text.size > YG_BOOK_MAP_MAX)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0, "larger than %u KiB",
					 YG_BOOK_MAP_MAX >> 10);
	rc = yg_yaml_parse(text, arena, &docs, &fault);
	if (rc != YG_OK)
		return yg_line_fault_set(reterr, fault.code, fault.line, "%s", fault.msg);
	if (docs->count != 1)
		return yg_line_fault_set(reterr, YG_EFORMAT, 1, "one map belongs into a file");
	rc = take_map(&r, docs->first);
	if (rc == YG_OK)
		*ret = (struct yg_book_map){r.form, r.entries, r.count};
	return rc;
}

/* ---- where it is in a workbook ---- */

int yg_book_map_place(struct yg_book *book, const struct yg_book_entry *entry, uint32_t *ret_sheet,
		      struct yg_cell *ret_cell, struct yg_line_fault *reterr)
{
	const struct yg_book_cell *label = NULL;
	int rc;

	*ret_sheet = yg_book_sheet(book, entry->sheet);
	*ret_cell = entry->cell;
	if (*ret_sheet == UINT32_MAX)
		return yg_line_fault_set(reterr, YG_EFORMAT, entry->line,
					 "the workbook has no sheet %.*s",
					 YG_FMT(yg_bytes_cut(entry->sheet, 0, 100)));
	if (entry->label.size == 0)
		return YG_OK;
	rc = yg_book_label_find(book, *ret_sheet, entry->label, &label, reterr);
	if (rc != YG_OK)
		return rc;
	if (!label)
		return yg_line_fault_set(reterr, YG_EFORMAT, entry->line,
					 "the sheet has no label %.*s",
					 YG_FMT(yg_bytes_cut(entry->label, 0, 100)));
	*ret_cell = entry->is_below ? (struct yg_cell){label->to.row + 1, label->at.column}
				    : (struct yg_cell){label->at.row, label->to.column + 1};
	if (ret_cell->row > YG_CELL_ROWS_MAX || ret_cell->column >= YG_CELL_COLUMNS_MAX)
		return yg_line_fault_set(reterr, YG_EFORMAT, entry->line,
					 "there is no cell beside this label");
	return YG_OK;
}
