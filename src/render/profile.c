/* SPDX-License-Identifier: Apache-2.0 */
#include "render/profile.h"

#include <math.h>

#include "render/text-int.h"

#include "base/ban.h"

#define LINES_SHOWN   40u
#define TITLE_COLUMNS 60u

static void right(struct yg_buf *to, struct yg_bytes text, size_t width)
{
	for (size_t i = yg_text_width(text); i < width; i++)
		yg_buf_add_byte(to, ' ');
	yg_buf_add(to, text);
}

static void right_number(struct yg_buf *to, uint64_t value, size_t width)
{
	char digits[YG_TEXT_NUMBER_SIZE];

	right(to, yg_text_number(digits, value), width);
}

static void right_real(struct yg_buf *to, double value, size_t width)
{
	char digits[YG_TEXT_NUMBER_SIZE];
	int size = snprintf(digits, sizeof(digits), "%.1f",
			    isfinite(value) && value < 1e15 ? value : 0);

	right(to, (struct yg_bytes){(const uint8_t *)digits, (size_t)size}, width);
}

static void head(struct yg_buf *to, enum yg_lang lang)
{
	right(to, yg_bytes_str(yg_tr(lang, N_("ns/record"))), 14);
	right(to, yg_bytes_str(yg_tr(lang, N_("records"))), 14);
	right(to, yg_bytes_str(yg_tr(lang, N_("candidates"))), 14);
	right(to, yg_bytes_str(yg_tr(lang, N_("comparisons"))), 14);
	right(to, yg_bytes_str(yg_tr(lang, N_("fits"))), 12);
	right(to, yg_bytes_str(yg_tr(lang, N_("work"))), 10);
	yg_buf_add_str(to, "  ");
	yg_buf_add_str(to, yg_tr(lang, N_("rule")));
	yg_buf_add_byte(to, '\n');
}

void yg_profile_text(struct yg_buf *to, const struct yg_profile_report *report, enum yg_lang lang)
{
	char digits[3][YG_TEXT_NUMBER_SIZE];
	size_t shown = 0;

	YG_FILL(to, lang,
		N_("What rules cost, dearest first; measured on %1 of %2 records. The search that "
		   "all share: %3 ns a record."),
		yg_text_number(digits[0], report->timed_records),
		yg_text_number(digits[1], report->records),
		yg_text_number(digits[2], report->search_ns_per_record > 0
						  ? (uint64_t)report->search_ns_per_record
						  : 0));
	yg_buf_add_byte(to, '\n');
	head(to, lang);
	for (; shown < report->line_count && shown < LINES_SHOWN; shown++) {
		const struct yg_profile_line *line = &report->lines[shown];

		if (line->runs == 0)
			break;
		right_real(to, line->ns_per_record, 14);
		right_number(to, line->records, 14);
		right_number(to, line->runs, 14);
		right_number(to, line->tests, 14);
		right_number(to, line->matches, 12);
		right_real(to, line->work_per_kib, 10);
		yg_buf_add_str(to, "  ");
		yg_text_add_short(to, yg_words_title(line->rule, lang), TITLE_COLUMNS);
		yg_buf_add_str(to, "  ");
		yg_text_add_short(to, line->rule->id, 130);
		yg_buf_add_byte(to, '\n');
	}
}

static void real(struct yg_buf *to, const char *name, double value)
{
	yg_buf_addf(to, ",\"%s\":%.3f", name, isfinite(value) ? value : 0);
}

static void number(struct yg_buf *to, const char *name, uint64_t value)
{
	yg_buf_addf(to, ",\"%s\":%llu", name, (unsigned long long)value);
}

void yg_profile_json(struct yg_buf *to, const struct yg_profile_report *report, enum yg_lang lang)
{
	yg_buf_addf(to, "{\"records\":%llu", (unsigned long long)report->records);
	number(to, "timed_records", report->timed_records);
	real(to, "search_ns_per_record", report->search_ns_per_record);
	yg_buf_add_str(to, ",\"rules\":[");
	for (size_t i = 0; i < report->line_count; i++) {
		const struct yg_profile_line *line = &report->lines[i];

		yg_buf_add_str(to, i > 0 ? ",\n{\"rule_id\":" : "\n{\"rule_id\":");
		yg_buf_add_json(to, line->rule->id);
		yg_buf_add_str(to, ",\"rule_title\":");
		yg_buf_add_json(to, yg_words_title(line->rule, lang));
		yg_buf_addf(to, ",\"level\":\"%s\"", yg_level_name(line->rule->level));
		real(to, "ns_per_record", line->ns_per_record);
		real(to, "ns_total", line->ns_total);
		real(to, "work_per_kib", line->work_per_kib);
		number(to, "records", line->records);
		number(to, "candidates", line->runs);
		number(to, "evaluations", line->tests);
		number(to, "matches", line->matches);
		number(to, "timed", line->timed);
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_str(to, "]}\n");
}
