/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/json.h"

#include <stdlib.h>

#include "../check.h"
#include "reading.h"

static void nested_objects_become_dotted_names(void)
{
	struct reading r = reading("{\"a\":{\"b\":{\"c\":1},\"d\":[1,\"x\",null]},\"e\":true}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_JSON && r.event.field_count == 5);
	CHECK_TEXT(field(&r, "a.b.c"), "1");
	CHECK_TEXT(field(&r, "a.d"), "1");
	CHECK(r.event.fields[0].kind == YG_VALUE_NUMBER);
	CHECK_TEXT(r.event.fields[2].name, "a.d");
	CHECK_TEXT(r.event.fields[2].text, "x");
	CHECK(r.event.fields[3].kind == YG_VALUE_NULL && r.event.fields[3].text.size == 0);
	CHECK(r.event.fields[4].kind == YG_VALUE_BOOL);
	CHECK_TEXT(field(&r, "e"), "true");
	reading_done(&r);
}

static void lists_of_objects_share_their_path(void)
{
	struct reading r = reading("{\"a\":[{\"b\":1},{\"b\":2},[{\"b\":3}]],\"c\":{},\"d\":[]}");

	CHECK(r.rc == YG_OK && r.event.field_count == 3);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_TEXT(r.event.fields[i].name, "a.b");
		CHECK(r.event.fields[i].text.data[0] == '1' + i);
	}
	reading_done(&r);
}

static void equal_keys_are_both_kept(void)
{
	struct reading r = reading("{\"a\":1,\"a\":2,\"a\":1}");

	CHECK(r.rc == YG_OK && r.event.field_count == 3);
	CHECK_TEXT(r.event.fields[1].text, "2");
	reading_done(&r);
}

static void escapes_are_read_late(void)
{
	struct reading r = reading("{\"p\":\"C:\\\\x\\u00e9\\n\",\"q\":\"plain\",\"k\\u0065y\":1,"
				   "\"lone\":\"\\ud800!\"}");

	CHECK(r.rc == YG_OK);
	CHECK(r.event.fields[0].is_escaped && !r.event.fields[1].is_escaped);
	CHECK_TEXT(field(&r, "p"), "C:\\x\xc3\xa9\n");
	CHECK_TEXT(field(&r, "key"), "1");
	CHECK_TEXT(field(&r, "lone"), "\xef\xbf\xbd!");
	reading_done(&r);
}

static void damage_is_told_with_its_place(void)
{
	static const struct {
		const char *text;
		int rc;
		size_t pos;
	} cases[] = {
		{"", YG_EMISMATCH, 0},		{"[1]", YG_EMISMATCH, 0},
		{"17", YG_EMISMATCH, 0},	{"{", YG_EFORMAT, 1},
		{"{\"a\"", YG_EFORMAT, 4},	{"{\"a\":", YG_EFORMAT, 5},
		{"{\"a\":1", YG_EFORMAT, 6},	{"{\"a\":1,}", YG_EFORMAT, 7},
		{"{\"a\":01}", YG_EFORMAT, 5},	{"{\"a\":tru}", YG_EFORMAT, 5},
		{"{\"a\":1 2}", YG_EFORMAT, 7}, {"{\"a\":\"x}", YG_EFORMAT, 8},
		{"{\"a\":[1}", YG_EFORMAT, 7},	{"{a:1}", YG_EFORMAT, 1},
		{"{\"a\":1} x", YG_EFORMAT, 8}, {"{\"a\":\"x\"y}", YG_EFORMAT, 8},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading r = reading(cases[i].text);

		if (r.rc != cases[i].rc || r.fault.pos != cases[i].pos)
			fprintf(stderr, "%s: %d at %zu\n", cases[i].text, r.rc, r.fault.pos);
		CHECK(r.rc == cases[i].rc && r.fault.pos == cases[i].pos);
		reading_done(&r);
	}
}

static void a_comma_after_the_object_is_that_of_a_list(void)
{
	struct reading r = reading("{\"a\":1},");

	CHECK(r.rc == YG_OK);
	reading_done(&r);
}

static void control_characters_and_broken_utf8_are_kept(void)
{
	struct reading r = reading("{\"a\":\"x\ty\",\"b\":\"\xff\xfe\",\"c\":2}");

	CHECK(r.rc == YG_OK && r.event.field_count == 3);
	CHECK_TEXT(field(&r, "a"), "x\ty");
	CHECK_TEXT(field(&r, "b"), "\xff\xfe");
	CHECK_TEXT(field(&r, "c"), "2");
	reading_done(&r);
}

static void deep_values_are_kept_as_text(void)
{
	char text[4096] = "{\"a\":";
	struct reading r;
	size_t n = strlen(text);

	for (unsigned i = 0; i < 100; i++)
		text[n++] = '[';
	text[n++] = '7';
	for (unsigned i = 0; i < 100; i++)
		text[n++] = ']';
	memcpy(text + n, ",\"b\":1}", 8);
	r = reading(text);
	CHECK(r.rc == YG_OK && r.event.field_count == 2);
	CHECK(field(&r, "a").size == 2 * (100 - 31) + 1);
	CHECK_TEXT(field(&r, "b"), "1");
	reading_done(&r);
	text[n] = 0; /* torn */
	r = reading(text);
	CHECK(r.rc == YG_EFORMAT && r.fault.pos == n);
	reading_done(&r);
}

