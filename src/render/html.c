/* SPDX-License-Identifier: Apache-2.0 */
#include "render/advice.h"
#include "render/html-int.h"
#include "render/summary.h"

#include "base/ban.h"

void yg_page_raw(struct yg_page *page, const char *markup)
{
	yg_buf_add_str(page->to, markup);
}

/* @text must have gone through yg_text_add. */
static void escape(struct yg_buf *to, struct yg_bytes text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.size; i++) {
		const char *instead;

		switch (text.data[i]) {
		case '&':
			instead = "&amp;";
			break;
		case '<':
			instead = "&lt;";
			break;
		case '>':
			instead = "&gt;";
			break;
		case '"':
			instead = "&quot;";
			break;
		case '\'':
			instead = "&#39;";
			break;
		default:
			continue;
		}
		yg_buf_add(to, yg_bytes_cut(text, from, i));
		yg_buf_add_str(to, instead);
		from = i + 1;
	}
	yg_buf_add(to, yg_bytes_cut(text, from, text.size));
}

void yg_page_text(struct yg_page *page, struct yg_bytes text)
{
	struct yg_buf safe;

	yg_text_scratch(&safe, text.size);
	yg_text_add(&safe, text);
	escape(page->to, yg_buf_bytes(&safe));
	yg_text_end(page->to, &safe);
}

void yg_page_log(struct yg_page *page, struct yg_bytes text, size_t columns)
{
	struct yg_buf safe;

	yg_text_scratch(&safe, text.size);
	yg_text_add_short(&safe, text, columns);
	yg_page_raw(page, "<bdi class=log>");
	escape(page->to, yg_buf_bytes(&safe));
	yg_page_raw(page, "</bdi>");
	yg_text_end(page->to, &safe);
}

void yg_page_tr(struct yg_page *page, const char *msgid)
{
	escape(page->to, yg_bytes_str(yg_tr(page->lang, msgid)));
}

void yg_page_flush(struct yg_page *page)
{
	if (yg_buf_error(&page->piece) && !page->to->error)
		page->to->error = yg_buf_error(&page->piece);
	yg_page_text(page, yg_buf_bytes(&page->piece));
	yg_buf_reset(&page->piece);
}

void yg_page_number(struct yg_page *page, uint64_t value)
{
	char number[YG_TEXT_NUMBER_SIZE];

	yg_buf_add(page->to, yg_text_number(number, value));
}

void yg_page_level(struct yg_page *page, enum yg_level level)
{
	yg_page_raw(page, "<span class=\"level l-");
	yg_page_raw(page, yg_level_name(level));
	yg_page_raw(page, "\">");
	yg_page_text(page, yg_bytes_str(yg_words_level(level, page->lang)));
	yg_page_raw(page, "</span>");
}

/* Lines separated by \n as items of a list. */
static void items(struct yg_page *page, const char *lines)
{
	struct yg_bytes rest = yg_bytes_str(lines);

	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');

		if (end > rest.size)
			end = rest.size;
		yg_page_raw(page, "<li>");
		yg_page_text(page, yg_bytes_cut(rest, 0, end));
		yg_page_raw(page, "</li>");
		rest = yg_bytes_from(rest, end + 1);
	}
}

static struct yg_advice advice_of(const struct yg_story *story, enum yg_lang lang)
{
	const struct yg_rule_info *rule = yg_tell_lead_rule(story);

	return yg_advice_for(rule ? rule->advice : YG_S(""), story->field, story->outcome, lang);
}

static bool is_same_advice(const struct yg_story *a, const struct yg_story *b)
{
	struct yg_advice one = advice_of(a, YG_LANG_EN);
	struct yg_advice other = advice_of(b, YG_LANG_EN);

	return strcmp(one.do_now, other.do_now) == 0 && strcmp(one.do_not, other.do_not) == 0;
}

static void whom(struct yg_page *page, const char *list)
{
	const char *checked;
	const char *contacts = yg_advice_contacts(list, page->lang, &checked);

	yg_page_raw(page, "<div class=whom><h3>");
	YG_FILL(&page->piece, page->lang, N_("Whom to tell (checked %1)"), yg_bytes_str(checked));
	yg_page_flush(page);
	yg_page_raw(page, "</h3><ul>");
	items(page, contacts);
	yg_page_raw(page, "</ul></div>");
}

