/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/story.h"

#include <stdio.h>

#include "base/alloc.h"

#include "../check.h"

static struct yg_rule_info rules[80];
static char rule_ids[80][8];

static void make_rules(void)
{
	for (unsigned i = 0; i < 80; i++) {
		(void)snprintf(rule_ids[i], sizeof(rule_ids[i]), "r%02u", i);
		rules[i] = (struct yg_rule_info){.id = yg_bytes_str(rule_ids[i]),
						 .level = YG_LEVEL_LOW,
						 .field = YG_ATTACK_WEB};
	}
}

static struct yg_finding finding(const char *actor, const char *target, unsigned rule,
				 int64_t time_ns, enum yg_outcome outcome)
{
	struct yg_finding f = {.time_ns = time_ns,
			       .rule = &rules[rule],
			       .outcome = outcome,
			       .reason = {.code = YG_REASON_STATUS_ONLY, .text = YG_S("why")},
			       .source = YG_S("a.log"),
			       .position = 1,
			       .count = 1,
			       .actor = yg_bytes_str(actor),
			       .target = yg_bytes_str(target)};

	yg_story_id(f.actor, f.source, rules[rule].field, f.story);
	return f;
}

static int add(struct yg_stories *stories, const struct yg_finding *f, uint64_t record)
{
	return yg_stories_add(stories, f, f->rule->field, record);
}

static void ids_depend_on_actor_and_field(void)
{
	uint8_t a[YG_ID_BYTES], b[YG_ID_BYTES];

	yg_story_id(YG_S("192.0.2.1"), YG_S("x"), YG_ATTACK_WEB, a);
	yg_story_id(YG_S("192.0.2.1"), YG_S("y"), YG_ATTACK_WEB, b);
	CHECK(memcmp(a, b, sizeof(a)) == 0); /* whatever the file */
	yg_story_id(YG_S("192.0.2.1"), YG_S("x"), YG_ATTACK_SIGN_IN, b);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	yg_story_id(YG_S("192.0.2.2"), YG_S("x"), YG_ATTACK_WEB, b);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	/* Without an actor the file takes its place, and is not mistaken for one. */
	yg_story_id((struct yg_bytes){0}, YG_S("x"), YG_ATTACK_WEB, a);
	yg_story_id((struct yg_bytes){0}, YG_S("y"), YG_ATTACK_WEB, b);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	yg_story_id(YG_S("x"), YG_S("x"), YG_ATTACK_WEB, b);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
}

static void a_story_keeps_what_matters(void)
{
	struct yg_stories *stories = yg_stories_new();
	const struct yg_story *list;
	size_t count;
	struct yg_finding f;
	char target[16];

	make_rules();
	rules[1].level = YG_LEVEL_CRITICAL;
	CHECK(stories);
	f = finding("s", "/1", 0, 500, YG_OUTCOME_UNKNOWN);
	CHECK(add(stories, &f, 1) == YG_OK);
	f = finding("s", "/1", 1, YG_TIME_NONE, YG_OUTCOME_ATTEMPT);
	f.position = 9;
	f.reason.text = YG_S("because");
	CHECK(add(stories, &f, 1) == YG_OK);
	f = finding("s", "/2", 0, 100, YG_OUTCOME_ATTEMPT);
	CHECK(add(stories, &f, 2) == YG_OK);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(target, sizeof(target), "/t%d", i);
		f = finding("s", target, 2, 300, YG_OUTCOME_UNKNOWN);
		CHECK(add(stories, &f, 3) == YG_OK);
	}
	CHECK(yg_stories_list(stories, &list, &count) == YG_OK);
	CHECK(count == 1);
	CHECK(yg_stories_made(stories) == 1);
	CHECK(list[0].findings == 13);
	CHECK(list[0].records == 3);
	CHECK(list[0].level == YG_LEVEL_CRITICAL);
	CHECK(list[0].outcome == YG_OUTCOME_ATTEMPT);
	CHECK_TEXT(list[0].reason.text, "because");
	CHECK(list[0].position == 9); /* of the first finding with that outcome */
	CHECK(list[0].first_ns == 100);
	CHECK(list[0].last_ns == 500);
	CHECK(list[0].rule_count == 3);
	CHECK_TEXT(list[0].rules[0].rule->id, "r02");
	CHECK(list[0].rules[0].count == 10);
	CHECK_TEXT(list[0].rules[1].rule->id, "r00");
	CHECK(list[0].rules[1].first_ns == 100);
	CHECK(list[0].rules[1].last_ns == 500);
	CHECK(list[0].rules[1].outcome == YG_OUTCOME_ATTEMPT);
	CHECK(list[0].rules[2].first_ns == YG_TIME_NONE);
	CHECK(list[0].target_count == YG_STORY_TARGETS_MAX);
	CHECK_TEXT(list[0].targets[0], "/1");
	CHECK_TEXT(list[0].targets[2], "/t0");
	CHECK(list[0].other_targets == 4);
	stories = yg_stories_free(stories);
}

