/* SPDX-License-Identifier: Apache-2.0 */
#include "render/month.h"

#include "base/zone.h"
#include "render/fixed.h"
#include "render/html-int.h"
#include "render/text-int.h"

#include "base/ban.h"

struct sheet {
	struct yg_page page;
	const struct yg_month *m;
};

/* ---- pieces ---- */

static const char *day_text(const struct sheet *sheet, char to[YG_TEXT_TIME_SIZE], int64_t time_ns)
{
	(void)yg_text_time(to, time_ns, yg_zone_offset_at(sheet->m->zone, time_ns), false);
	if (time_ns != YG_TIME_NONE)
		to[10] = '\0'; /* the day alone */
	return to;
}

/* A paragraph made of a sentence with its numbers. */
#define SAY(sheet, open, close, msgid, ...)                                                        \
	do {                                                                                       \
		yg_page_raw(&(sheet)->page, open);                                                 \
		YG_FILL(&(sheet)->page.piece, (sheet)->page.lang, msgid, __VA_ARGS__);             \
		yg_page_flush(&(sheet)->page);                                                     \
		yg_page_raw(&(sheet)->page, close);                                                \
	} while (0)

#define NUMBER(value) yg_text_number((char[YG_TEXT_NUMBER_SIZE]){0}, (value))

static void plain(struct sheet *sheet, const char *open, const char *msgid, const char *close)
{
	yg_page_raw(&sheet->page, open);
	yg_page_tr(&sheet->page, msgid);
	yg_page_raw(&sheet->page, close);
}

static void text(struct sheet *sheet, const char *open, struct yg_bytes bytes, const char *close)
{
	yg_page_raw(&sheet->page, open);
	yg_page_text(&sheet->page, bytes);
	yg_page_raw(&sheet->page, close);
}

static void section(struct sheet *sheet, const char *title)
{
	plain(sheet, "<section>\n<h2>", title, "</h2>\n");
}

static void section_end(struct sheet *sheet)
{
	yg_page_raw(&sheet->page, "</section>\n");
}

/* ---- head ---- */

static void name_month(struct sheet *sheet, const char *open, const char *close)
{
	const struct yg_month *m = sheet->m;
	char year[16], month[16];

	(void)snprintf(year, sizeof(year), "%u", m->year);    /* it fits */
	(void)snprintf(month, sizeof(month), "%u", m->month); /* as above */
	if (sheet->page.lang == YG_LANG_EN)
		(void)snprintf(month, sizeof(month), "%02u", m->month); /* 2026-03 */
	SAY(sheet, open, close, N_("Report of the month %1-%2"), yg_bytes_str(year),
	    yg_bytes_str(month));
}

static void open_page(struct sheet *sheet)
{
	struct yg_page *page = &sheet->page;

	yg_page_raw(page, page->lang == YG_LANG_JA ? "<!DOCTYPE html>\n<html lang=ja>\n"
						   : "<!DOCTYPE html>\n<html lang=en>\n");
	yg_page_raw(page, "<head>\n<meta charset=utf-8>\n"
			  "<meta name=viewport content=\"width=device-width\">\n"
			  "<meta name=referrer content=no-referrer>\n"
			  "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
			  "style-src '");
	yg_page_raw(page, yg_paper_style_hash);
	name_month(sheet, "'\">\n<title>", "</title>\n<style>");
	yg_page_raw(page, yg_paper_style);
	yg_page_raw(page, "</style>\n</head>\n<body class=one>\n<main>\n");
}

static void head(struct sheet *sheet)
{
	const struct yg_month *m = sheet->m;
	char made[YG_TEXT_TIME_SIZE];

	name_month(sheet, "<header>\n<h1>", "</h1>\n");
	text(sheet, "<p class=who>", yg_bytes_str(m->name), "</p>\n");
	(void)yg_text_time(made, m->made_ns, yg_zone_offset_at(m->zone, m->made_ns), true);
	SAY(sheet, "<p class=note>", "</p>\n</header>\n",
	    m->is_over ? N_("Written at %1. States are those of that time; month and days are "
			    "those of %2.")
		       : N_("The month goes on: this is as of %1. Month and days are those of %2."),
	    yg_bytes_str(made), yg_bytes_str(yg_zone_name(m->zone)));
}

