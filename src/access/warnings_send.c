/* SPDX-License-Identifier: Apache-2.0 */
/* A person decides: approved, refused, withdrawn, corrected; and calls that were made. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/warnings-int.h"

#include "access/automatic.h"
#include "access/members.h"
#include "access/publish.h"
#include "access/sightings.h"
#include "base/alloc.h"
#include "base/arena.h"

#include "base/ban.h"

#define READY_MAX (1u << 30) /* bytes of warnings that are released at once */

/* ---- what is to be done with many: read first, then written ---- */

struct picked {
	char (*ids)[YG_WARN_ID_HEX + 1];
	json_t **bodies;
	uint32_t count;
	uint32_t room;
	bool (*is_wanted)(const json_t *body);
};

static void picked_done(struct picked *p)
{
	for (uint32_t i = 0; i < p->count; i++)
		json_decref(p->bodies[i]);
	free(p->ids);
	free(p->bodies);
}

static int pick(void *arg, struct yg_bytes key, const json_t *body)
{
	struct picked *p = arg;

	if (!p->is_wanted(body) || key.size != YG_WARN_ID_HEX)
		return YG_OK;
	if (p->count == p->room) {
		uint32_t room = p->room ? 2 * p->room : 64;
		char(*ids)[YG_WARN_ID_HEX + 1] = yg_reallocarray(p->ids, room, sizeof(*ids));
		json_t **bodies;

		if (!ids)
			return YG_ENOMEM;
		p->ids = ids;
		bodies = yg_reallocarray(p->bodies, room, sizeof(json_t *));
		if (!bodies)
			return YG_ENOMEM;
		p->bodies = bodies;
		p->room = room;
	}
	memcpy(p->ids[p->count], key.data, YG_WARN_ID_HEX);
	p->ids[p->count][YG_WARN_ID_HEX] = '\0';
	p->bodies[p->count++] = json_incref((json_t *)(uintptr_t)body);
	return YG_OK;
}

static int pick_of(struct yg_hub_access *hub, const char *plan,
		   bool (*is_wanted)(const json_t *body), struct picked *ret)
{
	*ret = (struct picked){.is_wanted = is_wanted};
	return yg_hub_each(hub, YG_WARN_STORE, "warning", plan, "", 0, pick, ret);
}

/* A program says yes to nothing. */
static int require_person(struct yg_access *by, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, YG_MAY_write_warnings, ret);

	if (rc == YG_OK && (strcmp(by->org, YG_HUB_ORG) != 0 || by->who.token[0]))
		return YG_EACCES;
	return rc;
}

/* ---- out it goes ---- */

/*
 * A warning goes out four documents at a time, and there may be 10,000: their few words are written
 * as canonical JSON at once, and the warning's own text gets its three values without a tree.
 */
struct sending {
	struct yg_access *by;
	int64_t now_ns;
	int64_t remind_ns;
	struct yg_buf time;  /* as JSON */
	struct yg_buf actor; /* as JSON */
	struct yg_buf text;
	struct yg_buf spare;
};

static void sending_done(struct sending *s)
{
	yg_buf_done(&s->time);
	yg_buf_done(&s->actor);
	yg_buf_done(&s->text);
	yg_buf_done(&s->spare);
}

static int write_value(json_t *take_value, struct yg_buf *to)
{
	int rc = take_value ? yg_json_canonical(take_value, to) : YG_ENOMEM;

	json_decref(take_value);
	return rc;
}

static int sending_begin(struct yg_access *by, const json_t *plan, int64_t now_ns,
			 struct sending *ret)
{
	int64_t remind_s = yg_json_int(json_object_get(plan, "times"), "remind_s", 0);
	int rc;

	*ret = (struct sending){
		.by = by, .now_ns = now_ns, .remind_ns = now_ns + remind_s * YG_NS_PER_S};
	yg_buf_init(&ret->time, 256);
	yg_buf_init(&ret->actor, 8192);
	yg_buf_init(&ret->text, YG_DOC_BODY_MAX);
	yg_buf_init(&ret->spare, YG_DOC_BODY_MAX);
	rc = write_value(yg_warn_time(now_ns), &ret->time);
	return rc == YG_OK ? write_value(json_string(by->actor), &ret->actor) : rc;
}

