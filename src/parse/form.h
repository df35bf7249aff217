/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/form.h - the fields of a record and the forms of reports, from YAML (docs/forms.md).
 *
 * Refused, with the line: unknown and missing keys, words that are none, a field or choice that
 * the record does not have, a deadline without a day to count from, a field of a half that the
 * form's audience does not get, names and ids that stand twice, more than the limits of
 * model/form.h.
 * Layer:   parse. Input untrusted. Pure.
 * Tests:   tests/unit/parse/test_form.c, tests/fuzz/fuzz_form.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/form.h"

/* The record's fields into *ret, which is emptied. Texts live in @arena. YG_OK, YG_EFORMAT,
 * YG_ELIMIT, YG_ENOMEM, *reterr filled. */
YG_MUST_USE int yg_form_fields_read(struct yg_bytes text, struct yg_arena *arena,
				    struct yg_forms *ret, struct yg_line_fault *reterr);

/* One form more, as above; after a fault @forms is as it was. */
YG_MUST_USE int yg_form_read(struct yg_bytes text, struct yg_arena *arena, struct yg_forms *forms,
			     struct yg_line_fault *reterr);
