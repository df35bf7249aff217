/* SPDX-License-Identifier: Apache-2.0 */
/* Mapping sets: rows from requirements of one framework to those of another. */
#include "parse/framework-int.h"

#include "base/ban.h"

#define SETS_MAX 100u
#define ROWS_MAX 200000u

/* A set's rows as a graph: requirements are numbers, rows of one requirement stand together. */
struct graph {
	uint32_t *from; /* of each row */
	uint32_t *to;
	uint32_t *first; /* of each requirement: its first place in order[]; one more at the end */
	uint32_t *order; /* rows, by their from */
	uint32_t *next;	 /* the walk: next place to look at */
	uint32_t *path;	 /* the walk: requirements from its start to here */
	uint8_t *state;	 /* 0 not seen, 1 on the path, 2 done */
	uint32_t rows;
	uint32_t count; /* requirements */
};

static int alloc_graph(struct yg_fw_reader *reader, struct graph *graph, uint32_t rows)
{
	uint32_t **const arrays[] = {&graph->from,  &graph->to,	  &graph->first,
				     &graph->order, &graph->next, &graph->path};

	graph->rows = rows;
	for (uint32_t i = 0; i < YG_FW_COUNT(arrays); i++) {
		*arrays[i] = yg_fw_alloc(reader, 2 * (size_t)rows + 1, sizeof(uint32_t));
		if (!*arrays[i])
			return YG_ENOMEM;
	}
	graph->state = yg_fw_alloc(reader, 2 * (size_t)rows + 1, 1);
	return graph->state ? YG_OK : YG_ENOMEM;
}

static uint32_t number_of(struct yg_fw_names *names, const struct yg_bytes *urn, uint32_t *count)
{
	uint32_t old;

	if (!yg_fw_names_add(names, urn, *count, &old))
		return old;
	return (*count)++;
}

static int build_graph(struct yg_fw_reader *reader, const struct yg_mapping_set *set,
		       struct graph *graph)
{
	struct yg_fw_names names;
	int rc = alloc_graph(reader, graph, set->row_count);

	if (rc == YG_OK)
		rc = yg_fw_names_init(reader, &names, 2 * set->row_count);
	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < graph->rows; i++) {
		graph->from[i] = number_of(&names, &set->rows[i].from_urn, &graph->count);
		graph->to[i] = number_of(&names, &set->rows[i].to_urn, &graph->count);
		graph->first[graph->from[i] + 1]++;
	}
	for (uint32_t i = 0; i < graph->count; i++)
		graph->first[i + 1] += graph->first[i];
	memcpy(graph->next, graph->first, graph->count * sizeof(*graph->next));
	for (uint32_t i = 0; i < graph->rows; i++)
		graph->order[graph->next[graph->from[i]]++] = i;
	memcpy(graph->next, graph->first, graph->count * sizeof(*graph->next));
	return YG_OK;
}

/* Walk from @start; the row that leads back onto the path, or UINT32_MAX. */
static uint32_t walk(struct graph *graph, const struct yg_mapping *rows, uint32_t start)
{
	uint32_t depth = 1;

	graph->path[0] = start;
	graph->state[start] = 1;
	while (depth > 0) {
		uint32_t at = graph->path[depth - 1];
		uint32_t row;

		if (graph->next[at] == graph->first[at + 1]) {
			graph->state[at] = 2;
			depth--;
			continue;
		}
		row = graph->order[graph->next[at]++];
		if (rows[row].kind == YG_MAPPING_NOT_RELATED)
			continue;
		if (graph->state[graph->to[row]] == 1)
			return row;
		if (graph->state[graph->to[row]] == 0) {
			graph->state[graph->to[row]] = 1;
			graph->path[depth++] = graph->to[row];
		}
	}
	return UINT32_MAX;
}

static int check_cycles(struct yg_fw_reader *reader, const struct yg_mapping_set *set)
{
	struct graph graph = {0};
	int rc = build_graph(reader, set, &graph);

	for (uint32_t i = 0; rc == YG_OK && i < graph.count; i++) {
		uint32_t row = graph.state[i] == 0 ? walk(&graph, set->rows, i) : UINT32_MAX;

		if (row != UINT32_MAX)
			return yg_line_fault_set(reader->fault, YG_EFORMAT, set->rows[row].line,
						 "this row closes a cycle: '%.*s' would be mapped "
						 "onto itself",
						 YG_FMT(yg_fw_show(set->rows[row].to_urn)));
	}
	return rc;
}

