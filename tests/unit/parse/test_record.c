/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: an event written as a record and read back is the same event, derived fields too, and
 * writes the same bytes. Over samples of every format; with a folder of shared data as argument,
 * over the first lines of all logs in it.
 */
#define _GNU_SOURCE /* nftw */
#include "parse/record.h"

#include <ftw.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/record.h"

#include "../check.h"
#include "reading.h"

#define LINES_MAX 300u /* of a file */
#define TOLD_MAX  3u   /* differences shown */

static unsigned told;

static const char *const samples[] = {
	"192.0.2.1 - bob [10/Oct/2023:13:55:36 +0900] \"GET /a?b=%27 HTTP/1.1\" 200 0023 \"-\" "
	"\"x\"",
	"Dec 10 06:55:46 h sshd[24200]: Failed password for invalid user a\\b\"c from 192.0.2.1 "
	"port 22 ssh2",
	"Dec 10 06:55:46 h sshd-session[007]: Invalid user x from 192.0.2.1 port 5",
	"<165>1 2003-10-11T22:14:15.003Z h app - ID47 [a@1 k=\"v\\\"w\"] msg",
	"<30>Dec 10 06:55:46 no program here",
	"date=2024-10-14 time=13:46:40 eventtime=1728938800841267391 tz=\"-0700\" logid=\"0101\" "
	"type=\"event\" subtype=\"vpn\" action=\"ssl-login-fail\" remip=192.0.2.1 user=\"N/A\" "
	"msg=\"a \\\"b\\\"\"",
	"Oct 14 13:46:40 fw date=2024-10-14 time=13:46:41 logid=\"1\" type=\"event\" "
	"ui=\"https(192.0.2.3)\"",
	"Jun  8 14:34:33 gw kernel: [5.0] IN=e OUT= SRC=192.0.2.5 DST=192.0.2.6 LEN=40 LEN=5 "
	"PROTO=TCP SPT=8 DPT=22",
	"type=SYSCALL msg=audit(1684329817.579:2995): arch=c000003e syscall=59 success=yes "
	"comm=\"perl\"",
	"[Sun Dec 04 06:41:07 2005] [error] [client 192.0.2.1] File does not exist: /x",
	"2022/04/05 04:45:57 [error] 8#8: *2 x, client: 192.0.2.1, server: , request: \"GET / "
	"HTTP/1.1\"",
	"CEF:0|V|P|1|7|N|3|src=192.0.2.5 msg=a b c dpt=1",
	"1795617750.550     14 192.0.2.9 TCP_MISS/200 498 GET http://www.example/tool.exe?a=b bob "
	"HIER_DIRECT/198.51.100.1 text/html",
	"<134>Nov 12 14:42:34 haproxy[7]: 127.1.0.7:52348 [12/Nov/2023:14:42:34.512] web~ "
	"site/site1 "
	"0/0/0/4/9 200 377 - - ---- 1/1/0/0/0 0/0 {x} \"POST /form?q=1 HTTP/1.1\"",
	"Jan  2 2021 03:04:05 fw : %ASA-4-106023: Deny tcp src outside:192.0.2.1/5 dst "
	"inside:198.51.100.2/22 by access-group \"x\"",
	"Jun 13 23:29:15 fw filterlog[7]: 5,,,1000000103,em0,match,block,in,4,0x0,,64,1,0,DF,6,"
	"tcp,60,192.0.2.1,198.51.100.2,40000,22,0,S,1,,64240,,mss",
	"1,2023/07/06 08:11:40,0164,GLOBALPROTECT,0,2561,2023/07/06 08:11:40,vsys1,gateway-auth,"
	"login,ldap,,bob,JP,PC1,192.0.2.1,0.0.0.0,0.0.0.0,0.0.0.0,x,y,6.0,Windows,11,1,,,bad,"
	"failure",
	"2024-12-15 14:12:12 bob/192.0.2.31:45321 TLS Error: incoming packet authentication failed",
	"25-Nov-2022 14:42:51.850 security: error: client @0x7f 192.0.2.9#38563 (o.example): zone "
	"transfer 'o.example/AXFR/IN' denied",
	"  Auth: [SMB2,(null)] user [W]\\[bob] at [Thu, 14 Oct 2021 15:24:12.02 UTC] with [NTLMv2] "
	"status [NT_STATUS_OK] workstation [X] remote host [ipv4:192.0.2.1:5] mapped",
	"type=SYSCALL msg=audit(1684329817.579:2996): a0=7ff exe=\"/bin/sh\" key=(null)\n"
	"type=EXECVE msg=audit(1684329817.579:2996): argc=2 a0=\"sh\" a1=612062",
	"{\"timestamp\":\"2022-07-12T06:22:33.415742+0000\",\"flow_id\":1,\"event_type\":\"dns\","
	"\"dest_ip\":\"192.0.2.1\",\"dns\":{\"rrname\":\"a.example\",\"rrtype\":\"A\"}}",
	"{\"eventVersion\":\"1.08\",\"userIdentity\":{\"userName\":\"bob\"},\"eventTime\":"
	"\"2023-04-12T11:55:16Z\",\"eventSource\":\"s\",\"eventName\":\"X\",\"awsRegion\":\"r\","
	"\"sourceIPAddress\":\"192.0.2.1\"}",
	"{\"ts\":1517336042.279652,\"uid\":\"C\",\"id.orig_h\":\"192.0.2.1\",\"id.resp_p\":53,"
	"\"query\":\"a.example\",\"qtype_name\":\"TXT\"}",
	"{\"EventID\":\"4688\",\"Channel\":\"Security\",\"NewProcessName\":\"C:\\\\a.exe\","
	"\"SourceName\":\"s\","
	"\"Hostname\":\"h\",\"@timestamp\":\"2022-04-29T12:36:01.902791Z\",\"x\":[1,null,true,"
	"\"\\u0001\"],\"x\":2}",
	"{\"Event\":{\"System\":{\"EventID\":{\"#text\":1116},\"Channel\":\"Microsoft-Windows-"
	"Windows Defender/"
	"Operational\"},\"EventData\":{\"Data\":[{\"@Name\":\"Threat "
	"Name\",\"#text\":\"t\"},{\"@Name\":\"Path\"}]}}}",
	"{\"Event\":{\"EventData\":{\"Channel\":\"Application\"},\"System\":{\"Channel\":"
	"\"System\",\"EventID\":104}}}",
	"{\"winlog\":{\"channel\":\"Security\",\"event_id\":4624,\"provider_name\":\"p\",\"event_"
	"data\":{\"IpAddress\":"
	"\"::ffff:192.0.2.1\"}},\"user\":{\"name\":\"bob\"},\"process\":{\"executable\":\"/"
	"x\"},\"message\":\"m\"}",
	"{\"log_name\":\"Security\",\"event_id\":4625,\"source_name\":\"p\",\"event_data\":{"
	"\"IpAddress\":\"192.0.2.1\"}}",
	"{\"ecs\":{\"version\":\"8\"},\"process\":{\"command_line\":\"a "
	"b\",\"executable\":\"/bin/a\"},\"source\":{\"ip\":"
	"\"192.0.2.9\",\"port\":5},\"user\":{\"name\":\"u\"},\"event\":{\"code\":\"1\","
	"\"provider\":\"x\"}}",
	"{\"remote_addr\":\"192.0.2.1\",\"request\":\"GET /a?b "
	"HTTP/1.1\",\"status\":200,\"body_bytes_sent\":5,"
	"\"http_user_agent\":\"ua\",\"time_local\":\"10/Oct/2023:13:55:36 +0900\"}",
	"{\"level\":\"info\",\"ts\":1646861401.5241024,\"request\":{\"remote_ip\":\"192.0.2.1\","
	"\"method\":\"GET\","
	"\"uri\":\"/"
	"x?y\",\"host\":\"h\",\"headers\":{\"User-Agent\":[\"curl\"]}},\"status\":404,\"size\":0}",
	"{\"__REALTIME_TIMESTAMP\":\"1697291201000001\",\"_PID\":\"7\",\"SYSLOG_IDENTIFIER\":"
	"\"sudo\",\"MESSAGE\":"
	"\"bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls\"}",
	"{\"a\":{\"b\":[{\"c\":1},{\"c\":\"\xe6\xbc\xa2\"}]},\"e\":-1.5e3,\"ip\":\"192.0.2.1\","
	"\"time\":1700758468384}",
};

