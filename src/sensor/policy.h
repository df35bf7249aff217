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

/* `detect:` of the file: whether the sensor judges its own records, and by what. */
#define YG_DETECT_PATHS_MAX 16u
#define YG_DETECT_PATH_MAX  1023u
#define YG_DETECT_BACK_DAYS 30u
#define YG_DETECT_BACK_MAX  3660u
struct yg_detect_settings {
	bool is_on;	   /* not said: as `raw: false` */
	bool has_built_in; /* the rules inside the program; not said: true */
	bool takes_rules;  /* from the hub; not said: false */
	bool takes_indicators;
	unsigned look_back_days; /* for indicators of warnings; 0: never. Not said: 30 */
	char rules[YG_DETECT_PATHS_MAX][YG_DETECT_PATH_MAX + 1]; /* files, folders */
	char indicators[YG_DETECT_PATHS_MAX][YG_DETECT_PATH_MAX + 1];
	size_t rule_count;
	size_t indicator_count;
};

/* Read a policy file. YG_OK (what is built in stands behind it); YG_EFORMAT, YG_ELIMIT with
 * *reterr filled; YG_ENOMEM. */
YG_MUST_USE int yg_policy_read(struct yg_bytes text, struct yg_policy *ret,
			       struct yg_line_fault *reterr);
/* The same, with what it says of local detection. */
YG_MUST_USE int yg_policy_read_all(struct yg_bytes text, struct yg_policy *ret,
				   struct yg_detect_settings *ret_detect,
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
 * What a finding says of @event (yg_mask_taken), whose source is filled: whether records of logs
 * leave is not asked. YG_OK; YG_EACCES: it stays here; YG_ENOMEM. Any thread.
 */
YG_MUST_USE int yg_sensor_policy_values(struct yg_sensor_policy *policy, struct yg_event *event,
					struct yg_bytes *values, size_t count);
/* The token of @text under the key that masks values (yg_mask_token). */
void yg_sensor_policy_token(const struct yg_sensor_policy *policy, struct yg_bytes text,
			    char to[YG_MASK_TOKEN_MAX]);
const struct yg_detect_settings *yg_sensor_policy_detect(const struct yg_sensor_policy *policy);

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
