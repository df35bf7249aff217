/* SPDX-License-Identifier: Apache-2.0 */
/* The page of `rules benign`: a table of the rules, then each with its causes, examples, filter. */
#include "render/benign.h"
#include "render/html-int.h"

#include "base/ban.h"

#define CAUSES_SHOWN   16u
#define EXAMPLES_SHOWN 3u
#define VALUE_COLUMNS  240u
#define EVENT_COLUMNS  4000u
#define FILTER_BYTES   65536u

static void share(struct yg_page *page, uint64_t part, uint64_t whole)
{
	yg_buf_addf(page->to, "%.3f %%", whole > 0 ? 100.0 * (double)part / (double)whole : 0);
}

/* The head of a table. @numeric: bit i is set when column i holds numbers. */
static void table_head(struct yg_page *page, const char *caption, const char *const *heads,
		       size_t count, unsigned numeric)
{
	yg_page_raw(page, "<div class=scroll role=region tabindex=0 aria-label=\"");
	yg_page_tr(page, caption);
	yg_page_raw(page, "\"><table><caption>");
	yg_page_tr(page, caption);
	yg_page_raw(page, "</caption><thead><tr>");
	for (size_t i = 0; i < count; i++) {
		yg_page_raw(page, numeric >> i & 1 ? "<th scope=col class=n>" : "<th scope=col>");
		yg_page_tr(page, heads[i]);
		yg_page_raw(page, "</th>");
	}
	yg_page_raw(page, "</tr></thead><tbody>\n");
}

/* What the suggestion comes to, in few words. */
static void add_remedy(struct yg_page *page, const struct yg_benign_rule *rule)
{
	char numbers[2][YG_TEXT_NUMBER_SIZE];

	if (rule->filter_count > 0)
		YG_FILL(&page->piece, page->lang, N_("%1 of %2 looked at"),
			yg_text_number(numbers[0], rule->filter_covers),
			yg_text_number(numbers[1], rule->looked));
	else
		yg_buf_add_str(&page->piece, "–");
	yg_page_flush(page);
}

static void rule_row(struct yg_page *page, const struct yg_benign *report, size_t index)
{
	const struct yg_benign_rule *rule = &report->rules[index];

	yg_page_raw(page, "<tr><td>");
	yg_page_level(page, rule->rule->level);
	yg_page_raw(page, "</td><th scope=row>");
	if (index < YG_PAGE_STORIES_MAX) {
		yg_page_raw(page, "<a href=\"#rule-");
		yg_buf_add_u64(page->to, index + 1);
		yg_page_raw(page, "\">");
	}
	yg_page_text(page, yg_words_title(rule->rule, page->lang));
	if (index < YG_PAGE_STORIES_MAX)
		yg_page_raw(page, "</a>");
	yg_page_raw(page, "<small>");
	yg_page_log(page, rule->rule->id, 130);
	yg_page_raw(page, "</small></th><td class=n>");
	yg_page_number(page, rule->findings);
	yg_page_raw(page, "</td><td class=n>");
	share(page, rule->findings, report->records);
	yg_page_raw(page, "</td><td class=n>");
	add_remedy(page, rule);
	yg_page_raw(page, "</td></tr>\n");
}

static void table(struct yg_page *page, const struct yg_benign *report)
{
	static const char *const heads[] = {N_("level"), N_("rule"), N_("findings"),
					    N_("share of the records"), N_("a filter takes away")};
	size_t shown =
		report->rule_count < YG_BENIGN_ROWS_MAX ? report->rule_count : YG_BENIGN_ROWS_MAX;
	char number[YG_TEXT_NUMBER_SIZE];

	table_head(page, N_("Rules, most findings first"), heads, sizeof(heads) / sizeof(heads[0]),
		   0x1c);
	for (size_t i = 0; i < shown; i++)
		rule_row(page, report, i);
	yg_page_raw(page, "</tbody></table></div>\n");
	if (report->rule_count > shown) {
		yg_page_raw(page, "<p>");
		YG_FILL(&page->piece, page->lang, N_("Further rules not shown here: %1"),
			yg_text_number(number, report->rule_count - shown));
		yg_page_flush(page);
		yg_page_raw(page, "</p>\n");
	}
}

static void causes(struct yg_page *page, const struct yg_benign_rule *rule)
{
	static const char *const heads[] = {N_("hits"), N_("field"), N_("value")};

	if (rule->cause_count == 0)
		return;
	table_head(page, N_("Values that made the rule true"), heads,
		   sizeof(heads) / sizeof(heads[0]), 0x1);
	for (uint32_t i = 0; i < rule->cause_count && i < CAUSES_SHOWN; i++) {
		yg_page_raw(page, "<tr><td class=n>");
		yg_page_number(page, rule->causes[i].hits);
		yg_page_raw(page, "</td><th scope=row>");
		yg_page_log(page, rule->causes[i].field, 60);
		yg_page_raw(page, "</th><td>");
		yg_page_log(page, rule->causes[i].value, VALUE_COLUMNS);
		yg_page_raw(page, "</td></tr>\n");
	}
	yg_page_raw(page, "</tbody></table></div>\n");
}

