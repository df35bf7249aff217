/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of one try, joined: what is lent to whom, what ends it, what bounds it. */
#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "parse/join.h"

static const char directory[] =
	"source: 1\n"
	"name: dir\n"
	"kind: app\n"
	"framing: any\n"
	"program: dird\n"
	"join: {key: [unit, conn], within: 60}\n"
	"lines:\n"
	"  - name: from\n"
	"    pattern: '{:time %Y-%m-%d %T} dir u={unit:word} c={conn:number} came from "
	"{src_ip:address}'\n"
	"    keeps: src_ip\n"
	"  - name: name\n"
	"    pattern: '{:time %Y-%m-%d %T} dir u={unit:word} c={conn:number} is \"{user:text "
	"last}\"'\n"
	"    keeps: user\n"
	"    takes: [src_ip]\n"
	"  - name: refused\n"
	"    pattern: '{:time %Y-%m-%d %T} dir u={unit:word} c={conn:number} refused{? because of "
	"{user:word}?}'\n"
	"    set: {auth_result: failed}\n"
	"    takes: [src_ip, user]\n"
	"  - name: gone\n"
	"    pattern: '{:time %Y-%m-%d %T} dir u={unit:word} c={conn:number} left'\n"
	"    takes: src_ip\n"
	"    ends: true\n"
	"  - name: other\n"
	"    pattern: '{:time %Y-%m-%d %T} dir u={unit:word} c={conn:number} does {:rest}'\n"
	"  - name: in the system log\n"
	"    pattern: 'u={unit:word} c={conn:number} message from {src_ip:address}'\n"
	"    keeps: src_ip\n"
	"  - name: refused in the system log\n"
	"    pattern: 'u={unit:word} c={conn:number} message refused'\n"
	"    takes: src_ip\n";

struct table {
	struct yg_sources *sources;
	struct yg_names *names;
	struct yg_parser *parser;
	struct yg_arena *arena;
	struct yg_join *join;
	struct yg_event event; /* of the last line, with what it was lent */
	uint8_t text[2048];
};

static void must(bool is_so)
{
	if (!is_so)
		abort();
}

static struct table *begin(void)
{
	struct table *t = calloc(1, sizeof(*t));
	struct yg_line_fault fault;
	struct yg_parse_opts opts = {.reference_ns = INT64_C(1800000000) * YG_NS_PER_S};

	must(t != NULL);
	t->sources = yg_sources_new();
	if (yg_sources_add(t->sources, YG_S("d.yaml"), yg_bytes_str(directory), &fault) != YG_OK) {
		fprintf(stderr, "line %u: %s\n", fault.line, fault.msg);
		abort();
	}
	opts.sources = t->sources;
	t->names = yg_names_new();
	t->parser = yg_parser_new(&opts, t->names);
	t->arena = yg_arena_new(32u << 20);
	t->join = yg_join_new();
	must(t->parser && t->arena && t->join);
	return t;
}

static void end(struct table *t)
{
	(void)yg_join_free(t->join);
	(void)yg_parser_free(t->parser);
	(void)yg_names_free(t->names);
	(void)yg_sources_free(t->sources);
	(void)yg_arena_free(t->arena);
	free(t);
}

/* The fields that @line was lent, as "name=text name=text". */
static struct yg_bytes show(struct table *t, const char *line)
{
	static char out[1024];
	struct yg_bytes text = yg_bytes_str(line);
	struct yg_join_lent lent;
	struct yg_fault fault;
	size_t size = 0;

	must(text.size + YG_PARSE_PADDING < sizeof(t->text));
	memset(t->text, 0, sizeof(t->text));
	memcpy(t->text, text.data, text.size);
	text.data = t->text;
	yg_arena_reset(t->arena);
	must(yg_join_may(t->sources, text) || strstr(line, " does "));
	must(yg_parse_any(t->parser, YG_FORMAT_UNKNOWN, text, t->arena, &t->event, &fault) ==
	     YG_OK);
	must(yg_join_next(t->join, &t->event, yg_parser_described_by(t->parser), &lent) == YG_OK);
	out[0] = '\0';
	for (uint32_t i = 0; i < lent.count; i++)
		size += (size_t)snprintf(out + size, sizeof(out) - size, "%s%.*s=%.*s",
					 i ? " " : "", YG_FMT(lent.fields[i].name),
					 YG_FMT(lent.fields[i].text));
	must(yg_join_lend(&t->event, lent.fields, lent.count) == YG_OK);
	return yg_bytes_str(out);
}

