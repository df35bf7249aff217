/* SPDX-License-Identifier: Apache-2.0 */
/* test_warn_rules DEFAULT.YAML: the rules that come with the program, and what is refused. */
#include "parse/warn_rules.h"

#include <stdlib.h>

#include "../check.h"
#include "base/io.h"

static struct yg_arena *arena;
static struct yg_warn_rules rules;
static struct yg_line_fault fault;
static const char *path;

#define HEAD "format: yagura-warn-rules/1\nrules:\n"
#define RULE(number, rest)                                                                         \
	"- rule: " number "\n  title: {en: x, ja: y}\n  content: warning\n  tlp: AMBER\n" rest "\n"

static int load(const char *text)
{
	arena = yg_arena_free(arena);
	arena = yg_arena_new(1u << 20);
	fault = (struct yg_line_fault){.msg = ""};
	return yg_warn_rules_read(yg_bytes_str(text), arena, &rules, &fault);
}

static bool refuses(const char *text, uint32_t line, const char *part)
{
	int rc = load(text);

	if (rc == YG_EFORMAT && fault.line == line && strstr(fault.msg, part))
		return true;
	fprintf(stderr, "%d, line %u: %s\n", rc, fault.line, fault.msg);
	return false;
}

static void reads_the_own_rules(void)
{
	uint8_t *bytes = NULL;
	size_t size = 0;

	arena = yg_arena_new(1u << 20);
	CHECK(yg_io_read_file(path, 1u << 20, &bytes, &size) == YG_OK);
	CHECK(yg_warn_rules_read((struct yg_bytes){bytes, size}, arena, &rules, &fault) == YG_OK);
	free(bytes);
	CHECK(rules.count == 5 && rules.candidates_min == 5);
	CHECK(rules.rules[0].to == YG_WARN_TO_VICTIM &&
	      rules.rules[0].content == YG_WARN_EVERYTHING);
	CHECK(rules.rules[1].first_any == 7 && rules.rules[1].depth_max == 1);
	CHECK(rules.rules[1].may_name && rules.rules[1].waits_if_ask);
	CHECK(rules.rules[2].depth_min == 2 && rules.rules[2].depth_max == 3);
	CHECK(rules.rules[2].next_any == (YG_ANSWER_BUSINESS_STOP | YG_ANSWER_SYSTEM_ACCESS));
	CHECK(!rules.rules[2].may_name && rules.rules[2].tlp == YG_TLP_AMBER);
	CHECK(rules.rules[4].content == YG_WARN_INDICATORS && rules.rules[4].tlp == YG_TLP_GREEN);
	CHECK_TEXT(rules.rules[4].title_ja, "同じ業種である");
}

static void refuses_with_the_line(void)
{
	CHECK(refuses("", 1, "format"));
	CHECK(refuses("format: yagura-warn-rules/1\nrules: []\n", 2, "a list of rules"));
	CHECK(refuses("format: yagura-warn-rules/1\nruels: []\n", 2, "no such key: ruels"));
	CHECK(refuses("format: yagura-warn-rules/1\ncandidates_min: many\nrules: [a]\n", 2,
		      "a number"));
	CHECK(refuses(HEAD RULE("1", "  to: everyone"), 3, "to: victim"));
	CHECK(refuses(HEAD RULE("1", "  to: sector\n  colour: red"), 8, "colour"));
	CHECK(refuses(HEAD RULE("1", "  to: sector") RULE("1", "  to: sector"), 8, "above"));
	CHECK(refuses(HEAD RULE("1", "  to: sector\n  depth: [1, 1]"), 3, "belong to"));
	CHECK(refuses(HEAD RULE("1", "  to: sector\n  name: by-consent"), 8, "consent"));
	CHECK(refuses(HEAD RULE("1", "  to: buyers"), 3, "needs depth"));
	CHECK(refuses(
		HEAD RULE("1", "  to: buyers\n  depth: [2, 1]\n  first_relation: [secret_data]"), 8,
		"depth"));
	CHECK(refuses(
		HEAD RULE("1", "  to: buyers\n  depth: [1, 9]\n  first_relation: [secret_data]"), 8,
		"depth"));
	CHECK(refuses(
		HEAD RULE("1", "  to: buyers\n  depth: [1, 2]\n  first_relation: [secret_data]"), 3,
		"next_relations"));
	CHECK(refuses(HEAD RULE("1", "  to: buyers\n  depth: [1, 1]\n  first_relation: [money]"), 9,
		      "money"));
	CHECK(refuses(HEAD RULE("1", "  to: sector") RULE("2", "  to: victim"), 8, "first"));
	CHECK(refuses(HEAD RULE("1", "  to: sector") RULE("2", "  to: buyers\n  depth: [1, 1]\n"
							       "  first_relation: [secret_data]"),
		      8, "come before"));
	CHECK(load(HEAD RULE("1", "  to: sector")) == YG_OK);
	CHECK(rules.candidates_min == YG_WARN_CANDIDATES_DEFAULT);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {CASE(reads_the_own_rules),
						  CASE(refuses_with_the_line)};
	int status;

	if (argc != 2)
		return 2;
	path = argv[1];
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)yg_arena_free(arena);
	return status;
}
