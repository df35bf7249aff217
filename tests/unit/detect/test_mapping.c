/* SPDX-License-Identifier: Apache-2.0 */
/* What the end-to-end test cannot see: grouping beforehand, and memory that fails. */
#include "../check.h"
#include "base/alloc.h"
#include "detect/mapping.h"

#define SYSMON "Microsoft-Windows-Sysmon/Operational"

static const char text[] =
	"logsources:\n"
	"  a: {product: windows, category: made, conditions: {EventID: [1, 4688]},\n"
	"      rewrite: {product: windows, service: sysmon}}\n"
	"  b: {product: windows, category: own, conditions: {Channel: Own/One, Who: anna}}\n"
	"  c: {product: windows, service: lists, sources: ['WinEventLog:Own/One', "
	"'WinEventLog:Security'],\n"
	"      fieldmappings: {Image: Path}}\n";

static void take_report(void *arg, uint32_t line, const char *what)
{
	(void)arg;
	(void)line;
	(void)what;
}

static struct yg_mapping *read_text(void)
{
	struct yg_mapping *mapping = NULL;
	struct yg_yaml_fault fault;
	int rc = yg_mapping_read(yg_bytes_str(text), take_report, NULL, &mapping, &fault);

	return rc == YG_OK ? mapping : NULL;
}

static uint8_t reaches(const struct yg_mapping *mapping, const struct yg_router *router,
		       const char *channel, uint32_t code, const char *category,
		       const char *service)
{
	struct yg_event event = {
		.format = YG_FORMAT_WINDOWS, .channel = yg_bytes_str(channel), .event_code = code};
	struct yg_logsource source = {YG_S("windows"), yg_bytes_str(category),
				      yg_bytes_str(service)};
	uint8_t taken = 9;

	yg_mapping_reaches(mapping, router, yg_router_route(router, &event), &source, 1, &taken);
	return taken;
}

static void groups_only_where_a_record_can_be_meant(void)
{
	struct yg_mapping *mapping = read_text();
	struct yg_router *router = yg_router_new();

	CHECK(mapping && router && yg_mapping_entry_count(mapping) == 3);
	CHECK(reaches(mapping, router, SYSMON, 1, "made", "") == 1);
	CHECK(reaches(mapping, router, SYSMON, 3, "made", "") == 0);
	CHECK(reaches(mapping, router, "Security", 4688, "made", "") == 0);
	CHECK(reaches(mapping, router, "Own/One", 1, "made", "") == 0);
	CHECK(reaches(mapping, router, "Own/One", 1, "own", "") == 1);
	CHECK(reaches(mapping, router, "Security", 1, "own", "") == 0);
	CHECK(reaches(mapping, router, "Security", 4624, "", "lists") == 1);
	CHECK(reaches(mapping, router, "Own/Two", 1, "", "lists") == 1); /* the same route as One */
	CHECK(reaches(mapping, router, "System", 1, "", "lists") == 0);
	CHECK(reaches(mapping, router, "", 1, "", "lists") == 1); /* it does not say its channel */
	CHECK(reaches(mapping, router, SYSMON, 1, "process_creation", "") == 9);
	(void)yg_mapping_free(mapping);
	(void)yg_router_free(router);
}

static void memory_may_fail_anywhere(void)
{
	struct yg_mapping *mapping = NULL;
	long nth = 0;

	while (!mapping && nth < 10000) {
		yg_fail_at = ++nth;
		mapping = read_text();
	}
	yg_fail_at = 0;
	CHECK(mapping != NULL);
	CHECK(nth > 2);
	CHECK(yg_mapping_renames(mapping));
	(void)yg_mapping_free(mapping);
}

static const struct check_case cases[] = {
	CASE(groups_only_where_a_record_can_be_meant),
	CASE(memory_may_fail_anywhere),
};

int main(void)
{
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
