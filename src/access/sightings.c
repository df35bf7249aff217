/* SPDX-License-Identifier: Apache-2.0 */
/* Indicators of warnings told to recipients, their sensors' lists, and what is shown of it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/sightings.h"

#include "access/warnings-int.h"
#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define HUB	     "hub"
#define SETTLE_MAX   500u
#define DAY_NS	     (86400 * YG_NS_PER_S)
#define DIGEST_CHARS 16u

/* ---- what is due ---- */

int yg_sight_plan_due(struct yg_hub_access *hub, const char *actor, const char *plan)
{
	return yg_warn_save(hub, actor, "told_due", plan, json_pack("{s:s}", "after", ""));
}

int yg_sight_org_due(struct yg_hub_access *hub, const char *actor, const char *org)
{
	return yg_warn_save(hub, actor, "lists_due", org, json_object());
}

struct first {
	char key[YG_HUB_KEY_MAX];
	char after[YG_HUB_KEY_MAX];
	bool is_there;
};

static int take_first(void *arg, struct yg_bytes key, const json_t *body)
{
	struct first *first = arg;

	(void)snprintf(first->key, sizeof(first->key), "%.*s", YG_FMT(key)); /* a key fits */
	yg_hub_text(body, "after", first->after, sizeof(first->after));
	first->is_there = true;
	return YG_EEND;
}

static int first_of(struct yg_hub_access *hub, const char *kind, struct first *ret)
{
	int rc;

	*ret = (struct first){.is_there = false};
	rc = yg_hub_each(hub, YG_WARN_STORE, kind, "", "", 1, take_first, ret);
	rc = rc == YG_EEND ? YG_OK : rc;
	return rc == YG_OK && !ret->is_there ? YG_ENOENT : rc;
}

/* ---- what a recipient is told ---- */

/* One that cannot be looked for is none: the list is for programs. */
static bool is_searched(const json_t *one)
{
	struct yg_bytes type = yg_json_text(one, "type");

	return yg_bytes_eq(type, YG_S("address")) || yg_bytes_eq(type, YG_S("domain")) ||
	       yg_bytes_eq(type, YG_S("url")) || yg_bytes_eq(type, YG_S("hash"));
}

static int add_value(json_t *to, const json_t *one, int64_t until_ns)
{
	static const char *const keys[] = {"type", "value", "tlp", "pap", "confidence"};
	json_t *value = json_pack("{s:I}", "until_s", (json_int_t)(until_ns / YG_NS_PER_S));
	int rc = value ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(one, keys[i]))
			rc = yg_json_set(value, keys[i],
					 json_incref(json_object_get(one, keys[i])));
	if (rc == YG_OK && json_array_append(to, value) != 0)
		rc = YG_ENOMEM;
	json_decref(value);
	return rc;
}

/* Those that count still; *until_ns: when the first of them does not any more. */
static int values_of(const json_t *copy, const json_t *warning, int64_t now_ns, json_t *to,
		     int64_t *until_ns)
{
	const json_t *list = json_object_get(json_object_get(copy, "attack"), "indicators");
	int64_t end_ns = yg_warn_time_of(warning, "released") + YG_SIGHT_VALID_DAYS * DAY_NS;
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		int64_t own_ns = yg_warn_time_of(one, "valid_until");

		own_ns = own_ns == YG_TIME_NONE ? end_ns : own_ns;
		if (!is_searched(one) || own_ns <= now_ns)
			continue;
		if (*until_ns == YG_TIME_NONE || own_ns < *until_ns)
			*until_ns = own_ns;
		rc = add_value(to, one, own_ns);
	}
	return rc;
}

struct settling {
	struct yg_hub_access *hub;
	const char *plan;
	json_t *body; /* of the plan */
	int64_t now_ns;
	int64_t until_ns; /* the first end of all that were told */
	bool is_changed;
};

static bool is_wanted(const json_t *warning)
{
	struct yg_bytes kind = yg_json_text(warning, "kind");

	return yg_warn_is_out(warning) && json_is_null(json_object_get(warning, "replaced")) &&
	       !yg_bytes_eq(kind, YG_S("withdrawal")) && !yg_bytes_eq(kind, YG_S("drill"));
}

