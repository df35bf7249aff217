/* SPDX-License-Identifier: Apache-2.0 */
/* Plans on their way down the tree: whose turn it is, and what came of it at each stage. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/provisions-int.h"

#include "access/sightings.h"
#include "base/alloc.h"

#include "base/ban.h"

#define HUB	 "hub"
#define SENT_MAX 200u /* released in one round */

/* ---- on the way ---- */

struct row {
	char id[YG_WARN_ID_HEX + 1];
	char org[YG_ENROL_ID_MAX + 1];
	char parent[YG_ENROL_ID_MAX + 1];
	bool is_waiting;
	bool is_there; /* delivered */
};

struct rows {
	struct row *at;
	uint32_t count;
	uint32_t room;
};

static void copy_id(struct yg_bytes body, const char *name, char to[YG_ENROL_ID_MAX + 1])
{
	(void)snprintf(to, YG_ENROL_ID_MAX + 1, "%.*s",
		       YG_FMT(yg_json_peek_text(body, name))); /* an id fits */
}

/* Each second, of all warnings of all plans on their way: no tree is made. */
static int note_row(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	struct rows *rows = arg;
	struct row *one;

	if (key.size != YG_WARN_ID_HEX)
		return YG_OK;
	if (rows->count == rows->room) {
		uint32_t room = rows->room ? 2 * rows->room : 64;
		struct row *more = yg_reallocarray(rows->at, room, sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		rows->at = more;
		rows->room = room;
	}
	one = &rows->at[rows->count++];
	*one = (struct row){
		.is_waiting =
			yg_bytes_eq(yg_json_peek_text(body, "state"), YG_S(YG_PROVISION_WAITS)),
		.is_there = yg_bytes_starts(yg_json_peek(body, "delivered"), YG_S("{"))};
	memcpy(one->id, key.data, key.size);
	copy_id(body, "org", one->org);
	copy_id(body, "parent", one->parent);
	return YG_OK;
}

static int by_org(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->org, ((const struct row *)b)->org);
}

static bool is_due(const struct rows *rows, const struct row *one, bool goes_around)
{
	struct row wanted = {.is_waiting = false};
	const struct row *above;

	if (!one->is_waiting || goes_around)
		return one->is_waiting;
	memcpy(wanted.org, one->parent, sizeof(wanted.org));
	above = bsearch(&wanted, rows->at, rows->count, sizeof(*rows->at), by_org);
	return above && above->is_there;
}

/* In a transaction. */
static int send_one(struct yg_access *by, const char *id, json_t *plan, int64_t now_ns)
{
	json_t *warning = NULL;
	int rc = yg_warn_load(by->hub, "warning", id, &warning);

	if (rc == YG_OK)
		rc = yg_warn_send(by, id, warning, plan, now_ns);
	json_decref(warning);
	return rc;
}

static int send_due(struct yg_hub_access *hub, const struct rows *rows, json_t *plan,
		    bool goes_around, int64_t now_ns)
{
	char actor[] = HUB;
	struct yg_access by = {.hub = hub, .store = hub->store, .actor = actor};
	char id[YG_WARN_PLAN_HEX + 1];
	uint32_t sent = 0;
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < rows->count && sent < SENT_MAX; i++) {
		if (!is_due(rows, &rows->at[i], goes_around))
			continue;
		rc = send_one(&by, rows->at[i].id, plan, now_ns);
		sent++;
	}
	if (rc != YG_OK || sent == 0)
		return rc;
	rc = yg_warn_note_sent(hub, actor, sent, now_ns);
	if (rc != YG_OK)
		return rc;
	yg_warn_plan_of(rows->at[0].id, id);
	return yg_sight_plan_due(hub, actor, id);
}

static bool is_state(const json_t *plan, const char *state)
{
	return yg_bytes_eq(yg_warn_state(plan), yg_bytes_str(state));
}

