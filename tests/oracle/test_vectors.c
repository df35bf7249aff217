/* SPDX-License-Identifier: Apache-2.0 */
/* The loader and the reference evaluator on the hand-made vectors. */
#include <stdio.h>

#include "oracle.h"
#include "vectors.h"

#define CASES_MIN 150u /* fewer: files were not found */

static void *open_oracle(const struct yg_rules *rules)
{
	return (void *)(uintptr_t)rules;
}

static const struct yg_names *names(void *state)
{
	return ((const struct yg_rules *)state)->names;
}

static bool match(void *state, struct yg_event *event)
{
	return oracle_match(state, 0, event);
}

static void close_oracle(void *state)
{
	(void)state;
	oracle_forget();
}

int main(int argc, char **argv)
{
	const struct vector_matcher matcher = {open_oracle, names, match, close_oracle};
	struct vector_counts counts = {0, 0, 0};

	if (argc != 2 || !vectors_run_folder(argv[1], &matcher, &counts) ||
	    counts.cases < CASES_MIN) {
		fprintf(stderr, "only %u vectors found\n", counts.cases);
		counts.failed++;
	}
	printf("%u passed, %u failed, 0 skipped\n", counts.cases - counts.failed, counts.failed);
	return counts.failed > 0;
}
