/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_engine_ask.h - the keeper's end of its talk with the engine (hub_engine.h).
 *
 * Batches are handed out without waiting, up to FLIGHT_MAX at a time; what the engine finds comes
 * back through callbacks, in order, whenever something here is called, but for …_ahead() and
 * …_send(). All else waits for its answer, and so for those of all batches before it.
 *
 * The engine is not believed: what is given to the callbacks has the organisation and the sensor of
 * the batch that was handed out, an id that was computed here, a record that is in the batch, a
 * count for each finding that was told; whatever breaks that ends the engine (`distrust`).
 *
 * An engine that ends, or does not answer in time, ended at the first request that it had not
 * answered. That one is blamed; the same one TRIES_MAX times in a row is poison, and the caller
 * leaves it out.
 *
 * Errors of all that ask: YG_EPIPE: there is no engine, or it ended just now: what was handed out
 * is to be handed out again to the next; what a callback returned; YG_EEND: the caller ends;
 * YG_ENOMEM, the system's.
 * Threads: one. Tests: tests/unit/app/test_hub_engine.c
 */
#pragma once

#include "app/hub_detect_judge.h"
#include "app/hub_engine_wire.h"

#define YG_HUB_FLIGHT_MAX	512u /* batches handed out and not answered */
#define YG_HUB_ENGINE_TRIES_MAX 3u   /* engines that one request may end */
#define YG_HUB_ENGINE_ANSWER_MS                                                                    \
	60000			 /* for one batch, ten times that for all else; then it hangs */
#define YG_HUB_ENGINE_END_MS 800 /* the same when all ends */

struct yg_hub_ask;

/* What was asked of it. */
struct yg_hub_asked {
	enum yg_hub_engine_kind kind;
	uint64_t position; /* of a batch; of lines: the number of the first; TICK: what was given */
	int64_t received_ns;
	bool is_new;
	char org[YG_FACT_ORG_MAX + 1];
	char sensor[YG_HUB_ENGINE_SENSOR_MAX + 1];
};

struct yg_hub_ask_opts {
	/* As in struct yg_hub_judged; only of new batches. */
	int (*finding)(void *arg, const struct yg_fact_finding *finding);
	int (*outcome)(void *arg, const struct yg_hub_asked *asked,
		       const struct yg_hub_learnt *learnt);
	/* The same; NULL: nobody wants to know. */
	int (*look)(void *arg, const struct yg_hub_asked *asked, const struct yg_told_look *look);
	/* A batch is done, well or not: answer->rc is YG_OK or an error of its body. Or a tick. */
	int (*judged)(void *arg, const struct yg_hub_asked *asked,
		      const struct yg_hub_judged_batch *answer);
	/* The engine does what it must not, or hangs: let it be ended. */
	void (*distrust)(void *arg);
	bool (*is_ending)(void *arg);
	void *arg;
	int answer_ms; /* 0: YG_HUB_ENGINE_ANSWER_MS */
};

/* NULL without memory. */
struct yg_hub_ask *yg_hub_ask_new(const struct yg_hub_ask_opts *opts);
struct yg_hub_ask *yg_hub_ask_free(struct yg_hub_ask *ask);

/* Another engine; what the one before had is nobody's. BEGIN has to be first. */
void yg_hub_ask_open(struct yg_hub_ask *ask, int take_fd);
bool yg_hub_ask_is_open(const struct yg_hub_ask *ask);

/* Take what has come, without waiting. */
YG_MUST_USE int yg_hub_ask_hear(struct yg_hub_ask *ask);
/* Until all batches are answered. */
YG_MUST_USE int yg_hub_ask_wait(struct yg_hub_ask *ask);
/* All that was handed out until now, for: */
uint64_t yg_hub_ask_mark(const struct yg_hub_ask *ask);
/* Until all before @mark is answered; of what was handed out behind it nothing is heard meanwhile.
 */
YG_MUST_USE int yg_hub_ask_wait_for(struct yg_hub_ask *ask, uint64_t mark);

/* All judges anew. What was asked before and not answered is forgotten: no callback for it. */
YG_MUST_USE int yg_hub_ask_begin(struct yg_hub_ask *ask, uint64_t seed);
/* What it looks for, as of BEGIN or TAKE. */
const struct yg_hub_engine_set *yg_hub_ask_set(const struct yg_hub_ask *ask);
/* Another set waits there for TAKE. */
bool yg_hub_ask_has_changed(const struct yg_hub_ask *ask);
/* YG_OK, or *ret_took: the error for which the former stays. Judges are gone in any case. */
YG_MUST_USE int yg_hub_ask_take_set(struct yg_hub_ask *ask, int *ret_took);

/*
 * Hand @batch out. YG_EFORMAT and the like (an error of the body): its head is no head, nothing was
 * handed out.
 */
YG_MUST_USE int yg_hub_ask_judge(struct yg_hub_ask *ask, const struct yg_hub_batch *batch,
				 bool is_new);
/*
 * Hand @batch, a new one, out, and hear nothing: whoever calls cannot take findings now. It goes
 * with …_send(), or the next time that something waits here. YG_EAGAIN: there is no room now; that
 * and every other error: it was not handed out.
 */
YG_MUST_USE int yg_hub_ask_ahead(struct yg_hub_ask *ask, const struct yg_hub_batch *batch);
/* What was put goes, as far as the socket takes it. No callback. */
void yg_hub_ask_send(struct yg_hub_ask *ask);
/* Of a hunter, as yg_hub_ask_begin(): for hunt @hunt; *ret_result: could it be loaded? */
YG_MUST_USE int yg_hub_ask_load(struct yg_hub_ask *ask, const char *hunt, uint64_t seed,
				int *ret_result);
/* Hand out lines of the archive (whole ones, at least one), as yg_hub_judges_take_text(). */
YG_MUST_USE int yg_hub_ask_frame(struct yg_hub_ask *ask, const struct yg_hub_batch *batch,
				 struct yg_bytes text, uint64_t first);
/* As yg_hub_judges_tick(): callbacks as for a batch. @position: of the last batch of @org. */
YG_MUST_USE int yg_hub_ask_tick(struct yg_hub_ask *ask, struct yg_bytes org, uint64_t position,
				int64_t now_ns);
/* As yg_hub_judges_restore() and …_save(), whose result is *ret_result. */
YG_MUST_USE int yg_hub_ask_restore(struct yg_hub_ask *ask, struct yg_bytes org,
				   struct yg_bytes state, int *ret_result);
YG_MUST_USE int yg_hub_ask_save(struct yg_hub_ask *ask, struct yg_bytes org, struct yg_buf *to,
				int *ret_result);
YG_MUST_USE int yg_hub_ask_drop(struct yg_hub_ask *ask, struct yg_bytes org);

/* Has that request ended TRIES_MAX engines, the last ones? @position: of JUDGE and TICK, else 0. */
bool yg_hub_ask_is_poison(const struct yg_hub_ask *ask, enum yg_hub_engine_kind kind,
			  struct yg_bytes org, uint64_t position);

/* Is @rc an error of a batch's own bytes? */
bool yg_hub_ask_is_of_body(int rc);