static bool has_waiting(const struct rows *rows)
{
	for (uint32_t i = 0; i < rows->count; i++)
		if (rows->at[i].is_waiting)
			return true;
	return false;
}

int64_t yg_provision_wait_s(const json_t *plan)
{
	return yg_json_int(json_object_get(plan, "flow"), "wait_s", YG_PROVISION_LOST_S);
}

int64_t yg_provision_ends(const json_t *plan)
{
	int64_t approved_ns = yg_warn_time_of(json_object_get(plan, "approved"), "time");

	return approved_ns == YG_TIME_NONE ? YG_TIME_NONE
					   : approved_ns + yg_provision_wait_s(plan) * YG_NS_PER_S;
}

/* It was taken back or stopped, or it waited long enough. */
bool yg_provision_is_over(const json_t *plan, int64_t now_ns)
{
	const json_t *flow = json_object_get(plan, "flow");
	int64_t ends_ns = yg_provision_ends(plan);

	if (!json_is_object(flow) || is_state(plan, "draft"))
		return false;
	return !is_state(plan, "approved") || json_is_object(json_object_get(flow, "stopped")) ||
	       (ends_ns != YG_TIME_NONE && now_ns > ends_ns);
}

/* Or nobody waits any more. */
static bool is_over(const json_t *plan, const struct rows *rows, int64_t now_ns)
{
	return !has_waiting(rows) || yg_provision_is_over(plan, now_ns);
}

static int go_on(struct yg_hub_access *hub, const char *id, json_t *plan, bool goes_around,
		 int64_t now_ns)
{
	struct rows rows = {0};
	int rc = yg_hub_each_raw(hub, YG_WARN_STORE, "warning", id, "", 0, note_row, &rows);

	if (rows.count > 1)
		qsort(rows.at, rows.count, sizeof(*rows.at), by_org);
	if (rc == YG_OK)
		rc = yg_control_begin(hub->store);
	if (rc == YG_OK) {
		rc = is_over(plan, &rows, now_ns) ? yg_warn_drop(hub, HUB, "flow", id)
						  : send_due(hub, &rows, plan, goes_around, now_ns);
		if (rc == YG_OK)
			rc = yg_control_commit(hub->store);
		else
			yg_control_abort(hub->store);
	}
	free(rows.at);
	return rc;
}

struct flows {
	struct {
		char id[YG_WARN_PLAN_HEX + 1];
		bool goes_around;
	} at[YG_PROVISION_FLOWS_MAX];
	uint32_t count;
};

static int note_flow(void *arg, struct yg_bytes key, const json_t *body)
{
	struct flows *flows = arg;

	if (flows->count == YG_PROVISION_FLOWS_MAX)
		return YG_EEND;
	if (key.size != YG_WARN_PLAN_HEX)
		return YG_OK;
	memcpy(flows->at[flows->count].id, key.data, key.size);
	flows->at[flows->count].id[key.size] = '\0';
	flows->at[flows->count++].goes_around = json_is_true(json_object_get(body, "around"));
	return YG_OK;
}

int yg_provision_tick(struct yg_hub_access *hub, int64_t now_ns)
{
	struct flows *flows = yg_calloc(1, sizeof(*flows));
	int rc = flows ? yg_hub_each(hub, YG_WARN_STORE, "flow", "", "", 0, note_flow, flows)
		       : YG_ENOMEM;

	rc = rc == YG_EEND ? YG_OK : rc;
	for (uint32_t i = 0; rc == YG_OK && i < flows->count; i++) {
		json_t *plan = NULL;

		rc = yg_warn_load(hub, "plan", flows->at[i].id, &plan);
		if (rc == YG_OK && !is_state(plan, "draft"))
			rc = go_on(hub, flows->at[i].id, plan, flows->at[i].goes_around, now_ns);
		json_decref(plan);
	}
	free(flows);
	return rc;
}

