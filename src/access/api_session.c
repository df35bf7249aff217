/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in and out, and what a person does with himself. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"
#include "access/hub-int.h"

#include "access/people.h"
#include "access/session.h"
#include "base/alloc.h"
#include "base/zone.h"

#include "base/ban.h"

#define CODE_ROOM 64u

static int wrong(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 401, "wrong-credentials",
			      N_("Name, password or code is not right"),
			      N_("Try again. After several failures there is a waiting time."));
}

static int wait(const struct yg_hub_call *call, int64_t wait_s)
{
	call->reply->retry_s = (uint32_t)wait_s;
	return yg_call_refuse(call, 429, "too-many-tries",
			      N_("Too many failures: a waiting time is running"),
			      N_("Try again after the time in Retry-After (seconds)."));
}

/* A program, or the local administrator, has no account. */
static int no_person(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 403, "no-person", N_("This is for people with an account"),
			      N_("Sign in with your own name and password."));
}

/* ---- who is it ---- */

static json_t *person_json(const struct yg_person *person)
{
	return json_pack("{s:s, s:o, s:o, s:s, s:b, s:i}", "id", person->id, "login",
			 yg_json_string(yg_bytes_str(person->login)), "name",
			 yg_json_string(yg_bytes_str(person->name)), "state",
			 yg_person_state_name(person->state), "second_factor",
			 (int)person->has_second_factor, "recovery_codes_left",
			 (int)person->recovery_left);
}

static json_t *session_json(const struct yg_hub_call *call, const struct yg_hub_actor *actor)
{
	struct yg_person person;
	json_t *self = json_null();
	const char *kind = actor->token[0] ? "token" : actor->person[0] ? "person" : "local";
	int rc;

	if (actor->person[0] && !actor->token[0]) {
		rc = yg_person_self(call->api->opts.hub, actor, &person);
		/* One whose second factor is still to come has no more than his name. */
		if (rc == YG_OK)
			self = person_json(&person);
	}
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:s, s:s}", "kind", kind, "name",
			 yg_json_string(yg_bytes_str(actor->name)), "person", self, "grants",
			 yg_call_grants_json(actor->grants, actor->grant_count), "rights",
			 actor->token[0] ? yg_hub_rights_json(actor->rights) : json_null(),
			 "second_factor_given", (int)actor->has_second_factor, "local",
			 (int)actor->is_local, "version", call->api->opts.version, "time_zone",
			 yg_zone_name(yg_hub_zone_of(call->api->opts.hub)));
}

int yg_hub_do_get_session(struct yg_hub_call *call)
{
	return yg_call_json(call, 200, session_json(call, call->request->actor));
}

int yg_call_give_session(const struct yg_hub_call *call, const char *token)
{
	struct yg_hub_actor actor;
	int rc = yg_hub_by_session(call->api->opts.hub, yg_bytes_str(token), &actor);

	if (rc != YG_OK)
		return rc;
	(void)snprintf(call->reply->session, sizeof(call->reply->session), "%s", token); /* fits */
	actor.is_local = actor.is_local && call->request->is_local;
	return yg_call_json(call, 200, session_json(call, &actor));
}

/* ---- signing in ---- */

static int signed_in(struct yg_hub_job *job)
{
	struct yg_hub_call call = {.api = job->api, .request = job->request, .reply = job->reply};
	char token[YG_HUB_TOKEN_HEX + 1];
	enum yg_sign_in_result result;
	int rc = yg_sign_in_end(job->api->opts.hub, job->arg, job->is_right, &result, token);

	if (rc != YG_OK)
		return rc;
	if (result != YG_SIGN_IN_DONE)
		return wrong(&call);
	rc = yg_call_give_session(&call, token);
	yg_wipe(token, sizeof(token));
	return rc;
}

static void look_at_password(struct yg_hub_job *job)
{
	int rc;

	job->is_right = job->hash[0] == '\0';
	if (!job->is_right) {
		rc = yg_password_is_right(job->hash, yg_buf_bytes(&job->old));
		job->is_right = rc == YG_OK;
		job->error = rc == YG_EACCES ? YG_OK : rc;
	}
	if (job->error == YG_OK && job->is_right && job->fresh.size > 0)
		job->error = yg_password_make(yg_buf_bytes(&job->fresh), job->made);
}

