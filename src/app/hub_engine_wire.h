/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_engine_wire.h - what keeper and engine say to each other (base/msg.h carries it).
 *
 *   keeper ─BEGIN(seed)───────────────────────► engine    forget all judges
 *          ◄─BEGUN(the set that is looked for)─
 *          ─JUDGE(organisation, sensor, position, batch as it is kept)─►
 *          ◄─FOUND(a finding) … ─ TOLD(one that its sensor made) … ─ LEARNT(an outcome) … ─
 *            WAITED(a finding of an earlier batch) … ─ JUDGED(counts)─
 *          ─TICK(organisation, time)────────────►         what waited so long
 *          ◄─WAITED … ─ LEARNT … ─ JUDGED(counts)─
 *          ─RESTORE(organisation, a piece of its state) …─►
 *          ◄─RESTORED(left out)─
 *          ─SAVE(organisation)──────────────────►
 *          ◄─STATE(a piece) … ─ SAVED(size)─
 *          ─DROP(organisation)──────────────────►         forget its judge; no answer
 *          ◄─CHANGED─                                     another set waits (once, unasked)
 *          ─TAKE────────────────────────────────►         take it over, forget all judges
 *          ◄─BEGUN(the set)─
 *
 * The hunter (hub_hunt_pass.h) is the same for lines of the archive. In place of BEGIN, TAKE,
 * JUDGE:
 *
 *   keeper ─LOAD(hunt, seed)──────────────────► hunter    its rules and indicators; no judges
 *          ◄─BEGUN(the set)─
 *          ─FRAME(organisation, arrival, number of the first line, lines)─►
 *          ◄─FOUND … ─ LEARNT … ─ JUDGED─
 *
 * The id of a message is the keeper's; everything that answers it carries the same, and answers
 * come in the order of what was asked. The engine reads what strangers sent, so a finding of it
 * names neither organisation nor sensor nor id: the keeper knows them of the batch it handed out.
 * Of one that waited for other sensors' records (hub_detect_judge.h) it says which line of which
 * sensor it was: within the organisation, and before the batch at hand.
 * Every reader takes the body for hostile: YG_EFORMAT is a fault of the other process.
 * Layer: pure; no files, no clock. Threads: each struct of one thread.
 * Tests: tests/fuzz/fuzz_hub_engine_wire.c, tests/unit/app/test_hub_engine.c
 */
#pragma once

#include "app/hub_detect_told.h"
#include "base/msg.h"
#include "store/facts.h"
#include "wire/batch.h"

#define YG_HUB_ENGINE_SENSOR_MAX 136u	    /* bytes of a sensor's name, as the journal has it */
#define YG_HUB_ENGINE_HUNT_MAX	 32u	    /* bytes of a hunt's id */
#define YG_HUB_ENGINE_PIECE_MAX	 (1u << 20) /* bytes of a state in one message */
#define YG_HUB_ENGINE_BODY_MAX	 (YG_WIRE_BATCH_MAX + 1024u)
#define YG_HUB_ENGINE_QUEUE_MAX	 (16u << 20) /* bytes that wait for the other */
/* Looks of one batch; each is a transaction of the hub's database. */
#define YG_HUB_ENGINE_LOOKS_MAX 512u
#define YG_HUB_ENGINE_FOUND_MAX                                                                    \
	(1u << 20) /* findings, and outcomes, of one batch; a rule that                            \
		    * hits every record sixteen times says nothing */
#define YG_HUB_ENGINE_HELD_MAX (UINT64_C(1) << 48) /* any number of bytes, or things forgotten */

enum yg_hub_engine_kind {
	YG_HUB_BEGIN = 64,
	YG_HUB_JUDGE,
	YG_HUB_RESTORE,
	YG_HUB_SAVE,
	YG_HUB_DROP,
	YG_HUB_TAKE,
	YG_HUB_LOAD,
	YG_HUB_FRAME,
	YG_HUB_TICK,
	YG_HUB_BEGUN = 80,
	YG_HUB_FOUND,
	YG_HUB_LEARNT,
	YG_HUB_JUDGED,
	YG_HUB_RESTORED,
	YG_HUB_STATE,
	YG_HUB_SAVED,
	YG_HUB_CHANGED,
	YG_HUB_TOLD,
	YG_HUB_WAITED,
	YG_HUB_LOOKED,
};

