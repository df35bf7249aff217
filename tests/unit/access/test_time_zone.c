/* SPDX-License-Identifier: Apache-2.0 */
/* Whose days a hub's people mean: Japan's, or those that it was started with, kept for others. */
#include "access/time_zone.h"

#include "access/hub-int.h"
#include "base/zone.h"
#include "hub_help.h"

#include "base/ban.h"

static bool today_is(const char *wanted)
{
	char day[YG_DAY_SIZE];

	yg_day_write(yg_hub_today(hub), day);
	if (strcmp(day, wanted) != 0)
		fprintf(stderr, "%s, not %s\n", day, wanted);
	return strcmp(day, wanted) == 0;
}

static void set_time(const char *iso)
{
	bool has_zone;

	MUST(yg_time_parse_iso(yg_bytes_str(iso), 0, &now_ns, &has_zone));
}

static void today_is_where_people_live(void)
{
	struct yg_zone *zone = NULL;

	hub_start();
	CHECK(strcmp(yg_zone_name(yg_hub_zone_of(hub)), "Asia/Tokyo") == 0);
	set_time("2026-12-31T14:59:59Z");
	CHECK(today_is("2026-12-31") && yg_hub_year(hub) == 2026);
	set_time("2026-12-31T15:00:00Z");
	CHECK(today_is("2027-01-01") && yg_hub_year(hub) == 2027);
	set_time("2028-02-28T15:00:00Z");
	CHECK(today_is("2028-02-29"));
	CHECK(yg_zone_load("America/New_York", &zone) == YG_OK);
	yg_hub_zone_use(hub, zone);
	set_time("2027-01-01T04:59:59Z");
	CHECK(today_is("2026-12-31") && yg_hub_year(hub) == 2026);
	set_time("2027-01-01T05:00:00Z");
	CHECK(today_is("2027-01-01"));
	hub_end();
	(void)yg_zone_free(zone);
}

static void others_read_what_was_kept(void)
{
	char name[YG_HUB_ZONE_NAME_MAX + 1];
	struct yg_zone *zone = NULL;

	hub_start();
	CHECK(yg_hub_zone_kept(hub, name) == YG_ENOENT && name[0] == '\0');
	CHECK(yg_hub_zone_keep(hub) == YG_OK && yg_hub_zone_keep(hub) == YG_OK);
	CHECK(yg_hub_zone_kept(hub, name) == YG_OK && strcmp(name, "Asia/Tokyo") == 0);
	CHECK(yg_zone_load("+0545", &zone) == YG_OK);
	yg_hub_zone_use(hub, zone);
	CHECK(yg_hub_zone_keep(hub) == YG_OK);
	CHECK(yg_hub_zone_kept(hub, name) == YG_OK && strcmp(name, "+05:45") == 0);
	hub_end();
	(void)yg_zone_free(zone);
}

static const struct check_case cases[] = {CASE(today_is_where_people_live),
					  CASE(others_read_what_was_kept)};
CHECK_MAIN(cases)
