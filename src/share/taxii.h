/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share/taxii.h - a TAXII 2.1 server over the collections that the asking one may see
 * (access/collections.h). docs/taxii.md has the routes and what was decided where the standard
 * leaves it open.
 *
 *   request ─► media types ─► reader of the actor ─► root, collection ─► filter ─► rows ─► JSON
 *
 * A page is told apart by the time of adding of its last version (keyset), never by what is kept
 * here: there is no state between two requests.
 *
 * Layer: share. Bytes of objects are read by a port (parse/ is not below). One thread.
 * Source: TAXII 2.1 (OASIS Standard, 10 June 2021). Tests: tests/e2e/taxii.py
 */
#pragma once

#include "access/collections.h"
#include "base/arena.h"
#include "model/api.h"

#define YG_TAXII_PAGE	    1000u	/* objects of one answer */
#define YG_TAXII_PAGE_BYTES (16u << 20) /* beyond, a page ends */

typedef int (*yg_taxii_item_fn)(void *arg, const struct yg_stix_object *object, const char *fault);

struct yg_taxii_opts {
	struct yg_hub_access *hub;
	struct yg_collections *collections; /* all borrowed */
	struct yg_clock clock;
	/* An envelope's objects one by one, with what is wrong with each (NULL: nothing). YG_OK;
	 * YG_EFORMAT, YG_ELIMIT with a message; what @fn returned. */
	int (*read)(struct yg_bytes text, int64_t now_ns,
		    bool (*has_marking)(void *arg, struct yg_bytes id), void *arg,
		    struct yg_arena *arena, yg_taxii_item_fn fn, void *fn_arg,
		    struct yg_line_fault *reterr);
};

struct yg_taxii;
YG_MUST_USE int yg_taxii_new(const struct yg_taxii_opts *opts, struct yg_taxii **ret);
struct yg_taxii *yg_taxii_free(struct yg_taxii *taxii);
/* NULL: the same table, only to be looked at. */
struct yg_route_table yg_taxii_routes(struct yg_taxii *taxii);

/* A login of a loaded data set: YG_OK; YG_EEND: the reply says that it is none; an error. */
YG_MUST_USE int yg_taxii_login(struct yg_taxii *taxii, struct yg_bytes login,
			       struct yg_bytes password, struct yg_reply *reply, enum yg_lang lang);
