/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of plans and warnings, and the receipts of recipients. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/warnings-int.h"

#include "access/sightings.h"
#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define STATE_MAX 40u /* bytes of a state's name */

static const char *const step_names[YG_WARN_STEPS] = {"delivered", "seen", "acknowledged", "acted"};

const char *yg_warn_step_name(enum yg_warn_step step)
{
	return step_names[step];
}

/* ---- documents ---- */

static int take_body(void *arg, const struct yg_doc *doc)
{
	struct yg_fault fault;

	return yg_json_load(doc->body, YG_DOC_BODY_MAX, arg, &fault);
}

int yg_warn_load(struct yg_hub_access *hub, const char *kind, const char *key, json_t **ret)
{
	int rc;

	*ret = NULL;
	rc = yg_control_get(hub->store, YG_S(YG_WARN_STORE), yg_bytes_str(kind), yg_bytes_str(key),
			    take_body, ret);
	return rc == YG_EINVAL ? YG_ENOENT : rc; /* what cannot be a key is not there */
}

int yg_warn_save(struct yg_hub_access *hub, const char *actor, const char *kind, const char *key,
		 json_t *take_body_of)
{
	return yg_hub_put_at(hub, YG_WARN_STORE, actor, kind, key, take_body_of, YG_REVISION_ANY);
}

/*
 * Plans of a situation are found by documents of their own (plan_of: SITUATION/PLAN), for nobody
 * looks through all of them.
 */
static int index_plan(struct yg_hub_access *hub, const char *actor, const char *plan,
		      const json_t *body)
{
	char situation[YG_HUB_KEY_MAX];
	char key[YG_HUB_KEY_MAX];

	yg_hub_text(body, "situation", situation, sizeof(situation));
	if (!situation[0] || !yg_hub_key(key, situation, plan))
		return YG_OK; /* a rule's own, or a provision */
	return yg_warn_save(hub, actor, "plan_of", key, json_object());
}

int yg_warn_plan_new(struct yg_hub_access *hub, const char *actor, const char *plan,
		     json_t *take_body)
{
	int rc = index_plan(hub, actor, plan, take_body);

	if (rc == YG_OK)
		return yg_warn_save(hub, actor, "plan", plan, take_body);
	json_decref(take_body);
	return rc;
}

/* Its situation, of every plan: nothing can be written while it is read. */
static int note_situation(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	struct yg_bytes situation = yg_json_peek_text(body, "situation");
	char plan[YG_WARN_PLAN_HEX + 1];

	if (key.size != YG_WARN_PLAN_HEX || situation.size == 0)
		return YG_OK;
	memcpy(plan, key.data, key.size);
	plan[key.size] = '\0';
	return yg_json_set(arg, plan, json_pack("{s:o}", "situation", yg_json_string(situation)));
}

/* In a transaction. */
static int index_all(struct yg_hub_access *hub)
{
	json_t *found = json_object(), *one;
	const char *plan;
	int rc = found ? yg_hub_each_raw(hub, YG_WARN_STORE, "plan", "", "", 0, note_situation,
					 found)
		       : YG_ENOMEM;

	json_object_foreach(found, plan, one)
	{
		if (rc == YG_OK)
			rc = index_plan(hub, "hub", plan, one);
	}
	json_decref(found);
	return rc == YG_OK ? yg_warn_save(hub, "hub", "plan_index", "1", json_object()) : rc;
}

int yg_warn_plans_index(struct yg_hub_access *hub)
{
	json_t *done = NULL;
	int rc = yg_warn_load(hub, "plan_index", "1", &done);

	json_decref(done);
	if (rc != YG_ENOENT)
		return rc;
	rc = yg_control_begin(hub->store);
	if (rc != YG_OK)
		return rc;
	rc = index_all(hub);
	if (rc == YG_OK)
		return yg_control_commit(hub->store);
	yg_control_abort(hub->store);
	return rc;
}

int yg_warn_drop(struct yg_hub_access *hub, const char *actor, const char *kind, const char *key)
{
	const struct yg_doc_put put = {.org = YG_S(YG_WARN_STORE),
				       .kind = yg_bytes_str(kind),
				       .key = yg_bytes_str(key),
				       .is_removed = true,
				       .expected = YG_REVISION_ANY,
				       .time_ns = yg_hub_now_ns(hub),
				       .actor = yg_bytes_str(actor)};
	int rc = yg_control_put(hub->store, &put, NULL);

	return rc == YG_ENOENT ? YG_OK : rc;
}

