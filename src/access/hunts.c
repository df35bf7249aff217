/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/hunts.h"

#include "access/hub-int.h"
#include "base/json.h"

#include "base/ban.h"

#define MACHINE	    "hub" /* as an actor */
#define MACHINE_WHY "automatic hunt for what arrived"

int yg_hunt_who_of(const struct yg_access *access, const char *reason, struct yg_hunt_who *ret)
{
	*ret = (struct yg_hunt_who){.role = access->hub_role};
	if (reason && reason[0] && !yg_hub_is_text(reason, YG_VIEW_REASON_MAX))
		return YG_EINVAL;
	(void)snprintf(ret->actor, sizeof(ret->actor), "%s", access->actor); /* as large */
	(void)snprintf(ret->name, sizeof(ret->name), "%s", access->who.name);
	(void)snprintf(ret->reason, sizeof(ret->reason), "%s", reason ? reason : "");
	return YG_OK;
}

/* ---- what it did ---- */

static json_t *mark(struct yg_hub_access *hub)
{
	return json_pack("{s:o}", "time", yg_hub_seconds(yg_hub_now_ns(hub)));
}

int yg_hunt_note(struct yg_hub_access *hub, const char *id, const char *action, const char *actor,
		 const char *detail)
{
	const struct yg_hub_deed deed = {actor[0] ? actor : MACHINE, YG_HUB_ORG, action, id,
					 detail};
	char key[YG_HUB_KEY_MAX];
	json_t *there = NULL;
	bool is_inside;
	int rc;

	if (!yg_hub_key(key, id, action))
		return YG_EINVAL;
	rc = yg_hub_get(hub, "hunt_deed", key, &there, NULL);
	json_decref(there);
	if (rc != YG_ENOENT)
		return rc;
	rc = yg_hub_begin(hub);
	is_inside = rc == YG_EINVAL; /* a transaction is open: the entry is part of it */
	if (rc != YG_OK && !is_inside)
		return rc;
	rc = yg_hub_put(hub, deed.actor, "hunt_deed", key, mark(hub), YG_REVISION_NONE);
	if (is_inside)
		return rc == YG_OK ? yg_audit_append(hub, &deed) : rc;
	return yg_hub_finish(hub, rc, &deed);
}

/* ---- whose archive was searched ---- */

static int put_view(struct yg_hub_access *hub, const char *id, const char *org, const char *what,
		    const struct yg_hunt_who *who)
{
	bool is_machine = !who->actor[0];
	char text[YG_VIEW_WHAT_MAX + 1];
	struct yg_view view = {.is_machine = is_machine, .role = who->role};

	(void)snprintf(text, sizeof(text), "hunt %s: %s", id, what); /* cut: it is said in short */
	(void)snprintf(view.actor, sizeof(view.actor), "%s", is_machine ? MACHINE : who->actor);
	(void)snprintf(view.name, sizeof(view.name), "%s", is_machine ? MACHINE : who->name);
	(void)snprintf(view.org, sizeof(view.org), "%s", YG_HUB_ORG);
	(void)snprintf(view.what, sizeof(view.what), "%s", text);
	if (is_machine)
		(void)snprintf(view.reason, sizeof(view.reason), "%s", MACHINE_WHY);
	else
		(void)snprintf(view.reason, sizeof(view.reason), "%.*s",
			       (int)sizeof(view.reason) - 1,
			       who->reason[0] ? who->reason : MACHINE_WHY);
	return yg_view_put(hub, org, &view);
}

int yg_hunt_may_search(struct yg_hub_access *hub, const char *org)
{
	struct yg_hub_org found;
	int rc = yg_hub_org_look(hub->enrol, org, &found);

	return rc == YG_OK && found.closed_ns != YG_TIME_NONE ? YG_ENOENT : rc;
}

int yg_hunt_note_search(struct yg_hub_access *hub, const char *id, const char *org,
			const char *what, const struct yg_hunt_who *who)
{
	const struct yg_hub_deed deed = {who->actor[0] ? who->actor : MACHINE, org, "hunt.search",
					 id, what};
	bool is_there = false;
	int rc = yg_hub_begin(hub);

	if (rc != YG_OK)
		return rc;
	rc = yg_hunt_may_search(hub, org);
	if (rc == YG_OK) {
		rc = yg_hub_put_at(hub, org, deed.actor, "hunt", id, mark(hub), YG_REVISION_NONE);
		is_there = rc == YG_EDUPLICATE || rc == YG_EMISMATCH;
	}
	if (rc == YG_OK)
		rc = put_view(hub, id, org, what, who);
	rc = yg_hub_finish(hub, rc, &deed);
	return is_there ? YG_OK : rc;
}

