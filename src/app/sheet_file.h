/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/sheet_file.h - a table that a person brings: CSV in any encoding of office life, or the first
 * sheet of a workbook (.xlsx), told from the bytes.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/tr.h"
#include "model/table.h"
#include "parse/community.h"

#define YG_SHEET_FILE_MAX (64u << 20) /* bytes */

/* *ret lives in @arena. YG_OK, or an error with reterr->msg, which may be empty. */
YG_MUST_USE int yg_sheet_read(struct yg_bytes file, struct yg_arena *arena, struct yg_table *ret,
			      struct yg_line_fault *reterr);

/* *ret lives in @arena. Errors are said, with @path. YG_OK or a negative code. */
YG_MUST_USE int yg_sheet_file_read(const char *path, struct yg_arena *arena, struct yg_table *ret);

/* A fault in words, behind @place, which says where ("FILE:LINE"). */
void yg_sheet_fault_text(const struct yg_row_fault *fault, const char *place, enum yg_lang lang,
			 struct yg_buf *to);

/* Each fault as a message of its own, then how many more there were. */
void yg_sheet_file_say_faults(const char *path, const struct yg_row_faults *faults);