/* To the millisecond: what a person or a chart can use. */
json_t *yg_warn_time(int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE)
		return json_null();
	(void)yg_time_iso(time_ns - time_ns % 1000000, 0, iso);
	return json_string(iso);
}

int64_t yg_warn_time_of(const json_t *body, const char *key)
{
	int64_t ns = YG_TIME_NONE;
	bool has_zone;

	return yg_time_parse_iso(yg_json_text(body, key), 0, &ns, &has_zone) ? ns : YG_TIME_NONE;
}

static bool is_hex(const char *id, size_t size)
{
	return strlen(id) == size && strspn(id, "0123456789abcdef") == size;
}

bool yg_warn_is_plan(const char *id)
{
	return is_hex(id, YG_WARN_PLAN_HEX);
}

bool yg_warn_is_id(const char *id)
{
	return is_hex(id, YG_WARN_ID_HEX);
}

void yg_warn_plan_of(const char *id, char to[YG_WARN_PLAN_HEX + 1])
{
	memcpy(to, id, YG_WARN_PLAN_HEX);
	to[YG_WARN_PLAN_HEX] = '\0';
}

void yg_warn_id(const char *plan, const char *salt, const char *org, char to[YG_WARN_ID_HEX + 1])
{
	const struct yg_bytes parts[] = {YG_S("warning"), yg_bytes_str(plan), yg_bytes_str(salt),
					 yg_bytes_str(org)};
	uint8_t id[YG_ID_BYTES];

	yg_id_derive(parts, 4, id);
	memcpy(to, plan, YG_WARN_PLAN_HEX);
	yg_hex((struct yg_bytes){id, (YG_WARN_ID_HEX - YG_WARN_PLAN_HEX) / 2},
	       to + YG_WARN_PLAN_HEX);
}

struct yg_bytes yg_warn_state(const json_t *body)
{
	return yg_json_text(body, "state");
}

bool yg_warn_is_out(const json_t *warning)
{
	return json_is_string(json_object_get(warning, "released"));
}

void yg_warn_time_key(int64_t time_ns, bool is_newest, char to[17])
{
	uint64_t ms = time_ns < 0 ? 0 : (uint64_t)time_ns / 1000000;

	(void)snprintf(to, 17, "%016llx",
		       (unsigned long long)(is_newest ? UINT64_MAX - ms : ms)); /* 16 digits */
}

int yg_warn_timer(struct yg_hub_access *hub, const char *actor, int64_t at_ns, const char *id,
		  const char *what)
{
	char key[YG_HUB_KEY_MAX];
	char time[17];

	yg_warn_time_key(at_ns, false, time);
	(void)snprintf(key, sizeof(key), "%s/%s-%s", time, id, what); /* short words */
	return yg_warn_save(hub, actor, "timer", key,
			    json_pack("{s:s, s:s}", "id", id, "what", what));
}

/* ---- what analysts may see ---- */

/* Along a relation that is not theirs to see: how it came to be warned stays hidden. */
static int hide(json_t *shown)
{
	static const char *const keys[] = {"rule",	 "depth",    "path",
					   "candidates", "why_en",   "why_ja",
					   "redaction",	 "audience", "rule_tlp"};
	int rc = YG_OK;

	if (json_is_true(json_object_get(shown, "open")))
		return YG_OK;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && rc == YG_OK; i++)
		rc = yg_json_set(shown, keys[i], json_null());
	return rc;
}

static int show(const char *id, const json_t *body, json_t **ret)
{
	json_t *shown = json_copy((json_t *)(uintptr_t)body); /* shallow; jansson takes no const */
	int rc = shown ? yg_json_set(shown, "id", json_string(id)) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = hide(shown);
	if (rc == YG_OK)
		*ret = shown;
	else
		json_decref(shown);
	return rc;
}

/* ---- plans ---- */