/* A person's, never a program's. */
static int begin_deed(struct yg_access *by, struct yg_hub_access **ret)
{
	int rc = yg_provision_require(by, YG_MAY_write_warnings, ret);

	if (rc == YG_OK && by->who.token[0])
		rc = YG_EACCES;
	return rc == YG_OK ? yg_hub_begin(*ret) : rc;
}

/* YG_OK: it is approved, and somebody waits. */
static int check_flow(struct yg_hub_access *hub, const char *plan)
{
	struct rows rows = {0};
	json_t *body = NULL, *flow = NULL;
	int rc = yg_warn_is_plan(plan) ? yg_warn_load(hub, "plan", plan, &body) : YG_ENOENT;

	if (rc == YG_OK && !json_is_object(json_object_get(body, "flow")))
		rc = YG_ENOENT;
	if (rc == YG_OK) {
		rc = yg_warn_load(hub, "flow", plan, &flow);
		rc = rc == YG_ENOENT ? YG_EMISMATCH : rc;
	}
	if (rc == YG_OK)
		rc = yg_hub_each_raw(hub, YG_WARN_STORE, "warning", plan, "", 0, note_row, &rows);
	if (rc == YG_OK && (!is_state(body, "approved") || !has_waiting(&rows)))
		rc = YG_EMISMATCH;
	free(rows.at);
	json_decref(flow);
	json_decref(body);
	return rc;
}

int yg_provision_around(struct yg_access *by, const char *plan)
{
	struct yg_hub_access *hub;
	int rc = begin_deed(by, &hub);

	if (rc != YG_OK)
		return rc;
	rc = check_flow(hub, plan);
	if (rc == YG_OK)
		rc = yg_warn_save(hub, by->actor, "flow", plan, json_pack("{s:b}", "around", 1));
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, YG_HUB_ORG, "provision.around", plan, ""});
}

/* In a transaction. */
static int stop(struct yg_access *by, const char *plan)
{
	struct yg_hub_access *hub = by->hub;
	int64_t now_ns = yg_hub_now_ns(hub);
	json_t *body = NULL, *flow;
	int rc = yg_warn_is_plan(plan) ? yg_warn_load(hub, "plan", plan, &body) : YG_ENOENT;

	flow = json_object_get(body, "flow");
	if (rc == YG_OK && !json_is_object(flow))
		rc = YG_ENOENT;
	if (rc == YG_OK && (is_state(body, "draft") || yg_provision_is_over(body, now_ns)))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_json_set(
			flow, "stopped",
			json_pack("{s:o, s:s}", "time", yg_warn_time(now_ns), "who", by->actor));
	if (rc == YG_OK)
		rc = yg_warn_save(hub, by->actor, "plan", plan, json_incref(body));
	if (rc == YG_OK)
		rc = yg_warn_drop(hub, by->actor, "flow", plan);
	json_decref(body);
	return rc;
}

int yg_provision_stop(struct yg_access *by, const char *plan)
{
	struct yg_hub_access *hub;
	int rc = begin_deed(by, &hub);

	if (rc != YG_OK)
		return rc;
	rc = stop(by, plan);
	return yg_hub_finish(
		hub, rc, &(struct yg_hub_deed){by->actor, YG_HUB_ORG, "provision.stop", plan, ""});
}

/* ---- what came of it ---- */

struct counting {
	json_int_t nodes[YG_PROVISION_STAGES];
	json_int_t sent[YG_PROVISION_STAGES];
	json_int_t steps[YG_PROVISION_STAGES][3];
	json_t *failed[YG_PROVISION_STAGES];
	json_t *corrections;
	json_t *queued; /* ids of those whose first attempt is still to come, as keys */
	const char *plan;
};

static const char *const steps[3] = {"delivered", "seen", "acknowledged"};

/*
 * Of the first message, not a reminder, and not tried yet. The outbox is that of all plans: what is
 * another's is told by its key, TIME/ID-CHANNEL.
 */
