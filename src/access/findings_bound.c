/* SPDX-License-Identifier: Apache-2.0 */
/* Findings for an access that is bound to one organisation. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/findings.h"

#include "base/ban.h"

int yg_findings_of(struct yg_facts *facts, const struct yg_access *access,
		   const struct yg_fact_filter *filter, yg_fact_fn fn, void *arg)
{
	const struct yg_bytes org = yg_bytes_str(yg_access_org(access));
	struct yg_fact_filter bound = *filter;

	bound.is_all_orgs = false;
	bound.orgs = &org;
	bound.org_count = 1;
	return yg_facts_list(facts, &bound, fn, arg);
}
