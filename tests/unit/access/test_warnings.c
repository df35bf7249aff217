/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts, reminders and the deputy by a clock that the test sets, and the queue through ends in
 * every place. `--measure N FILE`: how long N warnings take to be queued in a database.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/members.h"
#include "access/warnings-int.h"
#include "base/json.h"

#include "hub_help.h"
#include "outbox_help.h"

#include "base/ban.h"

static struct yg_hub_actor analyst;

/* Everybody of the sector, all ready: what warn/ plans has tests of its own. */
static int plan_all(void *arg, const struct yg_community *community, uint32_t victim,
		    yg_warn_planned_fn fn, void *fn_arg)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < community->member_count && rc == YG_OK; i++) {
		const struct yg_warn_planned one = {.member = i,
						    .rule = 5,
						    .depth = UINT32_MAX,
						    .candidates = community->member_count,
						    .state = arg ? arg : "ready",
						    .redaction = "indicators",
						    .audience = YG_AUDIENCE_SECTOR,
						    .tlp = YG_TLP_GREEN};

		if (i != victim)
			rc = fn(fn_arg, &one);
	}
	return rc;
}

static int make_of(char plan[YG_WARN_PLAN_HEX + 1], const char *state, const char *situation)
{
	json_t *notice =
		json_pack("{s:s, s:s, s:s, s:{s:[s], s:[{s:s, s:s}]}}", "kind", "warning", "tlp",
			  "amber", "pap", "amber", "attack", "sources", "203.0.113.9", "indicators",
			  "type", "address", "value", "203.0.113.9");
	json_t *own = json_pack("{s:[s]}", "names", "Chikuma Seisakusho");
	struct yg_warn_wish wish = {.situation = situation,
				    .victim = "victim",
				    .notice = notice,
				    .own = own,
				    .began_ns = now_ns,
				    .times = YG_WARN_TIMES_DEFAULT,
				    .planner = {plan_all, (void *)(uintptr_t)state}};
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	int rc = yg_warn_plan_make(by, &wish, plan);

	(void)yg_access_free(by);
	json_decref(notice);
	json_decref(own);
	return rc;
}

static int make_with(char plan[YG_WARN_PLAN_HEX + 1], const char *state)
{
	return make_of(plan, state, "");
}

static int make(char plan[YG_WARN_PLAN_HEX + 1])
{
	return make_with(plan, NULL);
}

static int approve(const char *plan, uint32_t *ret)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	int rc = yg_warn_approve(by, plan, ret);

	(void)yg_access_free(by);
	return rc;
}

static int keep_last(void *arg, json_t *one)
{
	json_t **to = arg;

	json_decref(*to);
	*to = json_incref(one);
	return YG_OK;
}

/* The only warning of @org, as analysts see it; owned. */
static json_t *look(const char *plan)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_warnings);
	json_t *one = NULL;

	MUST(yg_warn_list(by, plan, "", "", 0, keep_last, &one) == YG_OK);
	(void)yg_access_free(by);
	return one;
}

static bool has(const char *plan, const char *key)
{
	json_t *one = look(plan);
	bool is_there =
		one && !json_is_null(json_object_get(one, key)) && json_object_get(one, key);

	json_decref(one);
	return is_there;
}

/* Send what is due, as if all went well; how many. */
static uint32_t drain(const char *channel)
{
	struct yg_warn_out out;
	uint32_t count = 0;

	while (next_out(&out) == YG_OK) {
		count += strcmp(out.channel, channel) == 0;
		MUST(out.copy != NULL && out.to[0]);
		MUST(yg_warn_out_done(hub, &out, YG_WARN_SENT, "", now_ns) == YG_OK);
		yg_warn_out_done_with(&out);
	}
	return count;
}

static void set_contacts(const char *org)
{
	struct yg_access *by = open_as(&root, org, YG_MAY_write_members);
	struct yg_member_profile profile = {.verified_day = YG_DAY_NONE,
					    .contact_mail = "it@a.example",
					    .deputy_mail = "boss@a.example"};

	MUST(yg_member_set(by, &profile) == YG_OK);
	(void)yg_access_free(by);
}

static void begin(void)
{
	hub_start();
	yg_hub_local_analyst("ana", &analyst);
	add_org("victim");
	add_org("a");
	set_contacts("a");
}

