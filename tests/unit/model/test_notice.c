/* SPDX-License-Identifier: Apache-2.0 */
/* Notices to JSON and back. */
#define YG_BAN_ALLOW_MALLOC
#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "model/notice.h"

static struct yg_arena *arena;

static int read_text(const char *text, struct yg_notice *ret, json_t **tree,
		     struct yg_line_fault *fault)
{
	struct yg_fault json_fault;

	*tree = NULL;
	if (yg_json_load(yg_bytes_str(text), 1u << 20, tree, &json_fault) != YG_OK)
		return YG_EINVAL;
	yg_arena_reset(arena);
	return yg_notice_read(*tree, arena, ret, fault);
}

#define WHOLE                                                                                      \
	"{\"act\":[{\"en\":\"a\",\"ja\":\"あ\"}],\"attack\":{\"comment\":{\"en\":\"c\"},"         \
	"\"count\":7,\"field\":\"web\",\"first\":\"2026-11-20T00:00:00Z\",\"indicators\":[{"       \
	"\"comment\":\"k\",\"confidence\":80,\"pap\":\"red\",\"tlp\":\"clear\",\"type\":\"url\","  \
	"\"valid_until\":\"2027-01-01T00:00:00Z\",\"value\":\"http://e.example/\"}],"              \
	"\"last\":\"2026-11-21T00:00:00Z\",\"log_kind\":\"access\",\"outcome\":\"possible\","      \
	"\"rules\":[{\"count\":2,\"id\":\"r\",\"level\":\"high\",\"title\":{\"ja\":\"題\"}}],"    \
	"\"sources\":[\"192.0.2.1\"],\"techniques\":[\"attack.t1190\"]},\"automatic\":true,"       \
	"\"avoid\":[{\"en\":\"v\"}],\"certainty\":{\"level\":\"confirmed\",\"source\":\"s\","      \
	"\"time\":\"2026-11-25T08:00:00Z\"},\"damage\":{\"records\":[\"r1\",\"r2\"],"              \
	"\"response\":{\"en\":\"p\"},\"targets\":[{\"type\":\"User\",\"value\":\"u\"}],"           \
	"\"what\":{\"en\":\"w\"}},\"exercise\":false,\"issuer\":{\"en\":\"i\"},"                   \
	"\"kind\":\"correction\",\"number\":\"2026-7\",\"pap\":\"amber\",\"reach\":{\"en\":\"t\"}" \
	","                                                                                        \
	"\"refers\":\"2026-6\",\"situation\":\"s9\",\"tell\":[{\"ja\":\"誰\"}],"                  \
	"\"time\":\"2026-11-25T09:00:00Z\",\"title\":{\"en\":\"T\"},\"tlp\":\"amber+strict\","     \
	"\"victim\":{\"corporate_number\":\"1\",\"id\":\"m\",\"name\":{\"en\":\"N\"}}}"

static void every_key_comes_back(void)
{
	struct yg_line_fault fault = {0};
	struct yg_notice notice;
	struct yg_buf text;
	json_t *tree;
	json_t *again = NULL;

	CHECK(read_text(WHOLE, &notice, &tree, &fault) == YG_OK);
	CHECK(notice.kind == YG_NOTICE_CORRECTION && notice.tlp == YG_TLP_AMBER_STRICT);
	CHECK(notice.attack.indicators.at[0].confidence == 80);
	CHECK_TEXT(yg_notice_say(&notice.attack.rules.at[0].title, YG_LANG_EN), "題");
	CHECK(yg_notice_json(&notice, &again) == YG_OK);
	yg_buf_init(&text, 1u << 20);
	CHECK(yg_json_canonical(again, &text) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text), WHOLE);
	yg_buf_done(&text);
	json_decref(again);
	json_decref(tree);
}

