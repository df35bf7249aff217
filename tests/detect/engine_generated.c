/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generated rules on generated events: engine and reference evaluator must agree.
 *
 * engine_generated ROUNDS [SEED [long]]: each round makes a small rule set and 64 events from a
 * tiny alphabet, so that hits are frequent. The seed is printed; giving it runs the same again.
 * "long": many values are longer than the blocks that matchers look at in one go, with a run of one
 * character in them and what matters on either side.
 *
 * engine_generated --explain ROUNDS [SEED]: what explaining says (detect/explain.h) must be what
 * the engine says, rules with filters laid over some of them.
 *
 * engine_generated --cases CASES [SEED]: rounds until so many (rule, event) pairs were compared,
 * each by 1, 2 and 5 threads at once on one engine; prints "CASES cases, N differences".
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "detect/explain.h"
#include "detect/route.h"
#include "detect/witness.h"
#include "one_engine.h"
#include "oracle.h"

#define EVENTS	  64u
#define RULES	  12u
#define ARENA_MAX (8u << 20)
#define FIELDS	  5u

static uint64_t state;
static uint64_t compared, hit_count, rule_count, failed;
static bool are_long; /* values */
static bool is_explaining;

static uint32_t pick(uint32_t below)
{
	state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = state;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % below);
}

static const char *const pieces[] = {"a",
				     "B",
				     "b",
				     "\\\\",
				     "/",
				     ".",
				     "1",
				     "\xc3\x84",
				     "\xc3\xa4",
				     "\xe3\x81\x82",
				     "\xf0\x9f\x98\x80",
				     "\"",
				     " ",
				     "c:"};

static void add_text(struct yg_buf *to, uint32_t pieces_max, bool has_wildcards)
{
	for (uint32_t n = pick(pieces_max + 1); n > 0; n--) {
		const char *piece = pieces[pick(pick(2) ? 4 : sizeof(pieces) / sizeof(pieces[0]))];

		if (has_wildcards && pick(5) == 0)
			yg_buf_add_str(to, pick(3) ? "*" : pick(3) ? "?" : "\\*");
		else
			yg_buf_add_str(to, piece);
	}
}

/* Texts stand in single quotes: a quote is doubled, nothing else is special. */
static void add_value(struct yg_buf *to, bool has_wildcards)
{
	yg_buf_add_byte(to, '\'');
	add_text(to, 4, has_wildcards);
	yg_buf_add_byte(to, '\'');
}

static void add_plain_item(struct yg_buf *to, uint32_t field)
{
	static const char *const modifiers[] = {
		"",
		"",
		"|contains",
		"|contains",
		"|startswith",
		"|endswith",
		"|contains|all",
		"|cased",
		"|contains|cased",
		"|endswith|cased",
		"|startswith|cased",
		"|neq",
	};
	const char *chosen = modifiers[pick(sizeof(modifiers) / sizeof(modifiers[0]))];
	uint32_t count = (strstr(chosen, "all") ? 2 : 1) + (pick(4) ? pick(3) : pick(40));

	yg_buf_addf(to, "F%u%s: [", field, chosen);
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			yg_buf_add_str(to, ", ");
		add_value(to, pick(3) == 0);
	}
	yg_buf_add_str(to, "]\n");
}

