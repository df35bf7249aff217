/* SPDX-License-Identifier: Apache-2.0 */
/* parse/form-int.h - what the readers of fields (form.c) and of forms (form_items.c) share. */
#pragma once

#include "parse/form.h"
#include "parse/yaml.h"

struct yg_form_reader {
	struct yg_forms *forms;
	struct yg_form *form; /* being read */
	struct yg_arena *arena;
	struct yg_line_fault *fault;
};

/* All return YG_OK, or the fault's code with its words filled in. */
int yg_form_refuse(struct yg_form_reader *r, uint32_t line, const char *what, struct yg_bytes name);
int yg_form_no_memory(struct yg_form_reader *r);
YG_MUST_USE int yg_form_known(struct yg_form_reader *r, const struct yg_yaml *map,
			      const char *const *known);
/* An id of a-z, 0-9, _ and -, copied. */
YG_MUST_USE int yg_form_word(struct yg_form_reader *r, const struct yg_yaml *node, uint32_t line,
			     const char *key, struct yg_bytes *ret);
/* {en: TEXT, ja: TEXT}, each at most @max bytes. */
YG_MUST_USE int yg_form_titles(struct yg_form_reader *r, const struct yg_yaml *node, uint32_t line,
			       const char *key, size_t max, struct yg_form_text *ret);
/* A field of the record by its path. */
YG_MUST_USE int yg_form_path(struct yg_form_reader *r, const struct yg_yaml *node, uint32_t line,
			     uint32_t *ret);
/* A condition: {field: PATH, is: [KEY]}. */
YG_MUST_USE int yg_form_when(struct yg_form_reader *r, const struct yg_yaml *map,
			     struct yg_form_when *ret);
/* form_items.c: the form's sections; a paragraph's places. */
YG_MUST_USE int yg_form_parts(struct yg_form_reader *r, const struct yg_yaml *list, uint32_t line);
YG_MUST_USE int yg_form_places(struct yg_form_reader *r, uint32_t line, struct yg_form_item *item);
