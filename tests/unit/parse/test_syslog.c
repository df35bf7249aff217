/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "reading.h"

static bool is_time(struct reading *r, const char *iso)
{
	char text[YG_ISO_SIZE];

	if (r->event.time_ns == YG_TIME_NONE)
		return false;
	(void)yg_time_iso(r->event.time_ns, 0, text);
	if (strcmp(text, iso) != 0)
		fprintf(stderr, "%s is not %s\n", text, iso);
	return strcmp(text, iso) == 0;
}

static void headers_of_many_kinds(void)
{
	static const struct {
		const char *line;
		const char *time;
		const char *host;
		const char *program;
		const char *pid;
		const char *message;
	} lines[] = {
		{"Dec 10 06:55:46 LabSZ sshd[24200]: hello", "2022-12-10T06:55:46Z", "LabSZ",
		 "sshd", "24200", "hello"},
		{"<34>Oct  1 22:14:15 mymachine su: 'su root' failed", "2023-10-01T22:14:15Z",
		 "mymachine", "su", "", "'su root' failed"},
		{"<13>Nov 15 22:13:21 h p: tomorrow still", "2022-11-15T22:13:21Z", "h", "p", "",
		 "tomorrow still"},
		{"Nov 14 23:59:59 h p: within a day", "2023-11-14T23:59:59Z", "h", "p", "",
		 "within a day"},
		{"Feb 29 01:02:03 h p: leap", "2020-02-29T01:02:03Z", "h", "p", "", "leap"},
		{"Jan  2 2021 03:04:05 fw %OTHER-6-1: text", "2021-01-02T03:04:05Z", "fw",
		 "%OTHER-6-1", "", "text"},
		{"Jan  2 2021 03:04:05 fw : %OTHER-6-1: text", "2021-01-02T03:04:05Z", "fw",
		 "%OTHER-6-1", "", "text"},
		{"Jan 2 03:04:05 2021 fw prog: text", "2021-01-02T03:04:05Z", "fw", "prog", "",
		 "text"},
		{"Jan  2 03:04:05.250 h prog: text", "2023-01-02T03:04:05.250Z", "h", "prog", "",
		 "text"},
		{"Jan  2 03:04:05 sshd[7]: no host", "2023-01-02T03:04:05Z", "", "sshd", "7",
		 "no host"},
		{"Jan  2 03:04:05 host no program here", "2023-01-02T03:04:05Z", "host", "", "",
		 "no program here"},
		{"Jun 14 15:16:01 combo sshd(pam_unix)[19939]: check pass; user unknown",
		 "2023-06-14T15:16:01Z", "combo", "sshd", "19939", "check pass; user unknown"},
		{"2022-02-09T20:53:37+09:00 nas prog[1]: iso", "2022-02-09T11:53:37Z", "nas",
		 "prog", "1", "iso"},
		{"<35>1 2022-01-19T15:14:32.5Z fw audit 24409 ID7 [m@1 seq=\"4\" q=\"a\\\"]b\"] "
		 "the text",
		 "2022-01-19T15:14:32.500Z", "fw", "audit", "24409", "the text"},
		{"1 2022-01-19T15:14:32Z fw audit 24409 - - no PRI", "2022-01-19T15:14:32Z", "fw",
		 "audit", "24409", "no PRI"},
		{"77 <35>1 2022-01-19T15:14:32Z - - - - - \xef\xbb\xbfonly text",
		 "2022-01-19T15:14:32Z", "", "", "", "only text"},
		{" 3月 01 03:04:05 web1 sshd[7]: in Japanese", "2023-03-01T03:04:05Z", "web1",
		 "sshd", "7", "in Japanese"},
		{"10月 26 03:04:05 web1 sshd[7]: in Japanese", "2023-10-26T03:04:05Z", "web1",
		 "sshd", "7", "in Japanese"},
		{"2023-03-01 03:04:05 web1 sshd[7]: with a blank", "2023-03-01T03:04:05Z", "web1",
		 "sshd", "7", "with a blank"},
		{"2023-03-01 03:04:05.250+09:00 web1 sshd[7]: zone", "2023-02-28T18:04:05.250Z",
		 "web1", "sshd", "7", "zone"},
		{"Wed 2023-03-01 03:04:05 UTC web1 sshd[7]: full", "2023-03-01T03:04:05Z", "web1",
		 "sshd", "7", "full"},
		{"1677639845.250000 web1 sshd[7]: unix", "2023-03-01T03:04:05.250Z", "web1", "sshd",
		 "7", "unix"},
		{"Jan  2 03:04:05 UDM,0011,v1.2 dropbear[7]: commas", "2023-01-02T03:04:05Z",
		 "UDM,0011,v1.2", "dropbear", "7", "commas"},
		{"Jan  2 03:04:05 <local0.warn> 192.0.2.7 prog: with its level",
		 "2023-01-02T03:04:05Z", "192.0.2.7", "prog", "", "with its level"},
		{"Jan  2 03:04:05 <local0> 192.0.2.7 no level", "2023-01-02T03:04:05Z", "", "", "",
		 "<local0> 192.0.2.7 no level"},
		{"Jan  2 03:04:05 big1 notice apmd[7]: level before the program",
		 "2023-01-02T03:04:05Z", "big1", "apmd", "7", "level before the program"},
		{"Jan  2 03:04:05 big1 notice of a meeting", "2023-01-02T03:04:05Z", "big1", "", "",
		 "notice of a meeting"},
		{"2023:03:01-03:04:05 utm1 aua[7]: of Sophos UTM", "2023-03-01T03:04:05Z", "utm1",
		 "aua", "7", "of Sophos UTM"},
		{"<134>1 1677639845.250000000 MX84 events port 44 down", "2023-03-01T03:04:05.250Z",
		 "MX84", "events", "", "port 44 down"},
		{"2024-05-01T00:00:00Z stdout F plain words", "2024-05-01T00:00:00Z", "",
		 "container", "", "plain words"},
	};
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		reading_next(&r, lines[i].line);
		if (r.rc != YG_OK)
			fprintf(stderr, "%s: %s\n", lines[i].line, r.fault.msg);
		CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_SYSLOG);
		CHECK(is_time(&r, lines[i].time));
		CHECK_TEXT(yg_event_get(&r.event, YG_F_hostname), lines[i].host);
		CHECK_TEXT(yg_event_get(&r.event, YG_F_program), lines[i].program);
		CHECK_TEXT(yg_event_get(&r.event, YG_F_pid), lines[i].pid);
		CHECK_TEXT(yg_event_get(&r.event, YG_F_message), lines[i].message);
	}
	reading_done(&r);
}

