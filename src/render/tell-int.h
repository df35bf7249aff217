/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/tell-int.h - what a report says, as sentences: the matter that the terminal and the page
 * lay out each in its own way. Private to render/. Pure, thread-safe.
 *
 * All text handed out has gone through yg_text_add: it holds no control character and no line
 * break. For HTML it still has to be escaped.
 */
#pragma once

#include "model/report.h"
#include "render/text-int.h"

/* One thing told: what it is about (translated, may be empty), and the words. Valid in the call. */
typedef void (*yg_tell_fn)(void *arg, const char *label, struct yg_bytes text);

struct yg_tell {
	const struct yg_report *report;
	enum yg_lang lang;
	yg_tell_fn fn;
	void *arg;
	int error; /* of a piece of text that could not be made; YG_OK */
};

/* How grave the whole is: decides the first sentence and its colour. */
enum yg_verdict {
	YG_VERDICT_NOTHING_READ,  /* no record could be examined */
	YG_VERDICT_NOTHING_ASKED, /* there was nothing to look for */
	YG_VERDICT_NO_TRACE,
	YG_VERDICT_MINOR,   /* nothing above low */
	YG_VERDICT_ATTEMPT, /* facts speak against success everywhere */
	YG_VERDICT_UNKNOWN,
	YG_VERDICT_POSSIBLE, /* something may have succeeded */
};

enum yg_verdict yg_tell_verdict(const struct yg_report *report);

/* The sentence for it, translated; never NULL. It never says that all is well. */
const char *yg_tell_verdict_words(enum yg_verdict verdict, enum yg_lang lang);

/* A sentence to stand beside "no trace" when an input could not be read; NULL when all were. */
const char *yg_tell_caveat(const struct yg_report *report, enum yg_lang lang);

/*
 * The story that a reader has to know first, or NULL: the first that may have succeeded (medium or
 * above), else the first.
 */
const struct yg_story *yg_tell_lead(const struct yg_report *report);

/* The rule that stands for @story: the gravest, of these the one with the weightiest outcome. */
const struct yg_rule_info *yg_tell_lead_rule(const struct yg_story *story);

/* The level of the gravest finding, kept in a story or not. */
enum yg_level yg_tell_level(const struct yg_report *report);

/* Earliest and latest time among the stories, or YG_TIME_NONE. */
void yg_tell_span(const struct yg_report *report, int64_t *ret_first, int64_t *ret_last);

/* Seconds as ns; the nearest that ns can hold, and never YG_TIME_NONE. */
int64_t yg_tell_ns(int64_t time_s);

/* "2025-11-20 09:58:20 – 2025-11-21 12:33:20 +09:00 (1 day 2 h)", one time, or "-". */
void yg_tell_add_span(struct yg_buf *to, int64_t first_ns, int64_t last_ns, int32_t zone_s,
		      enum yg_lang lang);

/* "1 h 5 min" */
void yg_tell_add_duration(struct yg_buf *to, int64_t ns, enum yg_lang lang);

/* Outcome in words, then the reason. */
void yg_tell_add_outcome(struct yg_buf *to, enum yg_outcome outcome, const struct yg_reason *reason,
			 enum yg_lang lang);

/* The actor of @story, or the words for "not recorded"; at most @columns wide. */
void yg_tell_add_actor(struct yg_buf *to, const struct yg_story *story, enum yg_lang lang,
		       size_t columns);

/* What a reader wants to know first, in this order. */
enum yg_fact {
	YG_FACT_WHAT,
	YG_FACT_LEVEL,
	YG_FACT_OUTCOME,
	YG_FACT_CERTAINTY,
	YG_FACT_FROM,
	YG_FACT_COUNT, /* how often */
	YG_FACT_FIRST,
	YG_FACT_LAST,
	YG_FACT_END
};

/* Tell one of them; nothing when the report has no such thing. */
void yg_tell_fact(struct yg_tell *tell, enum yg_fact fact);

/* What was examined: kinds, records, span, gaps, and everything that could not be read. */
void yg_tell_examined(struct yg_tell *tell);

/* What these logs cannot show, a sentence each (no labels). */
void yg_tell_limits(struct yg_tell *tell);

/* What can be said of one input: empty when there is nothing amiss. */
void yg_tell_add_troubles(struct yg_buf *to, const struct yg_report_input *input,
			  enum yg_lang lang);
