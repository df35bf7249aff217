/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations: which there are, their consent, their mandates, and who looked at their records.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"
#include "access/hub-int.h"

#include "access/consent.h"
#include "access/mandate.h"
#include "access/token.h"
#include "model/day.h"

#include "base/ban.h"

static json_t *text_or_null(const char *bytes)
{
	return bytes[0] ? yg_json_string(yg_bytes_str(bytes)) : json_null();
}

/* ---- organisations ---- */

struct orgs {
	json_t *items;
	uint32_t limit;
	char last[YG_ENROL_ID_MAX + 1];
	bool is_more;
};

static json_t *org_json(const struct yg_hub_org *org)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "id", org->id, "name",
			 yg_hub_string(org->name), "corporate_number",
			 text_or_null(org->corporate_number), "added", yg_call_time(org->added_ns),
			 "closed", yg_call_time(org->closed_ns));
}

static int add_org(void *arg, const struct yg_hub_org *org)
{
	struct orgs *orgs = arg;
	json_t *item;

	if (json_array_size(orgs->items) == orgs->limit) {
		orgs->is_more = true;
		return YG_EEND;
	}
	item = org_json(org);
	memcpy(orgs->last, org->id, sizeof(orgs->last));
	return item && json_array_append_new(orgs->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

/* Those of @by after @after: all of the hub's, or the one. */
static int list_of(const struct yg_hub_call *call, const char *org, const char *after,
		   struct orgs *orgs)
{
	struct yg_access *by = NULL;
	int rc = yg_call_open(call, org, YG_MAY_read_org, &by);

	if (rc == YG_OK)
		rc = yg_hub_org_list(by, after, orgs->limit + 1, add_org, orgs);
	(void)yg_access_free(by);
	return rc == YG_EEND && orgs->is_more ? YG_OK : rc;
}

static int list_reached(const struct yg_hub_call *call, const char *after, struct orgs *orgs)
{
	struct yg_hub_reach reach;
	int rc = yg_hub_reach(call->api->opts.hub, call->request->actor, YG_MAY_read_org, &reach);

	if (rc == YG_OK && reach.is_all)
		rc = list_of(call, NULL, after, orgs);
	/* The list of a reach is by id. */
	for (uint32_t i = 0; rc == YG_OK && i < reach.count && !orgs->is_more; i++) {
		if (strcmp(reach.orgs[i], after) <= 0)
			continue;
		rc = list_of(call, reach.orgs[i], "", orgs);
		if (rc == YG_ENOENT || rc == YG_EACCES)
			rc = YG_OK; /* meanwhile it is not reached any more */
	}
	yg_hub_reach_done(&reach);
	return rc;
}

int yg_hub_do_list_orgs(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	char from[YG_ENROL_ID_MAX + 1] = "";
	struct orgs orgs = {.items = json_array()};
	int rc = orgs.items ? yg_call_query_limit(call, &orgs.limit) : YG_ENOMEM;

	if (rc == YG_OK && after.size > 0) {
		if (!yg_enrol_is_id(after)) {
			json_decref(orgs.items);
			return yg_call_bad(call, N_("after must be what `next` said."));
		}
		memcpy(from, after.data, after.size);
	}
	if (rc == YG_OK)
		rc = call->access ? list_of(call, yg_access_org(call->access), "", &orgs)
				  : list_reached(call, from, &orgs);
	if (rc == YG_OK)
		return yg_call_page(call, orgs.items, yg_bytes_str(orgs.is_more ? orgs.last : ""));
	json_decref(orgs.items);
	return rc == YG_EEND ? YG_OK : rc;
}

static int answer_org(const struct yg_hub_call *call, const char *id, int status)
{
	struct orgs orgs = {.items = json_array(), .limit = 1};
	json_t *item;
	int rc = orgs.items ? list_of(call, id, "", &orgs) : YG_ENOMEM;

	if (rc == YG_OK && json_array_size(orgs.items) == 0)
		rc = YG_ENOENT;
	item = json_incref(json_array_get(orgs.items, 0));
	json_decref(orgs.items);
	if (rc == YG_OK)
		return yg_call_json(call, status, item);
	json_decref(item);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc;
}

int yg_hub_do_get_org(struct yg_hub_call *call)
{
	return answer_org(call, yg_access_org(call->access), 200);
}

static int refuse_org(const struct yg_hub_call *call, int rc)
{
	if (rc == YG_EDUPLICATE)
		return yg_call_refuse(call, 409, "already-there",
				      N_("An organisation with this id or number is there"),
				      N_("Choose another id, or look it up in the list."));
	if (rc == YG_EDIGEST)
		return yg_call_refuse(call, 400, "bad-corporate-number",
				      N_("The corporate number is not right"),
				      N_("It has 13 digits, and the first one is computed from "
					 "the others."));
	if (rc == YG_EINVAL)
		return yg_call_bad(call,
				   N_("An id is 1 to 64 characters of a-z, 0-9 and -; a name at "
				      "most 200 bytes."));
	return rc;
}

/* {"id","name","corporate_number"} */
int yg_hub_do_add_org(struct yg_hub_call *call)
{
	char id[YG_ENROL_ID_MAX + 1];
	char name[YG_ENROL_NAME_MAX + 1];
	char number[32];
	json_t *in;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "id", id, sizeof(id)) &&
		  yg_call_text(call, in, "name", name, sizeof(name)) &&
		  yg_call_text(call, in, "corporate_number", number, sizeof(number));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_hub_org_add(call->access, id, name[0] ? name : NULL, number[0] ? number : NULL);
	return rc == YG_OK ? answer_org(call, id, 201) : refuse_org(call, rc);
}

/* {"name","corporate_number"}: what is not there stays. */
int yg_hub_do_change_org(struct yg_hub_call *call)
{
	const char *id = yg_access_org(call->access);
	char name[YG_ENROL_NAME_MAX + 1];
	char number[32];
	json_t *in;
	bool is_good, has_name, has_number;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	has_name = json_is_string(json_object_get(in, "name"));
	has_number = json_object_get(in, "corporate_number") != NULL;
	is_good = yg_call_text(call, in, "name", name, sizeof(name)) &&
		  yg_call_text(call, in, "corporate_number", number, sizeof(number));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_hub_org_change(call->access, id, has_name ? name : NULL,
			       has_number ? number : NULL);
	return rc == YG_OK ? answer_org(call, id, 200) : refuse_org(call, rc);
}

int yg_hub_do_close_org(struct yg_hub_call *call)
{
	int rc = yg_hub_org_close(call->access, yg_access_org(call->access));

	return rc == YG_OK ? answer_org(call, yg_access_org(call->access), 200) : rc;
}

/* ---- consent ---- */

static json_t *terms_json(const struct yg_terms *terms)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "version", text_or_null(terms->version), "host",
			 text_or_null(terms->host), "from", yg_hub_day(terms->from_day), "set",
			 terms->version[0] ? yg_call_time(terms->set_ns) : json_null());
}

