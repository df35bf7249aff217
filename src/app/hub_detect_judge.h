/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_detect_judge.h - the pure part of detection in the hub: batches and states in, findings
 * and states out.
 *
 *   batch as sent ─► lines ─► worker (parse, match, indicators) ─► judge of its organisation
 *                                                                      │
 *   state of the organisation, as bytes ◄──────── save, restore ───────┤
 *                                                                      ▼
 *                                                     findings as bundles, outcomes learnt later
 *
 * Each organisation has a judge of its own: what one sends is never counted for another. Its
 * sensors are not equally quick: what correlations count waits until the others' records of that
 * time have come (detect/correlate.h: LATE_NS), and counts in the order of times. All else is found
 * at once. A record is due by the arrival of later batches, or by a tick, which is no part of the
 * journal: who ticks writes the state with what it gave. So the result depends on the batches
 * alone, never on how they were gathered into commits, and the same batches again behind a restored
 * state give the same.
 *
 * Layer: app, but no files, no clock, no messages, no threads: for the live detection it runs in a
 *        process of its own (hub_engine.h). What it is given is borrowed for the call.
 * Input:  untrusted: batches of sensors, states from a store.
 * Limits: records as worker and judge have them; the caller bounds how many organisations there are
 *         (yg_hub_judges_bytes says what they hold) and gives up those longest unused, with their
 *         state: nothing is lost by that but what is named at yg_hub_judges_save.
 */
#pragma once

#include "app/hub_detect_told.h"
#include "app/worker.h"
#include "store/facts.h"

#define YG_HUB_STATE_MAX      YG_FACT_PART_MAX
#define YG_HUB_FINDINGS_KEPT  8192u	 /* of an organisation, whose outcome may still change */
#define YG_HUB_PIECE_BYTES    (2u << 20) /* of a batch, worked on at once */
#define YG_HUB_RULES_HEX_SIZE (2 * YG_DIGEST_BYTES + 1)

struct yg_hub_judges;

struct yg_hub_judges_opts {
	const struct yg_engine *engine; /* all borrowed until free */
	const struct yg_indicators *indicators;
	struct yg_parse_opts parse;
	char rules[YG_HUB_RULES_HEX_SIZE]; /* digest of the rule set */
	/* Does indicator @index count for a record of @org that the hub received then? NULL: all
	 * do. */
	bool (*counts)(const void *arg, uint32_t index, struct yg_bytes org, int64_t received_ns);
	const void *counts_arg;
	const char *hunt; /* id; its bundles are of their own, and say so; NULL: none */
	bool has_seed;
	uint64_t seed; /* the secret behind the hashes in all states; else drawn anew */
};

/* YG_OK, YG_ENOMEM. */
YG_MUST_USE int yg_hub_judges_new(const struct yg_hub_judges_opts *opts,
				  struct yg_hub_judges **ret);
struct yg_hub_judges *yg_hub_judges_free(struct yg_hub_judges *judges);
uint64_t yg_hub_judges_seed(const struct yg_hub_judges *judges);

/* A batch of the journal. */
struct yg_hub_batch {
	struct yg_bytes org;
	struct yg_bytes sensor;
	uint64_t position; /* in the journal: its lines are position * 65536 + their place */
	int64_t received_ns;
	struct yg_bytes body; /* as the sensor sent it (wire/batch.h) */
};

struct yg_hub_batch_counts {
	uint64_t records;
	uint64_t bytes;	 /* of the lines */
	uint64_t unread; /* records of no known form */
	uint64_t findings;
	uint64_t lost_updates; /* outcomes of findings that are not remembered */
};

/*
 * The rule of @f as it counts for the id of its bundle: each value of an indicator is one of its
 * own, and so is each hunt. Borrowed from @f or @room, which has room for three texts.
 */
struct yg_bytes yg_hub_finding_key(const struct yg_fact_finding *f, struct yg_buf *room);

