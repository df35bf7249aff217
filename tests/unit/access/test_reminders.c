/* SPDX-License-Identifier: Apache-2.0 */
/* Which step it is time for, each told once to each, by a clock that the test sets. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/reminders.h"

#include "access/members.h"
#include "access/warnings.h"
#include "base/alloc.h"
#include "base/json.h"

#include "hub_help.h"
#include "outbox_help.h"

#include "base/ban.h"

static int32_t day_of(const char *text)
{
	return yg_day_read(yg_bytes_str(text));
}

static int64_t time_of(const char *text)
{
	int64_t ns;
	bool has_zone;

	MUST(yg_time_parse_iso(yg_bytes_str(text), 0, &ns, &has_zone));
	return ns;
}

static const struct yg_zone *zone;

/* "before 24", "day 0", "over 0", "-". */
static bool step_is(const struct yg_remind_times *times, const char *day, const char *now,
		    const char *wanted)
{
	enum yg_remind_step step;
	uint32_t hours;
	char got[32] = "-";

	if (yg_remind_step_at(times, day_of(day), &(struct yg_remind_now){time_of(now), zone},
			      &step, &hours))
		(void)snprintf(got, sizeof(got), "%s %u", yg_remind_step_name(step), hours);
	if (strcmp(got, wanted) == 0)
		return true;
	fprintf(stderr, "%s at %s: %s, not %s\n", day, now, got, wanted);
	return false;
}

/* Nine o'clock is nine o'clock there, also on the day on which clocks change. */
static void hours_are_those_of_the_zone(void)
{
	struct yg_remind_times times = YG_REMIND_TIMES_DEFAULT;
	struct yg_zone *berlin = NULL;

	CHECK(yg_zone_load("Europe/Berlin", &berlin) == YG_OK);
	zone = berlin;
	CHECK(step_is(&times, "2026-03-28", "2026-03-28T07:59:59Z", "before 24"));
	CHECK(step_is(&times, "2026-03-28", "2026-03-28T08:00:00Z", "day 0"));
	CHECK(step_is(&times, "2026-03-28", "2026-03-29T06:59:59Z", "day 0"));
	CHECK(step_is(&times, "2026-03-28", "2026-03-29T07:00:00Z", "over 0"));
	CHECK(step_is(&times, "2026-10-25", "2026-10-25T07:59:59Z", "before 24"));
	CHECK(step_is(&times, "2026-10-25", "2026-10-25T08:00:00Z", "day 0"));
	zone = NULL;
	CHECK(step_is(&times, "2028-02-29", "2028-02-29T08:59:59Z", "before 24"));
	CHECK(step_is(&times, "2028-02-29", "2028-02-29T09:00:00Z", "day 0"));
	(void)yg_zone_free(berlin);
}

static void each_step_has_its_time(void)
{
	struct yg_remind_times times = YG_REMIND_TIMES_DEFAULT;

	zone = yg_zone_japan();
	CHECK(step_is(&times, "2026-12-01", "2026-11-30T08:59:59+09:00", "-"));
	CHECK(step_is(&times, "2026-12-01", "2026-11-30T09:00:00+09:00", "before 24"));
	CHECK(step_is(&times, "2026-12-01", "2026-12-01T08:59:59+09:00", "before 24"));
	CHECK(step_is(&times, "2026-12-01", "2026-12-01T09:00:00+09:00", "day 0"));
	CHECK(step_is(&times, "2026-12-01", "2026-12-02T08:59:59+09:00", "day 0"));
	CHECK(step_is(&times, "2026-12-01", "2026-12-02T09:00:00+09:00", "over 0"));
	CHECK(step_is(&times, "2026-12-01", "2026-12-16T08:59:59+09:00", "over 0"));
	CHECK(step_is(&times, "2026-12-01", "2026-12-16T09:00:00+09:00", "-"));
	times = (struct yg_remind_times){.before = {72, 24}, .count = 2, .from_hour = 0};
	CHECK(step_is(&times, "2026-12-04", "2026-12-01T00:00:00+09:00", "before 72"));
	CHECK(step_is(&times, "2026-12-04", "2026-12-03T00:00:00+09:00", "before 24"));
	CHECK(step_is(&times, "2026-12-04", "2026-12-05T00:00:00+09:00", "-"));
	times = (struct yg_remind_times){.from_hour = 23, .on_day = true, .is_over = true};
	CHECK(step_is(&times, "2026-12-04", "2026-12-04T22:59:59+09:00", "-"));
	CHECK(step_is(&times, "2026-12-04", "2026-12-04T23:00:00+09:00", "day 0"));
	CHECK(!yg_remind_step_at(&times, YG_DAY_NONE, &(struct yg_remind_now){0},
				 &(enum yg_remind_step){0}, &(uint32_t){0}));
	CHECK(!yg_remind_step_at(&times, INT32_MAX, &(struct yg_remind_now){0},
				 &(enum yg_remind_step){0}, &(uint32_t){0}));
}

