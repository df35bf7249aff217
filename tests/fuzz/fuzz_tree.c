/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any table as a tree: faults with their lines, or every node below one of the stage above, with
 * addresses that begin no line of their own; a drill over it comes to its end.
 */
#include <stdint.h>
#include <stdlib.h>

#include "parse/csv.h"
#include "share/drill.h"

static void check_text(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < ' ')
			abort();
}

static void check_tree(const struct yg_tree *tree)
{
	for (uint32_t i = 0; i < tree->count; i++) {
		const struct yg_tree_node *node = &tree->nodes[i];

		check_text(node->id);
		check_text(node->name);
		check_text(node->address);
		if (node->stage >= YG_TREE_STAGE_COUNT || node->channel >= YG_TREE_CHANNEL_COUNT ||
		    (node->parent == YG_TREE_NONE) != (node->stage == YG_TREE_MINISTRY))
			abort();
		if (node->parent != YG_TREE_NONE &&
		    (node->parent >= tree->count ||
		     tree->nodes[node->parent].stage + 1 != node->stage))
			abort();
	}
}

static void run(const struct yg_tree *tree, enum yg_drill_way way)
{
	struct yg_drill *drill = yg_drill_new(tree, way);
	uint32_t node;

	if (!drill)
		return;
	while ((node = yg_drill_next(drill)) != YG_TREE_NONE)
		yg_drill_done(drill, node, node % 3 ? YG_DRILL_CONFIRMED : YG_DRILL_TIMEOUT);
	if (!yg_drill_is_over(drill))
		abort();
	yg_drill_free(drill);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	struct yg_tree_faults faults = {0};
	struct yg_line_fault fault;
	struct yg_table table;
	struct yg_tree tree;
	int rc;

	if (arena && size <= 65536 &&
	    yg_csv_read((struct yg_bytes){data, size}, arena, &table, &fault) == YG_OK) {
		rc = yg_tree_read(&table, arena, &tree, &faults);
		if ((rc == YG_EFORMAT) != (faults.total > 0) && rc != YG_ENOMEM)
			abort();
		for (uint32_t i = 0; i < faults.count; i++)
			if (faults.items[i].line == 0 || !faults.items[i].column)
				abort();
		if (rc == YG_OK) {
			check_tree(&tree);
			run(&tree, YG_DRILL_DOWN);
			run(&tree, YG_DRILL_AROUND);
			run(&tree, YG_DRILL_AT_ONCE);
		}
	}
	(void)yg_arena_free(arena);
	return 0;
}
