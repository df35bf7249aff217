/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/address.h"

#include "../check.h"

static void addresses_as_logs_write_them(void)
{
	static const char *const texts[][3] = {
		{"192.0.2.1", "192.0.2.1", ""},
		{"192.0.2.1:80", "192.0.2.1", "80"},
		{"192.0.2.1:80:X1", "192.0.2.1", "80"},
		{"[192.0.2.1]", "192.0.2.1", ""},
		{"2001:db8::1", "2001:db8::1", ""},
		{"[2001:db8::1]:53", "2001:db8::1", "53"},
		{"fe80::1%eth0", "fe80::1", ""},
		{"[fe80::1%eth0]:1", "fe80::1", "1"},
		{"::", "::", ""},
		{"::1", "::1", ""},
		{"::ffff:192.0.2.1", "192.0.2.1", ""},
		{"::FFFF:192.0.2.1", "192.0.2.1", ""},
		{"64:ff9b::192.0.2.33", "64:ff9b::192.0.2.33", ""},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", ""},
		{"1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:192.0.2.1", ""},
		{"0:0:0:0:0:0:0:1", "0:0:0:0:0:0:0:1", ""},
		{"1::", "1::", ""},
		{"192.0.2.1, 192.0.2.2", "192.0.2.1", ""},
		{"192.0.2.1 tail", "192.0.2.1", ""},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct yg_bytes address, port;

		if (!yg_address_in(yg_bytes_str(texts[i][0]), &address, &port))
			fprintf(stderr, "%s\n", texts[i][0]);
		CHECK(yg_address_in(yg_bytes_str(texts[i][0]), &address, &port));
		CHECK_TEXT(address, texts[i][1]);
		CHECK_TEXT(port, texts[i][2]);
	}
}

static void what_is_no_address(void)
{
	static const char *const texts[] = {
		"",
		"-",
		"192.0.2",
		"192.0.2.256",
		"192.0.2.1.5",
		"192.0.2.1x",
		"1.2.3.4:",
		"1.2.3.4:x",
		"host",
		"12:34:56",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1::2::3",
		":1",
		"12345::",
		"[::1",
		"LOCAL",
		"1::2:",
		"::1.2.3",
		"0:1.2.3.4",
		"1:2:3:4:5:6:7::8:9",
		"00:11:22:33:44:55",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (yg_address_in(yg_bytes_str(texts[i]), NULL, NULL))
			fprintf(stderr, "%s\n", texts[i]);
		CHECK(!yg_address_in(yg_bytes_str(texts[i]), NULL, NULL));
	}
}

static void only_some_are_of_other_machines(void)
{
	CHECK(yg_address_is_remote(YG_S("192.0.2.1")));
	CHECK(yg_address_is_remote(YG_S("10.0.0.1")));
	CHECK(yg_address_is_remote(YG_S("2001:db8::1")));
	CHECK(yg_address_is_remote(YG_S("fe80::1")));
	CHECK(!yg_address_is_remote(YG_S("127.0.0.1")));
	CHECK(!yg_address_is_remote(YG_S("0.0.0.0")));
	CHECK(!yg_address_is_remote(YG_S("::1")));
	CHECK(!yg_address_is_remote(YG_S("::")));
	CHECK(!yg_address_is_remote(YG_S("0:0:0:0:0:0:0:1")));
}

static const struct check_case cases[] = {
	CASE(addresses_as_logs_write_them),
	CASE(what_is_no_address),
	CASE(only_some_are_of_other_machines),
};

CHECK_MAIN(cases)
