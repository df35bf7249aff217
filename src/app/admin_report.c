/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin report`: the month of one organisation, beside the hub, as a page or in numbers. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/report.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/hub_beats.h"
#include "app/say.h"
#include "base/alloc.h"
#include "render/month.h"

#include "base/ban.h"

#define PATH_ROOM 4096u

struct reporting {
	struct yg_admin *admin;
	struct yg_hub_beats *beats;
	struct yg_month_from from;
	struct yg_month month;
};

static bool heartbeat(void *arg, const char *sensor, struct yg_hub_heartbeat *ret)
{
	struct reporting *r = arg;

	return yg_hub_beats_get(r->beats, r->admin->data, sensor, ret);
}

/* Without them nothing was ever found: the page says so. */
static int open_stores(struct reporting *r)
{
	char path[PATH_ROOM];
	int rc = strlen(r->admin->data) < sizeof(path) - 32 ? YG_OK : YG_ELIMIT;

	if (rc != YG_OK)
		return rc;
	(void)snprintf(path, sizeof(path), "%s/facts.db", r->admin->data); /* measured */
	rc = yg_facts_open_sqlite(path, false, &r->from.facts);
	(void)snprintf(path, sizeof(path), "%s/situations.db", r->admin->data); /* as above */
	if (rc == YG_OK)
		rc = yg_situations_open(path, false, &r->from.situations);
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int make(struct reporting *r)
{
	const struct yg_month_may all = {true, true, true, true};
	struct yg_admin *admin = r->admin;
	int rc = open_stores(r);

	if (rc == YG_OK)
		rc = yg_month_make(&r->from, admin->org, &all, &r->month);
	if (rc == YG_OK && admin->is_json)
		rc = yg_admin_json(admin, yg_month_json(&r->month, yg_say_lang_now()));
	else if (rc == YG_OK)
		yg_month_page(&admin->out, &r->month, yg_say_lang_now());
	return rc == YG_OK ? yg_buf_error(&admin->out) : rc;
}

static bool read_month(const struct yg_admin *admin, const struct yg_zone *zone,
		       struct yg_month *to)
{
	if (!admin->month) {
		yg_month_before(zone, admin->now_ns, &to->year, &to->month);
		return true;
	}
	return yg_month_read(yg_bytes_str(admin->month), &to->year, &to->month);
}

static int say_month(const struct yg_admin *admin)
{
	yg_say(N_("--month %s: a month that has begun, for example 2026-11"),
	       yg_say_safe(yg_bytes_str(admin->month ? admin->month : ""), 40));
	return YG_EXIT_FAILED;
}

int yg_admin_report(struct yg_admin *admin)
{
	const struct yg_zone *zone = NULL;
	struct reporting *r;
	int status, rc;

	if (admin->arg_count != 1 || !admin->org)
		return yg_admin_wording("report");
	r = yg_calloc(1, sizeof(*r));
	if (!r)
		return YG_EXIT_FAILED;
	if (!yg_admin_days_of(admin, !admin->is_json, &zone)) {
		free(r);
		return YG_EXIT_FAILED;
	}
	r->admin = admin;
	r->beats = yg_hub_beats_new();
	r->from = (struct yg_month_from){.hub = admin->hub,
					 .enrol = admin->enrol,
					 /* As the API: a page is people's, numbers are UTC. */
					 .zone = zone,
					 .heartbeat = heartbeat,
					 .arg = r,
					 .now_ns = admin->now_ns};
	rc = r->beats ? read_month(admin, r->from.zone, &r->month) ? make(r) : YG_EINVAL
		      : YG_ENOMEM;
	status = rc == YG_EINVAL ? say_month(admin) : yg_admin_done(admin, admin->org, rc);
	(void)yg_situations_free(r->from.situations);
	(void)yg_facts_free(r->from.facts);
	(void)yg_hub_beats_free(r->beats);
	free(r);
	return status;
}
