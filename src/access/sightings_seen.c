/* SPDX-License-Identifier: Apache-2.0 */
/* What indicators of warnings hit: written down, and shown. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/sightings.h"

#include "access/warnings-int.h"
#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define HUB "hub"

/* ---- written down ---- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a == YG_TIME_NONE || (b != YG_TIME_NONE && b < a) ? b : a;
}

static int64_t later(int64_t a, int64_t b)
{
	return a == YG_TIME_NONE || (b != YG_TIME_NONE && b > a) ? b : a;
}

/* @more of them between @one's times, in the sums of its warning under @key. */
static int add_sum(json_t *seen, const char *key, const struct yg_sighting *one, uint64_t more,
		   bool is_new)
{
	const json_t *was = json_object_get(seen, key);

	return yg_json_set(
		seen, key,
		json_pack("{s:I, s:I, s:o, s:o}", "count",
			  (json_int_t)(yg_json_int(was, "count", 0) + (json_int_t)more), "findings",
			  (json_int_t)(yg_json_int(was, "findings", 0) + is_new), "first",
			  yg_warn_time(earlier(yg_warn_time_of(was, "first"), one->first_ns)),
			  "last", yg_warn_time(later(yg_warn_time_of(was, "last"), one->last_ns))));
}

static const char *found_in(const struct yg_sighting *one)
{
	return one->hunt.size || one->is_home ? "archive" : "new";
}

static int put_sighting(struct yg_hub_access *hub, const char *key, const struct yg_sighting *one)
{
	return yg_warn_save(
		hub, HUB, "sighting", key,
		json_pack("{s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "found", found_in(one),
			  "sensor", yg_json_string(one->sensor), "value",
			  yg_json_string(one->value), "hunt",
			  one->hunt.size ? yg_json_string(one->hunt) : json_null(), "count",
			  (json_int_t)one->count, "first", yg_warn_time(one->first_ns), "last",
			  yg_warn_time(one->last_ns), "noted", yg_warn_time(yg_hub_now_ns(hub))));
}

/* In a transaction. */
static int add(struct yg_hub_access *hub, const struct yg_sighting *one, const char *key)
{
	json_t *was = NULL, *seen = NULL;
	uint64_t known, more;
	int64_t findings;
	int rc = yg_warn_load(hub, "sighting", key, &was);

	known = (uint64_t)yg_json_int(was, "count", 0);
	if (rc == YG_OK && known >= one->count) {
		json_decref(was);
		return YG_OK;
	}
	rc = rc == YG_ENOENT ? YG_OK : rc;
	if (rc == YG_OK)
		rc = yg_warn_load(hub, "seen", one->warning, &seen);
	if (rc == YG_ENOENT) {
		seen = json_object();
		rc = seen ? YG_OK : YG_ENOMEM;
	}
	findings = yg_json_int(json_object_get(seen, "new"), "findings", 0) +
		   yg_json_int(json_object_get(seen, "archive"), "findings", 0);
	more = one->count - known;
	/* Beyond what is kept one by one nobody knows what of it was counted before. */
	if (rc == YG_OK && !was && findings >= (int64_t)YG_SIGHT_SHOWN_MAX)
		rc = yg_json_set(seen, "more", json_true());
	else if (rc == YG_OK) {
		rc = add_sum(seen, found_in(one), one, more, !was);
		if (rc == YG_OK)
			rc = put_sighting(hub, key, one);
	}
	if (rc == YG_OK)
		rc = yg_warn_save(hub, HUB, "seen", one->warning, json_incref(seen));
	json_decref(was);
	json_decref(seen);
	return rc;
}

int yg_sight_add(struct yg_hub_access *hub, const struct yg_sighting *one)
{
	char key[YG_HUB_KEY_MAX];
	char hex[YG_SIGHT_HEX + 1];
	json_t *warning = NULL;
	int rc;

	yg_hex((struct yg_bytes){one->finding, sizeof(one->finding)}, hex);
	if (!yg_warn_is_id(one->warning) || !yg_hub_key(key, one->warning, hex))
		return YG_ENOENT;
	rc = yg_control_begin(hub->store);
	if (rc != YG_OK)
		return rc;
	rc = yg_warn_load(hub, "warning", one->warning, &warning);
	json_decref(warning);
	if (rc == YG_OK)
		rc = add(hub, one, key);
	if (rc == YG_OK || rc == YG_ENOENT) {
		int done = yg_control_commit(hub->store);

		return done == YG_OK ? rc : done;
	}
	yg_control_abort(hub->store);
	return rc;
}

