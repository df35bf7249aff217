/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forms.h"

#include <stdlib.h>

#include "app/say.h"
#include "app/shipped.h"
#include "base/io.h"
#include "parse/form.h"
#include "parse/yaml.h"

#include "base/ban.h"

int yg_forms_load(struct yg_arena *arena, struct yg_forms **ret)
{
	size_t count;
	const struct yg_assess_shipped *files = yg_shipped_forms(&count);
	struct yg_line_fault fault;
	struct yg_forms *forms = yg_arena_zalloc(arena, sizeof(*forms));
	int rc = forms && count > 0 ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < count; i++)
		rc = i == 0 ? yg_form_fields_read(files[i].bytes, arena, forms, &fault)
			    : yg_form_read(files[i].bytes, arena, forms, &fault);
	*ret = forms;
	return rc;
}

int yg_forms_add(const char *path, struct yg_arena *arena, struct yg_forms *forms)
{
	struct yg_line_fault fault = {.msg = ""};
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, YG_YAML_BYTES_MAX, &bytes, &size);

	if (rc == YG_OK)
		rc = yg_form_read((struct yg_bytes){bytes, size}, arena, forms, &fault);
	free(bytes);
	if (rc != YG_OK && fault.msg[0])
		yg_say("%s:%u: %s", yg_say_safe(yg_bytes_str(path), 300), fault.line,
		       yg_say_safe(yg_bytes_str(fault.msg), YG_LINE_FAULT_MAX));
	else if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}
