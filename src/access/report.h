/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/report.h - the month of one organisation (model/month.h) from what the hub's stores hold.
 *
 * Who asks has read_findings there; what needs more rights is left out where they are not had, and
 * the month says so. A count is of what is still kept: alerts and records that reached their end of
 * retention are in the counters of days, but not among the situations.
 * One thread at a time. Tests: tests/unit/access/test_report.c, tests/e2e/hub_report.py
 * Source: issue "Console": monthly report per member (A4, one page for the president)
 */
#pragma once

#include <jansson.h>

#include "access/hub.h"
#include "model/month.h"
#include "store/facts.h"
#include "store/situations.h"

struct yg_month_from {
	struct yg_hub_access *hub;
	struct yg_enrol *enrol;
	struct yg_facts *facts;		  /* NULL: nothing was ever found */
	struct yg_situations *situations; /* as above */
	/* As access/api.h lends it. NULL: nothing is known of any. */
	bool (*heartbeat)(void *arg, const char *sensor, struct yg_hub_heartbeat *ret);
	void *arg;
	int64_t now_ns;
	const struct yg_zone *zone; /* whose month and days; NULL: UTC */
};
struct yg_month_may {
	bool warnings; /* read_warnings at the organisation, and so on */
	bool sensors;
	bool views;
	bool members;
};
/* "2026-11", from 1970-01 to 2261-12. False: no month. */
bool yg_month_read(struct yg_bytes text, unsigned *ret_year, unsigned *ret_month);
/* The last month that is over there at @now_ns. */
void yg_month_before(const struct yg_zone *zone, int64_t now_ns, unsigned *ret_year,
		     unsigned *ret_month);
/*
 * ret->year and ->month say which. The caller has looked whether @org may be asked about. YG_OK;
 * YG_ENOENT: no such organisation; YG_EINVAL: a month that has not begun; errors of stores.
 * Cost: O(days + situations of the organisation since then + warnings of the month + cases).
 */
YG_MUST_USE int yg_month_make(const struct yg_month_from *from, const char *org,
			      const struct yg_month_may *may, struct yg_month *ret);
/* As the API shows it; sentences in @lang. NULL without memory. */
json_t *yg_month_json(const struct yg_month *month, enum yg_lang lang);
