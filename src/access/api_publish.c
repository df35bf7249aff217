/* SPDX-License-Identifier: Apache-2.0 */
/* Which warnings go into collections of STIX objects: rules, wishes, what came of them. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/hub-int.h"
#include "access/publish.h"

#include "base/ban.h"

#define KEY_ROOM 128u

struct page {
	json_t *items;
	uint32_t limit;
	char last[KEY_ROOM];
};

static int add_item(void *arg, json_t *one)
{
	struct page *page = arg;

	yg_hub_text(one, "id", page->last, sizeof(page->last));
	return json_array_append(page->items, one) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_publications(struct yg_hub_call *call)
{
	struct page page = {.items = json_array()};
	char mem[YG_API_QUERY_MAX + 1], more[YG_API_QUERY_MAX + 1];
	char plan[YG_WARN_PLAN_HEX + 1] = "", after[KEY_ROOM] = "";
	struct yg_bytes text = yg_call_query(call, "plan", mem);
	struct yg_bytes from = yg_call_query(call, "after", more);
	int rc = page.items ? yg_call_query_limit(call, &page.limit) : YG_ENOMEM;

	if (rc == YG_OK && (text.size >= sizeof(plan) || from.size >= sizeof(after)))
		rc = YG_ENOENT;
	if (rc == YG_OK) {
		(void)snprintf(plan, sizeof(plan), "%.*s", YG_FMT(text));   /* measured */
		(void)snprintf(after, sizeof(after), "%.*s", YG_FMT(from)); /* measured */
		rc = yg_publish_list(call->access, plan, after, page.limit, add_item, &page);
	}
	if (rc == YG_OK)
		return yg_call_page(
			call, page.items,
			yg_bytes_str(json_array_size(page.items) == page.limit ? page.last : ""));
	json_decref(page.items);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc == YG_EEND ? YG_OK : rc;
}

int yg_hub_do_list_publication_rules(struct yg_hub_call *call)
{
	struct page page = {.items = json_array()};
	int rc = page.items ? yg_publish_rules(call->access, add_item, &page) : YG_ENOMEM;

	if (rc == YG_OK)
		return yg_call_page(call, page.items, (struct yg_bytes){0});
	json_decref(page.items);
	return rc;
}

/* By id or alias. YG_EEND: refused in the reply. */
static int find_collection(const struct yg_hub_call *call, const char *name,
			   struct yg_collection *ret)
{
	struct yg_collections *s = call->api->opts.collections;
	int rc = s ? yg_collections_get(s, yg_bytes_str(name), ret) : YG_ENOENT;

	if (rc != YG_ENOENT)
		return rc;
	(void)yg_call_refuse(call, 404, "not-found", N_("There is no such collection"),
			     N_("`yagura admin collection list` shows them.")); /* always YG_OK */
	return YG_EEND;
}

static int refuse(const struct yg_hub_call *call, int rc)
{
	if (rc == YG_EACCES)
		return yg_call_refuse(call, 403, "person-needed",
				      N_("Only a person may decide this"),
				      N_("Sign in; a token of a program is not enough."));
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("at_most is clear, green or null: what a sector may "
					    "read."));
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(
			call, 409, "not-for-others", N_("This does not go into that collection"),
			N_("The collection has to be the hub's, for a sector or the community; the "
			   "warning released to a sector, at most TLP:GREEN, and not withdrawn."));
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	return rc == YG_EEND ? YG_OK : rc;
}

/* {"collection","at_most"} */
int yg_hub_do_set_publication_rule(struct yg_hub_call *call)
{
	char name[YG_COLLECTION_NAME_MAX + 1], word[32];
	struct page page = {.items = json_array()};
	enum yg_tlp at_most = YG_TLP_NONE;
	struct yg_collection c;
	json_t *in = NULL;
	bool is_good;
	int rc = page.items ? yg_call_body(call, &in) : YG_ENOMEM;

	if (rc == YG_OK) {
		is_good = yg_call_text(call, in, "collection", name, sizeof(name)) &&
			  yg_call_text(call, in, "at_most", word, sizeof(word));
		rc = is_good ? yg_call_read(call, YG_MAY_read_warnings) : YG_EEND;
	}
	json_decref(in);
	if (rc == YG_OK && word[0] && !yg_tlp_by_name(yg_bytes_str(word), &at_most))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = find_collection(call, name, &c);
	if (rc == YG_OK)
		rc = yg_publish_rule_set(call->access, &c, at_most);
	if (rc == YG_OK)
		rc = yg_publish_rules(yg_call_reader(call), add_item, &page);
	if (rc == YG_OK)
		return yg_call_page(call, page.items, (struct yg_bytes){0});
	json_decref(page.items);
	return refuse(call, rc);
}

/* {"warning","collection"} as for publishing; nothing is done. */
int yg_hub_do_preview_publication(struct yg_hub_call *call)
{
	char name[YG_COLLECTION_NAME_MAX + 1], id[YG_WARN_ID_HEX + 1];
	json_t *in = NULL, *shown = NULL;
	struct yg_collection c;
	int rc = yg_call_body(call, &in);

	if (rc == YG_OK && (!yg_call_text(call, in, "collection", name, sizeof(name)) ||
			    !yg_call_text(call, in, "warning", id, sizeof(id))))
		rc = YG_EEND;
	json_decref(in);
	if (rc == YG_OK)
		rc = find_collection(call, name, &c);
	if (rc == YG_OK)
		rc = yg_publish_preview(call->access, id, &c, &shown);
	return rc == YG_OK ? yg_call_json(call, 200, shown) : refuse(call, rc);
}

/* {"warning","collection"}; the warning may be a plan's id. */
int yg_hub_do_publish_warning(struct yg_hub_call *call)
{
	char name[YG_COLLECTION_NAME_MAX + 1], id[YG_WARN_ID_HEX + 1];
	char plan[YG_WARN_PLAN_HEX + 1];
	struct page page = {.items = json_array()};
	struct yg_collection c;
	json_t *in = NULL;
	bool is_good;
	int rc = page.items ? yg_call_body(call, &in) : YG_ENOMEM;

	if (rc == YG_OK) {
		is_good = yg_call_text(call, in, "collection", name, sizeof(name)) &&
			  yg_call_text(call, in, "warning", id, sizeof(id));
		rc = is_good ? yg_call_read(call, YG_MAY_read_warnings) : YG_EEND;
	}
	json_decref(in);
	if (rc == YG_OK)
		rc = find_collection(call, name, &c);
	if (rc == YG_OK)
		rc = yg_publish_wish(call->access, id, &c);
	if (rc == YG_OK) {
		(void)snprintf(plan, sizeof(plan), "%.*s", (int)YG_WARN_PLAN_HEX, id);
		rc = yg_publish_list(yg_call_reader(call), plan, "", 0, add_item, &page);
	}
	if (rc == YG_OK)
		return yg_call_page(call, page.items, (struct yg_bytes){0});
	json_decref(page.items);
	return refuse(call, rc);
}
