/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <unistd.h>

#include "access/time_zone.h"
#include "app/hub_api-int.h"

#include "access/audit.h"
#include "access/idempotency.h"
#include "access/session.h"
#include "access/start_link.h"
#include "app/console.h"
#include "app/hub_beats.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "parse/stix.h"

#include "base/ban.h"

/* ---- who asks ---- */

static int say_sign_in(struct yg_reply *reply, enum yg_lang lang)
{
	(void)yg_reply_problem(
		reply, 401, "no-session", yg_tr(lang, N_("You are not signed in")),
		yg_tr(lang, N_("Sign in with POST /api/v1/session, or send an API token as "
			       "`Authorization: Bearer TOKEN`."))); /* shows in the buffer */
	return YG_EEND;
}

static int find_actor(struct yg_hub_http *http, const struct yg_web_caller *caller,
		      struct yg_hub_actor *actor)
{
	if (caller->bearer.size > 0)
		return yg_hub_by_token(http->hub, caller->bearer, actor);
	/* The link's key is known at this machine alone: with it, that nothing shows a proxy is
	 * enough. */
	if (caller->session > 0 && caller->is_direct) {
		yg_hub_local("start link", actor);
		return YG_OK;
	}
	return caller->token.size > 0 ? yg_hub_by_session(http->hub, caller->token, actor)
				      : YG_EACCES;
}

int yg_hub_admit(struct yg_hub_http *http, struct yg_hub_ask *ask, bool is_counted)
{
	struct yg_hub_actor *actor = &ask->actor;
	enum yg_lang lang = ask->request.lang;
	struct yg_reply *reply = &ask->reply;
	int64_t wait_ms;
	int rc;

	if (ask->match.route && ask->match.route->scope == YG_ROUTE_OPEN)
		return YG_OK;
	rc = find_actor(http, &ask->caller, actor);
	if (ask->reply.is_taxii) {
		/* The name is nobody's word for who it is, unless it came with a data set. */
		if (rc == YG_EACCES && ask->request.login.size > 0 && ask->caller.is_local)
			return yg_taxii_login(http->taxii, ask->request.login, ask->caller.bearer,
					      reply, lang);
		ask->request.login = (struct yg_bytes){0};
		/* Pages of one object each are asked for quickly. */
		is_counted = false;
	}
	if (rc == YG_EACCES)
		return say_sign_in(reply, lang);
	if (rc != YG_OK)
		return rc;
	/* A person's session of this machine that is carried elsewhere is one of elsewhere. */
	if (actor->person[0] || actor->token[0])
		actor->is_local = actor->is_local && ask->caller.is_local;
	wait_ms = is_counted ? yg_hub_rate(http->hub, actor) : 0;
	if (wait_ms == 0)
		return YG_OK;
	reply->retry_s = (uint32_t)((wait_ms + 999) / 1000);
	(void)yg_reply_problem(reply, 429, "too-many-requests",
			       yg_tr(lang, N_("Too many requests")),
			       yg_tr(lang, N_("Try again after the time in Retry-After "
					      "(seconds)."))); /* shows in the buffer */
	return YG_EEND;
}

/* ---- for which organisation ---- */

/* The organisation that is asked for: {org} of the path, ?org=, else "" for none. False: too long
 * to be one. */
static bool org_of(const struct yg_route *route, const struct yg_request *request,
		   char to[YG_ENROL_ID_MAX + 1])
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes org = {0};

	to[0] = '\0';
	if (strstr(route->pattern, "/orgs/{org}"))
		org = request->parts[0];
	else if (!yg_query_get(request->query, "org", mem, sizeof(mem), &org))
		return true;
	if (!yg_enrol_is_id(org))
		return false;
	memcpy(to, org.data, org.size);
	to[org.size] = '\0';
	return true;
}

/* The only organisation where @actor has the route's right. YG_EEND: the reply says that one must
 * be named. */
static int only_org(struct yg_hub_access *hub, const struct yg_route *route,
		    const struct yg_request *request, const struct yg_hub_actor *actor,
		    char to[YG_ENROL_ID_MAX + 1], struct yg_reply *reply)
{
	enum yg_lang lang = request->lang;
	struct yg_hub_reach reach;
	int rc = yg_hub_reach(hub, actor, (enum yg_hub_right)route->right, &reach);

	if (rc != YG_OK)
		return rc;
	if (!reach.is_all && reach.count == 1)
		memcpy(to, reach.orgs[0], sizeof(reach.orgs[0]));
	else
		rc = YG_EEND;
	if (rc == YG_EEND && !reach.is_all && reach.count == 0)
		(void)yg_hub_api_refuse(reply, lang, YG_EACCES); /* shows in the buffer */
	else if (rc == YG_EEND)
		(void)yg_reply_problem(
			reply, 400, "org-needed", yg_tr(lang, N_("It was not said for whom")),
			yg_tr(lang, N_("Name the organisation with ?org=ID."))); /* as above */
	yg_hub_reach_done(&reach);
	return rc;
}

