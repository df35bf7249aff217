/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as records, in two pieces: all of them or faults with their lines; the sum of the rows
 * is the number of records, whatever they are told apart by.
 */
#include <stdint.h>
#include <stdlib.h>

#include "share/statistics.h"

static int add(void *arg, const struct yg_statistics_row *row)
{
	*(uint64_t *)arg += row->count;
	return YG_OK;
}

static void check_sums(const struct yg_statistics *s)
{
	static const char *const orders[] = {"kind", "fy,quarter", "quarter", "month,fy"};

	for (size_t i = 0; i < 8; i++) {
		struct yg_statistics_order order;
		struct yg_bytes word;
		uint64_t sum = 0;

		if (yg_statistics_order_read(yg_bytes_str(orders[i / 2]), &order, &word) != YG_OK)
			abort();
		if (yg_statistics_rows(s, &order, i % 2, add, &sum) == YG_OK &&
		    sum != yg_statistics_records(s))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_statistics *s = yg_statistics_new();
	const struct yg_statistics_fault *faults;
	struct yg_bytes all = {data, size};
	uint32_t count = 0;
	uint64_t total;
	int rc;

	if (!s)
		return 0;
	rc = yg_statistics_feed(s, yg_bytes_cut(all, 0, size / 3));
	if (rc == YG_OK)
		rc = yg_statistics_feed(s, yg_bytes_from(all, size / 3));
	if (rc == YG_OK)
		rc = yg_statistics_end(s);
	total = yg_statistics_faults(s, &faults, &count);
	if ((rc == YG_OK) != (total == 0) || count > total)
		abort();
	for (uint32_t i = 0; i < count; i++)
		if (faults[i].line == 0 || (i > 0 && faults[i].line < faults[i - 1].line))
			abort();
	if (rc == YG_OK)
		check_sums(s);
	yg_statistics_free(s);
	return 0;
}
