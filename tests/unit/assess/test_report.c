/* SPDX-License-Identifier: Apache-2.0 */
/* Reports: what they hold, and the papers and tables that are made of them (tests/golden/assess).
 */
#include "assess/report.h"
#include "base/io.h"
#include "base/utf8.h"
#include "render/assess.h"

#include "../check.h"
#include "sample_statement.h"

#define GOLDEN_BYTES_MAX (4u << 20)

static struct yg_buf page;

static const char sample_next[] =
	"[{\"id\":\"4-1-3-2\",\"title\":\"クラウドの多要素認証\",\"state\":\"partly\",\"effect\":3,"
	"\"effort\":1,\"why\":\"盗まれたパスワードだけでは入れなくなる\",\"cheap\":"
	"\"今の契約の設定で"
	"有効にする\",\"closed_by\":[\"decision\",\"tool\"],\"reason\":\"\"}]";
static const char sample_technical[] =
	"[{\"id\":\"t1\",\"title\":\"境界機器の診断\",\"date\":\"2026-11-10\",\"by\":"
	"\"評価機関の見本\","
	"\"method\":\"外部からの診断\",\"sample\":\"境界機器1台\",\"result\":\"重大な弱点なし\","
	"\"criteria\":[]}]";

static json_t *report_of(enum yg_report_kind kind, int32_t since, bool is_practice)
{
	json_t *trees[] = {sample_tree(sample_head),	sample_criteria_tree(),
			   sample_tree(sample_scope),	sample_tree(sample_next),
			   sample_tree(sample_experts), sample_tree(sample_technical)};
	struct yg_report_parts parts = {
		.head = trees[0],
		.criteria = trees[1],
		.scope = trees[2],
		.next = trees[3],
		.experts = trees[4],
		.technical = trees[5],
		.digest = is_practice ? NULL : SAMPLE_SHA,
		.key_id = is_practice ? NULL : SAMPLE_SHA,
		.today = SAMPLE_DAY,
		.since = since,
		.zone_s = SAMPLE_ZONE_S,
	};
	json_t *report = NULL;

	if (is_practice)
		(void)json_object_set_new(trees[0], "practice", json_true());
	if (yg_report_build(kind, &parts, &report) != YG_OK)
		report = NULL;
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
		json_decref(trees[i]);
	return report;
}

static struct yg_bytes at(const json_t *report, const char *list, size_t index, const char *key)
{
	return yg_json_text(json_array_get(json_object_get(report, list), index), key);
}

static void yearly_checks(void)
{
	json_t *report = report_of(YG_REPORT_CISO, YG_DAY_NONE, false);
	const json_t *totals = json_object_get(report, "check_totals");

	/* The query of 4-1-3-2 is no yearly check. */
	CHECK(json_array_size(json_object_get(report, "checks")) == 3);
	CHECK_TEXT(at(report, "checks", 0, "status"), "overdue");
	CHECK_TEXT(at(report, "checks", 0, "last"), "2025-10-20");
	CHECK_TEXT(at(report, "checks", 0, "due"), "2026-10-20");
	CHECK_TEXT(at(report, "checks", 1, "status"), "done");
	CHECK_TEXT(at(report, "checks", 1, "due"), "2027-11-01");
	CHECK_TEXT(at(report, "checks", 2, "status"), "never");
	CHECK(yg_json_int(totals, "overdue", -1) == 1 && yg_json_int(totals, "done", -1) == 1 &&
	      yg_json_int(totals, "never", -1) == 1 && yg_json_int(totals, "due_soon", -1) == 0);
	CHECK(json_array_size(json_object_get(report, "gaps")) == 3);
	json_decref(report);
}

/* A framework that names its yearly checks is taken at its word. */
static void named_yearly_checks(void)
{
	json_t *criteria = sample_criteria_tree();
	json_t *head = sample_tree(sample_head);
	struct yg_report_parts parts = {
		.head = head, .criteria = criteria, .today = yg_day_read(YG_S("2026-08-25"))};
	json_t *report = NULL;

	CHECK(json_object_set_new(json_array_get(criteria, 3), "refs",
				  json_pack("[{s:s,s:[s,s]}]", "column", "yearly_checks", "items",
					    "1-2-1-3", "9-9-9-9")) == 0);
	CHECK(yg_report_build(YG_REPORT_CISO, &parts, &report) == YG_OK);
	CHECK(json_array_size(json_object_get(report, "checks")) == 1);
	CHECK_TEXT(at(report, "checks", 0, "id"), "1-2-1-3");
	CHECK_TEXT(at(report, "checks", 0, "status"), "due_soon");
	json_decref(report);
	json_decref(criteria);
	json_decref(head);
}

