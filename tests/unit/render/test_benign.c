/* SPDX-License-Identifier: Apache-2.0 */
/* The page of `rules benign`: whatever rules and logs hold, it is text there. */
#include "render/benign.h"

#include <string.h>

#include "base/utf8.h"

#include "../check.h"

#define HOSTILE "</pre></bdi><script>alert(\"1\")</script>&'\n\x1b[2J\xe2\x80\xae\xff"

static struct yg_rule_info rule_a = {
	.id = {(const uint8_t *)"id" HOSTILE, sizeof("id" HOSTILE) - 1},
	.title = {(const uint8_t *)"t" HOSTILE, sizeof("t" HOSTILE) - 1},
	.level = YG_LEVEL_HIGH};

static struct yg_buf *page(const struct yg_benign *report, enum yg_lang lang)
{
	static struct yg_buf buf;

	if (!buf.max)
		yg_buf_init(&buf, 64u << 20);
	yg_buf_reset(&buf);
	yg_benign_html(&buf, report, lang);
	return &buf;
}

static size_t count(const struct yg_buf *in, const char *what)
{
	struct yg_bytes rest = yg_buf_bytes(in);
	struct yg_bytes wanted = yg_bytes_str(what);
	size_t found = 0;

	for (size_t at = yg_bytes_find(rest, wanted); at < rest.size;
	     at = yg_bytes_find(rest, wanted)) {
		found++;
		rest = yg_bytes_from(rest, at + wanted.size);
	}
	return found;
}

static void texts_stay_texts(void)
{
	struct yg_report_input input = {.name = "in" HOSTILE, .records = 9, .first_ns = 0};
	struct yg_report run = {.inputs = &input, .input_count = 1, .zone_name = "UTC"};
	struct yg_benign_value cause = {YG_S("f" HOSTILE), YG_S("v" HOSTILE), 7, 0.1};
	struct yg_benign_example example = {YG_S("s" HOSTILE), 3, YG_S("{\"a\":\"" HOSTILE "\"}")};
	struct yg_benign_rule rules[] = {
		{.rule = &rule_a,
		 .product = YG_S("p" HOSTILE),
		 .findings = 7,
		 .looked = 7,
		 .examples = &example,
		 .example_count = 1,
		 .causes = &cause,
		 .cause_count = 1,
		 .filter = {cause},
		 .filter_count = 1,
		 .filter_covers = 7},
		{.rule = &rule_a, .findings = 2},
	};
	struct yg_benign report = {&run, 9, 1, 9, rules, 2};

	for (int lang = YG_LANG_EN; lang <= (int)YG_LANG_JA; lang++) {
		struct yg_buf *to = page(&report, (enum yg_lang)lang);
		struct yg_bytes text = yg_buf_bytes(to);

		CHECK(yg_buf_error(to) == YG_OK);
		CHECK(yg_utf8_valid(text));
		CHECK(count(to, "<script") == 0);
		CHECK(count(to, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;") > 9);
		CHECK(count(to, "<pre") == 1 && count(to, "</pre>") == 1);
		CHECK(count(to, "<bdi") == count(to, "</bdi>"));
		CHECK(count(to, "<details") == 3 && count(to, "</details>") == 3);
		CHECK(count(to, "\xe2\x80\xae") == 0 && count(to, "\x1b") == 0);
		CHECK(count(to, "7.777") == 0 && count(to, "77.778 %") == 1);
		CHECK(count(to, "href=\"#rule-2\"") == 1 && count(to, "id=rule-2>") == 1);
	}
}

static void nothing_found(void)
{
	struct yg_report run = {.zone_name = "UTC"};
	struct yg_benign report = {.run = &run, .records = 5};
	struct yg_buf *to = page(&report, YG_LANG_EN);

	CHECK(yg_buf_error(to) == YG_OK);
	CHECK(count(to, "<table") == 0 &&
	      count(to, "<h1>Records: 5; findings: 0, of 0 rules.") == 1);
	CHECK(count(to, "v-none\"><div") == 1);
	report.unparsed = 5;
	CHECK(count(page(&report, YG_LANG_EN), "v-nothing\"><div") == 1);
}

/* The room for a page is bounded: what does not fit is an error, not half a page. */
static void a_full_buffer_is_an_error(void)
{
	struct yg_report run = {.zone_name = "UTC"};
	struct yg_benign report = {.run = &run, .records = 5};
	struct yg_buf buf;

	yg_buf_init(&buf, 2000);
	yg_benign_html(&buf, &report, YG_LANG_EN);
	CHECK(yg_buf_error(&buf) == YG_ELIMIT);
	yg_buf_done(&buf);
}

static const struct check_case cases[] = {
	CASE(texts_stay_texts),
	CASE(nothing_found),
	CASE(a_full_buffer_is_an_error),
};

CHECK_MAIN(cases)
