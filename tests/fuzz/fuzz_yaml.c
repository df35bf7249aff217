/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: a tree within its limits, lines that ascend, or a fault with a line and a message. */
#include <stdint.h>
#include <stdlib.h>

#include "parse/yaml.h"

/* Children, counts and lines fit together. Returns the number of nodes. */
static unsigned check(const struct yg_yaml *docs)
{
	const struct yg_yaml *stack[YG_YAML_DEPTH_MAX + 2];
	unsigned depth = 1;
	unsigned nodes = 0;

	stack[0] = docs;
	while (depth > 0) {
		const struct yg_yaml *node = stack[--depth];
		uint32_t count = 0;

		for (; node; node = node->next) {
			nodes++;
			for (const struct yg_yaml *kid = node->first; kid; kid = kid->next)
				count++;
			if (node->count != count || node->line == 0 ||
			    (node->kind == YG_YAML_SCALAR && node->text.data[node->text.size] != 0))
				abort();
			count = 0;
			if (!node->first)
				continue;
			if (node->next) {
				if (depth >= YG_YAML_DEPTH_MAX + 1)
					abort();
				stack[depth++] = node->next;
			}
			if (depth >= YG_YAML_DEPTH_MAX + 2)
				abort();
			stack[depth++] = node->first;
			break;
		}
	}
	return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	const struct yg_yaml *docs;
	struct yg_yaml_fault fault = {.msg = ""};
	int rc;

	if (!arena || size > 65536) {
		(void)yg_arena_free(arena);
		return 0;
	}
	rc = yg_yaml_parse((struct yg_bytes){data, size}, arena, &docs, &fault);
	if (rc != YG_OK && (fault.code != (enum yg_err)rc || fault.line == 0 || fault.msg[0] == 0))
		abort();
	if (docs && check(docs) > YG_YAML_NODES_MAX + YG_YAML_DOCS_MAX)
		abort();
	(void)yg_arena_free(arena);
	return 0;
}
