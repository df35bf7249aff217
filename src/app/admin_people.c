/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin org` and `person`. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/json.h"

#include "base/ban.h"

#define PERSON_HOURS 72u
#define PAGE	     1000u

static const char *word(const struct yg_admin *admin, size_t at)
{
	return admin->arg_count > at ? admin->args[at] : "";
}

/* ---- organisations ---- */

struct page {
	struct yg_admin *admin;
	char last[YG_ENROL_ID_MAX + 1];
	uint32_t seen;
};

static int print_org(void *arg, const struct yg_hub_org *org)
{
	struct page *page = arg;
	struct yg_admin *admin = page->admin;

	page->seen++;
	memcpy(page->last, org->id, sizeof(page->last));
	if (admin->is_json)
		return yg_admin_json(admin, json_pack("{s:s, s:o, s:s, s:o, s:o, s:b}",
						      "organisation", org->id, "name",
						      yg_json_string(yg_bytes_str(org->name)),
						      "corporate_number", org->corporate_number,
						      "added", yg_admin_time(org->added_ns),
						      "closed", yg_admin_time(org->closed_ns),
						      "erased", (int)org->is_erased));
	yg_buf_addf(&admin->out, "%s  %s  %s%s%s\n", org->id,
		    yg_say_safe(yg_bytes_str(org->name), YG_ENROL_NAME_MAX), org->corporate_number,
		    org->closed_ns != YG_TIME_NONE ? "  " : "",
		    org->is_erased		     ? yg_say_tr(N_("erased"))
		    : org->closed_ns != YG_TIME_NONE ? yg_say_tr(N_("closed"))
						     : "");
	return yg_buf_error(&admin->out);
}

static int list_orgs(struct yg_admin *admin, struct yg_access *by)
{
	struct page page = {.admin = admin};
	int rc;

	do {
		char after[YG_ENROL_ID_MAX + 1];

		memcpy(after, page.last, sizeof(after));
		page.seen = 0;
		rc = yg_hub_org_list(by, after, PAGE, print_org, &page);
	} while (rc == YG_OK && page.seen == PAGE);
	return yg_admin_done(admin, "org list", rc);
}

/* What was wrong with the id or the number, and what they look like. */
static int refuse_org(struct yg_admin *admin, const char *id, int rc)
{
	const char *number = admin->corporate_number;

	if (rc == YG_EINVAL)
		yg_say_hint(N_("an id is 1 to 64 of a-z 0-9 -, and neither hub nor local"),
			    N_("%s: this is malformed"), yg_say_safe(yg_bytes_str(id), 100));
	else if (rc == YG_EDIGEST)
		yg_say_hint(N_("13 digits, of which the first checks the others"),
			    N_("%s: this is no corporate number: its check digit is wrong"),
			    yg_say_safe(yg_bytes_str(number), 100));
	else if (rc == YG_EDUPLICATE && number)
		yg_say(N_("%s: an organisation has this id, or the corporate number %s, already"),
		       yg_say_safe(yg_bytes_str(id), 100), yg_say_safe(yg_bytes_str(number), 100));
	else
		return yg_admin_done(admin, id, rc);
	return YG_EXIT_PARTLY;
}

static int change_org(struct yg_admin *admin, struct yg_access *by)
{
	const char *what = word(admin, 1);
	const char *id = word(admin, 2);
	int rc;

	if (strcmp(what, "add") == 0)
		rc = yg_hub_org_add(by, id, admin->name, admin->corporate_number);
	else if (strcmp(what, "close") == 0)
		rc = yg_hub_org_close(by, id);
	else if (strcmp(what, "change") == 0 && (admin->name || admin->corporate_number))
		rc = yg_hub_org_change(by, id, admin->name, admin->corporate_number);
	else
		return yg_admin_wording("org");
	return refuse_org(admin, id, rc);
}

int yg_admin_org(struct yg_admin *admin)
{
	bool is_list = strcmp(word(admin, 1), "list") == 0;
	struct yg_access *by = NULL;
	int status;

	if (admin->arg_count != (is_list ? 2 : 3))
		return yg_admin_wording("org");
	if (strcmp(word(admin, 1), "erase") == 0)
		return yg_admin_org_erase(admin);
	status =
		yg_admin_open(admin, YG_HUB_ORG, is_list ? YG_MAY_read_org : YG_MAY_write_org, &by);
	if (status == YG_EXIT_DONE)
		status = is_list ? list_orgs(admin, by) : change_org(admin, by);
	(void)yg_access_free(by);
	return status;
}

/* ---- people ---- */

static int print_person(void *arg, const struct yg_person *person)
{
	struct yg_admin *admin = arg;
	json_t *grants = json_array();
	char text[YG_ENROL_ID_MAX + 20];
	int rc = grants ? YG_OK : YG_ENOMEM;

	if (!admin->is_json)
		yg_buf_addf(&admin->out, "%s  %s  %s  %s%s", person->id,
			    yg_say_safe(yg_bytes_str(person->login), YG_PERSON_LOGIN_MAX),
			    yg_say_safe(yg_bytes_str(person->name), YG_ENROL_NAME_MAX),
			    yg_person_state_name(person->state),
			    person->has_second_factor ? yg_say_tr(N_(", second factor")) : "");
	for (uint32_t i = 0; i < person->grant_count && rc == YG_OK; i++) {
		(void)snprintf(text, sizeof(text), "%s:%s",
			       yg_hub_role_name(person->grants[i].role),
			       person->grants[i].org); /* role and id are shorter */
		if (!admin->is_json)
			yg_buf_addf(&admin->out, "  %s", text);
		rc = json_array_append_new(grants, json_string(text)) == 0 ? YG_OK : YG_ENOMEM;
	}
	if (!admin->is_json)
		yg_buf_add_byte(&admin->out, '\n');
	else if (rc == YG_OK)
		rc = yg_admin_json(admin,
				   json_pack("{s:s, s:o, s:o, s:s, s:O, s:b, s:o, s:o}", "person",
					     person->id, "login",
					     yg_json_string(yg_bytes_str(person->login)), "name",
					     yg_json_string(yg_bytes_str(person->name)), "state",
					     yg_person_state_name(person->state), "grants", grants,
					     "second_factor", (int)person->has_second_factor,
					     "added", yg_admin_time(person->added_ns), "signed_in",
					     yg_admin_time(person->signed_in_ns)));
	json_decref(grants);
	return rc == YG_OK ? yg_buf_error(&admin->out) : rc;
}

/* All whose grants are at --org, or all. */
static int list_people(struct yg_admin *admin)
{
	struct yg_access *by = NULL;
	int status =
		yg_admin_open(admin, admin->org ? admin->org : YG_HUB_ORG, YG_MAY_read_people, &by);

	if (status == YG_EXIT_DONE)
		status = yg_admin_done(admin, "person list",
				       yg_person_list(by, "", UINT32_MAX - 1, print_person, admin));
	(void)yg_access_free(by);
	return status;
}

/* The key alone: whoever opens the page of the hub with it sets a password. */
static int add_person(struct yg_admin *admin, struct yg_access *by)
{
	struct yg_person person = {.grant_count = admin->grant_count};
	char id[YG_RANDOM_ID_HEX + 1];
	char link[YG_PERSON_LINK_HEX + 1];
	const char *login = admin->args[2];
	int rc = YG_EINVAL;

	memcpy(person.grants, admin->grants, sizeof(person.grants));
	if (strlen(login) <= YG_PERSON_LOGIN_MAX &&
	    (!admin->name || strlen(admin->name) <= YG_ENROL_NAME_MAX)) {
		(void)snprintf(person.login, sizeof(person.login), "%s", login); /* as measured */
		(void)snprintf(person.name, sizeof(person.name), "%s",
			       admin->name ? admin->name : login); /* as measured */
		rc = yg_person_add(by, &person,
				   admin->hours ? (uint32_t)admin->hours : PERSON_HOURS, id, link);
	}
	if (rc == YG_OK)
		yg_buf_addf(&admin->out, "%s\n", link);
	yg_wipe(link, sizeof(link));
	return yg_admin_done(admin, rc == YG_ENOENT ? "--grant" : login, rc);
}

static int reset_person(struct yg_admin *admin, struct yg_access *by, const char *id)
{
	char link[YG_PERSON_LINK_HEX + 1];
	int rc = yg_person_reset(by, id, admin->hours ? (uint32_t)admin->hours : PERSON_HOURS,
				 admin->with_factor, link);

	if (rc == YG_OK)
		yg_buf_addf(&admin->out, "%s\n", link);
	yg_wipe(link, sizeof(link));
	return rc;
}

/* By login or id. */
static int find_person(struct yg_admin *admin, const char *name, struct yg_person *ret)
{
	struct yg_access *read = NULL;
	int rc = yg_access_hub(admin->hub, &admin->actor, YG_HUB_ORG, YG_MAY_read_people, &read);

	if (rc == YG_OK)
		rc = yg_person_get(read, name, ret);
	(void)yg_access_free(read);
	return rc;
}

static int change_person(struct yg_admin *admin, struct yg_access *by)
{
	const char *what = admin->args[1];
	struct yg_person person;
	int rc = find_person(admin, admin->args[2], &person);

	if (rc != YG_OK)
		return yg_admin_error(admin, admin->args[2], rc);
	if (strcmp(what, "lock") == 0)
		rc = yg_person_set_state(by, person.id, YG_PERSON_LOCKED);
	else if (strcmp(what, "unlock") == 0)
		rc = yg_person_set_state(by, person.id, YG_PERSON_ACTIVE);
	else if (strcmp(what, "remove") == 0)
		rc = yg_person_set_state(by, person.id, YG_PERSON_LEFT);
	else if (strcmp(what, "reset") == 0)
		rc = reset_person(admin, by, person.id);
	else if (strcmp(what, "grants") == 0)
		rc = yg_person_set_grants(by, person.id, admin->grants, admin->grant_count);
	else
		return yg_admin_wording("person");
	return yg_admin_done(admin, admin->args[2], rc);
}

int yg_admin_person(struct yg_admin *admin)
{
	struct yg_access *by = NULL;
	int status;

	if (strcmp(word(admin, 1), "list") == 0 && admin->arg_count == 2)
		return list_people(admin);
	if (admin->arg_count != 3)
		return yg_admin_wording("person");
	status = yg_admin_open(admin, YG_HUB_ORG, YG_MAY_write_people, &by);
	if (status == YG_EXIT_DONE)
		status = strcmp(admin->args[1], "add") == 0 ? add_person(admin, by)
							    : change_person(admin, by);
	(void)yg_access_free(by);
	return status;
}
