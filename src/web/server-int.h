/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/server-int.h - inside the server: connections (server.c), one request (exchange.c), its
 * answer (answer.c), and answers that stay open (stream.c).
 */
#pragma once

#include <microhttpd.h>

#include "base/crypt.h"
#include "base/net.h"
#include "web/forwarded.h"
#include "web/headers.h"
#include "web/refuse.h"
#include "web/router.h"
#include "web/server.h"
#include "web/session.h"

/* A connection, for its deadline. */
struct yg_web_slot {
	int fd;		  /* -1: free, or already shut down */
	int64_t since_ns; /* opened, or last request completed */
	bool is_waiting;  /* its handler put the answer off: no deadline */
	char remote[YG_NET_HOST_MAX];
};

struct yg_web {
	struct yg_web_config config;
	struct MHD_Daemon *daemon;
	int fd; /* epoll; the daemon's */
	uint16_t port;
	char cookie[24]; /* its name: with the port, because cookies do not know ports */
	struct yg_web_sessions sessions;
	struct yg_web_slot *slots;
	unsigned slot_count;
	struct yg_web_exchange *waiting; /* suspended: their answer is put off, or stays open */
	unsigned stream_count;
	int64_t looked_ns; /* at streams */
	bool is_resumed;   /* one of them was finished: the library must run for it */
	size_t bodies;	   /* bytes held, all connections */
};

/* The fields that mean something here; borrowed from the connection. */
struct yg_web_fields {
	struct yg_bytes host;
	struct yg_bytes origin;
	struct yg_bytes cookie;
	struct yg_bytes content_type;
	struct yg_bytes content_length;
	struct yg_bytes transfer_encoding;
	struct yg_bytes expect;
	struct yg_bytes if_match;
	struct yg_bytes if_none_match;
	struct yg_bytes file_name;
	struct yg_bytes languages;
	struct yg_bytes codings;
	struct yg_bytes fetch_site;
	struct yg_bytes fetch_mode;
	struct yg_bytes authorization;
	struct yg_bytes accept;
	struct yg_bytes browser;
	struct yg_bytes idempotency_key;
	bool is_forwarded;    /* something says that a proxy stands between */
	const char *hop_name; /* of the field that trusted proxies write; NULL: none is */
	struct yg_web_hop_lines hops;
	unsigned seen;	  /* bit by place in the table of exchange.c */
	bool is_twice;	  /* one of them stood twice */
	bool is_misnamed; /* of any: no token, so whoever stands between may read another */
};

/* An answer that stays open (stream.c). */
struct yg_web_stream {
	struct yg_buf out;
	size_t taken; /* of out */
	int64_t fed_ns;
	bool is_open;	/* it has begun */
	bool is_over;	/* by the owner: what is left goes out, then it ends */
	bool is_broken; /* nobody reads it: it ends at once */
};

#define YG_WEB_CERTIFICATE_SIZE (sizeof(YG_WEB_CERTIFICATE) + YG_SHA256_HEX)

struct yg_web_exchange {
	struct yg_api_later call; /* first: the handler's pointer is ours */
	struct yg_web *web;
	struct MHD_Connection *connection;
	struct yg_web_slot *slot;
	char *target; /* as it came; owned */
	size_t target_size;
	bool is_begun;
	bool is_head;
	bool is_old;	      /* HTTP/1.0 */
	bool is_last;	      /* of its connection: what follows may be no request at all */
	unsigned method;      /* enum yg_method or YG_WEB_METHOD_OTHER */
	struct yg_bytes path; /* into path_mem */
	bool is_named;	      /* by a configured host, so through a proxy that speaks TLS */
	bool is_api;	      /* operations: /api, TAXII */
	bool is_taxii;
	enum yg_web_refusal refusal;
	struct yg_web_match match;
	uint32_t session;
	struct yg_request request;
	struct yg_web_caller caller;
	char remote[YG_NET_HOST_MAX];		   /* who asks, where a trusted proxy says it */
	char certificate[YG_WEB_CERTIFICATE_SIZE]; /* in the place of a bearer */
	struct yg_reply reply;
	struct yg_web_stream stream;
	struct yg_bytes if_none_match;	/* borrowed from the connection */
	const struct yg_web_file *file; /* the answer is this file */
	bool takes_gzip;
	struct yg_buf body;
	size_t counted;			 /* of the body, in web->bodies */
	size_t dropped;			 /* bytes of a refused body */
	char cookie[YG_WEB_KEY_HEX + 1]; /* token to set */
	const char *location;
	char path_mem[YG_API_PATH_MAX + 2];
	uint8_t basic_mem[YG_WEB_BASIC_MAX];
	char type_mem[YG_WEB_TYPE_MAX + 1];
	char name_mem[YG_WEB_FILE_NAME_MAX + 1];
	/* An answer that was put off. */
	bool is_to_ask;	   /* who answers elsewhere decides before the body is read */
	bool is_undecided; /* and has not yet */
	bool is_later;
	bool is_finished;
	bool is_suspended;
	bool is_left; /* the server ends */
	int late_error;
	struct yg_access *access; /* of the handler that put it off */
	struct yg_web_exchange *next_waiting;
	struct yg_web_exchange **waiting_link;
	_Alignas(16) uint8_t actor[YG_WEB_ACTOR_BYTES]; /* the guard's */
};

/* By the config's clock. */
int64_t yg_web_now_ns(const struct yg_web *web);

/* NULL without memory. */
struct yg_web_exchange *yg_web_exchange_new(struct yg_web *web, struct MHD_Connection *connection,
					    const char *target);
struct yg_web_exchange *yg_web_exchange_free(struct yg_web_exchange *exchange);

/* libmicrohttpd's access handler: called once with the head, for each piece of body, at the end. */
enum MHD_Result yg_web_exchange_step(struct yg_web_exchange *exchange,
				     struct MHD_Connection *connection, const char *method,
				     const char *version, const char *piece, size_t *piece_size);

/* Its handler put the answer off, and the server ends: the connection is closed. */
void yg_web_exchange_leave(struct yg_web_exchange *exchange);

/* The library leaves the connection alone until it is resumed. */
void yg_web_suspend(struct yg_web_exchange *exchange);
void yg_web_resume(struct yg_web_exchange *exchange);

/* It takes pieces from now on. */
void yg_web_stream_begin(struct yg_web_exchange *exchange);
/* The answer of one that stays open. NULL without memory. */
struct MHD_Response *yg_web_stream_response(struct yg_web_exchange *exchange);
/* Comments that are due, and streams that nobody reads any more. */
void yg_web_streams_look(struct yg_web *web);

/* The entity tag of the file that is answered, in the form that is sent. */
const char *yg_web_file_tag(const struct yg_web_exchange *exchange);

/* Send what stands in @exchange. */
enum MHD_Result yg_web_answer(struct yg_web_exchange *exchange, struct MHD_Connection *connection);
