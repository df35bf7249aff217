/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "detect/explain.h"
#include "detect/route.h"

static struct yg_router *router;

static struct yg_logsource source(const char *product, const char *category, const char *service)
{
	return (struct yg_logsource){yg_bytes_str(product), yg_bytes_str(category),
				     yg_bytes_str(service)};
}

static bool takes(struct yg_event *event, const char *product, const char *category,
		  const char *service)
{
	struct yg_logsource wanted = source(product, category, service);
	uint32_t route = yg_router_route(router, event);

	return route != YG_ROUTE_OPEN && yg_router_applies(router, route, &wanted);
}

static struct yg_event windows(const char *channel, uint32_t code)
{
	return (struct yg_event){
		.format = YG_FORMAT_WINDOWS, .channel = yg_bytes_str(channel), .event_code = code};
}

static void places_windows_events_by_channel_and_id(void)
{
	struct yg_event event = windows("Microsoft-Windows-Sysmon/Operational", 1);

	CHECK(takes(&event, "windows", "process_creation", ""));
	CHECK(takes(&event, "", "process_creation", ""));
	CHECK(takes(&event, "windows", "", "sysmon"));
	CHECK(takes(&event, "windows", "", ""));
	CHECK(takes(&event, "", "", ""));
	CHECK(!takes(&event, "linux", "process_creation", ""));
	CHECK(!takes(&event, "windows", "", "security"));
	CHECK(!takes(&event, "windows", "image_load", ""));
	event = windows("security", 4688);
	CHECK(takes(&event, "windows", "process_creation", ""));
	CHECK(takes(&event, "windows", "", "security"));
	event.event_code = 4624;
	CHECK(!takes(&event, "windows", "process_creation", ""));
	CHECK(takes(&event, "windows", "", "security"));
	event = windows("PowerShellCore/Operational", 4104);
	CHECK(takes(&event, "windows", "ps_script", ""));
	event = windows("Some-Vendor/Channel", 1);
	CHECK(takes(&event, "windows", "", ""));
	CHECK(!takes(&event, "windows", "process_creation", ""));
	event = windows("Linux-Sysmon/Operational", 1);
	CHECK(takes(&event, "linux", "process_creation", ""));
	CHECK(!takes(&event, "windows", "process_creation", ""));
	event = windows("Microsoft-Windows-Windows Defender/Operational", 1116);
	CHECK(takes(&event, "", "antivirus", ""));
}

static void tells_registry_events_apart(void)
{
	static const char channel[] = "Microsoft-Windows-Sysmon/Operational";
	struct yg_field fields[2] = {{.name_id = YG_F_EventType, .text = YG_S("INFO")},
				     {.name_id = YG_F_EventType, .text = YG_S("CreateKey")}};
	struct yg_event event = windows(channel, 12);

	event.fields = fields;
	event.field_count = 2;
	CHECK(takes(&event, "windows", "registry_add", ""));
	CHECK(takes(&event, "windows", "registry_event", ""));
	CHECK(!takes(&event, "windows", "registry_delete", ""));
	fields[1].text = YG_S("DeleteValue");
	CHECK(!takes(&event, "windows", "registry_add", ""));
	CHECK(takes(&event, "windows", "registry_delete", ""));
	event.field_count = 1; /* cannot be told: both */
	CHECK(takes(&event, "windows", "registry_add", ""));
	CHECK(takes(&event, "windows", "registry_delete", ""));
	event.event_code = 13;
	CHECK(takes(&event, "windows", "registry_set", ""));
	CHECK(!takes(&event, "windows", "registry_add", ""));
}

static void count_kind(void *arg, const struct yg_record_kind *kind)
{
	unsigned *count = arg;

	*count += yg_bytes_eq(kind->channel, YG_S("Microsoft-ServiceBus-Client/Admin"));
}

/* Rules call it by either name, and each channel is told once. */
static void a_service_with_two_names(void)
{
	struct yg_event event = windows("Microsoft-ServiceBus-Client/Operational", 1);
	struct yg_logsource named = source("windows", "", "servicebus-client");
	unsigned count = 0;

	CHECK(takes(&event, "windows", "", "servicebus-client"));
	CHECK(takes(&event, "windows", "", "microsoft-servicebus-client"));
	CHECK(!takes(&event, "windows", "", "iis-configuration"));
	CHECK(yg_router_each(router, &named, count_kind, &count) && count == 1);
}

static void places_other_formats(void)
{
	struct yg_field type = {.name_id = YG_F_type, .text = YG_S("Event")};
	struct yg_event event = {.format = YG_FORMAT_ACCESS};

	CHECK(takes(&event, "", "webserver", ""));
	CHECK(takes(&event, "apache", "", ""));
	CHECK(!takes(&event, "linux", "", ""));
	event = (struct yg_event){.format = YG_FORMAT_NGINX_ERROR};
	CHECK(takes(&event, "", "", "nginx"));
	CHECK(!takes(&event, "", "webserver", ""));
	event = (struct yg_event){.format = YG_FORMAT_SYSLOG, .channel = YG_S("/usr/sbin/sshd")};
	CHECK(takes(&event, "linux", "", "sshd"));
	CHECK(takes(&event, "linux", "", "auth"));
	CHECK(takes(&event, "linux", "", "syslog"));
	CHECK(!takes(&event, "linux", "", "sudo"));
	event.channel = YG_S("CRON");
	CHECK(takes(&event, "linux", "", "cron"));
	event.channel = YG_S("something");
	CHECK(takes(&event, "linux", "", "syslog"));
	CHECK(!takes(&event, "linux", "", "auth"));
	event = (struct yg_event){.format = YG_FORMAT_FORTIGATE, .fields = &type, .field_count = 1};
	CHECK(takes(&event, "fortigate", "", "event"));
	CHECK(takes(&event, "fortios", "", "sslvpnd"));
	CHECK(takes(&event, "", "firewall", ""));
	CHECK(!takes(&event, "fortigate", "", "traffic"));
	event = (struct yg_event){.format = YG_FORMAT_KEYVALUE};
	CHECK(takes(&event, "", "firewall", ""));
}

