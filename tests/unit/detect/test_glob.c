/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "detect/glob.h"
#include "detect/regex_literal.h"

static bool fits(const char *pattern, const char *text)
{
	return yg_glob_match(yg_bytes_str(pattern), yg_bytes_str(text));
}

static void matches_runs_and_single_characters(void)
{
	CHECK(fits("", ""));
	CHECK(!fits("", "a"));
	CHECK(fits("*", ""));
	CHECK(fits("*", "anything"));
	CHECK(fits("a*c", "ac"));
	CHECK(fits("a*c", "abcbc"));
	CHECK(!fits("a*c", "abcb"));
	CHECK(fits("?", "x"));
	CHECK(!fits("?", ""));
	CHECK(!fits("?", "xy"));
	CHECK(fits("*a?c*", "zzabczz"));
	CHECK(fits("a**b", "ab"));
}

static void counts_characters_not_bytes(void)
{
	CHECK(fits("?", "\xe3\x81\x82"));
	CHECK(!fits("??", "\xe3\x81\x82"));
	CHECK(!fits("*??", "\xe3\x81\x82"));
	CHECK(fits("*??", "x\xe3\x81\x82"));
	CHECK(fits("??", "\xff\xfe")); /* bytes that are no character count one by one */
}

static void takes_escaped_wildcards_as_text(void)
{
	CHECK(fits("a\\*b", "a*b"));
	CHECK(!fits("a\\*b", "axb"));
	CHECK(fits("\\?", "?"));
	CHECK(fits("a\\\\*", "a\\b"));
	CHECK(fits("\\a", "\\a")); /* before other characters it is itself */
	CHECK(fits("x\\", "x\\"));
}

static void ends_soon_on_hostile_patterns(void)
{
	static char text[20001];

	memset(text, 'a', sizeof(text) - 1);
	CHECK(!fits("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

static void finds_the_longest_literal(void)
{
	uint8_t to[8];

	CHECK(yg_glob_literal(YG_S("a*bcd?e\\*f*"), to, sizeof(to)) == 3);
	CHECK(memcmp(to, "bcd", 3) == 0);
	CHECK(yg_glob_literal(YG_S("a\\*b"), to, sizeof(to)) == 3);
	CHECK(memcmp(to, "a*b", 3) == 0);
	CHECK(yg_glob_literal(YG_S("*?*"), to, sizeof(to)) == 0);
	CHECK(yg_glob_literal(YG_S("*abcdefghijk"), to, sizeof(to)) == 8);
}

static bool literal_with(const char *regex, bool is_caseless, const char *wanted)
{
	uint8_t to[64];
	size_t size = yg_regex_literal(yg_bytes_str(regex), is_caseless, to, sizeof(to));

	return yg_bytes_eq((struct yg_bytes){to, size}, yg_bytes_str(wanted));
}

static bool literal_is(const char *regex, const char *wanted)
{
	return literal_with(regex, false, wanted);
}

/* They fit U+212A and U+017F as well. */
static void leaves_k_and_s_out_without_case(void)
{
	CHECK(literal_is("tasklist", "tasklist"));
	CHECK(literal_with("tasklist", true, "ta"));
	CHECK(literal_is("(?i)TASKLIST", "TA"));
	CHECK(literal_is("(?-i:a)tasklist", "ta")); /* not looked at more closely */
}

static void finds_what_an_expression_needs(void)
{
	CHECK(literal_is("abc", "abc"));
	CHECK(literal_is("^abc$", "abc"));
	CHECK(literal_is("ab*cde", "cde"));
	CHECK(literal_is("abcd?e", "abc"));
	CHECK(literal_is("abcd{0,3}e", "abc"));
	CHECK(literal_is("xabc+d", "xabc"));
	CHECK(literal_is("a.bcd", "bcd"));
	CHECK(literal_is("abc\\.exe", "abc.exe"));
	CHECK(literal_is("(?i)abc", "abc"));
	CHECK(literal_is("[xyz]{3}abc[^]]d", "abc"));
	CHECK(literal_is("(?:one|two)three", "three"));
	CHECK(literal_is("a\\dbc", "bc"));
	CHECK(literal_is("\\babc", "abc"));
}

static void finds_nothing_where_nothing_is_certain(void)
{
	CHECK(literal_is("abc|def", ""));
	CHECK(literal_is("(abc|def)", ""));
	CHECK(literal_is("(?x)a b c", ""));
	CHECK(literal_is("\\Qabc\\E", ""));
	CHECK(literal_is("a?", ""));
	CHECK(literal_is("[[:alpha:]]bc", ""));
	CHECK(literal_is("\\x41bc", ""));
	CHECK(literal_is("(((", ""));
	CHECK(literal_is("[abc", ""));
	CHECK(literal_is("", ""));
}

static uint64_t steps_of(const char *pattern, const char *text, bool wanted)
{
	uint64_t steps = 0;

	return yg_glob_match_counted(yg_bytes_str(pattern), yg_bytes_str(text), &steps) == wanted
		       ? steps
		       : 0;
}

static void counts_what_it_compares(void)
{
	char text[2001];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	CHECK(steps_of("abc", "abc", true) >= 3 && steps_of("abc", "abc", true) <= 4);
	CHECK(steps_of("*", text, true) <= 2);
	/* Turning back is counted too: many times the text. */
	CHECK(steps_of("*aaaaaaaaab*", text, false) > 5 * sizeof(text));
}

static const struct check_case cases[] = {
	CASE(matches_runs_and_single_characters),
	CASE(counts_characters_not_bytes),
	CASE(takes_escaped_wildcards_as_text),
	CASE(ends_soon_on_hostile_patterns),
	CASE(counts_what_it_compares),
	CASE(finds_the_longest_literal),
	CASE(leaves_k_and_s_out_without_case),
	CASE(finds_what_an_expression_needs),
	CASE(finds_nothing_where_nothing_is_certain),
};
CHECK_MAIN(cases)
