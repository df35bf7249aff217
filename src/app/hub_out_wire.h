/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_out_wire.h - what keeper and out say to each other.
 *
 *   keeper ─MAIL(to, message), HOOK(url, key, signature, body)─► out
 *          ◄─DONE(how, words)─
 *          ─FETCH(url, names of files)─► ◄─FETCHED(how, status, fields, body)─
 *
 * The id is the keeper's; of questions with the same rest by YG_OUT_FETCHES it has one under way.
 * Each side takes the other's bytes for hostile. Tests: tests/fuzz/fuzz_hub_wire.c,
 * tests/e2e/hub_delivery.py
 */
#pragma once

#include "access/feeds.h"
#include "access/warnings.h"
#include "app/share_fetch.h"
#include "base/msg.h"

#define YG_OUT_BODY_MAX	 (4u << 20)
#define YG_OUT_WORDS_MAX 200u
#define YG_OUT_FETCH_MAX (8u << 20)		    /* bytes of an answer that is fetched */
#define YG_OUT_PLACE_MAX 20000u			    /* bytes of an address with its query */
#define YG_OUT_ANY_MAX	 (YG_OUT_FETCH_MAX + 4096u) /* of any message */
#define YG_OUT_FETCHES	 4u			    /* at once: one for each rest of the id */
#define YG_OUT_QUEUE_MAX ((YG_OUT_FETCHES + 1) * YG_OUT_ANY_MAX)

enum yg_out_kind { YG_OUT_MAIL = 1, YG_OUT_HOOK, YG_OUT_DONE, YG_OUT_FETCH, YG_OUT_FETCHED };

struct yg_out_wish {
	char to[YG_WARN_URL_MAX + 1]; /* an address, or a URL */
	char key[80];		      /* of a webhook: the same for every repetition */
	char signature[128];
	struct yg_bytes body;
};
YG_MUST_USE int yg_out_wish_put(struct yg_msg_pipe *pipe, enum yg_out_kind kind, uint64_t id,
				const struct yg_out_wish *wish);
/* YG_OK, YG_EFORMAT. */
YG_MUST_USE int yg_out_wish_read(struct yg_bytes body, struct yg_out_wish *ret);

YG_MUST_USE int yg_out_done_put(struct yg_msg_pipe *pipe, uint64_t id, enum yg_warn_sent how,
				const char *words);
YG_MUST_USE int yg_out_done_read(struct yg_bytes body, enum yg_warn_sent *ret_how,
				 char words[YG_OUT_WORDS_MAX + 1]);

/* What is to be fetched: a page of a feed, with the names of its files. */
struct yg_out_fetch {
	char url[YG_OUT_PLACE_MAX + 1];
	char user[YG_FEED_FILE_MAX + 1];
	char secret[YG_FEED_FILE_MAX + 1];
	char authorities[YG_FEED_FILE_MAX + 1];
	char certificate[YG_FEED_FILE_MAX + 1];
	char key[YG_FEED_FILE_MAX + 1];
};
YG_MUST_USE int yg_out_fetch_write(const struct yg_out_fetch *fetch, struct yg_buf *body);
YG_MUST_USE int yg_out_fetch_read(struct yg_bytes body, struct yg_out_fetch *ret);
/* The answer's body is only sent of status 200: what a server says beside that may be what it was
 * sent. */
YG_MUST_USE int yg_out_fetched_put(struct yg_msg_pipe *pipe, uint64_t id,
				   const struct yg_fetch_answer *answer);
/* Into @ret, whose body is added to. YG_OK, YG_EFORMAT, YG_ENOMEM. */
YG_MUST_USE int yg_out_fetched_read(struct yg_bytes body, struct yg_fetch_answer *ret);
