/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_mail.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "render/notice.h"

#include "base/ban.h"

#define ARENA_MAX  (64u << 20)
#define WORD_BYTES 39u /* of UTF-8 in one encoded word: 75 characters with its frame */
#define LINE_BYTES 57u /* of a body: 76 characters in base64 */

bool yg_hub_mail_is_address(const char *text)
{
	const char *at = strchr(text, '@');

	if (!at || at == text || !at[1] || strchr(at + 1, '@') || strlen(text) > 254)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || strchr(",;:<>()[]\"\\", *text))
			return false;
	return true;
}

/* RFC 2047: no word ends within a character, none is too long. */
static void add_subject(struct yg_buf *to, struct yg_bytes text)
{
	yg_buf_add_str(to, text.size ? "Subject:" : "Subject:\r\n");
	while (text.size > 0) {
		size_t size = text.size < WORD_BYTES ? text.size : WORD_BYTES;

		while (size > 0 && size < text.size && (text.data[size] & 0xc0) == 0x80)
			size--;
		if (size == 0)
			size = text.size < WORD_BYTES ? text.size : WORD_BYTES; /* no UTF-8 */
		yg_buf_add_str(to, " =?UTF-8?B?");
		yg_base64_add(to, yg_bytes_cut(text, 0, size));
		yg_buf_add_str(to, "?=\r\n");
		text = yg_bytes_from(text, size);
	}
}

static void add_part(struct yg_buf *to, const char *boundary, const char *type,
		     struct yg_bytes text)
{
	yg_buf_addf(to,
		    "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n",
		    boundary, type);
	for (size_t at = 0; at < text.size; at += LINE_BYTES) {
		yg_base64_add(to, yg_bytes_cut(text, at, at + LINE_BYTES));
		yg_buf_add_str(to, "\r\n");
	}
}

static void add_date(struct yg_buf *to, const struct yg_hub_mail *mail)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int32_t away_s =
		yg_zone_offset_at(mail->zone ? mail->zone : yg_zone_japan(), mail->time_ns);
	unsigned away_min = (unsigned)(away_s < 0 ? -away_s : away_s) / 60;
	struct yg_civil c = yg_time_civil(mail->time_ns, away_s);

	yg_buf_addf(to, "Date: %s, %02u %s %04d %02u:%02u:%02u %c%02u%02u\r\n",
		    days[(yg_time_weekday(mail->time_ns, away_s) + 1) % 7], (unsigned)c.day,
		    months[(c.month - 1) % 12], (int)c.year, (unsigned)c.hour, (unsigned)c.minute,
		    (unsigned)c.second, away_s < 0 ? '-' : '+', away_min / 60, away_min % 60);
}

static void write(const struct yg_hub_mail *mail, const struct yg_notice_mail *parts,
		  struct yg_buf *to)
{
	char boundary[128];

	(void)snprintf(boundary, sizeof(boundary), "yagura-%.60s", mail->id); /* our own words */
	yg_buf_addf(to, "From: %s\r\nTo: %s\r\n", mail->from, mail->to);
	add_subject(to, yg_buf_bytes(&parts->subject));
	add_date(to, mail);
	yg_buf_addf(to,
		    "Message-ID: <%s%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		    "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n",
		    mail->id, strchr(mail->from, '@'), boundary);
	add_part(to, boundary, "text/plain", yg_buf_bytes(&parts->plain));
	add_part(to, boundary, "text/html", yg_buf_bytes(&parts->html));
	yg_buf_addf(to, "--%s--\r\n", boundary);
}

int yg_hub_mail_write(const struct yg_hub_mail *mail, const json_t *copy, struct yg_buf *to)
{
	struct yg_arena *arena;
	struct yg_line_fault fault;
	struct yg_notice notice;
	struct yg_notice_mail parts;
	int rc;

	if (!yg_hub_mail_is_address(mail->from) || !yg_hub_mail_is_address(mail->to))
		return YG_EINVAL;
	arena = yg_arena_new(ARENA_MAX);
	rc = arena ? yg_notice_read(copy, arena, &notice, &fault) : YG_ENOMEM;
	yg_notice_mail_init(&parts);
	if (rc == YG_OK)
		notice.zone = mail->zone;
	if (rc == YG_OK)
		rc = mail->is_both ? yg_notice_mail_both(&parts, &notice, mail->code)
				   : yg_notice_mail(&parts, &notice, mail->code, mail->lang);
	if (rc == YG_OK)
		write(mail, &parts, to);
	yg_notice_mail_done(&parts);
	(void)yg_arena_free(arena);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

int yg_hub_mail_question(const struct yg_hub_mail *mail, const char *number, int64_t due_ns,
			 struct yg_buf *to)
{
	struct yg_notice_mail parts;
	int rc;

	if (!yg_hub_mail_is_address(mail->from) || !yg_hub_mail_is_address(mail->to))
		return YG_EINVAL;
	yg_notice_mail_init(&parts);
	rc = yg_question_mail(&parts, &(struct yg_question_words){number, due_ns, mail->zone},
			      &mail->lang, mail->is_both ? 0 : 1);
	if (rc == YG_OK)
		write(mail, &parts, to);
	yg_notice_mail_done(&parts);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

int yg_hub_mail_reminder(const struct yg_hub_mail *mail, const struct yg_reminder_words *words,
			 struct yg_buf *to)
{
	struct yg_notice_mail parts;
	int rc;

	if (!yg_hub_mail_is_address(mail->from) || !yg_hub_mail_is_address(mail->to))
		return YG_EINVAL;
	yg_notice_mail_init(&parts);
	rc = yg_reminder_mail(&parts, words, &mail->lang, mail->is_both ? 0 : 1);
	if (rc == YG_OK)
		write(mail, &parts, to);
	yg_notice_mail_done(&parts);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}
