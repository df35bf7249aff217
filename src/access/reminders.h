/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/reminders.h - somebody is reminded that a report is due (docs/forms.md).
 *
 *   deadline ─► step (so many hours before, on the last day, the day after) ─► contact, deputy,
 *                                                            the member's own program: the outbox
 *
 * What a deadline is, the forms say (share/incident.h, by way of app/); here is which step it is
 * time for, and that each is told once: a reminder's id is derived from organisation, report, last
 * day, step and recipient, and it is written down in the transaction that puts it into the outbox
 * (access/warnings.h), so whatever ends in between, there is one of it. Forms with the same last
 * day are one reminder; a last day that moves because the record was put right is another one. A
 * step whose time is over when the next has come is left out, and so is what was over for longer
 * than YG_REMIND_LATE_DAYS.
 *
 * A mail says which report and until when, and nothing of what happened: it may end in a shared
 * box. To the address in the record (reporter.mail) where its domain is that of an address in the
 * register, else to the register's contact; and to the register's deputy.
 *
 * Kept in the organisation's own store, gone with it: kinds reminder (ID) and report_reminders
 * ("times"). One thread at a time. Tests: tests/unit/access/test_reminders.c,
 * tests/e2e/hub_report_reminders.py
 */
#pragma once

#include <jansson.h>

#include "access/hub.h"
#include "access/reports.h"
#include "model/form.h"

#define YG_REMIND_BEFORE_MAX 5u
#define YG_REMIND_HOURS_MAX  (60u * 24)
#define YG_REMIND_LATE_DAYS  14

/* When, counted from @from_hour o'clock (Japan) of the last day. */
struct yg_remind_times {
	uint32_t before[YG_REMIND_BEFORE_MAX]; /* hours, the most first */
	uint32_t count;
	bool on_day;
	bool is_over; /* the day after, once */
	uint32_t from_hour;
};
#define YG_REMIND_TIMES_DEFAULT                                                                    \
	((struct yg_remind_times){                                                                 \
		.before = {24}, .count = 1, .on_day = true, .is_over = true, .from_hour = 9})

/* When it is time: @now_ns, and where the people live whose hours from_hour means (NULL: UTC). */
struct yg_remind_now {
	int64_t now_ns;
	const struct yg_zone *zone;
};
/* The step it is time for when @day is the last; *ret_hours of "before", else 0. False: none, not
 * yet or no more. Pure. */
bool yg_remind_step_at(const struct yg_remind_times *times, int32_t day,
		       const struct yg_remind_now *now, enum yg_remind_step *ret,
		       uint32_t *ret_hours);

/* {"before_hours":[24],"on_day":true,"over":true,"from_hour":9}; what is missing as by default.
 * YG_EINVAL. */
YG_MUST_USE int yg_remind_times_read(const json_t *in, struct yg_remind_times *ret);
json_t *yg_remind_times_json(const struct yg_remind_times *times); /* NULL without memory */

/* @by: read_reports, write_reports. */
YG_MUST_USE int yg_remind_times_get(struct yg_access *by, struct yg_remind_times *ret);
YG_MUST_USE int yg_remind_times_set(struct yg_access *by, const struct yg_remind_times *times);

/* [{"forms":[{"form","stage"}],"day","step","hours","to","made","state","time"}] of @report, oldest
 * first; *ret owned. @by: read_reports. */
YG_MUST_USE int yg_remind_list(struct yg_access *by, const char *report, json_t **ret);

/* ---- the hub itself ---- */

struct yg_remind_due {
	const char *form;
	const char *stage;
};
struct yg_remind {
	const char *org;
	const char *report;
	int32_t day;
	enum yg_remind_step step;
	uint32_t hours;
	const struct yg_remind_due *dues; /* with this last day */
	uint32_t due_count;
};
/* To all who are to be told and were not: *ret_count of them. In one transaction. */
YG_MUST_USE int yg_remind_put(struct yg_hub_access *hub, const struct yg_remind *one,
			      int64_t now_ns, uint32_t *ret_count);
YG_MUST_USE int yg_remind_times_of(struct yg_hub_access *hub, const char *org,
				   struct yg_remind_times *ret);

/* Organisations by id after @after, and the reports of one; @limit of them, 0: all. For the hub's
 * own look at deadlines alone. */
typedef int (*yg_remind_org_fn)(void *arg, const char *org, bool is_closed);
YG_MUST_USE int yg_remind_orgs(struct yg_hub_access *hub, const char *after, uint32_t limit,
			       yg_remind_org_fn fn, void *arg);
typedef int (*yg_remind_report_fn)(void *arg, const char *id, const json_t *record);
YG_MUST_USE int yg_remind_reports(struct yg_hub_access *hub, const char *org, const char *after,
				  uint32_t limit, yg_remind_report_fn fn, void *arg);
