/* SPDX-License-Identifier: Apache-2.0 */
/* Who supplies whom: access/members.h. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/hub-int.h"
#include "access/members.h"
#include "base/json.h"

#include "base/ban.h"

bool yg_supply_is_confirmed(const struct yg_supply *supply)
{
	return supply->by_supplier_ns != YG_TIME_NONE && supply->by_buyer_ns != YG_TIME_NONE;
}

bool yg_supply_is_seen(const struct yg_supply *supply)
{
	return yg_supply_is_confirmed(supply) && supply->analysts_supplier &&
	       supply->analysts_buyer;
}

/* ---- documents ---- */

static void read_supply(const json_t *body, struct yg_supply *ret)
{
	*ret = (struct yg_supply){.naming = YG_NAMING_ASK};
	yg_hub_text(body, "supplier", ret->supplier, sizeof(ret->supplier));
	yg_hub_text(body, "buyer", ret->buyer, sizeof(ret->buyer));
	for (uint32_t i = 0; i < YG_ANSWER_COUNT; i++)
		if (json_is_true(json_object_get(body, yg_answer_name(i))))
			ret->answers |= (uint8_t)(1u << i);
	(void)yg_naming_by_name(yg_json_text(body, "consent"), &ret->naming); /* else: ask */
	ret->by_supplier_ns = yg_hub_time(body, "by_supplier");
	ret->by_buyer_ns = yg_hub_time(body, "by_buyer");
	ret->analysts_supplier = json_is_true(json_object_get(body, "analysts_supplier"));
	ret->analysts_buyer = json_is_true(json_object_get(body, "analysts_buyer"));
}

static json_t *supply_json(const struct yg_supply *s, const char *id)
{
	json_t *body =
		json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:b}", "id", id, "supplier",
			  s->supplier, "buyer", s->buyer, "consent", yg_naming_name(s->naming),
			  "by_supplier", yg_hub_seconds(s->by_supplier_ns), "by_buyer",
			  yg_hub_seconds(s->by_buyer_ns), "analysts_supplier",
			  (int)s->analysts_supplier, "analysts_buyer", (int)s->analysts_buyer);

	for (uint32_t i = 0; body && i < YG_ANSWER_COUNT; i++)
		if (yg_json_set(body, yg_answer_name(i), json_boolean(s->answers & (1u << i))) !=
		    YG_OK) {
			json_decref(body);
			body = NULL;
		}
	return body;
}

static bool is_command_line(const struct yg_access *by)
{
	return by->who.is_local && !by->who.person[0] && !by->who.token[0];
}

/*
 * Who asks for an organisation's relations is of it, or at this machine with its paper. An analyst,
 * who reaches every organisation, reads at the hub what both parties opened, and here nothing.
 */
static int require_party(struct yg_access *by, enum yg_hub_right right, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, right, ret);

	if (rc != YG_OK || is_command_line(by) || strcmp(by->org, YG_HUB_ORG) == 0)
		return rc;
	return strcmp(by->acts_for, by->org) == 0 ? YG_OK : YG_EACCES;
}

/* Both are ids, two, and one of them is @by's own. Answered before anything is looked up. */
static int check_parties(const struct yg_access *by, const char *supplier, const char *buyer)
{
	if (strcmp(by->org, supplier) != 0 && strcmp(by->org, buyer) != 0)
		return YG_ENOENT;
	if (!yg_enrol_is_id(yg_bytes_str(supplier)) || !yg_enrol_is_id(yg_bytes_str(buyer)) ||
	    strcmp(supplier, buyer) == 0 || yg_enrol_is_reserved(supplier) ||
	    yg_enrol_is_reserved(buyer))
		return YG_EINVAL;
	return YG_OK;
}

static int load(struct yg_hub_access *hub, const char *supplier, const char *buyer,
		struct yg_supply *ret, char id[YG_RANDOM_ID_HEX + 1])
{
	char key[YG_HUB_KEY_MAX];
	json_t *body = NULL;
	int rc = yg_hub_key(key, supplier, buyer) ? yg_hub_get(hub, "relation", key, &body, NULL)
						  : YG_ENOENT;

	if (rc != YG_OK)
		return rc;
	read_supply(body, ret);
	yg_hub_text(body, "id", id, YG_RANDOM_ID_HEX + 1);
	json_decref(body);
	return YG_OK;
}

