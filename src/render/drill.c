/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "render/drill.h"

#include "base/clock.h"
#include "render/html-int.h"

#include "base/ban.h"

#define JAPAN_S (9 * 3600)

static uint64_t number_of(const json_t *object, const char *key)
{
	int64_t value = yg_json_int(object, key, 0);

	return value > 0 ? (uint64_t)value : 0;
}

static void add_number(struct yg_buf *to, uint64_t value)
{
	char text[YG_TEXT_NUMBER_SIZE];

	yg_buf_add(to, yg_text_number(text, value));
}

/* "97.5 %": tenths, rounded down, so that 100 % is all of them. */
static void add_rate(struct yg_buf *to, uint64_t part, uint64_t whole)
{
	if (whole == 0)
		yg_buf_add_str(to, "–");
	else
		yg_buf_addf(to, "%u.%u %%", (unsigned)(part * 1000 / whole / 10),
			    (unsigned)(part * 1000 / whole % 10));
}

static void add_time(struct yg_buf *to, struct yg_bytes iso)
{
	char text[YG_TEXT_TIME_SIZE];
	int64_t time_ns;
	bool has_zone;

	if (yg_time_parse_iso(iso, 0, &time_ns, &has_zone))
		yg_buf_add_str(to, yg_text_time(text, time_ns, JAPAN_S, true));
}

/* "no answer in time: 3, refused by the other side: 1" */
static void add_causes(struct yg_buf *to, const json_t *failed, const struct yg_drill_words *words,
		       enum yg_lang lang)
{
	json_t *tree = (json_t *)(uintptr_t)failed; /* only read; jansson's iterators want it so */
	const char *between = "";

	for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at)) {
		const char *title = words->result(yg_bytes_str(json_object_iter_key(at)));

		yg_buf_add_str(to, between);
		yg_buf_add_str(to, title[0] ? yg_tr(lang, title) : "?");
		yg_buf_add_str(to, ": ");
		add_number(to, number_of(failed, json_object_iter_key(at)));
		between = ", ";
	}
}

static bool is_provision(const json_t *result)
{
	return yg_bytes_eq(yg_json_text(result, "form"), YG_S("yagura-provision-1"));
}

static const char *title_of(const json_t *result)
{
	return is_provision(result) ? N_("Receipts of a provision")
				    : N_("Result of a receipt drill");
}

/* Of a drill; of a provision, how it went. */
static const char *announced_of(const json_t *result)
{
	if (is_provision(result))
		return yg_bytes_eq(yg_json_text(result, "mode"), YG_S("large-scale"))
			       ? N_("large-scale mode")
			       : N_("normal mode");
	return json_is_true(json_object_get(result, "announced")) ? N_("announced beforehand")
								  : N_("not announced beforehand");
}

/* What the counts mean, and what they do not. */
static const char *const notes[] = {
	N_("Sent: an attempt was made. Received: the webhook answered 2xx, or the mail server took "
	   "the mail for this recipient; a mail that goes on from there may still come back."),
	N_("Read: a person or program gave the number back."),
};

/* ---- at a terminal ---- */

static void text_stage(struct yg_buf *to, const json_t *stage, const struct yg_drill_words *words,
		       enum yg_lang lang)
{
	const char *title = words->stage(yg_json_text(stage, "stage"));
	const json_t *failed = json_object_get(stage, "failed");
	uint64_t nodes = number_of(stage, "nodes");
	char sent[YG_TEXT_NUMBER_SIZE];
	char confirmed[YG_TEXT_NUMBER_SIZE];
	char answered[YG_TEXT_NUMBER_SIZE];
	char all[YG_TEXT_NUMBER_SIZE];
	struct yg_buf rate;

	yg_buf_init(&rate, 32);
	add_rate(&rate, number_of(stage, "confirmed"), nodes);
	yg_buf_add_str(to, "  ");
	YG_FILL(to, lang, N_("%1: %2 in all, sent to %3, received by %4 (%5), read by %6"),
		yg_bytes_str(title[0] ? yg_tr(lang, title) : "?"), yg_text_number(all, nodes),
		yg_text_number(sent, number_of(stage, "sent")),
		yg_text_number(confirmed, number_of(stage, "confirmed")), yg_buf_bytes(&rate),
		yg_text_number(answered, number_of(stage, "answered")));
	yg_buf_done(&rate);
	yg_buf_add_byte(to, '\n');
	if (json_object_size(failed) == 0)
		return;
	yg_buf_add_str(to, "    ");
	add_causes(to, failed, words, lang);
	yg_buf_add_byte(to, '\n');
}

