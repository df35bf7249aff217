/* SPDX-License-Identifier: Apache-2.0 */
/* What a person does himself: links, signing in, password, second factor. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/people-int.h"
#include "access/session.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"

#include "base/ban.h"

#define RECOVERY_BYTES 10u /* 80 bits: 16 digits of base32 */

/*
 * For a login that is not there: a digest that nothing was made of, with the parameters of today,
 * so that looking costs the same.
 */
static const char decoy[] = "$argon2id$v=19$m=65536,t=3,p=1$VmaNnClFel6BIElEYkbQRg$"
			    "VR9pTko4iavflUijAB6fR9Kk9EUeiZ/vgj6BpKox0bY";

static void person_actor(const char *id, char to[YG_DOC_ACTOR_MAX + 1])
{
	(void)snprintf(to, YG_DOC_ACTOR_MAX + 1, "person:%s", id); /* an id */
}

/* ---- the link ---- */

static int load_by_link(struct yg_hub_access *hub, struct yg_bytes link, struct yg_person_kept *ret)
{
	char digest[YG_SHA256_HEX + 1];
	char id[YG_RANDOM_ID_HEX + 1];
	json_t *body = NULL;
	int64_t until_ns;
	int rc;

	if (link.size != YG_PERSON_LINK_HEX)
		return YG_EACCES;
	yg_sha256_hex(link, digest);
	rc = yg_hub_get(hub, "link", digest, &body, NULL);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	yg_hub_text(body, "person", id, sizeof(id));
	until_ns = yg_hub_time(body, "until");
	json_decref(body);
	rc = yg_person_load(hub, id, ret);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	/* A used one, or one that a later one took the place of, is not the person's any more. */
	if (strcmp(ret->link, digest) != 0 || until_ns == YG_TIME_NONE ||
	    yg_hub_now_ns(hub) >= until_ns || ret->shown.state == YG_PERSON_LOCKED)
		return YG_EACCES;
	return YG_OK;
}

int yg_person_link_look(struct yg_hub_access *hub, struct yg_bytes link, struct yg_person *ret)
{
	struct yg_person_kept kept;
	int rc = load_by_link(hub, link, &kept);

	if (rc == YG_OK)
		*ret = kept.shown;
	return rc;
}

int yg_person_link_use(struct yg_hub_access *hub, struct yg_bytes link, const char *hash)
{
	char actor[YG_DOC_ACTOR_MAX + 1];
	struct yg_person_kept kept;
	int rc = load_by_link(hub, link, &kept);

	if (rc != YG_OK)
		return rc;
	if (!hash[0] || strlen(hash) >= sizeof(kept.hash))
		return YG_EINVAL;
	person_actor(kept.shown.id, actor);
	(void)snprintf(kept.hash, sizeof(kept.hash), "%s", hash); /* as measured */
	kept.link[0] = '\0';
	kept.shown.state = YG_PERSON_ACTIVE;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_person_save(hub, actor, &kept);
	if (rc == YG_EMISMATCH)
		rc = YG_EACCES; /* somebody used it at the same time */
	if (rc == YG_OK)
		rc = yg_session_drop(hub, actor, kept.shown.id, NULL);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){actor, "", "person.password", kept.shown.id, "by link"});
}

enum yg_password_fault yg_person_password_check(struct yg_hub_access *hub,
						const struct yg_person *person,
						struct yg_bytes password)
{
	struct yg_bytes names[2 + 2 * YG_PERSON_GRANTS_MAX];
	struct yg_hub_org orgs[YG_PERSON_GRANTS_MAX];
	size_t count = 0;

	names[count++] = yg_bytes_str(person->login);
	names[count++] = yg_bytes_str(person->name);
	for (uint32_t i = 0; i < person->grant_count; i++) {
		names[count++] = yg_bytes_str(person->grants[i].org);
		/* One that cannot be read now is one name less to hold it against. */
		if (yg_hub_org_look(hub->enrol, person->grants[i].org, &orgs[i]) == YG_OK)
			names[count++] = yg_bytes_str(orgs[i].name);
	}
	return yg_password_check(password, names, count);
}

/* ---- signing in ---- */

static void keep_text(struct yg_bytes from, char *to, size_t room)
{
	char clean[YG_ACCESS_NAME_MAX + 1];
	size_t size = yg_access_clean_name(from, clean);

	if (size >= room)
		size = room - 1;
	while (size > 0 && !yg_utf8_valid((struct yg_bytes){(const uint8_t *)clean, size}))
		size--; /* not in the middle of a character */
	memcpy(to, clean, size);
	to[size] = '\0';
}

