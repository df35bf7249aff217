/* SPDX-License-Identifier: Apache-2.0 */
/* Rules and wishes by which warnings go into collections; what is due, through the gate. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/publish.h"

#include "access/warnings-int.h"

#include "base/ban.h"

#define HUB	  "hub"
#define PLANS_MAX 64u /* that are due, at once */
/* Texts are kept by plan and rule; no rule of recipients has such a number. */
#define TEXT_RULE 0x70000000u

/* ---- rules ---- */

static int require_hub(struct yg_access *by, enum yg_hub_right right, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, right, ret);

	return rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0 ? YG_EACCES : rc;
}

/* A program says yes to nothing. */
static int require_person(struct yg_access *by, struct yg_hub_access **ret)
{
	int rc = require_hub(by, YG_MAY_write_warnings, ret);

	return rc == YG_OK && by->who.token[0] ? YG_EACCES : rc;
}

/* The hub's, and for others: what its members and sectors read. */
static bool is_for_others(const struct yg_collection *c)
{
	return strcmp(c->owner, YG_HUB_ORG) == 0 && c->reach != YG_COLLECTION_OWN;
}

static enum yg_audience audience_of(const struct yg_collection *c)
{
	return c->reach == YG_COLLECTION_COMMUNITY ? YG_AUDIENCE_COMMUNITY : YG_AUDIENCE_SECTOR;
}

struct listing {
	yg_warn_fn fn;
	void *arg;
};

static int list_rule(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct listing *l = arg;
	json_t *shown = json_copy((json_t *)(uintptr_t)body); /* jansson takes no const */
	int rc = shown ? yg_json_set(shown, "collection", yg_json_string(key)) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = l->fn(l->arg, shown);
	json_decref(shown);
	return rc;
}

int yg_publish_rules(struct yg_access *by, yg_warn_fn fn, void *arg)
{
	struct listing l = {fn, arg};
	struct yg_hub_access *hub;
	int rc = require_hub(by, YG_MAY_read_warnings, &hub);

	return rc == YG_OK
		       ? yg_hub_each(hub, YG_WARN_STORE, "publish_rule", "", "", 0, list_rule, &l)
		       : rc;
}

static int save_rule(struct yg_access *by, const char *collection, enum yg_tlp at_most)
{
	int64_t now_ns = yg_hub_now_ns(by->hub);

	if (at_most == YG_TLP_NONE)
		return yg_warn_drop(by->hub, by->actor, "publish_rule", collection);
	return yg_warn_save(by->hub, by->actor, "publish_rule", collection,
			    json_pack("{s:s, s:s, s:o}", "at_most", yg_tlp_name(at_most), "by",
				      by->actor, "time", yg_warn_time(now_ns)));
}

int yg_publish_rule_set(struct yg_access *by, const struct yg_collection *c, enum yg_tlp at_most)
{
	struct yg_hub_access *hub;
	int rc = require_person(by, &hub);

	if (rc == YG_OK && at_most > YG_TLP_GREEN)
		rc = YG_EINVAL;
	if (rc == YG_OK && at_most != YG_TLP_NONE && !is_for_others(c))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = save_rule(by, c->id, at_most);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, YG_HUB_ORG, "collection.publish-rule",
						   c->id, at_most ? yg_tlp_name(at_most) : "off"});
}

/* ---- what may go in at all ---- */

struct released {
	enum yg_tlp tlp; /* the most open one under which it went to a sector; NONE: it did not */
};

/* A plan may have 10,000 of them: no tree is made, and nothing is more open than CLEAR. */
static int look_released(void *arg, struct yg_bytes key, struct yg_bytes warning)
{
	struct released *r = arg;
	struct yg_bytes audience = yg_json_peek_text(warning, "audience");
	enum yg_tlp tlp = YG_TLP_NONE;

	(void)key;
	if (yg_json_peek_text(warning, "released").size == 0 ||
	    (!yg_bytes_eq(audience, yg_bytes_str(yg_audience_name(YG_AUDIENCE_SECTOR))) &&
	     !yg_bytes_eq(audience, yg_bytes_str(yg_audience_name(YG_AUDIENCE_COMMUNITY)))) ||
	    !yg_tlp_by_name(yg_json_peek_text(warning, "tlp"), &tlp))
		return YG_OK;
	if (r->tlp == YG_TLP_NONE || tlp < r->tlp)
		r->tlp = tlp;
	return r->tlp == YG_TLP_CLEAR ? YG_EEND : YG_OK;
}

