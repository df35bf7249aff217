/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/automatic.h - warnings that go out without a person's look: 自動・未確認.
 *
 *   people judged what a rule found (noise, confirmed) ─► its rate of false positives, measured
 *     ─► a person switches the rule on ─► its next finding is a warning at once:
 *        sources, indicators and technique alone, the victim unnamed, certainty "machine",
 *        `automatic` in every copy, only to those whom the plan may warn without asking
 *     ─► one of them is withdrawn: the rule is off, until a person has switched it on again
 *
 * The rate is that of the last YG_AUTO_DAYS: noise among what was judged, in thousandths, counted
 * by bundles. A rule is only switched on with YG_AUTO_JUDGED_MIN of them judged, and at most
 * YG_AUTO_RATE_MAX.
 * Kept beside the warnings: kinds auto (by the digest of the rule's id) and auto_sent.
 * One thread at a time. Tests: tests/e2e/hub_automatic.py
 */
#pragma once

#include "access/warnings.h"
#include "store/facts.h"
#include "store/situations.h"

#define YG_AUTO_DAYS	   90u
#define YG_AUTO_JUDGED_MIN 20u
#define YG_AUTO_RATE_MAX   50u	/* of thousand */
#define YG_AUTO_RULE_MAX   200u /* bytes of a rule's id; longer ones stay with people */
#define YG_AUTO_RULES_MAX  1000u
#define YG_AUTO_QUIET_S	   86400 /* of one source at one organisation: once in this time */
#define YG_AUTO_AGE_S	   3600	 /* since it came; what is older stays with people */
#define YG_AUTO_HOUR_MAX   60u	 /* warnings by one rule in an hour; the rest waits for people */

/* @by: read_warnings at the hub. {"rule","on","judged","noise","rate","by","time","reason",
 * "warnings"}; of rules that were never switched none. */
YG_MUST_USE int yg_auto_list(struct yg_access *by, yg_warn_fn fn, void *arg);
/* The same of @rule, measured now: also of one that was never switched. *ret owned. */
YG_MUST_USE int yg_auto_get(struct yg_access *by, struct yg_situations *situations,
			    const char *rule, json_t **ret);
/*
 * @by: write_warnings at the hub, a person. YG_OK; YG_EACCES; YG_EINVAL: no rule, no reason;
 * YG_EMISMATCH: too few are judged, or too many were noise; YG_ELIMIT: too many rules.
 */
YG_MUST_USE int yg_auto_switch(struct yg_access *by, struct yg_situations *situations,
			       const char *rule, bool is_on, const char *reason);

/* In the transaction of a withdrawal: the rule of @plan, if it was one's, is off. */
YG_MUST_USE int yg_auto_withdrawn(struct yg_hub_access *hub, const char *actor, const json_t *plan);

/* ---- the hub itself ---- */

/* What is lent to the sending: who is to be warned, and advice (access/api.h). */
struct yg_auto_ports {
	struct yg_warn_planner planner;
	int (*advise)(void *arg, json_t *notice);
	void *arg;
};

/* Is any rule on? And which: texts as of the last call, for yg_auto_wants(). */
struct yg_auto_rules {
	char (*rules)[YG_AUTO_RULE_MAX + 1];
	uint32_t count;
};
YG_MUST_USE int yg_auto_load(struct yg_hub_access *hub, struct yg_auto_rules *ret);
void yg_auto_rules_done(struct yg_auto_rules *rules);
bool yg_auto_wants(const struct yg_auto_rules *rules, const struct yg_fact_finding *finding);

/*
 * @finding is of a rule that is on: warn. *ret_count: how many got it. YG_OK also where nothing is
 * sent: the same source was warned of before, the rule is off meanwhile, nobody may be warned
 * without being asked.
 */
YG_MUST_USE int yg_auto_send(struct yg_hub_access *hub, const struct yg_auto_ports *ports,
			     const struct yg_fact_finding *finding, uint32_t *ret_count);
