/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "parse_help.h"

static const struct {
	const char *line;
	enum yg_format format;
	int64_t time_us;
	const char *fields;
} table[] = {
	{"[Thu Sep 30 13:27:06.009964 2021] [core:error] [pid 2560:tid 140] [client "
	 "192.0.2.7:37752] "
	 "AH00126: Invalid URI in request GET /../x HTTP/1.1, referer: http://a.example/",
	 YG_FORMAT_APACHE_ERROR, 1633008426009964,
	 "module=core|level=error|pid=2560|tid=140|src_ip=192.0.2.7|src_port=37752|"
	 "message=AH00126: Invalid URI in request GET /../x HTTP/1.1, referer: http://a.example/|"
	 "cs-referer=http://a.example/"},
	{"[Thu Sep 30 13:27:06.009964 2021] [:error] [pid 2560:tid 140] [client 2001:db8::7:37752] "
	 "[client 2001:db8::7] ModSecurity: Warning. [id \"930110\"] [uri \"/\"]",
	 YG_FORMAT_APACHE_ERROR, 1633008426009964,
	 "level=error|pid=2560|tid=140|src_ip=2001:db8::7|src_port=37752|"
	 "message=ModSecurity: Warning. [id \"930110\"] [uri \"/\"]"},
	{"[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok", YG_FORMAT_APACHE_ERROR,
	 1133671664000000, "level=notice|message=workerEnv.init() ok"},
	{"[Sun Dec  4 04:47:44 2005] [error] [client 192.0.2.7] Directory index forbidden",
	 YG_FORMAT_APACHE_ERROR, 1133671664000000,
	 "level=error|src_ip=192.0.2.7|message=Directory index forbidden"},
	{"[Thu Sep 30 13:27:06 2021] [proxy:trace3] [pid 1] [remote [2001:db8::7]:80] x",
	 YG_FORMAT_APACHE_ERROR, 1633008426000000,
	 "module=proxy|level=trace3|pid=1|src_ip=2001:db8::7|src_port=80|message=x"},
	{"2021/09/30 09:23:53 [error] 1925#1926: *17 user \"foo\" was not found in \"/a\", client: "
	 "192.0.2.7, server: _, request: \"GET /a?b HTTP/1.1\", upstream: \"http://10.0.0.1/\", "
	 "host: "
	 "\"localhost\", referrer: \"http://r/\"",
	 YG_FORMAT_NGINX_ERROR, 1632993833000000,
	 "level=error|pid=1925|tid=1926|message=user \"foo\" was not found in \"/a\"|"
	 "src_ip=192.0.2.7|server=_|cs-method=GET|cs-uri=/a?b|cs-version=HTTP/1.1|"
	 "upstream=http://10.0.0.1/|cs-host=localhost|cs-referer=http://r/"},
	{"2021/09/30 09:23:53 [notice] 8#8: signal 15 (SIGTERM) received, exiting",
	 YG_FORMAT_NGINX_ERROR, 1632993833000000,
	 "level=notice|pid=8|tid=8|message=signal 15 (SIGTERM) received, exiting"},
	{"2021/09/30 09:23:53 [info] 8#8: *9 client login failed: \"AUTH\", client: 192.0.2.7 "
	 "using "
	 "starttls, server: 0.0.0.0:587, login: \"a@example.com\"",
	 YG_FORMAT_NGINX_ERROR, 1632993833000000,
	 "level=info|pid=8|tid=8|message=client login failed: \"AUTH\"|src_ip=192.0.2.7|"
	 "server=0.0.0.0:587|user=a@example.com"},
	/* A path that pretends to be the list. */
	{"2021/09/30 09:23:53 [error] 8#8: *9 open() \"/w/a, client: 6.6.6.6, server: x\" failed "
	 "(2: "
	 "No), client: 192.0.2.7, server: , request: \"GET /a%2C HTTP/1.1\"",
	 YG_FORMAT_NGINX_ERROR, 1632993833000000,
	 "level=error|pid=8|tid=8|message=open() \"/w/a, client: 6.6.6.6, server: x\" failed (2: "
	 "No)|src_ip=192.0.2.7|cs-method=GET|cs-uri=/a%2C|cs-version=HTTP/1.1"},
};