/* As access/hub.h has it: else a list would be empty, and nobody would be told why. */
static bool needs_second_factor(const struct yg_hub_actor *actor, const struct yg_route *route)
{
	return actor->person[0] && !actor->is_local && !actor->has_second_factor &&
	       route->right != YG_MAY_read_org;
}

/* Likewise: a token that was narrowed to other rights reaches nothing with this one. */
static bool lacks_right(const struct yg_hub_actor *actor, const struct yg_route *route)
{
	return !(actor->rights >> route->right & 1);
}

/* The organisation of an operation, or why it has none: YG_OK (@org "": over all that are reached),
 * YG_EEND (the reply says it), or as yg_access_hub(). */
static int choose_org(struct yg_hub_access *hub, const struct yg_route *route,
		      const struct yg_request *request, const struct yg_hub_actor *actor,
		      char org[YG_ENROL_ID_MAX + 1], struct yg_reply *reply)
{
	if (route->scope == YG_ROUTE_HUB)
		return YG_OK;
	if (!org_of(route, request, org))
		return YG_ENOENT;
	if (org[0] != '\0')
		return YG_OK;
	if (route->scope == YG_ROUTE_ORG)
		return only_org(hub, route, request, actor, org, reply);
	if (lacks_right(actor, route))
		return YG_EACCES;
	return needs_second_factor(actor, route) ? YG_EAGAIN : YG_OK;
}

/*
 * Of operations that wait for nothing: the transaction is that of one request, from resolve() to
 * release() with no other one between. Those that open raw records wait for the archive: held open
 * meanwhile, what others write would be undone with it, or stand under its key. They make nothing
 * that could be there twice.
 */
static bool is_once(const struct yg_route *route, const struct yg_request *request)
{
	return route->method == YG_METHOD_POST && route->scope != YG_ROUTE_SELF &&
	       route->right != YG_MAY_read_records && request->idempotency_key.size > 0;
}

int yg_hub_resolve_by(struct yg_hub_access *hub, struct yg_hub_ask *ask)
{
	const struct yg_route *route = ask->match.route;
	const struct yg_hub_actor *actor = &ask->actor;
	struct yg_request *request = &ask->request;
	struct yg_reply *reply = &ask->reply;
	char org[YG_ENROL_ID_MAX + 1] = YG_HUB_ORG;
	int rc;

	if (route->scope == YG_ROUTE_OPEN)
		return YG_OK;
	request->actor = actor;
	if (route->scope == YG_ROUTE_SELF)
		return YG_OK;
	rc = choose_org(hub, route, request, actor, org, reply);
	if (rc == YG_OK && org[0] == '\0')
		return YG_OK; /* the handler asks what is reached */
	if (rc == YG_OK)
		rc = yg_access_hub(hub, actor, org, (enum yg_hub_right)route->right, &ask->access);
	/* That there is a hub is no secret. */
	if (route->scope == YG_ROUTE_HUB && rc == YG_ENOENT)
		rc = YG_EACCES;
	if (rc != YG_ENOENT && rc != YG_EACCES && rc != YG_EAGAIN)
		return rc;
	(void)yg_hub_api_refuse(reply, request->lang, rc); /* shows in the buffer */
	return YG_EEND;
}

int yg_hub_resolve(struct yg_hub_http *http, struct yg_hub_ask *ask)
{
	const struct yg_route *route = ask->match.route;
	int rc = yg_hub_resolve_by(http->hub, ask);

	if (rc != YG_OK || !ask->access || !is_once(route, &ask->request))
		return rc;
	rc = yg_idempotency_begin(http->opts.store, http->opts.clock, &ask->actor, route->id,
				  &ask->request, &ask->reply);
	http->is_once = rc == YG_OK;
	if (rc != YG_OK)
		ask->access = yg_access_free(ask->access);
	return rc;
}

int yg_hub_release(struct yg_hub_http *http, struct yg_hub_ask *ask, int error)
{
	ask->access = yg_access_free(ask->access);
	if (!http->is_once)
		return error;
	http->is_once = false;
	return yg_idempotency_end(http->opts.store, http->opts.clock, &ask->actor,
				  ask->match.route->id, &ask->request, &ask->reply, error);
}

/* ---- opening ---- */

