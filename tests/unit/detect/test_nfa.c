/* SPDX-License-Identifier: Apache-2.0 */
/* What tests/detect/regexes.c does not generate: limits, refusals, hostile texts, lost memory. */
#include "detect/nfa.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "detect/patterns.h"

#define LONG 200000u

static const char *why; /* of the last expression */

static int understand(const char *regex, unsigned flags)
{
	struct yg_nfa *nfa = NULL;
	int rc = yg_nfa_new(yg_bytes_str(regex), flags, &nfa, &why);

	(void)yg_nfa_free(nfa);
	return rc;
}

static bool fits(const char *regex, unsigned flags, struct yg_bytes text)
{
	struct yg_nfa *nfa = NULL;
	struct yg_nfa_room *room;
	bool result;

	if (yg_nfa_new(yg_bytes_str(regex), flags, &nfa, &why) != YG_OK)
		return false;
	room = yg_nfa_room_new(yg_nfa_size(nfa));
	result = room && yg_nfa_find(nfa, room, text);
	(void)yg_nfa_room_free(room);
	(void)yg_nfa_free(nfa);
	return result;
}

static void says_what_fits(void)
{
	CHECK(fits("a.*b", 0, YG_S("xaxxb")));
	CHECK(!fits("a.*b", 0, YG_S("xa\nb")));
	CHECK(fits("a.*b", YG_REGEX_DOT_ALL, YG_S("xa\nb")));
	CHECK(fits("^(cmd|power(shell)?)\\.exe$", YG_REGEX_CASELESS, YG_S("PowerShell.EXE")));
	CHECK(!fits("^(cmd|power(shell)?)\\.exe$", 0, YG_S("xcmd.exe")));
	CHECK(fits("(a|b){2,3}c", 0, YG_S("xabac")));
	CHECK(fits("", 0, YG_S("")));
	CHECK(fits("\\bfoo\\b", 0, YG_S("a foo.")));
	/* A condition that failed at one place is asked again at another. */
	CHECK(fits("(^|\\s)b", 0, YG_S("aaa b")));
	CHECK(fits("\\b-?b", 0, YG_S("--b")));
	CHECK(fits("\xe3\x81\x82.\xe3\x81\x84", 0,
		   YG_S("\xe3\x81\x82\xf0\x9f\x98\x80\xe3\x81\x84")));
	CHECK(fits("[\xd0\x90-\xd0\xaf]+\xc3\x89", YG_REGEX_CASELESS, YG_S("\xd0\xb6\xc3\xa9")));
}

static void sees_characters_and_stray_bytes(void)
{
	const struct yg_bytes kana = YG_S("\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86");

	CHECK(fits("^.{3}$", 0, kana) && !fits("^.{4,}$", 0, kana));
	CHECK(fits("^\\W\\D\\S$", 0, kana) && !fits("\\w|\\d|\\s", 0, kana));
	CHECK(fits("^[^a]b$", 0,
		   YG_S("\xe3\x81\x82"
			"b")));
	CHECK(fits("^\\x{3042}\\x{3044}", 0, kana) && !fits("\\xe3", 0, kana));
	CHECK(fits("\\xe9", 0, YG_S("\xc3\xa9")));
	/* Cut off: two bytes of no character, two characters. */
	CHECK(fits("^.{2}a$", 0,
		   YG_S("\xe3\x81"
			"a")) &&
	      !fits("^.a$", 0,
		    YG_S("\xe3\x81"
			 "a")));
	CHECK(fits("^[^a]b", 0,
		   YG_S("\xff"
			"b")) &&
	      fits("^\\x{fffd}b", 0,
		   YG_S("\x80"
			"b")));
	CHECK(fits("^\xe3\x81\x82.$", 0, YG_S("\xe3\x81\x82\xc0")));
	/* A match does not begin within a character. */
	CHECK(!fits("\\x{fffd}|^[^\\W]", 0, kana) &&
	      !fits("[^\xe3\x81\x82]", 0, YG_S("\xe3\x81\x82")));
	CHECK(fits("tasklist", YG_REGEX_CASELESS, YG_S("TA\xc5\xbf\xe2\x84\xaaLIST")));
	CHECK(!fits("[^k]", YG_REGEX_CASELESS, YG_S("kK\xe2\x84\xaa")));
}

static enum yg_reach reach(const char *regex, unsigned flags)
{
	enum yg_reach result = YG_REACH_NAMED;

	int rc = yg_nfa_reach(yg_bytes_str(regex), flags, &result);

	return rc == YG_OK ? result : (enum yg_reach) - 1;
}

