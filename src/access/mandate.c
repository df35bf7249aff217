/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/mandate.h"

#include "access/hub-int.h"
#include "base/json.h"

#include "base/ban.h"

/* ---- documents ---- */

static void read_mandate(const json_t *body, struct yg_mandate *ret)
{
	*ret = (struct yg_mandate){0};
	yg_hub_text(body, "id", ret->id, sizeof(ret->id));
	yg_hub_text(body, "org", ret->org, sizeof(ret->org));
	yg_hub_text(body, "provider", ret->provider, sizeof(ret->provider));
	yg_hub_text(body, "signed_by", ret->signed_by, sizeof(ret->signed_by));
	yg_hub_text(body, "given_by", ret->given_by, sizeof(ret->given_by));
	yg_hub_text(body, "ended_by", ret->ended_by, sizeof(ret->ended_by));
	ret->signed_day = yg_hub_day_of(body, "signed_day");
	ret->last_day = yg_hub_day_of(body, "last_day");
	ret->rights = yg_hub_rights_of(json_object_get(body, "rights"));
	ret->given_ns = yg_hub_time(body, "given");
	ret->ended_ns = yg_hub_time(body, "ended");
}

static json_t *mandate_json(const struct yg_mandate *m)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "id", m->id,
			 "org", m->org, "provider", m->provider, "signed_by",
			 yg_hub_string(m->signed_by), "given_by", m->given_by, "ended_by",
			 m->ended_by, "signed_day", yg_hub_day(m->signed_day), "last_day",
			 yg_hub_day(m->last_day), "rights", yg_hub_rights_json(m->rights), "given",
			 yg_hub_seconds(m->given_ns), "ended", yg_hub_seconds(m->ended_ns));
}

/* "PROVIDER/MEMBER/ID": of mandates that were not ended. */
static bool key_of_provider(char to[YG_HUB_KEY_MAX], const char *provider, const char *org,
			    const char *id)
{
	char tail[YG_HUB_KEY_MAX];

	return yg_hub_key(tail, org, id) && yg_hub_key(to, provider, tail);
}

static int get_mandate(struct yg_hub_access *hub, const char *org, const char *id,
		       struct yg_mandate *ret)
{
	char key[YG_HUB_KEY_MAX];
	json_t *body = NULL;
	int rc = yg_enrol_is_id(yg_bytes_str(org)) && yg_hub_is_hex_id(id) &&
				 yg_hub_key(key, org, id)
			 ? yg_hub_get(hub, "mandate", key, &body, NULL)
			 : YG_ENOENT;

	if (rc != YG_OK)
		return rc;
	read_mandate(body, ret);
	json_decref(body);
	return YG_OK;
}

static int put_mandate(struct yg_access *by, const struct yg_mandate *mandate, uint32_t expected)
{
	char key[YG_HUB_KEY_MAX];

	if (!yg_hub_key(key, mandate->org, mandate->id))
		return YG_EINVAL;
	return yg_hub_put(by->hub, by->actor, "mandate", key, mandate_json(mandate), expected);
}

static bool is_good(const struct yg_hub_access *hub, const struct yg_mandate *mandate)
{
	int32_t today = yg_hub_today(hub);

	return mandate->ended_ns == YG_TIME_NONE && mandate->last_day != YG_DAY_NONE &&
	       today <= mandate->last_day;
}

/* ---- looking ---- */

struct search {
	struct yg_hub_access *hub;
	const char *provider;
	enum yg_hub_right right;
	bool is_any; /* there is one that holds, whatever it says */
	const char *only;
	char *ret_id;
	/* or every member of it */
	int (*fn)(void *arg, const char *org);
	void *arg;
};

