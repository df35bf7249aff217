/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/official.h - a publisher's file of official wording to rows of id and text.
 *
 * Three shapes, told from the bytes: a CSV with a header that names id and text_ja (or text); a
 * library YAML whose nodes carry ref_id and description; a workbook (.xlsx: zip with sheets in
 * XML) in which a column of cells holds ids such as 4-4-4-2 and another the text (docs/official.md
 * says how the columns are found).
 *
 * Layer:   parse. Input untrusted; at most YG_OFFICIAL_BYTES_MAX bytes, an unpacked sheet at most
 *          YG_OFFICIAL_SHEET_MAX. Entities of XML that the file defines itself are refused.
 * Tests:   tests/unit/parse/test_official.c, tests/fuzz/fuzz_official.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/assessment.h"

#define YG_OFFICIAL_BYTES_MAX (16u << 20)
#define YG_OFFICIAL_SHEET_MAX (64u << 20)
#define YG_OFFICIAL_ROWS_MAX  20000u

/*
 * YG_OK, YG_EFORMAT (also when there is no such column, or an id stands twice with different
 * texts: *reterr names it), YG_ELIMIT or YG_ENOMEM. @text is UTF-8 for CSV and YAML.
 */
YG_MUST_USE int yg_official_read(struct yg_bytes file, struct yg_arena *arena,
				 struct yg_official *ret, struct yg_line_fault *reterr);
