/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "render/assess-int.h"
#include "render/html-int.h"

#include "base/ban.h"

static void text_cell(struct yg_page *page, struct yg_bytes text)
{
	yg_page_raw(page, "<td>");
	yg_page_text(page, text);
	yg_page_raw(page, "</td>");
}

static void key_cell(struct yg_page *page, const json_t *row, const char *key)
{
	text_cell(page, yg_json_text(row, key));
}

/* What needs a look is marked by a sign and bold letters, never by colour alone. */
static void marked_cell(struct yg_page *page, struct yg_bytes text, bool is_marked)
{
	if (!is_marked) {
		text_cell(page, text);
		return;
	}
	yg_page_raw(page, "<td class=strong>");
	yg_page_text(page, text);
	yg_page_raw(page, "</td>");
}

static void row_head(struct yg_page *page, struct yg_bytes text)
{
	yg_page_raw(page, "<tr><th scope=row>");
	yg_page_text(page, text);
	yg_page_raw(page, "</th>");
}

static void section_open(struct yg_page *page, const char *title)
{
	yg_page_raw(page, "<section>\n<h2>");
	yg_page_tr(page, title);
	yg_page_raw(page, "</h2>\n");
}

static void section_close(struct yg_page *page)
{
	yg_page_raw(page, "</section>\n");
}

/* @heads: names of columns, closed by NULL. */
static void table_open(struct yg_page *page, const char *const *heads)
{
	yg_page_raw(page, "<div class=scroll><table>\n<thead><tr>");
	for (; *heads; heads++) {
		yg_page_raw(page, "<th scope=col>");
		yg_page_tr(page, *heads);
		yg_page_raw(page, "</th>");
	}
	yg_page_raw(page, "</tr></thead>\n<tbody>\n");
}

static void table_close(struct yg_page *page)
{
	yg_page_raw(page, "</tbody></table></div>\n");
}

static void note(struct yg_page *page, const char *msgid)
{
	yg_page_raw(page, "<p class=note>");
	yg_page_tr(page, msgid);
	yg_page_raw(page, "</p>\n");
}

/* "There is none." in place of an empty table. */
static bool is_empty(struct yg_page *page, const json_t *list)
{
	if (json_array_size(list) > 0)
		return false;
	note(page, N_("There is none."));
	return true;
}

/* One column of a table of rows: its heading, and what a cell shows of @key. */
struct column {
	const char *head;
	void (*cell)(struct yg_page *page, const json_t *row, const char *key);
	const char *key;
};
#define COLUMNS_MAX 8u

/* A row for each entry of @list; the first column heads its row. @columns end with a NULL head. */
static void rows_table(struct yg_page *page, const json_t *list, const struct column *columns)
{
	const char *heads[COLUMNS_MAX + 1] = {NULL};

	if (is_empty(page, list))
		return;
	for (size_t k = 0; columns[k].head && k < COLUMNS_MAX; k++)
		heads[k] = columns[k].head;
	table_open(page, heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		row_head(page, yg_json_text(row, columns[0].key));
		for (size_t k = 1; heads[k]; k++)
			columns[k].cell(page, row, columns[k].key);
		yg_page_raw(page, "</tr>\n");
	}
	table_close(page);
}

/* Where only the first ones are shown: how many there are. */
static void count_note(struct yg_page *page, const json_t *report, const char *key,
		       const json_t *list)
{
	int64_t count = yg_json_int(report, key, 0);
	char all[YG_TEXT_NUMBER_SIZE];
	char here[YG_TEXT_NUMBER_SIZE];

	if (count <= (int64_t)json_array_size(list))
		return;
	yg_page_raw(page, "<p class=note>");
	YG_FILL(&page->piece, page->lang,
		N_("%1 of %2 are shown here; the list of what is missing has all."),
		yg_text_number(here, json_array_size(list)), yg_text_number(all, (uint64_t)count));
	yg_page_flush(page);
	yg_page_raw(page, "</p>\n");
}

/* ---- the head of every paper ---- */

static void count(struct yg_page *page, const char *label, const json_t *counts, const char *key)
{
	int64_t value = yg_json_int(counts, key, 0);

	yg_page_raw(page, "<div><dt>");
	yg_page_tr(page, label);
	yg_page_raw(page, "</dt><dd>");
	yg_page_number(page, value > 0 ? (uint64_t)value : 0);
	yg_page_raw(page, "</dd></div>\n");
}

