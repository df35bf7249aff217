/* SPDX-License-Identifier: Apache-2.0 */
/* Exact bytes of the summaries, and what must hold for them whatever stands in the logs. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/utf8.h"
#include "render/summary.h"
#include "render/text-int.h"

#include "../check.h"
#include "sample_report.h"

#define GOLDEN_BYTES_MAX (4u << 20)

static struct sample s;

static struct yg_buf *empty(void)
{
	static struct yg_buf buf;

	if (!buf.max)
		yg_buf_init(&buf, GOLDEN_BYTES_MAX);
	yg_buf_reset(&buf);
	return &buf;
}

/* True when the file @name holds just @got; writes it instead when asked to. */
static int is_golden(const char *name, const struct yg_buf *got)
{
	const char *folder =
		getenv("YAGURA_GOLDEN") ? getenv("YAGURA_GOLDEN") : "tests/golden/render";
	uint8_t *want = NULL;
	size_t size = 0;
	char path[4096];
	int is_same;

	if (yg_buf_error(got))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (getenv("YAGURA_GOLDEN_UPDATE"))
		return yg_io_replace(path, yg_buf_bytes(got), 0644) == YG_OK;
	if (yg_io_read_file(path, GOLDEN_BYTES_MAX, &want, &size) != YG_OK)
		return 0;
	is_same = yg_bytes_eq(yg_buf_bytes(got), (struct yg_bytes){want, size});
	if (!is_same)
		fprintf(stderr, "%s differs; got:\n%.*s\n", path, YG_FMT(yg_buf_bytes(got)));
	free(want);
	return is_same;
}

static struct yg_buf *terminal(enum yg_lang lang, unsigned columns, bool is_coloured)
{
	struct yg_terminal_opts opts = {lang, is_coloured, columns, 10};
	struct yg_buf *to = empty();

	yg_terminal_summary(to, &s.report, &opts);
	return to;
}

static void terminal_japanese(void)
{
	sample_fill(&s, false);
	CHECK(is_golden("terminal-ja.txt", terminal(YG_LANG_JA, 80, false)));
}

static void terminal_english(void)
{
	sample_fill(&s, false);
	CHECK(is_golden("terminal-en.txt", terminal(YG_LANG_EN, 80, false)));
}

static void terminal_narrow_and_coloured(void)
{
	sample_fill(&s, false);
	CHECK(is_golden("terminal-narrow.txt", terminal(YG_LANG_JA, 50, true)));
}

static void terminal_without_findings(void)
{
	sample_fill_quiet(&s);
	CHECK(is_golden("terminal-quiet-ja.txt", terminal(YG_LANG_JA, 80, false)));
	CHECK(yg_bytes_starts(yg_buf_bytes(terminal(YG_LANG_JA, 110, false)),
			      YG_S("このログの範囲では攻撃の痕跡は見つかりませんでした。"
				   "安全を保証するものではありません。")));
}

static void terminal_shows_as_many_stories_as_asked(void)
{
	struct yg_terminal_opts opts = {YG_LANG_EN, false, 80, 1};
	struct yg_buf *to = empty();

	sample_fill(&s, false);
	yg_terminal_summary(to, &s.report, &opts);
	CHECK(yg_bytes_find(yg_buf_bytes(to), YG_S("1. [critical]")) != SIZE_MAX);
	CHECK(yg_bytes_find(yg_buf_bytes(to), YG_S("2. [")) == SIZE_MAX);
	CHECK(yg_bytes_find(yg_buf_bytes(to), YG_S("not shown here: 4")) != SIZE_MAX);
}

/* However it is cut: no control character but LF, no bidi control, no line too wide. */
static void terminal_tames_hostile_texts(void)
{
	sample_fill(&s, true);
	for (unsigned columns = 40; columns <= 110; columns += 7) {
		struct yg_buf *to = terminal(YG_LANG_JA, columns, false);
		struct yg_bytes rest = yg_buf_bytes(to);

		CHECK(yg_buf_error(to) == YG_OK);
		CHECK(yg_utf8_valid(rest));
		CHECK(yg_bytes_find(rest, YG_S("\xe2\x80\xae")) == SIZE_MAX);
		while (rest.size > 0) {
			size_t end = yg_bytes_chr(rest, '\n');
			struct yg_bytes line = yg_bytes_cut(rest, 0, end);

			CHECK(end < rest.size);
			for (size_t i = 0; i < line.size; i++)
				CHECK(line.data[i] >= 0x20 && line.data[i] != 0x7f);
			CHECK(yg_text_width(line) <= columns);
			rest = yg_bytes_from(rest, end + 1);
		}
	}
}

