/* SPDX-License-Identifier: Apache-2.0 */
/* Requirement nodes: ids, the tree, levels, and what hangs on each. */
#include "parse/framework-int.h"

#include "base/ban.h"

#define DEPTH_MAX 1000

/* The last part of a urn. */
static struct yg_bytes urn_end(struct yg_bytes urn)
{
	size_t at = urn.size;

	while (at > 0 && urn.data[at - 1] != ':')
		at--;
	return at < urn.size ? yg_bytes_from(urn, at) : urn;
}

/* All urns and ref_ids of the file, each once. */
static int read_ids(struct yg_fw_reader *reader, const struct yg_yaml *item, uint32_t index,
		    struct yg_framework_node *node)
{
	const struct yg_framework_node *nodes = reader->framework->nodes;
	uint32_t old;
	int rc = yg_fw_need(reader, item, "urn", "a requirement node", &node->urn);

	node->line = item->line;
	node->parent = YG_NODE_NONE;
	if (rc == YG_OK)
		rc = yg_fw_text(reader, item, "ref_id", &node->ref_id);
	if (rc != YG_OK)
		return rc;
	if (!yg_fw_names_add(&reader->node_urns, &node->urn, index, &old))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
					 "the urn '%.*s' stands twice; first in line %u",
					 YG_FMT(yg_fw_show(node->urn)), nodes[old].line);
	if (node->ref_id.size > 0 &&
	    !yg_fw_names_add(&reader->node_ids, &node->ref_id, index, &old))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
					 "the ref_id '%.*s' stands twice; first in line %u",
					 YG_FMT(yg_fw_show(node->ref_id)), nodes[old].line);
	return YG_OK;
}

/* Nodes without a ref_id are called by the urn's end, or by all of it when that is taken. */
static void name_nodes(struct yg_fw_reader *reader, struct yg_framework_node *nodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t old;

		if (nodes[i].ref_id.size > 0)
			continue;
		nodes[i].ref_id = urn_end(nodes[i].urn);
		if (!yg_fw_names_add(&reader->node_ids, &nodes[i].ref_id, i, &old)) {
			nodes[i].ref_id = nodes[i].urn;
			(void)yg_fw_names_add(&reader->node_ids, &nodes[i].ref_id, i, &old);
		}
	}
}

static struct yg_bytes parent_urn(const struct yg_yaml *item)
{
	const struct yg_yaml *node = yg_fw_get(item, "parent_urn");

	return node ? yg_bytes_trim(node->text) : (struct yg_bytes){0};
}

/* A parent that stands at or after its child: does its chain lead back to the child? */
static bool is_cycle(struct yg_fw_reader *reader, const struct yg_yaml *const *items,
		     uint32_t child, uint32_t parent)
{
	for (uint32_t steps = 0; steps < reader->framework->node_count; steps++) {
		if (parent == child)
			return true;
		if (parent == UINT32_MAX)
			return false;
		parent = yg_fw_names_get(&reader->node_urns, parent_urn(items[parent]));
	}
	return false;
}

static int read_parent(struct yg_fw_reader *reader, const struct yg_yaml *const *items,
		       uint32_t index, struct yg_framework_node *node)
{
	struct yg_bytes urn;
	uint32_t line;
	int rc = yg_fw_text(reader, items[index], "parent_urn", &urn);

	if (rc != YG_OK || urn.size == 0)
		return rc;
	line = yg_fw_get(items[index], "parent_urn")->line;
	node->parent = yg_fw_names_get(&reader->node_urns, urn);
	if (node->parent == UINT32_MAX)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
					 "no requirement node has the urn '%.*s' of this parent",
					 YG_FMT(yg_fw_show(urn)));
	if (node->parent < index)
		return YG_OK;
	if (is_cycle(reader, items, index, node->parent))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
					 "the parent '%.*s' closes a cycle: no node can stand "
					 "below itself",
					 YG_FMT(yg_fw_show(urn)));
	return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
				 "the parent '%.*s' comes later (line %u): parents stand before "
				 "their children",
				 YG_FMT(yg_fw_show(urn)),
				 reader->framework->nodes[node->parent].line);
}

static int read_depth(struct yg_fw_reader *reader, const struct yg_yaml *item,
		      struct yg_framework_node *node)
{
	const struct yg_framework_node *nodes = reader->framework->nodes;
	int32_t depth = node->parent == YG_NODE_NONE ? 1 : nodes[node->parent].depth + 1;
	int rc = yg_fw_int(reader, item, "depth", 1, DEPTH_MAX, &depth);

	node->depth = (uint16_t)depth;
	return rc;
}

static int read_levels(struct yg_fw_reader *reader, const struct yg_yaml *item,
		       struct yg_framework_node *node)
{
	struct yg_text_list groups;
	int rc = yg_fw_text_list(reader, item, "implementation_groups", &groups);

