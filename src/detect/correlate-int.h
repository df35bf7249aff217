/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/correlate-int.h - what the parts of the correlator share: correlate.c (records in,
 * completions out), correlate_marks.c (what a group remembers, and windows over it),
 * correlate_ahead.c (records of one run put in order), correlate_hold.c (records that wait for
 * others), correlate_state.c (kept and restored). Private to these.
 */
#pragma once

#include "base/hash.h"
#include "detect/correlate.h"
#include "detect/table-int.h"

#define YG_MARKS_FIRST 4u    /* room when the second mark comes; the first stands in the group */
#define YG_GRANULES    1024u /* marks that counting and reckoning make do with */

/* An event that counts, or several close to each other. */
struct yg_mark {
	int64_t time_ns;
	uint64_t position;
	union {
		uint64_t value;	  /* value_count: hash; temporal: ref */
		double number;	  /* sum, avg: of all in this mark; percentile */
		int64_t start_ns; /* temporal_ordered: of the chain that got here */
	};
	uint64_t count; /* events in this mark; temporal_ordered: 0 = step not reached */
};

struct yg_group {
	union {
		struct yg_mark *marks; /* ring of @room (a power of two) */
		struct yg_mark own;    /* where @room is 1: most groups never have a second one */
	};
	uint32_t correlation; /* engine index */
	uint32_t first;
	uint32_t count;
	uint32_t room;
	uint64_t key; /* hash of the group-by values */
	bool was_reported;
	int64_t reported_ns;
	uint64_t since;		 /* records since then, as long as it stayed fulfilled */
	uint64_t since_position; /* the first of them */
	int64_t since_ns;
};

struct yg_correlator {
	const struct yg_engine *engine;
	struct yg_table groups; /* struct yg_group */
	uint64_t seed;
	uint64_t evicted;
	uint64_t marks_made;	/* of all groups: room, as yg_marks_weight() has it */
	int64_t last_ns;	/* of the last record with a time */
	int64_t told_ns;	/* the same of the run before the one that waits in ahead */
	struct yg_ahead *ahead; /* traces with keys that do not count yet */
	uint32_t ahead_count;
	uint32_t ahead_room;
	yg_correlator_watch_fn watch; /* NULL = nobody */
	void *watch_arg;
	uint32_t watched;		   /* engine index */
	uint64_t ahead_order;		   /* of the last one */
	const struct yg_trace *ahead_next; /* the run they are of; NULL = none was announced */
	struct yg_held *held;		   /* records that wait, in the order they came */
	struct yg_held *held_due;	   /* room for as many */
	uint32_t held_count;
	uint32_t held_room;
	uint64_t held_order; /* of the last one */
	size_t held_bytes;   /* of the records */
	uint64_t hurried;
};

/* A record that waits: one piece of memory, with all that the trace points to. */
struct yg_held_record {
	struct yg_trace trace;
	struct yg_origin origin;
	size_t size;
};

struct yg_held {
	int64_t key_ns;	 /* its place among those that wait */
	int64_t time_ns; /* it counts at */
	uint64_t order;	 /* in which they came */
	int64_t received_ns;
	struct yg_held_record *record;
};

/* One key's way through the functions below. */
struct yg_step {
	const struct yg_correlation *rule;
	struct yg_group *group;
	uint64_t refs; /* which refs the record satisfies, as bits */
	uint64_t value;
	double number;
	uint64_t position;
	int64_t time_ns;

	/* The window that counts, found by yg_marks_window. */
	uint64_t total;		 /* records */
	uint64_t first_position; /* of the earliest of them */
	int64_t first_ns;
	uint64_t seen; /* temporal: refs in it, as bits */
	bool is_after; /* it begins with the record, and does not end with it */
	double result; /* sum, avg, percentile */
};

/* |a - b|, without overflow. */
static inline uint64_t yg_apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static inline bool yg_is_within(const struct yg_step *step, int64_t time_ns)
{
	return yg_apart(step->time_ns, time_ns) <= (uint64_t)step->rule->timespan_ns;
}