static int search_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct search *search = arg;
	char org[YG_ENROL_ID_MAX + 1];
	char id[YG_RANDOM_ID_HEX + 1];
	struct yg_mandate mandate;
	int rc;

	(void)key;
	yg_hub_text(body, "org", org, sizeof(org));
	yg_hub_text(body, "id", id, sizeof(id));
	rc = get_mandate(search->hub, org, id, &mandate);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	if (!is_good(search->hub, &mandate) || strcmp(mandate.provider, search->provider) != 0)
		return YG_OK;
	if (search->only && strcmp(mandate.id, search->only) != 0)
		return YG_OK;
	search->is_any = true;
	if (!(mandate.rights >> search->right & 1))
		return YG_OK;
	if (search->fn)
		return search->fn(search->arg, org);
	memcpy(search->ret_id, mandate.id, sizeof(mandate.id));
	return YG_EEND;
}

int yg_mandate_find(struct yg_hub_access *hub, const char *provider, const char *org,
		    enum yg_hub_right right, const char *only, char ret_id[YG_RANDOM_ID_HEX + 1])
{
	struct search search = {
		.hub = hub, .provider = provider, .right = right, .only = only, .ret_id = ret_id};
	char prefix[YG_HUB_KEY_MAX];
	int rc = key_of_provider(prefix, provider, org, "")
			 ? yg_hub_each(hub, YG_HUB_REGISTER, "mandate_of", prefix, "", 0,
				       search_one, &search)
			 : YG_ENOENT;

	if (rc == YG_EEND)
		return YG_OK;
	if (rc == YG_OK)
		rc = search.is_any ? YG_EACCES : YG_ENOENT;
	return rc;
}

int yg_mandate_each(struct yg_hub_access *hub, const char *provider, enum yg_hub_right right,
		    int (*fn)(void *arg, const char *org), void *arg)
{
	struct search search = {
		.hub = hub, .provider = provider, .right = right, .fn = fn, .arg = arg};
	char prefix[YG_HUB_KEY_MAX];

	return yg_hub_key(prefix, provider, "") ? yg_hub_each(hub, YG_HUB_REGISTER, "mandate_of",
							      prefix, "", 0, search_one, &search)
						: YG_EINVAL;
}

/* ---- changing ---- */

static int count_one(void *arg, struct yg_bytes key, const json_t *body)
{
	uint32_t *count = arg;

	(void)key;
	(void)body;
	++*count;
	return YG_OK;
}

/* What is written on the paper. */
static bool is_paper(const struct yg_hub_access *hub, const struct yg_mandate *wish)
{
	int32_t today = yg_hub_today(hub);
	uint64_t all = 0;

	for (unsigned i = 0; i < YG_MAY_COUNT; i++) {
		if (yg_hub_role_may(YG_HUB_PROVIDER, (enum yg_hub_right)i))
			all |= UINT64_C(1) << i;
	}
	return wish->rights != 0 && (wish->rights & ~all) == 0 &&
	       yg_hub_is_text(wish->signed_by, YG_ENROL_NAME_MAX) &&
	       wish->signed_day != YG_DAY_NONE && wish->last_day != YG_DAY_NONE &&
	       wish->signed_day <= today && wish->last_day >= today;
}

static int check_wish(struct yg_hub_access *hub, const struct yg_mandate *wish, const char *org)
{
	char prefix[YG_HUB_KEY_MAX];
	struct yg_hub_org provider;
	uint32_t count = 0;
	int rc = yg_hub_org_look(hub->enrol, wish->provider, &provider);

	if (rc != YG_OK)
		return rc;
	if (!is_paper(hub, wish) || strcmp(wish->provider, org) == 0 ||
	    provider.closed_ns != YG_TIME_NONE || !yg_hub_key(prefix, wish->provider, ""))
		return YG_EINVAL;
	rc = yg_hub_each(hub, YG_HUB_REGISTER, "mandate_of", prefix, "", 0, count_one, &count);
	return rc == YG_OK && count >= YG_HUB_MANDATES_MAX ? YG_ELIMIT : rc;
}

