/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC
#include "sensor/checks.h"

#include <stdlib.h>

#include "../check.h"

#include "base/ban.h"

static struct yg_names *names;
static struct yg_arena *arena;
static struct yg_checks *checks;

static bool fits(const char *id, struct yg_event *event)
{
	for (uint32_t i = 0; i < checks->signal_count; i++)
		if (strcmp(checks->signals[i].id, id) == 0)
			return yg_signal_fits(&checks->signals[i], event);
	return false;
}

static struct yg_event make(enum yg_format format)
{
	struct yg_event event;

	yg_arena_reset(arena);
	yg_event_init(&event, arena, names);
	event.format = format;
	return event;
}

/* What comes with the program is whole: each check has a signal, both languages, steps. */
static void the_pack(void)
{
	char reason[200];
	bool is_used[YG_SIGNALS_MAX] = {false};

	CHECK(yg_checks_load((struct yg_bytes){0}, &checks, reason) == YG_OK);
	CHECK(checks->check_count >= 16 && checks->signal_count >= 25);
	CHECK(checks->fresh_days == 7 && checks->keep_days_bad < checks->keep_days);
	for (uint32_t i = 0; i < checks->check_count; i++) {
		const struct yg_check *check = &checks->checks[i];

		CHECK(check->need_count > 0 && check->how_count > 0);
		CHECK(strcmp(check->attack.en, check->attack.ja) != 0);
		for (uint32_t k = 0; k < check->need_count; k++)
			is_used[check->needs[k]] = true;
	}
	for (uint32_t i = 0; i < checks->signal_count; i++)
		CHECK(is_used[i]);
}

static void signals(void)
{
	struct yg_event event = make(YG_FORMAT_EVTX);

	event.event_code = 4625;
	CHECK(fits("windows-signin", &event) && !fits("windows-process", &event));
	event.event_code = 1;
	event.channel = YG_S("Microsoft-Windows-SYSMON/Operational");
	CHECK(fits("windows-sysmon-process", &event));
	event.channel = YG_S("Application");
	CHECK(!fits("windows-sysmon-process", &event));
	event = make(YG_FORMAT_SYSLOG);
	CHECK(!fits("linux-signin", &event));
	CHECK(yg_event_add(&event, YG_S("auth_result"), YG_S("failed"), YG_VALUE_TEXT) == YG_OK);
	CHECK(fits("linux-signin", &event) && !fits("windows-signin", &event));
	event = make(YG_FORMAT_FORTIGATE);
	CHECK(!fits("firewall-fortigate", &event) && !fits("vpn-fortigate", &event));
	CHECK(yg_event_add(&event, YG_S("type"), YG_S("event"), YG_VALUE_TEXT) == YG_OK);
	CHECK(!fits("firewall-fortigate", &event)); /* sign-ins and settings, no traffic */
	event = make(YG_FORMAT_FORTIGATE);
	CHECK(yg_event_add(&event, YG_S("type"), YG_S("traffic"), YG_VALUE_TEXT) == YG_OK);
	CHECK(fits("firewall-fortigate", &event));
	CHECK(yg_event_add(&event, YG_S("subtype"), YG_S("VPN"), YG_VALUE_TEXT) == YG_OK);
	CHECK(fits("vpn-fortigate", &event));
	event = make(YG_FORMAT_ASA);
	CHECK(yg_event_add(&event, YG_S("message"), YG_S("Group <x> AnyConnect parent session"),
			   YG_VALUE_TEXT) == YG_OK);
	CHECK(fits("vpn-asa", &event));
}

static void faults(void)
{
	static const struct {
		const char *text;
		const char *part;
	} rows[] = {
		{"fresh_days: x\n", "fresh_days"},
		{"", "fresh_days"},
		{"a: [\n", "line"},
		{"fresh_days: 1\nkeep_days: 2\nkeep_days_bad: 1\nsecrecy: {en: a, ja: "
		 "b}\nsignals:\n"
		 "  - {id: x, formats: [nothing]}\n",
		 "line 6: there is no such format"},
		{"fresh_days: 1\nkeep_days: 2\nkeep_days_bad: 1\nsecrecy: {en: a, ja: "
		 "b}\nsignals:\n"
		 "  - {id: x, formats: [dns], field: a}\n",
		 "line 6: `field` needs"},
		{"fresh_days: 1\nkeep_days: 2\nkeep_days_bad: 1\nsecrecy: {en: a, ja: b}\nchecks:\n"
		 "  - {id: x, needs: [y], attack: {en: a, ja: b}, why: {en: a, ja: b}, how: []}\n",
		 "there is no such signal"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct yg_checks *other = NULL;
		char reason[200];

		CHECK(yg_checks_load(yg_bytes_str(rows[i].text), &other, reason) == YG_EFORMAT);
		CHECK(strstr(reason, rows[i].part) != NULL);
	}
}

static uint32_t days(const char *text, const char *path)
{
	uint32_t found = 9999;

	yg_logrotate_read(yg_bytes_str(text), path, &found);
	return found;
}

static void rotation(void)
{
	static const char text[] = "weekly\nrotate 4\n# /no {\n"
				   "/var/log/a.log\n/var/log/b/*.log\n{\n\tdaily\n\trotate 7\n}\n"
				   "\"/var/log/c d.log\" /var/log/c.log {\n}\n"
				   "/var/log/s.log {\n size 10M\n rotate 3\n}\n";

	CHECK(days(text, "/var/log/a.log") == 7);
	CHECK(days(text, "/var/log/b/x.log") == 7);
	CHECK(days(text, "/var/log/b/y/x.log") == 9999);
	CHECK(days(text, "/var/log/c.log") == 28);
	CHECK(days(text, "/var/log/s.log") == 0); /* by size: who knows */
	CHECK(days(text, "/no") == 9999);
	CHECK(days("{{{\n}\n}{ rotate\n/x {", "/x") == 9999);
}

int main(void)
{
	static const struct check_case cases[] = {CASE(the_pack), CASE(signals), CASE(faults),
						  CASE(rotation)};
	int status;

	names = yg_names_new();
	arena = yg_arena_new(1u << 20);
	if (!names || !arena)
		return 1;
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	checks = yg_checks_free(checks);
	names = yg_names_free(names);
	arena = yg_arena_free(arena);
	return status;
}