static void advice(struct yg_page *page, const struct yg_story *story, bool with_whom)
{
	struct yg_advice says = advice_of(story, page->lang);

	yg_page_raw(page, "<ul class=what>");
	items(page, says.what);
	yg_page_raw(page, "</ul><div class=advice><div class=do><h3>");
	yg_page_tr(page, N_("Do now"));
	yg_page_raw(page, "</h3><ol>");
	items(page, says.do_now);
	yg_page_raw(page, "</ol></div><div class=dont><h3>");
	yg_page_tr(page, N_("Do not"));
	yg_page_raw(page, "</h3><ul>");
	items(page, says.do_not);
	yg_page_raw(page, "</ul></div>");
	if (with_whom)
		whom(page, says.whom);
	yg_page_raw(page, "</div>\n");
}

void yg_page_story_advice(struct yg_page *page, size_t index)
{
	const struct yg_story *stories = page->report->stories;
	const struct yg_story *lead = yg_tell_lead(page->report);
	size_t earlier = 0;

	if (&stories[index] == lead)
		return;
	while (earlier < index && !is_same_advice(&stories[earlier], &stories[index]))
		earlier++;
	if (!is_same_advice(lead, &stories[index]) && earlier == index) {
		advice(page, &stories[index], false);
		return;
	}
	yg_page_raw(page, "<ul class=what>");
	items(page, advice_of(&stories[index], page->lang).what);
	yg_page_raw(page, "</ul><p class=same>");
	if (is_same_advice(lead, &stories[index])) {
		yg_page_raw(page, "<a href=\"#advice\">");
		yg_page_tr(page, N_("What to do is the same as said at the top of this page."));
	} else {
		struct yg_buf name;

		yg_page_raw(page, "<a href=\"#story-");
		yg_buf_add_u64(page->to, earlier + 1);
		yg_page_raw(page, "\">");
		yg_text_scratch(&name, stories[earlier].actor.size);
		yg_tell_add_actor(&name, &stories[earlier], page->lang, 60);
		YG_FILL(&page->piece, page->lang, N_("What to do is the same as for %1 above."),
			yg_buf_bytes(&name));
		yg_text_end(page->to, &name);
		yg_page_flush(page);
	}
	yg_page_raw(page, "</a></p>\n");
}

void yg_page_sentences(struct yg_page *page, struct yg_bytes text)
{
	struct yg_bytes end = page->lang == YG_LANG_JA ? YG_S("\xe3\x80\x82") : YG_S(". ");
	size_t first = yg_bytes_find(text, end);

	if (first > text.size || first + end.size == text.size) {
		yg_page_text(page, text);
		return;
	}
	yg_page_text(page, yg_bytes_cut(text, 0, first + end.size));
	yg_page_raw(page, "<span>");
	yg_page_text(page, yg_bytes_from(text, first + end.size));
	yg_page_raw(page, "</span>");
}

void yg_page_open(struct yg_page *page, const char *title, const char *skip, const char *band)
{
	char time[YG_TEXT_TIME_SIZE];

	yg_page_raw(page, "<!DOCTYPE html>\n<html lang=");
	yg_page_raw(page, page->lang == YG_LANG_JA ? "ja" : "en");
	yg_page_raw(page, ">\n<head>\n<meta charset=utf-8>\n"
			  "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
			  "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
			  "style-src '");
	yg_page_raw(page, yg_page_style_hash);
	yg_page_raw(page, "'; base-uri 'none'; form-action 'none'\">\n"
			  "<meta name=color-scheme content=\"light dark\">\n"
			  "<meta name=referrer content=no-referrer>\n"
			  "<meta name=robots content=noindex>\n<title>");
	yg_page_tr(page, title);
	yg_page_raw(page, " – Yagura</title>\n<style>");
	yg_page_raw(page, yg_page_style);
	yg_page_raw(page, "</style>\n</head>\n<body>\n<a class=skip href=\"#main\">");
	yg_page_tr(page, skip);
	yg_page_raw(page, "</a>\n<header class=\"band ");
	yg_page_raw(page, band);
	yg_page_raw(page, "\"><div class=measure>\n<p class=kicker><span>Yagura</span><span>");
	yg_page_tr(page, title);
	yg_page_raw(page, "</span><span>");
	YG_FILL(&page->piece, page->lang, N_("made %1"),
		yg_bytes_str(yg_text_time(time, page->report->now_ns, page->report->zone_s, true)));
	yg_page_flush(page);
	yg_page_raw(page, "</span></p>\n<h1>");
}

