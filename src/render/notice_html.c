/* SPDX-License-Identifier: Apache-2.0 */
/* A notice as HTML: a page on A4, and the bare body of a mail. No link, nothing fetched. */
#include "render/html-int.h"
#include "render/notice-int.h"

#include "base/ban.h"

struct paper {
	struct yg_notice_sheet sheet; /* first: operations get it */
	struct yg_page page;
};

static struct yg_page *page_of(struct yg_notice_sheet *sheet)
{
	return &((struct paper *)sheet)->page;
}

static void element(struct yg_notice_sheet *sheet, const char *open, struct yg_bytes text,
		    const char *close)
{
	yg_page_raw(page_of(sheet), open);
	yg_page_text(page_of(sheet), text);
	yg_page_raw(page_of(sheet), close);
}

static void head(struct yg_notice_sheet *sheet, struct yg_bytes title, struct yg_bytes when)
{
	element(sheet, "<header>\n<h1>", title, "</h1>\n");
	element(sheet, "<p class=who>", when, "</p>\n</header>\n");
}

static void box(struct yg_notice_sheet *sheet, struct yg_bytes text)
{
	element(sheet, "<p class=practice><strong>", text, "</strong></p>\n");
}

static void section(struct yg_notice_sheet *sheet, struct yg_bytes title)
{
	element(sheet, "<h2>", title, "</h2>\n");
}

static void section_end(struct yg_notice_sheet *sheet)
{
	if (sheet->has_rows)
		yg_page_raw(page_of(sheet), "</tbody></table>\n");
	sheet->has_rows = false;
}

static void paragraph(struct yg_notice_sheet *sheet, struct yg_bytes text)
{
	element(sheet, "<p>", text, "</p>\n");
}

static void row(struct yg_notice_sheet *sheet, struct yg_bytes key, struct yg_bytes value)
{
	if (!sheet->has_rows)
		yg_page_raw(page_of(sheet), "<table class=narrow><tbody>\n");
	sheet->has_rows = true;
	element(sheet, "<tr><th scope=row>", key, "</th>");
	element(sheet, "<td>", value, "</td></tr>\n");
}

static void list(struct yg_notice_sheet *sheet, bool is_numbered)
{
	sheet->is_numbered = is_numbered;
	yg_page_raw(page_of(sheet), is_numbered ? "<ol>\n" : "<ul>\n");
}

static void item(struct yg_notice_sheet *sheet, struct yg_bytes text)
{
	element(sheet, "<li>", text, "</li>\n");
}

static void list_end(struct yg_notice_sheet *sheet)
{
	yg_page_raw(page_of(sheet), sheet->is_numbered ? "</ol>\n" : "</ul>\n");
}

static void foot(struct yg_notice_sheet *sheet, struct yg_bytes text)
{
	element(sheet, "<p class=note>", text, "</p>\n");
}

static const struct yg_notice_sheet_ops ops = {
	head, box, section, section_end, paragraph, row, list, item, list_end, foot,
};

static void open_page(struct yg_page *page, const struct yg_notice *notice)
{
	struct yg_buf title;

	yg_page_raw(page, page->lang == YG_LANG_JA ? "<!DOCTYPE html>\n<html lang=ja>\n"
						   : "<!DOCTYPE html>\n<html lang=en>\n");
	yg_page_raw(page, "<head>\n<meta charset=utf-8>\n"
			  "<meta name=viewport content=\"width=device-width\">\n"
			  "<meta name=referrer content=no-referrer>\n"
			  "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
			  "style-src '");
	yg_page_raw(page, yg_paper_style_hash);
	yg_page_raw(page, "'\">\n<title>");
	yg_buf_init(&title, 1000);
	yg_notice_heading(&title, notice, page->lang);
	yg_page_text(page, yg_buf_bytes(&title));
	yg_buf_done(&title);
	yg_page_raw(page, "</title>\n<style>");
	yg_page_raw(page, yg_paper_style);
	yg_page_raw(page, "</style>\n</head>\n<body>\n");
}

void yg_notice_html_open(struct yg_buf *to, enum yg_lang lang)
{
	yg_buf_add_str(to, lang == YG_LANG_JA ? "<!DOCTYPE html>\n<html lang=ja>\n<head>"
						"<meta charset=utf-8></head>\n<body>\n"
					      : "<!DOCTYPE html>\n<html lang=en>\n<head>"
						"<meta charset=utf-8></head>\n<body>\n");
}

void yg_notice_html_paragraph(struct yg_buf *to, struct yg_bytes text)
{
	struct yg_page page = {.to = to};

	yg_page_raw(&page, "<p>");
	yg_page_text(&page, text);
	yg_page_raw(&page, "</p>\n");
}

void yg_notice_html_part(struct yg_buf *to, const struct yg_notice *notice, struct yg_bytes note,
			 enum yg_lang lang)
{
	struct paper paper = {.sheet = {.ops = &ops, .to = to, .lang = lang},
			      .page = {.to = to, .lang = lang}};

	yg_page_raw(&paper.page, lang == YG_LANG_JA ? "<div lang=ja>\n" : "<hr>\n<div lang=en>\n");
	yg_notice_tell(&paper.sheet, notice);
	if (note.size)
		paragraph(&paper.sheet, note);
	yg_page_raw(&paper.page, "</div>\n");
}

void yg_notice_html(struct yg_buf *to, const struct yg_notice *notice, struct yg_bytes note,
		    enum yg_lang lang, bool is_page)
{
	struct paper paper = {.sheet = {.ops = &ops, .to = to, .lang = lang},
			      .page = {.to = to, .lang = lang}};

	if (is_page)
		open_page(&paper.page, notice);
	else
		yg_notice_html_open(to, lang);
	yg_notice_tell(&paper.sheet, notice);
	if (note.size)
		paragraph(&paper.sheet, note);
	yg_page_raw(&paper.page, "</body>\n</html>\n");
}

void yg_notice_page(struct yg_buf *to, const struct yg_notice *notice, enum yg_lang lang)
{
	yg_notice_html(to, notice, (struct yg_bytes){0}, lang, true);
}
