/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "render/advice.h"
#include "render/summary.h"
#include "render/tell-int.h"
#include "render/wrap-int.h"

#include "base/ban.h"

#define TARGETS_SHOWN  4u
#define TARGET_COLUMNS 44u
#define ACTOR_COLUMNS  44u
#define RULES_SHOWN    6u
#define TITLE_COLUMNS  60u
#define LABEL_COLUMNS  14u

static enum yg_style style_of_level(enum yg_level level)
{
	static const enum yg_style styles[] = {YG_STYLE_DIM, YG_STYLE_CYAN, YG_STYLE_YELLOW,
					       YG_STYLE_RED, YG_STYLE_ALARM};

	return styles[level];
}

static void heading(struct yg_wrap *w, const char *text)
{
	yg_wrap_blank(w);
	yg_buf_add_str(&w->piece, text);
	yg_wrap_say(w, 0, 0, YG_STYLE_BOLD);
}

/* A label, padded, and the words beside it, wrapped under themselves. */
static void row(struct yg_wrap *w, size_t indent, const char *label, struct yg_bytes text)
{
	yg_wrap_label(w, indent, LABEL_COLUMNS, label);
	yg_buf_add(&w->piece, text);
	yg_wrap_say(w, 0, indent + LABEL_COLUMNS, YG_STYLE_PLAIN);
}

static void tell_row(void *arg, const char *label, struct yg_bytes text)
{
	row(arg, 2, label, text);
}

static void tell_bullet(void *arg, const char *label, struct yg_bytes text)
{
	struct yg_wrap *w = arg;

	(void)label; /* limits have none */
	yg_wrap_label(w, 2, 2, "-");
	yg_buf_add(&w->piece, text);
	yg_wrap_say(w, 0, 4, YG_STYLE_PLAIN);
}

static enum yg_style style_of_verdict(enum yg_verdict verdict)
{
	switch (verdict) {
	case YG_VERDICT_POSSIBLE:
		return YG_STYLE_ALARM;
	case YG_VERDICT_UNKNOWN:
		return YG_STYLE_RED;
	case YG_VERDICT_NOTHING_READ:
	case YG_VERDICT_NOTHING_ASKED:
	case YG_VERDICT_ATTEMPT:
		return YG_STYLE_YELLOW;
	case YG_VERDICT_MINOR:
	case YG_VERDICT_NO_TRACE:
		break;
	}
	return YG_STYLE_BOLD;
}

/* A text of several lines, each with a dash. */
static void bullets(struct yg_wrap *w, const char *lines)
{
	struct yg_bytes rest = yg_bytes_str(lines);

	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');

		if (end > rest.size)
			end = rest.size;
		yg_wrap_label(w, 4, 2, "-");
		yg_buf_add(&w->piece, yg_bytes_cut(rest, 0, end));
		yg_wrap_say(w, 0, 6, YG_STYLE_PLAIN);
		rest = yg_bytes_from(rest, end + 1);
	}
}

static void sub_heading(struct yg_wrap *w, const char *text)
{
	yg_buf_add_str(&w->piece, text);
	yg_wrap_say(w, 2, 2, YG_STYLE_BOLD);
}

static void advice(struct yg_wrap *w, const struct yg_story *lead, enum yg_lang lang)
{
	const struct yg_rule_info *rule = yg_tell_lead_rule(lead);
	struct yg_advice says =
		yg_advice_for(rule ? rule->advice : YG_S(""), lead->field, lead->outcome, lang);
	const char *checked;
	const char *contacts = yg_advice_contacts(says.whom, lang, &checked);

	heading(w, yg_tr(lang, N_("What to do")));
	sub_heading(w, yg_tr(lang, N_("What happened")));
	bullets(w, says.what);
	sub_heading(w, yg_tr(lang, N_("Do now")));
	bullets(w, says.do_now);
	sub_heading(w, yg_tr(lang, N_("Do not")));
	bullets(w, says.do_not);
	YG_FILL(&w->piece, lang, N_("Whom to tell (checked %1)"), yg_bytes_str(checked));
	yg_wrap_say(w, 2, 2, YG_STYLE_BOLD);
	bullets(w, contacts);
}

