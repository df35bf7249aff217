/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_looks.h"

#include <stdlib.h>

#include "access/sightings.h"
#include "base/alloc.h"

#include "base/ban.h"

struct yg_hub_looks {
	const char *db_path;
	struct yg_clock clock;
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_hub_access *hub; /* NULL: not open */
};

static void close_all(struct yg_hub_looks *l)
{
	l->hub = yg_hub_access_free(l->hub);
	l->enrol = yg_enrol_free(l->enrol);
	l->store = yg_control_free(l->store);
}

static int open_all(struct yg_hub_looks *l)
{
	int rc = yg_control_open_sqlite(l->db_path, false, &l->store);

	if (rc == YG_OK)
		rc = yg_enrol_new(l->store, l->clock, "hub", &l->enrol);
	if (rc == YG_OK)
		rc = yg_hub_access_new(l->store, l->enrol, l->clock, &l->hub);
	if (rc != YG_OK)
		close_all(l);
	return rc;
}

int yg_hub_looks_new(const char *db_path, struct yg_clock clock, struct yg_hub_looks **ret)
{
	struct yg_hub_looks *l = yg_calloc(1, sizeof(*l));

	if (!l)
		return YG_ENOMEM;
	*l = (struct yg_hub_looks){.db_path = db_path, .clock = clock};
	*ret = l;
	return YG_OK;
}

struct yg_hub_looks *yg_hub_looks_free(struct yg_hub_looks *looks)
{
	if (looks)
		close_all(looks);
	free(looks);
	return NULL;
}

int yg_hub_looks_take(void *arg, const char *org, const char *sensor,
		      const struct yg_told_look *look)
{
	struct yg_hub_looks *l = arg;
	const struct yg_sight_home home = {.org = org,
					   .sensor = sensor,
					   .list = look->list,
					   .has_archive = look->has_archive,
					   .from_ns = look->from_ns,
					   .to_ns = look->to_ns,
					   .first_ns = look->first_ns,
					   .last_ns = look->last_ns,
					   .records = look->records,
					   .count = look->count,
					   .gaps = look->gaps,
					   .damaged = look->damaged};
	int rc = l->hub ? YG_OK : open_all(l);

	if (rc == YG_OK)
		rc = yg_sight_home(l->hub, &home);
	if (rc == YG_ENOENT)
		return YG_OK;
	if (rc != YG_OK)
		close_all(l);
	return rc;
}
