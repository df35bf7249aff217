/* SPDX-License-Identifier: Apache-2.0 */
/* Exact bytes of the contract's JSON lines: a change here is a change of the contract. */
#include "render/json.h"

#include <math.h>

#include "base/alloc.h"
#include "base/utf8.h"

#include "../check.h"
#include "sample_report.h"

static struct sample s;

static struct yg_buf *empty(void)
{
	static struct yg_buf buf;

	if (!buf.max)
		yg_buf_init(&buf, 1 << 20);
	yg_buf_reset(&buf);
	return &buf;
}

static void finding_of_a_pattern(void)
{
	struct yg_buf *to = empty();

	sample_fill(&s, false);
	yg_json_finding(to, &s.findings[0], YG_LANG_EN);
	CHECK_TEXT(yg_buf_bytes(to),
		   "{\"id\":\"0a010000000000000000000000000000\","
		   "\"story\":\"51020000000000000000000000000000\","
		   "\"time\":\"2025-11-20T00:58:20.123Z\",\"level\":\"high\","
		   "\"rule_id\":\"5f0c-web-sqli\",\"rule_title\":\"SQL injection in a request\","
		   "\"kind\":\"pattern\",\"outcome\":\"attempt\","
		   "\"reason\":\"status 404: there is nothing at this path\","
		   "\"source\":\"logs/access.log\",\"position\":1234,\"src_ip\":\"203.0.113.7\","
		   "\"event\":{\"c-ip\":\"203.0.113.7\",\"sc-status\":404},"
		   "\"tags\":[\"attack.initial-access\",\"attack.t1190\"]}\n");
}

static void finding_of_a_behaviour_in_japanese(void)
{
	struct yg_buf *to = empty();

	sample_fill(&s, false);
	s.findings[1].first_ns = INT64_C(1764028800) * YG_NS_PER_S;
	s.findings[1].group_json = YG_S("{\"host\":\"gw01\"}");
	yg_json_finding(to, &s.findings[1], YG_LANG_JA);
	CHECK_TEXT(yg_buf_bytes(to),
		   "{\"id\":\"0b010000000000000000000000000000\","
		   "\"story\":\"52020000000000000000000000000000\","
		   "\"time\":null,\"level\":\"critical\",\"rule_id\":\"b-vpn-guess\","
		   "\"rule_title\":\"多数の失敗のあとにサインイン成功\",\"kind\":\"behaviour\","
		   "\"outcome\":\"possible\","
		   "\"reason\":\"the same source was then let in: suzuki\","
		   "\"source\":\"vpn.zip!event.log\",\"position\":900,\"first_position\":12,"
		   "\"count\":611,\"first_time\":\"2025-11-25T00:00:00Z\","
		   "\"group\":{\"host\":\"gw01\"},\"src_ip\":null,\"actor\":\"gw01\",\"event\":{},"
		   "\"tags\":[\"attack.initial-access\",\"attack.t1190\"]}\n");
}

static void value_of_a_correlation(void)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{1000, "\"count\":611,\"value\":1000,\"first_time\":null"},
		{0.1, "\"value\":0.1,"},
		{1.0 / 3, "\"value\":0.33333333333333331,"},
		{-2.5e20, "\"value\":-2.5e+20,"},
		{HUGE_VAL, "\"value\":null,"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct yg_buf *to = empty();

		sample_fill(&s, false);
		s.findings[1].first_ns = YG_TIME_NONE;
		s.findings[1].has_value = true;
		s.findings[1].value = rows[i].value;
		yg_json_finding(to, &s.findings[1], YG_LANG_EN);
		CHECK(yg_bytes_find(yg_buf_bytes(to), yg_bytes_str(rows[i].text)) != SIZE_MAX);
	}
}

static void finding_of_an_indicator_without_actor(void)
{
	struct yg_buf *to = empty();

	sample_fill(&s, false);
	yg_json_finding(to, &s.findings[2], YG_LANG_JA);
	CHECK_TEXT(
		yg_buf_bytes(to),
		"{\"id\":\"0c010000000000000000000000000000\","
		"\"story\":\"53020000000000000000000000000000\","
		"\"time\":\"2025-11-20T00:53:20Z\",\"level\":\"medium\",\"rule_id\":\"i-address\","
		"\"rule_title\":\"Address on the list of indicators\",\"kind\":\"indicator\","
		"\"outcome\":\"unknown\","
		"\"reason\":\"this log does not record whether it succeeded\","
		"\"source\":\"-\",\"position\":1,\"src_ip\":null,\"matched\":\"198.51.100.9\","
		"\"event\":{},\"tags\":[]}\n");
}

