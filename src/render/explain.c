/* SPDX-License-Identifier: Apache-2.0 */
#include "render/explain.h"

#include <math.h>

#include "render/kinds-int.h"
#include "render/tell-int.h"
#include "render/wrap-int.h"

#include "base/ban.h"

#define LABEL_COLUMNS 12u
#define VALUE_COLUMNS 300u
#define KINDS_SHOWN   12u
#define INDENT	      2u

void yg_text_kind(struct yg_buf *to, const struct yg_record_kind *kind)
{
	yg_buf_add_str(to, kind->format);
	if (kind->channel.size > 0) {
		yg_buf_add_byte(to, ' ');
		yg_text_add_short(to, kind->channel, 80);
	}
	if (kind->event_code > 0)
		yg_buf_addf(to, " %u", kind->event_code);
}

static void add_kinds(struct yg_wrap *w, const struct yg_record_kind *kinds, size_t count,
		      bool with_records, enum yg_lang lang)
{
	char digits[YG_TEXT_NUMBER_SIZE];

	for (size_t i = 0; i < count && i < KINDS_SHOWN; i++) {
		if (i > 0)
			yg_buf_add_str(&w->piece, "; ");
		yg_text_kind(&w->piece, &kinds[i]);
		if (with_records) {
			yg_buf_add_str(&w->piece, " × ");
			yg_buf_add(&w->piece, yg_text_number(digits, kinds[i].records));
		}
	}
	if (count > KINDS_SHOWN)
		YG_FILL(&w->piece, lang, N_("; and %1 others"),
			yg_text_number(digits, count - KINDS_SHOWN));
}

static void say_labelled(struct yg_wrap *w)
{
	yg_wrap_say(w, 0, INDENT + LABEL_COLUMNS, YG_STYLE_PLAIN);
}

static void begin(struct yg_wrap *w, const char *label)
{
	yg_wrap_label(w, INDENT, LABEL_COLUMNS, label);
}

static void say_logsource(struct yg_wrap *w, const struct yg_explain_rule *rule, enum yg_lang lang)
{
	static const char *const names[] = {"product", "category", "service"};
	const struct yg_bytes values[] = {rule->product, rule->category, rule->service};
	bool is_first = true;

	begin(w, yg_tr(lang, N_("Logsource")));
	for (size_t i = 0; i < 3; i++) {
		if (values[i].size == 0)
			continue;
		yg_buf_add_str(&w->piece, is_first ? "" : ", ");
		is_first = false;
		yg_buf_add_str(&w->piece, names[i]);
		yg_buf_add_byte(&w->piece, ' ');
		yg_text_add_short(&w->piece, values[i], 80);
	}
	say_labelled(w);
	begin(w, yg_tr(lang, N_("Looks at")));
	if (rule->wanted_count > 0)
		add_kinds(w, rule->wanted, rule->wanted_count, false, lang);
	else
		yg_buf_add_str(&w->piece,
			       yg_tr(lang, N_("JSON that does not say which channel it is from; no "
					      "other record stands for this logsource "
					      "(docs/routing.md)")));
	say_labelled(w);
}

static void say_correlation(struct yg_wrap *w, const struct yg_explain_rule *rule,
			    enum yg_lang lang)
{
	char digits[2][YG_TEXT_NUMBER_SIZE];

	begin(w, yg_tr(lang, N_("Counts")));
	yg_buf_add_str(&w->piece, rule->type);
	yg_buf_add_byte(&w->piece, ' ');
	yg_text_add_short(&w->piece, rule->condition, 120);
	say_labelled(w);
	begin(w, yg_tr(lang, N_("Within")));
	yg_tell_add_duration(&w->piece, rule->timespan_ns, lang);
	if (rule->group_by.size > 0) {
		struct yg_buf names;

		yg_text_scratch(&names, rule->group_by.size);
		yg_text_add_short(&names, rule->group_by, 120);
		YG_FILL(&w->piece, lang, N_(", for each %1"), yg_buf_bytes(&names));
		yg_text_end(&w->piece, &names);
	}
	say_labelled(w);
	for (size_t i = 0; i < rule->ref_count; i++) {
		const struct yg_explain_ref *ref = &rule->refs[i];

		begin(w, i == 0 ? yg_tr(lang, N_("Of rules")) : "");
		yg_text_add_short(&w->piece, yg_words_title(ref->info, lang), 80);
		yg_buf_add_str(&w->piece, ": ");
		if (ref->is_correlation)
			YG_FILL(&w->piece, lang, N_("records that may complete it: %1"),
				yg_text_number(digits[0], ref->counted));
		else
			YG_FILL(&w->piece, lang,
				N_("fits %1 records, of which %2 have the fields to count by"),
				yg_text_number(digits[0], ref->hits),
				yg_text_number(digits[1], ref->counted));
		say_labelled(w);
	}
}