static void add_item(struct yg_buf *to, uint32_t field)
{
	static const char *const others[] = {
		"null", "''", "1", "[0, 'a']", "'*'",
	};
	static const char *const regexes[] = {
		"'a+b'",
		"'^a'",
		"'b$'",
		"'a.b'",
		"'[ab]{2}'",
		"'(a|b)c'",
		"'.*'",
		"'ab?'",
		"'\xc3\xa4'",
		"'\xe3\x81\x82.b'",
		"'^$'",
		"'a|b'",
		"'(?i)AB'",
		/* Characters beyond ASCII, seen and named. */
		"'^.{3}$'",
		"'[^a]b'",
		"'\\W'",
		"'^\\D+$'",
		"'\\S\\W{2}'",
		"'^.?b'",
		"'.b'",
		"'^[^\\w ]'",
		"'\\xc4'",
		"'\\x{3042}'",
		"'[^\\x00-\\x7f]{2}'",
		"'\\x{fffd}'",
		"'[\xe3\x81\x81-\xe3\x82\x93].'",
		"'(?i)[^b\xc3\xa4]'",
		"'(?i)kb?s'",
		"'\\bB'",
		"'[^k]'",
		"'^[^s]+$'",
		"'(?i)[\\W]k'",
	};
	static const char *const networks[] = {"'10.0.0.0/8'", "'10.1.0.0/16'", "'::1/128'",
					       "['192.168.0.0/16', 'fe80::/10']"};

	switch (pick(12)) {
	case 0:
		yg_buf_addf(to, "F%u: %s\n", field, others[pick(5)]);
		break;
	case 1:
	case 6:
		yg_buf_addf(to, "F%u|re%s: %s\n", field,
			    pick(3)   ? ""
			    : pick(2) ? "|i"
				      : "|s",
			    regexes[pick(sizeof(regexes) / sizeof(regexes[0]))]);
		break;
	case 2:
		yg_buf_addf(to, "F%u|cidr: %s\n", field, networks[pick(4)]);
		break;
	case 3:
		yg_buf_addf(to, "F%u|%s: %u\n", field,
			    pick(2)   ? pick(2) ? "lt" : "lte"
			    : pick(2) ? "gt"
				      : "gte",
			    pick(3));
		break;
	case 4:
		yg_buf_addf(to, "F%u|exists: %s\n", field, pick(2) ? "true" : "false");
		break;
	case 5:
		yg_buf_addf(to, "F%u|fieldref%s: F%u\n", field,
			    pick(2)   ? ""
			    : pick(2) ? "|startswith"
				      : "|contains",
			    pick(FIELDS));
		break;
	default:
		add_plain_item(to, field);
		break;
	}
}

static void add_selection(struct yg_buf *to, uint32_t number)
{
	yg_buf_addf(to, "  s%u:\n", number);
	if (pick(6) == 0) {
		for (uint32_t n = 1 + pick(2); n > 0; n--) {
			yg_buf_add_str(to, "    - '");
			add_text(to, 2, pick(4) == 0);
			yg_buf_add_str(to, pick(2) ? "a'\n" : "b.'\n"); /* never empty */
		}
		return;
	}
	for (uint32_t field = pick(FIELDS), n = 1 + pick(3); n > 0; n--) {
		yg_buf_add_str(to, "    ");
		add_item(to, field);
		field = (field + 1) % FIELDS; /* no key twice */
	}
}

static void add_rule(struct yg_buf *to, uint32_t number)
{
	static const char *const sources[] = {
		"product: windows, category: process_creation",
		"product: windows, service: security",
		"category: webserver",
		"category: test",
		"product: windows",
		"product: linux",
	};
	static const char *const conditions[] = {
		"s0",
		"s0 and s1",
		"s0 or s1",
		"s0 and not s1",
		"not s0",
		"not (s0 and s1)",
		"1 of s*",
		"all of s*",
		"s2 and (s0 or not s1)",
		"not (not s0 or s1) or s2",
		"s0 and not 1 of s*",
		"(s0 or s1) and (s1 or s2)",
	};

	yg_buf_addf(to, "---\ntitle: r%u\nid: 00000000-0000-0000-0000-%012u\nlogsource: {%s}\n",
		    number, number, sources[pick(6)]);
	yg_buf_add_str(to, "detection:\n");
	for (uint32_t i = 0; i < 3; i++)
		add_selection(to, i);
	yg_buf_addf(to, "  condition: %s\n", conditions[pick(12)]);
}

static void add_filter(struct yg_buf *to, uint32_t number)
{
	static const char *const conditions[] = {"not s0", "s0 or not s1", "not (s0 and s1)"};

	yg_buf_addf(to, "---\ntitle: f%u\nlogsource: {product: windows}\nfilter:\n  rules: any\n",
		    number);
	for (uint32_t i = 0; i < 2; i++)
		add_selection(to, i);
	yg_buf_addf(to, "  condition: %s\n", conditions[pick(3)]);
}

static void ignore(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	(void)arg;
	(void)file;
	(void)line;
	(void)is_refused;
	(void)reason; /* a map with one key twice, say: refused rules are simply not there */
}

static void must(bool is_fine)
{
	if (!is_fine)
		abort();
}

