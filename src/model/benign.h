/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/benign.h - what rules find where nothing is amiss (`yagura rules benign`): filled by
 * app/benign.c, read by render/benign.c.
 */
#pragma once

#include "model/finding.h"
#include "model/report.h"

struct yg_benign_value {
	struct yg_bytes field;
	struct yg_bytes value; /* cut at YG_BENIGN_VALUE_MAX bytes */
	uint64_t hits;	       /* of those looked at */
	double background;     /* share of the records of its kind that have it */
};

#define YG_BENIGN_VALUE_MAX    512u
#define YG_BENIGN_EXAMPLES_MAX 100u
#define YG_BENIGN_FILTER_MAX   3u

struct yg_benign_example {
	struct yg_bytes source;
	uint64_t position;
	struct yg_bytes event_json;
};

struct yg_benign_rule {
	const struct yg_rule_info *rule;
	struct yg_bytes product, category, service; /* of its logsource; empty = any */
	uint64_t findings;
	uint64_t looked; /* hits whose values were counted; 0: a correlation, an indicator */
	const struct yg_benign_example *examples;
	uint32_t example_count;
	const struct yg_benign_value *causes; /* what made the rule true, most first */
	uint32_t cause_count;
	struct yg_benign_value filter[YG_BENIGN_FILTER_MAX]; /* a suggestion; all must hold */
	uint32_t filter_count;
	uint64_t filter_covers; /* hits looked at that it takes away, at least */
};

struct yg_benign {
	const struct yg_report *run; /* inputs, when it was made, zone */
	uint64_t records;
	uint64_t unparsed;
	uint64_t findings;
	const struct yg_benign_rule *rules; /* most findings first */
	size_t rule_count;
};
