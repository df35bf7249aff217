/* SPDX-License-Identifier: Apache-2.0 */
/* The per-source view of the page: a table of all stories, then the details of each. */
#include "render/html-int.h"

#include "base/ban.h"

static void span(struct yg_page *page, int64_t first_ns, int64_t last_ns)
{
	yg_tell_add_span(&page->piece, first_ns, last_ns, page->report->zone_s, page->lang);
	yg_page_flush(page);
}

static void actor(struct yg_page *page, const struct yg_story *story)
{
	if (story->actor.size > 0)
		yg_page_log(page, story->actor, 80);
	else
		yg_page_tr(page, N_("source not recorded"));
}

/* A bar for @value where the longest stands for @most. */
static void bar(struct yg_page *page, enum yg_level level, uint64_t value, uint64_t most)
{
	double share = most > 0 ? (double)value / (double)most * 100 : 0;

	yg_page_raw(
		page,
		"<svg class=bar viewBox=\"0 0 100 4\" preserveAspectRatio=none "
		"aria-hidden=true focusable=false><rect class=ground width=\"100\" height=\"4\"/>"
		"<rect class=\"f-");
	yg_page_raw(page, yg_level_name(level));
	yg_buf_addf(page->to, "\" width=\"%.1f\" height=\"4\"/></svg>", share < 1 ? 1.0 : share);
}

static void table_row(struct yg_page *page, size_t index, uint64_t most)
{
	const struct yg_story *story = &page->report->stories[index];

	yg_page_raw(page, "<tr><td>");
	yg_page_level(page, story->level);
	yg_page_raw(page, "</td><th scope=row><a href=\"#story-");
	yg_buf_add_u64(page->to, index + 1);
	yg_page_raw(page, "\">");
	actor(page, story);
	yg_page_raw(page, "</a></th><td class=kind>");
	yg_page_tr(page, yg_attack_words(story->field));
	yg_page_raw(page, "</td><td class=\"kind o-");
	yg_page_raw(page, yg_outcome_name(story->outcome));
	yg_page_raw(page, "\">");
	yg_page_text(page, yg_bytes_str(yg_words_outcome(story->outcome, page->lang)));
	yg_page_raw(page, "</td><td class=n>");
	yg_page_number(page, story->findings);
	bar(page, story->level, story->findings, most);
	yg_page_raw(page, "</td><td class=when>");
	span(page, story->first_ns, story->last_ns);
	yg_page_strip(page, story->first_ns, story->last_ns);
	yg_page_raw(page, "</td></tr>\n");
}

static void table(struct yg_page *page, size_t shown)
{
	static const char *const heads[] = {N_("level"),    N_("source address or actor"),
					    N_("kind"),	    N_("outcome"),
					    N_("findings"), N_("when")};
	uint64_t most = 0;

	for (size_t i = 0; i < shown; i++) {
		if (page->report->stories[i].findings > most)
			most = page->report->stories[i].findings;
	}
	yg_page_raw(page, "<div class=scroll role=region tabindex=0 aria-label=\"");
	yg_page_tr(page, N_("Sources and what they did"));
	yg_page_raw(page, "\"><table class=overview><caption>");
	yg_page_tr(page, N_("Sources and what they did"));
	yg_page_raw(page, "</caption><thead><tr>");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		yg_page_raw(page, i == 4 ? "<th scope=col class=n>" : "<th scope=col>");
		yg_page_tr(page, heads[i]);
		yg_page_raw(page, "</th>");
	}
	yg_page_raw(page, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < shown; i++)
		table_row(page, i, most);
	yg_page_raw(page, "</tbody></table></div>\n");
}

static void targets(struct yg_page *page, const struct yg_story *story)
{
	char number[YG_TEXT_NUMBER_SIZE];

	if (story->target_count == 0)
		return;
	yg_page_raw(page, "<dt>");
	yg_page_tr(page, N_("Targets"));
	yg_page_raw(page, "</dt><dd><ul class=targets>");
	for (uint32_t i = 0; i < story->target_count; i++) {
		yg_page_raw(page, "<li>");
		yg_page_log(page, story->targets[i], YG_PAGE_TARGET_COLUMNS);
		yg_page_raw(page, "</li>");
	}
	if (story->other_targets > 0) {
		yg_page_raw(page, "<li>");
		YG_FILL(&page->piece, page->lang, N_("others (findings: %1)"),
			yg_text_number(number, story->other_targets));
		yg_page_flush(page);
		yg_page_raw(page, "</li>");
	}
	yg_page_raw(page, "</ul></dd>\n");
}

