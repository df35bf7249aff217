/* SPDX-License-Identifier: Apache-2.0 */
/* What of a warning's indicators is told to whom, and when no more; messages to sensors; sums. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/members.h"
#include "access/sightings.h"
#include "base/json.h"

#include "hub_help.h"

#include "base/ban.h"

static struct yg_hub_actor analyst;

static int plan_all(void *arg, const struct yg_community *community, uint32_t victim,
		    yg_warn_planned_fn fn, void *fn_arg)
{
	int rc = YG_OK;

	(void)arg;
	for (uint32_t i = 0; i < community->member_count && rc == YG_OK; i++) {
		const struct yg_warn_planned one = {
			.member = i,
			.rule = i == victim ? 1 : 5,
			.depth = UINT32_MAX,
			.candidates = community->member_count,
			.state = "ready",
			.redaction = i == victim ? "whole" : "indicators",
			.audience = i == victim ? YG_AUDIENCE_OWN : YG_AUDIENCE_SECTOR,
			.tlp = i == victim ? YG_TLP_RED : YG_TLP_GREEN};

		rc = fn(fn_arg, &one);
	}
	return rc;
}

static json_t *notice_of(const char *until)
{
	return json_pack("{s:s, s:s, s:s, s:{s:[s], s:[{s:s, s:s}, {s:s, s:s, s:s}, {s:s, s:s, "
			 "s:s}]}}",
			 "kind", "warning", "tlp", "green", "pap", "amber", "attack", "sources",
			 "203.0.113.9", "indicators", "type", "address", "value", "203.0.113.9",
			 "type", "domain", "value", "evil.example", "valid_until", until, "type",
			 "domain", "value", "red.example", "tlp", "red");
}

static void make(char plan[YG_WARN_PLAN_HEX + 1])
{
	json_t *notice = notice_of("2026-12-01T00:00:00Z");
	json_t *own = json_pack("{s:[s]}", "names", "Chikuma Seisakusho");
	struct yg_warn_wish wish = {.situation = "",
				    .victim = "victim",
				    .notice = notice,
				    .own = own,
				    .began_ns = now_ns,
				    .times = YG_WARN_TIMES_DEFAULT,
				    .planner = {plan_all, NULL}};
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	uint32_t count = 0;

	MUST(yg_warn_plan_make(by, &wish, plan) == YG_OK);
	MUST(yg_warn_approve(by, plan, &count) == YG_OK && count == 3);
	(void)yg_access_free(by);
	json_decref(notice);
	json_decref(own);
}

static void sensor_of(const char *org, const char *id)
{
	char token[YG_ENROL_TOKEN_HEX + 1];
	struct yg_enrol_token known;
	struct yg_enrol_sensor sensor = {.until_ns = now_ns + 365 * DAY_NS, .enrolled_ns = now_ns};

	(void)snprintf(sensor.org, sizeof(sensor.org), "%s", org); /* short names */
	(void)snprintf(sensor.id, sizeof(sensor.id), "%s", id);
	sensor.fingerprint[0] = (uint8_t)id[0];
	MUST(yg_enrol_token_new(enrol, org, 3600, token) == YG_OK);
	MUST(yg_enrol_token_look(enrol, yg_bytes_str(token), &known) == YG_OK);
	MUST(yg_enrol_sensor_add(enrol, &known, &sensor) == YG_OK);
}

static void begin(char plan[YG_WARN_PLAN_HEX + 1])
{
	hub_start();
	yg_hub_local_analyst("ana", &analyst);
	add_org("victim");
	add_org("a");
	add_org("b");
	sensor_of("a", "a-one");
	sensor_of("victim", "v-one");
	make(plan);
}

/* One warning after the other; how many calls that took. */
static uint32_t settle(bool *ret_changed)
{
	uint32_t calls = 0;
	bool is_changed;

	*ret_changed = false;
	while (yg_sight_settle(hub, now_ns, 1, &is_changed) == YG_OK) {
		*ret_changed = *ret_changed || is_changed;
		calls++;
	}
	while (yg_sight_tell(hub) == YG_OK)
		;
	return calls;
}