/* What the gate lets go to sensors of this recipient; *ret stays NULL where that is nothing. */
static int told_of(struct settling *s, const json_t *warning, json_t **ret)
{
	struct yg_warn_variant variant;
	json_t *text = NULL, *values = json_array();
	int rc = values ? YG_OK : YG_ENOMEM;

	yg_warn_variant_of(s->plan, s->body, warning, YG_OUTLET_SENSOR, &variant);
	variant.audience = YG_AUDIENCE_SENSOR;
	variant.agreed = YG_AGREED_NAMELESS;
	if (rc == YG_OK)
		rc = yg_warn_text(s->hub, HUB, &variant, &text);
	if (rc == YG_OK)
		rc = values_of(json_object_get(text, "copy"), warning, s->now_ns, values,
			       &s->until_ns);
	if (rc == YG_OK && json_array_size(values) > 0) {
		*ret = json_pack(
			"{s:s, s:O, s:O, s:O, s:s, s:O, s:b}", "plan", s->plan, "number",
			json_object_get(warning, "number"), "released",
			json_object_get(warning, "released"), "tlp", json_object_get(text, "tlp"),
			"pap", json_string_value(json_object_get(warning, "pap")), "values", values,
			"automatic", (int)json_is_true(json_object_get(warning, "automatic")));
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	json_decref(values);
	json_decref(text);
	return rc;
}

static int settle_one(struct settling *s, const char *id, const json_t *warning)
{
	char org[YG_ENROL_ID_MAX + 1];
	char key[YG_HUB_KEY_MAX];
	json_t *told = NULL, *was = NULL;
	int rc = YG_OK;

	yg_hub_text(warning, "org", org, sizeof(org));
	if (!yg_hub_key(key, org, id))
		return YG_OK;
	/* What is an exercise is looked for by nobody's sensors. */
	if (is_wanted(warning) &&
	    !json_is_true(json_object_get(json_object_get(s->body, "notice"), "exercise")))
		rc = told_of(s, warning, &told);
	if (rc == YG_OK)
		rc = yg_warn_load(s->hub, "told", key, &was);
	rc = rc == YG_ENOENT ? YG_OK : rc;
	if (rc == YG_OK && !json_equal(told, was) && (told || was)) {
		s->is_changed = true;
		rc = told ? yg_warn_save(s->hub, HUB, "told", key, json_incref(told))
			  : yg_warn_drop(s->hub, HUB, "told", key);
		if (rc == YG_OK)
			rc = yg_sight_org_due(s->hub, HUB, org);
	}
	json_decref(told);
	json_decref(was);
	return rc;
}

struct some {
	char (*ids)[YG_WARN_ID_HEX + 1];
	json_t **bodies;
	uint32_t count;
	uint32_t room;
};

static int take_some(void *arg, struct yg_bytes key, const json_t *body)
{
	struct some *some = arg;

	if (some->count == some->room)
		return YG_EEND;
	if (key.size != YG_WARN_ID_HEX)
		return YG_OK;
	memcpy(some->ids[some->count], key.data, YG_WARN_ID_HEX);
	some->ids[some->count][YG_WARN_ID_HEX] = '\0';
	some->bodies[some->count++] = json_incref((json_t *)(uintptr_t)body);
	return YG_OK;
}

static int settle_some(struct settling *s, const char *after, uint32_t limit, struct some *some)
{
	int rc;

	some->room = limit;
	some->ids = yg_calloc(limit, sizeof(*some->ids));
	some->bodies = yg_calloc(limit, sizeof(*some->bodies));
	rc = some->ids && some->bodies ? yg_hub_each(s->hub, YG_WARN_STORE, "warning", s->plan,
						     after, 0, take_some, some)
				       : YG_ENOMEM;
	rc = rc == YG_EEND ? YG_OK : rc;
	for (uint32_t i = 0; i < some->count && rc == YG_OK; i++)
		rc = settle_one(s, some->ids[i], some->bodies[i]);
	return rc;
}

static void some_done(struct some *some)
{
	for (uint32_t i = 0; i < some->count; i++)
		json_decref(some->bodies[i]);
	free(some->ids);
	free(some->bodies);
}

/* In a transaction. */
static int settle(struct settling *s, const struct first *due, uint32_t limit)
{
	struct some some = {0};
	int rc = yg_warn_load(s->hub, "plan", s->plan, &s->body);

	if (rc == YG_ENOENT)
		return yg_warn_drop(s->hub, HUB, "told_due", s->plan);
	if (rc == YG_OK)
		rc = settle_some(s, due->after, limit, &some);
	if (rc == YG_OK && s->until_ns != YG_TIME_NONE)
		rc = yg_warn_timer(s->hub, HUB, s->until_ns, s->plan, "expire");
	if (rc == YG_OK)
		rc = some.count < limit
			     ? yg_warn_drop(s->hub, HUB, "told_due", s->plan)
			     : yg_warn_save(s->hub, HUB, "told_due", s->plan,
					    json_pack("{s:s}", "after", some.ids[limit - 1]));
	some_done(&some);
	json_decref(s->body);
	return rc;
}

int yg_sight_settle(struct yg_hub_access *hub, int64_t now_ns, uint32_t limit, bool *ret_changed)
{
	struct settling s = {.hub = hub, .now_ns = now_ns, .until_ns = YG_TIME_NONE};
	struct first due;
	int rc;

	*ret_changed = false;
	limit = limit < SETTLE_MAX ? limit : SETTLE_MAX;
	rc = first_of(hub, "told_due", &due); /* before a transaction: mostly there is none */
	if (rc != YG_OK)
		return rc;
	rc = yg_control_begin(hub->store);
	if (rc != YG_OK)
		return rc;
	rc = first_of(hub, "told_due", &due);
	s.plan = due.key;
	if (rc == YG_OK)
		rc = settle(&s, &due, limit);
	if (rc == YG_OK)
		rc = yg_control_commit(hub->store);
	else
		yg_control_abort(hub->store);
	*ret_changed = rc == YG_OK && s.is_changed;
	return rc;
}

/* ---- the lists of sensors ---- */

/* A list as it is sent: name, text, what tells one text from another. */
struct list {
	char name[YG_WARN_ID_HEX + 32];
	char digest[DIGEST_CHARS + 1];
	char *text;
	struct yg_enrol_message *message; /* once a sensor lacks it */
};

struct telling {
	struct yg_hub_access *hub;
	const char *org;
	struct list *lists;
	uint32_t count;
	uint32_t room;
	struct yg_buf text;
	struct {
		char id[YG_ENROL_ID_MAX + 1];
	} * sensors;
	uint32_t sensor_count;
};

/* A cell of a table: quoted, whatever is in it. */
static void put_cell(struct yg_buf *to, struct yg_bytes text)
{
	yg_buf_add_byte(to, '"');
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"')
			yg_buf_add_byte(to, '"');
		yg_buf_add_byte(to, text.data[i] < ' ' ? ' ' : text.data[i]);
	}
	yg_buf_add_byte(to, '"');
}

