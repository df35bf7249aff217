/* SPDX-License-Identifier: Apache-2.0 */
/* EVTX: names of fields, made as for the JSON of converters and remembered by place. */
#include "base/alloc.h"
#include "base/hash.h"
#include "parse/evtx-int.h"

#include "base/ban.h"

#define SLOTS	    8192u /* power of two */
#define NODES_MAX   4096u
#define PROBES_MAX  16u
#define NODES_BYTES (8u << 20)

int yg_evtx_names_init(struct yg_evtx_names *set, const struct yg_names *names)
{
	*set = (struct yg_evtx_names){.names = names};
	set->arena = yg_arena_new(NODES_BYTES);
	set->slots = yg_calloc(SLOTS, sizeof(*set->slots));
	set->root = (struct yg_json_node){.child_class = YG_JSON_ROOT, .is_kept = 1};
	set->serial = 1;
	return set->arena && set->slots ? YG_OK : YG_ENOMEM;
}

void yg_evtx_names_done(struct yg_evtx_names *set)
{
	(void)yg_arena_free(set->arena);
	free(set->slots);
	*set = (struct yg_evtx_names){0};
}

void yg_evtx_names_trim(struct yg_evtx_names *set)
{
	if (set->count < NODES_MAX / 2 && yg_arena_used(set->arena) < NODES_BYTES / 2)
		return;
	yg_arena_reset(set->arena);
	memset(set->slots, 0, SLOTS * sizeof(*set->slots));
	set->count = 0;
	set->serial = 1;
}

static struct yg_json_node *add(struct yg_evtx_names *set, const struct yg_json_node *parent,
				struct yg_bytes key)
{
	struct yg_json_node *node = yg_arena_zalloc(set->arena, sizeof(*node));

	if (!node || !yg_arena_dup(set->arena, key, &node->key))
		return NULL;
	node->parent = parent;
	node->parent_class = parent->child_class;
	node->is_kept = 1;
	if (!yg_json_node_fill(node, set->arena, set->names))
		return NULL;
	/* Fields are named as the dictionary writes it: a name with spaces is one without. */
	if (node->is_known_name)
		node->name = yg_names_text(set->names, node->name_id);
	node->serial = set->serial++;
	set->count++;
	return node;
}

int yg_evtx_names_find(struct yg_evtx_names *set, const struct yg_json_node *parent,
		       struct yg_bytes key, const struct yg_json_node **ret)
{
	uint64_t hash = yg_hash64(key, parent->serial);
	struct yg_json_node **slot = NULL;
	struct yg_json_node *node;

	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		slot = &set->slots[(hash + i) & (SLOTS - 1)];
		if (!*slot)
			break;
		if ((*slot)->parent == parent && yg_bytes_eq((*slot)->key, key)) {
			*ret = *slot;
			return YG_OK;
		}
		slot = NULL;
	}
	if (set->count >= NODES_MAX)
		return YG_ELIMIT;
	node = add(set, parent, key);
	if (!node)
		return yg_arena_used(set->arena) > NODES_BYTES / 2 ? YG_ELIMIT : YG_ENOMEM;
	if (slot) /* else names that fall together took all places: this one is not remembered */
		*slot = node;
	*ret = node;
	return YG_OK;
}
