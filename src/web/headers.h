/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/headers.h - what single header fields and the target of a request say.
 *
 * Layer:   web. Input: untrusted bytes. Pure: no memory, no state; any thread.
 * Source:  RFC 9110 (fields, If-Match), RFC 9112 (target), RFC 6265 (Cookie), RFC 6454 (Origin),
 *          RFC 8187 (file names beyond ASCII).
 * Tests:   tests/unit/web/test_headers.c, tests/fuzz/fuzz_web.c
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"

#define YG_WEB_TAG_MAX	     47u  /* bytes of an entity tag without its quotes */
#define YG_WEB_TYPE_MAX	     95u  /* bytes of a content type without parameters */
#define YG_WEB_FILE_NAME_MAX 255u /* bytes of an upload's name, decoded */
#define YG_WEB_ACCEPT_MAX    300u /* bytes of an Accept that are looked at */
#define YG_WEB_LANGUAGES_MAX 32u  /* ranges of an Accept-Language that are looked at */
#define YG_WEB_CODINGS_MAX   32u  /* of an Accept-Encoding, as above */

/* Only what may stand in a token (RFC 9110 sec. 5.6.2), and not empty. */
bool yg_web_is_token(struct yg_bytes text);

/*
 * Is this Host 127.0.0.1:@port or localhost:@port? Anything else means that a name of somebody
 * else was made to point here (DNS rebinding). Port 80 may be left out, as browsers do.
 */
bool yg_web_host_is_ours(struct yg_bytes host, uint16_t port);

/* Is this Host @name, with any port or none? (Behind a proxy the port is the proxy's.) */
bool yg_web_host_is(struct yg_bytes host, struct yg_bytes name);

/* Is @origin exactly http://@host, or https://@host where @may_be_https? "null" is not. */
bool yg_web_origin_is_ours(struct yg_bytes origin, struct yg_bytes host, bool may_be_https);

/* The token of "Bearer TOKEN" (RFC 6750 sec. 2.1); empty for anything else. Borrowed. */
struct yg_bytes yg_web_bearer(struct yg_bytes header);

/*
 * Name and password of "Basic …" (RFC 7617), decoded to @to (room YG_WEB_BASIC_MAX); false: it is
 * none, or too long. */
#define YG_WEB_BASIC_MAX 384u
bool yg_web_basic(struct yg_bytes header, uint8_t to[YG_WEB_BASIC_MAX], struct yg_bytes *ret_name,
		  struct yg_bytes *ret_password);

/* The value of cookie @name; empty when it is not there or there twice. Borrowed from @header. */
struct yg_bytes yg_web_cookie(struct yg_bytes header, struct yg_bytes name);

/* Media type without parameters, lower-cased, to @to. False when it is none or too long. */
bool yg_web_content_type(struct yg_bytes header, char to[YG_WEB_TYPE_MAX + 1],
			 struct yg_bytes *ret);

/* One of the three types that a plain HTML form can send from any page in the world. */
bool yg_web_is_form_type(struct yg_bytes type);

/* The one of the two languages that is liked more; @otherwise when neither is named. */
enum yg_lang yg_web_accept_language(struct yg_bytes header, enum yg_lang otherwise);

/* May the answer come as gzip (RFC 9110 sec. 12.5.3)? Named with a weight above 0, or by "*". */
bool yg_web_accepts_gzip(struct yg_bytes header);

/*
 * One strong tag, in quotes or bare ("3" and 3), without its quotes. False for lists, weak tags
 * (they never match, RFC 9110 sec. 13.1.1), "*" and anything longer than YG_WEB_TAG_MAX.
 */
bool yg_web_if_match(struct yg_bytes header, struct yg_bytes *ret);

/* Does If-None-Match hold @tag (weak comparison) or "*"? */
bool yg_web_none_match(struct yg_bytes header, struct yg_bytes tag);

/*
 * Percent-decode @from to @to (room: from.size bytes). False when a % is not followed by two hex
 * digits, or when the result has control characters (NUL among them) or is no UTF-8.
 */
bool yg_web_decode(struct yg_bytes from, uint8_t *to, size_t *ret_size);

/* An X-File-Name: decoded to @to; one name without folders. False when it is none. */
bool yg_web_file_name(struct yg_bytes header, char to[YG_WEB_FILE_NAME_MAX + 1],
		      struct yg_bytes *ret);

/* "attachment; filename=…" for any UTF-8 name: an ASCII form, and the whole one (RFC 8187). */
void yg_web_disposition(struct yg_buf *to, struct yg_bytes name);

/*
 * Take a request target apart: @ret_path decoded to @to (room YG_API_PATH_MAX + 1), @ret_query raw
 * and borrowed from @target. Refused: another form than "/path?query", segments that decode to
 * "/", "." or "..", what yg_web_decode refuses, '#', blanks. YG_OK, YG_EFORMAT, or YG_ELIMIT
 * (longer than YG_API_PATH_MAX or YG_API_QUERY_MAX).
 */
YG_MUST_USE int yg_web_target(struct yg_bytes target, char *to, struct yg_bytes *ret_path,
			      struct yg_bytes *ret_query);
