/* SPDX-License-Identifier: Apache-2.0 */
#include "base/zone.h"
#include "model/day.h"
#include "render/notice-int.h"

#include "base/ban.h"

#define MAIL_BYTES_MAX	  (2u << 20)
#define SUBJECT_COLUMNS	  100u
#define SUBJECT_BYTES_MAX 2000u

void yg_notice_mail_init(struct yg_notice_mail *mail)
{
	yg_buf_init(&mail->subject, SUBJECT_BYTES_MAX);
	yg_buf_init(&mail->plain, MAIL_BYTES_MAX);
	yg_buf_init(&mail->html, MAIL_BYTES_MAX);
}

void yg_notice_mail_done(struct yg_notice_mail *mail)
{
	yg_buf_done(&mail->subject);
	yg_buf_done(&mail->plain);
	yg_buf_done(&mail->html);
}

/* "[TLP:AMBER] Warning 2026-0017 (Automatic, unconfirmed)": a list of mails can be read by it. */
static void add_subject(struct yg_buf *to, const struct yg_notice *notice, enum yg_lang lang)
{
	struct yg_buf piece;
	const char *name = yg_tlp_name(notice->tlp);

	yg_buf_init(&piece, SUBJECT_BYTES_MAX);
	yg_buf_add_str(&piece, "[TLP:");
	for (name = *name ? name : "red"; *name; name++)
		yg_buf_add_byte(&piece,
				(uint8_t)(*name >= 'a' && *name <= 'z' ? *name - 32 : *name));
	yg_buf_add_str(&piece, "] ");
	if (notice->is_exercise)
		yg_buf_addf(&piece, "%s ", yg_tr(lang, N_("[exercise]")));
	yg_notice_heading(&piece, notice, lang);
	if (notice->is_automatic)
		yg_buf_addf(&piece, " (%s)", yg_fixed(YG_FIXED_UNCONFIRMED, lang));
	yg_text_add_short(to, yg_buf_bytes(&piece), SUBJECT_COLUMNS);
	yg_text_end(to, &piece);
}

static const enum yg_lang both[] = {YG_LANG_JA, YG_LANG_EN};

/* The body in one language, whole; in more, one under the other. */
static int add_bodies(struct yg_notice_mail *mail, const struct yg_notice *notice,
		      struct yg_bytes code, const enum yg_lang *langs, size_t count)
{
	struct yg_buf note;
	int rc = YG_OK;

	yg_buf_init(&note, 4000);
	if (count > 1)
		yg_notice_html_open(&mail->html, langs[0]);
	for (size_t i = 0; i < count; i++) {
		yg_buf_reset(&note);
		if (code.size)
			yg_words_fill(&note, yg_fixed(YG_FIXED_ENTER_NUMBER, langs[i]), &code, 1);
		rc = rc ? rc : yg_buf_error(&note);
		if (i == 0 && count > 1)
			yg_buf_addf(&mail->plain, "%s\n\n", yg_tr(langs[1], N_("English below.")));
		if (i > 0)
			yg_buf_add_str(&mail->plain, "\n\n----------------------------------------"
						     "\n\n");
		yg_notice_plain(&mail->plain, notice, yg_buf_bytes(&note), langs[i]);
		if (count > 1)
			yg_notice_html_part(&mail->html, notice, yg_buf_bytes(&note), langs[i]);
		else
			yg_notice_html(&mail->html, notice, yg_buf_bytes(&note), langs[i], false);
	}
	if (count > 1)
		yg_buf_add_str(&mail->html, "</body>\n</html>\n");
	yg_buf_done(&note);
	return rc;
}

static int write_mail(struct yg_notice_mail *mail, const struct yg_notice *notice, const char *code,
		      const enum yg_lang *langs, size_t count)
{
	struct yg_buf clean;
	int rc;

	yg_buf_init(&clean, 6u * YG_NOTICE_CODE_MAX);
	if (*code)
		yg_text_add(&clean, yg_bytes_cut(yg_bytes_str(code), 0, YG_NOTICE_CODE_MAX));
	rc = yg_buf_error(&clean);
	add_subject(&mail->subject, notice, langs[0]);
	if (count > 1) {
		yg_buf_add_str(&mail->subject, " / ");
		yg_notice_heading(&mail->subject, notice, langs[1]);
	}
	if (rc == YG_OK)
		rc = add_bodies(mail, notice, yg_buf_bytes(&clean), langs, count);
	yg_buf_done(&clean);
	rc = rc ? rc : yg_buf_error(&mail->subject);
	rc = rc ? rc : yg_buf_error(&mail->plain);
	return rc ? rc : yg_buf_error(&mail->html);
}

int yg_notice_mail(struct yg_notice_mail *mail, const struct yg_notice *notice, const char *code,
		   enum yg_lang lang)
{
	return write_mail(mail, notice, code, &lang, 1);
}

int yg_notice_mail_both(struct yg_notice_mail *mail, const struct yg_notice *notice,
			const char *code)
{
	return write_mail(mail, notice, code, both, 2);
}

/* ---- a question that waits ---- */

/* A paragraph in both bodies; @msgid has %1 for the number, %2 for the time. */
static void say(struct yg_notice_mail *mail, const char *words, const struct yg_bytes *args)
{
	struct yg_buf piece;

	yg_buf_init(&piece, SUBJECT_BYTES_MAX);
	yg_words_fill(&piece, words, args, 2);
	yg_buf_add(&mail->plain, yg_buf_bytes(&piece));
	yg_buf_add_str(&mail->plain, "\n\n");
	yg_notice_html_paragraph(&mail->html, yg_buf_bytes(&piece));
	yg_text_end(&mail->plain, &piece);
}