static int note_queued(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	struct counting *c = arg;
	struct yg_bytes name = yg_bytes_from(key, yg_bytes_chr(key, '/') + 1);
	struct yg_bytes id = yg_bytes_cut(name, 0, YG_WARN_ID_HEX);
	struct yg_bytes channel = yg_bytes_from(name, YG_WARN_ID_HEX + 1);
	char text[YG_WARN_ID_HEX + 1];

	if (id.size != YG_WARN_ID_HEX || !yg_bytes_starts(id, yg_bytes_str(c->plan)) ||
	    (!yg_bytes_eq(channel, YG_S("mail")) && !yg_bytes_eq(channel, YG_S("webhook"))) ||
	    !yg_bytes_eq(yg_json_peek(body, "tries"), YG_S("0")))
		return YG_OK;
	memcpy(text, id.data, id.size);
	text[id.size] = '\0';
	return yg_json_set(c->queued, text, json_true());
}

/* Why it has no receipt yet: by the worst that a way to it says. */
static const char *cause_of(const json_t *warning, bool is_queued, struct yg_bytes *ret_text)
{
	static const char *const causes[] = {"bounced", "no-contact", "refused", "later"};
	json_t *channels = json_object_get(warning, "channels");

	if (!yg_warn_is_out(warning))
		return yg_bytes_eq(yg_warn_state(warning), YG_S(YG_PROVISION_WAITS)) ? "not-reached"
										     : "not-sent";
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		for (void *at = json_object_iter(channels); at;
		     at = json_object_iter_next(channels, at)) {
			const json_t *one = json_object_iter_value(at);

			if (!yg_bytes_eq(yg_json_text(one, "state"), yg_bytes_str(causes[i])))
				continue;
			*ret_text = yg_json_text(one, "text");
			return causes[i];
		}
	return is_queued ? "under-way" : "silent";
}

static bool is_correction(const char *cause)
{
	return strcmp(cause, "not-reached") != 0 && strcmp(cause, "not-sent") != 0 &&
	       strcmp(cause, "under-way") != 0;
}

