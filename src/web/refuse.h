/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/refuse.h - what the server itself refuses, before or after a handler: one table.
 *
 * Layer: web. Pure; any thread.
 */
#pragma once

#include "model/api.h"

/* name, HTTP status, code of docs/api.md, title, what to do */
#define YG_WEB_REFUSALS(X)                                                                         \
	X(HOST, 421, "wrong-host", N_("This address is not the one Yagura answers to"),            \
	  N_("Open the address that `yagura assess web` printed: it begins with "                  \
	     "http://127.0.0.1: or http://localhost:"))                                            \
	X(ORIGIN, 403, "other-origin",                                                             \
	  N_("The request comes from another page than Yagura's own"),                             \
	  N_("Open Yagura in a tab of its own, through the link that it printed."))                \
	X(SESSION, 401, "no-session", N_("You are not signed in on this browser"),                 \
	  N_("Open the link that `yagura assess web` printed. Each link works once; press Enter "  \
	     "where the program runs, or start it again, to get another one."))                    \
	X(LINK, 403, "link-used", N_("This link has been used already, or is not valid"),          \
	  N_("Each link works once. Press Enter where `yagura assess web` runs, or start it "      \
	     "again, and open the new link that it prints."))                                      \
	X(HUB_LINK, 403, "link-used", N_("This link has been used already, or is not valid"),      \
	  N_("Each link works once. `yagura admin --data FOLDER sign-in-link` prints a new "       \
	     "one."))                                                                              \
	X(NOT_ALLOWED, 403, "not-allowed", N_("You may not do this"),                              \
	  N_("Go back to your own desk, or ask the owner of this file."))                          \
	X(NOT_FOUND, 404, "not-found", N_("There is nothing at this address"),                     \
	  N_("Go back, or begin at the start page."))                                              \
	X(METHOD, 405, "wrong-method", N_("This address does not know that method"),               \
	  N_("The field Allow of this answer names the methods that it knows."))                   \
	X(TARGET, 400, "bad-request", N_("The address is malformed"),                              \
	  N_("Its path and query must be percent-encoded UTF-8 without control characters, and "   \
	     "without segments such as `..`."))                                                    \
	X(FIELD_TWICE, 400, "bad-request", N_("A header field stands twice in the request"),       \
	  N_("Host, Origin, Cookie, Content-Type, If-Match and X-File-Name may stand once each.")) \
	X(FRAMING, 400, "bad-request", N_("The request says its length in two ways"),              \
	  N_("Send either Content-Length or Transfer-Encoding: chunked."))                         \
	X(FIELD_NAME, 400, "bad-request", N_("A header field's name is malformed"),                \
	  N_("No blank stands between a field's name and its colon."))                             \
	X(CODING, 400, "bad-request", N_("The content is transferred in an unknown way"),          \
	  N_("Transfer-Encoding may be chunked, and nothing else."))                               \
	X(IF_MATCH, 400, "bad-request", N_("The header field If-Match is malformed"),              \
	  N_("Send the revision as one tag, for example If-Match: \"3\"."))                        \
	X(FILE_NAME, 400, "bad-request", N_("The header field X-File-Name is malformed"),          \
	  N_("Send one file name without folders, percent-encoded UTF-8, at most 255 bytes."))     \
	X(TYPE, 415, "wrong-type", N_("The kind of content is missing or not accepted"),           \
	  N_("Send Content-Type: application/json, or for a file its type or "                     \
	     "application/octet-stream; the types of plain HTML forms are refused."))              \
	X(TARGET_LONG, 414, "too-large", N_("The address is too long"),                            \
	  N_("A path may have 1024 bytes, a query 4096."))                                         \
	X(BODY, 413, "too-large", N_("The content is too large"),                                  \
	  N_("A request may carry at most 8 MiB. Leave out what is not needed, or split it."))     \
	X(BUSY, 503, "busy", N_("Too much is being sent at the same time"),                        \
	  N_("Wait a moment and try again."))                                                      \
	X(AWAY, 503, "starting-again", N_("Yagura is being started again"),                        \
	  N_("Wait a moment and try again. What was sent just before may have been done all the "  \
	     "same: look first."))                                                                 \
	X(MEMORY, 503, "busy", N_("There is not enough memory for this"),                          \
	  N_("Close other programs and try again. Nothing was changed."))                          \
	X(SPACE, 507, "no-space", N_("The disk is full: nothing was changed"),                     \
	  N_("Free some space and try again."))                                                    \
	X(INTERNAL, 500, "internal", N_("Something went wrong inside Yagura"),                     \
	  N_("Try again. When it stays so, end the program, keep a copy of your file, and start "  \
	     "it again."))

enum yg_web_refusal {
	YG_WEB_OK,
	YG_WEB_SAID, /* by the guard, in the reply */
#define X(name, status, code, title, detail) YG_WEB_##name,
	YG_WEB_REFUSALS(X)
#undef X
};

/* The refusal for an error that a handler returned. */
enum yg_web_refusal yg_web_refusal_of_error(int error);

/* Fill @reply: as a problem (RFC 9457) in @lang, or as a page in both languages. */
void yg_web_refuse(struct yg_reply *reply, enum yg_web_refusal refusal, enum yg_lang lang,
		   bool as_page);
