/* SPDX-License-Identifier: Apache-2.0 */
/* The question to the one that was hit, and its answer. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/warnings-int.h"

#include "base/alloc.h"

#include "base/ban.h"

/* What the question shows: texts of kinds that stand for all, so that neither their number nor
 * which there are says who supplies whom further down. */
static const struct {
	enum yg_audience audience;
	enum yg_tlp tlp;
	enum yg_agreed agreed;
	uint32_t rule;
} shown_kinds[] = {
	{YG_AUDIENCE_PARTNER, YG_TLP_AMBER, YG_AGREED_NAMELESS, 9001},
	{YG_AUDIENCE_PARTNER, YG_TLP_AMBER, YG_AGREED_NAMED, 9002},
	{YG_AUDIENCE_SECTOR, YG_TLP_GREEN, YG_AGREED_NAMELESS, 9003},
};

static int load_question(struct yg_access *by, struct yg_hub_access *hub, const char *plan,
			 json_t **ret)
{
	char key[YG_HUB_KEY_MAX];
	json_t *body = NULL;
	int rc = yg_warn_is_plan(plan) && yg_hub_key(key, by->org, plan)
			 ? yg_warn_load(hub, "question", key, &body)
			 : YG_ENOENT;

	json_decref(body);
	*ret = NULL;
	return rc == YG_OK ? yg_warn_load(hub, "plan", plan, ret) : rc;
}

static json_t *question_shown(const char *plan, const json_t *body)
{
	const json_t *question = json_object_get(body, "question");
	json_t *answer = json_object_get(body, "answer");

	return json_pack("{s:s, s:O, s:O, s:O, s:O, s:O}", "plan", plan, "number",
			 json_object_get(body, "number"), "state",
			 json_object_get(question, "state"), "asked",
			 json_object_get(question, "asked"), "due",
			 json_object_get(question, "due"), "answer", answer ? answer : json_null());
}

int yg_warn_question_get(struct yg_access *by, const char *plan, json_t **ret)
{
	json_t *texts = json_array();
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = yg_hub_require(by, YG_MAY_read_consent, &hub);

	*ret = NULL;
	if (rc == YG_OK)
		rc = texts ? load_question(by, hub, plan, &body) : YG_ENOMEM;
	for (size_t i = 0; i < sizeof(shown_kinds) / sizeof(shown_kinds[0]) && rc == YG_OK; i++) {
		const struct yg_warn_variant v = {.plan = plan,
						  .body = body,
						  .rule = shown_kinds[i].rule,
						  .audience = shown_kinds[i].audience,
						  .tlp = shown_kinds[i].tlp,
						  .agreed = shown_kinds[i].agreed,
						  .outlet = YG_OUTLET_CONSOLE};
		json_t *text = NULL;

		rc = yg_warn_text(hub, by->actor, &v, &text);
		if (rc == YG_OK)
			rc = json_array_append_new(texts, text) == 0 ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK)
		*ret = question_shown(plan, body);
	if (rc == YG_OK)
		rc = *ret ? yg_json_set(*ret, "texts", texts) : YG_ENOMEM;
	else
		json_decref(texts);
	json_decref(body);
	if (rc != YG_OK) {
		json_decref(*ret);
		*ret = NULL;
	}
	return rc;
}

struct listing {
	struct yg_hub_access *hub;
	yg_warn_fn fn;
	void *arg;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *l = arg;
	char plan[YG_WARN_PLAN_HEX + 1];
	json_t *whole = NULL, *shown;
	int rc;

	(void)key;
	yg_hub_text(body, "plan", plan, sizeof(plan));
	rc = yg_warn_load(l->hub, "plan", plan, &whole);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	shown = question_shown(plan, whole);
	rc = shown ? l->fn(l->arg, shown) : YG_ENOMEM;
	json_decref(shown);
	json_decref(whole);
	return rc;
}

int yg_warn_question_list(struct yg_access *by, yg_warn_fn fn, void *arg)
{
	struct listing l = {.fn = fn, .arg = arg};
	char prefix[YG_HUB_KEY_MAX];
	int rc = yg_hub_require(by, YG_MAY_read_consent, &l.hub);

	if (rc == YG_OK && !yg_hub_key(prefix, by->org, ""))
		rc = YG_ENOENT;
	return rc == YG_OK
		       ? yg_hub_each(l.hub, YG_WARN_STORE, "question", prefix, "", 0, list_one, &l)
		       : rc;
}

/* ---- its answer ---- */

struct waiting {
	char (*ids)[YG_WARN_ID_HEX + 1];
	json_t **bodies;
	uint32_t count;
	uint32_t room;
};