void yg_page_close(struct yg_page *page)
{
	yg_page_raw(page, "</main>\n<footer class=measure><p>");
	yg_page_tr(page,
		   N_("Made by Yagura on your own computer. This page holds everything it needs "
		      "and fetches nothing."));
	yg_page_raw(page, "</p></footer>\n</body>\n</html>\n");
}

static void head(struct yg_page *page, enum yg_verdict verdict)
{
	static const char *const classes[] = {
		[YG_VERDICT_NOTHING_READ] = "v-nothing", [YG_VERDICT_NOTHING_ASKED] = "v-nothing",
		[YG_VERDICT_NO_TRACE] = "v-none",	 [YG_VERDICT_MINOR] = "v-minor",
		[YG_VERDICT_ATTEMPT] = "v-attempt",	 [YG_VERDICT_UNKNOWN] = "v-unknown",
		[YG_VERDICT_POSSIBLE] = "v-possible",
	};
	const char *caveat = yg_tell_caveat(page->report, page->lang);

	yg_page_open(page, N_("What the logs show"), N_("Skip to the report"), classes[verdict]);
	yg_page_sentences(page, yg_bytes_str(yg_tell_verdict_words(verdict, page->lang)));
	yg_page_raw(page, "</h1>\n");
	if (caveat) {
		yg_page_raw(page, "<p class=caveat>");
		yg_page_text(page, yg_bytes_str(caveat));
		yg_page_raw(page, "</p>\n");
	}
	yg_page_raw(page, "</div></header>\n<main id=main class=measure>\n");
}

static void tell_definition(void *arg, const char *label, struct yg_bytes text)
{
	struct yg_page *page = arg;

	yg_page_raw(page, "<dt>");
	yg_page_text(page, yg_bytes_str(label));
	yg_page_raw(page, "</dt><dd>");
	yg_page_text(page, text);
	yg_page_raw(page, "</dd>\n");
}

static void tell_item(void *arg, const char *label, struct yg_bytes text)
{
	struct yg_page *page = arg;

	(void)label; /* limits have none */
	yg_page_raw(page, "<li>");
	yg_page_text(page, text);
	yg_page_raw(page, "</li>\n");
}

static void facts(struct yg_page *page, struct yg_tell *tell)
{
	static const struct {
		const char *title;
		enum yg_fact facts[3];
	} groups[] = {
		{N_("What happened"), {YG_FACT_WHAT, YG_FACT_OUTCOME, YG_FACT_CERTAINTY}},
		{N_("How bad, and from where"), {YG_FACT_LEVEL, YG_FACT_FROM, YG_FACT_END}},
		{N_("When, and how often"), {YG_FACT_FIRST, YG_FACT_LAST, YG_FACT_COUNT}},
	};

	yg_page_raw(page, "<section class=facts aria-label=\"");
	yg_page_tr(page, N_("The facts"));
	yg_page_raw(page, "\">\n");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		yg_page_raw(page, "<div><h2>");
		yg_page_tr(page, groups[i].title);
		yg_page_raw(page, "</h2><dl>\n");
		for (size_t k = 0; k < 3; k++)
			yg_tell_fact(tell, groups[i].facts[k]);
		yg_page_raw(page, "</dl></div>\n");
	}
	yg_page_raw(page, "</section>\n");
}

