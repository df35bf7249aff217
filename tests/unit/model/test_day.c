/* SPDX-License-Identifier: Apache-2.0 */
/* Days against Python's calendar: the argument is the file that days.py wrote. */
#include "model/day.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../check.h"
#include "base/clock.h"

static const char *path;

static bool agrees_on_day(int32_t number, const char *iso)
{
	char text[YG_DAY_SIZE];

	yg_day_write(number, text);
	if (strcmp(text, iso) == 0 && yg_day_read(yg_bytes_str(iso)) == number)
		return true;
	fprintf(stderr, "%" PRId32 ": %s, not %s\n", number, text, iso);
	return false;
}

static bool agrees_on_sum(const char *start, const char *span, const char *wanted)
{
	struct yg_period period;
	char text[YG_DAY_SIZE] = "";

	if (yg_period_read(yg_bytes_str(span), &period))
		yg_day_write(yg_day_add(yg_day_read(yg_bytes_str(start)), period), text);
	if (strcmp(text, wanted) == 0)
		return true;
	fprintf(stderr, "%s + %s: %s, not %s\n", start, span, text, wanted);
	return false;
}

static void agrees_with_another_calendar(void)
{
	FILE *file = fopen(path, "r");
	char line[128];
	unsigned days = 0;
	unsigned sums = 0;
	bool is_good = true;

	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file)) {
		char a[16];
		char b[16];
		char c[16];
		int32_t number;

		if (sscanf(line, "day %" SCNd32 " %15s", &number, a) == 2) {
			is_good &= agrees_on_day(number, a);
			days++;
		} else if (sscanf(line, "add %15s %15s %15s", a, b, c) == 3) {
			is_good &= agrees_on_sum(a, b, c);
			sums++;
		} else {
			is_good = false;
		}
	}
	(void)fclose(file);
	CHECK(is_good);
	CHECK(days == 73414 && sums > 3000);
}

static void reads_the_usual_forms(void)
{
	int32_t day = yg_day_read(YG_S("2026-04-01"));

	CHECK(day == 20544);
	CHECK(yg_day_read(YG_S("2026/4/1")) == day);
	CHECK(yg_day_read(YG_S("2026.04.1")) == day);
	CHECK(yg_day_read(YG_S("  2026-4-01 ")) == day);
	CHECK(yg_day_read(YG_S("1970-01-01")) == 0);
	CHECK(yg_day_read(YG_S("1969-12-31")) == -1);
	CHECK(yg_day_read(YG_S("0001-01-01")) == -719162);
	CHECK(yg_day_read(YG_S("9999-12-31")) == 2932896);
}

static void refuses_what_is_no_day(void)
{
	static const char *const texts[] = {
		"",
		"2026",
		"2026-04",
		"2026-04-",
		"26-04-01",
		"02026-04-01",
		"2026-13-01",
		"2026-00-01",
		"2026-04-00",
		"2026-04-31",
		"2026-02-29",
		"1900-02-29",
		"2026-4/1",
		"2026-04-01T00:00",
		"2026-04-011",
		"2026-004-01",
		"0000-01-01",
		"-026-04-01",
		"2026 04 01",
		"2026-04-0x",
		"令和8年4月1日",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (yg_day_read(yg_bytes_str(texts[i])) != YG_DAY_NONE)
			fprintf(stderr, "%s\n", texts[i]);
		CHECK(yg_day_read(yg_bytes_str(texts[i])) == YG_DAY_NONE);
	}
}

static void knows_the_day_of_a_time(void)
{
	const int64_t hour = INT64_C(3600) * YG_NS_PER_S;

	CHECK(yg_day_of_time(0, 0) == 0);
	CHECK(yg_day_of_time(-1, 0) == -1);
	CHECK(yg_day_of_time(24 * hour - 1, 0) == 0);
	CHECK(yg_day_of_time(15 * hour, 9 * 3600) == 1);
	CHECK(yg_day_of_time(15 * hour - 1, 9 * 3600) == 0);
	CHECK(yg_day_of_time(0, -3600) == -1);
	CHECK(yg_day_of_time(-24 * hour, 0) == -1);
}

static void refuses_days_far_away(void)
{
	char text[YG_DAY_SIZE] = "x";

	yg_day_write(YG_DAY_NONE, text);
	CHECK(text[0] == 0);
	CHECK(yg_day_add(YG_DAY_NONE, (struct yg_period){.days = 1}) == YG_DAY_NONE);
}

static void reads_spans(void)
{
	struct yg_period p;

	CHECK(yg_period_read(YG_S("P1Y"), &p) && p.years == 1 && p.months == 0 && p.days == 0);
	CHECK(yg_period_read(YG_S("P6M"), &p) && p.years == 0 && p.months == 6);
	CHECK(yg_period_read(YG_S("P1Y2M3D"), &p) && p.years == 1 && p.months == 2 && p.days == 3);
	CHECK(yg_period_read(YG_S("P100Y"), &p) && p.years == 100);
	CHECK(yg_period_read(YG_S("P36600D"), &p) && p.days == 36600);
	CHECK(!yg_period_is_none(p) && yg_period_is_none((struct yg_period){0}));
}

