/* SPDX-License-Identifier: Apache-2.0 */
#include "model/framework.h"

#include "../check.h"
#include "model/assessment.h"
#include "model/table.h"

static struct yg_bytes text(const char *s)
{
	return yg_bytes_str(s);
}

static void chooses_a_language(void)
{
	struct yg_text2 both = {.ja = text("日"), .en = text("en")};
	struct yg_text2 one = {.en = text("only")};
	struct yg_text2 none = {0};

	CHECK_TEXT(yg_text2(&both, YG_LANG_JA), "日");
	CHECK_TEXT(yg_text2(&both, YG_LANG_EN), "en");
	CHECK_TEXT(yg_text2(&one, YG_LANG_JA), "only");
	CHECK(yg_text2(&none, YG_LANG_EN).size == 0);
}

static void finds_nodes_levels_and_rules(void)
{
	struct yg_framework_level levels[] = {{.ref_id = text("low")}, {.ref_id = text("high")}};
	struct yg_framework_node nodes[] = {{.ref_id = text("1")},
					    {.ref_id = text("1-1"), .levels = 2}};
	struct yg_framework_rule rules[] = {{.level = 1, .kind = YG_RULE_SUM},
					    {.level = YG_NODE_NONE, .kind = YG_RULE_NONE}};
	struct yg_framework f = {.levels = levels,
				 .level_count = 2,
				 .nodes = nodes,
				 .node_count = 2,
				 .rules = rules,
				 .rule_count = 2};

	CHECK(yg_framework_node(&f, text("1-1")) == 1);
	CHECK(yg_framework_node(&f, text("1-2")) == YG_NODE_NONE);
	CHECK(yg_framework_level(&f, text("high")) == 1);
	CHECK(yg_framework_level(&f, text("HIGH")) == YG_NODE_NONE);
	CHECK(yg_framework_rule(&f, 1) == &rules[0]);
	CHECK(yg_framework_rule(&f, 0) == &rules[1]);
	CHECK(yg_framework_rule(&f, YG_NODE_NONE) == &rules[1]);
	f.rule_count = 1;
	CHECK(yg_framework_rule(&f, 0) == NULL);
	CHECK(yg_framework_asks(&nodes[0], 0) && yg_framework_asks(&nodes[0], 1));
	CHECK(!yg_framework_asks(&nodes[1], 0) && yg_framework_asks(&nodes[1], 1));
	CHECK(yg_framework_asks(&nodes[1], YG_NODE_NONE));
}

static void names_kinds_of_evidence(void)
{
	enum yg_evidence_kind kind;

	for (unsigned i = 0; i < YG_EVIDENCE_KIND_COUNT; i++) {
		const char *name = yg_evidence_kind_name((enum yg_evidence_kind)i);

		CHECK(yg_evidence_kind_by_name(text(name), &kind) && (unsigned)kind == i);
	}
	CHECK(!yg_evidence_kind_by_name(text("Query"), &kind));
	CHECK(!yg_evidence_kind_by_name(text(""), &kind));
}

static void names_states(void)
{
	static const char *const states[] = {"open", "met", "partly", "not_met", "na"};
	static const char *const observed[] = {"none", "supports", "contradicts", "stale"};
	static const char *const checks[] = {"ok", "alarm", "na", "unknown", "error"};
	enum yg_answer_state state;

	for (unsigned i = 0; i < YG_ANSWER_STATE_COUNT; i++) {
		CHECK(strcmp(yg_answer_state_name((enum yg_answer_state)i), states[i]) == 0);
		CHECK(yg_answer_state_by_name(text(states[i]), &state) && (unsigned)state == i);
	}
	CHECK(!yg_answer_state_by_name(text("not met"), &state));
	for (unsigned i = 0; i < YG_OBSERVED_COUNT; i++)
		CHECK(strcmp(yg_observed_name((enum yg_observed)i), observed[i]) == 0);
	for (unsigned i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		CHECK(strcmp(yg_check_name((enum yg_check)i), checks[i]) == 0);
		CHECK((unsigned)yg_check_by_name(text(checks[i])) == i);
	}
	CHECK(yg_check_by_name(text("fine")) == YG_CHECK_UNKNOWN);
	CHECK(strcmp(yg_level_state_name(YG_LEVEL_PRACTICE), "practice") == 0);
	CHECK(strcmp(yg_level_state_name(YG_LEVEL_NOT_REACHED), "not reached") == 0);
	CHECK(strcmp(yg_level_state_name(YG_LEVEL_REACHED), "reached") == 0);
}

static void finds_columns_and_cells(void)
{
	struct yg_bytes names[] = {text("id"), text("Text")};
	struct yg_bytes cells[] = {text(" a ")};
	struct yg_table table = {.header = {.cells = names, .count = 2, .line = 1}};
	struct yg_table_row row = {.cells = cells, .count = 1, .line = 2};

	CHECK(yg_table_column(&table, "text") == 1);
	CHECK(yg_table_column(&table, "other") == UINT32_MAX);
	CHECK_TEXT(yg_table_cell(&row, 0), "a");
	CHECK(yg_table_cell(&row, 1).size == 0);
	CHECK(yg_table_cell(&row, UINT32_MAX).size == 0);
}

static const struct check_case cases[] = {
	CASE(chooses_a_language), CASE(finds_nodes_levels_and_rules), CASE(names_kinds_of_evidence),
	CASE(names_states),	  CASE(finds_columns_and_cells),
};
CHECK_MAIN(cases)
