/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: a list that takes alerts with a reason, or a fault and nothing of it; the same twice.
 */
#include <stdint.h>
#include <stdlib.h>

#include "correlate/noise.h"
#include "parse/csv.h"

static int read_list(struct yg_noise_lists *lists, uint8_t kind, struct yg_bytes text,
		     struct yg_line_fault *fault)
{
	struct yg_arena *arena;
	struct yg_table table = {0};
	int rc;

	if (kind % 3 == 0)
		return yg_noise_add_scanners(lists, text, fault);
	arena = yg_arena_new(256u << 20);
	if (!arena)
		return YG_ENOMEM;
	rc = yg_csv_read(text, arena, &table, fault);
	if (rc == YG_OK)
		rc = yg_noise_add_table(lists, kind % 3 == 2, &table, fault);
	(void)yg_arena_free(arena);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct yg_noise_alert alert = {.org = YG_S("acme"),
					     .rule = YG_S("r"),
					     .actor = YG_S("203.0.113.5"),
					     .level = YG_LEVEL_HIGH};
	uint32_t counts[4];

	if (size < 1 || size > 65536)
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		struct yg_line_fault fault = {.msg = ""};
		struct yg_noise_lists *lists;
		char why[YG_NOISE_WHY_MAX];
		enum yg_noise step;
		int rc;

		if (yg_noise_lists_new(&lists) != YG_OK)
			return 0;
		rc = read_list(lists, data[0], (struct yg_bytes){data + 1, size - 1}, &fault);
		yg_noise_lists_count(lists, &counts[2 * i], &counts[2 * i + 1]);
		if (rc != YG_OK && (counts[2 * i] || counts[2 * i + 1] ||
				    (rc != YG_ENOMEM && fault.msg[0] == '\0')))
			abort();
		yg_noise_lists_ready(lists);
		step = yg_noise_judge(lists, 30, &alert, why);
		if ((step == YG_NOISE_KEPT) != (why[0] == '\0'))
			abort();
		lists = yg_noise_lists_free(lists);
	}
	if (counts[0] != counts[2] || counts[1] != counts[3])
		abort();
	return 0;
}
