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
#include "outbox_help.h"

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

/* Sends what is due, as if it went @how; how many. */
static uint32_t drain(enum yg_warn_sent how)
{
	struct yg_warn_out out;
	uint32_t count = 0;

	while (next_out(&out) == YG_OK) {
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
	CHECK(counts_are(plan, "1 1 0;1 1 0;2 2 0;{\"silent\":1,\"under-way\":1}"));
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
	CHECK(counts_are(plan, "1 1 0;1 1 0;2 2 0;{\"silent\":1,\"under-way\":1}"));
	CHECK(drain(YG_WARN_SENT) == 3);
	CHECK(counts_are(plan, "1 1 1;1 1 1;2 2 1;{\"silent\":1}"));
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

static int make_for(const char *branch, int64_t wait_s, char plan[YG_WARN_PLAN_HEX + 1])
{
	const struct yg_provision_wish wish = {
		.branch = branch, .wait_s = wait_s, .times = YG_WARN_TIMES_DEFAULT};
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	const char *why;
	int rc = yg_provision_make(by, &wish, plan, &why);

	(void)yg_access_free(by);
	return rc;
}

static void a_branch_begins_at_one_organisation(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	begin();
	CHECK(make_for("nobody", 0, plan) == YG_EMISMATCH);
	MUST(make_for("sec", 0, plan) == YG_OK && decide(approve, plan) == YG_OK);
	CHECK(counts_are(plan, "0 0 0;1 1 0;2 0 0;{\"not-reached\":2}"));
	CHECK(drain(YG_WARN_SENT) == 1);
	tick(YG_NS_PER_S);
	CHECK(drain(YG_WARN_SENT) == 1);
	CHECK(counts_are(plan, "0 0 0;1 1 1;2 2 1;{\"silent\":1}"));
	MUST(make_for("op", 0, plan) == YG_OK && decide(approve, plan) == YG_OK);
	CHECK(counts_are(plan, "0 0 0;0 0 0;1 1 0;{\"under-way\":1}"));
}

/* How many reminders come of what is silent for @on_ns. */
static uint32_t remind_after(int64_t on_ns)
{
	uint32_t count;

	now_ns += on_ns;
	MUST(yg_warn_tick(hub, now_ns, 100, &count) == YG_OK);
	return drain(YG_WARN_SENT);
}

static void what_is_over_waits_for_nobody_and_reminds_nobody(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	begin();
	CHECK(make_for("", YG_PROVISION_WAIT_MIN_S - 1, plan) == YG_EINVAL);
	CHECK(make_for("", YG_PROVISION_WAIT_MAX_S + 1, plan) == YG_EINVAL);
	MUST(make_for("", 3600, plan) == YG_OK && decide(approve, plan) == YG_OK);
	CHECK(drain(YG_WARN_BOUNCED) == 1);
	tick(HOUR_NS + YG_NS_PER_S);
	CHECK(decide(yg_provision_around, plan) == YG_EMISMATCH);
	CHECK(decide(yg_provision_stop, plan) == YG_EMISMATCH);
	CHECK(remind_after(3 * HOUR_NS) == 0);
	MUST(make_for("", 0, plan) == YG_OK && decide(approve, plan) == YG_OK);
	CHECK(drain(YG_WARN_SENT) == 1);
	CHECK(remind_after(3 * HOUR_NS) == 1); /* this one is waited for */
}

static bool is_stopped(const char *plan)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_warnings);
	json_t *shown = NULL;
	bool is_so;

	MUST(yg_provision_get(by, plan, &shown) == YG_OK);
	is_so = json_is_object(json_object_get(shown, "stopped")) &&
		json_is_true(json_object_get(shown, "over"));
	json_decref(shown);
	(void)yg_access_free(by);
	return is_so;
}

