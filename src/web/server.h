/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/server.h - an HTTP/1.1 server on 127.0.0.1 for the browser of the person at this machine.
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
#include "web/static.h"

#define YG_WEB_CONNECTIONS_MAX 64u
#define YG_WEB_HEAD_MAX	       (32u << 10) /* bytes a connection may take for fields and buffers */
#define YG_WEB_BODIES_MAX      (32u << 20) /* bytes of bodies held for all connections together */
#define YG_WEB_DRAIN_MAX       (32u << 20) /* bytes of a refused body that are read and dropped */
#define YG_WEB_TIMEOUT_S       60u
#define YG_WEB_LINK_MAX	       128u /* room for yg_web_link, NUL included */

struct yg_web;

struct yg_web_config {
	uint16_t port; /* 0: a free one */
	int listener;  /* with has_listener: one that listens on 127.0.0.1:port; the server's */
	bool has_listener;
	const struct yg_route_table *tables;
	size_t table_count;
	const struct yg_web_file *files; /* none: a page says that no console is built in */
	size_t file_count;
	/*
	 * The access of session number @session (web/session.h), borrowed until the next call.
	 * An error becomes a refusal: YG_EACCES "not-allowed", others as from a handler.
	 */
	int (*resolve)(void *arg, uint32_t session, struct yg_access **ret);
	void *resolve_arg;
	/* Not NULL: /healthz and /readyz are answered, the latter with 503 while this says no. */
	bool (*is_ready)(void *arg);
	void *is_ready_arg;
	struct yg_clock clock; /* for timeouts only */
	uint32_t timeout_s;    /* 0: YG_WEB_TIMEOUT_S */
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

uint16_t yg_web_port(const struct yg_web *web);
int yg_web_fd(const struct yg_web *web);

/* How long the owner may wait; -1: until the descriptor is ready. */
int yg_web_timeout_ms(const struct yg_web *web);

/* Serve what is ready; never waits. YG_OK or YG_EIO (the server is of no use any more). */
YG_MUST_USE int yg_web_run(struct yg_web *web);
