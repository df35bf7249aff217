/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside app/hub_detect.h: hub_detect.c (the consumer, its thread), hub_detect_orgs.c (which
 * organisations have a judge in the engine, their states, the commit). One thread, but for what
 * stands behind the mutex.
 */
#pragma once

#include <pthread.h>

#include "app/hub_detect.h"
#include "app/hub_engine_ask.h"
#include "app/hub_thread.h"
#include "journal/consumer.h"

#define YG_HDET_BUCKETS	   1024u
#define YG_HDET_STATE_SIZE 17u /* version, seed, where reading begins; then batches set aside */
#define YG_HDET_STATE_MAX  (YG_HDET_STATE_SIZE + 8u * YG_HUB_DETECT_ASIDE_MAX)
#define YG_HDET_NS_PER_MS  INT64_C(1000000)
#define YG_HDET_SLACK_NS   (300 * YG_HDET_NS_PER_MS) /* from receipt until it can be read */

/* An organisation whose judge is there. */
struct yg_hdet_org {
	struct yg_hdet_org *next;  /* of the bucket */
	struct yg_hdet_org *older; /* in the order of use */
	struct yg_hdet_org *newer;
	char name[YG_FACT_ORG_MAX + 1];
	uint64_t saved;	   /* position its written state is of */
	uint64_t position; /* of its last batch */
	size_t bytes;	   /* of its judge, when it was looked at last */
	uint64_t pushed_out;
	uint64_t hurried;
	size_t saved_bytes; /* of its written state */
	uint64_t dirty;	    /* its first batch that is in no written state; 0: none */
	int64_t dirty_ns;
	int64_t due_ns;	   /* something of it waits until then; YG_TIME_NONE: nothing */
	bool has_released; /* its last tick gave something */
};

/* An organisation without a judge in whose written state something waits. */
struct yg_hdet_sleeper {
	struct yg_hdet_sleeper *next;
	char name[YG_FACT_ORG_MAX + 1];
	uint64_t position; /* of its last batch */
	int64_t due_ns;
};

struct yg_hub_detect {
	struct yg_hub_detect_opts opts;
	struct yg_consumer *consumer;
	struct yg_hub_ask *ask;
	bool is_begun; /* the engine's judges are those of the consumer */
	bool has_set;  /* an engine has told what it looks for: */
	struct yg_hub_engine_set set;
	uint64_t
		aside[YG_HUB_DETECT_ASIDE_MAX]; /* positions, in the order in which they were met */
	unsigned aside_count;
	uint64_t seed;
	uint64_t cursor; /* committed with rows */
	uint64_t begin;	 /* where a restart has to read from, as committed */
	struct yg_hdet_org *buckets[YG_HDET_BUCKETS];
	struct yg_hdet_org *newest;
	struct yg_hdet_org *oldest;
	unsigned org_count;
	struct yg_hdet_sleeper *sleepers;
	struct yg_buf state;
	bool is_open;  /* a batch of the store */
	bool is_stale; /* judges are ahead of what was committed, for nothing */
	bool is_ahead; /* batches were handed out that belong to the next commit */
	bool is_settling;
	int64_t written_ns;
	int64_t rest_ns; /* no state is written for so long, unless it is late */
	int64_t rest_until_ns;
	int64_t read_ns; /* when the latest batch that was read was received */
	uint64_t bytes;	 /* of all judges */
	struct yg_hub_detect_counts counts;
	struct yg_hub_detect_counts told; /* to other threads, under the mutex */
	struct yg_hub_detect_counts now;  /* of the open batch */
	bool is_gap_said;
	int failed_rc;
	unsigned failures;

	int next_fd; /* of another engine, under the mutex; -1: none */
	pthread_mutex_t mutex;
	struct yg_hub_thread life;
};

/* ---- hub_detect_orgs.c: all errors are those of the store and of hub_engine_ask.h ---- */

uint64_t yg_hdet_get_u64(const uint8_t *from);
/* Are these bytes what is kept at the cursor? */
bool yg_hdet_is_state(struct yg_bytes state);

/* A batch of the store, unless one is open. */
YG_MUST_USE int yg_hdet_open_batch(struct yg_hub_detect *d);
/* The states that are due; all with @is_all. */
YG_MUST_USE int yg_hdet_save_due(struct yg_hub_detect *d, int64_t now_ns, bool is_all);
/*
 * What waited long enough is found, and the states behind it are part of the same commit. All that
 * was received before @now_ns was read, but for what is on its way to the journal.
 */
YG_MUST_USE int yg_hdet_release_due(struct yg_hub_detect *d, int64_t now_ns);
/* Is there a state to write, a tick to give or room to make: what the engine does between batches?
 */
bool yg_hdet_needs_rest(const struct yg_hub_detect *d, int64_t read_ns, int64_t now_ns);
/* Organisations in which something waits. */
uint64_t yg_hdet_waiting(const struct yg_hub_detect *d);
/*
 * Rows, states and cursor, if there are any. @read: so far the journal was read. @meanwhile (may be
 * NULL) is called when all that the commit holds is decided, before the disk is waited for.
 */
YG_MUST_USE int yg_hdet_commit_batch(struct yg_hub_detect *d, uint64_t cursor, uint64_t read,
				     void (*meanwhile)(struct yg_hub_detect *d));
/* What was not committed is made again: the judges have seen it already. */
void yg_hdet_give_up(struct yg_hub_detect *d);

/* Where the organisation @name stands in its bucket, or NULL there. */
struct yg_hdet_org **yg_hdet_place_of(struct yg_hub_detect *d, struct yg_bytes name);
/* With its state, as the newest; others may give way. */
YG_MUST_USE int yg_hdet_need_org(struct yg_hub_detect *d, struct yg_bytes name,
				 struct yg_hdet_org **ret);
/* What the judge holds, after a batch. */
void yg_hdet_weigh(struct yg_hub_detect *d, struct yg_hdet_org *org,
		   const struct yg_hub_judged_batch *judged);
/* More memory than allowed, and not all of it the newest's? */
bool yg_hdet_is_over(const struct yg_hub_detect *d);
YG_MUST_USE int yg_hdet_make_room(struct yg_hub_detect *d);
/* Here alone: the engine's judges are another matter. Nobody sleeps then. */
void yg_hdet_forget_all(struct yg_hub_detect *d);
/* All states being written: the same, but what waits is not forgotten. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_hdet_sleep_all(struct yg_hub_detect *d);
