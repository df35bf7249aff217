/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/forms_kit.h - the forms that come with the program, from the folder given. */
#pragma once

#include <stdlib.h>

#include "base/io.h"
#include "parse/form.h"

static struct yg_arena *kit_arena;
static struct yg_forms *kit_forms;

static const char *const kit_names[] = {"sector-report",     "ransomware",     "ddos",
					"personal-data",     "partner-notice", "public-statement",
					"attack-information"};
#define KIT_FORMS (sizeof(kit_names) / sizeof(kit_names[0]))

static inline bool kit_read(const char *folder, const char *name, bool is_fields)
{
	struct yg_line_fault fault = {.msg = ""};
	char path[4096];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s.yaml", folder, name);
	rc = yg_io_read_file(path, 1u << 20, &bytes, &size);
	if (rc == YG_OK)
		rc = is_fields ? yg_form_fields_read((struct yg_bytes){bytes, size}, kit_arena,
						     kit_forms, &fault)
			       : yg_form_read((struct yg_bytes){bytes, size}, kit_arena, kit_forms,
					      &fault);
	free(bytes);
	if (rc != YG_OK)
		fprintf(stderr, "%s:%u: %d %s\n", path, fault.line, rc, fault.msg);
	return rc == YG_OK;
}

static inline bool kit_load(const char *folder)
{
	bool is_good;

	kit_arena = yg_arena_new(64u << 20);
	kit_forms = kit_arena ? yg_arena_zalloc(kit_arena, sizeof(*kit_forms)) : NULL;
	is_good = kit_forms && kit_read(folder, "record", true);
	for (size_t i = 0; is_good && i < KIT_FORMS; i++)
		is_good = kit_read(folder, kit_names[i], false);
	return is_good;
}

static inline void kit_end(void)
{
	kit_arena = yg_arena_free(kit_arena);
}