static void who_is_silent_is_reminded_and_then_the_deputy_is_told(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	uint32_t count = 0;

	begin();
	MUST(make(plan) == YG_OK);
	CHECK(approve(plan, &count) == YG_OK && count == 1);
	CHECK(approve(plan, &count) == YG_EMISMATCH);
	CHECK(drain("mail") == 1 && drain("mail") == 0 && has(plan, "delivered"));
	now_ns += 2 * HOUR_NS - YG_NS_PER_S;
	CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == 0);
	now_ns += 2 * YG_NS_PER_S;
	CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == 1);
	CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == 0);
	CHECK(has(plan, "reminded") && !has(plan, "escalated") && drain("remind") == 1);
	now_ns += 4 * HOUR_NS;
	CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == 1);
	CHECK(has(plan, "escalated") && drain("deputy") == 1);
	now_ns += 100 * HOUR_NS;
	CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == 0);
}

static void who_acknowledged_is_left_alone(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_hub_actor mei;
	struct yg_access *by;
	uint32_t count = 0;
	json_t *one;
	char id[YG_WARN_ID_HEX + 1];

	begin();
	mei = person("mei", "member:a");
	MUST(make(plan) == YG_OK && approve(plan, &count) == YG_OK);
	one = look(plan);
	(void)snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(one, "id")));
	json_decref(one);
	by = open_as(&mei, "a", YG_MAY_write_warnings);
	CHECK(yg_warn_mark(by, id, YG_WARN_ACKNOWLEDGED, "") == YG_OK);
	CHECK(yg_warn_mark(by, id, YG_WARN_ACKNOWLEDGED, "again") == YG_OK);
	CHECK(yg_warn_mark(by, "ffffffffffffffffffffffffffffffff", YG_WARN_SEEN, "") == YG_ENOENT);
	(void)yg_access_free(by);
	CHECK(drain("mail") == 1);
	now_ns += 7 * HOUR_NS;
	CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == 1);
	CHECK(!has(plan, "reminded") && !has(plan, "escalated"));
	/* Nobody of the hub acknowledges for a member. */
	by = open_as(&analyst, "a", YG_MAY_write_warnings);
	CHECK(yg_warn_mark(by, id, YG_WARN_ACTED, "") == YG_EACCES);
	(void)yg_access_free(by);
}

static void what_was_begun_and_not_ended_is_sent_once_more_and_written_down(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_warn_out out;
	uint32_t count = 0;
	json_t *one;

	begin();
	MUST(make(plan) == YG_OK && approve(plan, &count) == YG_OK);
	MUST(next_out(&out) == YG_OK);
	CHECK(!out.is_repeated);
	yg_warn_out_done_with(&out); /* the process ends here */
	MUST(next_out(&out) == YG_OK);
	CHECK(out.is_repeated);
	MUST(yg_warn_out_done(hub, &out, YG_WARN_SENT, "", now_ns) == YG_OK);
	yg_warn_out_done_with(&out);
	CHECK(next_out(&out) == YG_ENOENT);
	one = look(plan);
	CHECK(yg_json_int(json_object_get(json_object_get(one, "channels"), "mail"), "repeats",
			  0) == 1);
	json_decref(one);
	/* Later, later again, and for good not at all. */
	MUST(make(plan) == YG_OK && approve(plan, &count) == YG_OK);
	for (unsigned tries = 0; tries < 12; tries++) {
		now_ns += 8 * HOUR_NS;
		MUST(next_out(&out) == YG_OK);
		CHECK(out.tries == tries && !out.is_repeated);
		MUST(yg_warn_out_done(hub, &out, YG_WARN_LATER, "busy", now_ns) == YG_OK);
		yg_warn_out_done_with(&out);
		CHECK(next_out(&out) == YG_ENOENT);
	}
	now_ns += 100 * HOUR_NS;
	CHECK(next_out(&out) == YG_ENOENT && !has(plan, "delivered"));
}

static void set_hook(const char *org, const char *url)
{
	struct yg_access *by = open_as(&root, org, YG_MAY_write_members);

	MUST(yg_warn_hook_set(by, url, "a secret of some length") == YG_OK);
	(void)yg_access_free(by);
}

/* Room for one to each place, but none at "full.example". */
static bool is_not_full(void *arg, const struct yg_warn_out *out)
{
	++*(unsigned *)arg;
	return strstr(out->to, "full.example") == NULL;
}