/* The marks as they stand in memory; @group must have room for one. */
static inline struct yg_mark *yg_marks_of(struct yg_group *group)
{
	return group->room > 1 ? group->marks : &group->own;
}

static inline struct yg_mark *yg_mark_at(struct yg_group *group, uint32_t i)
{
	return &yg_marks_of(group)[(group->first + i) & (group->room - 1)];
}

/* What a group with @room counts in marks_made. */
static inline uint32_t yg_marks_weight(uint32_t room)
{
	return room > 0 && room < YG_MARKS_FIRST ? YG_MARKS_FIRST : room;
}

/* The key of a correlation's group in the table. */
static inline uint64_t yg_group_hash(const struct yg_correlator *correlator, uint32_t correlation,
				     uint64_t key)
{
	uint64_t parts[2] = {correlation, key};

	return yg_hash64((struct yg_bytes){(const uint8_t *)parts, sizeof(parts)},
			 correlator->seed);
}

/* Forget the group that was longest without a record. */
void yg_groups_forget_oldest(struct yg_correlator *correlator);

/* The group of a correlation's key, made when there is none; *ret_index is the newest. */
YG_MUST_USE int yg_groups_find(struct yg_correlator *correlator, uint32_t correlation, uint64_t key,
			       uint32_t *ret_index);

/*
 * Make room so that @need marks fit, as far as all groups together may grow; groups that were
 * quiet longest make way. @index is the newest and stays. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_marks_want(struct yg_correlator *correlator, uint32_t index, uint32_t need);

/* Put the event into the group; what the window has left behind goes. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_marks_add(struct yg_correlator *correlator, uint32_t index,
			     struct yg_step *step);

/* Of the windows that hold the event, the fullest: fills the second half of @step. */
void yg_marks_window(struct yg_step *step);

/* Sum, average or percentile (nearest rank) of what that window holds. */
void yg_marks_reckon(struct yg_step *step);

/* What yg_correlator_take does, for a record at @time_ns. */
YG_MUST_USE int yg_correlator_take_at(struct yg_correlator *correlator,
				      const struct yg_trace *trace, int64_t time_ns,
				      struct yg_completion *to, uint32_t room, uint32_t *ret_count);

/* ---- correlate_hold.c ---- */

/* Put @record, which is taken, behind those that wait. YG_OK or YG_ENOMEM: it is freed. */
YG_MUST_USE int yg_held_add(struct yg_correlator *correlator, struct yg_held_record *record,
			    int64_t time_ns);
/* A copy of @trace. NULL without memory. */
struct yg_held_record *yg_held_copy(const struct yg_trace *trace, const struct yg_origin *origin);
void yg_held_drop_all(struct yg_correlator *correlator);

/* ---- correlate_state.c: numbers of 8 bytes, little end first ---- */

struct yg_state_reader {
	struct yg_bytes rest;
	bool is_bad;
};
void yg_state_add(struct yg_buf *to, uint64_t value);
void yg_state_add_text(struct yg_buf *to, struct yg_bytes text);
struct yg_bytes yg_state_bytes(struct yg_state_reader *reader, size_t size);
uint64_t yg_state_u64(struct yg_state_reader *reader);

/* ---- correlate_hold_state.c ---- */

/* Where the correlations of a state are in this engine. */
struct yg_state_map {
	uint32_t *here; /* by the number there; YG_STATE_NOT_HERE: left out */
	uint32_t count;
	bool has_chains; /* keys say by which refs of which chain they came: since version 3 */
};
#define YG_STATE_NOT_HERE UINT32_MAX

void yg_held_save(const struct yg_correlator *correlator, struct yg_buf *to);
/* YG_OK (look at reader->is_bad) or YG_ENOMEM. *left_out: keys of correlations that are not here.
 */
YG_MUST_USE int yg_held_restore(struct yg_correlator *correlator, struct yg_state_reader *reader,
				const struct yg_state_map *map, uint64_t *left_out);
