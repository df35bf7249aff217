/* SPDX-License-Identifier: Apache-2.0 */
/* A form's sections: fields, and paragraphs that name fields. */
#include "parse/form-int.h"

#include "base/ban.h"

/* Does the form's audience get fields of this half? */
static bool may_stand(const struct yg_form_reader *r, uint32_t field)
{
	enum yg_form_half half = yg_form_half_of(r->forms, field);

	if (r->form->audience == YG_FORM_TO_PUBLIC)
		return half == YG_FORM_PUBLIC;
	if (r->form->is_attack_only)
		return half == YG_FORM_ATTACK;
	return half != YG_FORM_PUBLIC;
}

static int check_half(struct yg_form_reader *r, uint32_t line, uint32_t field)
{
	if (may_stand(r, field))
		return YG_OK;
	return yg_form_refuse(r, line, "this form's audience does not get the half of",
			      r->forms->fields[field].path);
}

/* A place is found once, whichever language names it. */
static int add_place(struct yg_form_reader *r, uint32_t line, struct yg_form_item *item,
		     struct yg_bytes path)
{
	uint32_t field = yg_form_field_find(r->forms, path);

	if (field == YG_FORM_NONE)
		return yg_form_refuse(r, line, "the record has no such field", path);
	for (uint32_t i = 0; i < item->place_count; i++)
		if (item->places[i] == field)
			return YG_OK;
	if (item->place_count == YG_FORM_PLACES_MAX)
		return yg_line_fault_set(r->fault, YG_ELIMIT, line,
					 "a paragraph names at most %u fields", YG_FORM_PLACES_MAX);
	item->places[item->place_count++] = field;
	return check_half(r, line, field);
}

int yg_form_places(struct yg_form_reader *r, uint32_t line, struct yg_form_item *item)
{
	int rc = YG_OK;

	for (unsigned i = 0; i < 2; i++) {
		struct yg_bytes text = item->text.in[i];

		while (rc == YG_OK && text.size > 0) {
			size_t open = yg_bytes_chr(text, '{');
			size_t close = yg_bytes_chr(text, '}');

			if (open == SIZE_MAX && close == SIZE_MAX)
				break;
			if (open == SIZE_MAX || close == SIZE_MAX || close < open)
				return yg_form_refuse(r, line, "{ and } stand around a field",
						      text);
			rc = add_place(r, line, item, yg_bytes_cut(text, open + 1, close));
			text = yg_bytes_from(text, close + 1);
		}
	}
	return rc;
}

static int read_content(struct yg_form_reader *r, const struct yg_yaml *map,
			struct yg_form_item *to)
{
	const struct yg_yaml *field = yg_yaml_get(map, "field");
	const struct yg_yaml *label = yg_yaml_get(map, "label");
	const struct yg_yaml *text = yg_yaml_get(map, "text");
	int rc;

	if (!field == !text || (text && label))
		return yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
					 "an item is a field (with a label or without) or a text");
	if (text) {
		rc = yg_form_titles(r, text, map->line, "text", YG_FORM_PROSE_MAX, &to->text);
		return rc == YG_OK ? yg_form_places(r, map->line, to) : rc;
	}
	rc = yg_form_path(r, field, map->line, &to->field);
	if (rc == YG_OK)
		rc = check_half(r, map->line, to->field);
	if (rc == YG_OK && label)
		return yg_form_titles(r, label, map->line, "label", YG_FORM_TITLE_MAX, &to->text);
	if (rc == YG_OK)
		to->text = r->forms->fields[to->field].title;
	return rc;
}

static int read_item(struct yg_form_reader *r, const struct yg_yaml *map, struct yg_form_item *to)
{
	static const char *const known[] = {"field", "label", "text", "need", "when", NULL};
	const struct yg_yaml *need = yg_yaml_get(map, "need");
	const struct yg_yaml *when = yg_yaml_get(map, "when");
	int rc = yg_form_known(r, map, known);

	*to = (struct yg_form_item){.field = YG_FORM_NONE,
				    .need = YG_FORM_STAGE_COUNT,
				    .when = {.field = YG_FORM_NONE},
				    .part = r->form->part_count};
	if (rc == YG_OK)
		rc = read_content(r, map, to);
	if (rc == YG_OK && need && !yg_form_stage_by_name(need->text, &to->need))
		rc = yg_form_refuse(r, need->line, "need: first, followup or final, not",
				    need->text);
	if (rc == YG_OK && when && !need)
		rc = yg_form_refuse(r, when->line, "when: only beside need", when->text);
	if (rc == YG_OK && when)
		rc = yg_form_when(r, when, &to->when);
	return rc;
}

static int read_part(struct yg_form_reader *r, const struct yg_yaml *map,
		     struct yg_form_item *items)
{
	static const char *const known[] = {"title", "items", NULL};
	struct yg_form *form = r->form;
	const struct yg_yaml *list = yg_yaml_get(map, "items");
	int rc = yg_form_known(r, map, known);

	if (rc == YG_OK)
		rc = yg_form_titles(r, yg_yaml_get(map, "title"), map->line, "title",
				    YG_FORM_TITLE_MAX, &form->parts[form->part_count]);
	if (rc == YG_OK && (!list || list->kind != YG_YAML_LIST || list->count == 0))
		rc = yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
				       "items: a list is expected");
	for (const struct yg_yaml *one = list ? list->first : NULL; rc == YG_OK && one;
	     one = one->next)
		rc = read_item(r, one, &items[form->item_count++]);
	form->part_count++;
	return rc;
}

int yg_form_parts(struct yg_form_reader *r, const struct yg_yaml *list, uint32_t line)
{
	struct yg_form_item *items;
	uint32_t count = 0;
	int rc = YG_OK;

	if (!list || list->kind != YG_YAML_LIST || list->count == 0 ||
	    list->count > YG_FORM_SECTIONS_MAX)
		return yg_line_fault_set(r->fault, YG_EFORMAT, list ? list->line : line,
					 "sections: a list of 1 to %u is expected",
					 YG_FORM_SECTIONS_MAX);
	for (const struct yg_yaml *one = list->first; one; one = one->next) {
		const struct yg_yaml *in = yg_yaml_get(one, "items");

		count += in && in->kind == YG_YAML_LIST ? in->count : 0;
		if (count > YG_FORM_ITEMS_MAX)
			return yg_line_fault_set(r->fault, YG_ELIMIT, one->line,
						 "items: more than %u", YG_FORM_ITEMS_MAX);
	}
	items = yg_arena_zalloc(r->arena, ((size_t)count + 1) * sizeof(*items));
	if (!items)
		return yg_form_no_memory(r);
	r->form->items = items;
	for (const struct yg_yaml *one = list->first; rc == YG_OK && one; one = one->next)
		rc = read_part(r, one, items);
	return rc;
}