/* share/ hands on what was sent; parse/ reads it. In the thread that adds. */
static int read_objects(const struct yg_taxii_envelope *envelope, struct yg_arena *arena,
			struct yg_line_fault *reterr)
{
	struct yg_stix_ask ask = {.now_ns = envelope->now_ns,
				  .has_marking = envelope->has_marking,
				  .arg = envelope->arg,
				  .may_lack_modified = envelope->is_lenient};
	struct yg_stix_bundle bundle;
	int rc = yg_stix_read(envelope->text, &ask, arena, &bundle, reterr);

	for (uint32_t i = 0; i < bundle.count && rc == YG_OK; i++)
		rc = envelope->each(envelope->arg, &bundle.items[i].object, bundle.items[i].fault);
	return rc;
}

static int open_api(struct yg_hub_http *http)
{
	const struct yg_hub_http_opts *opts = &http->opts;

	http->lent = (struct yg_hub_lent){.data = opts->data,
					  .zone = yg_zone_of(opts->clock),
					  .is_demo = opts->is_demo,
					  .forms = http->report,
					  .warn = &http->warn,
					  .beats = http->beats,
					  .http = http};
	struct yg_hub_api_opts api = {
		.store = opts->store,
		.hub = http->hub,
		.enrol = opts->enrol,
		.facts = http->facts,
		.situations = http->situations,
		.collections = http->collections,
		.clock = opts->clock,
		.version = YG_VERSION,
		.ports = yg_hub_ports(&http->lent),
	};
	struct yg_taxii_opts taxii = {.hub = http->hub,
				      .collections = http->collections,
				      .filling = http->filling,
				      .clock = opts->clock,
				      .read = read_objects,
				      .finish = yg_hub_ask_finish,
				      .arg = http};
	int rc;

	if (opts->is_demo)
		yg_hub_access_demo(http->hub);
	rc = yg_hub_api_new(&api, &http->api);
	if (rc == YG_OK)
		rc = yg_taxii_new(&taxii, &http->taxii);
	if (rc == YG_OK) {
		http->tables[0] = yg_hub_api_routes(http->api);
		http->tables[1] = yg_taxii_routes(http->taxii);
	}
	return rc;
}

/* What the operations are lent: rules of whom to warn, forms of reports. */
static int open_lent(struct yg_hub_http *http)
{
	int rc = yg_hub_warn_init(&http->warn);

	return rc == YG_OK ? yg_hub_report_new(&http->report) : rc;
}

/* Read once, which makes the files beside it before the walls stand. */
static int open_collections(struct yg_hub_http *http)
{
	int rc = yg_collections_open(http->opts.collections, true, &http->collections);

	if (rc == YG_OK) /* for the thread that adds and deletes */
		rc = yg_collections_open(http->opts.collections, false, &http->filling);
	return rc == YG_OK && (yg_collections_has(http->collections, YG_S("")) ||
			       yg_collections_has(http->filling, YG_S("")))
		       ? YG_EFORMAT
		       : rc;
}

