/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds of other TAXII servers, and how they get on; collections to bring them into. What is secret
 * has no operation: a feed names files that the operator put there, and only those that are named
 * after its server (access/feeds.h).
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/feeds.h"
#include "base/json.h"

#include "base/ban.h"

#define INTERVAL_S 3600
#define LIMIT	   1000

static int add_item(void *arg, json_t *one)
{
	return json_array_append(arg, one) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_feeds(struct yg_hub_call *call)
{
	json_t *items = json_array();
	int rc = items ? yg_feed_list(call->access, call->api->opts.collections, add_item, items)
		       : YG_ENOMEM;

	if (rc == YG_OK)
		return yg_call_page(call, items, (struct yg_bytes){0});
	json_decref(items);
	return rc;
}

/* ---- adding ---- */

static bool is_ours(const struct yg_collection *c)
{
	return strcmp(c->owner, YG_HUB_ORG) == 0;
}

static bool take_number(const struct yg_hub_call *call, const json_t *in, const char *key,
			json_int_t otherwise, json_int_t min, json_int_t max, uint32_t *to)
{
	const json_t *value = json_object_get(in, key);
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : otherwise;

	if ((!value || json_is_null(value) || json_is_integer(value)) && number >= min &&
	    number <= max) {
		*to = (uint32_t)number;
		return true;
	}
	(void)yg_call_bad(call, N_("interval_s is a number from 60 to 604800, limit one from 1 to "
				   "10000.")); /* always YG_OK */
	return false;
}

static bool take_tlp(const struct yg_hub_call *call, const json_t *in, enum yg_tlp *to)
{
	char word[32];

	if (!yg_call_text(call, in, "default_tlp", word, sizeof(word)))
		return false;
	if (!word[0] || yg_tlp_by_name(yg_bytes_str(word), to))
		return true;
	(void)yg_call_bad(call, N_("default_tlp is clear, green, amber, amber+strict or "
				   "red.")); /* as above */
	return false;
}

static bool is_its_file(const char *file, const char *url)
{
	return !file[0] || yg_feed_is_file_of(file, url);
}

/* What is wrong is in the reply. */
static bool check(const struct yg_hub_call *call, const struct yg_feed *feed)
{
	const char *wrong = NULL;

	if (!yg_feed_is_url(feed->url))
		wrong = N_("url is https://…, or http:// and this machine, without a name or "
			   "password in it.");
	else if (!is_its_file(feed->secret, feed->url) ||
		 !is_its_file(feed->certificate, feed->url) || !is_its_file(feed->key, feed->url))
		wrong = N_("Files with what is secret are named after the feed's server: its host, "
			   "_ and anything. Others can be named at the hub's machine: `yagura "
			   "admin feeds add`.");
	if (wrong)
		(void)yg_call_bad(call, wrong); /* always YG_OK */
	return !wrong;
}

/* YG_OK; YG_EEND: refused in the reply. */
static int read_feed(const struct yg_hub_call *call, struct yg_feed *feed, char *into, size_t room)
{
	json_t *in = NULL;
	int rc = yg_call_body(call, &in);
	const struct {
		const char *key;
		char *to;
		size_t room;
	} texts[] = {
		{"name", feed->name, sizeof(feed->name)},
		{"url", feed->url, sizeof(feed->url)},
		{"collection_there", feed->remote, sizeof(feed->remote)},
		{"collection", into, room},
		{"user", feed->user, sizeof(feed->user)},
		{"secret_file", feed->secret, sizeof(feed->secret)},
		{"authorities_file", feed->authorities, sizeof(feed->authorities)},
		{"certificate_file", feed->certificate, sizeof(feed->certificate)},
		{"key_file", feed->key, sizeof(feed->key)},
	};
	bool is_good = rc == YG_OK;

	for (size_t i = 0; is_good && i < sizeof(texts) / sizeof(texts[0]); i++)
		is_good = yg_call_text(call, in, texts[i].key, texts[i].to, texts[i].room);
	is_good = is_good &&
		  take_number(call, in, "interval_s", INTERVAL_S, YG_FEED_INTERVAL_MIN,
			      YG_FEED_INTERVAL_MAX, &feed->interval_s) &&
		  take_number(call, in, "limit", LIMIT, 1, YG_FEED_LIMIT_MAX, &feed->limit) &&
		  take_tlp(call, in, &feed->default_tlp) && check(call, feed);
	json_decref(in);
	return rc == YG_OK && !is_good ? YG_EEND : rc;
}

struct finding {
	const char *name;
	json_t *found;
};

static int find_item(void *arg, json_t *one)
{
	struct finding *f = arg;

	if (yg_bytes_eq(yg_json_text(one, "name"), yg_bytes_str(f->name)))
		f->found = json_incref(one);
	return f->found ? YG_EEND : YG_OK;
}

static int answer_feed(struct yg_hub_call *call, const char *name, int status)
{
	struct finding f = {.name = name};
	int rc = yg_feed_list(yg_call_reader(call), call->api->opts.collections, find_item, &f);

	if (rc == YG_OK || rc == YG_EEND)
		return f.found ? yg_call_json(call, status, f.found) : yg_call_not_found(call);
	return rc;
}

int yg_hub_do_add_feed(struct yg_hub_call *call)
{
	struct yg_collections *s = call->api->opts.collections;
	char into[YG_COLLECTION_NAME_MAX + 1];
	struct yg_feed feed = {.name = ""};
	struct yg_collection c;
	int rc = read_feed(call, &feed, into, sizeof(into));

	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_indicators);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	rc = s ? yg_collections_get(s, yg_bytes_str(into), &c) : YG_ENOENT;
	if (rc == YG_ENOENT || (rc == YG_OK && !is_ours(&c)))
		return yg_call_bad(call, N_("There is no such collection"));
	if (rc == YG_OK) {
		memcpy(feed.collection, c.id, sizeof(feed.collection));
		rc = yg_feed_add(call->access, &feed);
	}
	if (rc == YG_EDUPLICATE)
		return yg_call_refuse(call, 409, "name-taken", N_("There is a feed of this name"),
				      N_("Give another name."));
	if (rc == YG_ELIMIT)
		return yg_call_refuse(call, 409, "too-many",
				      N_("There are as many feeds as may be"),
				      N_("Remove one that is not needed."));
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("name is letters, digits, -, _ and ., at most 40; "
					    "collection_there is needed; user needs secret_file; "
					    "certificate_file and key_file go together."));
	return rc == YG_OK ? answer_feed(call, feed.name, 201) : rc;
}

