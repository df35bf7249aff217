/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/consent.h"

#include "access/enrol-int.h"
#include "access/hub-int.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define TERMS_KEY "current"

/* ---- documents of the register, read without the whole of it: the listener has only enrol ---- */

static int read_document(void *arg, const struct yg_doc *doc)
{
	struct yg_fault fault;

	return yg_json_load(doc->body, YG_DOC_BODY_MAX, arg, &fault);
}

static int get(struct yg_control *store, const char *kind, const char *key, json_t **ret)
{
	*ret = NULL;
	return yg_control_get(store, YG_S(YG_HUB_REGISTER), yg_bytes_str(kind), yg_bytes_str(key),
			      read_document, ret);
}

static void read_terms(const json_t *body, struct yg_terms *ret)
{
	yg_hub_text(body, "version", ret->version, sizeof(ret->version));
	yg_hub_text(body, "host", ret->host, sizeof(ret->host));
	ret->from_day = yg_hub_day_of(body, "from_day");
	ret->set_ns = yg_hub_time(body, "set");
}

int yg_terms_get(struct yg_enrol *enrol, struct yg_terms *ret)
{
	json_t *body;
	int rc = get(enrol->store, "terms", TERMS_KEY, &body);

	*ret = (struct yg_terms){.from_day = YG_DAY_NONE, .set_ns = YG_TIME_NONE};
	if (rc == YG_OK)
		read_terms(body, ret);
	json_decref(body);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_terms_set(struct yg_access *by, const struct yg_terms *terms)
{
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_write_org, &hub);

	if (rc != YG_OK)
		return rc;
	if (strcmp(by->org, YG_HUB_ORG) != 0)
		return YG_EACCES;
	if (terms->version[0] &&
	    (!yg_hub_is_text(terms->version, YG_CONSENT_VERSION_MAX) ||
	     !yg_hub_is_text(terms->host, YG_CONSENT_HOST_MAX) || terms->from_day == YG_DAY_NONE))
		return YG_EINVAL;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_hub_put(hub, by->actor, "terms", TERMS_KEY,
			json_pack("{s:o, s:o, s:o, s:o}", "version", yg_hub_string(terms->version),
				  "host", yg_hub_string(terms->host), "from_day",
				  yg_hub_day(terms->version[0] ? terms->from_day : YG_DAY_NONE),
				  "set", yg_hub_seconds(yg_hub_now_ns(hub))),
			YG_REVISION_ANY);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, "", "terms.set", terms->version, terms->host});
}

static void read_consent(const json_t *body, const struct yg_terms *terms, struct yg_consent *ret)
{
	*ret = (struct yg_consent){0};
	yg_hub_text(body, "version", ret->version, sizeof(ret->version));
	yg_hub_text(body, "host", ret->host, sizeof(ret->host));
	yg_hub_text(body, "signed_by", ret->signed_by, sizeof(ret->signed_by));
	yg_hub_text(body, "recorded_by", ret->recorded_by, sizeof(ret->recorded_by));
	ret->day = yg_hub_day_of(body, "day");
	ret->recorded_ns = yg_hub_time(body, "recorded");
	/* What is not clearly said is a no. */
	ret->is_withdrawn = !json_is_false(json_object_get(body, "withdrawn"));
	ret->is_current = !ret->is_withdrawn && strcmp(ret->version, terms->version) == 0 &&
			  strcmp(ret->host, terms->host) == 0;
}

static int put_consent(struct yg_access *by, const struct yg_consent *consent)
{
	return yg_hub_put(by->hub, by->actor, "consent", by->org,
			  json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:b}", "version",
				    yg_hub_string(consent->version), "host",
				    yg_hub_string(consent->host), "signed_by",
				    yg_hub_string(consent->signed_by), "recorded_by", by->actor,
				    "day", yg_hub_day(consent->day), "recorded",
				    yg_hub_seconds(yg_hub_now_ns(by->hub)), "withdrawn",
				    (int)consent->is_withdrawn),
			  YG_REVISION_ANY);
}

