/* SPDX-License-Identifier: Apache-2.0 */
/* The month's bounds: whose month it is, by a clock that the test sets. */
#include "access/report.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/zone.h"
#include "hub_help.h"

#include "base/ban.h"

static struct yg_facts *facts;
static struct yg_situations *situations;
static char folder[] = "/tmp/yagura-month-XXXXXX";
static uint64_t cursor;

static int64_t instant(const char *iso)
{
	int64_t ns;
	bool has_zone;

	MUST(yg_time_parse_iso(yg_bytes_str(iso), 0, &ns, &has_zone));
	return ns;
}

static void begin(const struct yg_zone *zone)
{
	char path[sizeof(folder) + 8];

	hub_start();
	add_org("acme");
	facts = yg_facts_new_ram();
	MUST(facts);
	yg_facts_zone(facts, zone);
	cursor = 0;
	(void)snprintf(path, sizeof(path), "%s/s.db", folder); /* fits */
	(void)remove(path);
	MUST(yg_situations_open(path, true, &situations) == YG_OK);
}

static void end(void)
{
	facts = yg_facts_free(facts);
	situations = yg_situations_free(situations);
	hub_end();
}

static void came(const char *iso, uint64_t records)
{
	MUST(yg_facts_begin(facts, "detect", cursor) == YG_OK);
	MUST(yg_facts_count_records(facts, YG_S("acme"), instant(iso), records, records) == YG_OK);
	MUST(yg_facts_commit(facts, ++cursor, NULL) == YG_OK);
}

/* "2026-11" in @zone at @now: "RECORDS on DAYS from FROM to TO", or why there is none. */
static bool month_is(const struct yg_zone *zone, const char *text, const char *now,
		     const char *wanted)
{
	const struct yg_month_from from = {.hub = hub,
					   .enrol = enrol,
					   .facts = facts,
					   .situations = situations,
					   .now_ns = instant(now),
					   .zone = zone};
	const struct yg_month_may may = {0};
	struct yg_month *m = yg_calloc(1, sizeof(*m));
	char begins[YG_ISO_SIZE], ends[YG_ISO_SIZE], got[160];
	int rc;

	MUST(m && yg_month_read(yg_bytes_str(text), &m->year, &m->month));
	rc = yg_month_make(&from, "acme", &may, m);
	(void)yg_time_iso(m->from_ns, 0, begins);
	(void)yg_time_iso(m->to_ns, 0, ends);
	if (rc == YG_OK)
		(void)snprintf(got, sizeof(got), "%llu on %llu from %s to %s%s",
			       (unsigned long long)m->records, (unsigned long long)m->record_days,
			       begins, ends, m->is_over ? "" : " so far");
	else
		(void)snprintf(got, sizeof(got), "%s", yg_err_text(rc));
	free(m);
	if (strcmp(got, wanted) != 0)
		fprintf(stderr, "%s at %s: %s, not %s\n", text, now, got, wanted);
	return strcmp(got, wanted) == 0;
}

static void the_month_is_that_of_japan(void)
{
	const struct yg_zone *zone = yg_zone_japan();

	begin(zone);
	came("2026-10-31T14:59:59Z", 1);  /* the last second of October */
	came("2026-10-31T15:00:00Z", 10); /* the first of November */
	came("2026-11-15T00:00:00Z", 100);
	came("2026-11-30T14:59:59Z", 1000);
	came("2026-11-30T15:00:00Z", 10000); /* December */
	CHECK(month_is(zone, "2026-11", "2026-12-01T00:00:00Z",
		       "1110 on 3 from 2026-10-31T15:00:00Z to 2026-11-30T15:00:00Z"));
	CHECK(month_is(zone, "2026-10", "2026-12-01T00:00:00Z",
		       "1 on 1 from 2026-09-30T15:00:00Z to 2026-10-31T15:00:00Z"));
	/* Programs that ask as before get what they got. */
	CHECK(month_is(NULL, "2026-11", "2026-12-01T00:00:00Z",
		       "11100 on 2 from 2026-11-01T00:00:00Z to 2026-12-01T00:00:00Z"));
	CHECK(month_is(NULL, "2026-10", "2026-12-01T00:00:00Z",
		       "11 on 1 from 2026-10-01T00:00:00Z to 2026-11-01T00:00:00Z"));
	/* It begins at midnight there. */
	CHECK(month_is(zone, "2026-12", "2026-11-30T14:59:59Z", yg_err_text(YG_EINVAL)));
	CHECK(month_is(zone, "2026-12", "2026-11-30T15:00:00Z",
		       "10000 on 1 from 2026-11-30T15:00:00Z to 2026-12-31T15:00:00Z so far"));
	end();
}