static void who_is_full_is_passed_by_in_a_bounded_look(void)
{
	char plan[YG_WARN_PLAN_HEX + 1], last[300] = "", id[16];
	unsigned asked = 0, taken = 0, calls = 0;
	struct yg_warn_turn turn = {
		.is_hooks = true, .is_free = is_any, .has_room = is_not_full, .arg = &asked};
	struct yg_warn_out out;
	uint32_t count = 0;
	int rc = YG_OK;

	begin();
	for (unsigned i = 0; i < 250; i++) {
		(void)snprintf(id, sizeof(id), "m%u", i);
		add_org(id);
		set_hook(id, i % 50 == 7 ? "https://good.example/in" : "https://full.example/in");
	}
	MUST(make(plan) == YG_OK && approve(plan, &count) == YG_OK && count == 251);
	/* One round: each row once, the five that have room are found, and no call asks for more
	 * than it may. */
	while (rc != YG_ENOENT && calls < 100) {
		unsigned before = asked;

		rc = yg_warn_out_next(hub, now_ns, &turn, &out);
		calls++;
		CHECK(asked - before <= YG_WARN_PASS_MAX);
		if (rc != YG_OK)
			continue;
		taken++;
		CHECK(strcmp(out.to, "https://good.example/in") == 0 && out.copy != NULL);
		CHECK(!out.is_repeated && strcmp(out.key, last) > 0);
		memcpy(last, out.key, sizeof(last));
		MUST(yg_warn_out_done(hub, &out, YG_WARN_SENT, "", now_ns) == YG_OK);
		yg_warn_out_done_with(&out);
	}
	CHECK(rc == YG_ENOENT && taken == 5 && asked == 250);
	CHECK(calls > 5 && calls <= 5 + 1 + 250 / YG_WARN_PASS_MAX);
	/* What was passed by is there as it was: nothing of it was begun. */
	set_hook("m0", "https://good.example/in");
	while ((rc = yg_warn_out_next(hub, now_ns, &turn, &out)) == YG_EAGAIN)
		;
	MUST(rc == YG_OK);
	CHECK(!out.is_repeated && out.tries == 0);
	yg_warn_out_done_with(&out);
	/* Mails are none of the webhooks' rows. */
	turn = (struct yg_warn_turn){.is_free = is_any};
	CHECK(yg_warn_out_next(hub, now_ns, &turn, &out) == YG_OK && out.channel[0] == 'm');
	yg_warn_out_done_with(&out);
	CHECK(yg_warn_out_next(hub, now_ns, &turn, &out) == YG_ENOENT);
}

/* Under "question" of @plan; owned. */
static json_t *question(const char *plan)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_warnings);
	json_t *one = NULL, *found;

	MUST(yg_warn_plan_get(by, plan, &one) == YG_OK);
	(void)yg_access_free(by);
	found = json_incref(json_object_get(one, "question"));
	json_decref(one);
	return found;
}

static bool question_says(const char *plan, const char *key, const char *state)
{
	json_t *found = question(plan);
	const json_t *value = json_object_get(found, key);
	bool is = state ? yg_bytes_eq(yg_json_text(value, "state"), yg_bytes_str(state))
			: json_is_string(value);

	json_decref(found);
	return is;
}

static void a_question_that_nobody_answers_goes_to_the_deputy(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_hub_actor mei;
	struct yg_access *by;
	struct yg_warn_out out;
	uint32_t count = 0;

	begin();
	set_contacts("victim");
	MUST(make_with(plan, "needs-consent") == YG_OK);
	now_ns += 4 * HOUR_NS - YG_NS_PER_S;
	CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == 0);
	now_ns += 2 * YG_NS_PER_S;
	CHECK(!question_says(plan, "escalated", NULL));
	CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == 1);
	CHECK(question_says(plan, "overdue", NULL) && question_says(plan, "escalated", NULL));
	/* One mail, to the deputy, with the number and nothing else of it; once, in every case. */
	MUST(next_out(&out) == YG_OK);
	CHECK(strcmp(out.channel, "question") == 0 && strcmp(out.to, "boss@a.example") == 0);
	CHECK(out.copy == NULL && out.number[0] && out.due_ns < now_ns && !out.is_repeated);
	yg_warn_out_done_with(&out); /* the process ends here */
	MUST(next_out(&out) == YG_OK && out.is_repeated);
	MUST(yg_warn_out_done(hub, &out, YG_WARN_LATER, "busy", now_ns) == YG_OK);
	yg_warn_out_done_with(&out);
	CHECK(question_says(plan, "deputy", "later"));
	now_ns += HOUR_NS;
	MUST(next_out(&out) == YG_OK && out.tries == 1);
	MUST(yg_warn_out_done(hub, &out, YG_WARN_SENT, "", now_ns) == YG_OK);
	yg_warn_out_done_with(&out);
	CHECK(question_says(plan, "deputy", "sent"));
	CHECK(next_out(&out) == YG_ENOENT);
	CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == 0);

	/* Answered in time: nobody else is asked. Answered before it is sent: neither. */
	for (unsigned is_late = 0; is_late < 2; is_late++) {
		const struct yg_warn_answer yes = {.answer = "yes", .text = ""};

		MUST(make_with(plan, "needs-consent") == YG_OK);
		now_ns += is_late ? 5 * HOUR_NS : HOUR_NS;
		CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK && count == is_late);
		mei = person(is_late ? "mei" : "max", "member:victim");
		by = open_as(&mei, "victim", YG_MAY_write_consent);
		CHECK(yg_warn_answer(by, plan, &yes) == YG_OK);
		(void)yg_access_free(by);
		now_ns += 5 * HOUR_NS;
		CHECK(yg_warn_tick(hub, now_ns, 10, &count) == YG_OK);
		CHECK(next_out(&out) == YG_ENOENT);
		CHECK(question_says(plan, "escalated", NULL) == (is_late == 1));
		CHECK(question_says(plan, "deputy", "gone") == (is_late == 1));
	}
}

