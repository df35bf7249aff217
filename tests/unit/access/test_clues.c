/* SPDX-License-Identifier: Apache-2.0 */
/* Words about an indicator: how many there may be, and whose. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/clues-int.h"

#include "hub_help.h"

#include "base/ban.h"

#define ID "indicator--00000000-0000-4000-8000-000000000001"

static int say(const struct yg_hub_actor *actor, const char *org, enum yg_hub_right right,
	       enum yg_clue_word word)
{
	struct yg_access *by = open_as(actor, org, right);
	int rc = yg_clue_say(by, ID, word, "why");

	(void)yg_access_free(by);
	return rc;
}

/* As if members had reported it so often. */
static void report_often(unsigned count)
{
	char key[YG_HUB_KEY_MAX];

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(key, sizeof(key), ID "/%016x-0", i);
		MUST(yg_hub_put_at(hub, YG_CLUE_STORE, "test", "word", key,
				   json_pack("{s:s}", "word", "seen"), YG_REVISION_NONE) == YG_OK);
	}
}

static void reports_have_a_limit_and_decisions_none(void)
{
	struct yg_hub_actor analyst, mei;

	hub_start();
	yg_hub_local_analyst("ana", &analyst);
	add_org("a");
	mei = person("mei", "member:a");
	report_often(YG_CLUE_WORDS_MAX - 1);
	CHECK(say(&analyst, "hub", YG_MAY_write_indicators, YG_CLUE_WORD_YES) == YG_OK);
	CHECK(say(&mei, "a", YG_MAY_write_warnings, YG_CLUE_WORD_FALSE) == YG_OK);
	CHECK(say(&mei, "a", YG_MAY_write_warnings, YG_CLUE_WORD_FALSE) == YG_ELIMIT);
	CHECK(say(&mei, "a", YG_MAY_write_warnings, YG_CLUE_WORD_NO) == YG_EINVAL);
	CHECK(say(&analyst, "hub", YG_MAY_write_indicators, YG_CLUE_WORD_NO) == YG_OK);
	CHECK(say(&analyst, "hub", YG_MAY_write_indicators, YG_CLUE_WORD_BACK) == YG_OK);
	hub_end();
}

static const struct check_case cases[] = {
	CASE(reports_have_a_limit_and_decisions_none),
};

CHECK_MAIN(cases)
