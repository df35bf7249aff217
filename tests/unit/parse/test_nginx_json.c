/* SPDX-License-Identifier: Apache-2.0 */
/* Web access logs as JSON, ECS, and how they are told from other objects. */
#include "../check.h"
#include "reading.h"

/* One request, as different programs write it. */
static const char *const shapes[] = {
	"{\"time_iso8601\":\"2023-10-10T04:55:36+00:00\",\"remote_addr\":\"192.0.2.1\",\"remote_"
	"user\":\"\","
	"\"request\":\"GET /a?b=1 "
	"HTTP/1.1\",\"status\":\"404\",\"body_bytes_sent\":\"12\",\"http_host\":\"h\","
	"\"http_referer\":\"http://r/\",\"http_user_agent\":\"ua\"}",
	"{\"msec\":\"1696913736.000\",\"remote_addr\":\"192.0.2.1\",\"request_method\":\"GET\","
	"\"request_uri\":\"/a?b=1\","
	"\"uri\":\"/"
	"index.php\",\"args\":\"b=1\",\"status\":404,\"bytes_sent\":12,\"host\":\"h\",\"http_"
	"referer\":"
	"\"http://r/\",\"http_user_agent\":\"ua\",\"server_protocol\":\"HTTP/1.1\"}",
	"{\"@timestamp\":\"2023-10-10T04:55:36Z\",\"clientip\":\"192.0.2.1\",\"verb\":\"GET\","
	"\"uri\":\"/a\",\"query\":"
	"\"?b=1\",\"protocol\":\"HTTP/"
	"1.1\",\"response\":404,\"bytes\":12,\"vhost\":\"h\",\"referrer\":\"http://r/\","
	"\"agent\":\"ua\"}",
	"{\"level\":\"info\",\"ts\":1696913736,\"request\":{\"remote_ip\":\"192.0.2.1\",\"remote_"
	"port\":\"5\",\"proto\":"
	"\"HTTP/1.1\",\"method\":\"GET\",\"host\":\"h\",\"uri\":\"/"
	"a?b=1\",\"headers\":{\"User-Agent\":[\"ua\"],\"Referer\":"
	"[\"http://r/\"]}},\"status\":404,\"size\":12}",
	"{\"ClientAddr\":\"192.0.2.1:5\",\"ClientHost\":\"192.0.2.1\",\"ClientUsername\":\"-\","
	"\"DownstreamStatus\":404,"
	"\"DownstreamContentSize\":12,\"RequestMethod\":\"GET\",\"RequestPath\":\"/"
	"a?b=1\",\"RequestHost\":\"h\","
	"\"RequestProtocol\":\"HTTP/"
	"1.1\",\"StartUTC\":\"2023-10-10T04:55:36Z\",\"request_User-Agent\":\"ua\","
	"\"request_Referer\":\"http://r/\"}",
	"{\"@timestamp\":\"2023-10-10T04:55:36Z\",\"ecs\":{\"version\":\"8.0\"},\"source\":{\"ip\":"
	"\"192.0.2.1\"},\"url\":{"
	"\"original\":\"http://h/a?b=1\",\"domain\":\"h\"},\"http\":{\"version\":\"HTTP/"
	"1.1\",\"request\":{\"method\":\"GET\","
	"\"referrer\":\"http://r/"
	"\"},\"response\":{\"status_code\":404,\"body\":{\"bytes\":12}}},\"user_agent\":"
	"{\"original\":\"ua\"}}",
};

static void all_shapes_give_the_same_request(void)
{
	static const char *const expected[][2] = {
		{"c-ip", "192.0.2.1"},	     {"src_ip", "192.0.2.1"},
		{"cs-method", "GET"},	     {"cs-uri", "/a?b=1"},
		{"cs-uri-query", "/a?b=1"},  {"cs-uri-stem", "/a"},
		{"cs-uri-args", "b=1"},	     {"sc-status", "404"},
		{"sc-bytes", "12"},	     {"cs-host", "h"},
		{"cs-user-agent", "ua"},     {"c-useragent", "ua"},
		{"cs-referer", "http://r/"}, {"cs-version", "HTTP/1.1"},
		{"cs-username", ""},
	};
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		reading_next(&r, shapes[i]);
		CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_NGINX_JSON);
		CHECK(r.event.time_ns == INT64_C(1696913736) * YG_NS_PER_S);
		for (size_t k = 0; k < sizeof(expected) / sizeof(expected[0]); k++) {
			struct yg_bytes text = field(&r, expected[k][0]);

			if (!yg_bytes_eq(text, yg_bytes_str(expected[k][1])))
				fprintf(stderr, "shape %zu: %s\n", i, expected[k][0]);
			CHECK_TEXT(text, expected[k][1]);
		}
	}
	reading_done(&r);
}

static void what_is_no_request(void)
{
	static const char *const others[] = {
		"{\"status\":200,\"method\":\"GET\",\"url\":\"/x\"}",
		"{\"status\":\"ok\",\"method\":\"GET\",\"url\":\"/x\",\"ip\":\"192.0.2.1\"}",
		"{\"status\":200,\"request\":\"restart\",\"ip\":\"192.0.2.1\"}",
		"{\"status\":999,\"method\":\"GET\",\"url\":\"/x\",\"ip\":\"192.0.2.1\"}",
	};
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		reading_next(&r, others[i]);
		CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_JSON);
	}
	reading_done(&r);
}

static void ecs_has_the_names_of_rules_beside_its_own(void)
{
	struct reading r =
		reading("{\"@timestamp\":\"2023-10-10T04:55:36Z\",\"ecs\":{\"version\":\"8.0\"},"
			"\"event\":{\"code\":\"x9\"},"
			"\"process\":{\"command_line\":\"a "
			"-b\",\"executable\":\"/bin/a\",\"parent\":{\"executable\":\"/p\"}},"
			"\"source\":{\"ip\":\"192.0.2.1\",\"port\":7},\"user\":{\"name\":\"bob\"},"
			"\"host\":{\"name\":\"pc\"}}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_ECS);
	CHECK_TEXT(field(&r, "process.command_line"), "a -b");
	CHECK_TEXT(field(&r, "CommandLine"), "a -b");
	CHECK_TEXT(field(&r, "Image"), "/bin/a");
	CHECK_TEXT(field(&r, "ParentImage"), "/p");
	CHECK_TEXT(field(&r, "User"), "bob");
	CHECK_TEXT(field(&r, "Computer"), "pc");
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.1");
	CHECK_TEXT(field(&r, "src_port"), "7");
	CHECK(yg_event_find(&r.event, YG_F_Image)->is_derived);
	reading_done(&r);
}

static void ecs_of_a_windows_event_is_one(void)
{
	struct reading r = reading("{\"event\":{\"code\":1,\"provider\":\"Microsoft-Windows-"
				   "Sysmon\",\"kind\":\"event\"},\"ecs\":"
				   "{\"version\":\"8.0\"},\"process\":{\"command_line\":\"x\"}}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_WINDOWS && r.event.event_code == 1);
	CHECK_TEXT(r.event.channel, "Microsoft-Windows-Sysmon/Operational");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_Provider_Name), "Microsoft-Windows-Sysmon");
	CHECK_TEXT(field(&r, "CommandLine"), "x");
	reading_done(&r);
}

static const struct check_case cases[] = {
	CASE(all_shapes_give_the_same_request),
	CASE(what_is_no_request),
	CASE(ecs_has_the_names_of_rules_beside_its_own),
	CASE(ecs_of_a_windows_event_is_one),
};

CHECK_MAIN(cases)
