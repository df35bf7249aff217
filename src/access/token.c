/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/token.h"

#include "access/hub-int.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

/* What a person signs for his organisation, no program does. */
static bool is_for_people(enum yg_hub_right right)
{
	return right == YG_MAY_write_mandates || right == YG_MAY_write_consent;
}

uint64_t yg_token_rights_of(enum yg_hub_role role)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < YG_MAY_COUNT; i++) {
		if (yg_hub_role_may(role, (enum yg_hub_right)i) &&
		    !is_for_people((enum yg_hub_right)i))
			bits |= UINT64_C(1) << i;
	}
	return bits;
}

static bool right_by_name(struct yg_bytes name, uint64_t *bits)
{
	for (unsigned i = 0; i < YG_MAY_COUNT; i++) {
		if (yg_bytes_eq(name, yg_bytes_str(yg_hub_right_name((enum yg_hub_right)i)))) {
			*bits |= UINT64_C(1) << i;
			return true;
		}
	}
	return false;
}

bool yg_token_rights_read(struct yg_bytes text, uint64_t *ret)
{
	uint64_t bits = 0;

	for (;;) {
		size_t comma = yg_bytes_chr(text, ',');

		if (!right_by_name(yg_bytes_trim(yg_bytes_cut(text, 0, comma)), &bits))
			return false;
		if (comma == SIZE_MAX)
			break;
		text = yg_bytes_from(text, comma + 1);
	}
	*ret = bits;
	return true;
}

/* ---- documents ---- */

static bool read_token(const json_t *body, struct yg_token *ret)
{
	*ret = (struct yg_token){0};
	yg_hub_text(body, "id", ret->id, sizeof(ret->id));
	yg_hub_text(body, "org", ret->org, sizeof(ret->org));
	yg_hub_text(body, "name", ret->name, sizeof(ret->name));
	yg_hub_text(body, "made_by", ret->made_by, sizeof(ret->made_by));
	yg_hub_text(body, "certificate", ret->certificate, sizeof(ret->certificate));
	ret->rights = yg_hub_rights_of(json_object_get(body, "rights"));
	ret->last_day = yg_hub_day_of(body, "last_day");
	ret->made_ns = yg_hub_time(body, "made");
	ret->used_ns = yg_hub_time(body, "used");
	/* What is not clearly said is a no. */
	ret->is_revoked = !json_is_false(json_object_get(body, "revoked"));
	return yg_hub_role_by_name(yg_json_text(body, "role"), &ret->role);
}

static json_t *token_json(const struct yg_token *token)
{
	const char *certificate = token->certificate[0] ? token->certificate : NULL;

	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:s, s:s*}", "id",
			 token->id, "org", token->org, "name", yg_hub_string(token->name), "role",
			 yg_hub_role_name(token->role), "rights", yg_hub_rights_json(token->rights),
			 "last_day", yg_hub_day(token->last_day), "made",
			 yg_hub_seconds(token->made_ns), "used", yg_hub_seconds(token->used_ns),
			 "revoked", (int)token->is_revoked, "made_by", token->made_by,
			 "certificate", certificate);
}

static int get_token(struct yg_hub_access *hub, const char *org, const char *id,
		     struct yg_token *ret, uint32_t *ret_revision)
{
	char key[YG_HUB_KEY_MAX];
	json_t *body = NULL;
	bool is_good;
	int rc = yg_enrol_is_id(yg_bytes_str(org)) && yg_hub_is_hex_id(id) &&
				 yg_hub_key(key, org, id)
			 ? yg_hub_get(hub, "token", key, &body, ret_revision)
			 : YG_ENOENT;

	if (rc != YG_OK)
		return rc;
	is_good = read_token(body, ret);
	json_decref(body);
	return is_good ? YG_OK : YG_EFORMAT;
}

static int put_token(struct yg_hub_access *hub, const char *actor, const struct yg_token *token,
		     uint32_t expected)
{
	char key[YG_HUB_KEY_MAX];

	if (!yg_hub_key(key, token->org, token->id))
		return YG_EINVAL;
	return yg_hub_put(hub, actor, "token", key, token_json(token), expected);
}

/* ---- looking ---- */

static bool is_in_time(const struct yg_hub_access *hub, const struct yg_token *token)
{
	return !token->is_revoked &&
	       (token->last_day == YG_DAY_NONE || yg_hub_today(hub) <= token->last_day);
}

