/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "reading.h"

/* One sign-in failure, as different programs write it. */
static const char *const shapes[] = {
	/* evtx_dump */
	"{\"Event\":{\"#attributes\":{\"xmlns\":\"http://"
	"x\"},\"System\":{\"Provider\":{\"#attributes\":"
	"{\"Name\":\"Microsoft-Windows-Security-Auditing\",\"Guid\":\"54849625\"}},\"EventID\":"
	"4625,"
	"\"Level\":0,\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"2022-04-29T12:36:01."
	"902791Z\"}},"
	"\"EventRecordID\":2559,\"Execution\":{\"#attributes\":{\"ProcessID\":712,\"ThreadID\":2}},"
	"\"Channel\":\"Security\",\"Computer\":\"pc1\",\"Security\":null},\"EventData\":{"
	"\"TargetUserName\":\"admin\",\"LogonType\":3,\"IpAddress\":\"203.0.113.9\"}}}",
	/* evtx_dump --separate-json-attributes */
	"{\"Event\":{\"System\":{\"Provider_attributes\":{\"Name\":\"Microsoft-Windows-Security-"
	"Auditing\"},"
	"\"EventID\":4625,\"EventID_attributes\":{\"Qualifiers\":\"0\"},\"Level\":0,"
	"\"TimeCreated_attributes\":{\"SystemTime\":\"2022-04-29T12:36:01.902791Z\"},"
	"\"EventRecordID\":2559,\"Channel\":\"Security\",\"Computer\":\"pc1\"},\"EventData\":{"
	"\"TargetUserName\":\"admin\",\"LogonType\":3,\"IpAddress\":\"203.0.113.9\"}}}",
	/* XML to JSON with "@", EventData as a list of Data */
	"{\"Event\":{\"@xmlns\":\"http://x\",\"System\":{\"Provider\":{\"@Name\":"
	"\"Microsoft-Windows-Security-Auditing\"},\"EventID\":{\"@Qualifiers\":\"0\",\"#text\":"
	"\"4625\"},"
	"\"Level\":\"0\",\"TimeCreated\":{\"@SystemTime\":\"2022-04-29T12:36:01.902791Z\"},"
	"\"EventRecordID\":\"2559\",\"Channel\":\"Security\",\"Computer\":\"pc1\"},\"EventData\":{"
	"\"Data\":["
	"{\"@Name\":\"TargetUserName\",\"#text\":\"admin\"},{\"#text\":\"3\",\"@Name\":"
	"\"LogonType\"},"
	"{\"@Name\":\"IpAddress\",\"#text\":\"203.0.113.9\"}]}}}",
	/* the same with EventData itself the list, EventID with attributes */
	"{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":"
	"\"Microsoft-Windows-Security-Auditing\"}},\"EventID\":{\"#text\":4625,\"#attributes\":"
	"{\"Qualifiers\":0}},\"Level\":0,\"TimeCreated\":{\"#attributes\":{\"SystemTime\":"
	"\"2022-04-29T12:36:01.902791Z\"}},\"EventRecordID\":2559,\"Channel\":\"Security\","
	"\"Computer\":\"pc1\"},\"EventData\":[{\"@Name\":\"TargetUserName\",\"#text\":\"admin\"},"
	"{\"#attributes\":{\"Name\":\"LogonType\"},\"#text\":3},"
	"{\"@Name\":\"IpAddress\",\"#text\":\"203.0.113.9\"}]}}",
	/* NXLog */
	"{\"EventTime\":\"2022-04-29 "
	"14:36:01\",\"Hostname\":\"pc1\",\"Keywords\":-9218868437227405312,"
	"\"EventID\":4625,\"SourceName\":\"Microsoft-Windows-Security-Auditing\",\"Level\":\"0\","
	"\"Channel\":\"Security\",\"EventRecordID\":2559,\"TargetUserName\":\"admin\","
	"\"LogonType\":\"3\","
	"\"IpAddress\":\"203.0.113.9\",\"@timestamp\":\"2022-04-29T12:36:01.902791Z\"}",
	/* Winlogbeat 7 */
	"{\"@timestamp\":\"2022-04-29T12:36:01.902791Z\",\"winlog\":{\"channel\":\"Security\","
	"\"provider_name\":"
	"\"Microsoft-Windows-Security-Auditing\",\"event_id\":4625,\"computer_name\":\"pc1\","
	"\"record_id\":2559,"
	"\"event_data\":{\"TargetUserName\":\"admin\",\"LogonType\":\"3\",\"IpAddress\":\"203.0."
	"113.9\"}},"
	"\"event\":{\"kind\":\"event\",\"code\":4625},\"ecs\":{\"version\":\"1.5.0\"},\"Level\":0}",
	/* Winlogbeat 6 */
	"{\"@timestamp\":\"2022-04-29T12:36:01.902791Z\",\"log_name\":\"Security\",\"event_id\":"
	"4625,"
	"\"source_name\":\"Microsoft-Windows-Security-Auditing\",\"computer_name\":\"pc1\","
	"\"Level\":\"0\","
	"\"EventRecordID\":2559,\"event_data\":{\"TargetUserName\":\"admin\",\"LogonType\":\"3\","
	"\"IpAddress\":\"203.0.113.9\"}}",
};

