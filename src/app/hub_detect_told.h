/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_detect_told.h - findings that a sensor made itself (docs/protocol.md, Findings).
 *
 * A record of format `yagura-finding` is no log: it is the finding. It becomes a fact whose rule
 * set begins with YG_FACT_TOLD and that has no references: the records stay with the member, and
 * the hub does not claim to have them.
 *
 * Layer:   app. Pure; any thread.
 * Input:   untrusted: a record of a sensor. What is not as it must be is no finding (YG_EFORMAT).
 * Tests:   tests/unit/app/test_told.c, tests/fuzz/fuzz_told.c, tests/e2e/sensor_detect.py
 */
#pragma once

#include "store/facts.h"

#define YG_TOLD_BUNDLE_MAX  64u /* bytes of a sensor's own name for a bundle */
#define YG_TOLD_BUNDLE_MARK '~' /* its first byte: no rule of the hub begins so */
#define YG_TOLD_RULES_MAX   (sizeof(YG_FACT_TOLD) - 1 + 64u)
#define YG_TOLD_COUNT_MAX   (UINT64_C(1) << 53)

/* One line of a batch, as it came. */
struct yg_told {
	struct yg_bytes org;
	struct yg_bytes sensor;
	int64_t received_ns;
};

/* Is @line such a record by its beginning? Cheap. */
bool yg_told_is(struct yg_bytes line);

/*
 * What a sensor found in its own archive for a list of indicators that it was given (field `look`):
 * numbers, no finding.
 */
#define YG_TOLD_LIST_MAX 64u
struct yg_told_look {
	struct yg_bytes list;
	bool has_archive; /* false: it keeps none, and did not look */
	int64_t from_ns;  /* times of arrival there; of what follows these two only with an archive
			   */
	int64_t to_ns;
	int64_t first_ns; /* YG_TIME_NONE */
	int64_t last_ns;
	uint64_t records; /* looked at */
	uint64_t count;	  /* of those that hold one of the list's values */
	uint64_t gaps;	  /* times that the archive lacks */
	uint64_t damaged; /* files */
};
/* Can it be so? */
bool yg_told_look_is(const struct yg_told_look *look);

/*
 * Read @line (without LF). A finding goes to @finding, a later outcome of one to @outcome; texts
 * live during the call; so does that of a look back. YG_OK; YG_EFORMAT: it is none; YG_ENOMEM; or
 * what they returned.
 */
struct yg_told_out {
	int (*finding)(void *arg, const struct yg_fact_finding *finding);
	int (*outcome)(void *arg, const uint8_t id[YG_FACT_ID_BYTES], enum yg_outcome outcome,
		       struct yg_bytes reason);
	int (*look)(void *arg, const struct yg_told_look *look);
	void *arg;
};
YG_MUST_USE int yg_told_take(const struct yg_told *told, struct yg_bytes line,
			     const struct yg_told_out *out);