static void refuses_what_is_no_span(void)
{
	static const char *const texts[] = {
		"",	  "P",	     "P1",    "1Y",	    "PY",      "P0D",	"P1y", "p1Y",
		"P-1Y",	  "P1Y1Y",   "P1D1Y", "P1M1Y",	    "P1.5Y",   "P101Y", "P1W", "PT1H",
		"P1201M", "P36601D", "P1Y ",  "P99999999Y", "P0Y0M0D", "P1Y2"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct yg_period p = {.years = 7};

		if (yg_period_read(yg_bytes_str(texts[i]), &p))
			fprintf(stderr, "%s\n", texts[i]);
		CHECK(!yg_period_read(yg_bytes_str(texts[i]), &p) && p.years == 7);
	}
}

static int64_t instant(const char *iso)
{
	int64_t ns = YG_TIME_NONE;
	bool has_zone;

	if (!yg_time_parse_iso(yg_bytes_str(iso), 0, &ns, &has_zone) || !has_zone)
		fprintf(stderr, "%s: no time\n", iso);
	return ns;
}

struct begin {
	const char *zone, *day, *at; /* the instant at which it begins there */
};

static bool begins_at(const struct begin *b)
{
	struct yg_zone *zone = NULL;
	int32_t day = yg_day_read(yg_bytes_str(b->day));
	int64_t at = instant(b->at);
	bool is_right = yg_zone_load(b->zone, &zone) == YG_OK && yg_day_start_ns(zone, day) == at &&
			yg_day_in(zone, at) == day && yg_day_in(zone, at - 1) < day;

	if (!is_right)
		fprintf(stderr, "%s in %s does not begin at %s\n", b->day, b->zone, b->at);
	(void)yg_zone_free(zone);
	return is_right;
}

static void days_begin_where_people_live(void)
{
	static const struct begin all[] = {
		{"UTC", "2026-11-01", "2026-11-01T00:00:00Z"},
		{"Asia/Tokyo", "2026-11-01", "2026-10-31T15:00:00Z"},
		{"Asia/Tokyo", "2027-01-01", "2026-12-31T15:00:00Z"},
		/* The leap day, and what follows it; 2100 has none. */
		{"Asia/Tokyo", "2028-02-29", "2028-02-28T15:00:00Z"},
		{"Asia/Tokyo", "2028-03-01", "2028-02-29T15:00:00Z"},
		{"Asia/Tokyo", "2100-03-01", "2100-02-28T15:00:00Z"},
		{"+05:45", "2026-11-01", "2026-10-31T18:15:00Z"},
		{"-09:30", "2026-11-01", "2026-11-01T09:30:00Z"},
		/* 23 and 25 hours. */
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"},
		{"Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00Z"},
		{"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"},
		{"Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00Z"},
		/* Clocks go from 24:00 to 01:00: the day begins at one. */
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"},
		{"Asia/Tokyo", "1969-12-31", "1969-12-30T15:00:00Z"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CHECK(begins_at(&all[i]));
	CHECK(yg_day_start_ns(NULL, 0) == 0);
	CHECK(yg_day_start_ns(NULL, INT32_MAX) == YG_TIME_NONE);
	CHECK(yg_day_start_ns(NULL, YG_DAY_NONE) == YG_TIME_NONE);
}

/* Sums of parts are days of UTC, and days there: no part lies in two of either. */
static bool parts_hold(const char *name)
{
	struct yg_zone *zone = NULL;
	int64_t from = instant("2026-01-01T00:00:00Z"), step = INT64_C(17) * 60 * YG_NS_PER_S;
	bool is_right = yg_zone_load(name, &zone) == YG_OK;

	for (unsigned i = 0; i < 31000 && is_right; i++) {
		int64_t at = from + i * step;
		int64_t part = yg_day_part_ns(zone, at);

		is_right = part <= at && yg_day_part_ns(zone, part) == part &&
			   yg_day_in(NULL, part) == yg_day_in(NULL, at) &&
			   yg_day_in(zone, part) == yg_day_in(zone, at);
		if (!is_right)
			fprintf(stderr, "%s: part of %" PRId64 " is %" PRId64 "\n", name, at, part);
	}
	(void)yg_zone_free(zone);
	return is_right;
}

static void parts_sum_up_to_both(void)
{
	static const char *const names[] = {"UTC",    "Asia/Tokyo",    "+05:45",	  "-09:30",
					    "+14:00", "Europe/Berlin", "America/New_York"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(parts_hold(names[i]));
	CHECK(yg_day_part_ns(NULL, 86400 * YG_NS_PER_S + 5) == 86400 * YG_NS_PER_S);
	/* At the ends of the clock nothing overflows. */
	CHECK(yg_day_part_ns(yg_zone_japan(), INT64_MAX) <= INT64_MAX);
	CHECK(yg_day_part_ns(yg_zone_japan(), INT64_MIN + 1) > INT64_MIN);
}

static const struct check_case cases[] = {
	CASE(agrees_with_another_calendar), CASE(reads_the_usual_forms),
	CASE(refuses_what_is_no_day),	    CASE(knows_the_day_of_a_time),
	CASE(refuses_days_far_away),	    CASE(reads_spans),
	CASE(refuses_what_is_no_span),	    CASE(days_begin_where_people_live),
	CASE(parts_sum_up_to_both),
};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: test_day FILE\n");
		return EXIT_FAILURE;
	}
	path = argv[1];
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
