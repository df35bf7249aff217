/* SPDX-License-Identifier: Apache-2.0 */
/* People and tokens of a hub, and the audit log. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"
#include "access/hub-int.h"

#include "access/audit.h"
#include "access/people.h"
#include "access/token.h"
#include "model/day.h"

#include "base/ban.h"

#define INVITE_HOURS 72

static json_t *person_json(const struct yg_person *person)
{
	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:b, s:i, s:o, s:o}", "id", person->id, "login",
			 yg_hub_string(person->login), "name", yg_hub_string(person->name), "state",
			 yg_person_state_name(person->state), "grants",
			 yg_call_grants_json(person->grants, person->grant_count), "second_factor",
			 (int)person->has_second_factor, "recovery_codes_left",
			 (int)person->recovery_left, "added", yg_call_time(person->added_ns),
			 "signed_in", yg_call_time(person->signed_in_ns));
}

/* ---- lists ---- */

struct people {
	json_t *items;
	uint32_t limit;
	char last[YG_RANDOM_ID_HEX + 1];
	bool is_more;
};

static int add_person(void *arg, const struct yg_person *person)
{
	struct people *people = arg;
	json_t *item;

	if (json_array_size(people->items) == people->limit) {
		people->is_more = true;
		return YG_EEND;
	}
	item = person_json(person);
	memcpy(people->last, person->id, sizeof(people->last));
	return item && json_array_append_new(people->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

/* Of one organisation: of ?org=; else of the hub, for those who stand there, else of the first that
 * is reached (a person of several members asks for each). */
static int open_people(const struct yg_hub_call *call, struct yg_access **ret)
{
	struct yg_hub_reach reach;
	int rc = yg_hub_reach(call->api->opts.hub, call->request->actor, call->right, &reach);

	if (rc == YG_OK && !reach.is_all && reach.count == 0)
		rc = YG_EEND;
	if (rc == YG_OK)
		rc = yg_call_open(call, reach.is_all ? NULL : reach.orgs[0], call->right, ret);
	yg_hub_reach_done(&reach);
	return rc;
}

int yg_hub_do_list_people(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	char from[YG_RANDOM_ID_HEX + 1] = "";
	struct people people = {.items = json_array()};
	struct yg_access *own = NULL;
	int rc = people.items ? yg_call_query_limit(call, &people.limit) : YG_ENOMEM;

	if (rc == YG_OK && after.size > YG_RANDOM_ID_HEX) {
		json_decref(people.items);
		return yg_call_bad(call, N_("after must be what `next` said."));
	}
	memcpy(from, after.data ? after.data : (const uint8_t *)"", after.size);
	if (rc == YG_OK && !call->access) {
		rc = open_people(call, &own);
		if (rc == YG_EEND)
			return yg_call_page(call, people.items, (struct yg_bytes){0});
	}
	if (rc == YG_OK)
		rc = yg_person_list(own ? own : call->access, from, people.limit + 1, add_person,
				    &people);
	(void)yg_access_free(own);
	if (rc == YG_OK || (rc == YG_EEND && people.is_more))
		return yg_call_page(call, people.items,
				    yg_bytes_str(people.is_more ? people.last : ""));
	json_decref(people.items);
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- one person ---- */

static int answer_person(const struct yg_hub_call *call, const char *id, int status,
			 const char *link)
{
	struct yg_person person;
	json_t *item;
	int rc = yg_person_get(yg_call_reader(call), id, &person);

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc != YG_OK)
		return rc;
	item = person_json(&person);
	if (item && link && yg_json_set(item, "invitation", json_string(link)) != YG_OK) {
		json_decref(item);
		return YG_ENOMEM;
	}
	return yg_call_json(call, status, item);
}

int yg_hub_do_get_person(struct yg_hub_call *call)
{
	char id[YG_PERSON_LOGIN_MAX + 1];

	return yg_call_part(call, 0, id, sizeof(id)) ? answer_person(call, id, 200, NULL)
						     : yg_call_not_found(call);
}

static int refuse_person(const struct yg_hub_call *call, int rc)
{
	if (rc == YG_EDUPLICATE)
		return yg_call_refuse(call, 409, "already-there",
				      N_("Somebody has this login already"),
				      N_("Choose another one."));
	if (rc == YG_EINVAL)
		return yg_call_bad(call,
				   N_("A person has a login without blanks, a name, and roles: "
				      "administrator and analyst at hub, member and provider at "
				      "an organisation."));
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	return rc;
}

/* [{"role","org"}] under "grants". */
static bool read_grants(const struct yg_hub_call *call, const json_t *in,
			struct yg_hub_grant grants[YG_PERSON_GRANTS_MAX], uint32_t *ret_count)
{
	const json_t *list = json_object_get(in, "grants");

	*ret_count = 0;
	if (json_array_size(list) > YG_PERSON_GRANTS_MAX || (list && !json_is_array(list))) {
		(void)yg_call_bad(call, N_("grants is a list of at most 16 roles."));
		return false; /* said above, always YG_OK */
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct yg_hub_grant *grant = &grants[(*ret_count)++];

		if (!yg_call_text(call, item, "org", grant->org, sizeof(grant->org)))
			return false;
		if (!yg_hub_role_by_name(yg_json_text(item, "role"), &grant->role)) {
			(void)yg_call_bad(call, N_("role is administrator, analyst, member or "
						   "provider."));
			return false; /* as above */
		}
	}
	return true;
}

static int64_t read_hours(const json_t *in)
{
	return yg_json_int(in, "hours", json_object_get(in, "hours") ? 0 : INVITE_HOURS);
}

static bool are_hours(const struct yg_hub_call *call, int64_t hours)
{
	if (hours >= 1 && hours <= (int64_t)YG_PERSON_HOURS_MAX)
		return true;
	(void)yg_call_bad(call, N_("hours must be a number from 1 to 720.")); /* always YG_OK */
	return false;
}

/* {"login","name","grants":[…],"hours"} */
int yg_hub_do_add_person(struct yg_hub_call *call)
{
	char id[YG_RANDOM_ID_HEX + 1];
	char link[YG_PERSON_LINK_HEX + 1];
	struct yg_person wish = {0};
	int64_t hours;
	json_t *in;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	hours = read_hours(in);
	is_good = yg_call_text(call, in, "login", wish.login, sizeof(wish.login)) &&
		  yg_call_text(call, in, "name", wish.name, sizeof(wish.name)) &&
		  read_grants(call, in, wish.grants, &wish.grant_count) && are_hours(call, hours);
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_people);
	if (rc != YG_OK)
		return rc;
	call->reply->is_secret = true;
	rc = yg_person_add(call->access, &wish, (uint32_t)hours, id, link);
	if (rc == YG_OK)
		rc = answer_person(call, id, 201, link);
	else
		rc = refuse_person(call, rc);
	yg_wipe(link, sizeof(link));
	return rc;
}

/* The person that the address names, as far as the caller may see people. */
static int find_person(struct yg_hub_call *call, struct yg_person *ret)
{
	char id[YG_PERSON_LOGIN_MAX + 1];
	int rc;

	if (!yg_call_part(call, 0, id, sizeof(id)))
		return YG_ENOENT;
	rc = yg_call_read(call, YG_MAY_read_people);
	return rc == YG_OK ? yg_person_get(call->reader, id, ret) : rc;
}

/* {"state":"locked"|"active"|"left"} */
int yg_hub_do_set_person_state(struct yg_hub_call *call)
{
	static const enum yg_person_state states[] = {YG_PERSON_LOCKED, YG_PERSON_ACTIVE,
						      YG_PERSON_LEFT};
	char state[32];
	struct yg_person person;
	json_t *in;
	bool is_text;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_text = yg_call_text(call, in, "state", state, sizeof(state));
	json_decref(in);
	if (!is_text)
		return YG_OK;
	rc = find_person(call, &person);
	for (unsigned i = 0; rc == YG_OK && i < 3; i++)
		if (strcmp(state, yg_person_state_name(states[i])) == 0) {
			rc = yg_person_set_state(call->access, person.id, states[i]);
			return rc == YG_OK ? answer_person(call, person.id, 200, NULL)
					   : refuse_person(call, rc);
		}
	return rc == YG_OK ? yg_call_bad(call, N_("state is active, locked or left."))
			   : refuse_person(call, rc);
}

/* {"grants":[…]} */
int yg_hub_do_set_person_grants(struct yg_hub_call *call)
{
	struct yg_hub_grant grants[YG_PERSON_GRANTS_MAX] = {0};
	struct yg_person person;
	uint32_t count;
	json_t *in;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = read_grants(call, in, grants, &count);
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = find_person(call, &person);
	if (rc == YG_OK)
		rc = yg_person_set_grants(call->access, person.id, grants, count);
	return rc == YG_OK ? answer_person(call, person.id, 200, NULL) : refuse_person(call, rc);
}

/* {"hours","second_factor":true}: a new link for one who lost his password. */
int yg_hub_do_reset_person(struct yg_hub_call *call)
{
	char link[YG_PERSON_LINK_HEX + 1];
	struct yg_person person;
	int64_t hours;
	bool with_factor;
	json_t *in;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	hours = read_hours(in);
	with_factor = json_is_true(json_object_get(in, "second_factor"));
	json_decref(in);
	if (!are_hours(call, hours))
		return YG_OK;
	rc = find_person(call, &person);
	if (rc == YG_OK) {
		call->reply->is_secret = true;
		rc = yg_person_reset(call->access, person.id, (uint32_t)hours, with_factor, link);
	}
	if (rc == YG_OK)
		rc = answer_person(call, person.id, 201, link);
	else
		rc = refuse_person(call, rc);
	yg_wipe(link, sizeof(link));
	return rc;
}

/* ---- tokens ---- */

static json_t *token_json(const struct yg_token *token)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:o}", "id", token->id,
			 "org", token->org, "name", yg_hub_string(token->name), "role",
			 yg_hub_role_name(token->role), "rights", yg_hub_rights_json(token->rights),
			 "until", yg_hub_day(token->last_day), "made", yg_call_time(token->made_ns),
			 "used", yg_call_time(token->used_ns), "revoked", (int)token->is_revoked,
			 "made_by", yg_hub_string(token->made_by));
}

