/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_remind.h"

#include <stdlib.h>

#include "access/reminders.h"
#include "app/hub_report.h"
#include "base/alloc.h"
#include "share/incident.h"

#include "base/ban.h"

#define DUES_MAX (YG_FORM_COUNT_MAX * YG_FORM_DEADLINES_MAX) /* of one report */
#define TURN_NS	 (YG_NS_PER_S / 5)

struct yg_hub_remind {
	struct yg_hub_access *hub;
	const struct yg_forms *forms;
	char org[YG_ENROL_ID_MAX + 1];	   /* being gone over, or the last that was */
	bool is_inside;			   /* of org */
	char report[YG_REPORT_ID_MAX + 1]; /* the last that was looked at there */
	struct yg_remind_times times;
	struct found {
		struct yg_remind_due due;
		int32_t day;
		enum yg_remind_step step;
		uint32_t hours;
		bool is_told;
	} found[DUES_MAX]; /* of one report */
	uint32_t count;
	int64_t now_ns;
	int64_t next_ns; /* the next turn */
	int64_t rest_ns; /* until then */
	bool is_going;	 /* a look over all takes more than one turn */
};

struct yg_hub_remind *yg_hub_remind_new(struct yg_hub_access *hub,
					const struct yg_hub_report *report)
{
	struct yg_hub_remind *remind = yg_calloc(1, sizeof(*remind));

	if (!remind)
		return NULL;
	remind->hub = hub;
	remind->forms = report ? yg_hub_report_forms(report) : NULL;
	return remind;
}

struct yg_hub_remind *yg_hub_remind_free(struct yg_hub_remind *remind)
{
	free(remind);
	return NULL;
}

/* ---- one report ---- */

static void look_form(struct yg_hub_remind *r, const struct yg_form *form, const json_t *record)
{
	struct yg_incident_fill ask = {
		.forms = r->forms, .form = form, .lang = YG_LANG_EN, .now_ns = r->now_ns};
	const struct yg_remind_now now = {r->now_ns, yg_hub_zone_of(r->hub)};
	struct yg_filled_due dues[YG_FORM_DEADLINES_MAX];
	uint32_t count;

	if (!yg_incident_applies(r->forms, form, record))
		return;
	yg_incident_dues(&ask, record, dues, &count);
	for (uint32_t i = 0; i < count && r->count < DUES_MAX; i++) {
		struct found *one = &r->found[r->count];

		*one = (struct found){
			.due = {(const char *)form->id.data, yg_form_stage_name(dues[i].stage)},
			.day = dues[i].latest};
		r->count += dues[i].state != YG_DUE_SENT && dues[i].state != YG_DUE_UNKNOWN &&
			    yg_remind_step_at(&r->times, one->day, &now, &one->step, &one->hours);
	}
}

static int look_report(void *arg, const char *id, const json_t *record)
{
	struct yg_hub_remind *r = arg;

	(void)snprintf(r->report, sizeof(r->report), "%s", id); /* the same room */
	for (uint32_t i = 0; i < r->forms->form_count; i++)
		look_form(r, r->forms->forms[i], record);
	return YG_EEND;
}

/* What has the last day, and is at the step, of number @first: one reminder. */
static int tell(struct yg_hub_remind *r, uint32_t first)
{
	struct yg_remind_due dues[DUES_MAX];
	struct yg_remind one = {.org = r->org,
				.report = r->report,
				.day = r->found[first].day,
				.step = r->found[first].step,
				.hours = r->found[first].hours,
				.dues = dues};
	uint32_t told;

	for (uint32_t i = first; i < r->count; i++) {
		struct found *other = &r->found[i];

		if (other->day != one.day || other->step != one.step || other->hours != one.hours)
			continue;
		other->is_told = true;
		dues[one.due_count++] = other->due;
	}
	return yg_remind_put(r->hub, &one, r->now_ns, &told);
}

/* The next report of the organisation. YG_ENOENT: there is none. */
static int next_report(struct yg_hub_remind *r)
{
	char after[sizeof(r->report)];
	int rc;

	(void)snprintf(after, sizeof(after), "%s", r->report); /* the same room */
	r->count = 0;
	rc = yg_remind_reports(r->hub, r->org, after, 1, look_report, r);
	if (rc != YG_EEND)
		return rc == YG_OK ? YG_ENOENT : rc;
	rc = YG_OK;
	for (uint32_t i = 0; rc == YG_OK && i < r->count; i++)
		if (!r->found[i].is_told)
			rc = tell(r, i);
	return rc;
}

/* ---- all of them ---- */

static int look_org(void *arg, const char *org, bool is_closed)
{
	struct yg_hub_remind *r = arg;

	(void)snprintf(r->org, sizeof(r->org), "%s", org); /* the same room */
	r->is_inside = !is_closed;
	r->report[0] = '\0';
	return YG_EEND;
}

/* The next organisation. YG_ENOENT: that was all. */
static int next_org(struct yg_hub_remind *r)
{
	char after[sizeof(r->org)];
	int rc;

	(void)snprintf(after, sizeof(after), "%s", r->org); /* the same room */
	rc = yg_remind_orgs(r->hub, after, 1, look_org, r);
	if (rc != YG_EEND)
		return rc == YG_OK ? YG_ENOENT : rc;
	return r->is_inside ? yg_remind_times_of(r->hub, r->org, &r->times) : YG_OK;
}

/* What cannot be read or written of one is passed over: the others are not to wait for it. */
static int step(struct yg_hub_remind *r)
{
	int rc;

	if (!r->is_inside)
		return next_org(r);
	rc = next_report(r);
	if (rc == YG_ENOENT) {
		r->is_inside = false;
		return YG_OK;
	}
	return rc == YG_EFORMAT || rc == YG_EINVAL ? YG_OK : rc;
}

int yg_hub_remind_run(struct yg_hub_remind *remind, int64_t now_ns)
{
	int rc = YG_OK;

	/* A clock that was set back does not hold it up. */
	if (!remind->forms ||
	    (now_ns < remind->next_ns && now_ns >= remind->next_ns - remind->rest_ns))
		return YG_OK;
	remind->now_ns = now_ns;
	for (unsigned i = 0; rc == YG_OK && i < YG_HUB_REMIND_AT_ONCE; i++)
		rc = step(remind);
	remind->rest_ns = TURN_NS;
	if (rc == YG_ENOENT) {
		remind->org[0] = '\0';
		remind->is_inside = false;
		remind->rest_ns = YG_NS_PER_S *
				  (remind->is_going ? YG_HUB_REMIND_PASS_S : YG_HUB_REMIND_SMALL_S);
	}
	remind->is_going = rc != YG_ENOENT;
	remind->next_ns = now_ns + remind->rest_ns;
	return rc == YG_ENOENT ? YG_OK : rc;
}