static void what_is_no_notice(void)
{
	static const char *const texts[][2] = {
		{"[]", "object"},
		{"{}", "kind"},
		{"{\"kind\":\"story\"}", "story"},
		{"{\"kind\":\"warning\",\"tlp\":\"blue\"}", "tlp"},
		{"{\"kind\":\"warning\",\"pap\":\"x\"}", "pap"},
		{"{\"kind\":\"warning\",\"time\":\"yesterday\"}", "time"},
		{"{\"kind\":\"warning\",\"time\":\"2026-11-25T09:00:00\"}", "time"},
		{"{\"kind\":\"warning\",\"title\":\"t\"}", "title"},
		{"{\"kind\":\"warning\",\"automatic\":1}", "automatic"},
		{"{\"kind\":\"warning\",\"act\":[1]}", "objects"},
		{"{\"kind\":\"warning\",\"attack\":{\"count\":-1}}", "count"},
		{"{\"kind\":\"warning\",\"attack\":{\"sources\":[{}]}}", "texts"},
		{"{\"kind\":\"warning\",\"attack\":{\"field\":\"sea\"}}", "field"},
		{"{\"kind\":\"warning\",\"attack\":{\"indicators\":[{\"value\":\"x\"}]}}", "type"},
		{"{\"kind\":\"warning\",\"attack\":{\"rules\":[{\"level\":\"x\"}]}}", "level"},
		{"{\"kind\":\"warning\",\"certainty\":{\"level\":\"sure\"}}", "certainty"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct yg_line_fault fault = {0};
		struct yg_notice notice;
		json_t *tree;

		CHECK(read_text(texts[i][0], &notice, &tree, &fault) == YG_EFORMAT);
		if (!strstr(fault.msg, texts[i][1]))
			fprintf(stderr, "%s: %s\n", texts[i][0], fault.msg);
		CHECK(strstr(fault.msg, texts[i][1]) != NULL);
		json_decref(tree);
	}
}

static void what_is_beyond_a_limit(void)
{
	struct yg_bytes many[YG_NOTICE_LIST_MAX + 1] = {{0}};
	struct yg_notice notice = {.attack = {.sources = {many, YG_NOTICE_LIST_MAX + 1}}};
	static uint8_t letters[YG_NOTICE_TEXT_MAX + 1];
	struct yg_line_fault fault = {0};
	json_t *tree = NULL;

	CHECK(yg_notice_json(&notice, &tree) == YG_ELIMIT);
	memset(letters, 'x', sizeof(letters));
	notice = (struct yg_notice){.number = {letters, sizeof(letters)}};
	CHECK(yg_notice_json(&notice, &tree) == YG_ELIMIT);
	notice.number.size = YG_NOTICE_NUMBER_MAX + 1;
	CHECK(yg_notice_json(&notice, &tree) == YG_OK);
	yg_arena_reset(arena);
	CHECK(yg_notice_read(tree, arena, &notice, &fault) == YG_ELIMIT);
	CHECK(strstr(fault.msg, "number") != NULL);
	json_decref(tree);
}

static void failing_memory(void)
{
	struct yg_line_fault fault;
	struct yg_notice notice;
	json_t *tree;

	CHECK(read_text(WHOLE, &notice, &tree, &fault) == YG_OK);
	for (long at = 1;; at++) {
		json_t *again = NULL;
		long left;
		int rc;

		yg_fail_at = at;
		rc = yg_notice_json(&notice, &again);
		left = yg_fail_at;
		yg_fail_at = 0;
		json_decref(again);
		CHECK(rc == (left > 0 ? YG_OK : YG_ENOMEM));
		if (left > 0)
			break;
	}
	json_decref(tree);
}

static const struct check_case cases[] = {
	CASE(every_key_comes_back),
	CASE(what_is_no_notice),
	CASE(what_is_beyond_a_limit),
	CASE(failing_memory),
};

int main(void)
{
	int failed;

	arena = yg_arena_new(1u << 20);
	failed = arena ? check_main(cases, sizeof(cases) / sizeof(cases[0])) : 1;
	(void)yg_arena_free(arena);
	return failed;
}
