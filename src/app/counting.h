/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/counting.h - `yagura detect --count`: how many records of which kind, how many findings of
 * which rule, level and source. Only numbers are kept; no record is shown.
 */
#pragma once

#include "app/batch.h"
#include "app/kinds.h"
#include "base/buf.h"
#include "model/count.h"

#define YG_COUNTING_RULES_MAX 65536u

struct yg_counting;

/* For @input_count inputs. NULL without memory. */
struct yg_counting *yg_counting_new(size_t input_count);
struct yg_counting *yg_counting_free(struct yg_counting *counting);

/* The kinds of a batch, in order. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_counting_batch(struct yg_counting *counting, const struct yg_batch *batch);

/* A finding of @rule in input number @input. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_counting_finding(struct yg_counting *counting, const struct yg_rule_info *rule,
				    size_t input);

/* Kinds seen so far, to be sorted by the caller. */
struct yg_kinds *yg_counting_kinds(struct yg_counting *counting);

/* The end: sorts. *ret borrows from @counting and @report. */
void yg_counting_result(struct yg_counting *counting, const struct yg_report *report,
			struct yg_count *ret);