static int require_member(struct yg_access *by, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, YG_MAY_write_consent, ret);

	return rc == YG_OK && strcmp(by->org, YG_HUB_ORG) == 0 ? YG_EINVAL : rc;
}

int yg_consent_give(struct yg_access *by, const char *version, const char *signed_by, int32_t day)
{
	struct yg_consent consent = {.day = day};
	struct yg_hub_access *hub;
	struct yg_terms terms;
	int rc = require_member(by, &hub);

	if (rc == YG_OK)
		rc = yg_terms_get(hub->enrol, &terms);
	if (rc != YG_OK)
		return rc;
	if (!yg_hub_is_text(signed_by, YG_ENROL_NAME_MAX) || day == YG_DAY_NONE ||
	    day > yg_hub_today(hub))
		return YG_EINVAL;
	if (!terms.version[0] || strcmp(version, terms.version) != 0)
		return YG_EMISMATCH;
	memcpy(consent.version, terms.version, sizeof(consent.version));
	memcpy(consent.host, terms.host, sizeof(consent.host));
	(void)snprintf(consent.signed_by, sizeof(consent.signed_by), "%s", signed_by); /* fits */
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = put_consent(by, &consent);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, by->org, "consent.give", version, signed_by});
}

int yg_consent_withdraw(struct yg_access *by)
{
	struct yg_consent consent;
	struct yg_hub_access *hub;
	struct yg_terms terms = {0};
	json_t *body = NULL;
	int rc = require_member(by, &hub);

	if (rc == YG_OK)
		rc = yg_hub_get(hub, "consent", by->org, &body, NULL);
	if (rc != YG_OK)
		return rc;
	read_consent(body, &terms, &consent);
	json_decref(body);
	consent.is_withdrawn = true;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = put_consent(by, &consent);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, by->org, "consent.withdraw", consent.version, ""});
}

int yg_consent_get(struct yg_access *by, struct yg_consent *ret)
{
	struct yg_hub_access *hub;
	struct yg_terms terms;
	json_t *body = NULL;
	int rc = yg_hub_require(by, YG_MAY_read_consent, &hub);

	if (rc == YG_OK)
		rc = yg_terms_get(hub->enrol, &terms);
	if (rc == YG_OK)
		rc = yg_hub_get(hub, "consent", by->org, &body, NULL);
	if (rc != YG_OK)
		return rc;
	read_consent(body, &terms, ret);
	json_decref(body);
	return YG_OK;
}

int yg_consent_is_current(struct yg_enrol *enrol, const char *org)
{
	struct yg_consent consent;
	struct yg_hub_org found;
	struct yg_terms terms;
	json_t *body;
	int rc = yg_hub_org_look(enrol, org, &found);

	if (rc == YG_OK && found.closed_ns != YG_TIME_NONE)
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_terms_get(enrol, &terms);
	if (rc != YG_OK || !terms.version[0])
		return rc;
	rc = get(enrol->store, "consent", org, &body);
	if (rc == YG_OK) {
		read_consent(body, &terms, &consent);
		rc = consent.is_current ? YG_OK : YG_EACCES;
	} else if (rc == YG_ENOENT)
		rc = YG_EACCES;
	json_decref(body);
	return rc;
}

int yg_consent_change(struct yg_enrol *enrol, uint64_t *ret)
{
	return yg_control_last_change(enrol->store, YG_S(YG_HUB_REGISTER), ret);
}

/* ---- who opened what, when and why ---- */

bool yg_views_need_reason(const struct yg_access *access)
{
	return strcmp(access->acts_for, access->org) != 0 ||
	       (access->hub_role != YG_HUB_MEMBER && access->hub_role != YG_HUB_PROVIDER);
}