/* ---- from the keeper ---- */

struct yg_hub_judge {
	bool is_new; /* else its findings are written: only the judge has to see it again */
	uint64_t position;
	int64_t received_ns;
	struct yg_bytes org;	/* 1 to YG_FACT_ORG_MAX bytes */
	struct yg_bytes sensor; /* 1 to YG_HUB_ENGINE_SENSOR_MAX bytes */
	struct yg_bytes body;	/* as kept; borrowed */
};
/* All …_put(): as yg_msg_put(). */
YG_MUST_USE int yg_hub_judge_put(struct yg_msg_pipe *pipe, uint64_t id,
				 const struct yg_hub_judge *judge);
YG_MUST_USE int yg_hub_judge_read(struct yg_bytes body, struct yg_hub_judge *ret);

YG_MUST_USE int yg_hub_begin_put(struct yg_msg_pipe *pipe, uint64_t id, uint64_t seed);
YG_MUST_USE int yg_hub_begin_read(struct yg_bytes body, uint64_t *ret_seed);

/* A piece of at most PIECE_MAX bytes, the pieces of one state one behind the other. */
YG_MUST_USE int yg_hub_restore_put(struct yg_msg_pipe *pipe, uint64_t id, struct yg_bytes org,
				   struct yg_bytes piece, bool is_last);
YG_MUST_USE int yg_hub_restore_read(struct yg_bytes body, struct yg_bytes *ret_org,
				    struct yg_bytes *ret_piece, bool *ret_is_last);

/* LOAD; the reader holds neither an id of hunts nor its folder for true. */
YG_MUST_USE int yg_hub_load_put(struct yg_msg_pipe *pipe, uint64_t id, struct yg_bytes hunt,
				uint64_t seed);
YG_MUST_USE int yg_hub_load_read(struct yg_bytes body, struct yg_bytes *ret_hunt,
				 uint64_t *ret_seed);

/* FRAME: `position` is the number of the first line, `body` the lines, is_new and sensor unused. */
YG_MUST_USE int yg_hub_frame_put(struct yg_msg_pipe *pipe, uint64_t id,
				 const struct yg_hub_judge *frame);
YG_MUST_USE int yg_hub_frame_read(struct yg_bytes body, struct yg_hub_judge *ret);

/* SAVE, DROP. */
YG_MUST_USE int yg_hub_of_org_put(struct yg_msg_pipe *pipe, enum yg_hub_engine_kind kind,
				  uint64_t id, struct yg_bytes org);
YG_MUST_USE int yg_hub_of_org_read(struct yg_bytes body, struct yg_bytes *ret_org);

YG_MUST_USE int yg_hub_tick_put(struct yg_msg_pipe *pipe, uint64_t id, struct yg_bytes org,
				int64_t now_ns);
YG_MUST_USE int yg_hub_tick_read(struct yg_bytes body, struct yg_bytes *ret_org,
				 int64_t *ret_now_ns);

/* TAKE, CHANGED: no body. */
YG_MUST_USE int yg_hub_word_put(struct yg_msg_pipe *pipe, enum yg_hub_engine_kind kind,
				uint64_t id);

/* ---- from the engine ---- */

/* What it looks for. */
struct yg_hub_engine_set {
	int rc;			/* of BEGIN or TAKE: YG_OK, YG_ENOMEM */
	char rules[2 * 32 + 1]; /* digest of the rules, hex */
	uint8_t lists[32];	/* digest of the lists of indicators */
	uint32_t rule_count;
	uint32_t indicator_count;
};
YG_MUST_USE int yg_hub_begun_put(struct yg_msg_pipe *pipe, uint64_t id,
				 const struct yg_hub_engine_set *set);