static int find_released(struct yg_hub_access *hub, const char *plan, enum yg_tlp *ret)
{
	struct released r = {YG_TLP_NONE};
	int rc = yg_hub_each_raw(hub, YG_WARN_STORE, "warning", plan, "", 0, look_released, &r);

	*ret = r.tlp;
	return rc == YG_EEND ? YG_OK : rc;
}

static bool is_kind(const json_t *plan, const char *kind)
{
	return yg_bytes_eq(yg_json_text(json_object_get(plan, "notice"), "kind"),
			   yg_bytes_str(kind));
}

static bool is_exercise(const json_t *plan)
{
	return json_is_true(json_object_get(json_object_get(plan, "notice"), "exercise"));
}

/* The first one's id; its own where nothing came before it. */
static void root_of(const char *plan, const json_t *body, char to[YG_WARN_PLAN_HEX + 1])
{
	yg_hub_text(body, "root", to, YG_WARN_PLAN_HEX + 1);
	if (!yg_warn_is_plan(to))
		(void)snprintf(to, YG_WARN_PLAN_HEX + 1, "%.*s", (int)YG_WARN_PLAN_HEX, plan);
}

/* ---- publications ---- */

static bool key_of(const char *root, const char *collection,
		   char to[2 * YG_WARN_PLAN_HEX + YG_COLLECTION_NAME_MAX])
{
	size_t room = 2 * YG_WARN_PLAN_HEX + YG_COLLECTION_NAME_MAX;
	int size = snprintf(to, room, "%s/%s", root, collection);

	return size > 0 && (size_t)size < room;
}

/* It is to be looked at: with what is known of it, or the first time. In a transaction. */
struct wanting {
	struct yg_hub_access *hub;
	const char *actor;
	const char *plan;
	const char *root;
	const json_t *body; /* of the plan */
	enum yg_tlp at_most;
	bool is_wish; /* a person's: @at_most holds, whatever a rule said before */
};

static json_t *fresh_publication(const struct wanting *w, const char *collection)
{
	return json_pack("{s:s, s:O, s:s, s:s, s:s, s:n, s:s, s:s, s:[], s:n, s:n}", "root",
			 w->root, "number", json_object_get(w->body, "number"), "collection",
			 collection, "plan", w->plan, "by", w->actor, "refusal", "at_most",
			 yg_tlp_name(w->at_most), "state", "waiting", "ids", "time", "first");
}

static int want(const struct wanting *w, const char *collection)
{
	char key[2 * YG_WARN_PLAN_HEX + YG_COLLECTION_NAME_MAX];
	json_t *one = NULL;
	int rc = key_of(w->root, collection, key) ? yg_warn_load(w->hub, "published", key, &one)
						  : YG_EINVAL;

	if (rc == YG_ENOENT) {
		one = fresh_publication(w, collection);
		rc = one ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK)
		rc = yg_json_set(one, "plan", json_string(w->plan));
	if (rc == YG_OK)
		rc = yg_json_set(one, "state", json_string("waiting"));
	if (rc == YG_OK && w->is_wish)
		rc = yg_json_set(one, "at_most", json_string(yg_tlp_name(w->at_most)));
	if (rc == YG_OK)
		rc = yg_warn_save(w->hub, w->actor, "published", key, json_incref(one));
	if (rc == YG_OK)
		rc = yg_warn_save(w->hub, w->actor, "publish_wait", key, json_object());
	json_decref(one);
	return rc;
}

/* The plan of @id, whole, if it may go in; *ret owned. In a transaction. */
static int load_wished(struct yg_hub_access *hub, const char *id, enum yg_tlp at_most,
		       char plan[YG_WARN_PLAN_HEX + 1], json_t **ret)
{
	enum yg_tlp tlp = YG_TLP_NONE;
	json_t *one = NULL;
	int rc = YG_OK;

	yg_warn_plan_of(id, plan);
	if (yg_warn_is_id(id))
		rc = yg_warn_load(hub, "warning", id, &one);
	json_decref(one);
	if (rc == YG_OK)
		rc = yg_warn_load(hub, "plan", plan, ret);
	if (rc == YG_OK && (!yg_bytes_eq(yg_warn_state(*ret), YG_S("approved")) ||
			    is_kind(*ret, "withdrawal") || is_kind(*ret, "drill")))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = find_released(hub, plan, &tlp);
	return rc == YG_OK && (tlp == YG_TLP_NONE || tlp > at_most) ? YG_EMISMATCH : rc;
}

