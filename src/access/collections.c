/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/collections.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/gate.h"
#include "access/members.h"
#include "access/password.h"
#include "base/alloc.h"
#include "base/buf.h"

#include "base/ban.h"

#define LOGIN	    "login:"
#define SECTORS_MAX 16u /* of the organisations that one reader reaches */
#define WHO_MAX	    (YG_COLLECTION_NAME_MAX + 16u)

struct yg_shelf_reader {
	struct yg_hub_access *hub;
	struct yg_collections *store;
	struct yg_clock clock;
	char who[WHO_MAX + 1];
	bool is_login;
	bool is_analyst; /* of the hub */
	bool may_fill;	 /* as one */
	struct yg_hub_reach reads;
	struct yg_hub_reach fills;
	char sectors[SECTORS_MAX][YG_MEMBER_TEXT_MAX + 1];
	unsigned sector_count;
};

/* ---- the reader ---- */

static int find_sectors(struct yg_shelf_reader *r, const struct yg_hub_actor *actor)
{
	for (uint32_t i = 0; i < r->reads.count && r->sector_count < SECTORS_MAX; i++) {
		struct yg_member_profile profile;
		struct yg_access *access = NULL;
		int rc = yg_access_hub(r->hub, actor, r->reads.orgs[i], YG_MAY_read_members,
				       &access);

		if (rc == YG_OK)
			rc = yg_member_get(access, &profile);
		(void)yg_access_free(access);
		if (rc == YG_ENOMEM)
			return rc;
		if (rc == YG_OK && profile.sector[0])
			memcpy(r->sectors[r->sector_count++], profile.sector,
			       sizeof(profile.sector));
	}
	return YG_OK;
}

static int find_reach(struct yg_shelf_reader *r, const struct yg_hub_actor *actor)
{
	struct yg_hub_reach analyst = {0};
	int rc = yg_hub_reach(r->hub, actor, YG_MAY_read_indicators, &r->reads);

	if (rc == YG_OK)
		rc = yg_hub_reach(r->hub, actor, YG_MAY_export_org, &r->fills);
	if (rc == YG_OK)
		rc = yg_hub_reach(r->hub, actor, YG_MAY_write_indicators, &analyst);
	r->is_analyst = r->reads.is_all;
	r->may_fill = analyst.is_all;
	yg_hub_reach_done(&analyst);
	return rc == YG_OK ? find_sectors(r, actor) : rc;
}

int yg_shelf_reader_new(struct yg_hub_access *hub, struct yg_collections *store,
			struct yg_clock clock, const struct yg_hub_actor *actor,
			struct yg_bytes login, struct yg_shelf_reader **ret)
{
	struct yg_shelf_reader *r = yg_calloc(1, sizeof(*r));
	int rc = YG_OK;

	if (!r)
		return YG_ENOMEM;
	r->hub = hub;
	r->store = store;
	r->clock = clock;
	r->is_login = login.size > 0;
	if (r->is_login) {
		(void)snprintf(r->who, sizeof(r->who), LOGIN "%.*s", YG_FMT(login));
	} else {
		(void)snprintf(r->who, sizeof(r->who), "%s%s",
			       actor->token[0]	  ? "token:"
			       : actor->person[0] ? "person:"
						  : "local:",
			       actor->token[0]	  ? actor->token
			       : actor->person[0] ? actor->person
						  : "");
		rc = find_reach(r, actor);
	}
	if (rc != YG_OK)
		r = yg_shelf_reader_free(r);
	*ret = r;
	return rc;
}

struct yg_shelf_reader *yg_shelf_reader_free(struct yg_shelf_reader *r)
{
	if (!r)
		return NULL;
	yg_hub_reach_done(&r->reads);
	yg_hub_reach_done(&r->fills);
	free(r);
	return NULL;
}

int64_t yg_shelf_now_us(const struct yg_shelf_reader *r)
{
	return r->clock.now_ns(r->clock.arg) / 1000;
}

struct yg_bytes yg_shelf_who(const struct yg_shelf_reader *r)
{
	return yg_bytes_str(r->who);
}

/* ---- what he may ---- */

static bool reaches(const struct yg_hub_reach *reach, const char *org)
{
	for (uint32_t i = 0; i < reach->count; i++)
		if (strcmp(reach->orgs[i], org) == 0)
			return true;
	return false;
}

static bool is_in_sector(const struct yg_shelf_reader *r, const char *sector)
{
	for (unsigned i = 0; i < r->sector_count; i++)
		if (strcmp(r->sectors[i], sector) == 0)
			return true;
	return false;
}

/* Whom is he like, for this collection? False: it is not for him. */
static bool audience_of(const struct yg_shelf_reader *r, const struct yg_collection *c,
			enum yg_audience *ret)
{
	bool is_member = r->reads.count > 0;

