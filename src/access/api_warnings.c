/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings and their receipts, and the question to the one that was hit. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/sightings.h"
#include "access/warnings-int.h"

#include "base/ban.h"

struct page {
	json_t *items;
	uint32_t limit;
	char last[YG_SIGHT_HEX + 1]; /* room for any id here */
};

static int add_item(void *arg, json_t *one)
{
	struct page *page = arg;

	yg_hub_text(one, "id", page->last, sizeof(page->last));
	return json_array_append(page->items, one) == 0 ? YG_OK : YG_ENOMEM;
}

/*
 * By what the caller reads: as an analyst at the hub (*ret_is_hub), else at the organisation that
 * it names or the only one it reaches. YG_EEND: refused in the reply.
 */
static int open_reader(const struct yg_hub_call *call, struct yg_access **ret, bool *ret_is_hub)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes org = yg_call_query(call, "org", mem);
	char id[YG_ENROL_ID_MAX + 1] = "";
	struct yg_hub_reach reach = {0};
	int rc = yg_call_open(call, NULL, YG_MAY_read_warnings, ret);

	*ret_is_hub = rc == YG_OK;
	if (rc != YG_ENOENT && rc != YG_EACCES)
		return rc;
	if (org.size > 0 && org.size < sizeof(id)) {
		memcpy(id, org.data, org.size);
	} else {
		rc = yg_call_reach(call, &reach);
		if (rc == YG_OK && reach.count == 1)
			memcpy(id, reach.orgs[0], sizeof(id));
		yg_hub_reach_done(&reach);
	}
	rc = id[0] ? yg_call_open(call, id, YG_MAY_read_warnings, ret) : YG_EINVAL;
	if (rc == YG_EINVAL) {
		(void)yg_call_bad(call, N_("Say which organisation: ?org=.")); /* always YG_OK */
		return YG_EEND;
	}
	if (rc == YG_ENOENT) {
		(void)yg_call_not_found(call); /* always YG_OK */
		return YG_EEND;
	}
	return rc;
}

static int list_by_code(struct yg_access *by, struct page *page, const char *code)
{
	char id[YG_WARN_ID_HEX + 1];
	json_t *one = NULL, *copy = NULL;
	int rc = yg_warn_by_code(by, code, id);

	if (rc == YG_OK)
		rc = yg_warn_inbox_get(by, id, &one, &copy);
	if (rc == YG_OK)
		rc = add_item(page, one);
	json_decref(one);
	json_decref(copy);
	page->limit = UINT32_MAX;
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int list(const struct yg_hub_call *call, struct yg_access *by, bool is_hub,
		struct page *page)
{
	static const char *const names[] = {"after", "plan", "state", "code"};
	char values[4][64] = {"", "", "", ""};
	char mem[YG_API_QUERY_MAX + 1];

	for (size_t i = 0; i < 4; i++) {
		struct yg_bytes text = yg_call_query(call, names[i], mem);

		if (text.size >= sizeof(values[i]))
			return YG_ENOENT;
		(void)snprintf(values[i], sizeof(values[i]), "%.*s", YG_FMT(text));
	}
	if (is_hub)
		return yg_warn_list(by, values[1], values[2], values[0], page->limit, add_item,
				    page);
	return values[3][0] ? list_by_code(by, page, values[3])
			    : yg_warn_inbox(by, values[0], page->limit, add_item, page);
}

/* A slip of the pen is no empty list. */
static bool is_state(struct yg_bytes state)
{
	static const char *const words[] = {
		"",	   "unread",	    "open",	"ready",	  "waits",
		"refused", "needs-consent", "released", "needs-approval", "delivered",
		"seen",	   "acknowledged",  "acted"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (yg_bytes_eq(state, yg_bytes_str(words[i])))
			return true;
	return false;
}

int yg_hub_do_list_warnings(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct page page = {.items = json_array()};
	struct yg_access *by = NULL;
	bool is_hub = false;
	int rc = page.items ? yg_call_query_limit(call, &page.limit) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = open_reader(call, &by, &is_hub);
	if (rc == YG_OK && !is_state(yg_call_query(call, "state", mem))) {
		(void)yg_call_bad(
			call,
			N_("state is unread, open, or one that a warning has.")); /* always YG_OK */
		rc = YG_EEND;
	}
	if (rc == YG_OK)
		rc = list(call, by, is_hub, &page);
	(void)yg_access_free(by);
	if (rc == YG_OK)
		return yg_call_page(
			call, page.items,
			yg_bytes_str(json_array_size(page.items) == page.limit ? page.last : ""));
	json_decref(page.items);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc == YG_EEND ? YG_OK : rc;
}

/* At the hub: none, its counts stand in the warning. */
int yg_hub_do_list_sightings(struct yg_hub_call *call)
{
	struct page page = {.items = json_array()};
	char mem[YG_API_QUERY_MAX + 1];
	char after[YG_SIGHT_HEX + 1] = "";
	struct yg_bytes text = yg_call_query(call, "after", mem);
	char id[YG_WARN_ID_HEX + 1];
	struct yg_access *by = NULL;
	bool is_hub = false;
	int rc = page.items ? yg_call_query_limit(call, &page.limit) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = open_reader(call, &by, &is_hub);
	if (rc == YG_OK && (text.size >= sizeof(after) || !yg_call_part(call, 0, id, sizeof(id))))
		rc = YG_ENOENT;
	if (rc == YG_OK) {
		(void)snprintf(after, sizeof(after), "%.*s", YG_FMT(text)); /* measured */
		rc = yg_sight_list(by, id, after, page.limit, add_item, &page);
	}
	(void)yg_access_free(by);
	if (rc == YG_OK)
		return yg_call_page(
			call, page.items,
			yg_bytes_str(json_array_size(page.items) == page.limit ? page.last : ""));
	json_decref(page.items);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc == YG_EEND ? YG_OK : rc;
}

/* The warning of the path with the copy its reader may have; both owned. */
static int load(const struct yg_hub_call *call, enum yg_outlet outlet, json_t **ret,
		json_t **ret_copy)
{
	char id[YG_WARN_ID_HEX + 1];
	struct yg_access *by = NULL;
	bool is_hub = false;
	int rc = open_reader(call, &by, &is_hub);

	*ret = *ret_copy = NULL;
	if (rc == YG_OK && !yg_call_part(call, 0, id, sizeof(id)))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = is_hub ? yg_warn_get(by, id, outlet, ret, ret_copy)
			    : yg_warn_inbox_get(by, id, ret, ret_copy);
	(void)yg_access_free(by);
	if (rc == YG_ENOENT) {
		(void)yg_call_not_found(call); /* always YG_OK */
		return YG_EEND;
	}
	return rc;
}

static int tell(const struct yg_hub_call *call, const json_t *copy, const char *form,
		struct yg_buf *to)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;

	return copy && ports->tell ? ports->tell(ports->arg, copy, form, call->request->lang, to)
				   : YG_OK;
}

static int answer_warning(const struct yg_hub_call *call, json_t *take_one, json_t *take_copy)
{
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, 1u << 20);
	rc = tell(call, take_copy, "text", &text);
	if (rc == YG_OK)
		rc = yg_json_set(take_one, "text", yg_json_string(yg_buf_bytes(&text)));
	yg_buf_done(&text);
	if (rc == YG_OK)
		rc = yg_json_set(take_one, "notice",
				 take_copy ? json_incref(take_copy) : json_null());
	json_decref(take_copy);
	if (rc == YG_OK)
		return yg_call_json(call, 200, take_one);
	json_decref(take_one);
	return rc;
}