static int read_times(const char *text, struct yg_remind_times *ret)
{
	struct yg_fault fault;
	json_t *in = NULL;
	int rc;

	MUST(yg_json_load(yg_bytes_str(text), 4096, &in, &fault) == YG_OK);
	rc = yg_remind_times_read(in, ret);
	json_decref(in);
	return rc;
}

static void settings_are_read(void)
{
	static const char *const wrong[] = {
		"{\"before_hours\":24}",
		"{\"before_hours\":[0]}",
		"{\"before_hours\":[1441]}",
		"{\"before_hours\":[1,1]}",
		"{\"before_hours\":[1,2,3,4,5,6]}",
		"{\"before_hours\":[\"1\"]}",
		"{\"on_day\":1}",
		"{\"over\":null}",
		"{\"from_hour\":24}",
		"{\"from_hour\":-1}",
		"[]",
	};
	struct yg_remind_times times;
	struct yg_buf text;
	json_t *out;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(read_times(wrong[i], &times) == YG_EINVAL);
	CHECK(read_times("{}", &times) == YG_OK);
	CHECK(times.count == 1 && times.before[0] == 24 && times.on_day && times.is_over &&
	      times.from_hour == 9);
	CHECK(read_times("{\"before_hours\":[2,48,24],\"on_day\":false}", &times) == YG_OK);
	out = yg_remind_times_json(&times);
	yg_buf_init(&text, 4096);
	CHECK(yg_json_canonical(out, &text) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text), "{\"before_hours\":[48,24,2],\"from_hour\":9,"
					"\"on_day\":false,\"over\":true}");
	yg_buf_done(&text);
	json_decref(out);
}

/* ---- telling ---- */

static struct yg_hub_actor mei;

static void add_report(const char *id, const char *mail)
{
	struct yg_access *by = open_as(&mei, "acme", YG_MAY_write_reports);
	json_t *record = json_pack("{s:s, s:{s:s}}", "id", id, "reporter", "mail", mail);

	MUST(record && yg_report_add(by, id, record) == YG_OK);
	json_decref(record);
	(void)yg_access_free(by);
}

static void set_contacts(const char *contact, const char *deputy)
{
	struct yg_access *by = open_as(&root, "acme", YG_MAY_write_members);
	struct yg_member_profile profile = {.verified_day = YG_DAY_NONE};

	(void)snprintf(profile.contact_mail, sizeof(profile.contact_mail), "%s", contact);
	(void)snprintf(profile.deputy_mail, sizeof(profile.deputy_mail), "%s", deputy);
	MUST(yg_member_set(by, &profile) == YG_OK);
	(void)yg_access_free(by);
}

static void begin(void)
{
	hub_start();
	add_org("acme");
	mei = person("mei", "member:acme");
	set_contacts("it@acme.example", "boss@acme.example");
	add_report("r-1", "suzuki@acme.example");
}

