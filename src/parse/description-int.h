/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/description-int.h - the set of descriptions, and which kinds of line a record can be at
 * all.
 *
 * Most records are of no description, and most descriptions are of other devices: so kinds of line
 * are kept by the first byte that they can begin with, and a record's triples of bytes are noted
 * once (struct yg_grams), so that a kind whose own words are not there costs a few bits.
 *
 * Layer: parse; private to it.
 */
#pragma once

#include "parse/sources.h"

#define YG_GRAM_BITS   4096u
#define YG_GRAM_PROBES 4u

/* Which triples of bytes a text holds, roughly: a bit set by another triple is a false alarm. */
struct yg_grams {
	bool is_made;
	uint64_t bits[YG_GRAM_BITS / 64];
};

void yg_grams_make(struct yg_grams *grams, struct yg_bytes text);

/* Some triples of a word that has to be there. */
struct yg_probes {
	uint16_t bits[YG_GRAM_PROBES];
	uint32_t count; /* 0: nothing is known */
};

static inline bool yg_probes_may(const struct yg_probes *probes, const struct yg_grams *grams)
{
	for (uint32_t i = 0; i < probes->count; i++)
		if (!(grams->bits[probes->bits[i] / 64] & (UINT64_C(1) << (probes->bits[i] % 64))))
			return false;
	return true;
}

/* One kind of line that records beginning with a certain byte may be. */
struct yg_kind {
	const struct yg_source *source;
	const struct yg_source_line *line;
	struct yg_probes anchor, need; /* of the pattern; of the first text the source needs */
};

struct yg_kinds {
	struct yg_kind **items; /* in the order of trying */
	uint32_t count, room;
};

struct yg_sources {
	struct yg_arena *arena;
	struct yg_source *first, *last;
	uint32_t count, lines;
	uint64_t programs[4]; /* bits of the programs that are named at all: yg_program_bit() */
	struct yg_kinds of_line[256];	 /* whole lines, by their first byte */
	struct yg_kinds of_message[256]; /* messages of the system log */
	struct yg_kinds of_object;	 /* JSON */
	/* Of those that join: */
	bool is_joining;
	uint64_t join_programs[4]; /* as @programs */
	uint64_t join_first[4];	   /* bits of the bytes that whole lines can begin with */
	struct yg_kinds joining;   /* whole lines that keep, take or end */
};

/* Has @line to do with others? */
static inline bool yg_source_line_joins(const struct yg_source_line *line)
{
	return line->keep_count > 0 || line->take_count > 0 || line->is_end;
}

/* A rough mark of a program's name: another one may have the same. */
static inline uint32_t yg_program_bit(struct yg_bytes program)
{
	if (program.size == 0)
		return 0;
	return (uint32_t)(program.size * 31 + program.data[0] * 7u +
			  program.data[program.size - 1]) %
	       256;
}

/* Note the kinds of line of @source. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_sources_note(struct yg_sources *sources, const struct yg_source *source);
