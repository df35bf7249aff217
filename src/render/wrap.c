/* SPDX-License-Identifier: Apache-2.0 */
#include "render/wrap-int.h"

#include <assert.h>

#include "render/text-int.h"

#include "base/ban.h"

/* Characters that begin no line, and characters that end none. */
static const char no_start[] =
	"、。，．・：；？！）］｝〕」』】〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ"
	"々〜–×%),.:;!?]}…";
static const char no_end[] = "（［｛〔「『【〈《([{";

void yg_wrap_init(struct yg_wrap *wrap, struct yg_buf *to, size_t columns, bool is_coloured)
{
	if (columns == 0)
		columns = YG_WRAP_COLUMNS_DEFAULT;
	else if (columns < YG_WRAP_COLUMNS_MIN)
		columns = YG_WRAP_COLUMNS_MIN;
	else if (columns > YG_WRAP_COLUMNS_MAX)
		columns = YG_WRAP_COLUMNS_MAX;
	*wrap = (struct yg_wrap){.to = to, .columns = columns, .is_coloured = is_coloured};
	yg_buf_init(&wrap->piece, YG_WRAP_PIECE_MAX);
}

void yg_wrap_done(struct yg_wrap *wrap)
{
	yg_text_end(wrap->to, &wrap->piece);
}

static void spaces(struct yg_wrap *wrap, size_t count)
{
	for (size_t i = 0; i < count; i++)
		yg_buf_add_byte(wrap->to, ' ');
}

static void style_on(struct yg_wrap *wrap, enum yg_style style)
{
	static const char *const codes[] = {
		[YG_STYLE_BOLD] = "\x1b[1m",   [YG_STYLE_DIM] = "\x1b[2m",
		[YG_STYLE_CYAN] = "\x1b[36m",  [YG_STYLE_YELLOW] = "\x1b[1;33m",
		[YG_STYLE_RED] = "\x1b[1;31m", [YG_STYLE_ALARM] = "\x1b[1;97;41m",
	};

	if (wrap->is_coloured && style != YG_STYLE_PLAIN)
		yg_buf_add_str(wrap->to, codes[style]);
}

static void style_off(struct yg_wrap *wrap, enum yg_style style)
{
	if (wrap->is_coloured && style != YG_STYLE_PLAIN)
		yg_buf_add_str(wrap->to, "\x1b[0m");
}

void yg_wrap_blank(struct yg_wrap *wrap)
{
	assert(wrap->used == 0);
	yg_buf_add_byte(wrap->to, '\n');
}

void yg_wrap_label(struct yg_wrap *wrap, size_t indent, size_t columns, const char *label)
{
	size_t width = yg_text_width(yg_bytes_str(label));

	assert(wrap->used == 0);
	spaces(wrap, indent);
	style_on(wrap, YG_STYLE_DIM);
	yg_buf_add_str(wrap->to, label);
	style_off(wrap, YG_STYLE_DIM);
	spaces(wrap, width < columns ? columns - width : 1);
	wrap->used = indent + (width < columns ? columns : width + 1);
}

static bool is_among(struct yg_bytes c, const char *set)
{
	return yg_bytes_find(yg_bytes_str(set), c) != SIZE_MAX;
}

/* May a line end between @before and @after, two neighbouring characters? */
static bool can_break(struct yg_bytes before, struct yg_bytes after)
{
	if (before.data[0] == ' ')
		return true;
	if (after.data[0] == ' ')
		return false; /* the break comes after the space */
	if (yg_text_width(before) < 2 && yg_text_width(after) < 2)
		return false;
	return !is_among(after, no_start) && !is_among(before, no_end);
}

/* Bytes of @text that go on a line with @room columns: all, up to the last break, or what fits. */
static size_t line_size(struct yg_bytes text, size_t room)
{
	struct yg_bytes before = {0};
	size_t at = 0;
	size_t used = 0;
	size_t best = 0;

	assert(text.data || text.size == 0);
	while (at < text.size) {
		size_t width;
		size_t size = yg_text_next(yg_bytes_from(text, at), &width);
		struct yg_bytes c = yg_bytes_cut(text, at, at + size);

		if (at > 0 && width > 0 && can_break(before, c))
			best = at;
		if (used + width > room && c.data[0] != ' ')
			return best > 0 ? best : at > 0 ? at : size;
		used += width;
		at += size;
		before = c;
	}
	return at;
}

void yg_wrap_say(struct yg_wrap *wrap, size_t indent, size_t hang, enum yg_style style)
{
	struct yg_bytes rest = yg_buf_bytes(&wrap->piece);
	size_t at = wrap->used > 0 ? wrap->used : indent;
	/* However narrow the terminal, a line holds something. */
	size_t least = YG_WRAP_COLUMNS_MIN / 4;

	if (wrap->used == 0)
		spaces(wrap, indent);
	do {
		size_t room = wrap->columns > at + least ? wrap->columns - at : least;
		size_t size = line_size(rest, room);
		struct yg_bytes line = yg_bytes_cut(rest, 0, size);

		while (line.size > 0 && line.data[line.size - 1] == ' ')
			line.size--;
		style_on(wrap, style);
		yg_buf_add(wrap->to, line);
		style_off(wrap, style);
		yg_buf_add_byte(wrap->to, '\n');
		rest = yg_bytes_from(rest, size);
		while (rest.size > 0 && rest.data[0] == ' ')
			rest = yg_bytes_from(rest, 1);
		if (rest.size > 0)
			spaces(wrap, hang);
		at = hang;
	} while (rest.size > 0);
	wrap->used = 0;
	if (yg_buf_error(&wrap->piece) && !wrap->to->error)
		wrap->to->error = yg_buf_error(&wrap->piece);
	yg_buf_reset(&wrap->piece);
}
