/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/time_zone.h"

#include "access/hub-int.h"
#include "base/zone.h"

#include "base/ban.h"

#define KIND "time_zone"
#define KEY  "people"

int yg_hub_zone_kept(struct yg_hub_access *hub, char to[YG_HUB_ZONE_NAME_MAX + 1])
{
	json_t *body = NULL;
	int rc = yg_hub_get(hub, KIND, KEY, &body, NULL);

	to[0] = '\0';
	if (rc == YG_OK)
		yg_hub_text(body, "name", to, YG_HUB_ZONE_NAME_MAX + 1);
	json_decref(body);
	return rc;
}

int yg_hub_zone_keep(struct yg_hub_access *hub)
{
	const char *name = yg_zone_name(yg_hub_zone_of(hub));
	char before[YG_HUB_ZONE_NAME_MAX + 1];
	int rc = yg_hub_zone_kept(hub, before);

	if ((rc != YG_OK && rc != YG_ENOENT) || strcmp(before, name) == 0)
		return rc;
	return yg_hub_put(hub, "hub", KIND, KEY, json_pack("{s:s}", "name", name), YG_REVISION_ANY);
}

void yg_hub_zone_use(struct yg_hub_access *hub, const struct yg_zone *zone)
{
	hub->clock.zone = zone;
}
