/* SPDX-License-Identifier: Apache-2.0 */
#include "render/advice.h"

#include "render/advice-int.h"

#include "../check.h"

static void every_field_has_all_parts(void)
{
	for (enum yg_attack_field f = 0; f < YG_ATTACK_COUNT; f++) {
		CHECK(yg_advice_has(yg_bytes_str(yg_attack_name(f))));
		for (enum yg_outcome o = 0; o <= YG_OUTCOME_POSSIBLE; o++) {
			struct yg_advice en = yg_advice_for(YG_S(""), f, o, YG_LANG_EN);
			struct yg_advice ja = yg_advice_for(YG_S(""), f, o, YG_LANG_JA);
			const char *checked = NULL;

			CHECK(en.what[0] && en.do_now[0] && en.do_not[0]);
			CHECK(ja.what[0] && ja.do_now[0] && ja.do_not[0]);
			CHECK(strcmp(en.what, ja.what) != 0);
			CHECK(yg_advice_contacts(ja.whom, YG_LANG_JA, &checked)[0]);
			CHECK(checked && strlen(checked) == 10);
		}
	}
}

static void unknown_keys_fall_back_to_the_field(void)
{
	struct yg_advice by_field =
		yg_advice_for(YG_S("web"), YG_ATTACK_OTHER, YG_OUTCOME_POSSIBLE, YG_LANG_EN);
	struct yg_advice by_fallback =
		yg_advice_for(YG_S("no-such-key"), YG_ATTACK_WEB, YG_OUTCOME_POSSIBLE, YG_LANG_EN);

	CHECK(!yg_advice_has(YG_S("no-such-key")));
	CHECK(!yg_advice_has(YG_S("we")));
	CHECK(by_field.what == by_fallback.what);
}

static void each_outcome_has_its_own_certainty(void)
{
	for (size_t i = 0; i < yg_advice_row_count; i++) {
		const struct yg_advice_row *row = &yg_advice_rows[i];

		for (size_t lang = 0; lang < 2; lang++) {
			CHECK(strcmp(row->what[0][lang], row->what[1][lang]) != 0);
			CHECK(strcmp(row->what[1][lang], row->what[2][lang]) != 0);
			CHECK(strcmp(row->what[0][lang], row->what[2][lang]) != 0);
		}
		CHECK(i == 0 || strcmp(yg_advice_rows[i - 1].key, row->key) < 0);
	}
}

static void unknown_lists_give_the_general_one(void)
{
	const char *checked = NULL;
	const char *other = NULL;

	CHECK(yg_advice_contacts("no-such-list", YG_LANG_JA, &checked) ==
	      yg_advice_contacts("general", YG_LANG_JA, &other));
	CHECK(checked == other);
}

static const struct check_case cases[] = {
	CASE(every_field_has_all_parts),
	CASE(unknown_keys_fall_back_to_the_field),
	CASE(each_outcome_has_its_own_certainty),
	CASE(unknown_lists_give_the_general_one),
};
CHECK_MAIN(cases)
