/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/uplink.h"

#include "../check.h"

#include "base/ban.h"

static void backoff(void)
{
	unsigned before = 0;

	for (unsigned failures = 1; failures < 100; failures++) {
		unsigned least = yg_uplink_backoff_ms(failures, 0);
		unsigned most = least;

		for (uint32_t chance = 0; chance < 200000; chance += 97) {
			unsigned wait_ms = yg_uplink_backoff_ms(failures, chance);

			CHECK(wait_ms >= least && wait_ms <= YG_UPLINK_RETRY_MS_MAX);
			most = wait_ms > most ? wait_ms : most;
		}
		CHECK(least >= before);	     /* it never comes back sooner */
		CHECK(most > least * 3 / 2); /* nor do all at once */
		before = least;
	}
	CHECK(yg_uplink_backoff_ms(1, 0) >= YG_UPLINK_RETRY_MS_MIN / 2);
	CHECK(yg_uplink_backoff_ms(99, UINT32_MAX) >= YG_UPLINK_RETRY_MS_MAX / 2);
}

static const struct check_case cases[] = {CASE(backoff)};
CHECK_MAIN(cases)
