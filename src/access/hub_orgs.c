/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations: documents of enrol.h's register, which listener and command line read too. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/enrol-int.h"
#include "access/hub-int.h"

#include "base/json.h"

#include "base/ban.h"

#define CORPORATE_DIGITS 13u

bool yg_corporate_number_is_right(struct yg_bytes text)
{
	unsigned sum = 0;

	if (text.size != CORPORATE_DIGITS)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		/* The twelve behind the check digit, the last one counting once, the one before it
		 * twice, and so on. */
		if (i > 0)
			sum += (unsigned)(text.data[i] - '0') * (i % 2 == 0 ? 1 : 2);
	}
	return (unsigned)(text.data[0] - '0') == 9 - sum % 9;
}

static void read_org(const json_t *body, struct yg_hub_org *ret)
{
	yg_hub_text(body, "id", ret->id, sizeof(ret->id));
	yg_hub_text(body, "name", ret->name, sizeof(ret->name));
	yg_hub_text(body, "corporate_number", ret->corporate_number, sizeof(ret->corporate_number));
	ret->added_ns = yg_hub_time(body, "added");
	ret->closed_ns = yg_hub_time(body, "closed");
	ret->is_erased = json_object_get(body, "erased") != NULL;
}

int yg_hub_org_look(struct yg_enrol *enrol, const char *id, struct yg_hub_org *ret)
{
	json_t *body = NULL;
	int rc = yg_enrol_is_id(yg_bytes_str(id)) ? yg_enrol_get(enrol, "org", id, &body, NULL)
						  : YG_ENOENT;

	if (rc != YG_OK)
		return rc;
	read_org(body, ret);
	json_decref(body);
	return YG_OK;
}

static int put_org(struct yg_access *by, const struct yg_hub_org *org, uint32_t expected)
{
	json_t *body = json_pack("{s:s, s:o, s:o}", "id", org->id, "name", yg_hub_string(org->name),
				 "added", yg_hub_seconds(org->added_ns));

	/* Without number and end as yg_enrol_add_org writes it. */
	if (body && org->corporate_number[0] &&
	    yg_json_set(body, "corporate_number", json_string(org->corporate_number)) != YG_OK) {
		json_decref(body);
		body = NULL;
	}
	if (body && org->closed_ns != YG_TIME_NONE &&
	    yg_json_set(body, "closed", yg_hub_seconds(org->closed_ns)) != YG_OK) {
		json_decref(body);
		body = NULL;
	}
	return yg_hub_put_at(by->hub, YG_HUB_ORG, by->actor, "org", org->id, body, expected);
}

/* A number belongs to one organisation; the key of its document says so. */
static int claim_number(struct yg_access *by, const char *number, const char *id)
{
	int rc = yg_hub_put(by->hub, by->actor, "corporate_number", number,
			    json_pack("{s:s}", "org", id), YG_REVISION_NONE);

	return rc == YG_EMISMATCH ? YG_EDUPLICATE : rc;
}

static int set_number(struct yg_access *by, struct yg_hub_org *org, const char *number)
{
	int rc = YG_OK;

	if (!number || strcmp(number, org->corporate_number) == 0)
		return YG_OK;
	if (number[0] && !yg_corporate_number_is_right(yg_bytes_str(number)))
		return YG_EDIGEST;
	if (org->corporate_number[0])
		rc = yg_hub_remove(by->hub, by->actor, "corporate_number", org->corporate_number);
	if (rc == YG_OK && number[0])
		rc = claim_number(by, number, org->id);
	if (rc == YG_OK)
		(void)snprintf(org->corporate_number, sizeof(org->corporate_number), "%s",
			       number); /* 13 digits */
	return rc;
}

static bool set_name(struct yg_hub_org *org, const char *name)
{
	if (!name)
		return true;
	if (!yg_hub_is_text(name, YG_ENROL_NAME_MAX))
		return false;
	(void)snprintf(org->name, sizeof(org->name), "%s", name); /* as measured */
	return true;
}