static int put(struct sending *s, const char *kind, const char *key)
{
	int rc = yg_buf_error(&s->text);

	return rc == YG_OK ? yg_hub_put_raw(s->by->hub, YG_WARN_STORE, s->by->actor, kind, key,
					    yg_buf_bytes(&s->text), YG_REVISION_ANY)
			   : rc;
}

/* One row for a channel: it is there once, for its key is derived from the warning. */
static int queue(struct sending *s, const char *id, const char *channel)
{
	char key[YG_HUB_KEY_MAX];
	char time[17];

	yg_warn_time_key(s->now_ns, false, time);
	(void)snprintf(key, sizeof(key), "%s/%s-%s", time, id, channel); /* short words */
	yg_buf_reset(&s->text);
	yg_buf_addf(&s->text, "{\"channel\":\"%s\",\"id\":\"%s\",\"tries\":0}", channel, id);
	return put(s, "outbox", key);
}

static int look_mail(void *arg, const struct yg_doc *doc)
{
	bool *has_mail = arg;
	struct yg_bytes mail = yg_json_peek(doc->body, "contact_mail");

	*has_mail = mail.size > 2 && mail.data[0] == '"';
	return YG_OK;
}

static int look_there(void *arg, const struct yg_doc *doc)
{
	(void)doc;
	*(bool *)arg = true;
	return YG_OK;
}

