/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/reports.h - records of incidents at a hub (docs/forms.md): an organisation's own, kept
 * with every version under its id; they go with it when it leaves.
 *
 * What may stand in a record, the forms say (share/incident.h, by way of the port of access/api.h);
 * here it is a JSON object without version and history, which the store's revisions are. Reading
 * needs read_reports, writing write_reports, at the organisation: nobody of the hub reads them.
 * Each change is an entry of the audit log: report.add, report.change, report.sent.
 */
#pragma once

#include "access/hub.h"

#define YG_REPORT_ID_MAX 64u
#define YG_REPORTS_MAX	 5000u /* of one organisation */

struct yg_report_version {
	uint32_t number; /* from 1 */
	int64_t time_ns;
	char by[YG_DOC_ACTOR_MAX + 1];
};

/* Letters, digits, . _ - ; not longer than above. */
bool yg_report_is_id(const char *id);

/* A new one: YG_OK, YG_EDUPLICATE, YG_ELIMIT: there are too many; or as yg_hub_require(). */
YG_MUST_USE int yg_report_add(struct yg_access *by, const char *id, const json_t *record);
/* @expected: the version it was made from, else YG_EMISMATCH. @action: "report.change",
 * "report.sent". YG_ENOENT. */
YG_MUST_USE int yg_report_change(struct yg_access *by, const char *id, const json_t *record,
				 uint32_t expected, const char *action);

/* *ret owned, with its "version". YG_ENOENT. */
YG_MUST_USE int yg_report_get(struct yg_access *by, const char *id, json_t **ret,
			      struct yg_report_version *ret_version);

/* By id after @after ("": from the first); the callback may read, not write. */
typedef int (*yg_report_fn)(void *arg, const char *id, json_t *record,
			    const struct yg_report_version *version);
YG_MUST_USE int yg_report_list(struct yg_access *by, const char *after, uint32_t limit,
			       yg_report_fn fn, void *arg);
/* Every version of one, oldest first. YG_ENOENT. */
YG_MUST_USE int yg_report_history(struct yg_access *by, const char *id, yg_report_fn fn, void *arg);
