/* SPDX-License-Identifier: Apache-2.0 */
/* The result of a drill in both forms: its numbers are there, and no text of a table can do
 * anything. */
#define YG_BAN_ALLOW_MALLOC
#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "render/drill.h"

#define HOSTILE "x\x1b[31m<script>alert(1)</script>\xe2\x80\xae\" onload=\""

static const char *stage(struct yg_bytes word)
{
	return yg_bytes_eq(word, YG_S("ministry")) ? "A stage" : "";
}

static const char *result_word(struct yg_bytes word)
{
	return yg_bytes_eq(word, YG_S("timeout")) ? "A cause" : "";
}

static const char *todo(struct yg_bytes word)
{
	return yg_bytes_eq(word, YG_S("timeout")) ? "A thing to do" : "";
}

static const struct yg_drill_words words = {stage, result_word, todo};

static json_t *sample(unsigned corrections)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < corrections; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", HOSTILE,
						      "name", HOSTILE, "stage", "ministry",
						      "address", HOSTILE, "result", "timeout"));
	return json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:[{s:s, s:i, s:i, s:i, s:i, s:{s:i, "
			 "s:i}}, {s:s}], s:o}",
			 "form", "yagura-drill-1", "number", HOSTILE, "announced", 0, "issuer",
			 HOSTILE, "began", "2026-11-26T00:00:00Z", "ended", "no time", "stages",
			 "stage", "ministry", "nodes", 3, "sent", 2, "confirmed", 1, "answered", 0,
			 "failed", "timeout", 1, HOSTILE, 1, "stage", HOSTILE, "corrections", list);
}

static bool has(const struct yg_buf *in, const char *part)
{
	return yg_bytes_find(yg_buf_bytes(in), yg_bytes_str(part)) != SIZE_MAX;
}

static void numbers_are_there_and_nothing_harmful(void)
{
	static const char *const never[] = {"<script>alert", "\x1b", "\xe2\x80\xae",
					    "\" onload=\"",  "href", "src="};

	for (unsigned i = 0; i < 4; i++) {
		enum yg_lang lang = i % 2 ? YG_LANG_JA : YG_LANG_EN;
		bool is_page = i >= 2;
		json_t *result = sample(2);
		struct yg_buf to;

		CHECK(result);
		yg_buf_init(&to, 1u << 20);
		(is_page ? yg_drill_page : yg_drill_text)(&to, result, &words, lang);
		json_decref(result);
		CHECK(yg_buf_error(&to) == YG_OK);
		CHECK(has(&to, "33.3 %") && has(&to, "A stage") && has(&to, "A cause"));
		CHECK(has(&to, "A thing to do"));
		CHECK(!is_page || has(&to, "2026-11-26 09:00:00"));
		for (size_t k = is_page ? 0 : 1; k < (is_page ? 6u : 3u); k++)
			CHECK(!has(&to, never[k]));
		yg_buf_done(&to);
	}
}

static void what_is_left_out_is_counted(void)
{
	json_t *result = sample(YG_DRILL_ROWS_MAX + 7);
	struct yg_buf to;

	CHECK(result);
	yg_buf_init(&to, 64u << 20);
	yg_drill_page(&to, result, &words, YG_LANG_EN);
	CHECK(has(&to, "and 7 more"));
	yg_buf_reset(&to);
	yg_drill_text(&to, result, &words, YG_LANG_EN);
	CHECK(has(&to, "and 4,807 more"));
	yg_buf_done(&to);
	json_decref(result);
}

static void what_is_missing_is_empty(void)
{
	json_t *result = json_object();
	struct yg_buf to;

	CHECK(result);
	yg_buf_init(&to, 1u << 20);
	yg_drill_page(&to, result, &words, YG_LANG_EN);
	yg_drill_text(&to, NULL, &words, YG_LANG_JA);
	CHECK(yg_buf_error(&to) == YG_OK && to.size > 0);
	yg_buf_done(&to);
	json_decref(result);
}

static void no_memory_is_told(void)
{
	json_t *result = sample(3);
	unsigned failures = 0;

	CHECK(result);
	for (long at = 1; at < 60; at++) {
		struct yg_buf to;

		yg_buf_init(&to, 1u << 20);
		yg_fail_at = at;
		yg_drill_page(&to, result, &words, YG_LANG_EN);
		failures += yg_buf_error(&to) == YG_ENOMEM;
		CHECK(yg_fail_at > 0 || yg_buf_error(&to) == YG_ENOMEM);
		yg_fail_at = 0;
		yg_buf_done(&to);
	}
	CHECK(failures > 5);
	json_decref(result);
}

static const struct check_case cases[] = {
	CASE(numbers_are_there_and_nothing_harmful),
	CASE(what_is_left_out_is_counted),
	CASE(what_is_missing_is_empty),
	CASE(no_memory_is_told),
};

CHECK_MAIN(cases)
