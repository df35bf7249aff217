/* SPDX-License-Identifier: Apache-2.0 */
/* What the hub's operations share: queries, bodies, objects and lists as replies, refusals. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"
#include "access/hub-int.h"
#include "access/token.h"

#include "base/alloc.h"
#include "model/day.h"

#include "base/ban.h"

int yg_call_refuse(const struct yg_hub_call *call, int status, const char *code, const char *title,
		   const char *detail)
{
	enum yg_lang lang = call->request->lang;

	(void)yg_reply_problem(call->reply, status, code, yg_tr(lang, title),
			       detail ? yg_tr(lang, detail) : NULL); /* shows in the buffer */
	return YG_OK;
}

int yg_call_not_found(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 404, "not-found", N_("It is not there (any more)"),
			      N_("Load the list again."));
}

int yg_call_bad(const struct yg_hub_call *call, const char *detail)
{
	return yg_call_refuse(call, 400, "bad-request",
			      N_("The content does not fit this operation"), detail);
}

static int add_bytes(const char *bytes, size_t size, void *arg)
{
	struct yg_buf *to = arg;

	yg_buf_add(to, (struct yg_bytes){(const uint8_t *)bytes, size});
	return yg_buf_error(to) ? -1 : 0;
}

int yg_call_json(const struct yg_hub_call *call, int status, json_t *take)
{
	struct yg_buf *to = &call->reply->body;
	const json_t *revision = json_object_get(take, "revision");
	int rc = take && json_dump_callback(take, add_bytes, to, JSON_COMPACT) == 0 ? YG_OK
										    : YG_ENOMEM;

	if (json_is_integer(revision))
		(void)snprintf(call->reply->etag, sizeof(call->reply->etag), "%lld",
			       (long long)json_integer_value(revision)); /* 20 digits fit */
	json_decref(take);
	call->reply->status = status;
	return yg_buf_error(to) ? yg_buf_error(to) : rc;
}

int yg_call_page(const struct yg_hub_call *call, json_t *take, struct yg_bytes next)
{
	json_t *page = take ? json_pack("{s:o}", "items", take) : NULL;

	if (page && next.size > 0 && yg_json_set(page, "next", yg_json_string(next)) != YG_OK) {
		json_decref(page);
		page = NULL;
	}
	return yg_call_json(call, 200, page);
}

int yg_call_body(const struct yg_hub_call *call, json_t **ret)
{
	return yg_call_body_of(call, YG_HUB_JSON_MAX, ret);
}

int yg_call_body_of(const struct yg_hub_call *call, size_t bytes_max, json_t **ret)
{
	struct yg_fault fault;
	int rc;

	if (!yg_bytes_eq(call->request->content_type, YG_S("application/json"))) {
		(void)yg_call_refuse(call, 415, "wrong-type",
				     N_("The kind of content is not the one expected"),
				     N_("Send application/json.")); /* always YG_OK */
		return YG_EEND;
	}
	rc = yg_json_load(call->request->body, bytes_max, ret, &fault);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc == YG_OK && json_is_object(*ret))
		return YG_OK;
	if (rc == YG_OK)
		json_decref(*ret);
	if (rc == YG_ELIMIT)
		(void)yg_call_refuse(call, 413, "too-large", N_("The content is too large"),
				     N_("Leave out what is not needed, or split it."));
	else
		(void)yg_call_bad(call, N_("Send one JSON object, in UTF-8, with each key once and "
					   "no NUL (\\u0000) in its texts."));
	return YG_EEND;
}

struct yg_bytes yg_call_query(const struct yg_hub_call *call, const char *name, char *to)
{
	struct yg_bytes value;

	if (!yg_query_get(call->request->query, name, to, YG_API_QUERY_MAX + 1, &value))
		return (struct yg_bytes){0};
	return value;
}

int yg_call_query_limit(const struct yg_hub_call *call, uint32_t *to)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text;
	uint64_t value;

	*to = YG_HUB_LIST_DEFAULT;
	if (!yg_query_get(call->request->query, "limit", mem, sizeof(mem), &text))
		return YG_OK;
	if (yg_bytes_u64(text, &value) && value >= 1 && value <= YG_HUB_LIST_MAX) {
		*to = (uint32_t)value;
		return YG_OK;
	}
	(void)yg_call_bad(call, N_("limit must be a number from 1 to 1000.")); /* always YG_OK */
	return YG_EEND;
}

