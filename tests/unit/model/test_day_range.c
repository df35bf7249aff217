/* SPDX-License-Identifier: Apache-2.0 */
/* Days: every one of them there and back, and what is none. */
#include "model/day.h"

#include "../check.h"

static void every_day_there_and_back(void)
{
	int32_t first = yg_day_read(YG_S("0001-01-01"));
	int32_t last = yg_day_read(YG_S("9999-12-31"));
	char text[YG_DAY_SIZE];
	char before[YG_DAY_SIZE] = "";

	CHECK(first == -719162 && last == 2932896);
	CHECK(yg_day_read(YG_S("1970-01-01")) == 0);
	CHECK(yg_day_read(YG_S("2000-02-29")) == 11016);
	for (int32_t day = first; day <= last; day++) {
		yg_day_write(day, text);
		CHECK(yg_day_read(yg_bytes_str(text)) == day);
		CHECK(strcmp(text, before) > 0);
		memcpy(before, text, sizeof(text));
	}
	yg_day_write(first - 1, text);
	CHECK_TEXT(yg_bytes_str(text), "");
	yg_day_write(YG_DAY_NONE, text);
	CHECK_TEXT(yg_bytes_str(text), "");
}

static void days_that_are_none(void)
{
	static const char *const none[] = {
		"",	      "2026-02-29", "2026-13-01", "2026-00-01",	 "2026-01-32",
		"2026-01/02", "26-01-01",   "0000-01-01", "2026-01-01x", "10000-01-01"};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK(yg_day_read(yg_bytes_str(none[i])) == YG_DAY_NONE);
	CHECK(yg_day_read(YG_S(" 2026/4/1 ")) == yg_day_read(YG_S("2026-04-01")));
}

static void adding(void)
{
	static const struct {
		const char *day;
		struct yg_period period;
		const char *want;
	} sums[] = {
		{"2026-01-31", {.months = 1}, "2026-02-28"},
		{"2028-01-31", {.months = 1}, "2028-02-29"},
		{"2028-02-29", {.years = 1}, "2029-02-28"},
		{"2026-11-25", {.days = 14}, "2026-12-09"},
		{"2026-11-25", {.months = 14}, "2028-01-25"},
		{"2999-12-31", {.years = 1}, "3000-12-31"},
	};
	char text[YG_DAY_SIZE];

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		yg_day_write(yg_day_add(yg_day_read(yg_bytes_str(sums[i].day)), sums[i].period),
			     text);
		CHECK_TEXT(yg_bytes_str(text), sums[i].want);
	}
}

static void of_an_instant(void)
{
	CHECK(yg_day_of_time(0, 0) == 0);
	CHECK(yg_day_of_time(-1, 0) == -1);
	CHECK(yg_day_of_time(INT64_C(54000) * 1000000000, 32400) == 1);
	CHECK(yg_day_of_time(INT64_C(54000) * 1000000000 - 1, 32400) == 0);
}

static const struct check_case cases[] = {
	CASE(every_day_there_and_back),
	CASE(days_that_are_none),
	CASE(adding),
	CASE(of_an_instant),
};
CHECK_MAIN(cases)