/* Counts side by side and never added up to a mark; declared and observed stay apart. */
static void counts(struct yg_page *page, const json_t *report)
{
	const json_t *all = json_object_get(report, "counts");

	section_open(page, N_("Counts of criteria"));
	yg_page_raw(page, "<dl class=counts>\n");
	count(page, N_("criteria asked"), all, "criteria");
	count(page, N_("met"), all, "met");
	count(page, N_("partly met"), all, "partly");
	count(page, N_("not met"), all, "not_met");
	count(page, N_("not applicable"), all, "na");
	count(page, N_("not answered"), all, "open");
	count(page, N_("met, with evidence"), all, "with_evidence");
	count(page, N_("met, declared alone"), all, "declared_alone");
	count(page, N_("evidence expired or changed"), all, "stale");
	count(page, N_("declared and observed differ"), all, "contradicted");
	count(page, N_("confirmed by the specialist"), all, "confirmed");
	count(page, N_("returned by the specialist"), all, "returned");
	yg_page_raw(page, "</dl>\n");
	section_close(page);
}

static void kicker(struct yg_page *page, const json_t *report)
{
	yg_page_raw(page, "<p class=kicker><span>");
	yg_page_text(page, yg_json_text(json_object_get(report, "framework"), "title"));
	yg_page_raw(page, "</span><span>");
	yg_page_text(page, yg_json_text(json_object_get(report, "level"), "name"));
	yg_page_raw(page, "</span><span>");
	if (yg_json_text(report, "since").size > 0)
		YG_FILL(&page->piece, page->lang, N_("%1 to %2"), yg_json_text(report, "since"),
			yg_json_text(report, "date"));
	else
		YG_FILL(&page->piece, page->lang, N_("as of %1"), yg_json_text(report, "date"));
	yg_page_flush(page);
	yg_page_raw(page, "</span></p>\n");
}

static void who(struct yg_page *page, const json_t *report)
{
	const json_t *organisation = json_object_get(report, "organisation");
	struct yg_bytes number = yg_json_text(organisation, "corporate_number");

	yg_page_raw(page, "<p class=who>");
	yg_page_text(page, yg_json_text(organisation, "name"));
	yg_page_raw(page, "</p>\n<p class=note>");
	if (number.size > 0) {
		YG_FILL(&page->piece, page->lang, N_("corporate number %1"), number);
		yg_page_flush(page);
		yg_page_raw(page, " · ");
	}
	if (yg_json_text(report, "scope_date").size > 0)
		YG_FILL(&page->piece, page->lang, N_("scope as described on %1"),
			yg_json_text(report, "scope_date"));
	else
		yg_page_tr(page, N_("the scope has not been described yet"));
	yg_page_flush(page);
	yg_page_raw(page, "</p>\n");
}

static bool is_practice(const json_t *report)
{
	return !json_is_false(json_object_get(report, "practice"));
}

static void head(struct yg_page *page, const json_t *report)
{
	const char *title = yg_words_report(yg_json_text(report, "report"), page->lang);
	bool is_one_page = yg_bytes_eq(yg_json_text(report, "report"), YG_S("management"));

	yg_page_raw(page, "<!DOCTYPE html>\n<html lang=");
	yg_page_raw(page, page->lang == YG_LANG_JA ? "ja" : "en");
	yg_page_raw(page, ">\n<head>\n<meta charset=utf-8>\n"
			  "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
			  "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
			  "style-src '");
	yg_page_raw(page, yg_paper_style_hash);
	yg_page_raw(page, "'; base-uri 'none'; form-action 'none'\">\n"
			  "<meta name=color-scheme content=\"light dark\">\n"
			  "<meta name=referrer content=no-referrer>\n"
			  "<meta name=robots content=noindex>\n<title>");
	yg_page_text(page, yg_bytes_str(title));
	yg_page_raw(page, " – Yagura</title>\n<style>");
	yg_page_raw(page, yg_paper_style);
	yg_page_raw(page, is_one_page ? "</style>\n</head>\n<body class=one>\n"
				      : "</style>\n</head>\n<body>\n");
	if (is_practice(report)) {
		yg_page_raw(page, "<p class=practice>");
		yg_page_tr(page, N_("Practice: the official wording has not been brought in. This "
				    "paper is for practising only."));
		yg_page_raw(page, "</p>\n");
	}
	yg_page_raw(page, "<header>\n");
	kicker(page, report);
	yg_page_raw(page, "<h1>");
	yg_page_text(page, yg_bytes_str(title));
	yg_page_raw(page, "</h1>\n");
	who(page, report);
	yg_page_raw(page, "<p class=result>");
	yg_page_text(page, yg_json_text(report, "level_text"));
	yg_page_raw(page, "</p>\n</header>\n<main>\n");
}