int yg_hub_do_get_warning(struct yg_hub_call *call)
{
	json_t *one, *copy;
	int rc = load(call, YG_OUTLET_CONSOLE, &one, &copy);

	if (rc == YG_OK)
		return answer_warning(call, one, copy);
	return rc == YG_EEND ? YG_OK : rc;
}

/* A text in place of an object. */
static int answer_form(const struct yg_hub_call *call, const char *form, const char *type)
{
	json_t *one, *copy;
	int rc = load(call, strcmp(form, "script") == 0 ? YG_OUTLET_PHONE : YG_OUTLET_PRINT, &one,
		      &copy);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	json_decref(one);
	if (copy) {
		rc = tell(call, copy, form, &call->reply->body);
		if (rc == YG_OK && strcmp(form, "page") == 0)
			rc = yg_call_demo_page(call, &call->reply->body);
		call->reply->content_type = type;
		json_decref(copy);
		return rc == YG_OK ? yg_buf_error(&call->reply->body) : rc;
	}
	return yg_call_refuse(call, 409, "refused", N_("The gate lets no such copy out"),
			      N_("Its marking does not allow this way out."));
}

int yg_hub_do_warning_page(struct yg_hub_call *call)
{
	return answer_form(call, "page", "text/html; charset=utf-8");
}

int yg_hub_do_warning_script(struct yg_hub_call *call)
{
	return answer_form(call, "script", "text/plain; charset=utf-8");
}

/* ---- receipts ---- */

static int read_own(struct yg_hub_call *call, const char *id)
{
	json_t *one = NULL, *copy = NULL;
	int rc = yg_warn_inbox_get(yg_call_reader(call), id, &one, &copy);

	return rc == YG_OK ? answer_warning(call, one, copy) : rc;
}

static int mark(struct yg_hub_call *call, enum yg_warn_step step)
{
	char text[YG_WARN_TEXT_MAX + 1];
	char id[YG_WARN_ID_HEX + 1];
	json_t *in = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "text", text, sizeof(text));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_warnings);
	if (rc == YG_OK)
		rc = yg_call_part(call, 0, id, sizeof(id))
			     ? yg_warn_mark(call->access, id, step, text)
			     : YG_ENOENT;
	if (rc == YG_OK)
		return read_own(call, id);
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("text is one line without control characters."));
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_hub_do_see_warning(struct yg_hub_call *call)
{
	return mark(call, YG_WARN_SEEN);
}

