/* SPDX-License-Identifier: Apache-2.0 */
/* How near a group of a correlation came to its condition. */
#include <math.h>

#include "detect/explain.h"

#include "base/ban.h"

static double below(double value, uint8_t compare, double threshold)
{
	switch (compare) {
	case YG_PRED_LT:
	case YG_PRED_LTE:
		return value > threshold ? value - threshold : 0;
	case YG_PRED_GT:
	case YG_PRED_GTE:
		return value < threshold ? threshold - value : 0;
	case YG_CORRELATION_NEQ:
		return 0;
	default:
		return value < threshold ? threshold - value : value - threshold;
	}
}

/* Temporal with terms: refs that the best of them lacks. */
static double lacking(const struct yg_correlation *correlation, uint64_t seen)
{
	int least = 64;

	for (uint32_t i = 0; i < correlation->term_count; i++) {
		int lacks = __builtin_popcountll(correlation->terms[i] & ~seen);

		least = lacks < least ? lacks : least;
	}
	return least;
}

static double fewest(const struct yg_correlation *correlation)
{
	int least = (int)correlation->ref_count;

	for (uint32_t i = 0; i < correlation->term_count; i++) {
		int size = __builtin_popcountll(correlation->terms[i]);

		least = size < least ? size : least;
	}
	return least;
}

void yg_explain_distance(const struct yg_correlation *correlation,
			 const struct yg_correlation_look *look, double *ret_best,
			 double *ret_missing)
{
	double value =
		correlation->type >= YG_CORRELATION_VALUE_SUM ? look->result : (double)look->total;

	if (correlation->type == YG_CORRELATION_TEMPORAL_ORDERED) {
		*ret_best = look->steps;
		*ret_missing = look->is_done ? 0 : fmax(fewest(correlation) - look->steps, 1);
		return;
	}
	*ret_best = value;
	if (correlation->type == YG_CORRELATION_TEMPORAL && correlation->terms) {
		*ret_best = __builtin_popcountll(look->seen);
		*ret_missing = look->is_done ? 0 : lacking(correlation, look->seen);
		return;
	}
	*ret_missing = below(value, correlation->compare, correlation->threshold);
	if (correlation->compare2 != YG_PRED_COUNT)
		*ret_missing = fmax(*ret_missing,
				    below(value, correlation->compare2, correlation->threshold2));
	if (!look->is_done && !(*ret_missing > 0))
		*ret_missing = 1; /* gt and lt: at the bound itself */
	if (look->is_done)
		*ret_missing = 0;
}
