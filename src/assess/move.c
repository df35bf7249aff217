/* SPDX-License-Identifier: Apache-2.0 */
/* From one assessment to the next: answers move where the official wording of a criterion is equal
 * in both, with their evidence; the others are listed. A new official version is a new framework.
 */
#include "assess/assess-int.h"

#include "base/ban.h"

/* Evidence @id as it is in @from, unless @to has one: what was changed there stays. */
static int move_evidence(struct yg_assess *from, struct yg_assess *to, const char *id)
{
	json_t *evidence = json_copy(json_object_get(from->evidence, id));
	uint8_t *file = NULL;
	size_t size;
	char key[KEY_MAX];
	int rc;

	if (!evidence || !yg_assess_key(to, yg_bytes_str(id), key)) {
		json_decref(evidence);
		return YG_OK; /* was removed */
	}
	(void)json_object_del(evidence, "revision");
	(void)json_object_del(evidence, "id");
	rc = yg_access_put(to->access, "evidence", key, evidence, YG_REVISION_NONE, NULL);
	json_decref(evidence);
	if (rc == YG_EMISMATCH)
		return YG_OK;
	if (rc == YG_OK)
		rc = yg_assess_attached_bytes(from, id, &file, &size);
	if (rc == YG_ENOENT)
		return YG_OK; /* the file itself is kept elsewhere */
	if (rc == YG_OK)
		rc = yg_access_put_bytes(to->access, "attachment", key,
					 (struct yg_bytes){file, size}, YG_REVISION_ANY, NULL);
	free(file);
	return rc;
}

static int move_one(struct yg_assess *from, struct yg_assess *to, uint32_t index, bool *ret_moved)
{
	const struct yg_framework_node *old = &from->framework->nodes[index];
	uint32_t at = yg_framework_node(to->framework, old->ref_id);
	struct yg_bytes before = yg_assess_official_text(from, old);
	json_t *answer;
	json_t *id;
	size_t i;
	char key[KEY_MAX];
	int rc;

	*ret_moved = false;
	if (at == YG_NODE_NONE || before.size == 0 ||
	    !yg_bytes_eq(before, yg_assess_official_text(to, &to->framework->nodes[at])) ||
	    !yg_assess_key(to, old->ref_id, key))
		return YG_OK;
	answer = json_copy(from->docs[index].answer);
	if (!answer)
		return YG_ENOMEM;
	(void)json_object_del(answer, "revision");
	rc = yg_access_put(to->access, "answer", key, answer, YG_REVISION_NONE, NULL);
	json_decref(answer);
	*ret_moved = rc == YG_OK || rc == YG_EMISMATCH;
	if (rc == YG_EMISMATCH)
		return YG_OK; /* there: moved before, or given anew */
	json_array_foreach(from->docs[index].evidence, i, id)
	{
		if (rc == YG_OK)
			rc = move_evidence(from, to, json_string_value(id));
	}
	return rc;
}

/* "moved" and "not_moved" go into the head, so that they can be listed later too. */
static int note_moved(struct yg_assess *to, json_t *moved, json_t *not_moved)
{
	json_t *head = json_copy(to->head);
	int rc;

	if (!head || !moved || !not_moved || json_object_set(head, "moved", moved) != 0 ||
	    json_object_set(head, "not_moved", not_moved) != 0) {
		json_decref(head);
		return YG_ENOMEM;
	}
	(void)json_object_del(head, "revision");
	rc = yg_access_put(to->access, "assessment", to->id, head, YG_REVISION_ANY, NULL);
	json_decref(head);
	return rc;
}

/* Wording that was imported for the same framework file is good for the new assessment too. */
static int move_official(struct yg_assess *from, struct yg_assess *to)
{
	json_t *official;
	int rc;

	if (!from->official || to->official ||
	    strcmp(from->framework_sha256, to->framework_sha256) != 0)
		return YG_OK;
	official = json_copy(from->official);
	if (!official)
		return YG_ENOMEM;
	(void)json_object_del(official, "revision");
	rc = yg_access_put(to->access, "official", to->id, official, YG_REVISION_NONE, NULL);
	json_decref(official);
	return rc == YG_OK ? yg_assess_refresh(to) : rc;
}

static int move_all(struct yg_assess *from, struct yg_assess *to)
{
	json_t *moved = json_array();
	json_t *not_moved = json_array();
	int rc = move_official(from, to);

	for (uint32_t i = 0; i < from->framework->node_count && rc == YG_OK; i++) {
		bool is_moved = false;

		if (!from->docs[i].answer)
			continue;
		rc = move_one(from, to, i, &is_moved);
		if (rc == YG_OK &&
		    json_array_append_new(is_moved ? moved : not_moved,
					  yg_json_string(from->framework->nodes[i].ref_id)) != 0)
			rc = YG_ENOMEM;
	}
	if (rc == YG_OK)
		rc = note_moved(to, moved, not_moved);
	json_decref(moved);
	json_decref(not_moved);
	return rc;
}

int yg_assess_move(struct yg_access *access, const struct yg_assess_ports *ports,
		   const char *from_id, const char *to_id)
{
	struct yg_assess *from = NULL;
	struct yg_assess *to = NULL;
	int rc = yg_assess_open(access, ports, from_id, &from);

	if (rc == YG_OK)
		rc = yg_assess_open(access, ports, to_id, &to);
	if (rc == YG_OK)
		rc = yg_access_begin(access);
	if (rc == YG_OK) {
		rc = move_all(from, to);
		if (rc == YG_OK)
			rc = yg_access_commit(access);
		else
			yg_access_abort(access);
	}
	(void)yg_assess_free(from);
	(void)yg_assess_free(to);
	return rc;
}
