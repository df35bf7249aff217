/* SPDX-License-Identifier: Apache-2.0 */
#include "base/net.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "../check.h"

#include "base/ban.h"

static void places(void)
{
	static const struct {
		const char *text;
		const char *host; /* NULL: refused */
		uint16_t port;
		bool is_loopback;
	} places[] = {
		{"127.0.0.1:80", "127.0.0.1", 80, true},
		{"127.9.9.9:0", "127.9.9.9", 0, true},
		{"localhost:5", "127.0.0.1", 5, true},
		{"[::1]:514", "::1", 514, true},
		{"[2001:db8::1]:65535", "2001:db8::1", 65535, false},
		{"192.0.2.1:1", "192.0.2.1", 1, false},
		{":514", "", 514, false},
		{"514", "", 514, false},
		{"0.0.0.0:1", "0.0.0.0", 1, false},
		{"", NULL, 0, false},
		{":", NULL, 0, false},
		{"127.0.0.1", NULL, 0, false},
		{"127.0.0.1:65536", NULL, 0, false},
		{"127.0.0.1:-1", NULL, 0, false},
		{"::1:514", NULL, 0, false},
		{"[::1:514", NULL, 0, false},
		{"example.jp:80", NULL, 0, false},
		{"1.2.3:80", NULL, 0, false},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct yg_net_place got;
		int rc = yg_net_read(places[i].text, &got);

		CHECK((rc == YG_OK) == (places[i].host != NULL));
		if (rc != YG_OK)
			continue;
		CHECK(strcmp(got.host, places[i].host) == 0 && got.port == places[i].port);
		CHECK(yg_net_is_loopback(&got) == places[i].is_loopback);
	}
}

static void listening(void)
{
	struct yg_net_place place;
	struct yg_net_place bound;
	struct yg_net_place again;
	char text[YG_NET_TEXT_MAX];
	int fd;
	int second;

	CHECK(yg_net_read("127.0.0.1:0", &place) == YG_OK);
	CHECK(yg_net_listen(&place, YG_NET_TCP, &fd, &bound) == YG_OK);
	CHECK(bound.port != 0 && strcmp(bound.host, "127.0.0.1") == 0);
	CHECK(yg_net_listen(&bound, YG_NET_TCP, &second, &again) == YG_EDUPLICATE);
	yg_net_write(&bound, text);
	CHECK(yg_net_read(text, &again) == YG_OK && again.port == bound.port);
	(void)close(fd);
	CHECK(yg_net_listen(&place, YG_NET_UDP, &fd, &bound) == YG_OK);
	(void)close(fd);
}

static bool internal(const char *text, unsigned prefix)
{
	uint8_t a[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	bool is_four = inet_pton(AF_INET, text, a + 12) == 1;

	return (is_four || inet_pton(AF_INET6, text, a) == 1) &&
	       yg_net_is_internal(a, prefix + (is_four ? 96 : 0));
}

/* The ends of every range, and what lies beside them. */
static void inside(void)
{
	static const char *const in[] = {"0.1.2.3",
					 "10.0.0.0",
					 "10.255.255.255",
					 "100.64.0.0",
					 "100.127.255.255",
					 "127.0.0.1",
					 "169.254.0.0",
					 "169.254.255.255",
					 "172.16.0.0",
					 "172.31.255.255",
					 "192.168.0.0",
					 "192.168.255.255",
					 "224.0.0.1",
					 "255.255.255.255",
					 "::",
					 "::1",
					 "fc00::1",
					 "fdff::1",
					 "fe80::1",
					 "fec0::1",
					 "ff02::1",
					 "64:ff9b::a00:1",
					 "2002:c0a8:101::"};
	static const char *const out[] = {"9.255.255.255",    "11.0.0.0",	 "100.63.255.255",
					  "100.128.0.0",      "126.255.255.255", "128.0.0.0",
					  "169.253.0.1",      "172.15.255.255",	 "172.32.0.0",
					  "192.167.255.255",  "192.169.0.0",	 "192.0.2.1",
					  "203.0.113.5",      "2001:db8::1",	 "fb00::1",
					  "64:ff9b::808:808", "2002:808:808::"};

	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		CHECK(internal(in[i], strchr(in[i], ':') ? 128 : 32));
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		CHECK(!internal(out[i], strchr(out[i], ':') ? 128 : 32));
	/* A range that holds some of it touches it. */
	CHECK(internal("192.0.0.0", 8) && internal("0.0.0.0", 0) && !internal("203.0.113.0", 24));
}

static bool has(const char *prefix, const char *address)
{
	struct yg_net_prefix read;
	uint8_t bytes[16];

	return yg_net_prefix_read(yg_bytes_str(prefix), &read) == YG_OK &&
	       yg_net_address_read(yg_bytes_str(address), bytes) && yg_net_prefix_has(&read, bytes);
}

static void prefixes(void)
{
	static const char *const bad[] = {
		"",
		"x",
		"10.0.0.1/8",
		"10.0.0.0/33",
		"10.0.0.0/",
		"10.0.0.0/-1",
		"10.0.0/8",
		"/8",
		"2001:db8::/129",
		"2001:db8::1/32",
		"[::1]",
		"127.0.0.1:80",
		"::1%lo",
		"10.0.0.0/8/8",
		"0000000000000000000000000000000000000000000000000::1",
	};
	static const char *const forms[][2] = {
		{"192.0.2.1", "192.0.2.1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"2001:DB8:0:0::0001", "2001:db8::1"},
		{"::1", "::1"},
		{"::", "::"},
	};
	struct yg_net_prefix prefix;
	char text[YG_NET_HOST_MAX];
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(yg_net_prefix_read(yg_bytes_str(bad[i]), &prefix) == YG_EINVAL);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		CHECK(yg_net_address_read(yg_bytes_str(forms[i][0]), bytes));
		yg_net_address_write(bytes, text);
		CHECK(strcmp(text, forms[i][1]) == 0);
	}
	CHECK(has("10.0.0.0/8", "10.255.0.1") && !has("10.0.0.0/8", "11.0.0.1"));
	CHECK(has("192.0.2.1", "192.0.2.1") && !has("192.0.2.1", "192.0.2.2"));
	CHECK(has("192.0.2.0/31", "192.0.2.1") && !has("192.0.2.0/31", "192.0.2.2"));
	CHECK(has("192.0.2.1/32", "::ffff:192.0.2.1"));
	CHECK(has("2001:db8::/33", "2001:db8:7fff::1") && !has("2001:db8::/33", "2001:db8:8000::"));
	/* IPv4 is no part of a prefix of IPv6 that looks like it. */
	CHECK(has("0.0.0.0/0", "192.0.2.1") && !has("0.0.0.0/0", "::1"));
	CHECK(has("::ffff:0:0/96", "192.0.2.1"));
}

static const struct check_case cases[] = {CASE(places), CASE(listening), CASE(inside),
					  CASE(prefixes)};
CHECK_MAIN(cases)
