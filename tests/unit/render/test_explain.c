/* SPDX-License-Identifier: Apache-2.0 */
/* What --explain, --count, --profile and rules benign show: hostile texts can do nothing. */
#include "base/json.h"
#include "base/utf8.h"
#include "render/benign.h"
#include "render/count.h"
#include "render/explain.h"
#include "render/profile.h"

#include "../check.h"

static const char hostile[] = "a'\"\\\x1b[31m\r\n\x01\xc2\x9b\xe2\x80\xae\xff<b>*?%1";

static struct yg_bytes bad(void)
{
	return (struct yg_bytes){(const uint8_t *)hostile, sizeof(hostile) - 1};
}

static const struct yg_rule_info *bad_rule(void)
{
	static struct yg_rule_info rule;

	rule = (struct yg_rule_info){.id = bad(), .title = bad(), .level = YG_LEVEL_HIGH};
	return &rule;
}

/* Nothing but text and line ends, in UTF-8. */
static bool is_harmless(const struct yg_buf *buf)
{
	struct yg_bytes text = yg_buf_bytes(buf);

	for (size_t i = 0; i < text.size; i++)
		if ((text.data[i] < 0x20 && text.data[i] != '\n') || text.data[i] == 0x7f)
			return false;
	return text.size > 0 && yg_utf8_valid(text) && !yg_buf_error(buf) &&
	       yg_bytes_find(text, YG_S("\xe2\x80\xae")) == SIZE_MAX &&
	       yg_bytes_find(text, YG_S("\xc2\x9b")) == SIZE_MAX;
}

/* Objects of JSON, one a line (or one over several lines). */
static bool is_json(const struct yg_buf *buf, bool is_one)
{
	struct yg_bytes rest = yg_buf_bytes(buf);

	while (rest.size > 0) {
		size_t end = is_one ? SIZE_MAX : yg_bytes_chr(rest, '\n');
		struct yg_fault fault;
		json_t *value;

		if (yg_json_load(yg_bytes_cut(rest, 0, end), 1u << 20, &value, &fault) != YG_OK)
			return false;
		json_decref(value);
		rest = yg_bytes_from(rest, end < rest.size ? end + 1 : end);
	}
	return !yg_buf_error(buf);
}

static void explanations_are_harmless(void)
{
	struct yg_explain_line lines[8] = {
		{.kind = YG_EXPLAIN_CONDITION, .text = bad()},
		{.kind = YG_EXPLAIN_SELECTION, .text = bad()},
		{.kind = YG_EXPLAIN_FILTER, .text = bad()},
		{.kind = YG_EXPLAIN_ANY, .count = 3},
		{.kind = YG_EXPLAIN_NOT},
		{.kind = YG_EXPLAIN_MORE, .count = 7},
		{.kind = YG_EXPLAIN_TEST, .op = "re", .count = 2},
		{.kind = YG_EXPLAIN_TEST, .op = "", .seen = YG_EXPLAIN_VALUE}};
	struct yg_explanation said = {.lines = lines, .line_count = 8, .missing = 2};
	struct yg_explain_place place = {bad(), 7, 1};
	struct yg_record_kind kind = {"windows", bad(), 1, 5};
	struct yg_explain_ref ref = {.info = bad_rule(), .hits = 3, .counted = 2};
	struct yg_explain_rule rule = {.info = bad_rule(),
				       .file = bad(),
				       .product = bad(),
				       .wanted = &kind,
				       .wanted_count = 1};
	struct yg_explain_sum sum = {.records = 3, .kinds = &kind, .kind_count = 1};
	struct yg_explain_group group = {.group_json = YG_S("{\"a\":\"b\"}"),
					 .missing = 1,
					 .best_ns = YG_TIME_NONE,
					 .first_ns = YG_TIME_NONE};

	lines[6].field = lines[7].value_field = bad();
	lines[6].wanted = lines[7].wanted = lines[7].value = bad();
	for (unsigned lang = YG_LANG_EN; lang <= YG_LANG_JA; lang++) {
		struct yg_explain_opts opts = {.lang = (enum yg_lang)lang, .columns = 80};
		struct yg_buf text, json;

		yg_buf_init(&text, 1u << 20);
		yg_buf_init(&json, 1u << 20);
		for (unsigned turn = 0; turn < 2; turn++) {
			rule.type = turn ? "event_count" : NULL;
			rule.condition = rule.group_by = bad();
			rule.refs = &ref;
			rule.ref_count = turn;
			yg_explain_rule_text(&text, &rule, &opts);
			yg_explain_sum_text(&text, &rule, &sum, &opts);
			yg_explain_record_text(&text, &place, &said, &opts);
			yg_explain_group_text(&text, &rule, &group, &opts);
			yg_explain_rule_json(&json, &rule, opts.lang);
			yg_explain_record_json(&json, &place, &said);
			yg_explain_group_json(&json, &rule, &group);
			yg_explain_sum_json(&json, &rule, &sum);
		}
		CHECK(is_harmless(&text));
		CHECK(is_json(&json, false));
		yg_buf_done(&text);
		yg_buf_done(&json);
	}
}

