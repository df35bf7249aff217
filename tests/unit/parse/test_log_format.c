/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "base/alloc.h"
#include "parse_help.h"

#define T1 INT64_C(1482413452) /* 2016-12-22T13:30:52Z */

static const struct {
	const char *format;
	const char *line;
	int64_t time_ms; /* -1 = none */
	const char *fields;
} table[] = {
	{"common", "192.0.2.7 - frank [22/Dec/2016:16:30:52 +0300] \"GET /a HTTP/1.0\" 200 2326",
	 T1 * 1000,
	 "c-ip=192.0.2.7|cs-username=frank|cs-method=GET|cs-uri=/a|cs-version=HTTP/1.0|"
	 "sc-status=200|sc-bytes=2326"},
	{"LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" "
	 "combined",
	 "192.0.2.7 - a b c [22/Dec/2016:16:30:52 +0300] \"GET /\\\"x HTTP/1.0\" 200 - \"-\" \"A "
	 "\\\"q\\\" B\"",
	 T1 * 1000,
	 "c-ip=192.0.2.7|cs-username=a b c|cs-method=GET|cs-uri=/\\\"x|cs-version=HTTP/1.0|"
	 "sc-status=200|cs-user-agent=A \\\"q\\\" B"},
	{"%{X-Forwarded-For}i %l %u %t \"%r\" %>s",
	 "192.0.2.7, 10.0.0.1, 10.0.0.2 - - [22/Dec/2016:16:30:52 +0300] \"GET /a HTTP/1.0\" 200",
	 T1 * 1000,
	 "x-forwarded-for=192.0.2.7, 10.0.0.1, 10.0.0.2|cs-method=GET|cs-uri=/a|"
	 "cs-version=HTTP/1.0|sc-status=200"},
	{"vhost_combined",
	 "www.example:443 192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 404 7 "
	 "\"r\" \"a\"",
	 T1 * 1000,
	 "cs-host=www.example|s-port=443|c-ip=192.0.2.7|cs-method=GET|cs-uri=/|"
	 "cs-version=HTTP/1.1|sc-status=404|sc-bytes=7|cs-referer=r|cs-user-agent=a"},
	{"%v %{c}a %a %A %p %{remote}p %{X-Forwarded-For}i %{X-Real-IP}i \"%r\" %s %D %T %I %O %P "
	 "%{tid}P",
	 "www.example 192.0.2.1 192.0.2.2 10.0.0.1 80 4711 203.0.113.5, 10.0.0.9 x.y \"GET / "
	 "HTTP/1.1\""
	 " 200 123 0 99 1234 17 18",
	 -1,
	 "cs-host=www.example|c-ip=192.0.2.1|c-ip=192.0.2.2|s-ip=10.0.0.1|s-port=80|s-port=4711|"
	 "x-forwarded-for=203.0.113.5, 10.0.0.9|cs-x-real-ip=x.y|cs-method=GET|cs-uri=/|"
	 "cs-version=HTTP/1.1|sc-status=200|time-taken=123|time-taken=0|cs-bytes=99|"
	 "sc-bytes=1234|pid=17|pid=18"},
	{"%{%Y-%m-%d "
	 "%H:%M:%S}t.%{msec_frac}t|%{%z}t|%h|%m|%U%q|%H|%!200,304{Referer}i|%{SSL_PROTOCOL}x|"
	 "%{UNIQUE_ID}e|%{id}C|%{note}n|%{X-Cache}o",
	 "2016-12-22 "
	 "16:30:52.250|+0300|192.0.2.7|GET|/a/b?x=1&y=2|HTTP/1.1|-|TLSv1.3|abc|s1|n1|HIT",
	 T1 * 1000 + 250,
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri-stem=/a/b|cs-uri-args=x=1&y=2|cs-version=HTTP/1.1|"
	 "%{SSL_PROTOCOL}x=TLSv1.3|UNIQUE_ID=abc|cookie-id=s1|note=n1|sc-x-cache=HIT"},
	{"%{%d/%b/%Y:%T}t %{sec}t %h 100%%", "01/Jan/1971:00:00:00 1482413452 h 100%", 31536000000,
	 "c-ip=h"},
	{"%{msec}t %h", "1482413452250 h", T1 * 1000 + 250, "c-ip=h"},
	{"%{%a %b %e %I:%M:%S %p %y}t %h", "Thu Dec  2 04:30:52 PM 16 h", 1480696252000, "c-ip=h"},
	{"$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
	 "\"$http_referer\" \"$http_user_agent\" \"$http_x_forwarded_for\" rt=$request_time "
	 "ua=\"$upstream_addr\" c=$http_cookie",
	 "192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 5 \"-\" \"A\" "
	 "\"203.0.113.9\" rt=0.013 ua=\"10.0.0.1:80, 10.0.0.2:80\" c=a=b; c=d",
	 T1 * 1000,
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200|sc-bytes=5|"
	 "cs-user-agent=A|x-forwarded-for=203.0.113.9|time-taken=0.013|"
	 "upstream_addr=10.0.0.1:80, 10.0.0.2:80|cs-cookie=a=b; c=d"},
	{"log_format  main  '$remote_addr [$time_iso8601] '\n  '\"$request_method "
	 "$scheme://$host$request_uri "
	 "$server_protocol\" ${status} ' '$bytes_sent';",
	 "192.0.2.7 [2016-12-22T16:30:52+03:00] \"POST https://www.example/a?b HTTP/2.0\" 302 0",
	 T1 * 1000,
	 "c-ip=192.0.2.7|cs-method=POST|scheme=https|cs-host=www.example|cs-uri=/a?b|"
	 "cs-version=HTTP/2.0|sc-status=302|sc-bytes=0"},
	{"$msec $remote_addr $uri$is_args$args $sent_http_x_id \"$cookie_sid\"",
	 "1482413452.250 192.0.2.7 /a?b=c 7 \"z\"", T1 * 1000 + 250,
	 "c-ip=192.0.2.7|cs-uri-stem=/a|cs-uri-args=b=c|sc-x-id=7|cookie-sid=z"},
	{"'$remote_addr \"$request\" $status'", "\"192.0.2.7 \"GET / HTTP/1.1\" 200\"", -1,
	 "c-ip=192.0.2.7|cs-method=GET|cs-uri=/|cs-version=HTTP/1.1|sc-status=200"},
	{"%h \"%r\" %s", "h \"GET /a\" 1\" x HTTP/1.1\" 200", -1,
	 "c-ip=h|cs-method=GET|cs-uri=/a\" 1\" x|cs-version=HTTP/1.1|sc-status=200"},
	{"%h\\t%s", "h\t200", -1, "c-ip=h|sc-status=200"},
};

