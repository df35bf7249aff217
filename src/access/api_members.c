/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a member, and who supplies whom. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/hub-int.h"
#include "access/members.h"

#include "base/ban.h"

/* ---- members ---- */

static json_t *profile_json(const char *org, const struct yg_member_profile *profile)
{
	json_t *body = json_pack("{s:s, s:o, s:o}", "org", org, "verified",
				 yg_hub_day(profile->verified_day), "changed",
				 yg_call_time(profile->changed_ns));

	for (const struct yg_member_field *f = yg_member_fields(); body && f->name; f++)
		if (yg_json_set(body, f->name, yg_hub_string((const char *)profile + f->offset)) !=
		    YG_OK) {
			json_decref(body);
			body = NULL;
		}
	return body;
}

int yg_hub_do_get_member(struct yg_hub_call *call)
{
	struct yg_member_profile profile;
	struct yg_access *by = yg_call_reader(call);
	int rc = yg_member_get(by, &profile);

	return rc == YG_OK ? yg_call_json(call, 200, profile_json(yg_access_org(by), &profile))
			   : rc;
}

/* All texts and "verified"; what is absent is empty. */
int yg_hub_do_set_member(struct yg_hub_call *call)
{
	struct yg_member_profile profile = {.verified_day = YG_DAY_NONE};
	bool is_good = true;
	json_t *in;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	for (const struct yg_member_field *f = yg_member_fields(); is_good && f->name; f++)
		is_good = yg_call_text(call, in, f->name, (char *)&profile + f->offset,
				       f->bytes_max + 1);
	is_good = is_good && yg_call_day(call, in, "verified", &profile.verified_day);
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_members);
	if (rc == YG_OK)
		rc = yg_member_set(call->access, &profile);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("Texts without control characters, one mail address in "
					    "each of contact_mail and deputy_mail, language ja, "
					    "en or none, and as verified a day that has come."));
	return rc == YG_OK ? yg_hub_do_get_member(call) : rc;
}

/* ---- relations ---- */

static json_t *supply_json(const struct yg_supply *s)
{
	json_t *body =
		json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:b, s:b, s:b}", "supplier", s->supplier,
			  "buyer", s->buyer, "consent", yg_naming_name(s->naming), "confirmed",
			  (int)yg_supply_is_confirmed(s), "by_supplier",
			  yg_call_time(s->by_supplier_ns), "by_buyer", yg_call_time(s->by_buyer_ns),
			  "analysts_supplier", (int)s->analysts_supplier, "analysts_buyer",
			  (int)s->analysts_buyer, "analysts", (int)yg_supply_is_seen(s));

	for (uint32_t i = 0; body && i < YG_ANSWER_COUNT; i++)
		if (yg_json_set(body, yg_answer_name(i), json_boolean(s->answers & (1u << i))) !=
		    YG_OK) {
			json_decref(body);
			body = NULL;
		}
	return body;
}

struct page {
	json_t *items;
	uint32_t limit;
	char last[YG_SUPPLY_PLACE + 1];
};

