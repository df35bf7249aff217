/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/session.h"

#include "access/hub-int.h"
#include "access/people.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

/* A session as it is kept. */
struct kept {
	struct yg_session shown;
	char digest[YG_SHA256_HEX + 1];
};

static void read_session(const json_t *body, struct kept *ret)
{
	struct yg_session *s = &ret->shown;

	*ret = (struct kept){0};
	yg_hub_text(body, "id", s->id, sizeof(s->id));
	yg_hub_text(body, "address", s->address, sizeof(s->address));
	yg_hub_text(body, "agent", s->agent, sizeof(s->agent));
	yg_hub_text(body, "digest", ret->digest, sizeof(ret->digest));
	s->began_ns = yg_hub_time(body, "began");
	s->seen_ns = yg_hub_time(body, "seen");
	/* What is not clearly said is a no. */
	s->has_second_factor = json_is_true(json_object_get(body, "second_factor"));
	s->is_local = json_is_true(json_object_get(body, "local"));
}

static json_t *session_json(const struct kept *kept)
{
	const struct yg_session *s = &kept->shown;

	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:b, s:b}", "id", s->id, "address",
			 yg_hub_string(s->address), "agent", yg_hub_string(s->agent), "digest",
			 kept->digest, "began", yg_hub_seconds(s->began_ns), "seen",
			 yg_hub_seconds(s->seen_ns), "second_factor", (int)s->has_second_factor,
			 "local", (int)s->is_local);
}

static int get_session(struct yg_hub_access *hub, const char *person, const char *id,
		       struct kept *ret, uint32_t *ret_revision)
{
	char key[YG_HUB_KEY_MAX];
	json_t *body = NULL;
	int rc = yg_hub_is_hex_id(person) && yg_hub_is_hex_id(id) && yg_hub_key(key, person, id)
			 ? yg_hub_get(hub, "session", key, &body, ret_revision)
			 : YG_ENOENT;

	if (rc != YG_OK)
		return rc;
	read_session(body, ret);
	json_decref(body);
	return YG_OK;
}

static int put_session(struct yg_hub_access *hub, const char *actor, const char *person,
		       const struct kept *kept, uint32_t expected)
{
	char key[YG_HUB_KEY_MAX];

	if (!yg_hub_key(key, person, kept->shown.id))
		return YG_EINVAL;
	return yg_hub_put(hub, actor, "session", key, session_json(kept), expected);
}

static bool is_good(const struct yg_hub_access *hub, const struct yg_session *s)
{
	int64_t now_ns = yg_hub_now_ns(hub);

	return s->began_ns != YG_TIME_NONE && s->seen_ns != YG_TIME_NONE &&
	       now_ns - s->began_ns < YG_HUB_SESSION_LIFE_S * YG_NS_PER_S &&
	       now_ns - s->seen_ns < YG_HUB_SESSION_IDLE_S * YG_NS_PER_S;
}

static int put_key(struct yg_hub_access *hub, const char *actor, const char *person,
		   const struct kept *kept)
{
	return yg_hub_put(hub, actor, "session_key", kept->digest,
			  json_pack("{s:s, s:s}", "person", person, "id", kept->shown.id),
			  YG_REVISION_NONE);
}

static int drop_one(struct yg_hub_access *hub, const char *actor, const char *person,
		    const struct kept *kept)
{
	char key[YG_HUB_KEY_MAX];
	int rc;

	if (!yg_hub_key(key, person, kept->shown.id))
		return YG_EINVAL;
	rc = yg_hub_remove(hub, actor, "session", key);
	return rc == YG_OK ? yg_hub_remove(hub, actor, "session_key", kept->digest) : rc;
}

/* ---- all of a person ---- */

struct all {
	struct kept *kept; /* YG_HUB_SESSIONS_MAX + 1 places */
	uint32_t count;
};

