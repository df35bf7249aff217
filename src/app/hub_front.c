/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front: TLS and HTTP of sensors. It reads heads, not bodies, and knows nobody: a certificate
 * goes to the keeper as it was shown. The keeper's word that a certificate may speak holds for a
 * second, and only until the keeper sees the call itself.
 *
 *   head ─► an address of ours? ─► a certificate? ─► admitted within the last second?
 *                                                      │ no: ask the keeper, the body waits
 *   body ─► CALL ─► (the connection waits) ─► ANSWER ─► response
 *
 * While there is no keeper, sensors are told to come again.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <poll.h>
#include <sys/resource.h>

#include "app/hub-int.h"
#include "app/process.h"
#include "app/say.h"
#include "base/alloc.h"
#include "web/tls.h"

#include "base/ban.h"

#define OTHER_FDS    128u /* what libraries open */
#define ADMITTED_NS  YG_NS_PER_S
#define QUEUE_HIGH   (48u << 20) /* bytes that wait for the keeper: new calls are put off */
#define PENDING_BITS 16u
#define PENDING_MAX  (1u << 14)
static_assert(PENDING_MAX >= YG_TLS_CONNECTIONS_MAX, "each connection may have a call that waits");

/* On each connection; zero at first. */
struct memo {
	bool is_admitted;
	int64_t admitted_ns;
};
static_assert(sizeof(struct memo) <= YG_TLS_MEMO_BYTES, "the listener's memo is too small");

/* A question to the keeper: the id carries its place and a number that is never used again. */
struct pending {
	struct yg_tls_call *call; /* NULL: free */
	uint64_t id;
	uint32_t next_free; /* + 1; 0: none */
};

struct front {
	struct yg_clock clock;
	struct yg_tls *tls;
	struct yg_msg_pipe keeper;
	struct pending *pending;
	uint32_t first_free; /* + 1 */
	uint64_t serial;
};

/* ---- questions ---- */

static void fill_fault(struct yg_tls_call *call, const struct yg_wire_fault *fault)
{
	yg_buf_reset(&call->reply.body);
	call->reply.status = yg_wire_status(fault->refusal);
	call->reply.content_type = "application/problem+json";
	yg_wire_problem_write(&call->reply.body, fault, NULL);
}

static void fill_refusal(struct yg_tls_call *call, enum yg_wire_refusal refusal)
{
	fill_fault(call, &(struct yg_wire_fault){.refusal = refusal});
}

/* NULL: there are too many. */
static struct pending *pend(struct front *front, struct yg_tls_call *call)
{
	struct pending *pending;
	uint64_t place;

	if (front->first_free == 0)
		return NULL;
	place = front->first_free - 1;
	pending = &front->pending[place];
	front->first_free = pending->next_free;
	pending->call = call;
	pending->id = ++front->serial << PENDING_BITS | place;
	return pending;
}

static void release(struct front *front, struct pending *pending)
{
	pending->call = NULL;
	pending->next_free = front->first_free;
	front->first_free = (uint32_t)(pending - front->pending) + 1;
}

/* Whose answer is this? NULL: nobody's. */
static struct pending *pending_of(struct front *front, uint64_t id)
{
	uint64_t place = id & ((1u << PENDING_BITS) - 1);

	if (place >= PENDING_MAX || !front->pending[place].call || front->pending[place].id != id)
		return NULL;
	return &front->pending[place];
}

/* ---- what the listener asks ---- */

static enum yg_tls_admission refuse_head(struct yg_tls_call *call, enum yg_wire_refusal refusal)
{
	fill_refusal(call, refusal);
	return YG_TLS_REFUSED;
}

static enum yg_tls_admission admit(void *arg, struct yg_tls_call *call)
{
	static const struct yg_wire_fault long_query = {YG_WIRE_REQUEST, "the query is too long",
							YG_WIRE_NOWHERE};
	struct front *front = arg;
	struct memo *memo = call->memo;
	enum yg_wire_refusal refusal;
	size_t place = yg_hub_address_find(call->method, call->path, &refusal);
	struct pending *pending;