bool yg_call_day_time(int32_t day, int64_t *to)
{
	const int64_t day_ns = 86400 * YG_NS_PER_S;

	if (day < 0 || day > INT64_MAX / day_ns)
		return false;
	*to = day * day_ns;
	return true;
}

int yg_call_query_zone(const struct yg_hub_call *call, const struct yg_zone **ret)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_call_query(call, "zone", mem);

	*ret = NULL;
	if (text.size == 0 || yg_bytes_eq(text, YG_S("utc")))
		return YG_OK;
	if (yg_bytes_eq(text, YG_S("hub"))) {
		*ret = yg_hub_zone_of(call->api->opts.hub);
		return YG_OK;
	}
	(void)yg_call_bad(call, N_("zone is hub or utc.")); /* always YG_OK */
	return YG_EEND;
}

/* A day of the hub's zone, where the operation has ?zone=hub. */
static bool day_there(const struct yg_hub_call *call, const char *name, bool is_end, int64_t *to)
{
	char mem[YG_API_QUERY_MAX + 1];
	int32_t day = yg_day_read(yg_call_query(call, name, mem));
	const struct yg_zone *zone;
	int64_t ns;

	if (day == YG_DAY_NONE || yg_call_query_zone(call, &zone) != YG_OK || !zone)
		return false;
	ns = yg_day_start_ns(zone, day + is_end);
	if (ns == YG_TIME_NONE || ns < 0)
		return false;
	*to = ns;
	return true;
}

int yg_call_query_span(const struct yg_hub_call *call, int64_t *ret_from, int64_t *ret_to)
{
	int rc = yg_call_query_time(call, "from", false, ret_from);

	if (rc == YG_OK)
		rc = yg_call_query_time(call, "to", true, ret_to);
	if (rc == YG_OK) {
		(void)day_there(call, "from", false, ret_from); /* else it stands already */
		(void)day_there(call, "to", true, ret_to);
	}
	return rc;
}

int yg_call_query_time(const struct yg_hub_call *call, const char *name, bool is_end, int64_t *to)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_call_query(call, name, mem);
	bool has_zone;
	int32_t day;

	*to = YG_TIME_NONE;
	if (text.size == 0)
		return YG_OK;
	day = yg_day_read(text);
	if (day != YG_DAY_NONE && yg_call_day_time(day + is_end, to))
		return YG_OK;
	if (day == YG_DAY_NONE && yg_time_parse_iso(text, 0, to, &has_zone))
		return YG_OK;
	(void)yg_call_bad(call, N_("Write a time as 2026-11-25T03:04:05Z, or a day as 2026-11-25 "
				   "(UTC)."));
	return YG_EEND;
}

bool yg_call_part(const struct yg_hub_call *call, unsigned place, char *to, size_t room)
{
	struct yg_bytes part = call->request->parts[place];

	if (part.size == 0 || part.size >= room || memchr(part.data, 0, part.size))
		return false;
	memcpy(to, part.data, part.size);
	to[part.size] = '\0';
	return true;
}

int yg_call_reaches(const struct yg_hub_call *call, const char *org, bool *ret)
{
	struct yg_hub_reach reach;
	int rc;

	if (call->access) {
		*ret = strcmp(yg_access_org(call->access), org) == 0;
		return YG_OK;
	}
	rc = yg_hub_reach(call->api->opts.hub, call->request->actor, call->right, &reach);
	if (rc != YG_OK)
		return rc;
	*ret = reach.is_all;
	for (uint32_t i = 0; i < reach.count && !*ret; i++)
		*ret = strcmp(reach.orgs[i], org) == 0;
	yg_hub_reach_done(&reach);
	return YG_OK;
}