static int gather_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct all *all = arg;

	(void)key;
	if (all->count > YG_HUB_SESSIONS_MAX)
		return YG_EEND;
	read_session(body, &all->kept[all->count++]);
	return YG_OK;
}

static int gather(struct yg_hub_access *hub, const char *person, struct all *all)
{
	char prefix[YG_HUB_KEY_MAX];
	int rc;

	all->count = 0;
	if (!yg_hub_is_hex_id(person) || !yg_hub_key(prefix, person, ""))
		return YG_ENOENT;
	rc = yg_hub_each(hub, YG_HUB_REGISTER, "session", prefix, "", YG_HUB_SESSIONS_MAX + 1,
			 gather_one, all);
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_session_drop(struct yg_hub_access *hub, const char *actor, const char *person,
		    const char *but)
{
	struct kept mem[YG_HUB_SESSIONS_MAX + 1];
	struct all all = {mem, 0};
	int rc = gather(hub, person, &all);

	for (uint32_t i = 0; i < all.count && rc == YG_OK; i++) {
		if (!but || strcmp(mem[i].shown.id, but) != 0)
			rc = drop_one(hub, actor, person, &mem[i]);
	}
	return rc;
}

/* Room for one more: those that are over go, then the one seen least recently. */
static int make_room(struct yg_hub_access *hub, const char *actor, const char *person)
{
	struct kept mem[YG_HUB_SESSIONS_MAX + 1];
	struct all all = {mem, 0};
	uint32_t good = 0;
	uint32_t oldest = 0;
	int rc = gather(hub, person, &all);

	for (uint32_t i = 0; i < all.count && rc == YG_OK; i++) {
		if (!is_good(hub, &mem[i].shown)) {
			rc = drop_one(hub, actor, person, &mem[i]);
			continue;
		}
		if (good++ == 0 || mem[i].shown.seen_ns < mem[oldest].shown.seen_ns)
			oldest = i;
	}
	if (rc == YG_OK && good >= YG_HUB_SESSIONS_MAX)
		rc = drop_one(hub, actor, person, &mem[oldest]);
	return rc;
}

/* ---- for people.c and hub.c ---- */

int yg_session_make(struct yg_hub_access *hub, const char *person,
		    const struct yg_sign_in_attempt *from, char token[YG_HUB_TOKEN_HEX + 1])
{
	char actor[YG_DOC_ACTOR_MAX + 1];
	int64_t now_ns = yg_hub_now_ns(hub);
	struct kept kept = {0};
	int rc;

	(void)snprintf(actor, sizeof(actor), "person:%s", person); /* an id */
	yg_random_id(now_ns, kept.shown.id);
	kept.shown.began_ns = now_ns;
	kept.shown.seen_ns = now_ns;
	kept.shown.is_local = from->is_local;
	memcpy(kept.shown.address, from->address, sizeof(kept.shown.address));
	memcpy(kept.shown.agent, from->agent, sizeof(kept.shown.agent));
	yg_hub_secret_new(token, kept.digest);
	rc = make_room(hub, actor, person);
	if (rc == YG_OK)
		rc = put_session(hub, actor, person, &kept, YG_REVISION_NONE);
	return rc == YG_OK ? put_key(hub, actor, person, &kept) : rc;
}

int yg_session_raise(struct yg_hub_access *hub, const char *person, const char *id,
		     char token[YG_HUB_TOKEN_HEX + 1])
{
	char actor[YG_DOC_ACTOR_MAX + 1];
	struct kept kept;
	uint32_t revision = 0;
	int rc = get_session(hub, person, id, &kept, &revision);

	(void)snprintf(actor, sizeof(actor), "person:%s", person); /* an id */
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	rc = yg_hub_remove(hub, actor, "session_key", kept.digest);
	yg_hub_secret_new(token, kept.digest);
	kept.shown.has_second_factor = true;
	if (rc == YG_OK)
		rc = put_session(hub, actor, person, &kept, revision);
	return rc == YG_OK ? put_key(hub, actor, person, &kept) : rc;
}

int yg_session_look(struct yg_hub_access *hub, const char *person, const char *id,
		    struct yg_hub_actor *ret)
{
	struct kept kept;
	int rc = get_session(hub, person, id, &kept, NULL);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	if (!is_good(hub, &kept.shown))
		return YG_EACCES;
	*ret = (struct yg_hub_actor){.rights = UINT64_MAX,
				     .has_second_factor = kept.shown.has_second_factor,
				     .is_local = kept.shown.is_local};
	(void)snprintf(ret->person, sizeof(ret->person), "%s", person); /* as all ids */
	memcpy(ret->session, kept.shown.id, sizeof(ret->session));
	return YG_OK;
}

/* Not more often than YG_SESSION_SEEN_S. When it cannot be written the session is good all the
 * same: it only ends earlier. */
static void note_seen(struct yg_hub_access *hub, const char *person, struct kept *kept,
		      uint32_t revision)
{
	int64_t now_ns = yg_hub_now_ns(hub);

	if (now_ns - kept->shown.seen_ns < YG_SESSION_SEEN_S * YG_NS_PER_S)
		return;
	kept->shown.seen_ns = now_ns;
	(void)put_session(hub, "hub", person, kept, revision); /* as above */
}

int yg_hub_by_session(struct yg_hub_access *hub, struct yg_bytes token, struct yg_hub_actor *ret)
{
	struct yg_hub_secret secret;
	struct yg_hub_actor found;
	uint32_t revision = 0;
	struct kept kept;
	int rc = yg_hub_secret_look(hub, "session_key", "person", token, &secret);

	if (rc == YG_OK)
		rc = get_session(hub, secret.owner, secret.id, &kept, &revision);
	if (rc == YG_OK && strcmp(kept.digest, secret.digest) != 0)
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = yg_session_look(hub, secret.owner, secret.id, &found);
	if (rc == YG_OK)
		rc = yg_person_fill(hub, secret.owner, &found);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	note_seen(hub, secret.owner, &kept, revision);
	*ret = found;
	return YG_OK;
}

/* ---- the person's own ---- */

int yg_session_list(struct yg_hub_access *hub, const struct yg_hub_actor *actor, yg_session_fn fn,
		    void *arg)
{
	struct kept mem[YG_HUB_SESSIONS_MAX + 1];
	struct all all = {mem, 0};
	struct yg_person self;
	int rc = yg_person_self(hub, actor, &self);

	if (rc == YG_OK)
		rc = gather(hub, actor->person, &all);
	for (uint32_t i = 0; i < all.count && rc == YG_OK; i++) {
		if (!is_good(hub, &mem[i].shown))
			continue;
		mem[i].shown.is_this = strcmp(mem[i].shown.id, actor->session) == 0;
		rc = fn(arg, &mem[i].shown);
	}
	return rc;
}

int yg_session_end(struct yg_hub_access *hub, const struct yg_hub_actor *actor, const char *id)
{
	char name[YG_DOC_ACTOR_MAX + 1];
	struct kept kept;
	int rc = actor->person[0] ? get_session(hub, actor->person, id, &kept, NULL) : YG_EACCES;

	if (rc != YG_OK)
		return rc;
	yg_hub_actor_name(actor, name);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = drop_one(hub, name, actor->person, &kept);
	return yg_hub_finish(hub, rc, &(struct yg_hub_deed){name, "", "session.end", id, ""});
}

int yg_session_end_all(struct yg_hub_access *hub, const struct yg_hub_actor *actor, bool but_this)
{
	char name[YG_DOC_ACTOR_MAX + 1];
	int rc;

	if (!actor->person[0])
		return YG_EACCES;
	yg_hub_actor_name(actor, name);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_session_drop(hub, name, actor->person, but_this ? actor->session : NULL);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){name, "", "session.end_all", actor->person,
						   but_this ? "all but this one" : ""});
}