static void story_targets(struct yg_wrap *w, const struct yg_story *story, enum yg_lang lang)
{
	char number[YG_TEXT_NUMBER_SIZE];
	uint32_t shown = story->target_count < TARGETS_SHOWN ? story->target_count : TARGETS_SHOWN;

	if (shown == 0)
		return;
	yg_wrap_label(w, 4, LABEL_COLUMNS, yg_tr(lang, N_("Targets")));
	for (uint32_t i = 0; i < shown; i++) {
		if (i > 0)
			yg_buf_add_str(&w->piece, yg_tr(lang, N_(", ")));
		yg_text_add_short(&w->piece, story->targets[i], TARGET_COLUMNS);
	}
	if (story->target_count > shown || story->other_targets > 0)
		YG_FILL(&w->piece, lang, N_(" and others (further findings: %1)"),
			yg_text_number(number,
				       story->other_targets + (story->target_count - shown)));
	yg_wrap_say(w, 0, 4 + LABEL_COLUMNS, YG_STYLE_PLAIN);
}

static void story_rules(struct yg_wrap *w, const struct yg_story *story, enum yg_lang lang)
{
	char number[YG_TEXT_NUMBER_SIZE];
	uint32_t shown = story->rule_count < RULES_SHOWN ? story->rule_count : RULES_SHOWN;

	for (uint32_t i = 0; i < shown; i++) {
		const struct yg_rule_info *rule = story->rules[i].rule;

		yg_wrap_label(w, 4, LABEL_COLUMNS, i == 0 ? yg_tr(lang, N_("Made up of")) : "");
		YG_FILL(&w->piece, lang, N_("%1 × "),
			yg_text_number(number, story->rules[i].count));
		yg_text_add_short(&w->piece, yg_words_title(rule, lang), TITLE_COLUMNS);
		yg_buf_add_str(&w->piece, " [");
		yg_buf_add_str(&w->piece, yg_words_level(rule->level, lang));
		yg_buf_add_str(&w->piece, "] ");
		yg_buf_add_str(&w->piece, yg_words_outcome(story->rules[i].outcome, lang));
		yg_wrap_say(w, 0, 4 + LABEL_COLUMNS + 2, YG_STYLE_PLAIN);
	}
	if (story->rule_count > shown || story->other_rules > 0) {
		yg_wrap_label(w, 4, LABEL_COLUMNS, "");
		YG_FILL(&w->piece, lang, N_("further rules or findings of them: %1"),
			yg_text_number(number, story->other_rules + (story->rule_count - shown)));
		yg_wrap_say(w, 0, 4 + LABEL_COLUMNS, YG_STYLE_PLAIN);
	}
}

static void story(struct yg_wrap *w, const struct yg_report *report, size_t index,
		  enum yg_lang lang)
{
	const struct yg_story *s = &report->stories[index];
	char numbers[2][YG_TEXT_NUMBER_SIZE];

	yg_wrap_blank(w);
	YG_FILL(&w->piece, lang, N_("%1. [%2] "), yg_text_number(numbers[0], index + 1),
		yg_bytes_str(yg_words_level(s->level, lang)));
	yg_tell_add_actor(&w->piece, s, lang, ACTOR_COLUMNS);
	yg_buf_add_str(&w->piece, " – ");
	yg_buf_add_str(&w->piece, yg_tr(lang, yg_attack_words(s->field)));
	yg_wrap_say(w, 1, 4, style_of_level(s->level));

	yg_wrap_label(w, 4, LABEL_COLUMNS, yg_tr(lang, N_("Outcome")));
	yg_tell_add_outcome(&w->piece, s->outcome, &s->reason, lang);
	yg_wrap_say(w, 0, 4 + LABEL_COLUMNS, YG_STYLE_PLAIN);

	yg_wrap_label(w, 4, LABEL_COLUMNS, yg_tr(lang, N_("How often")));
	YG_FILL(&w->piece, lang, N_("findings: %1, in records: %2"),
		yg_text_number(numbers[0], s->findings), yg_text_number(numbers[1], s->records));
	yg_wrap_say(w, 0, 4 + LABEL_COLUMNS, YG_STYLE_PLAIN);