/* Stands at the foot of each printed page too. */
static void foot(struct yg_page *page, const json_t *report)
{
	yg_page_raw(page, "</main>\n<footer>");
	yg_page_tr(page,
		   N_("This paper does not show that a star was granted. Stars are granted and "
		      "published by the scheme's operator alone."));
	yg_page_raw(page, "</footer>\n");
	if (is_practice(report)) {
		yg_page_raw(page, "<p class=running>");
		yg_page_tr(page, N_("Practice"));
		yg_page_raw(page, "</p>\n");
	}
	yg_page_raw(page, "</body>\n</html>\n");
}

/* ---- tables that several papers have ---- */

static void size_cell(struct yg_page *page, const json_t *row, const char *key)
{
	text_cell(page, yg_words_size(yg_json_int(row, key, 0), page->lang));
}

static void closed_by_cell(struct yg_page *page, const json_t *row, const char *key)
{
	yg_page_raw(page, "<td>");
	yg_words_closed_by(&page->piece, json_object_get(row, key), page->lang);
	yg_page_flush(page);
	yg_page_raw(page, "</td>");
}

/* The state, and below it what else is wrong. */
static void state_cell(struct yg_page *page, const json_t *row, const char *key)
{
	struct yg_bytes observed = yg_json_text(row, "observed");

	yg_page_raw(page, "<td class=state>");
	yg_page_text(page, yg_words_state(yg_json_text(row, key), page->lang));
	if (json_is_true(json_object_get(row, "stale"))) {
		yg_page_raw(page, "<br>");
		yg_page_tr(page, N_("evidence expired or changed"));
	}
	if (yg_bytes_eq(observed, YG_S("contradicts"))) {
		yg_page_raw(page, "<br>");
		yg_page_text(page, yg_words_observed(observed, page->lang));
	}
	yg_page_raw(page, "</td>");
}

/* The state alone, as it was or is. */
static void word_cell(struct yg_page *page, const json_t *row, const char *key)
{
	text_cell(page, yg_words_state(yg_json_text(row, key), page->lang));
}

/* Room to write by hand. */
static void blank_cell(struct yg_page *page, const json_t *row, const char *key)
{
	(void)row;
	(void)key;
	text_cell(page, YG_S(""));
}

static void due_cell(struct yg_page *page, const json_t *row, const char *key)
{
	struct yg_bytes status = yg_json_text(row, key);

	marked_cell(page, yg_words_due(status, page->lang),
		    yg_bytes_eq(status, YG_S("overdue")) || yg_bytes_eq(status, YG_S("never")));
}

static void gap_table(struct yg_page *page, const json_t *list)
{
	static const struct column columns[] = {
		{N_("criterion"), NULL, "id"},
		{N_("title"), key_cell, "title"},
		{N_("declared"), state_cell, "state"},
		{N_("next step"), key_cell, "cheap"},
		{N_("what would close it"), closed_by_cell, "closed_by"},
		{N_("effort"), size_cell, "effort"},
		{0},
	};

	rows_table(page, list, columns);
}

/* The same in one line each, for the paper of one page. */
static void short_gap_table(struct yg_page *page, const json_t *list)
{
	static const struct column columns[] = {
		{N_("criterion"), NULL, "id"},
		{N_("title"), key_cell, "title"},
		{N_("declared"), state_cell, "state"},
		{0},
	};

	rows_table(page, list, columns);
}

static void decision_table(struct yg_page *page, const json_t *list)
{
	static const struct column columns[] = {
		{N_("criterion"), NULL, "id"},
		{N_("title"), key_cell, "title"},
		{N_("next step"), key_cell, "cheap"},
		{0},
	};

	rows_table(page, list, columns);
}

