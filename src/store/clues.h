/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/clues.h - what became of the indicators of the collections, in the collections' own file.
 *
 *   objects (stix.h) ─► clue: one for each id of a collection, by its newest version ─► values
 *                         │ state, why, score, when to look again (model/clue.h)
 *                         └► part: YG_CLUE_PART of them, by number; marked when one in it changes
 *                             what it lists
 *
 * An object that is deleted leaves a mark (stix_read.c), so that nothing acts whose object is gone.
 * Filling is between begin and commit of stix.h. One thread for each struct yg_collections.
 * Tests: tests/unit/store/test_clues.c
 */
#pragma once

#include "model/clue.h"
#include "store/stix.h"

#define YG_CLUE_PART	  256u
#define YG_CLUE_NOTE_MAX  120u
#define YG_CLUE_SEEN_KEPT 5000u /* findings of one that are kept one by one */
#define YG_CLUE_FINDING	  16u	/* bytes of a finding's id */

struct yg_clue {
	int64_t number;
	int64_t collection;
	char id[YG_STIX_ID_MAX + 1];
	struct yg_clue_facts facts;
	struct yg_clue_verdict verdict;
	int64_t since_ns;   /* it is in this state */
	uint64_t sightings; /* records, of all findings */
	uint32_t told;	    /* organisations that said they saw it (beside those whose logs hit) */
	char note[YG_CLUE_NOTE_MAX + 1]; /* the list of well-known values, cut */
};
/* Borrowed for the call; it may not use the store. Another value than YG_OK ends it. */
typedef int (*yg_clue_fn)(void *arg, const struct yg_clue *clue);

struct yg_clue_value {
	struct yg_bytes value; /* normal (detect/indicators.h); of a person as it is written */
	uint32_t kind;	       /* the caller's (parse/clue.h) */
	bool is_person;
};
typedef int (*yg_clue_values_fn)(void *arg, const struct yg_clue_value *value);

/* Another number when somebody else has changed the file. */
YG_MUST_USE int yg_clues_version(struct yg_collections *s, int64_t *ret);

/* ---- filling ---- */

/* How far the objects of a collection were looked at; INT64_MIN: not at all. */
YG_MUST_USE int yg_clues_cursor(struct yg_collections *s, int64_t collection, int64_t *ret);
YG_MUST_USE int yg_clues_cursor_set(struct yg_collections *s, int64_t collection, int64_t added_us);
/* Indicators of @collection added after @after_us, in order; *@ret_last: how far it looked among
 * at most @limit objects of any type; @after_us again: there are no more. */
YG_MUST_USE int yg_clues_new(struct yg_collections *s, int64_t collection, int64_t after_us,
			     uint32_t limit, yg_stix_row_fn fn, void *arg, int64_t *ret_last);
/* The newest version of @id that is there. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_clues_object(struct yg_collections *s, int64_t collection, struct yg_bytes id,
				yg_stix_row_fn fn, void *arg);
/*
 * What an object says: id, collection, and of the facts what parse/clue.h fills, version, marking
 * and is_shared. What people said and what was seen stays; it is looked at at once. *ret_taken
 * false: a newer version is there, nothing is done. With @is_back it is taken whatever is there.
 */
YG_MUST_USE int yg_clues_put(struct yg_collections *s, const struct yg_clue *clue,
			     const struct yg_clue_value *values, uint32_t count, bool is_back,
			     bool *ret_taken);
/*
 * The same of one that was judged already: verdict, since_ns, note and is_known of @clue. Where it
 * is there already, it is put and judged later, as all that people said of it counts.
 */
YG_MUST_USE int yg_clues_put_judged(struct yg_collections *s, const struct yg_clue *clue,
				    const struct yg_clue_value *values, uint32_t count);
/* Were all objects of @collection looked at, up to the last one? Yes, too, where it has none. */
YG_MUST_USE int yg_clues_level(struct yg_collections *s, int64_t collection, bool *ret);
/* It, its values and what it hit, are no more; its part is marked. */
YG_MUST_USE int yg_clues_drop(struct yg_collections *s, int64_t number);
/* State, why, score, next, since, note of @clue; its part is marked when what it lists changes. */
YG_MUST_USE int yg_clues_settle(struct yg_collections *s, const struct yg_clue *clue);
/* What people said of every clue of this id; it is looked at again. */
struct yg_clue_words {
	bool is_yes;
	bool is_no;
	int64_t said_ns;
	uint32_t reports;
	uint32_t told;
};
YG_MUST_USE int yg_clues_said(struct yg_collections *s, struct yg_bytes id,
			      const struct yg_clue_words *words);
