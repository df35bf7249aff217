/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of devices and services, one by one: whose they are, and what must stand in which field. */
#include "../check.h"
#include "reading.h"

struct want {
	const char *line;
	enum yg_format format;
	const char *fields; /* "name=value|…"; an empty value: no such field */
};

static bool has_fields(struct reading *r, const struct want *want)
{
	struct yg_bytes rest = yg_bytes_str(want->fields);
	bool is_right = true;

	while (rest.size > 0) {
		struct yg_bytes pair = yg_bytes_cut(rest, 0, yg_bytes_chr(rest, '|'));
		struct yg_bytes name = yg_bytes_cut(pair, 0, yg_bytes_chr(pair, '='));
		struct yg_bytes value = yg_bytes_from(pair, name.size + 1);
		char text[64];

		rest = yg_bytes_from(rest, pair.size + 1);
		(void)snprintf(text, sizeof(text), "%.*s", YG_FMT(name));
		if (yg_bytes_eq(field(r, text), value))
			continue;
		is_right = false;
		fprintf(stderr, "%s\n  %s is '%.*s', not '%.*s'\n", want->line, text,
			YG_FMT(field(r, text)), YG_FMT(value));
	}
	return is_right;
}

static void check_all(const struct want *wants, size_t count)
{
	struct reading r = reading("");

	for (size_t i = 0; i < count; i++) {
		reading_next(&r, wants[i].line);
		if (r.rc != YG_OK || r.event.format != wants[i].format)
			fprintf(stderr, "%s: read as %s (%s)\n", wants[i].line,
				r.rc == YG_OK ? yg_format_name(r.event.format) : "nothing",
				r.rc == YG_OK ? "" : r.fault.msg);
		CHECK(r.rc == YG_OK && r.event.format == wants[i].format);
		CHECK(has_fields(&r, &wants[i]));
	}
	reading_done(&r);
}

#define CHECK_WANTS(wants) check_all(wants, sizeof(wants) / sizeof((wants)[0]))

static void proxies(void)
{
	static const struct want wants[] = {
		{"1795617750.550     14 192.0.2.9 TCP_MISS/200 498 GET "
		 "http://www.office.example:8080/dir/tool.exe?a=b bob HIER_DIRECT/198.51.100.1 "
		 "text/html",
		 YG_FORMAT_SQUID,
		 "c-ip=192.0.2.9|src_ip=192.0.2.9|action=TCP_MISS|sc-status=200|sc-bytes=498|"
		 "time-taken=14|cs-method=GET|cs-username=bob|dst_ip=198.51.100.1|hierarchy=HIER_"
		 "DIRECT|"
		 "content-type=text/html|c-uri-extension=exe|c-uri-query=a=b|"
		 "c-uri=http://www.office.example:8080/dir/"
		 "tool.exe?a=b|cs-host=www.office.example:8080"},
		{"1795617750.457      0 127.1.0.8 TCP_DENIED/403 3445 CONNECT shop.example:443 - "
		 "HIER_NONE/- text/html",
		 YG_FORMAT_SQUID, "cs-host=shop.example:443|dst_ip=|r-dns=|cs-username="},
		{"1795617750.457 0 127.1.0.8 TCP_MISS/200 5 GET http://x/ - "
		 "FIRSTUP_PARENT/up.example -",
		 YG_FORMAT_SQUID, "r-dns=up.example|content-type="},
	};

	CHECK_WANTS(wants);
}

