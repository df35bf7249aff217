/* SPDX-License-Identifier: Apache-2.0 */
/* The engine on the hand-made vectors. */
#include <stdio.h>

#include "one_engine.h"
#include "vectors.h"

#define CASES_MIN 150u /* fewer: files were not found */

static void *open_engine(const struct yg_rules *rules)
{
	struct one_engine *one = calloc(1, sizeof(*one));

	return one && one_engine_open(rules, one) ? one : NULL;
}

static const struct yg_names *names(void *state)
{
	return yg_engine_names(((const struct one_engine *)state)->engine);
}

static bool match(void *state, struct yg_event *event)
{
	struct one_engine *one = state;
	struct yg_hits hits;

	if (yg_engine_match(one->engine, one->scratch, event, &hits) != YG_OK)
		abort();
	return hits.count == 1;
}

static void close_engine(void *state)
{
	one_engine_close(state);
	free(state);
}

int main(int argc, char **argv)
{
	const struct vector_matcher matcher = {open_engine, names, match, close_engine};
	struct vector_counts counts = {0, 0, 0};

	if (argc != 2 || !vectors_run_folder(argv[1], &matcher, &counts) ||
	    counts.cases < CASES_MIN) {
		fprintf(stderr, "only %u vectors found\n", counts.cases);
		counts.failed++;
	}
	printf("%u passed, %u failed, 0 skipped\n", counts.cases - counts.failed, counts.failed);
	return counts.failed > 0;
}
