/* SPDX-License-Identifier: Apache-2.0 */
/* A table becomes the tree, all or nothing; and whom to reach, as a drill showed it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/provisions-int.h"

#include "access/members-int.h"
#include "base/alloc.h"

#include "base/ban.h"

struct table {
	struct yg_access *by;
	bool is_check;
	json_t *before; /* the tree as it is, by organisation */
	json_t *seen;	/* organisations of the table */
	json_t *changes;
	json_t *faults;
	json_int_t added, moved, removed, contacts;
};

static int note_node(void *arg, struct yg_bytes key, const json_t *body)
{
	struct table *t = arg;
	char org[YG_ENROL_ID_MAX + 1];

	if (key.size > YG_ENROL_ID_MAX)
		return YG_OK;
	(void)snprintf(org, sizeof(org), "%.*s", YG_FMT(key)); /* as measured */
	return yg_json_set(t->before, org, json_deep_copy(body));
}

static int add_fault(struct table *t, const json_t *node, const char *column, const char *cause)
{
	return json_array_append_new(t->faults, json_pack("{s:I, s:s, s:s}", "line",
							  (json_int_t)yg_json_int(node, "line", 0),
							  "column", column, "cause", cause)) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

static int add_change(struct table *t, const char *org, const char *what, struct yg_bytes before,
		      struct yg_bytes after)
{
	if (json_array_size(t->changes) >= YG_PROVISION_CHANGES_MAX)
		return YG_OK; /* counted all the same */
	return json_array_append_new(t->changes,
				     json_pack("{s:s, s:s, s:o, s:o}", "org", org, "what", what,
					       "before", yg_json_string(before), "after",
					       yg_json_string(after))) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

/* ---- a row ---- */

static int place(struct table *t, const json_t *node, const char *org)
{
	const json_t *old = json_object_get(t->before, org);
	struct yg_bytes stage = yg_json_text(node, "stage");
	struct yg_bytes parent = yg_json_text(node, "parent");
	int rc;

	if (old && yg_bytes_eq(yg_json_text(old, "stage"), stage) &&
	    yg_bytes_eq(yg_json_text(old, "parent"), parent))
		return YG_OK;
	*(old ? &t->moved : &t->added) += 1;
	rc = add_change(t, org, old ? "moved" : "added", yg_json_text(old, "parent"), parent);
	if (rc != YG_OK || t->is_check)
		return rc;
	return yg_warn_save(t->by->hub, t->by->actor, "tree", org,
			    json_pack("{s:o, s:o}", "stage", yg_json_string(stage), "parent",
				      yg_json_string(parent)));
}

/* In the audit log of the organisation itself: its administrators see that it was not they. */
static int set_contact(struct yg_access *by, const char *org, const char *mail, const char *phone)
{
	int rc = yg_member_contact_put(by->hub, by->actor, org, mail, phone);

	return rc == YG_OK ? yg_audit_add(by->hub, by->actor, org, "member.contact", org, "drill")
			   : rc;
}

static int contact(struct table *t, const json_t *node, const char *org)
{
	struct yg_bytes address = yg_json_text(node, "address");
	char mail[YG_MEMBER_MAIL_MAX + 1];
	struct yg_bytes before;
	json_t *member = NULL;
	int rc = YG_OK;

	if (address.size == 0 || !yg_bytes_eq(yg_json_text(node, "channel"), YG_S("mail")))
		return YG_OK;
	if (address.size > YG_MEMBER_MAIL_MAX)
		return add_fault(t, node, "address", "too-long");
	/* A server of the recipient's own, which drills without a hub may name. */
	if (yg_bytes_chr(address, '/') != SIZE_MAX)
		return add_fault(t, node, "address", "server");
	(void)snprintf(mail, sizeof(mail), "%.*s", YG_FMT(address)); /* as measured */
	if (!yg_member_is_mail(mail))
		return add_fault(t, node, "address", "mail");
	rc = yg_hub_get(t->by->hub, "member", org, &member, NULL);
	before = yg_json_text(member, "contact_mail");
	rc = rc == YG_ENOENT ? YG_OK : rc;
	if (rc == YG_OK && !yg_bytes_eq(before, address)) {
		t->contacts++;
		rc = add_change(t, org, "contact", before, address);
		if (rc == YG_OK && !t->is_check)
			rc = set_contact(t->by, org, mail, NULL);
	}
	json_decref(member);
	return rc;
}

static int take_row(struct table *t, const json_t *node)
{
	struct yg_bytes id = yg_json_text(node, "id");
	char org[YG_ENROL_ID_MAX + 1];
	struct yg_hub_org found;
	int rc;

	if (!yg_enrol_is_id(id))
		return add_fault(t, node, "id", "no-org");
	(void)snprintf(org, sizeof(org), "%.*s", YG_FMT(id)); /* an id */
	rc = yg_hub_org_look(t->by->hub->enrol, org, &found);
	if (rc == YG_ENOENT ||
	    (rc == YG_OK && (found.closed_ns != YG_TIME_NONE || strcmp(org, YG_HUB_ORG) == 0)))
		return add_fault(t, node, "id", "no-org");
	if (rc == YG_OK)
		rc = yg_json_set(t->seen, org, json_true());
	if (rc == YG_OK)
		rc = place(t, node, org);
	return rc == YG_OK ? contact(t, node, org) : rc;
}

/* ---- the table ---- */

/* Who is not in the table stands nowhere any more. */
static int take_out(struct table *t)
{
	int rc = YG_OK;

	for (void *at = json_object_iter(t->before); rc == YG_OK && at;
	     at = json_object_iter_next(t->before, at)) {
		const char *org = json_object_iter_key(at);

		if (json_object_get(t->seen, org))
			continue;
		t->removed++;
		rc = add_change(t, org, "removed",
				yg_json_text(json_object_iter_value(at), "parent"),
				(struct yg_bytes){0});
		if (rc == YG_OK && !t->is_check)
			rc = yg_warn_drop(t->by->hub, t->by->actor, "tree", org);
	}
	return rc;
}

static int take_all(struct table *t, const json_t *nodes)
{
	int rc = yg_hub_each(t->by->hub, YG_WARN_STORE, "tree", "", "", 0, note_node, t);

	for (size_t i = 0; rc == YG_OK && i < json_array_size(nodes); i++)
		rc = take_row(t, json_array_get(nodes, i));
	return rc == YG_OK ? take_out(t) : rc;
}

static json_t *told(const struct table *t, const json_t *nodes)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:O, s:O}", "nodes",
			 (json_int_t)json_array_size(nodes), "added", t->added, "moved", t->moved,
			 "removed", t->removed, "contacts", t->contacts, "changes", t->changes,
			 "faults", t->faults);
}