int yg_publish_wish(struct yg_access *by, const char *id, const struct yg_collection *c)
{
	struct wanting w = {.at_most = YG_TLP_GREEN, .is_wish = true};
	char plan[YG_WARN_PLAN_HEX + 1] = "", root[YG_WARN_PLAN_HEX + 1] = "";
	json_t *body = NULL;
	int rc = require_person(by, &w.hub);

	if (rc == YG_OK && !yg_warn_is_plan(id) && !yg_warn_is_id(id))
		rc = YG_ENOENT;
	if (rc == YG_OK && !is_for_others(c))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_hub_begin(w.hub);
	if (rc != YG_OK)
		return rc;
	rc = load_wished(w.hub, id, w.at_most, plan, &body);
	if (rc == YG_OK) {
		root_of(plan, body, root);
		w.actor = by->actor;
		w.plan = plan;
		w.root = root;
		w.body = body;
		rc = want(&w, c->id);
	}
	json_decref(body);
	return yg_hub_finish(
		w.hub, rc,
		&(struct yg_hub_deed){by->actor, YG_HUB_ORG, "warning.publish", plan, c->id});
}

/* ---- listing ---- */

static int list_publication(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct listing *l = arg;
	const json_t *ids = json_object_get(body, "ids");
	json_t *shown = json_copy((json_t *)(uintptr_t)body); /* jansson takes no const */
	int rc = shown ? yg_json_set(shown, "objects",
				     json_integer((json_int_t)json_array_size(ids)))
		       : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_json_set(shown, "id", yg_json_string(key));
	if (rc == YG_OK) {
		(void)json_object_del(shown, "ids");
		rc = l->fn(l->arg, shown);
	}
	json_decref(shown);
	return rc;
}

/* The first plan of the one that was asked for: its publications stand there. */
static int find_root(struct yg_hub_access *hub, const char *plan, char to[YG_WARN_PLAN_HEX + 1])
{
	json_t *body = NULL;
	int rc = YG_OK;

	to[0] = '\0';
	if (!plan[0])
		return YG_OK;
	rc = yg_warn_is_plan(plan) ? yg_warn_load(hub, "plan", plan, &body) : YG_ENOENT;
	if (rc == YG_OK)
		root_of(plan, body, to);
	json_decref(body);
	return rc;
}

int yg_publish_list(struct yg_access *by, const char *plan, const char *after, uint32_t limit,
		    yg_warn_fn fn, void *arg)
{
	struct listing l = {fn, arg};
	char root[YG_WARN_PLAN_HEX + 1];
	struct yg_hub_access *hub;
	int rc = require_hub(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK)
		rc = find_root(hub, plan, root);
	return rc == YG_OK ? yg_hub_each(hub, YG_WARN_STORE, "published", root, after, limit,
					 list_publication, &l)
			   : rc;
}

/* ---- what is due ---- */

int yg_publish_plan_due(struct yg_hub_access *hub, const char *actor, const char *plan)
{
	return yg_warn_save(hub, actor, "publish_due", plan, json_object());
}

/* Keys and what stands with them, read before anything is written. */
struct keys {
	struct {
		char key[2 * YG_WARN_PLAN_HEX + YG_COLLECTION_NAME_MAX];
		enum yg_tlp at_most;
	} at[PLANS_MAX];
	uint32_t count;
	uint32_t room;
};

static int note_key(void *arg, struct yg_bytes key, const json_t *body)
{
	struct keys *keys = arg;

	if (keys->count == keys->room)
		return YG_EEND;
	if (key.size >= sizeof(keys->at[0].key))
		return YG_OK; /* none of ours */
	keys->at[keys->count].at_most = YG_TLP_NONE;
	(void)yg_tlp_by_name(yg_json_text(body, "at_most"), &keys->at[keys->count].at_most);
	(void)snprintf(keys->at[keys->count++].key, sizeof(keys->at[0].key), "%.*s",
		       YG_FMT(key)); /* measured */
	return YG_OK;
}

static int note_keys(struct yg_hub_access *hub, const char *kind, const char *prefix,
		     const char *after, uint32_t room, struct keys *ret)
{
	int rc;

	ret->count = 0;
	ret->room = room;
	rc = yg_hub_each(hub, YG_WARN_STORE, kind, prefix, after, 0, note_key, ret);
	return rc == YG_EEND ? YG_OK : rc;
}