static void clocks_that_change_and_leap_days(void)
{
	struct yg_zone *zone = NULL;

	CHECK(yg_zone_load("Europe/Berlin", &zone) == YG_OK);
	begin(zone);
	came("2026-03-31T21:59:59Z", 1); /* March still: summer time since the 29th */
	came("2026-03-31T22:00:00Z", 10);
	came("2028-02-28T23:00:00Z", 100); /* the leap day */
	came("2028-02-29T22:59:59Z", 1000);
	came("2028-02-29T23:00:00Z", 10000);
	CHECK(month_is(zone, "2026-03", "2029-01-01T00:00:00Z",
		       "1 on 1 from 2026-02-28T23:00:00Z to 2026-03-31T22:00:00Z"));
	CHECK(month_is(zone, "2026-04", "2029-01-01T00:00:00Z",
		       "10 on 1 from 2026-03-31T22:00:00Z to 2026-04-30T22:00:00Z"));
	CHECK(month_is(zone, "2028-02", "2029-01-01T00:00:00Z",
		       "1100 on 1 from 2028-01-31T23:00:00Z to 2028-02-29T23:00:00Z"));
	CHECK(month_is(zone, "2028-03", "2029-01-01T00:00:00Z",
		       "10000 on 1 from 2028-02-29T23:00:00Z to 2028-03-31T22:00:00Z"));
	end();
	(void)yg_zone_free(zone);
}

/* What was counted by days of UTC falls on the day of that date, where days begin earlier. */
static void counted_before_the_zone_was_set(void)
{
	begin(NULL);
	came("2026-10-31T20:00:00Z", 1);
	came("2026-11-01T20:00:00Z", 10);
	CHECK(month_is(yg_zone_japan(), "2026-11", "2026-12-01T00:00:00Z",
		       "10 on 1 from 2026-10-31T15:00:00Z to 2026-11-30T15:00:00Z"));
	end();
}

static bool before_is(const struct yg_zone *zone, const char *now, unsigned year, unsigned month)
{
	unsigned y, m;

	yg_month_before(zone, instant(now), &y, &m);
	return y == year && m == month;
}

static void the_last_whole_month(void)
{
	CHECK(before_is(yg_zone_japan(), "2026-11-30T14:59:59Z", 2026, 10));
	CHECK(before_is(yg_zone_japan(), "2026-11-30T15:00:00Z", 2026, 11));
	CHECK(before_is(yg_zone_japan(), "2026-12-31T15:00:00Z", 2026, 12));
	CHECK(before_is(NULL, "2026-12-31T15:00:00Z", 2026, 11));
}

static const struct check_case cases[] = {
	CASE(the_month_is_that_of_japan), CASE(clocks_that_change_and_leap_days),
	CASE(counted_before_the_zone_was_set), CASE(the_last_whole_month)};

int main(void)
{
	char path[sizeof(folder) + 16];
	int rc;

	MUST(mkdtemp(folder));
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	for (unsigned i = 0; i < 3; i++) {
		static const char *const ends[] = {"", "-wal", "-shm"};

		(void)snprintf(path, sizeof(path), "%s/s.db%s", folder, ends[i]); /* fits */
		(void)remove(path);
	}
	(void)rmdir(folder);
	return rc;
}