static void progress(void)
{
	struct yg_buf *to = empty();

	yg_terminal_progress(to, YG_LANG_EN, 0.42, 1234567, 812345.6, 75);
	CHECK_TEXT(yg_buf_bytes(to),
		   " 42 %  records: 1,234,567, 812,345 a second, about 1 min 15 s left");
	yg_buf_reset(to);
	yg_terminal_progress(to, YG_LANG_JA, -1, 10, 0.0 / 1, -1);
	CHECK_TEXT(yg_buf_bytes(to), "記録 10件、毎秒 0件");
}

static void verdict_is_never_better_than_the_facts(void)
{
	struct yg_buf *to;

	sample_fill(&s, false); /* nothing parsed: not the same as nothing found */
	s.report.parsed = 0;
	s.report.findings = 0;
	s.report.story_count = 0;
	to = terminal(YG_LANG_EN, 80, false);
	CHECK(yg_bytes_starts(yg_buf_bytes(to), YG_S("No record could be examined.")));

	sample_fill(&s, false); /* findings, but no story was kept */
	s.report.story_count = 0;
	to = terminal(YG_LANG_EN, 80, false);
	CHECK(yg_bytes_starts(yg_buf_bytes(to), YG_S("Traces of an attack were found.")));

	sample_fill(&s, false); /* the gravest did not succeed, a lesser one may have */
	s.stories[0].outcome = YG_OUTCOME_ATTEMPT;
	s.stories[1].outcome = YG_OUTCOME_POSSIBLE;
	to = terminal(YG_LANG_EN, 110, false);
	CHECK(yg_bytes_starts(yg_buf_bytes(to),
			      YG_S("An attack was found that may have succeeded.")));
	CHECK(yg_bytes_find(yg_buf_bytes(to), YG_S("attack on the web server: SQL")) != SIZE_MAX);

	s.stories[1].outcome = YG_OUTCOME_ATTEMPT;
	to = terminal(YG_LANG_EN, 110, false);
	CHECK(yg_bytes_starts(yg_buf_bytes(to), YG_S("Attempts to attack were found.")));

	s.stories[1].outcome = YG_OUTCOME_UNKNOWN;
	to = terminal(YG_LANG_EN, 110, false);
	CHECK(yg_bytes_starts(yg_buf_bytes(to), YG_S("Traces of an attack were found.")));
}

/* Make the nth allocation of a summary fail, n = 1, 2, …; true when each was told. */
static bool all_failures_are_told(bool is_html)
{
	for (long at = 1; at < 5000; at++) {
		struct yg_terminal_opts opts = {YG_LANG_JA, false, 80, 10};
		struct yg_buf to;
		bool has_failed;
		int error;

		yg_buf_init(&to, GOLDEN_BYTES_MAX);
		yg_fail_at = at;
		if (is_html)
			yg_html_report(&to, &s.report, YG_LANG_JA);
		else
			yg_terminal_summary(&to, &s.report, &opts);
		has_failed = yg_fail_at == 0;
		yg_fail_at = 0;
		error = yg_buf_error(&to);
		yg_buf_done(&to);
		if (!has_failed)
			return error == YG_OK;
		if (error != YG_ENOMEM)
			return false;
	}
	return false; /* more allocations than expected */
}

static void each_failing_allocation_is_told(void)
{
	sample_fill(&s, false);
	CHECK(all_failures_are_told(false));
	CHECK(all_failures_are_told(true));
}

static struct yg_buf *page(enum yg_lang lang)
{
	struct yg_buf *to = empty();

	yg_html_report(to, &s.report, lang);
	return to;
}

static void html_japanese(void)
{
	sample_fill(&s, false);
	CHECK(is_golden("report-ja.html", page(YG_LANG_JA)));
}

static void html_english(void)
{
	sample_fill(&s, false);
	CHECK(is_golden("report-en.html", page(YG_LANG_EN)));
}

static void html_without_findings(void)
{
	sample_fill_quiet(&s);
	CHECK(is_golden("report-quiet-ja.html", page(YG_LANG_JA)));
}

/* Every tag of the page is one of these; what a log could add is not. */
static bool is_known_tag(struct yg_bytes name)
{
	static const char tags[] = " !DOCTYPE html head meta title style body a header div p span "
				   "h1 h2 h3 main section dl "
				   "dt dd ul ol li bdi figure svg rect line text title desc "
				   "figcaption details summary "
				   "table caption thead tbody tr th td small footer ";
	char key[16];

	if (name.size > 12)
		return false;
	snprintf(key, sizeof(key), " %.*s ", YG_FMT(name));
	return strstr(tags, key) != NULL;
}

static size_t count_of(struct yg_bytes hay, const char *needle)
{
	size_t count = 0;

	for (size_t at; (at = yg_bytes_find(hay, yg_bytes_str(needle))) < hay.size; count++)
		hay = yg_bytes_from(hay, at + 1);
	return count;
}