/* Later ones first: the key counts down. */
static void view_id(int64_t now_ns, char to[YG_RANDOM_ID_HEX + 1])
{
	uint64_t left = (uint64_t)INT64_MAX - (uint64_t)now_ns;
	uint8_t bytes[YG_RANDOM_ID_HEX / 2];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(left >> (56 - 8 * i));
	yg_random(bytes + 8, 8);
	yg_hex((struct yg_bytes){bytes, sizeof(bytes)}, to);
}

const char *yg_view_role_name(const struct yg_view *view)
{
	return view->is_machine ? "machine" : yg_hub_role_name(view->role);
}

int yg_view_put(struct yg_hub_access *hub, const char *org, const struct yg_view *view)
{
	char id[YG_RANDOM_ID_HEX + 1];

	view_id(yg_hub_now_ns(hub), id);
	return yg_hub_put_at(hub, org, view->actor, "view", id,
			     json_pack("{s:s, s:o, s:s, s:o, s:s, s:s, s:s, s:I, s:s}", "id", id,
				       "time", yg_hub_seconds(yg_hub_now_ns(hub)), "actor",
				       view->actor, "name", yg_hub_string(view->name), "org",
				       view->org, "role", yg_view_role_name(view), "what",
				       view->what, "records", (json_int_t)view->records, "reason",
				       view->reason),
			     YG_REVISION_NONE);
}

int yg_views_add(struct yg_access *access, const char *what, uint64_t records, const char *reason)
{
	struct yg_hub_access *hub;
	struct yg_view view;
	int rc = yg_hub_require(access, YG_MAY_read_records, &hub);

	if (rc != YG_OK)
		return rc;
	if (!yg_views_need_reason(access) && !reason[0])
		return YG_OK;
	if (yg_bytes_trim(yg_bytes_str(reason)).size == 0 ||
	    !yg_hub_is_text(reason, YG_VIEW_REASON_MAX) ||
	    !yg_hub_is_text(what, YG_VIEW_WHAT_MAX) || records > INT64_C(1) << 53)
		return YG_EINVAL;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	view = (struct yg_view){.role = access->hub_role, .records = records};
	(void)snprintf(view.actor, sizeof(view.actor), "%s", access->actor); /* each is as large */
	(void)snprintf(view.name, sizeof(view.name), "%s", access->who.name);
	(void)snprintf(view.org, sizeof(view.org), "%s", access->acts_for);
	(void)snprintf(view.what, sizeof(view.what), "%s", what); /* looked at above */
	(void)snprintf(view.reason, sizeof(view.reason), "%s", reason);
	rc = yg_view_put(hub, access->org, &view);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){access->actor, access->org, "records.view", what, reason});
}

struct listing {
	yg_view_fn fn;
	void *arg;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct listing *listing = arg;
	struct yg_view view = {0};

	(void)key;
	yg_hub_text(body, "id", view.id, sizeof(view.id));
	yg_hub_text(body, "actor", view.actor, sizeof(view.actor));
	yg_hub_text(body, "name", view.name, sizeof(view.name));
	yg_hub_text(body, "org", view.org, sizeof(view.org));
	yg_hub_text(body, "what", view.what, sizeof(view.what));
	yg_hub_text(body, "reason", view.reason, sizeof(view.reason));
	view.time_ns = yg_hub_time(body, "time");
	view.records = (uint64_t)yg_json_int(body, "records", 0);
	view.is_machine = yg_bytes_eq(yg_json_text(body, "role"), YG_S("machine"));
	if (!view.is_machine && !yg_hub_role_by_name(yg_json_text(body, "role"), &view.role))
		return YG_EFORMAT;
	return listing->fn(listing->arg, &view);
}

int yg_views_list(struct yg_access *by, const char *after, uint32_t limit, yg_view_fn fn, void *arg)
{
	struct listing listing = {fn, arg};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_views, &hub);

	if (rc == YG_OK && (limit == 0 || strcmp(by->org, YG_HUB_ORG) == 0))
		rc = YG_EINVAL;
	return rc == YG_OK ? yg_hub_each(hub, by->org, "view", "", after, limit, list_one, &listing)
			   : rc;
}
