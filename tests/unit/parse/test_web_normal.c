/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"

#include <stdlib.h>

#include "base/arena.h"
#include "parse/web_normal.h"

static struct yg_arena *arena;

static struct yg_bytes normal(struct yg_bytes text, enum yg_web_kind kind)
{
	struct yg_bytes ret = {0};

	return yg_web_normal(text, kind, arena, &ret) == YG_OK ? ret : YG_S("no memory");
}

static const struct {
	const char *text;
	const char *normal;
} targets[] = {
	{"", ""},
	{"/a/b.html?x=1", "/a/b.html?x=1"},
	{"/A/B?C=D", "/a/b?c=d"},
	{"/%61%2e%2E%2f", "/a../"},
	{"/%2561", "/a"},
	{"/%25252561", "/a"},	  /* four rounds */
	{"/%2525252561", "/%61"}, /* five */
	{"/%u0061%U0041", "/aa"},
	{"/\\x41\\u0042", "/ab"},
	{"/a?b=%3Cscript%3E", "/a?b=<script>"},
	{"/a?b=&lt;SCRIPT&gt;&#x41;&#66;&#67x", "/a?b=<script>abcx"},
	{"/a?lt=1&gt=2&amp;x&copy;", "/a?lt=1&gt=2&x&copy;"},
	{"/%c0%af..%c0%ae%c1%9c", "/.../"},
	{"/%e0%80%af%f0%80%80%af", "/"},
	{"/%ef%bc%9cscript%ef%bc%9e", "/<script>"},
	{"/?q=\xef\xbc\x9c\xef\xbc\xa1", "/?q=<a"},
	{"/?q=%E2%80%99or%CA%BC", "/?q='or'"},
	{"/?q=\xc3\x84\xe6\x97\xa5\xe6\x9c\xac", "/?q=\xc3\xa4\xe6\x97\xa5\xe6\x9c\xac"},
	{"/a+b?c+d%2Be", "/a+b?c d e"},
	{"/a%00b?%2500c", "/ab?c"},
	{"/a//b/./c///./d", "/a/b/c/d"},
	{"/a/../b/..//c", "/a/../b/../c"},
	{"/..\\..\\x?f=..\\..\\y&g=c:\\z", "/../../x?f=../../y&g=c:\\z"},
	{"/..%5c..%255cwin.ini", "/../../win.ini"},
	{"http://h.example//a//b?u=http://x//y", "http://h.example/a/b?u=http://x//y"},
	{"/?q=union/**/select", "/?q=union select"},
	{"/?q=union/*foo 1*/select", "/?q=union select"},
	{"/?q=/*!50000UNION*/ /*!select*/1", "/?q= union select 1"},
	{"/?q=/*M!100 union*/x", "/?q= union x"},
	{"/?q=/*'+(select)*/1", "/?q= ' (select) 1"},
	{"/?q=/*open", "/?q=/*open"},
	{"/?q=*/shut", "/?q=*/shut"},
	{"/?q=a%20%09%0a%0Db", "/?q=a b"},
	{"/?q=\\\"x\\\\", "/?q=\"x\\"},
	{"/%", "/%"},
	{"/%4", "/%4"},
	{"/%zz%u12%u", "/%zz%u12%u"},
	{"/&#;&#x;&#99999999;&;", "/&#;&#x;&#99999999;&;"},
	{"/\\", "/"},
	{"/%u0000%ud800x", "/x"},
	{"*", "*"},
	{"/a/*/b", "/a/*/b"},
};

static void targets_in_disguise(void)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct yg_bytes got = normal(yg_bytes_str(targets[i].text), YG_WEB_TARGET);

		if (!yg_bytes_eq(got, yg_bytes_str(targets[i].normal)))
			fprintf(stderr, "%s\n", targets[i].text);
		CHECK_TEXT(got, targets[i].normal);
		yg_arena_reset(arena);
	}
}

