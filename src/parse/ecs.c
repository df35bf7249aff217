/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elastic Common Schema: its names are kept, and the names rules use are derived beside them
 * (the table is in json_keys.c).
 */
#include "parse/address.h"
#include "parse/json-int.h"

#include "base/ban.h"

int yg_ecs_derive(struct yg_event *event, const struct yg_json_facts *facts)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < facts->alias_count; i++)
		for (unsigned k = 0; k < 2 && facts->alias[i].id[k] && rc == YG_OK; k++) {
			struct yg_field *field = &event->fields[facts->alias[i].field];

			rc = yg_json_derive(event, facts->alias[i].id[k],
					    yg_event_text(event, field), field->kind);
		}
	return rc;
}

int yg_ecs_finish(struct yg_event *event, const struct yg_json_facts *facts)
{
	struct yg_bytes address;
	int rc = yg_ecs_derive(event, facts);

	if (rc == YG_OK)
		rc = yg_json_derive(event, YG_F_EventID,
				    yg_json_role_text(event, facts, YG_ROLE_EVENT_ID),
				    YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = yg_json_derive(event, YG_F_Provider_Name,
				    yg_json_role_text(event, facts, YG_ROLE_PROVIDER),
				    YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = yg_json_derive(event, YG_F_Computer,
				    yg_json_role_text(event, facts, YG_ROLE_COMPUTER),
				    YG_VALUE_TEXT);
	if (rc == YG_OK &&
	    yg_address_in(yg_json_role_text(event, facts, YG_ROLE_ADDRESS), &address, NULL))
		rc = yg_json_derive(event, YG_F_src_ip, address, YG_VALUE_TEXT);
	return rc;
}
