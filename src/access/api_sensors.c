/* SPDX-License-Identifier: Apache-2.0 */
/* The sensors of organisations: which there are, how they are, and who may come in. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/audit.h"

#include "base/ban.h"

#define TOKEN_HOURS	72
#define TOKEN_HOURS_MAX (30 * 24)
#define SILENT_AFTER_NS (90 * YG_NS_PER_S)

/* What is heard of a sensor now, in one word. */
static const char *state_of(const struct yg_hub_call *call, const struct yg_enrol_sensor *sensor,
			    int64_t received_ns)
{
	int64_t now = call->api->opts.clock.now_ns(call->api->opts.clock.arg);

	if (sensor->is_revoked)
		return "revoked";
	if (now >= sensor->until_ns)
		return "expired";
	if (received_ns == YG_TIME_NONE)
		return "never";
	return now - received_ns > SILENT_AFTER_NS ? "silent" : "connected";
}

static void add_text(struct yg_buf *to, const char *key, const char *text)
{
	yg_buf_addf(to, "%s\":", key);
	yg_buf_add_json(to, yg_bytes_str(text));
}

static void add_time(struct yg_buf *to, const char *key, int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(time_ns, 0, iso);
	yg_buf_addf(to, "%s\":\"%s\"", key, iso);
}

/* Written at once: consoles ask for a list of these every few seconds. */
static void add_object(const struct yg_hub_call *call, const struct yg_enrol_sensor *sensor,
		       struct yg_buf *to)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	struct yg_hub_heartbeat beat = {.received_ns = YG_TIME_NONE};
	bool has_beat = ports->heartbeat && ports->heartbeat(ports->arg, sensor->id, &beat);

	add_text(to, "{\"id", sensor->id);
	add_text(to, ",\"org", sensor->org);
	add_text(to, ",\"host", sensor->host);
	add_text(to, ",\"state", state_of(call, sensor, beat.received_ns));
	add_time(to, ",\"enrolled", sensor->enrolled_ns);
	add_time(to, ",\"certificate_until", sensor->until_ns);
	yg_buf_add_str(to, ",\"last_heartbeat\":");
	yg_buf_add(to, has_beat ? beat.text : YG_S("null"));
	yg_buf_add_byte(to, '}');
}

struct listing {
	const struct yg_hub_call *call;
	struct yg_bytes after; /* "ORG/ID" */
	uint32_t count;
	uint32_t limit;
	char last[2 * YG_ENROL_ID_MAX + 2];
	bool is_more;
};

static int add_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct listing *listing = arg;
	struct yg_buf *to = &listing->call->reply->body;

	if (listing->count == listing->limit) {
		listing->is_more = true;
		return YG_EEND;
	}
	yg_buf_add_str(to, listing->count++ > 0 ? "," : "");
	add_object(listing->call, sensor, to);
	(void)snprintf(listing->last, sizeof(listing->last), "%s/%s", sensor->org,
		       sensor->id); /* two ids fit */
	return yg_buf_error(to);
}

/* Those of @org (NULL: of all) that are still wanted, and one more. */
static int list_of(struct listing *listing, const char *org)
{
	return yg_enrol_sensor_page(listing->call->api->opts.enrol, org, listing->after,
				    listing->limit - listing->count + 1, add_sensor, listing);
}

/* Organisations in the order of "ORG/ID": where one id begins another, '-' comes before '/'. */
static int by_name(const void *a, const void *b)
{
	char x[YG_ENROL_ID_MAX + 2], y[YG_ENROL_ID_MAX + 2];

	(void)snprintf(x, sizeof(x), "%s/", (const char *)a); /* an id and one more fit */
	(void)snprintf(y, sizeof(y), "%s/", (const char *)b); /* as above */
	return strcmp(x, y);
}

/* All of an organisation come before @after. */
static bool is_passed(const char *org, struct yg_bytes after)
{
	char name[YG_ENROL_ID_MAX + 2];
	size_t size = (size_t)snprintf(name, sizeof(name), "%s/", org); /* as above */
	size_t common = size < after.size ? size : after.size;
	int order = common > 0 ? memcmp(name, after.data, common) : 0;

	return order < 0; /* equal: @after is within it, or before it */
}

static int list_reached(struct listing *listing)
{
	const struct yg_hub_call *call = listing->call;
	struct yg_hub_reach reach = {0};
	int rc = yg_hub_reach(call->api->opts.hub, call->request->actor, call->right, &reach);

	if (rc == YG_OK && reach.is_all)
		rc = list_of(listing, NULL);
	if (rc == YG_OK && reach.count > 1)
		qsort(reach.orgs, reach.count, sizeof(*reach.orgs), by_name);
	for (uint32_t i = 0; rc == YG_OK && i < reach.count; i++)
		if (!is_passed(reach.orgs[i], listing->after))
			rc = list_of(listing, reach.orgs[i]);
	yg_hub_reach_done(&reach);
	return rc;
}