static void many_rules_are_listed_by_count(void)
{
	struct yg_stories *stories = yg_stories_new();
	const struct yg_story *list;
	size_t count;
	uint64_t shown = 0;

	make_rules();
	CHECK(stories);
	for (unsigned i = 0; i < 80; i++) {
		struct yg_finding f = finding("s", "/", i, 1, YG_OUTCOME_UNKNOWN);

		for (unsigned k = 0; k <= i % 3; k++)
			CHECK(add(stories, &f, i) == YG_OK);
	}
	CHECK(yg_stories_list(stories, &list, &count) == YG_OK);
	CHECK(list[0].rule_count == YG_STORY_RULES_MAX);
	CHECK_TEXT(list[0].rules[0].rule->id, "r02");
	CHECK_TEXT(list[0].rules[15].rule->id, "r47");
	for (uint32_t i = 0; i < YG_STORY_RULES_MAX; i++)
		shown += list[0].rules[i].count;
	CHECK(shown + list[0].other_rules == list[0].findings);
	stories = yg_stories_free(stories);
}

static void an_update_changes_the_story(void)
{
	struct yg_stories *stories = yg_stories_new();
	const struct yg_story *list;
	size_t count;
	struct yg_finding f;
	struct yg_finding_update update = {
		.outcome = YG_OUTCOME_POSSIBLE,
		.reason = {.code = YG_REASON_PAGE_OPENED, .text = YG_S("/admin")}};

	make_rules();
	CHECK(stories);
	f = finding("s", "/", 0, 1, YG_OUTCOME_ATTEMPT);
	CHECK(add(stories, &f, 1) == YG_OK);
	memcpy(update.story, f.story, sizeof(f.story));
	CHECK(yg_stories_update(stories, &update, &rules[0], YG_S("b.log"), 77) == YG_OK);
	CHECK(yg_stories_list(stories, &list, &count) == YG_OK);
	CHECK(list[0].outcome == YG_OUTCOME_POSSIBLE);
	CHECK(list[0].reason.code == YG_REASON_PAGE_OPENED);
	CHECK_TEXT(list[0].reason.text, "/admin");
	CHECK_TEXT(list[0].source, "b.log");
	CHECK(list[0].position == 77);
	CHECK(list[0].rules[0].outcome == YG_OUTCOME_POSSIBLE);
	update.story[0] ^= 1; /* a story that was given up */
	CHECK(yg_stories_update(stories, &update, &rules[0], YG_S("b.log"), 78) == YG_OK);
	stories = yg_stories_free(stories);
}

static void the_most_serious_come_first(void)
{
	struct yg_stories *stories = yg_stories_new();
	const struct yg_story *list;
	size_t count;
	struct yg_finding f;

	make_rules();
	rules[1].level = YG_LEVEL_HIGH;
	CHECK(stories);
	f = finding("low possible", "", 0, 1, YG_OUTCOME_POSSIBLE);
	CHECK(add(stories, &f, 1) == YG_OK);
	f = finding("high attempt", "", 1, 1, YG_OUTCOME_ATTEMPT);
	CHECK(add(stories, &f, 2) == YG_OK);
	f = finding("high possible", "", 1, 1, YG_OUTCOME_POSSIBLE);
	CHECK(add(stories, &f, 3) == YG_OK);
	f = finding("low twice", "", 0, 1, YG_OUTCOME_POSSIBLE);
	CHECK(add(stories, &f, 4) == YG_OK);
	CHECK(add(stories, &f, 5) == YG_OK);
	CHECK(yg_stories_list(stories, &list, &count) == YG_OK);
	CHECK(count == 4);
	CHECK_TEXT(list[0].actor, "high possible");
	CHECK_TEXT(list[1].actor, "high attempt");
	CHECK_TEXT(list[2].actor, "low twice");
	CHECK_TEXT(list[3].actor, "low possible");
	stories = yg_stories_free(stories);
}

