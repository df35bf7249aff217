/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a mapping of log sources: read or refused with a reason; what was read decides about
 * records and kinds of records, and says of no record more than of its kind.
 */
#include <stdint.h>
#include <stdlib.h>

#include "detect/mapping.h"

#define COUNT 4u

static void take_report(void *arg, uint32_t line, const char *what)
{
	(void)arg;
	if (line == 0 || !what[0])
		abort();
}

static void look(const struct yg_mapping *mapping, const struct yg_router *router,
		 struct yg_event *event)
{
	const struct yg_logsource sources[COUNT] = {
		{YG_S("windows"), YG_S("process_creation"), {0}},
		{YG_S("windows"), {0}, YG_S("sysmon")},
		{YG_S("windows"), {0}, {0}},
		{{0}, YG_S("a"), YG_S("b")},
	};
	struct yg_mapping_view view = {.mapping = mapping, .router = router, .event = event};
	uint8_t taken[COUNT];

	view.route = yg_router_route(router, event);
	view.has_channel = view.route != YG_ROUTE_OPEN;
	yg_mapping_look(&view);
	memset(taken, 2, sizeof(taken));
	yg_mapping_reaches(mapping, router, view.route, sources, COUNT, taken);
	for (size_t i = 0; i < COUNT; i++) {
		bool is_covered = yg_mapping_covers(mapping, &sources[i]);

		if (is_covered != (taken[i] < 2))
			abort();
		if (is_covered && yg_mapping_admits(&view, &sources[i]) && !taken[i])
			abort(); /* a rule that must see the record would not be asked */
	}
	if (yg_mapping_rename(&view) != YG_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const channels[] = {"Microsoft-Windows-Sysmon/Operational", "Security",
					       "a/b", ""};
	static struct yg_router *router;
	struct yg_mapping *mapping = NULL;
	struct yg_yaml_fault fault;
	struct yg_arena *arena = yg_arena_new(1u << 20);
	struct yg_names *names = yg_names_new();
	int rc;

	if (!router)
		router = yg_router_new();
	if (!router || !arena || !names)
		abort();
	rc = yg_mapping_read((struct yg_bytes){data, size}, take_report, NULL, &mapping, &fault);
	if (rc != YG_OK && (!fault.msg[0] || fault.code != (enum yg_err)rc))
		abort();
	if (rc == YG_OK && yg_mapping_add_names(mapping, names) == YG_OK)
		for (size_t c = 0; c < sizeof(channels) / sizeof(channels[0]); c++)
			for (uint32_t code = 0; code < 16; code++) {
				struct yg_event event;

				yg_event_init(&event, arena, names);
				event.format = YG_FORMAT_WINDOWS;
				event.channel = yg_bytes_str(channels[c]);
				event.event_code = code;
				if (yg_event_add(&event, YG_S("Channel"), event.channel,
						 YG_VALUE_TEXT) != YG_OK ||
				    yg_event_add(&event, YG_S("a"), YG_S("B"), YG_VALUE_TEXT) !=
					    YG_OK)
					abort();
				look(mapping, router, &event);
				yg_arena_reset(arena);
			}
	(void)yg_mapping_free(mapping);
	(void)yg_names_free(names);
	(void)yg_arena_free(arena);
	return 0;
}
