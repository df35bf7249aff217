/* SPDX-License-Identifier: Apache-2.0 */
/* Texts through the gate: the organisation in every spelling, and what points to any house. */
#define YG_BAN_ALLOW_MALLOC
#include <iconv.h>
#include <stdlib.h>
#include <time.h>

#include "../check.h"
#include "access/gate-int.h"
#include "base/crypt.h"
#include "base/utf8.h"

static struct yg_own *own_of_victim(void)
{
	static const struct {
		enum yg_own_kind kind;
		const char *text;
	} entries[] = {
		{YG_OWN_NAME, "株式会社ヤマギシ精機ー工業"},
		{YG_OWN_NAME, "Yamagishi Seiki Co., Ltd."},
		{YG_OWN_NAME, "YSK"},
		{YG_OWN_NAME, "森㈱"},
		{YG_OWN_NUMBER, "1234567890123"},
		{YG_OWN_DOMAIN, "yamagishi-seiki.example"},
		{YG_OWN_DOMAIN, "ヤマギシ精機.example"},
		{YG_OWN_HOST, "KEIRI-PC7.ad.yamagishi-seiki.example"},
		{YG_OWN_HOST, "orochi"},
		{YG_OWN_USER, "YSKDOM\\tanakajiro"},
		{YG_OWN_USER, "administrator"},
		{YG_OWN_CONTACT, "鈴木 花子"},
		{YG_OWN_CONTACT, "03-1234-5678"},
		{YG_OWN_CONTACT, "hanako.suzuki@yamagishi-seiki.example"},
		{YG_OWN_RANGE, "203.0.113.0/24"},
		{YG_OWN_OTHER, "member-0042"},
	};
	struct yg_own *own = yg_own_new();

	for (size_t i = 0; own && i < sizeof(entries) / sizeof(entries[0]); i++) {
		if (yg_own_add(own, entries[i].kind, yg_bytes_str(entries[i].text)) != YG_OK) {
			fprintf(stderr, "not added: %s\n", entries[i].text);
			return yg_own_free(own);
		}
	}
	return own;
}

static struct yg_own *victim;

/* What is left of @text, valid until the next call; "!" when it may not leave at all. */
static const char *cleaned(const char *text, enum yg_manner manner)
{
	static char out[20000];
	static struct yg_proved proved;
	static struct yg_spans spans;
	struct yg_scan scan = {victim, &proved, manner};
	size_t at = 0;
	size_t size = 0;

	memset(&proved, 0, sizeof(proved));
	(void)yg_scan_address(YG_S("198.51.100.7"), proved.addresses[0], &(unsigned){0});
	proved.address_count = 1;
	proved.domains[0] = YG_S("evil.example.net");
	proved.domain_count = 1;
	if (yg_gate_spans(&scan, true, yg_bytes_str(text), &spans) != YG_OK)
		return "!";
	for (size_t i = 0; i <= spans.count; i++) {
		size_t start = i < spans.count ? spans.at[i].start : strlen(text);
		int n = snprintf(out + size, sizeof(out) - size, "%.*s", (int)(start - at),
				 text + at);

		size += (size_t)n;
		if (i == spans.count)
			break;
		n = snprintf(out + size, sizeof(out) - size, "[%s]",
			     yg_taken_name(spans.at[i].why));
		size += (size_t)n;
		at = spans.at[i].end;
	}
	return out;
}

#define FREE(text, want)                                                                           \
	do {                                                                                       \
		const char *got = cleaned(text, YG_MANNER_FREE);                                   \
		if (strcmp(got, want) != 0) {                                                      \
			fprintf(stderr, "%d: \"%s\" became \"%s\", not \"%s\"\n", __LINE__, text,  \
				got, want);                                                        \
			check_failed = 1;                                                          \
		}                                                                                  \
	} while (0)