static int queue_channels(struct sending *s, const char *id, struct yg_bytes org)
{
	struct yg_control *store = s->by->hub->store;
	bool has_mail = false, has_hook = false;
	int rc = yg_control_get(store, YG_S(YG_HUB_REGISTER), YG_S("member"), org, look_mail,
				&has_mail);

	if (rc == YG_OK && has_mail)
		rc = queue(s, id, "mail");
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_control_get(store, YG_S(YG_WARN_STORE), YG_S("webhook"), org, look_there,
				    &has_hook);
	if (rc == YG_OK && has_hook)
		rc = queue(s, id, "webhook");
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* What stands beside the warning: that it is in the inbox, on its way, and to be reminded of. */
static int put_beside(struct sending *s, const char *id, struct yg_bytes org, struct yg_bytes code)
{
	char key[YG_HUB_KEY_MAX];
	char time[17];
	int rc;

	yg_warn_time_key(s->now_ns, true, time);
	(void)snprintf(key, sizeof(key), "%.*s/%s-%s", YG_FMT(org), time, id); /* ids */
	yg_buf_reset(&s->text);
	yg_buf_addf(&s->text, "{\"code\":%.*s,\"id\":\"%s\"}", YG_FMT(code), id);
	rc = put(s, "inbox", key);
	if (rc == YG_OK)
		rc = queue_channels(s, id, org);
	yg_warn_time_key(s->remind_ns, false, time);
	(void)snprintf(key, sizeof(key), "%s/%s-remind", time, id); /* it fits */
	yg_buf_reset(&s->text);
	yg_buf_addf(&s->text, "{\"id\":\"%s\",\"what\":\"remind\"}", id);
	return rc == YG_OK ? put(s, "timer", key) : rc;
}

/* Warning @id, as it stands in the store. */
static int send_raw(struct sending *s, const char *id, struct yg_bytes body)
{
	struct yg_bytes org = yg_json_peek_text(body, "org"), code = yg_json_peek(body, "code");
	int rc = org.size > 0 && org.size <= YG_ENROL_ID_MAX && code.size > 0 ? YG_OK : YG_EFORMAT;

	yg_buf_reset(&s->text);
	if (rc == YG_OK)
		rc = yg_json_splice(body, "released", yg_buf_bytes(&s->time), &s->text);
	yg_buf_reset(&s->spare);
	if (rc == YG_OK)
		rc = yg_json_splice(yg_buf_bytes(&s->text), "released_by", yg_buf_bytes(&s->actor),
				    &s->spare);
	yg_buf_reset(&s->text);
	if (rc == YG_OK)
		rc = yg_json_splice(yg_buf_bytes(&s->spare), "state", YG_S("\"released\""),
				    &s->text);
	if (rc == YG_OK)
		rc = put(s, "warning", id);
	return rc == YG_OK ? put_beside(s, id, org, code) : rc;
}

int yg_warn_send(struct yg_access *by, const char *id, json_t *warning, json_t *plan,
		 int64_t now_ns)
{
	struct sending s;
	struct yg_buf body;
	int rc = sending_begin(by, plan, now_ns, &s);

	yg_buf_init(&body, YG_DOC_BODY_MAX);
	if (rc == YG_OK)
		rc = yg_json_set(warning, "released", yg_warn_time(now_ns));
	if (rc == YG_OK)
		rc = yg_json_set(warning, "released_by", json_string(by->actor));
	if (rc == YG_OK)
		rc = yg_json_set(warning, "state", json_string("released"));
	if (rc == YG_OK)
		rc = yg_json_canonical(warning, &body);
	if (rc == YG_OK)
		rc = send_raw(&s, id, yg_buf_bytes(&body));
	yg_buf_done(&body);
	sending_done(&s);
	return rc;
}

/* Ids and texts of those that are ready: read first, then written. */
struct ready {
	struct yg_arena *arena;
	struct one {
		char id[YG_WARN_ID_HEX + 1];
		struct yg_bytes body;
	} * at;
	uint32_t count;
	uint32_t room;
};

static int pick_ready(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	struct ready *r = arg;

	if (key.size != YG_WARN_ID_HEX ||
	    !yg_bytes_eq(yg_json_peek_text(body, "state"), YG_S("ready")))
		return YG_OK;
	if (r->count == r->room) {
		uint32_t room = r->room ? 2 * r->room : 64;
		struct one *more = yg_reallocarray(r->at, room, sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		r->at = more;
		r->room = room;
	}
	memcpy(r->at[r->count].id, key.data, YG_WARN_ID_HEX);
	r->at[r->count].id[YG_WARN_ID_HEX] = '\0';
	return yg_arena_dup(r->arena, body, &r->at[r->count++].body) ? YG_OK : YG_ENOMEM;
}

static int send_ready(struct yg_access *by, const char *plan, const json_t *body, int64_t now_ns,
		      uint32_t *ret_count)
{
	struct ready ready = {.arena = yg_arena_new(READY_MAX)};
	struct sending sending = {0};
	int rc = ready.arena ? yg_hub_each_raw(by->hub, YG_WARN_STORE, "warning", plan, "", 0,
					       pick_ready, &ready)
			     : YG_ENOMEM;

	if (rc == YG_OK)
		rc = sending_begin(by, body, now_ns, &sending);
	for (uint32_t i = 0; i < ready.count && rc == YG_OK; i++)
		rc = send_raw(&sending, ready.at[i].id, ready.at[i].body);
	*ret_count = ready.count;
	sending_done(&sending);
	free(ready.at);
	(void)yg_arena_free(ready.arena);
	return rc;
}

static int send_all(struct yg_access *by, const char *plan, json_t *body, uint32_t *ret_count)
{
	int64_t now_ns = yg_hub_now_ns(by->hub);
	int rc = send_ready(by, plan, body, now_ns, ret_count);

	if (rc == YG_OK && *ret_count == 0)
		return YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_sight_plan_due(by->hub, by->actor, plan);
	if (rc == YG_OK)
		rc = yg_publish_plan_due(by->hub, by->actor, plan);
	if (rc == YG_OK)
		rc = yg_warn_note_sent(by->hub, by->actor, *ret_count, now_ns);
	if (rc == YG_OK)
		rc = yg_json_set(body, "state", json_string("approved"));
	if (rc == YG_OK)
		rc = yg_json_set(
			body, "approved",
			json_pack("{s:o, s:s}", "time", yg_warn_time(now_ns), "who", by->actor));
	return rc == YG_OK ? yg_warn_save(by->hub, by->actor, "plan", plan, json_incref(body)) : rc;
}

/* What was about one that was erased cannot be gone on with. */
static int load_plan(struct yg_hub_access *hub, const char *plan, json_t **ret)
{
	int rc;

	*ret = NULL;
	rc = yg_warn_is_plan(plan) ? yg_warn_load(hub, "plan", plan, ret) : YG_ENOENT;
	return rc == YG_OK && json_is_true(json_object_get(*ret, "erased")) ? YG_EMISMATCH : rc;
}

static bool is_in(const json_t *body, const char *state)
{
	return yg_bytes_eq(yg_warn_state(body), yg_bytes_str(state));
}

int yg_warn_approve(struct yg_access *by, const char *plan, uint32_t *ret_count)
{
	struct yg_hub_access *hub;
	json_t *body = NULL;
	char detail[64];
	int rc = require_person(by, &hub);

	*ret_count = 0;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = load_plan(hub, plan, &body);
	if (rc == YG_OK && !is_in(body, "draft") && !is_in(body, "approved"))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = send_all(by, plan, body, ret_count);
	(void)snprintf(detail, sizeof(detail), "%u warnings", (unsigned)*ret_count); /* it fits */
	json_decref(body);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, YG_HUB_ORG, "warning.approve", plan, detail});
}

