/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/findings.h - findings as people and programs may read them: never past their
 * organisations.
 *
 * The organisations of a filter are not asked for by the caller: they come from what an actor
 * reaches (access/hub.h) or what an access is bound to. One that is not reached answers as one that
 * does not exist.
 * One thread at a time for a store.
 */
#pragma once

#include "access/hub.h"
#include "store/facts.h"

/*
 * List bundles (yg_facts_list) of @org, or with "" of all that @reach holds. What @filter says of
 * organisations is not looked at. YG_ENOENT: @org is not reached. Where the next page begins:
 * yg_facts_next().
 */
YG_MUST_USE int yg_findings_list(struct yg_facts *facts, const struct yg_hub_reach *reach,
				 const char *org, const struct yg_fact_filter *filter,
				 yg_fact_fn fn, void *arg);

/* One bundle. YG_ENOENT: there is none, or it is of an organisation that is not reached. */
YG_MUST_USE int yg_findings_get(struct yg_facts *facts, const struct yg_hub_reach *reach,
				const uint8_t id[YG_FACT_ID_BYTES], yg_fact_fn fn, void *arg);

/* Counters of days (yg_facts_days), as yg_findings_list. */
YG_MUST_USE int yg_findings_days(struct yg_facts *facts, const struct yg_hub_reach *reach,
				 const char *org, const struct yg_fact_filter *filter,
				 yg_fact_day_fn fn, void *arg);

/* The same for what one access is bound to (findings_bound.c). */
YG_MUST_USE int yg_findings_of(struct yg_facts *facts, const struct yg_access *access,
			       const struct yg_fact_filter *filter, yg_fact_fn fn, void *arg);

/* Was it made by a sensor, whose member holds the records? */
bool yg_findings_is_told(const struct yg_fact_finding *finding);

/*
 * @finding as the object of the API and of the command line, on one line without its end.
 * @with_numbers: those of its records, which count over all organisations: for the command line.
 */
void yg_findings_json(const struct yg_fact_finding *finding, bool with_numbers, struct yg_buf *to);
/* Into that object, just written: "indicators", the ids of those that came as STIX and that it was
 * made by (store/clues.h). YG_OK; an error of the store: it is left out. */
struct yg_collections;
YG_MUST_USE int yg_findings_indicators(struct yg_collections *s,
				       const struct yg_fact_finding *finding, struct yg_buf *to);
/* The id as it is written there, and back. */
void yg_findings_id(const uint8_t id[YG_FACT_ID_BYTES], char to[2 * YG_FACT_ID_BYTES + 1]);
bool yg_findings_id_read(struct yg_bytes text, uint8_t to[YG_FACT_ID_BYTES]);
