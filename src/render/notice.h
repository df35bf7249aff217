/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/notice.h - a notice told to people and programs.
 *
 * Whatever is handed in here must have come out of yg_release() (access/gate.h), unless it goes to
 * the organisation it is about; nothing is taken out here. Each form carries, in this order: what
 * it is, number and date, marking, exercise or 自動・未確認, the use restriction (all but a flash
 * report to the one that was hit), how certain it is, then the body, and what nobody guarantees.
 * Indicators are written so that no program makes a link of them ("hxxp://evil[.]example") but in
 * the JSON form. All texts are made harmless (src/render/README.md). Times are those of
 * notice->zone. An allocation that fails is left in the buffer's error. Thread-safe. Tests:
 * tests/unit/render/test_notice.c, tests/golden/notice
 */
#pragma once

#include "model/form.h"
#include "model/notice.h"
#include "render/fixed.h"

#define YG_NOTICE_CODE_MAX 32u /* bytes of the short number of a mail */

/* Plain text, lines of any length. */
void yg_notice_text(struct yg_buf *to, const struct yg_notice *notice, enum yg_lang lang);

/* A page of its own that prints on A4: nothing is fetched, no script, no link. */
void yg_notice_page(struct yg_buf *to, const struct yg_notice *notice, enum yg_lang lang);

/*
 * A mail: subject (one line, no control characters, UTF-8; who sends it encodes it) and both
 * bodies. @code is the short number to type at the address that the recipient knows; "": none is
 * asked for. No attachment, no picture, no link.
 */
struct yg_notice_mail {
	struct yg_buf subject;
	struct yg_buf plain;
	struct yg_buf html;
};
void yg_notice_mail_init(struct yg_notice_mail *mail);
void yg_notice_mail_done(struct yg_notice_mail *mail);
/* YG_OK or the first error of the three. */
YG_MUST_USE int yg_notice_mail(struct yg_notice_mail *mail, const struct yg_notice *notice,
			       const char *code, enum yg_lang lang);

/* The same in both languages, Japanese first: for one of whom no language is known. */
YG_MUST_USE int yg_notice_mail_both(struct yg_notice_mail *mail, const struct yg_notice *notice,
				    const char *code);
/*
 * To the deputy: an answer to the question of notice @number is waited for since @due_ns. It says
 * nothing of what happened. @count of @langs; 0: both. As yg_notice_mail.
 */
struct yg_question_words {
	const char *number;
	int64_t due_ns;
	const struct yg_zone *zone; /* in which people read it; NULL: Japan's */
};
YG_MUST_USE int yg_question_mail(struct yg_notice_mail *mail, const struct yg_question_words *words,
				 const enum yg_lang *langs, size_t count);

/* A report made from record @report is due on @day: nothing of what happened. As above. */
struct yg_reminder_words {
	const char *report;
	int32_t day;
	enum yg_remind_step step;
};
YG_MUST_USE int yg_reminder_mail(struct yg_notice_mail *mail, const struct yg_reminder_words *words,
				 const enum yg_lang *langs, size_t count);

/*
 * What is read aloud at the telephone: short sentences in plain words, no list of hashes; at the
 * end what to write down about the call.
 */
void yg_notice_script(struct yg_buf *to, const struct yg_notice *notice, enum yg_lang lang);

/*
 * For programs (API, webhook, export): canonical JSON
 * {"form":"yagura-notice-1","use_restriction":{en,ja},"unconfirmed":…,"notice":…}. Both languages.
 * YG_OK, YG_ELIMIT, YG_ENOMEM.
 */
YG_MUST_USE int yg_notice_message(struct yg_buf *to, const struct yg_notice *notice);