static struct yg_log_format *compile(const char *text, struct yg_fault *fault)
{
	struct yg_log_format *format = NULL;

	return yg_log_format_compile(yg_bytes_str(text), &format, fault) == YG_OK ? format : NULL;
}

static void formats_and_lines(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct yg_log_format *format = compile(table[i].format, &help_fault);
		int64_t wanted = table[i].time_ms < 0 ? YG_TIME_NONE : table[i].time_ms * 1000000;
		int rc;

		if (!format)
			fprintf(stderr, "%s: %s at %zu\n", table[i].format, help_fault.msg,
				help_fault.pos);
		CHECK(format);
		help_open(NULL, format);
		rc = help_parse(YG_FORMAT_ACCESS, table[i].line);
		if (rc != YG_OK)
			fprintf(stderr, "%s: %s at %zu\n", table[i].line, help_fault.msg,
				help_fault.pos);
		CHECK(rc == YG_OK);
		CHECK(help_same(help_fields(false), table[i].fields, table[i].format));
		if (help_event.time_ns != wanted)
			fprintf(stderr, "%s: time %lld\n", table[i].format,
				(long long)help_event.time_ns);
		CHECK(help_event.time_ns == wanted);
		help_open(NULL, NULL);
		format = yg_log_format_free(format);
	}
}

static const struct {
	const char *text;
	int rc;
	size_t pos;
} refused[] = {
	{"", YG_EFORMAT, 0},
	{"no fields at all", YG_EFORMAT, 0},
	{"%h %", YG_EFORMAT, 3},
	{"%h %{Referer", YG_EFORMAT, 4},
	{"%h %{Referer}", YG_EFORMAT, 3},
	{"%h %u%l", YG_EFORMAT, 5},
	{"%h %{}i", YG_EFORMAT, 3},
	{"%h %{}t", YG_EFORMAT, 3},
	{"%h %{}e", YG_EFORMAT, 3},
	{"LogFormat \"%h %l", YG_EFORMAT, 10},
	{"LogFormat \"%h %\" x", YG_EFORMAT, 14},
	{"log_format main $remote_addr;", YG_EFORMAT, 29},
	{"log_format main '$remote_addr' '${x';", YG_EFORMAT, 33},
	{"$remote_user$request", YG_EFORMAT, 12},
};

