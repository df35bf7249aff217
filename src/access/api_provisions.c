/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of provisions, and what goes down it; approved as every plan (api_plans.c). */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/provisions.h"
#include "access/warnings-int.h"

#include "base/ban.h"

struct page {
	json_t *items;
	uint32_t limit;
	char last[YG_ENROL_ID_MAX + 1];
};

static int add_item(void *arg, json_t *one)
{
	struct page *page = arg;

	yg_hub_text(one, "org", page->last, sizeof(page->last));
	return json_array_append(page->items, one) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_tree(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	char from[YG_ENROL_ID_MAX + 1] = "";
	struct page page = {.items = json_array()};
	int rc = page.items ? yg_call_query_limit(call, &page.limit) : YG_ENOMEM;

	if (after.size < sizeof(from))
		(void)snprintf(from, sizeof(from), "%.*s", YG_FMT(after)); /* as measured */
	if (rc == YG_OK)
		rc = yg_provision_tree(call->access, from, page.limit, add_item, &page);
	if (rc == YG_OK)
		return yg_call_page(
			call, page.items,
			yg_bytes_str(json_array_size(page.items) == page.limit ? page.last : ""));
	json_decref(page.items);
	return rc == YG_EEND ? YG_OK : rc;
}

static int refuse_place(const struct yg_hub_call *call, int rc)
{
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EINVAL)
		return yg_call_bad(call,
				   N_("stage is ministry (without parent), secretariat (below "
				      "a ministry) or operator (below a secretariat), or null; "
				      "parent stands in the tree already."));
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(call, 409, "state", N_("Somebody stands below it"),
				      N_("Move those below it first."));
	if (rc == YG_ELIMIT)
		return yg_call_refuse(call, 409, "limit", N_("The tree is full"), NULL);
	return rc;
}

static int answer_node(struct yg_hub_call *call, const char *org)
{
	json_t *node = NULL;
	int rc = yg_provision_node(yg_call_reader(call), org, &node);

	if (rc == YG_ENOENT) /* taken out */
		node = json_pack("{s:s, s:n, s:s}", "org", org, "stage", "parent", "");
	return rc == YG_OK || rc == YG_ENOENT ? yg_call_json(call, 200, node) : rc;
}

int yg_hub_do_set_tree_node(struct yg_hub_call *call)
{
	char org[YG_ENROL_ID_MAX + 1];
	char stage[16], parent[YG_ENROL_ID_MAX + 1];
	json_t *in = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "stage", stage, sizeof(stage)) &&
		  yg_call_text(call, in, "parent", parent, sizeof(parent));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_warnings);
	if (rc == YG_OK &&
	    (!yg_call_part(call, 0, org, sizeof(org)) || !yg_enrol_is_id(yg_bytes_str(org))))
		rc = YG_ENOENT;
	if (rc == YG_OK && parent[0] && !yg_enrol_is_id(yg_bytes_str(parent)))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_provision_place(call->access, org, stage, parent);
	if (rc == YG_OK)
		return answer_node(call, org);
	return rc == YG_EEND ? YG_OK : refuse_place(call, rc);
}

/* ---- down the tree ---- */

static int answer_provision(struct yg_hub_call *call, const char *plan, int status)
{
	json_t *shown = NULL;
	int rc = yg_provision_get(yg_call_reader(call), plan, &shown);

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	return rc == YG_OK ? yg_call_json(call, status, shown) : rc;
}

static bool is_word(struct yg_bytes text, const char *first, const char *second)
{
	return yg_bytes_eq(text, yg_bytes_str(first)) || yg_bytes_eq(text, yg_bytes_str(second));
}

/* {"kind":"drill","announced"} or {"kind":"provision","notice","own","audience"}, and "mode". */
static bool read_wish(const json_t *in, struct yg_provision_wish *wish)
{
	struct yg_bytes kind = yg_json_text(in, "kind");
	struct yg_bytes mode = yg_json_text(in, "mode");
	struct yg_bytes audience = yg_json_text(in, "audience");
	bool is_drill = yg_bytes_eq(kind, YG_S("drill"));
	json_t *own = json_object_get(in, "own");

	wish->is_announced = json_is_true(json_object_get(in, "announced"));
	wish->is_large_scale = yg_bytes_eq(mode, YG_S("large-scale"));
	wish->notice = is_drill ? NULL : json_object_get(in, "notice");
	wish->own = json_is_object(own) ? own : NULL;
	wish->audience = YG_AUDIENCE_SECTOR;
	if (!is_word(kind, "drill", "provision") ||
	    (mode.size > 0 && !is_word(mode, "normal", "large-scale")) ||
	    (own && !json_is_object(own)))
		return false;
	if (is_drill)
		return json_is_boolean(json_object_get(in, "announced"));
	if (audience.size > 0 && (!is_word(audience, "sector", "partner") ||
				  !yg_audience_by_name(audience, &wish->audience)))
		return false;
	return json_is_object(wish->notice);
}

static int refuse_wish(const struct yg_hub_call *call, int rc, const char *why)
{
	if (rc == YG_ELIMIT)
		return yg_call_refuse(call, 409, "limit", N_("Too many wait for a decision"),
				      N_("Approve or refuse drafts first."));
	if (rc == YG_ENOENT)
		return yg_call_refuse(call, 409, "state", N_("Nobody stands in the tree"),
				      N_("Put organisations into the tree first."));
	if (rc == YG_EINVAL || rc == YG_EFORMAT)
		return yg_call_bad(call,
				   N_("kind is drill with announced, or provision with notice "
				      "(and own, audience) as in docs/gate.md; mode is normal "
				      "or large-scale."));
	if (rc == YG_EACCES && why[0])
		return yg_call_refuse(call, 409, "gate", N_("Nothing of it may leave"), why);
	return rc;
}

int yg_hub_do_make_provision(struct yg_hub_call *call)
{
	struct yg_provision_wish wish = {.times = YG_WARN_TIMES_DEFAULT};
	char plan[YG_WARN_PLAN_HEX + 1];
	const char *why = "";
	json_t *in = NULL;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	rc = read_wish(in, &wish) ? yg_call_read(call, YG_MAY_read_warnings) : YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_provision_make(call->access, &wish, plan, &why);
	json_decref(in);
	if (rc == YG_OK)
		return answer_provision(call, plan, 201);
	return rc == YG_EEND ? YG_OK : refuse_wish(call, rc, why);
}

int yg_hub_do_get_provision(struct yg_hub_call *call)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	return yg_call_part(call, 0, plan, sizeof(plan)) ? answer_provision(call, plan, 200)
							 : yg_call_not_found(call);
}

int yg_hub_do_go_around(struct yg_hub_call *call)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	int rc = yg_call_read(call, YG_MAY_read_warnings);

	if (rc == YG_OK)
		rc = yg_call_part(call, 0, plan, sizeof(plan))
			     ? yg_provision_around(call->access, plan)
			     : YG_ENOENT;
	if (rc == YG_OK)
		return answer_provision(call, plan, 200);
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(
			call, 409, "state", N_("It is not on its way"),
			N_("Only what was approved and still waits for somebody can go "
			   "around."));
	if (rc == YG_EACCES)
		return yg_call_refuse(call, 403, "person-needed",
				      N_("Only a person may decide this"),
				      N_("Sign in; a token of a program is not enough."));
	return rc == YG_EEND ? YG_OK : rc;
}