static int open_signer(struct yg_hub_http *http)
{
	const struct yg_hub_http_opts *opts = &http->opts;
	int rc = yg_audit_signer_open(http->hub, opts->data, opts->audit_key, opts->audit_sign,
				      opts->arg);

	if (rc != YG_OK)
		yg_say("%s/audit: %s", yg_say_safe(yg_bytes_str(opts->data), 300),
		       yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_hub_http_new(const struct yg_hub_http_opts *opts, struct yg_hub_http **ret)
{
	struct yg_hub_http *http = yg_calloc(1, sizeof(*http));
	uint64_t change;
	uint64_t cursor;
	int rc;

	if (!http)
		return YG_ENOMEM;
	http->opts = *opts;
	yg_msg_pipe_init(&http->pages, YG_PAGES_BODY_MAX, YG_PAGES_QUEUE_MAX);
	http->asks = yg_calloc(YG_PAGES_CALLS_MAX, sizeof(struct yg_hub_ask *));
	http->beats = yg_hub_beats_new();
	if (!http->asks || !http->beats) {
		(void)yg_hub_http_free(http);
		return YG_ENOMEM;
	}
	rc = yg_hub_access_new(opts->store, opts->enrol, opts->clock, &http->hub);
	if (rc == YG_OK)
		rc = open_lent(http);
	if (rc == YG_OK)
		rc = open_signer(http);
	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(opts->facts, true, &http->facts);
	if (rc == YG_OK) /* reading makes the files beside it, before the walls stand */
		rc = yg_facts_last_change(http->facts, &change);
	if (rc == YG_OK && opts->situations)
		rc = yg_situations_open(opts->situations, true, &http->situations);
	if (rc == YG_OK && opts->situations)
		rc = yg_situations_cursor(http->situations, &cursor);
	if (rc == YG_OK && opts->collections)
		rc = open_collections(http);
	if (rc != YG_OK) {
		(void)yg_hub_http_free(http);
		return rc;
	}
	*ret = http;
	return YG_OK;
}

int yg_hub_http_start(struct yg_hub_http *http)
{
	int rc = open_api(http);

	if (rc == YG_OK && http->opts.link_key[0])
		yg_web_link_set(&http->sessions, http->opts.link_key);
	if (rc == YG_OK)
		rc = yg_web_routes_check(http->tables, 2, NULL);
	if (rc == YG_OK) /* what `yagura admin sign-in-link` begins with */
		rc = yg_start_link_at(http->hub, http->opts.url);
	if (rc == YG_OK)
		rc = yg_hub_zone_keep(http->hub);
	if (rc == YG_OK && http->opts.store_path)
		rc = yg_hub_readers_start(http, &http->readers);
	return rc;
}

struct yg_hub_access *yg_hub_http_access(struct yg_hub_http *http)
{
	return http->hub;
}

const struct yg_hub_report *yg_hub_http_report(const struct yg_hub_http *http)
{
	return http->report;
}

struct yg_hub_http *yg_hub_http_free(struct yg_hub_http *http)
{
	if (!http)
		return NULL;
	if (http->readers)
		yg_hub_asks_unread(http);
	http->readers = yg_hub_readers_free(http->readers);
	if (http->asks)
		yg_hub_asks_lose(http); /* calls that wait are cancelled */
	http->api = yg_hub_api_free(http->api);
	http->facts = yg_facts_free(http->facts);
	http->situations = yg_situations_free(http->situations);
	http->taxii = yg_taxii_free(http->taxii);
	http->collections = yg_collections_free(http->collections);
	http->filling = yg_collections_free(http->filling);
	http->hub = yg_hub_access_free(http->hub);
	yg_hub_warn_done(&http->warn);
	http->report = yg_hub_report_free(http->report);
	http->beats = yg_hub_beats_free(http->beats);
	yg_web_sessions_done(&http->sessions);
	free(http->asks);
	free(http);
	return NULL;
}

void yg_hub_http_take(struct yg_hub_http *http, int take_fd)
{
	yg_hub_asks_lose(http);
	yg_msg_pipe_open(&http->pages, take_fd);
}

struct pollfd yg_hub_http_poll(const struct yg_hub_http *http)
{
	bool is_full = http->bytes > YG_HUB_ASKS_BYTES_MAX || http->reading > YG_HUB_READING_MAX;
	bool is_written = http->pages.sent < http->pages.out.size;

	return (struct pollfd){
		.fd = http->pages.fd,
		.events = (short)((is_full ? 0 : POLLIN) | (is_written ? POLLOUT : 0))};
}

int yg_hub_http_work_fd(const struct yg_hub_http *http)
{
	return yg_hub_api_fd(http->api);
}

int yg_hub_http_read_fd(const struct yg_hub_http *http)
{
	return http->readers ? yg_hub_readers_fd(http->readers) : -1;
}

int yg_hub_http_taxii_fd(const struct yg_hub_http *http)
{
	return yg_taxii_fd(http->taxii);
}

int yg_hub_http_timeout_ms(const struct yg_hub_http *http)
{
	return yg_hub_api_timeout_ms(http->api);
}

int yg_hub_http_hear(struct yg_hub_http *http)
{
	int rc = yg_hub_asks_hear(http);

	if (rc != YG_OK)
		yg_hub_asks_lose(http);
	return rc;
}

void yg_hub_http_run(struct yg_hub_http *http)
{
	yg_hub_api_run(http->api);
	if (http->readers)
		yg_hub_asks_read(http);
	yg_taxii_run(http->taxii);
	yg_hub_asks_flush(http);
}

void yg_hub_http_print_routes(void)
{
	static const char *const scopes[] = {
		[YG_ROUTE_OWN] = "own", [YG_ROUTE_OPEN] = "open",   [YG_ROUTE_SELF] = "self",
		[YG_ROUTE_ORG] = "org", [YG_ROUTE_REACH] = "reach", [YG_ROUTE_HUB] = "hub",
	};
	static const char *const rights[] = {
#define X(name, ...) #name,
#include "access/hub_rights.def"
#undef X
	};
	struct yg_route_table table = yg_hub_api_routes(NULL);

	for (size_t i = 0; i < table.count; i++)
		printf("%s %s %s %s %s\n", yg_method_name(table.routes[i].method),
		       table.routes[i].pattern, table.routes[i].id, scopes[table.routes[i].scope],
		       rights[table.routes[i].right]);
}
