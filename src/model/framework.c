/* SPDX-License-Identifier: Apache-2.0 */
#include "model/framework.h"

#include "base/ban.h"

static const char *const evidence_kinds[YG_EVIDENCE_KIND_COUNT] = {
	[YG_EVIDENCE_QUERY] = "query",	     [YG_EVIDENCE_RECORD] = "record",
	[YG_EVIDENCE_EXCHANGE] = "exchange", [YG_EVIDENCE_IMPORT] = "import",
	[YG_EVIDENCE_SERVICE] = "service",   [YG_EVIDENCE_STATEMENT] = "statement",
};

const char *yg_evidence_kind_name(enum yg_evidence_kind kind)
{
	return evidence_kinds[kind];
}

bool yg_evidence_kind_by_name(struct yg_bytes name, enum yg_evidence_kind *ret)
{
	for (unsigned i = 0; i < YG_EVIDENCE_KIND_COUNT; i++)
		if (yg_bytes_eq(name, yg_bytes_str(evidence_kinds[i]))) {
			*ret = (enum yg_evidence_kind)i;
			return true;
		}
	return false;
}

uint32_t yg_framework_node(const struct yg_framework *framework, struct yg_bytes ref_id)
{
	for (uint32_t i = 0; i < framework->node_count; i++)
		if (yg_bytes_eq(framework->nodes[i].ref_id, ref_id))
			return i;
	return YG_NODE_NONE;
}

uint32_t yg_framework_level(const struct yg_framework *framework, struct yg_bytes ref_id)
{
	for (uint32_t i = 0; i < framework->level_count; i++)
		if (yg_bytes_eq(framework->levels[i].ref_id, ref_id))
			return i;
	return YG_NODE_NONE;
}

const struct yg_framework_rule *yg_framework_rule(const struct yg_framework *framework,
						  uint32_t level)
{
	const struct yg_framework_rule *general = NULL;

	for (uint32_t i = 0; i < framework->rule_count; i++) {
		if (framework->rules[i].level == level)
			return &framework->rules[i];
		if (framework->rules[i].level == YG_NODE_NONE)
			general = &framework->rules[i];
	}
	return general;
}
