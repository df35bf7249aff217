/* SPDX-License-Identifier: Apache-2.0 */
#include "model/api.h"

#include <jansson.h>

#include "../check.h"

static struct yg_bytes got;
static char room[64];

static bool get(const char *query, const char *name)
{
	got = (struct yg_bytes){0};
	return yg_query_get(yg_bytes_str(query), name, room, sizeof(room), &got);
}

static void names_methods(void)
{
	CHECK(strcmp(yg_method_name(YG_METHOD_GET), "GET") == 0);
	CHECK(strcmp(yg_method_name(YG_METHOD_DELETE), "DELETE") == 0);
}

static void finds_a_value(void)
{
	CHECK(get("a=1&bc=2&a=3", "a"));
	CHECK_TEXT(got, "1");
	CHECK(get("a=1&bc=2&a=3", "bc"));
	CHECK_TEXT(got, "2");
	CHECK(get("x&a=&b", "a") && got.size == 0);
	CHECK(get("x&a=&b", "b") && got.size == 0);
	CHECK(get("a=b=c", "a"));
	CHECK_TEXT(got, "b=c");
	CHECK(!get("", "a"));
	CHECK(!get("ab=1&xa=2", "a"));
	CHECK(!get("&&&", "a"));
	CHECK(!get("A=1", "a"));
}

static void decodes_a_value(void)
{
	CHECK(get("q=a+b%20c%2b%2B", "q"));
	CHECK_TEXT(got, "a b c++");
	CHECK(get("q=%E5%8F%B0%e5%b8%b3", "q"));
	CHECK_TEXT(got, "台帳");
	CHECK(get("q=100%&r=%2&s=%zz", "q"));
	CHECK_TEXT(got, "100%");
	CHECK(get("q=100%&r=%2&s=%zz", "r"));
	CHECK_TEXT(got, "%2");
	CHECK(get("q=100%&r=%2&s=%zz", "s"));
	CHECK_TEXT(got, "%zz");
	CHECK(get("q=a%00b", "q") && got.size == 3 && got.data[1] == 0);
	CHECK(get("q=a%26b&c=d", "q"));
	CHECK_TEXT(got, "a&b");
}

static void stays_within_its_room(void)
{
	char small[4];

	CHECK(yg_query_get(YG_S("q=abc"), "q", small, sizeof(small), &got) && got.size == 3);
	CHECK(small[3] == 0);
	CHECK(!yg_query_get(YG_S("q=abcd"), "q", small, sizeof(small), &got));
	CHECK(yg_query_get(YG_S("q=%41%42%43"), "q", small, sizeof(small), &got));
	CHECK_TEXT(got, "ABC");
}

static void writes_a_problem(void)
{
	struct yg_reply reply = {.etag = "old", .file_name = "old.csv", .content_type = "text/csv"};
	json_t *json;

	yg_buf_init(&reply.body, 4096);
	yg_buf_add_str(&reply.body, "half an answer");
	CHECK(yg_reply_problem(&reply, 404, "unknown-criterion", "No \"such\" criterion",
			       "見てください\n") == YG_OK);
	CHECK(reply.status == 404 && reply.etag[0] == 0 && reply.file_name[0] == 0);
	CHECK(strcmp(reply.content_type, "application/problem+json") == 0);
	json = json_loadb((const char *)reply.body.data, reply.body.size, JSON_REJECT_DUPLICATES,
			  NULL);
	CHECK(json != NULL && json_object_size(json) == 5);
	CHECK(json_integer_value(json_object_get(json, "status")) == 404);
	CHECK(strcmp(json_string_value(json_object_get(json, "type")), "about:blank") == 0);
	CHECK(strcmp(json_string_value(json_object_get(json, "code")), "unknown-criterion") == 0);
	CHECK(strcmp(json_string_value(json_object_get(json, "title")), "No \"such\" criterion") ==
	      0);
	CHECK(strcmp(json_string_value(json_object_get(json, "detail")), "見てください\n") == 0);
	json_decref(json);
	CHECK(yg_reply_problem(&reply, 409, "changed", "Changed", NULL) == YG_OK);
	json = json_loadb((const char *)reply.body.data, reply.body.size, 0, NULL);
	CHECK(json != NULL && json_object_size(json) == 4);
	json_decref(json);
	yg_buf_done(&reply.body);
}

static const struct check_case cases[] = {
	CASE(names_methods),	     CASE(finds_a_value),    CASE(decodes_a_value),
	CASE(stays_within_its_room), CASE(writes_a_problem),
};
CHECK_MAIN(cases)
