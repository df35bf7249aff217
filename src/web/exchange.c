/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, in the order of the library's calls:
 *
 *   head ──► checks ──► refused? ──► drop the body ──► answer
 *                 └──► body is kept ──► handler ─────────┘
 *
 * A refused body is read to its end where that is cheap, so that the client sees the answer and
 * not a broken connection.
 */
#include <gnutls/gnutls.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/crypt.h"
#include "web/server-int.h"

#include "base/ban.h"

#define AWAY_S 2u /* until whoever answers was started again */

#define FIELD(name, member, may_repeat)                                                            \
	{                                                                                          \
		name, offsetof(struct yg_web_fields, member), may_repeat                           \
	}
static const struct {
	const char *name;
	size_t place;
	bool may_repeat; /* then the first one counts */
} fields_known[] = {
	FIELD("Host", host, false),
	FIELD("Origin", origin, false),
	FIELD("Cookie", cookie, false),
	FIELD("Content-Type", content_type, false),
	FIELD("Content-Length", content_length, false),
	FIELD("Transfer-Encoding", transfer_encoding, false),
	FIELD("Expect", expect, true),
	FIELD("If-Match", if_match, false),
	FIELD("If-None-Match", if_none_match, true),
	FIELD("X-File-Name", file_name, false),
	FIELD("Accept-Language", languages, true),
	FIELD("Accept-Encoding", codings, true),
	FIELD("Sec-Fetch-Site", fetch_site, false),
	FIELD("Sec-Fetch-Mode", fetch_mode, false),
	FIELD("Authorization", authorization, false),
	FIELD("Accept", accept, true),
	FIELD("User-Agent", browser, true),
	FIELD("Idempotency-Key", idempotency_key, false),
};

/* By these, and by all that begins with X-Forwarded, proxies show themselves. */
static const char *const proxy_fields[] = {
	"Forwarded",	    "Via",
	"X-Real-IP",	    "X-Client-IP",
	"True-Client-IP",   "X-ProxyUser-Ip",
	"CF-Connecting-IP", "X-Cluster-Client-IP",
	"X-Original-Host",
};
static const char *const hop_fields[] = {
	[YG_WEB_HOPS_X] = "X-Forwarded-For",
	[YG_WEB_HOPS_RFC_7239] = "Forwarded",
};

struct yg_web_exchange *yg_web_exchange_new(struct yg_web *web, struct MHD_Connection *connection,
					    const char *target)
{
	struct yg_web_exchange *exchange = yg_calloc(1, sizeof(*exchange));
	size_t size = strlen(target);

	if (!exchange)
		return NULL;
	exchange->web = web;
	exchange->connection = connection;
	yg_buf_init(&exchange->body, YG_TAXII_BODY_MAX);
	yg_buf_init(&exchange->reply.body, YG_API_REPLY_MAX);
	exchange->target = yg_strndup(target, size);
	exchange->target_size = size;
	return exchange->target ? exchange : yg_web_exchange_free(exchange);
}

/* Forget the body and what it counts. */
static void drop_body(struct yg_web_exchange *exchange)
{
	yg_buf_done(&exchange->body);
	exchange->web->bodies -= exchange->counted;
	exchange->counted = 0;
}

void yg_web_suspend(struct yg_web_exchange *exchange)
{
	struct yg_web *web = exchange->web;

	exchange->next_waiting = web->waiting;
	exchange->waiting_link = &web->waiting;
	if (web->waiting)
		web->waiting->waiting_link = &exchange->next_waiting;
	web->waiting = exchange;
	exchange->is_suspended = true;
	exchange->slot->is_waiting = true;
	MHD_suspend_connection(exchange->connection);
}

static void unlink_waiting(struct yg_web_exchange *exchange)
{
	if (exchange->waiting_link) {
		*exchange->waiting_link = exchange->next_waiting;
		if (exchange->next_waiting)
			exchange->next_waiting->waiting_link = exchange->waiting_link;
	}
	exchange->waiting_link = NULL;
}

void yg_web_resume(struct yg_web_exchange *exchange)
{
	unlink_waiting(exchange);
	exchange->is_suspended = false;
	exchange->slot->is_waiting = false;
	exchange->slot->since_ns = yg_web_now_ns(exchange->web);
	exchange->web->is_resumed = true;
	MHD_resume_connection(exchange->connection);
}