int yg_warn_refuse(struct yg_access *by, const char *plan, const char *reason)
{
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = require_person(by, &hub);

	if (rc == YG_OK && !yg_hub_is_text(reason, YG_WARN_TEXT_MAX))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = load_plan(hub, plan, &body);
	if (rc == YG_OK && !is_in(body, "draft"))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_json_set(body, "state", json_string("refused"));
	if (rc == YG_OK)
		rc = yg_json_set(body, "reason", yg_hub_string(reason));
	if (rc == YG_OK)
		rc = yg_warn_save(hub, by->actor, "plan", plan, json_incref(body));
	json_decref(body);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, YG_HUB_ORG, "warning.refuse", plan, reason});
}

/* ---- taken back, or another in its place ---- */

struct following {
	struct yg_access *by;
	const char *plan;
	json_t *body;  /* of the first */
	json_t *fresh; /* the plan that follows */
	const char *id;
	char number[32];
	const char *kind;
	int64_t now_ns;
};

static int follow_one(struct following *f, const char *first, json_t *body)
{
	char salt[YG_RANDOM_ID_HEX + 1];
	char org[YG_ENROL_ID_MAX + 1];
	char id[YG_WARN_ID_HEX + 1];
	json_t *fresh = json_copy(body);
	static const char *const empty[] = {"delivered", "seen",     "acknowledged", "acted",
					    "replaced",	 "reminded", "escalated"};
	int rc = fresh ? yg_json_set(body, "replaced", json_string(f->number)) : YG_ENOMEM;

	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]) && rc == YG_OK; i++)
		rc = yg_json_set(fresh, empty[i], json_null());
	if (rc == YG_OK)
		rc = yg_json_set(fresh, "calls", json_array());
	if (rc == YG_OK)
		rc = yg_json_set(fresh, "plan", json_string(f->id));
	if (rc == YG_OK)
		rc = yg_json_set(fresh, "refers", json_incref(json_object_get(body, "number")));
	if (rc == YG_OK)
		rc = yg_json_set(fresh, "number", json_string(f->number));
	if (rc == YG_OK)
		rc = yg_json_set(fresh, "kind", json_string(f->kind));
	if (rc == YG_OK)
		rc = yg_json_set(fresh, "began", yg_warn_time(f->now_ns));
	yg_hub_text(f->fresh, "salt", salt, sizeof(salt));
	yg_hub_text(body, "org", org, sizeof(org));
	yg_warn_id(f->id, salt, org, id);
	if (rc == YG_OK)
		rc = yg_warn_save(f->by->hub, f->by->actor, "warning", first, json_incref(body));
	if (rc == YG_OK)
		rc = yg_warn_send(f->by, id, fresh, f->fresh, f->now_ns);
	json_decref(fresh);
	return rc;
}

static int follow_all(struct following *f)
{
	struct picked picked;
	int rc = pick_of(f->by->hub, f->plan, yg_warn_is_out, &picked);

	if (rc == YG_OK && picked.count == 0)
		rc = YG_EMISMATCH;
	for (uint32_t i = 0; i < picked.count && rc == YG_OK; i++)
		rc = follow_one(f, picked.ids[i], picked.bodies[i]);
	if (rc == YG_OK)
		rc = yg_warn_note_sent(f->by->hub, f->by->actor, picked.count, f->now_ns);
	picked_done(&picked);
	return rc;
}