static void many_names_are_no_trouble(void)
{
	struct reading r = reading("{}");

	for (unsigned i = 0; i < 20000; i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), "{\"n%u\":{\"k%u\":%u},\"same\":1}", i, i, i);
		reading_next(&r, text);
		CHECK(r.rc == YG_OK && r.event.field_count == 2);
		(void)snprintf(text, sizeof(text), "n%u.k%u", i, i);
		CHECK_TEXT(r.event.fields[0].name, text);
		CHECK_TEXT(r.event.fields[1].name, "same");
	}
	reading_done(&r);
}

static void one_record_with_more_names_than_are_remembered(void)
{
	char *text = malloc(1 << 20);
	size_t n = 1;
	struct reading r;

	text[0] = '{';
	for (unsigned i = 0; i < 10000; i++)
		n += (size_t)snprintf(text + n, 64, "\"name%u\":{\"b\":%u},", i, i);
	(void)snprintf(text + n, 64, "\"last\":1}");
	r = reading(text);
	CHECK(r.rc == YG_OK && r.event.field_count == YG_EVENT_FIELDS_MAX);
	CHECK(r.event.dropped == 10001 - YG_EVENT_FIELDS_MAX);
	CHECK_TEXT(r.event.fields[100].name, "name100.b");
	reading_next(&r, text);
	CHECK_TEXT(r.event.fields[2047].name, "name2047.b");
	reading_next(&r, "{\"name9999\":{\"b\":5}}");
	CHECK_TEXT(field(&r, "name9999.b"), "5");
	reading_done(&r);
	free(text);
}

static void who_and_when_of_other_objects(void)
{
	struct reading r = reading("{\"eventTime\":\"2023-04-12T11:55:16Z\",\"sourceIPAddress\":"
				   "\"192.0.2.7\",\"eventID\":\"no number\"}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_JSON && r.event.has_zone);
	CHECK(r.event.time_ns == INT64_C(1681300516) * YG_NS_PER_S);
	CHECK_TEXT(r.event.time_text, "2023-04-12T11:55:16Z");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_src_ip), "192.0.2.7");
	reading_next(&r, "{\"ts\":1700758468.384019,\"src\":\"word\",\"ip\":\"[2001:db8::1]:53\"}");
	CHECK(r.event.time_ns == INT64_C(1700758468384019000));
	CHECK_TEXT(yg_event_get(&r.event, YG_F_src_ip), "2001:db8::1");
	reading_next(&r, "{\"time\":1700758468384}");
	CHECK(r.event.time_ns == INT64_C(1700758468384000000));
	reading_next(&r, "{\"time\":\"soon\"}");
	CHECK(r.rc == YG_OK && r.event.time_ns == YG_TIME_NONE);
	reading_done(&r);
}

static void the_line_of_a_container_is_read(void)
{
	struct reading r =
		reading("{\"log\":\"192.0.2.9 - - [14/Oct/2023:13:46:40 +0000] \\\"GET /x "
			"HTTP/1.1\\\" 200 5 \\\"-\\\" \\\"curl\\\"\\n\",\"stream\":\"stdout\","
			"\"time\":\"2023-10-14T13:46:41Z\"}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_ACCESS);
	CHECK_TEXT(field(&r, "cs-uri"), "/x");
	CHECK(r.event.raw.data[0] == '{');
	reading_next(&r, "{\"log\":\"{\\\"a\\\":1}\",\"stream\":\"stdout\",\"time\":\"2023-10-"
			 "14T13:46:41Z\"}");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_JSON);
	CHECK_TEXT(field(&r, "a"), "1");
	CHECK(r.event.time_ns == INT64_C(1697291201) * YG_NS_PER_S);
	reading_next(&r, "{\"log\":\"words\\n\",\"stream\":\"stderr\",\"time\":\"x\"}");
	CHECK_TEXT(field(&r, "stream"), "stderr");
	reading_done(&r);
}

static void an_entry_of_the_journal_is_a_system_log(void)
{
	struct reading r = reading(
		"{\"__REALTIME_TIMESTAMP\":\"1697291201000001\",\"_HOSTNAME\":\"h\",\"_PID\":"
		"\"7\",\"SYSLOG_IDENTIFIER\":\"sshd-session\",\"MESSAGE\":"
		"\"Failed password for root from 192.0.2.1 port 22 ssh2\"}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_SYSLOG);
	CHECK_TEXT(r.event.channel, "sshd");
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.1");
	CHECK_TEXT(field(&r, "hostname"), "h");
	CHECK(r.event.time_ns == INT64_C(1697291201000001000));
	reading_done(&r);
}

static void a_forced_format_is_kept_to(void)
{
	struct reading r = reading("{}");

	reading_as(&r, YG_FORMAT_WINDOWS, "{\"a\":1}");
	CHECK(r.rc == YG_EMISMATCH);
	reading_as(&r, YG_FORMAT_JSON, "{\"EventID\":1,\"Channel\":\"Security\"}");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_WINDOWS);
	reading_done(&r);
}

static const struct check_case cases[] = {
	CASE(nested_objects_become_dotted_names),
	CASE(lists_of_objects_share_their_path),
	CASE(equal_keys_are_both_kept),
	CASE(escapes_are_read_late),
	CASE(damage_is_told_with_its_place),
	CASE(a_comma_after_the_object_is_that_of_a_list),
	CASE(control_characters_and_broken_utf8_are_kept),
	CASE(deep_values_are_kept_as_text),
	CASE(many_names_are_no_trouble),
	CASE(one_record_with_more_names_than_are_remembered),
	CASE(who_and_when_of_other_objects),
	CASE(the_line_of_a_container_is_read),
	CASE(an_entry_of_the_journal_is_a_system_log),
	CASE(a_forced_format_is_kept_to),
};

CHECK_MAIN(cases)
