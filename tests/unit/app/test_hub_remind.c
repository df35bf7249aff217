/* SPDX-License-Identifier: Apache-2.0 */
/* How long it rests between its looks over all reports, by a clock that the test sets. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_remind.h"

#include "access/reminders.h"
#include "access/reports.h"
#include "app/hub_report.h"
#include "base/json.h"

#include "../access/hub_help.h"

#include "base/ban.h"

#define TURN_NS (YG_NS_PER_S / 5)
#define MANY	(2 * YG_HUB_REMIND_AT_ONCE)

static struct yg_hub_actor mei;
static struct yg_hub_report *forms;

/* Its first report is due on the day of the test. */
static void add_report(const char *id)
{
	struct yg_access *by = open_as(&mei, "acme", YG_MAY_write_reports);
	json_t *record = json_pack("{s:s, s:{s:s, s:s, s:s}}", "id", id, "event", "type", "malware",
				   "attack_type", "ransomware", "known", "2026-11-25");

	MUST(record && yg_report_add(by, id, record) == YG_OK);
	json_decref(record);
	(void)yg_access_free(by);
}

static bool is_told(const char *id)
{
	struct yg_access *by = open_as(&mei, "acme", YG_MAY_read_reports);
	json_t *all = NULL;
	bool is;

	MUST(yg_remind_list(by, id, &all) == YG_OK);
	is = json_array_size(all) > 0;
	json_decref(all);
	(void)yg_access_free(by);
	return is;
}

/* Turns of the loop, for @seconds. */
static void go(struct yg_hub_remind *remind, int64_t seconds)
{
	int64_t end_ns = now_ns + seconds * YG_NS_PER_S;

	for (; now_ns < end_ns; now_ns += TURN_NS)
		MUST(yg_hub_remind_run(remind, now_ns) == YG_OK);
}

static struct yg_hub_remind *begin(void)
{
	struct yg_hub_remind *remind;

	hub_start();
	add_org("acme");
	mei = person("mei", "member:acme");
	add_report("r-1");
	remind = yg_hub_remind_new(hub, forms);
	MUST(remind);
	return remind;
}

static void few_are_looked_at_soon(void)
{
	struct yg_hub_remind *remind = begin();

	go(remind, 1);
	CHECK(is_told("r-1"));
	add_report("r-2");
	go(remind, YG_HUB_REMIND_SMALL_S + 1);
	CHECK(is_told("r-2"));
	(void)yg_hub_remind_free(remind);
}

static void after_many_it_rests_longer(void)
{
	struct yg_hub_remind *remind = begin();
	char id[16];

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(id, sizeof(id), "member-%u", i); /* fits */
		add_org(id);
	}
	go(remind, 2);
	CHECK(is_told("r-1"));
	add_report("r-2");
	go(remind, 50);
	CHECK(!is_told("r-2"));
	go(remind, YG_HUB_REMIND_PASS_S - 50);
	CHECK(is_told("r-2"));
	(void)yg_hub_remind_free(remind);
}

int main(void)
{
	static const struct check_case cases[] = {CASE(few_are_looked_at_soon),
						  CASE(after_many_it_rests_longer)};
	int failed;

	MUST(yg_hub_report_new(&forms) == YG_OK);
	failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	hub_end();
	forms = yg_hub_report_free(forms);
	return failed;
}
