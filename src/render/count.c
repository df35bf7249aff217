/* SPDX-License-Identifier: Apache-2.0 */
#include "render/count.h"

#include "render/kinds-int.h"

#include "base/ban.h"

#define KINDS_SHOWN   50u
#define RULES_SHOWN   200u
#define INPUTS_SHOWN  50u
#define TITLE_COLUMNS 70u
#define NUMBER_WIDTH  12u

/* --- tables ----------------------------------------------------------------------------------- */

static void add_number(struct yg_buf *to, uint64_t value)
{
	char digits[YG_TEXT_NUMBER_SIZE];
	struct yg_bytes text = yg_text_number(digits, value);

	for (size_t i = text.size; i < NUMBER_WIDTH; i++)
		yg_buf_add_byte(to, ' ');
	yg_buf_add(to, text);
	yg_buf_add_str(to, "  ");
}

static void add_heading(struct yg_buf *to, const char *words)
{
	yg_buf_add_byte(to, '\n');
	yg_buf_add_str(to, words);
	yg_buf_add_byte(to, '\n');
}

static void add_others(struct yg_buf *to, enum yg_lang lang, uint64_t lines)
{
	char digits[YG_TEXT_NUMBER_SIZE];

	if (lines == 0)
		return;
	yg_buf_add_str(to, "              ");
	YG_FILL(to, lang, N_("… %1 more (--count --json lists all)"),
		yg_text_number(digits, lines));
	yg_buf_add_byte(to, '\n');
}

static void add_kinds(struct yg_buf *to, const struct yg_count *count, enum yg_lang lang)
{
	add_heading(to, yg_tr(lang, N_("Records by kind (format, channel, event id)")));
	for (size_t i = 0; i < count->kind_count && i < KINDS_SHOWN; i++) {
		add_number(to, count->kinds[i].records);
		yg_text_kind(to, &count->kinds[i]);
		yg_buf_add_byte(to, '\n');
	}
	if (count->other_records > 0) {
		add_number(to, count->other_records);
		yg_buf_add_str(to, yg_tr(lang, N_("of further kinds")));
		yg_buf_add_byte(to, '\n');
	}
	if (count->report->unparsed > 0) {
		add_number(to, count->report->unparsed);
		yg_buf_add_str(to, yg_tr(lang, N_("that could not be read")));
		yg_buf_add_byte(to, '\n');
	}
	if (count->kind_count > KINDS_SHOWN)
		add_others(to, lang, count->kind_count - KINDS_SHOWN);
}

static void add_rules(struct yg_buf *to, const struct yg_count *count, enum yg_lang lang)
{
	add_heading(to, yg_tr(lang, N_("Findings by level")));
	for (int level = YG_LEVEL_CRITICAL; level >= YG_LEVEL_INFORMATIONAL; level--) {
		add_number(to, count->report->by_level[level]);
		yg_buf_add_str(to, yg_words_level((enum yg_level)level, lang));
		yg_buf_add_byte(to, '\n');
	}
	add_heading(to, yg_tr(lang, N_("Findings by rule")));
	for (size_t i = 0; i < count->rule_count && i < RULES_SHOWN; i++) {
		const struct yg_rule_info *rule = count->rules[i].rule;

		add_number(to, count->rules[i].findings);
		yg_buf_add_byte(to, '[');
		yg_buf_add_str(to, yg_words_level(rule->level, lang));
		yg_buf_add_str(to, "] ");
		yg_text_add_short(to, yg_words_title(rule, lang), TITLE_COLUMNS);
		yg_buf_add_str(to, "  ");
		yg_text_add_short(to, rule->id, 130);
		yg_buf_add_byte(to, '\n');
	}
	if (count->other_findings > 0) {
		add_number(to, count->other_findings);
		yg_buf_add_str(to, yg_tr(lang, N_("of further rules")));
		yg_buf_add_byte(to, '\n');
	}
	if (count->rule_count > RULES_SHOWN)
		add_others(to, lang, count->rule_count - RULES_SHOWN);
}

