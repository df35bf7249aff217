/* SPDX-License-Identifier: Apache-2.0 */
#include "web/refuse.h"

#include "base/err.h"
#include "web/static.h"

#include "base/ban.h"

static const struct {
	int status;
	const char *code;
	const char *title;
	const char *detail;
} texts[] = {{200, "", "", ""},
	     {200, "", "", ""},
#define X(name, status, code, title, detail) {status, code, title, detail},
	     YG_WEB_REFUSALS(X)
#undef X
};

enum yg_web_refusal yg_web_refusal_of_error(int error)
{
	switch (error) {
	case YG_ENOMEM:
		return YG_WEB_MEMORY;
	case YG_ENOSPC:
		return YG_WEB_SPACE;
	case YG_EAGAIN:
		return YG_WEB_BUSY;
	case YG_EPIPE:
		return YG_WEB_AWAY;
	case YG_EACCES:
		return YG_WEB_NOT_ALLOWED;
	default:
		return YG_WEB_INTERNAL;
	}
}

void yg_web_refuse(struct yg_reply *reply, enum yg_web_refusal refusal, enum yg_lang lang,
		   bool as_page)
{
	if (!as_page) {
		/* A failure shows in the buffer's error, which whoever sends it asks for. */
		(void)yg_reply_problem(reply, texts[refusal].status, texts[refusal].code,
				       yg_tr(lang, texts[refusal].title),
				       yg_tr(lang, texts[refusal].detail));
		return;
	}
	yg_buf_reset(&reply->body);
	reply->status = texts[refusal].status;
	reply->content_type = "text/html; charset=utf-8";
	reply->etag[0] = 0;
	reply->file_name[0] = 0;
	yg_web_page(&reply->body, texts[refusal].title, texts[refusal].detail);
}