struct tokens {
	json_t *items;
	const char *id; /* NULL: all */
};

static int add_token(void *arg, const struct yg_token *token)
{
	struct tokens *tokens = arg;
	json_t *item;

	if (tokens->id && strcmp(tokens->id, token->id) != 0)
		return YG_OK;
	item = token_json(token);
	return item && json_array_append_new(tokens->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_tokens(struct yg_hub_call *call)
{
	struct tokens tokens = {.items = json_array()};
	int rc = tokens.items ? yg_token_list(call->access, add_token, &tokens) : YG_ENOMEM;

	if (rc == YG_OK)
		return yg_call_page(call, tokens.items, (struct yg_bytes){0});
	json_decref(tokens.items);
	return rc;
}

static int answer_token(const struct yg_hub_call *call, const char *id, const char *secret)
{
	struct tokens tokens = {.items = json_array(), .id = id};
	json_t *item;
	int rc = tokens.items ? yg_token_list(yg_call_reader(call), add_token, &tokens) : YG_ENOMEM;

	item = json_incref(json_array_get(tokens.items, 0));
	json_decref(tokens.items);
	if (rc == YG_OK && item && yg_json_set(item, "token", json_string(secret)) != YG_OK)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		return yg_call_json(call, 201, item);
	json_decref(item);
	return rc;
}

/* {"name","role","rights":[…],"until"}: the secret is shown once. */
int yg_hub_do_add_token(struct yg_hub_call *call)
{
	char id[YG_RANDOM_ID_HEX + 1];
	char secret[YG_HUB_TOKEN_HEX + 1];
	struct yg_token wish = {0};
	json_t *in;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "name", wish.name, sizeof(wish.name)) &&
		  yg_call_day(call, in, "until", &wish.last_day) &&
		  yg_call_rights(call, in, &wish.rights);
	if (is_good && !yg_hub_role_by_name(yg_json_text(in, "role"), &wish.role)) {
		(void)yg_call_bad(call, N_("role is administrator, analyst, member or provider."));
		is_good = false; /* said above, always YG_OK */
	}
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_tokens);
	if (rc != YG_OK)
		return rc;
	call->reply->is_secret = true;
	rc = yg_token_new(call->access, &wish, id, secret);
	if (rc == YG_OK)
		rc = answer_token(call, id, secret);
	else if (rc == YG_EACCES)
		rc = yg_call_refuse(call, 403, "not-allowed", N_("You may not do this"),
				    N_("A token can have no more rights than you have."));
	else if (rc == YG_EINVAL)
		rc = yg_call_bad(call, N_("A token has a role that can stand at this organisation, "
					  "rights of that role, and a last day that is not over."));
	else if (rc == YG_ELIMIT)
		rc = yg_call_refuse(call, 409, "too-many", N_("There are too many of these"),
				    N_("Remove those that are not needed."));
	yg_wipe(secret, sizeof(secret));
	return rc;
}