/* A job of @call with the texts under @old and @fresh as passwords. NULL without memory. */
static struct yg_hub_job *new_job(const struct yg_hub_call *call, const json_t *in, const char *old,
				  const char *fresh, int (*then)(struct yg_hub_job *job))
{
	struct yg_hub_job *job = yg_hub_job_new(call, then);

	if (!job)
		return NULL;
	job->work = look_at_password;
	if (old)
		yg_buf_add(&job->old, yg_json_text(in, old));
	if (fresh)
		yg_buf_add(&job->fresh, yg_json_text(in, fresh));
	return job;
}

/* {"login","password"} */
int yg_hub_do_sign_in(struct yg_hub_call *call)
{
	const struct yg_request *request = call->request;
	struct yg_hub_job *job = NULL;
	struct yg_sign_in_attempt *attempt = NULL;
	struct yg_sign_in_attempt tried;
	enum yg_sign_in_result result;
	json_t *in;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	if (yg_json_text(in, "password").size > YG_PASSWORD_MAX ||
	    !json_is_string(json_object_get(in, "login")) ||
	    !json_is_string(json_object_get(in, "password"))) {
		json_decref(in);
		return yg_call_bad(call, N_("Send {\"login\": \"…\", \"password\": \"…\"}."));
	}
	attempt = yg_calloc(1, sizeof(*attempt));
	job = attempt ? new_job(call, in, "password", NULL, signed_in) : NULL;
	if (!job) {
		json_decref(in);
		free(attempt);
		return YG_ENOMEM;
	}
	job->arg = attempt;
	result = yg_sign_in_begin(call->api->opts.hub, yg_json_text(in, "login"), request->remote,
				  request->browser, request->is_local, attempt);
	json_decref(in);
	if (result == YG_SIGN_IN_WAIT) {
		rc = wait(call, attempt->wait_s);
		(void)yg_hub_job_free(job);
		return rc;
	}
	memcpy(job->hash, attempt->hash, sizeof(job->hash));
	tried = *attempt;
	rc = yg_hub_job_give(call->api->passwords, job); /* takes the attempt with it */
	if (rc != YG_API_LATER)
		yg_sign_in_forgive(call->api->opts.hub, &tried);
	yg_wipe(tried.hash, sizeof(tried.hash));
	return rc;
}

/* {"code"} */
int yg_hub_do_give_second_factor(struct yg_hub_call *call)
{
	char token[YG_HUB_TOKEN_HEX + 1];
	char code[CODE_ROOM];
	enum yg_sign_in_result result = YG_SIGN_IN_WRONG;
	int64_t wait_s = 0;
	json_t *in;
	bool is_text;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_text = yg_call_text(call, in, "code", code, sizeof(code));
	json_decref(in);
	if (!is_text)
		return YG_OK;
	if (!call->request->actor->session[0])
		return no_person(call);
	rc = yg_sign_in_second(call->api->opts.hub, call->request->actor, yg_bytes_str(code),
			       &result, &wait_s, token);
	yg_wipe(code, sizeof(code));
	if (rc != YG_OK)
		return rc;
	if (result == YG_SIGN_IN_WAIT)
		return wait(call, wait_s);
	if (result == YG_SIGN_IN_WRONG)
		return wrong(call);
	rc = yg_call_give_session(call, token);
	yg_wipe(token, sizeof(token));
	return rc;
}