int yg_hub_do_get_terms(struct yg_hub_call *call)
{
	struct yg_terms terms;
	int rc = yg_terms_get(call->api->opts.enrol, &terms);

	return rc == YG_OK ? yg_call_json(call, 200, terms_json(&terms)) : rc;
}

/* {"version","host","from"} */
int yg_hub_do_set_terms(struct yg_hub_call *call)
{
	struct yg_terms terms = {0};
	json_t *in;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "version", terms.version, sizeof(terms.version)) &&
		  yg_call_text(call, in, "host", terms.host, sizeof(terms.host)) &&
		  yg_call_day(call, in, "from", &terms.from_day);
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_terms_set(call->access, &terms);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("Terms have a version and the host of storage."));
	return rc == YG_OK ? yg_hub_do_get_terms(call) : rc;
}

int yg_hub_do_get_consent(struct yg_hub_call *call)
{
	struct yg_consent consent;
	struct yg_terms terms;
	json_t *given = json_null();
	int rc = yg_terms_get(call->api->opts.enrol, &terms);

	if (rc == YG_OK) {
		rc = yg_consent_get(yg_call_reader(call), &consent);
		if (rc == YG_OK)
			given = json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "version",
					  yg_hub_string(consent.version), "host",
					  yg_hub_string(consent.host), "signed_by",
					  yg_hub_string(consent.signed_by), "day",
					  yg_hub_day(consent.day), "recorded",
					  yg_call_time(consent.recorded_ns), "withdrawn",
					  (int)consent.is_withdrawn);
	}
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	return yg_call_json(
		call, 200,
		json_pack("{s:b, s:o, s:o}", "current",
			  terms.version[0] == '\0' || (rc == YG_OK && consent.is_current), "terms",
			  terms_json(&terms), "consent", given));
}