int yg_mandate_give(struct yg_access *by, const struct yg_mandate *wish,
		    char ret_id[YG_RANDOM_ID_HEX + 1])
{
	struct yg_mandate mandate = *wish;
	struct yg_hub_access *hub;
	char key[YG_HUB_KEY_MAX];
	int rc = yg_hub_require(by, YG_MAY_write_mandates, &hub);

	if (rc != YG_OK)
		return rc;
	if (strcmp(by->org, YG_HUB_ORG) == 0)
		return YG_EINVAL; /* of which member? */
	rc = check_wish(hub, wish, by->org);
	if (rc != YG_OK)
		return rc;
	yg_random_id(yg_hub_now_ns(hub), mandate.id);
	(void)snprintf(mandate.org, sizeof(mandate.org), "%s", by->org);	     /* an id */
	(void)snprintf(mandate.given_by, sizeof(mandate.given_by), "%s", by->actor); /* bounded */
	mandate.given_ns = yg_hub_now_ns(hub);
	mandate.ended_ns = YG_TIME_NONE;
	mandate.ended_by[0] = '\0';
	if (!key_of_provider(key, mandate.provider, mandate.org, mandate.id))
		return YG_EINVAL;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = put_mandate(by, &mandate, YG_REVISION_NONE);
	if (rc == YG_OK)
		rc = yg_hub_put(hub, by->actor, "mandate_of", key,
				json_pack("{s:s, s:s}", "org", mandate.org, "id", mandate.id),
				YG_REVISION_NONE);
	memcpy(ret_id, mandate.id, sizeof(mandate.id));
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, mandate.org, "mandate.give",
						   mandate.id, mandate.provider});
}

int yg_mandate_end(struct yg_access *by, const char *org, const char *id)
{
	bool is_giver = by->right == YG_MAY_write_mandates && strcmp(by->org, org) == 0;
	struct yg_hub_access *hub;
	struct yg_mandate mandate;
	char key[YG_HUB_KEY_MAX];
	int rc = yg_hub_require(by, is_giver ? YG_MAY_write_mandates : YG_MAY_read_mandates, &hub);

	if (rc == YG_OK)
		rc = get_mandate(hub, org, id, &mandate);
	if (rc != YG_OK)
		return rc;
	/* A provider gives back what it holds; what others hold is not there. */
	if (!is_giver && (strcmp(mandate.provider, by->org) != 0 || by->mandate[0]))
		return YG_ENOENT;
	if (mandate.ended_ns != YG_TIME_NONE)
		return YG_OK;
	if (!key_of_provider(key, mandate.provider, mandate.org, mandate.id))
		return YG_EFORMAT;
	mandate.ended_ns = yg_hub_now_ns(hub);
	(void)snprintf(mandate.ended_by, sizeof(mandate.ended_by), "%s", by->actor); /* bounded */
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = put_mandate(by, &mandate, YG_REVISION_ANY);
	if (rc == YG_OK)
		rc = yg_hub_remove(hub, by->actor, "mandate_of", key);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, mandate.org, "mandate.end",
						   mandate.id, mandate.provider});
}

/* ---- listing ---- */

struct listing {
	yg_mandate_fn fn;
	void *arg;
	const char *provider; /* only those that it holds; NULL: all that come */
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct listing *listing = arg;
	struct yg_mandate mandate;

	(void)key;
	read_mandate(body, &mandate);
	if (listing->provider && strcmp(mandate.provider, listing->provider) != 0)
		return YG_OK;
	return listing->fn(listing->arg, &mandate);
}

int yg_mandate_list(struct yg_access *by, yg_mandate_fn fn, void *arg)
{
	struct listing listing = {.fn = fn, .arg = arg};
	char prefix[YG_HUB_KEY_MAX];
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_mandates, &hub);

	if (rc != YG_OK)
		return rc;
	if (strcmp(by->org, YG_HUB_ORG) == 0)
		return yg_hub_each(hub, YG_HUB_REGISTER, "mandate", "", "", 0, list_one, &listing);
	if (!yg_hub_key(prefix, by->org, ""))
		return YG_EINVAL;
	rc = yg_hub_each(hub, YG_HUB_REGISTER, "mandate", prefix, "", 0, list_one, &listing);
	/* One that reads by way of a mandate sees the member's, not what the member holds. */
	if (rc != YG_OK || by->mandate[0])
		return rc;
	listing.provider = by->org;
	return yg_hub_each(hub, YG_HUB_REGISTER, "mandate", "", "", 0, list_one, &listing);
}
