/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes in every place where a report carries text of a log: nothing that comes out can act. */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "render/csv.h"
#include "render/summary.h"
#include "render/text-int.h"

#define OUT_BYTES_MAX (64u << 20)

static void check(bool is_well)
{
	if (!is_well)
		abort();
}

static bool has(struct yg_bytes hay, const char *needle)
{
	return yg_bytes_find(hay, yg_bytes_str(needle)) != SIZE_MAX;
}

/* UTF-8 in which LF (and CR, for CSV) is the only control character, and no bidi control is. */
static void check_text(const struct yg_buf *buf)
{
	struct yg_bytes all = yg_buf_bytes(buf);

	check(yg_buf_error(buf) == YG_OK);
	check(yg_utf8_valid(all));
	for (size_t i = 0; i < all.size; i++)
		check((all.data[i] >= 0x20 && all.data[i] != 0x7f) || all.data[i] == '\n' ||
		      (all.data[i] == '\r' && i + 1 < all.size && all.data[i + 1] == '\n'));
	check(!has(all, "\xe2\x80\xae") && !has(all, "\xe2\x81\xa6") && !has(all, "\xc2\x9b"));
}

static void check_lines(struct yg_bytes all, size_t columns)
{
	while (all.size > 0) {
		size_t end = yg_bytes_chr(all, '\n');

		check(end < all.size);
		check(yg_text_width(yg_bytes_cut(all, 0, end)) <= columns);
		all = yg_bytes_from(all, end + 1);
	}
}

static size_t count_lines(struct yg_bytes all)
{
	size_t count = 0;

	for (size_t i = 0; i < all.size; i++)
		count += all.data[i] == '\n';
	return count;
}

struct report {
	struct yg_rule_info rule;
	struct yg_finding finding;
	struct yg_story story;
	struct yg_report_input input;
	struct yg_timeline timeline;
	struct yg_report report;
};

/* A report of one story whose every text is a slice of @text and whose times come from it. */
static void fill(struct report *r, struct yg_bytes text, const char *name)
{
	int64_t times[2] = {0, 0};

	memcpy(times, text.data, text.size < sizeof(times) ? text.size : sizeof(times));
	times[1] = times[1] < times[0] ? times[0] : times[1];
	*r = (struct report){0};
	r->rule = (struct yg_rule_info){.id = text,
					.title = text,
					.title_ja = yg_bytes_from(text, text.size / 2),
					.level = YG_LEVEL_HIGH,
					.advice = text,
					.tags = &r->finding.target,
					.tag_count = 1};
	r->finding = (struct yg_finding){.time_ns = times[0],
					 .rule = &r->rule,
					 .outcome = YG_OUTCOME_POSSIBLE,
					 .reason = {.code = YG_REASON_PAGE_OPENED, .text = text},
					 .source = text,
					 .position = 1,
					 .actor = text,
					 .target = yg_bytes_from(text, text.size / 3),
					 .matched = text};
	r->story =
		(struct yg_story){.actor = text,
				  .level = YG_LEVEL_HIGH,
				  .outcome = YG_OUTCOME_POSSIBLE,
				  .reason = r->finding.reason,
				  .source = text,
				  .first_ns = times[0],
				  .last_ns = times[1],
				  .rules = {{&r->rule, 1, times[0], times[1], YG_OUTCOME_POSSIBLE}},
				  .rule_count = 1,
				  .targets = {text, r->finding.target},
				  .target_count = 2};
	r->input = (struct yg_report_input){.name = name,
					    .format = YG_FORMAT_ACCESS,
					    .by_format = {[YG_FORMAT_ACCESS] = 1},
					    .records = 2,
					    .parsed = 1,
					    .unparsed = 1,
					    .unparsed_text = text,
					    .encoding = name,
					    .first_ns = times[0],
					    .last_ns = times[1]};
	yg_timeline_init(&r->timeline);
	for (size_t i = 0; i < 2; i++) {
		yg_timeline_record(&r->timeline, times[i], 1);
		yg_timeline_finding(&r->timeline, times[i], YG_LEVEL_HIGH);
	}
	r->report = (struct yg_report){.inputs = &r->input,
				       .input_count = 1,
				       .records = 2,
				       .parsed = 1,
				       .findings = 1,
				       .by_level = {[YG_LEVEL_HIGH] = 1},
				       .stories = &r->story,
				       .story_count = 1,
				       .stories_total = 1,
				       .zone_name = name,
				       .zone_s = 9 * 3600,
				       .timeline = &r->timeline};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct report r;
	enum yg_lang lang = size > 0 && data[0] & 1 ? YG_LANG_JA : YG_LANG_EN;
	unsigned columns = 40 + (size > 0 ? data[0] / 4 : 0);
	struct yg_bytes text = yg_bytes_from((struct yg_bytes){data, size}, 1);
	struct yg_terminal_opts opts = {lang, false, columns, 1};
	char name[256] = "";
	struct yg_buf to;

	if (text.size == 0 || text.size > 65536)
		return 0;
	memcpy(name, text.data, text.size < 255 ? text.size : 255);
	fill(&r, text, name);
	yg_buf_init(&to, OUT_BYTES_MAX);

	yg_terminal_summary(&to, &r.report, &opts);
	check_text(&to);
	check_lines(yg_buf_bytes(&to), columns);

	yg_buf_reset(&to);
	yg_html_report(&to, &r.report, lang);
	check_text(&to);
	check(!has(yg_buf_bytes(&to), "<script") && !has(yg_buf_bytes(&to), "<img"));

	yg_buf_reset(&to);
	yg_csv_finding(&to, &r.finding, lang, 0);
	check_text(&to);
	check(count_lines(yg_buf_bytes(&to)) == 1);

	yg_buf_reset(&to);
	yg_json_finding(&to, &r.finding, lang);
	yg_json_story(&to, &r.story, lang);
	check(yg_buf_error(&to) == YG_OK && yg_utf8_valid(yg_buf_bytes(&to)));
	check(count_lines(yg_buf_bytes(&to)) == 2);
	yg_buf_done(&to);
	return 0;
}