/* A finding (again with a greater count: that counts) that it hit. */
struct yg_clue_sighting {
	int64_t number;
	uint8_t finding[YG_CLUE_FINDING];
	char org[YG_COLLECTION_NAME_MAX + 1];
	int64_t first_ns;
	int64_t last_ns;
	uint64_t count;
};
YG_MUST_USE int yg_clues_seen(struct yg_collections *s, const struct yg_clue_sighting *one);
/* All are looked at again: the rules or the lists are others. */
YG_MUST_USE int yg_clues_again(struct yg_collections *s);
/* Each part with one that acts is marked: what is listed of it, or for whom, may be another. */
YG_MUST_USE int yg_clues_mark_acting(struct yg_collections *s);
/* Of an object that was deleted. YG_OK, YG_ENOENT: none is left. */
YG_MUST_USE int yg_clues_gone(struct yg_collections *s, int64_t *ret_collection,
			      char id[YG_STIX_ID_MAX + 1]);
YG_MUST_USE int yg_clues_gone_done(struct yg_collections *s, int64_t collection,
				   struct yg_bytes id);
/* The next marked part behind @after (-1: the first): YG_OK, YG_ENOENT. Done is it only if it was
 * not marked anew since. */
struct yg_clue_part {
	int64_t number;
	int64_t mark;
};
YG_MUST_USE int yg_clues_part(struct yg_collections *s, int64_t after, struct yg_clue_part *ret);
YG_MUST_USE int yg_clues_part_done(struct yg_collections *s, const struct yg_clue_part *part);
/* How many parts there may be: beyond the last number. */
YG_MUST_USE int yg_clues_parts(struct yg_collections *s, int64_t *ret);

/* ---- reading ---- */

/* Those that are to be looked at, at most @limit. */
YG_MUST_USE int yg_clues_due(struct yg_collections *s, int64_t now_ns, uint32_t limit,
			     yg_clue_fn fn, void *arg);
/* Of @id in every collection. */
YG_MUST_USE int yg_clues_named(struct yg_collections *s, struct yg_bytes id, yg_clue_fn fn,
			       void *arg);
/* Of a normal @value, by number behind @after (0). */
YG_MUST_USE int yg_clues_of_value(struct yg_collections *s, struct yg_bytes value, int64_t after,
				  uint32_t limit, yg_clue_fn fn, void *arg);
/* By number behind @after; of one state, or YG_CLUE_STATE_COUNT: of any. */
YG_MUST_USE int yg_clues_page(struct yg_collections *s, enum yg_clue_state state, int64_t after,
			      uint32_t limit, yg_clue_fn fn, void *arg);
YG_MUST_USE int yg_clues_values(struct yg_collections *s, int64_t number, yg_clue_values_fn fn,
				void *arg);
typedef int (*yg_clue_sighting_fn)(void *arg, const struct yg_clue_sighting *one);
YG_MUST_USE int yg_clues_sightings(struct yg_collections *s, int64_t number, uint32_t limit,
				   yg_clue_sighting_fn fn, void *arg);
/* All of @org, with the indicator's id: for the organisation itself, when it leaves. */
typedef int (*yg_clue_seen_fn)(void *arg, struct yg_bytes id, const struct yg_clue_sighting *one);
YG_MUST_USE int yg_clues_seen_at(struct yg_collections *s, const char *org, yg_clue_seen_fn fn,
				 void *arg);
/* Ids of what a finding hit, at most @limit. */
typedef int (*yg_clue_id_fn)(void *arg, struct yg_bytes id);
YG_MUST_USE int yg_clues_of_finding(struct yg_collections *s,
				    const uint8_t finding[YG_CLUE_FINDING], uint32_t limit,
				    yg_clue_id_fn fn, void *arg);
/* What acts, by number, from @from on and below @to, each value by itself. */
typedef int (*yg_clue_acting_fn)(void *arg, const struct yg_clue *clue,
				 const struct yg_collection *of, const struct yg_clue_value *value);
YG_MUST_USE int yg_clues_acting(struct yg_collections *s, int64_t from, int64_t to,
				yg_clue_acting_fn fn, void *arg);
/* How many are in each state. Costs a look at an index. */
YG_MUST_USE int yg_clues_counts(struct yg_collections *s, uint64_t ret[YG_CLUE_STATE_COUNT]);

/* Relationships with that end, in the order they came, behind @after (a place; 0). The row's
 * added_us is the place; *ret_collection of the row in hand. */
struct yg_relation_ask {
	bool is_target; /* else the source */
	struct yg_bytes ref;
	int64_t after;
	uint32_t limit;
};
typedef int (*yg_relation_fn)(void *arg, int64_t collection, int64_t place,
			      const struct yg_stix_row *row);
YG_MUST_USE int yg_clues_relations(struct yg_collections *s, const struct yg_relation_ask *ask,
				   yg_relation_fn fn, void *arg);
