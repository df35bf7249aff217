/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: a library whose parts fit together (tree, levels, names, rules), or a fault. */
#include <stdint.h>
#include <stdlib.h>

#include "parse/framework.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_question(const struct yg_framework_node *node, uint32_t index)
{
	const struct yg_framework_question *question = &node->questions[index];
	uint32_t at = index;

	must(question->urn.data != NULL || question->urn.size == 0);
	for (uint32_t steps = 0; at != YG_NODE_NONE; steps++) {
		must(steps <= node->question_count);
		at = node->questions[at].depends_on;
		must(at == YG_NODE_NONE || at < node->question_count);
	}
	if (question->kind == YG_QUESTION_ONE || question->kind == YG_QUESTION_MANY)
		must(question->choice_count > 0);
}

static void check_node(const struct yg_framework *framework, uint32_t index)
{
	const struct yg_framework_node *node = &framework->nodes[index];

	must(node->urn.size > 0 && node->ref_id.size > 0 && node->depth > 0 && node->line > 0);
	must(node->parent == YG_NODE_NONE || node->parent < index);
	must(framework->level_count == 32 || node->levels >> framework->level_count == 0);
	must(index > 200 || yg_framework_node(framework, node->ref_id) == index);
	for (uint32_t i = 0; i < node->evidence_count; i++)
		must((node->evidence[i].kind == YG_EVIDENCE_QUERY) ==
		     (node->evidence[i].sql.size > 0 && node->evidence[i].tables.count > 0));
	for (uint32_t i = 0; i < node->question_count; i++)
		check_question(node, i);
}

static void check_framework(const struct yg_framework *framework)
{
	must(framework->urn.size > 0 && framework->ref_id.size > 0 && framework->node_count > 0);
	must(framework->level_count <= YG_FRAMEWORK_LEVELS_MAX);
	must(framework->score_min < framework->score_max);
	for (uint32_t i = 1; i < framework->step_count; i++)
		must(framework->steps[i - 1].score < framework->steps[i].score);
	for (uint32_t i = 0; i < framework->rule_count; i++) {
		const struct yg_framework_rule *rule = &framework->rules[i];

		must(rule->level == YG_NODE_NONE || rule->level < framework->level_count);
		for (uint32_t j = 1; j < rule->band_count; j++)
			must(rule->bands[j - 1].least > rule->bands[j].least);
	}
	for (uint32_t i = 0; i < framework->node_count; i++)
		check_node(framework, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	struct yg_line_fault fault = {.msg = ""};
	const struct yg_library *library;
	int rc;

	if (!arena || size > 65536) {
		(void)yg_arena_free(arena);
		return 0;
	}
	rc = yg_framework_read((struct yg_bytes){data, size}, arena, &library, &fault);
	must((rc == YG_OK) == (library != NULL));
	must(rc == YG_OK || (fault.code == (enum yg_err)rc && fault.msg[0] != 0));
	if (library && library->framework)
		check_framework(library->framework);
	(void)yg_arena_free(arena);
	return 0;
}