YG_MUST_USE int yg_hub_begun_read(struct yg_bytes body, struct yg_hub_engine_set *ret);

/*
 * A finding: of @finding level, kind, field, outcome, first_ns, last_ns (its own time), rule,
 * title, title_ja, reason, source, actor, target, matched; all else is the keeper's. @record: its
 * place in the batch.
 */
YG_MUST_USE int yg_hub_found_put(struct yg_msg_pipe *pipe, uint64_t id, uint32_t record,
				 const struct yg_fact_finding *finding);
YG_MUST_USE int yg_hub_found_read(struct yg_bytes body, uint32_t *ret_record,
				  struct yg_fact_finding *ret);

/* A finding of a record that waited: as FOUND, and refs[0].number, received_ns, sensor. */
YG_MUST_USE int yg_hub_waited_put(struct yg_msg_pipe *pipe, uint64_t id,
				  const struct yg_fact_finding *finding);
YG_MUST_USE int yg_hub_waited_read(struct yg_bytes body, struct yg_fact_finding *ret);

/*
 * A finding that the sensor of the batch made itself (app/hub_detect_told.h): as above, and count,
 * minute_ns, bundle and rules; it has no references.
 */
YG_MUST_USE int yg_hub_told_put(struct yg_msg_pipe *pipe, uint64_t id,
				const struct yg_fact_finding *finding);
YG_MUST_USE int yg_hub_told_read(struct yg_bytes body, struct yg_fact_finding *ret);

/* That sensor looked into its own archive: is no finding. */
YG_MUST_USE int yg_hub_looked_put(struct yg_msg_pipe *pipe, uint64_t id,
				  const struct yg_told_look *look);
YG_MUST_USE int yg_hub_looked_read(struct yg_bytes body, struct yg_told_look *ret);

struct yg_hub_learnt {
	uint8_t bundle[YG_FACT_ID_BYTES];
	enum yg_outcome outcome;
	struct yg_bytes reason;
};
YG_MUST_USE int yg_hub_learnt_put(struct yg_msg_pipe *pipe, uint64_t id,
				  const struct yg_hub_learnt *learnt);
YG_MUST_USE int yg_hub_learnt_read(struct yg_bytes body, struct yg_hub_learnt *ret);

struct yg_hub_judged_batch {
	int rc; /* YG_OK; of the batch: YG_EFORMAT, YG_EDIGEST, YG_ELIMIT; YG_ENOMEM; YG_EIO */
	uint64_t records; /* of TICK: how many of them were due, or RECORDS_MAX */
	uint64_t bytes;
	uint64_t unread;
	uint64_t findings; /* FOUND and TOLD messages and unlisted ones together; 0 when it was not
			      new */
	uint64_t unlisted; /* over FOUND_MAX */
	uint64_t held;	   /* bytes of the organisation's judge */
	uint64_t pushed_out; /* that it forgot at its limits, ever */
	uint64_t hurried;    /* that did not wait as long as they should, ever */
	int64_t due_ns;	     /* when what waits in it is due; YG_TIME_NONE: nothing waits */
};
YG_MUST_USE int yg_hub_judged_put(struct yg_msg_pipe *pipe, uint64_t id,
				  const struct yg_hub_judged_batch *judged);
YG_MUST_USE int yg_hub_judged_read(struct yg_bytes body, struct yg_hub_judged_batch *ret);

/* A piece of a state. */
YG_MUST_USE int yg_hub_state_put(struct yg_msg_pipe *pipe, uint64_t id, struct yg_bytes piece);
YG_MUST_USE int yg_hub_state_read(struct yg_bytes body, struct yg_bytes *ret_piece);

/* RESTORED: @number is what was left out; SAVED: the size of the whole state. */
YG_MUST_USE int yg_hub_done_put(struct yg_msg_pipe *pipe, enum yg_hub_engine_kind kind, uint64_t id,
				int rc, uint64_t number);
YG_MUST_USE int yg_hub_done_read(struct yg_bytes body, int *ret_rc, uint64_t *ret_number);
