/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/repeat.h - lines of an access log that say what an earlier one said, by another client, at
 * another time, with another size of the answer.
 *
 * What rules say of a line depends on its bytes. Cut as parse/access_parts.h does, all of it but
 * client, time and size is the same in many lines; of these the trace is kept, and made again from
 * the three, without parsing, searching and evaluating. Kept are lines without a finding, and only
 * where no rule's answer can depend on the three: rules that look at them, and keywords that may
 * stand in them, must say no whatever they hold (repeat_rules.c).
 *
 * The whole text is compared, never a hash alone. A table of fixed size, two places for each hash,
 * the one that was used last stays. When few lines repeat, it rests: see YG_REPEAT_….
 *
 * What is counted for budgets (detect/meter.h) is counted again with each repetition, so that it
 * does not depend on what is remembered. Time is not measured on them: whoever profiles goes
 * without.
 *
 * Layer: detect. One thread; of one engine and one tracer, which are borrowed.
 * Tests: tests/detect/repeats.c, tests/e2e/repeats.py
 */
#pragma once

#include "detect/engine.h"
#include "detect/indicators.h"
#include "detect/trace.h"
#include "parse/access_parts.h"

#define YG_REPEAT_PLACES      4096u /* power of two; of 1 KiB, for each thread */
#define YG_REPEAT_KEYS_MAX    12u   /* of a line's correlations */
#define YG_REPEAT_CHARGES_MAX 8u

/* Of so many lines asked for, so many must be known; else the next so many are not asked for. */
#define YG_REPEAT_WINDOW 4096u
#define YG_REPEAT_KNOWN	 512u
#define YG_REPEAT_REST	 131072u

struct yg_repeats;

/* NULL without memory. @indicators: NULL, or those of @tracer. */
struct yg_repeats *yg_repeats_new(const struct yg_engine *engine, const struct yg_tracer *tracer,
				  const struct yg_indicators *indicators);
struct yg_repeats *yg_repeats_free(struct yg_repeats *repeats);

/* Is it worth cutting the next line? Counts it. */
bool yg_repeats_is_awake(struct yg_repeats *repeats);

/* A line to be understood. */
struct yg_repeat_line {
	struct yg_bytes record;
	struct yg_access_parts parts; /* of it */
	int64_t time_ns;
	uint64_t position;
	uint64_t hash; /* filled by yg_repeats_call */
};

/*
 * @line will be asked for soon: what is needed then is called from memory, its head now (filling
 * line->hash) and the rest with the second call, a few lines later. Before yg_repeats_find.
 */
void yg_repeats_call(struct yg_repeats *repeats, const struct yg_indicator_memo *memo,
		     struct yg_repeat_line *line);
void yg_repeats_call_rest(const struct yg_repeats *repeats, const struct yg_repeat_line *line);

/*
 * Make the trace of @line, as parsing, yg_engine_match with @scratch and yg_trace_make would.
 * *ret_is_known false: it must be done that way. Texts as there: in the record, or in @arena.
 * YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_repeats_find(struct yg_repeats *repeats, struct yg_scratch *scratch,
				const struct yg_repeat_line *line, struct yg_indicator_memo *memo,
				struct yg_arena *arena, struct yg_trace *ret, bool *ret_is_needed,
				bool *ret_is_known);

/*
 * It was done that way, just now: @event, with all its texts where
 * the parser left them, and @trace. Kept if that is possible.
 */
void yg_repeats_keep(struct yg_repeats *repeats, struct yg_scratch *scratch,
		     const struct yg_repeat_line *line, struct yg_event *event,
		     const struct yg_trace *trace, bool is_needed);

/* Lines that were known so far; for measuring and tests. */
uint64_t yg_repeats_known(const struct yg_repeats *repeats);