struct told {
	unsigned count;
	char orgs[200];
	char last[YG_WARN_ID_HEX + 1]; /* of organisation a */
};

static int note_value(void *arg, const struct yg_sight_value *one)
{
	struct told *told = arg;
	size_t used = strlen(told->orgs);

	told->count++;
	(void)snprintf(told->orgs + used, sizeof(told->orgs) - used, "%s=%.*s ", one->org,
		       YG_FMT(one->value)); /* a few */
	if (strcmp(one->org, "a") == 0)
		(void)snprintf(told->last, sizeof(told->last), "%s", one->warning);
	return YG_OK;
}

static struct told told_now(void)
{
	struct told told = {0};

	MUST(yg_sight_each(hub, note_value, &told) == YG_OK);
	return told;
}

struct letters {
	unsigned texts;
	unsigned removals;
	uint64_t last;
	char text[4096];
};

static int note_letter(void *arg, const struct yg_enrol_down *down)
{
	struct letters *l = arg;

	l->last = down->number;
	if (yg_bytes_find(down->body, YG_S("\"remove\":true")) != SIZE_MAX)
		l->removals++;
	else
		l->texts++;
	(void)snprintf(l->text, sizeof(l->text), "%.*s", YG_FMT(down->body)); /* cut: looked at */
	return YG_OK;
}

/* What waits for the sensor, answered then. */
static struct letters letters_of(const char *sensor, bool is_applied)
{
	struct letters l = {0};

	MUST(yg_enrol_down_list(enrol, sensor, 0, 64, note_letter, &l) == YG_OK);
	for (uint64_t n = 1; n <= l.last; n++)
		MUST(yg_enrol_down_answer(enrol, sensor, n, is_applied, "why") == YG_OK);
	return l;
}

static void only_what_the_gate_lets_go_and_only_while_it_counts(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct letters l;
	struct told told;
	uint32_t count;
	bool is_changed;

	begin(plan);
	CHECK(settle(&is_changed) == 4 && is_changed); /* three, and that there are no more */
	told = told_now();
	/* The one that was hit got TLP:RED, which no program gets; the entry marked so goes to
	 * nobody. */
	CHECK(told.count == 4 && !strstr(told.orgs, "victim") && !strstr(told.orgs, "red.example"));
	l = letters_of("a-one", true);
	CHECK(l.texts == 1 && l.removals == 0 && strstr(l.text, "203.0.113.9") &&
	      strstr(l.text, "2026-12-01") && strstr(l.text, told.last));
	l = letters_of("v-one", true);
	CHECK(l.texts == 0 && l.removals == 0);
	CHECK(settle(&is_changed) == 0 && !is_changed);
	/* One that comes later gets it too, and the first nothing again. */
	sensor_of("a", "b-two");
	CHECK(settle(&is_changed) == 0 && letters_of("b-two", false).texts == 1);
	CHECK(letters_of("a-one", true).texts == 0);
	/* One of them is over, then all. */
	now_ns += 10 * DAY_NS;
	MUST(yg_warn_tick(hub, now_ns, 1000, &count) == YG_OK);
	CHECK(settle(&is_changed) > 0 && is_changed && told_now().count == 2);
	l = letters_of("a-one", true);
	CHECK(l.texts == 1 && !strstr(l.text, "evil.example"));
	now_ns += YG_SIGHT_VALID_DAYS * DAY_NS;
	MUST(yg_warn_tick(hub, now_ns, 1000, &count) == YG_OK);
	CHECK(settle(&is_changed) > 0 && told_now().count == 0);
	CHECK(letters_of("a-one", true).removals == 1);
}

