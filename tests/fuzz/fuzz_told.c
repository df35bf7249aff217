/* SPDX-License-Identifier: Apache-2.0 */
/* A record by which a sensor tells of a finding: whatever it is, a fact is within its limits. */
#include <assert.h>
#include <string.h>

#include "app/hub_detect_told.h"
#include "base/buf.h"

#include "base/ban.h"

static int on_finding(void *arg, const struct yg_fact_finding *f)
{
	assert(f->rule.size > 0 && f->rule.size <= YG_FACT_TEXT_MAX && f->count > 0);
	assert(f->title.size <= YG_FACT_TEXT_MAX && f->matched.size <= YG_FACT_TEXT_MAX);
	assert(f->source.size <= YG_FACT_TEXT_MAX && f->reason.size <= YG_FACT_TEXT_MAX);
	assert(f->ref_count == 0 && f->first_ns <= f->last_ns && f->hunt.size == 0);
	assert(yg_bytes_starts(f->rules, YG_S(YG_FACT_TOLD)) && f->outcome <= YG_OUTCOME_POSSIBLE);
	++*(unsigned *)arg;
	return YG_OK;
}

static int on_outcome(void *arg, const uint8_t id[YG_FACT_ID_BYTES], enum yg_outcome outcome,
		      struct yg_bytes reason)
{
	(void)id;
	assert(outcome <= YG_OUTCOME_POSSIBLE && reason.size <= YG_FACT_TEXT_MAX);
	++*(unsigned *)arg;
	return YG_OK;
}

static int on_look(void *arg, const struct yg_told_look *look)
{
	assert(yg_told_look_is(look) && look->list.size <= YG_TOLD_LIST_MAX);
	assert(look->count <= look->records);
	++*(unsigned *)arg;
	return YG_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct yg_told told = {YG_S("acme"), YG_S("s"), 7};
	unsigned count = 0;
	const struct yg_told_out out = {on_finding, on_outcome, on_look, &count};
	int rc = yg_told_take(&told, (struct yg_bytes){data, size}, &out);

	assert((rc == YG_OK) == (count == 1));
	return 0;
}
