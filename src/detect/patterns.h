/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/patterns.h - sets of texts, or of expressions, looked for in one go. Private to detect/.
 *
 * Implementations that give the same answers: characters.c (by Vectorscan), builtin.c, and
 * padded.c, which divides the work between Vectorscan and builtin.c. Only vectorscan.c calls
 * Vectorscan, and where the CPU cannot run it nothing of it is called.
 *
 * Expressions see characters: in a text that is not well-formed UTF-8, each byte that belongs to no
 * character is U+FFFD. \w \d \s \b know ASCII; without case, characters are compared by Unicode's
 * simple case folding (so k fits U+212A and s fits U+017F). vectorscan.c alone sees bytes, unless
 * told otherwise.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "detect/matcher.h"

#define YG_REGEX_CASELESS  1u
#define YG_REGEX_MULTILINE 2u /* ^ and $ fit at line ends */
#define YG_REGEX_DOT_ALL   4u
#define YG_REGEX_UTF8	   8u /* vectorscan.c: characters, not bytes; texts are well formed then */

struct yg_pattern {
	struct yg_bytes text;
	unsigned flags; /* of expressions: YG_REGEX_… */
};

/* Called at most once for each pattern found; @id is its place in the set. Not 0: enough. */
typedef int (*yg_pattern_fn)(unsigned id, unsigned long long from, unsigned long long to,
			     unsigned flags, void *arg);

struct yg_matcher_ops {
	/* @hash with what images must agree in to be opened here. */
	uint64_t (*fingerprint)(uint64_t hash);
	/*
	 * Can @regex be used? @is_heavy: compile it to find out. YG_OK; YG_EFORMAT: not an
	 * expression, or beyond all matchers; YG_EUNSUPPORTED: beyond this one; YG_ENOMEM. All but
	 * YG_OK leave words in @reason.
	 */
	int (*check)(const struct yg_pattern *regex, bool is_heavy, char *reason, size_t room);
	/* *ret: the set as bytes, to be freed. YG_OK, YG_EFORMAT, YG_ENOMEM. */
	int (*compile)(const struct yg_pattern *patterns, uint32_t count, bool are_regexes,
		       char **ret, size_t *ret_size);

	/* Opened sets. The bytes given to add() are borrowed until free(). */
	void *(*sets_new)(uint32_t count);
	int (*sets_add)(void *sets, struct yg_bytes bytes);
	void (*sets_free)(void *sets); /* NULL is allowed */

	/* What one thread needs to scan. Made after the last add(). */
	void *(*room_new)(const void *sets);
	void (*room_free)(void *room); /* NULL is allowed */
	/* YG_OK, YG_EFORMAT, YG_ELIMIT or YG_ENOMEM. */
	int (*scan)(const void *sets, void *room, uint32_t set, struct yg_bytes text,
		    yg_pattern_fn found, void *arg);
};

extern const struct yg_matcher_ops yg_vectorscan_ops;
extern const struct yg_matcher_ops yg_characters_ops;
extern const struct yg_matcher_ops yg_builtin_ops;
extern const struct yg_matcher_ops yg_padded_ops;

/*
 * Does it find what it must, and nothing else, where the answers are known (known.c)? YG_OK;
 * YG_EMISMATCH: no; YG_ENOMEM. Some milliseconds.
 */
int yg_matcher_prove(const struct yg_matcher_ops *ops);

/*
 * The same for texts only, in more sets: of one to many, of one character to many. @is_thorough: in
 * values of every size up to a few blocks; a second.
 */
int yg_matcher_prove_texts(const struct yg_matcher_ops *ops, bool is_thorough);

static inline const struct yg_matcher_ops *yg_matcher_ops(enum yg_matcher matcher)
{
	return matcher == YG_MATCHER_BUILTIN  ? &yg_builtin_ops
	       : matcher == YG_MATCHER_PADDED ? &yg_padded_ops
					      : &yg_characters_ops;
}
