/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of descriptions: what they take, what they refuse, and what they may cost. */
#include "parse/pattern.h"

#include <stdlib.h>

#include "../check.h"
#include "base/arena.h"

static struct yg_arena *arena;
static struct yg_pattern_match match;

/* "name=value|…" of @line by @pattern; "?…" with the fault or the place where it failed. */
static const char *read_by(const char *pattern, const char *line)
{
	static char out[1024];
	const struct yg_line_pattern *p;
	struct yg_fault fault;
	size_t size = 0;
	int rc = yg_pattern_compile(yg_bytes_str(pattern), arena, &p, &fault);

	if (rc != YG_OK) {
		(void)snprintf(out, sizeof(out), "?%s", fault.msg);
		return out;
	}
	match.arena = arena;
	match.zone = NULL;
	match.reference_ns = INT64_C(1700000000) * YG_NS_PER_S;
	match.steps = 1u << 20;
	yg_pattern_begin(&match);
	rc = yg_pattern_match(p, yg_bytes_str(line), &match);
	if (rc != YG_OK) {
		(void)snprintf(out, sizeof(out), "?%zu", match.miss_at);
		return out;
	}
	if (!yg_pattern_may_fit(p, yg_bytes_str(line)))
		return "a line that fits was thought not to";
	out[0] = '\0';
	if (match.time_ns != YG_TIME_NONE) {
		char iso[YG_ISO_SIZE];

		(void)yg_time_iso(match.time_ns, 0, iso);
		size += (size_t)snprintf(out, sizeof(out), "@%s|", iso);
	}
	for (uint32_t i = 0; i < match.count && size < sizeof(out); i++)
		size += (size_t)snprintf(out + size, sizeof(out) - size, "%.*s=%.*s|",
					 YG_FMT(match.values[i].name),
					 YG_FMT(match.values[i].text));
	return out;
}

#define READS(pattern, line, want) CHECK_TEXT(yg_bytes_str(read_by(pattern, line)), want)

static void pieces(void)
{
	READS("{user:word} from {src_ip:address}:{src_port:port}", "bob from 192.0.2.1:22",
	      "user=bob|src_ip=192.0.2.1|src_port=22|");
	READS("from {a:address}:{p:port} to {b:address}",
	      "from [2001:db8::1]:5 to ::ffff:192.0.2.9", "a=2001:db8::1|p=5|b=192.0.2.9|");
	READS("from {a:address}.", "from 192.0.2.1.", "a=192.0.2.1|");
	READS("ip {a:address}", "ip 192.0.2.256", "?3");
	READS("port {p:port}", "port 65536", "?5");
	READS("n {n:number}ms", "n -1.5ms", "n=-1.5|");
	READS("say {q:quoted} end", "say \"a \\\"b\\\" c\" end", "q=a \"b\" c|");
	READS("was {r:one denied|deny|let in} for {u}", "was denied for bob", "r=denied|u=bob|");
	READS("a {:word} c {x:rest}", "a b c d e  ", "x=d e|");
	READS("{{{x:number}}} {y}", "{5} z", "x=5|y=z|");
	READS("a b {x}", "a \t  b   c", "x=c|");
	READS("user {u:word}", "user ", "?0");
	READS("user {u:word}", "user a b", "?6");
}

static void open_pieces_end_where_the_next_text_stands(void)
{
	/* the first place where what follows fits, too */
	READS("{u:text} from {a:address}", "a from b from 192.0.2.1", "u=a from b|a=192.0.2.1|");
	/* a name that says it came from elsewhere: `last` is not deceived */
	READS("user '{u:text}' from {a:address}{:rest}", "user 'x' from 192.0.2.9' from 192.0.2.1",
	      "u=x|a=192.0.2.9|");
	READS("user '{u:text last}' from {a:address}", "user 'x' from 192.0.2.9' from 192.0.2.1",
	      "u=x' from 192.0.2.9|a=192.0.2.1|");
	READS("{u:word}@{h:word}", "a@b@c", "u=a|h=b@c|");
	READS("{u:word last}@{h:word}", "a@b@c", "u=a@b|h=c|");
	READS("{u:text}{? port {p:port}?}{? via {v}?}", "bob via ssh", "u=bob|v=ssh|");
	READS("{u:text}{? port {p:port}?}{? via {v}?}", "bob port 22 via ssh", "u=bob|p=22|v=ssh|");
	READS("{u:text}{? port {p:port}?}{? via {v}?}", "bob", "u=bob|");
	READS("{u:text}{:one  failed| refused}", "bob refused", "u=bob|");
}

