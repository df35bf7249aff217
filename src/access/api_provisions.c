/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of provisions, and what goes down it; approved as every plan (api_plans.c). */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/members.h"
#include "access/provisions.h"
#include "access/warnings-int.h"

#include "base/ban.h"

#define FAULTS_MAX 200u /* told one by one */

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

/* "branch" and "wait_s" are for both kinds. */
static bool read_reach(const json_t *in, struct yg_provision_wish *wish,
		       char branch[YG_ENROL_ID_MAX + 1])
{
	const json_t *wait = json_object_get(in, "wait_s");
	const json_t *wanted = json_object_get(in, "branch");
	struct yg_bytes text = yg_json_text(in, "branch");

	wish->branch = branch;
	wish->wait_s = json_integer_value(wait);
	if ((wait && !json_is_null(wait) &&
	     (!json_is_integer(wait) || wish->wait_s < YG_PROVISION_WAIT_MIN_S)) ||
	    (wanted && !json_is_null(wanted) && !json_is_string(wanted)) ||
	    (text.size > 0 && !yg_enrol_is_id(text)))
		return false;
	(void)snprintf(branch, YG_ENROL_ID_MAX + 1, "%.*s", YG_FMT(text)); /* an id */
	return true;
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
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(call, 409, "branch", N_("That branch is not in the tree"),
				      N_("branch is an organisation that stands in the tree, or "
					 "null for the whole tree."));
	if (rc == YG_EINVAL || rc == YG_EFORMAT)
		return yg_call_bad(call,
				   N_("kind is drill with announced, or provision with notice "
				      "(and own, audience) as in docs/gate.md; mode is normal "
				      "or large-scale; branch is an id; wait_s is 30 to 604800 "
				      "seconds."));
	if (rc == YG_EACCES && why[0])
		return yg_call_refuse(call, 409, "gate", N_("Nothing of it may leave"), why);
	return rc;
}

int yg_hub_do_make_provision(struct yg_hub_call *call)
{
	struct yg_provision_wish wish = {.times = YG_WARN_TIMES_DEFAULT};
	char branch[YG_ENROL_ID_MAX + 1];
	char plan[YG_WARN_PLAN_HEX + 1];
	const char *why = "";
	json_t *in = NULL;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	rc = read_wish(in, &wish) && read_reach(in, &wish, branch)
		     ? yg_call_read(call, YG_MAY_read_warnings)
		     : YG_EINVAL;
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

static int refuse_person(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 403, "person-needed", N_("Only a person may decide this"),
			      N_("Sign in; a token of a program is not enough."));
}

/* What a person decides about a plan on its way; @what is said where it is not. */
static int decide(struct yg_hub_call *call, int (*fn)(struct yg_access *by, const char *plan),
		  const char *what)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	int rc = yg_call_read(call, YG_MAY_read_warnings);

	if (rc == YG_OK)
		rc = yg_call_part(call, 0, plan, sizeof(plan)) ? fn(call->access, plan) : YG_ENOENT;
	if (rc == YG_OK)
		return answer_provision(call, plan, 200);
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(call, 409, "state", N_("It is not on its way"), what);
	if (rc == YG_EACCES)
		return refuse_person(call);
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_hub_do_go_around(struct yg_hub_call *call)
{
	return decide(call, yg_provision_around,
		      N_("Only what was approved and still waits for somebody can go "
			 "around."));
}

int yg_hub_do_stop_provision(struct yg_hub_call *call)
{
	return decide(call, yg_provision_stop,
		      N_("Only what was approved and is not over can be stopped."));
}

/* ---- those that were ---- */

