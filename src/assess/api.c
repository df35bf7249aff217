/* SPDX-License-Identifier: Apache-2.0 */
/* The route table, the assessments kept open, and what happens before and after an operation. */
#include "assess/api-int.h"

#include "base/alloc.h"

#include "base/ban.h"

#define OPEN_MAX 4u /* assessments kept open: a firm has one, and last year's */

enum need {
	OPEN = 1,
	BODY = 2,
	MATCH = 4,
	UPLOAD = 8,
	NAME = 16,
};

#define X(method, path, id, needs, function) +1
enum {
	ROUTES_MAX = 0
#include "assess/api.def"
};
#undef X

struct yg_assess_api {
	const struct yg_assess_api_ports *ports;
	/* All of one access: when another comes, they are closed. Used last comes first. */
	struct yg_access *access;
	struct yg_assess *open[OPEN_MAX];
	struct yg_route routes[ROUTES_MAX];
	size_t route_count;
};

void yg_assess_api_forget(struct yg_assess_api *api)
{
	for (size_t i = 0; i < OPEN_MAX; i++)
		api->open[i] = yg_assess_free(api->open[i]);
	api->access = NULL;
}

struct yg_assess_api *yg_assess_api_free(struct yg_assess_api *api)
{
	if (api)
		yg_assess_api_forget(api);
	free(api);
	return NULL;
}

/* The assessment the path names, from those kept or opened now; it becomes the first. */
static int open_assessment(struct yg_assess_api *api, struct yg_api_call *call)
{
	char id[YG_ASSESS_ID_MAX];
	struct yg_assess *found = NULL;
	size_t i;
	int rc = yg_api_id(call, 0, id);

	if (rc != YG_OK)
		return rc;
	if (api->access != call->access)
		yg_assess_api_forget(api);
	api->access = call->access;
	for (i = 0; i < OPEN_MAX - 1 && api->open[i]; i++)
		if (strcmp(yg_assess_id(api->open[i]), id) == 0)
			break;
	if (api->open[i] && strcmp(yg_assess_id(api->open[i]), id) == 0) {
		found = api->open[i];
	} else {
		rc = yg_assess_open(call->access, call->ports->assess, id, &found);
		if (rc != YG_OK)
			return rc;
		api->open[i] = yg_assess_free(api->open[i]);
	}
	memmove(&api->open[1], &api->open[0], i * sizeof(api->open[0]));
	api->open[0] = found;
	call->assess = found;
	return YG_OK;
}

static int read_body(struct yg_api_call *call)
{
	struct yg_fault fault;
	int rc;

	if (!yg_bytes_eq(call->request->content_type, YG_S("application/json")))
		return yg_line_fault_set(&call->fault, YG_EUNSUPPORTED, 0,
					 "wrong-type: application/json is expected");
	rc = yg_json_load(call->request->body, API_JSON_MAX, &call->in, &fault);
	if (rc == YG_EFORMAT || rc == YG_ELIMIT)
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "bad-request: %s (at byte %zu)",
					 yg_tr(call->request->lang, fault.msg), fault.pos);
	if (rc == YG_OK && !json_is_object(call->in))
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "bad-request: an object is expected");
	return rc;
}

static int read_match(struct yg_api_call *call)
{
	uint64_t revision;

	if (call->request->if_match.size == 0)
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "precondition-required: If-Match is missing");
	if (!yg_bytes_u64(call->request->if_match, &revision) || revision >= YG_REVISION_ANY)
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "bad-request: If-Match must be a revision");
	call->expected = (uint32_t)revision;
	return YG_OK;
}

static int check_file(struct yg_api_call *call, unsigned needs)
{
	if (call->request->body.size == 0)
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "bad-request: the file is empty");
	if ((needs & NAME) && call->request->file_name.size == 0)
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "bad-request: X-File-Name is missing");
	return YG_OK;
}

/* @call: access, request and reply are set. */
static int run(struct yg_assess_api *api, struct yg_api_call *call, unsigned needs,
	       int (*function)(struct yg_api_call *call))
{
	int rc = YG_OK;

	call->api = api;
	call->ports = api->ports;
	if (needs & OPEN)
		rc = open_assessment(api, call);
	if (rc == YG_OK && (needs & BODY))
		rc = read_body(call);
	if (rc == YG_OK && (needs & MATCH))
		rc = read_match(call);
	if (rc == YG_OK && (needs & UPLOAD))
		rc = check_file(call, needs);
	if (rc == YG_OK)
		rc = function(call);
	json_decref(call->in);
	return rc == YG_OK ? YG_OK : yg_api_refuse(call, rc);
}

/* One handler an operation: a route's handler is told nothing but the table's context. */
#define X(method, path, id, needs, function)                                                       \
	static int handle_##function(void *context, struct yg_access *access,                      \
				     const struct yg_request *request, struct yg_reply *reply)     \
	{                                                                                          \
		struct yg_api_call call = {.access = access, .request = request, .reply = reply};  \
                                                                                                   \
		return run(context, &call, needs, yg_api_##function);                              \
	}
#include "assess/api.def"
#undef X

static const struct yg_route all[] = {
#define X(method, path, id, needs, function)                                                       \
	{YG_METHOD_##method, "/api/v1" path, #id, handle_##function, YG_ROUTE_OWN, 0},
#include "assess/api.def"
#undef X
};

/* Is what this handler needs from elsewhere there? */
static bool is_offered(const struct yg_assess_api_ports *ports, yg_handler handle)
{
	const struct {
		yg_handler handle;
		bool is_there;
	} borrowed[] = {
		{handle_report, ports->report != NULL},
		{handle_statement, ports->statement != NULL},
		{handle_templates, ports->templates != NULL},
		{handle_template_file, ports->template_file != NULL},
		{handle_facts, ports->facts != NULL},
		{handle_put_facts, ports->put_facts != NULL},
	};

	for (size_t i = 0; i < sizeof(borrowed) / sizeof(borrowed[0]); i++)
		if (borrowed[i].handle == handle)
			return borrowed[i].is_there;
	return true;
}

struct yg_assess_api *yg_assess_api_new(const struct yg_assess_api_ports *ports)
{
	struct yg_assess_api *api = yg_calloc(1, sizeof(*api));

	if (!api)
		return NULL;
	api->ports = ports;
	for (size_t i = 0; i < ROUTES_MAX; i++)
		if (is_offered(ports, all[i].handle))
			api->routes[api->route_count++] = all[i];
	return api;
}

struct yg_route_table yg_assess_api_routes(struct yg_assess_api *api)
{
	return (struct yg_route_table){api->routes, api->route_count, api};
}