/* The relation, the way to it from the buyer, and whether analysts find it. */
static int save(struct yg_access *by, const struct yg_supply *supply, const char *id)
{
	struct yg_hub_access *hub = by->hub;
	char key[YG_HUB_KEY_MAX];
	char back[YG_HUB_KEY_MAX];
	int rc;

	if (!yg_hub_key(key, supply->supplier, supply->buyer) ||
	    !yg_hub_key(back, supply->buyer, supply->supplier))
		return YG_EINVAL;
	rc = yg_hub_put(hub, by->actor, "relation", key, supply_json(supply, id), YG_REVISION_ANY);
	if (rc == YG_OK)
		rc = yg_hub_put(hub, by->actor, "relation_of", back,
				json_pack("{s:s, s:s}", "supplier", supply->supplier, "buyer",
					  supply->buyer),
				YG_REVISION_ANY);
	if (rc == YG_OK && yg_supply_is_seen(supply))
		rc = yg_hub_put(hub, by->actor, "relation_seen", key, supply_json(supply, id),
				YG_REVISION_ANY);
	else if (rc == YG_OK)
		rc = yg_hub_remove(hub, by->actor, "relation_seen", key);
	return rc;
}

static int count_one(void *arg, struct yg_bytes key, const json_t *body)
{
	uint32_t *count = arg;

	(void)key;
	(void)body;
	return ++*count > YG_SUPPLIES_MAX ? YG_ELIMIT : YG_OK;
}

/* Room for one more of @by's own: those of others say nothing about it. */
static int check_room(struct yg_access *by)
{
	char prefix[YG_HUB_KEY_MAX];
	uint32_t count = 1;
	int rc;

	if (is_command_line(by))
		return YG_OK; /* a community's list comes in whole */
	if (!yg_hub_key(prefix, by->org, ""))
		return YG_EINVAL;
	rc = yg_hub_each(by->hub, YG_HUB_REGISTER, "relation", prefix, "", 0, count_one, &count);
	if (rc == YG_OK)
		rc = yg_hub_each(by->hub, YG_HUB_REGISTER, "relation_of", prefix, "", 0, count_one,
				 &count);
	return rc;
}

/* ---- saying ---- */

/* What @by says changes what stood there: other answers are the other side's to confirm anew. */
static void take_wish(const struct yg_access *by, const struct yg_supply *wish, bool analysts,
		      struct yg_supply *to)
{
	bool is_supplier = strcmp(by->org, to->supplier) == 0;
	int64_t now_ns = yg_hub_now_ns(by->hub);

	if (to->answers != wish->answers) {
		to->answers = wish->answers;
		to->by_supplier_ns = YG_TIME_NONE;
		to->by_buyer_ns = YG_TIME_NONE;
	}
	if (is_supplier) {
		if (wish->naming < YG_NAMING_COUNT)
			to->naming = wish->naming;
		to->by_supplier_ns = now_ns;
		to->analysts_supplier = analysts;
	} else {
		to->by_buyer_ns = now_ns;
		to->analysts_buyer = analysts;
	}
}

int yg_supply_say(struct yg_access *by, const struct yg_supply *wish, bool analysts)
{
	struct yg_supply supply = {.naming = YG_NAMING_ASK,
				   .by_supplier_ns = YG_TIME_NONE,
				   .by_buyer_ns = YG_TIME_NONE};
	char id[YG_RANDOM_ID_HEX + 1];
	struct yg_hub_access *hub;
	int rc = require_party(by, YG_MAY_write_relations, &hub);

	if (rc == YG_OK)
		rc = check_parties(by, wish->supplier, wish->buyer);
	if (rc != YG_OK)
		return rc;
	rc = load(hub, wish->supplier, wish->buyer, &supply, id);
	if (rc == YG_ENOENT) {
		memcpy(supply.supplier, wish->supplier, sizeof(supply.supplier));
		memcpy(supply.buyer, wish->buyer, sizeof(supply.buyer));
		supply.answers = wish->answers;
		yg_random_id(yg_hub_now_ns(hub), id);
		rc = check_room(by);
	}
	if (rc != YG_OK)
		return rc;
	take_wish(by, wish, analysts, &supply);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = save(by, &supply, id);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, by->org, "relation.say", id, ""});
}