static const struct yg_remind_due dues[] = {{"personal-data", "first"}, {"ransomware", "first"}};

static uint32_t put(enum yg_remind_step step, const char *day)
{
	const struct yg_remind one = {.org = "acme",
				      .report = "r-1",
				      .day = day_of(day),
				      .step = step,
				      .dues = dues,
				      .due_count = 2};
	uint32_t count = 0;

	MUST(yg_remind_put(hub, &one, now_ns, &count) == YG_OK);
	return count;
}

/* What is due is sent as if it went @how; "to channel day step;" of each to @words. */
static void drain(enum yg_warn_sent how, struct yg_buf *words)
{
	struct yg_warn_out out;
	char day[YG_DAY_SIZE];

	yg_buf_reset(words);
	while (next_out(&out) == YG_OK) {
		yg_day_write(out.day, day);
		yg_buf_addf(words, "%s %s %s %s;", out.to, out.channel, day,
			    yg_remind_step_name(out.step));
		MUST(strcmp(out.org, "acme") == 0 && strcmp(out.number, "r-1") == 0);
		MUST(yg_warn_out_done(hub, &out, how, "", now_ns) == YG_OK);
		yg_warn_out_done_with(&out);
	}
}

static void each_is_told_once(void)
{
	struct yg_buf words;

	begin();
	yg_buf_init(&words, 4096);
	CHECK(put(YG_REMIND_DAY, "2026-11-27") == 2);
	CHECK(put(YG_REMIND_DAY, "2026-11-27") == 0);
	drain(YG_WARN_SENT, &words);
	/* The record's address has a domain that the register knows. */
	CHECK(yg_bytes_find(yg_buf_bytes(&words),
			    YG_S("suzuki@acme.example remind_contact 2026-11-27 day;")) !=
	      SIZE_MAX);
	CHECK(yg_bytes_find(yg_buf_bytes(&words),
			    YG_S("boss@acme.example remind_deputy 2026-11-27 day;")) != SIZE_MAX);
	drain(YG_WARN_SENT, &words);
	CHECK(words.size == 0);
	/* Another step, another last day: others. */
	CHECK(put(YG_REMIND_OVER, "2026-11-27") == 2 && put(YG_REMIND_DAY, "2026-11-28") == 2);
	CHECK(put(YG_REMIND_OVER, "2026-11-27") == 0 && put(YG_REMIND_DAY, "2026-11-28") == 0);
	yg_buf_done(&words);
}

static void it_goes_to_addresses_that_are_known(void)
{
	struct yg_buf words;

	hub_start();
	add_org("acme");
	mei = person("mei", "member:acme");
	set_contacts("it@acme.example", "it@acme.example");
	add_report("r-1", "victim@elsewhere.example");
	yg_buf_init(&words, 4096);
	/* The deputy is the contact: one mail. A stranger's address in the record gets none. */
	CHECK(put(YG_REMIND_DAY, "2026-11-27") == 1);
	drain(YG_WARN_SENT, &words);
	CHECK_TEXT(yg_buf_bytes(&words), "it@acme.example remind_contact 2026-11-27 day;");
	yg_buf_done(&words);
}

/* The state of the reminder to @to, as the API shows it. */
static bool state_is(const char *to, const char *state)
{
	struct yg_access *by = open_as(&mei, "acme", YG_MAY_read_reports);
	json_t *all = NULL;
	bool is_so = false;

	MUST(yg_remind_list(by, "r-1", &all) == YG_OK);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);

		if (yg_bytes_eq(yg_json_text(one, "to"), yg_bytes_str(to)))
			is_so = yg_bytes_eq(yg_json_text(one, "state"), yg_bytes_str(state));
	}
	json_decref(all);
	(void)yg_access_free(by);
	return is_so;
}