static void lines_of_both(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		CHECK(help_parse(table[i].format, table[i].line) == YG_OK);
		CHECK(help_same(help_fields(false), table[i].fields, table[i].line));
		CHECK(help_event.time_ns == table[i].time_us * 1000);
		CHECK(!help_event.has_zone);
		CHECK_TEXT(help_event.channel,
			   table[i].format == YG_FORMAT_APACHE_ERROR ? "apache" : "nginx");
		CHECK(help_parse(YG_FORMAT_UNKNOWN, table[i].line) == YG_OK);
		CHECK(help_event.format == table[i].format);
	}
}

static const struct {
	const char *line;
	enum yg_format format;
	int rc;
	size_t pos;
} refused[] = {
	{"", YG_FORMAT_APACHE_ERROR, YG_EMISMATCH, 0},
	{"[22/Dec/2016:16:30:52 +0300] text and more text", YG_FORMAT_APACHE_ERROR, YG_EMISMATCH,
	 0},
	{"[Thu Sep 30 13:27:06 2021] usb 1-1: new device", YG_FORMAT_APACHE_ERROR, YG_EMISMATCH,
	 26},
	{"[Thu Sep 30 13:27:06 2021 [error] x", YG_FORMAT_APACHE_ERROR, YG_EFORMAT, 1},
	{"[Thu Sep 31 13:27:06 2021] [error] x", YG_FORMAT_APACHE_ERROR, YG_EFORMAT, 1},
	{"[Thu Sep 30 13:27:06 2021 and no end", YG_FORMAT_APACHE_ERROR, YG_EFORMAT, 0},
	{"", YG_FORMAT_NGINX_ERROR, YG_EMISMATCH, 0},
	{"2023/02/21 08:05:56 [error] POST 192.0.2.2 x", YG_FORMAT_NGINX_ERROR, YG_EMISMATCH, 28},
	{"2023/02/21 08:05:56 [what] 1#1: x", YG_FORMAT_NGINX_ERROR, YG_EMISMATCH, 21},
	{"2023/02/30 08:05:56 [error] 1#1: x", YG_FORMAT_NGINX_ERROR, YG_EFORMAT, 0},
	{"2023/02/21 08:05:56 [error] 1#1", YG_FORMAT_NGINX_ERROR, YG_EMISMATCH, 28},
};

static void lines_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int rc = help_parse(refused[i].format, refused[i].line);

		if (rc != refused[i].rc || help_fault.pos != refused[i].pos)
			fprintf(stderr, "%s: %d at %zu\n", refused[i].line, rc, help_fault.pos);
		CHECK(rc == refused[i].rc && help_fault.pos == refused[i].pos);
	}
}

static void zone_is_applied(void)
{
	struct yg_zone *zone;

	CHECK(yg_zone_load("+09:00", &zone) == YG_OK);
	help_open(zone, NULL);
	CHECK(help_parse(YG_FORMAT_NGINX_ERROR, "1970/01/01 09:00:01 [warn] 1#1: x") == YG_OK);
	CHECK(help_event.time_ns == YG_NS_PER_S);
	CHECK(help_parse(YG_FORMAT_APACHE_ERROR, "[Thu Jan 01 09:00:02 1970] [warn] x") == YG_OK);
	CHECK(help_event.time_ns == 2 * YG_NS_PER_S);
	help_open(NULL, NULL);
	zone = yg_zone_free(zone);
}

/* Every beginning of a line is taken or refused; the fault lies inside it. */
static void torn_everywhere(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t size = 0; size < strlen(table[i].line); size++) {
			int rc = help_parse_bytes(table[i].format, table[i].line, size);

			CHECK(rc == YG_OK || rc == YG_EMISMATCH || rc == YG_EFORMAT);
			CHECK(rc == YG_OK || help_fault.pos <= size);
		}
	}
}

static const struct check_case cases[] = {
	CASE(lines_of_both),
	CASE(lines_refused),
	CASE(zone_is_applied),
	CASE(torn_everywhere),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	help_close();
	return rc;
}