static void knows_what_an_expression_can_tell_apart(void)
{
	static const char *const alike[] = {"abk",
					    "a.b",
					    "[^a]",
					    "\\W\\D\\S\\w",
					    "[^\\x00-\\x7f]",
					    ".{9999}.{9999}.{9999}",
					    "(?i)[^abc]",
					    "\\bfoo$",
					    "(?#x)a"};
	static const char *const named[] = {"\xe3\x81\x82", "(?#\xe3\x81\x82)a",
					    "\\xe9",	    "[^\\x80-\\xff]",
					    "\\x{212a}",    "\\h",
					    "\\V",	    "[\\x80-\\x{10ffff}]",
					    "\\p{L}",	    "("};

	for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++)
		CHECK(reach(alike[i], 0) == YG_REACH_ALIKE);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		CHECK(reach(named[i], 0) == YG_REACH_NAMED);
	CHECK(reach("abk", YG_REGEX_CASELESS) == YG_REACH_FOLDED);
	CHECK(reach("a(?i)[^rst]", 0) == YG_REACH_FOLDED);
}

static void refuses_what_is_no_expression(void)
{
	static const char *const wrong[] = {
		"(",	")",  "[a",    "[]",	"*a",	   "a**",      "a{2,1}", "a++",
		"a{0}", "\\", "[b-a]", "(?z)",	"[[:x:]]", "\\x{}",    "\\R",	 "(?<1>a)",
		"(?#a", "a^", "$a",    "[\\y]", "\\C",	   "a{40000}", "(?",	 "(?'n>a)",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		why = NULL;
		if (understand(wrong[i], 0) != YG_EFORMAT || !why)
			fprintf(stderr, "taken: %s\n", wrong[i]);
		CHECK(understand(wrong[i], 0) == YG_EFORMAT && why);
	}
}

static void names_what_it_cannot_do(void)
{
	static const char *const beyond[] = {"\\p{L}", "(a{500}){500}", "a{20000}"};

	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		why = NULL;
		CHECK(understand(beyond[i], 0) == YG_EUNSUPPORTED && why);
	}
	/* Georgian has cases that are not in the table. */
	CHECK(understand("\xe1\x82\xa0", YG_REGEX_CASELESS) == YG_EUNSUPPORTED);
	CHECK(understand("\xe1\x82\xa0", 0) == YG_OK);
}

static void has_limits(void)
{
	char *text = malloc(LONG + 1);

	CHECK(text);
	memset(text, '(', LONG);
	text[LONG] = '\0';
	CHECK(understand(text, 0) == YG_EUNSUPPORTED);
	memset(text, 'a', LONG);
	CHECK(understand(text, 0) == YG_EUNSUPPORTED);
	memset(text, '|', LONG);
	CHECK(understand(text, 0) == YG_EUNSUPPORTED);
	free(text);
}

/* Exponential for matchers that go back. */
static void takes_linear_time(void)
{
	char *text = malloc(LONG);

	CHECK(text);
	memset(text, 'a', LONG);
	CHECK(!fits("^(a+)+$b?c", 0, (struct yg_bytes){(uint8_t *)text, LONG}));
	CHECK(!fits("(a|aa|a*)*[bc]", 0, (struct yg_bytes){(uint8_t *)text, LONG}));
	CHECK(!fits("(((a*)*)*)*b", 0, (struct yg_bytes){(uint8_t *)text, LONG}));
	CHECK(fits("((a?){20}){20}a{20}", 0, (struct yg_bytes){(uint8_t *)text, LONG}));
	free(text);
}

static void reports_lost_memory(void)
{
	const char *regex = "(?i)(a|b[c-e\xc3\xa9]){2,5}\\s+x*";
	unsigned failures = 0;

	for (long at = 1; at < 1000; at++) {
		struct yg_nfa *nfa = NULL;
		struct yg_nfa_room *room = NULL;
		int rc;

		yg_fail_at = at;
		rc = yg_nfa_new(yg_bytes_str(regex), 0, &nfa, &why);
		if (rc == YG_OK)
			room = yg_nfa_room_new(yg_nfa_size(nfa));
		(void)yg_nfa_room_free(room);
		(void)yg_nfa_free(nfa);
		if (rc == YG_OK && room)
			break;
		CHECK(rc == YG_ENOMEM || (rc == YG_OK && !room));
		failures++;
	}
	yg_fail_at = 0;
	CHECK(failures > 5);
}

static const struct check_case cases[] = {
	CASE(sees_characters_and_stray_bytes),
	CASE(knows_what_an_expression_can_tell_apart),
	CASE(says_what_fits),
	CASE(refuses_what_is_no_expression),
	CASE(names_what_it_cannot_do),
	CASE(has_limits),
	CASE(takes_linear_time),
	CASE(reports_lost_memory),
};
CHECK_MAIN(cases)