void yg_explain_rule_text(struct yg_buf *to, const struct yg_explain_rule *rule,
			  const struct yg_explain_opts *opts)
{
	struct yg_wrap wrap;

	yg_wrap_init(&wrap, to, opts->columns, opts->is_coloured);
	yg_text_add_short(&wrap.piece, yg_words_title(rule->info, opts->lang), 200);
	yg_buf_add_str(&wrap.piece, " [");
	yg_buf_add_str(&wrap.piece, yg_words_level(rule->info->level, opts->lang));
	yg_buf_add_byte(&wrap.piece, ']');
	yg_wrap_say(&wrap, 0, 0, YG_STYLE_BOLD);
	begin(&wrap, "id");
	yg_text_add_short(&wrap.piece, rule->info->id, 130);
	say_labelled(&wrap);
	begin(&wrap, yg_tr(opts->lang, N_("File")));
	yg_text_add_short(&wrap.piece, rule->file, 200);
	yg_buf_addf(&wrap.piece, ":%u", rule->line);
	say_labelled(&wrap);
	if (rule->type)
		say_correlation(&wrap, rule, opts->lang);
	else
		say_logsource(&wrap, rule, opts->lang);
	yg_wrap_done(&wrap);
}

void yg_explain_heading(struct yg_buf *to, const char *words, const struct yg_explain_opts *opts)
{
	struct yg_wrap wrap;

	yg_wrap_init(&wrap, to, opts->columns, opts->is_coloured);
	yg_wrap_blank(&wrap);
	yg_buf_add_str(&wrap.piece, words);
	yg_wrap_say(&wrap, 0, 0, YG_STYLE_CYAN);
	yg_wrap_done(&wrap);
}

static void add_quoted(struct yg_buf *to, struct yg_bytes text)
{
	yg_buf_add_byte(to, '\'');
	yg_text_add_short(to, text, VALUE_COLUMNS);
	yg_buf_add_byte(to, '\'');
}

static void add_seen(struct yg_buf *to, const struct yg_explain_line *line, enum yg_lang lang)
{
	char digits[YG_TEXT_NUMBER_SIZE];

	if (line->field.size == 0) {
		if (line->seen != YG_EXPLAIN_VALUE)
			return;
		yg_buf_add_str(to, "  ← ");
		if (line->value_field.size > 0)
			yg_text_add_short(to, line->value_field, 60);
		else
			yg_buf_add_str(to, yg_tr(lang, N_("the record as written")));
		return;
	}
	yg_buf_add_str(to, "  ← ");
	if (line->seen == YG_EXPLAIN_MISSING)
		yg_buf_add_str(to, yg_tr(lang, N_("the record has no such field")));
	else if (line->seen == YG_EXPLAIN_NULL)
		yg_buf_add_str(to, "null");
	else
		add_quoted(to, line->value);
	if (line->count > 1)
		YG_FILL(to, lang, N_(" (one of %1 values)"), yg_text_number(digits, line->count));
}

static void add_test(struct yg_buf *to, const struct yg_explain_line *line, enum yg_lang lang)
{
	if (line->field.size > 0)
		yg_text_add_short(to, line->field, 80);
	else
		yg_buf_add_str(to, yg_tr(lang, N_("(anywhere)")));
	if (line->op[0]) {
		yg_buf_add_byte(to, '|');
		yg_buf_add_str(to, line->op);
	}
	if (line->is_cased)
		yg_buf_add_str(to, "|cased");
	if (line->wanted.size > 0 ||
	    (strcmp(line->op, "null") != 0 && strcmp(line->op, "exists") != 0)) {
		yg_buf_add_str(to, ": ");
		add_quoted(to, line->wanted);
	}
	add_seen(to, line, lang);
}