static struct yg_bytes some_value(struct yg_arena *arena)
{
	/* Of values only: bytes that belong to no character, and what k and s are without case. */
	static const char *const strays[] = {"\x80",	     "\xff",	 "\xe3\x81",
					     "\xf0\x9f\x98", "\xc0\xaf", "\xed\xa0\x80",
					     "\xe2\x84\xaa", "\xc5\xbf", "\xef\xbf\xbd"};
	static const char *const special[] = {
		"10.1.2.3", "192.168.1.1", "::1", "fe80::1", "10.0.0.256", "0",
		"1",	    "2",	   "1.5", "",	     "a",	   "2026-11-21T08:31:54Z"};
	struct yg_buf text;
	struct yg_bytes value;

	if (pick(4) == 0)
		return yg_bytes_str(special[pick(12)]);
	yg_buf_init(&text, 4096);
	add_text(&text, 7, false);
	if (are_long && pick(2)) {
		const char *piece = pieces[pick(sizeof(pieces) / sizeof(pieces[0]))];

		for (uint32_t n = 20 + pick(pick(2) ? 100 : 400); n > 0; n--)
			yg_buf_add_str(&text, piece);
		add_text(&text, 7, false);
	}
	for (uint32_t n = pick(3) ? 0 : 1 + pick(3); n > 0; n--) {
		yg_buf_add_str(&text, strays[pick(sizeof(strays) / sizeof(strays[0]))]);
		add_text(&text, 2, false);
	}
	must(yg_arena_dup(arena, yg_buf_bytes(&text), &value));
	yg_buf_done(&text);
	return value;
}

/* Fields, and a raw text that some of them are parts of. */
static void make_event(struct yg_event *event, struct yg_arena *arena, const struct yg_names *names)
{
	static const enum yg_format formats[] = {YG_FORMAT_WINDOWS, YG_FORMAT_WINDOWS,
						 YG_FORMAT_JSON, YG_FORMAT_ACCESS,
						 YG_FORMAT_SYSLOG};
	static const char *const channels[] = {"Security", "Microsoft-Windows-Sysmon/Operational",
					       "", "Other"};
	static const uint32_t codes[] = {1, 4688, 12};
	struct yg_buf raw;

	yg_event_init(event, arena, names);
	event->format = formats[pick(5)];
	if (event->format == YG_FORMAT_WINDOWS)
		event->channel = yg_bytes_str(channels[pick(4)]);
	event->event_code = codes[pick(3)];
	yg_buf_init(&raw, 65536);
	for (uint32_t n = pick(7); n > 0; n--) {
		struct yg_bytes value = some_value(arena);
		char name[8];
		uint8_t *kept;

		(void)snprintf(name, sizeof(name), "F%u", pick(FIELDS + 1));
		must((kept = yg_arena_alloc(arena, sizeof(name))) != NULL);
		memcpy(kept, name, sizeof(name));
		if (pick(8) == 0)
			must(yg_event_add(event, yg_bytes_str((char *)kept), YG_S(""),
					  YG_VALUE_NULL) == YG_OK);
		else if (pick(4) == 0) /* backslashes in these are escapes */
			must(yg_event_add_escaped(event, yg_bytes_str((char *)kept), value) ==
			     YG_OK);
		else
			must(yg_event_add(event, yg_bytes_str((char *)kept), value,
					  YG_VALUE_TEXT) == YG_OK);
		yg_buf_add_byte(&raw, '"');
		yg_buf_add(&raw, value);
		yg_buf_add_byte(&raw, '"');
	}
	if (pick(3))
		must(yg_arena_dup(arena, yg_buf_bytes(&raw), &event->raw));
	yg_buf_done(&raw);
	for (uint32_t i = 0; event->raw.size && i < event->field_count; i++) {
		size_t at = yg_bytes_find(event->raw, event->fields[i].text);

		if (at != SIZE_MAX && pick(4))
			event->fields[i].text.data = event->raw.data + at;
	}
}

struct round {
	uint64_t seed;
	struct yg_rules *rules;
	struct one_engine one;
	uint32_t *numbers;
	struct yg_router *router;
	struct yg_witness *witness;
	struct yg_arena *arena;
};

