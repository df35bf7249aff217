/* SPDX-License-Identifier: Apache-2.0 */
#include "render/tell-int.h"

#include <assert.h>
#include <string.h>

#include "base/ban.h"

#define ACTORS_SHOWN  3u
#define ACTOR_COLUMNS 60u
#define DAY_SIZE      11u /* "2026-03-14 " */

enum yg_level yg_tell_level(const struct yg_report *report)
{
	enum yg_level level =
		report->story_count > 0 ? report->stories[0].level : YG_LEVEL_INFORMATIONAL;

	for (enum yg_level other = level; other <= YG_LEVEL_CRITICAL; other++) {
		if (report->by_level[other] > 0)
			level = other;
	}
	return level;
}

const struct yg_story *yg_tell_lead(const struct yg_report *report)
{
	for (size_t i = 0; i < report->story_count; i++) {
		const struct yg_story *story = &report->stories[i];

		if (story->outcome == YG_OUTCOME_POSSIBLE && story->level >= YG_LEVEL_MEDIUM)
			return story;
	}
	return report->story_count > 0 ? &report->stories[0] : NULL;
}

enum yg_verdict yg_tell_verdict(const struct yg_report *report)
{
	const struct yg_story *lead = yg_tell_lead(report);
	bool is_unknown = false;

	if (!lead && report->findings == 0)
		return report->parsed == 0 ? YG_VERDICT_NOTHING_READ
		       : report->is_idle   ? YG_VERDICT_NOTHING_ASKED
					   : YG_VERDICT_NO_TRACE;
	if (yg_tell_level(report) < YG_LEVEL_MEDIUM)
		return YG_VERDICT_MINOR;
	if (lead && lead->outcome == YG_OUTCOME_POSSIBLE)
		return YG_VERDICT_POSSIBLE;
	/* What is not in a story that was kept cannot be called an attempt. */
	is_unknown = report->story_count == 0;
	for (size_t i = 0; i < report->story_count; i++)
		is_unknown = is_unknown || (report->stories[i].outcome == YG_OUTCOME_UNKNOWN &&
					    report->stories[i].level >= YG_LEVEL_MEDIUM);
	return is_unknown ? YG_VERDICT_UNKNOWN : YG_VERDICT_ATTEMPT;
}

const char *yg_tell_verdict_words(enum yg_verdict verdict, enum yg_lang lang)
{
	static const char *const words[] = {
		[YG_VERDICT_NOTHING_READ] = N_(
			"No record could be examined. Whether there was an attack is not known."),
		[YG_VERDICT_NOTHING_ASKED] = N_("Nothing was looked for: no rule could be used and "
						"no indicators were given. Whether there was an "
						"attack is not known."),
		[YG_VERDICT_NO_TRACE] = N_("Within these logs no trace of an attack was found. "
					   "This is no guarantee of safety."),
		[YG_VERDICT_MINOR] = N_("Something worth noting was found, nothing grave. "
					"This is no guarantee of safety."),
		[YG_VERDICT_ATTEMPT] = N_("Attempts to attack were found. These logs hold no sign "
					  "that they succeeded."),
		[YG_VERDICT_UNKNOWN] = N_("Traces of an attack were found. These logs alone cannot "
					  "tell whether it succeeded."),
		[YG_VERDICT_POSSIBLE] = N_("An attack was found that may have succeeded. "
					   "A person should check it now."),
	};

	assert(verdict <= YG_VERDICT_POSSIBLE);
	return yg_tr(lang, words[verdict]);
}

const struct yg_rule_info *yg_tell_lead_rule(const struct yg_story *story)
{
	const struct yg_rule_info *best = NULL;
	enum yg_outcome outcome = YG_OUTCOME_UNKNOWN;

	for (uint32_t i = 0; i < story->rule_count; i++) {
		const struct yg_rule_info *rule = story->rules[i].rule;

		if (best && (rule->level < best->level ||
			     (rule->level == best->level && story->rules[i].outcome <= outcome)))
			continue;
		best = rule;
		outcome = story->rules[i].outcome;
	}
	return best;
}

int64_t yg_tell_ns(int64_t time_s)
{
	if (time_s >= INT64_MAX / YG_NS_PER_S)
		return INT64_MAX;
	if (time_s <= INT64_MIN / YG_NS_PER_S)
		return INT64_MIN + 1;
	return time_s * YG_NS_PER_S;
}

void yg_tell_span(const struct yg_report *report, int64_t *ret_first, int64_t *ret_last)
{
	*ret_first = YG_TIME_NONE;
	*ret_last = YG_TIME_NONE;
	for (size_t i = 0; i < report->story_count; i++) {
		const struct yg_story *story = &report->stories[i];

		if (story->first_ns == YG_TIME_NONE || story->last_ns == YG_TIME_NONE)
			continue;
		if (*ret_first == YG_TIME_NONE || story->first_ns < *ret_first)
			*ret_first = story->first_ns;
		if (*ret_last == YG_TIME_NONE || story->last_ns > *ret_last)
			*ret_last = story->last_ns;
	}
}

