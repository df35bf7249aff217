/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question that nobody answered in time: the deputy of the one that was hit is told. The mail
 * says that an answer is waited for, and nothing of what happened: it may end in a shared box.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/warnings-int.h"

#include "base/ban.h"

#define HUB "hub"

bool yg_warn_is_question(const char *channel)
{
	return strcmp(channel, YG_WARN_QUESTION) == 0;
}

static bool is_waiting(const json_t *question)
{
	struct yg_bytes state = yg_json_text(question, "state");

	return json_is_object(question) &&
	       (yg_bytes_eq(state, YG_S("asked")) || yg_bytes_eq(state, YG_S("see")));
}

int yg_warn_question_late(struct yg_hub_access *hub, const char *plan, int64_t now_ns)
{
	json_t *body = NULL, *question;
	char key[YG_HUB_KEY_MAX];
	char time[17];
	int rc = yg_warn_load(hub, "plan", plan, &body);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	question = json_object_get(body, "question");
	if (!is_waiting(question)) {
		json_decref(body);
		return YG_OK;
	}
	rc = yg_json_set(question, "overdue", yg_warn_time(now_ns));
	if (rc == YG_OK)
		rc = yg_json_set(question, "escalated", yg_warn_time(now_ns));
	if (rc == YG_OK)
		rc = yg_warn_save(hub, HUB, "plan", plan, json_incref(body));
	json_decref(body);
	yg_warn_time_key(now_ns, false, time);
	(void)snprintf(key, sizeof(key), "%s/%s-%s", time, plan, YG_WARN_QUESTION); /* short */
	return rc == YG_OK ? yg_warn_save(hub, HUB, "outbox", key,
					  json_pack("{s:s, s:s, s:i}", "id", plan, "channel",
						    YG_WARN_QUESTION, "tries", 0))
			   : rc;
}

int yg_warn_question_note(struct yg_hub_access *hub, const char *plan, const char *state,
			  const char *text, int64_t now_ns, bool is_repeated)
{
	json_t *body = NULL, *question;
	int64_t repeats;
	int rc = yg_warn_load(hub, "plan", plan, &body);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	question = json_object_get(body, "question");
	repeats = yg_json_int(json_object_get(question, "deputy"), "repeats", 0) + is_repeated;
	if (json_is_object(question))
		rc = yg_json_set(question, "deputy",
				 json_pack("{s:s, s:o, s:o, s:I}", "state", state, "time",
					   yg_warn_time(now_ns), "text", yg_hub_string(text),
					   "repeats", (json_int_t)repeats));
	if (rc == YG_OK)
		rc = yg_warn_save(hub, HUB, "plan", plan, json_incref(body));
	json_decref(body);
	return rc;
}

/* What is sent, and to whom, as it is now. */
static int fill(struct yg_hub_access *hub, const json_t *body, struct yg_warn_out *out)
{
	struct yg_hub_org found = {.closed_ns = YG_TIME_NONE};
	char org[YG_ENROL_ID_MAX + 1];
	json_t *profile = NULL;
	int rc;

	yg_hub_text(body, "victim", org, sizeof(org));
	yg_hub_text(body, "number", out->number, sizeof(out->number));
	out->due_ns = yg_warn_time_of(json_object_get(body, "question"), "due");
	rc = yg_hub_org_look(hub->enrol, org, &found);
	if (rc == YG_OK && found.closed_ns == YG_TIME_NONE)
		rc = yg_hub_get(hub, "member", org, &profile, NULL);
	yg_hub_text(profile, "deputy_mail", out->to, sizeof(out->to));
	yg_hub_text(profile, "language", out->lang, sizeof(out->lang));
	json_decref(profile);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_warn_question_fill(struct yg_hub_access *hub, struct yg_warn_out *out,
			  const char **ret_settled)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	json_t *body = NULL;
	int rc;

	*ret_settled = NULL;
	(void)snprintf(plan, sizeof(plan), "%.16s", out->id);
	rc = yg_warn_load(hub, "plan", plan, &body);
	if (rc == YG_ENOENT || (rc == YG_OK && !is_waiting(json_object_get(body, "question")))) {
		*ret_settled = "gone"; /* it was answered meanwhile */
		rc = YG_OK;
	} else if (rc == YG_OK) {
		rc = fill(hub, body, out);
		if (rc == YG_OK && !out->to[0])
			*ret_settled = "no-contact";
	}
	json_decref(body);
	return rc;
}