static void load_balancers(void)
{
	static const struct want wants[] = {
		{"<134>Nov 25 14:42:34 haproxy[21790]: 127.1.0.7:52348 [25/Nov/2026:14:42:34.512] "
		 "web~ "
		 "site/site1 0/0/0/4/+9 200 377 - - ---- 1/1/0/0/0 0/0 {Firefox/140.0 {x};ref} {y} "
		 "\"POST /form?q=1 HTTP/1.1\"",
		 YG_FORMAT_HAPROXY,
		 "c-ip=127.1.0.7|src_ip=127.1.0.7|src_port=52348|frontend=web|tls=true|backend="
		 "site|"
		 "server=site1|time-taken=9|sc-status=200|sc-bytes=377|termination_state=----|"
		 "request_headers=Firefox/140.0 {x};ref|response_headers=y|cs-method=POST|"
		 "cs-uri=/form?q=1|cs-version=HTTP/1.1|program=haproxy"},
		{"[2001:db8::1]:5 [25/Nov/2026:14:42:37.593] stream raw/site1 1/0/2 378 -- "
		 "1/1/0/0/0 0/0",
		 YG_FORMAT_HAPROXY, "sc-status=|sc-bytes=378|termination_state=--|time-taken=2"},
		{"192.0.2.4:50033 [28/Feb/2025:02:43:10.123] web/1: SSL handshake failure",
		 YG_FORMAT_HAPROXY, "frontend=web|bind=1|message=SSL handshake failure"},
		{"192.0.2.4:50033 [28/Feb/2025:02:43:10.123] web web/<NOSRV> -1/-1/-1/-1/0 400 0 - "
		 "- PR-- "
		 "2/1/0/0/0 0/0 \"<BADREQ>\"",
		 YG_FORMAT_HAPROXY, "cs-uri=<BADREQ>|server=<NOSRV>|sc-status=400"},
	};

	CHECK_WANTS(wants);
}

static void firewalls(void)
{
	static const struct want wants[] = {
		{"CEF:0|V|P\\\\Q|1|7|N|3|src=192.0.2.5 spt=9 dst=198.51.100.1 dpt=22 act=blocked "
		 "suser=bob msg=a\\=b c",
		 YG_FORMAT_CEF,
		 "product=P\\Q|src_ip=192.0.2.5|src_port=9|dst_ip=198.51.100.1|dst_port=22|"
		 "action=blocked|user=bob|msg=a=b c"},
		{"0|V|P|1|7|N|3|src=192.0.2.5", YG_FORMAT_CEF, "name=N|src_ip=192.0.2.5"},
		{"Oct 26 20:01:31 gw CEF:0|V|P|1|7|N|3|src=192.0.2.5", YG_FORMAT_CEF,
		 "hostname=gw|src_ip=192.0.2.5"},
		{"Jan  2 2021 03:04:05 fw : %ASA-4-106023: Deny tcp src outside:192.0.2.1/5 dst "
		 "inside:198.51.100.2/22 by access-group \"x\" [0x0, 0x0]",
		 YG_FORMAT_ASA,
		 "level=4|message_id=106023|action=deny|proto=tcp|src_ip=192.0.2.1|src_port=5|"
		 "dst_ip=198.51.100.2|dst_port=22|hostname=fw"},
		{"%ASA-6-302013: Built inbound TCP connection 7 for outside:192.0.2.1/5 "
		 "(192.0.2.1/5) to "
		 "inside:198.51.100.2/80 (198.51.100.2/80)",
		 YG_FORMAT_ASA, "action=accept|src_ip=192.0.2.1|dst_port=80"},
		{"<166>%ASA-6-113005: AAA user authentication Rejected : reason = AAA failure : "
		 "server = "
		 "192.0.2.9 : user = bob : user IP = 192.0.2.1",
		 YG_FORMAT_ASA, "auth_result=failed|user=bob|src_ip=192.0.2.1"},
		{"%ASA-6-605005: Login permitted from 192.0.2.1/5 to inside:198.51.100.2/ssh for "
		 "user "
		 "\"bob\"",
		 YG_FORMAT_ASA, "auth_result=accepted|user=bob|src_ip=192.0.2.1|src_port=5"},
		{"%ASA-6-716038: Group <g h> User <bob> IP <192.0.2.1> Authentication: successful, "
		 "Session Type: WebVPN.",
		 YG_FORMAT_ASA, "auth_result=accepted|group=g h|user=bob|src_ip=192.0.2.1"},
		{"1,2023/07/06 08:11:40,0164,TRAFFIC,end,2561,2023/07/06 "
		 "08:11:41,192.0.2.1,198.51.100.2,"
		 "0.0.0.0,0.0.0.0,\"rule, one\",bob,,ssl,vsys1,trust,untrust,e1,e2,log,2023/07/06 "
		 "08:11:41,7,1,40000,443,0,0,0x19,tcp,allow,900,400,500,9,2023/07/06 "
		 "08:10:40,60,any,0,1,"
		 "0x0,JP,US,0,5,4,aged-out",
		 YG_FORMAT_PALOALTO,
		 "type=TRAFFIC|subtype=end|src_ip=192.0.2.1|dst_ip=198.51.100.2|rule=rule, one|"
		 "user=bob|src_port=40000|dst_port=443|proto=tcp|action=allow|bytes_sent=400|"
		 "session_end_reason=aged-out"},
		{"1,2023/07/06 08:11:40,0164,GLOBALPROTECT,0,2561,2023/07/06 "
		 "08:11:40,vsys1,gateway-auth,"
		 "login,ldap,,bob,JP,PC1,192.0.2.1,0.0.0.0,0.0.0.0,0.0.0.0,x,y,6.0,Windows,11,1,,,"
		 "bad,"
		 "failure",
		 YG_FORMAT_PALOALTO,
		 "event=gateway-auth|user=bob|src_ip=192.0.2.1|status=failure|auth_result=failed"},
	};

	CHECK_WANTS(wants);
}