static void parts_of_rfc_5424(void)
{
	struct reading r = reading("<165>1 2003-10-11T22:14:15.003Z h app - ID47 "
				   "[exampleSDID@32473 iut=\"3\" src=\"a\\\"b\\]\"][x y=\"\"] msg");

	CHECK(r.rc == YG_OK);
	CHECK_TEXT(field(&r, "facility"), "20");
	CHECK_TEXT(field(&r, "severity"), "5");
	CHECK_TEXT(field(&r, "msgid"), "ID47");
	CHECK_TEXT(field(&r, "exampleSDID@32473.iut"), "3");
	CHECK_TEXT(field(&r, "message"), "msg");
	CHECK_TEXT(r.event.channel, "app");
	reading_next(&r,
		     "<165>1 2003-10-11T22:14:15.003Z h app - ID47 [a k==\"v\" =\"\" b=\"2\"] m");
	CHECK(r.rc == YG_OK);
	CHECK_TEXT(field(&r, "a.b"), "2");
	reading_next(&r, "<165>1 2003-10-11T22:14:15.003Z h app - ID47 [open x=\"1\" msg");
	CHECK(r.rc == YG_EFORMAT && r.fault.pos == 45);
	reading_done(&r);
}

static void check_gateway(struct reading *r, const char *line, const char *user,
			  const char *address, const char *result)
{
	reading_next(r, line);
	CHECK(r->rc == YG_OK && r->event.format == YG_FORMAT_KEYVALUE);
	CHECK_TEXT(field(r, "user"), user);
	CHECK_TEXT(field(r, "src_ip"), address);
	CHECK_TEXT(field(r, "auth_result"), result);
}

/* Their params have their own names, and what they say of sign-ins is told. */
static void gateways_write_structured_data(void)
{
	struct reading r = reading("x");

	check_gateway(&r,
		      "<37>1 2023-05-09T15:00:06Z fw1 sshd - SSHD_LOGIN_FAILED [junos@2636.1 "
		      "username=\"bob\" source-address=\"192.0.2.9\"]",
		      "bob", "192.0.2.9", "failed");
	CHECK_TEXT(field(&r, "source-address"), "192.0.2.9");
	check_gateway(&r,
		      "<37>1 2023-05-09T15:00:06Z fw1 mgd - UI_LOGIN_EVENT [junos@2636.1 "
		      "username=\"bob\" ssh-connection=\"192.0.2.9 51512 198.51.100.1 22\"]",
		      "bob", "192.0.2.9", "accepted");
	check_gateway(&r,
		      "<37>1 2023-05-09T15:00:06Z fw1 snmpd - SNMPD_AUTH_FAILURE [junos@2636.1 "
		      "source-address=\"192.0.2.9\"]",
		      "", "192.0.2.9", "");
	check_gateway(
		&r,
		"Aug 24 04:58:58 192.0.2.1 junos-flow: 2023-08-24T04:58:58.724Z fw1 RT_FLOW - "
		"RT_FLOW_SESSION_DENY [junos@2636.1 source-address=\"192.0.2.9\" "
		"destination-port=\"80\" username=\"N/A\" note=\"a \\\"b\\\" \\]\"] denied",
		"", "192.0.2.9", "");
	CHECK_TEXT(field(&r, "action"), "deny");
	CHECK_TEXT(field(&r, "dst_port"), "80");
	CHECK_TEXT(field(&r, "msgid"), "RT_FLOW_SESSION_DENY");
	CHECK_TEXT(field(&r, "message"), "denied");
	check_gateway(&r,
		      "<134>1 2023-12-27T09:39:55Z gw CheckPoint 1 - [action:\"Failed Log In\"; "
		      "scheme::\"IKE\"; user:\"bob\"; src:\"192.0.2.9\"; ]",
		      "bob", "192.0.2.9", "failed");
	CHECK_TEXT(field(&r, "scheme"), "IKE");
	check_gateway(&r,
		      "1 2023-12-27T09:39:55Z gw CheckPoint 1 - [action:\"Accept\"; "
		      "administrator:\"bob\"; audit_status:\"Failure\"; client_ip:\"192.0.2.9\"; "
		      "operation:\"Log In\"]",
		      "bob", "192.0.2.9", "failed");
	check_gateway(&r,
		      "1 2023-12-27T09:39:55Z gw CheckPoint 1 - [action:\"Drop\"; service:\"dns\"; "
		      "src:\"192.0.2.9\"]",
		      "", "192.0.2.9", "");
	CHECK_TEXT(field(&r, "dst_port"), "");
	reading_next(&r, "Aug 24 04:58:58 gw prog: open [junos@2636.1 a=\"b");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_SYSLOG);
	reading_done(&r);
}