static bool same_event(struct yg_event *a, struct yg_event *b)
{
	uint32_t at = 0;

	if (a->format != b->format || a->time_ns != b->time_ns || a->has_zone != b->has_zone ||
	    a->position != b->position || a->event_code != b->event_code ||
	    a->field_count != b->field_count || !yg_bytes_eq(a->channel, b->channel) ||
	    !yg_bytes_eq(a->time_text, b->time_text))
		return false;
	/* the same names and texts; values of one name in the same order */
	for (uint32_t i = 0; i < a->field_count; i++) {
		struct yg_field *field = &a->fields[i];
		uint32_t before = 0;

		for (uint32_t k = 0; k < i; k++)
			before += yg_bytes_eq(a->fields[k].name, field->name);
		for (at = 0; at < b->field_count; at++)
			if (yg_bytes_eq(b->fields[at].name, field->name) && before-- == 0)
				break;
		if (at == b->field_count || b->fields[at].is_derived != field->is_derived ||
		    b->fields[at].name_id != field->name_id ||
		    !yg_bytes_eq(yg_event_text(a, field), yg_event_text(b, &b->fields[at])))
			return false;
	}
	return true;
}

/* Write, read, compare, write again. */
static bool survives(struct reading *r, struct yg_arena *arena, const char *line)
{
	struct yg_buf first, second;
	struct yg_event back;
	bool is_same = false;

	r->event.position = 7;
	yg_buf_init(&first, 64u << 20);
	yg_buf_init(&second, 64u << 20);
	yg_record_write(&first, &r->event, YG_S("a/b \"c\".log"), true);
	if (yg_buf_reserve(&first, YG_PARSE_PADDING)) {
		struct yg_bytes record = {first.data, first.size - 1};
		int rc;

		yg_arena_reset(arena);
		rc = yg_parse_any(r->parser, r->event.format, record, arena, &back, &r->fault);
		if (rc == YG_OK) {
			yg_record_write(&second, &back, YG_S("other"), true);
			is_same = yg_bytes_eq(yg_buf_bytes(&first), yg_buf_bytes(&second)) &&
				  same_event(&r->event, &back);
		}
	}
	if (!is_same && told++ < TOLD_MAX)
		fprintf(stderr, "of   %s\nfrom %.*s\nto   %.*s\n", line,
			YG_FMT(yg_buf_bytes(&first)), YG_FMT(yg_buf_bytes(&second)));
	yg_buf_done(&first);
	yg_buf_done(&second);
	return is_same;
}