/* ---- as an object ---- */

static bool is_reached(const struct yg_hub_reach *reach, const char *org)
{
	for (uint32_t i = 0; i < reach->count; i++)
		if (strcmp(reach->orgs[i], org) == 0)
			return true;
	return reach->is_all;
}

static json_t *copy_of(const json_t *job, const char *key, json_t *otherwise)
{
	json_t *value = json_object_get(job, key);

	if (!value)
		return otherwise;
	json_decref(otherwise);
	return json_incref(value);
}

/* Its organisations that are reached; *ret_is_over: it is done with each of them. */
static json_t *orgs_of(const json_t *job, const struct yg_hub_reach *reach, bool *ret_is_over)
{
	json_t *items = json_array();
	const char *name;
	json_t *org;

	*ret_is_over = true;
	json_object_foreach(json_object_get(job, "orgs"), name, org)
	{
		bool is_done = json_is_true(json_object_get(org, "done"));
		json_t *item;

		if (!is_reached(reach, name))
			continue;
		*ret_is_over = *ret_is_over && is_done;
		item = json_pack("{s:s, s:b, s:I, s:I, s:I}", "org", name, "done", (int)is_done,
				 "files", (json_int_t)yg_json_int(org, "files", 0), "records",
				 (json_int_t)yg_json_int(org, "records", 0), "findings",
				 (json_int_t)yg_json_int(org, "findings", 0));
		if (!item || json_array_append_new(items, item) != 0) {
			json_decref(items);
			return NULL;
		}
	}
	return items;
}

static json_t *total_of(const json_t *job)
{
	static const char *const keys[] = {"files",	 "bytes",	"bound",
					   "files_done", "frames_read", "records",
					   "findings",	 "unlisted",	"damaged"};
	json_t *total = json_object();

	for (size_t i = 0; total && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (yg_json_set(total, keys[i], json_integer(yg_json_int(job, keys[i], 0))) !=
		    YG_OK) {
			json_decref(total);
			return NULL;
		}
	return total;
}

static json_t *rule_ids_of(const json_t *job)
{
	const json_t *ids = json_object_get(job, "rule_ids");
	json_t *items = json_array();

	for (size_t i = 0; items && i < json_array_size(ids) && i < YG_HUNT_SHOWN_RULES; i++)
		if (json_array_append(items, json_array_get(ids, i)) != 0) {
			json_decref(items);
			return NULL;
		}
	return items;
}

/* For who does not reach all, it is over when it is over with his own: how long it takes at the
 * others is theirs. */
static json_t *state_of(const json_t *job, const struct yg_hub_reach *reach, bool is_over)
{
	struct yg_bytes state = yg_json_text(job, "state");

	if (!reach->is_all && is_over && yg_bytes_eq(state, YG_S("running")))
		return json_string("done");
	return json_stringn((const char *)state.data, state.size);
}

/* How many indicators it looks for: those for everybody, and for each that is reached its own. */
static json_t *indicators_of(const json_t *job, const struct yg_hub_reach *reach)
{
	json_int_t count = yg_json_int(job, "indicators", 0);
	const char *name;
	json_t *org;

	json_object_foreach(json_object_get(job, "warned"), name, org)
	{
		if (is_reached(reach, name))
			count += yg_json_int(org, "indicators", 0);
	}
	return json_integer(count);
}

int yg_hunt_json(const json_t *job, const struct yg_hub_reach *reach, json_t **ret)
{
	bool is_over;
	json_t *orgs = orgs_of(job, reach, &is_over);

	if (!orgs)
		return YG_ENOMEM;
	if (!reach->is_all && json_array_size(orgs) == 0) {
		json_decref(orgs);
		return YG_ENOENT;
	}
	*ret = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
		copy_of(job, "id", json_string("")), "state", state_of(job, reach, is_over),
		"created", copy_of(job, "created", json_null()), "finished",
		reach->is_all ? copy_of(job, "finished", json_null()) : json_null(), "from",
		copy_of(job, "from", json_null()), "days", copy_of(job, "days", json_integer(0)),
		"rules", copy_of(job, "rules", json_integer(0)), "indicators",
		indicators_of(job, reach), "rule_ids", rule_ids_of(job), "answer",
		copy_of(job, "answer", json_null()), "reason",
		reach->is_all ? copy_of(job, "reason", json_null()) : json_null(), "orgs", orgs,
		"total", reach->is_all ? total_of(job) : json_null());
	return *ret ? YG_OK : YG_ENOMEM;
}