static void step_table(struct yg_page *page, const json_t *list, bool has_blanks)
{
	struct column columns[] = {
		{N_("criterion"), NULL, "id"},	      {N_("title"), key_cell, "title"},
		{N_("next step"), key_cell, "cheap"}, {N_("effect"), size_cell, "effect"},
		{N_("effort"), size_cell, "effort"},  {N_("who"), blank_cell, ""},
		{N_("until when"), blank_cell, ""},   {0},
	};

	if (!has_blanks)
		columns[5].head = NULL;
	rows_table(page, list, columns);
}

/* Labels with room to write by hand, closed by NULL. */
static void blanks(struct yg_page *page, const char *const *labels)
{
	yg_page_raw(page, "<div class=blank><table><tbody>\n");
	for (; *labels; labels++) {
		yg_page_raw(page, "<tr><th scope=row>");
		yg_page_tr(page, *labels);
		yg_page_raw(page, "</th><td></td></tr>\n");
	}
	yg_page_raw(page, "</tbody></table></div>\n");
}

static void check_table(struct yg_page *page, const json_t *list)
{
	static const struct column columns[] = {
		{N_("criterion"), NULL, "id"},
		{N_("title"), key_cell, "title"},
		{N_("check"), due_cell, "status"},
		{N_("last done"), key_cell, "last"},
		{N_("due"), key_cell, "due"},
		{N_("record"), key_cell, "record"},
		{0},
	};

	rows_table(page, list, columns);
}

static void check_totals(struct yg_page *page, const json_t *report)
{
	const json_t *totals = json_object_get(report, "check_totals");

	yg_page_raw(page, "<dl class=counts>\n");
	count(page, N_("done"), totals, "done");
	count(page, N_("due soon"), totals, "due_soon");
	count(page, N_("overdue"), totals, "overdue");
	count(page, N_("no record yet"), totals, "never");
	yg_page_raw(page, "</dl>\n");
}

/* ---- the papers ---- */

static void ciso(struct yg_page *page, const json_t *report)
{
	static const char *const labels[] = {N_("reported by, on"),
					     N_("approved by, on"),
					     N_("instructions for improvement"),
					     N_("how they enter the plan, and by when"),
					     N_("shared with (departments), on"),
					     NULL};

	section_open(page, N_("Yearly checks"));
	check_totals(page, report);
	check_table(page, json_object_get(report, "checks"));
	section_close(page);
	counts(page, report);
	section_open(page, N_("What is missing"));
	gap_table(page, json_object_get(report, "gaps"));
	section_close(page);
	section_open(page, N_("Plan for the coming year"));
	step_table(page, json_object_get(report, "next"), true);
	section_close(page);
	section_open(page, N_("Report, approval and sharing"));
	blanks(page, labels);
	section_close(page);
}

static void management(struct yg_page *page, const json_t *report)
{
	const json_t *missing = json_object_get(report, "gaps");
	const json_t *decisions = json_object_get(report, "decisions");

	counts(page, report);
	section_open(page, N_("Decisions that only the management can take"));
	decision_table(page, decisions);
	count_note(page, report, "decision_count", decisions);
	section_close(page);
	section_open(page, N_("What is missing"));
	short_gap_table(page, missing);
	count_note(page, report, "gap_count", missing);
	section_close(page);
	section_open(page, N_("The next steps: most effect for least effort"));
	step_table(page, json_object_get(report, "next"), false);
	section_close(page);
	section_open(page, N_("Yearly checks"));
	check_totals(page, report);
	section_close(page);
}

static void gaps(struct yg_page *page, const json_t *report)
{
	counts(page, report);
	section_open(page, N_("What is missing"));
	gap_table(page, json_object_get(report, "gaps"));
	section_close(page);
}

static void progress(struct yg_page *page, const json_t *report)
{
	static const char *const states[] = {"met", "partly", "not_met", "na", "open"};
	static const char *const total_heads[] = {N_("declared"), N_("before"), N_("now"), NULL};
	static const struct column columns[] = {
		{N_("criterion"), NULL, "id"},
		{N_("title"), key_cell, "title"},
		{N_("before"), word_cell, "from"},
		{N_("now"), word_cell, "to"},
		{N_("answered by"), key_cell, "by"},
		{N_("reason"), key_cell, "reason"},
		{0},
	};

	section_open(page, N_("Counts of criteria"));
	table_open(page, total_heads);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		row_head(page, yg_words_state(yg_bytes_str(states[i]), page->lang));
		yg_buf_addf(page->to, "<td>%" PRId64 "</td><td>%" PRId64 "</td></tr>\n",
			    yg_json_int(json_object_get(report, "before"), states[i], 0),
			    yg_json_int(json_object_get(report, "after"), states[i], 0));
	}
	table_close(page);
	section_close(page);
	section_open(page, N_("Answers that changed"));
	rows_table(page, json_object_get(report, "changes"), columns);
	section_close(page);
}