static void update(void)
{
	struct yg_buf *to = empty();

	sample_fill(&s, false);
	yg_json_update(to, &s.update);
	CHECK_TEXT(yg_buf_bytes(to),
		   "{\"update\":\"0a010000000000000000000000000000\",\"outcome\":\"possible\","
		   "\"reason\":\"answered with 98211 bytes where this path usually gives 4100\","
		   "\"time\":\"2025-11-20T01:02:20Z\",\"source\":\"logs/access.log\","
		   "\"position\":1300}\n");
}

static void story(void)
{
	struct yg_buf *to = empty();

	sample_fill(&s, false);
	yg_json_story(to, &s.stories[1], YG_LANG_EN);
	CHECK_TEXT(
		yg_buf_bytes(to),
		"{\"id\":\"51020000000000000000000000000000\",\"field\":\"web\","
		"\"actor\":\"203.0.113.7\",\"src_ip\":\"203.0.113.7\",\"level\":\"high\","
		"\"outcome\":\"attempt\",\"reason\":\"status 404: there is nothing at this path\","
		"\"findings\":1520,\"records\":1499,\"first\":\"2025-11-20T00:58:20Z\","
		"\"last\":\"2025-11-21T03:33:20Z\",\"targets\":[\"/shop/item.php\","
		"\"/wp-login.php\",\"/api/v1/users/profile/export/very/long/path/that/goes/on/and/"
		"on/report-of-the-year-2025-final.php\"],\"other_targets\":411,"
		"\"rules\":[{\"rule_id\":\"5f0c-web-sqli\","
		"\"rule_title\":\"SQL injection in a request\",\"count\":1200,"
		"\"first\":\"2025-11-20T00:58:20Z\",\"last\":\"2025-11-21T03:33:20Z\","
		"\"outcome\":\"attempt\"},{\"rule_id\":\"p-scan\",\"rule_title\":\"Scanner tool\","
		"\"count\":318,\"first\":\"2025-11-20T00:59:20Z\","
		"\"last\":\"2025-11-20T15:53:20Z\",\"outcome\":\"unknown\"}],\"other_rules\":2}\n");
}

static void stats(void)
{
	struct yg_buf *to = empty();

	sample_fill(&s, false);
	yg_json_stats(to, &s.report);
	CHECK_TEXT(yg_buf_bytes(to),
		   "{\"records\":49129,\"parsed\":49114,\"unparsed\":15,\"bytes\":9536256,"
		   "\"findings\":1524,\"stories\":5,\"rules_loaded\":154,\"seconds\":1.500,"
		   "\"rss_max_kb\":81234,\"rules_quarantined\":0}\n");
}

static void hostile_texts_stay_one_line_of_utf8(void)
{
	struct yg_buf *to = empty();
	struct yg_bytes all;

	sample_fill(&s, true);
	for (size_t i = 0; i < 3; i++) {
		yg_json_finding(to, &s.findings[i], YG_LANG_JA);
		yg_json_story(to, &s.stories[i], YG_LANG_JA);
	}
	yg_json_update(to, &s.update);
	all = yg_buf_bytes(to);
	CHECK(yg_utf8_valid(all));
	for (size_t i = 0, ends = 0; i < all.size; i++) {
		CHECK(all.data[i] >= 0x20 || all.data[i] == '\n');
		ends += all.data[i] == '\n';
		CHECK(i + 1 < all.size || ends == 7);
	}
}

static void language_changes_titles_only(void)
{
	struct yg_buf *to = empty();
	size_t size;

	sample_fill(&s, false);
	s.rules[0].title_ja = s.rules[0].title;
	yg_json_finding(to, &s.findings[0], YG_LANG_EN);
	size = to->size;
	yg_json_finding(to, &s.findings[0], YG_LANG_JA);
	CHECK(to->size == 2 * size);
	CHECK(memcmp(to->data, to->data + size, size) == 0);
}

static void without_memory_the_buffer_says_so(void)
{
	sample_fill(&s, false);
	for (long at = 1; at < 4; at++) {
		struct yg_buf to;

		yg_buf_init(&to, 1 << 20);
		yg_fail_at = at;
		yg_json_finding(&to, &s.findings[0], YG_LANG_EN);
		yg_fail_at = 0;
		CHECK(yg_buf_error(&to) == YG_ENOMEM);
		yg_buf_done(&to);
	}
}

static const struct check_case cases[] = {
	CASE(finding_of_a_pattern),
	CASE(finding_of_a_behaviour_in_japanese),
	CASE(value_of_a_correlation),
	CASE(finding_of_an_indicator_without_actor),
	CASE(update),
	CASE(story),
	CASE(stats),
	CASE(hostile_texts_stay_one_line_of_utf8),
	CASE(language_changes_titles_only),
	CASE(without_memory_the_buffer_says_so),
};
CHECK_MAIN(cases)
