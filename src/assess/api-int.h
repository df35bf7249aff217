/* SPDX-License-Identifier: Apache-2.0 */
/* Private to assess/: one call of an operation, and what the operations share. */
#pragma once

#include "assess/api.h"
#include "base/json.h"

#define API_LIST_DEFAULT 200u
#define API_LIST_MAX	 1000u
#define API_JSON_MAX	 (1u << 20) /* bytes of a JSON body: forms of people, no files */
#define API_NUMBER_SIZE	 24u

struct yg_api_call {
	struct yg_assess_api *api;
	const struct yg_assess_api_ports *ports;
	struct yg_access *access;
	const struct yg_request *request;
	struct yg_reply *reply;
	struct yg_assess *assess; /* OPEN */
	json_t *in;		  /* BODY */
	uint32_t expected;	  /* MATCH */
	struct yg_line_fault fault;
};

/* The value of part @index as a C string to @to (room YG_ASSESS_ID_MAX). YG_ENOENT: too long. */
YG_MUST_USE int yg_api_id(const struct yg_api_call *call, unsigned index, char *to);

/* Answer with @rc's object: taken; its "revision" becomes the ETag. @status 200 or 201. */
YG_MUST_USE int yg_api_object(struct yg_api_call *call, int rc, json_t *take, int status);

/*
 * Answer with @rc's array: taken; ?limit= and ?after= (a value of @key) cut a page out of it.
 * @extra (may be NULL, taken) is put under @extra_key beside the items.
 */
YG_MUST_USE int yg_api_list(struct yg_api_call *call, int rc, json_t *take, const char *key);
YG_MUST_USE int yg_api_list_with(struct yg_api_call *call, json_t *take, const char *key,
				 const char *extra_key, json_t *take_extra);

/* The tree as the reply's body; taken. */
YG_MUST_USE int yg_api_json(struct yg_api_call *call, json_t *take);

/* ?NAME= to @mem (room YG_API_QUERY_MAX + 1); empty when absent. */
struct yg_bytes yg_api_query(const struct yg_api_call *call, const char *name, char *mem);
/* ?limit= within 1..API_LIST_MAX. */
YG_MUST_USE int yg_api_limit(struct yg_api_call *call, uint32_t otherwise, uint32_t *ret);

/* The text under @key of the body: null and absent are empty. Another type is YG_EINVAL. */
YG_MUST_USE int yg_api_text(struct yg_api_call *call, const json_t *in, const char *key,
			    struct yg_bytes *ret);

/* Turn @rc and the call's fault into a problem; errors of machine and store stay errors. */
YG_MUST_USE int yg_api_refuse(struct yg_api_call *call, int rc);

/* Find @id among the array @list; borrowed, NULL when it is not there. */
json_t *yg_api_find(const json_t *list, const char *key, const char *id);

/* The operations (assess/api.def). */
#define X(method, path, id, needs, function) int yg_api_##function(struct yg_api_call *call);
#include "assess/api.def"
#undef X