	yg_wrap_label(w, 4, LABEL_COLUMNS, yg_tr(lang, N_("When")));
	yg_tell_add_span(&w->piece, s->first_ns, s->last_ns, report->zone_s, lang);
	yg_wrap_say(w, 0, 4 + LABEL_COLUMNS, YG_STYLE_PLAIN);
	story_targets(w, s, lang);
	if (s->source.size > 0) {
		yg_wrap_label(w, 4, LABEL_COLUMNS, yg_tr(lang, N_("See")));
		yg_text_add_short(&w->piece, s->source, TITLE_COLUMNS);
		yg_buf_add_byte(&w->piece, ':');
		yg_buf_add_u64(&w->piece, s->position);
		yg_wrap_say(w, 0, 4 + LABEL_COLUMNS, YG_STYLE_PLAIN);
	}
	story_rules(w, s, lang);
}

static void stories(struct yg_wrap *w, const struct yg_report *report,
		    const struct yg_terminal_opts *opts)
{
	size_t shown =
		report->story_count < opts->stories_max ? report->story_count : opts->stories_max;
	char number[YG_TEXT_NUMBER_SIZE];

	heading(w, yg_tr(opts->lang, N_("What was found, by source and kind, gravest first")));
	for (size_t i = 0; i < shown; i++)
		story(w, report, i, opts->lang);
	if (report->stories_total > shown) {
		yg_wrap_blank(w);
		YG_FILL(&w->piece, opts->lang,
			N_("Further groups not shown here: %1 (--json-stories or --html shows "
			   "more)"),
			yg_text_number(number, report->stories_total - shown));
		yg_wrap_say(w, 2, 2, YG_STYLE_PLAIN);
	}
}

void yg_terminal_summary(struct yg_buf *to, const struct yg_report *report,
			 const struct yg_terminal_opts *opts)
{
	const struct yg_story *lead = yg_tell_lead(report);
	enum yg_verdict verdict = yg_tell_verdict(report);
	const char *caveat = yg_tell_caveat(report, opts->lang);
	struct yg_wrap wrap;
	struct yg_tell tell = {.report = report, .lang = opts->lang, .fn = tell_row, .arg = &wrap};

	yg_wrap_init(&wrap, to, opts->columns, opts->is_coloured);
	yg_buf_add_str(&wrap.piece, yg_tell_verdict_words(verdict, opts->lang));
	yg_wrap_say(&wrap, 0, 0, style_of_verdict(verdict));
	if (caveat) {
		yg_buf_add_str(&wrap.piece, caveat);
		yg_wrap_say(&wrap, 0, 0, YG_STYLE_YELLOW);
	}
	if (report->findings > 0) {
		yg_wrap_blank(&wrap);
		for (enum yg_fact fact = 0; fact < YG_FACT_END; fact++)
			yg_tell_fact(&tell, fact);
	}
	if (lead) {
		advice(&wrap, lead, opts->lang);
		stories(&wrap, report, opts);
	}
	heading(&wrap, yg_tr(opts->lang, N_("What was examined")));
	yg_tell_examined(&tell);
	heading(&wrap, yg_tr(opts->lang, N_("What these logs cannot show")));
	tell.fn = tell_bullet;
	yg_tell_limits(&tell);
	yg_wrap_done(&wrap);
	if (tell.error && !to->error)
		to->error = tell.error;
}

void yg_terminal_progress(struct yg_buf *to, enum yg_lang lang, double share, uint64_t records,
			  double records_per_s, double left_s)
{
	char numbers[2][YG_TEXT_NUMBER_SIZE];
	double rate = isfinite(records_per_s) && records_per_s > 0 ? fmin(records_per_s, 1e15) : 0;

	if (isfinite(share) && share >= 0)
		yg_buf_addf(to, "%3.0f %%  ", fmin(share, 1) * 100);
	YG_FILL(to, lang, N_("records: %1, %2 a second"), yg_text_number(numbers[0], records),
		yg_text_number(numbers[1], (uint64_t)rate));
	if (isfinite(left_s) && left_s >= 0) {
		struct yg_buf words;

		yg_text_scratch(&words, 0);
		yg_tell_add_duration(&words, (int64_t)fmin(ceil(left_s), 1e9) * YG_NS_PER_S, lang);
		YG_FILL(to, lang, N_(", about %1 left"), yg_buf_bytes(&words));
		yg_text_end(to, &words);
	}
}