	*ret = YG_AUDIENCE_OWN;
	if (r->is_login || yg_bytes_starts(yg_bytes_str(c->owner), YG_S(LOGIN)))
		return strcmp(c->owner, r->who) == 0;
	if (strcmp(c->owner, YG_HUB_ORG) == 0 ? r->is_analyst : reaches(&r->reads, c->owner))
		return true;
	if (c->reach == YG_COLLECTION_OWN)
		return false;
	*ret = YG_AUDIENCE_PARTNER;
	if (r->is_analyst)
		return true;
	*ret = c->reach == YG_COLLECTION_SECTOR ? YG_AUDIENCE_SECTOR : YG_AUDIENCE_COMMUNITY;
	return is_member && (c->reach == YG_COLLECTION_COMMUNITY || is_in_sector(r, c->sector));
}

static enum yg_tlp clearance_of(enum yg_audience audience)
{
	/* Whoever adds an object to what is for others has agreed that they get it. */
	struct yg_release_ask ask = {.kind = "stix",
				     .audience = audience,
				     .outlet = YG_OUTLET_TAXII,
				     .agreed = YG_AGREED_NAMED,
				     .use = YG_USE_MATCH};
	enum yg_tlp tlp = YG_TLP_RED;

	while (tlp > YG_TLP_NONE && yg_gate_ask(&ask, tlp, YG_PAP_CLEAR) != YG_REFUSAL_NONE)
		tlp--;
	return tlp;
}

static bool may_fill(const struct yg_shelf_reader *r, const struct yg_collection *c,
		     enum yg_audience audience)
{
	if (r->is_login)
		return true;
	if (audience == YG_AUDIENCE_OWN)
		return strcmp(c->owner, YG_HUB_ORG) == 0 ? r->may_fill
							 : reaches(&r->fills, c->owner);
	return c->may_others_write && (r->may_fill || r->fills.count > 0);
}

static bool look(const struct yg_shelf_reader *r, const struct yg_collection *c,
		 struct yg_shelf_view *ret)
{
	enum yg_audience audience;

	if (!audience_of(r, c, &audience))
		return false;
	*ret = (struct yg_shelf_view){.collection = *c,
				      .can_read = c->is_readable,
				      .can_write = c->is_writable && may_fill(r, c, audience),
				      .clearance = clearance_of(audience)};
	return true;
}

struct listing {
	const struct yg_shelf_reader *r;
	yg_shelf_fn fn;
	void *arg;
};

static int list_one(void *arg, const struct yg_collection *c)
{
	const struct listing *l = arg;
	struct yg_shelf_view view;

	return look(l->r, c, &view) ? l->fn(l->arg, &view) : YG_OK;
}

int yg_shelf_list(struct yg_shelf_reader *r, struct yg_bytes root, yg_shelf_fn fn, void *arg)
{
	struct listing l = {r, fn, arg};

	return yg_collections_each(r->store, root, list_one, &l);
}

int yg_shelf_view(struct yg_shelf_reader *r, struct yg_bytes root, struct yg_bytes name,
		  struct yg_shelf_view *ret)
{
	struct yg_collection c;
	int rc = yg_collections_get(r->store, name, &c);

	if (rc != YG_OK)
		return rc;
	return yg_bytes_eq(yg_bytes_str(c.root), root) && look(r, &c, ret) ? YG_OK : YG_ENOENT;
}

bool yg_shelf_root(struct yg_shelf_reader *r, struct yg_bytes root, struct yg_buf *to)
{
	char name[WHO_MAX + YG_COLLECTION_NAME_MAX + 2];
	struct yg_buf unused;
	bool is_there;

	if (!r->is_login)
		return yg_bytes_eq(root, YG_S("hub"));
	if (root.size > YG_COLLECTION_NAME_MAX)
		return false;
	(void)snprintf(name, sizeof(name), "%s/%.*s", r->who, YG_FMT(root));
	yg_buf_init(&unused, 1u << 20);
	is_there = yg_collections_get_text(r->store, "root", yg_bytes_str(name),
					   to ? to : &unused) == YG_OK;
	yg_buf_done(&unused);
	return is_there;
}

bool yg_shelf_discovery(struct yg_shelf_reader *r, struct yg_buf *to)
{
	return r->is_login &&
	       yg_collections_get_text(r->store, "discovery", yg_shelf_who(r), to) == YG_OK;
}

/* ---- objects ---- */

static void bind_filter(const struct yg_shelf_view *view, struct yg_stix_filter *filter)
{
	filter->collection = view->collection.number;
	filter->clearance = view->clearance;
	filter->otherwise = view->collection.default_tlp;
}

int yg_shelf_read(struct yg_shelf_reader *r, const struct yg_shelf_view *view,
		  struct yg_stix_filter *filter, bool with_text, yg_stix_row_fn fn, void *arg,
		  bool *ret_is_more)
{
	if (!view->can_read)
		return YG_EACCES;
	bind_filter(view, filter);
	return yg_collections_read(r->store, filter, with_text, fn, arg, ret_is_more);
}

int yg_shelf_status(struct yg_shelf_reader *r, struct yg_bytes root, struct yg_bytes id,
		    struct yg_buf *to)
{
	return yg_collections_get_status(r->store, id, root, yg_shelf_who(r), yg_shelf_now_us(r),
					 to);
}

