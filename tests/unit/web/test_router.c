/* SPDX-License-Identifier: Apache-2.0 */
#include "web/router.h"

#include "../check.h"

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
	{YG_METHOD_POST, "/api/v1/a", "make", handle, 0, 0},
	{YG_METHOD_GET, "/api/v1/a/{id}", "one", handle, 0, 0},
	{YG_METHOD_DELETE, "/api/v1/a/{id}", "remove", handle, 0, 0},
	{YG_METHOD_GET, "/api/v1/a/new", "form", handle, 0, 0},
	{YG_METHOD_GET, "/api/v1/a/{id}/b/{key}/c", "deep", handle, 0, 0},
};
static int context_one, context_two;
static const struct yg_route more[] = {
	{YG_METHOD_PUT, "/api/v1/z/{id}", "put", handle, 0, 0},
};
static const struct yg_route_table tables[] = {
	{routes, sizeof(routes) / sizeof(routes[0]), &context_one},
	{more, 1, &context_two},
};

static struct yg_web_match find(unsigned method, const char *path)
{
	struct yg_web_match match;

	yg_web_route(tables, 2, method, yg_bytes_str(path), &match);
	return match;
}

static void finds(void)
{
	struct yg_web_match match = find(YG_METHOD_GET, "/api/v1/a");

	CHECK(match.route == &routes[0] && match.context == &context_one);
	match = find(YG_METHOD_GET, "/api/v1/a/17");
	CHECK(match.route == &routes[2]);
	CHECK_TEXT(match.parts[0], "17");
	match = find(YG_METHOD_GET, "/api/v1/a/new");
	CHECK(match.route == &routes[4]);
	match = find(YG_METHOD_DELETE, "/api/v1/a/new");
	CHECK(match.route == &routes[3]);
	CHECK_TEXT(match.parts[0], "new");
	match = find(YG_METHOD_GET, "/api/v1/a/x/b/y/c");
	CHECK(match.route == &routes[5]);
	CHECK_TEXT(match.parts[0], "x");
	CHECK_TEXT(match.parts[1], "y");
	match = find(YG_METHOD_PUT, "/api/v1/z/1");
	CHECK(match.route == &more[0] && match.context == &context_two);
}

static void finds_not(void)
{
	static const char *const unknown[] = {
		"",
		"/",
		"/api",
		"/api/v1",
		"/api/v1/",
		"/api/v1/a/",
		"/api/v1/a//",
		"/api/v1/a/x/b/y",
		"/api/v1/a/x/b/y/c/",
		"/api/v1/A",
		"//api/v1/a",
		"/api/v1/a/x/b//c",
		"api/v1/a",
	};
	struct yg_web_match match;

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		match = find(YG_METHOD_GET, unknown[i]);
		CHECK(!match.route && match.methods == 0);
	}
}

static void methods(void)
{
	struct yg_web_match match = find(YG_METHOD_PUT, "/api/v1/a");
	char text[40];

	CHECK(!match.route);
	yg_web_allow(match.methods, text);
	CHECK_TEXT(yg_bytes_str(text), "GET, HEAD, POST");
	match = find(YG_WEB_METHOD_OTHER, "/api/v1/a/5");
	CHECK(!match.route);
	yg_web_allow(match.methods, text);
	CHECK_TEXT(yg_bytes_str(text), "GET, HEAD, DELETE");
	yg_web_allow(0xfu, text);
	CHECK_TEXT(yg_bytes_str(text), "GET, HEAD, POST, PUT, DELETE");
}

/* Is a table of these two patterns accepted? */
static int both(const char *one, const char *other)
{
	struct yg_route two[] = {{YG_METHOD_GET, one, "one", handle, 0, 0},
				 {YG_METHOD_GET, other, "other", handle, 0, 0}};
	struct yg_route_table table = {two, 2, NULL};

	return yg_web_routes_check(&table, 1, NULL);
}

static void checks(void)
{
	const struct yg_route *bad;

	CHECK(yg_web_routes_check(tables, 2, &bad) == YG_OK);
	CHECK(both("/a/{x}", "/a/b") == YG_OK);
	CHECK(both("/a/{x}/c", "/a/b/{y}") == YG_OK);
	CHECK(both("/a/{x}", "/a/{y}") == YG_EINVAL);
	CHECK(both("/a", "/a") == YG_EINVAL);
	CHECK(both("/a", "b") == YG_EINVAL);
	CHECK(both("/a", "/") == YG_EINVAL);
	CHECK(both("/a", "/b/") == YG_OK);
	CHECK(both("/a/", "/{x}/") == YG_OK);
	CHECK(both("/a/", "/a/") == YG_EINVAL);
	CHECK(both("/a", "/b//") == YG_EINVAL);
	CHECK(both("/a", "/b//c") == YG_EINVAL);
	CHECK(both("/a", "/{b") == YG_EINVAL);
	CHECK(both("/a", "/B") == YG_EINVAL);
	CHECK(both("/a", "/{a}/{b}/{c}/{d}/{e}/{f}") == YG_OK);
	CHECK(both("/a", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}") == YG_EINVAL);
	CHECK(both("/a", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a") == YG_EINVAL);
}

/* The order of rows decides nothing. */
static void no_order(void)
{
	static const struct yg_route ab[] = {{YG_METHOD_GET, "/a/{x}/c", "name", handle, 0, 0},
					     {YG_METHOD_GET, "/a/b/{y}", "literal", handle, 0, 0}};
	static const struct yg_route ba[] = {{YG_METHOD_GET, "/a/b/{y}", "literal", handle, 0, 0},
					     {YG_METHOD_GET, "/a/{x}/c", "name", handle, 0, 0}};
	struct yg_route_table one = {ab, 2, NULL};
	struct yg_route_table other = {ba, 2, NULL};
	struct yg_web_match match;

	yg_web_route(&one, 1, YG_METHOD_GET, YG_S("/a/b/c"), &match);
	CHECK(match.route == &ab[1]);
	CHECK_TEXT(match.parts[0], "c");
	yg_web_route(&other, 1, YG_METHOD_GET, YG_S("/a/b/c"), &match);
	CHECK(match.route == &ba[0]);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(finds), CASE(finds_not), CASE(methods), CASE(checks), CASE(no_order),
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
