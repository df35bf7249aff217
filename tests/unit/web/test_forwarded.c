/* SPDX-License-Identifier: Apache-2.0 */
#include "web/forwarded.h"

#include "../check.h"

#include "base/ban.h"

static struct yg_web_proxies proxies_of(enum yg_web_hops field)
{
	static const char *const trusted[] = {"127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"};
	struct yg_web_proxies ret = {.field = field};

	for (; ret.count < 3; ret.count++)
		if (yg_net_prefix_read(yg_bytes_str(trusted[ret.count]), &ret.trusted[ret.count]) !=
		    YG_OK)
			check_failed = 1;
	return ret;
}

/* @lines are parted by '\n'. */
static bool is_for(enum yg_web_hops field, const char *peer, const char *lines, const char *wanted)
{
	struct yg_web_proxies proxies = proxies_of(field);
	struct yg_web_hop_lines hops = {.count = 0};
	struct yg_bytes rest = yg_bytes_str(lines);
	char got[YG_NET_HOST_MAX];
	bool is_same;

	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');

		yg_web_hop_lines_add(&hops, yg_bytes_cut(rest, 0, end));
		rest = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, end + 1);
	}
	yg_web_forwarded_for(&proxies, yg_bytes_str(peer), &hops, got);
	is_same = strcmp(got, wanted) == 0;
	if (!is_same)
		fprintf(stderr, "%s | %s: %s, not %s\n", peer, lines, got, wanted);
	return is_same;
}

struct one {
	const char *peer, *lines, *wanted;
};