/* The notice of the one that follows: the first one's, or @notice in its place. */
static int follow_notice(struct following *f, json_t *notice)
{
	json_t *fresh = notice ? json_deep_copy(notice)
			       : json_deep_copy(json_object_get(f->body, "notice"));
	int rc = fresh ? yg_json_set(fresh, "kind", json_string(f->kind)) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_json_set(fresh, "number", json_string(f->number));
	if (rc == YG_OK)
		rc = yg_json_set(fresh, "refers", json_incref(json_object_get(f->body, "number")));
	if (rc == YG_OK)
		rc = yg_json_set(fresh, "time", yg_warn_time(f->now_ns));
	if (rc == YG_OK)
		return yg_json_set(f->fresh, "notice", fresh);
	json_decref(fresh);
	return rc;
}

/* What differs from the first one's plan. */
static int set_head(const struct following *f, const char *reason)
{
	char salt[YG_RANDOM_ID_HEX + 1];
	struct {
		const char *key;
		json_t *value;
	} values[] = {
		{"salt", NULL},
		/* What is in collections follows the first one (access/publish.h). */
		{"root", json_object_get(f->body, "root")
				 ? json_incref(json_object_get(f->body, "root"))
				 : json_string(f->plan)},
		{"refers", json_incref(json_object_get(f->body, "number"))},
		{"number", json_string(f->number)},
		{"made", yg_warn_time(f->now_ns)},
		{"made_by", json_string(f->by->actor)},
		{"reason", yg_hub_string(reason)},
		{"state", json_string("approved")},
		{"approved",
		 json_pack("{s:o, s:s}", "time", yg_warn_time(f->now_ns), "who", f->by->actor)},
	};
	int rc = YG_OK;

	yg_random_id(f->now_ns, salt);
	values[0].value = json_string(salt);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int one = yg_json_set(f->fresh, values[i].key, values[i].value);

		rc = rc == YG_OK ? one : rc; /* each value is taken, whatever came before */
	}
	return rc;
}

/* A provision that was stopped: what follows it is sent, and waited for as any other. */
static int go_again(json_t *fresh)
{
	json_t *flow = json_object_get(fresh, "flow");
	int rc;

	if (!json_is_object(json_object_get(flow, "stopped")))
		return YG_OK;
	flow = json_copy(flow); /* the first one's stays as it is */
	rc = flow ? yg_json_set(flow, "stopped", json_null()) : YG_ENOMEM;
	if (rc == YG_OK)
		return yg_json_set(fresh, "flow", flow);
	json_decref(flow);
	return rc;
}

/* Its indicators go, and come with the other one; what is in collections follows. */
static int follow_due(const struct following *f)
{
	int rc = yg_sight_plan_due(f->by->hub, f->by->actor, f->plan);

	if (rc == YG_OK)
		rc = yg_sight_plan_due(f->by->hub, f->by->actor, f->id);
	return rc == YG_OK ? yg_publish_plan_due(f->by->hub, f->by->actor, f->id) : rc;
}

static int make_following(struct following *f, json_t *notice, const char *reason)
{
	int rc = yg_warn_number(f->by->hub, f->by->actor, f->number);

	f->fresh = rc == YG_OK ? json_copy(f->body) : NULL;
	if (rc == YG_OK)
		rc = f->fresh ? set_head(f, reason) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = go_again(f->fresh);
	if (rc == YG_OK)
		rc = follow_notice(f, notice);
	if (rc == YG_OK)
		rc = yg_warn_plan_new(f->by->hub, f->by->actor, f->id, json_incref(f->fresh));
	if (rc == YG_OK)
		rc = follow_all(f);
	if (rc == YG_OK)
		rc = follow_due(f);
	if (rc == YG_OK && strcmp(f->kind, "withdrawal") == 0)
		rc = yg_auto_withdrawn(f->by->hub, f->by->actor, f->body);
	if (rc == YG_OK)
		rc = yg_json_set(f->body, "replaced", json_string(f->number));
	if (rc == YG_OK)
		rc = yg_json_set(f->body, "state",
				 json_string(strcmp(f->kind, "withdrawal") == 0 ? "withdrawn"
										: "corrected"));
	return rc == YG_OK ? yg_warn_save(f->by->hub, f->by->actor, "plan", f->plan,
					  json_incref(f->body))
			   : rc;
}

