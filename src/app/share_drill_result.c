/* SPDX-License-Identifier: Apache-2.0 */
/* What came of a drill, as the tree that every form of it is made from (docs/drill.md). */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/share_drill.h"

#include "base/json.h"

#include "base/ban.h"

#define DRILL	   "yagura-drill-1"
#define PROVISION  "yagura-provision-1"
#define NUMBER_MAX 16u

static json_t *iso(int64_t time_ns)
{
	char text[YG_ISO_SIZE];

	(void)yg_time_iso(time_ns, 0, text);
	return json_string(text);
}

/* A row as a person knows it; further keys are the caller's. */
static json_t *contact_json(const struct yg_tree_node *node)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:o}", "id", yg_json_string(node->id), "name",
			 yg_json_string(node->name), "stage", yg_tree_stage_name(node->stage),
			 "channel", yg_tree_channel_name(node->channel), "address",
			 yg_json_string(node->address));
}

static json_t *node_json(const struct yg_share_drill *run, uint32_t at)
{
	const struct yg_share_drill_node *known = &run->nodes[at];
	const struct yg_tree_node *node = &run->tree.nodes[at];
	json_t *one = contact_json(node);
	char number[NUMBER_MAX];
	int rc = one ? YG_OK : YG_ENOMEM;

	(void)snprintf(number, sizeof(number), "%08u", known->number); /* it fits */
	if (rc == YG_OK)
		rc = yg_json_set(one, "parent",
				 node->parent == YG_TREE_NONE
					 ? json_string("")
					 : yg_json_string(run->tree.nodes[node->parent].id));
	if (rc == YG_OK)
		rc = yg_json_set(one, "sent", json_boolean(yg_drill_was_sent(run->drill, at)));
	if (rc == YG_OK)
		rc = yg_json_set(
			one, "result",
			json_string(yg_drill_result_name(yg_drill_result_of(run->drill, at))));
	if (rc == YG_OK)
		rc = yg_json_set(one, "answered", json_boolean(known->is_answered));
	if (rc == YG_OK)
		rc = yg_json_set(one, "number", json_string(number));
	if (rc == YG_OK)
		rc = yg_json_set(one, "ms", json_integer(known->took_ms));
	if (rc == YG_OK)
		rc = yg_json_set(one, "text", json_string(known->words ? known->words : ""));
	if (rc == YG_OK)
		return one;
	json_decref(one);
	return NULL;
}

static json_t *nodes_json(const struct yg_share_drill *run)
{
	json_t *nodes = json_array();

	for (uint32_t i = 0; nodes && i < run->tree.count; i++)
		if (json_array_append_new(nodes, node_json(run, i)) != 0) {
			json_decref(nodes);
			return NULL;
		}
	return nodes;
}

json_t *yg_share_drill_json(const struct yg_share_drill *run)
{
	json_t *result =
		json_pack("{s:s, s:s, s:s, s:b, s:s, s:i, s:o*, s:o*, s:o*}", "form",
			  run->notice ? PROVISION : DRILL, "number", run->number, "mode",
			  run->way == YG_DRILL_AT_ONCE ? "large-scale" : "normal", "around",
			  (int)(run->way == YG_DRILL_AROUND), "issuer", run->issuer, "timeout",
			  (int)run->timeout_s, "began", iso(run->began_ns), "ended",
			  iso(run->ended_ns), "nodes", nodes_json(run));
	int rc = result ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && !run->notice)
		rc = yg_json_set(result, "announced", json_boolean(run->is_announced));
	if (rc == YG_OK)
		rc = yg_share_drill_count(result);
	if (rc == YG_OK)
		return result;
	json_decref(result);
	return NULL;
}

/* ---- counts ---- */

struct counting {
	json_int_t nodes[YG_TREE_STAGE_COUNT];
	json_int_t sent[YG_TREE_STAGE_COUNT];
	json_int_t answered[YG_TREE_STAGE_COUNT];
	json_int_t by[YG_TREE_STAGE_COUNT][YG_DRILL_RESULT_COUNT];
	json_t *corrections;
};