static void packet_filters(void)
{
	static const struct want wants[] = {
		{"Jun  8 14:34:33 gw kernel: [50028442.088484] IPT-DROP: IN=e0 OUT= MAC=00 "
		 "SRC=192.0.2.1 "
		 "DST=198.51.100.2 LEN=40 DF PROTO=TCP SPT=8080 DPT=22 SYN",
		 YG_FORMAT_NETFILTER,
		 "prefix=IPT-DROP|action=deny|src_ip=192.0.2.1|dst_port=22|flags=DF|hostname=gw|"
		 "OUT="},
		{"Jun 13 23:29:15 U [WAN-A-2147483647] DESCR=\"[W]Allow x\" IN=e8 OUT= "
		 "SRC=192.0.2.1 "
		 "DST=192.0.2.2 PROTO=UDP SPT=1 DPT=2",
		 YG_FORMAT_NETFILTER, "action=accept|DESCR=[W]Allow x|src_ip=192.0.2.1"},
		{"[5.0] IN=e OUT= SRC=192.0.2.5 DST=192.0.2.6 LEN=40 PROTO=TCP SPT=8 DPT=22",
		 YG_FORMAT_NETFILTER, "IN=e|action=|src_port=8"},
		{"Jun 13 23:29:15 fw filterlog[7]: "
		 "5,,,1000000103,em0,match,block,in,4,0x0,,64,1,0,DF,6,"
		 "tcp,60,192.0.2.1,198.51.100.2,40000,22,0,S,1,,64240,,mss",
		 YG_FORMAT_FILTERLOG,
		 "rule=5|interface=em0|action=block|direction=in|proto=tcp|src_ip=192.0.2.1|"
		 "dst_ip=198.51.100.2|src_port=40000|dst_port=22|tcp_flags=S|hostname=fw"},
		{"5,,,1000000105,em0,match,pass,out,6,0x00,0,64,udp,17,60,2001:db8::1,2001:db8::2,"
		 "40000,"
		 "53,40",
		 YG_FORMAT_FILTERLOG, "src_ip=2001:db8::1|dst_port=53|proto=udp|action=pass"},
	};

	CHECK_WANTS(wants);
}

