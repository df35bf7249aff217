/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper's side of pages and API: calls from the pages' message until they are answered.
 *
 *   ASK ──► let in? ──► MAY ─► CALL ──► route ─► actor ─► access ─► handler ──► ANSWER
 *   (only where a body follows)                    │          └─ later, or open: PIECE … END
 *                                                  └─ only reads: hub_readers.h ──► ANSWER
 *
 * The pages are less trusted: their bytes are read by hub_pages_wire.h, and a place that is taken
 * or a number of calls that cannot be ends the talk.
 */
#include "app/hub_api-int.h"

#include "access/start_link.h"
#include "base/alloc.h"
#include "web/refuse.h"

#include "base/ban.h"

#define QUEUE_HIGH (YG_PAGES_QUEUE_MAX / 2) /* answers wait until this is written */
#define READ_TRIES 2u /* by readers, while the register changes; then it is read here */

/* ---- asks ---- */

static uint64_t place_of(uint64_t id)
{
	return id & ((1u << YG_PAGES_PLACE_BITS) - 1);
}

static struct yg_hub_ask *find(const struct yg_hub_http *http, uint64_t id)
{
	uint64_t place = place_of(id);
	struct yg_hub_ask *ask = place < YG_PAGES_CALLS_MAX ? http->asks[place] : NULL;

	return ask && ask->id == id ? ask : NULL;
}

static bool is_sending(const struct yg_hub_ask *ask)
{
	return ask->state == YG_HUB_ASK_HEAD || ask->state == YG_HUB_ASK_SEND ||
	       ask->state == YG_HUB_ASK_END;
}

static void set_state(struct yg_hub_http *http, struct yg_hub_ask *ask, enum yg_hub_ask_state state)
{
	http->sending -= is_sending(ask);
	ask->state = state;
	http->sending += is_sending(ask);
}

static void forget(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	set_state(http, ask, YG_HUB_ASK_WORK);
	if (http->asks[place_of(ask->id)] == ask) /* else it was left before */
		http->asks[place_of(ask->id)] = NULL;
	http->bytes -= ask->size;
	yg_wipe(ask->reply.body.data, ask->reply.body.size);
	yg_buf_done(&ask->reply.body);
	yg_wipe(ask, sizeof(*ask) + ask->size);
	free(ask);
}

/* Nobody waits for it any more. */
static void leave(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	if (ask->call.cancel)
		ask->call.cancel(ask->call.arg);
	ask->call.cancel = NULL;
	if (ask->state == YG_HUB_ASK_READ) { /* forgotten when it comes back */
		http->asks[place_of(ask->id)] = NULL;
		atomic_store(&ask->is_left, true);
		return;
	}
	if (ask->state == YG_HUB_ASK_WORK)
		(void)yg_hub_release(http, ask, YG_EEND); /* nobody is told */
	forget(http, ask);
}

void yg_hub_asks_lose(struct yg_hub_http *http)
{
	yg_msg_pipe_close(&http->pages);
	for (uint32_t i = 0; i < YG_PAGES_CALLS_MAX; i++)
		if (http->asks[i])
			leave(http, http->asks[i]);
}

static size_t size_of(const struct yg_pages_call *c)
{
	return c->path.size + c->query.size + c->content_type.size + c->if_match.size +
	       c->file_name.size + c->remote.size + c->browser.size + c->idempotency_key.size +
	       c->token.size + c->bearer.size + c->accept.size + c->type_parameters.size +
	       c->login.size + c->body.size;
}

