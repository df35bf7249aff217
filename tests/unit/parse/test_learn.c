/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns made from lines: what they say, and that they read the line they were made from. */
#include "parse/learn.h"

#include <stdlib.h>

#include "../check.h"

static struct yg_arena *arena;
static struct yg_names *names;
static bool of_objects;

/* The pattern learnt from @lines (ended by NULL) with @fields "name=value" (ended by NULL). */
static const char *learn(const char *const *lines, const char *const *fields)
{
	static char out[YG_PATTERN_BYTES_MAX + 1];
	struct yg_bytes texts[16];
	struct yg_learn_field pairs[8];
	struct yg_learn task = {.lines = texts,
				.fields = pairs,
				.reference_ns = INT64_C(1800000000) * YG_NS_PER_S,
				.names = names};
	struct yg_fault fault;
	struct yg_buf to;
	uint32_t field;
	int rc;

	for (; lines[task.line_count]; task.line_count++)
		texts[task.line_count] = yg_bytes_str(lines[task.line_count]);
	for (; fields[task.field_count]; task.field_count++) {
		struct yg_bytes pair = yg_bytes_str(fields[task.field_count]);
		size_t equals = yg_bytes_chr(pair, '=');

		pairs[task.field_count] = (struct yg_learn_field){yg_bytes_cut(pair, 0, equals),
								  yg_bytes_from(pair, equals + 1)};
	}
	yg_arena_reset(arena);
	yg_buf_init(&to, YG_PATTERN_BYTES_MAX);
	rc = of_objects ? yg_learn_object(&task, arena, &to, &field, &fault)
			: yg_learn_pattern(&task, arena, &to, &field, &fault);
	(void)snprintf(out, sizeof(out), "%.*s", rc == YG_OK ? (int)to.size : 0, (char *)to.data);
	if (rc != YG_OK)
		(void)snprintf(out, sizeof(out), "?%u", field);
	yg_buf_done(&to);
	return out;
}

/* How many of @lines the pattern reads. */
static unsigned reads(const char *text, const char *const *lines)
{
	static struct yg_pattern_match match;
	const struct yg_line_pattern *pattern;
	struct yg_fault fault;
	unsigned count = 0;

	if (yg_pattern_compile(yg_bytes_str(text), arena, &pattern, &fault) != YG_OK) {
		fprintf(stderr, "%s: %s\n", text, fault.msg);
		return 0;
	}
	for (; *lines; lines++) {
		match.arena = arena;
		match.steps = 1u << 20;
		match.reference_ns = INT64_C(1800000000) * YG_NS_PER_S;
		yg_pattern_begin(&match);
		count += yg_pattern_match(pattern, yg_bytes_str(*lines), &match) == YG_OK;
	}
	return count;
}

#define LEARNS(lines, fields, want) CHECK_TEXT(yg_bytes_str(learn(lines, fields)), want)

static void what_differs_is_passed_over(void)
{
	static const char *const lines[] = {"2026-03-01 08:00:01 box[17]: login of 'bob' refused "
					    "from 192.0.2.1:4001 (bad password)",
					    "2026-03-01 08:00:02 box[17]: login of 'eve adams' "
					    "refused from 192.0.2.7:4002 (account is locked)",
					    "2026-03-01 08:00:03 box[17]: login of 'x' refused "
					    "from 2001:db8::1:4003 (no such user)",
					    NULL};
	static const char *const fields[] = {"user=bob", "src_ip=192.0.2.1", NULL};

	CHECK(yg_bytes_starts(
		yg_bytes_str(learn(lines, fields)),
		YG_S("{time:time %Y-%m-%d %T} box[{:word}]: login of '{user:text last}' "
		     "refused from {src_ip:address}")));
	CHECK(reads(learn(lines, fields), lines) >= 1);
}

/* Lines that end otherwise are another kind: they must not get this one's meaning. */
static void words_that_tell_the_end_stay(void)
{
	static const char *const lines[] = {"auth failure ip 192.0.2.1 user 'bob'",
					    "auth success ip 192.0.2.1 user 'bob'",
					    "auth failure ip 192.0.2.9 user 'eve'", NULL};
	static const char *const fields[] = {"user=bob", "src_ip=192.0.2.1", NULL};

	LEARNS(lines, fields, "auth failure ip {src_ip:address} user '{user:text last}'");
	CHECK(reads(learn(lines, fields), lines) == 2);
}

static void values_that_stand_twice(void)
{
	static const char *const lines[] = {
		"ftp (192.0.2.1[192.0.2.1]) USER bob, from 192.0.2.1 port 21", NULL};
	static const char *const fields[] = {"user=bob", "src_ip=192.0.2.1", NULL};

	LEARNS(lines, fields,
	       "ftp ({src_ip:address}[{:address}]) USER {user:text last}, from {:address} port "
	       "{:rest}");
	CHECK(reads(learn(lines, fields), lines) == 1);
}

