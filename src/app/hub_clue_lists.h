/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_clue_lists.h - what acts, as lists: of the hub's engine, and of sensors.
 *
 *   DATA/indicators/stix-NNNNN.csv    for everybody's logs: YG_CLUE_FILE parts each
 *   DATA/indicators/.warned           for one organisation's, as those of warnings (hub_warned.h)
 *   messages "detect"                 stix-FIRST-PARTS.csv: values alone, of the newest
 *                                     YG_CLUE_SENSOR_GROUPS groups and what follows them
 *
 * A list is written when a part in it is marked, and only where it says something else than before.
 */
#pragma once

#include "access/clues.h"
#include "app/hub_thread.h"
#include "app/warning_lists.h"

#define YG_CLUE_FILE	      128u /* parts */
#define YG_CLUE_GROUP	      16u  /* parts that are one list of a sensor when they are full */
#define YG_CLUE_SENSOR_GROUPS 260u /* 1,064,960 indicators */
#define YG_CLUE_PART_BYTES    (100u << 10) /* of one message to a sensor */
#define YG_CLUE_PIECES_MAX    3u	   /* messages of one list; what is beyond stays out */

struct yg_clue_lists {
	struct yg_hub_access *hub; /* borrowed, as all here */
	struct yg_enrol *enrol;
	struct yg_control *store;
	struct yg_collections *stix;
	const struct yg_warning_lists *known; /* or NULL */
	const char *indicators;		      /* DATA/indicators */
	const struct yg_hub_thread *life;     /* whether it ends is looked at between steps */
	uint64_t left_out;		      /* lines that no sensor gets: the part is too large */
	uint64_t left_out_here;		      /* rows of single organisations: there are too many */
	bool has_written;		      /* something was marked */
};

/*
 * What all was judged or listed by stands as text beside the collections, by @name. Where it is not
 * @is: @fn, and then it is, in one transaction. YG_OK, what @fn returned, or the store's error.
 */
#define YG_CLUE_TEXTS	  "clues"   /* kind, of yg_collections_put_text() */
#define YG_CLUE_SECTORS	  "sectors" /* name: {ORGANISATION: SECTOR} that all was listed by */
#define YG_CLUE_TEXTS_MAX 4096u
YG_MUST_USE int yg_clue_follow(struct yg_collections *stix, const char *name, const char *is,
			       int (*fn)(struct yg_collections *stix, int64_t arg), int64_t arg);

/*
 * Bring the hub's lists, and those of all sensors, to what is marked; then nothing is marked.
 * YG_OK, or an error: what was not done stays marked.
 */
YG_MUST_USE int yg_clue_lists_write(struct yg_clue_lists *lists);
/* Sensors that have no lists yet get them. */
YG_MUST_USE int yg_clue_lists_greet(struct yg_clue_lists *lists);
/*
 * Where an organisation that has sensors is of another sector than when this was asked last, by
 * whatever run: all that acts is marked, for yg_clue_lists_write(). YG_OK or the stores' errors.
 * Cost: a document for each such organisation.
 */
YG_MUST_USE int yg_clue_lists_follow_sectors(struct yg_clue_lists *lists);