static void later_lines_take(void)
{
	struct table *t = begin();

	CHECK_TEXT(show(t, "2026-03-01 08:00:00 dir u=a c=1 came from 192.0.2.1"), "");
	CHECK_TEXT(show(t, "2026-03-01 08:00:00 dir u=a c=2 came from 192.0.2.2"), "");
	CHECK_TEXT(show(t, "2026-03-01 08:00:01 dir u=a c=1 is \"eve \"x\"\""), "src_ip=192.0.2.1");
	CHECK_TEXT(show(t, "2026-03-01 08:00:01 dir u=b c=1 refused"), ""); /* another unit */
	CHECK_TEXT(show(t, "2026-03-01 08:00:02 dir u=a c=2 refused"), "src_ip=192.0.2.2");
	CHECK_TEXT(show(t, "2026-03-01 08:00:02 dir u=a c=1 does what it wants"), "");
	CHECK_TEXT(show(t, "2026-03-01 08:00:02 dir u=a c=1 refused"),
		   "src_ip=192.0.2.1 user=eve \"x\"");
	CHECK_TEXT(yg_event_get(&t->event, YG_F_user), "eve \"x\"");
	CHECK_TEXT(yg_event_get(&t->event, YG_F_auth_result), "failed");
	/* What a line has itself is its own. */
	CHECK_TEXT(show(t, "2026-03-01 08:00:02 dir u=a c=1 refused because of bob"),
		   "src_ip=192.0.2.1");
	CHECK_TEXT(yg_event_get(&t->event, YG_F_user), "bob");
	/* The next try on the same connection: its own name, also when that is none. */
	CHECK_TEXT(show(t, "2026-03-01 08:00:03 dir u=a c=1 is \"mallory\""), "src_ip=192.0.2.1");
	CHECK_TEXT(show(t, "2026-03-01 08:00:03 dir u=a c=1 refused"),
		   "src_ip=192.0.2.1 user=mallory");
	CHECK_TEXT(show(t, "2026-03-01 08:00:04 dir u=a c=1 is \"\""), "src_ip=192.0.2.1");
	CHECK_TEXT(show(t, "2026-03-01 08:00:04 dir u=a c=1 refused"), "src_ip=192.0.2.1");
	/* The end takes for the last time. */
	CHECK_TEXT(show(t, "2026-03-01 08:00:05 dir u=a c=1 left"), "src_ip=192.0.2.1");
	CHECK_TEXT(show(t, "2026-03-01 08:00:05 dir u=a c=1 refused"), "");
	end(t);
}

/* Machines whose lines stand in one log never lend each other anything. */
static void machines_stay_apart(void)
{
	struct table *t = begin();

	CHECK_TEXT(show(t, "Mar  1 08:00:00 one dird[7]: u=a c=1 message from 192.0.2.1"), "");
	CHECK_TEXT(show(t, "Mar  1 08:00:00 two dird[7]: u=a c=1 message refused"), "");
	CHECK_TEXT(show(t, "Mar  1 08:00:01 one dird[7]: u=a c=1 message refused"),
		   "src_ip=192.0.2.1");
	CHECK_TEXT(show(t, "<38>1 2026-03-01T08:00:02Z one dird 9 - - u=a c=1 message refused"),
		   "src_ip=192.0.2.1");
	end(t);
}

/* However the header is written that the reader of the system log takes. */
static void headers_of_any_form(void)
{
	static const char *const headers[] = {
		"Mar  1 08:00:00 one dird[7]: ",
		"<38>Mar  1 08:00:00 one dird[7]: ",
		"<38>dird[7]: ",
		"<38>1 2026-03-01T08:00:00Z one dird 7 - - ",
		"<38>1 2026-03-01T08:00:00Z  one  dird 7 - - ",
		"1 2026-03-01T08:00:00Z one dird 7 - - ",
		"86 <38>1 2026-03-01T08:00:00Z one dird 7 - - ",
		"86 <38>Mar  1 08:00:00 one dird[7]: ",
		"<38>1 2026-03-01T08:00:00Z one - - - - dird[7]: ",
		"1 2026-03-01T08:00:00Z one - - - [a@1 b=\"c\"] dird[7]: ",
		"2026-03-01T08:00:00Z one dird[7]: ",
	};
	char line[256];

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct table *t = begin();

		(void)snprintf(line, sizeof(line), "%su=a c=1 message from 192.0.2.1", headers[i]);
		CHECK_TEXT(show(t, line), "");
		(void)snprintf(line, sizeof(line), "%su=a c=1 message refused", headers[i]);
		CHECK_TEXT(show(t, line), "src_ip=192.0.2.1");
		end(t);
	}
}

