/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/yaml.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"

static struct yg_arena *arena;
static const struct yg_yaml *docs;
static struct yg_yaml_fault fault;

static int parse(const char *text)
{
	(void)yg_arena_free(arena);
	arena = yg_arena_new(512u << 20);
	return yg_yaml_parse(yg_bytes_str(text), arena, &docs, &fault);
}

static bool fails(const char *text, uint32_t line, const char *part)
{
	if (parse(text) != YG_EFORMAT || fault.line != line || !strstr(fault.msg, part)) {
		fprintf(stderr, "line %u: %s\n", fault.line, fault.msg);
		return false;
	}
	return true;
}

static void reads_a_tree_with_lines(void)
{
	const struct yg_yaml *map;
	const struct yg_yaml *list;

	CHECK(parse("a: one\nb:\n  - two\n  - 'three'\nc: {d: e}\n") == YG_OK);
	CHECK(docs->count == 1);
	map = docs->first;
	CHECK(map->kind == YG_YAML_MAP && map->count == 3 && map->line == 1);
	CHECK_TEXT(yg_yaml_text(map, "a"), "one");
	list = yg_yaml_get(map, "b");
	CHECK(list && list->kind == YG_YAML_LIST && list->count == 2 && list->line == 2);
	CHECK_TEXT(list->key, "b");
	CHECK(list->first->is_plain && list->first->line == 3);
	CHECK(!list->first->next->is_plain && list->first->next->line == 4);
	CHECK_TEXT(yg_yaml_text(yg_yaml_get(map, "c"), "d"), "e");
	CHECK(yg_yaml_get(map, "x") == NULL);
	CHECK(yg_yaml_get(NULL, "x") == NULL);
	CHECK(yg_yaml_text(map, "b").size == 0);
	CHECK(list->first->text.data[3] == 0);
}

static void reads_several_documents_and_none(void)
{
	CHECK(parse("") == YG_OK && docs->count == 0);
	CHECK(parse("# only a comment\n") == YG_OK && docs->count == 0);
	CHECK(parse("a: 1\n---\nb: 2\n---\n- c\n") == YG_OK && docs->count == 3);
	CHECK(parse("\xef\xbb\xbf"
		    "a: 1\r\nb: 2\r\n") == YG_OK);
	CHECK_TEXT(yg_yaml_text(docs->first, "a"), "1");
	CHECK_TEXT(yg_yaml_text(docs->first, "b"), "2");
}

static void knows_null(void)
{
	CHECK(parse("[null, ~, Null, NULL, , 'null', \"\", nULL, !!str null]") != YG_OK);
	CHECK(parse("[null, ~, Null, NULL, 'null', \"\", nULL, !!str null]") == YG_OK);
	for (const struct yg_yaml *node = docs->first->first; node; node = node->next) {
		static unsigned index;

		CHECK(yg_yaml_is_null(node) == (index < 4));
		index++;
	}
	CHECK(parse("a:\n") == YG_OK && yg_yaml_is_null(yg_yaml_get(docs->first, "a")));
	CHECK(!yg_yaml_is_null(NULL));
	CHECK(!yg_yaml_is_null(docs->first));
}

static void refuses_what_can_explode(void)
{
	CHECK(fails("a: &x [1]\nb: *x\n", 1, "anchor '&x'"));
	CHECK(fails("a: 1\nb: *x\n", 2, "alias '*x'"));
	CHECK(fails("a: !!python/object:os.system x\n", 1, "tag"));
	CHECK(fails("a: 1\nb: 2\na: 3\n", 3, "'a' stands twice"));
	CHECK(fails("[a]: 1\n", 1, "a key must be"));
	CHECK(fails("{{a: b}: c}", 1, "a key must be"));
}

static void finds_duplicates_in_long_maps(void)
{
	struct yg_buf text;

	yg_buf_init(&text, 1u << 20);
	for (int i = 0; i < 1000; i++)
		yg_buf_addf(&text, "k%d: v\n", i);
	yg_buf_addf(&text, "k500: w\n");
	yg_buf_add_byte(&text, 0);
	CHECK(fails((const char *)text.data, 1001, "'k500' stands twice"));
	yg_buf_done(&text);
}

static void says_where_syntax_breaks(void)
{
	CHECK(fails("a: 1\n\tb: 2\n", 2, "not valid YAML"));
	CHECK(fails("a: 1\nb: 'x\n", 3, "not valid YAML"));
	CHECK(fails("a: \xff\n", 1, "not UTF-8"));
	CHECK(fails("a: [1, 2\nb: 3\n", 2, "not valid YAML"));
}

static void keeps_documents_before_a_fault(void)
{
	CHECK(fails("a: 1\n---\nb: 2\n---\nc: 'x\n", 6, "not valid YAML"));
	CHECK(docs->count == 2 && docs->first->next && !docs->first->next->next);
	CHECK(fails("c: 'x\n", 2, "not valid YAML"));
	CHECK(docs->count == 0 && !docs->first);
}

static void has_limits(void)
{
	char deep[200];
	struct yg_buf text;

	memset(deep, '[', 100);
	deep[100] = 0;
	CHECK(parse(deep) == YG_ELIMIT && strstr(fault.msg, "too deeply"));
	yg_buf_init(&text, 32u << 20);
	for (unsigned i = 0; i <= YG_YAML_NODES_MAX; i++)
		yg_buf_add_str(&text, "- a\n");
	yg_buf_add_byte(&text, 0);
	CHECK(parse((const char *)text.data) == YG_ELIMIT);
	yg_buf_reset(&text);
	for (unsigned i = 0; i <= YG_YAML_DOCS_MAX; i++)
		yg_buf_add_str(&text, "---\na\n");
	yg_buf_add_byte(&text, 0);
	CHECK(parse((const char *)text.data) == YG_ELIMIT && docs->count == YG_YAML_DOCS_MAX);
	while (text.size <= YG_YAML_BYTES_MAX)
		yg_buf_add_str(&text, "a bit more and a bit more and a bit more and a bit more\n");
	CHECK(yg_yaml_parse(yg_buf_bytes(&text), arena, &docs, &fault) == YG_ELIMIT);
	yg_buf_done(&text);
}

static void lives_without_memory(void)
{
	int rc = YG_ENOMEM;

	for (long n = 1; rc == YG_ENOMEM && n < 100; n++) {
		struct yg_arena *small;

		yg_fail_at = n;
		small = yg_arena_new(1u << 20);
		if (small)
			rc = yg_yaml_parse(YG_S("a: [1, 2]\nb: c\n"), small, &docs, &fault);
		yg_fail_at = 0;
		(void)yg_arena_free(small);
	}
	CHECK(rc == YG_OK);
}

static const struct check_case cases[] = {
	CASE(reads_a_tree_with_lines),
	CASE(reads_several_documents_and_none),
	CASE(knows_null),
	CASE(refuses_what_can_explode),
	CASE(finds_duplicates_in_long_maps),
	CASE(says_where_syntax_breaks),
	CASE(keeps_documents_before_a_fault),
	CASE(has_limits),
	CASE(lives_without_memory),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_arena_free(arena);
	return rc;
}