int yg_sight_cursor(struct yg_hub_access *hub, uint64_t *ret)
{
	json_t *body = NULL;
	int rc = yg_warn_load(hub, "sight_cursor", "facts", &body);

	*ret = (uint64_t)yg_json_int(body, "change", 0);
	json_decref(body);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_sight_cursor_set(struct yg_hub_access *hub, uint64_t change)
{
	return yg_warn_save(hub, HUB, "sight_cursor", "facts",
			    json_pack("{s:I}", "change", (json_int_t)change));
}

int yg_sight_looked(struct yg_hub_access *hub, const char *warning,
		    const struct yg_sight_look *look)
{
	if (!yg_warn_is_id(warning))
		return YG_OK;
	return yg_warn_save(hub, HUB, "look", warning,
			    json_pack("{s:s, s:s, s:o, s:o, s:I}", "state", look->state, "hunt",
				      look->hunt, "from", yg_warn_time(look->from_ns), "to",
				      yg_warn_time(look->to_ns), "records",
				      (json_int_t)look->records));
}

/* ---- looks at home ---- */

static int put_home(struct yg_hub_access *hub, const char *key, const struct yg_sight_home *one)
{
	return yg_warn_save(hub, HUB, "home", key,
			    json_pack("{s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:I, s:I, s:o}", "state",
				      one->has_archive ? "done" : "none", "from",
				      yg_warn_time(one->from_ns), "to", yg_warn_time(one->to_ns),
				      "records", (json_int_t)one->records, "count",
				      (json_int_t)one->count, "first", yg_warn_time(one->first_ns),
				      "last", yg_warn_time(one->last_ns), "gaps",
				      (json_int_t)one->gaps, "damaged", (json_int_t)one->damaged,
				      "noted", yg_warn_time(yg_hub_now_ns(hub))));
}

/* Was this sensor given that list? In a transaction. */
static int was_given(struct yg_hub_access *hub, const struct yg_sight_home *one)
{
	char name[YG_WARN_ID_HEX + 16];
	char key[YG_HUB_KEY_MAX];
	json_t *lists = NULL;
	int rc;

	if (one->list.size >= sizeof(name) || !yg_hub_key(key, one->org, one->sensor))
		return YG_ENOENT;
	(void)snprintf(name, sizeof(name), "%.*s", YG_FMT(one->list)); /* measured */
	rc = yg_warn_load(hub, "lists", key, &lists);
	if (rc == YG_OK && !json_object_get(lists, name))
		rc = YG_ENOENT;
	json_decref(lists);
	return rc;
}

/* What it hit is one sighting of this sensor, without a value: it does not say which. */
static int home_sighting(struct yg_hub_access *hub, const char *id, const struct yg_sight_home *one)
{
	struct yg_sighting sighting = {.warning = id,
				       .sensor = yg_bytes_str(one->sensor),
				       .is_home = true,
				       .first_ns = one->first_ns,
				       .last_ns = one->last_ns,
				       .count = one->count};
	const struct yg_bytes parts[] = {YG_S("home"), yg_bytes_str(id), sighting.sensor};
	char hex[YG_SIGHT_HEX + 1];
	char key[YG_HUB_KEY_MAX];

	yg_id_derive(parts, 3, sighting.finding);
	yg_hex((struct yg_bytes){sighting.finding, sizeof(sighting.finding)}, hex);
	return one->count > 0 && yg_hub_key(key, id, hex) ? add(hub, &sighting, key) : YG_OK;
}

int yg_sight_home(struct yg_hub_access *hub, const struct yg_sight_home *home)
{
	const struct yg_bytes before = YG_S("warning-");
	char id[YG_WARN_ID_HEX + 1];
	char key[YG_HUB_KEY_MAX];
	json_t *warning = NULL;
	int rc;

	if (!yg_bytes_starts(home->list, before) || home->list.size < before.size + YG_WARN_ID_HEX)
		return YG_ENOENT;
	memcpy(id, home->list.data + before.size, YG_WARN_ID_HEX);
	id[YG_WARN_ID_HEX] = '\0';
	if (!yg_warn_is_id(id) || !yg_hub_key(key, id, home->sensor))
		return YG_ENOENT;
	rc = yg_control_begin(hub->store);
	if (rc != YG_OK)
		return rc;
	rc = was_given(hub, home);
	if (rc == YG_OK)
		rc = yg_warn_load(hub, "warning", id, &warning);
	json_decref(warning);
	if (rc == YG_OK)
		rc = put_home(hub, key, home);
	if (rc == YG_OK)
		rc = home_sighting(hub, id, home);
	if (rc == YG_OK)
		return yg_control_commit(hub->store);
	yg_control_abort(hub->store);
	return rc;
}

/* ---- shown ---- */

struct sensors {
	struct yg_hub_access *hub;
	const char *name; /* of the warning's list */
	json_t *items;
	json_int_t states[3];
};

static const char *const state_names[3] = {"waiting", "taken", "refused"};

static int add_sensor(void *arg, struct yg_bytes key, const json_t *lists)
{
	struct sensors *s = arg;
	const json_t *one = json_object_get(lists, s->name);
	struct yg_bytes id = yg_bytes_from(key, yg_bytes_chr(key, '/') + 1);
	char sensor[YG_ENROL_ID_MAX + 1];
	enum yg_enrol_down_state state = YG_ENROL_DOWN_WAITS;
	char why[YG_ENROL_NAME_MAX + 1] = "";
	int rc;

	if (!one || id.size >= sizeof(sensor))
		return YG_OK;
	(void)snprintf(sensor, sizeof(sensor), "%.*s", YG_FMT(id)); /* measured */
	rc = yg_enrol_down_look(s->hub->enrol, sensor, (uint64_t)yg_json_int(one, "number", 0),
				&state, why, sizeof(why));
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	s->states[state]++;
	return json_array_append_new(s->items, json_pack("{s:s, s:s, s:o}", "sensor", sensor,
							 "state", state_names[state], "detail",
							 yg_hub_string(why))) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

/* Which sensors have its list: by name, or how many. */
static int add_sensors(struct yg_hub_access *hub, const char *id, const char *org, bool is_own,
		       json_t *to)
{
	char name[YG_WARN_ID_HEX + 16];
	char prefix[YG_HUB_KEY_MAX];
	struct sensors s = {.hub = hub, .name = name, .items = json_array()};
	int rc = s.items && yg_hub_key(prefix, org, "") ? YG_OK : YG_ENOMEM;

	(void)snprintf(name, sizeof(name), "warning-%s.csv", id); /* fits */
	if (rc == YG_OK)
		rc = yg_hub_each(hub, YG_WARN_STORE, "lists", prefix, "", 0, add_sensor, &s);
	if (rc == YG_OK)
		rc = yg_json_set(to, "sensors",
				 json_pack("{s:I, s:I, s:I, s:o}", state_names[0], s.states[0],
					   state_names[1], s.states[1], state_names[2], s.states[2],
					   "items", is_own ? json_incref(s.items) : json_null()));
	json_decref(s.items);
	return rc;
}

struct homes {
	json_t *items;
	json_int_t records, count, gaps, none;
	int64_t from_ns, to_ns, first_ns, last_ns;
};

static int add_home(void *arg, struct yg_bytes key, const json_t *body)
{
	struct homes *h = arg;
	json_t *item = json_copy((json_t *)(uintptr_t)body); /* shallow; jansson takes no const */
	int rc = item ? yg_json_set(item, "sensor",
				    yg_json_string(yg_bytes_from(key, yg_bytes_chr(key, '/') + 1)))
		      : YG_ENOMEM;

	h->records += yg_json_int(body, "records", 0);
	h->count += yg_json_int(body, "count", 0);
	h->gaps += yg_json_int(body, "gaps", 0) + yg_json_int(body, "damaged", 0);
	h->none += yg_bytes_eq(yg_json_text(body, "state"), YG_S("none"));
	/* What all of them can speak of. */
	h->from_ns = later(h->from_ns, yg_warn_time_of(body, "from"));
	h->to_ns = earlier(h->to_ns, yg_warn_time_of(body, "to"));
	h->first_ns = earlier(h->first_ns, yg_warn_time_of(body, "first"));
	h->last_ns = later(h->last_ns, yg_warn_time_of(body, "last"));
	if (rc == YG_OK && json_array_append(h->items, item) != 0)
		rc = YG_ENOMEM;
	json_decref(item);
	return rc;
}

/* What sensors looked at in their own archives; null: none did, or none has told yet. */
static int add_homes(struct yg_hub_access *hub, const char *id, bool is_own, json_t *to)
{
	struct homes h = {.items = json_array(),
			  .from_ns = YG_TIME_NONE,
			  .to_ns = YG_TIME_NONE,
			  .first_ns = YG_TIME_NONE,
			  .last_ns = YG_TIME_NONE};
	char prefix[YG_HUB_KEY_MAX];
	int rc = h.items && yg_hub_key(prefix, id, "") ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_hub_each(hub, YG_WARN_STORE, "home", prefix, "", 0, add_home, &h);
	if (rc == YG_OK)
		rc = yg_json_set(
			to, "at_home",
			json_array_size(h.items) == 0
				? json_null()
				: json_pack("{s:I, s:I, s:o, s:o, s:I, s:I, s:o, s:o, s:I, s:o}",
					    "sensors", (json_int_t)json_array_size(h.items), "none",
					    h.none, "from", yg_warn_time(h.from_ns), "to",
					    yg_warn_time(h.to_ns), "records", h.records, "count",
					    h.count, "first", yg_warn_time(h.first_ns), "last",
					    yg_warn_time(h.last_ns), "gaps", h.gaps, "items",
					    is_own ? json_incref(h.items) : json_null()));
	json_decref(h.items);
	return rc;
}

static json_t *sum_of(const json_t *seen, const char *key)
{
	json_t *sum = json_object_get(seen, key);

	return sum ? json_incref(sum)
		   : json_pack("{s:i, s:i, s:n, s:n}", "count", 0, "findings", 0, "first", "last");
}

/* Where nothing was looked at, that is said: never that nothing was found. */
static json_t *look_of(json_t *look)
{
	return look ? json_incref(look)
		    : json_pack("{s:s, s:n, s:n, s:n, s:i}", "state", "waiting", "hunt", "from",
				"to", "records", 0);
}

static json_t *until_of(const json_t *told)
{
	const json_t *values = json_object_get(told, "values");
	int64_t last_s = 0;

	for (size_t i = 0; i < json_array_size(values); i++) {
		int64_t one = yg_json_int(json_array_get(values, i), "until_s", 0);

		last_s = one > last_s ? one : last_s;
	}
	return yg_warn_time(last_s ? last_s * YG_NS_PER_S : YG_TIME_NONE);
}

static int load_may_lack(struct yg_hub_access *hub, const char *kind, const char *key, json_t **ret)
{
	int rc = yg_warn_load(hub, kind, key, ret);

	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_sight_summary(struct yg_hub_access *hub, const char *id, const json_t *warning, bool is_own,
		     json_t **ret)
{
	json_t *told = NULL, *seen = NULL, *look = NULL, *shown = NULL;
	char org[YG_ENROL_ID_MAX + 1];
	char key[YG_HUB_KEY_MAX];
	int rc;

	*ret = NULL;
	yg_hub_text(warning, "org", org, sizeof(org));
	if (!yg_hub_key(key, org, id))
		return YG_EINVAL;
	rc = load_may_lack(hub, "told", key, &told);
	if (rc == YG_OK)
		rc = load_may_lack(hub, "seen", id, &seen);
	if (rc == YG_OK)
		rc = load_may_lack(hub, "look", id, &look);
	if (rc == YG_OK && !told && !seen && !look) {
		*ret = json_null();
		return YG_OK;
	}
	if (rc == YG_OK) {
		shown = json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:b}", "state",
				  told ? "given" : "over", "indicators",
				  (json_int_t)json_array_size(json_object_get(told, "values")),
				  "until", until_of(told), "new", sum_of(seen, "new"), "archive",
				  sum_of(seen, "archive"), "looked_back", look_of(look), "more",
				  (int)json_is_true(json_object_get(seen, "more")));
		rc = shown ? add_sensors(hub, id, org, is_own, shown) : YG_ENOMEM;
		if (rc == YG_OK)
			rc = add_homes(hub, id, is_own, shown);
	}
	json_decref(told);
	json_decref(seen);
	json_decref(look);
	if (rc == YG_OK)
		*ret = shown;
	else
		json_decref(shown);
	return rc;
}

struct listing {
	yg_warn_fn fn;
	void *arg;
	uint32_t left;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *l = arg;
	json_t *shown;
	int rc;

	if (l->left == 0)
		return YG_EEND;
	l->left--;
	shown = json_copy((json_t *)(uintptr_t)body); /* shallow; jansson takes no const */
	rc = shown ? yg_json_set(shown, "id",
				 yg_json_string(yg_bytes_from(key, yg_bytes_chr(key, '/') + 1)))
		   : YG_ENOMEM;
	if (rc == YG_OK)
		rc = l->fn(l->arg, shown);
	json_decref(shown);
	return rc;
}

int yg_sight_list(struct yg_access *by, const char *id, const char *after, uint32_t limit,
		  yg_warn_fn fn, void *arg)
{
	struct listing l = {fn, arg, limit};
	char prefix[YG_HUB_KEY_MAX];
	char from[YG_HUB_KEY_MAX] = "";
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &hub);
	bool is_hub = rc == YG_OK && strcmp(by->org, YG_HUB_ORG) == 0;

	/* People of the hub read there, not in a member's name. */
	if (rc == YG_OK && !is_hub && by->hub_role != YG_HUB_MEMBER &&
	    by->hub_role != YG_HUB_PROVIDER)
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = is_hub ? (yg_warn_is_id(id) ? yg_warn_load(hub, "warning", id, &body)
						 : YG_ENOENT)
			    : yg_warn_load_own(by, hub, id, &body);
	json_decref(body);
	if (rc != YG_OK || is_hub)
		return rc;
	if (!yg_hub_key(prefix, id, "") || (after[0] && !yg_hub_key(from, id, after)))
		return YG_ENOENT;
	rc = yg_hub_each(hub, YG_WARN_STORE, "sighting", prefix, from, 0, list_one, &l);
	return rc == YG_EEND ? YG_OK : rc;
}
