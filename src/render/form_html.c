/* SPDX-License-Identifier: Apache-2.0 */
/* A filled form as a page on A4: a table of fields, or a letter. No link, nothing fetched. */
#include "model/day.h"
#include "render/form.h"
#include "render/html-int.h"

#include "base/ban.h"

/* Lines of @text as lines of the page. */
static void lines(struct yg_page *page, struct yg_bytes text)
{
	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n');

		yg_page_text(page, yg_bytes_cut(text, 0, end));
		if (end == SIZE_MAX)
			break;
		yg_page_raw(page, "<br>");
		text = yg_bytes_from(text, end + 1);
	}
}

static void element(struct yg_page *page, const char *open, struct yg_bytes text, const char *close)
{
	yg_page_raw(page, open);
	lines(page, text);
	yg_page_raw(page, close);
}

static struct yg_bytes heading_of(const struct yg_filled *filled)
{
	return filled->heading.size > 0 ? filled->heading : filled->form->title.in[filled->lang];
}

static void open_page(struct yg_page *page, const struct yg_filled *filled)
{
	yg_page_raw(page, page->lang == YG_LANG_JA ? "<!DOCTYPE html>\n<html lang=ja>\n"
						   : "<!DOCTYPE html>\n<html lang=en>\n");
	yg_page_raw(page, "<head>\n<meta charset=utf-8>\n"
			  "<meta name=viewport content=\"width=device-width\">\n"
			  "<meta name=referrer content=no-referrer>\n"
			  "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
			  "style-src '");
	yg_page_raw(page, yg_paper_style_hash);
	yg_page_raw(page, "'\">\n<title>");
	yg_page_text(page, heading_of(filled));
	yg_page_raw(page, "</title>\n<style>");
	yg_page_raw(page, yg_paper_style);
	yg_page_raw(page, "</style>\n</head>\n<body>\n");
}

static void draft(struct yg_page *page, const struct yg_filled *filled)
{
	if (filled->missing == 0)
		return;
	yg_page_raw(page, "<p class=practice><strong>");
	yg_buf_addf(&page->piece,
		    filled->missing == 1
			    ? yg_tr(page->lang, N_("Draft: %u mandatory entry is missing"))
			    : yg_tr(page->lang, N_("Draft: %u mandatory entries are missing")),
		    filled->missing);
	yg_page_flush(page);
	yg_page_raw(page, "</strong></p>\n");
}

/* What a recipient of a table needs to file it; the public needs its day alone. */
static void head(struct yg_page *page, const struct yg_filled *filled)
{
	char day[YG_DAY_SIZE];

	yg_day_write(filled->today, day);
	yg_page_raw(page, "<header>\n");
	if (!filled->form->is_letter) {
		element(page, "<p class=kicker><span>", filled->form->recipient.in[page->lang],
			"</span><span>");
		yg_page_text(page, yg_bytes_str(day));
		yg_page_raw(page, "</span></p>\n");
	}
	element(page, "<h1>", heading_of(filled), "</h1>\n<p class=who>");
	if (filled->form->is_letter)
		yg_page_text(page, yg_bytes_str(day));
	else
		yg_page_text(page, yg_form_stage_words(filled->form, filled->stage, page->lang));
	yg_page_raw(page, "</p>\n");
	if (filled->form->audience != YG_FORM_TO_PUBLIC && filled->tlp.size > 0) {
		yg_page_raw(page, "<p class=note>TLP:");
		for (size_t i = 0; i < filled->tlp.size; i++) {
			uint8_t c = filled->tlp.data[i];

			yg_buf_add_byte(&page->piece,
					c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c);
		}
		yg_page_flush(page);
		yg_page_raw(page, "</p>\n");
	}
	yg_page_raw(page, "</header>\n");
}

static void field(struct yg_page *page, const struct yg_filled_row *row, bool *in_table)
{
	if (!*in_table)
		yg_page_raw(page, "<table class=narrow><tbody>\n");
	*in_table = true;
	element(page, "<tr><th scope=row>", row->label, "</th><td>");
	if (row->is_missing) {
		yg_page_raw(page, "<strong>");
		yg_page_tr(page, N_("(mandatory, not filled in)"));
		yg_page_raw(page, "</strong>");
	}
	lines(page, row->value);
	yg_page_raw(page, "</td></tr>\n");
}

static void close_table(struct yg_page *page, bool *in_table)
{
	if (*in_table)
		yg_page_raw(page, "</tbody></table>\n");
	*in_table = false;
}

static void paragraph(struct yg_page *page, const struct yg_filled_row *row)
{
	if (!row->is_missing) {
		element(page, "<p>", row->value, "</p>\n");
		return;
	}
	element(page, "<p><strong>", row->label, "</strong> ");
	yg_page_tr(page, N_("(mandatory, not filled in)"));
	yg_page_raw(page, "</p>\n");
}

static void body(struct yg_page *page, const struct yg_filled *filled)
{
	bool in_table = false;
	bool in_section = false;

	for (uint32_t i = 0; i < filled->row_count; i++) {
		const struct yg_filled_row *row = &filled->rows[i];

		/* In a letter an empty line says nothing. */
		if (filled->form->is_letter && row->kind == YG_FILLED_FIELD &&
		    row->value.size == 0 && !row->is_missing)
			continue;
		if (row->kind == YG_FILLED_FIELD) {
			field(page, row, &in_table);
			continue;
		}
		close_table(page, &in_table);
		if (row->kind == YG_FILLED_PARAGRAPH) {
			paragraph(page, row);
			continue;
		}
		yg_page_raw(page, in_section ? "</section>\n<section>\n" : "<section>\n");
		in_section = true;
		element(page, "<h2>", row->label, "</h2>\n");
	}
	close_table(page, &in_table);
	yg_page_raw(page, in_section ? "</section>\n" : "");
}

static void foot(struct yg_page *page, const struct yg_filled *filled)
{
	if (filled->form->is_letter)
		return;
	yg_page_raw(page, "<footer><p>");
	yg_page_tr(page, N_("Own layout, no official form. No legal advice."));
	if (filled->record.size > 0) {
		yg_page_raw(page, " ");
		yg_page_text(page, filled->record);
		yg_buf_addf(&page->piece, " / %u", filled->version);
		yg_page_flush(page);
	}
	yg_page_raw(page, "</p></footer>\n");
}

void yg_filled_page(struct yg_buf *to, const struct yg_filled *filled)
{
	struct yg_page page = {.to = to, .lang = filled->lang};

	yg_text_scratch(&page.piece, 400);
	open_page(&page, filled);
	draft(&page, filled);
	head(&page, filled);
	yg_page_raw(&page, "<main>\n");
	body(&page, filled);
	yg_page_raw(&page, "</main>\n");
	foot(&page, filled);
	yg_page_raw(&page, "</body>\n</html>\n");
	yg_text_end(to, &page.piece);
}
