/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_api.h - the hub for people and programs: HTTP, who asks, and the operations.
 *
 *   web/server ──credentials──► guard (here) ──access/hub──► actor ──► access ──► access/api
 *
 * Who opened the start link on this machine is the local administrator; everybody else signs in, or
 * shows a token. The guard opens an access for the operation's organisation and right before the
 * handler runs, and frees it after; a refusal never says more than access/hub.h allows.
 * One thread, driven by its owner's loop. Tests: tests/e2e/hub_api.py, access_matrix.py
 */
#pragma once

#include "access/enrol.h"
#include "base/net.h"

struct yg_hub_http;

struct yg_hub_http_opts {
	const char *data; /* folder; borrowed, as is all below */
	struct yg_net_place place;
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_clock clock;
	const char *key; /* TLS, PEM; NULL: none, then @place must be of this machine */
	const char *certificate;
	const char *const *names; /* hosts that a proxy forwards, beside the address itself */
	uint32_t name_count;
	bool (*is_ready)(void *arg);
	/* Adds lines for Prometheus; may be NULL. */
	void (*metrics)(void *arg, struct yg_buf *to);
	void *arg;
};

/* Opens the facts file DATA/facts.db too, for reading. Errors as yg_web_open(), and the store's. */
YG_MUST_USE int yg_hub_http_open(const struct yg_hub_http_opts *opts, struct yg_hub_http **ret);
struct yg_hub_http *yg_hub_http_free(struct yg_hub_http *http);

/* Both are to be polled for reading. */
int yg_hub_http_fd(const struct yg_hub_http *http);
int yg_hub_http_work_fd(const struct yg_hub_http *http);
int yg_hub_http_timeout_ms(const struct yg_hub_http *http);
YG_MUST_USE int yg_hub_http_run(struct yg_hub_http *http);

uint16_t yg_hub_http_port(const struct yg_hub_http *http);
/* A link that signs in the local administrator, once (web/session.h). */
#define YG_HUB_HTTP_LINK_MAX 128u
void yg_hub_http_link(struct yg_hub_http *http, char to[YG_HUB_HTTP_LINK_MAX]);

/* Every operation as "METHOD PATH ID SCOPE RIGHT", for the tests that compare. */
void yg_hub_http_print_routes(void);