/* ---- what was seen ---- */

static void situations(struct sheet *sheet)
{
	const struct yg_month *m = sheet->m;
	char day[YG_TEXT_TIME_SIZE];

	if (m->top_count == 0)
		return;
	yg_page_raw(&sheet->page, "<table class=narrow><thead><tr>");
	plain(sheet, "<th scope=col>", N_("Severity"), "</th>");
	plain(sheet, "<th scope=col>", N_("What"), "</th>");
	plain(sheet, "<th scope=col>", N_("Last seen"), "</th>");
	plain(sheet, "<th scope=col>", N_("State"), "</th></tr></thead><tbody>\n");
	for (uint32_t i = 0; i < m->top_count; i++) {
		const struct yg_month_situation *s = &m->top[i];

		text(sheet, "<tr><th scope=row>",
		     yg_bytes_str(yg_words_level(s->severity, sheet->page.lang)), "</th>");
		text(sheet, "<td>", yg_bytes_str(s->what[sheet->page.lang == YG_LANG_JA]), "</td>");
		text(sheet, "<td>", yg_bytes_str(day_text(sheet, day, s->last_ns)), "</td>");
		plain(sheet, "<td>", yg_situation_state_words(s->state), "</td></tr>\n");
	}
	yg_page_raw(&sheet->page, "</tbody></table>\n");
	if (m->situations > m->top_count)
		SAY(sheet, "<p class=note>", "</p>\n", N_("%1 more are in the console."),
		    NUMBER(m->situations - m->top_count));
}

static void seen(struct sheet *sheet)
{
	const struct yg_month *m = sheet->m;

	section(sheet, N_("What we saw"));
	if (!m->has_seen) {
		plain(sheet, "<p>", N_("Nothing can be said: there is no detection here yet."),
		      "</p>\n");
	} else if (m->records == 0) {
		plain(sheet, "<p><strong>",
		      N_("No records came in during this month. That does not mean that nothing "
			 "happened: nobody was looking."),
		      "</strong></p>\n");
	} else {
		SAY(sheet, "<p>", "</p>\n",
		    N_("On %1 days %2 records came in. In them there were %3 findings."),
		    NUMBER(m->record_days), NUMBER(m->records), NUMBER(m->findings));
	}
	if (m->alerts > 0)
		SAY(sheet, "<p>", "</p>\n",
		    N_("These were put together to %1 alerts; %2 of them needed nobody."),
		    NUMBER(m->alerts), NUMBER(m->removed));
	if (m->situations > 0)
		SAY(sheet, "<p><strong>", "</strong></p>\n",
		    N_("%1 situations went on (high or critical: %2); %3 of them are still open."),
		    NUMBER(m->situations),
		    NUMBER(m->by_severity[YG_LEVEL_HIGH] + m->by_severity[YG_LEVEL_CRITICAL]),
		    NUMBER(m->open));
	else if (m->records > 0)
		plain(sheet, "<p>", N_("None of it became a situation that people look at."),
		      "</p>\n");
	situations(sheet);
	section_end(sheet);
}

/* ---- what was told ---- */

static const char *kind_words(const char *kind)
{
	if (strcmp(kind, "victim") == 0)
		return N_("notice to you");
	if (strcmp(kind, "indicators") == 0)
		return N_("indicators");
	if (strcmp(kind, "withdrawal") == 0)
		return N_("withdrawal");
	if (strcmp(kind, "correction") == 0)
		return N_("correction");
	return N_("warning");
}

static const char *receipt_words(const char *state)
{
	if (strcmp(state, "acted") == 0)
		return N_("acted on");
	if (strcmp(state, "acknowledged") == 0)
		return N_("read and understood");
	if (strcmp(state, "seen") == 0)
		return N_("read");
	return N_("not read yet");
}