int yg_hub_do_list_sensors(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct listing listing = {.call = call, .after = yg_call_query(call, "after", mem)};
	struct yg_buf *to = &call->reply->body;
	int rc = yg_call_query_limit(call, &listing.limit);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	yg_buf_add_str(to, "{\"items\":[");
	rc = call->access ? list_of(&listing, yg_access_org(call->access)) : list_reached(&listing);
	if (rc != YG_OK && !(rc == YG_EEND && listing.is_more))
		return rc;
	yg_buf_add_byte(to, ']');
	if (listing.is_more)
		add_text(to, ",\"next", listing.last);
	yg_buf_add_byte(to, '}');
	return yg_buf_error(to);
}

/* ---- one sensor ---- */

struct search {
	const char *id;
	struct yg_enrol_sensor *ret;
	bool is_found;
};

static int find_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct search *search = arg;

	if (strcmp(sensor->id, search->id) != 0)
		return YG_OK;
	*search->ret = *sensor;
	search->is_found = true;
	return YG_EEND;
}

/* Over all: an id is that of one sensor, but the register is by organisation. */
static int find_anywhere(const struct yg_hub_call *call, const char *id,
			 struct yg_enrol_sensor *ret)
{
	struct search search = {.id = id, .ret = ret};
	int rc = yg_enrol_sensor_list(call->api->opts.enrol, NULL, find_sensor, &search);

	if (rc != YG_OK && !(rc == YG_EEND && search.is_found))
		return rc;
	return search.is_found ? YG_OK : YG_ENOENT;
}

/* The sensor of the path, where the caller reaches its organisation: YG_OK or YG_ENOENT. */
static int look(const struct yg_hub_call *call, struct yg_enrol_sensor *ret)
{
	char id[YG_ENROL_ID_MAX + 1];
	struct yg_hub_reach reach = {0};
	int rc = yg_call_part(call, 0, id, sizeof(id)) ? yg_call_reach(call, &reach) : YG_ENOENT;

	if (rc == YG_OK && reach.is_all) {
		rc = find_anywhere(call, id, ret);
	} else if (rc == YG_OK) {
		rc = YG_ENOENT;
		for (uint32_t i = 0; rc == YG_ENOENT && i < reach.count; i++)
			rc = yg_enrol_sensor_look(call->api->opts.enrol, reach.orgs[i], id, ret);
	}
	yg_hub_reach_done(&reach);
	return rc;
}

static int answer(const struct yg_hub_call *call, const struct yg_enrol_sensor *sensor)
{
	add_object(call, sensor, &call->reply->body);
	return yg_buf_error(&call->reply->body);
}

int yg_hub_do_get_sensor(struct yg_hub_call *call)
{
	struct yg_enrol_sensor sensor;
	int rc = look(call, &sensor);

	if (rc == YG_OK)
		return answer(call, &sensor);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc;
}

int yg_hub_do_revoke_sensor(struct yg_hub_call *call)
{
	struct yg_enrol_sensor sensor;
	struct yg_access *by = NULL;
	struct yg_enrol *enrol = NULL;
	char name[2 * YG_ENROL_ID_MAX + 2];
	int rc = look(call, &sensor);

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	(void)snprintf(name, sizeof(name), "%s/%s", sensor.org, sensor.id); /* two ids fit */
	if (rc == YG_OK)
		rc = yg_call_open(call, sensor.org, call->right, &by);
	if (rc == YG_OK)
		rc = yg_call_register(call, by, &enrol);
	if (rc == YG_OK)
		rc = yg_enrol_sensor_revoke(enrol, name);
	if (rc == YG_OK)
		rc = yg_audit_add(call->api->opts.hub, yg_access_actor(by), sensor.org,
				  "sensor.revoke", sensor.id, "");
	(void)yg_enrol_free(enrol);
	(void)yg_access_free(by);
	if (rc == YG_OK)
		rc = look(call, &sensor);
	return rc == YG_OK ? answer(call, &sensor) : rc;
}

/* {"hours":72}: a token for one sensor, shown once. */
int yg_hub_do_add_enrol_token(struct yg_hub_call *call)
{
	char token[YG_ENROL_TOKEN_HEX + 1];
	const char *org = yg_access_org(call->access);
	struct yg_enrol *enrol = NULL;
	json_t *in;
	int64_t hours;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	hours = yg_json_int(in, "hours", json_object_get(in, "hours") ? 0 : TOKEN_HOURS);
	json_decref(in);
	if (hours < 1 || hours > TOKEN_HOURS_MAX)
		return yg_call_bad(call, N_("hours must be a number from 1 to 720."));
	call->reply->is_secret = true;
	rc = yg_call_register(call, call->access, &enrol);
	if (rc == YG_OK)
		rc = yg_enrol_token_new(enrol, org, hours * 3600, token);
	if (rc == YG_OK)
		rc = yg_audit_add(call->api->opts.hub, yg_access_actor(call->access), org,
				  "sensor.enrol-token", "", "");
	(void)yg_enrol_free(enrol);
	if (rc != YG_OK)
		return rc;
	return yg_call_json(
		call, 201,
		json_pack("{s:s, s:s, s:o}", "token", token, "org", org, "until",
			  yg_call_time(call->api->opts.clock.now_ns(call->api->opts.clock.arg) +
				       hours * 3600 * YG_NS_PER_S)));
}
