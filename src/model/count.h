/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/count.h - numbers of a run (`yagura detect --count`). Filled by app/, read by render/.
 */
#pragma once

#include "model/explain.h"
#include "model/report.h"

struct yg_count_rule {
	const struct yg_rule_info *rule;
	uint64_t findings;
};

struct yg_count {
	const struct yg_report *report;
	const struct yg_record_kind *kinds; /* most records first */
	size_t kind_count;
	uint64_t other_records;		   /* of kinds beyond those */
	const struct yg_count_rule *rules; /* gravest level first, then most findings, then id */
	size_t rule_count;
	uint64_t other_findings;     /* of rules beyond those */
	const uint64_t (*levels)[5]; /* of each input */
};
