/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/witness.h - what must be seen for a rule to be true, and how rare it is.
 *
 * For each condition a set of atoms is chosen of which at least one fires whenever the condition
 * is true: for OR all branches', for AND the rarest branch's. A condition that can be true of a
 * record without any such thing (only NOT, only null) has none.
 *
 * Layer: detect. Private to the compiler. One thread.
 */
#pragma once

#include "detect/rules.h"

enum yg_atom_kind {
	YG_ATOM_PRESENT, /* the field is there and not null */
	YG_ATOM_EQUALS,	 /* the folded value is the text */
	YG_ATOM_STARTS,
	YG_ATOM_ENDS,
	YG_ATOM_CONTAINS,
	YG_ATOM_REGEX, /* the value, as written, matches the predicate's expression; no text */
};

/* A necessary condition of a predicate; texts are folded. */
struct yg_atom {
	enum yg_atom_kind kind;
	uint32_t field; /* YG_PRED_KEYWORD: any value or the raw text */
	bool is_exact;	/* the predicate says just this */
	struct yg_bytes text;
	float frequency; /* guess: share of records in which it fires, 0..1 */
};

/* Expressions looked for at once in every value; any beyond this wait for a literal of theirs. */
#define YG_ATOM_REGEX_MAX 512u

#define YG_ATOM_TEXT_MAX 64u /* bytes; longer texts are cut and verified later */

struct yg_witness;

/*
 * Look at all of @rules (finished). @rules is borrowed until the end. NULL without memory.
 * Cost: O(nodes).
 */
struct yg_witness *yg_witness_new(const struct yg_rules *rules);
struct yg_witness *yg_witness_free(struct yg_witness *witness);

/* The atom of predicate @pred; kind PRESENT with field YG_PRED_KEYWORD = nothing is necessary. */
const struct yg_atom *yg_witness_atom(const struct yg_witness *witness, uint32_t pred);

/*
 * The predicates whose atoms watch @rule, in *ret (valid until the next call), distinct.
 * *ret_always is true when the rule has no such set and must be tried on every record.
 * YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_witness_of(struct yg_witness *witness, const struct yg_rule *rule,
			      const uint32_t **ret, uint32_t *ret_count, bool *ret_always);

/* True when @pred was among the result of the last yg_witness_of. */
bool yg_witness_has(const struct yg_witness *witness, uint32_t pred);

/* True when @rule cannot be true unless some named field (not a keyword) is there. */
bool yg_witness_needs_field(const struct yg_witness *witness, const struct yg_rule *rule);

/* Guess: share of records for which @expr is true, and the cost of finding out. */
float yg_witness_share(const struct yg_witness *witness, uint32_t expr);
float yg_witness_cost(const struct yg_witness *witness, uint32_t expr);