static void the_least_weighty_is_given_up(void)
{
	struct yg_stories *stories = yg_stories_new();
	const struct yg_story *list;
	size_t count;
	bool has_light_new = false, has_heavy = false, has_many = false;

	make_rules();
	rules[1].level = YG_LEVEL_HIGH;
	CHECK(stories);
	for (unsigned i = 0; i < YG_STORIES_MAX + 100; i++) {
		char actor[16];
		struct yg_finding f;

		(void)snprintf(actor, sizeof(actor), "%u", i);
		f = finding(actor, "/", i == 3, 1, YG_OUTCOME_UNKNOWN);
		CHECK(add(stories, &f, i) == YG_OK);
		for (int k = 0; i == 5 && k < 9; k++)
			CHECK(add(stories, &f, i) == YG_OK);
	}
	CHECK(yg_stories_evicted(stories) == 100);
	CHECK(yg_stories_made(stories) == YG_STORIES_MAX + 100);
	CHECK(yg_stories_list(stories, &list, &count) == YG_OK);
	CHECK(count == YG_STORIES_MAX);
	for (size_t i = 0; i < count; i++) {
		uint64_t n = 0;

		CHECK(yg_bytes_u64(list[i].actor, &n));
		CHECK(n == 3 || n == 5 || n >= 102); /* the oldest light ones went */
		has_heavy |= n == 3;
		has_many |= n == 5;
		has_light_new |= n == YG_STORIES_MAX + 99;
	}
	CHECK(has_heavy && has_many && has_light_new);
	stories = yg_stories_free(stories);
}

static void texts_are_cut_between_characters(void)
{
	struct yg_stories *stories = yg_stories_new();
	const struct yg_story *list;
	size_t count;
	char actor[YG_STORY_TEXT_MAX + 8];
	struct yg_finding f;

	make_rules();
	CHECK(stories);
	memset(actor, 'a', sizeof(actor));
	memcpy(actor + YG_STORY_TEXT_MAX - 1, "\xe3\x81\x82", 4);
	f = finding(actor, actor, 0, 1, YG_OUTCOME_UNKNOWN);
	CHECK(add(stories, &f, 1) == YG_OK);
	CHECK(add(stories, &f, 2) == YG_OK);
	CHECK(yg_stories_list(stories, &list, &count) == YG_OK);
	CHECK(list[0].actor.size == YG_STORY_TEXT_MAX - 1);
	CHECK(list[0].target_count == 1);
	CHECK(list[0].other_targets == 0);
	stories = yg_stories_free(stories);
}

static void without_memory_it_says_so(void)
{
	make_rules();
	for (long n = 1; n < 30; n++) {
		struct yg_stories *stories = yg_stories_new();
		const struct yg_story *list;
		size_t count;
		struct yg_finding f = finding("s", "/", 0, 1, YG_OUTCOME_UNKNOWN);
		int rc;

		CHECK(stories);
		yg_fail_at = n;
		rc = add(stories, &f, 1);
		if (rc == YG_OK)
			rc = yg_stories_list(stories, &list, &count);
		yg_fail_at = 0;
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		CHECK(n < 20 || rc == YG_OK);
		CHECK(yg_stories_list(stories, &list, &count) == YG_OK);
		stories = yg_stories_free(stories);
	}
}

static const struct check_case cases[] = {
	CASE(ids_depend_on_actor_and_field),	CASE(a_story_keeps_what_matters),
	CASE(many_rules_are_listed_by_count),	CASE(an_update_changes_the_story),
	CASE(the_most_serious_come_first),	CASE(the_least_weighty_is_given_up),
	CASE(texts_are_cut_between_characters), CASE(without_memory_it_says_so),
};

CHECK_MAIN(cases)