static void braces_and_times(void)
{
	static const char *const lines[] = {
		"[03/Feb/2026:10:00:00 +0900] {\"user\":\"bob\"} at 2026-02-03 10:00:00", NULL};
	static const char *const fields[] = {"user=bob", NULL};

	LEARNS(lines, fields,
	       "[{time:time %d/%b/%Y:%T %z}] {{\"user\":\"{user:text last}\"}} at {:rest}");
	CHECK(reads(learn(lines, fields), lines) == 1);
}

static void faults(void)
{
	static const char *const lines[] = {"a bob c", NULL};
	static const char *const none[] = {"user=eve", NULL};
	static const char *const inside[] = {"all=a bob", "user=bob", NULL};
	static const char *const time[] = {"time=bob", NULL};

	LEARNS(lines, none, "?0");
	LEARNS(lines, inside, "?1");
	LEARNS(lines, time, "?0");
}

/* Made-up lines of all sorts: what is learnt compiles, or is refused with a reason. */
static void whatever_is_learnt_compiles(void)
{
	static const char marks[] = " :[](){}'\"=,.-|%<>";
	uint64_t seed = 20261125;
	unsigned good = 0;

	for (unsigned round = 0; round < 2000; round++) {
		char text[3][160];
		const char *lines[4] = {text[0], text[1], text[2], NULL};
		const char *fields[3] = {"user=bob", "src_ip=192.0.2.1", NULL};
		struct yg_fault fault;
		const struct yg_line_pattern *pattern;
		const char *made;

		for (unsigned l = 0; l < 3; l++) {
			size_t size = 0;

			for (unsigned i = 0; i < 16; i++) {
				seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
				size += (size_t)snprintf(text[l] + size, sizeof(text[l]) - size,
							 "%s%c",
							 i == 5		    ? "bob"
							 : i == 11	    ? "192.0.2.1"
							 : (seed >> 40) & 1 ? "word"
									    : "17",
							 marks[(seed >> 33) % (sizeof(marks) - 1)]);
			}
		}
		made = learn(lines, fields);
		if (made[0] == '?')
			continue;
		if (yg_pattern_compile(yg_bytes_str(made), arena, &pattern, &fault) != YG_OK)
			fprintf(stderr, "%s\n%s: %s\n", lines[0], made, fault.msg);
		CHECK(yg_pattern_compile(yg_bytes_str(made), arena, &pattern, &fault) == YG_OK);
		good++;
	}
	CHECK(good > 1500);
}

static void objects(void)
{
	static const char *const lines[] = {
		"{\"event\":\"LOGIN\",\"who\":{\"name\":\"bob\",\"id\":7},\"ip\":\"192.0.2.1\","
		"\"ok\":"
		"\"refused\",\"msg\":\"refused bob\",\"when\":\"2026-01-02 "
		"03:04:05\",\"q?\":\"1\"}",
		"{\"event\":\"LOGIN\",\"who\":{\"name\":\"eve "
		"adams\",\"id\":8},\"ip\":\"192.0.2.2\",\"ok\":"
		"\"refused\",\"msg\":\"refused eve adams\",\"when\":\"2026-01-02 "
		"03:04:06\",\"q?\":\"1\"}",
		"{\"event\":\"LOGOUT\",\"who\":{\"name\":\"bob\"},\"ip\":\"192.0.2.1\",\"when\":"
		"\"x\"}",
		"no object", NULL};
	static const char *const fields[] = {"user=bob", "src_ip=192.0.2.1", NULL};
	static const char *const inside[] = {
		"{\"m\":\"failed: bob (from 192.0.2.1)\",\"n\":1}",
		"{\"m\":\"failed: eve adams (from 192.0.2.2)\",\"n\":2}", NULL};
	static const char *const none[] = {"user=nobody", NULL};

	of_objects = true;
	LEARNS(lines, fields,
	       "      'who.name': '{user:text}'\n"
	       "      'ip': '{src_ip:address}'\n"
	       "      'event': 'LOGIN'\n"
	       "      'ok': 'refused'\n"
	       "      'msg': 'refused {:word}'\n"
	       "      'when': '{:time %Y-%m-%d %T}'\n");
	LEARNS(inside, fields,
	       "      'm': 'failed: {user:text last} {:text}(from {src_ip:address})'\n"
	       "      'n': '{:text}'\n");
	LEARNS(lines, none, "?0");
	LEARNS(lines + 3, fields, "?4294967295");
	of_objects = false;
}

static const struct check_case cases[] = {
	CASE(what_differs_is_passed_over),
	CASE(words_that_tell_the_end_stay),
	CASE(values_that_stand_twice),
	CASE(braces_and_times),
	CASE(faults),
	CASE(whatever_is_learnt_compiles),
	CASE(objects),
};

int main(void)
{
	int rc;

	arena = yg_arena_new(64u << 20);
	names = yg_names_new();
	if (!arena || !names)
		return 1;
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)yg_arena_free(arena);
	(void)yg_names_free(names);
	return rc;
}