static void put_value(struct yg_buf *to, const json_t *one, const json_t *told, const char *id)
{
	struct yg_bytes tlp = yg_json_text(one, "tlp"), pap = yg_json_text(one, "pap");
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(yg_json_int(one, "until_s", 0) * YG_NS_PER_S, 0, iso);
	put_cell(to, yg_json_text(one, "value"));
	yg_buf_add_str(to, ",\"warning ");
	yg_buf_add(to, yg_json_text(told, "number")); /* a number of ours */
	yg_buf_add_str(to, "\",");
	put_cell(to, tlp.size ? tlp : yg_json_text(told, "tlp"));
	yg_buf_add_byte(to, ',');
	put_cell(to, pap.size ? pap : yg_json_text(told, "pap"));
	yg_buf_addf(to, ",%lld,%s,\"warning %s%s\"\n", (long long)yg_json_int(one, "confidence", 0),
		    iso, id,
		    json_is_true(json_object_get(told, "automatic")) ? ", automatic, unconfirmed"
								     : "");
}

static int add_list(struct telling *t, const char *id, unsigned part)
{
	uint8_t digest[YG_DIGEST_BYTES];
	char hex[2 * YG_DIGEST_BYTES + 1];
	struct list *one;

	if (yg_buf_error(&t->text) != YG_OK)
		return yg_buf_error(&t->text);
	if (t->count == t->room) {
		uint32_t room = t->room ? 2 * t->room : 16;
		struct list *more = yg_reallocarray(t->lists, room, sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		t->lists = more;
		t->room = room;
	}
	one = &t->lists[t->count];
	one->message = NULL;
	if (part == 0)
		(void)snprintf(one->name, sizeof(one->name), "warning-%s.csv", id); /* fits */
	else
		(void)snprintf(one->name, sizeof(one->name), "warning-%s-%u.csv", id, part + 1);
	yg_digest(yg_buf_bytes(&t->text), digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, hex);
	memcpy(one->digest, hex, DIGEST_CHARS);
	one->digest[DIGEST_CHARS] = '\0';
	one->text = yg_strndup((const char *)t->text.data, t->text.size);
	if (!one->text)
		return YG_ENOMEM;
	t->count++;
	return YG_OK;
}

static void begin_list(struct telling *t)
{
	yg_buf_reset(&t->text);
	yg_buf_add_str(&t->text, "value,source,tlp,pap,confidence,valid_until,comment\n");
}

static int add_told(void *arg, struct yg_bytes key, const json_t *told)
{
	struct telling *t = arg;
	const json_t *values = json_object_get(told, "values");
	struct yg_bytes tail = yg_bytes_from(key, yg_bytes_chr(key, '/') + 1);
	char id[YG_WARN_ID_HEX + 1];
	unsigned part = 0;
	int rc = YG_OK;

	if (tail.size != YG_WARN_ID_HEX)
		return YG_OK;
	if (t->count >= YG_SIGHT_LISTS_MAX)
		return YG_EEND; /* ids begin with their time, the newest first */
	memcpy(id, tail.data, YG_WARN_ID_HEX);
	id[YG_WARN_ID_HEX] = '\0';
	begin_list(t);
	for (size_t i = 0; rc == YG_OK && i < json_array_size(values); i++) {
		if (t->text.size > YG_SIGHT_PART_BYTES) {
			rc = add_list(t, id, part++);
			begin_list(t);
		}
		put_value(&t->text, json_array_get(values, i), told, id);
	}
	return rc == YG_OK ? add_list(t, id, part) : rc;
}

static const struct list *find_list(const struct telling *t, const char *name)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (strcmp(t->lists[i].name, name) == 0)
			return &t->lists[i];
	return NULL;
}

