/* SPDX-License-Identifier: Apache-2.0 */
/* app/forms.h - the forms of reports that come with the program, and those a person adds. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/form.h"

#define YG_FORMS_ARENA_MAX (64u << 20)

/* All of it lives in @arena. YG_OK, YG_ENOMEM; what is shipped is read by a test. */
YG_MUST_USE int yg_forms_load(struct yg_arena *arena, struct yg_forms **ret);

/* One of a person's own. Errors are said, with @path and the line. */
YG_MUST_USE int yg_forms_add(const char *path, struct yg_arena *arena, struct yg_forms *forms);