static void pairs(void)
{
	READS("k: {:pairs ,}", "k: a=b, c=\"d, e\", f='g', h=, i=j k", "a=b|c=d, e|f=g|h=|i=j k|");
	READS("k: {:pairs}", "k: a=b words c=\"d e\" f=g", "a=b|c=d e|f=g|");
	READS("k: {:pairs}", "k: nothing here", "?3");
	READS("[{:pairs ;}] {m:rest}", "[a=b;c=d;] x", "a=b|c=d|m=x|");
}

static void times(void)
{
	READS("[{:time %d/%b/%Y %H:%M:%S}] {x}", "[27/Jul/2023 16:06:44] a",
	      "@2023-07-27T16:06:44Z|x=a|");
	READS("{:time %Y-%m-%d %T,%f %z} {x}", "2023-01-02 3:04:05,25 +09:00 a",
	      "@2023-01-01T18:04:05.250Z|x=a|");
	READS("{:time %m/%d/%Y, %I:%M:%S %p} {x}", "08/02/2023, 7:32:47 PM a",
	      "@2023-08-02T19:32:47Z|x=a|");
	READS("{:time %b %e %T} {x}", "Dec  2 03:04:05 a", "@2022-12-02T03:04:05Z|x=a|");
	READS("{:time %s.%f} {x}", "1690466804.5 a", "@2023-07-27T14:06:44.500Z|x=a|");
	READS("{:time %F %T %Z} {x}", "2025-07-28 05:34:01 UTC a", "@2025-07-28T05:34:01Z|x=a|");
	READS("{:time}|{x}", "2025-07-28T05:34:01Z|a", "@2025-07-28T05:34:01Z|x=a|");
	READS("{:time %F} {x}", "2025-02-30 a", "?0");
	READS("{:time %F} {x}", "2025-13-01 a", "?0");
}

static void refused(void)
{
	static const char *const wants[][2] = {
		{"no piece at all", "?a pattern without a single piece {…}"},
		{"{a:word}{b:text}",
		 "?two pieces stand side by side: nothing tells where the first "
		 "ends; put text between them"},
		{"{a:rest} b", "?{…:rest} takes all that is left: it has to be the last piece"},
		{"{a:regex}",
		 "?no such kind of piece; there are time, address, port, number, word, "
		 "text, quoted, one, pairs, rest"},
		{"{a", "?{ without }; a brace itself is written {{"},
		{"a} {b}", "?} without {; a brace itself is written }}"},
		{"{? a {b}", "?{? without ?}"},
		{"{? a {? b {c}?}?}", "?an optional part inside another"},
		{"{?{b}?}",
		 "?an optional part {?…?} has to begin with text: it is what tells whether "
		 "the part is there"},
		{"{a b:word}", "?a field's name has letters, digits, '_', '-', '.', 64 at most"},
		{"{a:one }", "?no choices: write {name:one a|b}"},
		{"{:time %Q}", "?a time format has an unknown letter behind % "
			       "(docs/source-description.md lists them)"},
		{"{:time %f}", "?a time format names neither a day nor an hour"},
		{"{a:number last}", "?this kind of piece takes no such addition"},
	};

	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		READS(wants[i][0], "", wants[i][1]);
}

