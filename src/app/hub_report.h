/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_report.h - what the hub's operations ask of the forms of reports (docs/forms.md): the
 * forms that come with the program, lent to access/api.h by way of share/ and render/.
 */
#pragma once

#include "access/api.h"

struct yg_hub_report;

/* YG_OK, YG_ENOMEM. */
YG_MUST_USE int yg_hub_report_new(struct yg_hub_report **ret);
struct yg_hub_report *yg_hub_report_free(struct yg_hub_report *report);

/* The port `report` of access/api.h. */
YG_MUST_USE int yg_hub_report_ask(const struct yg_hub_report *report, enum yg_hub_report_what what,
				  const struct yg_hub_report_ask *ask, struct yg_buf *to);

/* The forms themselves; they live as long as @report and never change. */
struct yg_forms;
const struct yg_forms *yg_hub_report_forms(const struct yg_hub_report *report);