	call->owner = NULL;
	if (place == YG_HUB_ADDRESS_COUNT)
		return refuse_head(call, refusal);
	if (call->query.size > YG_HUB_QUERY_MAX) {
		fill_fault(call, &long_query);
		return YG_TLS_REFUSED;
	}
	call->body_max = yg_hub_addresses[place].body_max;
	if (yg_hub_addresses[place].is_open)
		return YG_TLS_ADMITTED;
	if (call->certificate.size == 0)
		return refuse_head(call, YG_WIRE_NO_CERTIFICATE);
	if (memo->is_admitted) {
		int64_t age = front->clock.now_ns(front->clock.arg) - memo->admitted_ns;

		if (age >= 0 && age < ADMITTED_NS)
			return YG_TLS_ADMITTED;
	}
	memo->is_admitted = false;
	pending = pend(front, call);
	if (!pending)
		return refuse_head(call, YG_WIRE_BUSY);
	if (yg_msg_put(&front->keeper, YG_HUB_ADMIT, pending->id, &call->certificate, 1) != YG_OK) {
		release(front, pending);
		return refuse_head(call, YG_WIRE_BUSY);
	}
	return YG_TLS_LATER;
}

static void serve(void *arg, struct yg_tls_call *call)
{
	struct front *front = arg;
	enum yg_wire_refusal refusal;
	struct yg_hub_request request = {
		.address = yg_hub_address_find(call->method, call->path, &refusal),
		.query = call->query,
		.certificate = call->certificate,
		.body = call->body,
	};
	struct pending *pending = pend(front, call);

	call->owner = front; /* from here on an answer is waited for, not leave */
	if (pending && front->keeper.out.size - front->keeper.sent < QUEUE_HIGH &&
	    yg_hub_call_put(&front->keeper, pending->id, &request) == YG_OK) {
		yg_tls_forget_body(front->tls, call); /* it is the keeper's now */
		return;
	}
	if (pending)
		release(front, pending);
	fill_refusal(call, YG_WIRE_BUSY);
	yg_tls_answer(front->tls, call);
}

static void refuse(void *arg, struct yg_tls_call *call, int error)
{
	(void)arg;
	fill_refusal(call, error == YG_ELIMIT ? YG_WIRE_TOO_LARGE : YG_WIRE_BUSY);
}

/* ---- what the keeper answers ---- */

static int hear_admitted(struct front *front, const struct yg_msg *answer)
{
	struct pending *pending = pending_of(front, answer->id);
	enum yg_wire_refusal refusal;
	struct yg_tls_call *call;
	struct memo *memo;

	if (!pending || yg_hub_admitted_read(answer->body, &refusal) != YG_OK)
		return YG_EFORMAT;
	call = pending->call;
	release(front, pending);
	memo = call->memo;
	memo->is_admitted = refusal == YG_WIRE_OK;
	memo->admitted_ns = front->clock.now_ns(front->clock.arg);
	if (refusal != YG_WIRE_OK)
		fill_refusal(call, refusal);
	yg_tls_admit(front->tls, call, refusal == YG_WIRE_OK);
	return YG_OK;
}

static int hear_answer(struct front *front, const struct yg_msg *answer)
{
	struct pending *pending = pending_of(front, answer->id);
	struct yg_tls_call *call;

	if (!pending)
		return YG_EFORMAT;
	call = pending->call;
	yg_buf_reset(&call->reply.body);
	if (yg_hub_answer_read(answer->body, &call->reply) != YG_OK)
		return YG_EFORMAT;
	release(front, pending);
	yg_tls_answer(front->tls, call);
	return YG_OK;
}

/* All who wait for the keeper are told to come again. */
static void lose_keeper(struct front *front)
{
	yg_msg_pipe_close(&front->keeper);
	for (uint32_t i = 0; i < PENDING_MAX; i++) {
		struct yg_tls_call *call = front->pending[i].call;
		bool is_answer;

		if (!call)
			continue;
		is_answer = call->owner != NULL;
		release(front, &front->pending[i]);
		fill_refusal(call, YG_WIRE_BUSY);
		if (is_answer)
			yg_tls_answer(front->tls, call);
		else
			yg_tls_admit(front->tls, call, false);
	}
}

