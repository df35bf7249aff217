/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_detect.h - from the journal to findings: a consumer whose output is the facts store.
 *
 *   journal ─► batch ─► engine: judge of its organisation ─► bundles ─┐
 *              (hub_engine_ask.h: several in flight)                    ├─ one transaction ─►
 * facts.db states of some organisations, cursor ──────────┘
 *
 * The engine (hub_engine.h) is another process, which reads what strangers sent; here nothing of it
 * is parsed. When it ends, what was not committed is handed out again to the next one; a batch that
 * ends several of them is set aside, said, and not handed out any more.
 *
 * While rows are written and the disk is waited for, the engine has the batches of the next commit
 * already. What it says of them is heard when that one has begun; if one fails, or all ends, they
 * are handed out again. States, ticks and other sets come between: nothing is ahead of them.
 *
 * Rows and cursor are one transaction: after a crash it goes on exactly behind what was written.
 * The states of judges are large and change with every batch, so they are not written with each
 * commit: an organisation's state is written some seconds after it changed, with the position it is
 * of. After a restart the journal is read from before the oldest change that is in no written
 * state; batches up to the cursor are judged again without output, and the judges are where they
 * were. What of the journal that needs is not said to be passed.
 *
 * What correlations count waits some moments for the records of other sensors (hub_detect_judge.h).
 * When no batch comes that makes it due, time does: what it gives is committed with the state
 * behind it. An organisation whose judge is given up while something waits is woken when that is
 * due.
 *
 * At most orgs_max organisations have a judge at a time, of bytes_max together; the one that was
 * silent for longest is written and given up, and comes back with its next batch. That is counted.
 * Changed rules take over there between two commits: all states are written first.
 *
 * Threads: new, step, free from one thread; start() hands all of it to a thread of its own until
 *          free(). link() and counts() are called by any. The facts file is open in it alone;
 *          readers have a connection of their own.
 * Tests: tests/unit/app/test_hub_detect.c, tests/soak/hub_kills.py, tests/soak/part_detect.c
 */
#pragma once

#include "app/hub_detect_judge.h"
#include "base/clock.h"
#include "journal/journal.h"

#define YG_HUB_DETECT_COMMIT_MAX 256u /* batches of one commit: soon done */
#define YG_HUB_DETECT_ORGS_MAX	 256u /* judges at a time */
/* Of their memory; one may have more. One at its own bounds has some 30 MB (detect/correlate.h):
 * with less room, twenty busy organisations pushed each other out with every batch. */
#define YG_HUB_DETECT_BYTES_MAX (UINT64_C(1) << 30)
#define YG_HUB_DETECT_SAVE_MS	5000 /* after its first change a state is written */
#define YG_HUB_DETECT_SAVES_MAX 64u  /* states in one commit */
/* Of states, packed: each byte is some eight that the engine goes through. */
#define YG_HUB_DETECT_SOON_BYTES  (128u << 10) /* in one commit; one always goes */
#define YG_HUB_DETECT_SAVE_BYTES  (1u << 20)   /* the same, when they are LATE times as old */
#define YG_HUB_DETECT_SAVE_PER_MS 1024u	       /* of those that are not late */
#define YG_HUB_DETECT_LATE	  4
#define YG_HUB_DETECT_WAIT_BYTES  (256u << 10) /* for each of them begun, one waits SAVE_MS more */
#define YG_HUB_DETECT_WAITS_MAX	  24u	       /* but no more than so many times */
#define YG_HUB_DETECT_ASIDE_MAX	  64u	       /* batches set aside that are remembered */

struct yg_hub_detect_opts {
	const char *name; /* of the consumer, as the journal knows it; borrowed */
	struct yg_journal *journal;
	struct yg_facts *facts; /* borrowed; used by the thread alone */
	struct yg_clock clock;
	void (*distrust)(void *arg); /* of the engine, from the thread; NULL: nobody ends it */
	void *arg;
	/* A sensor looked into its own archive, before the batch's findings are committed: it may
	 * come again. An error: the batch comes again. NULL: nobody wants to know. */
	int (*look)(void *arg, const char *org, const char *sensor,
		    const struct yg_told_look *look);
	void *look_arg;
	unsigned orgs_max;   /* 0: YG_HUB_DETECT_ORGS_MAX */
	uint64_t bytes_max;  /* 0: YG_HUB_DETECT_BYTES_MAX */
	int64_t save_ms;     /* 0: YG_HUB_DETECT_SAVE_MS */
	int answer_ms;	     /* 0: YG_HUB_ENGINE_ANSWER_MS */
	uint32_t commit_max; /* batches of one commit; 0: YG_HUB_DETECT_COMMIT_MAX */
};

struct yg_hub_detect_counts {
	uint64_t batches;  /* judged for the first time */
	uint64_t replayed; /* judged again without output */
	uint64_t records;
	uint64_t unread;
	uint64_t findings;
	uint64_t damaged;  /* batches that could not be unpacked */
	uint64_t aside;	   /* batches that ended the engine again and again */
	uint64_t unlisted; /* findings over the bound of one batch */
	uint64_t saved;	   /* states */
	uint64_t evicted;  /* judges given up for others */
	uint64_t reloads;
	uint64_t lost_states;	/* that could not be taken up again */
	uint64_t pushed_out;	/* what judges forgot: sources, paths, groups of correlations */
	uint64_t hurried;	/* records that correlations counted before others could come */
	uint64_t waiting;	/* organisations in which a record waits for others, now */
	uint64_t judges;	/* now */
	uint64_t bytes;		/* of their memory, now */
	uint64_t cursor;	/* last batch whose findings are written */
	uint64_t reload_cursor; /* last batch before the running set took over */
};

struct yg_hub_detect;

/* YG_OK, or the errors of yg_consumer_new() and the facts store. */
YG_MUST_USE int yg_hub_detect_new(const struct yg_hub_detect_opts *opts,
				  struct yg_hub_detect **ret);

/* Another engine, its end of a stream. */
void yg_hub_detect_link(struct yg_hub_detect *detect, int take_fd);

/* One commit: YG_OK; YG_EAGAIN: nothing for now; else nothing counts of it, and it comes again.
 * YG_EPIPE: there is no engine now. */
YG_MUST_USE int yg_hub_detect_step(struct yg_hub_detect *detect);

/* Write all states that changed. YG_OK or an error; then they are made again from the journal. */
YG_MUST_USE int yg_hub_detect_save(struct yg_hub_detect *detect);

YG_MUST_USE int yg_hub_detect_start(struct yg_hub_detect *detect);

/* The thread ends behind the batch it is at; states are written. NULL is allowed. */
struct yg_hub_detect *yg_hub_detect_free(struct yg_hub_detect *detect);

/*
 * Where a restart would begin to read the journal again, from the state that is kept at the cursor
 * (yg_facts_cursor): what is not above it is nowhere but in the facts store. Empty: 0. YG_EFORMAT.
 */
YG_MUST_USE int yg_hub_detect_begin_of(struct yg_bytes state, uint64_t *ret);

/* As of the last commit. Any thread. */
struct yg_hub_detect_counts yg_hub_detect_counts(struct yg_hub_detect *detect);
