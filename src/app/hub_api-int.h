/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_api-int.h - inside the keeper's part for people: who asks and for whom (hub_api.c), calls
 * from the pages' message until they are answered (hub_asks.c).
 */
#pragma once

#include <stdatomic.h>

#include "access/api.h"
#include "app/hub_api.h"
#include "app/hub_pages_wire.h"
#include "app/hub_ports.h"
#include "app/hub_readers.h"
#include "app/hub_report.h"
#include "app/hub_tree.h"
#include "app/hub_warn.h"
#include "share/taxii.h"
#include "web/server.h"
#include "web/session.h"

#define YG_HUB_ASKS_BYTES_MAX (64u << 20) /* of their bodies; beyond, the pages are not read */
#define YG_HUB_READING_MAX    (2 * YG_PAGES_CALLS_MAX) /* the same */

enum yg_hub_ask_state {
	YG_HUB_ASK_MAY,	   /* its head was let in: the rest comes */
	YG_HUB_ASK_WORK,   /* a handler has it */
	YG_HUB_ASK_READ,   /* a reader has it (app/hub_readers.h) */
	YG_HUB_ASK_HEAD,   /* its answer is complete, and there was no room for it yet */
	YG_HUB_ASK_STREAM, /* answered, and open */
	YG_HUB_ASK_SEND,   /* its answer goes out, piece by piece */
	YG_HUB_ASK_END,	   /* all but the last word */
	YG_HUB_ASK_DONE,
};

/* One call of a person or a program; its bytes are its own. */
struct yg_hub_ask {
	struct yg_api_later call; /* first: the handler's pointer is ours */
	uint64_t id;
	enum yg_hub_ask_state state;
	size_t size;
	bool is_admitted; /* counted and looked at when its head came */
	struct yg_web_match match;
	struct yg_web_caller caller;
	struct yg_request request;
	struct yg_hub_actor actor;
	struct yg_access *access;
	struct yg_reply reply;
	size_t sent;		 /* of the reply's body */
	struct yg_hub_ask *next; /* on the way to a reader, or back */
	atomic_bool is_left; /* nobody waits for what a reader has: it frees its place at once */
	struct {
		unsigned tries;
		int error;	 /* as the handler returned it */
		uint64_t since;	 /* the register's last change, before it was let in */
		uint64_t change; /* the same where it was read */
		bool is_refused; /* it was to write */
	} read;
	uint8_t mem[];
};

struct yg_hub_http {
	struct yg_hub_http_opts opts;
	struct yg_hub_access *hub;
	struct yg_facts *facts;
	struct yg_situations *situations;
	struct yg_hub_warn warn;
	struct yg_hub_report *report;
	struct yg_hub_beats *beats;
	struct yg_hub_lent lent;
	struct yg_hub_api *api;
	struct yg_collections *collections;
	struct yg_collections *filling; /* the same file, for what adds and deletes */
	struct yg_taxii *taxii;
	struct yg_route_table tables[2]; /* access/api.h, share/taxii.h */
	struct yg_web_sessions sessions; /* of the start link */
	bool is_once;			 /* the call served now has an Idempotency-Key */
	struct yg_msg_pipe pages;
	struct yg_hub_ask **asks; /* by place; NULL: free */
	size_t bytes;		  /* of all asks */
	unsigned sending;	  /* asks in HEAD, SEND or END */
	struct yg_hub_readers *readers;
	bool has_change; /* @change is the register's last one, as of this round */
	uint64_t change;
	unsigned reading; /* asks in READ, also those that nobody waits for any more */
};

/* Is it somebody? @is_counted: and may he ask once more. YG_OK, YG_EEND: the reply says why not. */
int yg_hub_admit(struct yg_hub_http *http, struct yg_hub_ask *ask, bool is_counted);
/* The access for the handler, and request.actor: as above, or an error. */
int yg_hub_resolve(struct yg_hub_http *http, struct yg_hub_ask *ask);
/* The same by @hub, which may be a reader's own; without Idempotency-Key. */
int yg_hub_resolve_by(struct yg_hub_access *hub, struct yg_hub_ask *ask);
/* The handler is done with it, and returned @error: what the answer is. */
int yg_hub_release(struct yg_hub_http *http, struct yg_hub_ask *ask, int error);

/* What access/api.h's ports say, and share/taxii.h's; @arg is the struct yg_hub_http. */
void yg_hub_ask_finish(void *arg, struct yg_api_later *later, int error);
int yg_hub_ask_stream_put(void *arg, struct yg_api_later *later, struct yg_bytes piece);
void yg_hub_ask_stream_end(void *arg, struct yg_api_later *later);

/* What readers are done with goes on. */
void yg_hub_asks_read(struct yg_hub_http *http);
/* They have ended: every call is the loop's again. */
void yg_hub_asks_unread(struct yg_hub_http *http);
/* The pages have gone: nobody waits any more. */
void yg_hub_asks_lose(struct yg_hub_http *http);
/* What they said. YG_OK; YG_EPIPE: they have gone; YG_EFORMAT: what they must not. */
YG_MUST_USE int yg_hub_asks_hear(struct yg_hub_http *http);
/* Go on with answers that go out piece by piece, and write. */
void yg_hub_asks_flush(struct yg_hub_http *http);
