/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that are known from earlier ones give the traces, the counted work and the kept keys that
 * reading them gives: repeats LINES [SEED] [RULES LOG...], on generated lines with rules that look
 * at everything that may differ, and on the lines of further logs with further rules. Without a
 * seed, or with 0, that of YAGURA_SEED. Which lines are known depends on a secret of the process,
 * too: what a seed found once is looked for with several runs of it.
 */
#define _GNU_SOURCE /* nftw */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "detect/meter.h"
#include "detect/repeat.h"
#include "one_engine.h"
#include "parse/format.h"
#include "parse/frame.h"

#define ARENA_MAX (64u << 20)
#define LOG_MAX	  (1u << 28)
#define LINE_MAX  4096u
#define LISTED	  10u

static const char own_rules[] =
	"title: text\nname: text\nid: 00000000-0000-4000-8000-000000000001\nlogsource: {category: "
	"webserver}\n"
	"detection: {s: {cs-uri-query|contains: union}, condition: s}\n---\n"
	"title: missing\nname: missing\nid: 00000000-0000-4000-8000-000000000002\nlogsource: "
	"{category: webserver}\n"
	"detection: {s: {sc-status: 404}, condition: s}\nx_quiet: true\n---\n"
	"title: posts\nname: posts\nid: 00000000-0000-4000-8000-000000000003\nlogsource: "
	"{category: webserver}\n"
	"detection: {s: {cs-method: POST}, condition: s}\nx_quiet: true\n---\n"
	"title: local\nname: local\nid: 00000000-0000-4000-8000-000000000004\nlogsource: "
	"{category: webserver}\n"
	"detection: {s: {cs-uri|contains: status}, l: {c-ip|cidr: 10.0.0.0/8}, condition: s and "
	"not l}\n---\n"
	"title: large\nname: large\nid: 00000000-0000-4000-8000-000000000005\nlogsource: "
	"{category: webserver}\n"
	"detection: {s: {cs-uri|endswith: .zip, sc-bytes|gt: 100000}, condition: s}\n---\n"
	"title: words\nname: words\nid: 00000000-0000-4000-8000-000000000006\nlogsource: "
	"{category: webserver}\n"
	"detection: {k: {'|all': [POST, '200', /ecp/]}, condition: k}\n---\n"
	"title: keyword of two numbers\nname: number\nid: 00000000-0000-4000-8000-000000000007\n"
	"logsource: {category: webserver}\n"
	"detection: {k: ['\" 200 77 \"', '.1.77.'], s: {cs-uri|contains: list}, condition: k and "
	"s}\n---\n"
	"title: keyword with stars\nname: stars\nid: 00000000-0000-4000-8000-000000000008\n"
	"logsource: {category: webserver}\n"
	"detection: {k: ['9*GET*big'], s: {cs-uri|contains: big}, condition: k and s}\n---\n"
	"title: expression\nname: expression\nid: 00000000-0000-4000-8000-000000000009\n"
	"logsource: {category: webserver}\n"
	"detection: {s: {cs-uri-normal|re: '^/(page|sheet)[0-9]{2,}(\\?.*)?$'}, m: {cs-referer|re: "
	"'a.*b.*c'},\n"
	"  condition: s or m}\nx_quiet: true\n---\n"
	"title: keyword of an hour\nname: hour\nid: 00000000-0000-4000-8000-00000000000a\n"
	"logsource: {category: webserver}\n"
	"detection: {k: [':16:3'], s: {cs-user-agent|contains: curl}, condition: k and s}\n---\n"
	"title: keyword with case\nname: cased\nid: 00000000-0000-4000-8000-00000000000b\n"
	"logsource: {category: webserver}\n"
	"detection: {k: {'|cased': [Zz9]}, s: {cs-uri|contains: status}, condition: k and s}\n---\n"
	"title: one client\nname: client\nid: 00000000-0000-4000-8000-00000000000c\n"
	"logsource: {category: webserver}\n"
	"detection: {s: {c-ip: 10.1.77.3, cs-uri|endswith: /}, condition: s}\n---\n"
	"title: dear\nname: dear\nid: 00000000-0000-4000-8000-00000000000d\n"
	"logsource: {category: webserver}\n"
	"detection: {s: {cs-uri: '/form*a*b*c*d*e*f*g*?x', cs-method: GET}, condition: s}\n---\n"
	"title: keyword that may be a size\nname: size\nid: 00000000-0000-4000-8000-00000000000e\n"
	"logsource: {category: webserver}\n"
	"detection: {k: [' 20077 \"', no-such-word], m: {cs-method: GET}, condition: k and not "
	"m}\n---\n"
	"title: leaf\nname: leaf\nid: 00000000-0000-4000-8000-00000000000f\nlogsource: {category: "
	"webserver}\n"
	"detection: {s: {cs-uri|contains: /leaf}, condition: s}\nx_quiet: true\n---\n"
	"title: sources\nid: 00000000-0000-4000-8000-000000000010\ncorrelation: {type: "
	"value_count, rules: [missing],\n"
	"  group-by: [src_ip], timespan: 5m, condition: {field: cs-uri-stem, gte: 3}}\n---\n"
	"title: pages\nid: 00000000-0000-4000-8000-000000000011\ncorrelation: {type: value_count, "
	"rules: [missing, posts],\n"
	"  group-by: [cs-uri-stem], timespan: 5m, condition: {field: c-ip, gte: 3}}\n---\n"
	"title: both\nid: 00000000-0000-4000-8000-000000000012\ncorrelation: {type: event_count, "
	"rules: [expression],\n"
	"  group-by: [c-ip, sc-status], timespan: 5m, condition: {gte: 3}}\n---\n"
	"title: sum\nid: 00000000-0000-4000-8000-000000000013\ncorrelation: {type: value_sum, "
	"rules: [leaf],\n"
	"  group-by: [cs-method], timespan: 5m, condition: {field: sc-bytes, gte: 300000}}\n---\n"
	"title: average\nid: 00000000-0000-4000-8000-000000000014\ncorrelation: {type: value_avg, "
	"rules: [posts],\n"
	"  group-by: [c-ip], timespan: 5m, condition: {field: sc-status, gte: 300}}\n---\n"
	"title: series\nname: series\nid: 00000000-0000-4000-8000-000000000015\ncorrelation: "
	"{type: event_count,\n"
	"  rules: [missing], group-by: [src_ip], timespan: 1m, condition: {gte: 2}}\n---\n"
	"title: chain\nid: 00000000-0000-4000-8000-000000000016\ncorrelation: {type: temporal, "
	"rules: [series, posts],\n"
	"  group-by: [src_ip], timespan: 1h}\n";

