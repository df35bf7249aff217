/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/share_fetch.h - one TAXII server, asked for one resource after the other.
 *
 * HTTPS with the system's authorities or those that are named; in the clear to this machine alone.
 * No redirect is followed, no proxy asked, nothing unpacked: the credential goes to the one server
 * that was named. What comes is bounded in bytes, in time, and in how slowly it may come.
 * One thread. Source: TAXII 2.1 sec. 1.6, 3.2. Tests: tests/e2e/share_poll.py (hostile servers)
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct sockaddr;

#define YG_FETCH_BODY_MAX   (64u << 20)
#define YG_FETCH_URL_MAX    4000u
#define YG_FETCH_SECRET_MAX 1024u
#define YG_FETCH_TIMEOUT_S  120u /* of one answer, unless said */
#define YG_FETCH_SLOW_S	    20u	 /* so long below YG_FETCH_SLOW_BYTES a second: given up */
#define YG_FETCH_SLOW_BYTES 64u
#define YG_FETCH_FIELD_MAX  64u

struct yg_fetch_opts {
	const char *authorities; /* PEM; NULL: the system's */
	const char *certificate; /* of the client, PEM, with @key; NULL: none */
	const char *key;
	const char *user; /* Basic, with @secret as the password; NULL: @secret is a bearer token */
	const char *secret; /* NULL: none */
	unsigned timeout_s;
	size_t body_max; /* bytes of an answer; 0: YG_FETCH_BODY_MAX */
	/* May it speak with this address, after the name was looked up? NULL: with any. And is it
	 * to end now? NULL: never; asked about once a second. */
	bool (*may_speak)(void *arg, const struct sockaddr *to);
	bool (*is_ending)(void *arg);
	void *arg;
};

enum yg_fetched {
	YG_FETCHED,	      /* status and body are there */
	YG_FETCH_BROKEN,      /* the connection broke, or was too slow: again may help */
	YG_FETCH_UNREACHABLE, /* no connection, no trust: again may help, with the first */
	YG_FETCH_TOO_MUCH,    /* more than YG_FETCH_BODY_MAX */
};

struct yg_fetch_answer {
	enum yg_fetched how;
	long status;
	bool is_taxii;			    /* its Content-Type is TAXII 2.1 in JSON */
	struct yg_buf body;		    /* its owner's: yg_buf_done() */
	char first[YG_FETCH_FIELD_MAX + 1]; /* X-TAXII-Date-Added-First and -Last; "" without */
	char last[YG_FETCH_FIELD_MAX + 1];
	uint32_t retry_s; /* Retry-After in seconds; 0: none */
	char words[200];  /* for people, English, of a failure */
};

struct yg_fetch;
/* Bytes of @opts are borrowed as long as it lives. YG_OK, YG_ENOMEM. */
YG_MUST_USE int yg_fetch_new(const struct yg_fetch_opts *opts, struct yg_fetch **ret);
struct yg_fetch *yg_fetch_free(struct yg_fetch *fetch);

/* May this be asked? "https://…", or "http://" and this machine; no name or password in it. */
bool yg_fetch_is_url(const char *url);
/* GET. *ret is filled whatever happens; its body was initialised by the caller. */
void yg_fetch_get(struct yg_fetch *fetch, const char *url, struct yg_fetch_answer *ret);
/* "%41" for what a query may not hold; into @to. */
void yg_fetch_escape(struct yg_bytes text, struct yg_buf *to);
