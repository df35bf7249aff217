/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/situation.h - one situation: alerts that belong together, and what people decided of them.
 *
 * A situation says by what its alerts belong together (key) and why (words). Where it stands is one
 * of the states below; how certain it is, is a field of its own (model/marking.h). Severity and
 * urgency are derived, never stored: the same facts give the same words everywhere.
 * Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "model/finding.h"
#include "model/marking.h"

#define YG_SITUATION_ID_BYTES 16u
#define YG_SITUATION_TEXT_MAX 2000u /* bytes of a comment or a reason a person gives */
#define YG_SITUATION_DISTINCT 1000u /* what is counted apart; more is "1000 or more" */

/* Why an alert is not looked at by a person. The number is what is stored: never reused. */
#define YG_NOISE_MAP(X)                                                                            \
	X(KEPT, "kept", "")                                                                        \
	X(ALLOWED, "allowed", N_("on a list of what is allowed"))                                  \
	X(SCANNER, "scanner", N_("a known survey scanner, and nothing says that it got in"))       \
	X(MITIGATED, "mitigated", N_("the attack was stopped"))                                    \
	X(RECON, "recon", N_("reconnaissance that needs no action"))
enum yg_noise {
#define X(code, name, words) YG_NOISE_##code,
	YG_NOISE_MAP(X)
#undef X
		YG_NOISE_COUNT
};
const char *yg_noise_name(enum yg_noise step);
const char *yg_noise_words(enum yg_noise step); /* untranslated */
bool yg_noise_by_name(struct yg_bytes name, enum yg_noise *ret);

/* By what alerts belong together. */
#define YG_TIE_MAP(X)                                                                              \
	X(SINGLE, "single", N_("one kind of alert, nothing else belongs to it"))                   \
	X(ADDRESS, "address", N_("the same address attacks"))                                      \
	X(ENTITY, "entity", N_("the same computer or account"))                                    \
	X(INDICATOR, "indicator", N_("the same indicator"))                                        \
	X(PATTERN, "pattern", N_("many addresses, each with few attacks of the same kind"))        \
	X(PEOPLE, "people", N_("people put it together"))
enum yg_tie {
#define X(code, name, words) YG_TIE_##code,
	YG_TIE_MAP(X)
#undef X
		YG_TIE_COUNT
};
const char *yg_tie_name(enum yg_tie tie);
const char *yg_tie_words(enum yg_tie tie); /* untranslated */

#define YG_SITUATION_STATE_MAP(X)                                                                  \
	X(NEW, "new", N_("new"))                                                                   \
	X(CHECK, "check", N_("under check"))                                                       \
	X(NOISE, "noise", N_("judged to be noise"))                                                \
	X(CONFIRMED, "confirmed", N_("confirmed"))                                                 \
	X(NOTIFIED, "notified", N_("notified"))                                                    \
	X(ACKNOWLEDGED, "acknowledged", N_("acknowledged"))                                        \
	X(RESOLVED, "resolved", N_("resolved"))
enum yg_situation_state {
#define X(code, name, words) YG_SITUATION_##code,
	YG_SITUATION_STATE_MAP(X)
#undef X
		YG_SITUATION_STATE_COUNT
};
const char *yg_situation_state_name(enum yg_situation_state state);
const char *yg_situation_state_words(enum yg_situation_state state); /* untranslated */
bool yg_situation_state_by_name(struct yg_bytes name, enum yg_situation_state *ret);
/*
 * May a person take it from @from to @to? New -> under check -> noise or confirmed -> notified ->
 * acknowledged -> resolved; back to under check from everywhere but new; resolved from confirmed
 * on.
 */
bool yg_situation_may(enum yg_situation_state from, enum yg_situation_state to);

/* What severity and urgency are derived from. Counts are of alerts that were kept. */
struct yg_situation_facts {
	enum yg_level level;	 /* the highest */
	enum yg_outcome outcome; /* the weightiest */
	uint64_t orgs;		 /* hit; 1 where the reader may know of no other */
	uint64_t logs;		 /* different logs */
	uint64_t sources;	 /* different actors */
	uint64_t bundles;
	uint64_t count; /* findings */
	int64_t first_ns;
	int64_t last_ns;
	enum yg_certainty certainty;
	enum yg_tie tie;
	struct yg_bytes key;
};

/* Of four steps: enum yg_level from LOW to CRITICAL. @ret_why: English, for translation. */
enum yg_level yg_situation_severity(const struct yg_situation_facts *facts, const char **ret_why);

enum yg_urgency { YG_URGENCY_LATER, YG_URGENCY_TODAY, YG_URGENCY_NOW };
const char *yg_urgency_name(enum yg_urgency urgency); /* "now" */
/* As of @now_ns: what goes on is more urgent than what has ended. */
enum yg_urgency yg_situation_urgency(const struct yg_situation_facts *facts, int64_t now_ns,
				     const char **ret_why);

/* Key and reason in words of @lang, one sentence each, added to @to. */
void yg_situation_say(const struct yg_situation_facts *facts, enum yg_lang lang, struct yg_buf *to);