static void all_shapes_give_the_same_fields(void)
{
	struct reading r = reading("{}");

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		reading_next(&r, shapes[i]);
		CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_WINDOWS);
		CHECK_TEXT(r.event.channel, "Security");
		CHECK(r.event.event_code == 4625);
		CHECK(r.event.time_ns == INT64_C(1651235761902791000) && r.event.has_zone);
		CHECK_TEXT(yg_event_get(&r.event, YG_F_EventID), "4625");
		CHECK_TEXT(yg_event_get(&r.event, YG_F_Channel), "Security");
		CHECK_TEXT(yg_event_get(&r.event, YG_F_Computer), "pc1");
		CHECK_TEXT(yg_event_get(&r.event, YG_F_Provider_Name),
			   "Microsoft-Windows-Security-Auditing");
		CHECK_TEXT(yg_event_get(&r.event, YG_F_TargetUserName), "admin");
		CHECK_TEXT(yg_event_get(&r.event, YG_F_LogonType), "3");
		CHECK_TEXT(yg_event_get(&r.event, YG_F_src_ip), "203.0.113.9");
		CHECK_TEXT(field(&r, "EventRecordID"), "2559");
		CHECK_TEXT(field(&r, "Level"), "0");
		CHECK_TEXT(field(&r, "xmlns"), "");
	}
	reading_done(&r);
}

static void data_without_names_is_called_data(void)
{
	struct reading r = reading("{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{"
				   "\"Name\":\"MSSQL\"}},\"EventID\":33205,"
				   "\"Channel\":\"Application\"},\"EventData\":{\"Data\":{\"#"
				   "text\":[\"one\",\"two\"]},"
				   "\"Binary\":null}}}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_WINDOWS);
	CHECK_TEXT(field(&r, "Data"), "one");
	CHECK_TEXT(r.event.fields[r.event.field_count - 2].text, "two");
	reading_next(&r, "{\"Event\":{\"System\":{\"EventID\":1000,\"Channel\":\"Application\"},"
			 "\"EventData\":{\"Data\":[\"a\",\"b\",{\"#text\":\"c\"}]}}}");
	CHECK(r.rc == YG_OK && r.event.field_count == 5);
	for (unsigned i = 0; i < 3; i++)
		CHECK_TEXT(r.event.fields[2 + i].name, "Data");
	CHECK_TEXT(r.event.fields[4].text, "c");
	reading_done(&r);
}

static void user_data_has_the_names_of_its_leaves(void)
{
	struct reading r = reading(
		"{\"Event\":{\"System\":{\"EventID\":1149,\"Channel\":\"Microsoft-Windows-"
		"TerminalServices-RemoteConnectionManager/"
		"Operational\"},\"UserData\":{\"EventXML\":{"
		"\"#attributes\":{\"xmlns\":\"Event_NS\"},\"Param1\":\"bob\",\"Param2\":\"D\","
		"\"Param3\":\"198.51.100.4\"}}}}");

	CHECK_TEXT(field(&r, "Param1"), "bob");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_src_ip), "198.51.100.4");
	CHECK_TEXT(field(&r, "xmlns"), "");
	reading_done(&r);
}