static void fill(const struct yg_token *token, struct yg_hub_actor *ret)
{
	*ret = (struct yg_hub_actor){.grant_count = 1, .rights = token->rights};
	memcpy(ret->token, token->id, sizeof(ret->token));
	memcpy(ret->name, token->name, sizeof(ret->name));
	ret->grants[0].role = token->role;
	memcpy(ret->grants[0].org, token->org, sizeof(ret->grants[0].org));
}

int yg_token_look(struct yg_hub_access *hub, const char *org, const char *id,
		  struct yg_hub_actor *ret)
{
	struct yg_token token;
	int rc = get_token(hub, org, id, &token, NULL);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	if (!is_in_time(hub, &token))
		return YG_EACCES;
	fill(&token, ret);
	return YG_OK;
}

/* Not more often than YG_TOKEN_USED_S; not being able to is no reason to refuse. */
static void note_used(struct yg_hub_access *hub, struct yg_token *token, uint32_t revision)
{
	int64_t now_ns = yg_hub_now_ns(hub);

	if (token->used_ns != YG_TIME_NONE &&
	    now_ns - token->used_ns < YG_TOKEN_USED_S * YG_NS_PER_S)
		return;
	token->used_ns = now_ns;
	(void)put_token(hub, "hub", token, revision); /* as above */
}

int yg_hub_by_token(struct yg_hub_access *hub, struct yg_bytes text, struct yg_hub_actor *ret)
{
	struct yg_hub_secret secret;
	struct yg_token token;
	uint32_t revision = 0;
	int rc = yg_hub_secret_look(hub, "token_key", "org", text, &secret);

	if (rc == YG_OK)
		rc = get_token(hub, secret.owner, secret.id, &token, &revision);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	if (!is_in_time(hub, &token))
		return YG_EACCES;
	note_used(hub, &token, revision);
	fill(&token, ret);
	return YG_OK;
}

/* ---- changing ---- */

static int count_one(void *arg, struct yg_bytes key, const json_t *body)
{
	uint32_t *count = arg;

	(void)key;
	if (json_is_false(json_object_get(body, "revoked")))
		++*count;
	return YG_OK;
}

static int check_room(struct yg_hub_access *hub, const char *org)
{
	char prefix[YG_HUB_KEY_MAX];
	uint32_t count = 0;
	int rc = yg_hub_key(prefix, org, "") ? yg_hub_each(hub, YG_HUB_REGISTER, "token", prefix,
							   "", 0, count_one, &count)
					     : YG_EINVAL;

	return rc == YG_OK && count >= YG_HUB_TOKENS_MAX ? YG_ELIMIT : rc;
}

/* Nobody hands out more than he may do himself, but for the one who has the files anyway. */
static int check_own_rights(struct yg_access *by, const struct yg_token *token)
{
	struct yg_hub_decision decision;

	if (!by->who.person[0] && !by->who.token[0])
		return YG_OK;
	for (unsigned i = 0; i < YG_MAY_COUNT; i++) {
		int rc = YG_OK;

		if (token->rights >> i & 1)
			rc = yg_hub_decide(by->hub, &by->who, token->org, (enum yg_hub_right)i,
					   &decision);
		if (rc != YG_OK)
			return rc == YG_ENOENT || rc == YG_EAGAIN ? YG_EACCES : rc;
	}
	/* A provider's token reaches those who gave it a mandate, which a member's own does not. */
	return token->role == YG_HUB_MEMBER || token->role == by->hub_role ? YG_OK : YG_EACCES;
}

static int check_wish(struct yg_access *by, const struct yg_token *token)
{
	uint64_t all = yg_token_rights_of(token->role);
	bool is_hub = strcmp(token->org, YG_HUB_ORG) == 0;

	/* "analyst at acme" reads as an analyst, of acme only; a member of the hub is nothing. */
	if (is_hub && !yg_hub_role_fits(token->role, token->org))
		return YG_EINVAL;
	if (token->rights == 0 || (token->rights & ~all) != 0)
		return YG_EINVAL;
	if (token->last_day != YG_DAY_NONE && token->last_day < yg_hub_today(by->hub))
		return YG_EINVAL;
	if (token->name[0] && !yg_hub_is_text(token->name, YG_ENROL_NAME_MAX))
		return YG_EINVAL;
	return check_own_rights(by, token);
}