static void fresh_plan_id(int64_t now_ns, char to[YG_WARN_PLAN_HEX + 1])
{
	uint64_t place = (UINT64_C(0xffffffffffff) - (uint64_t)(now_ns / 1000000)) << 16;
	uint16_t chance;

	yg_random((uint8_t *)&chance, sizeof(chance));
	(void)snprintf(to, YG_WARN_PLAN_HEX + 1, "%016llx", (unsigned long long)(place | chance));
}

static int follow(struct yg_access *by, const char *plan, json_t *notice, const char *kind,
		  const char *reason, char ret[YG_WARN_PLAN_HEX + 1])
{
	struct following f = {.by = by, .plan = plan, .kind = kind, .id = ret};
	struct yg_hub_access *hub;
	int rc = require_person(by, &hub);

	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	f.now_ns = yg_hub_now_ns(hub);
	fresh_plan_id(f.now_ns, ret);
	rc = load_plan(hub, plan, &f.body);
	if (rc == YG_OK && !is_in(f.body, "approved"))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = make_following(&f, notice, reason);
	json_decref(f.body);
	json_decref(f.fresh);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, YG_HUB_ORG,
						   notice ? "warning.correct" : "warning.withdraw",
						   plan, reason});
}

int yg_warn_withdraw(struct yg_access *by, const char *plan, const char *reason,
		     char ret[YG_WARN_PLAN_HEX + 1])
{
	if (!yg_hub_is_text(reason, YG_WARN_TEXT_MAX))
		return YG_EINVAL;
	return follow(by, plan, NULL, "withdrawal", reason, ret);
}

int yg_warn_correct(struct yg_access *by, const char *plan, json_t *notice,
		    char ret[YG_WARN_PLAN_HEX + 1])
{
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct yg_line_fault fault;
	struct yg_notice read;
	int rc = !arena			  ? YG_ENOMEM
		 : json_is_object(notice) ? yg_notice_read(notice, arena, &read, &fault)
					  : YG_EFORMAT;

	(void)yg_arena_free(arena);
	if (rc != YG_OK)
		return rc == YG_EFORMAT ? YG_EINVAL : rc;
	return follow(by, plan, notice, "correction", "", ret);
}

/* ---- by telephone ---- */

static bool is_result(const char *word)
{
	return strcmp(word, "reached") == 0 || strcmp(word, "busy") == 0 ||
	       strcmp(word, "no-answer") == 0 || strcmp(word, "wrong-number") == 0;
}

static int note_call(struct yg_access *by, const char *id, const struct yg_warn_call *call)
{
	int64_t now_ns = yg_hub_now_ns(by->hub);
	bool is_reached = strcmp(call->result, "reached") == 0;
	json_t *body = NULL, *entry;
	int rc = yg_warn_is_id(id) ? yg_warn_load(by->hub, "warning", id, &body) : YG_ENOENT;

	if (rc == YG_OK && !yg_warn_is_out(body))
		rc = YG_EMISMATCH;
	if (rc == YG_OK) {
		entry = json_pack("{s:o, s:s, s:s, s:o, s:o}", "time", yg_warn_time(now_ns), "by",
				  by->actor, "result", call->result, "who",
				  yg_hub_string(call->who), "text", yg_hub_string(call->text));
		rc = entry && json_array_append_new(json_object_get(body, "calls"), entry) == 0
			     ? YG_OK
			     : YG_ENOMEM;
	}
	if (rc == YG_OK && is_reached)
		rc = yg_warn_step_set(body,
				      call->is_acknowledged ? YG_WARN_ACKNOWLEDGED : YG_WARN_SEEN,
				      now_ns, call->who, "telephone");
	if (rc == YG_OK)
		rc = yg_warn_save(by->hub, by->actor, "warning", id, json_incref(body));
	json_decref(body);
	return rc;
}

int yg_warn_called(struct yg_access *by, const char *id, const struct yg_warn_call *call)
{
	struct yg_hub_access *hub;
	int rc = require_person(by, &hub);

	if (rc == YG_OK &&
	    (!is_result(call->result) || !yg_hub_is_text(call->who, YG_ENROL_NAME_MAX) ||
	     (call->text[0] && !yg_hub_is_text(call->text, YG_WARN_TEXT_MAX))))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = note_call(by, id, call);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, YG_HUB_ORG, "warning.call", id, call->result});
}