static void add_line(struct yg_buf *to, const struct yg_explain_line *line, enum yg_lang lang)
{
	char digits[YG_TEXT_NUMBER_SIZE];

	switch (line->kind) {
	case YG_EXPLAIN_CONDITION:
		yg_buf_add_str(to, "condition: ");
		yg_text_add_short(to, line->text, VALUE_COLUMNS);
		break;
	case YG_EXPLAIN_SELECTION:
		yg_text_add_short(to, line->text, 120);
		yg_buf_add_byte(to, ':');
		break;
	case YG_EXPLAIN_FILTER:
		yg_buf_add_str(to, "filter: ");
		yg_text_add_short(to, line->text, 120);
		break;
	case YG_EXPLAIN_ALL:
		YG_FILL(to, lang, N_("all of these %1:"), yg_text_number(digits, line->count));
		break;
	case YG_EXPLAIN_ANY:
		YG_FILL(to, lang, N_("one of these %1:"), yg_text_number(digits, line->count));
		break;
	case YG_EXPLAIN_NOT:
		yg_buf_add_str(to, "not:");
		break;
	case YG_EXPLAIN_TEST:
		add_test(to, line, lang);
		break;
	case YG_EXPLAIN_MORE:
		YG_FILL(to, lang, N_("… %1 more"), yg_text_number(digits, line->count));
		break;
	}
}

static void say_line(struct yg_wrap *w, const struct yg_explain_line *line, enum yg_lang lang)
{
	size_t depth = line->depth < 20 ? line->depth : 20;

	yg_wrap_label(w, INDENT + INDENT * depth, 4,
		      line->kind == YG_EXPLAIN_MORE ? ""
		      : line->is_true		    ? "✔"
						    : "✘");
	add_line(&w->piece, line, lang);
	yg_wrap_say(w, 0, INDENT + INDENT * depth + 6,
		    line->kind == YG_EXPLAIN_MORE ? YG_STYLE_DIM
		    : line->is_true		  ? YG_STYLE_PLAIN
						  : YG_STYLE_YELLOW);
}

void yg_explain_record_text(struct yg_buf *to, const struct yg_explain_place *place,
			    const struct yg_explanation *said, const struct yg_explain_opts *opts)
{
	char time[YG_TEXT_TIME_SIZE];
	char digits[YG_TEXT_NUMBER_SIZE];
	struct yg_wrap wrap;

	yg_wrap_init(&wrap, to, opts->columns, opts->is_coloured);
	yg_wrap_blank(&wrap);
	yg_text_add_short(&wrap.piece, place->source, 120);
	yg_buf_addf(&wrap.piece, ":%llu  ", (unsigned long long)place->position);
	if (place->time_ns != YG_TIME_NONE) {
		yg_buf_add_str(&wrap.piece, yg_text_time(time, place->time_ns, opts->zone_s, true));
		yg_buf_add_str(&wrap.piece, "  ");
	}
	if (said->is_match)
		yg_buf_add_str(&wrap.piece, yg_tr(opts->lang, N_("the rule fits")));
	else
		YG_FILL(&wrap.piece, opts->lang,
			N_("does not fit; comparisons that fail, at least: %1"),
			yg_text_number(digits, said->missing));
	yg_wrap_say(&wrap, 0, 2, YG_STYLE_BOLD);
	for (uint32_t i = 0; i < said->line_count; i++)
		say_line(&wrap, &said->lines[i], opts->lang);
	yg_wrap_done(&wrap);
}

static void add_real(struct yg_buf *to, double value)
{
	if (isfinite(value))
		yg_buf_addf(to, "%.6g", value);
	else
		yg_buf_add_byte(to, '-');
}