/* ---- filling ---- */

struct yg_shelf_filler {
	struct yg_collections *store;
	struct yg_clock clock;
	struct yg_shelf_view view;
	char who[WHO_MAX + 1];
};

int yg_shelf_filler_new(const struct yg_shelf_reader *r, const struct yg_shelf_view *view,
			struct yg_collections *store, struct yg_shelf_filler **ret)
{
	struct yg_shelf_filler *f = yg_calloc(1, sizeof(*f));

	if (!f)
		return YG_ENOMEM;
	f->store = store;
	f->clock = r->clock;
	f->view = *view;
	memcpy(f->who, r->who, sizeof(f->who));
	*ret = f;
	return YG_OK;
}

struct yg_shelf_filler *yg_shelf_filler_free(struct yg_shelf_filler *f)
{
	free(f);
	return NULL;
}

const struct yg_collection *yg_shelf_filler_collection(const struct yg_shelf_filler *f)
{
	return &f->view.collection;
}

const char *yg_shelf_filler_who(const struct yg_shelf_filler *f)
{
	return f->who;
}

int64_t yg_shelf_filler_now_us(const struct yg_shelf_filler *f)
{
	return f->clock.now_ns(f->clock.arg) / 1000;
}

bool yg_shelf_is_loaded(const struct yg_shelf_filler *f)
{
	return yg_bytes_starts(yg_bytes_str(f->view.collection.owner), YG_S(LOGIN));
}

int yg_shelf_begin(struct yg_shelf_filler *f)
{
	return yg_collections_begin(f->store);
}

int yg_shelf_put(struct yg_shelf_filler *f, const struct yg_stix_object *object,
		 int64_t *ret_added_us)
{
	if (!f->view.can_write)
		return YG_EACCES;
	return yg_collections_put(f->store, f->view.collection.number, object,
				  yg_shelf_filler_now_us(f), 0, ret_added_us);
}

int yg_shelf_put_status(struct yg_shelf_filler *f, const char *id, struct yg_bytes root,
			struct yg_bytes status)
{
	return yg_collections_put_status(f->store, id, root, yg_bytes_str(f->who),
					 yg_shelf_filler_now_us(f), status);
}

int yg_shelf_commit(struct yg_shelf_filler *f)
{
	return yg_collections_commit(f->store);
}

void yg_shelf_abort(struct yg_shelf_filler *f)
{
	yg_collections_abort(f->store);
}

bool yg_shelf_has_marking(struct yg_shelf_filler *f, struct yg_bytes id)
{
	return yg_collections_has(f->store, id);
}

int yg_shelf_delete(struct yg_shelf_filler *f, struct yg_stix_filter *filter, uint64_t *ret_count)
{
	if (!f->view.can_read || !f->view.can_write)
		return YG_EACCES;
	bind_filter(&f->view, filter);
	return yg_collections_delete(f->store, filter, ret_count);
}

/* ---- logins ---- */

/* Of login, password and the digest as it stands now. */
static int mac_of(const struct yg_shelf_known *known, struct yg_bytes login,
		  struct yg_bytes password, struct yg_bytes hash, uint8_t mac[YG_MAC_BYTES])
{
	struct yg_buf all;
	int rc;

	yg_buf_init(&all, 4096);
	yg_buf_add(&all, hash);
	yg_buf_add_byte(&all, 0);
	yg_buf_add(&all, login);
	yg_buf_add_byte(&all, 0);
	yg_buf_add(&all, password);
	rc = yg_buf_error(&all);
	if (rc == YG_OK)
		yg_mac(known->key, yg_buf_bytes(&all), mac);
	if (all.data)
		yg_wipe(all.data, all.size);
	yg_buf_done(&all);
	return rc;
}

int yg_shelf_login(struct yg_collections *store, struct yg_bytes login, struct yg_bytes password,
		   struct yg_shelf_known *known)
{
	struct yg_buf hash;
	char name[WHO_MAX + 1];
	uint8_t mac[YG_MAC_BYTES];
	int rc;

	(void)snprintf(name, sizeof(name), LOGIN "%.*s", YG_FMT(login)); /* cut: no such login */
	yg_buf_init(&hash, YG_PASSWORD_HASH_MAX + 1);
	rc = yg_collections_get_text(store, "login", yg_bytes_str(name), &hash);
	yg_buf_add_byte(&hash, 0);
	if (rc == YG_OK)
		rc = yg_buf_error(&hash);
	if (rc == YG_OK)
		rc = mac_of(known, login, password, yg_buf_bytes(&hash), mac);
	if (rc == YG_OK && (!known->has_mac || memcmp(mac, known->mac, sizeof(mac)) != 0)) {
		rc = yg_password_is_right((const char *)hash.data, password);
		if (rc == YG_OK)
			memcpy(known->mac, mac, sizeof(mac));
		known->has_mac = known->has_mac || rc == YG_OK;
	}
	yg_buf_done(&hash);
	return rc == YG_ENOENT ? YG_EACCES : rc;
}