static void gaps_with_next_steps(void)
{
	json_t *report = report_of(YG_REPORT_GAPS, YG_DAY_NONE, false);

	CHECK(json_array_size(json_object_get(report, "gaps")) == 3);
	CHECK_TEXT(at(report, "gaps", 0, "id"), "1-2-1-3"); /* met, but its record has expired */
	CHECK_TEXT(at(report, "gaps", 1, "reason"), "会計だけ未対応");
	CHECK_TEXT(at(report, "gaps", 2, "cheap"), "ひな形を埋める");
	json_decref(report);
}

static void decisions_are_set_apart(void)
{
	json_t *report = report_of(YG_REPORT_MANAGEMENT, YG_DAY_NONE, false);

	CHECK(json_array_size(json_object_get(report, "decisions")) == 1);
	CHECK_TEXT(at(report, "decisions", 0, "id"), "4-1-3-2");
	CHECK(yg_json_int(report, "gap_count", 0) == 3);
	json_decref(report);
}

static void changes_between_two_days(void)
{
	json_t *report = report_of(YG_REPORT_PROGRESS, yg_day_read(YG_S("2026-10-03")), false);
	const json_t *before = json_object_get(report, "before");
	const json_t *after = json_object_get(report, "after");

	CHECK(json_array_size(json_object_get(report, "changes")) == 3);
	CHECK_TEXT(at(report, "changes", 0, "from"), "open");
	CHECK_TEXT(at(report, "changes", 1, "from"), "partly");
	CHECK_TEXT(at(report, "changes", 2, "from"), "met");
	CHECK_TEXT(at(report, "changes", 2, "reason"), "会計だけ未対応");
	CHECK(yg_json_int(before, "open", -1) == 2 && yg_json_int(before, "met", -1) == 1 &&
	      yg_json_int(before, "partly", -1) == 1);
	CHECK(yg_json_int(after, "open", -1) == 1 && yg_json_int(after, "met", -1) == 2);
	json_decref(report);
	/* 2026-10-01T01:00Z is 10:00 of that day in Japan: on that day itself it had happened. */
	report = report_of(YG_REPORT_PROGRESS, yg_day_read(YG_S("2026-09-30")), false);
	CHECK(json_array_size(json_object_get(report, "changes")) == 3);
	CHECK_TEXT(at(report, "changes", 1, "from"), "open");
	json_decref(report);
	CHECK(!report_of(YG_REPORT_PROGRESS, SAMPLE_DAY, false));
	CHECK(!report_of(YG_REPORT_PROGRESS, YG_DAY_NONE, false));
}

static void text_of_the_qr_code(void)
{
	char text[YG_REPORT_QR_MAX];

	yg_report_qr(SAMPLE_SHA, NULL, text);
	CHECK_TEXT(yg_bytes_str(text), "YAGURA:1:S:0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
				       "0123456789ABCDEF");
	yg_report_qr(SAMPLE_SHA, SAMPLE_SHA, text);
	CHECK(strlen(text) == 11 + 64 + 3 + 64);
}

static void names_there_and_back(void)
{
	enum yg_report_kind kind;

	for (unsigned i = 0; i < YG_REPORT_KIND_COUNT; i++) {
		CHECK(yg_report_kind_by_name(
			yg_bytes_str(yg_report_kind_name((enum yg_report_kind)i)), &kind));
		CHECK(kind == (enum yg_report_kind)i);
	}
	CHECK(!yg_report_kind_by_name(YG_S("star"), &kind));
}

/* True when the file @name holds just what is on the page; writes it instead when asked to. */
static bool is_golden(const char *name)
{
	const char *folder =
		getenv("YAGURA_GOLDEN") ? getenv("YAGURA_GOLDEN") : "tests/golden/assess";
	uint8_t *want = NULL;
	size_t size = 0;
	char path[4096];
	bool is_same;

	if (yg_buf_error(&page))
		return false;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (getenv("YAGURA_GOLDEN_UPDATE"))
		return yg_io_replace(path, yg_buf_bytes(&page), 0644) == YG_OK;
	if (yg_io_read_file(path, GOLDEN_BYTES_MAX, &want, &size) != YG_OK)
		return false;
	is_same = yg_bytes_eq(yg_buf_bytes(&page), (struct yg_bytes){want, size});
	if (!is_same)
		fprintf(stderr, "%s differs (YAGURA_GOLDEN_UPDATE=1 writes it anew)\n", path);
	free(want);
	return is_same;
}

static void draw(enum yg_report_kind kind, enum yg_lang lang, bool is_practice, bool is_csv)
{
	json_t *report = report_of(kind, yg_day_read(YG_S("2026-10-03")), is_practice);

	if (!page.max)
		yg_buf_init(&page, GOLDEN_BYTES_MAX);
	yg_buf_reset(&page);
	if (is_csv)
		yg_assess_csv(&page, report, lang);
	else
		yg_assess_page(&page, report, lang);
	json_decref(report);
}

