/* SPDX-License-Identifier: Apache-2.0 */
/* The first line is the target, each further one a header's value: all readers read each. */
#include <stdlib.h>

#include "base/utf8.h"
#include "web/forwarded.h"
#include "web/headers.h"
#include "web/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int handle(void *context, struct yg_access *access, const struct yg_request *request,
		  struct yg_reply *reply)
{
	(void)context;
	(void)access;
	(void)request;
	(void)reply;
	return YG_OK;
}

static const struct yg_route routes[] = {
	{YG_METHOD_GET, "/api/v1/a", "list", handle, 0, 0},
	{YG_METHOD_GET, "/api/v1/a/{id}", "one", handle, 0, 0},
	{YG_METHOD_PUT, "/api/v1/a/{id}/b/{key}", "put", handle, 0, 0},
	{YG_METHOD_GET, "/api/v1/a/new/b/{key}", "new", handle, 0, 0},
	{YG_METHOD_DELETE, "/{a}/{b}/{c}/{d}/{e}/{f}", "six", handle, 0, 0},
};
static const struct yg_route_table table = {routes, sizeof(routes) / sizeof(routes[0]), NULL};

static void need(bool is_true)
{
	if (!is_true)
		abort();
}

/* What was read as a path is text, begins with '/', has no way up and no NUL. */
static void look_at_path(struct yg_bytes path)
{
	struct yg_web_match match;

	need(path.size > 0 && path.data[0] == '/' && path.size <= YG_API_PATH_MAX);
	need(yg_utf8_valid(path) && yg_bytes_chr(path, 0) == SIZE_MAX);
	need(yg_bytes_find(path, YG_S("/../")) == SIZE_MAX && !yg_bytes_ends(path, YG_S("/..")));
	for (unsigned method = 0; method <= YG_WEB_METHOD_OTHER; method++) {
		yg_web_route(&table, 1, method, path, &match);
		need(!match.route || (unsigned)match.route->method == method);
		need(!match.route || (match.methods >> method & 1) != 0);
		for (size_t i = 0; i < YG_API_PARTS_MAX; i++)
			need(match.parts[i].size == 0 ||
			     yg_bytes_chr(match.parts[i], '/') == SIZE_MAX);
	}
}

static void look_at_target(struct yg_bytes target)
{
	char mem[YG_API_PATH_MAX + 1];
	char value[YG_API_QUERY_MAX + 1];
	struct yg_bytes path, query, found;

	if (yg_web_target(target, mem, &path, &query) != YG_OK)
		return;
	look_at_path(path);
	need(query.size <= YG_API_QUERY_MAX);
	/* Decoded values of a query that was let through hold no control characters. */
	if (yg_query_get(query, "lang", value, sizeof(value), &found)) {
		need(found.size <= query.size && value[found.size] == 0);
		for (size_t i = 0; i < found.size; i++)
			need(found.data[i] >= ' ');
	}
}

/* Whatever a field says, the answer is an address, and of whom nobody trusts it is his own. */
static void look_at_hops(const struct yg_web_hop_lines *lines)
{
	struct yg_web_proxies proxies = {.count = 1};
	char to[YG_NET_HOST_MAX];
	uint8_t address[16];

	need(yg_net_prefix_read(YG_S("10.0.0.0/8"), &proxies.trusted[0]) == YG_OK);
	for (unsigned field = YG_WEB_HOPS_X; field <= YG_WEB_HOPS_RFC_7239; field++) {
		proxies.field = (enum yg_web_hops)field;
		yg_web_forwarded_for(&proxies, YG_S("10.0.0.1"), lines, to);
		need(yg_net_address_read(yg_bytes_str(to), address));
		yg_web_forwarded_for(&proxies, YG_S("192.0.2.1"), lines, to);
		need(strcmp(to, "192.0.2.1") == 0);
	}
}

static void look_at_value(struct yg_bytes value)
{
	char type[YG_WEB_TYPE_MAX + 1];
	char name[YG_WEB_FILE_NAME_MAX + 1];
	struct yg_bytes found;
	struct yg_buf field;

	if (yg_web_content_type(value, type, &found))
		need(found.size > 2 && type[found.size] == 0);
	if (yg_web_if_match(value, &found))
		need(found.size > 0 && found.size <= YG_WEB_TAG_MAX);
	found = yg_web_cookie(value, YG_S("yagura_1"));
	need(found.size < value.size || value.size == 0);
	(void)yg_web_accept_language(value, YG_LANG_JA);
	(void)yg_web_accepts_gzip(value);
	(void)yg_web_none_match(value, YG_S("tag"));
	if (yg_web_host_is_ours(value, 8080))
		need(value.size == 14);
	if (yg_web_origin_is_ours(value, YG_S("localhost:8080"), true))
		need(value.size == 21);
	if (yg_web_file_name(value, name, &found))
		need(found.size > 0 && yg_utf8_valid(found) && name[found.size] == 0 &&
		     yg_bytes_chr(found, '/') == SIZE_MAX);
	/* Whatever the name: one field on one line, in ASCII. */
	yg_buf_init(&field, 16 * (value.size + 16));
	yg_web_disposition(&field, value);
	for (size_t i = 0; i < field.size; i++)
		need(field.data[i] >= ' ' && field.data[i] < 0x7f);
	yg_buf_done(&field);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes rest = {data, size};
	struct yg_web_hop_lines hops = {.count = 0};
	bool is_first = true;

	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes line = yg_bytes_cut(rest, 0, end);

		rest = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, end + 1);
		if (is_first)
			look_at_target(line);
		else
			look_at_value(line);
		yg_web_hop_lines_add(&hops, line);
		is_first = false;
	}
	look_at_hops(&hops);
	return 0;
}
