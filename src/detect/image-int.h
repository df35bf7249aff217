/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/image-int.h - the layout of a compiled rule image. Private to detect/.
 *
 *   head | sections, each an array of one plain type, aligned to 64 bytes
 *
 * All references are element numbers within a section, never addresses. The digest covers all
 * that follows it. detect/open.c checks every number before detect/match.c uses it, so that the
 * matcher itself checks nothing.
 *
 * A group holds the rules that can apply to some routes. Inside a group, rules, fields and atoms
 * have small local numbers. An atom is a cheap necessary condition ("this field contains this
 * text"): when one fires, the rules watching it become candidates, and the candidates' programs
 * decide. An atom whose predicate says exactly the same carries the predicate's number and settles
 * it: fired = true, not fired = false.
 */
#pragma once

#include "base/bytes.h"
#include "base/hash.h"
#include "detect/matcher.h"

#define YG_IMG_VERSION 10u
#define YG_IMG_MAGIC   "YGIMAGE"
#define YG_IMG_NONE    UINT32_MAX
#define YG_IMG_ALIGN   64u
#define YG_IMG_SEED    UINT64_C(0x79672d696d616765)

/* Section, element type, name of the member in struct yg_img. */
#define YG_IMG_SECTIONS(X)                                                                         \
	X(TEXT, uint8_t, text)                                                                     \
	X(NAMES, struct yg_img_run, names)                                                         \
	X(TAGS, struct yg_img_run, tags)                                                           \
	X(RULES, struct yg_img_rule, rules)                                                        \
	X(SOURCES, struct yg_img_source, sources)                                                  \
	X(CORRELATIONS, struct yg_img_correlation, correlations)                                   \
	X(ALIASES, uint32_t, aliases)                                                              \
	X(TERMS, uint64_t, terms)                                                                  \
	X(PREDS, struct yg_img_pred, preds)                                                        \
	X(LOOKUPS, struct yg_img_lookup, lookups)                                                  \
	X(MEMBERS, struct yg_img_run, members)                                                     \
	X(CODE, struct yg_img_code, code)                                                          \
	X(ROUTES, uint32_t, routes)                                                                \
	X(GROUPS, struct yg_img_group, groups)                                                     \
	X(GROUP_RULES, uint32_t, group_rules)                                                      \
	X(MAP, uint16_t, map)                                                                      \
	X(FIELDS, struct yg_img_field, fields)                                                     \
	X(ATOMS, struct yg_img_atom, atoms)                                                        \
	X(SLOTS, struct yg_img_slot, slots)                                                        \
	X(LISTS, uint32_t, lists)                                                                  \
	X(SETTLED, uint8_t, settled)                                                               \
	X(DBS, struct yg_img_run, dbs)                                                             \
	X(DB_BYTES, uint8_t, db_bytes)

enum yg_img_section {
#define X(id, type, name) YG_IMG_##id,
	YG_IMG_SECTIONS(X)
#undef X
		YG_IMG_COUNT
};

/* A run of elements: of TEXT in most places; of DB_BYTES in DBS. */
struct yg_img_run {
	uint32_t first;
	uint32_t count;
};

struct yg_img_head {
	char magic[8];
	uint8_t digest[YG_DIGEST_BYTES]; /* of everything after this member */
	uint32_t version;
	uint32_t name_base; /* names below are the dictionary's */
	uint64_t size;
	uint64_t platform; /* matcher, its version, CPU features, route table, dictionary */
	uint32_t matcher;  /* enum yg_matcher */
	uint32_t reserved;
	uint8_t key[YG_DIGEST_BYTES];
	struct yg_img_run sections[YG_IMG_COUNT]; /* first in units of YG_IMG_ALIGN bytes */
};

struct yg_img_rule {
	struct yg_img_run id, title, title_ja, advice, name;
	uint64_t meaning;	/* hash of logsource and condition; correlations 0 */
	struct yg_img_run tags; /* of TAGS */
	uint32_t entry;		/* of CODE, or YG_IMG_TRUE / YG_IMG_FALSE */
	uint32_t correlation;	/* or YG_IMG_NONE */
	uint8_t level, kind, field;
	uint8_t is_own, is_quiet;
	uint8_t reserved[3];
};

/* The logsource of a rule. One for each rule, or none at all: only a mapping asks for them. */
struct yg_img_source {
	struct yg_img_run product, category, service;
};

struct yg_img_correlation {
	double threshold, threshold2, percentile;
	int64_t timespan_ns;
	uint32_t type;
	uint32_t ref_count;
	uint32_t refs[64];
	uint32_t group_by_count;
	uint32_t group_by[8];
	uint32_t value_field_count;
	uint32_t value_fields[8];
	struct yg_img_run aliases; /* of ALIASES: a row of 16 for each ref, or none */
	struct yg_img_run terms;   /* of TERMS */
	uint8_t compare, compare2, is_generating;
	uint8_t reserved;
};

struct yg_img_pred {
	double number;
	uint32_t field;
	uint32_t other;
	struct yg_img_run text;
	uint32_t db;	 /* REGEX: of DBS, or YG_IMG_NONE: settled wherever it is asked for */
	uint32_t lookup; /* YG_IMG_ONE_OF: of LOOKUPS */
	uint8_t op, is_cased, part, number_op, prefix_bits;
	uint8_t reserved[7];
	uint8_t address[16];
};

/* Further value of yg_img_pred.op: the value is, starts, ends with or contains one of many texts.
 */
#define YG_IMG_ONE_OF 64u

/* One step of a condition: test, then go on at one of two later steps, or end. */
struct yg_img_code {
	uint32_t pred;
	uint32_t if_true; /* a later step, YG_IMG_TRUE or YG_IMG_FALSE */
	uint32_t if_false;
};
#define YG_IMG_TRUE  (UINT32_MAX - 1)
#define YG_IMG_FALSE (UINT32_MAX - 2)

struct yg_img_group {
	struct yg_img_run rules;  /* of GROUP_RULES: engine indexes, ascending */
	struct yg_img_run always; /* of LISTS: local rules without an atom */
	struct yg_img_run fields; /* of FIELDS; the first is the keyword field where there is one */
	struct yg_img_run atoms;  /* of ATOMS */
	uint32_t map;		  /* of MAP: name id -> local field + 1, 0 = unused; one per name */
	uint32_t settled;	  /* of SETTLED: a bit per predicate */
	uint32_t has_keywords;
};

/* Hash table over texts of certain lengths; only the first (last) 64 bytes of longer ones. */
struct yg_img_table {
	uint64_t lengths;	 /* bit n-1: texts of length n (EQUALS: all zero, any length) */
	struct yg_img_run slots; /* of SLOTS; a power of two with free slots, or 0 */
};

/* Texts or expressions looked for at once. */
struct yg_img_set {
	uint32_t db;		/* of DBS, or YG_IMG_NONE: there are none */
	struct yg_img_run hits; /* of LISTS: pattern number of db -> local atom */
};

/* Many texts one of which must fit: what an OR of such predicates on one field becomes. */
struct yg_img_lookup {
	struct yg_img_table equals, starts, ends; /* slots name elements of members */
	struct yg_img_run members;		  /* of MEMBERS: runs of TEXT */
	uint32_t db;				  /* of DBS, or YG_IMG_NONE: those contained */
	uint32_t reserved;
};

struct yg_img_field {
	uint32_t name;
	struct yg_img_set texts;   /* what it may contain */
	struct yg_img_set rare;	   /* the same for texts with a character of four bytes (emoji) */
	struct yg_img_set special; /* keywords with a byte that JSON writes as an escape */
	struct yg_img_set regexes; /* expressions it may match */
	struct yg_img_run present; /* of LISTS: local atoms that fire when the field is there */
	uint16_t is_indexed;
	uint16_t has_parts; /* texts holds a part of each of special, behind its hits */
	struct yg_img_table equals, starts, ends;
};

struct yg_img_atom {
	struct yg_img_run text;
	struct yg_img_run watch; /* of LISTS: local rules */
	uint32_t pred;		 /* settled by this atom, or YG_IMG_NONE */
};

struct yg_img_slot {
	uint32_t hash;
	uint32_t atom; /* local, or YG_IMG_NONE = free */
};

/* Pointers into an image; made by the opener. */
struct yg_img {
	const struct yg_img_head *head;
#define X(id, type, name)                                                                          \
	const type *name;                                                                          \
	uint32_t name##_count;
	YG_IMG_SECTIONS(X)
#undef X
};

#define YG_IMG_TABLE_LENGTH_MAX 64u
#define YG_IMG_HASH_STEP	UINT64_C(0x9e3779b97f4a7c15)

/* One step of the rolling hash of STARTS and ENDS, and its final mixing. */
static inline uint64_t yg_img_roll(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * YG_IMG_HASH_STEP;
}

static inline uint32_t yg_img_mix(uint64_t hash, uint32_t length)
{
	return (uint32_t)(hash >> 32) ^ (length * 0x85ebca6bu);
}

static inline struct yg_bytes yg_img_text(const struct yg_img *img, struct yg_img_run run)
{
	return (struct yg_bytes){img->text + run.first, run.count};
}

/* Hash of what image and program must agree in besides the version. */
uint64_t yg_img_platform(enum yg_matcher matcher, uint64_t route_fingerprint);