/* The handler has done with its access. */
static int release(struct yg_web_exchange *exchange, int error)
{
	const struct yg_web_guard *guard = exchange->web->config.guard;

	if (guard)
		error = guard->release(guard->arg, exchange->match.route, &exchange->request,
				       exchange->actor, exchange->access, &exchange->reply, error);
	exchange->access = NULL;
	return error;
}

struct yg_web_exchange *yg_web_exchange_free(struct yg_web_exchange *exchange)
{
	if (!exchange)
		return NULL;
	/* Who put the answer off, or leaves it open, is told that nobody waits any more. */
	if (exchange->call.cancel)
		exchange->call.cancel(exchange->call.arg);
	if (exchange->is_later && !exchange->is_finished)
		(void)release(exchange, YG_EEND); /* nobody is told */
	if (exchange->stream.is_open)
		exchange->web->stream_count--;
	unlink_waiting(exchange);
	drop_body(exchange);
	yg_buf_done(&exchange->stream.out);
	yg_buf_done(&exchange->reply.body);
	free(exchange->target);
	yg_wipe(exchange->cookie, sizeof(exchange->cookie));
	yg_wipe(exchange->basic_mem, sizeof(exchange->basic_mem));
	yg_wipe(exchange->actor, sizeof(exchange->actor));
	yg_wipe(exchange->reply.session, sizeof(exchange->reply.session));
	free(exchange);
	return NULL;
}

/* That it is there counts: an empty one may be put before a proxy's own. */
static bool shows_proxy(struct yg_bytes name)
{
	for (size_t i = 0; i < sizeof(proxy_fields) / sizeof(proxy_fields[0]); i++)
		if (yg_bytes_eq_nocase(name, yg_bytes_str(proxy_fields[i])))
			return true;
	return yg_bytes_eq_nocase(yg_bytes_cut(name, 0, 11), YG_S("X-Forwarded"));
}

static enum MHD_Result note_field(void *arg, enum MHD_ValueKind kind, const char *name,
				  size_t name_size, const char *value, size_t value_size)
{
	struct yg_web_fields *fields = arg;
	struct yg_bytes key = {(const uint8_t *)name, name_size};

	(void)kind;
	fields->is_forwarded |= shows_proxy(key);
	fields->is_misnamed |= !yg_web_is_token(key);
	if (fields->hop_name && yg_bytes_eq_nocase(key, yg_bytes_str(fields->hop_name)))
		yg_web_hop_lines_add(&fields->hops, (struct yg_bytes){(const uint8_t *)value,
								      value ? value_size : 0});
	for (size_t i = 0; i < sizeof(fields_known) / sizeof(fields_known[0]); i++) {
		struct yg_bytes *place =
			(struct yg_bytes *)(void *)((char *)fields + fields_known[i].place);

		if (!yg_bytes_eq_nocase(key, yg_bytes_str(fields_known[i].name)))
			continue;
		if (!(fields->seen >> i & 1))
			*place = (struct yg_bytes){(const uint8_t *)value, value ? value_size : 0};
		else if (!fields_known[i].may_repeat)
			fields->is_twice = true;
		fields->seen |= 1u << i;
	}
	return MHD_YES;
}

static unsigned method_of(const char *text, bool *ret_is_head)
{
	*ret_is_head = strcmp(text, "HEAD") == 0;
	if (*ret_is_head)
		return YG_METHOD_GET;
	for (unsigned i = 0; i < YG_WEB_METHOD_OTHER; i++)
		if (strcmp(text, yg_method_name((enum yg_method)i)) == 0)
			return i;
	return YG_WEB_METHOD_OTHER;
}

/*
 * Sec-Fetch-Site as browsers send it. "same-site" is another port of this machine: somebody
 * else's. Only for pages may a person come from anywhere, by following a link.
 */
static bool is_fetched_by_us(const struct yg_web_fields *fields, bool is_api)
{
	if (fields->fetch_site.size == 0 || yg_bytes_eq(fields->fetch_site, YG_S("same-origin")) ||
	    yg_bytes_eq(fields->fetch_site, YG_S("none")))
		return true;
	return !is_api && yg_bytes_eq(fields->fetch_mode, YG_S("navigate"));
}

