/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that only read. */
#include "assess/api-int.h"

#include "base/ban.h"

#define GROUP_DEPTH_MAX 64u

int yg_api_frameworks(struct yg_api_call *call)
{
	json_t *list = NULL;
	int rc = yg_assess_json_frameworks(call->access, call->ports->assess, call->request->lang,
					   &list);

	return yg_api_list(call, rc, list, "name");
}

int yg_api_assessments(struct yg_api_call *call)
{
	json_t *list = NULL;
	int rc = yg_assess_json_all(call->access, call->ports->assess, call->request->lang, &list);

	return yg_api_list(call, rc, list, "id");
}

int yg_api_head(struct yg_api_call *call)
{
	json_t *head = NULL;
	int rc = yg_assess_json_head(call->assess, call->request->lang, &head);

	return yg_api_object(call, rc, head, 200);
}

int yg_api_scope(struct yg_api_call *call)
{
	json_t *scope = NULL;
	int rc = yg_assess_json_scope(call->assess, &scope);

	return yg_api_object(call, rc, scope, 200);
}

int yg_api_criterion(struct yg_api_call *call)
{
	json_t *criterion = NULL;
	int rc = yg_assess_json_criterion(call->assess, call->request->parts[1],
					  call->request->lang, &criterion);

	return yg_api_object(call, rc, criterion, 200);
}

/* What ?state=, ?observed= and ?group= ask for. */
struct filter {
	struct yg_bytes state;
	struct yg_bytes observed;
	struct yg_bytes group;
	char mem[3][YG_API_QUERY_MAX + 1];
};

static int read_filter(struct yg_api_call *call, struct filter *filter)
{
	enum yg_answer_state state;
	unsigned i = 0;

	filter->state = yg_api_query(call, "state", filter->mem[0]);
	filter->observed = yg_api_query(call, "observed", filter->mem[1]);
	filter->group = yg_api_query(call, "group", filter->mem[2]);
	if (filter->state.size > 0 && !yg_answer_state_by_name(filter->state, &state))
		return yg_line_fault_set(
			&call->fault, YG_EINVAL, 0,
			"bad-request: state must be open, met, partly, not_met or na");
	while (filter->observed.size > 0 && i < YG_OBSERVED_COUNT &&
	       !yg_bytes_eq(filter->observed, yg_bytes_str(yg_observed_name((enum yg_observed)i))))
		i++;
	if (i == YG_OBSERVED_COUNT)
		return yg_line_fault_set(
			&call->fault, YG_EINVAL, 0,
			"bad-request: observed must be none, supports, contradicts or stale");
	return YG_OK;
}

/* Is @group the one of @line, or one above it? */
static bool is_in_group(const json_t *line, const json_t *groups, struct yg_bytes group)
{
	struct yg_bytes now = yg_json_text(line, "group");

	for (unsigned depth = 0; now.size > 0 && depth < GROUP_DEPTH_MAX; depth++) {
		struct yg_bytes above = {0};

		if (yg_bytes_eq(now, group))
			return true;
		for (size_t i = 0; i < json_array_size(groups); i++) {
			const json_t *one = json_array_get(groups, i);

			if (yg_bytes_eq(yg_json_text(one, "id"), now))
				above = yg_json_text(one, "parent");
		}
		now = above;
	}
	return false;
}

static bool is_asked_for(const json_t *line, const json_t *groups, const struct filter *filter)
{
	if (filter->state.size > 0 && !yg_bytes_eq(yg_json_text(line, "state"), filter->state))
		return false;
	if (filter->observed.size > 0 &&
	    !yg_bytes_eq(yg_json_text(line, "observed"), filter->observed))
		return false;
	return filter->group.size == 0 || is_in_group(line, groups, filter->group);
}

/* Take out of @lines what was not asked for. */
static int keep_asked(json_t *lines, const json_t *groups, const struct filter *filter)
{
	for (size_t i = json_array_size(lines); i > 0; i--)
		if (!is_asked_for(json_array_get(lines, i - 1), groups, filter) &&
		    json_array_remove(lines, i - 1) != 0)
			return YG_ENOMEM;
	return YG_OK;
}

