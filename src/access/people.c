/* SPDX-License-Identifier: Apache-2.0 */
/* The register of people: what an administrator does with it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/people-int.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"

#include "base/ban.h"

static const char *const states[] = {
	[YG_PERSON_INVITED] = "invited",
	[YG_PERSON_ACTIVE] = "active",
	[YG_PERSON_LOCKED] = "locked",
	[YG_PERSON_LEFT] = "left",
};

const char *yg_person_state_name(enum yg_person_state state)
{
	return states[state];
}

/* ---- grants ---- */

bool yg_person_grant_read(struct yg_bytes text, struct yg_hub_grant *ret)
{
	size_t colon = yg_bytes_chr(text, ':');
	struct yg_bytes org = colon == SIZE_MAX ? YG_S(YG_HUB_ORG) : yg_bytes_from(text, colon + 1);
	struct yg_hub_grant grant = {0};

	if (!yg_hub_role_by_name(yg_bytes_cut(text, 0, colon), &grant.role) || !yg_enrol_is_id(org))
		return false;
	memcpy(grant.org, org.data, org.size);
	if (!yg_hub_role_fits(grant.role, grant.org))
		return false;
	*ret = grant;
	return true;
}

static json_t *grants_json(const struct yg_person *person)
{
	char text[YG_ENROL_ID_MAX + 20];
	json_t *list = json_array();

	for (uint32_t i = 0; i < person->grant_count && list; i++) {
		(void)snprintf(text, sizeof(text), "%s:%s",
			       yg_hub_role_name(person->grants[i].role),
			       person->grants[i].org); /* role and id are shorter */
		if (json_array_append_new(list, json_string(text)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static void read_grants(const json_t *list, struct yg_person *ret)
{
	const json_t *item;
	size_t at;

	json_array_foreach(list, at, item)
	{
		struct yg_bytes text = {(const uint8_t *)json_string_value(item),
					json_string_length(item)};

		if (ret->grant_count < YG_PERSON_GRANTS_MAX && json_is_string(item) &&
		    yg_person_grant_read(text, &ret->grants[ret->grant_count]))
			ret->grant_count++;
	}
}

static int check_grants(struct yg_hub_access *hub, const struct yg_hub_grant *grants,
			uint32_t count)
{
	struct yg_hub_org org;

	if (count > YG_PERSON_GRANTS_MAX)
		return YG_EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		int rc = YG_OK;

		if ((unsigned)grants[i].role >= YG_HUB_ROLE_COUNT ||
		    !yg_hub_role_fits(grants[i].role, grants[i].org))
			return YG_EINVAL;
		if (strcmp(grants[i].org, YG_HUB_ORG) != 0)
			rc = yg_hub_org_look(hub->enrol, grants[i].org, &org);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

/* ---- documents ---- */

static bool read_state(const json_t *body, enum yg_person_state *ret)
{
	for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (yg_bytes_eq(yg_json_text(body, "state"), yg_bytes_str(states[i]))) {
			*ret = (enum yg_person_state)i;
			return true;
		}
	}
	return false;
}

static bool read_person(const json_t *body, struct yg_person_kept *ret)
{
	struct yg_person *p = &ret->shown;

	*ret = (struct yg_person_kept){.shown.signed_in_ns = YG_TIME_NONE};
	yg_hub_text(body, "id", p->id, sizeof(p->id));
	yg_hub_text(body, "login", p->login, sizeof(p->login));
	yg_hub_text(body, "name", p->name, sizeof(p->name));
	yg_hub_text(body, "password", ret->hash, sizeof(ret->hash));
	yg_hub_text(body, "link", ret->link, sizeof(ret->link));
	p->added_ns = yg_hub_time(body, "added");
	read_grants(json_object_get(body, "grants"), p);
	return read_state(body, &p->state);
}

int yg_person_save(struct yg_hub_access *hub, const char *actor, const struct yg_person_kept *kept)
{
	const struct yg_person *p = &kept->shown;

	return yg_hub_put(hub, actor, "person", p->id,
			  json_pack("{s:s, s:o, s:o, s:s, s:s, s:o, s:o, s:s}", "id", p->id,
				    "login", yg_hub_string(p->login), "name",
				    yg_hub_string(p->name), "password", kept->hash, "link",
				    kept->link, "added", yg_hub_seconds(p->added_ns), "grants",
				    grants_json(p), "state", yg_person_state_name(p->state)),
			  kept->revision);
}

int yg_person_load(struct yg_hub_access *hub, const char *id, struct yg_person_kept *ret)
{
	json_t *body = NULL;
	uint32_t revision = 0;
	bool is_good;
	int rc = yg_hub_is_hex_id(id) ? yg_hub_get(hub, "person", id, &body, &revision) : YG_ENOENT;

	if (rc != YG_OK)
		return rc;
	is_good = read_person(body, ret);
	json_decref(body);
	ret->revision = revision;
	if (!is_good)
		return YG_EFORMAT;
	return ret->shown.state == YG_PERSON_LEFT ? YG_ENOENT : YG_OK;
}

/* A login is compared without case: its folded form is the key. False: it is none. */
static bool fold_login(struct yg_bytes login, char to[YG_PERSON_LOGIN_MAX + 1])
{
	char clean[YG_ACCESS_NAME_MAX + 1];
	size_t size;

	if (login.size == 0 || login.size > YG_PERSON_LOGIN_MAX || !yg_utf8_valid(login) ||
	    memchr(login.data, ' ', login.size) || memchr(login.data, '\0', login.size))
		return false;
	/* Nothing that cannot be seen, and no blanks of other kinds at its ends. */
	size = yg_access_clean_name(login, clean);
	if (!yg_bytes_eq(login, (struct yg_bytes){(const uint8_t *)clean, size}))
		return false;
	size = yg_fold(login, (uint8_t *)to);
	to[size] = '\0';
	return true;
}

int yg_person_by_login(struct yg_hub_access *hub, struct yg_bytes login,
		       char ret_id[YG_RANDOM_ID_HEX + 1])
{
	char key[YG_PERSON_LOGIN_MAX + 1];
	json_t *body = NULL;
	int rc = fold_login(login, key) ? yg_hub_get(hub, "login", key, &body, NULL) : YG_ENOENT;

	if (rc != YG_OK)
		return rc;
	yg_hub_text(body, "person", ret_id, YG_RANDOM_ID_HEX + 1);
	json_decref(body);
	return YG_OK;
}

int yg_factor_load(struct yg_hub_access *hub, const char *person, struct yg_factor_kept *ret)
{
	json_t *body = NULL;
	const json_t *item;
	size_t at;
	int rc;

	*ret = (struct yg_factor_kept){.used = -1};
	rc = yg_hub_get(hub, "factor", person, &body, &ret->revision);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	ret->is_set = yg_hex_read(yg_json_text(body, "secret"), ret->secret, sizeof(ret->secret));
	ret->is_waiting =
		yg_hex_read(yg_json_text(body, "waiting"), ret->waiting, sizeof(ret->waiting));
	ret->used = yg_json_int(body, "used", INT64_MAX);
	json_array_foreach(json_object_get(body, "recovery"), at, item)
	{
		if (ret->recovery_count < YG_HUB_RECOVERY_CODES &&
		    json_string_length(item) == YG_SHA256_HEX)
			memcpy(ret->recovery[ret->recovery_count++], json_string_value(item),
			       YG_SHA256_HEX + 1);
	}
	json_decref(body);
	return YG_OK;
}

static json_t *recovery_json(const struct yg_factor_kept *factor)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < factor->recovery_count && list; i++) {
		if (json_array_append_new(list, json_string(factor->recovery[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

int yg_factor_save(struct yg_hub_access *hub, const char *actor, const char *person,
		   const struct yg_factor_kept *factor)
{
	char secret[2 * YG_TOTP_SECRET_BYTES + 1] = "";
	char waiting[2 * YG_TOTP_SECRET_BYTES + 1] = "";
	int rc;

	if (factor->is_set)
		yg_hex((struct yg_bytes){factor->secret, sizeof(factor->secret)}, secret);
	if (factor->is_waiting)
		yg_hex((struct yg_bytes){factor->waiting, sizeof(factor->waiting)}, waiting);
	rc = yg_hub_put(hub, actor, "factor", person,
			json_pack("{s:s, s:s, s:I, s:o}", "secret", secret, "waiting", waiting,
				  "used", (json_int_t)factor->used, "recovery",
				  recovery_json(factor)),
			factor->revision);
	yg_wipe(secret, sizeof(secret));
	yg_wipe(waiting, sizeof(waiting));
	return rc;
}

int yg_person_note_seen(struct yg_hub_access *hub, const char *actor, const char *id)
{
	return yg_hub_put(hub, actor, "person_seen", id,
			  json_pack("{s:o}", "signed_in", yg_hub_seconds(yg_hub_now_ns(hub))),
			  YG_REVISION_ANY);
}

int yg_person_fill(struct yg_hub_access *hub, const char *id, struct yg_hub_actor *ret)
{
	struct yg_person_kept kept;
	int rc = yg_person_load(hub, id, &kept);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	if (kept.shown.state != YG_PERSON_ACTIVE)
		return YG_EACCES;
	memcpy(ret->name, kept.shown.name, sizeof(ret->name));
	memcpy(ret->grants, kept.shown.grants, sizeof(ret->grants));
	ret->grant_count = kept.shown.grant_count;
	return YG_OK;
}

/* ---- changing ---- */

/* The right to change people stands at the hub. */
static int require_hub(struct yg_access *by, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, YG_MAY_write_people, ret);

	return rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0 ? YG_EACCES : rc;
}

/* A new link for @kept, whose digest is remembered there; the transaction is the caller's. */
static int make_link(struct yg_access *by, struct yg_person_kept *kept, uint32_t hours,
		     char link[YG_PERSON_LINK_HEX + 1])
{
	uint8_t secret[YG_PERSON_LINK_HEX / 2];
	int64_t until_ns = yg_hub_now_ns(by->hub) + (int64_t)hours * 3600 * YG_NS_PER_S;

	yg_random(secret, sizeof(secret));
	yg_hex((struct yg_bytes){secret, sizeof(secret)}, link);
	yg_wipe(secret, sizeof(secret));
	yg_sha256_hex(yg_bytes_str(link), kept->link);
	return yg_hub_put(by->hub, by->actor, "link", kept->link,
			  json_pack("{s:s, s:o}", "person", kept->shown.id, "until",
				    yg_hub_seconds(until_ns)),
			  YG_REVISION_NONE);
}

int yg_person_add(struct yg_access *by, const struct yg_person *person, uint32_t hours,
		  char ret_id[YG_RANDOM_ID_HEX + 1], char link[YG_PERSON_LINK_HEX + 1])
{
	struct yg_person_kept kept = {.shown = *person, .revision = YG_REVISION_NONE};
	char key[YG_PERSON_LOGIN_MAX + 1];
	struct yg_hub_access *hub;
	int rc = require_hub(by, &hub);

	if (rc != YG_OK)
		return rc;
	if (!fold_login(yg_bytes_str(person->login), key) || hours == 0 ||
	    hours > YG_PERSON_HOURS_MAX ||
	    yg_access_clean_name(yg_bytes_str(person->name), kept.shown.name) == 0)
		return YG_EINVAL;
	rc = check_grants(hub, person->grants, person->grant_count);
	if (rc != YG_OK)
		return rc;
	yg_random_id(yg_hub_now_ns(hub), kept.shown.id);
	kept.shown.state = YG_PERSON_INVITED;
	kept.shown.added_ns = yg_hub_now_ns(hub);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_hub_put(hub, by->actor, "login", key, json_pack("{s:s}", "person", kept.shown.id),
			YG_REVISION_NONE);
	if (rc == YG_EMISMATCH)
		rc = YG_EDUPLICATE;
	if (rc == YG_OK)
		rc = make_link(by, &kept, hours, link);
	if (rc == YG_OK)
		rc = yg_person_save(hub, by->actor, &kept);
	memcpy(ret_id, kept.shown.id, sizeof(kept.shown.id));
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, "", "person.add", kept.shown.id,
						   kept.shown.login});
}

int yg_person_reset(struct yg_access *by, const char *id, uint32_t hours, bool with_factor,
		    char link[YG_PERSON_LINK_HEX + 1])
{
	struct yg_person_kept kept;
	struct yg_hub_access *hub;
	int rc = require_hub(by, &hub);

	if (rc == YG_OK && (hours == 0 || hours > YG_PERSON_HOURS_MAX))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_person_load(hub, id, &kept);
	if (rc != YG_OK)
		return rc;
	kept.hash[0] = '\0';
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = make_link(by, &kept, hours, link);
	if (rc == YG_OK)
		rc = yg_person_save(hub, by->actor, &kept);
	if (rc == YG_OK && with_factor)
		rc = yg_hub_remove(hub, by->actor, "factor", id);
	if (rc == YG_OK)
		rc = yg_session_drop(hub, by->actor, id, NULL);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, "", "person.reset", id,
				      with_factor ? "password and second factor" : "password"});
}

/* One who left: nothing of his can be used, and his login is free. */
static int take_all(struct yg_hub_access *hub, const char *actor, struct yg_person_kept *kept)
{
	char key[YG_PERSON_LOGIN_MAX + 1];
	int rc = YG_OK;

	kept->hash[0] = '\0';
	kept->link[0] = '\0';
	kept->shown.grant_count = 0;
	if (fold_login(yg_bytes_str(kept->shown.login), key))
		rc = yg_hub_remove(hub, actor, "login", key);
	return rc == YG_OK ? yg_hub_remove(hub, actor, "factor", kept->shown.id) : rc;
}

int yg_person_set_state(struct yg_access *by, const char *id, enum yg_person_state state)
{
	static const char *const actions[] = {[YG_PERSON_ACTIVE] = "person.unlock",
					      [YG_PERSON_LOCKED] = "person.lock",
					      [YG_PERSON_LEFT] = "person.leave"};
	struct yg_person_kept kept;
	struct yg_hub_access *hub;
	int rc = require_hub(by, &hub);

	if (rc == YG_OK && state != YG_PERSON_ACTIVE && state != YG_PERSON_LOCKED &&
	    state != YG_PERSON_LEFT)
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_person_load(hub, id, &kept);
	if (rc != YG_OK)
		return rc;
	kept.shown.state = state == YG_PERSON_ACTIVE && !kept.hash[0] ? YG_PERSON_INVITED : state;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	if (state == YG_PERSON_LEFT)
		rc = take_all(hub, by->actor, &kept);
	if (rc == YG_OK)
		rc = yg_person_save(hub, by->actor, &kept);
	if (rc == YG_OK && state != YG_PERSON_ACTIVE)
		rc = yg_session_drop(hub, by->actor, id, NULL);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, "", actions[state], id, kept.shown.login});
}

/* "administrator:hub member:acme", for the audit log. */
static void grants_text(const struct yg_hub_grant *grants, uint32_t count, struct yg_buf *to)
{
	for (uint32_t i = 0; i < count; i++)
		yg_buf_addf(to, "%s%s:%s", i > 0 ? " " : "", yg_hub_role_name(grants[i].role),
			    grants[i].org);
	yg_buf_add_byte(to, '\0');
}

int yg_person_set_grants(struct yg_access *by, const char *id, const struct yg_hub_grant *grants,
			 uint32_t count)
{
	struct yg_person_kept kept;
	struct yg_hub_access *hub;
	struct yg_buf text;
	int rc = require_hub(by, &hub);

	if (rc == YG_OK)
		rc = check_grants(hub, grants, count);
	if (rc == YG_OK)
		rc = yg_person_load(hub, id, &kept);
	if (rc != YG_OK)
		return rc;
	if (count > 0)
		memcpy(kept.shown.grants, grants, count * sizeof(*grants));
	kept.shown.grant_count = count;
	yg_buf_init(&text, YG_AUDIT_DETAIL_MAX);
	grants_text(grants, count, &text);
	rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc == YG_OK) {
		rc = yg_person_save(hub, by->actor, &kept);
		rc = yg_hub_finish(hub, rc,
				   &(struct yg_hub_deed){by->actor, "", "person.grants", id,
							 (const char *)text.data});
	}
	yg_buf_done(&text);
	return rc;
}