/* As large as it may be, and one more. */
static void limits(void)
{
	static char text[YG_PATTERN_BYTES_MAX + 2];
	size_t size = 0;

	memset(text, 'x', sizeof(text) - 1);
	READS(text, "", "?a pattern is longer than 4096 bytes");
	memset(text, 0, sizeof(text));
	for (unsigned i = 0; i < YG_PATTERN_PIECES_MAX / 2 + 1; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "{a:number},");
	READS(text, "", "?a pattern has more than 96 pieces");
}

/*
 * Patterns made to cost much on lines made for them: (a+)+$ has no counterpart here, so these are
 * pieces that find their end late or never. What is looked at is counted, and grows with the line.
 */
static void no_pattern_costs_more_than_pieces_times_line(void)
{
	static const char *const patterns[] = {
		"{a:text}aaaaaaaab{b:text}aaaaaaaab{c:text}aaaaaaaab{d:rest}",
		"{a:text last}a{b:text last}a{c:text last}a{d:text last}a{e:rest}",
		"{a:text}{?aa{b}?}{?ab{c}?}{?ac{d}?}{?ad{e}?}{?ae{f}?}{?af{g}?}z",
		"{a:text} a b c d {b:rest}",
		"{a:text} x",
		"{:pairs}",
	};
	static const char fills[] = "a =\"";
	enum { LINE = 60000 };
	char *line = malloc(LINE + 1);

	CHECK(line);
	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		const struct yg_line_pattern *pattern;
		struct yg_fault fault;

		CHECK(yg_pattern_compile(yg_bytes_str(patterns[p]), arena, &pattern, &fault) ==
		      YG_OK);
		for (size_t f = 0; f < sizeof(fills) - 1; f++) {
			for (unsigned half = 0; half < 2; half++) {
				uint64_t given = UINT64_C(1) << 30;
				int rc;

				memset(line, fills[f], LINE);
				for (size_t i = 0; half && i < LINE; i += 2)
					line[i] = 'a';
				yg_pattern_begin(&match);
				match.steps = given;
				rc = yg_pattern_match(
					pattern, (struct yg_bytes){(const uint8_t *)line, LINE},
					&match);
				CHECK(rc == YG_OK || rc == YG_EMISMATCH);
				CHECK(given - match.steps < (uint64_t)LINE * 40 * pattern->count);
				/* and with a budget it ends there, whatever it is */
				yg_pattern_begin(&match);
				match.steps = 100;
				rc = yg_pattern_match(
					pattern, (struct yg_bytes){(const uint8_t *)line, LINE},
					&match);
				CHECK(rc == YG_OK || rc == YG_EMISMATCH || rc == YG_ELIMIT);
			}
		}
	}
	free(line);
}

/* Looking for '=' again at each of 30,000 words would take minutes for these. */
static void pairs_behind_many_words(void)
{
	enum { WORDS = 30000 };
	static char line[2 * WORDS + 4];
	const struct yg_line_pattern *pattern;
	struct yg_fault fault;

	CHECK(yg_pattern_compile(YG_S("{:pairs}"), arena, &pattern, &fault) == YG_OK);
	for (size_t i = 0; i < WORDS; i++)
		memcpy(line + 2 * i, "a ", 2);
	memcpy(line + sizeof(line) - 4, "b=c", 4);
	for (unsigned round = 0; round < 300; round++) {
		yg_pattern_begin(&match);
		match.steps = 1u << 20;
		CHECK(yg_pattern_match(pattern, yg_bytes_str(line), &match) == YG_OK);
		CHECK(match.count == 1);
	}
}

static const struct check_case cases[] = {
	CASE(pieces),
	CASE(open_pieces_end_where_the_next_text_stands),
	CASE(pairs),
	CASE(times),
	CASE(refused),
	CASE(limits),
	CASE(no_pattern_costs_more_than_pieces_times_line),
	CASE(pairs_behind_many_words),
};

int main(void)
{
	int rc;

	arena = yg_arena_new(16u << 20);
	if (!arena)
		return 1;
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)yg_arena_free(arena);
	return rc;
}
