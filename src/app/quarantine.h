/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/quarantine.h - a rule over its budget is put out of use, and said (docs/tuning.md).
 *
 * What is compared with the budget is counted (detect/meter.h), batch by batch in the order of the
 * input, so that the decision and all output are the same for any number of threads. From the batch
 * behind the one that decided, the judge no longer sees the rule; workers leave it out as soon as
 * they know. Within a batch the meter stops a rule that is far over (YG_METER_LEAST): such a batch
 * decides.
 */
#pragma once

#include <stdatomic.h>

#include "app/batch.h"
#include "app/options.h"

#define YG_BUDGET_RECORDS 4096u /* a rule must have been up for, before it is judged */
#define YG_BUDGET_WINDOW  (4 * YG_BUDGET_RECORDS) /* then counting begins anew */

struct yg_quarantine;

/* NULL without memory. @engine is borrowed. */
struct yg_quarantine *yg_quarantine_new(const struct yg_engine *engine,
					const struct yg_options *options);
struct yg_quarantine *yg_quarantine_free(struct yg_quarantine *quarantine);

/* For yg_scratch_meter. */
const _Atomic uint64_t *yg_quarantine_skip_from(const struct yg_quarantine *quarantine);

/* Before @batch is judged: takes out what rules in quarantine said. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_quarantine_filter(const struct yg_quarantine *quarantine,
				     struct yg_batch *batch);

/*
 * After it was judged: counts, decides, and says which rules go. @last: the last batch that the
 * judge has seen (filtered as things stood), of the input @source.
 */
void yg_quarantine_count(struct yg_quarantine *quarantine, const struct yg_batch *batch,
			 const struct yg_batch *last, const char *source);

/* Rules in quarantine. */
uint32_t yg_quarantine_rules(const struct yg_quarantine *quarantine);
