/* SPDX-License-Identifier: Apache-2.0 */
#include "render/benign.h"

#include "render/text-int.h"
#include "render/wrap-int.h"

#include "base/ban.h"

#define CAUSES_SHOWN   8u
#define EXAMPLES_SHOWN 3u
#define VALUE_COLUMNS  160u

/* --- the filter ------------------------------------------------------------------------------- */

/* In single quotes; Sigma's wildcards and backslashes made plain. */
static void quoted(struct yg_buf *to, struct yg_bytes text, bool is_pattern)
{
	yg_buf_add_byte(to, '\'');
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (is_pattern && (c == '\\' || c == '*' || c == '?'))
			yg_buf_add_byte(to, '\\');
		if (c == '\'')
			yg_buf_add_byte(to, '\'');
		yg_buf_add_byte(to, c);
	}
	yg_buf_add_byte(to, '\'');
}

static void source_line(struct yg_buf *to, const char *name, struct yg_bytes value)
{
	if (value.size == 0)
		return;
	yg_buf_addf(to, "    %s: ", name);
	quoted(to, value, false);
	yg_buf_add_byte(to, '\n');
}

void yg_benign_filter(struct yg_buf *to, const struct yg_benign_rule *rule)
{
	struct yg_buf title;

	if (rule->filter_count == 0)
		return;
	yg_text_scratch(&title, rule->rule->title.size + 16);
	yg_buf_add_str(&title, "Usual here: ");
	yg_text_add(&title, yg_bytes_cut(rule->rule->title, 0, 900));
	yg_buf_add_str(to, "title: ");
	quoted(to, yg_buf_bytes(&title), false);
	yg_text_end(to, &title);
	yg_buf_addf(to,
		    "\nstatus: experimental\n"
		    "# A suggestion from benign data: %llu of %llu hits looked at have these "
		    "values.\n"
		    "# Make sure that an attacker cannot have them too, before it is used.\n"
		    "logsource:\n",
		    (unsigned long long)rule->filter_covers, (unsigned long long)rule->looked);
	source_line(to, "product", rule->product);
	source_line(to, "category", rule->category);
	source_line(to, "service", rule->service);
	yg_buf_add_str(to, "filter:\n    rules:\n        - ");
	quoted(to, rule->rule->id, false);
	yg_buf_add_str(to, "\n    usual:\n");
	for (uint32_t i = 0; i < rule->filter_count; i++) {
		yg_buf_add_str(to, "        ");
		quoted(to, rule->filter[i].field, false);
		yg_buf_add_str(to, ": ");
		quoted(to, rule->filter[i].value, true);
		yg_buf_add_byte(to, '\n');
	}
	yg_buf_add_str(to, "    condition: not usual\n");
}

/* --- for people ------------------------------------------------------------------------------- */

static void add_share(struct yg_buf *to, uint64_t part, uint64_t whole)
{
	yg_buf_addf(to, "%.3f %%", whole > 0 ? 100.0 * (double)part / (double)whole : 0);
}

static void say_causes(struct yg_wrap *w, const struct yg_benign_rule *rule, enum yg_lang lang)
{
	char digits[YG_TEXT_NUMBER_SIZE];

	for (uint32_t i = 0; i < rule->cause_count && i < CAUSES_SHOWN; i++) {
		const struct yg_benign_value *cause = &rule->causes[i];

		yg_wrap_label(w, 2, 12, i == 0 ? yg_tr(lang, N_("Because of")) : "");
		yg_buf_add(&w->piece, yg_text_number(digits, cause->hits));
		yg_buf_add_str(&w->piece, " × ");
		yg_text_add_short(&w->piece, cause->field, 60);
		yg_buf_add_str(&w->piece, ": '");
		yg_text_add_short(&w->piece, cause->value, VALUE_COLUMNS);
		yg_buf_add_byte(&w->piece, '\'');
		yg_wrap_say(w, 0, 16, YG_STYLE_PLAIN);
	}
	for (uint32_t i = 0; i < rule->example_count && i < EXAMPLES_SHOWN; i++) {
		yg_wrap_label(w, 2, 12, i == 0 ? yg_tr(lang, N_("See")) : "");
		yg_text_add_short(&w->piece, rule->examples[i].source, VALUE_COLUMNS);
		yg_buf_addf(&w->piece, ":%llu", (unsigned long long)rule->examples[i].position);
		yg_wrap_say(w, 0, 16, YG_STYLE_PLAIN);
	}
}

static void say_rule(struct yg_wrap *w, const struct yg_benign *report,
		     const struct yg_benign_rule *rule, enum yg_lang lang)
{
	char digits[YG_TEXT_NUMBER_SIZE];

	yg_wrap_blank(w);
	yg_buf_add(&w->piece, yg_text_number(digits, rule->findings));
	yg_buf_add_str(&w->piece, " (");
	add_share(&w->piece, rule->findings, report->records);
	yg_buf_add_str(&w->piece, ")  [");
	yg_buf_add_str(&w->piece, yg_words_level(rule->rule->level, lang));
	yg_buf_add_str(&w->piece, "] ");
	yg_text_add_short(&w->piece, yg_words_title(rule->rule, lang), 120);
	yg_buf_add_str(&w->piece, "  ");
	yg_text_add_short(&w->piece, rule->rule->id, 130);
	yg_wrap_say(w, 0, 4, YG_STYLE_BOLD);
	say_causes(w, rule, lang);
}

