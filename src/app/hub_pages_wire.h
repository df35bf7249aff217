/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_pages_wire.h - what the hub's pages (HTTP for people) and its keeper say to each other.
 *
 *   pages ─ASK(head)──────────────► keeper   may they send a body, or be told what is wrong?
 *         ◄─MAY─                             yes; or ANSWER, a refusal
 *         ─CALL(head, body)───────►
 *         ◄─ANSWER(status, fields, body)─    with MORE: PIECE … END follow
 *         ◄─PIECE(bytes)─ … ◄─END─           the rest of a large body; a stream, as long as it
 * lasts ─GONE───────────────────►          the browser went: nobody waits for it any more
 *
 * The id is the pages': a number that is never used again, and in its lowest bits a place. A call
 * carries what was shown (cookie, token, address), never who that is. Both readers take a body for
 * hostile: YG_EFORMAT is a fault of the other process, whose talk is then ended.
 * Tests: tests/fuzz/fuzz_hub_pages.c, tests/e2e/hub_pages.py
 */
#pragma once

#include "base/msg.h"
#include "model/api.h"
#include "web/router.h"

#define YG_PAGES_PLACE_BITS  16u
#define YG_PAGES_CALLS_MAX   4096u /* places: calls at once */
#define YG_PAGES_SECRET_MAX  256u  /* of a cookie, of a token; longer ones are cut, and no good */
#define YG_PAGES_REMOTE_MAX  63u
#define YG_PAGES_BROWSER_MAX 1024u
#define YG_PAGES_KEY_MAX     256u
#define YG_PAGES_HEAD_MAX    (16u << 10)
#define YG_PAGES_PIECE_MAX   (1u << 20)
#define YG_PAGES_BODY_MAX    (YG_TAXII_BODY_MAX + YG_PAGES_HEAD_MAX) /* of a message */
#define YG_PAGES_QUEUE_MAX   (64u << 20) /* bytes that wait to be written */

enum yg_pages_kind {
	YG_PAGES_ASK = 256,
	YG_PAGES_CALL,
	YG_PAGES_GONE,
	YG_PAGES_MAY,
	YG_PAGES_ANSWER,
	YG_PAGES_PIECE,
	YG_PAGES_END,
};

/* All bytes borrowed; each may be empty but the path. */
struct yg_pages_call {
	unsigned method; /* enum yg_method; of an ASK also YG_WEB_METHOD_OTHER */
	enum yg_lang lang;
	bool is_direct;	      /* as in struct yg_web_caller */
	bool is_local;	      /* then it is direct, too */
	struct yg_bytes path; /* decoded, as yg_web_target() gives it */
	struct yg_bytes query;
	struct yg_bytes content_type;
	struct yg_bytes accept; /* to TAXII, as the next two */
	struct yg_bytes type_parameters;
	struct yg_bytes login; /* of "Basic"; its password is the bearer */
	struct yg_bytes if_match;
	struct yg_bytes file_name;
	struct yg_bytes remote; /* an address */
	struct yg_bytes browser;
	struct yg_bytes idempotency_key;
	struct yg_bytes token; /* of the cookie */
	struct yg_bytes bearer;
	struct yg_bytes body; /* of an ASK: none */
};
/* @kind ASK or CALL. As yg_msg_put(). */
YG_MUST_USE int yg_pages_call_put(struct yg_msg_pipe *pipe, enum yg_pages_kind kind, uint64_t id,
				  const struct yg_pages_call *call);
YG_MUST_USE int yg_pages_call_read(enum yg_pages_kind kind, struct yg_bytes body,
				   struct yg_pages_call *ret);

/*
 * The head of @reply, and @piece, the first of its body; @is_more: others follow. As yg_msg_put();
 * YG_EINVAL: a content type that the table has not.
 */
YG_MUST_USE int yg_pages_answer_put(struct yg_msg_pipe *pipe, uint64_t id,
				    const struct yg_reply *reply, struct yg_bytes piece,
				    bool is_more);
/* Fills @ret, adds what came of the body to ret->body. */
YG_MUST_USE int yg_pages_answer_read(struct yg_bytes body, struct yg_reply *ret, bool *ret_is_more);

/* One without a body (MAY, END, GONE). As yg_msg_put(). */
YG_MUST_USE int yg_pages_word_put(struct yg_msg_pipe *pipe, enum yg_pages_kind kind, uint64_t id);
