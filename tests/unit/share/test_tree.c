/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of a drill: what is read, and what is wrong with which line. */
#include "../check.h"
#include "base/alloc.h"
#include "parse/csv.h"
#include "share/tree.h"

#define HEAD "id,name,stage,parent,channel,address\n"
#define GOOD                                                                                       \
	HEAD "m,総務,ministry,,mail,m@example.jp\n"                                              \
	     "s,事務局,Secretariat,m,WEBHOOK,https://s.example/in?x=1\n"                        \
	     "o,事業者,operator,s,mail,\n"

static struct yg_arena *arena;

static int read_text(const char *text, struct yg_tree *tree, struct yg_tree_faults *faults)
{
	struct yg_line_fault fault;
	struct yg_table table;

	*faults = (struct yg_tree_faults){0};
	if (yg_csv_read(yg_bytes_str(text), arena, &table, &fault) != YG_OK)
		return YG_EINVAL;
	return yg_tree_read(&table, arena, tree, faults);
}

static void a_tree_is_read(void)
{
	struct yg_tree_faults faults;
	struct yg_tree tree;

	CHECK(read_text(GOOD, &tree, &faults) == YG_OK);
	CHECK(tree.count == 3 && faults.total == 0);
	CHECK(tree.nodes[0].parent == YG_TREE_NONE && tree.nodes[1].parent == 0);
	CHECK(tree.nodes[2].parent == 1 && tree.nodes[2].stage == YG_TREE_OPERATOR);
	CHECK(tree.nodes[1].channel == YG_TREE_WEBHOOK && tree.nodes[2].address.size == 0);
	CHECK_TEXT(tree.nodes[0].name, "総務");
	CHECK_TEXT(tree.nodes[0].mailbox, "m@example.jp");
	CHECK(tree.nodes[0].server.size == 0 && tree.nodes[0].line == 2);
}

/* Children before their parents, other columns between: the order of lines says nothing. */
static void lines_and_columns_stand_in_any_order(void)
{
	struct yg_tree_faults faults;
	struct yg_tree tree;

	CHECK(read_text("address,Stage,note,ID,parent,name,channel,secret\n"
			"smtps://mx.example.jp:465/o@example.jp,operator,x,o,s,,mail,\n"
			",secretariat,x,s,m,,mail,0123456789abcdef\n"
			"http://127.0.0.1:8080/in,ministry,x,m,-,,webhook,\n",
			&tree, &faults) == YG_OK);
	CHECK(tree.nodes[0].parent == 1 && tree.nodes[1].parent == 2);
	CHECK_TEXT(tree.nodes[0].server, "smtps://mx.example.jp:465");
	CHECK_TEXT(tree.nodes[0].mailbox, "o@example.jp");
	CHECK_TEXT(tree.nodes[1].secret, "0123456789abcdef");
}

static void each_wrong_line_is_told(void)
{
	static const struct {
		const char *line;
		enum yg_tree_wrong wrong;
		const char *column;
	} lines[] = {
		{",x,operator,s,mail,", YG_TREE_EMPTY, "id"},
		{"m,x,ministry,,mail,", YG_TREE_DOUBLE_ID, "id"},
		{"x,x,office,s,mail,", YG_TREE_NO_STAGE, "stage"},
		{"x,x,,s,mail,", YG_TREE_EMPTY, "stage"},
		{"x,x,operator,,mail,", YG_TREE_EMPTY, "parent"},
		{"x,x,operator,y,mail,", YG_TREE_UNKNOWN, "parent"},
		{"x,x,operator,x,mail,", YG_TREE_SELF, "parent"},
		{"x,x,operator,m,mail,", YG_TREE_WRONG_PARENT, "parent"},
		{"x,x,secretariat,o,mail,", YG_TREE_WRONG_PARENT, "parent"},
		{"x,x,ministry,m,mail,", YG_TREE_HAS_PARENT, "parent"},
		{"x,x,operator,s,fax,", YG_TREE_NO_CHANNEL, "channel"},
		{"x,x,operator,s,,", YG_TREE_EMPTY, "channel"},
		{"x,x,operator,s,mail,nobody", YG_TREE_NO_MAIL, "address"},
		{"x,x,operator,s,mail,\"a@b.jp,c@d.jp\"", YG_TREE_NO_MAIL, "address"},
		{"x,x,operator,s,mail,\"a@b.jp\r\nBcc: c@d.jp\"", YG_TREE_NO_TEXT, "address"},
		{"x,\"x\r\nBcc: c@d.jp\",operator,s,mail,", YG_TREE_NO_TEXT, "name"},
		{"x,x,operator,s,mail,smtp:///a@b.jp", YG_TREE_NO_MAIL, "address"},
		{"x,x,operator,s,mail,smtp://h", YG_TREE_NO_MAIL, "address"},
		{"x,x,operator,s,mail,smtp://u:p@h/a@b.jp", YG_TREE_NO_MAIL, "address"},
		{"x,x,operator,s,webhook,http://h.example/", YG_TREE_NO_URL, "address"},
		{"x,x,operator,s,webhook,http://127.0.0.1.example/", YG_TREE_NO_URL, "address"},
		{"x,x,operator,s,webhook,http://127.0.0.1@h.example/", YG_TREE_NO_URL, "address"},
		{"x,x,operator,s,webhook,https://u@h.example/", YG_TREE_NO_URL, "address"},
		{"x,x,operator,s,webhook,https://", YG_TREE_NO_URL, "address"},
		{"x,x,operator,s,webhook,https://h.example/a b", YG_TREE_NO_URL, "address"},
		{"x,x,operator,s,webhook,file:///etc/passwd", YG_TREE_NO_URL, "address"},
		{"x,x,operator,s,mail,,more", YG_TREE_TOO_WIDE, ""},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct yg_tree_faults faults;
		struct yg_tree tree;
		char text[600];

		(void)snprintf(text, sizeof(text), "%s%s\n", GOOD, lines[i].line);
		yg_arena_reset(arena);
		CHECK(read_text(text, &tree, &faults) == YG_EFORMAT);
		if (faults.total != 1 || faults.items[0].wrong != lines[i].wrong)
			fprintf(stderr, "%s\n", lines[i].line);
		CHECK(faults.total == 1 && faults.count == 1);
		CHECK(faults.items[0].wrong == lines[i].wrong && faults.items[0].line == 5);
		CHECK(strcmp(faults.items[0].column, lines[i].column) == 0);
	}
}