/* ---- reading ---- */

/* What stands elsewhere: last sign-in, second factor. */
static int complete(struct yg_hub_access *hub, struct yg_person *person)
{
	struct yg_factor_kept factor;
	json_t *body = NULL;
	int rc = yg_hub_get(hub, "person_seen", person->id, &body, NULL);

	person->signed_in_ns = rc == YG_OK ? yg_hub_time(body, "signed_in") : YG_TIME_NONE;
	json_decref(body);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	rc = yg_factor_load(hub, person->id, &factor);
	if (rc != YG_OK)
		return rc;
	person->has_second_factor = factor.is_set;
	person->recovery_left = factor.recovery_count;
	yg_wipe(&factor, sizeof(factor));
	return YG_OK;
}

/* What @by may see of @person; false: nothing. */
static bool show(const struct yg_access *by, struct yg_person *person)
{
	uint32_t count = 0;

	if (strcmp(by->org, YG_HUB_ORG) == 0)
		return true;
	for (uint32_t i = 0; i < person->grant_count; i++) {
		if (strcmp(person->grants[i].org, by->org) == 0)
			person->grants[count++] = person->grants[i];
	}
	person->grant_count = count;
	return count > 0;
}

struct listing {
	struct yg_access *by;
	yg_person_fn fn;
	void *arg;
	uint32_t left;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *listing = arg;
	struct yg_person_kept kept;
	int rc;