static void papers_are_as_they_were(void)
{
	static const char *const langs[] = {[YG_LANG_EN] = "en", [YG_LANG_JA] = "ja"};
	char name[64];

	for (unsigned kind = 0; kind < YG_REPORT_KIND_COUNT; kind++) {
		for (unsigned lang = 0; lang < 2; lang++) {
			draw((enum yg_report_kind)kind, (enum yg_lang)lang, false, false);
			snprintf(name, sizeof(name), "%s-%s.html",
				 yg_report_kind_name((enum yg_report_kind)kind), langs[lang]);
			CHECK(is_golden(name));
		}
		draw((enum yg_report_kind)kind, YG_LANG_JA, false, true);
		snprintf(name, sizeof(name), "%s-ja.csv",
			 yg_report_kind_name((enum yg_report_kind)kind));
		CHECK(is_golden(name));
	}
	draw(YG_REPORT_EXPERT, YG_LANG_JA, true, false);
	CHECK(is_golden("practice-ja.html"));
}

static size_t times(const char *text)
{
	struct yg_bytes rest = yg_buf_bytes(&page);
	size_t count = 0;

	for (;;) {
		size_t where = yg_bytes_find(rest, yg_bytes_str(text));

		if (where == SIZE_MAX)
			return count;
		count++;
		rest = yg_bytes_from(rest, where + strlen(text));
	}
}

static void what_every_paper_says_and_does_not(void)
{
	for (unsigned kind = 0; kind < YG_REPORT_KIND_COUNT; kind++) {
		draw((enum yg_report_kind)kind, YG_LANG_JA, false, false);
		CHECK(yg_utf8_valid(yg_buf_bytes(&page)));
		CHECK(times("★の取得を示すものではありません") == 1);
		CHECK(times("<製作所>") == 0 && times("&lt;製作所&gt;") == 1);
		CHECK(times("練習") == 0);
		CHECK(times("<script") == 0 && times(" style=") == 0 && times("http://") == 0);
		draw((enum yg_report_kind)kind, YG_LANG_JA, true, false);
		CHECK(times("練習") >= 2); /* at the head, and at the foot of each printed page */
		CHECK(times("<svg") == 0);
	}
	draw(YG_REPORT_EXPERT, YG_LANG_JA, false, false);
	CHECK(times("<svg class=qr") == 1 && times(SAMPLE_SHA) == 2);
	CHECK(times("第012345号") == 1);
}

static void no_cell_is_a_formula(void)
{
	draw(YG_REPORT_GAPS, YG_LANG_JA, false, true);
	CHECK(yg_bytes_starts(yg_buf_bytes(&page), YG_S("\xef\xbb\xbf\"")));
	CHECK(times("\"'=今の契約の設定で有効にする\"") == 1);
	CHECK(times(",\"=") == 0);
	CHECK(times("\r\n") == 4);
}

static void what_is_too_long_for_a_qr_code(void)
{
	static char text[8000];

	memset(text, 'a', sizeof(text) - 1);
	yg_buf_reset(&page);
	CHECK(yg_assess_qr(&page, text, "x") == YG_ELIMIT);
}

/* A report that is nothing like one: a page without content, never a fault. */
static void trees_of_another_shape(void)
{
	static const char *const texts[] = {
		"{}",
		"{\"report\":\"ciso\",\"checks\":7,\"gaps\":[1,null,[]],\"counts\":[]}",
		("{\"report\":\"expert\",\"statement\":{\"qr\":\"A\"},\"criteria\":[{}],\"scope\":"
		 "{\"sites\":[{\"people\":-1}]}}"),
		"{\"report\":\"progress\",\"before\":null,\"changes\":[{\"from\":1}]}",
		"{\"report\":\"management\",\"next\":[{\"effect\":9}],\"gap_count\":-1}",
		"[]"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *tree = sample_tree(texts[i]);

		yg_buf_reset(&page);
		yg_assess_page(&page, tree, YG_LANG_EN);
		CHECK(yg_buf_error(&page) == YG_OK && times("</html>") == 1);
		yg_assess_csv(&page, tree, YG_LANG_EN);
		CHECK(yg_buf_error(&page) == YG_OK);
		json_decref(tree);
	}
}

static const struct check_case cases[] = {
	CASE(yearly_checks),
	CASE(named_yearly_checks),
	CASE(gaps_with_next_steps),
	CASE(decisions_are_set_apart),
	CASE(changes_between_two_days),
	CASE(text_of_the_qr_code),
	CASE(names_there_and_back),
	CASE(papers_are_as_they_were),
	CASE(what_every_paper_says_and_does_not),
	CASE(no_cell_is_a_formula),
	CASE(what_is_too_long_for_a_qr_code),
	CASE(trees_of_another_shape),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	yg_buf_done(&page);
	return rc;
}