	for (uint32_t i = 0; rc == YG_OK && i < groups.count; i++) {
		uint32_t level = yg_framework_level(reader->framework, groups.items[i]);

		if (level == YG_NODE_NONE)
			return yg_line_fault_set(
				reader->fault, YG_EFORMAT,
				yg_fw_get(item, "implementation_groups")->line,
				"no level '%.*s' stands in implementation_groups_definition",
				YG_FMT(yg_fw_show(groups.items[i])));
		node->levels |= UINT32_C(1) << level;
	}
	return rc;
}

int yg_fw_controls(struct yg_fw_reader *reader, const struct yg_yaml *list)
{
	uint32_t count = list && list->kind == YG_YAML_LIST ? list->count : 0;
	struct yg_bytes *urns = yg_fw_alloc(reader, count, sizeof(*urns));
	int rc = urns ? yg_fw_names_init(reader, &reader->controls, count) : YG_ENOMEM;
	uint32_t i = 0;

	reader->control_names = yg_fw_alloc(reader, count, sizeof(*reader->control_names));
	if (rc != YG_OK || !reader->control_names)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = count ? list->first : NULL; item; item = item->next) {
		uint32_t old;

		urns[i] = yg_bytes_trim(yg_yaml_text(item, "urn"));
		reader->control_names[i] = yg_bytes_trim(yg_yaml_text(item, "name"));
		if (urns[i].size > 0)
			(void)yg_fw_names_add(&reader->controls, &urns[i], i,
					      &old); /* first wins */
		i++;
	}
	return YG_OK;
}

/* The name of a reference control when this file has it, else the end of its urn. */
static struct yg_bytes control_name(struct yg_fw_reader *reader, struct yg_bytes urn)
{
	uint32_t at = yg_fw_names_get(&reader->controls, urn);

	if (at != UINT32_MAX && reader->control_names[at].size > 0)
		return reader->control_names[at];
	return urn_end(urn);
}

static int read_typical(struct yg_fw_reader *reader, const struct yg_yaml *item,
			struct yg_framework_node *node)
{
	struct yg_text_list urns;
	struct yg_bytes *names;
	int rc = yg_fw_text_list(reader, item, "reference_controls", &urns);

	if (rc != YG_OK || urns.count == 0)
		return rc;
	names = yg_fw_alloc(reader, urns.count, sizeof(*names));
	if (!names)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < urns.count; i++)
		names[i] = control_name(reader, urns.items[i]);
	node->typical = (struct yg_text_list){.items = names, .count = urns.count};
	return YG_OK;
}

static int read_node(struct yg_fw_reader *reader, const struct yg_yaml *item,
		     struct yg_framework_node *node)
{
	static const char *const ours[] = {"x_answers", "x_evidence", "x_help", "x_source"};
	int rc = yg_fw_x_keys(reader, item, "a requirement node", ours, YG_FW_COUNT(ours));

	if (rc == YG_OK)
		rc = read_depth(reader, item, node);
	if (rc == YG_OK)
		rc = yg_fw_bool(reader, item, "assessable", &node->is_assessable);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, item, "name", &node->name);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, item, "description", &node->description);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, item, "annotation", &node->annotation);
	if (rc == YG_OK)
		rc = read_levels(reader, item, node);
	if (rc == YG_OK)
		rc = read_typical(reader, item, node);
	if (rc == YG_OK)
		rc = yg_fw_questions(reader, item, node);
	return rc == YG_OK ? yg_fw_node_extras(reader, item, node) : rc;
}

static int read_all(struct yg_fw_reader *reader, const struct yg_yaml *const *items,
		    struct yg_framework_node *nodes, uint32_t count)
{
	int rc = yg_fw_names_init(reader, &reader->node_urns, count);

	if (rc == YG_OK)
		rc = yg_fw_names_init(reader, &reader->node_ids, 2 * count);
	for (uint32_t i = 0; rc == YG_OK && i < count; i++)
		rc = read_ids(reader, items[i], i, &nodes[i]);
	if (rc != YG_OK)
		return rc;
	name_nodes(reader, nodes, count);
	for (uint32_t i = 0; rc == YG_OK && i < count; i++) {
		rc = read_parent(reader, items, i, &nodes[i]);
		if (rc == YG_OK)
			rc = read_node(reader, items[i], &nodes[i]);
	}
	return rc;
}

int yg_fw_nodes(struct yg_fw_reader *reader, const struct yg_yaml *map)
{
	struct yg_framework_node *nodes;
	const struct yg_yaml **items;
	const struct yg_yaml *list;
	uint32_t count = 0;
	int rc = yg_fw_list(reader, map, "requirement_nodes", YG_FRAMEWORK_NODES_MAX, &list);

	if (rc != YG_OK)
		return rc;
	if (!list || list->count == 0)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, list ? list->line : map->line,
					 "objects.framework has no 'requirement_nodes'");
	nodes = yg_fw_alloc(reader, list->count, sizeof(*nodes));
	items = yg_fw_alloc(reader, list->count, sizeof(*items));
	if (!nodes || !items)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; item; item = item->next)
		items[count++] = item;
	reader->framework->nodes = nodes;
	reader->framework->node_count = count;
	return read_all(reader, items, nodes, count);
}