/* {"version","signed_by","day"} */
int yg_hub_do_give_consent(struct yg_hub_call *call)
{
	char version[YG_CONSENT_VERSION_MAX + 1];
	char signed_by[YG_ENROL_NAME_MAX + 1];
	int32_t day;
	json_t *in;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "version", version, sizeof(version)) &&
		  yg_call_text(call, in, "signed_by", signed_by, sizeof(signed_by)) &&
		  yg_call_day(call, in, "day", &day);
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_consent);
	if (rc != YG_OK)
		return rc;
	rc = yg_consent_give(call->access, version, signed_by, day);
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(call, 409, "other-terms",
				      N_("These are not the terms that hold now"),
				      N_("Read the terms once more, and agree to their version."));
	if (rc == YG_EINVAL)
		return yg_call_bad(call,
				   N_("Consent names the version of the terms, who signed, and "
				      "the day."));
	return rc == YG_OK ? yg_hub_do_get_consent(call) : rc;
}

int yg_hub_do_withdraw_consent(struct yg_hub_call *call)
{
	int rc = yg_call_read(call, YG_MAY_read_consent);

	if (rc == YG_OK)
		rc = yg_consent_withdraw(call->access);
	return rc == YG_OK || rc == YG_ENOENT ? yg_hub_do_get_consent(call) : rc;
}

/* ---- mandates ---- */

static json_t *mandate_json(const struct yg_mandate *mandate)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
			 mandate->id, "org", mandate->org, "provider", mandate->provider,
			 "signed_by", yg_hub_string(mandate->signed_by), "signed",
			 yg_hub_day(mandate->signed_day), "until", yg_hub_day(mandate->last_day),
			 "rights", yg_hub_rights_json(mandate->rights), "given",
			 yg_call_time(mandate->given_ns), "given_by",
			 yg_hub_string(mandate->given_by), "ended", yg_call_time(mandate->ended_ns),
			 "ended_by", text_or_null(mandate->ended_by));
}

struct mandates {
	json_t *items;
	const char *id; /* NULL: all */
};

static int add_mandate(void *arg, const struct yg_mandate *mandate)
{
	struct mandates *mandates = arg;
	json_t *item;

	if (mandates->id && strcmp(mandates->id, mandate->id) != 0)
		return YG_OK;
	item = mandate_json(mandate);
	return item && json_array_append_new(mandates->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_mandates(struct yg_hub_call *call)
{
	struct mandates mandates = {.items = json_array()};
	int rc = mandates.items ? yg_mandate_list(call->access, add_mandate, &mandates) : YG_ENOMEM;

	if (rc == YG_OK)
		return yg_call_page(call, mandates.items, (struct yg_bytes){0});
	json_decref(mandates.items);
	return rc;
}

static int answer_mandate(const struct yg_hub_call *call, const char *id, int status)
{
	struct mandates mandates = {.items = json_array(), .id = id};
	json_t *item;
	int rc = mandates.items ? yg_mandate_list(yg_call_reader(call), add_mandate, &mandates)
				: YG_ENOMEM;

	item = json_incref(json_array_get(mandates.items, 0));
	json_decref(mandates.items);
	if (rc == YG_OK && item)
		return yg_call_json(call, status, item);
	json_decref(item);
	return rc == YG_OK ? yg_call_not_found(call) : rc;
}

/* {"provider","signed_by","signed","until","rights":[…]} */
int yg_hub_do_give_mandate(struct yg_hub_call *call)
{
	char id[YG_RANDOM_ID_HEX + 1];
	struct yg_mandate wish = {0};
	json_t *in;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "provider", wish.provider, sizeof(wish.provider)) &&
		  yg_call_text(call, in, "signed_by", wish.signed_by, sizeof(wish.signed_by)) &&
		  yg_call_day(call, in, "signed", &wish.signed_day) &&
		  yg_call_day(call, in, "until", &wish.last_day) &&
		  yg_call_rights(call, in, &wish.rights);
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_mandates);
	if (rc == YG_OK)
		rc = yg_mandate_give(call->access, &wish, id);
	if (rc == YG_OK)
		return answer_mandate(call, id, 201);
	if (rc == YG_ENOENT)
		return yg_call_refuse(call, 400, "unknown-provider",
				      N_("There is no such service provider"),
				      N_("Write the id that the provider has at this hub."));
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("A mandate names who signed it, when, until which day, "
					    "and rights that a service provider can have."));
	if (rc == YG_ELIMIT)
		return yg_call_refuse(call, 409, "too-many", N_("There are too many of these"),
				      N_("Remove those that are not needed."));
	return rc;
}

