/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/situations-int.h - what the files of store/situations.h share: statements by their text.
 */
#pragma once

#include "store/situations.h"
#include "store/sqlite-int.h"

#define YG_SIT_SLOTS   256u /* statements that are kept; each text is one literal */
#define YG_SIT_TROUBLE 240u
#define YG_SIT_DIRTY   65536u /* chains and situations that one batch may touch */
#define YG_SIT_LEADS   100u   /* chains of which one says by what they belong together */

/* Numbers, each once; ascending when sorted. */
struct yg_sit_set {
	uint64_t *items;
	uint32_t count;
	uint32_t room;
};

struct yg_sit_name {
	uint64_t hash;
	int64_t n;
};

struct yg_situations {
	sqlite3 *db;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} slots[YG_SIT_SLOTS];
	struct yg_sit_name names[4096]; /* of the batch and those before; rolled back: forgotten */
	int64_t data_version;		/* what others had written when they were asked for */
	uint64_t seed;
	struct yg_sit_set chains;     /* that changed */
	struct yg_sit_set stale;      /* whose parts are to be counted again */
	struct yg_sit_set situations; /* that changed */
	int64_t newest_ns;
	struct {
		uint8_t id[YG_SITUATION_ALERT_ID];
		struct yg_situation_alert alert; /* without bytes */
		bool is_there;
		bool is_set;
	} looked;	 /* the alert that was asked for last, until it is put */
	bool is_reading; /* a callback runs */
	char trouble[YG_SIT_TROUBLE];
};

/* The statement of @sql (a literal: its address is its name), bound by @format: i int64, b blob as
 * struct yg_bytes, t text as struct yg_bytes, n NULL. */
YG_MUST_USE int yg_sit_take(struct yg_situations *s, const char *sql, sqlite3_stmt **ret,
			    const char *format, ...);
/* Bound and run to its end; no row is looked at. */
YG_MUST_USE int yg_sit_run(struct yg_situations *s, const char *sql, const char *format, ...);
/* Its first row's first column: YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_sit_ask(struct yg_situations *s, int64_t *ret, const char *sql,
			   const char *format, ...);
/* The next row: YG_OK, YG_EEND (reset then), or an error (reset). */
YG_MUST_USE int yg_sit_step(struct yg_situations *s, sqlite3_stmt *stmt);
struct yg_bytes yg_sit_bytes(sqlite3_stmt *stmt, int at);

/* The number of a name, made where there is none (@may_add) or YG_ENOENT. */
YG_MUST_USE int yg_sit_name(struct yg_situations *s, struct yg_bytes text, bool may_add,
			    int64_t *ret);
YG_MUST_USE int yg_sit_note(struct yg_sit_set *set, uint64_t number);

/* A transaction of people. */
YG_MUST_USE int yg_sit_begin(struct yg_situations *s);
YG_MUST_USE int yg_sit_end(struct yg_situations *s, int rc);

struct yg_sit_event {
	uint64_t situation;
	enum yg_situation_what what;
	int64_t a;
	int64_t b;
	uint64_t other;
	struct yg_situation_by by;
};
YG_MUST_USE int yg_sit_event(struct yg_situations *s, const struct yg_sit_event *event);
/* Situation @number as it is after what changed: its parts that did, its row, and what people
 * should know of it. */
YG_MUST_USE int yg_sit_count(struct yg_situations *s, uint64_t number);
/* Note all situations of which something changed since they were counted. */
YG_MUST_USE int yg_sit_note_dirty(struct yg_situations *s);
/* From now on changes of chains, parts and facets are changes of the sums. A result of SQLite. */
YG_MUST_USE int yg_sit_watch(sqlite3 *db);
/* Count @chain's parts again from its alerts. */
YG_MUST_USE int yg_sit_recount(struct yg_situations *s, uint64_t chain);
YG_MUST_USE int yg_sit_new(struct yg_situations *s, struct yg_bytes seed, int64_t now_ns,
			   uint64_t *ret);
/* Chains of @from are in @to now: both are counted again, and once nothing is left of @from it says
 * where it went. 0 and the same twice are allowed. */
YG_MUST_USE int yg_sit_hand_over(struct yg_situations *s, int64_t from, int64_t to);