void yg_tell_add_duration(struct yg_buf *to, int64_t ns, enum yg_lang lang)
{
	static const struct {
		uint64_t size_s;
		uint64_t part_s;
		const char *both;
		const char *whole; /* when the smaller part is 0 */
	} units[] = {
		{86400, 3600, N_("%1 d %2 h"), N_("%1 d")},
		{3600, 60, N_("%1 h %2 min"), N_("%1 h")},
		{60, 1, N_("%1 min %2 s"), N_("%1 min")},
		{0, 0, N_("%1 s"), N_("%1 s")},
	};
	uint64_t total_s = ns > 0 ? (uint64_t)(ns / YG_NS_PER_S) : 0;
	char numbers[2][YG_TEXT_NUMBER_SIZE];
	size_t unit = 0;
	uint64_t rest;

	while (total_s < units[unit].size_s)
		unit++;
	if (units[unit].size_s == 0) {
		YG_FILL(to, lang, units[unit].whole, yg_text_number(numbers[0], total_s));
		return;
	}
	rest = total_s % units[unit].size_s / units[unit].part_s;
	YG_FILL(to, lang, rest > 0 ? units[unit].both : units[unit].whole,
		yg_text_number(numbers[0], total_s / units[unit].size_s),
		yg_text_number(numbers[1], rest));
}

void yg_tell_add_span(struct yg_buf *to, int64_t first_ns, int64_t last_ns, int32_t zone_s,
		      enum yg_lang lang)
{
	char first[YG_TEXT_TIME_SIZE];
	char last[YG_TEXT_TIME_SIZE];
	const char *end;
	struct yg_buf words;

	if (first_ns == YG_TIME_NONE || last_ns == YG_TIME_NONE || first_ns >= last_ns) {
		int64_t one_ns = first_ns == YG_TIME_NONE ? last_ns : first_ns;

		yg_buf_add_str(to, yg_text_time(first, one_ns, zone_s, true));
		return;
	}
	yg_text_scratch(&words, 0);
	/* Unsigned: first and last may be further apart than an int64_t of ns holds. */
	yg_tell_add_duration(
		&words,
		(uint64_t)last_ns - (uint64_t)first_ns > INT64_MAX ? INT64_MAX : last_ns - first_ns,
		lang);
	(void)yg_text_time(first, first_ns, zone_s, false);
	end = yg_text_time(last, last_ns, zone_s, true);
	/* the day once: what differs is easier to see */
	if (strncmp(first, end, DAY_SIZE) == 0)
		end += DAY_SIZE;
	YG_FILL(to, lang, N_("%1 – %2 (%3)"), yg_bytes_str(first), yg_bytes_str(end),
		yg_buf_bytes(&words));
	yg_text_end(to, &words);
}

void yg_tell_add_outcome(struct yg_buf *to, enum yg_outcome outcome, const struct yg_reason *reason,
			 enum yg_lang lang)
{
	struct yg_buf words;
	struct yg_buf safe;

	if (reason->code == YG_REASON_NONE) {
		yg_buf_add_str(to, yg_words_outcome(outcome, lang));
		return;
	}
	yg_text_scratch(&words, reason->text.size);
	yg_words_reason(&words, reason, lang);
	yg_text_scratch(&safe, words.size);
	yg_text_add_short(&safe, yg_buf_bytes(&words), 400);
	YG_FILL(to, lang, N_("%1: %2"), yg_bytes_str(yg_words_outcome(outcome, lang)),
		yg_buf_bytes(&safe));
	yg_text_end(to, &words);
	yg_text_end(to, &safe);
}

void yg_tell_add_actor(struct yg_buf *to, const struct yg_story *story, enum yg_lang lang,
		       size_t columns)
{
	if (story->actor.size > 0)
		yg_text_add_short(to, story->actor, columns);
	else
		yg_buf_add_str(to, yg_tr(lang, N_("source not recorded")));
}

/* Hand out what was put together in @words, and end it. */
static void hand_out(struct yg_tell *tell, const char *label, struct yg_buf *words)
{
	if (yg_buf_error(words))
		tell->error = yg_buf_error(words);
	else if (words->size > 0)
		tell->fn(tell->arg, label, yg_buf_bytes(words));
	yg_buf_done(words);
}

static void fact_level(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	const char *level = yg_words_level(yg_tell_level(report), tell->lang);
	char number[YG_TEXT_NUMBER_SIZE];
	struct yg_buf words;
	struct yg_buf parts;

	yg_text_scratch(&words, 4096);
	yg_text_scratch(&parts, 0);
	for (unsigned i = 0; i <= YG_LEVEL_CRITICAL; i++) {
		enum yg_level at = YG_LEVEL_CRITICAL - i;

		if (report->by_level[at] == 0)
			continue;
		if (parts.size > 0)
			yg_buf_add_str(&parts, yg_tr(tell->lang, N_(", ")));
		YG_FILL(&parts, tell->lang, N_("%1 %2"),
			yg_bytes_str(yg_words_level(at, tell->lang)),
			yg_text_number(number, report->by_level[at]));
	}
	if (parts.size > 0)
		YG_FILL(&words, tell->lang, N_("%1 (%2)"), yg_bytes_str(level),
			yg_buf_bytes(&parts));
	else
		yg_buf_add_str(&words, level);
	yg_text_end(&words, &parts);
	hand_out(tell, yg_tr(tell->lang, N_("Level")), &words);
}