static void of_x(void)
{
	static const struct one all[] = {
		/* Nobody else is believed. */
		{"192.0.2.1", "203.0.113.9", "192.0.2.1"},
		{"2001:db8:2::1", "203.0.113.9", "2001:db8:2::1"},
		/* The last one that is no proxy, whatever stands left of it. */
		{"127.0.0.1", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
		{"127.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"},
		{"127.0.0.1", "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"},
		{"10.0.0.1", "198.51.100.1\n203.0.113.9", "203.0.113.9"},
		{"10.0.0.1", "198.51.100.1\n203.0.113.9, 10.9.9.9\n10.1.1.1", "203.0.113.9"},
		{"10.0.0.1", "<x>, \", 203.0.113.9", "203.0.113.9"},
		/* Forms. */
		{"127.0.0.1", "203.0.113.9:4711", "203.0.113.9"},
		{"127.0.0.1", " 2001:DB8:0:0::9 ", "2001:db8::9"},
		{"127.0.0.1", "[2001:db8::9]:80", "2001:db8::9"},
		{"127.0.0.1", "[2001:db8::9]", "2001:db8::9"},
		{"127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"},
		{"::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"},
		{"2001:db8:1::7", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1", "203.0.113.9,,", "203.0.113.9"},
		/* All are proxies: the first of them. */
		{"127.0.0.1", "10.0.0.5, 10.0.0.6", "10.0.0.5"},
		{"127.0.0.1", "127.0.0.1", "127.0.0.1"},
		/* What is no address ends it: the proxy that wrote it. */
		{"127.0.0.1", "", "127.0.0.1"},
		{"127.0.0.1", "unknown", "127.0.0.1"},
		{"127.0.0.1", "203.0.113.9, unknown", "127.0.0.1"},
		{"127.0.0.1", "203.0.113.9, unknown, 10.0.0.5", "10.0.0.5"},
		{"127.0.0.1", "203.0.113.9x", "127.0.0.1"},
		{"127.0.0.1", "203.0.113.9:99999", "127.0.0.1"},
		{"127.0.0.1", "203.0.113.9:", "127.0.0.1"},
		{"127.0.0.1", "[203.0.113.9]", "127.0.0.1"},
		{"127.0.0.1", "[2001:db8::9", "127.0.0.1"},
		{"127.0.0.1", "[2001:db8::9]x", "127.0.0.1"},
		{"127.0.0.1", "fe80::1%eth0", "127.0.0.1"},
		{"127.0.0.1", "203.0.113.9/8", "127.0.0.1"},
		{"nothing", "203.0.113.9", ""},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CHECK(is_for(YG_WEB_HOPS_X, all[i].peer, all[i].lines, all[i].wanted));
}

static void of_rfc_7239(void)
{
	static const struct one all[] = {
		{"192.0.2.1", "for=203.0.113.9", "192.0.2.1"},
		{"127.0.0.1", "for=203.0.113.9", "203.0.113.9"},
		{"127.0.0.1", "For=\"203.0.113.9:4711\";proto=https;by=10.0.0.1", "203.0.113.9"},
		{"127.0.0.1", "for=198.51.100.1, For=\"[2001:db8::9]:80\" ; host=a", "2001:db8::9"},
		{"127.0.0.1", "proto=https;for=203.0.113.9;host=\"a,b;for=1.2.3.4\"",
		 "203.0.113.9"},
		{"127.0.0.1", "for=\"1.2.3.4, for=5.6.7.8\", for=203.0.113.9", "203.0.113.9"},
		{"127.0.0.1", "for=198.51.100.1, for=203.0.113.9, for=10.0.0.3", "203.0.113.9"},
		{"127.0.0.1", "for=198.51.100.1\nfor=203.0.113.9\nfor=10.0.0.3", "203.0.113.9"},
		{"127.0.0.1", "for=203.0.113.9,", "203.0.113.9"},
		/* Of no use: the proxy. */
		{"127.0.0.1", "for=_hidden, for=unknown", "127.0.0.1"},
		{"127.0.0.1", "for=203.0.113.9, proto=https", "127.0.0.1"},
		{"127.0.0.1", "for=203.0.113.9;for=1.2.3.4", "127.0.0.1"},
		{"127.0.0.1", "203.0.113.9", "127.0.0.1"},
		{"127.0.0.1", "for=\"203.0.113.9", "127.0.0.1"},
		{"127.0.0.1", "for=\"203.0.113\\.9\"", "127.0.0.1"},
		/* Quotes that a client opened do not swallow what the proxy wrote. */
		{"127.0.0.1", "for=1.2.3.4;x=\", for=203.0.113.9", "127.0.0.1"},
		{"127.0.0.1", "for=1.2.3.4;x=\", for=\"[2001:db8::9]:80\"", "127.0.0.1"},
		{"127.0.0.1", "for=1.2.3.4;x=\"\nfor=203.0.113.9", "203.0.113.9"},
		{"127.0.0.1", "for=1.2.3.4;x=\"\\\", for=203.0.113.9\"", "1.2.3.4"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CHECK(is_for(YG_WEB_HOPS_RFC_7239, all[i].peer, all[i].lines, all[i].wanted));
}

/* Many hops, many lines: no more than the bounds, and never somebody behind them. */
static void bounds(void)
{
	char lines[4096] = "203.0.113.9";
	size_t size = strlen(lines);

	for (unsigned i = 1; i <= YG_WEB_HOPS_MAX; i++)
		size += (size_t)snprintf(lines + size, sizeof(lines) - size, ", 10.0.0.%u", i);
	CHECK(is_for(YG_WEB_HOPS_X, "127.0.0.1", lines, "10.0.0.1"));
	(void)snprintf(lines, sizeof(lines), "203.0.113.9");
	size = strlen(lines);
	for (unsigned i = 1; i < YG_WEB_HOPS_MAX; i++)
		size += (size_t)snprintf(lines + size, sizeof(lines) - size, ", 10.0.0.%u", i);
	CHECK(is_for(YG_WEB_HOPS_X, "127.0.0.1", lines, "203.0.113.9"));
	(void)snprintf(lines, sizeof(lines), "203.0.113.9");
	size = strlen(lines);
	for (unsigned i = 1; i <= YG_WEB_HOP_LINES; i++)
		size += (size_t)snprintf(lines + size, sizeof(lines) - size, "\n10.0.0.%u", i);
	CHECK(is_for(YG_WEB_HOPS_X, "127.0.0.1", lines, "10.0.0.1"));
	memset(lines, ',', sizeof(lines) - 1);
	lines[sizeof(lines) - 1] = '\0';
	CHECK(is_for(YG_WEB_HOPS_X, "127.0.0.1", lines, "127.0.0.1"));
	memset(lines, '1', sizeof(lines) - 1);
	CHECK(is_for(YG_WEB_HOPS_X, "127.0.0.1", lines, "127.0.0.1"));
	memset(lines, '"', sizeof(lines) - 1);
	CHECK(is_for(YG_WEB_HOPS_RFC_7239, "127.0.0.1", lines, "127.0.0.1"));
}

static const struct check_case cases[] = {CASE(of_x), CASE(of_rfc_7239), CASE(bounds)};
CHECK_MAIN(cases)
