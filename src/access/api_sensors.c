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
			    const json_t *heartbeat)
{
	int64_t now = call->api->opts.clock.now_ns(call->api->opts.clock.arg);
	int64_t received;
	bool has_zone;

	if (sensor->is_revoked)
		return "revoked";
	if (now >= sensor->until_ns)
		return "expired";
	if (!yg_time_parse_iso(yg_json_text(heartbeat, "received"), 0, &received, &has_zone))
		return "never";
	return now - received > SILENT_AFTER_NS ? "silent" : "connected";
}

static json_t *sensor_json(const struct yg_hub_call *call, const struct yg_enrol_sensor *sensor)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	json_t *heartbeat = ports->heartbeat ? ports->heartbeat(ports->arg, sensor->id) : NULL;
	json_t *item = json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:O?}", "id", sensor->id, "org",
				 sensor->org, "host", yg_json_string(yg_bytes_str(sensor->host)),
				 "state", state_of(call, sensor, heartbeat), "enrolled",
				 yg_call_time(sensor->enrolled_ns), "certificate_until",
				 yg_call_time(sensor->until_ns), "last_heartbeat", heartbeat);

	json_decref(heartbeat);
	return item;
}

struct listing {
	const struct yg_hub_call *call;
	const struct yg_hub_reach *reach; /* NULL: all that come are reached */
	struct yg_bytes after;		  /* "ORG/ID" */
	json_t *items;
	uint32_t limit;
	char last[2 * YG_ENROL_ID_MAX + 2];
	bool is_more;
};

static bool is_reached(const struct listing *listing, const char *org)
{
	const struct yg_hub_reach *reach = listing->reach;

	if (!reach || reach->is_all)
		return true;
	for (uint32_t i = 0; i < reach->count; i++)
		if (strcmp(reach->orgs[i], org) == 0)
			return true;
	return false;
}

/* Not behind @after in the order of the list. */
static bool is_up_to(const char *name, struct yg_bytes after)
{
	size_t size = strlen(name);
	size_t common = size < after.size ? size : after.size;
	int order = memcmp(name, after.data, common);

	return order < 0 || (order == 0 && size <= after.size);
}

static int add_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct listing *listing = arg;
	char name[sizeof(listing->last)];
	json_t *item;

	(void)snprintf(name, sizeof(name), "%s/%s", sensor->org, sensor->id); /* two ids fit */
	if (!is_reached(listing, sensor->org) ||
	    (listing->after.size > 0 && is_up_to(name, listing->after)))
		return YG_OK;
	if (json_array_size(listing->items) == listing->limit) {
		listing->is_more = true;
		return YG_EEND;
	}
	item = sensor_json(listing->call, sensor);
	memcpy(listing->last, name, sizeof(name));
	return item && json_array_append_new(listing->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_sensors(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_hub_reach reach = {0};
	struct listing listing = {
		.call = call, .items = json_array(), .after = yg_call_query(call, "after", mem)};
	const char *org = call->access ? yg_access_org(call->access) : NULL;
	int rc = listing.items ? yg_call_query_limit(call, &listing.limit) : YG_ENOMEM;

	if (rc == YG_OK && !org) {
		rc = yg_hub_reach(call->api->opts.hub, call->request->actor, call->right, &reach);
		listing.reach = &reach;
	}
	if (rc == YG_OK)
		rc = yg_enrol_sensor_list(call->api->opts.enrol, org, add_sensor, &listing);
	yg_hub_reach_done(&reach);
	if (rc == YG_OK || (rc == YG_EEND && listing.is_more))
		return yg_call_page(call, listing.items,
				    yg_bytes_str(listing.is_more ? listing.last : ""));
	json_decref(listing.items);
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- one sensor ---- */

struct search {
	const char *id;
	struct yg_enrol_sensor sensor;
	bool is_found;
};

static int find_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct search *search = arg;

	if (strcmp(sensor->id, search->id) != 0)
		return YG_OK;
	search->sensor = *sensor;
	search->is_found = true;
	return YG_EEND;
}

/* The sensor of the path, where the caller reaches its organisation: YG_OK or YG_ENOENT. */
static int look(const struct yg_hub_call *call, struct yg_enrol_sensor *ret)
{
	char id[YG_ENROL_ID_MAX + 1];
	struct search search = {.id = id};
	const char *org = call->access ? yg_access_org(call->access) : NULL;
	bool is_ours = false;
	int rc;

	if (!yg_call_part(call, 0, id, sizeof(id)))
		return YG_ENOENT;
	rc = yg_enrol_sensor_list(call->api->opts.enrol, org, find_sensor, &search);
	if (rc != YG_OK && !(rc == YG_EEND && search.is_found))
		return rc;
	if (!search.is_found)
		return YG_ENOENT;
	rc = yg_call_reaches(call, search.sensor.org, &is_ours);
	*ret = search.sensor;
	return rc == YG_OK && !is_ours ? YG_ENOENT : rc;
}

int yg_hub_do_get_sensor(struct yg_hub_call *call)
{
	struct yg_enrol_sensor sensor;
	int rc = look(call, &sensor);

	if (rc == YG_OK)
		return yg_call_json(call, 200, sensor_json(call, &sensor));
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
	return rc == YG_OK ? yg_call_json(call, 200, sensor_json(call, &sensor)) : rc;
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