/* Other than YG_OK: it says what it must not. */
static int hear_keeper(struct front *front)
{
	struct yg_msg answer;
	int rc = yg_msg_fill(&front->keeper);

	while (rc == YG_OK && (rc = yg_msg_next(&front->keeper, &answer)) == YG_OK)
		rc = answer.kind == YG_HUB_ADMITTED ? hear_admitted(front, &answer)
		     : answer.kind == YG_HUB_ANSWER ? hear_answer(front, &answer)
						    : YG_EFORMAT;
	if (rc == YG_EPIPE)
		lose_keeper(front);
	return rc == YG_EPIPE || rc == YG_EAGAIN ? YG_OK : rc;
}

/* ---- its life ---- */

/* What the system lets this process have open, without what it needs besides. */
static unsigned connections_max(const struct yg_hub_settings *settings)
{
	unsigned wanted = settings->connections ? settings->connections : YG_TLS_CONNECTIONS_MAX;
	struct rlimit limit;
	unsigned most;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > wanted + OTHER_FDS)
		return wanted;
	most = limit.rlim_cur > 2 * OTHER_FDS ? (unsigned)limit.rlim_cur - OTHER_FDS : OTHER_FDS;
	return most < wanted ? most : wanted;
}

static int open_all(struct front *front, const struct yg_hub_settings *settings,
		    struct yg_hub_server *server)
{
	struct yg_tls_config config = {
		.place = settings->sensors,
		.listener = settings->sensors_fd,
		.has_listener = true,
		.connections_max = connections_max(settings),
		.timeout_s = settings->timeout_s,
		.clock = yg_clock_steady(), /* a slow client is one whatever the clock says */
		.admit = admit,
		.serve = serve,
		.refuse = refuse,
		.arg = front,
	};
	char folder[YG_HUB_PATH_MAX];
	int rc = yg_hub_join(settings->data, "ca", folder) ? yg_hub_server_open(server, folder)
							   : YG_ELIMIT;

	if (rc != YG_OK)
		return rc;
	config.key = server->key;
	config.certificate = server->certificate;
	config.authorities = server->authority;
	front->pending = yg_calloc(PENDING_MAX, sizeof(*front->pending));
	if (!front->pending)
		return yg_hub_say_path(settings->data, "", YG_ENOMEM);
	for (uint32_t i = PENDING_MAX; i-- > 0;)
		release(front, &front->pending[i]);
	rc = yg_tls_open(&config, &front->tls);
	return rc == YG_OK ? rc : yg_hub_say_path(settings->data, "ca/server.pem", rc);
}

static int round_once(struct front *front, int control)
{
	int rc = yg_msg_flush(&front->keeper);
	struct pollfd fds[] = {
		{.fd = control, .events = POLLIN},
		{.fd = front->keeper.fd,
		 .events = (short)(POLLIN | (rc == YG_EAGAIN ? POLLOUT : 0))},
		{.fd = yg_tls_fd(front->tls), .events = POLLIN},
	};
	unsigned peer;
	int fd;

	if (poll(fds, 3, yg_tls_timeout_ms(front->tls)) < 0 && errno != EINTR)
		return yg_err_from_errno(errno);
	if (fds[0].revents) {
		rc = yg_process_next_link(control, &peer, &fd);
		if (rc == YG_EEND)
			return rc;
		if (rc == YG_OK) {
			lose_keeper(front);
			yg_msg_pipe_open(&front->keeper, fd);
		}
	} else if (fds[1].revents & ~POLLOUT) {
		rc = hear_keeper(front);
		if (rc != YG_OK)
			return rc;
	}
	return yg_tls_run(front->tls);
}

int yg_hub_front_live(void *arg, int control, unsigned index)
{
	const struct yg_hub_settings *settings = arg;
	struct front front = {.clock = yg_clock_steady()};
	struct yg_hub_server server = {0};
	int rc;

	(void)index;
	yg_hub_forget_link(arg);
	yg_msg_pipe_init(&front.keeper, YG_HUB_CALL_MAX, YG_HUB_QUEUE_MAX);
	rc = open_all(&front, settings, &server);
	if (rc == YG_OK)
		rc = yg_wall_enter(YG_WALL_FRONT, NULL);
	if (rc == YG_OK)
		rc = yg_process_say_ready(control);
	while (rc == YG_OK)
		rc = round_once(&front, control);
	front.tls = yg_tls_free(front.tls);
	yg_hub_server_done(&server);
	yg_msg_pipe_close(&front.keeper);
	free(front.pending);
	return rc == YG_EEND ? YG_OK : rc;
}