static void name_servers(void)
{
	static const struct want wants[] = {
		{"Nov 25 14:42:41 dnsmasq[7]: 8 192.0.2.7/57999 query[TXT] office.example from "
		 "192.0.2.7",
		 YG_FORMAT_DNS,
		 "query=office.example|record_type=TXT|src_ip=192.0.2.7|src_port=57999|program="
		 "dnsmasq"},
		{"Nov 25 14:42:41 dnsmasq[7]: reply www.example is 198.51.100.1", YG_FORMAT_DNS,
		 "query=www.example|answer=198.51.100.1|answer_source=reply|src_ip="},
		{"Nov 25 14:42:41 dnsmasq[7]: forwarded www.example to 198.51.100.53",
		 YG_FORMAT_DNS, "query=www.example|server=198.51.100.53|answer_source=forwarded"},
		{"Nov 25 14:42:41 dnsmasq[7]: cleared cache", YG_FORMAT_SYSLOG,
		 "message=cleared cache"},
		{"Nov 25 14:42:45 h unbound[7:0]: [7:0] info: 192.0.2.7 www.example. A IN",
		 YG_FORMAT_SYSLOG, "program=unbound"},
		{"Nov 25 14:42:45 unbound[7:0] info: 192.0.2.7 www.example. A IN NXDOMAIN 0.0 1 63",
		 YG_FORMAT_DNS, "query=www.example|record_type=A|src_ip=192.0.2.7|rcode=NXDOMAIN"},
		{"[1795617768] unbound[7:0] info: 192.0.2.7 www.example. A IN", YG_FORMAT_DNS,
		 "query=www.example|pid=7:0"},
		{"25-Nov-2026 14:42:51.850 security: error: client @0x7f 192.0.2.9#38563 "
		 "(o.example): "
		 "zone transfer 'o.example/AXFR/IN' denied",
		 YG_FORMAT_DNS,
		 "query=o.example|record_type=AXFR|action=denied|src_ip=192.0.2.9|src_port=38563"},
		{"Nov 25 14:42:41 ns named[7]: client @0x7f 192.0.2.9#5 (o.example): view in: "
		 "query: "
		 "o.example IN A +E(0)K (198.51.100.1)",
		 YG_FORMAT_DNS, "query=o.example|record_type=A|server=198.51.100.1|flags=+E(0)K"},
	};

	CHECK_WANTS(wants);
}

static void vpn_and_audit(void)
{
	static const struct want wants[] = {
		{"2024-12-15 14:12:12 192.0.2.31:45321 TLS Error: incoming packet authentication "
		 "failed "
		 "from [AF_INET]192.0.2.31:45321",
		 YG_FORMAT_OPENVPN, "src_ip=192.0.2.31|src_port=45321|auth_result=failed|user="},
		{"Sun Dec  5 14:11:27 2024 us=5 bob/192.0.2.1:5 VERIFY ERROR: depth=0, error=x",
		 YG_FORMAT_OPENVPN, "user=bob|src_ip=192.0.2.1|auth_result=failed"},
		{"Dec 15 14:11:27 gw ovpn-server[7]: 192.0.2.1:5 [bob] Peer Connection Initiated "
		 "with "
		 "[AF_INET]192.0.2.1:5",
		 YG_FORMAT_OPENVPN, "user=bob|auth_result=accepted|hostname=gw"},
		{"type=USER_LOGIN msg=audit(1684329817.579:2995): pid=1 uid=0 msg='op=login "
		 "acct=\"bob\" "
		 "addr=192.0.2.1 terminal=ssh res=failed'\035UID=\"root\"",
		 YG_FORMAT_AUDITD,
		 "type=USER_LOGIN|audit_id=1684329817.579:2995|acct=bob|user=bob|src_ip=192.0.2.1|"
		 "auth_result=failed|UID=root"},
		{"type=SYSCALL msg=audit(1684329817.579:2996): a0=7ff exe=\"/bin/sh\" key=(null)\n"
		 "type=EXECVE msg=audit(1684329817.579:2996): argc=2 a0=\"sh\" a1=612062\n"
		 "type=PROCTITLE msg=audit(1684329817.579:2996): proctitle=7368006120",
		 YG_FORMAT_AUDITD, "Image=/bin/sh|CommandLine=sh a b|proctitle=sh a |key="},
		{"{\"timestamp\":\"2022-07-12T06:22:33.415742+0000\",\"flow_id\":1,\"event_type\":"
		 "\"new\","
		 "\"src_ip\":\"192.0.2.1\",\"dest_ip\":\"198.51.100.1\",\"new\":{\"x\":1}}",
		 YG_FORMAT_SURICATA, "dst_ip=198.51.100.1|new.x=1"},
		{"{\"timestamp\":\"2022-07-12T06:22:33.415742+0000\",\"flow_id\":1,\"event_type\":"
		 "\"dns\","
		 "\"dns\":{\"type\":\"query\",\"rrname\":\"a.example\",\"rrtype\":\"A\"}}",
		 YG_FORMAT_SURICATA, "query=a.example|record_type=A"},
		{"{\"eventVersion\":\"1.08\",\"userIdentity\":{\"userName\":\"bob\"},\"eventTime\":"
		 "\"2023-04-12T11:55:16Z\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":"
		 "\"X\","
		 "\"awsRegion\":\"r\",\"sourceIPAddress\":\"192.0.2.1\"}",
		 YG_FORMAT_CLOUDTRAIL, "user=bob|src_ip=192.0.2.1"},
		{"{\"ts\":1517336042.279652,\"uid\":\"C\",\"id.orig_h\":\"192.0.2.1\",\"id.resp_"
		 "p\":53,"
		 "\"query\":\"a.example\",\"qtype_name\":\"TXT\"}",
		 YG_FORMAT_ZEEK, "src_ip=192.0.2.1|dst_port=53|record_type=TXT"},
	};

	CHECK_WANTS(wants);
}