struct giver {
	const char *id;
	char org[YG_ENROL_ID_MAX + 1];
	bool is_found;
};

static int find_giver(void *arg, const struct yg_mandate *mandate)
{
	struct giver *giver = arg;

	if (strcmp(mandate->id, giver->id) == 0) {
		giver->is_found = true;
		memcpy(giver->org, mandate->org, sizeof(giver->org));
	}
	return YG_OK;
}

/* The member ends what it gave; the provider gives back what it holds, at its own organisation. */
int yg_hub_do_end_mandate(struct yg_hub_call *call)
{
	char id[YG_RANDOM_ID_HEX + 1];
	struct giver giver = {.id = id};
	struct yg_access *by = NULL;
	int rc = YG_ENOENT;

	if (yg_call_part(call, 1, id, sizeof(id)))
		rc = yg_mandate_list(call->access, find_giver, &giver);
	if (rc == YG_OK && !giver.is_found)
		rc = YG_ENOENT;
	if (rc == YG_OK) {
		rc = yg_call_open(call, yg_access_org(call->access), YG_MAY_write_mandates, &by);
		if (rc == YG_EACCES || rc == YG_EAGAIN)
			rc = YG_OK;
	}
	if (rc == YG_OK)
		rc = yg_mandate_end(by ? by : call->access, giver.org, id);
	(void)yg_access_free(by);
	if (rc == YG_OK)
		return answer_mandate(call, id, 200);
	if (giver.is_found && rc == YG_ENOENT)
		return YG_EACCES; /* he sees it, but it is not his to end */
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc;
}

/* ---- views ---- */

struct views {
	json_t *items;
	uint32_t limit;
	char last[YG_RANDOM_ID_HEX + 1];
};

static int add_view(void *arg, const struct yg_view *view)
{
	struct views *views = arg;
	json_t *item =
		json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:I, s:o}", "id", view->id, "time",
			  yg_call_time(view->time_ns), "actor", yg_hub_string(view->actor), "name",
			  yg_hub_string(view->name), "org", view->org, "role",
			  yg_view_role_name(view), "what", yg_hub_string(view->what), "records",
			  (json_int_t)view->records, "reason", yg_hub_string(view->reason));

	memcpy(views->last, view->id, sizeof(views->last));
	return item && json_array_append_new(views->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_views(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	char from[YG_RANDOM_ID_HEX + 1] = "";
	struct views views = {.items = json_array()};
	int rc = views.items ? yg_call_query_limit(call, &views.limit) : YG_ENOMEM;

	if (rc == YG_OK && after.size > YG_RANDOM_ID_HEX) {
		json_decref(views.items);
		return yg_call_bad(call, N_("after must be what `next` said."));
	}
	memcpy(from, after.data ? after.data : (const uint8_t *)"", after.size);
	if (rc == YG_OK)
		rc = yg_views_list(call->access, from, views.limit, add_view, &views);
	if (rc == YG_OK)
		return yg_call_page(call, views.items,
				    yg_bytes_str(json_array_size(views.items) == views.limit
							 ? views.last
							 : ""));
	json_decref(views.items);
	return rc == YG_EEND ? YG_OK : rc;
}