int yg_hub_do_sign_out(struct yg_hub_call *call)
{
	const struct yg_hub_actor *actor = call->request->actor;
	int rc = YG_OK;

	if (actor->token[0])
		return no_person(call);
	if (actor->session[0])
		rc = yg_session_end(call->api->opts.hub, actor, actor->session);
	call->reply->status = 204;
	call->reply->ends_session = true;
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* ---- the list of sessions ---- */

static int add_session(void *arg, const struct yg_session *session)
{
	json_t *item =
		json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:b}", "id", session->id, "began",
			  yg_call_time(session->began_ns), "seen", yg_call_time(session->seen_ns),
			  "address", yg_json_string(yg_bytes_str(session->address)), "browser",
			  yg_json_string(yg_bytes_str(session->agent)), "second_factor_given",
			  (int)session->has_second_factor, "this", (int)session->is_this);

	return item && json_array_append_new(arg, item) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_sessions(struct yg_hub_call *call)
{
	json_t *items = json_array();
	int rc = items ? yg_session_list(call->api->opts.hub, call->request->actor, add_session,
					 items)
		       : YG_ENOMEM;

	if (rc == YG_OK)
		return yg_call_page(call, items, (struct yg_bytes){0});
	json_decref(items);
	return rc == YG_EACCES ? no_person(call) : rc;
}

/* "others" ends all but the one that asks. */
int yg_hub_do_end_session(struct yg_hub_call *call)
{
	const struct yg_hub_actor *actor = call->request->actor;
	char id[YG_RANDOM_ID_HEX + 1];
	int rc = YG_ENOENT;

	if (yg_call_part(call, 0, id, sizeof(id)))
		rc = strcmp(id, "others") == 0
			     ? yg_session_end_all(call->api->opts.hub, actor, true)
			     : yg_session_end(call->api->opts.hub, actor, id);
	if (rc == YG_OK)
		call->reply->status = 204;
	if (rc == YG_EACCES)
		return no_person(call);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc;
}

/* ---- the invitation ---- */

static int link_over(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 403, "link-over",
			      N_("This invitation has been used already, or is not valid"),
			      N_("Ask the administrator of this hub for a new one."));
}

static int refuse_password(const struct yg_hub_call *call, enum yg_password_fault fault)
{
	return yg_call_refuse(call, 400, "bad-password", N_("This password cannot be taken"),
			      yg_password_fault_text(fault));
}

/* {"key"} */
int yg_hub_do_look_invitation(struct yg_hub_call *call)
{
	struct yg_person person;
	json_t *in;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	rc = yg_person_link_look(call->api->opts.hub, yg_json_text(in, "key"), &person);
	json_decref(in);
	if (rc == YG_EACCES)
		return link_over(call);
	if (rc != YG_OK)
		return rc;
	return yg_call_json(call, 200,
			    json_pack("{s:o, s:o, s:o}", "login",
				      yg_json_string(yg_bytes_str(person.login)), "name",
				      yg_json_string(yg_bytes_str(person.name)), "grants",
				      yg_call_grants_json(person.grants, person.grant_count)));
}

static int accepted(struct yg_hub_job *job)
{
	struct yg_hub_call call = {.api = job->api, .request = job->request, .reply = job->reply};
	int rc = yg_person_link_use(job->api->opts.hub, yg_bytes_str(job->arg), job->made);

	job->reply->status = 204;
	return rc == YG_EACCES ? link_over(&call) : rc;
}

/* {"key","password"} */
int yg_hub_do_accept_invitation(struct yg_hub_call *call)
{
	struct yg_hub_job *job;
	enum yg_password_fault fault;
	struct yg_person person;
	struct yg_bytes key;
	json_t *in;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	key = yg_json_text(in, "key");
	rc = yg_person_link_look(call->api->opts.hub, key, &person);
	if (rc != YG_OK) {
		json_decref(in);
		return rc == YG_EACCES ? link_over(call) : rc;
	}
	fault = yg_person_password_check(call->api->opts.hub, &person,
					 yg_json_text(in, "password"));
	if (fault != YG_PASSWORD_GOOD) {
		json_decref(in);
		return refuse_password(call, fault);
	}
	job = new_job(call, in, NULL, "password", accepted);
	if (job)
		job->arg = yg_strndup((const char *)key.data, key.size);
	json_decref(in);
	if (!job || !job->arg) {
		(void)yg_hub_job_free(job);
		return YG_ENOMEM;
	}
	return yg_hub_job_give(call->api->passwords, job);
}

/* ---- the own password ---- */

static int changed(struct yg_hub_job *job)
{
	struct yg_hub_call call = {.api = job->api, .request = job->request, .reply = job->reply};
	int rc;

	if (!job->is_right)
		return wrong(&call);
	rc = yg_person_password_set(job->api->opts.hub, job->request->actor, job->made);
	job->reply->status = 204;
	return rc == YG_EACCES ? no_person(&call) : rc;
}

