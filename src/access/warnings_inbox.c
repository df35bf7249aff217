/* SPDX-License-Identifier: Apache-2.0 */
/* What a recipient sees of what was sent to it, and its receipts. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/warnings-int.h"

#include "access/sightings.h"
#include "base/alloc.h"

#include "base/ban.h"

#define PAGE_MAX 1000u

int yg_warn_step_set(json_t *warning, enum yg_warn_step step, int64_t now_ns, const char *who,
		     const char *how)
{
	int rc = YG_OK;

	for (unsigned i = 0; i <= (unsigned)step && rc == YG_OK; i++) {
		const char *name = yg_warn_step_name((enum yg_warn_step)i);

		if (json_is_object(json_object_get(warning, name)))
			continue; /* the first counts */
		rc = yg_json_set(warning, name,
				 json_pack("{s:o, s:s, s:s}", "time", yg_warn_time(now_ns), "who",
					   who, "how", how));
		if (rc == YG_OK)
			rc = yg_json_set(warning, "state", json_string(name));
	}
	return rc;
}

/* A recipient sees its own copy and receipts: nothing of how it came to be one. */
static json_t *own_shown(const char *id, const json_t *body)
{
	static const char *const keys[] = {
		"number",    "kind", "refers",	     "tlp",   "pap",	  "state", "released",
		"delivered", "seen", "acknowledged", "acted", "replaced", "code",  "automatic"};
	json_t *shown = json_pack("{s:s}", "id", id);
	int rc = shown ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && rc == YG_OK; i++) {
		json_t *value = json_object_get(body, keys[i]);

		rc = yg_json_set(shown, keys[i], value ? json_incref(value) : json_null());
	}
	if (rc == YG_OK)
		return shown;
	json_decref(shown);
	return NULL;
}

/* A recipient's own people and programs, and whom it gave a mandate; people of the hub read there.
 */
static bool is_recipients(const struct yg_access *by)
{
	return by->hub_role == YG_HUB_MEMBER || by->hub_role == YG_HUB_PROVIDER;
}

struct ids {
	char (*at)[YG_WARN_ID_HEX + 1];
	uint32_t count;
	uint32_t room;
};

static int take_id(void *arg, struct yg_bytes key, const json_t *body)
{
	struct ids *ids = arg;

	(void)key;
	if (ids->count == ids->room)
		return YG_EEND;
	yg_hub_text(body, "id", ids->at[ids->count], sizeof(ids->at[0]));
	ids->count += yg_warn_is_id(ids->at[ids->count]);
	return YG_OK;
}

int yg_warn_load_own(struct yg_access *by, struct yg_hub_access *hub, const char *id, json_t **ret)
{
	int rc = yg_warn_is_id(id) ? yg_warn_load(hub, "warning", id, ret) : YG_ENOENT;

	if (rc == YG_OK && (!yg_bytes_eq(yg_json_text(*ret, "org"), yg_bytes_str(by->org)) ||
			    !yg_warn_is_out(*ret))) {
		json_decref(*ret);
		*ret = NULL;
		return YG_ENOENT;
	}
	return rc;
}

/* In a transaction. *ret: the warning as it is then. */
static int mark(struct yg_access *by, struct yg_hub_access *hub, const char *id,
		enum yg_warn_step step, const char *text, json_t **ret)
{
	const char *name = yg_warn_step_name(step);
	json_t *body = NULL;
	int rc = yg_warn_load_own(by, hub, id, &body);

	/* A provider that reads for it delivers nothing to it. */
	if (rc != YG_OK || (step == YG_WARN_DELIVERED && strcmp(by->acts_for, by->org) != 0) ||
	    json_is_object(json_object_get(body, name))) {
		*ret = body;
		return rc;
	}
	rc = yg_warn_step_set(body, step, yg_hub_now_ns(hub), by->actor, "console");
	if (rc == YG_OK && text[0])
		rc = yg_json_set(json_object_get(body, name), "text", yg_hub_string(text));
	if (rc == YG_OK)
		rc = yg_warn_save(hub, by->actor, "warning", id, json_incref(body));
	*ret = body;
	return rc;
}

/* Being shown to its people is being delivered: the console is a channel. */
static int deliver(struct yg_access *by, struct yg_hub_access *hub, const struct ids *ids,
		   yg_warn_fn fn, void *arg)
{
	int rc = yg_control_begin(hub->store);

	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < ids->count && rc == YG_OK; i++) {
		json_t *body = NULL, *shown = NULL;

		rc = mark(by, hub, ids->at[i], YG_WARN_DELIVERED, "", &body);
		if (rc == YG_OK && !(shown = own_shown(ids->at[i], body)))
			rc = YG_ENOMEM;
		if (rc == YG_OK)
			rc = fn(arg, shown);
		json_decref(shown);
		json_decref(body);
		if (rc == YG_ENOENT)
			rc = YG_OK; /* gone in between */
	}
	if (rc == YG_OK)
		return yg_control_commit(hub->store);
	yg_control_abort(hub->store);
	return rc;
}