static void told(struct sheet *sheet)
{
	const struct yg_month *m = sheet->m;
	uint64_t all = m->notices + m->warnings + m->corrected;
	char day[YG_TEXT_TIME_SIZE];

	section(sheet, N_("What you were told"));
	if (!m->has_warned)
		plain(sheet, "<p>", N_("Whoever asked for this page may not read warnings."),
		      "</p>\n");
	else if (all == 0)
		plain(sheet, "<p>", N_("No notice and no warning was sent to you."), "</p>\n");
	else
		SAY(sheet, "<p>", "</p>\n",
		    N_("%1 notices about yourself, %2 warnings, %3 corrections or withdrawals. "
		       "Read: %4, understood: %5, acted on: %6."),
		    NUMBER(m->notices), NUMBER(m->warnings), NUMBER(m->corrected), NUMBER(m->read),
		    NUMBER(m->acknowledged), NUMBER(m->acted));
	if (m->told_count > 0) {
		yg_page_raw(&sheet->page, "<table class=narrow><thead><tr>");
		plain(sheet, "<th scope=col>", N_("Number"), "</th>");
		plain(sheet, "<th scope=col>", N_("Sent"), "</th>");
		plain(sheet, "<th scope=col>", N_("Kind"), "</th>");
		plain(sheet, "<th scope=col>", N_("Receipt"), "</th></tr></thead><tbody>\n");
	}
	for (uint32_t i = 0; i < m->told_count; i++) {
		const struct yg_month_warning *w = &m->told[i];

		text(sheet, "<tr><th scope=row>", yg_bytes_str(w->number), "</th>");
		text(sheet, "<td>", yg_bytes_str(day_text(sheet, day, w->released_ns)), "</td>");
		plain(sheet, "<td>", kind_words(w->kind), "</td>");
		plain(sheet, "<td>", receipt_words(w->state), "</td></tr>\n");
	}
	if (m->told_count > 0)
		yg_page_raw(&sheet->page, "</tbody></table>\n");
	if (all > m->told_count)
		SAY(sheet, "<p class=note>", "</p>\n", N_("%1 more are in the console."),
		    NUMBER(all - m->told_count));
	section_end(sheet);
}

/* ---- what was done ---- */

static void done(struct sheet *sheet)
{
	const struct yg_month *m = sheet->m;
	bool is_any = m->resolved + m->acted + m->cases + m->views > 0;

	section(sheet, N_("What was done"));
	yg_page_raw(&sheet->page, is_any ? "<ul>\n" : "");
	if (m->resolved > 0)
		SAY(sheet, "<li>", "</li>\n", N_("%1 of these situations are resolved."),
		    NUMBER(m->resolved));
	if (m->acted > 0)
		SAY(sheet, "<li>", "</li>\n", N_("You acted on %1 of the warnings."),
		    NUMBER(m->acted));
	for (uint32_t i = 0; i < m->told_count; i++)
		if (m->told[i].acted[0]) {
			text(sheet, "<li>", yg_bytes_str(m->told[i].number), ": ");
			yg_page_log(&sheet->page, yg_bytes_str(m->told[i].acted), 160);
			yg_page_raw(&sheet->page, "</li>\n");
		}
	if (m->cases > 0)
		SAY(sheet, "<li>", "</li>\n",
		    N_("You asked the coordinating body %1 times by telephone or mail."),
		    NUMBER(m->cases));
	if (m->has_views && m->views > 0)
		SAY(sheet, "<li>", "</li>\n",
		    N_("Others opened your raw records %1 times; who and why is in the console."),
		    NUMBER(m->views));
	yg_page_raw(&sheet->page, is_any ? "</ul>\n" : "");
	if (!is_any)
		plain(sheet, "<p>", N_("Nothing is recorded."), "</p>\n");
	if (m->has_views && m->views == 0)
		plain(sheet, "<p class=note>", N_("Nobody else opened your raw records."),
		      "</p>\n");
	section_end(sheet);
}

/* ---- sensors ---- */

