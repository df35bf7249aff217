/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/nfa.h - regular expressions without Vectorscan. Private to detect/.
 *
 * An expression becomes steps; all states that the text read so far allows are followed side by
 * side, so the time is at most proportional to text × steps, whatever either of them holds, and
 * nothing recurses. Only whether an expression fits is answered, not where.
 *
 * Expressions and texts are characters of UTF-8; a byte of a text that belongs to no well-formed
 * character is U+FFFD, one for each. Taken is what Vectorscan takes, with the same meaning, but
 * for: properties (\p), and the limits below. tests/detect/regexes.c compares the two.
 *
 * Source: Thompson, Regular Expression Search Algorithm, CACM 11 (6), 1968; R. Cox, Regular
 *         Expression Matching: the Virtual Machine Approach, 2009.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define YG_NFA_STEPS_MAX  16384u
#define YG_NFA_SETS_MAX	  4096u
#define YG_NFA_RANGES_MAX 512u /* of one class of characters, beyond U+00FF */
#define YG_NFA_DEPTH_MAX  200u /* of groups */
#define YG_NFA_REPEAT_MAX 32767u

struct yg_nfa;

/*
 * Understand @regex; @flags: YG_REGEX_… (detect/patterns.h; UTF8 says nothing new). YG_OK;
 * YG_EFORMAT: not an expression, or one that no matcher here takes; YG_EUNSUPPORTED: beyond this
 * one; YG_ENOMEM. *ret_reason is static text for all but YG_OK and YG_ENOMEM. Cost: O(size +
 * steps).
 */
YG_MUST_USE int yg_nfa_new(struct yg_bytes regex, unsigned flags, struct yg_nfa **ret,
			   const char **ret_reason);
struct yg_nfa *yg_nfa_free(struct yg_nfa *nfa);

/* Which characters beyond ASCII an expression can tell from each other. */
enum yg_reach {
	YG_REACH_ALIKE,	 /* none: wherever it takes one of them it takes all */
	YG_REACH_FOLDED, /* only U+017F and U+212A, which without case are s and k */
	YG_REACH_NAMED,	 /* others, or it names one, or it is not known */
};

/* Of an expression, whether it is within the limits of steps or not. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_nfa_reach(struct yg_bytes regex, unsigned flags, enum yg_reach *ret);
uint32_t yg_nfa_size(const struct yg_nfa *nfa);

/* What one thread needs to look for expressions of up to @steps steps. */
struct yg_nfa_room;
struct yg_nfa_room *yg_nfa_room_new(uint32_t steps);
struct yg_nfa_room *yg_nfa_room_free(struct yg_nfa_room *room);

/* Does @nfa fit somewhere in @text? */
bool yg_nfa_find(const struct yg_nfa *nfa, struct yg_nfa_room *room, struct yg_bytes text);