static bool has_body(const struct yg_web_fields *fields)
{
	return fields->transfer_encoding.size > 0 ||
	       (fields->content_length.size > 0 && !yg_bytes_eq(fields->content_length, YG_S("0")));
}

static bool has_text(struct yg_bytes hay, const char *needle)
{
	return yg_bytes_find(hay, yg_bytes_str(needle)) != SIZE_MAX;
}

/*
 * Below /taxii2, or asked for as TAXII: API roots of a loaded data set lie at the root of the
 * server. Its paths end in a slash; without it they are the same.
 */
static void note_taxii(struct yg_web_exchange *exchange, const struct yg_web_fields *fields)
{
	struct yg_bytes *path = &exchange->path;
	bool is_below = yg_bytes_eq(*path, YG_S(YG_WEB_TAXII)) ||
			yg_bytes_starts(*path, YG_S(YG_WEB_TAXII "/"));

	exchange->is_taxii =
		!exchange->is_api &&
		(is_below || has_text(fields->accept, "taxii+json") ||
		 has_text(fields->content_type, "taxii+json") ||
		 yg_bytes_eq_nocase(yg_bytes_cut(fields->authorization, 0, 6), YG_S("Basic ")));
	if (!exchange->is_taxii)
		return;
	exchange->is_api = exchange->reply.is_taxii = true;
	if (path->data == (const uint8_t *)exchange->path_mem &&
	    path->data[path->size - 1] != '/' && path->size < YG_API_PATH_MAX) {
		exchange->path_mem[path->size++] = '/';
		exchange->path_mem[path->size] = 0;
	}
}

static size_t body_max(const struct yg_web_exchange *exchange)
{
	return exchange->is_taxii ? YG_TAXII_BODY_MAX : YG_API_BODY_MAX;
}

static enum yg_web_refusal read_target(struct yg_web_exchange *exchange)
{
	struct yg_bytes target = {(const uint8_t *)exchange->target, exchange->target_size};
	int error = yg_bytes_chr(target, ' ') == SIZE_MAX
			    ? yg_web_target(target, exchange->path_mem, &exchange->path,
					    &exchange->request.query)
			    : YG_EFORMAT;

	/* Also when it cannot be read: programs get what programs read. */
	if (error)
		exchange->path = target;
	exchange->is_api = yg_bytes_eq(exchange->path, YG_S("/api")) ||
			   yg_bytes_starts(exchange->path, YG_S("/api/"));
	return error == YG_ELIMIT ? YG_WEB_TARGET_LONG : error ? YG_WEB_TARGET : YG_WEB_OK;
}

/* ?lang= first, then Accept-Language, then Japanese; to TAXII, which programs read, English. */
static enum yg_lang lang_of(const struct yg_web_exchange *exchange,
			    const struct yg_web_fields *fields)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes name;
	enum yg_lang lang;

	if (yg_query_get(exchange->request.query, "lang", mem, sizeof(mem), &name) &&
	    yg_lang_by_name(name, &lang))
		return lang;
	return yg_web_accept_language(fields->languages,
				      exchange->is_taxii ? YG_LANG_EN : YG_LANG_JA);
}

/* What the fields of an operation say. */
static enum yg_web_refusal read_fields(struct yg_web_exchange *exchange,
				       const struct yg_web_fields *fields)
{
	struct yg_request *request = &exchange->request;
	bool is_write = exchange->method != YG_METHOD_GET;
	uint64_t size = 0;

	if (fields->content_type.size > 0 &&
	    !yg_web_content_type(fields->content_type, exchange->type_mem, &request->content_type))
		return YG_WEB_TYPE;
	if (is_write && yg_web_is_form_type(request->content_type))
		return YG_WEB_TYPE;
	if (is_write && exchange->method != YG_METHOD_DELETE && request->content_type.size == 0)
		return YG_WEB_TYPE;
	if (fields->if_match.size > 0 && !yg_web_if_match(fields->if_match, &request->if_match))
		return YG_WEB_IF_MATCH;
	if (fields->file_name.size > 0 &&
	    !yg_web_file_name(fields->file_name, exchange->name_mem, &request->file_name))
		return YG_WEB_FILE_NAME;
	if (fields->content_length.size > 0 &&
	    (!yg_bytes_u64(fields->content_length, &size) || size > body_max(exchange)))
		return YG_WEB_BODY;
	return YG_WEB_OK;
}