/* ---- one that is there ---- */

int yg_hub_do_remove_feed(struct yg_hub_call *call)
{
	char name[YG_FEED_NAME_MAX + 1];
	int rc = yg_call_part(call, 0, name, sizeof(name)) ? yg_feed_remove(call->access, name)
							   : YG_ENOENT;

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	call->reply->status = 204;
	return rc;
}

int yg_hub_do_poll_feed(struct yg_hub_call *call)
{
	char name[YG_FEED_NAME_MAX + 1];
	int rc = yg_call_read(call, YG_MAY_read_indicators);

	if (rc == YG_OK)
		rc = yg_call_part(call, 0, name, sizeof(name))
			     ? yg_feed_poll_now(call->access, name)
			     : YG_ENOENT;
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EEND)
		return YG_OK;
	return rc == YG_OK ? answer_feed(call, name, 200) : rc;
}

/* ---- collections ---- */

static int add_collection(void *arg, const struct yg_collection *c)
{
	json_t *one;

	if (!is_ours(c))
		return YG_OK;
	one = json_pack("{s:s, s:o, s:o, s:s, s:o, s:s}", "id", c->id, "title",
			yg_json_string(yg_bytes_str(c->title)), "alias",
			yg_json_string(yg_bytes_str(c->alias)), "reach",
			yg_collection_reach_name(c->reach), "sector",
			yg_json_string(yg_bytes_str(c->sector)), "default_tlp",
			yg_tlp_name(c->default_tlp));

	return json_array_append_new(arg, one) == 0 ? YG_OK : YG_ENOMEM;
}

/* The hub's own: none of members, nor of loaded data sets. Bounded: YG_COLLECTIONS_MAX. */
int yg_hub_do_list_collections(struct yg_hub_call *call)
{
	struct yg_collections *s = call->api->opts.collections;
	json_t *items = json_array();
	int rc = items ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && s)
		rc = yg_collections_each(s, YG_S("hub"), add_collection, items);
	if (rc == YG_OK)
		return yg_call_page(call, items, (struct yg_bytes){0});
	json_decref(items);
	return rc;
}