struct side {
	struct yg_scratch *scratch;
	struct yg_arena *arena; /* of the batch */
};

static struct yg_rules *rules;
static struct one_engine one;
static struct yg_tracer *tracer;
static struct yg_parser *parser;
static struct yg_arena *event_arena;
static struct yg_repeats *repeats;
static struct yg_access_minute minute;
static struct side read_side, known_side;
static uint64_t lines, known, failed, state;

static void report(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	(void)arg;
	(void)is_refused;
	fprintf(stderr, "%s:%u: %s\n", file, line, reason);
}

static bool add_rules(const char *name, struct yg_bytes text, bool is_own)
{
	const struct yg_rules_opts opts = {.is_own = is_own};

	return yg_rules_add(rules, name, text, &opts, report, NULL) == YG_OK;
}

static int load(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	size_t length = strlen(path);
	uint8_t *text;
	size_t size;
	bool is_good;

	(void)info;
	(void)ftw;
	if (kind != FTW_F || length < 4 || strcmp(path + length - 4, ".yml") != 0)
		return 0;
	if (yg_io_read_file(path, YG_RULE_FILE_MAX, &text, &size) != YG_OK)
		return 1;
	is_good = add_rules(path, (struct yg_bytes){text, size}, false);
	free(text);
	return !is_good;
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool same_text(struct yg_bytes a, struct yg_bytes b)
{
	return yg_bytes_eq(a, b);
}

static bool same_keys(const struct yg_trace *a, const struct yg_trace *b)
{
	if (a->key_count != b->key_count)
		return false;
	for (uint32_t i = 0; i < a->key_count; i++) {
		const struct yg_trace_key *x = &a->keys[i], *y = &b->keys[i];

		if (x->correlation != y->correlation || x->ref != y->ref || x->group != y->group ||
		    x->value != y->value || memcmp(&x->number, &y->number, sizeof(x->number)) != 0)
			return false;
	}
	return true;
}

static bool same_trace(const struct yg_trace *a, const struct yg_trace *b)
{
	return a->position == b->position && a->time_ns == b->time_ns && a->flags == b->flags &&
	       a->format == b->format && same_text(a->source, b->source) &&
	       same_text(a->actor, b->actor) && a->actor_hash == b->actor_hash &&
	       same_text(a->target, b->target) && a->path_hash == b->path_hash &&
	       same_text(a->path, b->path) && a->status == b->status &&
	       a->size_bytes == b->size_bytes && a->hit_count == b->hit_count &&
	       a->hit_count == 0 && a->indicator_count == b->indicator_count &&
	       same_text(a->event_json, b->event_json) && same_keys(a, b);
}

static bool same_counts(void)
{
	struct yg_meter_counts a, b;

	yg_scratch_charges(read_side.scratch, &a);
	yg_scratch_charges(known_side.scratch, &b);
	if (a.charge_count != b.charge_count)
		return false;
	for (uint32_t i = 0; i < a.charge_count; i++)
		if (a.charges[i].rule != b.charges[i].rule ||
		    a.charges[i].cost != b.charges[i].cost)
			return false;
	return memcmp(a.groups, b.groups, yg_engine_group_count(one.engine) * sizeof(*a.groups)) ==
	       0;
}

static void tell(const char *what, struct yg_bytes line)
{
	if (failed++ < LISTED)
		fprintf(stderr, "line %llu: %s: %.*s\n", (unsigned long long)lines, what,
			YG_FMT(line));
}

/* Read @line; false where it cannot be. */
static bool understand(struct side *side, struct yg_bytes line, struct yg_event *event,
		       struct yg_trace *trace, bool *ret_is_needed)
{
	const struct yg_trace_opts opts = {.kept = line};
	struct yg_fault fault;
	struct yg_hits hits;

	yg_arena_reset(event_arena);
	if (yg_parse_any(parser, YG_FORMAT_ACCESS, line, event_arena, event, &fault) != YG_OK)
		return false;
	event->position = lines;
	return yg_engine_match(one.engine, side->scratch, event, &hits) == YG_OK &&
	       yg_trace_make(tracer, event, &hits, side->arena, opts, trace, ret_is_needed) ==
		       YG_OK;
}

static void compare(struct yg_bytes line)
{
	struct yg_repeat_line cut = {.record = line, .position = ++lines};
	struct yg_event event;
	struct yg_trace wanted, got;
	bool is_cut = yg_access_part(line, &cut.parts) &&
		      yg_access_instant(&minute, &cut.parts, &cut.time_ns);
	bool is_needed, got_needed, is_known = false, is_read;

	yg_arena_reset(read_side.arena);
	yg_arena_reset(known_side.arena);
	/* not yg_repeats_is_awake(): here every line is asked for */
	if (is_cut)
		yg_repeats_call(repeats, NULL, &cut);
	if (is_cut && lines % 2)
		yg_repeats_call_rest(repeats, &cut);
	if (is_cut && yg_repeats_find(repeats, known_side.scratch, &cut, NULL, known_side.arena,
				      &got, &got_needed, &is_known) != YG_OK)
		tell("no memory", line);
	is_read = understand(&read_side, line, &event, &wanted, &is_needed);
	if (is_known) {
		known++;
		if (!is_read || is_needed != got_needed || !same_trace(&wanted, &got))
			tell("another trace", line);
	} else if (is_read) {
		if (is_cut && event.format == YG_FORMAT_ACCESS && event.time_ns != cut.time_ns)
			tell("another time", line);
		if (understand(&known_side, line, &event, &got, &got_needed) && is_cut)
			yg_repeats_keep(repeats, known_side.scratch, &cut, &event, &got,
					got_needed);
	}
	if (lines % 64 == 0 && !same_counts())
		tell("work counted differently up to here", line);
}

/* --- generating ------------------------------------------------------------------------------- */

static uint32_t chance(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % below;
}

/* Mostly one of the first, so that lines come again. */
#define ANY(list) (list)[chance(1 + chance(1 + chance(sizeof(list) / sizeof((list)[0]))))]

/* Now and then a byte is another one, is missing or stands twice. */
static size_t spoil(uint8_t *line, size_t size)
{
	static const char bytes[] = "\"\\[] -:./\r\t09aZ%\xe3";
	size_t at = chance((uint32_t)size);

	switch (chance(3)) {
	case 0:
		line[at] = (uint8_t)bytes[chance(sizeof(bytes))];
		return size;
	case 1:
		memmove(line + at, line + at + 1, size - at - 1);
		return size - 1;
	default:
		memmove(line + at + 1, line + at, size - at);
		return size + 1;
	}
}

static void client(char *to, size_t room)
{
	static const char *const odd[] = {
		"2001:db8::7", "2001:DB8:0:1::a", "::1",	"::ffff:192.0.2.1", "host.example",
		"-",	       "1.2.3",		  "10.0.0.010", "256.1.1.1",	    "fe80::1%eth0",
		"dead",	       "1..2.3",	  "1a.2.3.4",	"unknown",	    "2001.db8::7"};

	if (chance(8) == 0)
		(void)snprintf(to, room, "%s", ANY(odd));
	else
		(void)snprintf(to, room, "%u.%u.77.%u", chance(2) ? 10 : 203, chance(3), chance(5));
}

#define LONG                                                                                       \
	"a-long-text-that-makes-comparing-it-dear-a-long-text-that-makes-comparing-it-dear-and-"   \
	"so-on-a-long-text-that-makes-comparing-it-dear-a-long-text-that-makes-comparing-it-dear-" \
	"and-so-on-and-on-and-on-and-on-and-on"

static size_t generate(uint8_t *to)
{
	static const char *const before[] = {" - - [",	   " - alice [", " - a b [", " - [x [",
					     " ident - [", " - - - [",	 "\t- - ["};
	static const char *const zones[] = {" +0900", " -0330", "", " +9999", " Z", ".25 +0000"};
	static const char *const methods[] = {"GET", "POST", "HEAD", "OPTIONS", "PUT"};
	static const char *const pages[] = {"/ecp/x",
					    "/list12?x=77",
					    "/status",
					    "/big.zip",
					    "/",
					    "/page77",
					    "/form.php?" LONG,
					    "/leaf",
					    "/wp-login.php",
					    "/u?q=union",
					    "/a\\x22b",
					    "/%2e%2e/etc",
					    "http://h/x",
					    "/b\"c",
					    "/login",
					    "/upload/x.php",
					    "/[12/Oct/2026:09:00:00"};
	static const char *const statuses[] = {"404", "500", "200", "302", "401", "-", "0200"};
	static const char *const sizes[] = {"77", "1200",  "123456",	       "20077", "0",
					    "-",  "00012", "1234567890123456", "7x"};
	static const char *const afters[] = {" \"-\" \"Mozilla/5.0\"",
					     " \"-\" \"curl/8 9\"",
					     " \"-\" \"" LONG "\"",
					     " \"https://a.example/b/c\" \"Mozilla/5.0 [FBAN]\"",
					     "",
					     " extra \"x\" \"y\"",
					     " \"\" \"\" \"203.0.113.7\"",
					     " \"200 77\" \"-\"",
					     " \"-\" \"q\\\"q\"",
					     "\r"};
	char address[64];
	int size;
	size_t length;

	client(address, sizeof(address));
	size = snprintf((char *)to, LINE_MAX,
			"%s%s%02u/%s/2026:%02u:%02u:%02u%s] \"%s %s%s\" %s %s%s", address,
			ANY(before), 1 + chance(chance(50) ? 28 : 33), chance(30) ? "Oct" : "Xyz",
			16 + chance(2), chance(3) + 29, chance(chance(50) ? 60 : 70), ANY(zones),
			ANY(methods), ANY(pages), chance(9) ? " HTTP/1.1" : "", ANY(statuses),
			ANY(sizes), ANY(afters));
	length = (size_t)size;
	for (uint32_t i = chance(12); i == 0 && length > 2; i = chance(2))
		length = spoil(to, length);
	return length;
}

static void run_generated(uint64_t count)
{
	uint8_t line[LINE_MAX + YG_PARSE_PADDING] = {0};

	for (uint64_t i = 0; i < count; i++)
		compare((struct yg_bytes){line, generate(line)});
}

static int run_log(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	struct yg_framer framer = {.framing = YG_FRAMING_LINES};
	struct yg_frame frame;
	uint8_t *text;
	size_t size;
	struct yg_bytes rest;

	(void)info;
	(void)ftw;
	if (kind != FTW_F || yg_io_read_file(path, LOG_MAX, &text, &size) != YG_OK)
		return 0;
	rest = (struct yg_bytes){yg_reallocarray(text, size + YG_PARSE_PADDING, 1), size};
	if (!rest.data)
		return 1;
	text = (uint8_t *)(uintptr_t)rest.data;
	memset(text + size, 0, YG_PARSE_PADDING);
	while (yg_frame_next(&framer, rest, true, &frame) == YG_OK) {
		if (!frame.is_skipped && !frame.is_long)
			compare(frame.record);
		rest = yg_bytes_from(rest, frame.consumed);
	}
	free(text);
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool make_side(struct side *side)
{
	side->scratch = yg_scratch_new(one.engine);
	side->arena = yg_arena_new(ARENA_MAX);
	return side->scratch && side->arena && yg_scratch_meter(side->scratch, NULL, 0) == YG_OK;
}

static bool open_all(void)
{
	const struct yg_parse_opts opts = {.reference_ns = 0};

	if (yg_rules_finish(rules, report, NULL) != YG_OK || !one_engine_open(rules, &one))
		return false;
	tracer = yg_tracer_new(one.engine, NULL);
	parser = yg_parser_new(&opts, yg_engine_names(one.engine));
	event_arena = yg_arena_new(ARENA_MAX);
	repeats = tracer ? yg_repeats_new(one.engine, tracer, NULL) : NULL;
	return parser && event_arena && repeats && make_side(&read_side) && make_side(&known_side);
}

static void close_all(void)
{
	(void)yg_repeats_free(repeats);
	(void)yg_scratch_free(read_side.scratch);
	(void)yg_scratch_free(known_side.scratch);
	(void)yg_arena_free(read_side.arena);
	(void)yg_arena_free(known_side.arena);
	(void)yg_arena_free(event_arena);
	(void)yg_parser_free(parser);
	(void)yg_tracer_free(tracer);
	one_engine_close(&one);
	(void)yg_rules_free(rules);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	const char *given = getenv("YAGURA_SEED");
	bool is_good;

	seed = seed ? seed : given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)seed);
	state = seed | 1;
	if (argc > 3 && access(argv[3], R_OK) != 0) {
		printf("0 passed, 0 failed, 1 skipped (no %s)\n", argv[3]);
		return 77;
	}
	rules = yg_rules_new();
	if (!rules)
		return 1;
	is_good = argc > 3 ? nftw(argv[3], load, 16, FTW_PHYS) == 0
			   : add_rules("own.yml", yg_bytes_str(own_rules), true);
	is_good = is_good && open_all();
	if (is_good)
		run_generated(count);
	for (int i = 4; i < argc && is_good; i++)
		is_good = nftw(argv[i], run_log, 16, FTW_PHYS) == 0;
	/* a test that never knew a line has shown nothing */
	is_good = is_good && known > lines / 50;
	printf("%llu lines, %llu known, %llu different\n", (unsigned long long)lines,
	       (unsigned long long)known, (unsigned long long)failed);
	close_all();
	printf("%d passed, %d failed, 0 skipped\n", is_good && failed == 0, !is_good || failed > 0);
	return is_good && failed == 0 ? 0 : 1;
}
