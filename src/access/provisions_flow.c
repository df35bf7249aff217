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

static int note_row(void *arg, struct yg_bytes key, const json_t *body)
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
	*one = (struct row){.is_waiting =
				    yg_bytes_eq(yg_warn_state(body), YG_S(YG_PROVISION_WAITS)),
			    .is_there = json_is_object(json_object_get(body, "delivered"))};
	memcpy(one->id, key.data, key.size);
	yg_hub_text(body, "org", one->org, sizeof(one->org));
	yg_hub_text(body, "parent", one->parent, sizeof(one->parent));
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

/* Nobody waits any more, it was taken back, or it waited long enough. */
static bool is_over(const json_t *plan, const struct rows *rows, int64_t now_ns)
{
	int64_t approved_ns = yg_warn_time_of(json_object_get(plan, "approved"), "time");

	return !is_state(plan, "approved") || !has_waiting(rows) ||
	       (approved_ns != YG_TIME_NONE &&
		now_ns - approved_ns > (int64_t)YG_PROVISION_LOST_S * YG_NS_PER_S);
}

static int go_on(struct yg_hub_access *hub, const char *id, json_t *plan, bool goes_around,
		 int64_t now_ns)
{
	struct rows rows = {0};
	int rc = yg_hub_each(hub, YG_WARN_STORE, "warning", id, "", 0, note_row, &rows);

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
		rc = yg_hub_each(hub, YG_WARN_STORE, "warning", plan, "", 0, note_row, &rows);
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
	int rc = yg_provision_require(by, YG_MAY_write_warnings, &hub);

	if (rc == YG_OK && by->who.token[0])
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = check_flow(hub, plan);
	if (rc == YG_OK)
		rc = yg_warn_save(hub, by->actor, "flow", plan, json_pack("{s:b}", "around", 1));
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, YG_HUB_ORG, "provision.around", plan, ""});
}

/* ---- what came of it ---- */

struct counting {
	json_int_t nodes[YG_PROVISION_STAGES];
	json_int_t sent[YG_PROVISION_STAGES];
	json_int_t steps[YG_PROVISION_STAGES][3];
	json_t *failed[YG_PROVISION_STAGES];
	json_t *corrections;
};

static const char *const steps[3] = {"delivered", "seen", "acknowledged"};

/* Why it has no receipt yet: by the worst that a way to it says. */
static const char *cause_of(const json_t *warning, struct yg_bytes *ret_text)
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
	return "silent";
}

static int add_failed(struct counting *c, unsigned stage, const json_t *warning)
{
	struct yg_bytes text = {0};
	const char *cause = cause_of(warning, &text);
	int64_t before = yg_json_int(c->failed[stage], cause, 0);
	int rc = yg_json_set(c->failed[stage], cause, json_integer(before + 1));

	if (rc != YG_OK || strcmp(cause, "not-reached") == 0 || strcmp(cause, "not-sent") == 0)
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

	(void)key;
	if (stage == YG_PROVISION_STAGES)
		return YG_OK;
	c->nodes[stage]++;
	c->sent[stage] += yg_warn_is_out(body);
	for (unsigned i = 0; i < 3; i++)
		c->steps[stage][i] += json_is_object(json_object_get(body, steps[i]));
	return json_is_object(json_object_get(body, "delivered")) ? YG_OK
								  : add_failed(c, stage, body);
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
	c->corrections = json_array();
	for (unsigned i = 0; i < YG_PROVISION_STAGES; i++)
		if (!(c->failed[i] = json_object()))
			return YG_ENOMEM;
	return c->corrections
		       ? yg_hub_each(hub, YG_WARN_STORE, "warning", plan, "", 0, count_row, c)
		       : YG_ENOMEM;
}

int yg_provision_get(struct yg_access *by, const char *plan, json_t **ret)
{
	struct counting c = {.corrections = NULL};
	struct yg_hub_access *hub;
	json_t *body = NULL, *flow = NULL;
	int rc = yg_provision_require(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK)
		rc = yg_warn_is_plan(plan) ? yg_warn_load(hub, "plan", plan, &body) : YG_ENOENT;
	flow = json_object_get(body, "flow");
	if (rc == YG_OK && !json_is_object(flow))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = count_all(hub, plan, &c);
	if (rc == YG_OK) {
		*ret = json_pack(
			"{s:s, s:O, s:O, s:O, s:O, s:O, s:O, s:o, s:O}", "plan", plan, "number",
			json_object_get(body, "number"), "state", json_object_get(body, "state"),
			"made", json_object_get(body, "made"), "kind",
			json_object_get(flow, "kind"), "announced",
			json_object_get(flow, "announced"), "mode", json_object_get(flow, "mode"),
			"stages", stages_json(&c), "corrections", c.corrections);
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	for (unsigned i = 0; i < YG_PROVISION_STAGES; i++)
		json_decref(c.failed[i]);
	json_decref(c.corrections);
	json_decref(body);
	return rc;
}