static json_t *plan_shown(const char *id, const json_t *body)
{
	json_t *shown = json_copy((json_t *)(uintptr_t)body);

	/* What is inside alone. */
	if (shown) {
		(void)json_object_del(shown, "salt");
		(void)json_object_del(shown, "own");
		(void)json_object_del(shown, "root");
	}
	if (shown && yg_json_set(shown, "id", json_string(id)) != YG_OK) {
		json_decref(shown);
		shown = NULL;
	}
	return shown;
}

struct counting {
	json_t *states;
	uint64_t total;
};

/* A plan may have 10,000 of them: no tree is made of each. */
static int count_state(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	struct counting *counting = arg;
	struct yg_bytes word = yg_json_peek_text(body, "state");
	char state[STATE_MAX];
	int64_t before;

	(void)key;
	if (word.size == 0)
		return YG_OK;
	(void)snprintf(state, sizeof(state), "%.*s", YG_FMT(word)); /* they are short */
	before = yg_json_int(counting->states, state, 0);
	counting->total++;
	return yg_json_set(counting->states, state, json_integer(before + 1));
}

int yg_warn_plan_get(struct yg_access *by, const char *plan, json_t **ret)
{
	struct counting counting = {0};
	struct yg_hub_access *hub;
	json_t *body = NULL, *shown = NULL;
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK && (strcmp(by->org, YG_HUB_ORG) != 0))
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = yg_warn_is_plan(plan) ? yg_warn_load(hub, "plan", plan, &body) : YG_ENOENT;
	if (rc != YG_OK)
		return rc;
	shown = plan_shown(plan, body);
	counting.states = json_object();
	rc = shown && counting.states ? yg_hub_each_raw(hub, YG_WARN_STORE, "warning", plan, "", 0,
							count_state, &counting)
				      : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_json_set(shown, "recipients", json_integer((json_int_t)counting.total));
	if (rc == YG_OK) {
		rc = yg_json_set(shown, "states", counting.states);
		counting.states = NULL;
	}
	json_decref(counting.states);
	json_decref(body);
	if (rc == YG_OK)
		*ret = shown;
	else
		json_decref(shown);
	return rc;
}

struct listing {
	struct yg_hub_access *hub; /* of plans by their situation */
	yg_warn_fn fn;
	void *arg;
	uint32_t left;
	const char *state;
	bool is_plan;
};

/* Keys descend for plans: "ORDER/PLAN"; the object is the plan's. */
static int list_plan(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *l = arg;
	char id[YG_WARN_PLAN_HEX + 1];
	json_t *shown;
	int rc;

	if (key.size != YG_WARN_PLAN_HEX)
		return YG_OK;
	memcpy(id, key.data, key.size);
	id[key.size] = '\0';
	shown = plan_shown(id, body);
	if (!shown)
		return YG_ENOMEM;
	(void)json_object_del(shown, "notice"); /* long, and in getPlan */
	rc = l->fn(l->arg, shown);
	json_decref(shown);
	return rc;
}

/* By its situation: the object is empty, the plan stands elsewhere. One that is gone is passed. */
static int list_plan_of(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *l = arg;
	struct yg_bytes id = yg_bytes_from(key, yg_bytes_chr(key, '/') + 1);
	char plan[YG_WARN_PLAN_HEX + 1];
	json_t *whole = NULL;
	int rc;

	(void)body;
	if (id.size != YG_WARN_PLAN_HEX)
		return YG_OK;
	memcpy(plan, id.data, id.size);
	plan[id.size] = '\0';
	rc = yg_warn_load(l->hub, "plan", plan, &whole);
	if (rc == YG_OK)
		rc = list_plan(l, id, whole);
	json_decref(whole);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_warn_plan_list(struct yg_access *by, const char *situation, const char *after,
		      uint32_t limit, yg_warn_fn fn, void *arg)
{
	struct listing l = {.fn = fn, .arg = arg};
	char prefix[YG_HUB_KEY_MAX], from[YG_HUB_KEY_MAX] = "";
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0)
		rc = YG_EACCES;
	if (rc != YG_OK)
		return rc;
	if (!situation[0])
		return yg_hub_each(hub, YG_WARN_STORE, "plan", "", after, limit, list_plan, &l);
	l.hub = hub;
	if (!yg_hub_key(prefix, situation, "") || (after[0] && !yg_hub_key(from, situation, after)))
		return YG_OK;
	return yg_hub_each(hub, YG_WARN_STORE, "plan_of", prefix, from, limit, list_plan_of, &l);
}