enum yg_sign_in_result yg_sign_in_begin(struct yg_hub_access *hub, struct yg_bytes login,
					struct yg_bytes address, struct yg_bytes agent,
					bool is_local, struct yg_sign_in_attempt *ret)
{
	char place[YG_LIMIT_ADDRESS_MAX];
	struct yg_person_kept kept;
	int64_t now_ns = yg_hub_now_ns(hub);
	int64_t other_s;

	*ret = (struct yg_sign_in_attempt){.is_local = is_local};
	memcpy(ret->hash, decoy, sizeof(decoy));
	keep_text(address, ret->address, sizeof(ret->address));
	keep_text(agent, ret->agent, sizeof(ret->agent));
	login = yg_bytes_cut(login, 0, YG_PERSON_LOGIN_MAX);
	ret->login[yg_fold(login, (uint8_t *)ret->login)] = '\0';
	ret->wait_s = yg_throttle_wait_s(hub->by_login, yg_bytes_str(ret->login), now_ns);
	other_s = yg_throttle_wait_s(hub->by_address, yg_limit_address(address, place), now_ns);
	if (other_s > ret->wait_s)
		ret->wait_s = other_s;
	if (ret->wait_s > 0)
		return YG_SIGN_IN_WAIT;
	/* Counted beforehand: many that come at once, before the first is judged, gain nothing. */
	yg_throttle_failed(hub->by_login, yg_bytes_str(ret->login), now_ns);
	yg_throttle_failed(hub->by_address, yg_limit_address(address, place), now_ns);
	if (yg_person_by_login(hub, login, ret->person) != YG_OK ||
	    yg_person_load(hub, ret->person, &kept) != YG_OK ||
	    kept.shown.state != YG_PERSON_ACTIVE || !kept.hash[0]) {
		/* Whoever it is, nobody is told. The id stays for the audit log alone. */
		memcpy(ret->hash, decoy, sizeof(decoy));
		return YG_SIGN_IN_DONE;
	}
	memcpy(ret->hash, kept.hash, sizeof(ret->hash));
	return YG_SIGN_IN_DONE;
}

void yg_sign_in_forgive(struct yg_hub_access *hub, const struct yg_sign_in_attempt *attempt)
{
	char place[YG_LIMIT_ADDRESS_MAX];

	yg_throttle_forgive(hub->by_login, yg_bytes_str(attempt->login));
	yg_throttle_forgive(hub->by_address,
			    yg_limit_address(yg_bytes_str(attempt->address), place));
}

/*
 * A refused sign-in, as many as the log takes; what was left out is counted in the next one. A
 * login that is not there is not written down: people type their password there.
 */
static int note_refusal(struct yg_hub_access *hub, const char *person, const char *address,
			const char *action)
{
	char detail[YG_LIMIT_ADDRESS_MAX + 64];
	int rc;

	if (yg_rate_take(hub->refusals, YG_S("refusals"), yg_hub_now_ns(hub)) > 0) {
		hub->refusals_left_out++;
		return YG_OK;
	}
	(void)snprintf(detail, sizeof(detail), "from %s; %llu left out before", address,
		       (unsigned long long)hub->refusals_left_out); /* bounded */
	rc = yg_hub_begin(hub);
	if (rc == YG_OK)
		rc = yg_hub_finish(hub, rc,
				   &(struct yg_hub_deed){"nobody", "", action,
							 person[0] ? person : "unknown login",
							 detail});
	if (rc == YG_OK)
		hub->refusals_left_out = 0;
	return rc;
}

static int open_session(struct yg_hub_access *hub, const struct yg_sign_in_attempt *attempt,
			const char *action, char token[YG_HUB_TOKEN_HEX + 1])
{
	char actor[YG_DOC_ACTOR_MAX + 1];
	int rc = yg_hub_begin(hub);

	if (rc != YG_OK)
		return rc;
	person_actor(attempt->person, actor);
	rc = yg_session_make(hub, attempt->person, attempt, token);
	if (rc == YG_OK)
		rc = yg_person_note_seen(hub, actor, attempt->person);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){actor, "", action, attempt->person, attempt->address});
}