static int add_plan(void *arg, json_t *one)
{
	struct page *page = arg;

	yg_hub_text(one, "plan", page->last, sizeof(page->last));
	return json_array_append(page->items, one) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_provisions(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1], kind_mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	struct yg_bytes kind = yg_call_query(call, "kind", kind_mem);
	const char *only = yg_bytes_eq(kind, YG_S("drill")) ? "drill" : "provision";
	struct page page = {.items = NULL};
	char from[YG_WARN_PLAN_HEX + 1] = "";
	int rc;

	if (after.size == YG_WARN_PLAN_HEX)
		(void)snprintf(from, sizeof(from), "%.*s", YG_FMT(after)); /* as measured */
	if ((kind.size > 0 && !is_word(kind, "drill", "provision")) ||
	    (after.size > 0 && !yg_warn_is_plan(from)))
		return yg_call_bad(call, N_("kind is drill or provision; after must be what `next` "
					    "said."));
	page.items = json_array();
	rc = page.items ? yg_call_query_limit(call, &page.limit) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_provision_list(call->access, kind.size > 0 ? only : "", from, page.limit,
				       add_plan, &page);
	if (rc == YG_OK)
		return yg_call_page(
			call, page.items,
			yg_bytes_str(json_array_size(page.items) == page.limit ? page.last : ""));
	json_decref(page.items);
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_hub_do_provision_page(struct yg_hub_call *call)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	char plan[YG_WARN_PLAN_HEX + 1];
	json_t *paper = NULL;
	int rc = yg_call_part(call, 0, plan, sizeof(plan))
			 ? yg_provision_paper(yg_call_reader(call), plan, &paper)
			 : YG_ENOENT;

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_OK && !ports->receipts) {
		json_decref(paper);
		return yg_call_refuse(call, 503, "busy", N_("Reports cannot be written now"),
				      N_("Wait a moment and try again."));
	}
	if (rc == YG_OK) {
		ports->receipts(ports->arg, paper, call->request->lang, &call->reply->body);
		call->reply->content_type = "text/html; charset=utf-8";
		rc = yg_buf_error(&call->reply->body);
	}
	if (rc == YG_OK)
		rc = yg_call_demo_page(call, &call->reply->body);
	json_decref(paper);
	return rc;
}

/* ---- a table, and contacts ---- */

/* What is wrong with a line here, after the table itself was right. */
static const struct {
	const char *cause;
	const char *text;
} causes[] = {
	{"no-org", N_("there is no such organisation at this hub: an administrator adds it first, "
		      "with this id")},
	{"server", N_("a hub sends by its own mail server: give the address alone, such as "
		      "desk@example.jp")},
	{"mail", N_("this is no mail address: one address, such as desk@example.jp")},
	{"too-long", N_("this is longer than an address may be: shorten it")},
};

/* "line 4: id: there is …" */
static int word_fault(const struct yg_hub_call *call, json_t *one)
{
	enum yg_lang lang = call->request->lang;
	struct yg_bytes cause = yg_json_text(one, "cause");
	struct yg_buf text;
	size_t k = 0;
	int rc;

	while (k + 1 < sizeof(causes) / sizeof(causes[0]) &&
	       !yg_bytes_eq(cause, yg_bytes_str(causes[k].cause)))
		k++;
	yg_buf_init(&text, YG_WARN_TEXT_MAX);
	yg_buf_addf(&text, yg_tr(lang, N_("line %u")), (unsigned)yg_json_int(one, "line", 0));
	yg_buf_addf(&text, ": %.*s: %s", YG_FMT(yg_json_text(one, "column")),
		    yg_tr(lang, causes[k].text));
	rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = yg_json_set(one, "text", yg_json_string(yg_buf_bytes(&text)));
	yg_buf_done(&text);
	(void)json_object_del(one, "cause"); /* it is there */
	return rc;
}

/* At most as many are told as of the table itself; *ret_more: how many are not. */
static int word_faults(const struct yg_hub_call *call, json_t *faults, json_int_t *ret_more)
{
	size_t count = json_array_size(faults);
	int rc = YG_OK;

	*ret_more = 0;
	for (; count > FAULTS_MAX; count--, ++*ret_more)
		(void)json_array_remove(faults, count - 1); /* it is there */
	for (size_t i = 0; rc == YG_OK && i < count; i++)
		rc = word_fault(call, json_array_get(faults, i));
	return rc;
}