/* In one transaction; what is only checked, and what has faults, is not kept. */
static int change(struct table *t, const json_t *nodes)
{
	struct yg_hub_access *hub = t->by->hub;
	char detail[80];
	int rc = yg_hub_begin(hub);

	if (rc != YG_OK)
		return rc;
	rc = take_all(t, nodes);
	if (rc == YG_OK && json_array_size(t->faults) > 0)
		rc = YG_EEND;
	(void)snprintf(detail, sizeof(detail), "added %lld moved %lld removed %lld contacts %lld",
		       (long long)t->added, (long long)t->moved, (long long)t->removed,
		       (long long)t->contacts);
	rc = yg_hub_finish(
		hub, rc, &(struct yg_hub_deed){t->by->actor, YG_HUB_ORG, "tree.table", "", detail});
	return rc == YG_EEND ? YG_OK : rc;
}

static int require_person(struct yg_access *by, struct yg_hub_access **ret)
{
	int rc = yg_provision_require(by, YG_MAY_write_warnings, ret);

	return rc == YG_OK && by->who.token[0] ? YG_EACCES : rc;
}

int yg_provision_table(struct yg_access *by, const json_t *nodes, bool is_check, json_t **ret)
{
	struct table t = {.by = by, .is_check = is_check};
	struct yg_hub_access *hub;
	int rc = require_person(by, &hub);

	*ret = NULL;
	if (rc == YG_OK && json_array_size(nodes) > YG_PROVISION_NODES_MAX)
		rc = YG_ELIMIT;
	if (rc != YG_OK)
		return rc;
	t.before = json_object();
	t.seen = json_object();
	t.changes = json_array();
	t.faults = json_array();
	rc = t.before && t.seen && t.changes && t.faults ? YG_OK : YG_ENOMEM;
	if (rc == YG_OK)
		rc = is_check ? take_all(&t, nodes) : change(&t, nodes);
	if (rc == YG_OK) {
		*ret = told(&t, nodes);
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	json_decref(t.before);
	json_decref(t.seen);
	json_decref(t.changes);
	json_decref(t.faults);
	return rc;
}

/* ---- one contact ---- */

int yg_provision_contact(struct yg_access *by, const char *org, const char *mail, const char *phone)
{
	struct yg_hub_access *hub;
	json_t *node = NULL;
	int rc = require_person(by, &hub);

	if (rc == YG_OK)
		rc = yg_warn_load(hub, "tree", org, &node);
	json_decref(node);
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_member_contact_put(hub, by->actor, org, mail, phone);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, org, "member.contact", org, "drill"});
}
