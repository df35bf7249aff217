/* SPDX-License-Identifier: Apache-2.0 */
/* What the hub has of an organisation's ledgers: its batches, newest first. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/hub-int.h"

#include "base/ban.h"

#define LINE_MAX 1024u

struct listing {
	const struct yg_hub_call *call;
	json_t *items;
};

static json_t *text_or_null(const json_t *line, const char *key)
{
	struct yg_bytes text = yg_json_text(line, key);

	return text.size ? yg_json_string(text) : json_null();
}

/* `records` of a drop record are those that were given up, from sequence to last. */
static json_t *item_of(const struct listing *l, const json_t *line)
{
	struct yg_bytes sensor = yg_json_text(line, "sensor");
	const json_t *kinds = json_object_get(line, "kinds");
	bool is_drop = json_object_get(line, "last") != NULL;
	int64_t first = yg_json_int(line, is_drop ? "first" : "sequence", 0);
	char id[24];

	(void)snprintf(id, sizeof(id), "%llu",
		       (unsigned long long)yg_veil(l->call->api->veil_key,
						   (uint64_t)yg_json_int(line, "at", 0)));
	return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:o, s:b}", "id", id,
			 "time", text_or_null(line, "received"), "sensor",
			 yg_json_string(yg_bytes_from(sensor, yg_bytes_chr(sensor, '/') + 1)),
			 "epoch", (json_int_t)yg_json_int(line, "epoch", 0), "sequence",
			 (json_int_t)first, "last", (json_int_t)yg_json_int(line, "last", first),
			 "records", (json_int_t)yg_json_int(line, "records", 0), "dropped",
			 (int)is_drop, "kinds",
			 kinds ? json_incref((json_t *)(uintptr_t)kinds) : json_null(), "sha256",
			 text_or_null(line, "sha256"), "line", text_or_null(line, "line"),
			 "countersigned", (int)(yg_json_text(line, "line").size > 0));
}

static int add_line(void *arg, struct yg_bytes text)
{
	const struct listing *l = arg;
	struct yg_fault fault;
	json_t *line = NULL;
	int rc = yg_json_load(text, LINE_MAX, &line, &fault);

	if (rc == YG_OK && json_array_append_new(l->items, item_of(l, line)) != 0)
		rc = YG_ENOMEM;
	json_decref(line);
	return rc;
}

static int end_page(const struct yg_hub_call *call, json_t *items, uint64_t next)
{
	char text[24] = "";

	if (next > 0)
		(void)snprintf(text, sizeof(text), "%llu",
			       (unsigned long long)yg_veil(call->api->veil_key, next));
	return yg_call_page(call, items, yg_bytes_str(text));
}

/* ?after= and ?sensor= to @ask. False: refused in the reply. */
static bool read_query(const struct yg_hub_call *call, struct yg_hub_batches_ask *ask,
		       char sensor[YG_ENROL_ID_MAX + 1])
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_call_query(call, "after", mem);
	uint64_t veiled = 0;

	if (text.size > 0 &&
	    (!yg_bytes_u64(text, &veiled) ||
	     !yg_unveil(call->api->veil_key, veiled, &ask->before) || ask->before == 0)) {
		(void)yg_call_bad(call, N_("after must be what `next` said.")); /* always YG_OK */
		return false;
	}
	text = yg_call_query(call, "sensor", mem);
	if (text.size > 0 && !yg_enrol_is_id(text)) {
		(void)yg_call_bad(call, N_("sensor is a sensor's id.")); /* as above */
		return false;
	}
	(void)snprintf(sensor, YG_ENROL_ID_MAX + 1, "%.*s", YG_FMT(text)); /* an id */
	return true;
}

int yg_hub_do_list_ledger(struct yg_hub_call *call)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	char sensor[YG_ENROL_ID_MAX + 1];
	struct listing l = {call, NULL};
	struct yg_hub_batches_ask ask = {
		.org = yg_access_org(call->access), .sensor = sensor, .fn = add_line, .arg = &l};
	uint64_t next = 0;
	int rc = yg_call_query_limit(call, &ask.limit);

	if (rc != YG_OK || !read_query(call, &ask, sensor))
		return rc == YG_EEND ? YG_OK : rc;
	l.items = json_array();
	rc = l.items ? YG_OK : YG_ENOMEM;
	if (rc == YG_OK && ports->batches)
		rc = ports->batches(ports->arg, &ask, &next);
	if (rc == YG_OK)
		return end_page(call, l.items, next);
	json_decref(l.items);
	return rc;
}
