/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_mail.h - a warning as a mail: plain text and HTML, nothing attached, nothing fetched, no
 * link. The same warning by the same channel has the same Message-ID, so that who gets it twice can
 * tell. Pure.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/tr.h"

struct yg_hub_mail {
	const char *from;
	const char *to;
	const char *id;	  /* of the warning and its channel: "0123…-mail" */
	const char *code; /* the short number */
	int64_t time_ns;
	const struct yg_zone *zone; /* in which people read its times; NULL: Japan's */
	enum yg_lang lang;
	bool is_both; /* Japanese, and English below it */
};
/* To the deputy of one that is asked, without a notice (render/notice.h). As below. */
YG_MUST_USE int yg_hub_mail_question(const struct yg_hub_mail *mail, const char *number,
				     int64_t due_ns, struct yg_buf *to);
/* A report is due. As below. */
struct yg_reminder_words; /* render/notice.h */
YG_MUST_USE int yg_hub_mail_reminder(const struct yg_hub_mail *mail,
				     const struct yg_reminder_words *words, struct yg_buf *to);
/* RFC 5322, lines end in CRLF. YG_OK; YG_EINVAL: an address that is none; YG_EFORMAT: no notice. */
YG_MUST_USE int yg_hub_mail_write(const struct yg_hub_mail *mail, const json_t *copy,
				  struct yg_buf *to);
/* One address and nothing that begins another field or recipient. */
bool yg_hub_mail_is_address(const char *text);
