/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/engine-int.h - an opened image and a thread's workplace. Private to detect/.
 */
#pragma once

#include "detect/engine.h"
#include "detect/image-int.h"
#include "detect/mapping.h"
#include "detect/memo.h"
#include "detect/patterns.h"
#include "detect/route.h"

struct yg_engine {
	struct yg_img img;
	struct yg_names *names;
	struct yg_router *router;
	const struct yg_mapping *mapping; /* borrowed; NULL: the router alone */
	struct yg_engine_rule *rules;
	struct yg_correlation *correlations;
	struct yg_bytes *tags;
	const struct yg_matcher_ops *ops; /* of the matcher the image was made for */
	void *sets;			  /* of patterns */
	uint32_t fields_max;		  /* most fields of any group */
	uint32_t rules_max;		  /* most rules of any group */
};

/* A value of the record being matched; index = that of the field, the raw text comes last. */
struct yg_value {
	struct yg_bytes text;	/* decoded; valid when is_ready */
	struct yg_bytes folded; /* valid when is_folded */
	uint32_t field;		/* local field + 1, 0 = the group does not use it */
	uint32_t next;		/* next value of the same name, or YG_IMG_NONE */
	bool is_ready;
	bool is_folded;
	bool is_null;
};

struct yg_slot {
	uint32_t round; /* the record for which first and last were set */
	uint32_t first;
	uint32_t last;
};

#define YG_CHARGED_MAX 8u

struct yg_charge;
struct yg_meter;

struct yg_scratch {
	const struct yg_engine *engine;
	struct yg_arena *arena;		  /* folded texts */
	const struct yg_matcher_ops *ops; /* of the engine, which may be freed first */
	void *sets_room;		  /* to scan with */
	uint32_t round;			  /* number of the record, 1 … 2^31-1 */
	uint32_t *known;		  /* per predicate: round × 2 + result */
	uint32_t *tried;		  /* per local rule: round in which it became a candidate */
	uint32_t *candidates;
	uint32_t *hits;
	struct yg_slot *slots; /* per local field */
	struct yg_value *values;
	struct yg_memo_entry *memo;
	uint32_t fired[YG_MEMO_ATOMS_MAX]; /* atoms of the value being looked up, the first ones */
	uint32_t fired_count;		   /* all of them */
	uint64_t candidate_total;	   /* over all records; for measuring */
	struct yg_meter *meter;		   /* NULL = nothing is counted (detect/meter.h) */
	uint64_t *costs; /* per predicate: round << 32 | work of evaluating it; NULL likewise */
	uint64_t work;	 /* counted work of all evaluations so far */
	struct yg_charge *charged; /* of the record at hand, the first ones; NULL likewise */
	uint32_t charged_count;	   /* all of them */

	/* The record at hand. */
	const struct yg_img_group *group;
	const struct yg_img_field *fields; /* of the group */
	const struct yg_img_atom *atoms;
	const uint16_t *map;
	const uint8_t *settled;
	struct yg_event *event;
	uint32_t value_count; /* fields; values[value_count] is the raw text */
	uint32_t candidate_count;
	bool is_part_seen; /* a keyword with escapes may stand in the raw text */
	int error;
};

/* The text of a value, decoded; and folded. Errors go to scratch->error. */
struct yg_bytes yg_value_text(struct yg_scratch *scratch, uint32_t index);
struct yg_bytes yg_value_folded(struct yg_scratch *scratch, uint32_t index);

/* The first value of the field @name, or YG_IMG_NONE. */
uint32_t yg_value_first(const struct yg_scratch *scratch, uint32_t name);

/* Evaluate predicate @index on the record at hand, without any memory of earlier results. */
bool yg_pred_test(struct yg_scratch *scratch, uint32_t index);