/* Where findings go. A result < 0 ends the batch. written_ns is left to the receiver. */
struct yg_hub_judged {
	int (*finding)(void *arg, const struct yg_fact_finding *finding);
	int (*outcome)(void *arg, const uint8_t id[YG_FACT_ID_BYTES], enum yg_outcome outcome,
		       struct yg_bytes reason);
	/* A sensor looked into its own archive (hub_detect_told.h). */
	int (*look)(void *arg, const struct yg_told_look *look);
	void *arg;
};

/*
 * Judge a batch. @out NULL: nobody looks, its findings were written before. YG_OK; YG_ENOMEM;
 * YG_EFORMAT, YG_EDIGEST, YG_ELIMIT: the body is no batch, nothing was judged; or what an out
 * function returned. After another error than those of the body the organisation has to be dropped:
 * its state is neither that before nor that behind the batch.
 */
YG_MUST_USE int yg_hub_judges_take(struct yg_hub_judges *judges, const struct yg_hub_batch *batch,
				   const struct yg_hub_judged *out,
				   struct yg_hub_batch_counts *ret);

/*
 * The same with lines of the archive: @text (whole lines), the first of number @first; position and
 * body of @batch are not looked at.
 */
YG_MUST_USE int yg_hub_judges_take_text(struct yg_hub_judges *judges,
					const struct yg_hub_batch *batch, struct yg_bytes text,
					uint64_t first, const struct yg_hub_judged *out,
					struct yg_hub_batch_counts *ret);

/*
 * Time goes on without a batch: what waited in @org and is due at @now_ns is found. ret->records:
 * how many counted. YG_OK; else as above, and the organisation has to be dropped. Without effect
 * when it is not there.
 */
YG_MUST_USE int yg_hub_judges_tick(struct yg_hub_judges *judges, struct yg_bytes org,
				   int64_t now_ns, const struct yg_hub_judged *out,
				   struct yg_hub_batch_counts *ret);
/* When the next one is due; YG_TIME_NONE: none waits. */
int64_t yg_hub_judges_due(const struct yg_hub_judges *judges, struct yg_bytes org);
/* How many counted before they were due, because too many waited. */
uint64_t yg_hub_judges_hurried(const struct yg_hub_judges *judges, struct yg_bytes org);

/*
 * The state of @org behind its last batch, added to @to (initialised with YG_HUB_STATE_MAX):
 * correlations with what waits for them, outcomes, and which bundles the findings are in that may
 * still change. Stories are not in it. Were all that too large, correlations go alone, and outcomes
 * begin anew. YG_OK, YG_ENOENT, YG_ENOMEM, YG_ELIMIT. Cost: O(state).
 */
YG_MUST_USE int yg_hub_judges_save(struct yg_hub_judges *judges, struct yg_bytes org,
				   struct yg_buf *to);
/*
 * Go on with it: @org is not there yet. *ret_left_out: groups of correlations that the rule set
 * does not have. YG_OK; YG_EFORMAT, YG_EDIGEST, YG_EMISMATCH: not to be used, the organisation is
 * as new; YG_ENOMEM.
 */
YG_MUST_USE int yg_hub_judges_restore(struct yg_hub_judges *judges, struct yg_bytes org,
				      struct yg_bytes state, uint64_t *ret_left_out);
bool yg_hub_judges_has(const struct yg_hub_judges *judges, struct yg_bytes org);
/* Forget @org; without effect when it is not there. */
void yg_hub_judges_drop(struct yg_hub_judges *judges, struct yg_bytes org);
void yg_hub_judges_drop_all(struct yg_hub_judges *judges);

/* Bytes of memory that @org's judge holds, about; 0: it is not there. */
size_t yg_hub_judges_bytes(const struct yg_hub_judges *judges, struct yg_bytes org);

uint32_t yg_hub_judges_count(const struct yg_hub_judges *judges);
/* What @org's judge pushed out of its tables so far. */
uint64_t yg_hub_judges_evicted(const struct yg_hub_judges *judges, struct yg_bytes org);