static bool is_expected(const struct round *r, const struct yg_rule *rule, uint32_t number,
			struct yg_event *event)
{
	uint32_t route = yg_router_route(r->router, event);
	bool applies;

	if (route == YG_ROUTE_OPEN)
		applies = !yg_router_knows(r->router, &rule->logsource) ||
			  yg_witness_needs_field(r->witness, rule);
	else
		applies = yg_router_applies(r->router, route, &rule->logsource);
	return applies && oracle_match(r->rules, number, event);
}

static void compare(struct round *r, struct yg_event *event)
{
	struct yg_hits hits;
	uint32_t at = 0;

	must(yg_engine_match(r->one.engine, r->one.scratch, event, &hits) == YG_OK);
	for (uint32_t i = 0; i < yg_engine_rule_count(r->one.engine); i++) {
		const struct yg_rule *rule = &r->rules->rules[r->numbers[i]];
		bool is_hit = at < hits.count && hits.rules[at] == i;

		at += is_hit;
		if (is_hit == is_expected(r, rule, r->numbers[i], event))
			continue;
		fprintf(stderr,
			"seed %llu: rule %.*s: engine says %d; format %s, channel %.*s, raw %.*s\n",
			(unsigned long long)r->seed, YG_FMT(rule->info.title), is_hit,
			yg_format_name(event->format), YG_FMT(event->channel), YG_FMT(event->raw));
		for (uint32_t f = 0; f < event->field_count; f++)
			fprintf(stderr, "  %.*s = %.*s (%d)\n", YG_FMT(event->fields[f].name),
				YG_FMT(event->fields[f].text), event->fields[f].kind);
		failed++;
	}
	compared++;
	hit_count += hits.count;
}

/* Generated rules of the round's seed, compiled. Returns their text, for messages. */
static struct yg_buf open_round(struct round *r)
{
	const struct yg_rules_opts opts = {.include_deprecated = false};
	struct yg_buf yaml;

	state = r->seed;
	r->rules = yg_rules_new();
	r->arena = yg_arena_new(ARENA_MAX);
	yg_buf_init(&yaml, 1 << 20);
	for (uint32_t i = 0; i < RULES; i++)
		add_rule(&yaml, i);
	must(r->rules && r->arena);
	for (uint32_t i = 0; is_explaining && i < 3; i++)
		add_filter(&yaml, i);
	r->rules->keeps_pieces = is_explaining;
	r->rules->matcher = oracle_matcher();
	must(yg_rules_add(r->rules, "g.yml", yg_buf_bytes(&yaml), &opts, ignore, NULL) == YG_OK);
	must(yg_rules_finish(r->rules, ignore, NULL) == YG_OK);
	must(one_engine_open(r->rules, &r->one));
	must((r->numbers = one_engine_numbers(&r->one, r->rules)) != NULL);
	must((r->router = yg_router_new()) != NULL);
	must((r->witness = yg_witness_new(r->rules)) != NULL);
	return yaml;
}

static void close_round(struct round *r)
{
	oracle_forget();
	free(r->numbers);
	one_engine_close(&r->one);
	(void)yg_router_free(r->router);
	(void)yg_witness_free(r->witness);
	(void)yg_arena_free(r->arena);
	(void)yg_rules_free(r->rules);
}

static void run_round(uint64_t seed)
{
	struct round r = {.seed = seed};
	uint64_t failed_before = failed;
	struct yg_buf yaml = open_round(&r);

	for (uint32_t i = 0; i < EVENTS; i++) {
		struct yg_event event;

		yg_arena_reset(r.arena);
		make_event(&event, r.arena, yg_engine_names(r.one.engine));
		compare(&r, &event);
	}
	rule_count += r.rules->rule_count;
	if (failed > failed_before)
		fprintf(stderr, "%.*s\n", YG_FMT(yg_buf_bytes(&yaml)));
	yg_buf_done(&yaml);
	close_round(&r);
}

/* --- explaining ---------------------------------------------------------------------------------
 */

