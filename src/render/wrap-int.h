/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/wrap-int.h - paragraphs on a terminal: wrapped by columns, hanging indents, colour.
 * Private to render/. One thread at a time.
 *
 * A paragraph is put together in wrap->piece and then said. Its text must have gone through
 * yg_text_add where it comes from a log: colours are added here and nowhere else.
 * Breaks: at spaces; beside wide characters except where Japanese typesetting forbids it
 * (JIS X 4051, line-start and line-end prohibitions); inside a word only when it fills a line.
 */
#pragma once

#include "base/buf.h"

#define YG_WRAP_COLUMNS_MIN	40u
#define YG_WRAP_COLUMNS_MAX	110u /* longer lines are hard to read */
#define YG_WRAP_COLUMNS_DEFAULT 80u
#define YG_WRAP_PIECE_MAX	(1u << 20)

enum yg_style {
	YG_STYLE_PLAIN,
	YG_STYLE_BOLD,
	YG_STYLE_DIM,
	YG_STYLE_CYAN,
	YG_STYLE_YELLOW,
	YG_STYLE_RED,
	YG_STYLE_ALARM,
};

struct yg_wrap {
	struct yg_buf *to;   /* borrowed */
	struct yg_buf piece; /* owned; the paragraph being put together */
	size_t columns;
	size_t used; /* columns of the current line already written (a label) */
	bool is_coloured;
};

/* @columns 0 = the default; others are kept between _MIN and _MAX. */
void yg_wrap_init(struct yg_wrap *wrap, struct yg_buf *to, size_t columns, bool is_coloured);

/* Free what it holds; an error of the pieces is handed on to the output. */
void yg_wrap_done(struct yg_wrap *wrap);

/* Begin a line with @label at @indent, padded to @columns (at least one space). */
void yg_wrap_label(struct yg_wrap *wrap, size_t indent, size_t columns, const char *label);

/*
 * Write the piece and end the line: the first line at @indent (or after the label), further ones
 * at @hang. The piece is empty afterwards.
 */
void yg_wrap_say(struct yg_wrap *wrap, size_t indent, size_t hang, enum yg_style style);

/* An empty line. */
void yg_wrap_blank(struct yg_wrap *wrap);