/* One list of the scope as rows of the table of them all. */
static void scope_rows(struct yg_page *page, const json_t *scope, const char *key,
		       const char *label, const char *detail)
{
	const json_t *list = json_object_get(scope, key);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		row_head(page, yg_bytes_str(yg_tr(page->lang, label)));
		key_cell(page, row, "name");
		if (json_is_integer(json_object_get(row, "people"))) {
			char number[YG_TEXT_NUMBER_SIZE];
			int64_t people = yg_json_int(row, "people", 0);

			yg_page_raw(page, "<td>");
			YG_FILL(&page->piece, page->lang, N_("%1 people"),
				yg_text_number(number, people > 0 ? (uint64_t)people : 0));
			yg_page_flush(page);
			yg_page_raw(page, "</td>");
		} else {
			key_cell(page, row, detail);
		}
		key_cell(page, row, "touches");
		yg_page_raw(page, "</tr>\n");
	}
}

static void scope(struct yg_page *page, const json_t *report)
{
	static const char *const heads[] = {N_("part"), N_("name"), N_("detail"),
					    N_("where it meets what is inside"), NULL};
	const json_t *all = json_object_get(report, "scope");

	section_open(page, N_("Scope"));
	table_open(page, heads);
	scope_rows(page, all, "companies", N_("company"), "note");
	scope_rows(page, all, "sites", N_("site"), "note");
	scope_rows(page, all, "networks", N_("network"), "note");
	scope_rows(page, all, "clouds", N_("cloud service"), "use");
	scope_rows(page, all, "out", N_("outside the scope"), "why");
	table_close(page);
	section_close(page);
}

static void independence_cell(struct yg_page *page, const json_t *row, const char *key)
{
	bool is_independent = json_is_true(json_object_get(row, key));

	yg_page_raw(page, "<td>");
	yg_page_tr(page, is_independent ? N_("independent of the firm")
					: N_("not independent of the firm"));
	if (yg_json_text(row, "independence_note").size > 0) {
		yg_page_raw(page, "<br>");
		yg_page_text(page, yg_json_text(row, "independence_note"));
	}
	yg_page_raw(page, "</td>");
}

static void experts(struct yg_page *page, const json_t *report)
{
	static const struct column columns[] = {
		{N_("specialist's name"), NULL, "name"},
		{N_("organisation"), key_cell, "organisation"},
		{N_("qualification"), key_cell, "qualification"},
		{N_("registration number"), key_cell, "registration"},
		{N_("registered until"), key_cell, "registration_expires"},
		{N_("independence"), independence_cell, "independent"},
		{0},
	};

	section_open(page, N_("Who looked"));
	rows_table(page, json_object_get(report, "experts"), columns);
	section_close(page);
}

static void decision_cells(struct yg_page *page, const json_t *confirmation)
{
	struct yg_bytes state = yg_json_text(confirmation, "state");
	bool is_valid = yg_bytes_eq(state, YG_S("valid"));

	yg_page_raw(page, "<td>");
	if (!json_is_object(confirmation)) {
		yg_page_tr(page, N_("not looked at yet"));
	} else {
		yg_page_text(page,
			     yg_words_decision(yg_json_text(confirmation, "decision"), page->lang));
		if (!is_valid) {
			yg_page_raw(page, "<br>");
			yg_page_text(page, yg_words_validity(state, page->lang));
		}
	}
	yg_page_raw(page, "</td>");
	key_cell(page, confirmation, "looked_at");
	text_cell(page, yg_words_how(yg_json_text(confirmation, "how"), page->lang));
	key_cell(page, confirmation, "advice");
	text_cell(page, yg_json_text(confirmation, "date"));
	text_cell(page, yg_json_text(json_object_get(confirmation, "expert"), "name"));
}

