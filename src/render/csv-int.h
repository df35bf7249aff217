/* SPDX-License-Identifier: Apache-2.0 */
/* Private to render/: what the writers of CSV share. */
#pragma once

#include "render/csv.h"
#include "render/text-int.h"

/* @text harmless and in quotes, so that no character can end it; with an apostrophe before what a
 * spreadsheet would take for a formula. */
void yg_csv_quoted(struct yg_buf *to, struct yg_bytes text);
