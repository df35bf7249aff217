/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/post.h - mail and webhooks to the world: the one sender of warnings and drills.
 *
 *   letter ─► start ─► (wait …) ─► next: how it ended
 *
 * Mail goes over TLS (in the clear to 127.0.0.1 alone, and where the operator said so); webhooks
 * over HTTPS (HTTP to 127.0.0.1 alone, likewise), to no address inside, and no redirect is
 * followed. The same holds for a mail server that is not the operator's own. A server that hangs
 * costs its own letters' time and nobody else's: each mail has a thread, for libcurl waits for a
 * server's word behind the text without anything else going on. The only file that speaks with
 * libcurl (tools/layers.py).
 *
 * For one thread; those of mails are inside, as are libcurl's that look names up. One of them in a
 * process.
 * Tests: tests/e2e/hub_delivery.py, tests/e2e/drill.py
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/hub_config.h"
#include "base/bytes.h"

#define YG_POST_AT_ONCE_MAX   256u
#define YG_POST_BODY_MAX      (4u << 20)
#define YG_POST_WORDS_MAX     200u
#define YG_POST_ANSWER_MAX    4096u /* kept of a webhook's answer */
#define YG_POST_SIGNATURE_MAX 128u

enum yg_post_kind {
	YG_POST_MAIL,
	YG_POST_HOOK,
};

/* How it ended. */
enum yg_post_cause {
	YG_POST_TAKEN,	 /* mail: the server has it; webhook: 2xx */
	YG_POST_BOUNCED, /* no, for good: mail 5xx; webhook 3xx, 4xx */
	YG_POST_LATER,	 /* not now: mail 4xx; webhook 408, 429, 5xx and the like */
	YG_POST_NO_HOST, /* its name leads nowhere */
	YG_POST_REFUSED, /* no connection */
	YG_POST_TIMEOUT,
	YG_POST_TLS,	/* no TLS, or a certificate that is not its own or not known */
	YG_POST_INSIDE, /* an address inside: nothing was sent */
	YG_POST_BROKEN, /* broken off, or no answer of this kind */
	YG_POST_OTHER,
};

struct yg_post_letter {
	enum yg_post_kind kind;
	const char *to;	       /* an address, or a URL */
	const char *server;    /* mail: smtp[s]://HOST[:PORT] that is the recipient's; NULL: ours */
	const char *key;       /* webhook: Idempotency-Key */
	const char *signature; /* webhook: X-Yagura-Signature; "": none */
	struct yg_bytes body;
};

struct yg_post_end {
	enum yg_post_cause cause;
	long status; /* the last of the server's; 0: none */
	char words[YG_POST_WORDS_MAX + 1];
	struct yg_bytes answer; /* a webhook's, its beginning; lives until the next call */
};

struct yg_post_opts {
	const struct yg_hub_config_out *config; /* borrowed */
	uint32_t at_once;			/* letters under way; 1 to YG_POST_AT_ONCE_MAX */
	long connect_ms;			/* for each letter */
	long timeout_ms;			/* for each letter, connecting included */
	/* Each letter has a connection of its own: whoever counts takes no server's limit of
	 * letters on one, nor one that went stale, for a recipient's failure. */
	bool is_single;
};

struct yg_post;
/* Reads the password's file (errors are said); opens no connection. YG_OK or an error. */
YG_MUST_USE int yg_post_new(const struct yg_post_opts *opts, struct yg_post **ret);
struct yg_post *yg_post_free(struct yg_post *post);

bool yg_post_has_room(const struct yg_post *post);
/*
 * Begin with @letter, which is copied; @tag comes back with its end. There must be room. YG_OK,
 * YG_ENOMEM, YG_ELIMIT: nothing was begun.
 */
YG_MUST_USE int yg_post_start(struct yg_post *post, const struct yg_post_letter *letter,
			      uint64_t tag);
/* Goes on with all that is under way, for @wait_ms at most while nothing happens. */
YG_MUST_USE int yg_post_wait(struct yg_post *post, int wait_ms);
/* One that has ended since. False: none. */
bool yg_post_next(struct yg_post *post, uint64_t *ret_tag, struct yg_post_end *ret);

/* The rule for whoever is named by others: no address inside, but 127.0.0.1 where the operator
 * wrote so; there, and nowhere else, also in the clear. */
struct sockaddr;
bool yg_post_may_speak(const struct yg_hub_config_out *config, const struct sockaddr *to);
bool yg_post_may_be_plain(const struct yg_hub_config_out *config, const char *url);

/*
 * "t=SECONDS,v1=HEX": HMAC-SHA-256 by @secret over "SECONDS." and @body, so that a webhook knows
 * from whom and when it is. YG_OK, YG_ENOMEM, YG_ELIMIT.
 */
YG_MUST_USE int yg_post_sign(struct yg_bytes secret, int64_t ns, struct yg_bytes body,
			     char to[YG_POST_SIGNATURE_MAX]);
