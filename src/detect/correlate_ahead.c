/* SPDX-License-Identifier: Apache-2.0 */
/* Records that stand together are counted in the order of their times, not of the lines. */
#include "base/alloc.h"
#include "detect/correlate-int.h"

#include "base/ban.h"

/* A trace with keys, by the time it counts at. */
struct yg_ahead {
	int64_t time_ns;
	uint32_t trace;
};

static int by_time(const void *left, const void *right)
{
	const struct yg_ahead *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->trace < b->trace ? -1 : a->trace > b->trace;
}

static int make_room(struct yg_correlator *correlator, uint32_t count)
{
	struct yg_ahead *ahead;

	if (count <= correlator->ahead_room)
		return YG_OK;
	ahead = yg_reallocarray(correlator->ahead, count, sizeof(*ahead));
	if (!ahead)
		return YG_ENOMEM;
	correlator->ahead = ahead;
	correlator->ahead_room = count;
	return YG_OK;
}

int yg_correlator_take_all(struct yg_correlator *correlator, const struct yg_trace *traces,
			   uint32_t count, yg_correlator_emit_fn emit, void *arg)
{
	struct yg_completion done[YG_CORRELATION_DONE_MAX];
	uint32_t kept = 0;
	bool is_sorted = true;
	int rc = make_room(correlator, count);

	for (uint32_t i = 0; i < count && rc == YG_OK; i++) {
		if (traces[i].key_count == 0)
			continue;
		if (traces[i].time_ns != YG_TIME_NONE)
			correlator->last_ns = traces[i].time_ns;
		correlator->ahead[kept] = (struct yg_ahead){correlator->last_ns, i};
		is_sorted &=
			kept == 0 || correlator->ahead[kept - 1].time_ns <= correlator->last_ns;
		kept++;
	}
	if (rc == YG_OK && !is_sorted)
		qsort(correlator->ahead, kept, sizeof(*correlator->ahead), by_time);
	for (uint32_t i = 0; i < kept && rc == YG_OK; i++) {
		uint32_t trace = correlator->ahead[i].trace;
		uint32_t done_count;

		rc = yg_correlator_take_at(correlator, &traces[trace], correlator->ahead[i].time_ns,
					   done, YG_CORRELATION_DONE_MAX, &done_count);
		if (rc == YG_OK && done_count > 0)
			rc = emit(arg, trace, done, done_count);
	}
	return rc;
}
