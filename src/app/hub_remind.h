/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_remind.h - keeper: goes over the reports of all organisations and reminds of those that
 * are due (access/reminders.h; the deadlines are the forms', share/incident.h).
 *
 * It stands still between its looks, so a hub that was off for a while reminds of what is due now,
 * and not of what was due in between. In the loop's thread.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

#define YG_HUB_REMIND_PASS_S  60 /* between looks over all: deadlines are hours away */
#define YG_HUB_REMIND_SMALL_S 10 /* where all is looked at in one turn, that costs nothing */
#define YG_HUB_REMIND_AT_ONCE 50 /* reports looked at in one turn of the loop */

struct yg_hub_access;
struct yg_hub_report;
struct yg_hub_remind;

struct yg_hub_remind *yg_hub_remind_new(struct yg_hub_access *hub,
					const struct yg_hub_report *report); /* or NULL */
struct yg_hub_remind *yg_hub_remind_free(struct yg_hub_remind *remind);

/* Some of what there is to look at, or nothing yet. Errors of the store; the next call goes on. */
YG_MUST_USE int yg_hub_remind_run(struct yg_hub_remind *remind, int64_t now_ns);