static void text_correction(struct yg_buf *to, const json_t *one,
			    const struct yg_drill_words *words, enum yg_lang lang)
{
	struct yg_bytes word = yg_json_text(one, "result");

	yg_buf_add_str(to, "  ");
	yg_text_add(to, yg_json_text(one, "id"));
	yg_buf_add_byte(to, ' ');
	yg_text_add(to, yg_json_text(one, "name"));
	yg_buf_add_str(to, "  ");
	yg_text_add(to, yg_json_text(one, "address"));
	yg_buf_addf(to, "\n    %s – %s\n", yg_tr(lang, words->result(word)),
		    yg_tr(lang, words->todo(word)));
}

void yg_drill_text(struct yg_buf *to, const json_t *result, const struct yg_drill_words *words,
		   enum yg_lang lang)
{
	const json_t *stages = json_object_get(result, "stages");
	const json_t *corrections = json_object_get(result, "corrections");
	size_t count = json_array_size(corrections);
	char more[YG_TEXT_NUMBER_SIZE];
	struct yg_buf number;

	yg_text_scratch(&number, yg_json_text(result, "number").size);
	yg_text_add(&number, yg_json_text(result, "number"));
	YG_FILL(to, lang,
		is_provision(result) ? N_("Provision %1 (%2)") : N_("Receipt drill %1 (%2)"),
		yg_buf_bytes(&number), yg_bytes_str(yg_tr(lang, announced_of(result))));
	yg_text_end(to, &number);
	yg_buf_add_byte(to, '\n');
	for (size_t i = 0; i < json_array_size(stages); i++)
		text_stage(to, json_array_get(stages, i), words, lang);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		yg_buf_addf(to, "%s\n", yg_tr(lang, notes[i]));
	if (count == 0)
		return;
	yg_buf_addf(to, "\n%s\n", yg_tr(lang, N_("Contacts to correct")));
	for (size_t i = 0; i < count && i < YG_DRILL_LINES_MAX; i++)
		text_correction(to, json_array_get(corrections, i), words, lang);
	if (count > YG_DRILL_LINES_MAX) {
		YG_FILL(to, lang, N_("… and %1 more: --html FILE or --json has them"),
			yg_text_number(more, count - YG_DRILL_LINES_MAX));
		yg_buf_add_byte(to, '\n');
	}
}

/* ---- on paper ---- */

static void cell(struct yg_page *page, struct yg_bytes text)
{
	yg_page_raw(page, "<td>");
	yg_page_text(page, text);
	yg_page_raw(page, "</td>");
}

static void number_cell(struct yg_page *page, const json_t *object, const char *key)
{
	yg_page_raw(page, "<td>");
	yg_page_number(page, number_of(object, key));
	yg_page_raw(page, "</td>");
}

/* @heads: names of columns, closed by NULL. */
static void table_open(struct yg_page *page, const char *title, const char *const *heads)
{
	yg_page_raw(page, "<section>\n<h2>");
	yg_page_tr(page, title);
	yg_page_raw(page, "</h2>\n<div class=scroll><table>\n<thead><tr>");
	for (; *heads; heads++) {
		yg_page_raw(page, "<th scope=col>");
		yg_page_tr(page, *heads);
		yg_page_raw(page, "</th>");
	}
	yg_page_raw(page, "</tr></thead>\n<tbody>\n");
}

static void table_close(struct yg_page *page)
{
	yg_page_raw(page, "</tbody></table></div>\n</section>\n");
}

static void page_stage(struct yg_page *page, const json_t *stage,
		       const struct yg_drill_words *words)
{
	const char *title = words->stage(yg_json_text(stage, "stage"));

	yg_page_raw(page, "<tr><th scope=row>");
	if (title[0])
		yg_page_tr(page, title);
	yg_page_raw(page, "</th>");
	number_cell(page, stage, "nodes");
	number_cell(page, stage, "sent");
	number_cell(page, stage, "confirmed");
	yg_page_raw(page, "<td>");
	add_rate(&page->piece, number_of(stage, "confirmed"), number_of(stage, "nodes"));
	yg_page_flush(page);
	yg_page_raw(page, "</td>");
	number_cell(page, stage, "answered");
	yg_page_raw(page, "<td>");
	add_causes(&page->piece, json_object_get(stage, "failed"), words, page->lang);
	yg_page_flush(page);
	yg_page_raw(page, "</td></tr>\n");
}

