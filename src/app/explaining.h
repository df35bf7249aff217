/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/explaining.h - `yagura detect --explain RULE`: one rule looked at on every record.
 *
 * The first records that fit are kept in words, and those that nearly fit (fewest failing
 * comparisons, then the order of the input); of a correlation the groups. Everything is bounded by
 * --explain-max.
 */
#pragma once

#include "app/detect-int.h"

struct yg_explaining;

/*
 * For the rule that run->options.explain names; the rules are loaded. YG_OK, YG_ENOMEM; YG_EINVAL:
 * there is no such rule, or it cannot be explained (said).
 */
YG_MUST_USE int yg_explaining_new(struct yg_run *run, struct yg_explaining **ret);
struct yg_explaining *yg_explaining_free(struct yg_explaining *explaining);

/* The judge is made: a correlation is watched there. */
void yg_explaining_watch(struct yg_explaining *explaining, struct yg_judge *judge);

/* Look at a batch, in order, before it is judged. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_explaining_batch(struct yg_explaining *explaining, const struct yg_batch *batch);

/* Does anybody need the judge's work? */
bool yg_explaining_needs_judge(const struct yg_explaining *explaining);

/* All that was seen, in words or JSON lines, added to @to. */
void yg_explaining_report(struct yg_explaining *explaining, const struct yg_report *report,
			  struct yg_buf *to);
