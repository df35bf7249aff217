/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "reading.h"

static void a_vpn_sign_in_that_failed(void)
{
	struct reading r =
		reading("date=2024-10-14 time=13:46:40 eventtime=1728938800841267391 tz=\"-0700\" "
			"logid=\"0101039426\" "
			"type=\"event\" subtype=\"vpn\" level=\"alert\" vd=\"root\" logdesc=\"SSL "
			"VPN login fail\" "
			"action=\"ssl-login-fail\" tunneltype=\"ssl-web\" tunnelid=0 "
			"remip=192.0.2.1 user=\"a b\" "
			"dst_host=\"N/A\" reason=\"x\" msg=\"SSL \\\"user\\\" C:\\new\"");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_FORTIGATE);
	CHECK_TEXT(r.event.channel, "fortigate");
	CHECK(r.event.time_ns == INT64_C(1728938800841267391) && r.event.has_zone);
	CHECK_TEXT(r.event.time_text, "2024-10-14 13:46:40 -0700");
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.1");
	CHECK_TEXT(field(&r, "user"), "a b");
	CHECK_TEXT(field(&r, "tunnelid"), "0");
	CHECK_TEXT(field(&r, "msg"), "SSL \"user\" C:\\new");
	CHECK_TEXT(field(&r, "auth_result"), "failed");
	CHECK(yg_event_find(&r.event, YG_F_src_ip)->is_derived);
	reading_done(&r);
}

static void results_of_other_records(void)
{
	static const struct {
		const char *fields;
		const char *result;
	} records[] = {
		{"action=\"tunnel-up\" tunneltype=\"ssl-tunnel\"", "accepted"},
		{"action=\"tunnel-down\" tunneltype=\"ssl-tunnel\"", "closed"},
		{"action=\"login\" status=\"failed\"", "failed"},
		{"action=\"login\" status=\"success\"", "accepted"},
		{"action=\"authentication\" status=\"failure\"", "failed"},
		{"action=\"accept\" status=\"success\"", ""},
		{"logdesc=\"Admin login failed\" action=\"login\"", "failed"},
	};
	struct reading r = reading("");
	char text[256];

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		(void)snprintf(text, sizeof(text), "logid=\"1\" type=\"event\" %s",
			       records[i].fields);
		reading_next(&r, text);
		CHECK(r.event.format == YG_FORMAT_FORTIGATE);
		CHECK_TEXT(field(&r, "auth_result"), records[i].result);
	}
	reading_done(&r);
}

static void addresses_wherever_they_stand(void)
{
	struct reading r =
		reading("<189>date=2019-05-10,time=11:37:47,logid=\"0\",type=\"traffic\","
			"srcip=192.0.2.1,srcport=5,dstip=198.51.100.1,dstport=443,x=\"a,b\"");

	CHECK(r.event.format == YG_FORMAT_FORTIGATE && r.event.field_count == 13);
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.1");
	CHECK_TEXT(field(&r, "dst_ip"), "198.51.100.1");
	CHECK_TEXT(field(&r, "src_port"), "5");
	CHECK_TEXT(field(&r, "dst_port"), "443");
	CHECK_TEXT(field(&r, "x"), "a,b");
	CHECK(r.event.time_ns == INT64_C(1557488267) * YG_NS_PER_S && !r.event.has_zone);
	reading_next(&r, "logid=1 type=event ui=\"https(192.0.2.3)\" srcip=N/A");
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.3");
	reading_next(&r, "date=2019-05-10 time=11:37:47 tz=\"+0900\" logid=1 type=event");
	CHECK(r.event.time_ns == INT64_C(1557455867) * YG_NS_PER_S && r.event.has_zone);
	reading_done(&r);
}

static void other_devices_with_four_pairs(void)
{
	struct reading r =
		reading("id=fw sn=00 time=\"2023-01-02 03:04:05 UTC\" fw=1 pri=1 m=1 "
			"msg=\"Login denied\" src=192.0.2.1:51234:X1 dst=192.0.2.2:443:X0");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_KEYVALUE);
	CHECK_TEXT(field(&r, "src_ip"), "192.0.2.1");
	CHECK_TEXT(field(&r, "src_port"), "51234");
	CHECK_TEXT(field(&r, "dst_port"), "443");
	CHECK(r.event.time_ns == INT64_C(1672628645) * YG_NS_PER_S && r.event.has_zone);
	reading_next(&r, "a=1 b=2 c=3");
	CHECK(r.rc == YG_EMISMATCH);
	reading_next(&r, "a=1 b=2 c=\"open d=4");
	CHECK(r.rc == YG_EMISMATCH);
	reading_done(&r);
}

static void common_event_format(void)
{
	struct reading r = reading("CEF:0|Ven\\|dor|P|1.0|100|a name|7|src=192.0.2.1 spt=5 "
				   "msg=some words with = sign suser=bob rt=1700758468384");

	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_CEF);
	CHECK_TEXT(field(&r, "vendor"), "Ven|dor");
	CHECK_TEXT(field(&r, "msg"), "some words with = sign");
	CHECK_TEXT(field(&r, "user"), "bob");
	CHECK_TEXT(field(&r, "src_port"), "5");
	CHECK(r.event.time_ns == INT64_C(1700758468384000000));
	reading_next(&r, "CEF:0|V|P");
	CHECK(r.rc == YG_EFORMAT);
	reading_done(&r);
}

static const struct check_case cases[] = {
	CASE(a_vpn_sign_in_that_failed),     CASE(results_of_other_records),
	CASE(addresses_wherever_they_stand), CASE(other_devices_with_four_pairs),
	CASE(common_event_format),
};

CHECK_MAIN(cases)
