/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/indicators_wide-int.h - where in a text an indicator may stand, many bytes at a time.
 *
 * Whatever the CPU can, the places given hold all at which something is: what is no mark is turned
 * away by indicators_scan.c. Pure; any thread.
 * Tests: tests/unit/detect/test_indicators.c ("wide", "many_fields")
 */
#pragma once

#include "model/event.h"

struct yg_indicator_kinds;

/* What indicators_wide.c compares with; made when an image is opened. */
struct yg_indicator_wide {
	uint8_t low1[16], high1[16]; /* of the byte behind a mark */
	uint8_t low2[16], high2[16]; /* of the one behind that */
	uint8_t pairs, colons;	     /* buckets of what may follow a dot, a colon */
	/*
	 * The same for whole bytes, more exactly. @second: at 32 | the low five bits for what is
	 * 64 and more, at the low five for what is less, so that digits and letters differ; @third
	 * and @hex: at the low six bits; @mark: at the distance from '.', what that mark asks for.
	 */
	uint8_t second[64], third[64], hex[64], mark[16];
	bool is_here;  /* this CPU can */
	bool is_wider; /* 64 bytes at a time */
	bool is_whole; /* and looks a byte up among 64 */
};

/* Where a search with it stands; all zero at the front of a text. */
struct yg_indicator_marks {
	size_t next;	/* up to here all was looked at */
	size_t at;	/* what bit 0 of marks stands for */
	uint64_t marks; /* places where an indicator may be: none that is one is missing */
	uint64_t dots;	/* of the block before */
	bool has_hex;	/* there may be a run of 32 hex digits or more in what was looked at */
	/* wide_all() alone: where such runs end, but for the last 15 digits at most */
	size_t hex_from, hex_to;
	uint8_t eights; /* of the block before: bit n: eight hex digits from byte 8n on */
};

void yg_indicator_wide_init(struct yg_indicator_wide *wide, const struct yg_indicator_kinds *kinds,
			    bool has_colons);
#define YG_INDICATOR_WIDE_MIN 18u /* bytes of a text */
/* The next places; false: there are no more. Only where wide->is_here. */
bool yg_indicator_wide_next(const struct yg_indicator_wide *wide, struct yg_bytes text,
			    struct yg_indicator_marks *marks);

/*
 * All places in up to YG_INDICATOR_BLOCKS_MAX blocks at once, without a branch for each; only where
 * wide->is_whole. From marks->next, whose next and what it knows of hex digits are brought along;
 * how many blocks have any: @at[n] is what bit 0 of @found[n] stands for.
 */
#define YG_INDICATOR_BLOCKS_MAX 64u
unsigned yg_indicator_wide_all(const struct yg_indicator_wide *wide, struct yg_bytes text,
			       struct yg_indicator_marks *marks,
			       uint64_t found[YG_INDICATOR_BLOCKS_MAX + 1],
			       size_t at[YG_INDICATOR_BLOCKS_MAX + 1]);

/*
 * The next run of hex digits of at least YG_INDICATOR_HEX_MIN in @text from @from on, which is no
 * place within one: from *ret_from to *ret_to. False: there is none. Only where wide->is_wider.
 */
#define YG_INDICATOR_HEX_MIN 32u
bool yg_indicator_wide_hex(struct yg_bytes text, size_t from, size_t *ret_from, size_t *ret_to);

/*
 * Fields of an event, the short texts among them looked at in one go: most hold nothing and are
 * done with that. Bit n of each: field n, at most YG_INDICATOR_FIELDS_MAX.
 */
#define YG_INDICATOR_FIELDS_MAX 64u
#define YG_INDICATOR_SHORT_MIN	4u
#define YG_INDICATOR_SHORT_MAX	64u
struct yg_indicator_looked {
	uint64_t is_left;			 /* to be searched */
	uint64_t is_marked;			 /* of these: marks and has_hex are known */
	uint64_t has_hex;			 /* as in struct yg_indicator_marks */
	uint64_t marks[YG_INDICATOR_FIELDS_MAX]; /* room need not be filled before */
};
/* Where the CPU cannot, all texts are left. */
void yg_indicator_wide_fields(const struct yg_indicator_wide *wide, const struct yg_field *fields,
			      uint32_t count, struct yg_indicator_looked *ret);