/* ---- warnings, for analysts ---- */

static bool is_null(struct yg_bytes body, const char *key)
{
	return yg_bytes_eq(yg_json_peek(body, key), YG_S("null"));
}

static bool fits(struct yg_bytes body, const char *state)
{
	if (!state[0])
		return true;
	if (strcmp(state, "unread") == 0)
		return yg_json_peek_text(body, "released").size > 0 && is_null(body, "seen") &&
		       is_null(body, "replaced");
	if (strcmp(state, "open") == 0)
		return yg_json_peek_text(body, "released").size > 0 &&
		       is_null(body, "acknowledged") && is_null(body, "replaced");
	return yg_bytes_eq(yg_json_peek_text(body, "state"), yg_bytes_str(state));
}

/* Of those that do not fit no tree is made. */
static int list_warning(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	struct listing *l = arg;
	char id[YG_WARN_ID_HEX + 1];
	json_t *tree = NULL, *shown = NULL;
	struct yg_fault fault;
	int rc;

	if (key.size != YG_WARN_ID_HEX || !fits(body, l->state))
		return YG_OK;
	if (l->left == 0)
		return YG_EEND;
	l->left--;
	memcpy(id, key.data, key.size);
	id[key.size] = '\0';
	rc = yg_json_load(body, YG_DOC_BODY_MAX, &tree, &fault);
	if (rc == YG_OK)
		rc = show(id, tree, &shown);
	if (rc == YG_OK)
		rc = l->fn(l->arg, shown);
	json_decref(shown);
	json_decref(tree);
	return rc;
}

int yg_warn_list(struct yg_access *by, const char *plan, const char *state, const char *after,
		 uint32_t limit, yg_warn_fn fn, void *arg)
{
	struct listing l = {
		.fn = fn, .arg = arg, .left = limit ? limit : UINT32_MAX, .state = state};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0)
		rc = YG_EACCES;
	if (rc == YG_OK && plan[0] && !yg_warn_is_plan(plan))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_hub_each_raw(hub, YG_WARN_STORE, "warning", plan, after, 0, list_warning,
				     &l);
	return rc == YG_EEND ? YG_OK : rc;
}

static int add_text(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *l = arg;
	json_t *shown = json_copy((json_t *)(uintptr_t)body);
	int rc = shown ? yg_json_set(shown, "variant",
				     yg_json_string(yg_bytes_from(key, YG_WARN_PLAN_HEX + 1)))
		       : YG_ENOMEM;

	if (rc == YG_OK)
		rc = l->fn(l->arg, shown);
	json_decref(shown);
	return rc;
}

int yg_warn_texts(struct yg_access *by, const char *plan, yg_warn_fn fn, void *arg)
{
	struct listing l = {.fn = fn, .arg = arg};
	char prefix[YG_WARN_PLAN_HEX + 2];
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0)
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = yg_warn_is_plan(plan) ? yg_warn_load(hub, "plan", plan, &body) : YG_ENOENT;
	json_decref(body);
	if (rc != YG_OK)
		return rc;
	(void)snprintf(prefix, sizeof(prefix), "%s/", plan); /* as measured */
	return yg_hub_each(hub, YG_WARN_STORE, "text", prefix, "", 0, add_text, &l);
}

/* The copy that leaves by @outlet; *ret NULL when the gate refuses. */
static int copy_of(struct yg_access *by, struct yg_hub_access *hub, const char *id,
		   const json_t *warning, enum yg_outlet outlet, json_t **ret)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_warn_variant variant;
	json_t *body = NULL, *text = NULL;
	int rc;

	yg_warn_plan_of(id, plan);
	rc = yg_warn_load(hub, "plan", plan, &body);
	if (rc == YG_OK) {
		yg_warn_variant_of(plan, body, warning, outlet, &variant);
		rc = yg_warn_text(hub, by->actor, &variant, &text);
	}
	if (rc == YG_OK)
		*ret = json_incref(json_object_get(text, "copy"));
	if (*ret && !json_is_object(*ret)) {
		json_decref(*ret);
		*ret = NULL;
	}
	json_decref(text);
	json_decref(body);
	return rc;
}

