/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_api.h - the hub for people and programs, in the keeper: who asks, and the operations.
 *
 *   pages ══calls: credentials as shown══► admit, resolve (here) ──► actor ──► access ──►
 * access/api
 *
 * HTTP and TLS are the pages' (hub_pages.c), a process that is believed nothing about who asks but
 * from which address. Who opened the start link on this machine is the local administrator;
 * everybody else signs in, or shows a token. The guard opens an access for the operation's
 * organisation and right before the handler runs, and frees it after; a refusal never says more
 * than access/hub.h allows. One thread, driven by its owner's loop; what only reads is answered by
 * threads of its own (hub_readers.h). Tests: tests/e2e/hub_api.py,
 * access_matrix.py
 */
#pragma once

#include <poll.h>

#include "access/enrol.h"

struct yg_hub_http;

struct yg_hub_http_opts {
	const char *data;	 /* folder; borrowed, as is all below */
	const char *facts;	 /* path of the facts file */
	const char *situations;	 /* path of situations.db, which is there */
	const char *collections; /* path of stix.db */
	struct yg_control *store;
	const char *store_path; /* of its file, for threads that read; NULL: there are none */
	struct yg_enrol *enrol;
	struct yg_clock clock;
	const uint8_t *audit_key; /* whose secret half @audit_sign has (access/audit.h) */
	int (*audit_sign)(void *arg, struct yg_bytes message, uint8_t *signature);
	const char *link_key; /* of the start link; "": none */
	bool is_demo;	      /* app/hub_demo.h */
	const char *url;      /* of the pages: "http://127.0.0.1:8470" */
	bool (*is_ready)(void *arg);
	/* Adds lines for Prometheus; may be NULL. */
	void (*metrics)(void *arg, struct yg_buf *to);
	void *arg;
};

/*
 * Open what lies in files, and then, when the walls of the process stand, start to serve. Errors as
 * those of the stores and of yg_hub_api_new().
 */
YG_MUST_USE int yg_hub_http_new(const struct yg_hub_http_opts *opts, struct yg_hub_http **ret);
YG_MUST_USE int yg_hub_http_start(struct yg_hub_http *http);
/* The register that the operations use; it lives as long. */
struct yg_hub_access *yg_hub_http_access(struct yg_hub_http *http);
/* The forms of reports, likewise. */
const struct yg_hub_report *yg_hub_http_report(const struct yg_hub_http *http);
struct yg_hub_http *yg_hub_http_free(struct yg_hub_http *http);

/* Another end to the pages; what waited for an earlier one is gone. */
void yg_hub_http_take(struct yg_hub_http *http, int take_fd);

/*
 * Once it has started: the pages' stream, and descriptors to be polled for reading. When the first
 * is ready, hear: YG_OK; YG_EPIPE: they have gone; another: they said what they must not. In every
 * round then: run, which finishes, feeds open answers, and writes.
 */
struct pollfd yg_hub_http_poll(const struct yg_hub_http *http);
int yg_hub_http_work_fd(const struct yg_hub_http *http);
int yg_hub_http_read_fd(const struct yg_hub_http *http);  /* as that one; -1: none */
int yg_hub_http_taxii_fd(const struct yg_hub_http *http); /* the same of its other thread */
int yg_hub_http_timeout_ms(const struct yg_hub_http *http);
YG_MUST_USE int yg_hub_http_hear(struct yg_hub_http *http);
void yg_hub_http_run(struct yg_hub_http *http);

/* Every operation as "METHOD PATH ID SCOPE RIGHT", for the tests that compare. */
void yg_hub_http_print_routes(void);
