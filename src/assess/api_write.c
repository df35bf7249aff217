/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that change something. */
#include "assess/api-int.h"

#include "base/ban.h"

#define LIBRARY_ARENA_MAX (96u << 20)

/* The item of @list whose @key is @id as the answer; takes @list. */
static int answer_with(struct yg_api_call *call, json_t *take, const char *key, const char *id)
{
	json_t *item = id ? json_incref(yg_api_find(take, key, id)) : NULL;

	json_decref(take);
	return item ? yg_api_object(call, YG_OK, item, 201) : YG_ENOENT;
}

/* The urn of a library file that was just accepted. */
static int urn_of(struct yg_api_call *call, char *to, size_t room)
{
	struct yg_arena *arena = yg_arena_new(LIBRARY_ARENA_MAX);
	const struct yg_library *library;
	int rc = arena ? call->ports->assess->read_framework(call->request->body, arena, &library,
							     &call->fault)
		       : YG_ENOMEM;

	if (rc == YG_OK)
		(void)snprintf(to, room, "%.*s", YG_FMT(library->urn)); /* keys are shorter */
	(void)yg_arena_free(arena);
	return rc;
}

int yg_api_add_framework(struct yg_api_call *call)
{
	char urn[YG_DOC_KEY_MAX + 1];
	json_t *list = NULL;
	int rc = yg_assess_add_framework(call->access, call->ports->assess, call->request->body,
					 &call->fault);

	/* The reader names only the place; which file it was is known here. */
	if (rc != YG_OK && call->fault.msg[0] &&
	    strncmp(call->fault.msg, "bad-framework:", 14) != 0) {
		struct yg_line_fault fault = call->fault;

		rc = yg_line_fault_set(&call->fault, YG_EINVAL, fault.line, "bad-framework: %s",
				       fault.msg);
	}
	if (rc == YG_OK)
		rc = urn_of(call, urn, sizeof(urn));
	if (rc == YG_OK)
		rc = yg_assess_json_frameworks(call->access, call->ports->assess,
					       call->request->lang, &list);
	return rc == YG_OK ? answer_with(call, list, "urn", urn) : rc;
}

int yg_api_create(struct yg_api_call *call)
{
	const json_t *organisation = json_object_get(call->in, "organisation");
	struct yg_assess_new wanted = {0};
	struct yg_assess *assess = NULL;
	char id[YG_ASSESS_ID_MAX];
	json_t *head = NULL;
	int rc = yg_api_text(call, call->in, "framework", &wanted.framework);

	if (rc == YG_OK)
		rc = yg_api_text(call, call->in, "level", &wanted.level);
	if (rc == YG_OK)
		rc = yg_api_text(call, call->in, "from", &wanted.from);
	if (rc == YG_OK && organisation && !json_is_object(organisation))
		rc = yg_line_fault_set(&call->fault, YG_EINVAL, 0,
				       "bad-request: organisation must be an object");
	if (rc == YG_OK)
		rc = yg_api_text(call, organisation, "name", &wanted.organisation);
	if (rc == YG_OK)
		rc = yg_api_text(call, organisation, "corporate_number", &wanted.corporate_number);
	if (rc == YG_OK && wanted.framework.size == 0)
		rc = yg_line_fault_set(&call->fault, YG_EINVAL, 0,
				       "framework-needed: the name of a framework is needed");
	if (rc == YG_OK)
		rc = yg_assess_create(call->access, call->ports->assess, &wanted, id, &call->fault);
	/* What the body names and is not there is no missing page. */
	if (rc == YG_ENOENT && !call->fault.msg[0])
		rc = yg_line_fault_set(&call->fault, YG_EINVAL, 0,
				       "unknown-assessment: there is no assessment to move from");
	if (rc == YG_OK)
		rc = yg_assess_open(call->access, call->ports->assess, id, &assess);
	if (rc == YG_OK)
		rc = yg_assess_json_head(assess, call->request->lang, &head);
	(void)yg_assess_free(assess);
	return yg_api_object(call, rc, head, 201);
}

int yg_api_put_head(struct yg_api_call *call)
{
	int rc = yg_assess_put_head(call->assess, call->in, call->expected, &call->fault);

	return rc == YG_OK ? yg_api_head(call) : rc;
}

int yg_api_put_scope(struct yg_api_call *call)
{
	json_t *scope = NULL;
	int rc = yg_assess_put_scope(call->assess, call->in, call->expected, &scope, &call->fault);

	return yg_api_object(call, rc, scope, 200);
}

/* "value" of an answer: a choice, or a number, as text. */
static int read_value(struct yg_api_call *call, char mem[API_NUMBER_SIZE], struct yg_bytes *ret)
{
	const json_t *value = json_object_get(call->in, "value");

	if (!json_is_integer(value))
		return yg_api_text(call, call->in, "value", ret);
	(void)snprintf(mem, API_NUMBER_SIZE, "%lld", (long long)json_integer_value(value));
	*ret = yg_bytes_str(mem);
	return YG_OK;
}

/* Who answers when nothing is said: the actor's name without what kind of actor it is. */
static struct yg_bytes actor_name(const struct yg_access *access)
{
	struct yg_bytes actor = yg_bytes_str(yg_access_actor(access));
	size_t colon = yg_bytes_chr(actor, ':');

	return colon == SIZE_MAX ? actor : yg_bytes_from(actor, colon + 1);
}

static const json_t *member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

