/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/assess/sample_statement.h - the small assessment, stated and signed. */
#pragma once

#include "assess/statement.h"
#include "base/clock.h"

#include "sample_assessment.h"

#define SAMPLE_DAY    20782 /* 2026-11-25 */
#define SAMPLE_ZONE_S 32400

/* 2026-11-25 08:30 in Japan, which is the day before in UTC. */
#define SAMPLE_ISSUED_NS ((SAMPLE_DAY * INT64_C(86400) - 1800) * YG_NS_PER_S)

static const char sample_secret[] = "yagura-key v1 secret\n"
				    "name: 株式会社山田製作所\n"
				    "created: 2026-11-25\n"
				    "expires: 2027-11-25\n"
				    "seed: nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n";

static inline json_t *sample_snapshot(void)
{
	json_t *trees[] = {sample_tree(sample_head), sample_tree(sample_scope),
			   sample_criteria_tree(), sample_tree(sample_evidence)};
	struct yg_snapshot_parts parts = {.head = trees[0],
					  .scope = trees[1],
					  .criteria = trees[2],
					  .evidence = trees[3],
					  .framework_sha256 = SAMPLE_SHA};
	json_t *snapshot = NULL;

	if (yg_snapshot_build(&parts, &snapshot) != YG_OK)
		snapshot = NULL;
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
		json_decref(trees[i]);
	return snapshot;
}

/* The envelope to @to; false when anything fails. */
static inline bool sample_sign(const struct yg_key *key, int64_t issued_ns, struct yg_buf *to)
{
	struct yg_statement_new wanted = {issued_ns, SAMPLE_ZONE_S, "0.1.0", "結果", "result", key};
	json_t *snapshot = sample_snapshot();
	json_t *statement = NULL;
	bool is_done = snapshot && yg_statement_build(snapshot, &wanted, &statement) == YG_OK &&
		       yg_statement_seal(statement, key, to) == YG_OK;

	json_decref(statement);
	json_decref(snapshot);
	return is_done;
}
