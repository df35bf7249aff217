/* SPDX-License-Identifier: Apache-2.0 */
/* parse/book-int.h - the parts of filling a workbook: its archive, and the XML of its sheets. */
#pragma once

#include <expat.h>

#include "parse/book.h"
#include "parse/official-int.h"

/* ---- book_xml.c: reading the XML of a part that is held whole ---- */

#define YG_BOOK_DEPTH_MAX 64u

/* First member of what a reader keeps. */
struct yg_book_xml {
	/* @name without its prefix. @full as it is written. NULL: not called. */
	void (*start)(struct yg_book_xml *xml, const char *name, const char *full,
		      const char **attributes);
	void (*end)(struct yg_book_xml *xml, const char *name);
	void (*text)(struct yg_book_xml *xml, struct yg_bytes text);
	struct yg_bytes body;
	const char *part; /* for messages */
	struct yg_line_fault *fault;
	XML_Parser parser;
	uint32_t depth; /* of the element at hand: 1, the outermost */
	int error;
};
/* All of xml->body. YG_EFORMAT, YG_ELIMIT, YG_EUNSUPPORTED (no UTF-8), YG_ENOMEM with the fault. */
YG_MUST_USE int yg_book_xml_run(struct yg_book_xml *xml);
/* From within a handler: no more is read. */
void yg_book_xml_stop(struct yg_book_xml *xml, enum yg_err code, const char *why);
/* Where the tag at hand begins in the body, and behind its end. */
size_t yg_book_xml_from(const struct yg_book_xml *xml);
size_t yg_book_xml_to(const struct yg_book_xml *xml);
/* The attribute @name, without looking at prefixes; or NULL. */
const char *yg_book_xml_attribute(const char **attributes, const char *name);

/* ---- book_sheet.c: one sheet ---- */

/* Merged cells of the sheet @xml into @arena, by their first cell. */
YG_MUST_USE int yg_book_merges(struct yg_bytes xml, const char *part, struct yg_arena *arena,
			       struct yg_book_look *ret, struct yg_line_fault *reterr);

/* @writes of one sheet, by row and column, each cell once: @xml with them, to @to. */
YG_MUST_USE int yg_book_edit(struct yg_bytes xml, const char *part,
			     const struct yg_book_write *writes, uint32_t count, struct yg_buf *to,
			     struct yg_line_fault *reterr);

/* ---- book_zip.c: the archive ---- */

struct yg_book_part {
	const char *name;
	struct yg_bytes body; /* in place of what is in the archive */
};
/* Is it an archive whose members stand one after the other, as its directory says? */
YG_MUST_USE int yg_book_zip_check(struct yg_bytes file, struct yg_line_fault *reterr);
YG_MUST_USE int yg_book_zip(struct yg_bytes file, const struct yg_book_part *parts, uint32_t count,
			    struct yg_buf *to, struct yg_line_fault *reterr);
