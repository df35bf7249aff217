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
 * What is added and deleted is worked off in a thread of its own, one request after the other, so
 * that nobody waits for ten megabytes of somebody else: the answer comes when all is on disk.
 *
 * Layer: share. Bytes of objects are read by a port (parse/ is not below). One thread but for that;
 * its collections are others than those of the loop.
 * Source: TAXII 2.1 (OASIS Standard, 10 June 2021). Tests: tests/e2e/taxii.py
 */
#pragma once

#include "access/collections.h"
#include "base/arena.h"
#include "model/api.h"

#define YG_TAXII_PAGE	    1000u	/* objects of one answer */
#define YG_TAXII_PAGE_BYTES (16u << 20) /* beyond, a page ends */

/* An envelope that came. */
struct yg_taxii_envelope {
	struct yg_bytes text;
	int64_t now_ns;
	bool is_lenient; /* as the cases of a loaded data set expect (parse/stix.h) */
	bool (*has_marking)(void *arg, struct yg_bytes id);
	/* An object, with what is wrong with it (NULL: nothing). */
	int (*each)(void *arg, const struct yg_stix_object *object, const char *fault);
	void *arg; /* of both */
};

struct yg_taxii_opts {
	struct yg_hub_access *hub;
	struct yg_collections *collections; /* all borrowed */
	struct yg_collections *filling;	    /* the same file, for the thread */
	struct yg_clock clock;
	/* Objects one by one, in any thread. YG_OK; YG_EFORMAT, YG_ELIMIT with a message; what
	 * each() returned. */
	int (*read)(const struct yg_taxii_envelope *envelope, struct yg_arena *arena,
		    struct yg_line_fault *reterr);
	/* An answer that was put off (model/api.h) is complete, or @error says why not. */
	void (*finish)(void *arg, struct yg_api_later *later, int error);
	void *arg;
};

struct yg_taxii;
/* Starts the thread. YG_OK, YG_ENOMEM, YG_EAGAIN (no thread), the system's error. */
YG_MUST_USE int yg_taxii_new(const struct yg_taxii_opts *opts, struct yg_taxii **ret);
/* Calls that wait are not finished any more; what is being written is. */
struct yg_taxii *yg_taxii_free(struct yg_taxii *taxii);
/* Readable when yg_taxii_run() has answers to finish. */
int yg_taxii_fd(const struct yg_taxii *taxii);
void yg_taxii_run(struct yg_taxii *taxii);
/* NULL: the same table, only to be looked at. */
struct yg_route_table yg_taxii_routes(struct yg_taxii *taxii);

/* A login of a loaded data set: YG_OK; YG_EEND: the reply says that it is none; an error. */
YG_MUST_USE int yg_taxii_login(struct yg_taxii *taxii, struct yg_bytes login,
			       struct yg_bytes password, struct yg_reply *reply, enum yg_lang lang);
