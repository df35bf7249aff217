/* SPDX-License-Identifier: Apache-2.0 */
/* OSCAL exports of a small framework; test_oscal.py gives them to another reader. */
#include "assess/oscal.h"
#include "base/io.h"

#include "../check.h"
#include "sample_assessment.h"

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}
#define GROUP(id, title, up)                                                                       \
	{                                                                                          \
		.ref_id = TEXT(id), .name = {.ja = TEXT(title)}, .parent = up                      \
	}
#define CRITERION(id, title, up, bits)                                                             \
	{                                                                                          \
		.ref_id = TEXT(id), .name = {.ja = TEXT(title)}, .parent = up, .levels = bits,     \
		.is_assessable = true                                                              \
	}

static const struct yg_framework_help help = {.asked = {.ja = TEXT("一覧を持つこと")}};
static struct yg_framework_node nodes[] = {
	GROUP("1", "統治", YG_NODE_NONE),
	GROUP("1-2-1", "体制", 0),
	CRITERION("1-2-1-3", "体制の年1回の点検", 1, 3),
	GROUP("3", "リスクの特定", YG_NODE_NONE),
	CRITERION("3-1-1-1", "パソコンの一覧", 3, 3),
	CRITERION("4-1-3-2", "クラウドの多要素認証", YG_NODE_NONE, 3),
	CRITERION("6-1-1-1", "インシデント対応手順", YG_NODE_NONE, 1),
	CRITERION("部 一", "記号の入った番号", YG_NODE_NONE, 2),
	CRITERION("x", "下位の項目", 7, 2),
};
static const struct yg_framework_level levels[] = {
	{.ref_id = TEXT("star3"), .name = {.ja = TEXT("★3")}},
	{.ref_id = TEXT("star4"), .name = {.ja = TEXT("★4")}},
};
static const struct yg_framework framework = {
	.urn = TEXT("urn:sample:2026"),
	.name = {.ja = TEXT("見本の制度")},
	.levels = levels,
	.level_count = 2,
	.nodes = nodes,
	.node_count = sizeof(nodes) / sizeof(nodes[0]),
};
static const struct yg_library library = {
	.urn = TEXT("urn:sample:library:2026"), .version = TEXT("1"), .framework = &framework};

static json_t *export_of(enum yg_oscal_kind kind, uint32_t level)
{
	json_t *head = sample_tree(sample_head);
	json_t *criteria = sample_criteria_tree();
	struct yg_oscal_parts parts = {.library = &library,
				       .level = level,
				       .lang = YG_LANG_JA,
				       .now_ns = INT64_C(1795566600) * 1000000000,
				       .zone_s = 32400,
				       .head = head,
				       .criteria = criteria};
	json_t *made = NULL;

	nodes[4].help = &help;
	nodes[4].description = (struct yg_text2){.ja = TEXT("見本の文言")};
	if (yg_oscal_build(kind, &parts, &made) != YG_OK)
		made = NULL;
	json_decref(head);
	json_decref(criteria);
	return made;
}

static void catalog(void)
{
	json_t *made = export_of(YG_OSCAL_CATALOG, YG_NODE_NONE);
	const json_t *root = json_object_get(made, "catalog");
	const json_t *groups = json_object_get(root, "groups");
	const json_t *controls = json_object_get(root, "controls");
	const json_t *inner = json_object_get(json_array_get(groups, 0), "groups");
	const json_t *leaf =
		json_array_get(json_object_get(json_array_get(inner, 0), "controls"), 0);

	CHECK(json_array_size(groups) == 2 && json_array_size(controls) == 3);
	CHECK_TEXT(yg_json_text(leaf, "id"), "c-1-2-1-3");
	CHECK_TEXT(yg_json_text(json_object_get(root, "metadata"), "last-modified"),
		   "2026-11-25T00:30:00Z");
	leaf = json_array_get(json_object_get(json_array_get(groups, 1), "controls"), 0);
	CHECK(json_array_size(json_object_get(leaf, "parts")) == 2);
	/* What is no token gets its place in the file; below a control everything is one. */
	CHECK_TEXT(yg_json_text(json_array_get(controls, 2), "id"), "c-node-7");
	leaf = json_array_get(json_object_get(json_array_get(controls, 2), "controls"), 0);
	CHECK_TEXT(yg_json_text(leaf, "id"), "c-x");
	json_decref(made);
}

