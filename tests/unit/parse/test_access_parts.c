/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "parse/access_parts.h"
#include "parse/web.h"

static struct yg_access_parts parts;

static bool cut(const char *line)
{
	return yg_access_part(yg_bytes_str(line), &parts);
}

static void plain_line(void)
{
	CHECK(cut("192.0.2.7 - alice [22/Dec/2016:16:30:52 +0300] \"GET /a?b HTTP/1.1\" 200 1234 "
		  "\"-\" \"M/5\""));
	CHECK_TEXT(parts.client, "192.0.2.7");
	CHECK_TEXT(parts.before, " - alice [");
	CHECK_TEXT(parts.time, "22/Dec/2016:16:30:52");
	CHECK_TEXT(parts.middle, " +0300] \"GET /a?b HTTP/1.1\" 200 ");
	CHECK_TEXT(parts.size, "1234");
	CHECK_TEXT(parts.after, " \"-\" \"M/5\"");
	CHECK(cut("2001:db8::1 - - [22/Dec/2016:16:30:52 -0930] \"GET / HTTP/1.1\" 200 0"));
	CHECK_TEXT(parts.client, "2001:db8::1");
	CHECK_TEXT(parts.after, "");
	CHECK(parts.client_key == 0);
}

/* Everything else is left to the reader of all forms. */
static void other_lines(void)
{
	static const char *const lines[] = {
		"",
		"192.0.2.7",
		"192.0.2.7 - - [",
		"host.example - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
		"192.0.2 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
		"1a.2.3.4 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
		".1.2.3 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
		"fe80::1%e - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
		"2001.db8::7 - - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
		"192.0.2.7 ident - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
		"192.0.2.7 - [x [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
		"192.0.2.7 - - [22/Dec/2016:16:30:52] \"GET / HTTP/1.1\" 200 1",
		"192.0.2.7 - - [22/Dec/2016:16:30:52 ,0300] \"GET / HTTP/1.1\" 200 1",
		"192.0.2.7 - - [22/Dec/2016:16:30:5x +0300] \"GET / HTTP/1.1\" 200 1",
		"192.0.2.7 - - [22/1ec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
		"192.0.2.7 - - [22/Dec/2016:16:30:52 +0300]  \"GET / HTTP/1.1\" 200 1",
		"192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] \"GET /\" x HTTP/1.1\" 200 1",
		"192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 -",
		"192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 ",
		"192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" - 1",
		"192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1x",
		"192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1 x \"-\"",
		("192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 "
		 "1234567890123456"),
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (cut(lines[i]))
			fprintf(stderr, "cut: %s\n", lines[i]);
		CHECK(!cut(lines[i]));
	}
}

/* Of all short texts that may be a client, those are cut that the reader of all forms takes for
 * one. */
static void clients_are_addresses(void)
{
	static const char bytes[] = "07aF.:";
	const unsigned count = sizeof(bytes) - 1;
	unsigned addresses = 0, others = 0;
	char line[128];

	for (unsigned number = 0; number < count * count * count * count * count * count * count;
	     number++) {
		char client[8];
		unsigned rest = number, size = 0;
		bool is_cut;

		for (; size < 7; rest /= count)
			client[size++] = bytes[rest % count];
		client[size] = '\0';
		(void)snprintf(line, sizeof(line),
			       "%s - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1",
			       client);
		is_cut = cut(line);
		addresses += is_cut;
		others += !is_cut;
		if (is_cut && !yg_web_is_address(yg_bytes_str(client)))
			fprintf(stderr, "cut: %s\n", line);
		CHECK(!is_cut || yg_web_is_address(yg_bytes_str(client)));
	}
	CHECK(addresses > 1000 && others > 1000);
}

static uint64_t key_of(const char *client)
{
	char line[256];

	(void)snprintf(line, sizeof(line),
		       "%s - - [22/Dec/2016:16:30:52 +0300] \"GET / HTTP/1.1\" 200 1", client);
	return cut(line) ? parts.client_key : 0;
}

static void keys_are_of_one_client(void)
{
	static const char *const clients[] = {
		"1.2.3.4",  "1.2.34.4", "12.3.4.4", "1.23.4.4", "01.2.3.4", "0.0.0.0",
		"0.0.0.00", "10.0.0.1", "1.0.0.01", "1..2.3",	"1.2..3",   "255.255.255.255"};
	const size_t count = sizeof(clients) / sizeof(clients[0]);

	for (size_t i = 0; i < count; i++) {
		CHECK(key_of(clients[i]) != 0);
		for (size_t k = 0; k < i; k++)
			CHECK(key_of(clients[i]) != key_of(clients[k]));
	}
	CHECK(key_of("1234.255.255.255") == 0);
}

static void instants(void)
{
	struct yg_access_minute minute = {.time_ns = 0};
	int64_t first_ns, ns;

	CHECK(cut("192.0.2.7 - - [01/Jan/1970:00:00:10 +0000] \"GET / HTTP/1.1\" 200 1"));
	CHECK(yg_access_instant(&minute, &parts, &first_ns) && first_ns == 10 * YG_NS_PER_S);
	CHECK(cut("192.0.2.7 - - [01/Jan/1970:00:00:59 +0000] \"GET / HTTP/1.1\" 200 1"));
	CHECK(yg_access_instant(&minute, &parts, &ns) && ns == 59 * YG_NS_PER_S);
	CHECK(cut("192.0.2.7 - - [01/Jan/1970:00:00:59 -0001] \"GET / HTTP/1.1\" 200 1"));
	CHECK(yg_access_instant(&minute, &parts, &ns) && ns == 119 * YG_NS_PER_S);
	CHECK(cut("192.0.2.7 - - [31/Feb/1970:00:00:59 -0001] \"GET / HTTP/1.1\" 200 1"));
	CHECK(!yg_access_instant(&minute, &parts, &ns));
	CHECK(cut("192.0.2.7 - - [01/Jan/1970:00:00:99 -0001] \"GET / HTTP/1.1\" 200 1"));
	CHECK(!yg_access_instant(&minute, &parts, &ns));
}

static const struct check_case cases[] = {
	CASE(plain_line),
	CASE(other_lines),
	CASE(clients_are_addresses),
	CASE(keys_are_of_one_client),
	CASE(instants),
};

CHECK_MAIN(cases)