/*
 * Nothing says that a proxy stands between, or another machine. What proxies speak when nobody
 * tells them otherwise (HTTP/1.0, the old default of nginx, which adds no field either) says so.
 */
static bool is_direct(const struct yg_web_exchange *exchange, const struct yg_web_fields *fields)
{
	struct yg_net_place place = {0};

	memcpy(place.host, exchange->slot->remote, sizeof(place.host));
	return !fields->is_forwarded && !exchange->is_old &&
	       yg_web_host_is_ours(fields->host, exchange->web->port) && yg_net_is_loopback(&place);
}

/*
 * Does a proxy on this machine hand people on? Then all of them come from 127.0.0.1, and one that
 * adds no field lets each say any Host: that address is no word for who somebody is.
 */
static bool is_behind_proxy(const struct yg_web_config *config)
{
	return config->proxies.count > 0 || (config->name_count > 0 && !config->key);
}

/* From where: the other end, or whom a trusted proxy there names. */
static struct yg_bytes remote_of(struct yg_web_exchange *exchange,
				 const struct yg_web_fields *fields)
{
	const struct yg_web_proxies *proxies = &exchange->web->config.proxies;
	struct yg_bytes peer = yg_bytes_str(exchange->slot->remote);

	if (!yg_web_is_proxy(proxies, peer))
		return peer;
	yg_web_forwarded_for(proxies, peer, &fields->hops, exchange->remote);
	return yg_bytes_str(exchange->remote);
}

/* What is sent is no certificate, whatever it says. */
static struct yg_bytes sent(struct yg_bytes secret)
{
	return yg_bytes_starts(secret, YG_S(YG_WEB_CERTIFICATE)) ? (struct yg_bytes){0} : secret;
}

/* A certificate that is good now, by an authority that was named for it. TLS proved its key. */
static struct yg_bytes certificate_of(struct yg_web_exchange *exchange)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const gnutls_datum_t *list;
	unsigned count = 0, status = 0;
	size_t size = strlen(YG_WEB_CERTIFICATE);

	if (!exchange->web->config.client_authorities || !info || !info->tls_session)
		return (struct yg_bytes){0};
	list = gnutls_certificate_get_peers(info->tls_session, &count);
	if (!list || count == 0 ||
	    gnutls_certificate_verify_peers2(info->tls_session, &status) != 0 || status != 0)
		return (struct yg_bytes){0};
	memcpy(exchange->certificate, YG_WEB_CERTIFICATE, size);
	yg_sha256_hex((struct yg_bytes){list[0].data, list[0].size}, exchange->certificate + size);
	return yg_bytes_str(exchange->certificate);
}

/* Programs show who they are by a secret, else by a certificate. */
static void note_program(struct yg_web_exchange *exchange, const struct yg_web_fields *fields)
{
	struct yg_request *request = &exchange->request;
	struct yg_bytes *bearer = &exchange->caller.bearer;

	if (bearer->size == 0 &&
	    !yg_web_basic(fields->authorization, exchange->basic_mem, &request->login, bearer))
		request->login = (struct yg_bytes){0};
	*bearer = sent(*bearer);
	if (fields->authorization.size == 0)
		*bearer = certificate_of(exchange);
}

/* Who asks, as far as it can be seen. */
static void note_caller(struct yg_web_exchange *exchange, const struct yg_web_fields *fields)
{
	struct yg_request *request = &exchange->request;

	exchange->caller = (struct yg_web_caller){
		.session = exchange->session,
		.token = yg_web_cookie(fields->cookie, yg_bytes_str(exchange->web->cookie)),
		.bearer = sent(yg_web_bearer(fields->authorization)),
		.remote = remote_of(exchange, fields),
		.is_direct = is_direct(exchange, fields),
		.is_local = request->is_local,
	};
	request->remote = exchange->caller.remote;
	if (exchange->is_taxii) {
		size_t at = yg_bytes_chr(fields->content_type, ';');

		note_program(exchange, fields);
		request->accept = yg_bytes_cut(fields->accept, 0, YG_WEB_ACCEPT_MAX);
		if (at != SIZE_MAX)
			request->type_parameters = yg_bytes_cut(fields->content_type, at + 1,
								at + 1 + YG_WEB_ACCEPT_MAX);
	}
	request->browser = fields->browser;
	request->idempotency_key = fields->idempotency_key;
	request->path = exchange->path;
}

