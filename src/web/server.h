/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/server.h - an HTTP/1.1 server for browsers and programs: on 127.0.0.1, or with TLS elsewhere.
 *
 * It frames requests, holds what docs/api.md says "for all" (host, origin, session, methods,
 * sizes, types, security headers), and calls the handlers of the route tables it is handed. What
 * cannot be read as HTTP at all is answered by libmicrohttpd itself, with a fixed text and without
 * our header fields, and the connection is closed.
 *
 * Layer:   web. Knows no stage and no store: an access comes through the owner's resolve().
 * Threads: one. The owner polls yg_web_fd() for reading, at most yg_web_timeout_ms() long, and
 *          then calls yg_web_run(); everything, handlers too, happens inside that call.
 * Limits:  below; a connection that has not completed a request for timeout_s is closed, however
 *          slowly it goes on sending or reading.
 * Source:  RFC 9110, RFC 9112, RFC 9457, W3C Fetch Metadata.
 * Tests:   tests/unit/web/, tests/e2e/web.py (a real process, raw sockets)
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "model/api.h"
#include "web/forwarded.h"
#include "web/static.h"

#define YG_WEB_CONNECTIONS     64u /* without a number in the config */
#define YG_WEB_CONNECTIONS_MAX 4096u
/* Before the SHA-256 (hex) of a client's certificate, in the place of a bearer; none that is sent
 * may begin so. */
#define YG_WEB_CERTIFICATE "cert:"
#define YG_WEB_NAMES_MAX   16u
#define YG_WEB_HEAD_MAX	   (32u << 10) /* bytes a connection may take for fields and buffers */
#define YG_WEB_TAXII	   "/taxii2" /* what lies below, and what asks for TAXII, is an operation */
#define YG_WEB_BODIES_MAX  (32u << 20) /* bytes of bodies held for all connections together */
#define YG_WEB_DRAIN_MAX   (32u << 20) /* bytes of a refused body that are read and dropped */
#define YG_WEB_TIMEOUT_S   60u
#define YG_WEB_HEARTBEAT_S 15u	       /* a stream without anything else gets a comment */
#define YG_WEB_STREAM_MAX  (64u << 10) /* bytes of a stream that its reader has not taken */
#define YG_WEB_LINK_MAX	   128u	       /* room for yg_web_link, NUL included */

struct yg_web;

/* Who asks, as far as the server can see. Bytes are borrowed for the call. */
struct yg_web_caller {
	uint32_t session;	/* number of a session that grew from the start link; 0: none */
	struct yg_bytes token;	/* of the cookie; may be empty */
	struct yg_bytes bearer; /* of "Authorization: Bearer"; may be empty. To TAXII: also the
				 * password of "Basic"; or, where there is none, YG_WEB_CERTIFICATE
				 * and the digest of the certificate that was shown */
	struct yg_bytes remote; /* address: of the other end, or what a trusted proxy says */
	/* 127.0.0.1 to 127.0.0.1, and nothing says that a proxy stands between. Behind a proxy of
	 * this machine somebody outside may look so: it opens nothing by itself. */
	bool is_direct;
	/* The same where no proxy of this machine hands people on: at this machine. */
	bool is_local;
};

/*
 * Who may come in, where that is not only whoever opened the start link: a hub's people and
 * programs. Both return YG_OK, YG_EEND (@reply is filled), or an error as from a handler.
 */
struct yg_web_guard {
	/* The head is there. @route NULL: there is no such operation; who may not know that is
	 * refused here. The actor, for resolve(), can be kept until then in what @actor
	 * points to, which the server keeps for the request (YG_WEB_ACTOR_BYTES, zeroed). */
	int (*admit)(void *arg, const struct yg_web_caller *caller, const struct yg_route *route,
		     enum yg_lang lang, void *actor, struct yg_reply *reply);
	/* All is there: *ret for the handler, and request->actor. */
	int (*resolve)(void *arg, const struct yg_route *route, struct yg_request *request,
		       void *actor, struct yg_access **ret, struct yg_reply *reply);
	/* The handler is done with *ret (may be NULL) and returned @error; its reply is in @reply,
	 * may be replaced, and is sent when this returns YG_OK. Not when resolve() refused. */
	int (*release)(void *arg, const struct yg_route *route, const struct yg_request *request,
		       void *actor, struct yg_access *access, struct yg_reply *reply, int error);
	void *arg;
};
#define YG_WEB_ACTOR_BYTES 2048u

/*
 * Where another process answers: the server frames, checks, and hands on who asks, as it was shown,
 * never who that is. Both return YG_API_LATER, having set call->cancel (nobody waits any more) and
 * kept what they need: all bytes are borrowed for the call. Or an error, which is refused
 * (YG_EPIPE: whoever answers is being started again). Until the answer is there, @reply lives.
 */
