/* SPDX-License-Identifier: Apache-2.0 */
/* What app/ lends to assess/ from parse/, source/ and the query process. */
#include "app/assess-int.h"
#include "app/assess_facts.h"
#include "app/shipped.h"
#include "base/zone.h"
#include "parse/csv.h"
#include "parse/framework.h"
#include "parse/official.h"
#include "source/text.h"

#include "base/ban.h"

/* Days are counted where the people are: TZ or the machine's zone. */
static int32_t zone_now(void)
{
	struct yg_clock clock = yg_clock_system();
	struct yg_zone *zone = NULL;
	int32_t offset = 0;

	if (yg_zone_load(NULL, &zone) == YG_OK)
		offset = yg_zone_offset_utc(zone, clock.now_ns(clock.arg) / YG_NS_PER_S);
	(void)yg_zone_free(zone);
	return offset;
}

int yg_assess_ports_init(struct yg_assess_run *run)
{
	struct yg_assess_ports *ports = &run->ports;

	ports->read_framework = yg_framework_read;
	ports->read_table = yg_csv_read;
	ports->read_official = yg_official_read;
	ports->to_utf8 = yg_text_to_utf8;
	ports->frameworks = yg_shipped_frameworks(&ports->framework_count);
	ports->templates = yg_shipped_templates(&ports->template_count);
	ports->zone_s = zone_now();
	if (run->db_path[0]) {
		char path[sizeof(run->db_path) + 8];

		(void)snprintf(path, sizeof(path), "%s.facts", run->db_path); /* room was left */
		run->facts = yg_assess_facts_new(path, ports);
		if (!run->facts)
			return YG_ENOMEM;
		yg_assess_facts_lend(run->facts, ports);
	}
	return YG_OK;
}

void yg_assess_ports_done(struct yg_assess_run *run)
{
	run->facts = yg_assess_facts_free(run->facts);
}