static void profile_of_a_level(void)
{
	json_t *made = export_of(YG_OSCAL_PROFILE, 0);
	const json_t *root = json_object_get(made, "profile");
	const json_t *import = json_array_get(json_object_get(root, "imports"), 0);
	const json_t *ids = json_object_get(
		json_array_get(json_object_get(import, "include-controls"), 0), "with-ids");

	CHECK(json_array_size(ids) == 4);
	CHECK(strcmp(json_string_value(json_array_get(ids, 3)), "c-6-1-1-1") == 0);
	json_decref(made);
	made = export_of(YG_OSCAL_PROFILE, 1);
	CHECK(made);
	json_decref(made);
	CHECK(!export_of(YG_OSCAL_PROFILE, 2));
}

static void results(void)
{
	json_t *made = export_of(YG_OSCAL_RESULTS, 0);
	json_t *again = export_of(YG_OSCAL_RESULTS, 0);
	const json_t *result = json_array_get(
		json_object_get(json_object_get(made, "assessment-results"), "results"), 0);
	const json_t *findings = json_object_get(result, "findings");
	static const char *const states[] = {"not-satisfied", "satisfied", "not-satisfied",
					     "not-satisfied"};

	CHECK(json_array_size(findings) == 4);
	for (size_t i = 0; i < 4; i++) {
		const json_t *target = json_object_get(json_array_get(findings, i), "target");

		CHECK_TEXT(yg_json_text(json_object_get(target, "status"), "state"), states[i]);
	}
	/* Three answers and two documents; what is not answered was not observed. */
	CHECK(json_array_size(json_object_get(result, "observations")) == 5);
	CHECK(!json_object_get(json_array_get(findings, 3), "related-observations"));
	CHECK(json_equal(made, again));
	json_decref(made);
	json_decref(again);
}

/* Of an answer's observation nothing of what queries saw. */
static void what_stays_inside(void)
{
	json_t *made = export_of(YG_OSCAL_RESULTS, 0);
	struct yg_buf text;

	yg_buf_init(&text, 1u << 20);
	CHECK(yg_json_canonical(made, &text) == YG_OK);
	CHECK(yg_bytes_find(yg_buf_bytes(&text), YG_S("OBSERVED")) == SIZE_MAX);
	CHECK(yg_bytes_find(yg_buf_bytes(&text), YG_S("SECRET")) == SIZE_MAX);
	CHECK(yg_bytes_find(yg_buf_bytes(&text), YG_S("2026-11-01T00:00:00+09:00")) != SIZE_MAX);
	yg_buf_done(&text);
	json_decref(made);
}

static void unknown_criteria_are_refused(void)
{
	json_t *head = sample_tree(sample_head);
	json_t *criteria = json_pack("[{s:s}]", "id", "9-9-9-9");
	struct yg_oscal_parts parts = {
		.library = &library, .level = 0, .head = head, .criteria = criteria};
	json_t *made = NULL;

	CHECK(yg_oscal_build(YG_OSCAL_RESULTS, &parts, &made) == YG_EINVAL && !made);
	json_decref(head);
	json_decref(criteria);
}

static const struct check_case cases[] = {
	CASE(catalog),		 CASE(profile_of_a_level),	     CASE(results),
	CASE(what_stays_inside), CASE(unknown_criteria_are_refused),
};

/* With three paths: write the exports there. */
int main(int argc, char **argv)
{
	if (argc != 4)
		return check_main(cases, sizeof(cases) / sizeof(cases[0]));
	for (int i = 0; i < 3; i++) {
		json_t *made = export_of((enum yg_oscal_kind)i, i == 0 ? YG_NODE_NONE : 0);
		struct yg_buf text;

		yg_buf_init(&text, 1u << 20);
		if (!made || yg_json_canonical(made, &text) != YG_OK ||
		    yg_io_replace(argv[1 + i], yg_buf_bytes(&text), 0644) != YG_OK)
			return 1;
		yg_buf_done(&text);
		json_decref(made);
	}
	return 0;
}