void yg_explain_group_text(struct yg_buf *to, const struct yg_explain_rule *rule,
			   const struct yg_explain_group *group, const struct yg_explain_opts *opts)
{
	char digits[2][YG_TEXT_NUMBER_SIZE];
	char time[YG_TEXT_TIME_SIZE];
	struct yg_buf best, missing;
	struct yg_wrap wrap;

	yg_wrap_init(&wrap, to, opts->columns, opts->is_coloured);
	yg_wrap_blank(&wrap);
	yg_text_add_short(&wrap.piece, group->group_json, 200);
	yg_wrap_say(&wrap, 0, 2, YG_STYLE_BOLD);
	YG_FILL(&wrap.piece, opts->lang, N_("records that count: %1, findings: %2"),
		yg_text_number(digits[0], group->records),
		yg_text_number(digits[1], group->completions));
	yg_wrap_say(&wrap, 4, 4, YG_STYLE_PLAIN);
	yg_text_scratch(&best, 64);
	yg_text_scratch(&missing, 64);
	add_real(&best, group->best);
	add_real(&missing, group->missing);
	if (group->missing > 0)
		YG_FILL(&wrap.piece, opts->lang, N_("nearest within the timespan: %1; missing: %2"),
			yg_buf_bytes(&best), yg_buf_bytes(&missing));
	else
		YG_FILL(&wrap.piece, opts->lang, N_("fulfilled with %1"), yg_buf_bytes(&best));
	if (group->first_ns != YG_TIME_NONE && group->best_ns != YG_TIME_NONE) {
		yg_buf_add_str(&wrap.piece, " (");
		yg_tell_add_span(&wrap.piece, group->first_ns, group->best_ns, opts->zone_s,
				 opts->lang);
		yg_buf_add_byte(&wrap.piece, ')');
	} else if (group->best_ns != YG_TIME_NONE) {
		yg_buf_addf(&wrap.piece, " (%s)",
			    yg_text_time(time, group->best_ns, opts->zone_s, true));
	}
	yg_text_end(&wrap.piece, &best);
	yg_text_end(&wrap.piece, &missing);
	yg_wrap_say(&wrap, 4, 4, group->missing > 0 ? YG_STYLE_YELLOW : YG_STYLE_PLAIN);
	for (size_t i = 0; rule->ref_count > 1 && i < rule->ref_count; i++) {
		yg_wrap_label(&wrap, 4, 4, group->refs_met >> i & 1 ? "✔" : "✘");
		yg_text_add_short(&wrap.piece, yg_words_title(rule->refs[i].info, opts->lang), 80);
		yg_wrap_say(&wrap, 0, 8, YG_STYLE_PLAIN);
	}
	yg_wrap_done(&wrap);
}

void yg_explain_sum_text(struct yg_buf *to, const struct yg_explain_rule *rule,
			 const struct yg_explain_sum *sum, const struct yg_explain_opts *opts)
{
	char digits[3][YG_TEXT_NUMBER_SIZE];
	struct yg_wrap wrap;

	yg_wrap_init(&wrap, to, opts->columns, opts->is_coloured);
	if (rule->type) {
		YG_FILL(&wrap.piece, opts->lang, N_("Records read: %1; groups: %2"),
			yg_text_number(digits[0], sum->records),
			yg_text_number(digits[1], sum->groups + sum->others));
		yg_wrap_say(&wrap, 0, 0, YG_STYLE_PLAIN);
		yg_wrap_done(&wrap);
		return;
	}
	YG_FILL(&wrap.piece, opts->lang,
		N_("Records read: %1; of the kind the rule looks at: %2; it fits: %3"),
		yg_text_number(digits[0], sum->records), yg_text_number(digits[1], sum->admitted),
		yg_text_number(digits[2], sum->matched));
	yg_wrap_say(&wrap, 0, 0, YG_STYLE_PLAIN);
	if (sum->admitted == 0 && sum->kind_count > 0) {
		yg_buf_add_str(&wrap.piece,
			       yg_tr(opts->lang, N_("No record is of the kind the rule looks at "
						    "(above). What was read: ")));
		add_kinds(&wrap, sum->kinds, sum->kind_count, true, opts->lang);
		yg_wrap_say(&wrap, 0, 0, YG_STYLE_YELLOW);
	}
	yg_wrap_done(&wrap);
}