/* Those that have it already. */
static int want_published(struct wanting *w)
{
	struct keys keys = {.count = 0};
	char after[2 * YG_WARN_PLAN_HEX + YG_COLLECTION_NAME_MAX] = "";
	int rc;

	do {
		rc = note_keys(w->hub, "published", w->root, after, PLANS_MAX, &keys);
		for (uint32_t i = 0; i < keys.count && rc == YG_OK; i++) {
			rc = want(w, keys.at[i].key + YG_WARN_PLAN_HEX + 1);
			memcpy(after, keys.at[i].key, sizeof(after));
		}
	} while (rc == YG_OK && keys.count == PLANS_MAX);
	return rc;
}

/* Those whose rule says so. Without any rule nobody asks what was released. */
static int want_by_rules(struct wanting *w)
{
	struct keys keys = {.count = 0};
	char after[2 * YG_WARN_PLAN_HEX + YG_COLLECTION_NAME_MAX] = "";
	enum yg_tlp tlp = YG_TLP_NONE;
	int rc;

	do {
		rc = note_keys(w->hub, "publish_rule", "", after, PLANS_MAX, &keys);
		if (rc == YG_OK && keys.count > 0 && !after[0])
			rc = find_released(w->hub, w->plan, &tlp);
		for (uint32_t i = 0; i < keys.count && rc == YG_OK; i++) {
			memcpy(after, keys.at[i].key, sizeof(after));
			w->at_most = keys.at[i].at_most;
			if (tlp != YG_TLP_NONE && tlp <= w->at_most)
				rc = want(w, keys.at[i].key);
		}
	} while (rc == YG_OK && keys.count == PLANS_MAX);
	return rc;
}

static int expand(struct yg_hub_access *hub, const char *plan)
{
	struct wanting w = {.hub = hub, .actor = HUB, .plan = plan};
	char root[YG_WARN_PLAN_HEX + 1];
	json_t *body = NULL;
	int rc = yg_warn_load(hub, "plan", plan, &body);

	if (rc == YG_OK) {
		root_of(plan, body, root);
		w.root = root;
		w.body = body;
		rc = want_published(&w);
	}
	if (rc == YG_OK && !is_kind(body, "withdrawal") && !is_kind(body, "drill") &&
	    !is_exercise(body))
		rc = want_by_rules(&w);
	json_decref(body);
	return rc == YG_ENOENT ? YG_OK : rc; /* the plan is gone: so is what was due */
}

/* One plan that is due becomes publications that wait. YG_ENOENT: none is. */
static int settle_due(struct yg_hub_access *hub)
{
	struct keys keys = {.count = 0};
	int rc = note_keys(hub, "publish_due", "", "", 1, &keys);

	if (rc == YG_OK && keys.count == 0)
		return YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_control_begin(hub->store);
	if (rc != YG_OK)
		return rc;
	rc = expand(hub, keys.at[0].key);
	if (rc == YG_OK)
		rc = yg_warn_drop(hub, HUB, "publish_due", keys.at[0].key);
	if (rc == YG_OK)
		return yg_control_commit(hub->store);
	yg_control_abort(hub->store);
	return rc;
}

/* ---- one publication: what of it may be there ---- */

void yg_publish_work_done(struct yg_publish_work *work)
{
	json_decref(work->copy);
	json_decref(work->ids);
	json_decref(work->body);
	*work = (struct yg_publish_work){.copy = NULL};
}

static int refuse(struct yg_publish_work *work, const char *why)
{
	return yg_json_set(work->body, "refusal", json_string(why));
}