int yg_supply_end(struct yg_access *by, const char *supplier, const char *buyer)
{
	char key[YG_HUB_KEY_MAX];
	char back[YG_HUB_KEY_MAX];
	char id[YG_RANDOM_ID_HEX + 1];
	struct yg_supply supply;
	struct yg_hub_access *hub;
	int rc = require_party(by, YG_MAY_write_relations, &hub);

	if (rc == YG_OK && check_parties(by, supplier, buyer) != YG_OK)
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = load(hub, supplier, buyer, &supply, id);
	if (rc == YG_OK &&
	    (!yg_hub_key(key, supplier, buyer) || !yg_hub_key(back, buyer, supplier)))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_hub_remove(hub, by->actor, "relation", key);
	if (rc == YG_OK)
		rc = yg_hub_remove(hub, by->actor, "relation_of", back);
	if (rc == YG_OK)
		rc = yg_hub_remove(hub, by->actor, "relation_seen", key);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, by->org, "relation.end", id, ""});
}

/* ---- reading ---- */

int yg_supply_get(struct yg_access *by, const char *supplier, const char *buyer,
		  struct yg_supply *ret)
{
	char id[YG_RANDOM_ID_HEX + 1];
	struct yg_hub_access *hub;
	int rc = require_party(by, YG_MAY_read_relations, &hub);

	if (rc == YG_OK && check_parties(by, supplier, buyer) != YG_OK)
		rc = YG_ENOENT;
	return rc == YG_OK ? load(hub, supplier, buyer, ret, id) : rc;
}

struct listing {
	struct yg_hub_access *hub;
	yg_supply_fn fn;
	void *arg;
	char part;  /* 's', 'b' or 'h': begins a place */
	bool is_of; /* documents of relation_of, which only name the two */
	bool is_confirmed_only;
	uint32_t left; /* 0 with has_limit: the page is full */
	bool has_limit;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *l = arg;
	char place[YG_SUPPLY_PLACE + 1];
	char id[YG_RANDOM_ID_HEX + 1];
	struct yg_supply supply;
	int rc = YG_OK;

	read_supply(body, &supply);
	if (l->is_of)
		rc = load(l->hub, supply.supplier, supply.buyer, &supply, id);
	if (rc != YG_OK || (l->is_confirmed_only && !yg_supply_is_confirmed(&supply)))
		return rc == YG_ENOENT ? YG_OK : rc;
	(void)snprintf(place, sizeof(place), "%c%.*s", l->part, YG_FMT(key)); /* two ids fit */
	if (l->has_limit && l->left-- == 0)
		return YG_EEND;
	return l->fn(l->arg, &supply, place);
}

/* One of the lists, from where @after says. */
static int list_part(struct listing *l, const char *kind, const char *prefix, const char *after)
{
	/* A place of a later part: this one is done; of an earlier one: from its begin. */
	if (after[0] > l->part)
		return YG_OK;
	return yg_hub_each(l->hub, YG_HUB_REGISTER, kind, prefix,
			   after[0] == l->part ? after + 1 : "", 0, list_one, l);
}

int yg_supply_list(struct yg_access *by, const char *after, uint32_t limit, yg_supply_fn fn,
		   void *arg)
{
	struct listing l = {.fn = fn, .arg = arg, .left = limit, .has_limit = limit > 0};
	char prefix[YG_HUB_KEY_MAX];
	int rc = require_party(by, YG_MAY_read_relations, &l.hub);

	if (rc != YG_OK)
		return rc;
	if (strcmp(by->org, YG_HUB_ORG) == 0) {
		l.part = 'h';
		rc = list_part(&l, "relation_seen", "", after);
		return rc == YG_EEND ? YG_OK : rc;
	}
	if (!yg_hub_key(prefix, by->org, ""))
		return YG_EINVAL;
	/* Buyers' side first: 'b' < 's'. What is asked for is the own side of each. */
	l.part = 'b';
	l.is_of = true;
	rc = list_part(&l, "relation_of", prefix, after);
	l.part = 's';
	l.is_of = false;
	if (rc == YG_OK)
		rc = list_part(&l, "relation", prefix, after);
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_supply_each_confirmed(struct yg_hub_access *hub, yg_supply_fn fn, void *arg)
{
	struct listing l = {
		.hub = hub, .fn = fn, .arg = arg, .part = 'h', .is_confirmed_only = true};

	return yg_hub_each(hub, YG_HUB_REGISTER, "relation", "", "", 0, list_one, &l);
}