/* The message's bytes live until the next one is read: an ask has its own. */
static void copy_call(struct yg_hub_ask *ask, const struct yg_pages_call *call)
{
	struct yg_request *request = &ask->request;
	struct yg_web_caller *caller = &ask->caller;
	uint8_t *at = ask->mem;
	struct {
		struct yg_bytes from;
		struct yg_bytes *to;
	} parts[] = {
		{call->path, &request->path},
		{call->query, &request->query},
		{call->content_type, &request->content_type},
		{call->if_match, &request->if_match},
		{call->file_name, &request->file_name},
		{call->remote, &request->remote},
		{call->browser, &request->browser},
		{call->idempotency_key, &request->idempotency_key},
		{call->token, &caller->token},
		{call->bearer, &caller->bearer},
		{call->accept, &request->accept},
		{call->type_parameters, &request->type_parameters},
		{call->login, &request->login},
		{call->body, &request->body},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].from.size > 0)
			memcpy(at, parts[i].from.data, parts[i].from.size);
		*parts[i].to = (struct yg_bytes){at, parts[i].from.size};
		at += parts[i].from.size;
	}
	request->lang = call->lang;
	request->is_local = caller->is_local = call->is_local;
	caller->is_direct = call->is_direct;
	caller->remote = request->remote;
}

/* At the place of @id, which is free. */
static struct yg_hub_ask *ask_new(struct yg_hub_http *http, uint64_t id,
				  const struct yg_pages_call *call)
{
	size_t size = size_of(call);
	struct yg_hub_ask *ask = yg_calloc(1, sizeof(*ask) + size);

	if (!ask)
		return NULL;
	ask->id = id;
	ask->size = size;
	copy_call(ask, call);
	ask->caller.session = yg_web_session(&http->sessions, ask->caller.token);
	if (call->method < YG_WEB_METHOD_OTHER)
		ask->request.method = (enum yg_method)call->method;
	ask->request.call = &ask->call;
	yg_buf_init(&ask->reply.body, YG_API_REPLY_MAX);
	/* Pages that are no operations have no slash at their end. */
	ask->reply.is_taxii = !yg_bytes_starts(ask->request.path, YG_S("/api/")) &&
			      yg_bytes_ends(ask->request.path, YG_S("/"));
	yg_web_route(http->tables, 2, call->method, ask->request.path, &ask->match);
	memcpy(ask->request.parts, ask->match.parts, sizeof(ask->request.parts));
	ask->state = YG_HUB_ASK_WORK;
	http->asks[place_of(id)] = ask;
	http->bytes += size;
	return ask;
}

/* ---- answers ---- */

static size_t queued(const struct yg_hub_http *http)
{
	return http->pages.out.size - http->pages.sent;
}

static int put_answer(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	struct yg_bytes body = yg_buf_bytes(&ask->reply.body);
	struct yg_bytes first = yg_bytes_cut(body, 0, YG_PAGES_PIECE_MAX);
	bool is_more = body.size > first.size;
	int rc = yg_pages_answer_put(&http->pages, ask->id, &ask->reply, first, is_more);

	if (rc != YG_OK)
		return rc;
	ask->sent = first.size;
	set_state(http, ask,
		  ask->reply.is_stream ? YG_HUB_ASK_STREAM
		  : is_more	       ? YG_HUB_ASK_SEND
				       : YG_HUB_ASK_DONE);
	return YG_OK;
}

/* As much of an answer as there is room for; what there is none for goes in a later round. */
static void go_on(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	struct yg_bytes body = yg_buf_bytes(&ask->reply.body);

	if (ask->state == YG_HUB_ASK_HEAD && put_answer(http, ask) != YG_OK)
		return;
	while (ask->state == YG_HUB_ASK_SEND && queued(http) < QUEUE_HIGH) {
		struct yg_bytes piece =
			yg_bytes_cut(body, ask->sent, ask->sent + YG_PAGES_PIECE_MAX);

		if (yg_msg_put(&http->pages, YG_PAGES_PIECE, ask->id, &piece, 1) != YG_OK)
			return;
		ask->sent += piece.size;
		if (ask->sent == body.size)
			set_state(http, ask, YG_HUB_ASK_END);
	}
	if (ask->state == YG_HUB_ASK_END &&
	    yg_pages_word_put(&http->pages, YG_PAGES_END, ask->id) == YG_OK)
		set_state(http, ask, YG_HUB_ASK_DONE);
	if (ask->state == YG_HUB_ASK_STREAM)
		yg_buf_reset(&ask->reply.body);
	if (ask->state == YG_HUB_ASK_DONE)
		forget(http, ask);
}

