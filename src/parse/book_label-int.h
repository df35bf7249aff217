/* SPDX-License-Identifier: Apache-2.0 */
/* parse/book_label-int.h - labels as they are compared: what looks different and says the same. */
#pragma once

#include "parse/book_map.h"

/* Without spaces, punctuation, numbers in front, "必須" and "任意" behind; half width, small. */
struct yg_book_label {
	uint8_t text[YG_BOOK_LABEL_MAX];
	uint32_t size;	 /* 0: no label */
	uint32_t points; /* characters */
};
void yg_book_label_make(struct yg_bytes text, struct yg_book_label *ret);
bool yg_book_label_same(const struct yg_book_label *a, const struct yg_book_label *b);
/* One is in the other, and neither is short: how many bytes more the other has; else UINT32_MAX. */
uint32_t yg_book_label_within(const struct yg_book_label *a, const struct yg_book_label *b);

/* ---- book.c ---- */

/* The first cell of the sheet whose label says the same as @text; NULL: none of the first
 * YG_BOOK_LABELS_MAX. All are made into labels once, at the first call. */
YG_MUST_USE int yg_book_label_find(struct yg_book *book, uint32_t sheet, struct yg_bytes text,
				   const struct yg_book_cell **ret, struct yg_line_fault *reterr);