static void headers_in_disguise(void)
{
	CHECK_TEXT(normal(YG_S("Mozilla/5.0 (X11; Linux) +http://x//y"), YG_WEB_HEADER),
		   "mozilla/5.0 (x11; linux) +http://x//y");
	CHECK_TEXT(normal(YG_S("${${::-J}ndi:LDAP://x}"), YG_WEB_HEADER), "${${::-j}ndi:ldap://x}");
	CHECK_TEXT(normal(YG_S("http://r/?q=1%27+or+1"), YG_WEB_HEADER), "http://r/?q=1' or 1");
	CHECK_TEXT(normal(YG_S("c:\\x ..\\y"), YG_WEB_HEADER), "c:\\x ../y");
}

static void nothing_to_do_copies_nothing(void)
{
	struct yg_bytes text = YG_S("/index.php?page=2&x=a.b-c_d~e");
	struct yg_bytes got = normal(text, YG_WEB_TARGET);

	CHECK(got.data == text.data && got.size == text.size);
	CHECK(yg_arena_used(arena) == 0);
}

/* Made of the pieces that matter, so that they meet in all ways. */
static struct yg_bytes random_text(uint8_t *mem, unsigned *seed)
{
	static const char *const pieces[] = {
		"%",
		"%25",
		"%2",
		"5",
		"u00",
		"\\x",
		"\\",
		"\\\"",
		"&#x",
		"&",
		"lt;",
		"/*",
		"*/",
		"/",
		".",
		"..",
		"!",
		"a",
		"M",
		" ",
		"%20",
		"+",
		"?",
		"\t",
		"%00",
		"\xc0\xae",
		"\xef\xbc\x8f",
		"\xe2\x80\x99",
		"\xff",
		"41",
		"1",
		"http://",
		"%c0",
		"%ae",
		"#",
	};
	size_t size = 0;
	size_t count = (size_t)rand_r(seed) % 24;

	for (size_t i = 0; i < count; i++) {
		const char *piece =
			pieces[(size_t)rand_r(seed) % (sizeof(pieces) / sizeof(pieces[0]))];

		memcpy(mem + size, piece, strlen(piece));
		size += strlen(piece);
	}
	return (struct yg_bytes){mem, size};
}

/* However the text was made: the normal form of a normal form is itself. */
static void normal_form_is_a_fixed_point(void)
{
	unsigned seed = 1;
	uint8_t mem[512];

	for (unsigned i = 0; i < 200000; i++) {
		struct yg_bytes text = random_text(mem, &seed);
		enum yg_web_kind kind = i & 1 ? YG_WEB_TARGET : YG_WEB_HEADER;
		struct yg_bytes once = normal(text, kind);
		/* Rounds are limited: let it settle first. */
		struct yg_bytes twice = normal(normal(normal(once, kind), kind), kind);
		struct yg_bytes again = normal(twice, kind);

		CHECK(once.size <= text.size);
		if (!yg_bytes_eq(twice, again))
			fprintf(stderr, "[%.*s] [%.*s] [%.*s]\n", YG_FMT(text), YG_FMT(twice),
				YG_FMT(again));
		CHECK(yg_bytes_eq(twice, again));
		/* Texts without escapes need no settling at all. */
		if (yg_bytes_chr(text, '%') == SIZE_MAX && yg_bytes_chr(text, '\\') == SIZE_MAX &&
		    yg_bytes_chr(text, '&') == SIZE_MAX)
			CHECK(yg_bytes_eq(once, twice));
		yg_arena_reset(arena);
	}
}

static void memory_runs_out(void)
{
	struct yg_arena *small = yg_arena_new(4);
	struct yg_bytes ret;

	CHECK(small);
	CHECK(yg_web_normal(YG_S("/ABCDEF"), YG_WEB_TARGET, small, &ret) == YG_ENOMEM);
	small = yg_arena_free(small);
}

static const struct check_case cases[] = {
	CASE(nothing_to_do_copies_nothing), CASE(targets_in_disguise), CASE(headers_in_disguise),
	CASE(normal_form_is_a_fixed_point), CASE(memory_runs_out),
};

int main(void)
{
	int rc;

	arena = yg_arena_new(1u << 20);
	if (!arena)
		return 1;
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	arena = yg_arena_free(arena);
	return rc;
}