/* In the place of what stands in the reply; a stream is none then. */
static void refuse(struct yg_hub_ask *ask, enum yg_web_refusal refusal)
{
	if (ask->call.cancel)
		ask->call.cancel(ask->call.arg);
	ask->call.cancel = NULL;
	ask->reply.is_stream = false;
	yg_web_refuse(&ask->reply, refusal, ask->request.lang, false);
}

static void send_answer(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	set_state(http, ask, YG_HUB_ASK_HEAD);
	if (put_answer(http, ask) == YG_EINVAL) /* a type that pages do not know */
		refuse(ask, YG_WEB_INTERNAL);
	go_on(http, ask);
}

/* @error: what the handler, or whoever stood before it, returned. */
static void complete(struct yg_hub_http *http, struct yg_hub_ask *ask, int error)
{
	if (!error)
		error = yg_buf_error(&ask->reply.body);
	if (error && error != YG_EEND)
		refuse(ask, yg_web_refusal_of_error(error));
	send_answer(http, ask);
}

void yg_hub_ask_finish(void *arg, struct yg_api_later *later, int error)
{
	struct yg_hub_ask *ask = (struct yg_hub_ask *)(void *)later;

	if (error || !ask->reply.is_stream)
		ask->call.cancel = NULL;
	complete(arg, ask, yg_hub_release(arg, ask, error));
}

int yg_hub_ask_stream_put(void *arg, struct yg_api_later *later, struct yg_bytes piece)
{
	struct yg_hub_http *http = arg;
	const struct yg_hub_ask *ask = (struct yg_hub_ask *)(void *)later;

	if (ask->state != YG_HUB_ASK_STREAM || queued(http) > QUEUE_HIGH)
		return YG_EAGAIN;
	return yg_msg_put(&http->pages, YG_PAGES_PIECE, ask->id, &piece, 1);
}

void yg_hub_ask_stream_end(void *arg, struct yg_api_later *later)
{
	struct yg_hub_http *http = arg;
	struct yg_hub_ask *ask = (struct yg_hub_ask *)(void *)later;

	ask->call.cancel = NULL;
	if (ask->state == YG_HUB_ASK_STREAM)
		set_state(http, ask, YG_HUB_ASK_END);
	else /* it has not begun */
		refuse(ask, YG_WEB_BUSY);
	go_on(http, ask);
}

/* ---- pages outside of /api ---- */

/* The link of the ready line, or one that `yagura admin sign-in-link` printed: a session, once. */
static void start_session(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_reply *reply = &ask->reply;
	struct yg_bytes key = {0};
	int rc = YG_EACCES;

	if (!yg_query_get(ask->request.query, "key", mem, sizeof(mem), &key))
		key = (struct yg_bytes){0};
	reply->status = 303;
	if (yg_web_link_use(&http->sessions, key, reply->session))
		return;
	rc = yg_start_link_use(http->hub, key);
	yg_wipe(mem, sizeof(mem));
	if (rc == YG_OK) {
		yg_web_session_new(&http->sessions, reply->session);
		return;
	}
	/* Who is signed in and opens the link again just goes on. */
	if (rc == YG_EACCES && ask->caller.session > 0)
		return;
	yg_web_refuse(reply, rc == YG_EACCES ? YG_WEB_HUB_LINK : yg_web_refusal_of_error(rc),
		      ask->request.lang, true);
}

/* Who is at this machine; behind a proxy, where nobody is, a token of the hub itself. */
static bool may_read_metrics(struct yg_hub_http *http, const struct yg_hub_ask *ask)
{
	struct yg_access *access = NULL;
	struct yg_hub_actor actor;
	bool may;

	if (ask->caller.is_local)
		return true;
	may = ask->caller.bearer.size > 0 &&
	      yg_hub_by_token(http->hub, ask->caller.bearer, &actor) == YG_OK &&
	      yg_access_hub(http->hub, &actor, YG_HUB_ORG, YG_MAY_read_sensors, &access) == YG_OK;
	(void)yg_access_free(access);
	return may;
}