static void counts_and_profiles_are_harmless(void)
{
	static const uint64_t levels[1][5] = {{1, 2, 3, 4, 5}};
	struct yg_report_input input = {.name = hostile, .records = 3};
	struct yg_report report = {
		.inputs = &input, .input_count = 1, .records = 3, .findings = 1, .unparsed = 1};
	struct yg_record_kind kind = {"windows", bad(), 1, 5};
	struct yg_count_rule counted = {bad_rule(), 1};
	struct yg_count count = {.report = &report,
				 .kinds = &kind,
				 .kind_count = 1,
				 .other_records = 1,
				 .rules = &counted,
				 .rule_count = 1,
				 .other_findings = 1,
				 .levels = levels};
	struct yg_profile_line line = {.rule = bad_rule(), .records = 5, .runs = 2};
	struct yg_profile_report profile = {.records = 5, .lines = &line, .line_count = 1};
	struct yg_buf text, json;

	yg_buf_init(&text, 1u << 20);
	yg_buf_init(&json, 1u << 20);
	yg_count_text(&text, &count, YG_LANG_EN);
	yg_profile_text(&text, &profile, YG_LANG_JA);
	CHECK(is_harmless(&text));
	yg_count_json(&json, &count, YG_LANG_EN);
	CHECK(is_json(&json, true));
	yg_buf_reset(&json);
	yg_profile_json(&json, &profile, YG_LANG_EN);
	CHECK(is_json(&json, true));
	yg_buf_done(&text);
	yg_buf_done(&json);
}

static void a_suggested_filter_says_what_it_means(void)
{
	struct yg_benign_value cause = {bad(), bad(), 3, 0};
	struct yg_benign_example example = {bad(), 3, YG_S("{}")};
	struct yg_benign_rule rule = {.rule = bad_rule(),
				      .category = YG_S("webserver"),
				      .findings = 3,
				      .looked = 3,
				      .examples = &example,
				      .example_count = 1,
				      .causes = &cause,
				      .cause_count = 1,
				      .filter = {{YG_S("a b"), YG_S("it's C:\\x*?"), 3, 0}},
				      .filter_count = 1,
				      .filter_covers = 3};
	struct yg_benign report = {.records = 10, .findings = 3, .rules = &rule, .rule_count = 1};
	struct yg_buf text;

	yg_buf_init(&text, 1u << 20);
	yg_benign_filter(&text, &rule);
	CHECK(yg_bytes_find(yg_buf_bytes(&text), YG_S("'a b': 'it''s C:\\\\x\\*\\?'\n")) !=
	      SIZE_MAX);
	yg_buf_reset(&text);
	yg_benign_text(&text, &report, YG_LANG_EN, 80, false);
	CHECK(is_harmless(&text));
	yg_buf_reset(&text);
	yg_benign_json(&text, &report, YG_LANG_EN);
	CHECK(is_json(&text, true));
	yg_buf_done(&text);
}

static const struct check_case cases[] = {
	CASE(explanations_are_harmless),
	CASE(counts_and_profiles_are_harmless),
	CASE(a_suggested_filter_says_what_it_means),
};

CHECK_MAIN(cases)