static void html_lets_no_text_become_markup(void)
{
	for (unsigned lang = 0; lang < 2; lang++) {
		struct yg_bytes all;
		struct yg_bytes rest;

		sample_fill(&s, true);
		s.report.zone_name = sample_hostile;
		s.inputs[0].encoding = sample_hostile;
		s.inputs[2].rc = YG_EIO;
		s.inputs[2].problem = sample_hostile;
		all = yg_buf_bytes(page((enum yg_lang)lang));
		CHECK(yg_utf8_valid(all));
		CHECK(count_of(all, "<script") == 0 && count_of(all, "</script") == 0);
		CHECK(count_of(all, "</style") == 1);
		CHECK(count_of(all, "\xe2\x80\xae") == 0);
		CHECK(count_of(all, "\x1b") == 0);
		CHECK(count_of(all, "&lt;script&gt;alert(1)") > 20); /* it was there, everywhere */
		for (rest = all; yg_bytes_chr(rest, '<') < rest.size;) {
			size_t end = 0;

			rest = yg_bytes_from(rest, yg_bytes_chr(rest, '<') + 1);
			if (rest.data[0] == '/')
				rest = yg_bytes_from(rest, 1);
			while (!memchr(" >/\n", rest.data[end], 4))
				end++;
			CHECK(is_known_tag(yg_bytes_cut(rest, 0, end)));
		}
	}
}

static void html_has_a_policy_that_allows_nothing_from_elsewhere(void)
{
	struct yg_bytes all;

	sample_fill(&s, false);
	all = yg_buf_bytes(page(YG_LANG_EN));
	CHECK(count_of(all, "content=\"default-src 'none'; style-src 'sha256-") == 1);
	CHECK(count_of(all, "unsafe-inline") == 0);
	CHECK(count_of(all, " style=") == 0); /* the policy would refuse it */
	CHECK(count_of(all, "src=") == 0);
	CHECK(count_of(all, "url(") == 0);
	CHECK(count_of(all, "@import") == 0);
	/* Every link stays in the page and has an end. */
	CHECK(count_of(all, "href=") == count_of(all, "href=\"#"));
	CHECK(count_of(all, "href=\"#story-2\"") == 2); /* the table, and the third story */
	CHECK(count_of(all, " id=story-2>") == 1);
}

static void html_of_times_far_apart_and_of_none(void)
{
	sample_fill(&s, false);
	s.report.timeline = NULL;
	CHECK(count_of(yg_buf_bytes(page(YG_LANG_EN)), "No record carries a time") == 1);

	yg_timeline_init(&s.timeline);
	yg_timeline_record(&s.timeline, INT64_C(-6000000000) * YG_NS_PER_S, 1);
	yg_timeline_record(&s.timeline, INT64_C(6000000000) * YG_NS_PER_S, 1);
	s.report.timeline = &s.timeline;
	CHECK(count_of(yg_buf_bytes(page(YG_LANG_EN)), "class=tick") >= 2);
	CHECK(count_of(yg_buf_bytes(page(YG_LANG_EN)), "class=tick") <= 8);

	yg_timeline_init(&s.timeline);
	yg_timeline_finding(&s.timeline, 0, YG_LEVEL_LOW);
	CHECK(count_of(yg_buf_bytes(page(YG_LANG_JA)), "class=f-low") >= 1);
}

static void html_shows_many_stories_and_counts_the_rest(void)
{
	static struct yg_story many[400];
	struct yg_bytes all;

	sample_fill(&s, false);
	for (size_t i = 0; i < 400; i++)
		many[i] = s.stories[i % 3];
	s.report.stories = many;
	s.report.story_count = 400;
	s.report.stories_total = 1000;
	all = yg_buf_bytes(page(YG_LANG_EN));
	CHECK(count_of(all, "<details open id=story-") == 20);
	CHECK(count_of(all, "<details id=story-") == 280);
	CHECK(count_of(all, "Further groups not shown here: 700") == 1);
}

static const struct check_case cases[] = {
	CASE(terminal_japanese),
	CASE(terminal_english),
	CASE(terminal_narrow_and_coloured),
	CASE(terminal_without_findings),
	CASE(terminal_shows_as_many_stories_as_asked),
	CASE(terminal_tames_hostile_texts),
	CASE(progress),
	CASE(verdict_is_never_better_than_the_facts),
	CASE(each_failing_allocation_is_told),
	CASE(html_japanese),
	CASE(html_english),
	CASE(html_without_findings),
	CASE(html_lets_no_text_become_markup),
	CASE(html_has_a_policy_that_allows_nothing_from_elsewhere),
	CASE(html_of_times_far_apart_and_of_none),
	CASE(html_shows_many_stories_and_counts_the_rest),
};
CHECK_MAIN(cases)
