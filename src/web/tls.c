/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection has a slot (its deadline, the owner's memo); a request has a call.
 *
 *   head ──admit (now or later)──► body ──► serve ──► answered? ──yes──► response
 *     │               │                   └──no──► suspended ··· yg_tls_answer() ──► response
 *     └──refused──────┴──► the body is read and dropped ──────────────────────────► response
 */
#include "web/tls.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "web/headers.h"

#include "base/ban.h"

#define WAIT_MS_MAX (60 * 1000)
#define SWEEP_NS    YG_NS_PER_S
#define DRAIN_MAX   (16u << 20) /* bytes of a refused body that are read and dropped */
#define REPLY_MAX   (4u << 20)
#define PRIORITIES  "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct slot {
	int fd;		  /* -1: free */
	bool is_waiting;  /* its call waits for the owner: no deadline */
	int64_t since_ns; /* opened, or last request completed */
	_Alignas(16) uint8_t memo[YG_TLS_MEMO_BYTES];
	uint32_t next_free; /* + 1; 0: none */
};

struct exchange {
	struct yg_tls_call call; /* first: the owner's pointer is ours */
	struct yg_tls *tls;
	struct slot *slot;
	struct MHD_Connection *connection;
	char *target; /* as it came; owned */
	struct yg_buf body;
	size_t counted; /* of the body, in tls->bodies */
	size_t dropped;
	bool is_begun;
	bool is_undecided; /* admit() said: later */
	bool is_refused;
	bool is_served;
	bool is_answered;
	bool is_suspended;
	struct exchange *next; /* among those that wait */
	struct exchange **link;
};

struct yg_tls {
	struct yg_tls_config config;
	struct MHD_Daemon *daemon;
	struct yg_net_place place;
	int fd;
	struct slot *slots;
	uint32_t slot_count;
	uint32_t first_free; /* + 1 */
	uint32_t used;
	int64_t swept_ns;
	size_t bodies;
	struct exchange *waiting;
	bool is_resumed; /* a call was answered that waited: the library must run for it */
};

static int64_t now_ns(const struct yg_tls *tls)
{
	return tls->config.clock.now_ns(tls->config.clock.arg);
}

/* ---- exchanges ---- */

static void *begin_request(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct exchange *x = yg_calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->tls = arg;
	x->connection = connection;
	x->target = yg_strndup(target, strlen(target));
	yg_buf_init(&x->body, SIZE_MAX / 2);
	yg_buf_init(&x->call.reply.body, REPLY_MAX);
	if (!x->target) {
		free(x);
		return NULL;
	}
	return x;
}

static void drop_body(struct exchange *x)
{
	x->tls->bodies -= x->counted;
	x->counted = 0;
	yg_buf_done(&x->body);
}

static void unlink_waiting(struct exchange *x)
{
	if (x->link) {
		*x->link = x->next;
		if (x->next)
			x->next->link = x->link;
	}
	x->link = NULL;
}

static void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	unlink_waiting(x);
	drop_body(x);
	yg_buf_done(&x->call.reply.body);
	free(x->target);
	free(x);
}

/* The certificate that the other side showed, as long as the connection lasts. */
static struct yg_bytes certificate_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const gnutls_datum_t *list;
	unsigned count = 0;

	if (!info || !info->tls_session)
		return (struct yg_bytes){0};
	list = gnutls_certificate_get_peers(info->tls_session, &count);
	if (!list || count == 0 || list[0].size > YG_TLS_CERT_MAX)
		return (struct yg_bytes){0};
	return (struct yg_bytes){list[0].data, list[0].size};
}

static struct slot *slot_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static enum MHD_Result respond(struct exchange *x)
{
	struct yg_reply *reply = &x->call.reply;
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;
	const char *type = reply->content_type ? reply->content_type : "application/json";
	unsigned status = (unsigned)(reply->status ? reply->status : 200);