static void samples_of_every_format_survive(void)
{
	struct reading r = reading("");
	struct yg_arena *arena = yg_arena_new(64u << 20);

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		reading_next(&r, samples[i]);
		if (r.rc != YG_OK)
			fprintf(stderr, "%s: %s\n", samples[i], r.fault.msg);
		CHECK(r.rc == YG_OK);
		CHECK(survives(&r, arena, samples[i]));
	}
	(void)yg_arena_free(arena);
	reading_done(&r);
}

static void records_of_strangers_are_read(void)
{
	struct reading r =
		reading("{ \"v\":1, \"fields\":{\"a\":[\"x\"],\"b c\":null}, \"position\":3,"
			" \"format\":\"json\", \"later\":{\"x\":1} }");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_JSON && r.event.position == 3);
	CHECK(r.event.field_count == 2 && r.event.time_ns == YG_TIME_NONE);
	CHECK_TEXT(field(&r, "a"), "x");
	CHECK(r.event.raw.size == 0 && r.event.source.size == 0);
	reading_done(&r);
}

static void broken_records_are_refused_with_their_place(void)
{
	static const struct {
		const char *text;
		int rc;
		size_t pos;
	} broken[] = {
		{"{\"v\":2,\"format\":\"json\",\"source\":\"\",\"position\":1,\"fields\":{}}",
		 YG_EFORMAT, 5},
		{"{\"v\":1,\"format\":\"what\",\"source\":\"\",\"position\":1,\"fields\":{}}",
		 YG_EFORMAT, 17},
		{"{\"v\":1,\"format\":\"record\",\"source\":\"\",\"position\":1,\"fields\":{}}",
		 YG_EFORMAT, 17},
		{"{\"v\":1,\"format\":\"json\",\"position\":0,\"fields\":{}}", YG_EFORMAT, 34},
		{"{\"v\":1,\"format\":\"json\",\"position\":1,\"time\":\"noon\",\"fields\":{}}",
		 YG_EFORMAT, 44},
		{"{\"v\":1,\"format\":\"json\",\"position\":1,\"fields\":[]}", YG_EMISMATCH, 0},
		{"{\"v\":1,\"format\":\"json\",\"position\":1", YG_EFORMAT, 35},
		{"{\"a\":1}", YG_EMISMATCH, 0},
	};
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		reading_as(&r, YG_FORMAT_RECORD, broken[i].text);
		if (r.rc != broken[i].rc || r.fault.pos != broken[i].pos)
			fprintf(stderr, "%s: %d at %zu\n", broken[i].text, r.rc, r.fault.pos);
		CHECK(r.rc == broken[i].rc && r.fault.pos == broken[i].pos);
	}
	reading_done(&r);
}

