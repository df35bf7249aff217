/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/watch.h - local detection: the sensor judges its own records, and what leaves are
 * findings.
 *
 *   record, unmasked ─► rules, indicators ─► judge ─► bundles of (rule, source, minute, value)
 *                                              │          └─► records `yagura-finding`, masked,
 * into │              the batch that is being collected STATE/detect/state ─┴─ STATE/detect/log
 *
 * Exactly once: a batch's findings are committed with the place up to which the logs were read.
 * What correlations and outcomes rest on is in the state, written now and then, and in the log:
 * before each commit the records that a detector wanted are written there, unmasked, under a number
 * that stands in the checkpoint. After a crash the state is made again from both, without output;
 * what was logged and not committed is forgotten, for its logs are read again.
 *
 * A finding says no more of a record than the policy would let the record say (yg_mask_taken).
 *
 * Layer:   sensor. The collecting thread; told() any.
 * Limits:  below; what is pushed out is counted.
 * Tests:   tests/unit/sensor/test_watch.c, tests/e2e/sensor_detect.py
 */
#pragma once

#include "base/clock.h"
#include "sensor/watch_set.h"

#define YG_WATCH_BUNDLES_MAX                                                                       \
	4096u /* of one commit, each for itself; then one for rule and source */
#define YG_WATCH_COARSE_MAX  4096u	   /* of those; further findings are counted as lost */
#define YG_WATCH_UPDATES_MAX 4096u	   /* of one commit */
#define YG_WATCH_VALUES_MAX  (2560u << 10) /* bytes of a commit's findings; then without values */
#define YG_WATCH_BYTES_MAX   (8u << 20)	   /* and then they are counted as lost */
#define YG_WATCH_KEPT_MAX    8192u	   /* findings whose outcome may still change */
#define YG_WATCH_LOG_MAX     (4u << 20)	   /* bytes, then the state is written */
#define YG_WATCH_URGENT_NS   (INT64_C(200) * 1000000) /* a record that may be a finding waits */

struct yg_watch;

struct yg_watch_config {
	const struct yg_home *home;
	struct yg_sensor_policy *policy; /* outlives it */
	const struct yg_zone *zone;
	const char *program; /* who compiles rules; NULL: done here */
	uint64_t number;     /* of the last checkpoint; 0: none */
};

/*
 * *ret NULL: the local file wants none. Faults are said. YG_OK, YG_ENOMEM, or an error of the rules
 * or the disk.
 */
YG_MUST_USE int yg_watch_open(const struct yg_watch_config *config, struct yg_watch **ret);
/* The state is written, unless a commit is open. NULL is allowed. */
struct yg_watch *yg_watch_close(struct yg_watch *watch);

/* A record as it was read; undo: the last one comes again. Returns how many bytes are kept of it
 * until the commit. */
size_t yg_watch_take(struct yg_watch *watch, struct yg_event *event, struct yg_bytes source,
		     int64_t now_ns);
void yg_watch_undo(struct yg_watch *watch);

/* Should there be a commit now? */
bool yg_watch_waits(const struct yg_watch *watch, int64_t now_ns);

/*
 * Before a commit: judge what was taken; findings go to @collect. Called again without effect until
 * after(). YG_OK, or an error: nothing may be committed.
 */
YG_MUST_USE int yg_watch_before(struct yg_watch *watch, int64_t now_ns, struct yg_collect *collect);
/* For the checkpoint of that commit. */
uint64_t yg_watch_number(const struct yg_watch *watch);
/* The commit stands. Also where changed rules take over. */
void yg_watch_after(struct yg_watch *watch);
/* Now and then, between two commits: the same, when nothing is collected. */
void yg_watch_tick(struct yg_watch *watch);

/* The judge has counted what can never be committed: only a new start, from state and log, is right
 * then. */
bool yg_watch_is_broken(const struct yg_watch *watch);

/* Of the files that it judges by now (yg_watch_set_signature); changes when others take over. */
uint64_t yg_watch_signature(const struct yg_watch *watch);

struct yg_watch_counts {
	uint32_t rules;
	uint32_t refused;
	uint32_t unreadable;
	uint32_t indicators;
	uint64_t findings;
	uint64_t held; /* findings that the policy kept back */
	uint64_t lost;
	uint64_t reloads;
	uint64_t pushed_out; /* by the judge */
};
struct yg_watch_counts yg_watch_counts(const struct yg_watch *watch);

/* For the heartbeat: a JSON object. @watch NULL: there is no detection here. */
void yg_watch_told(const struct yg_watch *watch, char to[YG_WIRE_DETECTION_MAX + 1]);