static void other_text_is_no_syslog(void)
{
	static const char *const lines[] = {
		"just words",
		"2021-10-11 09:01:35,116 INFO [x] - y",
		"<999>hello",
		"Mayhem ensued at 12",
		"2022-06-20T09:52:17.637Z [warn][API]: Failed",
		"Jan 32 03:04:05 h p: x",
	};
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		reading_as(&r, YG_FORMAT_SYSLOG, lines[i]);
		CHECK(r.rc == YG_EMISMATCH);
	}
	reading_done(&r);
}

static void a_message_may_be_another_format(void)
{
	struct reading r = reading("<189>date=2024-10-14 time=13:46:40 logid=\"0101039426\" "
				   "type=\"event\" remip=192.0.2.1");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_FORTIGATE);
	reading_next(&r,
		     "Oct 14 13:46:40 fw date=2024-10-14 time=13:46:41 logid=\"1\" type=\"event\"");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_FORTIGATE);
	CHECK(is_time(&r, "2024-10-14T13:46:41Z"));
	CHECK_TEXT(field(&r, "hostname"), "fw");
	reading_next(&r, "Oct 14 13:46:40 web nginx: 192.0.2.9 - - [14/Oct/2023:13:46:40 +0000] "
			 "\"GET /x HTTP/1.1\" 200 5 \"-\" \"curl\"");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_ACCESS);
	CHECK_TEXT(field(&r, "c-ip"), "192.0.2.9");
	CHECK_TEXT(field(&r, "program"), "nginx");
	CHECK(r.event.raw.size > 60 && r.event.raw.data[0] == 'O');
	reading_next(&r,
		     "Oct 14 13:46:40 app node[3]: {\"msg\":\"hi\",\"client_ip\":\"192.0.2.8\"}");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_JSON);
	CHECK(is_time(&r, "2023-10-14T13:46:40Z"));
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.8");
	reading_next(&r, "Jun  8 14:34:33 gw kernel: [50028442.088484] IN=eth0 OUT= MAC=00 "
			 "SRC=192.0.2.5 DST=192.0.2.6 LEN=40 PROTO=TCP SPT=8080 DPT=22 SYN");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_NETFILTER);
	CHECK_TEXT(r.event.channel, "iptables");
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.5");
	CHECK_TEXT(field(&r, "dst_port"), "22");
	reading_next(&r, "Jun  8 14:34:33 gw CEF: 0|V|P|1|7|N|3|src=192.0.2.5 msg=a b c dpt=1");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_CEF);
	CHECK_TEXT(field(&r, "msg"), "a b c");
	reading_done(&r);
}

static void sources_in_messages_of_unknown_programs(void)
{
	struct reading r = reading(
		"Oct 26 14:50:21 fw php-fpm[3]: authentication error for 'x' from: 192.0.2.77");

	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.77");
	reading_next(&r, "Oct 26 14:50:21 m postfix/smtpd[3]: connect from unknown[2001:db8::5]");
	CHECK_TEXT(field(&r, "src_ip"), "2001:db8::5");
	reading_next(&r, "Oct 26 14:50:21 m x: far from home");
	CHECK_TEXT(field(&r, "src_ip"), "");
	reading_done(&r);
}

static const struct check_case cases[] = {
	CASE(headers_of_many_kinds),	       CASE(parts_of_rfc_5424),
	CASE(gateways_write_structured_data),  CASE(other_text_is_no_syslog),
	CASE(a_message_may_be_another_format), CASE(sources_in_messages_of_unknown_programs),
};

CHECK_MAIN(cases)