static void what_is_stopped_goes_no_further(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	begin();
	MUST(make(false, plan) == YG_OK);
	CHECK(decide(yg_provision_stop, plan) == YG_EMISMATCH);
	CHECK(decide(yg_provision_stop, "ffffffffffffffff") == YG_ENOENT);
	MUST(decide(approve, plan) == YG_OK);
	CHECK(!is_stopped(plan));
	CHECK(drain(YG_WARN_SENT) == 1);
	CHECK(decide(yg_provision_stop, plan) == YG_OK);
	CHECK(is_stopped(plan));
	CHECK(decide(yg_provision_stop, plan) == YG_EMISMATCH);
	CHECK(decide(yg_provision_around, plan) == YG_EMISMATCH);
	tick(YG_NS_PER_S);
	CHECK(drain(YG_WARN_SENT) == 0);
	CHECK(counts_are(plan, "1 1 1;1 0 0;2 0 0;{\"not-reached\":2}"));
	CHECK(remind_after(3 * HOUR_NS) == 0);
}

/* Who got the first part has to know, and is reminded of it. */
static void what_follows_a_stopped_one_is_waited_for(void)
{
	char plan[YG_WARN_PLAN_HEX + 1], fresh[YG_WARN_PLAN_HEX + 1];
	struct yg_access *by;

	begin();
	MUST(make(false, plan) == YG_OK && decide(approve, plan) == YG_OK);
	CHECK(drain(YG_WARN_SENT) == 1);
	MUST(decide(yg_provision_stop, plan) == YG_OK);
	by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	MUST(yg_warn_withdraw(by, plan, "wrong", fresh) == YG_OK);
	(void)yg_access_free(by);
	CHECK(!is_stopped(fresh) && is_stopped(plan));
	CHECK(drain(YG_WARN_SENT) == 1);
	CHECK(remind_after(3 * HOUR_NS) == 1);
}

static int count_item(void *arg, json_t *one)
{
	uint32_t *count = arg;

	*count += json_object_get(one, "plan") != NULL;
	return YG_OK;
}

static uint32_t listed(const char *kind, uint32_t limit)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_warnings);
	uint32_t count = 0;

	MUST(yg_provision_list(by, kind, "", limit, count_item, &count) == YG_OK);
	(void)yg_access_free(by);
	return count;
}

static void those_that_were_are_listed_and_go_on_paper(void)
{
	struct yg_access *by;
	char plan[YG_WARN_PLAN_HEX + 1];
	json_t *paper = NULL;
	const json_t *one;

	begin();
	MUST(make(false, plan) == YG_OK && make(false, plan) == YG_OK);
	CHECK(listed("", 10) == 2 && listed("drill", 10) == 2);
	CHECK(listed("provision", 10) == 0 && listed("drill", 1) == 1);
	MUST(decide(approve, plan) == YG_OK);
	CHECK(drain(YG_WARN_BOUNCED) == 1);
	by = open_as(&analyst, "hub", YG_MAY_read_warnings);
	MUST(yg_provision_paper(by, plan, &paper) == YG_OK);
	one = json_array_get(json_object_get(paper, "corrections"), 0);
	CHECK(yg_bytes_eq(yg_json_text(one, "id"), YG_S("min")));
	CHECK(yg_bytes_eq(yg_json_text(one, "address"), YG_S("it@a.example")));
	CHECK(yg_bytes_eq(yg_json_text(one, "result"), YG_S("bounced")));
	CHECK(yg_bytes_eq(yg_json_text(paper, "form"), YG_S("yagura-drill-1")));
	json_decref(paper);
	CHECK(yg_provision_paper(by, "ffffffffffffffff", &paper) == YG_ENOENT);
	(void)yg_access_free(by);
}

/* ---- a table, and contacts ---- */

static json_t *row(int line, const char *id, const char *stage, const char *parent,
		   const char *address)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "line", line, "id", id, "stage", stage,
			 "parent", parent, "channel", "mail", "address", address);
}