int yg_sign_in_end(struct yg_hub_access *hub, struct yg_sign_in_attempt *attempt, bool is_right,
		   enum yg_sign_in_result *ret_result, char token[YG_HUB_TOKEN_HEX + 1])
{
	char place[YG_LIMIT_ADDRESS_MAX];
	struct yg_person_kept kept;
	int rc;

	*ret_result = YG_SIGN_IN_WRONG;
	token[0] = '\0';
	rc = attempt->person[0] ? yg_person_load(hub, attempt->person, &kept) : YG_ENOENT;
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	/* It took its time: he may have been locked, or have another password now. */
	is_right = is_right && rc == YG_OK && kept.shown.state == YG_PERSON_ACTIVE &&
		   strcmp(kept.hash, attempt->hash) == 0;
	yg_wipe(attempt->hash, sizeof(attempt->hash));
	if (!is_right)
		return note_refusal(hub, attempt->person, attempt->address, "sign_in.refused");
	rc = open_session(hub, attempt, "sign_in", token);
	if (rc != YG_OK)
		return rc;
	yg_throttle_succeeded(hub->by_login, yg_bytes_str(attempt->login));
	yg_throttle_forgive(hub->by_address,
			    yg_limit_address(yg_bytes_str(attempt->address), place));
	*ret_result = YG_SIGN_IN_DONE;
	return YG_OK;
}

int yg_sign_in_demo(struct yg_hub_access *hub, const char *login, struct yg_bytes address,
		    struct yg_bytes agent, char token[YG_HUB_TOKEN_HEX + 1])
{
	struct yg_sign_in_attempt visit = {.is_local = true};
	struct yg_person_kept kept;
	int rc;

	token[0] = '\0';
	if (!hub->is_demo)
		return YG_EACCES;
	if (strncmp(login, YG_DEMO_LOGIN, sizeof(YG_DEMO_LOGIN) - 1) != 0)
		return YG_ENOENT;
	keep_text(address, visit.address, sizeof(visit.address));
	keep_text(agent, visit.agent, sizeof(visit.agent));
	rc = yg_person_by_login(hub, yg_bytes_str(login), visit.person);
	if (rc == YG_OK)
		rc = yg_person_load(hub, visit.person, &kept);
	if (rc == YG_OK && kept.shown.state != YG_PERSON_ACTIVE)
		rc = YG_ENOENT;
	yg_wipe(&kept, sizeof(kept));
	return rc == YG_OK ? open_session(hub, &visit, "sign_in.demo", token) : rc;
}

/* ---- the second factor ---- */

static bool recovery_digest(struct yg_bytes code, char to[YG_SHA256_HEX + 1])
{
	uint8_t bytes[RECOVERY_BYTES];
	size_t size = 0;

	if (!yg_base32_read(code, bytes, sizeof(bytes), &size) || size != sizeof(bytes))
		return false;
	yg_sha256_hex((struct yg_bytes){bytes, size}, to);
	yg_wipe(bytes, sizeof(bytes));
	return true;
}

/* Ten codes for people, their digests to @factor. */
static void make_recovery(struct yg_factor_kept *factor,
			  char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t digit;

	for (unsigned i = 0; i < YG_HUB_RECOVERY_CODES; i++) {
		for (unsigned k = 0; k < YG_RECOVERY_CODE_LEN; k++) {
			yg_random(&digit, 1);
			codes[i][k] = k % 5 == 4 ? '-' : digits[digit % 32];
		}
		codes[i][YG_RECOVERY_CODE_LEN] = '\0';
		(void)recovery_digest(yg_bytes_str(codes[i]), factor->recovery[i]); /* it is one */
	}
	factor->recovery_count = YG_HUB_RECOVERY_CODES;
}

/* Is @code good? What it was is spent in *@factor. NULL: no; else the action for the audit log. */
static const char *spend(const struct yg_hub_access *hub, struct yg_factor_kept *factor,
			 struct yg_bytes code)
{
	char digest[YG_SHA256_HEX + 1];

	if (!factor->is_set)
		return NULL;
	if (yg_totp_is_right((struct yg_bytes){factor->secret, sizeof(factor->secret)}, code,
			     yg_hub_now_s(hub), factor->used, &factor->used))
		return "sign_in.second_factor";
	if (!recovery_digest(code, digest))
		return NULL;
	for (uint32_t i = 0; i < factor->recovery_count; i++) {
		if (strcmp(factor->recovery[i], digest) != 0)
			continue;
		memcpy(factor->recovery[i], factor->recovery[--factor->recovery_count],
		       sizeof(factor->recovery[i]));
		return "sign_in.recovery_code";
	}
	return NULL;
}