static void sign_ins(void)
{
	static const struct want wants[] = {
		{"May  6 09:25:41 m postfix/smtps/smtpd[7]: warning: unknown[192.0.2.1]: SASL "
		 "LOGIN "
		 "authentication failed: (reason), sasl_username=bob@example.org",
		 YG_FORMAT_SYSLOG,
		 "user=bob@example.org|src_ip=192.0.2.1|auth_method=smtp|auth_result=failed"},
		{"May  6 09:25:41 m postfix/smtpd[7]: 4BF1: client=h[192.0.2.1], "
		 "sasl_method=PLAIN, "
		 "sasl_username=bob",
		 YG_FORMAT_SYSLOG, "user=bob|src_ip=192.0.2.1|auth_result=accepted"},
		{"May  6 09:25:41 m postfix/smtpd[7]: NOQUEUE: reject: RCPT from u[192.0.2.1]: 554 "
		 "x",
		 YG_FORMAT_SYSLOG, "src_ip=192.0.2.1|auth_result=|auth_method="},
		{"Sep  8 07:16:27 m dovecot[7]: imap-login: Disconnected (auth failed, 1 "
		 "attempts): "
		 "user=<bob>, method=PLAIN, rip=192.0.2.1, lip=198.51.100.1, TLS",
		 YG_FORMAT_SYSLOG, "user=bob|src_ip=192.0.2.1|auth_method=imap|auth_result=failed"},
		{"Sep  8 07:16:27 m dovecot: auth-worker(7): pam(bob,192.0.2.1,<s>): unknown user",
		 YG_FORMAT_SYSLOG, "user=bob|src_ip=192.0.2.1|auth_result=invalid"},
		{"  Auth: [SMB2,(null)] user [W]\\[bob] at [Thu, 14 Oct 2021 15:24:12.02 UTC] with "
		 "[NTLMv2] status [NT_STATUS_OK] workstation [X] remote host [ipv4:192.0.2.1:5] "
		 "mapped",
		 YG_FORMAT_SAMBA,
		 "user=bob|src_ip=192.0.2.1|src_port=5|auth_method=smb|auth_result=accepted"},
		{"[2021/10/14 15:24:12.023984,  2] ../../auth/auth_log.c:653(log)", YG_FORMAT_SAMBA,
		 "user="},
	};

	CHECK_WANTS(wants);
}