/* Two that stand below each other are told: one of them is of the wrong stage. */
static void there_are_no_cycles(void)
{
	struct yg_tree_faults faults;
	struct yg_tree tree;

	CHECK(read_text(HEAD "a,x,secretariat,b,mail,\nb,x,operator,a,mail,\n", &tree, &faults) ==
	      YG_EFORMAT);
	CHECK(faults.total == 1 && faults.items[0].wrong == YG_TREE_WRONG_PARENT);
	CHECK(faults.items[0].line == 2 && faults.items[0].number == 3);
	CHECK(read_text(HEAD "a,x,operator,b,mail,\nb,x,operator,a,mail,\n", &tree, &faults) ==
	      YG_EFORMAT);
	CHECK(faults.total == 2);
}

static void the_table_as_a_whole_is_checked(void)
{
	struct yg_tree_faults faults;
	struct yg_tree tree;

	CHECK(read_text("id,name,stage,parent,channel\nm,x,ministry,,mail\n", &tree, &faults) ==
	      YG_EFORMAT);
	CHECK(faults.total == 1 && faults.items[0].wrong == YG_TREE_NO_COLUMN);
	CHECK(read_text("id,id,name,stage,parent,channel,address\n", &tree, &faults) == YG_EFORMAT);
	CHECK(faults.items[0].wrong == YG_TREE_DOUBLE_COLUMN);
	CHECK(read_text(HEAD, &tree, &faults) == YG_EFORMAT);
	CHECK(faults.total == 1 && faults.items[0].wrong == YG_TREE_NOBODY);
}

static void secrets_are_long_and_never_shown(void)
{
	struct yg_tree_faults faults;
	struct yg_tree tree;

	CHECK(read_text("id,name,stage,parent,channel,address,secret\n"
			"m,x,ministry,,webhook,https://h.example/,short\n",
			&tree, &faults) == YG_EFORMAT);
	CHECK(faults.total == 1 && faults.items[0].wrong == YG_TREE_SHORT_SECRET);
	CHECK(faults.items[0].value.size == 0);
}

static void no_memory_is_never_a_tree(void)
{
	for (long at = 1; at < 60; at++) {
		struct yg_arena *own = yg_arena_new(64u << 20);
		struct yg_arena *before = arena;
		struct yg_tree_faults faults;
		struct yg_tree tree = {0};
		int rc;

		CHECK(own);
		arena = own;
		yg_fail_at = at;
		rc = read_text(GOOD, &tree, &faults);
		yg_fail_at = 0;
		arena = before;
		CHECK(rc == YG_OK ? tree.count == 3 : rc == YG_ENOMEM || rc == YG_EINVAL);
		(void)yg_arena_free(own);
	}
}

static const struct check_case cases[] = {
	CASE(a_tree_is_read),
	CASE(lines_and_columns_stand_in_any_order),
	CASE(each_wrong_line_is_told),
	CASE(there_are_no_cycles),
	CASE(the_table_as_a_whole_is_checked),
	CASE(secrets_are_long_and_never_shown),
	CASE(no_memory_is_never_a_tree),
};

int main(void)
{
	int failed;

	arena = yg_arena_new(256u << 20);
	failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)yg_arena_free(arena);
	return failed;
}