/* What came of it, "added moved removed contacts faults". */
static bool table_says(json_t *take_nodes, bool is_check, const char *wanted)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	json_t *told = NULL;
	char text[80];

	MUST(yg_provision_table(by, take_nodes, is_check, &told) == YG_OK);
	(void)snprintf(text, sizeof(text), "%lld %lld %lld %lld %zu",
		       (long long)yg_json_int(told, "added", -1),
		       (long long)yg_json_int(told, "moved", -1),
		       (long long)yg_json_int(told, "removed", -1),
		       (long long)yg_json_int(told, "contacts", -1),
		       json_array_size(json_object_get(told, "faults")));
	json_decref(told);
	json_decref(take_nodes);
	(void)yg_access_free(by);
	if (strcmp(text, wanted) != 0)
		fprintf(stderr, "%s is not %s\n", text, wanted);
	return strcmp(text, wanted) == 0;
}

static json_t *table(const char *first)
{
	return json_pack("[o, o, o]", row(2, first, "ministry", "", ""),
			 row(3, "sec", "secretariat", first, "new@sec.example"),
			 row(4, "op", "operator", "sec", "it@a.example"));
}

static bool contact_is(const char *org, const char *mail, const char *phone)
{
	struct yg_access *by = open_as(&root, org, YG_MAY_read_members);
	struct yg_member_profile profile;
	bool is_so;

	MUST(yg_member_get(by, &profile) == YG_OK);
	is_so = strcmp(profile.contact_mail, mail) == 0 &&
		strcmp(profile.contact_phone, phone) == 0;
	(void)yg_access_free(by);
	return is_so;
}

static void a_table_is_taken_whole_or_not_at_all(void)
{
	begin();
	add_org("min2");
	CHECK(table_says(table("min2"), true, "1 1 2 1 0"));
	CHECK(place("quiet", "operator", "sec") == YG_OK); /* nothing was changed */
	CHECK(contact_is("sec", "it@a.example", ""));
	CHECK(table_says(table("nobody"), false, "0 1 2 1 1"));
	CHECK(contact_is("sec", "it@a.example", ""));
	CHECK(table_says(table("min2"), false, "1 1 2 1 0"));
	CHECK(contact_is("sec", "new@sec.example", ""));
	CHECK(place("quiet", "operator", "min2") == YG_EINVAL);
	CHECK(table_says(table("min2"), false, "0 0 0 0 0"));
	CHECK(table_says(json_pack("[o, o]", row(2, "min2", "ministry", "", "smtp://h/a@b.example"),
				   row(3, "hub", "ministry", "", "")),
			 true, "0 0 2 0 2"));
}

static int set_one(const struct yg_hub_actor *actor, const char *org, const char *mail,
		   const char *phone)
{
	struct yg_access *by = open_as(actor, "hub", YG_MAY_write_warnings);
	int rc = yg_provision_contact(by, org, mail, phone);

	(void)yg_access_free(by);
	return rc;
}

static void a_contact_is_corrected_where_it_stands_in_the_tree(void)
{
	begin();
	CHECK(set_one(&analyst, "op", "desk@op.example", "03-1234-5678") == YG_OK);
	CHECK(contact_is("op", "desk@op.example", "03-1234-5678"));
	CHECK(set_one(&analyst, "op", "no address", "") == YG_EINVAL);
	CHECK(set_one(&analyst, "op", "desk@op.example", "a\nb") == YG_EINVAL);
	CHECK(contact_is("op", "desk@op.example", "03-1234-5678"));
	MUST(place("op", "", "") == YG_OK);
	CHECK(set_one(&analyst, "op", "desk@op.example", "") == YG_ENOENT);
	CHECK(set_one(&analyst, "nobody", "desk@op.example", "") == YG_ENOENT);
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
		CASE(a_branch_begins_at_one_organisation),
		CASE(what_is_over_waits_for_nobody_and_reminds_nobody),
		CASE(what_is_stopped_goes_no_further),
		CASE(what_follows_a_stopped_one_is_waited_for),
		CASE(those_that_were_are_listed_and_go_on_paper),
		CASE(a_table_is_taken_whole_or_not_at_all),
		CASE(a_contact_is_corrected_where_it_stands_in_the_tree),
		CASE(memory_may_end_in_every_place),
	};
	int failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	hub_end();
	return failed;
}
