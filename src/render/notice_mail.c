/* SPDX-License-Identifier: Apache-2.0 */
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

int yg_notice_mail(struct yg_notice_mail *mail, const struct yg_notice *notice, const char *code,
		   enum yg_lang lang)
{
	struct yg_buf clean;
	struct yg_buf note;
	int rc;

	yg_buf_init(&clean, 6u * YG_NOTICE_CODE_MAX);
	yg_buf_init(&note, 4000);
	if (*code) {
		yg_text_add(&clean, yg_bytes_cut(yg_bytes_str(code), 0, YG_NOTICE_CODE_MAX));
		yg_words_fill(&note, yg_fixed(YG_FIXED_ENTER_NUMBER, lang),
			      (const struct yg_bytes[]){yg_buf_bytes(&clean)}, 1);
	}
	rc = yg_buf_error(&clean) ? yg_buf_error(&clean) : yg_buf_error(&note);
	add_subject(&mail->subject, notice, lang);
	yg_notice_plain(&mail->plain, notice, yg_buf_bytes(&note), lang);
	yg_notice_html(&mail->html, notice, yg_buf_bytes(&note), lang, false);
	yg_buf_done(&clean);
	yg_buf_done(&note);
	rc = rc ? rc : yg_buf_error(&mail->subject);
	rc = rc ? rc : yg_buf_error(&mail->plain);
	return rc ? rc : yg_buf_error(&mail->html);
}
