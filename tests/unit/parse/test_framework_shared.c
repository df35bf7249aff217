/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Library files of others, unmodified: each must load, with the counts that its publisher gives.
 * The folder of the test data is the argument; without it the test is skipped.
 */
#include <stdlib.h>

#include "base/io.h"
#include "parse/framework.h"
#include "parse/official.h"

#include "../check.h"

#define FILE_BYTES_MAX (16u << 20)

struct want {
	const char *file;
	uint32_t nodes;
	uint32_t assessable;
	uint32_t levels[2]; /* assessable nodes of the first and second level */
	uint32_t steps;
	uint32_t mappings;
};

static const struct want wants[] = {
	{"ciso-assistant/nist-csf-2.0.yaml", 134, 106, {0, 0}, 4, 0},
	{"ciso-assistant/nist-ssdf-1.1.yaml", 107, 42, {0, 0}, 0, 0},
	{"ciso-assistant/cyfun-small-self-assessment_new.yaml", 8, 8, {0, 0}, 5, 0},
	{"ciso-assistant/map-nist-csf-1.1-nist-csf-2.0.yaml", 0, 0, {0, 0}, 0, 185},
	{"scs-2026-03-27.yaml", 219, 153, {81, 153}, 0, 0},
};

static bool agrees(const struct want *want, const struct yg_library *library)
{
	const struct yg_framework *f = library->framework;
	struct want got = {.file = want->file};

	for (uint32_t i = 0; f && i < f->node_count; i++) {
		const struct yg_framework_node *node = &f->nodes[i];

		got.assessable += node->is_assessable;
		for (uint32_t level = 0; level < f->level_count && level < 2; level++)
			got.levels[level] += node->is_assessable && yg_framework_asks(node, level);
		if (node->ref_id.size == 0 || yg_framework_node(f, node->ref_id) != i ||
		    (node->parent != YG_NODE_NONE && node->parent >= i))
			return false;
	}
	got.nodes = f ? f->node_count : 0;
	got.steps = f ? f->step_count : 0;
	for (uint32_t i = 0; i < library->mapping_set_count; i++)
		got.mappings += library->mapping_sets[i].row_count;
	return got.nodes == want->nodes && got.assessable == want->assessable &&
	       got.steps == want->steps && got.mappings == want->mappings &&
	       got.levels[0] == want->levels[0] && got.levels[1] == want->levels[1];
}

/* A library file is also a file of official wording: a text for each node that is assessed. */
static bool gives_wording(const struct want *want, struct yg_bytes text, struct yg_arena *arena)
{
	struct yg_official official;
	struct yg_line_fault fault;

	if (want->levels[1] == 0)
		return true;
	if (yg_official_read(text, arena, &official, &fault) != YG_OK) {
		fprintf(stderr, "line %u: %s\n", fault.line, fault.msg);
		return false;
	}
	return official.count == want->assessable;
}

static bool check_file(const char *folder, const struct want *want)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	const struct yg_library *library;
	struct yg_line_fault fault;
	size_t size = 0;
	uint8_t *data = NULL;
	char path[4096];
	bool is_good = false;

	(void)snprintf(path, sizeof(path), "%s/assessment/%s", folder, want->file);
	if (!arena || yg_io_read_file(path, FILE_BYTES_MAX, &data, &size) != YG_OK)
		fprintf(stderr, "%s: cannot be read\n", path);
	else if (yg_framework_read((struct yg_bytes){data, size}, arena, &library, &fault) != YG_OK)
		fprintf(stderr, "%s:%u: %s\n", path, fault.line, fault.msg);
	else if (!(is_good = agrees(want, library) &&
			     gives_wording(want, (struct yg_bytes){data, size}, arena)))
		fprintf(stderr, "%s: other counts\n", path);
	free(data);
	(void)yg_arena_free(arena);
	return is_good;
}

int main(int argc, char **argv)
{
	const char *folder = getenv("YAGURA_SHARED");
	unsigned passed = 0;
	char path[4096];
	FILE *file;

	if (!folder)
		folder = argc > 1 ? argv[1] : "";
	(void)snprintf(path, sizeof(path), "%s/assessment/%s", folder, wants[0].file);
	file = fopen(path, "rb");
	if (!file) {
		printf("missing: the shared test data (YAGURA_SHARED, else ../shared/data)\n"
		       "0 passed, 0 failed, 1 skipped\n");
		return 77;
	}
	(void)fclose(file);
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		passed += check_file(folder, &wants[i]);
	printf("%u passed, %zu failed, 0 skipped\n", passed,
	       sizeof(wants) / sizeof(wants[0]) - passed);
	return passed != sizeof(wants) / sizeof(wants[0]);
}