static void names_in_many_spellings(void)
{
	FREE("ヤマギシ精機工業が狙われた", "[name]が狙われた");
	FREE("株式会社ヤマギシ精機工業が", "株式会社[name]が");
	FREE("㈱ﾔﾏｷﾞｼ精機工業 御中", "㈱[name] 御中");
	FREE("ヤマギシ 精機・工業", "[name]");
	FREE("やまぎし精機工業", "[name]");
	FREE("YAMAGISHI SEIKI", "[name]");
	FREE("Ｙａｍａｇｉｓｈｉ　ｓｅｉｋｉ様", "[name]様");
	FREE("yamagishi_seiki", "[name]");
	FREE("Yama\xc2\xadgishi Se\xe2\x80\x8biki", "[name]");
	FREE("𝒀𝒂𝒎𝒂𝒈𝒊𝒔𝒉𝒊 𝑺𝒆𝒊𝒌𝒊", "[name]");
	FREE("Yаmаgishi Seiki", "[name]"); /* two letters are Cyrillic */
	FREE("at YSK today", "at [name] today");
	FREE("risky business", "risky business");
	FREE("ysk-vpn to", "[name] to");
	/* One character is a name only beside a form. */
	FREE("株式会社森は森に", "[name]は森に");
	FREE("森株式会社", "[name]");
	FREE("森㈱と(株)森", "[name]と([name]");
	FREE("1-2345-6789-0123", "[number]");
	FREE("１２３４５６７８９０１２３", "[number]");
	FREE("T1234567890123", "[number]");
	FREE("member 0042", "[name]");
	FREE("鈴木花子まで、鈴木　花子", "[contact]まで、[contact]");
	FREE("+81 3 1234 5678", "+81 [contact]");
	FREE("TEL(03)1234-5678", "TEL([contact]");
}

static void encoded_names(void)
{
	FREE("Yamagishi%20Seiki", "[name]");
	FREE("q %59amagishi%2520Seiki x", "q [name] x");
	FREE("%E3%83%A4%E3%83%9E%E3%82%AE%E3%82%B7%E7%B2%BE%E6%A9%9F%E5%B7%A5%E6%A5%AD", "[name]");
	/* the same in CP932 and EUC-JP */
	FREE("%83%84%83%7d%83%4d%83%56%90%b8%8b%40%8d%48%8b%c6", "[name]");
	FREE("%83%84%83}%83M%83V%90%b8%8b@%8dH%8b%c6", "[name]");
	FREE("\\u30e4\\u30de\\u30ae\\u30b7\\u7cbe\\u6a5f\\u5de5\\u696d", "[path]");
	FREE("&#12516;&#12510;&#12462;&#12471;&#31934;&#27231;&#24037;&#26989;", "[name]");
	FREE("=E3=83=A4=E3=83=9E=E3=82=AE=E3=82=B7=E7=B2=BE=E6=A9=9F=E5=B7=A5=E6=A5=AD", "[name]");
	FREE("eWFtYWdpc2hpIHNlaWtp", "[encoded]");
	FREE("id=eWFtYWdpc2hpIHNlaWtp;", "id=[encoded];");
	FREE("eQBhAG0AYQBnAGkAcwBoAGkAcwBlAGkAawBpAA==", "[encoded]==");
	FREE("79616d616769736869207365696b69", "[encoded]");
	FREE("http://xn--lckxc0b7b1hy78re88b.example/", "http://[domain]");
	FREE("%25252525252541", "!");
}

static void what_is_its_own(void)
{
	FREE("www.yamagishi-seiki.example", "[name]");
	FREE("keiri-pc7", "[host]");
	FREE("on OROCHI now", "on [host] now");
	FREE("a rochi", "a rochi");
	FREE("tanakajiro", "[user]");
	FREE("administrator", "administrator");
	FREE("203.0.113.9", "[address]");
}

