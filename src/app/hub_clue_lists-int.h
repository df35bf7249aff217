/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_clue_lists-int.h - what hub_clue_lists.c (reading, the hub's own lists) and
 * hub_clue_sensors.c (lists of sensors) share.
 *
 *   parts  0 … 15   16 … 31   32  33  34        of 256 indicators each, by number; the last one
 * fills └list─┘  └list──┘   │   │   │        full groups are one list, in as many pieces as needed
 *          stix-0-16 stix-16-16 stix-32-1 …     the others one each: what is new is a small message
 */
#pragma once

#include "app/hub_clue_lists.h"
#include "base/buf.h"

#define YG_CLUE_LISTS_FORM "2" /* of what sensors are sent; another: all is sent anew */
#define YG_CLUE_LIST_NAME  48u

/* The marked parts, ascending. */
struct yg_clue_marks {
	struct yg_clue_part *list;
	size_t count;
};

struct yg_clue_org {
	char id[YG_ENROL_ID_MAX + 1];
	char sector[YG_COLLECTION_NAME_MAX * 4 + 1];
};

struct yg_clue_sensor {
	char id[YG_ENROL_ID_MAX + 1];
	size_t org; /* index */
};

/* All who have sensors. */
struct yg_clue_town {
	struct yg_clue_lists *lists;
	struct yg_clue_org *orgs;
	size_t org_count;
	struct yg_clue_sensor *sensors;
	size_t sensor_count;
};

/* Lines in a row that are for the same. */
struct yg_clue_run {
	size_t at;
	size_t size;
	enum yg_tlp tlp;
	struct yg_collection *of; /* NULL: for everybody */
};

/* One message. */
struct yg_clue_piece {
	struct yg_buf text;
	size_t escapes; /* bytes that it has more as JSON */
	struct yg_clue_run *runs;
	size_t run_count;
	bool has_scoped;		    /* not the same for all */
	struct yg_enrol_message *message;   /* once it is made, where there is one */
	const struct yg_clue_org *made_for; /* NULL: it is not; any, where it is the same for all */
	char digest[17];
};

struct yg_clue_list {
	int64_t first; /* part */
	uint32_t parts;
	struct yg_clue_piece pieces[YG_CLUE_PIECES_MAX];
	uint32_t count;
};

struct yg_clue_round {
	const struct yg_clue_town *town;
	struct yg_clue_list *lists; /* that are read and told, ascending, apart from each other */
	size_t count;
	size_t at;     /* the one that was added to last */
	size_t told;   /* those before it were told, and are empty again */
	int64_t first; /* part of the window */
	int64_t full;  /* parts below are in full groups */
	int64_t parts;
	bool is_greeting; /* sensors that have none */
	bool is_closed;	  /* all were told, and what is no more was taken away */
};

/* @list with room for one more; NULL: no memory, and it stays. */
void *yg_clue_room_for(void *list, size_t count, size_t size);

/* A cell of a table: quoted, whatever is in it. */
void yg_clue_put_cell(struct yg_buf *to, struct yg_bytes text);

/* The lists that hold a marked part, or are others than at the last round. */
YG_MUST_USE int yg_clue_round_begin(const struct yg_clue_town *town,
				    const struct yg_clue_marks *marks, struct yg_clue_round *ret);
/* All lists, for those that have none. */
YG_MUST_USE int yg_clue_round_greet(const struct yg_clue_town *town, struct yg_clue_round *ret);
void yg_clue_round_done(struct yg_clue_round *round);
/* A value of @clue, which is for somebody: into its list, if that is one of the round. By number,
 * ascending within each list. */
YG_MUST_USE int yg_clue_round_take(struct yg_clue_round *round, const struct yg_clue *clue,
				   const struct yg_collection *of, struct yg_bytes value);
/*
 * What is another than sensors were sent before, to them: lists of parts below @below that were not
 * told yet, so that sensors fetch while the next are read. INT64_MAX: the rest, and which lists are
 * no more.
 */
YG_MUST_USE int yg_clue_round_tell(struct yg_clue_round *round, int64_t below);
/* In a transaction of the collections: which lists there are now, for the next round. */
YG_MUST_USE int yg_clue_round_settle(const struct yg_clue_round *round);
