/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/book_map.h - which field of a form goes into which cell of an official workbook, as data
 * (docs/forms.md), and a proposal of it from the labels in the workbook.
 *
 * Layer:   parse. Map and workbook untrusted. Pure.
 * Tests:   tests/unit/parse/test_book.c, tests/fuzz/fuzz_book.c
 */
#pragma once

#include "model/form.h"
#include "parse/book.h"

#define YG_BOOK_MAP_MAX	   (1u << 20) /* bytes of a map */
#define YG_BOOK_WORDS_MAX  60u	      /* words for choices, of one cell */
#define YG_BOOK_LABELS_MAX 20000u /* looked at: the first of the workbook, or of a map's sheet */
#define YG_BOOK_LABEL_MAX  300u	  /* bytes of a cell that can be a label */

enum yg_book_what {
	YG_BOOK_FIELD,
	YG_BOOK_STAGE,	 /* first, followup, final */
	YG_BOOK_TODAY,	 /* the day it is filled in */
	YG_BOOK_VERSION, /* of the record */
	YG_BOOK_RECORD,	 /* its id */
};

struct yg_book_word {
	struct yg_bytes key;
	struct yg_bytes text;
};

struct yg_book_entry {
	uint32_t line;
	enum yg_book_what what;
	uint32_t field;	       /* FIELD */
	struct yg_bytes sheet; /* empty: the first that is not hidden */
	struct yg_bytes label; /* empty: @cell says where */
	struct yg_cell cell;
	bool is_below;	       /* of the label; else to its right */
	struct yg_bytes is;    /* a choice: @write goes into the cell when it is chosen */
	struct yg_bytes write; /* "☑" */
	const struct yg_book_word *words; /* what the workbook calls the choices or stages */
	uint32_t word_count;
};

struct yg_book_map {
	const struct yg_form *form;
	const struct yg_book_entry *entries;
	uint32_t count;
};

/* All of it lives in @arena. A field that the form does not have is refused. YG_OK, YG_EFORMAT,
 * YG_ELIMIT, YG_ENOMEM with *reterr filled. */
YG_MUST_USE int yg_book_map_read(struct yg_bytes text, const struct yg_forms *forms,
				 struct yg_arena *arena, struct yg_book_map *ret,
				 struct yg_line_fault *reterr);

/* Where the entry goes. YG_EFORMAT: there is no such sheet, or no such label in it. Cost: O(cells)
 * for the first label of a sheet, then O(labels), comparing numbers. */
YG_MUST_USE int yg_book_map_place(struct yg_book *book, const struct yg_book_entry *entry,
				  uint32_t *ret_sheet, struct yg_cell *ret_cell,
				  struct yg_line_fault *reterr);

/* ---- a proposal ---- */

enum yg_book_match {
	YG_BOOK_NONE,	 /* no label like it */
	YG_BOOK_BLOCKED, /* a label, but neither the cell to its right nor that below is empty */
	YG_BOOK_PART,	 /* a label that holds the field's, or the other way round */
	YG_BOOK_EXACT,
};
struct yg_book_proposal {
	uint32_t field;
	enum yg_book_match match;
	uint32_t sheet;
	struct yg_cell label;
	struct yg_cell cell;
	struct yg_bytes text; /* of the label */
	uint32_t others;      /* cells with the same label */
};
/*
 * For each field of @form, in its order: *ret in the arena of the book. Letter case, width, spaces,
 * punctuation, numbers in front and "(必須)" do not count. Cost: O(fields × labels).
 */
YG_MUST_USE int yg_book_propose(struct yg_book *book, const struct yg_forms *forms,
				const struct yg_form *form, struct yg_arena *arena,
				const struct yg_book_proposal **ret, uint32_t *ret_count,
				struct yg_line_fault *reterr);