static void what_points_to_any_house(void)
{
	FREE("from 10.1.2.3 and 198.51.100.7", "from [address] and 198.51.100.7");
	FREE("10[.]1[.]2[.]3", "[address]");
	FREE("１０．１．２．３", "[address]");
	FREE("192.0.2.55", "[address]"); /* nothing proves that it is the attacker's */
	FREE("fe80::1%eth0, fd00::5 and ::ffff:10.0.0.1", "[address], [address] and [address]");
	FREE("ip-10-0-0-5", "[address]");
	FREE("a.b@example.org", "[mail]");
	FREE("evil.example.net and x.evil.example.net", "evil.example.net and x.evil.example.net");
	FREE("innocent.example.org", "[domain]");
	FREE("http://evil.example.net/a.sh?x=1#y", "http://evil.example.net/a.sh[query]");
	FREE("http://u:p@evil.example.net/", "http://[user]@evil.example.net/");
	FREE("http://innocent.example.org/a/b", "http://[domain]");
	FREE("open C:\\Users\\taro\\my files\\a.docx", "open [path]");
	FREE("\\\\fs1\\share\\x.xlsx", "[path]");
	FREE("see /home/taro/x", "see [path]");
	FREE("report.xlsx", "[path]");
	FREE("CORP\\taro", "[user]");
	FREE("user=taro;", "user=[user];");
	FREE("{\"TargetUserName\":\"taro yamada\",\"x\":1}",
	     "{\"TargetUserName\":\"[user]\",\"x\":1}");
	FREE("<Data Name=\"SubjectUserName\">taro</Data>",
	     "<Data Name=\"SubjectUserName\">[user]</Data>");
	FREE("Failed password for invalid user taro from 198.51.100.7 port 22",
	     "Failed password for invalid user [user] from 198.51.100.7 port 22");
	FREE("Accepted password for taro from 198.51.100.7",
	     "Accepted password for [user] from 198.51.100.7");
	FREE("GET /index.php?id=1 HTTP/1.1", "GET [path][query] HTTP/1.1");
	FREE("srv01.corp.local", "[host]");
	FREE("DESKTOP-4F2A9C1", "[host]");
	FREE("00:1a:2b:3c:4d:5e", "[host]");
	FREE("CVE-2024-3400 on 2026-11-25", "CVE-2024-3400 on 2026-11-25");
	FREE("powershell.exe ran", "powershell.exe ran");
	FREE("passwords were tried 40 times", "passwords were tried 40 times");
	FREE("VPN: passwords guessed from one address", "VPN: passwords guessed from one address");
	FREE("password hunter2 from the safe", "password [secret] from the safe");
}

/* ---- random spellings ---- */

static uint64_t state;
static unsigned any(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

/* One of the ways to write one character. */
static size_t put_spelt(uint32_t point, char *to)
{
	uint8_t utf8[4];
	size_t size = yg_utf8_put(point, utf8);
	size_t at = 0;

	switch (any(7)) {
	case 0: /* full width */
		if (point > ' ' && point < 0x7f) {
			return yg_utf8_put(point + 0xfee0, (uint8_t *)to);
		}
		break;
	case 1:
		if (point >= 'a' && point <= 'z') {
			to[0] = (char)(point - 32);
			return 1;
		}
		break;
	case 2:
		for (size_t i = 0; i < size; i++)
			at += (size_t)snprintf(to + at, 8, "%%%02X", utf8[i]);
		return at;
	case 3:
		if (point < 0x10000)
			return (size_t)snprintf(to, 8, "\\u%04x", point);
		break;
	case 4:
		return (size_t)snprintf(to, 12, "&#%u;", point);
	default:
		break;
	}
	memcpy(to, utf8, size);
	return size;
}

static const char *const joints[] = {"",	"", "", "", "-", " ", "・", "_", "\xe2\x80\x8b",
				     "\xc2\xad"};

/* @name spelt at random, as UTF-8 characters of it, to @to. */
static void spell(const char *name, char *to)
{
	size_t at = 0;
	size_t size;

	for (size_t i = 0; name[i]; i += size) {
		struct yg_bytes rest = yg_bytes_str(name + i);
		uint32_t point = (uint8_t)name[i];
		const char *joint = joints[any(10)];

		size = yg_utf8_size(rest);
		if (size > 1)
			point &= 0x7fu >> size;
		for (size_t k = 1; k < size; k++)
			point = point << 6 | ((uint8_t)name[i + k] & 0x3fu);
		at += put_spelt(point, to + at);
		if (name[i + size] && strlen(name) > 6) {
			memcpy(to + at, joint, strlen(joint));
			at += strlen(joint);
		}
	}
	to[at] = 0;
}

/* Is of "before NAME after" nothing left but those two, marks and punctuation? */
static bool is_all_gone(const char *left)
{
	char letters[5000];
	size_t size = 0;

	if (strcmp(left, "!") == 0)
		return true;
	for (; *left; left++) {
		if (*left == '[')
			left = strchr(left, ']') ? strchr(left, ']') : left;
		else if (yg_point_is_alnum((uint8_t)*left))
			letters[size++] = *left;
	}
	letters[size] = 0;
	return strcmp(letters, "beforeafter") == 0 || strcmp(letters, "before") == 0;
}

static void random_spellings_are_found(void)
{
	static const char *const names[] = {"ヤマギシ精機工業", "yamagishiseiki", "tanakajiro",
					    "1234567890123",	"鈴木花子",	  "member0042"};
	const char *given = getenv("YAGURA_SEED");
	char spelt[4000];
	char text[5000];

	state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)state);
	for (unsigned i = 0; i < 3000; i++) {
		const char *left;

		spell(names[any(6)], spelt);
		if (any(4) == 0) {
			struct yg_buf wrapped;

			yg_buf_init(&wrapped, 4000);
			yg_base64_add(&wrapped, yg_bytes_str(spelt));
			yg_buf_add_byte(&wrapped, 0);
			(void)snprintf(text, sizeof(text), "before %s after", (char *)wrapped.data);
			left = cleaned(text, YG_MANNER_FREE);
			if (strstr(left, (char *)wrapped.data)) {
				fprintf(stderr, "base64 of \"%s\" stayed: \"%s\"\n", spelt, left);
				check_failed = 1;
			}
			yg_buf_done(&wrapped);
			if (check_failed)
				return;
			continue;
		}
		(void)snprintf(text, sizeof(text), "before %s after", spelt);
		left = cleaned(text, YG_MANNER_FREE);
		if (!is_all_gone(left)) {
			fprintf(stderr, "\"%s\" stayed in \"%s\"\n", spelt, left);
			check_failed = 1;
			return;
		}
	}
}

