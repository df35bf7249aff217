/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/session.h - the sessions of people: 256 random bits, of which only the digest is kept.
 *
 * A session ends when it was idle for YG_HUB_SESSION_IDLE_S, YG_HUB_SESSION_LIFE_S after sign-in,
 * when its owner or an administrator ends it, when the password changes, and with its person.
 * They are made by access/people.h and looked at by yg_hub_by_session() on every request. When it
 * was seen last is written down at most every YG_SESSION_SEEN_S, so idle time is exact to that.
 * Kept under "hub.access": kinds session (PERSON/ID) and session_key (digest).
 * Tests: tests/unit/access/test_session.c
 */
#pragma once

#include "access/hub.h"

#define YG_SESSION_SEEN_S 600

struct yg_session {
	char id[YG_RANDOM_ID_HEX + 1];
	int64_t began_ns;
	int64_t seen_ns;
	char address[YG_LIMIT_ADDRESS_MAX + 1];
	char agent[YG_HUB_AGENT_MAX + 1]; /* the browser's own words, printable, cut */
	bool has_second_factor;
	bool is_local;
	bool is_this; /* the one that asks */
};

/* The actor's own, those that are still good; at most YG_HUB_SESSIONS_MAX. The callback may not
 * write. YG_EACCES for a token. */
typedef int (*yg_session_fn)(void *arg, const struct yg_session *session);
YG_MUST_USE int yg_session_list(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
				yg_session_fn fn, void *arg);
/* One of the actor's own. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_session_end(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			       const char *id);
/* All of the actor's own; with @but_this all others. */
YG_MUST_USE int yg_session_end_all(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
				   bool but_this);

/*
 * One request of this session or token: 0, or milliseconds to wait (429). Rates:
 * YG_HUB_RATE_BURST at once, YG_HUB_RATE_PER_S a second.
 */
#define YG_HUB_RATE_BURST 200u
#define YG_HUB_RATE_PER_S 50u
int64_t yg_hub_rate(struct yg_hub_access *hub, const struct yg_hub_actor *actor);