int yg_warn_inbox(struct yg_access *by, const char *after, uint32_t limit, yg_warn_fn fn, void *arg)
{
	struct ids ids = {.room = limit && limit < PAGE_MAX ? limit : PAGE_MAX};
	char prefix[YG_HUB_KEY_MAX];
	char from[YG_HUB_KEY_MAX] = "";
	struct yg_hub_access *hub;
	json_t *body = NULL;
	char time[17];
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK && !is_recipients(by))
		rc = YG_EACCES;

	if (rc == YG_OK && !yg_hub_key(prefix, by->org, ""))
		rc = YG_ENOENT;
	if (rc == YG_OK && after[0]) {
		rc = yg_warn_load_own(by, hub, after, &body);
		yg_warn_time_key(yg_warn_time_of(body, "released"), true, time);
		(void)snprintf(from, sizeof(from), "%s/%s-%s", by->org, time, after); /* ids */
		json_decref(body);
	}
	if (rc != YG_OK)
		return rc;
	ids.at = yg_calloc(ids.room, sizeof(*ids.at));
	rc = ids.at ? yg_hub_each(hub, YG_WARN_STORE, "inbox", prefix, from, 0, take_id, &ids)
		    : YG_ENOMEM;
	if (rc == YG_OK || rc == YG_EEND)
		rc = deliver(by, hub, &ids, fn, arg);
	free(ids.at);
	return rc;
}

static int add_sightings(struct yg_hub_access *hub, const char *id, const json_t *body, json_t *to)
{
	json_t *summary = NULL;
	int rc = yg_sight_summary(hub, id, body, true, &summary);

	return rc == YG_OK ? yg_json_set(to, "sightings", summary) : rc;
}

int yg_warn_inbox_get(struct yg_access *by, const char *id, json_t **ret, json_t **ret_copy)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_warn_variant variant;
	json_t *body = NULL, *whole = NULL, *text = NULL;
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK && !is_recipients(by))
		rc = YG_EACCES;

	*ret = *ret_copy = NULL;
	if (rc == YG_OK)
		rc = yg_control_begin(hub->store);
	if (rc != YG_OK)
		return rc;
	rc = mark(by, hub, id, YG_WARN_DELIVERED, "", &body);
	if (rc == YG_OK) {
		yg_warn_plan_of(id, plan);
		rc = yg_warn_load(hub, "plan", plan, &whole);
	}
	if (rc == YG_OK) {
		yg_warn_variant_of(plan, whole, body, YG_OUTLET_CONSOLE, &variant);
		rc = yg_warn_text(hub, by->actor, &variant, &text);
	}
	if (rc == YG_OK)
		rc = yg_control_commit(hub->store);
	else
		yg_control_abort(hub->store);
	if (rc == YG_OK && json_is_object(json_object_get(text, "copy")))
		*ret_copy = json_incref(json_object_get(text, "copy"));
	if (rc == YG_OK && !(*ret = own_shown(id, body)))
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = add_sightings(hub, id, body, *ret);
	json_decref(text);
	json_decref(whole);
	json_decref(body);
	return rc;
}

struct finding {
	const char *code;
	struct yg_hub_access *hub;
	char *to;
};

static int look_code(void *arg, struct yg_bytes key, const json_t *body)
{
	struct finding *f = arg;

	(void)key;
	if (!yg_bytes_eq(yg_json_text(body, "code"), yg_bytes_str(f->code)))
		return YG_OK;
	yg_hub_text(body, "id", f->to, YG_WARN_ID_HEX + 1);
	return YG_EEND;
}

int yg_warn_by_code(struct yg_access *by, const char *code, char ret[YG_WARN_ID_HEX + 1])
{
	struct finding f = {.code = code, .to = ret};
	char prefix[YG_HUB_KEY_MAX];
	int rc = yg_hub_require(by, YG_MAY_read_warnings, &f.hub);

	if (rc == YG_OK && (!code[0] || !yg_hub_key(prefix, by->org, "")))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_hub_each(f.hub, YG_WARN_STORE, "inbox", prefix, "", PAGE_MAX, look_code,
				 &f);
	return rc == YG_EEND ? YG_OK : rc == YG_OK ? YG_ENOENT : rc;
}

int yg_warn_mark(struct yg_access *by, const char *id, enum yg_warn_step step, const char *text)
{
	static const char *const deeds[YG_WARN_STEPS] = {"warning.deliver", "warning.see",
							 "warning.acknowledge", "warning.act"};
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = yg_hub_require(by, YG_MAY_write_warnings, &hub);

	if (rc == YG_OK && !is_recipients(by))
		rc = YG_EACCES;
	if (rc == YG_OK && text[0] && !yg_hub_is_text(text, YG_WARN_TEXT_MAX))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = mark(by, hub, id, step, text, &body);
	json_decref(body);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, by->org, deeds[step], id, ""});
}
