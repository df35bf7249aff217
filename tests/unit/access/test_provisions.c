/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree's rules, and what goes down it by a clock that the test sets: whose turn it is, who is
 * lost, what was taken back, who has left, and memory that ends in every place.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/members.h"
#include "access/provisions.h"
#include "base/alloc.h"
#include "base/json.h"

#include "hub_help.h"

#include "base/ban.h"

static struct yg_hub_actor analyst;

static int place(const char *org, const char *stage, const char *parent)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	int rc = yg_provision_place(by, org, stage, parent);

	(void)yg_access_free(by);
	return rc;
}

static void set_contact(const char *org)
{
	struct yg_access *by = open_as(&root, org, YG_MAY_write_members);
	struct yg_member_profile profile = {.verified_day = YG_DAY_NONE,
					    .contact_mail = "it@a.example"};

	MUST(yg_member_set(by, &profile) == YG_OK);
	(void)yg_access_free(by);
}

/* One ministry, one secretariat, two operators; all but "quiet" can be written to. */
static void begin(void)
{
	static const char *const tree[][3] = {{"min", "ministry", ""},
					      {"sec", "secretariat", "min"},
					      {"op", "operator", "sec"},
					      {"quiet", "operator", "sec"}};

	hub_start();
	yg_hub_local_analyst("ana", &analyst);
	for (unsigned i = 0; i < 4; i++) {
		add_org(tree[i][0]);
		if (i < 3)
			set_contact(tree[i][0]);
		MUST(place(tree[i][0], tree[i][1], tree[i][2]) == YG_OK);
	}
}

static int make(bool is_large_scale, char plan[YG_WARN_PLAN_HEX + 1])
{
	const struct yg_provision_wish wish = {.is_large_scale = is_large_scale,
					       .times = YG_WARN_TIMES_DEFAULT};
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	const char *why;
	int rc = yg_provision_make(by, &wish, plan, &why);

	(void)yg_access_free(by);
	return rc;
}

static int decide(int (*fn)(struct yg_access *by, const char *plan), const char *plan)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	int rc = fn(by, plan);

	(void)yg_access_free(by);
	return rc;
}

static int approve(struct yg_access *by, const char *plan)
{
	uint32_t count;

	return yg_warn_approve(by, plan, &count);
}

static bool always(void *arg, const char *key)
{
	(void)arg;
	(void)key;
	return true;
}

/* Sends what is due, as if it went @how; how many. */
static uint32_t drain(enum yg_warn_sent how)
{
	struct yg_warn_out out;
	uint32_t count = 0;

	while (yg_warn_out_next(hub, now_ns, always, NULL, &out) == YG_OK) {
		count++;
		MUST(out.copy != NULL);
		MUST(yg_warn_out_done(hub, &out, how, "", now_ns) == YG_OK);
		yg_warn_out_done_with(&out);
	}
	return count;
}

static void tick(int64_t on_ns)
{
	now_ns += on_ns;
	MUST(yg_provision_tick(hub, now_ns) == YG_OK);
}

/* "nodes sent delivered" of each stage, and what failed at the last. */
static bool counts_are(const char *plan, const char *wanted)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_warnings);
	json_t *shown = NULL;
	const json_t *stages;
	struct yg_buf text;
	bool is_so;

	MUST(yg_provision_get(by, plan, &shown) == YG_OK);
	yg_buf_init(&text, 4096);
	stages = json_object_get(shown, "stages");
	for (size_t i = 0; i < json_array_size(stages); i++) {
		const json_t *one = json_array_get(stages, i);

		yg_buf_addf(&text, "%lld %lld %lld;", (long long)yg_json_int(one, "nodes", -1),
			    (long long)yg_json_int(one, "sent", -1),
			    (long long)yg_json_int(one, "delivered", -1));
		if (i == 2)
			MUST(yg_json_canonical(json_object_get(one, "failed"), &text) == YG_OK);
	}
	is_so = yg_bytes_eq(yg_buf_bytes(&text), yg_bytes_str(wanted));
	if (!is_so)
		fprintf(stderr, "%.*s is not %s\n", YG_FMT(yg_buf_bytes(&text)), wanted);
	yg_buf_done(&text);
	json_decref(shown);
	(void)yg_access_free(by);
	return is_so;
}