static int add_failed(struct counting *c, unsigned stage, bool is_queued, const json_t *warning)
{
	struct yg_bytes text = {0};
	const char *cause = cause_of(warning, is_queued, &text);
	int64_t before = yg_json_int(c->failed[stage], cause, 0);
	int rc = yg_json_set(c->failed[stage], cause, json_integer(before + 1));

	if (rc != YG_OK || !is_correction(cause))
		return rc;
	return json_array_append_new(c->corrections,
				     json_pack("{s:O, s:s, s:s, s:o}", "org",
					       json_object_get(warning, "org"), "stage",
					       yg_provision_stage_name(stage), "cause", cause,
					       "text", yg_json_string(text))) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

static int count_row(void *arg, struct yg_bytes key, const json_t *body)
{
	struct counting *c = arg;
	unsigned stage = yg_provision_stage_of(yg_json_text(body, "stage"));
	char id[YG_WARN_ID_HEX + 1];

	if (stage == YG_PROVISION_STAGES || key.size != YG_WARN_ID_HEX)
		return YG_OK;
	memcpy(id, key.data, key.size);
	id[key.size] = '\0';
	c->nodes[stage]++;
	c->sent[stage] += yg_warn_is_out(body);
	for (unsigned i = 0; i < 3; i++)
		c->steps[stage][i] += json_is_object(json_object_get(body, steps[i]));
	return json_is_object(json_object_get(body, "delivered"))
		       ? YG_OK
		       : add_failed(c, stage, json_object_get(c->queued, id) != NULL, body);
}

static json_t *stages_json(const struct counting *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < YG_PROVISION_STAGES; i++)
		if (json_array_append_new(
			    list, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:O}", "stage",
					    yg_provision_stage_name(i), "nodes", c->nodes[i],
					    "sent", c->sent[i], "delivered", c->steps[i][0], "seen",
					    c->steps[i][1], "acknowledged", c->steps[i][2],
					    "failed", c->failed[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int count_all(struct yg_hub_access *hub, const char *plan, struct counting *c)
{
	int rc;

	c->plan = plan;
	c->corrections = json_array();
	c->queued = json_object();
	for (unsigned i = 0; i < YG_PROVISION_STAGES; i++)
		if (!(c->failed[i] = json_object()))
			return YG_ENOMEM;
	if (!c->corrections || !c->queued)
		return YG_ENOMEM;
	rc = yg_hub_each_raw(hub, YG_WARN_STORE, "outbox", "", "", 0, note_queued, c);
	return rc == YG_OK ? yg_hub_each(hub, YG_WARN_STORE, "warning", plan, "", 0, count_row, c)
			   : rc;
}

/* What is known of it without its warnings. */
static json_t *flow_json(const char *plan, const json_t *body, int64_t now_ns)
{
	const json_t *flow = json_object_get(body, "flow");
	const json_t *stopped = json_object_get(flow, "stopped");
	struct yg_bytes branch = yg_json_text(flow, "branch");

	return json_pack("{s:s, s:O, s:O, s:O, s:O, s:O, s:O, s:o, s:I, s:O, s:O, s:o, s:b}",
			 "plan", plan, "number", json_object_get(body, "number"), "state",
			 json_object_get(body, "state"), "made", json_object_get(body, "made"),
			 "kind", json_object_get(flow, "kind"), "announced",
			 json_object_get(flow, "announced"), "mode", json_object_get(flow, "mode"),
			 "branch", branch.size > 0 ? yg_json_string(branch) : json_null(), "wait_s",
			 (json_int_t)yg_provision_wait_s(body), "approved",
			 json_object_get(body, "approved"), "stopped",
			 stopped ? stopped : json_null(), "ends",
			 yg_warn_time(yg_provision_ends(body)), "over",
			 (int)yg_provision_is_over(body, now_ns));
}

int yg_provision_get(struct yg_access *by, const char *plan, json_t **ret)
{
	struct counting c = {.corrections = NULL};
	struct yg_hub_access *hub;
	json_t *body = NULL, *flow = NULL;
	int rc = yg_provision_require(by, YG_MAY_read_warnings, &hub);

	*ret = NULL;
	if (rc == YG_OK)
		rc = yg_warn_is_plan(plan) ? yg_warn_load(hub, "plan", plan, &body) : YG_ENOENT;
	flow = json_object_get(body, "flow");
	if (rc == YG_OK && !json_is_object(flow))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = count_all(hub, plan, &c);
	if (rc == YG_OK) {
		*ret = flow_json(plan, body, yg_hub_now_ns(hub));
		rc = yg_json_set(*ret, "stages", stages_json(&c));
	}
	if (rc == YG_OK)
		rc = yg_json_set(*ret, "corrections", json_incref(c.corrections));
	if (rc != YG_OK) {
		json_decref(*ret);
		*ret = NULL;
	}
	for (unsigned i = 0; i < YG_PROVISION_STAGES; i++)
		json_decref(c.failed[i]);
	json_decref(c.corrections);
	json_decref(c.queued);
	json_decref(body);
	return rc;
}

struct listing {
	yg_warn_fn fn;
	void *arg;
	const char *kind;
	uint32_t left;
	int64_t now_ns;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *l = arg;
	const json_t *flow = json_object_get(body, "flow");
	char id[YG_WARN_PLAN_HEX + 1];
	json_t *one;
	int rc;

	if (key.size != YG_WARN_PLAN_HEX || !json_is_object(flow) ||
	    (l->kind[0] && !yg_bytes_eq(yg_json_text(flow, "kind"), yg_bytes_str(l->kind))))
		return YG_OK;
	if (l->left == 0)
		return YG_EEND;
	l->left--;
	memcpy(id, key.data, key.size);
	id[key.size] = '\0';
	one = flow_json(id, body, l->now_ns);
	rc = one ? l->fn(l->arg, one) : YG_ENOMEM;
	json_decref(one);
	return rc;
}

int yg_provision_list(struct yg_access *by, const char *kind, const char *after, uint32_t limit,
		      yg_warn_fn fn, void *arg)
{
	struct listing l = {.fn = fn, .arg = arg, .kind = kind, .left = limit};
	struct yg_hub_access *hub;
	int rc = yg_provision_require(by, YG_MAY_read_warnings, &hub);

	if (rc != YG_OK)
		return rc;
	l.now_ns = yg_hub_now_ns(hub);
	rc = yg_hub_each(hub, YG_WARN_STORE, "plan", "", after, 0, list_one, &l);
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- on paper ---- */

/* Who it is, and where it is reached now. */
static int name_correction(struct yg_hub_access *hub, json_t *one)
{
	struct yg_hub_org found = {.name = ""};
	char org[YG_ENROL_ID_MAX + 1];
	json_t *member = NULL;
	int rc;

	yg_hub_text(one, "org", org, sizeof(org));
	rc = yg_hub_org_look(hub->enrol, org, &found);
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_hub_get(hub, "member", org, &member, NULL);
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_json_set(one, "address",
				 yg_json_string(yg_json_text(member, "contact_mail")));
	if (rc == YG_OK)
		rc = yg_json_set(one, "name", yg_hub_string(found.name));
	if (rc == YG_OK)
		rc = yg_json_set(one, "id", yg_hub_string(org));
	if (rc == YG_OK)
		rc = yg_json_set(one, "result", json_incref(json_object_get(one, "cause")));
	json_decref(member);
	return rc;
}

/* Under the names of docs/drill.md's result. */
static int name_stage(json_t *stage)
{
	int rc = yg_json_set(stage, "confirmed", json_incref(json_object_get(stage, "delivered")));

	return rc == YG_OK ? yg_json_set(stage, "answered",
					 json_incref(json_object_get(stage, "acknowledged")))
			   : rc;
}

static int name_all(struct yg_hub_access *hub, json_t *shown)
{
	json_t *stages = json_object_get(shown, "stages");
	json_t *corrections = json_object_get(shown, "corrections");
	bool is_drill = yg_bytes_eq(yg_json_text(shown, "kind"), YG_S("drill"));
	int rc = yg_json_set(shown, "form",
			     json_string(is_drill ? "yagura-drill-1" : "yagura-provision-1"));

	for (size_t i = 0; rc == YG_OK && i < json_array_size(stages); i++)
		rc = name_stage(json_array_get(stages, i));
	for (size_t i = 0; rc == YG_OK && i < json_array_size(corrections); i++)
		rc = name_correction(hub, json_array_get(corrections, i));
	return rc;
}

int yg_provision_paper(struct yg_access *by, const char *plan, json_t **ret)
{
	int rc = yg_provision_get(by, plan, ret);
	int64_t now_ns = rc == YG_OK ? yg_hub_now_ns(by->hub) : 0;
	int64_t ends_ns = YG_TIME_NONE;
	const json_t *stopped = json_object_get(*ret, "stopped");

	if (rc == YG_OK)
		ends_ns = yg_warn_time_of(json_is_object(stopped) ? stopped : *ret,
					  json_is_object(stopped) ? "time" : "ends");
	if (rc == YG_OK)
		rc = yg_json_set(
			*ret, "began",
			yg_warn_time(yg_warn_time_of(json_object_get(*ret, "approved"), "time")));
	if (rc == YG_OK)
		rc = yg_json_set(*ret, "ended",
				 yg_warn_time(ends_ns < now_ns && ends_ns != YG_TIME_NONE
						      ? ends_ns
						      : now_ns));
	if (rc == YG_OK)
		rc = name_all(by->hub, *ret);
	if (rc != YG_OK) {
		json_decref(*ret);
		*ret = NULL;
	}
	return rc;
}
