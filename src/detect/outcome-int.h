/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/outcome-int.h - the tables of outcome.c (facts of a record, paths), follow.c
 * (sources and their findings) and wait.c (findings that wait for a median). Private to these.
 */
#pragma once

#include "detect/outcome.h"
#include "detect/table-int.h"

#define YG_REFUSALS_KEPT 4u

/* A path that answered something else than "nothing here". */
struct yg_path {
	uint32_t sizes[YG_SIZES_KEPT]; /* of the latest harmless 2xx answers */
	uint8_t size_count;
	uint8_t size_at;
	bool was_else;	  /* answered, but not with 2xx */
	uint16_t ok;	  /* counters stay at their highest value */
	uint16_t refused; /* 401, 403 */
	uint16_t moved;	  /* 302, 303, 307 to others than POST */
	uint16_t post_ok; /* the three for POST to a sign-in path */
	uint16_t post_refused;
	uint16_t post_moved;
	uint8_t waiting_count;
	uint32_t waiting; /* first finding that waits for more sizes + 1; 0 = none */
};

struct yg_miss {
	uint8_t unused;
};

/* A finding whose outcome may still change. */
struct yg_pending {
	uint8_t id[YG_ID_BYTES];
	uint8_t story[YG_ID_BYTES];
	const struct yg_rule_info *rule;
	struct yg_bytes source;
	uint64_t position;
	uint64_t path_hash;
	int64_t time_ns;
	uint32_t request; /* the source's count when it was found, or when it last went on */
	uint32_t next;	  /* older one of the same source; or the next free */
	uint8_t outcome;
	bool is_web;
	bool is_sign_in;  /* about guessing or using passwords */
	bool is_planting; /* may have placed a program */
};

/* A finding that was answered with 2xx on a path with too few answers to compare. */
struct yg_waiting {
	uint8_t id[YG_ID_BYTES];
	uint8_t story[YG_ID_BYTES];
	const struct yg_rule_info *rule;
	struct yg_bytes source;
	uint64_t position;
	uint64_t actor_hash; /* 0 = none */
	int64_t size_bytes;
	uint32_t next; /* of the same path, or the next free one */
};

/* A source that is followed. */
struct yg_followed {
	uint32_t first; /* newest pending + 1; 0 = none */
	uint32_t finding_count;
	uint32_t requests; /* since it is followed */
	uint32_t guesses;  /* refused sign-ins, one close to the other */
	uint32_t guess_request;
	uint32_t upload_request;
	int64_t guess_ns;
	uint64_t refused_path;		     /* of the last refused web sign-in */
	uint64_t refusals[YG_REFUSALS_KEPT]; /* paths that answered it with 401 */
	uint8_t refusal_at;
	bool has_uploaded;
};

struct yg_outcomes {
	struct yg_table sources; /* struct yg_followed by actor_hash */
	struct yg_table paths;	 /* struct yg_path by path_hash */
	struct yg_table misses;	 /* struct yg_miss by path_hash */
	struct yg_pending *pool;
	uint32_t pool_made;
	uint32_t pool_room;
	uint32_t pool_free;
	struct yg_waiting *waiting;
	uint32_t wait_made;
	uint32_t wait_room;
	uint32_t wait_free;
	uint64_t evicted_sources;
	uint64_t evicted_paths;
	bool is_waiting; /* yg_outcomes_wait */
};

/* Both known, and @later_ns more than YG_FOLLOW_NS behind @earlier_ns. */
static inline bool yg_time_is_beyond(int64_t earlier_ns, int64_t later_ns)
{
	int64_t span;

	if (earlier_ns == YG_TIME_NONE || later_ns == YG_TIME_NONE)
		return false;
	if (__builtin_sub_overflow(later_ns, earlier_ns, &span))
		return later_ns > earlier_ns;
	return span > YG_FOLLOW_NS;
}

/* Both known, and @later_ns so much before @earlier_ns that it cannot have followed it. */
static inline bool yg_time_is_before(int64_t earlier_ns, int64_t later_ns)
{
	int64_t span;

	if (earlier_ns == YG_TIME_NONE || later_ns == YG_TIME_NONE)
		return false;
	if (__builtin_sub_overflow(earlier_ns, later_ns, &span))
		return later_ns < earlier_ns;
	return span > YG_FOLLOW_LATE_NS;
}

static inline uint32_t path_moved(const struct yg_path *path)
{
	return path ? path->post_moved : 0;
}

/* Has anything but a PUT ever got an answer here? */
static inline bool yg_path_has_answered(const struct yg_path *path)
{
	return path && (path->ok > 0 || path->was_else);
}

/* What the size of an answer says next to the path's other answers; *reason only when it does. */
enum yg_outcome yg_outcome_by_size(const struct yg_path *path, int64_t size_bytes,
				   struct yg_reason *reason);

/* The entry of the look's source, made when there is none. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_followed_for(struct yg_outcomes *outcomes, struct yg_look *look,
				struct yg_followed **ret);

/*
 * Let go of findings that the record of @look has left behind, by its time or by the source's count
 * of requests. While records wait, those of behaviour go with what comes once more alone: it may
 * have carried them on before this one.
 */
void yg_followed_expire(struct yg_outcomes *outcomes, struct yg_followed *source,
			const struct yg_look *look);
/* Is one of them followed that this record has not left behind? */
bool yg_followed_has_any(const struct yg_outcomes *outcomes, const struct yg_followed *source,
			 const struct yg_look *look);

/* Is there, among what the source did lately, something that may have placed a program? */
bool yg_followed_has_planted(const struct yg_outcomes *outcomes, const struct yg_followed *source,
			     const struct yg_look *look);

/* The finding @id of @actor_hash, where it is still followed, has @outcome now. */
void yg_followed_decided(struct yg_outcomes *outcomes, uint64_t actor_hash,
			 const uint8_t id[YG_ID_BYTES], enum yg_outcome outcome);

/* Let @finding wait until @path has sizes to compare with. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_wait_for_sizes(struct yg_outcomes *outcomes, struct yg_path *path,
				  const struct yg_trace *trace, const struct yg_finding *finding);
/* Let all that wait for @path go; or only finding @id. */
void yg_wait_no_more(struct yg_outcomes *outcomes, struct yg_path *path);
void yg_wait_forget(struct yg_outcomes *outcomes, uint64_t path_hash,
		    const uint8_t id[YG_ID_BYTES]);
/* Decide all that wait for @path. At most YG_PATH_WAITING_MAX changes; returns how many. */
uint32_t yg_wait_change(struct yg_outcomes *outcomes, struct yg_path *path,
			const struct yg_trace *trace, struct yg_change *to);

/* A free place of the pool, and of those that wait (YG_TABLE_NONE: none; *ret_rc says why). */
YG_MUST_USE int yg_followed_place(struct yg_outcomes *outcomes, uint32_t *ret);
uint32_t yg_wait_place(struct yg_outcomes *outcomes, int *ret_rc);

/* The entry of a path, made when there is none. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_path_for(struct yg_outcomes *outcomes, uint64_t path_hash, struct yg_path **ret);

/* The size of a whole answer that can be compared; false for errors, parts, empty statuses. */
static inline bool yg_has_size(const struct yg_trace *trace)
{
	return trace->status >= 200 && trace->status < 300 && trace->status != 204 &&
	       trace->status != 206 && trace->size_bytes >= 0;
}