	(void)key;
	if (!read_person(body, &kept))
		return YG_EFORMAT;
	if (!show(listing->by, &kept.shown))
		return YG_OK;
	if (listing->left-- == 0)
		return YG_EEND;
	rc = complete(listing->by->hub, &kept.shown);
	return rc == YG_OK ? listing->fn(listing->arg, &kept.shown) : rc;
}

int yg_person_list(struct yg_access *by, const char *after, uint32_t limit, yg_person_fn fn,
		   void *arg)
{
	struct listing listing = {by, fn, arg, limit};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_people, &hub);

	if (rc == YG_OK)
		rc = yg_hub_each(hub, YG_HUB_REGISTER, "person", "", after, 0, list_one, &listing);
	return rc == YG_EEND && listing.left == UINT32_MAX ? YG_OK : rc;
}

int yg_person_get(struct yg_access *by, const char *id, struct yg_person *ret)
{
	char by_login[YG_RANDOM_ID_HEX + 1];
	struct yg_person_kept kept;
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_people, &hub);

	if (rc == YG_OK && !yg_hub_is_hex_id(id)) {
		rc = yg_person_by_login(hub, yg_bytes_str(id), by_login);
		id = by_login;
	}
	if (rc == YG_OK)
		rc = yg_person_load(hub, id, &kept);
	if (rc == YG_OK && !show(by, &kept.shown))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = complete(hub, &kept.shown);
	if (rc == YG_OK)
		*ret = kept.shown;
	return rc;
}
