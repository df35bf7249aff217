/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin warnings publish` and its kin: warnings into collections of STIX objects. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/publish.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/json.h"

#include "base/ban.h"

#define PATH_ROOM  4096u
#define TEXT_SHOWN 80u

static const char *word(const struct yg_admin *admin, size_t at)
{
	return at < admin->arg_count ? admin->args[at] : "";
}

static void add_shown(struct yg_admin *admin, const json_t *one, const char *key, const char *end)
{
	struct yg_bytes text = yg_json_text(one, key);

	yg_buf_addf(&admin->out, "%s%s", text.size ? yg_say_safe(text, TEXT_SHOWN) : "-", end);
}

static int print_publication(void *arg, json_t *one)
{
	struct yg_admin *admin = arg;

	if (admin->is_json)
		return yg_admin_json(admin, json_incref(one));
	add_shown(admin, one, "plan", "  ");
	add_shown(admin, one, "number", "  ");
	add_shown(admin, one, "collection", "  ");
	add_shown(admin, one, "state", "  ");
	add_shown(admin, one, "refusal", "  ");
	yg_buf_addf(&admin->out, "%lld  ", (long long)yg_json_int(one, "objects", 0));
	add_shown(admin, one, "time", "\n");
	return yg_buf_error(&admin->out);
}

static int print_rule(void *arg, json_t *one)
{
	struct yg_admin *admin = arg;

	if (admin->is_json)
		return yg_admin_json(admin, json_incref(one));
	add_shown(admin, one, "collection", "  TLP:");
	add_shown(admin, one, "at_most", "  ");
	add_shown(admin, one, "by", "  ");
	add_shown(admin, one, "time", "\n");
	return yg_buf_error(&admin->out);
}

/* By id or alias; YG_EEND: said. */
static int find_collection(const struct yg_admin *admin, const char *name,
			   struct yg_collection *ret)
{
	struct yg_collections *s = NULL;
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/stix.db", admin->data);
	int rc = size > 0 && (size_t)size < sizeof(path) ? yg_collections_open(path, false, &s)
							 : YG_ELIMIT;

	if (rc == YG_OK)
		rc = yg_collections_get(s, yg_bytes_str(name), ret);
	(void)yg_collections_free(s);
	if (rc != YG_ENOENT)
		return rc;
	yg_say(N_("%s: there is no such collection"), yg_say_safe(yg_bytes_str(name), 80));
	return YG_EEND;
}

static int set_rule(struct yg_admin *admin, struct yg_access *by)
{
	enum yg_tlp at_most = YG_TLP_NONE;
	struct yg_collection c;
	int rc = YG_OK;

	if (strcmp(admin->at_most, "off") != 0 &&
	    (!yg_tlp_by_name(yg_bytes_str(admin->at_most), &at_most) || at_most > YG_TLP_GREEN))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = find_collection(admin, word(admin, 2), &c);
	return rc == YG_OK ? yg_publish_rule_set(by, &c, at_most) : rc;
}

static int wish(struct yg_admin *admin, struct yg_access *by)
{
	struct yg_collection c;
	int rc = find_collection(admin, admin->collection, &c);

	return rc == YG_OK ? yg_publish_wish(by, word(admin, 2), &c) : rc;
}

static int say_wrong(const struct yg_admin *admin, int rc)
{
	if (rc == YG_EEND)
		return YG_EXIT_PARTLY;
	if (rc == YG_EMISMATCH)
		yg_say_hint(N_("the collection has to be the hub's, for a sector or the community; "
			       "the warning released to a sector, at most TLP:GREEN, and not "
			       "withdrawn"),
			    N_("%s: this does not go into that collection"),
			    yg_say_safe(yg_bytes_str(word(admin, 2)), 80));
	else if (rc == YG_EINVAL)
		yg_say(N_("--at-most %s: clear, green or off: what a sector may read"),
		       yg_say_safe(yg_bytes_str(admin->at_most), 80));
	else if (rc == YG_ENOENT)
		yg_say(N_("%s: there is none of this name"),
		       yg_say_safe(yg_bytes_str(word(admin, 2)), 80));
	else
		return yg_admin_error(admin, word(admin, 2), rc);
	return YG_EXIT_PARTLY;
}

static int run(struct yg_admin *admin, struct yg_access *by, const char *what)
{
	if (strcmp(what, "publications") == 0)
		return yg_publish_list(by, word(admin, 2), "",
				       admin->limit ? (uint32_t)admin->limit : 0, print_publication,
				       admin);
	if (strcmp(what, "publish-rules") == 0)
		return yg_publish_rules(by, print_rule, admin);
	return strcmp(what, "publish-rule") == 0 ? set_rule(admin, by) : wish(admin, by);
}

int yg_admin_publish(struct yg_admin *admin, const char *what)
{
	bool is_rule = strcmp(what, "publish-rule") == 0, is_wish = strcmp(what, "publish") == 0;
	struct yg_access *by = NULL;
	int rc;

	if (is_rule && !admin->at_most)
		return yg_admin_wording("warnings publish-rule COLLECTION --at-most TLP");
	if (is_wish && !admin->collection)
		return yg_admin_wording("warnings publish ID --collection ID");
	rc = yg_access_hub(admin->hub, &admin->actor, YG_HUB_ORG,
			   is_rule || is_wish ? YG_MAY_write_warnings : YG_MAY_read_warnings, &by);
	if (rc == YG_OK)
		rc = run(admin, by, what);
	(void)yg_access_free(by);
	return rc == YG_OK || rc == YG_EPIPE ? yg_admin_done(admin, word(admin, 2), YG_OK)
					     : say_wrong(admin, rc);
}
