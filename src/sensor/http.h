/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/http.h - one HTTPS connection to the hub: requests one after the other.
 *
 * Only https, no redirects, the hub's certificate checked against the hub's own authority, ours
 * shown. Bounded answers; a call ends within its time, or when told to stop.
 *
 * Layer:   sensor. One thread a connection. Library: libcurl with GnuTLS.
 */
#pragma once

#include <stdatomic.h>

#include "sensor/home.h"

struct yg_http;

/* Once, before threads. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_http_start(void);

/*
 * @ca, @identity: paths of PEM files; @identity NULL: none is shown. @stop (may be NULL): not zero
 * ends a call. NULL without memory.
 */
struct yg_http *yg_http_new(const char *hub, const char *ca, const char *identity,
			    const atomic_int *stop);
struct yg_http *yg_http_free(struct yg_http *http);

/* The certificate changed: the next call connects anew. */
void yg_http_reconnect(struct yg_http *http);

struct yg_http_call {
	const char *method; /* "POST", "GET" */
	const char *path;
	const char *content_type; /* NULL: JSON */
	struct yg_bytes body;
	unsigned timeout_s; /* 0: 60 */
};

/*
 * YG_OK: there was an answer, *ret_status and @ret (emptied before) hold it. YG_EIO: none
 * (yg_http_trouble says why); YG_EEND: told to stop; YG_ENOMEM.
 */
YG_MUST_USE int yg_http_call(struct yg_http *http, const struct yg_http_call *call,
			     long *ret_status, struct yg_buf *ret);

/* Why the last call had no answer, in the library's words; "" when it had one. */
const char *yg_http_trouble(const struct yg_http *http);