struct sum {
	uint64_t count;
	uint32_t days;
	int64_t last_ns;
};

static int add_day(void *arg, int64_t day_ns, uint64_t count)
{
	struct sum *sum = arg;

	sum->count += count;
	sum->days++;
	sum->last_ns = day_ns;
	return YG_OK;
}

static struct sum sent(const char *org, int64_t from_ns, int64_t to_ns)
{
	struct sum sum = {0};

	MUST(yg_warn_days(hub, &(struct yg_warn_days){org, NULL, from_ns, to_ns}, add_day, &sum) ==
	     YG_OK);
	return sum;
}

/* Midnight in Japan lies between, that of UTC does not; then the other way round. */
static void what_was_sent_is_counted_by_days_there(void)
{
	struct yg_warn_days ask = {.org = "", .zone = yg_zone_japan()};
	char plan[YG_WARN_PLAN_HEX + 1];
	uint32_t count = 0;
	bool has_zone;
	struct sum sum;

	begin();
	MUST(yg_time_parse_iso(YG_S("2026-11-30T14:59:00Z"), 0, &now_ns, &has_zone));
	MUST(make(plan) == YG_OK && approve(plan, &count) == YG_OK && count > 0);
	now_ns += 60 * YG_NS_PER_S;
	MUST(make(plan) == YG_OK && approve(plan, &count) == YG_OK && count > 0);
	CHECK(sent("", 0, 0).count == 2 * (uint64_t)count);
	CHECK(sent("", 0, 0).last_ns == now_ns - 15 * 3600 * YG_NS_PER_S);
	for (unsigned i = 0; i < 2; i++) { /* of all, of one */
		ask.org = i ? "a" : "";
		ask.from_ns = ask.to_ns = 0;
		sum = (struct sum){0};
		CHECK(yg_warn_days(hub, &ask, add_day, &sum) == YG_OK && sum.days == 2);
		ask.from_ns = now_ns; /* December there */
		sum = (struct sum){0};
		CHECK(yg_warn_days(hub, &ask, add_day, &sum) == YG_OK && sum.days == 1);
		CHECK(sum.last_ns == now_ns && sum.count == (i ? 1 : count));
		ask.from_ns = 0;
		ask.to_ns = now_ns; /* November */
		sum = (struct sum){0};
		CHECK(yg_warn_days(hub, &ask, add_day, &sum) == YG_OK && sum.days == 1);
		CHECK(sum.last_ns == now_ns - DAY_NS && sum.count == (i ? 1 : count));
	}
}