int yg_warn_get(struct yg_access *by, const char *id, enum yg_outlet outlet, json_t **ret,
		json_t **ret_copy)
{
	struct yg_hub_access *hub;
	json_t *body = NULL, *sightings = NULL;
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &hub);

	*ret = *ret_copy = NULL;
	if (rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0)
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = yg_warn_is_id(id) ? yg_warn_load(hub, "warning", id, &body) : YG_ENOENT;
	if (rc == YG_OK)
		rc = copy_of(by, hub, id, body, outlet, ret_copy);
	if (rc == YG_OK)
		rc = show(id, body, ret);
	if (rc == YG_OK)
		rc = yg_sight_summary(hub, id, body, false, &sightings);
	if (rc == YG_OK)
		rc = yg_json_set(*ret, "sightings", sightings);
	json_decref(body);
	return rc;
}

/* ---- how long it took ---- */

#define SPEED_MAX 100000u

struct spans {
	int64_t *s;
	size_t count;
};

struct speed {
	struct spans spans[3];
	uint64_t warnings;
};

static void span_add(struct spans *to, int64_t from_ns, int64_t to_ns)
{
	if (from_ns != YG_TIME_NONE && to_ns != YG_TIME_NONE && to_ns >= from_ns &&
	    to->count < SPEED_MAX)
		to->s[to->count++] = (to_ns - from_ns) / 1000000;
}

static int64_t time_at(struct yg_bytes body, const char *key)
{
	struct yg_bytes text = yg_json_peek_text(body, key);
	int64_t ns = YG_TIME_NONE;
	bool has_zone;

	return yg_time_parse_iso(text, 0, &ns, &has_zone) ? ns : YG_TIME_NONE;
}

static int measure(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	struct speed *speed = arg;
	int64_t out_ns = time_at(body, "released");

	(void)key;
	if (yg_json_peek_text(body, "released").size == 0)
		return YG_OK;
	speed->warnings++;
	span_add(&speed->spans[0], time_at(body, "began"), out_ns);
	span_add(&speed->spans[1], out_ns, time_at(yg_json_peek(body, "seen"), "time"));
	span_add(&speed->spans[2], out_ns, time_at(yg_json_peek(body, "acted"), "time"));
	return YG_OK;
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Nearest rank; in milliseconds. */
static json_t *rank(const struct spans *spans, unsigned percent)
{
	size_t at = (spans->count * percent + 99) / 100;

	return spans->count ? json_integer(spans->s[at ? at - 1 : 0]) : json_null();
}

/* *ret is the caller's, whatever is returned. */
static int speed_json(struct speed *speed, json_t **ret)
{
	static const char *const names[] = {"notice", "read", "act"};
	json_t *all = json_pack("{s:I}", "warnings", (json_int_t)speed->warnings);
	int rc = all ? YG_OK : YG_ENOMEM;

	for (unsigned i = 0; i < 3 && rc == YG_OK; i++) {
		struct spans *s = &speed->spans[i];

		qsort(s->s, s->count, sizeof(int64_t), ascending);
		rc = yg_json_set(all, names[i],
				 json_pack("{s:I, s:o, s:o}", "count", (json_int_t)s->count,
					   "p50_ms", rank(s, 50), "p95_ms", rank(s, 95)));
	}
	*ret = all;
	return rc;
}

int yg_warn_speed(struct yg_access *by, const char *plan, json_t **ret)
{
	struct speed speed = {0};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &hub);
	json_t *all = NULL;

	if (rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0)
		rc = YG_EACCES;
	if (rc == YG_OK && plan[0] && !yg_warn_is_plan(plan))
		rc = YG_ENOENT;
	for (unsigned i = 0; i < 3 && rc == YG_OK; i++) {
		speed.spans[i].s = yg_calloc(SPEED_MAX, sizeof(int64_t));
		rc = speed.spans[i].s ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK)
		rc = yg_hub_each_raw(hub, YG_WARN_STORE, "warning", plan, "", 0, measure, &speed);
	if (rc == YG_OK)
		rc = speed_json(&speed, &all);
	for (unsigned i = 0; i < 3; i++)
		free(speed.spans[i].s);
	if (rc == YG_OK)
		*ret = all;
	else
		json_decref(all);
	return rc;
}
