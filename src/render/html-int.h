/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/html-int.h - writing an HTML page in which no text can become markup.
 *
 * Markup goes through yg_page_raw (literals only); everything else through the other functions,
 * which make text harmless (yg_text_add) and escape & < > " '. Private to render/.
 */
#pragma once

#include "render/tell-int.h"

#define YG_PAGE_STORIES_MAX	300u /* stories with details; further ones are counted */
#define YG_PAGE_STORIES_OPEN	20u  /* details that are open from the start (and on paper) */
#define YG_PAGE_INPUTS_MAX	200u /* lines of the table of inputs */
#define YG_PAGE_TARGET_COLUMNS	240u
#define YG_PAGE_STORY_BYTES_MAX (64u << 10)

struct yg_page {
	struct yg_buf *to; /* borrowed */
	const struct yg_report *report;
	enum yg_lang lang;
	struct yg_buf piece; /* owned; text being put together, see yg_page_flush */
};

/* The style sheet (src/render/page.css) and its hash for the policy; generated. */
extern const char yg_page_style[];
extern const char yg_page_style_hash[];
/* The same of src/render/assess_page.css. */
extern const char yg_paper_style[];
extern const char yg_paper_style_hash[];

/* Markup as it stands: literals of the source only. */
void yg_page_raw(struct yg_page *page, const char *markup);

/* Text, harmless and escaped. */
void yg_page_text(struct yg_page *page, struct yg_bytes text);

/* Text of a log: set apart by <bdi>, so that its direction changes nothing around it. */
void yg_page_log(struct yg_page *page, struct yg_bytes text, size_t columns);

/* A translated text. */
void yg_page_tr(struct yg_page *page, const char *msgid);

/* The text put together in page->piece; empty afterwards. */
void yg_page_flush(struct yg_page *page);

/* A number with separators. */
void yg_page_number(struct yg_page *page, uint64_t value);

/* The mark of a level: its word, on its colour. */
void yg_page_level(struct yg_page *page, enum yg_level level);

/* The section with the picture of records and findings over time, and its table. */
void yg_page_timeline(struct yg_page *page);

/* Where between the ends of the picture @first_ns to @last_ns lies: a small strip. */
void yg_page_strip(struct yg_page *page, int64_t first_ns, int64_t last_ns);

/* The table of stories, and the details of each. */
void yg_page_stories(struct yg_page *page);

/* What story number @index comes to, and what to do, or where on the page that has been said. */
void yg_page_story_advice(struct yg_page *page, size_t index);

/*
 * From the beginning of a page to the inside of its <h1>: @title and @skip (the words of the link
 * past the head) are translated, @band is a class of the coloured band. Needs page->report.
 */
void yg_page_open(struct yg_page *page, const char *title, const char *skip, const char *band);
/* From the end of <main> to the end of the page. */
void yg_page_close(struct yg_page *page);

/* The first sentence large, what follows it on a line of its own: the inside of an <h1>. */
void yg_page_sentences(struct yg_page *page, struct yg_bytes text);

/* Begins a section under a translated title; "</section>" ends it. */
void yg_page_section(struct yg_page *page, const char *id, const char *title);

/* The table of inputs; nothing where there are none. */
void yg_page_inputs(struct yg_page *page);
