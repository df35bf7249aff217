/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a form beside fields of our own: a form that filling can rely on, or a fault with
 * its words; and as the fields themselves.
 */
#include <stdint.h>
#include <stdlib.h>

#include "parse/form.h"

static const char fields[] =
	"format: yagura-incident-fields/1\n"
	"sections:\n"
	"- section: event\n  title: {en: x, ja: y}\n  half: attack\n  fields:\n"
	"  - {field: known, type: day, title: {en: x, ja: y}}\n"
	"  - {field: leak, type: answer, title: {en: x, ja: y}}\n"
	"  - {field: text, type: text, title: {en: x, ja: y}}\n";

static void hold(const struct yg_forms *forms, const struct yg_form *form)
{
	if (form->item_count == 0 || form->part_count == 0)
		abort();
	for (uint32_t i = 0; i < form->item_count; i++) {
		const struct yg_form_item *item = &form->items[i];

		if (item->part >= form->part_count || item->need > YG_FORM_STAGE_COUNT ||
		    (item->field != YG_FORM_NONE && item->field >= forms->field_count) ||
		    item->text.in[0].size == 0 || item->text.in[1].size == 0)
			abort();
		for (uint32_t k = 0; k < item->place_count; k++)
			if (item->places[k] >= forms->field_count)
				abort();
	}
	for (uint32_t i = 0; i < form->deadline_count; i++) {
		const struct yg_form_deadline *due = &form->deadlines[i];

		if (due->from >= forms->field_count || due->latest < due->days ||
		    due->is_prompt == (due->days > 0) || !form->stages[due->stage])
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct yg_line_fault fault = {.msg = ""};
	struct yg_forms *forms = arena ? yg_arena_zalloc(arena, sizeof(*forms)) : NULL;
	int rc;

	if (!forms || size > 65536)
		goto out;
	rc = yg_form_fields_read((struct yg_bytes){data, size}, arena, forms, &fault);
	if (rc != YG_OK && fault.msg[0] == 0)
		abort();
	if (yg_form_fields_read(yg_bytes_str(fields), arena, forms, &fault) != YG_OK)
		abort();
	fault.msg[0] = 0;
	rc = yg_form_read((struct yg_bytes){data, size}, arena, forms, &fault);
	if ((rc != YG_OK && fault.msg[0] == 0) || forms->form_count != (rc == YG_OK))
		abort();
	if (rc == YG_OK)
		hold(forms, forms->forms[0]);
out:
	(void)yg_arena_free(arena);
	return 0;
}