static void serve_page(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	const struct yg_hub_http_opts *opts = &http->opts;
	struct yg_bytes path = ask->request.path;
	struct yg_reply *reply = &ask->reply;

	if (yg_bytes_eq(path, YG_S("/start"))) {
		start_session(http, ask);
	} else if (yg_bytes_eq(path, YG_S("/readyz"))) {
		bool is_good = opts->is_ready(opts->arg);

		reply->status = is_good ? 200 : 503;
		reply->content_type = "text/plain; charset=utf-8";
		yg_buf_add_str(&reply->body, is_good ? "ok\n" : "not ready\n");
	} else if (yg_bytes_eq(path, YG_S("/metrics")) && opts->metrics &&
		   may_read_metrics(http, ask)) {
		reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
		opts->metrics(opts->arg, &reply->body);
	} else {
		reply->content_type = "text/html; charset=utf-8";
		yg_web_page_no_console(&reply->body);
	}
	complete(http, ask, YG_OK);
}

/* ---- operations ---- */

/* Asked once a round: what a round changes itself is seen as a change, and read again. */
static bool know_change(struct yg_hub_http *http)
{
	if (!http->has_change)
		http->has_change = yg_hub_change(http->hub, &http->change) == YG_OK;
	return http->has_change;
}

/* To be asked before it is let in. */
static bool is_read(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	if (!http->readers || !ask->match.route || ask->match.context != http->api ||
	    !yg_hub_api_reads(ask->match.route) || ask->read.is_refused ||
	    ask->read.tries >= READ_TRIES || !know_change(http))
		return false;
	ask->read.since = http->change;
	return true;
}

static void give_reader(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	ask->read.tries++;
	ask->request.call = NULL; /* no reader keeps it */
	set_state(http, ask, YG_HUB_ASK_READ);
	http->reading++;
	yg_hub_readers_give(http->readers, ask);
}

/* Here, and now. */
static void serve_it(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	int error = yg_hub_resolve(http, ask);

	if (error != YG_OK) {
		complete(http, ask, error);
		return;
	}
	error = ask->match.route->handle(ask->match.context, ask->access, &ask->request,
					 &ask->reply);
	if (error != YG_API_LATER)
		complete(http, ask, yg_hub_release(http, ask, error));
}

static void serve_operation(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	bool is_readers = is_read(http, ask);
	int error = yg_hub_admit(http, ask, !ask->is_admitted);

	if (error == YG_OK && !ask->match.route) { /* the pages know, and do not ask */
		yg_web_refuse(&ask->reply, YG_WEB_NOT_FOUND, ask->request.lang, false);
		error = YG_EEND;
	}
	if (error != YG_OK)
		complete(http, ask, error);
	else if (is_readers)
		give_reader(http, ask);
	else
		serve_it(http, ask);
}

/* ---- what readers are done with ---- */

/* As if it had not been answered. */
static void begin_again(struct yg_hub_ask *ask)
{
	struct yg_reply *reply = &ask->reply;

	yg_wipe(reply->body.data, reply->body.size);
	yg_buf_reset(&reply->body);
	*reply = (struct yg_reply){.body = reply->body, .is_taxii = reply->is_taxii};
	ask->request.call = &ask->call;
	ask->is_admitted = true;
}

static void take_back(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	http->reading--;
	set_state(http, ask, YG_HUB_ASK_WORK);
	if (atomic_load(&ask->is_left))
		forget(http, ask);
}

/* Is the answer of now: let in, read and taken back with one and the same register? */
static bool is_good(struct yg_hub_http *http, const struct yg_hub_ask *ask)
{
	return !ask->read.is_refused && know_change(http) && ask->read.since == http->change &&
	       ask->read.change == http->change;
}