static void titles_keep_their_examples(void)
{
	const char *got = cleaned("Suspicious Rundll32.exe in C:\\Windows\\Temp via pastebin.com",
				  YG_MANNER_TITLE);

	CHECK_TEXT(yg_bytes_str(got),
		   "Suspicious Rundll32.exe in C:\\Windows\\Temp via pastebin.com");
	got = cleaned("Logon at Yamagishi Seiki from 10.0.0.5 by CORP\\taro", YG_MANNER_TITLE);
	CHECK_TEXT(yg_bytes_str(got), "Logon at [name] from [address] by [user]");
	/* What a title is about is no key of a log, unless it looks like one. */
	got = cleaned("Device: account added", YG_MANNER_TITLE);
	CHECK_TEXT(yg_bytes_str(got), "Device: account added");
	got = cleaned("VPN of other devices: sign-in refused", YG_MANNER_TITLE);
	CHECK_TEXT(yg_bytes_str(got), "VPN of other devices: sign-in refused");
	got = cleaned("Device: KEIRI7 added, device=keiri, user: taro2", YG_MANNER_TITLE);
	CHECK_TEXT(yg_bytes_str(got), "Device: [host] added, device=[host], user: [user]");
	got = cleaned("Device: yamagishi added", YG_MANNER_TITLE);
	CHECK_TEXT(yg_bytes_str(got), "Device: [name] added");
	got = cleaned("Call 03-9999-0000 or help@center.example, https://center.example/help",
		      YG_MANNER_SENDER);
	CHECK_TEXT(yg_bytes_str(got),
		   "Call 03-9999-0000 or help@center.example, https://center.example/help");
}

static void hostile_texts_cost_no_more(void)
{
	static char text[YG_GATE_TEXT_MAX + 2];

	memset(text, 'a', YG_GATE_TEXT_MAX);
	CHECK(strlen(cleaned(text, YG_MANNER_FREE)) > 0);
	for (size_t i = 0; i < YG_GATE_TEXT_MAX; i++)
		text[i] = "%/\\.@:-"[i % 7];
	CHECK(strlen(cleaned(text, YG_MANNER_FREE)) > 0);
	for (size_t i = 0; i < YG_GATE_TEXT_MAX; i++)
		text[i] = i % 9 ? 'Q' : ' ';
	CHECK_TEXT(yg_bytes_str(cleaned(text, YG_MANNER_FREE)), "!"); /* too many runs */
	memset(text, 'b', YG_GATE_TEXT_MAX + 1);
	CHECK_TEXT(yg_bytes_str(cleaned(text, YG_MANNER_FREE)), "!"); /* too long */
}

static const struct check_case cases[] = {
	CASE(names_in_many_spellings),
	CASE(encoded_names),
	CASE(what_is_its_own),
	CASE(what_points_to_any_house),
	CASE(random_spellings_are_found),
	CASE(titles_keep_their_examples),
	CASE(hostile_texts_cost_no_more),
};

int main(void)
{
	int failed;

	victim = own_of_victim();
	failed = victim ? check_main(cases, sizeof(cases) / sizeof(cases[0])) : 1;
	yg_own_free(victim);
	return failed;
}