static void fact_what(struct yg_tell *tell, const struct yg_story *lead)
{
	const struct yg_rule_info *rule = yg_tell_lead_rule(lead);
	struct yg_buf words;
	struct yg_buf title;

	yg_text_scratch(&words, 4096);
	if (rule) {
		yg_text_scratch(&title, rule->title.size + rule->title_ja.size);
		yg_text_add_short(&title, yg_words_title(rule, tell->lang), 120);
		YG_FILL(&words, tell->lang, N_("%1: %2"),
			yg_bytes_str(yg_tr(tell->lang, yg_attack_words(lead->field))),
			yg_buf_bytes(&title));
		yg_text_end(&words, &title);
	} else {
		yg_buf_add_str(&words, yg_tr(tell->lang, yg_attack_words(lead->field)));
	}
	hand_out(tell, yg_tr(tell->lang, N_("What")), &words);
}

static void fact_outcome(struct yg_tell *tell, const struct yg_story *lead)
{
	struct yg_buf words;

	yg_text_scratch(&words, 4096);
	yg_tell_add_outcome(&words, lead->outcome, &lead->reason, tell->lang);
	hand_out(tell, yg_tr(tell->lang, N_("Outcome")), &words);
}

/* Distinct actors in the order of the stories, the first few by name. */
static void fact_actors(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	const struct yg_story *shown[ACTORS_SHOWN];
	char number[YG_TEXT_NUMBER_SIZE];
	size_t shown_count = 0;
	uint64_t others = report->stories_total > report->story_count
				  ? report->stories_total - report->story_count
				  : 0;
	struct yg_buf words;

	yg_text_scratch(&words, 4096);
	for (size_t i = 0; i < report->story_count; i++) {
		const struct yg_story *story = &report->stories[i];
		bool is_new = true;

		for (size_t k = 0; k < shown_count; k++)
			is_new = is_new && !yg_bytes_eq(shown[k]->actor, story->actor);
		if (!is_new)
			continue;
		if (shown_count == ACTORS_SHOWN) {
			others++;
			continue;
		}
		if (shown_count > 0)
			yg_buf_add_str(&words, yg_tr(tell->lang, N_(", ")));
		yg_tell_add_actor(&words, story, tell->lang, ACTOR_COLUMNS);
		shown[shown_count++] = story;
	}
	if (others > 0)
		YG_FILL(&words, tell->lang, N_(" and further ones (at most %1)"),
			yg_text_number(number, others));
	hand_out(tell, yg_tr(tell->lang, N_("From")), &words);
}

static void fact_count(struct yg_tell *tell)
{
	char findings[YG_TEXT_NUMBER_SIZE];
	char stories[YG_TEXT_NUMBER_SIZE];
	struct yg_buf words;

	yg_text_scratch(&words, 0);
	YG_FILL(&words, tell->lang, N_("findings: %1 (in groups by source and kind: %2)"),
		yg_text_number(findings, tell->report->findings),
		yg_text_number(stories, tell->report->stories_total));
	hand_out(tell, yg_tr(tell->lang, N_("How often")), &words);
}

static void fact_time(struct yg_tell *tell, const char *label, bool is_last)
{
	char time[YG_TEXT_TIME_SIZE];
	int64_t first_ns;
	int64_t last_ns;

	yg_tell_span(tell->report, &first_ns, &last_ns);
	if (first_ns != YG_TIME_NONE)
		tell->fn(tell->arg, label,
			 yg_bytes_str(yg_text_time(time, is_last ? last_ns : first_ns,
						   tell->report->zone_s, true)));
}

void yg_tell_fact(struct yg_tell *tell, enum yg_fact fact)
{
	const struct yg_story *lead = yg_tell_lead(tell->report);

	if (tell->report->findings == 0)
		return;
	if (fact == YG_FACT_LEVEL)
		fact_level(tell);
	else if (fact == YG_FACT_COUNT)
		fact_count(tell);
	if (!lead)
		return;
	if (fact == YG_FACT_WHAT)
		fact_what(tell, lead);
	else if (fact == YG_FACT_OUTCOME)
		fact_outcome(tell, lead);
	else if (fact == YG_FACT_CERTAINTY)
		tell->fn(tell->arg, yg_tr(tell->lang, N_("Certainty")),
			 yg_bytes_str(yg_tr(tell->lang, N_("judged by machine only; no person has "
							   "checked it yet"))));
	else if (fact == YG_FACT_FROM)
		fact_actors(tell);
	else if (fact == YG_FACT_FIRST)
		fact_time(tell, yg_tr(tell->lang, N_("First seen")), false);
	else if (fact == YG_FACT_LAST)
		fact_time(tell, yg_tr(tell->lang, N_("Last seen")), true);
}
