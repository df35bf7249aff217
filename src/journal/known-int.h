/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal/known-int.h - which batches are there: (sensor, epoch, sequence) -> digest, bounded.
 *
 * Sequences have no gaps within an epoch, so one number an epoch says which are there; digests are
 * kept of the last YG_JOURNAL_COMPARED only, and ranges that were dropped beside them. What waits
 * for its sync hangs on its epoch until it is settled or forgotten, so what was settled is always
 * what is durable. Under the mutex of the journal.
 */
#pragma once

#include "base/buf.h"
#include "journal/journal.h"

#define YG_KNOWN_DIGEST_BYTES 16u /* the first half of each: enough to tell two apart */
#define YG_KNOWN_EPOCHS_MAX   (2 * YG_JOURNAL_SENSORS_MAX) /* of all sensors together */
#define YG_KNOWN_BYTES_MAX    (1u << 30)		   /* of a state file */

struct yg_known_drop {
	uint64_t first;
	uint64_t last;
};

struct yg_waiting;

struct yg_known_epoch {
	struct yg_known_epoch *next; /* of the sensor, older ones follow */
	struct yg_waiting *first;    /* appended and not settled, in order */
	struct yg_waiting *last;
	uint64_t epoch;
	uint64_t highest;	     /* sequence that is durable; 0: none */
	struct yg_known_drop *drops; /* room for YG_JOURNAL_DROPS_MAX, NULL until the first */
	uint32_t drop_count;
	uint32_t refused_count; /* kept ones, durable */
	uint32_t refused_waiting;
	uint8_t refused[YG_JOURNAL_REFUSED_MAX][YG_KNOWN_DIGEST_BYTES];
	uint8_t digests[YG_JOURNAL_COMPARED][YG_KNOWN_DIGEST_BYTES]; /* at sequence % … */
};

struct yg_known_sensor {
	uint8_t id[YG_JOURNAL_SENSOR_MAX];
	uint32_t id_size;
	uint32_t epoch_count;
	uint64_t floor; /* epochs below were pushed out */
	struct yg_known_epoch *newest;
};

struct yg_known {
	struct yg_known_sensor **slots; /* open addressing; a power of two, at most half full */
	size_t slot_count;
	size_t sensor_count;
	size_t epoch_count;
};

/* An appended record that is not durable yet. Owned by its group. */
struct yg_waiting {
	struct yg_waiting *next_in_group;
	struct yg_waiting *next_of_epoch; /* BATCH and DROP */
	struct yg_known_epoch *epoch;
	enum yg_journal_kind kind;
	uint64_t position;
	uint64_t sequence;
	uint64_t sequence_last;
	uint8_t digest[YG_DIGEST_BYTES];
	int64_t received_ns;
	uint32_t sensor_size;
	uint32_t body_size;
	size_t at; /* in the bytes of the group */
};

void yg_known_done(struct yg_known *known);

/*
 * What is to be answered to @batch. When it is to be appended (NEW, or CONFLICT that is to be
 * kept): *ret_epoch is its epoch, made when it was not there, with room for what settling needs.
 * YG_OK, YG_ELIMIT, YG_EAGAIN (an epoch that would be pushed out waits for a sync), YG_ENOMEM.
 */
YG_MUST_USE int yg_known_look(struct yg_known *known, const struct yg_journal_batch *batch,
			      struct yg_journal_result *ret, struct yg_known_epoch **ret_epoch);

/* Hang @waiting on its epoch; it is durable; it is lost (then all that wait are, newest last). */
void yg_known_hold(struct yg_waiting *waiting);
void yg_known_settle(struct yg_waiting *waiting);
void yg_known_forget(struct yg_waiting *waiting);

/* Take a record that was read from a segment. YG_OK, YG_EFORMAT (it does not follow), YG_ENOMEM. */
YG_MUST_USE int yg_known_take(struct yg_known *known, const struct yg_journal_batch *batch);

void yg_known_expected(const struct yg_known *known, struct yg_bytes sensor, uint64_t *ret_epoch,
		       uint64_t *ret_sequence);

uint64_t yg_known_next(const struct yg_known *known, struct yg_bytes sensor, uint64_t epoch);

/* ---- the state file (docs/journal.md) ---- */

struct yg_state_head {
	uint64_t position; /* what is known covers all up to this one */
	uint64_t trimmed;  /* segments that end at or before this one may be gone */
};

/* What is durable. Errors stay in @to. */
void yg_state_write(const struct yg_known *known, const struct yg_state_head *head,
		    struct yg_buf *to);

/* Into an empty @known. YG_OK, YG_EFORMAT, YG_EDIGEST, YG_EMISMATCH, YG_ENOMEM, with @reterr. */
YG_MUST_USE int yg_state_read(struct yg_bytes b, struct yg_known *known, struct yg_state_head *ret,
			      struct yg_fault *reterr);

/* For reading: a sensor, an epoch of it, made when missing. */
YG_MUST_USE int yg_known_sensor_at(struct yg_known *known, struct yg_bytes id,
				   struct yg_known_sensor **ret);
YG_MUST_USE int yg_known_epoch_at(struct yg_known *known, struct yg_known_sensor *sensor,
				  uint64_t epoch, struct yg_known_epoch **ret);
YG_MUST_USE int yg_known_room_for_drops(struct yg_known_epoch *epoch);