int yg_hub_org_add(struct yg_access *by, const char *id, const char *name, const char *number)
{
	struct yg_hub_org org = {.closed_ns = YG_TIME_NONE};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_write_org, &hub);

	if (rc != YG_OK)
		return rc;
	if (strcmp(by->org, YG_HUB_ORG) != 0)
		return YG_EACCES;
	if (!yg_enrol_is_id(yg_bytes_str(id)) || yg_enrol_is_reserved(id) ||
	    !set_name(&org, name ? name : id))
		return YG_EINVAL;
	(void)snprintf(org.id, sizeof(org.id), "%s", id); /* an id */
	org.added_ns = yg_hub_now_ns(hub);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = set_number(by, &org, number);
	if (rc == YG_OK)
		rc = put_org(by, &org, YG_REVISION_NONE);
	if (rc == YG_EMISMATCH)
		rc = YG_EDUPLICATE;
	return yg_hub_finish(
		hub, rc, &(struct yg_hub_deed){by->actor, id, "org.add", id, org.corporate_number});
}

/* The organisation @id for a change by @by, and its revision. */
static int org_for_change(struct yg_access *by, const char *id, struct yg_hub_org *ret,
			  uint32_t *ret_revision)
{
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = yg_hub_require(by, YG_MAY_write_org, &hub);

	if (rc != YG_OK)
		return rc;
	if (!yg_enrol_is_id(yg_bytes_str(id)) ||
	    (strcmp(by->org, YG_HUB_ORG) != 0 && strcmp(by->org, id) != 0))
		return YG_ENOENT;
	rc = yg_enrol_get(hub->enrol, "org", id, &body, ret_revision);
	if (rc != YG_OK)
		return rc;
	read_org(body, ret);
	json_decref(body);
	return YG_OK;
}

int yg_hub_org_change(struct yg_access *by, const char *id, const char *name, const char *number)
{
	struct yg_hub_org org = {0};
	uint32_t revision = 0;
	int rc = org_for_change(by, id, &org, &revision);

	if (rc == YG_OK && org.is_erased)
		rc = YG_ENOENT; /* what is said of it stays */
	if (rc != YG_OK)
		return rc;
	if (!set_name(&org, name))
		return YG_EINVAL;
	rc = yg_hub_begin(by->hub);
	if (rc != YG_OK)
		return rc;
	rc = set_number(by, &org, number);
	if (rc == YG_OK)
		rc = put_org(by, &org, revision);
	return yg_hub_finish(by->hub, rc,
			     &(struct yg_hub_deed){by->actor, id, "org.change", id, org.name});
}

int yg_hub_org_close(struct yg_access *by, const char *id)
{
	struct yg_hub_org org = {0};
	uint32_t revision = 0;
	int rc = org_for_change(by, id, &org, &revision);

	if (rc != YG_OK || org.closed_ns != YG_TIME_NONE)
		return rc;
	org.closed_ns = yg_hub_now_ns(by->hub);
	rc = yg_hub_begin(by->hub);
	if (rc != YG_OK)
		return rc;
	rc = put_org(by, &org, revision);
	return yg_hub_finish(by->hub, rc,
			     &(struct yg_hub_deed){by->actor, id, "org.close", id, ""});
}

struct listing {
	yg_hub_org_fn fn;
	void *arg;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct listing *listing = arg;
	struct yg_hub_org org = {0};

	(void)key;
	read_org(body, &org);
	return listing->fn(listing->arg, &org);
}

int yg_hub_org_list(struct yg_access *by, const char *after, uint32_t limit, yg_hub_org_fn fn,
		    void *arg)
{
	struct listing listing = {fn, arg};
	struct yg_hub_access *hub;
	struct yg_hub_org org = {0};
	int rc = yg_hub_require(by, YG_MAY_read_org, &hub);

	if (rc != YG_OK)
		return rc;
	if (strcmp(by->org, YG_HUB_ORG) == 0)
		return limit == 0 ? YG_EINVAL
				  : yg_hub_each(hub, YG_HUB_ORG, "org", "", after, limit, list_one,
						&listing);
	rc = yg_hub_org_look(hub->enrol, by->org, &org);
	return rc == YG_OK ? fn(arg, &org) : rc;
}
