/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/zone.h"

static int64_t seconds(int32_t year, uint8_t month, uint8_t day, uint8_t hour, uint8_t minute)
{
	struct yg_civil civil = {
		.year = year, .month = month, .day = day, .hour = hour, .minute = minute};
	int64_t ns = 0;

	(void)yg_time_from_civil(&civil, 0, &ns);
	return ns / YG_NS_PER_S;
}

static void fixed_offsets(void)
{
	static const struct {
		const char *name;
		int32_t offset_s;
		const char *shown;
	} table[] = {
		{"UTC", 0, "UTC"},	     {"Z", 0, "UTC"},
		{"utc", 0, "UTC"},	     {"+09:00", 32400, "+09:00"},
		{"-0530", -19800, "-05:30"}, {"+09", 32400, "+09:00"},
		{"+0000", 0, "+00:00"},	     {"-18:00", -64800, "-18:00"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct yg_zone *zone;

		CHECK(yg_zone_load(table[i].name, &zone) == YG_OK);
		CHECK(yg_zone_offset_local(zone, 0) == table[i].offset_s);
		CHECK(yg_zone_offset_utc(zone, seconds(2026, 7, 1, 0, 0)) == table[i].offset_s);
		CHECK(strcmp(yg_zone_name(zone), table[i].shown) == 0);
		zone = yg_zone_free(zone);
	}
}

static void names_refused(void)
{
	static const char *const names[] = {
		"",
		"/etc/localtime",
		"../etc/passwd",
		"Asia/../UTC",
		"Asia/Nowhere",
		"+9",
		"+0960",
		"+19:00",
		"+09:0",
		"+09:00:00",
		"+ab:cd",
		"Asia",
		"tzdata.zi",
		"a b",
		"Asia/Tokyo\n",
		"9:00",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct yg_zone *zone = NULL;
		int rc = yg_zone_load(names[i], &zone);

		if (rc == YG_OK)
			fprintf(stderr, "taken: %s\n", names[i]);
		CHECK(rc == YG_ENOENT || rc == YG_EFORMAT);
		CHECK(!zone);
	}
}

struct edge {
	int64_t local_s;
	int32_t offset_s;
};

static void check_edges(const char *name, const struct edge *edges, size_t count)
{
	struct yg_zone *zone;

	CHECK(yg_zone_load(name, &zone) == YG_OK);
	for (size_t i = 0; i < count; i++) {
		int32_t got = yg_zone_offset_local(zone, edges[i].local_s);

		if (got != edges[i].offset_s)
			fprintf(stderr, "%s, %zu: %d\n", name, i, got);
		CHECK(got == edges[i].offset_s);
	}
	zone = yg_zone_free(zone);
}

static void summer_time_edges(void)
{
	const struct edge berlin[] = {
		{seconds(2026, 3, 29, 1, 59), 3600},
		{seconds(2026, 3, 29, 2, 30), 3600}, /* skipped */
		{seconds(2026, 3, 29, 3, 0), 7200},
		{seconds(2026, 10, 25, 1, 59), 7200},
		{seconds(2026, 10, 25, 2, 0), 7200}, /* twice: the first */
		{seconds(2026, 10, 25, 2, 59), 7200},
		{seconds(2026, 10, 25, 3, 0), 3600},
		{seconds(2099, 7, 1, 12, 0), 7200},
		{seconds(2099, 12, 1, 12, 0), 3600},
		{seconds(1970, 7, 1, 12, 0), 3600},
		{seconds(2200, 7, 1, 12, 0), 7200},
	};
	const struct edge york[] = {
		{seconds(2026, 3, 8, 1, 59), -18000},  {seconds(2026, 3, 8, 2, 30), -18000},
		{seconds(2026, 3, 8, 3, 0), -14400},   {seconds(2026, 11, 1, 0, 59), -14400},
		{seconds(2026, 11, 1, 1, 30), -14400}, {seconds(2026, 11, 1, 2, 0), -18000},
		{seconds(2006, 4, 2, 3, 0), -14400},   {seconds(2006, 3, 20, 12, 0), -18000},
		{seconds(2050, 7, 1, 12, 0), -14400},
	};
	const struct edge tokyo[] = {
		{seconds(2026, 7, 1, 12, 0), 32400},
		{seconds(1970, 1, 1, 0, 0), 32400},
		{seconds(2200, 1, 1, 0, 0), 32400},
	};
	const struct edge sydney[] = {
		/* summer over the turn of the year */
		{seconds(2026, 1, 1, 0, 0), 39600},
		{seconds(2026, 7, 1, 0, 0), 36000},
		{seconds(2080, 12, 31, 23, 0), 39600},
	};

	check_edges("Europe/Berlin", berlin, sizeof(berlin) / sizeof(berlin[0]));
	check_edges("America/New_York", york, sizeof(york) / sizeof(york[0]));
	check_edges("Asia/Tokyo", tokyo, sizeof(tokyo) / sizeof(tokyo[0]));
	check_edges("Australia/Sydney", sydney, sizeof(sydney) / sizeof(sydney[0]));
}

static void instants(void)
{
	struct yg_zone *zone;

	CHECK(yg_zone_load("Europe/Berlin", &zone) == YG_OK);
	CHECK(yg_zone_offset_utc(zone, seconds(2026, 3, 29, 1, 0) - 1) == 3600);
	CHECK(yg_zone_offset_utc(zone, seconds(2026, 3, 29, 1, 0)) == 7200);
	CHECK(yg_zone_offset_utc(zone, seconds(2026, 10, 25, 1, 0) - 1) == 7200);
	CHECK(yg_zone_offset_utc(zone, seconds(2026, 10, 25, 1, 0)) == 3600);
	CHECK(strcmp(yg_zone_name(zone), "Europe/Berlin") == 0);
	zone = yg_zone_free(zone);
}

static void machine_zone(void)
{
	static const struct {
		const char *tz;
		int32_t winter_s;
		int32_t summer_s;
		const char *name;
	} table[] = {
		{"Asia/Tokyo", 32400, 32400, "Asia/Tokyo"},
		{":Europe/Berlin", 3600, 7200, "Europe/Berlin"},
		{"/usr/share/zoneinfo/Asia/Tokyo", 32400, 32400, "localtime"},
		{"JST-9", 32400, 32400, "JST-9"},
		{"<+0330>-3:30", 12600, 12600, "<+0330>-3:30"},
		{"EST5EDT,M3.2.0,M11.1.0", -18000, -14400, "EST5EDT,M3.2.0,M11.1.0"},
		{"XXX1YYY,J60/0,300/2:30", -3600, 0, "XXX1YYY,J60/0,300/2:30"},
		{"", 0, 0, "UTC"},
		{"No/Such", 0, 0, "UTC"},
		{"JST-9x", 0, 0, "UTC"},
		{"EST5EDT,M13.2.0,M11.1.0", 0, 0, "UTC"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct yg_zone *zone;

		CHECK(setenv("TZ", table[i].tz, 1) == 0);
		CHECK(yg_zone_load(NULL, &zone) == YG_OK);
		if (strcmp(yg_zone_name(zone), table[i].name) != 0)
			fprintf(stderr, "%s: %s\n", table[i].tz, yg_zone_name(zone));
		CHECK(strcmp(yg_zone_name(zone), table[i].name) == 0);
		CHECK(yg_zone_offset_local(zone, seconds(2026, 1, 15, 0, 0)) == table[i].winter_s);
		CHECK(yg_zone_offset_local(zone, seconds(2026, 7, 15, 0, 0)) == table[i].summer_s);
		zone = yg_zone_free(zone);
	}
	CHECK(unsetenv("TZ") == 0);
	{
		struct yg_zone *zone;

		CHECK(yg_zone_load(NULL, &zone) == YG_OK);
		zone = yg_zone_free(zone);
	}
}

/* A file of zones that lies: every prefix and every changed byte must be taken or refused, never
 * worse. */
static void damaged_files(void)
{
	static const uint8_t start[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0"
				       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4";
	char path[] = "/tmp/yagura-zone-XXXXXX";
	int fd = mkstemp(path);
	struct yg_zone *zone;
	FILE *file;

	CHECK(fd >= 0);
	file = fdopen(fd, "wb");
	CHECK(file);
	for (size_t size = 0; size <= sizeof(start) + 60; size++) {
		CHECK(fseek(file, 0, SEEK_SET) == 0);
		for (size_t i = 0; i < size; i++)
			(void)fputc(i < sizeof(start) - 1 ? start[i] : 0xff, file);
		CHECK(fflush(file) == 0);
		CHECK(setenv("TZ", path, 1) == 0);
		CHECK(yg_zone_load(NULL, &zone) == YG_OK);
		CHECK(strcmp(yg_zone_name(zone), "UTC") == 0);
		zone = yg_zone_free(zone);
	}
	CHECK(unsetenv("TZ") == 0);
	CHECK(fclose(file) == 0 && remove(path) == 0);
}

/* Whatever call fails: an error or a zone, and nothing is lost or leaked. */
static void every_call_fails_once(void)
{
	bool has_passed = false;

	for (long n = 1; n < 32 && !has_passed; n++) {
		struct yg_zone *zone = NULL;
		int rc;

		yg_fail_at = n;
		rc = yg_zone_load("Europe/Berlin", &zone);
		has_passed = rc == YG_OK && yg_fail_at > 0;
		yg_fail_at = 0;
		CHECK(rc == YG_OK || rc == YG_ENOMEM || rc == YG_ENOENT);
		CHECK((rc == YG_OK) == (zone != NULL));
		zone = yg_zone_free(zone);
	}
	CHECK(has_passed);
}

static const struct check_case cases[] = {
	CASE(fixed_offsets), CASE(names_refused), CASE(summer_time_edges),     CASE(instants),
	CASE(machine_zone),  CASE(damaged_files), CASE(every_call_fails_once),
};
CHECK_MAIN(cases)