int yg_hub_do_acknowledge_warning(struct yg_hub_call *call)
{
	return mark(call, YG_WARN_ACKNOWLEDGED);
}

int yg_hub_do_act_on_warning(struct yg_hub_call *call)
{
	return mark(call, YG_WARN_ACTED);
}

/* {"result","who","text","acknowledged"} */
int yg_hub_do_note_call(struct yg_hub_call *call)
{
	char result[16], who[YG_ENROL_NAME_MAX + 1], text[YG_WARN_TEXT_MAX + 1];
	char id[YG_WARN_ID_HEX + 1];
	struct yg_warn_call made = {result, who, text, false};
	json_t *in = NULL, *one = NULL, *copy = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	made.is_acknowledged = json_is_true(json_object_get(in, "acknowledged"));
	is_good = yg_call_text(call, in, "result", result, sizeof(result)) &&
		  yg_call_text(call, in, "who", who, sizeof(who)) &&
		  yg_call_text(call, in, "text", text, sizeof(text));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_warnings);
	if (rc == YG_OK)
		rc = yg_call_part(call, 0, id, sizeof(id)) ? yg_warn_called(call->access, id, &made)
							   : YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_warn_get(yg_call_reader(call), id, YG_OUTLET_PHONE, &one, &copy);
	if (rc == YG_OK)
		return answer_warning(call, one, copy);
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("result is reached, busy, no-answer or wrong-number; "
					    "who names whom you spoke with or called."));
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(call, 409, "state", N_("This warning is not out yet"),
				      N_("Approve its plan first."));
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- the question ---- */

/* The sentences are fixed; which they are, the pages know (texts/fixed.json). */
int yg_hub_do_list_questions(struct yg_hub_call *call)
{
	struct page page = {.items = json_array(), .limit = UINT32_MAX};
	int rc = page.items ? yg_warn_question_list(call->access, add_item, &page) : YG_ENOMEM;

	if (rc == YG_OK)
		return yg_call_page(call, page.items, (struct yg_bytes){0});
	json_decref(page.items);
	return rc;
}

static int answer_question(const struct yg_hub_call *call, struct yg_access *by)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	json_t *one = NULL;
	int rc = yg_call_part(call, 0, plan, sizeof(plan)) ? yg_warn_question_get(by, plan, &one)
							   : YG_ENOENT;

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	return rc == YG_OK ? yg_call_json(call, 200, one) : rc;
}

int yg_hub_do_get_question(struct yg_hub_call *call)
{
	return answer_question(call, call->access);
}

/* {"answer":"yes"|"see"|"no","named","damage","text"} */
int yg_hub_do_answer_question(struct yg_hub_call *call)
{
	char word[8], text[YG_WARN_TEXT_MAX + 1];
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_warn_answer answer = {.answer = word, .text = text};
	json_t *in = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	answer.is_named = json_is_true(json_object_get(in, "named"));
	answer.is_damage = json_is_true(json_object_get(in, "damage"));
	is_good = yg_call_text(call, in, "answer", word, sizeof(word)) &&
		  yg_call_text(call, in, "text", text, sizeof(text));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_consent);
	if (rc == YG_OK)
		rc = yg_call_part(call, 0, plan, sizeof(plan))
			     ? yg_warn_answer(call->access, plan, &answer)
			     : YG_ENOENT;
	if (rc == YG_OK)
		return answer_question(call, yg_call_reader(call));
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("answer is yes, see or no."));
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(call, 409, "answered", N_("This was answered already"),
				      N_("Call the coordinating body if it was a mistake."));
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- where a member's own program takes them ---- */

static int answer_hook(const struct yg_hub_call *call, struct yg_access *by)
{
	char url[YG_WARN_URL_MAX + 1];
	int rc = yg_warn_hook_get(by, url);

	return rc == YG_OK ? yg_call_json(call, 200,
					  json_pack("{s:s, s:o}", "org", yg_access_org(by), "url",
						    url[0] ? json_string(url) : json_null()))
			   : rc;
}

int yg_hub_do_get_webhook(struct yg_hub_call *call)
{
	return answer_hook(call, call->access);
}

/* {"url","secret"}; the secret is never given back. */
int yg_hub_do_set_webhook(struct yg_hub_call *call)
{
	char url[YG_WARN_URL_MAX + 1], secret[YG_WARN_SECRET_MAX + 1];
	json_t *in = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "url", url, sizeof(url)) &&
		  yg_call_text(call, in, "secret", secret, sizeof(secret));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_members);
	if (rc == YG_OK)
		rc = yg_warn_hook_set(call->access, url, secret);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("url begins with https:// and names no account; secret "
					    "has 16 to 200 bytes."));
	return rc == YG_OK ? answer_hook(call, yg_call_reader(call)) : rc == YG_EEND ? YG_OK : rc;
}
