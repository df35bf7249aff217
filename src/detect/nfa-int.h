/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/nfa-int.h - the steps of an expression. Private to nfa*.c.
 *
 * Every part of an expression is a run of steps, entered at its first and left by falling off its
 * last. Jumps are relative, so a run can be moved and copied: that is all repeating needs.
 */
#pragma once

#include "detect/nfa.h"

enum yg_nfa_op {
	YG_NFA_SET,	   /* take a character of the set */
	YG_NFA_SPLIT,	   /* go on at the next step, and at that plus jump */
	YG_NFA_JUMP,	   /* go on there */
	YG_NFA_BEGIN,	   /* of the text */
	YG_NFA_LINE_BEGIN, /* or after a newline */
	YG_NFA_END,	   /* of the text, or before a last newline */
	YG_NFA_LINE_END,   /* or before any newline */
	YG_NFA_TEXT_END,   /* of the text and nothing else */
	YG_NFA_WORD,	   /* between a word and something else */
	YG_NFA_NO_WORD,
	YG_NFA_MATCH,
};

struct yg_nfa_step {
	int32_t jump;
	uint16_t set;
	uint8_t op;
};

struct yg_nfa_range {
	uint32_t first, last;
};

struct yg_nfa_set {
	uint32_t low[8];		   /* characters below 256 */
	uint32_t range_first, range_count; /* the others: of nfa->ranges, ascending */
};

struct yg_nfa {
	struct yg_nfa_step *steps;
	struct yg_nfa_set *sets;
	struct yg_nfa_range *ranges;
	uint32_t step_count, step_room;
	uint32_t set_count, set_room;
	uint32_t range_count, range_room;
	uint32_t first[8]; /* bytes that a match can begin with */
	bool can_be_empty; /* or begins with a condition: it may begin anywhere */
	bool is_anchored;  /* it can begin at the start only */
};

/* A set of characters being made. */
struct yg_nfa_class {
	uint32_t low[8];
	struct yg_nfa_range high[YG_NFA_RANGES_MAX];
	uint32_t high_count;
	bool is_caseless;
	bool is_over;	 /* too many ranges: cannot be used */
	bool is_unknown; /* holds letters whose other case is not known here */
};

static inline bool yg_nfa_bit(const uint32_t bits[8], uint32_t at)
{
	return bits[at / 32] >> at % 32 & 1;
}

/*
 * Do the sets of @nfa hold all characters beyond ASCII or none of them (*ret_is_folded: but for
 * U+017F and U+212A)?
 */
bool yg_nfa_is_alike(const struct yg_nfa *nfa, bool *ret_is_folded);

/*
 * Fill in what can be said about @nfa, whose steps are complete. YG_OK, YG_ENOMEM, or YG_EFORMAT
 * with *ret_reason: ^ or $ stand where a match can never pass.
 */
int yg_nfa_examine(struct yg_nfa *nfa, const char **ret_reason);

void yg_nfa_class_init(struct yg_nfa_class *class, unsigned flags);
void yg_nfa_class_add(struct yg_nfa_class *class, uint32_t first, uint32_t last);
/* \d, \s, \w, \h, \v, and in capitals all but these. False: @letter is none of them. */
bool yg_nfa_class_add_escape(struct yg_nfa_class *class, uint8_t letter);
/* [:name:]; false: no such name. */
bool yg_nfa_class_add_named(struct yg_nfa_class *class, struct yg_bytes name, bool is_negated);
/* With a letter, its other cases, where the class is caseless. Named ones are never asked this. */
void yg_nfa_class_fold(struct yg_nfa_class *class);
void yg_nfa_class_join(struct yg_nfa_class *class, const struct yg_nfa_class *with);
void yg_nfa_class_negate(struct yg_nfa_class *class);
/* Its ranges in order: the last thing to be done. */
void yg_nfa_class_sort(struct yg_nfa_class *class);
