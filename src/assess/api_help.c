/* SPDX-License-Identifier: Apache-2.0 */
/* What the operations share: ids, queries, objects and lists as replies. */
#include "assess/api-int.h"

#include "base/ban.h"

int yg_api_id(const struct yg_api_call *call, unsigned index, char *to)
{
	struct yg_bytes part = call->request->parts[index];

	if (part.size == 0 || part.size >= YG_ASSESS_ID_MAX || memchr(part.data, 0, part.size))
		return YG_ENOENT;
	memcpy(to, part.data, part.size);
	to[part.size] = 0;
	return YG_OK;
}

static int add_bytes(const char *bytes, size_t size, void *arg)
{
	struct yg_buf *to = arg;

	yg_buf_add(to, (struct yg_bytes){(const uint8_t *)bytes, size});
	return yg_buf_error(to) ? -1 : 0;
}

int yg_api_json(struct yg_api_call *call, json_t *take)
{
	struct yg_buf *to = &call->reply->body;
	int rc = take && json_dump_callback(take, add_bytes, to, JSON_COMPACT) == 0 ? YG_OK
										    : YG_ENOMEM;

	json_decref(take);
	return yg_buf_error(to) ? yg_buf_error(to) : rc;
}

int yg_api_object(struct yg_api_call *call, int rc, json_t *take, int status)
{
	const json_t *revision = json_object_get(take, "revision");

	if (rc != YG_OK) {
		json_decref(take);
		return rc;
	}
	if (json_is_integer(revision))
		(void)snprintf(call->reply->etag, sizeof(call->reply->etag), "%lld",
			       (long long)json_integer_value(revision)); /* 20 digits fit */
	call->reply->status = status;
	return yg_api_json(call, take);
}

struct yg_bytes yg_api_query(const struct yg_api_call *call, const char *name, char *mem)
{
	struct yg_bytes value;

	if (!yg_query_get(call->request->query, name, mem, YG_API_QUERY_MAX + 1, &value))
		return (struct yg_bytes){0};
	return value;
}

int yg_api_limit(struct yg_api_call *call, uint32_t otherwise, uint32_t *ret)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text;
	uint64_t value;

	*ret = otherwise;
	if (!yg_query_get(call->request->query, "limit", mem, sizeof(mem), &text))
		return YG_OK;
	if (!yg_bytes_u64(text, &value) || value < 1 || value > API_LIST_MAX)
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "bad-request: limit must be a number from 1 to %u",
					 API_LIST_MAX);
	*ret = (uint32_t)value;
	return YG_OK;
}

json_t *yg_api_find(const json_t *list, const char *key, const char *id)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *item = json_array_get(list, i);

		if (yg_bytes_eq(yg_json_text(item, key), yg_bytes_str(id)))
			return item;
	}
	return NULL;
}

/* Where the page begins: behind the item that ?after= names. */
static int first_of_page(struct yg_api_call *call, const json_t *list, const char *key, size_t *ret)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_api_query(call, "after", mem);

	*ret = 0;
	if (after.size == 0)
		return YG_OK;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (yg_bytes_eq(yg_json_text(json_array_get(list, i), key), after)) {
			*ret = i + 1;
			return YG_OK;
		}
	return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
				 "bad-request: after names nothing in this list");
}

/* Items @first to @first + @limit of @list as {"items","next"}; NULL without memory. */
static json_t *page_of(const json_t *list, const char *key, size_t first, uint32_t limit)
{
	json_t *items = json_array();
	json_t *page = items ? json_pack("{s:o}", "items", items) : NULL;
	size_t size = json_array_size(list);
	size_t end = size - first < limit ? size : first + limit;

	for (size_t i = first; page && i < end; i++)
		if (json_array_append(items, json_array_get(list, i)) != 0) {
			json_decref(page);
			return NULL;
		}
	if (page && end < size &&
	    yg_json_set(page, "next",
			yg_json_string(yg_json_text(json_array_get(list, end - 1), key))) !=
		    YG_OK) {
		json_decref(page);
		return NULL;
	}
	return page;
}

int yg_api_list_with(struct yg_api_call *call, json_t *take, const char *key, const char *extra_key,
		     json_t *take_extra)
{
	json_t *page = NULL;
	uint32_t limit;
	size_t first;
	int rc = yg_api_limit(call, API_LIST_DEFAULT, &limit);

	if (rc == YG_OK)
		rc = first_of_page(call, take, key, &first);
	if (rc == YG_OK) {
		page = page_of(take, key, first, limit);
		rc = page ? YG_OK : YG_ENOMEM;
	}
	json_decref(take);
	if (rc == YG_OK && extra_key)
		rc = yg_json_set(page, extra_key, json_incref(take_extra));
	json_decref(take_extra);
	if (rc == YG_OK)
		return yg_api_json(call, page);
	json_decref(page);
	return rc;
}

int yg_api_list(struct yg_api_call *call, int rc, json_t *take, const char *key)
{
	return rc == YG_OK ? yg_api_list_with(call, take, key, NULL, NULL) : rc;
}

int yg_api_text(struct yg_api_call *call, const json_t *in, const char *key, struct yg_bytes *ret)
{
	const json_t *value = json_object_get(in, key);

	*ret = yg_json_text(in, key);
	if (value && !json_is_string(value) && !json_is_null(value))
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "bad-request: %s must be a text", key);
	return YG_OK;
}