int yg_sign_in_second(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
		      struct yg_bytes code, enum yg_sign_in_result *ret_result, int64_t *ret_wait_s,
		      char token[YG_HUB_TOKEN_HEX + 1])
{
	char name[YG_DOC_ACTOR_MAX + 1];
	struct yg_factor_kept factor;
	struct yg_hub_actor now;
	const char *action;
	int rc = actor->person[0] ? yg_session_look(hub, actor->person, actor->session, &now)
				  : YG_EACCES;

	*ret_result = YG_SIGN_IN_WRONG;
	token[0] = '\0';
	if (rc != YG_OK)
		return rc == YG_EACCES ? YG_OK : rc;
	*ret_wait_s =
		yg_throttle_wait_s(hub->by_factor, yg_bytes_str(actor->person), yg_hub_now_ns(hub));
	if (*ret_wait_s > 0) {
		*ret_result = YG_SIGN_IN_WAIT;
		return YG_OK;
	}
	rc = yg_factor_load(hub, actor->person, &factor);
	if (rc != YG_OK)
		return rc;
	action = spend(hub, &factor, code);
	if (!action) {
		yg_throttle_failed(hub->by_factor, yg_bytes_str(actor->person), yg_hub_now_ns(hub));
		return note_refusal(hub, actor->person, "second factor", "sign_in.refused");
	}
	person_actor(actor->person, name);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_factor_save(hub, name, actor->person, &factor);
	if (rc == YG_OK)
		rc = yg_session_raise(hub, actor->person, actor->session, token);
	rc = yg_hub_finish(hub, rc, &(struct yg_hub_deed){name, "", action, actor->session, ""});
	yg_wipe(&factor, sizeof(factor));
	if (rc == YG_EMISMATCH || rc == YG_EACCES)
		return YG_OK; /* the same code twice at once: the second is wrong */
	if (rc == YG_OK) {
		yg_throttle_succeeded(hub->by_factor, yg_bytes_str(actor->person));
		*ret_result = YG_SIGN_IN_DONE;
	}
	return rc;
}

/* ---- oneself ---- */

/* May @actor change what is his own? */
static int guard(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
		 struct yg_person_kept *ret, struct yg_factor_kept *ret_factor)
{
	struct yg_hub_actor now;
	int rc = actor->person[0] ? yg_session_look(hub, actor->person, actor->session, &now)
				  : YG_EACCES;

	if (rc == YG_OK)
		rc = yg_person_load(hub, actor->person, ret);
	if (rc == YG_OK)
		rc = yg_factor_load(hub, actor->person, ret_factor);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	/* A session that began at this machine, carried elsewhere, is one of elsewhere. */
	if (ret->shown.state != YG_PERSON_ACTIVE ||
	    (ret_factor->is_set && !now.has_second_factor && !(now.is_local && actor->is_local)))
		return YG_EACCES;
	ret->shown.has_second_factor = ret_factor->is_set;
	ret->shown.recovery_left = ret_factor->recovery_count;
	return YG_OK;
}

int yg_person_self(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
		   struct yg_person *ret)
{
	struct yg_person_kept kept;
	struct yg_factor_kept factor;
	int rc = guard(hub, actor, &kept, &factor);

	if (rc == YG_OK)
		*ret = kept.shown;
	return rc;
}

/* Waiting times for the old password stand beside those for the second factor. */
static struct yg_bytes old_password_key(const struct yg_hub_actor *actor, char *mem, size_t room)
{
	(void)snprintf(mem, room, "password %s", actor->person); /* an id fits */
	return yg_bytes_str(mem);
}

int yg_person_hash(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
		   char to[YG_PASSWORD_HASH_MAX], int64_t *ret_wait_s)
{
	char mem[YG_RANDOM_ID_HEX + 16];
	struct yg_bytes key = old_password_key(actor, mem, sizeof(mem));
	struct yg_person_kept kept;
	struct yg_factor_kept factor;
	int rc = guard(hub, actor, &kept, &factor);

	if (rc != YG_OK)
		return rc;
	*ret_wait_s = yg_throttle_wait_s(hub->by_factor, key, yg_hub_now_ns(hub));
	if (*ret_wait_s > 0)
		return YG_EAGAIN;
	/* As when signing in: counted before it is judged. */
	yg_throttle_failed(hub->by_factor, key, yg_hub_now_ns(hub));
	memcpy(to, kept.hash, YG_PASSWORD_HASH_MAX);
	return YG_OK;
}

