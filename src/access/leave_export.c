/* SPDX-License-Identifier: Apache-2.0 */
/* What the register holds of an organisation, for itself. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/leave.h"

#include "access/clues.h"
#include "access/enrol-int.h"
#include "access/hub-int.h"
#include "base/json.h"

#include "base/ban.h"

/* Of which documents the key, or its first part, is the organisation. */
static const struct part {
	const char *name;
	const char *org; /* of the store; NULL: the organisation itself */
	const char *kind;
	bool is_one; /* the key is its id; else "ID/…", or anything below its own */
} parts[] = {
	{"organisation", YG_HUB_ORG, "org", true},
	{"consent", YG_HUB_REGISTER, "consent", true},
	{"retention", YG_HUB_ORG, "retention", true},
	{"sensors", YG_HUB_ORG, "sensor", false},
	{"tokens", YG_HUB_REGISTER, "token", false},
	{"mandates", YG_HUB_REGISTER, "mandate", false},
	{"member", YG_HUB_REGISTER, "member", true},
	{"supplies", YG_HUB_REGISTER, "relation", false},
	{"supplied_by", YG_HUB_REGISTER, "relation_of", false},
	{"views", NULL, "view", false},
	{"reports", NULL, "report", false},
	{"report_books", NULL, "report_book", false},
	{"report_maps", NULL, "report_map", false},
	{"report_contacts", NULL, "report_contacts", false},
	{"report_reminders", NULL, "report_reminders", false},
	{"reminders", NULL, "reminder", false},
};

struct export
{
	struct yg_hub_access *hub;
	const char *org;
	const char *part;
	bool is_one;
	yg_leave_fn fn;
	void *arg;
	struct yg_buf line;
};

static int give(struct export *e, const json_t *body)
{
	int rc;

	yg_buf_reset(&e->line);
	rc = yg_json_canonical(body, &e->line);
	return rc == YG_OK ? e->fn(e->arg, e->part, yg_buf_bytes(&e->line)) : rc;
}

static int give_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct export *e = arg;

	if (e->is_one && !yg_bytes_eq(key, yg_bytes_str(e->org)))
		return YG_OK;
	return give(e, body);
}

/* What its people said of an indicator, whose id stands in the key alone. */
static int give_word(void *arg, struct yg_bytes key, const json_t *body)
{
	struct export *e = arg;
	char org[YG_ENROL_ID_MAX + 1];
	json_t *shown;
	int rc;

	yg_hub_text(body, "org", org, sizeof(org));
	if (strcmp(org, e->org) != 0)
		return YG_OK;
	shown = json_copy((json_t *)(uintptr_t)body); /* it is only read */
	rc = shown ? yg_json_set(shown, "indicator",
				 yg_json_string(yg_bytes_cut(key, 0, YG_CLUE_ID)))
		   : YG_ENOMEM;
	if (rc == YG_OK)
		rc = give(e, shown);
	json_decref(shown);
	return rc;
}

static bool has_grant(const json_t *body, const char *org)
{
	const json_t *item;
	size_t at;

	json_array_foreach(json_object_get(body, "grants"), at, item)
	{
		const char *text = json_string_value(item);
		const char *colon = text ? strchr(text, ':') : NULL;

		if (colon && strcmp(colon + 1, org) == 0)
			return true;
	}
	return false;
}

/* Those who have a grant there, without what a password or a link could be tried on. */
static int give_person(void *arg, struct yg_bytes key, const json_t *body)
{
	static const char *const names[] = {"id", "login", "name", "added", "grants", "state"};
	struct export *e = arg;
	json_t *shown;
	int rc = YG_OK;

	(void)key;
	if (!has_grant(body, e->org))
		return YG_OK;
	shown = json_object();
	if (!shown)
		return YG_ENOMEM;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && rc == YG_OK; i++) {
		json_t *value = json_object_get(body, names[i]);

		if (value)
			rc = yg_json_set(shown, names[i], json_incref(value));
	}
	if (rc == YG_OK)
		rc = give(e, shown);
	json_decref(shown);
	return rc;
}

int yg_leave_each(struct yg_access *by, yg_leave_fn fn, void *arg)
{
	struct export e = {.org = by->org, .fn = fn, .arg = arg};
	char prefix[YG_HUB_KEY_MAX];
	int rc = yg_hub_require(by, YG_MAY_export_org, &e.hub);

	if (rc == YG_OK && (strcmp(by->org, YG_HUB_ORG) == 0 || !yg_hub_key(prefix, by->org, "")))
		rc = YG_EACCES;
	if (rc != YG_OK)
		return rc;
	yg_buf_init(&e.line, YG_DOC_BODY_MAX);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && rc == YG_OK; i++) {
		const struct part *part = &parts[i];

		e.part = part->name;
		e.is_one = part->is_one;
		rc = yg_hub_each(e.hub, part->org ? part->org : by->org, part->kind,
				 part->is_one ? by->org : (part->org ? prefix : ""), "", 0,
				 give_one, &e);
	}
	e.part = "people";
	if (rc == YG_OK)
		rc = yg_hub_each(e.hub, YG_HUB_REGISTER, "person", "", "", 0, give_person, &e);
	e.part = "indicator_words";
	if (rc == YG_OK)
		rc = yg_hub_each(e.hub, YG_CLUE_STORE, "word", "", "", 0, give_word, &e);
	yg_buf_done(&e.line);
	return rc;
}