static void what_cannot_be_sent_waits_and_is_told(void)
{
	struct yg_buf words;

	begin();
	yg_buf_init(&words, 4096);
	CHECK(put(YG_REMIND_DAY, "2026-11-27") == 2);
	CHECK(state_is("contact", "waiting") && state_is("deputy", "waiting"));
	drain(YG_WARN_LATER, &words);
	CHECK(state_is("contact", "later"));
	now_ns += HOUR_NS;
	drain(YG_WARN_SENT, &words);
	CHECK(state_is("contact", "sent") && state_is("deputy", "sent"));
	yg_buf_done(&words);
}

static void note_sent(uint32_t count, uint32_t version)
{
	struct yg_access *by = open_as(&mei, "acme", YG_MAY_write_reports);
	json_t *sent = json_array();
	json_t *record;

	for (uint32_t i = 0; i < count; i++)
		MUST(json_array_append_new(sent, json_pack("{s:s, s:s}", "form", dues[i].form,
							   "stage", dues[i].stage)) == 0);
	record = json_pack("{s:s, s:o}", "id", "r-1", "sent", sent);
	MUST(yg_report_change(by, "r-1", record, version, "report.sent") == YG_OK);
	json_decref(record);
	(void)yg_access_free(by);
}

/* What was noted as sent before the mail went is not reminded of, once all of it was. */
static void what_was_sent_meanwhile_is_left_out(void)
{
	struct yg_buf words;

	yg_buf_init(&words, 4096);
	for (uint32_t count = 1; count <= 2; count++) {
		begin();
		CHECK(put(YG_REMIND_DAY, "2026-11-27") == 2);
		note_sent(count, 1);
		drain(YG_WARN_SENT, &words);
		CHECK((words.size == 0) == (count == 2));
		CHECK(state_is("contact", count == 2 ? "gone" : "sent"));
	}
	yg_buf_done(&words);
}

static void nobody_to_tell(void)
{
	struct yg_buf words;

	hub_start();
	add_org("acme");
	mei = person("mei", "member:acme");
	add_report("r-1", "suzuki@acme.example");
	yg_buf_init(&words, 4096);
	CHECK(put(YG_REMIND_DAY, "2026-11-27") == 1);
	drain(YG_WARN_SENT, &words);
	CHECK(words.size == 0 && state_is("contact", "no-contact"));
	yg_buf_done(&words);
}

/* Each allocation in turn fails: told to all or to none, and afterwards to each once. */
static void memory_may_run_out(void)
{
	const struct yg_remind one = {.org = "acme",
				      .report = "r-1",
				      .step = YG_REMIND_DAY,
				      .day = day_of("2026-11-27"),
				      .dues = dues,
				      .due_count = 2};
	uint32_t count = 0;
	struct yg_buf words;
	int rc = YG_ENOMEM;

	begin();
	for (long at = 1; at < 5000 && rc != YG_OK; at++) {
		yg_fail_at = at;
		rc = yg_remind_put(hub, &one, now_ns, &count);
		yg_fail_at = 0;
		CHECK(rc == YG_OK || count == 0);
	}
	CHECK(rc == YG_OK && count == 2 && put(YG_REMIND_DAY, "2026-11-27") == 0);
	yg_buf_init(&words, 4096);
	drain(YG_WARN_SENT, &words);
	CHECK(words.size > 0 && state_is("contact", "sent") && state_is("deputy", "sent"));
	yg_buf_done(&words);
}

int main(void)
{
	static const struct check_case cases[] = {CASE(each_step_has_its_time),
						  CASE(hours_are_those_of_the_zone),
						  CASE(settings_are_read),
						  CASE(each_is_told_once),
						  CASE(it_goes_to_addresses_that_are_known),
						  CASE(what_cannot_be_sent_waits_and_is_told),
						  CASE(what_was_sent_meanwhile_is_left_out),
						  CASE(nobody_to_tell),
						  CASE(memory_may_run_out)};
	int failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	hub_end();
	return failed;
}