int yg_person_password_set(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			   const char *hash)
{
	char name[YG_DOC_ACTOR_MAX + 1];
	char mem[YG_RANDOM_ID_HEX + 16];
	struct yg_person_kept kept;
	struct yg_factor_kept factor;
	int rc = guard(hub, actor, &kept, &factor);

	if (rc != YG_OK)
		return rc;
	if (!hash[0] || strlen(hash) >= sizeof(kept.hash))
		return YG_EINVAL;
	(void)snprintf(kept.hash, sizeof(kept.hash), "%s", hash); /* as measured */
	kept.link[0] = '\0';
	person_actor(actor->person, name);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_person_save(hub, name, &kept);
	if (rc == YG_OK)
		rc = yg_session_drop(hub, name, actor->person, actor->session);
	rc = yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){name, "", "person.password", actor->person, "changed"});
	if (rc == YG_OK)
		yg_throttle_succeeded(hub->by_factor, old_password_key(actor, mem, sizeof(mem)));
	return rc;
}

int yg_person_factor_begin(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			   char secret[YG_TOTP_SECRET_TEXT + 1], struct yg_buf *uri)
{
	char name[YG_DOC_ACTOR_MAX + 1];
	struct yg_person_kept kept;
	struct yg_factor_kept factor;
	struct yg_buf text;
	int rc = guard(hub, actor, &kept, &factor);

	if (rc != YG_OK)
		return rc;
	yg_random(factor.waiting, sizeof(factor.waiting));
	factor.is_waiting = true;
	person_actor(actor->person, name);
	yg_buf_init(&text, YG_TOTP_SECRET_TEXT + 1);
	yg_base32_add(&text, (struct yg_bytes){factor.waiting, sizeof(factor.waiting)});
	rc = yg_buf_error(&text);
	if (rc == YG_OK) {
		memcpy(secret, text.data, YG_TOTP_SECRET_TEXT); /* 20 bytes are 32 digits */
		secret[YG_TOTP_SECRET_TEXT] = '\0';
		yg_totp_uri(uri, (struct yg_bytes){factor.waiting, sizeof(factor.waiting)},
			    YG_S("Yagura"), yg_bytes_str(kept.shown.login));
		rc = yg_buf_error(uri);
	}
	if (rc == YG_OK)
		rc = yg_factor_save(hub, name, actor->person, &factor);
	yg_buf_done(&text);
	yg_wipe(&factor, sizeof(factor));
	return rc;
}

int yg_person_factor_end(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			 struct yg_bytes code,
			 char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1],
			 char token[YG_HUB_TOKEN_HEX + 1])
{
	char name[YG_DOC_ACTOR_MAX + 1];
	struct yg_person_kept kept;
	struct yg_factor_kept factor;
	int rc = guard(hub, actor, &kept, &factor);

	if (rc != YG_OK)
		return rc;
	if (!factor.is_waiting)
		return YG_ENOENT;
	factor.used = -1; /* of another secret */
	if (!yg_totp_is_right((struct yg_bytes){factor.waiting, sizeof(factor.waiting)}, code,
			      yg_hub_now_s(hub), factor.used, &factor.used))
		return YG_EACCES;
	memcpy(factor.secret, factor.waiting, sizeof(factor.secret));
	factor.is_set = true;
	factor.is_waiting = false;
	make_recovery(&factor, codes);
	person_actor(actor->person, name);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_factor_save(hub, name, actor->person, &factor);
	if (rc == YG_OK)
		rc = yg_session_raise(hub, actor->person, actor->session, token);
	if (rc == YG_OK)
		rc = yg_session_drop(hub, name, actor->person, actor->session);
	yg_wipe(&factor, sizeof(factor));
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){name, "", "person.second_factor", actor->person, "set up"});
}

int yg_person_recovery_new(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			   char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1])
{
	char name[YG_DOC_ACTOR_MAX + 1];
	struct yg_person_kept kept;
	struct yg_factor_kept factor;
	int rc = guard(hub, actor, &kept, &factor);

	if (rc != YG_OK)
		return rc;
	if (!factor.is_set)
		return YG_ENOENT;
	make_recovery(&factor, codes);
	person_actor(actor->person, name);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_factor_save(hub, name, actor->person, &factor);
	yg_wipe(&factor, sizeof(factor));
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){name, "", "person.recovery_codes", actor->person, ""});
}