int yg_api_put_answer(struct yg_api_call *call)
{
	struct yg_answer_in answer = {
		.criterion = call->request->parts[1],
		.evidence = member(call->in, "evidence"),
		.choices = member(call->in, "choices"),
		.expected = call->expected,
	};
	char mem[API_NUMBER_SIZE];
	int rc = yg_api_text(call, call->in, "state", &answer.state);

	if (rc == YG_OK)
		rc = read_value(call, mem, &answer.value);
	if (rc == YG_OK)
		rc = yg_api_text(call, call->in, "by", &answer.by);
	if (rc == YG_OK)
		rc = yg_api_text(call, call->in, "date", &answer.date);
	if (rc == YG_OK)
		rc = yg_api_text(call, call->in, "reason", &answer.reason);
	if (rc == YG_OK)
		rc = yg_api_text(call, call->in, "note", &answer.note);
	if (rc == YG_OK && answer.state.size == 0)
		rc = yg_line_fault_set(&call->fault, YG_EINVAL, 0,
				       "state-needed: an answer needs a state");
	if (answer.by.size == 0)
		answer.by = actor_name(call->access);
	if (rc == YG_OK)
		rc = yg_assess_answer(call->assess, &answer, &call->fault);
	return rc == YG_OK ? yg_api_criterion(call) : rc;
}

int yg_api_put_dispute(struct yg_api_call *call)
{
	int rc = yg_assess_put_dispute(call->assess, call->request->parts[1], call->in,
				       call->expected, &call->fault);

	return rc == YG_OK ? yg_api_criterion(call) : rc;
}

int yg_api_put_confirmation(struct yg_api_call *call)
{
	int rc = yg_assess_put_confirmation(call->assess, call->request->parts[1], call->in,
					    call->expected, &call->fault);

	return rc == YG_OK ? yg_api_criterion(call) : rc;
}

int yg_api_create_evidence(struct yg_api_call *call)
{
	json_t *object = NULL;
	int rc = yg_assess_put_evidence(call->assess, NULL, call->in, YG_REVISION_NONE, &object,
					&call->fault);

	return yg_api_object(call, rc, object, 201);
}

int yg_api_put_evidence(struct yg_api_call *call)
{
	char id[YG_ASSESS_ID_MAX];
	json_t *object = NULL;
	int rc = yg_api_id(call, 1, id);

	if (rc == YG_OK)
		rc = yg_assess_put_evidence(call->assess, id, call->in, call->expected, &object,
					    &call->fault);
	return yg_api_object(call, rc, object, 200);
}

int yg_api_remove_evidence(struct yg_api_call *call)
{
	char id[YG_ASSESS_ID_MAX];
	int rc = yg_api_id(call, 1, id);

	call->reply->status = 204;
	return rc == YG_OK ? yg_assess_remove_evidence(call->assess, id, call->expected) : rc;
}

int yg_api_attach(struct yg_api_call *call)
{
	char id[YG_ASSESS_ID_MAX];
	json_t *object = NULL;
	int rc = yg_api_id(call, 1, id);

	if (rc == YG_OK)
		rc = yg_assess_attach(call->assess, id, call->request->file_name,
				      call->request->body, &object, &call->fault);
	return yg_api_object(call, rc, object, 200);
}

int yg_api_official(struct yg_api_call *call)
{
	json_t *object = NULL;
	int rc = yg_assess_import_official(call->assess, call->request->file_name,
					   call->request->body, &object, &call->fault);

	return yg_api_object(call, rc, object, 200);
}

int yg_api_create_expert(struct yg_api_call *call)
{
	json_t *object = NULL;
	int rc = yg_assess_put_expert(call->assess, NULL, call->in, YG_REVISION_NONE, &object,
				      &call->fault);

	return yg_api_object(call, rc, object, 201);
}

int yg_api_put_expert(struct yg_api_call *call)
{
	char id[YG_ASSESS_ID_MAX];
	json_t *object = NULL;
	int rc = yg_api_id(call, 1, id);

	if (rc == YG_OK)
		rc = yg_assess_put_expert(call->assess, id, call->in, call->expected, &object,
					  &call->fault);
	return yg_api_object(call, rc, object, 200);
}

/* An invitation is ended, not erased: what the expert confirmed still names who it was. */
int yg_api_end_expert(struct yg_api_call *call)
{
	char id[YG_ASSESS_ID_MAX];
	json_t *list = NULL;
	json_t *expert = NULL;
	int rc = yg_api_id(call, 1, id);

	if (rc == YG_OK)
		rc = yg_assess_json_items(call->assess, "expert", &list);
	if (rc == YG_OK) {
		expert = yg_api_find(list, "id", id);
		rc = expert ? yg_json_set(expert, "ended", json_true()) : YG_ENOENT;
	}
	if (rc == YG_OK)
		rc = yg_assess_put_expert(call->assess, id, expert, call->expected, NULL,
					  &call->fault);
	json_decref(list);
	call->reply->status = 204;
	return rc;
}

int yg_api_create_technical(struct yg_api_call *call)
{
	json_t *object = NULL;
	int rc = yg_assess_put_technical(call->assess, NULL, call->in, YG_REVISION_NONE, &object,
					 &call->fault);

	return yg_api_object(call, rc, object, 201);
}

int yg_api_create_result(struct yg_api_call *call)
{
	json_t *object = NULL;
	json_t *list = NULL;
	int rc = yg_assess_put_official_result(call->assess, NULL, call->in, YG_REVISION_NONE,
					       &object, &call->fault);

	/* The days that are left are counted where it is listed. */
	if (rc == YG_OK)
		rc = yg_assess_json_items(call->assess, "official_result", &list);
	if (rc == YG_OK)
		rc = answer_with(call, list, "id",
				 json_string_value(json_object_get(object, "id")));
	json_decref(object);
	return rc;
}

int yg_api_import(struct yg_api_call *call)
{
	json_t *object = NULL;
	int rc = yg_assess_import(call->access, call->ports->assess, call->request->body, &object,
				  &call->fault);

	return yg_api_object(call, rc, object, 200);
}
