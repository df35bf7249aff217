/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/api.h - the HTTP API's common shape: request, reply, route (docs/api.md).
 *
 * Each stage exports a table of routes; app/ hands the tables to web/, which knows no stage.
 * A handler never sees a socket, a session or a store: it gets an access that is already bound
 * to one actor of one organisation, and answers with bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"

#define YG_API_PARTS_MAX  6u	      /* {names} in one pattern */
#define YG_API_BODY_MAX	  (8u << 20)  /* bytes of a request */
#define YG_TAXII_BODY_MAX (10u << 20) /* the same to TAXII, which says so */
#define YG_TAXII_TYPE	  "application/taxii+json;version=2.1"
#define YG_API_REPLY_MAX  (64u << 20) /* bytes of a reply */
#define YG_API_PATH_MAX	  1024u
#define YG_API_QUERY_MAX  4096u

struct yg_access;    /* access/access.h */
struct yg_hub_actor; /* access/hub.h */

enum yg_method {
	YG_METHOD_GET,
	YG_METHOD_POST,
	YG_METHOD_PUT,
	YG_METHOD_DELETE,
};
const char *yg_method_name(enum yg_method method); /* "GET" */

/* All bytes are borrowed for the call. */
struct yg_request {
	enum yg_method method;
	struct yg_bytes path;			 /* as matched, decoded */
	struct yg_bytes parts[YG_API_PARTS_MAX]; /* values of the pattern's {names}, decoded */
	struct yg_bytes query;			 /* raw, without '?' */
	struct yg_bytes content_type;		 /* without parameters, lower-cased; may be empty */
	/* To TAXII alone, as they came: the field Accept, what stands behind the content type, and
	 * the name of "Authorization: Basic" once its password was looked at. */
	struct yg_bytes accept;
	struct yg_bytes type_parameters;
	struct yg_bytes login;
	struct yg_bytes if_match;  /* the tag without quotes; empty: none given */
	struct yg_bytes file_name; /* X-File-Name of an upload, decoded; may be empty */
	struct yg_bytes body;
	enum yg_lang lang; /* Accept-Language, or ?lang= */
	/* At a hub; empty and NULL in the stand-alone console. */
	struct yg_bytes remote;		  /* address of the other side, for throttling and lists */
	struct yg_bytes browser;	  /* User-Agent, as it came; untrusted */
	struct yg_bytes idempotency_key;  /* may be empty */
	const struct yg_hub_actor *actor; /* NULL at operations that are open to all */
	bool is_local;			  /* from this machine, through no proxy */
	struct yg_api_later *call;	  /* for yg_api_later; NULL: none */
};

/*
 * A handler whose answer takes time (a password, a search) returns YG_API_LATER after it has kept
 * @call: request and reply stay as they are until the owner says that the reply is complete, and
 * the loop goes on meanwhile. The other side may leave before: then @cancel (if not NULL) is
 * called from the loop, and @call is not to be used any more.
 */
#define YG_API_LATER 1

/*
 * An answer that stays open (reply->is_stream): server-sent events, text/event-stream. The handler
 * keeps request->call, sets its @cancel, puts what shall go first into reply->body and returns
 * YG_OK. From then on pieces are sent through whatever finished the answer's owner (the hub:
 * access/api.h's ports; a server in the same process: web/server.h), until one side ends it. There
 * is a bound to what a slow reader may leave unread; beyond it the stream ends, and whoever read it
 * opens it again. The server adds a comment when nothing was sent for a while.
 */
struct yg_api_later {
	void (*cancel)(void *arg);
	void *arg;
};

/* What goes back. Zeroed and @body initialised by the caller of the handler. */
struct yg_reply {
	int status;		  /* HTTP status; 200 when left 0 */
	const char *content_type; /* NULL: application/json; static text */
	struct yg_buf body;
	char etag[48];		/* without quotes; empty: none */
	char file_name[256];	/* for Content-Disposition; UTF-8; empty: shown in place */
	char session[65];	/* of a sign-in: the session's token, for the cookie; empty: none */
	bool ends_session;	/* the cookie is taken back */
	uint32_t retry_s;	/* 429 and 503: Retry-After; 0: none */
	bool is_secret;		/* shown once: never kept */
	bool is_taxii;		/* refusals in the form of TAXII 2.1 */
	int64_t added_first_us; /* X-TAXII-Date-Added-First and -Last; 0: none */
	int64_t added_last_us;
	bool is_stream; /* stays open, see above; HTTP status 200 */
};

/*
 * Handlers return YG_OK when @reply is complete (also for a refusal, see yg_reply_problem), or an
 * error of base/err.h that becomes a problem with status 500 (or 507 for YG_ENOSPC, 503 for
 * YG_ENOMEM). @context is what app/ gave with the table.
 */
typedef int (*yg_handler)(void *context, struct yg_access *access, const struct yg_request *request,
			  struct yg_reply *reply);

/* Who may call an operation of a hub, and what access its handler gets. */
enum yg_route_scope {
	YG_ROUTE_OWN,	/* stand-alone: the access of whoever is signed in */
	YG_ROUTE_OPEN,	/* everybody, without a session: signing in; access NULL, actor NULL */
	YG_ROUTE_SELF,	/* whoever is signed in, about himself; access NULL */
	YG_ROUTE_ORG,	/* @right at organisation {org}, else ?org=, else the actor's only one */
	YG_ROUTE_REACH, /* @right at ?org=, else wherever the actor has it; access NULL: the handler
			 * asks access/hub.h's yg_hub_reach */
	YG_ROUTE_HUB,	/* @right at the hub itself */
};

struct yg_route {
	enum yg_method method;
	const char *pattern; /* "/api/v1/assessments/{assessment}/criteria/{criterion}" */
	const char *id;	     /* operationId in docs/openapi.json */
	yg_handler handle;
	enum yg_route_scope scope;
	unsigned right; /* enum yg_hub_right of access/hub.h; for ORG, REACH and HUB */
};

struct yg_route_table {
	const struct yg_route *routes;
	size_t count;
	void *context;
};

/*
 * A refusal in the form of RFC 9457 (application/problem+json): @code is a stable word
 * ("unknown-criterion"), @title what happened in the request's language, @detail what to do
 * (may be NULL). With reply->is_taxii the error object of TAXII 2.1 instead. Always returns YG_OK,
 * so a handler can `return yg_reply_problem(...)`.
 */
int yg_reply_problem(struct yg_reply *reply, int status, const char *code, const char *title,
		     const char *detail);

/* The value of @name in a raw query, percent-decoded to @to (room: size of the query + 1). */
bool yg_query_get(struct yg_bytes query, const char *name, char *to, size_t room,
		  struct yg_bytes *ret);
