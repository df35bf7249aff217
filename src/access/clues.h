/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/clues.h - indicators that came as STIX (store/clues.h): whose logs they are looked for in,
 * what people say of them, and who sees what of all that.
 *
 *   collection, marking ─► scope: everybody, one sector, one organisation, nobody
 *   word (false positive, seen, yes, no) ─► kept for good, with an entry of the audit log
 *                                       └─► due: the hub's thread counts anew (app/hub_clues.h)
 *
 * Who may read the object in its collection (collections.h) sees the indicator; what members said
 * and saw is shown to others as a number.
 *
 * Kept in the register under "hub.clues": word (ID/TIME-…), due (as word), lists (ORG/SENSOR: what
 * it was sent). One thread at a time for each struct yg_hub_access. Tests: tests/e2e/hub_clues.py
 */
#pragma once

#include <jansson.h>

#include "access/collections.h"
#include "store/clues.h"

#define YG_CLUE_STORE	  "hub.clues"
#define YG_CLUE_TEXT_MAX  1000u
#define YG_CLUE_WORDS_MAX 2000u /* that report of one indicator */
#define YG_CLUE_ID	  (sizeof("indicator--") - 1 + YG_STIX_UUID)

/* ---- whose logs ---- */

enum yg_clue_scope { YG_CLUE_FOR_NOBODY, YG_CLUE_FOR_ALL, YG_CLUE_FOR_SECTOR, YG_CLUE_FOR_ORG };
/*
 * What is in a collection of the hub is looked for in the logs of everybody (of its sector) as far
 * as the gate lets a sector and a community have it; what a member keeps, in that member's logs.
 * Nothing of a loaded data set. @tlp: as it counts. Pure.
 */
enum yg_clue_scope yg_clue_scope_of(const struct yg_collection *of, enum yg_tlp tlp);
/* Is @org (of @sector, may be "") in it? Pure. */
bool yg_clue_is_for(const struct yg_collection *of, enum yg_tlp tlp, const char *org,
		    const char *sector);
/* The sector of @org, "" where none is known. */
YG_MUST_USE int yg_clue_sector(struct yg_hub_access *hub, const char *org, char *to, size_t room);

/* ---- what people say ---- */

enum yg_clue_word {
	YG_CLUE_WORD_FALSE, /* "false-positive" */
	YG_CLUE_WORD_SEEN,  /* "seen" */
	YG_CLUE_WORD_YES,   /* "yes": it shall act though a list, a name or its confidence say no */
	YG_CLUE_WORD_NO,    /* "no" */
	YG_CLUE_WORD_BACK,  /* "back": neither yes nor no */
	YG_CLUE_WORD_COUNT
};
const char *yg_clue_word_name(enum yg_clue_word word);
bool yg_clue_word_by_name(struct yg_bytes name, enum yg_clue_word *ret);
/*
 * @by: write_warnings at a member, or (YES, NO, BACK: only) write_indicators at the hub. @id: of an
 * indicator the caller may see. YG_OK; YG_EINVAL: no id, or a text of 0 or more than
 * YG_CLUE_TEXT_MAX bytes, or a word that is not its to say; YG_ELIMIT: too many reports.
 */
YG_MUST_USE int yg_clue_say(struct yg_access *by, const char *id, enum yg_clue_word word,
			    const char *text);
bool yg_clue_is_id(struct yg_bytes text);

/* The next word that was not counted yet: YG_OK, YG_ENOENT. Then what counts of all that were said
 * of its indicator; then it is done, and no other is by that. */
struct yg_clue_due {
	char id[YG_CLUE_ID + 1];
	char key[YG_CLUE_ID + 64u];
};
YG_MUST_USE int yg_clue_due(struct yg_hub_access *hub, struct yg_clue_due *ret);
YG_MUST_USE int yg_clue_count(struct yg_hub_access *hub, const char *id, struct yg_clue_words *ret);
YG_MUST_USE int yg_clue_due_done(struct yg_hub_access *hub, const struct yg_clue_due *due);

/* What was sent to a sensor: {NAME:DIGEST}; *ret owned, empty where there is none. */
YG_MUST_USE int yg_clue_lists(struct yg_hub_access *hub, const char *org, const char *sensor,
			      json_t **ret, bool *ret_is_new);
/* Was nothing ever sent to it? Costs no reading of what was. */
YG_MUST_USE int yg_clue_lists_is_new(struct yg_hub_access *hub, const char *org, const char *sensor,
				     bool *ret);
YG_MUST_USE int yg_clue_lists_set(struct yg_hub_access *hub, const char *org, const char *sensor,
				  json_t *take_lists);
/* It was revoked: nothing more is sent to it. */
YG_MUST_USE int yg_clue_lists_forget(struct yg_hub_access *hub, const char *actor, const char *org,
				     const char *sensor);

/* ---- showing ---- */

struct yg_clue_view; /* what one reader may see */
YG_MUST_USE int yg_clue_view_new(struct yg_shelf_reader *reader, struct yg_hub_access *hub,
				 struct yg_collections *store, const struct yg_hub_reach *reach,
				 enum yg_lang lang, struct yg_clue_view **ret);
struct yg_clue_view *yg_clue_view_free(struct yg_clue_view *view);

struct yg_clue_filter {
	enum yg_clue_state state; /* YG_CLUE_STATE_COUNT: any */
	struct yg_bytes value;	  /* normal; empty: any */
	int64_t after;		  /* a number; 0 */
	uint32_t limit;
};
/* *ret_items owned; *ret_next: for `after` of the next page; 0: no more. A page may be short, or
 * empty, with more behind it. */
YG_MUST_USE int yg_clue_list(struct yg_clue_view *view, const struct yg_clue_filter *filter,
			     json_t **ret_items, int64_t *ret_next);
/* All of one: records (one a collection), versions ("said"), words, sightings. YG_ENOENT. */
YG_MUST_USE int yg_clue_get(struct yg_clue_view *view, struct yg_bytes id, json_t **ret);
/* Relationships he may see; of all collections, each once. As yg_clue_list(). */
YG_MUST_USE int yg_clue_relations(struct yg_clue_view *view, const struct yg_relation_ask *ask,
				  json_t **ret_items, int64_t *ret_next);