int yg_call_reach(const struct yg_hub_call *call, struct yg_hub_reach *ret)
{
	if (!call->access)
		return yg_hub_reach(call->api->opts.hub, call->request->actor, call->right, ret);
	*ret = (struct yg_hub_reach){.orgs = yg_calloc(1, sizeof(*ret->orgs))};
	if (!ret->orgs)
		return YG_ENOMEM;
	ret->count = 1;
	(void)snprintf(ret->orgs[0], sizeof(ret->orgs[0]), "%s",
		       yg_access_org(call->access)); /* an id fits */
	return YG_OK;
}

json_t *yg_call_time(int64_t time_ns)
{
	char text[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE)
		return json_null();
	return json_stringn(text, yg_time_iso(time_ns, 0, text));
}

int yg_call_open(const struct yg_hub_call *call, const char *org, enum yg_hub_right right,
		 struct yg_access **ret)
{
	return yg_access_hub(call->api->opts.hub, call->request->actor, org ? org : YG_HUB_ORG,
			     right, ret);
}

int yg_call_read(struct yg_hub_call *call, enum yg_hub_right right)
{
	int rc = yg_call_open(call, yg_access_org(call->access), right, &call->reader);

	if (rc != YG_ENOENT && rc != YG_EACCES && rc != YG_EAGAIN)
		return rc;
	(void)yg_hub_api_refuse(call->reply, call->request->lang, rc); /* shows in the buffer */
	return YG_EEND;
}

struct yg_access *yg_call_reader(const struct yg_hub_call *call)
{
	return call->reader ? call->reader : call->access;
}

int yg_call_register(const struct yg_hub_call *call, const struct yg_access *by,
		     struct yg_enrol **ret)
{
	const struct yg_hub_api_opts *opts = &call->api->opts;

	int rc = yg_enrol_new(opts->store, opts->clock, yg_access_actor(by), ret);

	if (rc == YG_OK) /* its changes are the hub's, for the audit log too */
		yg_enrol_on_change(*ret, yg_hub_note, opts->hub);
	return rc;
}

bool yg_call_text(const struct yg_hub_call *call, const json_t *in, const char *key, char *to,
		  size_t room)
{
	const json_t *value = json_object_get(in, key);
	struct yg_bytes text = yg_json_text(in, key);
	char detail[200];

	to[0] = '\0';
	if (!value || json_is_null(value))
		return true;
	if (!json_is_string(value) || text.size >= room) {
		(void)snprintf(
			detail, sizeof(detail),
			yg_tr(call->request->lang, N_("%s must be a text of at most %u bytes.")),
			key, (unsigned)room - 1);
		(void)yg_reply_problem(
			call->reply, 400, "bad-request",
			yg_tr(call->request->lang, N_("The content does not fit this operation")),
			detail); /* shows in the buffer */
		return false;
	}
	memcpy(to, text.data, text.size);
	to[text.size] = '\0';
	return true;
}

bool yg_call_day(const struct yg_hub_call *call, const json_t *in, const char *key, int32_t *to)
{
	const json_t *value = json_object_get(in, key);

	*to = YG_DAY_NONE;
	if (!value || json_is_null(value))
		return true;
	*to = yg_day_read(yg_json_text(in, key));
	if (*to != YG_DAY_NONE)
		return true;
	(void)yg_call_refuse(call, 400, "bad-day", N_("A day is not right"),
			     N_("Write days as 2026-11-25.")); /* always YG_OK */
	return false;
}

json_t *yg_call_grants_json(const struct yg_hub_grant *grants, uint32_t count)
{
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < count; i++) {
		json_t *grant = json_pack("{s:s, s:s}", "role", yg_hub_role_name(grants[i].role),
					  "org", grants[i].org);

		if (!grant || json_array_append_new(list, grant) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

bool yg_call_rights(const struct yg_hub_call *call, const json_t *in, uint64_t *to)
{
	const json_t *list = json_object_get(in, "rights");

	*to = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		uint64_t right = 0;

		if (!name || !yg_token_rights_read(yg_bytes_str(name), &right) || right == 0) {
			(void)yg_call_bad(call, N_("rights names something that is no right."));
			return false; /* said above, always YG_OK */
		}
		*to |= right;
	}
	return true;
}