static void withdrawn_means_taken_away(void)
{
	char plan[YG_WARN_PLAN_HEX + 1], fresh[YG_WARN_PLAN_HEX + 1];
	struct yg_access *by;
	bool is_changed;

	begin(plan);
	CHECK(settle(&is_changed) == 4 && told_now().count == 4);
	by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	MUST(yg_warn_withdraw(by, plan, "wrong", fresh) == YG_OK);
	(void)yg_access_free(by);
	CHECK(settle(&is_changed) == 8 && is_changed && told_now().count == 0);
	CHECK(letters_of("a-one", true).removals == 1);
}

static json_t *summary(const char *id, bool is_own)
{
	struct yg_hub_actor mei = person(is_own ? "mei" : "may", "member:a");
	json_t *one = NULL, *copy = NULL, *sightings = NULL;
	struct yg_access *by =
		open_as(is_own ? &mei : &analyst, is_own ? "a" : "hub", YG_MAY_read_warnings);

	MUST((is_own ? yg_warn_inbox_get(by, id, &one, &copy)
		     : yg_warn_get(by, id, YG_OUTLET_CONSOLE, &one, &copy)) == YG_OK);
	(void)yg_access_free(by);
	sightings = json_incref(json_object_get(one, "sightings"));
	json_decref(one);
	json_decref(copy);
	return sightings;
}

static int64_t sum_of(const json_t *summary, const char *key)
{
	return yg_json_int(json_object_get(summary, key), "count", 0);
}

static void a_finding_counts_once_and_as_often_as_it_grew(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_sighting one = {.sensor = YG_S("a-one"), .value = YG_S("evil.example")};
	const struct yg_sight_look none = {"none", "h", YG_TIME_NONE, YG_TIME_NONE, 0};
	struct told told;
	bool is_changed;
	json_t *s;

	begin(plan);
	(void)settle(&is_changed);
	told = told_now();
	one.warning = told.last;
	one.first_ns = one.last_ns = now_ns;
	one.count = 2;
	CHECK(yg_sight_add(hub, &one) == YG_OK && yg_sight_add(hub, &one) == YG_OK);
	one.count = 5;
	one.last_ns += YG_NS_PER_S;
	CHECK(yg_sight_add(hub, &one) == YG_OK);
	one.finding[0] = 1;
	one.hunt = YG_S("20261125-000000-00000001");
	one.first_ns -= 20 * DAY_NS;
	CHECK(yg_sight_add(hub, &one) == YG_OK);
	one.warning = "ffffffffffffffffffffffffffffffff";
	CHECK(yg_sight_add(hub, &one) == YG_ENOENT);
	s = summary(told.last, true);
	CHECK(sum_of(s, "new") == 5 && sum_of(s, "archive") == 5);
	CHECK(yg_json_int(json_object_get(s, "new"), "findings", 0) == 1);
	CHECK(yg_bytes_eq(yg_json_text(json_object_get(s, "looked_back"), "state"),
			  YG_S("waiting")));
	CHECK(json_array_size(json_object_get(json_object_get(s, "sensors"), "items")) == 1);
	json_decref(s);
	CHECK(yg_sight_looked(hub, told.last, &none) == YG_OK);
	s = summary(told.last, false);
	CHECK(sum_of(s, "new") == 5 &&
	      json_is_null(json_object_get(json_object_get(s, "sensors"), "items")));
	CHECK(yg_bytes_eq(yg_json_text(json_object_get(s, "looked_back"), "state"), YG_S("none")));
	json_decref(s);
}