/* Blanks before a whole line are no part of it for descriptions. */
static void blanks_before_a_line(void)
{
	struct table *t = begin();

	CHECK_TEXT(show(t, "  2026-03-01 08:00:00 dir u=a c=1 came from 192.0.2.1"), "");
	CHECK_TEXT(show(t, "\t2026-03-01 08:00:02 dir u=a c=1 refused\r"), "src_ip=192.0.2.1");
	end(t);
}

static void time_ends_it(void)
{
	struct table *t = begin();

	CHECK_TEXT(show(t, "2026-03-01 08:00:00 dir u=a c=1 came from 192.0.2.1"), "");
	CHECK_TEXT(show(t, "2026-03-01 08:01:00 dir u=a c=1 refused"), "src_ip=192.0.2.1");
	CHECK_TEXT(show(t, "2026-03-01 08:02:00 dir u=a c=1 refused"), "src_ip=192.0.2.1");
	CHECK_TEXT(show(t, "2026-03-01 08:03:01 dir u=a c=1 refused"), "");
	CHECK_TEXT(show(t, "2026-03-01 08:03:01 dir u=a c=1 refused"), "");
	CHECK_TEXT(show(t, "2026-03-01 08:00:00 dir u=a c=2 came from 192.0.2.2"), "");
	CHECK_TEXT(show(t, "2026-03-01 07:58:59 dir u=a c=2 refused"), ""); /* backwards, too */
	CHECK(yg_join_evicted(t->join) == 0);
	end(t);
}

/* Who was heard of last stays; the one heard of longest ago goes, and is counted. */
static void the_oldest_goes(void)
{
	struct table *t = begin();
	char line[128];

	for (unsigned i = 0; i < YG_JOIN_OPEN_MAX; i++) {
		(void)snprintf(line, sizeof(line),
			       "2026-03-01 08:00:00 dir u=a c=%u came from 10.0.%u.%u", i, i >> 8,
			       i & 255);
		(void)show(t, line);
	}
	CHECK_TEXT(show(t, "2026-03-01 08:00:01 dir u=a c=0 refused"), "src_ip=10.0.0.0");
	CHECK(yg_join_evicted(t->join) == 0);
	CHECK_TEXT(show(t, "2026-03-01 08:00:01 dir u=b c=1 came from 192.0.2.1"), "");
	CHECK(yg_join_evicted(t->join) == 1);
	CHECK_TEXT(show(t, "2026-03-01 08:00:01 dir u=a c=1 refused"), "");
	CHECK_TEXT(show(t, "2026-03-01 08:00:01 dir u=a c=0 refused"), "src_ip=10.0.0.0");
	CHECK_TEXT(show(t, "2026-03-01 08:00:01 dir u=a c=2 refused"), "src_ip=10.0.0.2");
	CHECK_TEXT(show(t, "2026-03-01 08:00:01 dir u=a c=4095 left"), "src_ip=10.0.15.255");
	CHECK_TEXT(show(t, "2026-03-01 08:00:01 dir u=b c=2 came from 192.0.2.2"), "");
	CHECK(yg_join_evicted(t->join) == 1); /* the one that ended had made room */
	end(t);
}

/* Strangers choose names: long ones are not kept, long keys not joined. */
static void long_values_are_left_out(void)
{
	struct table *t = begin();
	char line[1024];

	(void)snprintf(line, sizeof(line), "2026-03-01 08:00:00 dir u=a c=1 is \"%0256d\"", 0);
	CHECK_TEXT(show(t, line), "");
	CHECK(show(t, "2026-03-01 08:00:00 dir u=a c=1 refused").size == 5 + 256);
	(void)snprintf(line, sizeof(line), "2026-03-01 08:00:00 dir u=a c=1 is \"%0257d\"", 0);
	CHECK_TEXT(show(t, line), "");
	CHECK_TEXT(show(t, "2026-03-01 08:00:00 dir u=a c=1 refused"), "");
	(void)snprintf(line, sizeof(line),
		       "2026-03-01 08:00:00 dir u=%0300d c=1 came from 192.0.2.1", 0);
	CHECK_TEXT(show(t, line), "");
	(void)snprintf(line, sizeof(line), "2026-03-01 08:00:00 dir u=%0300d c=1 refused", 0);
	CHECK_TEXT(show(t, line), "");
	end(t);
}