static void add_sources(struct yg_buf *to, const struct yg_count *count, enum yg_lang lang)
{
	const struct yg_report *report = count->report;

	add_heading(to, yg_tr(lang, N_("Records, findings, source")));
	for (size_t i = 0; i < report->input_count && i < INPUTS_SHOWN; i++) {
		add_number(to, report->inputs[i].records);
		add_number(to, report->inputs[i].findings);
		yg_text_add_short(to, yg_bytes_str(report->inputs[i].name), 120);
		yg_buf_add_byte(to, '\n');
	}
	if (report->input_count > INPUTS_SHOWN)
		add_others(to, lang, report->input_count - INPUTS_SHOWN);
}

void yg_count_text(struct yg_buf *to, const struct yg_count *count, enum yg_lang lang)
{
	char digits[2][YG_TEXT_NUMBER_SIZE];

	YG_FILL(to, lang, N_("Records: %1, findings: %2"),
		yg_text_number(digits[0], count->report->records),
		yg_text_number(digits[1], count->report->findings));
	yg_buf_add_byte(to, '\n');
	add_kinds(to, count, lang);
	if (count->report->findings > 0)
		add_rules(to, count, lang);
	add_sources(to, count, lang);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void key(struct yg_buf *to, const char *name)
{
	yg_buf_add_str(to, ",\"");
	yg_buf_add_str(to, name);
	yg_buf_add_str(to, "\":");
}

static void number(struct yg_buf *to, const char *name, uint64_t value)
{
	key(to, name);
	yg_buf_add_u64(to, value);
}

static void levels(struct yg_buf *to, const uint64_t by_level[5])
{
	key(to, "levels");
	for (unsigned level = 0; level < 5; level++)
		yg_buf_addf(to, "%s\"%s\":%llu", level > 0 ? "," : "{", yg_level_name(level),
			    (unsigned long long)by_level[level]);
	yg_buf_add_byte(to, '}');
}

static void json_rules(struct yg_buf *to, const struct yg_count *count, enum yg_lang lang)
{
	key(to, "rules");
	yg_buf_add_byte(to, '[');
	for (size_t i = 0; i < count->rule_count; i++) {
		const struct yg_rule_info *rule = count->rules[i].rule;

		yg_buf_add_str(to, i > 0 ? ",{\"rule_id\":" : "{\"rule_id\":");
		yg_buf_add_json(to, rule->id);
		key(to, "rule_title");
		yg_buf_add_json(to, yg_words_title(rule, lang));
		yg_buf_addf(to, ",\"level\":\"%s\"", yg_level_name(rule->level));
		number(to, "findings", count->rules[i].findings);
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_byte(to, ']');
}

static void json_sources(struct yg_buf *to, const struct yg_count *count)
{
	const struct yg_report *report = count->report;

	key(to, "sources");
	yg_buf_add_byte(to, '[');
	for (size_t i = 0; i < report->input_count; i++) {
		const struct yg_report_input *input = &report->inputs[i];

		yg_buf_add_str(to, i > 0 ? ",{\"source\":" : "{\"source\":");
		yg_buf_add_json(to, yg_bytes_str(input->name ? input->name : ""));
		number(to, "records", input->records);
		number(to, "unparsed", input->unparsed);
		number(to, "findings", input->findings);
		levels(to, count->levels[i]);
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_byte(to, ']');
}

void yg_count_json(struct yg_buf *to, const struct yg_count *count, enum yg_lang lang)
{
	yg_buf_add_str(to, "{\"records\":");
	yg_buf_add_u64(to, count->report->records);
	number(to, "unparsed", count->report->unparsed);
	number(to, "findings", count->report->findings);
	levels(to, count->report->by_level);
	key(to, "kinds");
	yg_json_kinds(to, count->kinds, count->kind_count, true);
	number(to, "other_records", count->other_records);
	json_rules(to, count, lang);
	number(to, "other_findings", count->other_findings);
	json_sources(to, count);
	yg_buf_add_str(to, "}\n");
}