int yg_api_criteria(struct yg_api_call *call)
{
	struct filter filter;
	json_t *lines = NULL;
	json_t *groups = NULL;
	int rc = read_filter(call, &filter);

	if (rc == YG_OK)
		rc = yg_assess_json_lines(call->assess, call->request->lang, &lines);
	if (rc == YG_OK)
		rc = yg_assess_json_groups(call->assess, call->request->lang, &groups);
	if (rc == YG_OK)
		rc = keep_asked(lines, groups, &filter);
	if (rc == YG_OK)
		return yg_api_list_with(call, lines, "id", "groups", groups);
	json_decref(lines);
	json_decref(groups);
	return rc;
}

static int items(struct yg_api_call *call, const char *kind)
{
	json_t *list = NULL;
	int rc = yg_assess_json_items(call->assess, kind, &list);

	return yg_api_list(call, rc, list, "id");
}

int yg_api_evidence(struct yg_api_call *call)
{
	return items(call, "evidence");
}

int yg_api_experts(struct yg_api_call *call)
{
	return items(call, "expert");
}

int yg_api_technical(struct yg_api_call *call)
{
	return items(call, "technical");
}

int yg_api_results(struct yg_api_call *call)
{
	return items(call, "official_result");
}

int yg_api_next(struct yg_api_call *call)
{
	json_t *list = NULL;
	uint32_t limit = 0;
	int rc = yg_api_limit(call, API_LIST_DEFAULT, &limit);

	if (rc == YG_OK)
		rc = yg_assess_json_next(call->assess, call->request->lang, limit, &list);
	return yg_api_list(call, rc, list, "id");
}

int yg_api_contradictions(struct yg_api_call *call)
{
	json_t *list = NULL;
	int rc = yg_assess_json_contradictions(call->assess, call->request->lang, &list);

	return yg_api_list(call, rc, list, "id");
}

/* ?after= is a change number here: what is newer than that. */
int yg_api_history(struct yg_api_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_api_query(call, "after", mem);
	uint64_t after = 0;
	uint32_t limit = 0;
	json_t *list = NULL;
	int rc = yg_api_limit(call, API_LIST_DEFAULT, &limit);

	if (rc == YG_OK && text.size > 0 && (!yg_bytes_u64(text, &after) || after > INT64_MAX))
		rc = yg_line_fault_set(&call->fault, YG_EINVAL, 0,
				       "bad-request: after must be the number of a change");
	if (rc == YG_OK)
		rc = yg_assess_json_history(call->assess, after, limit, &list);
	return rc == YG_OK ? yg_api_json(call, json_pack("{s:o}", "items", list)) : rc;
}

int yg_api_attached(struct yg_api_call *call)
{
	char id[YG_ASSESS_ID_MAX];
	json_t *list = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_api_id(call, 1, id);

	if (rc == YG_OK)
		rc = yg_assess_json_items(call->assess, "evidence", &list);
	if (rc == YG_OK)
		rc = yg_assess_attached(call->assess, id, &bytes, &size);
	if (rc == YG_OK) {
		struct yg_bytes name = yg_json_text(yg_api_find(list, "id", id), "file_name");
		struct yg_reply *reply = call->reply;

		yg_buf_add(&reply->body, (struct yg_bytes){bytes, size});
		rc = yg_buf_error(&reply->body);
		reply->content_type = "application/octet-stream";
		/* A name that does not fit has no form that is surely valid: the id does as well.
		 */
		if (name.size == 0 || name.size >= sizeof(reply->file_name))
			name = yg_bytes_str(id);
		(void)snprintf(reply->file_name, sizeof(reply->file_name), "%.*s", YG_FMT(name));
	}
	free(bytes);
	json_decref(list);
	return rc;
}

int yg_api_export(struct yg_api_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_api_query(call, "audience", mem);
	enum yg_audience audience = YG_AUDIENCE_OWN;

	if (yg_bytes_eq(text, YG_S("expert")))
		audience = YG_AUDIENCE_EXPERT;
	else if (text.size > 0 && !yg_bytes_eq(text, YG_S("own")))
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "bad-request: audience must be own or expert");
	/* What an invited expert takes along is what an expert may have. */
	if (yg_access_role(call->access) == YG_ROLE_EXPERT ||
	    yg_access_role(call->access) == YG_ROLE_ASSESSOR)
		audience = YG_AUDIENCE_EXPERT;
	(void)snprintf(call->reply->file_name, sizeof(call->reply->file_name),
		       "yagura-assessment-%s.json",
		       yg_assess_id(call->assess)); /* fits: 64 bytes */
	return yg_assess_export(call->assess, audience, &call->reply->body);
}
