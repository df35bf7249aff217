/* SPDX-License-Identifier: Apache-2.0 */
/* warn/plan-int.h - inside the plan: the graph, and counting candidates. */
#pragma once

#include "warn/plan.h"

struct yg_plan_graph {
	const struct yg_community *community;
	/* Relations of supplier i: out_first[i] to out_first[i + 1] in community->relations. */
	uint32_t *out_first; /* members + 1 */
	/* Relations to buyer i, as indices in community->relations, by supplier. */
	uint32_t *in_first; /* members + 1 */
	uint32_t *in_relations;
};

/* Fill candidates of @recipients (@count) of rules with `to: buyers`. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_plan_count_buyers(const struct yg_plan_graph *graph,
				     const struct yg_warn_rules *rules,
				     struct yg_plan_recipient *recipients, uint32_t count);