/* What a sensor says of its own archive: of a list that it was given, the newest, in numbers. */
static void a_sensor_tells_of_its_own_archive(void)
{
	char plan[YG_WARN_PLAN_HEX + 1], list[64];
	struct yg_sight_home home = {.org = "a",
				     .sensor = "a-one",
				     .has_archive = true,
				     .from_ns = now_ns - 30 * DAY_NS,
				     .to_ns = now_ns,
				     .first_ns = now_ns - 9 * DAY_NS,
				     .last_ns = now_ns - 8 * DAY_NS,
				     .records = 1000,
				     .count = 4,
				     .gaps = 1};
	const json_t *at;
	struct told told;
	bool is_changed;
	json_t *s;

	begin(plan);
	(void)settle(&is_changed);
	told = told_now();
	(void)snprintf(list, sizeof(list), "warning-%s.csv", told.last);
	home.list = yg_bytes_str(list);
	CHECK(yg_sight_home(hub, &home) == YG_OK && yg_sight_home(hub, &home) == YG_OK);
	s = summary(told.last, true);
	at = json_object_get(s, "at_home");
	CHECK(yg_json_int(at, "sensors", 0) == 1 && yg_json_int(at, "count", 0) == 4);
	CHECK(yg_json_int(at, "records", 0) == 1000 && yg_json_int(at, "gaps", 0) == 1);
	CHECK(json_array_size(json_object_get(at, "items")) == 1 && sum_of(s, "archive") == 4);
	json_decref(s);
	/* Another one, that keeps no archive: counted, and not taken for nothing found. */
	sensor_of("a", "b-two");
	(void)settle(&is_changed);
	home.sensor = "b-two";
	home.has_archive = false;
	home.from_ns = home.to_ns = home.first_ns = home.last_ns = YG_TIME_NONE;
	home.records = home.count = home.gaps = 0;
	CHECK(yg_sight_home(hub, &home) == YG_OK);
	s = summary(told.last, false);
	at = json_object_get(s, "at_home");
	CHECK(yg_json_int(at, "sensors", 0) == 2 && yg_json_int(at, "none", 0) == 1);
	CHECK(yg_json_int(at, "count", 0) == 4 && json_is_null(json_object_get(at, "items")));
	CHECK(yg_json_text(at, "from").size > 0);
	json_decref(s);
	/* What nobody asked it for: a sensor of the one that was hit, a list of no warning. */
	home.org = "victim";
	home.sensor = "v-one";
	CHECK(yg_sight_home(hub, &home) == YG_ENOENT);
	home.org = "a";
	home.sensor = "a-one";
	home.list = YG_S("warning-ffffffffffffffffffffffffffffffff.csv");
	CHECK(yg_sight_home(hub, &home) == YG_ENOENT);
	home.list = YG_S("c2.txt");
	CHECK(yg_sight_home(hub, &home) == YG_ENOENT);
}

static int count_one(void *arg, json_t *one)
{
	(void)one;
	(*(unsigned *)arg)++;
	return YG_OK;
}

static void the_list_is_the_recipients(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_hub_actor mei, bob;
	struct yg_access *by;
	struct yg_sighting one = {.count = 1};
	unsigned count = 0;
	struct told told;
	bool is_changed;

	begin(plan);
	(void)settle(&is_changed);
	told = told_now();
	one.warning = told.last;
	for (unsigned i = 0; i < 3; i++) {
		one.finding[0] = (uint8_t)i;
		MUST(yg_sight_add(hub, &one) == YG_OK);
	}
	mei = person("mei", "member:a");
	bob = person("bob", "member:b");
	by = open_as(&mei, "a", YG_MAY_read_warnings);
	CHECK(yg_sight_list(by, told.last, "", 2, count_one, &count) == YG_OK && count == 2);
	CHECK(yg_sight_list(by, told.last, "01000000000000000000000000000000", 10, count_one,
			    &count) == YG_OK &&
	      count == 3);
	(void)yg_access_free(by);
	by = open_as(&bob, "b", YG_MAY_read_warnings);
	CHECK(yg_sight_list(by, told.last, "", 10, count_one, &count) == YG_ENOENT && count == 3);
	(void)yg_access_free(by);
	by = open_as(&analyst, "hub", YG_MAY_read_warnings);
	CHECK(yg_sight_list(by, told.last, "", 10, count_one, &count) == YG_OK && count == 3);
	(void)yg_access_free(by);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(only_what_the_gate_lets_go_and_only_while_it_counts),
		CASE(withdrawn_means_taken_away),
		CASE(a_finding_counts_once_and_as_often_as_it_grew),
		CASE(a_sensor_tells_of_its_own_archive),
		CASE(the_list_is_the_recipients),
	};
	int status = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	hub_end();
	return status;
}