/* What looks a little like a product's log is read as a line with a time, and no more. */
static void the_like_of_a_product_is_plain(void)
{
	static const struct want wants[] = {
		{"1795617750.457 0 192.0.2.1 HELLO 5 GET http://x/ - HIER_NONE/- -",
		 YG_FORMAT_PLAIN, "cs-method="},
		{"2024-12-15 14:12:12 something else entirely: no peer", YG_FORMAT_PLAIN,
		 "message=something else entirely: no peer|src_ip="},
		{"25-Nov-2026 14:42:51.850 general: info: all zones loaded", YG_FORMAT_PLAIN,
		 "query="},
		{"1,2023/07/06 08:11:40,x,lower,y", YG_FORMAT_PLAIN, "type="},
	};

	CHECK_WANTS(wants);
}

static void audit_log_as_json(void)
{
	static const struct want wants[] = {
		{"{\"ID\":\"1688052525.815:33152\",\"SYSCALL\":{\"syscall\":59,\"success\":\"yes\","
		 "\"ppid\":8851,\"auid\":1000,\"uid\":1000,\"euid\":0,\"comm\":\"base64\",\"exe\":"
		 "\"/usr/bin/"
		 "base64\",\"AUID\":\"bob\"},\"EXECVE\":{\"argc\":2,\"ARGV\":[\"base64\","
		 "\"-d\"]}}",
		 YG_FORMAT_AUDITD,
		 "comm=base64|exe=/usr/bin/base64|ppid=8851|uid=1000|euid=0|success=yes|syscall=59|"
		 "CommandLine=base64 -d|Image=/usr/bin/base64|user=bob|audit_id=1688052525.815:"
		 "33152"},
	};

	CHECK_WANTS(wants);
}

static void devices_with_pairs(void)
{
	static const struct want wants[] = {
		{"<129>id=firewall sn=18B1 time=\"2026-03-01 08:00:01 UTC\" fw=192.0.2.7 pri=1 "
		 "m=30 "
		 "msg=\"Administrator login denied due to bad credentials\" usr=\"admin\" "
		 "src=203.0.113.35:65055:X1 dst=192.0.2.7:443:X1",
		 YG_FORMAT_KEYVALUE, "auth_result=failed|src_ip=203.0.113.35|user=admin"},
		{"<30>device=\"SFW\" date=2026-03-01 time=08:00:01 log_type=\"Event\" "
		 "log_subtype=\"Authentication\" status=\"Failed\" user_name=\"bob\" "
		 "src_ip=203.0.113.34 message=\"no\"",
		 YG_FORMAT_KEYVALUE, "auth_result=failed|src_ip=203.0.113.34|user=bob"},
		{"time=\"2026-03-01T08:00:01+09:00\" level=error msg=\"Unsuccessful authentication "
		 "attempt by user 'bob'\" method=POST path=/api remote_ip=203.0.113.36",
		 YG_FORMAT_PLAIN, "auth_result=failed|src_ip=203.0.113.36|user=bob"},
	};

	CHECK_WANTS(wants);
}

/* What one format is sure of must not be taken for its own by another. */
static void strangers_are_left_alone(void)
{
	static const char *const lines[] = {
		"192.0.2.1:5 [25/Nov/2026:14:42:37.593] words that are no log",
		"1,2,3,4,5,6,7,8,4,x,x,x,x,x,x,x,x,x,nowhere,either",
		"%ASA-x-y: z",
		"type=SYSCALL msg=audit: none",
	};
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		reading_next(&r, lines[i]);
		if (r.rc == YG_OK)
			fprintf(stderr, "%s: read as %s\n", lines[i],
				yg_format_name(r.event.format));
		CHECK(r.rc == YG_EMISMATCH || r.rc == YG_EFORMAT);
	}
	reading_done(&r);
}

static const struct check_case cases[] = {
	CASE(proxies),
	CASE(load_balancers),
	CASE(firewalls),
	CASE(packet_filters),
	CASE(name_servers),
	CASE(vpn_and_audit),
	CASE(sign_ins),
	CASE(strangers_are_left_alone),
	CASE(the_like_of_a_product_is_plain),
	CASE(audit_log_as_json),
	CASE(devices_with_pairs),
};

CHECK_MAIN(cases)
