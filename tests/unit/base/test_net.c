/* SPDX-License-Identifier: Apache-2.0 */
#include "base/net.h"

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

static const struct check_case cases[] = {CASE(places), CASE(listening)};
CHECK_MAIN(cases)