static int read_row(struct yg_fw_reader *reader, const struct yg_yaml *map, struct yg_mapping *row)
{
	static const char *const kinds[] = {
		[YG_MAPPING_EQUAL] = "equal",
		[YG_MAPPING_SUBSET] = "subset",
		[YG_MAPPING_SUPERSET] = "superset",
		[YG_MAPPING_INTERSECT] = "intersect",
		[YG_MAPPING_NOT_RELATED] = "not_related",
	};
	struct yg_bytes text;
	uint32_t kind = 0;
	int rc = yg_fw_need(reader, map, "source_requirement_urn", "a row of the mapping",
			    &row->from_urn);

	row->line = map->line;
	if (rc == YG_OK)
		rc = yg_fw_x_keys(reader, map, "a row of the mapping", NULL, 0);
	if (rc == YG_OK)
		rc = yg_fw_need(reader, map, "target_requirement_urn", "a row of the mapping",
				&row->to_urn);
	if (rc == YG_OK)
		rc = yg_fw_need(reader, map, "relationship", "a row of the mapping", &text);
	if (rc == YG_OK)
		rc = yg_fw_word(reader, map, "relationship", kinds, YG_FW_COUNT(kinds), &kind);
	row->kind = (enum yg_mapping_kind)kind;
	return rc;
}

static int read_rows(struct yg_fw_reader *reader, const struct yg_yaml *map,
		     struct yg_mapping_set *set)
{
	struct yg_mapping *rows;
	const struct yg_yaml *list;
	int rc = yg_fw_list(reader, map, "requirement_mappings", ROWS_MAX, &list);

	if (rc != YG_OK)
		return rc;
	if (!list || list->count == 0)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line,
					 "the mapping set has no 'requirement_mappings'");
	rows = yg_fw_alloc(reader, list->count, sizeof(*rows));
	if (!rows)
		return YG_ENOMEM;
	set->rows = rows;
	for (const struct yg_yaml *item = list->first; rc == YG_OK && item; item = item->next)
		rc = read_row(reader, item, &rows[set->row_count++]);
	return rc == YG_OK ? check_cycles(reader, set) : rc;
}

static int read_set(struct yg_fw_reader *reader, const struct yg_yaml *map,
		    struct yg_mapping_set *set)
{
	int rc = yg_fw_need(reader, map, "urn", "the mapping set", &set->urn);

	if (rc == YG_OK)
		rc = yg_fw_x_keys(reader, map, "the mapping set", NULL, 0);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, map, "name", &set->name);
	if (rc == YG_OK)
		rc = yg_fw_need(reader, map, "source_framework_urn", "the mapping set",
				&set->from_framework);
	if (rc == YG_OK)
		rc = yg_fw_need(reader, map, "target_framework_urn", "the mapping set",
				&set->to_framework);
	return rc == YG_OK ? read_rows(reader, map, set) : rc;
}

/* The set itself under its old key, or a list of sets under either key. */
int yg_fw_mappings(struct yg_fw_reader *reader, const struct yg_yaml *objects,
		   struct yg_library *library)
{
	static const char *const keys[] = {"requirement_mapping_set", "requirement_mapping_sets"};
	struct yg_mapping_set *sets = NULL;

	for (uint32_t i = 0; i < YG_FW_COUNT(keys); i++) {
		const struct yg_yaml *node = yg_fw_get(objects, keys[i]);
		bool is_list = node && node->kind == YG_YAML_LIST;
		uint32_t count = is_list ? node->count : 1;
		const struct yg_yaml *item = is_list ? node->first : node;

		if (!node)
			continue;
		if (sets || count > SETS_MAX)
			return yg_line_fault_set(reader->fault, sets ? YG_EFORMAT : YG_ELIMIT,
						 node->line,
						 sets ? "mapping sets stand under two keys"
						      : "too many mapping sets in one file");
		sets = yg_fw_alloc(reader, count, sizeof(*sets));
		if (!sets)
			return YG_ENOMEM;
		library->mapping_sets = sets;
		for (uint32_t j = 0; j < count; j++) {
			int rc = read_set(reader, item, &sets[j]);

			if (rc != YG_OK)
				return rc;
			library->mapping_set_count++;
			item = item->next;
		}
	}
	return YG_OK;
}