static void the_tree_has_its_rules(void)
{
	struct yg_hub_actor mei;

	begin();
	CHECK(place("op", "operator", "min") == YG_EINVAL);
	CHECK(place("op", "operator", "op") == YG_EINVAL);
	CHECK(place("op", "operator", "") == YG_EINVAL);
	CHECK(place("op", "chief", "sec") == YG_EINVAL);
	CHECK(place("min", "ministry", "sec") == YG_EINVAL);
	CHECK(place("nobody", "ministry", "") == YG_ENOENT);
	CHECK(place("hub", "ministry", "") == YG_ENOENT);
	CHECK(place("sec", "", "") == YG_EMISMATCH);
	CHECK(place("min", "secretariat", "min") == YG_EMISMATCH);
	CHECK(place("op", "operator", "sec") == YG_OK);
	CHECK(place("op", "", "") == YG_OK && place("op", "", "") == YG_OK);
	mei = person("mei", "member:min");
	CHECK(ask(&mei, "hub", YG_MAY_read_warnings) == YG_ENOENT);
}

static void it_goes_down_after_each_receipt(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	begin();
	MUST(make(false, plan) == YG_OK);
	tick(YG_NS_PER_S);
	CHECK(counts_are(plan, "1 0 0;1 0 0;2 0 0;{\"not-reached\":2}"));
	MUST(decide(approve, plan) == YG_OK);
	tick(YG_NS_PER_S);
	CHECK(counts_are(plan, "1 1 0;1 0 0;2 0 0;{\"not-reached\":2}"));
	CHECK(drain(YG_WARN_SENT) == 1);
	tick(YG_NS_PER_S);
	CHECK(counts_are(plan, "1 1 1;1 1 0;2 0 0;{\"not-reached\":2}"));
	CHECK(drain(YG_WARN_SENT) == 1);
	tick(YG_NS_PER_S);
	tick(YG_NS_PER_S);
	CHECK(drain(YG_WARN_SENT) == 1);
	CHECK(counts_are(plan, "1 1 1;1 1 1;2 2 1;{\"silent\":1}"));
	CHECK(decide(yg_provision_around, plan) == YG_EMISMATCH);
}

static void who_does_not_get_it_is_gone_around_or_lost_after_a_day(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	begin();
	MUST(make(false, plan) == YG_OK);
	CHECK(decide(yg_provision_around, plan) == YG_EMISMATCH);
	MUST(decide(approve, plan) == YG_OK);
	CHECK(drain(YG_WARN_BOUNCED) == 1);
	tick(HOUR_NS);
	CHECK(counts_are(plan, "1 1 0;1 0 0;2 0 0;{\"not-reached\":2}"));
	CHECK(decide(yg_provision_around, plan) == YG_OK);
	tick(YG_NS_PER_S);
	CHECK(counts_are(plan, "1 1 0;1 1 0;2 2 0;{\"silent\":2}"));
	begin();
	MUST(make(false, plan) == YG_OK && decide(approve, plan) == YG_OK);
	tick(25 * HOUR_NS);
	CHECK(drain(YG_WARN_SENT) == 1);
	tick(YG_NS_PER_S);
	CHECK(counts_are(plan, "1 1 1;1 0 0;2 0 0;{\"not-reached\":2}"));
	CHECK(decide(yg_provision_around, plan) == YG_EMISMATCH);
}

static void in_large_scale_mode_all_are_released_by_the_approval(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	begin();
	MUST(make(true, plan) == YG_OK && decide(approve, plan) == YG_OK);
	CHECK(counts_are(plan, "1 1 0;1 1 0;2 2 0;{\"silent\":2}"));
	CHECK(drain(YG_WARN_SENT) == 3);
}