static void confirmations(struct yg_page *page, const json_t *report)
{
	static const char *const heads[] = {
		N_("criterion"),	 N_("title"), N_("declared"), N_("specialist"),
		N_("looked at"),	 N_("how"),   N_("advice"),   N_("day"),
		N_("specialist's name"), NULL};
	const json_t *list = json_object_get(report, "criteria");

	section_open(page, N_("Criterion by criterion"));
	table_open(page, heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		row_head(page, yg_json_text(row, "id"));
		key_cell(page, row, "title");
		state_cell(page, row, "state");
		decision_cells(page, json_object_get(row, "confirmation"));
		yg_page_raw(page, "</tr>\n");
	}
	table_close(page);
	section_close(page);
}

/* Lists that are only there for some. */
static void some_table(struct yg_page *page, const char *title, const json_t *list,
		       const struct column *columns)
{
	if (json_array_size(list) == 0)
		return;
	section_open(page, title);
	rows_table(page, list, columns);
	section_close(page);
}

static void proof(struct yg_page *page, const json_t *report)
{
	const json_t *statement = json_object_get(report, "statement");
	const char *qr = json_string_value(json_object_get(statement, "qr"));
	int rc;

	section_open(page, N_("Digest of what this paper rests on"));
	if (!qr) {
		note(page, N_("Without official wording there is nothing to state."));
		section_close(page);
		return;
	}
	yg_page_raw(page, "<div class=proof>");
	rc = yg_assess_qr(page->to, qr, yg_tr(page->lang, N_("QR code with the digest")));
	if (rc != YG_OK && !page->to->error)
		page->to->error = rc;
	yg_page_raw(page, "<dl><dt>");
	yg_page_tr(page, N_("SHA-256 of the assessment as it is now"));
	yg_page_raw(page, "</dt><dd>");
	yg_page_text(page, yg_json_text(statement, "sha256"));
	yg_page_raw(page, "</dd><dt>");
	yg_page_tr(page, N_("signed with the key"));
	yg_page_raw(page, "</dt><dd>");
	if (yg_json_text(statement, "key_id").size > 0)
		yg_page_text(page, yg_json_text(statement, "key_id"));
	else
		yg_page_tr(page, N_("not signed yet"));
	yg_page_raw(page, "</dd></dl></div>\n");
	note(page, N_("The digest is the same as in the signed statement as long as neither has "
		      "changed."));
	section_close(page);
}

static void expert(struct yg_page *page, const json_t *report)
{
	static const struct column technical[] = {
		{N_("title"), NULL, "title"},
		{N_("day"), key_cell, "date"},
		{N_("done by"), key_cell, "by"},
		{N_("method"), key_cell, "method"},
		{N_("sample"), key_cell, "sample"},
		{N_("result"), key_cell, "result"},
		{0},
	};
	static const struct column official[] = {
		{N_("number"), NULL, "number"},
		{N_("level"), key_cell, "level"},
		{N_("valid from"), key_cell, "valid_from"},
		{N_("valid to"), key_cell, "valid_to"},
		{N_("source"), key_cell, "source"},
		{N_("checked on"), key_cell, "checked_on"},
		{0},
	};
	static const char *const labels[] = {N_("signature of the specialist, on"),
					     N_("signature of the firm, on"), NULL};

	experts(page, report);
	scope(page, report);
	counts(page, report);
	confirmations(page, report);
	some_table(page, N_("Technical verification"), json_object_get(report, "technical"),
		   technical);
	some_table(page, N_("Copies of what the scheme's operator published"),
		   json_object_get(report, "official_results"), official);
	proof(page, report);
	section_open(page, N_("Signatures"));
	blanks(page, labels);
	section_close(page);
}

void yg_assess_page(struct yg_buf *to, const json_t *report, enum yg_lang lang)
{
	static const struct {
		const char *name;
		void (*body)(struct yg_page *page, const json_t *report);
	} papers[] = {
		{"ciso", ciso},		{"management", management}, {"gaps", gaps},
		{"progress", progress}, {"expert", expert},
	};
	struct yg_page page = {.to = to, .lang = lang};

	yg_buf_init(&page.piece, to->max);
	head(&page, report);
	for (size_t i = 0; i < sizeof(papers) / sizeof(papers[0]); i++)
		if (yg_bytes_eq(yg_json_text(report, "report"), yg_bytes_str(papers[i].name)))
			papers[i].body(&page, report);
	foot(&page, report);
	yg_text_end(to, &page.piece);
}