static void new_process_has_the_names_of_sysmon(void)
{
	struct reading r =
		reading("{\"EventID\":\"4688\",\"Channel\":\"Security\",\"NewProcessName\":"
			"\"C:\\\\a.exe\",\"ParentProcessName\":\"C:\\\\b.exe\"}");

	CHECK(r.event.event_code == 4688);
	CHECK_TEXT(yg_event_get(&r.event, YG_F_Image), "C:\\a.exe");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_ParentImage), "C:\\b.exe");
	CHECK(yg_event_find(&r.event, YG_F_Image)->is_derived);
	reading_next(&r, "{\"EventID\":4689,\"Channel\":\"Security\",\"NewProcessName\":\"x\"}");
	CHECK(!yg_event_find(&r.event, YG_F_Image));
	reading_done(&r);
}

static void a_threat_has_the_names_of_antivirus_rules(void)
{
	struct reading r =
		reading("{\"EventID\":1116,\"Channel\":\"Microsoft-Windows-Windows Defender/"
			"Operational\",\"Threat Name\":\"HackTool\",\"Path\":\"file:x\"}");

	CHECK_TEXT(yg_event_get(&r.event, YG_F_Signature), "HackTool");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_Filename), "file:x");
	reading_done(&r);
}

static void only_a_remote_address_is_an_actor(void)
{
	static const char *const none[] = {
		"\"EventID\":4624,\"IpAddress\":\"-\"",
		"\"EventID\":4624,\"IpAddress\":\"::1\"",
		"\"EventID\":4624,\"IpAddress\":\"127.0.0.1\"",
		"\"EventID\":4624,\"IpAddress\":\"LOCAL\"",
		"\"EventID\":4624,\"IpAddress\":\"0:0:0:0:0:0:0:1\"",
		"\"EventID\":3,\"SourceIp\":\"192.0.2.1\",\"Initiated\":\"true\"",
		"\"EventID\":5156,\"SourceAddress\":\"192.0.2.1\",\"Direction\":\"%%14593\"",
		"\"EventID\":5158,\"SourceAddress\":\"192.0.2.1\"",
	};
	struct reading r = reading("{}");
	char text[256];

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		(void)snprintf(text, sizeof(text), "{\"Channel\":\"Security\",%s}", none[i]);
		reading_next(&r, text);
		CHECK(r.event.format == YG_FORMAT_WINDOWS);
		CHECK(!yg_event_find(&r.event, YG_F_src_ip));
	}
	reading_next(
		&r,
		"{\"Channel\":\"Security\",\"EventID\":4624,\"IpAddress\":\"::ffff:192.0.2.1\"}");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_src_ip), "192.0.2.1");
	reading_done(&r);
}

static void other_objects_keep_their_names(void)
{
	struct reading r = reading("{\"winlog\":{\"event_data\":{\"a\":1}},\"System\":{\"x\":2}}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_JSON);
	CHECK_TEXT(field(&r, "winlog.event_data.a"), "1");
	CHECK_TEXT(field(&r, "System.x"), "2");
	reading_next(&r, "{\"Event\":{\"type\":\"x\"}}");
	CHECK_TEXT(field(&r, "Event.type"), "x");
	reading_done(&r);
}

static void system_comes_before_event_data(void)
{
	struct reading r =
		reading("{\"Event\":{\"EventData\":{\"Channel\":\"Application\",\"EventID\":\"9\"},"
			"\"System\":{\"Channel\":\"System\",\"EventID\":104}}}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_WINDOWS && r.event.event_code == 104);
	CHECK_TEXT(r.event.channel, "System");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_Channel), "System");
	CHECK_TEXT(r.event.fields[2].text, "Application");
	reading_done(&r);
}

static void other_wrappings(void)
{
	struct reading r =
		reading("{\"Id\":4624,\"ProviderName\":\"Microsoft-Windows-Security-Auditing\","
			"\"LogName\":\"Security\",\"MachineName\":\"pc\",\"TimeCreated\":"
			"\"\\/Date(1651235761902)\\/\"}");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_WINDOWS && r.event.event_code == 4624);
	CHECK_TEXT(yg_event_get(&r.event, YG_F_Computer), "pc");
	CHECK(r.event.time_ns == INT64_C(1651235761902000000));
	reading_next(
		&r,
		"{\"_index\":\"w\",\"_source\":{\"winlog\":{\"channel\":\"Security\",\"event_id\":"
		"4624,\"event_data\":{\"LogonType\":\"3\"}},\"user\":{\"name\":\"u\"}}}");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_WINDOWS && r.event.event_code == 4624);
	CHECK_TEXT(yg_event_get(&r.event, YG_F_LogonType), "3");
	CHECK_TEXT(field(&r, "user.name"), "u");
	reading_done(&r);
}

