/* SPDX-License-Identifier: Apache-2.0 */
/* Each form of x_rules has vectors: what is reached, and the one change that undoes it. */
#include "assess/assess-int.h"

#include "../check.h"

#define COUNT 4u
/* YG_S is no constant expression; this is. */
#define T(text)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}

static struct yg_framework_choice choices[] = {
	{.id = T("done"), .has_points = true, .points = 4, .gives = T("met")},
	{.id = T("some"), .has_points = true, .points = 2, .gives = T("partly")},
	{.id = T("none"), .has_points = true, .points = 0, .gives = T("not_met")},
	{.id = T("unsure"), .has_points = true, .points = -1, .gives = T("not_met")},
};
static struct yg_framework_answers points_set = {T("points"), choices, 4};
static struct yg_framework_band bands[] = {{16, {.en = T("all")}}, {8, {.en = T("half")}}};
static struct yg_framework_rule rule;
static struct yg_framework_node nodes[6];
static struct yg_framework framework;
static struct yg_criterion_state states[COUNT];

/* Two sections of two criteria each. */
static void build(enum yg_rule_kind kind, bool with_points)
{
	memset(nodes, 0, sizeof(nodes));
	for (uint32_t i = 0; i < 6; i++) {
		bool is_section = i == 0 || i == 3;

		nodes[i].ref_id = YG_S("x");
		nodes[i].depth = is_section ? 1 : 2;
		nodes[i].parent = is_section ? YG_NODE_NONE : i < 3 ? 0 : 3;
		nodes[i].is_assessable = !is_section;
		nodes[i].answers = !is_section && with_points ? &points_set : NULL;
	}
	rule = (struct yg_framework_rule){.level = YG_NODE_NONE, .kind = kind, .section_depth = 1};
	framework = (struct yg_framework){.nodes = nodes,
					  .node_count = 6,
					  .rules = &rule,
					  .rule_count = 1,
					  .score_min = 1,
					  .score_max = 5};
	for (uint32_t i = 0; i < COUNT; i++)
		states[i] = (struct yg_criterion_state){
			.node = i < 2 ? i + 1 : i + 2,
			.declared = YG_ANSWER_MET,
			.points = YG_POINTS_NONE,
		};
}

static bool reached(struct yg_assess_result *result)
{
	struct yg_assess_result own = {0};

	if (!result)
		result = &own;
	yg_rule_judge(&framework, YG_NODE_NONE, states, COUNT, result);
	return result->level == YG_LEVEL_REACHED;
}

static void all_met(void)
{
	build(YG_RULE_ALL_MET, false);
	CHECK(reached(NULL));
	for (unsigned i = 0; i < COUNT; i++) {
		static const enum yg_answer_state less[] = {YG_ANSWER_OPEN, YG_ANSWER_PARTLY,
							    YG_ANSWER_NOT_MET};

		for (unsigned k = 0; k < 3; k++) {
			states[i].declared = less[k];
			CHECK(!reached(NULL));
		}
		states[i].declared = YG_ANSWER_NA; /* with a reason: asked for on entry */
		CHECK(reached(NULL));
		rule.na = YG_NA_REFUSED;
		CHECK(!reached(NULL));
		rule.na = YG_NA_NEEDS_REASON;
		states[i].declared = YG_ANSWER_MET;
		states[i].is_stale = true;
		CHECK(!reached(NULL));
		states[i].is_stale = false;
		states[i].observed = YG_OBSERVED_CONTRADICTS;
		CHECK(!reached(NULL));
		states[i].is_settled = true; /* the observation is wrong: as good a choice */
		CHECK(reached(NULL));
		states[i].observed = YG_OBSERVED_STALE;
		CHECK(reached(NULL));
		states[i].observed = YG_OBSERVED_NONE;
		states[i].is_settled = false;
	}
	framework.rule_count = 0; /* no rule given: all criteria */
	CHECK(reached(NULL));
	states[0].declared = YG_ANSWER_PARTLY;
	CHECK(!reached(NULL));
}