static int read_table(const struct yg_hub_call *call, const json_t *in, json_t **ret)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;

	if (!ports->tree)
		return YG_EAGAIN;
	return ports->tree(ports->arg, yg_json_text(in, "table"), call->request->lang, ret);
}

/* 200 also for what is refused: the lines are what was asked for. */
static int answer_table(struct yg_hub_call *call, const json_t *read, bool is_check)
{
	json_t *faults = json_object_get(read, "faults");
	json_t *told = NULL;
	json_int_t more = 0;
	int rc;

	if (json_array_size(faults) > 0)
		return yg_call_json(call, 200,
				    json_pack("{s:i, s:i, s:i, s:i, s:i, s:[], s:O, s:O, s:b}",
					      "nodes", 0, "added", 0, "moved", 0, "removed", 0,
					      "contacts", 0, "changes", "faults", faults, "more",
					      json_object_get(read, "more"), "taken", 0));
	rc = yg_provision_table(call->access, json_object_get(read, "nodes"), is_check, &told);
	if (rc == YG_OK)
		rc = word_faults(call, json_object_get(told, "faults"), &more);
	if (rc == YG_OK)
		rc = yg_json_set(told, "more", json_integer(more));
	if (rc == YG_OK)
		rc = yg_json_set(told, "taken",
				 json_boolean(!is_check && json_array_size(json_object_get(
								   told, "faults")) == 0));
	if (rc == YG_OK)
		return yg_call_json(call, 200, told);
	json_decref(told);
	if (rc == YG_EACCES)
		return refuse_person(call);
	return rc == YG_ELIMIT ? refuse_place(call, rc) : rc;
}

/* {"table":"id,name,…","check":true} */
int yg_hub_do_set_tree(struct yg_hub_call *call)
{
	json_t *in = NULL, *read = NULL;
	const json_t *check;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	check = json_object_get(in, "check");
	if (!json_is_string(json_object_get(in, "table")) || (check && !json_is_boolean(check)))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_warnings);
	if (rc == YG_OK)
		rc = read_table(call, in, &read);
	if (rc == YG_OK)
		rc = answer_table(call, read, json_is_true(check));
	json_decref(read);
	json_decref(in);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("table is the text of a table (CSV), check true or "
					    "false."));
	if (rc == YG_EAGAIN)
		return yg_call_refuse(call, 503, "busy", N_("Tables cannot be read now"),
				      N_("Wait a moment and try again."));
	return rc == YG_EEND ? YG_OK : rc;
}

static int answer_contact(struct yg_hub_call *call, const char *org, const char *mail,
			  const char *phone)
{
	return yg_call_json(call, 200,
			    json_pack("{s:s, s:s, s:s}", "org", org, "contact_mail", mail,
				      "contact_phone", phone));
}

int yg_hub_do_set_tree_contact(struct yg_hub_call *call)
{
	char org[YG_ENROL_ID_MAX + 1];
	char mail[YG_MEMBER_MAIL_MAX + 1];
	char phone[YG_MEMBER_PHONE_MAX + 1];
	json_t *in = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "contact_mail", mail, sizeof(mail)) &&
		  yg_call_text(call, in, "contact_phone", phone, sizeof(phone));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	if (!yg_call_part(call, 0, org, sizeof(org)) || !yg_enrol_is_id(yg_bytes_str(org)))
		return yg_call_not_found(call);
	rc = yg_provision_contact(call->access, org, mail, phone);
	if (rc == YG_OK)
		return answer_contact(call, org, mail, phone);
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("contact_mail is one mail address or empty, "
					    "contact_phone a text without control characters."));
	return rc == YG_EACCES ? refuse_person(call) : rc;
}