	/* Without memory for an answer the connection is closed: the other side tries again. */
	if (yg_buf_error(&reply->body))
		return MHD_NO;
	if (reply->body.size == 0) {
		response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	} else {
		response = MHD_create_response_from_buffer(reply->body.size, reply->body.data,
							   MHD_RESPMEM_MUST_FREE);
		if (response)
			reply->body = (struct yg_buf){.max = reply->body.max};
	}
	if (!response)
		return MHD_NO;
	if ((status == 204 || MHD_add_response_header(response, "Content-Type", type) == MHD_YES) &&
	    MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES)
		result = MHD_queue_response(x->connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static void suspend(struct exchange *x)
{
	struct yg_tls *tls = x->tls;

	x->next = tls->waiting;
	x->link = &tls->waiting;
	if (x->next)
		x->next->link = &x->next;
	tls->waiting = x;
	x->is_suspended = true;
	x->slot->is_waiting = true;
	MHD_suspend_connection(x->connection);
}

static void resume(struct exchange *x)
{
	x->is_suspended = false;
	x->slot->is_waiting = false;
	unlink_waiting(x);
	x->tls->is_resumed = true;
	MHD_resume_connection(x->connection);
}

/* It is decided. Who waits for leave to send is told now; others are heard out. */
static enum MHD_Result go_on(struct exchange *x)
{
	if (x->is_refused && MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Expect"))
		return respond(x);
	return MHD_YES;
}

static enum MHD_Result begin(struct exchange *x, const char *method)
{
	struct yg_bytes target = yg_bytes_str(x->target);
	size_t question = yg_bytes_chr(target, '?');

	x->is_begun = true;
	x->slot = slot_of(x->connection);
	if (!x->slot)
		return MHD_NO; /* all slots are taken */
	x->call.method = yg_bytes_str(method);
	x->call.path = yg_bytes_cut(target, 0, question);
	x->call.query =
		question == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(target, question + 1);
	x->call.certificate = certificate_of(x->connection);
	x->call.memo = x->slot->memo;
	switch (x->tls->config.admit(x->tls->config.arg, &x->call)) {
	case YG_TLS_LATER:
		/* The library comes back to this place when it is resumed. */
		x->is_undecided = true;
		suspend(x);
		return MHD_YES;
	case YG_TLS_REFUSED:
		x->is_refused = true;
		break;
	case YG_TLS_ADMITTED:
		break;
	}
	return go_on(x);
}

static void refuse(struct exchange *x, int error)
{
	x->is_refused = true;
	drop_body(x);
	x->tls->config.refuse(x->tls->config.arg, &x->call, error);
}

static enum MHD_Result take(struct exchange *x, const char *piece, size_t size)
{
	struct yg_tls *tls = x->tls;

	if (!x->is_refused) {
		if (size > x->call.body_max - x->body.size)
			refuse(x, YG_ELIMIT);
		else if (size > YG_TLS_BODIES_MAX - tls->bodies)
			refuse(x, YG_EAGAIN);
	}
	if (!x->is_refused) {
		yg_buf_add(&x->body, (struct yg_bytes){(const uint8_t *)piece, size});
		if (yg_buf_error(&x->body)) {
			refuse(x, YG_ENOMEM);
		} else {
			x->counted += size;
			tls->bodies += size;
			return MHD_YES;
		}
	}
	x->dropped += size;
	return x->dropped > DRAIN_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result step(void *arg, struct MHD_Connection *connection, const char *url,
			    const char *method, const char *version, const char *piece,
			    size_t *piece_size, void **context)
{
	struct exchange *x = *context;
	size_t size = *piece_size;

	(void)arg;
	(void)connection;
	(void)url;
	(void)version;
	/* Without memory for it the connection is closed: there is none for an answer either. */
	if (!x)
		return MHD_NO;
	if (!x->is_begun)
		return begin(x, method);
	if (x->is_undecided) {
		x->is_undecided = false;
		return go_on(x);
	}
	if (size > 0) {
		*piece_size = 0;
		return take(x, piece, size);
	}
	if (!x->is_refused && !x->is_served) {
		x->is_served = true;
		x->call.body = yg_buf_bytes(&x->body);
		x->tls->config.serve(x->tls->config.arg, &x->call);
		if (!x->is_answered) {
			suspend(x);
			return MHD_YES;
		}
	}
	return respond(x);
}

void yg_tls_answer(struct yg_tls *tls, struct yg_tls_call *call)
{
	struct exchange *x = (struct exchange *)call;

	(void)tls;
	x->is_answered = true;
	drop_body(x);
	if (!x->is_suspended)
		return; /* step() goes on from here */
	x->slot->since_ns = now_ns(x->tls);
	resume(x);
}

void yg_tls_admit(struct yg_tls *tls, struct yg_tls_call *call, bool is_admitted)
{
	struct exchange *x = (struct exchange *)call;

	(void)tls;
	x->is_refused = !is_admitted;
	resume(x);
}

void yg_tls_forget_body(struct yg_tls *tls, struct yg_tls_call *call)
{
	struct exchange *x = (struct exchange *)call;

	(void)tls;
	drop_body(x);
	call->body = (struct yg_bytes){0};
}

/* ---- connections ---- */

static void end_request(void *arg, struct MHD_Connection *connection, void **context,
			enum MHD_RequestTerminationCode why)
{
	struct slot *slot = slot_of(connection);

	exchange_free(*context);
	*context = NULL;
	if (slot && why == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		slot->since_ns = now_ns(arg);
}

static void change_connection(void *arg, struct MHD_Connection *connection, void **context,
			      enum MHD_ConnectionNotificationCode what)
{
	struct yg_tls *tls = arg;
	const union MHD_ConnectionInfo *info;
	struct slot *slot = *context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (slot) {
			slot->fd = -1;
			slot->next_free = tls->first_free;
			tls->first_free = (uint32_t)(slot - tls->slots) + 1;
			tls->used--;
		}
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!info || tls->first_free == 0)
		return; /* refused at its first request */
	slot = &tls->slots[tls->first_free - 1];
	tls->first_free = slot->next_free;
	tls->used++;
	*slot = (struct slot){.fd = info->connect_fd, .since_ns = now_ns(tls)};
	*context = slot;
}

/* Shut down, a connection ends by the library's own hand in the run that follows. */
static void sweep(struct yg_tls *tls)
{
	int64_t now = now_ns(tls);
	int64_t timeout_ns = (int64_t)tls->config.timeout_s * YG_NS_PER_S;

	if (now - tls->swept_ns < SWEEP_NS && now >= tls->swept_ns)
		return;
	tls->swept_ns = now;
	for (uint32_t i = 0; i < tls->slot_count; i++) {
		struct slot *slot = &tls->slots[i];

		if (slot->fd < 0 || slot->is_waiting || now - slot->since_ns < timeout_ns)
			continue;
		(void)shutdown(slot->fd, SHUT_RDWR); /* gone already is as good */
		slot->since_ns = now;
	}
}

/* ---- the server ---- */

static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

static int start(struct yg_tls *tls, int listener)
{
	const struct yg_tls_config *config = &tls->config;
	const union MHD_DaemonInfo *info;

	/* From here on the listener is the daemon's, but not when it cannot be started. */
	tls->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME, tls->place.port, NULL, NULL,
		step, tls, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
		config->connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)YG_TLS_HEAD_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)config->timeout_s,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
		MHD_OPTION_HTTPS_MEM_KEY, config->key, MHD_OPTION_HTTPS_MEM_CERT,
		config->certificate, MHD_OPTION_HTTPS_MEM_TRUST, config->authorities,
		MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES, MHD_OPTION_URI_LOG_CALLBACK, begin_request,
		tls, MHD_OPTION_NOTIFY_COMPLETED, end_request, tls, MHD_OPTION_NOTIFY_CONNECTION,
		change_connection, tls, MHD_OPTION_END);
	if (!tls->daemon) {
		(void)close(listener); /* nothing was sent */
		return YG_EFORMAT;
	}
	info = MHD_get_daemon_info(tls->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return YG_EIO;
	tls->fd = info->epoll_fd;
	return YG_OK;
}

int yg_tls_open(const struct yg_tls_config *config, struct yg_tls **ret)
{
	struct yg_tls *tls = yg_calloc(1, sizeof(*tls));
	int listener;
	int rc;

	if (!tls)
		return YG_ENOMEM;
	tls->config = *config;
	if (tls->config.connections_max == 0)
		tls->config.connections_max = YG_TLS_CONNECTIONS_MAX;
	if (tls->config.timeout_s == 0)
		tls->config.timeout_s = YG_TLS_TIMEOUT_S;
	tls->slot_count = tls->config.connections_max;
	tls->slots = yg_calloc(tls->slot_count, sizeof(*tls->slots));
	rc = tls->slots ? YG_OK : YG_ENOMEM;
	for (uint32_t i = 0; rc == YG_OK && i < tls->slot_count; i++) {
		tls->slots[i].fd = -1;
		tls->slots[i].next_free = i + 1 < tls->slot_count ? i + 2 : 0;
	}
	tls->first_free = 1;
	listener = config->listener;
	tls->place = config->place;
	if (rc == YG_OK && !config->has_listener)
		rc = yg_net_listen(&config->place, YG_NET_TCP, &listener, &tls->place);
	if (rc == YG_OK)
		rc = start(tls, listener);
	if (rc != YG_OK) {
		(void)yg_tls_free(tls);
		return rc;
	}
	*ret = tls;
	return YG_OK;
}

struct yg_tls *yg_tls_free(struct yg_tls *tls)
{
	if (!tls)
		return NULL;
	/* The library must not be stopped while a connection is suspended. */
	while (tls->waiting) {
		struct exchange *x = tls->waiting;

		x->call.reply.body.error = YG_EEND; /* no answer: closed */
		yg_tls_answer(tls, &x->call);
	}
	if (tls->daemon)
		MHD_stop_daemon(tls->daemon);
	free(tls->slots);
	free(tls);
	return NULL;
}

struct yg_net_place yg_tls_place(const struct yg_tls *tls)
{
	return tls->place;
}

int yg_tls_fd(const struct yg_tls *tls)
{
	return tls->fd;
}

int yg_tls_timeout_ms(const struct yg_tls *tls)
{
	int wait_ms = tls->used > 0 ? (int)(SWEEP_NS / 1000000) : WAIT_MS_MAX;
	MHD_UNSIGNED_LONG_LONG library;

	/* Nothing in the library's descriptor tells of it (0.9.75). */
	if (tls->is_resumed)
		return 0;
	if (MHD_get_timeout(tls->daemon, &library) == MHD_YES && library < (unsigned)wait_ms)
		wait_ms = (int)library;
	return wait_ms;
}

int yg_tls_run(struct yg_tls *tls)
{
	bool was_full = tls->used == tls->slot_count;

	tls->is_resumed = false;
	sweep(tls);
	if (MHD_run(tls->daemon) != MHD_YES)
		return YG_EIO;
	/* As in web/server.c: at its limit the library listens again only one run later. */
	if (was_full && tls->used < tls->slot_count && MHD_run(tls->daemon) != MHD_YES)
		return YG_EIO;
	return YG_OK;
}