static void page_stages(struct yg_page *page, const json_t *result,
			const struct yg_drill_words *words)
{
	static const char *const heads[] = {N_("Stage of the tree"),
					    N_("Recipients"),
					    N_("Sent to"),
					    N_("Received by"),
					    N_("Rate"),
					    N_("Read by a person"),
					    N_("Not received"),
					    NULL};
	const json_t *stages = json_object_get(result, "stages");

	table_open(page, N_("Receipt at each stage"), heads);
	for (size_t i = 0; i < json_array_size(stages); i++)
		page_stage(page, json_array_get(stages, i), words);
	table_close(page);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		yg_page_raw(page, "<p class=note>");
		yg_page_tr(page, notes[i]);
		yg_page_raw(page, "</p>\n");
	}
}

static void page_correction(struct yg_page *page, const json_t *one,
			    const struct yg_drill_words *words)
{
	struct yg_bytes word = yg_json_text(one, "result");
	const char *stage = words->stage(yg_json_text(one, "stage"));

	yg_page_raw(page, "<tr><th scope=row>");
	yg_page_text(page, yg_json_text(one, "id"));
	yg_page_raw(page, "</th>");
	cell(page, yg_json_text(one, "name"));
	cell(page, yg_bytes_str(stage[0] ? yg_tr(page->lang, stage) : ""));
	cell(page, yg_json_text(one, "address"));
	cell(page, yg_bytes_str(yg_tr(page->lang, words->result(word))));
	cell(page, yg_bytes_str(yg_tr(page->lang, words->todo(word))));
	/* To be written on. */
	yg_page_raw(page, "<td></td></tr>\n");
}

static void page_corrections(struct yg_page *page, const json_t *result,
			     const struct yg_drill_words *words)
{
	static const char *const heads[] = {N_("Recipient ID"),
					    N_("Recipient"),
					    N_("Stage of the tree"),
					    N_("Contact address"),
					    N_("Cause"),
					    N_("What to do"),
					    N_("New contact"),
					    NULL};
	const json_t *list = json_object_get(result, "corrections");
	size_t count = json_array_size(list);
	char more[YG_TEXT_NUMBER_SIZE];

	if (count == 0)
		return;
	table_open(page, N_("Contacts to correct"), heads);
	for (size_t i = 0; i < count && i < YG_DRILL_ROWS_MAX; i++)
		page_correction(page, json_array_get(list, i), words);
	table_close(page);
	if (count > YG_DRILL_ROWS_MAX) {
		yg_page_raw(page, "<p class=note>");
		YG_FILL(&page->piece, page->lang, N_("… and %1 more, in the output of --json"),
			yg_text_number(more, count - YG_DRILL_ROWS_MAX));
		yg_page_flush(page);
		yg_page_raw(page, "</p>\n");
	}
}

static void page_head(struct yg_page *page, const json_t *result)
{
	yg_page_raw(page, page->lang == YG_LANG_JA ? "<!DOCTYPE html>\n<html lang=ja>\n"
						   : "<!DOCTYPE html>\n<html lang=en>\n");
	yg_page_raw(page, "<head>\n<meta charset=utf-8>\n"
			  "<meta name=viewport content=\"width=device-width\">\n"
			  "<meta name=referrer content=no-referrer>\n"
			  "<meta name=robots content=noindex>\n"
			  "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
			  "style-src '");
	yg_page_raw(page, yg_paper_style_hash);
	yg_page_raw(page, "'; base-uri 'none'; form-action 'none'\">\n<title>");
	yg_page_tr(page, title_of(result));
	yg_page_raw(page, " – Yagura</title>\n<style>");
	yg_page_raw(page, yg_paper_style);
	yg_page_raw(page, "</style>\n</head>\n<body>\n<header>\n<h1>");
	yg_page_tr(page, title_of(result));
	yg_page_raw(page, "</h1>\n<p class=who>");
	yg_page_text(page, yg_json_text(result, "issuer"));
	yg_page_raw(page, "</p>\n<p class=note>");
	yg_page_text(page, yg_json_text(result, "number"));
	yg_page_raw(page, " · ");
	add_time(&page->piece, yg_json_text(result, "began"));
	yg_buf_add_str(&page->piece, " – ");
	add_time(&page->piece, yg_json_text(result, "ended"));
	yg_page_flush(page);
	yg_page_raw(page, " · ");
	yg_page_tr(page, announced_of(result));
	yg_page_raw(page, "</p>\n</header>\n<main>\n");
}

void yg_drill_page(struct yg_buf *to, const json_t *result, const struct yg_drill_words *words,
		   enum yg_lang lang)
{
	struct yg_page page = {.to = to, .lang = lang};

	yg_buf_init(&page.piece, 64u << 10);
	page_head(&page, result);
	page_stages(&page, result, words);
	page_corrections(&page, result, words);
	yg_page_raw(&page, "</main>\n</body>\n</html>\n");
	yg_text_end(to, &page.piece);
}
