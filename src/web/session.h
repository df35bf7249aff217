/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/session.h - the start link that works once, and the sessions that grow from it.
 *
 * Only digests of keys are kept, and digests are compared: the time of a comparison tells
 * nothing of a key. When there are YG_WEB_SESSIONS_MAX, a new one ends the oldest.
 * Layer: web. One thread at a time. Tests: tests/unit/web/test_session.c
 */
#pragma once

#include "base/crypt.h"

#define YG_WEB_KEY_BYTES    32u
#define YG_WEB_KEY_HEX	    64u
#define YG_WEB_SESSIONS_MAX 8u

struct yg_web_sessions {
	uint8_t link[YG_SHA256_BYTES];
	bool has_link; /* not used yet */
	uint32_t last; /* number given last */
	struct {
		uint32_t number; /* from 1; 0: free */
		uint8_t digest[YG_SHA256_BYTES];
	} list[YG_WEB_SESSIONS_MAX];
};

/* A fresh link: its key, in hex, to @to. A link that was not used yet ends. */
void yg_web_link_new(struct yg_web_sessions *sessions, char to[YG_WEB_KEY_HEX + 1]);

/* The same with a key that was drawn elsewhere (YG_WEB_KEY_HEX hex digits). */
void yg_web_link_set(struct yg_web_sessions *sessions, const char *key);

/*
 * Use the link: with the right @key the link is spent, and @token is that of a new session.
 * False for every other key, and for the right one a second time.
 */
bool yg_web_link_use(struct yg_web_sessions *sessions, struct yg_bytes key,
		     char token[YG_WEB_KEY_HEX + 1]);

/* A session without a link: its token. */
void yg_web_session_new(struct yg_web_sessions *sessions, char token[YG_WEB_KEY_HEX + 1]);

/* The number of the session that @token opens; 0: none. Numbers ascend and are never used again. */
uint32_t yg_web_session(const struct yg_web_sessions *sessions, struct yg_bytes token);

/* Wipe everything. */
void yg_web_sessions_done(struct yg_web_sessions *sessions);