static void what_was_sent_is_counted_by_day(void)
{
	char plan[YG_WARN_PLAN_HEX + 1], other[YG_WARN_PLAN_HEX + 1];
	struct yg_access *by;
	uint32_t count = 0;
	int64_t first_ns;

	begin();
	add_org("b");
	CHECK(sent("", 0, 0).days == 0 && sent("a", 0, 0).days == 0);
	MUST(make(plan) == YG_OK && approve(plan, &count) == YG_OK && count == 2);
	first_ns = now_ns - now_ns % DAY_NS;
	CHECK(sent("", 0, 0).count == 2 && sent("a", 0, 0).count == 1);
	CHECK(sent("victim", 0, 0).count == 0 && sent("nobody", 0, 0).count == 0);
	now_ns += DAY_NS;
	MUST(make(other) == YG_OK && approve(other, &count) == YG_OK);
	by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	MUST(yg_warn_withdraw(by, plan, "wrong", other) == YG_OK);
	(void)yg_access_free(by);
	CHECK(sent("", 0, 0).count == 6 && sent("", 0, 0).days == 2);
	CHECK(sent("b", 0, 0).count == 3 && sent("b", 0, 0).days == 2);
	CHECK(sent("b", 0, first_ns + DAY_NS).count == 1);
	CHECK(sent("b", first_ns + DAY_NS, 0).count == 2);
	CHECK(sent("b", first_ns + DAY_NS, 0).last_ns == first_ns + DAY_NS);
	CHECK(sent("", first_ns + DAY_NS, first_ns + 2 * DAY_NS).count == 4);
	CHECK(sent("", first_ns + 2 * DAY_NS, 0).count == 0);
}

/* ---- measuring ---- */

static int count_one(void *arg, json_t *one)
{
	(void)one;
	++*(unsigned *)arg;
	return YG_OK;
}

/* How many plans are found by their situation. */
static unsigned of_situation(const char *situation)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_warnings);
	unsigned count = 0;

	MUST(yg_warn_plan_list(by, situation, "", 0, count_one, &count) == YG_OK);
	(void)yg_access_free(by);
	return count;
}

static void plans_of_before_are_found_by_their_situation(void)
{
	static const char situation[] = "00112233445566778899aabbccddeeff";
	char plan[YG_WARN_PLAN_HEX + 1], other[YG_WARN_PLAN_HEX + 1], key[YG_HUB_KEY_MAX];

	begin();
	MUST(make_of(plan, NULL, situation) == YG_OK && make(other) == YG_OK);
	CHECK(of_situation(situation) == 1);
	(void)snprintf(key, sizeof(key), "%s/%s", situation, plan);
	MUST(yg_warn_drop(hub, "test", "plan_of", key) == YG_OK);
	CHECK(of_situation(situation) == 0);
	CHECK(yg_warn_plans_index(hub) == YG_OK && of_situation(situation) == 1);
	CHECK(yg_warn_plans_index(hub) == YG_OK && of_situation(situation) == 1);
}

static double seconds(void)
{
	struct yg_clock clock = yg_clock_steady();

	return (double)clock.now_ns(clock.arg) / 1e9;
}

/* Processor time of this process, which other work changes little. */
static double cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int measure(const char *number, const char *path)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	uint64_t wanted = 0;
	uint32_t count = 0;
	double at[3], cpu[3];

	MUST(yg_bytes_u64(yg_bytes_str(number), &wanted));
	hub_path = path;
	begin();
	MUST(yg_hub_together(hub) == YG_OK);
	for (uint64_t i = 1; i < wanted; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "m%llu", (unsigned long long)i);
		add_org(id);
		set_contacts(id);
	}
	MUST(yg_hub_together_end(hub, YG_OK) == YG_OK);
	at[0] = seconds();
	cpu[0] = cpu_seconds();
	MUST(make(plan) == YG_OK);
	at[1] = seconds();
	cpu[1] = cpu_seconds();
	MUST(approve(plan, &count) == YG_OK);
	at[2] = seconds();
	cpu[2] = cpu_seconds();
	printf("%u warnings: planned in %.2f s (%.2f s of processor time), durably queued in %.2f "
	       "s "
	       "(%.2f s)\n",
	       (unsigned)count, at[1] - at[0], cpu[1] - cpu[0], at[2] - at[1], cpu[2] - cpu[1]);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--measure") == 0) {
		int status = measure(argv[2], argv[3]);

		hub_end();
		return status;
	}
	static const struct check_case cases[] = {
		CASE(who_is_silent_is_reminded_and_then_the_deputy_is_told),
		CASE(who_acknowledged_is_left_alone),
		CASE(what_was_begun_and_not_ended_is_sent_once_more_and_written_down),
		CASE(who_is_full_is_passed_by_in_a_bounded_look),
		CASE(a_question_that_nobody_answers_goes_to_the_deputy),
		CASE(what_was_sent_is_counted_by_day),
		CASE(what_was_sent_is_counted_by_days_there),
		CASE(plans_of_before_are_found_by_their_situation),
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