/* What must hold of the words, whatever they say. */
static bool are_lines_sound(const struct yg_explanation *said, bool is_match)
{
	bool is_sound = said->is_match == is_match && said->line_count <= YG_EXPLAIN_LINES_MAX;

	for (uint32_t i = 0; i < said->line_count; i++) {
		const struct yg_explain_line *line = &said->lines[i];

		is_sound &= i == 0 || line->depth <= said->lines[i - 1].depth + 1u;
		is_sound &= line->kind != YG_EXPLAIN_TEST || line->seen != YG_EXPLAIN_VALUE ||
			    line->value.size <= YG_EXPLAIN_TEXT_MAX;
	}
	return is_sound && said->line_count > 0;
}

static void explain_one(struct round *r, struct yg_explainer *explainer, struct yg_event *event,
			uint32_t rule, bool is_hit)
{
	struct yg_explanation said;
	uint32_t missing;
	bool is_match;

	must(yg_explain_event(explainer, event, &is_match, &missing) == YG_OK);
	must(yg_explain_lines(explainer, r->arena, &said) == YG_OK);
	if ((is_match && yg_engine_admits(r->one.engine, event, rule)) == is_hit &&
	    is_match == (missing == 0) && are_lines_sound(&said, is_match))
		return;
	fprintf(stderr, "seed %llu: rule %u: engine says %d, explaining %d, missing %u\n",
		(unsigned long long)r->seed, r->numbers[rule], is_hit, is_match, missing);
	failed++;
}

