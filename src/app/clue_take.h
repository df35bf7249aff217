/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/clue_take.h - an indicator of a collection as what it says (store/clues.h), and whether all
 * its values are well known. By the hub's thread (hub_clues.h) and by `yagura share import`, so
 * that both say the same.
 *
 * Tests: tests/e2e/hub_many_clues.py, hub_clues.py
 */
#pragma once

#include "app/warning_lists.h"
#include "base/arena.h"
#include "base/json.h"
#include "parse/clue.h"
#include "store/clues.h"

struct yg_clue_taken {
	struct yg_clue clue;
	struct yg_clue_value values[YG_CLUE_VALUES_MAX]; /* their bytes are in the arena */
	uint32_t count;
};

/*
 * What @object, read as @tree, says in collection @of. YG_OK; YG_ELIMIT: its id is longer than one
 * can be; YG_ENOMEM. Cost: linear in it; in the number of its values squared.
 */
YG_MUST_USE int yg_clue_take(const json_t *tree, const struct yg_stix_object *object,
			     const struct yg_collection *of, struct yg_arena *arena,
			     struct yg_clue_taken *ret);

/* Is it on lists of well-known values? Told its values one by one. */
struct yg_clue_knowing {
	const struct yg_warning_lists *known; /* NULL, or without a list: nothing is */
	char *note;			      /* of the clue: one of the lists; empty at first */
	bool has_other;			      /* a value that is on no list */
	bool has_any;
};
int yg_clue_know(void *arg, const struct yg_clue_value *value); /* YG_OK; a yg_clue_values_fn */
bool yg_clue_is_known(const struct yg_clue_knowing *knowing);	/* nothing beside well-known ones */

/* What all was judged by, as a text beside the collections: YG_CLUE_TEXTS, "rules". */
#define YG_CLUE_RULES_ROOM 160u
void yg_clue_rules_text(const struct yg_clue_rules *rules, char to[YG_CLUE_RULES_ROOM]);
/* False: it is no such text. */
bool yg_clue_rules_read(const char *text, struct yg_clue_rules *ret);
/* Whom a collection is for: a text beside them, under the name in @name. Other than when it was
 * looked at: all in it is looked at anew. */
#define YG_CLUE_SHELF_NAME (YG_STIX_UUID + 8)
#define YG_CLUE_SHELF_ROOM 512u
void yg_clue_shelf_text(const struct yg_collection *of, char name[YG_CLUE_SHELF_NAME],
			char is[YG_CLUE_SHELF_ROOM]);
