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

#define YG_API_PARTS_MAX 6u	     /* {names} in one pattern */
#define YG_API_BODY_MAX	 (8u << 20)  /* bytes of a request */
#define YG_API_REPLY_MAX (64u << 20) /* bytes of a reply */
#define YG_API_PATH_MAX	 1024u
#define YG_API_QUERY_MAX 4096u

struct yg_access; /* access/access.h */

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
	struct yg_bytes if_match;		 /* the tag without quotes; empty: none given */
	struct yg_bytes file_name; /* X-File-Name of an upload, decoded; may be empty */
	struct yg_bytes body;
	enum yg_lang lang; /* Accept-Language, or ?lang= */
};

/* What goes back. Zeroed and @body initialised by the caller of the handler. */
struct yg_reply {
	int status;		  /* HTTP status; 200 when left 0 */
	const char *content_type; /* NULL: application/json; static text */
	struct yg_buf body;
	char etag[48];	     /* without quotes; empty: none */
	char file_name[256]; /* for Content-Disposition; UTF-8; empty: shown in place */
};

/*
 * Handlers return YG_OK when @reply is complete (also for a refusal, see yg_reply_problem), or an
 * error of base/err.h that becomes a problem with status 500 (or 507 for YG_ENOSPC, 503 for
 * YG_ENOMEM). @context is what app/ gave with the table.
 */
typedef int (*yg_handler)(void *context, struct yg_access *access, const struct yg_request *request,
			  struct yg_reply *reply);

struct yg_route {
	enum yg_method method;
	const char *pattern; /* "/api/v1/assessments/{assessment}/criteria/{criterion}" */
	const char *id;	     /* operationId in docs/openapi.json */
	yg_handler handle;
};

struct yg_route_table {
	const struct yg_route *routes;
	size_t count;
	void *context;
};

/*
 * A refusal in the form of RFC 9457 (application/problem+json): @code is a stable word
 * ("unknown-criterion"), @title what happened in the request's language, @detail what to do
 * (may be NULL). Always returns YG_OK, so a handler can `return yg_reply_problem(...)`.
 */
int yg_reply_problem(struct yg_reply *reply, int status, const char *code, const char *title,
		     const char *detail);

/* The value of @name in a raw query, percent-decoded to @to (room: size of the query + 1). */
bool yg_query_get(struct yg_bytes query, const char *name, char *to, size_t room,
		  struct yg_bytes *ret);