static int withdraw(struct yg_access *by, const char *plan)
{
	char fresh[YG_WARN_PLAN_HEX + 1];

	return yg_warn_withdraw(by, plan, "wrong", fresh);
}

static int refuse(struct yg_access *by, const char *plan)
{
	return yg_warn_refuse(by, plan, "no");
}

static void what_was_taken_back_goes_no_further(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	begin();
	MUST(make(false, plan) == YG_OK && decide(refuse, plan) == YG_OK);
	tick(YG_NS_PER_S);
	CHECK(counts_are(plan, "1 0 0;1 0 0;2 0 0;{\"not-reached\":2}"));
	MUST(make(false, plan) == YG_OK && decide(approve, plan) == YG_OK);
	CHECK(drain(YG_WARN_SENT) == 1);
	MUST(decide(withdraw, plan) == YG_OK);
	tick(YG_NS_PER_S);
	CHECK(counts_are(plan, "1 1 1;1 0 0;2 0 0;{\"not-reached\":2}"));
}

static void who_has_left_gets_nothing(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_access *by;

	begin();
	by = open_as(&root, "hub", YG_MAY_write_org);
	MUST(yg_hub_org_close(by, "op") == YG_OK);
	(void)yg_access_free(by);
	MUST(make(true, plan) == YG_OK && decide(approve, plan) == YG_OK);
	CHECK(counts_are(plan, "1 1 0;1 1 0;1 1 0;{\"silent\":1}"));
	CHECK(place("op", "operator", "sec") == YG_ENOENT);
	CHECK(place("op", "", "") == YG_OK);
}

static void an_empty_tree_is_no_plan(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	hub_start();
	yg_hub_local_analyst("ana", &analyst);
	CHECK(make(false, plan) == YG_ENOENT);
}

/* Whole or not at all, and what failed goes well when it is done again. */
static void memory_may_end_in_every_place(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	unsigned failures = 0;

	begin();
	for (long at = 1; at < 3000; at += 1 + at / 50) {
		const struct yg_provision_wish wish = {.times = YG_WARN_TIMES_DEFAULT};
		struct yg_access *maker = open_as(&analyst, "hub", YG_MAY_write_warnings);
		struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_warnings);
		json_t *shown = NULL;
		const char *why;
		int rc;

		yg_fail_at = at;
		rc = yg_provision_make(maker, &wish, plan, &why);
		failures += rc == YG_ENOMEM;
		yg_fail_at = 0;
		MUST(rc == YG_OK || rc == YG_ENOMEM);
		CHECK((yg_provision_get(by, plan, &shown) == YG_OK) == (rc == YG_OK));
		json_decref(shown);
		(void)yg_access_free(by);
		(void)yg_access_free(maker);
	}
	CHECK(failures > 20);
	MUST(make(false, plan) == YG_OK && decide(approve, plan) == YG_OK);
	CHECK(drain(YG_WARN_SENT) == 1);
	for (long at = 1; at < 400; at += 3) {
		yg_fail_at = at;
		if (yg_provision_tick(hub, now_ns) == YG_OK)
			at = 400;
		yg_fail_at = 0;
	}
	tick(YG_NS_PER_S);
	CHECK(drain(YG_WARN_SENT) == 1);
	CHECK(counts_are(plan, "1 1 1;1 1 1;2 0 0;{\"not-reached\":2}"));
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(the_tree_has_its_rules),
		CASE(it_goes_down_after_each_receipt),
		CASE(who_does_not_get_it_is_gone_around_or_lost_after_a_day),
		CASE(in_large_scale_mode_all_are_released_by_the_approval),
		CASE(what_was_taken_back_goes_no_further),
		CASE(who_has_left_gets_nothing),
		CASE(an_empty_tree_is_no_plan),
		CASE(memory_may_end_in_every_place),
	};
	int failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	hub_end();
	return failed;
}
