/* SPDX-License-Identifier: Apache-2.0 */
/* share/taxii-int.h - inside the TAXII server: one call. */
#pragma once

#include "base/crypt.h"
#include "share/taxii.h"

struct yg_taxii {
	struct yg_taxii_opts opts;
	struct yg_shelf_known known;
};

struct yg_taxii_call {
	struct yg_taxii *taxii;
	const struct yg_request *request;
	struct yg_reply *reply;
	struct yg_shelf_reader *reader;
	struct yg_bytes root;
	struct yg_bytes object;
	struct yg_shelf_view view; /* where the path names a collection */
};

/* Always YG_OK. @title and @detail (may be NULL): English, translated here. */
int yg_taxii_refuse(const struct yg_taxii_call *call, int status, const char *code,
		    const char *title, const char *detail);
int yg_taxii_not_found(const struct yg_taxii_call *call);

/* taxii_objects.c, taxii_post.c: what a collection is asked. */
int yg_taxii_manifest(struct yg_taxii_call *call);
int yg_taxii_objects(struct yg_taxii_call *call);
int yg_taxii_versions(struct yg_taxii_call *call);
int yg_taxii_delete(struct yg_taxii_call *call);
int yg_taxii_add(struct yg_taxii_call *call);
