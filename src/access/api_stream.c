/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that stay open: whoever listens is told that findings which he may read have changed, and
 * up to which change, never what or whose. He asks the list for them then.
 *
 *   every YG_HUB_STREAM_TICK_NS: has the store changed? ─► for each listener: may he still read?
 *   ─► are there rows of his after the last change that he was told of? ─► event
 *
 * An event carries the number of the last change that is his, as GET /findings?order=change gives
 * it. What others change moves only the place from which is looked on, which stays here.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/findings.h"
#include "base/alloc.h"

#include "base/ban.h"

#define TICK_NS	   (200 * (YG_NS_PER_S / 1000))
#define CHECK_NS   YG_NS_PER_S /* a session that ended hears nothing longer than this */
#define TICK_MS	   200
#define MAX	   256u /* in all */
#define OF_ONE_MAX 6u	/* of one session or token: browsers open no more to one host */
#define OF_ORG_MAX 64u	/* of those with grants at one organisation */
#define PAGES_MAX  4u	/* of a list, for one listener at once */
#define BUSY_S	   5u

struct yg_hub_stream {
	struct yg_api_later *later;
	struct yg_hub_api *api;
	struct yg_hub_actor actor;
	enum yg_hub_right right;
	char org[YG_ENROL_ID_MAX + 1]; /* "": all that is reached */
	uint64_t after;		       /* changes up to here were looked at */
	struct yg_hub_stream *next;
	struct yg_hub_stream **link;
};

static int64_t now_ns(const struct yg_hub_api *api)
{
	return api->opts.clock.now_ns(api->opts.clock.arg);
}

static void unlink_stream(struct yg_hub_stream *stream)
{
	*stream->link = stream->next;
	if (stream->next)
		stream->next->link = stream->link;
	stream->api->stream_count--;
	free(stream);
}

/* The other side has gone. */
static void cancel(void *arg)
{
	unlink_stream(arg);
}

static void end_stream(struct yg_hub_stream *stream)
{
	struct yg_hub_api *api = stream->api;
	struct yg_api_later *later = stream->later;

	unlink_stream(stream);
	api->opts.ports.stream_end(api->opts.ports.arg, later);
}

void yg_hub_streams_free(struct yg_hub_api *api)
{
	while (api->streams)
		unlink_stream(api->streams);
}

int yg_hub_api_timeout_ms(const struct yg_hub_api *api)
{
	return api->streams ? TICK_MS : -1;
}

/* ---- what has changed ---- */

/* What it may read now. YG_OK: something; YG_EACCES: nothing any more. */
static int reach_of(const struct yg_hub_stream *stream, struct yg_hub_reach *ret)
{
	struct yg_hub_access *hub = stream->api->opts.hub;
	struct yg_access *access = NULL;
	int rc;

	*ret = (struct yg_hub_reach){0};
	if (!stream->org[0]) {
		rc = yg_hub_reach(hub, &stream->actor, stream->right, ret);
		return rc == YG_OK && !ret->is_all && ret->count == 0 ? YG_EACCES : rc;
	}
	rc = yg_access_hub(hub, &stream->actor, stream->org, stream->right, &access);
	if (rc != YG_OK)
		return rc;
	(void)yg_access_free(access);
	ret->orgs = yg_calloc(1, sizeof(*ret->orgs));
	if (!ret->orgs)
		return YG_ENOMEM;
	ret->count = 1;
	memcpy(ret->orgs[0], stream->org, sizeof(stream->org));
	return YG_OK;
}

static int note_change(void *arg, const struct yg_fact_finding *finding)
{
	uint64_t *last = arg;

	*last = finding->change;
	return YG_OK;
}

/* The last change of its own after stream->after, 0: none; up to @now all has been looked at then.
 */
static int look(struct yg_hub_stream *stream, const struct yg_hub_reach *reach, uint64_t now,
		uint64_t *ret_last)
{
	struct yg_facts *facts = stream->api->opts.facts;
	struct yg_fact_next next = {.is_more = true, .after_change = stream->after};
	int rc = YG_OK;

	*ret_last = 0;
	for (unsigned i = 0; i < PAGES_MAX && next.is_more && rc == YG_OK; i++) {
		struct yg_fact_filter filter = {.by_change = true,
						.after_change = next.after_change,
						.limit = YG_HUB_LIST_MAX};

		rc = yg_findings_list(facts, reach, "", &filter, note_change, ret_last);
		if (rc == YG_OK)
			next = yg_facts_next(facts);
	}
	if (rc == YG_OK)
		stream->after = next.is_more	  ? next.after_change
				: *ret_last > now ? *ret_last
						  : now;
	return rc;
}

static int tell(const struct yg_hub_stream *stream, uint64_t last)
{
	const struct yg_hub_api_ports *ports = &stream->api->opts.ports;
	unsigned long long shown = yg_veil(stream->api->veil_key, last);
	char text[160];
	int size = snprintf(text, sizeof(text),
			    "id: %llu\nevent: change\ndata: {\"kind\":\"findings\",\"change\":%llu}"
			    "\n\n",
			    shown, shown);

	return ports->stream_put(ports->arg, stream->later,
				 (struct yg_bytes){(const uint8_t *)text, (size_t)size});
}

