/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assess/oscal.h - frameworks and results in OSCAL JSON, for tools of others.
 *
 * Catalog (groups and controls from the nodes of a framework), profile (the controls of one
 * level), assessment-results (one finding a criterion, one observation an answer or a document of
 * evidence). What evidence queries saw stays inside. UUIDs are derived from our ids, so that the
 * same thing has the same UUID in every export (in the form of version 5, but by BLAKE2b).
 *
 * Source: OSCAL 1.1.2 (catalog, profile, assessment-results models), RFC 9562 sec. 5.5.
 * Pure but for yg_assess_oscal. Cost: O(nodes + criteria).
 */
#pragma once

#include "assess/assess.h"
#include "base/json.h"

#define YG_OSCAL_VERSION   "1.1.2"
#define YG_OSCAL_TOKEN_MAX 80u

enum yg_oscal_kind {
	YG_OSCAL_CATALOG,
	YG_OSCAL_PROFILE,
	YG_OSCAL_RESULTS,
};

struct yg_oscal_parts {
	const struct yg_library *library; /* with a framework */
	uint32_t level;			  /* index, or YG_NODE_NONE: all */
	enum yg_lang lang;
	int64_t now_ns;		/* of the export */
	int32_t zone_s;		/* days begin there */
	const json_t *head;	/* results only: trees of docs/api.md */
	const json_t *criteria; /* results only: array of criterion */
};

/* *ret owned by the caller. YG_OK, YG_EINVAL (no framework, or no trees), YG_ENOMEM. */
YG_MUST_USE int yg_oscal_build(enum yg_oscal_kind kind, const struct yg_oscal_parts *parts,
			       json_t **ret);

/* The OSCAL token of node @index: "c-4-4-4-2" for what is assessed, "g-4-4" for groups. */
void yg_oscal_token(const struct yg_framework *framework, uint32_t index,
		    char to[YG_OSCAL_TOKEN_MAX]);

/* The same of an assessment as it is now. */
YG_MUST_USE int yg_assess_oscal(struct yg_assess *assess, enum yg_oscal_kind kind,
				enum yg_lang lang, int32_t zone_s, json_t **ret);