static int take_waiting(void *arg, struct yg_bytes key, const json_t *body)
{
	struct waiting *w = arg;
	struct yg_bytes state = yg_warn_state(body);

	if (!yg_bytes_eq(state, YG_S("needs-consent")) &&
	    !yg_bytes_eq(state, YG_S("needs-approval")))
		return YG_OK;
	if (w->count == w->room) {
		uint32_t room = w->room ? 2 * w->room : 64;
		char(*ids)[YG_WARN_ID_HEX + 1] = yg_reallocarray(w->ids, room, sizeof(*ids));
		json_t **bodies;

		if (!ids)
			return YG_ENOMEM;
		w->ids = ids;
		bodies = yg_reallocarray(w->bodies, room, sizeof(json_t *));
		if (!bodies)
			return YG_ENOMEM;
		w->bodies = bodies;
		w->room = room;
	}
	memcpy(w->ids[w->count], key.data, YG_WARN_ID_HEX);
	w->ids[w->count][YG_WARN_ID_HEX] = '\0';
	w->bodies[w->count++] = json_incref((json_t *)(uintptr_t)body);
	return YG_OK;
}

/* Its direct buyers get the name only when it says so now: below the number, and where it asked to
 * be asked, nothing that was said beforehand holds. */
static int settle(struct yg_access *by, const char *id, json_t *warning,
		  const struct yg_warn_answer *answer)
{
	bool is_yes = strcmp(answer->answer, "yes") == 0;
	bool is_named = is_yes && answer->is_named && yg_json_int(warning, "depth", 0) == 1 &&
			yg_bytes_eq(yg_json_text(warning, "audience"), YG_S("partner"));
	int rc = yg_json_set(warning, "state", json_string(is_yes ? "ready" : "refused"));

	if (rc == YG_OK)
		rc = yg_json_set(warning, "named", json_boolean(is_named));
	if (rc == YG_OK && !is_yes)
		rc = yg_json_set(warning, "refusal", json_string("consent"));
	if (rc == YG_OK && !yg_bytes_eq(yg_json_text(warning, "redaction"), YG_S("indicators")))
		rc = yg_json_set(warning, "redaction",
				 json_string(is_named ? "named" : "anonymous"));
	return rc == YG_OK ? yg_warn_save(by->hub, by->actor, "warning", id, json_incref(warning))
			   : rc;
}

static int settle_all(struct yg_access *by, const char *plan, const struct yg_warn_answer *answer)
{
	struct waiting w = {0};
	int rc = yg_hub_each(by->hub, YG_WARN_STORE, "warning", plan, "", 0, take_waiting, &w);

	for (uint32_t i = 0; i < w.count; i++) {
		if (rc == YG_OK)
			rc = settle(by, w.ids[i], w.bodies[i], answer);
		json_decref(w.bodies[i]);
	}
	free(w.ids);
	free(w.bodies);
	return rc;
}

static int note_answer(struct yg_access *by, const char *plan, json_t *body,
		       const struct yg_warn_answer *answer)
{
	static const char *const states[] = {"yes", "see", "no"};
	json_t *question = json_object_get(body, "question");
	struct yg_bytes state = yg_json_text(question, "state");
	int rc;

	if (yg_bytes_eq(state, YG_S("yes")) || yg_bytes_eq(state, YG_S("no")))
		return yg_bytes_eq(state, yg_bytes_str(answer->answer)) ? YG_OK : YG_EMISMATCH;
	rc = YG_EINVAL;
	for (size_t i = 0; i < 3; i++)
		if (strcmp(states[i], answer->answer) == 0)
			rc = YG_OK;
	if (rc == YG_OK)
		rc = yg_json_set(question, "state", json_string(answer->answer));
	if (rc == YG_OK)
		rc = yg_json_set(body, "answer",
				 json_pack("{s:s, s:b, s:b, s:o, s:o, s:s}", "answer",
					   answer->answer, "named", (int)answer->is_named, "damage",
					   (int)answer->is_damage, "text",
					   yg_hub_string(answer->text), "time",
					   yg_warn_time(yg_hub_now_ns(by->hub)), "who", by->actor));
	if (rc == YG_OK && strcmp(answer->answer, "see") != 0)
		rc = settle_all(by, plan, answer);
	return rc == YG_OK ? yg_warn_save(by->hub, by->actor, "plan", plan, json_incref(body)) : rc;
}

int yg_warn_answer(struct yg_access *by, const char *plan, const struct yg_warn_answer *answer)
{
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = yg_hub_require(by, YG_MAY_write_consent, &hub);

	if (rc == YG_OK && answer->text[0] && !yg_hub_is_text(answer->text, YG_WARN_TEXT_MAX))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = load_question(by, hub, plan, &body);
	if (rc == YG_OK)
		rc = note_answer(by, plan, body, answer);
	json_decref(body);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, by->org, "warning.answer", plan, answer->answer});
}
