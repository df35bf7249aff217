/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/tls.h - an HTTPS/1.1 server for programs that show a client certificate.
 *
 * It does TLS and the framing of requests, and hands each to its owner together with the
 * certificate that was shown, as bytes: whether that is any good is the owner's to say, on every
 * request (the library asks for a certificate but lets in who has none, or a wrong one). A call
 * may be answered at once or later, so that an answer can wait for a disk or for an event.
 *
 * Layer:   web. Knows no stage and no store.
 * Threads: one. The owner polls yg_tls_fd() for reading, at most yg_tls_timeout_ms() long, and then
 *          calls yg_tls_run(); admit(), serve() and refuse() are called inside of it.
 * Limits:  below, and those of the config; a connection that has not completed a request for
 *          timeout_s is closed, however slowly it goes on; one whose call waits is not.
 * Source:  RFC 8446 (TLS 1.3), RFC 9110, RFC 9112.
 * Tests:   tests/e2e/sensor_certificates.py, tests/e2e/sensor_batches.py (a real hub)
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/net.h"
#include "model/api.h"

#define YG_TLS_CONNECTIONS_MAX 10240u
#define YG_TLS_HEAD_MAX	       (24u << 10)  /* bytes a connection may take for fields and buffers */
#define YG_TLS_BODIES_MAX      (256u << 20) /* bytes of bodies held for all connections together */
#define YG_TLS_TIMEOUT_S       60u
#define YG_TLS_MEMO_BYTES      256u
#define YG_TLS_CERT_MAX	       16384u

struct yg_tls;

/* One request, from its head until it was answered. */
struct yg_tls_call {
	struct yg_bytes method;	     /* as written: "POST" */
	struct yg_bytes path;	     /* as written, without the query */
	struct yg_bytes query;	     /* raw, without '?' */
	struct yg_bytes certificate; /* DER, what the other side showed; empty: none */
	struct yg_bytes body;	     /* in serve() only */
	size_t body_max;	     /* admit() may set it; 0 before */
	/* The owner's memory for the connection, zero at first: what it found out about the
	 * certificate, which cannot change while a connection lasts. Aligned for any type. */
	void *memo;
	void *owner; /* for the owner alone, while the call lasts */
	struct yg_reply reply;
};

enum yg_tls_admission {
	YG_TLS_REFUSED, /* call->reply says why; the body is passed over */
	YG_TLS_ADMITTED,
	YG_TLS_LATER, /* the body waits until yg_tls_admit() */
};

struct yg_tls_config {
	struct yg_net_place place; /* port 0: a free one */
	int listener;		   /* with has_listener: one that listens there; the server's */
	bool has_listener;
	const char *key;	  /* PEM */
	const char *certificate;  /* PEM, of this server */
	const char *authorities;  /* PEM: told to clients that have several certificates */
	unsigned connections_max; /* 0: YG_TLS_CONNECTIONS_MAX */
	uint32_t timeout_s;	  /* 0: YG_TLS_TIMEOUT_S */
	struct yg_clock clock;	  /* for timeouts only */
	/* The head is there. */
	enum yg_tls_admission (*admit)(void *arg, struct yg_tls_call *call);
	/* All is there: yg_tls_answer() now, or keep @call and do it later. */
	void (*serve)(void *arg, struct yg_tls_call *call);
	/* Fill call->reply: YG_ELIMIT (body over body_max), YG_EAGAIN (too much at once),
	 * YG_ENOMEM. */
	void (*refuse)(void *arg, struct yg_tls_call *call, int error);
	void *arg;
};

/*
 * Listen. What @config points to must outlive the server. YG_OK, YG_EDUPLICATE (the port is taken),
 * YG_EACCES, YG_EINVAL, YG_EFORMAT (key or certificate), YG_ENOMEM, YG_EIO.
 */
YG_MUST_USE int yg_tls_open(const struct yg_tls_config *config, struct yg_tls **ret);

/* Calls that wait are closed without an answer. NULL is allowed; always returns NULL. */
struct yg_tls *yg_tls_free(struct yg_tls *tls);

struct yg_net_place yg_tls_place(const struct yg_tls *tls);
int yg_tls_fd(const struct yg_tls *tls);
int yg_tls_timeout_ms(const struct yg_tls *tls);

/* Serve what is ready; never waits. YG_OK or YG_EIO (the server is of no use any more). */
YG_MUST_USE int yg_tls_run(struct yg_tls *tls);

/* The answer to YG_TLS_LATER, at any time after admit() has returned. */
void yg_tls_admit(struct yg_tls *tls, struct yg_tls_call *call, bool is_admitted);

/* The body is not needed any more, though the answer is still to come: call->body is empty. */
void yg_tls_forget_body(struct yg_tls *tls, struct yg_tls_call *call);

/* Send call->reply. The call is not the owner's any more. */
void yg_tls_answer(struct yg_tls *tls, struct yg_tls_call *call);
