/* SPDX-License-Identifier: Apache-2.0 */
#include "render/text-int.h"

#include "base/alloc.h"

#include "../check.h"

static struct yg_buf *empty(void)
{
	static struct yg_buf buf;

	if (!buf.max)
		yg_buf_init(&buf, 1 << 20);
	yg_buf_reset(&buf);
	return &buf;
}

static struct yg_bytes safe(struct yg_bytes text)
{
	struct yg_buf *to = empty();

	yg_text_add(to, text);
	return yg_buf_bytes(to);
}

static struct yg_bytes shortened(const char *text, size_t columns)
{
	struct yg_buf *to = empty();

	yg_text_add_short(to, yg_bytes_str(text), columns);
	return yg_buf_bytes(to);
}

static void what_could_act_is_shown_as_an_escape(void)
{
	CHECK_TEXT(safe(YG_S("plain 日本語 é")), "plain 日本語 é");
	CHECK_TEXT(safe(YG_S("\x1b[2Ja\x7f\x00z")), "\\x1b[2Ja\\x7f\\x00z");
	CHECK_TEXT(safe(YG_S("a\r\n\tb")), "a\\r\\n\\tb");
	CHECK_TEXT(safe(YG_S("\xc2\x9b"
			     "31m")),
		   "\\u009b31m");
	CHECK_TEXT(safe(YG_S("\xe2\x80\xaeliam\xe2\x81\xa6")), "\\u202eliam\\u2066");
	CHECK_TEXT(safe(YG_S("\xef\xbb\xbf\xe2\x80\xa8\xd8\x9c")), "\\ufeff\\u2028\\u061c");
	CHECK_TEXT(safe(YG_S("\xff\xc3(\xe3\x81")), "\\xff\\xc3(\\xe3\\x81");
	CHECK_TEXT(safe(YG_S("\xf3\xa0\x81\x81")), "\\ue0041");
}

static void width_counts_columns(void)
{
	CHECK(yg_text_width(YG_S("")) == 0);
	CHECK(yg_text_width(YG_S("abc")) == 3);
	CHECK(yg_text_width(YG_S("日本語")) == 6);
	CHECK(yg_text_width(YG_S("ｱｲｳ")) == 3);
	CHECK(yg_text_width(YG_S("Ａ。")) == 4);
	CHECK(yg_text_width(YG_S("e\xcc\x81")) == 1);
	CHECK(yg_text_width(YG_S("か\xe3\x82\x99")) == 2);
	CHECK(yg_text_width(YG_S("\xf0\x9f\x94\xa5")) == 2);
	CHECK(yg_text_width(YG_S("한글")) == 4);
}

static void long_texts_lose_their_middle(void)
{
	static char marks[1001];

	CHECK_TEXT(shortened("12345678", 8), "12345678");
	CHECK_TEXT(shortened("123456789", 8), "1234…789");
	CHECK_TEXT(shortened("あいうえおか", 8), "あい…か");
	CHECK_TEXT(shortened("あいうえおかき", 11), "あい…かき");
	CHECK(yg_text_width(shortened("aあいうえおかきくけb", 12)) <= 12);
	/* Marks without width do not make it endless. */
	for (size_t i = 0; i + 2 < sizeof(marks); i += 2)
		memcpy(marks + i, "\xcc\x81", 2);
	CHECK(shortened(marks, 8).size <= 8 * 4 + 3);
	/* An escape is made before the cut is measured. */
	CHECK(yg_text_width(shortened("\x1b\x1b\x1b\x1b\x1b\x1b", 9)) == 9);
}

static void times_are_local_with_the_offset(void)
{
	char to[YG_TEXT_TIME_SIZE];

	CHECK(strcmp(yg_text_time(to, 0, 9 * 3600, true), "1970-01-01 09:00:00 +09:00") == 0);
	CHECK(strcmp(yg_text_time(to, 0, 0, true), "1970-01-01 00:00:00 UTC") == 0);
	CHECK(strcmp(yg_text_time(to, 0, -3 * 3600 - 1800, false), "1969-12-31 20:30:00") == 0);
	CHECK(strcmp(yg_text_time(to, YG_TIME_NONE, 0, true), "-") == 0);
	CHECK(strcmp(yg_text_time(to, INT64_MAX, YG_ZONE_MAX_S, true),
		     "2262-04-12 17:47:16 +18:00") == 0);
	CHECK(strcmp(yg_text_time(to, INT64_MIN + 1, 0, true), "1677-09-21 00:12:43 UTC") == 0);
}

static void numbers_are_grouped(void)
{
	char to[YG_TEXT_NUMBER_SIZE];

	CHECK_TEXT(yg_text_number(to, 0), "0");
	CHECK_TEXT(yg_text_number(to, 999), "999");
	CHECK_TEXT(yg_text_number(to, 1000), "1,000");
	CHECK_TEXT(yg_text_number(to, UINT64_MAX), "18,446,744,073,709,551,615");
	CHECK_TEXT(yg_text_size(to, 999), "999 B");
	CHECK_TEXT(yg_text_size(to, 1000), "1.0 kB");
	CHECK_TEXT(yg_text_size(to, 999999), "1.0 MB");
	CHECK_TEXT(yg_text_size(to, 9536256), "9.5 MB");
}

static void templates_are_filled_in_any_order(void)
{
	struct yg_buf *to = empty();

	YG_FILL(to, YG_LANG_EN, "%2 of %1, 100%%", YG_S("a"), YG_S("b"));
	CHECK_TEXT(yg_buf_bytes(to), "b of a, 100%");
}

static void every_word_has_its_japanese(void)
{
	for (enum yg_level level = 0; level <= YG_LEVEL_CRITICAL; level++)
		CHECK(yg_words_level(level, YG_LANG_JA) != yg_words_level(level, YG_LANG_EN));
	for (enum yg_outcome o = 0; o <= YG_OUTCOME_POSSIBLE; o++)
		CHECK(yg_words_outcome(o, YG_LANG_JA) != yg_words_outcome(o, YG_LANG_EN));
	for (enum yg_attack_field f = 0; f < YG_ATTACK_COUNT; f++)
		CHECK(yg_tr(YG_LANG_JA, yg_attack_words(f)) != yg_attack_words(f));
#define X(code, text)                                                                              \
	CHECK(YG_REASON_##code == YG_REASON_NONE ||                                                \
	      yg_tr(YG_LANG_JA, yg_reason_template(YG_REASON_##code)) !=                           \
		      yg_reason_template(YG_REASON_##code));
	YG_REASON_MAP(X)
#undef X
}

static void a_failed_piece_fails_the_whole(void)
{
	struct yg_buf to;

	yg_buf_init(&to, 1 << 20);
	yg_buf_add_str(&to, "first");
	yg_fail_at = 1;
	yg_text_add_short(&to, YG_S("0123456789"), 8);
	yg_fail_at = 0;
	CHECK(yg_buf_error(&to) == YG_ENOMEM);
	yg_buf_done(&to);
}

static const struct check_case cases[] = {
	CASE(what_could_act_is_shown_as_an_escape),
	CASE(width_counts_columns),
	CASE(long_texts_lose_their_middle),
	CASE(times_are_local_with_the_offset),
	CASE(numbers_are_grouped),
	CASE(templates_are_filled_in_any_order),
	CASE(every_word_has_its_japanese),
	CASE(a_failed_piece_fails_the_whole),
};
CHECK_MAIN(cases)