/* The gate's copy for this audience, as @tlp. In a transaction: texts are kept. */
static int ask_gate(struct yg_hub_access *hub, struct yg_publish_work *work, const char *plan,
		    const json_t *body, enum yg_tlp tlp)
{
	struct yg_warn_variant v = {.plan = plan,
				    .body = body,
				    .audience = audience_of(&work->collection),
				    .tlp = tlp,
				    .agreed = YG_AGREED_NAMELESS,
				    .outlet = YG_OUTLET_TAXII};
	enum yg_tlp at_most = YG_TLP_NONE, got = YG_TLP_RED;
	json_t *text = NULL;
	int rc;

	v.rule = TEXT_RULE + 16u * (unsigned)v.audience + (unsigned)tlp;
	rc = yg_warn_text(hub, HUB, &v, &text);
	(void)yg_tlp_by_name(yg_json_text(work->body, "at_most"), &at_most);
	if (rc == YG_OK)
		(void)yg_tlp_by_name(yg_json_text(text, "tlp"), &got);
	if (rc == YG_OK && yg_json_text(text, "refusal").size > 0)
		rc = yg_json_set(work->body, "refusal",
				 json_incref(json_object_get(text, "refusal")));
	else if (rc == YG_OK && got > at_most)
		rc = refuse(work, "marking");
	else if (rc == YG_OK && json_is_object(json_object_get(text, "copy")))
		work->copy = json_incref(json_object_get(text, "copy"));
	if (rc == YG_OK && work->copy)
		rc = yg_json_set(work->body, "tlp", json_incref(json_object_get(text, "tlp")));
	json_decref(text);
	return rc;
}

static int fill_copy(struct yg_hub_access *hub, struct yg_publish_work *work, const char *plan,
		     const json_t *body)
{
	enum yg_tlp tlp = YG_TLP_NONE;
	int rc = yg_json_set(work->body, "refusal", json_null());

	work->time_ns = yg_warn_time_of(json_object_get(body, "notice"), "time");
	work->is_withdrawn = is_kind(body, "withdrawal");
	if (rc != YG_OK || work->is_withdrawn)
		return rc;
	if (work->collection.number == 0)
		return refuse(work, "collection");
	if (!is_for_others(&work->collection))
		return refuse(work, "audience");
	rc = find_released(hub, plan, &tlp);
	if (rc == YG_OK && tlp == YG_TLP_NONE)
		return refuse(work, "audience");
	return rc == YG_OK ? ask_gate(hub, work, plan, body, tlp) : rc;
}

static int fill(struct yg_hub_access *hub, struct yg_publish_work *work)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	json_t *body = NULL;
	int rc;

	yg_hub_text(work->body, "plan", plan, sizeof(plan));
	yg_hub_text(work->body, "number", work->number, sizeof(work->number));
	work->ids = json_incref(json_object_get(work->body, "ids"));
	work->first_ns = yg_warn_time_of(work->body, "first");
	rc = yg_warn_load(hub, "plan", plan, &body);
	if (rc == YG_OK)
		rc = fill_copy(hub, work, plan, body);
	else if (rc == YG_ENOENT)
		rc = refuse(work, "erased");
	if (work->time_ns == YG_TIME_NONE)
		work->time_ns = yg_hub_now_ns(hub);
	if (work->first_ns == YG_TIME_NONE)
		work->first_ns = work->time_ns;
	json_decref(body);
	return rc;
}

/* The first that waits. YG_ENOENT: none. */
static int load_waiting(struct yg_hub_access *hub, struct yg_publish_work *ret)
{
	struct keys keys = {.count = 0};
	int rc = note_keys(hub, "publish_wait", "", "", 1, &keys);

	if (rc != YG_OK || keys.count == 0)
		return rc == YG_OK ? YG_ENOENT : rc;
	memcpy(ret->key, keys.at[0].key, sizeof(ret->key));
	return yg_warn_load(hub, "published", ret->key, &ret->body);
}

int yg_publish_next(struct yg_hub_access *hub, struct yg_publish_work *ret)
{
	int rc;

	*ret = (struct yg_publish_work){.first_ns = YG_TIME_NONE, .time_ns = YG_TIME_NONE};
	do
		rc = settle_due(hub);
	while (rc == YG_OK);
	return rc == YG_ENOENT ? load_waiting(hub, ret) : rc;
}

/* As a wish would have it. In a transaction, which is undone: the gate keeps its texts. */
static int preview(struct yg_hub_access *hub, const char *id, struct yg_publish_work *work)
{
	struct wanting w = {.hub = hub, .actor = HUB, .at_most = YG_TLP_GREEN};
	char plan[YG_WARN_PLAN_HEX + 1] = "", root[YG_WARN_PLAN_HEX + 1] = "";
	json_t *body = NULL;
	int rc = load_wished(hub, id, w.at_most, plan, &body);

	if (rc == YG_OK) {
		root_of(plan, body, root);
		w.plan = plan;
		w.root = root;
		w.body = body;
		work->body = fresh_publication(&w, work->collection.id);
		rc = work->body ? fill_copy(hub, work, plan, body) : YG_ENOMEM;
	}
	json_decref(body);
	return rc;
}