/* Anything but YG_OK: it is over. A store that is busy is asked again. */
static int serve(struct yg_hub_stream *stream, uint64_t now)
{
	struct yg_hub_reach reach;
	uint64_t last = 0;
	int rc = reach_of(stream, &reach);

	if (rc == YG_OK && now > stream->after)
		rc = look(stream, &reach, now, &last);
	yg_hub_reach_done(&reach);
	if (rc == YG_OK && last > 0)
		rc = tell(stream, last);
	else if (rc != YG_OK && rc != YG_EACCES && rc != YG_ENOENT)
		rc = YG_OK;
	return rc;
}

void yg_hub_streams_run(struct yg_hub_api *api)
{
	int64_t time_ns = now_ns(api);
	bool is_check =
		time_ns - api->stream_check_ns >= CHECK_NS || time_ns < api->stream_check_ns;
	uint64_t now = 0;

	if (!api->streams ||
	    (time_ns - api->stream_tick_ns < TICK_NS && time_ns >= api->stream_tick_ns))
		return;
	api->stream_tick_ns = time_ns;
	if (yg_facts_last_change(api->opts.facts, &now) != YG_OK)
		now = 0; /* busy: the next time */
	if (is_check)
		api->stream_check_ns = time_ns;
	for (struct yg_hub_stream *stream = api->streams, *next; stream; stream = next) {
		next = stream->next;
		if ((is_check || now > stream->after) && serve(stream, now) != YG_OK)
			end_stream(stream);
	}
}

/* ---- opening one ---- */

/* The same session or token; or both at this machine. */
static bool is_same(const struct yg_hub_actor *a, const struct yg_hub_actor *b)
{
	return strcmp(a->person, b->person) == 0 && strcmp(a->session, b->session) == 0 &&
	       strcmp(a->token, b->token) == 0;
}

static bool is_of_same_org(const struct yg_hub_actor *a, const struct yg_hub_actor *b)
{
	return a->grant_count > 0 && b->grant_count > 0 &&
	       strcmp(a->grants[0].org, b->grants[0].org) == 0;
}

/* Is there room for one more? Else the reply says it. */
static bool has_room(const struct yg_hub_call *call)
{
	const struct yg_hub_api *api = call->api;
	const struct yg_hub_actor *actor = call->request->actor;
	uint32_t of_one = 0;
	uint32_t of_org = 0;

	for (const struct yg_hub_stream *one = api->streams; one; one = one->next) {
		of_one += is_same(&one->actor, actor);
		of_org += is_of_same_org(&one->actor, actor);
	}
	if (of_one < OF_ONE_MAX && of_org < OF_ORG_MAX && api->stream_count < MAX)
		return true;
	call->reply->retry_s = BUSY_S;
	if (of_one >= OF_ONE_MAX)
		(void)yg_call_refuse(call, 429, "too-many-streams",
				     N_("This session listens in too many places"),
				     N_("Close other windows of this hub.")); /* always YG_OK */
	else
		(void)yg_call_refuse(call, 503, "busy", N_("Too many listen at once"),
				     N_("Wait a moment and try again.")); /* as above */
	return false;
}

/* ?after=, else from now on. */
static int read_after(const struct yg_hub_call *call, uint64_t *ret)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	uint64_t number;

	if (after.size == 0)
		return yg_facts_last_change(call->api->opts.facts, ret);
	if (yg_bytes_u64(after, &number) && yg_unveil(call->api->veil_key, number, ret))
		return YG_OK;
	(void)yg_call_bad(call, N_("after must be what `next` said.")); /* always YG_OK */
	return YG_EEND;
}

static void link_stream(struct yg_hub_api *api, struct yg_hub_stream *stream)
{
	stream->next = api->streams;
	stream->link = &api->streams;
	if (stream->next)
		stream->next->link = &stream->next;
	api->streams = stream;
	api->stream_count++;
}

static int open_it(struct yg_hub_call *call, struct yg_hub_stream *stream)
{
	struct yg_hub_reach reach;
	int rc;

	*stream = (struct yg_hub_stream){.later = call->request->call,
					 .api = call->api,
					 .actor = *call->request->actor,
					 .right = call->right};
	if (call->access)
		(void)snprintf(stream->org, sizeof(stream->org), "%s",
			       yg_access_org(call->access)); /* an id fits */
	rc = read_after(call, &stream->after);
	if (rc == YG_OK)
		rc = reach_of(stream, &reach);
	if (rc != YG_OK)
		return rc;
	yg_hub_reach_done(&reach);
	link_stream(call->api, stream);
	stream->later->cancel = cancel;
	stream->later->arg = stream;
	call->reply->is_stream = true;
	call->reply->content_type = "text/event-stream";
	yg_buf_add_str(&call->reply->body, "retry: 3000\n\n");
	return YG_OK;
}

int yg_hub_do_open_stream(struct yg_hub_call *call)
{
	struct yg_hub_stream *stream;
	int rc;

	if (!call->api->opts.facts || !call->api->opts.ports.stream_put)
		return yg_call_refuse(call, 503, "busy", N_("Findings cannot be read now"),
				      N_("Wait a moment and try again."));
	if (!has_room(call))
		return YG_OK;
	stream = yg_calloc(1, sizeof(*stream));
	if (!stream)
		return YG_ENOMEM;
	rc = open_it(call, stream);
	if (rc != YG_OK)
		free(stream);
	return rc;
}
