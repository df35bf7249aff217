/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: an object of JSON is read as an indicator; its facts are within bounds, its values
 * within its pattern, and it is judged without a fault at any time. */
#define YG_BAN_ALLOW_MALLOC
#include <stdlib.h>

#include "parse/clue.h"

static int look(void *arg, enum yg_clue_kind kind, struct yg_bytes value)
{
	const size_t *size = arg;

	if (kind > YG_CLUE_OTHER || value.size > *size)
		abort();
	(void)yg_clue_is_person(kind, value);
	return YG_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t times[] = {INT64_MIN + 1, 0, INT64_C(1800000000000000000),
					INT64_MAX - 2 * YG_NS_PER_S};
	const struct yg_clue_rules rules = YG_CLUE_RULES_DEFAULT;
	struct yg_clue_facts facts = {.has_values = true, .is_shared = true};
	struct yg_fault fault;
	json_t *tree = NULL;
	int rc = yg_json_load((struct yg_bytes){data, size}, 1u << 20, &tree, &fault);

	if (rc == YG_OK && json_is_object(tree))
		rc = yg_clue_read(tree, &facts, look, &size);
	else
		rc = YG_EFORMAT;
	if (rc == YG_OK && (facts.confidence < YG_CLUE_UNSAID || facts.confidence > 100 ||
			    facts.pap >= YG_PAP_COUNT))
		abort();
	for (size_t i = 0; rc == YG_OK && i < sizeof(times) / sizeof(times[0]); i++) {
		struct yg_clue_verdict v;

		yg_clue_judge(&rules, &facts, times[i], &v);
		if (v.score < 0 || v.score > YG_CLUE_SCORE_MAX ||
		    (v.state == YG_CLUE_ACTS) != (v.why == YG_CLUE_WHY_NONE) ||
		    v.next_ns <= times[i])
			abort();
	}
	json_decref(tree);
	return 0;
}
