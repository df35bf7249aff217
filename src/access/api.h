/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/api.h - a hub's HTTP operations on organisations, people, sensors, findings and records.
 *
 * The table (access/api.def) is handed to web/ by app/, which also decides by access/hub.h who may
 * call (model/api.h, enum yg_route_scope): a handler runs only when that said yes. docs/api-hub.md
 * describes the operations for people, docs/openapi-hub.json for machines, docs/access-matrix.csv
 * says what each role gets at its own and at another organisation.
 *
 * One thread. Tests: tests/e2e/hub_api.py, access_matrix.py, hub_api_schema.py
 */
#pragma once

#include "access/hub.h"
#include "model/api.h"
#include "store/facts.h"

struct yg_hub_api;

/* What the operations need from elsewhere; a function that is NULL makes its operations answer
 * 503. */
struct yg_hub_api_ports {
	/* The last heartbeat of a sensor as {"received",…,"heartbeat":{…}}; NULL: none. Owned by
	 * the caller. */
	json_t *(*heartbeat)(void *arg, const char *sensor);
	/* May sensors of @org send? False: its consent is missing or out of date. */
	void *arg;
};

struct yg_hub_api_opts {
	struct yg_hub_access *hub; /* all borrowed */
	struct yg_enrol *enrol;
	struct yg_facts *facts; /* for reading; NULL: there are no findings yet */
	struct yg_clock clock;
	struct yg_hub_api_ports ports;
};

/* YG_OK, YG_ENOMEM. */
YG_MUST_USE int yg_hub_api_new(const struct yg_hub_api_opts *opts, struct yg_hub_api **ret);
struct yg_hub_api *yg_hub_api_free(struct yg_hub_api *api);

/* Its routes; lives as long as the api. */
struct yg_route_table yg_hub_api_routes(struct yg_hub_api *api);

/*
 * The refusal for what yg_access_hub() said: an organisation that is not there or not reached, a
 * right that is not had, a second factor that is missing. Always YG_OK.
 */
int yg_hub_api_refuse(struct yg_reply *reply, enum yg_lang lang, int rc);
