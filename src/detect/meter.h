/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/meter.h - what evaluating rules costs: as counted work, and as measured time.
 *
 * Counted work depends on the record and the rule set only, never on the clock, the number of
 * threads or what a scratch remembers: decisions may rest on it. Its unit is about what comparing
 * eight bytes takes; each comparison that no shared search has answered counts 1 and for what it
 * looks through:
 *
 *	contains     a unit for each 8 bytes of the value
 *	wildcards    a unit for each step, which may be many times the value
 *	expressions  a unit for each byte
 *	one of many  a unit for each 2 bytes
 *	fieldref     as contains, for each value of the other field
 *
 * A rule pays for every comparison it asks for, also for one that another rule asked for before.
 * Runs of a rule on a record that come to at most YG_METER_FREE are not written down.
 *
 * Time is measured on every YG_PROFILE_EVERY-th record only, with a clock that is given.
 *
 * Layer:   detect. No clock of its own.
 * Threads: a meter belongs to its scratch.
 */
#pragma once

#include "base/clock.h"
#include "detect/engine.h"

#define YG_METER_FREE	    64u
#define YG_PROFILE_EVERY    32u
#define YG_METER_UNIT_BYTES 1024u /* of a record: so many bytes, begun, weigh 1 */
#define YG_METER_LEAST	    4096u /* weight: what that may cost is allowed before a rule is stopped */
#define YG_METER_FAR	    4u	  /* times over, at least, what a rule that is stopped takes */

/* What a rule cost on the records since the last time it was taken. */
struct yg_charge {
	uint32_t rule; /* engine index */
	uint64_t cost;
	uint64_t over; /* 0, or the cost for each unit of weight when the rule was stopped */
};

/* Records of one group (rules that can apply to some kinds of records). */
struct yg_group_load {
	uint64_t records;
	uint64_t weight; /* the same, long ones counted as often as they have YG_METER_UNIT_BYTES */
};

struct yg_meter_counts {
	const struct yg_charge *charges; /* rules that have any, in the order of their first */
	uint32_t charge_count;
	const struct yg_group_load *groups; /* yg_engine_group_count of them */
};

/*
 * Count work from now on. @skip_from: NULL, or for each rule the serial (yg_scratch_serial) from
 * which on it is not evaluated any more; may be changed by another thread. @cost_max: 0, or what
 * a rule may cost for each unit of weight: one that is far over since the charges were last taken
 * is not evaluated until they are taken again. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_scratch_meter(struct yg_scratch *scratch, const _Atomic uint64_t *skip_from,
				 uint64_t cost_max);

/*
 * Is a rule stopped by its cost? Then what an earlier line gave is no answer for the next one, and
 * this one's none for later ones (detect/repeat.h).
 */
bool yg_scratch_is_stopping(const struct yg_scratch *scratch);

/* The serial of the records to come; ascending. */
void yg_scratch_serial(struct yg_scratch *scratch, uint64_t serial);

/* What was counted since the last call; valid until the next record. */
void yg_scratch_charges(struct yg_scratch *scratch, struct yg_meter_counts *ret);

uint32_t yg_engine_group_count(const struct yg_engine *engine);

/* Records that @rule was up for, summed over its groups' @loads. Cost: groups × log(rules). */
struct yg_group_load yg_engine_rule_load(const struct yg_engine *engine, uint32_t rule,
					 const struct yg_group_load *loads);

/* ---- time ---- */

struct yg_profile_rule {
	uint64_t runs;	  /* records on which its condition was run (candidates) */
	uint64_t tests;	  /* comparisons asked for */
	uint64_t matches; /* records it fits */
	uint64_t work;	  /* counted */
	uint64_t timed;	  /* runs that were measured */
	int64_t ns;	  /* what these took */
};

struct yg_profile {
	struct yg_profile_rule *rules; /* by engine index; owned */
	struct yg_group_load *groups;  /* owned */
	uint32_t rule_count;
	uint32_t group_count;
	uint64_t records;	/* matched at all */
	uint64_t timed_records; /* measured */
	int64_t search_ns;	/* of these: the search that all rules share */
};

/* In place. YG_OK or YG_ENOMEM. done() may follow in any case. */
YG_MUST_USE int yg_profile_init(struct yg_profile *profile, const struct yg_engine *engine);
void yg_profile_done(struct yg_profile *profile);
/* Add what @from has (of the same engine) to @to. */
void yg_profile_add(struct yg_profile *to, const struct yg_profile *from);

/* Measure from now on, with @clock, into a profile of the scratch's own. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_scratch_profile(struct yg_scratch *scratch, struct yg_clock clock);
/* That profile, or NULL. */
const struct yg_profile *yg_scratch_profiled(const struct yg_scratch *scratch);
