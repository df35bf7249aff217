/* SPDX-License-Identifier: Apache-2.0 */
/* A notice in all its forms: what stands before the body, and that no text can do anything. */
#define YG_BAN_ALLOW_MALLOC
#include <stdlib.h>

#include "../check.h"
#include "render/notice.h"

#define HOSTILE                                                                                    \
	"x\r\nBcc: a@b.example\x1b[31m<script>alert(1)</script>\xe2\x80\xae http://e.example/"

static struct yg_notice_text text;
static struct yg_bytes source = {(const uint8_t *)"192.0.2.1", 9};

static struct yg_notice notice_of(enum yg_notice_kind kind)
{
	static struct yg_notice_indicator indicator;
	static struct yg_notice_rule rule;
	struct yg_notice notice;

	text = (struct yg_notice_text){YG_S("Scanner " HOSTILE), YG_S("走査 " HOSTILE)};
	notice = (struct yg_notice){.kind = kind,
				    .number = YG_S("2026-0017"),
				    .refers = YG_S("2026-0016"),
				    .tlp = YG_TLP_AMBER,
				    .pap = YG_PAP_GREEN,
				    .is_automatic = true,
				    .is_exercise = true,
				    .title = text,
				    .issuer = text,
				    .reach = text,
				    .has_damage = true};

	indicator = (struct yg_notice_indicator){.type = YG_NOTICE_INDICATOR_URL,
						 .value = YG_S("https://evil.example/a@b"),
						 .comment = text.en,
						 .valid_until_ns = INT64_MAX};
	rule = (struct yg_notice_rule){.title = text, .count = 3, .level = YG_LEVEL_HIGH};
	notice.attack.field = YG_ATTACK_ENDPOINT;
	notice.attack.first_ns = notice.attack.last_ns = 0;
	notice.attack.count = 3;
	notice.attack.comment = text;
	notice.attack.sources.at = &source;
	notice.attack.rules.at = &rule;
	notice.attack.indicators.at = &indicator;
	notice.damage.what = text;
	notice.act.at = notice.avoid.at = notice.tell.at = &text;
	notice.attack.sources.count = notice.attack.rules.count = notice.attack.indicators.count =
		notice.act.count = notice.avoid.count = notice.tell.count = 1;
	return notice;
}

/* All forms of @notice, each closed by NUL; freed by the caller. */
#define FORMS 6u
static void all_forms(const struct yg_notice *notice, enum yg_lang lang, struct yg_buf to[FORMS])
{
	struct yg_notice_mail mail;

	for (unsigned i = 0; i < FORMS; i++)
		yg_buf_init(&to[i], 1u << 22);
	yg_notice_text(&to[0], notice, lang);
	yg_notice_page(&to[1], notice, lang);
	yg_notice_script(&to[2], notice, lang);
	yg_notice_mail_init(&mail);
	if (yg_notice_mail(&mail, notice, "4711", lang) != YG_OK)
		to[3].error = YG_EINVAL;
	yg_buf_add(&to[3], yg_buf_bytes(&mail.plain));
	yg_buf_add(&to[4], yg_buf_bytes(&mail.html));
	yg_buf_add(&to[5], yg_buf_bytes(&mail.subject));
	yg_notice_mail_done(&mail);
	for (unsigned i = 0; i < FORMS; i++)
		yg_buf_add_byte(&to[i], 0);
}

static size_t place(const struct yg_buf *form, const char *part)
{
	return yg_bytes_find(yg_buf_bytes(form), yg_bytes_str(part));
}

