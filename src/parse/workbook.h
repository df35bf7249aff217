/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/workbook.h - the first sheet of a workbook (.xlsx) as a table.
 *
 * Layer:   parse. Input untrusted; bounds as for official wording (parse/official.h): what a part
 *          unpacks to, cells, texts, and of a table YG_CSV_COLUMNS_MAX columns.
 * The first sheet is that with the lowest number in xl/worksheets. Truth values and errors of
 * formulas count as empty; numbers are taken as they are written.
 * Tests:   tests/unit/render/test_sheet.c, tests/fuzz/fuzz_community.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/table.h"

/* Is this a zip archive, as workbooks are? */
bool yg_workbook_is(struct yg_bytes file);

/* Lines are the sheet's rows. YG_OK, YG_EFORMAT, YG_ELIMIT, YG_ENOMEM with *reterr filled. */
YG_MUST_USE int yg_workbook_table(struct yg_bytes file, struct yg_arena *arena,
				  struct yg_table *ret, struct yg_line_fault *reterr);