void yg_hub_asks_read(struct yg_hub_http *http)
{
	struct yg_hub_ask *ask = yg_hub_readers_take(http->readers);

	http->has_change = false;
	while (ask) {
		struct yg_hub_ask *next = ask->next;
		bool is_left = atomic_load(&ask->is_left);

		take_back(http, ask);
		if (!is_left && is_good(http, ask)) {
			complete(http, ask, ask->read.error);
		} else if (!is_left) {
			begin_again(ask);
			serve_operation(http, ask);
		}
		ask = next;
	}
}

void yg_hub_asks_unread(struct yg_hub_http *http)
{
	struct yg_hub_ask *ask;

	yg_hub_readers_stop(http->readers);
	ask = yg_hub_readers_take(http->readers);
	while (ask) {
		struct yg_hub_ask *next = ask->next;

		take_back(http, ask);
		ask = next;
	}
}

static bool is_operation(const struct yg_hub_ask *ask)
{
	return yg_bytes_starts(ask->request.path, YG_S("/api/")) || ask->reply.is_taxii;
}

/* ---- what the pages say ---- */

static int hear_ask(struct yg_hub_http *http, const struct yg_msg *message)
{
	struct yg_pages_call call;
	struct yg_hub_ask *ask;
	int rc;

	if (place_of(message->id) >= YG_PAGES_CALLS_MAX || http->asks[place_of(message->id)] ||
	    yg_pages_call_read(YG_PAGES_ASK, message->body, &call) != YG_OK)
		return YG_EFORMAT; /* pages that are ours have a place for each */
	ask = ask_new(http, message->id, &call);
	if (!ask)
		return YG_ENOMEM;
	rc = yg_hub_admit(http, ask, true);
	if (rc == YG_OK)
		rc = yg_pages_word_put(&http->pages, YG_PAGES_MAY, ask->id);
	if (rc == YG_OK)
		ask->state = YG_HUB_ASK_MAY;
	else
		complete(http, ask, rc);
	return YG_OK;
}

static int hear_call(struct yg_hub_http *http, const struct yg_msg *message)
{
	struct yg_hub_ask *earlier = find(http, message->id);
	bool is_admitted = earlier && earlier->state == YG_HUB_ASK_MAY;
	struct yg_pages_call call;
	struct yg_hub_ask *ask;

	if (is_admitted)
		forget(http, earlier);
	if (place_of(message->id) >= YG_PAGES_CALLS_MAX || http->asks[place_of(message->id)] ||
	    yg_pages_call_read(YG_PAGES_CALL, message->body, &call) != YG_OK)
		return YG_EFORMAT; /* as above */
	ask = ask_new(http, message->id, &call);
	if (!ask)
		return YG_ENOMEM;
	ask->is_admitted = is_admitted;
	if (is_operation(ask))
		serve_operation(http, ask);
	else
		serve_page(http, ask);
	return YG_OK;
}

static int hear_gone(struct yg_hub_http *http, const struct yg_msg *message)
{
	struct yg_hub_ask *ask = find(http, message->id);

	if (message->body.size > 0)
		return YG_EFORMAT;
	if (ask) /* else the answer was on its way */
		leave(http, ask);
	return YG_OK;
}

int yg_hub_asks_hear(struct yg_hub_http *http)
{
	struct yg_msg message;
	int rc = yg_msg_fill(&http->pages);

	http->has_change = false;
	while (rc == YG_OK && (rc = yg_msg_next(&http->pages, &message)) == YG_OK)
		rc = message.kind == YG_PAGES_ASK    ? hear_ask(http, &message)
		     : message.kind == YG_PAGES_CALL ? hear_call(http, &message)
		     : message.kind == YG_PAGES_GONE ? hear_gone(http, &message)
						     : YG_EFORMAT;
	return rc == YG_EAGAIN ? YG_OK : rc;
}

void yg_hub_asks_flush(struct yg_hub_http *http)
{
	for (uint32_t i = 0; i < YG_PAGES_CALLS_MAX && http->sending > 0; i++)
		if (http->asks[i] && is_sending(http->asks[i]))
			go_on(http, http->asks[i]);
	(void)yg_msg_flush(&http->pages); /* what cannot be written shows when it is read */
}