/* {"old","new"} */
int yg_hub_do_change_password(struct yg_hub_call *call)
{
	struct yg_hub_access *hub = call->api->opts.hub;
	struct yg_hub_job *job;
	enum yg_password_fault fault = YG_PASSWORD_GOOD;
	struct yg_person person;
	int64_t wait_s = 0;
	json_t *in;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	rc = yg_person_self(hub, call->request->actor, &person);
	if (rc == YG_OK)
		fault = yg_person_password_check(hub, &person, yg_json_text(in, "new"));
	if (rc == YG_OK && fault != YG_PASSWORD_GOOD) {
		json_decref(in);
		return refuse_password(call, fault);
	}
	job = rc == YG_OK ? new_job(call, in, "old", "new", changed) : NULL;
	json_decref(in);
	if (rc == YG_OK)
		rc = job ? yg_person_hash(hub, call->request->actor, job->hash, &wait_s)
			 : YG_ENOMEM;
	if (rc == YG_OK)
		return yg_hub_job_give(call->api->passwords, job);
	(void)yg_hub_job_free(job);
	if (rc == YG_EAGAIN && wait_s > 0)
		return wait(call, wait_s);
	return rc == YG_EACCES ? no_person(call) : rc;
}

/* ---- the second factor ---- */

int yg_hub_do_begin_second_factor(struct yg_hub_call *call)
{
	char secret[YG_TOTP_SECRET_TEXT + 1];
	struct yg_buf uri;
	int rc;

	yg_buf_init(&uri, 1024);
	rc = yg_person_factor_begin(call->api->opts.hub, call->request->actor, secret, &uri);
	if (rc == YG_OK)
		rc = yg_buf_error(&uri);
	if (rc == YG_OK)
		rc = yg_call_json(call, 200,
				  json_pack("{s:s, s:o}", "secret", secret, "uri",
					    yg_json_string(yg_buf_bytes(&uri))));
	yg_wipe(secret, sizeof(secret));
	yg_wipe(uri.data, uri.size);
	yg_buf_done(&uri);
	return rc == YG_EACCES ? no_person(call) : rc;
}

static json_t *codes_json(char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1])
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < YG_HUB_RECOVERY_CODES; i++)
		if (json_array_append_new(list, json_string(codes[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list ? json_pack("{s:o}", "recovery_codes", list) : NULL;
}

static int not_begun(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 409, "not-begun", N_("No second factor is set up"),
			      N_("Begin with POST /api/v1/second-factor."));
}

/* {"code"}: the first code of the secret that waits. */
int yg_hub_do_confirm_second_factor(struct yg_hub_call *call)
{
	char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1];
	char token[YG_HUB_TOKEN_HEX + 1];
	char code[CODE_ROOM];
	json_t *in;
	bool is_text;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_text = yg_call_text(call, in, "code", code, sizeof(code));
	json_decref(in);
	if (!is_text)
		return YG_OK;
	if (!call->request->actor->session[0])
		return no_person(call);
	rc = yg_person_factor_end(call->api->opts.hub, call->request->actor, yg_bytes_str(code),
				  codes, token);
	if (rc == YG_ENOENT)
		return not_begun(call);
	if (rc == YG_EACCES)
		return wrong(call);
	if (rc == YG_OK) {
		(void)snprintf(call->reply->session, sizeof(call->reply->session), "%s",
			       token); /* fits */
		rc = yg_call_json(call, 200, codes_json(codes));
	}
	yg_wipe(codes, sizeof(codes));
	yg_wipe(token, sizeof(token));
	return rc;
}

int yg_hub_do_new_recovery_codes(struct yg_hub_call *call)
{
	char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1];
	int rc = yg_person_recovery_new(call->api->opts.hub, call->request->actor, codes);

	if (rc == YG_ENOENT)
		return not_begun(call);
	if (rc == YG_OK)
		rc = yg_call_json(call, 200, codes_json(codes));
	yg_wipe(codes, sizeof(codes));
	return rc == YG_EACCES ? no_person(call) : rc;
}
