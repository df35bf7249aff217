/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/shipped.h - files compiled into the program: frameworks, templates and forms.
 *
 * The bytes are constant and live as long as the process.
 */
#pragma once

#include "assess/assess.h"

/* Frameworks by name without ending ("scs-2026-03-27"). *ret_count entries; never freed. */
const struct yg_assess_shipped *yg_shipped_frameworks(size_t *ret_count);

/* Documents to edit by file name ("contact-list.ja.csv"), and "index.json" which describes them. */
const struct yg_assess_shipped *yg_shipped_templates(size_t *ret_count);

/* The fields of a record ("record.yaml", first) and the forms of reports, by file name. */
const struct yg_assess_shipped *yg_shipped_forms(size_t *ret_count);