/*
 * The name under which a token is known: the digest of a new secret, or of its certificate, which
 * is no secret: whoever shows it has proved its key (web/server.h). YG_EDUPLICATE: it is that of
 * another token that still counts.
 */
static int make_key(struct yg_hub_access *hub, const struct yg_token *token,
		    char secret[YG_HUB_TOKEN_HEX + 1], char digest[YG_SHA256_HEX + 1])
{
	char shown[sizeof(YG_HUB_CERTIFICATE) + YG_SHA256_HEX];
	struct yg_hub_secret other;
	struct yg_token there;
	int rc;

	if (!token->certificate[0]) {
		yg_hub_secret_new(secret, digest);
		return YG_OK;
	}
	secret[0] = 0;
	(void)snprintf(shown, sizeof(shown), YG_HUB_CERTIFICATE "%s",
		       token->certificate); /* it fits */
	yg_sha256_hex(yg_bytes_str(shown), digest);
	rc = yg_hub_secret_look(hub, "token_key", "org", yg_bytes_str(shown), &other);
	if (rc == YG_OK)
		rc = get_token(hub, other.owner, other.id, &there, NULL);
	if (rc == YG_OK)
		return is_in_time(hub, &there) ? YG_EDUPLICATE : YG_OK;
	return rc == YG_EACCES || rc == YG_ENOENT ? YG_OK : rc;
}

int yg_token_new(struct yg_access *by, const struct yg_token *wish,
		 char ret_id[YG_RANDOM_ID_HEX + 1], char secret[YG_HUB_TOKEN_HEX + 1])
{
	char digest[YG_SHA256_HEX + 1];
	struct yg_token token = *wish;
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_write_tokens, &hub);

	if (rc != YG_OK)
		return rc;
	if ((unsigned)wish->role >= YG_HUB_ROLE_COUNT)
		return YG_EINVAL;
	if (token.rights == 0)
		token.rights = yg_token_rights_of(token.role);
	(void)snprintf(token.org, sizeof(token.org), "%s", by->org); /* an id */
	rc = check_wish(by, &token);
	if (rc == YG_OK)
		rc = check_room(hub, token.org);
	if (rc == YG_OK)
		rc = make_key(hub, &token, secret, digest);
	if (rc != YG_OK)
		return rc;
	yg_random_id(yg_hub_now_ns(hub), token.id);
	token.made_ns = yg_hub_now_ns(hub);
	token.used_ns = YG_TIME_NONE;
	token.is_revoked = false;
	(void)snprintf(token.made_by, sizeof(token.made_by), "%s", by->actor); /* as all actors */
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = put_token(hub, by->actor, &token, YG_REVISION_NONE);
	if (rc == YG_OK)
		rc = yg_hub_put(hub, by->actor, "token_key", digest,
				json_pack("{s:s, s:s}", "org", token.org, "id", token.id),
				token.certificate[0] ? YG_REVISION_ANY : YG_REVISION_NONE);
	memcpy(ret_id, token.id, sizeof(token.id));
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, token.org, "token.add", token.id,
						   yg_hub_role_name(token.role)});
}

struct listing {
	yg_token_fn fn;
	void *arg;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct listing *listing = arg;
	struct yg_token token;

	(void)key;
	return read_token(body, &token) ? listing->fn(listing->arg, &token) : YG_EFORMAT;
}

int yg_token_list(struct yg_access *by, yg_token_fn fn, void *arg)
{
	struct listing listing = {fn, arg};
	char prefix[YG_HUB_KEY_MAX];
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_tokens, &hub);

	if (rc == YG_OK && !yg_hub_key(prefix, by->org, ""))
		rc = YG_EINVAL;
	return rc == YG_OK ? yg_hub_each(hub, YG_HUB_REGISTER, "token", prefix, "", 0, list_one,
					 &listing)
			   : rc;
}

int yg_token_revoke(struct yg_access *by, const char *id)
{
	struct yg_hub_access *hub;
	struct yg_token token;
	int rc = yg_hub_require(by, YG_MAY_write_tokens, &hub);

	if (rc == YG_OK)
		rc = get_token(hub, by->org, id, &token, NULL);
	if (rc != YG_OK || token.is_revoked)
		return rc;
	token.is_revoked = true;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	/* Whatever else changes at the same time: revoked it is. */
	rc = put_token(hub, by->actor, &token, YG_REVISION_ANY);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, token.org, "token.revoke", id, ""});
}