static void numbers_json_does_not_know_are_written_as_text(void)
{
	struct reading r = reading("");
	struct yg_buf buf;

	yg_event_init(&r.event, r.arena, r.names);
	CHECK(yg_event_add_id(&r.event, YG_F_pid, YG_S("007"), YG_VALUE_NUMBER) == YG_OK);
	CHECK(yg_event_add_id(&r.event, YG_F_sc_bytes, YG_S("70"), YG_VALUE_NUMBER) == YG_OK);
	yg_buf_init(&buf, 4096);
	yg_record_fields(&buf, &r.event);
	CHECK_TEXT(yg_buf_bytes(&buf), "{\"pid\":\"007\",\"sc-bytes\":70}");
	yg_buf_done(&buf);
	reading_done(&r);
}

/* Each allocation fails once: the reader says so, or does without. */
static void memory_may_end_anywhere(void)
{
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		size_t size = strlen(samples[i]);
		uint8_t *text = calloc(1, size + YG_PARSE_PADDING);
		bool is_done = false;

		memcpy(text, samples[i], size);
		for (long nth = 1; nth < 200 && !is_done; nth++) {
			struct yg_parse_opts opts = {.zone = r.zone,
						     .reference_ns = READING_REFERENCE_NS};
			struct yg_parser *parser;
			struct yg_arena *arena;
			struct yg_event event;
			int rc = YG_ENOMEM;

			yg_fail_at = nth;
			parser = yg_parser_new(&opts, r.names);
			arena = yg_arena_new(1u << 20);
			if (parser && arena)
				rc = yg_parse_any(parser, YG_FORMAT_UNKNOWN,
						  (struct yg_bytes){text, size}, arena, &event,
						  &r.fault);
			is_done = yg_fail_at > 0; /* fewer calls than that */
			yg_fail_at = 0;
			(void)yg_parser_free(parser);
			(void)yg_arena_free(arena);
			if (rc != YG_OK && rc != YG_ENOMEM)
				fprintf(stderr, "call %ld: %d %s\n%s\n", nth, rc, r.fault.msg,
					samples[i]);
			CHECK(rc == YG_OK || (rc == YG_ENOMEM && !is_done));
		}
		CHECK(is_done);
		free(text);
	}
	reading_done(&r);
}

static const struct check_case cases[] = {
	CASE(samples_of_every_format_survive),
	CASE(memory_may_end_anywhere),
	CASE(records_of_strangers_are_read),
	CASE(broken_records_are_refused_with_their_place),
	CASE(numbers_json_does_not_know_are_written_as_text),
};

static struct {
	struct reading reading;
	struct yg_arena *arena;
	size_t read, lost;
} walk;

static int visit(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	FILE *file;
	char *line = NULL;
	size_t room = 0;

	(void)info;
	(void)ftw;
	if (kind != FTW_F)
		return 0;
	file = fopen(path, "r");
	for (size_t i = 0; file && i < LINES_MAX && getline(&line, &room, file) > 0; i++) {
		line[strcspn(line, "\r\n")] = '\0';
		reading_next(&walk.reading, line);
		if (walk.reading.rc != YG_OK || !yg_utf8_valid(yg_bytes_str(line)))
			continue;
		walk.read++;
		walk.lost += !survives(&walk.reading, walk.arena, line);
	}
	free(line);
	if (file)
		(void)fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const folders[] = {"logs", "syslog", "weblogs"};
	const char *shared = getenv("YAGURA_SHARED");

	if (argc == 1)
		return check_main(cases, sizeof(cases) / sizeof(cases[0]));
	walk.reading = reading("");
	walk.arena = yg_arena_new(64u << 20);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[4096];

		(void)snprintf(path, sizeof(path), "%s/%s", shared ? shared : argv[1], folders[i]);
		(void)nftw(path, visit, 16, FTW_PHYS);
	}
	fprintf(stderr, "%zu records, %zu not the same when read back\n", walk.read, walk.lost);
	(void)yg_arena_free(walk.arena);
	reading_done(&walk.reading);
	if (walk.read == 0) {
		fprintf(stderr, "skipped: no logs in %s (YAGURA_SHARED names another folder)\n",
			argv[1]);
		printf("0 passed, 0 failed, 1 skipped\n");
		return 77;
	}
	printf("%d passed, %d failed, 0 skipped\n", walk.lost == 0, walk.lost != 0);
	return walk.lost != 0;
}