/* Lines of others cost a look. */
static void others_are_not_read(void)
{
	static const char *const lines[] = {
		"Mar  1 08:00:00 one sshd[7]: u=a c=1 message refused",
		"Mar  1 08:00:00 one kernel: [12.5] dird",
		"<38>1 2026-03-01T08:00:02Z one sshd 9 - - u=a c=1 message refused",
		"2026-03-01 08:00:00 dor u=a c=1 does what it wants",
		"[",
		"<",
		"<1>1 ",
		"<1>1  ",
		"x",
		"2",
		"[[[[",
		"]",
		"<34>1 a b",
		"<34>1 a b -",
		"1 ",
		" ",
		"12 <34>1 2026-03-01T08:00:02Z one sshd 9 - - session opened",
		"<34>sshd[9]: u=a c=1 message refused",
	};
	struct table *t = begin();

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (yg_join_may(t->sources, yg_bytes_str(lines[i]))) {
			fprintf(stderr, "read: %s\n", lines[i]);
			CHECK(false);
		}
	CHECK(!yg_join_may(t->sources, (struct yg_bytes){0}));
	end(t);
}

/* Each description with one thing wrong is refused, with words that say what. */
static void descriptions_are_checked(void)
{
	static const struct {
		const char *join, *first, *second, *words;
	} cases[] = {
		{"{key: c, within: 60}", "keeps: src_ip", "takes: src_ip", NULL},
		{"{key: c, within: 86400}", "keeps: [src_ip]", "{takes: src_ip, ends: true}", NULL},
		{"{key: c, within: 86401}", "keeps: src_ip", "takes: src_ip", "1 to 86400"},
		{"{key: c, within: 0}", "keeps: src_ip", "takes: src_ip", "1 to 86400"},
		{"{key: c}", "keeps: src_ip", "takes: src_ip", "within"},
		{"{within: 60}", "keeps: src_ip", "takes: src_ip", "a key"},
		{"{key: [a, b, c, d, e], within: 60}", "keeps: src_ip", "takes: src_ip",
		 "more than"},
		{"{key: c, within: 60, limit: 3}", "keeps: src_ip", "takes: src_ip", "limit"},
		{"c", "keeps: src_ip", "takes: src_ip", "a map"},
		{NULL, "keeps: src_ip", "takes: src_ip", "need a join"},
		{"{key: c, within: 60}", "keeps: src_ip", "about: x", NULL}, /* taught in steps */
		{"{key: c, within: 60}", "keeps: [a, b, c, d, e, f, g, h, i]", "about: x",
		 "more than 8"},
		{"{key: c, within: 60}", "keeps: src_ip", "takes: src_ip, ends: perhaps", "ends"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct yg_sources *sources = yg_sources_new();
		struct yg_line_fault fault;
		char text[1024];
		const char *second = cases[i].second;
		bool is_map = second[0] == '{';
		int rc;

		(void)snprintf(text, sizeof(text),
			       "source: 1\nname: x\nkind: app\n%s%s\nlines:\n"
			       "  - {pattern: 'came c={c:number} from {src_ip:address}', %s}\n"
			       "  - {pattern: 'refused c={c:number}', %.*s}\n",
			       cases[i].join ? "join: " : "about: x",
			       cases[i].join ? cases[i].join : "", cases[i].first,
			       (int)strlen(second) - 2 * is_map, second + is_map);
		rc = yg_sources_add(sources, YG_S("x.yaml"), yg_bytes_str(text), &fault);
		if (rc == YG_OK ? cases[i].words != NULL
				: !cases[i].words || !strstr(fault.msg, cases[i].words))
			fprintf(stderr, "case %zu: %s\n", i, rc == YG_OK ? "taken" : fault.msg);
		CHECK((rc == YG_OK) == (cases[i].words == NULL));
		CHECK(rc == YG_OK || strstr(fault.msg, cases[i].words));
		CHECK(yg_sources_join(sources) == (rc == YG_OK));
		(void)yg_sources_free(sources);
	}
}

static const struct check_case cases[] = {
	CASE(headers_of_any_form),	CASE(blanks_before_a_line), CASE(later_lines_take),
	CASE(machines_stay_apart),	CASE(time_ends_it),	    CASE(the_oldest_goes),
	CASE(long_values_are_left_out), CASE(others_are_not_read),  CASE(descriptions_are_checked),
};

CHECK_MAIN(cases)