static int add_supply(void *arg, const struct yg_supply *supply, const char *place)
{
	struct page *page = arg;
	json_t *item = supply_json(supply);

	(void)snprintf(page->last, sizeof(page->last), "%s", place); /* the same room */
	return item && json_array_append_new(page->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

/* A place is a letter and two ids; what is none begins at nothing that is there. */
static bool is_place(struct yg_bytes after)
{
	size_t slash = yg_bytes_chr(after, '/');

	return after.size == 0 ||
	       (after.size <= YG_SUPPLY_PLACE && slash != SIZE_MAX &&
		(after.data[0] == 'b' || after.data[0] == 's' || after.data[0] == 'h') &&
		yg_enrol_is_id(yg_bytes_cut(after, 1, slash)) &&
		yg_enrol_is_id(yg_bytes_from(after, slash + 1)));
}

int yg_hub_do_list_relations(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	char from[YG_SUPPLY_PLACE + 1] = "";
	struct page page = {.items = json_array()};
	int rc = page.items ? yg_call_query_limit(call, &page.limit) : YG_ENOMEM;

	if (rc == YG_OK && !is_place(after)) {
		json_decref(page.items);
		return yg_call_bad(call, N_("after must be what `next` said."));
	}
	if (rc == YG_OK && after.size > 0)
		memcpy(from, after.data, after.size);
	if (rc == YG_OK)
		rc = yg_supply_list(call->access, from, page.limit, add_supply, &page);
	if (rc == YG_OK)
		return yg_call_page(
			call, page.items,
			yg_bytes_str(json_array_size(page.items) == page.limit ? page.last : ""));
	json_decref(page.items);
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_hub_do_list_open_relations(struct yg_hub_call *call)
{
	return yg_hub_do_list_relations(call);
}

/* The two of the path. What is no id is nobody's, like an id of others. */
static bool parties(const struct yg_hub_call *call, struct yg_supply *to)
{
	return yg_call_part(call, 1, to->supplier, sizeof(to->supplier)) &&
	       yg_call_part(call, 2, to->buyer, sizeof(to->buyer));
}

int yg_hub_do_get_relation(struct yg_hub_call *call)
{
	struct yg_supply asked;
	struct yg_supply found;
	int rc = parties(call, &asked)
			 ? yg_supply_get(yg_call_reader(call), asked.supplier, asked.buyer, &found)
			 : YG_ENOENT;

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	return rc == YG_OK ? yg_call_json(call, 200, supply_json(&found)) : rc;
}

/* {"secret_data","business_stop","system_access","consent","analysts"}; false when absent. */
static bool read_wish(const struct yg_hub_call *call, const json_t *in, struct yg_supply *wish,
		      bool *ret_analysts)
{
	char consent[16];

	wish->naming = YG_NAMING_COUNT;
	if (!yg_call_text(call, in, "consent", consent, sizeof(consent)))
		return false;
	for (uint32_t i = 0; i <= YG_ANSWER_COUNT; i++) {
		const char *name = i < YG_ANSWER_COUNT ? yg_answer_name(i) : "analysts";
		const json_t *value = json_object_get(in, name);
		bool is_yes = json_is_true(value);

		if ((value && !json_is_boolean(value)) ||
		    (consent[0] && !yg_naming_by_name(yg_bytes_str(consent), &wish->naming))) {
			(void)yg_call_bad(call, N_("The three answers and analysts are true or "
						   "false; consent is named, anonymous or ask."));
			return false;
		}
		if (i == YG_ANSWER_COUNT)
			*ret_analysts = is_yes;
		else if (is_yes)
			wish->answers |= (uint8_t)(1u << i);
	}
	return true;
}

int yg_hub_do_say_relation(struct yg_hub_call *call)
{
	struct yg_supply wish = {.answers = 0};
	bool analysts = false;
	bool is_good;
	json_t *in;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = read_wish(call, in, &wish, &analysts);
	json_decref(in);
	if (!is_good)
		return YG_OK;
	if (!parties(call, &wish))
		return yg_call_not_found(call);
	rc = yg_call_read(call, YG_MAY_read_relations);
	if (rc == YG_OK)
		rc = yg_supply_say(call->access, &wish, analysts);
	if (rc == YG_OK)
		return yg_hub_do_get_relation(call);
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("A relation stands between two different "
					    "organisations, named by their ids."));
	if (rc == YG_ELIMIT)
		return yg_call_refuse(call, 409, "too-many", N_("There are too many of these"),
				      N_("Remove those that are not needed."));
	return rc;
}

int yg_hub_do_end_relation(struct yg_hub_call *call)
{
	struct yg_supply asked;
	int rc = parties(call, &asked) ? yg_supply_end(call->access, asked.supplier, asked.buyer)
				       : YG_ENOENT;

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_OK)
		call->reply->status = 204;
	return rc;
}