static void sensors(struct sheet *sheet)
{
	static const char *const words[] = {
#define X(code, name, words) words,
		YG_MONTH_SENSOR_MAP(X)
#undef X
	};
	const struct yg_month *m = sheet->m;
	char heard[YG_TEXT_TIME_SIZE];
	uint64_t all = 0;

	section(sheet, N_("How the sensors are"));
	for (unsigned i = 0; i < YG_MONTH_STATES; i++)
		all += i == YG_MONTH_SENSOR_REVOKED ? 0 : m->sensors[i];
	if (!m->has_sensors)
		plain(sheet, "<p>", N_("Whoever asked for this page may not see sensors."),
		      "</p>\n");
	else if (all == 0)
		plain(sheet, "<p>", N_("There is no sensor: nothing can be seen."), "</p>\n");
	else
		SAY(sheet, "<p>", "</p>\n", N_("%1 of %2 sensors are connected."),
		    NUMBER(m->sensors[YG_MONTH_SENSOR_CONNECTED]), NUMBER(all));
	yg_page_raw(&sheet->page, m->shown_count > 0 ? "<table class=narrow><tbody>\n" : "");
	for (uint32_t i = 0; i < m->shown_count; i++) {
		text(sheet, "<tr><th scope=row>", yg_bytes_str(m->shown[i].host), "</th>");
		plain(sheet, "<td>", words[m->shown[i].state], "</td>");
		(void)yg_text_time(heard, m->shown[i].heard_ns,
				   yg_zone_offset_at(m->zone, m->shown[i].heard_ns), true);
		text(sheet, "<td>", yg_bytes_str(heard), "</td></tr>\n");
	}
	yg_page_raw(&sheet->page, m->shown_count > 0 ? "</tbody></table>\n" : "");
	if (m->has_sensors && all > m->shown_count)
		SAY(sheet, "<p class=note>", "</p>\n", N_("%1 more are in the console."),
		    NUMBER(all - m->shown_count));
	section_end(sheet);
}

/* ---- what to do ---- */

static void steps(struct sheet *sheet)
{
	static const char *const words[] = {
		[YG_MONTH_STEP_CONSENT] =
			N_("Agree to the terms of participation: until then nothing is taken from "
			   "your sensors."),
		[YG_MONTH_STEP_READ] =
			N_("Read what was sent and say so (%1 wait for it), then do what stands in "
			   "it."),
		[YG_MONTH_STEP_SITUATIONS] =
			N_("Have the %1 open situations of high severity looked at this week; ask "
			   "the coordinating body what is not clear."),
		[YG_MONTH_STEP_NO_SENSOR] = N_("Have a sensor set up: without one nobody sees an "
					       "attack on you."),
		[YG_MONTH_STEP_SENSORS] = N_("Have the %1 silent sensors looked at: is the machine "
					     "on, does it reach the hub?"),
		[YG_MONTH_STEP_CERTIFICATES] =
			N_("Have the %1 sensors enrolled again whose certificate is over."),
		[YG_MONTH_STEP_CONTACT] =
			N_("Say whom to reach when it is urgent: a telephone number and a mail "
			   "address."),
		[YG_MONTH_STEP_VERIFY] =
			N_("Have the contacts tried: nobody did within the last year."),
		[YG_MONTH_STEP_NOTHING] = N_("Nothing waits for you. Keep the sensors running."),
	};

	section(sheet, N_("What to do next"));
	yg_page_raw(&sheet->page, "<ol>\n");
	for (unsigned i = 0; i < YG_MONTH_STEP_COUNT; i++)
		if (sheet->m->steps[i] > 0)
			SAY(sheet, "<li>", "</li>\n", words[i], NUMBER(sheet->m->steps[i]));
	yg_page_raw(&sheet->page, "</ol>\n");
	section_end(sheet);
}

void yg_month_page(struct yg_buf *to, const struct yg_month *month, enum yg_lang lang)
{
	struct sheet sheet = {.page = {.to = to, .lang = lang}, .m = month};

	yg_text_scratch(&sheet.page.piece, 4096);
	open_page(&sheet);
	head(&sheet);
	if (yg_month_is_empty(month))
		plain(&sheet, "<p class=practice><strong>",
		      N_("An empty month: nothing came in, nothing was found, nothing was sent."),
		      "</strong></p>\n");
	seen(&sheet);
	told(&sheet);
	done(&sheet);
	sensors(&sheet);
	steps(&sheet);
	yg_page_raw(&sheet.page, "</main>\n");
	text(&sheet, "<footer>", yg_bytes_str(yg_fixed(YG_FIXED_NO_GUARANTEE, lang)),
	     "</footer>\n</body>\n</html>\n");
	yg_text_end(to, &sheet.page.piece);
}