/* The guard's word on who asks, before anything is said of what there is. */
static enum yg_web_refusal ask_guard(struct yg_web_exchange *exchange)
{
	const struct yg_web_guard *guard = exchange->web->config.guard;
	int error = guard->admit(guard->arg, &exchange->caller, exchange->match.route,
				 exchange->request.lang, exchange->actor, &exchange->reply);

	if (error == YG_EEND)
		return YG_WEB_SAID;
	return error ? yg_web_refusal_of_error(error) : YG_WEB_OK;
}

static enum yg_web_refusal check_operation(struct yg_web_exchange *exchange,
					   const struct yg_web_fields *fields)
{
	const struct yg_web_config *config = &exchange->web->config;
	struct yg_web_match *match = &exchange->match;
	enum yg_web_refusal refusal;

	/* Before the route is told of: who has no session learns nothing of what there is. */
	if (!config->guard && !config->remote && exchange->session == 0)
		return YG_WEB_SESSION;
	yg_web_route(config->tables, config->table_count, exchange->method, exchange->path, match);
	refusal = config->guard ? ask_guard(exchange) : YG_WEB_OK;
	if (refusal)
		return refusal;
	if (!match->route)
		refusal = match->methods ? YG_WEB_METHOD : YG_WEB_NOT_FOUND;
	else
		refusal = read_fields(exchange, fields);
	/* What is wrong is told to those alone whom the other one lets in. */
	exchange->is_to_ask = config->remote && (refusal || has_body(fields));
	return refusal;
}

static bool is_our_host(const struct yg_web *web, struct yg_bytes host, bool *ret_is_named)
{
	*ret_is_named = false;
	for (uint32_t i = 0; i < web->config.name_count && !*ret_is_named; i++)
		*ret_is_named = yg_web_host_is(host, yg_bytes_str(web->config.names[i]));
	return *ret_is_named || yg_web_host_is_ours(host, web->port);
}

/* All that is held against a request before its body is read. */
static enum yg_web_refusal check(struct yg_web_exchange *exchange,
				 const struct yg_web_fields *fields)
{
	struct yg_web *web = exchange->web;
	enum yg_web_refusal refusal = read_target(exchange);
	bool is_named;

	note_taxii(exchange, fields);
	exchange->request.lang = lang_of(exchange, fields);
	if (fields->is_misnamed) {
		/* Somebody may have read "Content-Length : 9" as one, and its body is next. */
		exchange->is_last = true;
		return YG_WEB_FIELD_NAME;
	}
	if (fields->is_twice)
		return YG_WEB_FIELD_TWICE;
	if (!is_our_host(web, fields->host, &is_named))
		return YG_WEB_HOST;
	if (fields->content_length.size > 0 && fields->transfer_encoding.size > 0)
		return YG_WEB_FRAMING;
	/* Of others the library would wait for the end of the connection. */
	if (fields->transfer_encoding.size > 0 &&
	    !yg_bytes_eq_nocase(fields->transfer_encoding, YG_S("chunked")))
		return YG_WEB_CODING;
	if (fields->origin.size > 0 &&
	    !yg_web_origin_is_ours(fields->origin, fields->host, is_named || web->config.key))
		return YG_WEB_ORIGIN;
	if (refusal)
		return refusal;
	if (!is_fetched_by_us(fields, exchange->is_api))
		return YG_WEB_ORIGIN;
	exchange->is_named = is_named;
	exchange->request.is_local = is_direct(exchange, fields) && !is_behind_proxy(&web->config);
	exchange->session = yg_web_session(
		&web->sessions, yg_web_cookie(fields->cookie, yg_bytes_str(web->cookie)));
	note_caller(exchange, fields);
	if (exchange->is_api)
		return check_operation(exchange, fields);
	if (exchange->method == YG_METHOD_GET)
		return YG_WEB_OK;
	exchange->match.methods = 1u << YG_METHOD_GET;
	return YG_WEB_METHOD;
}

