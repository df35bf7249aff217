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
	const char *data;	/* folder; borrowed, as is all below */
	const char *facts;	/* path of the facts file */
	const char *situations; /* path of situations.db, which is there */
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_clock clock;
	struct yg_net_place place;
	int listener;		  /* listens at @place; the server's from yg_hub_http_start() on */
	const uint8_t *audit_key; /* whose secret half @audit_sign has (access/audit.h) */
	int (*audit_sign)(void *arg, struct yg_bytes message, uint8_t *signature);
	const char *link_key; /* of the start link; "": none */
	const char *key;      /* TLS, PEM; NULL: none, then @place must be of this machine */
	const char *certificate;
	const char *const *names; /* hosts that a proxy forwards, beside the address itself */
	uint32_t name_count;
	bool (*is_ready)(void *arg);
	/* Adds lines for Prometheus; may be NULL. */
	void (*metrics)(void *arg, struct yg_buf *to);
	void *arg;
};

/*
 * Open what lies in files, and then, when the walls of the process stand, start to serve. Errors as
 * those of the stores, of yg_hub_api_new() and yg_web_open().
 */
YG_MUST_USE int yg_hub_http_new(const struct yg_hub_http_opts *opts, struct yg_hub_http **ret);
YG_MUST_USE int yg_hub_http_start(struct yg_hub_http *http);
struct yg_hub_http *yg_hub_http_free(struct yg_hub_http *http);

/* Both are to be polled for reading, once it has started. */
int yg_hub_http_fd(const struct yg_hub_http *http);
int yg_hub_http_work_fd(const struct yg_hub_http *http);
int yg_hub_http_timeout_ms(const struct yg_hub_http *http);
YG_MUST_USE int yg_hub_http_run(struct yg_hub_http *http);

/* Every operation as "METHOD PATH ID SCOPE RIGHT", for the tests that compare. */
void yg_hub_http_print_routes(void);