static void formats_refused(void)
{
	struct yg_log_format *format;
	char text[YG_LOG_FORMAT_BYTES_MAX + 2];

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int rc = yg_log_format_compile(yg_bytes_str(refused[i].text), &format, &help_fault);

		if (rc != refused[i].rc || help_fault.pos != refused[i].pos)
			fprintf(stderr, "%s: %d at %zu (%s)\n", refused[i].text, rc, help_fault.pos,
				help_fault.msg);
		CHECK(rc == refused[i].rc && help_fault.pos == refused[i].pos);
	}
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "%h "[i % 3];
	CHECK(yg_log_format_compile((struct yg_bytes){(uint8_t *)text, sizeof(text)}, &format,
				    &help_fault) == YG_ELIMIT);
	CHECK(yg_log_format_compile((struct yg_bytes){(uint8_t *)text, 600}, &format,
				    &help_fault) == YG_ELIMIT);
}

static const struct {
	const char *line;
	int rc;
	size_t pos;
} damaged[] = {
	{"", YG_EMISMATCH, 0},
	{"completely different", YG_EMISMATCH, 0},
	{"h [22/Dec/2016:16:30:52 +0300", YG_EMISMATCH, 3},
	{"h [22/Dec/2016:16:30:61 +0300] \"-\" 200", YG_EFORMAT, 3},
	{"h [22/Dec/2016:16:30:52 +0300] GET", YG_EFORMAT, 31},
	{"h [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1 200", YG_EFORMAT, 32},
	{"h [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" abc", YG_EFORMAT, 32},
};

static void lines_damaged(void)
{
	struct yg_log_format *format = compile("%h %t \"%r\" %s", &help_fault);

	CHECK(format);
	help_open(NULL, format);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		int rc = help_parse(YG_FORMAT_ACCESS, damaged[i].line);

		if (rc != damaged[i].rc || help_fault.pos != damaged[i].pos)
			fprintf(stderr, "%s: %d at %zu\n", damaged[i].line, rc, help_fault.pos);
		CHECK(rc == damaged[i].rc && help_fault.pos == damaged[i].pos);
	}
	help_open(NULL, NULL);
	format = yg_log_format_free(format);
}

static void derived_from_parts(void)
{
	struct yg_log_format *format = compile("%h %U%q \"%{X-Api}i\"", &help_fault);

	CHECK(format);
	help_open(NULL, format);
	CHECK(help_parse(YG_FORMAT_ACCESS, "192.0.2.7 /A?b=%41 \"${JNDI:x}\"") == YG_OK);
	CHECK(help_same(help_fields(true),
			"src_ip=192.0.2.7|cs-uri=/A?b=%41|cs-uri-query=/A?b=%41|c-uri=/A?b=%41|"
			"cs-uri-normal=/a?b=a|cs-headers-normal=${jndi:x}",
			"parts"));
	help_open(NULL, NULL);
	format = yg_log_format_free(format);
}

/* A line that would pass for syslog: the format string that was given comes first. */
static void a_given_format_comes_first(void)
{
	static const char line[] = "Dec 22 16:30:52 web nginx: 192.0.2.7 /x";
	struct yg_log_format *format =
		compile("$month $day $hour web nginx: $remote_addr $request_uri", &help_fault);

	CHECK(format);
	help_open(NULL, NULL);
	CHECK(help_parse(YG_FORMAT_UNKNOWN, line) == YG_OK);
	CHECK(help_event.format == YG_FORMAT_SYSLOG);
	help_open(NULL, format);
	CHECK(help_parse(YG_FORMAT_UNKNOWN, line) == YG_OK);
	CHECK(help_event.format == YG_FORMAT_ACCESS);
	CHECK_TEXT(yg_event_get(&help_event, YG_F_c_ip), "192.0.2.7");
	CHECK(help_parse(YG_FORMAT_UNKNOWN, "Dec 22 16:30:52 web sshd[1]: x") == YG_OK);
	CHECK(help_event.format == YG_FORMAT_SYSLOG);
	help_open(NULL, NULL);
	format = yg_log_format_free(format);
}

static void memory_runs_out(void)
{
	struct yg_log_format *format;

	yg_fail_at = 1;
	CHECK(yg_log_format_compile(YG_S("combined"), &format, &help_fault) == YG_ENOMEM);
	yg_fail_at = 0;
}

static const struct check_case cases[] = {
	CASE(formats_and_lines),
	CASE(formats_refused),
	CASE(lines_damaged),
	CASE(derived_from_parts),
	CASE(a_given_format_comes_first),
	CASE(memory_runs_out),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	help_close();
	return rc;
}