/* Answer now, without the body: it is not worth reading, or where it ends is unclear. */
static bool is_not_worth_reading(const struct yg_web_exchange *exchange,
				 const struct yg_web_fields *fields)
{
	uint64_t size = 0;

	if (exchange->refusal == YG_WEB_OK)
		return false;
	return exchange->refusal == YG_WEB_FRAMING || exchange->refusal == YG_WEB_CODING ||
	       fields->is_misnamed || fields->is_twice || fields->expect.size > 0 ||
	       (fields->content_length.size > 0 &&
		(!yg_bytes_u64(fields->content_length, &size) || size > YG_WEB_DRAIN_MAX));
}

/* For supervisors: they have no session, and learn nothing but this. */
static void serve_health(struct yg_web_exchange *exchange, bool is_good)
{
	struct yg_reply *reply = &exchange->reply;

	reply->status = is_good ? 200 : 503;
	reply->content_type = "text/plain; charset=utf-8";
	yg_buf_reset(&reply->body);
	yg_buf_add_str(&reply->body, is_good ? "ok\n" : "not ready\n");
}

static enum MHD_Result refuse(struct yg_web_exchange *exchange, struct MHD_Connection *connection)
{
	if (exchange->refusal == YG_WEB_SAID)
		return yg_web_answer(exchange, connection);
	if (exchange->refusal == YG_WEB_AWAY && yg_bytes_eq(exchange->path, YG_S("/readyz"))) {
		serve_health(exchange, false);
		return yg_web_answer(exchange, connection);
	}
	if (exchange->refusal == YG_WEB_AWAY)
		exchange->reply.retry_s = AWAY_S;
	exchange->reply.is_stream = false;
	yg_web_refuse(&exchange->reply, exchange->refusal, exchange->request.lang,
		      !exchange->is_api);
	return yg_web_answer(exchange, connection);
}

/* Whoever answers elsewhere is asked first. Not suspended afterwards: it is refused. */
static void ask_remote(struct yg_web_exchange *exchange)
{
	const struct yg_web_remote *remote = exchange->web->config.remote;
	int error = remote->ask(remote->arg, &exchange->call, &exchange->caller, &exchange->request,
				&exchange->reply);

	if (error == YG_API_LATER) {
		exchange->is_undecided = true;
		yg_web_suspend(exchange);
	} else if (error) {
		exchange->refusal = yg_web_refusal_of_error(error);
	}
}

static enum MHD_Result begin(struct yg_web_exchange *exchange, struct MHD_Connection *connection,
			     const char *method, const char *version)
{
	const struct yg_web_proxies *proxies = &exchange->web->config.proxies;
	struct yg_web_fields fields = {0};

	if (!exchange->slot)
		return MHD_NO; /* more connections than there is room for */
	if (proxies->count > 0)
		fields.hop_name = hop_fields[proxies->field];
	exchange->is_old = strcmp(version, MHD_HTTP_VERSION_1_1) != 0;
	(void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, note_field, &fields);
	if (!exchange->is_begun) {
		exchange->is_begun = true;
		exchange->method = method_of(method, &exchange->is_head);
		exchange->refusal = check(exchange, &fields);
		exchange->if_none_match = fields.if_none_match;
		exchange->takes_gzip = yg_web_accepts_gzip(fields.codings);
		exchange->request.method = (enum yg_method)exchange->method;
		if (exchange->is_to_ask)
			ask_remote(exchange);
		if (exchange->is_undecided)
			return MHD_YES; /* begins again when it is known */
	}
	if (has_body(&fields) && is_not_worth_reading(exchange, &fields))
		return refuse(exchange, connection);
	return MHD_YES;
}

void yg_web_admit(struct yg_web *web, struct yg_api_later *call, int error)
{
	struct yg_web_exchange *exchange = (struct yg_web_exchange *)(void *)call;

	(void)web;
	if (error)
		exchange->call.cancel = NULL;
	if (error == YG_EEND)
		exchange->refusal = YG_WEB_SAID;
	else if (error)
		exchange->refusal = yg_web_refusal_of_error(error);
	if (exchange->is_suspended) /* else the body is being read */
		yg_web_resume(exchange);
}