static void rule_row(struct yg_page *page, const struct yg_story *story, uint32_t index)
{
	const struct yg_rule_info *rule = story->rules[index].rule;

	yg_page_raw(page, "<tr><td>");
	yg_page_level(page, rule->level);
	yg_page_raw(page, "</td><th scope=row>");
	yg_page_text(page, yg_words_title(rule, page->lang));
	yg_page_raw(page, "<small>");
	yg_page_log(page, rule->id, 64);
	for (uint32_t i = 0; i < rule->tag_count && i < 8; i++) {
		yg_page_raw(page, " ");
		yg_page_log(page, rule->tags[i], 40);
	}
	yg_page_raw(page, "</small></th><td class=n>");
	yg_page_number(page, story->rules[index].count);
	yg_page_raw(page, "</td><td class=kind>");
	yg_page_text(page, yg_bytes_str(yg_words_outcome(story->rules[index].outcome, page->lang)));
	yg_page_raw(page, "</td><td class=when>");
	span(page, story->rules[index].first_ns, story->rules[index].last_ns);
	yg_page_raw(page, "</td></tr>\n");
}

static void rules(struct yg_page *page, const struct yg_story *story)
{
	static const char *const heads[] = {N_("level"), N_("rule"), N_("findings"), N_("outcome"),
					    N_("when")};
	char number[YG_TEXT_NUMBER_SIZE];

	yg_page_raw(page, "<div class=scroll role=region tabindex=0 aria-label=\"");
	yg_page_tr(page, N_("Rules that found it"));
	yg_page_raw(page, "\"><table><caption>");
	yg_page_tr(page, N_("Rules that found it"));
	yg_page_raw(page, "</caption><thead><tr>");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		yg_page_raw(page, i == 2 ? "<th scope=col class=n>" : "<th scope=col>");
		yg_page_tr(page, heads[i]);
		yg_page_raw(page, "</th>");
	}
	yg_page_raw(page, "</tr></thead><tbody>\n");
	for (uint32_t i = 0; i < story->rule_count; i++)
		rule_row(page, story, i);
	yg_page_raw(page, "</tbody></table></div>\n");
	if (story->other_rules > 0) {
		yg_page_raw(page, "<p>");
		YG_FILL(&page->piece, page->lang, N_("further rules or findings of them: %1"),
			yg_text_number(number, story->other_rules));
		yg_page_flush(page);
		yg_page_raw(page, "</p>\n");
	}
}

static void details(struct yg_page *page, size_t index)
{
	const struct yg_story *story = &page->report->stories[index];
	char numbers[2][YG_TEXT_NUMBER_SIZE];
	char id[YG_ID_HEX + 1];

	yg_page_raw(page, index < YG_PAGE_STORIES_OPEN ? "<details open id=story-"
						       : "<details id=story-");
	yg_buf_add_u64(page->to, index + 1);
	yg_page_raw(page, "><summary><h3>");
	yg_page_level(page, story->level);
	yg_page_raw(page, " ");
	actor(page, story);
	yg_page_raw(page, " – ");
	yg_page_tr(page, yg_attack_words(story->field));
	yg_page_raw(page, "</h3></summary>\n<dl class=rows>\n<dt>");
	yg_page_tr(page, N_("Outcome"));
	yg_page_raw(page, "</dt><dd>");
	yg_tell_add_outcome(&page->piece, story->outcome, &story->reason, page->lang);
	yg_page_flush(page);
	yg_page_raw(page, "</dd>\n<dt>");
	yg_page_tr(page, N_("How often"));
	yg_page_raw(page, "</dt><dd>");
	YG_FILL(&page->piece, page->lang, N_("findings: %1, in records: %2"),
		yg_text_number(numbers[0], story->findings),
		yg_text_number(numbers[1], story->records));
	yg_page_flush(page);
	yg_page_raw(page, "</dd>\n<dt>");
	yg_page_tr(page, N_("When"));
	yg_page_raw(page, "</dt><dd>");
	span(page, story->first_ns, story->last_ns);
	yg_page_raw(page, "</dd>\n");
	targets(page, story);
	if (story->source.size > 0) {
		yg_page_raw(page, "<dt>");
		yg_page_tr(page, N_("See"));
		yg_page_raw(page, "</dt><dd>");
		yg_page_log(page, story->source, 160);
		yg_page_raw(page, ":");
		yg_buf_add_u64(page->to, story->position);
		yg_page_raw(page, "</dd>\n");
	}
	yg_page_raw(page, "</dl>\n");
	rules(page, story);
	yg_page_story_advice(page, index);
	yg_hex((struct yg_bytes){story->id, YG_ID_BYTES}, id);
	yg_page_raw(page, "<p class=id>story ");
	yg_page_raw(page, id);
	yg_page_raw(page, "</p></details>\n");
}

void yg_page_stories(struct yg_page *page)
{
	const struct yg_report *report = page->report;
	size_t shown = report->story_count < YG_PAGE_STORIES_MAX ? report->story_count
								 : YG_PAGE_STORIES_MAX;
	char number[YG_TEXT_NUMBER_SIZE];

	table(page, shown);
	if (report->stories_total > shown) {
		yg_page_raw(page, "<p>");
		YG_FILL(&page->piece, page->lang, N_("Further groups not shown here: %1"),
			yg_text_number(number, report->stories_total - shown));
		yg_page_flush(page);
		yg_page_raw(page, "</p>\n");
	}
	for (size_t i = 0; i < shown; i++)
		details(page, i);
}