static void the_marks_stand_before_the_body(void)
{
	for (unsigned i = 0; i < 2u * YG_NOTICE_KIND_COUNT; i++) {
		enum yg_lang lang = i % 2 ? YG_LANG_JA : YG_LANG_EN;
		struct yg_notice notice = notice_of((enum yg_notice_kind)(i / 2));
		const char *body = lang == YG_LANG_JA ? "走査" : "Scanner";
		struct yg_buf forms[FORMS];

		notice.issuer = (struct yg_notice_text){0};
		all_forms(&notice, lang, forms);
		for (unsigned k = 0; k + 1 < FORMS; k++) {
			size_t at = place(&forms[k], yg_fixed(YG_FIXED_USE_RESTRICTION, lang));

			CHECK(!yg_buf_error(&forms[k]));
			CHECK((at == SIZE_MAX) == (notice.kind == YG_NOTICE_VICTIM));
			CHECK(at == SIZE_MAX || at < place(&forms[k], body));
			CHECK(place(&forms[k], yg_fixed(YG_FIXED_UNCONFIRMED, lang)) <
			      place(&forms[k], body));
			CHECK(place(&forms[k], yg_fixed(YG_FIXED_EXERCISE, lang)) <
			      place(&forms[k], body));
			CHECK(place(&forms[k], yg_fixed(YG_FIXED_NO_GUARANTEE, lang)) != SIZE_MAX);
			CHECK(place(&forms[k], "TLP:AMBER") != SIZE_MAX);
			CHECK((place(&forms[k], "2026-0016") != SIZE_MAX) ==
			      (notice.kind == YG_NOTICE_WITHDRAWAL ||
			       notice.kind == YG_NOTICE_CORRECTION));
			CHECK((place(&forms[k], yg_fixed(YG_FIXED_NOT_OFF, lang)) != SIZE_MAX) ==
			      (notice.kind <= YG_NOTICE_WARNING));
		}
		CHECK(place(&forms[3], "4711") != SIZE_MAX);
		for (unsigned k = 0; k < FORMS; k++)
			yg_buf_done(&forms[k]);
	}
}

static void no_text_can_do_anything(void)
{
	static const char *const never[] = {"<script>alert", "\x1b", "\r",	     "\xe2\x80\xae",
					    "<a ",	     "<img", "https://evil", "href"};

	for (unsigned i = 0; i < 2u * YG_NOTICE_KIND_COUNT; i++) {
		struct yg_notice notice = notice_of((enum yg_notice_kind)(i / 2));
		struct yg_buf forms[FORMS];

		notice.number = YG_S(HOSTILE);
		all_forms(&notice, i % 2 ? YG_LANG_JA : YG_LANG_EN, forms);
		for (unsigned k = 0; k < FORMS; k++) {
			bool is_html = k == 1 || k == 4;

			for (size_t n = is_html ? 0 : 1; n < sizeof(never) / sizeof(never[0]); n++)
				CHECK(place(&forms[k], never[n]) == SIZE_MAX);
		}
		CHECK(place(&forms[5], "\n") == SIZE_MAX);
		for (unsigned k = 0; k < FORMS; k++)
			yg_buf_done(&forms[k]);
	}
}

/* Nothing stands there that says nothing, or says it in another language. */
static void words_are_words(void)
{
	struct yg_notice notice = notice_of(YG_NOTICE_VICTIM);
	struct yg_notice_target target = {.type = YG_S("target"), .value = YG_S("sato")};
	struct yg_notice_indicator address;
	struct yg_buf form;

	yg_buf_init(&form, 1u << 22);
	notice.certain.certainty = YG_CERTAINTY_MACHINE;
	notice.certain.source = YG_S("machine");
	notice.certain.time_ns = YG_TIME_NONE;
	notice.damage.what = (struct yg_notice_text){YG_S(""), YG_S("")};
	yg_notice_text(&form, &notice, YG_LANG_JA);
	yg_buf_add_byte(&form, 0);
	CHECK(place(&form, "machine") == SIZE_MAX && place(&form, "# 被害と対応") == SIZE_MAX);
	yg_buf_reset(&form);
	notice.certain.source = YG_S("analyst:machine");
	notice.damage.targets.at = &target;
	notice.damage.targets.count = 1;
	address = notice.attack.indicators.at[0];
	address.type = YG_NOTICE_INDICATOR_ADDRESS;
	notice.attack.indicators.at = &address;
	yg_notice_text(&form, &notice, YG_LANG_JA);
	yg_buf_add_byte(&form, 0);
	CHECK(place(&form, "analyst:machine") != SIZE_MAX);
	CHECK(place(&form, "対象: sato") != SIZE_MAX && place(&form, "# 被害と対応") != SIZE_MAX);
	CHECK(place(&form, "  アドレス: ") != SIZE_MAX && place(&form, "address") == SIZE_MAX);
	yg_buf_done(&form);
}