/* A piece of the body: kept where the handler shall have it, else dropped. */
static enum MHD_Result take(struct yg_web_exchange *exchange, const char *piece, size_t size)
{
	struct yg_web *web = exchange->web;
	bool is_wanted = exchange->is_api && exchange->method != YG_METHOD_GET;

	if (exchange->refusal == YG_WEB_OK && is_wanted) {
		if (exchange->body.size + size > body_max(exchange))
			exchange->refusal = YG_WEB_BODY;
		else if (web->bodies + size > YG_WEB_BODIES_MAX)
			exchange->refusal = YG_WEB_BUSY;
		else
			yg_buf_add(&exchange->body,
				   (struct yg_bytes){(const uint8_t *)piece, size});
		if (yg_buf_error(&exchange->body))
			exchange->refusal = YG_WEB_MEMORY;
		if (exchange->refusal == YG_WEB_OK) {
			exchange->counted += size;
			web->bodies += size;
			return MHD_YES;
		}
		drop_body(exchange);
	}
	exchange->dropped += size;
	return exchange->dropped > YG_WEB_DRAIN_MAX ? MHD_NO : MHD_YES;
}

static enum yg_web_refusal done(struct yg_web_exchange *exchange, int error)
{
	drop_body(exchange);
	if (!error)
		error = yg_buf_error(&exchange->reply.body);
	return error ? yg_web_refusal_of_error(error) : YG_WEB_OK;
}

/* All is there: to whoever answers elsewhere, who has the body from then on. */
static enum yg_web_refusal call_remote(struct yg_web_exchange *exchange)
{
	const struct yg_web_remote *remote = exchange->web->config.remote;
	int error;

	exchange->request.body = yg_buf_bytes(&exchange->body);
	error = remote->serve(remote->arg, &exchange->call, &exchange->caller, &exchange->request,
			      &exchange->reply);
	if (error != YG_API_LATER)
		return done(exchange, error);
	drop_body(exchange);
	exchange->request.body = (struct yg_bytes){0};
	exchange->is_later = true;
	yg_web_suspend(exchange);
	return YG_WEB_OK;
}

/* The link of the start: a session for the one who has the key, once. */
static enum yg_web_refusal start_session(struct yg_web_exchange *exchange)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes key = {0};

	/* Programs that look at links before a person follows them use HEAD. */
	if (exchange->is_head) {
		exchange->match.methods = 0;
		return YG_WEB_METHOD;
	}
	if (!yg_query_get(exchange->request.query, "key", mem, sizeof(mem), &key))
		key = (struct yg_bytes){0};
	/* Who is signed in and opens the link again just goes on. */
	if (!yg_web_link_use(&exchange->web->sessions, key, exchange->cookie) &&
	    exchange->session == 0)
		return YG_WEB_LINK;
	exchange->reply.status = 303;
	exchange->location = "/";
	return YG_WEB_OK;
}

static bool is_of_remote(const struct yg_web_exchange *exchange)
{
	const struct yg_web_remote *remote = exchange->web->config.remote;

	for (size_t i = 0; remote && remote->pages[i]; i++)
		if (yg_bytes_eq(exchange->path, yg_bytes_str(remote->pages[i])))
			return true;
	return false;
}

/* The pages for supervisors. False: it is another. */
static bool serve_if_health(struct yg_web_exchange *exchange)
{
	const struct yg_web_config *config = &exchange->web->config;

	if ((config->is_ready || config->remote) && yg_bytes_eq(exchange->path, YG_S("/healthz")))
		serve_health(exchange, true);
	else if (config->is_ready && yg_bytes_eq(exchange->path, YG_S("/readyz")))
		serve_health(exchange, config->is_ready(config->is_ready_arg));
	else
		return false;
	return true;
}

static enum yg_web_refusal serve_remote_page(struct yg_web_exchange *exchange)
{
	/* Programs that look at links before a person follows them use HEAD. */
	if (exchange->is_head && yg_bytes_eq(exchange->path, YG_S("/start"))) {
		exchange->match.methods = 0;
		return YG_WEB_METHOD;
	}
	return call_remote(exchange);
}

static enum yg_web_refusal serve_page(struct yg_web_exchange *exchange)
{
	const struct yg_web_config *config = &exchange->web->config;
	struct yg_reply *reply = &exchange->reply;

