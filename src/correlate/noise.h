/* SPDX-License-Identifier: Apache-2.0 */
/*
 * correlate/noise.h - which alerts no person needs to look at, and why.
 *
 * Each step is explicit, can be switched off, and says in words what it went by; nothing is
 * deleted, so what a step took comes back when it is switched off. What may have succeeded stays,
 * unless a person allowed it. Lists come from outside and are shipped with nothing in them.
 *
 *   survey scanners   JSON [{"ip","scanner","last_seen"}…], one of its forms, or CSV
 *                     ip,scanner[,last_seen]
 *   allow-lists       CSV with a head line: org,rule,actor,until,reason; an empty cell is "any",
 *                     at least one of rule and actor is needed; reason is needed
 *
 * Pure. A list is read-only once it was read: any thread. Fuzzed.
 */
#pragma once

#include "base/err.h"
#include "model/situation.h"
#include "model/table.h"

#define YG_NOISE_LIST_BYTES_MAX (16u << 20)
#define YG_NOISE_ENTRIES_MAX	500000u
#define YG_NOISE_NAME_MAX	120u
#define YG_NOISE_WHY_MAX	240u

struct yg_noise_lists;

/* What a step looks at. Bytes are borrowed for the call. */
struct yg_noise_alert {
	struct yg_bytes org;
	struct yg_bytes rule;
	struct yg_bytes actor;
	struct yg_bytes reason; /* of the outcome, English */
	enum yg_level level;
	enum yg_finding_kind kind;
	enum yg_outcome outcome;
	int64_t time_ns;
};

YG_MUST_USE int yg_noise_lists_new(struct yg_noise_lists **ret);
struct yg_noise_lists *yg_noise_lists_free(struct yg_noise_lists *lists);

/*
 * Add a list's content, all or nothing. YG_OK; YG_EFORMAT with *reterr; YG_ELIMIT; YG_ENOMEM. Cost
 * O(size).
 */
YG_MUST_USE int yg_noise_add_scanners(struct yg_noise_lists *lists, struct yg_bytes content,
				      struct yg_line_fault *reterr);
/* A table (parse/csv.h) with a head line: of scanners, or of what is allowed. */
YG_MUST_USE int yg_noise_add_table(struct yg_noise_lists *lists, bool is_allowed,
				   const struct yg_table *table, struct yg_line_fault *reterr);
/* After the last one: before yg_noise_judge(). Cost O(n log n). */
void yg_noise_lists_ready(struct yg_noise_lists *lists);
void yg_noise_lists_count(const struct yg_noise_lists *lists, uint32_t *ret_scanners,
			  uint32_t *ret_allowed);

/*
 * The step that takes @alert, or YG_NOISE_KEPT. @steps: bits 1 << enum yg_noise that are on. @why
 * (room YG_NOISE_WHY_MAX): what it went by, "" when kept. Cost O(log n) of scanners, O(n) of
 * entries of the allow-list that name no actor or no rule exactly.
 */
enum yg_noise yg_noise_judge(const struct yg_noise_lists *lists, unsigned steps,
			     const struct yg_noise_alert *alert, char why[YG_NOISE_WHY_MAX]);
