/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin consent` and `views`. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/json.h"
#include "base/zone.h"
#include "model/day.h"

#include "base/ban.h"

#define PAGE 1000u

static const char *word(const struct yg_admin *admin, size_t at)
{
	return admin->arg_count > at ? admin->args[at] : "";
}

/* ---- terms and consent ---- */

static int set_terms(struct yg_admin *admin)
{
	struct yg_terms terms = {.from_day = admin->from_day};
	struct yg_access *by = NULL;
	int status;

	if (!admin->version || (admin->version[0] && !admin->host))
		return yg_admin_wording("consent terms");
	if (strlen(admin->version) > YG_CONSENT_VERSION_MAX ||
	    (admin->host && strlen(admin->host) > YG_CONSENT_HOST_MAX))
		return yg_admin_error(admin, "consent terms", YG_EINVAL);
	if (terms.from_day == YG_DAY_NONE)
		terms.from_day = yg_day_in(yg_hub_zone_of(admin->hub), admin->now_ns);
	(void)snprintf(terms.version, sizeof(terms.version), "%s", admin->version); /* measured */
	(void)snprintf(terms.host, sizeof(terms.host), "%s",
		       admin->host ? admin->host : ""); /* measured */
	status = yg_admin_open(admin, YG_HUB_ORG, YG_MAY_write_org, &by);
	if (status == YG_EXIT_DONE)
		status = yg_admin_done(admin, "consent terms", yg_terms_set(by, &terms));
	(void)yg_access_free(by);
	return status;
}

/* What the member signed on paper, written down here. */
static int set_consent(struct yg_admin *admin, bool is_withdrawal)
{
	struct yg_access *by = NULL;
	int status;
	int rc;

	if (!admin->org || (!is_withdrawal && (!admin->version || !admin->signed_by ||
					       admin->signed_day == YG_DAY_NONE)))
		return yg_admin_wording("consent");
	status = yg_admin_open(admin, admin->org, YG_MAY_write_consent, &by);
	if (status != YG_EXIT_DONE)
		return status;
	rc = is_withdrawal
		     ? yg_consent_withdraw(by)
		     : yg_consent_give(by, admin->version, admin->signed_by, admin->signed_day);
	(void)yg_access_free(by);
	return yg_admin_done(admin, rc == YG_EMISMATCH ? admin->version : admin->org, rc);
}

/* One organisation: what it agreed to, if anything. */
static int print_consent(void *arg, const struct yg_hub_org *org)
{
	struct yg_admin *admin = arg;
	struct yg_consent consent = {.day = YG_DAY_NONE, .recorded_ns = YG_TIME_NONE};
	struct yg_access *by = NULL;
	bool may_send;
	int rc = yg_access_hub(admin->hub, &admin->actor, org->id, YG_MAY_read_consent, &by);

	if (rc == YG_OK)
		rc = yg_consent_get(by, &consent);
	(void)yg_access_free(by);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	may_send = yg_consent_is_current(admin->enrol, org->id) == YG_OK;
	if (admin->is_json)
		return yg_admin_json(
			admin, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:b, s:b}", "organisation",
					 org->id, "version", consent.version, "host",
					 yg_json_string(yg_bytes_str(consent.host)), "signed_by",
					 yg_json_string(yg_bytes_str(consent.signed_by)), "signed",
					 yg_admin_day(consent.day), "recorded",
					 yg_admin_time(consent.recorded_ns), "withdrawn",
					 (int)consent.is_withdrawn, "may_send", (int)may_send));
	yg_buf_addf(&admin->out, "%s  %s  %s  %s\n", org->id,
		    consent.version[0] ? consent.version : "-",
		    yg_say_safe(yg_bytes_str(consent.signed_by), YG_ENROL_NAME_MAX),
		    yg_say_tr(may_send ? N_("may send") : N_("sends nothing")));
	return yg_buf_error(&admin->out);
}

static int print_terms(struct yg_admin *admin)
{
	struct yg_terms terms;
	char day[YG_DAY_SIZE] = "";
	int rc = yg_terms_get(admin->enrol, &terms);

	if (rc != YG_OK || admin->is_json)
		return rc;
	if (!terms.version[0]) {
		yg_buf_addf(&admin->out, "%s\n",
			    yg_say_tr(N_("no terms are set; no consent is demanded")));
		return yg_buf_error(&admin->out);
	}
	if (terms.from_day != YG_DAY_NONE)
		yg_day_write(terms.from_day, day);
	yg_buf_addf(&admin->out, yg_say_tr(N_("terms %s since %s; the data lie at: %s\n")),
		    terms.version, day, yg_say_safe(yg_bytes_str(terms.host), YG_CONSENT_HOST_MAX));
	return yg_buf_error(&admin->out);
}

static int show_consent(struct yg_admin *admin)
{
	struct yg_access *by = NULL;
	int status =
		yg_admin_open(admin, admin->org ? admin->org : YG_HUB_ORG, YG_MAY_read_org, &by);
	int rc;

	if (status != YG_EXIT_DONE)
		return status;
	rc = print_terms(admin);
	if (rc == YG_OK)
		rc = yg_hub_org_list(by, "", YG_DOC_LIST_MAX, print_consent, admin);
	(void)yg_access_free(by);
	return yg_admin_done(admin, "consent show", rc);
}

int yg_admin_consent(struct yg_admin *admin)
{
	const char *what = word(admin, 1);

	if (admin->arg_count != 2)
		return yg_admin_wording("consent");
	if (strcmp(what, "terms") == 0)
		return set_terms(admin);
	if (strcmp(what, "set") == 0)
		return set_consent(admin, false);
	if (strcmp(what, "withdraw") == 0)
		return set_consent(admin, true);
	return strcmp(what, "show") == 0 ? show_consent(admin) : yg_admin_wording("consent");
}

/* ---- who opened what, when and why ---- */

struct views {
	struct yg_admin *admin;
	uint32_t seen;
	char last[YG_RANDOM_ID_HEX + 1];
};

static int print_view(void *arg, const struct yg_view *view)
{
	struct views *views = arg;
	struct yg_admin *admin = views->admin;
	char time[YG_ISO_SIZE];

	views->seen++;
	memcpy(views->last, view->id, sizeof(views->last));
	if (admin->is_json)
		return yg_admin_json(
			admin, json_pack("{s:o, s:s, s:o, s:s, s:s, s:o, s:I, s:o}", "time",
					 yg_admin_time(view->time_ns), "actor", view->actor, "name",
					 yg_json_string(yg_bytes_str(view->name)), "organisation",
					 view->org, "role", yg_view_role_name(view), "what",
					 yg_json_string(yg_bytes_str(view->what)), "records",
					 (json_int_t)view->records, "reason",
					 yg_json_string(yg_bytes_str(view->reason))));
	(void)yg_time_iso(view->time_ns,
			  yg_zone_offset_at(yg_hub_zone_of(admin->hub), view->time_ns),
			  time); /* returns its size */
	yg_buf_addf(&admin->out, "%s  %s (%s, %s)  %s  %s\n", time,
		    yg_say_safe(yg_bytes_str(view->name), YG_ENROL_NAME_MAX), view->org,
		    yg_view_role_name(view),
		    yg_say_safe(yg_bytes_str(view->what), YG_VIEW_WHAT_MAX),
		    yg_say_safe(yg_bytes_str(view->reason), YG_VIEW_REASON_MAX));
	return yg_buf_error(&admin->out);
}

int yg_admin_views(struct yg_admin *admin)
{
	struct views views = {.admin = admin};
	struct yg_access *by = NULL;
	int status;
	int rc;

	if (admin->arg_count != 1 || !admin->org)
		return yg_admin_wording("views");
	status = yg_admin_open(admin, admin->org, YG_MAY_read_views, &by);
	if (status != YG_EXIT_DONE)
		return status;
	do {
		char after[YG_RANDOM_ID_HEX + 1];

		memcpy(after, views.last, sizeof(after));
		views.seen = 0;
		rc = yg_views_list(by, after, PAGE, print_view, &views);
	} while (rc == YG_OK && views.seen == PAGE);
	(void)yg_access_free(by);
	return yg_admin_done(admin, "views", rc);
}