static void input_row(struct yg_page *page, const struct yg_report_input *input)
{
	yg_page_raw(page, "<tr><th scope=row>");
	yg_page_log(page, yg_bytes_str(input->name), 160);
	yg_page_raw(page, "</th><td>");
	yg_page_tr(page, input->format == YG_FORMAT_UNKNOWN ? N_("not recognised")
							    : yg_format_words(input->format));
	yg_page_raw(page, "</td><td class=n>");
	yg_page_number(page, input->records);
	yg_page_raw(page, "</td><td class=n>");
	yg_page_number(page, input->unparsed);
	yg_page_raw(page, "</td><td class=n>");
	yg_page_number(page, input->findings);
	yg_page_raw(page, "</td><td>");
	yg_tell_add_span(&page->piece, input->first_ns, input->last_ns, page->report->zone_s,
			 page->lang);
	yg_page_flush(page);
	yg_page_raw(page, "</td></tr>\n");
}

void yg_page_inputs(struct yg_page *page)
{
	static const char *const heads[] = {N_("input"),	  N_("kind"),	  N_("records"),
					    N_("not understood"), N_("findings"), N_("span")};
	const struct yg_report *report = page->report;
	size_t shown =
		report->input_count < YG_PAGE_INPUTS_MAX ? report->input_count : YG_PAGE_INPUTS_MAX;
	char number[YG_TEXT_NUMBER_SIZE];

	if (shown == 0)
		return;
	yg_page_raw(page, "<div class=scroll role=region tabindex=0 aria-label=\"");
	yg_page_tr(page, N_("Inputs examined"));
	yg_page_raw(page, "\"><table><caption>");
	yg_page_tr(page, N_("Inputs examined"));
	yg_page_raw(page, "</caption><thead><tr>");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		yg_page_raw(page, i >= 2 && i <= 4 ? "<th scope=col class=n>" : "<th scope=col>");
		yg_page_tr(page, heads[i]);
		yg_page_raw(page, "</th>");
	}
	yg_page_raw(page, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < shown; i++)
		input_row(page, &report->inputs[i]);
	yg_page_raw(page, "</tbody></table></div>\n");
	if (report->input_count > shown) {
		yg_page_raw(page, "<p>");
		YG_FILL(&page->piece, page->lang, N_("Further inputs not shown here: %1"),
			yg_text_number(number, report->input_count - shown));
		yg_page_flush(page);
		yg_page_raw(page, "</p>\n");
	}
}

void yg_page_section(struct yg_page *page, const char *id, const char *title)
{
	yg_page_raw(page, "<section id=");
	yg_page_raw(page, id);
	yg_page_raw(page, "><h2>");
	yg_page_tr(page, title);
	yg_page_raw(page, "</h2>\n");
}

void yg_html_report(struct yg_buf *to, const struct yg_report *report, enum yg_lang lang)
{
	const struct yg_story *lead = yg_tell_lead(report);
	struct yg_page page = {.to = to, .report = report, .lang = lang};
	struct yg_tell tell = {report, lang, tell_definition, &page, YG_OK};

	yg_buf_init(&page.piece, YG_PAGE_STORY_BYTES_MAX);
	head(&page, yg_tell_verdict(report));
	if (report->findings > 0)
		facts(&page, &tell);
	if (lead) {
		yg_page_section(&page, "advice", N_("What to do"));
		advice(&page, lead, true);
		yg_page_raw(&page, "</section>\n");
	}
	yg_page_section(&page, "timeline", N_("When it happened"));
	yg_page_timeline(&page);
	yg_page_raw(&page, "</section>\n");
	if (report->story_count > 0) {
		yg_page_section(&page, "stories",
				N_("What was found, by source and kind, gravest first"));
		yg_page_stories(&page);
		yg_page_raw(&page, "</section>\n");
	}
	yg_page_section(&page, "examined", N_("What was examined"));
	yg_page_raw(&page, "<dl class=rows>\n");
	yg_tell_examined(&tell);
	yg_page_raw(&page, "</dl>\n");
	yg_page_inputs(&page);
	yg_page_raw(&page, "</section>\n");
	yg_page_section(&page, "limits", N_("What these logs cannot show"));
	yg_page_raw(&page, "<ul>\n");
	tell.fn = tell_item;
	yg_tell_limits(&tell);
	yg_page_raw(&page, "</ul></section>\n");
	yg_page_close(&page);
	yg_text_end(to, &page.piece);
	if (tell.error && !to->error)
		to->error = tell.error;
}