static int make_message(json_t *take_body, struct yg_enrol_message **ret)
{
	struct yg_buf text;
	int rc = take_body ? YG_OK : YG_ENOMEM;

	yg_buf_init(&text, YG_ENROL_BODY_MAX);
	if (rc == YG_OK)
		rc = yg_json_canonical(take_body, &text);
	if (rc == YG_OK)
		rc = yg_enrol_message_new("detect", yg_buf_bytes(&text), ret);
	yg_buf_done(&text);
	json_decref(take_body);
	return rc;
}

static int send(struct telling *t, const char *sensor, const struct yg_enrol_message *message,
		uint64_t *ret_number)
{
	return yg_enrol_down_send(t->hub->enrol, t->org, sensor, message, ret_number);
}

static int send_removal(struct telling *t, const char *sensor, const char *name)
{
	struct yg_enrol_message *message = NULL;
	uint64_t number;
	int rc = make_message(
		json_pack("{s:s, s:s, s:b}", "what", "indicators", "name", name, "remove", 1),
		&message);

	if (rc == YG_OK)
		rc = send(t, sensor, message, &number);
	(void)yg_enrol_message_free(message);
	return rc;
}

static int send_list(struct telling *t, const char *sensor, struct list *one, uint64_t *ret_number)
{
	int rc = one->message ? YG_OK
			      : make_message(json_pack("{s:s, s:s, s:s}", "what", "indicators",
						       "name", one->name, "text", one->text),
					     &one->message);

	return rc == YG_OK ? send(t, sensor, one->message, ret_number) : rc;
}

/* What is told no more is taken away, unless it was before. */
static int send_removals(struct telling *t, const char *sensor, json_t *lists)
{
	const char *name;
	json_t *one;
	void *next;
	int rc = YG_OK;

	json_object_foreach_safe(lists, next, name, one)
	{
		if (rc != YG_OK || find_list(t, name))
			continue;
		rc = send_removal(t, sensor, name);
		if (rc == YG_OK)
			(void)json_object_del(lists, name); /* it is there */
	}
	return rc;
}

static int send_lists(struct telling *t, const char *sensor, json_t *lists)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < t->count; i++) {
		struct list *one = &t->lists[i];
		const json_t *was = json_object_get(lists, one->name);
		uint64_t number = 0;

		if (yg_bytes_eq(yg_json_text(was, "digest"), yg_bytes_str(one->digest)))
			continue;
		rc = send_list(t, sensor, one, &number);
		if (rc == YG_OK)
			rc = yg_json_set(lists, one->name,
					 json_pack("{s:s, s:I}", "digest", one->digest, "number",
						   (json_int_t)number));
	}
	return rc;
}

