/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/columns.h"

#include "../check.h"
#include "reading.h"

static void set_head(struct reading *r, const char *text)
{
	struct yg_bytes rest = yg_bytes_str(text);
	struct yg_head head;

	yg_buf_init(&head.text, YG_HEAD_BYTES_MAX);
	while (rest.size > 0) {
		struct yg_bytes line = yg_bytes_cut(rest, 0, yg_bytes_chr(rest, '\n'));

		CHECK(yg_head_is(line));
		CHECK(yg_head_add(&head, line) == YG_OK);
		rest = yg_bytes_from(rest, line.size + 1);
	}
	yg_arena_reset(r->arena);
	CHECK(yg_parser_set_head(r->parser, yg_buf_bytes(&head.text)) == YG_OK);
	yg_buf_done(&head.text);
}

#define IIS_HEAD                                                                                   \
	"#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"                 \
	"#Date: 2024-05-01 00:00:00\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query "  \
	"s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus "               \
	"sc-win32-status time-taken\n"

static void iis_below_its_head(void)
{
	static const char line[] = "2024-05-01 00:00:01 192.0.2.8 GET /a.aspx x=1+2 443 - "
				   "192.0.2.1 Mozilla/5.0+(X11) - 404 0 2 15";
	struct reading r = reading(line);

	CHECK(r.rc != YG_OK);
	set_head(&r, IIS_HEAD);
	reading_next(&r, line);
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_IIS);
	CHECK(r.event.time_ns == INT64_C(1714521601) * YG_NS_PER_S && r.event.has_zone);
	CHECK_TEXT(r.event.time_text, "2024-05-01 00:00:01");
	CHECK_TEXT(field(&r, "cs-user-agent"), "Mozilla/5.0 (X11)");
	CHECK_TEXT(field(&r, "cs-uri"), "/a.aspx?x=1+2");
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.1");
	CHECK_TEXT(field(&r, "sc-status"), "404");
	CHECK_TEXT(field(&r, "sc-win32-status"), "2");
	CHECK_TEXT(field(&r, "cs-username"), "");
	reading_next(&r, "2024-05-01 00:00:01 192.0.2.8 GET /a.aspx");
	CHECK(r.rc != YG_OK);
	reading_next(&r, "2024-13-01 00:00:01 192.0.2.8 GET / - 443 - 192.0.2.1 - - 404 0 2 15");
	CHECK(r.rc != YG_OK);
	/* the day of #Date, where the lines have none */
	set_head(&r, "#Date: 2024-05-02 00:00:00\n#Fields: time c-ip cs-method\n");
	reading_next(&r, "00:00:01 192.0.2.1 GET");
	CHECK(r.rc == YG_OK && r.event.time_ns == INT64_C(1714608001) * YG_NS_PER_S);
	set_head(&r, "");
	reading_next(&r, "00:00:01 192.0.2.1 GET");
	CHECK(r.rc != YG_OK);
	reading_done(&r);
}

static void zeek_below_its_head(void)
{
	struct reading r = reading("");

	set_head(&r,
		 "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
		 "#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\t"
		 "query\tqtype_name\tanswers\tnew\n#types\ttime\tstring\taddr\tport\taddr\tport\t"
		 "string\tstring\tvector[string]\tset[string]\n");
	reading_next(&r, "1655159382.670825\tC6\t192.0.2.1\t46791\t198.51.100.1\t53\tw.example\tA\t"
			 "192.0.2.7,192.0.2.8\t(empty)");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_ZEEK);
	CHECK_TEXT(r.event.channel, "dns");
	CHECK(r.event.time_ns == INT64_C(1655159382670825000));
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.1");
	CHECK_TEXT(field(&r, "dst_port"), "53");
	CHECK_TEXT(field(&r, "query"), "w.example");
	CHECK_TEXT(field(&r, "record_type"), "A");
	CHECK_TEXT(field(&r, "answer"), "192.0.2.7");
	CHECK_TEXT(field(&r, "new"), "");
	reading_next(&r, "1655159382.670825\tC6\t-\t-\t-\t-\t-\t-\t-\t-\tone too many");
	CHECK(r.rc != YG_OK);
	reading_next(&r, "yesterday\tC6\t-\t-\t-\t-\t-\t-\t-\t-");
	CHECK(r.rc != YG_OK);
	reading_done(&r);
}

static void heads_are_bounded_and_replaced(void)
{
	static char line[YG_HEAD_BYTES_MAX + 64] = "#fields\t";
	struct yg_head head;

	yg_buf_init(&head.text, YG_HEAD_BYTES_MAX);
	CHECK(!yg_head_is(YG_S("# a comment")) && !yg_head_is(YG_S("#Field: x")));
	CHECK(yg_head_add(&head, YG_S("#path\tdns")) == YG_OK);
	CHECK(yg_head_add(&head, YG_S("#separator \\x09")) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&head.text), "#separator \\x09\n");
	for (size_t i = 8; i < sizeof(line); i++)
		line[i] = 'x';
	CHECK(yg_head_add(&head, (struct yg_bytes){(const uint8_t *)line, sizeof(line)}) == YG_OK);
	CHECK(head.text.size == 0);
	for (unsigned i = 0; i < 20000; i++)
		CHECK(yg_head_add(&head, YG_S("#Remark: again")) == YG_OK);
	CHECK(head.text.size <= YG_HEAD_BYTES_MAX);
	yg_buf_done(&head.text);
}

static const struct check_case cases[] = {
	CASE(iis_below_its_head),
	CASE(zeek_below_its_head),
	CASE(heads_are_bounded_and_replaced),
};

CHECK_MAIN(cases)