/* Line by line: what texts of rules and logs hold cannot act on the terminal. */
static void add_filter(struct yg_buf *to, const struct yg_benign_rule *rule)
{
	struct yg_buf filter;
	struct yg_bytes rest;

	yg_text_scratch(&filter, 65536);
	yg_benign_filter(&filter, rule);
	rest = yg_buf_bytes(&filter);
	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');

		yg_text_add(to, yg_bytes_cut(rest, 0, end));
		yg_buf_add_byte(to, '\n');
		rest = yg_bytes_from(rest, end < rest.size ? end + 1 : end);
	}
	yg_text_end(to, &filter);
}

void yg_benign_text(struct yg_buf *to, const struct yg_benign *report, enum yg_lang lang,
		    unsigned columns, bool is_coloured)
{
	char digits[3][YG_TEXT_NUMBER_SIZE];
	struct yg_wrap wrap;

	yg_wrap_init(&wrap, to, columns, is_coloured);
	YG_FILL(&wrap.piece, lang,
		N_("Records: %1; findings: %2, of %3 rules. Where nothing is amiss each is a false "
		   "alarm."),
		yg_text_number(digits[0], report->records),
		yg_text_number(digits[1], report->findings),
		yg_text_number(digits[2], report->rule_count));
	yg_wrap_say(&wrap, 0, 0, YG_STYLE_PLAIN);
	yg_wrap_done(&wrap);
	for (size_t i = 0; i < report->rule_count; i++) {
		const struct yg_benign_rule *rule = &report->rules[i];

		yg_wrap_init(&wrap, to, columns, is_coloured);
		say_rule(&wrap, report, rule, lang);
		if (rule->looked > 0) {
			yg_buf_add_str(&wrap.piece,
				       rule->filter_count > 0
					       ? yg_tr(lang, N_("A filter that would take them "
								"away:"))
					       : yg_tr(lang, N_("No value tells these hits from "
								"other records of their kind.")));
			yg_wrap_say(&wrap, 2, 2, YG_STYLE_PLAIN);
		}
		yg_wrap_done(&wrap);
		add_filter(to, rule);
	}
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void text(struct yg_buf *to, const char *before, struct yg_bytes value)
{
	yg_buf_add_str(to, before);
	yg_buf_add_json(to, value);
}

static void json_causes(struct yg_buf *to, const struct yg_benign_rule *rule)
{
	yg_buf_add_str(to, ",\"causes\":[");
	for (uint32_t i = 0; i < rule->cause_count; i++) {
		text(to, i > 0 ? ",{\"field\":" : "{\"field\":", rule->causes[i].field);
		text(to, ",\"value\":", rule->causes[i].value);
		yg_buf_addf(to, ",\"hits\":%llu}", (unsigned long long)rule->causes[i].hits);
	}
	yg_buf_add_str(to, "],\"examples\":[");
	for (uint32_t i = 0; i < rule->example_count; i++) {
		const struct yg_benign_example *example = &rule->examples[i];

		text(to, i > 0 ? ",{\"source\":" : "{\"source\":", example->source);
		yg_buf_addf(to,
			    ",\"position\":%llu,\"event\":", (unsigned long long)example->position);
		yg_buf_add(to, example->event_json.size > 0 ? example->event_json : YG_S("{}"));
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_byte(to, ']');
}

static void json_rule(struct yg_buf *to, const struct yg_benign *report,
		      const struct yg_benign_rule *rule, enum yg_lang lang)
{
	struct yg_buf filter;

	text(to, "{\"rule_id\":", rule->rule->id);
	text(to, ",\"rule_title\":", yg_words_title(rule->rule, lang));
	yg_buf_addf(to,
		    ",\"level\":\"%s\",\"kind\":\"%s\",\"findings\":%llu,\"share\":%.6f,"
		    "\"looked_at\":%llu",
		    yg_level_name(rule->rule->level), yg_kind_name(rule->rule->kind),
		    (unsigned long long)rule->findings,
		    report->records > 0 ? (double)rule->findings / (double)report->records : 0,
		    (unsigned long long)rule->looked);
	json_causes(to, rule);
	yg_buf_add_str(to, ",\"filter\":");
	if (rule->filter_count == 0) {
		yg_buf_add_str(to, "null}");
		return;
	}
	yg_text_scratch(&filter, 65536);
	yg_benign_filter(&filter, rule);
	text(to, "{\"sigma\":", yg_buf_bytes(&filter));
	yg_buf_addf(to, ",\"covers\":%llu}}", (unsigned long long)rule->filter_covers);
	yg_text_end(to, &filter);
}

void yg_benign_json(struct yg_buf *to, const struct yg_benign *report, enum yg_lang lang)
{
	yg_buf_addf(to, "{\"records\":%llu,\"unparsed\":%llu,\"findings\":%llu,\"rules\":[",
		    (unsigned long long)report->records, (unsigned long long)report->unparsed,
		    (unsigned long long)report->findings);
	for (size_t i = 0; i < report->rule_count; i++) {
		yg_buf_add_str(to, i > 0 ? ",\n" : "\n");
		json_rule(to, report, &report->rules[i], lang);
	}
	yg_buf_add_str(to, "]}\n");
}
