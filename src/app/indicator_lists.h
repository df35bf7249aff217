/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/indicator_lists.h - the lists that --indicators and --allow name, read into one set.
 */
#pragma once

#include "app/options.h"
#include "base/hash.h"
#include "detect/indicators.h"

#define YG_INDICATOR_FILE_MAX  (2u << 30)
#define YG_INDICATORS_SAID_MAX 10u /* lines that are no indicator; the rest are counted */

struct yg_indicator_lists {
	struct yg_indicators *set;	 /* NULL = none were named */
	uint64_t bad;			 /* lines that are no indicator */
	uint8_t digest[YG_DIGEST_BYTES]; /* of all that was read */
};

/*
 * What is wrong is said. YG_OK, YG_ENOMEM, YG_ELIMIT, YG_EINVAL: a file cannot be read. *ret may
 * be given to done() in any case.
 */
YG_MUST_USE int yg_indicator_lists_load(const struct yg_options *options,
					struct yg_indicator_lists *ret);
void yg_indicator_lists_done(struct yg_indicator_lists *lists);