static void examples(struct yg_page *page, const struct yg_benign_rule *rule)
{
	for (uint32_t i = 0; i < rule->example_count && i < EXAMPLES_SHOWN; i++) {
		const struct yg_benign_example *example = &rule->examples[i];

		yg_page_raw(page, "<details class=numbers><summary>");
		yg_page_tr(page, N_("See"));
		yg_page_raw(page, " ");
		yg_page_log(page, example->source, VALUE_COLUMNS);
		yg_page_raw(page, ":");
		yg_buf_add_u64(page->to, example->position);
		yg_page_raw(page, "</summary><p>");
		yg_page_log(page, example->event_json, EVENT_COLUMNS);
		yg_page_raw(page, "</p></details>\n");
	}
}

/* The suggestion, line by line as it is to be copied. */
static void filter(struct yg_page *page, const struct yg_benign_rule *rule)
{
	struct yg_buf document;
	struct yg_bytes rest;

	yg_page_raw(page, "<p>");
	yg_page_tr(page, rule->filter_count > 0
				 ? N_("A filter that would take them away:")
				 : N_("No value tells these hits from other records of their "
				      "kind."));
	yg_page_raw(page, "</p>\n");
	if (rule->filter_count == 0)
		return;
	yg_text_scratch(&document, FILTER_BYTES);
	yg_benign_filter(&document, rule);
	rest = yg_buf_bytes(&document);
	yg_page_raw(page, "<pre class=log>");
	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');

		yg_page_text(page, yg_bytes_cut(rest, 0, end));
		yg_page_raw(page, "\n");
		rest = yg_bytes_from(rest, end < rest.size ? end + 1 : end);
	}
	yg_page_raw(page, "</pre>\n");
	yg_text_end(page->to, &document);
}

static void details(struct yg_page *page, const struct yg_benign *report, size_t index)
{
	const struct yg_benign_rule *rule = &report->rules[index];
	char number[YG_TEXT_NUMBER_SIZE];

	yg_page_raw(page,
		    index < YG_PAGE_STORIES_OPEN ? "<details open id=rule-" : "<details id=rule-");
	yg_buf_add_u64(page->to, index + 1);
	yg_page_raw(page, "><summary><h3>");
	yg_page_level(page, rule->rule->level);
	yg_page_raw(page, " ");
	yg_page_text(page, yg_words_title(rule->rule, page->lang));
	yg_page_raw(page, " – ");
	YG_FILL(&page->piece, page->lang, N_("findings: %1"),
		yg_text_number(number, rule->findings));
	yg_page_flush(page);
	yg_page_raw(page, "</h3></summary>\n");
	if (rule->looked > 0) {
		causes(page, rule);
		examples(page, rule);
		filter(page, rule);
	} else {
		yg_page_raw(page, "<p>");
		yg_page_tr(page, N_("A correlation or an indicator: what it counts or names is in "
				    "the findings of `yagura detect`, not in one record's "
				    "values."));
		yg_page_raw(page, "</p>\n");
	}
	yg_page_raw(page, "<p class=id>");
	yg_page_log(page, rule->rule->id, 130);
	yg_page_raw(page, "</p></details>\n");
}

static void head(struct yg_page *page, const struct yg_benign *report)
{
	char numbers[3][YG_TEXT_NUMBER_SIZE];
	struct yg_buf words;

	yg_page_open(page, N_("What rules find where nothing is amiss"), N_("Skip to the report"),
		     report->records == report->unparsed ? "v-nothing" : "v-none");
	yg_text_scratch(&words, 4096);
	YG_FILL(&words, page->lang,
		N_("Records: %1; findings: %2, of %3 rules. Where nothing is amiss each is a false "
		   "alarm."),
		yg_text_number(numbers[0], report->records),
		yg_text_number(numbers[1], report->findings),
		yg_text_number(numbers[2], report->rule_count));
	yg_page_sentences(page, yg_buf_bytes(&words));
	yg_text_end(page->to, &words);
	yg_page_raw(page, "</h1>\n</div></header>\n<main id=main class=measure>\n");
}

static void advice(struct yg_page *page)
{
	static const char *const lines[] = {
		N_("Look at the examples first: was something amiss after all? Then it is a "
		   "finding."),
		N_("A filter here is a suggestion. Make sure that an attacker cannot have these "
		   "values too."),
		N_("Then put it in a file below --rules and let the same logs be read again."),
	};

	yg_page_section(page, "advice", N_("What to do"));
	yg_page_raw(page, "<ol>\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		yg_page_raw(page, "<li>");
		yg_page_tr(page, lines[i]);
		yg_page_raw(page, "</li>\n");
	}
	yg_page_raw(page, "</ol></section>\n");
}

void yg_benign_html(struct yg_buf *to, const struct yg_benign *report, enum yg_lang lang)
{
	struct yg_page page = {.to = to, .report = report->run, .lang = lang};

	yg_buf_init(&page.piece, YG_PAGE_STORY_BYTES_MAX);
	head(&page, report);
	if (report->rule_count > 0) {
		advice(&page);
		yg_page_section(&page, "rules", N_("Rules that found something"));
		table(&page, report);
		for (size_t i = 0; i < report->rule_count && i < YG_PAGE_STORIES_MAX; i++)
			details(&page, report, i);
		yg_page_raw(&page, "</section>\n");
	}
	yg_page_section(&page, "examined", N_("What was examined"));
	yg_page_inputs(&page);
	yg_page_raw(&page, "</section>\n");
	yg_page_close(&page);
	yg_text_end(to, &page.piece);
}