int yg_hub_do_revoke_token(struct yg_hub_call *call)
{
	char id[YG_RANDOM_ID_HEX + 1];
	int rc = yg_call_part(call, 0, id, sizeof(id)) ? yg_token_revoke(call->access, id)
						       : YG_ENOENT;

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	call->reply->status = 204;
	return rc;
}

/* ---- the audit log ---- */

struct audit {
	json_t *items;
	uint64_t last;
};

static int add_entry(void *arg, const struct yg_audit_entry *entry)
{
	struct audit *audit = arg;
	json_t *item = json_pack(
		"{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "number", (json_int_t)entry->number, "time",
		yg_json_string(entry->time), "actor", yg_json_string(entry->actor), "org",
		yg_json_string(entry->org), "action", yg_json_string(entry->action), "object",
		yg_json_string(entry->object), "detail", yg_json_string(entry->detail));

	audit->last = entry->number;
	return item && json_array_append_new(audit->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_audit(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	struct audit audit = {.items = json_array()};
	char next[24] = "";
	uint64_t number = 0;
	uint32_t limit;
	int rc = audit.items ? yg_call_query_limit(call, &limit) : YG_ENOMEM;

	if (rc == YG_OK && after.size > 0 && !yg_bytes_u64(after, &number)) {
		json_decref(audit.items);
		return yg_call_bad(call, N_("after must be what `next` said."));
	}
	if (rc == YG_OK)
		rc = yg_audit_list(call->access, number, limit, add_entry, &audit);
	if (rc == YG_OK && json_array_size(audit.items) == limit)
		(void)snprintf(next, sizeof(next), "%llu",
			       (unsigned long long)audit.last); /* fits */
	if (rc == YG_OK)
		return yg_call_page(call, audit.items, yg_bytes_str(next));
	json_decref(audit.items);
	return rc == YG_EEND ? YG_OK : rc;
}