static void leaves_unplaceable_json_open(void)
{
	struct yg_event event = {.format = YG_FORMAT_JSON};

	CHECK(yg_router_route(router, &event) == YG_ROUTE_OPEN);
	event.format = YG_FORMAT_WINDOWS;
	CHECK(yg_router_route(router, &event) == YG_ROUTE_OPEN);
	event.format = YG_FORMAT_ECS;
	CHECK(yg_router_route(router, &event) == YG_ROUTE_OPEN);
	event.channel = YG_S("Security");
	CHECK(takes(&event, "windows", "", "security"));
}

static void knows_its_logsources(void)
{
	struct yg_logsource known = source("windows", "registry_set", "");
	struct yg_logsource unknown = source("azure", "", "signinlogs");

	CHECK(yg_router_knows(router, &known));
	CHECK(!yg_router_knows(router, &unknown));
	known = source("windows", "", "microsoft-servicebus-client");
	CHECK(yg_router_knows(router, &known));
	CHECK(yg_router_count(router) < YG_ROUTES_MAX);
}

static void survives_long_channels(void)
{
	static char text[100000];
	struct yg_event event;

	memset(text, 'x', sizeof(text) - 1);
	event = windows(text, 1);
	CHECK(takes(&event, "windows", "", ""));
	CHECK(!takes(&event, "windows", "", "security"));
}

/* A format's routes are all among those that it is said to reach: hunts pass over the others. */
static void reaches_what_it_gives(void)
{
	static const char *const channels[] = {
		"",	    "Security",	     "Microsoft-Windows-Sysmon/Operational",
		"System",   "sshd",	     "sudo",
		"conn",	    "dns",	     "traffic",
		"event",    "unknown thing", "apache",
		"filterlog"};

	for (unsigned f = 0; f < YG_FORMAT_COUNT; f++)
		for (size_t c = 0; c < sizeof(channels) / sizeof(channels[0]); c++)
			for (uint32_t code = 0; code < 6000; code += code < 30 ? 1 : 7) {
				struct yg_event event = windows(channels[c], code);

				event.format = (enum yg_format)f;
				CHECK(yg_router_reaches(router, event.format, channels[c][0] != 0,
							yg_router_route(router, &event)));
			}
	CHECK(!yg_router_reaches(router, YG_FORMAT_ACCESS, true, YG_ROUTE_OPEN));
	CHECK(!yg_router_reaches(router, YG_FORMAT_WINDOWS, true, YG_ROUTE_OPEN));
	CHECK(yg_router_reaches(router, YG_FORMAT_WINDOWS, false, YG_ROUTE_OPEN));
}

struct kinds {
	uint32_t count;
	bool has_4688;
	bool has_sysmon_1;
	bool has_access;
};

static void see_kind(void *arg, const struct yg_record_kind *kind)
{
	struct kinds *kinds = arg;

	kinds->count++;
	kinds->has_4688 |= yg_bytes_eq(kind->channel, YG_S("Security")) && kind->event_code == 4688;
	kinds->has_sysmon_1 |= kind->event_code == 1;
	kinds->has_access |= strcmp(kind->format, "access") == 0 && kind->channel.size == 0;
}

/* What is told is what is placed so. */
static void tells_which_records_a_logsource_means(void)
{
	struct yg_logsource source = {.product = YG_S("windows"),
				      .category = YG_S("process_creation")};
	struct kinds kinds = {0};

	CHECK(yg_router_each(router, &source, see_kind, &kinds));
	CHECK(kinds.count == 2 && kinds.has_4688 && kinds.has_sysmon_1);
	kinds = (struct kinds){0};
	source = (struct yg_logsource){.category = YG_S("webserver")};
	CHECK(yg_router_each(router, &source, see_kind, &kinds));
	CHECK(kinds.has_access && !kinds.has_4688);
	kinds = (struct kinds){0};
	source = (struct yg_logsource){.product = YG_S("azure")};
	CHECK(!yg_router_each(router, &source, see_kind, &kinds));
	CHECK(kinds.count == 0);
}

static const struct check_case cases[] = {
	CASE(places_windows_events_by_channel_and_id),
	CASE(tells_registry_events_apart),
	CASE(a_service_with_two_names),
	CASE(places_other_formats),
	CASE(leaves_unplaceable_json_open),
	CASE(knows_its_logsources),
	CASE(survives_long_channels),
	CASE(reaches_what_it_gives),
	CASE(tells_which_records_a_logsource_means),
};

int main(void)
{
	int rc;

	router = yg_router_new();
	rc = router ? check_main(cases, sizeof(cases) / sizeof(cases[0])) : 1;
	(void)yg_router_free(router);
	return rc;
}