/* The same event as XML and as JSON: the same fields. */
static void xml_gives_the_same_fields(void)
{
	static const char *const xml =
		"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>\r\n <System>"
		"<Provider Name='Microsoft-Windows-Security-Auditing' Guid='{5}'/><EventID "
		"Qualifiers=\"0\">4625</EventID><TimeCreated SystemTime='2022-04-29T12:36:01.902Z' "
		"/><Channel>Security</Channel><Computer>pc</Computer><Security /></System>"
		"<EventData><Data Name='TargetUserName'>bob &amp; &quot;eve&quot;</Data><Data "
		"Name=\"LogonType\">3</Data><Data Name='IpAddress'>192.0.2.9</Data><Data "
		"Name='ProcessName'></Data></EventData></Event>";
	struct reading r = reading(xml);

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_WINDOWS && r.event.event_code == 4625);
	CHECK_TEXT(r.event.channel, "Security");
	CHECK(r.event.time_ns == INT64_C(1651235761902000000));
	CHECK_TEXT(yg_event_get(&r.event, YG_F_Computer), "pc");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_Provider_Name),
		   "Microsoft-Windows-Security-Auditing");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_TargetUserName), "bob & \"eve\"");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_LogonType), "3");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_src_ip), "192.0.2.9");
	CHECK(yg_bytes_eq(r.event.raw, yg_bytes_str(xml)));
	reading_as(&r, YG_FORMAT_WINDOWS, xml);
	CHECK(r.rc == YG_OK && r.event.event_code == 4625);
	/* as browsers show it, and people copy it */
	reading_next(
		&r, "- <Event>- <System><EventID>4625</EventID><Channel>Security</Channel></System>"
		    "- <EventData><Data Name=\"LogonType\">8</Data></EventData></Event>");
	CHECK(r.rc == YG_OK && r.event.event_code == 4625);
	CHECK_TEXT(yg_event_get(&r.event, YG_F_LogonType), "8");
	/* as Sysmon for Linux writes it */
	reading_next(&r,
		     "Mar  1 08:00:01 web1 sysmon: <Event><System><Provider "
		     "Name=\"Linux-Sysmon\"/><EventID>1</EventID><Channel>Linux-Sysmon/Operational"
		     "</Channel></System><EventData><Data Name=\"Image\">/bin/id</Data></EventData>"
		     "</Event>");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_WINDOWS && r.event.event_code == 1);
	CHECK_TEXT(r.event.channel, "Linux-Sysmon/Operational");
	reading_done(&r);
}

static void hostile_xml_is_refused(void)
{
	static const char *const texts[] = {
		"<Event",
		"<Event>",
		"<Event><System></Event>",
		"<Event a='&lol;'></Event>",
		"<Event ><a/></Event><Event></Event>",
		"<Event><System><EventID>1</EventID></System></Event>",
		"<!DOCTYPE x [<!ENTITY a 'b'>]><Event>&a;</Event>",
	};
	struct reading r = reading("");
	char deep[1200] = "<Event>";

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		reading_as(&r, YG_FORMAT_WINDOWS, texts[i]);
		CHECK(r.rc == YG_EFORMAT || r.rc == YG_EMISMATCH);
	}
	for (size_t i = 0; i < 200; i++)
		(void)snprintf(deep + 7 + 3 * i, 4, "<a>");
	reading_as(&r, YG_FORMAT_WINDOWS, deep);
	CHECK(r.rc == YG_EFORMAT && strstr(r.fault.msg, "deeply"));
	reading_done(&r);
}

static const struct check_case cases[] = {
	CASE(all_shapes_give_the_same_fields),
	CASE(data_without_names_is_called_data),
	CASE(user_data_has_the_names_of_its_leaves),
	CASE(new_process_has_the_names_of_sysmon),
	CASE(a_threat_has_the_names_of_antivirus_rules),
	CASE(only_a_remote_address_is_an_actor),
	CASE(other_objects_keep_their_names),
	CASE(system_comes_before_event_data),
	CASE(other_wrappings),
	CASE(xml_gives_the_same_fields),
	CASE(hostile_xml_is_refused),
};

CHECK_MAIN(cases)