static void programs_get_both_languages(void)
{
	struct yg_notice notice = notice_of(YG_NOTICE_WARNING);
	struct yg_fault fault;
	struct yg_buf to;
	json_t *message = NULL;

	yg_buf_init(&to, 1u << 20);
	CHECK(yg_notice_message(&to, &notice) == YG_OK);
	CHECK(yg_json_load(yg_buf_bytes(&to), 1u << 20, &message, &fault) == YG_OK);
	CHECK_TEXT(yg_json_text(json_object_get(message, "use_restriction"), "ja"),
		   "防御のためにのみ利用し、取引の判断には用いないでください。");
	CHECK_TEXT(yg_json_text(json_object_get(message, "unconfirmed"), "ja"), "自動・未確認");
	CHECK_TEXT(yg_json_text(json_object_get(message, "notice"), "number"), "2026-0017");
	json_decref(message);
	yg_buf_done(&to);
}

/* Times are those of where people live, which stands beside them: Japan without a word. */
static void times_are_the_readers(void)
{
	static const char *const wanted[] = {"2026-03-29 09:59:59 +09:00",
					     "2026-03-29 01:59:59 +01:00",
					     "2026-03-29 00:59:59 UTC"};
	struct yg_notice notice = notice_of(YG_NOTICE_WARNING);
	const enum yg_lang lang = YG_LANG_EN;
	struct yg_question_words words = {.number = "2026-0017"};
	struct yg_zone *zones[3] = {NULL};
	struct yg_buf forms[FORMS];
	bool has_zone;

	CHECK(yg_zone_load("Europe/Berlin", &zones[1]) == YG_OK);
	CHECK(yg_zone_load("UTC", &zones[2]) == YG_OK);
	/* The last second before clocks go forward there. */
	CHECK(yg_time_parse_iso(YG_S("2026-03-29T00:59:59Z"), 0, &notice.time_ns, &has_zone));
	words.due_ns = notice.attack.first_ns = notice.attack.last_ns = notice.time_ns;
	for (unsigned i = 0; i < 3; i++) {
		struct yg_notice_mail mail;

		notice.zone = words.zone = zones[i];
		all_forms(&notice, YG_LANG_EN, forms);
		CHECK(place(&forms[0], wanted[i]) != SIZE_MAX &&
		      place(&forms[1], wanted[i]) != SIZE_MAX);
		CHECK(place(&forms[2], wanted[i]) != SIZE_MAX &&
		      place(&forms[3], wanted[i]) != SIZE_MAX);
		for (unsigned k = 0; k < FORMS; k++)
			yg_buf_done(&forms[k]);
		yg_notice_mail_init(&mail);
		CHECK(yg_question_mail(&mail, &words, &lang, 1) == YG_OK);
		CHECK(yg_bytes_find(yg_buf_bytes(&mail.plain), yg_bytes_str(wanted[i])) !=
		      SIZE_MAX);
		yg_notice_mail_done(&mail);
		(void)yg_zone_free(zones[i]);
	}
}

static const struct check_case cases[] = {
	CASE(the_marks_stand_before_the_body), CASE(no_text_can_do_anything), CASE(words_are_words),
	CASE(programs_get_both_languages),     CASE(times_are_the_readers),
};
CHECK_MAIN(cases)