struct yg_web_remote {
	/* The head is there, and a body comes or something is wrong with it: may they be told?
	 * yg_web_admit() says it. */
	int (*ask)(void *arg, struct yg_api_later *call, const struct yg_web_caller *caller,
		   const struct yg_request *request, struct yg_reply *reply);
	/* All is there; the answer is yg_web_finish()ed. After an ask() the same @call again. */
	int (*serve)(void *arg, struct yg_api_later *call, const struct yg_web_caller *caller,
		     const struct yg_request *request, struct yg_reply *reply);
	const char *const *pages; /* paths outside of /api that are served so; NULL at the end */
	void *arg;
};

struct yg_web_config {
	uint16_t port;	  /* 0: a free one */
	const char *host; /* IPv4 or IPv6 address; NULL: 127.0.0.1. Another needs @key */
	/* TLS with this certificate; PEM, NULL: none. */
	const char *key;
	const char *certificate;
	/* With TLS: programs that ask for TAXII may show a certificate that these signed; PEM,
	 * NULL: none is asked for. */
	const char *client_authorities;
	/* Host names that requests may come under, beside the address itself and localhost. */
	const char *names[YG_WEB_NAMES_MAX];
	uint32_t name_count;
	/* Whose word on who asks is taken. With these, or with names and no key, there is a proxy,
	 * and nobody is local. */
	struct yg_web_proxies proxies;
	unsigned connections_max;	  /* 0: YG_WEB_CONNECTIONS */
	const struct yg_web_guard *guard; /* NULL: sessions of the start link alone */
	/* In the place of @guard; the tables then only tell which operations there are. */
	const struct yg_web_remote *remote;
	int listener; /* with has_listener: one that listens at @port already; the server's */
	bool has_listener;
	const struct yg_route_table *tables;
	size_t table_count;
	const struct yg_web_file *files; /* none: a page says that no console is built in */
	size_t file_count;
	/*
	 * The access of session number @session (web/session.h), borrowed until the next call.
	 * An error becomes a refusal: YG_EACCES "not-allowed", others as from a handler.
	 */
	int (*resolve)(void *arg, uint32_t session, struct yg_access **ret); /* without guard */
	void *resolve_arg;
	/* Not NULL: /healthz and /readyz are answered, the latter with 503 while this says no. */
	bool (*is_ready)(void *arg);
	void *is_ready_arg;
	/* Not NULL: asked for pages before the console's files are. True: the reply is complete.
	 * @is_local as in struct yg_web_caller. */
	bool (*page)(void *arg, struct yg_bytes path, bool is_local, struct yg_reply *reply);
	void *page_arg;
	struct yg_clock clock; /* for timeouts only */
	uint32_t timeout_s;    /* 0: YG_WEB_TIMEOUT_S */
	uint32_t heartbeat_s;  /* 0: YG_WEB_HEARTBEAT_S */
};

/*
 * Listen. All that @config points to must outlive the server. YG_OK; YG_EINVAL: route tables that
 * web/router.h refuses; YG_EACCES: the port may not be used or is taken; YG_EIO, YG_ENOMEM.
 */
YG_MUST_USE int yg_web_open(const struct yg_web_config *config, struct yg_web **ret);

/* Closes all connections. NULL is allowed; always returns NULL. */
struct yg_web *yg_web_free(struct yg_web *web);

/* A new one-time link "http://127.0.0.1:PORT/start?key=…"; one that was not used yet ends. */
void yg_web_link(struct yg_web *web, char to[YG_WEB_LINK_MAX]);

/*
 * What a handler put off (YG_API_LATER) is done: the reply is complete (@error YG_OK) or @error
 * says why there is none. From the owner's thread, outside of yg_web_run().
 */
void yg_web_finish(struct yg_web *web, struct yg_api_later *call, int error);

/*
 * The answer to ask(): YG_OK: the body may come; YG_EEND: the reply is filled with a refusal;
 * another error: refused with it. As yg_web_finish().
 */
void yg_web_admit(struct yg_web *web, struct yg_api_later *call, int error);

/*
 * More of an answer that stays open (model/api.h). YG_OK; YG_ELIMIT: it is not read, and ends: its
 * cancel() comes from a later yg_web_run(). Then the end by the owner; cancel() does not come.
 */
int yg_web_stream_put(struct yg_web *web, struct yg_api_later *call, struct yg_bytes piece);
void yg_web_stream_end(struct yg_web *web, struct yg_api_later *call);

/* The same with a key that was drawn elsewhere: YG_WEB_KEY_HEX hex digits (web/session.h). */
void yg_web_link_with(struct yg_web *web, const char *key);

uint16_t yg_web_port(const struct yg_web *web);
int yg_web_fd(const struct yg_web *web);

/* How long the owner may wait; -1: until the descriptor is ready. */
int yg_web_timeout_ms(const struct yg_web *web);

/* Serve what is ready; never waits. YG_OK or YG_EIO (the server is of no use any more). */
YG_MUST_USE int yg_web_run(struct yg_web *web);