static int tell_sensor(struct telling *t, const char *sensor)
{
	char key[YG_HUB_KEY_MAX];
	json_t *body = NULL, *was = NULL;
	int rc;

	if (!yg_hub_key(key, t->org, sensor))
		return YG_OK;
	rc = yg_warn_load(t->hub, "lists", key, &was);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	body = was ? json_deep_copy(was) : json_object();
	rc = body ? send_removals(t, sensor, body) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = send_lists(t, sensor, body);
	if (rc == YG_OK && !json_equal(body, was) && (was || json_object_size(body) > 0))
		rc = yg_warn_save(t->hub, HUB, "lists", key, json_incref(body));
	json_decref(body);
	json_decref(was);
	return rc;
}

static int take_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct telling *t = arg;

	if (sensor->is_revoked)
		return YG_OK;
	if ((t->sensor_count & (t->sensor_count - 1)) == 0) { /* full at each power of two */
		void *more = yg_reallocarray(t->sensors,
					     t->sensor_count ? 2 * (size_t)t->sensor_count : 1,
					     sizeof(*t->sensors));

		if (!more)
			return YG_ENOMEM;
		t->sensors = more;
	}
	memcpy(t->sensors[t->sensor_count++].id, sensor->id, sizeof(sensor->id));
	return YG_OK;
}

/* In a transaction: messages and what is known of them are one. */
static int tell_org(struct telling *t)
{
	char prefix[YG_HUB_KEY_MAX];
	int rc = yg_hub_key(prefix, t->org, "")
			 ? yg_hub_each(t->hub, YG_WARN_STORE, "told", prefix, "", 0, add_told, t)
			 : YG_EEND;

	rc = rc == YG_EEND ? YG_OK : rc;
	if (rc == YG_OK)
		rc = yg_enrol_sensor_list(t->hub->enrol, t->org, take_sensor, t);
	for (uint32_t i = 0; rc == YG_OK && i < t->sensor_count; i++)
		rc = tell_sensor(t, t->sensors[i].id);
	return rc == YG_OK ? yg_warn_drop(t->hub, HUB, "lists_due", t->org) : rc;
}

int yg_sight_tell(struct yg_hub_access *hub)
{
	struct telling t = {.hub = hub};
	struct first due;
	int rc = first_of(hub, "lists_due", &due);

	if (rc != YG_OK)
		return rc;
	rc = yg_control_begin(hub->store);
	if (rc != YG_OK)
		return rc;
	t.org = due.key;
	yg_buf_init(&t.text, 4 * YG_SIGHT_PART_BYTES);
	rc = tell_org(&t);
	if (rc == YG_OK)
		rc = yg_control_commit(hub->store);
	else
		yg_control_abort(hub->store);
	for (uint32_t i = 0; i < t.count; i++) {
		free(t.lists[i].text);
		(void)yg_enrol_message_free(t.lists[i].message);
	}
	free(t.lists);
	free(t.sensors);
	yg_buf_done(&t.text);
	return rc;
}

/* ---- what the hub itself looks for ---- */

struct each {
	yg_sight_value_fn fn;
	void *arg;
};

static int each_told(void *arg, struct yg_bytes key, const json_t *told)
{
	const struct each *each = arg;
	const json_t *values = json_object_get(told, "values");
	size_t slash = yg_bytes_chr(key, '/');
	char org[YG_ENROL_ID_MAX + 1];
	char id[YG_WARN_ID_HEX + 1];
	struct yg_sight_value one = {.org = org, .warning = id};
	int rc = YG_OK;

	if (slash >= sizeof(org) || key.size - slash - 1 >= sizeof(id))
		return YG_OK;
	memcpy(org, key.data, slash);
	org[slash] = '\0';
	memcpy(id, key.data + slash + 1, key.size - slash - 1);
	id[key.size - slash - 1] = '\0';
	for (size_t i = 0; rc == YG_OK && i < json_array_size(values); i++) {
		const json_t *value = json_array_get(values, i);

		one.value = yg_json_text(value, "value");
		one.until_ns = yg_json_int(value, "until_s", 0) * YG_NS_PER_S;
		rc = each->fn(each->arg, &one);
	}
	return rc;
}

int yg_sight_each(struct yg_hub_access *hub, yg_sight_value_fn fn, void *arg)
{
	struct each each = {fn, arg};

	return yg_hub_each(hub, YG_WARN_STORE, "told", "", "", 0, each_told, &each);
}
