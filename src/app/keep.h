/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/keep.h - where the hub puts what sensors send: the seam between listener and journal.
 *
 * accept() and drop() take bytes and say what that means; nothing may be acknowledged before
 * outcome() of the answer's position is YG_OK. sync() commits all that came before it as one
 * group; a group that fails is lost whole, its senders are told so and send again, and the keep
 * goes on. One thread; but sync() may run in another one meanwhile.
 * Tests: tests/unit/app/test_keep.c
 */
#pragma once

#include "journal/journal.h"
#include "wire/message.h"

enum yg_keep_result {
	YG_KEEP_NEW,	  /* taken */
	YG_KEEP_ALREADY,  /* the same bytes are there */
	YG_KEEP_CONFLICT, /* other bytes are there; these are kept as evidence, not as a batch */
	YG_KEEP_PASSED,	  /* this place was given up by a drop record */
	YG_KEEP_GAP,	  /* something before it is missing */
};

struct yg_keep_answer {
	enum yg_keep_result result;
	uint64_t position;	  /* for outcome(); 0: there is nothing to wait for */
	struct yg_wire_next next; /* the lowest sequence that is missing; after CONFLICT and
				   * PASSED the first place of an epoch that is free */
};

struct yg_keep;

struct yg_keep_ops {
	/* @bytes: the batch as it came, whose content was checked. YG_OK (*ret is filled), or the
	 * errors of yg_journal_append(): nothing was taken, the same may succeed later. */
	int (*accept)(struct yg_keep *keep, const char *org, const struct yg_wire_batch *batch,
		      int64_t received_ns, struct yg_bytes bytes, struct yg_keep_answer *ret);
	int (*drop)(struct yg_keep *keep, const char *org, const struct yg_wire_drop *drop,
		    int64_t received_ns, struct yg_bytes bytes, struct yg_keep_answer *ret);
	/* The lowest missing sequence of @epoch; 1 for one that is not known; YG_WIRE_NUMBER_MAX
	 * for one that is too old for anything more to be taken. */
	uint64_t (*next)(struct yg_keep *keep, const char *org, const char *sensor, uint64_t epoch);
	/* Milliseconds until sync() is due; 0: now; -1: nothing waits. */
	int (*due_ms)(struct yg_keep *keep);
	int (*sync)(struct yg_keep *keep);
	/* YG_OK: durable; YG_EAGAIN: not yet; another: lost. */
	int (*outcome)(struct yg_keep *keep, uint64_t position);
	struct yg_keep *(*free)(struct yg_keep *keep);
};

/* The first member of each implementation's own struct. */
struct yg_keep {
	const struct yg_keep_ops *ops;
};

#define YG_KEEP_FREE_BYTES (64u << 20) /* of the disk that are left to others */
#define YG_KEEP_GROUP_MS   50u
#define YG_KEEP_CONSUMER   "archive" /* who reads the journal; what one has not passed stays */
#define YG_KEEP_DETECT	   "detect"

/*
 * The journal in @folder (docs/journal.md), its sensors named "ORG/SENSOR". Errors and *report as
 * yg_journal_open(); @segment_bytes as there.
 */
YG_MUST_USE int yg_keep_open_journal(const char *folder, uint64_t segment_bytes,
				     struct yg_keep **ret, struct yg_journal_report *report);

/* For its readers; lives as long as the keep. */
struct yg_journal *yg_keep_journal(struct yg_keep *keep);