static void say_question(struct yg_notice_mail *mail, const struct yg_bytes *args,
			 enum yg_lang lang)
{
	say(mail,
	    yg_tr(lang, N_("The coordinating body asked you a question about notice %1. Nobody "
			   "answered by %2, so you, the deputy, are told.")),
	    args);
	say(mail,
	    yg_tr(lang, N_("Please open the pages that you know, sign in, and answer under "
			   "\"Question\". Until then those it concerns are not warned.")),
	    args);
	say(mail,
	    yg_tr(lang, N_("There is no link in this mail, and nothing attached to it; there never "
			   "will be. A reply to it is read by nobody.")),
	    args);
	say(mail,
	    yg_tr(lang, N_("If you are in doubt, call us at the number that you have already.")),
	    args);
}

/* A mail without a notice: what it says, in each language. */
struct plain {
	const char *subject; /* msgid; %1 */
	void (*say)(struct yg_notice_mail *mail, const struct yg_bytes *args, enum yg_lang lang);
	const char *number;
	const char *due;
};

static int write_plain(struct yg_notice_mail *mail, const struct plain *plain,
		       const enum yg_lang *langs, size_t count)
{
	struct yg_buf clean;
	struct yg_bytes args[2];

	if (count == 0) {
		langs = both;
		count = 2;
	}
	yg_buf_init(&clean, 6u * YG_NOTICE_CODE_MAX);
	yg_text_add(&clean, yg_bytes_cut(yg_bytes_str(plain->number), 0, YG_NOTICE_CODE_MAX));
	args[0] = yg_buf_bytes(&clean);
	args[1] = yg_bytes_str(plain->due);
	yg_notice_html_open(&mail->html, langs[0]);
	if (count > 1)
		yg_buf_addf(&mail->plain, "%s\n\n", yg_tr(langs[1], N_("English below.")));
	for (size_t i = 0; i < count; i++) {
		yg_buf_add_str(&mail->subject, i > 0 ? " / " : "");
		yg_words_fill(&mail->subject, yg_tr(langs[i], plain->subject), args, 1);
		if (i > 0)
			yg_buf_add_str(&mail->plain, "----------------------------------------"
						     "\n\n");
		plain->say(mail, args, langs[i]);
	}
	yg_buf_add_str(&mail->html, "</body>\n</html>\n");
	yg_text_end(&mail->subject, &clean);
	return yg_buf_error(&mail->subject) ? yg_buf_error(&mail->subject)
	       : yg_buf_error(&mail->plain) ? yg_buf_error(&mail->plain)
					    : yg_buf_error(&mail->html);
}

int yg_question_mail(struct yg_notice_mail *mail, const struct yg_question_words *words,
		     const enum yg_lang *langs, size_t count)
{
	const struct yg_zone *zone = words->zone ? words->zone : yg_zone_japan();
	char due[YG_TEXT_TIME_SIZE];
	const struct plain plain = {
		.subject = N_("An answer is waited for: %1"),
		.say = say_question,
		.number = words->number,
		.due = yg_text_time(due, words->due_ns, yg_zone_offset_at(zone, words->due_ns),
				    true),
	};

	return write_plain(mail, &plain, langs, count);
}

/* ---- a report that is due ---- */

static void say_where(struct yg_notice_mail *mail, const struct yg_bytes *args, enum yg_lang lang)
{
	say(mail,
	    yg_tr(lang, N_("Please open the pages that you know, sign in, and look under "
			   "\"Incident reports\": there stands what is missing for whom, and each "
			   "report is noted there as sent.")),
	    args);
	say(mail,
	    yg_tr(lang, N_("There is no link in this mail, and nothing attached to it; there never "
			   "will be. A reply to it is read by nobody.")),
	    args);
}

static void say_before(struct yg_notice_mail *mail, const struct yg_bytes *args, enum yg_lang lang)
{
	say(mail,
	    yg_tr(lang, N_("A report that is made from your record %1 is due by %2 and was not "
			   "noted as sent yet.")),
	    args);
	say_where(mail, args, lang);
}

static void say_today(struct yg_notice_mail *mail, const struct yg_bytes *args, enum yg_lang lang)
{
	say(mail,
	    yg_tr(lang, N_("Today, %2, is the last day for a report that is made from your record "
			   "%1. It was not noted as sent yet.")),
	    args);
	say_where(mail, args, lang);
}

static void say_over(struct yg_notice_mail *mail, const struct yg_bytes *args, enum yg_lang lang)
{
	say(mail,
	    yg_tr(lang, N_("A report that is made from your record %1 was due by %2. It was not "
			   "noted as sent.")),
	    args);
	say_where(mail, args, lang);
}

int yg_reminder_mail(struct yg_notice_mail *mail, const struct yg_reminder_words *words,
		     const enum yg_lang *langs, size_t count)
{
	static const struct plain steps[] = {
		[YG_REMIND_BEFORE] = {.subject = N_("A report is due soon: %1"), .say = say_before},
		[YG_REMIND_DAY] = {.subject = N_("A report is due today: %1"), .say = say_today},
		[YG_REMIND_OVER] = {.subject = N_("A report is overdue: %1"), .say = say_over}};
	struct plain plain = steps[words->step];
	char day[YG_DAY_SIZE];

	yg_day_write(words->day, day);
	plain.number = words->report;
	plain.due = day;
	return write_plain(mail, &plain, langs, count);
}
