/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "parse_help.h"

/* What every line below has between user and request: 2016-12-22T13:30:52Z. */
#define TIME	"[22/Dec/2016:16:30:52 +0300]"
#define TIME_NS (INT64_C(1482413452) * YG_NS_PER_S)

static const struct {
	const char *name;
	const char *line;
	const char *fields;
} forms[] = {
	{"common", "192.0.2.7 - frank " TIME " \"GET /a?b=c HTTP/1.0\" 200 2326",
	 "c-ip=192.0.2.7|cs-username=frank|cs-method=GET|cs-uri=/a?b=c|cs-version=HTTP/1.0|"
	 "sc-status=200|sc-bytes=2326"},
	{"combined",
	 "192.0.2.7 - - " TIME " \"POST / HTTP/1.1\" 303 382 \"http://x.example/y\" \"Moz (X; Y)\"",
	 "c-ip=192.0.2.7|cs-method=POST|cs-uri=/|cs-version=HTTP/1.1|sc-status=303|sc-bytes=382|"
	 "cs-referer=http://x.example/y|cs-user-agent=Moz (X; Y)"},
	{"empty bytes, referer, agent",
	 "192.0.2.7 - - " TIME " \"HEAD / HTTP/1.1\" 304 - \"-\" \"-\"",
	 "c-ip=192.0.2.7|cs-method=HEAD|cs-uri=/|cs-version=HTTP/1.1|sc-status=304"},
	{"vhost combined",
	 "www.example.com:443 192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5 \"-\" \"A\"",
	 "cs-host=www.example.com|s-port=443|c-ip=192.0.2.7|cs-method=GET|cs-uri=/|"
	 "cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|cs-user-agent=A"},
	{"vhost with a client's name",
	 "www.example.com:80 pc7.example.net - - " TIME " \"GET / HTTP/1.1\" 200 5",
	 "cs-host=www.example.com|s-port=80|c-ip=pc7.example.net|cs-method=GET|cs-uri=/|"
	 "cs-version=HTTP/1.1|sc-status=200|sc-bytes=5"},
	{"vhost without a port", "example.com 192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5",
	 "cs-host=example.com|c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|"
	 "sc-status=200|sc-bytes=5"},
	{"IPv6 vhost port", "[2001:db8::1]:443 2001:db8::7 - - " TIME " \"GET / HTTP/2.0\" 200 5",
	 "cs-host=[2001:db8::1]|s-port=443|c-ip=2001:db8::7|cs-method=GET|cs-uri=/|"
	 "cs-version=HTTP/2.0|sc-status=200|sc-bytes=5"},
	{"IPv6 client", "2001:db8::7 - - " TIME " \"GET / HTTP/2.0\" 200 5 \"\" \"\"",
	 "c-ip=2001:db8::7|cs-method=GET|cs-uri=/|cs-version=HTTP/2.0|sc-status=200|sc-bytes=5|"
	 "cs-referer=|cs-user-agent="},
	{"client and proxy", "203.0.113.9 192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5",
	 "c-ip=203.0.113.9|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|"
	 "x-forwarded-for=192.0.2.7"},
	{"user with spaces", "192.0.2.7 - John Q Smith " TIME " \"GET / HTTP/1.1\" 200 5",
	 "c-ip=192.0.2.7|cs-username=John Q Smith|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|"
	 "sc-status=200|sc-bytes=5"},
	{"user with a bracket", "192.0.2.7 - a[1 " TIME " \"GET / HTTP/1.1\" 200 5",
	 "c-ip=192.0.2.7|cs-username=a[1|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|"
	 "sc-status=200|sc-bytes=5"},
	{"a whole line forged in the user's name",
	 "192.0.2.7 - x [01/Jan/2000:00:00:00 +0000] \\\"GET /no HTTP/1.1\\\" 200 9 " TIME
	 " \"GET /yes HTTP/1.1\" 401 5",
	 "c-ip=192.0.2.7|cs-username=x [01/Jan/2000:00:00:00 +0000] \\\"GET /no HTTP/1.1\\\" 200 9|"
	 "cs-method=GET|cs-uri=/yes|cs-version=HTTP/1.1|sc-status=401|sc-bytes=5"},
	{"behind the service's name of docker compose",
	 "web-1  | 192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5"},
	{"ident", "192.0.2.7 joe - " TIME " \"GET / HTTP/1.1\" 200 5",
	 "c-ip=192.0.2.7|cs-ident=joe|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|"
	 "sc-bytes=5"},
	{"nginx main",
	 "192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5 \"-\" \"A\" \"203.0.113.9, 10.0.0.1\"",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|"
	 "cs-user-agent=A|x-forwarded-for=203.0.113.9, 10.0.0.1"},
	{"request time behind",
	 "192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5 \"-\" \"A\" \"-\" 0.003",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|"
	 "cs-user-agent=A|extra=0.003"},
	{"time taken before the quotes",
	 "192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5 123 \"http://r/\" \"A b\"",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|"
	 "cs-referer=http://r/|cs-user-agent=A b|extra=123"},
	{"agent alone", "192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5 \"curl/7.88\"",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|"
	 "cs-user-agent=curl/7.88"},
	{"time first",
	 TIME " www.example.org 192.0.2.7 0.227 \"GET /x HTTP/2.0\" 207 125 440 - Moz/5.0 (A; B)",
	 "cs-host=www.example.org|c-ip=192.0.2.7|cs-method=GET|cs-uri=/x|cs-version=HTTP/2.0|"
	 "sc-status=207|sc-bytes=125|cs-user-agent=Moz/5.0 (A; B)|extra=0.227|extra=440"},
	{"nginx proxy manager",
	 TIME " HIT 502 200 - GET https b.example.org \"/d?x\" [Client 192.0.2.7] [Length 2048] "
	      "[Gzip 1.2] "
	      "[Sent-to 10.0.0.5] \"Moz/5.0 (A; B)\" \"https://r/\"",
	 "cs-host=b.example.org|c-ip=192.0.2.7|cs-method=GET|cs-uri=/"
	 "d?x|sc-status=200|sc-bytes=2048|"
	 "cs-referer=https://r/|cs-user-agent=Moz/5.0 (A; B)|upstream=10.0.0.5"},
	{"nginx proxy manager, short", TIME " 404 - HEAD http h \"/\" [Client 192.0.2.7]",
	 "cs-host=h|c-ip=192.0.2.7|cs-method=HEAD|cs-uri=/|sc-status=404"},
	{"container stamp",
	 "2022-01-28T16:04:05.413656027Z stdout F 192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 13",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=13"},
	{"spreadsheet quotes",
	 "\"192.0.2.7 - - " TIME " \"GET /q=\\\"1 HTTP/1.1\" 200 5 \"-\" \"A b\"\"",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/q=\\\"1|cs-version=HTTP/1.1|sc-status=200|"
	 "sc-bytes=5|cs-user-agent=A b"},
	{"spreadsheet quotes, common", "\"192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5\"",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5"},
	{"spreadsheet quotes, doubled, more cells",
	 "\"192.0.2.7 - - " TIME " \"\"GET / HTTP/1.1\"\" 200 5 \"\"-\"\" \"\"A b\"\"\",,",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|"
	 "cs-user-agent=A b"},
	{"no request", "192.0.2.7 - - " TIME " \"-\" 408 -", "c-ip=192.0.2.7|sc-status=408"},
	{"empty request", "192.0.2.7 - - " TIME " \"\" 400 0",
	 "c-ip=192.0.2.7|sc-status=400|sc-bytes=0"},
	{"TLS to a plain port", "192.0.2.7 - - " TIME " \"\\x16\\x03\\x01\" 400 157 \"-\" \"-\"",
	 "c-ip=192.0.2.7|cs-uri=\\x16\\x03\\x01|sc-status=400|sc-bytes=157"},
	{"garbage with spaces", "192.0.2.7 - - " TIME " \"abc |x| Win 7 [end]\" 400 157",
	 "c-ip=192.0.2.7|cs-uri=abc |x| Win 7 [end]|sc-status=400|sc-bytes=157"},
	{"target with spaces", "192.0.2.7 - - " TIME " \"GET /a b c HTTP/1.1\" 200 5",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/a b c|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5"},
	{"no protocol", "192.0.2.7 - - " TIME " \"GET /old\" 200 5",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/old|sc-status=200|sc-bytes=5"},
	{"quotes not escaped",
	 "192.0.2.7 - - " TIME " \"GET /a\"b\" c HTTP/1.1\" 200 5 \"-\" \"A\"",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/a\"b\" c|cs-version=HTTP/1.1|sc-status=200|"
	 "sc-bytes=5|cs-user-agent=A"},
	{"forged end, escaped",
	 "192.0.2.7 - - " TIME " \"GET /a\\\" 200 9 \\\"x HTTP/1.1\" 404 5 \"-\" \"A\"",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/a\\\" 200 9 \\\"x|cs-version=HTTP/1.1|"
	 "sc-status=404|sc-bytes=5|cs-user-agent=A"},
	{"backslash at the end, not escaped", "192.0.2.7 - - " TIME " \"GET /a\\\" 404 5",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/a\\|sc-status=404|sc-bytes=5"},
	{"escaped quotes in the agent",
	 "192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5 \"() { x; }; echo \\\"a\\\" \" \"b\\\\\"",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|"
	 "cs-referer=() { x; }; echo \\\"a\\\" |cs-user-agent=b\\\\"},
	{"torn in the agent",
	 "192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5 \"-\" \"Mozilla/5.0 (Win",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|"
	 "cs-user-agent=Mozilla/5.0 (Win"},
	{"absolute form", "192.0.2.7 - - " TIME " \"GET http://e.example:81/p?q HTTP/1.1\" 200 5",
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=http://e.example:81/p?q|cs-version=HTTP/1.1|"
	 "sc-status=200|sc-bytes=5"},
};

static void lines_of_all_forms(void)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		int rc = help_parse(YG_FORMAT_ACCESS, forms[i].line);

		if (rc != YG_OK)
			fprintf(stderr, "%s: %s at %zu\n", forms[i].name, help_fault.msg,
				help_fault.pos);
		CHECK(rc == YG_OK);
		CHECK(help_same(help_fields(false), forms[i].fields, forms[i].name));
		CHECK(help_event.format == YG_FORMAT_ACCESS);
		CHECK(help_event.time_ns == TIME_NS && help_event.has_zone);
		CHECK_TEXT(help_event.time_text, "22/Dec/2016:16:30:52 +0300");
		CHECK_TEXT(help_event.raw, forms[i].line);
		CHECK(help_event.channel.size == 0);
	}
}

static void derived_fields(void)
{
	CHECK(help_parse(YG_FORMAT_ACCESS,
			 "192.0.2.7 - - " TIME " \"GET /A/%2e%2E/b?X=%2527+1 HTTP/1.1\" 200 5 "
			 "\"http://R.example/\" \"Mozilla/5.0 ${JNDI:x}\" \"10.0.0.1\"") == YG_OK);
	CHECK(help_same(
		help_fields(true),
		"src_ip=192.0.2.7|cs-uri-query=/A/%2e%2E/b?X=%2527+1|"
		"c-uri=/A/%2e%2E/b?X=%2527+1|cs-uri-stem=/A/%2e%2E/b|cs-uri-args=X=%2527+1|"
		"cs-uri-normal=/a/../b?x=' 1|c-useragent=Mozilla/5.0 ${JNDI:x}|"
		"cs-headers-normal=http://r.example/|cs-headers-normal=mozilla/5.0 ${jndi:x}",
		"combined"));
	CHECK(help_parse(YG_FORMAT_ACCESS,
			 "pc.example - - " TIME
			 " \"GET http://e.example:81/p?q HTTP/1.1\" 200 5") == YG_OK);
	CHECK(help_same(help_fields(true),
			"cs-uri-query=http://e.example:81/p?q|c-uri=http://e.example:81/p?q|"
			"cs-uri-stem=/p|cs-uri-args=q|cs-host=e.example:81|"
			"cs-uri-normal=http://e.example:81/p?q",
			"absolute form, client by name"));
	CHECK(help_parse(YG_FORMAT_ACCESS, "192.0.2.7 - - " TIME
					   " \"CONNECT m.example:25 HTTP/1.1\" 405 0") == YG_OK);
	CHECK_TEXT(yg_event_get(&help_event, YG_F_cs_host), "m.example:25");
}

static const struct {
	const char *line;
	int rc;
	size_t pos;
} refused[] = {
	{"", YG_EMISMATCH, 0},
	{"hello world", YG_EMISMATCH, 0},
	{"{\"a\":\"192.0.2.7 - - " TIME " \\\"GET / HTTP/1.1\\\" 200 5\"}", YG_EMISMATCH, 0},
	{"Dec 22 16:30:52 host sshd[12]: text", YG_EMISMATCH, 0},
	{"[Thu Sep 30 13:27:06.009964 2021] [:error] [pid 2:tid 3] x", YG_EMISMATCH, 0},
	{"192.0.2.7 - - [22/Dec/2016:16:30:52 +0300 \"GET / HTTP/1.1\" 200 5", YG_EFORMAT, 14},
	{"192.0.2.7 - - [32/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 5", YG_EFORMAT, 15},
	{"192.0.2.7 - - [22/Dez/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 5", YG_EFORMAT, 15},
	{"192.0.2.7 - - [22/Dec/2016:16:30:52 +03x0] \"GET / HTTP/1.1\" 200 5", YG_EFORMAT, 15},
	{"192.0.2.7 - - " TIME, YG_EFORMAT, 42},
	{"192.0.2.7 - - " TIME " \"GET / HT", YG_EFORMAT, 43},
	{"192.0.2.7 - - " TIME " \"GET / HTTP/1.1\"", YG_EFORMAT, 43},
	{"\"192.0.2.7 - - " TIME " \"GET / HTTP/1.1\"\"", YG_EFORMAT, 44},
	{"\"192.0.2.7 - - " TIME " \"\"GET / HTTP/1.1\"\" x\"", YG_EFORMAT, 44},
};

static void lines_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int rc = help_parse(YG_FORMAT_ACCESS, refused[i].line);

		if (rc != refused[i].rc || help_fault.pos != refused[i].pos)
			fprintf(stderr, "%s: %d at %zu\n", refused[i].line, rc, help_fault.pos);
		CHECK(rc == refused[i].rc && help_fault.pos == refused[i].pos);
		CHECK(help_fault.code == rc);
	}
}

static void time_without_a_zone(void)
{
	struct yg_zone *zone;

	CHECK(yg_zone_load("+09:00", &zone) == YG_OK);
	help_open(zone, NULL);
	CHECK(help_parse(YG_FORMAT_ACCESS,
			 "192.0.2.7 - - [01/Jan/1970:09:00:01.25] \"GET / HTTP/1.1\" 200 5") ==
	      YG_OK);
	CHECK(help_event.time_ns == YG_NS_PER_S + YG_NS_PER_S / 4);
	CHECK(!help_event.has_zone);
	help_open(NULL, NULL);
	zone = yg_zone_free(zone);
}

static void nul_bytes_are_kept(void)
{
	static const char line[] = "192.0.2.7 - - " TIME " \"GET /a\0b HTTP/1.1\" 200 5";

	CHECK(help_parse_bytes(YG_FORMAT_ACCESS, line, sizeof(line) - 1) == YG_OK);
	CHECK(yg_event_get(&help_event, YG_F_cs_uri).size == 4);
	CHECK_TEXT(yg_event_get(&help_event, YG_F_cs_uri_normal), "/ab");
}

static void any_format_finds_it(void)
{
	struct yg_bytes records[2];

	CHECK(help_parse(YG_FORMAT_UNKNOWN, forms[0].line) == YG_OK);
	CHECK(help_event.format == YG_FORMAT_ACCESS);
	CHECK(help_parse(YG_FORMAT_UNKNOWN, "nothing of the kind") == YG_EMISMATCH);
	records[0] = yg_bytes_str(forms[1].line);
	records[1] = help_record("?", 1);
	CHECK(yg_parse_recognise(help_parser, records + 1, 1, help_arena) == YG_FORMAT_UNKNOWN);
	CHECK(yg_parse_recognise(help_parser, records, 2, help_arena) == YG_FORMAT_ACCESS);
}

/* A web server that writes to syslog: "Sep" is no client, in whatever order formats are tried. */
static void inside_a_system_log(void)
{
	static const char *const heads[] = {
		"Sep 15 16:13:46 www nginx[2869]: ",
		"<190>Sep 15 16:13:46 www nginx: ",
		"2022-12-22T16:30:52+03:00 www nginx: ",
		"<190>1 2022-12-22T16:30:52Z www nginx - - - ",
	};
	char line[256];

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		(void)snprintf(line, sizeof(line),
			       "%s192.0.2.7 - - " TIME " \"GET /a HTTP/1.1\" 200 3 \"-\" \"x\"",
			       heads[i]);
		CHECK(help_parse(YG_FORMAT_ACCESS, line) == YG_EMISMATCH);
		yg_arena_reset(help_arena);
		CHECK(yg_parse_any(help_parser, YG_FORMAT_ACCESS, help_record(line, strlen(line)),
				   help_arena, &help_event, &help_fault) == YG_OK);
		CHECK(help_event.format == YG_FORMAT_ACCESS);
		CHECK_TEXT(yg_event_get(&help_event, YG_F_c_ip), "192.0.2.7");
	}
	CHECK(help_parse(YG_FORMAT_ACCESS, "may - - " TIME " \"GET /a HTTP/1.1\" 200 3") == YG_OK);
	CHECK_TEXT(yg_event_get(&help_event, YG_F_c_ip), "may");
}

static void memory_runs_out(void)
{
	struct yg_arena *small = yg_arena_new(16);
	struct yg_bytes line = yg_bytes_str(forms[1].line);

	CHECK(small);
	CHECK(yg_parse(help_parser, YG_FORMAT_ACCESS, line, small, &help_event, &help_fault) ==
	      YG_ENOMEM);
	small = yg_arena_free(small);
}

static const struct check_case cases[] = {
	CASE(lines_of_all_forms),  CASE(derived_fields),     CASE(lines_refused),
	CASE(time_without_a_zone), CASE(nul_bytes_are_kept), CASE(any_format_finds_it),
	CASE(inside_a_system_log), CASE(memory_runs_out),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	help_close();
	return rc;
}