static void sum(void)
{
	struct yg_assess_result result = {0};

	build(YG_RULE_SUM, true);
	rule.bands = bands;
	rule.band_count = 2;
	for (unsigned i = 0; i < COUNT; i++)
		states[i].points = 4;
	CHECK(reached(&result) && result.points == 16 && result.band == &bands[0]);
	states[1].points = -1;
	result = (struct yg_assess_result){0};
	CHECK(reached(&result) && result.points == 11 && result.band == &bands[1]);
	states[0].points = states[2].points = 0;
	result = (struct yg_assess_result){0};
	CHECK(reached(&result) && result.points == 3 && result.band == NULL);
	rule.target_milli = 4000;
	CHECK(!reached(NULL));
	states[1].points = 0;
	CHECK(reached(NULL)); /* exactly the target */
	states[3].points = YG_POINTS_NONE;
	rule.target_milli = 0;
	CHECK(!reached(NULL));	 /* one is not answered */
	nodes[5].answers = NULL; /* a criterion without points: must be met */
	CHECK(reached(NULL));
	states[3].declared = YG_ANSWER_PARTLY;
	CHECK(!reached(NULL));
	CHECK(yg_assess_points(&framework, &nodes[1], YG_S("unsure")) == -1);
	CHECK(yg_assess_points(&framework, &nodes[1], YG_S("3")) == YG_POINTS_NONE);
}

static void mean_maturity(void)
{
	build(YG_RULE_MEAN_MATURITY, false);
	framework.step_count = 5;
	rule.target_milli = 2500;
	states[0].points = 2, states[1].points = 3; /* mean 2.5: exactly the target */
	states[2].points = 5, states[3].points = 5;
	CHECK(reached(NULL));
	states[1].points = 2; /* a high section does not make up for a low one */
	CHECK(!reached(NULL));
	states[1].declared = YG_ANSWER_NA; /* out of the mean: 2 alone is too low */
	CHECK(!reached(NULL));
	states[0].points = 3;
	CHECK(reached(NULL));
	states[3].points = YG_POINTS_NONE;
	CHECK(!reached(NULL));
	CHECK(yg_assess_points(&framework, &nodes[1], YG_S("5")) == 5);
	CHECK(yg_assess_points(&framework, &nodes[1], YG_S("6")) == YG_POINTS_NONE);
	CHECK(yg_assess_points(&framework, &nodes[1], YG_S("0")) == YG_POINTS_NONE);
}

static void level_per_task(void)
{
	json_t *detail;

	build(YG_RULE_LEVEL_PER_TASK, false);
	framework.step_count = 5;
	rule.target_milli = 3000;
	for (unsigned i = 0; i < COUNT; i++)
		states[i].points = 3;
	CHECK(reached(NULL));
	states[2].points = 1; /* others above the target do not help */
	states[0].points = 5;
	CHECK(!reached(NULL));
	detail = yg_rule_detail(&framework, YG_NODE_NONE, states, COUNT, YG_LANG_EN);
	CHECK(json_array_size(json_object_get(detail, "tasks")) == 1);
	CHECK(yg_json_int(json_array_get(json_object_get(detail, "tasks"), 0), "gap_milli", 0) ==
	      2000);
	json_decref(detail);
	states[2].declared = YG_ANSWER_NA;
	CHECK(reached(NULL));
}

static void none_is_never_reached(void)
{
	build(YG_RULE_NONE, false);
	CHECK(!reached(NULL));
	build(YG_RULE_ALL_MET, false);
	struct yg_assess_result result = {0};

	yg_rule_judge(&framework, YG_NODE_NONE, states, 0, &result);
	CHECK(result.level == YG_LEVEL_NOT_REACHED); /* no criterion: nothing to reach */
}

static void corporate_numbers(void)
{
	/* The tax agency's own number, as published; then each digit changed. */
	char number[] = "7000012050002";

	CHECK(yg_is_corporate_number(yg_bytes_str(number)));
	for (unsigned i = 0; i < 13; i++) {
		char was = number[i];

		number[i] = was == '4' ? '5' : '4';
		CHECK(!yg_is_corporate_number(yg_bytes_str(number)));
		number[i] = was;
	}
	CHECK(!yg_is_corporate_number(YG_S("100000000000")));
	CHECK(!yg_is_corporate_number(YG_S("10000000000x7")));
}

static const struct check_case cases[] = {
	CASE(all_met),
	CASE(sum),
	CASE(mean_maturity),
	CASE(level_per_task),
	CASE(none_is_never_reached),
	CASE(corporate_numbers),
};

CHECK_MAIN(cases)
