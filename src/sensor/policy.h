/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/policy.h - the local policy of a sensor: its file, the hub's wish, and both at work.
 *
 *   STATE/policy.yaml   what a person wrote (docs/policy.md); not there: the default
 *   STATE/wish.json     the last wish of the hub
 *   STATE/mask.key      32 random bytes, mode 0600: tokens of masked values; never leaves
 *
 * Layer:   sensor.
 * Input:   the file is a person's: every fault is told with its line.
 * Threads: yg_policy_read() any; a struct yg_sensor_policy has a lock inside: the collecting thread
 *          applies it, the listening one brings wishes.
 * Tests:   tests/unit/sensor/test_policy.c, tests/fuzz/fuzz_policy.c, tests/e2e/sensor_policy.py
 */
#pragma once

#include "sensor/home.h"
#include "sensor/lines.h"
#include "sensor/spool.h"
#include "wire/mask.h"

#define YG_POLICY_FILE_MAX (256u << 10)

/* Read a policy file. YG_OK (what is built in stands behind it); YG_EFORMAT, YG_ELIMIT with
 * *reterr filled; YG_ENOMEM. */
YG_MUST_USE int yg_policy_read(struct yg_bytes text, struct yg_policy *ret,
			       struct yg_line_fault *reterr);

struct yg_sensor_policy;

/*
 * Load what is in the folder of @home; @file: another policy file than STATE/policy.yaml, or NULL.
 * @with_key: make the key where it is missing. YG_OK, or an error with *reterr filled where it is
 * one of the file (line 0: of the file as a whole).
 */
YG_MUST_USE int yg_sensor_policy_load(const struct yg_home *home, const char *file, bool with_key,
				      struct yg_sensor_policy **ret, struct yg_line_fault *reterr);
struct yg_sensor_policy *yg_sensor_policy_free(struct yg_sensor_policy *policy);

/* For the sources; lives as long as @policy. */
const struct yg_lines_filter *yg_sensor_policy_filter(struct yg_sensor_policy *policy);
/* The same for the inventory, which is no log: `raw: false` does not hold it back; all else does.
 */
const struct yg_lines_filter *yg_sensor_policy_filter_inventory(struct yg_sensor_policy *policy);

/*
 * The hub's wish, as it came (any thread): kept on disk, in force with the next batch. *ret_detail
 * (room YG_WIRE_WORDS_MAX + 1): what of it was refused. YG_OK: all or part of it is done;
 * YG_EACCES: nothing of it is; or an error.
 */
YG_MUST_USE int yg_sensor_policy_wish(struct yg_sensor_policy *policy, struct yg_bytes body,
				      char *ret_detail);

/* Is there a wish that is not in force yet, or none of its line in the ledger? For
 * yg_sensor_policy_enter(). */
bool yg_sensor_policy_is_new(struct yg_sensor_policy *policy);

/*
 * What is in force from here on stands in the ledger (unless it was there already). Called by the
 * collecting thread between two batches. YG_OK or an error of the spool.
 */
YG_MUST_USE int yg_sensor_policy_enter(struct yg_sensor_policy *policy, struct yg_spool *spool,
				       int64_t now_ns);

/* For the heartbeat: what the hub is told. Any thread. */
void yg_sensor_policy_told(struct yg_sensor_policy *policy, char to[YG_WIRE_TOLD_MAX + 1]);

/* ---- for those who show it, without threads ---- */
const struct yg_policy *yg_sensor_policy_local(const struct yg_sensor_policy *policy);
const struct yg_policy *
yg_sensor_policy_wished(const struct yg_sensor_policy *policy); /* or NULL */
bool yg_sensor_policy_has_file(const struct yg_sensor_policy *policy);
const char *yg_sensor_policy_path(const struct yg_sensor_policy *policy);
void yg_sensor_policy_digest(const struct yg_sensor_policy *policy, uint8_t to[YG_SHA256_BYTES]);