	if (is_of_remote(exchange))
		return serve_remote_page(exchange);
	if (yg_bytes_eq(exchange->path, YG_S("/start")))
		return start_session(exchange);
	if (serve_if_health(exchange))
		return YG_WEB_OK;
	if (config->page &&
	    config->page(config->page_arg, exchange->path, exchange->request.is_local, reply))
		return YG_WEB_OK;
	exchange->file = yg_web_file(config->files, config->file_count, exchange->path);
	if (exchange->file) {
		if (yg_web_none_match(exchange->if_none_match,
				      yg_bytes_str(yg_web_file_tag(exchange))))
			reply->status = 304;
		return YG_WEB_OK;
	}
	if (config->file_count > 0 || yg_bytes_chr(exchange->path, '.') != SIZE_MAX)
		return YG_WEB_NOT_FOUND;
	reply->content_type = "text/html; charset=utf-8";
	yg_web_page_no_console(&reply->body);
	return YG_WEB_OK;
}

static enum yg_web_refusal call_handler(struct yg_web_exchange *exchange)
{
	const struct yg_web_config *config = &exchange->web->config;
	struct yg_request *request = &exchange->request;
	int error;

	memcpy(request->parts, exchange->match.parts, sizeof(request->parts));
	request->body = yg_buf_bytes(&exchange->body);
	request->call = &exchange->call;
	error = config->guard ? config->guard->resolve(config->guard->arg, exchange->match.route,
						       request, exchange->actor, &exchange->access,
						       &exchange->reply)
			      : config->resolve(config->resolve_arg, exchange->session,
						&exchange->access);
	if (error == YG_EEND) {
		drop_body(exchange);
		return YG_WEB_SAID;
	}
	if (!error)
		error = exchange->match.route->handle(exchange->match.context, exchange->access,
						      request, &exchange->reply);
	if (error == YG_API_LATER) {
		exchange->is_later = true;
		yg_web_suspend(exchange);
		return YG_WEB_OK;
	}
	return done(exchange, release(exchange, error));
}

static enum yg_web_refusal serve_operation(struct yg_web_exchange *exchange)
{
	return exchange->web->config.remote ? call_remote(exchange) : call_handler(exchange);
}

/* An answer that was put off is there. */
static enum yg_web_refusal finished(struct yg_web_exchange *exchange)
{
	if (exchange->reply.status == 303)
		exchange->location = "/"; /* only the start link leads elsewhere */
	return done(exchange, exchange->late_error);
}

void yg_web_exchange_leave(struct yg_web_exchange *exchange)
{
	unlink_waiting(exchange);
	exchange->is_suspended = false;
	exchange->slot->is_waiting = false;
	exchange->is_left = true;
	exchange->stream.is_broken = true;
	MHD_resume_connection(exchange->connection);
}

void yg_web_finish(struct yg_web *web, struct yg_api_later *call, int error)
{
	struct yg_web_exchange *exchange = (struct yg_web_exchange *)(void *)call;

	(void)web;
	exchange->is_finished = true;
	if (error || !exchange->reply.is_stream)
		exchange->call.cancel = NULL;
	exchange->late_error = release(exchange, error);
	if (!error && exchange->reply.is_stream)
		yg_web_stream_begin(exchange);
	yg_web_resume(exchange);
}

enum MHD_Result yg_web_exchange_step(struct yg_web_exchange *exchange,
				     struct MHD_Connection *connection, const char *method,
				     const char *version, const char *piece, size_t *piece_size)
{
	size_t size = *piece_size;

	if (exchange->is_left)
		return MHD_NO; /* the server ends */
	if (!exchange->is_begun || exchange->is_undecided) {
		exchange->is_undecided = false;
		return begin(exchange, connection, method, version);
	}
	if (size > 0) {
		*piece_size = 0;
		return take(exchange, piece, size);
	}
	if (exchange->is_finished)
		exchange->refusal = finished(exchange);
	else if (exchange->refusal == YG_WEB_OK)
		exchange->refusal =
			exchange->is_api ? serve_operation(exchange) : serve_page(exchange);
	if (exchange->is_suspended)
		return MHD_YES;
	if (exchange->refusal != YG_WEB_OK)
		return refuse(exchange, connection);
	return yg_web_answer(exchange, connection);
}
