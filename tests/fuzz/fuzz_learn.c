/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines to learn from: the first names the fields ("name=value" divided by tabs), the others are
 * the log. What is learnt compiles or is refused.
 */
#include <stdlib.h>

#include "parse/learn.h"

#define LINES_MAX 16u

/* What is learnt from an object makes a description, or is refused with its line. */
static void learn_object(const struct yg_learn *task, struct yg_arena *arena)
{
	struct yg_sources *sources = yg_sources_new();
	struct yg_line_fault line_fault = {0};
	struct yg_fault fault = {0};
	struct yg_buf to;
	uint32_t field;
	int rc;

	if (!sources)
		abort();
	yg_buf_init(&to, YG_SOURCE_BYTES_MAX);
	yg_buf_add_str(&to, "source: 1\nname: x\nkind: app\nlines:\n  - object:\n");
	rc = yg_learn_object(task, arena, &to, &field, &fault);
	if (rc != YG_OK && !fault.msg)
		abort();
	if (rc == YG_OK &&
	    yg_sources_add(sources, YG_S("fuzz"), yg_buf_bytes(&to), &line_fault) != YG_OK &&
	    line_fault.msg[0] == '\0')
		abort();
	yg_buf_done(&to);
	(void)yg_sources_free(sources);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct yg_arena *arena;
	static struct yg_names *names;
	struct yg_bytes all = {data, size};
	struct yg_bytes head = yg_bytes_cut(all, 0, yg_bytes_chr(all, '\n'));
	struct yg_bytes lines[LINES_MAX];
	struct yg_learn_field fields[4];
	struct yg_learn task = {.lines = lines,
				.fields = fields,
				.names = names,
				.reference_ns = INT64_C(1800000000) * YG_NS_PER_S};
	struct yg_buf to;
	struct yg_fault fault;
	uint32_t field;

	if (!arena)
		arena = yg_arena_new(256u << 20);
	if (!names)
		names = yg_names_new();
	if (!arena || !names)
		abort();
	yg_arena_reset(arena);
	all = yg_bytes_from(all, head.size + 1);
	while (head.size > 0 && task.field_count < 4) {
		struct yg_bytes pair = yg_bytes_cut(head, 0, yg_bytes_chr(head, '\t'));
		size_t equals = yg_bytes_chr(pair, '=');

		fields[task.field_count++] =
			(struct yg_learn_field){yg_bytes_cut(pair, 0, equals < 32 ? equals : 32),
						yg_bytes_from(pair, equals + 1)};
		head = yg_bytes_from(head, pair.size + 1);
	}
	while (all.size > 0 && task.line_count < LINES_MAX) {
		lines[task.line_count] = yg_bytes_cut(all, 0, yg_bytes_chr(all, '\n'));
		all = yg_bytes_from(all, lines[task.line_count++].size + 1);
	}
	if (task.line_count == 0)
		return 0;
	yg_buf_init(&to, YG_PATTERN_BYTES_MAX);
	if (yg_learn_pattern(&task, arena, &to, &field, &fault) == YG_OK) {
		const struct yg_line_pattern *pattern;
		int rc = yg_pattern_compile(yg_buf_bytes(&to), arena, &pattern, &fault);

		if (rc != YG_OK && !fault.msg)
			abort();
	}
	yg_buf_done(&to);
	learn_object(&task, arena);
	return 0;
}