static void explain_round(uint64_t seed)
{
	struct round r = {.seed = seed};
	struct yg_buf yaml = open_round(&r);
	uint32_t count = yg_engine_rule_count(r.one.engine);
	struct yg_explainer *explainers[RULES];

	for (uint32_t i = 0; i < count; i++)
		must(yg_explainer_new(r.rules, r.numbers[i], &explainers[i]) == YG_OK);
	for (uint32_t n = 0; n < EVENTS; n++) {
		struct yg_event event;
		struct yg_hits hits;
		uint32_t at = 0;

		yg_arena_reset(r.arena);
		make_event(&event, r.arena, yg_engine_names(r.one.engine));
		must(yg_engine_match(r.one.engine, r.one.scratch, &event, &hits) == YG_OK);
		hit_count += hits.count;
		for (uint32_t i = 0; i < count; i++) {
			bool is_hit = at < hits.count && hits.rules[at] == i;

			at += is_hit;
			explain_one(&r, explainers[i], &event, i, is_hit);
			compared++;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		(void)yg_explainer_free(explainers[i]);
	rule_count += count;
	yg_buf_done(&yaml);
	close_round(&r);
}

/* --- cases, by several threads -------------------------------------------------------------------
 */

#define THREADS_MAX 5u

/* One thread's part of a round: events [from, to), and what the engine said of each rule. */
struct part {
	const struct round *round;
	struct yg_event *events;
	uint32_t from, to;
	bool (*said)[RULES];
	pthread_t thread;
};

static void *match_part(void *arg)
{
	struct part *part = arg;
	struct yg_scratch *scratch = yg_scratch_new(part->round->one.engine);

	must(scratch != NULL);
	for (uint32_t e = part->from; e < part->to; e++) {
		struct yg_hits hits;

		must(yg_engine_match(part->round->one.engine, scratch, &part->events[e], &hits) ==
		     YG_OK);
		for (uint32_t i = 0; i < hits.count; i++)
			part->said[e][hits.rules[i]] = true;
	}
	(void)yg_scratch_free(scratch);
	return NULL;
}

/* Events of the round, made anew: matching decodes texts inside them. */
static void make_events(const struct round *r, uint64_t event_state, struct yg_arena **arenas,
			struct yg_event *events)
{
	state = event_state;
	for (uint32_t e = 0; e < EVENTS; e++) {
		yg_arena_reset(arenas[e]); /* one each: an arena belongs to one thread at a time */
		make_event(&events[e], arenas[e], yg_engine_names(r->one.engine));
	}
}

static void match_all(const struct round *r, struct yg_event *events, uint32_t threads,
		      bool said[EVENTS][RULES])
{
	struct part parts[THREADS_MAX];

	memset(said, 0, EVENTS * sizeof(said[0]));
	for (uint32_t t = 0; t < threads; t++) {
		parts[t] = (struct part){.round = r,
					 .events = events,
					 .from = EVENTS * t / threads,
					 .to = EVENTS * (t + 1) / threads,
					 .said = said};
		must(pthread_create(&parts[t].thread, NULL, match_part, &parts[t]) == 0);
	}
	for (uint32_t t = 0; t < threads; t++)
		must(pthread_join(parts[t].thread, NULL) == 0);
}

/* Compare up to @left cases of one round; returns how many. */
static uint64_t run_cases(uint64_t seed, uint64_t left, struct yg_arena **arenas)
{
	static const uint32_t thread_counts[] = {1, 2, THREADS_MAX};
	struct round r = {.seed = seed};
	struct yg_buf yaml = open_round(&r);
	uint64_t event_state = state;
	uint32_t count = yg_engine_rule_count(r.one.engine);
	uint64_t cases = (uint64_t)count * EVENTS < left ? (uint64_t)count * EVENTS : left;
	bool expected[EVENTS][RULES];
	bool said[EVENTS][RULES];
	struct yg_event events[EVENTS];

	make_events(&r, event_state, arenas, events);
	for (uint64_t c = 0; c < cases; c++) {
		uint32_t number = r.numbers[c % count];

		expected[c / count][c % count] =
			is_expected(&r, &r.rules->rules[number], number, &events[c / count]);
		hit_count += expected[c / count][c % count];
	}
	for (size_t i = 0; i < sizeof(thread_counts) / sizeof(thread_counts[0]); i++) {
		make_events(&r, event_state, arenas, events);
		match_all(&r, events, thread_counts[i], said);
		for (uint64_t c = 0; c < cases; c++) {
			if (expected[c / count][c % count] == said[c / count][c % count])
				continue;
			fprintf(stderr,
				"seed %llu, event %u, %u threads: rule %u: engine says %d\n",
				(unsigned long long)seed, (unsigned)(c / count), thread_counts[i],
				r.numbers[c % count], said[c / count][c % count]);
			failed++;
		}
	}
	yg_buf_done(&yaml);
	close_round(&r);
	return cases;
}

static int conformance(uint64_t want, uint64_t seed)
{
	struct yg_arena *arenas[EVENTS];
	uint64_t done = 0;

	for (uint32_t e = 0; e < EVENTS; e++)
		must((arenas[e] = yg_arena_new(ARENA_MAX)) != NULL);
	for (uint64_t i = 0; done < want; i++)
		done += run_cases(seed + i, want - done, arenas);
	for (uint32_t e = 0; e < EVENTS; e++)
		(void)yg_arena_free(arenas[e]);
	fprintf(stderr, "seed %llu, %llu of them fit, 1, 2 and %u threads\n",
		(unsigned long long)seed, (unsigned long long)hit_count, THREADS_MAX);
	printf("%llu cases, %llu differences\n", (unsigned long long)done,
	       (unsigned long long)failed);
	printf("%d passed, %d failed, 0 skipped\n", failed == 0 && hit_count > 0,
	       failed > 0 || hit_count == 0);
	return failed > 0 || hit_count == 0;
}

int main(int argc, char **argv)
{
	bool is_cases = argc > 2 && strcmp(argv[1], "--cases") == 0;
	bool has_mode = is_cases || (argc > 2 && strcmp(argv[1], "--explain") == 0);
	uint64_t rounds = argc > 1 ? strtoull(argv[1 + has_mode], NULL, 10) : 0;
	const char *given = argc > 2 + has_mode ? argv[2 + has_mode] : getenv("YAGURA_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000;

	is_explaining = has_mode && !is_cases;
	if (is_cases)
		return conformance(rounds, seed);
	are_long = !has_mode && argc > 3 && strcmp(argv[3], "long") == 0;
	fprintf(stderr, "seed %llu%s\n", (unsigned long long)seed, are_long ? " long" : "");
	for (uint64_t i = 0; i < rounds && failed == 0; i++)
		(is_explaining ? explain_round : run_round)(seed + i);
	fprintf(stderr, "%llu events compared with %llu rules, %llu hits\n",
		(unsigned long long)compared, (unsigned long long)rule_count,
		(unsigned long long)hit_count);
	printf("%d passed, %d failed, 0 skipped\n", failed == 0 && hit_count > 0,
	       failed > 0 || hit_count == 0);
	return failed > 0 || hit_count == 0;
}
