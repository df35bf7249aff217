/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/profile.h - what each rule costs (`yagura detect --profile`, docs/tuning.md). Thread-safe.
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"
#include "model/finding.h"

struct yg_profile_line {
	const struct yg_rule_info *rule;
	uint64_t records; /* that its logsource let through */
	uint64_t runs;	  /* of them those on which its condition was run */
	uint64_t tests;	  /* comparisons asked for */
	uint64_t matches;
	uint64_t timed; /* runs that were measured */
	double ns_per_record;
	double ns_total;     /* estimated from those */
	double work_per_kib; /* what the budget is compared with */
};

struct yg_profile_report {
	uint64_t records; /* that met any rule */
	uint64_t timed_records;
	double search_ns_per_record;	     /* the search that all rules share */
	const struct yg_profile_line *lines; /* dearest first */
	size_t line_count;
};

/* The dearest ones, as a table. */
void yg_profile_text(struct yg_buf *to, const struct yg_profile_report *report, enum yg_lang lang);
/* All, as one JSON object and LF. */
void yg_profile_json(struct yg_buf *to, const struct yg_profile_report *report, enum yg_lang lang);