/* Whose contact is to be looked at, and why. */
static int add_correction(struct counting *counting, const json_t *node)
{
	static const char *const keys[] = {"id", "name", "stage", "channel", "address", "result"};
	json_t *one = json_object();
	int rc = one ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < sizeof(keys) / sizeof(keys[0]); i++)
		rc = yg_json_set(one, keys[i], yg_json_string(yg_json_text(node, keys[i])));
	if (rc == YG_OK && json_array_append(counting->corrections, one) != 0)
		rc = YG_ENOMEM;
	json_decref(one);
	return rc;
}

static int count_node(struct counting *counting, const json_t *node)
{
	struct yg_bytes word = yg_json_text(node, "stage");
	enum yg_drill_result result;
	uint32_t stage = 0;

	while (stage < YG_TREE_STAGE_COUNT &&
	       !yg_bytes_eq(word, yg_bytes_str(yg_tree_stage_name((enum yg_tree_stage)stage))))
		stage++;
	if (stage == YG_TREE_STAGE_COUNT ||
	    !yg_drill_result_by_name(yg_json_text(node, "result"), &result))
		return YG_EFORMAT;
	counting->nodes[stage]++;
	counting->sent[stage] += json_is_true(json_object_get(node, "sent"));
	counting->answered[stage] += json_is_true(json_object_get(node, "answered"));
	counting->by[stage][result]++;
	return yg_drill_result_todo(result)[0] ? add_correction(counting, node) : YG_OK;
}

static json_t *stage_json(const struct counting *counting, uint32_t stage)
{
	json_t *failed = json_object();
	int rc = failed ? YG_OK : YG_ENOMEM;

	for (unsigned i = YG_DRILL_CONFIRMED + 1; rc == YG_OK && i < YG_DRILL_RESULT_COUNT; i++)
		if (counting->by[stage][i] > 0)
			rc = yg_json_set(failed, yg_drill_result_name((enum yg_drill_result)i),
					 json_integer(counting->by[stage][i]));
	if (rc != YG_OK) {
		json_decref(failed);
		return NULL;
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "stage",
			 yg_tree_stage_name((enum yg_tree_stage)stage), "nodes",
			 counting->nodes[stage], "sent", counting->sent[stage], "confirmed",
			 counting->by[stage][YG_DRILL_CONFIRMED], "answered",
			 counting->answered[stage], "failed", failed);
}

int yg_share_drill_count(json_t *result)
{
	const json_t *nodes = json_object_get(result, "nodes");
	struct yg_bytes form = yg_json_text(result, "form");
	struct counting counting = {.corrections = json_array()};
	json_t *stages = json_array();
	int rc = stages && counting.corrections ? YG_OK : YG_ENOMEM;

	if (!json_is_array(nodes) ||
	    (!yg_bytes_eq(form, YG_S(DRILL)) && !yg_bytes_eq(form, YG_S(PROVISION))))
		rc = YG_EFORMAT;
	for (size_t i = 0; rc == YG_OK && i < json_array_size(nodes); i++)
		rc = count_node(&counting, json_array_get(nodes, i));
	for (uint32_t i = 0; rc == YG_OK && i < YG_TREE_STAGE_COUNT; i++)
		if (json_array_append_new(stages, stage_json(&counting, i)) != 0)
			rc = YG_ENOMEM;
	if (rc == YG_OK && (json_object_set(result, "stages", stages) != 0 ||
			    json_object_set(result, "corrections", counting.corrections) != 0))
		rc = YG_ENOMEM;
	json_decref(stages);
	json_decref(counting.corrections);
	return rc;
}

bool yg_share_drill_is_whole(const json_t *result)
{
	const json_t *stages = json_object_get(result, "stages");

	for (size_t i = 0; i < json_array_size(stages); i++) {
		const json_t *stage = json_array_get(stages, i);

		if (yg_json_int(stage, "confirmed", 0) != yg_json_int(stage, "nodes", 1))
			return false;
	}
	return true;
}