int yg_publish_preview(struct yg_access *by, const char *id, const struct yg_collection *c,
		       json_t **ret)
{
	struct yg_publish_work work = {.collection = *c};
	struct yg_hub_access *hub;
	int rc = require_hub(by, YG_MAY_write_warnings, &hub);

	if (rc == YG_OK && !yg_warn_is_plan(id) && !yg_warn_is_id(id))
		rc = YG_ENOENT;
	if (rc == YG_OK && !is_for_others(c))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = preview(hub, id, &work);
	yg_control_abort(hub->store);
	if (rc == YG_OK) {
		json_t *tlp = json_object_get(work.body, "tlp");

		*ret = json_pack("{s:s, s:o, s:b, s:O, s:O?}", "audience",
				 yg_audience_name(audience_of(c)), "tlp",
				 tlp ? json_incref(tlp) : json_null(), "named", 0, "refusal",
				 json_object_get(work.body, "refusal"), "copy", work.copy);
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	yg_publish_work_done(&work);
	return rc;
}

const char *yg_publish_collection(const struct yg_publish_work *work)
{
	return work->key + YG_WARN_PLAN_HEX + 1;
}

bool yg_publish_is_lasting(int rc)
{
	return rc == YG_ELIMIT || rc == YG_EFORMAT;
}

int yg_publish_give_up(struct yg_publish_work *work)
{
	json_decref(work->copy);
	work->copy = NULL;
	work->is_withdrawn = false; /* nor can it be said that all of it is revoked */
	return refuse(work, "objects");
}

int yg_publish_fill(struct yg_hub_access *hub, struct yg_publish_work *work)
{
	int rc = yg_control_begin(hub->store);

	if (rc != YG_OK)
		return rc;
	rc = fill(hub, work);
	if (rc == YG_OK)
		return yg_control_commit(hub->store);
	yg_control_abort(hub->store);
	return yg_publish_is_lasting(rc) ? yg_publish_give_up(work) : rc;
}

static const char *state_of(const struct yg_publish_work *work)
{
	return work->is_withdrawn ? "withdrawn" : work->copy ? "published" : "refused";
}

/* Another plan has taken its place meanwhile, or a person wishes more: it waits for that. */
static int take_newer(struct yg_hub_access *hub, const struct yg_publish_work *work, bool *ret)
{
	static const char *const keys[] = {"plan", "at_most"};
	json_t *now = NULL;
	int rc = yg_warn_load(hub, "published", work->key, &now);

	*ret = false;
	for (size_t i = 0; rc == YG_OK && i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(now, keys[i]);

		if (json_equal(value, json_object_get(work->body, keys[i])))
			continue;
		*ret = true;
		rc = yg_json_set(work->body, keys[i], json_incref(value));
	}
	json_decref(now);
	return rc;
}

static int keep(struct yg_hub_access *hub, const struct yg_publish_work *work, json_t *take_ids)
{
	bool is_newer = false;
	int rc = yg_json_set(work->body, "ids", take_ids);

	if (rc == YG_OK)
		rc = take_newer(hub, work, &is_newer);
	if (rc == YG_OK)
		rc = yg_json_set(work->body, "state",
				 json_string(is_newer ? "waiting" : state_of(work)));
	if (rc == YG_OK)
		rc = yg_json_set(work->body, "time", yg_warn_time(yg_hub_now_ns(hub)));
	if (rc == YG_OK && work->copy)
		rc = yg_json_set(work->body, "first", yg_warn_time(work->first_ns));
	if (rc == YG_OK)
		rc = yg_warn_save(hub, HUB, "published", work->key, json_incref(work->body));
	return rc == YG_OK && !is_newer ? yg_warn_drop(hub, HUB, "publish_wait", work->key) : rc;
}

int yg_publish_done(struct yg_hub_access *hub, const struct yg_publish_work *work, json_t *take_ids,
		    uint32_t versions)
{
	char detail[96];
	int rc = yg_hub_begin(hub);

	if (rc != YG_OK) {
		json_decref(take_ids);
		return rc;
	}
	rc = keep(hub, work, take_ids);
	(void)snprintf(detail, sizeof(detail), "%.*s: %u versions", (int)YG_WARN_PLAN_HEX,
		       work->key, (unsigned)versions); /* it fits */
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){HUB, YG_HUB_ORG, "collection.publish",
						   yg_publish_collection(work), detail});
}
